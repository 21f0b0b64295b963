// Rows with weights: convolutions, linear; quantize and dequantize.
#ifndef OCTET_IMPORT_TORCH_ROWS_LINEAR_HPP_
#define OCTET_IMPORT_TORCH_ROWS_LINEAR_HPP_

#include "octet/import/torch/packed.hpp"
#include "octet/ops/conv2d.hpp"
#include "octet/ops/dequantize.hpp"
#include "octet/ops/fully_connected.hpp"
#include "octet/ops/quantize.hpp"
#include "octet/ops/transpose_conv2d.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

/// ops.quantized.conv2d_prepack and its relatives, called by __setstate__.
inline result<value> prepack(emitter& e, arguments& a) {
  packed_data p;
  p.linear = a.name == "quantized::linear_prepack";
  p.transposed = a.name.find("transpose") != std::string::npos;
  p.spatial = a.name.find("1d") != std::string::npos   ? 1
              : a.name.find("3d") != std::string::npos ? 3
                                                       : 2;
  p.weight = a.tensor(0);
  if (!a.none(1)) p.bias = a.tensor(1);
  if (!p.linear) {
    p.stride = a.integers(2);
    p.padding = a.integers(3);
    if (p.transposed) p.output_padding = a.integers(4);
    p.dilation = a.integers(p.transposed ? 5 : 4);
    p.groups = a.integer(p.transposed ? 6 : 5);
  }
  if (auto s = a.check(); !s) return s.error();
  return checked(e.c.values, std::move(p));
}

// ---- accumulate, requantize ----

/// The bias of the law: FBGEMM keeps the float (input 1 of requantize), QNNPACK rounds it to int32
/// (input 2 of the convolution). aw: scales of the accumulator.
struct bias_tensor {
  tensor_id integer = no_tensor, real = no_tensor;
};
inline result<bias_tensor> make_bias(emitter& e, const packed_data& p,
                                     const std::vector<double>& aw, std::size_t channels) {
  if (!p.bias) return bias_tensor{};
  const auto v = e.c.numbers<float>(*p.bias);
  if (!v) return v.error();
  if (v->size() != channels)
    return invalid("number of biases", std::to_string(v->size()), std::to_string(channels));
  if (!e.qnnpack()) return bias_tensor{.real = e.constant_of(*v)};
  std::vector<std::int32_t> q;
  for (std::size_t i = 0; i < v->size(); ++i)
    q.push_back(laws::integer_bias((*v)[i], aw.size() == 1 ? aw[0] : aw[i]));
  return bias_tensor{.integer = e.constant_of(q)};
}
/// A layer with weights between its input and output in octet's own layout.
struct layer {
  const op_def* op = nullptr;
  tensor_id in = no_tensor, weights = no_tensor;
  attributes attrs{};
  std::size_t channels = 0;  // of the output
  bool relu = false;
};
/// Returns the quantized tensor's id.
inline result<tensor_id> accumulate(emitter& e, layer l, const tensor_data& x, const packed_data& p,
                                    const output_quantization& q) {
  const tensor_id y = e.make(x.type, q);
  std::vector<tensor_id> in{l.in, l.weights};
  const auto decided = e.c.build.decide(*l.op, in, {y}, l.attrs, {});
  const auto bias =
      make_bias(e, p, e.c.build.accumulator_scales(decided, l.in, l.weights), l.channels);
  if (!bias) return bias.error();
  if (bias->integer != no_tensor) in.push_back(bias->integer);
  if (auto s = e.c.build.accumulate_and_requantize(
          {.op = l.op,
           .in = std::move(in),
           .attrs = std::move(l.attrs),
           .real_bias = bias->real,
           .out = y,
           .options = {.fused = l.relu ? activation::relu : activation::none}},
          {});
      !s)
    return s.error();
  return y;
}

// ---- convolutions ----

