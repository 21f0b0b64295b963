// g++ 12 names the structure whose member it is not, clang the option as well.
// expect: could not convert .*to .*conv2d_options|field designator .*kernal.* does not refer
#include "octet/typed/typed.hpp"

namespace q = octet::typed;
extern const std::int8_t w[16 * 9 * 16];
extern const std::int32_t b[16];
constexpr auto x = q::input<q::tensor<q::s8, q::shape<1, 8, 8, 16>, q::affine{0.05f, -3}>>();

#if defined(OCTET_GOOD)
constexpr auto graph =
    x | q::conv2d({.filters = 16, .kernel = {3, 3}}, q::per_tensor(w, 0.01), b, {0.06f, 2});
#else
constexpr auto graph =
    x | q::conv2d({.filters = 16, .kernal = {3, 3}}, q::per_tensor(w, 0.01), b, {0.06f, 2});
#endif
using net = q::compiled<graph>;
std::size_t bytes() { return net::arena_bytes; }
