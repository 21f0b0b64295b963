// All operators of ONNX files that octet runs: one row each.
#ifndef OCTET_IMPORT_ONNX_ROWS_HPP_
#define OCTET_IMPORT_ONNX_ROWS_HPP_

#include "octet/import/onnx/rows_recurrent.hpp"
#include "octet/import/onnx/rows_shape.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

inline constexpr std::string_view microsoft_domain = "com.microsoft";
inline constexpr onnx_row onnx_rows[] = {
    {"QuantizeLinear", "", &rows::quantize_row},
    {"QuantizeLinear", microsoft_domain, &rows::quantize_row},
    {"DequantizeLinear", "", &rows::dequantize_row},
    {"DequantizeLinear", microsoft_domain, &rows::dequantize_row},
    {"DynamicQuantizeLinear", "", &rows::dynamic_quantize_row},

    {"QLinearConv", "", &rows::qlinear_conv_row},
    {"QLinearMatMul", "", &rows::qlinear_matmul_row},
    {"QGemm", microsoft_domain, &rows::qgemm_row},
    {"ConvInteger", "", &rows::conv_integer_row},
    {"MatMulInteger", "", &rows::matmul_integer_row},
    {"MatMulIntegerToFloat", microsoft_domain, &rows::matmul_integer_to_float_row},
    {"DynamicQuantizeMatMul", microsoft_domain, &rows::dynamic_quantize_matmul_row},
    {"QLinearAdd", microsoft_domain, &rows::qlinear_binary_row<false>},
    {"QLinearMul", microsoft_domain, &rows::qlinear_binary_row<true>},
    {"QLinearConcat", microsoft_domain, &rows::qlinear_concat_row},
    {"QLinearWhere", microsoft_domain, &rows::qlinear_where_row},
    {"QLinearSigmoid", microsoft_domain, &rows::qlinear_unary_row<ops::qnn_logistic>},
    {"QLinearLeakyRelu", microsoft_domain, &rows::qlinear_unary_row<ops::qnn_leaky_relu>},
    {"QLinearSoftmax", microsoft_domain, &rows::qlinear_softmax_row},
    {"QLinearAveragePool", microsoft_domain, &rows::qlinear_average_pool_row<false>},
    {"QLinearGlobalAveragePool", microsoft_domain, &rows::qlinear_average_pool_row<true>},

    {"Conv", "", &rows::conv_row},
    {"ConvTranspose", "", &rows::conv_transpose_row},
    {"Gemm", "", &rows::gemm_row},
    {"MatMul", "", &rows::matmul_row},
    {"BatchNormalization", "", &rows::batch_normalization_row},
    {"MaxPool", "", &rows::max_pool_row},
    {"AveragePool", "", &rows::average_pool_row},
    {"GlobalAveragePool", "", &rows::global_pool_row<false>},
    {"GlobalMaxPool", "", &rows::global_pool_row<true>},
    {"Resize", "", &rows::resize_row},
    {"Upsample", "", &rows::resize_row},
    {"Softmax", "", &rows::softmax_row<ops::softmax>},
    {"LogSoftmax", "", &rows::softmax_row<ops::log_softmax>},

    {"Add", "", &rows::binary_row<ops::add>},
    {"Sub", "", &rows::binary_row<ops::sub>},
    {"Mul", "", &rows::binary_row<ops::mul>},
    {"Div", "", &rows::binary_row<ops::div>},
    {"Pow", "", &rows::pow_row},
    {"Min", "", &rows::fold_row<ops::minimum>},
    {"Max", "", &rows::fold_row<ops::maximum>},
    {"Sum", "", &rows::fold_row<ops::add>},
    {"Equal", "", &rows::compare_row<ops::equal>},
    {"Less", "", &rows::compare_row<ops::less>},
    {"LessOrEqual", "", &rows::compare_row<ops::less_equal>},
    {"Greater", "", &rows::compare_row<ops::greater>},
    {"GreaterOrEqual", "", &rows::compare_row<ops::greater_equal>},
    {"And", "", &rows::compare_row<ops::logical_and>},
    {"Or", "", &rows::compare_row<ops::logical_or>},
    {"Not", "", &rows::not_row},
    {"Where", "", &rows::where_row},

    {"Relu", "", &rows::relu_row},
    {"Clip", "", &rows::clip_row},
    {"LeakyRelu", "", &rows::slope_row<ops::leaky_relu>},
    {"Elu", "", &rows::slope_row<ops::elu>},
    {"Sigmoid", "", &rows::unary_row<ops::logistic>},
    {"Tanh", "", &rows::unary_row<ops::tanh>},
    {"HardSigmoid", "", &rows::hard_sigmoid_row},
    {"HardSwish", "", &rows::hard_swish_row},
    {"Gelu", "", &rows::gelu_row},
    {"Gelu", microsoft_domain, &rows::bias_gelu_row<false>},
    {"BiasGelu", microsoft_domain, &rows::bias_gelu_row<false>},
    {"FastGelu", microsoft_domain, &rows::bias_gelu_row<true>},
    {"QuickGelu", microsoft_domain, &rows::quick_gelu_row},
    {"LayerNormalization", "", &rows::layer_normalization_row<true>},
    {"SimplifiedLayerNormalization", "", &rows::layer_normalization_row<false>},
    {"SkipLayerNormalization", microsoft_domain, &rows::skip_layer_normalization_row<true>},
    {"SkipSimplifiedLayerNormalization", microsoft_domain,
     &rows::skip_layer_normalization_row<false>},
    {"QAttention", microsoft_domain, &rows::qattention_row},
    {"LSTM", "", &rows::lstm_row<false>},
    {"DynamicQuantizeLSTM", microsoft_domain, &rows::lstm_row<true>},
    {"Erf", "", &rows::unary_row<ops::erf>},
    {"Exp", "", &rows::unary_row<ops::exp>},
    {"Log", "", &rows::unary_row<ops::log>},
    {"Sqrt", "", &rows::unary_row<ops::sqrt>},
    {"Sin", "", &rows::unary_row<ops::sin>},
    {"Cos", "", &rows::unary_row<ops::cos>},
    {"Abs", "", &rows::unary_row<ops::abs>},
    {"Neg", "", &rows::neg_row},
    {"Floor", "", &rows::unary_row<ops::floor>},
    {"Ceil", "", &rows::unary_row<ops::ceil>},
    {"Round", "", &rows::unary_row<ops::round>},
    {"Reciprocal", "", &rows::reciprocal_row},

    {"ReduceMean", "", &rows::reduce_row<ops::mean, 18>},
    {"ReduceSum", "", &rows::reduce_row<ops::sum, 13>},
    {"ReduceMax", "", &rows::reduce_row<ops::reduce_max, 18>},
    {"ReduceMin", "", &rows::reduce_row<ops::reduce_min, 18>},
    {"ReduceProd", "", &rows::reduce_row<ops::reduce_prod, 18>},
    {"ArgMax", "", &rows::arg_row},
    {"ArgMin", "", &rows::arg_row},
    {"CumSum", "", &rows::cumsum_row},

    {"Identity", "", &rows::identity_row},
    {"Dropout", "", &rows::dropout_row},
    {"Reshape", "", &rows::reshape_row},
    {"Flatten", "", &rows::flatten_row},
    {"Squeeze", "", &rows::squeeze_row},
    {"Unsqueeze", "", &rows::unsqueeze_row},
    {"Transpose", "", &rows::transpose_row},
    {"SpaceToDepth", "", &rows::blocks_row<true>},
    {"DepthToSpace", "", &rows::blocks_row<false>},
    {"Concat", "", &rows::concat_row},
    {"Slice", "", &rows::slice_row},
    {"Split", "", &rows::split_row},
    {"Gather", "", &rows::gather_row},
    {"Expand", "", &rows::expand_row},
    {"Tile", "", &rows::tile_row},
    {"Trilu", "", &rows::trilu_row},
    {"Pad", "", &rows::pad_row},
    {"Shape", "", &rows::shape_row},
    {"Size", "", &rows::size_row},
    {"ConstantOfShape", "", &rows::constant_of_shape_row},
    {"Range", "", &rows::range_row},
    {"Cast", "", &rows::cast_row},
};
inline const onnx_row* find_row(const node& n) {
  for (const onnx_row& r : onnx_rows)
    if (r.name == n.op && r.domain == n.domain) return &r;
  return nullptr;
}

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_ROWS_HPP_
