// Operators of two operands, and of one where TFLite has an integer formula for them.
#ifndef OCTET_LAWS_ELEMENTWISE_HPP_
#define OCTET_LAWS_ELEMENTWISE_HPP_

#include "octet/laws/law.hpp"
#include "octet/laws/xnnpack.hpp"

OCTET_COLD_NAMESPACE_BEGIN
namespace laws {

/// XNNPACK's sum where it takes both scales.
constexpr decision sum_by_xnnpack(const facts& f) {
  return is_8bit(f.x.type) && xnnpack_takes_addend(f.x.scale, f.y.scale) &&
                 xnnpack_takes_addend(f.w.scale, f.y.scale)
             ? by_xnnpack(rounding::xnnpack)
             : decision(rounding::doubling_high_half_away);
}
/// TFLite's optimized int16 sum, OPT, runs where no operand is broadcast. PyTorch gives QNNPACK
/// quint8 operands of equal sizes and computes the others itself, under either engine.
constexpr decision add(const facts& f) {
  const bool by_qnnpack =
      f.x.type == dtype::u8 && f.x.shape == f.w.shape && !f.framework.ranks_differ;
  const bool merged = f.x.type == dtype::s16 && f.x.shape == f.w.shape && !f.framework.by_shifts;
  return choose(
      f.arithmetic,
      {.tflite_ref = rounding::doubling_high_half_away,
       .tflite_xnnpack = merged ? decision(rounding::tflite_optimized) : sum_by_xnnpack(f),
       .pytorch_fbgemm = by_pytorch(rounding::aten),
       .pytorch_qnnpack = by_pytorch(by_qnnpack ? rounding::qnnpack : rounding::aten),
       .mxnet = by_mxnet(rounding::mxnet),
       .onnxruntime = by_onnxruntime(f.x.type, rounding::fused_multiply_add)});
}
constexpr decision sub(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = rounding::doubling_high_half_away,
                               .tflite_xnnpack = sum_by_xnnpack(f),
                               .pytorch_fbgemm = no_operator(),
                               .pytorch_qnnpack = no_operator(),
                               .mxnet = no_operator(),
                               .onnxruntime = no_operator()});
}
constexpr decision mul(const facts& f) {
  return choose(f.arithmetic,
                {.tflite_ref = rounding::doubling_high_half_away,
                 .tflite_xnnpack = is_8bit(f.x.type) ? by_xnnpack(rounding::float_half_even)
                                                     : decision(rounding::doubling_high_half_away),
                 .pytorch_fbgemm = by_pytorch(rounding::reciprocal_half_even),
                 .pytorch_qnnpack = by_pytorch(rounding::reciprocal_half_even),
                 .mxnet = no_operator(),
                 .onnxruntime = by_onnxruntime(f.x.type, rounding::float_zero_point_half_even)});
}
/// TFLite alone, and the same under both of its laws.
constexpr decision tflite_only(law l, rounding r) {
  return choose(l, {.tflite_ref = r,
                    .tflite_xnnpack = r,
                    .pytorch_fbgemm = no_operator(),
                    .pytorch_qnnpack = no_operator(),
                    .mxnet = no_operator(),
                    .onnxruntime = no_operator()});
}
/// div, squared_difference, comparisons, abs, l2_normalization, lstm, svdf, reduce_prod.
constexpr decision tflite_integers(const facts& f) {
  return tflite_only(f.arithmetic, rounding::doubling_high_half_away);
}
/// Float kernels of which TFLite has two: the reference and an optimized one, OPT.
constexpr decision tflite_floats(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = rounding::none,
                               .tflite_xnnpack = rounding::tflite_optimized,
                               .pytorch_fbgemm = no_operator(),
                               .pytorch_qnnpack = no_operator(),
                               .mxnet = no_operator(),
                               .onnxruntime = no_operator()});
}
/// The raw value's negative.
constexpr decision neg(const facts& f) { return tflite_only(f.arithmetic, rounding::none); }

/// Inputs with the result's parameters are copied by TFLite (others only in uint8), never by
/// PyTorch.
constexpr decision concat(const facts& f) {
  const rounding tflite = f.keeps_quantization ? rounding::none : rounding::divide_half_away;
  return choose(
      f.arithmetic,
      {.tflite_ref = tflite,
       .tflite_xnnpack = tflite,
       .pytorch_fbgemm = by_pytorch(rounding::reciprocal_half_even),
       .pytorch_qnnpack = by_pytorch(rounding::reciprocal_half_even),
       .mxnet = f.keeps_quantization ? by_mxnet(rounding::none) : by_mxnet(rounding::mxnet),
       .onnxruntime = by_onnxruntime(
           f.x.type, f.keeps_quantization ? rounding::none : rounding::divide_half_even)});
}

}  // namespace laws
OCTET_NAMESPACE_END

#endif  // OCTET_LAWS_ELEMENTWISE_HPP_
