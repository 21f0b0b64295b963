// Convolution kernels over MobileNetV2's shapes, one thread: 1x1 layers as matrix products and the
// depthwise layers, with the rounding of XNNPACK (F) and of TFLite's reference (DR), on every
// target this CPU can run, beside XNNPACK (the system's library) where it was found at configure
// time, and beside the ceiling: a loop of the same dot products on registers alone. Everything is
// verified first; then the rounds are interleaved, and the best of each counts.
//   bench_gemm [ROUNDS] [--xnnpack avx2|sse4]
// XNNPACK takes the best instructions that it finds; --xnnpack holds it to those of an older CPU
// (its probe's answers are changed before it starts).
// --benchmark_filter=REGEX chooses among gemm/pointwise, gemm/depthwise, gemm/3x3,
// gemm/fully_connected; other --benchmark_ options are Google Benchmark's, for its programs.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <regex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "octet/bench/ceiling.hpp"
#include "octet/kernels/target.hpp"
#include "octet/ops/conv2d.hpp"

#if defined(OCTET_BENCH_XNNPACK)
#include <xnnpack.h>
#endif
#if defined(OCTET_BENCH_CPUINFO)
#include <cpuinfo.h>
#endif

using namespace octet;

namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct shape {
  std::int32_t side, in_c, out_c, kernel, stride;
};  // side: of the input
constexpr shape pointwise_shapes[] = {{112, 32, 16, 1, 1}, {112, 16, 96, 1, 1}, {56, 144, 24, 1, 1},
                                      {56, 24, 144, 1, 1}, {28, 192, 32, 1, 1}, {14, 384, 64, 1, 1},
                                      {14, 64, 384, 1, 1}, {14, 576, 96, 1, 1}, {7, 960, 160, 1, 1},
                                      {7, 320, 1280, 1, 1}};
constexpr shape depthwise_shapes[] = {
    {112, 32, 32, 3, 1},  {112, 96, 96, 3, 2},  {56, 144, 144, 3, 1}, {28, 192, 192, 3, 1},
    {14, 384, 384, 3, 1}, {14, 576, 576, 3, 1}, {7, 960, 960, 3, 1}};
constexpr shape full_shapes[] = {
    {224, 3, 32, 3, 2}, {32, 16, 16, 3, 1}, {16, 32, 32, 3, 1}, {56, 64, 64, 3, 1}};
// A fully connected layer is the matrix product of a 1x1 convolution: one row of MobileNets,
// keyword spotting and autoencoders; 16 rows of a small transformer.
constexpr shape fully_connected_shapes[] = {{1, 1280, 1001, 1, 1},
                                            {1, 640, 128, 1, 1},
                                            {1, 128, 128, 1, 1},
                                            {1, 4000, 4, 1, 1},
                                            {4, 512, 512, 1, 1}};

struct layer {
  shape s;
  bool depthwise;
  conv2d_params p{};
  std::vector<std::int8_t> x, w, y, expected;
  std::vector<std::int32_t> bias;
  std::vector<multiplier> mult;
  std::vector<float> scale;
  double macs = 0;
};
constexpr float in_scale = 0.02f, out_scale = 0.05f;

