// Rounding formulas, multipliers, elementary and fixed-point functions. The rounding tables say in
// each row what the row distinguishes: networks alone do not separate wrong formulas (a wrong one
// passes whole networks).
#include <math.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <vector>

#include "octet/numerics/fixed_point.hpp"
#include "octet/numerics/fma.hpp"
#include "octet/numerics/fp_env.hpp"
#include "octet/numerics/half.hpp"
#include "octet/numerics/math.hpp"
#include "octet/numerics/mlas_math.hpp"
#include "octet/numerics/requantize.hpp"
#include "octet/numerics/selection.hpp"
#include "octet/numerics/vector_math.hpp"

using namespace octet;
namespace n = octet::numerics;
namespace policy = octet::rounding_policy;

namespace {

// ---- slow, independent formulas ----
// Exact rational arithmetic on __int128: value = num / 2^shift.
__extension__ typedef __int128 wide;
wide floor_shift(wide v, int s) { return s <= 0 ? v << -s : v >> s; }  // arithmetic shift
wide ties_up(wide v, int s) { return s <= 0 ? v << -s : floor_shift(v + (wide{1} << (s - 1)), s); }
wide ties_away(wide v, int s) { return v < 0 ? -ties_up(-v, s) : ties_up(v, s); }
wide ties_even(wide v, int s) {
  if (s <= 0) return v << -s;
  const wide f = floor_shift(v, s), rest = v - (f << s), half = wide{1} << (s - 1);
  return rest > half || (rest == half && (f & 1)) ? f + 1 : f;
}
/// v * 2^e rounded to binary32's 24 bits, as integer times power of two.
struct scaled {
  wide v;
  int e;
};
scaled round24(scaled x) {
  wide a = x.v < 0 ? -x.v : x.v;
  int bits = 0;
  while (a >> bits != 0) ++bits;
  return bits <= 24 ? x : scaled{ties_even(x.v, bits - 24), x.e + bits - 24};
}
wide slow_dr(wide x, multiplier q) {
  const int l = std::max(q.shift, 0), r = std::max(-q.shift, 0);
  return ties_away(ties_up((x << l) * q.m, 31), r);
}
wide slow_ru(wide x, multiplier q) {
  const int l = std::max(q.shift, 0), r = std::max(-q.shift, 0);
  return ties_up(ties_up((x << l) * q.m, 31), r);
}
/// The binary64 d as an exact integer over a power of two.
scaled exact_of(double d) {
  int e = 0;
  const double f = std::frexp(d, &e);
  return {static_cast<wide>(std::ldexp(f, 53)), e - 53};
}
wide slow_f(wide x, float m) {
  const scaled s = exact_of(static_cast<double>(m)), a = round24({x, 0}),
               p = round24({a.v * s.v, a.e + s.e});
  return ties_even(p.v, -p.e);
}
wide slow_d64(wide x, double d) {  // 53-bit rounding of the product, then ties away
  const scaled s = exact_of(d);
  wide p = x * s.v, a = p < 0 ? -p : p;
  int bits = 0, e = s.e;
  while (a >> bits != 0) ++bits;
  if (bits > 53) {
    p = ties_even(p, bits - 53);
    e += bits - 53;
  }
  return ties_away(p, -e);
}
std::int64_t as64(wide v) { return static_cast<std::int64_t>(v); }

constexpr std::uint64_t mix(std::uint64_t h, std::uint64_t v) {
  return (h ^ v) * 0x9E3779B97F4A7C15u + (h >> 29);
}

}  // namespace

TEST_CASE("quantize_multiplier") {
  static_assert(n::quantize_multiplier(0.0003) == multiplier{1319413953, -11});
  static_assert(n::quantize_multiplier(1.5) == multiplier{1610612736, 1});
  static_assert(n::quantize_multiplier(0.25) == multiplier{1 << 30, -1});
  static_assert(n::quantize_multiplier(0.) == multiplier{0, 0});
  static_assert(n::quantize_multiplier(0x1.ffffffffffffp-1) ==
                multiplier{1 << 30, 1});  // rounds up to 2^31: halved, exponent up
  static_assert(n::quantize_multiplier(0x1p-33) ==
                multiplier{0, 0});  // below the smallest exponent
  static_assert(n::quantize_multiplier(0x1p-32) == multiplier{1 << 30, -31});
  static_assert(n::quantize_multiplier(5e-324) == multiplier{0, 0});  // subnormal
  std::mt19937_64 g(1);
  for (int i = 0; i < 20000; ++i) {
    const double fraction = 1. + static_cast<double>(g() >> 12) * 0x1p-52,
                 d = std::ldexp(fraction, static_cast<int>(g() % 50) - 30);
    int s = 0;
    auto q = static_cast<std::int64_t>(std::round(std::frexp(d, &s) * 2147483648.));
    if (q == std::int64_t{1} << 31) q /= 2, ++s;
    if (s < -31) q = 0, s = 0;
    REQUIRE(n::quantize_multiplier(d) == multiplier{static_cast<std::int32_t>(q), s});
  }
}

TEST_CASE("SRDHM ties go up, RDP ties go away from zero, RSU ties go up") {
  constexpr std::int32_t half = 1 << 30, lowest = INT32_MIN;
  static_assert(n::doubling_high_multiply(1, half) == 1 &&
                n::doubling_high_multiply(-1, half) == 0);
  static_assert(n::doubling_high_multiply(3, half) == 2 &&
                n::doubling_high_multiply(-3, half) == -1);
  static_assert(n::doubling_high_multiply(lowest, lowest) == INT32_MAX &&
                n::doubling_high_multiply(lowest, INT32_MAX) == -INT32_MAX &&
                n::doubling_high_multiply(lowest, half) == -half);
  static_assert(n::rounding_shift_half_away(-3, 1) == -2 &&
                n::rounding_shift_half_away(-1, 1) == -1 &&
                n::rounding_shift_half_away(1, 1) == 1 && n::rounding_shift_half_away(3, 1) == 2);
  static_assert(n::rounding_shift_half_up(-3, 1) == -1 && n::rounding_shift_half_up(-1, 1) == 0 &&
                n::rounding_shift_half_up(1, 1) == 1 && n::rounding_shift_half_up(3, 1) == 2);
  static_assert(n::rounding_shift_half_away(INT32_MIN, 31) == -1 &&
                n::rounding_shift_half_away(INT32_MAX, 31) == 1 &&
                n::rounding_shift_half_away(7, 0) == 7 &&
                n::rounding_shift_half_away(INT32_MIN, 0) == INT32_MIN);
  static_assert(n::rounding_shift_half_up(INT32_MIN, 31) == -1 &&
                n::rounding_shift_half_up(INT32_MAX, 31) == 1 &&
                n::rounding_shift_half_up(-7, 0) == -7);
  static_assert(n::rounding_shift_half_away(-(1 << 30), 31) == -1 &&
                n::rounding_shift_half_up(-(1 << 30), 31) == 0);  // exactly -0.5
}

