// qnn.concat and concat: inputs one after the other along an axis; inputs of another scale go
// through a table.
#ifndef OCTET_OPS_CONCAT_HPP_
#define OCTET_OPS_CONCAT_HPP_

#include "octet/laws/elementwise.hpp"
#include "octet/ops/movement.hpp"
#include "octet/ops/quantize.hpp"

OCTET_NAMESPACE_BEGIN

struct concat_attrs {
  std::int32_t axis = 0;  // may be negative
  static constexpr auto fields = field_list{field{"axis", &concat_attrs::axis}};
};

struct concat_params {
  std::size_t inputs = 0;
  std::size_t outer = 1;               // extents before the axis
  std::size_t row_bytes = 0;           // output bytes per outer index
  const std::size_t* bytes = nullptr;  // per input: bytes per outer index
  const std::uint8_t* const* table =
      nullptr;  // per input: 256 entries indexed by the raw byte, or null: copy
};

constexpr shape_or concat_shape(std::int32_t axis, std::span<const tensor_desc> in) {
  if (in.empty()) return violation{rule::input_count, dims{1}, dims{0}};
  dims y = in[0].shape;
  if (axis < -y.rank || axis >= y.rank)
    return violation{rule::axis, dims{-y.rank, y.rank - 1}, dims{axis}};
  if (axis < 0) axis += y.rank;
  std::int64_t sum = 0;
  for (const tensor_desc& t : in) {
    if (t.shape.rank != y.rank) return violation{rule::rank, y, t.shape};
    for (int i = 0; i < y.rank; ++i)
      if (i != axis && t.shape[i] != y[i]) return violation{rule::other_extents, y, t.shape};
    sum += t.shape[axis];
  }
  if (sum > INT32_MAX) return violation{rule::budget, dims{INT32_MAX}, y};
  y[axis] = static_cast<std::int32_t>(sum);
  return y;
}

namespace numerics {
/// One value of a concatenation from scale sx, zero point zx to sy, zy.
/// AWAY (TFLite uint8): r = f32(sx * f32(1 / sy)), rha(f32(f32(q * r) + f32(-zx * r))) + zy.
/// EVEN_MUL (PyTorch), EVEN (ONNX Runtime): dequantize, quantize. MXN: rint(f32(q * ratio)).
constexpr std::int32_t concat_value(rounding mode, std::int32_t q, float sx, std::int32_t zx,
                                    float sy, std::int32_t zy, float ratio, std::int32_t lo,
                                    std::int32_t hi) noexcept {
  const float real = mul(static_cast<float>(q - zx), sx);
  switch (mode) {
    case rounding::divide_half_away: {
      const float r = mul(sx, div(1.f, sy));
      return clamp_to_int(round_half_away(static_cast<double>(add(
                              mul(static_cast<float>(q), r), mul(-static_cast<float>(zx), r)))) +
                              zy,
                          lo, hi);
    }
    case rounding::divide_half_even: return quantize_even(real, sy, zy, lo, hi);
    case rounding::reciprocal_half_even: return quantize_even_mul(real, div(1.f, sy), zy, lo, hi);
    case rounding::mxnet:
      return clamp_to_int(static_cast<double>(scaled_half_even(q, ratio)), lo, hi);
    case rounding::none:
    case rounding::doubling_high_half_away:
    case rounding::doubling_high_half_up:
    case rounding::wide_half_up:
    case rounding::double_half_away:
    case rounding::float_half_even:
    case rounding::float_bias_half_even:
    case rounding::float_zero_point_half_even:
    case rounding::eight_bit_ratio_half_up:
    case rounding::divide_truncate:
    case rounding::xnnpack:
    case rounding::qnnpack:
    case rounding::aten:
    case rounding::fused_multiply_add:
    case rounding::tflite_optimized:
    case rounding::onnxruntime: break;  // the forms exclude these
  }
  return zy;
}
}  // namespace numerics

