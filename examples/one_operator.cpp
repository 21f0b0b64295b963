// One operator on the program's own memory, timed on every target this CPU can run.
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "octet/direct.hpp"

int main() {
  const octet::dims x_shape{1, 28, 28, 64}, w_shape{64, 1, 1, 64};
  std::vector<std::uint8_t> x(28 * 28 * 64);
  std::vector<std::int8_t> w(64 * 64), first;
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<std::uint8_t>(i * 7);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<std::int8_t>(i * 11);
  std::vector<std::uint8_t> y(x.size()), reference;
  const octet::quantized_view in[] = {
      {{x.data(), octet::dtype::u8, x_shape}, 0.02, 128, {}, {}, -1},
      {{w.data(), octet::dtype::s8, w_shape}, 0.005, 0, {}, {}, -1}};
  const octet::quantized_view out[] = {
      {{y.data(), octet::dtype::u8, x_shape}, 0.1, 128, {}, {}, -1}};
  const bool constant[] = {false, true};
  bool same = true;
  for (octet::target on : octet::usable_targets()) {
    auto call = octet::operator_call::make(octet::ops::conv2d, in, constant, out, {},
                                           octet::rounding::doubling_high_half_away, on);
    if (!call) {
      std::puts(call.error().message().c_str());
      return 1;
    }
    const void* from[] = {x.data(), w.data()};
    void* to[] = {y.data()};
    double best = 1e9;
    for (int repeat = 0; repeat < 5; ++repeat) {
      const auto start = std::chrono::steady_clock::now();
      (*call)(from, to);
      best = std::min(
          best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    if (reference.empty()) reference = y;
    same &= y == reference;
    std::printf("%-14s %-24s %8.1f GMAC/s  %s\n", std::string(octet::name_of(on)).c_str(),
                call->kernel_name(), 28.0 * 28 * 64 * 64 / best * 1e-9,
                y == reference ? "same bits" : "DIFFERS");
  }
  return same ? 0 : 1;
}