namespace {
struct tie_row {
  const char* distinguishes;
  double d;
  std::int32_t x;
  std::int64_t dr, ru, d64, f;
};
// Every expectation by hand: exact value, then each formula's roundings.
constexpr tie_row ties[] = {
    {"no tie: 9.4949 becomes 9.5 at the first rounding, then 10: two roundings against one",
     0.01861753230554162, 510, 10, 10, 9, 9},
    {"748.25: the first rounding of DR and RU makes 748.5 of it", 0.25, 2993, 749, 749, 748, 748},
    {"748.5: to even against up", 0.25, 2994, 749, 749, 749, 748},
    {"749.5: odd below, so to even is up as well", 0.25, 2998, 750, 750, 750, 750},
    {"-749.5: away and even against up", 0.25, -2998, -750, -749, -750, -750},
    {"-748.5: only away and even differ here", 0.25, -2994, -749, -748, -749, -748},
    {"-748.75: -1497.5 goes up to -1497, then -748.5: away again, or up", 0.25, -2995, -749, -748,
     -749, -749},
    {"20.5 of a small power of two", 0.0078125, 2624, 21, 21, 21, 20},
    {"-20.5", 0.0078125, -2624, -21, -20, -21, -20},
    {"-37.5 of a scale that is no power of two", 0.0125, -3000, -38, -37, -38, -38},
    {"-0.5: away from zero makes -1", 0.5, -1, 0, 0, -1, 0},
    {"0.5", 0.5, 1, 1, 1, 1, 0},
    {"-1.5 at half: the multiplier 2^30 with shift 0 rounds in SRDHM alone, so DR is up", 0.5, -3,
     -1, -1, -2, -2},
    {"1.5", 0.5, 3, 2, 2, 2, 2},
    {"multiplier above 1", 1.5, 7, 11, 11, 11, 10},
    {"multiplier above 1, negative", 1.5, -7, -10, -10, -11, -10},
    {"multiplier 3", 3., -5, -15, -15, -15, -15},
    {"16777217 has no binary32: F sees 16777216", 1., 16777217, 16777217, 16777217, 16777217,
     16777216},
    {"16777219 rounds up to 16777220", 1., 16777219, 16777219, 16777219, 16777219, 16777220},
    {"largest accumulator", 0x1p-24, INT32_MAX, 128, 128, 128, 128},
    {"lowest accumulator", 0x1p-24, INT32_MIN, -128, -128, -128, -128},
    {"-127.5 from a large accumulator", 0x1p-24, -2139095040, -128, -127, -128, -128},
};
}  // namespace

TEST_CASE("roundings differ at ties, and without them") {
  for (const tie_row& r : ties) {
    INFO(r.distinguishes << ", x = " << r.x << ", d = " << r.d);
    const multiplier q = n::quantize_multiplier(r.d);
    CHECK(policy::doubling_high_half_away::apply(r.x, q) == r.dr);
    CHECK(policy::doubling_high_half_up::apply(r.x, q) == r.ru);
    CHECK(policy::double_half_away::apply(r.x, r.d) == static_cast<double>(r.d64));
    CHECK(policy::float_half_even::apply(r.x, static_cast<float>(r.d)) == static_cast<double>(r.f));
    CHECK(as64(slow_dr(r.x, q)) == r.dr);
    CHECK(as64(slow_ru(r.x, q)) == r.ru);
    CHECK(as64(slow_d64(r.x, r.d)) == r.d64);
    CHECK(as64(slow_f(r.x, static_cast<float>(r.d))) == r.f);
  }
}

TEST_CASE("the remaining roundings") {
  // I64 keeps 15 bits of the multiplier: 0.0003 is 20133/2^26 there.
  static_assert(n::reduce_multiplier(1319413953) == 20133);
  static_assert(
      policy::wide_half_up::apply(std::int64_t{1} << 40, n::quantize_multiplier(0.0003)) ==
      (std::int64_t{20133} << 14));
  static_assert(policy::wide_half_up::apply(-3, multiplier{1 << 30, 0}) == -1);  // -1.5 up
  static_assert(policy::wide_half_up::apply(std::int64_t{3} << 30, multiplier{1 << 30, 1}) ==
                -(1 << 30));  // cut to 32 bits, not saturated
  static_assert(n::reduce_multiplier(0x7FFF0000) == 0x7FFF &&
                n::reduce_multiplier(0x7FFEFFFF) == 0x7FFF);
  // Q8: 256 * 0.1 = 25.6 becomes 26; ties up.
  static_assert(n::q8_multiplier(0.1f).m == 26 &&
                policy::eight_bit_ratio_half_up::apply(-128, n::q8_multiplier(0.5f)) == -64 &&
                policy::eight_bit_ratio_half_up::apply(-1, n::q8_multiplier(0.5f)) == 0 &&
                policy::eight_bit_ratio_half_up::apply(-3, n::q8_multiplier(0.5f)) == -1);
  // FZ: the zero point inside the rounding turns ties with odd zero points.
  static_assert(policy::float_zero_point_half_even::apply(1, .5f, 1) == 2 &&
                policy::float_zero_point_half_even::apply(1, .5f, 0) == 0 &&
                policy::float_half_even::apply(1, .5f) + 1 == 1);
  // FB: bias added in binary32 before the product; an integer bias of the rounded value differs.
  static_assert(policy::float_bias_half_even::apply(2, .5f, .9f) == 1 &&
                policy::float_half_even::apply(2 + 1, .5f) == 2);
}

