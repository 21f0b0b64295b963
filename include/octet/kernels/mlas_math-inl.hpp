// Functions of floats under rounding ORT: numerics/mlas_math.hpp on vectors, operation by
// operation. Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

HWY_INLINE VF clamp_finite(VF x, float lo, float hi) {
  return hn::Min(hn::Max(x, set_float(lo)), set_float(hi));
}
/// rint(x * log2 e) as a float.
HWY_INLINE VF mlas_exponent(VF x) {
  const VF magic = set_float(numerics::mlas::integer_magic);
  return simd::rounded(
      hn::Sub(simd::rounded(fused(x, set_float(numerics::mlas::log2_e), magic)), magic));
}
HWY_INLINE VF mlas_reduced(VF x, VF m) {
  return fused(m, set_float(numerics::mlas::ln2_low),
               fused(m, set_float(numerics::mlas::ln2_high), x));
}
template <bool OfSoftmax> HWY_INLINE VF exp_mlas(VF x) {
  namespace k = numerics::mlas;
  const VF v = clamp_finite(x, OfSoftmax ? k::softmax_lowest : k::exp_lowest, k::exp_highest),
           m = mlas_exponent(v), p = fused_polynomial(k::exp_c, mlas_reduced(v, m));
  const V32 q = hn::ConvertTo(D32(), m), half = hn::ShiftRight<1>(q);
  VF y = simd::rounded(
      hn::Mul(simd::rounded(hn::Mul(p, float_pow2(half))), float_pow2(hn::Sub(q, half))));
  if constexpr (OfSoftmax) y = hn::IfThenElse(hn::Lt(m, set_float(-126.f)), hn::Zero(DF()), y);
  return unless_nan(x, y);
}
HWY_INLINE VF tanh_mlas(VF x) {
  namespace k = numerics::mlas;
  const VF v = clamp_finite(x, -k::tanh_bound, k::tanh_bound), z = simd::rounded(hn::Mul(v, v));
  const VF odd = simd::rounded(hn::Mul(fused_polynomial(k::tanh_odd, z), v));
  return unless_nan(x, simd::divide(odd, fused_polynomial(k::tanh_even, z)));
}
HWY_INLINE VF logistic_mlas(VF x) {
  namespace k = numerics::mlas;
  const VF v = clamp_finite(x, -k::logistic_bound, k::logistic_bound),
           z = simd::rounded(hn::Mul(v, v));
  const VF odd = simd::rounded(hn::Mul(fused_polynomial(k::logistic_odd, z), v));
  const VF y = simd::rounded(
      hn::Add(simd::divide(odd, fused_polynomial(k::logistic_even, z)), set_float(0.5f)));
  return unless_nan(x, clamp_finite(y, 0.f, 1.f));
}
HWY_INLINE VF erf_mlas(VF x) {
  namespace k = numerics::mlas;
  const VF a = hn::Abs(x), one = set_float(1.f);
  const VF near = fused(fused_polynomial(k::erf_small, simd::rounded(hn::Mul(a, a))), a, a);
  const VF b = hn::Min(a, set_float(k::erf_highest));
  const VF r = hn::Neg(simd::rounded(fused(fused_polynomial(k::erf_big, b), b, b))),
           m = mlas_exponent(r), p = fused_polynomial(k::erf_exp, mlas_reduced(r, m));
  const VF far = hn::Sub(one, simd::rounded(hn::Mul(p, float_pow2(hn::ConvertTo(D32(), m)))));
  const VF y = hn::IfThenElse(hn::Gt(a, set_float(k::erf_split)), far, near);
  return unless_nan(x, hn::CopySign(y, x));
}
HWY_INLINE VF gelu_mlas(VF x, bool approximate) {
  namespace k = numerics::mlas;
  const VF one = set_float(1.f), half = simd::rounded(hn::Mul(x, set_float(0.5f)));
  if (!approximate) {
    const VF e = erf_mlas(simd::rounded(hn::Mul(x, set_float(k::root_half))));
    return hn::Mul(half, simd::rounded(hn::Add(e, one)));
  }
  const VF square = simd::rounded(hn::Mul(simd::rounded(hn::Mul(set_float(k::gelu_cubic), x)), x));
  const VF t = simd::rounded(hn::Mul(x, simd::rounded(hn::Add(square, set_float(k::gelu_linear)))));
  return hn::Mul(half, simd::rounded(hn::Add(tanh_mlas(t), one)));
}

constexpr bool has_mlas(unary f) noexcept {
  switch (numerics::ort_function_of(f)) {
    case numerics::ort_function::logistic:
    case numerics::ort_function::tanh:
    case numerics::ort_function::exp:
    case numerics::ort_function::erf:
    case numerics::ort_function::gelu: return true;
    case numerics::ort_function::sin:
    case numerics::ort_function::cos:
    case numerics::ort_function::other: return false;
  }
  return false;
}
/// y[i] = f(x[i]) of n elements, under rounding ORT.
inline HWY_NOINLINE void mlas_floats(const unary_params& p, const float* x, float* y,
                                     std::size_t n) noexcept {
  switch (numerics::ort_function_of(p.function)) {
    case numerics::ort_function::logistic:
      return each_float(x, y, n, [](VF v) HWY_ATTR { return logistic_mlas(v); });
    case numerics::ort_function::tanh:
      return each_float(x, y, n, [](VF v) HWY_ATTR { return tanh_mlas(v); });
    case numerics::ort_function::exp:
      return each_float(x, y, n, [](VF v) HWY_ATTR { return exp_mlas<false>(v); });
    case numerics::ort_function::erf:
      return each_float(x, y, n, [](VF v) HWY_ATTR { return erf_mlas(v); });
    case numerics::ort_function::gelu:
      return each_float(x, y, n, [&](VF v) HWY_ATTR { return gelu_mlas(v, p.approximate); });
    case numerics::ort_function::sin:
    case numerics::ort_function::cos:
    case numerics::ort_function::other: break;  // has_mlas excludes these
  }
}

// ---- sums over lanes ----

/// The sum of n elements as softmax has it: 16 sums side by side.
inline HWY_NOINLINE float sum_of_sixteens(const float* e, std::size_t n) noexcept {
  float each[16];
  simd::sum_side_by_side(e, n, each);
  return numerics::sum_of_softmax_lanes(each);
}

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
