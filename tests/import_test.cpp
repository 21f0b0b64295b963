// What loaders share (octet/import/common), and the TFLite loader on files made field by field.
#include <algorithm>
#include <bit>
#include <catch2/catch.hpp>

#include "octet/graph/print.hpp"
#include "octet/import/common/layout.hpp"
#include "octet/import/tflite.hpp"
#include "octet/import/tflite/builtin_operators.hpp"
#include "octet/ops/list.hpp"
#include "run_graph.hpp"
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
            "LSH_PROJECTION (first at #1: hashes of its input), CUSTOM MyOp (first at #2: its "
            "maker's own: see tflite_options::operators), HASHTABLE_LOOKUP (first at #4: works on "
            "texts or tables of them), operator code 4000 (first at #5)"));
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

namespace {

/// WHILE over {k, x}: as long as k < `rounds` (an input where `rounds` is < 0), k += 1 and x relu.
tflite_file loop(std::int32_t rounds) {
  const auto scalar = [](std::int32_t v) {
    tflite_file::tensor t{.name = "c", .shape = {}, .type = tflite::int32};
    for (int i = 0; i < 4; ++i)
      t.data.push_back(static_cast<std::uint8_t>(static_cast<std::uint32_t>(v) >> (8 * i)));
    return t;
  };
  const tflite_file::tensor counter{.name = "k", .shape = {}, .type = tflite::int32},
      values{.name = "x", .shape = {2}, .scales = {0.5f}};
  tflite_file f, condition, body;
  for (tflite_file* g : {&f, &condition, &body}) g->inputs = {g->add(counter), g->add(values)};
  const auto truth = condition.add({.name = "t", .shape = {}, .type = tflite::boolean});
  condition.operations = {
      {.code = tflite::less, .in = {0, condition.add(scalar(rounds))}, .out = {truth}}};
  condition.outputs = {truth};
  const auto k = body.add(counter), x = body.add(values);
  body.operations = {{.code = tflite::add, .in = {0, body.add(scalar(1))}, .out = {k}},
                     {.code = tflite::relu, .in = {1}, .out = {x}}};
  body.outputs = {k, x};
  const auto last = f.add(counter), y = f.add(values);
  std::int32_t first = 0;
  if (rounds >= 0) first = f.add(scalar(0)), f.inputs = {1};
  f.operations = {
      {.code = tflite::while_loop, .in = {first, 1}, .out = {last, y}, .options = {1, 2}}};
  f.outputs = {y};
  f.others = {condition, body};
  return f;
}
std::string refusal(const tflite_file& f, const import::tflite_options& o = {}) {
  const auto bytes = f.bytes();
  const auto g = import::try_tflite(bytes, "made.tflite", o);
  return g ? std::string() : g.error().message();
}

}  // namespace

TEST_CASE("a loop becomes as many nodes as it has rounds") {
  const graph g = load(loop(3), law::tflite_ref);
  CHECK(std::count_if(g.nodes.begin(), g.nodes.end(),
                      [](const node& n) { return n.op->name == "qnn.relu"; }) == 3);
  CHECK(g[g.outputs[0]].name == "x");
  CHECK(has(g.nodes[0].name, "RELU #1 in WHILE #0"));
  CHECK(load(loop(0), law::tflite_ref).nodes.size() == 1);  // the input itself
}

TEST_CASE("loops that do not end when the file is loaded are refused") {
  CHECK(has(refusal(loop(-1)), "a loop whose number of rounds depends on its input"));
  tflite_file endless = loop(1);
  endless.others[1].outputs[0] = 0;  // the counter stays
  const std::string endless_refusal = refusal(endless);
  INFO(endless_refusal);
  CHECK(has(endless_refusal, "the limit tensors"));
  tflite_file deep = loop(1);
  deep.operations[0].options = {1, 0};  // its body is the whole
  deep.outputs = {2, 3};
  deep.inputs = {0, 1};
  CHECK(has(refusal(deep), "subgraphs within subgraphs"));
  tflite_file far = loop(1);
  far.operations[0].options = {1, 7};
  CHECK(has(refusal(far), "subgraph index"));
}

