// What TFLite's interpreters do beside rounding, each in its own way: asked by the loader's rows.
#ifndef OCTET_LAWS_TFLITE_HPP_
#define OCTET_LAWS_TFLITE_HPP_

#include "octet/laws/law.hpp"

OCTET_NAMESPACE_BEGIN
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

}  // namespace laws
OCTET_NAMESPACE_END

#endif  // OCTET_LAWS_TFLITE_HPP_
