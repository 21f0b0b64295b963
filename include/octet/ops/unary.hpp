// Operators of one input, element by element: activations and elementary functions on u8, s8, s16
// (qnn.*) and float32.
//
// Roundings of the quantized forms. x, y: quantized values; sx, zx, sy, zy: their scales and zero
// points; t = f(d), d = f32(sx * (x - zx)), every step of f in binary32.
//   AWAY      TFLite's tables. 8 bits: sat(rha(f32(t * f32(1 / sy))) + zy). int16: 513-entry
//   interpolated tables, for logistic and tanh its sigmoid table EVEN_MUL  PyTorch: sat(rint(f32(t
//   * f32(1 / sy))) + zy) XNN       XNNPACK's tables: sat(rint(f32(f32(t * f32(1 / sy)) + zy))), so
//   that an odd zero point turns every tie EVEN      ONNX Runtime: sat(rint(f32(t / sy)) + zy)
//   TRUNC     TFLite's int8 sqrt: sat(trunc(f32(t / sy)) + zy)
//   DR        TFLite's integer pipelines: relu*, leaky_relu, abs, rsqrt (int8), hard_swish (8 bits)
//   Q8        XNNPACK's leaky_relu: factors with 8 fractional bits, ties up
//   OPT       TFLite's optimized int16 logistic and tanh: AWAY, but gemmlowp's Q3.12 functions
//   where the input scale is 2^-12 (tanh: or 2^-11) none      relu*: a clamp of x to [clamp_lo,
//   clamp_hi]; neg: the raw value's negative, wrapping (TFLite)
#ifndef OCTET_OPS_UNARY_HPP_
#define OCTET_OPS_UNARY_HPP_

#include "octet/laws/activation.hpp"
#include "octet/laws/functions.hpp"
#include "octet/numerics/fixed_point.hpp"
#include "octet/numerics/fma.hpp"
#include "octet/numerics/fused_math.hpp"
#include "octet/numerics/mlas_math.hpp"
#include "octet/numerics/vector_math.hpp"
#include "octet/numerics/xnnpack_math.hpp"
#include "octet/ops/by_law.hpp"
#include "octet/ops/lut.hpp"
#include "octet/ops/requantize.hpp"

OCTET_NAMESPACE_BEGIN

enum class unary : std::uint8_t {
  logistic = 0,
  tanh,
  hard_swish,
  hard_sigmoid,
  elu,
  gelu,
  exp,
  log,
  sqrt,
  rsqrt,
  sin,
  cos,
  abs,
  neg,
  square,
  floor,
  ceil,
  round,
  relu,
  relu6,
  relu_n1_to_1,
  relu_0_to_1,
  leaky_relu,
  sign,
  erf,
  softplus,
  silu
};

/// leaky_relu: the slope below 0, 0 where it is not given; elu: its factor there, else 1.
struct alpha_keys {
  static constexpr attribute_key keys[] = {{"alpha", attribute_value::kind::real}};
};
/// gelu: by tanh instead of erfc; ATEN, floats: by PyTorch's own loop instead of oneDNN's.
struct approximate_keys {
  static constexpr attribute_key keys[] = {{"approximate", attribute_value::kind::integer}};
};
struct gelu_loop_keys {
  static constexpr attribute_key keys[] = {{"by_loop", attribute_value::kind::integer}};
};

/// Everything that the value of an element depends on. 8-bit operators use it once, to fill their
/// table.
struct unary_params {
  unary function = unary::relu;
  rounding mode = rounding::none;
  dtype type = dtype::f32;                    // of input and output
  bool approximate = false, by_loop = false;  // gelu
  std::size_t count = 0;                      // elements
  vector_rows rows;                           // ATEN, logistic and silu on f32
  float alpha = 0;
  float in_scale = 1, out_scale = 1, inverse = 1;  // inverse: f32(1 / out_scale)
  std::int32_t in_zero_point = 0, out_zero_point = 0;
  std::int32_t lo = 0, hi = 0;          // clamp after the zero point
  multiplier positive{}, negative{};    // DR, Q8: x >= zx, x < zx (leaky_relu). hard_swish: to the
                                        // output's scale, to that of relu6's argument
  numerics::sigmoid_input sigmoid{};    // AWAY and OPT, logistic and tanh on s16
  const std::int16_t* table = nullptr;  // AWAY, other functions on s16: 513 entries
};

