// What a law means for a typed graph's nodes: the rounding of each operator, and fused activations as clamps. docs/numerics.md gives the formulas.
#ifndef OCTET_TYPED_LAW_HPP_
#define OCTET_TYPED_LAW_HPP_

#include "octet/numerics/requantize.hpp"
#include "octet/typed/operators.hpp"

OCTET_FP_EXACT_BEGIN
namespace octet::inline OCTET_ABI::typed::detail {

enum class family : std::uint8_t { other, conv2d, depthwise, dense, sum, product, average, mean, quantize, dequantize, requantize, concat };
constexpr family family_of(const op_def* op) {
  if (op == &ops::conv2d) return family::conv2d;
  if (op == &ops::depthwise_conv2d) return family::depthwise;
  if (op == &ops::fully_connected) return family::dense;
  if (op == &ops::qnn_add || op == &ops::qnn_sub) return family::sum;
  if (op == &ops::qnn_mul) return family::product;
  if (op == &ops::qnn_avg_pool2d) return family::average;
  if (op == &ops::qnn_mean || op == &ops::qnn_sum) return family::mean;
  if (op == &ops::quantize) return family::quantize;
  if (op == &ops::dequantize) return family::dequantize;
  if (op == &ops::requantize) return family::requantize;
  if (op == &ops::qnn_concat) return family::concat;
  return family::other;
}

struct law_choice {
  bool known = true;
  rounding round = rounding::none;
};

/// x, y: first input and result; w: second input where there is one; bias: type of the third (boolean: none).
constexpr law_choice rounding_by_law(law l, const op_def* op, const tensor_info& x, const tensor_info* w, const tensor_info& y, dtype bias) {
  const family f = family_of(op);
  const bool s16_in = x.type == dtype::s16, wide = s16_in && bias != dtype::s32;
  if (f == family::dequantize) return {};
  switch (l) {
    case law::tflite_ref:
      switch (f) {
        case family::conv2d: case family::depthwise: return {true, s16_in && wide ? rounding::I64 : rounding::DR};
        case family::dense: return {true, rounding::D64};
        case family::sum: case family::product: case family::mean: case family::requantize: return {true, rounding::DR};
        case family::average: case family::quantize: case family::concat: return {true, rounding::AWAY};
        default: return {false};
      }
    case law::tflite_xnnpack:
      switch (f) {
        case family::conv2d: return {true, s16_in ? (wide ? rounding::I64 : rounding::DR) : rounding::F};
        case family::depthwise: return {true, s16_in ? (wide ? rounding::I64 : rounding::DR) : x.type == dtype::u8 ? rounding::DR : rounding::F};
        case family::dense: return {true, s16_in ? rounding::D64 : x.type == dtype::u8 || !w || w->zero_point == 0 ? rounding::F : rounding::RU};
        case family::sum: return {true, is_8bit(x.type) ? rounding::XNN : rounding::DR};
        case family::product: return {true, is_8bit(x.type) ? rounding::F : rounding::DR};
        case family::mean: return {true, is_8bit(x.type) ? rounding::XNN : rounding::DR};
        case family::average: case family::concat: return {true, rounding::AWAY};
        case family::quantize: return {true, is_8bit(y.type) ? rounding::EVEN_MUL : rounding::OPT};
        case family::requantize: return {true, !is_8bit(x.type) || !is_8bit(y.type) ? rounding::DR : x.type == y.type ? rounding::Q8 : rounding::RU};
        default: return {false};
      }
    case law::pytorch_fbgemm:
      switch (f) {
        case family::conv2d: case family::depthwise: case family::dense: return {true, bias == dtype::s32 ? rounding::F : rounding::FB};
        case family::sum: return {true, rounding::ATEN};
        case family::product: return {true, rounding::EVEN_MUL};
        case family::average: case family::mean: case family::requantize: return {true, rounding::F};
        case family::quantize: case family::concat: return {true, rounding::EVEN_MUL};
        default: return {false};
      }
    case law::pytorch_qnnpack:
      switch (f) {
        case family::conv2d: case family::depthwise: case family::dense: case family::requantize: return {true, rounding::F};
        case family::sum: case family::average: case family::mean: return {true, rounding::QNN};
        case family::product: case family::quantize: case family::concat: return {true, rounding::EVEN_MUL};
        default: return {false};
      }
    case law::onnxruntime:
      switch (f) {
        case family::conv2d: case family::depthwise: case family::dense: case family::requantize: return {true, rounding::F};
        case family::sum: return {true, rounding::FMA};
        case family::product: return {true, rounding::FZ};
        case family::average: return {true, rounding::ORT};
        case family::mean: return {true, rounding::QNN};
        case family::quantize: case family::concat: return {true, rounding::EVEN};
        default: return {false};
      }
    case law::mxnet:
      switch (f) {
        case family::conv2d: case family::depthwise: case family::dense: case family::sum: case family::product: case family::requantize: case family::concat: return {true, rounding::F};
        case family::average: case family::mean: return {true, rounding::EVEN};
        case family::quantize: return {true, rounding::EVEN_MUL};
        default: return {false};
      }
  }
  return {false};
}

struct clamp_bounds { std::int64_t lo, hi; };
/// A fused activation as bounds on quantized values of y: q(v) = zero + rha(f32(v / s)) (TFLite) or zero + rint(f32(v * f32(1 / s))) (the others).
constexpr clamp_bounds clamp_by_law(law l, activation a, const tensor_info& y) {
  const bool tflite = l == law::tflite_ref || l == law::tflite_xnnpack;
  const auto s = static_cast<float>(y.scale);
  const auto q = [&](float v) {
    const float r = tflite ? numerics::rha(numerics::div(v, s)) : numerics::rint(numerics::mul(v, numerics::div(1.f, s)));
    return static_cast<std::int64_t>(numerics::clamp_to_int(static_cast<double>(r) + y.zero_point, INT32_MIN, INT32_MAX));
  };
  const std::int64_t lo = lowest_of(y.type), hi = highest_of(y.type);
  const std::int64_t bottom = q(a == activation::relu_n1_to_1 ? -1.f : 0.f), top = a == activation::relu ? hi : q(a == activation::relu6 ? 6.f : 1.f);
  return {bottom > lo ? bottom : lo, top < hi ? top : hi};
}
/// TFLite rounds sx * sw of uint8 convolutions to binary32 first.
constexpr bool product_in_f32(law l, const op_def* op, const tensor_info& x) {
  return (l == law::tflite_ref || l == law::tflite_xnnpack) && x.type == dtype::u8 && (op == &ops::conv2d || op == &ops::depthwise_conv2d);
}

}  // namespace octet::inline OCTET_ABI::typed::detail
OCTET_FP_EXACT_END

#endif  // OCTET_TYPED_LAW_HPP_
