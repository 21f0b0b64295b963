// Rows without weights: quantize, dequantize, sums, products, concatenation, resizing, functions of
// one value, reductions.
#ifndef OCTET_IMPORT_ONNX_ROWS_VALUES_HPP_
#define OCTET_IMPORT_ONNX_ROWS_VALUES_HPP_

#include <algorithm>

#include "octet/import/onnx/rows_pools.hpp"
#include "octet/ops/concat.hpp"
#include "octet/ops/gather.hpp"
#include "octet/ops/quantize.hpp"
#include "octet/ops/reduce.hpp"
#include "octet/ops/resize.hpp"
#include "octet/ops/softmax.hpp"
#include "octet/ops/unary.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model::rows {

// ---- quantize, dequantize ----

/// The quantization axis where there is more than one scale.
inline int scale_axis(emitter& m, const call& c) {
  if (const std::int64_t b = m.integer(c, "block_size", 0); b != 0)
    m.refuse("block_size: scales per block", std::to_string(b), "0");
  if (m.failed() || m.shape(c.in[1]).elements().value == 1) return -1;
  return m.axis(m.integer(c, "axis", 1), m.rank(c.in[0]));
}
/// Attributes that name an element type for the division or the result: float32 or not given.
inline void only_float(emitter& m, const call& c, const char* key) {
  const std::int64_t code = m.integer(c, key, undefined_data_type);
  if (code != undefined_data_type && code != data_type_code("FLOAT"))
    m.refuse(key, data_type_name(code), "FLOAT");
}
/// Whether a scale is one infinite number: what a calibration makes of masks with -inf.
inline bool is_infinite(emitter& m, const value& scale) {
  if (m.failed() || !m.is_constant(scale) || m.type(scale) != dtype::f32 ||
      m.shape(scale).elements().value != 1)
    return false;
  const auto a = m.constant(scale, "a scale");
  return a && a->as<float>()[0] == std::numeric_limits<float>::infinity();
}
/// Whether a scale or zero point of a node is computed when it runs, as tools before
/// DynamicQuantizeLinear wrote it; one of each then. An infinite scale is no number to fold.
inline bool scaled_at_run_time(emitter& m, const call& c) {
  const bool computed =
      !m.is_constant(c.in[1]) || (c.has(2) && !m.is_constant(c.in[2])) || is_infinite(m, c.in[1]);
  for (std::size_t i = 1; computed && i < 3; ++i)
    if (c.has(i) && m.shape(c.in[i]).elements().value != 1)
      m.refuse("scales per channel that are computed at run time");
  return computed && !m.failed();
}
/// Input i as a number without axes.
inline tensor_id number_of(emitter& m, const call& c, std::size_t i, dtype t) {
  const tensor_id x = m.reshaped(m.without_scales(m.held(c.in[i], false)), dims{});
  return m.failed() || m.tensor_of(x).type == t ? x : m.made(ops::cast, {x}, t);
}
/// sat(rint(f32(x / scale)) + zero point); what is no number becomes the lowest code.
inline tensor_id quantized_at_run_time(emitter& m, const call& c, dtype t) {
  const auto bound = [&](std::int64_t v) { return m.to.scalar_constant(static_cast<float>(v)); };
  const tensor_id x =
      m.made(ops::div, {m.held(c.in[0]), number_of(m, c, 1, dtype::f32)}, dtype::f32);
  tensor_id y = m.made(ops::round, {x}, dtype::f32);
  if (c.has(2)) y = m.made(ops::add, {y, number_of(m, c, 2, dtype::f32)}, dtype::f32);
  y = m.made(ops::maximum, {bound(lowest_of(t)), y}, dtype::f32);
  y = m.made(ops::minimum, {bound(highest_of(t)), y}, dtype::f32);
  return m.made(ops::cast, {y}, t);
}
/// Elements of 4 or 2 bits: the bytes that hold them saturate at other ends.
inline tensor_id held_within(emitter& m, const call& c, tensor_id y, int bits) {
  const dtype t = m.type(c.in[2]);
  const std::int64_t lowest = t == dtype::s8 ? -(1 << (bits - 1)) : 0;
  const auto bound = [&](std::int64_t v) {
    return m.to.scalar_constant(static_cast<std::int32_t>(v));
  };
  tensor_id v = m.made(ops::cast, {m.without_scales(y)}, dtype::s32);
  v = m.made(ops::maximum, {v, bound(lowest)}, dtype::s32);
  v = m.made(ops::minimum, {v, bound(lowest + (1 << bits) - 1)}, dtype::s32);
  return m.made(ops::cast, {v}, t);
}
/// f32(f32(x - zero point) * scale).
inline tensor_id dequantized_at_run_time(emitter& m, const call& c) {
  tensor_id x = m.made(ops::cast, {m.without_scales(m.held(c.in[0]))}, dtype::s32);
  if (c.has(2)) x = m.made(ops::sub, {x, number_of(m, c, 2, dtype::s32)}, dtype::s32);
  return m.made(ops::mul, {m.made(ops::cast, {x}, dtype::f32), number_of(m, c, 1, dtype::f32)},
                dtype::f32);
}
/// x, scale, [zero].
inline void quantize_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 3) || !m.is_real(c.in[0])) return;
  only_float(m, c, "precision");
  dtype t = dtype::u8;
  if (c.has(2)) {
    t = m.type(c.in[2]);
  } else if (const std::int64_t code = m.integer(c, "output_dtype", data_type_code("UINT8"));
             code != undefined_data_type) {
    const auto named = element_type(code, "QuantizeLinear's result");
    if (!named) return m.fail(named.error());
    t = *named;
  }
  if (!is_8bit(t) && t != dtype::s16 && t != dtype::u16)
    return m.refuse("element type of QuantizeLinear's result", std::string(name_of(t)),
                    "uint8, int8, uint16, int16");
  const value& x = c.in[0];
  if (scaled_at_run_time(m, c)) return m.give(c, quantized_at_run_time(m, c, t), x.channels_inner);
  const int axis = scale_axis(m, c);
  const quantization q = m.quantized_by(c, 1, axis);
  if (m.failed()) return;
  const tensor_id y = m.quantized(t, q, q.axis < 0 ? -1 : static_cast<int>(m.axis_of(x, q.axis)));
  m.emit(ops::quantize, {m.held(x)}, {y});
  const int narrow = c.has(2) && c.in[2].data ? c.in[2].data->narrow_bits : 0;
  m.give(c, narrow == 0 ? y : held_within(m, c, y, narrow), x.channels_inner);
}
/// f32(f32(q - z) s) of a constant whose `block` elements in a row along an axis share s and z.
template <class T>
std::vector<float> floats_of_blocks(const array& x, const array& scale,
                                    const std::vector<std::int32_t>& zeros, int axis,
                                    std::int64_t block) {
  const std::span<const T> codes = x.as<T>();
  const std::span<const float> scales = scale.as<float>();
  std::size_t inner = 1;
  for (int k = axis + 1; k < x.shape.rank; ++k) inner *= as_size(x.shape[k]);
  const std::size_t extent = as_size(x.shape[axis]), blocks = as_size(scale.shape[axis]);
  std::vector<float> y(codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const std::size_t row = i / inner, outer = row / extent, place = row % extent / as_size(block),
                      at = (outer * blocks + place) * inner + i % inner;
    const std::int64_t z = zeros.empty() ? 0 : zeros[at];
    y[i] = numerics::mul(static_cast<float>(std::int64_t{codes[i]} - z), scales[at]);
  }
  return y;
}
/// x, scale, [zero], constants, with scales for blocks along an axis: floats.
inline void dequantize_blocks(emitter& m, call& c, std::int64_t block) {
  const auto x = m.constant(c.in[0], "what has scales for blocks");
  const auto scale = m.constant(c.in[1], "a scale");
  const std::vector<float> scales = m.constant_floats(c.in[1], "a scale");
  if (m.failed()) return;
  const int axis = m.axis(m.integer(c, "axis", 1), x->shape.rank);
  const auto zeros = c.has(2) ? m.zero_points_of(c.in[2]) : std::vector<std::int32_t>();
  bool fits = block > 0 && scale->shape.rank == x->shape.rank;
  for (int k = 0; fits && k < x->shape.rank; ++k) {
    const std::int64_t all = x->shape[k], most = k == axis ? all / block + (all % block != 0) : all;
    fits = scale->shape[k] == most;
  }
  if (!fits) m.broken("shape of scales for blocks", to_string(scale->shape));
  if (!zeros.empty() && zeros.size() != scales.size())
    m.broken("number of zero points", std::to_string(zeros.size()), std::to_string(scales.size()));
  if (m.failed()) return;
  std::vector<float> y;
  with_integer(x->type, [&]<class T>(type_tag<T>) {
    y = floats_of_blocks<T>(*x, *scale, zeros, axis, block);
  });
  m.give(c, m.new_constant(c.in[0].name, x->shape, y), false);
}
inline void dequantize_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 3)) return;
  if (is_dequantize(c.n)) only_float(m, c, "output_dtype");
  const value& x = c.in[0];
  const dtype t = m.type(x);
  if (!is_8bit(t) && t != dtype::s16 && t != dtype::u16 && t != dtype::s32)
    return m.refuse("element type of DequantizeLinear's input", std::string(name_of(t)),
                    "uint8, int8, uint16, int16, int32");
  if (const std::int64_t block = m.integer(c, "block_size", 0); block != 0)
    return dequantize_blocks(m, c, block);
  if (scaled_at_run_time(m, c)) return m.give(c, dequantized_at_run_time(m, c), x.channels_inner);
  const int axis = scale_axis(m, c);
  const quantization q = m.quantized_by(c, 1, axis);
  const tensor_id from = m.under(x, x.channels_inner, q);
  m.give(c, m.made(ops::dequantize, {from}, dtype::f32), x.channels_inner);
}

