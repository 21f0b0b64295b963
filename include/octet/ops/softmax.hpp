// qnn.softmax, softmax, qnn.log_softmax, log_softmax along one axis.
//
// Roundings of the quantized forms:
//   DR        TFLite's reference: gemmlowp fixed point in Q5.26, sums in Q12.19
//   OPT       TFLite's optimized kernels: a table of 256 floats, sums in binary32 in order
//   EVEN_MUL  PyTorch: dequantize, softmax in binary32, quantize by the reciprocal (softmax only)
//   I64       TFLite on int16: two 513-entry tables (softmax only)
//   ORT       ONNX Runtime: a table of 256 floats, the inverse output scale cut to an integer
//             (softmax only)
// float32: none: exp correctly rounded, sums in order; ATEN, ORT: PyTorch's and ONNX Runtime's
// vector loops (below)
#ifndef OCTET_OPS_SOFTMAX_HPP_
#define OCTET_OPS_SOFTMAX_HPP_

#include "octet/laws/functions.hpp"
#include "octet/numerics/fixed_point.hpp"
#include "octet/numerics/fused_math.hpp"
#include "octet/numerics/mlas_math.hpp"
#include "octet/numerics/vector_math.hpp"
#include "octet/numerics/xnnpack_math.hpp"
#include "octet/ops/broadcast.hpp"
#include "octet/ops/requantize.hpp"

OCTET_NAMESPACE_BEGIN

struct softmax_attrs {
  double beta = 1;         // factor of the input
  std::int32_t axis = -1;  // negative: from the end
  static constexpr auto fields =
      field_list{field{"beta", &softmax_attrs::beta}, field{"axis", &softmax_attrs::axis}};
};

/// A row is `depth` elements, `inner` apart; there are outer * inner rows.
struct softmax_params {
  rounding mode = rounding::none;  // none: float32
  bool log = false;
  dtype in_type = dtype::f32, out_type = dtype::f32;
  std::size_t outer = 0, depth = 0, inner = 1;
  float beta = 1, in_scale = 1, out_scale = 1,
        inverse = 1;  // inverse: f32(1 / out_scale)
  std::int32_t in_zero_point = 0, out_zero_point = 0, lo = 0, hi = 0;
  multiplier mult{}, reverse{};       // DR: input to Q5.26, and back (log); I64: input to 10/65535
  std::int32_t diff_min = 0;          // DR: smaller differences from the maximum count as exp = 0
  const std::int32_t* exp = nullptr;  // DR: exp of the 256 possible differences, Q0.31, the
                                      // difference 0 first; null: computed each time
  const float* table = nullptr;       // OPT, ORT: 256 entries; the maximum's is the last
  const std::int16_t* exp_table = nullptr;  // I64
  const std::int16_t* reciprocal_table = nullptr;
};

namespace numerics {
/// The reference's scaling of differences to Q5.26.
constexpr void set_softmax_dr(softmax_params& p, double beta, double scale) noexcept {
  const double d = mul(mul(beta, scale), 67108864.), most = 2147483647.;
  p.mult = quantize_multiplier(d < most ? d : most);
  const std::int64_t radius = std::int64_t{31} << 26;
  p.diff_min = -static_cast<std::int32_t>(
      p.mult.shift >= 0 ? radius >> p.mult.shift
                        : clamp<std::int64_t>(radius << -p.mult.shift, 0, INT32_MAX));
  // What undoes it: 2^(31 - shift) / m.
  if (p.log && p.mult.m != 0)
    p.reverse =
        quantize_multiplier(div(detail::pow2(31 - p.mult.shift), static_cast<double>(p.mult.m)));
}
constexpr std::int32_t softmax_scaled(const softmax_params& p, std::int32_t difference) noexcept {
  return doubling_high_multiply(shl_wrap(difference, p.mult.shift), p.mult.m);
}
/// exp of a difference from the row's maximum in Q0.31.
constexpr std::int32_t softmax_exp(const softmax_params& p, std::int32_t difference) noexcept {
  return p.exp                     ? p.exp[-difference]
         : difference < p.diff_min ? 0
                                   : fixed32::exp_negative(softmax_scaled(p, difference), 5);
}
}  // namespace numerics

