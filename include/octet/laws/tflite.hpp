// What TFLite's interpreters do beside rounding, each in its own way: asked by the loader's rows.
#ifndef OCTET_LAWS_TFLITE_HPP_
#define OCTET_LAWS_TFLITE_HPP_

#include "octet/laws/law.hpp"
#include "octet/numerics/fp.hpp"

OCTET_COLD_NAMESPACE_BEGIN
namespace laws {

/// Whether a law's kernels of floats clamp also where no activation is fused: to finite numbers.
constexpr bool clamps_to_finite(law l) {
  switch (l) {
    case law::tflite_ref: return true;
    case law::tflite_xnnpack:
    case law::pytorch_fbgemm:
    case law::pytorch_qnnpack:
    case law::mxnet:
    case law::onnxruntime: return false;
  }
  return false;
}
/// Whether XNNPACK's kernels run, and TFLite's optimized ones where it does not take an operator:
/// the default interpreter.
constexpr bool has_xnnpack(law l) {
  switch (l) {
    case law::tflite_xnnpack: return true;
    case law::tflite_ref:
    case law::pytorch_fbgemm:
    case law::pytorch_qnnpack:
    case law::mxnet:
    case law::onnxruntime: return false;
  }
  return false;
}
/// Whether a product of one factor has that factor's code, whatever its own scale is: TFLite's
/// optimized kernel copies it.
constexpr bool copies_one_factor(law l) { return has_xnnpack(l); }
/// Whether the negative of a float is 0 - x: zeros become +0, NaN keeps its sign. XNNPACK.
constexpr bool subtracts_to_negate(law l) { return has_xnnpack(l); }
/// Whether a slice that ends at 0 ends behind its axis: XNNPACK, of slices with a position for
/// every axis, in steps of 1.
constexpr bool ends_at_zero_behind(law l) { return has_xnnpack(l); }

/// Whether the largest and the smallest of no floats are infinite, not the ends of binary32:
/// XNNPACK.
constexpr bool extremes_of_nothing_are_infinite(law l) { return has_xnnpack(l); }
/// Whether CAST of a NaN gives the integer type's highest number: both of TFLite's interpreters.
constexpr bool casts_nan_to_highest(law l) {
  switch (l) {
    case law::tflite_ref:
    case law::tflite_xnnpack: return true;
    case law::pytorch_fbgemm:
    case law::pytorch_qnnpack:
    case law::mxnet:
    case law::onnxruntime: return false;
  }
  return false;
}

/// FAKE_QUANT's range of `bits` bits, moved so that 0 is one of its numbers, in binary32.
struct fake_range {
  float least = 0, most = 0, step = 0;
};
constexpr fake_range fake_quantized_range(float least, float most, std::int32_t bits) {
  using numerics::div, numerics::mul, numerics::sub;
  const auto highest = static_cast<float>((std::int64_t{1} << bits) - 1);
  const float step = div(sub(most, least), highest), zero = sub(0.f, div(least, step)),
              at = zero < 0         ? 0.f
                   : zero > highest ? highest
                                    : numerics::round_half_away(zero);
  return {mul(sub(0.f, at), step), mul(sub(highest, at), step), step};
}

/// What XNNPACK's delegate asks of a layer's tensors beside what the functions of layers.hpp and
/// dynamic.hpp are told (VisitConv2DNode and its neighbours in LiteRT's xnnpack_delegate.cc). Where
/// it leaves one, TFLite's own optimized kernel runs.
struct delegated_layer {
  bool stored = true;       // weights and bias are constants that the file holds
  bool normal = true;       // every scale of them is a normal number; an integer bias has one
  bool first_axis = true;   // activations, and weights of uint8, name axis 0 as quantized
  bool whole_bytes = true;  // no weights of 4 or 2 bits; of a fully connected layer: each row of
                            // such weights takes whole bytes, and of 2 bits has its own scale
  constexpr bool taken() const { return stored && normal && first_axis && whole_bytes; }
};
/// TFLite's optimized convolution of 8 bits is a matrix product, RU; groups go to the reference
/// kernel.
constexpr decision optimized_conv2d(dtype x, bool groups) {
  decision d(groups ? rounding::doubling_high_half_away : rounding::doubling_high_half_up);
  d.f32_product = x == dtype::u8;
  return d;
}
/// Its matrix product of 8 bits: the product of two single scales is rounded to binary32.
constexpr decision optimized_fully_connected(bool per_channel) {
  decision d(rounding::doubling_high_half_up);
  d.f32_product = !per_channel;
  return d;
}
/// Its transposed convolution of floats, where XNNPACK leaves one, adds products in order, each
/// rounded, where filters times window are whole groups of 8; the rest has an order of its own.
constexpr decision optimized_float_transpose_conv2d() { return rounding::none; }
/// What its optimized kernels do for several elements at a time is RU up to the last whole block,
/// DR behind it: channels of depthwise and transposed convolutions of int8; elements of transposed
/// convolutions of uint8 and of QUANTIZE between int8 and uint8.
struct optimized_block {
  static constexpr std::int32_t channels = 8, elements = 16;
};
/// Activations of an operator that XNNPACK computes: their quantization names axis 0, and its
/// tensors have at most six axes.
constexpr bool xnnpack_takes_tensor(std::int32_t quantized_axis, std::int32_t rank) {
  return quantized_axis == 0 && rank <= 6;
}
/// MUL of 8 bits, by the scales of factors and product.
constexpr bool xnnpack_takes_product(double a, double b, double y) {
  const float ratio = numerics::div(numerics::mul(static_cast<float>(a), static_cast<float>(b)),
                                    static_cast<float>(y));
  return ratio >= 0x1p-16f && ratio < 256;
}
/// TFLite's optimized ADD and MUL of 8 bits keep 16 bits of a result before its zero point joins:
/// of a larger one the lowest, in those elements that they compute several at a time.
constexpr double optimized_binary_limit = 32767;
constexpr bool optimized_sum_is_exact(double a, double b, double y) {
  return numerics::mul(255., numerics::add(a, b)) < numerics::mul(optimized_binary_limit, y);
}
constexpr bool optimized_product_is_exact(double a, double b, double y) {
  return numerics::mul(255. * 255., numerics::mul(a, b)) < numerics::mul(optimized_binary_limit, y);
}

}  // namespace laws
OCTET_NAMESPACE_END

#endif  // OCTET_LAWS_TFLITE_HPP_
