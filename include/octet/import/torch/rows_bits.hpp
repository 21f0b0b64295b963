// Rows that work on the bits of whole numbers: and, or, xor, not, shifts. Bools have and, or, not.
#ifndef OCTET_IMPORT_TORCH_ROWS_BITS_HPP_
#define OCTET_IMPORT_TORCH_ROWS_BITS_HPP_

#include "octet/import/torch/rows_elementwise.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

inline bool has_bits(scalar s) { return kind_of_number(s) == 1 && s != scalar::unknown; }
/// One node on int64 values.
inline result<value> whole(emitter& e, const op_def& op, const result<value>& x,
                           const result<value>& y) {
  if (!x) return x;
  if (!y) return y;
  return emit_pair(e, op, {x->t, y->t}, scalar::s64);
}
inline result<value> whole_number(emitter& e, double v) {
  return value_of(*number_of(e, v, scalar::s64));
}
/// x & y of values whose sum int64 holds: x + y = (x ^ y) + 2 (x & y).
inline result<value> common_bits(emitter& e, const result<value>& x, const result<value>& y) {
  const auto twice = whole(e, ops::sub, whole(e, ops::add, x, y), whole(e, ops::bitwise_xor, x, y));
  return whole(e, ops::floor_div, twice, whole_number(e, 2));
}
/// x & y of any int64: the halves, 32 bits each, on their own.
inline result<value> common_bits_of_halves(emitter& e, const result<value>& x,
                                           const result<value>& y) {
  constexpr double half = 4294967296.;
  const auto part = [&](const result<value>& v, const op_def& op) {
    return whole(e, op, v, whole_number(e, half));
  };
  const auto high = common_bits(e, part(x, ops::floor_div), part(y, ops::floor_div));
  const auto low = common_bits(e, part(x, ops::floor_mod), part(y, ops::floor_mod));
  return whole(e, ops::add, whole(e, ops::mul, high, whole_number(e, half)), low);
}
/// Two operands as int64, and the element type that their result has.
struct bit_operands {
  result<value> x, y;
  scalar type = scalar::s64;
};
inline result<bit_operands> bits_of(emitter& e, arguments& a,
                                    const std::array<tensor_data*, 2>& both) {
  const scalar type = both[0]->type;
  if (!has_bits(type))
    return unsupported("operands of " + a.name, std::string(name_of(type)),
                       "bool, int64, int32, int16, int8, uint8");
  for (std::string_view parameter : {"self", "other"}) {  // numbers are read as float64
    if (!a.has(parameter) || !a[parameter].is(kind::integer)) continue;
    constexpr std::int64_t most = std::int64_t{1} << 53;
    if (const std::int64_t n = a[parameter].i; n < -most || n > most)
      return unsupported("a number in " + a.name, std::to_string(n), "at most 2^53");
  }
  return bit_operands{cast_to(e, *both[0], scalar::s64), cast_to(e, *both[1], scalar::s64), type};
}
inline result<value> from_bits(emitter& e, const result<value>& v, scalar type) {
  if (!v) return v;
  return cast_to(e, *v->t, type);
}
/// and, or of bools; of whole numbers bit by bit.
template <bool And> result<value> bitwise(emitter& e, arguments& a) {
  const auto both = pair_of(e, a, "self", "other", false);
  if (!both) return both.error();
  if ((*both)[0]->type == scalar::boolean)
    return emit_pair(e, And ? ops::logical_and : ops::logical_or, *both, scalar::boolean);
  const auto b = bits_of(e, a, *both);
  if (!b) return b.error();
  const auto common =
      b->type == scalar::s64 ? common_bits_of_halves(e, b->x, b->y) : common_bits(e, b->x, b->y);
  if (And) return from_bits(e, common, b->type);
  return from_bits(e, whole(e, ops::add, whole(e, ops::bitwise_xor, b->x, b->y), common), b->type);
}
inline result<value> bitwise_xor(emitter& e, arguments& a) {
  const auto both = pair_of(e, a, "self", "other", false);
  if (!both) return both.error();
  if ((*both)[0]->type == scalar::boolean)
    return emit_pair(e, ops::not_equal, *both, scalar::boolean);
  const auto b = bits_of(e, a, *both);
  if (!b) return b.error();
  return from_bits(e, whole(e, ops::bitwise_xor, b->x, b->y), b->type);
}
inline result<value> bitwise_not(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (x->type == scalar::boolean)
    return emit_pair(e, ops::equal, {x, number_of(e, 0, scalar::boolean)}, scalar::boolean);
  const auto b = bits_of(e, a, {x, x});
  if (!b) return b.error();
  return from_bits(e, whole(e, ops::bitwise_xor, b->x, whole_number(e, -1)), b->type);
}
/// x << n, x >> n by a number: a product, which wraps, and a quotient rounded down.
template <bool Left> result<value> shifted_bits(emitter& e, arguments& a) {
  const given_operand n = operand_given(e, a, "other");
  if (auto s = a.check(); !s) return s.error();
  const auto both = pair_of(e, a, "self", "other", false);
  if (!both) return both.error();
  const auto b = bits_of(e, a, *both);
  if (!b) return b.error();
  const double most = static_cast<double>(size_of(dtype_of_scalar(b->type)) * 8 - 1);
  if (n.t || !(n.number >= 0 && n.number < most))
    return unsupported("bits of " + a.name, n.t ? "a tensor" : std::to_string(n.number),
                       "a number from 0 to " + std::to_string(static_cast<int>(most) - 1));
  const auto factor =
      whole_number(e, static_cast<double>(std::int64_t{1} << static_cast<int>(n.number)));
  return from_bits(e, whole(e, Left ? ops::mul : ops::floor_div, b->x, factor), b->type);
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_BITS_HPP_