TEST_CASE("requantize applies zero point and clamp after every formula") {
  const multiplier quarter = n::quantize_multiplier(0.25);
  const float scale = 0.25f, bias[] = {0.f};
  const double scale64 = 0.25;
  requantize_params p;
  p.zero_point = 3, p.lo = -128, p.hi = 127, p.mult = &quarter, p.scale = &scale,
  p.scale64 = &scale64, p.bias = bias;
  const multiplier q8 = n::q8_multiplier(0.25f);
  const struct {
    rounding r;
    std::int32_t y;
  } rows[] = {{rounding::doubling_high_half_away, -10},
              {rounding::doubling_high_half_up, -9},
              {rounding::wide_half_up, -9},
              {rounding::double_half_away, -10},
              {rounding::float_half_even, -9},
              {rounding::float_bias_half_even, -9},
              {rounding::float_zero_point_half_even, -10},
              {rounding::eight_bit_ratio_half_up, -9}};
  for (const auto& row : rows) {
    INFO(name_of(row.r));
    p.mode = row.r;
    p.mult = row.r == rounding::eight_bit_ratio_half_up ? &q8 : &quarter;
    CHECK(n::requantize(p, -50, 0) ==
          row.y);  // -12.5 + 3: -13 + 3, or -12 + 3; FZ: rint(-9.5) = -10
    CHECK(n::requantize(p, 1 << 20, 0) == 127);
    CHECK(n::requantize(p, -(1 << 20), 0) == -128);
    CHECK(n::requantize(p, 0, 0) == 3);
  }
  p.mode = rounding::none;
  CHECK(n::requantize(p, 77, 0) == 77);
}

TEST_CASE("random accumulators against exact arithmetic") {
  std::mt19937_64 g(2);
  std::int64_t apart = 0;
  for (int i = 0; i < 200000; ++i) {
    const int bits = static_cast<int>(g() % 27) + 4;
    const bool few = i % 4 == 0;  // few bits in d: many ties
    const auto x =
        static_cast<std::int32_t>(static_cast<std::int64_t>(g()) >>
                                  ((few ? 66 : 63) - bits));  // below 2^28: x << l must not wrap
    const int exponent = -static_cast<int>(g() % static_cast<unsigned>(few ? 12 : bits + 4)) - 1;
    const double d = std::ldexp(
        few ? static_cast<double>(1 + g() % 7) : 1. + static_cast<double>(g() >> 12) * 0x1p-52,
        exponent);
    const auto m = static_cast<float>(d);
    const multiplier q = n::quantize_multiplier(d);
    INFO("x = " << x << ", d = " << d);
    REQUIRE(policy::doubling_high_half_away::apply(x, q) == as64(slow_dr(x, q)));
    REQUIRE(policy::doubling_high_half_up::apply(x, q) == as64(slow_ru(x, q)));
    REQUIRE(static_cast<std::int64_t>(policy::double_half_away::apply(x, d)) ==
            as64(slow_d64(x, d)));
    REQUIRE(static_cast<std::int64_t>(policy::float_half_even::apply(x, m)) == as64(slow_f(x, m)));
    const int drop = 17 + static_cast<int>(g() % 30);
    const std::int64_t x64 = static_cast<std::int64_t>(g()) >> drop;
    REQUIRE(policy::wide_half_up::apply(x64, q) ==
            static_cast<std::int32_t>(
                as64(ties_up(wide{x64} * n::reduce_multiplier(q.m), 15 - q.shift))));
    apart +=
        policy::doubling_high_half_away::apply(x, q) != policy::doubling_high_half_up::apply(x, q);
  }
  CHECK(apart > 1000);  // the sweep does reach places where they differ
}

TEST_CASE("fused multiply-add without the instruction") {
  static_assert(n::fma(1.0000001f, 1.0000001f, -1.0000002f) == 0x1p-46f &&
                n::add(n::mul(1.0000001f, 1.0000001f), -1.0000002f) == 0);
  const n::exact_environment guard;
  float (*volatile oracle)(float, float, float) =
      &::fmaf;  // called, not folded: clang turns std::fma into a product and a sum under
                // -ffast-math
  std::mt19937 g(10);
  std::size_t apart = 0;
  const auto next = [&](std::uint32_t low,
                        std::uint32_t span) {  // biased exponent in [low, low + span)
    const auto fraction = static_cast<std::uint32_t>(g()) & 0x807FFFFFu,
               exponent = low + static_cast<std::uint32_t>(g()) % span;
    return std::bit_cast<float>(fraction | exponent << 23);
  };
  for (int i = 0; i < 300000; ++i) {
    const float a = next(100, 60), b = next(100, 60);
    float c = next(70, 120);
    if (i % 3 == 0) c = -n::mul(a, b);  // only the product's rounding error is left
    if (i % 3 == 1)
      c = std::bit_cast<float>(std::bit_cast<std::uint32_t>(n::mul(a, b)) - 3 +
                               static_cast<std::uint32_t>(g() % 7));  // ties and neighbours
    const float r = n::fma(a, b, c);
    INFO(a << " * " << b << " + " << c);
    REQUIRE(std::bit_cast<std::uint32_t>(r) == std::bit_cast<std::uint32_t>(oracle(a, b, c)));
    apart += r != n::add(n::mul(a, b), c);
  }
  CHECK(apart > 100000);
}

