// Element types and the distinct types for distinct units.
#ifndef OCTET_CORE_TYPES_HPP_
#define OCTET_CORE_TYPES_HPP_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "octet/core/enumerators.hpp"

OCTET_NAMESPACE_BEGIN

/// Element type of a tensor.
enum class dtype : std::uint8_t { f32, f64, s8, u8, s16, u16, s32, u32, s64, u64, boolean, f16 };

/// Size of one element in bytes.
constexpr std::size_t size_of(dtype t) noexcept {
  switch (t) {
    case dtype::s8:
    case dtype::u8:
    case dtype::boolean: return 1;
    case dtype::s16:
    case dtype::u16:
    case dtype::f16: return 2;
    case dtype::f32:
    case dtype::s32:
    case dtype::u32: return 4;
    case dtype::f64:
    case dtype::s64:
    case dtype::u64: return 8;
  }
  return 0;
}

/// Name as numpy spells it ("uint8", "float32", ...).
constexpr std::string_view name_of(dtype t) noexcept {
  switch (t) {
    case dtype::f32: return "float32";
    case dtype::f64: return "float64";
    case dtype::s8: return "int8";
    case dtype::u8: return "uint8";
    case dtype::s16: return "int16";
    case dtype::u16: return "uint16";
    case dtype::s32: return "int32";
    case dtype::u32: return "uint32";
    case dtype::s64: return "int64";
    case dtype::u64: return "uint64";
    case dtype::boolean: return "bool";
    case dtype::f16: return "float16";
  }
  return no_enumerator;
}

constexpr bool is_float(dtype t) noexcept {
  return t == dtype::f32 || t == dtype::f64 || t == dtype::f16;
}
constexpr bool is_8bit(dtype t) noexcept { return t == dtype::s8 || t == dtype::u8; }

/// Smallest and largest value of an integer element type. The result is an int64: uint64 gives the
/// largest of those. Element types of real numbers have no bounds of their own here: the smallest
/// is 0, the largest that of int64.
constexpr std::int64_t lowest_of(dtype t) noexcept {
  switch (t) {
    case dtype::s8: return -128;
    case dtype::s16: return -32768;
    case dtype::s32: return INT32_MIN;
    case dtype::s64: return INT64_MIN;
    case dtype::u8:
    case dtype::u16:
    case dtype::u32:
    case dtype::u64:
    case dtype::boolean:
    case dtype::f16:
    case dtype::f32:
    case dtype::f64: return 0;
  }
  return 0;
}
constexpr std::int64_t highest_of(dtype t) noexcept {
  switch (t) {
    case dtype::s8: return 127;
    case dtype::u8: return 255;
    case dtype::s16: return 32767;
    case dtype::u16: return 65535;
    case dtype::s32: return INT32_MAX;
    case dtype::u32: return UINT32_MAX;
    case dtype::boolean: return 1;
    case dtype::s64:
    case dtype::u64:
    case dtype::f16:
    case dtype::f32:
    case dtype::f64: return INT64_MAX;
  }
  return 0;
}
/// Largest |x - zero point| that an element type allows.
constexpr std::int64_t largest_offset(dtype t, std::int32_t zero_point) noexcept {
  const std::int64_t above = highest_of(t) - zero_point,
                     below = std::int64_t{zero_point} - lowest_of(t);
  return above > below ? above : below;
}

template <class T> struct dtype_of_t;
template <> struct dtype_of_t<float> { static constexpr dtype value = dtype::f32; };
template <> struct dtype_of_t<double> { static constexpr dtype value = dtype::f64; };
template <> struct dtype_of_t<std::int8_t> { static constexpr dtype value = dtype::s8; };
template <> struct dtype_of_t<std::uint8_t> { static constexpr dtype value = dtype::u8; };
template <> struct dtype_of_t<std::int16_t> { static constexpr dtype value = dtype::s16; };
template <> struct dtype_of_t<std::uint16_t> { static constexpr dtype value = dtype::u16; };
template <> struct dtype_of_t<std::int32_t> { static constexpr dtype value = dtype::s32; };
template <> struct dtype_of_t<std::uint32_t> { static constexpr dtype value = dtype::u32; };
template <> struct dtype_of_t<std::int64_t> { static constexpr dtype value = dtype::s64; };
template <> struct dtype_of_t<std::uint64_t> { static constexpr dtype value = dtype::u64; };
template <> struct dtype_of_t<bool> { static constexpr dtype value = dtype::boolean; };
template <class T> inline constexpr dtype dtype_of = dtype_of_t<T>::value;

/// A number of bytes; never mixes with elements.
struct Bytes {
  std::size_t value = 0;
  constexpr explicit Bytes(std::size_t v = 0) noexcept : value(v) {}
  constexpr auto operator<=>(const Bytes&) const = default;
  friend constexpr Bytes operator+(Bytes a, Bytes b) noexcept { return Bytes(a.value + b.value); }
};
/// A number of elements; never mixes with bytes.
struct Elements {
  std::size_t value = 0;
  constexpr explicit Elements(std::size_t v = 0) noexcept : value(v) {}
  constexpr auto operator<=>(const Elements&) const = default;
};
constexpr Bytes bytes_of(Elements n, dtype t) noexcept { return Bytes(n.value * size_of(t)); }

