// Every SIMD kernel on every target this CPU can run equals the operator's reference, bit for bit.
#include "kernels_test.hpp"

#include <algorithm>

#include "octet/ops/conv2d.hpp"
#include "octet/ops/fully_connected.hpp"

using namespace octet;
using namespace octet_test;

namespace {

/// A convolution with its arrays; random within the given shape.
struct conv_case {
  conv2d_params p{};
  std::vector<std::int8_t> weights;
  std::vector<std::int32_t> bias, weight_zero_points;
  std::vector<std::int64_t> bias64;
  requantize_arrays arrays;
  bool depthwise = false;

  std::size_t in_elements() const {
    return static_cast<std::size_t>(p.batch) * static_cast<std::size_t>(p.in_h) *
           static_cast<std::size_t>(p.in_w) * static_cast<std::size_t>(p.in_c);
  }
  std::size_t out_elements() const {
    return static_cast<std::size_t>(p.batch) * static_cast<std::size_t>(p.out_h) *
           static_cast<std::size_t>(p.out_w) * static_cast<std::size_t>(p.out_c);
  }
};
struct conv_shape {
  std::int32_t batch, in_h, in_w, in_c, out_c, kernel_h, kernel_w, stride, dilation, pad, groups;
};

/// Fills in everything but the shape. `extreme`: weights and activations at the ends of their
/// ranges.
void fill(conv_case& c, const conv_shape& s, bool depthwise, dtype in, dtype weight, dtype out,
          rounding mode, bool extreme, rng& r) {
  conv2d_params& p = c.p;
  c.depthwise = depthwise;
  p.batch = s.batch, p.in_h = s.in_h, p.in_w = s.in_w, p.in_c = s.in_c, p.out_c = s.out_c,
  p.kernel_h = s.kernel_h, p.kernel_w = s.kernel_w;
  p.stride_h = s.stride, p.stride_w = s.stride, p.dilation_h = s.dilation,
  p.dilation_w = s.dilation, p.pad_top = s.pad, p.pad_left = s.pad;
  p.groups = depthwise ? s.in_c : s.groups;
  p.out_h = (s.in_h + 2 * s.pad - (s.kernel_h - 1) * s.dilation - 1) / s.stride + 1;
  p.out_w = (s.in_w + 2 * s.pad - (s.kernel_w - 1) * s.dilation - 1) / s.stride + 1;
  p.in_type = in, p.weight_type = weight, p.out_type = out;
  p.in_zero_point = in == dtype::s16 ? 0
                    : extreme ? static_cast<std::int32_t>(r.pick({lowest_of(in), highest_of(in)}))
                              : static_cast<std::int32_t>(r.between(lowest_of(in), highest_of(in)));
  const std::size_t per_channel = static_cast<std::size_t>(p.kernel_h * p.kernel_w) *
                                  (depthwise ? 1 : static_cast<std::size_t>(p.in_c / p.groups));
  c.weights.resize(per_channel * static_cast<std::size_t>(p.out_c));
  const bool positive = r.between(0, 1) != 0;
  for (auto& w : c.weights)
    w = static_cast<std::int8_t>(extreme ? positive ? 127 : -128 : r.between(-128, 127));
  p.weights = c.weights.data();
  if (weight == dtype::u8 || r.between(0, 5) == 0) {
    const bool one = r.between(0, 1) != 0;
    const auto z = static_cast<std::int32_t>(r.between(lowest_of(weight), highest_of(weight)));
    for (std::int32_t i = 0; i < p.out_c; ++i)
      c.weight_zero_points.push_back(
          one ? z : static_cast<std::int32_t>(r.between(lowest_of(weight), highest_of(weight))));
    p.weight_zero_points = c.weight_zero_points.data();
  }
  const std::int64_t largest = largest_offset(in, p.in_zero_point) *
                               static_cast<std::int64_t>(per_channel) *
                               (weight == dtype::u8 || p.weight_zero_points ? 255 : 128);
  p.wide = largest > INT32_MAX / 2;
  const bool with_bias = r.between(0, 3) != 0;
  if (with_bias && mode != rounding::float_bias_half_even) {
    const bool wide = r.between(0, 3) == 0;
    for (std::int32_t i = 0; i < p.out_c; ++i) {
      c.bias.push_back(static_cast<std::int32_t>(r.between(-largest / 4 - 10, largest / 4 + 10)));
      c.bias64.push_back(c.bias.back());
    }
    if (wide)
      p.bias64 = c.bias64.data();
    else
      p.bias32 = c.bias.data();
  }
  if (mode != rounding::none)
    c.arrays.fill(p.requant, mode, out, p.out_c, static_cast<double>(largest), with_bias, r);
}

void check(const conv_case& c, const std::byte* raw_input, const char* what, coverage& seen) {
  const std::size_t in_bytes = c.in_elements() * size_of(c.p.in_type),
                    out_bytes = c.out_elements() * size_of(c.p.out_type);
  const guarded x(in_bytes);
  std::memcpy(x.data(), raw_input, in_bytes);
  INFO(what << ": batch " << c.p.batch << " in " << c.p.in_h << "x" << c.p.in_w << "x" << c.p.in_c
            << " out " << c.p.out_h << "x" << c.p.out_w << "x" << c.p.out_c << " kernel "
            << c.p.kernel_h << "x" << c.p.kernel_w << " stride " << c.p.stride_h << " dilation "
            << c.p.dilation_h << " pad " << c.p.pad_top << " groups " << c.p.groups << " "
            << name_of(c.p.in_type) << " x " << name_of(c.p.weight_type) << " -> "
            << name_of(c.p.out_type) << " " << name_of(c.p.requant.mode) << " channels "
            << c.p.requant.channels << " zero point " << c.p.in_zero_point);
  check_kernel<conv2d_params>(
      c.depthwise ? kernel_id::depthwise_conv2d : kernel_id::conv2d,
      c.depthwise ? &reference::conv2d_kernel<true> : &reference::conv2d_kernel<false>, c.p,
      {x.data(), reinterpret_cast<const std::byte*>(c.weights.data())}, out_bytes, seen,
      !c.p.wide || (c.p.in_type == dtype::s16 && !c.depthwise));
}

std::vector<std::byte> random_input(const conv_case& c, bool extreme, rng& r) {
  std::vector<std::byte> x(c.in_elements() * size_of(c.p.in_type));
  const auto value = static_cast<std::uint8_t>(r.pick({0, 255, 127, 128}));
  for (auto& b : x) b = static_cast<std::byte>(extreme ? value : r.between(0, 255));
  return x;
}

constexpr rounding modes[] = {rounding::doubling_high_half_away,
                              rounding::doubling_high_half_up,
                              rounding::float_half_even,
                              rounding::float_bias_half_even,
                              rounding::float_zero_point_half_even,
                              rounding::double_half_away,
                              rounding::wide_half_up,
                              rounding::none};

/// Padding of its own on each side, sometimes none, and strides and dilations of their own for rows
/// and columns.
void vary(conv2d_params& p, rng& r) {
  const auto side = [&] { return static_cast<std::int32_t>(r.pick({0, 0, 1, 1, 2, 3})); };
  if (r.between(0, 1)) p.stride_w = static_cast<std::int32_t>(r.between(1, 4));
  if (r.between(0, 3) == 0) p.dilation_w = static_cast<std::int32_t>(r.between(1, 3));
  const auto extent = [&](std::int32_t in, std::int32_t kernel, std::int32_t stride,
                          std::int32_t dilation, std::int32_t& before, std::int32_t& out) {
    const std::int32_t reach = (kernel - 1) * dilation + 1;
    before = side();
    std::int32_t after = side();
    while (in + before + after < reach) ++after;
    out = (in + before + after - reach) / stride + 1;
  };
  extent(p.in_h, p.kernel_h, p.stride_h, p.dilation_h, p.pad_top, p.out_h);
  extent(p.in_w, p.kernel_w, p.stride_w, p.dilation_w, p.pad_left, p.out_w);
}

void random_convolutions(bool depthwise, int rounds, std::uint32_t seed) {
  coverage seen;
  rng r(seed);
  for (int i = 0; i < rounds; ++i) {
    conv_case c;
    const auto mode = modes[static_cast<std::size_t>(i) % std::size(modes)];
    const bool extreme = r.between(0, 3) == 0, s16 = r.between(0, 7) == 0;
    const dtype in = s16 ? dtype::s16 : r.between(0, 1) ? dtype::s8 : dtype::u8;
    const dtype weight = s16 || r.between(0, 2) ? dtype::s8 : dtype::u8;
    const dtype out = mode == rounding::none        ? dtype::s32
                      : s16 || r.between(0, 9) == 0 ? dtype::s16
                      : r.between(0, 1)             ? dtype::s8
                                                    : dtype::u8;
    conv_shape s{};
    s.batch = static_cast<std::int32_t>(r.between(1, 2));
    const bool one = !depthwise && r.between(0, 1);
    s.kernel_h = one ? 1 : static_cast<std::int32_t>(r.between(1, 5)),
    s.kernel_w =
        one ? 1 : static_cast<std::int32_t>(r.between(0, 2) ? s.kernel_h : r.between(1, 7));
    s.stride = static_cast<std::int32_t>(r.between(0, 1) ? 1 : r.between(1, 3));
    s.dilation = static_cast<std::int32_t>(r.between(0, 3) ? 1 : 2);
    s.pad = static_cast<std::int32_t>(r.between(0, 1) ? 0 : r.between(0, 3));
    s.in_h = (s.kernel_h - 1) * s.dilation + 1 + static_cast<std::int32_t>(r.between(0, 8));
    s.in_w = (s.kernel_w - 1) * s.dilation + 1 + static_cast<std::int32_t>(r.between(0, 20));
    if (depthwise) {
      s.in_c = static_cast<std::int32_t>(
          r.pick({1, 2, 3, 7, 8, 15, 16, 17, 24, 31, 32, 33, 48, 63, 64, 65, 96, 130}));
      s.out_c = s.in_c * static_cast<std::int32_t>(r.between(0, 3) ? 1 : r.between(1, 9));
      s.groups = s.in_c;
    } else {
      s.groups = static_cast<std::int32_t>(r.between(0, 4) ? 1 : r.between(2, 4));
      s.in_c =
          s.groups * static_cast<std::int32_t>(r.pick({1, 2, 3, 4, 5, 7, 8, 12, 16, 19, 32, 64}));
      s.out_c =
          s.groups * static_cast<std::int32_t>(r.pick({1,  2,  3,  4,  7,  8,  9,  15, 16, 17, 24,
                                                       31, 32, 33, 40, 48, 63, 64, 65, 80, 100}));
    }
    fill(c, s, depthwise, in, weight, out, mode, extreme, r);
    if (r.between(0, 1)) vary(c.p, r);
    const auto x = random_input(c, extreme, r);
    check(c, x.data(), depthwise ? "depthwise" : "conv2d", seen);
  }
  seen.require_simd();
}

}  // namespace

