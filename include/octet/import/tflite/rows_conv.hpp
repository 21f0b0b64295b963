// TFLite operators with weights: CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED. In plain form:
// accumulate, then requantize.
#ifndef OCTET_IMPORT_TFLITE_ROWS_CONV_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_CONV_HPP_

#include "octet/import/tflite/context.hpp"
#include "octet/laws/dynamic.hpp"
#include "octet/laws/layers.hpp"
#include "octet/laws/padding.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

/// Accumulating node on x, weights and maybe a bias, then requantize to the operator's output with
/// its fused activation.
inline status accumulate_and_requantize(tflite_node& n, const op_def& op, attributes attrs,
                                        std::vector<tensor_id> in, tflite_activation fused) {
  const tensor &x = n.g()[in[0]], &w = n.g()[in[1]];
  if (x.scales.empty() || w.scales.empty() || n.out().scales.empty())
    return unsupported("operator without quantization parameters", std::string(name_of(x.type)),
                       "quantized input, weights and output");
  const laws::decision d = n.decide(op, in, n.outs(), attrs);
  std::vector<double> scales;
  for (double sw : w.scales)
    scales.push_back(laws::accumulator_scale(n.settings.arithmetic, d, tflite_node::scale(x), sw));
  const bool per_channel = scales.size() > 1;
  const bool int32_bias = in.size() > 2 && in[2] != no_tensor && n.g()[in[2]].type == dtype::s32;
  const tensor_id acc =
      n.temporary("/accumulator", laws::accumulator_type(x.type, int32_bias), std::move(scales));
  if (d.f32_product) attrs.set("f32_product", std::int64_t{1});
  if (auto s = n.emit(op, std::move(in), {acc}, std::move(attrs), tflite_activation::none,
                      rounding::none);
      !s)
    return s;
  if (per_channel) n.g()[acc].axis = n.g()[acc].shape.rank - 1;
  return n.emit(ops::requantize, {acc}, n.outs(), {}, fused, d);
}

/// Dynamic-range layers: float activations, 8-bit weights.
inline bool is_dynamic(const tflite_node& n) {
  return n.in(0).type == dtype::f32 && n.in(1).type == dtype::s8 && !n.in(1).scales.empty() &&
         n.out().type == dtype::f32;
}
/// `layer`: everything but law and weights' scales, which are taken from the node.
inline status dynamic_layer(tflite_node& n, const op_def& op, attributes attrs,
                            laws::dynamic_facts layer, tflite_activation fused) {
  const std::vector<double> scales = n.in(1).scales;
  layer.arithmetic = n.settings.arithmetic;
  layer.per_channel = scales.size() > 1;
  const laws::dynamic_decision d = laws::dynamic(layer);
  const tensor_id q = n.temporary("/quantized", d.asymmetric ? dtype::s16 : dtype::s8),
                  s = n.temporary("/row_scales", dtype::f32),
                  acc = n.temporary("/accumulator", d.accumulator, scales);
  attributes quantize;
  quantize.set("rows", d.rows);
  if (d.asymmetric) quantize.set("asymmetric", std::int64_t{1});
  if (auto r = n.emit(ops::dynamic_quantize, {n.in_id(0)}, {q, s}, std::move(quantize),
                      tflite_activation::none, d.quantize);
      !r)
    return r;
  if (auto r = n.emit(op, {q, n.in_id(1)}, {acc}, std::move(attrs), tflite_activation::none,
                      rounding::none);
      !r)
    return r;
  if (scales.size() > 1) n.g()[acc].axis = n.g()[acc].shape.rank - 1;
  attributes dequantize;
  if (d.scales_first) dequantize.set("scales_first", std::int64_t{1});
  std::vector<tensor_id> in{acc, s};
  if (n.has(2)) in.push_back(n.in_id(2));
  return n.emit(ops::dynamic_dequantize, std::move(in), {n.out_id()}, std::move(dequantize), fused,
                d.dequantize);
}

/// Float islands: the plain operator with the activation as bounds.
inline bool is_plain(const tflite_node& n) {
  return n.in(0).type == dtype::f32 && n.in(1).type == dtype::f32;
}
inline attributes window_attributes(std::int8_t pad, std::int32_t in_h, std::int32_t in_w,
                                    std::int32_t kernel_h, std::int32_t kernel_w,
                                    std::int32_t stride_h, std::int32_t stride_w,
                                    std::int32_t dilation_h, std::int32_t dilation_w) {
  conv2d_attrs a;
  a.stride_h = stride_h, a.stride_w = stride_w, a.dilation_h = dilation_h,
  a.dilation_w = dilation_w;
  if (pad == 0) {
    const auto h = laws::same_padding(in_h, kernel_h, stride_h, dilation_h),
               w = laws::same_padding(in_w, kernel_w, stride_w, dilation_w);
    a.pad_top = h.before, a.pad_bottom = h.after, a.pad_left = w.before, a.pad_right = w.after;
  }
  attributes to = to_attributes(a);
  to.erase("f32_product");
  to.erase("groups");
  return to;
}

