// What the law of a typed graph fills into its nodes: roundings, bounds of fused activations,
// precision of the accumulators' scale.
#ifndef OCTET_TYPED_BY_LAW_HPP_
#define OCTET_TYPED_BY_LAW_HPP_

#include "octet/ops/by_law.hpp"
#include "octet/typed/operators.hpp"

OCTET_NAMESPACE_BEGIN
namespace typed::detail {

constexpr laws::operand operand_of(const tensor_info& t) {
  return {t.type, unpack(t.shape), t.scale, t.zero_point, t.channels != 0};
}

/// A node's operands in order (null: absent), its first result and its attributes.
constexpr laws::decision decide(law l, const op_def& op, std::span<const tensor_info* const> in,
                                const tensor_info& y, const attribute_view& attrs) {
  if (!op.decide) return rounding::none;
  laws::facts f;
  f.arithmetic = l;
  f.y = operand_of(y);
  if (!in.empty() && in[0]) f.x = operand_of(*in[0]);
  if (in.size() > 1 && in[1]) f.w = operand_of(*in[1]);
  f.int32_bias = in.size() > 2 && in[2] && in[2]->type == dtype::s32;
  for (const tensor_info* t : in)
    f.keeps_quantization &= !t || (t->scale == y.scale && t->zero_point == y.zero_point);
  f.framework = laws::composed(f.x.shape);
  set_attributes(f, attrs);
  return op.decide(f);
}

}  // namespace typed::detail
OCTET_NAMESPACE_END

#endif  // OCTET_TYPED_BY_LAW_HPP_
