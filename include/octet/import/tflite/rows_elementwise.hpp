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
/// Old converters called int8 weights beside floats uint8: the bytes are meant, whatever the zero
/// point. Input i is int8 then.
inline result<bool> read_uint8_as_int8(tflite_node& n, std::size_t i) {
  if (!n.is_constant(i) || n.in(i).type != dtype::u8 || n.in(i).scales.empty()) return false;
  const tensor w = n.in(i);
  if (auto s = n.hold_constant(w.data.bytes.size()); !s) return s.error();
  const tensor_id id = n.g().add_constant(w.name, dtype::s8, w.shape, w.data);
  n.g()[id].scales = w.scales, n.g()[id].axis = w.axis;
  n.replace_input(i, id);
  return true;
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

inline status mul(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  laws::facts f = facts_of_file(n);
  f.x.type = n.in(0).type;
  if (n.in_id(0) == n.in_id(1) && quantized(n.in(0)) && laws::squares_by_table(f))
    return n.emit(ops::qnn_square, {n.in_id(0)}, n.outs(), {},
                  n.options<tflite_schema::binary_options>().activation);
  return fused_binary<ops::qnn_mul, ops::mul>(n);
}

inline bool is_power_of_two(double scale) {
  return scale > 0 && numerics::detail::split(scale).m == 1;
}
/// int16 with scales that are all powers of two, where the options ask for it: one operand has the
/// result's scale, the other is brought to it by a rounding shift.
inline bool sums_by_shifts(const tflite_node& n) {
  if (n.out().type != dtype::s16) return false;
  for (const tensor* t : {&n.in(0), &n.in(1), static_cast<const tensor*>(&n.out())})
    if (!quantized(*t) || t->scales.size() != 1 || !is_power_of_two(t->scales[0])) return false;
  return true;
}
template <const op_def& Quantized, const op_def& Float> status sum(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  const auto o = n.options<tflite_schema::sum_options>();
  std::vector<tensor_id> in = n.ins();
  if (o.by_shifts && n.has_options() && sums_by_shifts(n)) {
    const double to = n.out().scales[0];
    bool same = false;
    for (std::size_t i = 0; i < 2; ++i) {
      if (n.in(i).scales[0] > to) return unsupported("a sum by shifts to a finer scale");
      same |= n.in(i).scales[0] == to;
    }
    if (!same) return unsupported("a sum by shifts where no operand has the result's scale");
    for (std::size_t i = 0; i < 2; ++i) {
      if (n.in(i).scales[0] == to) continue;
      n.framework.by_shifts = true;
      in[i] = n.temporary("/shifted", dtype::s16, {to}, {0});
      if (auto s = n.emit(ops::requantize, {n.in_id(i)}, {in[i]}); !s) return s;
    }
  }
  return n.emit(quantized(n.in(0)) ? Quantized : Float, std::move(in), n.outs(), {}, o.activation);
}

inline constexpr tflite_row elementwise_rows[] = {
    {"ADD", &sum<ops::qnn_add, ops::add>}, {"DEQUANTIZE", &dequantize}, {"MUL", &mul},
    {"SUB", &sum<ops::qnn_sub, ops::sub>}, {"QUANTIZE", &quantize},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_ELEMENTWISE_HPP_
