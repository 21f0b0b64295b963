// conv2d, depthwise_conv2d, transpose_conv2d and fully_connected on float32: the float islands of
// quantized models. Sums run in the order kernel row, kernel column, input channel with one
// rounding per step, bias last, as TFLite's reference kernels compute them; XNN, MXN and ORT below.
#ifndef OCTET_OPS_FLOAT_LAYERS_HPP_
#define OCTET_OPS_FLOAT_LAYERS_HPP_

#include "octet/kernels/float_gemm.hpp"
#include "octet/laws/xnnpack.hpp"
#include "octet/numerics/fma.hpp"
#include "octet/numerics/mlas_math.hpp"
#include "octet/ops/add.hpp"
#include "octet/ops/fully_connected.hpp"
#include "octet/ops/transpose_conv2d.hpp"
#include "octet/ops/work.hpp"

OCTET_NAMESPACE_BEGIN

/// Of conv2d and depthwise_conv2d under ORT.
struct float_conv2d_attrs {
  bool as_product = false;  // sums run as those of a matrix product (rows of pixels, weights that
                            // the framework dequantizes at every run)
  static constexpr auto fields = field_list{field{"as_product", &float_conv2d_attrs::as_product}};
};
/// How the sums of a layer run under ORT: as products of matrices whose K is input channel, kernel
/// row, kernel column (`order`), or over blocks of `channels` input channels, in each block one
/// chain over kernel row, kernel column, input channel.
struct mlas_layer {
  bool used = false, bias_first = false;
  std::size_t channels = 0;  // 0: by `order`
  numerics::mlas_order order{};
};
/// Geometry as in conv2d_params, weights as there (float32); fully_connected is a 1x1 convolution
/// over [rows, 1, 1, K].
struct float_layer_params : conv2d_params {
  bool depthwise = false, transposed = false, has_bias = false, wide_sums = false;
  bool fused = false;  // XNN, FMA: sums begin with the bias, each product joins in one rounding
  bool by_columns = false;  // XNN: of a window, kernel column outside, kernel row inside
  float min = 0, max = 0;
  mlas_layer mlas{};

  constexpr std::int32_t group_in() const { return depthwise ? 1 : in_c / groups; }
  constexpr std::int32_t group_out() const {
    return !depthwise ? out_c / groups : in_c == 0 ? 0 : out_c / in_c;
  }
};
/// Images with constant weights run in blocks of 16 channels, as on CPUs with AVX-512; those of
/// fewer channels channel by channel, of a number that 4 does not divide as matrix products. So do
/// rows of pixels and groups.
constexpr mlas_layer mlas_convolution(const float_layer_params& p, const conv2d_attrs& a,
                                      bool as_product) noexcept {
  constexpr std::size_t lanes = 16, pointwise = 128, all = std::size_t{1} << 62;
  const auto in = as_size(p.group_in()), out = as_size(p.group_out()),
             groups = as_size(p.in_c) / (in == 0 ? 1 : in),
             taps = product_of(p.kernel_h, p.kernel_w), steps = in * taps;
  const bool padded = (a.pad_top | a.pad_left | a.pad_bottom | a.pad_right) != 0;
  mlas_layer m;
  m.used = true;
  m.order = {false, steps, all};
  const std::size_t block = taps == 1 && !padded ? pointwise : lanes;
  if (p.weights != nullptr && !as_product) {
    if (groups == 1 && (in < lanes || in % 4 == 0)) {
      m.channels = in < lanes ? 1 : block;
      return m;
    }
    if (groups > 1 && in == 1 && out == 1 && groups % 4 == 0) return m;
    if (groups > 1 && in % lanes == 0 && out % lanes == 0) {
      m.channels = block;
      return m;
    }
  }
  m.order =
      numerics::mlas_product_order(false, out == 1, false, product_of(p.out_h, p.out_w), steps);
  return m;
}
namespace kernels {
/// A column for each output channel of a group; steps in the order of kernel row, kernel column,
/// input channel.
constexpr float_columns columns_of(const float_layer_params& p) noexcept {
  const std::size_t steps = product_of(p.kernel_h, p.kernel_w, p.in_c / p.groups);
  return {.groups = as_size(p.groups),
          .columns = as_size(p.out_c / p.groups),
          .steps = steps,
          .column_stride = steps,
          .weights = p.weights};
}
}  // namespace kernels

