// Two-operand operators besides add and mul: minimum, maximum, comparisons, logic,
// squared_difference, div, floor_div, floor_mod, pow, bits; and select.
#ifndef OCTET_OPS_BINARY_HPP_
#define OCTET_OPS_BINARY_HPP_

#include "octet/laws/elementwise.hpp"
#include "octet/numerics/fixed_point.hpp"
#include "octet/numerics/half.hpp"
#include "octet/ops/add.hpp"
#include "octet/ops/gather.hpp"

OCTET_NAMESPACE_BEGIN

enum class binary_op : std::uint8_t {
  minimum,
  maximum,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  logical_and,
  logical_or,
  squared_difference,
  div,
  floor_div,
  floor_mod,
  pow,
  bitwise_xor,
  right_shift
};

constexpr bool is_comparison(binary_op op) noexcept {
  switch (op) {
    case binary_op::equal:
    case binary_op::not_equal:
    case binary_op::less:
    case binary_op::less_equal:
    case binary_op::greater:
    case binary_op::greater_equal: return true;
    case binary_op::minimum:
    case binary_op::maximum:
    case binary_op::logical_and:
    case binary_op::logical_or:
    case binary_op::squared_difference:
    case binary_op::div:
    case binary_op::floor_div:
    case binary_op::floor_mod:
    case binary_op::pow:
    case binary_op::bitwise_xor:
    case binary_op::right_shift: return false;
  }
  return false;
}

/// Quantized forms bring both operands to a common scale first (DR), or work on raw values where
/// the parameters are equal.
struct binary_params {
  binary_op op = binary_op::minimum;
  rounding mode = rounding::none;  // none: raw values or plain numbers; DR: comparisons,
                                   // squared_difference, div of quantized values
  dtype a_type, y_type;            // operands have one type
  std::int32_t a_zero_point = 0, b_zero_point = 0, zero_point = 0, lo = 0, hi = 0;
  std::int32_t left_shift = 0;
  multiplier a_mult, b_mult, y_mult;
  float min = 0, max = 0;  // clamp of plain float32
  broadcast_plan<2> shape;
};

