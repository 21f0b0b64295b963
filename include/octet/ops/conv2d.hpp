// qnn.conv2d and qnn.depthwise_conv2d: NHWC, any stride, dilation, groups, explicit padding, fused
// requantize.
#ifndef OCTET_OPS_CONV2D_HPP_
#define OCTET_OPS_CONV2D_HPP_

#include "octet/kernels/depthwise.hpp"
#include "octet/laws/layers.hpp"
#include "octet/ops/requantize.hpp"
#include "octet/ops/work.hpp"

OCTET_NAMESPACE_BEGIN

/// Padding in input elements; taps outside the image count as the input's zero point.
struct conv2d_attrs {
  std::int32_t stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
  std::int32_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  std::int32_t groups = 1;
  static constexpr auto fields = field_list{field{"stride_h", &conv2d_attrs::stride_h},
                                            field{"stride_w", &conv2d_attrs::stride_w},
                                            field{"dilation_h", &conv2d_attrs::dilation_h},
                                            field{"dilation_w", &conv2d_attrs::dilation_w},
                                            field{"pad_top", &conv2d_attrs::pad_top},
                                            field{"pad_left", &conv2d_attrs::pad_left},
                                            field{"pad_bottom", &conv2d_attrs::pad_bottom},
                                            field{"pad_right", &conv2d_attrs::pad_right},
                                            field{"groups", &conv2d_attrs::groups}};
};
/// How conv2d, depthwise_conv2d, fully_connected and transpose_conv2d of quantized values sum and
/// rescale.
struct accumulation_attrs {
  bool f32_product = false;      // sx*sw is rounded to binary32 before anything else (TFLite uint8)
  std::int32_t input_limit = 0;  // int16 input: |x - zero point| is at most this (255 after
                                 // qnn.dynamic_quantize); 0: all of its type. Sums of larger values
                                 // are cut to the accumulator's bits
  static constexpr auto fields = field_list{field{"f32_product", &accumulation_attrs::f32_product},
                                            field{"input_limit", &accumulation_attrs::input_limit}};
};

/// What conv2d and depthwise kernels get.
/// conv2d weights: [out_c][kernel_h][kernel_w][in_c / groups]; depthwise weights:
/// [kernel_h][kernel_w][out_c], out_c = in_c * multiplier.
struct conv2d_params {
  std::int32_t batch, in_h, in_w, in_c, out_h, out_w, out_c, kernel_h, kernel_w;
  std::int32_t stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left, groups;
  dtype in_type, weight_type,
      out_type;  // out_type s32 or s64 with requant.mode none: the accumulators
  std::int32_t in_zero_point = 0;
  const std::int32_t* weight_zero_points = nullptr;  // one per output channel; null: all 0
  const void* weights = nullptr;  // constant weights, unpacked; null: dynamic, taken from in[1]
  const std::int32_t* bias32 = nullptr;  // at most one of the two
  const std::int64_t* bias64 = nullptr;
  bool wide = false;  // accumulators may exceed int32: int64 needed
  kernels::weight_fit fits = kernels::weight_fit::unknown;
  requantize_params requant;
  const std::byte* packed = nullptr;  // set by the kernel's pack()
  constexpr std::int64_t bias(std::int32_t c) const {
    return bias32 ? bias32[c] : bias64 ? bias64[c] : 0;
  }
};

namespace kernels {
constexpr gemm_problem problem_of(const conv2d_params& p, bool depthwise) noexcept {
  gemm_problem g;
  g.batch = p.batch, g.in_h = p.in_h, g.in_w = p.in_w, g.in_c = p.in_c, g.out_h = p.out_h,
  g.out_w = p.out_w, g.out_c = p.out_c, g.kernel_h = p.kernel_h, g.kernel_w = p.kernel_w;
  g.stride_h = p.stride_h, g.stride_w = p.stride_w, g.dilation_h = p.dilation_h,
  g.dilation_w = p.dilation_w, g.pad_top = p.pad_top, g.pad_left = p.pad_left,
  g.groups = depthwise ? p.in_c : p.groups;
  g.in_type = p.in_type, g.weight_type = p.weight_type, g.out_type = p.out_type,
  g.in_zero_point = p.in_zero_point, g.weight_zero_points = p.weight_zero_points,
  g.weights = p.weights;
  g.weight_oc = depthwise ? 1 : as_size(p.kernel_h * p.kernel_w) * as_size(g.group_in());
  g.weight_tap = depthwise ? as_size(p.out_c) : as_size(g.group_in());
  g.bias32 = p.bias32, g.bias64 = p.bias64, g.wide = p.wide, g.requant = &p.requant;
  g.fits = p.fits;
  return g;
}
}  // namespace kernels

