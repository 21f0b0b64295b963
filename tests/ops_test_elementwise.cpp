// Operators of two inputs, quantize, pooling and concat where stored outputs of a framework do not
// reach: broken rules, ties, extremes, partitions.
#include <math.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "octet/octet.hpp"
#include "ops_test.hpp"

using namespace octet;
using octet_test::one;

TEST_CASE("fma rounds once", "[ops]") {
  static_assert(numerics::fma(3.f, 4.f, 5.f) == 17.f);
  static_assert(numerics::fma(1.f + 0x1p-23f, 1.f - 0x1p-23f, -1.f) ==
                -0x1p-46f);  // the product alone rounds to 1
  static_assert(numerics::fma(1.f + 0x1p-12f, 1.f + 0x1p-12f, 0x1p-80f) ==
                std::bit_cast<float>(std::bit_cast<std::uint32_t>(1.f + 0x1p-11f) +
                                     1));  // a tie but for the addend
  static_assert(numerics::fma(1.f + 0x1p-12f, 1.f + 0x1p-12f, -0x1p-80f) == 1.f + 0x1p-11f);
  float (*volatile oracle)(float, float, float) = &::fmaf;  // called, not folded
  std::mt19937 random(1);
  for (int i = 0; i < 300000; ++i) {
    const auto number = [&] {
      std::uint32_t bits = static_cast<std::uint32_t>(random());
      if (i % 3)
        bits = (bits & 0x807FFFFFu) | static_cast<std::uint32_t>(100 + random() % 60)
                                          << 23;  // like exponents: sums that round
      return std::bit_cast<float>(bits);
    };
    const float a = number(), b = number(), c = number();
    const float want = oracle(a, b, c), got = numerics::fma(a, b, c);
    if (numerics::is_nan(want)) continue;  // std::isnan is always false under -ffast-math
    if (std::bit_cast<std::uint32_t>(want) != std::bit_cast<std::uint32_t>(got)) {
      CAPTURE(a, b, c, want, got);
      FAIL();
    }
  }
}

TEST_CASE("a broadcast plan visits what the shapes say, in any partition", "[ops]") {
  std::mt19937 random(2);
  for (int round = 0; round < 400; ++round) {
    dims y, a, b;
    const int rank = static_cast<int>(random() % 5);
    for (int i = 0; i < rank; ++i) {
      const auto e = static_cast<std::int32_t>(1 + random() % 4);
      y.push_back(e);
      a.push_back(random() % 3 ? e : 1);
      b.push_back(random() % 3 ? e : 1);
    }
    const dims together = broadcast(a, b);
    const auto p = make_broadcast<2>({a, b}, together);
    const std::size_t n = together.elements().value, cut = n == 0 ? 0 : random() % (n + 1);
    std::vector<std::array<std::size_t, 2>> seen;
    for (const auto& [begin, end] : {std::pair{std::size_t{0}, cut}, std::pair{cut, n}})
      for_each_broadcast(p, begin, end, [&](std::size_t i, const auto& at) {
        REQUIRE(i == seen.size());
        seen.push_back(at);
      });
    REQUIRE(seen.size() == n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t k = 0; k < 2; ++k) {
        const dims& x = k ? b : a;
        std::size_t rest = i, at = 0, stride = 1;
        for (int d = 0; d < together.rank; ++d) {
          const std::size_t c = rest % static_cast<std::size_t>(together.back(d));
          rest /= static_cast<std::size_t>(together.back(d));
          if (x.back(d) != 1) at += c * stride;
          stride *= static_cast<std::size_t>(x.back(d));
        }
        REQUIRE(seen[i][k] == at);
      }
  }
}

TEST_CASE("the three quantize formulas part where 1 / s is rounded", "[ops]") {
  static_assert(numerics::quantize_away(0.07995f, 0.0123f, 0, -128, 127) == 7);  // x / s is 6.5
  static_assert(numerics::quantize_even(0.07995f, 0.0123f, 0, -128, 127) == 6);
  static_assert(numerics::quantize_even_mul(0.07995f, numerics::div(1.f, 0.0123f), 0, -128, 127) ==
                7);  // x * (1 / s) is 6.5000005
  static_assert(numerics::quantize_away(-2.5f, 1.f, 0, -128, 127) == -3 &&
                numerics::quantize_even(-2.5f, 1.f, 0, -128, 127) == -2);
  const float inf = std::numeric_limits<float>::infinity();
  CHECK(numerics::quantize_even(inf, 0.5f, 3, 0, 255) == 255);
  CHECK(numerics::quantize_even(-inf, 0.5f, 3, 0, 255) == 0);
  CHECK(numerics::quantize_away(3.4e38f, 1e-30f, 0, INT32_MIN, INT32_MAX) == INT32_MAX);
  CHECK(numerics::quantize_even_mul(std::numeric_limits<float>::quiet_NaN(), 1.f, 0, -128, 127) ==
        -128);
}