namespace numerics {
/// Both operands on a common scale: DR((q - z) << left_shift).
struct scaled_pair {
  std::int32_t a, b;
};
constexpr scaled_pair common_scale(const binary_params& p, std::int32_t a,
                                   std::int32_t b) noexcept {
  return {doubling_high_half_away((a - p.a_zero_point) * (1 << p.left_shift), p.a_mult),
          doubling_high_half_away((b - p.b_zero_point) * (1 << p.left_shift), p.b_mult)};
}
constexpr std::int32_t squared_difference_dr(const binary_params& p, std::int32_t a,
                                             std::int32_t b) noexcept {
  const auto s = common_scale(p, a, b);
  const std::int32_t d = s.a - s.b;
  return finish(std::int64_t{doubling_high_half_away(
                    static_cast<std::int32_t>(std::uint32_t(d) * std::uint32_t(d)), p.y_mult)},
                p.zero_point, p.lo, p.hi);
}
/// RDP as TFLite's kernels compute it on x86-64 where the shift exceeds 31 (small quotients of
/// large divisors): the shift counts wrap at 32, the mask at 64. The stored results of the
/// framework have these values.
constexpr std::int32_t rounding_shift_half_away_unguarded(std::int32_t x, int e) noexcept {
  if (e >= 0 && e <= 31) return rounding_shift_half_away(x, e);
  const auto mask =
      static_cast<std::int32_t>(static_cast<std::uint32_t>((std::uint64_t{1} << (e & 63)) - 1));
  const std::int32_t rest = x & mask, threshold = (mask >> 1) + (x < 0);
  return static_cast<std::int32_t>(std::int64_t{x >> (e & 31)} + (rest > threshold));
}
/// TFLite's integer division: the reciprocal of the divisor as a Q0.31 fraction with its own
/// exponent, the dividend shifted to full width. A divisor of 0, which TFLite refuses, gives the
/// clamp's end on the dividend's side (0 / 0: the zero point).
constexpr std::int32_t div_dr(const binary_params& p, std::int32_t a, std::int32_t b) noexcept {
  std::int32_t x = a - p.a_zero_point, d = b - p.b_zero_point;
  if (d == 0) return x == 0 ? clamp(p.zero_point, p.lo, p.hi) : x > 0 ? p.hi : p.lo;
  if (d < 0) x = -x, d = -d;
  const int lz = std::countl_zero(static_cast<std::uint32_t>(d)), reciprocal_shift = 31 - lz;
  const std::int32_t inverse = fixed32::reciprocal_of_one_plus(
      static_cast<std::int32_t>((static_cast<std::uint32_t>(d) << lz) - (std::uint32_t{1} << 31)));
  const int headroom =
      x == 0 ? 31 : std::countl_zero(static_cast<std::uint32_t>(x < 0 ? ~x : x)) - 1;
  const std::int32_t quotient = doubling_high_multiply(shl_wrap(x, headroom), inverse);
  return finish(std::int64_t{rounding_shift_half_away_unguarded(
                    doubling_high_multiply(quotient, p.y_mult.m),
                    headroom + reciprocal_shift - p.y_mult.shift)},
                p.zero_point, p.lo, p.hi);
}
/// DR of one pair, except comparisons.
constexpr std::int32_t binary_dr(const binary_params& p, std::int32_t a, std::int32_t b) noexcept {
  switch (p.op) {
    case binary_op::div: return div_dr(p, a, b);
    case binary_op::squared_difference: return squared_difference_dr(p, a, b);
    case binary_op::minimum:
    case binary_op::maximum:
    case binary_op::equal:
    case binary_op::not_equal:
    case binary_op::less:
    case binary_op::less_equal:
    case binary_op::greater:
    case binary_op::greater_equal:
    case binary_op::logical_and:
    case binary_op::logical_or:
    case binary_op::floor_div:
    case binary_op::floor_mod:
    case binary_op::pow:
    case binary_op::bitwise_xor:
    case binary_op::right_shift: break;  // binary_prepare refuses these
  }
  return p.zero_point;
}
/// a to the power b. Where it is no real number: the NaN that x86-64 makes, its sign set. Integers:
/// rounded toward zero; what the type does not hold is its lowest value, as x86-64 converts the
/// floating result.
template <class T> constexpr T power(T a, T b) noexcept {
  if constexpr (std::is_floating_point_v<T>) {
    const float y = pow_f32(a, b);
    return is_nan(y) && !is_nan(a) && !is_nan(b) ? -std::numeric_limits<float>::quiet_NaN() : y;
  } else {
    constexpr T lowest = std::numeric_limits<T>::lowest();
    if (b < 0) {
      if (a == 0) return lowest;
      return a == 1 ? T{1} : a == -1 ? (b % 2 == 0 ? T{1} : T{-1}) : T{0};
    }
    if (a == 0 || a == 1 || b == 0) return b == 0 ? T{1} : a;
    if (a == -1) return b % 2 == 0 ? T{1} : T{-1};
    std::int64_t result = 1;
    for (T i = 0; i < b; ++i)  // at most 62 steps: |a| >= 2
      if (__builtin_mul_overflow(result, std::int64_t{a}, &result)) return lowest;
    return result < std::int64_t{lowest} || result > std::int64_t{std::numeric_limits<T>::max()}
               ? lowest
               : static_cast<T>(result);
  }
}
/// x >> n with n brought into [0, bits - 1]; signed values keep their sign.
template <class T> constexpr T right_shift(T x, T n) noexcept {
  constexpr T most = static_cast<T>(8 * sizeof(T) - 1);
  return static_cast<T>(x >> (n < 0 ? T{0} : n > most ? most : n));
}
/// Largest integer not above a / b; b == 0 gives 0.
template <class T> constexpr T floor_div(T a, T b) noexcept {
  if constexpr (std::is_floating_point_v<T>) {
    return floor(div(a, b));
  } else {
    if (b == 0) return 0;
    if (b == static_cast<T>(-1))
      return static_cast<T>(std::uint64_t{0} - static_cast<std::uint64_t>(a));
    const T q = static_cast<T>(a / b);
    return static_cast<T>(q - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0));
  }
}
}  // namespace numerics

