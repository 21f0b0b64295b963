#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <numeric>

#include <unistd.h>

#include "commands.hpp"
#include "file.hpp"
#include "octet/graph/print.hpp"
#include "octet/runtime/session.hpp"

namespace octet::tools {
namespace {

using clock = std::chrono::steady_clock;
double ms_since(clock::time_point t) { return std::chrono::duration<double, std::milli>(clock::now() - t).count(); }

struct summary { double mean = 0, median = 0, max = 0, min = 0, std = 0; };
summary summarize(std::vector<double> v) {
  summary s;
  if (v.empty()) return s;
  std::sort(v.begin(), v.end());
  const auto n = static_cast<double>(v.size());
  s.mean = std::accumulate(v.begin(), v.end(), 0.0) / n;
  s.median = (v[(v.size() - 1) / 2] + v[v.size() / 2]) / 2;
  s.min = v.front();
  s.max = v.back();
  double squares = 0;
  for (double x : v) squares += (x - s.mean) * (x - s.mean);
  s.std = std::sqrt(squares / n);   // of the population, as numpy.std
  return s;
}

/// Fixed pseudo-random bytes (floats in [-1, 1)): quantized kernels take the same time for all data, only denormals must be kept out.
void fill(const bound_tensor& t) {
  std::uint32_t x = 1;
  const auto next = [&] { return x = x * 1664525u + 1013904223u; };
  if (auto f = t.as<float>(); !f.empty()) {
    for (float& v : f) v = static_cast<float>(next() >> 8) / 8388608.0f - 1.0f;
  } else if (is_8bit(t.type()) || t.type() == dtype::s16) {
    auto* to = static_cast<std::uint8_t*>(t.view().data);
    for (std::size_t i = 0; i < t.view().size_bytes(); ++i) to[i] = static_cast<std::uint8_t>(next() >> 24);
  } else if (t.view().size_bytes() != 0) {
    std::memset(t.view().data, 0, t.view().size_bytes());   // indices, lengths, flags: zero is always in range
  }
}

/// Time between the ends of two steps.
class step_timer final : public observer {
 public:
  explicit step_timer(std::size_t steps) : times_(steps) {}
  void begin() { last_ = clock::now(); }
  void on_tensor(const plan_data&, std::size_t step, tensor_id, const const_tensor_view&) noexcept override {
    const auto now = clock::now();
    if (step != current_ && step < times_.size()) times_[step].push_back(std::chrono::duration<double, std::milli>(now - last_).count());
    current_ = step;
    last_ = clock::now();
  }
  void end() { current_ = SIZE_MAX; }
  std::vector<std::vector<double>> take() { return std::move(times_); }

 private:
  std::vector<std::vector<double>> times_;
  clock::time_point last_{};
  std::size_t current_ = SIZE_MAX;
};

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
    // Inputs are written anew each time: the arena reuses their memory, and denormals left there would cost time that no user sees.
    for (std::size_t i = 0; i < s.inputs(); ++i) fill(s.input(i));
    const auto t = clock::now();
    s.run();
    return ms_since(t);
  };
  const bool terminal = isatty(STDERR_FILENO) != 0;
  const auto begin = clock::now();
  double once = run_once();   // warm-up: page faults, caches, clock
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
    if (terminal && (r % 8 == 7 || once > 50)) std::fprintf(stderr, "\rrepeat %u of %u", r + 1, repeat);
  }
  if (terminal) std::fprintf(stderr, "\r%40s\r", "");
  const summary sum = summarize(times);
  std::printf("model %s     law %s     target %s     threads %u     repeat %zu     number %u\n", base_name(o.model).c_str(), std::string(name_of(d.source.arithmetic)).c_str(), std::string(name_of(d.on)).c_str(), l.threads,
              times.size(), number_of_runs);
  std::printf("Execution time summary:\n %-12s %-14s %-12s %-12s %s\n", "mean (ms)", "median (ms)", "max (ms)", "min (ms)", "std (ms)");
  std::printf(" %-12.4f %-14.4f %-12.4f %-12.4f %.4f\n", sum.mean, sum.median, sum.max, sum.min, sum.std);

  std::string per_op;
  if (o.per_op) {
    step_timer timer(d.steps.size());
    const unsigned rounds = std::max(5u, static_cast<unsigned>(std::min<std::size_t>(times.size(), 50)));
    for (unsigned r = 0; r < rounds; ++r) {
      for (std::size_t i = 0; i < s.inputs(); ++i) fill(s.input(i));
      timer.begin();
      s.run(timer);
      timer.end();
    }
    std::vector<double> median;
    for (auto& t : timer.take()) median.push_back(summarize(std::move(t)).median);
    const double total = std::accumulate(median.begin(), median.end(), 0.0);
    std::printf("\n %-6s %-28s %-30s %-24s %10s %7s\n", "step", "operator", "node", "kernel", "ms", "%");
    for (std::size_t i = 0; i < d.steps.size(); ++i) {
      const node& n = d.source.nodes[static_cast<std::size_t>(d.steps[i].node)];
      std::printf(" %-6zu %-28s %-30s %-24s %10.4f %7.2f\n", i, std::string(n.op->name).c_str(), n.name.c_str(), d.steps[i].kernel_name, median[i], total > 0 ? 100 * median[i] / total : 0.0);
      per_op += std::string(per_op.empty() ? "" : ",\n") + "    {\"operator\": " + json_string(n.op->name) + ", \"node\": " + json_string(n.name) + ", \"kernel\": " + json_string(d.steps[i].kernel_name) +
                ", \"median_ms\": " + number(median[i]) + "}";
    }
    std::printf(" %-6s %-28s %-30s %-24s %10.4f %7.2f\n", "all", "", "", "", total, 100.0);
  }
  if (!o.json.empty()) {
    std::string all;
    for (double t : times) all += (all.empty() ? "" : ", ") + number(t);
    const std::string text = "{\n  \"model\": " + json_string(base_name(o.model)) + ",\n  \"law\": " + json_string(name_of(d.source.arithmetic)) + ",\n  \"target\": " + json_string(name_of(d.on)) +
                             ",\n  \"threads\": " + std::to_string(l.threads) + ",\n  \"number\": " + std::to_string(number_of_runs) + ",\n  \"version\": \"" OCTET_VERSION_STRING "\"" +
                             ",\n  \"mean_ms\": " + number(sum.mean) + ",\n  \"median_ms\": " + number(sum.median) + ",\n  \"max_ms\": " + number(sum.max) + ",\n  \"min_ms\": " + number(sum.min) +
                             ",\n  \"std_ms\": " + number(sum.std) + ",\n  \"times_ms\": [" + all + "]" + (per_op.empty() ? "" : ",\n  \"per_op\": [\n" + per_op + "\n  ]") + "\n}\n";
    if (auto w = write_file(o.json, text); !w) return fail(w.error());
  }
  return done;
}

}  // namespace octet::tools
