// From an accumulator to a quantized value: multiplier derivation and the rounding policies, all constexpr.
// Formulas: docs/numerics.md. Notation there: QM, SRDHM, RDP, RSU, DR, RU, SR, I64, D64, F.
#ifndef OCTET_NUMERICS_REQUANTIZE_HPP_
#define OCTET_NUMERICS_REQUANTIZE_HPP_

#include <bit>
#include <cstdint>
#include <limits>

#include "octet/core/types.hpp"
#include "octet/numerics/fp.hpp"

OCTET_FP_EXACT_BEGIN
namespace octet::inline OCTET_ABI {

/// A positive real as m * 2^(shift - 31) with m in [2^30, 2^31): TFLite's quantized multiplier.
struct multiplier {
  std::int32_t m = 0;
  std::int32_t shift = 0;
  constexpr bool operator==(const multiplier&) const = default;
};

namespace numerics {

/// QM(d), d >= 0 and finite: frexp, then round half away from zero to 31 bits. Below 2^-32 it is (0, 0), as in TFLite.
/// Computed from the bits: std::frexp and std::round are not constant expressions in clang.
constexpr multiplier quantize_multiplier(double d) noexcept {
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

/// Saturating rounding doubling high multiply: floor((a*b + 2^30) / 2^31), ties up. Only INT32_MIN * INT32_MIN saturates.
constexpr std::int32_t srdhm(std::int32_t a, std::int32_t b) noexcept {
  constexpr std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
  if (a == lowest && b == lowest) return std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int32_t>((std::int64_t{a} * b + (std::int64_t{1} << 30)) >> 31);
}
/// x / 2^e, 0 <= e <= 31, ties away from zero.
constexpr std::int32_t rdp(std::int32_t x, int e) noexcept {
  const std::int64_t mask = (std::int64_t{1} << e) - 1, rem = x & mask, threshold = (mask >> 1) + (x < 0);
  return static_cast<std::int32_t>((x >> e) + (rem > threshold));
}
/// x / 2^e, 0 <= e <= 31, ties up.
constexpr std::int32_t rsu(std::int32_t x, int e) noexcept {
  return e == 0 ? x : static_cast<std::int32_t>((std::int64_t{x} + (std::int64_t{1} << (e - 1))) >> e);
}
/// x << l with two's complement wrap-around.
constexpr std::int32_t shl_wrap(std::int32_t x, int l) noexcept { return static_cast<std::int32_t>(static_cast<std::uint32_t>(x) << l); }

/// DR: RDP(SRDHM(x << l, M), r).
constexpr std::int32_t dr(std::int32_t x, multiplier q) noexcept {
  const int l = q.shift > 0 ? q.shift : 0, r = q.shift > 0 ? 0 : -q.shift;
  return rdp(srdhm(shl_wrap(x, l), q.m), r);
}
/// RU: RSU(SRDHM(x << l, M), r).
constexpr std::int32_t ru(std::int32_t x, multiplier q) noexcept {
  const int l = q.shift > 0 ? q.shift : 0, r = q.shift > 0 ? 0 : -q.shift;
  return rsu(srdhm(shl_wrap(x, l), q.m), r);
}
/// SR: floor((x*M + 2^(30-s)) / 2^(31-s)).
constexpr std::int32_t sr(std::int32_t x, multiplier q) noexcept {
  const int total = 31 - q.shift;
  return static_cast<std::int32_t>(clamp<std::int64_t>((std::int64_t{x} * q.m + (std::int64_t{1} << (total - 1))) >> total, INT32_MIN, INT32_MAX));
}
/// The 15-bit multiplier of I64.
constexpr std::int32_t reduce_multiplier(std::int32_t m) noexcept { return m < 0x7FFF0000 ? (m + (1 << 15)) >> 16 : 0x7FFF; }
/// I64: floor((x*M16 + 2^(14-s)) / 2^(15-s)), |x| < 2^47.
constexpr std::int64_t i64(std::int64_t x, multiplier q) noexcept {
  const int total = 15 - q.shift;
  const std::int64_t p = x * reduce_multiplier(q.m);
  return total <= 0 ? p << -total : total > 62 ? 0 : (p + (std::int64_t{1} << (total - 1))) >> total;
}
/// F before the zero point: rint(f32(f32(x) * m)).
constexpr float f_scaled(std::int64_t x, float m) noexcept { return rint(mul(static_cast<float>(x), m)); }

}  // namespace numerics

/// How a node turns accumulators into quantized values. Plain data: what an operator's params carry and what kernels read.
/// Arrays hold `channels` entries (1: one for all); each is set only for the roundings named beside it. Memory belongs to the plan.
struct requantize_params {
  rounding mode = rounding::none;
  std::int32_t channels = 1;
  std::int32_t zero_point = 0;          // of the output
  std::int32_t lo = 0, hi = 0;          // clamp after the zero point: dtype range and fused activation
  const multiplier* mult = nullptr;     // DR, RU, SR, I64, NE8, NE16
  const float* scale = nullptr;         // F, FB, FZ
  const double* scale64 = nullptr;      // D64
  const float* bias = nullptr;          // FB: bias_c / (sx * sw_c) in units of the accumulator; null: 0
};

namespace numerics {

/// One value: accumulator x (bias already added, except FB) of channel c to the output's quantized value.
constexpr std::int32_t requantize(const requantize_params& p, std::int64_t x, std::int32_t c) noexcept {
  const std::int32_t k = p.channels == 1 ? 0 : c;
  std::int64_t y = 0;
  switch (p.mode) {
    case rounding::DR: y = std::int64_t{dr(static_cast<std::int32_t>(x), p.mult[k])} + p.zero_point; break;
    case rounding::RU: y = std::int64_t{ru(static_cast<std::int32_t>(x), p.mult[k])} + p.zero_point; break;
    case rounding::SR: y = std::int64_t{sr(static_cast<std::int32_t>(x), p.mult[k])} + p.zero_point; break;
    case rounding::I64: y = i64(x, p.mult[k]) + p.zero_point; break;
    case rounding::D64: return clamp_to_int(add(rha(mul(static_cast<double>(x), p.scale64[k])), static_cast<double>(p.zero_point)), p.lo, p.hi);
    case rounding::F:
      return clamp_to_int(static_cast<double>(f_scaled(x, p.scale[k])) + p.zero_point, p.lo, p.hi);
    case rounding::FB: {
      const float v = p.bias ? add(static_cast<float>(x), p.bias[c]) : static_cast<float>(x);
      return clamp_to_int(static_cast<double>(rint(mul(v, p.scale[k]))) + p.zero_point, p.lo, p.hi);
    }
    case rounding::FZ:
      return clamp_to_int(static_cast<double>(rint(add(mul(static_cast<float>(x), p.scale[k]), static_cast<float>(p.zero_point)))), p.lo, p.hi);
    default: y = x; break;  // none: the accumulator itself
  }
  return static_cast<std::int32_t>(clamp<std::int64_t>(y, p.lo, p.hi));
}

}  // namespace numerics
}  // namespace octet::inline OCTET_ABI
OCTET_FP_EXACT_END

#endif  // OCTET_NUMERICS_REQUANTIZE_HPP_