/// Shape of a convolution: x [N,H,W,C], w [O,KH,KW,C/groups].
OCTET_COLD constexpr shape_or conv2d_shape(const conv2d_attrs& a, const dims& x, const dims& w) {
  if (x.rank != 4) return violation{rule::rank, dims{0, 0, 0, 0}, x};
  if (w.rank != 4) return violation{rule::rank, dims{0, 0, 0, 0}, w};
  if (a.groups < 1 || x[3] % a.groups != 0 || w[0] % a.groups != 0)
    return violation{rule::groups, dims{a.groups}, dims{x[3], w[0]}};
  if (w[3] != x[3] / a.groups) return violation{rule::channels, dims{x[3] / a.groups}, dims{w[3]}};
  if (a.stride_h < 1 || a.stride_w < 1 || a.dilation_h < 1 || a.dilation_w < 1)
    return violation{rule::stride, dims{1, 1, 1, 1},
                     dims{a.stride_h, a.stride_w, a.dilation_h, a.dilation_w}};
  const std::int64_t kh = (std::int64_t{w[1]} - 1) * a.dilation_h + 1,
                     kw = (std::int64_t{w[2]} - 1) * a.dilation_w + 1;
  const std::int64_t ph = std::int64_t{x[1]} + a.pad_top + a.pad_bottom,
                     pw = std::int64_t{x[2]} + a.pad_left + a.pad_right;
  if (kh > ph || kw > pw || ph > INT32_MAX || pw > INT32_MAX)
    return violation{rule::window,
                     dims{static_cast<std::int32_t>(kh), static_cast<std::int32_t>(kw)},
                     dims{static_cast<std::int32_t>(ph), static_cast<std::int32_t>(pw)}};
  return dims{x[0], static_cast<std::int32_t>((ph - kh) / a.stride_h + 1),
              static_cast<std::int32_t>((pw - kw) / a.stride_w + 1), w[0]};
}
/// Depthwise: x [N,H,W,C], w [1,KH,KW,C*multiplier].
constexpr shape_or depthwise_conv2d_shape(const conv2d_attrs& a, const dims& x, const dims& w) {
  if (x.rank != 4) return violation{rule::rank, dims{0, 0, 0, 0}, x};
  if (w.rank != 4) return violation{rule::rank, dims{0, 0, 0, 0}, w};
  if (x[3] < 1 || w[3] % x[3] != 0 || w[0] != 1)
    return violation{rule::channels, dims{1, w[1], w[2], x[3]}, w};
  conv2d_attrs one = a;
  one.groups = 1;
  return conv2d_shape(one, dims{x[0], x[1], x[2], 1}, dims{w[3], w[1], w[2], 1});
}