namespace reference {
template <class T> constexpr bool compare(binary_op op, T a, T b) noexcept {
  switch (op) {
    case binary_op::equal: return a == b;
    case binary_op::not_equal: return a != b;
    case binary_op::less: return a < b;
    case binary_op::less_equal: return a <= b;
    case binary_op::greater: return a > b;
    case binary_op::greater_equal: return a >= b;
    case binary_op::minimum:
    case binary_op::maximum:
    case binary_op::logical_and:
    case binary_op::logical_or:
    case binary_op::squared_difference:
    case binary_op::div:
    case binary_op::floor_div:
    case binary_op::floor_mod:
    case binary_op::pow:
    case binary_op::bitwise_xor:
    case binary_op::right_shift: break;  // is_comparison() tells
  }
  return false;
}
/// a - floor_div(a, b) * b, the divisor's sign. Of floats: the exact remainder of truncation by
/// repeated subtraction of scaled divisors, in binary64.
template <class T> constexpr T floor_mod_value(T a, T b) noexcept {
  if constexpr (std::is_floating_point_v<T>) {
    double x = static_cast<double>(a < 0 ? -a : a);
    const double y = static_cast<double>(b < 0 ? -b : b);
    if (!(y > 0) || !(x < std::numeric_limits<double>::infinity()))
      return std::numeric_limits<T>::quiet_NaN();
    double d = y;
    while (numerics::mul(d, 2.) <= x) d = numerics::mul(d, 2.);
    for (; x >= y; d = numerics::mul(d, 0.5))  // never where the divisor is infinite
      if (x >= d) x = numerics::sub(x, d);
    const T r = static_cast<T>(a < 0 ? -x : x);
    return r != 0 && (r < 0) != (b < 0) ? numerics::add(r, b) : r;
  } else {
    return b == 0 ? T{}
                  : static_cast<T>(static_cast<std::uint64_t>(a) -
                                   static_cast<std::uint64_t>(numerics::floor_div(a, b)) *
                                       static_cast<std::uint64_t>(b));
  }
}
/// The operators whose result has the operands' type, except logic.
template <class T> constexpr T binary_value(const binary_params& p, T a, T b) noexcept {
  switch (p.op) {
    case binary_op::minimum: return b < a ? b : a;
    case binary_op::maximum: return b > a ? b : a;
    case binary_op::squared_difference:
      if constexpr (std::is_floating_point_v<T>) {
        const T d = numerics::sub(a, b);
        return numerics::mul(d, d);
      } else {
        const auto d = static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b);
        return static_cast<T>(d * d);
      }
    case binary_op::div:
      if constexpr (std::is_floating_point_v<T>)
        return clamp_plain(p, numerics::div(a, b));
      else
        return clamp_plain(p, b == 0 ? T{}
                              : b == static_cast<T>(-1)
                                  ? static_cast<T>(std::uint64_t{0} - static_cast<std::uint64_t>(a))
                                  : static_cast<T>(a / b));
    case binary_op::floor_div: return numerics::floor_div(a, b);
    case binary_op::floor_mod: return floor_mod_value(a, b);
    case binary_op::pow:
      if constexpr (std::is_same_v<T, float> || std::is_same_v<T, std::int32_t>)
        return numerics::power(a, b);
      else
        break;
    case binary_op::bitwise_xor:
      if constexpr (std::is_integral_v<T>)
        return static_cast<T>(a ^ b);
      else
        break;
    case binary_op::right_shift:
      if constexpr (std::is_integral_v<T>)
        return numerics::right_shift(a, b);
      else
        break;
    case binary_op::equal:
    case binary_op::not_equal:
    case binary_op::less:
    case binary_op::less_equal:
    case binary_op::greater:
    case binary_op::greater_equal:
    case binary_op::logical_and:
    case binary_op::logical_or: break;
  }
  return T{};
}
template <class T>
constexpr void binary(const binary_params& p, const T* a, const T* b, void* out, std::size_t begin,
                      std::size_t end) {
  for_each_broadcast(p.shape, begin, end, [&](std::size_t i, const auto& at) {
    const T u = a[at[0]], v = b[at[1]];
    if (is_comparison(p.op)) {
      bool r = false;
      if constexpr (std::is_integral_v<T> && sizeof(T) <= 2) {
        if (p.mode == rounding::doubling_high_half_away) {
          const auto s = numerics::common_scale(p, u, v);
          r = compare(p.op, s.a, s.b);
        } else {
          r = compare(p.op, u, v);
        }
      } else {
        r = compare(p.op, u, v);
      }
      static_cast<std::uint8_t*>(out)[i] = r;
      return;
    }
    if constexpr (std::is_integral_v<T> && sizeof(T) <= 2) {
      if (p.op == binary_op::logical_and || p.op == binary_op::logical_or) {
        static_cast<T*>(out)[i] =
            static_cast<T>(p.op == binary_op::logical_and ? u != 0 && v != 0 : u != 0 || v != 0);
        return;
      }
      if (p.mode == rounding::doubling_high_half_away) {
        static_cast<T*>(out)[i] = static_cast<T>(numerics::binary_dr(p, u, v));
        return;
      }
    }
    static_cast<T*>(out)[i] = binary_value(p, u, v);
  });
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void binary_kernel(const kernel_args& k) noexcept {
  const auto& p = *static_cast<const binary_params*>(k.params);
  const auto r = part_of(p.shape.count, k.part, k.parts);
  const auto run = [&]<class T>(type_tag<T>) {
    binary(p, static_cast<const T*>(k.in[0]), static_cast<const T*>(k.in[1]), k.out[0], r.begin,
           r.end);
  };
  if (p.a_type == dtype::boolean)
    run(type_tag<std::uint8_t>{});
  else
    with_number(p.a_type, run);
}
#else
void binary_kernel(const kernel_args& k) noexcept;
#endif
}  // namespace reference

