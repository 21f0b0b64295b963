// octet explain: what every operator of a model costs on this CPU, and why.
#include <cstdio>

#include "commands.hpp"
#include "json.hpp"
#include "octet/kernels/target.hpp"
#include "octet/ops/list.hpp"
#include "timing.hpp"

namespace octet::tools {
namespace {

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

int explain(const explain_options& o) {
  loaded l = load_and_plan(o);
  if (l.code != done) return l.code;
  const plan_data& d = l.program.data();
  session s(l.program);
  const std::vector<double> median = profile(s, d);
  const rounding convolutions = [&] {
    for (const node& n : d.source.nodes)
      if (n.op == &ops::conv2d) return n.round;
    return rounding::doubling_high_half_away;
  }();
  const double peak = peak_rate(d.on, convolutions) * l.threads;

  const bool text = o.json != "-";
  if (text) {
    std::printf(
        "# target %s, threads %u; of best: against octet's own rate at a cache-resident 1x1 "
        "convolution, %.1f GMAC/s in this run\n",
        std::string(name_of(d.on)).c_str(), l.threads, peak);
    std::printf(" %-5s %-26s %-28s %-24s %9s %9s %9s %8s %8s  %s\n", "step", "operator", "node",
                "kernel", "MACs (M)", "bytes (K)", "ms", "GMAC/s", "of best", "note");
  }
  double all_ms = 0;
  std::size_t scalars = 0, floats = 0;
  json steps = json::array();
  for (std::size_t i = 0; i < d.steps.size(); ++i) {
    const step& st = d.steps[i];
    const node& n = d.source.nodes[static_cast<std::size_t>(st.node)];
    const double macs = macs_of(d.source, n), bytes = bytes_moved(d.source, n), ms = median[i];
    const double rate = macs > 0 && ms > 0 ? macs / ms * 1e-6 : 0;
    char mac_text[24] = "-", rate_text[24] = "-", of_text[24] = "-";
    if (macs > 0) std::snprintf(mac_text, sizeof mac_text, "%.3f", macs * 1e-6);
    if (rate > 0) std::snprintf(rate_text, sizeof rate_text, "%.1f", rate);
    if (rate > 0 && peak > 0) std::snprintf(of_text, sizeof of_text, "%.0f %%", 100 * rate / peak);
    std::vector<std::string> notes;
    const bool is_float_step = is_float_node(d.source, n);
    if (is_float_step) {
      ++floats;
      const std::string_view why = attribute_view(n.attrs).text("kept_float");
      notes.emplace_back(why.empty() ? "float in the file: no quantized form was given"
                                     : std::string(why));
    }
    if (st.kernel == kernel_id::none && d.on != target::reference) {
      ++scalars;
      if (!is_float_step) notes.emplace_back("scalar: no SIMD kernel for this operator and types");
    }
    if (st.parts == 1 && l.threads > 1 && macs > 0) notes.emplace_back("one thread");
    all_ms += ms;
    std::string note;
    for (const std::string& one : notes) note += (note.empty() ? "" : "; ") + one;
    if (text)
      std::printf(" %-5zu %-26s %-28s %-24s %9s %9.1f %9.4f %8s %8s  %s\n", i,
                  std::string(n.op->name).c_str(), octet::detail::one_line(n.name).c_str(),
                  st.kernel_name, mac_text, bytes * 1e-3, ms, rate_text, of_text, note.c_str());
    if (!o.json.empty())
      steps.push_back({{"operator", n.op->name},
                       {"node", n.name},
                       {"kernel", st.kernel_name},
                       {"parts", st.parts},
                       {"macs", whole(macs)},
                       {"bytes_moved", whole(bytes)},
                       {"median_ms", ms},
                       {"gmacs_per_s", rate},
                       {"of_best", peak > 0 ? rate / peak : 0},
                       {"notes", notes}});
  }
  const totals all = totals_of(d.source);
  if (text)
    std::printf("# %zu steps, %.1f M MACs, %.3f ms, %.1f GMAC/s; %zu scalar, %zu float\n# %s\n",
                d.steps.size(), all.macs * 1e-6, all_ms,
                all_ms > 0 ? all.macs / all_ms * 1e-6 : 0.0, scalars, floats, text_of(all).c_str());
  if (!o.json.empty())
    if (auto w = put_json(o.json, {{"model", base_name(o.model)},
                                   {"law", name_of(d.source.arithmetic)},
                                   {"target", name_of(d.on)},
                                   {"threads", l.threads},
                                   {"version", OCTET_VERSION_STRING},
                                   {"best_gmacs_per_s", peak},
                                   {"totals", json_of(all)},
                                   {"ms", all_ms},
                                   {"scalar", scalars},
                                   {"float", floats},
                                   {"steps", std::move(steps)}});
        !w)
      return fail(w.error());
  return done;
}

}  // namespace octet::tools
