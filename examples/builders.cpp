// The builders of networks in code, one after the other, as docs/builders.md shows them. The same
// lines work on values of octet::graph_builder.
#include <cstdio>

#include "octet/typed/typed.hpp"

namespace q = octet::typed;
namespace {

// Filled when a program starts, or defined in another file: the compiler needs to know where they
// are, not what they are.
std::int8_t w[4608], w_recurrent[64];
std::int16_t w_time[96];
std::int32_t bias[16];
constexpr float scales[16] = {.01f, .02f, .03f, .04f, .01f, .02f, .03f, .04f,
                              .01f, .02f, .03f, .04f, .01f, .02f, .03f, .04f};
template <std::size_t N> constexpr std::span<const std::int8_t, N> first() {
  return std::span<const std::int8_t, N>(w, N);
}

constexpr auto x = q::input<q::tensor<q::s8, q::shape<1, 8, 8, 16>, q::affine{0.05f, -3}>>("x");
constexpr auto row = q::input<q::tensor<q::s8, q::shape<1, 16>, q::affine{0.05f, -3}>>("row");
constexpr auto sequence =
    q::input<q::tensor<q::s8, q::shape<1, 5, 16>, q::affine{0.05f, -3}>>("sequence");

// snippet conv2d
constexpr auto convolved =
    x | q::conv2d({.filters = 16, .kernel = {3, 3}, .stride = {2, 2}, .activation = q::relu},
                  q::per_channel(first<16 * 3 * 3 * 16>(), scales), bias, {0.05f, 3});
// end of snippet
// snippet depthwise_conv2d
constexpr auto depthwise =
    x | q::depthwise_conv2d({.kernel = {3, 3}, .padding = q::valid},
                            q::per_channel(first<3 * 3 * 16>(), scales), bias, {0.05f, 3});
// end of snippet
// snippet transpose_conv2d
constexpr auto enlarged =
    x | q::transpose_conv2d({.filters = 16, .kernel = {2, 2}, .stride = {2, 2}},
                            q::per_channel(first<16 * 2 * 2 * 16>(), scales), bias, {0.05f, 3});
// end of snippet
// snippet dense
constexpr auto classified =
    row | q::dense({.units = 10}, q::per_tensor(first<10 * 16>(), 0.01f), {}, {0.1f, 0});
// end of snippet
// snippet lstm
constexpr auto gate(std::size_t i) {
  return q::lstm_gate{.input = q::per_tensor(std::span(w).subspan(i * 128).first<8 * 16>(), 0.01f),
                      .recurrent = q::per_tensor(w_recurrent, 0.02f),
                      .bias = std::span(bias).first<8>()};
}
constexpr auto remembered =
    sequence | q::lstm({.units = 8, .cell_scale = 0x1p-11},
                       {.forget = gate(0), .cell = gate(1), .output = gate(2), .input = gate(3)},
                       {0x1p-7, 0});
// end of snippet
// snippet svdf
constexpr auto spotted =
    row | q::svdf({.units = 8, .rank = 2, .state = {0.002f, 0}},
                  q::per_tensor(first<8 * 2 * 16>(), 0.01f), q::per_tensor(w_time, 0.0001f),
                  std::span(bias).first<8>(), {0.02f, 1});
// end of snippet
// snippet pools
constexpr auto pooled =
    x | q::max_pool2d({.kernel = {3, 3}, .stride = {2, 2}}) | q::avg_pool2d({.padding = q::same});
// end of snippet
// snippet reductions
constexpr auto means = q::add(x, x | q::mean({1, 2}, {.keep_dims = true}), {0.1f, 0});
// end of snippet
// snippet functions
constexpr auto activated =
    q::outputs(x | q::leaky_relu({0.05f, -3}, {.alpha = 0.1}), row | q::softmax({}, {.beta = 0.5}));
// end of snippet
// snippet requantize
constexpr auto rescaled = x | q::conv2d({.filters = 1}, q::per_tensor(first<16>(), 0.01f)) |
                          q::requantize({0.1f, 128}, {.type = q::u8});
// end of snippet
// snippet batch_matmul
constexpr auto attention = q::batch_matmul(x, x, {0.5f, 0}, {.adj_y = true});
// end of snippet
// snippet resize
constexpr auto resized =
    x | q::resize_bilinear({.out_h = 16, .out_w = 16, .half_pixel_centers = true});
// end of snippet
// snippet node
constexpr auto cumulative =
    x | q::apply(octet::ops::transpose, q::attr("perm", {0, 3, 1, 2})) | q::flatten();
// end of snippet

constexpr auto all = q::outputs(convolved, depthwise, enlarged, classified, remembered, spotted,
                                pooled, means, activated, rescaled, attention, resized, cumulative);
using net = q::compiled<all>;
static_assert(net::outputs == 14);
static_assert(std::same_as<net::output_type<4>::shape, q::shape<1, 5, 8>>);

}  // namespace

int main() {
  static net n;
  n.run();
  std::printf("%zu operators, %zu bytes of activations\n", net::nodes, net::arena_bytes);
  return 0;
}
