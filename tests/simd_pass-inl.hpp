// The primitives and roundings of one target as plain functions on memory, for simd_test.cpp.
// Included by the target's pass (OCTET_TEST_PASS).
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

struct primitives_of_target {
  using bytes = std::byte;
  using i32 = std::int32_t;
  using i16 = std::int16_t;
  using i8 = std::int8_t;
  using u8 = std::uint8_t;
  using u64 = std::uint64_t;

  // ---- loads and stores ----
  static void load_bytes(const bytes* from, std::size_t n, bytes* to) {
    simd::store8(simd::load_bytes(from, n), to);
  }
  template <int N> static void store_bytes(const bytes* from, int n, bytes* to) {
    simd::store_bytes<N>(hn::BitCast(D8(), simd::load8(from)), to, n);
  }
  template <class T> static void load_some(const bytes* from, std::size_t n, bytes* to) {
    simd::store(simd::load_some(reinterpret_cast<const T*>(from), n), reinterpret_cast<T*>(to));
  }
  template <class T> static void store_some(const bytes* from, std::size_t n, bytes* to) {
    simd::store_some(simd::load(reinterpret_cast<const T*>(from)), reinterpret_cast<T*>(to), n);
  }
  static void load_as32(dtype t, const bytes* from, i32* to) {
    simd::store(simd::load_as32(t, from), to);
  }
  static void load_some_as32(dtype t, const bytes* from, std::size_t n, i32* to) {
    simd::store(simd::load_some_as32(t, from, n), to);
  }
  static void store_from32(dtype t, const i32* from, bytes* to) {
    simd::store_from32(t, simd::load(from), to);
  }
  static void store_some_from32(dtype t, const i32* from, std::size_t n, bytes* to) {
    simd::store_some_from32(t, simd::load(from), to, n);
  }
  template <class T> static void load_some_as16(const bytes* from, std::size_t n, i16* to) {
    simd::store(simd::load_some_as16<T>(from, n), to);
  }

  // ---- products ----
  static void dot_pairs(const i32* acc, const bytes* pair, const i16* w, i32* to) {
    simd::store(simd::dot_pairs(simd::load(acc), simd::broadcast4(pair), simd::load(w)), to);
  }
  /// a, b: two vectors of lanes16; the pairs of a[i], b[i] times those of c[i], d[i], 2 * lanes32.
  static void dot_pairs_each(const i32* acc, const i16* a, const i16* b, const i16* c, const i16* d,
                             i32* to) {
    alignas(64) bytes x[2 * lanes8], w[2 * lanes8];
    simd::store_pairs(simd::load(a), simd::load(b), x);
    simd::store_pairs(simd::load(c), simd::load(d), w);
    for (int v = 0; v < 2; ++v)
      simd::store(simd::dot_pairs_each(simd::load(acc + v * lanes32),
                                       simd::load(reinterpret_cast<const i16*>(x) + v * lanes16),
                                       simd::load(reinterpret_cast<const i16*>(w) + v * lanes16)),
                  to + v * lanes32);
  }
  static void dot_quads(const i32* acc, const bytes* a, const i8* w, i32* to) {
    simd::store(simd::dot_quads(simd::load(acc), hn::BitCast(D32(), simd::load8(a)), simd::load(w)),
                to);
  }
  static void store_quads(const bytes* a, const bytes* b, const bytes* c, const bytes* d,
                          bytes* to) {
    simd::store_quads(simd::load8(a), simd::load8(b), simd::load8(c), simd::load8(d), to);
  }
  static void doubling_high(const i32* x, const i32* m, i32* to) {
    simd::store(simd::doubling_high(simd::load(x), simd::load(m)), to);
  }
  static void high_halves(const u64* even, const u64* odd, i32* to) {
    simd::store(simd::high_halves(simd::load(even), simd::load(odd)), to);
  }