namespace ops {
#if OCTET_HAS_DEFINITIONS
template <binary_op Op, bool Quantized> status binary_prepare(const node_view& n, prepared& to) {
  const tensor_desc &a = n.in[0], &b = n.in[1], &y = n.out[0];
  auto& p = to.make<binary_params>(&reference::binary_kernel, kernel_id::binary);
  p.op = Op;
  p.mode = n.round;
  p.a_type = a.type, p.y_type = y.type;
  p.shape = make_broadcast<2>({a.shape, b.shape}, y.shape);
  constexpr bool compares = is_comparison(Op),
                 extremes = Op == binary_op::minimum || Op == binary_op::maximum;
  if constexpr (!Quantized) {
    if constexpr (Op == binary_op::div) {  // the one that has a fused activation
      const auto c = read_attributes<float_clamp_attrs>(*n.attrs);
      p.min = static_cast<float>(c.float_lo), p.max = static_cast<float>(c.float_hi);
      const auto clamp = clamp_of(*n.attrs, y.type);
      p.lo = clamp.lo, p.hi = clamp.hi;
    }
    return unit{};
  } else {
    for (const tensor_desc* t : {&a, &b})
      if (!t->quantized() || t->per_channel())
        return unsupported("quantization of an operand", {}, "one scale per tensor");
    if (extremes || n.round == rounding::none) {
      if (!a.same_quantization(b) || (extremes && !a.same_quantization(y)))
        return unsupported("operands of different scales", {}, "equal scales and zero points");
      return unit{};
    }
    p.a_zero_point = a.zero_point(), p.b_zero_point = b.zero_point(), p.zero_point = y.zero_point();
    const auto clamp = clamp_of(*n.attrs, y.type);
    p.lo = clamp.lo, p.hi = clamp.hi;
    if constexpr (compares) {
      if (a.scale() >= 1 || b.scale() >= 1)
        return unsupported("scale of a comparison", {}, "below 1");
      p.left_shift = 8;
      p.a_mult = numerics::quantize_multiplier(a.scale());
      p.b_mult = numerics::quantize_multiplier(b.scale());
    } else if constexpr (Op == binary_op::squared_difference) {
      p.left_shift = 7;
      const double twice = numerics::mul(2.0, std::max(a.scale(), b.scale()));
      p.a_mult = numerics::quantize_multiplier(numerics::div(a.scale(), twice));
      p.b_mult = numerics::quantize_multiplier(numerics::div(b.scale(), twice));
      p.y_mult = numerics::quantize_multiplier(
          numerics::div(numerics::mul(twice, twice),
                        numerics::mul(static_cast<double>(1 << (2 * p.left_shift)), y.scale())));
    } else if constexpr (Op == binary_op::div) {
      p.y_mult = numerics::quantize_multiplier(
          numerics::div(a.scale(), numerics::mul(b.scale(), y.scale())));
    } else {
      return unsupported("rounding " + std::string(name_of(n.round)) + " here");
    }
    return unit{};
  }
}
#else
template <binary_op Op, bool Quantized> status binary_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form plain_binary_forms[] = {
    {.in = {number_types, like(0)}, .out = {like(0)}},
};
/// Equality is of bools as well.
inline constexpr form equality_forms[] = {
    {.in = {number_types | dtype::boolean, like(0)}, .out = {dtype::boolean}},
};
inline constexpr form order_forms[] = {
    {.in = {number_types, like(0)}, .out = {dtype::boolean}},
};
inline constexpr form logic_forms[] = {
    {.in = {dtype::boolean, dtype::boolean}, .out = {dtype::boolean}},
};
inline constexpr form qnn_extreme_forms[] = {
    {.in = {quantized_types, like(0)}, .out = {like(0)}},
};
inline constexpr form pow_forms[] = {
    {.in = {type_set{dtype::f32, dtype::s32}, like(0)}, .out = {like(0)}},
};
inline constexpr form bit_forms[] = {
    {.in = {integer_types, like(0)}, .out = {like(0)}},
};
/// Raw values where the quantization is equal, else a common scale.
inline constexpr form qnn_comparison_forms[] = {
    {.in = {quantized_types, like(0)}, .out = {dtype::boolean}},
    {.in = {quantized_types, like(0)},
     .out = {dtype::boolean},
     .roundings = rounding::doubling_high_half_away},
};
inline constexpr form qnn_binary_forms[] = {
    {.in = {eight_bit, like(0)}, .out = {like(0)}, .roundings = rounding::doubling_high_half_away},
};

/// The operators with vectors, in some of their forms.
constexpr bool has_binary_kernel(binary_op op, bool quantized) {
  return op == binary_op::minimum || op == binary_op::maximum || is_comparison(op) ||
         op == binary_op::logical_and || op == binary_op::logical_or ||
         op == binary_op::squared_difference || op == binary_op::pow ||
         (op == binary_op::div && !quantized);
}
template <binary_op Op, bool Quantized> constexpr attribute_keys binary_keys() {
  if constexpr (!Quantized && Op == binary_op::div)
    return keys_of<float_clamp_attrs, clamp_keys>;
  else if constexpr (!Quantized || Op == binary_op::minimum || Op == binary_op::maximum)
    return keys_of<>;
  else
    return keys_of<clamp_keys>;
}
template <binary_op Op, bool Quantized>
constexpr op_def binary_def(std::string_view name, std::string_view summary,
                            std::span<const form> forms) {
  constexpr bool extreme = Op == binary_op::minimum || Op == binary_op::maximum;
  return {
      .name = name,
      .summary = summary,
      .min_inputs = 2,
      .max_inputs = 2,
      .forms = forms,
      .quantized = Quantized,
      .each_alone =
          extreme || Op == binary_op::div || Quantized ? roundings_of(forms) : rounding_set{},
      .kernel = has_binary_kernel(Op, Quantized) ? kernel_id::binary : kernel_id::none,
      .attributes = binary_keys<Op, Quantized>(),
      .shape = &binary_op_shape,
      .memory = &params_only<binary_params>,
      .prepare = &binary_prepare<Op, Quantized>,
      .decide = !Quantized || extreme ? nullptr : &laws::tflite_integers,
  };
}

inline constexpr op_def minimum =
    binary_def<binary_op::minimum, false>("minimum", "the smaller of two", plain_binary_forms);
inline constexpr op_def maximum =
    binary_def<binary_op::maximum, false>("maximum", "the larger of two", plain_binary_forms);
inline constexpr op_def equal =
    binary_def<binary_op::equal, false>("equal", "a == b", equality_forms);
inline constexpr op_def not_equal =
    binary_def<binary_op::not_equal, false>("not_equal", "a != b", equality_forms);
inline constexpr op_def less = binary_def<binary_op::less, false>("less", "a < b", order_forms);
inline constexpr op_def less_equal =
    binary_def<binary_op::less_equal, false>("less_equal", "a <= b", order_forms);
inline constexpr op_def greater =
    binary_def<binary_op::greater, false>("greater", "a > b", order_forms);
inline constexpr op_def greater_equal =
    binary_def<binary_op::greater_equal, false>("greater_equal", "a >= b", order_forms);
inline constexpr op_def logical_and =
    binary_def<binary_op::logical_and, false>("logical_and", "a and b", logic_forms);
inline constexpr op_def logical_or =
    binary_def<binary_op::logical_or, false>("logical_or", "a or b", logic_forms);
inline constexpr op_def squared_difference = binary_def<binary_op::squared_difference, false>(
    "squared_difference", "(a - b) * (a - b)", plain_binary_forms);
inline constexpr op_def div = binary_def<binary_op::div, false>("div", "a / b", plain_binary_forms);
inline constexpr op_def floor_div =
    binary_def<binary_op::floor_div, false>("floor_div", "a / b, rounded down", plain_binary_forms);
inline constexpr op_def floor_mod = binary_def<binary_op::floor_mod, false>(
    "floor_mod", "a - floor_div(a, b) * b", plain_binary_forms);
inline constexpr op_def pow =
    binary_def<binary_op::pow, false>("pow", "a to the power b", pow_forms);
inline constexpr op_def bitwise_xor = binary_def<binary_op::bitwise_xor, false>(
    "bitwise_xor", "bits of a or b, not of both", bit_forms);
inline constexpr op_def right_shift = binary_def<binary_op::right_shift, false>(
    "right_shift", "bits moved to the right, the sign kept", bit_forms);
inline constexpr op_def qnn_minimum = binary_def<binary_op::minimum, true>(
    "qnn.minimum", "the smaller of two of quantized values", qnn_extreme_forms);
inline constexpr op_def qnn_maximum = binary_def<binary_op::maximum, true>(
    "qnn.maximum", "the larger of two of quantized values", qnn_extreme_forms);
inline constexpr op_def qnn_equal = binary_def<binary_op::equal, true>(
    "qnn.equal", "a == b of quantized values", qnn_comparison_forms);
inline constexpr op_def qnn_not_equal = binary_def<binary_op::not_equal, true>(
    "qnn.not_equal", "a != b of quantized values", qnn_comparison_forms);
inline constexpr op_def qnn_less = binary_def<binary_op::less, true>(
    "qnn.less", "a < b of quantized values", qnn_comparison_forms);
inline constexpr op_def qnn_less_equal = binary_def<binary_op::less_equal, true>(
    "qnn.less_equal", "a <= b of quantized values", qnn_comparison_forms);
inline constexpr op_def qnn_greater = binary_def<binary_op::greater, true>(
    "qnn.greater", "a > b of quantized values", qnn_comparison_forms);
inline constexpr op_def qnn_greater_equal = binary_def<binary_op::greater_equal, true>(
    "qnn.greater_equal", "a >= b of quantized values", qnn_comparison_forms);
inline constexpr op_def qnn_squared_difference = binary_def<binary_op::squared_difference, true>(
    "qnn.squared_difference", "(a - b) * (a - b) of quantized values", qnn_binary_forms);
inline constexpr form qnn_div_forms[] = {
    {.in = {quantized_types, like(0)},
     .out = {like(0)},
     .roundings = rounding::doubling_high_half_away},
};
inline constexpr op_def qnn_div =
    binary_def<binary_op::div, true>("qnn.div", "a / b of quantized values", qnn_div_forms);
}  // namespace ops

