// From an accumulator to a quantized value: multiplier derivation and the rounding policies, all
// constexpr. Formulas: docs/numerics.md. Notation there: QM, SRDHM, RDP, RSU, DR, RU, I64, D64, F.
#ifndef OCTET_NUMERICS_REQUANTIZE_HPP_
#define OCTET_NUMERICS_REQUANTIZE_HPP_

#include <bit>
#include <cstdint>
#include <limits>

#include "octet/core/types.hpp"
#include "octet/numerics/fma.hpp"
#include "octet/numerics/fp.hpp"

OCTET_NAMESPACE_BEGIN

/// A positive real as m * 2^(shift - 31) with m in [2^30, 2^31): TFLite's quantized multiplier.
struct multiplier {
  std::int32_t m = 0;
  std::int32_t shift = 0;
  constexpr bool operator==(const multiplier&) const = default;
};

namespace numerics {

/// QM(d), d >= 0 and finite: frexp, then round half away from zero to 31 bits. Below 2^-32 it is
/// (0, 0), as in TFLite. Computed from the bits: std::frexp and std::round are not constant
/// expressions in clang.
OCTET_COLD constexpr multiplier quantize_multiplier(double d) noexcept {
  if (!(d > 0)) return {0, 0};
  const auto b = std::bit_cast<std::uint64_t>(d);
  int e = static_cast<int>(b >> 52 & 2047);
  std::uint64_t f = b & ((std::uint64_t{1} << 52) - 1);
  if (e == 0) {
    const int lz = std::countl_zero(f) - 11;
    f <<= lz;
    e = 1 - lz;
  } else {
    f |= std::uint64_t{1} << 52;
  }
  int shift = e - 1022;
  std::uint64_t q = (f + (std::uint64_t{1} << 21)) >> 22;
  if (q == std::uint64_t{1} << 31) {
    q >>= 1;
    ++shift;
  }
  if (shift < -31) return {0, 0};
  if (shift > 30) return {std::numeric_limits<std::int32_t>::max(), 30};
  return {static_cast<std::int32_t>(q), shift};
}

/// Saturating rounding doubling high multiply: floor((a*b + 2^30) / 2^31), ties up. Only INT32_MIN
/// * INT32_MIN saturates.
constexpr std::int32_t doubling_high_multiply(std::int32_t a, std::int32_t b) noexcept {
  constexpr std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
  if (a == lowest && b == lowest) return std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int32_t>((std::int64_t{a} * b + (std::int64_t{1} << 30)) >> 31);
}
/// x / 2^e, 0 <= e <= 62, ties away from zero.
constexpr std::int32_t rounding_shift_half_away(std::int32_t x, int e) noexcept {
  const std::int64_t mask = (std::int64_t{1} << e) - 1, rem = x & mask,
                     threshold = (mask >> 1) + (x < 0);
  return static_cast<std::int32_t>((std::int64_t{x} >> e) + (rem > threshold));
}
/// x / 2^e, 0 <= e <= 31, ties up.
constexpr std::int32_t rounding_shift_half_up(std::int32_t x, int e) noexcept {
  return e == 0 ? x
                : static_cast<std::int32_t>((std::int64_t{x} + (std::int64_t{1} << (e - 1))) >> e);
}
/// x << l with two's complement wrap-around.
constexpr std::int32_t shl_wrap(std::int32_t x, int l) noexcept {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(x) << l);
}

/// The 15-bit multiplier of I64.
constexpr std::int32_t reduce_multiplier(std::int32_t m) noexcept {
  return m < 0x7FFF0000 ? (m + (1 << 15)) >> 16 : 0x7FFF;
}

/// Q8's factor: a ratio of scales with 8 fractional bits. XNNPACK takes ratios in [2^-8, 2^7];
/// others are not its nodes.
constexpr multiplier q8_multiplier(float ratio) noexcept {
  return {clamp_to_int(static_cast<double>(rint(mul(ratio, 256.f))), -(1 << 23), 1 << 23), 8};
}
}  // namespace numerics

