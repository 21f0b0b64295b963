// Operators of one tensor against slow formulas of their own: every code of 8-bit tables, softmax
// rows, partitions, refusals. The framework's own outputs are compared in models_test.cpp; here are
// the roundings that no stored file has, and constant evaluation.
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "octet/ops/l2_normalization.hpp"
#include "octet/ops/prelu.hpp"
#include "octet/ops/softmax.hpp"
#include "octet/ops/unary.hpp"

using namespace octet;

namespace {

/// One node with one input and output of the same shape, prepared and run by its reference.
struct node_1 {
  dims shape;
  dtype in_type, out_type;
  double in_scale, out_scale;
  std::int32_t in_zero, out_zero;
  rounding round;
  attributes attrs{};

  plan_memory memory{};
  prepared step{};
  status prepare(const op_def& op) {
    const double s[2] = {in_scale, out_scale};
    const std::int32_t z[2] = {in_zero, out_zero};
    const bool f = in_type == dtype::f32;
    const tensor_desc in[1] = {{in_type, shape, f ? std::span<const double>{} : std::span(&s[0], 1),
                                std::span(&z[0], 1), -1}};
    const tensor_desc out[1] = {{out_type, shape,
                                 f ? std::span<const double>{} : std::span(&s[1], 1),
                                 std::span(&z[1], 1), -1}};
    const std::span<const std::byte> constant[1] = {};
    const bool given[1] = {true};
    const attribute_view view(attrs);
    step = {};
    step.memory = &memory;
    const node_view n{in, out, constant, given, &view, round};
    return prepare_node(op, n, step);
  }
  template <class In, class Out>
  std::vector<Out> run(const std::vector<In>& x, std::uint32_t parts = 1) {
    std::vector<Out> y(x.size());
    const void* in[1] = {x.data()};
    void* out[1] = {y.data()};
    for (std::uint32_t p = 0; p < parts; ++p)
      step.reference({step.params, in, out, nullptr, p, parts});
    return y;
  }
};

template <class T> std::vector<T> every_code() {
  std::vector<T> x(256);
  for (int i = 0; i < 256; ++i)
    x[static_cast<std::size_t>(i)] = static_cast<T>(i + (std::is_signed_v<T> ? -128 : 0));
  return x;
}
float f32(long double v) { return static_cast<float>(v); }
/// The functions with f32 steps, from the C library's long double ones. numerics::add, mul, div:
/// this file too is built with -ffast-math.
float slow_function(unary f, float d, double alpha) {
  const auto l = static_cast<long double>(d);
  switch (f) {
    case unary::logistic: {
      return numerics::div(1.f, numerics::add(1.f, f32(std::exp(-l))));
    }
    case unary::tanh: return f32(std::tanh(l));
    case unary::elu: return d < 0 ? f32(std::expm1(l)) * static_cast<float>(alpha) : d;
    case unary::exp: return f32(std::exp(l));
    case unary::sin: return f32(std::sin(l));
    case unary::cos: return f32(std::cos(l));
    case unary::hard_swish: {
      return numerics::div(numerics::mul(d, std::min(std::max(numerics::add(d, 3.f), 0.f), 6.f)),
                           6.f);
    }
    case unary::hard_sigmoid:
      return numerics::div(std::min(std::max(numerics::add(d, 3.f), 0.f), 6.f), 6.f);
    case unary::leaky_relu: return d > 0 ? d : d * static_cast<float>(alpha);
    case unary::square: return d * d;
    case unary::neg: return -d;
    case unary::abs: return std::abs(d);
    case unary::sqrt: return f32(std::sqrt(l));
    case unary::gelu:
    case unary::log:
    case unary::rsqrt:
    case unary::floor:
    case unary::ceil:
    case unary::round:
    case unary::relu:
    case unary::relu6:
    case unary::relu_n1_to_1:
    case unary::relu_0_to_1:
    case unary::sign:
    case unary::erf:
    case unary::softplus:
    case unary::silu: break;  // not in `tables`
  }
  return d;
}
struct table_row {
  const op_def* op;
  unary f;
};
const table_row tables[] = {{&ops::qnn_logistic, unary::logistic},
                            {&ops::qnn_tanh, unary::tanh},
                            {&ops::qnn_elu, unary::elu},
                            {&ops::qnn_exp, unary::exp},
                            {&ops::qnn_sin, unary::sin},
                            {&ops::qnn_cos, unary::cos},
                            {&ops::qnn_hard_swish, unary::hard_swish},
                            {&ops::qnn_hard_sigmoid, unary::hard_sigmoid},
                            {&ops::qnn_leaky_relu, unary::leaky_relu},
                            {&ops::qnn_square, unary::square},
                            {&ops::qnn_sqrt, unary::sqrt}};

template <class T> void check_tables(rounding round) {
  std::mt19937_64 g(5);
  std::size_t operators = 0;
  for (const table_row& t : tables) {
    if (!t.op->forms[0].roundings.contains(round)) continue;  // no framework rounds it so
    ++operators;
    for (int k = 0; k < 12; ++k) {
      node_1 n{
          {16, 16},
          dtype_of<T>,
          dtype_of<T>,
          std::ldexp(1 + static_cast<double>(g() % 256) / 256, -7 + static_cast<int>(g() % 4)),
          std::ldexp(1 + static_cast<double>(g() % 256) / 256, -8 + static_cast<int>(g() % 4)),
          static_cast<std::int32_t>(g() % 256) + static_cast<std::int32_t>(lowest_of(dtype_of<T>)),
          static_cast<std::int32_t>(g() % 256) + static_cast<std::int32_t>(lowest_of(dtype_of<T>)),
          round};
      if (k % 3 == 0) n.in_scale = 0x1p-5, n.out_scale = 0x1p-4;  // ties
      n.attrs.set("alpha", 0.3);
      REQUIRE(n.prepare(*t.op));
      CHECK(n.step.kernel == kernel_id::lut8);
      const auto x = every_code<T>(), y = n.template run<T, T>(x);
      const float sx = static_cast<float>(n.in_scale), sy = static_cast<float>(n.out_scale),
                  inverse = numerics::div(1.f, sy);
      for (std::size_t i = 0; i < 256; ++i) {
        const float d = numerics::mul(sx, static_cast<float>(x[i] - n.in_zero)),
                    v = slow_function(t.f, d, 0.3);
        if (t.f == unary::sqrt && d < 0) continue;  // no number
        const float s = round == rounding::divide_half_even || round == rounding::divide_truncate
                            ? numerics::div(v, sy)
                            : numerics::mul(v, inverse);
        double q = static_cast<double>(
                       round == rounding::divide_half_away ? std::round(s)
                       : round == rounding::divide_truncate
                           ? std::trunc(s)
                           : std::nearbyint(round == rounding::xnnpack
                                                ? numerics::add(s, static_cast<float>(n.out_zero))
                                                : s)) +
                   (round == rounding::xnnpack ? 0 : n.out_zero);
        q = std::min(std::max(q, static_cast<double>(lowest_of(dtype_of<T>))),
                     static_cast<double>(highest_of(dtype_of<T>)));
        INFO(t.op->name << " " << name_of(round) << " x " << int{x[i]} << " scales " << n.in_scale
                        << " " << n.out_scale << " zeros " << n.in_zero << " " << n.out_zero);
        // ONNX Runtime's logistic is rounded once.
        if (round == rounding::divide_half_even && t.f == unary::logistic) {
          const float once =
              numerics::div(f32(1 / (1 + std::exp(-static_cast<long double>(d)))), sy);
          q = std::min(std::max(static_cast<double>(std::nearbyint(once)) + n.out_zero,
                                static_cast<double>(lowest_of(dtype_of<T>))),
                       static_cast<double>(highest_of(dtype_of<T>)));
        }
        REQUIRE(int{y[i]} == static_cast<int>(q));
      }
    }
  }
  CHECK(operators > 0);
}

}  // namespace

