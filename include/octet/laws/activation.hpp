// Fused activations as bounds on quantized values, by the rounding of whoever computes the node.
#ifndef OCTET_LAWS_ACTIVATION_HPP_
#define OCTET_LAWS_ACTIVATION_HPP_

#include "octet/laws/law.hpp"
#include "octet/numerics/fp.hpp"

OCTET_COLD_NAMESPACE_BEGIN

/// Fused activation of an operator; becomes a clamp of quantized values by the rule of the graph's
/// law.
enum class activation : std::uint8_t { none, relu, relu6, relu_n1_to_1, relu_0_to_1 };

namespace laws {

/// An activation as reals. No bound: none.
struct real_bounds {
  std::optional<float> lo, hi;
};
constexpr real_bounds bounds_of(activation a) {
  switch (a) {
    case activation::none: return {};
    case activation::relu: return {0.f, {}};
    case activation::relu6: return {0.f, 6.f};
    case activation::relu_n1_to_1: return {-1.f, 1.f};
    case activation::relu_0_to_1: return {0.f, 1.f};
  }
  return {};
}

/// The quantized value that stands for the bound v of a clamp, before it is cut to the type's
/// range; s: scale, z: zero point.
///   TFLite   z + rha(f32(v / s))
///   XNNPACK  rint(f32(f32(v / s) + z)): an odd zero point turns a tie
///   PyTorch  z + rint(f32(v * f32(1 / s)))
///   MXNet    the same with s in binary64
///   ONNX Runtime  z + rint(f32(v / s)), what its QuantizeLinear gives
OCTET_COLD constexpr std::int32_t quantized_bound(library by, float v, double scale,
                                                  std::int32_t zero_point) {
  const auto s = static_cast<float>(scale), z = static_cast<float>(zero_point);
  double q = 0;
  switch (by) {
    case library::tflite:
      q = static_cast<double>(numerics::round_half_away(numerics::div(v, s))) + zero_point;
      break;
    case library::xnnpack:
      q = static_cast<double>(numerics::rint(numerics::add(numerics::div(v, s), z)));
      break;
    case library::mxnet:
      q = static_cast<double>(
              numerics::rint(numerics::mul(v, static_cast<float>(numerics::div(1., scale))))) +
          zero_point;
      break;
    case library::pytorch:
      q = static_cast<double>(numerics::rint(numerics::mul(v, numerics::div(1.f, s)))) + zero_point;
      break;
    case library::onnxruntime:
      q = static_cast<double>(numerics::rint(numerics::div(v, s))) + zero_point;
      break;
  }
  return numerics::clamp_to_int(q, INT32_MIN, INT32_MAX);
}

/// Clamp after the zero point, both ends included.
struct clamp_bounds {
  std::int64_t lo, hi;
  constexpr bool operator==(const clamp_bounds&) const = default;
};
/// A fused activation on quantized values of this type, scale and zero point.
OCTET_COLD constexpr clamp_bounds activation_bounds(library by, activation a, dtype type,
                                                    double scale, std::int32_t zero_point) {
  clamp_bounds c{lowest_of(type), highest_of(type)};
  const real_bounds r = bounds_of(a);
  if (r.lo)
    if (const std::int64_t q = quantized_bound(by, *r.lo, scale, zero_point); q > c.lo) c.lo = q;
  if (r.hi)
    if (const std::int64_t q = quantized_bound(by, *r.hi, scale, zero_point); q < c.hi) c.hi = q;
  return c;
}

}  // namespace laws
OCTET_NAMESPACE_END

#endif  // OCTET_LAWS_ACTIVATION_HPP_
