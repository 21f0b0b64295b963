// Rows with weights: convolutions and matrix products, quantized, as integers, and of floats.
#ifndef OCTET_IMPORT_ONNX_ROWS_LAYERS_HPP_
#define OCTET_IMPORT_ONNX_ROWS_LAYERS_HPP_

#include "octet/import/onnx/rows_shape.hpp"
#include "octet/laws/layers.hpp"
#include "octet/laws/padding.hpp"
#include "octet/ops/add.hpp"
#include "octet/ops/batch_matmul.hpp"
#include "octet/ops/binary.hpp"
#include "octet/ops/dequantize.hpp"
#include "octet/ops/dynamic_layers.hpp"
#include "octet/ops/float_layers.hpp"
#include "octet/ops/movement.hpp"
#include "octet/ops/mul.hpp"
#include "octet/ops/reduce.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model::rows {

// ---- windows ----

/// Windows over one to three axes, as depth, height and width; one axis is a row of height 1.
struct window {
  int axes = 2;
  std::array<std::int32_t, 3> size{1, 1, 1}, stride{1, 1, 1}, dilation{1, 1, 1}, before{}, after{};
  std::size_t first() const { return 3 - as_size(axes); }
  bool row() const { return axes == 1; }
  bool volume() const { return axes == 3; }
  void set_padding(std::size_t axis, const laws::axis_padding& p) {
    before[axis] = p.before, after[axis] = p.after;
  }
};
/// pads or auto_pad.
inline void read_padding(emitter& m, const call& c, const dims& x, window& w) {
  const std::string automatic = m.text(c, "auto_pad", "NOTSET");
  if (m.failed()) return;
  const std::size_t count = as_size(w.axes), first = w.first();
  if (automatic == "NOTSET" || automatic.empty()) {
    const auto pads = m.integers(c, "pads");
    if (!pads.empty() && pads.size() != 2 * count)
      m.broken("attribute pads", std::to_string(pads.size()) + " numbers");
    for (std::size_t i = 0; i < pads.size() && !m.failed(); ++i) {
      if (pads[i] < 0 || pads[i] > 1 << 24) m.broken("attribute pads", std::to_string(pads[i]));
      (i < count ? w.before : w.after)[first + i % count] = static_cast<std::int32_t>(pads[i]);
    }
  } else if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
    for (std::size_t i = first; i < 3; ++i) {
      const std::int32_t in = x[static_cast<int>(2 + i - first)];
      const auto total = laws::same_padding_total(in, w.size[i], w.stride[i], w.dilation[i]);
      if (total > 1 << 24) return m.broken("attribute auto_pad", std::to_string(total));
      const auto p = laws::same_padding(in, w.size[i], w.stride[i], w.dilation[i]);
      w.set_padding(i, automatic == "SAME_UPPER" ? p : laws::larger_half_before(p));
    }
  } else if (automatic != "VALID") {
    m.refuse("auto_pad", automatic, "NOTSET, SAME_UPPER, SAME_LOWER, VALID");
  }
}
/// kernel_shape, strides, dilations, pads or auto_pad. `kernel`: extents of the weights; none: the
/// attribute must be there.
inline window read_window(emitter& m, const call& c, const dims& x,
                          std::span<const std::int32_t> kernel) {
  window w;
  if (x.rank < 3 || x.rank > 5) {
    m.refuse("rank of an input with windows", std::to_string(x.rank), "3 to 5");
    return w;
  }
  w.axes = x.rank - 2;
  const std::size_t first = w.first();
  const auto read = [&](const char* key, std::array<std::int32_t, 3>& to, std::int64_t least) {
    const auto list = m.integers(c, key);
    if (list.empty()) return;
    if (list.size() != as_size(w.axes))
      return m.broken(std::string("attribute ") + key, std::to_string(list.size()) + " numbers",
                      std::to_string(w.axes));
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list[i] < least || list[i] > 1 << 24)
        return m.broken(std::string("attribute ") + key, std::to_string(list[i]));
      to[first + i] = static_cast<std::int32_t>(list[i]);
    }
  };
  for (std::size_t i = 0; i < kernel.size(); ++i) w.size[first + i] = kernel[i];
  const auto of_weights = w.size;
  read("kernel_shape", w.size, 1);
  if (!kernel.empty() && w.size != of_weights)
    m.broken("kernel_shape that the weights do not have");
  if (kernel.empty() && m.integers(c, "kernel_shape").empty())
    m.broken("attribute kernel_shape is missing");
  read("strides", w.stride, 1);
  read("dilations", w.dilation, 1);
  if (!m.failed()) read_padding(m, c, x, w);
  return w;
}
/// An image [N, H, W, C] of a value [N, C, H, W] or [N, C, L].
inline tensor_id image_of(emitter& m, tensor_id x) {
  if (m.failed()) return no_tensor;
  const dims s = m.tensor_of(x).shape;
  return s.rank == 3 ? m.reshaped(x, {s[0], 1, s[1], s[2]}) : x;
}
/// Back to as many axes as the input had, channels innermost.
inline tensor_id from_image(emitter& m, tensor_id y, bool row) {
  if (m.failed()) return no_tensor;
  const dims s = m.tensor_of(y).shape;
  return row ? m.reshaped(y, {s[0], s[2], s[3]}) : y;
}

// ---- convolutions ----