/// Each rounding formula once, as a type: `apply(x, factor)` takes an accumulator to a quantized
/// value before zero point and clamp, exact or rounded to an integer value. `factor` is what
/// prepare derives from the scales. M and s: QM(sx*sw/sy) = {m, shift}; l = max(s, 0), r = max(-s,
/// 0). Ties: for every formula the value of a half is given. Names are those of `rounding`.
namespace rounding_policy {

/// RDP(SRDHM(x << l, M), r): two roundings, ties of the first go up, of the second away from zero.
/// -2.5 may give -3, and 9.4949 may give 10.
struct doubling_high_half_away {
  static constexpr std::int64_t apply(std::int64_t x, multiplier q) noexcept {
    return numerics::rounding_shift_half_away(
        numerics::doubling_high_multiply(
            numerics::shl_wrap(static_cast<std::int32_t>(x), q.shift > 0 ? q.shift : 0), q.m),
        q.shift > 0 ? 0 : -q.shift);
  }
};
/// RSU(SRDHM(x << l, M), r): two roundings, ties of both go up. -2.5 gives -2.
struct doubling_high_half_up {
  static constexpr std::int64_t apply(std::int64_t x, multiplier q) noexcept {
    return numerics::rounding_shift_half_up(
        numerics::doubling_high_multiply(
            numerics::shl_wrap(static_cast<std::int32_t>(x), q.shift > 0 ? q.shift : 0), q.m),
        q.shift > 0 ? 0 : -q.shift);
  }
};
/// floor((x*M16 + 2^(14-s)) / 2^(15-s)), M16 = M rounded to 15 bits, |x| < 2^47: one rounding, ties
/// up. The result is cut to 32 bits before zero point and clamp, as TFLite's kernels do: a value
/// beyond int32 comes back with the other sign instead of saturating.
struct wide_half_up {
  static constexpr std::int64_t apply(std::int64_t x, multiplier q) noexcept {
    const int total = 15 - q.shift;
    // Unsigned: beyond 2^47, which only a damaged file brings about, the product wraps.
    const std::uint64_t p = static_cast<std::uint64_t>(x) *
                            static_cast<std::uint64_t>(numerics::reduce_multiplier(q.m));
    return static_cast<std::int32_t>(
        total <= 0 ? static_cast<std::int64_t>(p << -total)
                   : static_cast<std::int64_t>(p + (std::uint64_t{1} << (total - 1))) >> total);
  }
};
/// rha(f64(x) * d), d = sx*sw/sy in binary64: ties away from zero.
struct double_half_away {
  static constexpr double apply(std::int64_t x, double d) noexcept {
    return numerics::round_half_away(numerics::mul(static_cast<double>(x), d));
  }
};
/// rint(f32(f32(x) * m)), m = f32(f32(sx*sw) / sy): ties to even, and |x| > 2^24 is rounded to
/// binary32 first.
struct float_half_even {
  static constexpr double apply(std::int64_t x, float m) noexcept {
    return static_cast<double>(numerics::rint(numerics::mul(static_cast<float>(x), m)));
  }
};
/// F with a float bias in units of the accumulator: rint(f32(f32(f32(x) + b) * m)). With `unit`, b
/// is in units of its own: rint(f32(fma(b, unit, f32(x)) * m)), one rounding for product and sum.
struct float_bias_half_even {
  static constexpr double apply(std::int64_t x, float m, float bias) noexcept {
    return static_cast<double>(
        numerics::rint(numerics::mul(numerics::add(static_cast<float>(x), bias), m)));
  }
  static constexpr double apply(std::int64_t x, float m, float bias, float unit) noexcept {
    return static_cast<double>(
        numerics::rint(numerics::mul(numerics::fma(bias, unit, static_cast<float>(x)), m)));
  }
};
/// rint(f32(f32(f32(x) * m) + zero point)), the zero point inside the rounding: an odd one turns
/// every tie round.
struct float_zero_point_half_even {
  static constexpr double apply(std::int64_t x, float m, std::int32_t zero_point) noexcept {
    return static_cast<double>(numerics::rint(
        numerics::add(numerics::mul(static_cast<float>(x), m), static_cast<float>(zero_point))));
  }
};
/// floor((x*m + 128) / 256), m = rint(256 * sx/sy): ties up, and only 8 fractional bits of the
/// scale.
struct eight_bit_ratio_half_up {
  static constexpr std::int64_t apply(std::int64_t x, multiplier q) noexcept {
    return (x * q.m + 128) >> 8;
  }
};
}  // namespace rounding_policy

