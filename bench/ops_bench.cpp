// Every operator that matters x shape x element type x rounding x target, one thread, driven
// through the IR: a graph of one node, planned for the target and run by a session. The output of
// each is compared with the operator's constexpr reference, bit for bit, before it is timed; a
// difference is an error and makes the program exit with 1. Names, for --benchmark_filter:
// OPERATOR/SHAPE/TYPES/ROUNDING/TARGET; the label is the kernel that ran. An operator more is one
// row of `table`.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "octet/graph/cost.hpp"
#include "octet/kernels/target.hpp"
#include "octet/ops/list.hpp"
#include "octet/runtime/session.hpp"

using namespace octet;

namespace {

struct types {
  dtype x, w, y;
};  // first input, the other inputs or weights, output
constexpr types s8{dtype::s8, dtype::s8, dtype::s8}, u8{dtype::u8, dtype::u8, dtype::u8},
    u8s8{dtype::u8, dtype::s8, dtype::u8}, s16x8{dtype::s16, dtype::s8, dtype::s16};
constexpr types s16{dtype::s16, dtype::s16, dtype::s16}, to_s8{dtype::f32, dtype::f32, dtype::s8},
    to_u8{dtype::f32, dtype::f32, dtype::u8}, from_s8{dtype::s8, dtype::s8, dtype::f32},
    from_u8{dtype::u8, dtype::u8, dtype::f32};
constexpr types s32_s8{dtype::s32, dtype::s32, dtype::s8}, s8_u8{dtype::s8, dtype::s8, dtype::u8},
    s8_s16{dtype::s8, dtype::s8, dtype::s16};

enum class second : std::uint8_t { none, activation, weights };
struct row {
  std::string_view op;
  second kind;                                // what the second input is
  std::vector<std::pair<dims, dims>> shapes;  // of both inputs
  std::vector<std::pair<types, std::vector<rounding>>> forms;
  std::vector<std::pair<const char*, attributes::value>> attrs = {};
  bool same_quantization = false;  // output as input
};
using R = rounding;
const std::vector<std::pair<types, std::vector<rounding>>> layer_forms = {
    {s8, {R::doubling_high_half_away, R::float_half_even}},
    {u8, {R::doubling_high_half_away}},
    {u8s8, {R::float_half_even, R::float_bias_half_even}}};
const std::vector<std::pair<types, std::vector<rounding>>> raw = {{s8, {R::none}}, {u8, {R::none}}};
const std::vector<std::pair<types, std::vector<rounding>>> curves = {
    {s8, {R::divide_half_away}}, {u8, {R::reciprocal_half_even}}};
const dims large{1, 56, 56, 144}, middle{1, 14, 14, 384};
const attributes::value two = std::int64_t{2}, three = std::int64_t{3}, one = std::int64_t{1},
                        seven = std::int64_t{7};

const std::vector<row> table = {
    // MobileNetV2's layers; a shape's second part is [out][h][w][in] (depthwise:
    // [1][h][w][channels]).
    {"qnn.conv2d",
     second::weights,
     {{{1, 112, 112, 32}, {16, 1, 1, 32}},
      {{1, 56, 56, 24}, {144, 1, 1, 24}},
      {{1, 28, 28, 192}, {32, 1, 1, 192}},
      {{1, 14, 14, 576}, {96, 1, 1, 576}},
      {{1, 7, 7, 320}, {1280, 1, 1, 320}}},
     layer_forms},
    {"qnn.conv2d",
     second::weights,
     {{{1, 14, 14, 384}, {64, 1, 1, 384}}},
     {{s8, {R::doubling_high_half_up, R::double_half_away, R::wide_half_up}},
      {s16x8, {R::wide_half_up}}}},
    {"qnn.conv2d",
     second::weights,
     {{{1, 224, 224, 3}, {32, 3, 3, 3}}},
     layer_forms,
     {{"stride_h", two}, {"stride_w", two}, {"pad_bottom", one}, {"pad_right", one}}},
    {"qnn.conv2d",
     second::weights,
     {{{1, 28, 28, 64}, {64, 3, 3, 64}}, {{1, 16, 16, 32}, {32, 3, 3, 32}}},
     layer_forms,
     {{"pad_top", one}, {"pad_left", one}, {"pad_bottom", one}, {"pad_right", one}}},
    {"qnn.conv2d",
     second::weights,
     {{{1, 16, 16, 32}, {32, 3, 3, 32}}},
     {{s16x8, {R::wide_half_up}}},
     {{"pad_top", one}, {"pad_left", one}, {"pad_bottom", one}, {"pad_right", one}}},
    {"qnn.depthwise_conv2d",
     second::weights,
     {{{1, 112, 112, 32}, {1, 3, 3, 32}},
      {{1, 56, 56, 144}, {1, 3, 3, 144}},
      {{1, 14, 14, 576}, {1, 3, 3, 576}}},
     layer_forms,
     {{"pad_top", one}, {"pad_left", one}, {"pad_bottom", one}, {"pad_right", one}}},
    {"qnn.depthwise_conv2d",
     second::weights,
     {{{1, 112, 112, 96}, {1, 3, 3, 96}}, {{1, 14, 14, 576}, {1, 3, 3, 576}}},
     layer_forms,
     {{"stride_h", two}, {"stride_w", two}, {"pad_bottom", one}, {"pad_right", one}}},
    {"qnn.depthwise_conv2d",
     second::weights,
     {{{1, 14, 14, 96}, {1, 5, 5, 96}}},
     {{s8, {R::doubling_high_half_away}}, {s16x8, {R::wide_half_up}}},
     {{"pad_top", two}, {"pad_left", two}, {"pad_bottom", two}, {"pad_right", two}}},
    {"qnn.fully_connected",
     second::weights,
     {{{1, 1280}, {1000, 1280}}, {{16, 640}, {128, 640}}},
     {{s8, {R::doubling_high_half_away, R::float_half_even}},
      {u8, {R::doubling_high_half_away}},
      {u8s8, {R::float_bias_half_even}},
      {s16x8, {R::wide_half_up}}}},
    {"qnn.transpose_conv2d",
     second::weights,
     {{{1, 14, 14, 32}, {16, 3, 3, 32}}},
     {{s8, {R::doubling_high_half_away}}},
     {{"stride_h", two}, {"stride_w", two}}},
    {"qnn.batch_matmul",
     second::activation,
     {{{8, 64, 64}, {8, 64, 64}}},
     {{s8, {R::doubling_high_half_away}}}},
    // Two operands.
    {"qnn.add",
     second::activation,
     {{large, large}, {large, {144}}},
     {{s8, {R::doubling_high_half_away, R::xnnpack}},
      {u8, {R::doubling_high_half_away, R::qnnpack, R::aten, R::fused_multiply_add}},
      {s16, {R::doubling_high_half_away}}}},
    {"qnn.sub",
     second::activation,
     {{large, large}},
     {{s8, {R::doubling_high_half_away, R::xnnpack}}, {u8, {R::doubling_high_half_away}}}},
    {"qnn.mul",
     second::activation,
     {{large, large}, {large, {144}}},
     {{s8, {R::doubling_high_half_away, R::float_zero_point_half_even}},
      {u8, {R::doubling_high_half_away, R::float_half_even}},
      {s16, {R::doubling_high_half_away}}}},
    {"qnn.minimum", second::activation, {{middle, middle}}, raw, {}, true},
    {"qnn.squared_difference",
     second::activation,
     {{middle, middle}},
     {{s8, {R::doubling_high_half_away}}}},
    {"qnn.prelu", second::activation, {{middle, {384}}}, {{s8, {R::doubling_high_half_away}}}},
    // One operand.
    {"qnn.requantize",
     second::none,
     {{large, {}}},
     {{s8,
       {R::doubling_high_half_away, R::doubling_high_half_up, R::float_half_even,
        R::eight_bit_ratio_half_up}},
      {s8_u8, {R::doubling_high_half_away}},
      {s8_s16, {R::doubling_high_half_away}},
      {s32_s8, {R::doubling_high_half_away}}}},
    {"qnn.quantize",
     second::none,
     {{large, {}}},
     {{to_s8, {R::divide_half_away, R::divide_half_even, R::reciprocal_half_even}},
      {to_u8, {R::divide_half_away, R::tflite_optimized}}}},
    {"qnn.dequantize", second::none, {{large, {}}}, {{from_s8, {R::none}}, {from_u8, {R::none}}}},
    {"qnn.logistic", second::none, {{large, {}}}, curves},
    {"qnn.tanh", second::none, {{large, {}}}, curves},
    {"qnn.hard_swish",
     second::none,
     {{large, {}}},
     {{s8, {R::doubling_high_half_away, R::xnnpack}}, {u8, {R::doubling_high_half_away, R::aten}}}},
    {"qnn.leaky_relu",
     second::none,
     {{large, {}}},
     {{s8, {R::doubling_high_half_away, R::eight_bit_ratio_half_up}}}},
    {"qnn.relu6",
     second::none,
     {{large, {}}},
     {{s8, {R::doubling_high_half_away}}, {u8, {R::doubling_high_half_away}}}},
    {"qnn.max_pool2d",
     second::none,
     {{large, {}}, {middle, {}}},
     raw,
     {{"window_h", three}, {"window_w", three}, {"stride_h", two}, {"stride_w", two}},
     true},
    {"qnn.avg_pool2d",
     second::none,
     {{large, {}}, {middle, {}}},
     {{s8, {R::divide_half_away, R::float_zero_point_half_even}},
      {u8, {R::divide_half_away, R::float_half_even}}},
     {{"window_h", three}, {"window_w", three}, {"stride_h", two}, {"stride_w", two}},
     true},
    {"qnn.avg_pool2d",
     second::none,
     {{{1, 7, 7, 1280}, {}}},
     {{s8, {R::divide_half_away, R::float_zero_point_half_even}}, {u8, {R::divide_half_away}}},
     {{"window_h", seven}, {"window_w", seven}},
     true},
    {"qnn.mean",
     second::none,
     {{{1, 7, 7, 1280}, {}}},
     {{s8, {R::doubling_high_half_away, R::xnnpack, R::float_half_even}},
      {u8, {R::doubling_high_half_away}}},
     {{"axes", std::vector<std::int64_t>{1, 2}}}},
    {"reduce_max",
     second::none,
     {{{1, 7, 7, 1280}, {}}},
     raw,
     {{"axes", std::vector<std::int64_t>{1, 2}}},
     true},
    {"qnn.resize_bilinear",
     second::none,
     {{{1, 32, 32, 64}, {}}},
     {{s8, {R::doubling_high_half_away, R::xnnpack}}, {u8, {R::doubling_high_half_away, R::aten}}},
     {{"out_h", std::int64_t{64}}, {"out_w", std::int64_t{64}}, {"half_pixel_centers", one}},
     true},
    {"qnn.softmax",
     second::none,
     {{{1, 1000}, {}}, {{1, 12, 64, 64}, {}}, {{1, 1917, 21}, {}}},
     {{s8, {R::doubling_high_half_away, R::tflite_optimized}},
      {u8, {R::doubling_high_half_away, R::tflite_optimized, R::reciprocal_half_even}},
      {s8_s16, {R::doubling_high_half_away}}}},
    {"qnn.log_softmax",
     second::none,
     {{{1, 1000}, {}}},
     {{s8, {R::doubling_high_half_away, R::tflite_optimized}}}},
    {"qnn.concat",
     second::activation,
     {{middle, middle}},
     {{s8, {R::none}}},
     {{"axis", three}},
     true},
    {"qnn.pad",
     second::none,
     {{large, {}}},
     {{s8, {R::none}}},
     {{"paddings", std::vector<std::int64_t>{0, 0, 1, 1, 1, 1, 0, 0}}},
     true},
    {"transpose",
     second::none,
     {{{1, 56, 56, 64}, {}}},
     {{s8, {R::none}}},
     {{"perm", std::vector<std::int64_t>{0, 3, 1, 2}}},
     true},
};

std::string_view brief(dtype t) {
  switch (t) {
    case dtype::f32: return "f32";
    case dtype::s8: return "s8";
    case dtype::u8: return "u8";
    case dtype::s16: return "s16";
    case dtype::s32: return "s32";
    case dtype::f64:
    case dtype::f16:
    case dtype::u16:
    case dtype::u32:
    case dtype::s64:
    case dtype::u64:
    case dtype::boolean: break;
  }
  return name_of(t);
}
std::string brief(const dims& d) {
  std::string s;
  for (const std::int32_t e : d) s += (s.empty() ? "" : "x") + std::to_string(e);
  return s;
}
std::string name_of(const row& r, const std::pair<dims, dims>& shape, const types& t,
                    rounding mode) {
  std::string n = std::string(r.op) + "/" + brief(shape.first);
  if (r.kind != second::none) n += "_" + brief(shape.second);
  for (const auto& [key, v] : r.attrs)
    if (std::string_view(key) == "stride_h") n += "_s" + std::to_string(std::get<std::int64_t>(v));
  n += "/" + std::string(brief(t.x));
  if (r.kind != second::none && t.w != t.x) n += "x" + std::string(brief(t.w));
  if (t.y != t.x) n += "_" + std::string(brief(t.y));
  return n + "/" + std::string(octet::name_of(mode));
}

std::int32_t middle_of(dtype t) {
  return t == dtype::u8 ? 125 : t == dtype::s16 || t == dtype::s32 ? 0 : -3;
}
tensor quantized(const char* name, dtype t, const dims& shape, double scale) {
  tensor v;
  v.name = name;
  v.type = t;
  v.shape = shape;
  if (t != dtype::f32) v.scales = {scale}, v.zero_points = {middle_of(t)};
  return v;
}
std::vector<std::byte> random_bytes(const tensor& t, std::mt19937& r) {
  std::vector<std::byte> b(bytes_of(t.shape.elements(), t.type).value);
  if (t.type == dtype::f32) {
    for (std::size_t i = 0; i < b.size(); i += 4) {
      const float v = static_cast<float>(static_cast<int>(r() % 20001) - 10000) * 0.001f;
      std::memcpy(&b[i], &v, 4);
    }
  } else if (t.type == dtype::s32) {
    for (std::size_t i = 0; i < b.size(); i += 4) {
      const auto v = static_cast<std::int32_t>(r() % 200001) - 100000;
      std::memcpy(&b[i], &v, 4);
    }
  } else {
    for (auto& v : b) v = static_cast<std::byte>(r());
  }
  return b;
}

/// One node and what it needs. `macs`: products per run, 0 where that is no measure.
struct subject {
  graph g;
  std::vector<std::vector<std::byte>> inputs;
  double macs = 0, bytes = 0;
};

result<subject> make(const row& r, const std::pair<dims, dims>& shape, const types& t,
                     rounding mode) {
  subject s;
  std::mt19937 random(7);
  const op_def* op = find_operator(r.op);
  if (op == nullptr) return invalid("no such operator", std::string(r.op));
  const bool depthwise = r.op == "qnn.depthwise_conv2d";
  double per_output = 0;
  std::vector<tensor_id> in;
  in.push_back(s.g.add(quantized("x", t.x, shape.first,
                                 t.x == dtype::s16   ? 0.0002
                                 : t.x == dtype::s32 ? 0.0004
                                                     : 0.05)));
  s.g.inputs.push_back(in[0]);
  if (r.kind == second::activation) {
    in.push_back(s.g.add(quantized("x2", t.w, shape.second,
                                   t.w == dtype::s16     ? 0.0003
                                   : r.same_quantization ? 0.05
                                                         : 0.04)));
    s.g.inputs.push_back(in[1]);
    if (r.op == "qnn.batch_matmul") per_output = shape.first.back(0);
  } else if (r.kind == second::weights) {
    tensor w = quantized("w", t.w, shape.second, 0.01);
    const std::int32_t channels = depthwise ? shape.second.back(0) : shape.second[0];
    per_output = static_cast<double>(shape.second.elements().value) / channels;
    w.role = tensor::kind::constant;
    w.data = constant_data::copy(random_bytes(w, random));
    if (t.w == dtype::s8) {  // as the frameworks make them: one scale per channel, zero points 0
      w.scales.clear();
      for (std::int32_t c = 0; c < channels; ++c) w.scales.push_back(0.01 * (1 + c % 7));
      w.zero_points.assign(w.scales.size(), 0);
      w.axis = depthwise ? shape.second.rank - 1 : 0;
    }
    in.push_back(s.g.add(std::move(w)));
    const auto n = static_cast<std::size_t>(channels);
    if (mode == rounding::float_bias_half_even) {
      const std::vector<float> b(n, 0.25f);
      in.push_back(s.g.add_constant("bias", dtype::f32, {channels},
                                    constant_data::of(std::span<const float>(b))));
    } else if (t.x == dtype::s16) {
      const std::vector<std::int64_t> b(n, 1000);
      in.push_back(s.g.add_constant("bias", dtype::s64, {channels},
                                    constant_data::of(std::span<const std::int64_t>(b))));
    } else {
      const std::vector<std::int32_t> b(n, 1000);
      in.push_back(s.g.add_constant("bias", dtype::s32, {channels},
                                    constant_data::of(std::span<const std::int32_t>(b))));
    }
  }
  // Layers: a step of the output is such that random accumulators use its range.
  const double root = [&] {
    double v = 1;
    while (v * v < per_output) ++v;
    return v;
  }();
  const double accumulator = (t.x == dtype::s16 ? 0.0002 * 19000 : 0.05 * 74) * 0.04 * 74 * root;
  double y_scale = per_output > 0      ? accumulator / (t.y == dtype::s16 ? 8000 : 40)
                   : t.y == dtype::s16 ? 0.0004
                                       : 0.07;
  if (r.same_quantization) y_scale = 0.05;
  tensor y = quantized("y", t.y, {}, y_scale);
  if (r.op == "qnn.softmax" || r.op == "qnn.logistic")
    y.scales = {t.y == dtype::s16 ? 1.0 / 32768 : 1.0 / 256},
    y.zero_points = {static_cast<std::int32_t>(t.y == dtype::s16 ? 0 : lowest_of(t.y))};
  if (r.op == "qnn.log_softmax")
    y.scales = {16.0 / 256}, y.zero_points = {static_cast<std::int32_t>(highest_of(t.y))};
  const tensor_id out = s.g.add(std::move(y));
  s.g.outputs.push_back(out);
  attributes attrs;
  for (const auto& [key, v] : r.attrs) attrs.set(key, v);
  node& n = s.g.add_node(*op, "", std::move(in), {out}, std::move(attrs), mode);
  if (auto ok = infer_shapes(s.g, n); !ok) return ok.error();
  for (const tensor_id i : s.g.inputs) s.inputs.push_back(random_bytes(s.g[i], random));
  for (const auto& i : s.inputs) s.bytes += static_cast<double>(i.size());
  s.bytes += static_cast<double>(bytes_of(s.g[out].shape.elements(), s.g[out].type).value);
  s.macs = macs_of(s.g, s.g.nodes.back());
  return s;
}

std::vector<std::byte> output_of(session& s) {
  const auto v = s.output().view();
  const auto* b = static_cast<const std::byte*>(v.data);
  return {b, b + bytes_of(v.shape.elements(), v.type).value};
}
result<std::unique_ptr<session>> start(const subject& s, target on) {
  plan_options o;
  o.on = on;
  o.optimize = false;  // the node as it is
  auto p = try_compile(s.g, o);
  if (!p) return p.error();
  auto run = std::make_unique<session>(*p);
  for (std::size_t i = 0; i < s.inputs.size(); ++i)
    std::memcpy(run->input(i).view().data, s.inputs[i].data(), s.inputs[i].size());
  run->run();
  return run;
}

int failures = 0;

/// The node last asked for, with the reference's output: the targets of one node come one after the
/// other.
struct cache {
  std::string name;
  subject of;
  std::vector<std::byte> expected;
  target on = target::automatic;
  std::unique_ptr<session> run;
} last;

void bench(benchmark::State& state, const row& r, const std::pair<dims, dims>& shape,
           const types& t, rounding mode, target on) {
  const auto fail = [&](const std::string& why) {
    ++failures;
    state.SkipWithError(why.c_str());
  };
  if (const std::string name = name_of(r, shape, t, mode); name != last.name) {
    last = cache{};
    auto s = make(r, shape, t, mode);
    if (!s) return fail(s.error().message());
    auto reference = start(*s, target::reference);
    if (!reference) return fail(reference.error().message());
    last.expected = output_of(**reference);
    last.of = std::move(*s);
    last.name = name;
  }
  if (last.run == nullptr || last.on != on) {
    auto run = start(last.of, on);
    if (!run) return fail(run.error().message());
    last.run = std::move(*run);
    last.on = on;
    if (output_of(*last.run) != last.expected) {
      last.run.reset();
      return fail("differs from the reference");
    }
  }
  for (auto _ : state) last.run->run();
  if (last.of.macs > 0)
    state.counters["MAC/s"] =
        benchmark::Counter(last.of.macs, benchmark::Counter::kIsIterationInvariantRate);
  else
    state.counters["bytes/s"] =
        benchmark::Counter(last.of.bytes, benchmark::Counter::kIsIterationInvariantRate);
  const auto& steps = last.run->program().data().steps;
  state.SetLabel(steps.empty() ? "no step" : steps[0].kernel_name);
}

}  // namespace

