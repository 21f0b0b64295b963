// The ONNX loader: files written field by field, what becomes integers and what stays float, what
// is refused, and files made to hurt.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "octet/import/onnx.hpp"
#include "octet/runtime/session.hpp"
#include "onnx_file.hpp"
#include "run_graph.hpp"
#include "skip.hpp"

using namespace octet;
namespace ox = octet_test::onnx;
using octet_test::proto;
using octet_test::run_graph;

namespace {

result<graph> load(const std::string& bytes, const import::onnx_options& o = {}) {
  return import::try_onnx(std::as_bytes(std::span(bytes)), "model.onnx", o);
}
/// The message of a file that must be refused, whose name it must have.
std::string message_of(const std::string& bytes, const import::onnx_options& o = {}) {
  const auto g = load(bytes, o);
  if (g) return "taken";
  const std::string m = g.error().message();
  return m.find("model.onnx") == m.npos ? "without the file's name: " + m : m;
}
#define CHECK_HAS(text, part)        \
  do {                               \
    const std::string t_ = text;     \
    INFO(t_);                        \
    CHECK(t_.find(part) != t_.npos); \
  } while (false)

std::vector<std::string_view> operators(const graph& g) {
  std::vector<std::string_view> list;
  for (const node& n : g.nodes) list.push_back(n.op->name);
  return list;
}
bool has_operator(const graph& g, std::string_view name) {
  const auto list = operators(g);
  return std::find(list.begin(), list.end(), name) != list.end();
}
/// Of the first node that stayed float.
std::string kept_float(const graph& g) {
  for (const node& n : g.nodes)
    for (const auto& [key, v] : n.attrs.entries())
      if (key == "kept_float") return std::string(v.view().text);
  return {};
}

using strings = std::vector<std::string>;

/// x [1,2,3,3] uint8, 2x2 weights of one output channel: scales 0.5, 0.25 and 1, zero points 3,
/// 1, 2.
ox::file convolution() {
  ox::file f;
  f.input("x", ox::u8, {1, 2, 3, 3}).output("y");
  f.constant(ox::floats("sx", {}, {0.5f})).constant(ox::bytes("zx", ox::u8, {}, {3}));
  f.constant(ox::floats("sw", {}, {0.25f})).constant(ox::bytes("zw", ox::s8, {}, {1}));
  f.constant(ox::floats("sy", {}, {1.f})).constant(ox::bytes("zy", ox::u8, {}, {2}));
  f.constant(ox::bytes("w", ox::s8, {1, 2, 2, 2}, {1, 2, 3, 4, -5, 6, -7, 8}));
  f.constant(ox::tensor("b", ox::s32, {1}, ox::raw_of(std::vector<std::int32_t>{4})));
  f.node("QLinearConv", {"x", "sx", "zx", "w", "sw", "zw", "sy", "zy", "b"}, {"y"});
  return f;
}
std::vector<std::uint8_t> image() {
  std::vector<std::uint8_t> x;
  for (int i = 0; i < 18; ++i) x.push_back(static_cast<std::uint8_t>(i * 37 % 29));
  return x;
}
/// NCHW, in plain loops.
std::vector<std::uint8_t> convolved(const std::vector<std::uint8_t>& x) {
  const int w[] = {1, 2, 3, 4, -5, 6, -7, 8};
  std::vector<std::uint8_t> y;
  for (int r = 0; r < 2; ++r)
    for (int q = 0; q < 2; ++q) {
      int sum = 4;
      for (int c = 0; c < 2; ++c)
        for (int i = 0; i < 2; ++i)
          for (int j = 0; j < 2; ++j)
            sum += (x[static_cast<std::size_t>(c * 9 + (r + i) * 3 + q + j)] - 3) *
                   (w[c * 4 + i * 2 + j] - 1);
      // 0.5 * 0.25 / 1 is a power of two: exact.
      const float v = std::nearbyint(static_cast<float>(sum) * 0.125f) + 2;
      y.push_back(static_cast<std::uint8_t>(std::min(255.f, std::max(0.f, v))));
    }
  return y;
}
/// DequantizeLinear, the operator, QuantizeLinear, all by one scale. The operator reads "f".
ox::file pair_around(const std::string& op, const std::vector<proto>& attributes = {},
                     const strings& more = {}) {
  ox::file f;
  f.input("x", ox::u8, {1, 2, 4, 4}).output("y");
  f.constant(ox::floats("s", {}, {0.5f})).constant(ox::bytes("z", ox::u8, {}, {3}));
  strings in{"f"};
  in.insert(in.end(), more.begin(), more.end());
  f.node("DequantizeLinear", {"x", "s", "z"}, {"f"}).node(op, in, {"g"}, attributes);
  f.node("QuantizeLinear", {"g", "s", "z"}, {"y"});
  return f;
}

}  // namespace

TEST_CASE("ONNX: QLinearConv, in NCHW, by the formula") {
  const auto g = load(convolution().str());
  REQUIRE(g);
  CHECK((*g)[g->outputs[0]].name == "y");
  const auto y = run_graph(load(convolution().str()), image());
  CHECK(y == convolved(image()));
  CHECK(std::count(y.begin(), y.end(), 0) < 4);  // not all of them clamped
}

