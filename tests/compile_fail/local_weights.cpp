// at most 30 lines: clang shows the array, the graph and the network that has none
// expect: is not a constant expression
#include "octet/typed/typed.hpp"

namespace q = octet::typed;
extern const std::int8_t w[16 * 16];
constexpr auto x = q::input<q::tensor<q::s8, q::shape<1, 8, 8, 16>, q::affine{0.05f, -3}>>();

std::size_t bytes() {
#if defined(OCTET_GOOD)
  static const std::int8_t own[256]{};
#else
  const std::int8_t own[256]{};
#endif
  static constexpr auto graph =
      x | q::conv2d({.filters = 16}, q::per_tensor(own, 0.01), {}, {0.06f, 2});
  using net = q::compiled<graph>;
  return net::arena_bytes;
}
