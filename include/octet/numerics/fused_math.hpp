// exp, tanh and erf of binary32 as vector loops compute them: a polynomial in fused multiply-adds,
// the same operations one by one in scalars and in vectors. Rounding ATEN's functions of floats.
#ifndef OCTET_NUMERICS_FUSED_MATH_HPP_
#define OCTET_NUMERICS_FUSED_MATH_HPP_

#include "octet/numerics/fma.hpp"

OCTET_NAMESPACE_BEGIN
namespace numerics {

/// Numbers of the formulas below; kernels have the same operations on vectors.
namespace vector_exp {
// SLEEF's expf with an error of 1 ulp, which PyTorch's vector loops call: x = q ln 2 + s, a
// polynomial of degree 7 in s, two steps of scaling by powers of two.
inline constexpr float log2_e = 1.442695040888963407f, ln2_high = -0.693145751953125f,
                       ln2_low = -1.428606765330187045e-06f, lowest = -104.f, highest = 100.f;
inline constexpr float c[] = {0.000198527617612853646278381f, 0.00139304355252534151077271f,
                              0.00833336077630519866943359f,  0.0416664853692054748535156f,
                              0.166666671633720397949219f,    0.5f};
}  // namespace vector_exp
namespace vector_tanh {
// Below `small` x + x^3 P(x^2), a least-squares fit; above, 1 - 2 / (exp(2 |x|) + 1).
inline constexpr float small = 0.625f;
inline constexpr float c[] = {-0.005501060746610165f, 0.020454417914152145f, -0.05368245393037796f,
                              0.13330747187137604f, -0.3333325684070587f};
}  // namespace vector_tanh
namespace vector_erf {
// Abramowitz and Stegun 7.1.26: 1 - (c0 t + ... + c4 t^5) exp(-x^2), t = 1 / (1 + p |x|); error
// below 4e-7.
inline constexpr float p = 0.3275911f;
inline constexpr float c[] = {1.061405429f, -1.453152027f, 1.421413741f, -0.284496736f,
                              0.254829592f};
}  // namespace vector_erf

namespace detail {
/// c0 x^n + ... + cn in fused multiply-adds.
template <std::size_t N> constexpr float fused_polynomial(const float (&c)[N], float x) noexcept {
  float u = c[0];
  for (std::size_t i = 1; i < N; ++i) u = fma(u, x, c[i]);
  return u;
}
/// 2^e, -150 < e < 128; below -126 its halves are multiplied one after another by the caller.
constexpr float float_pow2(std::int32_t e) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(e + 127) << 23);
}
}  // namespace detail

/// exp(x); 0 below -104, infinity above 100. NaN gives NaN.
constexpr float exp_vectorized(float x) noexcept {
  namespace k = vector_exp;
  if (is_nan(x)) return x;
  if (x < k::lowest) return 0.f;
  if (x > k::highest) return infinity_of<float>();
  const float whole = rint(mul(x, k::log2_e));
  const float s = fma(whole, k::ln2_low, fma(whole, k::ln2_high, x));
  const float u = detail::fused_polynomial(k::c, s), e = add(1.f, fma(mul(s, s), u, s));
  const auto q = static_cast<std::int32_t>(whole);
  return mul(mul(e, detail::float_pow2(q >> 1)), detail::float_pow2(q - (q >> 1)));
}
constexpr float tanh_vectorized(float x) noexcept {
  namespace k = vector_tanh;
  if (is_nan(x)) return x;
  const float a = with_sign(x, 1.f);
  if (a < k::small) {
    const float z = mul(x, x);
    return fma(mul(z, x), detail::fused_polynomial(k::c, z), x);
  }
  const float e = exp_vectorized(add(a, a));
  return with_sign(sub(1.f, div(2.f, add(e, 1.f))), x);
}
constexpr float erf_vectorized(float x) noexcept {
  namespace k = vector_erf;
  const float a = with_sign(x, 1.f), t = div(1.f, fma(k::p, a, 1.f));
  const float r = detail::fused_polynomial(k::c, t), e = exp_vectorized(-mul(x, x));
  return with_sign(fma(mul(-e, t), r, 1.f), x);
}

}  // namespace numerics
OCTET_NAMESPACE_END

#endif  // OCTET_NUMERICS_FUSED_MATH_HPP_