TEST_CASE("quantize and dequantize per channel on an inner axis", "[ops]") {
  one n(ops::quantize);
  n.input<float>({2, 3, 2}, {1, 2, 3, 4, 5, 6, -1, -2, -3, -4, -5, -6});
  n.output(dtype::s8, {1., 0.5, 0.25}, {0, 1, -1}, 1);
  n.round(rounding::divide_half_even);
  CHECK(n.run<std::int8_t>() ==
        std::vector<std::int8_t>{1, 2, 7, 9, 19, 23, -1, -2, -5, -7, -21, -25});
  one d(ops::dequantize);
  d.input<std::int8_t>({2, 3, 1}, {1, 7, 19, -1, -5, -21}, {1., 0.5, 0.25}, {0, 1, -1}, 1);
  d.output(dtype::f32);
  CHECK(d.run<float>() == std::vector<float>{1, 3, 5, -1, -3, -5});
  one h(ops::dequantize);  // binary16: 1, -2, the smallest subnormal, the largest number, infinity
  h.input_bits<std::uint16_t>(dtype::f16, {5}, {0x3C00, 0xC000, 0x0001, 0x7BFF, 0x7C00});
  h.output(dtype::f32);
  CHECK(h.run<float>() ==
        std::vector<float>{1.f, -2.f, 0x1p-24f, 65504.f, std::numeric_limits<float>::infinity()});
}

TEST_CASE("sums at exact halves tell the frameworks apart", "[ops]") {
  // s1 = s2 = 0.05, sy = 0.1: (-128) + (-127) is -127.5, (-128) + (-125) is -126.5.
  const auto sum = [](rounding r) {
    one n(ops::qnn_add);
    n.input<std::int8_t>({2}, {-128, -128}, {0.05f}).input<std::int8_t>({2}, {-127, -125}, {0.05f});
    n.output(dtype::s8, {0.1f});
    n.round(r);
    return n.run<std::int8_t>();
  };
  CHECK(sum(rounding::doubling_high_half_away) == std::vector<std::int8_t>{-128, -127});
  CHECK(sum(rounding::xnnpack) == std::vector<std::int8_t>{-127, -126});
  CHECK(sum(rounding::qnnpack) == std::vector<std::int8_t>{-128, -127});
  CHECK(sum(rounding::fused_multiply_add) == std::vector<std::int8_t>{-128, -126});
}

TEST_CASE("PyTorch's sum depends on the position of an element", "[ops]") {
  add_params p;
  p.a_zero_point = 77, p.b_zero_point = 131, p.zero_point = 60, p.lo = 0, p.hi = 255;
  std::mt19937 random(3);
  std::uniform_real_distribution<float> scale(0.01f, 0.2f);
  int found = 0;
  for (int round = 0; round < 2000 && found < 3; ++round) {
    p.a_scale = scale(random), p.b_scale = scale(random);
    const float out = scale(random);
    p.a_premul = numerics::mul(p.a_scale, -77.f), p.b_premul = numerics::mul(p.b_scale, -131.f);
    p.inverse = numerics::div(1.f, out);
    for (std::int32_t a = 0; a < 256; a += 3)
      for (std::int32_t b = 0; b < 256; ++b) {
        const std::int32_t inside = numerics::add_aten(p, a, b, true),
                           tail = numerics::add_aten(p, a, b, false);
        if (inside == tail) continue;
        ++found;
        one n(ops::qnn_add);  // 70 equal pairs: 64 in a whole block, 6 in the tail
        n.input<std::uint8_t>({70}, std::vector<std::uint8_t>(70, static_cast<std::uint8_t>(a)),
                              {p.a_scale}, {77});
        n.input<std::uint8_t>({70}, std::vector<std::uint8_t>(70, static_cast<std::uint8_t>(b)),
                              {p.b_scale}, {131});
        n.output(dtype::u8, {out}, {60});
        n.round(rounding::aten);
        const auto y = n.run<std::uint8_t>();
        for (std::size_t i = 0; i < 70; ++i) REQUIRE(y[i] == (i < 64 ? inside : tail));
        a = b = 256;
      }
  }
  CHECK(found == 3);
}