TEST_CASE("ONNX: typed data, Constant nodes and raw data are the same") {
  ox::file f;
  f.input("x", ox::u8, {1, 2, 3, 3}).output("y");
  f.opset = 10;
  f.ir_version = 3;
  f.constant(proto()
                 .integer(ox::tensor_field::data_type, ox::f32)
                 .text(ox::tensor_field::name, "sx")
                 .real(ox::tensor_field::float_data, 0.5f));
  f.constant(proto()
                 .integer(ox::tensor_field::data_type, ox::u8)
                 .text(ox::tensor_field::name, "zx")
                 .integer(ox::tensor_field::int32_data, 3));
  f.node("Constant", {}, {"sw"},
         {proto()
              .text(ox::attribute_field::name, "value")
              .message(ox::attribute_field::t, ox::floats("", {}, {0.25f}))
              .integer(ox::attribute_field::type, ox::attribute_type::tensor)});
  f.constant(proto()
                 .integer(ox::tensor_field::data_type, ox::s8)
                 .text(ox::tensor_field::name, "zw")
                 .packed(ox::tensor_field::int32_data, {1}));
  f.constant(ox::floats("sy", {}, {1.f})).constant(ox::bytes("zy", ox::u8, {}, {2}));
  f.constant(proto()
                 .packed(ox::tensor_field::dims, {1, 2, 2, 2})
                 .integer(ox::tensor_field::data_type, ox::s8)
                 .text(ox::tensor_field::name, "w")
                 .packed(ox::tensor_field::int32_data, {1, 2, 3, 4, -5, 6, -7, 8}));
  f.constant(proto()
                 .integer(ox::tensor_field::dims, 1)
                 .integer(ox::tensor_field::data_type, ox::s32)
                 .text(ox::tensor_field::name, "b")
                 .packed(ox::tensor_field::int32_data, {4}));
  // Files of IR version 3 list their initializers among the inputs.
  f.input("w", ox::s8, {1, 2, 2, 2}).input("b", ox::s32, {1});
  f.node("QLinearConv", {"x", "sx", "zx", "w", "sw", "zw", "sy", "zy", "b"}, {"y"});
  CHECK(run_graph(load(f.str()), image()) == convolved(image()));
}

TEST_CASE("ONNX: external data, from the model's folder only") {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / "octet_onnx_external";
  fs::create_directories(folder / "inside");
  const auto with = [](const std::string& location, std::int64_t offset) {
    ox::file f;
    f.input("x", ox::s8, {4}).output("y");
    const auto entry = [](const char* key, const std::string& v) {
      return proto().text(ox::entry_field::key, key).text(ox::entry_field::value, v);
    };
    f.constant(
        proto()
            .packed(ox::tensor_field::dims, {4})
            .integer(ox::tensor_field::data_type, ox::s32)
            .text(ox::tensor_field::name, "i")
            .message(ox::tensor_field::external_data, entry("location", location))
            .message(ox::tensor_field::external_data, entry("offset", std::to_string(offset)))
            .integer(ox::tensor_field::data_location, octet::onnx_model::data_location::external));
    f.node("Gather", {"x", "i"}, {"y"});
    return f.str();
  };
  const auto save = [&](const fs::path& name, const std::string& bytes) {
    std::ofstream(folder / name, std::ios::binary) << bytes;
    return (folder / name).string();
  };
  save("data.bin", "12345678" + ox::raw_of(std::vector<std::int32_t>{3, 0, 2, 1}));
  const auto from = [&](const std::string& location, std::int64_t offset) {
    const auto g = import::try_onnx(save("inside/../model.onnx", with(location, offset)));
    return g ? "taken" : g.error().message();
  };
  CHECK(run_graph<std::int8_t>(import::try_onnx(save("model.onnx", with("./data.bin", 8))),
                               {10, 11, 12, 13}) == std::vector<std::int8_t>{13, 10, 12, 11});
  CHECK_HAS(from("data.bin", 12), "24 in data.bin");
  CHECK_HAS(from("../data.bin", 8), "place of external data");
  CHECK_HAS(from("/etc/passwd", 0), "place of external data");
  CHECK_HAS(from("", 0), "place of external data");
  CHECK_HAS(from("no.bin", 0), "no.bin");
  std::error_code e;
  fs::create_symlink("/etc/passwd", folder / "link", e);
  if (!e) CHECK_HAS(from("link", 0), "place of external data");
  CHECK_HAS(message_of(with("data.bin", 8)), "a model that is read from a file");
  fs::remove_all(folder);
}

TEST_CASE("ONNX: open extents need a shape") {
  ox::file f;
  f.input("x", ox::f32, {-1, 3}).output("y").node("Relu", {"x"}, {"y"});
  CHECK_HAS(message_of(f.str()), "--shape x=");
  import::onnx_options o;
  o.shapes = {{"x", dims{2, 3}}};
  const auto g = load(f.str(), o);
  REQUIRE(g);
  CHECK((*g)[g->outputs[0]].shape == dims{2, 3});
  o.shapes = {{"", dims{2, 4}}};
  CHECK_HAS(message_of(f.str(), o), "[n,3]");
  o.shapes = {{"z", dims{2, 3}}};
  CHECK_HAS(message_of(f.str(), o), "an input that does not exist");
}

