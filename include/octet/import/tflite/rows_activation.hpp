// TFLite operators of one tensor: activations, elementary functions, softmax, normalization; and
// PRELU.
#ifndef OCTET_IMPORT_TFLITE_ROWS_ACTIVATION_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_ACTIVATION_HPP_

#include "octet/import/tflite/rows_elementwise.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

/// One input, quantized and float32 forms, one rounding of the quantized form under both laws.
template <const op_def& Quantized, const op_def& Float, rounding Round>
status unary_node(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (!quantized(n.in(0))) return n.emit(Float);
  return n.emit(Quantized, {}, Round);
}
/// LOGISTIC, TANH, ELU: tables of the reference and of XNNPACK, which round ties differently. The
/// default interpreter leaves int16 (not ELU) to TFLite's optimized kernels, which use another
/// function at some scales.
template <const op_def& Quantized, const op_def& Float> status table_node(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (!quantized(n.in(0))) return n.emit(Float);
  return n.emit(Quantized, {},
                n.reference_law()       ? rounding::AWAY
                : is_8bit(n.in(0).type) ? rounding::XNN
                                        : rounding::OPT);
}
/// 1 / sqrt: an integer formula on int8, a table on int16.
inline status rsqrt(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (!quantized(n.in(0))) return n.emit(ops::rsqrt);
  return n.emit(ops::qnn_rsqrt, {}, n.in(0).type == dtype::s16 ? rounding::AWAY : rounding::DR);
}
inline status leaky_relu(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  attributes a;
  const float alpha = n.options.f32(0);
  a.set("alpha", static_cast<double>(alpha));
  if (!quantized(n.in(0))) return n.emit(ops::leaky_relu, std::move(a));
  return n.emit(
      ops::qnn_leaky_relu, std::move(a),
      xnn_takes_8bit(n) && numerics::xnn_takes_leaky_relu(tflite_node::scale(n.in(0)),
                                                          tflite_node::scale(n.out()), alpha)
          ? rounding::Q8
          : rounding::DR);
}
inline status gelu(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  attributes a;
  if (n.options.flag(0)) a.set("approximate", std::int64_t{1});
  if (!quantized(n.in(0))) return n.emit(ops::gelu, std::move(a));
  return n.emit(ops::qnn_gelu, std::move(a), rounding::AWAY);
}
inline status softmax(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  attributes a;
  if (const float beta = n.options.f32(0); beta != 1) a.set("beta", static_cast<double>(beta));
  if (!quantized(n.in(0))) return n.emit(ops::softmax, std::move(a));
  return n.emit(ops::qnn_softmax, std::move(a),
                n.in(0).type == dtype::s16 ? rounding::I64
                : n.reference_law()        ? rounding::DR
                                           : rounding::OPT);
}
inline status log_softmax(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (!quantized(n.in(0))) return n.emit(ops::log_softmax);
  return n.emit(ops::qnn_log_softmax, {}, n.reference_law() ? rounding::DR : rounding::OPT);
}
template <const op_def& Quantized, const op_def& Float, std::size_t Inputs>
status dr_node(tflite_node& n) {
  if (auto s = need_inputs(n, Inputs); !s) return s;
  if (!quantized(n.in(0))) return n.emit(Float);
  return n.emit(Quantized, {}, rounding::DR);
}
template <const op_def& Float> status float_node(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  return n.emit(Float);
}

inline constexpr tflite_row activation_rows[] = {
    {8, "FLOOR", &float_node<ops::floor>},
    {11, "L2_NORMALIZATION", &dr_node<ops::qnn_l2_normalization, ops::l2_normalization, 1>},
    {14, "LOGISTIC", &table_node<ops::qnn_logistic, ops::logistic>},
    {19, "RELU", &unary_node<ops::qnn_relu, ops::relu, rounding::DR>},
    {20, "RELU_N1_TO_1", &unary_node<ops::qnn_relu_n1_to_1, ops::relu_n1_to_1, rounding::DR>},
    {21, "RELU6", &unary_node<ops::qnn_relu6, ops::relu6, rounding::DR>},
    {25, "SOFTMAX", &softmax},
    {28, "TANH", &table_node<ops::qnn_tanh, ops::tanh>},
    {47, "EXP", &unary_node<ops::qnn_exp, ops::exp, rounding::AWAY>},
    {50, "LOG_SOFTMAX", &log_softmax},
    {54, "PRELU", &dr_node<ops::qnn_prelu, ops::prelu, 2>},
    {59, "NEG", &unary_node<ops::qnn_neg, ops::neg, rounding::none>},
    {66, "SIN", &unary_node<ops::qnn_sin, ops::sin, rounding::AWAY>},
    {73, "LOG", &unary_node<ops::qnn_log, ops::log, rounding::AWAY>},
    {75, "SQRT", &unary_node<ops::qnn_sqrt, ops::sqrt, rounding::TRUNC>},
    {76, "RSQRT", &rsqrt},
    {92, "SQUARE", &unary_node<ops::qnn_square, ops::square, rounding::AWAY>},
    {98, "LEAKY_RELU", &leaky_relu},
    {101, "ABS", &unary_node<ops::qnn_abs, ops::abs, rounding::DR>},
    {104, "CEIL", &float_node<ops::ceil>},
    {108, "COS", &unary_node<ops::qnn_cos, ops::cos, rounding::AWAY>},
    {111, "ELU", &table_node<ops::qnn_elu, ops::elu>},
    {116, "ROUND", &float_node<ops::round>},
    {117, "HARD_SWISH", &unary_node<ops::qnn_hard_swish, ops::hard_swish, rounding::DR>},
    {150, "GELU", &gelu},
    {152, "RELU_0_TO_1", &unary_node<ops::qnn_relu_0_to_1, ops::relu_0_to_1, rounding::DR>},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_ACTIVATION_HPP_
