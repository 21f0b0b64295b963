// Pooling, means, sums, bilinear resizing. PyTorch's kernels of these depend on the memory format.
#ifndef OCTET_LAWS_WINDOWS_HPP_
#define OCTET_LAWS_WINDOWS_HPP_

#include "octet/laws/functions.hpp"

OCTET_COLD_NAMESPACE_BEGIN
namespace laws {

/// QNNPACK counts padding always and knows neither a divisor nor ceil_mode: where the program asks
/// for something else, PyTorch's own kernel has the documented formula. Adaptive averages it takes
/// as one window for all results: only where the extents divide, and not where they are equal.
constexpr bool qnnpack_takes_average(const facts& f) {
  const pooling& p = f.pool;
  if (f.x.type != dtype::u8 || f.x.shape.rank != 4) return false;
  if (p.adaptive_h != 0 || p.adaptive_w != 0) {
    const std::int32_t h = f.x.shape[1], w = f.x.shape[2];
    return p.adaptive_h > 0 && p.adaptive_w > 0 && h % p.adaptive_h == 0 && w % p.adaptive_w == 0 &&
           !(h == p.adaptive_h && w == p.adaptive_w);
  }
  return !p.ceil_mode && (p.counts_padding || !p.padded) && !p.own_divisor;
}
/// PyTorch's own kernel: F for channels_last images; for contiguous ones the zero point joins
/// before the rounding (FZ), and adaptive averages are of raw values (ATEN).
constexpr rounding pytorch_average(const facts& f) {
  if (f.framework.channels_last) return rounding::float_half_even;
  return f.pool.adaptive_h != 0 || f.pool.adaptive_w != 0 ? rounding::aten
                                                          : rounding::float_zero_point_half_even;
}
/// ONNX Runtime's average of whole images (adaptive here) has QNNPACK's formula.
constexpr decision average_pool(const facts& f) {
  return choose(
      f.arithmetic,
      {.tflite_ref = rounding::divide_half_away,
       .tflite_xnnpack = rounding::divide_half_away,
       .pytorch_fbgemm = by_pytorch(pytorch_average(f)),
       .pytorch_qnnpack =
           by_pytorch(qnnpack_takes_average(f) ? rounding::qnnpack : pytorch_average(f)),
       .mxnet = by_mxnet(rounding::divide_half_even),
       .onnxruntime = by_onnxruntime(f.x.type, f.pool.adaptive_h != 0 || f.pool.adaptive_w != 0
                                                   ? rounding::qnnpack
                                                   : rounding::onnxruntime)});
}
/// XNNPACK leaves windows with gaps between them.
constexpr decision pool_by_xnnpack(const facts& f, rounding r) {
  return f.pool.leaves_gaps ? decision(rounding::none) : by_xnnpack(r);
}
/// Of floats. ONNX Runtime's orders are the loader's (laws/pools.hpp).
constexpr decision float_average_pool(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = rounding::none,
                               .tflite_xnnpack = pool_by_xnnpack(f, rounding::xnnpack),
                               .pytorch_fbgemm = rounding::none,
                               .pytorch_qnnpack = rounding::none,
                               .mxnet = rounding::none,
                               .onnxruntime = rounding::none});
}
/// Raw values; only the bounds of a fused activation depend on the law.
constexpr decision max_pool(const facts& f) {
  return choose(f.arithmetic,
                {.tflite_ref = rounding::none,
                 .tflite_xnnpack = is_8bit(f.x.type) ? pool_by_xnnpack(f, rounding::none)
                                                     : decision(rounding::none),
                 .pytorch_fbgemm = by_pytorch(rounding::none),
                 .pytorch_qnnpack = by_pytorch(rounding::none),
                 .mxnet = by_mxnet(rounding::none),
                 .onnxruntime = by_onnxruntime(rounding::none)});
}