/// MXN: sums in binary64, bias included, rounded to binary32 once. What any order of binary32 sums
/// approaches: oneDNN's own depends on the CPU.
namespace reference {
template <class Sum>
constexpr void float_layer(const float_layer_params& p, const float* x, const float* w,
                           const float* bias, float* y, std::size_t begin, std::size_t end) {
  const std::int32_t group_in = p.group_in(), group_out = p.group_out();
  const image_extents in{p.in_h, p.in_w, p.in_c}, out{p.out_h, p.out_w, p.out_c};
  for (std::size_t row = begin; row < end; ++row) {
    const auto [n, oy] = image_row_of(row, p.out_h);
    for (std::int32_t ox = 0; ox < p.out_w; ++ox)
      for (std::int32_t oc = 0; oc < p.out_c; ++oc) {
        Sum sum = 0;
        for (std::int32_t ky = 0; ky < p.kernel_h; ++ky)
          for (std::int32_t kx = 0; kx < p.kernel_w; ++kx) {
            const std::int32_t iy = oy * p.stride_h - p.pad_top + ky * p.dilation_h,
                               ix = ox * p.stride_w - p.pad_left + kx * p.dilation_w;
            if (iy < 0 || iy >= p.in_h || ix < 0 || ix >= p.in_w) continue;
            const float* px = x + nhwc_index(in, n, iy, ix, oc / group_out * group_in);
            const std::size_t tap = as_size(ky * p.kernel_w + kx);
            const float* pw = p.depthwise ? w + tap * as_size(p.out_c) + oc
                                          : w + (product_of(oc, p.kernel_h, p.kernel_w) + tap) *
                                                    as_size(group_in);
            for (std::int32_t ic = 0; ic < group_in; ++ic)
              sum = numerics::add(
                  sum, numerics::mul(static_cast<Sum>(px[ic]), static_cast<Sum>(pw[ic])));
          }
        if (p.has_bias) sum = numerics::add(sum, static_cast<Sum>(bias[oc]));
        y[nhwc_index(out, n, oy, ox, oc)] = numerics::clamp(static_cast<float>(sum), p.min, p.max);
      }
  }
}
/// XNN: the sum of one output, of the taps inside the image.
constexpr float fused_layer_sum(const float_layer_params& p, const float* x, const float* w,
                                float sum, std::int64_t n, std::int32_t oy, std::int32_t ox,
                                std::int32_t oc) {
  const std::int32_t in = p.group_in(), first = oc / p.group_out() * in,
                     taps = p.kernel_h * p.kernel_w;
  const image_extents image{p.in_h, p.in_w, p.in_c};
  for (std::int32_t i = 0; i < taps; ++i) {
    const std::int32_t ky = p.by_columns ? i % p.kernel_h : i / p.kernel_w,
                       kx = p.by_columns ? i / p.kernel_h : i % p.kernel_w,
                       iy = oy * p.stride_h - p.pad_top + ky * p.dilation_h,
                       ix = ox * p.stride_w - p.pad_left + kx * p.dilation_w,
                       tap = ky * p.kernel_w + kx;
    if (iy < 0 || iy >= p.in_h || ix < 0 || ix >= p.in_w) continue;
    const float* px = x + nhwc_index(image, n, iy, ix, first);
    const float* pw = p.depthwise ? w + product_of(tap, p.out_c) + oc
                                  : w + (product_of(oc, taps) + as_size(tap)) * as_size(in);
    for (std::int32_t ic = 0; ic < in; ++ic) sum = numerics::fma(px[ic], pw[ic], sum);
  }
  return sum;
}
constexpr void float_layer_fused(const float_layer_params& p, const float* x, const float* w,
                                 const float* bias, float* y, std::size_t begin, std::size_t end) {
  const image_extents out{p.out_h, p.out_w, p.out_c};
  for (std::size_t row = begin; row < end; ++row) {
    const auto [n, oy] = image_row_of(row, p.out_h);
    for (std::int32_t ox = 0; ox < p.out_w; ++ox)
      for (std::int32_t oc = 0; oc < p.out_c; ++oc)
        y[nhwc_index(out, n, oy, ox, oc)] = numerics::clamp(
            fused_layer_sum(p, x, w, p.has_bias ? bias[oc] : 0.f, n, oy, ox, oc), p.min, p.max);
  }
}
/// ORT: the sum of one output, of the taps inside the image.
constexpr float mlas_layer_sum(const float_layer_params& p, const float* x, const float* w,
                               numerics::mlas_sum sum, std::int64_t n, std::int32_t oy,
                               std::int32_t ox, std::int32_t oc) {
  const std::int32_t in = p.group_in(), first = oc / p.group_out() * in,
                     taps = p.kernel_h * p.kernel_w,
                     channels =
                         p.mlas.channels == 0 ? 1 : static_cast<std::int32_t>(p.mlas.channels);
  const image_extents image{p.in_h, p.in_w, p.in_c};
  for (std::int32_t block = 0; block < in; block += channels) {
    for (std::int32_t ky = 0; ky < p.kernel_h; ++ky)
      for (std::int32_t kx = 0; kx < p.kernel_w; ++kx) {
        const std::int32_t iy = oy * p.stride_h - p.pad_top + ky * p.dilation_h,
                           ix = ox * p.stride_w - p.pad_left + kx * p.dilation_w,
                           tap = ky * p.kernel_w + kx;
        if (iy < 0 || iy >= p.in_h || ix < 0 || ix >= p.in_w) continue;
        const float* px = x + nhwc_index(image, n, iy, ix, first);
        const float* pw = p.depthwise ? w + product_of(tap, p.out_c) + oc
                                      : w + (product_of(oc, taps) + as_size(tap)) * as_size(in);
        for (std::int32_t ic = block; ic < in && ic < block + channels; ++ic)
          sum.add_product(p.mlas.channels == 0 ? product_of(ic, taps) + as_size(tap) : 0, px[ic],
                          pw[ic]);
      }
    if (p.mlas.channels != 0 && block + channels < in) sum.end_group();
  }
  return sum.value();
}
constexpr void float_layer_mlas(const float_layer_params& p, const float* x, const float* w,
                                const float* bias, float* y, std::size_t begin, std::size_t end) {
  const image_extents out{p.out_h, p.out_w, p.out_c};
  for (std::size_t row = begin; row < end; ++row) {
    const auto [n, oy] = image_row_of(row, p.out_h);
    for (std::int32_t ox = 0; ox < p.out_w; ++ox)
      for (std::int32_t oc = 0; oc < p.out_c; ++oc) {
        const bool first = p.has_bias && p.mlas.bias_first;
        const numerics::mlas_sum start = first ? numerics::mlas_sum(p.mlas.order, 1.f, bias[oc])
                                               : numerics::mlas_sum(p.mlas.order);
        float v = mlas_layer_sum(p, x, w, start, n, oy, ox, oc);
        if (p.has_bias && !first) v = numerics::add(v, bias[oc]);
        y[nhwc_index(out, n, oy, ox, oc)] = numerics::clamp(v, p.min, p.max);
      }
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void float_layer_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const float_layer_params*>(a.params);
  const auto rows = part_of(product_of(p.batch, p.out_h), a.part, a.parts);
  const auto run = [&](auto layer) {
    layer(p, static_cast<const float*>(a.in[0]), static_cast<const float*>(a.in[1]),
          p.has_bias ? static_cast<const float*>(a.in[2]) : nullptr, static_cast<float*>(a.out[0]),
          rows.begin, rows.end);
  };
  if (p.mlas.used) return run(&float_layer_mlas);
  if (p.fused) return run(&float_layer_fused);
  p.wide_sums ? run(&float_layer<double>) : run(&float_layer<float>);
}
#else
void float_layer_kernel(const kernel_args& a) noexcept;
#endif
/// Output element (oy, ox, oc) of image n of a transposed convolution: join(sum, x, w) of its input
/// pixels and weights, one after another from `sum` on. They come in the pixels' own order, row by
/// row, channels innermost, as scattering them gives; `by_kernel`: by the kernel's rows and
/// columns.
template <class X, class W, class Join>
constexpr float transposed_sum(const conv2d_params& p, const X* x, const W* w, std::int32_t n,
                               std::int32_t oy, std::int32_t ox, std::size_t oc, bool by_kernel,
                               float sum, Join&& join) {
  const image_extents in{p.in_h, p.in_w, p.in_c};
  const std::size_t in_c = as_size(p.in_c);
  for (std::int32_t i = 0; i < p.kernel_h; ++i) {
    // The last tap meets the first input row.
    const std::int32_t ky = by_kernel ? i : p.kernel_h - 1 - i, ty = oy + p.pad_top - ky;
    if (ty < 0 || ty % p.stride_h != 0 || ty / p.stride_h >= p.in_h) continue;
    for (std::int32_t j = 0; j < p.kernel_w; ++j) {
      const std::int32_t kx = by_kernel ? j : p.kernel_w - 1 - j, tx = ox + p.pad_left - kx;
      if (tx < 0 || tx % p.stride_w != 0 || tx / p.stride_w >= p.in_w) continue;
      const X* px = x + nhwc_index(in, n, ty / p.stride_h, tx / p.stride_w, 0);
      const W* pw =
          w + (oc * product_of(p.kernel_h, p.kernel_w) + as_size(ky * p.kernel_w + kx)) * in_c;
      for (std::size_t ic = 0; ic < in_c; ++ic) sum = join(sum, px[ic], pw[ic]);
    }
  }
  return sum;
}
/// XNN: in the order of the kernel, the bias first, each product fused.
constexpr void float_transpose_layer(const float_layer_params& p, const float* x, const float* w,
                                     const float* bias, float* y, std::size_t begin,
                                     std::size_t end) {
  const image_extents out{p.out_h, p.out_w, p.out_c};
  const auto join = [&p](float sum, float a, float b) {
    return p.fused ? numerics::fma(a, b, sum) : numerics::add(sum, numerics::mul(a, b));
  };
  for (std::size_t row = begin; row < end; ++row) {
    const auto [n, oy] = image_row_of(row, p.out_h);
    for (std::int32_t ox = 0; ox < p.out_w; ++ox)
      for (std::size_t oc = 0; oc < as_size(p.out_c); ++oc) {
        float sum = transposed_sum(p, x, w, n, oy, ox, oc, p.fused,
                                   p.fused && p.has_bias ? bias[oc] : 0.f, join);
        if (p.has_bias && !p.fused) sum = numerics::add(sum, bias[oc]);
        y[nhwc_index(out, n, oy, ox, oc)] = numerics::clamp(sum, p.min, p.max);
      }
  }
}
/// ORT: each tap's product is a sum of its own, added in the order of the kernel's rows and
/// columns.
constexpr void float_transpose_layer_mlas(const float_layer_params& p, const float* x,
                                          const float* w, const float* bias, float* y,
                                          std::size_t begin, std::size_t end) {
  const image_extents in{p.in_h, p.in_w, p.in_c}, out{p.out_h, p.out_w, p.out_c};
  const std::size_t in_c = as_size(p.in_c), out_c = as_size(p.out_c);
  for (std::size_t row = begin; row < end; ++row) {
    const auto [n, oy] = image_row_of(row, p.out_h);
    for (std::int32_t ox = 0; ox < p.out_w; ++ox)
      for (std::size_t oc = 0; oc < out_c; ++oc) {
        float sum = 0;
        for (std::int32_t ky = 0; ky < p.kernel_h; ++ky) {
          const std::int32_t ty = oy + p.pad_top - ky;
          if (ty < 0 || ty % p.stride_h != 0 || ty / p.stride_h >= p.in_h) continue;
          for (std::int32_t kx = 0; kx < p.kernel_w; ++kx) {
            const std::int32_t tx = ox + p.pad_left - kx;
            if (tx < 0 || tx % p.stride_w != 0 || tx / p.stride_w >= p.in_w) continue;
            const float* px = x + nhwc_index(in, n, ty / p.stride_h, tx / p.stride_w, 0);
            const float* pw =
                w +
                (oc * product_of(p.kernel_h, p.kernel_w) + as_size(ky * p.kernel_w + kx)) * in_c;
            numerics::mlas_sum tap(p.mlas.order);
            for (std::size_t ic = 0; ic < in_c; ++ic) tap.add_product(ic, px[ic], pw[ic]);
            sum = numerics::add(sum, tap.value());
          }
        }
        if (p.has_bias) sum = numerics::add(sum, bias[oc]);
        y[nhwc_index(out, n, oy, ox, oc)] = numerics::clamp(sum, p.min, p.max);
      }
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void float_transpose_layer_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const float_layer_params*>(a.params);
  const auto rows = part_of(product_of(p.batch, p.out_h), a.part, a.parts);
  const auto layer = p.mlas.used ? &float_transpose_layer_mlas : &float_transpose_layer;
  layer(p, static_cast<const float*>(a.in[0]), static_cast<const float*>(a.in[1]),
        p.has_bias ? static_cast<const float*>(a.in[2]) : nullptr, static_cast<float*>(a.out[0]),
        rows.begin, rows.end);
}
#else
void float_transpose_layer_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
constexpr void set_float_weights(float_layer_params& p, const node_view& n) {
  if (n.is_constant(1)) p.weights = n.constant[1].data();
}
template <bool Depthwise>
constexpr void set_float_conv2d(float_layer_params& p, const node_view& n) {
  set_geometry(p, read_attributes<conv2d_attrs>(*n.attrs), n.in[0].shape, n.in[1].shape,
               n.out[0].shape);
  p.depthwise = Depthwise;
  if (Depthwise) p.groups = p.in_c;
  set_float_weights(p, n);
}
constexpr void set_float_transpose_conv2d(float_layer_params& p, const node_view& n) {
  set_geometry(p, read_attributes<transpose_conv2d_attrs>(*n.attrs), n.in[0].shape, n.in[1].shape,
               n.out[0].shape);
  p.transposed = true;
  set_float_weights(p, n);
}
constexpr void set_float_fully_connected(float_layer_params& p, const node_view& n) {
  const dims& w = n.in[1].shape;
  p.batch = static_cast<std::int32_t>(n.in[0].shape.elements().value / as_size(w[1]));
  p.in_h = p.in_w = p.out_h = p.out_w = p.kernel_h = p.kernel_w = p.stride_h = p.stride_w =
      p.dilation_h = p.dilation_w = p.groups = 1;
  p.pad_top = p.pad_left = 0;
  p.in_c = w[1], p.out_c = w[0];
  set_float_weights(p, n);
}
/// op_def::memory of the layers on the matrix kernel.
template <auto Set> constexpr void float_layer_memory(const node_view& n, node_memory& to) {
  to.make<float_layer_params>();
  float_layer_params p{};
  Set(p, n);
  to.kernel([&](const kernels::target_layout& t) {
    return kernels::float_gemm_memory(kernels::columns_of(p), t);
  });
}
#if OCTET_HAS_DEFINITIONS
/// Bias and bounds.
OCTET_INLINE status finish_float_layer(const node_view& n, float_layer_params& p,
                                       std::size_t channels) {
  if (n.present(2) && n.in[2].shape.elements().value != channels)
    return invalid("bias count", std::to_string(n.in[2].shape.elements().value),
                   std::to_string(channels));
  p.wide_sums = n.round == rounding::mxnet;
  p.fused = n.round == rounding::xnnpack || n.round == rounding::fused_multiply_add;
  const auto c = read_attributes<float_clamp_attrs>(*n.attrs);
  p.min = static_cast<float>(c.float_lo), p.max = static_cast<float>(c.float_hi);
  p.has_bias = n.present(2);
  return unit{};
}
template <bool Depthwise> status float_conv2d_prepare(const node_view& n, prepared& to) {
  auto& p =
      to.make<float_layer_params>(&reference::float_layer_kernel,
                                  Depthwise ? kernel_id::float_depthwise : kernel_id::float_layer);
  set_float_conv2d<Depthwise>(p, n);
  p.by_columns =
      n.round == rounding::xnnpack &&
      laws::xnnpack_sums_columns(product_of(p.kernel_h, p.kernel_w), p.group_in(), p.group_out());
  const auto order = read_attributes<float_conv2d_attrs>(*n.attrs);
  if (n.round == rounding::onnxruntime)
    p.mlas = mlas_convolution(p, read_attributes<conv2d_attrs>(*n.attrs), order.as_product);
  return finish_float_layer(n, p, as_size(p.out_c));
}
OCTET_INLINE status float_transpose_conv2d_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<transpose_conv2d_attrs>(*n.attrs);
  if (a.groups != 1 || a.dilation_h != 1 || a.dilation_w != 1)
    return unsupported("float transpose_conv2d with groups or dilation");
  auto& p =
      to.make<float_layer_params>(&reference::float_transpose_layer_kernel, kernel_id::float_layer);
  set_float_transpose_conv2d(p, n);
  if (n.round == rounding::onnxruntime) {
    p.mlas.used = true;
    p.mlas.order = numerics::mlas_product_order(false, false, false, product_of(p.in_h, p.in_w),
                                                as_size(p.in_c));
  }
  return finish_float_layer(n, p, as_size(p.out_c));
}
OCTET_INLINE status float_fully_connected_prepare(const node_view& n, prepared& to) {
  auto& p = to.make<float_layer_params>(&reference::float_layer_kernel, kernel_id::float_layer);
  set_float_fully_connected(p, n);
  if (n.round == rounding::onnxruntime) {
    p.mlas.used = p.mlas.bias_first = true;
    p.mlas.order = numerics::mlas_product_order(p.weights != nullptr, p.batch == 1, false,
                                                as_size(p.out_c), as_size(p.in_c));
  }
  return finish_float_layer(n, p, as_size(p.out_c));
}
#else
template <bool Depthwise> status float_conv2d_prepare(const node_view& n, prepared& to);
status float_transpose_conv2d_prepare(const node_view& n, prepared& to);
status float_fully_connected_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form float_layer_forms[] = {
    {.in = {dtype::f32, dtype::f32, dtype::f32},
     .out = {dtype::f32},
     .roundings = {rounding::none, rounding::xnnpack, rounding::fused_multiply_add, rounding::mxnet,
                   rounding::onnxruntime}},
};
inline constexpr form float_transpose_forms[] = {
    {.in = {dtype::f32, dtype::f32, dtype::f32},
     .out = {dtype::f32},
     .roundings = {rounding::none, rounding::xnnpack, rounding::onnxruntime}},
};
static_assert(roundings_of(float_layer_forms) ==
                      rounding_set{rounding::none, rounding::xnnpack, rounding::fused_multiply_add,
                                   rounding::mxnet, rounding::onnxruntime} &&
                  roundings_of(float_transpose_forms) ==
                      rounding_set{rounding::none, rounding::xnnpack, rounding::onnxruntime},
              "octet: what prepares these layers takes any other rounding for none");
inline constexpr op_def float_conv2d{
    .name = "conv2d",
    .summary = "float32 convolution",
    .min_inputs = 2,
    .max_inputs = 3,
    .optional = {2},
    .forms = float_layer_forms,
    .kernel = kernel_id::float_layer,
    .attributes = keys_of<conv2d_attrs, float_conv2d_attrs, float_clamp_attrs>,
    .shape = &conv2d_op_shape,
    .memory = &float_layer_memory<&set_float_conv2d<false>>,
    .prepare = &float_conv2d_prepare<false>,
    .decide = &laws::float_convolution,
    .macs = &layer_macs,
};
inline constexpr op_def float_depthwise_conv2d{
    .name = "depthwise_conv2d",
    .summary = "float32 convolution of each channel by itself",
    .min_inputs = 2,
    .max_inputs = 3,
    .optional = {2},
    .forms = float_layer_forms,
    .kernel = kernel_id::float_depthwise,
    .attributes = keys_of<conv2d_attrs, float_conv2d_attrs, float_clamp_attrs>,
    .shape = &depthwise_conv2d_op_shape,
    .memory = &params_only<float_layer_params>,
    .prepare = &float_conv2d_prepare<true>,
    .decide = &laws::float_convolution,
    .macs = &depthwise_macs,
};
inline constexpr op_def float_transpose_conv2d{
    .name = "transpose_conv2d",
    .summary = "float32 transposed convolution",
    .min_inputs = 2,
    .max_inputs = 3,
    .optional = {2},
    .forms = float_transpose_forms,
    .kernel = kernel_id::float_layer,
    .attributes = keys_of<float_clamp_attrs, transpose_conv2d_attrs>,
    .shape = &transpose_conv2d_op_shape,
    .memory = &float_layer_memory<&set_float_transpose_conv2d>,
    .prepare = &float_transpose_conv2d_prepare,
    .decide = &laws::floats_in_order,
    .macs = &transpose_conv2d_macs,
};
inline constexpr op_def float_fully_connected{
    .name = "fully_connected",
    .summary = "float32 matrix product with weights",
    .min_inputs = 2,
    .max_inputs = 3,
    .optional = {2},
    .forms = float_layer_forms,
    .kernel = kernel_id::float_layer,
    .attributes = keys_of<float_clamp_attrs, fully_connected_attrs>,
    .shape = &fully_connected_op_shape,
    .memory = &float_layer_memory<&set_float_fully_connected>,
    .prepare = &float_fully_connected_prepare,
    .decide = &laws::float_layer,
    .macs = &layer_macs,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_FLOAT_LAYERS_HPP_