/// x, x_scale, [x_zero], y_scale, [y_zero], x of bytes. A zero point that is left out is 0.
inline bool one_quantized(emitter& m, const call& c) {
  if (!m.arity(c, 2, 5)) return false;
  if (!c.has(3)) m.broken("input 3", "absent", "a scale");
  return !m.failed() && m.is_byte(c.in[0]);
}

// ---- two operands ----

/// Whether the first of two operands stands still along ONNX's innermost axis.
inline bool repeats_first(const dims& a, const dims& b) {
  const int rank = std::max(a.rank, b.rank);
  for (int i = 0; i < rank; ++i) {
    if (a.back(i) == 1 && b.back(i) == 1) continue;
    return a.back(i) == 1;
  }
  return false;
}
/// One code everywhere.
inline tensor_id code_of_none(emitter& m, const dims& s, dtype t, std::int64_t code) {
  if (m.failed()) return no_tensor;
  if (s.rank < 0) {
    m.broken("shapes of two operands", to_string(s));
    return no_tensor;
  }
  return t == dtype::s8 ? m.filled(s, static_cast<std::int8_t>(code))
                        : m.filled(s, static_cast<std::uint8_t>(code));
}
/// a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero.
template <bool Product> void qlinear_binary_row(emitter& m, call& c) {
  if (!m.arity(c, 7, 8) || !c.has(3) || !m.is_byte(c.in[0]) || !m.is_byte(c.in[3])) return;
  // A quotient of infinite scales is no number, and ONNX Runtime makes the lowest code of it.
  if (!Product && is_infinite(m, c.in[6]) && (is_infinite(m, c.in[1]) || is_infinite(m, c.in[4])))
    return m.give(c,
                  code_of_none(m, broadcast(m.shape(c.in[0]), m.shape(c.in[3])), m.type(c.in[0]),
                               lowest_of(m.type(c.in[0]))),
                  false);
  const quantization qa = m.with_one_scale(c, 1), qb = m.with_one_scale(c, 4),
                     qy = m.with_one_scale(c, 6);
  if (m.failed()) return;
  const std::vector<value> both{c.in[0], c.in[3]};
  const bool inner = m.common_layout(both);
  const int rank = m.largest_rank(both);
  const auto operand = [&](const value& v, const quantization& q) {
    return m.under(value::of(m.operand(v, rank, inner), inner), inner, q);
  };
  const tensor_id a = operand(c.in[0], qa), b = operand(c.in[3], qb),
                  y = m.quantized(m.type(c.in[0]), qy);
  attributes attrs;
  if (const dims sa = m.shape(c.in[0]), sb = m.shape(c.in[3]); !Product && !(sa == sb))
    attrs.set("a_first", std::int64_t{repeats_first(sa, sb)});
  m.emit(Product ? ops::qnn_mul : ops::qnn_add, {a, b}, {y}, std::move(attrs));
  m.give(c, y, inner);
}
/// Operators of plain numbers.
inline void binary(emitter& m, call& c, const op_def& op, dtype result, attributes a = {}) {
  if (m.failed()) return;
  const std::vector<value> both{c.in[0], c.in[1]};
  const bool inner = m.common_layout(both);
  const int rank = m.largest_rank(both);
  const tensor_id x = m.operand(both[0], rank, inner), y = m.operand(both[1], rank, inner);
  m.give(c, m.made(op, {x, y}, result, std::move(a)), inner);
}
template <const op_def& Op> void binary_row(emitter& m, call& c) {
  if (m.arity(c, 2, 2)) binary(m, c, Op, m.type(c.in[0]));
}
template <const op_def& Op> void compare_row(emitter& m, call& c) {
  if (m.arity(c, 2, 2)) binary(m, c, Op, dtype::boolean);
}
/// Any number of operands.
template <const op_def& Op> void fold_row(emitter& m, call& c) {
  if (!m.arity(c, 1, c.in.size())) return;
  value all = c.in[0];
  for (std::size_t i = 1; i < c.in.size(); ++i) {
    call pair{c.n, {all, c.in[i]}};
    binary(m, pair, Op, m.type(all));
    if (m.failed()) return;
    all = pair.out[0];
  }
  c.out = {all};
}
inline void where_row(emitter& m, call& c);
/// Whether an operand is constants without NaN.
inline bool never_nan(emitter& m, const value& v) {
  if (!m.is_constant(v)) return false;
  const auto a = m.constant(v, "an operand");
  return a && a->type == dtype::f32 &&
         std::ranges::none_of(a->as<float>(), [](float f) { return numerics::is_nan(f); });
}
/// Min and Max of any number of operands; of floats NaN where either is. octet's own operators give
/// the first operand where the second is not beyond it.
template <const op_def& Op> void extreme_row(emitter& m, call& c) {
  if (!m.arity(c, 1, c.in.size())) return;
  value all = c.in[0];
  for (std::size_t i = 1; i < c.in.size(); ++i) {
    const value next = c.in[i];
    const bool real = m.type(all) == dtype::f32, plain = !real || never_nan(m, next),
               turned = !plain && never_nan(m, all);
    call pair{c.n, {plain ? all : next, plain ? next : all}};
    binary(m, pair, Op, m.type(all));
    if (m.failed()) return;
    if (!plain && !turned) {
      call same{c.n, {all, all}};
      binary(m, same, ops::equal, dtype::boolean);
      if (m.failed()) return;
      call choice{c.n, {same.out[0], pair.out[0], all}};
      where_row(m, choice);
      if (m.failed()) return;
      pair.out = std::move(choice.out);
    }
    all = pair.out[0];
  }
  c.out = {all};
}
/// The sum by the number of operands.
inline void mean_row(emitter& m, call& c) {
  fold_row<ops::add>(m, c);
  if (m.failed() || !m.is_real(c.out[0])) return;
  const tensor_id count = m.to.scalar_constant(static_cast<float>(c.in.size()));
  m.give(c, m.made(ops::div, {m.held(c.out[0]), count}, dtype::f32), c.out[0].channels_inner);
}
/// ONNX Runtime squares and cubes where the exponent is one number, 2 or 3.
inline void pow_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2) || !m.is_real(c.in[0])) return;
  if (m.type(c.in[1]) != dtype::f32) {
    call cast{c.n, {c.in[1]}};
    cast_to(m, cast, dtype::f32);
    if (m.failed()) return;
    c.in[1] = cast.out[0];
  }
  const bool one = m.is_constant(c.in[1]) && m.shape(c.in[1]).elements().value == 1 &&
                   m.shape(c.in[1]).rank <= m.shape(c.in[0]).rank;
  const float e = one ? m.constant_float(c.in[1], "an exponent") : 0.f;
  if (e != 2.f && e != 3.f) return binary_row<ops::pow>(m, c);
  const tensor_id x = m.held(c.in[0]);
  tensor_id y = m.made(ops::square, {x}, dtype::f32);
  if (e == 3.f) y = m.made(ops::mul, {y, x}, dtype::f32);
  m.give(c, y, c.in[0].channels_inner);
}
/// condition, a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero. A branch of another scale is
/// quantized again.
inline void qlinear_where_row(emitter& m, call& c) {
  if (!m.arity(c, 8, 9) || !m.is_byte(c.in[1]) || !m.is_byte(c.in[4])) return;
  const quantization qa = m.with_one_scale(c, 2), qb = m.with_one_scale(c, 5),
                     qy = m.with_one_scale(c, 7);
  if (m.failed()) return;
  const std::vector<value> all{c.in[0], c.in[1], c.in[4]};
  const bool inner = m.common_layout(all);
  const int rank = m.largest_rank(all);
  const dtype t = m.type(c.in[1]);
  const auto branch = [&](const value& v, const quantization& q) {
    const tensor_id x = m.under(value::of(m.operand(v, rank, inner), inner), inner, q);
    if (m.failed() || (q.scales == qy.scales && q.zero_points == qy.zero_points)) return x;
    const tensor_id to = m.quantized(t, qy);
    m.emit(ops::quantize, {m.made(ops::dequantize, {x}, dtype::f32)}, {to});
    return to;
  };
  const tensor_id a = branch(c.in[1], qa), b = branch(c.in[4], qb), y = m.quantized(t, qy);
  m.emit(ops::select, {m.operand(c.in[0], rank, inner), a, b}, {y});
  m.give(c, y, inner);
}
/// Whether an operand of floats is not constants without -0.
inline bool may_be_minus_zero(emitter& m, const value& v) {
  if (!m.is_constant(v)) return true;
  const auto a = m.constant(v, "an operand");
  return !a || std::ranges::any_of(a->as<float>(),
                                   [](float f) { return f == 0 && numerics::is_negative(f); });
}
inline void where_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 3)) return;
  const bool inner = m.common_layout(c.in);
  const int rank = m.largest_rank(c.in);
  std::vector<tensor_id> in;
  for (const value& v : c.in) in.push_back(m.operand(v, rank, inner));
  // ONNX Runtime takes the first where it is not equal to 0: no -0 of it comes through.
  if (c.n.is("Where") && m.type(c.in[1]) == dtype::f32 && may_be_minus_zero(m, c.in[1]))
    in[1] = m.made(ops::add, {in[1], m.to.scalar_constant(0.f)}, dtype::f32);
  m.give(c, m.chosen(in[0], in[1], in[2]), inner);
}

