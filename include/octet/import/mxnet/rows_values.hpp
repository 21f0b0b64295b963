// Rows without weights: quantize, dequantize, requantize, sums, concatenation, pooling,
// activations, and the operators that only move values.
#ifndef OCTET_IMPORT_MXNET_ROWS_VALUES_HPP_
#define OCTET_IMPORT_MXNET_ROWS_VALUES_HPP_

#include "octet/import/mxnet/rows_layers.hpp"

OCTET_NAMESPACE_BEGIN
namespace mxnet_model::rows {

// ---- quantize, dequantize, requantize ----

/// Element type of a result: "auto" is uint8 where the range does not go below 0.
inline dtype out_type(emitter& m, const call& c, std::string_view otherwise, const range& r) {
  const auto t = m.text(c.node.attributes, "out_type", otherwise);
  if (t == "int8") return dtype::s8;
  if (t == "uint8") return dtype::u8;
  if (t != "auto") m.refuse("out_type", std::string(t), "int8, uint8, auto");
  return r.lo >= 0 ? dtype::u8 : dtype::s8;
}
inline range around_zero(const range& r) { return {-r.largest(), r.largest()}; }

inline void quantize_row(emitter& m, call& c) {
  if (!m.arity(c, 1) || !m.is_real(c.in[0])) return;
  const range r = m.calibrated(c.node.attributes);
  const dtype t = out_type(m, c, "int8", r);
  if (m.failed()) return;
  const value& x = c.in[0];
  const tensor_id y = m.quantized(t, r);
  m.emit(ops::quantize, {m.held(x, x.channels_inner)}, {y});
  m.give(c, y, x.channels_inner, t == dtype::s8 ? around_zero(r) : r);
}
/// The older operator: the range comes as two inputs, and its levels are whole in every version.
inline void quantize_by_inputs_row(emitter& m, call& c) {
  if (!m.arity(c, 3) || !m.is_real(c.in[0])) return;
  const range r = m.range_at(c, 1);
  const dtype t = out_type(m, c, "uint8", r);
  if (!m.failed() && !(r.largest() > 0)) m.broken("a range of 0");
  if (m.failed()) return;
  const value& x = c.in[0];
  const tensor_id y = m.quantized(t, r);
  attributes a;
  a.set("multiplier",
        static_cast<double>(numerics::div(t == dtype::s8 ? 127.f : 255.f, r.largest())));
  m.emit(ops::quantize, {m.held(x, x.channels_inner)}, {y}, std::move(a));
  m.give(c, y, x.channels_inner, t == dtype::s8 ? around_zero(r) : r);
}
inline void dequantize_row(emitter& m, call& c) {
  if (!m.arity(c, 3)) return;
  const range r = m.range_at(c, 1);
  if (!m.failed() && !(r.largest() > 0)) m.broken("a range of 0");
  const value& x = c.in[0];
  const tensor_id from = m.with_range(x, x.channels_inner, r);
  if (m.failed()) return;
  const tensor_id y = m.to.temporary("", dtype::f32);
  m.emit(ops::dequantize, {from}, {y});
  m.give(c, y, x.channels_inner);
}
/// int32 results of plain layers and sums to bytes; its levels are whole in every version.
inline void requantize_row(emitter& m, call& c) {
  if (!m.arity(c, 3)) return;
  const range in = m.range_at(c, 1), out = m.calibrated(c.node.attributes);
  const dtype t = out_type(m, c, "int8", out);
  const value& x = c.in[0];
  if (!m.failed() && (!x.is(value::kind::tensor) || m.type(x) != dtype::s32))
    m.refuse("an input", std::string(name_of(m.type(x))), "the int32 result of another node");
  if (m.failed()) return;
  const float largest = out.largest(),
              factor = numerics::mul(numerics::mul(in.largest(), 0x1p-31f),
                                     numerics::div(t == dtype::s8 ? 127.f : 255.f, largest));
  if (!(factor > 0) || !numerics::is_finite(factor))
    return m.broken("ranges whose quotient is " + std::to_string(factor));
  const tensor_id y = m.quantized(t, {t == dtype::s8 ? -largest : 0.f, largest});
  const tensor_id from =
      m.with_scale(x.id, numerics::mul(static_cast<double>(factor), m.to.g[y].scales[0]));
  m.emit(ops::requantize, {from}, {y});
  m.give(c, y, x.channels_inner, {t == dtype::s8 ? -largest : 0.f, largest});
}
/// uint8 to int8 by an explicit factor, saturating.
inline tensor_id to_signed(emitter& m, tensor_id x, float factor) {
  if (m.failed()) return no_tensor;
  if (!(factor > 0) || !numerics::is_finite(factor)) {
    m.broken("ranges whose quotient is " + std::to_string(factor));
    return no_tensor;
  }
  const tensor_id y = m.to.temporary(
      "", dtype::s8, {numerics::div(m.to.g[x].scales[0], static_cast<double>(factor))}, {0});
  m.emit(ops::requantize, {x}, {y});
  return y;
}

// ---- two operands ----

/// The layout for operands that meet element by element.
inline bool common_layout(emitter& m, const call& c, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    if (m.shape(c.in[i]).rank >= 3 && c.in[i].channels_inner) return true;
  return false;
}
/// a, b, then the ranges of both. Calibrated: bytes. Otherwise int32, whose range is the sum's.
inline void quantized_sum_row(emitter& m, call& c) {
  if (!m.arity(c, 6)) return;
  const range ra = m.range_at(c, 2), rb = m.range_at(c, 4);
  const bool inner = common_layout(m, c, 2);
  tensor_id a = m.with_range(c.in[0], inner, ra), b = m.with_range(c.in[1], inner, rb);
  const auto calibrated = m.calibration(c.node.attributes);
  if (m.failed()) return;
  if (!(m.shape(c.in[0]) == m.shape(c.in[1])))
    return m.broken("shapes of a sum",
                    to_string(m.shape(c.in[0])) + ", " + to_string(m.shape(c.in[1])), "one shape");
  const dtype ta = m.type(c.in[0]), tb = m.type(c.in[1]);
  range out;
  float fa, fb;
  tensor_id y;
  if (calibrated) {
    out = *calibrated;
    const dtype t = ta == dtype::u8 && tb == dtype::u8 ? dtype::u8 : dtype::s8;
    const float levels = m.per_unit(t, out.largest());
    fa = numerics::div(levels, m.per_unit(ta, ra.largest()));
    fb = numerics::div(levels, m.per_unit(tb, rb.largest()));
    y = m.quantized(t, out);
  } else {
    out.hi = numerics::add(ra.largest(), rb.largest());
    out.lo = -out.hi;
    if (!(out.hi > 0) || !numerics::is_finite(out.hi))
      return m.broken("a range of 0 or without end");
    const auto factor = [&](const range& r, dtype t) {
      return numerics::div(numerics::mul(r.largest(), 0x1p31f), numerics::mul(out.hi, m.levels(t)));
    };
    fa = factor(ra, ta), fb = factor(rb, tb);
    y = m.to.temporary("", dtype::s32, {static_cast<double>(out.hi) * 0x1p-31}, {0});
  }
  // Mixed operands: the uint8 one becomes int8 first, in the result's steps. MXNet 2 halves it.
  if (ta != tb && m.version() >= 20000)
    return m.refuse("a sum of int8 and uint8 in files of MXNet 2");
  if (ta != tb) {
    if (ta == dtype::u8)
      a = to_signed(m, a, fa), fa = 1;
    else
      b = to_signed(m, b, fb), fb = 1;
  }
  attributes attrs;
  if (!calibrated || ta != tb) {
    attrs.set("a_ratio", static_cast<double>(fa));
    attrs.set("b_ratio", static_cast<double>(fb));
  }
  m.emit(ops::qnn_add, {a, b}, {y}, std::move(attrs));
  m.give(c, y, inner, out);
}
/// All values, then a range of each.
inline void quantized_concat_row(emitter& m, call& c) {
  const std::int64_t given =
      m.integer(c.node.attributes, "num_args", static_cast<std::int64_t>(c.in.size() / 3));
  if (m.failed()) return;
  if (given < 1 || as_size(given) > c.in.size()) return m.broken("num_args", std::to_string(given));
  const auto count = as_size(given);
  if (!m.arity(c, 3 * count)) return;
  const bool inner = common_layout(m, c, count);
  range out;  // holds 0
  dtype type = dtype::u8;
  std::vector<tensor_id> in;
  for (std::size_t i = 0; i < count; ++i) {
    const range r = m.range_at(c, count + 2 * i);
    out.lo = std::min(out.lo, r.lo), out.hi = std::max(out.hi, r.hi);
    in.push_back(m.with_range(c.in[i], inner, r));
    if (m.failed()) return;
    if (m.type(c.in[i]) == dtype::s8) type = dtype::s8;
  }
  const tensor_id y = m.quantized(type, out);
  for (tensor_id& t : in)
    if (m.to.g[t].type != type)
      t = to_signed(m, t, numerics::rescale_by_levels(m.to.g[t].scales[0], m.to.g[y].scales[0]));
  const int rank = m.shape(c.in[0]).rank;
  std::int64_t axis = m.integer(c.node.attributes, "dim", 1);
  if (axis < 0) axis += rank;
  if (m.failed()) return;
  if (axis < 0 || axis >= rank) return m.broken("dim", std::to_string(axis));
  attributes a;
  a.set("axis", std::int64_t{import::axis_in_layout(static_cast<int>(axis), rank, inner)});
  m.emit(ops::qnn_concat, std::move(in), {y}, std::move(a));
  m.give(c, y, inner, out);
}
inline void concat_row(emitter& m, call& c) {
  if (c.in.empty()) return m.broken("number of inputs", "0");
  const bool inner = common_layout(m, c, c.in.size());
  std::vector<tensor_id> in;
  for (const value& v : c.in) {
    if (!m.is_real(v)) return;
    in.push_back(m.held(v, inner));
  }
  const int rank = m.shape(c.in[0]).rank;
  std::int64_t axis = m.integer(c.node.attributes, "dim", 1);
  if (axis < 0) axis += rank;
  if (!m.failed() && (axis < 0 || axis >= rank)) m.broken("dim", std::to_string(axis));
  if (m.failed()) return;
  attributes a;
  a.set("axis", std::int64_t{import::axis_in_layout(static_cast<int>(axis), rank, inner)});
  const tensor_id y = m.to.temporary("", dtype::f32);
  m.emit(ops::concat, std::move(in), {y}, std::move(a));
  m.give(c, y, inner);
}

// ---- pooling ----

inline pool2d_attrs read_pooling(emitter& m, const symbol_attributes& a, const dims& x) {
  pool2d_attrs p;
  if (x.rank != 4) {
    m.refuse("rank of a pooling's input", std::to_string(x.rank), "4");
    return p;
  }
  if (const auto layout = m.text(a, "layout", "None"); layout != "None" && layout != "NCHW")
    m.refuse("layout", std::string(layout), "NCHW");
  if (m.boolean(a, "global_pool", false)) {
    p.window_h = x[2], p.window_w = x[3];
    return p;
  }
  const auto window = m.pair(a, "kernel", 0, 1), stride = m.pair(a, "stride", 1, 1),
             pad = m.pair(a, "pad", 0, 0);
  const auto convention = m.text(a, "pooling_convention", "valid");
  if (convention != "valid" && convention != "full")
    m.refuse("pooling_convention", std::string(convention), "valid, full");
  if (!m.failed() && (window[0] < 1 || window[1] < 1)) m.broken("attribute kernel is missing");
  if (m.failed()) return p;
  p.window_h = window[0], p.window_w = window[1];
  p.stride_h = stride[0], p.stride_w = stride[1];
  p.pad_top = p.pad_bottom = pad[0], p.pad_left = p.pad_right = pad[1];
  if (convention == "full") {  // the last window may begin anywhere before the padding ends
    const auto after = [](std::int64_t in, std::int64_t k, std::int64_t s, std::int64_t p0) {
      const std::int64_t left = in + 2 * p0 - k;
      return left < 0 ? p0 : p0 + (s - left % s) % s;
    };
    p.pad_bottom = static_cast<std::int32_t>(after(x[2], window[0], stride[0], pad[0]));
    p.pad_right = static_cast<std::int32_t>(after(x[3], window[1], stride[1], pad[1]));
  }
  return p;
}
template <bool Quantized> void pooling_row(emitter& m, call& c) {
  if (!m.arity(c, Quantized ? 3 : 1)) return;
  const symbol_attributes& a = c.node.attributes;
  pool2d_attrs p = read_pooling(m, a, m.shape(c.in[0]));
  const auto kind = m.text(a, "pool_type", "max");
  if (kind != "max" && kind != "avg") m.refuse("pool_type", std::string(kind), "max, avg");
  const bool average = kind == "avg";
  if (average && m.boolean(a, "count_include_pad", true) && !m.failed()) {
    const std::int64_t window = std::int64_t{p.window_h} * p.window_w;
    if (window > INT32_MAX) m.broken("attribute kernel", std::to_string(window));
    p.divisor = static_cast<std::int32_t>(window);
  }
  if (m.failed()) return;
  if constexpr (Quantized) {
    const range r = m.range_at(c, 1);
    const tensor_id x = m.with_range(c.in[0], true, r);
    if (m.failed()) return;
    const tensor_id y = m.to.like(x);
    m.emit(average ? ops::qnn_avg_pool2d : ops::qnn_max_pool2d, {x}, {y}, to_attributes(p));
    m.give(c, y, true, r);
  } else {
    if (!m.is_real(c.in[0])) return;
    const tensor_id y = m.to.temporary("", dtype::f32);
    m.emit(average ? ops::avg_pool2d : ops::max_pool2d, {m.held(c.in[0], true)}, {y},
           to_attributes(p));
    m.give(c, y, true);
  }
}

// ---- one operand ----

inline void quantized_activation_row(emitter& m, call& c) {
  if (!m.arity(c, 3)) return;
  if (const auto kind = m.text(c.node.attributes, "act_type", ""); kind != "relu")
    m.refuse("act_type", std::string(kind), "relu");
  const range r = m.range_at(c, 1);
  const tensor_id x = m.with_range(c.in[0], c.in[0].channels_inner, r);
  if (m.failed()) return;
  const tensor_id y = m.to.like(x);
  attributes a;
  if (m.to.g[x].type == dtype::s8) a.set("clamp_lo", std::int64_t{0});
  m.emit(ops::qnn_relu, {x}, {y}, std::move(a));
  m.give(c, y, c.in[0].channels_inner, r);
}
/// y = rint(fma(q, alpha, beta)). MXNet folds ranges and statistics into alpha and beta and lets
/// oneDNN normalize by mean 0 and variance 1, whose epsilon so counts a second time. uint8 becomes
/// int8 first.
inline void quantized_norm_row(emitter& m, call& c) {
  if (!m.arity(c, 7)) return;
  const symbol_attributes& a = c.node.attributes;
  const range in = m.range_at(c, 5), out = m.calibrated(a);
  const dims shape = m.shape(c.in[0]);
  if (const std::int64_t axis = m.integer(a, "axis", 1); axis != 1)
    m.refuse("axis", std::to_string(axis), "1");
  if (!m.failed() && shape.rank < 2) m.broken("rank", std::to_string(shape.rank));
  if (m.failed()) return;
  const auto channels = as_size(shape[1]);
  const double eps = m.wide_real(a, "eps", 1e-3);
  const auto gamma = m.elements<float>(c.in[1], channels),
             beta = m.elements<float>(c.in[2], channels),
             mean = m.elements<float>(c.in[3], channels),
             var = m.elements<float>(c.in[4], channels);
  tensor_id x = m.with_range(c.in[0], true, in);
  if (m.failed()) return;
  if (m.to.g[x].type == dtype::u8)
    x = to_signed(m, x, numerics::div(m.levels(dtype::s8), m.levels(dtype::u8)));
  std::vector<float> factor, offset;
  for (std::size_t k = 0; k < channels; ++k) {
    const double deviation = numerics::sqrt(numerics::add(static_cast<double>(var[k]), eps));
    const float inverse = static_cast<float>(numerics::div(1., deviation)),
                ratio = numerics::div(numerics::mul(numerics::mul(gamma[k], inverse), in.largest()),
                                      out.largest());
    factor.push_back(
        numerics::div(ratio, numerics::sqrt_f32(numerics::add(1.f, static_cast<float>(eps)))));
    const float shift =
        numerics::sub(beta[k], numerics::mul(numerics::mul(mean[k], gamma[k]), inverse));
    offset.push_back(numerics::div(numerics::mul(shift, m.levels(dtype::s8)), out.largest()));
    if (!numerics::is_finite(factor[k]) || !numerics::is_finite(offset[k]))
      return m.broken("a variance or a range", std::to_string(var[k]));
  }
  const tensor_id y = m.quantized(dtype::s8, out);
  m.emit(ops::batch_norm, {x, m.to.constant(factor), m.to.constant(offset)}, {y});
  m.give(c, y, true, out);
}
/// Bounds of plain floats: times 1 with a fused clamp keeps every other value.
inline void bounded(emitter& m, call& c, attributes bounds) {
  if (m.failed() || !m.is_real(c.in[0])) return;
  const bool inner = c.in[0].channels_inner;
  const tensor_id y = m.to.temporary("", dtype::f32);
  m.emit(ops::mul, {m.held(c.in[0], inner), m.to.scalar_constant(1.f)}, {y}, std::move(bounds));
  m.give(c, y, inner);
}
inline void unary(emitter& m, call& c, const op_def& op, attributes a = {}) {
  if (m.failed() || !m.is_real(c.in[0])) return;
  const bool inner = c.in[0].channels_inner;
  const tensor_id y = m.to.temporary("", dtype::f32);
  m.emit(op, {m.held(c.in[0], inner)}, {y}, std::move(a));
  m.give(c, y, inner);
}
inline void clip_row(emitter& m, call& c) {
  if (!m.arity(c, 1)) return;
  attributes a;
  a.set("float_lo", static_cast<double>(m.real(c.node.attributes, "a_min", 0)));
  a.set("float_hi", static_cast<double>(m.real(c.node.attributes, "a_max", 0)));
  bounded(m, c, std::move(a));
}
inline void activation_row(emitter& m, call& c) {
  if (!m.arity(c, 1)) return;
  const auto kind = m.text(c.node.attributes, "act_type", "");
  if (kind == "relu") return bounded(m, c, float_bounds(true, HUGE_VALF));
  if (kind == "sigmoid") return unary(m, c, ops::logistic);
  if (kind == "tanh") return unary(m, c, ops::tanh);
  m.refuse("act_type", std::string(kind), "relu, sigmoid, tanh");
}
/// x > 0 ? x : slope * x with one slope, or one per channel.
inline void slopes(emitter& m, call& c) {
  if (!m.arity(c, 2) || !m.is_real(c.in[0]) || !m.is_real(c.in[1])) return;
  const dims x = m.shape(c.in[0]), slope = m.shape(c.in[1]);
  if (x.rank < 2 || slope.rank != 1 || (slope[0] != 1 && slope[0] != x[1]))
    return m.broken("shape of the slopes", to_string(slope), "one, or one per channel");
  const tensor_id y = m.to.temporary("", dtype::f32);
  m.emit(ops::prelu, {m.held(c.in[0], true), m.held(c.in[1], false)}, {y});
  m.give(c, y, true);
}
inline void leaky_row(emitter& m, call& c) {
  const auto kind = m.text(c.node.attributes, "act_type", "leaky");
  if (kind == "prelu") return slopes(m, c);
  if (!m.arity(c, 1)) return;
  const float slope = m.real(c.node.attributes, "slope", 0.25f);
  attributes a;
  if (kind == "gelu") return unary(m, c, ops::gelu);
  a.set("alpha", static_cast<double>(slope));
  if (kind == "elu") return unary(m, c, ops::elu, std::move(a));
  if (kind != "leaky") m.refuse("act_type", std::string(kind), "leaky, prelu, elu, gelu");
  unary(m, c, ops::leaky_relu, std::move(a));
}
inline void relu_row(emitter& m, call& c) {
  if (m.arity(c, 1)) bounded(m, c, float_bounds(true, HUGE_VALF));
}
inline void sigmoid_row(emitter& m, call& c) {
  if (m.arity(c, 1)) unary(m, c, ops::logistic);
}
inline void tanh_row(emitter& m, call& c) {
  if (m.arity(c, 1)) unary(m, c, ops::tanh);
}
/// Statistics as constants: y = x * factor + offset.
inline void norm_row(emitter& m, call& c) {
  if (!m.arity(c, 5) || !m.is_real(c.in[0])) return;
  const symbol_attributes& a = c.node.attributes;
  const dims shape = m.shape(c.in[0]);
  if (const std::int64_t axis = m.integer(a, "axis", 1); axis != 1)
    m.refuse("axis", std::to_string(axis), "1");
  if (!m.failed() && shape.rank < 2) m.broken("rank", std::to_string(shape.rank));
  if (m.failed()) return;
  const auto n = read_norm(m, a, c, 1, as_size(shape[1]), {});
  if (m.failed()) return;
  const tensor_id scaled = m.to.temporary("", dtype::f32), y = m.to.temporary("", dtype::f32);
  m.emit(ops::mul, {m.held(c.in[0], true), m.to.constant(n.factor)}, {scaled});
  m.emit(ops::add, {scaled, m.to.constant(n.offset)}, {y});
  m.give(c, y, true);
}
/// Of SoftmaxOutput, whose second input is the label of training, too.
inline void softmax_row(emitter& m, call& c) {
  if (c.in.empty() || !m.is_real(c.in[0])) return m.broken("number of inputs");
  const int rank = m.shape(c.in[0]).rank;
  const bool output = c.node.op == "SoftmaxOutput" || c.node.op == "Softmax";
  if (m.text(c.node.attributes, "temperature", "None") != "None" ||
      m.boolean(c.node.attributes, "use_length", false) ||
      m.boolean(c.node.attributes, "multi_output", false))
    m.refuse("temperature, use_length and multi_output");
  std::int64_t axis = m.integer(c.node.attributes, "axis", -1);
  if (output && rank != 2) m.refuse("rank of a SoftmaxOutput", std::to_string(rank), "2");
  if (axis < 0) axis += rank;
  if (!m.failed() && (axis < 0 || axis >= rank)) m.broken("axis", std::to_string(axis));
  if (m.failed()) return;
  attributes a;
  a.set("axis", axis);
  const tensor_id y = m.to.temporary("", dtype::f32);
  m.emit(ops::softmax, {m.held(c.in[0], false)}, {y}, std::move(a));
  m.give(c, y, false);
}

// ---- shapes ----

inline tensor_id flattened(emitter& m, tensor_id x) {
  if (m.failed()) return no_tensor;
  const dims s = m.to.g[x].shape;
  if (s.rank < 1) {
    m.broken("rank", "0");
    return no_tensor;
  }
  std::int64_t rest = 1;
  for (int i = 1; i < s.rank; ++i) rest *= s[i];
  attributes a;
  a.set("shape", std::vector<std::int64_t>{s[0], rest});
  const tensor_id y = m.to.like(x);
  m.emit(ops::reshape, {x}, {y}, std::move(a));
  return y;
}
inline void quantized_flatten_row(emitter& m, call& c) {
  if (!m.arity(c, 3)) return;
  const range r = m.range_at(c, 1);
  m.give(c, flattened(m, m.with_range(c.in[0], false, r)), false, r);
}
inline void flatten_row(emitter& m, call& c) {
  if (!m.arity(c, 1)) return;
  m.give(c, flattened(m, m.held(c.in[0], false)), false);
}
inline void same_row(emitter& m, call& c) {
  if (m.arity(c, 1)) c.out = {c.in[0]};
}
inline void dropout_row(emitter& m, call& c) {
  if (const auto mode = m.text(c.node.attributes, "mode", "training"); mode != "training")
    m.refuse("mode", std::string(mode), "training: nothing is dropped when a network runs");
  if (!m.failed()) same_row(m, c);
}
inline void pad_row(emitter& m, call& c) {
  if (!m.arity(c, 1) || !m.is_real(c.in[0])) return;
  const auto mode = m.text(c.node.attributes, "mode", "constant");
  if (mode != "constant" && mode != "reflect")
    m.refuse("mode", std::string(mode), "constant, reflect");
  const auto widths = m.integers(c.node.attributes, "pad_width");
  const value& x = c.in[0];
  const int rank = m.shape(x).rank;
  if (!m.failed() && widths.size() != 2 * as_size(rank))
    m.broken("pad_width", std::to_string(widths.size()) + " numbers", std::to_string(2 * rank));
  if (m.failed()) return;
  std::vector<std::int64_t> paddings(widths.size());
  for (int i = 0; i < rank; ++i) {
    const auto to = as_size(import::axis_in_layout(i, rank, x.channels_inner)), from = as_size(i);
    paddings[2 * to] = widths[2 * from], paddings[2 * to + 1] = widths[2 * from + 1];
  }
  attributes a;
  a.set("paddings", std::move(paddings));
  const bool reflect = mode == "reflect";
  if (reflect)
    a.set("mode", static_cast<std::int64_t>(pad_mode::reflect));
  else if (const float v = m.real(c.node.attributes, "constant_value", 0); v != 0)
    a.set("value", static_cast<double>(v));
  const tensor_id y = m.to.temporary("", dtype::f32);
  m.emit(reflect ? ops::mirror_pad : ops::pad, {m.held(x, x.channels_inner)}, {y}, std::move(a));
  m.give(c, y, x.channels_inner);
}

}  // namespace mxnet_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_ROWS_VALUES_HPP_