  // ---- narrowing, tables, lanes ----
  template <int NV> static void narrow(const i32* x, i16 z, i8* to) {
    V32 v[NV];
    for (int i = 0; i < NV; ++i) v[i] = simd::load(x + i * lanes32);
    simd::store(simd::narrow<NV>(v, hn::Set(D16(), z)), to);
  }
  static void narrow_ordered(const i32* x, i16 z, i8* to) {
    V32 v[4];
    for (int i = 0; i < 4; ++i) v[i] = simd::load(x + i * lanes32);
    simd::store(simd::narrow_ordered(v, hn::Set(D16(), z)), to);
  }
  static std::size_t permute_bytes(const u8* table, const u8* x, u8* to, std::size_t n) {
    return simd::permute_bytes(table, x, to, n);
  }
  static void look_up(const u8* table, const u8* x, u8* to) {
    simd::store(simd::look_up(table, simd::load(x)), to);
  }
  static i32 sum_of_lanes(const i32* x) { return simd::sum_of_lanes(simd::load(x)); }
  template <class T> static T largest_lane(const T* x) {
    return simd::largest_lane<T>(simd::load(x));
  }
  template <class T> static T smallest_lane(const T* x) {
    return simd::smallest_lane<T>(simd::load(x));
  }

  // ---- sums side by side ----
  template <int N> static void sums_of(const float* x, std::size_t n, float (&each)[N]) {
    simd::sum_side_by_side(x, n, each);
  }
  static std::size_t wide_sums_of_8(const float* x, std::size_t n, double (&each)[8]) {
    simd::side_by_side<double, 8> sums;
    const std::size_t whole = sums.add(x, n);
    sums.store(each);
    return whole;
  }
  struct add_square {
    template <class V> HWY_INLINE V operator()(V sum, V x) const {
      return simd::rounded(fused(x, x, sum));
    }
  };
  static std::size_t fused_sums_of_8(const float* x, std::size_t n, float (&each)[8]) {
    simd::side_by_side<float, 8> sums;
    const std::size_t whole = sums.add(x, n, add_square{});
    sums.store(each);
    return whole;
  }
  struct square {  // no lambda: clang gives it the attributes of the pass it stands on
    HWY_INLINE VF operator()(VF v) const { return simd::rounded(hn::Mul(v, v)); }
  };
  /// Squares of whole sixteens to y, and their sum as softmax has it.
  static std::size_t squares_summed_by_16(const float* x, float* y, std::size_t n, float& sum) {
    simd::side_by_side<float, 16> sums;
    const std::size_t whole = sums.add_made(x, y, n, square{});
    sum = simd::sum_of_softmax_lanes(sums.sums());
    return whole;
  }

  // ---- float ----
  static void round_even(const float* x, i32* to) {
    simd::store(simd::round_even(simd::load(x)), to);
  }
  /// A product and a sum, each rounded.
  static void multiply_add(const float* a, const float* b, const float* c, float* to) {
    const VF product = simd::rounded(hn::Mul(simd::load(a), simd::load(b)));
    simd::store(simd::rounded(hn::Add(product, simd::load(c))), to);
  }
  static void divide(const float* a, const float* b, float* to) {
    simd::store(simd::divide(simd::load(a), simd::load(b)), to);
  }
  static void divide_wide(const double* a, const double* b, double* to) {
    simd::store(simd::divide(simd::load(a), simd::load(b)), to);
  }
  static void lesser(const float* a, const float* b, float* to) {
    simd::store(simd::lesser(simd::load(a), simd::load(b)), to);
  }
  static void greater(const float* a, const float* b, float* to) {
    simd::store(simd::greater(simd::load(a), simd::load(b)), to);
  }
  static void to_floats(const double* x, float* to) {
    simd::store(simd::to_floats(simd::load(x), simd::load(x + lanes32 / 2)), to);
  }

