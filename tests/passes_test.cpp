// Passes keep every output bit: layers over rows that are quantized when the network runs, as one
// node and as the three that loaders emit, on every target.
#include "octet/graph/passes.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "octet/ops/list.hpp"
#include "octet/runtime/session.hpp"
#include "ops_test.hpp"

namespace {

using octet::dims;
using octet::dtype;
using octet::rounding;
using octet::tensor_id;

/// One layer: quantize, sums, floats.
struct layer {
  const octet::op_def* op = &octet::ops::conv2d;
  dims x, w;
  std::int32_t rows = 1;
  rounding quantize = rounding::xnnpack, dequantize = rounding::xnnpack;
  bool asymmetric = true, bias = true, per_channel = true;
  octet::attributes attrs{}, floats{};
};

template <class T> octet::constant_data data(std::size_t count, std::uint32_t seed) {
  std::mt19937 r(seed);
  std::vector<T> v(count);
  for (T& e : v)
    e = static_cast<T>(std::is_floating_point_v<T> ? std::normal_distribution<float>(0, 5)(r)
                                                   : static_cast<float>(r() % 256) - 128);
  return octet::constant_data::of(std::span<const T>(v));
}
tensor_id value(octet::graph& g, dtype type, dims shape = {}) {
  octet::tensor t;
  t.type = type, t.shape = shape;
  return g.add(std::move(t));
}
octet::graph made(const layer& l) {
  octet::graph g;
  const tensor_id x = value(g, dtype::f32, l.x);
  g.inputs = {x};
  const bool dense = l.op == &octet::ops::fully_connected;
  const std::int32_t channels = l.w[0];
  const tensor_id w =
      g.add_constant("w", dtype::s8, l.w, data<std::int8_t>(l.w.elements().value, 3));
  for (std::int32_t c = 0; c < (l.per_channel ? channels : 1); ++c)
    g[w].scales.push_back(0.01 * (c + 1)), g[w].zero_points.push_back(0);
  if (l.per_channel && channels > 1) g[w].axis = 0;
  const tensor_id codes = value(g, l.asymmetric ? dtype::s16 : dtype::s8),
                  scales = value(g, dtype::f32), sums = value(g, dtype::s32),
                  y = value(g, dtype::f32);
  g[sums].scales = g[w].scales;
  octet::attributes q;
  q.set("rows", std::int64_t{l.rows});
  if (l.asymmetric) q.set("asymmetric", std::int64_t{1});
  const auto add = [&](const octet::op_def& op, std::vector<tensor_id> in,
                       std::vector<tensor_id> out, octet::attributes a, rounding r) {
    REQUIRE(octet::infer_shapes(
        g, g.add_node(op, "n", std::move(in), std::move(out), std::move(a), r)));
  };
  add(octet::ops::dynamic_quantize, {x}, {codes, scales}, q, l.quantize);
  add(*l.op, {codes, w}, {sums}, l.attrs, rounding::none);
  if (g[sums].scales.size() > 1) g[sums].axis = dense ? 1 : 3;
  std::vector<tensor_id> in{sums, scales};
  if (l.bias)
    in.push_back(
        g.add_constant("b", dtype::f32, dims{channels}, data<float>(octet::as_size(channels), 4)));
  add(octet::ops::dynamic_dequantize, std::move(in), {y}, l.floats, l.dequantize);
  g.outputs = {y};
  return g;
}
std::vector<float> run(const octet::graph& g, const octet::plan_options& o, std::uint32_t seed,
                       const octet::op_def& last) {
  const auto p = octet::try_compile(g, o);
  if (!p) FAIL(p.error().message());
  CHECK(p->source().nodes.back().op == &last);
  octet::session s(*p);
  const auto x = s.input().view();
  const auto from = data<float>(x.size_bytes() / 4, seed);
  std::memcpy(x.data, from.bytes.data(), x.size_bytes());
  s.run();
  const auto y = s.output().view();
  std::vector<float> out(y.size_bytes() / 4);
  std::memcpy(out.data(), y.data, y.size_bytes());
  return out;
}
void equal_on_every_target(const layer& l, const octet::op_def& one) {
  const octet::graph g = made(l);
  octet::plan_options apart;
  apart.on = octet::target::reference, apart.optimize = false;
  const auto expected = run(g, apart, 5, octet::ops::dynamic_dequantize);
  for (const octet::target t : octet::enumerators<octet::target>) {
    if (t != octet::target::reference && !octet::can_run(t)) continue;
    for (const unsigned threads : {1u, 3u}) {
      octet::plan_options o;
      o.on = t, o.threads = threads;
      INFO(name_of(t) << ", " << threads << " threads");
      const auto got = run(g, o, 5, one);
      REQUIRE(got.size() == expected.size());
      CHECK(std::memcmp(got.data(), expected.data(), got.size() * 4) == 0);
    }
  }
}

}  // namespace

