// local_response_normalization: sums of squares in the reference's order, their powers in lanes.
// Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

// ---- numerics/power_math.hpp, operation by operation ----

/// numerics::detail::float_pair.
struct ordered_pairs {
  VF hi, lo;
};
HWY_INLINE ordered_pairs ordered_sum_of(VF a, VF b) {  // |a| >= |b|
  const VF s = rounded_sum(a, b);
  return {s, rounded_difference(b, rounded_difference(s, a))};
}
HWY_INLINE ordered_pairs ordered_sum_of(const ordered_pairs& a, const ordered_pairs& b) {
  const ordered_pairs s = ordered_sum_of(a.hi, b.hi);
  return ordered_sum_of(s.hi, rounded_sum(rounded_sum(b.lo, s.lo), a.lo));
}
HWY_INLINE ordered_pairs ordered_product_of(VF a, VF b) {
  const VF p = rounded_product(a, b);
  return {p, fused(a, b, hn::Neg(p))};
}
HWY_INLINE ordered_pairs ordered_product_of(const ordered_pairs& a, VF b) {
  const ordered_pairs p = ordered_product_of(a.hi, b),
                      s = ordered_sum_of(p.hi, rounded_product(a.lo, b));
  return ordered_sum_of(s.hi, rounded_sum(s.lo, p.lo));
}
HWY_INLINE ordered_pairs everywhere(const numerics::detail::float_pair& p) {
  return {set_float(p.hi), set_float(p.lo)};
}
HWY_INLINE ordered_pairs log2_pairs(VF z) {
  namespace k = numerics::eigen_log2;
  const VF x = rounded_difference(z, set_float(1.f));
  const ordered_pairs inner =
      ordered_sum_of(everywhere(k::second), ordered_product_of(x, rounded_polynomial(k::c, x)));
  return ordered_product_of(ordered_sum_of(everywhere(k::first), ordered_product_of(inner, x)), x);
}
/// r * 2^n, rounded once.
HWY_INLINE VF scaled_by_power(VF r, V32 n) {
  const hn::Half<DF> half;
  const hn::Half<D32> half32;
  const simd::tag<std::int64_t> i64;
  const auto scaled = [&](auto part, auto by) HWY_ATTR {
    const auto power =
        hn::BitCast(DF64(), hn::ShiftLeft<52>(hn::Add(hn::PromoteTo(i64, by), hn::Set(i64, 1023))));
    return hn::Mul(hn::PromoteTo(DF64(), part), power);
  };
  return simd::to_floats(scaled(hn::LowerHalf(half, r), hn::LowerHalf(half32, n)),
                         scaled(hn::UpperHalf(half, r), hn::UpperHalf(half32, n)));
}
/// numerics::pow_vector of positive finite x.
HWY_INLINE VF pow_eigen(VF x, VF y) {
  namespace k = numerics::eigen;
  const auto denormal = hn::Lt(x, set_float(0x1p-126f));
  const V32 bits =
      hn::BitCast(D32(), hn::IfThenElse(denormal, rounded_product(x, set_float(0x1p24f)), x));
  const VF m0 = hn::BitCast(DF(), hn::Or(hn::And(bits, set32(0x007fffff)), set32(0x3f000000)));
  const auto low = hn::Lt(m0, set_float(k::root_half));
  const VF m = hn::IfThenElse(low, hn::Add(m0, m0), m0);
  VF e = hn::ConvertTo(DF(), hn::Sub(hn::ShiftRight<23>(bits), set32(126)));
  e = hn::Sub(e, hn::IfThenElseZero(denormal, set_float(24.f)));
  e = hn::Sub(e, hn::IfThenElseZero(low, set_float(1.f)));
  const ordered_pairs f =
      ordered_sum_of(ordered_product_of(e, y), ordered_product_of(log2_pairs(m), y));
  const VF most = set_float(256.f), hi = hn::Min(hn::Max(f.hi, hn::Neg(most)), most);
  const VF whole = round_lanes::of(hi), rest = rounded_sum(rounded_difference(hi, whole), f.lo),
           more = round_lanes::of(rest);
  const VF r =
      exp_eigen_unbounded(rounded_product(rounded_difference(rest, more), set_float(k::ln2)));
  const VF v = scaled_by_power(r, hn::ConvertTo(D32(), rounded_sum(whole, more)));
  const VF infinite = set_float(numerics::infinity_of<float>());
  const VF bounded = hn::IfThenElse(hn::Gt(f.hi, most), infinite,
                                    hn::IfThenElse(hn::Lt(f.hi, hn::Neg(most)), hn::Zero(DF()), v));
  return unless_nan(f.hi, bounded);
}
/// numerics::pow_vector_uniform.
struct eigen_power {
  float exponent;
  HWY_INLINE VF operator()(VF x) const {
    const float size = numerics::with_sign(exponent, 1.f);
    if (size != 1.f && size != 2.f && size != 3.f) return pow_eigen(x, set_float(exponent));
    const VF one = exponent < 0 ? simd::divide(set_float(1.f), x) : x,
             two = rounded_product(one, one);
    return size == 1.f ? one : size == 2.f ? two : rounded_product(one, two);
  }
};