TEST_CASE("a signature is chosen by its name") {
  tflite_file f = loop(3);
  f.signatures = {{"first", 0}, {"body", 2}};
  import::tflite_options o;
  o.signature = "body";
  const auto bytes = f.bytes();
  const auto g = import::try_tflite(bytes, "made.tflite", o);
  REQUIRE(g);
  CHECK(g->inputs.size() == 2);
  o.signature = "other";
  CHECK(has(refusal(f, o), "signature (found other; supported: first, body)"));
}

TEST_CASE("what is not a TensorFlow Lite file is told apart") {
  const auto message = [](std::string_view bytes) {
    const auto g = import::try_tflite(std::as_bytes(std::span(bytes)), "x.tflite", {});
    return g ? std::string() : g.error().message();
  };
  CHECK(has(message(std::string_view("PK\x03\x04 so on", 10)), "a zip archive"));
  CHECK(has(message(std::string_view("\x89HDF\r\n\x1a\n", 8)), "an HDF5 file"));
  CHECK(has(message("version https://git-lfs.github.com/spec/v1"), "a Git LFS pointer"));
  CHECK(has(message("<!DOCTYPE html>"), "a web page"));
  CHECK(has(message("\x80\x04\x95 so on"), "a Python pickle"));
  CHECK(has(message("\x08\x07\x12\x07pytorch"), "a protocol buffer, as ONNX models"));
  CHECK(has(message("const unsigned char model[] = {28,"), "C source"));
}

TEST_CASE("custom operators get the file's options as attributes") {
  static constexpr form forms[] = {{.in = {dtype::s8}, .out = {dtype::s8}}};
  static constexpr op_def mine{.name = "Mine", .forms = forms, .shape = &ops::same_op_shape};
  static constexpr const op_def* list[] = {&mine};
  // A FlexBuffers map: "half": 0.5f, "list": [1, 2], "name": "ab", "three": 3, as its own library
  // writes it.
  const std::vector<std::uint8_t> options = {
      104, 97, 108, 102, 0,   108, 105, 115, 116, 0, 2,  1,  2,  110, 97, 109, 101, 0,
      2,   97, 98,  0,   116, 104, 114, 101, 101, 0, 4,  29, 25, 18,  10, 0,   0,   0,
      7,   0,  0,   0,   1,   0,   0,   0,   4,   0, 0,  0,  0,  0,   0,  63,  41,  0,
      0,   0,  37,  0,   0,   0,   3,   0,   0,   0, 14, 44, 20, 6,   20, 38,  1};
  tflite_file f;
  f.inputs = {f.add({.name = "x", .shape = {2}, .scales = {0.5f}})};
  f.outputs = {f.add({.name = "y", .shape = {2}, .scales = {0.5f}})};
  f.operations = {{.code = tflite::custom,
                   .in = f.inputs,
                   .out = f.outputs,
                   .custom_name = "Mine",
                   .custom_options = options}};
  import::tflite_options o;
  o.operators = list;
  auto bytes = f.bytes();
  const auto g = import::try_tflite(bytes, "made.tflite", o);
  REQUIRE(g);
  const attributes& a = g->nodes[0].attrs;
  CHECK(a.integer("three") == 3);
  CHECK(a.real("half") == 0.5);
  CHECK(attribute_view(a).text("name") == "ab");
  CHECK(std::vector<std::int64_t>(a.integers("list").begin(), a.integers("list").end()) ==
        std::vector<std::int64_t>{1, 2});
  // Damaged options read as less, never outside.
  for (std::size_t i = 0; i < options.size(); ++i)
    for (const int v : {0, 1, 38, 127, 255}) {
      f.operations[0].custom_options = options;
      f.operations[0].custom_options[i] = static_cast<std::uint8_t>(v);
      bytes = f.bytes();
      const auto damaged = import::try_tflite(bytes, "made.tflite", o);
      INFO((damaged ? std::string() : damaged.error().message()));
      CHECK(
          (damaged || has(damaged.error().message(), "attribute")));  // a number that is not finite
    }
}