namespace numerics {

constexpr float relu6_of(float v) noexcept { return v <= 0 ? 0.f : v >= 6 ? 6.f : v; }
/// The functions that PyTorch's vector loops (rounding ATEN) compute their own way.
enum class vectorized_function : std::uint8_t { other, logistic, exp, elu, softplus, gelu, silu };
constexpr vectorized_function vectorized_of(unary f) noexcept {
  switch (f) {
    case unary::logistic: return vectorized_function::logistic;
    case unary::exp: return vectorized_function::exp;
    case unary::elu: return vectorized_function::elu;
    case unary::softplus: return vectorized_function::softplus;
    case unary::gelu: return vectorized_function::gelu;
    case unary::silu: return vectorized_function::silu;
    case unary::tanh:
    case unary::hard_swish:
    case unary::hard_sigmoid:
    case unary::log:
    case unary::sqrt:
    case unary::rsqrt:
    case unary::sin:
    case unary::cos:
    case unary::abs:
    case unary::neg:
    case unary::square:
    case unary::floor:
    case unary::ceil:
    case unary::round:
    case unary::relu:
    case unary::relu6:
    case unary::relu_n1_to_1:
    case unary::relu_0_to_1:
    case unary::leaky_relu:
    case unary::sign:
    case unary::erf: return vectorized_function::other;
  }
  return vectorized_function::other;
}
/// One of them, with the functions of fused_math.hpp.
constexpr float unary_vectorized(const unary_params& p, float x) noexcept {
  switch (vectorized_of(p.function)) {
    case vectorized_function::logistic: return div(1.f, add(1.f, exp_vectorized(-x)));
    case vectorized_function::exp: return exp_vectorized(x);
    case vectorized_function::elu: return x < 0 ? mul(expm1_vectorized(x), p.alpha) : x;
    case vectorized_function::softplus: return softplus_vectorized(x);
    case vectorized_function::silu: return div(x, add(1.f, exp_vectorized(-x)));
    case vectorized_function::gelu:
      return p.by_loop ? gelu_by_loop(x) : gelu_vectorized(x, p.approximate);
    case vectorized_function::other: break;  // unary_values asks has_vectorized first
  }
  return x;
}
constexpr bool has_vectorized(unary f) noexcept {
  return vectorized_of(f) != vectorized_function::other;
}
/// The functions that ONNX Runtime's loops (rounding ORT) compute their own way: those from sin on
/// are Eigen's, the others MLAS's.
enum class ort_function : std::uint8_t {
  other,
  logistic,
  tanh,
  exp,
  erf,
  gelu,
  sin,
  cos,
  elu,
  log,
  softplus
};
constexpr ort_function ort_function_of(unary f) noexcept {
  switch (f) {
    case unary::logistic: return ort_function::logistic;
    case unary::tanh: return ort_function::tanh;
    case unary::exp: return ort_function::exp;
    case unary::erf: return ort_function::erf;
    case unary::gelu: return ort_function::gelu;
    case unary::sin: return ort_function::sin;
    case unary::cos: return ort_function::cos;
    case unary::elu: return ort_function::elu;
    case unary::log: return ort_function::log;
    case unary::softplus: return ort_function::softplus;
    case unary::hard_swish:
    case unary::hard_sigmoid:
    case unary::sqrt:
    case unary::rsqrt:
    case unary::abs:
    case unary::neg:
    case unary::square:
    case unary::floor:
    case unary::ceil:
    case unary::round:
    case unary::relu:
    case unary::relu6:
    case unary::relu_n1_to_1:
    case unary::relu_0_to_1:
    case unary::leaky_relu:
    case unary::sign:
    case unary::silu: return ort_function::other;
  }
  return ort_function::other;
}
/// Whether a function of these loops is Eigen's: whole vectors of four, and the C library's
/// function for the up to three elements that are left of a tensor.
constexpr bool by_fours(ort_function f) noexcept { return f >= ort_function::sin; }
/// alpha (exp(x) - 1) below 0.
constexpr float elu_ort(float alpha, float x, bool vector) noexcept {
  if (!(x < 0)) return x;
  return mul(alpha, sub(vector ? exp_vector(x) : exp_c_library(x), 1.f));
}
/// max(x, 0) + log(1 + exp(-|x|)).
constexpr float softplus_ort(float x, bool vector) noexcept {
  if (is_nan(x)) return x;
  const float below = with_sign(x, -1.f);
  return add(x > 0 ? x : 0.f,
             vector ? log1p_vector(exp_vector(below)) : log1p_c_library(exp_c_library(below)));
}
/// Those that differ in its vectors and behind them.
constexpr bool by_place_ort(unary f) noexcept {
  switch (ort_function_of(f)) {
    case ort_function::sin:
    case ort_function::cos:
    case ort_function::elu:
    case ort_function::log:
    case ort_function::softplus: return true;
    case ort_function::logistic:
    case ort_function::tanh:
    case ort_function::exp:
    case ort_function::erf:
    case ort_function::gelu:
    case ort_function::other: break;
  }
  return false;
}
/// Element i of a float tensor in ONNX Runtime's loops (rounding ORT).
constexpr float unary_ort(const unary_params& p, float x, std::size_t i) noexcept {
  const bool vector = in_vector(0, p.count, i);
  switch (ort_function_of(p.function)) {
    case ort_function::logistic: return logistic_mlas(x);
    case ort_function::tanh: return tanh_mlas(x);
    case ort_function::exp: return exp_mlas(x);
    case ort_function::erf: return erf_mlas(x);
    case ort_function::gelu: return gelu_mlas(x, p.approximate);
    case ort_function::sin: return vector ? sin_vector(x) : sin_c_library(x);
    case ort_function::cos: return vector ? cos_vector(x) : cos_c_library(x);
    case ort_function::elu: return elu_ort(p.alpha, x, vector);
    case ort_function::log: return vector ? log_vector(x) : log_c_library(x);
    case ort_function::softplus: return softplus_ort(x, vector);
    case ort_function::other: break;  // the forms exclude these
  }
  return x;
}
/// Functions that XNNPACK's loops (rounding XNN) compute their own way.
enum class xnnpack_function : std::uint8_t {
  other,
  logistic,
  tanh,
  gelu,
  elu,
  hard_swish,
  exp,
  log,
  sqrt,
  rsqrt,
  sin,
  cos
};
constexpr xnnpack_function xnnpack_function_of(unary f) noexcept {
  switch (f) {
    case unary::logistic: return xnnpack_function::logistic;
    case unary::tanh: return xnnpack_function::tanh;
    case unary::gelu: return xnnpack_function::gelu;
    case unary::elu: return xnnpack_function::elu;
    case unary::hard_swish: return xnnpack_function::hard_swish;
    case unary::exp: return xnnpack_function::exp;
    case unary::log: return xnnpack_function::log;
    case unary::sqrt: return xnnpack_function::sqrt;
    case unary::rsqrt: return xnnpack_function::rsqrt;
    case unary::sin: return xnnpack_function::sin;
    case unary::cos: return xnnpack_function::cos;
    case unary::hard_sigmoid:
    case unary::abs:
    case unary::neg:
    case unary::square:
    case unary::floor:
    case unary::ceil:
    case unary::round:
    case unary::relu:
    case unary::relu6:
    case unary::relu_n1_to_1:
    case unary::relu_0_to_1:
    case unary::leaky_relu:
    case unary::sign:
    case unary::erf:
    case unary::softplus:
    case unary::silu: return xnnpack_function::other;
  }
  return xnnpack_function::other;
}
constexpr float unary_xnn(const unary_params& p, float x) noexcept {
  switch (xnnpack_function_of(p.function)) {
    case xnnpack_function::logistic: return logistic_xnn(x);
    case xnnpack_function::tanh: return tanh_xnn(x);
    case xnnpack_function::gelu: return gelu_xnn(x, p.approximate);
    case xnnpack_function::elu: return elu_xnn(x, p.alpha);
    case xnnpack_function::hard_swish: return hard_swish_xnn(x);
    case xnnpack_function::exp: return exp_xnn(x);
    case xnnpack_function::log: return log_xnn(x);
    case xnnpack_function::sqrt: return sqrt_xnn(x);
    case xnnpack_function::rsqrt: return rsqrt_xnn(x);
    case xnnpack_function::sin: return sin_xnn(x, false);
    case xnnpack_function::cos: return sin_xnn(x, true);
    case xnnpack_function::other: break;  // the forms exclude these
  }
  return x;
}
/// PyTorch's loops of logistic and silu take whole pairs of 8 floats; what is left of a row takes
/// their scalar function, here the correctly rounded one.
constexpr std::size_t logistic_block = 16;
constexpr bool by_logistic_blocks(unary f) noexcept {
  return f == unary::logistic || f == unary::silu;
}
constexpr bool is_vectorized(const unary_params& p, std::size_t i) noexcept {
  return p.mode == rounding::aten && has_vectorized(p.function) &&
         (!by_logistic_blocks(p.function) || p.rows.in_block(i, p.count, logistic_block));
}
/// TFLite's reference kernels call the C library (AWAY), and so do its tables of codes and
/// XNNPACK's (XNN).
constexpr bool by_c_library(rounding mode) noexcept {
  switch (mode) {
    case rounding::divide_half_away:
    case rounding::xnnpack: return true;
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
    case rounding::aten:
    case rounding::fused_multiply_add:
    case rounding::tflite_optimized:
    case rounding::mxnet:
    case rounding::onnxruntime: break;
  }
  return false;
}
constexpr float exp_by(rounding mode, float x) noexcept {
  return by_c_library(mode) ? exp_c_library(x) : exp_f32(x);
}
/// x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) as Eigen has it: TFLite's reference of floats.
constexpr float gelu_by_vectors(float x) noexcept {
  const float cube = mul(mul(x, x), x), inner = add(x, mul(0.044715f, cube));
  return mul(mul(0.5f, x), add(1.f, tanh_vector(mul(0.797884561f, inner))));
}
/// Of floats TFLite's reference has Eigen's, whose last bits octet does not follow.
constexpr float erfc_by(const unary_params& p, float x) noexcept {
  return by_c_library(p.mode) && p.type != dtype::f32 ? erfc_c_library(x) : erfc_f32(x);
}
constexpr float expm1_by(rounding mode, float x) noexcept {
  return by_c_library(mode) ? expm1_c_library(x) : expm1_f32(x);
}
constexpr float tanh_by(rounding mode, float x) noexcept {
  return by_c_library(mode) ? tanh_c_library(x) : tanh_f32(x);
}
constexpr float logistic_by(const unary_params& p, float x) noexcept {
  switch (p.mode) {
    case rounding::divide_half_even:
    case rounding::xnnpack: return logistic_f32(x);
    case rounding::none:
    case rounding::divide_half_away:
      if (p.type != dtype::f32) break;
      if (x > 16.619047164916992188f) return 1.f;  // TFLite's cutoffs
      if (x < -9.f) return exp_by(p.mode, x);
      break;
    case rounding::doubling_high_half_away:
    case rounding::doubling_high_half_up:
    case rounding::wide_half_up:
    case rounding::double_half_away:
    case rounding::float_half_even:
    case rounding::float_bias_half_even:
    case rounding::float_zero_point_half_even:
    case rounding::eight_bit_ratio_half_up:
    case rounding::reciprocal_half_even:
    case rounding::divide_truncate:
    case rounding::qnnpack:
    case rounding::aten:
    case rounding::fused_multiply_add:
    case rounding::tflite_optimized:
    case rounding::mxnet:
    case rounding::onnxruntime: break;
  }
  return div(1.f, add(1.f, exp_by(p.mode, -x)));
}
/// f(x) in binary32, as the frameworks' kernels spell it, with octet's correctly rounded exp, tanh,
/// ... or those of the C library.
constexpr float unary_f32(const unary_params& p, float x) noexcept {
  switch (p.function) {
    case unary::logistic: return logistic_by(p, x);
    case unary::tanh: return tanh_by(p.mode, x);
    case unary::hard_swish: return div(mul(x, relu6_of(add(x, 3.f))), 6.f);
    case unary::hard_sigmoid: return div(relu6_of(add(x, 3.f)), 6.f);
    case unary::elu: return x < 0 ? mul(expm1_by(p.mode, x), p.alpha) : x;
    case unary::gelu: {
      if (!p.approximate) return mul(mul(0.5f, x), erfc_by(p, mul(x, -0.707106781f)));
      if (p.type == dtype::f32 && by_c_library(p.mode)) return gelu_by_vectors(x);
      const float cube = mul(mul(mul(0.044715f, x), x), x);
      const float inner = mul(0.797884561f, add(x, cube));
      return mul(mul(0.5f, x), add(1.f, tanh_by(p.mode, inner)));
    }
    case unary::exp: return exp_by(p.mode, x);
    case unary::log: return by_c_library(p.mode) ? log_c_library(x) : log_f32(x);
    case unary::sqrt: return sqrt_f32(x);
    case unary::rsqrt: return div(1.f, sqrt_f32(x));
    case unary::sin: return by_c_library(p.mode) ? sin_c_library(x) : sin_f32(x);
    case unary::cos: return by_c_library(p.mode) ? cos_c_library(x) : cos_f32(x);
    case unary::abs: return with_sign(x, 1.f);
    case unary::neg: return -x;
    case unary::square: return mul(x, x);
    case unary::floor: return floor(x);
    case unary::ceil: return -floor(-x);
    case unary::round: return rint(x);
    case unary::relu: return x < 0 ? 0.f : x;
    case unary::relu6: return x < 0 ? 0.f : x > 6 ? 6.f : x;
    case unary::relu_n1_to_1: return x < -1 ? -1.f : x > 1 ? 1.f : x;
    case unary::relu_0_to_1: return x < 0 ? 0.f : x > 1 ? 1.f : x;
    case unary::leaky_relu: return x > 0 ? x : mul(x, p.alpha);
    case unary::sign: return x > 0 ? 1.f : x < 0 ? -1.f : 0.f;
    case unary::erf: return erf_f32(x);
    case unary::softplus: {
      const float small = log_f32(add(exp_f32(with_sign(x, -1.f)), 1.f));
      return is_nan(x) ? x : add(x < 0 ? 0.f : x, small);
    }
    case unary::silu: return div(x, add(1.f, exp_f32(-x)));
  }
  return x;
}
/// The functions of plain int32 and int64 values; results that the type does not hold wrap.
template <class T> constexpr T unary_integer(unary f, T x) noexcept {
  using bits = std::make_unsigned_t<T>;
  switch (f) {
    case unary::sign: return static_cast<T>((x > 0) - (x < 0));
    case unary::square: return static_cast<T>(static_cast<bits>(x) * static_cast<bits>(x));
    case unary::neg: return static_cast<T>(bits{0} - bits(x));
    case unary::abs: return x < 0 ? static_cast<T>(bits{0} - bits(x)) : x;
    case unary::logistic:
    case unary::tanh:
    case unary::hard_swish:
    case unary::hard_sigmoid:
    case unary::elu:
    case unary::gelu:
    case unary::exp:
    case unary::log:
    case unary::sqrt:
    case unary::rsqrt:
    case unary::sin:
    case unary::cos:
    case unary::floor:
    case unary::ceil:
    case unary::round:
    case unary::relu:
    case unary::relu6:
    case unary::relu_n1_to_1:
    case unary::relu_0_to_1:
    case unary::leaky_relu:
    case unary::erf:
    case unary::softplus:
    case unary::silu: break;  // number_unary_forms excludes these
  }
  return x;
}
/// The functions whose table needs a value where they have none: TFLite takes the output's lowest
/// (log) or highest (rsqrt) real value for x <= 0.
constexpr float unary_table_f32(const unary_params& p, float x) noexcept {
  if (x <= 0 && p.function == unary::log)
    return mul(static_cast<float>(static_cast<std::int32_t>(lowest_of(p.type)) - p.out_zero_point),
               p.out_scale);
  if (x <= 0 && p.function == unary::rsqrt)
    return mul(static_cast<float>(highest_of(p.type)), p.out_scale);
  return unary_f32(p, x);
}

/// TFLite's int16 pipeline of x * relu6(x + 3) / 6: x in 1/128 of its scale, the relu6 argument in
/// Q0.15 of [-3, 3].
constexpr std::int32_t hard_swish_dr(const unary_params& p, std::int32_t x) noexcept {
  const auto h = static_cast<std::int16_t>((x - p.in_zero_point) * 128);
  const auto product = fixed16::mul(h, static_cast<std::int16_t>(p.positive.m));
  std::int16_t r = h;
  if (p.negative.shift > 0) r = fixed16::shl(r, p.negative.shift - 1);
  r = fixed16::mul(r, static_cast<std::int16_t>(p.negative.m));
  if (p.negative.shift > 0)
    r = fixed16::shl(r, 1);
  else if (p.negative.shift < 0)
    r = fixed16::rounding_shift_half_away(r, -p.negative.shift);
  const std::int32_t gate = (r + 32768) >> 1;
  const auto v = static_cast<std::int16_t>(gate * product / 32768);  // toward zero
  return fixed16::rounding_shift_half_away(v, -p.positive.shift);
}
/// TFLite's int8 1 / sqrt: an integer reciprocal root with 20 more fractional bits, then the
/// scales.
constexpr std::int32_t rsqrt_dr(const unary_params& p, std::int32_t v) noexcept {
  if (v <= 0)
    return INT32_MAX / 2;  // saturates: TFLite gives its highest value at 0 and refuses less
  const multiplier root = reciprocal_sqrt(v);
  return doubling_high_half_away(doubling_high_half_away(1, {root.m, root.shift + 20}),
                                 {p.positive.m, p.positive.shift - 20});
}
/// 16 bits of a multiplier.
constexpr std::int32_t high_half(std::int32_t m) noexcept {
  return m >= INT32_MAX - (1 << 15) ? 32767 : (m + (1 << 15)) >> 16;
}

/// DR of one element; v: x less its zero point.
constexpr std::int32_t unary_dr(const unary_params& p, std::int32_t x, std::int32_t v) noexcept {
  switch (p.function) {
    case unary::hard_swish: return clamp(hard_swish_dr(p, x) + p.out_zero_point, p.lo, p.hi);
    case unary::rsqrt: return finish(std::int64_t{rsqrt_dr(p, v)}, p.out_zero_point, p.lo, p.hi);
    case unary::abs: {
      const std::int32_t size = v < 0 ? -v : v;
      return finish(
          std::int64_t{p.positive.m == 0 ? size : doubling_high_half_away(size, p.positive)},
          p.out_zero_point, p.lo, p.hi);
    }
    case unary::relu:
    case unary::relu6:
    case unary::relu_n1_to_1:
    case unary::relu_0_to_1:
    case unary::leaky_relu:
      return finish(
          rounding_policy::doubling_high_half_away::apply(v, v >= 0 ? p.positive : p.negative),
          p.out_zero_point, p.lo, p.hi);
    case unary::logistic:
    case unary::tanh:
    case unary::hard_sigmoid:
    case unary::elu:
    case unary::gelu:
    case unary::exp:
    case unary::log:
    case unary::sqrt:
    case unary::sin:
    case unary::cos:
    case unary::neg:
    case unary::square:
    case unary::floor:
    case unary::ceil:
    case unary::round:
    case unary::sign:
    case unary::erf:
    case unary::softplus:
    case unary::silu: break;  // the forms exclude these
  }
  return p.out_zero_point;
}
/// Rounding none of one element: x within its bounds, or its negative, which wraps.
constexpr std::int32_t unary_raw(const unary_params& p, std::int32_t x) noexcept {
  switch (p.function) {
    case unary::neg:
      return p.type == dtype::s8    ? static_cast<std::int8_t>(-x)
             : p.type == dtype::s16 ? static_cast<std::int16_t>(-x)
                                    : static_cast<std::uint8_t>(-x);
    case unary::relu:
    case unary::relu6:
    case unary::relu_n1_to_1:
    case unary::relu_0_to_1: return clamp(x, p.lo, p.hi);
    case unary::logistic:
    case unary::tanh:
    case unary::hard_swish:
    case unary::hard_sigmoid:
    case unary::elu:
    case unary::gelu:
    case unary::exp:
    case unary::log:
    case unary::sqrt:
    case unary::rsqrt:
    case unary::sin:
    case unary::cos:
    case unary::abs:
    case unary::square:
    case unary::floor:
    case unary::ceil:
    case unary::round:
    case unary::leaky_relu:
    case unary::sign:
    case unary::erf:
    case unary::softplus:
    case unary::silu: break;  // the forms exclude these
  }
  return x;
}
/// An int16 element by TFLite's tables, of logistic and tanh by its fixed-point functions.
constexpr std::int32_t unary_word(const unary_params& p, std::int32_t x) noexcept {
  const bool gemmlowp = p.mode == rounding::tflite_optimized && p.sigmoid.multiplier == 0;
  const auto q = [&] { return fixed16::shl(static_cast<std::int16_t>(x), p.sigmoid.shift); };
  if (p.function == unary::logistic)
    return gemmlowp ? fixed16::logistic(q(), 3) : logistic_q15(p.sigmoid(x));
  if (p.function == unary::tanh) return gemmlowp ? fixed16::tanh(q(), 3) : tanh_q15(p.sigmoid(x));
  return lookup(p.table, static_cast<std::int16_t>(x));
}
/// EVEN is ONNX Runtime's rounding, whose table of the logistic function comes from its own loop.
constexpr float unary_even_f32(const unary_params& p, float x) noexcept {
  return p.function == unary::logistic ? logistic_mlas(x) : unary_f32(p, x);
}
/// The quantized value of one element.
constexpr std::int32_t unary_value(const unary_params& p, std::int32_t x) noexcept {
  const std::int32_t v = x - p.in_zero_point;
  switch (p.mode) {
    case rounding::none: return unary_raw(p, x);
    case rounding::doubling_high_half_away: return unary_dr(p, x, v);
    case rounding::eight_bit_ratio_half_up:
      return finish(
          rounding_policy::eight_bit_ratio_half_up::apply(v, v >= 0 ? p.positive : p.negative),
          p.out_zero_point, p.lo, p.hi);
    case rounding::tflite_optimized:
    case rounding::divide_half_away:
      if (p.type == dtype::s16) return unary_word(p, x);
      return clamp_to_int(
          static_cast<double>(
              add(round_half_away(
                      mul(unary_table_f32(p, mul(p.in_scale, static_cast<float>(v))), p.inverse)),
                  static_cast<float>(p.out_zero_point))),
          p.lo, p.hi);
    case rounding::xnnpack:
      return clamp_to_int(static_cast<double>(rint(add(
                              mul(unary_f32(p, mul(p.in_scale, static_cast<float>(v))), p.inverse),
                              static_cast<float>(p.out_zero_point)))),
                          p.lo, p.hi);
    case rounding::reciprocal_half_even:
      return finish(static_cast<double>(
                        rint(mul(unary_f32(p, mul(p.in_scale, static_cast<float>(v))), p.inverse))),
                    p.out_zero_point, p.lo, p.hi);
    case rounding::divide_truncate:
      return finish(static_cast<double>(trunc(
                        div(unary_f32(p, mul(p.in_scale, static_cast<float>(v))), p.out_scale))),
                    p.out_zero_point, p.lo, p.hi);
    case rounding::divide_half_even:
      return finish(static_cast<double>(rint(div(
                        unary_even_f32(p, mul(p.in_scale, static_cast<float>(v))), p.out_scale))),
                    p.out_zero_point, p.lo, p.hi);
    case rounding::doubling_high_half_up:
    case rounding::wide_half_up:
    case rounding::double_half_away:
    case rounding::float_half_even:
    case rounding::float_bias_half_even:
    case rounding::float_zero_point_half_even:
    case rounding::qnnpack:
    case rounding::aten:
    case rounding::fused_multiply_add:
    case rounding::mxnet:
    case rounding::onnxruntime: break;  // unary_prepare refuses these
  }
  return p.out_zero_point;
}
}  // namespace numerics

