// Functions of one value, softmax, normalizations, and the quantization of results whose range is
// fixed.
#ifndef OCTET_LAWS_FUNCTIONS_HPP_
#define OCTET_LAWS_FUNCTIONS_HPP_

#include "octet/laws/elementwise.hpp"

OCTET_COLD_NAMESPACE_BEGIN
namespace laws {

/// QNNPACK's tables are of quint8 alone: PyTorch computes qint8 in its own loops under that engine
/// too.
constexpr decision qnnpack_table(const facts& f, rounding r) {
  return by_pytorch(f.x.type == dtype::u8 ? r : rounding::aten);
}
/// logistic and tanh: tables of the reference, of XNNPACK (8 bits), of TFLite's optimized kernels
/// (int16); PyTorch's vector loops, QNNPACK's tables.
constexpr decision sigmoid(const facts& f) {
  return choose(f.arithmetic,
                {.tflite_ref = rounding::divide_half_away,
                 .tflite_xnnpack = is_8bit(f.x.type) ? by_xnnpack(rounding::xnnpack)
                                                     : decision(rounding::tflite_optimized),
                 .pytorch_fbgemm = by_pytorch(rounding::aten),
                 .pytorch_qnnpack = qnnpack_table(f, rounding::reciprocal_half_even),
                 .mxnet = no_operator(),
                 .onnxruntime = by_onnxruntime(f.x.type, rounding::divide_half_even)});
}
/// ONNX Runtime has only the sigmoid.
constexpr decision tanh(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = sigmoid(f),
                               .tflite_xnnpack = sigmoid(f),
                               .pytorch_fbgemm = sigmoid(f),
                               .pytorch_qnnpack = sigmoid(f),
                               .mxnet = no_operator(),
                               .onnxruntime = no_operator()});
}
constexpr decision hard_sigmoid(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = no_operator(),
                               .tflite_xnnpack = no_operator(),
                               .pytorch_fbgemm = by_pytorch(rounding::aten),
                               .pytorch_qnnpack = qnnpack_table(f, rounding::reciprocal_half_even),
                               .mxnet = no_operator(),
                               .onnxruntime = no_operator()});
}
/// QNNPACK's table adds the zero point before it rounds.
constexpr decision hard_swish(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = rounding::doubling_high_half_away,
                               .tflite_xnnpack = rounding::doubling_high_half_away,
                               .pytorch_fbgemm = by_pytorch(rounding::aten),
                               .pytorch_qnnpack = qnnpack_table(f, rounding::xnnpack),
                               .mxnet = no_operator(),
                               .onnxruntime = no_operator()});
}
/// elu and leaky_relu are PyTorch's own under both engines.
constexpr decision elu(const facts& f) {
  return choose(f.arithmetic,
                {.tflite_ref = rounding::divide_half_away,
                 .tflite_xnnpack = is_8bit(f.x.type) ? by_xnnpack(rounding::xnnpack)
                                                     : decision(rounding::divide_half_away),
                 .pytorch_fbgemm = by_pytorch(rounding::aten),
                 .pytorch_qnnpack = by_pytorch(rounding::aten),
                 .mxnet = no_operator(),
                 .onnxruntime = no_operator()});
}
constexpr decision leaky_relu(const facts& f) {
  const bool taken = is_8bit(f.x.type) &&
                     xnnpack_takes_leaky_relu(f.x.scale, f.y.scale, static_cast<float>(f.alpha));
  return choose(f.arithmetic,
                {.tflite_ref = rounding::doubling_high_half_away,
                 .tflite_xnnpack = taken ? by_xnnpack(rounding::eight_bit_ratio_half_up)
                                         : decision(rounding::doubling_high_half_away),
                 .pytorch_fbgemm = by_pytorch(rounding::aten),
                 .pytorch_qnnpack = by_pytorch(rounding::aten),
                 .mxnet = no_operator(),
                 .onnxruntime = by_onnxruntime(f.x.type, rounding::divide_half_even)});
}
/// gelu, exp, log, sin, cos: tables of TFLite.
constexpr decision table(const facts& f) {
  return tflite_only(f.arithmetic, rounding::divide_half_away);
}
/// Also the product of a tensor of 8 bits with itself, where XNNPACK has a table of squares.
constexpr decision square(const facts& f) {
  return choose(f.arithmetic,
                {.tflite_ref = table(f),
                 .tflite_xnnpack = is_8bit(f.x.type) ? by_xnnpack(rounding::xnnpack) : table(f),
                 .pytorch_fbgemm = no_operator(),
                 .pytorch_qnnpack = no_operator(),
                 .mxnet = no_operator(),
                 .onnxruntime = no_operator()});
}
/// Whether MUL of a tensor with itself is computed as square.
constexpr bool squares_by_table(const facts& f) { return square(f).by == library::xnnpack; }
constexpr decision sqrt(const facts& f) {
  return tflite_only(f.arithmetic, rounding::divide_truncate);
}
/// An integer formula in 8 bits, a table in 16.
constexpr decision rsqrt(const facts& f) {
  return tflite_only(f.arithmetic, f.x.type == dtype::s16 ? rounding::divide_half_away
                                                          : rounding::doubling_high_half_away);
}
/// relu, relu6, ... as operators: TFLite changes the scale as well, PyTorch clamps the codes.
constexpr decision clamp(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = rounding::doubling_high_half_away,
                               .tflite_xnnpack = rounding::doubling_high_half_away,
                               .pytorch_fbgemm = by_pytorch(rounding::none),
                               .pytorch_qnnpack = by_pytorch(rounding::none),
                               .mxnet = by_mxnet(rounding::none),
                               .onnxruntime = by_onnxruntime(rounding::none)});
}
constexpr decision prelu(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = rounding::doubling_high_half_away,
                               .tflite_xnnpack = rounding::doubling_high_half_away,
                               .pytorch_fbgemm = by_pytorch(rounding::reciprocal_half_even),
                               .pytorch_qnnpack = by_pytorch(rounding::reciprocal_half_even),
                               .mxnet = no_operator(),
                               .onnxruntime = no_operator()});
}

