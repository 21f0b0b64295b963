// expect: takes elements whose size the compiler knows
// expect: views::windows<SIZE, STEP>
// at most 60 lines: clang adds range-v3's constraints behind the message
#include "octet/typed/typed.hpp"
// after the header that is compiled once
#include "octet/views.hpp"

namespace q = octet::typed;
using frame = q::tensor<q::s16, q::shape<1, 640>, q::affine{0.001, 0}>;
constexpr auto graph = q::input<frame>("x") | q::relu();
auto spot(q::compiled<graph>& net, std::span<const std::int16_t> samples) {
#if defined(OCTET_GOOD)
  return samples | octet::views::windows<640, 320>() | octet::views::run(net);
#else
  return samples | octet::views::windows(640, 320) | octet::views::run(net);
#endif
}