TEST_CASE("rounding of floating-point numbers to integers") {
  static_assert(n::rint(2.5f) == 2 && n::rint(3.5f) == 4 && n::rint(-2.5) == -2 &&
                n::rint(-0.5) == 0 && n::rint(8388609.f) == 8388609.f &&
                n::rint(4194304.5f) == 4194304.f);
  static_assert(n::round_half_away(2.5) == 3 && n::round_half_away(-2.5) == -3 &&
                n::round_half_away(0.49999999999999994) == 0 &&
                n::round_half_away(0.49999997f) == 0 && n::round_half_away(-0.5f) == -1);
  static_assert(n::trunc(-2.9) == -2 && n::floor(-2.1) == -3 && n::floor(-2.) == -2 &&
                n::floor(2.9f) == 2);
  static_assert(n::is_negative(n::rint(-0.25f)) && n::is_negative(n::rint(-0.)) &&
                n::is_negative(n::trunc(-0.5)) && !n::is_negative(n::rint(0.25)));
  CHECK(n::is_nan(n::rint(n::nan_of<float>())));
  CHECK(n::is_nan(n::round_half_away(n::nan_of<double>())));
  CHECK(n::is_infinite(n::rint(n::infinity_of<float>(true))));
  CHECK(n::is_infinite(n::round_half_away(n::infinity_of<double>())));
  CHECK(n::clamp_to_int(n::nan_of<double>(), -5, 5) == -5);
  CHECK(n::clamp_to_int(n::infinity_of<double>(), -5, 5) == 5);
  CHECK(n::clamp_to_int(n::infinity_of<double>(true), -5, 5) == -5);
  std::mt19937 g(3);
  for (int i = 0; i < 100000; ++i) {
    const auto v =
        static_cast<float>(static_cast<std::int32_t>(g())) * (i % 2 ? 0x1p-20f : 0x1p-9f);
    REQUIRE(n::rint(v) == std::nearbyint(v));
    REQUIRE(n::round_half_away(v) == std::round(v));
    REQUIRE(n::floor(v) == std::floor(v));
  }
}

// ---- elementary functions ----

namespace {
struct function_row {
  const char* name;
  double (*f64)(double);
  float (*f32)(float);
  long double (*exact)(long double);
  double lo, hi;  // arguments
  double bound;   // relative error of the binary64 form
};
const function_row functions[] = {
    {"exp", [](double x) { return n::exp(x); }, [](float x) { return n::exp_f32(x); },
     [](long double x) { return std::exp(x); }, -103, 88.7, 0x1.1p-53},
    {"expm1", [](double x) { return n::expm1(x); }, [](float x) { return n::expm1_f32(x); },
     [](long double x) { return std::expm1(x); }, -20, 88, 0x1.1p-53},
    {"log", [](double x) { return n::log(x); }, [](float x) { return n::log_f32(x); },
     [](long double x) { return std::log(x); }, 1e-45, 1e38, 0x1.1p-53},
    {"log near 1", [](double x) { return n::log(x); }, [](float x) { return n::log_f32(x); },
     [](long double x) { return std::log(x); }, 0.5, 2, 0x1.1p-53},
    {"tanh", [](double x) { return n::tanh(x); }, [](float x) { return n::tanh_f32(x); },
     [](long double x) { return std::tanh(x); }, -12, 12, 0x1.1p-53},
    {"logistic", [](double x) { return n::logistic(x); },
     [](float x) { return n::logistic_f32(x); },
     [](long double x) { return 1 / (1 + std::exp(-x)); }, -80, 40, 0x1.1p-53},
    {"sin", [](double x) { return n::sin(x); }, [](float x) { return n::sin_f32(x); },
     [](long double x) { return std::sin(x); }, -100, 100, 0x1.1p-53},
    {"cos", [](double x) { return n::cos(x); }, [](float x) { return n::cos_f32(x); },
     [](long double x) { return std::cos(x); }, -100, 100, 0x1.1p-53},
    {"sqrt", [](double x) { return n::sqrt(x); }, [](float x) { return n::sqrt_f32(x); },
     [](long double x) { return std::sqrt(x); }, 0, 1e38, 0x1.1p-53},
    {"erfc", [](double x) { return n::erfc(x); }, [](float x) { return n::erfc_f32(x); },
     [](long double x) { return std::erfc(x); }, -5, 9, 0x1p-40},
    {"erf", [](double x) { return n::erf(x); }, [](float x) { return n::erf_f32(x); },
     [](long double x) { return std::erf(x); }, -5, 5, 0x1p-48},
};
}  // namespace

TEST_CASE("float16: every number comes back, ties between two go to the even one") {
  static_assert(n::to_f16(1.f) == 0x3C00 && n::to_f16(-0.f) == 0x8000);
  for (std::uint32_t h = 0; h < 0x7C00; ++h) {
    const auto bits = static_cast<std::uint16_t>(h);
    const float v = n::from_f16(bits),
                next = h == 0x7BFF ? 65536.f : n::from_f16(static_cast<std::uint16_t>(h + 1)),
                middle = v + (next - v) / 2;
    const std::uint32_t even = h + (h & 1u);
    if (n::to_f16(v) != h || n::to_f16(-v) != (h | 0x8000u) || n::to_f16(middle) != even ||
        n::to_f16(std::nextafter(middle, 0.f)) != h ||
        n::to_f16(std::nextafter(middle, next)) != h + 1)
      FAIL_CHECK(h << " " << v);
  }
  CHECK(n::to_f16(INFINITY) == 0x7C00);
  CHECK(n::to_f16(-3.4e38f) == 0xFC00);
  CHECK((n::to_f16(NAN) & 0x7FFF) > 0x7C00);
}

TEST_CASE("elementary functions against long double") {
  // x87's long double has 64 bits; where it is no wider than double (other machines) the comparison
  // only bounds the sum of both errors. Under -ffast-math g++ makes x87's fsin and fcos of the
  // comparison itself, which are off by 1e-15 there.
#if defined(__FAST_MATH__)
  constexpr bool wider = false;
#else
  constexpr bool wider = std::numeric_limits<long double>::digits >= 64;
#endif
  const n::exact_environment guard;
  std::mt19937_64 g(4);
  for (const function_row& f : functions) {
    long wrong = 0, tried = 0;
    double worst = 0, at = 0;
    for (int i = 0; i < 20000; ++i) {
      const double u = static_cast<double>(g() >> 11) * 0x1p-53;
      auto x = static_cast<float>(f.lo + (f.hi - f.lo) * u);
      if (i % 2) {  // all exponents
        x = std::bit_cast<float>(static_cast<std::uint32_t>(g()));
        if (n::is_nan(x) || static_cast<double>(x) < f.lo || static_cast<double>(x) > f.hi)
          continue;
      }
      const long double r = f.exact(static_cast<long double>(x));
      if (std::abs(static_cast<double>(r)) < 1e-37) continue;  // subnormal results: next test
      ++tried;
      const auto error = static_cast<double>(
          std::abs((static_cast<long double>(f.f64(static_cast<double>(x))) - r) / r));
      if (error > worst) worst = error, at = static_cast<double>(x);
      wrong += f.f32(x) != static_cast<float>(r);
    }
    INFO(f.name << ": worst relative error " << worst << " at " << at << ", " << wrong << " of "
                << tried << " binary32 results not correctly rounded");
    CHECK(tried > 9000);
    CHECK(worst < f.bound * (wider ? 1 : 32));
    CHECK(wrong <= (wider ? 0 : tried / 1000));
  }
}

