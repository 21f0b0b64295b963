// TFLite operators with weights: CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED. In plain form:
// accumulate, then requantize.
#ifndef OCTET_IMPORT_TFLITE_ROWS_CONV_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_CONV_HPP_

#include "octet/import/tflite/context.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

/// TFLite's SAME padding: total = max((out - 1) * stride + window - in, 0), the smaller half
/// before. VALID: none.
struct padding {
  std::int32_t before = 0, after = 0;
};
constexpr padding same_padding(std::int32_t in, std::int32_t window, std::int32_t stride,
                               std::int32_t dilation) {
  if (stride < 1 || dilation < 1 || window < 1) return {};
  const std::int64_t out = (std::int64_t{in} + stride - 1) / stride,
                     reach = (std::int64_t{window} - 1) * dilation + 1;
  const std::int64_t total = std::max<std::int64_t>((out - 1) * stride + reach - in, 0);
  return {static_cast<std::int32_t>(total / 2), static_cast<std::int32_t>(total - total / 2)};
}

/// Scales of the accumulator: sx * sw in binary64, or rounded to binary32 first (uint8).
inline std::vector<double> accumulator_scales(const tensor& x, const tensor& w, bool f32_product) {
  std::vector<double> s;
  for (double sw : w.scales)
    s.push_back(f32_product
                    ? static_cast<double>(numerics::mul(static_cast<float>(tflite_node::scale(x)),
                                                        static_cast<float>(sw)))
                    : numerics::mul(tflite_node::scale(x), sw));
  return s;
}

/// int64 accumulators where TFLite has them (int16 activations with int64 or no bias).
inline bool wide_accumulator(const tflite_node& n) {
  return n.in(0).type == dtype::s16 && !(n.has(2) && n.in(2).type == dtype::s32);
}

/// Accumulating node, then requantize to the operator's output with its fused activation.
inline status accumulate_and_requantize(tflite_node& n, const op_def& op, attributes attrs,
                                        std::vector<tensor_id> in, rounding round, bool f32_product,
                                        std::int8_t activation, std::int32_t channel_axis) {
  const tensor &x = n.in(0), &w = n.in(1), &y = n.out();
  if (x.scales.empty() || w.scales.empty() || y.scales.empty())
    return unsupported("operator without quantization parameters", std::string(name_of(x.type)),
                       "quantized input, weights and output");
  auto scales = accumulator_scales(x, w, f32_product);
  const bool per_channel = scales.size() > 1;
  const tensor_id acc = n.temporary("/accumulator", wide_accumulator(n) ? dtype::s64 : dtype::s32,
                                    std::move(scales), {}, per_channel ? channel_axis : -1);
  if (f32_product) attrs.set("f32_product", std::int64_t{1});
  if (auto s = n.emit(op, std::move(in), {acc}, std::move(attrs)); !s) return s;
  if (per_channel) n.g()[acc].axis = n.g()[acc].shape.rank - 1;
  attributes clamp;
  if (auto s = n.set_activation(clamp, activation, n.out()); !s) return s;
  return n.emit(ops::requantize, {acc}, {n.out_id()}, std::move(clamp), round);
}

/// Dynamic-range layers: float activations, 8-bit weights. CONV_2D quantizes each image, with a
/// zero point if the weights are per channel; DEPTHWISE_CONV_2D each image with one;
/// FULLY_CONNECTED each row, with one if the options ask for it.
inline bool is_dynamic(const tflite_node& n) {
  return n.in(0).type == dtype::f32 && n.in(1).type == dtype::s8 && !n.in(1).scales.empty() &&
         n.out().type == dtype::f32;
}
inline status dynamic_layer(tflite_node& n, const op_def& op, attributes attrs, std::int64_t rows,
                            bool asymmetric, bool scales_first, std::int64_t products,
                            std::int8_t activation) {
  // XNNPACK takes these layers except depthwise, always with a zero point.
  const bool xnn = !n.reference_law() && &op != &ops::depthwise_conv2d;
  if (xnn) asymmetric = true;
  if (!n.reference_law()) scales_first = false;
  const std::vector<double> scales = n.in(1).scales;
  // |q| < 2^15 and |w| <= 2^7 bound a sum of up to 511 products; int8 rows are bounded far beyond
  // any real layer.
  const dtype accumulator = products > (asymmetric ? 511 : 130000) ? dtype::s64 : dtype::s32;
  const tensor_id q = n.temporary("/quantized", asymmetric ? dtype::s16 : dtype::s8),
                  s = n.temporary("/row_scales", dtype::f32),
                  acc = n.temporary("/accumulator", accumulator, scales);
  attributes quantize;
  quantize.set("rows", rows);
  if (asymmetric) quantize.set("asymmetric", std::int64_t{1});
  if (auto r = n.emit(ops::dynamic_quantize, {n.in_id(0)}, {q, s}, std::move(quantize),
                      xnn ? rounding::XNN : rounding::AWAY);
      !r)
    return r;
  if (auto r = n.emit(op, {q, n.in_id(1)}, {acc}, std::move(attrs)); !r) return r;
  if (scales.size() > 1) n.g()[acc].axis = n.g()[acc].shape.rank - 1;
  attributes dequantize;
  if (scales_first) dequantize.set("scales_first", std::int64_t{1});
  if (auto r = n.set_activation(dequantize, activation, n.out()); !r) return r;
  std::vector<tensor_id> in{acc, s};
  if (n.has(2)) in.push_back(n.in_id(2));
  return n.emit(ops::dynamic_dequantize, std::move(in), {n.out_id()}, std::move(dequantize),
                xnn ? rounding::XNN : rounding::none);
}

