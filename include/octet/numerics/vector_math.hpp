// tanh, the logistic function, exp, log, sine and cosine as Eigen's vector loops compute them in
// binary32 without fused multiply-adds: what TensorFlow Lite's recurrent float layers and ONNX
// Runtime use on x86-64. tanh, exp, log, sine and cosine as the C library has them. None is
// correctly rounded; the order of operations is part of the result.
#ifndef OCTET_NUMERICS_VECTOR_MATH_HPP_
#define OCTET_NUMERICS_VECTOR_MATH_HPP_

#include <array>
#include <bit>
#include <cstdint>

#include "octet/numerics/math.hpp"

OCTET_NAMESPACE_BEGIN
namespace numerics {

namespace detail {
/// c[0] * z^n + ... + c[n], one rounding per step.
template <std::size_t N> constexpr float polynomial(float z, const float (&c)[N]) noexcept {
  float s = c[0];
  for (std::size_t i = 1; i < N; ++i) s = add(mul(s, z), c[i]);
  return s;
}
/// v * 2^k for normal v and result.
constexpr float scale_normal(float v, std::int32_t k) noexcept {
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(v) +
                              (static_cast<std::uint32_t>(k) << 23));
}
}  // namespace detail

/// Numbers of the functions below, Eigen's (THIRD_PARTY_NOTICES.md); kernels have the same
/// operations on vectors.
namespace eigen {
inline constexpr float tanh_bound = 7.90738964080810547f;
inline constexpr float tanh_odd[] = {1.394553628e-8f, 2.102733560e-5f, 3.520756727e-3f,
                                     1.340216100e-1f},
                       tanh_even[] = {8.015776984e-7f, 3.326951409e-4f, 2.597254514e-2f,
                                      4.673548340e-1f, 1.f};
inline constexpr float logistic_lowest = -104.f, logistic_highest = 16.6355324f,
                       log2_e = 1.44269504088896341f, ln2_high = -0.693359375f,
                       ln2_low = 2.12194440e-4f;
inline constexpr float logistic_even[] = {4.1898667812347412109375e-2f, 0.49999141693115234375f},
                       logistic_odd[] = {8.33471305668354034423828125e-3f,
                                         0.16666877269744873046875f};
}  // namespace eigen
/// An odd polynomial over an even one; beyond the bound it is 1.
constexpr float tanh_vector(float v) noexcept {
  if (is_nan(v)) return v;
  const float x = v < -eigen::tanh_bound  ? -eigen::tanh_bound
                  : v > eigen::tanh_bound ? eigen::tanh_bound
                                          : v,
              x2 = mul(x, x);
  return div(add(mul(mul(x2, x), detail::polynomial(x2, eigen::tanh_odd)), x),
             detail::polynomial(x2, eigen::tanh_even));
}
/// e / (1 + e) with e = exp(x / 2)^2 by a polynomial of degree 5.
constexpr float logistic_vector(float v) noexcept {
  if (is_nan(v)) return v;
  if (v < eigen::logistic_lowest) return 0.f;
  const float x = mul(v > eigen::logistic_highest ? eigen::logistic_highest : v, 0.5f),
              m = floor(add(mul(x, eigen::log2_e), 0.5f)),
              r = add(mul(m, eigen::ln2_low), add(mul(m, eigen::ln2_high), x)), r2 = mul(r, r);
  const float even = detail::polynomial(r2, eigen::logistic_even),
              odd = detail::polynomial(r2, eigen::logistic_odd),
              p = add(mul(r2, add(mul(r, odd), even)), add(r, 1.f)),
              root = detail::scale_normal(p, static_cast<std::int32_t>(m)), e = mul(root, root);
  return div(e, add(1.f, e));
}
/// Those of exp and log.
namespace eigen {
inline constexpr float exp_lowest = -104.f;
inline constexpr float exp_even[] = {1.37449638e-3f, 4.16696519e-2f, 0.499999881f},
                       exp_odd[] = {8.36894474e-3f, 0.166665182f};
inline constexpr float ln2 = 0.693147180559945f, root_half = 0.707106781186547524f;
/// log(1 + q): an odd polynomial over an even one.
inline constexpr float log_over[] = {0.182562963f, 1.f, 1.f, 0.f},
                       log_under[] = {0.0496162480f, 0.599232496f, 1.5f, 1.f};
}  // namespace eigen
/// exp(x) of x up to 0; 0 below -104, denormal results rounded once. NaN gives NaN.
constexpr float exp_vector(float x) noexcept {
  namespace k = eigen;
  if (is_nan(x)) return x;
  if (x < k::exp_lowest) return 0.f;
  const float m = floor(add(mul(x, k::log2_e), 0.5f)),
              r = add(mul(m, k::ln2_low), add(mul(m, k::ln2_high), x)), r2 = mul(r, r),
              even = detail::polynomial(r2, k::exp_even), odd = detail::polynomial(r2, k::exp_odd),
              y = add(mul(r2, add(mul(r, odd), even)), add(r, 1.f));
  const auto q = static_cast<std::int32_t>(m);
  return mul(mul(y, detail::scale_normal(1.f, q >> 1)), detail::scale_normal(1.f, q - (q >> 1)));
}
/// log(x): x = 2^e m, m from the root of 1/2 on, and a rational function of m - 1. NaN below 0.
constexpr float log_vector(float x) noexcept {
  namespace k = eigen;
  if (is_nan(x)) return x;
  if (x == 0) return infinity_of<float>(true);
  if (is_negative(x)) return nan_of<float>();
  if (is_infinite(x)) return x;
  auto bits = std::bit_cast<std::uint32_t>(x);
  std::int32_t e = -126;
  if (bits < 0x00800000u) bits = std::bit_cast<std::uint32_t>(mul(x, 0x1p24f)), e -= 24;
  e += static_cast<std::int32_t>(bits >> 23);
  const auto m = std::bit_cast<float>((bits & 0x007fffffu) | 0x3f000000u);
  const bool low = m < k::root_half;
  const float less = sub(m, 1.f), q = low ? add(less, m) : less;
  return add(mul(static_cast<float>(low ? e - 1 : e), k::ln2),
             div(detail::polynomial(q, k::log_over), detail::polynomial(q, k::log_under)));
}
/// log(1 + v), 0 <= v <= 1: the logarithm of the rounded sum, times what the rounding left out.
constexpr float log1p_vector(float v) noexcept {
  const float u = add(v, 1.f);
  return u == 1.f ? v : mul(v, div(log_vector(u), sub(u, 1.f)));
}
/// Of a loop over `count` elements that begins `offset` elements behind a multiple of 16 bytes:
/// those that are computed in vectors of four, [first, last).
struct vector_elements {
  std::size_t first, last;
};
constexpr vector_elements elements_in_vectors(std::size_t offset, std::size_t count) noexcept {
  const std::size_t lead = (4 - offset % 4) % 4, first = lead < count ? lead : count;
  return {first, first + (count - first) / 4 * 4};
}
constexpr bool in_vector(std::size_t offset, std::size_t count, std::size_t i) noexcept {
  const vector_elements v = elements_in_vectors(offset, count);
  return i >= v.first && i < v.last;
}

