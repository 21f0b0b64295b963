// conv3d: float32 convolution of volumes. Sums run in the order kernel plane, row, column, input
// channel. Rounding none: one rounding per multiplication and per addition, bias last (TFLite's
// reference). FMA: fused multiply-adds, the bias first (TFLite's optimized kernel).
#ifndef OCTET_OPS_CONV3D_HPP_
#define OCTET_OPS_CONV3D_HPP_

#include "octet/kernels/float_gemm.hpp"
#include "octet/numerics/fma.hpp"
#include "octet/ops/float_layers.hpp"
#include "octet/ops/work.hpp"

OCTET_NAMESPACE_BEGIN

/// One number for each of depth, height, width.
struct conv3d_attrs {
  dims strides{1, 1, 1}, dilations{1, 1, 1}, before{0, 0, 0}, after{0, 0, 0};  // before: padding
  static constexpr auto fields = field_list{
      field{"strides", &conv3d_attrs::strides}, field{"dilations", &conv3d_attrs::dilations},
      field{"before", &conv3d_attrs::before}, field{"after", &conv3d_attrs::after}};
};
/// x [N, D, H, W, C], weights [O, KD, KH, KW, C / groups], bias [O] (optional), y [N, D', H', W',
/// O].
struct conv3d_params {
  std::int32_t batch = 0, groups = 1, in_c = 0, out_c = 0;
  std::array<std::int32_t, 3> in{}, out{}, kernel{}, stride{}, dilation{}, pad{};
  bool has_bias = false, fused = false;
  float min = 0, max = 0;
  const void* weights = nullptr;  // null: computed at run time
  const std::byte* packed = nullptr;
};
namespace kernels {
constexpr float_columns columns_of(const conv3d_params& p) noexcept {
  const std::size_t steps =
      product_of(p.kernel[0], p.kernel[1], p.kernel[2]) * as_size(p.in_c / p.groups);
  return {.groups = as_size(p.groups),
          .columns = as_size(p.out_c / p.groups),
          .steps = steps,
          .column_stride = steps,
          .weights = p.weights};
}
constexpr bool conv3d_accepts(const conv3d_params& p) noexcept { return p.weights != nullptr; }
constexpr node_bytes conv3d_bytes(const conv3d_params& p, const target_layout& t) noexcept {
  return conv3d_accepts(p) ? float_gemm_bytes(columns_of(p), t) : node_bytes{};
}
}  // namespace kernels
constexpr shape_or conv3d_shape(const conv3d_attrs& a, const dims& x, const dims& w) {
  if (x.rank != 5 || w.rank != 5) return violation{rule::rank, dims{0, 0, 0, 0, 0}, x};
  for (const dims* d : {&a.strides, &a.dilations, &a.before, &a.after})
    if (d->rank != 3) return violation{rule::rank, dims{1, 1, 1}, *d};
  if (w[4] < 1 || x[4] % w[4] != 0) return violation{rule::channels, dims{x[4]}, dims{w[4]}};
  const std::int32_t groups = x[4] / w[4];
  if (groups < 1 || w[0] % groups != 0) return violation{rule::groups, dims{groups}, dims{w[0]}};
  dims y{x[0]};
  for (int i = 0; i < 3; ++i) {
    if (a.strides[i] < 1 || a.dilations[i] < 1)
      return violation{rule::stride, dims{1, 1, 1}, a.strides};
    const std::int64_t reach = (std::int64_t{w[i + 1]} - 1) * a.dilations[i] + 1,
                       padded = std::int64_t{x[i + 1]} + a.before[i] + a.after[i];
    if (w[i + 1] < 1 || a.before[i] < 0 || a.after[i] < 0 || padded < reach || padded > INT32_MAX)
      return violation{rule::window, x, w};
    y.push_back(static_cast<std::int32_t>((padded - reach) / a.strides[i] + 1));
  }
  y.push_back(w[0]);
  return y;
}
namespace reference {
/// Output planes [begin, end) of batch * depth.
constexpr void conv3d(const conv3d_params& p, const float* x, const float* w, const float* bias,
                      float* y, std::size_t begin, std::size_t end) {
  const std::int32_t group_in = p.in_c / p.groups, group_out = p.out_c / p.groups;
  const auto at = [](std::int64_t plane, std::int64_t row, std::int64_t column,
                     const std::array<std::int32_t, 3>& of, std::int64_t channels) {
    return as_size(((plane * of[1] + row) * of[2] + column) * channels);
  };
  for (std::size_t plane = begin; plane < end; ++plane) {
    const auto n = static_cast<std::int64_t>(plane / as_size(p.out[0]));
    const auto od = static_cast<std::int32_t>(plane % as_size(p.out[0]));
    for (std::int32_t oy = 0; oy < p.out[1]; ++oy)
      for (std::int32_t ox = 0; ox < p.out[2]; ++ox)
        for (std::int32_t oc = 0; oc < p.out_c; ++oc) {
          float sum = p.fused && p.has_bias ? bias[oc] : 0.f;
          for (std::int32_t kd = 0; kd < p.kernel[0]; ++kd)
            for (std::int32_t ky = 0; ky < p.kernel[1]; ++ky)
              for (std::int32_t kx = 0; kx < p.kernel[2]; ++kx) {
                const std::int32_t id = od * p.stride[0] - p.pad[0] + kd * p.dilation[0],
                                   iy = oy * p.stride[1] - p.pad[1] + ky * p.dilation[1],
                                   ix = ox * p.stride[2] - p.pad[2] + kx * p.dilation[2];
                if (id < 0 || id >= p.in[0] || iy < 0 || iy >= p.in[1] || ix < 0 || ix >= p.in[2])
                  continue;
                const float* px =
                    x + at(n * p.in[0] + id, iy, ix, p.in, p.in_c) + oc / group_out * group_in;
                const float* pw =
                    w + at(std::int64_t{oc} * p.kernel[0] + kd, ky, kx, p.kernel, group_in);
                for (std::int32_t ic = 0; ic < group_in; ++ic)
                  sum = p.fused ? numerics::fma(px[ic], pw[ic], sum)
                                : numerics::add(sum, numerics::mul(px[ic], pw[ic]));
              }
          if (p.has_bias && !p.fused) sum = numerics::add(sum, bias[oc]);
          y[at(static_cast<std::int64_t>(plane), oy, ox, p.out, p.out_c) + as_size(oc)] =
              numerics::clamp(sum, p.min, p.max);
        }
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void conv3d_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const conv3d_params*>(a.params);
  const auto r = part_of(as_size(p.batch) * as_size(p.out[0]), a.part, a.parts);
  conv3d(p, static_cast<const float*>(a.in[0]), static_cast<const float*>(a.in[1]),
         static_cast<const float*>(a.in[2]), static_cast<float*>(a.out[0]), r.begin, r.end);
}
#else
void conv3d_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference
namespace ops {
constexpr status conv3d_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(
      out, conv3d_shape(read_attributes<conv3d_attrs>(*n.attrs), n.in[0].shape, n.in[1].shape));
}
constexpr void set_conv3d(conv3d_params& p, const node_view& n) {
  const auto a = read_attributes<conv3d_attrs>(*n.attrs);
  const dims &x = n.in[0].shape, &w = n.in[1].shape, &y = n.out[0].shape;
  p.batch = x[0], p.in_c = x[4], p.out_c = w[0];
  p.groups = w[4] > 0 && x[4] >= w[4] ? x[4] / w[4] : 1;  // memory is counted of any shapes
  for (int i = 0; i < 3; ++i) {
    const auto k = as_size(i);
    p.in[k] = x[i + 1], p.out[k] = y[i + 1], p.kernel[k] = w[i + 1];
    p.stride[k] = a.strides[i], p.dilation[k] = a.dilations[i], p.pad[k] = a.before[i];
  }
  if (n.is_constant(1)) p.weights = n.constant[1].data();
}
constexpr void float_conv3d_memory(const node_view& n, node_memory& to) {
  to.make<conv3d_params>();
  conv3d_params p{};
  set_conv3d(p, n);
  to.kernel([&](const kernels::target_layout& t) { return kernels::conv3d_bytes(p, t); });
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status float_conv3d_prepare(const node_view& n, prepared& to) {
  const dims& w = n.in[1].shape;
  auto& p = to.make<conv3d_params>(&reference::conv3d_kernel, kernel_id::conv3d);
  set_conv3d(p, n);
  if (n.present(2) && n.in[2].shape.elements().value != as_size(w[0]))
    return invalid("bias count", std::to_string(n.in[2].shape.elements().value),
                   std::to_string(w[0]));
  p.has_bias = n.present(2);
  p.fused = n.round == rounding::fused_multiply_add;
  const auto c = read_attributes<float_clamp_attrs>(*n.attrs);
  p.min = static_cast<float>(c.float_lo), p.max = static_cast<float>(c.float_hi);
  return unit{};
}
#else
status float_conv3d_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form conv3d_forms[] = {
    {.in = {dtype::f32, dtype::f32, dtype::f32},
     .out = {dtype::f32},
     .roundings = {rounding::none, rounding::fused_multiply_add}},
};
static_assert(roundings_of(conv3d_forms) ==
                  rounding_set{rounding::none, rounding::fused_multiply_add},
              "octet: what prepares conv3d takes any other rounding for none");
inline constexpr op_def float_conv3d{
    .name = "conv3d",
    .summary = "float32 convolution of volumes",
    .min_inputs = 2,
    .max_inputs = 3,
    .optional = {2},
    .forms = conv3d_forms,
    .kernel = kernel_id::conv3d,
    .attributes = keys_of<conv3d_attrs, float_clamp_attrs>,
    .shape = &conv3d_op_shape,
    .memory = &float_conv3d_memory,
    .prepare = &float_conv3d_prepare,
    .decide = &laws::float_conv3d,
    .macs = &layer_macs,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_CONV3D_HPP_