namespace reference {

/// A layer's sum of that output channel as the node gives it: itself, or rounded.
constexpr std::int64_t finished(const requantize_params& q, std::int64_t sum,
                                std::int32_t channel) {
  return q.mode == rounding::none ? sum : numerics::requantize(q, sum, channel);
}
/// The meaning of both convolutions, one output value at a time. `weight(oc, ky, kx, ic)`, ic
/// counted within the group. `x`, `w`: pointers or quantized_codes; `y`: typed_results or
/// integer_results.
template <class In, class W, class Out>
constexpr void conv2d(const conv2d_params& p, In x, W w, const Out& y, bool depthwise,
                      std::size_t row_begin, std::size_t row_end) {
  const std::int32_t group_in = depthwise ? 1 : p.in_c / p.groups,
                     group_out = depthwise ? p.out_c / p.in_c : p.out_c / p.groups;
  const image_extents image{p.in_h, p.in_w, p.in_c};
  const std::size_t taps = product_of(p.kernel_h, p.kernel_w);
  for (std::size_t row = row_begin; row < row_end; ++row) {
    const auto [n, oy] = image_row_of(row, p.out_h);
    for (std::int32_t ox = 0; ox < p.out_w; ++ox)
      for (std::int32_t oc = 0; oc < p.out_c; ++oc) {
        std::int64_t acc = p.requant.mode == rounding::float_bias_half_even ? 0 : p.bias(oc);
        const std::int32_t wz = p.weight_zero_points ? p.weight_zero_points[oc] : 0,
                           first = oc / group_out * group_in;
        for (std::int32_t ky = 0; ky < p.kernel_h; ++ky)
          for (std::int32_t kx = 0; kx < p.kernel_w; ++kx) {
            const std::int32_t iy = oy * p.stride_h - p.pad_top + ky * p.dilation_h,
                               ix = ox * p.stride_w - p.pad_left + kx * p.dilation_w;
            if (iy < 0 || iy >= p.in_h || ix < 0 || ix >= p.in_w) continue;
            const std::size_t px = nhwc_index(image, n, iy, ix, first);
            const std::size_t tap = as_size(ky * p.kernel_w + kx);
            const std::size_t pw = depthwise ? tap * as_size(p.out_c) + as_size(oc)
                                             : (as_size(oc) * taps + tap) * as_size(group_in);
            for (std::size_t ic = 0; ic < as_size(group_in); ++ic)
              acc += std::int64_t{x[px + ic] - p.in_zero_point} * (std::int32_t{w[pw + ic]} - wz);
          }
        y.set((row * as_size(p.out_w) + as_size(ox)) * as_size(p.out_c) + as_size(oc),
              finished(p.requant, acc, oc));
      }
  }
}
#if OCTET_HAS_DEFINITIONS
template <bool Depthwise> void conv2d_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const conv2d_params*>(a.params);
  const auto rows = part_of(product_of(p.batch, p.out_h), a.part, a.parts);
  const integer_results y{a.out[0], p.out_type};
  // Header-only files, whose kernels take nearly all convolutions: one loop for all types.
  if constexpr (!kernels::every_form)
    return conv2d(p, quantized_codes{a.in[0], p.in_type}, quantized_codes{a.in[1], p.weight_type},
                  y, Depthwise, rows.begin, rows.end);
  else
    with_operands(p.in_type, p.weight_type, [&]<class In, class W>(type_tag<In>, type_tag<W>) {
      conv2d(p, static_cast<const In*>(a.in[0]), static_cast<const W*>(a.in[1]), y, Depthwise,
             rows.begin, rows.end);
    });
}
#else
template <bool Depthwise> void conv2d_kernel(const kernel_args& a) noexcept;
#endif

}  // namespace reference

