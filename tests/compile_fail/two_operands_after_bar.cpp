// expect: no matching function for call to .*add
#include "octet/typed/typed.hpp"

namespace q = octet::typed;
extern const std::int8_t w[16 * 16];
constexpr auto x = q::input<q::tensor<q::s8, q::shape<1, 8, 8, 16>, q::affine{0.05f, -3}>>();

#if defined(OCTET_GOOD)
constexpr auto graph = q::add(x, x, {0.1f, 0});
#else
constexpr auto graph = x | q::add({0.1f, 0});  // HERE
#endif
using net = q::compiled<graph>;
std::size_t bytes() { return net::arena_bytes; }