// ---- concatenation ----

/// The operands in one layout, and the axis there.
inline std::vector<tensor_id> joined(emitter& m, const call& c, const std::vector<value>& list,
                                     bool* inner, attributes* a) {
  std::vector<tensor_id> in;
  if (list.empty()) m.broken("number of inputs", "0");
  for (const value& v : list)
    if (!v.given()) m.broken("an input that is absent");
  if (m.failed()) return in;
  *inner = m.common_layout(list);
  const int rank = m.rank(list[0]), axis = m.axis(m.integer(c, "axis", 0), rank);
  if (!c.n.find("axis")) m.broken("attribute axis is missing");
  for (const value& v : list) {
    if (m.rank(v) != rank) m.broken("ranks of Concat's inputs", std::to_string(m.rank(v)));
    in.push_back(m.held(v, *inner));
  }
  a->set("axis", std::int64_t{import::axis_in_layout(axis, rank, *inner)});
  return in;
}
/// y_scale, y_zero, then of each input the value, scale and zero point.
inline void qlinear_concat_row(emitter& m, call& c) {
  if (c.in.size() < 5 || (c.in.size() - 2) % 3 != 0)
    return m.broken("number of inputs", std::to_string(c.in.size()), "2 and 3 for each value");
  const quantization qy = m.with_one_scale(c, 0);
  std::vector<value> list;
  for (std::size_t i = 2; i < c.in.size(); i += 3) {
    if (!m.is_byte(c.in[i])) return;
    list.push_back(c.in[i]);
  }
  bool inner = false;
  attributes a;
  std::vector<tensor_id> in = joined(m, c, list, &inner, &a);
  if (m.failed()) return;
  for (std::size_t i = 0; i < in.size(); ++i)
    in[i] = m.under(value::of(in[i], inner), inner, m.with_one_scale(c, 3 + 3 * i));
  if (m.failed()) return;
  const tensor_id y = m.quantized(m.type(list[0]), qy);
  m.emit(ops::qnn_concat, std::move(in), {y}, std::move(a));
  m.give(c, y, inner);
}
inline void concat_row(emitter& m, call& c) {
  bool inner = false;
  attributes a;
  std::vector<tensor_id> in = joined(m, c, c.in, &inner, &a);
  if (m.failed()) return;
  m.give(c, m.merged(ops::concat, std::move(in), std::move(a)), inner);
}

// ---- reductions ----

