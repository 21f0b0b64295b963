// Files of the four formats, made field by field, whose result does not depend on how many tensors
// and nodes stand before the operator that makes tensors of its own (a batch_matmul, layers that
// accumulate, layers on floats): counts around powers of two, where lists move what they hold. Run
// with AddressSanitizer as well. Then TensorFlow Lite's layers on floats with weights of 8 bits,
// with and without a bias, against their definition.
#include <bit>
#include <catch2/catch.hpp>
#include <cstring>
#include <functional>
#include <set>

#include "mxnet_file.hpp"
#include "octet/graph/print.hpp"
#include "octet/import/mxnet.hpp"
#include "octet/import/onnx.hpp"
#include "octet/import/tflite.hpp"
#include "octet/import/tflite/builtin_operators.hpp"
#include "octet/import/torch.hpp"
#include "octet/kernels/target.hpp"
#include "octet/runtime/session.hpp"
#include "onnx_file.hpp"
#include "tflite_file.hpp"
#include "torch_file.hpp"

using namespace octet;
using octet::import::tflite_schema::builtin_code;
using octet_test::tflite_file;
namespace ox = octet_test::onnx;

namespace {

/// Inputs that no relu changes, the same in every call: 0, 1, ... in part, each file's own type.
std::vector<std::byte> output_of(const graph& g, target on) {
  plan_options o;
  o.on = on;
  const auto p = try_compile(g, o);
  INFO((p ? std::string() : p.error().message()));
  REQUIRE(p);
  session s(*p);
  for (std::size_t i = 0; i < s.inputs(); ++i) {
    const auto v = s.input(i).view();
    for (std::size_t k = 0; k < v.shape.elements().value; ++k) {
      const int x = static_cast<int>((k * 37 + i * 11) % 100) + 2;
      if (v.type == dtype::f32)
        static_cast<float*>(v.data)[k] = static_cast<float>(x) / 16;
      else
        static_cast<std::int8_t*>(v.data)[k] = static_cast<std::int8_t>(x);
    }
  }
  s.run();
  const auto y = s.output().view();
  const auto* from = static_cast<const std::byte*>(y.data);
  return {from, from + y.size_bytes()};
}

/// Nodes from the n-th on: operators, roundings, attributes, and what they write.
std::string nodes_from(const graph& g, std::size_t n) {
  std::string s;
  for (; n < g.nodes.size(); ++n) {
    const node& a = g.nodes[n];
    s += std::string(a.op->name) + " " + std::string(name_of(a.round));
    for (const auto& [key, v] : a.attrs.entries()) s += " " + key + "=" + octet::detail::text(v);
    for (const tensor_id t : a.out) {
      s += " " + std::string(name_of(g[t].type)) + to_string(g[t].shape) + " axis " +
           std::to_string(g[t].axis);
      for (const double v : g[t].scales) s += " " + std::to_string(std::bit_cast<std::uint64_t>(v));
      for (const std::int32_t z : g[t].zero_points) s += " " + std::to_string(z);
    }
    s += "\n";
  }
  return s;
}

/// `make(n)`: the file with n relus before its operator.
void check_counts(const char* name, const std::function<result<graph>(std::size_t)>& make) {
  CAPTURE(name);
  const auto first = make(0);
  INFO((first ? std::string() : first.error().message()));
  REQUIRE(first);
  const std::string nodes = nodes_from(*first, 0);
  CHECK(first->nodes.size() > 1);  // else the operator made no tensor
  const auto want = output_of(*first, target::reference);
  std::set<std::size_t> counts;
  for (std::size_t n = 1; n <= 32; ++n) {
    CAPTURE(n);
    const auto g = make(n);
    INFO((g ? std::string() : g.error().message()));
    REQUIRE(g);
    counts.insert(g->tensors.size());
    REQUIRE(g->nodes.size() == first->nodes.size() + n);
    CHECK(nodes_from(*g, n) == nodes);
    if (std::has_single_bit(n) || std::has_single_bit(n + 1))
      for (const target on : usable_targets()) {
        CAPTURE(name_of(on));
        CHECK(output_of(*g, on) == want);
      }
  }
  INFO("tensors: " << *counts.begin() << " to " << *counts.rbegin());
  CHECK(counts.size() == 32);
  CHECK((*counts.begin() < 32 && *counts.rbegin() > 33));
}

result<graph> load(const tflite_file& f, law arithmetic) {
  import::tflite_options o;
  o.arithmetic = arithmetic;
  const auto bytes = f.bytes();
  return import::try_tflite(bytes, "made.tflite", o);
}
/// x through n relus; the last value.
std::int32_t relus(tflite_file& f, const tflite_file::tensor& like, std::size_t n) {
  std::int32_t x = f.add(like);
  f.inputs.push_back(x);
  for (; n > 0; --n) {
    const auto y = f.add(like);
    f.operations.push_back({.code = octet_test::tflite::relu, .in = {x}, .out = {y}});
    x = y;
  }
  return x;
}

}  // namespace

