// Rows with weights: convolutions and fully connected layers, fused and plain, quantized and float.
#ifndef OCTET_IMPORT_MXNET_ROWS_LAYERS_HPP_
#define OCTET_IMPORT_MXNET_ROWS_LAYERS_HPP_

#include "octet/import/mxnet/emit.hpp"

OCTET_NAMESPACE_BEGIN
namespace mxnet_model::rows {

// ---- geometry ----

/// A convolution's attributes and the shape of its weights [O, I / groups, kh, kw].
struct convolution {
  conv2d_attrs attrs{};
  dims weights{};
  bool depthwise = false, has_bias = false;
  std::size_t channels() const { return as_size(weights[0]); }
};
inline convolution read_convolution(emitter& m, const symbol_attributes& a, const value& x,
                                    const value& w) {
  convolution c;
  const dims shape = m.shape(x);
  c.weights = m.shape(w);
  if (m.failed()) return c;
  if (shape.rank != 4 || c.weights.rank != 4) {
    m.refuse("rank of a convolution's input or weights",
             std::to_string(shape.rank) + ", " + std::to_string(c.weights.rank), "4");
    return c;
  }
  if (const auto layout = m.text(a, "layout", "None"); layout != "None" && layout != "NCHW")
    m.refuse("layout", std::string(layout), "NCHW");
  const auto kernel = m.pair(a, "kernel", 0, 1), stride = m.pair(a, "stride", 1, 1),
             dilation = m.pair(a, "dilate", 1, 1), pad = m.pair(a, "pad", 0, 0);
  const std::int64_t groups = m.integer(a, "num_group", 1);
  c.has_bias = !m.boolean(a, "no_bias", false);
  if (m.failed()) return c;
  const std::int64_t filters = m.integer(a, "num_filter", c.weights[0]);
  if (kernel[0] < 1)
    m.broken("attribute kernel", "none", "height and width");
  else if (groups < 1 || groups > shape[1] || shape[1] % groups != 0 || c.weights[0] % groups != 0)
    m.broken("num_group", std::to_string(groups),
             "a divisor of " + std::to_string(shape[1]) + " and " + std::to_string(c.weights[0]) +
                 " channels");
  else if (kernel[0] != c.weights[2] || kernel[1] != c.weights[3] || filters != c.weights[0] ||
           c.weights[1] != shape[1] / groups || c.weights.elements().value == 0)
    m.broken("shape of the weights", to_string(c.weights),
             "[" + std::to_string(filters) + "," + std::to_string(shape[1] / groups) + "," +
                 std::to_string(kernel[0]) + "," + std::to_string(kernel[1]) +
                 "] by num_filter, the input's channels, num_group and kernel");
  if (m.failed()) return c;
  c.attrs.stride_h = stride[0], c.attrs.stride_w = stride[1];
  c.attrs.dilation_h = dilation[0], c.attrs.dilation_w = dilation[1];
  c.attrs.pad_top = c.attrs.pad_bottom = pad[0], c.attrs.pad_left = c.attrs.pad_right = pad[1];
  c.depthwise = groups == shape[1] && groups > 1;
  c.attrs.groups = c.depthwise ? 1 : static_cast<std::int32_t>(groups);
  return c;
}
/// Weights in octet's order: [O, kh, kw, I / groups], depthwise [1, kh, kw, O]. `axis`: that of the
/// output channels.
template <class T>
tensor_id add_weights(emitter& m, const convolution& c, const std::vector<T>& w,
                      const std::string& name) {
  const auto out = as_size(c.weights[0]), in = as_size(c.weights[1]),
             taps = product_of(c.weights[2], c.weights[3]);
  std::vector<T> to(w.size());
  for (std::size_t o = 0; o < out; ++o)
    for (std::size_t i = 0; i < in; ++i)
      for (std::size_t t = 0; t < taps; ++t)
        to[c.depthwise ? t * out + o : (o * taps + t) * in + i] = w[(o * in + i) * taps + t];
  const dims shape = c.depthwise ? dims{1, c.weights[2], c.weights[3], c.weights[0]}
                                 : dims{c.weights[0], c.weights[2], c.weights[3], c.weights[1]};
  const tensor_id id =
      m.to.g.add_constant(name, dtype_of<T>, shape, constant_data::of(std::span<const T>(to)));
  m.to.g[id].axis = c.depthwise ? 3 : 0;
  return id;
}
/// An int32 constant, or int64 where a value needs it.
inline tensor_id add_bias(emitter& m, const std::vector<double>& b) {
  bool wide = false;
  for (double v : b) wide |= v < -0x1p31 || v >= 0x1p31;
  std::vector<std::int32_t> narrow;
  std::vector<std::int64_t> all;
  for (double v : b) {
    const double bounded = numerics::clamp(v, -0x1p61, 0x1p61);
    if (wide)
      all.push_back(static_cast<std::int64_t>(bounded));
    else
      narrow.push_back(static_cast<std::int32_t>(bounded));
  }
  return wide ? m.to.constant(all) : m.to.constant(narrow);
}

// ---- weights that are quantized when the file is read ----

/// Levels per unit of each output channel's weights: the largest weight takes all levels, unless
/// the channel's bias would not fit int32 in the accumulator's unit.
inline std::vector<float> weight_levels(emitter& m, const std::vector<float>& w,
                                        std::size_t channels, const std::vector<float>& bias,
                                        float data_levels) {
  std::vector<float> to;
  const std::size_t count = w.size() / channels;
  for (std::size_t c = 0; c < channels; ++c) {
    float largest = 0;
    for (std::size_t i = 0; i < count; ++i)
      largest = std::max(largest, std::fabs(w[c * count + i]));
    float s = m.per_unit(dtype::s8, largest);
    if (const float b = bias.empty() ? 0.f : bias[c]; b != 0) {
      const float half = (b > 0 ? 0x1p31f : -0x1p31f) / 2.f;
      s = std::min(s, numerics::div(numerics::div(half, b), data_levels));
    }
    if (!(s > 0) || !numerics::is_finite(s))
      m.broken("scale of a channel's weights", std::to_string(s));
    to.push_back(s);
  }
  return to;
}
inline std::vector<std::int8_t> quantize_weights(const std::vector<float>& w,
                                                 const std::vector<float>& levels) {
  std::vector<std::int8_t> to;
  const std::size_t count = levels.empty() ? 0 : w.size() / levels.size();
  for (std::size_t i = 0; i < w.size() && count != 0; ++i)
    to.push_back(static_cast<std::int8_t>(numerics::clamp_to_int(
        static_cast<double>(numerics::rint(numerics::mul(w[i], levels[i / count]))), -128, 127)));
  return to;
}
/// Biases in units of the accumulator, integers held as floats: oneDNN adds them so.
inline std::vector<float> quantize_bias(const std::vector<float>& bias,
                                        const std::vector<float>& levels, float data_levels) {
  std::vector<float> to;
  for (std::size_t c = 0; c < bias.size(); ++c)
    to.push_back(numerics::rint(numerics::mul(bias[c], numerics::mul(levels[c], data_levels))));
  return to;
}

// ---- the operators inside a fused node ----

struct fused_operators {
  const symbol_node *layer = nullptr, *norm = nullptr;
  std::vector<const symbol_node*> activations;  // in order
  bool sum = false;
};
inline fused_operators read_fused(emitter& m, const call& c, std::string_view layer) {
  fused_operators f;
  if (c.node.subgraphs.size() != 1) {
    m.fail(import::malformed("number of subgraphs", std::to_string(c.node.subgraphs.size()), "1"));
    return f;
  }
  for (const symbol_node& n : c.node.subgraphs[0].nodes) {
    if (n.variable()) continue;
    if (n.op == layer && !f.layer)
      f.layer = &n;
    else if (n.op == "BatchNorm" && !f.norm)
      f.norm = &n;
    else if (n.op == "elemwise_add" && !f.sum)
      f.sum = true;
    else if (n.op == "Activation" || n.op == "LeakyReLU" || n.op == "clip")
      f.activations.push_back(&n);
    else
      m.refuse("an operator inside the fused node", n.op);
  }
  if (!f.layer) m.fail(import::malformed("a fused node without " + std::string(layer)));
  return f;
}
/// An activation that is no more than lower bound 0, or an upper bound besides.
struct bounds {
  bool relu = false;
  float hi = std::numeric_limits<float>::infinity();
};
inline bounds read_activation(emitter& m, const symbol_node& n) {
  const symbol_attributes& a = n.attributes;
  bounds b;
  if (n.op == "clip") {
    b.relu = true;
    b.hi = m.real(a, "a_max", 0);
    if (m.real(a, "a_min", 0) != 0) m.refuse("a clip inside a fused node that does not begin at 0");
    return b;
  }
  const auto kind = m.text(a, "act_type", n.op == "LeakyReLU" ? "leaky" : "");
  b.relu = n.op == "LeakyReLU" ? kind == "leaky" && m.real(a, "slope", 0.25f) == 0 : kind == "relu";
  if (!b.relu)
    m.refuse("activation inside a fused node", n.op + " " + std::string(kind), "relu, clip");
  return b;
}
inline bool with(emitter& m, const call& c, std::string_view key, std::string_view old) {
  return m.boolean(c.node.attributes, key, false) || m.boolean(c.node.attributes, old, false);
}
/// f = gamma / sqrt(var + eps), in binary64 up to its own rounding, and beta + f * (bias - mean),
/// per channel.
struct normalization {
  std::vector<float> factor, offset;
};
inline normalization read_norm(emitter& m, const symbol_attributes& a, const call& c,
                               std::size_t first, std::size_t channels,
                               const std::vector<float>& bias) {
  normalization n;
  const double eps = m.wide_real(a, "eps", 1e-3);
  const bool unit_gamma = m.boolean(a, "fix_gamma", true);
  const auto gamma = m.elements<float>(c.in[first], channels),
             beta = m.elements<float>(c.in[first + 1], channels),
             mean = m.elements<float>(c.in[first + 2], channels),
             var = m.elements<float>(c.in[first + 3], channels);
  if (m.failed()) return n;
  for (std::size_t k = 0; k < channels; ++k) {
    const double deviation = numerics::sqrt(numerics::add(static_cast<double>(var[k]), eps));
    const auto f = static_cast<float>(
        numerics::div(unit_gamma ? 1. : static_cast<double>(gamma[k]), deviation));
    n.factor.push_back(f);
    n.offset.push_back(numerics::add(
        beta[k], numerics::mul(f, numerics::sub(bias.empty() ? 0.f : bias[k], mean[k]))));
    if (!numerics::is_finite(f) || !numerics::is_finite(n.offset[k]))
      m.broken("a variance", std::to_string(var[k]));
  }
  return n;
}

// ---- float layers ----

inline attributes float_bounds(bool relu, float hi) {
  attributes a;
  if (relu) a.set("float_lo", 0.);
  if (relu && numerics::is_finite(hi)) a.set("float_hi", static_cast<double>(hi));
  return a;
}
inline void merge(attributes& to, const attributes& from) {
  for (const auto& [key, v] : from.entries()) to.set(key, v);
}
inline tensor_id float_convolution(emitter& m, const convolution& g, const value& x,
                                   const std::vector<float>& w, const std::vector<float>& bias,
                                   const std::string& name, const attributes& bounds) {
  if (m.failed() || !m.is_real(x)) return no_tensor;
  std::vector<tensor_id> in{m.held(x, true), add_weights(m, g, w, name)};
  if (!bias.empty()) in.push_back(m.to.constant(bias));
  attributes a = to_attributes(g.attrs);
  merge(a, bounds);
  const tensor_id y = m.to.temporary("", dtype::f32);
  m.emit(g.depthwise ? ops::float_depthwise_conv2d : ops::float_conv2d, std::move(in), {y},
         std::move(a));
  return y;
}
inline void convolution_row(emitter& m, call& c) {
  const symbol_attributes& a = c.node.attributes;
  const bool no_bias = m.boolean(a, "no_bias", false);
  if (!m.arity(c, no_bias ? 2 : 3)) return;
  const convolution g = read_convolution(m, a, c.in[0], c.in[1]);
  const auto w = m.elements<float>(c.in[1]);
  const auto bias = no_bias ? std::vector<float>() : m.elements<float>(c.in[2], g.channels());
  const tensor_id y = float_convolution(m, g, c.in[0], w, bias, c.in[1].name, {});
  m.give(c, y, true);
}
/// Rows of weights [N, K] against the input seen as [batch, K].
struct matrix {
  dims weights{};
  bool has_bias = false, keep_dims = false;
  tensor_id x = no_tensor;
  attributes attrs() const {
    fully_connected_attrs a;
    a.keep_dims = keep_dims;
    return to_attributes(a);
  }
  std::size_t channels() const { return as_size(weights[0]); }
};
inline matrix read_matrix(emitter& m, const symbol_attributes& a, const value& x, const value& w) {
  matrix f;
  f.weights = m.shape(w);
  f.has_bias = !m.boolean(a, "no_bias", false);
  f.keep_dims = !m.boolean(a, "flatten", true);
  f.x = m.held(x, false);
  if (m.failed()) return f;
  if (f.weights.rank != 2 || f.weights.elements().value == 0) {
    m.broken("shape of the weights", to_string(f.weights), "[outputs, inputs]");
    return f;
  }
  const dims s = m.to.g[f.x].shape;
  std::size_t row = 1;
  for (int i = f.keep_dims ? s.rank - 1 : 1; i < s.rank; ++i) row *= as_size(s[i]);
  if (s.rank < 1 || row != as_size(f.weights[1]))
    m.broken("shape of the weights", to_string(f.weights), "for an input of " + to_string(s));
  return f;
}
inline tensor_id float_matrix(emitter& m, const call& c, const matrix& f,
                              const attributes& bounds) {
  if (m.failed() || !m.is_real(c.in[0])) return no_tensor;
  std::vector<tensor_id> in{f.x, m.held(c.in[1], false)};
  if (f.has_bias) in.push_back(m.held(c.in[2], false));
  attributes a = f.attrs();
  merge(a, bounds);
  const tensor_id y = m.to.temporary("", dtype::f32);
  m.emit(ops::float_fully_connected, std::move(in), {y}, std::move(a));
  return y;
}
inline void fully_connected_row(emitter& m, call& c) {
  const bool no_bias = m.boolean(c.node.attributes, "no_bias", false);
  if (!m.arity(c, no_bias ? 2 : 3)) return;
  const matrix f = read_matrix(m, c.node.attributes, c.in[0], c.in[1]);
  m.give(c, float_matrix(m, c, f, {}), false);
}

// ---- fused convolution ----

/// A fused convolution as its node and subgraph describe it, normalization folded into its
/// constants.
struct fused_convolution {
  convolution layer{};
  std::vector<float> weights, bias;
  bounds bound;
  std::size_t at_sum = 0, at_range = 0;  // operands
  bool quantized = false, sum = false;
};
inline fused_convolution read_fused_convolution(emitter& m, call& c) {
  fused_convolution f;
  const symbol_attributes& a = c.node.attributes;
  const fused_operators inner = read_fused(m, c, "Convolution");
  if (m.failed()) return f;
  f.quantized = m.boolean(a, "quantized", false), f.sum = m.boolean(a, "with_sum", false);
  const bool norm = m.boolean(a, "with_bn", false), act = with(m, c, "with_act", "with_relu"),
             after = with(m, c, "with_postsum_act", "with_postsum_relu");
  const bool no_bias = m.boolean(inner.layer->attributes, "no_bias", false);
  if (act && f.sum) m.refuse("an activation before a sum inside a fused node");
  if (norm != (inner.norm != nullptr) || f.sum != inner.sum ||
      inner.activations.size() != as_size(act || after))
    m.fail(import::malformed("a fused node whose attributes do not fit its subgraph"));
  const std::size_t at_norm = no_bias ? 2 : 3;
  f.at_sum = at_norm + (norm ? 4 : 0), f.at_range = f.at_sum + (f.sum ? 1 : 0);
  if (!m.arity(c, f.at_range + (f.quantized ? f.sum ? 4 : 2 : 0))) return f;
  f.layer = read_convolution(m, inner.layer->attributes, c.in[0], c.in[1]);
  f.weights = m.elements<float>(c.in[1]);
  if (!no_bias) f.bias = m.elements<float>(c.in[2], f.layer.channels());
  if (!inner.activations.empty()) f.bound = read_activation(m, *inner.activations[0]);
  if (m.failed() || !norm) return f;
  auto n = read_norm(m, inner.norm->attributes, c, at_norm, f.layer.channels(), f.bias);
  if (m.failed()) return f;
  const std::size_t count = f.weights.size() / f.layer.channels();
  for (std::size_t i = 0; i < f.weights.size(); ++i)
    f.weights[i] = numerics::mul(f.weights[i], n.factor[i / count]);
  f.bias = std::move(n.offset);
  return f;
}
inline void real_fused_convolution(emitter& m, call& c, const fused_convolution& f) {
  const attributes bound = float_bounds(f.bound.relu, f.bound.hi);
  const tensor_id y = float_convolution(m, f.layer, c.in[0], f.weights, f.bias, c.in[1].name,
                                        f.sum ? attributes() : bound);
  if (!f.sum) return m.give(c, y, true);
  const tensor_id total = m.to.temporary("", dtype::f32);
  m.emit(ops::add, {y, m.held(c.in[f.at_sum], true)}, {total}, bound);
  m.give(c, total, true);
}
inline void quantized_fused_convolution(emitter& m, call& c, const fused_convolution& f) {
  const convolution& g = f.layer;
  const range in = m.range_at(c, f.at_range), out = m.calibrated(c.node.attributes);
  const tensor_id x = m.with_range(c.in[0], true, in);
  if (m.failed()) return;
  const float data = m.per_unit(m.type(c.in[0]), in.largest());
  const auto levels = weight_levels(m, f.weights, g.channels(), f.bias, data);
  if (m.failed()) return;
  const dtype type = f.bound.relu ? dtype::u8 : dtype::s8;
  const tensor_id y = m.quantized(type, out);
  const double out_step = m.to.g[y].scales[0], in_step = m.to.g[x].scales[0];
  // The multiplier is f32(f32(levels(y) / levels(x)) / levels(w)). The weights' scales are the
  // binary64 numbers that give it again as f32(sx * sw / sy).
  const float ratio = numerics::div(m.per_unit(type, out.largest()), data);
  std::vector<double> scales;
  for (float l : levels) {
    const float factor = numerics::div(ratio, l);
    scales.push_back(numerics::div(numerics::mul(static_cast<double>(factor), out_step), in_step));
    if (!(scales.back() > 0) || !numerics::is_finite(factor))
      return m.broken("ranges whose quotient is " + std::to_string(factor));
  }
  const tensor_id weights = add_weights(m, g, quantize_weights(f.weights, levels), c.in[1].name);
  m.to.g[weights].scales = std::move(scales);
  m.to.g[weights].zero_points.assign(1, 0);
  import::accumulation layer;
  layer.op = g.depthwise ? &ops::depthwise_conv2d : &ops::conv2d;
  layer.in = {x, weights};
  layer.attrs = to_attributes(g.attrs);
  if (!f.bias.empty()) layer.real_bias = m.to.constant(quantize_bias(f.bias, levels, data));
  layer.out = y;
  if (!f.sum) {
    m.check(m.to.accumulate_and_requantize(std::move(layer), c.node.name));
    return m.give(c, y, true, out);
  }
  const tensor_id addend = m.with_range(c.in[f.at_sum], true, m.range_at(c, f.at_range + 2));
  if (m.failed()) return;
  auto scales_of_sums =
      m.to.accumulator_scales(m.to.decide(*layer.op, layer.in, {y}, layer.attrs, {}), x, weights);
  const tensor_id acc = m.accumulate(*layer.op, std::move(layer.in), std::move(layer.attrs),
                                     std::move(scales_of_sums));
  std::vector<tensor_id> parts{acc, addend};
  if (layer.real_bias != no_tensor) parts.push_back(layer.real_bias);
  m.emit(ops::requantize_add, std::move(parts), {y});
  m.give(c, y, true, out);
}
/// data, weight, [bias], [gamma, beta, mean, var], [sum], then of quantized nodes [data_min,
/// data_max], [sum_min, sum_max].
inline void fused_convolution_row(emitter& m, call& c) {
  const fused_convolution f = read_fused_convolution(m, c);
  if (m.failed()) return;
  if (f.quantized)
    quantized_fused_convolution(m, c, f);
  else
    real_fused_convolution(m, c, f);
}

// ---- fused fully connected ----

/// The int8 weights of a fused matrix, how many levels a unit has (for each row of weights, or for
/// all), and the bias in steps of the accumulator.
struct matrix_constants {
  std::vector<std::int8_t> weights;
  std::vector<float> levels;
  std::vector<double> bias;
};
/// Real weights, quantized row by row here. `data`: levels a unit of the input.
inline matrix_constants quantize_matrix(emitter& m, const call& c, const matrix& f, bool has_bias,
                                        float data) {
  matrix_constants k;
  const auto real_w = m.elements<float>(c.in[1]);
  const auto real_b = has_bias ? m.elements<float>(c.in[2], f.channels()) : std::vector<float>();
  if (m.failed()) return k;
  k.levels = weight_levels(m, real_w, f.channels(), real_b, data);
  k.weights = quantize_weights(real_w, k.levels);
  for (float v : quantize_bias(real_b, k.levels, data)) k.bias.push_back(static_cast<double>(v));
  return k;
}
/// Weights and bias that the file quantizes, whose ranges begin at operand `at_range`.
inline matrix_constants read_quantized_matrix(emitter& m, const call& c, const matrix& f,
                                              bool has_bias, std::size_t at_range, float data) {
  matrix_constants k;
  k.weights = m.elements<std::int8_t>(c.in[1]);
  k.levels.assign(1, m.per_unit(dtype::s8, m.range_at(c, at_range).largest()));
  if (!has_bias) return k;
  const auto bytes = m.elements<std::int8_t>(c.in[2], f.channels());
  const float bias_levels = m.per_unit(dtype::s8, m.range_at(c, at_range + 2).largest()),
              factor = numerics::div(numerics::mul(data, k.levels[0]), bias_levels);
  for (std::int8_t v : bytes)
    k.bias.push_back(static_cast<double>(
        numerics::round_half_away(numerics::mul(static_cast<float>(v), factor))));
  return k;
}
/// Accumulators to real numbers, and those to the output's levels where it has some: uint8's
/// lowest is relu's bound, real results get theirs from `real_bounds`.
inline void dequantize_accumulator(emitter& m, tensor_id acc, tensor_id y, bool real,
                                   const attributes& real_bounds) {
  const bool bounded = real && !real_bounds.entries().empty();
  const tensor_id unscaled = real && !bounded ? y : m.to.temporary("", dtype::f32);
  m.emit(ops::dequantize, {acc}, {unscaled});
  if (bounded)
    m.emit(ops::mul, {unscaled, m.to.scalar_constant(1.f)}, {y}, attributes(real_bounds));
  else if (!real)
    m.emit(ops::quantize, {unscaled}, {y});
}
/// A fused matrix as its node and subgraph describe it.
struct fused_matrix {
  matrix layer;
  bounds bound;
  std::size_t at_range = 0;                                  // operand
  bool quantized = false, by_channel = false, real = false;  // real: float results
};
inline fused_matrix read_fused_matrix(emitter& m, call& c) {
  fused_matrix f;
  const symbol_attributes& a = c.node.attributes;
  const fused_operators inner = read_fused(m, c, "FullyConnected");
  if (m.failed()) return f;
  f.quantized = m.boolean(a, "quantized", false);
  const bool act = with(m, c, "with_eltwise", "with_relu");
  f.by_channel = m.boolean(a, "channel_wise_quantize", false);
  f.real = with(m, c, "enable_float_output", "enabled_float_output");
  const bool no_bias = m.boolean(inner.layer->attributes, "no_bias", false);
  if (inner.norm || inner.sum || inner.activations.size() != as_size(act))
    m.fail(import::malformed("a fused node whose attributes do not fit its subgraph"));
  f.at_range = no_bias ? 2 : 3;
  const std::size_t ranges = !f.quantized ? 0 : f.by_channel ? 2 : no_bias ? 4 : 6;
  if (!m.arity(c, f.at_range + ranges)) return f;
  f.layer = read_matrix(m, inner.layer->attributes, c.in[0], c.in[1]);
  if (!inner.activations.empty()) f.bound = read_activation(m, *inner.activations[0]);
  return f;
}
inline void quantized_fused_matrix(emitter& m, call& c, const fused_matrix& f) {
  const bool has_bias = f.layer.has_bias;
  const range in = m.range_at(c, f.at_range);
  const tensor_id x = m.with_range(value::of(f.layer.x, false), false, in);
  if (m.failed()) return;
  const float data = m.per_unit(m.type(c.in[0]), in.largest());
  const matrix_constants k =
      f.by_channel ? quantize_matrix(m, c, f.layer, has_bias, data)
                   : read_quantized_matrix(m, c, f.layer, has_bias, f.at_range + 2, data);
  if (m.failed()) return;
  const tensor_id weights =
      m.to.g.add_constant(c.in[1].name, dtype::s8, f.layer.weights,
                          constant_data::of(std::span<const std::int8_t>(k.weights)));
  std::vector<tensor_id> operands{x, weights};
  if (has_bias) operands.push_back(add_bias(m, k.bias));
  octet::tensor& t = m.to.g[weights];
  t.zero_points.assign(1, 0);
  t.axis = 0;
  // Real results and those behind an activation take two steps: f32(acc * f32(f32(1 / levels(x)) /
  // levels(w))), then the bounds and the output's levels. Others take one, as convolutions do.
  const bool two_steps = f.real || f.bound.relu;
  const range out = f.real ? range{} : m.calibrated(c.node.attributes);
  if (m.failed()) return;
  const dtype type = f.bound.relu ? dtype::u8 : dtype::s8;
  const tensor_id y = f.real ? m.to.temporary("", dtype::f32) : m.quantized(type, out);
  const double in_step = m.to.g[x].scales[0];
  std::vector<double> accumulator;
  for (float l : k.levels) {
    const float first = two_steps ? 1.f : m.per_unit(type, out.largest()),
                factor = numerics::div(numerics::div(first, data), l);
    accumulator.push_back(two_steps
                              ? static_cast<double>(factor)
                              : numerics::mul(static_cast<double>(factor), m.to.g[y].scales[0]));
    t.scales.push_back(numerics::div(accumulator.back(), in_step));
    if (!(t.scales.back() > 0) || !numerics::is_finite(factor))
      return m.broken("ranges whose quotient is " + std::to_string(factor));
  }
  if (two_steps) {
    const tensor_id acc = m.accumulate(ops::fully_connected, std::move(operands), f.layer.attrs(),
                                       std::move(accumulator));
    dequantize_accumulator(m, acc, y, f.real, float_bounds(f.bound.relu, f.bound.hi));
  } else {
    import::accumulation layer;
    layer.op = &ops::fully_connected;
    layer.in = std::move(operands);
    layer.attrs = f.layer.attrs();
    layer.out = y;
    m.check(m.to.accumulate_and_requantize(std::move(layer), c.node.name));
  }
  if (f.real)
    m.give(c, y, false);
  else
    m.give(c, y, false, out);
}
/// data, weight, [bias], data_min, data_max, and of weights that the file quantizes weight_min,
/// weight_max, [bias_min, bias_max].
inline void fused_matrix_row(emitter& m, call& c) {
  const fused_matrix f = read_fused_matrix(m, c);
  if (m.failed()) return;
  if (f.quantized) return quantized_fused_matrix(m, c, f);
  m.give(c, float_matrix(m, c, f.layer, float_bounds(f.bound.relu, f.bound.hi)), false);
}

// ---- plain quantized layers: int32 results, requantized by a node of their own ----

/// Largest magnitude that an int32 result stands for, from the steps of its operands.
inline range accumulator_range(float a, float b) {
  const float hi = numerics::mul(numerics::mul(a, b), 0x1p31f);
  return {-hi, hi};
}
/// The result of a layer whose accumulator the file keeps. Its scale is set where it is read.
inline void give_accumulator(emitter& m, call& c, const op_def& op, std::vector<tensor_id> in,
                             attributes a, const range& r, bool channels_inner) {
  if (m.failed()) return;
  if (!(r.hi > 0) || !numerics::is_finite(r.hi)) return m.broken("a range of 0 or without end");
  const double scale = static_cast<double>(r.hi) * 0x1p-31;
  const tensor_id x = in[0], w = in[1];
  m.to.g[w].scales.assign(1, numerics::div(scale, m.to.g[x].scales[0]));
  m.to.g[w].zero_points.assign(1, 0);
  const tensor_id acc = m.accumulate(op, std::move(in), std::move(a), {scale});
  m.layer(acc, op, x, w);
  m.give(c, acc, channels_inner, r);
}
/// data, weight, [bias], then min and max of each.
inline void quantized_convolution_row(emitter& m, call& c) {
  const symbol_attributes& a = c.node.attributes;
  const bool no_bias = m.boolean(a, "no_bias", false);
  const std::size_t base = no_bias ? 2 : 3;
  if (!m.arity(c, 3 * base)) return;
  const convolution g = read_convolution(m, a, c.in[0], c.in[1]);
  const auto w = m.elements<std::int8_t>(c.in[1]);
  const range in = m.range_at(c, base), weight = m.range_at(c, base + 2);
  const tensor_id x = m.with_range(c.in[0], true, in);
  if (m.failed()) return;
  const auto step = [&](dtype t, const range& r) {
    return numerics::div(r.largest(), m.levels(t));
  };
  const float da = step(m.type(c.in[0]), in), wa = step(dtype::s8, weight);
  std::vector<tensor_id> operands{x, add_weights(m, g, w, c.in[1].name)};
  if (!no_bias) {
    const auto bytes = m.elements<std::int8_t>(c.in[2], g.channels());
    const double ba = static_cast<double>(step(dtype::s8, m.range_at(c, base + 4))),
                 unit = numerics::mul(static_cast<double>(da), static_cast<double>(wa));
    std::vector<double> bias;
    for (std::int8_t v : bytes)
      bias.push_back(
          numerics::rint(numerics::div(numerics::mul(static_cast<double>(v), ba), unit)));
    operands.push_back(add_bias(m, bias));
  }
  give_accumulator(m, c, g.depthwise ? ops::depthwise_conv2d : ops::conv2d, std::move(operands),
                   to_attributes(g.attrs), accumulator_range(da, wa), true);
}
inline void quantized_matrix_row(emitter& m, call& c) {
  const symbol_attributes& a = c.node.attributes;
  const bool no_bias = m.boolean(a, "no_bias", false);
  const std::size_t base = no_bias ? 2 : 3;
  if (!m.arity(c, 3 * base)) return;
  const matrix f = read_matrix(m, a, c.in[0], c.in[1]);
  const auto w = m.elements<std::int8_t>(c.in[1]);
  const range in = m.range_at(c, base), weight = m.range_at(c, base + 2);
  const tensor_id x = m.with_range(value::of(f.x, false), false, in);
  if (m.failed()) return;
  const dtype type = m.type(c.in[0]);
  const tensor_id weights = m.to.g.add_constant(c.in[1].name, dtype::s8, f.weights,
                                                constant_data::of(std::span<const std::int8_t>(w)));
  std::vector<tensor_id> operands{x, weights};
  if (!no_bias) {
    const auto bytes = m.elements<std::int8_t>(c.in[2], f.channels());
    const float units = numerics::mul(m.per_unit(type, in.largest()),
                                      m.per_unit(dtype::s8, weight.largest())),
                factor = numerics::div(numerics::mul(units, m.range_at(c, base + 4).largest()),
                                       m.levels(dtype::s8));
    std::vector<double> bias;
    for (std::int8_t v : bytes)
      bias.push_back(
          numerics::trunc(static_cast<double>(numerics::mul(static_cast<float>(v), factor))));
    operands.push_back(add_bias(m, bias));
  }
  // Here the levels are whole, in every version.
  const float da = numerics::div(in.largest(), 127.f),
              wa = numerics::div(weight.largest(), type == dtype::s8 ? 127.f : 255.f);
  give_accumulator(m, c, ops::fully_connected, std::move(operands), f.attrs(),
                   accumulator_range(da, wa), false);
}

}  // namespace mxnet_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_ROWS_LAYERS_HPP_