TEST_CASE("8-bit tables, every rounding, every code") {
  for (rounding r :
       {rounding::divide_half_away, rounding::divide_half_even, rounding::reciprocal_half_even,
        rounding::xnnpack, rounding::divide_truncate}) {
    check_tables<std::uint8_t>(r);
    check_tables<std::int8_t>(r);
  }
}

TEST_CASE("quantized functions are constant expressions") {
  constexpr auto table = [](unary f, rounding round, float sx, std::int32_t zx, float sy,
                            std::int32_t zy, std::int32_t x) {
    unary_params p;
    p.function = f, p.mode = round, p.type = dtype::s8;
    p.in_scale = sx, p.out_scale = sy, p.inverse = 1 / sy, p.in_zero_point = zx,
    p.out_zero_point = zy, p.lo = -128, p.hi = 127;
    return numerics::unary_value(p, x);
  };
  static_assert(
      table(unary::logistic, rounding::divide_half_away, 0.0625f, 0, 1.f / 256, -128, 0) == 0);
  static_assert(
      table(unary::logistic, rounding::divide_half_away, 0.0625f, 0, 1.f / 256, -128, 127) == 127);
  static_assert(
      table(unary::tanh, rounding::reciprocal_half_even, 0.0625f, 3, 1.f / 128, 0, -125) == -128);
  static_assert(table(unary::square, rounding::divide_half_away, 0.5f, 0, 0.5f, 0, 1) ==
                1);  // 0.25 / 0.5: half away
  static_assert(table(unary::square, rounding::divide_half_even, 0.5f, 0, 0.5f, 0, 1) ==
                0);  // to even
  static_assert(table(unary::square, rounding::divide_truncate, 0.5f, 0, 0.25f, 0, 3) == 9);
  constexpr auto row = [] {
    softmax_params p;
    p.mode = rounding::doubling_high_half_away, p.in_type = p.out_type = dtype::s8;
    p.outer = 1, p.depth = 4, p.lo = -128, p.hi = 127;
    numerics::set_softmax_dr(p, 1., 0.125);
    const std::int8_t x[4] = {10, 10, 10, 10};
    std::array<std::int8_t, 4> y{};
    reference::softmax(p, x, y.data(), 0, 1);
    return y;
  }();
  static_assert(row == std::array<std::int8_t, 4>{-64, -64, -64, -64});
}

