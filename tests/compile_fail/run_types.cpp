// expect: a result given to run.* has another element type
#include "octet/typed/typed.hpp"

namespace q = octet::typed;
using image = q::tensor<q::s8, q::shape<1, 8, 8, 16>, q::affine{0.05f, -3}>;
constexpr auto graph = q::input<image>("x") | q::max_pool2d();
using net_t = q::compiled<graph>;
void run(net_t& net, const std::array<std::int8_t, 1024>& from,
#if defined(OCTET_GOOD)
         std::array<std::int8_t, 256>& to) {
#else
         std::array<std::uint8_t, 256>& to) {
#endif
  net.run(from, to);
}
