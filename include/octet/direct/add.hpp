// Direct calls of sums: a header-only file compiles their kernels and no others.
#ifndef OCTET_DIRECT_ADD_HPP_
#define OCTET_DIRECT_ADD_HPP_

#include "octet/direct/call.hpp"
#include "octet/kernels/sums.hpp"
#include "octet/ops/add.hpp"

OCTET_COLD_NAMESPACE_BEGIN

/// Elementwise with broadcasting.
template <int = 0>
status add(const quantized_view& a, const quantized_view& b, const quantized_result& y,
           arithmetic how = {}) {
  return detail::binary_call<ops::qnn_add, ops::add>(a, b, y, how);
}
template <int = 0>
status sub(const quantized_view& a, const quantized_view& b, const quantized_result& y,
           arithmetic how = {}) {
  return detail::binary_call<ops::qnn_sub, ops::sub>(a, b, y, how);
}

OCTET_NAMESPACE_END

#endif  // OCTET_DIRECT_ADD_HPP_
