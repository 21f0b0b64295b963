// binary16 numbers, as binary32 values and as bits.
#ifndef OCTET_NUMERICS_HALF_HPP_
#define OCTET_NUMERICS_HALF_HPP_

#include <bit>
#include <cstdint>

#include "octet/numerics/fp.hpp"

OCTET_NAMESPACE_BEGIN
namespace numerics {

/// The nearest binary16 number, ties to even; beyond the largest one, 65504, that. NaN stays.
constexpr float rounded_to_f16(float v) noexcept {
  constexpr float largest = 65504.f;
  if (v > largest) return largest;
  if (v < -largest) return -largest;
  if (v > -0x1p-14f && v < 0x1p-14f) return mul(rint(mul(v, 0x1p24f)), 0x1p-24f);  // subnormals
  if (!(v == v)) return v;
  const auto bits = std::bit_cast<std::uint32_t>(v);
  return std::bit_cast<float>((bits + 0xFFFu + (bits >> 13 & 1)) & ~std::uint32_t{0x1FFF});
}

/// The value of a binary16 number: exact.
constexpr float from_f16(std::uint16_t h) noexcept {
  const std::uint32_t sign = static_cast<std::uint32_t>(h & 0x8000u) << 16,
                      exponent = h >> 10 & 31u;
  std::uint32_t fraction = h & 1023u;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7F800000u | fraction << 13);
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  if (fraction == 0) return std::bit_cast<float>(sign);
  const int up =
      std::countl_zero(fraction) - 21;  // normalizing shift: bit 10 becomes the hidden one
  fraction = fraction << up & 1023u;
  return std::bit_cast<float>(sign | static_cast<std::uint32_t>(113 - up) << 23 | fraction << 13);
}
/// The bits of the nearest binary16 number, ties to even; from 65520 on infinity. NaN stays, with
/// the first bits of its fraction.
constexpr std::uint16_t to_f16(float v) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(v);
  const std::uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7FFFFFFFu;
  std::uint32_t to = 0;
  if (magnitude > 0x7F800000u)  // NaN
    to = 0x7E00u | (magnitude >> 13 & 0x1FFu);
  else if (magnitude >= 0x477FF000u)  // 65520
    to = 0x7C00u;
  else if (magnitude >= 0x38800000u)  // 2^-14
    to = (magnitude + 0xFFFu + (magnitude >> 13 & 1u) - 0x38000000u) >> 13;
  else  // subnormal: a multiple of 2^-24
    to = static_cast<std::uint32_t>(rint(mul(std::bit_cast<float>(magnitude), 0x1p24f)));
  return static_cast<std::uint16_t>(sign | to);
}

}  // namespace numerics
OCTET_NAMESPACE_END

#endif  // OCTET_NUMERICS_HALF_HPP_
