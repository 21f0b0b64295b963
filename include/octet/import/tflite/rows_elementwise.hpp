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
/// Law tflite_xnnpack: does XNNPACK take a node on these 8-bit tensors? int16 and other nodes stay
/// with TFLite's optimized kernels.
inline bool xnn_takes_8bit(const tflite_node& n) {
  return !n.reference_law() && is_8bit(n.in(0).type);
}

inline status quantize(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  const tensor &x = n.in(0), &y = n.out();
  if (x.type == dtype::f32)
    return n.emit(ops::quantize, {},
                  n.reference_law() ? rounding::AWAY
                  : is_8bit(y.type) ? rounding::EVEN_MUL
                                    : rounding::OPT);
  if (n.reference_law() || !is_8bit(x.type) || !is_8bit(y.type))
    return n.emit(ops::requantize, {}, rounding::DR);
  return n.emit(
      ops::requantize, {},
      x.type == y.type && numerics::xnn_takes_rescale(tflite_node::scale(x), tflite_node::scale(y))
          ? rounding::Q8
          : rounding::RU);
}
inline status dequantize(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  return n.emit(ops::dequantize);
}

inline bool xnn_sum_range(const tflite_node& n) {
  const double y = tflite_node::scale(n.out());
  return numerics::xnn_takes_addend(tflite_node::scale(n.in(0)), y) &&
         numerics::xnn_takes_addend(tflite_node::scale(n.in(1)), y);
}
template <int Sign> status add(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  attributes a;
  if (auto s = n.set_activation(a, n.options.i8(0), n.out()); !s) return s;
  if (!quantized(n.in(0))) return n.emit(Sign > 0 ? ops::add : ops::sub, std::move(a));
  if (Sign > 0 && !n.reference_law() && n.in(0).type == dtype::s16 &&
      n.in(0).shape == n.in(1).shape)
    return n.emit(ops::qnn_add, std::move(a), rounding::OPT);
  return n.emit(Sign > 0 ? ops::qnn_add : ops::qnn_sub, std::move(a),
                xnn_takes_8bit(n) && xnn_sum_range(n) ? rounding::XNN : rounding::DR);
}
inline status mul(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  attributes a;
  if (auto s = n.set_activation(a, n.options.i8(0), n.out()); !s) return s;
  if (!quantized(n.in(0))) return n.emit(ops::mul, std::move(a));
  return n.emit(ops::qnn_mul, std::move(a), xnn_takes_8bit(n) ? rounding::F : rounding::DR);
}

inline constexpr tflite_row elementwise_rows[] = {
    {0, "ADD", &add<1>},   {6, "DEQUANTIZE", &dequantize}, {18, "MUL", &mul},
    {41, "SUB", &add<-1>}, {114, "QUANTIZE", &quantize},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_ELEMENTWISE_HPP_