TEST_CASE("integer forms at their ties and ends") {
  // relu by DR: 0.0625 -> 0.125 halves, and the halves that the second rounding sees go away from
  // zero.
  node_1 relu{{256}, dtype::s8, dtype::s8, 0.0625, 0.125, 3, 1, rounding::doubling_high_half_away};
  REQUIRE(relu.prepare(ops::qnn_relu));
  auto y = relu.run<std::int8_t, std::int8_t>(every_code<std::int8_t>());
  CHECK(int{y[128 + 4]} == 2);  // 0.5 -> 1
  CHECK(int{y[128 + 6]} == 3);  // 1.5 -> 2
  CHECK(int{y[0]} == 1);        // below 0: the zero point
  node_1 relu6{{256},  dtype::s8, dtype::s8, 0.0625,
               0.0625, -128,      -128,      rounding::doubling_high_half_away};
  REQUIRE(relu6.prepare(ops::qnn_relu6));
  y = relu6.run<std::int8_t, std::int8_t>(every_code<std::int8_t>());
  CHECK(int{y[255]} == -128 + 96);
  // The two leaky_relus: 8 fractional bits against 31.
  node_1 leaky{{256}, dtype::s8, dtype::s8, 0.05, 0.07, 0, 0, rounding::doubling_high_half_away};
  leaky.attrs.set("alpha", 0.01);
  REQUIRE(leaky.prepare(ops::qnn_leaky_relu));
  const auto exact = leaky.run<std::int8_t, std::int8_t>(every_code<std::int8_t>());
  leaky.round = rounding::eight_bit_ratio_half_up;
  REQUIRE(leaky.prepare(ops::qnn_leaky_relu));
  const auto coarse = leaky.run<std::int8_t, std::int8_t>(every_code<std::int8_t>());
  CHECK(exact != coarse);
  for (std::size_t i = 128; i < 256; ++i)
    CHECK(int{coarse[i]} ==
          ((static_cast<int>(i) - 128) * 183 + 128) >> 8);  // rint(256 * 0.05 / 0.07) = 183
  // Raw forms.
  node_1 neg{{256}, dtype::s8, dtype::s8, 0.05, 0.05, 0, 0, rounding::none};
  REQUIRE(neg.prepare(ops::qnn_neg));
  y = neg.run<std::int8_t, std::int8_t>(every_code<std::int8_t>());
  CHECK(int{y[0]} == -128);  // wraps
  CHECK(int{y[255]} == -127);
  node_1 clamp{{256}, dtype::u8, dtype::u8, 0.05, 0.05, 7, 7, rounding::none};
  clamp.attrs.set("clamp_lo", std::int64_t{7});
  clamp.attrs.set("clamp_hi", std::int64_t{127});
  REQUIRE(clamp.prepare(ops::qnn_relu6));
  const auto c = clamp.run<std::uint8_t, std::uint8_t>(every_code<std::uint8_t>());
  CHECK((int{c[0]} == 7 && int{c[7]} == 7 && int{c[100]} == 100 && int{c[255]} == 127));
}

