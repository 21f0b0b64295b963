// qnn.avg_pool2d, qnn.max_pool2d, avg_pool2d, max_pool2d: NHWC windows with explicit padding; also
// the adaptive form.
#ifndef OCTET_OPS_POOL2D_HPP_
#define OCTET_OPS_POOL2D_HPP_

#include "octet/laws/windows.hpp"
#include "octet/ops/add.hpp"
#include "octet/ops/dequantize.hpp"
#include "octet/ops/work.hpp"

OCTET_NAMESPACE_BEGIN

/// Padding never takes part in a maximum and adds nothing to a sum; it counts in an average's
/// divisor only with count_include_pad.
struct pool2d_attrs {
  std::int32_t window_h = 1, window_w = 1, stride_h = 1, stride_w = 1, dilation_h = 1,
               dilation_w = 1;  // dilation: not of quantized averages
  std::int32_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  bool ceil_mode = false;  // a last, partly covered window also counts if it starts inside the
                           // image or the leading padding
  bool count_include_pad = false;
  std::int32_t divisor = 0;                     // > 0: divides every average
  std::int32_t adaptive_h = 0, adaptive_w = 0;  // > 0: output extents; window i covers [floor(i *
                                                // in / out), ceil((i + 1) * in / out))
  static constexpr auto fields =
      field_list{field{"window_h", &pool2d_attrs::window_h},
                 field{"window_w", &pool2d_attrs::window_w},
                 field{"stride_h", &pool2d_attrs::stride_h},
                 field{"stride_w", &pool2d_attrs::stride_w},
                 field{"dilation_h", &pool2d_attrs::dilation_h},
                 field{"dilation_w", &pool2d_attrs::dilation_w},
                 field{"pad_top", &pool2d_attrs::pad_top},
                 field{"pad_left", &pool2d_attrs::pad_left},
                 field{"pad_bottom", &pool2d_attrs::pad_bottom},
                 field{"pad_right", &pool2d_attrs::pad_right},
                 field{"ceil_mode", &pool2d_attrs::ceil_mode},
                 field{"count_include_pad", &pool2d_attrs::count_include_pad},
                 field{"divisor", &pool2d_attrs::divisor},
                 field{"adaptive_h", &pool2d_attrs::adaptive_h},
                 field{"adaptive_w", &pool2d_attrs::adaptive_w}};
};

struct pool2d_params {
  bool max = false;
  bool squares = false;            // l2_pool2d: the root of the mean square
  rounding mode = rounding::none;  // averages of quantized values: AWAY, F, FZ, QNN, ATEN,
                                   // EVEN, ORT; of floats: XNN; none: maximum, or plain numbers
  dtype type = dtype::u8;
  std::int32_t batch, in_h, in_w, channels, out_h, out_w, window_h, window_w, stride_h, stride_w,
      dilation_h, dilation_w;
  std::int32_t pad_top, pad_left, pad_bottom, pad_right;
  bool adaptive = false, count_include_pad = false;
  std::int32_t divisor = 0;
  std::int32_t in_zero_point = 0, zero_point = 0, lo = 0, hi = 0;
  double ratio = 1;                   // F, FZ: sx / sy in binary64
  float in_scale = 1, out_scale = 1;  // QNN, ORT
  float min = 0, max_value = 0;       // clamp of plain float32
};

