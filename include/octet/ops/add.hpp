// qnn.add, qnn.sub (quantized) and add, sub (float32, int32, int64), with broadcasting and a fused
// clamp.
#ifndef OCTET_OPS_ADD_HPP_
#define OCTET_OPS_ADD_HPP_

#include "octet/laws/elementwise.hpp"
#include "octet/numerics/fma.hpp"
#include "octet/numerics/requantize.hpp"
#include "octet/ops/broadcast.hpp"
#include "octet/ops/clamp.hpp"
#include "octet/ops/vector_rows.hpp"

OCTET_NAMESPACE_BEGIN

/// Fused activation of plain (not quantized) numbers; quantized nodes carry integer "clamp_lo",
/// "clamp_hi".
struct float_clamp_attrs {
  double float_lo = -std::numeric_limits<double>::infinity(),
         float_hi = std::numeric_limits<double>::infinity();
  static constexpr auto fields = field_list{field{"float_lo", &float_clamp_attrs::float_lo},
                                            field{"float_hi", &float_clamp_attrs::float_hi}};
};

/// FMA: whether a's share joins the sum before b's. Not given: where a is constant along the
/// innermost axis. A loader gives it where the framework's innermost axis is another.
struct add_attrs {
  std::int32_t a_first = -1;
  static constexpr auto fields = field_list{field{"a_first", &add_attrs::a_first}};
};

/// y = a + sign * b. Quantized types: u8, s8, s16; both operands and the output may differ in type
/// only where the formula allows.
struct add_params {
  rounding mode = rounding::none;  // none: plain numbers of type `y_type`
  dtype a_type, b_type, y_type;
  std::int32_t sign = 1;  // -1: a - b
  std::int32_t a_zero_point = 0, b_zero_point = 0, zero_point = 0;
  std::int32_t lo = 0, hi = 0;  // quantized clamp
  float min = 0, max = 0;       // clamp of plain float32
  // DR: each operand shifted left, brought to a common scale, summed (b's multiplier is not
  // negated), brought to the output's.
  std::int32_t left_shift = 0;
  multiplier a_mult, b_mult, y_mult;
  // XNN: (x1 * a_factor + x2 * b_factor + bias) >> shift, zero points inside bias; QNN: offsets
  // taken first, ties away from zero.
  std::int32_t a_factor = 0, b_factor = 0, shift = 0;  // b_factor carries the sign
  std::int64_t bias = 0;
  // F, FMA, ATEN
  float a_scale = 0, b_scale = 0;    // F, FMA: ratio to the output's scale; ATEN: the scale
  float a_premul = 0, b_premul = 0;  // ATEN: f32(-z * s)
  float inverse = 0;                 // ATEN: f32(1) / f32(sy)
  float fixed = 0;                   // FMA: the zero points' share
  bool a_first = false;              // FMA
  vector_rows rows;                  // ATEN
  broadcast_plan<2> shape;
};

