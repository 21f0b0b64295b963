// Dynamic-range layers: float activations are quantized row by row at run time, accumulated against
// 8-bit weights, scaled back to float. qnn.dynamic_quantize -> an accumulating operator (rounding
// none) -> qnn.dynamic_dequantize.
#ifndef OCTET_OPS_DYNAMIC_HPP_
#define OCTET_OPS_DYNAMIC_HPP_

#include "octet/laws/dynamic.hpp"
#include "octet/numerics/fma.hpp"
#include "octet/ops/add.hpp"
#include "octet/ops/concat.hpp"
#include "octet/ops/quantize.hpp"

OCTET_NAMESPACE_BEGIN

struct dynamic_quantize_attrs {
  std::int32_t rows =
      1;  // the input in memory order is this many rows of equal length, each with its own scale
  bool asymmetric =
      false;  // a zero point per row; it is subtracted from the output, which therefore is int16
  bool reduce_range = false;  // ATEN: 7 bits
  static constexpr auto fields =
      field_list{field{"rows", &dynamic_quantize_attrs::rows},
                 field{"asymmetric", &dynamic_quantize_attrs::asymmetric},
                 field{"reduce_range", &dynamic_quantize_attrs::reduce_range}};
};
/// Of qnn.dynamic_quantize_asymmetric: as above.
struct dynamic_rows_attrs {
  std::int32_t rows = 1;
  bool reduce_range = false;
  static constexpr auto fields =
      field_list{field{"rows", &dynamic_rows_attrs::rows},
                 field{"reduce_range", &dynamic_rows_attrs::reduce_range}};
};
/// How a row's scale and zero point are chosen and its values rounded.
enum class row_formula : std::uint8_t {
  symmetric,   // AWAY: TFLite, no zero point
  asymmetric,  // AWAY: TFLite
  xnnpack,     // XNN: asymmetric, ties to even
  aten         // ATEN: asymmetric, ties to even, zero points of uint8
};
/// Outputs: x / scale as int8 in [-127, 127] (asymmetric: int16 in [-255, 255], the zero point
/// taken off), shape of x; scale float32 [rows]. Or codes of 8 bits as they are, and after the
/// scales the zero points, int32 [rows].
struct dynamic_quantize_params {
  std::size_t rows = 1, length = 0;
  row_formula formula = row_formula::symmetric;
  bool reduce_range = false;  // ATEN: 7 bits
  dtype codes = dtype::s8;    // s16: asymmetric, the zero point taken off
  bool zero_points = false;   // an output of their own
  // Of several inputs: elements of the last axis of each, and of all of them together.
  std::size_t inputs = 1, width = 0;
  const std::size_t* widths = nullptr;
};