TEST_CASE("a convolution over images that are quantized when it runs is one node", "[passes]") {
  layer l;
  l.x = {2, 7, 9, 5}, l.w = {35, 3, 3, 5}, l.rows = 2;
  l.attrs = to_attributes(
      octet::conv2d_attrs{.stride_h = 2, .pad_top = 1, .pad_left = 2, .pad_right = 1});
  l.attrs.set("input_limit", std::int64_t{255});
  equal_on_every_target(l, octet::ops::dynamic_conv2d);
  l.rows = 1, l.bias = false;
  equal_on_every_target(l, octet::ops::dynamic_conv2d);
  l.quantize = rounding::divide_half_away, l.dequantize = rounding::none;
  l.floats.set("float_lo", 0.), l.floats.set("float_hi", 900.);
  equal_on_every_target(l, octet::ops::dynamic_conv2d);
  l.asymmetric = false, l.bias = true;
  equal_on_every_target(l, octet::ops::dynamic_conv2d);
  l.floats.set("scales_first", std::int64_t{1}), l.per_channel = false;
  equal_on_every_target(l, octet::ops::dynamic_conv2d);
}
TEST_CASE("a convolution over pixels that are quantized when it runs is one node", "[passes]") {
  layer l;
  l.x = {2, 5, 6, 12}, l.w = {70, 1, 1, 12}, l.rows = 60;
  equal_on_every_target(l, octet::ops::dynamic_conv2d);
}
TEST_CASE("a transposed convolution over images that are quantized when it runs is one node",
          "[passes]") {
  layer l;
  l.op = &octet::ops::transpose_conv2d;
  l.x = {2, 7, 9, 5}, l.w = {35, 3, 3, 5}, l.rows = 2;
  l.attrs = to_attributes(
      octet::transpose_conv2d_attrs{.stride_h = 2, .stride_w = 2, .pad_top = 1, .pad_right = 1});
  l.attrs.set("input_limit", std::int64_t{255});
  equal_on_every_target(l, octet::ops::dynamic_transposed);
  l.rows = 1, l.bias = false, l.w = {16, 2, 2, 5};
  equal_on_every_target(l, octet::ops::dynamic_transposed);
}
TEST_CASE("a matrix product over rows that are quantized when it runs is one node", "[passes]") {
  layer l;
  l.op = &octet::ops::fully_connected;
  l.x = {27, 33}, l.w = {70, 33}, l.rows = 27;
  equal_on_every_target(l, octet::ops::dynamic_fully_connected);
  l.rows = 1, l.quantize = l.dequantize = rounding::aten;
  equal_on_every_target(l, octet::ops::dynamic_fully_connected);
  l.x = {1, 33}, l.bias = false;
  equal_on_every_target(l, octet::ops::dynamic_fully_connected);
}
TEST_CASE("what else reads a layer's sums or its rows' codes keeps its three nodes", "[passes]") {
  layer l;
  l.x = {1, 4, 4, 3}, l.w = {5, 3, 3, 3};
  for (const std::size_t node : {std::size_t{0}, std::size_t{1}}) {
    octet::graph g = made(l);
    g.outputs.push_back(g.nodes[node].out[0]);
    octet::passes::optimize(g);
    CHECK(g.nodes.size() == 3);
  }
  octet::graph grouped = made(l);
  grouped.nodes[1].op = &octet::ops::depthwise_conv2d;
  octet::passes::optimize(grouped);
  CHECK(grouped.nodes.size() == 3);
}

TEST_CASE("rows put together along the last axis are quantized from where they are", "[passes]") {
  const auto joined = [](std::int64_t axis, bool shown) {
    octet::graph g;
    const tensor_id a = value(g, dtype::f32, {2, 3, 16}), b = value(g, dtype::f32, {2, 3, 16}),
                    both = value(g, dtype::f32), codes = value(g, dtype::s8),
                    scales = value(g, dtype::f32), zeros = value(g, dtype::s32);
    g.inputs = {a, b};
    octet::attributes along, rows;
    along.set("axis", axis), rows.set("rows", std::int64_t{2});
    REQUIRE(octet::infer_shapes(
        g, g.add_node(octet::ops::concat, "n", {a, b}, {both}, std::move(along), rounding::none)));
    REQUIRE(octet::infer_shapes(
        g, g.add_node(octet::ops::dynamic_quantize_asymmetric, "n", {both}, {codes, scales, zeros},
                      std::move(rows), rounding::xnnpack)));
    g.outputs = {codes, scales, zeros};
    if (shown) g.outputs.push_back(both);
    octet::passes::optimize(g);
    return g.nodes.size();
  };
  CHECK(joined(-1, false) == 1);
  CHECK(joined(2, false) == 1);
  CHECK(joined(1, false) == 2);
  CHECK(joined(2, true) == 2);
}