constexpr decision softmax(const facts& f) {
  const bool s16 = f.x.type == dtype::s16;
  return choose(f.arithmetic,
                {.tflite_ref = s16 ? rounding::wide_half_up : rounding::doubling_high_half_away,
                 .tflite_xnnpack = s16 ? rounding::wide_half_up : rounding::tflite_optimized,
                 .pytorch_fbgemm = by_pytorch(rounding::reciprocal_half_even),
                 .pytorch_qnnpack = by_pytorch(rounding::reciprocal_half_even),
                 .mxnet = no_operator(),
                 .onnxruntime = by_onnxruntime(f.x.type, rounding::onnxruntime)});
}
constexpr decision log_softmax(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = rounding::doubling_high_half_away,
                               .tflite_xnnpack = rounding::tflite_optimized,
                               .pytorch_fbgemm = no_operator(),
                               .pytorch_qnnpack = no_operator(),
                               .mxnet = no_operator(),
                               .onnxruntime = no_operator()});
}

constexpr decision pytorch_only(law l, rounding r) {
  return choose(l, {.tflite_ref = no_operator(),
                    .tflite_xnnpack = no_operator(),
                    .pytorch_fbgemm = by_pytorch(r),
                    .pytorch_qnnpack = by_pytorch(r),
                    .mxnet = no_operator(),
                    .onnxruntime = no_operator()});
}
constexpr decision batch_norm(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = no_operator(),
                               .tflite_xnnpack = no_operator(),
                               .pytorch_fbgemm = by_pytorch(rounding::float_half_even),
                               .pytorch_qnnpack = by_pytorch(rounding::float_half_even),
                               .mxnet = by_mxnet(rounding::float_half_even),
                               .onnxruntime = no_operator()});
}
/// layer_norm, group_norm, instance_norm.
constexpr decision norm(const facts& f) { return pytorch_only(f.arithmetic, rounding::aten); }

/// Of floats; TensorFlow Lite's and MXNet's loaders put it together from its parts.
constexpr decision float_norm(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = no_operator(),
                               .tflite_xnnpack = no_operator(),
                               .pytorch_fbgemm = by_pytorch(rounding::aten),
                               .pytorch_qnnpack = by_pytorch(rounding::aten),
                               .mxnet = no_operator(),
                               .onnxruntime = by_onnxruntime(rounding::onnxruntime)});
}