/// One axis of a pooling output's shape; 0 where the rule is broken.
constexpr std::int32_t pooled_extent(std::int32_t in, std::int32_t window, std::int32_t stride,
                                     std::int32_t dilation, std::int32_t before, std::int32_t after,
                                     bool ceil_mode) {
  const std::int64_t reach = (std::int64_t{window} - 1) * dilation + 1,
                     padded = std::int64_t{in} + before + after;
  if (window < 1 || stride < 1 || dilation < 1 || before < 0 || after < 0 || in < 1 ||
      before >= reach || after >= reach || padded < reach || padded > INT32_MAX)
    return 0;
  std::int64_t out = (padded - reach) / stride + 1;
  if (ceil_mode && (padded - reach) % stride != 0 && out * stride < std::int64_t{in} + before)
    ++out;
  return static_cast<std::int32_t>(out);
}
constexpr shape_or pool2d_shape(const pool2d_attrs& a, const dims& x) {
  if (x.rank != 4) return violation{rule::rank, dims{0, 0, 0, 0}, x};
  if (a.adaptive_h > 0 || a.adaptive_w > 0) {
    if (a.adaptive_h < 1 || a.adaptive_w < 1 || x[1] < 1 || x[2] < 1)
      return violation{rule::window, dims{1, 1}, dims{a.adaptive_h, a.adaptive_w}};
    return dims{x[0], a.adaptive_h, a.adaptive_w, x[3]};
  }
  if (a.stride_h < 1 || a.stride_w < 1 || a.dilation_h < 1 || a.dilation_w < 1)
    return violation{rule::stride, dims{1, 1, 1, 1},
                     dims{a.stride_h, a.stride_w, a.dilation_h, a.dilation_w}};
  if (std::int64_t{a.window_h} * a.window_w > INT32_MAX)  // what an average divides by
    return violation{rule::window, dims{x[1], x[2]}, dims{a.window_h, a.window_w}};
  const std::int32_t h = pooled_extent(x[1], a.window_h, a.stride_h, a.dilation_h, a.pad_top,
                                       a.pad_bottom, a.ceil_mode);
  const std::int32_t w = pooled_extent(x[2], a.window_w, a.stride_w, a.dilation_w, a.pad_left,
                                       a.pad_right, a.ceil_mode);
  if (h < 1 || w < 1)
    return violation{rule::window, dims{x[1], x[2]}, dims{a.window_h, a.window_w}};
  return dims{x[0], h, w, x[3]};
}

/// The taps of one output along one axis: input indices begin, begin + step, ... < end, all inside
/// the image; `counted`: the taps that count_include_pad counts (the declared padding, but not what
/// ceil_mode adds).
struct pool_range {
  std::int32_t begin, end, step, counted;
};
constexpr pool_range pool_taps(std::int32_t o, std::int32_t out, std::int32_t in,
                               std::int32_t window, std::int32_t stride, std::int32_t dilation,
                               std::int32_t before, std::int32_t after, bool adaptive) {
  if (adaptive) {
    const auto begin = static_cast<std::int32_t>(std::int64_t{o} * in / out),
               end = static_cast<std::int32_t>(((std::int64_t{o} + 1) * in + out - 1) / out);
    return {begin, end, 1, end - begin};
  }
  const std::int32_t start = o * stride - before, stop = start + (window - 1) * dilation + 1;
  std::int32_t first = start;
  if (first < 0) first += (-first + dilation - 1) / dilation * dilation;
  return {first, stop < in ? stop : in, dilation, (stop < in + after ? stop : in + after) - start};
}

/// XNN: the taps of a window by columns, each where it stands in the window; `rows` a column, from
/// `first_row` and `first_column` on those inside the image.
struct window_places {
  std::int32_t rows, first_row, first_column;
  constexpr std::int64_t of(std::int32_t row, std::int32_t column) const noexcept {
    return (std::int64_t{first_column} + column) * rows + first_row + row;
  }
};
constexpr window_places places_of(const pool2d_params& p, std::int32_t oy, std::int32_t ox,
                                  const pool_range& v, const pool_range& h) noexcept {
  if (p.adaptive) return {v.end - v.begin, 0, 0};
  return {p.window_h, (v.begin - (oy * p.stride_h - p.pad_top)) / p.dilation_h,
          (h.begin - (ox * p.stride_w - p.pad_left)) / p.dilation_w};
}
namespace numerics {
/// XNN: places nine by nine; those outside the image are zeros.
class sum_of_nines {
 public:
  constexpr void add(std::int64_t place, float v) noexcept {
    if (place / 9 != group_) end_group(), group_ = place / 9;
    taps_[as_size(place % 9)] = v;
  }
  constexpr float value() noexcept { return end_group(), total_; }