namespace {

std::vector<std::uint8_t> bytes_of(const std::vector<float>& v) {
  std::vector<std::uint8_t> b(v.size() * sizeof(float));
  if (!v.empty()) std::memcpy(b.data(), v.data(), b.size());
  return b;
}
/// x[1,2,2,1] by weights[1,2,2,1] and a bias; `options`: those of the custom operator.
result<graph> mediapipe(std::vector<std::uint8_t> options) {
  tflite_file f;
  const auto made = [&](const char* name, std::vector<std::int32_t> shape,
                        const std::vector<float>& values) {
    return f.add({.name = name,
                  .shape = std::move(shape),
                  .type = tflite::float32,
                  .data = bytes_of(values)});
  };
  const auto x = made("x", {1, 2, 2, 1}, {}), w = made("w", {1, 2, 2, 1}, {1, 10, 100, 1000}),
             b = made("b", {1}, {0.5f}), y = made("y", {1, 1, 1, 1}, {});
  f.operations = {{.code = tflite::custom,
                   .in = {x, w, b},
                   .out = {y},
                   .custom_name = "Convolution2DTransposeBias",
                   .custom_options = std::move(options)}};
  f.inputs = {x};
  f.outputs = {y};
  return import::try_tflite(f.bytes(), "made.tflite");
}

}  // namespace

namespace {

/// Options of PosenetDecoderOp, as FlexBuffers' own library writes them: score_threshold 0.5,
/// nms_radius 20.
std::vector<std::uint8_t> pose_options(std::int32_t most, std::int32_t stride) {
  std::vector<std::uint8_t> o = {
      109, 97,  120, 95,  100, 101, 116, 101, 99,  116, 105, 111, 110, 115, 0,   115, 99,  111, 114,
      101, 95,  116, 104, 114, 101, 115, 104, 111, 108, 100, 0,   110, 109, 115, 95,  114, 97,  100,
      105, 117, 115, 0,   115, 116, 114, 105, 100, 101, 0,   4,   50,  20,  37,  11,  0,   0,   6,
      0,   0,   0,   1,   0,   0,   0,   4,   0,   0,   0,   0,   0,   0,   0,   0,   0,   160, 65,
      0,   0,   0,   63,  0,   0,   0,   0,   6,   14,  14,  6,   20,  38,  1};
  for (int i = 0; i < 4; ++i) {
    o[static_cast<std::size_t>(68 + i)] = static_cast<std::uint8_t>(most >> (8 * i));
    o[static_cast<std::size_t>(80 + i)] = static_cast<std::uint8_t>(stride >> (8 * i));
  }
  return o;
}
using shape_list = std::vector<std::int32_t>;
/// The message for a file of that operator on fields of these shapes; empty where it loads.
std::string pose_refusal(std::vector<shape_list> fields, std::size_t outputs,
                         std::vector<std::uint8_t> options, std::int8_t type = tflite::uint8) {
  tflite_file f;
  tflite_file::operation o{.code = tflite::custom,
                           .custom_name = "PosenetDecoderOp",
                           .custom_options = std::move(options)};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const bool codes = type != tflite::float32;
    o.in.push_back(f.add({.name = "in" + std::to_string(i),
                          .shape = fields[i],
                          .type = type,
                          .scales = codes ? std::vector<float>{0.5f} : std::vector<float>{}}));
  }
  for (std::size_t i = 0; i < outputs; ++i)
    o.out.push_back(f.add(
        {.name = "out" + std::to_string(i), .shape = shape_list{1}, .type = tflite::float32}));
  f.inputs = o.in;
  f.outputs = o.out;
  f.operations = {std::move(o)};
  const auto g = import::try_tflite(f.bytes(), "made.tflite");
  return g ? std::string() : g.error().message();
}

}  // namespace