namespace numerics {
/// TFLite: DR three times. Operands are shifted so that 20 (16-bit types: 15) fractional bits
/// survive the common scale.
constexpr std::int32_t add_dr(const add_params& p, std::int32_t a, std::int32_t b) noexcept {
  const std::int32_t u = doubling_high_half_away((a - p.a_zero_point) * (1 << p.left_shift),
                                                 p.a_mult),
                     v = doubling_high_half_away((b - p.b_zero_point) * (1 << p.left_shift),
                                                 p.b_mult);
  const auto x = static_cast<std::uint32_t>(u), y = static_cast<std::uint32_t>(v);
  const auto sum = static_cast<std::int32_t>(p.sign > 0 ? x + y : x - y);  // wraps, as vectors do
  return static_cast<std::int32_t>(clamp<std::int64_t>(
      std::int64_t{doubling_high_half_away(sum, p.y_mult)} + p.zero_point, p.lo, p.hi));
}
/// XNNPACK: two factors of at most 21 bits, one rounding shift, ties up.
constexpr std::int32_t add_xnn(const add_params& p, std::int32_t a, std::int32_t b) noexcept {
  const std::int64_t acc = std::int64_t{a} * p.a_factor + std::int64_t{b} * p.b_factor + p.bias;
  return static_cast<std::int32_t>(
      clamp<std::int64_t>((acc >> p.shift) + p.zero_point, p.lo, p.hi));
}
/// QNNPACK: as XNNPACK with one more bit, ties away from zero.
constexpr std::int32_t add_qnn(const add_params& p, std::int32_t a, std::int32_t b) noexcept {
  const std::int64_t acc =
      std::int64_t{a - p.a_zero_point} * p.a_factor + std::int64_t{b - p.b_zero_point} * p.b_factor;
  const std::int64_t half = p.shift > 0 ? std::int64_t{1} << (p.shift - 1) : 0,
                     size = ((acc < 0 ? -acc : acc) + half) >> p.shift;
  return static_cast<std::int32_t>(
      clamp<std::int64_t>((acc < 0 ? -size : size) + p.zero_point, p.lo, p.hi));
}
/// MXNet: rint(f32(f32(a * ra) + f32(b * rb))) on raw values (no zero points).
constexpr std::int32_t add_f(const add_params& p, std::int32_t a, std::int32_t b) noexcept {
  const float u = mul(static_cast<float>(a - p.a_zero_point), p.a_scale),
              v = mul(static_cast<float>(b - p.b_zero_point), p.b_scale);
  return clamp_to_int(static_cast<double>(rint(p.sign > 0 ? add(u, v) : sub(u, v))) + p.zero_point,
                      p.lo, p.hi);
}
/// ONNX Runtime on CPUs with FMA: the share of an operand that is constant along the innermost axis
/// is added first, else b's.
constexpr std::int32_t add_fma(const add_params& p, std::int32_t a, std::int32_t b) noexcept {
  const auto x = static_cast<float>(a), y = static_cast<float>(b);
  const float v = p.a_first ? fma(y, p.b_scale, fma(x, p.a_scale, p.fixed))
                            : fma(x, p.a_scale, fma(y, p.b_scale, p.fixed));
  return clamp_to_int(static_cast<double>(rint(v)), p.lo, p.hi);
}
/// PyTorch: dequantize both (with FMA inside a row's whole blocks of 64 elements), add, quantize by
/// the reciprocal.
constexpr std::int32_t add_aten(const add_params& p, std::int32_t a, std::int32_t b,
                                bool in_block) noexcept {
  const float u = in_block ? fma(static_cast<float>(a), p.a_scale, p.a_premul)
                           : mul(static_cast<float>(a - p.a_zero_point), p.a_scale);
  const float v = in_block ? fma(static_cast<float>(b), p.b_scale, p.b_premul)
                           : mul(static_cast<float>(b - p.b_zero_point), p.b_scale);
  return clamp_to_int(
      static_cast<double>(rint(mul(p.sign > 0 ? add(u, v) : sub(u, v), p.inverse))) + p.zero_point,
      p.lo, p.hi);
}
/// Elements of a block that PyTorch takes in vectors.
inline constexpr std::size_t add_block = 64;
/// Element i of the result.
constexpr std::int32_t add_codes(const add_params& p, std::int32_t a, std::int32_t b,
                                 std::size_t i) noexcept {
  switch (p.mode) {
    case rounding::xnnpack: return add_xnn(p, a, b);
    case rounding::qnnpack: return add_qnn(p, a, b);
    case rounding::float_half_even: return add_f(p, a, b);
    case rounding::fused_multiply_add: return add_fma(p, a, b);
    case rounding::aten: return add_aten(p, a, b, p.rows.in_block(i, p.shape.count, add_block));
    case rounding::doubling_high_half_away:
    case rounding::tflite_optimized: return add_dr(p, a, b);
    case rounding::none:
    case rounding::doubling_high_half_up:
    case rounding::wide_half_up:
    case rounding::double_half_away:
    case rounding::float_bias_half_even:
    case rounding::float_zero_point_half_even:
    case rounding::eight_bit_ratio_half_up:
    case rounding::divide_half_away:
    case rounding::divide_half_even:
    case rounding::reciprocal_half_even:
    case rounding::divide_truncate:
    case rounding::mxnet:
    case rounding::onnxruntime: break;  // add_prepare refuses these
  }
  return 0;
}
/// Smaller of |a|, |b| has no say: floor(log2) of a positive finite value.
constexpr int exponent_of(float v) noexcept {
  return std::bit_cast<std::uint32_t>(v) < 0x00800000u
             ? -127
             : static_cast<int>(std::bit_cast<std::uint32_t>(v) >> 23) - 127;
}

/// The multipliers of DR for scales a, b -> y: all products in binary64.
OCTET_COLD constexpr void set_add_dr(add_params& p, double a, double b, double y,
                                     bool wide) noexcept {
  p.left_shift = wide ? 15 : 20;
  const double twice = mul(2.0, a > b ? a : b);
  p.a_mult = quantize_multiplier(div(a, twice));
  p.b_mult = quantize_multiplier(div(b, twice));
  p.y_mult = quantize_multiplier(div(twice, mul(static_cast<double>(1 << p.left_shift), y)));
}
/// The factors of XNN (bits = 20) and QNN (bits = 21): false where a ratio is outside [2^-10, 2^8),
/// which those libraries refuse too.
constexpr bool set_add_factors(add_params& p, float a, float b, float y, int bits) noexcept {
  const float ra = div(a, y), rb = div(b, y), largest = ra > rb ? ra : rb;
  const int e = exponent_of(largest);
  if (e < -10 || e > 7) return false;
  p.shift = bits - e;
  const double up = static_cast<double>(std::int64_t{1} << p.shift);
  p.a_factor = static_cast<std::int32_t>(rint(mul(static_cast<double>(ra), up)));
  p.b_factor = p.sign * static_cast<std::int32_t>(rint(mul(static_cast<double>(rb), up)));
  p.bias = (std::int64_t{1} << (p.shift - 1)) - std::int64_t{p.a_factor} * p.a_zero_point -
           std::int64_t{p.b_factor} * p.b_zero_point;
  return true;
}
}  // namespace numerics

