// What the core has room for beyond 8-bit TFLite: each kind of tensor, bias, accumulator, state and
// operator that other formats bring.
#include <catch2/catch.hpp>

#include "octet/octet.hpp"

namespace {

using octet::dims;
using octet::dtype;
using octet::graph;
using octet::no_tensor;
using octet::rounding;
using octet::tensor_id;

struct quant {
  double scale = 0;
  std::int32_t zero = 0;
};
tensor_id value(graph& g, const char* name, dtype t, dims shape, quant q = {}) {
  octet::tensor x;
  x.name = name;
  x.type = t;
  x.shape = shape;
  if (q.scale > 0) x.scales = {q.scale}, x.zero_points = {q.zero};
  return g.add(std::move(x));
}
template <class T>
tensor_id constant(graph& g, const char* name, dims shape, std::vector<T> v, quant q = {}) {
  const tensor_id t = g.add_constant(name, octet::dtype_of<T>, shape,
                                     octet::constant_data::of(std::span<const T>(v)));
  if (q.scale > 0) g[t].scales = {q.scale}, g[t].zero_points = {q.zero};
  return t;
}
octet::session start(const graph& g, octet::plan_options o = {}) {
  auto p = octet::try_compile(g, o);
  INFO((p ? std::string() : p.error().message()));
  REQUIRE(p);
  return octet::session(*p);
}
template <class T> void put(octet::session& s, std::size_t i, std::vector<T> v) {
  REQUIRE(s.input(i).try_assign(std::span<const T>(v)));
}
template <class T> std::vector<T> got(octet::session& s, std::size_t i = 0) {
  const auto y = s.output(i).as<T>();
  return {y.begin(), y.end()};
}

/// x [1,2] times w [1,2] with the given bias, one output.
template <class Out>
std::vector<Out> dense(tensor_id (*bias)(graph&), rounding round, quant out,
                       std::vector<std::int8_t> x = {3, -5}, std::int32_t weight_zero = 0) {
  graph g;
  const tensor_id in = value(g, "x", dtype::s8, {1, 2}, {0.5, 1}),
                  w = constant<std::int8_t>(g, "w", {1, 2}, {10, 4}, {0.25, weight_zero});
  const tensor_id b = bias(g), y = value(g, "y", octet::dtype_of<Out>, {1, 1}, out);
  g.inputs = {in}, g.outputs = {y};
  g.add_node(octet::ops::fully_connected, "dense", {in, w, b}, {y}, {}, round);
  auto s = start(g);
  put(s, 0, x);
  s.run();
  return got<Out>(s);
}
tensor_id no_bias(graph&) { return no_tensor; }
tensor_id bias32(graph& g) { return constant<std::int32_t>(g, "b", {1}, {7}); }
tensor_id bias64(graph& g) { return constant<std::int64_t>(g, "b", {1}, {7}); }
tensor_id bias_float(graph& g) { return constant<float>(g, "b", {1}, {0.875f}); }  // 7 * 0.5 * 0.25

// A running sum that survives from call to call, and its negation as a second output: state, two
// outputs, registered from outside.
struct running_params {
  std::size_t count;
};
void running_kernel(const octet::kernel_args& a) noexcept {
  const auto n = static_cast<const running_params*>(a.params)->count;
  const auto* x = static_cast<const std::int32_t*>(a.in[0]);
  auto *state = static_cast<std::int32_t*>(a.out[0]), *sum = static_cast<std::int32_t*>(a.out[1]),
       *negated = static_cast<std::int32_t*>(a.out[2]);
  for (std::size_t i = 0; i < n; ++i) {
    state[i] += x[i];
    sum[i] = state[i];
    negated[i] = -state[i];
  }
}
octet::status running_shape(const octet::node_view& n, std::span<dims> out) {
  for (dims& d : out) d = n.in[0].shape;
  return octet::unit{};
}
octet::status running_prepare(const octet::node_view& n, octet::prepared& to) {
  to.make<running_params>(&running_kernel).count = n.in[0].shape.elements().value;
  return octet::unit{};
}
constexpr octet::op_def running_sum{
    .name = "test.running_sum",
    .summary = "sums over calls",
    .min_inputs = 2,
    .max_inputs = 2,
    .outputs = 3,
    .shape = &running_shape,
    .prepare = &running_prepare,
};

}  // namespace

