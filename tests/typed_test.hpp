// A typed graph against the same graph through the run-time planner.
#ifndef OCTET_TESTS_TYPED_TEST_HPP_
#define OCTET_TESTS_TYPED_TEST_HPP_

#include <catch2/catch.hpp>
#include <cstring>
#include <vector>

#include "octet/octet.hpp"
#include "octet/typed/typed.hpp"

namespace typed_test {

/// Runs Net and its lowered form on random inputs of all element types, on each target, and
/// compares every result byte for byte, and the memory that the two take. `needs_less`: a target on
/// which these weights need less scratch than others of their types would.
template <class Net>
void same_as_loaded(unsigned seed = 1, octet::target needs_less = octet::target::automatic) {
  static Net net{typename Net::later{}};
  const octet::graph g = Net::lower();
  for (octet::target on : octet::usable_targets()) {
    INFO("target " << octet::name_of(on));
    const auto prepared = net.prepare(on);
    if (!prepared) FAIL(prepared.error().message());
    octet::plan_options o;
    o.on = on;
    auto p = octet::try_compile(g, o);
    if (!p) FAIL(p.error().message());
    CHECK(p->activation_bytes() == Net::arena_bytes);
    CHECK(p->data().state_bytes == Net::state_bytes);
    if (on == needs_less)
      CHECK(p->scratch_bytes() < Net::bytes_on(on).scratch);
    else
      CHECK(p->scratch_bytes() == Net::bytes_on(on).scratch);
    CHECK(p->weight_bytes() == Net::bytes_on(on).storage);
    CHECK(p->scratch_bytes() <= Net::scratch_bytes);
    CHECK(p->weight_bytes() <= Net::storage_bytes);
    octet::session s(*p);
    std::uint32_t state = seed;
    const auto fill = [&](auto span, octet::bound_tensor t) {
      using T = typename decltype(span)::element_type;
      for (auto& v : span) {
        state = state * 1664525u + 1013904223u;
        v = std::is_floating_point_v<T>
                ? static_cast<T>(static_cast<std::int32_t>(state >> 8) % 4096) / T(1024)
                : static_cast<T>(state >> 24);
      }
      std::memcpy(t.view().data, span.data(), span.size_bytes());
    };
    for (int repeat = 0; repeat < 2; ++repeat) {
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        (fill(net.template input_view<I>(), s.input(I)), ...);
      }
      (std::make_index_sequence<Net::inputs>());
      net.run();
      s.run();
      [&]<std::size_t... O>(std::index_sequence<O...>) {
        (
            [&] {
              const auto view = net.template output_view<O>();
              CHECK(std::memcmp(view.data(), s.output(O).view().data, view.size_bytes()) == 0);
            }(),
            ...);
      }
      (std::make_index_sequence<Net::outputs>());
    }
    REQUIRE(net.steps().size() == p->data().steps.size());
    for (std::size_t i = 0; i < net.steps().size(); ++i)
      CHECK(net.steps()[i].run == p->data().steps[i].run);
  }
}

}  // namespace typed_test

#endif  // OCTET_TESTS_TYPED_TEST_HPP_
