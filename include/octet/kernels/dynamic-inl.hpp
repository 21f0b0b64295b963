// qnn.dynamic_quantize and qnn.dynamic_dequantize: rows of floats to codes with a scale each, sums
// back to floats. Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

struct float_range {
  float least, most;
};
/// As the reference walks them: a NaN counts where it comes first, and there alone.
inline HWY_NOINLINE float_range range_of(const float* x, std::size_t n) noexcept {
  float_range r{n != 0 ? x[0] : 0, n != 0 ? x[0] : 0};
  std::size_t i = 0;
  if (n >= std::size_t{2} * lanes32) {
    VF least = set_float(r.least), most = least, least2 = least, most2 = least;
    for (; i + 2 * lanes32 <= n; i += 2 * lanes32) {
      const VF a = simd::load(x + i), b = simd::load(x + i + lanes32);
      least = hn::IfThenElse(hn::Lt(a, least), a, least);
      most = hn::IfThenElse(hn::Gt(a, most), a, most);
      least2 = hn::IfThenElse(hn::Lt(b, least2), b, least2);
      most2 = hn::IfThenElse(hn::Gt(b, most2), b, most2);
    }
    alignas(alignment) float each[4][lanes32];
    hn::Store(least, DF(), each[0]), hn::Store(least2, DF(), each[1]);
    hn::Store(most, DF(), each[2]), hn::Store(most2, DF(), each[3]);
    for (int k = 0; k < 2; ++k)
      for (int l = 0; l < lanes32; ++l) {
        r.least = each[k][l] < r.least ? each[k][l] : r.least;
        r.most = each[k + 2][l] > r.most ? each[k + 2][l] : r.most;
      }
  }
  for (; i < n; ++i) {
    r.least = x[i] < r.least ? x[i] : r.least;
    r.most = x[i] > r.most ? x[i] : r.most;
  }
  return r;
}

/// x * inverse, rounded, cut to [lo, hi].
template <bool Away, class T>
HWY_NOINLINE void quantize_row(const float* x, T* y, std::size_t n, float inverse, std::int32_t lo,
                               std::int32_t hi) noexcept {
  const VF by = set_float(inverse), low = set_float(static_cast<float>(lo)),
           high = set_float(static_cast<float>(hi));
  constexpr dtype type = dtype_of<T>;
  std::size_t i = 0;
  for (; i < n; i += lanes32) {
    const std::size_t left = n - i;
    const VF v = simd::rounded(
        hn::Mul(left < lanes32 ? simd::load_some(x + i, left) : simd::load(x + i), by));
    const V32 q = Away ? round_away_within(v, low, high) : round_within(v, low, high);
    if (left >= lanes32)
      simd::store_from32(q, y + i);
    else
      simd::store_some_from32(type, q, reinterpret_cast<std::byte*>(y + i), left);
  }
}

template <class V> struct kernel<kernel_id::dynamic_quantize, V> {
  static void run(const kernel_args& a) noexcept {
    const auto& p = *static_cast<const dynamic_quantize_params*>(a.params);
    const auto r = part_of(p.rows, a.part, a.parts);
    for (std::size_t row = r.begin; row < r.end; ++row) {
      const float* x = static_cast<const float*>(a.in[0]) + row * p.length;
      const float_range range = range_of(x, p.length);
      const numerics::row_scale s = row_scale_of(p, range.least, range.most);
      static_cast<float*>(a.out[1])[row] = s.scale;
      if (!p.asymmetric) {
        auto* y = static_cast<std::int8_t*>(a.out[0]) + row * p.length;
        if (s.zero)
          std::memset(y, 0, p.length);
        else
          quantize_row<true>(x, y, p.length, s.inverse, -127, 127);
        continue;
      }
      auto* y = static_cast<std::int16_t*>(a.out[0]) + row * p.length;
      const std::int32_t z = s.zero_point;
      if (p.mode == rounding::aten)
        quantize_row<false>(x, y, p.length, s.inverse, -z, 255 - z);
      else if (p.mode == rounding::xnnpack)
        quantize_row<false>(x, y, p.length, s.inverse, -128 - z, 127 - z);
      else if (s.zero)
        std::memset(y, 0, p.length * 2);
      else
        quantize_row<true>(x, y, p.length, s.inverse, -128 - z, 127 - z);
    }
  }
  static const char* describe(const void*) { return "dynamic_quantize"; }
  static constexpr kernel_entry value{&run, nullptr, nullptr, nullptr, nullptr, &describe, true};
  static constexpr const kernel_entry* entry = &value;
};