std::unique_ptr<layer> make(const shape& s, bool depthwise, rounding mode) {
  auto l = std::make_unique<layer>();
  l->s = s;
  l->depthwise = depthwise;
  std::mt19937 r(static_cast<unsigned>(s.side * 7 + s.in_c));
  conv2d_params& p = l->p;
  const std::int32_t pad = s.kernel / 2;
  p.batch = 1, p.in_h = p.in_w = s.side, p.in_c = s.in_c, p.out_c = s.out_c,
  p.kernel_h = p.kernel_w = s.kernel, p.stride_h = p.stride_w = s.stride,
  p.dilation_h = p.dilation_w = 1, p.pad_top = p.pad_left = pad;
  p.out_h = p.out_w = (s.side + 2 * pad - s.kernel) / s.stride + 1;
  p.groups = depthwise ? s.in_c : 1;
  p.in_type = p.weight_type = p.out_type = dtype::s8;
  p.in_zero_point = -3;
  const auto per_channel = static_cast<std::size_t>(s.kernel * s.kernel * (depthwise ? 1 : s.in_c)),
             channels = static_cast<std::size_t>(s.out_c);
  l->x.resize(static_cast<std::size_t>(s.side * s.side * s.in_c) + 64);
  l->w.resize(per_channel * channels);
  l->y.resize(static_cast<std::size_t>(p.out_h * p.out_w * s.out_c));
  for (auto& v : l->x) v = static_cast<std::int8_t>(r());
  for (auto& v : l->w) v = static_cast<std::int8_t>(static_cast<int>(r() % 255) - 127);
  l->bias.resize(channels);
  l->scale.resize(channels);
  l->mult.resize(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    l->bias[c] = static_cast<std::int32_t>(r() % 2000) - 1000;
    const float kernel_scale =
        0.3f / static_cast<float>(per_channel) * (1 + static_cast<float>(c % 7));
    l->scale[c] = numerics::div(numerics::mul(in_scale, kernel_scale), out_scale);
    l->mult[c] = numerics::quantize_multiplier(static_cast<double>(l->scale[c]));
  }
  p.weights = l->w.data();
  p.bias32 = l->bias.data();
  p.requant.mode = mode;
  p.requant.channels = s.out_c;
  p.requant.zero_point = 5, p.requant.lo = -128, p.requant.hi = 127;
  p.requant.mult = l->mult.data();
  p.requant.scale = l->scale.data();
  l->macs = static_cast<double>(p.out_h) * p.out_w * s.out_c * static_cast<double>(per_channel);
  l->expected.resize(l->y.size());
  const void* in[] = {l->x.data(), l->w.data()};
  void* out[] = {l->expected.data()};
  kernel_args a;
  a.params = &p, a.in = in, a.out = out;
  depthwise ? reference::conv2d_kernel<true>(a) : reference::conv2d_kernel<false>(a);
  return l;
}

struct job {
  std::function<void()> run;
  double best = 1e9;
  bool wrong = false;
};
struct row {
  std::string name;
  double ceiling;  // MACs per second; 0: unknown
  std::vector<job> jobs;
};

job octet_job(layer& l, target t) {
  const kernel_entry* e =
      kernels::find(l.depthwise ? kernel_id::depthwise_conv2d : kernel_id::conv2d, t);
  auto p = std::make_shared<conv2d_params>(l.p);
  auto packed = std::make_shared<buffer>(Bytes(e->packed_bytes(p.get())));
  e->pack(p.get(), packed->data());
  auto scratch = std::make_shared<buffer>(Bytes(e->scratch_bytes(p.get()) + 64));
  job j;
  j.run = [&l, e, p, packed, scratch] {
    const void* in[] = {l.x.data(), l.w.data()};
    void* out[] = {l.y.data()};
    kernel_args a;
    a.params = p.get(), a.in = in, a.out = out, a.scratch = scratch->data();
    e->run(a);
  };
  std::memset(l.y.data(), 0x55, l.y.size());
  j.run();
  j.wrong = l.y != l.expected;
  return j;
}

#if defined(OCTET_BENCH_XNNPACK)
job xnnpack_job(layer& l) {
  job j;
  const auto pad = static_cast<std::uint32_t>(l.p.pad_top),
             k = static_cast<std::uint32_t>(l.s.kernel),
             stride = static_cast<std::uint32_t>(l.s.stride);
  std::vector<float> kernel_scale(static_cast<std::size_t>(l.s.out_c));
  const auto per_channel =
      static_cast<float>(l.s.kernel * l.s.kernel * (l.depthwise ? 1 : l.s.in_c));
  for (std::size_t c = 0; c < kernel_scale.size(); ++c)
    kernel_scale[c] = 0.3f / per_channel * (1 + static_cast<float>(c % 7));
  // XNNPACK's default depthwise layout is [channel][kernel_h][kernel_w][1].
  std::vector<std::int8_t> w = l.w;
  if (l.depthwise)
    for (std::int32_t c = 0; c < l.s.out_c; ++c)
      for (std::int32_t t = 0; t < l.s.kernel * l.s.kernel; ++t)
        w[static_cast<std::size_t>(c * l.s.kernel * l.s.kernel + t)] =
            l.w[static_cast<std::size_t>(t * l.s.out_c + c)];
  xnn_operator_t op = nullptr;
  const auto in_c = static_cast<std::size_t>(l.s.in_c), out_c = static_cast<std::size_t>(l.s.out_c),
             groups = l.depthwise ? in_c : 1;
  if (xnn_create_convolution2d_nhwc_qc8(
          pad, pad, pad, pad, k, k, stride, stride, 1, 1, static_cast<std::uint32_t>(groups),
          in_c / groups, out_c / groups, in_c, out_c, -3, in_scale, kernel_scale.data(), w.data(),
          l.bias.data(), 5, out_scale, -128, 127, 0, &op) != xnn_status_success ||
      xnn_setup_convolution2d_nhwc_qc8(op, 1, static_cast<std::size_t>(l.s.side),
                                       static_cast<std::size_t>(l.s.side), l.x.data(), l.y.data(),
                                       nullptr) != xnn_status_success)
    std::abort();
  j.run = [op] { xnn_run_operator(op, nullptr); };
  j.run();
  j.wrong = l.y != l.expected;
  return j;
}
#endif