namespace reference {
/// Wraps around as two's complement does.
template <class T> constexpr T wrapping_add(T a, T b, std::int32_t sign) {
  using U = std::make_unsigned_t<T>;
  return static_cast<T>(sign > 0 ? static_cast<U>(a) + static_cast<U>(b)
                                 : static_cast<U>(a) - static_cast<U>(b));
}
/// `a`, `b`: arrays or quantized_codes; `y`: typed_results or integer_results.
template <class A, class B, class Y>
constexpr void add(const add_params& p, const A& a, const B& b, const Y& y, std::size_t begin,
                   std::size_t end) {
  for_each_broadcast(p.shape, begin, end, [&](std::size_t i, const auto& at) {
    y.set(i, numerics::add_codes(p, a[at[0]], b[at[1]], i));
  });
}
/// A plain number within a node's bounds; those of int32 that are its ends bound no int64.
template <class P, class T> constexpr T clamp_plain(const P& p, T v) {
  if constexpr (std::is_floating_point_v<T>)
    return numerics::clamp(v, p.min, p.max);
  else
    return numerics::clamp(
        v, static_cast<T>(p.lo == INT32_MIN ? std::numeric_limits<T>::min() : p.lo),
        static_cast<T>(p.hi == INT32_MAX ? std::numeric_limits<T>::max() : p.hi));
}
template <class T> constexpr T plain_sum(const add_params& p, T a, T b) {
  if constexpr (std::is_floating_point_v<T>)
    return clamp_plain(p, p.sign > 0 ? numerics::add(a, b) : numerics::sub(a, b));
  else
    return clamp_plain(p, wrapping_add(a, b, p.sign));
}
template <class T>
constexpr void add_plain(const add_params& p, const T* a, const T* b, T* y, std::size_t begin,
                         std::size_t end) {
  for_each_broadcast(p.shape, begin, end, [&](std::size_t i, const auto& at) {
    y[i] = plain_sum(p, a[at[0]], b[at[1]]);
  });
}
#if OCTET_HAS_DEFINITIONS
/// Element i of the result, of any types.
OCTET_COLD inline void add_element(const add_params& p, const kernel_args& k, std::size_t i,
                                   std::size_t a, std::size_t b) {
  if (p.mode == rounding::none)
    return with_arithmetic(p.y_type, [&]<class T>(type_tag<T>) {
      static_cast<T*>(k.out[0])[i] =
          plain_sum(p, static_cast<const T*>(k.in[0])[a], static_cast<const T*>(k.in[1])[b]);
    });
  integer_results{k.out[0], p.y_type}.set(
      i, numerics::add_codes(p, quantized_codes{k.in[0], p.a_type}[a],
                             quantized_codes{k.in[1], p.b_type}[b], i));
}
/// Not every form: one walk over the output, whatever the types.
template <bool EveryForm>
void add_part(const add_params& p, const kernel_args& k, part_range r) noexcept {
  if constexpr (!EveryForm)
    for_each_broadcast(p.shape, r.begin, r.end,
                       [&](std::size_t i, const auto& at) { add_element(p, k, i, at[0], at[1]); });
  else if (p.mode == rounding::none)
    with_arithmetic(p.y_type, [&]<class T>(type_tag<T>) {
      add_plain(p, static_cast<const T*>(k.in[0]), static_cast<const T*>(k.in[1]),
                static_cast<T*>(k.out[0]), r.begin, r.end);
    });
  else
    add(p, quantized_codes{k.in[0], p.a_type}, quantized_codes{k.in[1], p.b_type},
        integer_results{k.out[0], p.y_type}, r.begin, r.end);
}
OCTET_INLINE void add_kernel(const kernel_args& k) noexcept {
  const auto& p = *static_cast<const add_params*>(k.params);
  add_part<kernels::every_form>(p, k, part_of(p.shape.count, k.part, k.parts));
}
#else
void add_kernel(const kernel_args& k) noexcept;
#endif
}  // namespace reference

