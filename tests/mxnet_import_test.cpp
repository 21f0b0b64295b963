// The MXNet loader: symbols, .params files of every version, and files made to hurt.
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>

#include "mxnet_file.hpp"
#include "octet/import/common/file.hpp"
#include "octet/import/mxnet.hpp"
#include "octet/import/mxnet/attributes.hpp"
#include "octet/import/mxnet/params.hpp"
#include "octet/ops/quantize.hpp"
#include "octet/runtime/session.hpp"
#include "run_graph.hpp"
#include "skip.hpp"

using namespace octet;
using namespace octet_test;
namespace mx = octet::mxnet_model;

namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}
#define CHECK_HAS(text, part)    \
  do {                           \
    const std::string t_ = text; \
    INFO(t_);                    \
    CHECK(has(t_, part));        \
  } while (false)

std::string symbol_error(const std::string& text) {
  const auto s = mx::read_symbol(octet_test::bytes_of(text));
  return s ? std::string() : s.error().message();
}
std::string params_error(const std::string& bytes, const limits& max = {}) {
  const auto p = mx::read_params(octet_test::bytes_of(bytes), max);
  return p ? std::string() : p.error().message();
}
/// One array of that version, twelve bytes of data as int8 [3,4].
std::string one_array(int version) {
  params_writer w;
  w.add("arg:w", version, 5, {3, 4}, "abcdefghijkl");
  return w.bytes();
}
std::string graph_text(const std::string& nodes, const std::string& rest) {
  return R"({"nodes":[)" + nodes + "]," + rest + "}";
}

}  // namespace

TEST_CASE("params: every version holds the same array") {
  for (int version = 0; version <= 3; ++version) {
    const std::string bytes = one_array(version);
    const auto p = mx::read_params(octet_test::bytes_of(bytes));
    INFO(version);
    REQUIRE(p);
    REQUIRE(p->names == std::vector<std::string>{"arg:w"});
    const auto* a = p->find("w");
    REQUIRE(a);
    CHECK(a->type == dtype::s8);
    CHECK(a->shape == dims{3, 4});
    CHECK_FALSE(a->empty);
    CHECK(std::memcmp(a->bytes.data(), "abcdefghijkl", 12) == 0);
    CHECK(a->bytes.size() == 12);
    CHECK(p->find("arg:w") == nullptr);
  }
}

TEST_CASE("params: element types, scalars, empty arrays, extents of 0, files without names") {
  params_writer w;
  for (std::int32_t code = 0; code < 12; ++code)
    w.add("arg:t" + std::to_string(code), 2, code, {1}, std::string(8, 'x').substr(0, [&] {
      constexpr std::size_t size[] = {4, 8, 2, 1, 4, 1, 8, 1, 2, 2, 4, 8};
      return size[code];
    }()));
  w.add("aux:scalar", 3, 4, {}, std::string("\x07\0\0\0", 4));
  w.add("arg:nothing", 2, 0, {}, "");
  w.add("arg:flat", 2, 0, {0, 3}, "");
  const std::string bytes = w.bytes();
  const auto p = mx::read_params(octet_test::bytes_of(bytes));
  REQUIRE(p);
  for (std::int32_t code = 0; code < 12; ++code) {
    const auto* a = p->find("t" + std::to_string(code));
    REQUIRE(a);
    CHECK(params_writer::code_of(a->type) == code);
  }
  const auto* scalar = p->find("scalar");
  REQUIRE(scalar);
  CHECK(scalar->shape.rank == 0);
  CHECK(scalar->bytes.size() == 4);
  CHECK(static_cast<int>(scalar->bytes[0]) == 7);
  REQUIRE(p->find("nothing"));
  CHECK(p->find("nothing")->empty);
  REQUIRE(p->find("flat"));
  CHECK_FALSE(p->find("flat")->empty);
  CHECK(p->find("flat")->bytes.empty());

  const std::string unnamed = w.bytes(false);
  const auto q = mx::read_params(octet_test::bytes_of(unnamed));
  REQUIRE(q);
  CHECK(q->names.empty());
  CHECK(q->arrays.size() == p->arrays.size());
  const std::string none = params_writer().bytes();
  REQUIRE(none.size() == 32);
  CHECK(mx::read_params(octet_test::bytes_of(none)));
}

TEST_CASE("params: what is refused") {
  namespace code = mx::detail::type_code;
  params_writer sparse;
  sparse.add("arg:s", 2, code::float32, {2, 2}, "", mx::detail::storage_code::row_sparse);
  CHECK_HAS(params_error(sparse.bytes()), "row_sparse");
  params_writer half;
  half.add("arg:h", 2, code::bfloat16, {2}, "abcd");
  CHECK_HAS(params_error(half.bytes()), "bfloat16");
  params_writer rank;
  rank.add("arg:r", 2, 5, std::vector<std::int64_t>(9, 1), "a");
  CHECK_HAS(params_error(rank.bytes()), "rank");
  params_writer negative;
  negative.add("arg:n", 2, 5, {3, -1}, "a");
  CHECK_HAS(params_error(negative.bytes()), "extent");
  params_writer huge;
  huge.add("arg:g", 2, 5, {std::int64_t{1} << 40}, "a");
  CHECK_HAS(params_error(huge.bytes()), "too large");
  params_writer product;  // 2^62 elements of 8 bytes: the size must not wrap
  product.add("arg:p", 2, 1, {1 << 30, 1 << 30, 4}, "a");
  CHECK_HAS(params_error(product.bytes()), "too large");
  limits small;
  small.tensor_bytes = 11;
  CHECK_HAS(params_error(one_array(2), small), "too large");
  params_writer twice;
  twice.add("arg:w", 2, 5, {1}, "a");
  twice.add("aux:w", 2, 5, {1}, "b");
  CHECK_HAS(params_error(twice.bytes()), "one name");
  CHECK_HAS(params_error(one_array(2) + "x"), "after the last name");
  CHECK_HAS(params_error(std::string(40, '\1')), "not a file of arrays");
  std::string many = params_writer().bytes();  // 2^64 - 1 arrays that are not there
  std::memset(many.data() + 16, 0xff, 8);
  CHECK_HAS(params_error(many), "ends early");
  std::string names = one_array(2);
  names[names.size() - 5 - 16] = 9;  // the number of names
  CHECK_HAS(params_error(names), "number of names");
}