/// A convolution's attributes and the shape of its weights [O, I / groups, kh, kw]. One of volumes
/// is one of images whose channels are what lies under its depth taps, of floats also under its
/// rows: [channel][plane][row], as its weights [O, I / groups, kd, kh, kw] have them. Sums then run
/// in ONNX Runtime's order, whose blocks depend on how many there are in a volume.
struct convolution {
  conv2d_attrs attrs{};
  dims weights{};
  bool depthwise = false;
  window win{};
  std::size_t folded = 0;                 // axes of a volume that became channels
  std::array<std::int32_t, 2> out{1, 1};  // extents of the result along these
  int channels() const { return weights[0]; }
};
/// The extents of the result along the axes of a volume that become channels.
inline void fold_volume(emitter& m, convolution& v, const dims& x, bool real) {
  v.folded = real ? 2 : 1;
  for (std::size_t i = 0; i < v.folded; ++i) {
    const std::int64_t reach = (std::int64_t{v.win.size[i]} - 1) * v.win.dilation[i] + 1,
                       padded = std::int64_t{x[static_cast<int>(2 + i)]} + v.win.before[i] +
                                v.win.after[i];
    if (padded < reach || padded > INT32_MAX)
      return m.broken("a window", std::to_string(reach), "at most " + std::to_string(padded));
    v.out[i] = static_cast<std::int32_t>((padded - reach) / v.win.stride[i] + 1);
  }
}
inline convolution read_convolution(emitter& m, const call& c, const value& x, const value& w) {
  convolution v;
  const dims in = m.shape(x), weights = m.shape(w);
  if (m.failed()) return v;
  if (in.rank != weights.rank || in.rank < 3 || in.rank > 5) {
    m.refuse("rank of a convolution's input and weights",
             std::to_string(in.rank) + ", " + std::to_string(weights.rank),
             "3 to 5, both the same");
    return v;
  }
  v.win = read_window(m, c, in, std::span(weights.begin() + 2, weights.end()));
  const window& win = v.win;
  const std::int64_t groups = m.integer(c, "group", 1);
  if (m.failed()) return v;
  if (win.volume()) fold_volume(m, v, in, m.type(x) == dtype::f32);
  if (m.failed()) return v;
  const bool rows = v.folded == 2;
  const std::int64_t plane = std::int64_t{win.size[0]} * (rows ? win.size[1] : 1),
                     planes = plane > INT32_MAX ? plane : weights[1] * plane;
  if (groups < 1 || groups > in[1] || in[1] % groups != 0 || weights[0] % groups != 0 ||
      weights[1] != in[1] / groups || weights.elements().value == 0 ||
      planes * groups > INT32_MAX) {
    m.broken("shape of the weights", to_string(weights),
             std::to_string(groups) + " groups of an input " + to_string(in));
    return v;
  }
  v.weights = {weights[0], static_cast<std::int32_t>(planes), rows ? 1 : win.size[1], win.size[2]};
  v.attrs.stride_w = win.stride[2], v.attrs.dilation_w = win.dilation[2];
  v.attrs.pad_left = win.before[2], v.attrs.pad_right = win.after[2];
  if (!rows) {
    v.attrs.stride_h = win.stride[1], v.attrs.dilation_h = win.dilation[1];
    v.attrs.pad_top = win.before[1], v.attrs.pad_bottom = win.after[1];
  }
  v.depthwise = groups == in[1] && groups > 1 && !win.volume();
  v.attrs.groups = v.depthwise ? 1 : static_cast<std::int32_t>(groups);
  return v;
}
/// The elements of an axis that each of `count` windows over it has, one window after another;
/// zeros, or zero points, stand around the axis where windows reach beyond it. `at`: its place in
/// the IR.
inline tensor_id windows_of_axis(emitter& m, tensor_id x, const window& w, std::size_t axis, int at,
                                 std::int32_t count) {
  if (m.failed() || !m.check(m.to.work.spend(product_of(count, w.size[axis])))) return no_tensor;
  std::vector<std::int32_t> list;
  for (std::int64_t o = 0; o < count; ++o)
    for (std::int64_t t = 0; t < w.size[axis]; ++t)
      list.push_back(static_cast<std::int32_t>(o * w.stride[axis] + t * w.dilation[axis]));
  const octet::tensor& t = m.tensor_of(x);
  const std::int64_t after = std::int64_t{list.back()} + 1 - t.shape[at] - w.before[axis];
  if (after > 0 || w.before[axis] > 0) {
    std::vector<std::int64_t> around(2 * as_size(t.shape.rank), 0);
    around[2 * as_size(at)] = w.before[axis];
    around[2 * as_size(at) + 1] = std::max<std::int64_t>(after, 0);
    const bool real = t.type == dtype::f32;
    attributes a;
    a.set("paddings", std::move(around));
    if (!real) a.set("value", std::int64_t{t.zero_points.empty() ? 0 : t.zero_points[0]});
    x = m.moved(real ? ops::pad : ops::qnn_pad, x, std::move(a));
  }
  return picked(m, x, at, list);
}
/// The extent of two axes that become one.
inline std::int32_t joined_extent(emitter& m, std::int32_t a, std::int32_t b) {
  const std::int64_t both = std::int64_t{a} * b;
  if (both > INT32_MAX) m.fail(import::too_large("extents of a volume", std::to_string(both)));
  return m.failed() ? 0 : static_cast<std::int32_t>(both);
}
/// [N, D, H, W, C] as images [N * D', H, W, C * kd] or [N, D' * H', W, C * kd * kh].
inline tensor_id planes_as_channels(emitter& m, tensor_id x, const convolution& v) {
  for (std::size_t i = 0; i < v.folded; ++i)
    x = windows_of_axis(m, x, v.win, i, static_cast<int>(1 + i), v.out[i]);
  if (m.failed()) return no_tensor;
  const dims s = m.tensor_of(x).shape;
  const std::int32_t depth = v.out[0], height = v.out[1], kd = v.win.size[0], kh = v.win.size[1];
  attributes order;
  if (v.folded == 1) {
    order.set("perm", std::vector<std::int64_t>{0, 1, 3, 4, 5, 2});
    x = m.moved(ops::transpose, m.reshaped(x, {s[0], depth, kd, s[2], s[3], s[4]}),
                std::move(order));
    return m.reshaped(x, {joined_extent(m, s[0], depth), s[2], s[3], joined_extent(m, s[4], kd)});
  }
  order.set("perm", std::vector<std::int64_t>{0, 1, 3, 5, 6, 2, 4});
  x = m.moved(ops::transpose, m.reshaped(x, {s[0], depth, kd, height, kh, s[3], s[4]}),
              std::move(order));
  const std::int32_t taps = joined_extent(m, kd, kh);
  return m.reshaped(x, {s[0], joined_extent(m, depth, height), s[3], joined_extent(m, s[4], taps)});
}
/// The image that a convolution runs on, of a value with its channels innermost.
inline tensor_id convolved(emitter& m, tensor_id x, const convolution& v) {
  return v.folded > 0 ? planes_as_channels(m, x, v) : image_of(m, x);
}
/// Its result with as many axes as the input `x` has, channels innermost.
inline tensor_id from_convolved(emitter& m, tensor_id y, const value& x, const convolution& v) {
  if (m.failed() || v.folded == 0) return from_image(m, y, v.win.row());
  const dims s = m.tensor_of(y).shape;
  return m.reshaped(y, {m.shape(x)[0], v.out[0], v.folded == 2 ? v.out[1] : s[1], s[2], s[3]});
}
/// Kernels are prepared for weights that never change.
inline std::optional<array> constant_weights(emitter& m, const value& w) {
  if (!m.failed() && !m.is_constant(w))
    m.refuse("a convolution whose weights are an input of the network or computed", {},
             "constants of the file as weights");
  return m.constant(w, "weights of a convolution");
}
/// Weights in octet's order: [O, kh, kw, I / groups], depthwise [1, kh, kw, O].
inline tensor_id add_weights(emitter& m, const convolution& v, const value& w) {
  const auto a = constant_weights(m, w);
  if (!a) return no_tensor;
  const auto out = as_size(v.weights[0]), in = as_size(v.weights[1]),
             taps = product_of(v.weights[2], v.weights[3]);
  const dims shape = v.depthwise ? dims{1, v.weights[2], v.weights[3], v.weights[0]}
                                 : dims{v.weights[0], v.weights[2], v.weights[3], v.weights[1]};
  const std::size_t size = size_of(a->type);
  if (!m.check(m.to.work.spend(a->data.bytes.size()))) return no_tensor;
  std::vector<std::byte> moved(a->data.bytes.size());
  for (std::size_t o = 0; o < out; ++o)
    for (std::size_t i = 0; i < in; ++i)
      for (std::size_t t = 0; t < taps; ++t)
        std::memcpy(moved.data() + (v.depthwise ? t * out + o : (o * taps + t) * in + i) * size,
                    a->data.bytes.data() + ((o * in + i) * taps + t) * size, size);
  return m.new_constant(w.name, a->type, shape, moved);
}
/// An int32 bias, one element per channel.
inline tensor_id int32_bias(emitter& m, const value& b, int channels) {
  const auto a = m.constant(b, "a bias");
  if (!a) return no_tensor;
  if (a->type != dtype::s32) {
    m.refuse("element type of a bias", std::string(name_of(a->type)), "int32");
    return no_tensor;
  }
  const auto count = as_size(channels);
  if (a->elements() != count && a->elements() != 1) {
    m.refuse("shape of a bias", to_string(a->shape), "one element per output channel");
    return no_tensor;
  }
  std::vector<std::int32_t> list(count);
  for (std::size_t i = 0; i < count; ++i)
    list[i] = a->as<std::int32_t>()[a->elements() == 1 ? 0 : i];
  return m.new_constant(b.name, {channels}, list);
}
/// x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, [bias].
inline void qlinear_conv_row(emitter& m, call& c) {
  if (!m.arity(c, 5, 9) || !m.is_byte(c.in[0]) || !m.is_byte(c.in[3])) return;
  const convolution v = read_convolution(m, c, c.in[0], c.in[3]);
  const quantization in = m.with_one_scale(c, 1), weights = m.quantized_by(c, 4, 0),
                     out = m.with_one_scale(c, 6);
  const tensor_id x = convolved(m, m.under(c.in[0], true, in), v), w = add_weights(m, v, c.in[3]);
  if (m.failed()) return;
  if (weights.scales.size() > 1 && weights.scales.size() != as_size(v.channels()))
    return m.broken("scales of the weights", std::to_string(weights.scales.size()),
                    std::to_string(v.channels()));
  m.set(w, weights, v.depthwise ? 3 : 0);
  import::accumulation layer;
  layer.op = v.depthwise ? &ops::depthwise_conv2d : &ops::conv2d;
  layer.in = {x, w};
  if (c.has(8)) layer.in.push_back(int32_bias(m, c.in[8], v.channels()));
  layer.attrs = to_attributes(v.attrs);
  layer.out = m.quantized(c.has(7) ? m.type(c.in[7]) : m.type(c.in[0]), out);
  const tensor_id y = layer.out;
  if (!m.failed()) m.check(m.to.accumulate_and_requantize(std::move(layer), c.n.out[0]));
  m.give(c, from_convolved(m, y, c.in[0], v), true);
}