// ---- select ----

/// y = condition ? a : b, all broadcast; a, b and y have one type and equal quantization.
struct select_params {
  dtype type = dtype::f32;
  broadcast_plan<3> shape;
};
namespace reference {
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void select_kernel(const kernel_args& k) noexcept {
  const auto& p = *static_cast<const select_params*>(k.params);
  const auto r = part_of(p.shape.count, k.part, k.parts);
  const auto* c = static_cast<const std::uint8_t*>(k.in[0]);
  with_size(p.type, [&]<class T>(type_tag<T>) {
    const auto *a = static_cast<const T*>(k.in[1]), *b = static_cast<const T*>(k.in[2]);
    auto* y = static_cast<T*>(k.out[0]);
    for_each_broadcast(p.shape, r.begin, r.end, [&](std::size_t i, const auto& at) {
      y[i] = c[at[0]] ? a[at[1]] : b[at[2]];
    });
  });
}
#else
void select_kernel(const kernel_args& k) noexcept;
#endif
}  // namespace reference
namespace ops {
constexpr status select_op_shape(const node_view& n, std::span<dims> out) {
  const shape_or ab = binary_shape(n.in[1].shape, n.in[2].shape);
  if (ab.broken) return ab.broken;
  return set_shape(out, binary_shape(n.in[0].shape, ab.shape));
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status select_prepare(const node_view& n, prepared& to) {
  auto& p = to.make<select_params>(&reference::select_kernel, kernel_id::select);
  for (std::size_t i : {std::size_t{1}, std::size_t{2}})
    if (n.in[i].quantized() && !n.in[i].same_quantization(n.out[0]))
      return unsupported("select of different scales", {}, "equal scales and zero points");
  p.type = n.out[0].type;
  p.shape = make_broadcast<3>({n.in[0].shape, n.in[1].shape, n.in[2].shape}, n.out[0].shape);
  return unit{};
}
#else
status select_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form select_forms[] = {
    {.in = {dtype::boolean, all_types, like(1)}, .out = {like(1)}},
};
inline constexpr op_def select{
    .name = "select",
    .summary = "condition ? a : b",
    .min_inputs = 3,
    .max_inputs = 3,
    .forms = select_forms,
    .kernel = kernel_id::select,
    .attributes = keys_of<>,
    .shape = &select_op_shape,
    .memory = &params_only<select_params>,
    .prepare = &select_prepare,
};
}  // namespace ops

// ---- cast ----

struct cast_attrs {
  bool nan_is_highest = false;  // NaN gives the integer type's highest number; else 0
  static constexpr auto fields = field_list{field{"nan_is_highest", &cast_attrs::nan_is_highest}};
};
/// Numbers to another element type: floats truncate toward zero and saturate (NaN: 0, or the
/// highest number), integers wrap, bool is v != 0; float32 to the nearest float16, ties to even.
struct cast_params {
  dtype in_type, out_type;
  std::size_t count = 0;
  bool nan_is_highest = false;
};
namespace numerics {
template <class Y, class X> constexpr Y cast_value(X v, bool nan_is_highest = false) noexcept {
  if constexpr (std::is_same_v<Y, bool>) {
    return v != X{};
  } else if constexpr (std::is_floating_point_v<X> && std::is_integral_v<Y>) {
    const double d = trunc(static_cast<double>(v));
    if (is_nan(d)) return nan_is_highest ? std::numeric_limits<Y>::max() : Y{};
    if (d <= static_cast<double>(std::numeric_limits<Y>::min()))
      return std::numeric_limits<Y>::min();
    if (d >= static_cast<double>(std::numeric_limits<Y>::max()))
      return std::numeric_limits<Y>::max();
    return static_cast<Y>(d);
  } else {
    return static_cast<Y>(v);
  }
}
}  // namespace numerics
namespace reference {
template <class F> constexpr bool with_castable(dtype t, F&& f) {
  switch (t) {
    case dtype::f64: return f(type_tag<double>{}), true;
    case dtype::boolean: return f(type_tag<bool>{}), true;
    case dtype::u32: return f(type_tag<std::uint32_t>{}), true;
    case dtype::u64: return f(type_tag<std::uint64_t>{}), true;
    case dtype::f32:
    case dtype::s8:
    case dtype::u8:
    case dtype::s16:
    case dtype::u16:
    case dtype::s32:
    case dtype::s64: return with_number(t, f);
    case dtype::f16: return false;
  }
  return false;
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void cast_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const cast_params*>(a.params);
  const auto r = part_of(p.count, a.part, a.parts);
  if (p.out_type == dtype::f16) {
    const auto* x = static_cast<const float*>(a.in[0]);
    auto* y = static_cast<std::uint16_t*>(a.out[0]);
    for (std::size_t i = r.begin; i < r.end; ++i) y[i] = numerics::to_f16(x[i]);
    return;
  }
  with_castable(p.in_type, [&]<class X>(type_tag<X>) {
    with_castable(p.out_type, [&]<class Y>(type_tag<Y>) {
      // A bool of the caller may be any byte: read as a number.
      using stored = std::conditional_t<std::is_same_v<X, bool>, std::uint8_t, X>;
      const auto* x = static_cast<const stored*>(a.in[0]);
      auto* y = static_cast<Y*>(a.out[0]);
      for (std::size_t i = r.begin; i < r.end; ++i)
        if constexpr (std::is_same_v<X, bool>)
          y[i] = numerics::cast_value<Y>(x[i] != 0);
        else
          y[i] = numerics::cast_value<Y>(x[i], p.nan_is_highest);
    });
  });
}
#else
void cast_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference
namespace ops {
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status cast_prepare(const node_view& n, prepared& to) {
  auto& p = to.make<cast_params>(&reference::cast_kernel, kernel_id::cast);
  p.in_type = n.in[0].type, p.out_type = n.out[0].type;
  p.count = n.in[0].shape.elements().value;
  p.nan_is_highest = read_attributes<cast_attrs>(*n.attrs).nan_is_highest;
  return unit{};
}
#else
status cast_prepare(const node_view& n, prepared& to);
#endif
inline constexpr type_set castable_types =
    number_types | type_set{dtype::f64, dtype::u32, dtype::u64, dtype::boolean};
inline constexpr form cast_forms[] = {
    {.in = {castable_types}, .out = {castable_types}},
    {.in = {dtype::f32}, .out = {dtype::f16}},
};
inline constexpr op_def cast{
    .name = "cast",
    .summary = "numbers to another element type",
    .forms = cast_forms,
    .kernel = kernel_id::cast,
    .attributes = keys_of<cast_attrs>,
    .shape = &same_op_shape,
    .memory = &params_only<cast_params>,
    .prepare = &cast_prepare,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_BINARY_HPP_