/// Float islands: the plain operator with the activation as bounds.
inline bool is_plain(const tflite_node& n) {
  return n.in(0).type == dtype::f32 && n.in(1).type == dtype::f32;
}
inline status plain_layer(tflite_node& n, const op_def& op, attributes attrs,
                          std::int8_t activation) {
  if (auto r = n.set_activation(attrs, activation, n.out()); !r) return r;
  return n.emit(op, std::move(attrs));
}

inline rounding conv_rounding(const tflite_node& n) {
  if (n.in(0).type == dtype::s16) return wide_accumulator(n) ? rounding::I64 : rounding::DR;
  return n.reference_law() ? rounding::DR : rounding::F;
}
/// XNNPACK takes uint8 depthwise only where the weights' quantized_dimension is 0, as converters
/// write it; TFLite's optimized kernel, which runs otherwise, is DR.
inline rounding depthwise_rounding(const tflite_node& n) {
  if (n.in(0).type == dtype::u8 && n.weights_axis != 0) return rounding::DR;
  return conv_rounding(n);
}

inline attributes window_attributes(std::int8_t pad, std::int32_t in_h, std::int32_t in_w,
                                    std::int32_t kernel_h, std::int32_t kernel_w,
                                    std::int32_t stride_h, std::int32_t stride_w,
                                    std::int32_t dilation_h, std::int32_t dilation_w) {
  conv2d_attrs a;
  a.stride_h = stride_h, a.stride_w = stride_w, a.dilation_h = dilation_h,
  a.dilation_w = dilation_w;
  if (pad == 0) {
    const padding h = same_padding(in_h, kernel_h, stride_h, dilation_h),
                  w = same_padding(in_w, kernel_w, stride_w, dilation_w);
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
  if (is_plain(n)) return plain_layer(n, ops::float_conv2d, std::move(a), o.i8(3));
  if (is_dynamic(n)) {
    const bool per_channel = n.in(1).scales.size() > 1;
    return dynamic_layer(n, ops::conv2d, std::move(a), x[0], per_channel, !per_channel,
                         std::int64_t{w[1]} * w[2] * w[3], o.i8(3));
  }
  return accumulate_and_requantize(n, ops::conv2d, std::move(a), n.ins(), conv_rounding(n),
                                   n.in(0).type == dtype::u8, o.i8(3), 3);
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
  if (is_plain(n)) return plain_layer(n, ops::float_depthwise_conv2d, std::move(a), o.i8(4));
  if (is_dynamic(n))
    return dynamic_layer(n, ops::depthwise_conv2d, std::move(a), x[0], true, true,
                         std::int64_t{w[1]} * w[2], o.i8(4));
  return accumulate_and_requantize(n, ops::depthwise_conv2d, std::move(a), n.ins(),
                                   depthwise_rounding(n), n.in(0).type == dtype::u8, o.i8(4), 3);
}

inline status fully_connected(tflite_node& n) {
  if (!n.has(0) || !n.has(1)) return invalid("operator without input or weights");
  auto& o = n.options;
  if (o.i8(1) != 0) return unsupported("weights format", std::to_string(o.i8(1)), "0 (default)");
  attributes a;
  if (o.flag(2)) a.set("keep_dims", std::int64_t{1});
  if (is_plain(n)) return plain_layer(n, ops::float_fully_connected, std::move(a), o.i8(0));
  if (is_dynamic(n)) {
    const dims& w = n.in(1).shape;
    if (w.rank != 2 || w[1] < 1) return invalid("shape of the weights", to_string(w), "[N,K]");
    return dynamic_layer(
        n, ops::fully_connected, std::move(a),
        static_cast<std::int64_t>(n.in(0).shape.elements().value / static_cast<std::size_t>(w[1])),
        o.flag(3), true, w[1], o.i8(0));
  }
  const bool xnn = !n.reference_law() && n.in(0).type != dtype::s16 &&
                   (n.in(0).type == dtype::u8 || n.zero(n.in(1)) == 0);
  const rounding round = n.in(0).type == dtype::s16 || n.reference_law() ? rounding::D64
                         : xnn                                           ? rounding::F
                                                                         : rounding::RU;
  return accumulate_and_requantize(n, ops::fully_connected, std::move(a), n.ins(), round, false,
                                   o.i8(0), -1);
}

inline constexpr tflite_row conv_rows[] = {
    {3, "CONV_2D", &conv_2d},
    {4, "DEPTHWISE_CONV_2D", &depthwise_conv_2d},
    {9, "FULLY_CONNECTED", &fully_connected},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_CONV_HPP_