  // ---- roundings ----
  static void shift_up(const i32* x, int r, i32* to) {
    simd::store(octet::OCTET_TARGET_NS::shift_up(simd::load(x), r), to);
  }
  static void shift_away(const i32* x, int r, i32* to) {
    simd::store(octet::OCTET_TARGET_NS::shift_away(simd::load(x), r), to);
  }
  static void shift_magnitude(const i32* x, i32 half, int shift, i32* to) {
    simd::store(octet::OCTET_TARGET_NS::shift_magnitude(simd::load(x), set32(half), shift), to);
  }
  static void uniform(const requantize_params& q, const i32* x, i32* to) {
    simd::store(uniform_requantize(q)(simd::load(x)), to);
  }
  static bool uniform_accepts(const requantize_params& q, dtype in, dtype out) {
    return uniform_requantize::accepts(q, in, out);
  }
  /// One vector of a panel as kernels::fill_panel lays it out.
  static void fused_dr(const bytes* arrays, const i32* x, i32* to) {
    const columns c(arrays, 1);
    requantize_dr dr;
    dr.set(c.m, c.r, c.even, c.odd);
    simd::store(dr(hn::Xor(simd::load(x), set32(requantize_dr::flip))), to);
  }
  static void away_within(const float* x, float lo, float hi, i32* to) {
    simd::store(round_away_within(simd::load(x), set_float(lo), set_float(hi)), to);
  }
  static void up_within(const float* x, float lo, float hi, i32* to) {
    simd::store(round_up_within(simd::load(x), set_float(lo), set_float(hi)), to);
  }
  static void even_within(const float* x, float lo, float hi, i32* to) {
    simd::store(round_within(simd::load(x), set_float(lo), set_float(hi)), to);
  }
  static void away_double(const double* x, double* to) {
    simd::store(whole_away(DF64(), simd::load(x)), to);
  }
  static void finish(const requantize_params& q, kernels::epilogue_kind kind, dtype out,
                     const bytes* arrays, int nv, int rows, i32* x, bytes* to, std::size_t stride,
                     int n) {
    finish_rows(q, kind, out, kernels::scalars_of(q, out), arrays, row_block{x, nv, rows}, to,
                stride, {0, n});
  }

  static octet_test::simd_primitives table() {
    return {
        .layout = layout,
        .load_bytes = &load_bytes,
        .store_bytes = {&store_bytes<lanes32>, &store_bytes<2 * lanes32>, &store_bytes<3 * lanes32>,
                        &store_bytes<4 * lanes32>},
        .load_some = {&load_some<u8>, &load_some<i16>, &load_some<float>},
        .store_some = {&store_some<u8>, &store_some<i16>, &store_some<float>},
        .load_as32 = &load_as32,
        .load_some_as32 = &load_some_as32,
        .store_from32 = &store_from32,
        .store_some_from32 = &store_some_from32,
        .load_some_as16_u8 = &load_some_as16<u8>,
        .load_some_as16_s8 = &load_some_as16<i8>,
        .load_some_as16_s16 = &load_some_as16<i16>,
        .dot_pairs = &dot_pairs,
        .dot_pairs_each = &dot_pairs_each,
        .dot_quads = &dot_quads,
        .store_quads = &store_quads,
        .doubling_high = &doubling_high,
        .high_halves = &high_halves,
        .narrow = {&narrow<1>, &narrow<2>, &narrow<3>, &narrow<4>},
        .narrow_ordered = &narrow_ordered,
        .look_up = &look_up,
        .permute_bytes = &permute_bytes,
        .sum_of_lanes = &sum_of_lanes,
        .largest_u8 = &largest_lane<u8>,
        .smallest_s8 = &smallest_lane<i8>,
        .largest_s16 = &largest_lane<i16>,
        .sums_of_8 = &sums_of<8>,
        .sums_of_16 = &sums_of<16>,
        .wide_sums_of_8 = &wide_sums_of_8,
        .fused_sums_of_8 = &fused_sums_of_8,
        .squares_summed_by_16 = &squares_summed_by_16,
        .round_even = &round_even,
        .multiply_add = &multiply_add,
        .divide = &divide,
        .divide_wide = &divide_wide,
        .lesser = &lesser,
        .greater = &greater,
        .to_floats = &to_floats,
        .shift_up = &shift_up,
        .shift_away = &shift_away,
        .shift_magnitude = &shift_magnitude,
        .uniform = &uniform,
        .uniform_accepts = &uniform_accepts,
        .fused_dr = &fused_dr,
        .away_within = &away_within,
        .up_within = &up_within,
        .even_within = &even_within,
        .away_double = &away_double,
        .finish = &finish,
    };
  }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
