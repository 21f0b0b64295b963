// One network for several shapes of its inputs: the same bits as compiled for each, weights packed
// once, plans kept, errors, threads.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <functional>
#include <thread>

#include "octet/graph/print.hpp"
#include "octet/import/mxnet.hpp"
#include "octet/import/onnx.hpp"
#include "octet/import/tflite.hpp"
#if defined(OCTET_TEST_TORCH)
#include "octet/import/torch.hpp"
#endif
#include "octet/kernels/target.hpp"
#include "octet/runtime/session.hpp"
#include "onnx_file.hpp"

using namespace octet;
namespace ox = octet_test::onnx;

namespace {

using bytes = std::vector<std::byte>;
using load = std::function<result<graph>(const named_shapes&)>;

const std::string root = OCTET_SOURCE_DIR;

/// x [n, 96] times weights as dynamic int8 files have them, a mean over rows beside it; weights are
/// stored by columns, so that loading turns them. `uint8`: the second ones, less their zero point
/// beyond int8.
std::string onnx_layers(bool uint8 = false) {
  ox::file f;
  std::vector<int> w(96 * 64), v(64 * 80);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<int>(i * 37 % 251) - 125;
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = static_cast<int>(i * 59 % 253) - 126;
  f.input("x", ox::f32, {-1, -2, 96}).output("z");
  f.constant(ox::bytes("w", ox::s8, {96, 64}, w))
      .constant(ox::bytes("v", uint8 ? ox::u8 : ox::s8, {64, 80}, v));
  f.constant(ox::bytes("vz", uint8 ? ox::u8 : ox::s8, {}, {uint8 ? 97 : 0}));
  f.constant(ox::floats("s", {}, {0.0625f}));
  f.node("DynamicQuantizeLinear", {"x"}, {"q", "qs", "qz"});
  f.node("MatMulInteger", {"q", "w", "qz"}, {"sums"});
  f.node("Cast", {"sums"}, {"real"}, {ox::attribute("to", std::int64_t{ox::f32})});
  f.node("Mul", {"qs", "s"}, {"scale"}).node("Mul", {"real", "scale"}, {"y"});
  f.node("DynamicQuantizeLinear", {"y"}, {"p", "ps", "pz"});
  f.node("MatMulInteger", {"p", "v", "pz", "vz"}, {"more"});
  f.node("Cast", {"more"}, {"z"}, {ox::attribute("to", std::int64_t{ox::f32})});
  return f.str();
}
load onnx_of(std::string file) {
  return [file = std::move(file)](const named_shapes& shapes) {
    import::onnx_options o;
    o.shapes = shapes;
    return import::try_onnx(std::as_bytes(std::span(file)), "model.onnx", o);
  };
}
load tflite_of(const std::string& name) {
  return [name](const named_shapes& shapes) {
    import::tflite_options o;
    o.shapes = shapes;
    return import::try_tflite(root + name, o);
  };
}

plan compiled(const load& file, const named_shapes& shapes, const plan_options& o = {}) {
  auto g = file(shapes);
  INFO((g ? std::string() : g.error().message()));
  REQUIRE(g);
  auto p = try_compile(std::move(*g), o);
  INFO((p ? std::string() : p.error().message()));
  REQUIRE(p);
  return *p;
}
/// All outputs, for inputs that follow from their place and `seed`.
bytes run(session& s, std::uint32_t seed) {
  for (std::size_t i = 0; i < s.inputs(); ++i) {
    const tensor_view v = s.input(i).view();
    for (std::size_t k = 0; k < v.shape.elements().value; ++k) {
      seed = seed * 1664525u + 1013904223u;
      if (v.type == dtype::f32)
        v.as<float>()[k] = static_cast<float>(static_cast<int>(seed >> 20) - 2048) / 1024.f;
      else
        static_cast<std::byte*>(v.data)[k] = static_cast<std::byte>(seed >> 24);
    }
  }
  s.run();
  bytes all;
  for (std::size_t i = 0; i < s.outputs(); ++i) {
    const tensor_view v = s.output(i).view();
    const auto* p = static_cast<const std::byte*>(v.data);
    all.insert(all.end(), p, p + v.size_bytes());
  }
  return all;
}
/// The shapes in turn and the first again, against networks compiled for each alone.
/// `packed_once`: packed weights do not depend on the shape.
void check_in_turn_on(target on, const load& file, const std::vector<named_shapes>& shapes,
                      bool packed_once) {
  plan_options o;
  o.on = on;
  const plan first = compiled(file, shapes[0], o);
  REQUIRE(first.resizable());
  const std::size_t packed = first.network_packed_bytes();
  CHECK((packed > 0) == (on != target::reference));
  CHECK(packed <= first.weight_bytes());
  session s(first);
  bytes before;
  for (std::size_t i = 0; i <= shapes.size(); ++i) {
    const named_shapes& now = shapes[i % shapes.size()];
    const status resized = s.try_resize(now);
    INFO((resized ? std::string() : resized.error().message()));
    REQUIRE(resized);
    for (const auto& [name, shape] : now) CHECK(s.try_input(name)->shape() == shape);
    session alone(compiled(file, now, o));
    CHECK(to_string(s.program().source()) == to_string(alone.program().source()));
    CHECK(s.program().weight_bytes() == alone.program().weight_bytes());
    const bytes y = run(s, 7);
    CHECK(y == run(alone, 7));
    CHECK(y != before);
    before = y;
    if (packed_once) CHECK(s.program().network_packed_bytes() == packed);
  }
  CHECK(&s.program().data() == &first.data());  // kept, not made again
}
void check_in_turn(const load& file, const std::vector<named_shapes>& shapes, bool packed_once) {
  for (const target on : usable_targets()) {
    INFO(name_of(on));
    check_in_turn_on(on, file, shapes, packed_once);
  }
}
std::string message_of(session& s, const named_shapes& shapes) {
  const status r = s.try_resize(shapes);
  return r ? "taken" : r.error().message();
}
#define CHECK_HAS(text, part)        \
  do {                               \
    const std::string t_ = text;     \
    INFO(t_);                        \
    CHECK(t_.find(part) != t_.npos); \
  } while (false)

}  // namespace

