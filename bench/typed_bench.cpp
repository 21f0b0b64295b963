// What a typed graph's run() costs beside the same kernel calls written by hand: one prepared
// operator_call per layer on the caller's own buffers. Results are compared byte for byte before
// anything is timed. Two sizes: one where kernels dominate, one where calling them does.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <vector>

#include "octet/direct.hpp"
#include "octet/octet.hpp"
#include "octet/typed/typed.hpp"

namespace {
namespace q = octet::typed;

template <class T, std::size_t N>
constexpr std::array<T, N> numbers(std::uint32_t seed, std::int32_t range) {
  std::array<T, N> a{};
  for (T& v : a) {
    seed = seed * 1664525u + 1013904223u;
    v = static_cast<T>(static_cast<std::int32_t>(seed >> 9) % range);
  }
  return a;
}
constexpr std::int32_t channels = 24, wide = 144, classes = 10;
constexpr auto w_expand = numbers<std::int8_t, wide * channels>(1, 127);
constexpr auto w_depth = numbers<std::int8_t, 9 * wide>(2, 127);
constexpr auto w_project = numbers<std::int8_t, channels * wide>(3, 127);
constexpr auto w_dense = numbers<std::int8_t, classes * channels>(4, 127);
constexpr auto b_wide = numbers<std::int32_t, wide>(5, 3000);
constexpr auto b_project = numbers<std::int32_t, channels>(6, 3000);
constexpr auto b_dense = numbers<std::int32_t, classes>(7, 3000);

constexpr q::affine q_in{0.05f, -3}, q_expand{0.04f, -128}, q_depth{0.05f, -128},
    q_project{0.06f, 2}, q_sum{0.08f, 1}, q_dense{0.1f, 0};
constexpr double s_expand = 0.004f, s_depth = 0.006f, s_project = 0.003f, s_dense = 0.01f;

/// An inverted bottleneck with its residual sum and a classifier behind it.
template <std::int32_t Side>
using picture = q::tensor<q::s8, q::shape<1, Side, Side, channels>, q_in>;
constexpr auto network = [](auto x) {
  const auto y =
      x |
      q::conv2d({.filters = wide, .activation = q::relu}, q::per_tensor(w_expand, s_expand), b_wide,
                q_expand) |
      q::depthwise_conv2d({.activation = q::relu}, q::per_tensor(w_depth, s_depth), b_wide,
                          q_depth) |
      q::conv2d({.filters = channels}, q::per_tensor(w_project, s_project), b_project, q_project);
  return q::add(x, y, q_sum) | q::global_avg_pool2d() |
         q::dense({.units = classes}, q::per_tensor(w_dense, s_dense), b_dense, q_dense);
};
template <std::int32_t Side> constexpr auto graph = network(q::input<picture<Side>>("x"));
template <std::int32_t Side> using net = q::compiled<graph<Side>>;

/// The same six layers, each prepared once by hand.
template <std::int32_t Side> class by_hand {
 public:
  std::vector<std::int8_t> x, expanded, filtered, projected, sum, mean, y;

  explicit by_hand(octet::target on)
      : x(area * channels),
        expanded(area * wide),
        filtered(area * wide),
        projected(area * channels),
        sum(area * channels),
        mean(channels),
        y(classes) {
    using octet::dims, octet::rounding;
    namespace ops = octet::ops;
    const dims in{1, Side, Side, channels}, middle{1, Side, Side, wide};
    octet::conv2d_attrs plain, window;  // relu at zero point -128 clamps nothing more
    window.pad_top = window.pad_left = window.pad_bottom = window.pad_right = 1;
    octet::reduce_attrs image;
    image.axes = dims{1, 2};
    add(ops::conv2d,
        {view(x, in, q_in), weights(w_expand, dims{wide, 1, 1, channels}, s_expand), bias(b_wide)},
        view(expanded, middle, q_expand), octet::to_attributes(plain),
        rounding::doubling_high_half_away, on);
    add(ops::depthwise_conv2d,
        {view(expanded, middle, q_expand), weights(w_depth, dims{1, 3, 3, wide}, s_depth),
         bias(b_wide)},
        view(filtered, middle, q_depth), octet::to_attributes(window),
        rounding::doubling_high_half_away, on);
    add(ops::conv2d,
        {view(filtered, middle, q_depth), weights(w_project, dims{channels, 1, 1, wide}, s_project),
         bias(b_project)},
        view(projected, in, q_project), octet::to_attributes(plain),
        rounding::doubling_high_half_away, on);
    add(ops::qnn_add, {view(x, in, q_in), view(projected, in, q_project)}, view(sum, in, q_sum), {},
        rounding::doubling_high_half_away, on);
    add(ops::qnn_mean, {view(sum, in, q_sum)}, view(mean, dims{1, channels}, q_sum),
        octet::to_attributes(image), rounding::doubling_high_half_away, on);
    add(ops::fully_connected,
        {view(mean, dims{1, channels}, q_sum), weights(w_dense, dims{classes, channels}, s_dense),
         bias(b_dense)},
        view(y, dims{1, classes}, q_dense), {}, rounding::double_half_away, on);
  }
  void run() noexcept {
    for (layer& l : layers_) l.call(l.in.data(), l.out.data());
  }

 private:
  static constexpr std::size_t area = static_cast<std::size_t>(Side) * Side;
  struct layer {
    octet::operator_call call;
    std::array<const void*, 3> in{};
    std::array<void*, 1> out{};
  };
  static octet::quantized_view view(std::vector<std::int8_t>& v, const octet::dims& s,
                                    q::affine a) {
    return {{v.data(), octet::dtype::s8, s}, a.scale, a.zero_point, {}, {}, -1};
  }
  template <std::size_t N>
  static octet::quantized_view weights(const std::array<std::int8_t, N>& w, const octet::dims& s,
                                       double scale) {
    return {{w.data(), octet::dtype::s8, s}, scale, 0, {}, {}, -1};
  }
  template <std::size_t N> static octet::quantized_view bias(const std::array<std::int32_t, N>& b) {
    return {
        {b.data(), octet::dtype::s32, octet::dims{static_cast<std::int32_t>(N)}}, 0, 0, {}, {}, -1};
  }
  void add(const octet::op_def& op, std::initializer_list<octet::quantized_view> in,
           const octet::quantized_view& out, const octet::attributes& a, octet::rounding round,
           octet::target on) {
    const bool weighted[3] = {false, in.size() == 3, in.size() == 3};
    auto call =
        octet::operator_call::make(op, {in.begin(), in.size()}, weighted, {&out, 1}, a, round, on);
    if (!call) {
      std::fprintf(stderr, "%s\n", call.error().message().c_str());
      std::exit(1);
    }
    layer l{std::move(*call)};
    std::size_t k = 0;
    for (const auto& v : in) l.in[k++] = v.data.data;
    l.out[0] = const_cast<void*>(out.data.data);
    layers_.push_back(std::move(l));
  }
  std::vector<layer> layers_;
};

template <std::int32_t Side> net<Side>& typed() {
  static net<Side> n{typename net<Side>::later{}};
  return n;
}
/// Fills both with the same picture; true where both give the same bytes on every target.
template <std::int32_t Side> bool equal() {
  for (octet::target on : octet::usable_targets()) {
    net<Side>& n = typed<Side>();
    if (!n.prepare(on)) return false;
    by_hand<Side> h(on);
    std::uint32_t state = 9;
    for (std::int8_t& v : h.x)
      v = static_cast<std::int8_t>((state = state * 1664525u + 1013904223u) >> 24);
    std::copy(h.x.begin(), h.x.end(), n.input_view().begin());
    n.run();
    h.run();
    if (!std::equal(h.y.begin(), h.y.end(), n.output_view().begin())) return false;
  }
  return true;
}
/// Microseconds of this thread's processor time: what other programs use does not count.
double now() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) * 1e-3;
}
template <std::int32_t Side> void ratio() {
  net<Side>& n = typed<Side>();
  by_hand<Side> h(octet::best_target());
  const int repeat = Side > 16 ? 20 : 2000;
  std::vector<double> a, b, r;
  for (int round = 0; round < 41; ++round) {
    const double t0 = now();
    for (int i = 0; i < repeat; ++i) n.run();
    const double t1 = now();
    for (int i = 0; i < repeat; ++i) h.run();
    const double t2 = now();
    a.push_back((t1 - t0) / repeat);
    b.push_back((t2 - t1) / repeat);
    r.push_back(a.back() / b.back());
  }
  for (auto* v : {&a, &b, &r}) std::sort(v->begin(), v->end());
  std::printf(
      "%dx%dx%d: typed %.2f us, by hand %.2f us (medians of %zu), typed / by hand %.3f (median of "
      "pairs)\n",
      Side, Side, channels, a[20], b[20], a.size(), r[20]);
}

template <std::int32_t Side> void typed_run(benchmark::State& s) {
  for (auto _ : s) typed<Side>().run();
}
template <std::int32_t Side> void hand_run(benchmark::State& s) {
  by_hand<Side> h(octet::best_target());
  for (auto _ : s) h.run();
}
BENCHMARK(typed_run<56>)->Name("typed/56x56x24");
BENCHMARK(hand_run<56>)->Name("by_hand/56x56x24");
BENCHMARK(typed_run<4>)->Name("typed/4x4x24");
BENCHMARK(hand_run<4>)->Name("by_hand/4x4x24");
}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (!equal<56>() || !equal<4>()) {
    std::fputs("typed and hand-written calls give different bytes\n", stderr);
    return 1;
  }
  std::printf("same bytes on every target; timed on %s\n",
              std::string(octet::name_of(octet::best_target())).c_str());
  ratio<56>();
  ratio<4>();
  benchmark::RunSpecifiedBenchmarks();
}
