// Checks the values of a node's attributes, in a graph or of a direct call.
#ifndef OCTET_GRAPH_VERIFY_VALUES_HPP_
#define OCTET_GRAPH_VERIFY_VALUES_HPP_

#include "octet/ops/op.hpp"

OCTET_COLD_NAMESPACE_BEGIN
namespace detail {

/// Attributes are numbers that every operator can compute with: operators keep integers in 32 bits,
/// a reference and a kernel may disagree on what NaN or an empty range mean.
#if OCTET_HAS_DEFINITIONS
OCTET_COLD OCTET_INLINE status verify_values(const attribute_view& attrs,
                                             std::span<const tensor_desc> out) {
  // Extents, strides, paddings: sums and products of two fit.
  constexpr std::int64_t most = INT32_MAX / 4;
  const auto wide = [](std::string_view key) {  // a value of the tensor, which may have 64 bits
    return key == "value" || key == "clamp_lo" || key == "clamp_hi";
  };
  const auto position = [](std::string_view key) { return key == "begin" || key == "end"; };
  const auto unbounded = [](std::string_view key) {
    return key == "value" || key == "float_lo" || key == "float_hi";
  };
  for (std::size_t i = 0; i < attrs.size(); ++i) {
    const std::string_view k = attrs[i].key;
    const attribute_value a = attrs[i].value;
    if (!wide(k) && (a.integer > most || a.integer < -most))
      return invalid_of({"attribute ", k}, {a.integer}, {"-2^29 to 2^29"});
    for (std::int64_t e : a.integers)
      if (!position(k) && (e > INT32_MAX || e < INT32_MIN))
        return invalid_of({"attribute ", k}, {e}, {"integers of 32 bits"});
    const auto finite = [&](double r) {
      return r == r && (unbounded(k) || (r - r == 0 && r < 1e300 && r > -1e300));
    };
    if (!finite(a.real)) return invalid_of({"attribute ", k}, {a.real}, {"a finite number"});
    for (double e : a.reals)
      if (!finite(e)) return invalid_of({"attribute ", k}, {e}, {"finite numbers"});
  }
  if (out.empty()) return unit{};
  if (const dtype t = out[0].type; !is_float(t)) {
    const std::int64_t lo = std::max(attrs.integer("clamp_lo", lowest_of(t)), lowest_of(t)),
                       hi = std::min(attrs.integer("clamp_hi", highest_of(t)), highest_of(t));
    if (lo > hi)
      return invalid_of({"clamp bounds"}, {lo, " to ", hi},
                        {"a range of ", name_of(t), " that is not empty"});
  }
  if (attrs.real("float_lo", -1e300) > attrs.real("float_hi", 1e300))
    return invalid_of({"clamp bounds"}, {attrs.real("float_lo"), " to ", attrs.real("float_hi")},
                      {"a range that is not empty"});
  return unit{};
}
#else
status verify_values(const attribute_view& attrs, std::span<const tensor_desc> out);
#endif

}  // namespace detail
OCTET_NAMESPACE_END

#endif  // OCTET_GRAPH_VERIFY_VALUES_HPP_
