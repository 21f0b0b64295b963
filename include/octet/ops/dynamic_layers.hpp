// qnn.dynamic_conv2d, qnn.dynamic_fully_connected, qnn.dynamic_transposed: codes of rows, whose
// scales and zero points were found when the network ran, times 8-bit weights, to float32. What
// qnn.conv2d, qnn.fully_connected or qnn.transpose_conv2d and qnn.dynamic_dequantize give, in one.
#ifndef OCTET_OPS_DYNAMIC_LAYERS_HPP_
#define OCTET_OPS_DYNAMIC_LAYERS_HPP_

#include "octet/ops/dynamic.hpp"
#include "octet/ops/fully_connected.hpp"
#include "octet/ops/transpose_conv2d.hpp"

OCTET_NAMESPACE_BEGIN

struct dynamic_layer_attrs {
  bool scales_first = false;  // f32(sum * f32(row * channel)); else f32(f32(sum * channel) * row)
  static constexpr auto fields =
      field_list{field{"scales_first", &dynamic_layer_attrs::scales_first}};
};
/// x codes of 8 bits; weights of 8 bits, as conv2d and fully_connected have them; scales of rows
/// float32 [R]; their zero points int32 [R], values of x's type (absent: 0); bias float32 [C], a
/// constant (optional). The weights' scales are those of the channels. R divides the images, or of
/// a 1x1 window without steps and padding the pixels; of fully_connected the rows.
struct dynamic_layer_params : conv2d_params {  // fully_connected: rows are lines of one pixel
  bool transposed = false;
  kernels::row_scaling rows{};
};
namespace kernels {
constexpr gemm_problem problem_of(const dynamic_layer_params& p) noexcept {
  const auto& layer = static_cast<const conv2d_params&>(p);
  gemm_problem g =
      p.transposed ? problem_of(transpose_conv2d_params{layer}) : problem_of(layer, false);
  g.requant = &p.requant;  // not that of a copy
  g.rows = &p.rows;
  return g;
}
/// The rows of a phase of g, whose lines are fewer.
constexpr row_scaling rows_of_phase(const gemm_problem& g, const gemm_problem& phase) noexcept {
  row_scaling rows = *g.rows;
  rows.lines = rows.lines / as_size(g.out_h) * as_size(phase.out_h);
  return rows;
}
}  // namespace kernels

/// Whether sums of that many products fit int32, whatever the numbers are (and zero points of
/// channels, which are not looked at).
constexpr bool dynamic_sums_fit(bool zero_points, const tensor_desc& x, const tensor_desc& w,
                                std::size_t products) noexcept {
  const std::int64_t largest =
      w.zero_points.size() > 1 ? 255 : largest_offset(w.type, w.zero_point());
  // One after the other: where memory is counted, types may be any.
  return static_cast<std::int64_t>(products) <=
         INT32_MAX / (zero_points ? 255 : largest_offset(x.type, 0)) / largest;
}

