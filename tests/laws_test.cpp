// The tables that are printed from laws/: docs/numerics.md, section 4, and tests/laws_numbers.txt.
// They are read in review; these tests say when they are stale, and `./dev generate laws` writes
// both. Then the roundings that typed graphs and direct calls get, bit for bit.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <map>

#include "octet/laws/dynamic.hpp"
#include "octet/laws/padding.hpp"
#include "octet/octet.hpp"

namespace {

namespace laws = octet::laws;
using laws::facts;
using octet::activation;
using octet::dtype;
using octet::law;
using octet::rounding;

constexpr law all_laws[] = {law::tflite_ref,      law::tflite_xnnpack, law::pytorch_fbgemm,
                            law::pytorch_qnnpack, law::mxnet,          law::onnxruntime};
constexpr dtype quantized_types[] = {dtype::s8, dtype::u8, dtype::s16};

// ---- the table of docs/numerics.md ----

/// The usual node: activations of one type, weights without a zero point and with one scale for
/// all, scales within XNNPACK's range, memory as the framework's defaults have it, means over the
/// innermost axis, concatenated values of one quantization.
facts usual_facts(dtype type, bool from_float = false) {
  facts f;
  f.x = {from_float ? dtype::f32 : type, {1, 8, 8, 8}, 0.1, 0, false};
  f.w = {type, {1, 8, 8, 8}, 0.1, 0, false};
  f.y = {type, {1, 8, 8, 8}, 0.2, 0, false};
  f.alpha = 0.1;
  f.axes = {3};
  return f;
}
/// What a law may look at beside element types, one fact a row or those that it looks at together.
/// Every operator is asked under every one: what its law does not look at changes nothing and is
/// not printed.
struct condition {
  const char* text;
  void (*set)(facts&);
  const char* with = "";  // one that is part of this: what is as under it is not printed again
};
void last(facts& f) { f.framework = laws::composed(f.x.shape); }
void adaptive(facts& f, std::int32_t extent) { f.pool.adaptive_h = f.pool.adaptive_w = extent; }
constexpr condition conditions[] = {
    {"", [](facts&) {}},
    {"weights with a scale for each channel", [](facts& f) { f.w.per_channel = true; }},
    {"int32 bias", [](facts& f) { f.int32_bias = true; }},
    {"weights' quantization axis not 0", [](facts& f) { f.framework.weights_axis = 3; }},
    {"weights of 4 bits in the file", [](facts& f) { f.framework.int4_weights = true; }},
    {"kernel below the stride, padded as SAME",
     [](facts& f) { f.framework.kernel_below_stride = true; }},
    {"no int64 bias", [](facts& f) { f.framework.no_int64_bias = true; }},
    {"second operand with a zero point", [](facts& f) { f.w.zero_point = 1; }},
    {"second operand broadcast",
     [](facts& f) {
       f.w.shape = {1, 1, 1, 8};
     }},
    {"scales out of XNNPACK's range", [](facts& f) { f.y.scale = 1e-4; }},
    {"slope below 0", [](facts& f) { f.alpha = -0.1; }},
    {"to another 8-bit type",
     [](facts& f) {
       if (is_8bit(f.y.type)) f.y.type = f.y.type == dtype::u8 ? dtype::s8 : dtype::u8;
     }},
    {"to int16", [](facts& f) { f.y.type = dtype::s16; }},
    {"with an offset", [](facts& f) { f.offset = 3; }},
    {"in steps of one size", [](facts& f) { f.y.scale = f.x.scale; }},
    {"by shifts", [](facts& f) { f.framework.by_shifts = true; }},
    {"several quantizations", [](facts& f) { f.keeps_quantization = false; }},
    {"channels_last", [](facts& f) { last(f); }},
    {"padding counted", [](facts& f) { f.pool.padded = f.pool.counts_padding = true; }},
    {"padding not counted", [](facts& f) { f.pool.padded = true; }},
    {"extents rounded up", [](facts& f) { f.pool.ceil_mode = true; }},
    {"divisor given", [](facts& f) { f.pool.own_divisor = true; }},
    {"gaps between windows", [](facts& f) { f.pool.leaves_gaps = true; }},
    {"adaptive", [](facts& f) { adaptive(f, 2); }},
    {"adaptive, channels_last",
     [](facts& f) {
       last(f);
       adaptive(f, 2);
     },
     "channels_last"},
    {"adaptive, windows of several sizes", [](facts& f) { adaptive(f, 3); }, "adaptive"},
    {"over height and width, channels_last",
     [](facts& f) {
       last(f);
       f.axes = {1, 2};
     },
     "channels_last"},
    {"over other axes", [](facts& f) { f.axes = {1}; }},
    {"depthwise", [](facts& f) { f.framework.depthwise = true; }},
};
std::string cell(const laws::decision& d) {
  if (!d.known) return "";
  std::string s = d.round == rounding::none ? "-" : std::string(name_of(d.round));
  if (d.f32_product) s += " f32";
  if (d.by == laws::library::xnnpack) s += " *";
  return s;
}
std::string cells(const octet::op_def& op, facts f) {
  std::string s;
  for (law l : all_laws) {
    f.arithmetic = l;
    s += " " + cell(op.decide(f)) + " |";
  }
  return s;
}
std::string law_table() {
  std::string text =
      "| operator | where | types | tflite_ref | tflite_xnnpack | pytorch_fbgemm | pytorch_qnnpack "
      "| mxnet | onnxruntime |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
  for (const octet::op_def* op : octet::builtin_operators()) {
    if (!op->decide) continue;
    std::map<std::pair<std::string_view, dtype>, std::string> under;  // condition, type
    for (const condition& c : conditions) {
      std::vector<std::pair<std::string, std::string>> rows;  // cells, types that share them
      static constexpr dtype real[] = {dtype::f32};
      const std::span<const dtype> types =
          op->quantized ? std::span<const dtype>(quantized_types) : std::span<const dtype>(real);
      for (const dtype t : types) {
        facts f = usual_facts(t, !takes_input(*op, 0, t));
        c.set(f);
        const std::string s = cells(*op, f);
        under[{c.text, t}] = s;
        if (&c != &conditions[0] && (s == under[{"", t}] || s == under[{c.with, t}]))
          continue;  // the condition changes nothing for this type
        const auto same =
            std::find_if(rows.begin(), rows.end(), [&](const auto& r) { return r.first == s; });
        if (same == rows.end())
          rows.emplace_back(s, name_of(t));
        else
          same->second += ", " + std::string(name_of(t));
      }
      for (const auto& [s, names] : rows)
        text += "| " + std::string(op->name) + " | " + c.text + " | " + names + " |" + s + "\n";
    }
  }
  return text;
}

// ---- the numbers ----

std::string hex(double v) {
  char text[40];
  std::snprintf(text, sizeof text, "%a", v);
  return text;
}
const char* name_of_library(laws::library by) {
  switch (by) {
    case laws::library::tflite: return "tflite";
    case laws::library::xnnpack: return "xnnpack";
    case laws::library::pytorch: return "pytorch";
    case laws::library::mxnet: return "mxnet";
    case laws::library::onnxruntime: return "onnxruntime";
  }
  return "";
}
void activation_numbers(std::string& s) {
  const std::pair<activation, const char*> names[] = {{activation::relu, "relu"},
                                                      {activation::relu6, "relu6"},
                                                      {activation::relu_n1_to_1, "relu_n1_to_1"},
                                                      {activation::relu_0_to_1, "relu_0_to_1"}};
  // 4, 2.4 and 0.4: 6 / s or 1 / s is a tie. 0.0235...: MobileNet's own.
  for (double scale : {4., 2.4, 0.4, 0.023528477177023888, 0.05, 0x1p-4})
    for (std::int32_t zero : {-128, -3, 2, 127})
      for (const auto& [a, name] : names) {
        s += "int8 scale " + std::to_string(scale) + " zero " + std::to_string(zero) + " " + name;
        for (auto by : {laws::library::tflite, laws::library::xnnpack, laws::library::pytorch,
                        laws::library::onnxruntime}) {
          const auto c = laws::activation_bounds(
              by, a, dtype::s8, static_cast<double>(static_cast<float>(scale)), zero);
          s += std::string("  ") + name_of_library(by) + " " + std::to_string(c.lo) + ".." +
               std::to_string(c.hi);
        }
        s += "\n";
      }
}
void padding_numbers(std::string& s) {
  s += "\nSAME padding: in, window, stride, dilation: before, after\n";
  for (std::int32_t in : {1, 7, 8, 224})
    for (std::int32_t window : {1, 2, 3, 5})
      for (std::int32_t stride : {1, 2, 3})
        for (std::int32_t dilation : {1, 2}) {
          const auto p = laws::same_padding(in, window, stride, dilation);
          s += std::to_string(in) + " " + std::to_string(window) + " " + std::to_string(stride) +
               " " + std::to_string(dilation) + ": " + std::to_string(p.before) + " " +
               std::to_string(p.after) + "\n";
        }
  s += "\ntransposed padding: reach beyond the output: before, after, more\n";
  for (std::int32_t extra : {-3, -1, 0, 1, 2, 3, 4}) {
    const auto p = laws::transposed_padding(extra);
    s += std::to_string(extra) + ": " + std::to_string(p.before) + " " + std::to_string(p.after) +
         " " + std::to_string(p.more) + "\n";
  }
}
void accumulator_numbers(std::string& s) {
  s += "\naccumulator scale sx * sw: uint8 conv2d, uint8 fully_connected\n";
  for (auto [sx, sw] : {std::pair{0.1, 0.003}, {0.0235, 0.0117}, {0x1p-7, 0x1p-9}})
    for (law l : all_laws) {
      facts f = usual_facts(dtype::u8);
      f.arithmetic = l;
      s += std::string(name_of(l)) + " " + hex(sx) + " " + hex(sw) + ": " +
           hex(laws::accumulator_scale(laws::conv2d(f), sx, sw)) + " " +
           hex(laws::accumulator_scale(laws::fully_connected(f), sx, sw)) + "\n";
    }
  s += "\naccumulator type: int8, int16, int16 with int32 bias\n";
  for (dtype a :
       {laws::accumulator_type(dtype::s8, false), laws::accumulator_type(dtype::s16, false),
        laws::accumulator_type(dtype::s16, true)})
    s += std::string(name_of(a)) + "\n";
  s += "\nQNNPACK's bias: value, accumulator scale\n";
  for (auto [bias, scale] : {std::pair{0.5f, 0.2}, {-0.5f, 0.2}, {0.37f, 0.0011}, {1e9f, 1e-3}})
    s += std::to_string(bias) + " " + std::to_string(scale) + ": " +
         std::to_string(laws::integer_bias(bias, scale)) + "\n";
}
void takes_numbers(std::string& s) {
  s += "\nXNNPACK takes: ratio of scales: rescale, addend, leaky_relu with slope 0.1 and -0.001\n";
  for (double ratio : {0x1p-11, 0x1p-10, 0x1p-9, 0x1p-8, 1., 127., 128., 129., 255., 256.})
    s += std::to_string(ratio) + ": " + std::to_string(laws::xnnpack_takes_rescale(ratio, 1)) +
         " " + std::to_string(laws::xnnpack_takes_addend(ratio, 1)) + " " +
         std::to_string(laws::xnnpack_takes_leaky_relu(ratio, 1, 0.1f)) + " " +
         std::to_string(laws::xnnpack_takes_leaky_relu(ratio, 1, -0.001f)) + "\n";
}
void dynamic_numbers(std::string& s) {
  s += "\ndynamic-range layers of 2 images of 5x5: rows, asymmetric, scales_first, tail_row_first, "
       "accumulator\n";
  const std::pair<laws::dynamic_layer, const char*> layers[] = {
      {laws::dynamic_layer::conv2d, "conv2d"},
      {laws::dynamic_layer::depthwise_conv2d, "depthwise_conv2d"},
      {laws::dynamic_layer::fully_connected, "fully_connected"}};
  for (law l : all_laws)
    for (const auto& [layer, name] : layers)
      for (bool per_channel : {false, true})
        for (bool flag : {false, true}) {
          laws::dynamic_facts f{l, layer, per_channel, flag, flag, 2, 50, 66000};
          const auto d = laws::dynamic(f);
          if (!d.quantize.known) continue;
          s += std::string(name_of(l)) + " " + name + (per_channel ? " per channel" : "") +
               (flag ? (layer == laws::dynamic_layer::conv2d ? " pointwise" : " asks zero point")
                     : "") +
               ": " + std::to_string(d.rows) + " " + std::to_string(d.asymmetric) + " " +
               std::to_string(d.scales_first) + " " + std::to_string(d.tail_row_first) + " " +
               std::string(name_of(d.accumulator)) + "\n";
        }
}
void range_numbers(std::string& s) {
  s += "\nfixed ranges: scale, zero point\n";
  const std::pair<laws::fixed_range, const char*> ranges[] = {
      {laws::fixed_range::zero_to_one, "zero_to_one"},
      {laws::fixed_range::one_around_zero, "one_around_zero"},
      {laws::fixed_range::sixteen_below_zero, "sixteen_below_zero"}};
  for (const auto& [r, name] : ranges)
    for (dtype t : quantized_types) {
      const auto q = laws::quantization_of(r, t);
      s += std::string(name) + " " + std::string(name_of(t)) + ": " + hex(q.scale) + " " +
           std::to_string(q.zero_point) + "\n";
    }
}
std::string numbers() {
  std::string s = "# Printed from laws/ by ./dev generate laws.\n\nactivation bounds\n";
  activation_numbers(s);
  padding_numbers(s);
  accumulator_numbers(s);
  takes_numbers(s);
  dynamic_numbers(s);
  range_numbers(s);
  return s;
}

// ---- files ----

const std::string document = std::string(OCTET_SOURCE_DIR) + "/docs/numerics.md",
                  numbers_file = std::string(OCTET_SOURCE_DIR) + "/tests/laws_numbers.txt",
                  begin = "<!-- printed from laws/ by ./dev generate laws: begin -->\n",
                  end = "<!-- end -->\n";
std::string read(const std::string& path) {
  std::ifstream f(path);
  return {std::istreambuf_iterator<char>(f), {}};
}
/// The document with the table as it should be.
std::string with_table(const std::string& text) {
  const auto from = text.find(begin), to = text.find(end, from == text.npos ? 0 : from);
  if (from == text.npos || to == text.npos) return {};
  return text.substr(0, from + begin.size()) + law_table() + text.substr(to);
}

}  // namespace