TEST_CASE("a repeated first operand changes ONNX Runtime's chain", "[ops]") {
  add_params p;
  p.a_zero_point = 3, p.b_zero_point = 200, p.zero_point = 121, p.lo = 0, p.hi = 255;
  int differ = 0;
  std::mt19937 random(4);
  std::uniform_real_distribution<float> ratio(0.2f, 2.f);
  for (int round = 0; round < 3000; ++round) {
    p.a_scale = ratio(random), p.b_scale = 0.5f * p.a_scale;
    p.fixed = numerics::sub(121.f, numerics::fma(p.a_scale, 3.f, numerics::mul(p.b_scale, 200.f)));
    add_params first = p;
    first.a_first = true;
    for (std::int32_t a = 0; a < 256; a += 17)
      for (std::int32_t b = 0; b < 256; b += 5)
        differ += numerics::add_fma(first, a, b) != numerics::add_fma(p, a, b);
  }
  CHECK(differ > 0);
  one n(ops::qnn_add);
  n.input<std::uint8_t>({1}, {9}, {0.3f}, {3})
      .input<std::uint8_t>({3}, {0, 100, 255}, {0.2f}, {200});
  n.output(dtype::u8, {0.5f}, {121});
  n.round(rounding::fused_multiply_add);
  CHECK(n.run<std::uint8_t>() == std::vector<std::uint8_t>{45, 85, 147});
}

TEST_CASE("plain sums and products wrap, clamp and keep floats exact", "[ops]") {
  one n(ops::add);
  n.input<std::int32_t>({2}, {INT32_MAX, -5}).input<std::int32_t>({2}, {1, 7});
  n.output(dtype::s32);
  CHECK(n.run<std::int32_t>() == std::vector<std::int32_t>{INT32_MIN, 2});
  one m(ops::mul);
  m.input<std::int64_t>({2}, {INT64_MAX, 3}).input<std::int64_t>({}, {2});
  m.output(dtype::s64);
  CHECK(m.run<std::int64_t>() == std::vector<std::int64_t>{-2, 6});
  one f(ops::sub);
  f.input<float>({3}, {1.f, 0x1p24f, 9.f}).input<float>({3}, {0x1p-24f, -1.f, 1.f});
  f.output(dtype::f32).attribute("float_hi", 8.);
  f.attribute("float_hi", 1e30);
  CHECK(f.run<float>() == std::vector<float>{0x1.fffffep-1f, 0x1p24f, 8.f});
}

TEST_CASE("operands that do not go together are refused", "[ops]") {
  one shapes(ops::qnn_add);
  shapes.input<std::int8_t>({2, 3}, {1, 2, 3, 4, 5, 6}, {1.}).input<std::int8_t>({2}, {1, 2}, {1.});
  shapes.output(dtype::s8, {1.}).round(rounding::doubling_high_half_away);
  CHECK(shapes.error().message() == "invalid: shapes differ (found [2]; supported: [2,3])");
  one round(ops::qnn_add);
  round.input<std::int8_t>({1}, {1}, {1.}).input<std::int8_t>({1}, {1}, {1.});
  round.output(dtype::s8, {1.}).round(rounding::double_half_away);
  CHECK(round.error().code == errc::unsupported);
  one plain(ops::add);
  plain.input<std::int8_t>({1}, {1}, {1.}).input<std::int8_t>({1}, {1}, {1.});
  plain.output(dtype::s8, {1.});
  CHECK(plain.error().code == errc::unsupported);
  one ratio(ops::qnn_add);
  ratio.input<std::int8_t>({1}, {1}, {1.}).input<std::int8_t>({1}, {1}, {1.});
  ratio.output(dtype::s8, {1e-4}).round(rounding::xnnpack);
  CHECK(ratio.error().code == errc::unsupported);
  one scaleless(ops::quantize);
  scaleless.input<float>({1}, {1});
  scaleless.output(dtype::s8).round(rounding::divide_half_away);
  CHECK(scaleless.error().code == errc::invalid);
}