TEST_CASE("the C library's logarithm, where it is not the nearest number") {
  const n::exact_environment guard;  // -ffast-math starts programs with subnormal numbers as 0
  // From glibc 2.36; the nearest numbers are one unit in the last place off.
  CHECK(n::log_c_library(0x1.e807eep-1f) == -0x1.88c586p-5f);
  CHECK(n::log_c_library(0x1.043d68p+0f) == 0x1.0d2108p-6f);
  CHECK(n::log_c_library(0x1.059362p+0f) == 0x1.6103e2p-6f);
  CHECK(n::log_c_library(0x1.48a25p+0f) == 0x1.ff8602p-3f);
  CHECK(n::log_c_library(0x1.48a25p+0f) != n::log_f32(0x1.48a25p+0f));
  CHECK(n::log_c_library(1.f) == 0.f);
  CHECK(n::log_c_library(0x1p-149f) == n::log_f32(0x1p-149f));
  CHECK(n::log_c_library(0.f) == n::infinity_of<float>(true));
  CHECK(n::is_nan(n::log_c_library(-1.f)));
}

TEST_CASE("sine and cosine of Eigen's vectors and of the C library") {
  // From ONNX Runtime 1.32 and glibc 2.36.
  CHECK(n::sin_vector(-2.6f) == -0x1.07efd0p-1f);  // the nearest number is 0x1.07efcep-1
  CHECK(n::cos_vector(-2.6f) == -0x1.b6ba1cp-1f);  // 0x1.b6ba1ep-1
  for (const float v : {-19000.5f, 30000.25f, 1e20f, 3e38f}) {
    CHECK(n::sin_vector(v) == n::sin_f32(v));
    CHECK(n::cos_vector(v) == n::cos_f32(v));
  }
  for (const float v : {0.7f, 1.3f, -2.6f, 5.9f, -19000.5f, 30000.25f, 1e20f, 3e38f}) {
    CHECK(n::sin_c_library(v) == n::sin_f32(v));
    CHECK(n::cos_c_library(v) == n::cos_f32(v));
  }
  for (const bool cosine : {false, true}) {
    const auto vector = cosine ? &n::cos_vector : &n::sin_vector;
    const auto library = cosine ? &n::cos_c_library : &n::sin_c_library;
    const float at_zero = cosine ? 1.f : 0.f, infinite = n::infinity_of<float>();
    CHECK(vector(0.f) == at_zero);
    CHECK(library(0.f) == at_zero);
    CHECK(n::is_nan(vector(infinite)));
    CHECK(n::is_nan(library(-infinite)));
  }
  CHECK(n::is_negative(n::sin_vector(-0.f)));
  CHECK(n::is_negative(n::sin_c_library(-0.f)));
}

TEST_CASE("where a matrix product's groups end") {
  const auto ends = [](const n::mlas_order& o) {
    std::vector<std::size_t> e;
    for (std::size_t at = 0; at < o.steps; at = e.back()) e.push_back(o.end_of(at));
    return e;
  };
  using list = std::vector<std::size_t>;
  CHECK(ends(n::mlas_product_order(false, true, false, 9, 10)) == list{4, 8, 10});
  CHECK(ends(n::mlas_product_order(false, true, false, 9, 11)) == list{4, 8, 10, 11});
  CHECK(ends(n::mlas_product_order(false, true, false, 9, 5)) == list{4, 5});
  CHECK(ends(n::mlas_product_order(true, true, false, 9, 600)) == list{256, 512, 768});
  CHECK(ends(n::mlas_product_order(false, true, true, 200, 300)) == list{128, 256, 384});
  CHECK(n::mlas_block(false, 64, 300) == 256);
  CHECK(n::mlas_block(false, 65, 300) == 128);
  CHECK(n::mlas_block(false, 1, 3000) == 1024);
  CHECK(n::mlas_block(false, 300, 300) == 128);
}

TEST_CASE("arguments of trigonometric functions are reduced exactly") {
  // The double nearest to a multiple of pi/2 known: 6381956970095103 * 2^797; cos of it is
  // -4.68716592425462761112e-19.
  CHECK(n::cos(std::ldexp(6381956970095103., 797)) ==
        Approx(-4.68716592425462761112e-19).epsilon(1e-15));
  CHECK(n::sin(1e22) == Approx(-0.8522008497671888).epsilon(1e-15));
  CHECK(n::cos(1e22) == Approx(0.5232147853951389).epsilon(1e-15));
  CHECK(n::sin_f32(3.4028234e38f) == -0.521876512f);
  for (float x : {0.78539813f, 0.78539819f, 1.5707963f, 3.1415927f, 6.2831855f, 1e5f})
    CHECK(static_cast<double>(n::sin_f32(x) * n::sin_f32(x) + n::cos_f32(x) * n::cos_f32(x)) ==
          Approx(1).epsilon(1e-6));
}