TEST_CASE("shapes in turn: ONNX, batch and length, weights packed once", "[shapes]") {
  for (const bool uint8 : {false, true})
    check_in_turn(onnx_of(onnx_layers(uint8)),
                  {{{"x", {1, 5, 96}}}, {{"x", {2, 130, 96}}}, {{"x", {1, 1, 96}}}}, true);
  const auto embedder = [](const named_shapes& shapes) {
    import::onnx_options o;
    o.shapes = shapes;
    auto g = import::try_onnx(root + "/examples/embed/embedder.onnx", o);
    return g;
  };
  session s(compiled(embedder, {{"input_ids", {1, 4}}}));
  const std::size_t packed = s.program().network_packed_bytes();
  for (const std::int32_t length : {4, 17, 64, 4}) {
    REQUIRE(s.try_resize({{"input_ids", {1, length}}}));
    session alone(compiled(embedder, {{"input_ids", {1, length}}}));
    std::vector<float> y[2];
    session* const both[] = {&s, &alone};
    for (std::size_t k = 0; k < 2; ++k) {
      const auto ids = both[k]->input().as<std::int64_t>();
      for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::int64_t>(i * 13 % 120);
      both[k]->run();
      const auto v = both[k]->output().as<float>();
      y[k].assign(v.begin(), v.end());
    }
    REQUIRE(y[0].size() == static_cast<std::size_t>(length) * 32);
    CHECK(y[0] == y[1]);
    CHECK(s.program().network_packed_bytes() == packed);
  }
}