namespace reference {
template <class T>
constexpr void unary_values(const unary_params& p, const T* x, T* y, std::size_t begin,
                            std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    if constexpr (std::is_floating_point_v<T>)
      y[i] = p.mode == rounding::onnxruntime ? numerics::unary_ort(p, x[i], i)
             : p.mode == rounding::xnnpack   ? numerics::unary_xnn(p, x[i])
             : numerics::is_vectorized(p, i) ? numerics::unary_vectorized(p, x[i])
                                             : numerics::unary_f32(p, x[i]);
    else if constexpr (sizeof(T) >= 4)
      y[i] = numerics::unary_integer(p.function, x[i]);
    else
      y[i] = static_cast<T>(numerics::unary_value(p, x[i]));
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void unary_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const unary_params*>(a.params);
  const auto r = part_of(p.count, a.part, a.parts);
  const auto run = [&]<class T>(type_tag<T>) {
    unary_values(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]), r.begin, r.end);
  };
  if (p.type == dtype::f32)
    run(type_tag<float>{});
  else if (p.type == dtype::s32)
    run(type_tag<std::int32_t>{});
  else if (p.type == dtype::s64)
    run(type_tag<std::int64_t>{});
  else
    with_quantized(p.type, run);
}
#else
void unary_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
/// The clamp that a relu is; none: no relu.
constexpr activation activation_of(unary f) {
  switch (f) {
    case unary::relu: return activation::relu;
    case unary::relu6: return activation::relu6;
    case unary::relu_n1_to_1: return activation::relu_n1_to_1;
    case unary::relu_0_to_1: return activation::relu_0_to_1;
    case unary::logistic:
    case unary::tanh:
    case unary::hard_swish:
    case unary::hard_sigmoid:
    case unary::elu:
    case unary::gelu:
    case unary::exp:
    case unary::log:
    case unary::sqrt:
    case unary::rsqrt:
    case unary::sin:
    case unary::cos:
    case unary::abs:
    case unary::neg:
    case unary::square:
    case unary::floor:
    case unary::ceil:
    case unary::round:
    case unary::leaky_relu:
    case unary::sign:
    case unary::erf:
    case unary::softplus:
    case unary::silu: return activation::none;
  }
  return activation::none;
}
constexpr bool has_alpha(unary f) { return f == unary::elu || f == unary::leaky_relu; }
/// PyTorch rounds it differently in whole blocks of a row and behind them.
constexpr bool rounds_by_position(unary f, bool quantized) {
  return numerics::by_logistic_blocks(f) ||
         (quantized &&
          (f == unary::tanh || f == unary::hard_swish || f == unary::hard_sigmoid || has_alpha(f)));
}
constexpr bool is_relu(unary f) { return activation_of(f) != activation::none; }
/// Its bounds in quantized values of the output, as TFLite rounds them.
constexpr clamp_range relu_bounds(unary f, const tensor_desc& y) {
  const auto c = laws::activation_bounds(laws::library::tflite, activation_of(f), y.type, y.scale(),
                                         y.zero_point());
  return {static_cast<std::int32_t>(c.lo), static_cast<std::int32_t>(c.hi)};
}