namespace {
/// Rows brought to mean 0 and variance 1 by single operators; `turned`: their operands the other
/// way round.
octet::graph normalization_graph(bool turned, bool shown) {
  octet::graph g;
  const tensor_id x = value(g, dtype::f32, {2, 9, 37});
  g.inputs = {x};
  octet::attributes rows;
  rows.set("axes", std::vector<std::int64_t>{-1}), rows.set("keep_dims", std::int64_t{1});
  const auto add = [&](const octet::op_def& op, std::vector<tensor_id> in,
                       rounding r = rounding::none, octet::attributes a = {}) {
    if (turned && (&op == &octet::ops::add || &op == &octet::ops::mul)) std::swap(in[0], in[1]);
    const tensor_id y = value(g, dtype::f32);
    REQUIRE(octet::infer_shapes(g, g.add_node(op, "n", std::move(in), {y}, std::move(a), r)));
    return y;
  };
  const auto number = [&](float v) {
    return g.add_constant("c", dtype::f32, {},
                          octet::constant_data::of(std::span<const float>(&v, 1)));
  };
  const tensor_id w = g.add_constant("w", dtype::f32, {1, 1, 37}, data<float>(37, 3)),
                  b = g.add_constant("b", dtype::f32, {37}, data<float>(37, 4));
  const tensor_id m = add(octet::ops::mean, {x}, rounding::xnnpack, rows),
                  minus = add(octet::ops::sub, {number(0), m}),
                  squares = add(octet::ops::squared_difference, {x, m}),
                  v = add(octet::ops::mean, {squares}, rounding::xnnpack, rows),
                  root = add(octet::ops::rsqrt, {add(octet::ops::add, {v, number(1e-3f)})},
                             rounding::xnnpack),
                  scale = add(octet::ops::mul, {root, w}),
                  shift = add(octet::ops::add, {add(octet::ops::mul, {minus, scale}), b});
  g.outputs = {add(octet::ops::add, {add(octet::ops::mul, {x, scale}), shift})};
  if (shown) g.outputs.push_back(v);
  return g;
}
}  // namespace

TEST_CASE("rows that single operators normalize are one node", "[passes]") {
  for (const bool turned : {false, true}) {
    const octet::graph g = normalization_graph(turned, false);
    octet::plan_options apart;
    apart.on = octet::target::reference, apart.optimize = false;
    const auto expected = run(g, apart, 5, octet::ops::add);
    for (const octet::target t : octet::enumerators<octet::target>) {
      if (t != octet::target::reference && !octet::can_run(t)) continue;
      octet::plan_options o;
      o.on = t, o.threads = 2;
      INFO(name_of(t));
      const auto got = run(g, o, 5, octet::ops::float_layer_norm);
      REQUIRE(got.size() == expected.size());
      CHECK(std::memcmp(got.data(), expected.data(), got.size() * 4) == 0);
    }
  }
  octet::graph shown = normalization_graph(false, true);
  const std::size_t nodes = shown.nodes.size();
  octet::passes::optimize(shown);
  CHECK(shown.nodes.size() == nodes);
}

namespace {
/// Two products with a softmax between them; `mask` and `scale`: with these.
octet::graph attention_graph(rounding round, bool mask, bool scale) {
  octet::graph g;
  const tensor_id q = value(g, dtype::f32, {2, 3, 21, 8}), k = value(g, dtype::f32, {2, 3, 8, 40}),
                  v = value(g, dtype::f32, {2, 3, 40, 8});
  g.inputs = {q, k, v};
  const auto add = [&](const octet::op_def& op, std::vector<tensor_id> in,
                       rounding r = rounding::none) {
    const tensor_id y = value(g, dtype::f32);
    REQUIRE(octet::infer_shapes(g, g.add_node(op, "n", std::move(in), {y}, {}, r)));
    return y;
  };
  tensor_id x = add(octet::ops::batch_matmul, {q, k}, round);
  if (scale) x = add(octet::ops::mul, {x, g.add_constant("s", dtype::f32, {}, data<float>(1, 6))});
  if (mask)
    x = add(octet::ops::add, {g.add_constant("m", dtype::f32, {1, 1, 40}, data<float>(40, 7)), x});
  x = add(octet::ops::softmax, {x}, round);
  g.outputs = {add(octet::ops::batch_matmul, {x, v}, round)};
  return g;
}
std::vector<float> attention_run(const octet::graph& g, const octet::plan_options& o,
                                 const octet::op_def& last, std::size_t nodes) {
  const auto p = octet::try_compile(g, o);
  if (!p) FAIL(p.error().message());
  CHECK(p->source().nodes.back().op == &last);
  CHECK(p->source().nodes.size() == nodes);
  octet::session s(*p);
  for (std::size_t i = 0; i < g.inputs.size(); ++i) {
    const auto x = s.input(i).view();
    const auto from = data<float>(x.size_bytes() / 4, 9 + static_cast<std::uint32_t>(i));
    std::memcpy(x.data, from.bytes.data(), x.size_bytes());
  }
  s.run();
  const auto y = s.output().view();
  std::vector<float> out(y.size_bytes() / 4);
  std::memcpy(out.data(), y.data, y.size_bytes());
  return out;
}
}  // namespace