TEST_CASE("pooling shapes: windows, ceil_mode, adaptive, broken rules", "[ops]") {
  pool2d_attrs a;
  a.window_h = a.window_w = 3, a.stride_h = a.stride_w = 2;
  CHECK(pool2d_shape(a, {1, 7, 8, 5}).shape == dims{1, 3, 3, 5});
  a.ceil_mode = true;
  CHECK(pool2d_shape(a, {1, 7, 8, 5}).shape == dims{1, 3, 4, 5});
  a.pad_left = a.pad_right = 1;
  CHECK(pool2d_shape(a, {1, 7, 9, 5}).shape == dims{1, 3, 5, 5});
  a.stride_w = 9;
  CHECK(pool2d_shape(a, {1, 7, 7, 5}).shape[2] ==
        1);  // a second window would start in the trailing padding
  a.pad_left = 3;
  CHECK(pool2d_shape(a, {1, 7, 7, 5}).broken.what == rule::window);
  CHECK(pool2d_shape({}, {7, 7, 5}).broken.what == rule::rank);
  pool2d_attrs s;
  s.stride_h = 0;
  CHECK(pool2d_shape(s, {1, 7, 7, 5}).broken.what == rule::stride);
  pool2d_attrs g;
  g.adaptive_h = 3, g.adaptive_w = 2;
  CHECK(pool2d_shape(g, {1, 7, 5, 4}).shape == dims{1, 3, 2, 4});
  g.adaptive_w = 0;
  CHECK(pool2d_shape(g, {1, 7, 5, 4}).broken.what == rule::window);
}

TEST_CASE("averages: where the zero point joins, what counts", "[ops]") {
  const auto average = [](rounding r, std::vector<std::uint8_t> x, const pool2d_attrs& a,
                          dims shape) {
    one n(ops::qnn_avg_pool2d);
    n.input<std::uint8_t>(shape, std::move(x), {0.5}, {1});
    n.output(dtype::u8, {0.5}, {1});
    n.attrs = to_attributes(a);
    n.round(r);
    return n.run<std::uint8_t>();
  };
  pool2d_attrs two;
  two.window_w = 2;
  // x - z averages 0.5 with z = 1: rint(0.5 + 1) = 2, rint(0.5) + 1 = 1; raw 3 / 2 = 1.5 rounds to
  // 2 both ways.
  CHECK(average(rounding::float_zero_point_half_even, {1, 2}, two, {1, 1, 2, 1})[0] == 2);
  CHECK(average(rounding::float_half_even, {1, 2}, two, {1, 1, 2, 1})[0] == 1);
  CHECK(average(rounding::qnnpack, {1, 2}, two, {1, 1, 2, 1})[0] == 1);
  CHECK(average(rounding::divide_half_away, {1, 2}, two, {1, 1, 2, 1})[0] == 2);
  CHECK(average(rounding::divide_half_even, {2, 3}, two, {1, 1, 2, 1})[0] == 2);
  // One tap of 9 and a column of padding, z = 1: the tap alone, with padding half of it; a divisor
  // of 4 a quarter; QNNPACK always the whole window.
  pool2d_attrs padded = two;
  padded.pad_left = 1, padded.stride_w = 2;
  CHECK(average(rounding::float_half_even, {9, 9}, padded, {1, 1, 2, 1})[0] == 9);
  CHECK(average(rounding::qnnpack, {9, 9}, padded, {1, 1, 2, 1})[0] == 5);
  padded.count_include_pad = true;
  CHECK(average(rounding::float_half_even, {9, 9}, padded, {1, 1, 2, 1})[0] == 5);
  padded.divisor = 4;
  CHECK(average(rounding::float_half_even, {9, 9}, padded, {1, 1, 2, 1})[0] == 3);
  // Adaptive, 5 columns to 3: windows [0,2) [1,4) [3,5).
  pool2d_attrs adaptive;
  adaptive.adaptive_h = 1, adaptive.adaptive_w = 3;
  CHECK(average(rounding::float_half_even, {1, 3, 5, 7, 9}, adaptive, {1, 1, 5, 1}) ==
        std::vector<std::uint8_t>{2, 5, 8});
  // ceil_mode: the last window covers one column; only that one counts, not what lies beyond the
  // declared padding.
  pool2d_attrs ceil = two;
  ceil.stride_w = 2, ceil.ceil_mode = true, ceil.count_include_pad = true;
  CHECK(average(rounding::float_half_even, {1, 3, 9}, ceil, {1, 1, 3, 1}) ==
        std::vector<std::uint8_t>{2, 9});
}

