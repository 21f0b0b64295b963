// expect: graph.* is not a valid template argument because it does not have static storage|graph.*
// is not a constant expression
#include "octet/typed/typed.hpp"

namespace q = octet::typed;
extern const std::int8_t w[16 * 16];
constexpr auto x = q::input<q::tensor<q::s8, q::shape<1, 8, 8, 16>, q::affine{0.05f, -3}>>();

std::size_t bytes() {
#if defined(OCTET_GOOD)
  static constexpr auto graph = x | q::max_pool2d();
#else
  constexpr auto graph = x | q::max_pool2d();
#endif
  using net = q::compiled<graph>;  // HERE
  return net::arena_bytes;
}
