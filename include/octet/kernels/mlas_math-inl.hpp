// Functions of floats under rounding ORT: numerics/mlas_math.hpp on vectors, operation by
// operation. Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

HWY_INLINE VF clamp_finite(VF x, float lo, float hi) {
  return hn::Min(hn::Max(x, set_float(lo)), set_float(hi));
}
/// Whether all |x| are at most that; not where one is NaN.
HWY_INLINE bool all_within(VF x, float most) {
  return hn::AllTrue(DF(), hn::Le(hn::Abs(x), set_float(most)));
}
/// rint(x * log2 e): as the low bits of `magic`, and as a float.
struct mlas_exponents {
  VF magic, whole;
  HWY_INLINE explicit mlas_exponents(VF x)
      : magic(simd::rounded(
            fused(x, set_float(numerics::mlas::log2_e), set_float(numerics::mlas::integer_magic)))),
        whole(simd::rounded(hn::Sub(magic, set_float(numerics::mlas::integer_magic)))) {}
  /// p times the power of two, where p and the product are normal numbers.
  HWY_INLINE VF scale(VF p) const {
    return hn::BitCast(
        DF(), hn::Add(hn::BitCast(D32(), p), hn::ShiftLeft<23>(hn::BitCast(D32(), magic))));
  }
};
HWY_INLINE VF mlas_reduced(VF x, VF m) {
  return fused(m, set_float(numerics::mlas::ln2_low),
               fused(m, set_float(numerics::mlas::ln2_high), x));
}
template <bool OfSoftmax> HWY_INLINE VF exp_mlas(VF x) {
  namespace k = numerics::mlas;
  if (all_within(x, 80.f)) {  // far from what is cut; no power of two overflows or is subnormal
    const mlas_exponents m(x);
    return m.scale(fused_polynomial(k::exp_c, mlas_reduced(x, m.whole)));
  }
  const VF v = clamp_finite(x, OfSoftmax ? k::softmax_lowest : k::exp_lowest, k::exp_highest),
           m = mlas_exponents(v).whole, p = fused_polynomial(k::exp_c, mlas_reduced(v, m));
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
  const VF r = hn::Neg(simd::rounded(fused(fused_polynomial(k::erf_big, b), b, b)));
  const mlas_exponents m(r);
  const VF far = hn::Sub(one, m.scale(fused_polynomial(k::erf_exp, mlas_reduced(r, m.whole))));
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

/// c0 x^n + ... + cn, one rounding a step.
template <std::size_t N> HWY_INLINE VF rounded_polynomial(const float (&c)[N], VF x) {
  VF u = set_float(c[0]);
  HWY_UNROLL(4)
  for (std::size_t i = 1; i < N; ++i)
    u = simd::rounded(hn::Add(simd::rounded(hn::Mul(u, x)), set_float(c[i])));
  return u;
}
/// numerics::tanh_vector.
HWY_INLINE VF tanh_eigen(VF v) {
  namespace k = numerics::eigen;
  const VF x = clamp_finite(v, -k::tanh_bound, k::tanh_bound), x2 = simd::rounded(hn::Mul(x, x)),
           cube = simd::rounded(hn::Mul(x2, x));
  const VF over =
      simd::rounded(hn::Add(simd::rounded(hn::Mul(cube, rounded_polynomial(k::tanh_odd, x2))), x));
  return unless_nan(v, simd::divide(over, rounded_polynomial(k::tanh_even, x2)));
}
/// numerics::exp_vector from -104 up to where it overflows.
HWY_INLINE VF exp_eigen_unbounded(VF c) {
  namespace k = numerics::eigen;
  const VF m = hn::Floor(
      simd::rounded(hn::Add(simd::rounded(hn::Mul(c, set_float(k::log2_e))), set_float(0.5f))));
  const auto plus = [](VF a, VF b, VF d) HWY_ATTR {
    return simd::rounded(hn::Add(simd::rounded(hn::Mul(a, b)), d));
  };
  const VF r = plus(m, set_float(k::ln2_low), plus(m, set_float(k::ln2_high), c)),
           r2 = simd::rounded(hn::Mul(r, r)), even = rounded_polynomial(k::exp_even, r2),
           odd = rounded_polynomial(k::exp_odd, r2),
           p = plus(r2, plus(r, odd, even), simd::rounded(hn::Add(r, set_float(1.f))));
  const V32 q = hn::ConvertTo(D32(), m), half = hn::ShiftRight<1>(q);
  return simd::rounded(
      hn::Mul(simd::rounded(hn::Mul(p, float_pow2(half))), float_pow2(hn::Sub(q, half))));
}
/// numerics::exp_vector: x at most 0.
HWY_INLINE VF exp_eigen(VF x) {
  const VF lowest = set_float(numerics::eigen::exp_lowest),
           y = exp_eigen_unbounded(hn::Min(hn::Max(x, lowest), hn::Zero(DF())));
  return unless_nan(x, hn::IfThenElse(hn::Lt(x, lowest), hn::Zero(DF()), y));
}
/// numerics::log_vector.
HWY_INLINE VF log_eigen(VF x) {
  namespace k = numerics::eigen;
  const auto denormal = hn::Lt(x, set_float(0x1p-126f));
  const V32 bits = hn::BitCast(
      D32(), hn::IfThenElse(denormal, simd::rounded(hn::Mul(x, set_float(0x1p24f))), x));
  const VF m = hn::BitCast(DF(), hn::Or(hn::And(bits, set32(0x007fffff)), set32(0x3f000000)));
  const auto low = hn::Lt(m, set_float(k::root_half));
  VF e = hn::ConvertTo(DF(), hn::Sub(hn::ShiftRight<23>(bits), set32(126)));
  e = hn::Sub(e, hn::IfThenElseZero(denormal, set_float(24.f)));
  e = hn::Sub(e, hn::IfThenElseZero(low, set_float(1.f)));
  const VF less = simd::rounded(hn::Sub(m, set_float(1.f))),
           q = simd::rounded(hn::Add(less, hn::IfThenElseZero(low, m))),
           ratio = simd::rounded(simd::divide(rounded_polynomial(k::log_over, q),
                                              rounded_polynomial(k::log_under, q)));
  VF y = hn::Add(simd::rounded(hn::Mul(e, set_float(k::ln2))), ratio);
  const VF infinite = set_float(numerics::infinity_of<float>());
  y = hn::IfThenElse(hn::Eq(x, infinite), x, y);
  y = hn::IfThenElse(hn::Eq(x, hn::Zero(DF())), hn::Neg(infinite), y);
  y = hn::IfThenElse(hn::Lt(x, hn::Zero(DF())), set_float(numerics::nan_of<float>()), y);
  return unless_nan(x, y);
}
HWY_INLINE VF elu_eigen(VF x, VF alpha) {
  const auto below = hn::Lt(x, hn::Zero(DF()));
  const VF e = exp_eigen(hn::IfThenElseZero(below, x));
  return hn::IfThenElse(below, hn::Mul(alpha, simd::rounded(hn::Sub(e, set_float(1.f)))), x);
}
HWY_INLINE VF softplus_eigen(VF x) {
  const VF one = set_float(1.f), v = exp_eigen(hn::Neg(hn::Abs(x))),
           u = simd::rounded(hn::Add(v, one)),
           more = simd::divide(log_eigen(u), simd::rounded(hn::Sub(u, one)));
  const VF y = hn::IfThenElse(hn::Eq(u, one), v, simd::rounded(hn::Mul(v, simd::rounded(more))));
  const VF above = hn::IfThenElseZero(hn::Gt(x, hn::Zero(DF())), x);
  return unless_nan(x, hn::Add(above, y));
}

constexpr bool has_mlas(unary f) noexcept {
  switch (numerics::ort_function_of(f)) {
    case numerics::ort_function::logistic:
    case numerics::ort_function::tanh:
    case numerics::ort_function::exp:
    case numerics::ort_function::erf:
    case numerics::ort_function::gelu:
    case numerics::ort_function::elu:
    case numerics::ort_function::log:
    case numerics::ort_function::softplus: return true;
    case numerics::ort_function::sin:
    case numerics::ort_function::cos:
    case numerics::ort_function::other: return false;
  }
  return false;
}
/// y[i] = f(x[i]) of n elements, under rounding ORT; of Eigen's functions, of n elements that are
/// in whole vectors of four.
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
    case numerics::ort_function::elu:
      return each_float(x, y, n, [&](VF v) HWY_ATTR { return elu_eigen(v, set_float(p.alpha)); });
    case numerics::ort_function::log:
      return each_float(x, y, n, [](VF v) HWY_ATTR { return log_eigen(v); });
    case numerics::ort_function::softplus:
      return each_float(x, y, n, [](VF v) HWY_ATTR { return softplus_eigen(v); });
    case numerics::ort_function::sin:
    case numerics::ort_function::cos:
    case numerics::ort_function::other: break;  // has_mlas excludes these
  }
}

// ---- sums over lanes ----

/// y[i] = f(x[i]) of n elements; their sum as softmax has it: 16 sums side by side.
template <class F>
HWY_INLINE float sum_of_sixteens(const float* x, float* y, std::size_t n, const F& f) {
  simd::side_by_side<float, 16> sums;
  const std::size_t whole = sums.add_made(x, y, n, f);
  if (whole == n) return simd::sum_of_softmax_lanes(sums.sums());
  float each[16];
  sums.store(each);
  each_float(x + whole, y + whole, n - whole, f);
  for (std::size_t i = whole; i < n; ++i) each[i - whole] = numerics::add(each[i - whole], y[i]);
  return numerics::sum_of_softmax_lanes(each);
}

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