TEST_CASE("max pooling with dilation skips the columns between", "[ops]") {
  one n(ops::qnn_max_pool2d);
  n.input<std::int8_t>({1, 1, 5, 1}, {-128, 100, -127, 50, -126}, {1.});
  n.output(dtype::s8, {1.});
  n.attribute("window_w", std::int64_t{3}).attribute("dilation_w", std::int64_t{2});
  CHECK(n.run<std::int8_t>() == std::vector<std::int8_t>{-126});
}

TEST_CASE("concat rescales by table and refuses what it cannot", "[ops]") {
  const auto joined = [](rounding r) {
    one n(ops::qnn_concat);
    n.input<std::uint8_t>({1, 2}, {0, 255}, {0.5}, {0})
        .input<std::uint8_t>({1, 3}, {1, 3, 5}, {0.25}, {0});
    n.output(dtype::u8, {0.5}, {0});
    n.attribute("axis", std::int64_t{-1}).round(r);
    return n.run<std::uint8_t>();
  };
  CHECK(joined(rounding::divide_half_away) == std::vector<std::uint8_t>{0, 255, 1, 2, 3});
  CHECK(joined(rounding::divide_half_even) == std::vector<std::uint8_t>{0, 255, 0, 2, 2});
  CHECK(joined(rounding::reciprocal_half_even) == std::vector<std::uint8_t>{0, 255, 0, 2, 2});
  one none(ops::qnn_concat);
  none.input<std::uint8_t>({1}, {0}, {0.5}).input<std::uint8_t>({1}, {1}, {0.25});
  none.output(dtype::u8, {0.5});
  CHECK(none.error().code == errc::invalid);
  const tensor_desc x{dtype::u8, {2, 3}}, y{dtype::u8, {3, 3}}, z{dtype::u8, {3}};
  CHECK(concat_shape(0, std::array{x, y}).shape == dims{5, 3});
  CHECK(concat_shape(1, std::array{x, y}).broken.what == rule::other_extents);
  CHECK(concat_shape(2, std::array{x, y}).broken.what == rule::axis);
  CHECK(concat_shape(0, std::array{x, z}).broken.what == rule::rank);
}

TEST_CASE("integer division: quotients, signs, a divisor of zero", "[ops]") {
  one n(ops::qnn_div);
  n.input<std::uint8_t>({6}, {138, 118, 138, 128, 148, 108}, {1.}, {128})
      .input<std::uint8_t>({6}, {132, 132, 124, 130, 128, 128}, {1.}, {128});
  n.output(dtype::u8, {0.5}, {100});
  n.round(rounding::doubling_high_half_away);
  CHECK(n.run<std::uint8_t>() == std::vector<std::uint8_t>{105, 95, 95, 100, 255, 0});
  one f(ops::floor_div);
  f.input<std::int32_t>({5}, {7, -7, 7, INT32_MIN, 3}).input<std::int32_t>({5}, {2, 2, -2, -1, 0});
  f.output(dtype::s32);
  CHECK(f.run<std::int32_t>() == std::vector<std::int32_t>{3, -4, -4, INT32_MIN, 0});
  one m(ops::floor_mod);
  m.input<float>({4}, {7.5f, -7.5f, 7.5f, 1e30f}).input<float>({4}, {2.f, 2.f, -2.f, 3.f});
  m.output(dtype::f32);
  const auto y = m.run<float>();
  CHECK(y[0] == 1.5f);
  CHECK(y[1] == 0.5f);
  CHECK(y[2] == -0.5f);
  CHECK(y[3] == std::fmod(1e30f, 3.f));
}

TEST_CASE("casts truncate, saturate and wrap", "[ops]") {
  one n(ops::cast);
  n.input<float>({5}, {-1.9f, 300.f, -300.f, std::numeric_limits<float>::quiet_NaN(), 127.9f});
  n.output(dtype::s8);
  CHECK(n.run<std::int8_t>() == std::vector<std::int8_t>{-1, 127, -128, 0, 127});
  one w(ops::cast);
  w.input<std::int32_t>({3}, {257, -1, 128});
  w.output(dtype::s8);
  CHECK(w.run<std::int8_t>() == std::vector<std::int8_t>{1, -1, -128});
}
