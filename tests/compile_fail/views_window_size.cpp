// expect: have another size than the network's input
// at most 60 lines: clang adds range-v3's constraints behind the message
#include "octet/typed/typed.hpp"
// after the header that is compiled once
#include "octet/views.hpp"

namespace q = octet::typed;
using frame = q::tensor<q::s16, q::shape<1, 640>, q::affine{0.001, 0}>;
constexpr auto graph = q::input<frame>("x") | q::relu();
#if defined(OCTET_GOOD)
constexpr std::size_t size = 640;
#else
constexpr std::size_t size = 600;
#endif
auto spot(q::compiled<graph>& net, std::span<const std::int16_t> samples) {
  return samples | octet::views::windows<size, 320>() | octet::views::run(net);
}