namespace reference {
#if OCTET_HAS_DEFINITIONS
/// Sums of lines of pixels that share a scale, as floats.
struct scaled_sums {
  const dynamic_layer_params& p;
  float row;
  float* y;
  void set(std::size_t i, std::int64_t sum) const noexcept {
    const std::size_t c = i % as_size(p.out_c);
    y[i] = numerics::clamp(
        numerics::scale_sum(p.rows.by, static_cast<float>(sum), row, p.rows.scales[c],
                            p.rows.bias != nullptr ? p.rows.bias + c : nullptr),
        p.rows.min, p.rows.max);
  }
};
OCTET_INLINE void dynamic_layer_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const dynamic_layer_params*>(a.params);
  const auto lines = part_of(product_of(p.batch, p.out_h), a.part, a.parts);
  const auto* scales = static_cast<const float*>(a.in[2]);
  const auto* zeros = static_cast<const std::int32_t*>(a.in[3]);
  conv2d_params sums = p;
  for (std::size_t line = lines.begin; line < lines.end; ++line) {
    const std::size_t row = line / p.rows.lines;
    sums.in_zero_point = zeros != nullptr ? kernels::run_time_zero_point(p.in_type, zeros[row]) : 0;
    with_operands(p.in_type, p.weight_type, [&]<class In, class W>(type_tag<In>, type_tag<W>) {
      const auto* x = static_cast<const In*>(a.in[0]);
      const auto* w = static_cast<const W*>(a.in[1]);
      const scaled_sums y{p, scales[row], static_cast<float*>(a.out[0])};
      if (p.transposed)
        transpose_conv2d({sums}, x, w, y, line, line + 1);
      else
        conv2d(sums, x, w, y, false, line, line + 1);
    });
  }
}
#else
void dynamic_layer_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
/// Scales and zero points: as many of both, a number that divides `count`.
constexpr status check_row_scales(const node_view& n, std::size_t count) {
  const std::size_t rows = n.in[2].shape.elements().value;
  if (rows == 0 || count % rows != 0)
    return violation{rule::value,
                     dims{static_cast<std::int32_t>(std::min<std::size_t>(count, INT32_MAX))},
                     n.in[2].shape};
  if (n.present(3) && n.in[3].shape.elements().value != rows)
    return violation{rule::shapes_differ, n.in[2].shape, n.in[3].shape};
  return unit{};
}
constexpr bool is_pointwise(const conv2d_attrs& a, const dims& w) {
  return w[1] == 1 && w[2] == 1 && a.stride_h == 1 && a.stride_w == 1 && a.pad_top == 0 &&
         a.pad_left == 0 && a.pad_bottom == 0 && a.pad_right == 0;
}
constexpr status dynamic_conv2d_shape(const node_view& n, std::span<dims> out) {
  const auto a = read_attributes<conv2d_attrs>(*n.attrs);
  if (auto s = set_shape(out, conv2d_shape(a, n.in[0].shape, n.in[1].shape)); !s) return s;
  const dims& x = n.in[0].shape;
  const bool pixels = is_pointwise(a, n.in[1].shape);
  return check_row_scales(n, pixels ? product_of(x[0], x[1], x[2]) : as_size(x[0]));
}
/// R divides the images.
constexpr status dynamic_transposed_shape(const node_view& n, std::span<dims> out) {
  if (auto s = transpose_conv2d_op_shape(n, out); !s) return s;
  return check_row_scales(n, as_size(n.in[0].shape[0]));
}
constexpr status dynamic_fully_connected_shape(const node_view& n, std::span<dims> out) {
  if (auto s = fully_connected_op_shape(n, out); !s) return s;
  return check_row_scales(n, n.in[0].shape.elements().value / as_size(n.in[1].shape[1]));
}

