// Elementary functions and the exp of softmax of binary32 as XNNPACK's loops compute them on x86-64
// with AVX-512, where subnormal numbers are zero: rounding XNN of floats.
// None is correctly rounded; the order of operations is part of the result.
// kernels/xnnpack_math-inl has the same operations on vectors.
#ifndef OCTET_NUMERICS_XNNPACK_MATH_HPP_
#define OCTET_NUMERICS_XNNPACK_MATH_HPP_

#include <bit>
#include <cstddef>
#include <cstdint>

#include "octet/numerics/fma.hpp"
#include "octet/numerics/fused_math.hpp"
#include "octet/numerics/math.hpp"

OCTET_NAMESPACE_BEGIN
namespace numerics {

/// Numbers of the formulas below, from XNNPACK (THIRD_PARTY_NOTICES.md). Rational functions: `odd`
/// of x^2, times x, over `even` of x^2, |x| cut to where they reach 1.
namespace xnn {
/// 1.5 * 2^23 + 127: added to a number from -127 to 0 it leaves the exponent's bits of two to its
/// power, rounded to an integer, ties to even; taken off again that integer.
inline constexpr float split_magic = 0x1.8000fep23f;
inline constexpr float log2_e = 1.44269504f;
/// exp(x) - 1 over x for small x <= 0: of softmax.
inline constexpr float exp_c[] = {0x1.0f9f9cp-7f, 0x1.573a1ap-5f, 0x1.555a80p-3f, 0x1.fffdc6p-2f,
                                  0x1.fffff6p-1f};
inline constexpr float cutoff = -0x1.5d589ep6f, minus_ln2_high = -0x1.62e400p-1f,
                       minus_ln2_low = -0x1.7f7d1cp-20f;
/// The logistic function's: powers of two by 32nds, 1.5 * 2^18, whose sum with a number rounds it
/// to a 32nd, ln 2 in two parts, exp of less than a 64th.
inline constexpr float powers[] = {
    0x1.000000p+0f, 0x1.059b0ep+0f, 0x1.0b5586p+0f, 0x1.11301ep+0f, 0x1.172b84p+0f, 0x1.1d4874p+0f,
    0x1.2387a6p+0f, 0x1.29e9e0p+0f, 0x1.306fe0p+0f, 0x1.371a74p+0f, 0x1.3dea64p+0f, 0x1.44e086p+0f,
    0x1.4bfdaep+0f, 0x1.5342b6p+0f, 0x1.5ab07ep+0f, 0x1.6247ecp+0f, 0x1.6a09e6p+0f, 0x1.71f75ep+0f,
    0x1.7a1148p+0f, 0x1.82589ap+0f, 0x1.8ace54p+0f, 0x1.93737cp+0f, 0x1.9c4918p+0f, 0x1.a5503cp+0f,
    0x1.ae89fap+0f, 0x1.b7f770p+0f, 0x1.c199bep+0f, 0x1.cb720ep+0f, 0x1.d5818ep+0f, 0x1.dfc974p+0f,
    0x1.ea4afap+0f, 0x1.f50766p+0f};
inline constexpr float thirtyseconds_magic = 0x1.8p18f, of_powers_high = -0x1.62e430p-1f,
                       of_powers_low = 0x1.05c61p-29f, of_powers_c2 = 0.5f,
                       of_powers_c1 = 0x1.0000f6p0f, least_power = -126.f;
/// elu's: (exp(x) - 1 - x) over x^2 for small x, -1 from `saturation` on.
inline constexpr float elu_c[] = {0x1.6b7338p-10f, 0x1.12278ep-7f, 0x1.555716p-5f, 0x1.5554b0p-3f,
                                  0x1.fffffep-2f};
inline constexpr float saturation = -0x1.154246p+4f, minus_ln2 = -0x1.62e430p-1f;
inline constexpr float sixth = 0x1.555556p-3f;
template <std::size_t N> struct rational {
  float bound;
  float odd[N], even[N];
};
inline constexpr rational<5> tanh{
    7.9807181358f,
    {1.4248920266e-08f, 2.1235626264e-05f, 3.5330520477e-03f, 1.3412411511e-01f, 1.f},
    {8.1365948290e-07f, 3.3472978976e-04f, 2.6018999517e-02f, 4.6745735407e-01f, 1.f}};
/// erf(x / sqrt(2)).
inline constexpr rational<6> gelu{5.1638283730f,
                                  {4.5835321316e-08f, 1.2609783880e-05f, 3.2973114867e-04f,
                                   9.3065137044e-03f, 6.6972173750e-02f, 7.9788452387e-01f},
                                  {1.1988805682e-06f, 7.2267655923e-05f, 1.8622842617e-03f,
                                   2.8431978077e-02f, 2.5060352683e-01f, 1.f}};
/// tanh(sqrt(2 / pi) (x + 0.044715 x^3)).
inline constexpr rational<6> approximate_gelu{
    4.84974098f,
    {4.9544411240e-08f, 1.4302649106e-05f, 2.6887017884e-04f, 7.2898347862e-03f, 6.0803253204e-02f,
     7.9788458347e-01f},
    {1.3433452750e-06f, 7.6477612311e-05f, 1.3060354395e-03f, 2.4381054565e-02f, 2.4369759858e-01f,
     1.f}};
/// exp: 1 + r (ln 2 + ...) / (1 + ...), r what the nearest integer leaves of x log2 e.
inline constexpr float exp_p[] = {0x1.6ae8e6p-8f, 0x1.89daf6p-5f, 0x1.62e430p-1f},
                       exp_q[] = {0x1.89034ep-6f, -0x1.1bdd2ap-2f, 1.f};
inline constexpr float highest_power = 128.f, lowest_power = -127.f;
/// log: x + ... over 1 + ..., x from sqrt(1/2) - 1 to sqrt(2) - 1; the roots' product is 1.
inline constexpr float log_p[] = {1.824996918440e-01f, 1.f, 1.f},
                       log_q[] = {0.049584995955f, 0.599170029163f, 1.5f, 1.f};
inline constexpr float root_of_2 = 1.4142134190e+00f, root_of_half = 7.0710688829e-01f,
                       ln2 = 0x1.62e430p-1f;
/// sin: an odd function over an even one within a quarter of the circle.
inline constexpr float sin_p[] = {3.2340581529e-03f, -1.3314664364e-01f, 1.f},
                       sin_q[] = {4.8770775902e-04f, 3.3519912511e-02f, 1.f};
inline constexpr float half_turn = 3.1415927f, turns = 0.15915494f, turn_high = 6.28125f,
                       turn_low = 1.9353072e-3f, quarter_high = 1.5707963705e+00f,
                       quarter_low = -4.3711388e-08f;
/// 1 / sqrt(x) to 14 bits as the instruction VRSQRT14PS gives it: of each 32nd of [1, 2), then of
/// [2, 4), the result's fraction at its start in units of 2^-18, and what each 1024th of that takes
/// off, of 2^-25.
inline constexpr std::int32_t root_first[] = {
    262121, 254113, 246469, 239154, 232142, 225415, 218957, 212753, 206778, 201025, 195479,
    190132, 184962, 179962, 175135, 170459, 165927, 161539, 157279, 153144, 149133, 145235,
    141448, 137763, 134175, 130683, 127286, 123966, 120735, 117590, 114511, 111514, 108565,
    102905, 97500,  92324,  87372,  82615,  78049,  73657,  69437,  65371,  61445,  57661,
    54005,  50474,  47057,  43755,  40551,  37443,  34431,  31513,  28675,  25918,  23236,
    20632,  18098,  15629,  13223,  10878,  8597,   6365,   4192,   2070};
inline constexpr std::int32_t root_step[] = {
    1001, 955, 915, 877, 841, 807, 775, 747, 719, 693, 669, 647, 625, 603, 585, 567,
    549,  533, 517, 501, 487, 473, 461, 449, 437, 425, 415, 403, 393, 385, 375, 367,
    707,  675, 647, 619, 595, 571, 549, 527, 509, 491, 473, 457, 441, 427, 413, 401,
    389,  377, 365, 355, 345, 335, 325, 317, 309, 301, 293, 285, 279, 271, 265, 259};
}  // namespace xnn

namespace detail {
/// Zero in place of a subnormal number.
constexpr float flushed(float v) noexcept {
  return with_sign(v, 1.f) < 0x1p-126f ? with_sign(0.f, v) : v;
}
/// Two to the power of which `magic` is the sum with split_magic.
constexpr float power_of_magic(float magic) noexcept {
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(magic) << 23);
}
template <std::size_t N> constexpr float xnn_rational(const xnn::rational<N>& f, float x) noexcept {
  const float below = f.bound < x ? f.bound : x, v = -f.bound > below ? -f.bound : below,
              z = mul(v, v);
  return div(mul(v, fused_polynomial(f.odd, z)), fused_polynomial(f.even, z));
}
/// exp(x), x <= 0, by a table.
constexpr float xnn_exp_by_powers(float x) noexcept {
  const float magic = fma(x, xnn::log2_e, xnn::thirtyseconds_magic),
              power = xnn::powers[std::bit_cast<std::uint32_t>(magic) % 32],
              n = sub(magic, xnn::thirtyseconds_magic);
  if (!(n >= xnn::least_power)) return 0.f;  // two to its power is subnormal
  const float t = fma(n, xnn::of_powers_low, fma(n, xnn::of_powers_high, x));
  const float p = fma(mul(t, power), fma(t, xnn::of_powers_c2, xnn::of_powers_c1), power);
  return flushed(mul(p, float_pow2(static_cast<std::int32_t>(floor(n)))));
}
}  // namespace detail

