// The operators without weights of their own, and networks with memory: the same bits as through
// the run-time planner, on every target.
#include "typed_test.hpp"
#include "typed_weights.hpp"

namespace q = octet::typed;
using namespace typed_test;

namespace {
using image = q::tensor<q::s8, q::shape<1, 8, 8, 16>, q::affine{0.05f, -3}>;
using bytes = q::tensor<q::u8, q::shape<1, 8, 8, 16>, q::affine{0.05f, 120}>;
using picture = q::tensor<q::f32, q::shape<1, 8, 8, 16>>;
constexpr auto x = q::input<image>("x");
constexpr auto y = q::input<image>("y");

constexpr auto functions = q::outputs(
    x | q::relu(), x | q::relu6({0.04f, -128}), x | q::logistic(), x | q::tanh(),
    x | q::hard_swish({0.05f, 1}), x | q::leaky_relu({0.05f, -3}, {.alpha = 0.1}),
    x | q::elu({0.04f, 3}), x | q::gelu({0.05f, 0}), x | q::gelu({0.05f, 0}, {.approximate = true}),
    x | q::exp({0.9f, 0}), x | q::abs(), x | q::neg(), x | q::square({0.1f, -128}),
    x | q::softmax(), x | q::log_softmax(), x | q::l2_normalization());
using functions_net = q::compiled<functions>;
static_assert(
    std::same_as<functions_net::output_type<2>,
                 q::tensor<q::s8, q::shape<1, 8, 8, 16>, q::affine{0x1p-8, -128}>>);  // logistic
static_assert(std::same_as<functions_net::output_type<3>,
                           q::tensor<q::s8, q::shape<1, 8, 8, 16>, q::affine{0x1p-7, 0}>>);  // tanh
static_assert(functions_net::node(2).round == q::rounding::divide_half_away &&
              q::compiled<functions, q::law::tflite_xnnpack>::node(2).round ==
                  q::rounding::xnnpack);
constexpr auto of_bytes = q::input<bytes>("b");
constexpr auto torch_functions = q::outputs(
    of_bytes | q::relu(), of_bytes | q::logistic(), of_bytes | q::tanh(),
    of_bytes | q::hard_swish({0.05f, 10}), of_bytes | q::leaky_relu({0.05f, 100}, {.alpha = 0.2}),
    of_bytes | q::elu({0.04f, 30}), of_bytes | q::softmax());
constexpr auto torch_softmax =
    of_bytes | q::softmax({}, {.axis = 1});  // alone: its kernel's scratch is foreseen
constexpr auto of_floats = q::input<picture>("f");
constexpr auto float_functions = q::outputs(
    of_floats | q::relu(), of_floats | q::logistic(), of_floats | q::tanh(),
    of_floats | q::softmax({}, {.beta = 0.5}),
    of_floats | q::resize_bilinear({.out_h = 5, .out_w = 9}), of_floats | q::cast(q::s32));

constexpr auto pairs =
    q::outputs(q::sub(x, y, {0.1f, 0}), q::mul(x, y, {0.2f, 5}), q::minimum(x, y), q::maximum(x, y),
               q::squared_difference(x, y, {0.3f, -128}), q::less(x, y), q::greater_equal(x, y),
               q::equal(x, y), q::batch_matmul(x, y, {0.5f, 0}, {.adj_y = true}),
               q::batch_matmul(x, y, {}, {.adj_y = true}) | q::requantize({0.5f, 0}));
using pairs_net = q::compiled<pairs>;
static_assert(std::same_as<pairs_net::output_type<8>,
                           q::tensor<q::s8, q::shape<1, 8, 8, 8>, q::affine{0.5f, 0}>>);
static_assert(
    std::same_as<pairs_net::output_type<5>, q::tensor<q::boolean, q::shape<1, 8, 8, 16>>>);
static_assert(pairs_net::nodes == 9);  // both products are one

constexpr auto thirds = x | q::slice({0, 0, 0, 4}, {-1, -1, -1, 12}) | q::split(3, 3);
constexpr auto moved = q::outputs(
    x | q::transpose({0, 3, 1, 2}), q::concat(3)(thirds[2], thirds[0]),
    x | q::strided_slice({.begin = {0, 1, 0, 0}, .end = {1, 7, 8, 16}, .strides = {1, 2, 3, 4}}),
    x | q::tile({1, 2, 1, 1}), x | q::reverse({1}), x | q::space_to_depth(2) | q::depth_to_space(4),
    x | q::pad({0, 0, 1, 2, 0, 1, 0, 0}), x | q::mirror_pad({0, 0, 1, 1, 2, 2, 0, 0}),
    x | q::arg_max(-1), x | q::arg_min(1, q::s64),
    x | q::resize_nearest({.out_h = 16, .out_w = 12}),
    x | q::resize_bilinear({.out_h = 13, .out_w = 16, .half_pixel_centers = true}),
    x | q::reshape({8, 128}) | q::broadcast_to({2, 8, 128}));
using moved_net = q::compiled<moved>;
static_assert(std::same_as<moved_net::output_type<1>,
                           q::tensor<q::s8, q::shape<1, 8, 8, 8>, q::affine{0.05f, -3}>>);
static_assert(std::same_as<moved_net::output_type<8>, q::tensor<q::s32, q::shape<1, 8, 8>>>);

constexpr auto upsampled =
    x |
    q::transpose_conv2d({.filters = 16, .kernel = {1, 1}, .stride = {2, 2}, .activation = q::relu},
                        q::per_channel(w2, s2), b2, {0.06f, 2}) |
    q::mean({1, 2}) | q::logistic();
static_assert(std::same_as<q::compiled<upsampled>::tensor_type<3>::shape, q::shape<1, 16, 16, 16>>);
}  // namespace

