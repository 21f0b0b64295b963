// Typed graphs: networks composed in code and checked by the compiler. docs/typed.md shows how to
// write them.
#ifndef OCTET_TYPED_TYPED_HPP_
#define OCTET_TYPED_TYPED_HPP_

#include "octet/typed/builder.hpp"
#include "octet/typed/compiled.hpp"
#include "octet/typed/error.hpp"  // first, so that compilers name it in few lines
#include "octet/typed/functions.hpp"
#include "octet/typed/graph_builder.hpp"

OCTET_NAMESPACE_BEGIN
namespace typed {

namespace detail {
/// Can the compiler evaluate this operator's shape rule, and what memory it takes? Any answers will
/// do.
constexpr bool evaluates(const op_def& op) {
  std::array<tensor_desc, 24> in{};
  for (tensor_desc& t : in) t = {dtype::s8, dims{2, 4, 4, 4}};
  std::array<tensor_desc, 4> out{};
  std::array<std::span<const std::byte>, 24> constants{};
  std::array<bool, 24> given{};
  given.fill(true);
  const attribute_view attrs;
  std::array<dims, 4> shapes{};
  const auto ins = as_size(op.min_inputs),
             outs = op.outputs < 0 ? std::size_t{2} : as_size(op.outputs);
  const node_view n{
      {in.data(), ins}, {out.data(), outs}, {constants.data(), ins}, {given.data(), ins},
      &attrs,           rounding::none};
  constexpr const kernels::target_layout* layouts[] = {&kernels::avx2_layout, nullptr};
  for (tensor_desc& t : out) t = {dtype::s8, dims{2, 4, 4, 4}};
  if (octet::detail::memory_of_step(op, n, layouts).params == 0) return false;
  if (op.shape == nullptr) return true;  // node() then takes the shapes its caller gives
  const status s = op.shape(n, std::span<dims>(shapes.data(), outs));
  return s || s.broken();
}
template <std::size_t... I> constexpr bool all_evaluate(std::index_sequence<I...>) {
  return (std::bool_constant<evaluates(*builtin_operators()[I])>::value && ...);
}
}  // namespace detail
#if defined(OCTET_IMPLEMENTATION)  // once, where octet itself is built
// An operator whose rules the compiler cannot evaluate has no typed form: make its *_op_shape
// constexpr and return violations, and its memory constexpr (ops/op.hpp).
static_assert(detail::all_evaluate(std::make_index_sequence<builtin_operators().size()>()),
              "octet: an operator has no typed form");
#endif

}  // namespace typed
OCTET_NAMESPACE_END

#endif  // OCTET_TYPED_TYPED_HPP_