inline status conv_2d(tflite_node& n) {
  if (!n.has(0) || !n.has(1)) return invalid("operator without input or weights");
  const dims &x = n.in(0).shape, &w = n.in(1).shape;
  if (x.rank != 4 || w.rank != 4 || w[3] < 1)
    return invalid("rank of input or weights", to_string(x) + " and " + to_string(w),
                   "[N,H,W,C] and [O,KH,KW,I]");
  auto& o = n.options;
  attributes a = window_attributes(o.i8(0), x[1], x[2], w[1], w[2], o.i32(2), o.i32(1), o.i32(5, 1),
                                   o.i32(4, 1));
  if (x[3] % w[3] != 0)
    return invalid("input channels", std::to_string(x[3]), "a multiple of " + std::to_string(w[3]));
  if (x[3] != w[3]) a.set("groups", std::int64_t{x[3] / w[3]});
  if (is_plain(n)) return n.emit(ops::float_conv2d, std::move(a), n.fused(3));
  if (is_dynamic(n)) {
    laws::dynamic_facts layer;
    layer.layer = laws::dynamic_layer::conv2d;
    layer.pointwise = w[1] == 1 && w[2] == 1 && w[3] == x[3] && o.i32(1) == 1 && o.i32(2) == 1;
    layer.images = x[0];
    layer.vectors = std::int64_t{x[0]} * x[1] * x[2];
    layer.products = std::int64_t{w[1]} * w[2] * w[3];
    return dynamic_layer(n, ops::conv2d, std::move(a), layer, n.fused(3));
  }
  return accumulate_and_requantize(n, ops::conv2d, std::move(a), n.ins(), n.fused(3));
}

inline status depthwise_conv_2d(tflite_node& n) {
  if (!n.has(0) || !n.has(1)) return invalid("operator without input or weights");
  const dims &x = n.in(0).shape, &w = n.in(1).shape;
  if (x.rank != 4 || w.rank != 4)
    return invalid("rank of input or weights", to_string(x) + " and " + to_string(w),
                   "[N,H,W,C] and [1,KH,KW,C*multiplier]");
  auto& o = n.options;
  attributes a = window_attributes(o.i8(0), x[1], x[2], w[1], w[2], o.i32(2), o.i32(1), o.i32(6, 1),
                                   o.i32(5, 1));
  if (is_plain(n)) return n.emit(ops::float_depthwise_conv2d, std::move(a), n.fused(4));
  if (is_dynamic(n)) {
    laws::dynamic_facts layer;
    layer.layer = laws::dynamic_layer::depthwise_conv2d;
    layer.images = x[0];
    layer.products = std::int64_t{w[1]} * w[2];
    return dynamic_layer(n, ops::depthwise_conv2d, std::move(a), layer, n.fused(4));
  }
  return accumulate_and_requantize(n, ops::depthwise_conv2d, std::move(a), n.ins(), n.fused(4));
}

inline status fully_connected(tflite_node& n) {
  if (!n.has(0) || !n.has(1)) return invalid("operator without input or weights");
  auto& o = n.options;
  if (o.i8(1) != 0) return unsupported("weights format", std::to_string(o.i8(1)), "0 (default)");
  attributes a;
  if (o.flag(2)) a.set("keep_dims", std::int64_t{1});
  if (is_plain(n)) return n.emit(ops::float_fully_connected, std::move(a), n.fused(0));
  if (is_dynamic(n)) {
    const dims& w = n.in(1).shape;
    if (w.rank != 2 || w[1] < 1) return invalid("shape of the weights", to_string(w), "[N,K]");
    laws::dynamic_facts layer;
    layer.layer = laws::dynamic_layer::fully_connected;
    layer.asks_zero_point = o.flag(3);
    layer.vectors =
        static_cast<std::int64_t>(n.in(0).shape.elements().value / static_cast<std::size_t>(w[1]));
    layer.products = w[1];
    return dynamic_layer(n, ops::fully_connected, std::move(a), layer, n.fused(0));
  }
  return accumulate_and_requantize(n, ops::fully_connected, std::move(a), n.ins(), n.fused(0));
}

inline constexpr tflite_row conv_rows[] = {
    {3, "CONV_2D", &conv_2d},
    {4, "DEPTHWISE_CONV_2D", &depthwise_conv_2d},
    {9, "FULLY_CONNECTED", &fully_connected},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_CONV_HPP_
