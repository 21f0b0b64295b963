// Direct calls of all operators. A file that calls few of them and is header-only compiles faster
// with the headers of those (direct/add.hpp, direct/conv2d.hpp,
// direct/depthwise_conv2d.hpp).
#ifndef OCTET_DIRECT_HPP_
#define OCTET_DIRECT_HPP_

#include "octet/direct/add.hpp"
#include "octet/direct/call.hpp"
#include "octet/direct/conv2d.hpp"
#include "octet/direct/depthwise_conv2d.hpp"
#include "octet/kernels/every_kernel.hpp"
#include "octet/ops/list.hpp"

OCTET_NAMESPACE_BEGIN

/// w [O,KH,KW,C/groups].
template <int = 0>
status transpose_conv2d(const quantized_view& x, const quantized_view& w,
                        std::span<const std::int32_t> bias, const transpose_conv2d_attrs& a,
                        const quantized_result& y, arithmetic how = {}) {
  return detail::weighted_call<ops::transpose_conv2d>(x, w, bias, y, to_attributes(a), how);
}
/// x flattened to [elements / K, K], w [N,K], y [batch,N].
template <int = 0>
status fully_connected(const quantized_view& x, const quantized_view& w,
                       std::span<const std::int32_t> bias, const fully_connected_attrs& a,
                       const quantized_result& y, arithmetic how = {}) {
  return detail::weighted_call<ops::fully_connected>(x, w, bias, y, to_attributes(a), how);
}
/// [..., M, K] x [..., K, N].
template <int = 0>
status batch_matmul(const quantized_view& a, const quantized_view& b, const batch_matmul_attrs& o,
                    const quantized_result& y, arithmetic how = {}) {
  return detail::binary_call<ops::qnn_batch_matmul, ops::batch_matmul>(a, b, y, to_attributes(o),
                                                                       how);
}

/// Elementwise with broadcasting. minimum and maximum take raw values: one quantization for all
/// three.
template <int = 0>
status mul(const quantized_view& a, const quantized_view& b, const quantized_result& y,
           arithmetic how = {}) {
  return detail::binary_call<ops::qnn_mul, ops::mul>(a, b, y, {}, how);
}
template <int = 0>
status div(const quantized_view& a, const quantized_view& b, const quantized_result& y,
           arithmetic how = {}) {
  return detail::binary_call<ops::qnn_div, ops::div>(a, b, y, {}, how);
}
template <int = 0>
status squared_difference(const quantized_view& a, const quantized_view& b,
                          const quantized_result& y, arithmetic how = {}) {
  return detail::binary_call<ops::qnn_squared_difference, ops::squared_difference>(a, b, y, {},
                                                                                   how);
}
template <int = 0>
status minimum(const quantized_view& a, const quantized_view& b, const quantized_result& y) {
  return detail::binary_call<ops::qnn_minimum, ops::minimum>(a, b, y, {}, {});
}
template <int = 0>
status maximum(const quantized_view& a, const quantized_view& b, const quantized_result& y) {
  return detail::binary_call<ops::qnn_maximum, ops::maximum>(a, b, y, {}, {});
}

template <int = 0>
status requantize(const quantized_view& x, const quantized_result& y, arithmetic how = {}) {
  return detail::one_call<ops::requantize>({&x, 1}, y, {}, how);
}
template <int = 0>
status quantize(const quantized_view& x, const quantized_result& y, arithmetic how = {}) {
  return detail::one_call<ops::quantize>({&x, 1}, y, {}, how);
}
template <int = 0> status dequantize(const quantized_view& x, const quantized_result& y) {
  return detail::one_call<ops::dequantize>({&x, 1}, y, {}, {});
}

