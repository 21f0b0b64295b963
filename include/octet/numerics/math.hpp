// Elementary functions, constexpr and without libm: the same bits in constant evaluation, on every
// compiler, target and under every flag.
//
// Each is computed as an unevaluated sum of two doubles (about 2^-57 relative or better, erf and
// pow 2^-50) and rounded once, to binary64 or, by the *_f32 forms, to binary32. The binary32
// results are the correctly rounded ones for all but about one argument in 10^9. Assumes round to
// nearest and, for subnormal results, no flushing to zero (numerics/fp_env.hpp sets both).
#ifndef OCTET_NUMERICS_MATH_HPP_
#define OCTET_NUMERICS_MATH_HPP_

#include <bit>
#include <cstdint>

#include "octet/numerics/fp.hpp"

OCTET_NAMESPACE_BEGIN
namespace numerics {

/// A double whose operators round exactly once each (mul, add, sub, div of fp.hpp): formulas stay
/// readable.
struct exact {
  double v = 0;
  constexpr exact() = default;
  constexpr exact(double d) noexcept : v(d) {}  // NOLINT: implicit on purpose
  friend OCTET_ALWAYS_INLINE constexpr exact operator*(exact a, exact b) noexcept {
    return mul(a.v, b.v);
  }
  friend OCTET_ALWAYS_INLINE constexpr exact operator+(exact a, exact b) noexcept {
    return add(a.v, b.v);
  }
  friend OCTET_ALWAYS_INLINE constexpr exact operator-(exact a, exact b) noexcept {
    return sub(a.v, b.v);
  }
  friend OCTET_ALWAYS_INLINE constexpr exact operator/(exact a, exact b) noexcept {
    return div(a.v, b.v);
  }
  constexpr exact operator-() const noexcept { return -v; }
};

/// The unevaluated sum hi + lo, |lo| <= ulp(hi) / 2.
struct double_double {
  double hi = 0, lo = 0;
};

constexpr double_double two_sum(exact a, exact b) noexcept {
  const exact s = a + b, t = s - a;
  return {s.v, ((a - (s - t)) + (b - t)).v};
}
/// |a| >= |b| or a == 0.
constexpr double_double fast_two_sum(exact a, exact b) noexcept {
  const exact s = a + b;
  return {s.v, (b - (s - a)).v};
}
/// Veltkamp and Dekker: exact for |a|, |b| < 2^500 with a product above 2^-900.
constexpr double_double two_prod(exact a, exact b) noexcept {
  constexpr double splitter = 134217729.;  // 2^27 + 1
  const exact p = a * b, ta = a * splitter, tb = b * splitter;
  const exact ah = ta - (ta - a), al = a - ah, bh = tb - (tb - b), bl = b - bh;
  return {p.v, ((((ah * bh - p) + ah * bl) + al * bh) + al * bl).v};
}
constexpr double_double add(double_double a, double_double b) noexcept {
  const double_double s = two_sum(a.hi, b.hi);
  return fast_two_sum(s.hi, exact(s.lo) + (exact(a.lo) + b.lo));
}
constexpr double_double mul(double_double a, double_double b) noexcept {
  const double_double p = two_prod(a.hi, b.hi);
  return fast_two_sum(p.hi, exact(p.lo) + (exact(a.hi) * b.lo + exact(a.lo) * b.hi));
}
constexpr double_double div(double_double a, double_double b) noexcept {
  const exact q = exact(a.hi) / b.hi;
  const double_double p = mul(double_double{q.v, 0}, b), r = add(a, double_double{-p.hi, -p.lo});
  return fast_two_sum(q, exact(r.hi) / b.hi);
}
constexpr double_double neg(double_double a) noexcept { return {-a.hi, -a.lo}; }

namespace detail {

/// 2^k, -1022 <= k <= 1023.
constexpr double pow2(int k) noexcept {
  return std::bit_cast<double>(static_cast<std::uint64_t>(k + 1023) << 52);
}
/// v * 2^k; overflows to infinity and underflows through the subnormals.
constexpr double scale(double v, int k) noexcept {
  const int e = static_cast<int>(std::bit_cast<std::uint64_t>(v) >> 52 & 2047);
  if (e == 2047 || v == 0) return v;
  if (e + k > 2046) return infinity_of<double>(is_negative(v));
  for (; k > 1023; k -= 1023) v = mul(v, pow2(1023));  // only from subnormals
  for (; k < -1022; k += 960) v = mul(v, pow2(-960));
  return mul(v, pow2(k));
}
struct mantissa_exponent {
  double m;
  int e;
};
/// v = m * 2^e, 1 <= m < 2, for finite v > 0.
constexpr mantissa_exponent split(double v) noexcept {
  int e = 0;
  if (v < pow2(-1022)) {
    v = mul(v, pow2(54));
    e = -54;
  }
  const auto b = std::bit_cast<std::uint64_t>(v);
  return {std::bit_cast<double>((b & 0xFFFFFFFFFFFFFu) | std::uint64_t{1023} << 52),
          e + static_cast<int>(b >> 52) - 1023};
}

/// c[0] + z * (c[1] + z * (c[2] + ...)).
template <std::size_t N> constexpr exact horner(exact z, const double (&c)[N]) noexcept {
  exact s = c[N - 1];
  for (std::size_t i = N - 1; i-- > 0;) s = c[i] + z * s;
  return s;
}

inline constexpr double log2_e = 0x1.71547652b82fep+0;
inline constexpr double ln2_hi = 0x1.62e42feep-1;  // 33 bits: k * ln2_hi is exact for |k| < 2^20
inline constexpr double ln2_lo =
    0x1.a39ef35793c76p-33;  // the next 53; what is missing is below 2^-86

struct reduced_exp {
  int k;
  double_double p;
};
/// exp(x) = 2^k * (1 + p), |p| < 0.42, for |x| < 2^20.
constexpr reduced_exp reduce_exp(double_double x) noexcept {
  const double kd = rint((exact(x.hi) * log2_e).v);
  const double_double low = two_prod(kd, ln2_lo),
                      a = two_sum(exact(x.hi) - exact(kd) * ln2_hi, -low.hi);
  const double_double r = fast_two_sum(a.hi, exact(a.lo) + (exact(x.lo) - low.lo));
  constexpr double c[] = {1. / 6,        1. / 24,        1. / 120,         1. / 720,
                          1. / 5040,     1. / 40320,     1. / 362880,      1. / 3628800,
                          1. / 39916800, 1. / 479001600, 1. / 6227020800., 1. / 87178291200.};
  const double_double square =
      two_prod(r.hi, r.hi);  // r^2 / 2 is kept exact, the cubic tail is below 2^-7
  const exact cubic = exact(square.hi) * r.hi * horner(r.hi, c);
  const double_double s = two_sum(r.hi, exact(square.hi) * 0.5);
  return {static_cast<int>(kd),
          fast_two_sum(s.hi, exact(s.lo) +
                                 (((exact(square.lo) * 0.5 + r.lo) + exact(r.lo) * r.hi) + cubic))};
}
/// exp(x), -680 <= x <= 709.
constexpr double_double exp_core(double_double x) noexcept {
  const reduced_exp e = reduce_exp(x);
  const double_double s = fast_two_sum(1., e.p.hi), t = fast_two_sum(s.hi, exact(s.lo) + e.p.lo);
  return {mul(t.hi, pow2(e.k)), mul(t.lo, pow2(e.k))};
}
/// exp(x) - 1, -680 <= x <= 709.
constexpr double_double expm1_core(double_double x) noexcept {
  const reduced_exp e = reduce_exp(x);
  if (e.k == 0) return e.p;
  return add(exp_core(x), double_double{-1., 0});
}
/// log(2^k * (1 + f)), -0.3 < f < 0.42.
constexpr double_double log_core(double_double f, int k) noexcept {
  constexpr double c[] = {1. / 3,  1. / 5,  1. / 7,  1. / 9,  1. / 11, 1. / 13,
                          1. / 15, 1. / 17, 1. / 19, 1. / 21, 1. / 23};
  const double_double s =
      div(f, add(double_double{2., 0}, f));  // log(1+f) = 2 atanh(f / (2+f)), |s| < 0.172
  const exact z = exact(s.hi) * s.hi, tail = exact(s.hi) * z * horner(z, c) * 2.;
  const double_double l = fast_two_sum(exact(s.hi) * 2., exact(s.lo) * 2. + tail);
  if (k == 0) return l;
  return add(add(double_double{mul(static_cast<double>(k), ln2_hi), 0},
                 double_double{mul(static_cast<double>(k), ln2_lo), 0}),
             l);
}
/// log of a finite positive sum.
constexpr double_double log_core(double_double x) noexcept {
  mantissa_exponent m = split(x.hi);
  if (m.m > 1.4142135623730951) {
    m.m = mul(m.m, 0.5);
    ++m.e;
  }
  return log_core(two_sum(sub(m.m, 1.), scale(x.lo, -m.e)), m.e);
}

/// 2/pi, 1280 bits after the binary point: enough for the largest double.
inline constexpr std::uint32_t two_over_pi[40] = {
    0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab, 0xdebbc561,
    0xb7246e3a, 0x424dd2e0, 0x06492eea, 0x09d1921c, 0xfe1deb1c, 0xb129a73e, 0xe88235f5, 0x2ebb4484,
    0xe99c7026, 0xb45f7e41, 0x3991d639, 0x835339f4, 0x9c845f8b, 0xbdf9283b, 0x1ff897ff, 0xde05980f,
    0xef2f118b, 0x5a0a6d1f, 0x6d367ecf, 0x27cb09b7, 0x4f463f66, 0x9e5fea2d, 0x7527bac7, 0xebe5f17b,
    0x3d0739f7, 0x8a5292ea, 0x6bfb5fb1, 0x1f8d5d08, 0x56033046, 0xfc7b6bab, 0xf0cfbc20, 0x9af4361d};

struct reduced_angle {
  unsigned quadrant;
  double_double r;
};
/// x = quadrant * pi/2 + r (mod 2 pi), |r| <= pi/4, for finite x >= 0. Payne and Hanek: x * 2/pi
/// modulo 4 in integers, 190 bits of fraction.
constexpr reduced_angle reduce_angle(double x) noexcept {
  if (x <= 0.78539816339744828) return {0, {x, 0}};
  const auto b = std::bit_cast<std::uint64_t>(x);
  const std::uint64_t m = (b & 0xFFFFFFFFFFFFFu) | std::uint64_t{1} << 52;
  const int e = static_cast<int>(b >> 52) - 1075;  // x = m * 2^e
  const int skip = e >= 2 ? e - 2 : 0;  // leading bits of 2/pi that only give multiples of 4
  std::uint32_t w[6] = {};              // 192 bits of 2/pi from there, least significant limb first
  for (int i = 0; i < 6; ++i) {
    const int at = skip + 32 * (5 - i), word = at / 32, bit = at % 32;
    const std::uint64_t two =
        std::uint64_t{two_over_pi[word]} << 32 | (word + 1 < 40 ? two_over_pi[word + 1] : 0);
    w[i] = static_cast<std::uint32_t>(two >> (32 - bit));
  }
  std::uint32_t p[8] = {};
  for (int j = 0; j < 2; ++j) {
    const std::uint64_t f = j == 0 ? m & 0xFFFFFFFFu : m >> 32;
    std::uint64_t carry = 0;
    for (int i = 0; i < 6; ++i) {
      carry += f * w[i] + p[i + j];
      p[i + j] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    p[6 + j] = static_cast<std::uint32_t>(carry);
  }
  const int shift = e >= 2 ? 0 : 2 - e;  // at most 55: brings the binary point to bit 190
  std::uint32_t q[7] = {};
  for (int i = 0; i < 7; ++i) {
    const int at = i + shift / 32;
    const std::uint64_t two =
        (at + 1 < 8 ? std::uint64_t{p[at + 1]} : 0) << 32 | (at < 8 ? p[at] : 0);
    q[i] = static_cast<std::uint32_t>(two >> shift % 32);
  }
  unsigned quadrant = q[5] >> 30;
  q[5] &= 0x3FFFFFFFu;
  const bool negative = q[5] >> 29 != 0;  // fraction >= 1/2: the next quadrant, from below
  if (negative) {
    quadrant = (quadrant + 1) & 3;
    std::uint64_t carry = 1;
    for (int i = 0; i < 6; ++i) {
      carry += static_cast<std::uint32_t>(~q[i]);
      q[i] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    q[5] &= 0x3FFFFFFFu;
  }
  double_double f{};  // the fraction: three pieces of 53 bits suffice after any cancellation
  double unit = pow2(2);
  for (int i = 5; i >= 0; --i) {
    unit = mul(unit, pow2(-32));
    f = add(f, double_double{mul(static_cast<double>(q[i]), unit), 0});
  }
  const double_double r = mul(f, double_double{0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54});
  return {quadrant, negative ? neg(r) : r};
}
/// |r| <= pi/4.
constexpr double_double sin_core(double_double r) noexcept {
  constexpr double c[] = {
      1. / 120,         -1. / 5040,           1. / 362880,           -1. / 39916800,
      1. / 6227020800., -1. / 1307674368000., 1. / 355687428096000., -1. / 121645100408832000.};
  const double_double z = two_prod(r.hi, r.hi), cube = mul(z, double_double{r.hi, 0});
  const double_double third = div(cube, double_double{-6., 0});
  const exact rest =
      exact(cube.hi) * z.hi * horner(z.hi, c) + exact(r.lo) * (exact(1.) - exact(z.hi) * 0.5);
  const double_double s = fast_two_sum(r.hi, third.hi);
  return fast_two_sum(s.hi, exact(s.lo) + (exact(third.lo) + rest));
}
constexpr double_double cos_core(double_double r) noexcept {
  constexpr double c[] = {1. / 24,
                          -1. / 720,
                          1. / 40320,
                          -1. / 3628800,
                          1. / 479001600,
                          -1. / 87178291200.,
                          1. / 20922789888000.,
                          -1. / 6402373705728000.,
                          1. / 2432902008176640000.};
  const double_double z = two_prod(r.hi, r.hi), s = fast_two_sum(1., exact(z.hi) * -0.5);
  const exact rest =
      exact(z.hi) * z.hi * horner(z.hi, c) - (exact(z.lo) * 0.5 + exact(r.hi) * r.lo);
  return fast_two_sum(s.hi, exact(s.lo) + rest);
}

/// sqrt(m) to 53 bits by Newton, then the exact residual: correctly rounded in .hi, 106 bits in
/// all. 1 <= m < 4.
constexpr double_double sqrt_core(double m) noexcept {
  exact y = exact(m) * 0.35 + 0.7;
  for (int i = 0; i < 5; ++i) y = (y + exact(m) / y) * 0.5;
  constexpr double ulp = 0x1p-52;
  double_double p = two_prod(y, y);
  exact r = (exact(m) - p.hi) - p.lo;  // m - y^2, exact
  if (r.v > mul(y.v, ulp))
    y = y + ulp;
  else if (r.v <= -mul(y.v, ulp))
    y = y - ulp;
  p = two_prod(y, y);
  r = (exact(m) - p.hi) - p.lo;
  return {y.v, (r / (y * 2.)).v};
}
constexpr double_double sqrt_scaled(double v, int& exponent) noexcept {
  mantissa_exponent m = split(v);
  if (m.e & 1) {
    m.m = mul(m.m, 2.);
    --m.e;
  }
  exponent = m.e / 2;
  return sqrt_core(m.m);
}

/// erfc(x), 2.25 <= x < 26, by its continued fraction, from the inside: x + (n/2) / (x + ...).
constexpr double erfc_tail(double x) noexcept {
  const double_double e = exp_core(neg(two_prod(x, x)));
  exact f = x;
  for (int n = 60; n > 0; --n) f = exact(x) + exact(mul(static_cast<double>(n), 0.5)) / f;
  return (exact(e.hi) * 0x1.20dd750429b6dp-1 / f).v;
}
/// erf(x), 0 <= x < 6.
constexpr double_double erf_core(double x) noexcept {
  const double_double square = two_prod(x, x), e = exp_core(neg(square));
  constexpr double_double two_over_sqrt_pi{0x1.20dd750429b6dp+0, 0x1.1ae3a914fed80p-56};
  if (x < 2.25) {  // 2/sqrt(pi) e^(-x^2) sum 2^n x^(2n+1) / (2n+1)!!: all terms positive
    const exact z = exact(square.hi) * 2.;
    exact term = z / 3., sum = term;
    for (int n = 2; n < 48; ++n) {
      term = term * z / static_cast<double>(2 * n + 1);
      sum = sum + term;
    }
    return mul(mul(double_double{x, 0}, mul(two_over_sqrt_pi, e)), two_sum(1., sum));
  }
  return two_sum(1., -erfc_tail(x));
}

/// hi + lo rounded once to binary32: round to odd at 53 bits first, so that the second rounding
/// sees every tie as it is.
constexpr float to_f32(double_double v) noexcept {
  auto b = std::bit_cast<std::uint64_t>(v.hi);
  if (v.lo != 0 && v.hi != 0) {
    if (is_negative(v.lo) != is_negative(v.hi)) --b;
    b |= 1;
  }
  const double t = std::bit_cast<double>(b), a = with_sign(t, 0.);
  if (a >= 0x1.ffffffp+127)
    return infinity_of<float>(
        is_negative(t));  // constant evaluation refuses a conversion that overflows
  return static_cast<float>(t);
}
constexpr double to_f64(double_double v) noexcept { return add(v.hi, v.lo); }

// The functions on whole ranges. Results outside the cores' ranges that binary32 cannot tell from
// 0, 1 or infinity are returned as such.
constexpr double_double exp(double x) noexcept {
  if (is_nan(x)) return {x, 0};
  if (x > 709.7827128933841) return {infinity_of<double>(), 0};
  if (x < -745.2) return {0, 0};
  if (x > 709 || x < -680) {  // near overflow and underflow the second half of the sum does not fit
    const reduced_exp e = reduce_exp({x, 0});
    return {scale(to_f64(add(double_double{1., 0}, e.p)), e.k), 0};
  }
  return exp_core({x, 0});
}
constexpr double_double expm1(double x) noexcept {
  if (is_nan(x)) return {x, 0};
  if (x > 700) return exp(x);
  if (x < -60) return {-1., 0x1p-60};
  if (with_sign(x, 0.) < 0x1p-300) return {x, 0};
  return expm1_core({x, 0});
}
constexpr double_double log(double x) noexcept {
  if (is_nan(x)) return {x, 0};
  if (x == 0) return {infinity_of<double>(true), 0};
  if (is_negative(x)) return {nan_of<double>(), 0};
  if (is_infinite(x)) return {x, 0};
  return log_core(double_double{x, 0});
}
constexpr double_double tanh(double x) noexcept {
  const double a = with_sign(x, 0.);
  if (is_nan(x) || a < 0x1p-300) return {x, 0};
  const double_double e = a > 22 ? double_double{} : expm1_core({mul(a, 2.), 0});
  const double_double t =
      a > 22 ? double_double{1., -0x1p-60} : div(e, add(e, double_double{2., 0}));
  return is_negative(x) ? neg(t) : t;
}
constexpr double_double logistic(double x) noexcept {
  if (is_nan(x)) return {x, 0};
  if (x > 60) return {1., -0x1p-60};
  if (x < -680) return exp(x);  // 1 + exp(x) is 1 in any precision here
  const double_double e = exp_core({-with_sign(x, 0.), 0}), d = add(double_double{1., 0}, e);
  return is_negative(x) ? div(e, d) : div(double_double{1., 0}, d);
}
constexpr double_double sin(double x) noexcept {
  const double a = with_sign(x, 0.);
  if (is_nan(x) || is_infinite(x)) return {nan_of<double>(), 0};
  if (a < 0x1p-200) return {x, 0};
  const reduced_angle r = reduce_angle(a);
  const double_double s = r.quadrant & 1 ? cos_core(r.r) : sin_core(r.r);
  return ((r.quadrant & 2) != 0) != is_negative(x) ? neg(s) : s;
}
constexpr double_double cos(double x) noexcept {
  const double a = with_sign(x, 0.);
  if (is_nan(x) || is_infinite(x)) return {nan_of<double>(), 0};
  if (a < 0x1p-200) return {1., 0};
  const reduced_angle r = reduce_angle(a);
  const double_double s = r.quadrant & 1 ? sin_core(r.r) : cos_core(r.r);
  return ((r.quadrant + 1) & 2) != 0 ? neg(s) : s;
}
constexpr double_double erf(double x) noexcept {
  const double a = with_sign(x, 0.);
  if (is_nan(x)) return {x, 0};
  const double_double t = a >= 6         ? double_double{1., -0x1p-60}
                          : a < 0x1p-200 ? double_double{(exact(a) * 0x1.20dd750429b6dp+0).v, 0}
                                         : erf_core(a);
  return is_negative(x) ? neg(t) : t;
}
/// 1 - erf(x) without the cancellation: relative error below 2^-40.
constexpr double_double erfc(double x) noexcept {
  if (is_nan(x)) return {x, 0};
  if (x < 2.25) return add(double_double{1., 0}, neg(erf(x)));
  return {x > 26 ? 0. : erfc_tail(x), 0};
}
constexpr bool is_integer(double v) noexcept { return !is_infinite(v) && trunc(v) == v; }
constexpr bool is_odd(double v) noexcept {
  return is_integer(v) && with_sign(v, 0.) < 9007199254740992. &&
         (static_cast<std::int64_t>(v) & 1) != 0;
}
constexpr double_double pow(double x, double y) noexcept {
  if (y == 0 || (x == 1 && !is_nan(x))) return {1., 0};
  if (is_nan(x) || is_nan(y)) return {nan_of<double>(), 0};
  const double a = with_sign(x, 0.);
  const bool negative = is_negative(x) && is_odd(y);
  if (is_infinite(y))
    return {a == 1 ? 1. : (a > 1) != is_negative(y) ? infinity_of<double>() : 0., 0};
  if (a == 0 || is_infinite(a)) {
    const double r = (a == 0) != is_negative(y) ? 0. : infinity_of<double>();
    return {negative ? -r : r, 0};
  }
  if (is_negative(x) && !is_integer(y)) return {nan_of<double>(), 0};
  const double_double l = log_core(double_double{a, 0});
  double_double r{};
  if (with_sign(y, 0.) > 0x1p400 || with_sign(y, 0.) < 0x1p-400) {
    r = with_sign(y, 0.) < 1 || l.hi == 0
            ? double_double{1., 0}
            : double_double{is_negative(l.hi) != is_negative(y) ? 0. : infinity_of<double>(), 0};
  } else {
    const double_double p = mul(double_double{y, 0}, l);
    r = p.hi > -680 && p.hi < 709 ? exp_core(p) : exp(p.hi);
  }
  return negative ? neg(r) : r;
}

}  // namespace detail

/// Names of the functions: double -> double, error below one ulp (2^-52); pow and erf below 2^-48,
/// erfc 2^-40. NaN gives NaN.
constexpr double exp(double x) noexcept { return detail::to_f64(detail::exp(x)); }
constexpr double expm1(double x) noexcept { return detail::to_f64(detail::expm1(x)); }
constexpr double log(double x) noexcept { return detail::to_f64(detail::log(x)); }
constexpr double tanh(double x) noexcept { return detail::to_f64(detail::tanh(x)); }
constexpr double logistic(double x) noexcept { return detail::to_f64(detail::logistic(x)); }
constexpr double sin(double x) noexcept { return detail::to_f64(detail::sin(x)); }
constexpr double cos(double x) noexcept { return detail::to_f64(detail::cos(x)); }
constexpr double erf(double x) noexcept { return detail::to_f64(detail::erf(x)); }
constexpr double erfc(double x) noexcept { return detail::to_f64(detail::erfc(x)); }
constexpr double pow(double x, double y) noexcept { return detail::to_f64(detail::pow(x, y)); }
/// Correctly rounded. Negative numbers give NaN, -0 gives -0.
constexpr double sqrt(double x) noexcept {
  if (is_nan(x) || x == 0) return x;
  if (is_negative(x)) return nan_of<double>();
  if (is_infinite(x)) return x;
  int e = 0;
  const double_double r = detail::sqrt_scaled(x, e);
  return detail::scale(r.hi, e);
}

/// The same, rounded once to binary32 from the double-double.
constexpr float exp_f32(float x) noexcept {
  return detail::to_f32(detail::exp(static_cast<double>(x)));
}
constexpr float expm1_f32(float x) noexcept {
  return detail::to_f32(detail::expm1(static_cast<double>(x)));
}
constexpr float log_f32(float x) noexcept {
  return detail::to_f32(detail::log(static_cast<double>(x)));
}
constexpr float tanh_f32(float x) noexcept {
  return detail::to_f32(detail::tanh(static_cast<double>(x)));
}
constexpr float logistic_f32(float x) noexcept {
  return detail::to_f32(detail::logistic(static_cast<double>(x)));
}
constexpr float sin_f32(float x) noexcept {
  return detail::to_f32(detail::sin(static_cast<double>(x)));
}
constexpr float cos_f32(float x) noexcept {
  return detail::to_f32(detail::cos(static_cast<double>(x)));
}
constexpr float erf_f32(float x) noexcept {
  return detail::to_f32(detail::erf(static_cast<double>(x)));
}
constexpr float erfc_f32(float x) noexcept {
  return detail::to_f32(detail::erfc(static_cast<double>(x)));
}
constexpr float pow_f32(float x, float y) noexcept {
  return detail::to_f32(detail::pow(static_cast<double>(x), static_cast<double>(y)));
}
constexpr float sqrt_f32(float x) noexcept {
  return static_cast<float>(sqrt(static_cast<double>(x)));
}  // two roundings, innocuous: 53 >= 2 * 24 + 2

}  // namespace numerics
OCTET_NAMESPACE_END

#endif  // OCTET_NUMERICS_MATH_HPP_
