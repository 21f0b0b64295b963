// Graphs built while a program runs: the same graphs as constexpr ones, the same bits as loaded
// files, mistakes as errors. The LSTM of a file in both forms.
#include <catch2/catch.hpp>
#include <cstring>
#include <memory>
#include <numeric>

#include "octet/import/tflite.hpp"
#include "octet/octet.hpp"
#include "typed_weights.hpp"

namespace q = octet::typed;
using namespace typed_test;

namespace {

const std::string goldens = std::string(OCTET_SOURCE_DIR) + "/tests/goldens/tflite/";

/// Runs a session several times on made-up bytes and gives all results of all runs.
std::vector<std::byte> results_of(const octet::graph& g, int runs = 3) {
  auto p = octet::try_compile(g);
  if (!p) FAIL(p.error().message());
  octet::session s(*p);
  std::vector<std::byte> all;
  std::uint32_t state = 7;
  for (int run = 0; run < runs; ++run) {
    for (std::size_t i = 0; i < g.inputs.size(); ++i) {
      const auto view = s.input(i).view();
      for (std::size_t k = 0; k < view.size_bytes(); ++k) {
        state = state * 1664525u + 1013904223u;
        static_cast<std::byte*>(view.data)[k] = static_cast<std::byte>(state >> 24);
      }
    }
    s.run();
    for (std::size_t i = 0; i < g.outputs.size(); ++i) {
      const auto view = s.output(i).view();
      const auto* from = static_cast<const std::byte*>(view.data);
      all.insert(all.end(), from, from + view.size_bytes());
    }
  }
  return all;
}
octet::graph finished(const octet::graph_builder& b, const octet::graph_builder::value& v) {
  auto g = b.finish(v);
  if (!g) FAIL(g.error().message());
  return std::move(*g);
}
std::string error_of(const octet::graph_builder& b, const octet::graph_builder::value& v) {
  const auto g = b.finish(v);
  REQUIRE(!g);
  return g.error().message();
}

using image = q::tensor<q::s8, q::shape<1, 8, 8, 16>, q::affine{0.05f, -3}>;
// One function for both: the values it is given decide when the graph is built.
constexpr auto network = [](auto x) {
  const auto y = x |
                 q::conv2d({.filters = 16, .kernel = {3, 3}, .activation = q::relu},
                           q::per_channel(w1, s1), b1, {0.05f, 3}) |
                 q::conv2d({.filters = 16}, q::per_channel(w2, s2), b2) | q::requantize({0.06f, 2});
  const auto sum = q::add(x, y, {0.07f, 5});
  const auto halves = sum | q::split(3, 2);
  return q::outputs(
      sum | q::depthwise_conv2d({.stride = {2, 2}}, q::per_channel(wd, s0), b0, {0.04f, -128}) |
          q::max_pool2d({.kernel = {2, 2}}) | q::avg_pool2d() | q::flatten() | q::named("pooled"),
      q::concat(3)(halves[1], halves[0]) | q::mean({1, 2}, {.keep_dims = true}) | q::named("means"),
      sum | q::global_avg_pool2d() |
          q::dense({.units = 10}, q::per_tensor(w3, 0.01f), b3, {0.1f, 0}) | q::softmax() |
          q::dequantize(),
      y | q::relu6() | q::resize_bilinear({.out_h = 4, .out_w = 4}) | q::logistic());
};
constexpr auto typed_network = network(q::input<image>("x"));

}  // namespace

TEST_CASE("a graph built at run time is the constexpr graph of the same operators") {
  for (const octet::law l : {octet::law::tflite_ref, octet::law::tflite_xnnpack}) {
    octet::graph_builder b("built", l);
    const octet::graph g = finished(b, network(b.input("x", q::s8, {1, 8, 8, 16}, {0.05f, -3})));
    const octet::graph constexpr_graph =
        l == octet::law::tflite_ref ? q::compiled<typed_network>::lower()
                                    : q::compiled<typed_network, q::law::tflite_xnnpack>::lower();
    CHECK(g.nodes.size() == constexpr_graph.nodes.size());
    CHECK(g.arithmetic == l);
    CHECK(g[g.outputs[1]].name == "means");
    CHECK(results_of(g) == results_of(constexpr_graph));
  }
}