TEST_CASE("ONNX: groups of Q, DQ and an operator become integers where ONNX Runtime does it") {
  struct expected {
    const char* op;
    std::vector<proto> attributes;
    const char* taken;
  };
  const std::vector<std::int64_t> two{2, 2};
  const expected list[] = {
      {"Sigmoid", {}, "qnn.logistic"},
      {"LeakyRelu", {}, "qnn.leaky_relu"},
      {"GlobalAveragePool", {}, "qnn.avg_pool2d"},
      {"AveragePool", {ox::attribute("kernel_shape", two)}, "qnn.avg_pool2d"},
      {"MaxPool", {ox::attribute("kernel_shape", two)}, "qnn.max_pool2d"},
      {"Softmax", {}, "qnn.softmax"},
  };
  for (const auto& e : list) {
    const auto g = load(pair_around(e.op, e.attributes).str());
    INFO(e.op << ": " << (g ? std::string() : g.error().message()));
    REQUIRE(g);
    CHECK(has_operator(*g, e.taken));
    CHECK_FALSE(has_operator(*g, "qnn.dequantize"));
    CHECK(kept_float(*g).empty());
  }
  for (const char* op : {"Tanh", "Exp"}) {
    const auto g = load(pair_around(op).str());
    REQUIRE(g);
    CHECK(has_operator(*g, "qnn.dequantize"));
    CHECK_HAS(kept_float(*g), std::string("no quantized ") + op);
  }
  // Someone reads the float result as well.
  const auto g = load(pair_around("Sigmoid").output("g").str());
  REQUIRE(g);
  CHECK(has_operator(*g, "logistic"));
  CHECK_HAS(kept_float(*g), "keeps it in float");
}

TEST_CASE("ONNX: products with 8-bit matrices, and convolutions whose weights are data") {
  ox::file product;
  product.input("x", ox::f32, {3, 4}).output("y");
  product.constant(ox::bytes("w", ox::s8, {4, 2}, {1, 2, 3, 4, 5, 6, 7, 8}));
  product.constant(ox::floats("s", {2}, {0.1f, 0.2f}));
  product.constant(ox::bytes("z", ox::s8, {2}, {0, 0}));
  product.node("DequantizeLinear", {"w", "s", "z"}, {"v"}).node("MatMul", {"x", "v"}, {"y"});
  const auto g = load(product.str());
  REQUIRE(g);
  CHECK_HAS(kept_float(*g), "MatMulNBits");

  ox::file layer;
  layer.input("x", ox::f32, {1, 2, 4, 4}).input("w", ox::f32, {3, 2, 1, 1}).output("y");
  layer.node("Conv", {"x", "w"}, {"y"});
  const auto refused = load(layer.str());
  REQUIRE_FALSE(refused);
  CHECK_HAS(refused.error().message(), "weights are an input of the network");
}

TEST_CASE("ONNX: a product of codes, its scale and its bias are one layer") {
  // Scale 1, zero point 0: the codes are the numbers.
  const std::vector<float> x{0, 255, 10, 20};
  const auto product = [](const std::string& added) {
    ox::file f;
    f.input("x", ox::f32, {2, 2}).output("y");
    f.constant(ox::bytes("w", ox::s8, {2, 2}, {1, 2, 3, -4})).constant(ox::floats("s", {}, {0.5f}));
    f.constant(ox::floats("b", {2}, {1, 2})).constant(ox::floats("one", {}, {1}));
    f.node("DynamicQuantizeLinear", {"x"}, {"q", "qs", "qz"});
    f.node("MatMulInteger", {"q", "w", "qz"}, {"sums"});
    f.node("Cast", {"sums"}, {"real"}, {ox::attribute("to", std::int64_t{ox::f32})});
    f.node("Mul", {"qs", "s"}, {"scale"}).node("Mul", {"real", "scale"}, {"scaled"});
    f.node("Add", {"scaled", added}, {"y"});
    return f.str();
  };
  const auto biased = load(product("b"));
  REQUIRE(biased);
  CHECK(has_operator(*biased, "qnn.dynamic_fully_connected"));
  CHECK_FALSE(has_operator(*biased, "add"));
  CHECK(run_graph<float>(*biased, x) == std::vector<float>{383.5f, -508, 36, -28});
  // What is no constant for each column joins by itself: a computed value, one number.
  const auto residual = load(product("x")), shifted = load(product("one"));
  for (const auto* g : {&residual, &shifted}) {
    REQUIRE(*g);
    CHECK(has_operator(**g, "qnn.dynamic_fully_connected"));
    CHECK(has_operator(**g, "add"));
  }
  CHECK(run_graph<float>(*residual, x) == std::vector<float>{382.5f, -255, 45, -10});
  CHECK(run_graph<float>(*shifted, x) == std::vector<float>{383.5f, -509, 36, -29});
}

TEST_CASE("ONNX: a graph as the file writes it") {
  ox::file f;
  f.input("x", ox::f32, {3}).output("y").output("g");
  f.constant(ox::floats("s", {}, {0.1f})).constant(ox::bytes("z", ox::u8, {}, {3}));
  f.constant(ox::floats("root", {}, {std::sqrt(2.f)})).constant(ox::floats("one", {}, {1}));
  f.constant(ox::floats("half", {}, {0.5f}));
  f.node("QuantizeLinear", {"x", "s", "z"}, {"q"}).node("DequantizeLinear", {"q", "s", "z"}, {"d"});
  f.node("Add", {"d", "d"}, {"t"}).node("QuantizeLinear", {"t", "s", "z"}, {"u"});
  f.node("DequantizeLinear", {"u", "s", "z"}, {"y"});
  f.node("Div", {"x", "root"}, {"a"}).node("Erf", {"a"}, {"b"}).node("Add", {"b", "one"}, {"c"});
  f.node("Mul", {"x", "c"}, {"e"}).node("Mul", {"e", "half"}, {"g"});
  const auto fused = load(f.str());
  REQUIRE(fused);
  CHECK(has_operator(*fused, "gelu"));
  CHECK(has_operator(*fused, "qnn.add"));
  import::onnx_options o;
  o.as_written = true;
  const auto g = load(f.str(), o);
  REQUIRE(g);
  for (const char* op : {"erf", "div", "add", "mul", "qnn.quantize", "qnn.dequantize"}) {
    INFO(op);
    CHECK(has_operator(*g, op));
  }
  for (const char* op : {"gelu", "qnn.add"}) CHECK_FALSE(has_operator(*g, op));
  CHECK(run_graph<float>(*g, {1, -0.25f, 20}) == std::vector<float>{2, -3 * 0.1f, 252 * 0.1f});
}

