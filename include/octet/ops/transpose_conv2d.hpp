// qnn.transpose_conv2d: NHWC, each input pixel adds its window to the output; fused requantize as
// in conv2d.
#ifndef OCTET_OPS_TRANSPOSE_CONV2D_HPP_
#define OCTET_OPS_TRANSPOSE_CONV2D_HPP_

#include "octet/laws/layers.hpp"
#include "octet/ops/conv2d.hpp"
#include "octet/ops/work.hpp"

OCTET_NAMESPACE_BEGIN

/// Output extent = (in - 1) * stride + (kernel - 1) * dilation + 1 - pad_before - pad_after +
/// output_padding.
struct transpose_conv2d_attrs {
  std::int32_t stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
  std::int32_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0, output_padding_h = 0,
               output_padding_w = 0;
  std::int32_t groups = 1;
  static constexpr auto fields =
      field_list{field{"stride_h", &transpose_conv2d_attrs::stride_h},
                 field{"stride_w", &transpose_conv2d_attrs::stride_w},
                 field{"dilation_h", &transpose_conv2d_attrs::dilation_h},
                 field{"dilation_w", &transpose_conv2d_attrs::dilation_w},
                 field{"pad_top", &transpose_conv2d_attrs::pad_top},
                 field{"pad_left", &transpose_conv2d_attrs::pad_left},
                 field{"pad_bottom", &transpose_conv2d_attrs::pad_bottom},
                 field{"pad_right", &transpose_conv2d_attrs::pad_right},
                 field{"output_padding_h", &transpose_conv2d_attrs::output_padding_h},
                 field{"output_padding_w", &transpose_conv2d_attrs::output_padding_w},
                 field{"groups", &transpose_conv2d_attrs::groups}};
};

/// Fields as in conv2d_params; weights [out_c][kernel_h][kernel_w][in_c / groups]: output (oy, ox)
/// takes input (iy, ix) through tap (ky, kx) where oy = iy * stride_h - pad_top + ky * dilation_h,
/// and the same for x.
struct transpose_conv2d_params : conv2d_params {};

namespace kernels {
/// The input with zero points inserted between its pixels, convolved with stride 1 and reversed
/// taps. Products with inserted pixels are wasted, at strides of 2 three of four; the kernel is
/// ahead of the scalar reference by more than that.
constexpr gemm_problem problem_of(const transpose_conv2d_params& p) noexcept {
  gemm_problem g = problem_of(static_cast<const conv2d_params&>(p), false);
  g.insert_h = p.stride_h, g.insert_w = p.stride_w;
  g.stride_h = g.stride_w = 1;
  g.pad_top = (p.kernel_h - 1) * p.dilation_h - p.pad_top,
  g.pad_left = (p.kernel_w - 1) * p.dilation_w - p.pad_left;
  g.flipped = true;
  return g;
}
}  // namespace kernels

constexpr shape_or transpose_conv2d_shape(const transpose_conv2d_attrs& a, const dims& x,
                                          const dims& w) {
  if (x.rank != 4) return violation{rule::rank, dims{0, 0, 0, 0}, x};
  if (w.rank != 4) return violation{rule::rank, dims{0, 0, 0, 0}, w};
  if (a.groups < 1 || x[3] % a.groups != 0 || w[0] % a.groups != 0)
    return violation{rule::groups, dims{a.groups}, dims{x[3], w[0]}};
  if (w[3] != x[3] / a.groups) return violation{rule::channels, dims{x[3] / a.groups}, dims{w[3]}};
  if (a.stride_h < 1 || a.stride_w < 1 || a.dilation_h < 1 || a.dilation_w < 1)
    return violation{rule::stride, dims{1, 1, 1, 1},
                     dims{a.stride_h, a.stride_w, a.dilation_h, a.dilation_w}};
  const auto extent = [](std::int32_t in, std::int32_t k, std::int32_t s, std::int32_t d,
                         std::int32_t before, std::int32_t after, std::int32_t more) {
    return (std::int64_t{in} - 1) * s + (std::int64_t{k} - 1) * d + 1 - before - after + more;
  };
  const std::int64_t h = extent(x[1], w[1], a.stride_h, a.dilation_h, a.pad_top, a.pad_bottom,
                                a.output_padding_h),
                     v = extent(x[2], w[2], a.stride_w, a.dilation_w, a.pad_left, a.pad_right,
                                a.output_padding_w);
  const auto reach = [](std::int32_t k, std::int32_t d) { return (std::int64_t{k} - 1) * d; };
  if (reach(w[1], a.dilation_h) > INT32_MAX || reach(w[2], a.dilation_w) > INT32_MAX)
    return violation{rule::window, x, w};
  if (x[1] < 1 || x[2] < 1 || w[1] < 1 || w[2] < 1 || a.pad_top < 0 || a.pad_left < 0 || h < 1 ||
      v < 1 || h > INT32_MAX || v > INT32_MAX)
    return violation{rule::window, x, w};
  return dims{x[0], static_cast<std::int32_t>(h), static_cast<std::int32_t>(v), w[0]};
}