struct target_ceiling {
  target on;
  double rate;  // bench::ceiling
};

/// Rates of one set of shapes; below each octet row its share of the target's ceiling. False where
/// a result was wrong.
bool table(const char* title, std::span<const shape> shapes, bool depthwise, int rounds,
           std::span<const target_ceiling> ceilings) {
  const std::size_t count = shapes.size();
  std::vector<std::unique_ptr<layer>> real, dr;
  for (const shape& s : shapes) {
    real.push_back(make(s, depthwise, rounding::float_half_even));
    dr.push_back(make(s, depthwise, rounding::doubling_high_half_away));
  }
  std::vector<row> rows;
#if defined(OCTET_BENCH_XNNPACK)
  rows.push_back({"XNNPACK qc8", 0, {}});
  for (auto& l : real) rows.back().jobs.push_back(xnnpack_job(*l));
#endif
  for (const target_ceiling& c : ceilings) {
    rows.push_back({std::string(name_of(c.on)) + " F", c.rate, {}});
    for (auto& l : real) rows.back().jobs.push_back(octet_job(*l, c.on));
    rows.push_back({std::string(name_of(c.on)) + " DR", c.rate, {}});
    for (auto& l : dr) rows.back().jobs.push_back(octet_job(*l, c.on));
  }
  for (int r = 0; r < rounds; ++r)
    for (std::size_t i = 0; i < count; ++i)
      for (row& w : rows) {
        const double start = now();
        w.jobs[i].run();
        w.jobs[i].best = std::min(w.jobs[i].best, now() - start);
      }
  std::vector<int> width;
  std::printf("\n%s: GMAC/s, best of %d interleaved rounds\n%-16s", title, rounds, "");
  for (const shape& s : shapes)
    width.push_back(std::printf(" %4dx%dx%d", s.side * s.side, s.in_c, s.out_c));
  std::printf("    all\n");
  double first = 0;
  bool ok = true;
  for (row& w : rows) {
    std::printf("%-16s", w.name.c_str());
    double macs = 0, time = 0;
    for (std::size_t i = 0; i < count; ++i) {
      macs += real[i]->macs;
      time += w.jobs[i].best;
      std::printf("%*.1f%s", width[i] - 1, real[i]->macs / w.jobs[i].best * 1e-9,
                  w.jobs[i].wrong ? "!" : " ");
      ok = ok && !w.jobs[i].wrong;
    }
    if (first == 0) first = macs / time;
    std::printf(" %6.1f  x%.2f\n", macs / time * 1e-9, macs / time / first);
    if (w.ceiling <= 0) continue;
    std::printf("%-16s", "  % of ceiling");
    for (std::size_t i = 0; i < count; ++i)
      std::printf("%*.0f ", width[i] - 1, 100 * real[i]->macs / w.jobs[i].best / w.ceiling);
    std::printf(" %6.0f\n", 100 * macs / time / w.ceiling);
  }
  return ok;
}