TEST_CASE(
    "a graph built at run time keeps what it was given: copies, or memory that it was told of") {
  octet::graph g;
  std::weak_ptr<const void> file;
  {
    octet::graph_builder b("kept");
    std::vector<std::int8_t> weights(10 * 16, 3);
    std::vector<double> scales(10, 0.01);
    std::vector<std::int32_t> bias(10);
    std::iota(bias.begin(), bias.end(), -5);
    auto x = b.input("x", q::s8, {2, 16}, {0.05f, -3});
    auto mapped = std::make_shared<const std::vector<std::int8_t>>(10 * 10, std::int8_t{2});
    file = mapped;
    b.keep(mapped, std::as_bytes(std::span(*mapped)));
    const auto moved = b.keep(std::vector<std::int8_t>(10 * 10, std::int8_t{1}));
    x = x | q::dense({.units = 10}, q::per_channel(weights, scales), bias, {0.1f, 0});
    weights.assign(weights.size(), 100), bias.clear(), scales.clear();
    for (int layer = 0; layer < 2; ++layer)
      x = x | q::dense({.units = 10}, q::per_tensor(std::span(*mapped), 0.01f), {}, {0.1f, 0});
    x = x | q::dense({.units = 10}, q::per_tensor(moved, 0.01f), {}, {0.1f, 0});
    CHECK(x.shape() == octet::dims{2, 10});
    CHECK(x.quantization() == q::affine{0.1f, 0});
    g = finished(b, x);
    int constants = 0;
    for (const octet::tensor& t : g.tensors) {
      constants += t.role == octet::tensor::kind::constant;
      if (t.data.bytes.size() == 10 * 10 && t.data.bytes[0] == std::byte{2})
        CHECK(static_cast<const void*>(t.data.bytes.data()) == mapped->data());
    }
    CHECK(constants == 4);  // the mapped weights are one constant
  }
  CHECK(!file.expired());
  const auto& w = g[g.nodes[0].in[1]];
  CHECK(w.data.bytes[0] == std::byte{3});
  CHECK(w.scales == std::vector<double>(10, 0.01));
  CHECK(results_of(g).size() == 3 * 20);
  g = {};
  CHECK(file.expired());
}

namespace {
const std::vector<std::int8_t> square(16 * 16);
auto start(octet::graph_builder& b) { return b.input("x", q::s8, {1, 8, 8, 16}, {0.05f, -3}); }
}  // namespace

TEST_CASE("mistakes in a graph built at run time are errors with their place") {
  {
    octet::graph_builder b("net");
    const auto x = start(b);
    const int line = __LINE__ + 1;
    const auto y = x | q::conv2d({.filters = 15}, q::per_tensor(square, 0.01), {}, {0.05f, 3});
    const std::string e = error_of(b, y | q::max_pool2d({.kernel = {99, 99}}));
    CHECK(e ==
          "net: operator written at line " + std::to_string(line) +
              ": invalid: weight count differs from the shape (found [256]; supported: [240])");
    CHECK(error_of(b, x) == e);  // the first one stays
  }
  {
    octet::graph_builder b("net");  // an option by a name that the operator has not
    const int line = __LINE__ + 2;
    const std::string e = error_of(
        b, start(b) | q::apply(octet::ops::arg_max, q::attrs(q::attr("axes", 1)), {q::s32}));
    CHECK(e == "net: operator written at line " + std::to_string(line) +
                   ": invalid: attribute of an operator (found axes; supported: attributes that it "
                   "has, of their kinds)");
  }
  {
    octet::graph_builder b("net");  // integers whose scale the operator multiplies by
    const std::string e =
        error_of(b, b.input("x", q::s32, {1, 4}) | q::apply(octet::ops::dequantize, {}, {q::f32}));
    CHECK(e ==
          "net: qnn.dequantize #0: x: invalid: scale of input 0 of qnn.dequantize (found none; "
          "supported: the operand's scale)");
  }
  {
    octet::graph_builder b("net");
    CHECK_THAT(error_of(b, start(b) | q::conv2d({.filters = 16}, square, {}, {0.05f, 3})),
               Catch::Contains("scale is not a positive number (found 0.000000;"));
  }
  {
    octet::graph_builder b("net", octet::law::mxnet);
    CHECK_THAT(error_of(b, start(b) | q::log_softmax()),
               Catch::Contains("qnn.log_softmax under the graph's law (found mxnet;"));
  }
  {
    octet::graph_builder b("net"), other("other");
    CHECK_THAT(error_of(b, q::add(start(b), start(other), {0.1f, 0})),
               Catch::Contains("net: invalid: values of two graphs meet"));
    CHECK_THAT(error_of(other, start(b)), Catch::Contains("values of two graphs meet"));
  }
}

