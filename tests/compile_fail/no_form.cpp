// expect: no_such_form
// expect: docs/operators.md lists the forms
// expect: expected<1>
// expect: found<4, 4, 13>
#include "octet/typed/typed.hpp"

namespace q = octet::typed;
constexpr auto x = q::input<q::tensor<q::s16, q::shape<1, 8, 8, 16>, q::affine{0.05f, 0}>>();

#if defined(OCTET_GOOD)
constexpr auto graph = x | q::resize_bilinear({.out_h = 4, .out_w = 4});
#else
constexpr auto graph =
    x | q::resize_bilinear({.out_h = 4, .out_w = 4}, q::rounding::xnnpack);  // HERE
#endif
using net = q::compiled<graph>;
std::size_t bytes() { return net::arena_bytes; }
