// One of two files of an outside program; b.cpp is the other, built for a newer CPU.
#include <cstdio>
#include <vector>

#include "octet.hpp"

std::vector<std::int8_t> other_file(int which, const std::vector<std::int8_t>& x);

namespace q = octet::typed;
namespace {
constexpr std::int8_t weights[8 * 9] = {
    1,   -2, 3,  -4,  5,  -6, 7,   -8, 127, -128, 11, 12, -13, 14, 15, -16, 17, 18,
    -19, 20, 21, -22, 23, 24, -25, 26, 27,  -28,  29, 30, -31, 32, 33, -34, 35, 36,
    -37, 38, 39, -40, 41, 42, -43, 44, 45,  -46,  47, 48, -49, 50, 51, -52, 53, 54,
    -55, 56, 57, -58, 59, 60, -61, 62, 63,  -64,  65, 66, -67, 68, 69, -70, 71, 72};
constexpr std::int32_t bias[8] = {1, -2, 3, -4, 500, -600, 7000, -8000};
constexpr auto graph =
    q::input<q::tensor<q::s8, q::shape<1, 12, 12, 1>, q::affine{0.05f, -3}>>() |
    q::conv2d({.filters = 8, .kernel = {3, 3}}, q::per_tensor(weights, 0.01f), bias, {0.1f, 4});
using net = q::compiled<graph>;
}  // namespace

int main() {
  static net n;
  std::vector<std::int8_t> x(144);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<std::int8_t>(i * 37);
  std::vector<std::int8_t> first;
  int bad = 0;
  for (octet::target on : octet::usable_targets()) {
    if (!n.prepare(on)) ++bad;
    std::copy(x.begin(), x.end(), n.input_view().begin());
    n.run();
    const std::vector<std::int8_t> here(n.output_view().begin(), n.output_view().end()),
        there = other_file(static_cast<int>(on), x);
    if (first.empty()) first = here;
    bad += here != first;
    if (!there.empty()) bad += there != first;  // empty: that file was not compiled for this target
    std::printf("%s: %s\n", std::string(octet::name_of(on)).c_str(), bad ? "differs" : "same");
  }
  return bad != 0 || octet::usable_targets().size() < 2;
}