// ---- integer sums: operands have zero points, maybe known only when they run ----

/// A zero point as a constant, or as a value of one element that is computed.
struct zero_point {
  std::vector<std::int32_t> known{0};
  tensor_id computed = no_tensor;  // int32, without axes
};
inline zero_point read_zero_point(emitter& m, const call& c, std::size_t i) {
  zero_point z;
  if (!c.has(i)) return z;
  if (m.is_constant(c.in[i])) {
    z.known = m.zero_points_of(c.in[i]);
    if (z.known.empty()) m.broken("a zero point without elements");
    return z;
  }
  if (m.shape(c.in[i]).elements().value != 1) {
    m.refuse("zero points per channel that are computed at run time");
    return z;
  }
  z.computed = m.made(ops::cast, {m.reshaped(m.held(c.in[i], false), dims{})}, dtype::s32);
  return z;
}
/// Scale 1: the codes themselves.
inline quantization codes(const zero_point& z, int axis = -1) {
  quantization q;
  q.zero_points = z.known;
  q.scales.assign(z.known.size(), 1.);
  q.axis = z.known.size() > 1 ? axis : -1;
  return q;
}
inline tensor_id integers_of(emitter& m, const op_def& op, std::vector<tensor_id> in) {
  return m.made(op, std::move(in), dtype::s32);
}
/// x, w, x_zero, w_zero. A computed zero point z of x takes z * (sum of the weights inside the
/// image) off: those sums are a convolution of ones, done here.
inline void conv_integer_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 4) || !m.is_byte(c.in[0]) || !m.is_byte(c.in[1])) return;
  const convolution v = read_convolution(m, c, c.in[0], c.in[1]);
  const zero_point zx = read_zero_point(m, c, 2), zw = read_zero_point(m, c, 3);
  if (m.failed()) return;
  if (zx.known.size() != 1) return m.refuse("zero points per row of the input");
  if (zw.computed != no_tensor) return m.refuse("a zero point of weights that is computed");
  const op_def& op = v.depthwise ? ops::depthwise_conv2d : ops::conv2d;
  const tensor_id volume = m.under(c.in[0], true, codes(zx)), x = convolved(m, volume, v),
                  w = add_weights(m, v, c.in[1]);
  if (m.failed()) return;
  m.set(w, codes(zw, 0), v.depthwise ? 3 : 0);
  const std::vector<double> scales(zw.known.size(), 1.);
  tensor_id y = m.accumulate(op, {x, w}, to_attributes(v.attrs), scales);
  if (zx.computed != no_tensor && !m.failed()) {
    dims image = m.tensor_of(volume).shape;
    if (v.folded == 0) image[0] = 1;  // planes of volumes lie along the batch's axis
    const tensor_id one = m.filled(image, std::uint8_t{1});
    if (m.failed()) return;
    m.set(one, codes({}), -1);
    const tensor_id inside =
                        m.accumulate(op, {convolved(m, one, v), w}, to_attributes(v.attrs), scales),
                    taken = integers_of(m, ops::mul, {inside, zx.computed});
    y = integers_of(m, ops::sub, {y, taken});
  }
  m.give(c, from_convolved(m, y, c.in[0], v), true);
}

// ---- matrices ----

