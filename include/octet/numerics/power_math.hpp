// x^y of binary32 as Eigen's vector loops compute it, without fused multiply-adds: what ONNX
// Runtime's local response normalization uses on x86-64. It is not correctly rounded; the order of
// operations is part of the result.
#ifndef OCTET_NUMERICS_POWER_MATH_HPP_
#define OCTET_NUMERICS_POWER_MATH_HPP_

#include "octet/numerics/fma.hpp"
#include "octet/numerics/vector_math.hpp"

OCTET_NAMESPACE_BEGIN
namespace numerics {

namespace detail {
/// The unevaluated sum hi + lo of binary32 numbers.
struct float_pair {
  float hi = 0, lo = 0;
};
/// |a| >= |b|.
constexpr float_pair pair_sum(float a, float b) noexcept {
  const float s = add(a, b);
  return {s, sub(b, sub(s, a))};
}
constexpr float_pair pair_sum(float_pair a, float_pair b) noexcept {
  const float_pair s = pair_sum(a.hi, b.hi);
  return pair_sum(s.hi, add(add(b.lo, s.lo), a.lo));
}
constexpr float_pair pair_product(float a, float b) noexcept {
  const float p = mul(a, b);
  return {p, fma(a, b, -p)};
}
constexpr float_pair pair_product(float_pair a, float b) noexcept {
  const float_pair p = pair_product(a.hi, b), s = pair_sum(p.hi, mul(a.lo, b));
  return pair_sum(s.hi, add(s.lo, p.lo));
}
}  // namespace detail
/// Numbers of the logarithm below; kernels have the same operations on vectors.
namespace eigen_log2 {
inline constexpr float c[] = {0x1.8d5b3ap-4f,  -0x1.5a0a4p-3f, 0x1.6045ecp-3f,
                              -0x1.6e6f0ap-3f, 0x1.a3f31p-3f,  -0x1.ec79d8p-3f,
                              0x1.278058p-2f,  -0x1.71549p-2f, 0x1.ec708p-2f};
inline constexpr detail::float_pair first{0x1.715476p+0f, 0x1.5988eep-26f},
    second{-0x1.715476p-1f, -0x1.5c458cp-28f};
}  // namespace eigen_log2
namespace detail {
/// log2(z), z between the roots of 1/2 and 2: a polynomial of degree 10 in z - 1, its last three
/// steps in pairs.
constexpr float_pair log2_pair(float z) noexcept {
  const float x = sub(z, 1.f);
  const float_pair q = pair_sum(
      eigen_log2::first,
      pair_product(pair_sum(eigen_log2::second, pair_product(x, polynomial(x, eigen_log2::c))), x));
  return pair_product(q, x);
}
}  // namespace detail

/// x^y of finite x > 0: y log2(x) in pairs, its whole part taken off, 2^rest as exp(rest ln 2).
constexpr float pow_vector(float x, float y) noexcept {
  namespace k = eigen;
  auto bits = std::bit_cast<std::uint32_t>(x);
  std::int32_t e = -126;
  if (bits < 0x00800000u) bits = std::bit_cast<std::uint32_t>(mul(x, 0x1p24f)), e -= 24;
  e += static_cast<std::int32_t>(bits >> 23);
  auto m = std::bit_cast<float>((bits & 0x007fffffu) | 0x3f000000u);
  if (m < k::root_half) m = mul(m, 2.f), --e;
  const detail::float_pair f = detail::pair_sum(detail::pair_product(static_cast<float>(e), y),
                                                detail::pair_product(detail::log2_pair(m), y));
  if (is_nan(f.hi)) return f.hi;
  if (f.hi > 256.f || f.hi < -256.f) return f.hi > 0 ? infinity_of<float>() : 0.f;
  const float whole = rint(f.hi), rest = add(sub(f.hi, whole), f.lo), more = rint(rest),
              n = add(whole, more), r = exp_vector(mul(sub(rest, more), k::ln2));
  return detail::to_f32({detail::scale(static_cast<double>(r), static_cast<int>(n)), 0});
}
/// The same of a number y for all of an array: 1, 2 and 3 are products, of 1 / x below 0.
constexpr float pow_vector_uniform(float x, float y) noexcept {
  const float size = with_sign(y, 1.f);
  if (size != 1.f && size != 2.f && size != 3.f) return pow_vector(x, y);
  const float one = y < 0 ? div(1.f, x) : x, two = mul(one, one);
  return size == 1.f ? one : size == 2.f ? two : mul(one, two);
}

}  // namespace numerics
OCTET_NAMESPACE_END

#endif  // OCTET_NUMERICS_POWER_MATH_HPP_