TEST_CASE("conv2d kernels equal the reference: random shapes") {
  random_convolutions(false, 330, 1);
}
TEST_CASE("depthwise_conv2d kernels equal the reference: random shapes") {
  random_convolutions(true, 330, 2);
}

TEST_CASE("depthwise_conv2d kernels equal the reference: few channels, rows of many vectors") {
  coverage seen;
  rng r(7);
  for (int i = 0; i < 160; ++i) {
    conv_case c;
    const auto mode = modes[static_cast<std::size_t>(i) % std::size(modes)];
    const bool extreme = r.between(0, 3) == 0, s16 = r.between(0, 5) == 0;
    const dtype in = s16               ? dtype::s16
                     : r.between(0, 1) ? dtype::s8
                                       : dtype::u8,
                out = mode == rounding::none ? dtype::s32
                      : s16                  ? dtype::s16
                      : r.between(0, 1)      ? dtype::s8
                                             : dtype::u8;
    const auto kernel = static_cast<std::int32_t>(r.pick({1, 2, 3, 3, 3, 5, 7, 9}));
    const auto channels =
        static_cast<std::int32_t>(r.pick({2, 3, 4, 5, 6, 8, 10, 12, 16, 18, 20, 24, 28, 32}));
    const conv_shape s{static_cast<std::int32_t>(r.between(1, 2)),
                       static_cast<std::int32_t>(r.between(1, 12)),
                       static_cast<std::int32_t>(r.between(1, r.between(0, 3) ? 60 : 700)),
                       channels,
                       channels,
                       r.between(0, 4) ? kernel : static_cast<std::int32_t>(r.between(1, 4)),
                       kernel,
                       static_cast<std::int32_t>(r.between(1, 3)),
                       static_cast<std::int32_t>(r.between(0, 3) ? 1 : r.between(2, 4)),
                       0,
                       channels};
    fill(c, s, true, in, r.between(0, 2) ? dtype::s8 : dtype::u8, out, mode, extreme, r);
    vary(c.p, r);
    const auto x = random_input(c, extreme, r);
    check(c, x.data(), "depthwise, few channels", seen);
  }
  seen.require_simd();
}

