// A custom operator of a TensorFlow Lite file: "Threshold" keeps codes of at least `level` and sets
// the others to the lowest. The file's options come as attributes; the planner, the session and its
// threads treat the operator as any other. Programs that use octet register operators in this way;
// the command line has octet's own alone. The same operator in a network composed in code.
#include <array>
#include <cstdio>
#include <span>

#include "octet/import/tflite.hpp"
#include "octet/octet.hpp"

namespace {

struct threshold_params {
  std::size_t count = 0;
  std::int8_t level = 0;
};
/// Runs part `part` of `parts`; no allocation, no lock.
void threshold_kernel(const octet::kernel_args& a) noexcept {
  const auto& p = *static_cast<const threshold_params*>(a.params);
  const auto* x = static_cast<const std::int8_t*>(a.in[0]);
  auto* y = static_cast<std::int8_t*>(a.out[0]);
  const auto r = octet::part_of(p.count, a.part, a.parts);
  for (std::size_t i = r.begin; i < r.end; ++i) y[i] = x[i] >= p.level ? x[i] : std::int8_t{-128};
}
octet::status threshold_prepare(const octet::node_view& n, octet::prepared& to) {
  const std::int64_t level = n.attrs->integer("level", -1000);
  if (level < -128 || level > 127)
    return octet::invalid("level", std::to_string(level), "-128 to 127");
  auto& p = to.make<threshold_params>(&threshold_kernel);
  p.count = n.in[0].shape.elements().value;
  p.level = static_cast<std::int8_t>(level);
  return octet::unit{};
}
constexpr octet::form threshold_forms[] = {{.in = {octet::dtype::s8}, .out = {octet::dtype::s8}}};
constexpr octet::op_def threshold{
    .name = "Threshold",  // as the file has it
    .summary = "codes below a level become the lowest",
    .forms = threshold_forms,
    .shape = &octet::ops::same_op_shape,
    .memory = &octet::params_only<threshold_params>,
    .prepare = &threshold_prepare,
};

// In code an operator needs no registration: shape and memory are constexpr, so that the compiler
// knows the result's type and the network's size.
namespace q = octet::typed;
using row = q::tensor<q::s8, q::shape<1, 4>, q::affine{0.1, 0}>;
constexpr auto kept = q::input<row>("x") | q::apply(threshold, q::attr("level", 3));
using kept_net = q::compiled<kept>;
static_assert(std::same_as<kept_net::output, row>);

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  static constexpr const octet::op_def* mine[] = {&threshold};
  octet::import::tflite_options options;
  options.operators = mine;
  try {
    octet::session session(octet::compile(octet::import::tflite(argv[1], options)));
    const std::array<std::int8_t, 4> x{-7, 3, 4, 100}, expected{-128, 3, 4, 100};
    session.input().assign(std::span(x));
    session.run();
    bool same = true;
    std::size_t i = 0;
    for (const std::int8_t v : session.output().as<std::int8_t>()) {
      std::printf("%d ", v);
      same &= v == expected[i++];
    }
    std::printf("\n");
    static kept_net net;
    std::array<std::int8_t, 4> y{};
    net.run(x, y);
    return same && y == expected ? 0 : 1;
  } catch (const octet::error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 3;
  }
}