TEST_CASE("params: a file cut anywhere is refused, changed bytes never do harm") {
  params_writer w;
  w.add("arg:w", 2, 5, {3, 4}, "abcdefghijkl");
  w.add("aux:m", 3, 0, {}, std::string(4, '\0'));
  w.add("arg:b", 0, 4, {2}, std::string(8, '\1'));
  const std::string whole = w.bytes();
  REQUIRE(params_error(whole).empty());
  for (std::size_t n = 0; n < whole.size(); ++n)
    CHECK_FALSE(params_error(whole.substr(0, n)).empty());
  for (std::size_t i = 0; i < whole.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(damaged[i] ^ 1 << bit);
      const auto p = mx::read_params(octet_test::bytes_of(damaged));
      if (!p) continue;
      for (const auto& a : p->arrays)
        CHECK(a.bytes.size() == (a.empty ? 0 : octet::bytes_of(a.shape.elements(), a.type).value));
    }
}

TEST_CASE("params: MXNet's own files of every version") {
  const std::filesystem::path folder = std::filesystem::path(OCTET_MODELS) / "mxnet";
  if (!std::filesystem::exists(folder)) return octet_test::skip("no shared models");
  const auto read = [&](const char* name) {
    auto file = import::read_file((folder / name).string());
    REQUIRE(file);
    return std::move(*file);
  };
  const auto v2 = read("params_format_v2.params");
  const auto reference = mx::read_params(v2.bytes);
  REQUIRE(reference);
  REQUIRE(reference->arrays.size() > 1);
  for (const char* name : {"params_format_v0.params", "params_format_v0_nonames.params",
                           "params_format_v1.params", "params_format_v3_npshape.params"}) {
    INFO(name);
    const auto file = read(name);
    const auto p = mx::read_params(file.bytes);
    REQUIRE(p);
    std::size_t compared = 0;
    for (std::size_t i = 0; i < p->names.size(); ++i) {
      const std::string bare = p->names[i].substr(p->names[i].find(':') + 1);
      const auto* same = reference->find(bare);
      if (!same || same->empty) continue;
      CHECK(same->type == p->arrays[i].type);
      CHECK(same->shape == p->arrays[i].shape);
      REQUIRE(same->bytes.size() == p->arrays[i].bytes.size());
      CHECK(std::memcmp(same->bytes.data(), p->arrays[i].bytes.data(), same->bytes.size()) == 0);
      ++compared;
    }
    CHECK((p->names.empty() || compared > 0));
    CHECK_FALSE(p->arrays.empty());
  }
  const auto sparse = read("params_format_sparse_rowsparse.params");
  const auto refused = mx::read_params(sparse.bytes);
  REQUIRE_FALSE(refused);
  CHECK_HAS(refused.error().message(), "row_sparse");
}

TEST_CASE("symbol: nodes, attributes of every age, subgraphs, heads") {
  const std::string inner = graph_text(R"({"op":"null","name":"x0","inputs":[]})",
                                       R"("arg_nodes":[0],"heads":[[0,0,0]])");
  const std::string text = graph_text(
      R"({"op":"null","name":"data","inputs":[]},)"
      R"({"op":"A","name":"a","attr":{"k":"1"},"param":{"p":"2"},"inputs":[[0,0]]},)"
      R"x({"op":"B","name":"b","attrs":{"k":"(3, 3)"},"inputs":[[1,0,0],[0,0,0]],"subgraphs":[)x" +
          inner + "]}",
      R"("arg_nodes":[0],"node_row_ptr":[0,1,2,3],"heads":[[2,1,0],[1,0]],)"
      R"("attrs":{"mxnet_version":["int",10501]})");
  const auto s = mx::read_symbol(octet_test::bytes_of(text));
  REQUIRE(s);
  REQUIRE(s->nodes.size() == 3);
  CHECK(s->version == 10501);
  CHECK(s->variables == std::vector<std::int32_t>{0});
  CHECK(s->nodes[0].variable());
  CHECK(s->nodes[1].attributes.at("k") == "1");
  CHECK(s->nodes[1].attributes.at("p") == "2");
  REQUIRE(s->nodes[2].inputs.size() == 2);
  CHECK(s->nodes[2].inputs[0].node == 1);
  REQUIRE(s->nodes[2].subgraphs.size() == 1);
  CHECK(s->nodes[2].subgraphs[0].nodes[0].name == "x0");
  REQUIRE(s->heads.size() == 2);
  CHECK(s->heads[0].output == 1);
  CHECK(s->heads[1].node == 1);
}

