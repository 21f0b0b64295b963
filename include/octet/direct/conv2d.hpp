// Direct calls of conv2d: a header-only file compiles its kernel and no others.
#ifndef OCTET_DIRECT_CONV2D_HPP_
#define OCTET_DIRECT_CONV2D_HPP_

#include "octet/direct/call.hpp"
#include "octet/kernels/convolutions.hpp"
#include "octet/ops/conv2d.hpp"

OCTET_COLD_NAMESPACE_BEGIN

/// y = requantize(conv(x, w) + bias); x [N,H,W,C], w [O,KH,KW,C/groups], bias [O] or empty. y
/// int32: the accumulators.
template <int = 0>
status conv2d(const quantized_view& x, const quantized_view& w, std::span<const std::int32_t> bias,
              const conv2d_attrs& a, const quantized_result& y, arithmetic how = {}) {
  detail::plain_attributes list(a);
  return detail::weighted_call<ops::conv2d>(x, w, bias, y, list.set, how);
}

OCTET_NAMESPACE_END

#endif  // OCTET_DIRECT_CONV2D_HPP_
