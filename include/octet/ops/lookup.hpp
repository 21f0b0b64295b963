// lookup: codes by a table of 256 entries. No file has it: passes make it of what reads codes as
// floats, computes each of them alone and quantizes the result.
#ifndef OCTET_OPS_LOOKUP_HPP_
#define OCTET_OPS_LOOKUP_HPP_

#include <algorithm>

#include "octet/ops/lut.hpp"

OCTET_NAMESPACE_BEGIN

namespace ops {
constexpr status lookup_shape(const node_view& n, std::span<dims> out) {
  if (!(n.in[1].shape == dims{256}))
    return violation{rule::shapes_differ, dims{256}, n.in[1].shape};
  out[0] = n.in[0].shape;
  return unit{};
}
#if OCTET_HAS_DEFINITIONS
/// Inputs: codes x of u8 or s8, any shape; the table, constants of u8[256]: entry i is the result,
/// as raw bits, for the code whose raw bits are i. Output: u8 or s8, x's shape.
OCTET_INLINE status lookup_prepare(const node_view& n, prepared& to) {
  if (!n.is_constant(1)) return unsupported("a table that is computed", {}, "constants");
  auto& p = to.make<lut8_params>(&reference::lut8_kernel, kernel_id::lut8);
  p.count = n.in[0].shape.elements().value;
  std::ranges::copy(n.constant_as<std::uint8_t>(1), p.table.begin());
  return unit{};
}
#else
status lookup_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form lookup_forms[] = {
    {.in = {eight_bit, dtype::u8}, .out = {eight_bit}},
};
inline constexpr op_def lookup{
    .name = "lookup",
    .summary = "codes by a table of 256 entries",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = lookup_forms,
    .kernel = kernel_id::lut8,
    .attributes = keys_of<>,
    .shape = &lookup_shape,
    .memory = &params_only<lut8_params>,
    .prepare = &lookup_prepare,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_LOOKUP_HPP_