TEST_CASE("symbol: what is refused") {
  const std::string data = R"({"op":"null","name":"data","inputs":[]})";
  const std::string good = R"("arg_nodes":[0],"heads":[[0,0,0]])";
  REQUIRE(symbol_error(graph_text(data, good)).empty());
  CHECK_HAS(symbol_error("{\"nodes\":[}"), "JSON text, at byte 11: unexpected '}'; expected");
  CHECK_HAS(symbol_error(""), "malformed");
  CHECK_HAS(symbol_error("[1]"), "no array of nodes");
  CHECK_HAS(symbol_error(std::string(100, '[')), "brackets");
  octet::limits shallow;
  shallow.depth = 3;
  const auto deep = mx::read_symbol(octet_test::bytes_of(std::string("[[[[]]]]")), shallow);
  REQUIRE_FALSE(deep);
  CHECK_HAS(deep.error().message(), "the limit depth");
  CHECK_HAS(symbol_error(graph_text(data, R"("arg_nodes":[1],"heads":[[0,0,0]])")), "arg_nodes");
  CHECK_HAS(symbol_error(graph_text(data, R"("arg_nodes":[0],"heads":[[1,0,0]])")), "heads: node");
  CHECK_HAS(symbol_error(graph_text(data, R"("arg_nodes":[0],"heads":[[-1,0,0]])")), "heads");
  CHECK_HAS(symbol_error(graph_text(data, R"("arg_nodes":[0],"heads":[])")), "no heads");
  CHECK_HAS(symbol_error(graph_text(R"({"op":"A","name":"a","inputs":[[0,0,0]]})", good)),
            "node 0: inputs: node");  // itself
  CHECK_HAS(symbol_error(graph_text(R"({"op":"A"})", good)), "no name");
  CHECK_HAS(symbol_error(graph_text(R"({"op":"null","name":"a","attrs":{"k":3}})", good)),
            "attribute k");
  CHECK_HAS(symbol_error(graph_text(data, good + R"(,"attrs":{"mxnet_version":7})")),
            "mxnet_version");
  std::string nested = graph_text(data, good);
  for (int i = 0; i < 6; ++i)
    nested = graph_text(R"({"op":"null","name":"a","subgraphs":[)" + nested + "]}", good);
  CHECK_HAS(symbol_error(nested), "subgraphs within subgraphs");
}

TEST_CASE("symbol: a text cut anywhere is refused, changed bytes never do harm") {
  symbol_writer w;
  const int x = w.variable("data");
  const int q = w.node("_contrib_quantize_v2", "q", {{x, 0}},
                       {{"out_type", "int8"}, {"min_calib_range", "-1.5"}});
  const std::string whole = w.text({{q, 0}, {q, 1}});
  REQUIRE(symbol_error(whole).empty());
  for (std::size_t n = 0; n < whole.size(); ++n)
    CHECK_FALSE(symbol_error(whole.substr(0, n)).empty());
  for (std::size_t i = 0; i < whole.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(damaged[i] ^ 1 << bit);
      const auto s = mx::read_symbol(octet_test::bytes_of(damaged));
      if (!s) {
        CHECK_FALSE(s.error().what.empty());
        continue;
      }
      for (std::size_t n = 0; n < s->nodes.size(); ++n)
        for (const auto& e : s->nodes[n].inputs) CHECK(static_cast<std::size_t>(e.node) < n);
    }
}

TEST_CASE("attributes: numbers, flags and tuples as Python prints them") {
  CHECK(mx::integer_in("12") == 12);
  CHECK(mx::integer_in(" -3L ") == -3);
  CHECK_FALSE(mx::integer_in("3.5"));
  CHECK_FALSE(mx::integer_in(""));
  CHECK_FALSE(mx::integer_in("99999999999999999999"));
  CHECK(mx::real_in("36.890671") == 36.890671f);
  CHECK(mx::real_in("1e-05") == 1e-05f);
  CHECK_FALSE(mx::real_in("1.0x"));
  CHECK(mx::boolean_in("True") == true);
  CHECK(mx::boolean_in("0") == false);
  CHECK_FALSE(mx::boolean_in("yes"));
  using list = std::vector<std::int64_t>;
  CHECK(mx::integers_in("(3, 3)") == list{3, 3});
  CHECK(mx::integers_in("(3L, 5L)") == list{3, 5});
  CHECK(mx::integers_in("[1,2,3]") == list{1, 2, 3});
  CHECK(mx::integers_in("(7,)") == list{7});
  CHECK(mx::integers_in("()") == list{});
  CHECK(mx::integers_in("4") == list{4});
  CHECK_FALSE(mx::integers_in("(3, 3"));
  CHECK_FALSE(mx::integers_in("(3, x)"));
  using open_list = std::vector<mx::integer_or_none>;
  CHECK(mx::integers_or_none_in("(None, 3L, -1)") == open_list{{}, 3, -1});
  CHECK(mx::integers_or_none_in("[None]") == open_list{{}});
  CHECK(mx::integers_or_none_in("()") == open_list{});
  CHECK_FALSE(mx::integers_or_none_in("(none, 3)"));
  CHECK_FALSE(mx::integers_or_none_in("(None"));
}

namespace {

result<graph> load(const std::string& symbol, const params_writer& p,
                   std::vector<std::pair<std::string, dims>> shapes = {{"", dims{1, 4}}}) {
  import::mxnet_options o;
  o.shapes = std::move(shapes);
  o.max.tensor_bytes = o.max.constant_bytes = o.max.arena_bytes = std::size_t{1} << 24;
  return import::try_mxnet(octet_test::bytes_of(symbol), octet_test::bytes_of(p.bytes()),
                           "m-symbol.json", o);
}
std::string load_error(const std::string& symbol, const params_writer& p = {},
                       std::vector<std::pair<std::string, dims>> shapes = {{"", dims{1, 4}}}) {
  const auto g = load(symbol, p, std::move(shapes));
  return g ? std::string() : g.error().message();
}
/// data -> one operator on it -> its first output.
std::string one_operator(const std::string& op, const symbol_writer::attributes& attrs = {},
                         int version = 10901) {
  symbol_writer w;
  const int x = w.variable("data");
  const int n = w.node(op, "n", {{x, 0}}, attrs);
  return w.text({{n, 0}}, version);
}
const symbol_writer::attributes calibrated = {
    {"out_type", "int8"}, {"min_calib_range", "-2.0"}, {"max_calib_range", "1.0"}};

}  // namespace

