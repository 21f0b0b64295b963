// One header dropped into an existing program: a typed graph that blurs an image, checked by the
// compiler.
#include <cstdio>

#include "octet.hpp"

namespace q = octet::typed;
namespace {

constexpr std::int8_t binomial[9] = {1, 2, 1, 2, 4,
                                     2, 1, 2, 1};  // [kernel_h][kernel_w][channels], scale 1/16
using photo = q::tensor<q::u8, q::shape<1, 16, 16, 1>, q::affine{1.0, 0}>;
constexpr auto blur =
    q::input<photo>() |
    q::depthwise_conv2d({.kernel = {3, 3}}, q::per_tensor(binomial, 0.0625), {}, {1.0, 0});
using blur_net = q::compiled<blur>;
static_assert(blur_net::arena_bytes == 2 * 16 * 16);

}  // namespace

int main() {
  static blur_net net;
  std::array<std::uint8_t, 256> in{}, out{};
  in[8 * 16 + 8] = 160;  // one bright pixel
  net.run(in, out);
  for (std::size_t y = 7; y <= 9; ++y)
    std::printf("%4d %4d %4d\n", out[y * 16 + 7], out[y * 16 + 8], out[y * 16 + 9]);
  return out[8 * 16 + 8] == 40 && out[7 * 16 + 7] == 10 ? 0 : 1;
}