namespace numerics {
/// The formulas as functions on int32 values.
constexpr std::int32_t doubling_high_half_away(std::int32_t x, multiplier q) noexcept {
  return static_cast<std::int32_t>(rounding_policy::doubling_high_half_away::apply(x, q));
}
constexpr std::int32_t doubling_high_half_up(std::int32_t x, multiplier q) noexcept {
  return static_cast<std::int32_t>(rounding_policy::doubling_high_half_up::apply(x, q));
}
constexpr std::int64_t wide_half_up(std::int64_t x, multiplier q) noexcept {
  return rounding_policy::wide_half_up::apply(x, q);
}

/// F as a float.
constexpr float scaled_half_even(std::int64_t x, float m) noexcept {
  return rint(mul(static_cast<float>(x), m));
}

/// Zero point and clamp after an integer formula, after a float one.
constexpr std::int32_t finish(std::int64_t v, std::int32_t zero_point, std::int32_t lo,
                              std::int32_t hi) noexcept {
  return static_cast<std::int32_t>(clamp<std::int64_t>(v + zero_point, lo, hi));
}
constexpr std::int32_t finish(double v, std::int32_t zero_point, std::int32_t lo,
                              std::int32_t hi) noexcept {
  return clamp_to_int(add(v, static_cast<double>(zero_point)), lo, hi);
}
}  // namespace numerics

/// Which multiplier array a rounding reads.
/// What a rounding of accumulators multiplies them with.
enum class requantize_factor : std::uint8_t { none, fixed_point, binary32, binary64 };
constexpr requantize_factor factor_of(rounding r) noexcept {
  switch (r) {
    case rounding::doubling_high_half_away:
    case rounding::doubling_high_half_up:
    case rounding::wide_half_up:
    case rounding::eight_bit_ratio_half_up: return requantize_factor::fixed_point;
    case rounding::float_half_even:
    case rounding::float_bias_half_even:
    case rounding::float_zero_point_half_even:
    case rounding::reciprocal_half_even:
    case rounding::fused_multiply_add:
    case rounding::mxnet: return requantize_factor::binary32;
    case rounding::double_half_away: return requantize_factor::binary64;
    case rounding::none:
    case rounding::divide_half_away:
    case rounding::divide_half_even:
    case rounding::divide_truncate:
    case rounding::xnnpack:
    case rounding::qnnpack:
    case rounding::aten:
    case rounding::tflite_optimized:
    case rounding::onnxruntime: return requantize_factor::none;
  }
  return requantize_factor::none;
}
constexpr bool uses_multiplier(rounding r) {
  return factor_of(r) == requantize_factor::fixed_point;
}
constexpr bool uses_float_scale(rounding r) { return factor_of(r) == requantize_factor::binary32; }
/// Whether sx*sw, the scale of an accumulator, is rounded to binary32 (factors and product) before
/// anything else. `asked`: the node's attribute f32_product, for roundings that leave it open.
constexpr bool uses_f32_product(rounding r, bool asked) {
  return asked || (uses_float_scale(r) && r != rounding::mxnet);
}

/// How a node turns accumulators into quantized values. Plain data: what an operator's params carry
/// and what kernels read. Arrays hold `channels` entries (1: one for all); each is set only for the
/// roundings named beside it. Memory belongs to the plan.
struct requantize_params {
  rounding mode = rounding::none;
  std::int32_t channels = 1;
  std::int32_t zero_point = 0;       // of the output
  std::int32_t lo = 0, hi = 0;       // clamp after the zero point: dtype range and fused activation
  const multiplier* mult = nullptr;  // DR, RU, I64, Q8
  const float* scale = nullptr;      // F, FB, FZ
  const double* scale64 = nullptr;   // D64
  const float* bias = nullptr;  // FB: bias_c / (sx * sw_c) in units of the accumulator; null: 0
  const float* bias_unit = nullptr;  // FB: the bias is in units of its own, whose size this is in
                                     // units of the accumulator; null: it is not
};