TEST_CASE("ONNX: groups across the border of a subgraph") {
  const auto golden = [](const std::string& name) {
    return octet::import::try_onnx(OCTET_SOURCE_DIR "/tests/goldens/onnx/" + name + ".onnx");
  };
  for (const char* name : {"border_if_outside", "border_loop_outside"}) {
    const auto g = golden(name);
    REQUIRE(g);
    CHECK(has_operator(*g, "batch_matmul"));
    CHECK_HAS(kept_float(*g), "dequantized outside of the subgraph");
  }
  for (const char* name : {"chosen_outside", "chosen_inside_nested"}) {  // by a constant
    const auto g = golden(name);
    REQUIRE(g);
    CHECK(has_operator(*g, "qnn.fully_connected"));
    CHECK(kept_float(*g).empty());
  }
}

TEST_CASE("ONNX: normalized rows, triangles, bounds of integers") {
  ox::file f;
  f.input("x", ox::f32, {2, 4}).output("y");
  f.constant(ox::floats("g", {4}, {1, 1, 2, 1})).constant(ox::floats("b", {4}, {0, 0, 0, 3}));
  f.node("LayerNormalization", {"x", "g", "b"}, {"y"}, {ox::attribute("epsilon", 0.75f)});
  // Mean 3, variance 3.25 with epsilon 4.
  const float d = std::sqrt(3.25f);
  const auto y = run_graph<float>(load(f.str()), {3 - d, 3 + d, 3 - d, 3 + d, 5, 5, 5, 5});
  const float expected[] = {-d / 2, d / 2, -d, d / 2 + 3, 0, 0, 0, 3};
  for (std::size_t i = 0; i < 8; ++i) CHECK(y[i] == Approx(expected[i]).margin(1e-6));

  ox::file t;
  t.opset = 14;
  t.input("x", ox::s32, {2, 3}).output("y");
  t.constant(ox::tensor("k", ox::s64, {}, ox::raw_of(std::vector<std::int64_t>{1})));
  t.constant(ox::tensor("lo", ox::s32, {}, ox::raw_of(std::vector<std::int32_t>{-2})));
  t.node("Trilu", {"x", "k"}, {"u"}).node("Clip", {"u", "lo"}, {"y"});
  CHECK(run_graph<std::int32_t>(load(t.str()), {1, 2, -3, 4, 5, 6}) ==
        std::vector<std::int32_t>{0, 2, -2, 0, 0, 6});
}

TEST_CASE("ONNX: what inputs would make rows compute is within the limits") {
  const auto lstm = [](std::int64_t batch, std::int64_t units, const import::onnx_options& o) {
    ox::file f;
    f.input("x", 1, {1, batch, 1});
    f.constant(ox::floats("w", {1, 4 * units, 1}, std::vector<float>(as_size(4 * units)))),
        f.constant(
            ox::floats("r", {1, 4 * units, units}, std::vector<float>(as_size(4 * units * units))));
    f.node("LSTM", {"x", "w", "r"}, {"y"}, {ox::attribute("hidden_size", units)});
    f.output("y");
    return message_of(f.str(), o);
  };
  CHECK_HAS(lstm(INT32_MAX, 1, {}), "the limit tensor_bytes");  // the input itself
  import::onnx_options o;
  o.max.tensor_bytes = 1 << 12;
  CHECK_HAS(lstm(1 << 9, 9, o), "the limit tensor_bytes");  // a state of zeros
  CHECK(lstm(1 << 3, 9, o) == "taken");
  const auto resize = [](std::int64_t width) {
    return message_of(
        ox::file()
            .input("x", ox::f32, {1, 1, 1, 1})
            .output("y")
            .constant(ox::tensor("sizes", ox::s64, {4},
                                 ox::raw_of(std::vector<std::int64_t>{1, 1, 1, width})))
            .node("Resize", {"x", "", "", "sizes"}, {"y"})
            .str());
  };
  CHECK_HAS(resize(1 << 24), "the limit work");  // where each column comes from
  CHECK(resize(1 << 10) == "taken");
}

TEST_CASE("ONNX: a number on two to the power of sixteen ways is looked at once") {
  ox::file f;
  f.input("x", ox::f32, {1, 4}).output("y");
  f.constant(ox::tensor("first", ox::s64, {}, ox::raw_of(std::vector<std::int64_t>{0})));
  f.constant(ox::tensor("axes", ox::s64, {1}, ox::raw_of(std::vector<std::int64_t>{0})));
  f.constant(ox::floats("w", {4, 4}, std::vector<float>(16)));
  f.constant(ox::floats("b", {4}, std::vector<float>(4)));
  f.node("Shape", {"x"}, {"shape"}).node("Gather", {"shape", "first"}, {"n0"});
  for (int i = 0; i < 16; ++i)
    f.node("Add", {"n" + std::to_string(i), "n" + std::to_string(i)},
           {"n" + std::to_string(i + 1)});
  f.node("Unsqueeze", {"n16", "axes"}, {"part"});
  for (std::size_t parts = 1; parts <= 60; ++parts) {
    const std::string list = "list" + std::to_string(parts);
    f.node("Concat", std::vector<std::string>(parts, "part"), {list}, {ox::attribute("axis", 0L)});
    const std::string of = std::to_string(parts);
    f.node("Reshape", {"x", list}, {"r" + of}).node("MatMul", {"r" + of, "w"}, {"p" + of});
    f.node("Add", {"p" + of, "b"}, {parts == 1 ? "y" : "y" + of});
  }
  CHECK_FALSE(message_of(f.str()).empty());
}