TEST_CASE("two matrix products with a softmax between them are one node", "[passes]") {
  for (const rounding r : {rounding::none, rounding::xnnpack, rounding::onnxruntime})
    for (const bool mask : {false, true})
      for (const bool scale : {false, true}) {
        const octet::graph g = attention_graph(r, mask, scale);
        octet::plan_options apart;
        apart.on = octet::target::reference, apart.optimize = false;
        const auto expected = attention_run(g, apart, octet::ops::batch_matmul,
                                            3u + (mask ? 1 : 0) + (scale ? 1 : 0));
        for (const octet::target t : octet::enumerators<octet::target>)
          for (const unsigned threads : {1u, 3u}) {
            if (t != octet::target::reference && !octet::can_run(t)) continue;
            octet::plan_options o;
            o.on = t, o.threads = threads;
            INFO(name_of(t) << ", " << threads << " threads, " << name_of(r));
            const auto got = attention_run(g, o, octet::ops::attention, 1);
            REQUIRE(got.size() == expected.size());
            CHECK(std::memcmp(got.data(), expected.data(), got.size() * 4) == 0);
          }
      }
}
namespace {
tensor_id result_of(octet::graph& g, const octet::op_def& op, std::vector<tensor_id> in,
                    octet::attributes a, rounding r) {
  const tensor_id y = value(g, dtype::f32);
  REQUIRE(octet::infer_shapes(g, g.add_node(op, "n", std::move(in), {y}, std::move(a), r)));
  return y;
}
tensor_id turned(octet::graph& g, tensor_id t, std::vector<std::int64_t> perm = {0, 2, 1, 3}) {
  octet::attributes a;
  a.set("perm", std::move(perm));
  return result_of(g, octet::ops::transpose, {t}, std::move(a), rounding::none);
}
/// Attention of q, whose heads are parted, and of rows k and v, whose heads lie side by side;
/// `by_rows`: the keys of a head lie in rows. Its heads are put together again.
tensor_id attended(octet::graph& g, tensor_id q, tensor_id k, tensor_id v, rounding round,
                   bool by_rows) {
  octet::attributes rows;
  if (by_rows) rows.set("adj_y", std::int64_t{1});
  k = by_rows ? turned(g, k) : turned(g, k, {0, 2, 3, 1}), v = turned(g, v);
  const tensor_id scores = result_of(g, octet::ops::batch_matmul, {q, k}, std::move(rows), round),
                  shares = result_of(g, octet::ops::softmax, {scores}, {}, round);
  return turned(g, result_of(g, octet::ops::batch_matmul, {shares, v}, {}, round));
}
octet::graph heads_graph(rounding round, bool by_rows) {
  octet::graph g;
  g.inputs = {value(g, dtype::f32, {2, 21, 3, 8}), value(g, dtype::f32, {2, 40, 3, 8}),
              value(g, dtype::f32, {2, 40, 3, 5})};
  g.outputs = {attended(g, turned(g, g.inputs[0]), g.inputs[1], g.inputs[2], round, by_rows)};
  return g;
}
void same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  CHECK(std::memcmp(a.data(), b.data(), a.size() * 4) == 0);
}
}  // namespace

