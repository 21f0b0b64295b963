// expect: octet: the graph is not constexpr, or has an error of its own
#include "octet/typed/typed.hpp"

namespace q = octet::typed;
extern const std::int8_t w[16 * 16];
constexpr auto x = q::input<q::tensor<q::s8, q::shape<1, 8, 8, 16>, q::affine{0.05f, -3}>>();

#if defined(OCTET_GOOD)
constexpr auto graph = x | q::max_pool2d();
#else
const auto graph = x | q::max_pool2d();
#endif
using net = q::compiled<graph>;
std::size_t bytes() { return net::arena_bytes; }