/// The last two axes exchanged; of a constant once, however often a loop runs over it.
inline tensor_id transposed(emitter& m, tensor_id x) {
  if (m.failed()) return no_tensor;
  tensor_id* kept = m.tensor_of(x).role == tensor::kind::constant ? &m.turned[x] : nullptr;
  if (kept && *kept != 0) return *kept - 1;
  const int rank = m.tensor_of(x).shape.rank;
  std::vector<std::int64_t> perm;
  for (int i = 0; i < rank; ++i) perm.push_back(i < rank - 2 ? i : 2 * rank - 3 - i);
  attributes a;
  a.set("perm", std::move(perm));
  const tensor_id y = m.moved(ops::transpose, x, std::move(a));
  if (kept && !m.failed()) *kept = y + 1;
  return y;
}
/// Operands of a matrix product as numpy has it: vectors are matrices of one row or column.
struct product {
  tensor_id a = no_tensor, b = no_tensor;
  dims out{};          // of the product without the added axes
  bool dense = false;  // b is one constant matrix
};
/// b_axis: where a scale per column of b is; `b` keeps its raw elements.
inline product read_product(emitter& m, const value& a, const value& b) {
  product p;
  const dims sa = m.shape(a), sb = m.shape(b);
  if (sa.rank < 1 || sb.rank < 1) {
    m.broken("rank of a matrix", "0");
    return p;
  }
  p.a = m.held(a, false), p.b = m.held(b, false);
  if (sa.rank == 1) p.a = m.reshaped(p.a, {1, sa[0]});
  if (sb.rank == 1) p.b = m.reshaped(p.b, {sb[0], 1});
  p.dense = m.is_constant(b) && sb.rank <= 2;
  const dims la = sa.rank == 1 ? dims{1, sa[0]} : sa, lb = sb.rank == 1 ? dims{sb[0], 1} : sb;
  const shape_or y = batch_matmul_shape({}, la, lb);
  if (y.broken) {
    m.fail(status(y.broken).error());
    return p;
  }
  for (int i = 0; i < y.shape.rank; ++i)
    if (!(sa.rank == 1 && i == y.shape.rank - 2) && !(sb.rank == 1 && i == y.shape.rank - 1))
      p.out.push_back(y.shape[i]);
  return p;
}
inline attributes keep_dims() {
  attributes a;
  a.set("keep_dims", std::int64_t{1});
  return a;
}
/// A constant [K, N] as weights [N, K], with scales per column.
inline tensor_id dense_weights(emitter& m, tensor_id b, const quantization& q) {
  const tensor_id w = transposed(m, b);
  if (m.failed()) return no_tensor;
  quantization rows = q;
  rows.axis = q.axis < 0 ? -1 : 0;
  const tensor_id own = m.under(value::of(w), false, rows);
  if (m.failed()) return no_tensor;
  if (q.scales.size() > 1 && q.scales.size() != as_size(m.tensor_of(own).shape[0]))
    m.broken("scales per column", std::to_string(q.scales.size()),
             std::to_string(m.tensor_of(own).shape[0]));
  return own;
}
/// a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero.
inline void qlinear_matmul_row(emitter& m, call& c) {
  if (!m.arity(c, 7, 8) || !m.is_byte(c.in[0]) || !m.is_byte(c.in[3])) return;
  const quantization qa = m.with_one_scale(c, 1), qb = m.quantized_by(c, 4, m.rank(c.in[3]) - 1),
                     qy = m.with_one_scale(c, 6);
  if (m.failed()) return;
  const product p = read_product(m, value::of(m.under(c.in[0], false, qa)), c.in[3]);
  if (m.failed()) return;
  import::accumulation layer;
  layer.out = m.quantized(c.has(7) ? m.type(c.in[7]) : m.type(c.in[0]), qy);
  const tensor_id y = layer.out;
  if (p.dense) {
    layer.op = &ops::fully_connected;
    layer.in = {p.a, dense_weights(m, p.b, qb)};
    layer.attrs = keep_dims();
  } else {
    if (qb.scales.size() > 1)
      return m.refuse(m.is_constant(c.in[3]) ? "scales per column of a constant of " +
                                                   std::to_string(m.rank(c.in[3])) + " axes"
                                             : "scales per column of a computed matrix",
                      std::to_string(qb.scales.size()), "1");
    layer.op = &ops::qnn_batch_matmul;
    layer.in = {p.a, m.under(value::of(p.b), false, qb)};
  }
  if (!m.failed()) m.check(m.to.accumulate_and_requantize(std::move(layer), c.n.out[0]));
  if (!m.failed()) m.give(c, m.reshaped(y, p.out), false);
}
/// a * b of codes, their zero points taken off; constant or computed ones of one element, of a
/// constant matrix b also one per column.
inline tensor_id integer_product(emitter& m, const value& a, const value& b, const zero_point& za,
                                 const zero_point& zb, dims* out) {
  if (m.failed()) return no_tensor;
  if (za.known.size() != 1) {
    m.refuse("zero points per row");
    return no_tensor;
  }
  const product p =
      read_product(m, value::of(m.under(a, false, codes(za))),
                   m.is_constant(b) ? b : value::of(m.under(b, false, codes(zb, m.rank(b) - 1))));
  if (m.failed()) return no_tensor;
  *out = p.out;
  tensor_id y = no_tensor, w = no_tensor;
  if (p.dense) {
    w = dense_weights(m, p.b, codes(zb, 1));
    y = m.accumulate(ops::fully_connected, {p.a, w}, keep_dims(),
                     std::vector<double>(zb.known.size(), 1.));
  } else {
    w = m.under(value::of(p.b), false, codes(zb, m.tensor_of(p.b).shape.rank - 1));
    y = m.accumulate(ops::qnn_batch_matmul, {p.a, w}, {}, {1.});
  }
  if (m.failed()) return no_tensor;
  // sum (a - za)(b - zb) = sum a b - za sum b - zb sum a + K za zb, the known ones taken off above.
  const std::int32_t k = m.tensor_of(p.a).shape.back(0);
  const auto ones = [&](const dims& s) {
    const auto [it, added] = m.ones.emplace(std::pair(s[0], s[1]), no_tensor);
    if (!added || m.failed()) return it->second;
    const tensor_id t = m.filled(s, std::uint8_t{1});
    if (!m.failed()) m.set(t, codes({}), -1);
    return it->second = t;
  };
  if (za.computed != no_tensor) {
    const tensor_id sums = p.dense
                               ? m.accumulate(ops::fully_connected, {ones({1, k}), w}, {},
                                              std::vector<double>(zb.known.size(), 1.))
                               : m.accumulate(ops::qnn_batch_matmul, {ones({1, k}), w}, {}, {1.});
    y = integers_of(m, ops::sub, {y, integers_of(m, ops::mul, {sums, za.computed})});
  }
  if (zb.computed != no_tensor) {
    const tensor_id sums = m.accumulate(ops::qnn_batch_matmul, {p.a, ones({k, 1})}, {}, {1.});
    y = integers_of(m, ops::sub, {y, integers_of(m, ops::mul, {sums, zb.computed})});
    if (za.computed != no_tensor) {
      const tensor_id both = integers_of(m, ops::mul, {za.computed, zb.computed}),
                      all = integers_of(m, ops::mul, {both, m.to.scalar_constant(k)});
      y = integers_of(m, ops::add, {y, all});
    }
  }
  return y;
}
/// a, b, a_zero, b_zero.
inline void matmul_integer_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 4) || !m.is_byte(c.in[0]) || !m.is_byte(c.in[1])) return;
  const zero_point za = read_zero_point(m, c, 2), zb = read_zero_point(m, c, 3);
  dims out;
  const tensor_id y = integer_product(m, c.in[0], c.in[1], za, zb, &out);
  if (!m.failed()) m.give(c, m.reshaped(y, out), false);
}
/// f32(sums) * f32(a_scale * b_scale) + bias, one rounding each.
struct scaled_product {
  value a, b;
  tensor_id a_scale;
  value b_scale;
  zero_point za, zb;
  value bias;
};
/// Scales and zero points of a matrix whose columns are channels: as many of both, one or one for
/// each of n columns. Nothing where they are others.
inline std::optional<quantization> column_scales(emitter& m, const scaled_product& p, int n) {
  if (!m.is_constant(p.b_scale) || p.zb.computed != no_tensor || m.rank(p.b_scale) > 1) return {};
  const auto fits = [n](std::size_t count) { return count == 1 || count == as_size(n); };
  const auto scales = m.constant(p.b_scale, "a scale");
  if (!scales || scales->type != dtype::f32 || !fits(scales->elements()) ||
      !fits(p.zb.known.size()))
    return {};
  quantization q = codes(p.zb, 1);
  const auto list = scales->as<float>();
  const std::size_t count = std::max(list.size(), q.zero_points.size());
  q.scales.clear();
  for (std::size_t i = 0; i < count; ++i) {
    q.scales.push_back(static_cast<double>(list[list.size() == 1 ? 0 : i]));
    if (!is_scale(q.scales.back())) return {};
  }
  q.axis = count > 1 ? 1 : -1;
  return q;
}
/// As one layer: of a constant matrix whose scales are known, a with one scale. False where it is
/// none.
inline bool dynamic_layer(emitter& m, call& c, const scaled_product& s) {
  if (m.failed() || !m.is_constant(s.b) || m.rank(s.b) != 2 || s.za.known.size() != 1 ||
      m.tensor_of(s.a_scale).shape.elements().value != 1)
    return false;
  const dims matrix = m.shape(s.b);
  const auto q = column_scales(m, s, matrix[1]);
  if (!q) return false;
  const bool zero_points = s.za.computed != no_tensor || s.za.known[0] != 0;
  const tensor_desc codes_of_a{m.type(s.a), {}};
  const tensor_desc weights{m.type(s.b), matrix, {}, q->zero_points};
  if (!dynamic_sums_fit(zero_points, codes_of_a, weights, as_size(matrix[0]))) return false;
  const product p = read_product(m, value::of(m.under(s.a, false, codes({}))), s.b);
  if (m.failed()) return true;
  const tensor_id w = dense_weights(m, p.b, *q);
  const bool bias = s.bias.given() && m.is_constant(s.bias) && m.rank(s.bias) == 1 &&
                    m.shape(s.bias)[0] == matrix[1];
  const tensor_id zero = s.za.computed != no_tensor ? s.za.computed
                         : zero_points              ? m.to.scalar_constant(s.za.known[0])
                                                    : no_tensor;
  attributes attrs = keep_dims();
  attrs.set("scales_first", std::int64_t{1});
  tensor_id y = m.made(ops::dynamic_fully_connected,
                       {p.a, w, s.a_scale, zero, bias ? m.held(s.bias, false) : no_tensor},
                       dtype::f32, std::move(attrs));
  if (s.bias.given() && !bias) y = m.made(ops::add, {y, m.held(s.bias, false)}, dtype::f32);
  if (!m.failed()) m.give(c, m.reshaped(y, p.out), false);
  return true;
}
inline void scaled_product_row(emitter& m, call& c, const scaled_product& s) {
  if (m.failed() || dynamic_layer(m, c, s)) return;
  dims out;
  const tensor_id sums = integer_product(m, s.a, s.b, s.za, s.zb, &out);
  if (m.failed()) return;
  const auto flat = [&](tensor_id t) {
    return !m.failed() && m.tensor_of(t).shape.elements().value == 1 ? m.reshaped(t, dims{}) : t;
  };
  const tensor_id scale =
      m.made(ops::mul, {flat(s.a_scale), flat(m.held(s.b_scale, false))}, dtype::f32);
  tensor_id y = m.made(ops::mul, {m.made(ops::cast, {sums}, dtype::f32), scale}, dtype::f32);
  if (s.bias.given()) y = m.made(ops::add, {y, m.held(s.bias, false)}, dtype::f32);
  if (!m.failed()) m.give(c, m.reshaped(y, out), false);
}
/// a, b, a_scale, b_scale, [a_zero], [b_zero], [bias].
inline void matmul_integer_to_float_row(emitter& m, call& c) {
  if (!m.arity(c, 4, 7) || !m.is_byte(c.in[0]) || !m.is_byte(c.in[1])) return;
  scaled_product_row(m, c,
                     {c.in[0], c.in[1], m.held(c.in[2], false), c.in[3], read_zero_point(m, c, 4),
                      read_zero_point(m, c, 5), c.input(6)});
}
inline std::array<tensor_id, 3> quantized_dynamically(emitter& m, const value& x) {
  if (m.failed() || !m.is_real(x)) return {no_tensor, no_tensor, no_tensor};
  const tensor_id y = m.to.temporary("", dtype::u8), scale = m.to.temporary("", dtype::f32),
                  zero = m.to.temporary("", dtype::u8);
  m.emit(ops::dynamic_quantize_linear, {m.held(x)}, {y, scale, zero});
  return {y, scale, zero};
}
inline void dynamic_quantize_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const auto q = quantized_dynamically(m, c.in[0]);
  if (m.failed()) return;
  c.out = {value::of(q[0], c.in[0].channels_inner), value::of(q[1]), value::of(q[2])};
}
/// a (float), b, b_scale, [b_zero], [bias].
inline void dynamic_quantize_matmul_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 5) || !m.is_byte(c.in[1])) return;
  const auto q = quantized_dynamically(m, value::of(m.held(c.in[0], false)));
  if (m.failed()) return;
  zero_point za;
  za.computed = m.made(ops::cast, {q[2]}, dtype::s32);
  scaled_product_row(
      m, c, {value::of(q[0]), c.in[1], q[1], c.in[2], za, read_zero_point(m, c, 3), c.input(4)});
}