namespace ops {

/// The zero point of all channels. Nothing where channels differ, or where the compiler cannot tell
/// because the numbers are not constants to it.
constexpr std::optional<std::int32_t> common_zero_point(const tensor_desc& w) {
  if (w.zero_points.size() <= 1) return w.zero_point();
  if (std::is_constant_evaluated()) return std::nullopt;
  for (std::int32_t z : w.zero_points)
    if (z != w.zero_points[0]) return std::nullopt;
  return w.zero_points[0];
}
/// A problem's weights before they are prepared: their zero points where these are at hand.
constexpr void set_weights(kernels::gemm_problem& g, const tensor_desc& w) {
  const auto common = common_zero_point(w);
  g.weight_zero_point = common.value_or(0);
  g.zero_points_unknown = !common.has_value();
}
/// Sum over one output channel's weights of |w - zero point|.
template <class F>
std::int64_t absolute_sum(const node_view& n, std::size_t input, std::size_t count, F&& index,
                          std::int32_t zero_point) {
  std::int64_t total = 0;
  with_quantized(n.in[input].type, [&]<class W>(type_tag<W>) {
    const auto w = n.constant_as<W>(input);
    for (std::size_t i = 0; i < count; ++i) {
      const std::int64_t v = std::int64_t{w[index(i)]} - zero_point;
      total += v < 0 ? -v : v;
    }
  });
  return total;
}

/// What conv2d, depthwise_conv2d, fully_connected and transpose_conv2d know of their tensors before
/// anything is computed: types, the input's zero point, where constant weights lie.
template <class P> constexpr void set_types(P& p, const node_view& n) {
  p.in_type = n.in[0].type;
  p.weight_type = n.in[1].type;
  p.out_type = n.out[0].type;
  p.in_zero_point = n.in[0].zero_point();
  if (n.is_constant(1)) p.weights = n.constant[1].data();
}
/// op_def::memory of the same. `p`: extents set. `problem(p)`: as the kernel sees it;
/// `need(problem, layout)`: the kernel's memory.
template <class P, class Problem, class F>
constexpr void accumulation_memory(const node_view& n, node_memory& to, P& p, std::size_t channels,
                                   Problem&& problem, F&& need) {
  const tensor_desc& w = n.in[1];
  to.make<P>();
  set_types(p, n);
  const bool real_bias = n.round != rounding::none && n.present(2) && n.in[2].type == dtype::f32;
  p.requant.mode = requantize_mode(n.round, real_bias);
  if (common_zero_point(w) != 0) to.array<std::int32_t>(channels);
  requantize_memory(to, n.round, w.per_channel() ? channels : 1);
  if (real_bias) real_bias_memory(to, n.round, channels, w.per_channel() ? channels : 1);
  kernels::gemm_problem g = problem(p);
  set_weights(g, w);
  to.kernel([&](const kernels::target_layout& t) { return need(g, t); });
}
#if OCTET_HAS_DEFINITIONS
/// A bias of integers (input 2, where there is one) as the parameters hold it; one of floats is
/// looked at, but for its rounding to take.
template <class P>
OCTET_COLD status set_integer_bias(const node_view& n, P& p, std::size_t channels) {
  if (!n.present(2)) return unit{};
  const tensor_desc& b = n.in[2];
  if (b.shape.elements().value != channels)
    return detail::invalid_of({"bias count"}, {b.shape.elements().value}, {channels});
  if (!n.is_constant(2)) return unsupported("a bias that is computed at run time");
  if (b.type == dtype::s32) {
    p.bias32 = n.constant_as<std::int32_t>(2).data();
  } else if (b.type == dtype::s64) {
    for (std::int64_t v : n.constant_as<std::int64_t>(2))
      if (v >= std::int64_t{1} << 62 || v <= -(std::int64_t{1} << 62))
        return detail::invalid_of({"bias"}, {v},
                                  {"a magnitude below 2^62"});  // sums with it must not leave int64
    p.bias64 = n.constant_as<std::int64_t>(2).data();
  }
  return unit{};
}
/// One zero point for each channel of the weights, where not all are 0.
template <class P>
OCTET_COLD void set_weight_zero_points(const tensor_desc& w, prepared& to, P& p,
                                       std::size_t channels) {
  if (common_zero_point(w) == 0) return;
  auto z = to.array<std::int32_t>(channels);
  for (std::size_t c = 0; c < channels; ++c) z[c] = w.zero_point(c);
  p.weight_zero_points = z.data();
}
/// Whether constant weights fit int8, where plans for other shapes ask again.
template <class P> void know_fit(prepared& to, P& p, const kernels::gemm_problem& problem) {
  if (to.facts == nullptr || p.weights == nullptr || problem.dynamic) return;
  if (!to.facts->fits) to.facts->fits = kernels::form_of(problem).fits;
  p.fits = *to.facts->fits ? kernels::weight_fit::yes : kernels::weight_fit::no;
}
/// The parts that conv2d, depthwise_conv2d, fully_connected and transpose_conv2d share: types, zero
/// points, bias (input 2), accumulator width, requantize. `channels` = output channels;
/// `channel_weights(oc, i)` = index of the i-th of `per_channel` weights of output channel oc.
template <class P, class F>
OCTET_COLD status prepare_accumulation(const node_view& n, prepared& to, P& p, std::size_t channels,
                                       std::size_t per_channel, F&& channel_weights) {
  const auto how = read_attributes<accumulation_attrs>(*n.attrs);
  const tensor_desc &x = n.in[0], &w = n.in[1], &y = n.out[0];
  set_types(p, n);
  if (x.per_channel()) return unsupported("per-channel activations");
  if (w.per_channel() && w.scales.size() != channels)
    return detail::invalid_of({"weight scales"}, {w.scales.size()}, {channels});
  set_weight_zero_points(w, to, p, channels);
  if (auto b = set_integer_bias(n, p, channels); !b) return b;
  // |acc + bias| < 2^31 is proven from the weights at hand; where it cannot be, accumulate in
  // int64.
  const std::int64_t any_x = largest_offset(x.type, x.zero_point()),
                     largest_x = how.input_limit > 0 && n.round == rounding::none
                                     ? std::min<std::int64_t>(how.input_limit, any_x)
                                     : any_x;
  const bool known = to.facts != nullptr && to.facts->wide.has_value();
  p.wide = known && *to.facts->wide;
  for (std::size_t c = 0; c < channels && !p.wide && !known; ++c) {
    const std::int64_t bias = p.bias(static_cast<std::int32_t>(c));
    const auto exceeds = [&](std::int64_t total) {
      return total > INT32_MAX / std::max<std::int64_t>(largest_x, 1) ||
             total * largest_x + (bias < 0 ? -bias : bias) > INT32_MAX;
    };
    // Whatever the weights are, or these.
    p.wide =
        exceeds(static_cast<std::int64_t>(per_channel) * largest_offset(w.type, w.zero_point(c))) &&
        (p.weights == nullptr ||
         exceeds(absolute_sum(
             n, 1, per_channel, [&](std::size_t i) { return channel_weights(c, i); },
             w.zero_point(c))));
  }
  if (to.facts != nullptr) to.facts->wide = p.wide;
  if (n.round == rounding::none) {
    if (p.wide && y.type == dtype::s32)
      return invalid("accumulators exceed int32", {}, "int64 output");
    return unit{};
  }
  const auto product = [&](std::size_t c) {
    return laws::accumulator_scale(uses_f32_product(n.round, how.f32_product), x.scale(),
                                   w.scale(c));
  };
  if (auto s = fill_requantize(to, p.requant, n.round, w.per_channel() ? channels : 1, product, y,
                               clamp_of(*n.attrs, y.type));
      !s)
    return s;
  if (n.present(2) && n.in[2].type == dtype::f32)
    return set_real_bias(to, p.requant, n.round, n.constant_as<float>(2), product);
  return unit{};
}
#endif

constexpr status conv2d_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(
      out, conv2d_shape(read_attributes<conv2d_attrs>(*n.attrs), n.in[0].shape, n.in[1].shape));
}
constexpr status depthwise_conv2d_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, depthwise_conv2d_shape(read_attributes<conv2d_attrs>(*n.attrs),
                                               n.in[0].shape, n.in[1].shape));
}

