// A graph with one input, as a loader gives it, from plan to the numbers of its first output.
#ifndef OCTET_TESTS_RUN_GRAPH_HPP_
#define OCTET_TESTS_RUN_GRAPH_HPP_

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "octet/runtime/session.hpp"

namespace octet_test {

/// The graph and its plan must be there, and types and number of elements be those given.
template <class In, class Out = In>
std::vector<Out> run_graph(octet::result<octet::graph> g, const std::vector<In>& x) {
  INFO((g ? std::string() : g.error().message()));
  REQUIRE(g);
  auto p = octet::try_compile(std::move(*g));
  INFO((p ? std::string() : p.error().message()));
  REQUIRE(p);
  octet::session s(*p);
  const auto in = s.input(0).view();
  REQUIRE(in.shape.elements().value == x.size());
  REQUIRE(in.type == octet::dtype_of<In>);
  std::memcpy(in.data, x.data(), x.size() * sizeof(In));
  s.run();
  const auto out = s.output(0).view();
  REQUIRE(out.type == octet::dtype_of<Out>);
  std::vector<Out> y(out.shape.elements().value);
  std::memcpy(y.data(), out.data, y.size() * sizeof(Out));
  return y;
}

}  // namespace octet_test

#endif  // OCTET_TESTS_RUN_GRAPH_HPP_