TEST_CASE("depthwise_conv2d kernels equal the reference: windows that slide") {
  coverage seen;
  rng r(9);
  for (int i = 0; i < 160; ++i) {
    conv_case c;
    constexpr rounding sliding[] = {rounding::float_half_even, rounding::float_half_even,
                                    rounding::doubling_high_half_away,
                                    rounding::float_bias_half_even, rounding::wide_half_up};
    const auto mode = sliding[static_cast<std::size_t>(i) % std::size(sliding)];
    const bool extreme = r.between(0, 3) == 0;
    const auto kernel = static_cast<std::int32_t>(r.pick({3, 5})),
               channels =
                   static_cast<std::int32_t>(r.pick({16, 32, 48, 64, 80, 96, 100, 144, 240}));
    const conv_shape s{static_cast<std::int32_t>(r.between(1, 2)),
                       static_cast<std::int32_t>(r.between(kernel, 24)),
                       static_cast<std::int32_t>(r.between(kernel, 24)),
                       channels,
                       channels,
                       kernel,
                       kernel,
                       static_cast<std::int32_t>(r.between(1, 2)),
                       1,
                       static_cast<std::int32_t>(r.between(0, kernel / 2)),
                       channels};
    fill(c, s, true, r.between(0, 1) ? dtype::s8 : dtype::u8, dtype::s8,
         r.between(0, 1) ? dtype::s8 : dtype::u8, mode, extreme, r);
    if (r.between(0, 3) == 0) vary(c.p, r);
    const auto x = random_input(c, extreme, r);
    check(c, x.data(), "depthwise, sliding", seen);
  }
  seen.require_simd();
}

