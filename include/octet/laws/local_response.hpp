// Local response normalization of floats.
#ifndef OCTET_LAWS_LOCAL_RESPONSE_HPP_
#define OCTET_LAWS_LOCAL_RESPONSE_HPP_

#include "octet/laws/elementwise.hpp"

OCTET_COLD_NAMESPACE_BEGIN
namespace laws {

/// TFLite has two kernels; ONNX Runtime has its own sums and power.
constexpr decision local_response(const facts& f) {
  const decision tflite = tflite_floats(f);
  return choose(f.arithmetic, {.tflite_ref = tflite,
                               .tflite_xnnpack = tflite,
                               .pytorch_fbgemm = no_operator(),
                               .pytorch_qnnpack = no_operator(),
                               .mxnet = no_operator(),
                               .onnxruntime = by_onnxruntime(rounding::onnxruntime)});
}

}  // namespace laws
OCTET_NAMESPACE_END

#endif  // OCTET_LAWS_LOCAL_RESPONSE_HPP_