/// [M, K] and weights [N, K] of Gemm.
struct gemm {
  tensor_id a = no_tensor, b = no_tensor;
  float alpha = 1, beta = 1;
};
inline gemm read_gemm(emitter& m, const call& c, const value& a, const value& b) {
  gemm g;
  if (m.rank(a) != 2 || m.rank(b) != 2) {
    m.broken("ranks of Gemm's matrices",
             std::to_string(m.rank(a)) + ", " + std::to_string(m.rank(b)), "2");
    return g;
  }
  g.alpha = m.real(c, "alpha", 1.f), g.beta = m.real(c, "beta", 1.f);
  g.a = m.held(a, false), g.b = m.held(b, false);
  if (m.integer(c, "transA", 0) != 0) g.a = transposed(m, g.a);
  if (m.integer(c, "transB", 0) == 0) g.b = transposed(m, g.b);
  return g;
}
/// A constant of one number for all or for each of n columns: part of the layer. Else int32 numbers
/// are added to its sums: for each row, for each of them, or computed ones.
inline bool is_bias_of_columns(emitter& m, const value& bias, int n) {
  const dims s = m.shape(bias);
  const std::size_t count = s.elements().value;
  const bool columns = count == 1 || (count == as_size(n) && s.back(0) == n);
  if (columns && m.is_constant(bias)) return true;
  if (m.type(bias) != dtype::s32)
    m.refuse("element type of a bias", std::string(name_of(m.type(bias))), "int32");
  return false;
}
/// Sums of a layer and int32 numbers that broadcast to them.
inline tensor_id biased_sums(emitter& m, tensor_id acc, const value& bias) {
  if (m.failed()) return no_tensor;
  const octet::tensor t = m.tensor_of(acc);
  const tensor_id sums = integers_of(m, ops::add, {m.without_scales(acc), m.held(bias, false)});
  if (!m.failed() && !(m.tensor_of(sums).shape == t.shape))
    m.broken("shape of a bias", to_string(m.shape(bias)),
             "one that broadcasts to " + to_string(t.shape));
  return m.alias(sums, {t.scales, t.zero_points, t.axis}, t.axis);
}
/// a, a_scale, a_zero, b, b_scale, b_zero, [c], [y_scale, y_zero]. Without y_scale: floats.
inline void qgemm_row(emitter& m, call& c) {
  if (!m.arity(c, 5, 9) || !m.is_byte(c.in[0]) || !m.is_byte(c.in[3])) return;
  const bool columns = m.integer(c, "transB", 0) == 0;
  quantization qa = m.with_one_scale(c, 1);
  const quantization qb = m.quantized_by(c, 4, columns ? 1 : 0);
  if (m.failed()) return;
  gemm g = read_gemm(m, c, c.in[0], c.in[3]);
  if (m.failed()) return;
  // alpha joins the first factor: f32(f32(alpha * sa) * sb).
  qa.scales[0] = static_cast<double>(numerics::mul(g.alpha, static_cast<float>(qa.scales[0])));
  if (!(qa.scales[0] > 0)) return m.refuse("alpha", std::to_string(g.alpha), "above 0");
  const int n = m.tensor_of(g.b).shape[0];
  if (qb.scales.size() > 1 && qb.scales.size() != as_size(n))
    return m.broken("scales of B", std::to_string(qb.scales.size()), std::to_string(n));
  if (m.tensor_of(g.a).shape[1] != m.tensor_of(g.b).shape[1])
    return m.broken("inner extents of Gemm", std::to_string(m.tensor_of(g.a).shape[1]),
                    std::to_string(m.tensor_of(g.b).shape[1]));
  quantization rows = qb;
  rows.axis = qb.axis < 0 ? -1 : 0;
  std::vector<tensor_id> in{m.under(value::of(g.a), false, qa),
                            m.under(value::of(g.b), false, rows)};
  const bool later = c.has(6) && !is_bias_of_columns(m, c.in[6], n);
  if (c.has(6) && !later) in.push_back(int32_bias(m, c.in[6], n));
  if (m.failed()) return;
  if (c.has(7)) {
    import::accumulation layer;
    layer.op = &ops::fully_connected;
    layer.in = std::move(in);
    layer.out = m.quantized(c.has(8) ? m.type(c.in[8]) : m.type(c.in[0]), m.with_one_scale(c, 7));
    if (m.failed()) return;
    auto sums = m.to.accumulate(layer, c.n.out[0]);
    if (!sums) return m.fail(sums.error());
    if (later) sums->acc = biased_sums(m, sums->acc, c.in[6]);
    if (!m.failed()) m.check(m.to.requantize(layer, *sums));
    return m.give(c, layer.out, false);
  }
  quantization sums;
  for (double s : qb.scales)
    sums.scales.push_back(static_cast<double>(
        laws::stored_accumulator_scale(static_cast<float>(qa.scales[0]), static_cast<float>(s))));
  sums.zero_points.assign(1, 0);
  tensor_id acc = m.accumulate(ops::fully_connected, std::move(in), {}, sums.scales);
  if (later) acc = biased_sums(m, acc, c.in[6]);
  m.give(c, m.made(ops::dequantize, {acc}, dtype::f32), false);
}
inline attributes reduction(std::vector<std::int64_t> axes, bool keep_dims = true) {
  attributes a;
  a.set("axes", std::move(axes));
  if (keep_dims) a.set("keep_dims", std::int64_t{1});
  return a;
}
/// The same for sums and means that ONNX Runtime does not form as ReduceSum and ReduceMean.
inline attributes reduction_in_order(std::vector<std::int64_t> axes) {
  attributes a = reduction(std::move(axes));
  a.set("in_order", std::int64_t{1});
  return a;
}