TEST_CASE("conv2d kernels equal the reference: small groups side by side") {
  coverage seen;
  rng r(12);
  for (int i = 0; i < 120; ++i) {
    conv_case c;
    const auto mode = modes[static_cast<std::size_t>(i) % std::size(modes)];
    const bool extreme = r.between(0, 3) == 0;
    const dtype in = r.between(0, 1) ? dtype::s8 : dtype::u8,
                out = mode == rounding::none ? dtype::s32
                      : r.between(0, 7) == 0 ? dtype::s16
                      : r.between(0, 1)      ? dtype::s8
                                             : dtype::u8;
    const auto kernel = static_cast<std::int32_t>(r.pick({1, 1, 2, 3, 3, 5}));
    const auto of_group = static_cast<std::int32_t>(r.pick({4, 4, 8, 8, 16, 16, 2, 12, 32})),
               groups = static_cast<std::int32_t>(r.pick({2, 3, 4, 5, 7, 8, 9, 16, 17}));
    const conv_shape s{static_cast<std::int32_t>(r.between(1, 2)),
                       static_cast<std::int32_t>(r.between(kernel, kernel + 7)),
                       static_cast<std::int32_t>(r.between(kernel, kernel + 17)),
                       of_group * groups,
                       of_group * groups,
                       kernel,
                       kernel,
                       static_cast<std::int32_t>(r.between(0, 2) ? 1 : 2),
                       1,
                       static_cast<std::int32_t>(r.between(0, 1)),
                       groups};
    fill(c, s, false, in, r.between(0, 3) ? dtype::s8 : dtype::u8, out, mode, extreme, r);
    if (r.between(0, 1)) vary(c.p, r);
    const auto x = random_input(c, extreme, r);
    check(c, x.data(), "small groups", seen);
  }
  seen.require_simd();
}