TEST_CASE("biases: none, int32, int64, float32, and accumulators in int32 and int64", "[room]") {
  // acc = (3 - 1) * 10 + (-5 - 1) * 4 = -4, real scale 0.125
  CHECK(dense<std::int32_t>(&no_bias, rounding::none, {}) == std::vector<std::int32_t>{-4});
  CHECK(dense<std::int32_t>(&bias32, rounding::none, {}) == std::vector<std::int32_t>{3});
  CHECK(dense<std::int64_t>(&bias64, rounding::none, {}) == std::vector<std::int64_t>{3});
  CHECK(dense<std::int8_t>(&bias32, rounding::doubling_high_half_away, {0.125, 2}) ==
        std::vector<std::int8_t>{5});
  CHECK(dense<std::int8_t>(&bias_float, rounding::float_bias_half_even, {0.125, 2}) ==
        std::vector<std::int8_t>{5});
}

TEST_CASE("weight zero points", "[room]") {
  // (2) * (10 - 3) + (-6) * (4 - 3)
  CHECK(dense<std::int32_t>(&no_bias, rounding::none, {}, {3, -5}, 3) ==
        std::vector<std::int32_t>{8});
}

TEST_CASE("laws differ where they should", "[room]") {
  // times 0.5: the high multiply of DR sends ties up, F to even
  graph g;
  const tensor_id x = value(g, "x", dtype::s32, {4}, {0.5, 0}),
                  a = value(g, "up", dtype::s8, {4}, {1, 0}),
                  e = value(g, "even", dtype::s8, {4}, {1, 0});
  g.inputs = {x}, g.outputs = {a, e};
  g.add_node(octet::ops::requantize, "up", {x}, {a}, {}, rounding::doubling_high_half_away);
  g.add_node(octet::ops::requantize, "even", {x}, {e}, {}, rounding::float_half_even);
  auto s = start(g);
  put<std::int32_t>(s, 0, {1, 5, -1, -5});
  s.run();
  CHECK(got<std::int8_t>(s, 0) == std::vector<std::int8_t>{1, 3, 0, -2});
  CHECK(got<std::int8_t>(s, 1) == std::vector<std::int8_t>{0, 2, 0, -2});
}

TEST_CASE("int16 and int32 activations", "[room]") {
  graph g;
  const tensor_id x = value(g, "x", dtype::s32, {2}, {0.5, 0}),
                  h = value(g, "h", dtype::s16, {2}, {0.25, 0}),
                  y = value(g, "y", dtype::s32, {2}, {0.125, 0});
  g.inputs = {x}, g.outputs = {h, y};
  g.add_node(octet::ops::requantize, "down", {x}, {h}, {}, rounding::doubling_high_half_away);
  g.add_node(octet::ops::requantize, "up", {h}, {y}, {}, rounding::doubling_high_half_away);
  auto s = start(g);
  put<std::int32_t>(s, 0, {1000, 20000});
  s.run();
  CHECK(got<std::int16_t>(s, 0) == std::vector<std::int16_t>{2000, 32767});
  CHECK(got<std::int32_t>(s, 1) == std::vector<std::int32_t>{4000, 65534});
}

TEST_CASE("scales are binary64: a PyTorch scale is not rounded to binary32", "[room]") {
  const double s = 0.1;  // not a binary32 value
  graph g;
  const tensor_id x = value(g, "x", dtype::s8, {1}, {s, 0});
  CHECK(g[x].desc().scale() == s);
  CHECK(g[x].desc().scale() != static_cast<double>(static_cast<float>(s)));
  CHECK(octet::to_string(g).find("law") != std::string::npos);
  CHECK(octet::type_text(g[x]).find("scale 0.1 ") != std::string::npos);
}

TEST_CASE("memory formats travel with a tensor", "[room]") {
  graph g;
  const tensor_id x = value(g, "x", dtype::s8, {1, 2, 2, 1}, {0.5, 0});
  g[x].format = octet::memory_format::channels_last;
  g.inputs = g.outputs = {x};
  auto s = start(g);
  const octet::tensor& t = s.program().source()[x];
  CHECK(t.format == octet::memory_format::channels_last);
}

TEST_CASE("both operands of a product may be computed at run time", "[room]") {
  graph g;
  const tensor_id x = value(g, "x", dtype::s8, {1, 2}, {1, 0}),
                  w = value(g, "w", dtype::s8, {2, 2}, {1, 0}),
                  y = value(g, "y", dtype::s32, {1, 2});
  g.inputs = {x, w}, g.outputs = {y};
  g.add_node(octet::ops::fully_connected, "product", {x, w, no_tensor}, {y});
  auto s = start(g);
  put<std::int8_t>(s, 0, {2, 3});
  put<std::int8_t>(s, 1, {1, 10, 100, -1});
  s.run();
  CHECK(got<std::int32_t>(s) == std::vector<std::int32_t>{32, 197});
}

