// qnn.dynamic_transpose_conv2d: a transposed convolution of codes whose scales were found when the
// network ran, times 8-bit weights, to float32. Every product is brought to floats by itself.
#ifndef OCTET_OPS_DYNAMIC_TRANSPOSE_HPP_
#define OCTET_OPS_DYNAMIC_TRANSPOSE_HPP_

#include "octet/ops/float_layers.hpp"

OCTET_NAMESPACE_BEGIN

/// x codes less their zero points (what dynamic_quantize gives), weights as transpose_conv2d has
/// them, scales of the images float32 [N], bias float32 [O] (optional).
struct dynamic_transpose_params : float_layer_params {
  const float* scales = nullptr;  // of the output channels
};

namespace kernels {
/// Packed weights and, for each part, the codes, all as floats.
constexpr node_bytes dynamic_transpose_bytes(const dynamic_transpose_params& p,
                                             const target_layout& t) noexcept {
  node_bytes b = float_gemm_bytes(columns_of(p), t);
  b.scratch = round_up(product_of(p.batch, p.in_h, p.in_w, p.in_c) * sizeof(float) + 1, alignment);
  return b;
}
constexpr bool dynamic_transpose_accepts(const dynamic_transpose_params& p,
                                         const target_layout& t) noexcept {
  return p.weights != nullptr && dynamic_transpose_bytes(p, t).scratch <= most_scratch;
}
}  // namespace kernels

namespace reference {
constexpr void dynamic_transpose(const dynamic_transpose_params& p, const std::int16_t* x,
                                 const std::int8_t* w, const float* images, const float* bias,
                                 float* y, std::size_t begin, std::size_t end) {
  const image_extents out{p.out_h, p.out_w, p.out_c};
  for (std::size_t row = begin; row < end; ++row) {
    const auto [n, oy] = image_row_of(row, p.out_h);
    for (std::int32_t ox = 0; ox < p.out_w; ++ox)
      for (std::size_t oc = 0; oc < as_size(p.out_c); ++oc) {
        const float channel = p.scales[oc], image = images[n];
        float sum = transposed_sum(
            p, x, w, n, oy, ox, oc, false, 0.f, [=](float s, std::int16_t a, std::int8_t b) {
              const auto product = static_cast<float>(std::int32_t{a} * b);
              return numerics::add(s, numerics::mul(numerics::mul(product, channel), image));
            });
        if (p.has_bias) sum = numerics::add(sum, bias[oc]);
        y[nhwc_index(out, n, oy, ox, oc)] = numerics::clamp(sum, p.min, p.max);
      }
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void dynamic_transpose_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const dynamic_transpose_params*>(a.params);
  const auto rows = part_of(product_of(p.batch, p.out_h), a.part, a.parts);
  dynamic_transpose(p, static_cast<const std::int16_t*>(a.in[0]),
                    static_cast<const std::int8_t*>(a.in[1]), static_cast<const float*>(a.in[2]),
                    p.has_bias ? static_cast<const float*>(a.in[3]) : nullptr,
                    static_cast<float*>(a.out[0]), rows.begin, rows.end);
}
#else
void dynamic_transpose_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
constexpr status dynamic_transpose_shape(const node_view& n, std::span<dims> out) {
  if (auto s = transpose_conv2d_op_shape(n, out); !s) return s;
  const dims images{n.in[0].shape[0]};
  if (!(n.in[2].shape == images)) return violation{rule::shapes_differ, images, n.in[2].shape};
  const dims channels{n.in[1].shape[0]};
  if (n.present(3) && !(n.in[3].shape == channels))
    return violation{rule::shapes_differ, channels, n.in[3].shape};
  return unit{};
}
constexpr void dynamic_transpose_memory(const node_view& n, node_memory& to) {
  to.make<dynamic_transpose_params>();
  to.array<float>(as_size(n.in[1].shape[0]));
  dynamic_transpose_params p{};
  set_float_transpose_conv2d(p, n);
  to.kernel([&](const kernels::target_layout& t) {
    return kernels::dynamic_transpose_accepts(p, t) ? kernels::dynamic_transpose_bytes(p, t)
                                                    : kernels::node_bytes{};
  });
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status dynamic_transpose_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<transpose_conv2d_attrs>(*n.attrs);
  if (a.groups != 1 || a.dilation_h != 1 || a.dilation_w != 1)
    return unsupported("dynamic transpose_conv2d with groups or dilation");
  const tensor_desc& w = n.in[1];
  auto& p = to.make<dynamic_transpose_params>(&reference::dynamic_transpose_kernel,
                                              kernel_id::dynamic_transpose);
  set_float_transpose_conv2d(p, n);
  const auto channels = as_size(p.out_c);
  if (w.scales.size() != 1 && w.scales.size() != channels)
    return invalid("weight scales", std::to_string(w.scales.size()), std::to_string(channels));
  for (const std::int32_t z : w.zero_points)
    if (z != 0) return unsupported("zero point of the weights", std::to_string(z), "0");
  auto scales = to.array<float>(channels);
  for (std::size_t c = 0; c < channels; ++c) scales[c] = w.scale_f32(w.per_channel() ? c : 0);
  p.scales = scales.data();
  p.has_bias = n.present(3);
  const auto c = read_attributes<float_clamp_attrs>(*n.attrs);
  p.min = static_cast<float>(c.float_lo), p.max = static_cast<float>(c.float_hi);
  return unit{};
}
#else
status dynamic_transpose_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form dynamic_transpose_forms[] = {
    {.in = {dtype::s16, dtype::s8, dtype::f32, dtype::f32}, .out = {dtype::f32}},
};
inline constexpr op_def dynamic_transpose_conv2d{
    .name = "qnn.dynamic_transpose_conv2d",
    .summary = "transposed convolution of codes whose scales were chosen when it ran, to float32",
    .min_inputs = 3,
    .max_inputs = 4,
    .optional = {3},
    .forms = dynamic_transpose_forms,
    .quantized = true,
    .kernel = kernel_id::dynamic_transpose,
    .attributes = keys_of<transpose_conv2d_attrs, float_clamp_attrs>,
    .shape = &dynamic_transpose_shape,
    .memory = &dynamic_transpose_memory,
    .prepare = &dynamic_transpose_prepare,
    .macs = &transpose_conv2d_macs,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_DYNAMIC_TRANSPOSE_HPP_