#if OCTET_HAS_DEFINITIONS
/// The multipliers of the integer roundings; TFLite forms these ratios in binary32.
OCTET_INLINE status unary_multipliers(unary_params& p) {
  const float ratio = numerics::div(p.in_scale, p.out_scale);
  const auto quantized = [](float v) {
    return numerics::quantize_multiplier(static_cast<double>(v));
  };
  if (p.mode == rounding::eight_bit_ratio_half_up) {
    p.positive = numerics::q8_multiplier(ratio);
    p.negative = numerics::q8_multiplier(numerics::mul(ratio, p.alpha));
    return unit{};
  }
  p.positive = p.negative = quantized(ratio);
  if (p.function == unary::leaky_relu) {
    const float slope = numerics::div(numerics::mul(p.in_scale, p.alpha), p.out_scale);
    p.negative = quantized(slope < 0 ? -slope : slope);
    if (slope < 0) p.negative.m = -p.negative.m;
  } else if (p.function == unary::abs) {
    if (p.in_scale == p.out_scale) p.positive = {};  // no rescale at all
  } else if (p.function == unary::rsqrt) {
    p.positive = numerics::quantize_multiplier(numerics::div(
        1., static_cast<double>(numerics::mul(numerics::sqrt_f32(p.in_scale), p.out_scale))));
  } else if (p.function == unary::hard_swish) {
    const float fine = numerics::mul(1.f / 128, p.in_scale);
    p.positive = quantized(numerics::div(fine, p.out_scale));
    p.negative = quantized(numerics::div(fine, 3.f / 32768));
    if (p.positive.shift > 0)
      return unsupported("hard_swish whose output scale is below 1/128 of its input's");
    p.positive.m = numerics::high_half(p.positive.m);
    p.negative.m = numerics::high_half(p.negative.m);
  }
  return unit{};
}
#endif