namespace numerics {
/// Least and greatest value of a row or of a part of it.
struct float_range {
  float least, most;
};
/// Threads that share rows, fewer than they are, find the rows' ranges together: each its share's,
/// in its scratch, before codes are written. Of few values each looks at all, which is soon done.
inline constexpr std::size_t most_shared_ranges = 8, least_shared_values = std::size_t{1} << 13;
/// Bytes of scratch of one part for that; 0: each looks at all.
constexpr std::size_t ranges_scratch(std::size_t rows, std::size_t values) noexcept {
  return rows <= most_shared_ranges && values >= least_shared_values
             ? most_shared_ranges * sizeof(float_range)
             : 0;
}
/// TFLite's choice for one row. A row of zeros has scale 1.
struct row_scale {
  float scale = 1, inverse = 1;
  std::int32_t zero_point = 0;
  bool zero = true;
};
constexpr row_scale symmetric_scale(float least, float most) noexcept {
  const float a = least < 0 ? -least : least, b = most < 0 ? -most : most, range = a < b ? b : a;
  if (!(range > 0)) return {};
  return {div(range, 127.f), div(127.f, range), 0, false};
}
/// The zero point comes from binary64 and an unrounded scale; 0 where an end is infinite.
constexpr row_scale asymmetric_scale(float least, float most) noexcept {
  const float lo = least < 0 ? least : 0.f, hi = most > 0 ? most : 0.f;
  if (!(lo < hi)) return {};
  const float scale = div(sub(hi, lo), 255.f);
  const double low = lo, high = hi, step = div(sub(high, low), 255.), below = div(low, step),
               above = div(high, step);
  // the end with the smaller error: |-128| + |below| or |127| + |above|
  const double zero = sub(128., below) < add(127., above) ? sub(-128., below) : sub(127., above);
  return {scale, div(1.f, scale),
          is_finite(zero) ? clamp_to_int(round_half_away(zero), -128, 127) : 0, false};
}
/// XNNPACK's choice: the reciprocal is formed first, and is what values are multiplied with.
constexpr row_scale asymmetric_scale_xnn(float least, float most) noexcept {
  const float lo = least < 0 ? least : 0.f, hi = most > 0 ? most : 0.f;
  const float up = lo == hi ? 1.f : div(255.f, sub(hi, lo)), below = mul(lo, up),
              above = mul(hi, up);
  const float zero =
      add(add(-128.f, below), add(127.f, above)) > 0 ? sub(-128.f, below) : sub(127.f, above);
  return {div(1.f, up), up, clamp_to_int(static_cast<double>(rint(zero)), -128, 127), false};
}
/// PyTorch's choice, in binary64: the scale spans 0 to 255 (reduce_range: 127), the zero point
/// comes from the end that has the smaller error.
constexpr row_scale asymmetric_scale_aten(float least, float most, bool reduce_range) noexcept {
  const double lo = least < 0 ? static_cast<double>(least) : 0.,
               hi = most > 0 ? static_cast<double>(most) : 0., steps = reduce_range ? 127. : 255.;
  double scale = div(sub(hi, lo), steps);
  if (!(static_cast<float>(scale) > 0) || div(1.f, static_cast<float>(scale)) > 3.4028234e38f)
    scale = 0.1;
  const double below = div(lo, scale), above = div(hi, scale),
               zero = -below < add(steps, above) ? -below : sub(steps, above);
  const auto s = static_cast<float>(scale);
  return {s, div(1.f, s), clamp_to_int(rint(zero), 0, static_cast<std::int32_t>(steps)), false};
}
}  // namespace numerics

/// Scale and zero point of a row.
constexpr numerics::row_scale row_scale_of(const dynamic_quantize_params& p, float least,
                                           float most) noexcept {
  switch (p.formula) {
    case row_formula::symmetric: return numerics::symmetric_scale(least, most);
    case row_formula::asymmetric: return numerics::asymmetric_scale(least, most);
    case row_formula::xnnpack: return numerics::asymmetric_scale_xnn(least, most);
    case row_formula::aten: return numerics::asymmetric_scale_aten(least, most, p.reduce_range);
  }
  return {};
}
/// A value times the inverse of its row's scale, less the zero point, as an integer.
constexpr std::int32_t row_value(row_formula formula, const numerics::row_scale& s,
                                 float v) noexcept {
  const auto even = [v](std::int32_t lo, std::int32_t hi) {
    return numerics::clamp_to_int(static_cast<double>(numerics::rint(v)), lo, hi);
  };
  const auto away = [&s, v](std::int32_t lo, std::int32_t hi) {
    if (s.zero) return 0;
    return numerics::clamp_to_int(numerics::round_half_away(static_cast<double>(v)), lo, hi);
  };
  switch (formula) {
    case row_formula::symmetric: return away(-127, 127);
    case row_formula::asymmetric: return away(-128 - s.zero_point, 127 - s.zero_point);
    case row_formula::xnnpack: return even(-128 - s.zero_point, 127 - s.zero_point);
    case row_formula::aten: return even(-s.zero_point, 255 - s.zero_point);
  }
  return 0;
}