TEST_CASE("state, several outputs and an operator registered from outside", "[room]") {
  constexpr const octet::op_def* mine[] = {&running_sum};
  const octet::op_def* op = octet::find_operator("test.running_sum", mine);
  REQUIRE(op == &running_sum);
  CHECK(octet::find_operator("test.running_sum") == nullptr);
  graph g;
  const tensor_id x = value(g, "x", dtype::s32, {2}),
                  state = constant<std::int32_t>(g, "state", {2}, {100, 0}),
                  sum = value(g, "sum", dtype::s32, {2}),
                  negated = value(g, "negated", dtype::s32, {2});
  g[state].role = octet::tensor::kind::state;
  g.inputs = {x}, g.outputs = {sum, negated};
  g.add_node(*op, "running", {x, state}, {state, sum, negated});
  auto p = octet::try_compile(g);
  REQUIRE(p);
  octet::session a(*p), b(*p);  // one plan, each session its own state
  for (int i = 1; i <= 3; ++i) {
    put<std::int32_t>(a, 0, {1, 2});
    a.run();
    CHECK(got<std::int32_t>(a, 0) == std::vector<std::int32_t>{100 + i, 2 * i});
  }
  put<std::int32_t>(b, 0, {1, 2});
  b.run();
  CHECK(got<std::int32_t>(b, 1) == std::vector<std::int32_t>{-101, -2});
  a.reset();
  put<std::int32_t>(a, 0, {0, 0});
  a.run();
  CHECK(got<std::int32_t>(a, 0) == std::vector<std::int32_t>{100, 0});
  CHECK(octet::to_string(g).find("state") != std::string::npos);
}

TEST_CASE("tensors without elements are planned and cost nothing", "[room]") {
  graph g;
  const auto value = [&](dims shape) {
    octet::tensor t;
    t.type = octet::dtype::s8;
    t.shape = shape;
    t.scales = {0.05};
    t.zero_points = {2};
    return g.add(std::move(t));
  };
  const tensor_id x = value({8, 9, 3, 0}), y = value({8, 4000, 4000, 0});
  g.inputs = {x};
  g.outputs = {y};
  octet::attributes a;
  a.set("out_h", std::int64_t{4000});
  a.set("out_w", std::int64_t{4000});
  g.add_node(octet::ops::qnn_resize_bilinear, "", {x}, {y}, std::move(a),
             octet::rounding::doubling_high_half_away);
  for (octet::target t : octet::usable_targets()) {
    octet::plan_options o;
    o.on = t;
    const auto p = octet::try_compile(g, o);
    INFO((p ? std::string() : p.error().message()));
    REQUIRE(p);
    octet::session s(*p);
    s.run();
    CHECK(s.output().shape().elements().value == 0);
    CHECK(std::string(p->data().steps.at(0).kernel_name) == "nothing");
  }
  graph huge = g;
  huge[x].shape = {512, 9216, 3072, 0};
  const auto refused = octet::try_compile(huge);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == octet::errc::too_large);
}

TEST_CASE("every part of a parallel kernel has its own scratch", "[room]") {
  graph g;
  const tensor_id x = value(g, "x", dtype::u8, {1, 13, 11, 5}, {0.5, 7});
  std::vector<std::int8_t> weights(9 * 3 * 3 * 5);
  for (std::size_t i = 0; i < weights.size(); ++i)
    weights[i] = static_cast<std::int8_t>(i * 37 % 255 - 127);
  const tensor_id w = constant<std::int8_t>(g, "w", {9, 3, 3, 5}, weights, {0.25, 0}),
                  y = value(g, "y", dtype::u8, {1, 13, 11, 9}, {20, 100});
  g.inputs = {x}, g.outputs = {y};
  octet::conv2d_attrs a;
  a.pad_top = a.pad_left = a.pad_bottom = a.pad_right = 1;
  g.add_node(octet::ops::conv2d, "conv", {x, w, no_tensor}, {y}, octet::to_attributes(a),
             rounding::doubling_high_half_away);
  std::vector<std::uint8_t> pixels(13 * 11 * 5), expected;
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 91);
  for (unsigned threads : {1u, 2u, 3u, 5u}) {
    octet::plan_options o;
    o.threads = threads;
    auto s = start(g, o);
    CHECK(s.program().arena_bytes() >=
          s.program().activation_bytes() + threads * s.program().scratch_bytes());
    for (int round = 0; round < 20; ++round) {
      put(s, 0, pixels);
      s.run();
      if (expected.empty()) expected = got<std::uint8_t>(s);
      REQUIRE(got<std::uint8_t>(s) == expected);
    }
  }
}