TEST_CASE("attention reads and writes heads where they lie", "[passes]") {
  for (const rounding r : {rounding::none, rounding::xnnpack, rounding::onnxruntime})
    for (const bool by_rows : {false, true}) {
      const octet::graph g = heads_graph(r, by_rows);
      octet::plan_options apart;
      apart.on = octet::target::reference, apart.optimize = false;
      const auto expected = attention_run(g, apart, octet::ops::transpose, 7);
      for (const octet::target t : octet::enumerators<octet::target>)
        for (const unsigned threads : {1u, 3u}) {
          if (t != octet::target::reference && !octet::can_run(t)) continue;
          octet::plan_options o;
          o.on = t, o.threads = threads;
          INFO(name_of(t) << ", " << threads << " threads, " << name_of(r));
          same_bits(attention_run(g, o, octet::ops::attention, 1), expected);
        }
    }
}
TEST_CASE("heads whose Transposes others read, or that are results, are parted", "[passes]") {
  const octet::graph one = heads_graph(rounding::none, false);
  for (const std::size_t node : {0u, 1u, 2u, 5u}) {
    octet::graph g = one;
    g.outputs.push_back(g.nodes[node].out[0]);
    octet::passes::optimize(g);
    CHECK(g.nodes.size() == 5);
  }
  for (const tensor_id state : {one.inputs[1], one.nodes[0].out[0], one.nodes[5].out[0]}) {
    octet::graph g = one;
    g[state].role = octet::tensor::kind::state;
    octet::passes::leave_heads_inside(g);
    CHECK(g.nodes.size() == 7);
    octet::passes::optimize(g);
    CHECK(g.nodes.size() > 1);
  }
}
TEST_CASE("a Transpose between two attentions belongs to the first", "[passes]") {
  octet::graph g = heads_graph(rounding::none, false);  // [2, 21, 3, 5]: 21 heads of the next
  const tensor_id rows = value(g, dtype::f32, {2, 9, 21, 5});
  g.inputs.push_back(rows);
  g.outputs = {attended(g, g.outputs[0], rows, rows, rounding::none, false)};
  octet::plan_options apart, one;
  apart.on = octet::target::reference, apart.optimize = false;
  same_bits(attention_run(g, one, octet::ops::transpose, 5),
            attention_run(g, apart, octet::ops::transpose, 13));
}
TEST_CASE("heads inside rows are of four axes, as many in each, with keys in rows", "[passes]") {
  const auto error = [](dims q, dims k, dims v, bool adj_y) {
    octet_test::one n(octet::ops::attention);
    for (const dims& d : {q, k, v}) n.input<float>(d, std::vector<float>(d.elements().value));
    n.output(dtype::f32)
        .attribute("heads_inside", std::int64_t{1})
        .attribute("adj_y", std::int64_t{adj_y});
    return n.error().message();
  };
  CHECK(error({1, 2, 3, 4}, {1, 5, 3, 4}, {1, 5, 3, 6}, false) ==
        "invalid: value out of range (found [0]; supported: [1])");
  CHECK(error({2, 3, 4}, {2, 3, 4}, {2, 3, 4}, true) ==
        "invalid: wrong rank (found [2,3,4]; supported: rank 4)");
  CHECK(error({1, 2, 3, 4}, {1, 5, 3, 4}, {1, 5, 4}, true) ==
        "invalid: wrong rank (found [1,5,4]; supported: rank 4)");
  CHECK(error({1, 2, 3, 4}, {1, 5, 1, 4}, {1, 5, 3, 6}, true) ==
        "invalid: shapes differ (found [1,5,1,4]; supported: [1,2,3,4])");
  CHECK(error({2, 2, 3, 4}, {1, 5, 3, 4}, {1, 5, 3, 6}, true) ==
        "invalid: shapes differ (found [1,5,3,4]; supported: [2,2,3,4])");
  CHECK(error({1, 2, 3, 4}, {1, 5, 3, 4}, {1, 5, 2, 6}, true) ==
        "invalid: shapes differ (found [1,5,2,6]; supported: [1,2,3,4])");
  CHECK(error({1, 2, 3, 4}, {1, 5, 3, 7}, {1, 5, 3, 6}, true) ==
        "invalid: channel count differs (found [7]; supported: [4])");
  CHECK(error({1, 2, 3, 4}, {1, 5, 3, 4}, {1, 6, 3, 6}, true) ==
        "invalid: channel count differs (found [6]; supported: [5])");
}
TEST_CASE("what may change between two nodes is not read later", "[passes]") {
  // A state as the second matrix of the first product, as a mask, as weights of a layer.
  octet::graph g = attention_graph(rounding::none, true, false);
  g[g.inputs[1]].role = octet::tensor::kind::state;
  octet::passes::optimize(g);
  CHECK(g.nodes.size() == 4);
  g = attention_graph(rounding::none, true, false);
  for (octet::tensor& t : g.tensors)
    if (t.name == "m") t.role = octet::tensor::kind::state;
  octet::passes::optimize(g);
  CHECK(g.nodes.size() == 4);
  layer l;
  l.op = &octet::ops::fully_connected;
  l.x = {9, 24}, l.w = {16, 24}, l.rows = 9;
  octet::graph h = made(l);
  h[h.nodes[1].in[1]].role = octet::tensor::kind::state;
  octet::passes::optimize(h);
  CHECK(h.nodes.size() == 3);
  octet::graph padded;
  const tensor_id x = value(padded, dtype::s8, {1, 4, 4, 3}), wider = value(padded, dtype::s8),
                  w = padded.add_constant("w", dtype::s8, {2, 3, 3, 3}, data<std::int8_t>(54, 3)),
                  y = value(padded, dtype::s32);
  octet::attributes pad;
  pad.set("paddings", std::vector<std::int64_t>{0, 0, 1, 1, 1, 1, 0, 0});
  REQUIRE(octet::infer_shapes(
      padded, padded.add_node(octet::ops::qnn_pad, "n", {x}, {wider}, std::move(pad))));
  REQUIRE(octet::infer_shapes(padded, padded.add_node(octet::ops::conv2d, "n", {wider, w}, {y})));
  padded.outputs = {y};
  for (const bool state : {true, false}) {
    padded[x].role = state ? octet::tensor::kind::state : octet::tensor::kind::value;
    octet::passes::fuse_pad(padded);
    CHECK(padded.nodes.size() == (state ? 2 : 1));
  }
}
TEST_CASE("rows that are quantized twice in the same way are so once", "[passes]") {
  layer l;
  l.op = &octet::ops::fully_connected;
  l.x = {9, 24}, l.w = {16, 24}, l.rows = 9;
  octet::graph g = made(l);
  const octet::graph again = made(l);  // the same layer behind the first, on its own names
  for (std::size_t i = 0; i < 3; ++i) {
    octet::node n = again.nodes[i];
    for (auto* list : {&n.in, &n.out})
      for (tensor_id& t : *list)
        if (t != g.inputs[0]) t += static_cast<tensor_id>(again.tensors.size());
    if (i == 0)
      for (const octet::tensor& t : again.tensors) g.tensors.push_back(t);
    g.nodes.push_back(n);
  }
  g.outputs.push_back(g.outputs[0] + static_cast<tensor_id>(again.tensors.size()));
  octet::passes::optimize(g);
  CHECK(g.nodes.size() == 3);  // one quantizes, two layers
  const auto p = octet::try_compile(g);
  if (!p) FAIL(p.error().message());
  octet::session s(*p);
  const auto x = s.input().view();
  std::memcpy(x.data, data<float>(x.size_bytes() / 4, 5).bytes.data(), x.size_bytes());
  s.run();
  const auto a = s.output(0).view(), b = s.output(1).view();
  CHECK(std::memcmp(a.data, b.data, a.size_bytes()) == 0);
}