TEST_CASE("Coral's pose decoder loads, and says what it does not take") {
  const std::vector<shape_list> fields = {{1, 4, 5, 17}, {1, 4, 5, 34}, {1, 4, 5, 64}};
  const auto with = [&](std::size_t i, shape_list other) {
    auto all = fields;
    i < all.size() ? all[i] = std::move(other) : all.emplace_back(std::move(other));
    return all;
  };
  CHECK(pose_refusal(fields, 4, pose_options(3, 16)) == "");
  CHECK(pose_refusal(fields, 4, pose_options(3, 16), tflite::float32) == "");
  CHECK(pose_refusal(fields, 4, pose_options(0, 16)) == "");
  CHECK(pose_refusal(with(3, {1, 33, 33, 34}), 5, pose_options(3, 16)) == "");
  CHECK(has(pose_refusal(fields, 4, pose_options(3, 16), tflite::int8), "float32, uint8"));
  CHECK(has(pose_refusal(fields, 4, pose_options(-1, 16)), "max_detections"));
  CHECK(has(pose_refusal(fields, 4, pose_options(INT32_MAX, 16)), "attribute most"));
  CHECK(has(pose_refusal(fields, 4, pose_options(90000000, 16)), "value out of range"));
  CHECK(has(pose_refusal(fields, 4, pose_options(3, 0)), "stride"));
  CHECK(has(pose_refusal(fields, 4, {}), "stride"));
  CHECK(has(pose_refusal(fields, 5, pose_options(3, 16)), "inputs and outputs"));
  CHECK(has(pose_refusal(with(0, {1, 4, 5, 18}), 4, pose_options(3, 16)), "shapes differ"));
  CHECK(has(pose_refusal(with(1, {1, 4, 6, 34}), 4, pose_options(3, 16)), "shapes differ"));
  CHECK(has(pose_refusal(with(2, {4, 5, 64}), 4, pose_options(3, 16)), "wrong rank"));
  CHECK(has(pose_refusal(with(3, {1, 4, 5, 34}), 5, pose_options(3, 16)), "[1,33,33,34]"));
  CHECK(has(pose_refusal(with(3, {1, 33, 33, 34}), 5, pose_options(0, 16)), "max_detections"));
}

TEST_CASE("what XNNPACK leaves to kernels that octet has not is refused") {
  // One operator of two int8 values, the first quantized along `axis`.
  const auto error_of = [](std::int32_t code, float scale, std::int32_t axis, law arithmetic) {
    tflite_file f;
    const auto a = f.add({.name = "a", .shape = {2, 3}, .scales = {scale}, .axis = axis});
    const auto b = f.add({.name = "b", .shape = {2, 3}, .scales = {0.5f}});
    const auto y = f.add({.name = "y", .shape = {2, 3}, .scales = {0.5f}});
    f.operations = {{.code = code, .in = {a, b}, .out = {y}}};
    f.inputs = {a, b};
    if (code == tflite::leaky_relu) {
      f.inputs = f.operations[0].in = {a};
      f.operations[0].options = {std::bit_cast<std::int32_t>(0.5f)};  // alpha
    }
    f.outputs = {y};
    import::tflite_options o;
    o.arithmetic = arithmetic;
    const auto bytes = f.bytes();
    const auto g = import::try_tflite(bytes, "made.tflite", o);
    return g ? std::string() : g.error().message();
  };
  // In its range of scales it takes a sum; a little out of it TFLite's own kernel has DR's bits.
  CHECK(error_of(tflite::add, 127.f, 0, law::tflite_xnnpack).empty());
  CHECK(error_of(tflite::add, 0.5f / 2048, 0, law::tflite_xnnpack).empty());
  CHECK(has(error_of(tflite::add, 128.f, 0, law::tflite_xnnpack), "cuts them to 16 bits"));
  CHECK(error_of(tflite::add, 128.f, 0, law::tflite_ref).empty());
  CHECK(error_of(tflite::mul, 255.f, 0, law::tflite_xnnpack).empty());
  CHECK(has(error_of(tflite::mul, 256.f, 0, law::tflite_xnnpack), "cuts them to 16 bits"));
  CHECK(error_of(tflite::mul, 256.f, 0, law::tflite_ref).empty());
  CHECK(error_of(tflite::leaky_relu, 0.5f, 0, law::tflite_xnnpack).empty());
  CHECK(has(error_of(tflite::leaky_relu, 0.5f, 1, law::tflite_xnnpack),
            "axes of a tensor whose operator XNNPACK would compute"));
  CHECK(error_of(tflite::leaky_relu, 0.5f, 1, law::tflite_ref).empty());
}

TEST_CASE("a layer that is rounded in blocks wants a scale for each channel") {
  // A depthwise convolution of eleven channels whose weights are computed.
  for (const std::size_t count : {1u, 5u, 11u}) {
    tflite_file f;
    const auto x = f.add({.name = "x", .shape = {1, 1, 1, 11}, .scales = {0.5f}}),
               w = f.add({.name = "w",
                          .shape = {1, 1, 1, 11},
                          .scales = std::vector<float>(count, 0.25f),
                          .axis = 3}),
               y = f.add({.name = "y", .shape = {1, 1, 1, 11}, .scales = {2.f}});
    f.operations = {{.code = tflite::depthwise_conv_2d, .in = {x, w}, .out = {y}}};
    f.operations[0].options = {1, 1, 1, 1};  // padding VALID, strides and multiplier 1
    f.inputs = {x, w};
    f.outputs = {y};
    import::tflite_options o;
    o.arithmetic = law::tflite_xnnpack;
    const auto bytes = f.bytes();
    const auto g = import::try_tflite(bytes, "made.tflite", o);
    INFO((g ? std::string() : g.error().message()));
    REQUIRE(g.has_value() == (count != 5));
    if (g) CHECK(has(nodes_of(*g), "qnn.requantize DR"));
  }
}

