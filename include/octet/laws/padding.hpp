// Padding of windows that a framework gives by name instead of by numbers.
#ifndef OCTET_LAWS_PADDING_HPP_
#define OCTET_LAWS_PADDING_HPP_

#include <cstdint>

#include "octet/core/config.hpp"

OCTET_COLD_NAMESPACE_BEGIN
namespace laws {

/// Elements around one axis; of a transposed convolution: cropped, and `more` added after.
struct axis_padding {
  std::int32_t before = 0, after = 0, more = 0;
  constexpr bool operator==(const axis_padding&) const = default;
};

/// Elements that SAME adds to one axis: max((out - 1) * stride + reach - in, 0) with
/// out = ceil(in / stride) and reach = (window - 1) * dilation + 1. 0 where window, stride or
/// dilation is below 1.
constexpr std::int64_t same_padding_total(std::int32_t in, std::int32_t window, std::int32_t stride,
                                          std::int32_t dilation) noexcept {
  if (stride < 1 || dilation < 1 || window < 1) return 0;
  const std::int64_t out = (std::int64_t{in} + stride - 1) / stride,
                     reach = (std::int64_t{window} - 1) * dilation + 1,
                     total = (out - 1) * stride + reach - in;
  return total < 0 ? 0 : total;
}
/// TensorFlow's SAME for one axis, ONNX's SAME_UPPER: the smaller half comes before.
/// same_padding_total is below 2^32 here.
constexpr axis_padding same_padding(std::int32_t in, std::int32_t window, std::int32_t stride,
                                    std::int32_t dilation) noexcept {
  const std::int64_t total = same_padding_total(in, window, stride, dilation);
  return {static_cast<std::int32_t>(total / 2), static_cast<std::int32_t>(total - total / 2)};
}

/// TensorFlow's padding of one axis of a transposed convolution, where the windows reach `extra`
/// elements beyond the wanted output: crop them, the smaller half before; add what falls short.
constexpr axis_padding transposed_padding(std::int32_t extra) noexcept {
  if (extra < 0) return {0, 0, -extra};
  return {extra / 2, extra - extra / 2, 0};
}

/// ONNX's SAME_LOWER, and its transposed convolutions but for SAME_UPPER: the larger half comes
/// before.
constexpr axis_padding larger_half_before(axis_padding p) noexcept {
  return {p.after, p.before, p.more};
}

}  // namespace laws
OCTET_NAMESPACE_END

#endif  // OCTET_LAWS_PADDING_HPP_