/// Which of PyTorch's axes a reduction takes.
struct reduced_axes {
  bool innermost = true;  // the last ones, or none
  bool image = false;     // height and width of four, no others
};
constexpr reduced_axes reduced_axes_of(const facts& f) {
  const int rank = f.x.shape.rank;
  bool reduced[dims::max_rank]{};
  for (int i = 0; i < rank; ++i) {
    bool named = f.axes.rank == 0;
    for (std::int32_t a : f.axes) named |= a == i;
    // The framework's index of the IR's axis i.
    const int theirs = !f.framework.channels_inner || rank < 3 || i == 0 ? i
                       : i == rank - 1                                   ? 1
                                                                         : i + 1;
    reduced[theirs] = named;
  }
  reduced_axes r;
  bool seen = false;
  for (int i = 0; i < rank; ++i) {
    r.innermost &= !seen || reduced[i];
    seen |= reduced[i];
  }
  r.image = rank == 4 && !reduced[0] && !reduced[1] && reduced[2] && reduced[3];
  return r;
}
/// PyTorch sums codes where the reduced axes are the innermost of a contiguous tensor (EVEN), else
/// dequantizes, averages floats in its own order and quantizes (ATEN). QNNPACK takes height and
/// width of quint8. The quantization stays in all of them.
constexpr rounding pytorch_mean(const facts& f) {
  return f.framework.contiguous && reduced_axes_of(f).innermost ? rounding::divide_half_even
                                                                : rounding::aten;
}
constexpr decision mean(const facts& f) {
  const auto pytorch = [&](rounding r) {
    decision d = f.keeps_quantization ? by_pytorch(r) : no_operator();
    d.channels_last = r == rounding::aten && f.framework.channels_inner;
    return d;
  };
  return choose(f.arithmetic,
                {.tflite_ref = rounding::doubling_high_half_away,
                 .tflite_xnnpack = is_8bit(f.x.type) ? by_xnnpack(rounding::xnnpack)
                                                     : decision(rounding::doubling_high_half_away),
                 .pytorch_fbgemm = pytorch(pytorch_mean(f)),
                 .pytorch_qnnpack = pytorch(f.x.type == dtype::u8 && f.framework.axes_two_three &&
                                                    reduced_axes_of(f).image
                                                ? rounding::qnnpack
                                                : pytorch_mean(f)),
                 .mxnet = no_operator(),
                 .onnxruntime = no_operator()});
}
/// Of floats: in memory order, in PyTorch's, XNNPACK's and ONNX Runtime's orders, which depend on
/// the axes, or as MXNet sums.
constexpr decision float_sum(const facts& f) {
  if (f.x.type != dtype::f32) return rounding::none;
  decision pytorch = by_pytorch(rounding::aten);
  pytorch.channels_last = f.framework.channels_inner;
  return choose(f.arithmetic, {.tflite_ref = rounding::none,
                               .tflite_xnnpack = by_xnnpack(rounding::xnnpack),
                               .pytorch_fbgemm = pytorch,
                               .pytorch_qnnpack = pytorch,
                               .mxnet = by_mxnet(rounding::mxnet),
                               .onnxruntime = by_onnxruntime(rounding::onnxruntime)});
}
constexpr decision float_mean(const facts& f) { return float_sum(f); }
/// TFLite's optimized kernel scales sums of int16 as floats.
constexpr decision sum(const facts& f) {
  return choose(f.arithmetic,
                {.tflite_ref = rounding::doubling_high_half_away,
                 .tflite_xnnpack = is_8bit(f.x.type) ? by_xnnpack(rounding::xnnpack)
                                                     : decision(rounding::tflite_optimized),
                 .pytorch_fbgemm = no_operator(),
                 .pytorch_qnnpack = no_operator(),
                 .mxnet = no_operator(),
                 .onnxruntime = no_operator()});
}

/// mean and sum of 8 bits over no axis, which XNNPACK leaves.
constexpr decision reduction_over_no_axis(law l, bool mean) {
  return l == law::tflite_xnnpack && !mean ? rounding::tflite_optimized
                                           : rounding::doubling_high_half_away;
}

/// PyTorch's channels_last kernel fuses its multiply-adds. TFLite's kernels blend the codes of
/// bytes and do not look at a result's other parameters; XNNPACK refuses the node for them.
constexpr decision resize_bilinear(const facts& f) {
  const rounding tflite = f.x.type == dtype::u8 ? rounding::tflite_optimized
                                                : rounding::doubling_high_half_away,
                 pytorch =
                     f.framework.channels_last ? rounding::fused_multiply_add : rounding::aten;
  return choose(f.arithmetic,
                {.tflite_ref = tflite,
                 .tflite_xnnpack = !is_8bit(f.x.type)     ? decision(tflite)
                                   : f.keeps_quantization ? by_xnnpack(rounding::xnnpack)
                                                          : no_operator(),
                 .pytorch_fbgemm = by_pytorch(pytorch),
                 .pytorch_qnnpack = by_pytorch(pytorch),
                 .mxnet = no_operator(),
                 .onnxruntime = by_onnxruntime(f.x.type, rounding::onnxruntime)});
}

/// Of floats PyTorch has two kernels as well: one goes through the channels of each pixel (FMA),
/// also of small contiguous images, which it brings into that order; the other (ATEN) takes large
/// ones and channels_last ones of up to three channels.
constexpr bool pytorch_blends_channels(const facts& f) {
  const bool channels = f.framework.channels_last && f.x.shape.rank == 4 && f.x.shape[3] > 3;
  return channels || f.out_h + f.out_w <= 128;
}
constexpr decision float_resize_bilinear(const facts& f) {
  const decision pytorch =
      by_pytorch(pytorch_blends_channels(f) ? rounding::fused_multiply_add : rounding::aten);
  return choose(f.arithmetic, {.tflite_ref = rounding::none,
                               .tflite_xnnpack = by_xnnpack(rounding::xnnpack),
                               .pytorch_fbgemm = pytorch,
                               .pytorch_qnnpack = pytorch,
                               .mxnet = rounding::none,
                               .onnxruntime = by_onnxruntime(rounding::onnxruntime)});
}

}  // namespace laws
OCTET_NAMESPACE_END

#endif  // OCTET_LAWS_WINDOWS_HPP_