namespace {
/// Codes read as floats, max(-(x - 1), 0.3 x) cut to [0, 6], quantized again.
struct path_options {
  dtype from = dtype::u8, to = dtype::s8;
  rounding round = rounding::divide_half_even;
  dims constant{1, 1};
};
octet::graph path_graph(const path_options& o) {
  octet::graph g;
  const tensor_id x = value(g, o.from, {5, 67}), real = value(g, dtype::f32), y = value(g, o.to);
  for (const tensor_id t : {x, y}) g[t].scales = {0.11}, g[t].zero_points = {t == x ? 7 : 3};
  g.inputs = {x}, g.outputs = {y};
  const auto constant = [&](float v) {
    const std::vector<float> all(octet::as_size(o.constant.elements().value), v);
    return g.add_constant("c", dtype::f32, o.constant,
                          octet::constant_data::of(std::span<const float>(all)));
  };
  const auto add = [&](const octet::op_def& op, std::vector<tensor_id> in, tensor_id out,
                       octet::attributes a = {}, rounding r = rounding::none) {
    REQUIRE(octet::infer_shapes(g, g.add_node(op, "n", std::move(in), {out}, std::move(a), r)));
    return out;
  };
  add(octet::ops::dequantize, {x}, real);
  const tensor_id turned =
      add(octet::ops::neg, {add(octet::ops::sub, {real, constant(1)}, value(g, dtype::f32))},
          value(g, dtype::f32));
  octet::attributes cut;
  cut.set("float_lo", 0.), cut.set("float_hi", 6.);
  const tensor_id flat =
      add(octet::ops::mul, {constant(0.3f), real}, value(g, dtype::f32), std::move(cut));
  add(octet::ops::quantize, {add(octet::ops::maximum, {turned, flat}, value(g, dtype::f32))}, y, {},
      o.round);
  return g;
}
std::vector<std::uint8_t> path_run(const octet::graph& g, const octet::plan_options& o,
                                   std::size_t nodes) {
  const auto p = octet::try_compile(g, o);
  if (!p) FAIL(p.error().message());
  CHECK(p->source().nodes.size() == nodes);
  octet::session s(*p);
  const auto x = s.input().view();
  auto* const to = static_cast<std::uint8_t*>(x.data);
  for (std::size_t i = 0; i < x.size_bytes(); ++i) to[i] = static_cast<std::uint8_t>(i * 37);
  s.run();
  const auto y = s.output().view();
  const auto* const from = static_cast<const std::uint8_t*>(y.data);
  return {from, from + y.size_bytes()};
}
std::size_t nodes_left(octet::graph g) {
  octet::passes::optimize(g);
  return g.nodes.size();
}
}  // namespace

TEST_CASE("codes that are computed as floats one by one are looked up", "[passes]") {
  for (const dtype from : {dtype::u8, dtype::s8})
    for (const dtype to : {dtype::u8, dtype::s8})
      for (const rounding r : {rounding::divide_half_even, rounding::divide_half_away}) {
        const octet::graph g = path_graph({from, to, r});
        octet::plan_options o;
        o.on = octet::target::reference, o.optimize = false;
        const auto expected = path_run(g, o, 6);
        o.optimize = true;
        for (const octet::target t : octet::enumerators<octet::target>) {
          if (t != octet::target::reference && !octet::can_run(t)) continue;
          o.on = t;
          CHECK(path_run(g, o, 1) == expected);
        }
      }
}
TEST_CASE("what tells elements or channels apart is not looked up", "[passes]") {
  CHECK(nodes_left(path_graph({})) == 1);
  CHECK(nodes_left(path_graph({.round = rounding::tflite_optimized})) == 6);
  CHECK(nodes_left(path_graph({.to = dtype::s16})) == 6);
  CHECK(nodes_left(path_graph({.from = dtype::s16})) == 6);
  CHECK(nodes_left(path_graph({.constant = {67}})) == 6);
  octet::graph g = path_graph({});
  g[g.inputs[0]].role = octet::tensor::kind::state;
  CHECK(nodes_left(g) == 6);
  for (const bool result : {false, true}) {
    g = path_graph({});
    octet::tensor& t = g[result ? g.outputs[0] : g.inputs[0]];
    t.scales.assign(67, 0.1), t.zero_points.assign(67, 0), t.axis = 1;
    CHECK(nodes_left(g) == 6);
  }
  g = path_graph({});
  g.outputs.push_back(g.nodes[1].out[0]);  // a value on the way is read besides
  CHECK(nodes_left(g) == 3);
}

