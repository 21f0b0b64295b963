// All operators of MXNet's files that octet runs: one row each.
#ifndef OCTET_IMPORT_MXNET_ROWS_HPP_
#define OCTET_IMPORT_MXNET_ROWS_HPP_

#include "octet/import/mxnet/rows_elementwise.hpp"
#include "octet/import/mxnet/rows_reduce.hpp"

OCTET_NAMESPACE_BEGIN
namespace mxnet_model {

/// Names that MXNet changed stand in one row each.
inline constexpr mxnet_row mxnet_rows[] = {
    {"_contrib_quantize_v2", &rows::quantize_row},
    {"_contrib_quantize", &rows::quantize_by_inputs_row, 1},
    {"_contrib_dequantize", &rows::dequantize_row, 1},
    {"_contrib_requantize", &rows::requantize_row, 1},
    {"_sg_mkldnn_conv", &rows::fused_convolution_row, 1},
    {"_sg_onednn_conv", &rows::fused_convolution_row, 1},
    {"_sg_mkldnn_fully_connected", &rows::fused_matrix_row, 1},
    {"_sg_onednn_fully_connected", &rows::fused_matrix_row, 1},
    {"_contrib_quantized_conv", &rows::quantized_convolution_row, 1},
    {"_contrib_quantized_fully_connected", &rows::quantized_matrix_row, 1},
    {"_contrib_quantized_elemwise_add", &rows::quantized_sum_row, 2},
    {"_contrib_quantized_npi_add", &rows::quantized_sum_row, 2},
    {"_contrib_quantized_elemwise_mul", &rows::quantized_product_row, 2},
    {"_contrib_quantized_embedding", &rows::quantized_embedding_row, 1},
    {"_contrib_quantized_concat", &rows::quantized_concat_row},
    {"_contrib_quantized_pooling", &rows::pooling_row<true>, 1},
    {"_contrib_quantized_act", &rows::quantized_activation_row, 1},
    {"_contrib_quantized_flatten", &rows::quantized_flatten_row, 1},
    {"_contrib_quantized_batch_norm", &rows::quantized_norm_row, 1},

    {"Convolution", &rows::convolution_row, 1},
    {"FullyConnected", &rows::fully_connected_row, 1},
    {"Pooling", &rows::pooling_row<false>},
    {"BatchNorm", &rows::norm_row, 1},
    {"Activation", &rows::activation_row},
    {"LeakyReLU", &rows::leaky_row, 1},
    {"clip", &rows::clip_row},
    {"relu", &rows::relu_row},
    {"sigmoid", &rows::sigmoid_row},
    {"tanh", &rows::tanh_row},
    {"softmax", &rows::softmax_row},
    {"SoftmaxOutput", &rows::softmax_row},
    {"L2Normalization", &rows::l2_normalization_row},
    {"Embedding", &rows::embedding_row, 1},
    {"Concat", &rows::concat_row},

    {"elemwise_add", &rows::binary_row<ops::add, rows::shapes::same>},
    {"_add", &rows::binary_row<ops::add, rows::shapes::same>},
    {"_plus", &rows::binary_row<ops::add, rows::shapes::same>},
    {"_Plus", &rows::binary_row<ops::add, rows::shapes::same>},
    {"broadcast_add", &rows::binary_row<ops::add, rows::shapes::broadcast>},
    {"broadcast_plus", &rows::binary_row<ops::add, rows::shapes::broadcast>},
    {"elemwise_sub", &rows::binary_row<ops::sub, rows::shapes::same>},
    {"_sub", &rows::binary_row<ops::sub, rows::shapes::same>},
    {"_minus", &rows::binary_row<ops::sub, rows::shapes::same>},
    {"_Minus", &rows::binary_row<ops::sub, rows::shapes::same>},
    {"broadcast_sub", &rows::binary_row<ops::sub, rows::shapes::broadcast>},
    {"broadcast_minus", &rows::binary_row<ops::sub, rows::shapes::broadcast>},
    {"elemwise_mul", &rows::binary_row<ops::mul, rows::shapes::same>},
    {"_mul", &rows::binary_row<ops::mul, rows::shapes::same>},
    {"_Mul", &rows::binary_row<ops::mul, rows::shapes::same>},
    {"broadcast_mul", &rows::binary_row<ops::mul, rows::shapes::broadcast>},
    {"elemwise_div", &rows::binary_row<ops::div, rows::shapes::same>},
    {"_div", &rows::binary_row<ops::div, rows::shapes::same>},
    {"_Div", &rows::binary_row<ops::div, rows::shapes::same>},
    {"broadcast_div", &rows::binary_row<ops::div, rows::shapes::broadcast>},
    {"_maximum", &rows::binary_row<ops::maximum, rows::shapes::same, rows::sides::turned>},
    {"_Maximum", &rows::binary_row<ops::maximum, rows::shapes::same, rows::sides::turned>},
    {"broadcast_maximum",
     &rows::binary_row<ops::maximum, rows::shapes::broadcast, rows::sides::turned>},
    {"_minimum", &rows::binary_row<ops::minimum, rows::shapes::same, rows::sides::turned>},
    {"_Minimum", &rows::binary_row<ops::minimum, rows::shapes::same, rows::sides::turned>},
    {"broadcast_minimum",
     &rows::binary_row<ops::minimum, rows::shapes::broadcast, rows::sides::turned>},
    {"_plus_scalar", &rows::scalar_row<ops::add>},
    {"_PlusScalar", &rows::scalar_row<ops::add>},
    {"_minus_scalar", &rows::scalar_row<ops::sub>},
    {"_MinusScalar", &rows::scalar_row<ops::sub>},
    {"_rminus_scalar", &rows::scalar_row<ops::sub, rows::sides::turned>},
    {"_RMinusScalar", &rows::scalar_row<ops::sub, rows::sides::turned>},
    {"_mul_scalar", &rows::scalar_row<ops::mul>},
    {"_MulScalar", &rows::scalar_row<ops::mul>},
    {"_div_scalar", &rows::scalar_row<ops::div>},
    {"_DivScalar", &rows::scalar_row<ops::div>},
    {"_rdiv_scalar", &rows::scalar_row<ops::div, rows::sides::turned>},
    {"_RDivScalar", &rows::scalar_row<ops::div, rows::sides::turned>},
    {"_maximum_scalar", &rows::scalar_row<ops::maximum, rows::sides::turned>},
    {"_MaximumScalar", &rows::scalar_row<ops::maximum, rows::sides::turned>},
    {"_minimum_scalar", &rows::scalar_row<ops::minimum, rows::sides::turned>},
    {"_MinimumScalar", &rows::scalar_row<ops::minimum, rows::sides::turned>},
    {"_power_scalar", &rows::scalar_row<ops::pow>},
    {"_PowerScalar", &rows::scalar_row<ops::pow>},

    {"mean", &rows::reduce_row<ops::mean>},
    {"sum", &rows::reduce_row<ops::sum>},
    {"sum_axis", &rows::reduce_row<ops::sum>},
    {"max", &rows::reduce_row<ops::reduce_max>},
    {"max_axis", &rows::reduce_row<ops::reduce_max>},
    {"min", &rows::reduce_row<ops::reduce_min>},
    {"min_axis", &rows::reduce_row<ops::reduce_min>},

    {"Flatten", &rows::flatten_row},
    {"flatten", &rows::flatten_row},
    {"Reshape", &rows::reshape_row},
    {"reshape", &rows::reshape_row},
    {"expand_dims", &rows::expand_dims_row},
    {"squeeze", &rows::squeeze_row},
    {"transpose", &rows::transpose_row},
    {"SwapAxis", &rows::swap_axes_row},
    {"swapaxes", &rows::swap_axes_row},
    {"slice", &rows::slice_row},
    {"crop", &rows::slice_row},
    {"slice_axis", &rows::slice_axis_row},
    {"Pad", &rows::pad_row},
    {"pad", &rows::pad_row},
    {"Dropout", &rows::dropout_row},
    {"_copy", &rows::same_row},
    {"identity", &rows::same_row},
    {"BlockGrad", &rows::same_row},
    {"stop_gradient", &rows::same_row},
};
inline const mxnet_row* find_row(std::string_view name) {
  for (const mxnet_row& r : mxnet_rows)
    if (r.name == name) return &r;
  return nullptr;
}

}  // namespace mxnet_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_ROWS_HPP_