TEST_CASE("zero points of int8 weights that no kernel looks at are refused") {
  for (const std::int64_t zero_point : {0, 1}) {
    tflite_file f = fully_connected(0);
    f.tensors[1].zero_points = {0, zero_point};
    const auto bytes = f.bytes();
    const auto g = import::try_tflite(bytes, "made.tflite", {});
    REQUIRE(g.has_value() == (zero_point == 0));
    if (!g) CHECK(has(g.error().message(), "zero point of int8 weights (found 1; supported: 0)"));
  }
}

/// What is said of floats [2, 2, 3], or of the same in four axes, by matrices of int8.
std::string matrices_error(std::vector<std::int32_t> x, std::vector<float> scales,
                           std::int64_t zero_point, std::int32_t axis, law arithmetic) {
  tflite_file f;
  std::vector<std::int32_t> y = x;
  y.back() = 2;
  const std::vector<std::int64_t> zeros(scales.size(), zero_point);
  const auto a = f.add({.name = "a", .shape = std::move(x), .type = tflite::float32}),
             w = f.add({.name = "w",
                        .shape = {2, 3, 2},
                        .scales = std::move(scales),
                        .zero_points = zeros,
                        .axis = axis,
                        .data = std::vector<std::uint8_t>(12, 1)}),
             b = f.add({.name = "b", .shape = std::move(y), .type = tflite::float32});
  f.operations = {{.code = tflite::batch_matmul, .in = {a, w}, .out = {b}}};
  f.inputs = {a};
  f.outputs = {b};
  import::tflite_options o;
  o.arithmetic = arithmetic;
  const auto bytes = f.bytes();
  const auto g = import::try_tflite(bytes, "made.tflite", o);
  return g ? std::string() : g.error().message();
}

TEST_CASE(
    "matrix products of floats and int8 that TFLite computes from others' numbers are refused") {
  constexpr law ref = law::tflite_ref, xnnpack = law::tflite_xnnpack;
  CHECK(matrices_error({2, 2, 3}, {0.5f}, 0, 0, ref).empty());
  CHECK(matrices_error({2, 2, 3}, {0.5f, 0.25f}, 0, 2, ref).empty());
  CHECK(has(matrices_error({2, 2, 3}, {0.5f, 0.25f}, 0, 0, ref), "one for each column"));
  CHECK(has(matrices_error({2, 2, 3}, {0.5f}, 1, 0, ref), "zero point of an int8 operand"));
  CHECK(has(matrices_error({2, 2, 3}, {0.5f}, 1, 0, xnnpack), "zero point of an int8 operand"));
  CHECK(matrices_error({3, 2, 2, 3}, {0.5f}, 0, 0, xnnpack).empty());
  CHECK(has(matrices_error({3, 2, 2, 3}, {0.5f}, 0, 0, ref), "takes other rows' scales"));
}

