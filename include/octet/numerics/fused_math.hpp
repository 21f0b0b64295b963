// exp, expm1, log1p, tanh and gelu of binary32 as PyTorch's vector loops compute them: polynomials
// in fused multiply-adds, the same operations one by one in scalars and in vectors. Rounding ATEN's
// functions of floats.
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
namespace vector_expm1 {
// SLEEF's functions with an error of 1 ulp carry exp as a sum of two floats.
inline constexpr float c[] = {0.1980960224e-3f, 0.1394256484e-2f, 0.8333456703e-2f,
                              0.4166637361e-1f},
                       sixth = 0.166666659414234244790680580464f, lowest = -16.635532333438687f,
                       tanh_is_one = 8.664339742f;
}  // namespace vector_expm1
namespace vector_log1p {
inline constexpr float c[] = {0.3027294874f, 0.3996108174f, 0.6666694880f},
                       ln2_high = 0.69314718246459960938f, ln2_low = -1.904654323148236017e-09f,
                       third = 1.0f / 0.75f;
}  // namespace vector_log1p
namespace vector_gelu {
// oneDNN's: x / 2 (1 + erf(x / sqrt(2))), erf by Abramowitz and Stegun 7.1.26, exp by a polynomial
// of degree 5.
inline constexpr float root_half = 0.707106769084930419922f, p = 0.3275911f,
                       log2_e = 1.44269502162933349609f, ln2 = 0.693147182464599609375f,
                       lowest = -87.3365478515625f;
inline constexpr float erf[] = {1.061405429f, -1.453152027f, 1.421413741f, -0.284496736f,
                                0.254829592f};
inline constexpr float exp[] = {0.00828929059f, 0.0418978221f, 0.166676521f,
                                0.499991506f,   0.999999701f,  1.f};
// Approximate: PyTorch's own loop.
inline constexpr float two_over_pi = 0.79788456080286536f, cubic = 0.044715f;
}  // namespace vector_gelu

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
/// high + low, SLEEF's pairs of floats: its operations, which lose a few last bits of low.
struct float_pair {
  float high, low;
};
namespace detail {
/// x + y where x is the larger.
constexpr float_pair quick_sum(const float_pair& x, const float_pair& y) noexcept {
  const float s = add(x.high, y.high);
  return {s, add(add(add(sub(x.high, s), y.high), x.low), y.low)};
}
constexpr float_pair pair_sum(const float_pair& x, const float_pair& y) noexcept {
  const float s = add(x.high, y.high), v = sub(s, x.high);
  const float t = add(sub(x.high, sub(s, v)), sub(y.high, v));
  return {s, add(t, add(x.low, y.low))};
}
constexpr float_pair pair_product(const float_pair& x, const float_pair& y) noexcept {
  const float s = mul(x.high, y.high);
  return {s, fma(x.high, y.low, fma(x.low, y.high, fma(x.high, y.high, -s)))};
}
constexpr float_pair pair_square(const float_pair& x) noexcept {
  const float s = mul(x.high, x.high);
  return {s, fma(add(x.high, x.high), x.low, fma(x.high, x.high, -s))};
}
constexpr float_pair pair_quotient(const float_pair& n, const float_pair& d) noexcept {
  const float t = div(1.f, d.high), s = mul(n.high, t);
  const float v = fma(-d.low, t, fma(-d.high, t, 1.f));
  return {s, fma(s, v, fma(n.low, t, fma(t, n.high, -s)))};
}
/// exp(x), |x| < 17.
constexpr float_pair exp_pair(float x) noexcept {
  namespace k = vector_exp;
  namespace m = vector_expm1;
  const float whole = rint(mul(x, k::log2_e));
  float_pair s = pair_sum({x, 0}, {mul(whole, k::ln2_high), 0});
  s = pair_sum(s, {mul(whole, k::ln2_low), 0});
  const float u = fused_polynomial(m::c, s.high);
  float_pair t = pair_sum(pair_product(s, {u, 0}), {m::sixth, 0});
  t = pair_sum(pair_product(s, t), {0.5f, 0});
  t = quick_sum({1, 0}, pair_sum(s, pair_product(pair_square(s), t)));
  const float power = float_pow2(static_cast<std::int32_t>(whole));
  return {mul(t.high, power), mul(t.low, power)};
}
}  // namespace detail
constexpr float tanh_vectorized(float x) noexcept {
  if (is_nan(x)) return x;
  const float a = with_sign(x, 1.f);
  if (a > vector_expm1::tanh_is_one) return with_sign(1.f, x);
  const float_pair d = detail::exp_pair(a);
  const float r = div(1.f, d.high);
  const float low = mul(r, fma(-d.low, r, fma(-d.high, r, 1.f)));  // 1 / d = r + low
  const float_pair t =
      detail::pair_quotient(detail::quick_sum(d, {-r, -low}), detail::quick_sum(d, {r, low}));
  return with_sign(add(t.high, t.low), x);
}
/// exp(x) - 1, x not above 0.
constexpr float expm1_vectorized(float x) noexcept {
  if (is_nan(x)) return x;
  if (x < vector_expm1::lowest) return -1.f;
  const float_pair d = detail::pair_sum(detail::exp_pair(x), {-1, 0});
  return add(d.high, d.low);
}
/// log(1 + x), 0 <= x < 2^30.
constexpr float log1p_vectorized(float x) noexcept {
  namespace k = vector_log1p;
  const auto bits = std::bit_cast<std::uint32_t>(mul(add(x, 1.f), k::third));
  const auto e = static_cast<std::int32_t>(bits >> 23) - 127;
  const float t = detail::float_pow2(-e), m = fma(x, t, sub(t, 1.f)), whole = static_cast<float>(e);
  const float two = add(2.f, m);
  const float_pair q = detail::pair_quotient({m, 0}, {two, add(sub(2.f, two), m)});
  const float z = mul(q.high, q.high), u = detail::fused_polynomial(k::c, z);
  float_pair s = detail::pair_product({k::ln2_high, k::ln2_low}, {whole, 0});
  s = detail::quick_sum(s, {add(q.high, q.high), add(q.low, q.low)});
  s = detail::quick_sum(s, {mul(mul(z, q.high), u), 0});
  return add(s.high, s.low);
}
/// log(1 + exp(x)); x itself above 20.
constexpr float softplus_vectorized(float x) noexcept {
  return is_nan(x) || x > 20 ? x : log1p_vectorized(exp_vectorized(x));
}
/// gelu of what is not contiguous, by PyTorch's own loop in place of oneDNN's: the same erf, with
/// the exponential of the other functions.
constexpr float gelu_by_loop(float x) noexcept {
  namespace k = vector_gelu;
  if (is_nan(x)) return x;
  const float v = mul(x, k::root_half), t = div(1.f, fma(k::p, with_sign(v, 1.f), 1.f));
  const float minus = mul(-exp_vectorized(-mul(v, v)), t);
  const float f = fma(minus, detail::fused_polynomial(k::erf, t), 1.f);
  return mul(mul(x, 0.5f), add(1.f, with_sign(1.f, x) < 0 ? -f : f));
}
constexpr float gelu_vectorized(float x, bool approximate) noexcept {
  namespace k = vector_gelu;
  if (is_nan(x)) return x;
  const float half = mul(x, 0.5f);
  if (approximate) {
    const float cube = mul(mul(x, x), x), inner = mul(k::two_over_pi, fma(k::cubic, cube, x));
    return mul(half, add(1.f, tanh_vectorized(inner)));
  }
  const float v = mul(x, k::root_half), t = div(1.f, fma(k::p, with_sign(v, 1.f), 1.f));
  const float square = -mul(v, v), s = square < k::lowest ? k::lowest : square;
  const float scaled = add(mul(s, k::log2_e), 0.5f), whole = numerics::floor(scaled);
  const float e = detail::fused_polynomial(k::exp, fma(-whole, k::ln2, s));
  const float power =
      square < k::lowest ? 0.f : detail::float_pow2(static_cast<std::int32_t>(whole) - 1);
  const float r = detail::fused_polynomial(k::erf, t), minus = -mul(mul(e, power), 2.f);
  const float f = fma(mul(minus, t), r, 1.f);
  return fma(with_sign(1.f, x) < 0 ? -f : f, half, half);
}

}  // namespace numerics
OCTET_NAMESPACE_END

#endif  // OCTET_NUMERICS_FUSED_MATH_HPP_
