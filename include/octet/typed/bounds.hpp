// A compiled typed graph's tables, and what follows from them: upper bounds of storage and scratch
// over all targets, multipliers.
#ifndef OCTET_TYPED_BOUNDS_HPP_
#define OCTET_TYPED_BOUNDS_HPP_

#include "octet/typed/by_law.hpp"

OCTET_NAMESPACE_BEGIN
namespace typed::detail {

/// The graph as tables of constants: what the functions behind the type see.
struct image {
  std::span<const node_info> nodes;
  std::span<const tensor_info> tensors;
  std::span<const attribute> attributes;
  std::span<const std::int32_t> operands;
  std::span<const std::int32_t> inputs, outputs;
  std::span<const char* const> output_names;
  std::span<const std::size_t> offset;  // per tensor
  std::span<const bool> skipped;        // per node
  law arithmetic;

  constexpr const tensor_info* in(const node_info& n, std::int32_t i) const {
    const std::int32_t t = i < n.ins ? operands[static_cast<std::size_t>(n.first_in + i)] : -1;
    return t < 0 ? nullptr : &tensors[static_cast<std::size_t>(t)];
  }
  constexpr const tensor_info& out(const node_info& n, std::int32_t i = 0) const {
    return tensors[static_cast<std::size_t>(operands[static_cast<std::size_t>(n.first_out + i)])];
  }
  constexpr attribute_view attrs(const node_info& n) const {
    return attributes.subspan(static_cast<std::size_t>(n.first_attr),
                              static_cast<std::size_t>(n.attrs));
  }
};

constexpr std::size_t to_size(std::int32_t v) { return v < 0 ? 0 : static_cast<std::size_t>(v); }

/// A convolution's or fully connected layer's extents as kernels see them.
struct matrix_extents {
  bool depthwise = false;
  std::int32_t channels = 1, group_out = 1, groups = 1, kernel_h = 1, kernel_w = 1, group_in = 1,
               in_c = 1, out_h = 1, out_w = 1, stride_h = 1, stride_w = 1, dilation_h = 1,
               dilation_w = 1;
  std::size_t weights = 0;
  bool repacked = false;  // packed in scratch, for each run
};
constexpr matrix_extents extents_of(const image& g, const node_info& n) {
  matrix_extents m;
  const tensor_info *x = g.in(n, 0), *w = g.in(n, 1);
  const dims xs = unpack(x->shape), ws = unpack(w->shape), ys = unpack(g.out(n).shape);
  m.weights = ws.elements().value;
  if (n.op == &ops::qnn_batch_matmul) {
    const auto a = read_attributes<batch_matmul_attrs>(g.attrs(n));
    m.channels = m.group_out = ws.back(a.adj_y ? 1 : 0);
    m.group_in = m.in_c = ws.back(a.adj_y ? 0 : 1);
    m.out_h = xs.back(a.adj_x ? 0 : 1);
    m.repacked = w->role != role::constant || m.weights != to_size(m.channels) * to_size(m.in_c);
    return m;
  }
  if (n.op == &ops::fully_connected) {
    m.channels = m.group_out = ws[0];
    m.group_in = m.in_c = ws[1];
    m.out_h = ws[1] > 0 ? static_cast<std::int32_t>(xs.elements().value / to_size(ws[1])) : 1;
    return m;
  }
  m.depthwise = n.op == &ops::depthwise_conv2d;
  // A transposed convolution runs with stride 1 over its input spread out; both attribute structs
  // have these fields by the same names.
  auto a = read_attributes<conv2d_attrs>(g.attrs(n));
  if (n.op == &ops::transpose_conv2d) a.stride_h = a.stride_w = 1;
  m.channels = ys[3];
  m.groups = m.depthwise ? xs[3] : a.groups;
  m.group_out = m.channels / m.groups;
  m.kernel_h = ws[1], m.kernel_w = ws[2], m.group_in = m.depthwise ? 1 : ws[3];
  m.in_c = xs[3], m.out_h = ys[1], m.out_w = ys[2];
  m.stride_h = a.stride_h, m.stride_w = a.stride_w, m.dilation_h = a.dilation_h,
  m.dilation_w = a.dilation_w;
  return m;
}
constexpr bool is_layer(const node_info& n) {
  return n.op == &ops::conv2d || n.op == &ops::depthwise_conv2d || n.op == &ops::fully_connected ||
         n.op == &ops::transpose_conv2d;
}
constexpr bool is_matrix(const node_info& n) {
  return is_layer(n) || n.op == &ops::qnn_batch_matmul;
}
/// Packed weights of the matrix kernels, at most.
constexpr std::size_t packed_bound(const matrix_extents& m) {
  const std::size_t columns =
                        to_size(m.groups) * round_up(to_size(m.group_out), m.depthwise ? 1 : 16),
                    segment = to_size(m.kernel_w * m.group_in) + 3;
  return columns * (to_size(m.kernel_h) * segment * 2 + 48) + (columns / 4 + 4) * 192 +
         to_size(m.kernel_h * m.kernel_w) * 8;
}

/// Bytes that prepare() takes from the network's storage, at most: params, per-channel arrays,
/// packed weights of the most demanding target.
constexpr std::size_t storage_bound(const image& g) {
  std::size_t sum = alignment;
  for (std::size_t i = 0; i < g.nodes.size(); ++i) {
    const node_info& n = g.nodes[i];
    if (g.skipped[i]) continue;
    std::size_t bytes = 4096 + to_size(n.ins) * 512 + to_size(n.outs) * sizeof(strided_copy);
    if (!is_matrix(n))  // per-channel arrays of the other operators with weights
      if (const tensor_info* w = g.in(n, 1); w && w->role == role::constant && w->channels != 0)
        bytes += to_size(unpack(g.out(n).shape).back(0)) * 48;
    if (n.op == &ops::resize_nearest || n.op == &ops::qnn_resize_bilinear ||
        n.op == &ops::resize_bilinear) {
      const dims y = unpack(g.out(n).shape);
      bytes += (to_size(y[1]) + to_size(y[2]) + 2 * alignment) * sizeof(bilinear_tap);
    }
    if (is_matrix(n)) {
      const matrix_extents m = extents_of(g, n);
      const std::size_t lanes = 64, channels = to_size(m.channels);
      bytes += channels * 48;  // scales in binary64, multipliers, zero points, biases
      if (m.depthwise)
        bytes += round_up(channels, lanes) *
                     (to_size(m.kernel_w) * ((to_size(m.kernel_h) + 1) / 2 + 1) * 4 + 64) +
                 (channels / 8 + 4) * 192;
      if (!m.repacked) bytes += packed_bound(m);
    }
    sum += round_up(bytes, alignment);
  }
  return sum;
}
/// Scratch of the most demanding kernel on any target.
constexpr std::size_t scratch_bound(const image& g) {
  std::size_t most = 0;
  for (std::size_t i = 0; i < g.nodes.size(); ++i) {
    const node_info& n = g.nodes[i];
    if (g.skipped[i]) continue;
    if (!is_matrix(
            n)) {  // tables of other kernels (softmax: 1024 bytes); lstm: one hidden value per unit
      most = std::max(
          most, std::max(std::size_t{4096},
                         n.op == &ops::qnn_lstm   ? to_size(unpack(g.out(n).shape).back(0))
                         : n.op == &ops::qnn_mean ? 4 * unpack(g.out(n).shape).elements().value
                                                  : std::size_t{0}));
      continue;
    }
    const matrix_extents m = extents_of(g, n);
    const std::size_t window_w =
        to_size((m.out_w - 1) * m.stride_w + (m.kernel_w - 1) * m.dilation_w + 1);
    std::size_t bytes = 0;
    if (m.depthwise)
      bytes =
          round_up(window_w * round_up(to_size(m.channels) < 64 ? to_size(m.channels) : 64, 64) *
                       ((to_size(m.kernel_h) + 1) / 2) * 4,
                   alignment);
    const std::size_t row = round_up(window_w * to_size(m.in_c) * 2 + 8, 16);
    std::size_t rows = 1;
    const std::size_t tall = to_size((m.kernel_h - 1) * m.dilation_h + 1);
    while (rows < to_size(m.out_h) && rows * to_size(m.out_w) < 96 &&
           (rows * to_size(m.stride_h) + tall) * row <= 48u << 10)
      ++rows;
    if (!m.depthwise || m.in_c == 1)
      bytes += (rows * to_size(m.out_w) + 512) * (sizeof(void*) + 4) +
               ((rows - 1) * to_size(m.stride_h) + tall) * row + 3 * alignment;
    if (m.repacked) bytes += packed_bound(m) + alignment;
    if (bytes > most) most = bytes;
  }
  return round_up(most, alignment);
}

/// What accumulators of one channel are multiplied with: mult for the integer roundings, scale for
/// F, FB, FZ, scale64 for D64.
struct channel_scale {
  multiplier mult{};
  float scale = 0;
  double scale64 = 0;
};
/// By the functions that prepare() uses. Fields are zero where the node has no such factor.
constexpr channel_scale scale_of(const image& g, std::size_t node, std::size_t channel) {
  channel_scale s;
  const node_info& n = g.nodes[node];
  const tensor_info *x = g.in(n, 0), *w = g.in(n, 1);
  const tensor_info& y = g.out(n);
  if (n.round == rounding::none || y.channels != 0 || x->channels != 0) return s;
  if (is_layer(n)) {
    const double sw = w->channels == 0 ? w->scale
                      : w->scales64    ? w->scales64[channel]
                                       : static_cast<double>(w->scales32[channel]);
    const bool narrow = g.attrs(n).integer("f32_product") != 0 || uses_float_scale(n.round);
    set_channel(n.round, &s.mult, &s.scale, &s.scale64, 0,
                laws::accumulator_scale(narrow, x->scale, sw), y.scale);
  } else if (n.op == &ops::requantize) {
    set_channel(n.round, &s.mult, &s.scale, &s.scale64, 0, x->scale, y.scale);
  }
  return s;
}

}  // namespace typed::detail
OCTET_NAMESPACE_END

#endif  // OCTET_TYPED_BOUNDS_HPP_