/// Rounding ATEN on 8 bits: PyTorch's vector loops dequantize with one fused multiply-add, their
/// scalar tails with a difference and a product; else EVEN_MUL.
template <unary F> constexpr bool by_position(const node_view& n) {
  return n.round == rounding::aten && is_8bit(n.in[0].type) && !is_relu(F);
}
template <unary F, bool Quantized>
constexpr void unary_memory(const node_view& n, node_memory& to) {
  constexpr bool sigmoid = F == unary::logistic || F == unary::tanh;
  if (Quantized && by_position<F>(n)) return to.make<lut8_blocks_params>();
  if (Quantized && is_8bit(n.in[0].type)) return to.make<lut8_params>();
  if (Quantized && n.round == rounding::divide_half_away && !sigmoid) to.array<std::int16_t>(513);
  to.make<unary_params>();
}
#if OCTET_HAS_DEFINITIONS
/// What an int16 function is computed with: the table of 513 values that TFLite interpolates, or of
/// logistic and tanh the scale of the fixed-point function.
template <unary F> status unary_word_table(const node_view& n, prepared& to, unary_params& p) {
  if (p.in_zero_point != 0 || p.out_zero_point != 0)
    return unsupported("zero points of int16",
                       std::to_string(p.in_zero_point) + ", " + std::to_string(p.out_zero_point),
                       "0");
  if constexpr (F == unary::logistic || F == unary::tanh) {
    if (p.out_scale != 1.f / 32768)
      return unsupported("output scale", std::to_string(p.out_scale), "1/32768");
    p.sigmoid = numerics::sigmoid_input_for(n.in[0].scale(), F == unary::tanh);
  } else {
    auto table = to.array<std::int16_t>(513);
    numerics::make_lut16<float>([&](float v) { return numerics::unary_table_f32(p, v); },
                                p.in_scale, p.in_zero_point, p.out_scale, p.out_zero_point,
                                table.data());
    p.table = table.data();
  }
  return unit{};
}
/// Two tables of 8-bit values, one for PyTorch's vector loops and one for their scalar tails. The
/// loops of hard_swish quantize by f32(1 / out_scale) of the binary64 scale.
OCTET_INLINE void unary_tables_by_position(const node_view& n, prepared& to, unary_params p) {
  const dtype type = n.in[0].type;
  p.mode = rounding::reciprocal_half_even;
  const float inverse = p.function == unary::hard_swish
                            ? static_cast<float>(numerics::div(1., n.out[0].scale()))
                            : p.inverse;
  const float premultiplied = numerics::mul(p.in_scale, -static_cast<float>(p.in_zero_point));
  auto& l = to.make<lut8_blocks_params>(&reference::lut8_blocks_kernel, kernel_id::lut8);
  l.blocks.count = p.count;
  l.rows = p.rows;
  lut8_params tail;
  fill_lut8(tail, type, [&](std::int32_t q) { return numerics::unary_value(p, q); });
  fill_lut8(l.blocks, type, [&](std::int32_t q) {
    const float v = numerics::fma(p.in_scale, static_cast<float>(q), premultiplied);
    return numerics::finish(
        static_cast<double>(numerics::rint(numerics::mul(numerics::unary_f32(p, v), inverse))),
        p.out_zero_point, p.lo, p.hi);
  });
  l.tail = tail.table;
  if (l.tail == l.blocks.table) {  // no position to tell: one table
    l.blocks.block = 0;
    to.params = &l.blocks;
    to.reference = &reference::lut8_kernel;
  }
}
template <unary F, bool Quantized> status unary_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &y = n.out[0];
  unary_params p;
  p.function = F;
  p.mode = n.round;
  p.type = x.type;
  if constexpr (F == unary::gelu) p.approximate = n.attrs->integer("approximate") != 0;
  if constexpr (F == unary::gelu && !Quantized) {
    p.by_loop = n.attrs->integer("by_loop") != 0;
    if (p.by_loop && (p.approximate || n.round != rounding::aten))
      return unsupported("gelu by PyTorch's loop", {}, "rounding ATEN, not approximate");
  }
  if constexpr (has_alpha(F))
    p.alpha = static_cast<float>(n.attrs->real("alpha", F == unary::elu ? 1 : 0));
  p.count = x.shape.elements().value;
  if constexpr (rounds_by_position(F, Quantized)) p.rows = read_attributes<vector_rows>(*n.attrs);
  if constexpr (!Quantized) {
    to.make<unary_params>(&reference::unary_kernel, kernel_id::unary) = p;
    return unit{};
  }
  if (x.per_channel() || y.per_channel()) return unsupported("per-channel activations");
  p.in_scale = x.scale_f32(), p.out_scale = y.scale_f32(),
  p.inverse = numerics::div(1.f, p.out_scale);
  p.in_zero_point = x.zero_point(), p.out_zero_point = y.zero_point();
  clamp_range bounds = clamp_of(*n.attrs, y.type);
  if (is_relu(F) && n.round != rounding::none) bounds = relu_bounds(F, y);
  p.lo = bounds.lo, p.hi = bounds.hi;
  const bool sigmoid = (F == unary::logistic || F == unary::tanh) &&
                       n.round == rounding::tflite_optimized && x.type == dtype::s16;
  if (n.round == rounding::doubling_high_half_away || n.round == rounding::eight_bit_ratio_half_up)
    if (auto s = unary_multipliers(p); !s) return s;
  if ((n.round == rounding::divide_half_away || sigmoid) && x.type == dtype::s16)
    if (auto s = unary_word_table<F>(n, to, p); !s) return s;
  if (by_position<F>(n)) {
    unary_tables_by_position(n, to, p);
    return unit{};
  }
  if (is_8bit(x.type)) {
    auto& l = to.make<lut8_params>(&reference::lut8_kernel, kernel_id::lut8);
    l.count = p.count;
    fill_lut8(l, x.type, [&](std::int32_t q) { return numerics::unary_value(p, q); });
    return unit{};
  }
  to.make<unary_params>(&reference::unary_kernel, kernel_id::unary) = p;
  return unit{};
}
#else
template <unary F, bool Quantized> status unary_prepare(const node_view& n, prepared& to);
#endif

