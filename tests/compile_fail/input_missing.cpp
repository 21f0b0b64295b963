// expect: input_missing
// expect: found<1>
#include "octet/typed/typed.hpp"

namespace q = octet::typed;
constexpr auto x = q::input<q::tensor<q::s8, q::shape<1, 8>, q::affine{0.05f, -3}>>();

#if defined(OCTET_GOOD)
constexpr auto graph = q::node(octet::ops::qnn_minimum, {}, {}, q::rounding::none, x, x);
#else
constexpr auto graph = q::node(octet::ops::qnn_minimum, {}, {}, q::rounding::none, x, q::absent);
#endif
using net = q::compiled<graph>;
std::size_t bytes() { return net::arena_bytes; }