TEST_CASE("MXNet: levels by version, rounding, saturation") {
  const std::vector<float> x{1.f, -2.f, 5.f, 0.0078125f};
  // 127.5 / 2 levels per unit: 63.75, and 0.498046875; before 1.6 127 / 2: 63.5 is a tie.
  CHECK(run_graph<float, std::int8_t>(load(one_operator("_contrib_quantize_v2", calibrated), {}),
                                      x) == std::vector<std::int8_t>{64, -128, 127, 0});
  CHECK(run_graph<float, std::int8_t>(
            load(one_operator("_contrib_quantize_v2", calibrated, 10501), {}), x) ==
        std::vector<std::int8_t>{64, -127, 127, 0});
  symbol_writer w;
  const int data = w.variable("data");
  const int q = w.node("_contrib_quantize_v2", "q", {{data, 0}}, calibrated);
  const int d = w.node("_contrib_dequantize", "d", {{q, 0}, {q, 1}, {q, 2}});
  CHECK(run_graph<float>(load(w.text({{d, 0}}), {}), x)[0] == 64.f * (2.f / 127.5f));
  CHECK(run_graph<float>(load(w.text({{d, 0}}, 10501), {}), x)[0] == 64.f * (2.f / 127.f));
}

TEST_CASE("MXNet: binary64 scales give ranges back as MXNet's own binary32 numbers") {
  std::uint32_t seed = 1;
  for (int i = 0; i < 200000; ++i) {
    const auto random = [&] {
      seed = seed * 1664525u + 1013904223u;
      return std::bit_cast<float>((seed >> 9) | 0x3F800000u) *
             ((seed & 1) != 0 ? 1.f : 0.0009765625f);
    };
    const float largest = random(), other = random(), weight = random();
    for (const float levels : {127.5f, 255.5f, 127.f, 255.f}) {
      const double s = numerics::div(static_cast<double>(largest), static_cast<double>(levels)),
                   t = numerics::div(static_cast<double>(other), static_cast<double>(levels));
      REQUIRE(numerics::levels_per_unit(s) == numerics::div(levels, largest));
      REQUIRE(static_cast<float>(s) == numerics::div(largest, levels));
      // A multiplier through the scale of the weights, as the loader stores it.
      const float factor = numerics::div(
          numerics::div(numerics::levels_per_unit(t), numerics::levels_per_unit(s)), weight);
      const double w = numerics::div(numerics::mul(static_cast<double>(factor), t), s);
      REQUIRE(static_cast<float>(numerics::div(numerics::mul(s, w), t)) == factor);
    }
  }
}

TEST_CASE("MXNet: ranges as outputs, labels of training, shapes in the file") {
  symbol_writer w;
  const int x = w.variable("data");
  const int q = w.node("_contrib_quantize_v2", "q", {{x, 0}}, calibrated);
  const auto g = load(w.text({{q, 0}, {q, 1}, {q, 2}}), {});
  REQUIRE(g);
  REQUIRE(g->outputs.size() == 3);
  auto p = try_compile(*g);
  REQUIRE(p);
  session s(*p);
  s.run();
  CHECK(*static_cast<const float*>(s.output(1).view().data) == -2.f);
  CHECK(*static_cast<const float*>(s.output(2).view().data) == 2.f);

  symbol_writer v;
  const int data = v.variable("data"), label = v.variable("softmax_label");
  const int n = v.node("SoftmaxOutput", "softmax", {{data, 0}, {label, 0}});
  const auto h = load(v.text({{n, 0}}), {});
  REQUIRE(h);
  CHECK(h->inputs.size() == 1);

  CHECK_HAS(load_error(one_operator("relu"), {}, {}), "--shape data=");
  CHECK_HAS(load_error(one_operator("relu"), {}, {{"other", dims{1}}}), "--shape data=");
  CHECK_HAS(load_error(one_operator("relu"), {}, {{"", dims{1}}, {"", dims{1}}}),
            "input that does not exist");
  std::string shaped = one_operator("relu");
  shaped.replace(shaped.find("\"inputs\":[]"), 11,
                 R"x("attrs":{"__shape__":"(2, 5)"},"inputs":[])x");
  const auto k = load(shaped, {}, {});
  REQUIRE(k);
  CHECK((*k)[k->inputs[0]].shape == dims{2, 5});
}