TEST_CASE("int16 functions follow the real ones within their tables' error") {
  std::mt19937 g(6);
  std::vector<std::int16_t> x(4096);
  for (auto& v : x) v = static_cast<std::int16_t>(g());
  x[0] = -32768, x[1] = 32767, x[2] = 0;
  const struct {
    const op_def* op;
    double (*f)(double);
    double in, out, bound;
    rounding round;
  } rows[] = {{&ops::qnn_logistic, [](double v) { return 1 / (1 + std::exp(-v)); }, 0.0003,
               1. / 32768, 12, rounding::divide_half_away},
              {&ops::qnn_tanh, [](double v) { return std::tanh(v); }, 0.0003, 1. / 32768, 40,
               rounding::divide_half_away},
              {&ops::qnn_logistic, [](double v) { return 1 / (1 + std::exp(-v)); }, 0x1p-12,
               1. / 32768, 10, rounding::tflite_optimized},
              {&ops::qnn_tanh, [](double v) { return std::tanh(v); }, 0x1p-11, 1. / 32768, 14,
               rounding::tflite_optimized},
              {&ops::qnn_exp, [](double v) { return std::exp(v); }, 0x1p-14, 0.0003, 4,
               rounding::divide_half_away}};
  for (const auto& r : rows) {
    node_1 n{{4096}, dtype::s16, dtype::s16, r.in, r.out, 0, 0, r.round};
    REQUIRE(n.prepare(*r.op));
    const auto y = n.run<std::int16_t, std::int16_t>(x),
               y3 = n.run<std::int16_t, std::int16_t>(x, 3);
    CHECK(y == y3);
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double exact = std::min(std::max(r.f(x[i] * r.in) / r.out, -32768.), 32767.);
      worst = std::max(worst, std::abs(y[i] - exact));
    }
    INFO(r.op->name << " " << name_of(r.round));
    CHECK(worst <= r.bound + 1e-3);
    CHECK(worst > 0.1);
  }
}

TEST_CASE("softmax by dequantizing") {
  std::mt19937 g(7);
  std::vector<std::uint8_t> x(6 * 5 * 4);
  for (auto& v : x) v = static_cast<std::uint8_t>(g() % 256);
  node_1 n{{6, 5, 4}, dtype::u8, dtype::u8, 0.04, 1. / 256, 128, 0, rounding::reciprocal_half_even};
  n.attrs.set("axis", std::int64_t{1});
  REQUIRE(n.prepare(ops::qnn_softmax));
  const auto y = n.run<std::uint8_t, std::uint8_t>(x), y4 = n.run<std::uint8_t, std::uint8_t>(x, 4);
  CHECK(y == y4);
  for (std::size_t o = 0; o < 6; ++o)
    for (std::size_t i = 0; i < 4; ++i) {
      const auto at = [&](std::size_t k) { return o * 20 + k * 4 + i; };
      float most = -1e9f, sum = 0;
      float real[5], e[5];
      for (std::size_t k = 0; k < 5; ++k)
        real[k] = numerics::mul(static_cast<float>(x[at(k)] - 128), 0.04f),
        most = real[k] > most ? real[k] : most;
      for (std::size_t k = 0; k < 5; ++k)
        e[k] = f32(std::exp(static_cast<long double>(numerics::sub(real[k], most)))),
        sum = numerics::add(sum, e[k]);
      for (std::size_t k = 0; k < 5; ++k)
        REQUIRE(int{y[at(k)]} ==
                static_cast<int>(std::min(
                    255.f, std::nearbyint(numerics::mul(numerics::div(e[k], sum), 256.f)))));
    }
}

