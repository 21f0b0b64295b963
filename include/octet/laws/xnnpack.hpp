// Which scales XNNPACK takes; outside these ranges TFLite's own kernels run, with other roundings.
// x, y: scales of an input and of the output. The order of its sums of floats.
#ifndef OCTET_LAWS_XNNPACK_HPP_
#define OCTET_LAWS_XNNPACK_HPP_

#include <cstddef>
#include <cstdint>

#include "octet/numerics/fp.hpp"

OCTET_COLD_NAMESPACE_BEGIN
namespace laws {

/// A change of scale: what 8 fractional bits can hold.
constexpr bool xnnpack_takes_rescale(double x, double y) noexcept {
  const float ratio = numerics::div(static_cast<float>(x), static_cast<float>(y));
  return ratio >= 0x1p-8f && ratio <= 128;
}
/// leaky_relu: also the slope times the ratio.
constexpr bool xnnpack_takes_leaky_relu(double x, double y, float alpha) noexcept {
  const float slope =
      numerics::mul(numerics::div(static_cast<float>(x), static_cast<float>(y)), alpha);
  return xnnpack_takes_rescale(x, y) && slope >= -127.99609375f && slope <= 128 &&
         (slope >= 0x1p-8f || slope <= -0x1p-8f);
}
/// One operand of a sum.
constexpr bool xnnpack_takes_addend(double x, double y) noexcept {
  const float ratio = numerics::div(static_cast<float>(x), static_cast<float>(y));
  return ratio >= 1.f / 1024 && ratio < 256;
}
/// Convolutions of one input and one output channel a group whose taps fit its largest kernel of
/// them run column by column of the window, all others row by row. inputs, outputs: of a group.
constexpr bool xnnpack_sums_columns(std::size_t taps, std::int32_t inputs,
                                    std::int32_t outputs) noexcept {
  return inputs == 1 && outputs == 1 && taps <= 25;
}

}  // namespace laws
OCTET_NAMESPACE_END

#endif  // OCTET_LAWS_XNNPACK_HPP_