TEST_CASE("conv2d kernels equal the reference: int16 sums beyond int32") {
  coverage seen;
  rng r(6);
  for (int i = 0; i < 60; ++i) {
    conv_case c;
    const auto mode = modes[static_cast<std::size_t>(i) % std::size(modes)];
    const bool window = r.between(0, 1) != 0, extreme = r.between(0, 1) != 0;
    // 255 steps of two products are a block: around one, two and three of them.
    const auto channels = static_cast<std::int32_t>(
        window ? r.pick({57, 114, 170}) : r.pick({511, 512, 1019, 1020, 1021, 1022, 1532}));
    fill(c,
         window ? conv_shape{1, 3, 4, channels, static_cast<std::int32_t>(r.pick({5, 33, 64})), 3,
                             3, 1, 1, 1, 1}
                : conv_shape{1, 2, 4, channels, static_cast<std::int32_t>(r.pick({5, 33, 64})), 1,
                             1, 1, 1, 0, 1},
         false, dtype::s16, dtype::s8,
         mode == rounding::none ? dtype::s64
         : r.between(0, 3)      ? dtype::s16
                                : dtype::s8,
         mode, extreme, r);
    c.p.wide = true;
    if (!c.bias.empty() && r.between(0, 1)) {
      c.p.bias32 = nullptr;
      for (auto& b : c.bias64) b = r.between(-(std::int64_t{1} << 44), std::int64_t{1} << 44);
      c.p.bias64 = c.bias64.data();
    }
    std::vector<std::byte> x = random_input(c, extreme, r);
    if (extreme)  // the lowest value, whose products are the largest
      for (std::size_t k = 0; k < x.size(); k += 2) x[k] = std::byte{0}, x[k + 1] = std::byte{0x80};
    check(c, x.data(), "wide conv2d", seen);
  }
  seen.require_simd();
}

TEST_CASE("double rounding of large accumulators, at and around its ties") {
  coverage seen;
  rng r(5);
  for (int i = 0; i < 60; ++i) {
    for (const bool depthwise : {false, true}) {
      conv_case c;
      // Weights of -1, 0 and 1: the accumulators are the biases, give or take a few.
      const std::int32_t channels = 130;
      fill(c,
           depthwise ? conv_shape{1, 3, 5, channels, channels, 3, 3, 1, 1, 1, channels}
                     : conv_shape{1, 3, 5, 4, channels, 1, 1, 1, 1, 0, 1},
           depthwise, dtype::s8, dtype::s8, r.between(0, 1) ? dtype::s8 : dtype::u8,
           rounding::doubling_high_half_away, false, r);
      c.weight_zero_points.clear();
      c.p.weight_zero_points = nullptr;
      for (auto& w : c.weights)
        w = static_cast<std::int8_t>(r.between(0, 7) ? 0 : r.between(-1, 1));
      c.bias.assign(static_cast<std::size_t>(channels), 0);
      c.arrays.mult.assign(static_cast<std::size_t>(channels), multiplier{});
      const std::int64_t limit = (i % 3 == 0 ? INT32_MAX : std::int64_t{1} << 30) -
                                 30000;  // also more than the fused kernel takes
      for (std::size_t k = 0; k < c.bias.size(); ++k) {
        const int shift = static_cast<int>(r.between(i % 5 == 0 ? 1 : 2, 32));
        const bool power = r.between(0, 1) != 0;
        const double d = std::ldexp(power ? 0.5 : 0.5 + r.unit() / 2,
                                    1 - shift);  // right shift: shift - 1, or one less
        c.arrays.mult[k] = numerics::quantize_multiplier(d);
        const double half = (static_cast<double>(r.between(-150, 150)) + 0.5) / d;
        const double at = std::clamp(half, -static_cast<double>(limit), static_cast<double>(limit));
        c.bias[k] = static_cast<std::int32_t>(std::llround(at)) +
                    static_cast<std::int32_t>(r.between(-2, 2));
      }
      c.p.requant.channels = channels;
      c.p.requant.mult = c.arrays.mult.data();
      c.p.requant.lo = static_cast<std::int32_t>(lowest_of(c.p.out_type)),
      c.p.requant.hi = static_cast<std::int32_t>(highest_of(c.p.out_type));
      c.p.bias32 = c.bias.data(), c.p.bias64 = nullptr;
      c.p.wide = false;
      const auto x = random_input(c, false, r);
      check(c, x.data(), depthwise ? "depthwise, ties" : "conv2d, ties", seen);
    }
  }
  seen.require_simd();
}

