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
  a.set("alpha", static_cast<double>(n.options<tflite_schema::leaky_relu_options>().alpha));
  return n.emit(quantized(n.in(0)) ? ops::qnn_leaky_relu : ops::leaky_relu, std::move(a));
}
inline status gelu(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  attributes a;
  if (n.options<tflite_schema::gelu_options>().approximate) a.set("approximate", std::int64_t{1});
  return n.emit(quantized(n.in(0)) ? ops::qnn_gelu : ops::gelu, std::move(a));
}
inline status softmax(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  attributes a;
  const auto o = n.options<tflite_schema::softmax_options>();
  if (o.beta != 1) a.set("beta", static_cast<double>(o.beta));
  const tensor y = n.out();
  if (!quantized(n.in(0))) return n.emit(ops::softmax, std::move(a));
  const std::int32_t zero = quantized(y) ? tflite_node::zero(y) : 0;
  if (y.type == dtype::s8 && quantized(y) && zero != -128)  // as in the framework
    return unsupported("zero point of the result", std::to_string(zero), "-128");
  if (y.type != dtype::u8 || zero == 0) return n.emit(ops::qnn_softmax, std::move(a));
  // The framework's codes count from 0, whatever the zero point.
  const tensor_id codes = n.temporary("/codes", y.type, y.scales, {0});
  if (auto s = n.emit(ops::qnn_softmax, {n.in_id(0)}, {codes}, std::move(a)); !s) return s;
  return n.emit(ops::identity, {codes}, n.outs());
}
template <const op_def& Float> status float_node(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  return n.emit(Float);
}

inline status neg(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (n.in(0).type != dtype::f32 || !laws::subtracts_to_negate(n.g().arithmetic))
    return n.emit(quantized(n.in(0)) ? ops::qnn_neg : ops::neg);
  const float zero = 0;
  const tensor_id none = n.g().add_constant(n.out().name + "/zero", dtype::f32, dims{},
                                            constant_data::of(std::span<const float>(&zero, 1)));
  return n.emit(ops::sub, {none, n.in_id(0)}, n.outs());
}
/// The sign of NaN is that NaN.
inline status sign(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  const tensor_id x = n.in_id(0), number = n.temporary("/number", dtype::boolean),
                  sign = n.temporary("/sign", n.in(0).type);
  if (n.in(0).type != dtype::f32) return n.emit(ops::sign);
  if (auto s = n.emit(ops::equal, {x, x}, {number}); !s) return s;
  if (auto s = n.emit(ops::sign, {x}, {sign}); !s) return s;
  return n.emit(ops::select, {number, sign, x}, n.outs());
}

inline constexpr tflite_row activation_rows[] = {
    {"FLOOR", &float_node<ops::floor>},
    {"L2_NORMALIZATION", &function_node<ops::qnn_l2_normalization, ops::l2_normalization>},
    {"LOGISTIC", &function_node<ops::qnn_logistic, ops::logistic>},
    {"RELU", &function_node<ops::qnn_relu, ops::relu>},
    {"RELU_N1_TO_1", &function_node<ops::qnn_relu_n1_to_1, ops::relu_n1_to_1>},
    {"RELU6", &function_node<ops::qnn_relu6, ops::relu6>},
    {"SOFTMAX", &softmax},
    {"TANH", &function_node<ops::qnn_tanh, ops::tanh>},
    {"EXP", &function_node<ops::qnn_exp, ops::exp>},
    {"LOG_SOFTMAX", &function_node<ops::qnn_log_softmax, ops::log_softmax>},
    {"PRELU", &function_node<ops::qnn_prelu, ops::prelu, 2>},
    {"NEG", &neg},
    {"SIN", &function_node<ops::qnn_sin, ops::sin>},
    {"LOG", &function_node<ops::qnn_log, ops::log>},
    {"SQRT", &function_node<ops::qnn_sqrt, ops::sqrt>},
    {"RSQRT", &function_node<ops::qnn_rsqrt, ops::rsqrt>},
    {"SQUARE", &function_node<ops::qnn_square, ops::square>},
    {"LEAKY_RELU", &leaky_relu},
    {"ABS", &function_node<ops::qnn_abs, ops::abs>},
    {"CEIL", &float_node<ops::ceil>},
    {"COS", &function_node<ops::qnn_cos, ops::cos>},
    {"ELU", &function_node<ops::qnn_elu, ops::elu>},
    {"ROUND", &float_node<ops::round>},
    {"HARD_SWISH", &function_node<ops::qnn_hard_swish, ops::hard_swish>},
    {"GELU", &gelu},
    {"SIGN", &sign},
    {"RELU_0_TO_1", &function_node<ops::qnn_relu_0_to_1, ops::relu_0_to_1>},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_ACTIVATION_HPP_