namespace ops {
#if OCTET_HAS_DEFINITIONS
/// Both operands and the result have one scale each.
OCTET_COLD OCTET_INLINE status one_scale_each(const node_view& n) {
  for (const tensor_desc* t : {&n.in[0], &n.in[1], &n.out[0]})
    if (!t->quantized() || t->per_channel())
      return unsupported("quantization of an operand or result",
                         t->quantized() ? "per channel" : "none", "one scale per tensor");
  return unit{};
}
/// 20 bits more than a 16-bit operand has are more than 32.
inline bool is_wide(const node_view& n) {
  return n.in[0].type == dtype::s16 || n.in[1].type == dtype::s16 || n.out[0].type == dtype::s16;
}
/// The factors by which each rounding takes the operands to the result's scale.
OCTET_COLD OCTET_INLINE status set_add_factors(add_params& p, const node_view& n) {
  const tensor_desc &a = n.in[0], &b = n.in[1], &y = n.out[0];
  switch (n.round) {
    case rounding::doubling_high_half_away:
      numerics::set_add_dr(p, a.scale(), b.scale(), y.scale(), is_wide(n));
      return unit{};
    case rounding::tflite_optimized:  // TFLite's optimized int16 sum: DR whose two left shifts and
                                      // right shifts are merged, one rounding less for each operand
      numerics::set_add_dr(p, a.scale(), b.scale(), y.scale(), is_wide(n));
      p.a_mult.shift += p.left_shift, p.b_mult.shift += p.left_shift;
      p.left_shift = 0;
      return unit{};
    case rounding::xnnpack:
    case rounding::qnnpack:
      if (!numerics::set_add_factors(p, a.scale_f32(), b.scale_f32(), y.scale_f32(),
                                     n.round == rounding::xnnpack ? 20 : 21))
        return unsupported("ratio of scales in rounding " + std::string(name_of(n.round)), {},
                           "2^-10 to 2^8");
      return unit{};
    case rounding::mxnet:
      p.mode = rounding::float_half_even;
      p.a_scale = static_cast<float>(n.attrs->real(
          "a_ratio", static_cast<double>(numerics::rescale_by_levels(a.scale(), y.scale()))));
      p.b_scale = static_cast<float>(n.attrs->real(
          "b_ratio", static_cast<double>(numerics::rescale_by_levels(b.scale(), y.scale()))));
      return finite_factors({p.a_scale, p.b_scale});
    case rounding::fused_multiply_add: {
      p.a_scale = static_cast<float>(n.attrs->real(
          "a_ratio", static_cast<double>(numerics::div(a.scale_f32(), y.scale_f32()))));
      p.b_scale = static_cast<float>(n.attrs->real(
          "b_ratio", static_cast<double>(numerics::div(b.scale_f32(), y.scale_f32()))));
      const std::int32_t first = read_attributes<add_attrs>(*n.attrs).a_first;
      p.a_first = first >= 0 ? first != 0 : p.shape.stride[0][as_size(p.shape.rank - 1)] == 0;
      p.fixed = numerics::sub(
          static_cast<float>(p.zero_point),
          numerics::fma(p.a_scale, static_cast<float>(p.a_zero_point),
                        numerics::mul(p.b_scale, static_cast<float>(p.b_zero_point))));
      return finite_factors({p.a_scale, p.b_scale, p.fixed});
    }
    case rounding::aten:
      p.a_scale = a.scale_f32(), p.b_scale = b.scale_f32();
      p.a_premul = numerics::mul(p.a_scale, -static_cast<float>(p.a_zero_point));
      p.b_premul = numerics::mul(p.b_scale, -static_cast<float>(p.b_zero_point));
      p.inverse = numerics::div(1.f, y.scale_f32());
      return finite_factors({p.a_scale, p.b_scale, p.a_premul, p.b_premul, p.inverse});
    case rounding::none:
    case rounding::doubling_high_half_up:
    case rounding::wide_half_up:
    case rounding::double_half_away:
    case rounding::float_half_even:
    case rounding::float_bias_half_even:
    case rounding::float_zero_point_half_even:
    case rounding::eight_bit_ratio_half_up:
    case rounding::divide_half_away:
    case rounding::divide_half_even:
    case rounding::reciprocal_half_even:
    case rounding::divide_truncate:
    case rounding::onnxruntime: break;
  }
  return detail::no_such_rounding(n);
}
template <int Sign, bool Quantized>
OCTET_COLD status add_prepare(const node_view& n, prepared& to) {
  const tensor_desc &a = n.in[0], &b = n.in[1], &y = n.out[0];
  auto& p = to.make<add_params>(&reference::add_kernel, kernel_id::add);
  p.mode = n.round;
  p.a_type = a.type, p.b_type = b.type, p.y_type = y.type;
  p.sign = Sign;
  p.shape = make_broadcast<2>({a.shape, b.shape}, y.shape);
  const auto clamp = clamp_of(*n.attrs, y.type);
  p.lo = clamp.lo, p.hi = clamp.hi;
  if constexpr (!Quantized) {
    const auto c = read_attributes<float_clamp_attrs>(*n.attrs);
    p.min = static_cast<float>(c.float_lo), p.max = static_cast<float>(c.float_hi);
    return unit{};
  }
  if (auto s = one_scale_each(n); !s) return s;
  p.a_zero_point = a.zero_point(), p.b_zero_point = b.zero_point(), p.zero_point = y.zero_point();
  p.rows = read_attributes<vector_rows>(*n.attrs);
  return set_add_factors(p, n);
}
#else
template <int Sign, bool Quantized> status add_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form qnn_sub_forms[] = {
    {.in = {quantized_types, quantized_types},
     .out = {quantized_types},
     .roundings = rounding::doubling_high_half_away},
    {.in = {eight_bit, eight_bit}, .out = {eight_bit}, .roundings = rounding::xnnpack},
};
inline constexpr form qnn_add_forms[] = {
    qnn_sub_forms[0],
    {.in = {eight_bit, eight_bit},
     .out = {eight_bit},
     .roundings = {rounding::xnnpack, rounding::qnnpack, rounding::fused_multiply_add,
                   rounding::aten}},
    {.in = {dtype::s16, dtype::s16}, .out = {dtype::s16}, .roundings = rounding::tflite_optimized},
    {.in = {eight_bit, eight_bit}, .out = {eight_bit}, .roundings = rounding::mxnet},
    {.in = {eight_bit, eight_bit}, .out = {dtype::s32}, .roundings = rounding::mxnet},
};
/// Two operands of plain numbers.
inline constexpr form arithmetic_forms[] = {
    {.in = {arithmetic_types, like(0)}, .out = {like(0)}},
};
/// MXN, FMA: factors from an operand's scale to the output's, where the model file gives them.
struct add_keys {
  static constexpr attribute_key keys[] = {{"a_ratio", attribute_value::kind::real},
                                           {"b_ratio", attribute_value::kind::real}};
};
inline constexpr op_def qnn_add{
    .name = "qnn.add",
    .summary = "a + b of quantized values",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = qnn_add_forms,
    .quantized = true,
    .each_alone = roundings_of(qnn_add_forms)  // FMA asks how operands lie, ATEN where an element
                      .without(rounding::fused_multiply_add)
                      .without(rounding::aten),
    .vector_block = numerics::add_block,
    .kernel = kernel_id::add,
    .attributes = keys_of<add_attrs, clamp_keys, add_keys, vector_rows>,
    .shape = &binary_op_shape,
    .memory = &params_only<add_params>,
    .prepare = &add_prepare<1, true>,
    .decide = &laws::add,
};
inline constexpr op_def qnn_sub{
    .name = "qnn.sub",
    .summary = "a - b of quantized values",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = qnn_sub_forms,
    .quantized = true,
    .each_alone = roundings_of(qnn_sub_forms),
    .kernel = kernel_id::add,
    .attributes = keys_of<clamp_keys>,
    .shape = &binary_op_shape,
    .memory = &params_only<add_params>,
    .prepare = &add_prepare<-1, true>,
    .decide = &laws::sub,
};
inline constexpr op_def add{
    .name = "add",
    .summary = "a + b",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = arithmetic_forms,
    .each_alone = rounding::none,
    .kernel = kernel_id::add,
    .attributes = keys_of<float_clamp_attrs, clamp_keys>,
    .shape = &binary_op_shape,
    .memory = &params_only<add_params>,
    .prepare = &add_prepare<1, false>,
};
inline constexpr op_def sub{
    .name = "sub",
    .summary = "a - b",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = arithmetic_forms,
    .each_alone = rounding::none,
    .kernel = kernel_id::add,
    .attributes = keys_of<float_clamp_attrs, clamp_keys>,
    .shape = &binary_op_shape,
    .memory = &params_only<add_params>,
    .prepare = &add_prepare<-1, false>,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_ADD_HPP_
