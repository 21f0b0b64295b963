// All operators of MXNet's files that octet runs: one row each.
#ifndef OCTET_IMPORT_MXNET_ROWS_HPP_
#define OCTET_IMPORT_MXNET_ROWS_HPP_

#include "octet/import/mxnet/rows_values.hpp"

OCTET_NAMESPACE_BEGIN
namespace mxnet_model {

/// Names that MXNet changed stand in one row each.
inline constexpr mxnet_row mxnet_rows[] = {
    {"_contrib_quantize_v2", &rows::quantize_row},
    {"_contrib_quantize", &rows::quantize_by_inputs_row},
    {"_contrib_dequantize", &rows::dequantize_row},
    {"_contrib_requantize", &rows::requantize_row},
    {"_sg_mkldnn_conv", &rows::fused_convolution_row},
    {"_sg_onednn_conv", &rows::fused_convolution_row},
    {"_sg_mkldnn_fully_connected", &rows::fused_matrix_row},
    {"_sg_onednn_fully_connected", &rows::fused_matrix_row},
    {"_contrib_quantized_conv", &rows::quantized_convolution_row},
    {"_contrib_quantized_fully_connected", &rows::quantized_matrix_row},
    {"_contrib_quantized_elemwise_add", &rows::quantized_sum_row},
    {"_contrib_quantized_npi_add", &rows::quantized_sum_row},
    {"_contrib_quantized_concat", &rows::quantized_concat_row},
    {"_contrib_quantized_pooling", &rows::pooling_row<true>},
    {"_contrib_quantized_act", &rows::quantized_activation_row},
    {"_contrib_quantized_flatten", &rows::quantized_flatten_row},
    {"_contrib_quantized_batch_norm", &rows::quantized_norm_row},

    {"Convolution", &rows::convolution_row},
    {"FullyConnected", &rows::fully_connected_row},
    {"Pooling", &rows::pooling_row<false>},
    {"BatchNorm", &rows::norm_row},
    {"Activation", &rows::activation_row},
    {"LeakyReLU", &rows::leaky_row},
    {"clip", &rows::clip_row},
    {"relu", &rows::relu_row},
    {"sigmoid", &rows::sigmoid_row},
    {"tanh", &rows::tanh_row},
    {"softmax", &rows::softmax_row},
    {"SoftmaxOutput", &rows::softmax_row},
    {"elemwise_add", &rows::binary_row<false>},
    {"_Plus", &rows::binary_row<false>},
    {"broadcast_add", &rows::binary_row<false>},
    {"elemwise_mul", &rows::binary_row<true>},
    {"broadcast_mul", &rows::binary_row<true>},
    {"Concat", &rows::concat_row},
    {"Flatten", &rows::flatten_row},
    {"flatten", &rows::flatten_row},
    {"Pad", &rows::pad_row},
    {"pad", &rows::pad_row},
    {"Dropout", &rows::same_row},
    {"_copy", &rows::same_row},
    {"identity", &rows::same_row},
};
inline const mxnet_row* find_row(std::string_view name) {
  for (const mxnet_row& r : mxnet_rows)
    if (r.name == name) return &r;
  return nullptr;
}

}  // namespace mxnet_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_ROWS_HPP_