struct bench_options {
  int rounds = 25;
  std::string xnnpack, filter;
  bool list = false;
};
/// None: no such option.
std::optional<bench_options> options_of(int argc, char** argv) {
  bench_options o;
  for (int i = 1; i < argc; ++i) {
    const std::string_view a = argv[i];
    constexpr std::string_view filter_option = "--benchmark_filter=";
    if (a == "--xnnpack" && i + 1 < argc)
      o.xnnpack = argv[++i];
    else if (a.substr(0, filter_option.size()) == filter_option)
      o.filter = a.substr(filter_option.size());
    else if (a == "--benchmark_list_tests" || a == "--benchmark_list_tests=true")
      o.list = true;
    else if (a.substr(0, 12) == "--benchmark_")
      continue;
    else if (const int n = std::atoi(argv[i]); n > 0)
      o.rounds = n;
    else
      return std::nullopt;
  }
  return o;
}
struct shape_set {
  const char* name;
  const char* title;
  std::span<const shape> shapes;
  bool depthwise;
};
std::vector<shape_set> sets_of(const std::string& filter) {
  const shape_set sets[] = {
      {"gemm/pointwise", "pointwise", pointwise_shapes, false},
      {"gemm/depthwise", "depthwise", depthwise_shapes, true},
      {"gemm/3x3", "3x3", full_shapes, false},
      {"gemm/fully_connected", "fully connected", fully_connected_shapes, false},
  };
  std::vector<shape_set> chosen;
  for (const shape_set& s : sets)
    if (filter.empty() || filter == "all" || std::regex_search(s.name, std::regex(filter)))
      chosen.push_back(s);
  return chosen;
}
/// XNNPACK on these instructions, on its best where none are named. An exit code, 0: go on.
int start_xnnpack(const std::string& instructions) {
  if (!instructions.empty()) {
#if defined(OCTET_BENCH_XNNPACK) && defined(OCTET_BENCH_CPUINFO) && defined(__x86_64__)
    if (instructions != "avx2" && instructions != "sse4")
      return std::fprintf(stderr, "--xnnpack: %s; known: avx2, sse4\n", instructions.c_str()), 2;
    if (!cpuinfo_initialize()) return 1;
    cpuinfo_isa.avx512f = cpuinfo_isa.avx512cd = cpuinfo_isa.avx512dq = cpuinfo_isa.avx512bw =
        cpuinfo_isa.avx512vl = cpuinfo_isa.avx512vnni = false;
    if (instructions == "sse4")
      cpuinfo_isa.avx2 = cpuinfo_isa.avx = cpuinfo_isa.fma3 = cpuinfo_isa.xop = cpuinfo_isa.f16c =
          false;
#else
    return std::fprintf(stderr,
                        "--xnnpack: built without XNNPACK or without cpuinfo (Debian: "
                        "libxnnpack-dev, libpthreadpool-dev, libcpuinfo-dev)\n"),
           2;
#endif
  }
#if defined(OCTET_BENCH_XNNPACK)
  if (xnn_initialize(nullptr) != xnn_status_success) return 1;
  std::printf("XNNPACK: %s\n",
              instructions.empty() ? "its best instructions for this CPU" : instructions.c_str());
#endif
  return 0;
}
std::vector<target_ceiling> print_ceilings() {
  std::vector<target_ceiling> ceilings;
  for (const target t : usable_targets()) {
    if (t == target::reference) continue;
    ceilings.push_back({t, bench::ceiling(t)});
    if (ceilings.back().rate > 0)
      std::printf("ceiling %s: %.0f GMAC/s (dot products on registers alone)\n", name_of(t).data(),
                  ceilings.back().rate * 1e-9);
  }
  return ceilings;
}

}  // namespace

int main(int argc, char** argv) {
  const auto o = options_of(argc, argv);
  if (!o)
    return std::fprintf(stderr,
                        "bench_gemm [ROUNDS] [--xnnpack avx2|sse4] [--benchmark_filter=REGEX]\n"),
           2;
  const std::vector<shape_set> chosen = sets_of(o->filter);
  if (o->list)
    for (const shape_set& s : chosen) std::printf("%s\n", s.name);
  if (o->list || chosen.empty()) return 0;
  if (const int code = start_xnnpack(o->xnnpack); code != 0) return code;
  const std::vector<target_ceiling> ceilings = print_ceilings();
  std::printf(
      "(! marks a result that differs from octet's reference; ratios are to the first row)\n");
  bool ok = true;
  for (const shape_set& s : chosen)
    ok = table(s.title, s.shapes, s.depthwise, o->rounds, ceilings) && ok;
  return ok ? 0 : 1;
}