TEST_CASE("MXNet: files that do not hold what an operator needs") {
  symbol_writer layer;  // a parameter that is missing is no input
  const int data = layer.variable("data"), kernel = layer.variable("w");
  const int dense = layer.node("FullyConnected", "f", {{data, 0}, {kernel, 0}},
                               {{"no_bias", "True"}, {"num_hidden", "2"}});
  const std::string of_layer = layer.text({{dense, 0}});
  CHECK_HAS(load_error(of_layer),
            "FullyConnected f: w: invalid: the file of parameters has no array of this name");
  CHECK(load_error(of_layer, {}, {{"w", dims{2, 4}}, {"", dims{1, 4}}}).empty());

  // Levels depend on the MXNet that wrote the file.
  CHECK_HAS(load_error(one_operator("_contrib_quantize_v2", calibrated, 0)), "no mxnet_version");
  CHECK(load_error(one_operator("relu", {}, 0)).empty());

  symbol_writer image;
  const int pixels = image.variable("data"), taps = image.variable("w");
  const auto convolved = [&](const std::string& size) {
    symbol_writer copy = image;
    const int c = copy.node("Convolution", "c", {{pixels, 0}, {taps, 0}},
                            {{"no_bias", "True"}, {"num_filter", "2"}, {"kernel", size}});
    params_writer weights;
    weights.add<float>("arg:w", {2, 3, 1, 1}, std::vector<float>(6, 1.f));
    return load_error(copy.text({{c, 0}}), weights, {{"", dims{1, 4, 5, 5}}});
  };
  CHECK_HAS(convolved("(1, 1)"), "shape of the weights (found [2,3,1,1]; supported: [2,4,1,1] by");
  CHECK_HAS(convolved(""), "attribute kernel (found none; supported: height and width)");
}

TEST_CASE("MXNet: what is refused, and how it is said") {
  CHECK_HAS(load_error(one_operator("RNN")), "RNN (n)");
  CHECK_HAS(load_error(one_operator("_contrib_quantize_v2")), "measured at run time");
  CHECK_HAS(load_error(one_operator("Activation", {{"act_type", "softsign"}})), "softsign");
  CHECK_HAS(load_error(one_operator("Activation", {{"act_type", "softsign"}})),
            "m-symbol.json: Activation n");
  CHECK_HAS(load_error(one_operator("clip", {{"a_min", "zero"}})), "a_min");
  CHECK_HAS(load_error(one_operator("_contrib_dequantize")), "number of inputs");
  CHECK_HAS(load_error(one_operator("Pooling", {{"kernel", "(2, 2)"}})), "rank");
  CHECK_HAS(load_error(one_operator("_sg_mkldnn_conv")), "subgraphs");
  symbol_writer w;  // a range that nobody gave
  const int x = w.variable("data"), lo = w.variable("lo"), hi = w.variable("hi");
  const int q = w.node("_contrib_quantize", "q", {{x, 0}, {lo, 0}, {hi, 0}});
  params_writer p;
  p.add<float>("arg:lo", {1}, {0.f});
  p.add<float>("arg:hi", {1}, {0.f});
  CHECK_HAS(load_error(w.text({{q, 0}}), p), "range of 0");
  params_writer wrong;
  wrong.add<float>("arg:lo", {1}, {0.f});
  wrong.add<std::int8_t>("arg:hi", {1}, {1});
  CHECK_HAS(load_error(w.text({{q, 0}}), wrong), "hi");
  params_writer endless;
  endless.add<float>("arg:lo", {1}, {0.f});
  endless.add<float>("arg:hi", {1}, {INFINITY});
  CHECK_HAS(load_error(w.text({{q, 0}}), endless), "not numbers");
  symbol_writer many;  // one parameter of 64 KB in 300 nodes: 19 MB of constants, 16 are allowed
  int last = many.variable("data");
  const int weight = many.variable("w");
  for (int i = 0; i < 300; ++i)
    last = many.node("FullyConnected", "f" + std::to_string(i), {{last, 0}, {weight, 0}},
                     {{"no_bias", "True"}, {"num_hidden", "128"}});
  params_writer large;
  large.add<float>("arg:w", {128, 128}, std::vector<float>(128 * 128, 0.f));
  CHECK_HAS(load_error(many.text({{last, 0}}), large, {{"", dims{1, 128}}}),
            "the limit constant_bytes");
  const auto missing = import::try_mxnet("no-such-symbol.json");
  REQUIRE_FALSE(missing);
  CHECK_HAS(missing.error().message(), "no-such-symbol.json");
}

namespace {

dims shape_of(const std::string& op, const symbol_writer::attributes& attrs, const dims& in) {
  const auto g = load(one_operator(op, attrs), {}, {{"", in}});
  INFO((g ? std::string() : g.error().message()));
  REQUIRE(g);
  return (*g)[g->outputs[0]].shape;
}
/// The same operator on every input, of which there are `count`.
std::string operator_of(const std::string& op, std::size_t count,
                        const symbol_writer::attributes& attrs = {}) {
  symbol_writer w;
  const int x = w.variable("data");
  const std::vector<std::pair<int, int>> inputs(count, {x, 0});
  const int n = w.node(op, "n", inputs, attrs);
  return w.text({{n, 0}});
}

}  // namespace