namespace detail {
/// An angle as quarter turns (modulo 4) and what is left, at most an eighth of a turn either way.
struct quarter_turns {
  double rest = 0;
  std::int32_t count = 0;
};
/// 32 bits of 2/pi, `at` bits behind the binary point.
constexpr std::uint32_t two_over_pi_from(int at) noexcept {
  if (at < 0) return two_over_pi[0] >> -at;
  const auto word = static_cast<std::size_t>(at) / 32;
  const std::uint64_t two = std::uint64_t{two_over_pi[word]} << 32 | two_over_pi[word + 1];
  return static_cast<std::uint32_t>(two >> (32 - at % 32));
}
/// Of |x|, finite, from 2 on: x times 96 bits of 2/pi. `guard`: how many bits stand before those
/// that decide, which is part of the last bits of the result.
constexpr quarter_turns far_turns(float x, int guard) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const int e = static_cast<int>(bits >> 23 & 0xffu) - 128 + guard, from = e / 8 * 8 - 24 - guard;
  const std::uint64_t m = std::uint64_t{(bits & 0x007fffffu) | 0x00800000u} << e % 8;
  std::uint64_t p = m * two_over_pi_from(from + 64) >> 32;
  p += m * two_over_pi_from(from + 32);
  p += m * two_over_pi_from(from) << 32;
  const std::uint64_t turns = (p + (std::uint64_t{1} << 61)) >> 62;
  p -= turns << 62;
  return {mul(static_cast<double>(static_cast<std::int64_t>(p)), 0x1.921fb54442d18p-62),
          static_cast<std::int32_t>(turns)};
}
constexpr float sine_vector(float v, bool cosine) noexcept {
  constexpr float cosine_even[] = {2.4372266125283204e-5f, -1.3886520173400641e-3f,
                                   4.1666619479656219e-2f, -0.5f, 1.f},
                  sine_odd[] = {-1.9592341140837029e-4f, 8.3326873655616852e-3f,
                                -1.6666662039822983e-1f},
                  half_pi[] = {-1.5703125f, -4.8398971557617188e-4f, 1.6286503523588181e-7f,
                               5.5644315544167711e-11f};
  if (is_nan(v)) return v;
  if (is_infinite(v)) return nan_of<float>();
  const float a = with_sign(v, 1.f);
  float r = a;
  std::uint32_t turns = 0;
  if (a < (cosine ? 18838.f : 25966.f)) {
    const float n = add(mul(a, 0.636619746685028076171875f), 12582912.f),
                whole = sub(n, 12582912.f);
    turns = std::bit_cast<std::uint32_t>(n);
    for (const float c : half_pi) r = add(mul(whole, c), r);
  } else {
    const quarter_turns t = far_turns(a, 2);
    turns = static_cast<std::uint32_t>(t.count), r = static_cast<float>(t.rest);
  }
  const std::uint32_t sign =
      (cosine ? (turns + 1) << 30 : std::bit_cast<std::uint32_t>(v) ^ turns << 30) & 0x80000000u;
  const float z = mul(r, r);
  const float y = ((turns & 1) == 0) == cosine ? polynomial(z, cosine_even)
                                               : add(mul(mul(polynomial(z, sine_odd), z), r), r);
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(y) ^ sign);
}
}  // namespace detail

