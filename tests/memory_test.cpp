// The memory layout: blocks that exist together never overlap, arenas are those of the plain greedy
// method, large graphs are laid out too; what operators and kernels declare.
#include "octet/plan/memory.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "typed_test.hpp"

namespace {
using octet::lifetime;

/// Greedy by size as its definition says it, in n^2 steps.
std::size_t place_plainly(std::vector<lifetime>& blocks) {
  std::vector<std::size_t> order(blocks.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return blocks[a].bytes > blocks[b].bytes; });
  std::size_t peak = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    lifetime& b = blocks[order[k]];
    const auto free = [&](std::size_t at) {
      for (std::size_t i = 0; i < k; ++i) {
        const lifetime& o = blocks[order[i]];
        const bool together = o.first <= b.last && b.first <= o.last;
        if (together && at < o.offset + o.bytes && o.offset < at + b.bytes) return false;
      }
      return true;
    };
    b.offset = 0;
    while (!free(b.offset)) b.offset += octet::alignment;
    peak = std::max(peak, b.offset + b.bytes);
  }
  return peak;
}
}  // namespace

TEST_CASE("placement is the plain greedy one") {
  std::uint32_t state = 1;
  const auto next = [&](std::uint32_t below) {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
  };
  for (int graph = 0; graph < 300; ++graph) {
    const std::uint32_t steps = 1 + next(40), count = 1 + next(60), longest = 1 + next(steps);
    std::vector<lifetime> blocks(count);
    for (lifetime& b : blocks) {
      b.bytes = 1 + next(1000);
      b.first = static_cast<std::int32_t>(next(steps));
      b.last = static_cast<std::int32_t>(
          std::min(steps - 1, static_cast<std::uint32_t>(b.first) + next(longest)));
    }
    std::vector<lifetime> plain = blocks;
    REQUIRE(octet::place(blocks) == place_plainly(plain));
    for (std::size_t i = 0; i < blocks.size(); ++i) CHECK(blocks[i].offset == plain[i].offset);
  }
}

TEST_CASE("a chain of 100,000 tensors lies in three of them") {
  // Each exists for two steps, the first for all.
  constexpr std::int32_t n = 100000;
  std::vector<lifetime> blocks;
  for (std::int32_t i = 0; i < n; ++i)
    blocks.push_back({static_cast<std::size_t>(64 * (1 + i % 5)), i, i == 0 ? n : i + 1});
  CHECK(octet::place(blocks) == 64 + 320 + 256);
}

// ---- what operators and kernels declare ----

namespace {
struct reversed_params {
  std::size_t count = 0;
};
/// Writes its input backwards, by way of scratch of 16 bytes an element: more than any operator of
/// octet takes.
void reversed_kernel(const octet::kernel_args& a) noexcept {
  const auto n = static_cast<const reversed_params*>(a.params)->count;
  auto* scratch = static_cast<std::byte*>(a.scratch);
  for (std::size_t i = 0; i < n; ++i)
    scratch[16 * (n - 1 - i)] = static_cast<const std::byte*>(a.in[0])[i];
  for (std::size_t i = 0; i < n; ++i) static_cast<std::byte*>(a.out[0])[i] = scratch[16 * i];
}
constexpr octet::status reversed_shape(const octet::node_view& n, std::span<octet::dims> out) {
  out[0] = n.in[0].shape;
  return octet::unit{};
}
constexpr void reversed_memory(const octet::node_view& n, octet::node_memory& to) {
  to.make<reversed_params>();
  to.reference_scratch = 16 * n.in[0].shape.elements().value;
}
octet::status reversed_prepare(const octet::node_view& n, octet::prepared& to) {
  to.make<reversed_params>(&reversed_kernel).count = n.in[0].shape.elements().value;
  return octet::unit{};
}
constexpr octet::op_def reversed{
    .name = "test.reversed",
    .summary = "a test",
    .shape = &reversed_shape,
    .memory = &reversed_memory,
    .prepare = &reversed_prepare,
};
octet::status greedy_prepare(const octet::node_view& n, octet::prepared& to) {
  to.array<double>(9);  // not declared
  return reversed_prepare(n, to);
}
constexpr octet::op_def greedy{
    .name = "test.greedy",
    .summary = "a test",
    .shape = &reversed_shape,
    .memory = &reversed_memory,
    .prepare = &greedy_prepare,
};

namespace q = octet::typed;
using row = q::tensor<q::s8, q::shape<1, 1000>, q::affine{0.05f, -3}>;
constexpr auto backwards = q::input<row>() | q::apply(reversed, q::attrs());
constexpr auto too_much = q::input<row>() | q::apply(greedy, q::attrs());
using net_type = q::compiled<backwards>;
static_assert(net_type::scratch_bytes == 16000);
static_assert(net_type::storage_bytes == octet::alignment);  // the params
// Kernels' scratch: a matrix product of two run-time operands packs one of them for each call.
using square = q::tensor<q::s8, q::shape<1, 64, 64>, q::affine{0.05f, 0}>;
constexpr auto product = q::batch_matmul(q::input<square>("a"), q::input<square>("b"), {0.5f, 0});
static_assert(q::compiled<product>::bytes_on(octet::target::reference).scratch == 0);
static_assert(q::compiled<product>::scratch_bytes > 64 * 64);
}  // namespace