/// Attributes that a function reads, and what all of its kind read besides.
template <unary F, class... Kind> constexpr attribute_keys unary_keys() {
  if constexpr (has_alpha(F) && sizeof...(Kind) != 0)
    return keys_of<alpha_keys, vector_rows, Kind...>;
  else if constexpr (has_alpha(F))
    return keys_of<alpha_keys>;
  else if constexpr (rounds_by_position(F, sizeof...(Kind) != 0))
    return keys_of<vector_rows, Kind...>;
  else if constexpr (F == unary::gelu && sizeof...(Kind) == 0)
    return keys_of<approximate_keys, gelu_loop_keys>;
  else if constexpr (F == unary::gelu)
    return keys_of<approximate_keys, Kind...>;
  else
    return keys_of<Kind...>;
}
/// What a law says of a function's values; the roundings of its forms are those that it gives.
using decision_function = laws::decision (*)(const laws::facts&);
/// Roundings of a function of int16: PyTorch, whose answers by position are of 8 bits, has no such
/// values, and TFLite no such hard_swish.
constexpr rounding_set int16_roundings(unary f, decision_function decide) {
  if (f == unary::hard_swish) return {};
  const rounding_set of_laws = roundings_of(decide, dtype::s16);
  rounding_set r;
  for (const rounding i : enumerators<rounding>)
    if (i != rounding::aten && of_laws.contains(i)) r = r | i;
  return r;
}
template <decision_function Decide>
inline constexpr form byte_forms[] = {
    {.in = {eight_bit}, .out = {like(0)}, .roundings = roundings_of(Decide, dtype::u8)},
};
template <unary F, decision_function Decide>
inline constexpr form quantized_forms[] = {
    byte_forms<Decide>[0],
    { .in = {dtype::s16}, .out = {like(0)}, .roundings = int16_roundings(F, Decide) },
};
template <unary F, decision_function Decide> constexpr std::span<const form> unary_forms_of() {
  if constexpr (int16_roundings(F, Decide).empty())
    return byte_forms<Decide>;
  else
    return quantized_forms<F, Decide>;
}
template <decision_function Decide>
inline constexpr form real_forms[] = {
    {.in = {dtype::f32}, .out = {dtype::f32}, .roundings = roundings_of(Decide, dtype::f32)},
};
/// Functions that integers have as well.
inline constexpr form number_unary_forms[] = {
    float_forms[0],
    {.in = {accumulator_types}, .out = {like(0)}},
};
template <unary F, decision_function Decide> constexpr std::span<const form> plain_forms_of() {
  if constexpr (F == unary::abs || F == unary::neg || F == unary::square)
    return number_unary_forms;
  else
    return real_forms<Decide>;
}
/// op_def::each_alone of float32.
constexpr rounding_set each_alone_of_floats(unary f, rounding_set all) {
  if (numerics::by_place_ort(f)) all = all.without(rounding::onnxruntime);
  return numerics::by_logistic_blocks(f) ? all.without(rounding::aten) : all;
}
/// Of quantized values: of 8 bits all are tables, under ATEN one of two by position.
template <unary F, decision_function Decide>
inline constexpr rounding_set qnn_each_alone =
    roundings_of(unary_forms_of<F, Decide>()).without(rounding::aten);

