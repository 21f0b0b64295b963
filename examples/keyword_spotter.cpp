// A keyword spotter over a stream of 16-bit samples: windows, features, a network and its best
// class as one pipeline. The keywords are two whistles, up and down; weights are their patterns.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <range/v3/view/transform.hpp>

#include "octet/octet.hpp"
#include "octet/views.hpp"

namespace q = octet::typed;
namespace views = octet::views;
constexpr std::size_t rate = 16000, bands = 8, frames = 16;  // 16 frames of 20 ms

// Energy around 400, 800, ... 3200 Hz in steps of 1/8 octave (Goertzel's filters).
auto features(std::span<const std::int16_t, 640> window) {
  std::array<std::int8_t, bands> f{};
  for (std::size_t b = 0; b < bands; ++b) {
    double s1 = 0, s2 = 0, c = 2 * std::cos(M_PI * 800 * static_cast<double>(b + 1) / rate);
    for (double x : window) x += c * s1 - s2, s2 = s1, s1 = x;
    const double level = 8 * std::log2(s1 * s1 + s2 * s2 - c * s1 * s2 + 1) - 256;
    f[b] = static_cast<std::int8_t>(std::clamp(level, -128.0, 127.0));
  }
  return f;
}
// [class][frame][band]: up (800 Hz, then 2000), down, neither.
constexpr auto patterns = [] {
  std::array<std::int8_t, 3 * frames * bands> w{};
  for (std::size_t i = 0; i < 2 * frames * bands; ++i) {
    w[i] = i % bands == ((i / 64 + i / 128) % 2 ? 4 : 1) ? 7 : -1;  // 64: half of the frames
  }
  return w;
}();
constexpr std::int32_t bias[3] = {0, 0, 12000};  // what a keyword has to reach
using spectrum = q::tensor<q::s8, q::shape<1, frames * bands>, q::affine{1.0, 0}>;
constexpr auto spotter = q::input<spectrum>("spectrum") |
                         q::dense({.units = 3}, q::per_tensor(patterns, 1.0), bias, {256.0, 0});
static q::compiled<spotter> net;

int main() {
  std::vector<std::int16_t> samples(4 * rate);  // noise; up after 1 s, down after 2.5 s
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const std::size_t ms = i * 1000 / rate, since = ms < 2000 ? ms - 1000 : ms - 2500;
    const double hz = (since < 160) == (ms < 2000) ? 800 : 2000, turn = hz * 2 * M_PI / rate;
    const double whistle = since < 320 ? 8000 * std::sin(turn * static_cast<double>(i)) : 0;
    samples[i] = static_cast<std::int16_t>(whistle + static_cast<double>(i * i * 7 % 512) - 256);
  }
  std::size_t frame = frames, last = 2, heard = 0;
  // snippet
  for (const auto best : samples | views::windows<640, 320>() | ranges::views::transform(features) |
                             views::windows<frames, 1>() | views::run(net) | views::top(1)) {
    const std::size_t is = best[0].index, before = std::exchange(last, is), ms = 20 * frame++;
    if (is == before || is == 2) continue;
    std::printf("%zu ms: %s\n", ms, is == 0 ? "up" : "down");
    heard = heard * 10 + is + 1;
  }
  // end of snippet
  return heard == 12 ? 0 : 1;
}