TEST_CASE("MXNet: shapes, with attributes that are absent, negative and special") {
  const dims x{2, 6, 4, 3};
  CHECK(shape_of("Reshape", {{"shape", "(0, -1)"}}, x) == dims{2, 72});
  CHECK(shape_of("Reshape", {{"shape", "(-3, -3)"}}, x) == dims{12, 12});
  CHECK(shape_of("Reshape", {{"shape", "(0, -4, -1, 2, -2)"}}, x) == dims{2, 3, 2, 4, 3});
  CHECK(shape_of("Reshape", {{"shape", "(-1, 0)"}, {"reverse", "True"}}, x) == dims{48, 3});
  CHECK(shape_of("Reshape", {{"shape", "(8, -4, 2, -1, 0)"}}, dims{8, 6, 4}) == dims{8, 2, 3, 4});
  CHECK(shape_of("Reshape", {{"shape", "144"}}, x) == dims{144});
  CHECK(shape_of("transpose", {}, x) == dims{3, 4, 6, 2});
  CHECK(shape_of("transpose", {{"axes", "()"}}, dims{2, 5}) == dims{5, 2});
  CHECK(shape_of("transpose", {{"axes", "(0, -1, 1, 2)"}}, x) == dims{2, 3, 6, 4});
  CHECK(shape_of("SwapAxis", {}, x) == x);
  CHECK(shape_of("SwapAxis", {{"dim1", "-1"}}, x) == dims{3, 6, 4, 2});
  CHECK(shape_of("expand_dims", {{"axis", "-1"}}, x) == dims{2, 6, 4, 3, 1});
  CHECK(shape_of("squeeze", {}, dims{1, 4, 1}) == dims{4});
  CHECK(shape_of("squeeze", {}, dims{1, 1}) == dims{1});
  CHECK(shape_of("squeeze", {{"axis", "None"}}, dims{1, 3}) == dims{3});
  CHECK(shape_of("squeeze", {{"axis", "-1"}}, dims{1, 3, 1}) == dims{1, 3});
  CHECK(shape_of("slice_axis", {{"axis", "-1"}, {"begin", "-2"}}, x) == dims{2, 6, 4, 2});
  CHECK(shape_of("slice", {{"begin", "(None, 4)"}, {"end", "(None, 1)"}, {"step", "(None, -2)"}},
                 x) == dims{2, 2, 4, 3});
  CHECK(shape_of("slice", {{"begin", "(0,)"}, {"end", "(1,)"}, {"step", "()"}}, x) ==
        dims{1, 6, 4, 3});
  CHECK(shape_of("sum", {}, x) == dims{1});
  CHECK(shape_of("mean", {{"axis", "()"}, {"keepdims", "True"}}, x) == dims{1, 1, 1, 1});
  CHECK(shape_of("max", {{"axis", "(0, 1, 2, 3)"}}, x) == dims{1});
  CHECK(shape_of("min", {{"axis", "(-1, 0)"}}, x) == dims{6, 4});
  CHECK(shape_of("max", {{"axis", "1"}, {"exclude", "1"}}, x) == dims{6});
  CHECK(shape_of("mean", {{"axis", "(1,)"}, {"exclude", "1"}, {"keepdims", "1"}}, x) ==
        dims{1, 6, 1, 1});
  CHECK(shape_of("sum", {{"axis", "(0, 1, 2, 3)"}, {"exclude", "1"}}, x) == x);
  CHECK(shape_of("sum", {}, dims{}) == dims{});
  CHECK(shape_of("L2Normalization", {}, x) == x);
  CHECK(shape_of("Dropout", {{"p", "0.5"}}, x) == x);
}

TEST_CASE("MXNet: numbers of operators whose attributes are absent") {
  const std::vector<float> x{-3.f, -0.f, 0.5f, 4.f};
  CHECK(run_graph<float>(load(one_operator("_mul_scalar"), {}), x) == x);
  CHECK(run_graph<float>(load(one_operator("_rdiv_scalar", {{"scalar", "2"}}), {}), {1, 2, 4, 8}) ==
        std::vector<float>{2.f, 1.f, 0.5f, 0.25f});
  CHECK(run_graph<float>(load(one_operator("LeakyReLU"), {}), x)[0] == -0.75f);
  // MXNet gives the second of equals.
  CHECK_FALSE(std::signbit(
      run_graph<float>(load(one_operator("_maximum_scalar", {{"scalar", "0"}}), {}), x)[1]));
  CHECK(std::signbit(
      run_graph<float>(load(one_operator("_minimum_scalar", {{"scalar", "-0.0"}}), {}), x)[1]));
  // Read in binary64 it is a tie; the nearest binary32 number would be the next one.
  CHECK(
      run_graph<float>(load(one_operator("_plus_scalar", {{"scalar", "1.00000005960464488"}}), {}),
                       {0, 0, 0, 0})[0] == 1.f);
}