namespace reference {
#if OCTET_HAS_DEFINITIONS
/// Element i of the inputs, put together along the last axis.
OCTET_INLINE float joined_element(const dynamic_quantize_params& p, const kernel_args& a,
                                  std::size_t i) noexcept {
  if (p.widths == nullptr) return static_cast<const float*>(a.in[0])[i];
  std::size_t column = i % p.width, k = 0;
  for (; column >= p.widths[k]; ++k) column -= p.widths[k];
  return static_cast<const float*>(a.in[k])[i / p.width * p.widths[k] + column];
}
OCTET_INLINE void dynamic_quantize_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const dynamic_quantize_params*>(a.params);
  const auto r = part_of(p.rows, a.part, a.parts);
  for (std::size_t row = r.begin; row < r.end; ++row) {
    const auto x = [&](std::size_t i) { return joined_element(p, a, row * p.length + i); };
    float least = p.length ? x(0) : 0, most = least;
    for (std::size_t i = 1; i < p.length; ++i) {
      least = x(i) < least ? x(i) : least;
      most = x(i) > most ? x(i) : most;
    }
    const numerics::row_scale s = row_scale_of(p, least, most);
    static_cast<float*>(a.out[1])[row] = s.scale;
    if (p.zero_points) static_cast<std::int32_t*>(a.out[2])[row] = s.zero_point;
    const integer_results codes{a.out[0], p.codes};
    for (std::size_t i = 0; i < p.length; ++i)
      codes.set(row * p.length + i, row_value(p.formula, s, numerics::mul(x(i), s.inverse)) +
                                        (p.zero_points ? s.zero_point : 0));
  }
}
#else
void dynamic_quantize_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference
namespace ops {
/// Of both that quantize rows.
constexpr status dynamic_quantize_op_shape(const node_view& n, std::span<dims> out) {
  const auto a = read_attributes<dynamic_rows_attrs>(*n.attrs);
  const std::size_t count = n.in[0].shape.elements().value;
  if (a.rows < 1 || count % as_size(a.rows) != 0)
    return violation{rule::value, n.in[0].shape, dims{a.rows}};
  out[0] = n.in[0].shape;
  for (std::size_t i = 1; i < out.size(); ++i) out[i] = dims{a.rows};
  return unit{};
}
/// Memory of all that quantize by ranges found at run time: params P, rows of one input.
template <class P>
constexpr void dynamic_quantize_memory(std::size_t rows, std::size_t values, node_memory& to) {
  to.make<P>();
  to.kernel([&](const kernels::target_layout&) {
    kernels::node_bytes bytes;
    bytes.scratch = numerics::ranges_scratch(rows, values);
    return bytes;
  });
}
constexpr void dynamic_rows_memory(const node_view& n, node_memory& to) {
  dynamic_quantize_memory<dynamic_quantize_params>(
      as_size(read_attributes<dynamic_rows_attrs>(*n.attrs).rows), n.in[0].shape.elements().value,
      to);
}
/// Of inputs put together along the last axis: a row is some whole indices of the others.
constexpr status joined_rows_shape(const node_view& n, std::span<dims> out) {
  if (n.in.size() == 1) return dynamic_quantize_op_shape(n, out);
  const shape_or joined = concat_shape(-1, n.in);
  if (auto s = set_shape(out, joined); !s) return s;
  const std::int32_t rows = read_attributes<dynamic_rows_attrs>(*n.attrs).rows,
                     width = out[0].back(0);
  const std::size_t lines = width == 0 ? 0 : out[0].elements().value / as_size(width);
  if (rows < 1 || width == 0 || lines % as_size(rows) != 0)
    return violation{rule::value, out[0], dims{rows}};
  for (std::size_t i = 1; i < out.size(); ++i) out[i] = dims{rows};
  return unit{};
}
constexpr void joined_rows_memory(const node_view& n, node_memory& to) {
  if (n.in.size() == 1) return dynamic_rows_memory(n, to);
  to.make<dynamic_quantize_params>();
  to.array<std::size_t>(n.in.size());
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE std::optional<row_formula> row_formula_of(rounding r, bool asymmetric) noexcept {
  switch (r) {
    case rounding::divide_half_away:
      return asymmetric ? row_formula::asymmetric : row_formula::symmetric;
    case rounding::xnnpack: return row_formula::xnnpack;
    case rounding::aten: return row_formula::aten;
    case rounding::none:
    case rounding::doubling_high_half_away:
    case rounding::doubling_high_half_up:
    case rounding::wide_half_up:
    case rounding::double_half_away:
    case rounding::float_half_even:
    case rounding::float_bias_half_even:
    case rounding::float_zero_point_half_even:
    case rounding::eight_bit_ratio_half_up:
    case rounding::divide_half_even:
    case rounding::reciprocal_half_even:
    case rounding::divide_truncate:
    case rounding::qnnpack:
    case rounding::fused_multiply_add:
    case rounding::tflite_optimized:
    case rounding::mxnet:
    case rounding::onnxruntime: break;
  }
  return std::nullopt;
}
/// What both that quantize rows share.
OCTET_INLINE status prepare_rows(const node_view& n, prepared& to, bool asymmetric,
                                 bool zero_points) {
  const auto a = read_attributes<dynamic_rows_attrs>(*n.attrs);
  auto& p = to.make<dynamic_quantize_params>(&reference::dynamic_quantize_kernel,
                                             kernel_id::dynamic_quantize);
  const auto formula = row_formula_of(n.round, asymmetric);
  if (!formula) return detail::no_such_rounding(n);
  p.formula = *formula;
  p.reduce_range = a.reduce_range;
  p.codes = n.out[0].type, p.zero_points = zero_points;
  p.rows = as_size(a.rows);
  p.length = n.out[0].shape.elements().value / p.rows;
  p.inputs = n.in.size();
  if (p.inputs == 1) return unit{};
  p.width = as_size(n.out[0].shape.back(0));
  auto widths = to.array<std::size_t>(p.inputs);
  for (std::size_t k = 0; k < p.inputs; ++k) widths[k] = as_size(n.in[k].shape.back(0));
  p.widths = widths.data();
  return unit{};
}
OCTET_INLINE status dynamic_quantize_prepare(const node_view& n, prepared& to) {
  const bool asymmetric = read_attributes<dynamic_quantize_attrs>(*n.attrs).asymmetric;
  if (asymmetric != (n.out[0].type == dtype::s16))
    return invalid("quantized values", std::string(name_of(n.out[0].type)),
                   "int16 where they are asymmetric, else int8");
  return prepare_rows(n, to, asymmetric, false);
}
OCTET_INLINE status dynamic_quantize_asymmetric_prepare(const node_view& n, prepared& to) {
  return prepare_rows(n, to, true, true);
}
#else
status dynamic_quantize_prepare(const node_view& n, prepared& to);
status dynamic_quantize_asymmetric_prepare(const node_view& n, prepared& to);
#endif
/// Asymmetric values are int16: the zero point is taken off.
inline constexpr form dynamic_quantize_forms[] = {
    {.in = {dtype::f32}, .out = {dtype::s8, dtype::f32}, .roundings = rounding::divide_half_away},
    {.in = {dtype::f32},
     .out = {dtype::s16, dtype::f32},
     .roundings = {rounding::divide_half_away, rounding::xnnpack, rounding::aten}},
};
inline constexpr op_def dynamic_quantize{
    .name = "qnn.dynamic_quantize",
    .summary = "float32 to 8 bits, a scale for each row chosen when it runs",
    .outputs = 2,
    .forms = dynamic_quantize_forms,
    .kernel = kernel_id::dynamic_quantize,
    .attributes = keys_of<dynamic_quantize_attrs>,
    .shape = &dynamic_quantize_op_shape,
    .memory = &dynamic_rows_memory,
    .prepare = &dynamic_quantize_prepare,
    .decide = &laws::dynamic_quantize,
};
/// Codes with their zero points in them: PyTorch's are uint8.
inline constexpr form dynamic_quantize_asymmetric_forms[] = {
    {.in = {dtype::f32},
     .out = {dtype::s8, dtype::f32, dtype::s32},
     .roundings = {rounding::divide_half_away, rounding::xnnpack}},
    {.in = {dtype::f32}, .out = {dtype::u8, dtype::f32, dtype::s32}, .roundings = rounding::aten},
};
inline constexpr op_def dynamic_quantize_asymmetric{
    .name = "qnn.dynamic_quantize_asymmetric",
    .summary = "float32, joined along the last axis, to 8 bits, scales and zero points by rows",
    .max_inputs = -1,
    .outputs = 3,
    .forms = dynamic_quantize_asymmetric_forms,
    .kernel = kernel_id::dynamic_quantize,
    .attributes = keys_of<dynamic_rows_attrs>,
    .shape = &joined_rows_shape,
    .memory = &joined_rows_memory,
    .prepare = &dynamic_quantize_asymmetric_prepare,
    .decide = &laws::dynamic_quantize,
};
}  // namespace ops

/// ONNX's DynamicQuantizeLinear: all of x with one scale and one zero point, which are results too.
/// Outputs: uint8 of x's shape, float32 and uint8 without axes.
struct dynamic_quantize_linear_params {
  std::size_t count = 0;
};
namespace numerics {
/// [lo, hi] holds 0. scale = f32(f32(hi - lo) / 255), or 1 for one value; zero point =
/// rint(f32(0 - f32(lo / scale))) within 0..255, 255 where that is no number: lo is infinite, or
/// the scale of a range of denormals became 0.
constexpr row_scale linear_scale(float least, float most) noexcept {
  const float lo = least < 0 ? least : 0.f, hi = most > 0 ? most : 0.f;
  const float scale = lo == hi ? 1.f : div(sub(hi, lo), 255.f), zero = sub(0.f, div(lo, scale));
  return {scale, 0.f, is_nan(zero) ? 255 : clamp_to_int(static_cast<double>(rint(zero)), 0, 255),
          false};
}
}  // namespace numerics
namespace reference {
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void dynamic_quantize_linear_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const dynamic_quantize_linear_params*>(a.params);
  const auto* x = static_cast<const float*>(a.in[0]);
  auto* y = static_cast<std::uint8_t*>(a.out[0]);
  float least = 0, most = 0;
  for (std::size_t i = 0; i < p.count; ++i) {
    least = x[i] < least ? x[i] : least;
    most = x[i] > most ? x[i] : most;
  }
  const numerics::row_scale s = numerics::linear_scale(least, most);
  for (std::size_t i = 0; i < p.count; ++i)
    y[i] = static_cast<std::uint8_t>(numerics::quantize_even(x[i], s.scale, s.zero_point, 0, 255));
  *static_cast<float*>(a.out[1]) = s.scale;
  *static_cast<std::uint8_t*>(a.out[2]) = static_cast<std::uint8_t>(s.zero_point);
}
#else
void dynamic_quantize_linear_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference
namespace ops {
constexpr status dynamic_quantize_linear_shape(const node_view& n, std::span<dims> out) {
  out[0] = n.in[0].shape;
  out[1] = out[2] = dims{};
  return unit{};
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status dynamic_quantize_linear_prepare(const node_view& n, prepared& to) {
  auto& p = to.make<dynamic_quantize_linear_params>(&reference::dynamic_quantize_linear_kernel,
                                                    kernel_id::dynamic_quantize_linear);
  p.count = n.in[0].shape.elements().value;
  return unit{};
}
#else
status dynamic_quantize_linear_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form dynamic_quantize_linear_forms[] = {
    {.in = {dtype::f32},
     .out = {dtype::u8, dtype::f32, dtype::u8},
     .roundings = rounding::divide_half_even},
};
inline constexpr op_def dynamic_quantize_linear{
    .name = "qnn.dynamic_quantize_linear",
    .summary = "float32 to 8 bits; scale and zero point, chosen when it runs, are results",
    .outputs = 3,
    .forms = dynamic_quantize_linear_forms,
    .kernel = kernel_id::dynamic_quantize_linear,
    .attributes = keys_of<>,
    .shape = &dynamic_quantize_linear_shape,
    .memory =
        [](const node_view& n, node_memory& to) {
          dynamic_quantize_memory<dynamic_quantize_linear_params>(1, n.in[0].shape.elements().value,
                                                                  to);
        },
    .prepare = &dynamic_quantize_linear_prepare,
    .decide = &laws::dynamic_quantize_linear,
};
}  // namespace ops

/// Inputs: accumulators int32 or int64 [..., C], row scales [rows], bias float32 [C] (optional).
/// The accumulators' own scales are those of the weights (one, or one per channel on the last
/// axis).
struct dynamic_dequantize_attrs {
  bool scales_first = false;  // f32(acc * f32(row * channel)); else f32(f32(acc * channel) * row)
  /// Behind the last whole group of four channels f32(f32(acc * row) * channel).
  bool tail_row_first = false;
  static constexpr auto fields =
      field_list{field{"scales_first", &dynamic_dequantize_attrs::scales_first},
                 field{"tail_row_first", &dynamic_dequantize_attrs::tail_row_first}};
};
struct dynamic_dequantize_params {
  dtype in_type = dtype::s32;
  std::size_t rows = 1, length = 0;  // elements per row
  std::size_t channels = 1;
  float_scaling by = float_scaling::channel_first;
  std::size_t row_first = 1;      // from this channel on `by` is row_first
  const float* scales = nullptr;  // one per channel
  float min = 0, max = 0;
};
namespace reference {
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void dynamic_dequantize_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const dynamic_dequantize_params*>(a.params);
  const auto r = part_of(p.rows * p.length, a.part, a.parts);
  const auto* rows = static_cast<const float*>(a.in[1]);
  const auto* bias = static_cast<const float*>(a.in[2]);
  auto* y = static_cast<float*>(a.out[0]);
  const auto run = [&](const auto* x) {
    for (std::size_t i = r.begin; i < r.end; ++i) {
      const std::size_t c = i % p.channels;
      const float v = numerics::scale_sum(c < p.row_first ? p.by : float_scaling::row_first,
                                          static_cast<float>(x[i]), rows[i / p.length], p.scales[c],
                                          bias ? bias + c : nullptr);
      y[i] = numerics::clamp(v, p.min, p.max);
    }
  };
  if (p.in_type == dtype::s32)
    run(static_cast<const std::int32_t*>(a.in[0]));
  else
    run(static_cast<const std::int64_t*>(a.in[0]));
}
#else
void dynamic_dequantize_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference
namespace ops {
/// Roundings of sums that become floats: none, XNN and ATEN.
constexpr float_scaling float_scaling_of(rounding r, bool scales_first) {
  return r == rounding::xnnpack ? float_scaling::fused
         : r == rounding::aten  ? float_scaling::scales_fused
         : scales_first         ? float_scaling::scales_first
                                : float_scaling::channel_first;
}
constexpr void dynamic_dequantize_memory(const node_view& n, node_memory& to) {
  const dims& x = n.in[0].shape;
  to.make<dynamic_dequantize_params>();
  to.array<float>(x.rank == 0 ? 1 : as_size(x.back(0)));
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status dynamic_dequantize_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &s = n.in[1];
  auto& p = to.make<dynamic_dequantize_params>(&reference::dynamic_dequantize_kernel,
                                               kernel_id::dynamic_dequantize);
  const std::size_t count = x.shape.elements().value;
  p.in_type = x.type;
  p.rows = s.shape.elements().value;
  p.channels = x.shape.rank == 0 ? 1 : as_size(x.shape.back(0));
  if (p.rows == 0 || p.channels == 0 || count % p.rows != 0 || count / p.rows % p.channels != 0)
    return invalid("row scales", std::to_string(p.rows), "a divisor of the rows");
  if (x.per_channel() && x.scales.size() != p.channels)
    return invalid("weight scales", std::to_string(x.scales.size()), std::to_string(p.channels));
  if (n.present(2) && n.in[2].shape.elements().value != p.channels)
    return invalid("bias count", std::to_string(n.in[2].shape.elements().value),
                   std::to_string(p.channels));
  p.length = count / p.rows;
  const auto order = read_attributes<dynamic_dequantize_attrs>(*n.attrs);
  p.by = float_scaling_of(n.round, order.scales_first);
  p.row_first = order.tail_row_first && p.by == float_scaling::channel_first ? p.channels / 4 * 4
                                                                             : p.channels;
  auto scales = to.array<float>(p.channels);
  for (std::size_t c = 0; c < p.channels; ++c) scales[c] = x.scale_f32(c);
  p.scales = scales.data();
  const auto c = read_attributes<float_clamp_attrs>(*n.attrs);
  p.min = static_cast<float>(c.float_lo), p.max = static_cast<float>(c.float_hi);
  return unit{};
}
#else
status dynamic_dequantize_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form dynamic_dequantize_forms[] = {
    {.in = {accumulator_types, dtype::f32, dtype::f32},
     .out = {dtype::f32},
     .roundings = {rounding::none, rounding::xnnpack, rounding::aten}},
};
static_assert(roundings_of(dynamic_dequantize_forms) ==
                  rounding_set{rounding::none, rounding::xnnpack, rounding::aten},
              "octet: float_scaling_of takes any other rounding for none");
inline constexpr op_def dynamic_dequantize{
    .name = "qnn.dynamic_dequantize",
    .summary = "accumulators of dynamically quantized rows to float32",
    .min_inputs = 2,
    .max_inputs = 3,
    .optional = {2},
    .forms = dynamic_dequantize_forms,
    .scaled = {0},
    .kernel = kernel_id::dynamic_dequantize,
    .attributes = keys_of<dynamic_dequantize_attrs, float_clamp_attrs>,
    .shape = &same_op_shape,
    .memory = &dynamic_dequantize_memory,
    .prepare = &dynamic_dequantize_prepare,
    .decide = &laws::dynamic_dequantize,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_DYNAMIC_HPP_