TEST_CASE("ONNX: LSTM, by its equations, both directions") {
  // One input, one cell: gates i, o, f, c have weights 1 and 0.5, recurrent weights 0.25.
  ox::file f;
  f.input("x", ox::f32, {2, 1, 1}).output("y").output("h");
  f.constant(ox::floats("w", {2, 4, 1}, {1, 1, 1, 1, 0.5f, 0.5f, 0.5f, 0.5f}));
  f.constant(ox::floats("r", {2, 4, 1}, std::vector<float>(8, 0.25f)));
  f.constant(ox::floats("b", {2, 8}, std::vector<float>(16, 0.125f)));
  f.node("LSTM", {"x", "w", "r", "b"}, {"y", "h"},
         {ox::attribute("hidden_size", std::int64_t{1}),
          ox::attribute("direction", std::string("bidirectional"))});
  const float x[] = {0.5f, -1.f};
  const auto y = run_graph<float>(load(f.str()), {x[0], x[1]});
  REQUIRE(y.size() == 4);
  for (const std::size_t d : {0u, 1u}) {
    double h = 0, c = 0;
    for (const std::size_t k : {0u, 1u}) {
      const std::size_t t = d == 0 ? k : 1 - k;
      const double g = static_cast<double>(x[t]) * (d == 0 ? 1 : 0.5) + 0.25 * h + 0.25,
                   s = 1 / (1 + std::exp(-g));
      c = s * c + s * std::tanh(g);
      h = s * std::tanh(c);
      CHECK(static_cast<double>(y[2 * t + d]) == Approx(h).margin(1e-6));
    }
  }
}

namespace {

proto int64(const std::string& name, std::int64_t v) {
  return ox::tensor(name, ox::s64, {}, ox::raw_of(std::vector<std::int64_t>{v}));
}
/// y = x + x, `rounds` times: a constant, or an input.
ox::file doubling(const proto* rounds) {
  ox::file body, f;
  body.input("i", ox::s64, {}).input("c", 9, {}).input("v", ox::f32, {2});
  body.output("c").output("w").node("Add", {"v", "v"}, {"w"});
  f.input("x", ox::f32, {2});
  if (rounds)
    f.constant(*rounds);
  else
    f.input("n", ox::s64, {});
  f.output("y").node("Loop", {"n", "", "x"}, {"y"}, {ox::attribute("body", body)});
  return f;
}

}  // namespace

TEST_CASE("ONNX: loops unroll, what only the input decides is refused") {
  const proto three = int64("n", 3), none = int64("n", 0), many = int64("n", 1000000000);
  CHECK(run_graph<float>(load(doubling(&three).str()), {1, -2}) == std::vector<float>{8, -16});
  CHECK(run_graph<float>(load(doubling(&none).str()), {1, -2}) == std::vector<float>{1, -2});
  CHECK_HAS(message_of(doubling(nullptr).str()), "number of rounds of Loop");
  import::onnx_options small;
  small.max.nodes = 100;
  CHECK_HAS(message_of(doubling(&many).str(), small), "limit nodes");

  const auto branches = [](const std::vector<std::int64_t>& axes) {
    ox::file then, other, f;
    then.output("a").node("Relu", {"x"}, {"a"});
    other.output("b").constant(
        ox::tensor("axes", ox::s64, {static_cast<std::int64_t>(axes.size())}, ox::raw_of(axes)));
    other.node("Unsqueeze", {"x", "axes"}, {"b"});
    f.input("x", ox::f32, {2}).input("c", 9, {}).output("y");
    f.node("If", {"c"}, {"y"},
           {ox::attribute("then_branch", then), ox::attribute("else_branch", other)});
    return f.str();
  };
  CHECK_HAS(message_of(branches({0})), "branches that give [2] and [1,2]");
  ox::file wrong;  // a body without the number of the round
  wrong.input("v", ox::f32, {2}).output("v");
  ox::file f;
  f.input("x", ox::f32, {2}).output("y").constant(three);
  f.node("Loop", {"n", "", "x"}, {"y"}, {ox::attribute("body", wrong)});
  CHECK_HAS(message_of(f.str()), "inputs of the graph body");
  ox::file deep = wrong;  // one graph in another
  for (int i = 0; i < 300; ++i) {
    ox::file outer;
    outer.output("v").node("If", {"c"}, {"v"}, {ox::attribute("then_branch", deep)});
    deep = outer;
  }
  CHECK_HAS(message_of(deep.str()), "graphs within one another");
}

