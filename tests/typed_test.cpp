// Typed graphs: constants, structure, and the same bits as the same graph through the run-time
// planner, on every target.
#include "typed_test.hpp"

#include <catch2/catch.hpp>

#include "typed_weights.hpp"

namespace q = octet::typed;
using namespace typed_test;

namespace {

using image = q::tensor<q::u8, q::shape<1, 8, 8, 1>, q::affine{0.0625f, 0}>;
constexpr auto residual = [](auto x) {
  auto y = x |
           q::conv2d({.filters = 16, .kernel = {3, 3}, .activation = q::relu},
                     q::per_channel(w1, s1), b1, {.scale = 0.05f, .zero_point = 3}) |
           q::conv2d({.filters = 16, .kernel = {1, 1}}, q::per_channel(w2, s2), b2,
                     {.scale = 0.06f, .zero_point = 2});
  return q::add(x, y, {.scale = 0.07f, .zero_point = 5});
};
constexpr auto classify =
    residual(q::input<image>() |
             q::conv2d({.filters = 16}, q::per_channel(w0, s0), b0, {0.02f, 0})) |
    q::global_avg_pool2d() | q::dense({.units = 10}, q::per_tensor(w3, 0.01f), b3, {0.1f, 0}) |
    q::dequantize();
using digits = q::compiled<classify, q::law::tflite_ref>;
static_assert(digits::arena_bytes <= 4096);
static_assert(std::same_as<digits::input, image>);
static_assert(std::same_as<digits::output, q::tensor<q::f32, q::shape<1, 10>>>);
static_assert(digits::nodes == 7);
static_assert(digits::node(0).round == q::rounding::doubling_high_half_away &&
              digits::node(5).round == q::rounding::double_half_away);
// 0.0625 * 0.001 / 0.02, rounded to 31 bits by TFLite's rule
static_assert(digits::multiplier(0).mult ==
              octet::numerics::quantize_multiplier(static_cast<double>(0.0625f * 0.001f) /
                                                   static_cast<double>(0.02f)));

}  // namespace

TEST_CASE("the classifier of the documentation equals its loaded form under every law") {
  same_as_loaded<digits>();
  same_as_loaded<q::compiled<classify, q::law::tflite_xnnpack>>();
  static digits net;
  std::array<std::uint8_t, 64> x{};
  std::array<float, 10> y{};
  net.run(x, y);
  const auto text = octet::to_string(digits::lower());
  CHECK(text.find("qnn.conv2d") != std::string::npos);
  CHECK(text.find("rounding DR") != std::string::npos);
  CHECK(text.find("f32_product 1") != std::string::npos);
}

TEST_CASE("a network on several threads gives the bits of one, and has scratch for each") {
  using alone = digits;
  const auto check = []<class Net>(unsigned threads) {
    same_as_loaded<Net>();  // the loaded one has one thread
    CHECK(Net::scratch_bytes == alone::scratch_bytes);
    CHECK(Net::arena_bytes == alone::arena_bytes);
    CHECK(Net::storage_bytes == alone::storage_bytes);
    CHECK(sizeof(Net) >= sizeof(alone) + (threads - 1) * Net::scratch_bytes);
    static Net net{typename Net::later{}};
    CHECK(net.threads() == 1);  // none is started before it is prepared
    for (octet::target on : octet::usable_targets()) {
      REQUIRE(net.prepare(on));
      octet::plan_options o;
      o.on = on;
      o.threads = threads;
      const auto p = octet::try_compile(Net::lower(), o);
      REQUIRE(p);
      unsigned split = 0;
      for (std::size_t i = 0; i < net.steps().size(); ++i) {
        CHECK(net.steps()[i].parts == p->data().steps[i].parts);
        split += net.steps()[i].parts == threads;
      }
      CHECK((split != 0) == (on != octet::target::reference));
    }
    CHECK(net.threads() == threads);
  };
  check.operator()<q::compiled<classify, q::law::tflite_ref, q::compile_options{.threads = 2}>>(2);
  check.operator()<q::compiled<classify, q::law::tflite_ref, q::compile_options{.threads = 5}>>(5);
  using none = q::compiled<classify, q::law::tflite_ref, q::compile_options{.threads = 0}>;
  static_assert(sizeof(none) == sizeof(alone));
}

