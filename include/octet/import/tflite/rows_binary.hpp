// TFLite's other two-operand operators: MINIMUM, MAXIMUM, comparisons, logic, SQUARED_DIFFERENCE,
// DIV, FLOOR_DIV, FLOOR_MOD, POW, bits, SELECT, CAST.
#ifndef OCTET_IMPORT_TFLITE_ROWS_BINARY_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_BINARY_HPP_

#include "octet/import/tflite/rows_elementwise.hpp"
#include "octet/import/tflite/rows_shape.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

/// Of equal floats, 0 and -0, and of a NaN the framework gives the second operand, octet's operator
/// the first; but of a tensor and one element XNNPACK gives the tensor's where the file holds the
/// element, else the element.
inline bool gives_second_operand(const tflite_node& n) {
  if (!laws::has_xnnpack(n.g().arithmetic)) return true;
  const auto one = [&](std::size_t i) { return n.in(i).shape.elements().value == 1; };
  return one(0) ? n.is_constant(0) : !one(1) || !n.is_constant(1);
}
/// TFLite compares raw values whatever the parameters say; its converter usually makes all three
/// equal.
template <const op_def& Quantized, const op_def& Plain> status extremum(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  if (n.in(0).type == dtype::f32 && gives_second_operand(n))
    return n.emit(Plain, {n.in_id(1), n.in_id(0)}, n.outs());
  const bool equal = quantized(n.in(0)) && same_quantization(n.in(0), n.in(1)) &&
                     same_quantization(n.in(0), n.out());
  return n.emit(equal ? Quantized : Plain);
}
/// The framework divides by the scales of codes, or compares by them, also where there are none.
inline status codes_have_scale(const tflite_node& n) {
  const dtype t = n.in(0).type;
  if (quantized(n.in(0)) || !(is_8bit(t) || t == dtype::s16)) return unit{};
  return unsupported("operands without a scale", std::string(name_of(t)),
                     "float32, int32, int64; int8, uint8 and int16 with scales");
}
/// Quantized operands are brought to a common scale, in int16 only for equality; the order of int16
/// and plain numbers is that of their values.
template <const op_def& Quantized, const op_def& Plain> status comparison(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  constexpr bool equality = &Plain == &ops::equal || &Plain == &ops::not_equal;
  if (equality && !(&Plain == &ops::equal && n.in(0).type == dtype::s16))
    if (auto s = codes_have_scale(n); !s) return s;
  return n.emit(quantized(n.in(0)) && (equality || is_8bit(n.in(0).type)) ? Quantized : Plain);
}
inline status div(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  if (auto s = codes_have_scale(n); !s) return s;
  return fused_binary<ops::qnn_div, ops::div>(n);
}
/// On raw values, whatever the parameters say.
template <const op_def& Op> status raw_binary(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  return n.emit(Op);
}
inline status logical_not(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  const tensor_id no = n.g().add_constant(n.out().name + "/false", dtype::boolean, dims{},
                                          constant_data::copy(std::array{std::byte{0}}));
  return n.emit(ops::equal, {n.in_id(0), no}, n.outs());
}
template <const op_def& Op> status plain_binary(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  if (quantized(n.in(0)))
    return unsupported("quantized operands", std::string(name_of(n.in(0).type)),
                       "float32, int32, int64");
  return n.emit(Op);
}
inline status squared_difference(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  return n.emit(quantized(n.in(0)) ? ops::qnn_squared_difference : ops::squared_difference);
}
/// A choice whose result is brought to a shape of the file.
inline status select_as(tflite_node& n, const dims& shape) {
  const tensor_id y = n.temporary("/choice", n.out().type, n.out().scales, n.out().zero_points);
  if (auto s = n.emit(ops::select, n.ins(), {y}); !s) return s;
  attributes a;
  a.set("shape", std::vector<std::int64_t>(shape.begin(), shape.end()));
  return n.emit(ops::reshape, {y}, n.outs(), std::move(a));
}
/// SELECT takes a condition per outermost index, SELECT_V2 broadcasts. Of three operands of one
/// element each, the result has the shape that the file gives it.
template <bool Broadcasts> status select(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  const auto one = [](const tensor& t) { return t.shape.elements().value == 1; };
  if (one(n.in(0)) && one(n.in(1)) && one(n.in(2)) && one(n.out()))
    return select_as(n, dims(n.out().shape));
  if (!Broadcasts && n.in(0).shape.rank == 1 && n.in(1).shape.rank > 1) {
    attributes a;
    std::vector<std::int64_t> shape(as_size(n.in(1).shape.rank), 1);
    shape[0] = n.in(0).shape[0];
    a.set("shape", std::move(shape));
    const tensor_id c = n.temporary("/condition", n.in(0).type);
    if (auto s = n.emit(ops::reshape, {n.in_id(0)}, {c}, std::move(a)); !s) return s;
    return n.emit(ops::select, {c, n.in_id(1), n.in_id(2)}, n.outs());
  }
  return n.emit(ops::select);
}
inline status cast(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  const dtype from = n.in(0).type, to = n.out().type;
  tensor_id x = n.in_id(0);
  if (from == dtype::f16 && to == dtype::f32) return n.emit(ops::dequantize);
  if (from == dtype::f16 || (to == dtype::f16 && from != dtype::f32)) {
    const tensor_id wide = n.temporary("/wide", dtype::f32);
    const op_def& widen = from == dtype::f16 ? ops::dequantize : ops::cast;
    if (auto s = n.emit(widen, {x}, {wide}); !s) return s;
    x = wide;
  }
  attributes a;
  if (is_float(from) && !is_float(to) && to != dtype::boolean &&
      laws::casts_nan_to_highest(n.g().arithmetic))
    a.set("nan_is_highest", std::int64_t{1});
  return n.emit(ops::cast, {x}, n.outs(), std::move(a));
}

inline constexpr tflite_row binary_rows[] = {
    {"DIV", &div},
    {"CAST", &cast},
    {"MAXIMUM", &extremum<ops::qnn_maximum, ops::maximum>},
    {"MINIMUM", &extremum<ops::qnn_minimum, ops::minimum>},
    {"LESS", &comparison<ops::qnn_less, ops::less>},
    {"GREATER", &comparison<ops::qnn_greater, ops::greater>},
    {"GREATER_EQUAL", &comparison<ops::qnn_greater_equal, ops::greater_equal>},
    {"LESS_EQUAL", &comparison<ops::qnn_less_equal, ops::less_equal>},
    {"SELECT", &select<false>},
    {"EQUAL", &comparison<ops::qnn_equal, ops::equal>},
    {"NOT_EQUAL", &comparison<ops::qnn_not_equal, ops::not_equal>},
    {"LOGICAL_OR", &plain_binary<ops::logical_or>},
    {"LOGICAL_AND", &plain_binary<ops::logical_and>},
    {"LOGICAL_NOT", &logical_not},
    {"POW", &plain_binary<ops::pow>},
    {"BITWISE_XOR", &raw_binary<ops::bitwise_xor>},
    {"RIGHT_SHIFT", &raw_binary<ops::right_shift>},
    {"FLOOR_DIV", &raw_binary<ops::floor_div>},
    {"FLOOR_MOD", &raw_binary<ops::floor_mod>},
    {"SQUARED_DIFFERENCE", &squared_difference},
    {"SELECT_V2", &select<true>},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_BINARY_HPP_