/// real = scale * (q - zero_point). Held as binary64: TFLite's scales are binary32 values,
/// PyTorch's and the quotients that stand for MXNet's are binary64.
struct Scale {
  double value = 0;
  constexpr explicit Scale(double v = 0) noexcept : value(v) {}
  constexpr auto operator<=>(const Scale&) const = default;
  /// The scale as the frameworks' kernels use it.
  constexpr float f32() const noexcept { return static_cast<float>(value); }
};
/// What a scale may be: a positive number whose products with others stay finite.
constexpr bool is_scale(double s) noexcept { return s > 0 && s <= 1e300; }
/// The quantized value that stands for real 0 (added after scaling, subtracted before: never
/// negated).
struct ZeroPoint {
  std::int32_t value = 0;
  constexpr explicit ZeroPoint(std::int32_t v = 0) noexcept : value(v) {}
  constexpr auto operator<=>(const ZeroPoint&) const = default;
};

/// Whose arithmetic a graph follows. Set by the importer from the file's framework; numerics.md
/// says what each means for every operator.
enum class law : std::uint8_t {
  tflite_ref,
  tflite_xnnpack,
  pytorch_fbgemm,
  pytorch_qnnpack,
  mxnet,
  onnxruntime
};
constexpr std::string_view name_of(law l) noexcept {
  switch (l) {
    case law::tflite_ref: return "tflite_ref";
    case law::tflite_xnnpack: return "tflite_xnnpack";
    case law::pytorch_fbgemm: return "pytorch_fbgemm";
    case law::pytorch_qnnpack: return "pytorch_qnnpack";
    case law::mxnet: return "mxnet";
    case law::onnxruntime: return "onnxruntime";
  }
  return no_enumerator;
}

/// The formula of a node that rounds; a field of every such node in the IR. docs/numerics.md gives
/// each formula.
enum class rounding : std::uint8_t {
  // the node does not round
  none,
  // DR: TFLite reference: saturating doubling high multiply (ties up), then rounding shift (ties
  // away from zero)
  doubling_high_half_away,
  // RU: ruy: the same with a rounding shift whose ties go up
  doubling_high_half_up,
  // I64: int64 accumulator times a 16-bit multiplier, one rounding shift
  wide_half_up,
  // D64: binary64 product, ties away from zero
  double_half_away,
  // F: binary32 product, ties to even, zero point added as an integer afterwards
  float_half_even,
  // FB: F with a float bias added to the accumulator before the product (FBGEMM)
  float_bias_half_even,
  // FZ: binary32 product plus zero point in binary32, then ties to even
  float_zero_point_half_even,
  // Q8: XNNPACK requantize: multiplier with 8 fractional bits, ties up
  eight_bit_ratio_half_up,
  // AWAY: quantize: x / s, ties away from zero
  divide_half_away,
  // EVEN: quantize: x / s, ties to even
  divide_half_even,
  // EVEN_MUL: quantize: x * (1 / s), ties to even
  reciprocal_half_even,
  // TRUNC: quantize: x / s, toward zero
  divide_truncate,
  // XNN: XNNPACK's own formula for this operator
  xnnpack,
  // QNN: QNNPACK's own formula for this operator
  qnnpack,
  // ATEN: PyTorch's own formula for this operator
  aten,
  // FMA: the operator's formula in fused multiply-adds; of accumulators FB, the bias times
  // f32(1 / (sx sw)) and added in one rounding (FBGEMM where the weights have one scale)
  fused_multiply_add,
  // OPT: TFLite optimized: this operator's own formula
  tflite_optimized,
  // MXN: MXNet's own formula for this operator
  mxnet,
  // ORT: ONNX Runtime's own formula for this operator
  onnxruntime,
};
constexpr std::string_view name_of(rounding r) noexcept {
  switch (r) {
    case rounding::none: return "none";
    case rounding::doubling_high_half_away: return "DR";
    case rounding::doubling_high_half_up: return "RU";
    case rounding::wide_half_up: return "I64";
    case rounding::double_half_away: return "D64";
    case rounding::float_half_even: return "F";
    case rounding::float_bias_half_even: return "FB";
    case rounding::float_zero_point_half_even: return "FZ";
    case rounding::eight_bit_ratio_half_up: return "Q8";
    case rounding::divide_half_away: return "AWAY";
    case rounding::divide_half_even: return "EVEN";
    case rounding::reciprocal_half_even: return "EVEN_MUL";
    case rounding::divide_truncate: return "TRUNC";
    case rounding::xnnpack: return "XNN";
    case rounding::qnnpack: return "QNN";
    case rounding::aten: return "ATEN";
    case rounding::fused_multiply_add: return "FMA";
    case rounding::tflite_optimized: return "OPT";
    case rounding::mxnet: return "MXN";
    case rounding::onnxruntime: return "ORT";
  }
  return no_enumerator;
}

OCTET_NAMESPACE_END

#endif  // OCTET_CORE_TYPES_HPP_
