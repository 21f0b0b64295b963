// Sums in a number of lanes that a framework fixes, whatever the vectors' width. Written in
// Highway's portable operations over the family's `rounded`. Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {
namespace simd {

/// N values of T side by side, in as few vectors as hold no more.
template <class T, int N> struct lane_block {
  static constexpr int width = lanes<T> < N ? lanes<T> : N, vectors = N / width;
  static_assert(N % width == 0);
  using D = hn::CappedTag<T, static_cast<std::size_t>(width)>;
  using V = hn::Vec<D>;
  V v[vectors];

  explicit HWY_INLINE lane_block(T all) {
    HWY_UNROLL(4)
    for (int k = 0; k < vectors; ++k) v[k] = hn::Set(D(), all);
  }
  HWY_INLINE void load(const T* x) {
    HWY_UNROLL(4)
    for (int k = 0; k < vectors; ++k) v[k] = hn::LoadU(D(), x + k * width);
  }
  HWY_INLINE void store(T (&each)[N]) const {
    HWY_UNROLL(4)
    for (int k = 0; k < vectors; ++k) hn::StoreU(v[k], D(), each + k * width);
  }
};
/// One rounding per addition.
struct plain_sum {
  template <class V> HWY_INLINE V operator()(V sum, V x) const { return rounded(hn::Add(sum, x)); }
};
/// N sums of T side by side, all 0 at first: N / lanes<T> vectors, or the lower N lanes of one that
/// has more.
template <class T, int N> class side_by_side {
  using block = lane_block<T, N>;
  using D = typename block::D;
  using V = typename block::V;

 public:
  // Written out: g++ gives constructors of its own making no target.
  HWY_INLINE side_by_side() : sums_(T{0}) {}
  /// sum[i % N] = op(sum[i % N], x[i]) in order of i < n / N * N, in vectors; returns that bound.
  /// binary32 elements become binary64 where the sums are. Reads nothing else.
  template <class From, class Op = plain_sum>
  HWY_INLINE std::size_t add(const From* x, std::size_t n, const Op& op = {}) {
    std::size_t i = 0;
    for (; i + N <= n; i += N) {
      HWY_UNROLL(4)
      for (int k = 0; k < block::vectors; ++k)
        sums_.v[k] = op(sums_.v[k], load_part(x + i + k * block::width));
    }
    return i;
  }
  /// The same of make(x[i]), which is stored at y.
  template <class Make>
  HWY_INLINE std::size_t add_made(const T* x, T* y, std::size_t n, const Make& make) {
    std::size_t i = 0;
    for (; i + N <= n; i += N) {
#if HWY_TARGET != HWY_EMU128  // its vectors are loops, which clang does not unroll, and says so
      HWY_UNROLL(4)
#endif
      for (int k = 0; k < block::vectors; ++k) {
        const V v = make(load_part(x + i + k * block::width));
        hn::StoreU(v, D(), y + i + k * block::width);
        sums_.v[k] = rounded(hn::Add(sums_.v[k], v));
      }
    }
    return i;
  }
  HWY_INLINE void store(T (&each)[N]) const { sums_.store(each); }
  HWY_INLINE const block& sums() const { return sums_; }

 private:
  static HWY_INLINE V load_part(const T* x) { return hn::LoadU(D(), x); }
  template <class From> static HWY_INLINE V load_part(const From* x) {
    return hn::PromoteTo(D(), hn::LoadU(hn::Rebind<From, D>(), x));
  }
  block sums_;
};
/// each[i % N] = the sum of x[i] over all i < n, in order of i. How the N are added to one is the
/// caller's: numerics::sum_of_halves, sum_of_softmax_lanes.
template <int N> HWY_INLINE void sum_side_by_side(const float* x, std::size_t n, float (&each)[N]) {
  side_by_side<float, N> sums;
  std::size_t i = sums.add(x, n);
  sums.store(each);
  for (; i < n; ++i) each[i % N] = numerics::add(each[i % N], x[i]);
}

/// Adds upper halves to lower ones until one number is left, each addition rounded: of the vectors
/// first, of a power of two, then of the lanes.
template <class D> HWY_INLINE float sum_of_lane_halves(D d, hn::Vec<D> v) {
  if constexpr (hn::MaxLanes(D()) <= 4) {
    float four[4];
    hn::StoreU(v, d, four);
    return numerics::add(numerics::add(four[0], four[2]), numerics::add(four[1], four[3]));
  } else {
    const hn::Half<D> half;
    return sum_of_lane_halves(half,
                              rounded(hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v))));
  }
}
template <class D, std::size_t N> HWY_INLINE float sum_of_halves(D d, hn::Vec<D> (&v)[N]) {
  static_assert(hn::MaxLanes(D()) >= 4);
  for (std::size_t half = N / 2; half > 0; half /= 2)
    for (std::size_t k = 0; k < half; ++k) v[k] = rounded(hn::Add(v[k], v[k + half]));
  return sum_of_lane_halves(d, v[0]);
}

/// The sum of each four neighbours, in their lanes.
template <class V> HWY_INLINE V sums_of_fours(V v) {
  const V two = rounded(hn::Add(v, hn::Shuffle2301(v)));
  return rounded(hn::Add(two, hn::Shuffle1032(two)));
}
/// numerics::sum_of_softmax_lanes of a block of 16: lanes j and j + 8, then neighbours.
template <class Block> HWY_INLINE float sum_of_softmax_lanes(const Block& of) {
  hn::Vec<hn::CappedTag<float, 4>> low, high;
  if constexpr (Block::vectors == 1) {
    const hn::Half<typename Block::D> half;
    const hn::Half<hn::Half<typename Block::D>> quarter;
    const auto v =
        sums_of_fours(rounded(hn::Add(hn::LowerHalf(half, of.v[0]), hn::UpperHalf(half, of.v[0]))));
    low = hn::LowerHalf(quarter, v), high = hn::UpperHalf(quarter, v);
  } else if constexpr (Block::vectors == 2) {
    const hn::Half<typename Block::D> half;
    const auto v = sums_of_fours(rounded(hn::Add(of.v[0], of.v[1])));
    low = hn::LowerHalf(half, v), high = hn::UpperHalf(half, v);
  } else {
    static_assert(Block::vectors == 4);
    low = sums_of_fours(rounded(hn::Add(of.v[0], of.v[2])));
    high = sums_of_fours(rounded(hn::Add(of.v[1], of.v[3])));
  }
  return hn::GetLane(rounded(hn::Add(low, high)));
}

}  // namespace simd
}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