/// Weights in octet's order. Logical [O, I/g, kh, kw] (transposed: [I, O/g, kh, kw]); conv1d has no
/// kh, or kh = 1.
inline result<tensor_id> conv_weights(emitter& e, const packed_data& p, bool depthwise) {
  tensor_data w = *p.weight;
  if (w.rank() == 3) {
    w.size.insert(w.size.begin() + 2, 1);
    w.stride.insert(w.stride.begin() + 2, 0);
    if (w.axis == 2) w.axis = 3;
  }
  if (auto s = e.c.resolve_channels(w); !s) return s.error();
  if (w.scales.size() > 1 && w.axis != (p.transposed ? 1 : 0))
    return unsupported("per-channel weights on axis " + std::to_string(w.axis), {},
                       "the output channels");
  constexpr int plain[] = {0, 2, 3, 1}, by_channel[] = {1, 2, 3, 0}, transposed[] = {0, 2, 3, 4, 1};
  const int* order = depthwise ? by_channel : p.transposed ? transposed : plain;
  dims shape;
  if (p.transposed) {  // [g * I/g, O/g, kh, kw] seen as [g, I/g, O/g, kh, kw], taken as [g, O/g,
                       // kh, kw, I/g]
    const std::int64_t inputs = w.size[0] / p.groups;
    w.size.insert(w.size.begin(), p.groups);
    w.stride.insert(w.stride.begin(), w.stride[0] * inputs);
    w.size[1] = inputs;
    shape =
        dims{static_cast<std::int32_t>(p.groups * w.size[2]), static_cast<std::int32_t>(w.size[3]),
             static_cast<std::int32_t>(w.size[4]), static_cast<std::int32_t>(inputs)};
  } else {
    for (int i = 0; i < 4; ++i)
      shape.push_back(static_cast<std::int32_t>(w.size[static_cast<std::size_t>(order[i])]));
  }
  auto data = e.c.elements(w, std::span<const int>(order, p.transposed ? 5 : 4));
  if (!data) return data.error();
  const tensor_id id = e.g.add_constant("", dtype::s8, shape, std::move(*data));
  octet::tensor& t = e.g[id];
  t.scales = w.scales;
  t.zero_points = w.zero_points;
  if (w.scales.size() > 1) t.axis = depthwise ? 3 : 0;
  return id;
}

/// Numbers of channels; `depthwise`: one filter, or several, for each input channel by itself.
struct conv_channels {
  std::int64_t out = 0;
  bool depthwise = false;
};
inline result<conv_channels> channels_of(const arguments& a, const tensor_data& x,
                                         const packed_data& p) {
  const std::int64_t in = x.size[1], first = p.weight->size[0], second = p.weight->size[1];
  const std::int64_t expected = p.transposed ? first : second * p.groups;
  if (expected != in || in % p.groups != 0)
    return invalid("input channels of " + a.name, std::to_string(in), std::to_string(expected));
  const std::int64_t out = p.transposed ? second * p.groups : first;
  return conv_channels{out,
                       !p.transposed && second == 1 && p.groups == in && in > 1 && out % in == 0};
}

/// conv1d runs as conv2d on one row; its parameters were packed either way. Attributes that equal
/// their defaults are left out.
inline attributes conv_attributes(const packed_data& p, bool one_row, bool depthwise) {
  attributes to;
  const auto set = [&](const char* key, std::int64_t v, std::int64_t otherwise) {
    if (v != otherwise) to.set(key, v);
  };
  const auto height = [&](const std::vector<std::int64_t>& of, std::int64_t otherwise) {
    return one_row ? otherwise : of.front();
  };
  set("stride_h", height(p.stride, 1), 1), set("stride_w", p.stride.back(), 1);
  set("dilation_h", height(p.dilation, 1), 1), set("dilation_w", p.dilation.back(), 1);
  const std::int64_t rows = height(p.padding, 0), columns = p.padding.back();
  set("pad_top", rows, 0), set("pad_bottom", rows, 0);
  set("pad_left", columns, 0), set("pad_right", columns, 0);
  if (p.transposed) {
    set("output_padding_h", height(p.output_padding, 0), 0);
    set("output_padding_w", p.output_padding.back(), 0);
  }
  if (!depthwise) set("groups", p.groups, 1);
  return to;
}
/// `from` under another shape, of the same type and quantization.
inline result<tensor_id> reshaped_like(emitter& e, tensor_id from,
                                       std::vector<std::int64_t> shape) {
  const tensor_id to = e.c.build.like(from);
  if (auto s = e.reshape(from, to, std::move(shape)); !s) return s.error();
  return to;
}

