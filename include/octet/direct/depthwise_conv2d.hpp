// Direct calls of depthwise_conv2d: a header-only file compiles its kernel and conv2d's.
#ifndef OCTET_DIRECT_DEPTHWISE_CONV2D_HPP_
#define OCTET_DIRECT_DEPTHWISE_CONV2D_HPP_

#include "octet/direct/call.hpp"
#include "octet/kernels/depthwise_convolutions.hpp"
#include "octet/ops/conv2d.hpp"

OCTET_COLD_NAMESPACE_BEGIN

/// As conv2d; w [1,KH,KW,C * multiplier].
template <int = 0>
status depthwise_conv2d(const quantized_view& x, const quantized_view& w,
                        std::span<const std::int32_t> bias, const conv2d_attrs& a,
                        const quantized_result& y, arithmetic how = {}) {
  detail::plain_attributes list(a);
  return detail::weighted_call<ops::depthwise_conv2d>(x, w, bias, y, list.set, how);
}

OCTET_NAMESPACE_END

#endif  // OCTET_DIRECT_DEPTHWISE_CONV2D_HPP_