TEST_CASE("TensorFlow Lite: nothing depends on how many tensors a file has") {
  for (const law l : {law::tflite_ref, law::tflite_xnnpack}) {
    CAPTURE(name_of(l));
    // The zero point of w decides whether XNNPACK takes the product.
    for (const std::int64_t zero_point : {0, 5})
      check_counts("BATCH_MATMUL", [&](std::size_t n) {
        tflite_file f;
        const auto x = relus(f, {.name = "x", .shape = {1, 2, 3}, .scales = {0.5f}}, n),
                   w = f.add({.name = "w",
                              .shape = {1, 3, 2},
                              .scales = {0.25f},
                              .zero_points = {zero_point}}),
                   y = f.add({.name = "y", .shape = {1, 2, 2}, .scales = {2.f}});
        f.operations.push_back(
            {.code = octet_test::tflite::batch_matmul, .in = {x, w}, .out = {y}});
        f.inputs.push_back(w), f.outputs = {y};
        return load(f, l);
      });
    for (const std::int8_t type : {octet_test::tflite::int8, octet_test::tflite::float32})
      check_counts("FULLY_CONNECTED", [&](std::size_t n) {
        const bool real = type == octet_test::tflite::float32;
        tflite_file f;
        tflite_file::tensor values{.name = "x", .shape = {1, 3}, .type = type};
        if (!real) values.scales = {0.5f};
        const auto x = relus(f, values, n), w = f.add({.name = "w",
                                                       .shape = {2, 3},
                                                       .scales = {0.25f, 0.125f},
                                                       .zero_points = {0, 0},
                                                       .data = {1, 2, 3, 4, 5, 6}});
        tflite_file::tensor result{.name = "y", .shape = {1, 2}, .type = type};
        if (!real) result.scales = {2.f};
        const auto y = f.add(result);
        f.operations.push_back(
            {.code = octet_test::tflite::fully_connected, .in = {x, w}, .out = {y}});
        f.outputs = {y};
        return load(f, l);
      });
    check_counts("CONV_2D on floats", [&](std::size_t n) {
      tflite_file f;
      const auto x = relus(f, {.name = "x", .shape = {1, 3, 3, 1}, .type = 0}, n),
                 w = f.add({.name = "w",
                            .shape = {1, 2, 2, 1},
                            .scales = {0.25f},
                            .zero_points = {0},
                            .data = {1, 2, 3, 4}}),
                 y = f.add({.name = "y", .shape = {1, 2, 2, 1}, .type = 0});
      f.operations.push_back({.code = octet_test::tflite::conv_2d,
                              .in = {x, w},
                              .out = {y},
                              .options = {1, 1, 1, 0, 1, 1}});
      f.outputs = {y};
      return load(f, l);
    });
  }
}