TEST_CASE("elementary functions at their edges") {
  const n::exact_environment guard;
  const float inf = n::infinity_of<float>(), nan = n::nan_of<float>(),
              tiny = std::bit_cast<float>(1u);
  const auto bits = [](float v) { return std::bit_cast<std::uint32_t>(v); };
  for (auto f : {n::exp_f32, n::expm1_f32, n::log_f32, n::tanh_f32, n::logistic_f32, n::sin_f32,
                 n::cos_f32, n::erf_f32, n::sqrt_f32})
    CHECK(n::is_nan(f(nan)));
  CHECK(bits(n::exp_f32(inf)) == bits(inf));
  CHECK(bits(n::exp_f32(88.8f)) == bits(inf));
  CHECK(bits(n::exp_f32(-inf)) == 0);
  CHECK(bits(n::exp_f32(-104.f)) == 0);
  CHECK(n::exp_f32(-0.f) == 1);
  CHECK(bits(n::exp_f32(-103.f)) == 1);  // the smallest subnormal
  CHECK(bits(n::exp_f32(-90.f)) == bits(static_cast<float>(std::exp(-90.L))));
  CHECK(bits(n::logistic_f32(-90.f)) == bits(static_cast<float>(std::exp(-90.L))));
  CHECK(n::expm1_f32(-inf) == -1);
  CHECK(bits(n::expm1_f32(-0.f)) == 0x80000000u);
  CHECK(bits(n::expm1_f32(tiny)) == 1);
  CHECK(bits(n::log_f32(0.f)) == bits(-inf));
  CHECK(n::is_nan(n::log_f32(-1.f)));
  CHECK(bits(n::log_f32(1.f)) == 0);
  CHECK(bits(n::log_f32(inf)) == bits(inf));
  CHECK(n::log_f32(tiny) == static_cast<float>(std::log(0x1p-149L)));
  CHECK(n::tanh_f32(inf) == 1);
  CHECK(n::tanh_f32(-inf) == -1);
  CHECK(bits(n::tanh_f32(-tiny)) == 0x80000001u);
  CHECK(n::logistic_f32(inf) == 1);
  CHECK(bits(n::logistic_f32(-inf)) == 0);
  CHECK(n::logistic_f32(0.f) == 0.5f);
  CHECK(n::is_nan(n::sin_f32(inf)));
  CHECK(n::is_nan(n::cos_f32(-inf)));
  CHECK(bits(n::sin_f32(-0.f)) == 0x80000000u);
  CHECK(n::erf_f32(inf) == 1);
  CHECK(bits(n::sqrt_f32(-0.f)) == 0x80000000u);
  CHECK(n::is_nan(n::sqrt_f32(-tiny)));
  CHECK(n::sqrt_f32(tiny) == static_cast<float>(std::sqrt(0x1p-149L)));
  CHECK(n::is_infinite(n::exp(710.)));
  CHECK(n::exp(709.75) == static_cast<double>(std::exp(709.75L)));
  CHECK(n::exp(-740.) > 0);
  CHECK(n::exp(-746.) == 0);
  CHECK(n::pow_f32(2.f, 10.f) == 1024);
  CHECK(n::pow_f32(-2.f, 3.f) == -8);
  CHECK(n::is_nan(n::pow_f32(-2.f, 0.5f)));
  CHECK(n::pow_f32(nan, 0.f) == 1);
  CHECK(n::pow_f32(1.f, nan) == 1);
  CHECK(n::pow_f32(0.f, 2.f) == 0);
  CHECK(bits(n::pow_f32(-0.f, -1.f)) == bits(-inf));
  CHECK(bits(n::pow_f32(0.5f, -inf)) == bits(inf));
  CHECK(n::pow_f32(-1.f, inf) == 1);
  CHECK(bits(n::pow_f32(10.f, 39.f)) == bits(inf));
  CHECK(n::pow(1.1, 100.) ==
        Approx(static_cast<double>(std::pow(static_cast<long double>(1.1), 100.L))).epsilon(1e-15));
}

// ---- fixed point ----

TEST_CASE("fixed-point functions") {
  using q32 = n::fixed32;
  using q16 = n::fixed16;
  static_assert(q32::exp_negative(0, 5) == INT32_MAX && q32::logistic(0, 4) == 1 << 30 &&
                q32::tanh(0, 4) == 0);
  static_assert(q32::exp_negative(INT32_MIN, 5) >= 0);
  static_assert(q32::shl(1 << 29, 2) == INT32_MAX && q32::shl(-(1 << 29) - 1, 2) == INT32_MIN &&
                q32::shl(3, 2) == 12 && q16::shl(-9000, 2) == -32768);
  static_assert(q32::half_sum(1, 2) == 2 && q32::half_sum(-1, -2) == -2 &&
                q32::half_sum(-1, 0) == -1);
  static_assert(q16::mul(-32768, -32768) == 32767 && q16::mul(-3, 1 << 14) == -1 &&
                q16::mul(3, 1 << 14) == 2);
  static_assert(q16::constant(1895147668) == 28918 && q16::power(28) == 1 << 12);
  double e = 0, l = 0, t = 0, l16 = 0, t16 = 0;
  for (int i = 0; i < 4000; ++i) {
    const std::int32_t a = -i * 500009;
    e = std::max(e, std::abs(q32::exp_negative(a, 5) * 0x1p-31 - std::exp(a * 0x1p-26)));
    const std::int32_t b = (i - 2000) * 1000003;
    l = std::max(l, std::abs(q32::logistic(b, 4) * 0x1p-31 - 1 / (1 + std::exp(-b * 0x1p-27))));
    t = std::max(t, std::abs(q32::tanh(b, 4) * 0x1p-31 - std::tanh(b * 0x1p-27)));
  }
  for (int i = -32768; i < 32768; ++i) {
    const auto a = static_cast<std::int16_t>(i);
    l16 = std::max(l16, std::abs(q16::logistic(a, 3) * 0x1p-15 - 1 / (1 + std::exp(-a * 0x1p-12))));
    t16 = std::max(t16, std::abs(q16::tanh(a, 3) * 0x1p-15 - std::tanh(a * 0x1p-12)));
  }
  CHECK(e < 2e-7);  // the fourth-order polynomial on [-1/4, 0)
  CHECK(l < 1.1e-7);
  CHECK(t < 1.1e-7);
  CHECK(l16 < 3e-4);
  CHECK(t16 < 4e-4);
}

TEST_CASE("divisors of 16 bits give every quotient") {
  int found = 0, wrong = 0;
  for (std::int64_t n = -1; n <= 300; ++n)
    for (const std::int64_t bound : {9 * 128 + n / 2, 9 * 255 + n / 2, 255 * 128 + n / 2,
                                     255 * 255 + n / 2, std::int64_t{65536}}) {
      const auto d = numerics::divisor_of_words(n, bound);
      if (!d) continue;
      ++found;
      for (std::int64_t v = 0; v <= bound; ++v)
        wrong += v * d->multiplier >> (16 + d->shift) != v / n;
    }
  CHECK(wrong == 0);
  CHECK(found > 1000);
  CHECK_FALSE(numerics::divisor_of_words(1, 9));  // its multiplier would have 17 bits
  for (std::int32_t n = 2; n <= 255; ++n)         // whole windows of int8
    CHECK(numerics::divisor_of_words(n, n * 128 + n / 2).has_value());
}