TEST_CASE("what LiteRT computes of memory that is not there is refused") {
  // One operator of [2, 2] and [2] elements of a type, without a scale or with one.
  const auto error_of = [](std::int32_t code, std::int8_t type, std::vector<float> scales,
                           std::optional<std::int8_t> result = {}) {
    tflite_file f;
    const auto a = f.add({.name = "a", .shape = {2, 2}, .type = type, .scales = scales}),
               b = f.add({.name = "b", .shape = {2}, .type = type, .scales = scales}),
               y = f.add({.name = "y",
                          .shape = {2, 2},
                          .type = result.value_or(type),
                          .scales = result ? std::vector<float>{} : scales});
    f.operations = {{.code = code, .in = {a, b}, .out = {y}}};
    f.inputs = {a, b};
    f.outputs = {y};
    const auto bytes = f.bytes();
    const auto g = import::try_tflite(bytes, "made.tflite");
    return g ? std::string() : g.error().message();
  };
  using import::tflite_schema::builtin_code;
  constexpr std::int32_t div = builtin_code("DIV"), equal = builtin_code("EQUAL"),
                         not_equal = builtin_code("NOT_EQUAL"),
                         set_diagonal = builtin_code("MATRIX_SET_DIAG");
  constexpr std::int8_t int16 = 7;
  for (const std::int8_t type : {tflite::int8, tflite::uint8, int16}) {
    CHECK(has(error_of(div, type, {}), "operands without a scale"));
    CHECK(error_of(div, type, {0.5f}).empty());
    CHECK(has(error_of(not_equal, type, {}, tflite::boolean), "operands without a scale"));
    CHECK(error_of(not_equal, type, {0.5f}, tflite::boolean).empty());
    CHECK(error_of(equal, type, {}, tflite::boolean).empty() == (type == int16));
  }
  CHECK(error_of(equal, tflite::boolean, {}, tflite::boolean).empty());
  CHECK(has(error_of(set_diagonal, tflite::boolean, {}), "element type of a diagonal"));
  CHECK(error_of(set_diagonal, tflite::int8, {}).empty());
}

/// What is said of a layer of [1, 1, 1, 2] (fully connected: [1, 2]) with a bias of a type, and a
/// type that the operator says it has.
std::string bias_error(std::int32_t code, std::int8_t type, std::int8_t bias, std::int32_t said,
                       law arithmetic) {
  tflite_file f;
  const bool is_matrix = code == tflite::fully_connected;
  const std::vector<std::int32_t> shape =
      is_matrix ? std::vector<std::int32_t>{1, 2} : std::vector<std::int32_t>{1, 1, 1, 2};
  constexpr std::int8_t int64 = 4;
  const auto x = f.add({.name = "x", .shape = shape, .type = type, .scales = {0.5f}}),
             w = f.add({.name = "w", .shape = shape, .scales = {0.25f}, .data = {1, 2}}),
             b = f.add({.name = "b",
                        .shape = {1},
                        .type = bias,
                        .scales = {0.125f},
                        .data = std::vector<std::uint8_t>(bias == int64 ? 8 : 4, 1)}),
             y = f.add({.name = "y",
                        .shape = is_matrix ? std::vector<std::int32_t>{1, 1}
                                           : std::vector<std::int32_t>{1, 1, 1, 1},
                        .type = type,
                        .scales = {1.f}});
  f.operations = {{.code = code, .in = {x, w, b}, .out = {y}}};
  f.operations[0].options = is_matrix ? std::vector<std::int32_t>{0, 0, 0, 0, said}
                                      : std::vector<std::int32_t>{0, 1, 1, 0, 1, 1, said};
  f.inputs = {x};
  f.outputs = {y};
  import::tflite_options o;
  o.arithmetic = arithmetic;
  const auto bytes = f.bytes();
  const auto g = import::try_tflite(bytes, "made.tflite", o);
  return g ? std::string() : g.error().message();
}

TEST_CASE("a bias that TFLite reads as another type is refused") {
  constexpr std::int8_t int16 = 7, int64 = 4, int32 = tflite::int32;
  constexpr std::int32_t layer = tflite::fully_connected, window = tflite::conv_2d;
  constexpr law ref = law::tflite_ref, xnnpack = law::tflite_xnnpack;
  for (const std::int32_t code : {layer, window}) {
    CHECK(has(bias_error(code, tflite::int8, int64, 0, ref), "bias next to 8 bits (found int64"));
    CHECK(bias_error(code, tflite::int8, int32, 0, ref).empty());
    for (const law l : {ref, xnnpack}) {
      CHECK(bias_error(code, int16, int64, 0, l).empty());
      CHECK(bias_error(code, int16, int32, int32, l).empty());
      CHECK(has(bias_error(code, int16, int64, int32, l), "quantized_bias_type says"));
      CHECK(has(bias_error(code, int16, int32, int64, l), "quantized_bias_type says"));
    }
    CHECK(has(bias_error(code, int16, int32, 0, ref), "TFLite reads it as int64"));
  }
  CHECK(has(bias_error(window, int16, int32, 0, xnnpack), "TFLite reads it as int64"));
  CHECK(bias_error(layer, int16, int32, 0, xnnpack).empty());
}