/// Functions of each element.
template <int = 0>
status relu(const quantized_view& x, const quantized_result& y, arithmetic how = {}) {
  return detail::clamp_call<ops::qnn_relu, ops::relu>(activation::relu, x, y, how);
}
template <int = 0>
status relu6(const quantized_view& x, const quantized_result& y, arithmetic how = {}) {
  return detail::clamp_call<ops::qnn_relu6, ops::relu6>(activation::relu6, x, y, how);
}
template <int = 0>
status leaky_relu(const quantized_view& x, double alpha, const quantized_result& y,
                  arithmetic how = {}) {
  return detail::unary_call<ops::qnn_leaky_relu, ops::leaky_relu>(
      x, y, detail::number("alpha", alpha), how);
}
template <int = 0>
status elu(const quantized_view& x, const quantized_result& y, arithmetic how = {}) {
  return detail::unary_call<ops::qnn_elu, ops::elu>(x, y, {}, how);
}
template <int = 0>
status gelu(const quantized_view& x, const quantized_result& y, arithmetic how = {}) {
  return detail::unary_call<ops::qnn_gelu, ops::gelu>(x, y, {}, how);
}
template <int = 0>
status hard_swish(const quantized_view& x, const quantized_result& y, arithmetic how = {}) {
  return detail::unary_call<ops::qnn_hard_swish, ops::hard_swish>(x, y, {}, how);
}
template <int = 0>
status logistic(const quantized_view& x, const quantized_result& y, arithmetic how = {}) {
  return detail::unary_call<ops::qnn_logistic, ops::logistic>(x, y, {}, how);
}
template <int = 0>
status tanh(const quantized_view& x, const quantized_result& y, arithmetic how = {}) {
  return detail::unary_call<ops::qnn_tanh, ops::tanh>(x, y, {}, how);
}
/// Along an axis.
template <int = 0>
status softmax(const quantized_view& x, const softmax_attrs& a, const quantized_result& y,
               arithmetic how = {}) {
  return detail::unary_call<ops::qnn_softmax, ops::softmax>(x, y, to_attributes(a), how);
}
template <int = 0>
status log_softmax(const quantized_view& x, const softmax_attrs& a, const quantized_result& y,
                   arithmetic how = {}) {
  return detail::unary_call<ops::qnn_log_softmax, ops::log_softmax>(x, y, to_attributes(a), how);
}

template <int = 0>
status avg_pool2d(const quantized_view& x, const pool2d_attrs& a, const quantized_result& y,
                  arithmetic how = {}) {
  return detail::unary_call<ops::qnn_avg_pool2d, ops::avg_pool2d>(x, y, to_attributes(a), how);
}
template <int = 0>
status max_pool2d(const quantized_view& x, const pool2d_attrs& a, const quantized_result& y) {
  return detail::unary_call<ops::qnn_max_pool2d, ops::max_pool2d>(x, y, to_attributes(a), {});
}
template <int = 0>
status mean(const quantized_view& x, const reduce_attrs& a, const quantized_result& y,
            arithmetic how = {}) {
  return detail::unary_call<ops::qnn_mean, ops::mean>(x, y, to_attributes(a), how);
}
template <int = 0>
status sum(const quantized_view& x, const reduce_attrs& a, const quantized_result& y,
           arithmetic how = {}) {
  return detail::unary_call<ops::qnn_sum, ops::sum>(x, y, to_attributes(a), how);
}
template <int = 0>
status resize_bilinear(const quantized_view& x, const resize_attrs& a, const quantized_result& y,
                       arithmetic how = {}) {
  return detail::unary_call<ops::qnn_resize_bilinear, ops::resize_bilinear>(x, y, to_attributes(a),
                                                                            how);
}
template <int = 0>
status resize_nearest(const quantized_view& x, const resize_attrs& a, const quantized_result& y) {
  return detail::one_call<ops::resize_nearest>({&x, 1}, y, to_attributes(a), {});
}

/// Real zeros around: two paddings per axis.
template <int = 0>
status pad(const quantized_view& x, std::span<const std::int32_t> paddings,
           const quantized_result& y) {
  return detail::unary_call<ops::qnn_pad, ops::pad>(x, y, detail::numbers("paddings", paddings),
                                                    {});
}
template <int = 0>
status transpose(const quantized_view& x, std::span<const std::int32_t> perm,
                 const quantized_result& y) {
  return detail::one_call<ops::transpose>({&x, 1}, y, detail::numbers("perm", perm), {});
}
template <int = 0>
status concat(std::span<const quantized_view> x, std::int32_t axis, const quantized_result& y,
              arithmetic how = {}) {
  if (x.empty()) return invalid("inputs of concat", "none", "one or more");
  return detail::either_call<ops::qnn_concat, ops::concat>(x, y, to_attributes(concat_attrs{axis}),
                                                           how);
}
/// Index of the largest element along an axis; y int32 or int64.
template <int = 0>
status arg_max(const quantized_view& x, std::int32_t axis, const quantized_result& y) {
  return detail::one_call<ops::arg_max>({&x, 1}, y, to_attributes(axis_attrs{axis}), {});
}

OCTET_NAMESPACE_END

#endif  // OCTET_DIRECT_HPP_