TEST_CASE("ONNX: nothing depends on how many tensors a file has") {
  const auto begin = [](std::vector<std::int64_t> shape, std::size_t n) {
    ox::file f;
    f.input("v0", ox::f32, shape).output("y");
    for (std::size_t i = 0; i < n; ++i)
      f.node("Relu", {"v" + std::to_string(i)}, {"v" + std::to_string(i + 1)});
    return f;
  };
  const auto finish = [](const ox::file& f) {
    const std::string bytes = f.str();
    return import::try_onnx(std::as_bytes(std::span(bytes)), "made.onnx", {});
  };
  check_counts("MatMulInteger", [&](std::size_t n) {
    ox::file f = begin({2, 3}, n);
    f.constant(ox::bytes("w", ox::s8, {3, 2}, {1, -2, 3, 4, 5, -6}));
    f.constant(ox::bytes("zw", ox::s8, {}, {0})).constant(ox::floats("sw", {}, {0.25f}));
    f.node("DynamicQuantizeLinear", {"v" + std::to_string(n)}, {"q", "s", "z"});
    f.node("MatMulInteger", {"q", "w", "z", "zw"}, {"acc"});
    f.node("Cast", {"acc"}, {"r"}, {ox::attribute("to", std::int64_t{ox::f32})});
    f.node("Mul", {"s", "sw"}, {"unit"}).node("Mul", {"r", "unit"}, {"y"});
    return finish(f);
  });
  check_counts("QLinearConv", [&](std::size_t n) {
    ox::file f = begin({1, 2, 3, 3}, n);
    f.constant(ox::floats("s", {}, {0.125f})).constant(ox::bytes("z", ox::u8, {}, {3}));
    f.constant(ox::floats("sw", {}, {0.25f})).constant(ox::bytes("zw", ox::s8, {}, {0}));
    f.constant(ox::bytes("w", ox::s8, {1, 2, 2, 2}, {1, 2, 3, 4, -5, 6, -7, 8}));
    f.node("QuantizeLinear", {"v" + std::to_string(n), "s", "z"}, {"q"});
    f.node("QLinearConv", {"q", "s", "z", "w", "sw", "zw", "s", "z"}, {"c"});
    f.node("DequantizeLinear", {"c", "s", "z"}, {"y"});
    return finish(f);
  });
}

TEST_CASE("MXNet: nothing depends on how many tensors a file has") {
  check_counts("quantized_fully_connected", [](std::size_t n) {
    octet_test::symbol_writer w;
    octet_test::params_writer p;
    int x = w.variable("data");
    const int weights = w.variable("w"), lo = w.variable("lo"), hi = w.variable("hi");
    p.add<std::int8_t>("arg:w", {2, 4}, {1, -2, 3, 4, 5, -6, 7, 8});
    p.add<float>("arg:lo", {1}, {-1.f}), p.add<float>("arg:hi", {1}, {1.f});
    for (std::size_t i = 0; i < n; ++i) x = w.node("relu", "r" + std::to_string(i), {{x, 0}});
    const octet_test::symbol_writer::attributes range{
        {"out_type", "int8"}, {"min_calib_range", "-8.0"}, {"max_calib_range", "8.0"}};
    const int q = w.node("_contrib_quantize_v2", "q", {{x, 0}}, range);
    const int c = w.node("_contrib_quantized_fully_connected", "c",
                         {{q, 0}, {weights, 0}, {q, 1}, {q, 2}, {lo, 0}, {hi, 0}},
                         {{"num_hidden", "2"}, {"no_bias", "True"}});
    const int s = w.node("_contrib_requantize", "s", {{c, 0}, {c, 1}, {c, 2}}, range);
    const int y = w.node("_contrib_dequantize", "y", {{s, 0}, {s, 1}, {s, 2}});
    import::mxnet_options o;
    o.shapes = {{"", dims{1, 4}}};
    const std::string symbol = w.text({{y, 0}}), params = p.bytes();
    return import::try_mxnet(octet_test::bytes_of(symbol), octet_test::bytes_of(params),
                             "made-symbol.json", o);
  });
}