/// Extents and steps of a convolution, plain or transposed, from its tensors and attributes.
template <class Attributes>
constexpr void set_geometry(conv2d_params& p, const Attributes& a, const dims& x, const dims& w,
                            const dims& y) {
  p.batch = x[0], p.in_h = x[1], p.in_w = x[2], p.in_c = x[3];
  p.out_h = y[1], p.out_w = y[2], p.out_c = y[3];
  p.kernel_h = w[1], p.kernel_w = w[2];
  p.stride_h = a.stride_h, p.stride_w = a.stride_w, p.dilation_h = a.dilation_h,
  p.dilation_w = a.dilation_w;
  p.pad_top = a.pad_top, p.pad_left = a.pad_left;
  p.groups = a.groups;
}
template <bool Depthwise>
constexpr void set_conv2d(conv2d_params& p, const conv2d_attrs& a, const node_view& n) {
  set_geometry(p, a, n.in[0].shape, n.in[1].shape, n.out[0].shape);
  if (!Depthwise) return;
  p.groups = p.in_c;
  // A column of pixels lies in memory as a row of them does, which the kernels walk faster.
  if (p.in_w == 1 && p.out_w == 1 && p.kernel_w == 1 && p.pad_left == 0) {
    std::swap(p.in_h, p.in_w), std::swap(p.out_h, p.out_w), std::swap(p.kernel_h, p.kernel_w);
    std::swap(p.stride_h, p.stride_w), std::swap(p.dilation_h, p.dilation_w);
    std::swap(p.pad_top, p.pad_left);
  }
}
template <bool Depthwise>
OCTET_COLD constexpr void conv2d_memory(const node_view& n, node_memory& to) {
  conv2d_params p{};
  set_conv2d<Depthwise>(p, read_attributes<conv2d_attrs>(*n.attrs), n);
  accumulation_memory(
      n, to, p, as_size(p.out_c),
      [](const conv2d_params& q) { return kernels::problem_of(q, Depthwise); },
      Depthwise ? &kernels::depthwise_memory : &kernels::conv2d_memory);
}
#if OCTET_HAS_DEFINITIONS
template <bool Depthwise> OCTET_COLD status conv2d_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<conv2d_attrs>(*n.attrs);
  const dims &w = n.in[1].shape, &y = n.out[0].shape;
  auto& p = to.make<conv2d_params>(&reference::conv2d_kernel<Depthwise>,
                                   Depthwise ? kernel_id::depthwise_conv2d : kernel_id::conv2d);
  set_conv2d<Depthwise>(p, a, n);
  const auto channels = as_size(y[3]);
  const std::size_t per_channel = as_size(w[1]) * as_size(w[2]) * (Depthwise ? 1 : as_size(w[3]));
  auto s = prepare_accumulation(n, to, p, channels, per_channel, [=](std::size_t c, std::size_t i) {
    return Depthwise ? i * channels + c : c * per_channel + i;
  });
  if (s) know_fit(to, p, kernels::problem_of(p, Depthwise));
  return s;
}
#else
template <bool Depthwise> status conv2d_prepare(const node_view& n, prepared& to);
#endif
/// Forms of the layers that accumulate: the sums themselves, or rounded; FB takes a float bias.
inline constexpr form accumulating_forms[] = {
    {.in = {quantized_types, quantized_types, accumulator_types}, .out = {accumulator_types}},
    {.in = {quantized_types, quantized_types, accumulator_types},
     .out = {rescaled_types},
     .roundings = layer_roundings},
    {.in = {quantized_types, quantized_types, dtype::f32},
     .out = {rescaled_types},
     .roundings = with_real_bias},
};
inline constexpr op_def conv2d{
    .name = "qnn.conv2d",
    .summary = "convolution of NHWC images",
    .min_inputs = 2,
    .max_inputs = 3,
    .optional = {2},
    .forms = accumulating_forms,
    .quantized = true,
    .accumulates = true,
    .pads_input = true,
    .kernel = kernel_id::conv2d,
    .attributes = keys_of<conv2d_attrs, accumulation_attrs, clamp_keys>,
    .shape = &conv2d_op_shape,
    .memory = &conv2d_memory<false>,
    .prepare = &conv2d_prepare<false>,
    .decide = &laws::conv2d,
    .macs = &layer_macs,
};
inline constexpr op_def depthwise_conv2d{
    .name = "qnn.depthwise_conv2d",
    .summary = "convolution of each channel by itself",
    .min_inputs = 2,
    .max_inputs = 3,
    .optional = {2},
    .forms = accumulating_forms,
    .quantized = true,
    .accumulates = true,
    .pads_input = true,
    .kernel = kernel_id::depthwise_conv2d,
    .attributes = keys_of<conv2d_attrs, accumulation_attrs, clamp_keys>,
    .shape = &depthwise_conv2d_op_shape,
    .memory = &conv2d_memory<true>,
    .prepare = &conv2d_prepare<true>,
    .decide = &laws::depthwise_conv2d,
    .macs = &depthwise_macs,
};

}  // namespace ops
OCTET_NAMESPACE_END

#endif  // OCTET_OPS_CONV2D_HPP_
