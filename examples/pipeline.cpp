// A quantized pipeline built in code: an edge filter, then a small classifier with a residual
// block. Shapes, types and sizes are checked by the compiler.
#include <cstdio>

#include "octet/graph/print.hpp"
#include "octet/typed/typed.hpp"

namespace q = octet::typed;
namespace {

// Weights would come from training; here they are made by rule, so that the example stands alone.
template <std::size_t N> constexpr std::array<std::int8_t, N> ramp(int step) {
  std::array<std::int8_t, N> w{};
  for (std::size_t i = 0; i < N; ++i)
    w[i] = static_cast<std::int8_t>(static_cast<int>(i) * step % 127 - 63);
  return w;
}
constexpr std::int8_t edges[2 * 9] = {-1, 0,  1, -2, 0, 2, -1, 0, 1, /* and the other way */ -1,
                                      -2, -1, 0, 0,  0, 1, 2,  1};
constexpr auto stem = ramp<8 * 2 * 9>(29);
constexpr auto inner = ramp<8 * 8 * 9>(31);
constexpr auto head = ramp<4 * 8>(37);

using image = q::tensor<q::u8, q::shape<1, 16, 16, 1>, q::affine{1.0 / 255, 0}>;

// A block is a function: it may be used any number of times, with any input.
constexpr auto residual = [](auto x) {
  auto y = x | q::conv2d({.filters = 8, .kernel = {3, 3}, .activation = q::relu},
                         q::per_tensor(inner, 0.004f), {}, {0.03f, -128});
  return q::add(x, y, {.scale = 0.04f, .zero_point = -128});
};
constexpr auto classify =
    residual(q::input<image>("image") |
             q::conv2d({.filters = 2, .kernel = {3, 3}, .type = q::s8}, q::per_tensor(edges, 0.25f),
                       {}, {0.02f, 0})  // the filter
             | q::conv2d({.filters = 8, .kernel = {3, 3}, .stride = {2, 2}, .activation = q::relu},
                         q::per_tensor(stem, 0.005f), {}, {0.02f, -128})) |
    q::global_avg_pool2d() | q::dense({.units = 4}, q::per_tensor(head, 0.01f), {}, {0.01f, 0}) |
    q::dequantize();

using net_type = q::compiled<classify, q::law::tflite_ref>;
static_assert(net_type::arena_bytes <= 2048);
static_assert(std::same_as<net_type::output, q::tensor<q::f32, q::shape<1, 4>>>);

}  // namespace

int main() {
  std::fputs(octet::to_string(net_type::lower("pipeline")).c_str(), stdout);
  static net_type net;  // packs the weights into its own storage: no heap
  std::array<std::uint8_t, 256> picture{};
  for (std::size_t i = 0; i < picture.size(); ++i)
    picture[i] = static_cast<std::uint8_t>(i % 16 < 8 ? 30 : 220);
  std::array<float, 4> scores{};
  net.run(picture, scores);
  for (float s : scores) std::printf("%.1f ", static_cast<double>(s));
  std::puts("");
  return 0;
}