/// exp(x) for x <= 0, a value less the largest one.
constexpr float exp_of_softmax_xnn(float x) noexcept {
  if (is_nan(x)) return x;
  if (x < xnn::cutoff) return 0.f;
  const float magic = fma(x, xnn::log2_e, xnn::split_magic), power = detail::power_of_magic(magic),
              n = sub(magic, xnn::split_magic),
              t = fma(n, xnn::minus_ln2_low, fma(n, xnn::minus_ln2_high, x));
  return detail::flushed(
      fma(detail::flushed(mul(t, power)), detail::fused_polynomial(xnn::exp_c, t), power));
}
constexpr float tanh_xnn(float x) noexcept {
  return detail::xnn_rational(xnn::tanh, detail::flushed(x));
}
constexpr float gelu_xnn(float x, bool approximate) noexcept {
  x = detail::flushed(x);
  const float e = approximate ? detail::xnn_rational(xnn::approximate_gelu, x)
                              : detail::xnn_rational(xnn::gelu, x);
  return detail::flushed(mul(detail::flushed(mul(x, 0.5f)), add(e, 1.f)));
}
/// Below -10^26 XNNPACK's own gives NaN.
constexpr float logistic_xnn(float x) noexcept {
  if (is_nan(x)) return x;
  const float e = detail::xnn_exp_by_powers(with_sign(x, -1.f)), y = div(e, add(e, 1.f));
  return is_negative(x) ? y : sub(1.f, y);
}