// ---- what the channels are multiplied by ----

/// numerics::response_ort of elements in vectors.
struct response_by_eigen {
  float beta;
  HWY_INLINE VF operator()(VF s) const {
    const auto known =
        hn::And(hn::Gt(s, hn::Zero(DF())), hn::Lt(s, set_float(numerics::infinity_of<float>())));
    const VF y = eigen_power{-beta}(s);
    if (hn::AllTrue(DF(), known)) return y;
    return float_pow::ask_scalar_power(s, set_float(-beta), y, mask_bits(known),
                                       &numerics::pow_f32);
  }
};
/// numerics::running_response.
struct running_response_lanes {
  float beta;
  HWY_INLINE VF operator()(VF s) const {
    if (beta == 1.f) return simd::divide(set_float(1.f), s);
    if (beta == 0.5f) return simd::divide(set_float(1.f), sqrt_lanes(s));
    return float_pow::of(s, set_float(-beta), &numerics::pow_f32);
  }
};
/// (bias + alpha * sum)^-beta in binary64, then rounded.
struct response_in_double {
  const local_response_params& p;
  HWY_INLINE simd::VF64 base(hn::Vec<hn::Half<DF>> sum) const {
    return simd::rounded(
        hn::Add(set64(p.bias), simd::rounded(hn::Mul(set64(p.alpha), hn::PromoteTo(DF64(), sum)))));
  }
  HWY_INLINE VF operator()(VF sum) const {
    const hn::Half<DF> half;
    const auto low = base(hn::LowerHalf(half, sum)), high = base(hn::UpperHalf(half, sum));
    const auto by = set64(-p.beta);
    const power_lanes power(power_lanes::exponent(low, by), power_lanes::exponent(high, by));
    const VF s = simd::to_floats(low, high), v = power.y.value;
    const auto in_range = hn::And(hn::Ge(s, set_float(0x1p-126f)), hn::Le(s, set_float(0x1p127f)));
    const auto sure = hn::And(power.sure(), in_range);
    return hn::AllTrue(DF(), sure) ? v : ask_scalar_response(sum, v, mask_bits(sure));
  }
  HWY_NOINLINE VF ask_scalar_response(VF sum, VF y, VF sure) const {
    alignas(alignment) float sums[lanes32];
    hn::Store(sum, DF(), sums);
    return asked_where_unsure(y, sure,
                              [&](int i) { return reference::response_of_sum(p, sums[i]); });
  }
};

template <class V>
struct kernel<kernel_id::local_response, V> : plain_kernel<kernel<kernel_id::local_response, V>> {
  /// y[c] = x[c] * f(s[c]) of a row, a block of sums at a time.
  template <class F>
  static HWY_NOINLINE void row(const local_response_params& p, const float* x, float* y,
                               const F& f) noexcept {
    constexpr std::size_t block = 256;
    alignas(alignment) float s[block];
    reference::response_sums sums(p, x);
    for (std::size_t c = 0; c < p.channels; c += block) {
      const std::size_t left = p.channels - c, n = left < block ? left : block;
      for (std::size_t k = 0; k < n; ++k) s[k] = sums.next(c + k);
      for (std::size_t k = 0; k < n; k += lanes32) {
        const bool whole = n - k >= lanes32;
        const VF by = f(whole ? simd::load(s + k) : simd::load_some(s + k, n - k));
        if (whole)
          simd::store(hn::Mul(simd::load(x + c + k), by), y + c + k);
        else
          simd::store_some(hn::Mul(simd::load_some(x + c + k, n - k), by), y + c + k, n - k);
      }
    }
  }
  static void run(const kernel_args& a) noexcept {
    const auto& p = *static_cast<const local_response_params*>(a.params);
    const auto r = part_of(p.rows, a.part, a.parts);
    const auto beta = static_cast<float>(p.beta);
    for (std::size_t i = r.begin; i < r.end; ++i) {
      const float* const x = static_cast<const float*>(a.in[0]) + i * p.channels;
      float* const y = static_cast<float*>(a.out[0]) + i * p.channels;
      if (p.running)
        row(p, x, y, running_response_lanes{beta});
      else if (!p.onnxruntime)
        row(p, x, y, response_in_double{p});
      else if (reference::all_in_vectors(p, i))
        row(p, x, y, response_by_eigen{beta});
      else
        reference::local_response_row(p, i, x, y);
    }
  }
  static const char* describe(const void*) { return "local response"; }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