TEST_CASE("fully_connected kernels equal the reference") {
  coverage seen;
  rng r(3);
  for (int i = 0; i < 220; ++i) {
    const auto mode = modes[static_cast<std::size_t>(i) % std::size(modes)];
    const bool extreme = r.between(0, 3) == 0, s16 = r.between(0, 7) == 0;
    fully_connected_params p{};
    p.in_type = s16 ? dtype::s16 : r.between(0, 1) ? dtype::s8 : dtype::u8;
    p.weight_type = s16 || r.between(0, 1) ? dtype::s8 : dtype::u8;
    p.out_type = mode == rounding::none ? dtype::s32
                 : s16                  ? dtype::s16
                 : r.between(0, 1)      ? dtype::s8
                                        : dtype::u8;
    p.batch = static_cast<std::size_t>(r.pick({1, 1, 2, 3, 5, 6, 7, 8, 13, 33}));
    p.k = static_cast<std::size_t>(r.pick({1, 2, 3, 4, 5, 8, 31, 64, 127, 320}));
    p.n = static_cast<std::int32_t>(r.pick({1, 2, 5, 8, 10, 16, 17, 32, 64, 65, 100, 129}));
    p.in_zero_point = s16 ? 0
                          : static_cast<std::int32_t>(
                                extreme ? r.pick({lowest_of(p.in_type), highest_of(p.in_type)})
                                        : r.between(lowest_of(p.in_type), highest_of(p.in_type)));
    std::vector<std::int8_t> w(p.k * static_cast<std::size_t>(p.n));
    for (auto& v : w) v = static_cast<std::int8_t>(extreme ? -128 : r.between(-128, 127));
    p.weights = w.data();
    std::vector<std::int32_t> zero_points(
        static_cast<std::size_t>(p.n),
        static_cast<std::int32_t>(r.between(lowest_of(p.weight_type), highest_of(p.weight_type))));
    if (p.weight_type == dtype::u8) p.weight_zero_points = zero_points.data();
    const std::int64_t largest =
        largest_offset(p.in_type, p.in_zero_point) * static_cast<std::int64_t>(p.k) * 255;
    p.wide = largest > INT32_MAX / 2;
    std::vector<std::int32_t> bias(static_cast<std::size_t>(p.n));
    for (auto& b : bias) b = static_cast<std::int32_t>(r.between(-largest / 4, largest / 4));
    if (mode != rounding::float_bias_half_even) p.bias32 = bias.data();
    requantize_arrays arrays;
    if (mode != rounding::none)
      arrays.fill(p.requant, mode, p.out_type, p.n, static_cast<double>(largest), true, r);
    const guarded x(p.batch * p.k * size_of(p.in_type));
    const auto value = static_cast<std::uint8_t>(r.pick({0, 255, 127, 128}));
    for (std::size_t k = 0; k < x.size(); ++k)
      x.data()[k] = static_cast<std::byte>(extreme ? value : r.between(0, 255));
    INFO("batch " << p.batch << " k " << p.k << " n " << p.n << " " << name_of(p.in_type) << " x "
                  << name_of(p.weight_type) << " -> " << name_of(p.out_type) << " "
                  << name_of(mode));
    check_kernel<fully_connected_params>(
        kernel_id::fully_connected, &reference::fully_connected_kernel, p,
        {x.data(), reinterpret_cast<const std::byte*>(w.data())},
        p.batch * static_cast<std::size_t>(p.n) * size_of(p.out_type), seen, !p.wide);
  }
  seen.require_simd();
}

TEST_CASE("targets: names, order, detection") {
  const auto compiled = compiled_targets(), usable = usable_targets();
  REQUIRE(!usable.empty());
  REQUIRE(usable.size() <= compiled.size());
  auto next = compiled.begin();  // the same order
  for (const target t : usable) {
    next = std::find(next, compiled.end(), t);
    REQUIRE(next != compiled.end());
    ++next;
  }
  CHECK(usable[0] == target::reference);
  CHECK(can_run(best_target()));
  CHECK(!can_run(target::automatic));
  for (const target t : compiled) CHECK(target_from_name(name_of(t)) == t);
  CHECK(target_from_name("avx3_vnni") == target::avx3_vnni);
  CHECK(target_from_name("Automatic") == target::automatic);
  CHECK(!target_from_name("avx"));
  CHECK(!target_from_name(""));
  CHECK(kernels::find(kernel_id::conv2d, target::reference) == nullptr);
  CHECK(kernels::find(kernel_id::none, best_target()) == nullptr);
}
