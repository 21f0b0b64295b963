// l2_normalization, variance, cumsum: what runs from element to element along a row or an axis, of
// several rows or columns side by side. Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// Lengths of at most lanes32 rows of n floats, at least 1e-6.
inline HWY_NOINLINE void row_lengths(const float* x, std::size_t rows, std::size_t n,
                                     float* lengths) noexcept {
  VF sum = hn::Zero(DF());
  each_column<1>(x, rows, n, [&](std::size_t, const float* column) HWY_ATTR {
    const VF v = simd::load(column);
    sum = simd::rounded(hn::Add(sum, simd::rounded(hn::Mul(v, v))));
  });
  const VF length = sqrt_lanes(sum), least = set_float(1e-6f);
  simd::store(hn::IfThenElse(hn::Lt(length, least), least, length), lengths);
}
template <class V>
struct kernel<kernel_id::l2_normalization, V>
    : plain_kernel<kernel<kernel_id::l2_normalization, V>> {
  static HWY_NOINLINE void divide_row(const float* x, std::size_t n, float length,
                                      float* y) noexcept {
    const VF by = set_float(length);
    std::size_t i = 0;
    for (; i + lanes32 <= n; i += lanes32) simd::store(simd::divide(simd::load(x + i), by), y + i);
    if (i < n) simd::store_some(simd::divide(simd::load_some(x + i, n - i), by), y + i, n - i);
  }
  /// The exact sum of squares fits int32 (l2_normalization_prepare).
  static HWY_NOINLINE void code_row(const l2_normalization_params& p, const std::byte* x,
                                    std::byte* y) noexcept {
    const group_sums s = sums_of(p.type, x, p.depth);
    const std::int64_t z = p.in_zero_point, n = static_cast<std::int64_t>(p.depth);
    const multiplier m =
        numerics::reciprocal_sqrt(static_cast<std::int32_t>(s.squares - 2 * z * s.sum + n * z * z));
    const bool is_signed = p.type == dtype::s8;
    const uniform_shift round(is_signed ? multiplier{m.m, m.shift + 7} : m, true);
    const V32 zero = set32(p.in_zero_point), by = set32(is_signed ? 1 : 128),
              middle = set32(is_signed ? 0 : 128), lo = set32(is_signed ? -128 : 0),
              hi = set32(is_signed ? 127 : 255);
    for (std::size_t i = 0; i < p.depth; i += lanes32) {
      const std::size_t left = p.depth - i;
      const bool whole = left >= lanes32;
      const V32 q =
          whole ? simd::load_as32(p.type, x + i) : simd::load_some_as32(p.type, x + i, left);
      const V32 v = hn::Add(round(hn::Mul(hn::Sub(q, zero), by)), middle),
                code = hn::Min(hn::Max(v, lo), hi);
      if (whole)
        simd::store_from32(p.type, code, y + i);
      else
        simd::store_some_from32(p.type, code, y + i, left);
    }
  }
  static void run(const kernel_args& a) noexcept {
    const auto& p = *static_cast<const l2_normalization_params*>(a.params);
    const auto r = part_of(p.rows, a.part, a.parts);
    for (std::size_t row = r.begin; row < r.end;) {
      const std::size_t at = row * p.depth, left = r.end - row;
      if (p.type != dtype::f32) {
        code_row(p, static_cast<const std::byte*>(a.in[0]) + at,
                 static_cast<std::byte*>(a.out[0]) + at);
        ++row;
        continue;
      }
      const std::size_t rows = left < lanes32 ? left : lanes32;
      const auto* const x = static_cast<const float*>(a.in[0]) + at;
      float lengths[lanes32];
      row_lengths(x, rows, p.depth, lengths);
      for (std::size_t i = 0; i < rows; ++i)
        divide_row(x + i * p.depth, p.depth, lengths[i],
                   static_cast<float*>(a.out[0]) + at + i * p.depth);
      row += rows;
    }
  }
  static const char* describe(const void*) { return "rows"; }
};

