// TFLite operators of one tensor: activations, elementary functions, softmax, normalization; and
// PRELU.
#ifndef OCTET_IMPORT_TFLITE_ROWS_ACTIVATION_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_ACTIVATION_HPP_

#include "octet/import/tflite/rows_elementwise.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

/// `Inputs` inputs, quantized and float32 forms.
template <const op_def& Quantized, const op_def& Float, std::size_t Inputs = 1>
status function_node(tflite_node& n) {
  if (auto s = need_inputs(n, Inputs); !s) return s;
  return n.emit(quantized(n.in(0)) ? Quantized : Float);
}
inline status leaky_relu(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  attributes a;
  a.set("alpha", static_cast<double>(n.options.f32(0)));
  return n.emit(quantized(n.in(0)) ? ops::qnn_leaky_relu : ops::leaky_relu, std::move(a));
}
inline status gelu(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  attributes a;
  if (n.options.flag(0)) a.set("approximate", std::int64_t{1});
  return n.emit(quantized(n.in(0)) ? ops::qnn_gelu : ops::gelu, std::move(a));
}
inline status softmax(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  attributes a;
  if (const float beta = n.options.f32(0); beta != 1) a.set("beta", static_cast<double>(beta));
  return n.emit(quantized(n.in(0)) ? ops::qnn_softmax : ops::softmax, std::move(a));
}
template <const op_def& Float> status float_node(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  return n.emit(Float);
}

inline constexpr tflite_row activation_rows[] = {
    {8, "FLOOR", &float_node<ops::floor>},
    {11, "L2_NORMALIZATION", &function_node<ops::qnn_l2_normalization, ops::l2_normalization>},
    {14, "LOGISTIC", &function_node<ops::qnn_logistic, ops::logistic>},
    {19, "RELU", &function_node<ops::qnn_relu, ops::relu>},
    {20, "RELU_N1_TO_1", &function_node<ops::qnn_relu_n1_to_1, ops::relu_n1_to_1>},
    {21, "RELU6", &function_node<ops::qnn_relu6, ops::relu6>},
    {25, "SOFTMAX", &softmax},
    {28, "TANH", &function_node<ops::qnn_tanh, ops::tanh>},
    {47, "EXP", &function_node<ops::qnn_exp, ops::exp>},
    {50, "LOG_SOFTMAX", &function_node<ops::qnn_log_softmax, ops::log_softmax>},
    {54, "PRELU", &function_node<ops::qnn_prelu, ops::prelu, 2>},
    {59, "NEG", &function_node<ops::qnn_neg, ops::neg>},
    {66, "SIN", &function_node<ops::qnn_sin, ops::sin>},
    {73, "LOG", &function_node<ops::qnn_log, ops::log>},
    {75, "SQRT", &function_node<ops::qnn_sqrt, ops::sqrt>},
    {76, "RSQRT", &function_node<ops::qnn_rsqrt, ops::rsqrt>},
    {92, "SQUARE", &function_node<ops::qnn_square, ops::square>},
    {98, "LEAKY_RELU", &leaky_relu},
    {101, "ABS", &function_node<ops::qnn_abs, ops::abs>},
    {104, "CEIL", &float_node<ops::ceil>},
    {108, "COS", &function_node<ops::qnn_cos, ops::cos>},
    {111, "ELU", &function_node<ops::qnn_elu, ops::elu>},
    {116, "ROUND", &float_node<ops::round>},
    {117, "HARD_SWISH", &function_node<ops::qnn_hard_swish, ops::hard_swish>},
    {150, "GELU", &gelu},
    {152, "RELU_0_TO_1", &function_node<ops::qnn_relu_0_to_1, ops::relu_0_to_1>},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_ACTIVATION_HPP_
