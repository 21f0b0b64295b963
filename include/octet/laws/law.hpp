// What a law decides about one node, and what it may ask to decide it. One constexpr function per
// operator family in the files beside this one; each names its answer under every law. Loaders,
// typed graphs and direct calls ask these functions, and the table of docs/numerics.md is printed
// from them.
#ifndef OCTET_LAWS_LAW_HPP_
#define OCTET_LAWS_LAW_HPP_

#include <optional>

#include "octet/core/shape.hpp"
#include "octet/core/types.hpp"

OCTET_COLD_NAMESPACE_BEGIN
namespace laws {

/// Whose kernel computes a node. Under law tflite_xnnpack that is XNNPACK or TFLite's own.
enum class library : std::uint8_t { tflite, xnnpack, pytorch, mxnet, onnxruntime };

/// What a law says of one node.
struct decision {
  bool known;             // false: the law's framework has no such operator
  octet::rounding round;  // none: bytes are copied, compared or clamped, or values stay floats
  library by;             // decides how the bounds of a fused activation are rounded
  bool f32_product;       // sx * sw is rounded to binary32 before anything else
  bool channels_last;     // sums run in an order in which the IR's last axis is the second

  constexpr decision(octet::rounding r,
                     library who = library::tflite)  // NOLINT: rows name roundings
      : known(true), round(r), by(who), f32_product(false), channels_last(false) {}
  constexpr bool operator==(const decision&) const = default;
};
/// The framework has no such operator: there are no bits to give.
constexpr decision no_operator() {
  decision d(rounding::none);
  d.known = false;
  return d;
}
constexpr decision by_xnnpack(rounding r) { return {r, library::xnnpack}; }
constexpr decision by_pytorch(rounding r) { return {r, library::pytorch}; }
constexpr decision by_mxnet(rounding r) { return {r, library::mxnet}; }
constexpr decision by_onnxruntime(rounding r) { return {r, library::onnxruntime}; }

/// One answer per law. None has a default: a law that is added must be given one everywhere.
struct per_law {
  decision tflite_ref, tflite_xnnpack, pytorch_fbgemm, pytorch_qnnpack, mxnet, onnxruntime;
};
constexpr decision choose(law l, const per_law& d) {
  switch (l) {
    case law::tflite_ref: return d.tflite_ref;
    case law::tflite_xnnpack: return d.tflite_xnnpack;
    case law::pytorch_fbgemm: return d.pytorch_fbgemm;
    case law::pytorch_qnnpack: return d.pytorch_qnnpack;
    case law::mxnet: return d.mxnet;
    case law::onnxruntime: return d.onnxruntime;
  }
  return no_operator();
}
constexpr bool is_pytorch(law l) {
  switch (l) {
    case law::pytorch_fbgemm:
    case law::pytorch_qnnpack: return true;
    case law::tflite_ref:
    case law::tflite_xnnpack:
    case law::mxnet:
    case law::onnxruntime: return false;
  }
  return false;
}
/// ONNX Runtime's quantized operators are of 8 bits.
constexpr decision by_onnxruntime(dtype x, rounding r) {
  return is_8bit(x) ? by_onnxruntime(r) : no_operator();
}
/// Whose kernel computes what the law says nothing else of.
constexpr library library_of(law l) {
  switch (l) {
    case law::tflite_ref:
    case law::tflite_xnnpack: return library::tflite;
    case law::pytorch_fbgemm:
    case law::pytorch_qnnpack: return library::pytorch;
    case law::mxnet: return library::mxnet;
    case law::onnxruntime: return library::onnxruntime;
  }
  return library::tflite;
}
/// Whose bounds a node has whose rounding may have been named by hand.
constexpr library computed_by(law l, const decision& d, rounding round) {
  return d.known && d.round == round ? d.by : library_of(l);
}

/// One tensor of the node. scale 0: not quantized; per channel: the first channel's.
struct operand {
  dtype type = dtype::f32;
  dims shape{};
  double scale = 0;
  std::int32_t zero_point = 0;
  bool per_channel = false;
};

/// What the framework knows and the IR does not. The defaults are what a graph composed in code
/// says of itself; a loader sets what its file says.
struct framework_facts {
  /// TFLite: quantized_dimension of the weights, which a tensor with one scale does not keep.
  std::int32_t weights_axis = 0;
  /// TFLite: the file holds the weights in 4 bits.
  bool int4_weights = false;
  /// TFLite, dynamic-range layers: the accumulating operator is a depthwise convolution.
  bool depthwise = false;
  /// TFLite, transposed convolutions padded as SAME: the kernel is smaller than the stride on an
  /// axis.
  bool kernel_below_stride = false;
  /// TFLite, fully connected layers of int16 without bias: their options do not say that one would
  /// be of int64, as converters do.
  bool no_int64_bias = false;
  /// TFLite: an int16 sum by shifts, whose operands are brought to the result's power of two first.
  bool by_shifts = false;
  /// PyTorch: is_contiguous() of the first input in either memory format (both for one channel or
  /// one pixel, neither for views with gaps).
  bool contiguous = true, channels_last = false;
  /// PyTorch: axis 1 of the framework's shape is the last one of the IR's.
  bool channels_inner = false;
  /// PyTorch: the operands of a sum have different ranks, which the IR's leading extents of 1 hide.
  bool ranks_differ = false;
  /// PyTorch: a mean over height and width names them 2 and 3, in this order. QNNPACK takes no
  /// others: (-1, -2) is computed as under FBGEMM.
  bool axes_two_three = true;
};
/// A tensor of a graph composed in code: images are NHWC in memory, PyTorch's channels_last; other
/// ranks are row-major.
constexpr framework_facts composed(const dims& x) {
  framework_facts f;
  if (x.rank != 4) return f;
  f.channels_last = f.channels_inner = true;
  f.contiguous = x[3] == 1 || (x[1] == 1 && x[2] == 1);
  return f;
}

/// Averages of windows, as their operator's attributes say.
struct pooling {
  bool padded = false, counts_padding = false, ceil_mode = false, own_divisor = false;
  bool leaves_gaps = false;                     // a stride is longer than the window
  std::int32_t adaptive_h = 0, adaptive_w = 0;  // extents of the result; 0: by window and stride
};

/// All that a law may ask about a node.
struct facts {
  law arithmetic = law::tflite_ref;
  operand x, w, y;                    // first and second input, result; w: as default where absent
  bool int32_bias = false;            // there is a bias (third input), of int32
  bool keeps_quantization = true;     // every input has the scale and zero point of the result
  double alpha = 0;                   // leaky_relu: the slope below 0
  double beta = 1;                    // softmax: the factor of its exponents
  std::int64_t offset = 0;            // requantize: steps of the input's scale added
  std::int64_t out_h = 0, out_w = 0;  // resizing: rows and columns of the result
  dims axes{};                        // reductions: none stands for all; counted in the IR, not < 0
  pooling pool{};
  framework_facts framework{};
};

/// Floats: ONNX Runtime's own order of operations, under other laws the plain one.
constexpr decision onnxruntime_order(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = rounding::none,
                               .tflite_xnnpack = rounding::none,
                               .pytorch_fbgemm = rounding::none,
                               .pytorch_qnnpack = rounding::none,
                               .mxnet = rounding::none,
                               .onnxruntime = by_onnxruntime(rounding::onnxruntime)});
}
/// Floats whose order of operations is XNNPACK's own as well.
constexpr decision floats_in_order(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = rounding::none,
                               .tflite_xnnpack = by_xnnpack(rounding::xnnpack),
                               .pytorch_fbgemm = rounding::none,
                               .pytorch_qnnpack = rounding::none,
                               .mxnet = rounding::none,
                               .onnxruntime = by_onnxruntime(rounding::onnxruntime)});
}

}  // namespace laws
OCTET_NAMESPACE_END

#endif  // OCTET_LAWS_LAW_HPP_