TEST_CASE("fixed-point reciprocal square root and logarithm") {
  static_assert(n::reciprocal_sqrt(0) == multiplier{INT32_MAX, 0} &&
                n::reciprocal_sqrt(1) == multiplier{INT32_MAX, 0});
  double r = 0, l = 0;
  for (std::int32_t x = 2; x < 1 << 30; x += 1 + x / 7) {
    const multiplier m = n::reciprocal_sqrt(x);
    r = std::max(r, std::abs(std::ldexp(static_cast<double>(m.m), m.shift - 31) *
                                 std::sqrt(static_cast<double>(x)) -
                             1));
  }
  for (std::int32_t x = 1 << 19; x < INT32_MAX - x / 5; x += x / 5)
    l = std::max(l, std::abs(n::fixed_log(x, 12, 5) * 0x1p-26 - std::log(x * 0x1p-19)));
  CHECK(r < 2e-6);
  CHECK(l < 2e-7);
}

TEST_CASE("the sigmoid table is its formula plus the listed corrections") {
  constexpr std::uint8_t one_more[] = {
      4,  8,  12, 14, 15, 16, 17, 19, 20, 21, 22, 25, 27, 28, 29, 30, 31,  33,  34,  35,  37, 39,
      40, 41, 43, 44, 45, 46, 49, 50, 54, 62, 63, 64, 66, 82, 86, 93, 100, 103, 112, 116, 135};
  for (std::size_t i = 0; i < 256; ++i) {
    auto v =
        std::min(65535., std::floor(65536 / (1 + std::exp(-static_cast<double>(i) / 24)) + .5));
    for (std::uint8_t m : one_more) v += m == i;
    CHECK(n::sigmoid_table[i] == (i == 255 ? 65535 : v));
  }
  CHECK(n::logistic_q15(0) == 16384);
  CHECK(n::tanh_q15(0) == 0);
  CHECK(n::logistic_q15(3 * 32767) == 32757);
  CHECK(n::tanh_q15(-3 * 32768) == -32767);
  // The three ways in: a power of two that fits, a power of two that does not, any scale.
  CHECK(n::sigmoid_input_for(0x1p-12, false)(100) == 300);
  CHECK(n::sigmoid_input_for(0x1p-11, true)(100) == 600);
  CHECK(n::sigmoid_input_for(0x1p-11, false)(100) == 600);
  const n::sigmoid_input s = n::sigmoid_input_for(0.0005, false);
  CHECK(s.multiplier > 16383);
  CHECK(s(1000) == 6144);
}

TEST_CASE("513-entry tables") {
  n::lut16 e{};
  n::make_lut16<double>([](double x) { return n::exp(x); }, 10. / 65535, 32767, 2. / 65535, 0,
                        e.data());
  CHECK(e[512] == 32767);
  CHECK(e[0] ==
        2);  // exp(-10) is 1.49 units; half of the error in the middle of the interval is added
  double worst = 0;
  for (int v = -32768; v < 32768; ++v)
    worst = std::max(worst, std::abs(n::lookup(e.data(), static_cast<std::int16_t>(v)) -
                                     32768 * std::exp((v - 32767) * 10. / 65535)));
  CHECK(worst < 6.5);  // 5 of them because the grid has 512 steps over 65535 units but is read in
                       // steps of 128
  CHECK(n::lookup(e.data(), 32767) <= 32767);
}

// ---- the same bits ----

namespace {
// One number over many results. Compared with its own value from constant evaluation, so the flags
// of this file (another build of it has -O3 -ffast-math -ffp-contract=fast) must not change a bit.
template <int Part> constexpr std::uint64_t checksum() {
  std::uint64_t h = 1;
  const auto put = [&h](float v) { h = mix(h, std::bit_cast<std::uint32_t>(v)); };
  const auto put64 = [&h](double v) { h = mix(h, std::bit_cast<std::uint64_t>(v)); };
  std::uint64_t s = 12345 + Part;
  const auto next = [&s] { return s = s * 6364136223846793005u + 1442695040888963407u; };
  for (int i = 0; i < 60; ++i) {
    const double u = n::mul(static_cast<double>(next() >> 11), 0x1p-53),
                 w = n::mul(n::sub(u, 0.5), 16.), d = n::mul(u, 0.01);
    const auto x = static_cast<float>(w), m = static_cast<float>(d),
               positive = n::add(static_cast<float>(u), 1e-30f);
    if constexpr (Part == 0) {
      put(n::exp_f32(x)), put64(n::expm1(w)), put(n::log_f32(positive)), put(n::tanh_f32(x)),
          put64(n::logistic(w));
    } else if constexpr (Part == 1) {
      put(n::sin_f32(n::mul(x, 1e4f))), put64(n::cos(w)), put64(n::sqrt(u)),
          put(n::pow_f32(positive, x));
    } else if constexpr (Part == 2) {
      if (i < 12) put(n::erf_f32(n::mul(x, 0.3f)));
    } else {
      const auto a = static_cast<std::int32_t>(next() >> 40) - (1 << 23);
      const multiplier q = n::quantize_multiplier(d);
      h = mix(h, static_cast<std::uint64_t>(policy::doubling_high_half_away::apply(a, q)));
      h = mix(h, static_cast<std::uint64_t>(policy::wide_half_up::apply(a, q)));
      put64(policy::double_half_away::apply(a, d)), put64(policy::float_half_even::apply(a, m)),
          put64(policy::float_zero_point_half_even::apply(a, m, 7)),
          put64(policy::float_bias_half_even::apply(a, m, 0.3f));
      h = mix(h, static_cast<std::uint64_t>(n::fixed32::logistic(a * 200, 4))),
      h = mix(h, static_cast<std::uint64_t>(n::fixed32::tanh(a * 200, 4)));
      put(n::rint(x)), put(n::round_half_away(x)), put(n::floor(x));
    }
  }
  return h;
}
template <int Part> void compare_checksum() {
  constexpr std::uint64_t expected = checksum<Part>();
  volatile int once = 1;
  std::uint64_t found = 0;
  if (once) found = checksum<Part>();
  CHECK(found == expected);
}
}  // namespace