TEST_CASE("softmax of float32 sums to one, log_softmax is its logarithm") {
  std::mt19937 g(8);
  std::vector<float> x(100);
  for (auto& v : x) v = static_cast<float>(static_cast<std::int32_t>(g())) * 0x1p-29f;
  node_1 n{{4, 25}, dtype::f32, dtype::f32, 1, 1, 0, 0, rounding::none};
  REQUIRE(n.prepare(ops::softmax));
  const auto p = n.run<float, float>(x);
  REQUIRE(n.prepare(ops::log_softmax));
  const auto l = n.run<float, float>(x);
  for (std::size_t r = 0; r < 4; ++r) {
    double sum = 0;
    for (std::size_t i = 0; i < 25; ++i) sum += static_cast<double>(p[r * 25 + i]);
    CHECK(sum == Approx(1).epsilon(1e-6));
    for (std::size_t i = 0; i < 25; ++i)
      CHECK(static_cast<double>(l[r * 25 + i]) ==
            Approx(std::log(static_cast<double>(p[r * 25 + i]))).epsilon(1e-5));
  }
}

TEST_CASE("l2_normalization gives rows of length one") {
  std::mt19937 g(9);
  std::vector<std::int8_t> x(40);
  for (auto& v : x) v = static_cast<std::int8_t>(g());
  node_1 n{{4, 10}, dtype::s8, dtype::s8, 0.1, 1. / 128, 5, 0, rounding::doubling_high_half_away};
  REQUIRE(n.prepare(ops::qnn_l2_normalization));
  const auto y = n.run<std::int8_t, std::int8_t>(x);
  for (std::size_t r = 0; r < 4; ++r) {
    double length = 0;
    for (std::size_t i = 0; i < 10; ++i) length += (x[r * 10 + i] - 5.) * (x[r * 10 + i] - 5.);
    for (std::size_t i = 0; i < 10; ++i)
      CHECK(int{y[r * 10 + i]} ==
            static_cast<int>(
                std::min(127., std::round((x[r * 10 + i] - 5.) / std::sqrt(length) * 128))));
  }
}

TEST_CASE("what an operator does not take it refuses by name") {
  const auto refusal = [](const op_def& op, node_1 n) {
    const auto s = n.prepare(op);
    return s ? std::string() : s.error().message();
  };
  CHECK(refusal(ops::qnn_tanh,
                {{4}, dtype::s8, dtype::u8, 0.1, 0.1, 0, 0, rounding::divide_half_away})
            .find("int8 -> uint8") != std::string::npos);
  CHECK(
      refusal(ops::qnn_tanh, {{4}, dtype::s8, dtype::s8, 0.1, 0.1, 0, 0, rounding::float_half_even})
          .find("F") != std::string::npos);
  CHECK(refusal(ops::qnn_logistic,
                {{4}, dtype::s16, dtype::s16, 0.1, 0.1, 0, 0, rounding::divide_half_away})
            .find("1/32768") != std::string::npos);
  CHECK(refusal(ops::qnn_hard_swish,
                {{4}, dtype::s8, dtype::s8, 0.5, 0.001, 0, 0, rounding::doubling_high_half_away})
            .find("hard_swish") != std::string::npos);
  CHECK(refusal(ops::softmax, {{4}, dtype::s8, dtype::s8, 0.5, 0.1, 0, 0, rounding::none})
            .find("float32") != std::string::npos);
  CHECK(refusal(ops::qnn_l2_normalization,
                {{4}, dtype::s8, dtype::s8, 0.5, 0.1, 0, 0, rounding::doubling_high_half_away})
            .find("1/128") != std::string::npos);
  node_1 axis{{4, 3},   dtype::s8, dtype::s8, 0.5,
              1. / 256, 0,         -128,      rounding::doubling_high_half_away};
  axis.attrs.set("axis", std::int64_t{2});
  CHECK_FALSE(axis.prepare(ops::qnn_softmax));
}