/// `count` rows of one pixel as lines of one image.
constexpr void set_lines(conv2d_params& p, std::size_t count) {
  p.batch = p.in_w = p.out_w = p.kernel_h = p.kernel_w = 1;
  p.stride_h = p.stride_w = p.dilation_h = p.dilation_w = 1;
  p.pad_top = p.pad_left = 0;
  p.in_h = p.out_h = static_cast<std::int32_t>(count);
}
enum class dynamic_kind : std::uint8_t { window, dense, transposed };
template <dynamic_kind Kind>
constexpr void set_dynamic_layer(dynamic_layer_params& p, const node_view& n) {
  const dims &x = n.in[0].shape, &w = n.in[1].shape;
  const std::size_t scales = std::max<std::size_t>(1, n.in[2].shape.elements().value);
  if constexpr (Kind == dynamic_kind::dense) {
    p.in_c = w[1], p.out_c = w[0], p.groups = 1;
    set_lines(p, x.elements().value / as_size(w[1]));
  } else if constexpr (Kind == dynamic_kind::transposed) {
    p.transposed = true;
    set_geometry(p, read_attributes<transpose_conv2d_attrs>(*n.attrs), x, w, n.out[0].shape);
  } else {
    set_conv2d<false>(p, read_attributes<conv2d_attrs>(*n.attrs), n);
    if (as_size(p.batch) % scales != 0) set_lines(p, product_of(p.batch, p.in_h, p.in_w));
  }
  p.rows.lines = std::max<std::size_t>(1, product_of(p.batch, p.out_h) / scales);
  p.requant.mode = rounding::none;
}
template <dynamic_kind Kind>
constexpr void dynamic_layer_memory(const node_view& n, node_memory& to) {
  dynamic_layer_params p{};
  set_dynamic_layer<Kind>(p, n);
  const tensor_desc& w = n.in[1];
  to.make<dynamic_layer_params>();
  set_types(p, n);
  p.in_zero_point = 0;
  if (common_zero_point(w) != 0) to.array<std::int32_t>(as_size(p.out_c));
  to.array<float>(as_size(p.out_c));
  kernels::gemm_problem g = kernels::problem_of(p);
  set_weights(g, w);
  to.kernel([&](const kernels::target_layout& t) {
    return Kind == dynamic_kind::transposed ? kernels::transpose_conv2d_memory(g, t)
                                            : kernels::gemm_memory(g, t);
  });
}
#if OCTET_HAS_DEFINITIONS
/// Scales and bias of the channels, the order of products, the bounds of the results.
OCTET_INLINE status set_row_scaling(const node_view& n, prepared& to, dynamic_layer_params& p) {
  const tensor_desc& w = n.in[1];
  const auto channels = as_size(p.out_c);
  if (w.per_channel() && w.scales.size() != channels)
    return invalid("weight scales", std::to_string(w.scales.size()), std::to_string(channels));
  auto scales = to.array<float>(channels);
  for (std::size_t c = 0; c < channels; ++c) scales[c] = w.scale_f32(c);
  p.rows.scales = scales.data();
  if (n.present(4)) {
    if (n.in[4].shape.elements().value != channels)
      return invalid("bias count", std::to_string(n.in[4].shape.elements().value),
                     std::to_string(channels));
    if (!n.is_constant(4)) return unsupported("a bias that is computed at run time");
    p.rows.bias = n.constant_as<float>(4).data();
  }
  p.rows.by =
      float_scaling_of(n.round, read_attributes<dynamic_layer_attrs>(*n.attrs).scales_first);
  const auto c = read_attributes<float_clamp_attrs>(*n.attrs);
  p.rows.min = static_cast<float>(c.float_lo), p.rows.max = static_cast<float>(c.float_hi);
  return unit{};
}
template <dynamic_kind Kind> status dynamic_layer_prepare(const node_view& n, prepared& to) {
  auto& p =
      to.make<dynamic_layer_params>(&reference::dynamic_layer_kernel, kernel_id::dynamic_layer);
  set_dynamic_layer<Kind>(p, n);
  set_types(p, n);
  if (n.in[0].per_channel() || n.in[0].zero_point() != 0)
    return unsupported("a zero point of the input's codes", std::to_string(n.in[0].zero_point()),
                       "an operand of zero points");
  const tensor_desc& w = n.in[1];
  if (!dynamic_sums_fit(n.present(3), n.in[0], w,
                        product_of(p.kernel_h, p.kernel_w, p.in_c / p.groups)))
    return invalid("accumulators exceed int32");
  set_weight_zero_points(w, to, p, as_size(p.out_c));
  if (auto s = set_row_scaling(n, to, p); !s) return s;
  know_fit(to, p, kernels::problem_of(p));
  return unit{};
}
#else
template <dynamic_kind Kind> status dynamic_layer_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form dynamic_layer_forms[] = {
    {.in = {eight_bit, eight_bit, dtype::f32, dtype::s32, dtype::f32},
     .out = {dtype::f32},
     .roundings = {rounding::none, rounding::xnnpack, rounding::aten}},
};
static_assert(roundings_of(dynamic_layer_forms) == roundings_of(dynamic_dequantize_forms));
inline constexpr op_def dynamic_conv2d{
    .name = "qnn.dynamic_conv2d",
    .summary = "convolution of codes whose scales were chosen when it ran, to float32",
    .min_inputs = 3,
    .max_inputs = 5,
    .optional = {3, 4},
    .forms = dynamic_layer_forms,
    .kernel = kernel_id::dynamic_layer,
    .attributes = keys_of<conv2d_attrs, dynamic_layer_attrs, float_clamp_attrs>,
    .shape = &dynamic_conv2d_shape,
    .memory = &dynamic_layer_memory<dynamic_kind::window>,
    .prepare = &dynamic_layer_prepare<dynamic_kind::window>,
    .decide = &laws::dynamic_dequantize,
    .macs = &layer_macs,
};
inline constexpr op_def dynamic_transposed{
    .name = "qnn.dynamic_transposed",
    .summary =
        "transposed convolution of codes whose scales were chosen when it ran, sums to float32",
    .min_inputs = 3,
    .max_inputs = 5,
    .optional = {3, 4},
    .forms = dynamic_layer_forms,
    .kernel = kernel_id::dynamic_layer,
    .attributes = keys_of<transpose_conv2d_attrs, dynamic_layer_attrs, float_clamp_attrs>,
    .shape = &dynamic_transposed_shape,
    .memory = &dynamic_layer_memory<dynamic_kind::transposed>,
    .prepare = &dynamic_layer_prepare<dynamic_kind::transposed>,
    .decide = &laws::dynamic_dequantize,
    .macs = &transpose_conv2d_macs,
};
inline constexpr op_def dynamic_fully_connected{
    .name = "qnn.dynamic_fully_connected",
    .summary = "matrix product of codes whose scales were chosen when it ran, to float32",
    .min_inputs = 3,
    .max_inputs = 5,
    .optional = {3, 4},
    .forms = dynamic_layer_forms,
    .kernel = kernel_id::dynamic_layer,
    .attributes = keys_of<fully_connected_attrs, dynamic_layer_attrs, float_clamp_attrs>,
    .shape = &dynamic_fully_connected_shape,
    .memory = &dynamic_layer_memory<dynamic_kind::dense>,
    .prepare = &dynamic_layer_prepare<dynamic_kind::dense>,
    .decide = &laws::dynamic_dequantize,
    .macs = &layer_macs,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_DYNAMIC_LAYERS_HPP_
