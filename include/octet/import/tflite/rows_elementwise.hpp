// TFLite operators that work element by element: QUANTIZE, DEQUANTIZE, FAKE_QUANT, ADD, SUB, MUL.
#ifndef OCTET_IMPORT_TFLITE_ROWS_ELEMENTWISE_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_ELEMENTWISE_HPP_

#include "octet/import/tflite/context.hpp"
#include "octet/laws/tflite.hpp"
#include "octet/laws/xnnpack.hpp"

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
/// A constant of zero bytes.
inline result<tensor_id> zeros(tflite_node& n, const char* suffix, dtype type, dims shape) {
  if (auto s = n.make_constant(bytes_of(shape.elements(), type).value); !s) return s.error();
  return n.g().add_constant(
      n.out().name + suffix, type, shape,
      constant_data::copy(std::vector<std::byte>(bytes_of(shape.elements(), type).value)));
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
/// A part of the last axis of `t`, with its scales.
inline result<tensor_id> part_of_last_axis(tflite_node& n, tensor_id of, const char* suffix,
                                           std::int32_t first, std::int32_t count) {
  const dims shape = n.g()[of].shape;
  std::vector<double> scales = n.g()[of].scales;
  const bool each = scales.size() > 1;
  if (each && std::ssize(scales) != shape.back(0))
    return invalid("scales of the last axis", std::to_string(scales.size()),
                   std::to_string(shape.back(0)));
  if (each) scales = {scales.begin() + first, scales.begin() + first + count};
  const tensor_id part = n.temporary(suffix, n.g()[of].type, std::move(scales),
                                     n.g()[of].zero_points, each ? shape.rank - 1 : -1);
  attributes a;
  std::vector<std::int64_t> begin(as_size(shape.rank), 0), size(shape.begin(), shape.end());
  begin.back() = first, size.back() = count;
  a.set("begin", std::move(begin));
  a.set("size", std::move(size));
  if (auto s = n.emit(ops::slice, {of}, {part}, std::move(a)); !s) return s.error();
  return part;
}
/// Into `to`, which has the operator's result's quantization: the last axis up to its last whole
/// block is RU, what is behind it DR (laws::optimized_block).
inline status requantize_in_blocks(tflite_node& n, tensor_id from, tensor_id to, std::int32_t block,
                                   tflite_activation fused) {
  const std::int32_t extent = n.g()[from].shape.rank == 0 ? 1 : n.g()[from].shape.back(0),
                     whole = extent - extent % block;
  if (whole == extent || whole == 0)
    return n.emit_decided(
        whole == 0 ? rounding::doubling_high_half_away : rounding::doubling_high_half_up,
        ops::requantize, {from}, {to}, fused);
  const tensor y = n.out();
  tensor_id parts[2];
  for (const bool tail : {false, true}) {
    const auto part = part_of_last_axis(n, from, tail ? "/last" : "/blocks", tail ? whole : 0,
                                        tail ? extent - whole : whole);
    if (!part) return part.error();
    parts[tail] =
        n.temporary(tail ? "/last_rounded" : "/blocks_rounded", y.type, y.scales, y.zero_points);
    if (auto s = n.emit_decided(
            tail ? rounding::doubling_high_half_away : rounding::doubling_high_half_up,
            ops::requantize, {*part}, {parts[tail]}, fused);
        !s)
      return s;
  }
  attributes a;
  a.set("axis", std::int64_t{-1});
  return n.emit(ops::concat, {parts[0], parts[1]}, {to}, std::move(a));
}
/// The same with all elements in a row, into the operator's result. `from` has one scale.
inline status requantize_elements_in_blocks(tflite_node& n, tensor_id from,
                                            tflite_activation fused) {
  const tensor x = n.g()[from], y = n.out();
  attributes flat, back;
  flat.set("shape", std::vector<std::int64_t>{-1});
  back.set("shape", std::vector<std::int64_t>(x.shape.begin(), x.shape.end()));
  const tensor_id row = n.temporary("/row", x.type, x.scales, x.zero_points),
                  rounded = n.temporary("/row_rounded", y.type, y.scales, y.zero_points);
  if (auto s = n.emit(ops::reshape, {from}, {row}, std::move(flat)); !s) return s;
  if (auto s = requantize_in_blocks(n, row, rounded, laws::optimized_block::elements, fused); !s)
    return s;
  return n.emit(ops::reshape, {rounded}, n.outs(), std::move(back));
}
inline status quantize(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  const tensor &x = n.in(0), &y = n.out();
  if (x.type == dtype::f32) return n.emit(ops::quantize);
  const std::size_t elements = x.shape.elements().value;
  if (laws::has_xnnpack(n.g().arithmetic) && is_8bit(x.type) && is_8bit(y.type) &&
      x.type != y.type && x.scales != y.scales && elements > 0 &&
      elements % as_size(laws::optimized_block::elements) != 0)
    return requantize_elements_in_blocks(n, n.in_id(0), tflite_activation::none);
  return n.emit(ops::requantize);
}
inline status dequantize(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  return n.emit(ops::dequantize);
}

/// Left over from training. As in the framework, no narrow range.
inline status fake_quant(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  const auto o = n.options<tflite_schema::fake_quant_options>();
  if (o.narrow_range) return unsupported("narrow_range of FAKE_QUANT", "true", "false");
  if (o.bits < 2 || o.bits > 16)
    return unsupported("bits of FAKE_QUANT", std::to_string(o.bits), "2 to 16");
  if (!numerics::is_finite(o.min) || !numerics::is_finite(o.max) || !(o.min < o.max))
    return invalid("range of FAKE_QUANT", std::to_string(o.min) + " to " + std::to_string(o.max),
                   "finite numbers, the first below the second");
  const auto r = laws::fake_quantized_range(o.min, o.max, o.bits);
  fake_quantize_attrs a;
  a.least = static_cast<double>(r.least), a.most = static_cast<double>(r.most),
  a.step = static_cast<double>(r.step);
  return n.emit(ops::fake_quantize, to_attributes(a));
}

/// ADD, SUB or MUL of 8 bits under the default interpreter where XNNPACK leaves it: DR.
inline status left_by_xnnpack(tflite_node& n, const op_def& op, bool exact,
                              tflite_activation fused) {
  if (!exact)
    return unsupported(
        "scales of a sum or product whose results are far outside of the result's "
        "range",
        std::to_string(n.scale(n.in(0))) + " and " + std::to_string(n.scale(n.in(1))) + " to " +
            std::to_string(n.scale(n.out())),
        "under tflite_ref: XNNPACK leaves it to a kernel that cuts them to 16 bits");
  return n.emit_decided(rounding::doubling_high_half_away, op, n.ins(), n.outs(), fused);
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
  if (laws::has_xnnpack(f.arithmetic) && quantized(n.in(0)) && is_8bit(f.x.type)) {
    const double a = n.scale(n.in(0)), b = n.scale(n.in(1)), y = n.scale(n.out());
    if (!n.xnnpack_takes_tensors() || !laws::xnnpack_takes_product(a, b, y))
      return left_by_xnnpack(n, ops::qnn_mul, laws::optimized_product_is_exact(a, b, y),
                             n.options<tflite_schema::binary_options>().activation);
  }
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
  if (laws::has_xnnpack(n.g().arithmetic) && quantized(n.in(0)) && is_8bit(n.in(0).type)) {
    const double a = n.scale(n.in(0)), b = n.scale(n.in(1)), y = n.scale(n.out());
    if (!n.xnnpack_takes_tensors() || !laws::xnnpack_takes_addend(a, y) ||
        !laws::xnnpack_takes_addend(b, y))
      return left_by_xnnpack(n, Quantized,
                             &Quantized != &ops::qnn_add || laws::optimized_sum_is_exact(a, b, y),
                             o.activation);
  }
  return n.emit(quantized(n.in(0)) ? Quantized : Float, std::move(in), n.outs(), {}, o.activation);
}

inline constexpr tflite_row elementwise_rows[] = {
    {"ADD", &sum<ops::qnn_add, ops::add>}, {"DEQUANTIZE", &dequantize}, {"MUL", &mul},
    {"SUB", &sum<ops::qnn_sub, ops::sub>}, {"QUANTIZE", &quantize},     {"FAKE_QUANT", &fake_quant},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_ELEMENTWISE_HPP_
