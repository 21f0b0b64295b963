// The cases of every operator of ops/list.hpp, one Catch2 test an operator, by its name. An
// operator that has no cases does not compile here; a form, an optional operand or an empty extent
// without a case fails by name.
#include <catch2/catch.hpp>

#include "cases/accumulating.hpp"
#include "cases/data.hpp"
#include "cases/elementwise.hpp"
#include "cases/movement.hpp"
#include "cases/windows.hpp"
#include "cases_run.hpp"
#include "octet/ops/list.hpp"

namespace {

template <const octet::op_def& Op> void check() {
  octet_test::check_operator(octet_test::cases_of<Op>());
}
template <std::size_t... I> void register_all(std::index_sequence<I...>) {
  (Catch::AutoReg(Catch::makeTestInvoker(&check<*octet::detail::builtin_list[I]>),
                  CATCH_INTERNAL_LINEINFO, Catch::StringRef(),
                  Catch::NameAndTags{std::string(octet::detail::builtin_list[I]->name), "[cases]"}),
   ...);
}
const bool registered =
    (register_all(std::make_index_sequence<std::size(octet::detail::builtin_list)>()), true);

}  // namespace
