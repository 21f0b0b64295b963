// What operators of quantized values need beside their formulas: bounds of results, factors that
// are numbers.
#ifndef OCTET_OPS_CLAMP_HPP_
#define OCTET_OPS_CLAMP_HPP_

#include "octet/numerics/fp.hpp"
#include "octet/ops/op.hpp"

OCTET_NAMESPACE_BEGIN

/// Bounds of a fused activation, as codes of the output.
struct clamp_keys {
  static constexpr attribute_key keys[] = {{"clamp_lo", attribute_value::kind::integer},
                                           {"clamp_hi", attribute_value::kind::integer}};
};
/// Clamp after the zero point, in quantized values: the output type's range narrowed by a fused
/// activation (attributes "clamp_lo" and "clamp_hi"; the importer derives them by its framework's
/// rule).
struct clamp_range {
  std::int32_t lo, hi;
};
OCTET_COLD inline clamp_range clamp_of(const attribute_view& a, dtype out) {
  const auto lo = std::max<std::int64_t>(lowest_of(out), INT32_MIN),
             hi = std::min<std::int64_t>(highest_of(out), INT32_MAX);
  return {static_cast<std::int32_t>(std::max(lo, a.integer("clamp_lo", lo))),
          static_cast<std::int32_t>(std::min(hi, a.integer("clamp_hi", hi)))};
}

/// Factors and biases in binary32 must be finite: of infinity times 0 a reference and a kernel make
/// different codes.
constexpr bool is_finite(float v) { return v - v == 0; }
OCTET_COLD inline status finite_factors(std::initializer_list<float> factors) {
  for (const float f : factors)
    if (!is_finite(f))
      return detail::error_of(errc::unsupported, {"ratio of scales"}, {static_cast<double>(f)},
                              {"a finite binary32 number"});
  return unit{};
}

namespace numerics {
/// MXNet's own form of a scale, f32(levels / largest magnitude), from s = largest magnitude /
/// levels in binary64: exact, because a quotient of two binary32 numbers is no closer to a tie of
/// binary32 than 2^-49 of itself, and the two divisions here are off by 2^-52.
constexpr float levels_per_unit(double s) noexcept { return static_cast<float>(div(1., s)); }
/// MXNet's factor from one scale to another.
constexpr float rescale_by_levels(double from, double to) noexcept {
  return div(levels_per_unit(to), levels_per_unit(from));
}
}  // namespace numerics

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_CLAMP_HPP_
