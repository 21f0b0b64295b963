// Dynamic-range layers: float activations quantized at run time, 8-bit weights, float results.
#ifndef OCTET_LAWS_DYNAMIC_HPP_
#define OCTET_LAWS_DYNAMIC_HPP_

#include "octet/laws/law.hpp"

OCTET_COLD_NAMESPACE_BEGIN
namespace laws {

enum class dynamic_layer : std::uint8_t { conv2d, depthwise_conv2d, fully_connected };

/// What one dynamic-range layer is.
struct dynamic_facts {
  law arithmetic = law::tflite_ref;
  dynamic_layer layer = dynamic_layer::fully_connected;
  bool per_channel = false;      // scales of the weights
  bool asks_zero_point = false;  // TFLite's asymmetric_quantize_inputs of a fully connected layer
  bool pointwise = false;        // a 1x1 window of stride 1 without padding
  std::int64_t images = 1;       // convolutions: extent of the batch
  std::int64_t vectors = 1;      // pixels of all images; fully connected: rows
  std::int64_t products = 0;     // in one accumulator
  bool int4_weights = false;     // the file holds the weights in 4 bits
  std::int64_t largest_weight = 128;  // magnitude, the zero point taken off
};
/// How it is computed.
struct dynamic_decision {
  decision quantize, dequantize;  // of qnn.dynamic_quantize and qnn.dynamic_dequantize
  bool asymmetric;                // a zero point per row, taken off: values are int16
  bool scales_first;              // acc * (row * channel); else (acc * channel) * row
  bool tail_row_first;            // (acc * row) * channel behind the last four channels
  std::int64_t rows;              // parts of the input that have a scale each
  dtype accumulator;
};

/// qnn.dynamic_quantize and qnn.dynamic_dequantize. XNNPACK takes all layers but depthwise ones and
/// convolutions with weights of 4 bits.
constexpr bool xnnpack_takes(const framework_facts& f) { return !f.depthwise && !f.int4_weights; }
constexpr decision dynamic_quantize(const facts& f) {
  const bool taken = xnnpack_takes(f.framework);
  return choose(f.arithmetic, {.tflite_ref = rounding::divide_half_away,
                               .tflite_xnnpack = taken ? by_xnnpack(rounding::xnnpack)
                                                       : decision(rounding::divide_half_away),
                               .pytorch_fbgemm = by_pytorch(rounding::aten),
                               .pytorch_qnnpack = by_pytorch(rounding::aten),
                               .mxnet = no_operator(),
                               .onnxruntime = no_operator()});
}
/// ONNX's operator of that name.
constexpr decision dynamic_quantize_linear(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = no_operator(),
                               .tflite_xnnpack = no_operator(),
                               .pytorch_fbgemm = no_operator(),
                               .pytorch_qnnpack = no_operator(),
                               .mxnet = no_operator(),
                               .onnxruntime = by_onnxruntime(rounding::divide_half_even)});
}
/// FBGEMM and XNNPACK fuse the bias into a multiply-add, each in its own order. ONNX Runtime's
/// MatMulIntegerToFloat rounds each product and the sum.
constexpr decision dynamic_dequantize(const facts& f) {
  const bool taken = xnnpack_takes(f.framework);
  return choose(f.arithmetic,
                {.tflite_ref = rounding::none,
                 .tflite_xnnpack = taken ? by_xnnpack(rounding::xnnpack) : decision(rounding::none),
                 .pytorch_fbgemm = by_pytorch(rounding::aten),
                 .pytorch_qnnpack = by_pytorch(rounding::none),
                 .mxnet = no_operator(),
                 .onnxruntime = by_onnxruntime(rounding::none)});
}

/// Whether PyTorch's reduce_range, 7 bits for what is quantized when it runs, is honoured: QNNPACK
/// does not look at it, and other frameworks have no such option.
constexpr bool reduces_range(law l) {
  switch (l) {
    case law::pytorch_fbgemm: return true;
    case law::tflite_ref:
    case law::tflite_xnnpack:
    case law::pytorch_qnnpack:
    case law::mxnet:
    case law::onnxruntime: return false;
  }
  return false;
}
/// A transposed convolution of floats with 8-bit weights: TFLite's own kernel brings every product
/// to floats by itself, XNNPACK the sums.
constexpr decision dynamic_transpose_conv2d(const facts& f) {
  return choose(f.arithmetic,
                {.tflite_ref = rounding::none,
                 .tflite_xnnpack = xnnpack_takes(f.framework) && !f.framework.kernel_below_stride
                                       ? by_xnnpack(rounding::xnnpack)
                                       : decision(rounding::none),
                 .pytorch_fbgemm = no_operator(),
                 .pytorch_qnnpack = no_operator(),
                 .mxnet = no_operator(),
                 .onnxruntime = no_operator()});
}
/// Weights with a scale for each block of a row: TFLite's reference kernels do not read them.
constexpr decision blockwise_fully_connected(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = no_operator(),
                               .tflite_xnnpack = by_xnnpack(rounding::none),
                               .pytorch_fbgemm = no_operator(),
                               .pytorch_qnnpack = no_operator(),
                               .mxnet = no_operator(),
                               .onnxruntime = no_operator()});
}

/// TFLite's reference gives each image one scale, with a zero point where the weights are per
/// channel; depthwise layers always have one, fully connected ones where their options ask for it.
/// XNNPACK always has one (and TFLite's own kernels of depthwise layers beside it scale four
/// channels at a time, the rest in another order), and for a pointwise convolution every pixel is a
/// row. PyTorch's linear layers have one row.
constexpr dynamic_decision dynamic(const dynamic_facts& d) {
  const bool depthwise = d.layer == dynamic_layer::depthwise_conv2d,
             dense = d.layer == dynamic_layer::fully_connected;
  facts f;
  f.arithmetic = d.arithmetic;
  f.framework.depthwise = depthwise;
  f.framework.int4_weights = d.int4_weights && !dense;
  const bool asked = depthwise || (dense ? d.asks_zero_point : d.per_channel),
             xnnpack = xnnpack_takes(f.framework);
  dynamic_decision r{.quantize = dynamic_quantize(f),
                     .dequantize = dynamic_dequantize(f),
                     .asymmetric = false,
                     .scales_first = false,
                     .tail_row_first = false,
                     .rows = 1,
                     .accumulator = dtype::s32};
  switch (d.arithmetic) {
    case law::tflite_ref:
      r.asymmetric = asked;
      r.scales_first = dense || depthwise || !d.per_channel;
      r.rows = dense ? d.vectors : d.images;
      break;
    case law::tflite_xnnpack:
      r.asymmetric = xnnpack || asked;
      r.tail_row_first = depthwise;
      r.rows = dense || (xnnpack && d.pointwise) ? d.vectors : d.images;
      break;
    case law::pytorch_fbgemm: r.asymmetric = true; break;
    case law::pytorch_qnnpack: r.asymmetric = r.scales_first = true; break;
    case law::mxnet:
    case law::onnxruntime: break;  // no such layers, as `quantize` and `dequantize` say
  }
  // A code less its zero point is at most 255 in magnitude, a symmetric one 127.
  if (d.products > INT32_MAX / ((r.asymmetric ? 255 : 127) * d.largest_weight))
    r.accumulator = dtype::s64;
  return r;
}

}  // namespace laws
OCTET_NAMESPACE_END

#endif  // OCTET_LAWS_DYNAMIC_HPP_
