// expect: state_written_twice
// expect: two operators write one state
#include "octet/typed/typed.hpp"

namespace q = octet::typed;
extern const std::int8_t feature[8 * 8];
extern const std::int16_t time_weights[8 * 2];
extern const std::int32_t b[8];
constexpr auto x = q::input<q::tensor<q::s8, q::shape<1, 8>, q::affine{0.05f, -3}>>("x");
constexpr auto layer(const char* name, std::int32_t line) {
  return q::svdf({.units = 8, .name = name, .state = {0.01f, 0}}, q::per_tensor(feature, 0.01f),
                 q::per_tensor(time_weights, 0.01f), b, {0.05f, -3}, line);
}
#if defined(OCTET_GOOD)
constexpr auto graph = x | layer("first", __LINE__) | layer("second", __LINE__);
#else
constexpr auto graph = x | layer("first", __LINE__) | layer("first", __LINE__);  // HERE
#endif
using net = q::compiled<graph>;
std::size_t bytes() { return net::arena_bytes + net::state_bytes; }
