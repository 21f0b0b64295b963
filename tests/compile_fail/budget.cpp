// expect: arena_over_budget
// expect: expected<1024>
// expect: found<2048>
#include "octet/typed/typed.hpp"

namespace q = octet::typed;
extern const std::int8_t w[16 * 16];
extern const std::int32_t b[16];
using image = q::tensor<q::s8, q::shape<1, 8, 8, 16>, q::affine{0.05f, -3}>;
constexpr auto x = q::input<image>("x");

#if defined(OCTET_GOOD)
constexpr auto graph = x | q::max_pool2d({.kernel = {8, 8}, .stride = {8, 8}}) | q::flatten();
#undef BUDGET
#define BUDGET 4096
#else
constexpr auto graph = x | q::conv2d({.filters = 16}, q::per_tensor(w, 0.01), b, {0.06f, 2});
#define BUDGET 1024
#endif
using net = q::compiled<graph, q::law::tflite_ref, q::compile_options{.budget = BUDGET}>;
std::size_t bytes() { return net::arena_bytes; }
