// reshape, squeeze, expand_dims and identity: the same bytes under another shape.
#ifndef OCTET_OPS_RESHAPE_HPP_
#define OCTET_OPS_RESHAPE_HPP_

#include "octet/ops/op.hpp"

OCTET_NAMESPACE_BEGIN

/// `to` may hold one -1, which takes what is left. A 0 is an extent of 0.
constexpr shape_or reshape_shape(const dims& x, dims to) {
  const std::size_t count = x.elements().value;
  int open = -1;
  std::size_t known = 1;
  for (int i = 0; i < to.rank; ++i) {
    if (to[i] == -1 && open < 0)
      open = i;
    else if (to[i] < 0)
      return violation{rule::value, x, to};
    else
      known = saturating_mul(known, as_size(to[i]));
  }
  if (open >= 0) {
    if (known == 0 || count % known != 0 || count / known > max_elements)
      return violation{rule::element_count, x, to};
    to[open] = static_cast<std::int32_t>(count / known);
    known *= count / known;
  }
  if (known != count) return violation{rule::element_count, x, to};
  return to;
}
/// Extents of 1 at `axes` (all of them where there are none) are dropped.
constexpr shape_or squeeze_shape(const dims& x, const dims& axes) {
  dims y;
  for (int i = 0; i < x.rank; ++i) {
    bool drop = axes.rank == 0 && x[i] == 1;
    for (std::int32_t a : axes) {
      if (a < -x.rank || a >= x.rank)
        return violation{rule::axis, dims{-x.rank, x.rank - 1}, dims{a}};
      if ((a < 0 ? a + x.rank : a) == i) {
        if (x[i] != 1) return violation{rule::value, dims{1}, dims{x[i]}};
        drop = true;
      }
    }
    if (!drop) y.push_back(x[i]);
  }
  return y;
}

namespace ops {
constexpr dims dims_attribute(const node_view& n, std::string_view key) {
  dims d;
  for (std::int64_t v : n.attrs->integers(key)) d.push_back(saturated(v));
  return d;
}
constexpr status reshape_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, reshape_shape(n.in[0].shape, dims_attribute(n, "shape")));
}
constexpr status squeeze_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, squeeze_shape(n.in[0].shape, dims_attribute(n, "axes")));
}
constexpr status expand_dims_op_shape(const node_view& n, std::span<dims> out) {
  const dims& x = n.in[0].shape;
  const std::int64_t axis = n.attrs->integer("axis");
  if (x.rank >= dims::max_rank) return violation{rule::rank, dims{0, 0, 0, 0, 0, 0, 0}, x};
  if (axis < -x.rank - 1 || axis > x.rank)
    return violation{rule::axis, dims{-x.rank - 1, x.rank}, dims{static_cast<std::int32_t>(axis)}};
  const auto at = static_cast<std::int32_t>(axis < 0 ? axis + x.rank + 1 : axis);
  dims y;
  for (int i = 0; i <= x.rank; ++i) {
    if (i == at) y.push_back(1);
    if (i < x.rank) y.push_back(x[i]);
  }
  out[0] = y;
  return unit{};
}
constexpr status identity_op_shape(const node_view& n, std::span<dims> out) {
  out[0] = n.in[0].shape;
  return unit{};
}
constexpr void alias_memory(const node_view&, node_memory& to) { to.alias = true; }
#if OCTET_HAS_DEFINITIONS
/// Nothing to prepare: an alias.
OCTET_INLINE status alias_prepare(const node_view&, prepared&) { return unit{}; }
#else
status alias_prepare(const node_view&, prepared&);
#endif
/// The shape wanted.
struct shape_keys {
  static constexpr attribute_key keys[] = {{"shape", attribute_value::kind::integers}};
};
/// Several axes.
struct axes_keys {
  static constexpr attribute_key keys[] = {{"axes", attribute_value::kind::integers}};
};
/// One axis.
struct axis_keys {
  static constexpr attribute_key keys[] = {{"axis", attribute_value::kind::integer}};
};
inline constexpr op_def reshape{
    .name = "reshape",
    .summary = "the same elements under another shape",
    .forms = movement_forms,
    .attributes = keys_of<shape_keys>,
    .shape = &reshape_op_shape,
    .memory = &alias_memory,
    .prepare = &alias_prepare,
};
inline constexpr op_def squeeze{
    .name = "squeeze",
    .summary = "without axes of extent 1",
    .forms = movement_forms,
    .attributes = keys_of<axes_keys>,
    .shape = &squeeze_op_shape,
    .memory = &alias_memory,
    .prepare = &alias_prepare,
};
inline constexpr op_def expand_dims{
    .name = "expand_dims",
    .summary = "with an axis of extent 1",
    .forms = movement_forms,
    .attributes = keys_of<axis_keys>,
    .shape = &expand_dims_op_shape,
    .memory = &alias_memory,
    .prepare = &alias_prepare,
};
inline constexpr op_def identity{
    .name = "identity",
    .summary = "the same tensor",
    .forms = movement_forms,
    .attributes = keys_of<>,
    .shape = &identity_op_shape,
    .memory = &alias_memory,
    .prepare = &alias_prepare,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_RESHAPE_HPP_