template <int Spatial, bool Relu, bool Transposed> result<value> conv(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(0);
  if (auto s = a.check(); !s) return s.error();
  const auto p = packed_argument(e, a, 1);
  if (!p) return p.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  const auto q = e.output(a, 2, x->type);
  if (!q) return q.error();
  if ((*p)->linear || (*p)->transposed != Transposed)
    return invalid("packed parameters of another operator in " + a.name);
  if (x->rank() != Spatial + 2)
    return invalid("rank of the input of " + a.name, std::to_string(x->rank()),
                   std::to_string(Spatial + 2));
  constexpr bool one_row = Spatial == 1;
  auto in = e.held(*x, true);
  if (in && one_row) {
    const dims s = e.g[*in].shape;
    in = reshaped_like(e, *in, {s[0], 1, s[1], s[2]});
  }
  if (!in) return in.error();
  const auto channels = channels_of(a, *x, **p);
  if (!channels) return channels.error();
  const auto w = conv_weights(e, **p, channels->depthwise);
  if (!w) return w.error();
  auto y = accumulate(e,
                      {.op = Transposed            ? &ops::transpose_conv2d
                             : channels->depthwise ? &ops::depthwise_conv2d
                                                   : &ops::conv2d,
                       .in = *in,
                       .weights = *w,
                       .attrs = conv_attributes(**p, one_row, channels->depthwise),
                       .channels = static_cast<std::size_t>(channels->out),
                       .relu = Relu},
                      *x, **p, *q);
  if (y && one_row) {
    const dims s = e.g[*y].shape;
    y = reshaped_like(e, *y, {s[0], s[2], s[3]});
  }
  if (!y) return y.error();
  // Convolutions give channels-last results, whatever they are given.
  return e.wrap(*y, x->type, true, true);
}

// ---- linear ----

/// Weights [out, in] as a constant of the graph.
inline result<tensor_id> linear_weights(emitter& e, const packed_data& p) {
  tensor_data w = *p.weight;
  if (auto s = e.c.resolve_channels(w); !s) return s.error();
  if (w.scales.size() > 1 && w.axis != 0)
    return unsupported("per-channel weights on axis " + std::to_string(w.axis), {}, "0");
  const auto shape = e.ir_shape(w.size, false);
  if (!shape) return shape.error();
  auto data = e.c.elements(w);
  if (!data) return data.error();
  const tensor_id id = e.g.add_constant("", dtype::s8, *shape, std::move(*data));
  e.g[id].scales = w.scales;
  e.g[id].zero_points = w.zero_points;
  if (w.scales.size() > 1) e.g[id].axis = 0;
  return id;
}
inline attributes linear_attributes(const tensor_data& x) {
  attributes to;
  if (x.rank() != 2) to.set("keep_dims", std::int64_t{1});
  return to;
}

template <bool Relu> result<value> linear(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(0);
  if (auto s = a.check(); !s) return s.error();
  const auto p = packed_argument(e, a, 1);
  if (!p) return p.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  const auto q = e.output(a, 2, x->type);
  if (!q) return q.error();
  if (!(*p)->linear) return invalid("packed parameters of another operator in " + a.name);
  const std::int64_t outputs = (*p)->weight->size[0], features = (*p)->weight->size[1];
  if (x->rank() < 1 || x->size.back() != features)
    return invalid("features of the input of " + a.name,
                   x->rank() < 1 ? "none" : std::to_string(x->size.back()),
                   std::to_string(features));
  const auto w = linear_weights(e, **p);
  if (!w) return w.error();
  const auto in = e.held(*x, false);
  if (!in) return in.error();
  const auto y = accumulate(e,
                            {.op = &ops::fully_connected,
                             .in = *in,
                             .weights = *w,
                             .attrs = linear_attributes(*x),
                             .channels = static_cast<std::size_t>(outputs),
                             .relu = Relu},
                            *x, **p, *q);
  if (!y) return y.error();
  return e.wrap(*y, x->type, false, false);
}