TEST_CASE("values that a graph built at run time does not have are errors") {
  {
    octet::graph_builder b("net");
    CHECK_THAT(error_of(b, b.input("x", q::s8, {1, -8, 8, 16}, {0.05f, -3}) | q::max_pool2d()),
               Catch::Contains("net: x: ") && Catch::Contains("-8"));
  }
  {
    octet::graph_builder b("net");
    CHECK_THAT(error_of(b, b.input("x", q::s8, {1, 8}, {0.05f, 300})),
               Catch::Contains("net: x: invalid: zero point (found 300;"));
  }
  {
    octet::graph_builder b("net");
    const auto x = b.input("x", q::f32, {1, 8});
    CHECK_THAT(error_of(b, q::add(x, x | q::quantize({0.1f, 0}, q::s8))),
               Catch::Contains("plain numbers where quantized values must be (found int8;"));
  }
  {
    octet::graph_builder b("net");
    const auto halves = start(b) | q::split(3, 2);
    CHECK_THAT(error_of(b, halves[2]),
               Catch::Contains("a result that the operator does not have (found [2];"));
  }
}

TEST_CASE("sizes that no integer holds are errors of a graph built at run time") {
  const auto refused = [&](auto op) {
    octet::graph_builder b("net");
    return error_of(b, start(b) | op);
  };
  CHECK_THAT(refused(q::dense({.units = 2000000000}, q::per_tensor(square, 0.01), {}, {0.1f, 0})),
             Catch::Contains("weight count differs"));
  CHECK_THAT(refused(q::depthwise_conv2d({.multiplier = 2000000000}, q::per_tensor(square, 0.01),
                                         {}, {1, 0})),
             Catch::Contains("weight count differs"));
  CHECK_THAT(refused(q::transpose_conv2d(
                 {.filters = 16, .kernel = {2000000000, 1}, .dilation = {2000000000, 1}},
                 q::per_tensor(square, 0.01), {}, {1, 0})),
             Catch::Contains("weight count differs"));
}

// ---- a layer with memory, in both forms ----

namespace {

const octet::node& only_lstm(const octet::graph& g) {
  REQUIRE(g.nodes.size() == 1);
  REQUIRE(g.nodes[0].op == &octet::ops::qnn_lstm);
  return g.nodes[0];
}
octet::graph loaded(const std::string& name) {
  auto g = octet::import::try_tflite(goldens + name + ".tflite");
  if (!g) FAIL(g.error().message());
  return std::move(*g);
}
/// Input i of the node as a constant for a builder; none where the node has none.
q::constant constant_of(const octet::graph& g, const octet::node& n, std::size_t i) {
  q::constant c;
  if (i >= n.in.size() || n.in[i] == octet::no_tensor) return c;
  const octet::tensor& t = g[n.in[i]];
  c.type = t.type;
  c.data = t.data.bytes.data();
  c.count = t.shape.elements().value;
  c.scale = t.scales.empty() ? 0 : t.scales[0];
  return c;
}
q::lstm_weights weights_of(const octet::graph& g, const octet::node& n) {
  const auto gate = [&](std::size_t w, std::size_t r, std::size_t b, std::size_t p, std::size_t l,
                        const char* scale) {
    return q::lstm_gate{.input = constant_of(g, n, w),
                        .recurrent = constant_of(g, n, r),
                        .bias = constant_of(g, n, b),
                        .peephole = p == 0 ? q::constant() : constant_of(g, n, p),
                        .normalization = constant_of(g, n, l),
                        .sum_scale = n.attrs.real(scale)};
  };
  return {.forget = gate(1, 4, 7, 17, 20, "forget_scale"),
          .cell = gate(2, 5, 8, 0, 21, "cell_scale"),
          .output = gate(3, 6, 9, 18, 22, "output_scale"),
          .input = gate(12, 13, 14, 19, 23, "input_scale"),
          .projection = constant_of(g, n, 15),
          .projection_bias = constant_of(g, n, 16)};
}

// Filled when the test begins: constexpr graphs need to know where weights are, not what they are.
std::int8_t input_weights[4][9 * 7], recurrent_weights[4][9 * 9];
std::int32_t gate_bias[4][9];
constexpr q::lstm_gate gate(int i, double input, double recurrent) {
  return {.input = q::per_tensor(input_weights[i], input),
          .recurrent = q::per_tensor(recurrent_weights[i], recurrent),
          .bias = gate_bias[i]};
}
using sequence = q::tensor<q::s8, q::shape<1, 4, 7>, q::affine{0.0201f, -9}>;
constexpr auto plain =
    q::input<sequence>("t0") | q::lstm({.units = 9, .cell_scale = 0x1p-11},
                                       {.forget = gate(0, 0.006521009f, 0.009077024f),
                                        .cell = gate(1, 0.009528425f, 0.007407368f),
                                        .output = gate(2, 0.00972682f, 0.004255806f),
                                        .input = gate(3, 0.0025203193f, 0.007042936f)},
                                       {0x1p-7, 0});
static_assert(q::compiled<plain>::state_bytes != 0);

}  // namespace

