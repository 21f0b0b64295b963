// Rows with weights: convolutions, linear; quantize and dequantize.
#ifndef OCTET_IMPORT_TORCH_ROWS_LINEAR_HPP_
#define OCTET_IMPORT_TORCH_ROWS_LINEAR_HPP_

#include "octet/import/torch/packed.hpp"
#include "octet/import/torch/rows_elementwise.hpp"
#include "octet/numerics/half.hpp"
#include "octet/ops/conv2d.hpp"
#include "octet/ops/float_layers.hpp"
#include "octet/ops/fully_connected.hpp"
#include "octet/ops/gather.hpp"
#include "octet/ops/pad.hpp"
#include "octet/ops/quantize.hpp"
#include "octet/ops/transpose_conv2d.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

/// ops.quantized.conv2d_prepack and its relatives, called by __setstate__.
inline result<value> prepack(emitter& e, arguments& a) {
  packed_data p;
  p.embedding = a.name == "quantized::embedding_bag_prepack";
  p.half = a.name == "quantized::linear_prepack_fp16";
  p.linear = a.name == "quantized::linear_prepack" || p.half;
  p.transposed = a.name.find("transpose") != std::string::npos;
  p.spatial = a.name.find("1d") != std::string::npos   ? 1
              : a.name.find("3d") != std::string::npos ? 3
                                                       : 2;
  p.weight = a.tensor(a.first());
  const std::string_view bias = p.linear ? "B" : "bias";
  if (!p.embedding && !a.none(bias)) p.bias = a.tensor(bias);
  if (!p.linear && !p.embedding) {
    p.stride = a.integers("stride");
    p.padding = a.integers("padding");
    if (p.transposed) p.output_padding = a.integers("output_padding");
    p.dilation = a.integers("dilation");
    p.groups = a.integer("groups");
    // Modules that pad by themselves give two numbers for one axis; PyTorch takes the first.
    if (p.spatial == 1 && p.padding.size() == 2) p.padding.pop_back();
  }
  if (auto s = a.check(); !s) return s.error();
  return checked(e.c.values, std::move(p));
}

/// Packed parameters of 8-bit weights.
inline result<packed_data*> quantized_weights(emitter& e, arguments& a,
                                              std::string_view parameter) {
  const auto p = packed_argument(e, a, parameter);
  if (p && (*p)->weight->type != scalar::qint8)
    return unsupported("weights of " + a.name, std::string(name_of((*p)->weight->type)), "qint8");
  return p;
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
  if (!laws::rounds_bias(e.g.arithmetic)) return bias_tensor{.real = e.constant_of(*v)};
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
      shape.push_back(static_cast<std::int32_t>(w.size[as_size(order[i])]));
  }
  auto data = e.c.elements(w, std::span<const int>(order, p.transposed ? 5 : 4));
  if (!data) return data.error();
  const tensor_id id = e.g.add_constant("", dtype_of_scalar(w.type), shape, std::move(*data));
  octet::tensor& t = e.g[id];
  t.scales = w.scales;
  t.zero_points = w.zero_points;
  if (w.channel_scales) t.axis = depthwise ? 3 : 0;  // also of one channel: another formula
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
  tensor_data* x = a.tensor("qx");
  if (auto s = a.check(); !s) return s.error();
  const auto p = quantized_weights(e, a, "packed_weight");
  if (!p) return p.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  const auto q = e.output(a, x->type);
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
                       .channels = as_size(channels->out),
                       .relu = Relu},
                      *x, **p, *q);
  if (y && one_row) {
    const dims s = e.g[*y].shape;
    y = reshaped_like(e, *y, {s[0], s[2], s[3]});
  }
  if (!y) return y.error();
  // Convolutions give channels-last results, whatever they are given; those of conv1d have no name
  // for it but the same strides.
  const value v = e.wrap(*y, x->type, true, true);
  if (one_row) v.t->stride = {v.t->size[1] * v.t->size[2], 1, v.t->size[1]};
  return v;
}

// ---- oneDNN's layers with something behind them ----

