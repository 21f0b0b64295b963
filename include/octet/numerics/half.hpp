// binary16 numbers as binary32 values.
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

}  // namespace numerics
OCTET_NAMESPACE_END

#endif  // OCTET_NUMERICS_HALF_HPP_