/// quantized::linear_dynamic(x, packed, reduce_range): x is quantized at run time by its own
/// minimum and maximum, the result is float.
template <bool Relu> result<value> linear_dynamic(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(0);
  const bool reduce_range = a.boolean(2) && !e.qnnpack();  // QNNPACK does not honour it
  if (auto s = a.check(); !s) return s.error();
  const auto p = packed_argument(e, a, 1);
  if (!p) return p.error();
  if (!(*p)->linear) return invalid("packed parameters of another operator in " + a.name);
  const std::int64_t features = (*p)->weight->size[1];
  if (x->type != scalar::f32 || x->rank() < 1 || x->size.back() != features)
    return invalid("input of " + a.name, std::string(name_of(x->type)),
                   "float32, " + std::to_string(features) + " features");
  const auto w = linear_weights(e, **p);
  if (!w) return w.error();
  const auto in = e.held(*x, false);
  if (!in) return in.error();
  tensor_id bias = no_tensor;
  if ((*p)->bias) {
    const auto v = e.c.numbers<float>(*(*p)->bias);
    if (!v) return v.error();
    bias = e.constant_of(*v);
  }
  const tensor_id y = e.make(scalar::f32);
  if (auto s = e.c.build.accumulate_dynamically(
          {.op = &ops::fully_connected,
           .in = *in,
           .weights = *w,
           .bias = bias,
           .attrs = linear_attributes(*x),
           .layer = {.layer = laws::dynamic_layer::fully_connected, .products = features},
           .reduce_range = reduce_range,
           .out = y,
           .fused = Relu ? activation::relu : activation::none},
          {});
      !s)
    return s.error();
  return e.wrap(y, scalar::f32, false, false);
}

// ---- quantize, dequantize ----

inline result<value> quantize_per_tensor(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(0);
  const std::int64_t code = a.integer(3);
  if (auto s = a.check(); !s) return s.error();
  if (x->type != scalar::f32)
    return unsupported("input of quantize_per_tensor", std::string(name_of(x->type)), "float32");
  if (code != static_cast<std::int64_t>(scalar::qint8) &&
      code != static_cast<std::int64_t>(scalar::quint8))
    return unsupported("element type of quantize_per_tensor", std::to_string(code),
                       "12 (qint8), 13 (quint8)");
  const auto type = static_cast<scalar>(code);
  const auto q = e.output(a, 1, type);
  if (!q) return q.error();
  const tensor_id y = e.make(type, *q);
  const auto in = e.held_as_is(*x);
  if (!in) return in.error();
  if (auto s = e.emit(ops::quantize, {*in}, y); !s) return s.error();
  return e.wrap(y, type, x->channels_inner, suggests_channels_last(*x));
}
inline result<value> dequantized(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(0);
  if (auto s = a.check(); !s) return s.error();
  if (!is_quantized(x->type)) return a.v[0];
  const auto in = e.held_as_is(*x);
  if (!in) return in.error();
  const tensor_id y = e.make(scalar::f32);
  if (auto s = e.emit(ops::dequantize, {*in}, y); !s) return s.error();
  return e.wrap(y, scalar::f32, x->channels_inner, suggests_channels_last(*x));
}
/// A tensor, or a list of tensors.
inline result<value> dequantize(emitter& e, arguments& a) {
  if (!a.v[0].is_sequence()) return dequantized(e, a);
  std::vector<value> items;
  for (const value& v : a.v[0].c->items) {
    arguments one(e.c, a.name, {v});
    const auto item = dequantized(e, one);
    if (!item) return item;
    items.push_back(*item);
  }
  return e.c.values.list(std::move(items), a.v[0].what);
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_LINEAR_HPP_