TEST_CASE("shapes in turn: TFLite, images of other sizes and batches, weights packed once",
          "[shapes]") {
  for (const char* name : {"conv2d_c64_n35_s8", "conv2d_1x1_c33_n17_u8", "conv2d_3x3_same_s2_s8",
                           "conv2d_2x4_s21_dil13_u8", "conv2d_groups3_dil2_s8",
                           "depthwise_1x1_c5_nobias_s8", "depthwise_3x3_same_c9_u8"}) {
    INFO(name);
    const load file = tflite_of(std::string("/tests/goldens/tflite/") + name + ".tflite");
    const auto g = file({});
    REQUIRE(g);
    const tensor& x = (*g)[g->inputs[0]];
    dims taller = x.shape, more = x.shape, both = x.shape;
    taller[1] += 4, more[0] = 4, both[1] += 40, both[2] += 17;
    check_in_turn(
        file, {{{x.name, x.shape}}, {{x.name, more}}, {{x.name, taller}}, {{x.name, both}}}, true);
  }
}

TEST_CASE("shapes in turn: MXNet and PyTorch, whose files have none", "[shapes]") {
  const auto mxnet = [](const named_shapes& shapes) {
    import::mxnet_options o;
    o.shapes = shapes;
    return import::try_mxnet(root + "/examples/digits/digits-symbol.json", o);
  };
  const auto g = mxnet({{"", {1, 1, 8, 8}}});
  REQUIRE(g);
  const std::string name = (*g)[g->inputs[0]].name;
  check_in_turn(mxnet, {{{name, {1, 1, 8, 8}}}, {{name, {3, 1, 8, 8}}}, {{name, {2, 1, 8, 8}}}},
                true);
#if defined(OCTET_TEST_TORCH)
  const auto torch = [](const named_shapes& shapes) {
    import::torch_options o;
    o.shapes = shapes;
    return import::try_torch(root + "/examples/digits/digits.pt", o);
  };
  const auto t = torch({{"", {1, 1, 8, 8}}});
  REQUIRE(t);
  const std::string x = (*t)[t->inputs[0]].name;
  check_in_turn(torch, {{{x, {1, 1, 8, 8}}}, {{x, {3, 1, 8, 8}}}, {{x, {2, 1, 8, 8}}}}, true);

  // By phases, and (an image of one pixel) by some of them.
  const auto transposed = [](const named_shapes& shapes) {
    import::torch_options o;
    o.shapes = shapes;
    return import::try_torch(root + "/tests/goldens/torch/conv_transpose2d_3x3_s2.pt", o);
  };
  const dims shape{1, 5, 3, 4};
  dims taller = shape, both = shape, one = shape;
  taller[2] += 3, both[2] += 5, both[3] += 2, one[2] = one[3] = 1;
  const auto u = transposed({{"", shape}});
  REQUIRE(u);
  const std::string y = (*u)[u->inputs[0]].name;
  check_in_turn(transposed, {{{y, shape}}, {{y, taller}}, {{y, both}}}, true);
  check_in_turn(transposed, {{{y, shape}}, {{y, one}}, {{y, both}}}, false);
#endif
}

