// Every operator that matters x shape x element type x rounding x target, one thread, driven
// through the IR: a graph of one node, planned for the target and run by a session. The output of
// each is compared with the operator's constexpr reference, bit for bit, before it is timed; a
// difference is an error and makes the program exit with 1. Names, for --benchmark_filter:
// OPERATOR/SHAPE/TYPES/ROUNDING/TARGET; the label is the kernel that ran. An operator more is one
// row of `table`. One operator with shapes of one's own: `octet bench-op`.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <string>
#include <vector>

#include "octet/bench/op.hpp"

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
    {"qnn.minimum", second::activation, {{middle, middle}}, raw},
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
     {{"window_h", three}, {"window_w", three}, {"stride_h", two}, {"stride_w", two}}},
    {"qnn.avg_pool2d",
     second::none,
     {{large, {}}, {middle, {}}},
     {{s8, {R::divide_half_away, R::float_zero_point_half_even}},
      {u8, {R::divide_half_away, R::float_half_even}}},
     {{"window_h", three}, {"window_w", three}, {"stride_h", two}, {"stride_w", two}}},
    {"qnn.avg_pool2d",
     second::none,
     {{{1, 7, 7, 1280}, {}}},
     {{s8, {R::divide_half_away, R::float_zero_point_half_even}}, {u8, {R::divide_half_away}}},
     {{"window_h", seven}, {"window_w", seven}}},
    {"qnn.mean",
     second::none,
     {{{1, 7, 7, 1280}, {}}},
     {{s8, {R::doubling_high_half_away, R::xnnpack, R::qnnpack}},
      {u8, {R::doubling_high_half_away}}},
     {{"axes", std::vector<std::int64_t>{1, 2}}}},
    {"reduce_max",
     second::none,
     {{{1, 7, 7, 1280}, {}}},
     raw,
     {{"axes", std::vector<std::int64_t>{1, 2}}}},
    {"qnn.resize_bilinear",
     second::none,
     {{{1, 32, 32, 64}, {}}},
     {{s8, {R::doubling_high_half_away, R::xnnpack}}, {u8, {R::doubling_high_half_away, R::aten}}},
     {{"out_h", std::int64_t{64}}, {"out_w", std::int64_t{64}}, {"half_pixel_centers", one}}},
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
    {"qnn.concat", second::activation, {{middle, middle}}, {{s8, {R::none}}}, {{"axis", three}}},
    {"qnn.pad",
     second::none,
     {{large, {}}},
     {{s8, {R::none}}},
     {{"paddings", std::vector<std::int64_t>{0, 0, 1, 1, 1, 1, 0, 0}}}},
    {"transpose",
     second::none,
     {{{1, 56, 56, 64}, {}}},
     {{s8, {R::none}}},
     {{"perm", std::vector<std::int64_t>{0, 3, 1, 2}}}},
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
    if (std::string_view(key) == "stride_h") n += "_s" + std::to_string(v.view().integer);
  n += "/" + std::string(brief(t.x));
  if (r.kind != second::none && t.w != t.x) n += "x" + std::string(brief(t.w));
  if (t.y != t.x) n += "_" + std::string(brief(t.y));
  return n + "/" + std::string(octet::name_of(mode));
}

/// One node and what it needs. `macs`: products per run, 0 where that is no measure.
struct subject {
  graph g;
  double macs = 0, bytes = 0;
};

result<subject> make(const row& r, const std::pair<dims, dims>& shape, const types& t,
                     rounding mode) {
  bench::op_choice want{{t.x}, {t.y}, law::tflite_ref, mode};
  bench::node_options given{{shape.first}, {}};
  if (r.kind != second::none) want.in.push_back(t.w), given.shapes.push_back(shape.second);
  for (const auto& [key, v] : r.attrs) given.attrs.set(key, v);
  auto g = bench::make_node(r.op, want, given);
  if (!g) return g.error();
  subject s{std::move(*g)};
  s.macs = macs_of(s.g, s.g.nodes[0]);
  s.bytes = bytes_moved(s.g, s.g.nodes[0]);
  return s;
}

int failures = 0;

/// The node last asked for, with the reference's output: the targets of one node come one after the
/// other.
struct cache {
  std::string name;
  subject of;
  bench::output_bytes expected;
  target on = target::automatic;
  session run;
} last;

void time_row(benchmark::State& state, const row& r, const std::pair<dims, dims>& shape,
              const types& t, rounding mode, target on) {
  const auto fail = [&](const std::string& why) {
    ++failures;
    state.SkipWithError(why.c_str());
  };
  if (const std::string name = name_of(r, shape, t, mode); name != last.name) {
    last = cache{};
    auto s = make(r, shape, t, mode);
    if (!s) return fail(s.error().message());
    auto reference = bench::start(s->g, target::reference, 1);
    if (!reference) return fail(reference.error().message());
    last.expected = bench::outputs_of(*reference);
    last.of = std::move(*s);
    last.name = name;
  }
  if (last.run.empty() || last.on != on) {
    auto run = bench::start(last.of.g, on, 1);
    if (!run) return fail(run.error().message());
    last.run = std::move(*run);
    last.on = on;
    if (!bench::same_outputs(last.of.g, bench::outputs_of(last.run), last.expected)) {
      last.run = session();
      return fail("differs from the reference");
    }
  }
  for (auto _ : state) last.run.run();
  if (last.of.macs > 0)
    state.counters["MAC/s"] =
        benchmark::Counter(last.of.macs, benchmark::Counter::kIsIterationInvariantRate);
  else
    state.counters["bytes/s"] =
        benchmark::Counter(last.of.bytes, benchmark::Counter::kIsIterationInvariantRate);
  const auto& steps = last.run.program().data().steps;
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
              time_row(s, r, shape, type, mode, on);
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