/// Axes are an attribute, and an input from opset `since` on. `of_function`: of ReduceL1 and
/// others, whose sums ONNX Runtime forms in memory order, but for those of everything.
inline void reduce_by(emitter& m, call& c, const op_def& op, int since, bool of_function) {
  if (!m.arity(c, 1, 2)) return;
  value x = c.in[0];
  std::vector<std::int64_t> axes = m.integers(c, "axes");
  if (m.opset >= since && c.has(1)) axes = m.constant_integers(c.in[1], "axes of a reduction");
  if (axes.empty() && m.integer(c, "noop_with_empty_axes", 0) != 0) {
    c.out = {x};
    return;
  }
  const int rank = m.rank(x);
  if (axes.empty())
    for (int i = 0; i < rank; ++i) axes.push_back(i);
  dims kept;
  std::vector<bool> gone(as_size(rank), false);
  for (std::int64_t& a : axes) {
    a = m.axis(a, rank);
    if (m.failed()) return;
    gone[as_size(a)] = true;
  }
  const bool sums = &op == &ops::mean || &op == &ops::sum,
             in_order = sums && of_function && std::ranges::find(gone, false) != gone.end();
  // The order in which ONNX Runtime sums floats follows its own layout.
  if (sums && m.type(x) == dtype::f32) x = value::of(m.held(x, false), false);
  for (std::int64_t& a : axes) a = m.axis_of(x, static_cast<int>(a));
  const dims s = m.shape(x);
  for (int i = 0; i < rank; ++i)
    if (!gone[as_size(i)]) kept.push_back(s[i]);
  if (rank == 0) {
    c.out = {x};
    return;
  }
  attributes a = in_order ? reduction_in_order(std::move(axes)) : reduction(std::move(axes));
  // The largest and the smallest code stand for the number that they stood for.
  const bool picks = &op == &ops::reduce_max || &op == &ops::reduce_min;
  const tensor_id y = picks ? m.merged(op, {m.held(x)}, std::move(a))
                            : m.made(op, {m.held(x)}, m.type(x), std::move(a));
  if (m.failed()) return;
  if (m.integer(c, "keepdims", 1) != 0) return m.give(c, y, x.channels_inner);
  m.give(c, m.reshaped(m.held(value::of(y, x.channels_inner), false), kept), false);
}
template <const op_def& Op, int Since> void reduce_row(emitter& m, call& c) {
  reduce_by(m, c, Op, Since, false);
}
inline void arg_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const int axis = m.axis(m.integer(c, "axis", 0), m.rank(c.in[0]));
  attributes a;
  a.set("axis", std::int64_t{axis});
  if (m.integer(c, "keepdims", 1) != 0) a.set("keep_dims", std::int64_t{1});
  const bool last = m.integer(c, "select_last_index", 0) != 0;  // the first from the other end
  tensor_id x = m.held(c.in[0], false);
  if (m.failed()) return;
  const std::int32_t extent = m.tensor_of(x).shape[axis];
  std::vector<std::int32_t> backwards;
  for (std::int32_t i = extent; last && i-- > 0;) backwards.push_back(i);
  if (last) x = picked(m, x, axis, backwards);
  tensor_id y =
      m.made(c.n.op == "ArgMax" ? ops::arg_max : ops::arg_min, {x}, dtype::s64, std::move(a));
  if (last) y = m.made(ops::sub, {m.to.scalar_constant(std::int64_t{extent} - 1), y}, dtype::s64);
  m.give(c, y, false);
}
inline void cumsum_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2)) return;
  const auto list = m.constant_integers(c.in[1], "the axis of CumSum");
  if (!m.failed() && list.size() != 1) m.broken("the axis of CumSum");
  if (m.failed()) return;
  attributes a;
  a.set("axis", std::int64_t{m.axis(list[0], m.rank(c.in[0]))});
  for (const char* key : {"exclusive", "reverse"})
    if (m.integer(c, key, 0) != 0) a.set(key, std::int64_t{1});
  m.give(c, m.made(ops::cumsum, {m.held(c.in[0], false)}, m.type(c.in[0]), std::move(a)), false);
}

// ---- softmax ----

/// Before opset 13 everything from the axis on is one row.
struct softmax_rows {
  tensor_id x = no_tensor;
  dims back{};  // the value's own shape, where rows were made
  bool flat = false;
  std::int64_t axis = 0;
};
inline softmax_rows read_softmax(emitter& m, const call& c, const value& x, std::int64_t version) {
  softmax_rows r;
  const int rank = m.rank(x);
  if (rank == 0) {
    m.broken("rank of a softmax", "0");
    return r;
  }
  const int axis = m.axis(m.integer(c, "axis", version < 13 ? 1 : -1), rank);
  if (m.failed()) return r;
  if (version >= 13 || axis == rank - 1) {
    r.x = m.held(x);
    r.axis = m.axis_of(x, axis);
    return r;
  }
  r.back = m.shape(x);
  r.flat = true;
  std::int64_t rows = 1, depth = 1;
  for (int i = 0; i < rank; ++i) (i < axis ? rows : depth) *= r.back[i];
  r.x = m.reshaped(m.held(x, false),
                   {static_cast<std::int32_t>(rows), static_cast<std::int32_t>(depth)});
  r.axis = 1;
  return r;
}
inline void give_softmax(emitter& m, call& c, const softmax_rows& r, tensor_id y,
                         bool channels_inner) {
  if (m.failed()) return;
  if (r.flat)
    m.give(c, m.reshaped(y, r.back), false);
  else
    m.give(c, y, channels_inner);
}
inline attributes along(std::int64_t axis) {
  attributes a;
  a.set("axis", axis);
  return a;
}
template <const op_def& Op> void softmax_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  const softmax_rows r = read_softmax(m, c, c.in[0], m.opset);
  give_softmax(m, c, r, m.made(Op, {r.x}, dtype::f32, along(r.axis)), c.in[0].channels_inner);
}
/// Rows of one element: all of the inverse scale, cut to an integer, whatever x is. (exp of the
/// element would lie so near the largest number that its product with the inverse scale does not.)
inline tensor_id softmax_of_one(emitter& m, tensor_id x, dtype t, const quantization& out) {
  const float inverse = numerics::div(1.f, static_cast<float>(out.scales[0]));
  const std::int32_t low = t == dtype::u8 ? 0 : -128, zero = out.zero_points[0],
                     code = numerics::clamp_to_int(
                         static_cast<double>(numerics::floor(inverse)) + zero, low, low + 255);
  const dims s = m.tensor_of(x).shape;
  const tensor_id y = t == dtype::u8 ? m.filled(s, static_cast<std::uint8_t>(code))
                                     : m.filled(s, static_cast<std::int8_t>(code));
  if (!m.failed()) m.set(y, out, -1);
  return y;
}
/// x, x_scale, [x_zero], y_scale, [y_zero]; `opset` is that of the Softmax it stands for.
inline void qlinear_softmax_row(emitter& m, call& c) {
  if (!one_quantized(m, c)) return;
  const value& x = c.in[0];
  // Differences that are no number: ONNX Runtime gives 0, whatever the zero point.
  if (is_infinite(m, c.in[1])) return m.give(c, code_of_none(m, m.shape(x), m.type(x), 0), false);
  const quantization in = m.with_one_scale(c, 1), out = m.with_one_scale(c, 3);
  const tensor_id scaled = m.under(x, x.channels_inner, in);
  if (m.failed()) return;
  const softmax_rows r =
      read_softmax(m, c, value::of(scaled, x.channels_inner), m.integer(c, "opset", 13));
  if (m.failed()) return;
  if (m.tensor_of(r.x).shape[static_cast<int>(r.axis)] == 1)
    return give_softmax(m, c, r, softmax_of_one(m, r.x, m.type(x), out), x.channels_inner);
  const tensor_id y = m.quantized(m.type(x), out);
  m.emit(ops::qnn_softmax, {r.x}, {y}, along(r.axis));
  give_softmax(m, c, r, y, x.channels_inner);
}

// ---- functions of one value ----