TEST_CASE("shapes: open extents of one name are one number", "[shapes]") {
  using namespace octet::literals;
  ox::file f;
  f.input("ids", ox::f32, {-1, -2}).input("mask", ox::f32, {-1, -2}).input("by", ox::f32, {-3, 1});
  f.output("y").output("z").node("Add", {"ids", "mask"}, {"y"}).node("Relu", {"by"}, {"z"});
  const load file = onnx_of(f.str());
  const plan first = compiled(file, {{"ids", {2, 3}}, {"by", {4, 1}}});
  session s(first);
  CHECK(s.input("mask").shape() == dims{2, 3});
  CHECK(message_of(s, {{"mask", {1, 5}}}) == "taken");
  CHECK(s.input("ids").shape() == dims{1, 5});
  CHECK(s.input("by").shape() == dims{4, 1});
  session alone(compiled(file, {{"", {1, 5}}, {"by", {4, 1}}}));
  CHECK(run(s, 5) == run(alone, 5));
  CHECK(message_of(s, {{"by", {6, 1}}}) == "taken");
  CHECK(s.input("ids").shape() == dims{1, 5});

  const auto names_all = [](const std::string& message, const char* symbol, const char* a,
                            const char* b) {
    for (const char* part : {"model.onnx", symbol, a, b}) CHECK_HAS(message, part);
  };
  names_all(message_of(s, {{"ids", {1, 7}}, {"mask", {1, 9}}}), "\"n2\"", "7 in \"ids\"",
            "9 in \"mask\"");
  CHECK(s.input("ids").shape() == dims{1, 5});
  for (const named_shapes& shapes :
       {named_shapes{{"mask", {2, 5}}, {"ids", {1, 5}}, {"by", {1, 1}}},
        named_shapes{{"", {1, 5}}, {"", {2, 5}}, {"", {1, 1}}}}) {
    const auto g = file(shapes);
    REQUIRE(!g);
    names_all(g.error().message(), "\"n\"", "1 in \"ids\"", "2 in \"mask\"");
  }
  const auto open = file({{"ids", {1, 5}}});
  REQUIRE(!open);
  CHECK_HAS(open.error().message(), "the shape of input \"by\" open");

  std::vector<float> x(12, 1.5f), by(2, 1.f);
  const const_tensor_view six(x.data(), dtype::f32, {1, 6}), five(x.data(), dtype::f32, {1, 5}),
      two(by.data(), dtype::f32, {2, 1});
  s("ids"_in = six, "mask"_in = std::vector<float>(6, 2.f), "by"_in = two);
  CHECK(s.output().as<float>()[5] == 3.5f);
  std::string message;
  try {
    s("ids"_in = five, "mask"_in = six, "by"_in = two);
  } catch (const octet::error& e) {
    message = e.what();
  }
  names_all(message, "\"n2\"", "5 in \"ids\"", "6 in \"mask\"");
}

TEST_CASE("shapes: a kernel that packs can take what another node packed", "[shapes]") {
  std::size_t packing = 0;
  for (const target on : usable_targets())
    for (const kernel_id id : enumerators<kernel_id>)
      if (const kernel_entry* const k = kernels::find(id, on); k != nullptr && k->pack != nullptr) {
        INFO(name_of(id));
        CHECK(k->place != nullptr);
        ++packing;
      }
  CHECK((packing > 0) == (usable_targets().size() > 1));
}

TEST_CASE("shapes: more of them than are kept", "[shapes]") {
  const load file = onnx_of(onnx_layers());
  const plan first = compiled(file, {{"x", {1, 1, 96}}});
  const std::size_t packed = first.network_packed_bytes();
  std::vector<plan> used;
  for (std::int32_t n = 1; n <= 7; ++n) {
    auto p = first.try_resized({{"x", {1, n, 96}}});
    REQUIRE(p);
    used.push_back(*p);
  }
  const auto* const last = &used.back().data();
  CHECK(&first.try_resized({{"x", {1, 7, 96}}})->data() == last);
  CHECK(&first.try_resized({{"x", {1, 4, 96}}})->data() == &used[3].data());
  CHECK(&first.try_resized({{"x", {1, 2, 96}}})->data() != &used[1].data());
  CHECK(first.network_packed_bytes() == packed);
  CHECK(used[6].weight_bytes() - used[6].shared_weight_bytes() < packed / 4);
}

