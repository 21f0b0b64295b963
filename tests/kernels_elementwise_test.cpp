// SIMD kernels of element-wise operators, pooling and means on every target this CPU can run equal
// the operators' references, bit for bit.
#include <cmath>
#include <limits>

#include "kernels_test.hpp"
#include "octet/ops/add.hpp"
#include "octet/ops/dequantize.hpp"
#include "octet/ops/lut.hpp"
#include "octet/ops/mul.hpp"
#include "octet/ops/pool2d.hpp"
#include "octet/ops/quantize.hpp"
#include "octet/ops/reduce.hpp"
#include "octet/ops/requantize.hpp"

using namespace octet;
using namespace octet_test;

namespace {

guarded random_bytes(std::size_t n, rng& r) {
  guarded g(n);
  const bool same = r.between(0, 5) == 0;
  const auto value = static_cast<std::byte>(r.pick({0, 127, 128, 255}));
  for (std::size_t i = 0; i < n; ++i)
    g.data()[i] = same ? value : static_cast<std::byte>(r.between(0, 255));
  return g;
}
dtype any_8bit(rng& r) { return r.between(0, 1) ? dtype::s8 : dtype::u8; }
std::int32_t any_zero_point(dtype t, rng& r) {
  return t == dtype::s16
             ? static_cast<std::int32_t>(r.between(0, 1) ? 0 : r.between(-2000, 2000))
             : static_cast<std::int32_t>(r.pick(
                   {lowest_of(t), highest_of(t), 0, 3, r.between(lowest_of(t), highest_of(t))}));
}
double any_scale(rng& r) {
  return r.between(0, 2) ? 0.001 + 0.1 * r.unit()
                         : std::ldexp(1.0, static_cast<int>(r.between(-8, -1)));
}
void any_clamp(std::int32_t& lo, std::int32_t& hi, dtype t, rng& r) {
  lo = static_cast<std::int32_t>(lowest_of(t)), hi = static_cast<std::int32_t>(highest_of(t));
  if (r.between(0, 2) == 0)
    lo = static_cast<std::int32_t>(r.between(lo, hi)),
    hi = static_cast<std::int32_t>(r.between(lo, hi));
}
/// Two shapes that broadcast, and their result.
struct shapes {
  dims a, b, y;
};
shapes any_shapes(rng& r) {
  const auto e = [&] {
    return static_cast<std::int32_t>(r.pick({1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 33, 64, 65, 100}));
  };
  const dims full{static_cast<std::int32_t>(r.between(1, 3)),
                  static_cast<std::int32_t>(r.between(1, 4)), e()};
  switch (r.between(0, 7)) {
    case 0: return {full, dims{1}, full};
    case 1: return {dims{1}, full, full};
    case 2: return {full, dims{full[2]}, full};
    case 3: return {dims{full[2]}, full, full};
    case 4: return {dims{full[0], 1, full[2]}, dims{1, full[1], full[2]}, full};
    case 5: return {dims{full[0], full[1], 1}, full, full};
    default: return {full, full, full};
  }
}

TEST_CASE("add kernels equal the reference") {
  coverage seen;
  rng r(11);
  constexpr rounding modes[] = {rounding::doubling_high_half_away,
                                rounding::xnnpack,
                                rounding::qnnpack,
                                rounding::float_half_even,
                                rounding::fused_multiply_add,
                                rounding::aten};
  for (int i = 0; i < 360; ++i) {
    add_params p{};
    p.mode = modes[static_cast<std::size_t>(i) % std::size(modes)];
    const bool s16 = p.mode == rounding::doubling_high_half_away && r.between(0, 3) == 0;
    p.a_type = p.b_type = p.y_type = s16 ? dtype::s16 : any_8bit(r);
    if (!s16 && r.between(0, 4) == 0) p.b_type = any_8bit(r), p.y_type = any_8bit(r);
    p.sign = r.between(0, 3) ? 1 : -1;
    p.a_zero_point = any_zero_point(p.a_type, r), p.b_zero_point = any_zero_point(p.b_type, r),
    p.zero_point = any_zero_point(p.y_type, r);
    if (s16) p.a_zero_point = p.b_zero_point = p.zero_point = 0;
    any_clamp(p.lo, p.hi, p.y_type, r);
    const double a = any_scale(r), b = r.between(0, 3) ? any_scale(r) : a,
                 y = r.between(0, 1) ? any_scale(r) : a + b;
    numerics::set_add_dr(p, a, b, y, s16);
    if (p.mode == rounding::xnnpack || p.mode == rounding::qnnpack)
      if (!numerics::set_add_factors(p, static_cast<float>(a), static_cast<float>(b),
                                     static_cast<float>(y), p.mode == rounding::xnnpack ? 20 : 21))
        continue;
    p.a_scale = static_cast<float>(p.mode == rounding::aten ? a : a / y),
    p.b_scale = static_cast<float>(p.mode == rounding::aten ? b : b / y);
    // Sums that int32 just holds, and beyond.
    if (p.mode != rounding::aten && i % 5 == 0)
      p.a_scale = std::ldexp(1.f + static_cast<float>(r.unit()), 19 + i % 7);
    p.a_premul = -static_cast<float>(p.a_zero_point) * p.a_scale,
    p.b_premul = -static_cast<float>(p.b_zero_point) * p.b_scale;
    p.inverse = static_cast<float>(1 / y);
    p.fixed = static_cast<float>(p.zero_point) - p.a_scale * static_cast<float>(p.a_zero_point) -
              p.b_scale * static_cast<float>(p.b_zero_point);
    const shapes s = any_shapes(r);
    p.shape = make_broadcast<2>({s.a, s.b}, s.y);
    const guarded x1 = random_bytes(s.a.elements().value * size_of(p.a_type), r),
                  x2 = random_bytes(s.b.elements().value * size_of(p.b_type), r);
    INFO("add " << name_of(p.mode) << " " << name_of(p.a_type) << " " << name_of(p.b_type) << " "
                << name_of(p.y_type) << " sign " << p.sign << " " << to_string(s.a) << " "
                << to_string(s.b));
    check_kernel<add_params>(kernel_id::add, &reference::add_kernel, p, {x1.data(), x2.data()},
                             s.y.elements().value * size_of(p.y_type), seen,
                             p.mode != rounding::fused_multiply_add && p.mode != rounding::aten);
  }
  seen.require_simd();
}

TEST_CASE("mul kernels equal the reference") {
  coverage seen;
  rng r(12);
  constexpr rounding modes[] = {rounding::doubling_high_half_away, rounding::float_half_even,
                                rounding::float_zero_point_half_even};
  for (int i = 0; i < 240; ++i) {
    mul_params p{};
    p.mode = modes[static_cast<std::size_t>(i) % std::size(modes)];
    const bool s16 = r.between(0, 3) == 0;
    p.a_type = p.b_type = p.y_type = s16 ? dtype::s16 : any_8bit(r);
    p.a_zero_point = s16 ? 0 : any_zero_point(p.a_type, r),
    p.b_zero_point = s16 ? 0 : any_zero_point(p.b_type, r);
    requantize_arrays arrays;
    do {
      arrays = {};
      arrays.fill(p.requant, p.mode, p.y_type, 1, s16 ? 1e9 : 65025, false, r);
    } while (p.requant.channels != 1);
    // Products that int32 just holds, and beyond.
    if (i % 5 == 0) arrays.scale[0] = std::ldexp(1.f + static_cast<float>(r.unit()), 11 + i % 7);
    const shapes s = any_shapes(r);
    p.shape = make_broadcast<2>({s.a, s.b}, s.y);
    const guarded x1 = random_bytes(s.a.elements().value * size_of(p.a_type), r),
                  x2 = random_bytes(s.b.elements().value * size_of(p.b_type), r);
    INFO("mul " << name_of(p.mode) << " " << name_of(p.a_type) << " " << to_string(s.a) << " "
                << to_string(s.b));
    check_kernel<mul_params>(kernel_id::mul, &reference::mul_kernel, p, {x1.data(), x2.data()},
                             s.y.elements().value * size_of(p.y_type), seen, true);
  }
  seen.require_simd();
}

TEST_CASE("requantize kernels equal the reference") {
  coverage seen;
  rng r(13);
  constexpr rounding modes[] = {
      rounding::doubling_high_half_away, rounding::doubling_high_half_up,
      rounding::float_half_even,         rounding::float_zero_point_half_even,
      rounding::eight_bit_ratio_half_up, rounding::wide_half_up};
  for (int i = 0; i < 360; ++i) {
    requantize_op_params p{};
    const auto mode = modes[static_cast<std::size_t>(i) % std::size(modes)];
    const auto kind = r.between(0, 5);
    p.in_type = kind == 0 && mode != rounding::eight_bit_ratio_half_up ? dtype::s32
                : kind == 1                                            ? dtype::s16
                                                                       : any_8bit(r);
    p.out_type = r.between(0, 4) ? any_8bit(r) : dtype::s16;
    p.in_zero_point = p.in_type == dtype::s32 ? 0 : any_zero_point(p.in_type, r);
    p.count = static_cast<std::size_t>(r.pick({1, 2, 15, 16, 17, 31, 64, 100, 129}));
    p.inner = static_cast<std::int32_t>(p.count);
    requantize_arrays arrays;
    do {
      arrays = {};
      arrays.fill(p.requant, mode, p.out_type, 1,
                  p.in_type == dtype::s32   ? 1e9
                  : p.in_type == dtype::s16 ? 32768
                                            : 255,
                  false, r);
    } while (p.requant.channels != 1);
    if (mode == rounding::eight_bit_ratio_half_up)
      arrays.mult[0] = numerics::q8_multiplier(
          std::ldexp(static_cast<float>(0.5 + r.unit()), static_cast<int>(r.between(-8, 7))));
    const guarded x = random_bytes(p.count * size_of(p.in_type), r);
    INFO("requantize " << name_of(mode) << " " << name_of(p.in_type) << " -> "
                       << name_of(p.out_type) << " zero point " << p.in_zero_point);
    check_kernel<requantize_op_params>(
        kernel_id::requantize, &reference::requantize_kernel, p, {x.data()},
        p.count * size_of(p.out_type), seen,
        mode != rounding::wide_half_up &&
            !(mode == rounding::eight_bit_ratio_half_up && !is_8bit(p.in_type)));
  }
  seen.require_simd();
}

TEST_CASE("quantize and dequantize kernels equal the reference") {
  coverage seen;
  rng r(14);
  constexpr rounding modes[] = {rounding::divide_half_away, rounding::divide_half_even,
                                rounding::reciprocal_half_even, rounding::tflite_optimized};
  for (int i = 0; i < 200; ++i) {
    quantize_params p{};
    p.mode = modes[static_cast<std::size_t>(i) % std::size(modes)];
    p.out_type = r.between(0, 4) ? any_8bit(r) : dtype::s16;
    p.count = static_cast<std::size_t>(r.pick({1, 2, 7, 8, 9, 15, 16, 17, 31, 64, 100, 129}));
    const auto scale = static_cast<float>(any_scale(r));
    const float inverse = numerics::div(1.f, scale);
    const std::int32_t zero_point = any_zero_point(p.out_type, r);
    p.scale = &scale, p.inverse = &inverse, p.zero_point = &zero_point;
    any_clamp(p.lo, p.hi, p.out_type, r);
    const guarded x(p.count * 4);
    for (std::size_t k = 0; k < p.count; ++k) {
      float v = static_cast<float>((r.unit() - 0.5) * 600) * scale;
      switch (r.between(0, 9)) {
        case 0:
          v = static_cast<float>(r.between(-300, 300)) * scale + scale * 0.5f;
          break;  // ties, nearly
        case 1: v = (static_cast<float>(r.between(-300, 300)) + 0.5f) * scale; break;
        case 2:
          v = std::nextafter((static_cast<float>(r.between(-300, 300)) + 0.5f) * scale,
                             r.between(0, 1) ? 1e9f : -1e9f);
          break;
        case 3:
          v = static_cast<float>(r.pick({0, 1, -1})) * std::numeric_limits<float>::infinity();
          break;  // 0 * inf: NaN
        case 4:
          v = static_cast<float>(r.pick({0, 1, -1})) * std::numeric_limits<float>::max();
          break;
        default: break;
      }
      std::memcpy(x.data() + 4 * k, &v, 4);
    }
    INFO("quantize " << name_of(p.mode) << " -> " << name_of(p.out_type) << " count " << p.count);
    check_kernel<quantize_params>(kernel_id::quantize, &reference::quantize_kernel, p, {x.data()},
                                  p.count * size_of(p.out_type), seen, true);
    dequantize_params d{};
    d.in_type = p.out_type;
    d.count = p.count;
    d.scale = &scale, d.zero_point = &zero_point;
    const guarded q = random_bytes(p.count * size_of(d.in_type), r);
    check_kernel<dequantize_params>(kernel_id::dequantize, &reference::dequantize_kernel, d,
                                    {q.data()}, p.count * 4, seen, true);
  }
  seen.require_simd();
}

TEST_CASE("table kernels equal the reference") {
  coverage seen;
  rng r(15);
  for (int i = 0; i < 60; ++i) {
    lut8_params p;
    for (auto& e : p.table) e = static_cast<std::uint8_t>(r.between(0, 255));
    p.count = static_cast<std::size_t>(r.pick({1, 15, 16, 31, 32, 63, 64, 65, 255, 256, 1000}));
    const guarded x = random_bytes(p.count, r);
    if (i == 0)
      for (std::size_t k = 0; k < p.count; ++k) x.data()[k] = static_cast<std::byte>(k);
    check_kernel<lut8_params>(kernel_id::lut8, &reference::lut8_kernel, p, {x.data()}, p.count,
                              seen, true);
    lut8_blocks_params two;
    two.blocks.table = p.table, two.blocks.count = p.count;
    for (auto& e : two.tail) e = static_cast<std::uint8_t>(r.between(0, 255));
    two.rows.row = static_cast<std::int32_t>(r.pick({-1, 0, 15, 64, 65, 100, 128, 257}));
    check_kernel<lut8_blocks_params>(kernel_id::lut8, &reference::lut8_blocks_kernel, two,
                                     {x.data()}, p.count, seen, true);
  }
  seen.require_simd();
}

namespace {
pool2d_attrs made_up_windows(bool dilated, rng& r) {
  pool2d_attrs a;
  a.window_h = static_cast<std::int32_t>(r.between(1, 4)),
  a.window_w = static_cast<std::int32_t>(r.between(1, 4));
  a.stride_h = static_cast<std::int32_t>(r.between(1, 3)),
  a.stride_w = static_cast<std::int32_t>(r.between(1, 3));
  if (dilated && r.between(0, 2) == 0) a.dilation_h = a.dilation_w = 2;
  a.pad_top = static_cast<std::int32_t>(r.between(0, a.window_h - 1)),
  a.pad_left = static_cast<std::int32_t>(r.between(0, a.window_w - 1));
  a.pad_bottom = static_cast<std::int32_t>(r.between(0, a.window_h - 1)),
  a.pad_right = static_cast<std::int32_t>(r.between(0, a.window_w - 1));
  a.ceil_mode = r.between(0, 1) != 0;
  if (r.between(0, 4) == 0)
    a.adaptive_h = static_cast<std::int32_t>(r.between(1, 3)),
    a.adaptive_w = static_cast<std::int32_t>(r.between(1, 3));
  return a;
}
}  // namespace

TEST_CASE("pool2d kernels equal the reference") {
  coverage seen;
  rng r(16);
  constexpr rounding modes[] = {rounding::none,
                                rounding::divide_half_away,
                                rounding::float_half_even,
                                rounding::float_zero_point_half_even,
                                rounding::qnnpack,
                                rounding::aten,
                                rounding::divide_half_even};
  for (int i = 0; i < 320; ++i) {
    pool2d_params p{};
    p.mode = modes[static_cast<std::size_t>(i) % std::size(modes)];
    p.max = p.mode == rounding::none;
    p.type = any_8bit(r);
    const pool2d_attrs a = made_up_windows(p.max, r);
    const dims x{
        static_cast<std::int32_t>(r.between(1, 2)), static_cast<std::int32_t>(r.between(4, 12)),
        static_cast<std::int32_t>(r.between(4, 12)),
        static_cast<std::int32_t>(r.pick({1, 3, 7, 8, 15, 16, 17, 24, 32, 33, 63, 64, 65, 100}))};
    const auto shape = pool2d_shape(a, x);
    if (shape.broken) continue;
    p.batch = x[0], p.in_h = x[1], p.in_w = x[2], p.channels = x[3], p.out_h = shape.shape[1],
    p.out_w = shape.shape[2];
    p.window_h = a.window_h, p.window_w = a.window_w, p.stride_h = a.stride_h,
    p.stride_w = a.stride_w, p.dilation_h = a.dilation_h, p.dilation_w = a.dilation_w;
    p.pad_top = a.pad_top, p.pad_left = a.pad_left, p.pad_bottom = a.pad_bottom,
    p.pad_right = a.pad_right;
    p.adaptive = a.adaptive_h > 0;
    p.count_include_pad = r.between(0, 1) != 0;
    p.divisor = r.between(0, 3) ? 0 : static_cast<std::int32_t>(r.between(1, 9));
    p.in_zero_point = any_zero_point(p.type, r), p.zero_point = any_zero_point(p.type, r);
    any_clamp(p.lo, p.hi, p.type, r);
    p.in_scale = static_cast<float>(any_scale(r)),
    p.out_scale = r.between(0, 1) ? p.in_scale : static_cast<float>(any_scale(r));
    p.ratio = static_cast<double>(p.in_scale) / static_cast<double>(p.out_scale);
    bool empty = false;  // a window of padding alone has no average
    for (std::int32_t o = 0; o < p.out_h; ++o) {
      const auto t = pool_taps(o, p.out_h, p.in_h, p.window_h, p.stride_h, p.dilation_h, p.pad_top,
                               p.pad_bottom, p.adaptive);
      empty |= t.end <= t.begin;
    }
    for (std::int32_t o = 0; o < p.out_w; ++o) {
      const auto t = pool_taps(o, p.out_w, p.in_w, p.window_w, p.stride_w, p.dilation_w, p.pad_left,
                               p.pad_right, p.adaptive);
      empty |= t.end <= t.begin;
    }
    if (empty && !p.max) continue;
    const guarded q = random_bytes(x.elements().value, r);
    INFO("pool " << name_of(p.mode) << " " << name_of(p.type) << " " << to_string(x) << " -> "
                 << to_string(shape.shape));
    check_kernel<pool2d_params>(kernel_id::pool2d, &reference::pool2d_kernel, p, {q.data()},
                                shape.shape.elements().value, seen, true);
  }
  seen.require_simd();
}

TEST_CASE("averages and means of as many bytes as 16 bits hold, and of more") {
  coverage seen;
  rng r(71);
  for (const std::int32_t extent : {1, 3, 14, 15, 16, 17, 30})
    for (const dtype type : {dtype::u8, dtype::s8})
      for (const int byte : {0x00, 0x7f, 0x80, 0xff, 0x55}) {
        const auto channels = static_cast<std::int32_t>(r.pick({5, 64, 129, 257}));
        guarded q = random_bytes(as_size(17 * extent * channels), r);
        if (byte != 0x55) std::memset(q.data(), byte, q.size());
        pool2d_params p{};
        p.type = type, p.batch = 1, p.in_h = p.window_h = 17, p.in_w = p.window_w = extent;
        p.mode = r.between(0, 1) != 0 ? rounding::divide_half_away : rounding::float_half_even;
        p.out_h = p.out_w = p.stride_h = p.stride_w = p.dilation_h = p.dilation_w = 1;
        p.channels = channels, p.ratio = 1;
        p.lo = static_cast<std::int32_t>(lowest_of(type));
        p.hi = static_cast<std::int32_t>(highest_of(type));
        INFO("17x" << extent << " of " << byte << " " << name_of(type));
        check_kernel<pool2d_params>(kernel_id::pool2d, &reference::pool2d_kernel, p, {q.data()},
                                    as_size(channels), seen, true);
        mean_params m{};
        m.mode = rounding::xnnpack, m.type = m.out_type = type;
        m.plan = make_reduce({.axes = r.between(0, 1) != 0 ? dims{0, 1} : dims{2}},
                             dims{17, extent, channels});
        m.requant.lo = p.lo, m.requant.hi = p.hi;
        m.scale = 1 / static_cast<float>(m.plan.count);
        check_kernel<mean_params>(kernel_id::mean, &reference::mean_kernel, m, {q.data()},
                                  m.plan.outputs, seen, true);
      }
  seen.require_simd();
}

TEST_CASE("mean kernels equal the reference") {
  coverage seen;
  rng r(17);
  constexpr rounding modes[] = {rounding::doubling_high_half_away, rounding::xnnpack,
                                rounding::float_half_even, rounding::divide_half_even};
  for (int i = 0; i < 200; ++i) {
    mean_params p{};
    p.mode = modes[static_cast<std::size_t>(i) % std::size(modes)];
    p.type = p.out_type = p.mode == rounding::doubling_high_half_away && r.between(0, 3) == 0
                              ? dtype::s16
                              : any_8bit(r);
    const dims x{static_cast<std::int32_t>(r.between(1, 3)),
                 static_cast<std::int32_t>(r.between(1, 7)),
                 static_cast<std::int32_t>(r.between(1, 7)),
                 static_cast<std::int32_t>(r.pick({1, 2, 8, 15, 16, 17, 33, 64, 100}))};
    reduce_attrs a;
    a.axes = r.between(0, 2) ? dims{1, 2} : r.between(0, 1) ? dims{3} : dims{0, 1, 2, 3};
    p.plan = make_reduce(a, x);
    p.in_zero_point = any_zero_point(p.type, r);
    requantize_arrays arrays;
    do {
      arrays = {};
      arrays.fill(p.requant,
                  p.mode == rounding::xnnpack || p.mode == rounding::divide_half_even
                      ? rounding::float_half_even
                      : p.mode,
                  p.type, 1, 255.0 * static_cast<double>(p.plan.count), false, r);
    } while (p.requant.channels != 1);
    p.scale = static_cast<float>(0.5 + r.unit()) / static_cast<float>(p.plan.count);
    p.offset = static_cast<float>(r.between(-100, 100)) * 0.5f;
    const guarded q = random_bytes(x.elements().value * size_of(p.type), r);
    INFO("mean " << name_of(p.mode) << " " << name_of(p.type) << " " << to_string(x) << " over "
                 << to_string(a.axes));
    check_kernel<mean_params>(kernel_id::mean, &reference::mean_kernel, p, {q.data()},
                              p.plan.outputs * size_of(p.type), seen, p.plan.simple);
  }
  seen.require_simd();
}

}  // namespace
