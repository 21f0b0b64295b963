// Functions of floats under rounding ATEN: numerics/fused_math.hpp on vectors, operation by
// operation. Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// c0 x^n + ... + cn in fused multiply-adds.
template <std::size_t N> HWY_INLINE VF fused_polynomial(const float (&c)[N], VF x) {
  VF u = set_float(c[0]);
  HWY_UNROLL(8)
  for (std::size_t i = 1; i < N; ++i) u = fused(u, x, set_float(c[i]));
  return u;
}
/// 2^e as the exponent's bits.
HWY_INLINE VF float_pow2(V32 e) {
  return hn::BitCast(DF(), hn::ShiftLeft<23>(hn::Add(e, set32(127))));
}
/// By the bits: compilers told that there are none would drop a comparison.
HWY_INLINE auto is_nan_by_bits(VF x) {
  const V32 magnitude = hn::And(hn::BitCast(D32(), x), set32(INT32_MAX));
  return hn::RebindMask(DF(), hn::Gt(magnitude, set32(0x7F800000)));
}
/// v where x is no NaN.
HWY_INLINE VF unless_nan(VF x, VF v) { return hn::IfThenElse(is_nan_by_bits(x), x, v); }
HWY_INLINE VF exp_vectorized(VF x) {
  namespace k = numerics::vector_exp;
  const VF lowest = set_float(k::lowest), highest = set_float(k::highest);
  const VF in_range = hn::Min(hn::Max(x, lowest), highest);
  const V32 q = simd::round_even(simd::rounded(hn::Mul(in_range, set_float(k::log2_e))));
  const VF whole = hn::ConvertTo(DF(), q);
  const VF s = fused(whole, set_float(k::ln2_low), fused(whole, set_float(k::ln2_high), in_range));
  const VF u = fused_polynomial(k::c, s),
           e = hn::Add(set_float(1.f), fused(simd::rounded(hn::Mul(s, s)), u, s));
  const V32 half = hn::ShiftRight<1>(q);
  const VF y = simd::rounded(
      hn::Mul(simd::rounded(hn::Mul(e, float_pow2(half))), float_pow2(hn::Sub(q, half))));
  const VF below = hn::IfThenElse(hn::Lt(x, lowest), hn::Zero(DF()), y);
  const VF bounded =
      hn::IfThenElse(hn::Gt(x, highest), set_float(numerics::infinity_of<float>()), below);
  return unless_nan(x, bounded);
}
HWY_INLINE VF tanh_vectorized(VF x) {
  namespace k = numerics::vector_tanh;
  const VF a = hn::Abs(x), z = simd::rounded(hn::Mul(x, x)), one = set_float(1.f);
  const VF near = fused(simd::rounded(hn::Mul(z, x)), fused_polynomial(k::c, z), x);
  const VF e = exp_vectorized(hn::Add(a, a));
  const VF far = hn::CopySign(hn::Sub(one, simd::divide(set_float(2.f), hn::Add(e, one))), x);
  return unless_nan(x, hn::IfThenElse(hn::Lt(a, set_float(k::small)), near, far));
}
HWY_INLINE VF erf_vectorized(VF x) {
  namespace k = numerics::vector_erf;
  const VF one = set_float(1.f), a = hn::Abs(x),
           t = simd::divide(one, fused(set_float(k::p), a, one));
  const VF r = fused_polynomial(k::c, t), e = exp_vectorized(hn::Neg(simd::rounded(hn::Mul(x, x))));
  return hn::CopySign(fused(simd::rounded(hn::Mul(hn::Neg(e), t)), r, one), x);
}
HWY_INLINE VF logistic_vectorized(VF x) {
  const VF one = set_float(1.f);
  return simd::divide(one, hn::Add(one, exp_vectorized(hn::Neg(x))));
}
HWY_INLINE VF silu_vectorized(VF x) {
  return simd::divide(x, hn::Add(set_float(1.f), exp_vectorized(hn::Neg(x))));
}
HWY_INLINE VF gelu_vectorized(VF x, bool approximate) {
  const VF one = set_float(1.f), half = simd::rounded(hn::Mul(x, set_float(0.5f)));
  if (!approximate) {
    const VF inner = simd::rounded(hn::Mul(x, set_float(0.70710678118654752f)));
    return hn::Mul(half, simd::rounded(hn::Add(one, erf_vectorized(inner))));
  }
  const VF cube = simd::rounded(hn::Mul(simd::rounded(hn::Mul(x, x)), x));
  const VF sum = hn::Add(x, simd::rounded(hn::Mul(set_float(0.044715f), cube)));
  const VF inner = simd::rounded(hn::Mul(set_float(0.79788456080286536f), sum));
  return hn::Mul(half, simd::rounded(hn::Add(one, tanh_vectorized(inner))));
}

/// y[i] = f(x[i]) of n elements.
template <class F> HWY_INLINE void each_float(const float* x, float* y, std::size_t n, F f) {
  std::size_t i = 0;
  for (; i + lanes32 <= n; i += lanes32) simd::store(f(simd::load(x + i)), y + i);
  if (i < n) simd::store_some(f(simd::load_some(x + i, n - i)), y + i, n - i);
}

/// y[i] = f(x[i]) of n elements, under rounding ATEN.
inline HWY_NOINLINE void vectorized_floats(const unary_params& p, const float* x, float* y,
                                           std::size_t n) noexcept {
  switch (numerics::vectorized_of(p.function)) {
    case numerics::vectorized_function::logistic:
      return each_float(x, y, n, [](VF v) HWY_ATTR { return logistic_vectorized(v); });
    case numerics::vectorized_function::tanh:
      return each_float(x, y, n, [](VF v) HWY_ATTR { return tanh_vectorized(v); });
    case numerics::vectorized_function::exp:
      return each_float(x, y, n, [](VF v) HWY_ATTR { return exp_vectorized(v); });
    case numerics::vectorized_function::gelu:
      return each_float(x, y, n, [&](VF v) HWY_ATTR { return gelu_vectorized(v, p.approximate); });
    case numerics::vectorized_function::silu:
      return each_float(x, y, n, [](VF v) HWY_ATTR { return silu_vectorized(v); });
    case numerics::vectorized_function::other: break;  // has_vectorized excludes these
  }
}

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