TEST_CASE("constant evaluation and run time give the same bits") {
  const n::exact_environment guard;
  compare_checksum<0>();
  compare_checksum<1>();
  compare_checksum<2>();
  compare_checksum<3>();
}

TEST_CASE("numbers that only exactly rounded arithmetic gives") {
  // Literals, so that the same test in a -ffast-math build compares with what this one found.
  CHECK(std::bit_cast<std::uint64_t>(n::exp(1.)) == 0x4005BF0A8B145769u);
  CHECK(std::bit_cast<std::uint64_t>(n::log(3.)) == 0x3FF193EA7AAD030Bu);
  CHECK(std::bit_cast<std::uint64_t>(n::sqrt(2.)) == 0x3FF6A09E667F3BCDu);
  volatile float a = 1.0000001f, b = 1.0000001f, c = -1.0000002f;
  CHECK(n::add(n::mul(a, b), c) == 0.f);  // a fused multiply-add gives 1.4e-14
  volatile float big = 1e8f, one = 1.f;
  CHECK(n::sub(n::add(big, one), big) == 0.f);  // reassociation gives 1
  CHECK(n::div(one, 3.f) == 0.333333343f);
}

TEST_CASE("the floating-point environment is set for a scope") {
  const bool before = n::exact_environment::active();
#if defined(__x86_64__)
  unsigned saved = 0, odd = 0;
  asm volatile("stmxcsr %0" : "=m"(saved));
  odd = saved | 0xE040u;  // toward zero, flush to zero, denormals are zero
  asm volatile("ldmxcsr %0" ::"m"(odd));
  CHECK_FALSE(n::exact_environment::active());
  {
    const n::exact_environment guard;
    CHECK(n::exact_environment::active());
    volatile float tiny = 1e-40f, up = 1.f, third = 3.f;
    CHECK(std::bit_cast<std::uint32_t>(n::mul(tiny, 0.5f)) != 0);
    CHECK(n::div(up, third) == 0.333333343f);
  }
  unsigned after = 0;
  asm volatile("stmxcsr %0" : "=m"(after));
  CHECK((after & 0xFFC0u) == (odd & 0xFFC0u));
  asm volatile("ldmxcsr %0" ::"m"(saved));
#endif
  {
    const n::exact_environment guard;
    CHECK(n::exact_environment::active());
  }
  CHECK(n::exact_environment::active() == before);
}

// ---- selecting and sorting ----

namespace {

/// Ordered by `value` alone: `index` tells equal ones apart.
struct keyed {
  int value, index;
  bool operator==(const keyed&) const = default;
};
constexpr auto by_value = [](const keyed& a, const keyed& b) { return a.value < b.value; };
std::vector<keyed> keyed_of(const std::vector<int>& values) {
  std::vector<keyed> v;
  for (const int i : values) v.push_back({i, static_cast<int>(v.size())});
  return v;
}
std::vector<int> sorted_places(const std::vector<int>& values) {
  auto v = keyed_of(values);
  n::selection(v.data(), by_value).sort(v.size());
  std::vector<int> places;
  for (const keyed& k : v) places.push_back(k.index);
  return places;
}
#ifdef __GLIBCXX__
bool as_the_library_sorts(const std::vector<int>& values) {
  auto a = keyed_of(values), b = a;
  std::sort(a.begin(), a.end(), by_value);
  n::selection(b.data(), by_value).sort(b.size());
  return a == b;
}
bool as_the_library_selects(const std::vector<int>& values, std::size_t k) {
  auto a = keyed_of(values), b = a, c = a, d = a;
  const auto at = static_cast<std::ptrdiff_t>(k);
  std::nth_element(a.begin(), a.begin() + at, a.end(), by_value);
  n::selection(b.data(), by_value).nth_element(k, b.size());
  if (k == 0) return a == b;
  std::partial_sort(c.begin(), c.begin() + at, c.end(), by_value);
  n::selection(d.data(), by_value).partial_sort(k, d.size());
  return a == b && c == d;
}
bool as_the_library(const std::vector<int>& values) {
  const std::size_t count = values.size();
  bool good = as_the_library_sorts(values);
  for (const std::size_t k : {std::size_t{0}, count / 64, count / 3, count / 2, count})
    good = good && as_the_library_selects(values, k);
  return good;
}
#endif

}  // namespace

TEST_CASE("sorting leaves equal elements where PyTorch's sort does", "[numerics]") {
  std::vector<int> values;
  for (int i = 0; i < 20; ++i) values.push_back(i * 7 % 3);
  // torch.sort(torch.tensor(values))[1]
  CHECK(sorted_places(values) ==
        std::vector<int>{18, 3, 15, 6, 12, 9, 0, 10, 19, 16, 13, 7, 4, 1, 11, 8, 14, 5, 17, 2});
}

#ifdef __GLIBCXX__
TEST_CASE("sorting and selecting move elements as libstdc++ does", "[numerics]") {
  for (int count = 0; count <= 7; ++count) {
    int all = 1;
    for (int i = 0; i < count; ++i) all *= 4;
    for (int m = 0; m < all; ++m) {
      std::vector<int> values;
      for (int i = 0, rest = m; i < count; ++i, rest /= 4) values.push_back(rest % 4);
      REQUIRE(as_the_library(values));
    }
  }
  std::mt19937 random(7);
  for (int round = 0; round < 400; ++round) {
    std::vector<int> values(random() % (round % 20 == 0 ? 5000 : 300));
    const unsigned distinct = round % 3 == 0 ? 2 : round % 3 == 1 ? 40 : 1000000;
    for (int& v : values) v = static_cast<int>(random() % distinct);
    if (round % 5 == 0) std::sort(values.begin(), values.end());
    REQUIRE(as_the_library(values));
  }
  for (const int half : {16, 64, 500}) {  // whose medians of three are all among the least
    std::vector<int> values(static_cast<std::size_t>(2 * half));
    for (int i = 1; i <= half; ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (i % 2 == 1) values[at - 1] = i, values[at] = half + i;
      values[static_cast<std::size_t>(half + i - 1)] = 2 * i;
    }
    CHECK(as_the_library(values));
  }
}
#endif