TEST_CASE("ONNX: functions of the model's own stand where they are called") {
  const auto call = [](const std::string& name, const strings& in, const strings& out) {
    return ox::file::node_of(name, in, out, {}, "local");
  };
  const auto add = [](const strings& in, const std::string& out) {
    return ox::file::node_of("Add", in, {out});
  };
  const auto model = [] { return ox::file().input("x", ox::f32, {2}).output("y"); };
  // a + a + b, of which the second input may be left out where nothing reads it; names of a body
  // are its own.
  auto f = model();
  f.function("Sum", {"a", "x"}, {"y"}, {add({"a", "a"}, "t"), add({"t", "x"}, "y")});
  f.function("Twice", {"a", "unread"}, {"t"}, {call("Sum", {"a", "a"}, {"t"})});
  f.node("Twice", {"x"}, {"t"}, {}, "local").node("Sum", {"t", "x"}, {"y"}, {}, "local");
  CHECK(run_graph<float>(load(f.str()), {1, -2}) == std::vector<float>{7, -14});
  // A result that is an input, and one under two names.
  auto same = model();
  same.function("Same", {"a"}, {"a", "b", "b"}, {add({"a", "a"}, "b")});
  same.node("Same", {"x"}, {"p", "q", "r"}, {}, "local").node("Add", {"p", "q"}, {"s"});
  same.node("Add", {"s", "r"}, {"y"});
  CHECK(run_graph<float>(load(same.str()), {1, -2}) == std::vector<float>{5, -10});

  auto circle = model().node("A", {"x"}, {"y"}, {}, "local");
  circle.function("A", {"a"}, {"b"}, {call("B", {"a"}, {"b"})});
  circle.function("B", {"a"}, {"b"}, {call("A", {"a"}, {"b"})});
  CHECK_HAS(message_of(circle.str()), "functions within one another");
  auto many = model().node("F40", {"x"}, {"y"}, {}, "local");  // 2^40 nodes
  many.function("F0", {"a"}, {"b"}, {add({"a", "a"}, "b")});
  for (int i = 1; i <= 40; ++i) {
    const std::string inner = "F" + std::to_string(i - 1);
    many.function("F" + std::to_string(i), {"a"}, {"b"},
                  {call(inner, {"a"}, {"t"}), call(inner, {"t"}, {"b"})});
  }
  CHECK_HAS(message_of(many.str()), "the limit ");
  auto old = model().node("F", {"x"}, {"y"}, {}, "local");
  old.function("F", {"a"}, {"b"}, {add({"a", "a"}, "b")}, 12);
  CHECK_HAS(message_of(old.str()), "opset of function F (found 12; supported: 13");
  auto wide = model().node("F", {"x", "x"}, {"y"}, {}, "local");
  wide.function("F", {"a"}, {"b"}, {add({"a", "a"}, "b")});
  CHECK_HAS(message_of(wide.str()), "a call of function F");
  wide.function("F", {"a"}, {"b"}, {add({"a", "a"}, "b")});
  CHECK_HAS(message_of(wide.str()), "two functions named");
}

TEST_CASE("ONNX: sequences are known when the file is loaded") {
  const auto pieces = [] {
    ox::file f;
    f.input("x", ox::f32, {3}).output("y").constant(int64("last", -1)).constant(int64("far", 3));
    return f.node("SplitToSequence", {"x"}, {"s"});
  };
  auto f = pieces().node("SequenceAt", {"s", "last"}, {"e"});
  f.node("SequenceInsert", {"s", "e", "last"}, {"t"}).node("SequenceErase", {"t"}, {"u"});
  f.node("ConcatFromSequence", {"u"}, {"y"}, {ox::attribute("axis", std::int64_t{0})});
  CHECK(run_graph<float>(load(f.str()), {1, 2, 3}) == std::vector<float>{1, 2, 3});
  auto to_end = pieces().node("SequenceAt", {"s", "last"}, {"e"});
  to_end.node("SequenceInsert", {"s", "e", "far"}, {"t"});
  to_end.node("ConcatFromSequence", {"t"}, {"y"}, {ox::attribute("axis", std::int64_t{0})});
  CHECK(run_graph<float>(load(to_end.str()), {1, 2, 3}) == std::vector<float>{1, 2, 3, 3});
  CHECK_HAS(message_of(pieces().node("SequenceAt", {"s", "far"}, {"y"}).str()),
            "a place in a sequence of 3 (found 3)");
  CHECK_HAS(message_of(pieces().node("Relu", {"s"}, {"y"}).str()), "a sequence of tensors here");
  CHECK_HAS(message_of(pieces().node("Identity", {"s"}, {"y"}).str()), "a sequence of tensors");
  CHECK_HAS(message_of(pieces().node("SequenceLength", {"x"}, {"y"}).str()), "a sequence");
  auto computed = pieces().input("i", ox::s64, {}).node("SequenceAt", {"s", "i"}, {"y"});
  CHECK_HAS(message_of(computed.str()), "a place in a sequence that is computed at run time");
}

TEST_CASE("ONNX: Einstein sums that are not computed are refused") {
  const auto message = [](const std::string& equation, const strings& in) {
    ox::file f;
    f.input("x", ox::f32, {2, 3}).input("z", ox::f32, {4}).output("y");
    return message_of(f.node("Einsum", in, {"y"}, {ox::attribute("equation", equation)}).str());
  };
  CHECK(message("ij,k->kij", {"x", "z"}) == "taken");
  CHECK(message("i...->...i", {"x"}) == "taken");
  CHECK_HAS(message("ii->i", {"x"}), "2, 3");
  CHECK_HAS(message("ij,j->i", {"x", "z"}), "3, 4");
  CHECK_HAS(message("ij->ik", {"x"}), "labels of the operands");
  CHECK_HAS(message("ij->ii", {"x"}), "result of an Einstein sum");
  CHECK_HAS(message("ijk->i", {"x"}), "2 axes");
  CHECK_HAS(message("ij", {"x", "z"}), "as many operands");
  CHECK_HAS(message("i.j->i", {"x"}), "axes");
  CHECK_HAS(message("iJ", {"x"}), "both cases");
}

