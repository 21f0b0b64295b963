// expect: inputs_of_one_name_differ
#include "octet/typed/typed.hpp"

namespace q = octet::typed;
extern const std::int8_t w[16 * 16];
extern const std::int32_t b[16];
using image = q::tensor<q::s8, q::shape<1, 8, 8, 16>, q::affine{0.05f, -3}>;
constexpr auto x = q::input<image>("x");

#if defined(OCTET_GOOD)
constexpr auto graph = q::add(x, q::input<image>("x"), {0.1f, 0});
#else
using other = q::tensor<q::s8, q::shape<1, 8, 8, 16>, q::affine{0.25f, 0}>;
constexpr auto graph = q::add(x, q::input<other>("x"), {0.1f, 0});
#endif
using net = q::compiled<graph>;
std::size_t bytes() { return net::arena_bytes; }