/// From a sum to a float, by the scale of a row of the input and that of a channel of the weights.
/// Each product is rounded, and so is the sum with the bias but where the two are one fused
/// multiply-add, which adds 0 where there is no bias.
enum class float_scaling : std::uint8_t {
  channel_first,  // sum * channel * row
  row_first,      // sum * row * channel
  scales_first,   // sum * (row * channel)
  fused,          // XNN: sum * row, then fused * channel + bias
  scales_fused    // ATEN: fused sum * (row * channel) + bias
};

namespace numerics {

/// The bias that stands for none: sums of -0 and anything are that, a fused one has 0.
constexpr float no_bias(float_scaling by) noexcept {
  return by == float_scaling::fused || by == float_scaling::scales_fused ? 0.f : -0.f;
}
/// `bias`: null where there is none.
constexpr float scale_sum(float_scaling by, float sum, float row, float channel,
                          const float* bias) noexcept {
  const auto with_bias = [bias](float v) { return bias != nullptr ? add(v, *bias) : v; };
  const float addend = bias != nullptr ? *bias : 0.f;
  switch (by) {
    case float_scaling::channel_first: return with_bias(mul(mul(sum, channel), row));
    case float_scaling::row_first: return with_bias(mul(mul(sum, row), channel));
    case float_scaling::scales_first: return with_bias(mul(sum, mul(row, channel)));
    case float_scaling::fused: return fma(mul(sum, row), channel, addend);
    case float_scaling::scales_fused: return fma(sum, mul(row, channel), addend);
  }
  return 0;
}

/// One value: accumulator x (bias already added, except FB) of channel c to the output's quantized
/// value. A rounding without a formula here (a real number's, an
/// operator's own) gives x itself, clamped.
constexpr std::int32_t requantize(const requantize_params& p, std::int64_t x,
                                  std::int32_t c) noexcept {
  namespace policy = rounding_policy;
  const std::int32_t k = p.channels == 1 ? 0 : c, z = p.zero_point, lo = p.lo, hi = p.hi;
  switch (p.mode) {
    case rounding::doubling_high_half_away:
      return finish(policy::doubling_high_half_away::apply(x, p.mult[k]), z, lo, hi);
    case rounding::doubling_high_half_up:
      return finish(policy::doubling_high_half_up::apply(x, p.mult[k]), z, lo, hi);
    case rounding::wide_half_up:
      return finish(policy::wide_half_up::apply(x, p.mult[k]), z, lo, hi);
    case rounding::eight_bit_ratio_half_up:
      return finish(policy::eight_bit_ratio_half_up::apply(x, p.mult[k]), z, lo, hi);
    case rounding::double_half_away:
      return finish(policy::double_half_away::apply(x, p.scale64[k]), z, lo, hi);
    case rounding::float_half_even:
      return finish(policy::float_half_even::apply(x, p.scale[k]), z, lo, hi);
    case rounding::float_bias_half_even:
      if (p.bias && p.bias_unit)
        return finish(policy::float_bias_half_even::apply(x, p.scale[k], p.bias[c], p.bias_unit[k]),
                      z, lo, hi);
      return finish(policy::float_bias_half_even::apply(x, p.scale[k], p.bias ? p.bias[c] : 0.f), z,
                    lo, hi);
    case rounding::float_zero_point_half_even:
      return finish(policy::float_zero_point_half_even::apply(x, p.scale[k], z), 0, lo, hi);
    case rounding::none:
    case rounding::divide_half_away:
    case rounding::divide_half_even:
    case rounding::reciprocal_half_even:
    case rounding::divide_truncate:
    case rounding::xnnpack:
    case rounding::qnnpack:
    case rounding::aten:
    case rounding::fused_multiply_add:
    case rounding::tflite_optimized:
    case rounding::mxnet:
    case rounding::onnxruntime: break;
  }
  return finish(x, 0, lo, hi);
}

}  // namespace numerics
OCTET_NAMESPACE_END

#endif  // OCTET_NUMERICS_REQUANTIZE_HPP_