TEST_CASE("ONNX: weights of few bits, what is refused of them") {
  const auto message = [](std::int64_t level, std::size_t bytes, std::int64_t bits) {
    ox::file f;
    f.input("x", ox::f32, {2, 32}).output("y").constant(ox::floats("s", {1}, {0.5f}));
    f.constant(ox::bytes("w", ox::u8, {1, 1, static_cast<std::int64_t>(bytes)},
                         std::vector<int>(bytes, 3)));
    f.node("MatMulNBits", {"x", "w", "s"}, {"y"},
           {ox::attribute("K", std::int64_t{32}), ox::attribute("N", std::int64_t{1}),
            ox::attribute("bits", bits), ox::attribute("accuracy_level", level)},
           "com.microsoft");
    return message_of(f.str());
  };
  CHECK(message(1, 16, 4) == "taken");
  CHECK(message(0, 32, 8) == "taken");
  CHECK(message(4, 16, 4) == "taken");
  CHECK_HAS(message(2, 16, 4), "accuracy_level");
  CHECK_HAS(message(0, 16, 8), "32 bytes");
  CHECK_HAS(message(0, 12, 3), "bits");
}

TEST_CASE("ONNX: attention of groups, what is refused of it") {
  const auto message = [](std::int64_t heads, std::int32_t total, bool computed,
                          const std::string& key) {
    ox::file f;
    for (const char* name : {"q", "k", "v"})
      f.input(name, ox::f32, {1, 3, name[0] == 'q' ? 32 : 16});
    f.input("l", ox::s32, {1}).output("y");
    if (computed)
      f.input("t", ox::s32, {1});
    else
      f.constant(ox::tensor("t", ox::s32, {1}, ox::raw_of(std::vector<std::int32_t>{total})));
    std::vector<octet_test::proto> attributes{ox::attribute("num_heads", heads),
                                              ox::attribute("kv_num_heads", std::int64_t{1})};
    if (!key.empty()) attributes.push_back(ox::attribute(key, std::int64_t{1}));
    f.node("GroupQueryAttention", {"q", "k", "v", "", "", "l", "t"}, {"y", "pk", "pv"}, attributes,
           "com.microsoft");
    return message_of(f.str());
  };
  CHECK(message(2, 3, false, {}) == "taken");
  CHECK_HAS(message(3, 3, false, {}), "width of queries");
  CHECK_HAS(message(2, 4, false, {}), "total number of keys");
  CHECK_HAS(message(2, 3, true, {}), "computed at run time");
  CHECK_HAS(message(2, 3, false, "smooth_softmax"), "smooth_softmax");
  CHECK_HAS(message(2, 3, false, "do_rotary"), "cosines");
}

TEST_CASE("ONNX: what is not computed is refused by name") {
  using integers = std::vector<std::int64_t>;
  const auto one = [](const std::string& op, const std::string& domain = {}) {
    return ox::file().input("x", ox::f32, {2, 2}).output("y").node(op, {"x"}, {"y"}, {}, domain);
  };
  CHECK_HAS(message_of(one("Det").str()), "Det");
  CHECK_HAS(message_of(one("MurmurHash3", "com.microsoft").str()), "com.microsoft::MurmurHash3");
  CHECK_HAS(message_of(one("Relu", "someone.else").str()), "someone.else::Relu");
  auto f = one("Relu");
  f.opset = 99;
  CHECK_HAS(message_of(f.str()), "opset");
  CHECK_HAS(message_of(one("Relu").constant(ox::tensor("q", 16, {2}, "xxxx")).str()), "BFLOAT16");
  CHECK_HAS(message_of(ox::file().input("x", 17, {2}).output("x").str()), "FLOAT8E4M3FN");
  CHECK_HAS(message_of(ox::file()
                           .input("x", ox::s8, {2, 4})
                           .output("y")
                           .constant(ox::floats("s", {2, 2}, {1, 2, 3, 4}))
                           .node("DequantizeLinear", {"x", "s"}, {"y"},
                                 {ox::attribute("axis", std::int64_t{1}),
                                  ox::attribute("block_size", std::int64_t{2})})
                           .str()),
            "block");
  CHECK_HAS(message_of(ox::file()
                           .input("x", ox::f32, {1, 1, 9, 9})
                           .output("i")
                           .node("MaxPool", {"x"}, {"y", "i"},
                                 {ox::attribute("kernel_shape", integers{9, 9})})
                           .str()),
            "elements of a window of MaxPool with indices");
  CHECK_HAS(message_of(ox::file()
                           .input("x", ox::f32, {1, 1, 2, 2, 2, 2})
                           .output("y")
                           .constant(ox::floats("w", {1, 1, 1, 1, 1, 1}, {1}))
                           .node("ConvTranspose", {"x", "w"}, {"y"})
                           .str()),
            "rank of a transposed convolution (found 6");
  CHECK_HAS(message_of(ox::file()
                           .input("x", ox::f32, {2, 3})
                           .output("y")
                           .constant(ox::floats("ratio", {}, {0.5f}))
                           .constant(ox::bytes("training", ox::boolean, {}, {1}))
                           .node("Dropout", {"x", "ratio", "training"}, {"y"})
                           .str()),
            "Dropout in training");
  CHECK_HAS(message_of(one("Relu").node("Relu", {"x"}, {"y"}).str()), "two nodes give");
  CHECK_HAS(message_of(
                ox::file().output("b").node("Relu", {"b"}, {"a"}).node("Relu", {"a"}, {"b"}).str()),
            "circle");
  CHECK_HAS(message_of(""), "without a graph");
  CHECK_HAS(message_of("\xff\xff\xff"), "protobuf");
}

TEST_CASE("ONNX: constant indices that ONNX Runtime has no result for") {
  const auto picked = [](std::int64_t index) {
    ox::file f;
    f.input("x", ox::f32, {2, 3}).output("y");
    f.constant(ox::tensor("i", ox::s64, {1}, ox::raw_of(std::vector<std::int64_t>{index})));
    f.node("Gather", {"x", "i"}, {"y"}, {ox::attribute("axis", std::int64_t{1})});
    return f.str();
  };
  CHECK(load(picked(-3)));
  CHECK_HAS(message_of(picked(3)), "index (found 3; supported: below 3)");
  CHECK_HAS(message_of(picked(-4)), "index (found -4");
}

