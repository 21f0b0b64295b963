// What loaders share (octet/import/common), and the TFLite loader on files made field by field.
#include <catch2/catch.hpp>

#include "octet/graph/print.hpp"
#include "octet/import/common/layout.hpp"
#include "octet/import/tflite.hpp"
#include "octet/ops/list.hpp"
#include "tflite_file.hpp"

using namespace octet;
using namespace octet_test;

namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// x[1,2,3] by w[1,3,2] into y, with `more` tensors that nothing uses before them.
tflite_file batch_matmul(std::size_t more, std::int64_t zero_point) {
  tflite_file f;
  for (std::size_t i = 0; i < more; ++i)
    f.add({.name = "unused " + std::to_string(i), .shape = {1}, .scales = {1.f}});
  const auto x = f.add({.name = "x", .shape = {1, 2, 3}, .scales = {0.5f}, .zero_points = {1}});
  const auto w =
      f.add({.name = "w", .shape = {1, 3, 2}, .scales = {0.25f}, .zero_points = {zero_point}});
  const auto y = f.add({.name = "y", .shape = {1, 2, 2}, .scales = {2.f}, .zero_points = {-3}});
  f.operations = {{.code = tflite::batch_matmul, .in = {x, w}, .out = {y}}};
  f.inputs = {x, w};
  f.outputs = {y};
  return f;
}
tflite_file fully_connected(std::size_t more) {
  tflite_file f;
  for (std::size_t i = 0; i < more; ++i)
    f.add({.name = "unused " + std::to_string(i), .shape = {1}, .scales = {1.f}});
  const auto x = f.add({.name = "x", .shape = {1, 3}, .scales = {0.5f}, .zero_points = {1}});
  const auto w = f.add({.name = "w",
                        .shape = {2, 3},
                        .scales = {0.25f, 0.125f},
                        .zero_points = {0, 0},
                        .data = {1, 2, 3, 4, 5, 6}});
  const auto y = f.add({.name = "y", .shape = {1, 2}, .scales = {2.f}, .zero_points = {-3}});
  f.operations = {{.code = tflite::fully_connected, .in = {x, w}, .out = {y}}};
  f.inputs = {x};
  f.outputs = {y};
  return f;
}

/// Nodes with their roundings and the quantization of what they write.
std::string nodes_of(const graph& g) {
  std::string s;
  for (const node& n : g.nodes) {
    s += std::string(n.op->name) + " " + std::string(name_of(n.round));
    for (tensor_id t : n.out) {
      s += " " + g[t].name + " " + to_string(g[t].shape) + " axis " + std::to_string(g[t].axis);
      for (double scale : g[t].scales) s += " " + std::to_string(scale);
    }
    s += "\n";
  }
  return s;
}
graph load(const tflite_file& f, law arithmetic) {
  import::tflite_options o;
  o.arithmetic = arithmetic;
  const auto bytes = f.bytes();
  auto g = import::try_tflite(bytes, "made.tflite", o);
  INFO((g ? std::string() : g.error().message()));
  REQUIRE(g);
  return std::move(*g);
}

}  // namespace

TEST_CASE("rows do not depend on how many tensors a file has") {
  // Rows add tensors while they look at others. Powers of two are where a vector would move them.
  for (std::size_t more = 0; more <= 66; ++more) {
    INFO(more << " tensors before the operator's own");
    const graph matmul = load(batch_matmul(more, 5), law::tflite_xnnpack);
    REQUIRE(matmul.nodes.size() == 2);
    CHECK(matmul.nodes[1].round ==
          rounding::doubling_high_half_away);  // XNNPACK wants no zero point there
    CHECK(load(batch_matmul(more, 0), law::tflite_xnnpack).nodes[1].round ==
          rounding::float_half_even);
    CHECK(nodes_of(matmul) == nodes_of(load(batch_matmul(0, 5), law::tflite_xnnpack)));
    for (const law l : {law::tflite_ref, law::tflite_xnnpack})
      CHECK(nodes_of(load(fully_connected(more), l)) == nodes_of(load(fully_connected(0), l)));
  }
}

TEST_CASE("all operators that octet has no form of are in one error") {
  tflite_file f = fully_connected(0);
  const std::int32_t y = f.outputs[0];
  for (const auto& [code, name] : {std::pair<std::int32_t, const char*>{tflite::lsh_projection, ""},
                                   {tflite::custom, "MyOp"},
                                   {tflite::lsh_projection, ""},
                                   {tflite::hashtable_lookup, ""},
                                   {4000, ""}})
    f.operations.push_back({.code = code, .in = {y}, .out = {y}, .custom_name = name});
  const auto bytes = f.bytes();
  const auto g = import::try_tflite(bytes, "made.tflite");
  REQUIRE_FALSE(g);
  const std::string text = g.error().message();
  INFO(text);
  CHECK(text.starts_with("made.tflite: unsupported: operators"));
  CHECK(has(text,
            "LSH_PROJECTION (first at #1), CUSTOM MyOp (first at #2), "
            "HASHTABLE_LOOKUP (first at #4), operator code 4000 (first at #5)"));
}

TEST_CASE("errors get their place once") {
  const import::error_place place{.file = "f", .node = "n", .tensor = "t"};
  error_info e = invalid("rank", "3", "4");
  CHECK(place.attach(e).message() == "f: n: t: invalid: rank (found 3; supported: 4)");
  e.node = "own";
  CHECK(place.attach(e).node == "own");
}

TEST_CASE("constants are folded while a graph is built") {
  import::graph_builder b("made", law::tflite_ref, {});
  const tensor_id x = b.constant<float>({1, 2, 3}), two = b.scalar_constant(2.f),
                  y = b.temporary("y", dtype::f32);
  REQUIRE(b.emit(ops::mul, {x, two}, {y}));
  CHECK(b.g.nodes.empty());
  REQUIRE(b.g[y].role == tensor::kind::constant);
  float got[3] = {};
  REQUIRE(b.g[y].data.bytes.size() == sizeof got);
  std::memcpy(got, b.g[y].data.bytes.data(), sizeof got);
  CHECK(got[0] == 2);
  CHECK(got[2] == 6);
}

TEST_CASE("a change of layout is emitted once, and back costs nothing") {
  import::graph_builder b("made", law::pytorch_fbgemm, {});
  import::layout_changes layouts;
  const tensor_id x = b.temporary("x", dtype::s8, {0.5}, {3});
  b.g[x].shape = dims{1, 4, 5, 6};
  b.g.inputs.push_back(x);
  const auto inner = layouts.change(b, x, true);
  REQUIRE(inner);
  CHECK(b.g[*inner].shape == dims{1, 5, 6, 4});
  CHECK(b.g[*inner].zero_points == std::vector<std::int32_t>{3});
  CHECK(*layouts.change(b, x, true) == *inner);
  CHECK(*layouts.change(b, *inner, false) == x);
  REQUIRE(b.g.nodes.size() == 1);
  CHECK(b.g.nodes[0].op == &ops::transpose);
  const tensor_id gray = b.temporary("gray", dtype::s8, {0.5}, {3});
  b.g[gray].shape = dims{1, 5, 6, 1};
  const auto outer = layouts.change(b, gray, false);
  REQUIRE(outer);
  CHECK(b.g[*outer].shape == dims{1, 1, 5, 6});
  CHECK(b.g.nodes[1].op == &ops::reshape);  // one channel: the same order
}