constexpr float sin_vector(float v) noexcept { return detail::sine_vector(v, false); }
constexpr float cos_vector(float v) noexcept { return detail::sine_vector(v, true); }

// ---- the C library's ----

/// Numbers of fdlibm's exp(x) - 1 (THIRD_PARTY_NOTICES.md); kernels have the same operations on
/// vectors. Bounds are the bits of magnitudes.
namespace fdlibm {
inline constexpr float ln2_high = std::bit_cast<float>(0x3f317180u),
                       ln2_low = std::bit_cast<float>(0x3717f7d1u),
                       per_ln2 = std::bit_cast<float>(0x3fb8aa3bu);
inline constexpr float expm1_q[] = {
    std::bit_cast<float>(0xb457edbbu), std::bit_cast<float>(0x36867e54u),
    std::bit_cast<float>(0xb8a670cdu), std::bit_cast<float>(0x3ad00d01u),
    std::bit_cast<float>(0xbd088889u)};
inline constexpr std::int32_t tiny = 0x33000000, half_ln2 = 0x3eb17218,
                              three_halves_ln2 = 0x3f851592, ln2_27 = 0x4195b844;
}  // namespace fdlibm
/// exp(x) - 1 in binary32, fdlibm's way, up to glibc 2.40: x = k ln2 + r - c, a rational function
/// of r, 2^k put back.
constexpr float expm1_c_library(float x) noexcept {
  const auto size = static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(x) & 0x7fffffffu);
  const bool below = x < 0;
  if (size >= fdlibm::ln2_27 && below) return -1.f;
  std::int32_t k = 0;
  float c = 0;
  if (size > fdlibm::half_ln2) {
    k = size < fdlibm::three_halves_ln2
            ? (below ? -1 : 1)
            : static_cast<std::int32_t>(add(mul(fdlibm::per_ln2, x), below ? -0.5f : 0.5f));
    const auto t = static_cast<float>(k);
    const float high = sub(x, mul(t, fdlibm::ln2_high)), low = mul(t, fdlibm::ln2_low);
    x = sub(high, low);
    c = sub(sub(high, x), low);
  } else if (size < fdlibm::tiny) {
    return x;
  }
  const float half = mul(0.5f, x), z = mul(x, half),
              r = add(1.f, mul(z, detail::polynomial(z, fdlibm::expm1_q))),
              t = sub(3.f, mul(r, half));
  float e = mul(z, div(sub(r, t), sub(6.f, mul(x, t))));
  if (k == 0) return sub(x, sub(mul(x, e), z));
  e = sub(sub(mul(x, sub(e, c)), c), z);
  if (k == -1) return sub(mul(0.5f, sub(x, e)), 0.5f);
  if (k == 1) return x < -0.25f ? mul(-2.f, sub(e, add(x, 0.5f))) : add(1.f, mul(2.f, sub(x, e)));
  if (k <= -2 || k > 56) return sub(detail::scale_normal(sub(1.f, sub(e, x)), k), 1.f);
  if (k < 23)
    return detail::scale_normal(
        sub(std::bit_cast<float>(0x3f800000u - (0x1000000u >> k)), sub(e, x)), k);
  const auto small = std::bit_cast<float>(static_cast<std::uint32_t>(0x7f - k) << 23);
  return detail::scale_normal(add(sub(x, add(e, small)), 1.f), k);
}