/// What becomes of sums of one row's channels.
enum class row_formula : std::uint8_t { scales_first, channel_first, fused, aten };
template <row_formula F, bool Bias> HWY_INLINE VF row_value(V32 sum, VF row, VF scale, VF bias) {
  const VF acc = hn::ConvertTo(DF(), sum);
  if constexpr (F == row_formula::aten) {
    return fused(acc, simd::rounded(hn::Mul(row, scale)), bias);
  } else if constexpr (F == row_formula::fused) {
    return fused(simd::rounded(hn::Mul(acc, row)), scale, bias);
  } else {
    const VF v = F == row_formula::scales_first ? hn::Mul(acc, simd::rounded(hn::Mul(row, scale)))
                                                : hn::Mul(simd::rounded(hn::Mul(acc, scale)), row);
    return Bias ? hn::Add(simd::rounded(v), bias) : v;
  }
}
template <row_formula F, bool Bias>
HWY_NOINLINE void dequantize_channels(const dynamic_dequantize_params& p, const std::int32_t* x,
                                      float* y, std::size_t first, std::size_t n, float row,
                                      const float* bias) noexcept {
  const VF by = set_float(row), lo = set_float(p.min), hi = set_float(p.max);
  for (std::size_t i = 0; i < n; i += lanes32) {
    const std::size_t left = n - i, c = first + i;
    const bool whole = left >= lanes32;
    const V32 sum = whole ? simd::load(x + i) : simd::load_some(x + i, left);
    const VF scale = whole ? simd::load(p.scales + c) : simd::load_some(p.scales + c, left);
    VF add = hn::Zero(DF());
    if (bias != nullptr) add = whole ? simd::load(bias + c) : simd::load_some(bias + c, left);
    VF v = row_value<F, Bias>(sum, by, scale, add);
    v = hn::IfThenElse(hn::Lt(v, lo), lo, hn::IfThenElse(hn::Gt(v, hi), hi, v));
    if (whole)
      simd::store(v, y + i);
    else
      simd::store_some(v, y + i, left);
  }
}

template <class V> struct kernel<kernel_id::dynamic_dequantize, V> {
  static const dynamic_dequantize_params& params(const void* p) {
    return *static_cast<const dynamic_dequantize_params*>(p);
  }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    return p.in_type == dtype::s32;
  }
  static HWY_INLINE void channels(const dynamic_dequantize_params& p, const std::int32_t* x,
                                  float* y, std::size_t first, std::size_t n, float row,
                                  const float* bias) noexcept {
    if (p.aten) return dequantize_channels<row_formula::aten, true>(p, x, y, first, n, row, bias);
    if (p.fused) return dequantize_channels<row_formula::fused, true>(p, x, y, first, n, row, bias);
    if (p.scales_first)
      return bias != nullptr ? dequantize_channels<row_formula::scales_first, true>(p, x, y, first,
                                                                                    n, row, bias)
                             : dequantize_channels<row_formula::scales_first, false>(p, x, y, first,
                                                                                     n, row, bias);
    return bias != nullptr
               ? dequantize_channels<row_formula::channel_first, true>(p, x, y, first, n, row, bias)
               : dequantize_channels<row_formula::channel_first, false>(p, x, y, first, n, row,
                                                                        bias);
  }
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    const auto r = part_of(p.rows * p.length, a.part, a.parts);
    const auto* x = static_cast<const std::int32_t*>(a.in[0]);
    const auto* rows = static_cast<const float*>(a.in[1]);
    const auto* bias = static_cast<const float*>(a.in[2]);
    auto* y = static_cast<float*>(a.out[0]);
    for (std::size_t i = r.begin; i < r.end;) {
      const std::size_t c = i % p.channels, left = p.channels - c,
                        n = left < r.end - i ? left : r.end - i;
      channels(p, x + i, y + i, c, n, rows[i / p.length], bias);
      i += n;
    }
  }
  static const char* describe(const void*) { return "dynamic_dequantize"; }
  static constexpr kernel_entry value{&run, nullptr, nullptr, nullptr, &accepts, &describe, true};
  static constexpr const kernel_entry* entry = &value;
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
