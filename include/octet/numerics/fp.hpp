// Floating-point primitives that give the same bits in constant evaluation, on every compiler and under every flag.
#ifndef OCTET_NUMERICS_FP_HPP_
#define OCTET_NUMERICS_FP_HPP_

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "octet/core/config.hpp"

OCTET_FP_EXACT_BEGIN
namespace octet::inline OCTET_ABI::numerics {

/// The value itself, with the promise that it was rounded to its type: compilers fuse a*b+c into one rounding (clang inside an AVX2 function,
/// g++ under -ffp-contract=fast), and -ffast-math reorders. An empty asm on the register stops both; identity in constant evaluation.
template <class T> OCTET_ALWAYS_INLINE constexpr T rounded(T v) noexcept {
  if (!std::is_constant_evaluated()) {
#if defined(__x86_64__)
    asm("" : "+x"(v));
#elif defined(__aarch64__)
    asm("" : "+w"(v));
#elif defined(__GNUC__)
    asm("" : "+m"(v));
#endif
  }
  return v;
}

/// f32(e) of NUMERICS: the binary32 product, sum, difference, quotient with exactly one rounding.
OCTET_ALWAYS_INLINE constexpr float mul(float a, float b) noexcept { return rounded(rounded(a) * rounded(b)); }
OCTET_ALWAYS_INLINE constexpr float add(float a, float b) noexcept { return rounded(rounded(a) + rounded(b)); }
OCTET_ALWAYS_INLINE constexpr float sub(float a, float b) noexcept { return rounded(rounded(a) - rounded(b)); }
OCTET_ALWAYS_INLINE constexpr float div(float a, float b) noexcept { return rounded(rounded(a) / rounded(b)); }
OCTET_ALWAYS_INLINE constexpr double mul(double a, double b) noexcept { return rounded(rounded(a) * rounded(b)); }
OCTET_ALWAYS_INLINE constexpr double add(double a, double b) noexcept { return rounded(rounded(a) + rounded(b)); }
OCTET_ALWAYS_INLINE constexpr double sub(double a, double b) noexcept { return rounded(rounded(a) - rounded(b)); }
OCTET_ALWAYS_INLINE constexpr double div(double a, double b) noexcept { return rounded(rounded(a) / rounded(b)); }

/// Round to nearest integer value, ties to even (rint). |v| may be anything finite; NaN and infinities are returned.
constexpr float rint(float v) noexcept {
  constexpr float magic = 8388608.f;  // 2^23: from here on every float is an integer
  const float a = v < 0 ? -v : v;
  if (!(a < magic)) return v;
  const float r = sub(add(a, magic), magic);
  return v < 0 ? -r : r;
}
constexpr double rint(double v) noexcept {
  constexpr double magic = 4503599627370496.;  // 2^52
  const double a = v < 0 ? -v : v;
  if (!(a < magic)) return v;
  const double r = sub(add(a, magic), magic);
  return v < 0 ? -r : r;
}
/// Truncate toward zero, as an integer value.
constexpr double trunc(double v) noexcept {
  const double a = v < 0 ? -v : v;
  if (!(a < 4503599627370496.)) return v;
  const double t = static_cast<double>(static_cast<std::int64_t>(a));
  return v < 0 ? -t : t;
}
constexpr float trunc(float v) noexcept { return static_cast<float>(trunc(static_cast<double>(v))); }
constexpr double floor(double v) noexcept {
  const double t = trunc(v);
  return t > v ? t - 1 : t;
}
constexpr float floor(float v) noexcept { return static_cast<float>(floor(static_cast<double>(v))); }
/// Round half away from zero (std::round): not trunc(v + 0.5), which is wrong just below a half.
constexpr double rha(double v) noexcept {
  const double t = trunc(v);
  const double rest = sub(v, t);  // exact
  return rest >= 0.5 ? t + 1 : rest <= -0.5 ? t - 1 : t;
}
constexpr float rha(float v) noexcept { return static_cast<float>(rha(static_cast<double>(v))); }

/// Integer value v (possibly NaN, infinite or huge) as an int32 between lo and hi; NaN gives lo.
constexpr std::int32_t clamp_to_int(double v, std::int32_t lo, std::int32_t hi) noexcept {
  if (!(v > lo)) return lo;
  if (!(v < hi)) return hi;
  return static_cast<std::int32_t>(v);
}
template <class T> constexpr T clamp(T v, T lo, T hi) noexcept { return v < lo ? lo : v > hi ? hi : v; }

}  // namespace octet::inline OCTET_ABI::numerics
OCTET_FP_EXACT_END

#endif  // OCTET_NUMERICS_FP_HPP_
