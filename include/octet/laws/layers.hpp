// Operators with weights: rounding of the requantization, width and scale of the accumulator, bias.
#ifndef OCTET_LAWS_LAYERS_HPP_
#define OCTET_LAWS_LAYERS_HPP_

#include <limits>

#include "octet/laws/law.hpp"
#include "octet/laws/tflite.hpp"
#include "octet/numerics/fp.hpp"
#include "octet/numerics/requantize.hpp"

OCTET_COLD_NAMESPACE_BEGIN
namespace laws {

/// TFLite accumulates int16 activations in int64, unless the bias is int32.
constexpr bool wide_accumulator(dtype x, bool int32_bias) { return x == dtype::s16 && !int32_bias; }
constexpr dtype accumulator_type(dtype x, bool int32_bias) {
  return wide_accumulator(x, int32_bias) ? dtype::s64 : dtype::s32;
}
/// sx * sw, the scale of the accumulator of one channel: in binary64, or factors and product
/// rounded to binary32.
constexpr double accumulator_scale(bool in_f32, double sx, double sw) {
  return in_f32 ? static_cast<double>(numerics::mul(static_cast<float>(sx), static_cast<float>(sw)))
                : numerics::mul(sx, sw);
}
/// The same for a node that `d` was decided for: what it is prepared with.
constexpr double accumulator_scale(const decision& d, double sx, double sw) {
  return accumulator_scale(uses_f32_product(d.round, d.f32_product), sx, sw);
}
/// Whether a layer's bias, a float in the file, is rounded to an integer that joins the exact sum
/// by integer_bias below. FBGEMM keeps it a float; TFLite's files hold integers; what MXNet and
/// ONNX Runtime make of it when they quantize a graph are formulas of their own (divided_bias).
constexpr bool rounds_bias(law l) {
  switch (l) {
    case law::pytorch_qnnpack: return true;
    case law::tflite_ref:
    case law::tflite_xnnpack:
    case law::pytorch_fbgemm:
    case law::mxnet:
    case law::onnxruntime: return false;
  }
  return false;
}
/// ONNX Runtime's where the product is itself a number of the graph: a scale of DequantizeLinear.
constexpr float stored_accumulator_scale(float sx, float sw) {
  return static_cast<float>(
      accumulator_scale(true, static_cast<double>(sx), static_cast<double>(sw)));
}
/// A float bias that ONNX Runtime makes an integer (WeightBiasQuantization): rint(f32(b / s)).
constexpr std::int32_t divided_bias(float bias, float accumulator_scale) {
  return numerics::clamp_to_int(
      static_cast<double>(numerics::rint(numerics::div(bias, accumulator_scale))), INT32_MIN,
      INT32_MAX);
}
/// One scale and zero point for the float weights of a layer that ONNX Runtime makes int8
/// (WeightBiasQuantization): the 255 steps from the least to the largest of them and of 0.
struct int8_range {
  float scale = 1;
  std::int32_t zero_point = 0;
  constexpr bool operator==(const int8_range&) const = default;
};
constexpr int8_range range_of_float_weights(float least, float largest) {
  const float lo = least < 0 ? least : 0.f, hi = largest > 0 ? largest : 0.f,
              scale = lo == hi ? 1.f : numerics::div(numerics::sub(hi, lo), 255.f),
              zero = numerics::sub(-128.f, numerics::div(lo, scale));
  return {scale, numerics::clamp_to_int(static_cast<double>(numerics::rint(zero)), -128, 127)};
}
/// Whether ONNX Runtime takes an int32 bias of this scale for one in units of the accumulator of
/// that one, in a convolution (CheckConvBiasScale): within 1 % and 1e-6, reckoned in binary32.
constexpr bool fits_accumulator(float bias_scale, float accumulator_scale) {
  const auto size = [](float v) { return v < 0 ? -v : v; };
  constexpr float most = std::numeric_limits<float>::max();
  const float allowed = numerics::add(1e-6f, numerics::mul(1e-2f, size(accumulator_scale)));
  return size(bias_scale) <= most && size(accumulator_scale) <= most &&
         size(numerics::sub(bias_scale, accumulator_scale)) <= allowed;
}
/// QNNPACK's bias in units of the accumulator, from the file's float: rint(f32(b * f32(1 / s))).
constexpr std::int32_t integer_bias(float bias, double accumulator_scale) {
  return numerics::clamp_to_int(
      static_cast<double>(numerics::rint(
          numerics::mul(bias, numerics::div(1.f, static_cast<float>(accumulator_scale))))),
      INT32_MIN, INT32_MAX);
}

/// FBGEMM multiplies by f32(f32(sx sw) / sy) and keeps the bias a float, divided by f32(sx sw)
/// where the weights have a scale for each channel (FB), times the reciprocal in a fused
/// multiply-add where they have one (FMA). A bias that is an integer already joins the accumulator
/// (F).
constexpr decision fbgemm_layer(const facts& f) {
  return by_pytorch(f.int32_bias      ? rounding::float_half_even
                    : f.w.per_channel ? rounding::float_bias_half_even
                                      : rounding::fused_multiply_add);
}
/// QNNPACK's factor is f32(f32(sx sw) * f32(1 / sy)): other bits for a quarter of all scales.
constexpr decision qnnpack_layer() { return by_pytorch(rounding::reciprocal_half_even); }

constexpr decision any_conv2d(const facts& f) {
  const bool s16 = f.x.type == dtype::s16;
  const rounding tflite = wide_accumulator(f.x.type, f.int32_bias)
                              ? rounding::wide_half_up
                              : rounding::doubling_high_half_away;
  per_law d{.tflite_ref = tflite,
            .tflite_xnnpack = s16 ? decision(tflite) : by_xnnpack(rounding::float_half_even),
            .pytorch_fbgemm = fbgemm_layer(f),
            .pytorch_qnnpack = qnnpack_layer(),
            .mxnet = by_mxnet(rounding::mxnet),
            .onnxruntime = by_onnxruntime(f.x.type, rounding::float_half_even)};
  // TFLite forms the scale of uint8 convolutions in binary32.
  d.tflite_ref.f32_product = d.tflite_xnnpack.f32_product = f.x.type == dtype::u8;
  return choose(f.arithmetic, d);
}
constexpr bool has_groups(const facts& f) {
  const dims &x = f.x.shape, &w = f.w.shape;
  return x.rank == 4 && w.rank == 4 && x.back(0) != w.back(0);
}
/// The default interpreter leaves int16 without groups, where the bias is int32, to TFLite's matrix
/// product, which is RU.
constexpr decision conv2d(const facts& f) {
  const decision by_all = any_conv2d(f);
  const bool as_product = f.x.type == dtype::s16 && f.int32_bias && !has_groups(f);
  return choose(f.arithmetic,
                {.tflite_ref = by_all,
                 .tflite_xnnpack = as_product ? decision(rounding::doubling_high_half_up) : by_all,
                 .pytorch_fbgemm = by_all,
                 .pytorch_qnnpack = by_all,
                 .mxnet = by_all,
                 .onnxruntime = by_all});
}
/// XNNPACK takes no transposed convolution that is padded as SAME and whose kernel is smaller than
/// its stride: TFLite's own optimized kernel then is DR for int8 and RU for uint8.
constexpr decision transpose_conv2d(const facts& f) {
  decision by_tflite(f.x.type == dtype::u8 ? rounding::doubling_high_half_up
                                           : rounding::doubling_high_half_away);
  const decision whole = any_conv2d(f);
  by_tflite.f32_product = whole.f32_product;
  const bool taken = !f.framework.kernel_below_stride || !is_8bit(f.x.type);
  return choose(f.arithmetic, {.tflite_ref = whole,
                               .tflite_xnnpack = taken ? whole : by_tflite,
                               .pytorch_fbgemm = whole,
                               .pytorch_qnnpack = whole,
                               .mxnet = no_operator(),
                               .onnxruntime = no_operator()});
}
/// XNNPACK takes uint8 weights only where they name their output channels as quantization axis 0,
/// as converters write it; TFLite's optimized kernel, which runs otherwise, is DR.
constexpr decision depthwise_conv2d(const facts& f) {
  const decision whole = any_conv2d(f);
  decision by_tflite(rounding::doubling_high_half_away);
  by_tflite.f32_product = whole.f32_product;
  const bool taken = f.x.type != dtype::u8 || f.framework.weights_axis == 0;
  return choose(f.arithmetic, {.tflite_ref = whole,
                               .tflite_xnnpack = taken ? whole : by_tflite,
                               .pytorch_fbgemm = whole,
                               .pytorch_qnnpack = whole,
                               .mxnet = whole,
                               .onnxruntime = whole});
}
/// XNNPACK refuses int8 weights with a zero point and int16 of any kind; TFLite's matrix product,
/// which runs then, is RU, the product of two single scales rounded to binary32. It leaves int16
/// with sums for an int64 bias to the reference.
constexpr decision fully_connected(const facts& f) {
  const bool s16 = f.x.type == dtype::s16, taken = !s16 && f.y.type != dtype::s16 &&
                                                   (f.x.type == dtype::u8 || f.w.zero_point == 0);
  const bool matrix = f.int32_bias || f.framework.no_int64_bias;
  const bool several = f.w.per_channel && f.w.shape[0] > 1;  // to TFLite one scale is one for all
  return choose(f.arithmetic,
                {.tflite_ref = rounding::double_half_away,
                 .tflite_xnnpack = taken            ? by_xnnpack(rounding::float_half_even)
                                   : s16 && !matrix ? decision(rounding::double_half_away)
                                                    : optimized_fully_connected(several),
                 .pytorch_fbgemm = fbgemm_layer(f),
                 .pytorch_qnnpack = qnnpack_layer(),
                 .mxnet = by_mxnet(rounding::mxnet),
                 .onnxruntime = by_onnxruntime(f.x.type, rounding::float_half_even)});
}
/// The multiplier form, unlike fully_connected. XNNPACK takes products whose second operand has
/// zero point 0, and rounds them as F; all others stay with TFLite's own kernel, DR under both
/// laws. Measured with the default interpreter: docs/numerics.md, and the goldens
/// batch_matmul_ties_s8 (F under tflite_xnnpack, DR under tflite_ref) and
/// batch_matmul_ties_zero3_s8 (DR under both).
constexpr decision batch_matmul(const facts& f) {
  const bool s16 = f.x.type == dtype::s16;
  decision by_tflite = s16 ? rounding::wide_half_up : rounding::doubling_high_half_away;
  by_tflite.f32_product = true;
  return choose(f.arithmetic,
                {.tflite_ref = by_tflite,
                 .tflite_xnnpack =
                     s16 || f.w.zero_point != 0 ? by_tflite : by_xnnpack(rounding::float_half_even),
                 .pytorch_fbgemm = no_operator(),
                 .pytorch_qnnpack = no_operator(),
                 .mxnet = no_operator(),
                 .onnxruntime = by_onnxruntime(f.x.type, rounding::float_half_even)});
}

/// Layers of floats. MXNet's sum in an order that depends on the CPU: MXN rounds once.
constexpr decision float_layer(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = floats_in_order(f),
                               .tflite_xnnpack = floats_in_order(f),
                               .pytorch_fbgemm = floats_in_order(f),
                               .pytorch_qnnpack = floats_in_order(f),
                               .mxnet = by_mxnet(rounding::mxnet),
                               .onnxruntime = floats_in_order(f)});
}
/// Convolutions of floats: PyTorch's library (oneDNN) starts from the bias and fuses each product
/// with its addition (FMA).
constexpr decision float_convolution(const facts& f) {
  const decision plain = float_layer(f);
  return choose(f.arithmetic, {.tflite_ref = plain,
                               .tflite_xnnpack = plain,
                               .pytorch_fbgemm = by_pytorch(rounding::fused_multiply_add),
                               .pytorch_qnnpack = by_pytorch(rounding::fused_multiply_add),
                               .mxnet = plain,
                               .onnxruntime = plain});
}
/// Convolutions that PyTorch, running on one thread, does not give to that library: of single
/// pixels without a stride in less than 16 images, of one image of up to 20480 elements by windows
/// of up to three rows or columns. Their bias is added to a matrix product. x: NHWC.
constexpr bool convolves_by_product(const dims& x, std::int32_t kernel_h, std::int32_t kernel_w,
                                    std::int32_t groups, bool strided_or_dilated) {
  const bool pixels = kernel_h == 1 && kernel_w == 1 && !strided_or_dilated && x[0] < 16;
  const bool large =
      groups > 1 || (kernel_h > 3 && kernel_w > 3) || x[0] > 1 || x.elements().value > 20480;
  return pixels || !large;
}
/// TFLite's optimized kernel fuses each product with its addition.
constexpr decision float_conv3d(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = rounding::none,
                               .tflite_xnnpack = rounding::fused_multiply_add,
                               .pytorch_fbgemm = rounding::none,
                               .pytorch_qnnpack = rounding::none,
                               .mxnet = rounding::none,
                               .onnxruntime = rounding::none});
}
/// A sum that joins a layer before its rounding.
constexpr decision requantize_add(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = no_operator(),
                               .tflite_xnnpack = no_operator(),
                               .pytorch_fbgemm = no_operator(),
                               .pytorch_qnnpack = no_operator(),
                               .mxnet = by_mxnet(rounding::mxnet),
                               .onnxruntime = no_operator()});
}

}  // namespace laws
OCTET_NAMESPACE_END

#endif  // OCTET_LAWS_LAYERS_HPP_