namespace {
using small = q::tensor<q::s8, q::shape<1, 8, 8, 16>, q::affine{0.05f, -3}>;
constexpr auto point = [](auto x) {
  return x | q::conv2d({.filters = 16}, q::per_channel(w2, s2), b2, {0.06f, 2});
};

// Parallel branches of one value: two nodes, not one twice.
constexpr auto x0 = q::input<small>("x");
constexpr auto left = x0 | q::conv2d({.filters = 16}, q::per_channel(w2, s2), b2, {0.06f, 2});
constexpr auto right = x0 | q::conv2d({.filters = 16}, q::per_channel(w2, s2), b0, {0.06f, 2});
constexpr auto branches = q::add(left, right, {0.1f, 0});
static_assert(q::compiled<branches>::nodes == 3 && q::compiled<branches>::inputs == 1);
static_assert(q::compiled<branches>::node(2).ins == 2);

// The same block applied to the same value is the same value; applied again to its result it is
// another node.
constexpr auto twice_same = q::add(point(x0), point(x0), {0.1f, 0});
static_assert(q::compiled<twice_same>::nodes == 2);
constexpr auto twice_apart = q::add(point(x0), point(point(x0)), {0.1f, 0});
static_assert(q::compiled<twice_apart>::nodes == 3);

// Two inputs of one type stay two; one name is one input.
constexpr auto two_inputs = q::add(q::input<small>("a"), q::input<small>("b"), {0.1f, 0});
static_assert(q::compiled<two_inputs>::inputs == 2);
constexpr auto one_input = q::add(q::input<small>("a"), q::input<small>("a"), {0.1f, 0});
static_assert(q::compiled<one_input>::inputs == 1);

constexpr auto wide_concat =
    q::concat(-1)(point(x0) | q::max_pool2d(), left | q::max_pool2d(), right | q::max_pool2d()) |
    q::requantize({0.2f, 1});
static_assert(std::same_as<q::compiled<wide_concat>::output,
                           q::tensor<q::s8, q::shape<1, 4, 4, 48>, q::affine{0.2f, 1}>>);
static_assert(q::compiled<wide_concat>::nodes == 6);  // left is point(x0): one node and one pooling

// Several results, float input, a change of law and of element type on the way.
using picture = q::tensor<q::f32, q::shape<1, 8, 8, 16>>;
constexpr auto tail =
    q::input<picture>("picture") | q::quantize({0.05f, -3}, q::s8) |
    q::depthwise_conv2d({.activation = q::relu6}, q::per_channel(wd, s0), b0, {0.04f, -128});
constexpr auto accumulators = tail | q::conv2d({.filters = 16}, q::per_channel(w2, s2), b2);
static_assert(
    std::same_as<q::compiled<accumulators>::output, q::tensor<q::s32, q::shape<1, 8, 8, 16>>>);
constexpr auto several = q::outputs(
    accumulators | q::requantize<q::law::tflite_xnnpack>({0.06f, 2}) | q::named("quantized"),
    tail | q::requantize({0.1f, 128}, {.type = q::u8}) | q::reshape({1, 64, 16}) |
        q::named("bytes"),
    tail | q::avg_pool2d() | q::flatten() | q::dequantize());
using several_net = q::compiled<several>;
static_assert(several_net::outputs == 3);
static_assert(std::same_as<several_net::output_type<1>,
                           q::tensor<q::u8, q::shape<1, 64, 16>, q::affine{0.1f, 128}>>);
// The operators without a builder of their own, by their IR form.
constexpr auto generic =
    x0 | q::apply(octet::ops::mirror_pad, q::attrs(q::attr("paddings", {0, 0, 1, 1, 1, 1, 0, 0}))) |
    q::apply(octet::ops::transpose, q::attrs(q::attr("perm", {0, 3, 1, 2})));
static_assert(std::same_as<q::compiled<generic>::output,
                           q::tensor<q::s8, q::shape<1, 16, 10, 10>, q::affine{0.05f, -3}>>);
constexpr auto pieces = q::node(octet::ops::split, q::attrs(q::attr("axis", 3)),
                                {q::result_type{}, q::result_type{}}, q::rounding::none, x0);
constexpr auto swapped = q::concat(3)(pieces[1], pieces[0]);
}  // namespace

TEST_CASE("branches, joins, several inputs and results equal their loaded form") {
  same_as_loaded<q::compiled<branches>>();
  same_as_loaded<q::compiled<twice_same>>();
  same_as_loaded<q::compiled<twice_apart>>();
  same_as_loaded<q::compiled<two_inputs>>();
  same_as_loaded<q::compiled<one_input>>();
  same_as_loaded<q::compiled<wide_concat>>();
  same_as_loaded<several_net>();
  same_as_loaded<q::compiled<generic>>();
  same_as_loaded<q::compiled<swapped>>();
  CHECK(several_net::lower()[several_net::lower().outputs[1]].name == "bytes");
}

TEST_CASE("heterogeneous edges are Hana tuples") {
  static several_net net;
  std::size_t bytes = 0;
  boost::hana::for_each(net.output_views(), [&](auto view) { bytes += view.size_bytes(); });
  CHECK(bytes == 1024 + 1024 + 4 * 4 * 16 * sizeof(float));
}

namespace {
namespace names {
using named_row = q::tensor<q::s8, q::shape<1, 4>, q::affine{0.05f, -3}>;
constexpr auto named_difference =
    q::sub(q::input<named_row>("left"), q::input<named_row>("right"), {0.1f, 2});
using named_net = q::compiled<named_difference>;
}  // namespace names
}  // namespace

TEST_CASE("inputs and results by name, in code and loaded") {
  using namespace octet::literals;
  using names::named_net;
  static named_net net;
  const std::array<std::int8_t, 4> a{1, -2, 3, 4}, b{50, 60, -70, 80};
  const auto out = net("right"_in = b, "left"_in = a)["output"_out];
  static_assert(std::is_same_v<decltype(out), const std::span<const std::int8_t, 4>>);
  const std::vector<std::int8_t> got(out.begin(), out.end());  // the next run writes there again
  std::array<std::int8_t, 4> want{};
  net.run(a, b, want);
  CHECK(std::equal(got.begin(), got.end(), want.begin()));
  octet::session s(octet::compile(named_net::lower()));
  const auto loaded = s("left"_in = a, "right"_in = b)["output"_out].as<std::int8_t>();
  CHECK(std::equal(loaded.begin(), loaded.end(), want.begin()));
  CHECK_THROWS_WITH(s("left"_in = a), Catch::Contains("left, right"));
  CHECK_THROWS_WITH(s("lift"_in = a, "right"_in = b), Catch::Contains("lift"));
  CHECK_THROWS_WITH(s["scores"_out], Catch::Contains("scores"));
}