TEST_CASE("docs/numerics.md has the table that laws/ gives", "[laws]") {
  const std::string text = read(document), fresh = with_table(text);
  REQUIRE_FALSE(fresh.empty());
  INFO("docs/numerics.md is stale: run ./dev generate laws and read what changes");
  CHECK(text == fresh);
}
TEST_CASE("tests/laws_numbers.txt is what laws/ gives", "[laws]") {
  INFO("tests/laws_numbers.txt is stale: run ./dev generate laws and read what changes");
  CHECK(read(numbers_file) == numbers());
}
TEST_CASE("write the tables of the laws", "[.write]") {
  const std::string text = with_table(read(document));
  REQUIRE_FALSE(text.empty());
  std::ofstream(document) << text;
  std::ofstream(numbers_file) << numbers();
}

TEST_CASE("laws give accumulators the precision that operators prepare them with", "[laws]") {
  for (const octet::op_def* op : octet::builtin_operators()) {
    if (!op->accumulates) continue;
    for (const dtype t : quantized_types)
      for (const condition& c : conditions)
        for (const law l : all_laws) {
          facts f = usual_facts(t);
          c.set(f);
          f.arithmetic = l;
          const laws::decision d = op->decide(f);
          if (!d.known) continue;
          INFO(op->name << " " << name_of(t) << " " << name_of(l) << " " << c.text);
          // PyTorch's scales are binary64 numbers, which its kernels narrow first.
          CHECK((!laws::is_pytorch(l) || uses_f32_product(d.round, d.f32_product)));
          // Where a law asks for it the operator has the attribute.
          CHECK((!d.f32_product ||
                 op->attributes.contain("f32_product", octet::attribute_value::kind::integer)));
        }
  }
}
TEST_CASE("what only XNNPACK computes is no operator of other laws", "[laws]") {
  for (const law l : all_laws) {
    facts f;
    f.arithmetic = l;
    const bool xnnpack = l == law::tflite_xnnpack;
    CHECK(octet::ops::blockwise_fully_connected.decide(f).known == xnnpack);
    CHECK((laws::dynamic_transpose_conv2d(f).by == laws::library::xnnpack) == xnnpack);
    CHECK(laws::dynamic_transpose_conv2d(f).known == (xnnpack || l == law::tflite_ref));
    f.framework.int4_weights = true;
    CHECK(laws::dynamic_transpose_conv2d(f).by != laws::library::xnnpack);
  }
}

