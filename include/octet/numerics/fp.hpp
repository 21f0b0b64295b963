// Floating-point primitives that give the same bits in constant evaluation, on every compiler and
// under every flag.
#ifndef OCTET_NUMERICS_FP_HPP_
#define OCTET_NUMERICS_FP_HPP_

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "octet/core/config.hpp"

OCTET_NAMESPACE_BEGIN
namespace numerics {

/// The value itself, with the promise that it was rounded to its type: compilers fuse a*b+c into
/// one rounding (clang inside an AVX2 function, g++ under -ffp-contract=fast), and -ffast-math
/// reorders. An empty asm on the register stops both; identity in constant evaluation.
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

/// The binary32 or binary64 product, sum, difference, quotient with exactly one rounding.
/// Constant evaluation takes the short way: clang counts every call against its step limit, and a
/// 256-entry table has many.
template <class T>
concept binary_float = std::is_same_v<T, float> || std::is_same_v<T, double>;
template <binary_float T> OCTET_ALWAYS_INLINE constexpr T mul(T a, T b) noexcept {
  return std::is_constant_evaluated() ? a * b : rounded(rounded(a) * rounded(b));
}
template <binary_float T> OCTET_ALWAYS_INLINE constexpr T add(T a, T b) noexcept {
  return std::is_constant_evaluated() ? a + b : rounded(rounded(a) + rounded(b));
}
template <binary_float T> OCTET_ALWAYS_INLINE constexpr T sub(T a, T b) noexcept {
  return std::is_constant_evaluated() ? a - b : rounded(rounded(a) - rounded(b));
}
template <binary_float T> OCTET_ALWAYS_INLINE constexpr T div(T a, T b) noexcept {
  return std::is_constant_evaluated() ? a / b : rounded(rounded(a) / rounded(b));
}

/// Tests on the bits: -ffast-math lets compilers fold v != v to false.
constexpr bool is_nan(float v) noexcept {
  return (std::bit_cast<std::uint32_t>(v) & 0x7FFFFFFFu) > 0x7F800000u;
}
constexpr bool is_nan(double v) noexcept {
  return (std::bit_cast<std::uint64_t>(v) & 0x7FFFFFFFFFFFFFFFu) > 0x7FF0000000000000u;
}
constexpr bool is_infinite(float v) noexcept {
  return (std::bit_cast<std::uint32_t>(v) & 0x7FFFFFFFu) == 0x7F800000u;
}
constexpr bool is_infinite(double v) noexcept {
  return (std::bit_cast<std::uint64_t>(v) & 0x7FFFFFFFFFFFFFFFu) == 0x7FF0000000000000u;
}
template <binary_float T> constexpr bool is_finite(T v) noexcept {
  return !is_nan(v) && !is_infinite(v);
}
constexpr bool is_negative(float v) noexcept {
  return std::bit_cast<std::uint32_t>(v) >> 31 != 0;
}  // also of -0 and NaN
constexpr bool is_negative(double v) noexcept { return std::bit_cast<std::uint64_t>(v) >> 63 != 0; }
/// |v| with the sign of `sign`.
constexpr float with_sign(float v, float sign) noexcept {
  return std::bit_cast<float>((std::bit_cast<std::uint32_t>(v) & 0x7FFFFFFFu) |
                              (std::bit_cast<std::uint32_t>(sign) & 0x80000000u));
}
constexpr double with_sign(double v, double sign) noexcept {
  return std::bit_cast<double>((std::bit_cast<std::uint64_t>(v) & 0x7FFFFFFFFFFFFFFFu) |
                               (std::bit_cast<std::uint64_t>(sign) & 0x8000000000000000u));
}
template <binary_float T> constexpr T nan_of() noexcept {
  if constexpr (sizeof(T) == 4)
    return std::bit_cast<float>(0x7FC00000u);
  else
    return std::bit_cast<double>(std::uint64_t{0x7FF8000000000000u});
}
template <binary_float T> constexpr T infinity_of(bool negative = false) noexcept {
  if constexpr (sizeof(T) == 4)
    return std::bit_cast<float>(negative ? 0xFF800000u : 0x7F800000u);
  else
    return std::bit_cast<double>(negative ? std::uint64_t{0xFFF0000000000000u}
                                          : std::uint64_t{0x7FF0000000000000u});
}

/// Round to nearest integer value, ties to even (rint). NaN and infinities are returned; the sign
/// of zero is kept.
constexpr float rint(float v) noexcept {
  constexpr float magic = 8388608.f;  // 2^23: from here on every float is an integer
  const float a = with_sign(v, 0.f);
  if (is_nan(v) || a >= magic) return v;
  return with_sign(sub(add(a, magic), magic), v);
}
constexpr double rint(double v) noexcept {
  constexpr double magic = 4503599627370496.;  // 2^52
  const double a = with_sign(v, 0.);
  if (is_nan(v) || a >= magic) return v;
  return with_sign(sub(add(a, magic), magic), v);
}
/// Truncate toward zero, as an integer value.
constexpr double trunc(double v) noexcept {
  const double a = with_sign(v, 0.);
  if (is_nan(v) || a >= 4503599627370496.) return v;
  return with_sign(static_cast<double>(static_cast<std::int64_t>(a)), v);
}
constexpr float trunc(float v) noexcept {
  return static_cast<float>(trunc(static_cast<double>(v)));
}
constexpr double floor(double v) noexcept {
  if (is_nan(v)) return v;
  const double t = trunc(v);
  return t > v ? sub(t, 1.) : t;
}
constexpr float floor(float v) noexcept {
  return static_cast<float>(floor(static_cast<double>(v)));
}
/// Round half away from zero (std::round): not trunc(v + 0.5), which is wrong just below a half.
constexpr double round_half_away(double v) noexcept {
  if (is_nan(v) || is_infinite(v)) return v;
  const double t = trunc(v);
  const double rest = sub(v, t);  // exact
  return rest >= 0.5 ? add(t, 1.) : rest <= -0.5 ? sub(t, 1.) : t;
}
constexpr float round_half_away(float v) noexcept {
  return static_cast<float>(round_half_away(static_cast<double>(v)));
}

/// Integer value v (possibly NaN, infinite or huge) as an int32 between lo and hi; NaN gives lo.
constexpr std::int32_t clamp_to_int(double v, std::int32_t lo, std::int32_t hi) noexcept {
  if (is_nan(v) || v <= lo) return lo;
  if (v >= hi) return hi;
  return static_cast<std::int32_t>(v);
}
template <class T> constexpr T clamp(T v, T lo, T hi) noexcept {
  return v < lo ? lo : v > hi ? hi : v;
}

}  // namespace numerics
OCTET_NAMESPACE_END

#endif  // OCTET_NUMERICS_FP_HPP_
