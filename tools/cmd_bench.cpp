#include <unistd.h>

#include <cstdio>
#include <numeric>

#include "commands.hpp"
#include "file.hpp"
#include "timing.hpp"

namespace octet::tools {
namespace {

std::string number(double v) {
  char b[40];
  std::snprintf(b, sizeof b, "%.6f", v);
  return b;
}
}  // namespace

int bench(const bench_options& o) {
  loaded l = load_and_plan(o);
  if (l.code != done) return l.code;
  session s(l.program);
  const plan_data& d = l.program.data();
  const unsigned number_of_runs = std::max(1u, o.number);
  const auto run_once = [&] {
    // Inputs are written anew each time: the arena reuses their memory, and denormals left there
    // would cost time that no user sees.
    for (std::size_t i = 0; i < s.inputs(); ++i) fill(s.input(i));
    const auto t = clock::now();
    s.run();
    return ms_since(t);
  };
  const bool terminal = isatty(STDERR_FILENO) != 0;
  const auto begin = clock::now();
  double once = run_once();  // warm-up: page faults, caches, clock
  for (int i = 0; i < 2 || (i < 20 && ms_since(begin) < 200); ++i) once = run_once();
  const bool fixed = o.repeat != 0;
  const unsigned repeat = fixed ? o.repeat : 100;
  std::vector<double> times;
  const auto start = clock::now();
  for (unsigned r = 0; r < repeat; ++r) {
    double sum = 0;
    for (unsigned k = 0; k < number_of_runs; ++k) sum += run_once();
    times.push_back(sum / number_of_runs);
    if (!fixed && times.size() >= 5 && ms_since(start) > 10000) break;
    if (terminal && (r % 8 == 7 || once > 50))
      std::fprintf(stderr, "\rrepeat %u of %u", r + 1, repeat);
  }
  if (terminal) std::fprintf(stderr, "\r%40s\r", "");
  const summary sum = summarize(times);
  std::printf("model %s     law %s     target %s     threads %u     repeat %zu     number %u\n",
              base_name(o.model).c_str(), std::string(name_of(d.source.arithmetic)).c_str(),
              std::string(name_of(d.on)).c_str(), l.threads, times.size(), number_of_runs);
  std::printf("Execution time summary:\n %-12s %-14s %-12s %-12s %s\n", "mean (ms)", "median (ms)",
              "max (ms)", "min (ms)", "std (ms)");
  std::printf(" %-12.4f %-14.4f %-12.4f %-12.4f %.4f\n", sum.mean, sum.median, sum.max, sum.min,
              sum.std);

  std::string per_op;
  if (o.per_op) {
    const std::vector<double> median =
        step_medians(s, d, std::max<std::size_t>(5, std::min<std::size_t>(times.size(), 50)));
    const double total = std::accumulate(median.begin(), median.end(), 0.0);
    std::printf("\n %-6s %-28s %-30s %-24s %10s %7s\n", "step", "operator", "node", "kernel", "ms",
                "%");
    for (std::size_t i = 0; i < d.steps.size(); ++i) {
      const node& n = d.source.nodes[static_cast<std::size_t>(d.steps[i].node)];
      std::printf(" %-6zu %-28s %-30s %-24s %10.4f %7.2f\n", i, std::string(n.op->name).c_str(),
                  n.name.c_str(), d.steps[i].kernel_name, median[i],
                  total > 0 ? 100 * median[i] / total : 0.0);
      per_op += std::string(per_op.empty() ? "" : ",\n") +
                "    {\"operator\": " + json_string(n.op->name) +
                ", \"node\": " + json_string(n.name) +
                ", \"kernel\": " + json_string(d.steps[i].kernel_name) +
                ", \"median_ms\": " + number(median[i]) + "}";
    }
    std::printf(" %-6s %-28s %-30s %-24s %10.4f %7.2f\n", "all", "", "", "", total, 100.0);
  }
  if (!o.json.empty()) {
    std::string all;
    for (double t : times) all += (all.empty() ? "" : ", ") + number(t);
    const std::string text =
        "{\n  \"model\": " + json_string(base_name(o.model)) +
        ",\n  \"law\": " + json_string(name_of(d.source.arithmetic)) +
        ",\n  \"target\": " + json_string(name_of(d.on)) +
        ",\n  \"threads\": " + std::to_string(l.threads) +
        ",\n  \"number\": " + std::to_string(number_of_runs) +
        ",\n  \"version\": \"" OCTET_VERSION_STRING "\"" + ",\n  \"mean_ms\": " + number(sum.mean) +
        ",\n  \"median_ms\": " + number(sum.median) + ",\n  \"max_ms\": " + number(sum.max) +
        ",\n  \"min_ms\": " + number(sum.min) + ",\n  \"std_ms\": " + number(sum.std) +
        ",\n  \"times_ms\": [" + all + "]" +
        (per_op.empty() ? "" : ",\n  \"per_op\": [\n" + per_op + "\n  ]") + "\n}\n";
    if (auto w = write_file(o.json, text); !w) return fail(w.error());
  }
  return done;
}

}  // namespace octet::tools
