// expect: are not of the network's input type
// expect: views::quantize
// at most 60 lines: clang adds range-v3's constraints behind the message
#include "octet/typed/typed.hpp"
// after the header that is compiled once
#include "octet/views.hpp"

namespace q = octet::typed;
using frame = q::tensor<q::s16, q::shape<1, 640>, q::affine{0.001, 0}>;
constexpr auto graph = q::input<frame>("x") | q::relu();
auto spot(q::compiled<graph>& net, std::span<const float> samples) {
#if defined(OCTET_GOOD)
  return samples | octet::views::windows<640, 320>() | octet::views::quantize<frame>() |
         octet::views::run(net);
#else
  return samples | octet::views::windows<640, 320>() | octet::views::run(net);
#endif
}