/// Of the operators that compute the last elements of a tensor another way, in ONNX's order where
/// there are such elements.
inline bool inner_by_fours(emitter& m, const value& v) {
  return v.channels_inner && m.shape(v).elements().value % 4 == 0;
}
/// Whether op is such an operator (numerics::by_fours).
inline bool computes_last_apart(const op_def& op) {
  constexpr auto functions = static_cast<std::size_t>(octet::unary::softplus) + 1;
  return []<std::size_t... I>(const op_def& of, std::index_sequence<I...>) {
    return ((of.prepare == &ops::unary_prepare<static_cast<octet::unary>(I), false> &&
             numerics::by_fours(numerics::ort_function_of(static_cast<octet::unary>(I)))) ||
            ...);
  }
  (op, std::make_index_sequence<functions>());
}
inline void unary(emitter& m, call& c, const op_def& op, attributes a = {}) {
  if (m.failed() || !m.is_real(c.in[0])) return;
  const bool inner = computes_last_apart(op) ? inner_by_fours(m, c.in[0]) : c.in[0].channels_inner;
  m.give(c, m.made(op, {m.held(c.in[0], inner)}, dtype::f32, std::move(a)), inner);
}
template <const op_def& Op> void unary_row(emitter& m, call& c) {
  if (m.arity(c, 1, 1)) unary(m, c, Op);
}
/// -1, 0 or 1, of NaN itself; integers by two comparisons.
inline void sign_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const dtype t = m.type(c.in[0]);
  if (t == dtype::f32) {
    const tensor_id x = m.held(c.in[0]), number = m.made(ops::equal, {x, x}, dtype::boolean),
                    y = m.made(ops::sign, {x}, dtype::f32);
    return m.give(c, m.made(ops::select, {number, y, x}, t), c.in[0].channels_inner);
  }
  if (t != dtype::s32 && t != dtype::s64) return unary(m, c, ops::sign);
  const tensor_id x = m.held(c.in[0]), none = t == dtype::s64
                                                  ? m.to.scalar_constant(std::int64_t{0})
                                                  : m.to.scalar_constant(std::int32_t{0});
  const auto side = [&](const op_def& op) {
    return m.made(ops::cast, {m.made(op, {x, none}, dtype::boolean)}, t);
  };
  const tensor_id above = side(ops::greater), below = side(ops::less);
  m.give(c, m.made(ops::sub, {above, below}, t), c.in[0].channels_inner);
}
template <const op_def& Op> void slope_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  attributes a;
  a.set("alpha", static_cast<double>(m.real(c, "alpha", c.n.op == "Elu" ? 1.f : 0.01f)));
  unary(m, c, Op, std::move(a));
}
inline void gelu_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const std::string how = m.text(c, "approximate", "none");
  if (how != "none" && how != "tanh") return m.refuse("approximate", how, "none, tanh");
  attributes a;
  if (how == "tanh") a.set("approximate", std::int64_t{1});
  unary(m, c, ops::gelu, std::move(a));
}
/// max(0, min(1, alpha * x + beta)).
inline tensor_id hard_sigmoid(emitter& m, tensor_id x, float alpha, float beta) {
  const tensor_id y = m.made(ops::mul, {x, m.to.scalar_constant(alpha)}, dtype::f32);
  attributes a;
  a.set("float_lo", 0.), a.set("float_hi", 1.);
  return m.made(ops::add, {y, m.to.scalar_constant(beta)}, dtype::f32, std::move(a));
}
inline void hard_sigmoid_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  const float alpha = m.real(c, "alpha", 0.2f), beta = m.real(c, "beta", 0.5f);
  m.give(c, hard_sigmoid(m, m.held(c.in[0]), alpha, beta), c.in[0].channels_inner);
}
/// ONNX Runtime: x * HardSigmoid(x) of a sixth and a half.
inline void hard_swish_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  const tensor_id x = m.held(c.in[0]);
  m.give(c, m.made(ops::mul, {x, hard_sigmoid(m, x, 1.f / 6, 0.5f)}, dtype::f32),
         c.in[0].channels_inner);
}
inline void reciprocal_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  m.give(c, m.made(ops::div, {m.to.scalar_constant(1.f), m.held(c.in[0])}, dtype::f32),
         c.in[0].channels_inner);
}
inline void neg_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const tensor_id x = m.held(c.in[0]);
  const dtype t = m.type(c.in[0]);
  tensor_id y = no_tensor;
  if (t == dtype::s64)
    y = m.made(ops::sub, {m.to.scalar_constant(std::int64_t{0}), x}, t);
  else if (t == dtype::s32)
    y = m.made(ops::sub, {m.to.scalar_constant(std::int32_t{0}), x}, t);
  else
    y = m.made(ops::neg, {x}, t);
  m.give(c, y, c.in[0].channels_inner);
}
inline void not_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  if (m.type(c.in[0]) != dtype::boolean)
    return m.refuse("an input of Not", std::string(name_of(m.type(c.in[0]))), "bool");
  const std::uint8_t no = 0;
  const tensor_id f = m.to.g.add_constant("", dtype::boolean, {},
                                          constant_data::of(std::span<const std::uint8_t>(&no, 1)));
  m.give(c, m.made(ops::equal, {m.held(c.in[0]), f}, dtype::boolean), c.in[0].channels_inner);
}
/// Bounds of floats, or of codes as they are.
inline void bounded(emitter& m, call& c, std::optional<double> lo, std::optional<double> hi) {
  const value& x = c.in[0];
  if (m.failed()) return;
  attributes a;
  if (m.type(x) == dtype::f32) {
    constexpr double most = std::numeric_limits<float>::max();  // infinities become it
    a.set("float_lo", lo.value_or(-most)), a.set("float_hi", hi.value_or(most));
    return m.give(
        c, m.made(ops::mul, {m.held(x), m.to.scalar_constant(1.f)}, dtype::f32, std::move(a)),
        x.channels_inner);
  }
  if (!m.is_byte(x)) return;
  if (lo) a.set("clamp_lo", static_cast<std::int64_t>(*lo));
  if (hi) a.set("clamp_hi", static_cast<std::int64_t>(*hi));
  m.give(c, m.moved(ops::qnn_relu, m.held(x), std::move(a)), x.channels_inner);
}
inline void relu_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  if (m.type(c.in[0]) == dtype::f32) return unary(m, c, ops::relu);
  bounded(m, c, 0., {});
}
/// Bounds are attributes before opset 11.
inline void clip_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 3)) return;
  if (const dtype t = m.type(c.in[0]); t == dtype::s32 || t == dtype::s64) {
    value y = c.in[0];
    for (std::size_t k = 1; k < 3; ++k) {
      if (!c.has(k) || m.failed()) continue;
      call pair{c.n, {y, c.in[k]}};
      binary(m, pair, k == 1 ? ops::maximum : ops::minimum, t);
      if (!m.failed()) y = pair.out[0];
    }
    if (!m.failed()) c.out = {y};
    return;
  }
  std::optional<double> ends[2];
  for (std::size_t k = 0; k < 2; ++k) {
    const char* key = k == 0 ? "min" : "max";
    if (m.opset < 11) {
      if (c.n.find(key)) ends[k] = static_cast<double>(m.real(c, key, 0));
      continue;
    }
    if (!c.has(k + 1)) continue;
    if (m.type(c.in[k + 1]) == dtype::f32) {
      ends[k] = static_cast<double>(m.constant_float(c.in[k + 1], "a bound of Clip"));
    } else {
      const auto z = m.zero_points_of(c.in[k + 1]);
      if (z.size() == 1) ends[k] = static_cast<double>(z[0]);
    }
  }
  bounded(m, c, ends[0], ends[1]);
}
/// x, x_scale, [x_zero], y_scale, [y_zero].
template <const op_def& Op> void qlinear_unary_row(emitter& m, call& c) {
  if (!one_quantized(m, c)) return;
  const quantization in = m.with_one_scale(c, 1), out = m.with_one_scale(c, 3);
  const value& x = c.in[0];
  attributes a;
  if (c.n.op == "QLinearLeakyRelu") a.set("alpha", static_cast<double>(m.real(c, "alpha", 0.01f)));
  const tensor_id from = m.under(x, x.channels_inner, in);
  if (m.failed()) return;
  const tensor_id y = m.quantized(m.type(x), out);
  m.emit(Op, {from}, {y}, std::move(a));
  m.give(c, y, x.channels_inner);
}
/// x, scale, bias, mean, variance: x * f + (bias - mean * f), f = scale / sqrt(variance + epsilon).
inline void batch_normalization_row(emitter& m, call& c) {
  if (!m.arity(c, 5, 5) || !m.is_real(c.in[0])) return;
  for (std::size_t i = 1; i < c.n.out.size(); ++i)
    if (!c.n.out[i].empty()) return m.refuse("BatchNormalization in training mode");
  const dims s = m.shape(c.in[0]);
  if (s.rank < 2) return m.broken("rank", std::to_string(s.rank), "2 or more");
  const float eps = m.real(c, "epsilon", 1e-5f);
  std::vector<float> list[4];
  for (std::size_t k = 0; k < 4; ++k) {
    list[k] = m.constant_floats(c.in[k + 1], "a parameter of BatchNormalization");
    if (m.failed()) return;
    if (list[k].size() != as_size(s[1]))
      return m.broken("parameters of BatchNormalization", std::to_string(list[k].size()),
                      std::to_string(s[1]));
  }
  std::vector<float> factor, offset;
  for (std::size_t k = 0; k < list[0].size(); ++k) {
    const float root = numerics::sqrt_f32(numerics::add(list[3][k], eps));
    // Of blocks it is a convolution with the quotient as its weight.
    factor.push_back(c.in[0].in_blocks() ? numerics::div(list[0][k], root)
                                         : numerics::mul(numerics::div(1.f, root), list[0][k]));
    offset.push_back(numerics::sub(list[1][k], numerics::mul(list[2][k], factor[k])));
    if (!numerics::is_finite(factor[k]) || !numerics::is_finite(offset[k]))
      return m.broken("a variance", std::to_string(list[3][k]));
  }
  const tensor_id x = m.made(ops::mul, {m.held(c.in[0], true), m.to.constant(factor)}, dtype::f32);
  m.give(c, m.made(ops::add, {x, m.to.constant(offset)}, dtype::f32), true);
}