/// Functions of floats: PyTorch's order of operations, or the plain one.
constexpr decision of_floats(const facts& f) {
  if (f.x.type != dtype::f32) return rounding::none;
  return choose(f.arithmetic, {.tflite_ref = rounding::none,
                               .tflite_xnnpack = rounding::none,
                               .pytorch_fbgemm = by_pytorch(rounding::aten),
                               .pytorch_qnnpack = by_pytorch(rounding::aten),
                               .mxnet = by_mxnet(rounding::none),
                               .onnxruntime = by_onnxruntime(rounding::none)});
}

/// The same for functions of which ONNX Runtime has a polynomial of its own: ORT.
constexpr decision function_of_floats(const facts& f) {
  const decision plain = of_floats(f);
  return choose(
      f.arithmetic,
      {.tflite_ref = plain,
       .tflite_xnnpack = plain,
       .pytorch_fbgemm = plain,
       .pytorch_qnnpack = plain,
       .mxnet = plain,
       .onnxruntime = f.x.type == dtype::f32 ? by_onnxruntime(rounding::onnxruntime) : plain});
}
/// XNN where XNNPACK computes, else as `other`.
constexpr decision xnnpack_form(const facts& f, const decision& other) {
  return choose(f.arithmetic,
                {.tflite_ref = other,
                 .tflite_xnnpack = f.x.type == dtype::f32 ? by_xnnpack(rounding::xnnpack) : other,
                 .pytorch_fbgemm = other,
                 .pytorch_qnnpack = other,
                 .mxnet = other,
                 .onnxruntime = other});
}
constexpr decision hard_swish_of_floats(const facts& f) { return xnnpack_form(f, of_floats(f)); }
/// Those of which XNNPACK and ONNX Runtime have polynomials of their own.
constexpr decision xnnpack_function_of_floats(const facts& f) {
  return xnnpack_form(f, function_of_floats(f));
}
/// XNNPACK leaves softmax with a beta.
constexpr decision softmax_of_floats(const facts& f) {
  return f.beta == 1 ? xnnpack_function_of_floats(f) : function_of_floats(f);
}
/// TFLite's reference calls the C library (AWAY, as in the tables of quantized values); elsewhere
/// as `other`.
constexpr decision c_library_form(const facts& f, const decision& other) {
  return choose(f.arithmetic, {.tflite_ref = rounding::divide_half_away,
                               .tflite_xnnpack = other,
                               .pytorch_fbgemm = other,
                               .pytorch_qnnpack = other,
                               .mxnet = other,
                               .onnxruntime = other});
}
/// logistic, exp, and gelu by tanh, of floats.
constexpr decision c_library_function_of_floats(const facts& f) {
  return c_library_form(f, xnnpack_function_of_floats(f));
}
/// tanh, log, sin, cos.
constexpr decision c_library_order(const facts& f) {
  return c_library_form(f, xnnpack_form(f, onnxruntime_order(f)));
}
/// sqrt, rsqrt: XNNPACK's start from the instruction's 14 bits.
constexpr decision root_of_floats(const facts& f) { return xnnpack_form(f, rounding::none); }
/// Ranges of reals that TFLite and PyTorch quantize in one fixed way.
enum class fixed_range : std::uint8_t { zero_to_one, one_around_zero, sixteen_below_zero };
struct quantization {
  double scale = 0;
  std::int32_t zero_point = 0;
};
/// logistic, hard_sigmoid, softmax; tanh, l2_normalization; log_softmax.
constexpr quantization quantization_of(fixed_range r, dtype type) {
  const auto lowest = static_cast<std::int32_t>(lowest_of(type)),
             highest = static_cast<std::int32_t>(highest_of(type));
  const bool s16 = type == dtype::s16;
  switch (r) {
    case fixed_range::zero_to_one:
      return s16 ? quantization{0x1p-15, 0} : quantization{0x1p-8, lowest};
    case fixed_range::one_around_zero:
      return s16 ? quantization{0x1p-15, 0} : quantization{0x1p-7, lowest + 128};
    case fixed_range::sixteen_below_zero: return {0x1p-4, highest};
  }
  return {};
}

}  // namespace laws
OCTET_NAMESPACE_END

#endif  // OCTET_LAWS_FUNCTIONS_HPP_
