// Timing of runs and steps, for `octet bench` and `octet explain`.
#ifndef OCTET_TOOLS_TIMING_HPP_
#define OCTET_TOOLS_TIMING_HPP_

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

#include "octet/runtime/session.hpp"

namespace octet::tools {

using clock = std::chrono::steady_clock;
inline double ms_since(clock::time_point t) {
  return std::chrono::duration<double, std::milli>(clock::now() - t).count();
}

struct summary {
  double mean = 0, median = 0, max = 0, min = 0, std = 0;
  double p90 = 0, p99 = 0;  // the least measurement that is not below 90 or 99 of 100
};
inline summary summarize(std::vector<double> v) {
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
  s.std = std::sqrt(squares / n);  // of the population, as numpy.std
  const auto rank = [&](std::size_t percent) { return v[(v.size() * percent + 99) / 100 - 1]; };
  s.p90 = rank(90);
  s.p99 = rank(99);
  return s;
}

/// Fixed pseudo-random bytes (floats in [-1, 1)): quantized kernels take the same time for all
/// data, only denormals must be kept out.
inline void fill(const bound_tensor& t) {
  std::uint32_t x = 1;
  const auto next = [&] { return x = x * 1664525u + 1013904223u; };
  if (auto f = t.as<float>(); !f.empty()) {
    for (float& v : f) v = static_cast<float>(next() >> 8) / 8388608.0f - 1.0f;
  } else if (is_8bit(t.type()) || t.type() == dtype::s16) {
    auto* to = static_cast<std::uint8_t*>(t.view().data);
    for (std::size_t i = 0; i < t.view().size_bytes(); ++i)
      to[i] = static_cast<std::uint8_t>(next() >> 24);
  } else if (t.view().size_bytes() != 0) {
    std::memset(t.view().data, 0,
                t.view().size_bytes());  // indices, lengths, flags: zero is always in range
  }
}

/// Time between the ends of two steps.
class step_timer final : public observer {
 public:
  explicit step_timer(std::size_t steps) : times_(steps) {}
  void begin() { last_ = clock::now(); }
  void on_tensor(const plan_data&, std::size_t step, tensor_id,
                 const const_tensor_view&) noexcept override {
    const auto now = clock::now();
    if (step != current_ && step < times_.size())
      times_[step].push_back(std::chrono::duration<double, std::milli>(now - last_).count());
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

/// Median time of every step in ms, over `rounds` runs with an observer.
inline std::vector<double> step_medians(session& s, const plan_data& d, std::size_t rounds) {
  step_timer timer(d.steps.size());
  for (std::size_t r = 0; r < rounds; ++r) {
    for (std::size_t i = 0; i < s.inputs(); ++i) fill(s.input(i));
    timer.begin();
    s.run(timer);
    timer.end();
  }
  std::vector<double> median;
  for (auto& t : timer.take()) median.push_back(summarize(std::move(t)).median);
  return median;
}

/// step_medians over 5 to 50 runs, about 2 s.
inline std::vector<double> profile(session& s, const plan_data& d) {
  for (std::size_t i = 0; i < s.inputs(); ++i) fill(s.input(i));
  const auto start = clock::now();
  s.run();
  const double once = std::max(1e-3, ms_since(start));
  return step_medians(s, d, static_cast<std::size_t>(std::clamp(2000.0 / once, 5.0, 50.0)));
}

}  // namespace octet::tools

#endif  // OCTET_TOOLS_TIMING_HPP_