int main(int argc, char** argv) {
  // Short runs, unless asked for longer ones: there are some hundreds of them.
  std::vector<char*> args(argv, argv + argc);
  std::string least = "--benchmark_min_time=0.02";
  args.insert(args.begin() + 1, least.data());
  int count = static_cast<int>(args.size());
  args.push_back(nullptr);
  benchmark::Initialize(&count, args.data());
  if (benchmark::ReportUnrecognizedArguments(count, args.data())) return 2;
  for (const row& r : table)
    for (const auto& shape : r.shapes)
      for (const auto& [t, modes] : r.forms)
        for (const rounding mode : modes)
          for (const target on : usable_targets()) {
            const std::string name =
                name_of(r, shape, t, mode) + "/" + std::string(octet::name_of(on));
            benchmark::RegisterBenchmark(name.c_str(), [&r, &shape, type = t, mode,
                                                        on](benchmark::State& s) {
              bench(s, r, shape, type, mode, on);
            })->Unit(benchmark::kMicrosecond);
          }
  benchmark::RunSpecifiedBenchmarks();
  if (failures != 0)
    std::fprintf(
        stderr,
        "%d benchmarks were not timed: their results are wrong, or the node could not be planned\n",
        failures);
  return failures == 0 ? 0 : 1;
}
