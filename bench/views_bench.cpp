// What a pipeline of octet/views.hpp costs beside the same loop written by hand: results are
// compared number by number, then both are timed in turns.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <vector>

#include "octet/octet.hpp"
#include "octet/views.hpp"

namespace {
namespace q = octet::typed;
namespace views = octet::views;

template <std::size_t N> constexpr std::array<std::int8_t, N> numbers(std::uint32_t seed) {
  std::array<std::int8_t, N> a{};
  for (auto& v : a)
    v = static_cast<std::int8_t>(static_cast<int>((seed = seed * 1664525u + 1013904223u) >> 24) -
                                 127);
  return a;
}
constexpr auto w_dense = numbers<4 * 16>(1);
constexpr auto w_edges = numbers<4 * 9>(2);
using frame = q::tensor<q::s8, q::shape<1, 16>, q::affine{0.05f, -3}>;
using tile = q::tensor<q::u8, q::shape<1, 32, 32, 1>, q::affine{1.0 / 255, 0}>;
/// A network of 64 products, where the pipeline's own work counts most, and one of an image's tile.
constexpr auto small =
    q::input<frame>("x") | q::dense({.units = 4}, q::per_tensor(w_dense, 0.01f), {}, {0.1f, 2});
constexpr auto filter = q::input<tile>("x") |
                        q::conv2d({.filters = 4, .kernel = {3, 3}, .type = q::s8},
                                  q::per_tensor(w_edges, 0.25f), {}, {0.02f, 0}) |
                        q::global_avg_pool2d();
using small_net = q::compiled<small>;
using filter_net = q::compiled<filter>;
constexpr std::size_t side = 256;

struct data {
  std::vector<std::int8_t> codes;
  std::vector<float> reals;
  std::array<std::uint8_t, side * side> image;
};
const data& inputs() {
  static const data d = [] {
    data to;
    std::uint32_t state = 3;
    for (std::size_t i = 0; i < 16 * 2000; ++i) {
      state = state * 1664525u + 1013904223u;
      to.codes.push_back(static_cast<std::int8_t>(state >> 24));
      to.reals.push_back(static_cast<float>(static_cast<std::int32_t>(state)) * 2e-9f);
    }
    for (std::size_t i = 0; i < to.image.size(); ++i)
      to.image[i] = static_cast<std::uint8_t>((state = state * 1664525u + 1013904223u) >> 24);
    return to;
  }();
  return d;
}
/// Microseconds of this thread's processor time: what other programs use does not count.
double now() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) * 1e-3;
}
template <class Pipeline, class Loop>
bool compare(const char* name, Pipeline&& pipeline, Loop&& loop) {
  std::vector<std::int8_t> a, b;
  a.reserve(1 << 16);
  b.reserve(1 << 16);
  const auto once = [](auto& f, std::vector<std::int8_t>& to) {
    to.clear();
    const double start = now();
    f(to);
    return now() - start;
  };
  once(pipeline, a), once(loop, b);
  if (a.empty() || a != b) return std::printf("%s: results differ\n", name), false;
  std::vector<double> view, hand, ratio;
  for (int round = 0; round < 61; ++round) {
    view.push_back(once(pipeline, a));
    hand.push_back(once(loop, b));
    ratio.push_back(view.back() / hand.back());
  }
  for (auto* v : {&view, &hand, &ratio}) std::sort(v->begin(), v->end());
  std::printf("%-44s pipeline %8.1f us, by hand %8.1f us, ratio %.3f (medians of %zu)\n", name,
              view[30], hand[30], ratio[30], ratio.size());
  return true;
}
void append(std::vector<std::int8_t>& to, std::span<const std::int8_t> from) {
  to.insert(to.end(), from.begin(), from.end());
}
bool run_typed() {
  const data& d = inputs();
  static small_net net;
  return compare(
      "windows | run (typed, 64 products)",
      [&](auto& to) {
        for (auto y : d.codes | views::windows<16, 8>() | views::run(net)) append(to, y);
      },
      [&](auto& to) {
        for (std::size_t at = 0; at + 16 <= d.codes.size(); at += 8) {
          std::memcpy(net.input_view().data(), d.codes.data() + at, 16);
          net.run();
          append(to, net.output_view());
        }
      });
}
bool run_loaded() {
  const data& d = inputs();
  octet::session session(octet::compile(small_net::lower()));
  return compare(
      "windows | run (loaded, 64 products)",
      [&](auto& to) {
        for (auto y : d.codes | views::windows(16, 8) | views::run<std::int8_t>(session))
          append(to, {y.data(), y.size()});
      },
      [&](auto& to) {
        for (std::size_t at = 0; at + 16 <= d.codes.size(); at += 8) {
          std::memcpy(session.input().view().data, d.codes.data() + at, 16);
          session.run();
          append(to, session.output().as<std::int8_t>());
        }
      });
}
bool quantize_and_run() {
  const data& d = inputs();
  static small_net net;
  return compare(
      "windows | quantize | run (typed)",
      [&](auto& to) {
        for (auto y :
             d.reals | views::windows<16, 8>() | views::quantize<frame>() | views::run(net))
          append(to, y);
      },
      [&](auto& to) {
        for (std::size_t at = 0; at + 16 <= d.reals.size(); at += 8) {
          const auto x = net.input_view();
          for (std::size_t i = 0; i < 16; ++i)
            x[i] = static_cast<std::int8_t>(
                octet::numerics::quantize_away(d.reals[at + i], 0.05f, -3, -128, 127));
          net.run();
          append(to, net.output_view());
        }
      });
}
bool run_tiles() {
  const data& d = inputs();
  static filter_net filters;
  return compare(
      "tiles | run (typed, 32 x 32 pixels)",
      [&](auto& to) {
        const octet::const_typed_span<q::tensor<q::u8, q::shape<1, side, side, 1>>> image(d.image);
        for (auto y : image.tiles<32, 32, 16, 16>() | views::run(filters)) append(to, y);
      },
      [&](auto& to) {
        for (std::size_t y = 0; y + 32 <= side; y += 16)
          for (std::size_t x = 0; x + 32 <= side; x += 16) {
            for (std::size_t row = 0; row < 32; ++row)
              std::memcpy(filters.input_view().data() + row * 32,
                          d.image.data() + (y + row) * side + x, 32);
            filters.run();
            append(to, filters.output_view());
          }
      });
}
}  // namespace

int main() {
  bool same = true;
  for (const auto compared : {&run_typed, &run_loaded, &quantize_and_run, &run_tiles})
    same &= compared();
  return same ? 0 : 1;
}
