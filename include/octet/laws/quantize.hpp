// quantize, requantize.
#ifndef OCTET_LAWS_QUANTIZE_HPP_
#define OCTET_LAWS_QUANTIZE_HPP_

#include "octet/laws/law.hpp"
#include "octet/laws/xnnpack.hpp"

OCTET_COLD_NAMESPACE_BEGIN
namespace laws {

constexpr decision quantize(const facts& f) {
  return choose(f.arithmetic,
                {.tflite_ref = rounding::divide_half_away,
                 .tflite_xnnpack = is_8bit(f.y.type) ? by_xnnpack(rounding::reciprocal_half_even)
                                                     : decision(rounding::tflite_optimized),
                 .pytorch_fbgemm = by_pytorch(rounding::reciprocal_half_even),
                 .pytorch_qnnpack = by_pytorch(rounding::reciprocal_half_even),
                 .mxnet = by_mxnet(rounding::mxnet),
                 .onnxruntime = by_onnxruntime(rounding::divide_half_even)});
}
/// Quantized values to another scale or type. XNNPACK takes 8 bits of one type in its range;
/// TFLite's optimized kernel is RU in 8 bits. PyTorch has it only inside add_scalar (with an
/// offset) and mul_scalar (codes mirrored in steps of one size: the product is exact).
constexpr decision requantize(const facts& f) {
  if (f.framework.by_shifts) return rounding::double_half_away;
  const bool bytes = is_8bit(f.x.type) && is_8bit(f.y.type),
             taken = bytes && f.x.type == f.y.type && xnnpack_takes_rescale(f.x.scale, f.y.scale);
  const decision pytorch = f.offset != 0            ? by_pytorch(rounding::reciprocal_half_even)
                           : f.x.scale == f.y.scale ? by_pytorch(rounding::float_half_even)
                                                    : no_operator();
  return choose(f.arithmetic,
                {.tflite_ref = rounding::doubling_high_half_away,
                 .tflite_xnnpack = taken   ? by_xnnpack(rounding::eight_bit_ratio_half_up)
                                   : bytes ? decision(rounding::doubling_high_half_up)
                                           : decision(rounding::doubling_high_half_away),
                 .pytorch_fbgemm = pytorch,
                 .pytorch_qnnpack = pytorch,
                 .mxnet = by_mxnet(rounding::mxnet),
                 .onnxruntime = no_operator()});
}

}  // namespace laws
OCTET_NAMESPACE_END

#endif  // OCTET_LAWS_QUANTIZE_HPP_