#if defined(OCTET_TEST_TORCH)
TEST_CASE("PyTorch: nothing depends on how many tensors a file has") {
  const auto make = [](std::size_t n, bool images, const std::string& body, const dims& shape) {
    octet_test::torch_file f;
    octet_test::pickle state;
    state.s = "}(";
    if (!images)
      state.text("w").qtensor("w", 8, {2, 4}, {4, 1}, 0.25);
    else
      state.text("w").qtensor("w", 6, {2, 3, 1, 1}, {3, 1, 1, 1}, 0.25);
    f.state = state.op("u").s;
    f.more = {{"data/w", std::string("\1\2\375\4\5\372\7\10", images ? 6 : 8)}};
    f.code =
        "class M(Module):\n  training : bool\n  w : Tensor\n"
        "  def forward(self: __torch__.M,\n    v0: Tensor) -> Tensor:\n    w = self.w\n";
    for (std::size_t i = 0; i < n; ++i)
      f.code += "    v" + std::to_string(i + 1) + " = torch.relu(v" + std::to_string(i) + ")\n";
    f.code += "    x = torch.relu(v" + std::to_string(n) + ")\n" + body + "    return y\n";
    import::torch_options o;
    o.shapes = {{"", shape}};
    const std::string bytes = f.bytes();
    return import::try_torch(octet_test::as_span(bytes), "made.pt", o);
  };
  check_counts("quantized::linear_dynamic", [&](std::size_t n) {
    return make(n, false,
                "    p = ops.quantized.linear_prepack(w, None)\n"
                "    y = ops.quantized.linear_dynamic(x, p, False)\n",
                dims{1, 4});
  });
  check_counts("quantized::conv2d", [&](std::size_t n) {
    return make(n, true,
                "    p = ops.quantized.conv2d_prepack(w, None, [1, 1], [0, 0], [1, 1], 1)\n"
                "    q = torch.quantize_per_tensor(x, 0.125, 3, 13)\n"
                "    c = ops.quantized.conv2d(q, p, 0.25, 2)\n"
                "    y = torch.dequantize(c)\n",
                dims{1, 3, 2, 2});
  });
}
#endif

namespace {

/// A layer on floats whose weights are of 8 bits. Scales are powers of two and the inputs such that
/// quantizing them is exact under every law: the results are the sums themselves.
struct float_layer {
  const char* name;
  std::int32_t code;
  std::vector<std::int32_t> weights, y;
  std::int32_t axis;  // of the weights' channels
  std::vector<std::int32_t> options;
  bool xnnpack_alone = false;  // the reference kernels add floats
};
const float_layer float_layers[] = {
    {"CONV_2D", builtin_code("CONV_2D"), {2, 2, 2, 2}, {1, 2, 2, 2}, 0, {1, 1, 1, 0, 1, 1}},
    {"DEPTHWISE_CONV_2D",
     builtin_code("DEPTHWISE_CONV_2D"),
     {1, 2, 2, 2},
     {1, 2, 2, 2},
     3,
     {1, 1, 1, 1, 0, 1, 1}},
    {"TRANSPOSE_CONV",
     builtin_code("TRANSPOSE_CONV"),
     {2, 2, 2, 2},
     {1, 4, 4, 2},
     0,
     {1, 1, 1},
     true},
    {"FULLY_CONNECTED", builtin_code("FULLY_CONNECTED"), {2, 18}, {1, 2}, 0, {}},
};
int weight(std::size_t i) { return static_cast<int>(i * 29 % 23) - 11; }
/// Whole numbers from 0 to `largest`, both among them.
std::vector<float> pixels(int largest) {
  std::vector<float> x{0, static_cast<float>(largest)};
  while (x.size() < 18) x.push_back(static_cast<float>(static_cast<int>(x.size()) * 53 % largest));
  return x;
}
/// By the definition, in plain loops: x [3,3,2].
std::vector<float> defined(const float_layer& l, const std::vector<float>& x,
                           const std::vector<float>& scales) {
  std::vector<float> y(static_cast<std::size_t>(l.y[1] * (l.y.size() > 2 ? l.y[2] * l.y[3] : 1)));
  const std::string_view name(l.name);
  const auto scale = [&](std::size_t o) { return scales.size() == 1 ? scales[0] : scales[o]; };
  if (name == "FULLY_CONNECTED") {
    for (std::size_t o = 0; o < 2; ++o)
      for (std::size_t k = 0; k < 18; ++k)
        y[o] += x[k] * static_cast<float>(weight(o * 18 + k)) * scale(o);
    return y;
  }
  const std::size_t width = static_cast<std::size_t>(l.y[2]);
  for (std::size_t r = 0; r < 2; ++r)
    for (std::size_t q = 0; q < 2; ++q)
      for (std::size_t i = 0; i < 2; ++i)
        for (std::size_t o = 0; o < 2; ++o) {
          const float w =
              static_cast<float>(
                  weight(name[0] == 'D' ? (r * 2 + q) * 2 + o : ((o * 2 + r) * 2 + q) * 2 + i)) *
              scale(o);
          if (name[0] == 'D' && i != o) continue;
          const bool transposed = name[0] == 'T';
          const std::size_t extent = transposed ? 3 : 2;  // of the input's or the output's pixels
          for (std::size_t h = 0; h < extent; ++h)
            for (std::size_t v = 0; v < extent; ++v) {
              const std::size_t from = transposed ? (h * 3 + v) * 2 + i
                                                  : ((h + r) * 3 + v + q) * 2 + i,
                                to = transposed ? ((h + r) * width + v + q) * 2 + o
                                                : (h * width + v) * 2 + o;
              y[to] += x[from] * w;
            }
        }
  return y;
}
enum class bias : std::uint8_t { left_off, absent, zeros };
tflite_file made(const float_layer& l, const std::vector<float>& scales, bias b) {
  tflite_file f;
  const bool flat = l.y.size() == 2;
  const auto x = f.add(
      {.name = "x",
       .shape = flat ? std::vector<std::int32_t>{1, 18} : std::vector<std::int32_t>{1, 3, 3, 2},
       .type = octet_test::tflite::float32});
  tflite_file::tensor w{.name = "w", .shape = l.weights, .scales = scales};
  w.zero_points.assign(scales.size(), 0), w.axis = l.axis;
  std::size_t n = 1;
  for (const std::int32_t e : l.weights) n *= static_cast<std::size_t>(e);
  for (std::size_t i = 0; i < n; ++i) w.data.push_back(static_cast<std::uint8_t>(weight(i)));
  const auto weights = f.add(w);
  const auto y = f.add({.name = "y", .shape = l.y, .type = octet_test::tflite::float32});
  std::vector<std::int32_t> in{x, weights};
  if (l.name[0] == 'T') {
    tflite_file::tensor shape{.name = "shape", .shape = {4}, .type = octet_test::tflite::int32};
    for (const std::int32_t e : l.y)
      for (int k = 0; k < 4; ++k)
        shape.data.push_back(static_cast<std::uint8_t>(static_cast<std::uint32_t>(e) >> 8 * k));
    in = {f.add(shape), weights, x};
  }
  if (b == bias::absent) in.push_back(-1);
  if (b == bias::zeros)
    in.push_back(f.add({.name = "b",
                        .shape = {2},
                        .type = octet_test::tflite::float32,
                        .data = std::vector<std::uint8_t>(8, 0)}));
  f.operations = {{.code = l.code, .in = in, .out = {y}, .options = l.options}};
  f.inputs = {x}, f.outputs = {y};
  return f;
}

}  // namespace

