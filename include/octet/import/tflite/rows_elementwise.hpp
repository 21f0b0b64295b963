// TFLite operators that work element by element: QUANTIZE, DEQUANTIZE, ADD, SUB, MUL.
#ifndef OCTET_IMPORT_TFLITE_ROWS_ELEMENTWISE_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_ELEMENTWISE_HPP_

#include "octet/import/tflite/context.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

inline bool quantized(const tensor& t) {
  return !t.scales.empty() && (is_8bit(t.type) || t.type == dtype::s16);
}
inline status need_inputs(const tflite_node& n, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    if (!n.has(i)) return invalid("input " + std::to_string(i) + " is absent");
  if (n.outputs() == 0) return invalid("operator without output");
  return unit{};
}
inline status quantize(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  return n.emit(n.in(0).type == dtype::f32 ? ops::quantize : ops::requantize);
}
inline status dequantize(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  return n.emit(ops::dequantize);
}

/// Two operands and a fused activation.
template <const op_def& Quantized, const op_def& Float> status fused_binary(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  return n.emit(quantized(n.in(0)) ? Quantized : Float, {},
                n.options<tflite_schema::binary_options>().activation);
}

inline constexpr tflite_row elementwise_rows[] = {
    {"ADD", &fused_binary<ops::qnn_add, ops::add>},
    {"DEQUANTIZE", &dequantize},
    {"MUL", &fused_binary<ops::qnn_mul, ops::mul>},
    {"SUB", &fused_binary<ops::qnn_sub, ops::sub>},
    {"QUANTIZE", &quantize},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_ELEMENTWISE_HPP_