/// fdlibm's way, up to glibc 2.40.
constexpr float tanh_c_library(float v) noexcept {
  if (is_nan(v) || v == 0) return v;
  const float a = v < 0 ? -v : v;
  float z = 1.f;
  if (a < 0x1p-55f) {
    z = mul(a, add(1.f, a));
  } else if (a < 1.f) {
    const float t = expm1_c_library(mul(-2.f, a));
    z = div(-t, add(t, 2.f));
  } else if (a < 22.f) {
    z = sub(1.f, div(2.f, add(expm1_c_library(mul(2.f, a)), 2.f)));
  }
  return v < 0 ? -z : z;
}

/// Numbers of glibc's log, sine and cosine (THIRD_PARTY_NOTICES.md); kernels have the same
/// operations on vectors. Magnitudes from `sine_tiny` on are not their own sine, from `sine_near`
/// on whole eighths of a turn are taken off, from `sine_far` on in integers.
namespace glibc {
inline constexpr double log_inverse[] = {0x1.661ec79f8f3bep+0, 0x1.571ed4aaf883dp+0,
                                         0x1.49539f0f010bp+0,  0x1.3c995b0b80385p+0,
                                         0x1.30d190c8864a5p+0, 0x1.25e227b0b8eap+0,
                                         0x1.1bb4a4a1a343fp+0, 0x1.12358f08ae5bap+0,
                                         0x1.0953f419900a7p+0, 0x1p+0,
                                         0x1.e608cfd9a47acp-1, 0x1.ca4b31f026aap-1,
                                         0x1.b2036576afce6p-1, 0x1.9c2d163a1aa2dp-1,
                                         0x1.886e6037841edp-1, 0x1.767dcf5534862p-1};
inline constexpr double log_entry[] = {-0x1.57bf7808caadep-2, -0x1.2bef0a7c06ddbp-2,
                                       -0x1.01eae7f513a67p-2, -0x1.b31d8a68224e9p-3,
                                       -0x1.6574f0ac07758p-3, -0x1.1aa2bc79c81p-3,
                                       -0x1.a4e76ce8c0e5ep-4, -0x1.1973c5a611cccp-4,
                                       -0x1.252f438e10c1ep-5, 0x0p+0,
                                       0x1.aa5aa5df25984p-5,  0x1.c5e53aa362eb4p-4,
                                       0x1.526e57720db08p-3,  0x1.bc2860d22477p-3,
                                       0x1.1058bc8a07ee1p-2,  0x1.4043057b6ee09p-2};
inline constexpr double log_c[] = {-0x1.00ea347b88334p-2, 0x1.5575b0be00b6ap-2,
                                   -0x1.ffffef20a4123p-2};
inline constexpr double ln2 = 0x1.62e42fefa39efp-1;
inline constexpr double cosine_c[] = {1., -0x1.ffffffd0c621cp-2, 0x1.55553e1068f19p-5,
                                      -0x1.6c087e89a359dp-10, 0x1.99343027bf8c3p-16},
                        sine_c[] = {-0x1.555545995a603p-3, 0x1.1107605230bc4p-7,
                                    -0x1.994eb3774cf24p-13};
inline constexpr double quarters = 0x1.45f306dc9c883p+23, quarter = 0x1.921fb54442d18p+0;
inline constexpr float sine_tiny = 0x1p-12f, sine_near = 0.75f, sine_far = 120.f;
}  // namespace glibc
/// log as glibc has it from 2.27 on, at most 0.82 units in the last place off: x = 2^k z, the
/// logarithm of a number near z from a table, a polynomial of degree 4 of what is left, in
/// binary64. What ONNX Runtime calls.
constexpr float log_c_library(float x) noexcept {
  if (is_nan(x)) return x;
  auto bits = std::bit_cast<std::uint32_t>(x);
  if ((bits & 0x7fffffffu) == 0) return infinity_of<float>(true);
  if (is_negative(x)) return nan_of<float>();
  if (is_infinite(x)) return x;
  if (bits < 0x00800000u) bits = std::bit_cast<std::uint32_t>(mul(x, 0x1p23f)) - (23u << 23);
  const std::uint32_t above = bits - 0x3f330000u;
  const std::size_t i = above >> 19 & 15u;
  const auto z = static_cast<double>(std::bit_cast<float>(bits - (above & 0xff800000u)));
  const double r = sub(mul(z, glibc::log_inverse[i]), 1.), r2 = mul(r, r),
               whole = static_cast<double>(static_cast<std::int32_t>(above) >> 23),
               y0 = add(glibc::log_entry[i], mul(whole, glibc::ln2)),
               y = add(mul(glibc::log_c[0], r2), add(mul(glibc::log_c[1], r), glibc::log_c[2]));
  return static_cast<float>(add(mul(y, r2), add(y0, r)));
}