TEST_CASE("an LSTM by its builder is the LSTM of the file") {
  for (const char* name :
       {"lstm_plain", "lstm_coupled", "lstm_projection", "lstm_peepholes", "lstm_normalized",
        "lstm_time_major_clip", "lstm_cell_too_fine", "lstm_finest_cell"}) {
    INFO(name);
    const octet::graph file = loaded(name);
    const octet::node& n = only_lstm(file);
    const octet::tensor &x = file[n.in[0]], &y = file[n.out[0]], &cell = file[n.in[11]];
    octet::graph_builder b(name);
    const auto in = b.input("x", x.type, x.shape, {x.scales[0], x.zero_points[0]});
    const octet::graph built = finished(
        b,
        in | q::lstm({.units = cell.shape[1],
                      .cell_scale = cell.scales[0],
                      .time_major = n.attrs.integer("time_major") != 0,
                      .cell_clip = n.attrs.real("cell_clip"),
                      .projection_clip = n.attrs.real("projection_clip"),
                      .hidden = {n.attrs.real("hidden_scale"),
                                 static_cast<std::int32_t>(n.attrs.integer("hidden_zero_point"))}},
                     weights_of(file, n), {y.scales[0], y.zero_points[0]}));
    CHECK(built.nodes[0].in.size() == n.in.size());
    CHECK(results_of(built) == results_of(file));
  }
}

TEST_CASE("an LSTM in a constexpr graph is the LSTM of the file") {
  const octet::graph file = loaded("lstm_plain");
  const octet::node& n = only_lstm(file);
  const auto copy = [&](void* to, std::size_t bytes, std::size_t i) {
    const octet::tensor& t = file[n.in[i]];
    REQUIRE(t.data.bytes.size() == bytes);
    std::memcpy(to, t.data.bytes.data(), bytes);
  };
  constexpr std::size_t w[] = {1, 2, 3, 12}, r[] = {4, 5, 6, 13}, bias[] = {7, 8, 9, 14};
  for (std::size_t i = 0; i < 4; ++i) {
    copy(input_weights[i], sizeof input_weights[i], w[i]);
    copy(recurrent_weights[i], sizeof recurrent_weights[i], r[i]);
    copy(gate_bias[i], sizeof gate_bias[i], bias[i]);
  }
  CHECK(results_of(q::compiled<plain>::lower()) == results_of(file));
  static q::compiled<plain> net;
  octet::session s(octet::compile(file));
  for (int run = 0; run < 3; ++run) {
    std::array<std::int8_t, 28> x{};
    for (std::size_t i = 0; i < x.size(); ++i)
      x[i] = static_cast<std::int8_t>(static_cast<int>(i) * 37 + run * 11);
    std::array<std::int8_t, 36> y{};
    net.run(x, y);
    s.input().assign(std::span(x));
    s.run();
    CHECK(std::memcmp(y.data(), s.output().view().data, y.size()) == 0);
  }
}

TEST_CASE("two LSTMs need names of their own") {
  const octet::graph file = loaded("lstm_time_major_clip");
  const octet::node& n = only_lstm(file);
  octet::graph_builder b("net");
  const auto x = b.input("x", q::s8, {4, 2, 3}, {0.0201f, -9});
  const auto layer = [&](const char* name, const char* cell) {
    return q::lstm({.units = 5, .name = name, .cell_name = cell, .time_major = true},
                   weights_of(file, n), {0x1p-7, 0});
  };
  const octet::graph two =
      finished(b, q::outputs(x | layer("a", "a/cell"), x | layer("b", "b/cell")));
  int states = 0;
  for (const octet::tensor& t : two.tensors) states += t.role == octet::tensor::kind::state;
  CHECK(states == 4);
  CHECK_THAT(error_of(b, x | layer("a", "c")), Catch::Contains("two operators write one state"));
}
