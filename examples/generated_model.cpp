// A network that `octet codegen digits.tflite -o digits.hpp` wrote: no model file, no loader, no
// heap.
#include <cstdio>

#include "digits.hpp"

static_assert(digits::net::arena_bytes <= 8 * 1024);
static_assert(std::same_as<digits::net::input,
                           octet::typed::tensor<octet::dtype::s8, octet::typed::shape<1, 8, 8, 1>,
                                                digits::net::input::quantization>>);

int main() {
  static digits::net net;
  auto image = net.input_view();  // 8 x 8 grey values, -128 black to 127 white: a one
  for (std::size_t i = 0; i < image.size(); ++i) image[i] = i % 8 == 3 || i % 8 == 4 ? 127 : -128;
  net.run();
  const auto scores = net.output_view();
  std::size_t best = 0;
  for (std::size_t i = 1; i < scores.size(); ++i)
    if (scores[i] > scores[best]) best = i;
  std::printf("digit %zu; arena %zu bytes, scratch %zu, weights and params %zu\n", best,
              digits::net::arena_bytes, digits::net::scratch_bytes, digits::net::storage_bytes);
  return best == 1 ? 0 : 1;
}