#define OCTET_UNARY_(id, text, what, quantized_law, float_law)                                   \
  inline constexpr op_def qnn_##id{                                                              \
      .name = "qnn." text,                                                                       \
      .summary = what " of quantized values",                                                    \
      .forms = unary_forms_of<unary::id, quantized_law>(),                                       \
      .quantized = true,                                                                         \
      .each_alone = qnn_each_alone<unary::id, quantized_law>,                                    \
      .kernel = kernel_id::lut8,                                                                 \
      .other_kernel = kernel_id::unary,                                                          \
      .attributes = unary_keys<unary::id, clamp_keys>(),                                         \
      .shape = &same_op_shape,                                                                   \
      .memory = &unary_memory<unary::id, true>,                                                  \
      .prepare = &unary_prepare<unary::id, true>,                                                \
      .decide = quantized_law,                                                                   \
  };                                                                                             \
  inline constexpr op_def id{                                                                    \
      .name = text,                                                                              \
      .summary = what,                                                                           \
      .forms = plain_forms_of<unary::id, float_law>(),                                           \
      .each_alone =                                                                              \
          each_alone_of_floats(unary::id, roundings_of(plain_forms_of<unary::id, float_law>())), \
      .vector_block = numerics::by_logistic_blocks(unary::id) ? numerics::logistic_block : 0,    \
      .kernel = kernel_id::unary,                                                                \
      .attributes = unary_keys<unary::id>(),                                                     \
      .shape = &same_op_shape,                                                                   \
      .memory = &params_only<unary_params>,                                                      \
      .prepare = &unary_prepare<unary::id, false>,                                               \
      .decide = float_law,                                                                       \
  };