/// Welford's mean and squares in binary64 of a vector of floats.
struct wide_moments_of_lanes {
  VF64 mean[2], squares[2];
  double n = 0;
  HWY_INLINE wide_moments_of_lanes() {
    mean[0] = mean[1] = squares[0] = squares[1] = hn::Zero(DF64());
  }
  HWY_INLINE void step(VF x) {
    const hn::Half<DF> half;
    n = numerics::add(n, 1.);
    const VF64 count = hn::Set(DF64(), n);
    const VF64 v[2] = {hn::PromoteTo(DF64(), hn::LowerHalf(half, x)),
                       hn::PromoteTo(DF64(), hn::UpperHalf(half, x))};
    HWY_UNROLL(2)
    for (int k = 0; k < 2; ++k) {
      const VF64 d = simd::rounded(hn::Sub(v[k], mean[k]));
      mean[k] = simd::rounded(hn::Add(mean[k], simd::divide(d, count)));
      squares[k] = simd::rounded(
          hn::Add(squares[k], simd::rounded(hn::Mul(d, simd::rounded(hn::Sub(v[k], mean[k]))))));
    }
  }
  HWY_INLINE void finish(const variance_params& p, float* variances, float* means) const {
    const VF64 divisor = hn::Set(DF64(), n > p.correction ? numerics::sub(n, p.correction) : 0.);
    VF64 v[2] = {simd::divide(squares[0], divisor), simd::divide(squares[1], divisor)};
    if (p.root) v[0] = hn::Sqrt(simd::rounded(v[0])), v[1] = hn::Sqrt(simd::rounded(v[1]));
    simd::store(simd::to_floats(v[0], v[1]), variances);
    simd::store(simd::to_floats(mean[0], mean[1]), means);
  }
};
/// Of the outputs along an axis lanes are neighbours, of rows that many rows side by side.
template <class V>
struct kernel<kernel_id::variance, V> : plain_kernel<kernel<kernel_id::variance, V>> {
  static const variance_params& params(const void* p) {
    return *static_cast<const variance_params*>(p);
  }
  static bool accepts(const void* p) { return params(p).plan.simple && params(p).plan.count > 0; }
  static HWY_NOINLINE void columns(const variance_params& p, const float* x, std::size_t n,
                                   float* variances, float* means) noexcept {
    wide_moments_of_lanes m;
    for (std::size_t k = 0; k < p.plan.count; ++k, x += p.plan.inner)
      m.step(n == lanes32 ? simd::load(x) : simd::load_some(x, n));
    m.finish(p, variances, means);
  }
  static HWY_NOINLINE void rows(const variance_params& p, const float* x, std::size_t n,
                                float* variances, float* means) noexcept {
    wide_moments_of_lanes m;
    each_column<1>(x, n, p.plan.count,
                   [&](std::size_t, const float* column) HWY_ATTR { m.step(simd::load(column)); });
    m.finish(p, variances, means);
  }
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    const auto r = part_of(p.plan.outputs, a.part, a.parts);
    for (std::size_t o = r.begin; o < r.end;) {
      const std::size_t inner = p.plan.inner, c = o % inner,
                        run = inner == 1              ? r.end - o
                              : inner - c < r.end - o ? inner - c
                                                      : r.end - o,
                        n = run < lanes32 ? run : lanes32;
      const auto* const x =
          static_cast<const float*>(a.in[0]) + o / inner * p.plan.count * inner + c;
      float variances[lanes32], means[lanes32];
      if (inner == 1)
        rows(p, x, n, variances, means);
      else
        columns(p, x, n, variances, means);
      std::memcpy(static_cast<float*>(a.out[0]) + o, variances, n * sizeof(float));
      std::memcpy(static_cast<float*>(a.out[1]) + o, means, n * sizeof(float));
      o += n;
    }
  }
  static const char* describe(const void*) { return "moments side by side"; }
};

