// What a law means for a typed graph's nodes: the rounding of each operator, and fused activations
// as clamps. docs/numerics.md gives the formulas.
#ifndef OCTET_TYPED_LAW_HPP_
#define OCTET_TYPED_LAW_HPP_

#include "octet/numerics/requantize.hpp"
#include "octet/typed/operators.hpp"

OCTET_NAMESPACE_BEGIN
namespace typed::detail {

enum class family : std::uint8_t {
  other,
  conv2d,
  depthwise,
  dense,
  transposed,
  matmul,
  sum,
  difference,
  product,
  average,
  mean,
  quantize,
  dequantize,
  requantize,
  concat,
  table,
  elu,
  hard_swish,
  function,
  square_root,
  reciprocal_root,
  clamp,
  leaky,
  integer,
  exact,
  softmax,
  log_softmax,
  resize
};
constexpr bool is_any(const op_def* op, std::initializer_list<const op_def*> list) {
  for (const op_def* o : list)
    if (o == op) return true;
  return false;
}
constexpr family family_of(const op_def* op) {
  if (op == &ops::conv2d) return family::conv2d;
  if (op == &ops::depthwise_conv2d) return family::depthwise;
  if (op == &ops::fully_connected) return family::dense;
  if (op == &ops::qnn_add) return family::sum;
  if (op == &ops::qnn_sub) return family::difference;
  if (op == &ops::qnn_mul) return family::product;
  if (op == &ops::qnn_avg_pool2d) return family::average;
  if (op == &ops::qnn_mean || op == &ops::qnn_sum) return family::mean;
  if (op == &ops::quantize) return family::quantize;
  if (op == &ops::dequantize) return family::dequantize;
  if (op == &ops::requantize) return family::requantize;
  if (op == &ops::qnn_concat) return family::concat;
  if (op == &ops::transpose_conv2d) return family::transposed;
  if (op == &ops::qnn_batch_matmul) return family::matmul;
  if (is_any(op, {&ops::qnn_logistic, &ops::qnn_tanh})) return family::table;
  if (op == &ops::qnn_elu) return family::elu;
  if (op == &ops::qnn_hard_swish) return family::hard_swish;
  if (is_any(op, {&ops::qnn_gelu, &ops::qnn_exp, &ops::qnn_log, &ops::qnn_sin, &ops::qnn_cos,
                  &ops::qnn_square, &ops::qnn_hard_sigmoid}))
    return family::function;
  if (op == &ops::qnn_sqrt) return family::square_root;
  if (op == &ops::qnn_rsqrt) return family::reciprocal_root;
  if (is_any(op, {&ops::qnn_relu, &ops::qnn_relu6, &ops::qnn_relu_n1_to_1, &ops::qnn_relu_0_to_1}))
    return family::clamp;
  if (op == &ops::qnn_leaky_relu) return family::leaky;
  if (is_any(op,
             {&ops::qnn_abs, &ops::qnn_prelu, &ops::qnn_l2_normalization,
              &ops::qnn_squared_difference, &ops::qnn_div, &ops::qnn_equal, &ops::qnn_not_equal,
              &ops::qnn_less, &ops::qnn_less_equal, &ops::qnn_greater, &ops::qnn_greater_equal}))
    return family::integer;
  if (op == &ops::qnn_neg) return family::exact;
  if (op == &ops::qnn_softmax) return family::softmax;
  if (op == &ops::qnn_log_softmax) return family::log_softmax;
  if (op == &ops::qnn_resize_bilinear) return family::resize;
  return family::other;
}

struct law_choice {
  bool known = true;
  rounding round = rounding::none;
};

/// x, y: first input and result; w: second input where there is one; bias: type of the third
/// (boolean: none); alpha: leaky_relu's.
constexpr law_choice rounding_by_law(law l, family f, const tensor_info& x, const tensor_info* w,
                                     const tensor_info& y, dtype bias, double alpha = 0) {
  const bool s16_in = x.type == dtype::s16, wide = s16_in && bias != dtype::s32;
  if (f == family::dequantize || f == family::exact) return {};
  switch (l) {
    case law::tflite_ref:
      switch (f) {
        case family::conv2d:
        case family::depthwise: return {true, s16_in && wide ? rounding::I64 : rounding::DR};
        case family::dense: return {true, rounding::D64};
        case family::sum:
        case family::difference:
        case family::product:
        case family::mean:
        case family::requantize: return {true, rounding::DR};
        case family::average:
        case family::quantize:
        case family::concat:
        case family::table:
        case family::elu:
        case family::function: return {true, rounding::AWAY};
        case family::transposed: return {true, wide ? rounding::I64 : rounding::DR};
        case family::matmul:
        case family::softmax: return {true, s16_in ? rounding::I64 : rounding::DR};
        case family::clamp:
        case family::leaky:
        case family::integer:
        case family::hard_swish:
        case family::log_softmax: return {true, rounding::DR};
        case family::square_root: return {true, rounding::TRUNC};
        case family::reciprocal_root: return {true, s16_in ? rounding::AWAY : rounding::DR};
        case family::resize: return {true, x.type == dtype::u8 ? rounding::OPT : rounding::DR};
        default: return {false};
      }
    case law::tflite_xnnpack:
      switch (f) {
        case family::conv2d:
          return {true, s16_in ? (wide ? rounding::I64 : rounding::DR) : rounding::F};
        case family::depthwise:
          return {true, s16_in ? (wide ? rounding::I64 : rounding::DR) : rounding::F};
        case family::dense:
          return {true, s16_in                                            ? rounding::D64
                        : x.type == dtype::u8 || !w || w->zero_point == 0 ? rounding::F
                                                                          : rounding::RU};
        case family::sum:
        case family::difference:
          return {true, is_8bit(x.type) && w && numerics::xnn_takes_addend(x.scale, y.scale) &&
                                numerics::xnn_takes_addend(w->scale, y.scale)
                            ? rounding::XNN
                        : f == family::sum && x.type == dtype::s16 && w && x.shape == w->shape
                            ? rounding::OPT
                            : rounding::DR};
        case family::product: return {true, is_8bit(x.type) ? rounding::F : rounding::DR};
        case family::mean: return {true, is_8bit(x.type) ? rounding::XNN : rounding::DR};
        case family::average:
        case family::concat: return {true, rounding::AWAY};
        case family::quantize: return {true, is_8bit(y.type) ? rounding::EVEN_MUL : rounding::OPT};
        case family::requantize:
          return {true, !is_8bit(x.type) || !is_8bit(y.type) ? rounding::DR
                        : x.type == y.type && numerics::xnn_takes_rescale(x.scale, y.scale)
                            ? rounding::Q8
                            : rounding::RU};
        case family::transposed:
          return {true, s16_in ? (wide ? rounding::I64 : rounding::DR) : rounding::F};
        case family::matmul:
          return {true, s16_in                    ? rounding::I64
                        : w && w->zero_point != 0 ? rounding::DR
                                                  : rounding::F};
        case family::table: return {true, is_8bit(x.type) ? rounding::XNN : rounding::OPT};
        case family::elu: return {true, is_8bit(x.type) ? rounding::XNN : rounding::AWAY};
        case family::function: return {true, rounding::AWAY};
        case family::square_root: return {true, rounding::TRUNC};
        case family::reciprocal_root: return {true, s16_in ? rounding::AWAY : rounding::DR};
        case family::clamp:
        case family::integer:
        case family::hard_swish: return {true, rounding::DR};
        case family::leaky:
          return {true, is_8bit(x.type) && numerics::xnn_takes_leaky_relu(x.scale, y.scale,
                                                                          static_cast<float>(alpha))
                            ? rounding::Q8
                            : rounding::DR};
        case family::softmax: return {true, s16_in ? rounding::I64 : rounding::OPT};
        case family::log_softmax: return {true, rounding::OPT};
        case family::resize: return {true, is_8bit(x.type) ? rounding::XNN : rounding::DR};
        default: return {false};
      }
    case law::pytorch_fbgemm:
      switch (f) {
        case family::conv2d:
        case family::depthwise:
        case family::dense: return {true, bias == dtype::s32 ? rounding::F : rounding::FB};
        case family::sum:
        case family::difference: return {true, rounding::ATEN};
        case family::product: return {true, rounding::EVEN_MUL};
        case family::average:
        case family::mean:
        case family::requantize: return {true, rounding::F};
        case family::quantize:
        case family::concat:
        case family::softmax: return {true, rounding::EVEN_MUL};
        case family::clamp: return {};  // raw values: the quantization stays
        case family::transposed: return {true, bias == dtype::s32 ? rounding::F : rounding::FB};
        case family::table:
        case family::elu:
        case family::hard_swish:
        case family::function:
        case family::leaky: return {true, rounding::ATEN};
        case family::resize: return {true, rounding::FMA};
        default: return {false};
      }
    case law::pytorch_qnnpack:
      switch (f) {
        case family::conv2d:
        case family::depthwise:
        case family::dense:
        case family::requantize: return {true, rounding::F};
        case family::sum:
        case family::difference:
        case family::average:
        case family::mean: return {true, rounding::QNN};
        case family::product:
        case family::quantize:
        case family::concat:
        case family::softmax:
        case family::table:
        case family::function: return {true, rounding::EVEN_MUL};
        case family::elu:
        case family::leaky: return {true, rounding::ATEN};
        case family::hard_swish: return {true, rounding::XNN};
        case family::clamp: return {};
        case family::transposed: return {true, rounding::F};
        case family::resize: return {true, rounding::FMA};
        default: return {false};
      }
  }
  return {false};
}

struct clamp_bounds {
  std::int64_t lo, hi;
};
/// A fused activation as bounds on quantized values of y: q(v) = zero + rha(f32(v / s)) (TFLite) or
/// zero + rint(f32(v * f32(1 / s))) (the others).
constexpr clamp_bounds clamp_by_law(law l, activation a, const tensor_info& y) {
  const bool tflite = l == law::tflite_ref || l == law::tflite_xnnpack;
  const auto s = static_cast<float>(y.scale);
  const auto q = [&](float v) {
    const float r = tflite ? numerics::rha(numerics::div(v, s))
                           : numerics::rint(numerics::mul(v, numerics::div(1.f, s)));
    return static_cast<std::int64_t>(
        numerics::clamp_to_int(static_cast<double>(r) + y.zero_point, INT32_MIN, INT32_MAX));
  };
  const std::int64_t lo = lowest_of(y.type), hi = highest_of(y.type);
  const std::int64_t bottom = q(a == activation::relu_n1_to_1 ? -1.f : 0.f),
                     top = a == activation::relu ? hi : q(a == activation::relu6 ? 6.f : 1.f);
  return {bottom > lo ? bottom : lo, top < hi ? top : hi};
}
/// TFLite rounds sx * sw of uint8 convolutions to binary32 first.
constexpr bool product_in_f32(law l, family f, const tensor_info& x) {
  return (l == law::tflite_ref || l == law::tflite_xnnpack) && x.type == dtype::u8 &&
         (f == family::conv2d || f == family::depthwise || f == family::transposed);
}

}  // namespace typed::detail
OCTET_NAMESPACE_END

#endif  // OCTET_TYPED_LAW_HPP_