TEST_CASE("layers on floats with 8-bit weights give their sums, with a bias and without") {
  std::size_t tried = 0;
  for (const float_layer& l : float_layers)
    for (const law arithmetic : {law::tflite_ref, law::tflite_xnnpack})
      for (const std::vector<float>& scales :
           {std::vector<float>{0.5f}, std::vector<float>{0.5f, 0.25f}})
        for (const bias b : {bias::left_off, bias::absent, bias::zeros}) {
          if (l.xnnpack_alone && arithmetic == law::tflite_ref) continue;
          CAPTURE(l.name, name_of(arithmetic), scales.size(), static_cast<int>(b));
          const auto g = load(made(l, scales, b), arithmetic);
          INFO((g ? std::string() : g.error().message()));
          REQUIRE(g);
          ++tried;
          // Codes of 127 for the largest, or of 255 from 0 on.
          const bool zero_point =
              g->nodes[0].attrs.integer("asymmetric") != 0 || arithmetic == law::tflite_xnnpack;
          const auto x = pixels(zero_point ? 255 : 127);
          const auto want = defined(l, x, scales);
          for (const target on : usable_targets()) {
            CAPTURE(name_of(on));
            plan_options o;
            o.on = on;
            const auto p = try_compile(*g, o);
            REQUIRE(p);
            session s(*p);
            std::memcpy(s.input().view().data, x.data(), x.size() * sizeof(float));
            s.run();
            const auto y = s.output().view();
            REQUIRE(y.shape.elements().value == want.size());
            const auto* got = static_cast<const float*>(y.data);
            for (std::size_t i = 0; i < want.size(); ++i) {
              CAPTURE(i);
              CHECK(got[i] == want[i]);
            }
          }
        }
  CHECK(tried == 7 * 2 * 3);
}
