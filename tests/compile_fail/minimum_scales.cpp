// expect: quantizations_differ
// expect: expected<50000, -3>
// expect: found<60000, 2>
// expect: put a requantize between
#include "octet/typed/typed.hpp"

namespace q = octet::typed;
constexpr auto a = q::input<q::tensor<q::s8, q::shape<1, 8>, q::affine{0.05f, -3}>>("a");
constexpr auto b = q::input<q::tensor<q::s8, q::shape<1, 8>, q::affine{0.06f, 2}>>("b");

#if defined(OCTET_GOOD)
constexpr auto graph = q::minimum(a, b | q::requantize({0.05f, -3}));
#else
constexpr auto graph = q::minimum(  // HERE
    a, b);
#endif
using net = q::compiled<graph>;
std::size_t bytes() { return net::arena_bytes; }