/// Sums of products [R, N, K] of a row with the rows of a matrix, [R, N]: eight lanes, whose order
/// in the end depends on the place of the row: whole fours, then two, then one.
inline tensor_id lane_sums(emitter& m, tensor_id products) {
  if (m.failed()) return no_tensor;
  constexpr std::int32_t lanes = 8;
  const dims s = m.tensor_of(products).shape;
  const std::int32_t blocks = (s[2] + lanes - 1) / lanes;
  if (blocks * lanes != s[2]) {
    attributes a;
    a.set("paddings", std::vector<std::int64_t>{0, 0, 0, 0, 0, blocks * lanes - s[2]});
    products = m.moved(ops::pad, products, std::move(a));
  }
  const tensor_id blocked = m.reshaped(products, {s[0], s[1], blocks, lanes}),
                  sums = m.made(ops::sum, {blocked}, dtype::f32, reduction_in_order({2})),
                  halves = m.reshaped(sums, {s[0], s[1], 2, lanes / 2});
  const auto plus = [&](tensor_id a, tensor_id b) { return m.made(ops::add, {a, b}, dtype::f32); };
  std::vector<tensor_id> results;
  std::int32_t at = 0;
  const auto group = [&](std::int32_t count, auto&& reduce) {
    if (count == 0 || m.failed()) return;
    const tensor_id part = part_of_axis(m, halves, 1, at, count);
    results.push_back(reduce(part));
    at += count;
  };
  const auto lane = [&](tensor_id t, std::int64_t k) { return part_of_axis(m, t, 3, k, 1); };
  const auto both = [&](tensor_id t) {
    return plus(part_of_axis(m, t, 2, 0, 1), part_of_axis(m, t, 2, 1, 1));
  };
  group(s[1] / 4 * 4, [&](tensor_id t) {
    return both(plus(plus(plus(lane(t, 0), lane(t, 1)), lane(t, 2)), lane(t, 3)));
  });
  group(s[1] % 4 / 2 * 2, [&](tensor_id t) {
    return plus(both(plus(lane(t, 0), lane(t, 2))), both(plus(lane(t, 1), lane(t, 3))));
  });
  group(s[1] % 2, [&](tensor_id t) {
    return both(plus(plus(lane(t, 0), lane(t, 1)), plus(lane(t, 2), lane(t, 3))));
  });
  return m.reshaped(joined_on(m, std::move(results), 1), {s[0], s[1]});
}
/// A product of matrices a [.., M, K] and b [.., K, N] that ONNX Runtime does not pack, joining c
/// where it is given; turned: the operand lies in memory with its last two axes exchanged.
struct loose_product {
  tensor_id a = no_tensor, b = no_tensor, c = no_tensor;
  bool turned_a = false, turned_b = false, computed = false;
  float alpha = 1;
};
inline tensor_id plain_product(emitter& m, const loose_product& p) {
  if (m.failed()) return no_tensor;
  attributes a;
  if (p.alpha != 1) a.set("alpha", static_cast<double>(p.alpha));
  if (p.computed && m.tensor_of(p.b).role == tensor::kind::constant)
    a.set("computed", std::int64_t{1});
  std::vector<tensor_id> in{p.a, p.b};
  if (p.c != no_tensor) in.push_back(p.c);
  return m.made(ops::batch_matmul, std::move(in), dtype::f32, std::move(a));
}
/// A row [.., 1, K] by every row of a matrix [.., N, K]: [.., 1, N].
inline tensor_id row_by_rows(emitter& m, tensor_id row, tensor_id matrix) {
  const tensor_id products = m.made(ops::mul, {row, matrix}, dtype::f32);
  if (m.failed()) return no_tensor;
  const dims s = m.tensor_of(products).shape;
  std::int64_t many = 1;
  for (int i = 0; i + 2 < s.rank; ++i) many *= s[i];
  const tensor_id flat =
      m.reshaped(products, {static_cast<std::int32_t>(many), s.back(1), s.back(0)});
  dims y;
  for (int i = 0; i + 2 < s.rank; ++i) y.push_back(s[i]);
  y.push_back(1), y.push_back(s.back(1));
  return m.reshaped(lane_sums(m, flat), y);
}
/// Whether a convolution's window is the whole input, and ONNX Runtime computes it as a product of
/// matrices, more than one result a group: its weights times one column. (Of one input channel a
/// group it does not.)
inline bool is_column(emitter& m, const value& x, const convolution& v, bool product) {
  if (v.depthwise) return false;
  const dims s = m.shape(x);
  for (std::size_t i = v.win.first(); i < 3; ++i)
    if (v.win.size[i] != s[static_cast<int>(2 + i - v.win.first())] || v.win.before[i] != 0 ||
        v.win.after[i] != 0 || (v.win.dilation[i] != 1 && v.win.size[i] != 1))
      return false;
  float_layer_params p;
  p.in_c = s[1], p.out_c = v.channels(), p.groups = v.attrs.groups;
  p.kernel_h = v.win.size[1], p.kernel_w = v.win.size[2];
  p.out_h = p.out_w = 1;
  p.weights = &p;  // constants
  const mlas_layer l = mlas_convolution(p, v.attrs, product);
  return p.group_out() > 1 && l.channels == 0 &&
         l.order.block == numerics::mlas_block(false, 1, l.order.steps);
}
inline tensor_id column_convolution(emitter& m, const call& c, const convolution& v) {
  const auto w = constant_weights(m, c.in[1]);
  if (!w) return no_tensor;
  const dims s = m.shape(c.in[0]);
  const std::int32_t groups = v.attrs.groups, out = v.channels() / groups,
                     steps = static_cast<std::int32_t>(w->elements() / as_size(v.channels()));
  const tensor_id row = m.reshaped(m.held(c.in[0], false), {s[0], groups, 1, steps}),
                  matrix = m.new_constant(c.in[1].name, dtype::f32, {1, groups, out, steps},
                                          w->data.bytes);
  tensor_id y = m.reshaped(row_by_rows(m, row, matrix), {s[0], v.channels()});
  if (c.has(2)) {
    if (const auto count = m.shape(c.in[2]).elements().value; count != as_size(v.channels()))
      m.broken("bias count", std::to_string(count), std::to_string(v.channels()));
    y = m.made(ops::add, {y, m.held(c.in[2], false)}, dtype::f32);
  }
  dims shape{s[0], v.channels()};
  while (shape.rank < s.rank) shape.push_back(1);
  return m.reshaped(y, shape);
}
inline void conv_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 3) || !m.is_real(c.in[0]) || !m.is_real(c.in[1])) return;
  const convolution v = read_convolution(m, c, c.in[0], c.in[1]);
  if (m.failed()) return;
  const bool product = v.win.axes != 2 || (c.in[1].id != no_tensor && m.is_dequantized(c.in[1].id));
  if (is_column(m, c.in[0], v, product)) return m.give(c, column_convolution(m, c, v), false);
  const tensor_id w = add_weights(m, v, c.in[1]);
  std::vector<tensor_id> in{convolved(m, m.held(c.in[0], true), v), w};
  if (c.has(2)) in.push_back(m.held(c.in[2], false));
  attributes attrs = to_attributes(v.attrs);
  if (product) attrs.set("as_product", std::int64_t{1});
  const tensor_id y = m.made(v.depthwise ? ops::float_depthwise_conv2d : ops::float_conv2d,
                             std::move(in), dtype::f32, std::move(attrs));
  m.give(c, from_convolved(m, y, c.in[0], v), true);
}
/// A matrix that is turned is copied in pieces of 128 products, each a chain of its own.
inline tensor_id product_of_pieces(emitter& m, loose_product p) {
  constexpr std::int32_t piece = 128;
  const dims sa = m.tensor_of(p.a).shape, sb = m.tensor_of(p.b).shape;
  loose_product part = p;
  part.computed = true;
  for (std::int32_t k = 0; k < sa.back(0) && !m.failed(); k += piece) {
    const std::int32_t size = std::min(piece, sa.back(0) - k);
    part.a = part_of_axis(m, p.a, as_size(sa.rank - 1), k, size);
    part.b = part_of_axis(m, p.b, as_size(sb.rank - 2), k, size);
    part.c = plain_product(m, part);
  }
  return part.c;
}
/// One row, and one column of a matrix that is not turned, are sums of their own, which c joins
/// last; all others fused chains.
inline tensor_id unpacked_product(emitter& m, loose_product p) {
  if (m.failed()) return no_tensor;
  const dims sa = m.tensor_of(p.a).shape, sb = m.tensor_of(p.b).shape;
  const std::int32_t rows = sa.back(1), steps = sa.back(0), columns = sb.back(0);
  if (rows == 0 || steps == 0 || columns == 0) return plain_product(m, p);
  const auto joined = [&](tensor_id y) {
    return p.c == no_tensor || m.failed() ? y : m.made(ops::add, {y, p.c}, dtype::f32);
  };
  if (rows == 1 && !p.turned_a && p.turned_b && p.alpha == 1)
    return joined(row_by_rows(m, p.a, transposed(m, p.b)));
  if ((rows != 1 || p.turned_a) && columns == 1 && (!p.turned_b || steps == 1) && p.alpha == 1) {
    const tensor_id row = transposed(m, p.b);
    if (!p.turned_a) return joined(transposed(m, row_by_rows(m, row, p.a)));
    loose_product other{.a = row, .b = transposed(m, p.a), .computed = true};
    if (p.c != no_tensor && !m.failed() && m.tensor_of(p.c).shape.elements().value > 1)
      p.c = m.reshaped(p.c, {1, rows});
    other.c = p.c;
    return transposed(m, plain_product(m, other));
  }
  if (!p.turned_a) return plain_product(m, p);
  // A second row keeps one row from being summed as such.
  const bool alone = rows == 1;
  if (alone) p.a = joined_on(m, {p.a, p.a}, sa.rank - 2);
  const tensor_id y =
      steps > 128 && columns < steps ? product_of_pieces(m, p) : plain_product(m, p);
  return alone && !m.failed() ? part_of_axis(m, y, as_size(m.tensor_of(y).shape.rank - 2), 0, 1)
                              : y;
}
/// a, b, [c].
inline void gemm_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 3) || !m.is_real(c.in[0]) || !m.is_real(c.in[1])) return;
  const gemm g = read_gemm(m, c, c.in[0], c.in[1]);
  if (m.failed()) return;
  const auto n = as_size(m.tensor_of(g.b).shape[0]);
  const bool plain = g.alpha == 1 && g.beta == 1;
  std::vector<tensor_id> in{g.a, g.b};
  const bool joins = c.has(2) && plain && m.shape(c.in[2]).elements().value == n &&
                     m.shape(c.in[2]).back(0) == static_cast<std::int32_t>(n);
  if (joins) in.push_back(m.reshaped(m.held(c.in[2], false), {static_cast<std::int32_t>(n)}));
  const bool packed = m.tensor_of(g.b).role == tensor::kind::constant && !m.is_dequantized(g.b);
  if (packed && (joins || (plain && !c.has(2))))
    return m.give(c, m.made(ops::float_fully_connected, std::move(in), dtype::f32), false);
  if (!joins && c.has(2) && g.beta != 0) {
    in.push_back(m.held(c.in[2], false));
    if (g.beta != 1)
      in.back() = m.made(ops::mul, {in.back(), m.to.scalar_constant(g.beta)}, dtype::f32);
  }
  if (!packed) {
    const loose_product p{.a = g.a,
                          .b = transposed(m, g.b),
                          .c = in.size() > 2 ? in[2] : no_tensor,
                          .turned_a = m.integer(c, "transA", 0) != 0,
                          .turned_b = m.integer(c, "transB", 0) != 0,
                          .computed = true,
                          .alpha = g.alpha};
    return m.give(c, unpacked_product(m, p), false);
  }
  attributes a;
  a.set("adj_y", std::int64_t{1}), a.set("alpha", static_cast<double>(g.alpha));
  m.give(c, m.made(ops::batch_matmul, std::move(in), dtype::f32, std::move(a)), false);
}
/// alpha times the product. turned: an operand that was given with its last two axes exchanged.
inline void scaled_matmul(emitter& m, call& c, float alpha, bool turned_a = false,
                          bool turned_b = false) {
  if (!m.arity(c, 2, 2) || !m.is_real(c.in[0]) || !m.is_real(c.in[1])) return;
  const product p = read_product(m, c.in[0], c.in[1]);
  if (m.failed()) return;
  // A constant matrix is packed when the network is loaded.
  const bool packed = p.dense && m.rank(c.in[1]) == 2 && !m.is_dequantized(p.b);
  loose_product l{.a = p.a,
                  .b = p.b,
                  .turned_a = turned_a,
                  .turned_b = turned_b,
                  .computed = !packed,
                  .alpha = alpha};
  if (packed) {
    const tensor_id y = alpha == 1 ? m.made(ops::float_fully_connected, {p.a, transposed(m, p.b)},
                                            dtype::f32, keep_dims())
                                   : plain_product(m, l);
    if (!m.failed()) m.give(c, m.reshaped(y, p.out), false);
    return;
  }
  // All rows by one matrix are one product; by a vector each row is one of its own.
  const dims sa = m.tensor_of(p.a).shape, sb = m.tensor_of(p.b).shape;
  std::size_t matrices = 1;
  for (int i = 0; i + 2 < sb.rank; ++i) matrices *= as_size(sb[i]);
  if (const bool vector = m.rank(c.in[1]) == 1;
      !turned_a && (vector || (sa.rank > 2 && matrices == 1))) {
    std::int64_t rows = 1;
    for (int i = 0; i + 1 < sa.rank; ++i) rows *= sa[i];
    l.a = m.reshaped(p.a, {static_cast<std::int32_t>(rows), sa.back(0)});
    l.b = m.reshaped(p.b, {sb.back(1), sb.back(0)});
    if (vector) l.a = std::exchange(l.b, transposed(m, l.a)), l.a = transposed(m, l.a);
  }
  const tensor_id y = unpacked_product(m, l);
  if (!m.failed()) m.give(c, m.reshaped(y, p.out), false);
}
inline void matmul_row(emitter& m, call& c) { scaled_matmul(m, c, 1.f); }