TEST_CASE("an operator with scratch of its own runs in typed graphs") {
  static net_type net;
  std::array<std::int8_t, 1000> x{}, y{};
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<std::int8_t>(i * 7);
  net.run(x, y);
  for (std::size_t i = 0; i < x.size(); ++i) REQUIRE(y[i] == x[x.size() - 1 - i]);
  auto p = octet::try_compile(net_type::lower());
  REQUIRE(p);
  CHECK(p->scratch_bytes() == net_type::scratch_bytes);
  CHECK(p->weight_bytes() == net_type::storage_bytes);
}

TEST_CASE("an operator that takes more than it declares is refused on every path") {
  using small = q::compiled<too_much>;
  static small net{small::later{}};
  const auto typed = net.prepare();
  REQUIRE_FALSE(typed);
  CHECK(typed.error().message().find("op_def::memory") != std::string::npos);
  const auto loaded = octet::try_compile(small::lower());
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().what == typed.error().what);
}

// ---- typed and loaded networks take the same memory ----

namespace {
template <class T, std::size_t N> constexpr std::array<T, N> any_values(std::uint32_t state) {
  std::array<T, N> v{};
  for (T& e : v) {
    state = state * 1664525u + 1013904223u;
    e = static_cast<T>(state >> 24);
  }
  return v;
}
/// The same where a signed byte holds their distance from the zero point, else the nearest.
template <class W, std::size_t N>
constexpr std::array<W, N> near_zero_point(std::array<W, N> v, std::int32_t zero_point) {
  for (W& e : v)
    e = static_cast<W>(std::clamp<std::int32_t>(e, zero_point - 128, zero_point + 127));
  return v;
}
/// A convolution with padding, a depthwise one, a sum, a pool, a layer: activations of type T with
/// zero points that are not in the middle of it, weights of type W with zero point Z. What is
/// packed depends on whether a signed byte holds the weights' distances from Z; a typed network
/// keeps room for both forms, a loaded one for what its weights need: each layer has those that
/// need more.
template <octet::dtype T, class W, std::int32_t Z, std::int32_t First, std::int32_t Second>
struct small_layers {
  static constexpr auto w1 = any_values<W, 6 * 3 * 3 * 5>(1);
  static constexpr auto w2 = near_zero_point(any_values<W, 3 * 3 * 6>(2), Z);
  static constexpr auto w3 = any_values<W, 7 * 4 * 4 * 6>(3);
  static constexpr auto input =
      q::input<q::tensor<T, q::shape<1, 9, 9, 5>, q::affine{0.05, First}>>();
  static constexpr auto first = input | q::conv2d({.filters = 6, .kernel = {3, 3}},
                                                  q::per_tensor(w1, 0.01, Z), {}, {0.4, Second});
  static constexpr auto second =
      first | q::depthwise_conv2d({.kernel = {3, 3}}, q::per_tensor(w2, 0.01, Z), {}, {0.3, First});
  static constexpr auto graph =
      q::add(first, second, {0.5, Second}) | q::max_pool2d({.padding = q::valid}) |
      q::dense({.units = 7}, q::per_tensor(w3, 0.01, Z), {}, {0.9, First});
};
template <octet::dtype T, class W, std::int32_t Z, std::int32_t First, std::int32_t Second,
          octet::law L>
void takes_what_loaded_takes(octet::target needs_less = octet::target::automatic) {
  typed_test::same_as_loaded<q::compiled<small_layers<T, W, Z, First, Second>::graph, L>>(
      1, needs_less);
}
}  // namespace

TEST_CASE("typed networks of uint8 with odd zero points take the memory of loaded ones") {
  using octet::dtype, octet::law;
  // The depthwise layer's weights fit a signed byte; with 8 lanes those that do not need more.
  constexpr auto less = octet::target::avx2_vnni;
  takes_what_loaded_takes<dtype::u8, std::uint8_t, 117, 3, 251, law::tflite_ref>(less);
  takes_what_loaded_takes<dtype::u8, std::int8_t, 0, 77, 129, law::pytorch_fbgemm>();
  takes_what_loaded_takes<dtype::u8, std::int8_t, -5, 77, 129, law::pytorch_qnnpack>(less);
}
TEST_CASE("typed networks of int8 and int16 take the memory of loaded ones") {
  using octet::dtype, octet::law;
  takes_what_loaded_takes<dtype::s8, std::int8_t, 0, -3, 97, law::tflite_xnnpack>();
  takes_what_loaded_takes<dtype::s16, std::int8_t, 0, 0, 0, law::tflite_ref>();
}

namespace {
/// Weights 117 below and 138 above their zero point: no signed byte holds both.
constexpr std::array<std::uint8_t, 3 * 3 * 6> far_weights = [] {
  std::array<std::uint8_t, 3 * 3 * 6> w{};
  w.back() = 255;
  return w;
}();
constexpr auto far_layer =
    q::input<q::tensor<q::u8, q::shape<1, 9, 9, 6>, q::affine{0.05, 3}>>() |
    q::depthwise_conv2d({.kernel = {3, 3}}, q::per_tensor(far_weights, 0.01, 117), {}, {0.3, 3});
}  // namespace

TEST_CASE("a typed layer whose weights fit no signed byte has room for what a loaded one takes") {
  using net = q::compiled<far_layer, octet::law::tflite_ref>;
  for (const octet::target on : octet::usable_targets()) {
    INFO("target " << octet::name_of(on));
    octet::plan_options o;
    o.on = on;
    const auto p = octet::try_compile(net::lower(), o);
    REQUIRE(p);
    CHECK(p->weight_bytes() <= net::bytes_on(on).storage);
  }
}