TEST_CASE("MXNet: operators around quantized networks, what is refused") {
  using attributes = symbol_writer::attributes;
  struct refusal {
    const char* op;
    attributes attrs;
    const char* part;
    std::size_t inputs = 1;
  };
  const dims image{2, 3, 4, 4};
  const refusal list[] = {
      {"Reshape", {}, "without attribute shape"},
      {"Reshape", {{"shape", "(0,0,0,0,0)"}}, "an axis that the input does not have"},
      {"Reshape", {{"shape", "(-1,-1)"}}, "two codes -1"},
      {"Reshape", {{"shape", "(-1,5)"}}, "nothing is left"},
      {"Reshape", {{"shape", "(-5,)"}}, "code -5"},
      {"Reshape", {{"shape", "(0,-4,2)"}}, "two codes after it"},
      {"Reshape", {{"shape", "(0,-4,2,2,0,0)"}}, "code -4 of 2 and 2 for an extent of 3"},
      {"Reshape", {{"shape", "(0,-4,-1,-1,0,0)"}}, "code -4 of -1 and -1"},
      {"Reshape", {{"shape", "(0,-4,0,-1,0,0)"}}, "code -4 of 0 and -1"},
      {"Reshape", {{"shape", "(7,)"}}, "the elements of [2,3,4,4]"},
      {"Reshape", {{"shape", "(0,99999999999,-1)"}}, "attribute shape"},
      {"Reshape", {{"shape", "(99999999999,)"}}, "an extent of the new shape"},
      {"Reshape", {{"shape", "(1,1,1,1,1,1,1,1,96)"}}, "rank"},
      {"Reshape", {{"shape", "(0, wide)"}}, "a tuple of integers"},
      {"Reshape", {{"shape", "(0,-1)"}, {"reverse", "perhaps"}}, "reverse"},
      {"expand_dims", {}, "axis is missing"},
      {"expand_dims", {{"axis", "5"}}, "an axis of 5"},
      {"expand_dims", {{"axis", "-99999999999999"}}, "axis"},
      {"squeeze", {{"axis", "1"}}, "extent of axis 1"},
      {"squeeze", {{"axis", "(0,-4)"}}, "no axis twice"},
      {"squeeze", {{"axis", "(0,9)"}}, "an axis of 4"},
      {"transpose", {{"axes", "(0,1)"}}, "2 axes"},
      {"transpose", {{"axes", "(0,1,1,2)"}}, "no axis twice"},
      {"SwapAxis", {{"dim2", "4"}}, "dim2"},
      {"slice_axis", {{"axis", "1"}}, "begin is missing"},
      {"slice_axis", {{"axis", "1"}, {"begin", "2"}, {"end", "2"}}, "a part of 3"},
      {"slice_axis", {{"axis", "1"}, {"begin", "0"}, {"end", "4"}}, "a part of 3"},
      {"slice_axis", {{"axis", "x"}, {"begin", "0"}}, "axis"},
      {"slice", {}, "begin, end and step"},
      {"slice", {{"begin", "(0,)"}, {"end", "(0,1)"}}, "begin, end and step"},
      {"slice", {{"begin", "(0,0)"}, {"end", "(2,9)"}, {"step", "(1,0)"}}, "attribute step"},
      {"slice", {{"begin", "(0,3)"}, {"end", "(2,9)"}}, "axis 1 that takes nothing"},
      {"slice", {{"begin", "(0,nil)"}, {"end", "(2,9)"}}, "integers and None"},
      {"mean", {{"axis", "4"}}, "an axis of 4"},
      {"sum", {{"axis", "(1,-3)"}}, "no axis twice"},
      {"max", {{"axis", "all"}}, "axis"},
      {"min", {{"keepdims", "no"}}, "keepdims"},
      {"_plus_scalar", {{"scalar", "one"}}, "scalar"},
      {"_plus_scalar", {{"scalar", "1e99"}}, "a number of float32"},
      {"_plus_scalar", {{"scalar", "nan"}}, "scalar"},
      {"_plus_scalar", {}, "number of inputs", 2},
      {"Dropout", {{"mode", "always"}}, "nothing is dropped"},
      {"LeakyReLU", {{"act_type", "selu"}}, "leaky, prelu, elu, gelu"},
      {"LeakyReLU", {{"act_type", "prelu"}}, "no array of this name", 2},
      {"Pad", {{"mode", "edge"}, {"pad_width", "(0,0,0,0,1,1,1,1)"}}, "constant, reflect"},
      {"L2Normalization", {{"mode", "row"}}, "instance, channel, spatial"},
      {"elemwise_sub", {}, "number of inputs", 3},
      {"_contrib_quantized_elemwise_mul", {}, "number of inputs", 2},
      {"_contrib_quantized_embedding", {}, "no array of this name", 3},
  };
  for (const refusal& r : list) {
    INFO(r.op << (r.attrs.empty() ? "" : " " + r.attrs[0].second));
    const std::string e = load_error(operator_of(r.op, r.inputs, r.attrs), {}, {{"", image}});
    CHECK_HAS(e, r.part);
    CHECK_HAS(e, "m-symbol.json: " + std::string(r.op) + " n");
  }
  CHECK_HAS(load_error(one_operator("L2Normalization", {{"mode", "channel"}})), "rank");
}

TEST_CASE("MXNet: two operands and tables, what is refused") {
  const auto two = [](const char* op, const dims& a, const dims& b) {
    symbol_writer w;
    const int x = w.variable("a"), y = w.variable("b");
    const int n = w.node(op, "n", {{x, 0}, {y, 0}});
    return load_error(w.text({{n, 0}}), {}, {{"a", a}, {"b", b}});
  };
  CHECK_HAS(two("elemwise_sub", dims{2, 3}, dims{1, 3}), "one shape");
  CHECK_HAS(two("broadcast_div", dims{2, 3}, dims{2, 4}), "broadcast_div n");
  CHECK(two("broadcast_div", dims{2, 1, 4}, dims{3, 1}).empty());
  CHECK(two("_maximum", dims{}, dims{}).empty());

  const auto product = [](const char* type, const char* lo, const char* hi, const dims& b,
                          const symbol_writer::attributes& attrs) {
    symbol_writer w;
    const int x = w.variable("a"), y = w.variable("b");
    const symbol_writer::attributes q = {
        {"out_type", type}, {"min_calib_range", lo}, {"max_calib_range", hi}};
    const int p = w.node("_contrib_quantize_v2", "p", {{x, 0}}, q),
              r = w.node("_contrib_quantize_v2", "r", {{y, 0}}, q);
    const int n = w.node("_contrib_quantized_elemwise_mul", "n",
                         {{p, 0}, {r, 0}, {p, 1}, {p, 2}, {r, 1}, {r, 2}}, attrs);
    return load_error(w.text({{n, 0}}), {}, {{"a", dims{1, 4}}, {"b", b}});
  };
  const dims same{1, 4};
  CHECK(product("int8", "-1", "1", same, {}).empty());
  CHECK_HAS(product("uint8", "0", "1", same, {}), "uint8");
  CHECK_HAS(product("int8", "-1", "1", dims{4}, {}), "one shape");
  CHECK_HAS(product("int8", "0", "0", same, {}), "a range of 0");
  CHECK_HAS(product("int8", "-1", "1", same, {{"min_calib_range", "0"}, {"max_calib_range", "0"}}),
            "a range of 0");
  CHECK_HAS(
      product("int8", "-1e30", "1", same, {{"min_calib_range", "0"}, {"max_calib_range", "1e-9"}}),
      "ranges whose quotient");
  CHECK_HAS(product("int8", "-1e38", "1", same, {}), "ranges whose quotient");
  CHECK_HAS(product("int8", "-1", "1", same, {{"enable_float_output", "maybe"}}),
            "enable_float_output");

  symbol_writer w;
  const int x = w.variable("data"), table = w.variable("table");
  const int n = w.node("Embedding", "n", {{x, 0}, {table, 0}}, {{"input_dim", "3"}});
  params_writer small, flat;
  small.add<float>("arg:table", {2, 3}, std::vector<float>(6, 1.f));
  flat.add<float>("arg:table", {6}, std::vector<float>(6, 1.f));
  CHECK_HAS(load_error(w.text({{n, 0}}), small), "input_dim");
  CHECK_HAS(load_error(w.text({{n, 0}}), flat), "[rows, columns]");
  params_writer good;
  good.add<float>("arg:table", {3, 1}, {5.f, 6.f, 7.f});
  CHECK(run_graph<float>(load(w.text({{n, 0}}), good), {-9.f, 1.75f, 2e10f, NAN}) ==
        std::vector<float>{5.f, 6.f, 7.f, 5.f});
}