// ---- resizing ----

/// Factors and extents of height and width; one axis is a row of height 1.
struct resizing {
  bool row = false, channels_last = false;  // axes 1 and 2 of four are the image's
  std::array<std::int32_t, 2> in{1, 1}, out{1, 1};
  std::array<float, 2> factor{1, 1};  // as the file gives it, or the ratio of the extents
};
/// Axes that the node's factors or extents are for: all of them unless it says which.
inline std::vector<int> resized_axes(emitter& m, const call& c, int rank) {
  std::vector<int> axes;
  for (const std::int64_t a : m.integers(c, "axes")) axes.push_back(m.axis(a, rank));
  const bool all = axes.empty();
  for (int i = 0; all && i < rank; ++i) axes.push_back(i);
  std::vector<int> once = axes;
  std::sort(once.begin(), once.end());
  if (std::adjacent_find(once.begin(), once.end()) != once.end())
    m.broken("axes of Resize that repeat");
  return axes;
}
/// One factor for all axes, so that no extent is larger (or smaller) than asked for.
inline void keep_aspect_ratio(emitter& m, const call& c, const dims& x,
                              const std::vector<int>& axes, std::vector<double>& out,
                              std::vector<float>& factor) {
  const std::string policy = m.text(c, "keep_aspect_ratio_policy", "stretch");
  if (m.failed() || policy == "stretch") return;
  if (policy != "not_larger" && policy != "not_smaller")
    return m.refuse("keep_aspect_ratio_policy", policy, "stretch, not_larger, not_smaller");
  float all = factor[as_size(axes[0])];
  for (const int a : axes) {
    const float f = factor[as_size(a)];
    all = policy == "not_larger" ? std::min(all, f) : std::max(all, f);
  }
  for (const int a : axes) {
    const auto k = as_size(a);
    factor[k] = all;
    out[k] = std::round(static_cast<double>(numerics::mul(all, static_cast<float>(x[a]))));
  }
}
inline resizing read_resizing(emitter& m, const call& c) {
  resizing r;
  const dims x = m.shape(c.in[0]);
  if (x.rank != 3 && x.rank != 4) {
    m.refuse("rank of an image to resize", std::to_string(x.rank), "3, 4");
    return r;
  }
  const bool roi = m.opset >= 11;
  std::vector<float> scales;
  std::vector<std::int64_t> sizes;
  const std::size_t at = roi ? 2 : 1;
  if (c.has(at) && m.shape(c.in[at]).elements().value != 0)
    scales = m.constant_floats(c.in[at], "scales of Resize");
  if (roi && c.has(3) && m.shape(c.in[3]).elements().value != 0)
    sizes = m.constant_integers(c.in[3], "sizes of Resize");
  if (c.n.find("scales")) scales = c.n.find("scales")->reals;  // Upsample before opset 9
  const std::vector<int> axes = resized_axes(m, c, x.rank);
  if (m.failed()) return r;
  if ((sizes.empty() ? scales.size() : sizes.size()) != axes.size()) {
    m.broken("scales or sizes of Resize", std::to_string(scales.size() + sizes.size()),
             std::to_string(axes.size()));
    return r;
  }
  std::vector<double> out;
  for (const std::int32_t extent : x) out.push_back(extent);
  std::vector<float> factor(out.size(), 1.f);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto k = as_size(axes[i]);
    const auto extent = static_cast<float>(x[axes[i]]);
    out[k] = sizes.empty() ? std::floor(static_cast<double>(numerics::mul(extent, scales[i])))
                           : static_cast<double>(sizes[i]);
    factor[k] = sizes.empty() ? scales[i] : numerics::div(static_cast<float>(out[k]), extent);
  }
  if (!sizes.empty()) keep_aspect_ratio(m, c, x, axes, out, factor);
  r.row = x.rank == 3;
  r.channels_last = !r.row && out[1] != x[1] && out[3] == x[3];
  const int first = r.channels_last ? 1 : 2;
  for (int i = 0; i < x.rank && !m.failed(); ++i) {
    const auto k = as_size(i);
    if (!(out[k] >= 1) || out[k] > 1 << 24) {
      m.broken("extent of a resized image", std::to_string(out[k]));
    } else if (i < first || i > first + 1) {
      if (out[k] != x[i]) m.refuse("Resize of batch or channels");
    } else {
      const std::size_t to = r.row ? 1 : k - as_size(first);
      r.in[to] = x[i], r.out[to] = static_cast<std::int32_t>(out[k]);
      r.factor[to] = factor[k];
      if (!(factor[k] > 0)) m.broken("scales of Resize");
      // What each row and column is made of is found one by one.
      if (!m.check(m.to.work.spend(32 * as_size(r.out[to])))) return r;
    }
  }
  return r;
}
/// ONNX Runtime's source coordinate of output o.
inline float source_of(std::int32_t o, std::int32_t in, std::int32_t out, float factor,
                       const std::string& how) {
  const auto i = static_cast<float>(o);
  if (how == "align_corners")
    return out > 1 ? numerics::div(numerics::mul(i, static_cast<float>(in - 1)),
                                   static_cast<float>(out - 1))
                   : 0.f;
  if (how == "asymmetric") return numerics::div(i, factor);
  if (how == "tf_half_pixel_for_nn") return numerics::div(numerics::add(i, 0.5f), factor);
  if (how == "pytorch_half_pixel" && out == 1) return 0.f;
  if (how == "half_pixel_symmetric") {
    const auto extent = static_cast<float>(in);
    const float share = numerics::div(static_cast<float>(out), numerics::mul(factor, extent)),
                offset = numerics::mul(numerics::div(extent, 2.f), numerics::sub(1.f, share));
    return numerics::sub(numerics::add(offset, numerics::div(numerics::add(i, 0.5f), factor)),
                         0.5f);
  }
  return numerics::sub(numerics::div(numerics::add(i, 0.5f), factor), 0.5f);
}
inline std::vector<std::int32_t> nearest_list(const resizing& r, std::size_t k,
                                              const std::string& how, const std::string& nearest) {
  std::vector<std::int32_t> list;
  for (std::int32_t o = 0; o < r.out[k]; ++o) {
    const float at = source_of(o, r.in[k], r.out[k], r.factor[k], how);
    float v = 0;
    if (nearest == "floor")
      v = numerics::floor(at);
    else if (nearest == "ceil")
      v = -numerics::floor(-at);
    else if (nearest == "round_prefer_ceil")
      v = numerics::floor(numerics::add(at, 0.5f));
    else
      v = -numerics::floor(-numerics::sub(at, 0.5f));
    list.push_back(numerics::clamp_to_int(static_cast<double>(v), 0, r.in[k] - 1));
  }
  return list;
}
/// Elements of one axis of a resized image, and what each counts.
struct tap {
  std::vector<std::int32_t> index;
  std::vector<float> weight;
};
/// The sum of an image's taps along axis k (0: height), in their order.
inline tensor_id weighted(emitter& m, tensor_id x, std::size_t k, const std::vector<tap>& taps) {
  tensor_id sum = no_tensor;
  for (const tap& t : taps) {
    if (m.failed()) return no_tensor;
    const auto extent = static_cast<std::int32_t>(t.weight.size());
    const tensor_id weights =
                        m.new_constant("", k == 0 ? dims{extent, 1, 1} : dims{extent, 1}, t.weight),
                    pixels = picked(m, x, static_cast<std::int64_t>(1 + k), t.index),
                    part = m.made(ops::mul, {pixels, weights}, dtype::f32);
    sum = sum == no_tensor ? part : m.made(ops::add, {sum, part}, dtype::f32);
  }
  return m.failed() ? no_tensor : sum;
}
/// Linear resizing of floats by a factor that is not the ratio of the extents: two pixels of each
/// axis by their distance.
inline tensor_id blended(emitter& m, tensor_id x, const resizing& r, const std::string& how) {
  for (std::size_t k = 0; k < 2; ++k) {
    std::vector<tap> taps(2);
    for (std::int32_t o = 0; o < r.out[k]; ++o) {
      const float last = static_cast<float>(r.in[k] - 1),
                  at = std::clamp(source_of(o, r.in[k], r.out[k], r.factor[k], how), 0.f, last),
                  low = numerics::floor(at), share = numerics::sub(at, low);
      const auto below = static_cast<std::int32_t>(low);
      taps[0].index.push_back(below), taps[1].index.push_back(std::min(below + 1, r.in[k] - 1));
      taps[0].weight.push_back(numerics::sub(1.f, share)), taps[1].weight.push_back(share);
    }
    x = weighted(m, x, k, taps);
  }
  return x;
}
/// Linear resizing of codes that are held channels last: two pixels of each axis by their distance
/// in 1024ths, cut; the last pixel is itself by halves. The sum is cut toward zero.
inline tensor_id blended_in_1024ths(emitter& m, tensor_id x, const resizing& r,
                                    const std::string& how) {
  if (m.failed()) return no_tensor;
  const dtype t = m.tensor_of(x).type;
  tensor_id y = m.made(ops::cast, {m.without_scales(x)}, dtype::s32);
  for (std::size_t k = 0; k < 2; ++k) {
    std::vector<std::int32_t> index[2], weight[2];
    for (std::int32_t o = 0; o < r.out[k]; ++o) {
      const float last = static_cast<float>(r.in[k] - 1),
                  at = std::clamp(source_of(o, r.in[k], r.out[k], r.factor[k], how), 0.f, last),
                  low = numerics::floor(at);
      const auto below = static_cast<std::int32_t>(low), above = std::min(below + 1, r.in[k] - 1),
                 share =
                     below == above
                         ? 512
                         : static_cast<std::int32_t>(numerics::mul(numerics::sub(at, low), 1024.f));
      index[0].push_back(below), index[1].push_back(above);
      weight[0].push_back(1024 - share), weight[1].push_back(share);
    }
    const dims s = k == 0 ? dims{r.out[k], 1, 1} : dims{r.out[k], 1};
    const auto part = [&](std::size_t i) {
      const tensor_id pixels = picked(m, y, static_cast<std::int64_t>(1 + k), index[i]);
      return integers_of(m, ops::mul, {pixels, m.new_constant("", s, weight[i])});
    };
    const tensor_id below = part(0), above = part(1);
    y = integers_of(m, ops::add, {below, above});
  }
  y = integers_of(m, ops::div, {y, m.to.scalar_constant(std::int32_t{1 << 20})});
  y = m.made(ops::cast, {y}, t);
  if (m.failed()) return no_tensor;
  const octet::tensor from = m.tensor_of(x);
  return from.scales.empty() ? y : m.alias(y, {from.scales, from.zero_points, -1}, -1);
}
/// A pixel's weight at a distance up to 1: ((a + 2) d - (a + 3)) d d + 1.
inline float near_weight(float d, float a) {
  using numerics::add, numerics::mul, numerics::sub;
  return add(mul(mul(sub(mul(add(a, 2.f), d), add(a, 3.f)), d), d), 1.f);
}
/// Weights of the pixels at -1, 0, 1, 2 around a place that is `s` behind pixel 0.
inline std::array<float, 4> cubic_weights(float s, float a) {
  using numerics::add, numerics::mul, numerics::sub;
  // |d| > 1: ((a d - 5 a) d + 8 a) d - 4 a
  const auto far = [&](float d) {
    const float inner = add(mul(sub(mul(a, d), mul(5.f, a)), d), mul(8.f, a));
    return sub(mul(inner, d), mul(4.f, a));
  };
  return {far(add(s, 1.f)), near_weight(s, a), near_weight(sub(1.f, s), a), far(sub(2.f, s))};
}
/// Cubic resizing of floats: four pixels of each axis, columns first. Beyond the image its border
/// goes on, or (exclude_outside) nothing counts and the rest is scaled up to 1.
inline tensor_id cubic(emitter& m, tensor_id x, const resizing& r, const std::string& how,
                       float coefficient, bool exclude_outside) {
  for (const std::size_t k : {std::size_t{1}, std::size_t{0}}) {
    std::vector<tap> taps(4);
    bool same = r.in[k] == r.out[k];
    for (std::int32_t o = 0; o < r.out[k]; ++o) {
      const float at = source_of(o, r.in[k], r.out[k], r.factor[k], how), low = numerics::floor(at);
      same &= at == static_cast<float>(o);
      auto weights = cubic_weights(numerics::sub(at, low), coefficient);
      const auto first = numerics::clamp_to_int(static_cast<double>(low), -(1 << 25), 1 << 25) - 1;
      float sum = 0;
      for (std::int32_t i = 0; i < 4; ++i) {
        float& w = weights[as_size(i)];
        if (exclude_outside && (first + i < 0 || first + i >= r.in[k])) w = 0;
        sum = numerics::add(sum, w);
      }
      for (std::int32_t i = 0; i < 4; ++i) {
        tap& t = taps[as_size(i)];
        const float w = weights[as_size(i)];
        t.index.push_back(std::clamp(first + i, 0, r.in[k] - 1));
        t.weight.push_back(exclude_outside ? numerics::div(w, sum) : w);
      }
    }
    if (!same) x = weighted(m, x, k, taps);
  }
  return x;
}
/// A filter's window around one output of an antialiased axis.
struct antialias_filter {
  bool cubic = false;
  float coefficient = -0.75f;