/// Running sums or products of a vector.
struct running_floats {
  VF all;
  bool product;
  HWY_INLINE explicit running_floats(bool products)
      : all(set_float(products ? 1.f : 0.f)), product(products) {}
  HWY_INLINE VF value() const { return all; }
  HWY_INLINE void add(VF v) { all = simd::rounded(product ? hn::Mul(all, v) : hn::Add(all, v)); }
};
/// The same in binary64.
struct running_doubles {
  VF64 low, high;
  bool product;
  HWY_INLINE explicit running_doubles(bool products)
      : low(hn::Set(DF64(), products ? 1. : 0.)), high(low), product(products) {}
  HWY_INLINE VF value() const { return simd::to_floats(low, high); }
  HWY_INLINE void add(VF v) {
    const hn::Half<DF> half;
    const VF64 a = hn::PromoteTo(DF64(), hn::LowerHalf(half, v)),
               b = hn::PromoteTo(DF64(), hn::UpperHalf(half, v));
    low = simd::rounded(product ? hn::Mul(low, a) : hn::Add(low, a));
    high = simd::rounded(product ? hn::Mul(high, b) : hn::Add(high, b));
  }
};
template <class V>
struct kernel<kernel_id::cumsum, V> : plain_kernel<kernel<kernel_id::cumsum, V>> {
  static const axis_params& params(const void* p) { return *static_cast<const axis_params*>(p); }
  static bool accepts(const void* p) { return params(p).type == dtype::f32; }
  template <class Running> static HWY_INLINE VF next(const axis_params& p, Running& all, VF v) {
    const VF before = all.value();
    all.add(v);
    return p.exclusive ? before : all.value();
  }
  /// n neighbours, along the axis.
  template <class Running>
  static HWY_NOINLINE void columns(const axis_params& p, const float* x, float* y,
                                   std::size_t n) noexcept {
    Running all(p.product);
    for (std::size_t k = 0; k < p.extent; ++k) {
      const std::size_t at = (p.reverse ? p.extent - 1 - k : k) * p.inner;
      if (n == lanes32)
        simd::store(next(p, all, simd::load(x + at)), y + at);
      else
        simd::store_some(next(p, all, simd::load_some(x + at, n)), y + at, n);
    }
  }
  /// n rows side by side, some elements at a time.
  template <class Running>
  static HWY_NOINLINE void rows(const axis_params& p, const float* x, float* y,
                                std::size_t n) noexcept {
    constexpr std::size_t most = 32;
    alignas(alignment) float block[most * lanes32] = {};
    Running all(p.product);
    for (std::size_t done = 0; done < p.extent;) {
      const std::size_t left = p.extent - done, some = left < most ? left : most,
                        first = p.reverse ? left - some : done;
      transpose_matrix(x + first, p.extent, block, std::size_t{lanes32}, some, n);
      for (std::size_t k = 0; k < some; ++k) {
        float* const at = block + (p.reverse ? some - 1 - k : k) * lanes32;
        simd::store(next(p, all, simd::load(at)), at);
      }
      transpose_matrix(block, std::size_t{lanes32}, y + first, p.extent, n, some);
      done += some;
    }
  }
  template <class Running>
  static void run_all(const axis_params& p, const float* x, float* y, part_range r) noexcept {
    for (std::size_t i = r.begin; i < r.end;) {
      const std::size_t c = i % p.inner, left = r.end - i,
                        run = p.inner == 1 || left < p.inner - c ? left : p.inner - c,
                        n = run < lanes32 ? run : lanes32, at = (i - c) * p.extent + c;
      if (p.inner == 1)
        rows<Running>(p, x + at, y + at, n);
      else
        columns<Running>(p, x + at, y + at, n);
      i += n;
    }
  }
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    const auto* const x = static_cast<const float*>(a.in[0]);
    auto* const y = static_cast<float*>(a.out[0]);
    const auto r = part_of(p.outer * p.inner, a.part, a.parts);
    if (p.wide)
      run_all<running_doubles>(p, x, y, r);
    else
      run_all<running_floats>(p, x, y, r);
  }
  static const char* describe(const void*) { return "running sums side by side"; }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