TEST_CASE("functions of floats between codes are looked up where no place decides", "[passes]") {
  namespace ops = octet::ops;
  std::size_t looked_up = 0, by_place = 0;
  for (const octet::op_def* f :
       {&ops::elu, &ops::tanh, &ops::logistic, &ops::gelu, &ops::hard_swish, &ops::exp, &ops::sin,
        &ops::softplus, &ops::silu, &ops::sqrt, &ops::leaky_relu, &ops::abs, &ops::erf, &ops::sign,
        &ops::floor})
    for (const rounding r : octet::enumerators<rounding>) {
      const octet::tensor_desc floats{dtype::f32, octet::dims{5, 67}};
      const bool given[] = {true};
      if (!octet::takes(*f, {{&floats, 1}, {&floats, 1}, {}, given, nullptr, r})) continue;
      octet::graph g;
      const tensor_id x = value(g, dtype::s8, {5, 67}), real = value(g, dtype::f32, {5, 67}),
                      result = value(g, dtype::f32, {5, 67}), y = value(g, dtype::s8, {5, 67});
      for (const tensor_id t : {x, y}) g[t].scales = {0.04}, g[t].zero_points = {-9};
      g.inputs = {x}, g.outputs = {y};
      const auto add = [&](const octet::op_def& op, tensor_id in, tensor_id out, rounding how) {
        octet::attributes a;
        if (&op == &ops::elu || &op == &ops::leaky_relu) a.set("alpha", 0.3);
        REQUIRE(octet::infer_shapes(g, g.add_node(op, "n", {in}, {out}, std::move(a), how)));
      };
      add(ops::dequantize, x, real, rounding::none);
      add(*f, real, result, r);
      add(ops::quantize, result, y, rounding::divide_half_even);
      INFO(f->name << " " << name_of(r));
      const bool alone = f->each_alone.contains(r);
      const bool blocks = r == rounding::aten && f->vector_block != 0;  // 5 x 67 are not whole ones
      CHECK_FALSE((alone && blocks));
      (alone ? looked_up : by_place) += 1;
      CHECK(nodes_left(g) == (alone ? 1 : 3));
      octet::plan_options o;
      o.on = octet::target::reference, o.optimize = false;
      const auto expected = path_run(g, o, 3);
      o.optimize = true, o.on = octet::best_target();
      CHECK(path_run(g, o, alone ? 1 : 3) == expected);
    }
  CHECK(looked_up > 20);
  CHECK(by_place > 3);
}
TEST_CASE("whole blocks of PyTorch's vectors are looked up", "[passes]") {
  const auto left = [](octet::dims shape, std::int64_t row) {
    octet::graph g;
    const tensor_id x = value(g, dtype::u8, shape), real = value(g, dtype::f32, shape),
                    gated = value(g, dtype::f32, shape), y = value(g, dtype::u8, shape),
                    sum = value(g, dtype::u8, shape);
    for (const tensor_id t : {x, y, sum}) g[t].scales = {0.03}, g[t].zero_points = {40};
    g.inputs = {x}, g.outputs = {sum};
    const auto add = [&](const octet::op_def& op, std::vector<tensor_id> in, tensor_id out,
                         rounding how) {
      octet::attributes a;
      if (how == rounding::aten) a.set("row", row);
      REQUIRE(octet::infer_shapes(g, g.add_node(op, "n", std::move(in), {out}, std::move(a), how)));
    };
    add(octet::ops::dequantize, {x}, real, rounding::none);
    add(octet::ops::silu, {real}, gated, rounding::aten);
    add(octet::ops::quantize, {gated}, y, rounding::reciprocal_half_even);
    add(octet::ops::qnn_add, {y, x}, sum, rounding::aten);
    octet::plan_options o;
    o.on = octet::target::reference, o.optimize = false;
    const auto expected = path_run(g, o, 4);
    const std::size_t nodes = nodes_left(g);
    o.optimize = true, o.on = octet::best_target();
    CHECK(path_run(g, o, nodes) == expected);
    return nodes;
  };
  CHECK(left({2, 3, 64}, -1) == 1);
  CHECK(left({2, 3, 32}, -1) == 1);  // one row of 192
  CHECK(left({2, 3, 64}, 64) == 1);
  CHECK(left({2, 3, 64}, 48) == 2);  // silu's blocks of 16, not the sum's of 64
  CHECK(left({2, 3, 24}, -1) == 2);
  CHECK(left({2, 3, 64}, 24) == 4);
  CHECK(left({2, 3, 64}, 0) == 4);
  CHECK(left({5, 67}, -1) == 4);
}

