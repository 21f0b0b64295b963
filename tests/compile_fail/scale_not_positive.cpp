// expect: scale_not_positive
// expect: found<-60000>
#include "octet/typed/typed.hpp"

namespace q = octet::typed;
extern const std::int8_t w[16 * 16];
extern const std::int32_t b[16];
using image = q::tensor<q::s8, q::shape<1, 8, 8, 16>, q::affine{0.05f, -3}>;
constexpr auto x = q::input<image>("x");

#if defined(OCTET_GOOD)
constexpr auto graph = x | q::conv2d({.filters = 16}, q::per_tensor(w, 0.01), b, {0.06f, 2});
#else
constexpr auto graph =
    x | q::conv2d({.filters = 16}, q::per_tensor(w, 0.01), b, {-0.06f, 2});  // HERE
#endif
using net = q::compiled<graph>;
std::size_t bytes() { return net::arena_bytes; }