TEST_CASE("functions of one value equal their loaded form") {
  same_as_loaded<functions_net>();
  same_as_loaded<q::compiled<torch_functions, q::law::pytorch_fbgemm>>();
  same_as_loaded<q::compiled<torch_softmax, q::law::pytorch_fbgemm>>();
  same_as_loaded<q::compiled<torch_functions, q::law::pytorch_qnnpack>>();
  same_as_loaded<q::compiled<float_functions>>();
}
TEST_CASE("functions of two values equal their loaded form") { same_as_loaded<pairs_net>(); }
TEST_CASE("data movement, resizing and transposed convolution equal their loaded form") {
  same_as_loaded<moved_net>();
  same_as_loaded<q::compiled<upsampled>>();
  same_as_loaded<q::compiled<upsampled, q::law::pytorch_fbgemm>>();
}

namespace {
using frame = q::tensor<q::s8, q::shape<1, 16>, q::affine{0.1f, 2}>;
constexpr std::int16_t time_weights[16 * 3] = {
    100, -200, 300, 7,  8,  9,   -1000, 2000, 3000, 1,   2,   3,   400, 500, -600, 70,
    80,  90,   11,  12, 13, 140, 150,   160,  1700, 180, 190, -20, 21,  22,  23,   24,
    25,  26,   27,  28, 29, 30,  31,    32,   33,   34,  35,  36,  37,  38,  39,   40};
constexpr std::int32_t unit_bias[8] = {1, -2, 3, -4, 5, -6, 7, -8};
constexpr auto spotter(const char* name) {
  return q::svdf({.units = 8, .rank = 2, .name = name, .state = {0.002f, 0}},
                 q::per_tensor(w2, 0.01f), q::per_tensor(time_weights, 0.0001f), unit_bias,
                 {0.02f, 1});
}
constexpr auto frames = q::input<frame>("frame");
constexpr auto recurrent =
    q::outputs(frames | spotter("first"),
               q::add(frames | spotter("first"), frames | spotter("second"), {0.05f, 0}));
using recurrent_net = q::compiled<recurrent>;
static_assert(recurrent_net::nodes ==
              3);  // two layers with memory, not three: one name is one layer
static_assert(recurrent_net::state_bytes == 2 * 128);  // two states of 96 bytes on lines of 64
}  // namespace

TEST_CASE(
    "networks with memory: run after run like the loaded form, and from the start after reset") {
  same_as_loaded<recurrent_net>();
  static recurrent_net net;
  std::array<std::int8_t, 16> in{};
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<std::int8_t>(i * 31);
  std::array<std::int8_t, 8> a{}, b{}, first{}, second{};
  net.run(in, first, b);
  net.run(in, second, b);
  CHECK(first != second);  // it remembers
  net.reset();
  net.run(in, a, b);
  CHECK(a == first);
  const auto g = recurrent_net::lower();
  int states = 0;
  for (const octet::tensor& t : g.tensors) states += t.role == octet::tensor::kind::state;
  CHECK(states == 2);
}