TEST_CASE("ONNX: what comes behind an error looks at no tensor that is not there") {
  using integers = std::vector<std::int64_t>;
  CHECK_HAS(message_of(ox::file()
                           .input("x", ox::f32, {1, 1, 2, 2})
                           .output("y")
                           .constant(ox::floats("w", {1, 1, 2, 2}, {1, 2, 3, 4}))
                           .constant(ox::floats("b", {1}, {1}))
                           .node("ConvTranspose", {"x", "w", "b"}, {"y"},
                                 {ox::attribute("dilations", integers{30000, 30000})})
                           .str()),
            "tensor_bytes");
}

TEST_CASE("ONNX: versions, attributes and results as ONNX Runtime has them") {
  const auto one = [](const std::string& op, std::int64_t opset) {
    ox::file f;
    f.input("x", ox::f32, {2, 2}).output("y").node(op, {"x"}, {"y"});
    f.opset = opset;
    return f;
  };
  CHECK(load(one("HardSwish", 14).str()));
  CHECK_HAS(message_of(one("HardSwish", 13).str()),
            "HardSwish y: unsupported: an operator of a newer opset (found opset 13; supported: 14 "
            "and newer)");
  CHECK(load(one("Gelu", 20).str()));
  CHECK_HAS(message_of(one("Gelu", 19).str()), "20 and newer");
  auto f = one("Relu", 13);
  f.ir_version = 14;
  CHECK(load(f.str()));
  f.ir_version = 15;
  CHECK_HAS(message_of(f.str()), "ir_version (found 15; supported: 1 to 14)");
  CHECK_HAS(message_of(ox::file().input("x", ox::f32, {2}).str()), "a graph without outputs");
  CHECK_HAS(message_of(proto().integer(1, 8).message(7, proto()).bytes), "no opset_import");

  CHECK_HAS(message_of(one("Conv", 13).str()), "input 1 (found absent; supported: weights)");
  ox::file turned;
  turned.input("x", ox::f32, {2, 3}).output("y");
  turned.node("Transpose", {"x"}, {"y"}, {ox::attribute("perm", std::string("a"))});
  CHECK_HAS(message_of(turned.str()),
            "attribute perm (found a text; supported: a list of integers)");
  ox::file quantized;  // read before the operator's own row
  quantized.input("x", ox::f32, {2, 2}).output("y");
  quantized.constant(ox::floats("s", {}, {0.5f}));
  quantized.node("QuantizeLinear", {"x", "s"}, {"q"}, {ox::attribute("axis", 1.f)});
  quantized.node("DequantizeLinear", {"q", "s"}, {"y"});
  CHECK_HAS(message_of(quantized.str()), "attribute axis (found a number; supported: an integer)");
}

TEST_CASE("ONNX: arrays of several runs, where the file fixes the first axis") {
  const auto shape_of = [](const std::vector<std::int64_t>& written, const dims& given) {
    ox::file f;
    f.input("x", ox::f32, written).output("y").node("Relu", {"x"}, {"y"});
    import::onnx_options o;
    o.shapes = {{"x", given}};
    o.only_open_extents = true;
    const auto g = load(f.str(), o);
    return g ? (*g)[g->inputs[0]].shape : dims{};
  };
  CHECK(shape_of({1, 3}, {4, 3}) == dims{1, 3});
  CHECK(shape_of({2, 3}, {4, 3}) == dims{2, 3});
  CHECK(shape_of({1, -1}, {4, 3}) == dims{1, 3});
  CHECK(shape_of({-1, 3}, {4, 3}) == dims{4, 3});
  CHECK(shape_of({3, 3}, {4, 3}) == dims{});
  CHECK(shape_of({1, 2}, {4, 3}) == dims{});
  CHECK(shape_of({1, 3}, {4, 3, 1}) == dims{});
}

namespace {

/// Loads, plans and runs; an error must name the file.
void survives(const std::string& bytes) {
  import::onnx_options o;
  o.max.tensor_bytes = o.max.constant_bytes = o.max.arena_bytes = std::size_t{1} << 22;
  o.max.nodes = 500, o.max.work = std::size_t{1} << 18;
  auto g = load(bytes, o);
  if (!g) {
    REQUIRE(g.error().message().find("model.onnx") != std::string::npos);
    return;
  }
  plan_options po;
  po.max = o.max;
  auto p = try_compile(std::move(*g), po);
  if (!p) {
    REQUIRE(p.error().message().find("model.onnx") != std::string::npos);
    return;
  }
  std::size_t work = 0;
  for (const auto& t : p->source().tensors) work += t.shape.elements().value;
  if (work > 1000000) return;
  session s(*p);
  s.run();
}

}  // namespace

TEST_CASE("ONNX: damaged files give an error or a network that runs", "[hostile]") {
  const std::vector<std::int64_t> two{2, 2};
  const proto three = int64("n", 3);
  for (const std::string& whole :
       {convolution().str(), pair_around("MaxPool", {ox::attribute("kernel_shape", two)}).str(),
        doubling(&three).str()}) {
    survives(whole);
    for (std::size_t n = 0; n < whole.size(); ++n) survives(whole.substr(0, n));
    for (std::size_t i = 0; i < whole.size(); ++i)
      for (const int flip : {1, 0x80, 0x7f}) {
        std::string damaged = whole;
        damaged[i] = static_cast<char>(damaged[i] ^ flip);
        survives(damaged);
      }
  }
}