namespace reference {
#if OCTET_HAS_DEFINITIONS
/// Every input gives one element of a plain type to each outer index.
OCTET_INLINE bool is_interleaving(const concat_params& p) noexcept {
  const std::size_t n = p.inputs == 0 ? 0 : p.bytes[0];
  if (n != 1 && n != 2 && n != 4 && n != 8) return false;
  for (std::size_t k = 0; k < p.inputs; ++k)
    if (p.bytes[k] != n || p.table[k] != nullptr) return false;
  return true;
}
OCTET_INLINE void interleave(const concat_params& p, const kernel_args& a, part_range r) noexcept {
  const auto run = [&]<class T>(type_tag<T>) {
    constexpr std::size_t block = 256;  // so that what is written stays in the cache
    for (std::size_t at = r.begin; at < r.end; at += block)
      for (std::size_t k = 0; k < p.inputs; ++k) {
        const auto* const from = static_cast<const T*>(a.in[k]);
        auto* const to = static_cast<T*>(a.out[0]) + k;
        for (std::size_t o = at; o < std::min(at + block, r.end); ++o) to[o * p.inputs] = from[o];
      }
  };
  switch (p.bytes[0]) {
    case 1: return run(type_tag<std::uint8_t>{});
    case 2: return run(type_tag<std::uint16_t>{});
    case 4: return run(type_tag<std::uint32_t>{});
    default: return run(type_tag<std::uint64_t>{});
  }
}
OCTET_INLINE void concat_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const concat_params*>(a.params);
  const auto r = part_of(p.outer, a.part, a.parts);
  auto* to = static_cast<std::uint8_t*>(a.out[0]) + r.begin * p.row_bytes;
  if (is_interleaving(p)) return interleave(p, a, r);
  // Row by row: what is written lies in one run.
  for (std::size_t o = r.begin; o < r.end; ++o)
    for (std::size_t k = 0; k < p.inputs; ++k) {
      const std::size_t n = p.bytes[k];
      if (n == 0) continue;
      const std::uint8_t* from = static_cast<const std::uint8_t*>(a.in[k]) + o * n;
      if (const std::uint8_t* t = p.table[k]) {
        for (std::size_t i = 0; i < n; ++i) to[i] = t[from[i]];
      } else {
        copy_run(from, n, to);
      }
      to += n;
    }
}
#else
void concat_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
constexpr status concat_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, concat_shape(read_attributes<concat_attrs>(*n.attrs).axis, n.in));
}
/// PyTorch's formula runs even where the parameters are equal; the others copy there.
constexpr bool concat_rescales(const tensor_desc& x, const tensor_desc& y, rounding r) {
  return r != rounding::none && (r == rounding::reciprocal_half_even || !x.same_quantization(y));
}
template <bool Quantized> constexpr void concat_memory(const node_view& n, node_memory& to) {
  to.make<concat_params>();
  to.array<std::size_t>(n.in.size());
  to.array<const std::uint8_t*>(n.in.size());
  for (const tensor_desc& x : n.in)
    if (Quantized && concat_rescales(x, n.out[0], n.round)) to.array<std::uint8_t>(256);
}
#if OCTET_HAS_DEFINITIONS
template <bool Quantized> status concat_prepare(const node_view& n, prepared& to) {
  const tensor_desc& y = n.out[0];
  auto& p = to.make<concat_params>(&reference::concat_kernel);
  std::int32_t axis = read_attributes<concat_attrs>(*n.attrs).axis;
  if (axis < 0) axis += y.shape.rank;
  for (int i = 0; i < axis; ++i) p.outer *= as_size(y.shape[i]);
  std::size_t inner = size_of(y.type);
  for (int i = axis + 1; i < y.shape.rank; ++i) inner *= as_size(y.shape[i]);
  p.inputs = n.in.size();
  p.row_bytes = inner * as_size(y.shape[axis]);
  auto bytes = to.array<std::size_t>(p.inputs);
  auto table = to.array<const std::uint8_t*>(p.inputs);
  const auto clamp = clamp_of(*n.attrs, y.type);
  for (std::size_t k = 0; k < p.inputs; ++k) {
    const tensor_desc& x = n.in[k];
    bytes[k] = inner * as_size(x.shape[axis]);
    if (!Quantized || n.round == rounding::none) {
      if (Quantized && !x.same_quantization(y))
        return invalid("concat without a rounding needs equal quantization throughout");
      continue;
    }
    if (!concat_rescales(x, y, n.round)) continue;
    if (!is_8bit(x.type) || x.per_channel())
      return unsupported("concat of different scales on " + std::string(name_of(x.type)), {},
                         "uint8 or int8, one scale per tensor");
    float ratio = numerics::rescale_by_levels(x.scale(), y.scale());
    if (const auto list = n.attrs->reals("ratios"); k < list.size())
      ratio = static_cast<float>(list[k]);
    auto t = to.array<std::uint8_t>(256);
    for (std::int32_t raw = 0; raw < 256; ++raw) {
      const std::int32_t q = x.type == dtype::s8 ? static_cast<std::int8_t>(raw) : raw;
      t[as_size(raw)] = static_cast<std::uint8_t>(
          numerics::concat_value(n.round, q, x.scale_f32(), x.zero_point(), y.scale_f32(),
                                 y.zero_point(), ratio, clamp.lo, clamp.hi));
    }
    table[k] = t.data();
  }
  p.bytes = bytes.data();
  p.table = table.data();
  return unit{};
}
#else
template <bool Quantized> status concat_prepare(const node_view& n, prepared& to);
#endif
/// pack: inputs of one shape become the slices along a new axis; no rounding.
constexpr status pack_op_shape(const node_view& n, std::span<dims> out) {
  const dims& x = n.in[0].shape;
  const std::int32_t given = read_attributes<concat_attrs>(*n.attrs).axis,
                     axis = given < 0 ? given + x.rank + 1 : given;
  if (axis < 0 || axis > x.rank || x.rank >= dims::max_rank)
    return violation{rule::axis, dims{-x.rank - 1, x.rank}, dims{given}};
  for (const tensor_desc& t : n.in)
    if (!(t.shape == x)) return violation{rule::shapes_differ, x, t.shape};
  dims y;
  for (int i = 0; i <= x.rank; ++i) {
    if (i == axis) y.push_back(static_cast<std::int32_t>(n.in.size()));
    if (i < x.rank) y.push_back(x[i]);
  }
  out[0] = y;
  return unit{};
}
constexpr void pack_memory(const node_view& n, node_memory& to) { concat_memory<false>(n, to); }
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status pack_prepare(const node_view& n, prepared& to) {
  const tensor_desc& y = n.out[0];
  auto& p = to.make<concat_params>(&reference::concat_kernel);
  const dims& x = n.in[0].shape;
  const std::int32_t given = read_attributes<concat_attrs>(*n.attrs).axis,
                     axis = given < 0 ? given + x.rank + 1 : given;
  std::size_t inner = size_of(y.type);
  for (int i = 0; i < axis; ++i) p.outer *= as_size(x[i]);
  for (int i = axis; i < x.rank; ++i) inner *= as_size(x[i]);
  p.inputs = n.in.size();
  p.row_bytes = inner * p.inputs;
  auto bytes = to.array<std::size_t>(p.inputs);
  for (std::size_t k = 0; k < p.inputs; ++k) bytes[k] = inner;
  p.bytes = bytes.data();
  p.table = to.array<const std::uint8_t*>(p.inputs).data();
  return unit{};
}
#else
status pack_prepare(const node_view& n, prepared& to);
#endif
inline constexpr op_def pack{
    .name = "pack",
    .summary = "inputs as the slices along a new axis",
    .min_inputs = 1,
    .max_inputs = -1,
    .forms = movement_forms,
    .attributes = keys_of<concat_attrs>,
    .shape = &pack_op_shape,
    .memory = &pack_memory,
    .prepare = &pack_prepare,
};
/// No rounding: all of one quantization.
inline constexpr form qnn_concat_forms[] = {
    {.in = {integer_types, like(0)}, .out = {like(0)}},
    {.in = {eight_bit, like(0)},
     .out = {like(0)},
     .roundings = {rounding::divide_half_away, rounding::divide_half_even,
                   rounding::reciprocal_half_even, rounding::mxnet}},
    // Of one quantization only.
    {.in = {dtype::s16, like(0)},
     .out = {like(0)},
     .roundings = {rounding::divide_half_away, rounding::divide_half_even}},
};
/// With rounding MXN, one factor per input.
struct concat_keys {
  static constexpr attribute_key keys[] = {{"ratios", attribute_value::kind::reals}};
};
inline constexpr op_def qnn_concat{
    .name = "qnn.concat",
    .summary = "quantized inputs along an axis, at one scale",
    .min_inputs = 1,
    .max_inputs = -1,
    .forms = qnn_concat_forms,
    .quantized = true,
    .attributes = keys_of<concat_attrs, clamp_keys, concat_keys>,
    .shape = &concat_op_shape,
    .memory = &concat_memory<true>,
    .prepare = &concat_prepare<true>,
    .decide = &laws::concat,
};
inline constexpr op_def concat{
    .name = "concat",
    .summary = "inputs along an axis",
    .min_inputs = 1,
    .max_inputs = -1,
    .forms = movement_forms,
    .attributes = keys_of<concat_attrs>,
    .shape = &concat_op_shape,
    .memory = &concat_memory<false>,
    .prepare = &concat_prepare<false>,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_CONCAT_HPP_