/// Of NaN 0.
constexpr float exp_xnn(float x) noexcept {
  if (is_nan(x)) return 0.f;
  const float scaled = mul(detail::flushed(x), xnn::log2_e),
              above = scaled > xnn::lowest_power ? scaled : xnn::lowest_power,
              z = above < xnn::highest_power ? above : xnn::highest_power, whole = rint(z),
              r = detail::flushed(sub(z, whole));
  const float part = div(detail::flushed(mul(r, detail::fused_polynomial(xnn::exp_p, r))),
                         detail::fused_polynomial(xnn::exp_q, r));
  // 2^-127 is zero there, 2^128 infinite.
  const auto power = static_cast<std::uint32_t>(static_cast<std::int32_t>(whole) + 127) << 23;
  return detail::flushed(mul(add(part, 1.f), std::bit_cast<float>(power)));
}
constexpr float log_xnn(float given) noexcept {
  const float x = mul(detail::flushed(given), xnn::root_of_2);
  if (is_nan(x) || x < 0) return nan_of<float>();
  const auto bits = std::bit_cast<std::uint32_t>(x);
  float power = static_cast<float>(static_cast<std::int32_t>(bits >> 23) - 127);
  if (x == 0) power = infinity_of<float>(true);
  if (is_infinite(x)) power = infinity_of<float>();
  const float m = std::bit_cast<float>((bits & 0x7FFFFFu) | 0x3F800000u),
              v = sub(mul(m, xnn::root_of_half), 1.f);
  const float part =
      div(mul(v, detail::fused_polynomial(xnn::log_p, v)), detail::fused_polynomial(xnn::log_q, v));
  return fma(power, xnn::ln2, part);
}
/// sin(x), or cos(x).
constexpr float sin_xnn(float given, bool cosine) noexcept {
  if (is_nan(given)) return given;
  if (is_infinite(given)) return nan_of<float>();
  const float x = detail::flushed(given), n = rint(mul(x, xnn::turns));
  float v = fma(-n, xnn::turn_low, fma(-n, xnn::turn_high, x));
  if (cosine) v = add(sub(xnn::quarter_high, v), xnn::quarter_low);
  const float up = sub(xnn::half_turn, v), folded = v < up ? v : up,
              down = sub(-xnn::half_turn, folded), inner = folded > down ? folded : down,
              last = sub(xnn::half_turn, inner);
  v = detail::flushed(inner < last ? inner : last);
  const float z = detail::flushed(mul(v, v));
  return detail::flushed(div(mul(v, detail::fused_polynomial(xnn::sin_p, z)),
                             detail::fused_polynomial(xnn::sin_q, z)));
}
namespace detail {
/// Of a positive normal number.
constexpr float rsqrt14(float x) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(x), m = bits & 0x7FFFFFu;
  const std::uint32_t odd = ~(bits >> 23) & 1u;  // whether the exponent, less its bias, is
  const std::uint32_t e = (379u + odd - (bits >> 23)) >> 1;  // of the result, from 1/2 on
  if (m == 0 && odd == 0) return std::bit_cast<float>((e + 1) << 23);
  const std::size_t i = odd * 32 + (m >> 18);
  const auto at = static_cast<std::int32_t>(m >> 8 & 1023u);
  const auto fraction =
      static_cast<std::uint32_t>((xnn::root_first[i] * 128 - xnn::root_step[i] * at) >> 9);
  return std::bit_cast<float>(e << 23 | fraction << 7);
}
/// 1 / sqrt(x) after one step of Newton's, nothing fused.
constexpr float root_step(float x) noexcept {
  const float y = rsqrt14(x), excess = sub(mul(x, flushed(mul(y, y))), 1.f);
  return sub(y, mul(excess, mul(0.5f, y)));
}
}  // namespace detail
/// Of 0 XNNPACK's own is NaN.
constexpr float rsqrt_xnn(float given) noexcept {
  const float x = detail::flushed(given);
  if (!(x > 0)) return nan_of<float>();
  return is_infinite(x) ? 0.f : detail::root_step(x);
}
constexpr float sqrt_xnn(float given) noexcept {
  const float x = detail::flushed(given);
  if (x == 0 || is_nan(x) || (is_infinite(x) && x > 0)) return x;
  if (x < 0) return nan_of<float>();
  return mul(x, detail::root_step(x));
}