OCTET_UNARY_(logistic, "logistic", "1 / (1 + exp(-x))", &laws::sigmoid,
             &laws::c_library_function_of_floats)
OCTET_UNARY_(tanh, "tanh", "hyperbolic tangent", &laws::tanh, &laws::c_library_order)
OCTET_UNARY_(hard_swish, "hard_swish", "x * relu6(x + 3) / 6", &laws::hard_swish,
             &laws::hard_swish_of_floats)
OCTET_UNARY_(hard_sigmoid, "hard_sigmoid", "relu6(x + 3) / 6", &laws::hard_sigmoid,
             &laws::of_floats)
OCTET_UNARY_(elu, "elu", "x, below 0 alpha * (exp(x) - 1)", &laws::elu,
             &laws::xnnpack_function_of_floats)
OCTET_UNARY_(gelu, "gelu", "Gaussian error linear unit, exact or approximate", &laws::table,
             &laws::c_library_function_of_floats)
OCTET_UNARY_(exp, "exp", "exponential", &laws::table, &laws::c_library_function_of_floats)
OCTET_UNARY_(log, "log", "natural logarithm", &laws::table, &laws::c_library_order)
OCTET_UNARY_(sqrt, "sqrt", "square root", &laws::sqrt, &laws::root_of_floats)
OCTET_UNARY_(rsqrt, "rsqrt", "reciprocal of the square root", &laws::rsqrt, &laws::root_of_floats)
OCTET_UNARY_(sin, "sin", "sine", &laws::table, &laws::c_library_order)
OCTET_UNARY_(cos, "cos", "cosine", &laws::table, &laws::c_library_order)
OCTET_UNARY_(abs, "abs", "absolute value", &laws::tflite_integers, nullptr)
OCTET_UNARY_(neg, "neg", "negation", &laws::neg, nullptr)
OCTET_UNARY_(square, "square", "x * x", &laws::square, nullptr)
OCTET_UNARY_(relu, "relu", "max(x, 0)", &laws::clamp, nullptr)
OCTET_UNARY_(relu6, "relu6", "clamp to [0, 6]", &laws::clamp, nullptr)
OCTET_UNARY_(relu_n1_to_1, "relu_n1_to_1", "clamp to [-1, 1]", &laws::clamp, nullptr)
OCTET_UNARY_(relu_0_to_1, "relu_0_to_1", "clamp to [0, 1]", &laws::clamp, nullptr)
OCTET_UNARY_(leaky_relu, "leaky_relu", "x, below 0 alpha * x", &laws::leaky_relu, nullptr)
#undef OCTET_UNARY_
inline constexpr op_def sign{
    .name = "sign",
    .summary = "-1, 0 or 1",
    .forms = number_unary_forms,
    .each_alone = each_alone_of_floats(unary::sign, rounding::none),
    .kernel = kernel_id::unary,
    .attributes = keys_of<>,
    .shape = &same_op_shape,
    .memory = &params_only<unary_params>,
    .prepare = &unary_prepare<unary::sign, false>,
};
inline constexpr op_def erf{
    .name = "erf",
    .summary = "error function",
    .forms = real_forms<&laws::onnxruntime_order>,
    .each_alone =
        each_alone_of_floats(unary::erf, roundings_of(real_forms<&laws::onnxruntime_order>)),
    .kernel = kernel_id::unary,
    .attributes = keys_of<>,
    .shape = &same_op_shape,
    .memory = &params_only<unary_params>,
    .prepare = &unary_prepare<unary::erf, false>,
    .decide = &laws::onnxruntime_order,
};
inline constexpr op_def softplus{
    .name = "softplus",
    .summary = "log(1 + exp(x))",
    .forms = real_forms<&laws::function_of_floats>,
    .each_alone =
        each_alone_of_floats(unary::softplus, roundings_of(real_forms<&laws::function_of_floats>)),
    .kernel = kernel_id::unary,
    .attributes = keys_of<>,
    .shape = &same_op_shape,
    .memory = &params_only<unary_params>,
    .prepare = &unary_prepare<unary::softplus, false>,
    .decide = &laws::function_of_floats,
};
inline constexpr op_def silu{
    .name = "silu",
    .summary = "x / (1 + exp(-x))",
    .forms = real_forms<&laws::of_floats>,
    .each_alone = each_alone_of_floats(unary::silu, roundings_of(real_forms<&laws::of_floats>)),
    .vector_block = numerics::logistic_block,
    .kernel = kernel_id::unary,
    .attributes = unary_keys<unary::silu>(),
    .shape = &same_op_shape,
    .memory = &params_only<unary_params>,
    .prepare = &unary_prepare<unary::silu, false>,
    .decide = &laws::of_floats,
};
inline constexpr op_def floor{
    .name = "floor",
    .summary = "rounded down",
    .forms = float_forms,
    .each_alone = rounding::none,
    .kernel = kernel_id::unary,
    .attributes = keys_of<>,
    .shape = &same_op_shape,
    .memory = &params_only<unary_params>,
    .prepare = &unary_prepare<unary::floor, false>,
};
inline constexpr op_def ceil{
    .name = "ceil",
    .summary = "rounded up",
    .forms = float_forms,
    .each_alone = rounding::none,
    .kernel = kernel_id::unary,
    .attributes = keys_of<>,
    .shape = &same_op_shape,
    .memory = &params_only<unary_params>,
    .prepare = &unary_prepare<unary::ceil, false>,
};
inline constexpr op_def round{
    .name = "round",
    .summary = "rounded to the nearest, ties to even",
    .forms = float_forms,
    .each_alone = rounding::none,
    .kernel = kernel_id::unary,
    .attributes = keys_of<>,
    .shape = &same_op_shape,
    .memory = &params_only<unary_params>,
    .prepare = &unary_prepare<unary::round, false>,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_UNARY_HPP_