 private:
  constexpr void end_group() noexcept {
    const auto& t = taps_;
    total_ = numerics::add(
        total_, numerics::add(numerics::add(numerics::add(t[2], t[3]), numerics::add(t[4], t[5])),
                              numerics::add(numerics::add(numerics::add(t[0], t[1]), t[8]),
                                            numerics::add(t[6], t[7]))));
    taps_ = {};
  }
  std::array<float, 9> taps_{};
  std::int64_t group_ = 0;
  float total_ = 0;
};
/// Average of `taps` values: sum of raw q and the divisor n (all paddings resolved) to the output's
/// quantized value.
constexpr std::int32_t average(const pool2d_params& p, std::int64_t sum, std::int32_t taps,
                               std::int32_t n, std::int32_t window_h,
                               std::int32_t window_w) noexcept {
  const std::int64_t offset = sum - std::int64_t{taps} * p.in_zero_point;
  switch (p.mode) {
    case rounding::divide_half_away:
      return static_cast<std::int32_t>(clamp<std::int64_t>(
          (sum > 0 ? sum + n / 2 : sum - n / 2) / n, p.lo, p.hi));  // raw: zero points are equal
    case rounding::float_half_even:
      return clamp_to_int(static_cast<double>(scaled_half_even(
                              offset, static_cast<float>(div(p.ratio, static_cast<double>(n))))) +
                              p.zero_point,
                          p.lo, p.hi);
    case rounding::float_zero_point_half_even:
      return clamp_to_int(static_cast<double>(rint(
                              add(mul(static_cast<float>(offset),
                                      static_cast<float>(div(p.ratio, static_cast<double>(n)))),
                                  static_cast<float>(p.zero_point)))),
                          p.lo, p.hi);
    case rounding::qnnpack:
      return clamp_to_int(
          static_cast<double>(scaled_half_even(
              offset, div(p.in_scale, mul(p.out_scale, static_cast<float>(std::int64_t{window_h} *
                                                                          window_w))))) +
              p.zero_point,
          p.lo, p.hi);
    case rounding::aten:
      return clamp_to_int(
          static_cast<double>(scaled_half_even(
              sum, div(div(1.f, static_cast<float>(window_h)), static_cast<float>(window_w)))),
          p.lo, p.hi);
    case rounding::divide_half_even:
      return clamp_to_int(
          static_cast<double>(rint(div(static_cast<float>(sum), static_cast<float>(n)))), p.lo,
          p.hi);  // raw
    case rounding::none:
    case rounding::doubling_high_half_away:
    case rounding::doubling_high_half_up:
    case rounding::wide_half_up:
    case rounding::double_half_away:
    case rounding::float_bias_half_even:
    case rounding::eight_bit_ratio_half_up:
    case rounding::reciprocal_half_even:
    case rounding::divide_truncate:
    case rounding::xnnpack:
    case rounding::fused_multiply_add:
    case rounding::tflite_optimized:
    case rounding::mxnet:
    case rounding::onnxruntime: break;  // pool2d_prepare refuses these
  }
  return p.zero_point;
}
/// ONNX Runtime: the sum is of dequantized taps, row by row; the zero point is inside the rounding.
constexpr std::int32_t average_of_reals(const pool2d_params& p, float sum,
                                        std::int32_t n) noexcept {
  return clamp_to_int(
      static_cast<double>(rint(add(div(div(sum, static_cast<float>(n)), p.out_scale),
                                   static_cast<float>(p.zero_point)))),
      p.lo, p.hi);
}
}  // namespace numerics