/// One of softmax's results: its exp times the reciprocal of the sum.
constexpr float softmax_share_xnn(float e, float factor) noexcept {
  return detail::flushed(mul(e, factor));
}
constexpr float elu_xnn(float given, float alpha) noexcept {
  const float x = detail::flushed(given);
  if (!(x < 0)) return x;
  const float z = xnn::saturation > x ? xnn::saturation : x,
              magic = fma(z, xnn::log2_e, xnn::split_magic), power = detail::power_of_magic(magic),
              t = fma(sub(magic, xnn::split_magic), xnn::minus_ln2, z), part = mul(t, power),
              p = mul(detail::fused_polynomial(xnn::elu_c, t), t);
  return detail::flushed(fma(fma(p, part, part), alpha, fma(power, alpha, -alpha)));
}
constexpr float hard_swish_xnn(float given) noexcept {
  const float x = detail::flushed(given), v = fma(x, xnn::sixth, 0.5f), above = v > 0 ? v : 0.f;
  return detail::flushed(mul(above < 1 ? above : 1.f, x));
}

namespace detail {
/// 16 lanes, to which `left` elements are added; then their halves are.
template <class F>
constexpr float xnn_sum_of_lanes(float (&lanes)[16], std::size_t left, F&& element) noexcept {
  for (std::size_t k = 0; k < left; ++k) lanes[k] = add(lanes[k], element(k));
  for (std::size_t half = 8; half > 0; half /= 2)
    for (std::size_t k = 0; k < half; ++k) lanes[k] = add(lanes[k], lanes[k + half]);
  return lanes[0];
}
}  // namespace detail
/// The sum of n elements as softmax has it: those of whole 64s in 32 lanes, whose halves are added,
/// those of whole 16s to the 16, and the rest. element(i).
template <class F> constexpr float softmax_sum_xnn(std::size_t n, F&& element) noexcept {
  float each[32] = {}, lanes[16] = {};
  const std::size_t in_32 = n / 64 * 64, whole = n / 16 * 16;
  for (std::size_t i = 0; i < in_32; ++i) each[i % 32] = add(each[i % 32], element(i));
  for (std::size_t k = 0; k < 16; ++k) lanes[k] = add(each[k], each[k + 16]);
  for (std::size_t i = in_32; i < whole; ++i) lanes[i % 16] = add(lanes[i % 16], element(i));
  return detail::xnn_sum_of_lanes(lanes, n - whole,
                                  [&](std::size_t k) { return element(whole + k); });
}
/// The sum of n elements: those of whole 16s in 32 lanes, whose halves are added, and the rest.
/// element(i).
template <class F> constexpr float row_sum_xnn(std::size_t n, F&& element) noexcept {
  float each[32] = {}, lanes[16] = {};
  const std::size_t whole = n / 16 * 16;
  for (std::size_t i = 0; i < whole; ++i) each[i % 32] = add(each[i % 32], element(i));
  for (std::size_t k = 0; k < 16; ++k) lanes[k] = add(each[k], each[k + 16]);
  return detail::xnn_sum_of_lanes(lanes, n - whole,
                                  [&](std::size_t k) { return element(whole + k); });
}
/// A sum times `by`, of a mean 1 / n; -0 is 0.
constexpr float scaled_sum_xnn(float sum, float by) noexcept { return add(0.f, mul(sum, by)); }

}  // namespace numerics
OCTET_NAMESPACE_END

#endif  // OCTET_NUMERICS_XNNPACK_MATH_HPP_
