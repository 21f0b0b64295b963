// expect: concat_shapes_differ
// expect: expected<1, 8, 8, 16>
// expect: found<1, 4, 4, 16>
#include "octet/typed/typed.hpp"

namespace q = octet::typed;
extern const std::int8_t w[16 * 16];
extern const std::int32_t b[16];
using image = q::tensor<q::s8, q::shape<1, 8, 8, 16>, q::affine{0.05f, -3}>;
constexpr auto x = q::input<image>("x");

#if defined(OCTET_GOOD)
constexpr auto graph = q::concat(3)(x, x);
#else
constexpr auto graph = q::concat(3)(  // HERE
    x, x | q::max_pool2d());
#endif
using net = q::compiled<graph>;
std::size_t bytes() { return net::arena_bytes; }