/// exp as glibc has it from 2.27 on, at most 0.502 units in the last place off: x = k ln2 / 32 + r,
/// a power of two from a table of 32, a polynomial of degree 3, in binary64.
constexpr float exp_c_library(float x) noexcept {
  constexpr std::uint64_t root[] = {
      // bits of 2^(i / 32), less i in those of k's last places
      0x3ff0000000000000, 0x3fefd9b0d3158574, 0x3fefb5586cf9890f, 0x3fef9301d0125b51,
      0x3fef72b83c7d517b, 0x3fef54873168b9aa, 0x3fef387a6e756238, 0x3fef1e9df51fdee1,
      0x3fef06fe0a31b715, 0x3feef1a7373aa9cb, 0x3feedea64c123422, 0x3feece086061892d,
      0x3feebfdad5362a27, 0x3feeb42b569d4f82, 0x3feeab07dd485429, 0x3feea47eb03a5585,
      0x3feea09e667f3bcd, 0x3fee9f75e8ec5f74, 0x3feea11473eb0187, 0x3feea589994cce13,
      0x3feeace5422aa0db, 0x3feeb737b0cdc5e5, 0x3feec49182a3f090, 0x3feed503b23e255d,
      0x3feee89f995ad3ad, 0x3feeff76f2fb5e47, 0x3fef199bdd85529c, 0x3fef3720dcef9069,
      0x3fef5818dcfba487, 0x3fef7c97337b9b5f, 0x3fefa4afa2a490da, 0x3fefd0765b6e4540};
  constexpr double c[] = {0x1.c6af84b912394p-20, 0x1.ebfce50fac4f3p-13, 0x1.62e42ff0c52d6p-6};
  if (is_nan(x)) return x;
  if (x > 0x1.62e42ep6f) return infinity_of<float>();
  if (x < -0x1.9fe368p6f) return 0.f;
  const double z = mul(static_cast<double>(x), 0x1.71547652b82fep+5), k = rint(z), r = sub(z, k),
               y = add(mul(add(mul(c[0], r), c[1]), mul(r, r)), add(mul(c[2], r), 1.));
  const auto whole = static_cast<std::int64_t>(k);
  const auto at = static_cast<std::uint64_t>(whole);
  return static_cast<float>(mul(y, std::bit_cast<double>(root[at & 31u] + (at << 47))));
}
/// The logistic function as Eigen's loops compute single elements: by the C library's exp.
constexpr float logistic_scalar(float v) noexcept {
  const float e = exp_c_library(v > eigen::logistic_highest ? eigen::logistic_highest : v);
  return div(e, add(1.f, e));
}
/// The complementary error function in binary32, fdlibm's way, up to glibc 2.40: rational functions
/// on four intervals.
constexpr float erfc_c_library(float v) noexcept {
  constexpr float erx = 8.4506291151e-01f;
  constexpr float pp[] = {-2.3763017452e-05f, -5.7702702470e-03f, -2.8481749818e-02f,
                          -3.2504209876e-01f, 1.2837916613e-01f},
                  qq[] = {-3.9602282413e-06f, 1.3249473704e-04f, 5.0813062117e-03f,
                          6.5022252500e-02f,  3.9791721106e-01f, 1.f},
                  pa[] = {-2.1663755178e-03f, 3.5478305072e-02f,  -1.1089469492e-01f,
                          3.1834661961e-01f,  -3.7220788002e-01f, 4.1485610604e-01f,
                          -2.3621185683e-03f},
                  qa[] = {1.1984500103e-02f,
                          1.3637083583e-02f,
                          1.2617121637e-01f,
                          7.1828655899e-02f,
                          5.4039794207e-01f,
                          1.0642088205e-01f,
                          1.f},
                  ra[] = {-9.8143291473e+00f, -8.1287437439e+01f, -1.8460508728e+02f,
                          -1.6239666748e+02f, -6.2375331879e+01f, -1.0558626175e+01f,
                          -6.9385856390e-01f, -9.8649440333e-03f},
                  sa[] = {-6.0424413532e-02f, 6.5702495575e+00f, 1.0863500214e+02f,
                          4.2900814819e+02f,  6.4538726807e+02f, 4.3456588745e+02f,
                          1.3765776062e+02f,  1.9651271820e+01f, 1.f},
                  rb[] = {-4.8351919556e+02f, -1.0250950928e+03f, -6.3756646729e+02f,
                          -1.6063638306e+02f, -1.7757955551e+01f, -7.9928326607e-01f,
                          -9.8649431020e-03f},
                  sb[] = {
                      -2.2440952301e+01f, 4.7452853394e+02f, 2.5530502930e+03f, 3.1998581543e+03f,
                      1.5367296143e+03f,  3.2579251099e+02f, 3.0338060379e+01f, 1.f};
  if (is_nan(v)) return v;
  const float a = v < 0 ? -v : v;
  if (a >= 28) return v < 0 ? 2.f : 0.f;
  if (a < 0.84375f) {
    if (a < 0x1p-26f) return sub(1.f, v);
    const float z = mul(v, v), y = div(detail::polynomial(z, pp), detail::polynomial(z, qq)),
                r = mul(v, y);
    return v < 0.25f ? sub(1.f, add(v, r)) : sub(0.5f, add(r, sub(v, 0.5f)));
  }
  if (a < 1.25f) {
    const float s = sub(a, 1.f), q = div(detail::polynomial(s, pa), detail::polynomial(s, qa));
    return v < 0 ? add(1.f, add(erx, q)) : sub(sub(1.f, erx), q);
  }
  if (v < -6) return 2.f;
  const float s = div(1.f, mul(a, a)),
              q = std::bit_cast<std::uint32_t>(a) < 0x4036DB6Du
                      ? div(detail::polynomial(s, ra), detail::polynomial(s, sa))
                      : div(detail::polynomial(s, rb), detail::polynomial(s, sb)),
              z = std::bit_cast<float>(std::bit_cast<std::uint32_t>(a) & 0xffffe000u),
              r = mul(exp_c_library(sub(-mul(z, z), 0.5625f)),
                      exp_c_library(add(mul(sub(z, a), add(z, a)), q)));
  return v < 0 ? sub(2.f, div(r, a)) : div(r, a);
}
/// log(1 + v), 0 <= v <= 1, fdlibm's way, up to glibc 2.40: 1 + v = 2^k (1 + f), the error of that
/// sum kept, a polynomial of degree 7 in (f / (2 + f))^2.
constexpr float log1p_c_library(float v) noexcept {
  constexpr float ln2_high = std::bit_cast<float>(0x3f317180u),
                  ln2_low = std::bit_cast<float>(0x3717f7d1u);
  constexpr float p[] = {std::bit_cast<float>(0x3e178897u), std::bit_cast<float>(0x3e1cd04fu),
                         std::bit_cast<float>(0x3e3a3325u), std::bit_cast<float>(0x3e638e29u),
                         std::bit_cast<float>(0x3e924925u), std::bit_cast<float>(0x3ecccccdu),
                         std::bit_cast<float>(0x3f2aaaabu)};
  if (is_nan(v) || v < 0x1p-54f) return v;
  if (v < 0x1p-29f) return sub(v, mul(mul(v, v), 0.5f));
  float f = v, c = 0;
  std::int32_t k = 0;
  bool small = false;  // f below 2^-20
  if (v >= std::bit_cast<float>(0x3ed413d7u)) {
    const float u = add(1.f, v);
    const auto bits = std::bit_cast<std::uint32_t>(u);
    std::uint32_t fraction = bits & 0x007fffffu;
    k = static_cast<std::int32_t>(bits >> 23) - 127;
    c = div(k > 0 ? sub(1.f, sub(u, v)) : sub(v, sub(u, 1.f)), u);
    f = sub(std::bit_cast<float>(fraction | (fraction < 0x3504f7u ? 0x3f800000u : 0x3f000000u)),
            1.f);
    if (fraction >= 0x3504f7u) ++k, fraction = (0x00800000u - fraction) >> 2;
    small = fraction == 0;
  }
  const auto n = static_cast<float>(k);
  const float half = mul(mul(0.5f, f), f);
  if (small) {
    if (f == 0) return add(mul(n, ln2_high), add(c, mul(n, ln2_low)));
    const float r = mul(half, sub(1.f, mul(0.66666666666666666f, f)));
    return sub(mul(n, ln2_high), sub(sub(r, add(mul(n, ln2_low), c)), f));
  }
  const float s = div(f, add(2.f, f)), z = mul(s, s),
              t = mul(s, add(half, mul(z, detail::polynomial(z, p))));
  if (k == 0) return sub(f, sub(half, t));
  return sub(mul(n, ln2_high), sub(sub(half, add(t, add(mul(n, ln2_low), c))), f));
}