namespace {

/// Loads, plans and runs; an error must name the file.
void survives(std::span<const std::byte> symbol, std::span<const std::byte> arrays,
              const dims& shape) {
  import::mxnet_options o;
  o.shapes = {{"", shape}};
  o.max.tensor_bytes = o.max.constant_bytes = o.max.arena_bytes = std::size_t{1} << 22;
  auto g = import::try_mxnet(symbol, arrays, "damaged", o);
  if (!g) {
    REQUIRE(has(g.error().message(), "damaged"));
    return;
  }
  plan_options po;
  po.max = o.max;
  auto p = try_compile(std::move(*g), po);
  if (!p) {
    REQUIRE(has(p.error().message(), "damaged"));
    return;
  }
  std::size_t work = 0;
  for (const auto& t : p->source().tensors) work += t.shape.elements().value;
  if (work > 1000000) return;
  session s(*p);
  s.run();
}

}  // namespace

TEST_CASE("MXNet: damaged files give an error or a network that runs", "[hostile]") {
  const std::string folder = std::string(OCTET_SOURCE_DIR) + "/tests/goldens/mxnet/";
  for (const auto& [name, shape] : {std::pair("conv_bn_relu", dims{2, 4, 6, 7}),
                                    std::pair("dense_relu_dense_s8", dims{3, 11})}) {
    const auto symbol = import::read_file(folder + name + "-symbol.json"),
               arrays = import::read_file(folder + name + "-0000.params");
    REQUIRE(symbol);
    REQUIRE(arrays);
    const std::vector<std::byte> text(symbol->bytes.begin(), symbol->bytes.end()),
        data(arrays->bytes.begin(), arrays->bytes.end());
    survives(text, data, shape);
    for (std::size_t n = 0; n < text.size(); n += 13)
      survives(std::span(text).first(n), data, shape);
    for (std::size_t n = 0; n < data.size(); n += n < 128 ? 1 : 29)
      survives(text, std::span(data).first(n), shape);
    for (std::size_t i = 0; i < text.size(); i += 3) {
      auto damaged = text;
      damaged[i] ^= static_cast<std::byte>(1u << i % 8);
      survives(damaged, data, shape);
    }
    for (std::size_t i = 0; i < data.size(); i += i < 256 ? 1 : 7)
      for (const unsigned flip : {0x80u, 0x7fu}) {
        auto damaged = data;
        damaged[i] ^= static_cast<std::byte>(flip);
        survives(text, damaged, shape);
      }
  }
}

TEST_CASE("MXNet: every operator on shapes and attributes made to hurt", "[hostile]") {
  const symbol_writer::attributes sets[] = {
      {},
      {{"shape", "(-2, -4, -1, 9223372036854775807)"},
       {"axis", "9223372036854775807"},
       {"begin", "(-9223372036854775808,)"},
       {"end", "(9223372036854775807,)"},
       {"step", "(-9223372036854775808,)"},
       {"scalar", "1e-45"},
       {"axes", "(0,)"},
       {"pad_width", "(1073741824,)"}},
      {{"shape", "(-3, -2)"},
       {"axis", "(-1,)"},
       {"begin", "(0,)"},
       {"end", "(None,)"},
       {"step", "(2,)"},
       {"axes", "(-1,)"},
       {"dim1", "-1"},
       {"keepdims", "1"},
       {"exclude", "1"},
       {"mode", "channel"},
       {"act_type", "prelu"}},
      {{"shape", "(0, -1)"},
       {"axis", "0"},
       {"begin", "0"},
       {"end", "1"},
       {"mode", "spatial"},
       {"act_type", "elu"},
       {"reverse", "1"},
       {"scalar", "-0.0"},
       {"exclude", "1"}},
  };
  for (const std::string& op : import::mxnet_operators())
    for (const dims& shape : {dims{}, dims{0, 4}, dims{1}, dims{2, 3, 2, 2},
                              dims{1, 1, 2, 1, 1, 1, 2, 1}, dims{3, 0, 2}})
      for (const auto& attrs : sets)
        for (const std::size_t inputs : {std::size_t{1}, std::size_t{2}, std::size_t{6}}) {
          const std::string symbol = operator_of(op, inputs, attrs);
          INFO(op << " " << inputs << " of " << to_string(shape));
          survives(octet_test::bytes_of(symbol), octet_test::bytes_of(params_writer().bytes()),
                   shape);
        }
}