/// I64: leading zeros of the sum of exponentials, and its reciprocal as a fraction of 15 bits.
struct softmax_s16_factor {
  int room;
  std::int32_t inverse;
};
constexpr softmax_s16_factor softmax_factor_of(const softmax_params& p,
                                               std::uint32_t sum) noexcept {
  // 65,538 equal codes leave no room, and a sum that wraps may leave too much: TFLite shifts by a
  // negative number there, which no result follows from.
  const int zeros = std::countl_zero(sum), room = zeros < 1 ? 1 : zeros > 30 ? 30 : zeros;
  const auto scaled = static_cast<std::int32_t>(
      ((static_cast<std::uint64_t>(sum) << (room - 1)) + (1 << 13)) >> 14);
  return {room, numerics::lookup(p.reciprocal_table, static_cast<std::int16_t>(numerics::clamp(
                                                         scaled - 98304, -32768, 32767)))};
}

/// DR: leading zeros of a row's sum of exponentials in Q12, and its reciprocal. A sum of 2^32 (8192
/// equal codes) wraps to 0, by whose 32 zeros TFLite shifts; the CPU then shifts by none.
struct softmax_dr_factor {
  int room;
  std::int32_t inverse;
};
constexpr softmax_dr_factor softmax_dr_factor_of(std::uint32_t sum) noexcept {
  const int room = std::countl_zero(sum) & 31;
  return {room, numerics::fixed32::reciprocal_of_one_plus(
                    static_cast<std::int32_t>((sum << room) - (std::uint32_t{1} << 31)))};
}