namespace reference {
template <class In, class W, class Out>
constexpr void transpose_conv2d(const transpose_conv2d_params& p, const In* x, const W* w,
                                const Out& y, std::size_t row_begin, std::size_t row_end) {
  const std::int32_t group_in = p.in_c / p.groups, group_out = p.out_c / p.groups;
  const image_extents image{p.in_h, p.in_w, p.in_c};
  const std::size_t taps = product_of(p.kernel_h, p.kernel_w);
  for (std::size_t row = row_begin; row < row_end; ++row) {
    const auto [n, oy] = image_row_of(row, p.out_h);
    for (std::int32_t ox = 0; ox < p.out_w; ++ox)
      for (std::int32_t oc = 0; oc < p.out_c; ++oc) {
        std::int64_t acc = p.requant.mode == rounding::float_bias_half_even ? 0 : p.bias(oc);
        const std::int32_t wz = p.weight_zero_points ? p.weight_zero_points[oc] : 0,
                           first = oc / group_out * group_in;
        for (std::int32_t ky = 0; ky < p.kernel_h; ++ky) {
          const std::int32_t ty = oy + p.pad_top - ky * p.dilation_h;
          if (ty < 0 || ty % p.stride_h != 0 || ty / p.stride_h >= p.in_h) continue;
          for (std::int32_t kx = 0; kx < p.kernel_w; ++kx) {
            const std::int32_t tx = ox + p.pad_left - kx * p.dilation_w;
            if (tx < 0 || tx % p.stride_w != 0 || tx / p.stride_w >= p.in_w) continue;
            const In* px = x + nhwc_index(image, n, ty / p.stride_h, tx / p.stride_w, first);
            const std::size_t tap = as_size(ky * p.kernel_w + kx);
            const W* pw = w + (as_size(oc) * taps + tap) * as_size(group_in);
            for (std::int32_t ic = 0; ic < group_in; ++ic)
              acc += std::int64_t{px[ic] - p.in_zero_point} * (std::int32_t{pw[ic]} - wz);
          }
        }
        y.set((row * as_size(p.out_w) + as_size(ox)) * as_size(p.out_c) + as_size(oc),
              finished(p.requant, acc, oc));
      }
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void transpose_conv2d_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const transpose_conv2d_params*>(a.params);
  const auto rows = part_of(product_of(p.batch, p.out_h), a.part, a.parts);
  with_operands(p.in_type, p.weight_type, [&]<class In, class W>(type_tag<In>, type_tag<W>) {
    transpose_conv2d(p, static_cast<const In*>(a.in[0]), static_cast<const W*>(a.in[1]),
                     integer_results{a.out[0], p.out_type}, rows.begin, rows.end);
  });
}
#else
void transpose_conv2d_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
constexpr status transpose_conv2d_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, transpose_conv2d_shape(read_attributes<transpose_conv2d_attrs>(*n.attrs),
                                               n.in[0].shape, n.in[1].shape));
}
constexpr void transpose_conv2d_memory(const node_view& n, node_memory& to) {
  transpose_conv2d_params p{};
  set_geometry(p, read_attributes<transpose_conv2d_attrs>(*n.attrs), n.in[0].shape, n.in[1].shape,
               n.out[0].shape);
  accumulation_memory(
      n, to, p, as_size(p.out_c),
      [](const transpose_conv2d_params& q) { return kernels::problem_of(q); },
      &kernels::transpose_conv2d_memory);
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status transpose_conv2d_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<transpose_conv2d_attrs>(*n.attrs);
  const dims &x = n.in[0].shape, &w = n.in[1].shape, &y = n.out[0].shape;
  auto& p = to.make<transpose_conv2d_params>(&reference::transpose_conv2d_kernel,
                                             kernel_id::transpose_conv2d);
  set_geometry(p, a, x, w, y);
  const std::size_t per_channel = as_size(w[1]) * as_size(w[2]) * as_size(w[3]);
  auto s = prepare_accumulation(n, to, p, as_size(y[3]), per_channel,
                                [=](std::size_t c, std::size_t i) { return c * per_channel + i; });
  if (s) know_fit(to, p, kernels::problem_of(p));
  return s;
}
#else
status transpose_conv2d_prepare(const node_view& n, prepared& to);
#endif
inline constexpr op_def transpose_conv2d{
    .name = "qnn.transpose_conv2d",
    .summary = "transposed convolution",
    .min_inputs = 2,
    .max_inputs = 3,
    .optional = {2},
    .forms = accumulating_forms,
    .quantized = true,
    .accumulates = true,
    .kernel = kernel_id::transpose_conv2d,
    .attributes = keys_of<transpose_conv2d_attrs, accumulation_attrs, clamp_keys>,
    .shape = &transpose_conv2d_op_shape,
    .memory = &transpose_conv2d_memory,
    .prepare = &transpose_conv2d_prepare,
    .decide = &laws::transpose_conv2d,
    .macs = &transpose_conv2d_macs,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_TRANSPOSE_CONV2D_HPP_
