// Fixed-point functions and tables of TFLite's integer kernels, constexpr: gemmlowp's exp,
// reciprocal, logistic and tanh on int32 and int16, the 513-entry table of the int16 operators, the
// sigmoid table of int16 LOGISTIC and TANH; division by a constant. Formulas: docs/numerics.md.
#ifndef OCTET_NUMERICS_FIXED_POINT_HPP_
#define OCTET_NUMERICS_FIXED_POINT_HPP_

#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <optional>

#include "octet/numerics/math.hpp"
#include "octet/numerics/requantize.hpp"

OCTET_NAMESPACE_BEGIN
namespace numerics {

/// Qi.f on a raw integer of type T (int32 or int16): i integer bits, f = 31 - i or 15 - i fraction
/// bits, real value raw / 2^f. The number of integer bits is an argument: softmax uses 5 and 0, an
/// LSTM cell 3 or what its scale says.
template <class T> struct fixed_point {
  static_assert(std::is_same_v<T, std::int32_t> || std::is_same_v<T, std::int16_t>);
  static constexpr int bits = sizeof(T) == 4 ? 31 : 15;
  static constexpr T highest = std::numeric_limits<T>::max(),
                     lowest = std::numeric_limits<T>::min();

  /// A constant given for 31 bits, in this type (15 bits: rounded, ties away).
  static constexpr T constant(std::int32_t for31) noexcept {
    return sizeof(T) == 4 ? static_cast<T>(for31)
                          : static_cast<T>(numerics::rounding_shift_half_away(for31, 16));
  }
  /// 2^e of the 31-bit form.
  static constexpr T power(int e31) noexcept {
    return static_cast<T>(std::int32_t{1} << (e31 - (31 - bits)));
  }

  // Sums wrap. Unsigned arithmetic: signed overflow is undefined.
  static constexpr T wrap(std::int64_t v) noexcept {
    return static_cast<T>(static_cast<std::make_unsigned_t<T>>(static_cast<std::uint64_t>(v)));
  }
  static constexpr T add(T a, T b) noexcept { return wrap(std::int64_t{a} + b); }
  static constexpr T sub(T a, T b) noexcept { return wrap(std::int64_t{a} - b); }
  /// floor((a*b + 2^(bits-1)) / 2^bits), lowest * lowest saturates.
  static constexpr T mul(T a, T b) noexcept {
    if (a == lowest && b == lowest) return highest;
    return static_cast<T>((std::int64_t{a} * b + (std::int64_t{1} << (bits - 1))) >> bits);
  }
  /// x / 2^e, ties away from zero. Shifted by more than its bits x is 1 or -1: the framework's mask
  /// of what is shifted out has T's.
  static constexpr T rounding_shift_half_away(T x, int e) noexcept {
    if (e > bits) return x < 0 ? T{-1} : T{1};
    return static_cast<T>(numerics::rounding_shift_half_away(x, e));
  }
  /// x * 2^e, saturating.
  static constexpr T shl(T x, int e) noexcept {
    if (e == 0 || x == 0) return x;
    if (e >= bits) return x > 0 ? highest : lowest;
    const std::int64_t t = (std::int64_t{1} << (bits - e)) - 1;
    return x > t    ? highest
           : x < -t ? lowest
                    : static_cast<T>(std::int64_t{x} * (std::int64_t{1} << e));
  }
  /// (a + b) / 2, halves away from zero.
  static constexpr T half_sum(T a, T b) noexcept {
    const std::int64_t s = std::int64_t{a} + b;
    return static_cast<T>((s + (s >= 0 ? 1 : -1)) / 2);
  }

  /// exp(a) for a in [-1/4, 0), a in Q0: Taylor to the fourth order around -1/8.
  static constexpr T exp_interval(T a) noexcept {
    constexpr T c = constant(1895147668), third = constant(715827883);  // exp(-1/8), 1/3
    const T x = add(a, power(28)), x2 = mul(x, x), x3 = mul(x2, x), x4 = mul(x2, x2);
    const T p =
        rounding_shift_half_away(add(mul(add(rounding_shift_half_away(x4, 2), x3), third), x2), 1);
    const T tail = mul(c, add(x, p));
    if constexpr (sizeof(T) == 2)
      return static_cast<T>(clamp<std::int32_t>(c + tail, lowest, highest));
    else
      return add(c, tail);
  }
  /// exp(a), a <= 0 with `integer_bits` integer bits; the result is in Q0 (a == 0 gives its largest
  /// value).
  static constexpr T exp_negative(T a, int integer_bits) noexcept {
    if (a == 0) return highest;
    const int f = bits - integer_bits;
    if (integer_bits > 5 && a < -(std::int64_t{1} << (f + 5))) return 0;
    const T quarter = static_cast<T>(std::int32_t{1} << (f - 2));
    const T mask = static_cast<T>(quarter - 1), modulo = static_cast<T>((a & mask) - quarter);
    T r = exp_interval(shl(modulo, integer_bits));
    const std::int32_t rest = modulo - a;
    constexpr std::int32_t k[] = {1672461947, 1302514674, 790015084, 290630308,
                                  39332535,   720401,     242};  // exp(-2^e), e = -2..4
    for (int e = -2; e <= 4 && integer_bits > e; ++e)
      if (rest & (std::int32_t{1} << (f + e))) r = mul(r, constant(k[e + 2]));
    return r;
  }
  /// Newton on 1 / (1 + a), a in [0, 1) Q0; three steps, in Q2.
  static constexpr T reciprocal_q2(T a) noexcept {
    const T h = half_sum(a, highest);
    T x = add(constant(1515870810), mul(h, constant(-1010580540)));  // 48/17 - 32/17 h
    for (int i = 0; i < 3; ++i) x = add(x, shl(mul(x, sub(power(29), mul(h, x))), 2));
    return x;
  }
  /// 1 / (1 + a), a in [0, 1) Q0.
  static constexpr T reciprocal_of_one_plus(T a) noexcept { return shl(reciprocal_q2(a), 1); }
  /// (1 - a) / (1 + a), a in [0, 1) Q0.
  static constexpr T one_minus_over_one_plus(T a) noexcept {
    return shl(sub(reciprocal_q2(a), power(29)), 2);
  }

  static constexpr T negative_absolute(T a) noexcept { return a > 0 ? static_cast<T>(-a) : a; }
  /// 1 / (1 + exp(-a)) in Q0.
  static constexpr T logistic(T a, int integer_bits) noexcept {
    if (a == 0) return power(30);
    const T t = reciprocal_of_one_plus(exp_negative(negative_absolute(a), integer_bits));
    return a > 0 ? t : sub(highest, t);
  }
  /// tanh(a) in Q0: exp(-2|a|) is exp of the same raw value with one integer bit more.
  static constexpr T tanh(T a, int integer_bits) noexcept {
    if (a == 0) return 0;
    const T t = one_minus_over_one_plus(exp_negative(negative_absolute(a), integer_bits + 1));
    return a < 0 ? static_cast<T>(-t) : t;
  }
};
using fixed32 = fixed_point<std::int32_t>;
using fixed16 = fixed_point<std::int16_t>;

/// 1 / sqrt(x) of a positive integer as m * 2^(shift - 31): TFLite's five Newton steps in Q3.28
/// from the guess 1. x <= 1 gives (2^31 - 1, 0).
constexpr multiplier reciprocal_sqrt(std::int32_t x) noexcept {
  if (x <= 1) return {fixed32::highest, 0};
  int right = 11;
  for (; x >= 1 << 29; x /= 4) ++right;
  const int pairs = (std::countl_zero(static_cast<std::uint32_t>(x)) - 1) / 2 - 1;
  right -= pairs;
  x <<= 2 * pairs;
  const std::int32_t input = x >> 1, half_input = fixed32::rounding_shift_half_away(input, 1),
                     half_three = 3 << 27;
  std::int32_t y = 1 << 28;
  for (int i = 0; i < 5; ++i) {
    const std::int32_t cube = fixed32::shl(fixed32::mul(fixed32::mul(y, y), y), 6);
    y = fixed32::shl(fixed32::sub(fixed32::mul(half_three, y), fixed32::mul(half_input, cube)), 3);
  }
  y = fixed32::mul(y, 1518500250);  // sqrt(2) / 2
  return right < 0 ? multiplier{shl_wrap(y, -right), 0} : multiplier{y, -right};
}

/// Natural logarithm of a value >= 1 with `in_bits` integer bits, in a form with `out_bits` integer
/// bits: TFLite's rational approximation.
constexpr std::int32_t fixed_log(std::int32_t x, int in_bits, int out_bits) noexcept {
  using q = fixed32;
  constexpr std::int32_t log_2 = 1488522236, sqrt_sqrt_half = 1805811301, sqrt_half = 1518500250,
                         quarter = 1 << 29;
  constexpr std::int32_t alpha_n = 117049297, alpha_d = 127690142, alpha_i = 1057819769,
                         alpha_f = 638450708;
  const int wide = out_bits + 1;  // one bit of headroom for the sum
  const auto saturate = [](std::int64_t v) {
    return static_cast<std::int32_t>(clamp<std::int64_t>(v, q::lowest, q::highest));
  };
  const auto scale = [](std::int32_t v, int e) {
    return e >= 0 ? q::shl(v, e) : q::rounding_shift_half_away(v, -e);
  };
  const std::int32_t shifted_quarter = scale(quarter, -wide);
  const int a_room = std::countl_zero(static_cast<std::uint32_t>(x));
  const std::int32_t r_a = scale(q::mul(scale(x, a_room - 1), sqrt_half), 1);
  const std::int32_t a_power =
      saturate(std::int64_t{scale(in_bits - a_room, 31 - wide)} + shifted_quarter);
  const std::int32_t b = q::mul(x, sqrt_half);
  const int b_room = std::countl_zero(static_cast<std::uint32_t>(b)) - 1;
  const std::int32_t r_b = scale(x, b_room);
  const std::int32_t b_power =
      saturate(std::int64_t{scale(in_bits - b_room, 31 - wide)} - shifted_quarter);
  const std::int32_t r = r_a < r_b ? r_a : r_b, power = a_power > b_power ? a_power : b_power;
  const std::int32_t p = q::half_sum(r, sqrt_sqrt_half), half = q::sub(r, sqrt_sqrt_half),
                     t = q::add(half, half), square = q::mul(t, t);
  const std::int32_t num = q::add(q::mul(t, r), q::mul(q::mul(t, square), alpha_n));
  const std::int32_t denominator =
      q::add(q::mul(p, q::add(q::add(alpha_i, t), q::mul(alpha_d, square))), q::mul(alpha_f, t));
  const std::int32_t sum = q::add(
      q::mul(power, log_2), q::mul(scale(num, -wide), q::reciprocal_of_one_plus(denominator)));
  return q::shl(sum, 1);
}

/// The 513-entry, piecewise linear table of TFLite's int16 operators: value at the 512 grid points
/// and the end, corrected by half of the error in the middle of each interval.
using lut16 = std::array<std::int16_t, 513>;
/// f: T -> T on an input of scale and zero point to an output of scale and zero point, all in T's
/// arithmetic: float in most operators, double in softmax. The zero point of the output shifts only
/// the range, not the values, as in the framework (int16 outputs have none).
template <class T, class F>
constexpr void make_lut16(F&& f, T in_scale, std::int32_t in_zero_point, T out_scale,
                          std::int32_t out_zero_point, std::int16_t* to) noexcept {
  const auto real = [](T s, std::int32_t q, std::int32_t z) {
    return mul(s, static_cast<T>(q - z));
  };
  const T lo = real(in_scale, -32768, in_zero_point), hi = real(in_scale, 32767, in_zero_point);
  const T step = div(sub(hi, lo), T(512)), half = div(step, T(2));
  const T gain = div(T(65536), sub(real(out_scale, 32767, out_zero_point),
                                   real(out_scale, -32768, out_zero_point)));
  for (int i = 0; i < 512; ++i) {
    const T at = add(lo, mul(static_cast<T>(i), step));
    const T value = round_half_away(mul(f(at), gain)),
            middle = round_half_away(mul(f(add(at, half)), gain));
    const T interpolated = round_half_away(
        div(add(mul(f(add(lo, mul(static_cast<T>(i + 1), step))), gain), value), T(2)));
    const T bias = round_half_away(div(sub(interpolated, middle), T(2)));
    const T entry = sub(value, bias);
    to[i] =
        is_nan(entry)
            ? std::int16_t{0}
            : static_cast<std::int16_t>(clamp_to_int(static_cast<double>(entry), -32768, 32767));
  }
  to[512] = static_cast<std::int16_t>(
      clamp_to_int(static_cast<double>(round_half_away(mul(f(hi), gain))), -32768, 32767));
}
/// Interpolated value of the table for v.
constexpr std::int16_t lookup(const std::int16_t* table, std::int16_t v) noexcept {
  const int i = 256 + (v >> 7), base = table[i],
            slope = static_cast<std::int16_t>(table[i + 1] - base);
  return static_cast<std::int16_t>(base + ((slope * (v & 127) + 64) >> 7));
}

/// The sigmoid table of TFLite's int16 LOGISTIC and TANH: min(65535, floor(65536 * logistic(i / 24)
/// + 0.5)), and one more for i = 4, 8, 12, 14..17, 19..22, 25, 27..31, 33..35, 37, 39..41, 43..46,
/// 49, 50, 54, 62..64, 66, 82, 86, 93, 100, 103, 112, 116, 135: the framework's table was made with
/// less precision than that rounding. Written out (computing it costs every including file 0.15 s);
/// the tests compare it with this formula.
inline constexpr std::array<std::uint16_t, 256> sigmoid_table = {
    32768, 33451, 34133, 34813, 35493, 36169, 36843, 37513, 38180, 38841, 39498, 40149, 40794,
    41432, 42064, 42688, 43304, 43912, 44511, 45102, 45683, 46255, 46817, 47369, 47911, 48443,
    48964, 49475, 49975, 50464, 50942, 51409, 51865, 52311, 52745, 53169, 53581, 53983, 54374,
    54755, 55125, 55485, 55834, 56174, 56503, 56823, 57133, 57433, 57724, 58007, 58280, 58544,
    58800, 59048, 59288, 59519, 59743, 59959, 60168, 60370, 60565, 60753, 60935, 61110, 61279,
    61441, 61599, 61750, 61896, 62036, 62172, 62302, 62428, 62549, 62666, 62778, 62886, 62990,
    63090, 63186, 63279, 63368, 63454, 63536, 63615, 63691, 63765, 63835, 63903, 63968, 64030,
    64090, 64148, 64204, 64257, 64308, 64357, 64405, 64450, 64494, 64536, 64576, 64614, 64652,
    64687, 64721, 64754, 64786, 64816, 64845, 64873, 64900, 64926, 64950, 64974, 64997, 65019,
    65039, 65060, 65079, 65097, 65115, 65132, 65149, 65164, 65179, 65194, 65208, 65221, 65234,
    65246, 65258, 65269, 65280, 65291, 65301, 65310, 65319, 65328, 65337, 65345, 65352, 65360,
    65367, 65374, 65381, 65387, 65393, 65399, 65404, 65410, 65415, 65420, 65425, 65429, 65433,
    65438, 65442, 65445, 65449, 65453, 65456, 65459, 65462, 65465, 65468, 65471, 65474, 65476,
    65479, 65481, 65483, 65485, 65488, 65489, 65491, 65493, 65495, 65497, 65498, 65500, 65501,
    65503, 65504, 65505, 65507, 65508, 65509, 65510, 65511, 65512, 65513, 65514, 65515, 65516,
    65517, 65517, 65518, 65519, 65520, 65520, 65521, 65522, 65522, 65523, 65523, 65524, 65524,
    65525, 65525, 65526, 65526, 65526, 65527, 65527, 65528, 65528, 65528, 65529, 65529, 65529,
    65529, 65530, 65530, 65530, 65530, 65531, 65531, 65531, 65531, 65531, 65532, 65532, 65532,
    65532, 65532, 65532, 65533, 65533, 65533, 65533, 65533, 65533, 65533, 65533, 65534, 65534,
    65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65535};

/// How int16 LOGISTIC and TANH bring an input to the table's Q3.12 with a factor 3: (x * multiplier
/// + half) >> shift, or x * 3 << shift.
struct sigmoid_input {
  std::int32_t multiplier = 0;  // 0: the input scale is a power of two that needs only `left_shift`
  std::int32_t shift = 0;
  constexpr std::int32_t operator()(std::int32_t x) const noexcept {
    if (multiplier == 0) return x * (3 << shift);
    // Beyond 2^17 the functions are flat: cutting at 2^30 only keeps huge scales from overflowing.
    const std::int64_t v =
        (std::int64_t{x} * multiplier + (shift > 0 ? std::int64_t{1} << (shift - 1) : 0)) >> shift;
    return static_cast<std::int32_t>(clamp<std::int64_t>(v, -(1 << 30), 1 << 30));
  }
};
/// From the input scale. `tanh`: two powers of two are exact there, one for the logistic function.
constexpr sigmoid_input sigmoid_input_for(double scale, bool tanh) noexcept {
  const detail::mantissa_exponent me = detail::split(scale);
  if (me.m == 1) {
    const int left = 12 + me.e;
    if (left == 0 || (tanh && left == 1)) return {0, left};
  }
  exact m = exact(scale) * 4096. * 3.;
  sigmoid_input s;
  while (m.v <= 16383.5 && s.shift <= 30) {
    m = m * 2.;
    ++s.shift;
  }
  s.multiplier =
      static_cast<std::int32_t>(clamp_to_int(m.v, 0, std::numeric_limits<std::int32_t>::max()));
  return s;
}
/// v = 3 * 4096 * real input; the result is in Q0.15.
constexpr std::int16_t logistic_q15(std::int32_t v) noexcept {
  const std::uint32_t a = static_cast<std::uint32_t>(v < 0 ? -static_cast<std::int64_t>(v) : v),
                      u = a >> 9;
  const std::uint32_t r =
      u >= 255 ? 0x7FFFu << 10
               : (std::uint32_t{sigmoid_table[u]} << 9) +
                     (a & 511u) * (std::uint32_t{sigmoid_table[u + 1]} - sigmoid_table[u]);
  return static_cast<std::int16_t>((v >= 0 ? r + 512u : (1u << 25) - r + 511u) >> 10);
}
constexpr std::int16_t tanh_q15(std::int32_t v) noexcept {
  const std::uint32_t a = static_cast<std::uint32_t>(v < 0 ? -static_cast<std::int64_t>(v) : v),
                      u = a >> 8;
  const auto r = static_cast<std::int32_t>(
      u >= 255 ? 0xFFFFu << 8
               : (std::uint32_t{sigmoid_table[u]} << 8) +
                     (a & 255u) * (std::uint32_t{sigmoid_table[u + 1]} - sigmoid_table[u]));
  return static_cast<std::int16_t>((v >= 0 ? r - (1 << 23) + 128 : -r + (1 << 23) + 127) >> 8);
}

/// v / n, rounded down, as (v * multiplier) >> (16 + shift).
struct word_divisor {
  std::uint16_t multiplier;
  int shift;
};
/// For all v of 0 to `bound`, where 16 bits hold it and such a multiplier. With
/// multiplier * n = 2^k + e the quotient exceeds v / n by v * e / (n * 2^k), which must stay below
/// the 1 / n that the fraction of v / n leaves.
constexpr std::optional<word_divisor> divisor_of_words(std::int64_t n,
                                                       std::int64_t bound) noexcept {
  if (n < 2 || bound > 65535) return std::nullopt;
  for (int shift = 15; shift >= 0; --shift) {
    const std::int64_t power = std::int64_t{1} << (16 + shift), m = power / n + 1;
    if (m <= 65535 && (m * n - power) * bound < power)
      return word_divisor{static_cast<std::uint16_t>(m), shift};
  }
  return std::nullopt;
}
}  // namespace numerics
OCTET_NAMESPACE_END

#endif  // OCTET_NUMERICS_FIXED_POINT_HPP_