// ---- typed graphs and direct calls ----

namespace {
namespace q = octet::typed;
using image = q::tensor<q::u8, q::shape<1, 4, 4, 8>, q::affine{0.05, 120}>;
constexpr auto x = q::input<image>("x");
constexpr std::int8_t weights[8 * 8] = {3, -7, 11, 2, 100, -128, 127, 5};
constexpr auto layer = x | q::conv2d({.filters = 8, .activation = q::relu6},
                                     q::per_tensor(weights, 0.0117), {}, {0.37, 3});
template <law L> using layer_net = q::compiled<layer, L>;

template <class Net> std::int64_t attribute(std::size_t node, const char* key) {
  return Net::lower().nodes[node].attrs.integer(key, -1000);
}
}  // namespace

TEST_CASE("a typed convolution has the rounding of its law", "[laws]") {
  STATIC_REQUIRE(layer_net<law::tflite_ref>::node(0).round == rounding::doubling_high_half_away);
  STATIC_REQUIRE(layer_net<law::tflite_xnnpack>::node(0).round == rounding::float_half_even);
  STATIC_REQUIRE(layer_net<law::pytorch_fbgemm>::node(0).round == rounding::fused_multiply_add);
  STATIC_REQUIRE(layer_net<law::pytorch_qnnpack>::node(0).round == rounding::reciprocal_half_even);
  // QNNPACK multiplies by the reciprocal of the output's scale.
  const float product = 0.05f * 0.0117f;
  CHECK(layer_net<law::pytorch_qnnpack>::multiplier(0).scale == product * (1.f / 0.37f));
  CHECK(layer_net<law::pytorch_fbgemm>::multiplier(0).scale == product / 0.37f);
  CHECK(product * (1.f / 0.37f) != product / 0.37f);
}
TEST_CASE("laws of ONNX Runtime: padding, stored scales, float weights and biases", "[laws]") {
  // SAME of 7 elements, windows of 4, stride 1 adds 3.
  constexpr auto upper = laws::same_padding(7, 4, 1, 1);
  STATIC_REQUIRE(laws::same_padding_total(7, 4, 1, 1) == 3);
  STATIC_REQUIRE(upper == laws::axis_padding{1, 2});
  STATIC_REQUIRE(laws::larger_half_before(upper) == laws::axis_padding{2, 1});
  STATIC_REQUIRE(laws::same_padding_total(1, 1 << 24, 1, 1 << 24) > INT32_MAX);
  STATIC_REQUIRE(laws::same_padding_total(7, 0, 1, 1) == 0);
  STATIC_REQUIRE(laws::stored_accumulator_scale(0.05f, 0.0117f) == 0.05f * 0.0117f);
  // A tie goes to even.
  STATIC_REQUIRE(laws::divided_bias(2.5f, 1.f) == 2);
  STATIC_REQUIRE(laws::divided_bias(-3.5f, 1.f) == -4);
  STATIC_REQUIRE(laws::divided_bias(1e30f, 1e-3f) == INT32_MAX);
  // Float weights: the range holds 0, whatever they are.
  using range = laws::int8_range;
  STATIC_REQUIRE(laws::range_of_float_weights(-1.f, 2.984375f) == range{0.015625f, -64});
  STATIC_REQUIRE(laws::range_of_float_weights(1.f, 3.984375f) == range{0.015625f, -128});
  STATIC_REQUIRE(laws::range_of_float_weights(-3.984375f, -1.f) == range{0.015625f, 127});
  STATIC_REQUIRE(laws::range_of_float_weights(0.f, 0.f) == range{1.f, -128});
  // The last scale that ONNX Runtime 1.32 takes, and the next.
  STATIC_REQUIRE(laws::fits_accumulator(0.0002636f, 0.02f * 0.013f));
  STATIC_REQUIRE_FALSE(laws::fits_accumulator(0.00026360003f, 0.02f * 0.013f));
  STATIC_REQUIRE(laws::fits_accumulator(9e-7f, 2e-8f));
  STATIC_REQUIRE(laws::fits_accumulator(-0.5f, -0.5f));
  STATIC_REQUIRE_FALSE(laws::fits_accumulator(-0.5f, 0.5f));
  constexpr float inf = std::numeric_limits<float>::infinity();
  STATIC_REQUIRE_FALSE(laws::fits_accumulator(inf, inf));
}
TEST_CASE("a typed relu6 is clamped as its law rounds the bound", "[laws]") {
  // 6 / 2.4 = 2.5 is a tie.
  constexpr auto rounding_of_6 = [](laws::library by, std::int32_t zero) {
    return laws::quantized_bound(by, 6.f, static_cast<double>(2.4f), zero);
  };
  STATIC_REQUIRE(rounding_of_6(laws::library::tflite, 2) == 5);
  STATIC_REQUIRE(rounding_of_6(laws::library::xnnpack, 2) == 4);  // rint(4.5)
  STATIC_REQUIRE(rounding_of_6(laws::library::xnnpack, 3) == 6);  // rint(5.5)
  STATIC_REQUIRE(rounding_of_6(laws::library::pytorch, 3) == 5);  // 3 + rint(2.5)
  CHECK(attribute<layer_net<law::tflite_ref>>(0, "clamp_lo") == 3);
  CHECK(attribute<layer_net<law::tflite_ref>>(0, "clamp_hi") == 19);
  CHECK(attribute<layer_net<law::pytorch_qnnpack>>(0, "clamp_hi") == 19);
}
namespace {
/// One tensor of bytes, and two for results.
struct direct_calls {
  std::vector<std::uint8_t> in = made_up(), out = in, other = in;
  octet::dims shape{1, 4, 4, 8};
  octet::quantized_view view{{in.data(), dtype::u8, shape}, 0.05, 120, {}, {}, -1};
  static std::vector<std::uint8_t> made_up() {
    std::vector<std::uint8_t> in(4 * 4 * 8);
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<std::uint8_t>(i * 37 + 11);
    return in;
  }
  static octet::quantized_result result(std::vector<std::uint8_t>& to, octet::dims s, double scale,
                                        std::int32_t zero, activation a = activation::none) {
    return octet::quantized_result{{to.data(), dtype::u8, s}, scale, zero, a};
  }
};
}  // namespace
TEST_CASE("direct calls give the bits of their law", "[laws]") {
  direct_calls c;
  SECTION("QNNPACK's convolution") {
    const octet::quantized_view w{
        {weights, dtype::s8, octet::dims{8, 1, 1, 8}}, 0.0117, 0, {}, {}, -1};
    REQUIRE(
        octet::conv2d(c.view, w, {}, {}, c.result(c.out, c.shape, 0.37, 3), law::pytorch_qnnpack));
    REQUIRE(octet::conv2d(c.view, w, {}, {}, c.result(c.other, c.shape, 0.37, 3),
                          rounding::reciprocal_half_even));
    CHECK(c.out == c.other);
  }
  SECTION("PyTorch's relu clamps the codes") {
    REQUIRE(octet::relu(c.view, c.result(c.out, c.shape, 0.05, 120), law::pytorch_fbgemm));
    for (std::size_t i = 0; i < c.in.size(); ++i) CHECK(c.out[i] == std::max<int>(c.in[i], 120));
    REQUIRE(octet::relu6(c.view, c.result(c.out, c.shape, 0.05, 120), law::pytorch_qnnpack));
    for (std::size_t i = 0; i < c.in.size(); ++i)
      CHECK(c.out[i] == std::min(std::max<int>(c.in[i], 120), 240));
  }
  SECTION("XNNPACK's bounds are rounded with the zero point") {
    REQUIRE(octet::mul(c.view, c.view,
                       c.result(c.out, c.shape, static_cast<double>(2.4f), 3, activation::relu6),
                       law::tflite_xnnpack));
    CHECK(*std::max_element(c.out.begin(), c.out.end()) == 6);
    REQUIRE(octet::mul(c.view, c.view,
                       c.result(c.out, c.shape, static_cast<double>(2.4f), 3, activation::relu6),
                       law::tflite_ref));
    CHECK(*std::max_element(c.out.begin(), c.out.end()) == 6);
    REQUIRE(octet::mul(c.view, c.view,
                       c.result(c.out, c.shape, static_cast<double>(2.4f), 2, activation::relu6),
                       law::tflite_xnnpack));
    CHECK(*std::max_element(c.out.begin(), c.out.end()) == 4);
    REQUIRE(octet::mul(c.view, c.view,
                       c.result(c.out, c.shape, static_cast<double>(2.4f), 2, activation::relu6),
                       law::tflite_ref));
    CHECK(*std::max_element(c.out.begin(), c.out.end()) == 5);
  }
}
TEST_CASE("direct calls of means and concatenations give the bits of their law", "[laws]") {
  direct_calls c;
  SECTION("PyTorch's mean over height and width goes through floats, QNNPACK's does not") {
    std::vector<std::uint8_t> mean(8), expected(8);
    const octet::reduce_attrs axes{{1, 2}, false};
    REQUIRE(octet::mean(c.view, axes, c.result(mean, octet::dims{1, 8}, 0.05, 120),
                        law::pytorch_fbgemm));
    std::vector<float> real(c.in.size()), averages(8);
    REQUIRE(octet::dequantize(c.view, {{real.data(), dtype::f32, c.shape}}));
    octet::arithmetic aten = rounding::aten;
    aten.channels_last = true;
    REQUIRE(octet::mean({{real.data(), dtype::f32, c.shape}}, axes,
                        {{averages.data(), dtype::f32, octet::dims{1, 8}}}, aten));
    REQUIRE(octet::quantize({{averages.data(), dtype::f32, octet::dims{1, 8}}},
                            c.result(expected, octet::dims{1, 8}, 0.05, 120),
                            rounding::reciprocal_half_even));
    CHECK(mean == expected);
    REQUIRE(octet::mean(c.view, axes, c.result(mean, octet::dims{1, 8}, 0.05, 120),
                        law::pytorch_qnnpack));
    REQUIRE(octet::mean(c.view, axes, c.result(expected, octet::dims{1, 8}, 0.05, 120),
                        rounding::qnnpack));
    CHECK(mean == expected);
  }
  SECTION("what a framework does not have is refused, not guessed") {
    const auto s =
        octet::requantize(c.view, c.result(c.out, c.shape, 0.07, 100), law::pytorch_fbgemm);
    REQUIRE_FALSE(s);
    CHECK(s.error().message().find("pytorch_fbgemm") != std::string::npos);
    CHECK_FALSE(octet::batch_matmul(c.view, c.view, {}, c.result(c.out, c.shape, 0.37, 3),
                                    law::pytorch_qnnpack));
  }
  SECTION("PyTorch's concatenation quantizes again even what could be copied") {
    std::vector<std::uint8_t> both(2 * c.in.size()), expected(2 * c.in.size());
    const octet::quantized_view pair[] = {c.view, c.view};
    const octet::dims wide{1, 4, 4, 16};
    REQUIRE(octet::concat(pair, 3, c.result(both, wide, 0.05, 120), law::pytorch_fbgemm));
    REQUIRE(octet::concat(pair, 3, c.result(expected, wide, 0.05, 120),
                          rounding::reciprocal_half_even));
    CHECK(both == expected);
    REQUIRE(octet::concat(pair, 3, c.result(both, wide, 0.05, 120)));
    CHECK(std::equal(c.in.begin(), c.in.begin() + 8, both.begin()));
  }
}
