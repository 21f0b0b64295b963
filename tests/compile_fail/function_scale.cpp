// expect: scale_not_positive
// expect: expected<1>
// expect: found<0>
#include "octet/typed/typed.hpp"

namespace q = octet::typed;
constexpr auto x = q::input<q::tensor<q::s8, q::shape<1, 8>, q::affine{0.05f, -3}>>("x");

#if defined(OCTET_GOOD)
constexpr auto graph = x | q::hard_swish({0.05f, 3}) | q::logistic();
#else
constexpr auto graph = x | q::hard_swish() | q::logistic();  // HERE
#endif
using net = q::compiled<graph>;
std::size_t bytes() { return net::arena_bytes; }