TEST_CASE("recurrent layers of both directions that TFLite runs more than once are refused") {
  for (const bool time_major : {false, true}) {
    tflite_file f;
    const auto x = f.add({.name = "x", .shape = {1, 2, 2}, .type = tflite::float32});
    std::vector<std::int32_t> in{x};
    for (int side = 0; side < 2; ++side) {
      for (const char* name : {"w", "r"})
        in.push_back(f.add({.name = name,
                            .shape = {2, 2},
                            .scales = {0.25f},
                            .data = std::vector<std::uint8_t>(4, 1)}));
      in.push_back(f.add({.name = "b",
                          .shape = {2},
                          .type = tflite::float32,
                          .data = std::vector<std::uint8_t>(8, 0)}));
      in.push_back(
          f.add({.name = "h", .shape = {1, 2}, .type = tflite::float32, .variable = true}));
    }
    f.tensors[4].shape = f.tensors[8].shape = {time_major ? 2 : 1, 2};
    const auto y = f.add({.name = "y", .shape = {1, 2, 4}, .type = tflite::float32});
    f.operations = {{.code = import::tflite_schema::builtin_code("BIDIRECTIONAL_SEQUENCE_RNN"),
                     .in = in,
                     .out = {y}}};
    f.operations[0].options = {time_major, 4, 1};  // activation TANH, outputs merged
    f.inputs = {x};
    f.outputs = {y};
    const std::string said = time_major ? refusal(f) : std::string();
    if (time_major) CHECK(has(said, "runs the sequence as often as it has steps"));
    if (!time_major) CHECK(load(f, law::tflite_ref).outputs.size() == 1);
  }
}

TEST_CASE("MediaPipe's transposed convolution") {
  const auto outputs = [](std::uint8_t padding, std::uint8_t stride) {
    return octet_test::run_graph(mediapipe({padding, 0, 0, 0, stride, 0, 0, 0, stride, 0, 0, 0}),
                                 std::vector<float>{1, 2, 3, 4});
  };
  using floats = std::vector<float>;
  CHECK(outputs(1, 2) == floats{1.5f, 10.5f, 2.5f, 20.5f, 100.5f, 1000.5f, 200.5f, 2000.5f, 3.5f,
                                30.5f, 4.5f, 40.5f, 300.5f, 3000.5f, 400.5f, 4000.5f});
  CHECK(outputs(2, 1) ==
        floats{1.5f, 12.5f, 20.5f, 103.5f, 1234.5f, 2040.5f, 300.5f, 3400.5f, 4000.5f});
  CHECK(outputs(1, 1) == floats{1.5f, 12.5f, 103.5f, 1234.5f});
  const auto padding = mediapipe({0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0});
  REQUIRE_FALSE(padding);
  CHECK(has(padding.error().message(), "padding (found 0; supported: 1 (SAME), 2 (VALID))"));
  const auto little = mediapipe({1, 0, 0, 0});
  REQUIRE_FALSE(little);
  CHECK(has(little.error().message(), "custom options (found 4 bytes"));
}

TEST_CASE("complex numbers stay inside of a graph") {
  const auto error = [](std::int32_t next) {
    constexpr std::int8_t complex64 = 8;
    tflite_file f;
    const auto x = f.add({.name = "x", .shape = {1, 4}, .type = tflite::float32}),
               length = f.add({.name = "length",
                               .shape = {2},
                               .type = tflite::int32,
                               .data = {1, 0, 0, 0, 4, 0, 0, 0}}),
               c = f.add({.name = "c", .shape = {1, 3}, .type = complex64}),
               y = f.add({.name = "y", .shape = {1, 3}, .type = complex64});
    f.operations = {
        {.code = import::tflite_schema::builtin_code("RFFT2D"), .in = {x, length}, .out = {c}}};
    if (next >= 0) f.operations.push_back({.code = next, .in = {c, c}, .out = {y}});
    f.inputs = {x};
    f.outputs = {next < 0 ? c : y};
    const auto g = import::try_tflite(f.bytes(), "made.tflite");
    return g ? std::string() : g.error().message();
  };
  CHECK(has(error(-1), "element type of an input or output (found complex64"));
  CHECK(has(error(tflite::add), "operand of element type (found complex64; supported: of RFFT2D"));
  CHECK(has(error(import::tflite_schema::builtin_code("COMPLEX_ABS")), "complex64 to complex64"));
}