/// Float sums of a layer, accumulators at their scales plus the bias; then `behind` of them (values
/// in, values out), rounded once. `inner`: the layer's result has its channels last.
inline result<value> rounded_behind(emitter& e, layer l, const tensor_data& x, const packed_data& p,
                                    const output_quantization& q, bool inner, const auto& behind) {
  const tensor_id y = e.make(x.type, q);
  accumulation layer{.op = l.op, .in = {l.in, l.weights}, .attrs = std::move(l.attrs), .out = y};
  const auto sums = e.c.build.accumulate(layer, {});
  if (!sums) return sums.error();
  tensor_id real = e.make(scalar::f32);
  if (auto s = e.emit(ops::dequantize, {sums->acc}, real); !s) return s.error();
  if (p.bias) {
    const auto bias = e.c.numbers<float>(*p.bias);
    if (!bias) return bias.error();
    if (bias->size() != l.channels)
      return invalid("number of biases", std::to_string(bias->size()), std::to_string(l.channels));
    const tensor_id plain = std::exchange(real, e.make(scalar::f32));
    if (auto s = e.emit(ops::add, {plain, e.constant_of(*bias)}, real); !s) return s.error();
  }
  const auto v = behind(e.wrap(real, scalar::f32, inner, inner));
  if (!v) return v;
  const auto in = e.held(*v->t, inner);
  if (!in) return in.error();
  if (auto s = e.emit(ops::quantize, {*in}, y); !s) return s.error();
  return e.wrap(y, x.type, inner, inner);
}
/// One node on float values.
inline result<value> float_node(emitter& e, const value& v, const op_def& op,
                                attributes attrs = {}) {
  const auto in = e.held_as_is(*v.t);
  if (!in) return in.error();
  const tensor_id to = e.make(scalar::f32);
  if (auto s = e.emit(op, {*in}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, scalar::f32, v.t->channels_inner, suggests_channels_last(*v.t));
}
/// conv2d_add(x, other, packed, scale, zero_point), conv2d_add_relu.
template <bool Relu> result<value> conv_add(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("qx"), *other = a.tensor("qaccum");
  if (auto s = a.check(); !s) return s.error();
  const auto p = quantized_weights(e, a, "packed_weight");
  if (!p) return p.error();
  for (const tensor_data* t : {x, other})
    if (auto s = e.per_tensor(*t); !s) return s.error();
  const auto q = e.output(a, x->type);
  if (!q) return q.error();
  if ((*p)->linear || (*p)->transposed || (*p)->spatial != 2 || x->rank() != 4)
    return invalid("packed parameters or input of " + a.name, std::to_string(x->rank()) + " axes",
                   "4, a convolution of two axes");
  const auto in = e.held(*x, true);
  if (!in) return in.error();
  const auto channels = channels_of(a, *x, **p);
  if (!channels) return channels.error();
  const auto w = conv_weights(e, **p, channels->depthwise);
  if (!w) return w.error();
  const auto behind = [&](const value& sums) -> result<value> {
    if (sums.t->size != other->size) return invalid("extents of the addend of " + a.name);
    const auto addend = dequantized(e, *other);
    if (!addend) return addend;
    const auto sum = emit_pair(e, ops::add, {sums.t, addend->t}, scalar::f32);
    return Relu && sum ? float_node(e, *sum, ops::relu) : sum;
  };
  return rounded_behind(e,
                        {.op = channels->depthwise ? &ops::depthwise_conv2d : &ops::conv2d,
                         .in = *in,
                         .weights = *w,
                         .attrs = conv_attributes(**p, false, channels->depthwise),
                         .channels = as_size(channels->out)},
                        *x, **p, *q, true, behind);
}

/// The depth of a three-dimensional convolution, of which conv2d knows nothing.
struct depth_window {
  std::int64_t taps, pad, out;  // out: extent of the result
};
inline result<depth_window> depth_window_of(const arguments& a, const tensor_data& x,
                                            const packed_data& p) {
  const std::int64_t taps = p.weight->size[2], pad = p.padding[0], depth = x.size[2] + 2 * pad,
                     reach = (taps - 1) * p.dilation[0] + 1;
  if (p.stride[0] < 1 || p.dilation[0] < 1 || taps < 1 || taps > 64 || depth < reach)
    return invalid("depth of the window of " + a.name, std::to_string(taps),
                   std::to_string(x.size[2]));
  return depth_window{taps, pad, (depth - reach) / p.stride[0] + 1};
}
/// [N, D, H, W, C] as images [N * out, H, W, C * taps]: for each output depth the planes under its
/// taps.
inline result<tensor_id> planes_as_channels(emitter& e, const tensor_data& x, const packed_data& p,
                                            const depth_window& d, tensor_id in) {
  using list = std::vector<std::int64_t>;
  const std::int64_t n = x.size[0], c = x.size[1], h = x.size[3], w = x.size[4];
  if (d.pad > 0) {
    const tensor_id wider = e.make_like(x);
    attributes attrs;
    attrs.set("paddings", list{0, 0, d.pad, d.pad, 0, 0, 0, 0, 0, 0});
    attrs.set("value", std::int64_t{x.zero_points[0]});
    if (auto s = e.emit(ops::qnn_pad, {in}, wider, std::move(attrs)); !s) return s.error();
    in = wider;
  }
  std::vector<tensor_id> planes;
  for (std::int64_t t = 0; t < d.taps; ++t) {
    const tensor_id piece = e.make_like(x), shaped = e.make_like(x);
    attributes attrs;
    attrs.set("begin", list{0, t * p.dilation[0], 0, 0, 0});
    attrs.set("end", list{n, t * p.dilation[0] + (d.out - 1) * p.stride[0] + 1, h, w, c});
    attrs.set("strides", list{1, p.stride[0], 1, 1, 1});
    if (auto s = e.emit(ops::strided_slice, {in}, piece, std::move(attrs)); !s) return s.error();
    if (auto s = e.reshape(piece, shaped, {n * d.out, h, w, p.groups, 1, c / p.groups}); !s)
      return s.error();
    planes.push_back(shaped);
  }
  const tensor_id joined = e.make_like(x), images = e.make_like(x);
  attributes axis;
  axis.set("axis", std::int64_t{4});
  if (auto s = e.emit(ops::concat, std::move(planes), joined, std::move(axis)); !s)
    return s.error();
  if (auto s = e.reshape(joined, images, {n * d.out, h, w, c * d.taps}); !s) return s.error();
  return images;
}
/// Weights [O, C/g, taps, kh, kw] as the constant [O, kh, kw, taps * C/g].
inline result<tensor_id> taps_as_channels(emitter& e, const packed_data& p) {
  tensor_data k = *p.weight;
  if (auto s = e.c.resolve_channels(k); !s) return s.error();
  if (k.scales.size() > 1 && k.axis != 0)
    return unsupported("per-channel weights on axis " + std::to_string(k.axis), {},
                       "the output channels");
  constexpr int order[] = {0, 3, 4, 2, 1};
  auto data = e.c.elements(k, std::span<const int>(order, 5));
  if (!data) return data.error();
  const auto shape = e.ir_shape({k.size[0], k.size[3], k.size[4], k.size[2] * k.size[1]}, false);
  if (!shape) return shape.error();
  const tensor_id weights = e.g.add_constant("", dtype::s8, *shape, std::move(*data));
  e.g[weights].scales = k.scales;
  e.g[weights].zero_points = k.zero_points;
  if (k.channel_scales) e.g[weights].axis = 0;
  return weights;
}
/// conv3d as conv2d over the depth taps: for each output depth the input's planes under its taps
/// stand side by side as channels [tap][channel], and so do the weights. The same products in one
/// accumulator.
template <bool Relu> result<value> conv3d(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("qx");
  if (auto s = a.check(); !s) return s.error();
  const auto given = quantized_weights(e, a, "packed_weight");
  if (!given) return given.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  const auto q = e.output(a, x->type);
  if (!q) return q.error();
  packed_data p = **given;
  if (p.linear || p.transposed || p.spatial != 3 || x->rank() != 5)
    return invalid("packed parameters or input of " + a.name, std::to_string(x->rank()) + " axes",
                   "5, a convolution of three axes");
  const auto channels = channels_of(a, *x, p);
  if (!channels) return channels.error();
  const auto depth = depth_window_of(a, *x, p);
  if (!depth) return depth.error();
  const auto in = e.held(*x, true);  // [N, D, H, W, C]
  if (!in) return in.error();
  const auto images = planes_as_channels(e, *x, p, *depth, *in);
  if (!images) return images.error();
  const auto weights = taps_as_channels(e, p);
  if (!weights) return weights.error();
  packed_data flat = p;
  flat.spatial = 2;
  for (auto* numbers : {&flat.stride, &flat.padding, &flat.dilation})
    numbers->erase(numbers->begin());
  const auto y = accumulate(e,
                            {.op = &ops::conv2d,
                             .in = *images,
                             .weights = *weights,
                             .attrs = conv_attributes(flat, false, false),
                             .channels = as_size(channels->out),
                             .relu = Relu},
                            *x, p, *q);
  if (!y) return y.error();
  const dims s = e.g[*y].shape;
  const auto volume = reshaped_like(e, *y, {x->size[0], depth->out, s[1], s[2], s[3]});
  if (!volume) return volume.error();
  return e.wrap(*volume, x->type, true, true);
}

// ---- transposed convolutions of volumes ----

/// For each plane of the result, tap after tap, the plane of x that it takes: x's depth where the
/// tap lies between two planes or outside.
inline result<std::vector<std::int64_t>> planes_under_taps(emitter& e, arguments& a,
                                                           const tensor_data& x,
                                                           const packed_data& p) {
  const std::int64_t depth = x.size[2], taps = p.weight->size[2], by = p.stride[0],
                     out = (depth - 1) * by - 2 * p.padding[0] + p.dilation[0] * (taps - 1) +
                           p.output_padding[0] + 1;
  if (by < 1 || p.dilation[0] < 1 || taps < 1 || taps > 64 || depth < 1 || out < 1 ||
      out > INT32_MAX)
    return invalid("depth of the window of " + a.name, std::to_string(taps), std::to_string(depth));
  if (auto s = e.c.build.make_constant(as_size(out * taps) * sizeof(std::int64_t)); !s)
    return s.error();
  std::vector<std::int64_t> planes;
  for (std::int64_t o = 0; o < out; ++o)
    for (std::int64_t t = 0; t < taps; ++t) {
      const std::int64_t at = o + p.padding[0] - t * p.dilation[0];
      planes.push_back(at >= 0 && at % by == 0 && at / by < depth ? at / by : depth);
    }
  return planes;
}
/// [N, D, H, W, C] as images [N * planes / taps, H, W, C * taps], whose channels are
/// [group][tap][channel].
inline result<tensor_id> images_under_taps(emitter& e, const tensor_data& x, const packed_data& p,
                                           tensor_id in, const std::vector<std::int64_t>& planes) {
  using list = std::vector<std::int64_t>;
  const std::int64_t n = x.size[0], c = x.size[1], h = x.size[3], w = x.size[4],
                     taps = p.weight->size[2],
                     images = n * (static_cast<std::int64_t>(planes.size()) / taps);
  const tensor_id wider = e.make_like(x), picked = e.make_like(x), turned = e.make_like(x);
  attributes behind, axis;
  behind.set("paddings", list{0, 0, 0, 1, 0, 0, 0, 0, 0, 0});
  if (is_quantized(x.type)) behind.set("value", std::int64_t{x.zero_points[0]});
  const op_def& pad = is_quantized(x.type) ? ops::qnn_pad : ops::pad;
  if (auto s = e.emit(pad, {in}, wider, std::move(behind)); !s) return s.error();
  axis.set("axis", std::int64_t{1});
  if (auto s = e.emit(ops::gather, {wider, e.constant_of(planes)}, picked, std::move(axis)); !s)
    return s.error();
  const auto apart = reshaped_like(e, picked, {images, taps, h * w, p.groups, c / p.groups});
  if (!apart) return apart;
  if (auto s = e.transpose(*apart, turned, {0, 2, 3, 1, 4}); !s) return s.error();
  return reshaped_like(e, turned, {images, h, w, taps * c});
}
/// Weights [C, O/g, taps, kh, kw] as the constant [O, kh, kw, taps * C/g].
inline result<tensor_id> transposed_taps_as_channels(emitter& e, const packed_data& p) {
  tensor_data k = *p.weight;
  if (auto s = e.c.resolve_channels(k); !s) return s.error();
  if (k.scales.size() > 1 && k.axis != 1)
    return unsupported("per-channel weights on axis " + std::to_string(k.axis), {},
                       "the output channels");
  const std::int64_t inputs = k.size[0] / p.groups;
  k.size.insert(k.size.begin(), p.groups);
  k.stride.insert(k.stride.begin(), k.stride[0] * inputs);
  k.size[1] = inputs;
  constexpr int order[] = {0, 2, 4, 5, 3, 1};
  const std::vector<std::int64_t> size{p.groups * k.size[2], k.size[4], k.size[5],
                                       k.size[3] * inputs};
  if (!k.constant()) {  // computed of constants: the nodes are folded
    tensor_data& w = *e.c.values.tensor(*p.weight).t;
    const auto in = e.held(w, false);
    if (!in) return in;
    const auto axes = reshaped_like(e, *in, k.size);
    if (!axes) return axes;
    const tensor_id turned = e.make(k.type);
    if (auto s = e.transpose(*axes, turned, {std::begin(order), std::end(order)}); !s)
      return s.error();
    return reshaped_like(e, turned, size);
  }
  auto data = e.c.elements(k, std::span<const int>(order, 6));
  if (!data) return data.error();
  const auto shape = e.ir_shape(size, false);
  if (!shape) return shape.error();
  const tensor_id weights = e.g.add_constant("", dtype_of_scalar(k.type), *shape, std::move(*data));
  e.g[weights].scales = k.scales;
  e.g[weights].zero_points = k.zero_points;
  if (k.channel_scales) e.g[weights].axis = 0;
  return weights;
}
/// The transposed convolution of images that one of volumes is.
struct images_of_volume {
  tensor_id images, weights;
  packed_data image;   // without the depth
  std::int64_t depth;  // of the result
};
inline result<images_of_volume> images_to_transpose(emitter& e, arguments& a, tensor_data& x,
                                                    const packed_data& p) {
  const auto planes = planes_under_taps(e, a, x, p);
  if (!planes) return planes.error();
  const auto in = e.held(x, true);  // [N, D, H, W, C]
  if (!in) return in.error();
  const auto images = images_under_taps(e, x, p, *in, *planes);
  if (!images) return images.error();
  const auto weights = transposed_taps_as_channels(e, p);
  if (!weights) return weights.error();
  packed_data image = p;
  image.spatial = 2;
  for (auto* numbers : {&image.stride, &image.padding, &image.dilation, &image.output_padding})
    numbers->erase(numbers->begin());
  return images_of_volume{*images, *weights, std::move(image),
                          static_cast<std::int64_t>(planes->size()) / p.weight->size[2]};
}
/// Images [N * D, H, W, C] as a volume.
inline result<value> volume_of_images(emitter& e, const tensor_data& x, tensor_id y,
                                      std::int64_t depth) {
  const dims s = e.g[y].shape;
  const auto volume = reshaped_like(e, y, {x.size[0], depth, s[1], s[2], s[3]});
  if (!volume) return volume.error();
  return e.wrap(*volume, x.type, true, false);
}
inline result<value> conv_transpose3d(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("qx");
  if (auto s = a.check(); !s) return s.error();
  const auto p = quantized_weights(e, a, "packed_weight");
  if (!p) return p.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  const auto q = e.output(a, x->type);
  if (!q) return q.error();
  if ((*p)->linear || !(*p)->transposed || (*p)->spatial != 3 || x->rank() != 5)
    return invalid("packed parameters or input of " + a.name, std::to_string(x->rank()) + " axes",
                   "5, a transposed convolution of three axes");
  const auto channels = channels_of(a, *x, **p);
  if (!channels) return channels.error();
  const auto images = images_to_transpose(e, a, *x, **p);
  if (!images) return images.error();
  const auto y = accumulate(e,
                            {.op = &ops::transpose_conv2d,
                             .in = images->images,
                             .weights = images->weights,
                             .attrs = conv_attributes(images->image, false, false),
                             .channels = as_size(channels->out)},
                            *x, **p, *q);
  if (!y) return y.error();
  return volume_of_images(e, *x, *y, images->depth);
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
  if (w.channel_scales) e.g[id].axis = 0;
  return id;
}
inline attributes linear_attributes(const tensor_data& x) {
  attributes to;
  if (x.rank() != 2) to.set("keep_dims", std::int64_t{1});
  return to;
}

/// Whether the weights are those of a linear layer on x's features.
inline status features_fit(const arguments& a, const tensor_data& x, const packed_data& p) {
  if (!p.linear) return invalid("packed parameters of another operator in " + a.name);
  const std::int64_t features = p.weight->size[1];
  if (x.rank() < 1 || x.size.back() != features)
    return invalid("features of the input of " + a.name,
                   x.rank() < 1 ? "none" : std::to_string(x.size.back()), std::to_string(features));
  return unit{};
}
/// A linear layer of codes, and what its result is quantized to.
struct linear_call {
  const tensor_data* x;
  const packed_data* p;
  output_quantization q;
  layer of;
};
inline result<linear_call> linear_of(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("X");
  if (auto s = a.check(); !s) return s.error();
  const auto p = quantized_weights(e, a, "W_prepack");
  if (!p) return p.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  const auto q = e.output(a, x->type, {"Y_scale_i", "Y_zero_point_i"});
  if (!q) return q.error();
  if (auto s = features_fit(a, *x, **p); !s) return s.error();
  const auto w = linear_weights(e, **p);
  if (!w) return w.error();
  const auto in = e.held(*x, false);
  if (!in) return in.error();
  return linear_call{x,
                     *p,
                     *q,
                     {.op = &ops::fully_connected,
                      .in = *in,
                      .weights = *w,
                      .attrs = linear_attributes(*x),
                      .channels = as_size((*p)->weight->size[0])}};
}
template <bool Relu> result<value> linear(emitter& e, arguments& a) {
  auto l = linear_of(e, a);
  if (!l) return l.error();
  l->of.relu = Relu;
  const auto y = accumulate(e, std::move(l->of), *l->x, *l->p, l->q);
  if (!y) return y.error();
  return e.wrap(*y, l->x->type, false, false);
}

/// linear_leaky_relu(x, packed, scale, zero_point, slope), linear_tanh(x, packed, scale,
/// zero_point).
template <const op_def& Behind> result<value> linear_behind(emitter& e, arguments& a) {
  attributes attrs;
  if (&Behind == &ops::leaky_relu) attrs.set("alpha", a.real("negative_slope"));
  auto l = linear_of(e, a);
  if (!l) return l.error();
  return rounded_behind(e, std::move(l->of), *l->x, *l->p, l->q, false, [&](const value& sums) {
    return float_node(e, sums, Behind, std::move(attrs));
  });
}

/// x is quantized at run time by its own minimum and maximum, the result is float. Weights of
/// float16 are multiplied as floats.
inline result<value> dynamic_linear(emitter& e, tensor_data& x, const packed_data& p,
                                    bool reduce_range, bool relu) {
  if (!p.linear) return invalid("packed parameters of another operator in " + e.operator_name());
  const std::int64_t features = p.weight->size[1];
  if (x.type != scalar::f32 || x.rank() < 1 || x.size.back() != features)
    return invalid("input of " + e.operator_name(), std::string(name_of(x.type)),
                   "float32, " + std::to_string(features) + " features");
  const auto in = e.held(x, false);
  if (!in) return in.error();
  tensor_id bias = no_tensor;
  if (p.bias) {
    const auto v = e.c.numbers<float>(*p.bias);
    if (!v) return v.error();
    if (v->size() != as_size(p.weight->size[0]))
      return invalid("number of biases", std::to_string(v->size()),
                     std::to_string(p.weight->size[0]));
    bias = e.constant_of(*v);
  }
  const tensor_id y = e.make(scalar::f32);
  if (p.half) {
    auto v = e.c.numbers<float>(*p.weight);
    if (!v) return v.error();
    for (float& f : *v) f = numerics::rounded_to_f16(f);
    const auto shape = e.ir_shape(p.weight->size, false);
    if (!shape) return shape.error();
    std::vector<tensor_id> operands{
        *in,
        e.g.add_constant("", dtype::f32, *shape, constant_data::of(std::span<const float>(*v)))};
    if (bias != no_tensor) operands.push_back(bias);
    if (auto s = e.emit(ops::float_fully_connected, std::move(operands), y, linear_attributes(x),
                        {.fused = relu ? activation::relu : activation::none});
        !s)
      return s.error();
    return e.wrap(y, scalar::f32, false, false);
  }
  const auto w = linear_weights(e, p);
  if (!w) return w.error();
  if (auto s = e.c.build.accumulate_dynamically(
          {.op = &ops::fully_connected,
           .in = *in,
           .weights = *w,
           .bias = bias,
           .attrs = linear_attributes(x),
           .layer = {.layer = laws::dynamic_layer::fully_connected, .products = features},
           .reduce_range = reduce_range && laws::reduces_range(e.g.arithmetic),
           .out = y,
           .fused = relu ? activation::relu : activation::none},
          {});
      !s)
    return s.error();
  return e.wrap(y, scalar::f32, false, false);
}
/// quantized::linear_dynamic(x, packed, reduce_range), linear_dynamic_fp16(x, packed).
template <bool Relu, bool Half> result<value> linear_dynamic(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("X");
  const bool reduce_range = !Half && a.boolean("reduce_range");
  if (auto s = a.check(); !s) return s.error();
  const auto p = packed_argument(e, a, "W_prepack");
  if (!p) return p.error();
  if ((*p)->half != Half || !(*p)->linear)
    return invalid("packed parameters of another operator in " + a.name);
  return dynamic_linear(e, *x, **p, reduce_range, Relu);
}

/// quantized::conv2d_dynamic and its relatives.
inline result<value> conv_dynamic(emitter&, arguments& a) {
  return unsupported(a.name,
                     "PyTorch quantizes its sums by the input's scale, which is known only when it "
                     "runs, and loses most of their bits",
                     "convolutions with scales of their own (static quantization), or in float");
}

// ---- quantize, dequantize ----

inline result<value> quantize_per_tensor(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t code = a.integer("dtype");
  if (auto s = a.check(); !s) return s.error();
  if (x->type != scalar::f32)
    return unsupported("input of quantize_per_tensor", std::string(name_of(x->type)), "float32");
  if (code != static_cast<std::int64_t>(scalar::qint8) &&
      code != static_cast<std::int64_t>(scalar::quint8))
    return unsupported("element type of quantize_per_tensor", std::to_string(code),
                       "12 (qint8), 13 (quint8)");
  const auto type = static_cast<scalar>(code);
  const auto q = e.output(a, type, {"scale", "zero_point"});
  if (!q) return q.error();
  const tensor_id y = e.make(type, *q);
  const auto in = e.held_as_is(*x);
  if (!in) return in.error();
  if (auto s = e.emit(ops::quantize, {*in}, y); !s) return s.error();
  return e.wrap(y, type, x->channels_inner, suggests_channels_last(*x));
}
/// quantize_per_channel(x, scales, zero_points, axis, dtype), which only dequantize takes.
inline result<value> quantize_per_channel(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *scales = a.tensor("scales"), *zeros = a.tensor("zero_points");
  const std::int64_t code = a.integer("dtype"), dim = a.integer("axis");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const auto type = static_cast<scalar>(code);
  if (x->type != scalar::f32 || (type != scalar::qint8 && type != scalar::quint8))
    return unsupported("element types of " + a.name, std::string(name_of(x->type)),
                       "float32 to qint8, quint8");
  if (!e.c.known(*scales) || !e.c.known(*zeros) || zeros->type != scalar::s64 ||
      scales->elements() != x->size[axis] || zeros->elements() != x->size[axis] ||
      (scales->type != scalar::f64 && scales->type != scalar::f32))
    return unsupported("scales or zero points of " + a.name, std::string(name_of(scales->type)),
                       "one float and one int64 constant for each channel");
  std::vector<double> by_channel;
  if (scales->type == scalar::f64) {
    const auto list = e.c.numbers<double>(*scales);
    if (!list) return list.error();
    by_channel = *list;
  } else {
    const auto list = e.c.numbers<float>(*scales);
    if (!list) return list.error();
    by_channel.assign(list->begin(), list->end());
  }
  const auto points = e.c.numbers<std::int64_t>(*zeros);
  if (!points) return points.error();
  std::vector<std::int32_t> zero_points;
  for (std::size_t k = 0; k < by_channel.size(); ++k) {
    const auto q = e.valid_output(by_channel[k], (*points)[k], type);
    if (!q) return q.error();
    zero_points.push_back(q->zero_point);
  }
  const auto in = e.held_as_is(*x);
  if (!in) return in.error();
  const bool inner = !x->constant() && x->channels_inner;
  const tensor_id y = e.make(type, std::move(by_channel), std::move(zero_points));
  e.g[y].axis = axis_in_layout(static_cast<int>(axis), x->rank(), inner);
  if (auto s = e.emit(ops::quantize, {*in}, y); !s) return s.error();
  const value v = e.wrap(y, type, inner, suggests_channels_last(*x));
  v.t->axis = static_cast<std::int32_t>(axis);
  return v;
}
/// A tensor, or a list of tensors.
inline result<value> dequantize(emitter& e, arguments& a) {
  const value list = a["self"];
  if (!list.is_sequence()) {
    tensor_data* x = a.tensor("self");
    if (auto s = a.check(); !s) return s.error();
    return dequantized(e, *x);
  }
  std::vector<value> items;
  for (const value& v : list.c->items) {
    if (!v.is(kind::tensor))
      return unsupported("an element of the list of " + a.name, std::string(name_of(v.what)),
                         "Tensor");
    const auto item = dequantized(e, *v.t);
    if (!item) return item;
    items.push_back(*item);
  }
  return e.c.values.list(std::move(items), list.what);
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_LINEAR_HPP_
