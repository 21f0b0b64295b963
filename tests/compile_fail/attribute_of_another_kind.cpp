// expect: no_such_attribute
// expect: found_name<.?a.?, .?x.?, .?i.?, .?s.?>
#include "octet/typed/typed.hpp"

namespace q = octet::typed;
using image = q::tensor<q::s8, q::shape<1, 8, 8, 16>, q::affine{0.05f, -3}>;
constexpr auto x = q::input<image>("x");

#if defined(OCTET_GOOD)
constexpr auto graph = x | q::apply(octet::ops::arg_max, q::attr("axis", 3), {q::s32});
#else
constexpr auto graph = x | q::apply(octet::ops::arg_max, q::attr("axis", 3.0), {q::s32});  // HERE
#endif
using net = q::compiled<graph>;
std::size_t bytes() { return net::arena_bytes; }