  float operator()(float d) const {
    using numerics::add, numerics::mul, numerics::sub;
    d = std::fabs(d);
    if (d < 1) return cubic ? near_weight(d, coefficient) : sub(1.f, d);
    if (!cubic || !(d < 2)) return 0;
    return mul(sub(mul(add(mul(sub(d, 5.f), d), 8.f), d), 4.f), coefficient);
  }
};
/// The pixels that output `o` is a sum of, from `first` on, and what each counts. Those outside of
/// the image count for its border, or not at all.
inline std::vector<float> antialias_weights(const antialias_filter& filter, float center,
                                            float support, float inverse, std::int32_t extent,
                                            bool exclude_outside, std::int32_t& first) {
  using numerics::add, numerics::floor, numerics::mul, numerics::sub;
  const auto place = [](float v) {
    return numerics::clamp_to_int(static_cast<double>(v), -(1 << 26), 1 << 26);
  };
  const std::int32_t low = place(floor(add(sub(center, support), 0.5f))),
                     high = place(floor(add(add(center, support), 0.5f)));
  first = std::clamp(low, 0, extent - 1);
  std::vector<float> list(as_size(std::max(std::min(high, extent), first + 1) - first));
  std::vector<float> before, after;
  float total = 0;
  for (std::int32_t i = low; i < high; ++i) {
    const bool outside = i < 0 || i >= extent;
    if (outside && exclude_outside) continue;
    const float w = filter(mul(add(sub(static_cast<float>(i), center), 0.5f), inverse));
    total = add(total, w);
    if (outside)
      (i < 0 ? before : after).push_back(w);
    else
      list[as_size(i - first)] = w;
  }
  for (const float w : before) list.front() = add(list.front(), w);
  for (const float w : after) list.back() = add(list.back(), w);
  const float share = total == 0 ? 1.f : numerics::div(1.f, total);
  for (float& w : list) w = mul(w, share);
  return list;
}
/// Linear or cubic resizing of floats in which an image that shrinks is a sum of all its pixels:
/// the filter is as much wider. Columns first.
inline tensor_id antialiased(emitter& m, tensor_id x, const resizing& r, const std::string& how,
                             const antialias_filter& filter, bool exclude_outside) {
  using numerics::add, numerics::mul;
  for (const std::size_t k : {std::size_t{1}, std::size_t{0}}) {
    if (r.in[k] == r.out[k] && r.factor[k] == 1.f) continue;
    const float scale = numerics::div(1.f, r.factor[k]), half = filter.cubic ? 2.f : 1.f,
                support = scale >= 1.f ? mul(half, scale) : half,
                inverse = scale >= 1.f ? numerics::div(1.f, scale) : 1.f;
    const double width = std::min(2. * static_cast<double>(support) + 3, 0x1p27);
    std::vector<tap> taps;
    for (std::int32_t o = 0; o < r.out[k]; ++o) {
      if (!m.check(m.to.work.spend(static_cast<std::size_t>(width)))) return no_tensor;
      const float at =
          scale == 1.f ? static_cast<float>(o) : source_of(o, r.in[k], r.out[k], r.factor[k], how);
      std::int32_t first = 0;
      const auto list = antialias_weights(filter, add(0.5f, at), support, inverse, r.in[k],
                                          exclude_outside, first);
      if (!m.check(m.to.work.spend(taps.size()))) return no_tensor;
      for (std::size_t i = taps.size(); i < list.size(); ++i)
        taps.push_back(
            {std::vector<std::int32_t>(as_size(o), 0), std::vector<float>(as_size(o), 0.f)});
      for (std::size_t i = 0; i < taps.size(); ++i) {
        taps[i].index.push_back(i < list.size() ? first + static_cast<std::int32_t>(i) : 0);
        taps[i].weight.push_back(i < list.size() ? list[i] : 0.f);
      }
    }
    x = weighted(m, x, k, taps);
  }
  return x;
}
/// One operator where its rows and columns are the same, else by index.
inline tensor_id nearest(emitter& m, tensor_id x, const resizing& r, const std::string& how,
                         const std::string& mode) {
  const std::vector<std::int32_t> lists[2] = {nearest_list(r, 0, how, mode),
                                              nearest_list(r, 1, how, mode)};
  for (const bool half : {false, true}) {
    bool same = true;
    for (std::size_t k = 0; k < 2; ++k)
      for (std::int32_t o = 0; o < r.out[k]; ++o)
        same &= lists[k][as_size(o)] == nearest_source(o, r.in[k], r.out[k], false, half);
    if (!same) continue;
    resize_attrs a;
    a.out_h = r.out[0], a.out_w = r.out[1];
    a.half_pixel_centers = half;
    return m.moved(ops::resize_nearest, x, to_attributes(a));
  }
  for (std::size_t k = 0; k < 2; ++k) x = picked(m, x, static_cast<std::int64_t>(k) + 1, lists[k]);
  return x;
}
/// Linear resizing of floats or codes, as ONNX Runtime runs images whose channels come first.
inline tensor_id bilinear(emitter& m, tensor_id x, const resizing& r, const std::string& how,
                          bool real) {
  // The operator's places are counted from the edge.
  const bool own = how != "half_pixel_symmetric" &&
                   !(how == "pytorch_half_pixel" && (r.out[0] == 1 || r.out[1] == 1));
  if (!own) {
    if (real) return blended(m, x, r, how);
    m.refuse("coordinate_transformation_mode of 8-bit values", how);
    return no_tensor;
  }
  resize_attrs a;
  a.out_h = r.out[0], a.out_w = r.out[1];
  a.align_corners = how == "align_corners";
  a.half_pixel_centers = how == "half_pixel" || how == "pytorch_half_pixel";
  a.scale_h = static_cast<double>(r.factor[0]), a.scale_w = static_cast<double>(r.factor[1]);
  return m.moved(real ? ops::resize_bilinear : ops::qnn_resize_bilinear, x, to_attributes(a));
}
inline void resize_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 4)) return;
  const bool old = m.opset < 11;
  const std::string mode = m.text(c, "mode", "nearest"),
                    how = m.text(c, "coordinate_transformation_mode",
                                 old ? "asymmetric" : "half_pixel"),
                    rounds = m.text(c, "nearest_mode", old ? "floor" : "round_prefer_floor");
  const resizing r = read_resizing(m, c);
  if (m.failed()) return;
  const bool known = how == "half_pixel" || how == "pytorch_half_pixel" || how == "asymmetric" ||
                     how == "align_corners" || how == "half_pixel_symmetric" ||
                     (mode == "nearest" && how == "tf_half_pixel_for_nn");
  if (!known) return m.refuse("coordinate_transformation_mode", how);
  if (r.channels_last && (mode == "cubic" || m.integer(c, "antialias", 0) != 0))
    return m.refuse("Resize of batch or channels", mode, "nearest, linear without antialias");
  const tensor_id x = image_of(m, m.held(c.in[0], !r.channels_last));
  const auto give = [&](tensor_id y) { m.give(c, from_image(m, y, r.row), !r.channels_last); };
  if (mode == "nearest") {
    const bool rounding_known = rounds == "floor" || rounds == "ceil" ||
                                rounds == "round_prefer_floor" || rounds == "round_prefer_ceil";
    if (!rounding_known) return m.refuse("nearest_mode", rounds);
    return give(nearest(m, x, r, how, rounds));
  }
  const bool real = m.type(c.in[0]) == dtype::f32,
             outside = m.integer(c, "exclude_outside", 0) != 0;
  if (mode != "linear" && mode != "bilinear" && mode != "cubic")
    return m.refuse("mode of Resize", mode, "nearest, linear, cubic");
  const float coefficient = m.real(c, "cubic_coeff_a", -0.75f);
  if (m.integer(c, "antialias", 0) != 0) {
    if (!real) return m.refuse("antialias of 8-bit values", "1", "0");
    return give(antialiased(m, x, r, how, {mode == "cubic", coefficient}, outside));
  }
  if (mode == "cubic") {
    if (m.is_real(c.in[0])) give(cubic(m, x, r, how, coefficient, outside));
    return;
  }
  if (!real && !m.is_byte(c.in[0])) return;
  if (!real && r.channels_last) return m.refuse("linear Resize of 8-bit values, channels last");
  if (real || !c.in[0].codes_last) return give(bilinear(m, x, r, how, real));
  if (r.factor[0] != 1.f) return give(blended_in_1024ths(m, x, r, how));
  // An axis of factor 1 in place of the height is taken for the channels of the file's own order,
  // so that the image has the width as its height and the channels as its width.
  if (m.failed()) return;
  resizing other = r;
  other.out = {r.out[1], m.tensor_of(x).shape[3]}, other.factor = {r.factor[1], 1.f};
  const auto turned = [&](tensor_id t, std::vector<std::int64_t> order) {
    attributes a;
    a.set("perm", std::move(order));
    return m.moved(ops::transpose, t, std::move(a));
  };
  give(turned(bilinear(m, turned(x, {0, 2, 3, 1}), other, how, false), {0, 3, 1, 2}));
}

}  // namespace onnx_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_ROWS_VALUES_HPP_