namespace reference {

template <class In>
constexpr std::int32_t row_max(const In* x, std::size_t depth, std::size_t step) {
  std::int32_t m = x[0];
  for (std::size_t i = 1; i < depth; ++i) m = std::max<std::int32_t>(m, x[i * step]);
  return m;
}

template <class In, class Out>
constexpr void softmax_row_dr(const softmax_params& p, const In* x, Out* y) {
  using q = numerics::fixed32;
  const std::int32_t most = row_max(x, p.depth, p.inner);
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < p.depth; ++i)
    sum += static_cast<std::uint32_t>(
        q::rounding_shift_half_away(numerics::softmax_exp(p, x[i * p.inner] - most), 12));
  const auto [room, inverse] = softmax_dr_factor_of(sum);
  const int shift = 12 - room + 31 - 8 * static_cast<int>(sizeof(Out));
  for (std::size_t i = 0; i < p.depth; ++i) {
    const std::int32_t v = numerics::rounding_shift_half_away(
        q::mul(inverse, numerics::softmax_exp(p, x[i * p.inner] - most)), shift);
    y[i * p.inner] = static_cast<Out>(numerics::clamp<std::int64_t>(
        std::int64_t{v} + std::numeric_limits<Out>::min(), p.lo, p.hi));
  }
}
template <class In, class Out>
constexpr void log_softmax_row_dr(const softmax_params& p, const In* x, Out* y) {
  using q = numerics::fixed32;
  const std::int32_t most = row_max(x, p.depth, p.inner);
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < p.depth; ++i)
    sum = q::add(sum,
                 q::rounding_shift_half_away(numerics::softmax_exp(p, x[i * p.inner] - most), 12));
  const std::int32_t log_sum = numerics::fixed_log(sum, 12, 5);
  const std::int32_t least = std::max(
      p.diff_min - 1, numerics::doubling_high_half_away(q::add(log_sum, INT32_MIN), p.reverse));
  for (std::size_t i = 0; i < p.depth; ++i) {
    const std::int32_t d = x[i * p.inner] - most;
    std::int32_t v = p.lo;
    if (d > least)
      v = numerics::clamp(numerics::rounding_shift_half_away(
                              q::sub(numerics::softmax_scaled(p, d), log_sum), 31 - 5 - 4) +
                              p.hi,
                          p.lo,
                          p.hi);  // Q5.26 to 1/16, zero point = highest
    y[i * p.inner] = static_cast<Out>(v);
  }
}
template <class In, class Out>
constexpr void softmax_row_opt(const softmax_params& p, const In* x, Out* y) {
  const std::int32_t most = row_max(x, p.depth, p.inner);
  float sum = 0;
  for (std::size_t i = 0; i < p.depth; ++i)
    sum = numerics::add(sum, p.table[255 - most + x[i * p.inner]]);
  if (p.log) {
    const float scale = numerics::div(p.in_scale, p.out_scale);
    const float shift = numerics::div(
        numerics::add(numerics::mul(p.in_scale, static_cast<float>(most)), numerics::log_f32(sum)),
        p.out_scale);
    for (std::size_t i = 0; i < p.depth; ++i) {
      const float v =
          numerics::sub(numerics::mul(scale, static_cast<float>(x[i * p.inner])), shift);
      y[i * p.inner] = static_cast<Out>(
          numerics::finish(static_cast<double>(numerics::rint(v)), p.out_zero_point, p.lo, p.hi));
    }
    return;
  }
  const float inverse = numerics::div(1.f, numerics::mul(sum, p.out_scale));
  for (std::size_t i = 0; i < p.depth; ++i) {
    const float v = numerics::mul(p.table[255 - most + x[i * p.inner]], inverse);
    const double r = static_cast<double>(std::is_same_v<Out, std::uint8_t>
                                             ? numerics::trunc(numerics::add(v, 0.5f))
                                             : numerics::round_half_away(v));
    y[i * p.inner] = static_cast<Out>(numerics::finish(r, p.out_zero_point, p.lo, p.hi));
  }
}
constexpr double softmax_level_ort(float t, float levels, float sum) noexcept {
  return numerics::rint(
      numerics::div(numerics::mul(static_cast<double>(t), static_cast<double>(levels)),
                    static_cast<double>(sum)));
}
/// q = rint(t * Y / sum) + zy in binary64, Y = floor(f32(1 / sy)): the product of two binary32
/// numbers is exact, and no quotient of such a one by a third is close enough to a tie to become
/// one.
template <class In, class Out>
constexpr void softmax_row_ort(const softmax_params& p, const In* x, Out* y) {
  const std::int32_t most = row_max(x, p.depth, p.inner);
  float sum = 0;
  for (std::size_t i = 0; i < p.depth; ++i)
    sum = numerics::add(sum, p.table[255 - most + x[i * p.inner]]);
  const float levels = numerics::floor(p.inverse);
  for (std::size_t i = 0; i < p.depth; ++i) {
    const float t = p.table[255 - most + x[i * p.inner]];
    y[i * p.inner] = static_cast<Out>(
        numerics::finish(softmax_level_ort(t, levels, sum), p.out_zero_point, p.lo, p.hi));
  }
}
inline constexpr void softmax_row_s16(const softmax_params& p, const std::int16_t* x,
                                      std::int16_t* y) {
  const std::int32_t most = row_max(x, p.depth, p.inner);
  const auto e = [&](std::size_t i) -> std::int32_t {
    const std::int32_t d = numerics::doubling_high_half_away(x[i * p.inner] - most, p.mult) + 32767;
    return numerics::lookup(p.exp_table,
                            static_cast<std::int16_t>(numerics::clamp(d, -32768, 32767)));
  };
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < p.depth; ++i) sum += static_cast<std::uint32_t>(e(i));
  const auto [room, inverse] = softmax_factor_of(p, sum);
  for (std::size_t i = 0; i < p.depth; ++i) {
    const std::int64_t v =
        (std::int64_t{e(i)} * inverse + (std::int64_t{1} << (30 - room))) >> (31 - room);
    y[i * p.inner] = static_cast<std::int16_t>(numerics::clamp<std::int64_t>(v, 0, 32767));
  }
}
/// exp(x - max) summed in order. In: float32, or quantized values that are dequantized first.
template <class In, class Out>
constexpr void softmax_row_f32(const softmax_params& p, const In* x, Out* y) {
  const auto real = [&](std::size_t i) {
    if constexpr (std::is_same_v<In, float>)
      return x[i * p.inner];
    else
      return numerics::mul(static_cast<float>(x[i * p.inner] - p.in_zero_point), p.in_scale);
  };
  float most = real(0);
  for (std::size_t i = 1; i < p.depth; ++i) most = real(i) > most ? real(i) : most;
  const auto e = [&](std::size_t i) {
    return numerics::exp_f32(numerics::mul(numerics::sub(real(i), most), p.beta));
  };
  float sum = 0;
  for (std::size_t i = 0; i < p.depth; ++i) sum = numerics::add(sum, e(i));
  const float log_sum = p.log ? numerics::log_f32(sum) : 0.f;
  for (std::size_t i = 0; i < p.depth; ++i) {
    const float v =
        p.log ? numerics::sub(numerics::sub(real(i), most), log_sum) : numerics::div(e(i), sum);
    if constexpr (std::is_same_v<Out, float>)
      y[i * p.inner] = v;
    else
      y[i * p.inner] = static_cast<Out>(
          numerics::finish(static_cast<double>(numerics::rint(numerics::mul(v, p.inverse))),
                           p.out_zero_point, p.lo, p.hi));
  }
}
/// PyTorch's loops over vectors of 8. Along the innermost axis: eight sums side by side, whose
/// halves are added, and the reciprocal of the sum as a factor. Along another axis the vectors lie
/// across the rows: sums in order, quotients; rows beyond the last whole vector take the scalar
/// exp, here the correctly rounded one.
constexpr void softmax_row_aten(const softmax_params& p, const float* x, float* y,
                                bool whole_vector) {
  const std::size_t step = p.inner;
  float most = x[0];
  for (std::size_t i = 1; i < p.depth; ++i) most = x[i * step] > most ? x[i * step] : most;
  const auto e = [&](std::size_t i) {
    const float d = numerics::mul(numerics::sub(x[i * step], most), p.beta);
    return whole_vector ? numerics::exp_vectorized(d) : numerics::exp_f32(d);
  };
  float sums[8] = {}, sum = 0;
  if (step == 1 && p.depth >= 8) {
    for (std::size_t i = 0; i < p.depth; ++i) sums[i % 8] = numerics::add(sums[i % 8], e(i));
    for (std::size_t half = 4; half > 0; half /= 2)
      for (std::size_t k = 0; k < half; ++k) sums[k] = numerics::add(sums[k], sums[k + half]);
    sum = sums[0];
  } else {
    for (std::size_t i = 0; i < p.depth; ++i) sum = numerics::add(sum, e(i));
  }
  const float log_sum = p.log ? numerics::log_f32(sum) : 0.f,
              factor = step == 1 ? numerics::div(1.f, sum) : 0.f;
  for (std::size_t i = 0; i < p.depth; ++i)
    y[i * step] = p.log       ? numerics::sub(numerics::sub(x[i * step], most), log_sum)
                  : step == 1 ? numerics::mul(e(i), factor)
                              : numerics::div(e(i), sum);
}
/// ONNX Runtime's loops: exponentials of the differences from the largest, and their sum: 16 sums
/// side by side along any axis.
constexpr float exponentials_mlas(const softmax_params& p, const float* x, float* y) {
  const std::size_t step = p.inner;
  float most = x[0];
  for (std::size_t i = 1; i < p.depth; ++i) most = x[i * step] > most ? x[i * step] : most;
  float sums[16] = {};
  for (std::size_t i = 0; i < p.depth; ++i) {
    y[i * step] = numerics::exp_mlas(numerics::mul(numerics::sub(x[i * step], most), p.beta), true);
    sums[i % 16] = numerics::add(sums[i % 16], y[i * step]);
  }
  return numerics::sum_of_softmax_lanes(sums);
}
/// Their shares: the reciprocal of the sum as a factor.
constexpr void softmax_row_mlas(const softmax_params& p, const float* x, float* y) {
  const std::size_t step = p.inner;
  if (!p.log) {
    const float by = numerics::div(1.f, exponentials_mlas(p, x, y));
    for (std::size_t i = 0; i < p.depth; ++i) y[i * step] = numerics::mul(y[i * step], by);
    return;
  }
  float most = x[0], sums[16] = {};
  for (std::size_t i = 1; i < p.depth; ++i) most = x[i * step] > most ? x[i * step] : most;
  for (std::size_t i = 0; i < p.depth; ++i) {
    const float d = numerics::mul(numerics::sub(x[i * step], most), p.beta);
    sums[i % 16] = numerics::add(sums[i % 16], numerics::exp_mlas(d, true));
  }
  const float by = numerics::log_c_library(numerics::sum_of_softmax_lanes(sums));
  for (std::size_t i = 0; i < p.depth; ++i)
    y[i * step] = numerics::sub(numerics::sub(x[i * step], most), by);
}
/// XNNPACK's loops: the reciprocal of the sum as a factor.
constexpr void softmax_row_xnn(const softmax_params& p, const float* x, float* y) {
  const std::size_t step = p.inner;
  float most = x[0];
  for (std::size_t i = 1; i < p.depth; ++i) most = x[i * step] > most ? x[i * step] : most;
  const auto e = [&](std::size_t i) {
    return numerics::exp_of_softmax_xnn(numerics::sub(x[i * step], most));
  };
  const float by = numerics::div(1.f, numerics::softmax_sum_xnn(p.depth, e));
  for (std::size_t i = 0; i < p.depth; ++i) y[i * step] = numerics::softmax_share_xnn(e(i), by);
}
/// Row `row` of float32.
constexpr void softmax_row_real(const softmax_params& p, std::size_t row, const float* x,
                                float* y) {
  switch (p.mode) {
    case rounding::none: softmax_row_f32(p, x, y); break;
    case rounding::aten:
      softmax_row_aten(p, x, y, p.inner == 1 || row % p.inner < p.inner / 8 * 8);
      break;
    case rounding::onnxruntime: softmax_row_mlas(p, x, y); break;
    case rounding::xnnpack: softmax_row_xnn(p, x, y); break;
    case rounding::doubling_high_half_away:
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
    case rounding::qnnpack:
    case rounding::fused_multiply_add:
    case rounding::tflite_optimized:
    case rounding::mxnet: break;  // the forms exclude these
  }
}
template <class In, class Out>
constexpr void softmax(const softmax_params& p, const In* x, Out* y, std::size_t begin,
                       std::size_t end) {
  for (std::size_t row = begin; row < end; ++row) {
    const std::size_t at = row / p.inner * p.depth * p.inner + row % p.inner;
    if constexpr (std::is_same_v<In, float>) {
      static_assert(std::is_same_v<Out, float>);
      softmax_row_real(p, row, x + at, y + at);
    } else {
      switch (p.mode) {
        case rounding::doubling_high_half_away:
          if (p.log)
            log_softmax_row_dr(p, x + at, y + at);
          else
            softmax_row_dr(p, x + at, y + at);
          break;
        case rounding::tflite_optimized: softmax_row_opt(p, x + at, y + at); break;
        case rounding::wide_half_up:
          if constexpr (std::is_same_v<In, std::int16_t> && std::is_same_v<Out, std::int16_t>)
            softmax_row_s16(p, x + at, y + at);
          break;
        case rounding::reciprocal_half_even: softmax_row_f32(p, x + at, y + at); break;
        case rounding::onnxruntime: softmax_row_ort(p, x + at, y + at); break;
        case rounding::none:
        case rounding::doubling_high_half_up:
        case rounding::double_half_away:
        case rounding::float_half_even:
        case rounding::float_bias_half_even:
        case rounding::float_zero_point_half_even:
        case rounding::eight_bit_ratio_half_up:
        case rounding::divide_half_away:
        case rounding::divide_half_even:
        case rounding::divide_truncate:
        case rounding::xnnpack:
        case rounding::qnnpack:
        case rounding::aten:
        case rounding::fused_multiply_add:
        case rounding::mxnet: break;  // softmax_prepare refuses these
      }
    }
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void softmax_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const softmax_params*>(a.params);
  const auto r = part_of(p.outer * p.inner, a.part, a.parts);
  if (p.depth == 0) return;
  if (p.in_type == dtype::f32)
    return softmax(p, static_cast<const float*>(a.in[0]), static_cast<float*>(a.out[0]), r.begin,
                   r.end);
  with_quantized(p.in_type, [&]<class In>(type_tag<In>) {
    with_quantized(p.out_type, [&]<class Out>(type_tag<Out>) {
      softmax(p, static_cast<const In*>(a.in[0]), static_cast<Out*>(a.out[0]), r.begin, r.end);
    });
  });
}
#else
void softmax_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
/// The tables of each rounding.
template <bool Log, bool Quantized>
constexpr void softmax_memory(const node_view& n, node_memory& to) {
  to.make<softmax_params>();
  if (!Quantized) return;
  if (n.round == rounding::wide_half_up && !Log) {
    to.array<std::int16_t>(513);
    to.array<std::int16_t>(513);
  } else if (n.round == rounding::doubling_high_half_away) {
    to.array<std::int32_t>(256);
  } else if (n.round == rounding::tflite_optimized || n.round == rounding::onnxruntime) {
    to.array<float>(256);
  }
}
#if OCTET_HAS_DEFINITIONS
/// I64: exp over 10 units of the input, 1 / (1 + x) over [0, 1].
OCTET_INLINE status softmax_tables_s16(const node_view& n, prepared& to, softmax_params& p) {
  const tensor_desc &x = n.in[0], &y = n.out[0];
  if (x.zero_point() != 0 || y.zero_point() != 0)
    return unsupported("zero points of int16",
                       std::to_string(x.zero_point()) + ", " + std::to_string(y.zero_point()), "0");
  p.mult = numerics::quantize_multiplier(numerics::div(
      static_cast<double>(numerics::mul(p.in_scale, p.beta)), numerics::div(10., 65535.)));
  auto e = to.array<std::int16_t>(513), r = to.array<std::int16_t>(513);
  const double unit_out = numerics::div(2., 65535.);
  numerics::make_lut16<double>([](double v) { return numerics::exp(v); },
                               numerics::div(10., 65535.), 32767, unit_out, 0, e.data());
  numerics::make_lut16<double>([](double v) { return numerics::div(1., numerics::add(1., v)); },
                               numerics::div(1., 65535.), -32768, unit_out, 0, r.data());
  p.exp_table = e.data(), p.reciprocal_table = r.data();
  return unit{};
}
/// DR: the fixed-point exp of each distance from the largest.
OCTET_INLINE status softmax_table_dr(const node_view& n, prepared& to, softmax_params& p,
                                     double beta) {
  numerics::set_softmax_dr(p, beta, static_cast<double>(p.in_scale));
  if (p.mult.shift < 0)
    return unsupported("input scale too small for the fixed-point softmax",
                       std::to_string(n.in[0].scale()), "at least 2^-27");
  auto e = to.array<std::int32_t>(256);
  for (std::int32_t d = 0; d < 256; ++d) e[as_size(d)] = numerics::softmax_exp(p, -d);
  p.exp = e.data();
  return unit{};
}
/// OPT: exp of each distance from the largest, whose entry is the last.
OCTET_INLINE void softmax_table_opt(prepared& to, softmax_params& p, float beta) {
  auto t = to.array<float>(256);
  const float scale = -numerics::mul(p.in_scale, beta);
  for (std::int32_t v = 0; v < 256; ++v)
    t[as_size(255 - v)] = numerics::exp_f32(numerics::mul(scale, static_cast<float>(v)));
  p.table = t.data();
}
/// ORT: exp of each distance from the largest, as high as a row's sum has room: its largest term is
/// e^-5 of the largest float over the row's length.
OCTET_INLINE status softmax_table_ort(prepared& to, softmax_params& p, double beta) {
  if (p.depth == 0) return unit{};
  if (beta != 1) return unsupported("beta in rounding ORT", std::to_string(beta), "1");
  const double scale = static_cast<double>(p.in_scale),
               room = numerics::sub(
                   static_cast<double>(numerics::log_c_library(numerics::div(
                       std::numeric_limits<float>::max(), static_cast<float>(p.depth)))),
                   5.),
               shift = room > 0 ? numerics::div(room, scale) : 0.;
  auto t = to.array<float>(256);
  for (std::size_t i = 0; i < 256; ++i)
    t[i] = static_cast<float>(
        numerics::exp(numerics::mul(numerics::add(static_cast<double>(i) - 255., shift), scale)));
  p.table = t.data();
  return unit{};
}
template <bool Log, bool Quantized> status softmax_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &y = n.out[0];
  const auto a = read_attributes<softmax_attrs>(*n.attrs);
  auto& p = to.make<softmax_params>(&reference::softmax_kernel, kernel_id::softmax);
  p.mode = n.round;
  p.log = Log;
  p.in_type = x.type, p.out_type = y.type;
  const std::int32_t axis = a.axis < 0 ? a.axis + x.shape.rank : a.axis;
  if (axis < 0 || axis >= x.shape.rank)
    return violation{rule::axis, dims{x.shape.rank}, dims{a.axis}};
  p.outer = p.inner = 1;
  p.depth = as_size(x.shape[axis]);
  for (int i = 0; i < axis; ++i) p.outer *= as_size(x.shape[i]);
  for (int i = axis + 1; i < x.shape.rank; ++i) p.inner *= as_size(x.shape[i]);
  p.beta = static_cast<float>(a.beta);
  if (!Quantized && n.round == rounding::xnnpack && p.beta != 1)
    return unsupported("beta in rounding XNN", std::to_string(p.beta), "1");
  if constexpr (!Quantized) return unit{};
  if (x.per_channel() || y.per_channel() || !x.quantized() || !y.quantized())
    return unsupported("quantization of input or output", {}, "one scale per tensor");
  p.in_scale = x.scale_f32(), p.out_scale = y.scale_f32(),
  p.inverse = numerics::div(1.f, p.out_scale);
  if (auto s = finite_factors({p.inverse}); !s) return s;
  p.in_zero_point = x.zero_point(), p.out_zero_point = y.zero_point();
  p.lo = static_cast<std::int32_t>(lowest_of(y.type)),
  p.hi = static_cast<std::int32_t>(highest_of(y.type));
  switch (n.round) {
    case rounding::wide_half_up:
      if (!Log) return softmax_tables_s16(n, to, p);
      break;
    case rounding::doubling_high_half_away: return softmax_table_dr(n, to, p, a.beta);
    case rounding::tflite_optimized: softmax_table_opt(to, p, Log ? 1.f : p.beta); return unit{};
    case rounding::onnxruntime: return softmax_table_ort(to, p, a.beta);
    case rounding::reciprocal_half_even: return unit{};
    case rounding::none:
    case rounding::doubling_high_half_up:
    case rounding::double_half_away:
    case rounding::float_half_even:
    case rounding::float_bias_half_even:
    case rounding::float_zero_point_half_even:
    case rounding::eight_bit_ratio_half_up:
    case rounding::divide_half_away:
    case rounding::divide_half_even:
    case rounding::divide_truncate:
    case rounding::xnnpack:
    case rounding::qnnpack:
    case rounding::aten:
    case rounding::fused_multiply_add:
    case rounding::mxnet: break;
  }
  return detail::no_such_rounding(n);
}
#else
template <bool Log, bool Quantized> status softmax_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form qnn_softmax_forms[] = {
    {.in = {eight_bit},
     .out = {quantized_types},
     .roundings = {rounding::doubling_high_half_away, rounding::tflite_optimized,
                   rounding::reciprocal_half_even}},
    {.in = {dtype::s16}, .out = {dtype::s16}, .roundings = rounding::wide_half_up},
    {.in = {eight_bit}, .out = {like(0)}, .roundings = rounding::onnxruntime},
};
inline constexpr form qnn_log_softmax_forms[] = {
    {.in = {eight_bit},
     .out = {eight_bit},
     .roundings = {rounding::doubling_high_half_away, rounding::tflite_optimized}},
};
inline constexpr form float_softmax_forms[] = {
    {.in = {dtype::f32},
     .out = {dtype::f32},
     .roundings = {rounding::none, rounding::aten, rounding::onnxruntime, rounding::xnnpack}},
};
inline constexpr form float_log_softmax_forms[] = {
    {.in = {dtype::f32},
     .out = {dtype::f32},
     .roundings = {rounding::none, rounding::aten, rounding::onnxruntime}},
};
inline constexpr op_def qnn_softmax{
    .name = "qnn.softmax",
    .summary = "softmax along an axis, quantized",
    .forms = qnn_softmax_forms,
    .quantized = true,
    .kernel = kernel_id::softmax,
    .attributes = keys_of<softmax_attrs>,
    .shape = &same_op_shape,
    .memory = &softmax_memory<false, true>,
    .prepare = &softmax_prepare<false, true>,
    .decide = &laws::softmax,
};
inline constexpr op_def softmax{
    .name = "softmax",
    .summary = "softmax along an axis",
    .forms = float_softmax_forms,
    .kernel = kernel_id::softmax,
    .attributes = keys_of<softmax_attrs>,
    .shape = &same_op_shape,
    .memory = &softmax_memory<false, false>,
    .prepare = &softmax_prepare<false, false>,
    .decide = &laws::softmax_of_floats,
};
inline constexpr op_def qnn_log_softmax{
    .name = "qnn.log_softmax",
    .summary = "logarithm of softmax, quantized",
    .forms = qnn_log_softmax_forms,
    .quantized = true,
    .kernel = kernel_id::softmax,
    .attributes = keys_of<softmax_attrs>,
    .shape = &same_op_shape,
    .memory = &softmax_memory<true, true>,
    .prepare = &softmax_prepare<true, true>,
    .decide = &laws::log_softmax,
};
inline constexpr op_def log_softmax{
    .name = "log_softmax",
    .summary = "logarithm of softmax",
    .forms = float_log_softmax_forms,
    .kernel = kernel_id::softmax,
    .attributes = keys_of<softmax_attrs>,
    .shape = &same_op_shape,
    .memory = &softmax_memory<true, false>,
    .prepare = &softmax_prepare<true, false>,
    .decide = &laws::function_of_floats,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_SOFTMAX_HPP_