namespace detail {
constexpr float sine_c_library(float v, bool cosine) noexcept {
  using glibc::cosine_c, glibc::sine_c;
  if (is_nan(v)) return v;
  if (is_infinite(v)) return nan_of<float>();
  const float size = with_sign(v, 1.f);
  if (size < glibc::sine_tiny) return cosine ? 1.f : v;
  double x = static_cast<double>(v);
  std::int32_t turns = 0, sign = 0;
  if (size >= glibc::sine_far) {
    const quarter_turns t = far_turns(v, 0);
    x = t.rest, turns = t.count, sign = is_negative(v);
  } else if (size >= glibc::sine_near) {
    turns = (static_cast<std::int32_t>(mul(x, glibc::quarters)) + 0x800000) >> 24;
    x = sub(x, mul(static_cast<double>(turns), glibc::quarter));
  }
  const double z = mul(x, x);
  if (((turns & 1) != 0) == cosine) {
    if (((turns + sign + 1) & 2) != 0) x = -x;
    const double cube = mul(x, z);
    return static_cast<float>(
        add(add(x, mul(cube, sine_c[0])), mul(mul(cube, z), add(sine_c[1], mul(z, sine_c[2])))));
  }
  const double fourth = mul(z, z),
               low = add(add(cosine_c[0], mul(z, cosine_c[1])), mul(fourth, cosine_c[2])),
               y = add(low, mul(mul(fourth, z), add(cosine_c[3], mul(z, cosine_c[4]))));
  return static_cast<float>(((turns + sign) & 2) != 0 ? -y : y);
}
}  // namespace detail

/// sine and cosine as glibc has them from 2.28 on: in binary64, polynomials of an eighth of a turn.
constexpr float sin_c_library(float v) noexcept { return detail::sine_c_library(v, false); }
constexpr float cos_c_library(float v) noexcept { return detail::sine_c_library(v, true); }

}  // namespace numerics
OCTET_NAMESPACE_END

#endif  // OCTET_NUMERICS_VECTOR_MATH_HPP_