// ---- transposed convolution ----

/// Pads of a transposed convolution whose output_shape or auto_pad says how large its result is.
/// An odd rest is in front, except with SAME_UPPER.
inline void pads_of_result(emitter& m, const call& c, const dims& x,
                           std::array<std::int32_t, 3> more, window& w) {
  const auto wanted = m.integers(c, "output_shape");
  const std::string automatic = m.text(c, "auto_pad", "NOTSET");
  const bool same = automatic == "SAME_UPPER" || automatic == "SAME_LOWER";
  if (m.failed() || (wanted.empty() && !same)) return;
  const std::size_t first = w.first();
  if (!wanted.empty() && wanted.size() < 3 - first)
    return m.broken("attribute output_shape", std::to_string(wanted.size()) + " numbers");
  for (std::size_t i = first; i < 3; ++i) {
    const std::int64_t in = x[static_cast<int>(2 + i - first)], stride = w.stride[i],
                       reach = (std::int64_t{w.size[i]} - 1) * w.dilation[i] + 1,
                       out = wanted.empty() ? in * stride : wanted[wanted.size() - 3 + i],
                       total = stride * (in - 1) + more[i] + reach - out;
    if (out < 1 || total > 1 << 24) return m.broken("attribute output_shape", std::to_string(out));
    if (total < 0)
      return m.refuse("a transposed convolution whose result is larger than what it reaches",
                      std::to_string(out), "at most " + std::to_string(out + total));
    const auto p = laws::transposed_padding(static_cast<std::int32_t>(total));
    w.set_padding(i, automatic == "SAME_UPPER" ? p : laws::larger_half_before(p));
  }
}
/// A tap's products [N, O, D, H, W] where they lie in a result of these extents: stride apart, from
/// `at` on, which may be outside; zeros between them. none: all are outside.
inline tensor_id placed_tap(emitter& m, tensor_id t, const window& w,
                            const std::array<std::int64_t, 3>& at,
                            const std::array<std::int32_t, 3>& out) {
  if (m.failed()) return no_tensor;
  const dims s = m.tensor_of(t).shape;
  dims apart{s[0], s[1]}, whole = apart;
  std::vector<std::int64_t> between(16, 0), first(5, 0), size{s[0], s[1]}, around(10, 0);
  for (int i = 0; i < 3; ++i) {
    const auto k = as_size(i);
    const std::int64_t reach = std::int64_t{w.stride[k]} * (s[2 + i] - 1) + 1,
                       left = std::max<std::int64_t>(-at[k], 0),
                       end = std::min<std::int64_t>(at[k] + reach, out[k]);
    if (end <= 0 || at[k] >= out[k]) return no_tensor;
    apart.push_back(s[2 + i]), apart.push_back(1);
    whole.push_back(joined_extent(m, s[2 + i], w.stride[k]));
    between[as_size(2 * (3 + 2 * i) + 1)] = w.stride[k] - 1;
    first[as_size(2 + i)] = left;
    size.push_back(end - at[k] - left);
    around[as_size(2 * (2 + i))] = std::max<std::int64_t>(at[k], 0);
    around[as_size(2 * (2 + i) + 1)] = out[k] - end;
  }
  attributes gaps, part, zeros;
  gaps.set("paddings", std::move(between));
  part.set("begin", std::move(first)), part.set("size", std::move(size));
  zeros.set("paddings", std::move(around));
  t = m.reshaped(m.moved(ops::pad, m.reshaped(t, apart), std::move(gaps)), whole);
  return m.moved(ops::pad, m.moved(ops::slice, t, std::move(part)), std::move(zeros));
}
/// Products [N, O, taps, D, H, W] where they lie in the result, added to 0 one tap after another.
inline tensor_id added_taps(emitter& m, tensor_id products, const window& w,
                            const std::array<std::int32_t, 3>& out) {
  if (m.failed()) return no_tensor;
  const dims s = m.tensor_of(products).shape;
  const dims one{s[0], s[1], s[3], s[4], s[5]};
  tensor_id sum = m.to.scalar_constant(0.f);
  for (std::int32_t t = 0; t < s[2] && !m.failed(); ++t) {
    const std::array<std::int32_t, 3> tap{t / (w.size[1] * w.size[2]), t / w.size[2] % w.size[1],
                                          t % w.size[2]};
    std::array<std::int64_t, 3> at{};
    for (std::size_t i = 0; i < 3; ++i) at[i] = std::int64_t{tap[i]} * w.dilation[i] - w.before[i];
    const tensor_id part =
        placed_tap(m, m.reshaped(part_of_axis(m, products, 2, t, 1), one), w, at, out);
    if (part != no_tensor) sum = m.made(ops::add, {sum, part}, dtype::f32);
  }
  return sum;
}
/// A transposed convolution of volumes, of one pixel, or with dilation, in the file's own order:
/// one product gives all taps of all output channels, which are added to 0 in their order, the bias
/// last.
inline void conv_transpose_volume(emitter& m, call& c, const window& w,
                                  const std::array<std::int32_t, 3>& more, std::int64_t groups) {
  const dims given = m.shape(c.in[0]), weights = m.shape(c.in[1]);
  const auto values = constant_weights(m, c.in[1]);
  if (!values) return;
  dims x{given[0], given[1]};
  for (int i = given.rank; i < 5; ++i) x.push_back(1);
  for (int i = 2; i < given.rank; ++i) x.push_back(given[i]);
  std::array<std::int32_t, 3> out{};
  std::int64_t pixels = 1, taps = 1;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::int64_t in = x[static_cast<int>(2 + i)],
                       reach = (std::int64_t{w.size[i]} - 1) * w.dilation[i] + 1,
                       extent = w.stride[i] * (in - 1) + more[i] + reach - w.before[i] - w.after[i];
    if (in < 1 || extent < 1 || extent > INT32_MAX)
      return m.broken("extents of a transposed convolution", std::to_string(extent));
    out[i] = static_cast<std::int32_t>(extent);
    pixels *= in, taps *= w.size[i];
  }
  const auto in = as_size(x[1] / groups), rows = as_size(weights[1]) * as_size(taps);
  if (pixels > INT32_MAX || rows > INT32_MAX || !m.check(m.to.work.spend(as_size(taps) * 64)))
    return m.fail(import::too_large("extents of a transposed convolution"));
  const tensor_id image =
      m.reshaped(m.held(c.in[0], false), {x[0], x[1], static_cast<std::int32_t>(pixels)});
  std::vector<tensor_id> results;
  for (std::int64_t g = 0; g < groups && !m.failed(); ++g) {
    std::vector<float> turned(rows * in);  // [O * taps, I]
    for (std::size_t i = 0; i < in; ++i)
      for (std::size_t r = 0; r < rows; ++r)
        turned[r * in + i] = values->as<float>()[(as_size(g) * in + i) * rows + r];
    // Constant weights are turned when the network is loaded; one pixel an image is a product of
    // its own.
    const bool turns = pixels == 1 && c.in[1].id != no_tensor && m.is_dequantized(c.in[1].id);
    dims shape{static_cast<std::int32_t>(rows), static_cast<std::int32_t>(in)};
    if (turns) shape = {1, shape[0], shape[1]};
    const tensor_id a = m.new_constant("", shape, turned);
    const tensor_id products = m.reshaped(
        unpacked_product(m, {.a = a,
                             .b = part_of_axis(m, image, 1, g * static_cast<std::int64_t>(in),
                                               static_cast<std::int64_t>(in)),
                             .turned_a = turns}),
        {x[0], weights[1], static_cast<std::int32_t>(taps), x[2], x[3], x[4]});
    results.push_back(added_taps(m, products, w, out));
  }
  tensor_id y = joined_on(m, std::move(results), 1);
  if (m.failed()) return;
  if (m.tensor_of(y).shape.rank != 5)
    return m.refuse("a transposed convolution that reaches none of its result");
  if (c.has(2))
    y = m.made(ops::add,
               {y, m.reshaped(m.held(c.in[2], false), {m.tensor_of(y).shape[1], 1, 1, 1})},
               dtype::f32);
  if (m.failed()) return;
  dims s{given[0], m.tensor_of(y).shape[1]};
  for (std::size_t i = w.first(); i < 3; ++i) s.push_back(out[i]);
  m.give(c, m.reshaped(y, s), false);
}
/// x, weights [I, O, kh, kw], [bias].
inline void conv_transpose_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 3) || !m.is_real(c.in[0]) || !m.is_real(c.in[1])) return;
  const dims x = m.shape(c.in[0]), weights = m.shape(c.in[1]);
  if (x.rank != weights.rank || x.rank < 3 || x.rank > 5)
    return m.refuse("rank of a transposed convolution", std::to_string(x.rank), "3 to 5");
  window w = read_window(m, c, x, std::span(weights.begin() + 2, weights.end()));
  const std::int64_t groups = m.integer(c, "group", 1);
  if (m.failed()) return;
  if (groups < 1 || groups > x[1] || x[1] % groups != 0)
    return m.broken("attribute group", std::to_string(groups), "a divisor of the channels");
  if (weights[0] != x[1])
    return m.broken("shape of the weights", to_string(weights),
                    "[" + std::to_string(x[1]) + ", ...");
  transpose_conv2d_attrs a;
  a.stride_h = w.stride[1], a.stride_w = w.stride[2];
  const auto more = m.integers(c, "output_padding");
  std::array<std::int32_t, 3> beyond{};
  for (std::size_t i = 0; i < more.size(); ++i) {
    if (more[i] < 0 || more[i] > 1 << 24 || more.size() != as_size(w.axes))
      return m.broken("attribute output_padding");
    beyond[w.first() + i] = static_cast<std::int32_t>(more[i]);
  }
  pads_of_result(m, c, x, beyond, w);
  if (m.failed()) return;
  const bool dilated = w.dilation != std::array<std::int32_t, 3>{1, 1, 1};
  bool pixel = true;  // alone: sums of another order
  for (int i = 2; i < x.rank; ++i) pixel &= x[i] == 1;
  if (w.volume() || dilated || pixel) return conv_transpose_volume(m, c, w, beyond, groups);
  a.output_padding_h = beyond[1], a.output_padding_w = beyond[2];
  a.pad_top = w.before[1], a.pad_left = w.before[2];
  a.pad_bottom = w.after[1], a.pad_right = w.after[2];
  const auto values = constant_weights(m, c.in[1]);
  if (!values) return;
  // [I, O, kh, kw] to [O, kh, kw, I].
  const auto in = as_size(weights[0]), out = as_size(weights[1]),
             taps = product_of(w.size[1], w.size[2]);
  std::vector<float> moved(values->elements());
  for (std::size_t i = 0; i < in; ++i)
    for (std::size_t o = 0; o < out; ++o)
      for (std::size_t t = 0; t < taps; ++t)
        moved[(o * taps + t) * in + i] = values->as<float>()[(i * out + o) * taps + t];
  const tensor_id kernel = m.new_constant(c.in[1].name,
                                          {weights[1], w.size[1], w.size[2], weights[0]}, moved),
                  image = image_of(m, m.held(c.in[0], true)),
                  bias = c.has(2) ? m.held(c.in[2], false) : no_tensor;
  // Each group by itself: its channels of the image, its part of the weights' last axis.
  std::vector<tensor_id> results;
  for (std::int64_t k = 0; k < groups; ++k) {
    const auto part = [&](tensor_id t, std::size_t axis, std::int64_t size) {
      return groups == 1 ? t : part_of_axis(m, t, axis, k * size, size);
    };
    std::vector<tensor_id> list{part(image, 3, x[1] / groups), part(kernel, 3, x[1] / groups)};
    if (c.has(2)) list.push_back(part(bias, 0, weights[1]));
    results.push_back(
        m.made(ops::float_transpose_conv2d, std::move(list), dtype::f32, to_attributes(a)));
    if (m.failed()) return;
  }
  const tensor_id y = joined_on(m, std::move(results), 3);
  m.give(c, from_image(m, y, w.row()), true);
}

}  // namespace onnx_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_ROWS_LAYERS_HPP_
