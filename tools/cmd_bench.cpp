// octet bench: how long a model takes, and how much longer or shorter than another one.
#include <unistd.h>

#include <cstdio>
#include <numeric>

#include "commands.hpp"
#include "json.hpp"
#include "timing.hpp"

namespace octet::tools {
namespace {

/// Means beyond this many times the minimum are not the model's. Seen on quiet machines: 1.02 to
/// 1.15; beside one other busy process: from 1.5.
constexpr double noisy_ratio = 1.3;
/// A measurement shorter than this is mostly the clock's.
constexpr double shortest_ms = 0.02;

/// One model under measurement.
struct contestant {
  std::string file;
  loaded model;
  session s;
  std::vector<double> times = {};  // ms, each the mean of `number` runs

  contestant(std::string path, loaded l)
      : file(std::move(path)), model(std::move(l)), s(model.program) {}

  /// Inputs are written anew each time: the arena reuses their memory, and denormals left there
  /// would cost time that no user sees.
  double run_once() {
    for (std::size_t i = 0; i < s.inputs(); ++i) fill(s.input(i));
    const auto t = clock::now();
    s.run();
    return ms_since(t);
  }
  /// Page faults, caches, the CPU's clock. Returns the number of runs.
  unsigned warm_up(unsigned fixed) {
    const auto begin = clock::now();
    unsigned runs = 0;
    while (fixed != 0 ? runs < fixed : runs < 3 || (runs < 20 && ms_since(begin) < 200)) {
      run_once();
      ++runs;
    }
    return runs;
  }
  void measure(unsigned number) {
    double sum = 0;
    for (unsigned k = 0; k < number; ++k) sum += run_once();
    times.push_back(sum / number);
  }
};

json json_of(const contestant& c, const summary& s) {
  const plan_data& d = c.model.program.data();
  return {{"model", base_name(c.file)},
          {"law", name_of(d.source.arithmetic)},
          {"target", name_of(d.on)},
          {"threads", c.model.threads},
          {"load_ms", c.model.load_ms},
          {"plan_ms", c.model.plan_ms},
          {"mean_ms", s.mean},
          {"median_ms", s.median},
          {"max_ms", s.max},
          {"min_ms", s.min},
          {"std_ms", s.std},
          {"p90_ms", s.p90},
          {"p99_ms", s.p99},
          {"mean_over_min", s.min > 0 ? s.mean / s.min : 0},
          {"times_ms", c.times}};
}

void print(const contestant& c, const summary& sum, unsigned warm_up, unsigned number) {
  const plan_data& d = c.model.program.data();
  std::printf(
      "model %s     law %s     target %s     threads %u     repeat %zu     number %u     warm-up "
      "%u\n",
      octet::detail::one_line(base_name(c.file)).c_str(),
      std::string(name_of(d.source.arithmetic)).c_str(), std::string(name_of(d.on)).c_str(),
      c.model.threads, c.times.size(), number, warm_up);
  std::printf("Execution time summary:\n %-12s %-14s %-12s %-12s %-12s %-12s %s\n", "mean (ms)",
              "median (ms)", "max (ms)", "min (ms)", "std (ms)", "p90 (ms)", "p99 (ms)");
  std::printf(" %-12.4f %-14.4f %-12.4f %-12.4f %-12.4f %-12.4f %.4f\n", sum.mean, sum.median,
              sum.max, sum.min, sum.std, sum.p90, sum.p99);
  std::printf("Once, before: load %.2f ms, plan %.2f ms\n", c.model.load_ms, c.model.plan_ms);
}

void warn_of_noise(const summary& s, unsigned number) {
  if (s.mean > noisy_ratio * s.min)
    std::fprintf(stderr, "octet: note: the mean is %.1f times the minimum: %s\n", s.mean / s.min,
                 s.min * number < shortest_ms
                     ? "one run is too short for the clock; --number 1000 averages runs"
                     : "something else uses this machine, or its clock changes; compare medians or "
                       "minima only");
}

/// A table by operator, and the same as JSON.
json per_operator(contestant& c, bool text) {
  const plan_data& d = c.model.program.data();
  const std::vector<double> median =
      step_medians(c.s, d, std::max<std::size_t>(5, std::min<std::size_t>(c.times.size(), 50)));
  const double total = std::accumulate(median.begin(), median.end(), 0.0);
  json list = json::array();
  if (text)
    std::printf("\n %-6s %-28s %-30s %-24s %10s %7s\n", "step", "operator", "node", "kernel", "ms",
                "%");
  for (std::size_t i = 0; i < d.steps.size(); ++i) {
    const node& n = d.source.nodes[static_cast<std::size_t>(d.steps[i].node)];
    if (text)
      std::printf(" %-6zu %-28s %-30s %-24s %10.4f %7.2f\n", i, std::string(n.op->name).c_str(),
                  octet::detail::one_line(n.name).c_str(), d.steps[i].kernel_name, median[i],
                  total > 0 ? 100 * median[i] / total : 0.0);
    list.push_back({{"operator", n.op->name},
                    {"node", n.name},
                    {"kernel", d.steps[i].kernel_name},
                    {"median_ms", median[i]}});
  }
  if (text) std::printf(" %-6s %-28s %-30s %-24s %10.4f %7.2f\n", "all", "", "", "", total, 100.0);
  return list;
}

}  // namespace

int bench(const bench_options& o) {
  std::vector<std::unique_ptr<contestant>> all;
  for (const std::string& file : {o.model, o.compare}) {
    if (file.empty()) continue;
    model_options of = o;
    of.model = file;
    loaded l = load_and_plan(of);
    if (l.code != done) return l.code;
    all.push_back(std::make_unique<contestant>(file, std::move(l)));
  }
  unsigned warm_up = 0;
  for (auto& c : all) warm_up = c->warm_up(o.warm_up);

  // Interleaved, each first in turn: what disturbs the machine meanwhile disturbs both.
  const bool terminal = isatty(STDERR_FILENO) != 0, fixed = o.repeat != 0;
  const unsigned repeat = fixed ? o.repeat : 100;
  const auto start = clock::now();
  auto shown = start;
  for (unsigned r = 0; r < repeat; ++r) {
    for (std::size_t k = 0; k < all.size(); ++k)
      all[(k + r) % all.size()]->measure(std::max(1u, o.number));
    if (!fixed && r >= 4 && ms_since(start) > 10000.0 * static_cast<double>(all.size())) break;
    if (terminal && ms_since(shown) > 100) {
      std::fprintf(stderr, "\rrepeat %u of %u", r + 1, repeat);
      shown = clock::now();
    }
  }
  if (terminal) std::fprintf(stderr, "\r%40s\r", "");

  const bool text = o.json != "-";
  std::vector<summary> sums;
  for (const auto& c : all) {
    sums.push_back(summarize(c->times));
    if (text) print(*c, sums.back(), warm_up, o.number);
    warn_of_noise(sums.back(), o.number);
  }
  json report = json_of(*all[0], sums[0]);
  report["number"] = o.number;
  report["warm_up"] = warm_up;
  report["noisy"] = sums[0].mean > noisy_ratio * sums[0].min;
  report["version"] = OCTET_VERSION_STRING;
  if (all.size() > 1) {
    const double ratio = sums[0].median > 0 ? sums[1].median / sums[0].median : 0;
    if (text)
      std::printf("ratio of medians, %s / %s: %.3f (of minima %.3f)\n",
                  octet::detail::one_line(base_name(o.compare)).c_str(),
                  octet::detail::one_line(base_name(o.model)).c_str(), ratio,
                  sums[0].min > 0 ? sums[1].min / sums[0].min : 0);
    report["compare"] = json_of(*all[1], sums[1]);
    report["compare"]["noisy"] = sums[1].mean > noisy_ratio * sums[1].min;
    report["compare"]["ratio_of_medians"] = ratio;
  }
  if (o.per_op) report["per_op"] = per_operator(*all[0], text);
  if (!o.json.empty())
    if (auto w = put_json(o.json, report); !w) return fail(w.error());
  return done;
}

}  // namespace octet::tools