namespace {
/// x * sigmoid(x), the sum of that and x's negative part, all of it in codes.
octet::graph gated_graph(dtype type, rounding of_product, rounding of_sum) {
  octet::graph g;
  const auto codes = [&](double scale, std::int32_t zero) {
    const tensor_id t = value(g, type, {5, 67});
    g[t].scales = {scale}, g[t].zero_points = {zero};
    return t;
  };
  const tensor_id x = codes(0.05, 7), gate = codes(1. / 256, type == dtype::u8 ? 0 : -128),
                  product = codes(0.04, -3 + (type == dtype::u8 ? 128 : 0)), sum = codes(0.07, 11);
  g.inputs = {x}, g.outputs = {sum};
  const auto add = [&](const octet::op_def& op, std::vector<tensor_id> in, tensor_id out,
                       rounding r) {
    REQUIRE(octet::infer_shapes(g, g.add_node(op, "n", std::move(in), {out}, {}, r)));
  };
  add(octet::ops::qnn_logistic, {x}, gate, rounding::divide_half_away);
  add(octet::ops::qnn_mul, {x, gate}, product, of_product);
  add(octet::ops::qnn_add, {product, x}, sum, of_sum);
  return g;
}
}  // namespace
TEST_CASE("codes that several operators compute one by one are looked up", "[passes]") {
  for (const dtype type : {dtype::u8, dtype::s8})
    for (const rounding of_product :
         {rounding::doubling_high_half_away, rounding::float_half_even,
          rounding::float_zero_point_half_even, rounding::reciprocal_half_even})
      for (const rounding of_sum : {rounding::doubling_high_half_away, rounding::xnnpack,
                                    rounding::qnnpack, rounding::mxnet}) {
        const octet::graph g = gated_graph(type, of_product, of_sum);
        octet::plan_options o;
        o.on = octet::target::reference, o.optimize = false;
        const auto expected = path_run(g, o, 3);
        o.optimize = true;
        for (const octet::target t : octet::enumerators<octet::target>) {
          if (t != octet::target::reference && !octet::can_run(t)) continue;
          o.on = t;
          CHECK(path_run(g, o, 1) == expected);
        }
      }
}
TEST_CASE("codes on the way that others read are looked up for themselves", "[passes]") {
  const auto made = [](rounding of_sum, auto change) {
    octet::graph g = gated_graph(dtype::s8, rounding::float_half_even, of_sum);
    change(g);
    octet::passes::optimize(g);
    std::string names;
    for (const octet::node& n : g.nodes) names += std::string(n.op->name) + " ";
    return names;
  };
  const auto nothing = [](octet::graph&) {};
  CHECK(made(rounding::xnnpack, nothing) == "lookup ");
  // Where an element stands, or how operands lie, decides.
  CHECK(made(rounding::aten, nothing) == "lookup qnn.add ");
  CHECK(made(rounding::fused_multiply_add, nothing) == "lookup qnn.add ");
  CHECK(made(rounding::xnnpack, [](octet::graph& g) { g.outputs.push_back(g.nodes[1].out[0]); }) ==
        "lookup lookup ");
  CHECK(made(rounding::xnnpack, [](octet::graph& g) { g.outputs.push_back(g.nodes[0].out[0]); }) ==
        "qnn.logistic lookup ");
  // Two tensors of codes.
  CHECK(made(rounding::xnnpack, [](octet::graph& g) {
          const tensor_id other = value(g, dtype::s8, {5, 67});
          g[other].scales = {0.1}, g[other].zero_points = {0};
          g.inputs.push_back(other), g.nodes[2].in[1] = other;
        }) == "lookup qnn.add ");
}

TEST_CASE("a way of 300,000 nodes between codes is not followed to its end", "[passes]") {
  octet::graph g;
  const tensor_id x = value(g, dtype::u8, {3}), y = value(g, dtype::u8, {3});
  for (const tensor_id t : {x, y}) g[t].scales = {0.1}, g[t].zero_points = {5};
  g.inputs = {x}, g.outputs = {y};
  tensor_id at = value(g, dtype::f32, {3});
  g.add_node(octet::ops::dequantize, "n", {x}, {at});
  for (int i = 0; i < 300000; ++i) {
    const tensor_id next = value(g, dtype::f32, {3});
    g.add_node(octet::ops::relu, "n", {at}, {next});
    at = next;
  }
  g.add_node(octet::ops::quantize, "n", {at}, {y}, {}, rounding::divide_half_even);
  CHECK(nodes_left(std::move(g)) == 300002);
}
