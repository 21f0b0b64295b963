// octet explain: what every operator of a model costs on this CPU, and why.
#include <cstdio>

#include "commands.hpp"
#include "octet/kernels/target.hpp"
#include "octet/ops/list.hpp"
#include "timing.hpp"

namespace octet::tools {
namespace {

/// Multiply-accumulates of a node; 0 where it has none to speak of.
double macs_of(const graph& g, const node& n) {
  if (n.in.size() < 2 || n.out.empty() || n.in[0] == no_tensor || n.in[1] == no_tensor ||
      n.out[0] == no_tensor)
    return 0;
  const dims &x = g[n.in[0]].shape, &w = g[n.in[1]].shape, &y = g[n.out[0]].shape;
  const double ins = static_cast<double>(x.elements().value),
               weights = static_cast<double>(w.elements().value),
               outs = static_cast<double>(y.elements().value);
  const std::string_view name = n.op->name;
  if (name.find("transpose_conv2d") != name.npos)
    return w.rank == 4 && x.rank == 4 && x[3] > 0 ? weights * ins / x[3] : 0;
  if (name.find("depthwise_conv2d") != name.npos) return w.rank == 4 ? outs * w[1] * w[2] : 0;
  if (name.find("conv2d") != name.npos) return w.rank == 4 && w[0] > 0 ? outs * weights / w[0] : 0;
  if (name.find("fully_connected") != name.npos) return w.rank == 2 && w[0] > 0 ? outs * w[1] : 0;
  if (name.find("batch_matmul") != name.npos && y.rank >= 2 && outs > 0) {
    // batch * rows * inner * columns, without asking which side is transposed: inner = elements of
    // x / (batch * rows).
    const double columns = y[y.rank - 1];
    return columns > 0 && outs / columns > 0 ? ins / (outs / columns) * outs : 0;
  }
  return 0;
}

/// Bytes that a node reads and writes once: inputs, constants, outputs.
double bytes_moved(const graph& g, const node& n) {
  double sum = 0;
  for (const auto* list : {&n.in, &n.out})
    for (tensor_id t : *list)
      if (t != no_tensor)
        sum += static_cast<double>(bytes_of(g[t].shape.elements(), g[t].type).value);
  return sum;
}

bool is_float_node(const graph& g, const node& n) {
  bool floats = false;
  for (tensor_id t : n.out)
    if (t != no_tensor) floats = floats || is_float(g[t].type);
  for (tensor_id t : n.in)
    if (t != no_tensor && !is_float(g[t].type) && g[t].type != dtype::s32 &&
        g[t].type != dtype::s64)
      floats = false;  // quantize, dequantize and hybrids belong to the quantized part
  return floats;
}

/// GMAC/s of one thread at octet's best shape on `on`: a 1x1 convolution whose data stays in the
/// cache. Its rate is what the others are measured against.
double peak_rate(target on, rounding round) {
  graph g;
  constexpr std::int32_t rows = 16, channels = 256, filters = 128;
  const auto value = [&](const char* name, dims shape, dtype type) {
    tensor t;
    t.name = name;
    t.type = type;
    t.shape = shape;
    t.scales = {0.05};
    t.zero_points = {3};
    return g.add(std::move(t));
  };
  const tensor_id x = value("x", {1, rows, rows, channels}, dtype::s8),
                  y = value("y", {1, rows, rows, filters}, dtype::s8);
  const std::vector<std::int8_t> weights(static_cast<std::size_t>(channels) * filters, 1);
  const tensor_id w = g.add_constant("w", dtype::s8, {filters, 1, 1, channels},
                                     constant_data::of(std::span<const std::int8_t>(weights)));
  g[w].scales = {0.001};
  g[w].zero_points = {0};
  g.inputs = {x};
  g.outputs = {y};
  g.add_node(ops::conv2d, "peak", {x, w}, {y}, {}, round);
  plan_options p;
  p.on = on;
  auto program = try_compile(std::move(g), p);
  if (!program) return 0;
  session s(*program);
  fill(s.input());
  double best = 0;
  const auto start = clock::now();
  while (ms_since(start) < 60) {
    const auto t = clock::now();
    s.run();
    const double ms = ms_since(t);
    if (ms > 0) best = std::max(best, double{rows} * rows * channels * filters / ms * 1e-6);
  }
  return best;
}

}  // namespace

int explain(const model_options& o) {
  loaded l = load_and_plan(o);
  if (l.code != done) return l.code;
  const plan_data& d = l.program.data();
  session s(l.program);
  for (std::size_t i = 0; i < s.inputs(); ++i) fill(s.input(i));
  const auto start = clock::now();
  s.run();
  const double once = std::max(1e-3, ms_since(start));
  const std::vector<double> median =
      step_medians(s, d, static_cast<std::size_t>(std::clamp(2000.0 / once, 5.0, 50.0)));
  const rounding convolutions = [&] {
    for (const node& n : d.source.nodes)
      if (n.op == &ops::conv2d) return n.round;
    return rounding::doubling_high_half_away;
  }();
  const double peak = peak_rate(d.on, convolutions) * l.threads;

  std::printf(
      "# target %s, threads %u; of best: against octet's own rate at a cache-resident 1x1 "
      "convolution, %.1f GMAC/s in this run\n",
      std::string(name_of(d.on)).c_str(), l.threads, peak);
  std::printf(" %-5s %-26s %-28s %-24s %9s %9s %9s %8s %8s  %s\n", "step", "operator", "node",
              "kernel", "MACs (M)", "bytes (K)", "ms", "GMAC/s", "of best", "note");
  double all_macs = 0, all_ms = 0;
  std::size_t references = 0, floats = 0;
  for (std::size_t i = 0; i < d.steps.size(); ++i) {
    const step& st = d.steps[i];
    const node& n = d.source.nodes[static_cast<std::size_t>(st.node)];
    const double macs = macs_of(d.source, n), ms = median[i];
    char mac_text[24] = "-", rate_text[24] = "-", of_text[24] = "-";
    if (macs > 0) {
      std::snprintf(mac_text, sizeof mac_text, "%.3f", macs * 1e-6);
      if (ms > 0) {
        std::snprintf(rate_text, sizeof rate_text, "%.1f", macs / ms * 1e-6);
        if (peak > 0)
          std::snprintf(of_text, sizeof of_text, "%.0f %%", 100 * (macs / ms * 1e-6) / peak);
      }
    }
    std::string note;
    const auto add = [&](const char* text) {
      note += (note.empty() ? "" : "; ") + std::string(text);
    };
    const bool is_float_step = is_float_node(d.source, n);
    if (is_float_step) add("float in the file: no quantized form was given"), ++floats;
    if (st.kernel == kernel_id::none && d.on != target::reference) {
      ++references;
      if (!is_float_step) add("scalar: no SIMD kernel for this operator and types");
    }
    if (st.parts == 1 && l.threads > 1 && macs > 0) add("one thread");
    all_macs += macs;
    all_ms += ms;
    std::printf(" %-5zu %-26s %-28s %-24s %9s %9.1f %9.4f %8s %8s  %s\n", i,
                std::string(n.op->name).c_str(), n.name.c_str(), st.kernel_name, mac_text,
                bytes_moved(d.source, n) * 1e-3, ms, rate_text, of_text, note.c_str());
  }
  std::printf("# %zu steps, %.1f M MACs, %.3f ms, %.1f GMAC/s; %zu scalar, %zu float\n",
              d.steps.size(), all_macs * 1e-6, all_ms, all_ms > 0 ? all_macs / all_ms * 1e-6 : 0.0,
              references, floats);
  return done;
}

}  // namespace octet::tools