namespace reference {
/// XNN: one average of floats, divided by `divisor`.
constexpr float average_of_nines(const pool2d_params& p, const float* x, std::int64_t n,
                                 std::int32_t c, const window_places& at, const pool_range& v,
                                 const pool_range& h, std::int32_t divisor) noexcept {
  const image_extents image{p.in_h, p.in_w, p.channels};
  numerics::sum_of_nines sum;
  for (std::int32_t ix = h.begin, column = 0; ix < h.end; ix += h.step, ++column)
    for (std::int32_t iy = v.begin, row = 0; iy < v.end; iy += v.step, ++row)
      sum.add(at.of(row, column), x[nhwc_index(image, n, iy, ix, c)]);
  return numerics::mul(sum.value(), numerics::div(1.f, static_cast<float>(divisor)));
}
/// Output rows [begin, end) of batch * out_h.
template <class T>
constexpr void pool2d(const pool2d_params& p, const T* x, T* y, std::size_t begin,
                      std::size_t end) {
  const image_extents image{p.in_h, p.in_w, p.channels};
  for (std::size_t row = begin; row < end; ++row) {
    const auto [n, oy] = image_row_of(row, p.out_h);
    const auto v = pool_taps(oy, p.out_h, p.in_h, p.window_h, p.stride_h, p.dilation_h, p.pad_top,
                             p.pad_bottom, p.adaptive);
    for (std::int32_t ox = 0; ox < p.out_w; ++ox) {
      const auto h = pool_taps(ox, p.out_w, p.in_w, p.window_w, p.stride_w, p.dilation_w,
                               p.pad_left, p.pad_right, p.adaptive);
      T* to = y + (row * as_size(p.out_w) + as_size(ox)) * as_size(p.channels);
      const std::int32_t taps = (v.end > v.begin ? (v.end - v.begin + v.step - 1) / v.step : 0) *
                                (h.end > h.begin ? (h.end - h.begin + h.step - 1) / h.step : 0);
      const std::int32_t divisor = p.divisor > 0         ? p.divisor
                                   : p.count_include_pad ? v.counted * h.counted
                                                         : taps;
      const std::int32_t window_h = p.adaptive ? v.counted : p.window_h,
                         window_w = p.adaptive ? h.counted : p.window_w;
      for (std::int32_t c = 0; c < p.channels; ++c) {
        std::int64_t sum = 0;
        float fsum = 0;
        T best = std::is_floating_point_v<T>
                     ? static_cast<T>(-std::numeric_limits<float>::infinity())
                     : std::numeric_limits<T>::min();
        for (std::int32_t iy = v.begin; iy < v.end; iy += v.step)
          for (std::int32_t ix = h.begin; ix < h.end; ix += h.step) {
            const T q = x[nhwc_index(image, n, iy, ix, c)];
            if (q > best) best = q;
            if constexpr (std::is_floating_point_v<T>) {
              fsum = numerics::add(fsum, q);
            } else {
              sum += q;
              if (p.mode == rounding::onnxruntime)
                fsum = numerics::add(fsum, numerics::dequantize(q, p.in_zero_point, p.in_scale));
            }
          }
        if constexpr (std::is_floating_point_v<T>) {
          const T one =
              p.max ? best
              : p.mode == rounding::xnnpack
                  ? average_of_nines(p, x, n, c, places_of(p, oy, ox, v, h), v, h, divisor)
                  : numerics::div(fsum, static_cast<float>(divisor));
          to[c] = numerics::clamp(one, p.min, p.max_value);
        } else if (p.max) {
          to[c] = static_cast<T>(numerics::clamp<std::int32_t>(best, p.lo, p.hi));
        } else if (p.mode == rounding::onnxruntime) {
          to[c] = static_cast<T>(numerics::average_of_reals(p, fsum, divisor));
        } else {
          to[c] = static_cast<T>(numerics::average(p, sum, taps, divisor, window_h, window_w));
        }
      }
    }
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void pool2d_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const pool2d_params*>(a.params);
  const auto rows = part_of(product_of(p.batch, p.out_h), a.part, a.parts);
  if (p.type == dtype::f32)
    return pool2d(p, static_cast<const float*>(a.in[0]), static_cast<float*>(a.out[0]), rows.begin,
                  rows.end);
  with_quantized(p.type, [&]<class T>(type_tag<T>) {
    pool2d(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]), rows.begin, rows.end);
  });
}
#else
void pool2d_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
constexpr status pool2d_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, pool2d_shape(read_attributes<pool2d_attrs>(*n.attrs), n.in[0].shape));
}
#if OCTET_HAS_DEFINITIONS
template <bool Max, bool Quantized, bool Squares = false>
status pool2d_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<pool2d_attrs>(*n.attrs);
  const tensor_desc &x = n.in[0], &y = n.out[0];
  auto& p = to.make<pool2d_params>(&reference::pool2d_kernel, kernel_id::pool2d);
  p.max = Max;
  p.mode = n.round;
  p.type = x.type;
  p.batch = x.shape[0], p.in_h = x.shape[1], p.in_w = x.shape[2], p.channels = x.shape[3];
  p.out_h = y.shape[1], p.out_w = y.shape[2];
  p.window_h = a.window_h, p.window_w = a.window_w, p.stride_h = a.stride_h,
  p.stride_w = a.stride_w, p.dilation_h = a.dilation_h, p.dilation_w = a.dilation_w;
  p.pad_top = a.pad_top, p.pad_left = a.pad_left, p.pad_bottom = a.pad_bottom,
  p.pad_right = a.pad_right;
  p.adaptive = a.adaptive_h > 0;
  p.count_include_pad = a.count_include_pad;
  p.divisor = a.divisor;
  if constexpr (Squares) {  // which has neither dilation nor a divisor of its own
    p.squares = true;
    p.dilation_h = p.dilation_w = 1;
    p.count_include_pad = false, p.divisor = 0;
  }
  if (a.divisor < 0) return invalid("divisor", std::to_string(a.divisor), "0 or more");
  if (!Max && Quantized && (a.dilation_h != 1 || a.dilation_w != 1))
    return unsupported("dilation in an average of quantized values");
  const auto clamp = clamp_of(*n.attrs, y.type);
  p.lo = clamp.lo, p.hi = clamp.hi;
  if constexpr (!Quantized) {
    const auto c = read_attributes<float_clamp_attrs>(*n.attrs);
    p.min = static_cast<float>(c.float_lo), p.max_value = static_cast<float>(c.float_hi);
  }
  if (Max || !Quantized) {
    if (Quantized && !x.same_quantization(y))
      return invalid("max pooling does not change the quantization");
    return unit{};
  }
  if (x.per_channel() || y.per_channel()) return unsupported("per-channel activations");
  constexpr rounding_set keeping{rounding::divide_half_away, rounding::divide_half_even,
                                 rounding::aten};
  if (keeping.contains(n.round) && !x.same_quantization(y))
    return unsupported("an average of another scale or zero point in rounding " +
                       std::string(name_of(n.round)));
  p.in_zero_point = x.zero_point(), p.zero_point = y.zero_point();
  p.ratio = numerics::div(x.scale(), y.scale());
  p.in_scale = x.scale_f32(), p.out_scale = y.scale_f32();
  return finite_factors({static_cast<float>(p.ratio), p.in_scale, p.out_scale});
}
#else
template <bool Max, bool Quantized, bool Squares = false>
status pool2d_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form qnn_avg_pool2d_forms[] = {
    {.in = {quantized_types},
     .out = {like(0)},
     .roundings = {rounding::divide_half_away, rounding::divide_half_even,
                   rounding::float_half_even, rounding::float_zero_point_half_even,
                   rounding::qnnpack, rounding::aten}},
    {.in = {eight_bit}, .out = {like(0)}, .roundings = rounding::onnxruntime},
};
inline constexpr form avg_pool2d_forms[] = {
    {.in = {dtype::f32}, .out = {dtype::f32}, .roundings = {rounding::none, rounding::xnnpack}},
};
inline constexpr form qnn_max_pool2d_forms[] = {
    {.in = {quantized_types}, .out = {like(0)}},
};
inline constexpr op_def qnn_avg_pool2d{
    .name = "qnn.avg_pool2d",
    .summary = "average of windows",
    .forms = qnn_avg_pool2d_forms,
    .quantized = true,
    .kernel = kernel_id::pool2d,
    .attributes = keys_of<pool2d_attrs, clamp_keys>,
    .shape = &pool2d_op_shape,
    .memory = &params_only<pool2d_params>,
    .prepare = &pool2d_prepare<false, true>,
    .decide = &laws::average_pool,
    .steps = &window_steps,
};
inline constexpr op_def qnn_max_pool2d{
    .name = "qnn.max_pool2d",
    .summary = "largest of windows, quantized",
    .forms = qnn_max_pool2d_forms,
    .quantized = true,
    .kernel = kernel_id::pool2d,
    .attributes = keys_of<pool2d_attrs, clamp_keys>,
    .shape = &pool2d_op_shape,
    .memory = &params_only<pool2d_params>,
    .prepare = &pool2d_prepare<true, true>,
    .decide = &laws::max_pool,
    .steps = &window_steps,
};
inline constexpr op_def avg_pool2d{
    .name = "avg_pool2d",
    .summary = "average of windows, float32",
    .forms = avg_pool2d_forms,
    .kernel = kernel_id::pool2d,
    .attributes = keys_of<float_clamp_attrs, pool2d_attrs>,
    .shape = &pool2d_op_shape,
    .memory = &params_only<pool2d_params>,
    .prepare = &pool2d_prepare<false, false>,
    .decide = &laws::float_average_pool,
    .steps = &window_steps,
};
inline constexpr op_def max_pool2d{
    .name = "max_pool2d",
    .summary = "largest of windows, float32",
    .forms = float_forms,
    .kernel = kernel_id::pool2d,
    .attributes = keys_of<float_clamp_attrs, pool2d_attrs>,
    .shape = &pool2d_op_shape,
    .memory = &params_only<pool2d_params>,
    .prepare = &pool2d_prepare<true, false>,
    .steps = &window_steps,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_POOL2D_HPP_