TEST_CASE("shapes: what a network does not take is said, and nothing changes", "[shapes]") {
  import::onnx_options o;
  o.shapes = {{"x", {1, 5, 96}}};
  o.max.tensor_bytes = 1 << 18;
  const std::string file = onnx_layers();
  auto g = import::try_onnx(std::as_bytes(std::span(file)), "model.onnx", o);
  REQUIRE(g);
  plan_options limited;
  limited.max = o.max;
  session s(*try_compile(*g, limited));
  const bytes before = run(s, 3);
  CHECK_HAS(message_of(s, {{"y", {1, 5, 96}}}), "no such input");
  CHECK_HAS(message_of(s, {{"x", {5, 96}}}), "shape of input \"x\"");
  CHECK_HAS(message_of(s, {{"x", {1, 5, 97}}}), "[n,n2,96]");
  CHECK_HAS(message_of(s, {{"x", {1, -5, 96}}}), "negative extent");
  CHECK_HAS(message_of(s, {{"x", {1, 5000, 96}}}), "the limit tensor_bytes");
  for (const char* part : {"model.onnx", "x"})
    CHECK_HAS(message_of(s, {{"x", {1, 5000, 96}}}), part);
  CHECK(s.input().shape() == dims{1, 5, 96});
  CHECK(run(s, 3) == before);
  CHECK(message_of(s, {}) == "taken");
  CHECK(message_of(s, {{"x", {1, 5, 96}}}) == "taken");

  // A graph that was changed is not the file's any more.
  graph changed = *g;
  changed.outputs.pop_back();
  changed.outputs.push_back(changed.nodes[0].out[0]);
  session fixed(*try_compile(changed));
  CHECK_FALSE(fixed.program().resizable());
  CHECK_HAS(message_of(fixed, {{"x", {1, 6, 96}}}), "shapes are fixed");
  // Nor is one with as many tensors and nodes.
  graph trained = *g;  // other weights, of the first product
  const auto product = std::find_if(trained.nodes.begin(), trained.nodes.end(), [&](const node& n) {
    return n.in.size() > 1 && n.in[1] != no_tensor && trained[n.in[1]].data.bytes.size() == 96 * 64;
  });
  REQUIRE(product != trained.nodes.end());
  constant_data& weights = trained[product->in[1]].data;
  bytes other(weights.bytes.begin(), weights.bytes.end());
  other[0] ^= std::byte{1};
  weights = constant_data::copy(other);
  CHECK_FALSE(try_compile(trained)->resizable());
  graph renamed = *g;
  renamed[renamed.inputs[0]].name = "pixels";
  CHECK_FALSE(try_compile(renamed)->resizable());
  session none;
  CHECK_HAS(message_of(none, {{"x", {1}}}), "no such input");
}

TEST_CASE("shapes: taken from the views that a call is given", "[shapes]") {
  using namespace octet::literals;
  const load file = onnx_of(onnx_layers());
  session s(compiled(file, {{"x", {1, 2, 96}}}));
  std::vector<float> x(3 * 96, 0.5f);
  x[7] = -2;
  s("x"_in = const_tensor_view(x.data(), dtype::f32, {1, 3, 96}));
  CHECK(s.output().shape() == dims{1, 3, 80});
  session alone(compiled(file, {{"x", {1, 3, 96}}}));
  alone("x"_in = x);
  const auto a = s.output().as<float>(), b = alone.output().as<float>();
  CHECK(std::equal(a.begin(), a.end(), b.begin(), b.end()));
}

TEST_CASE("shapes: sessions of one network resize side by side", "[shapes][threads]") {
  const load file = onnx_of(onnx_layers());
  const std::vector<dims> shapes{{1, 3, 96}, {1, 40, 96}, {2, 9, 96},
                                 {1, 1, 96}, {3, 2, 96},  {1, 7, 96}};
  std::vector<bytes> expected;
  for (const dims& d : shapes) {
    session s(compiled(file, {{"x", d}}));
    expected.push_back(run(s, 1));
  }
  plan_options o;
  o.threads = 2;
  const plan shared = compiled(file, {{"x", shapes[0]}}, o);
  std::vector<unsigned> wrong(3, 0);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < wrong.size(); ++t)
    threads.emplace_back([&, t] {
      session s(shared);
      for (std::size_t r = 0; r < 12; ++r) {
        const std::size_t i = (r * (t + 1) + t) % shapes.size();
        if (!s.try_resize({{"x", shapes[i]}}) || run(s, 1) != expected[i]) ++wrong[t];
      }
    });
  for (auto& t : threads) t.join();
  CHECK(wrong == std::vector<unsigned>(3, 0));
}
