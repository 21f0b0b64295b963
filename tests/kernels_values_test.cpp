// Kernels of float32 and int16 operators, of dynamic-range rows, normalizations, indices and
// transpositions on every target this CPU can run equal the operators' references, bit for bit.
#include "kernels_test.hpp"
#include "octet/ops/binary.hpp"
#include "octet/ops/dynamic.hpp"
#include "octet/ops/gather.hpp"
#include "octet/ops/movement.hpp"
#include "octet/ops/mul.hpp"
#include "octet/ops/norm.hpp"
#include "octet/ops/pool2d.hpp"
#include "octet/ops/prelu.hpp"
#include "octet/ops/softmax.hpp"
#include "octet/ops/unary.hpp"

using namespace octet;
using namespace octet_test;

namespace {
/// Numbers of every magnitude near `scale`, with halves, zeros of both signs, infinities and NaN.
guarded floats(std::size_t n, double scale, bool special, rng& r) {
  guarded g(n * 4);
  for (std::size_t i = 0; i < n; ++i) {
    double v = scale * (2 * r.unit() - 1);
    switch (r.between(0, 9)) {
      case 0: v = std::ldexp(v, static_cast<int>(r.between(-140, 20))); break;
      case 1: v = static_cast<double>(r.between(-40, 40)) * 0.5; break;
      case 2: v = r.between(0, 1) ? 0. : -0.; break;
      default: break;
    }
    auto f = static_cast<float>(v);
    if (special && r.between(0, 60) == 0)
      f = r.between(0, 1)   ? std::numeric_limits<float>::quiet_NaN()
          : r.between(0, 1) ? std::numeric_limits<float>::infinity()
                            : -std::numeric_limits<float>::infinity();
    std::memcpy(g.data() + 4 * i, &f, 4);
  }
  return g;
}
guarded integers(std::size_t n, dtype t, rng& r) {
  guarded g(n * size_of(t));
  for (std::size_t i = 0; i < n; ++i) {
    const auto v = static_cast<std::int32_t>(r.between(0, 9)
                                                 ? r.between(lowest_of(t), highest_of(t))
                                                 : r.pick({lowest_of(t), highest_of(t), 0, 1, -1}));
    std::memcpy(g.data() + i * size_of(t), &v, size_of(t));
  }
  return g;
}
/// Shapes that broadcast: rows of every length, one operand short, scalars.
struct operands {
  dims a, b, y;
};
operands random_operands(rng& r) {
  const auto c = static_cast<std::int32_t>(r.pick({1, 2, 3, 5, 8, 15, 16, 17, 40, 65})),
             n = static_cast<std::int32_t>(r.between(1, 12));
  operands o;
  switch (r.between(0, 5)) {
    case 0: o = {dims{n, c}, dims{n, c}, {}}; break;
    case 1: o = {dims{n, c}, dims{c}, {}}; break;
    case 2: o = {dims{c}, dims{n, c}, {}}; break;
    case 3: o = {dims{n, c}, dims{n, 1}, {}}; break;
    case 4: o = {dims{n, c}, dims{}, {}}; break;
    default: o = {dims{2, 1, c}, dims{2, n, 1}, {}}; break;
  }
  o.y = broadcast(o.a, o.b);
  return o;
}
multiplier random_multiplier(rng& r) {
  return numerics::quantize_multiplier(
      std::ldexp(0.5 + r.unit() / 2, static_cast<int>(r.between(-8, 3))));
}
}  // namespace

TEST_CASE("float functions equal the reference") {
  coverage seen;
  rng r(41);
  for (const unary f :
       {unary::logistic, unary::tanh,         unary::hard_swish,  unary::hard_sigmoid,
        unary::elu,      unary::gelu,         unary::erf,         unary::exp,
        unary::sqrt,     unary::rsqrt,        unary::log,         unary::softplus,
        unary::abs,      unary::neg,          unary::square,      unary::relu,
        unary::relu6,    unary::relu_n1_to_1, unary::relu_0_to_1, unary::leaky_relu,
        unary::silu,     unary::floor,        unary::ceil,        unary::round,
        unary::sign,     unary::sin,          unary::cos})
    for (int i = 0; i < 12; ++i) {
      unary_params p;
      p.function = f;
      const bool of_ort = numerics::ort_function_of(f) != numerics::ort_function::other;
      p.mode = i % 3 == 2             ? rounding::aten
               : i % 3 == 1 && of_ort ? rounding::onnxruntime
                                      : rounding::none;
      // ONNX Runtime's sines have no vectors.
      const bool must = p.mode != rounding::onnxruntime || (f != unary::sin && f != unary::cos);
      p.approximate = i % 4 < 2;
      p.alpha = static_cast<float>(r.pick({0, 1, 3})) * 0.3f;
      p.count = static_cast<std::size_t>(r.pick({1, 3, 8, 15, 16, 17, 400}));
      const guarded x = floats(p.count, i % 2 ? 6. : 95., true, r);
      INFO("function " << static_cast<int>(f) << " of " << p.count);
      check_kernel<unary_params>(kernel_id::unary, &reference::unary_kernel, p, {x.data()},
                                 p.count * 4, seen, must, dtype::f32);
    }
  seen.require_simd();
}

namespace {
/// TFLite's reference of floats calls the C library's, or (gelu by tanh) has Eigen's.
bool of_c_library(unary f) {
  return f == unary::exp || f == unary::logistic || f == unary::log || f == unary::sin ||
         f == unary::cos || f == unary::gelu;
}
}  // namespace

TEST_CASE("functions at the edges of their formulas, and near every rounding") {
  coverage seen;
  rng r(42);
  constexpr float infinite = std::numeric_limits<float>::infinity();
  for (const unary f :
       {unary::exp, unary::tanh, unary::elu, unary::logistic, unary::erf, unary::gelu,
        unary::hard_swish, unary::log, unary::softplus, unary::silu, unary::sqrt, unary::rsqrt,
        unary::sin, unary::cos, unary::floor, unary::ceil, unary::round, unary::sign}) {
    std::vector<float> x;
    for (const float edge :
         {-104.f, -88.f, -87.3f, -87.f, -60.f, -20.f, -16.619f, -9.f, -1.f, -0x1p-12f, -0x1p-126f,
          -0x1p-149f, 0.f, 0x1p-149f, 0x1p-13f, 1.f, 8.9f, 9.1f, 16.619048f, 20.f, 22.f, 87.f, 88.f,
          88.8f, 3e38f, -0.5f, -0.707107f, 0.70710677f, 2.f, -2.25f, 2.828427f, 3.83f, 3.92f, 4.f,
          -14.17f, -14.21f, 14.849242f, -14.849242f, -3e38f, -1e27f, infinite, -infinite,
          // fdlibm's expm1 and tanh, and whole numbers
          0x1p-55f, 0x1p-26f, 0.17328680f, 0.34657359f, 0.51986039f, 1.0397208f, -0.34657359f,
          -1.0397208f, -18.714973f, 15.942385f, 39.508564f, 0.5f, -1.5f, 8388607.5f, -8388608.f})
      for (const float v : {edge, std::nextafter(edge, -infinite), std::nextafter(edge, infinite)})
        x.push_back(v);
    for (int i = 0; i < 6000; ++i)
      x.push_back(static_cast<float>((2 * r.unit() - 1) * std::ldexp(1., i % 7)));
    const bool of_xnnpack = numerics::xnnpack_function_of(f) != numerics::xnnpack_function::other;
    for (const rounding mode : {rounding::none, rounding::aten, rounding::onnxruntime,
                                rounding::xnnpack, rounding::divide_half_away}) {
      if (mode == rounding::xnnpack && !of_xnnpack) continue;
      if (mode == rounding::aten && !numerics::has_vectorized(f)) continue;
      if (mode == rounding::divide_half_away && !of_c_library(f)) continue;
      if (mode == rounding::onnxruntime &&
          numerics::ort_function_of(f) == numerics::ort_function::other)
        continue;
      unary_params p;
      p.function = f;
      p.mode = mode;
      p.alpha = 1;
      p.count = x.size();
      p.approximate = mode == rounding::divide_half_away;
      // ONNX Runtime's sines have no vectors.
      const bool must = mode != rounding::onnxruntime || (f != unary::sin && f != unary::cos);
      INFO("function " << static_cast<int>(f) << ", rounding " << static_cast<int>(mode));
      check_kernel<unary_params>(kernel_id::unary, &reference::unary_kernel, p,
                                 {reinterpret_cast<const std::byte*>(x.data())}, p.count * 4, seen,
                                 must, dtype::f32);
    }
  }
}

TEST_CASE("int16 functions equal the reference") {
  coverage seen;
  rng r(43);
  for (int i = 0; i < 90; ++i) {
    unary_params p;
    p.type = dtype::s16;
    p.count = static_cast<std::size_t>(r.pick({1, 7, 16, 17, 333}));
    p.lo = static_cast<std::int32_t>(r.pick({-32768, 0, -77})),
    p.hi = static_cast<std::int32_t>(r.pick({32767, 5000}));
    std::vector<std::int16_t> table;
    switch (i % 6) {
      case 0:
        p.function = unary::relu6;
        p.mode = r.between(0, 1) ? rounding::none : rounding::doubling_high_half_away;
        break;
      case 1: p.function = unary::neg, p.mode = rounding::none; break;
      case 2: p.function = unary::leaky_relu, p.mode = rounding::doubling_high_half_away; break;
      case 3: p.function = unary::abs, p.mode = rounding::doubling_high_half_away; break;
      case 4:
        p.function = r.between(0, 1) ? unary::logistic : unary::tanh;
        p.mode = rounding::divide_half_away;
        p.sigmoid = numerics::sigmoid_input_for(
            r.between(0, 2) ? std::ldexp(0.5 + r.unit(), static_cast<int>(r.between(-24, 0)))
                            : std::ldexp(1., static_cast<int>(r.pick({-12, -11}))),
            p.function == unary::tanh);
        break;
      default:
        p.function = unary::gelu, p.mode = rounding::divide_half_away;
        for (int k = 0; k < 513; ++k)
          table.push_back(static_cast<std::int16_t>(r.between(-32768, 32767)));
        p.table = table.data();
    }
    p.positive = random_multiplier(r), p.negative = random_multiplier(r);
    if (p.function == unary::leaky_relu && r.between(0, 1)) p.negative.m = -p.negative.m;
    if (p.function == unary::abs && r.between(0, 1)) p.positive = {};
    if (p.mode == rounding::doubling_high_half_away) {
      p.in_zero_point = static_cast<std::int32_t>(r.pick({0, 0, -300, 77})),
      p.out_zero_point = static_cast<std::int32_t>(r.pick({0, 5}));
    }
    const guarded x = integers(p.count, dtype::s16, r);
    INFO("function " << static_cast<int>(p.function) << " of " << p.count);
    check_kernel<unary_params>(kernel_id::unary, &reference::unary_kernel, p, {x.data()},
                               p.count * 2, seen, p.sigmoid.multiplier < 1 << 15);
  }
  seen.require_simd();
}

TEST_CASE("two plain operands equal the reference") {
  coverage seen;
  rng r(44);
  for (int i = 0; i < 160; ++i) {
    const operands o = random_operands(r);
    const bool real = r.between(0, 1) != 0;
    const auto shape = make_broadcast<2>({o.a, o.b}, o.y);
    const std::size_t na = o.a.elements().value, nb = o.b.elements().value;
    const dtype t = real ? dtype::f32 : dtype::s32;
    const guarded a = real ? floats(na, 5., true, r) : integers(na, t, r),
                  b = real ? floats(nb, 5., true, r) : integers(nb, t, r);
    INFO(to_string(o.a) << " and " << to_string(o.b) << (real ? " f32" : " s32"));
    const std::size_t bytes = shape.count * 4;
    switch (i % 4) {
      case 0: {
        add_params p{};
        p.mode = rounding::none, p.a_type = p.b_type = p.y_type = t, p.shape = shape;
        p.sign = r.between(0, 1) ? 1 : -1;
        p.min = -4.f, p.max = r.between(0, 1) ? 6.f : std::numeric_limits<float>::infinity();
        p.lo = r.between(0, 1) ? INT32_MIN : -1000, p.hi = r.between(0, 1) ? INT32_MAX : 1000;
        check_kernel<add_params>(kernel_id::add, &reference::add_kernel, p, {a.data(), b.data()},
                                 bytes, seen, true, t);
        break;
      }
      case 1: {
        mul_params p{};
        p.mode = rounding::none, p.a_type = p.b_type = p.y_type = t, p.shape = shape;
        p.min = -4.f, p.max = 6.f;
        p.lo = INT32_MIN, p.hi = INT32_MAX;
        check_kernel<mul_params>(kernel_id::mul, &reference::mul_kernel, p, {a.data(), b.data()},
                                 bytes, seen, true, t);
        break;
      }
      default: {
        binary_params p{};
        p.op = r.between(0, 1) ? binary_op::minimum : binary_op::maximum;
        if (real && r.between(0, 1))
          p.op = r.between(0, 1) ? binary_op::squared_difference : binary_op::div;
        p.a_type = p.y_type = t, p.shape = shape;
        p.min = -4.f, p.max = 6.f;
        check_kernel<binary_params>(kernel_id::binary, &reference::binary_kernel, p,
                                    {a.data(), b.data()}, bytes, seen, true, t);
      }
    }
  }
  seen.require_simd();
}

TEST_CASE("powers equal the reference") {
  coverage seen;
  rng r(47);
  for (int i = 0; i < 120; ++i) {
    const operands o = random_operands(r);
    binary_params p{};
    p.op = binary_op::pow, p.a_type = p.y_type = dtype::f32;
    p.shape = make_broadcast<2>({o.a, o.b}, o.y);
    const guarded a = floats(o.a.elements().value, i % 2 ? 3. : 900., true, r),
                  b = floats(o.b.elements().value, i % 3 ? 4. : 40., i % 4 == 0, r);
    if (i % 5 < 2)  // exponents that are whole numbers, even and odd
      for (std::size_t k = 0; k < b.size(); k += 4) {
        const auto v = static_cast<float>(r.between(-4, 5));
        std::memcpy(b.data() + k, &v, 4);
      }
    INFO(to_string(o.a) << " to the power of " << to_string(o.b));
    check_kernel<binary_params>(kernel_id::binary, &reference::binary_kernel, p,
                                {a.data(), b.data()}, p.shape.count * 4, seen, true, dtype::f32);
  }
  seen.require_simd();
}

TEST_CASE("quantized minimum, squared difference and prelu equal the reference") {
  coverage seen;
  rng r(45);
  for (int i = 0; i < 120; ++i) {
    operands o = random_operands(r);
    const dtype t = r.between(0, 1) ? dtype::s8 : dtype::u8;
    const bool slope = i % 2 != 0;
    if (slope && !(o.y == o.a)) o.a = o.y;
    const auto shape = make_broadcast<2>({o.a, o.b}, o.y);
    const guarded a = integers(o.a.elements().value, t, r),
                  b = integers(o.b.elements().value, t, r);
    const auto zero = [&] {
      return static_cast<std::int32_t>(r.between(lowest_of(t), highest_of(t)));
    };
    INFO(to_string(o.a) << " and " << to_string(o.b) << " " << name_of(t));
    const auto lo = static_cast<std::int32_t>(lowest_of(t)),
               hi = static_cast<std::int32_t>(highest_of(t));
    if (slope) {
      prelu_params p{};
      p.type = p.slope_type = t, p.shape = shape;
      p.mode = r.between(0, 1) ? rounding::doubling_high_half_away : rounding::reciprocal_half_even;
      p.in_zero_point = zero(), p.slope_zero_point = zero(), p.out_zero_point = zero();
      p.lo = lo, p.hi = hi;
      p.ratio = 0.0143f, p.one = static_cast<std::int32_t>(r.between(-255, 255));
      p.positive = random_multiplier(r), p.negative = random_multiplier(r);
      check_kernel<prelu_params>(kernel_id::prelu, &reference::prelu_kernel, p,
                                 {a.data(), b.data()}, shape.count, seen, true);
      continue;
    }
    binary_params p{};
    p.a_type = p.y_type = t, p.shape = shape;
    p.op = binary_op::minimum;
    if (r.between(0, 2)) {
      p.op = binary_op::squared_difference, p.mode = rounding::doubling_high_half_away;
      p.left_shift = 7;
      p.a_mult = numerics::quantize_multiplier(0.5);
      p.b_mult = numerics::quantize_multiplier(0.3 + r.unit() / 5);
      p.y_mult = numerics::quantize_multiplier(std::ldexp(1 + r.unit(), -14));
      p.a_zero_point = zero(), p.b_zero_point = zero(), p.zero_point = zero();
      p.lo = lo, p.hi = hi;
    }
    check_kernel<binary_params>(kernel_id::binary, &reference::binary_kernel, p,
                                {a.data(), b.data()}, shape.count, seen, true);
  }
  for (int i = 0; i < 30; ++i) {  // float slopes
    operands o = random_operands(r);
    if (!(o.y == o.a)) o.a = o.y;
    prelu_params p{};
    p.shape = make_broadcast<2>({o.a, o.b}, o.y);
    const guarded a = floats(o.a.elements().value, 3., true, r),
                  b = floats(o.b.elements().value, 1., false, r);
    check_kernel<prelu_params>(kernel_id::prelu, &reference::prelu_kernel, p, {a.data(), b.data()},
                               p.shape.count * 4, seen, true, dtype::f32);
  }
  seen.require_simd();
}

TEST_CASE("prelu of int16 with int8 slopes equals the reference") {
  coverage seen;
  rng r(53);
  for (int i = 0; i < 60; ++i) {
    operands o = random_operands(r);
    if (!(o.y == o.a)) o.a = o.y;
    const guarded a = integers(o.a.elements().value, dtype::s16, r),
                  b = integers(o.b.elements().value, dtype::s8, r);
    prelu_params p{};
    p.type = dtype::s16, p.slope_type = dtype::s8;
    p.shape = make_broadcast<2>({o.a, o.b}, o.y);
    p.mode = rounding::doubling_high_half_away;
    p.in_zero_point = static_cast<std::int32_t>(r.between(-32768, 32767));
    p.slope_zero_point = static_cast<std::int32_t>(r.between(-128, 127));
    p.out_zero_point = static_cast<std::int32_t>(r.between(-32768, 32767));
    p.lo = -32768, p.hi = 32767;
    p.positive = random_multiplier(r), p.negative = random_multiplier(r);
    check_kernel<prelu_params>(kernel_id::prelu, &reference::prelu_kernel, p, {a.data(), b.data()},
                               p.shape.count * 2, seen, true);
  }
  seen.require_simd();
}

TEST_CASE("batch_norm and normalizations of groups equal the reference") {
  coverage seen;
  rng r(46);
  for (int i = 0; i < 80; ++i) {
    const dtype t = r.between(0, 1) ? dtype::s8 : dtype::u8;
    const auto c = static_cast<std::size_t>(r.pick({1, 4, 8, 17, 40})),
               n = static_cast<std::size_t>(r.pick({1, 3, 33}));
    const guarded x = integers(n * c, t, r), w = floats(c, 1.5, false, r),
                  b = floats(c, 9., false, r);
    const auto zx = static_cast<std::int32_t>(r.between(lowest_of(t), highest_of(t))),
               zy = static_cast<std::int32_t>(r.between(lowest_of(t), highest_of(t)));
    INFO(n << " of " << c << " " << name_of(t));
    if (i % 2) {
      batch_norm_params p;
      p.type = t, p.count = n * c, p.channels = c;
      p.in_zero_point = zx, p.zero_point = zy;
      p.lo = static_cast<std::int32_t>(lowest_of(t)),
      p.hi = static_cast<std::int32_t>(highest_of(t));
      p.alpha = w.as<const float>(), p.beta = b.as<const float>();
      check_kernel<batch_norm_params>(kernel_id::batch_norm, &reference::batch_norm_kernel, p,
                                      {x.data()}, n * c, seen, false);
      continue;
    }
    norm_params p;
    p.type = t;
    if (r.between(0, 1)) {  // channels of n elements each
      p.channels = c, p.inner = n;
      p.groups = c % 4 == 0 ? 4 : 1;
      p.group = c / p.groups * n;
    } else {
      p.groups = n, p.group = c;
    }
    p.in_scale = 0.03, p.epsilon = 1e-5, p.inverse = 20.f;
    p.in_zero_point = zx, p.zero_point = zy;
    p.lo = static_cast<std::int32_t>(lowest_of(t)), p.hi = static_cast<std::int32_t>(highest_of(t));
    if (r.between(0, 2)) p.weight = w.as<const float>();
    if (r.between(0, 2)) p.bias = b.as<const float>();
    check_kernel<norm_params>(kernel_id::norm, &reference::norm_kernel, p, {x.data()}, n * c, seen,
                              false);
  }
}

TEST_CASE("arg_max and arg_min kernels equal the reference") {
  coverage seen;
  rng r(47);
  for (int i = 0; i < 60; ++i) {
    axis_params p;
    p.type = i % 3 == 0 ? dtype::s8 : i % 3 == 1 ? dtype::u8 : dtype::s16;
    p.out_type = r.between(0, 1) ? dtype::s32 : dtype::s64;
    p.least = r.between(0, 1) != 0;
    p.outer = static_cast<std::size_t>(r.between(1, 9)),
    p.extent = static_cast<std::size_t>(r.pick({1, 2, 7, 8, 16, 21, 33, 1001}));
    const guarded x = integers(p.outer * p.extent, p.type, r);
    if (r.between(0, 3) == 0)
      std::memset(x.data(), static_cast<int>(r.pick({0, 0x80, 0xFF})), x.size());
    INFO(p.outer << " of " << p.extent << " " << name_of(p.type));
    check_kernel<axis_params>(kernel_id::arg_extreme, &reference::arg_kernel, p, {x.data()},
                              p.outer * size_of(p.out_type), seen, true);
  }
  seen.require_simd();
}

TEST_CASE("transposition kernels equal the reference") {
  coverage seen;
  rng r(48);
  for (int i = 0; i < 90; ++i) {
    const auto extent = [&] {
      return static_cast<std::int32_t>(r.pick({2, 2, 3, 4, 7, 8, 15, 16, 17, 31, 40}));
    };
    const dims x{static_cast<std::int32_t>(r.between(1, 3)), extent(), extent(),
                 static_cast<std::int32_t>(r.between(1, 2))};
    const moved m = r.between(0, 1) ? move_transpose(dims{x[0], x[1], x[2]}, dims{0, 2, 1})
                                    : move_transpose(x, dims{0, 3, 2, 1});
    movement_params p;
    p.type = i % 3 == 0 ? dtype::s8 : i % 3 == 1 ? dtype::s16 : dtype::f32;
    p.copies = &m.copy;
    const guarded q = integers(m.copy.count * size_of(p.type), dtype::u8, r);
    INFO(to_string(x) << " to " << to_string(m.shape) << " " << name_of(p.type));
    check_kernel<movement_params>(kernel_id::movement, &reference::movement_kernel, p, {q.data()},
                                  q.size(), seen, false);
  }
  seen.require_simd();
}

TEST_CASE("softmax kernels of float32 and int16 equal the reference") {
  coverage seen;
  rng r(49);
  std::vector<std::int16_t> e(513), inverse(513);
  const double step = numerics::div(10., 65535.), unit_out = numerics::div(2., 65535.);
  numerics::make_lut16<double>([](double v) { return numerics::exp(v); }, step, 32767, unit_out, 0,
                               e.data());
  numerics::make_lut16<double>([](double v) { return 1. / (1. + v); }, 1. / 65535., -32768,
                               unit_out, 0, inverse.data());
  for (int i = 0; i < 60; ++i) {
    softmax_params p;
    const bool real = i % 2 != 0;
    p.outer = static_cast<std::size_t>(r.between(1, 4)),
    p.depth = static_cast<std::size_t>(r.pick({1, 2, 7, 8, 17, 33, 1000}));
    p.in_type = p.out_type = real ? dtype::f32 : dtype::s16;
    p.mode = real ? rounding::none : rounding::wide_half_up;
    p.log = real && r.between(0, 1);
    p.beta = r.between(0, 1) ? 1.f : 0.7f;
    p.exp_table = e.data(), p.reciprocal_table = inverse.data();
    p.mult = numerics::quantize_multiplier(
        std::ldexp(0.5 + r.unit(), static_cast<int>(r.between(-3, 3))));
    const std::size_t n = p.outer * p.depth;
    const guarded x = real ? floats(n, r.between(0, 3) ? 8. : 200., r.between(0, 9) == 0, r)
                           : integers(n, dtype::s16, r);
    INFO(p.outer << " of " << p.depth << (real ? " f32" : " s16"));
    check_kernel<softmax_params>(kernel_id::softmax, &reference::softmax_kernel, p, {x.data()},
                                 n * size_of(p.in_type), seen, true, p.out_type);
  }
  seen.require_simd();
}

TEST_CASE("pool2d kernels of float32 and int16 equal the reference") {
  coverage seen;
  rng r(50);
  constexpr rounding modes[] = {rounding::divide_half_away, rounding::float_half_even,
                                rounding::divide_half_even};
  for (int i = 0; i < 80; ++i) {
    pool2d_params p{};
    pool2d_attrs a;
    const bool real = r.between(0, 1) != 0;
    p.max = r.between(0, 1) != 0;
    p.type = real ? dtype::f32 : dtype::s16;
    p.mode = p.max                  ? rounding::none
             : !real                ? modes[i % 3]
             : r.between(0, 1) != 0 ? rounding::xnnpack
                                    : rounding::none;
    a.window_h = static_cast<std::int32_t>(r.between(1, 4)),
    a.window_w = static_cast<std::int32_t>(r.between(1, 30));
    a.stride_h = static_cast<std::int32_t>(r.between(1, 2)), a.stride_w = 1;
    const dims x{1, a.window_h + static_cast<std::int32_t>(r.between(0, 4)),
                 a.window_w + static_cast<std::int32_t>(r.between(0, 4)),
                 static_cast<std::int32_t>(r.pick({1, 3, 8, 15, 16, 17, 35, 67, 112}))};
    const auto y = pool2d_shape(a, x);
    REQUIRE(!y.broken);
    p.batch = 1, p.in_h = x[1], p.in_w = x[2], p.channels = x[3], p.out_h = y.shape[1],
    p.out_w = y.shape[2];
    p.window_h = a.window_h, p.window_w = a.window_w, p.stride_h = a.stride_h,
    p.stride_w = a.stride_w, p.dilation_h = p.dilation_w = 1;
    p.pad_top = p.pad_left = p.pad_bottom = p.pad_right = 0;
    p.lo = static_cast<std::int32_t>(r.pick({-32768, -9})), p.hi = 32767;
    p.in_zero_point = p.mode == rounding::float_half_even ? 7 : 0, p.zero_point = p.in_zero_point;
    p.ratio = 1.3;
    p.min = -50.f, p.max_value = 60.f;
    const std::size_t n = x.elements().value;
    // Sums of infinities and NaN have a NaN whose bits the order of operands decides.
    const guarded q = real ? floats(n, 80., p.max, r) : integers(n, dtype::s16, r);
    INFO("pool " << name_of(p.mode) << " " << name_of(p.type) << " " << to_string(x));
    check_kernel<pool2d_params>(kernel_id::pool2d, &reference::pool2d_kernel, p, {q.data()},
                                y.shape.elements().value * size_of(p.type), seen, true, p.type);
  }
  seen.require_simd();
}

TEST_CASE("sums of dynamically quantized rows to floats equal the reference") {
  coverage seen;
  rng r(51);
  for (int i = 0; i < 80; ++i) {
    dynamic_dequantize_params p;
    p.channels = static_cast<std::size_t>(r.pick({1, 3, 8, 17, 64}));
    p.length = p.channels * static_cast<std::size_t>(r.between(1, 3));
    p.rows = static_cast<std::size_t>(r.between(1, 4));
    constexpr float_scaling orders[] = {float_scaling::fused, float_scaling::scales_fused,
                                        float_scaling::scales_first, float_scaling::channel_first,
                                        float_scaling::row_first};
    p.by = orders[i % 5];
    const bool fused = p.by == float_scaling::fused || p.by == float_scaling::scales_fused;
    p.row_first = static_cast<std::size_t>(r.between(0, static_cast<std::int32_t>(p.channels)));
    const guarded x = integers(p.rows * p.length, dtype::s32, r), s = floats(p.rows, 1., false, r),
                  c = floats(p.channels, 0.01, false, r), b = floats(p.channels, 9., false, r);
    p.scales = c.as<const float>();
    p.min = r.between(0, 1) ? 0.f : -std::numeric_limits<float>::infinity();
    p.max = std::numeric_limits<float>::infinity();
    const std::byte* bias = r.between(0, 1) ? b.data() : nullptr;
    INFO(p.rows << " of " << p.length << ", " << p.channels << " channels, order " << i % 5);
    check_kernel<dynamic_dequantize_params>(
        kernel_id::dynamic_dequantize, &reference::dynamic_dequantize_kernel, p,
        {x.data(), s.data(), bias}, p.rows * p.length * 4, seen, !fused, dtype::f32);
  }
  seen.require_simd();
}

/// A call of a kernel without packed data in `parts` parts, as the executor makes it: each part of
/// `before` first, scratch of each part at the end of what is mapped.
static void run_in_parts(const kernel_entry& e, const void* params, std::uint32_t parts,
                         std::span<const void* const> in, std::span<void* const> out) {
  const std::size_t bytes = e.scratch_bytes ? e.scratch_bytes(params) : 0,
                    step = round_up(bytes, alignment);
  const guarded scratch(std::max<std::size_t>(step * parts, alignment));
  std::memset(scratch.data(), 0xFF, scratch.size());
  kernel_args a;
  a.params = params, a.in = {in.data(), in.size()}, a.out = {out.data(), out.size()};
  a.parts = parts, a.scratch_step = step;
  const auto call = [&](kernel_fn f) {
    for (a.part = 0; a.part < parts; ++a.part) a.scratch = scratch.data() + a.part * step, f(a);
  };
  if (const kernel_fn before = e.before && parts > 1 ? e.before(params, parts) : nullptr)
    call(before);
  call(e.run);
}

TEST_CASE("dynamically quantized rows equal the reference on every target") {
  rng r(52);
  std::size_t ran = 0, together = 0;
  constexpr row_formula formulas[] = {row_formula::xnnpack, row_formula::aten,
                                      row_formula::asymmetric, row_formula::symmetric};
  for (int i = 0; i < 300; ++i) {
    dynamic_quantize_params p;
    p.formula = formulas[i % 4];
    p.reduce_range = r.between(0, 1) != 0;
    p.rows = static_cast<std::size_t>(r.pick({1, 2, 3, 5, 8, 18, 23})),
    p.length = static_cast<std::size_t>(r.pick({1, 5, 16, 17, 31, 32, 33, 64, 100, 300, 9001}));
    p.zero_points = p.formula != row_formula::symmetric && r.between(0, 1) != 0;
    p.codes = p.formula == row_formula::symmetric ? dtype::s8
              : !p.zero_points                    ? dtype::s16
              : p.formula == row_formula::aten    ? dtype::u8
                                                  : dtype::s8;
    const std::size_t n = p.rows * p.length, bytes = n * size_of(p.codes);
    guarded x = floats(n, 4., false, r);
    if (i % 9 == 0) std::memset(x.data(), 0, x.size());
    // Values that fall halfway between two codes.
    if (i % 5 == 0 && n > 4)
      for (std::size_t k = 0; k < n; ++k)
        x.as<float>()[k] = k == 0 ? 127.f : k == 1 ? -128.f : static_cast<float>(k % 19) - 0.5f;
    // The least and the most in any place.
    if (i % 7 == 0)
      for (std::size_t row = 0; row < n; row += p.length)
        for (const float v : {-7.f, 9.f})
          x.as<float>()[row + static_cast<std::size_t>(
                                  r.between(0, static_cast<std::int32_t>(p.length) - 1))] = v;
    const void* in[] = {x.data()};
    std::vector<std::byte> codes(bytes), scales(p.rows * 4), zeros(p.rows * 4);
    void* expected[] = {codes.data(), scales.data(), zeros.data()};
    run_in_parts({.run = &reference::dynamic_quantize_kernel}, &p, 1, in, expected);
    for (const target t : simd_targets()) {
      const kernel_entry* e = kernels::find(kernel_id::dynamic_quantize, t);
      REQUIRE(e != nullptr);
      const guarded q(bytes), s(p.rows * 4), z(p.rows * 4);
      void* out[] = {q.data(), s.data(), z.data()};
      const auto parts = static_cast<std::uint32_t>(r.pick({1, 2, 3, 9}));
      run_in_parts(*e, &p, parts, in, out);
      INFO(name_of(t) << " " << static_cast<int>(p.formula) << " " << p.rows << " of " << p.length
                      << " in " << parts);
      together += parts > 1 && e->before(&p, parts) != nullptr;
      REQUIRE(std::memcmp(q.data(), codes.data(), bytes) == 0);
      REQUIRE(std::memcmp(s.data(), scales.data(), p.rows * 4) == 0);
      if (p.zero_points) REQUIRE(std::memcmp(z.data(), zeros.data(), p.rows * 4) == 0);
      ++ran;
    }
  }
  if (best_target() != target::reference) CHECK((ran > 0 && together > 0));
}

TEST_CASE("DynamicQuantizeLinear equals the reference on every target, in any number of parts") {
  rng r(53);
  for (int i = 0; i < 100; ++i) {
    dynamic_quantize_linear_params p;
    p.count = static_cast<std::size_t>(r.pick({0, 1, 17, 64, 300, 8191, 8192, 20011}));
    guarded x = floats(p.count, 4., false, r);
    const auto anywhere = [&](float v) {
      if (p.count == 0) return;
      x.as<float>()[r.between(0, static_cast<std::int32_t>(p.count) - 1)] = v;
    };
    // Ranges on one side of 0, of infinite ends and scales, of denormals; NaN beside them.
    for (std::size_t k = 0; k < p.count; ++k)
      x.as<float>()[k] = i % 5 == 0   ? std::fabs(x.as<float>()[k])
                         : i % 5 == 1 ? -std::fabs(x.as<float>()[k])
                         : i % 5 == 2 ? x.as<float>()[k] * 1e-44f
                                      : x.as<float>()[k];
    if (i % 7 == 0) anywhere(std::numeric_limits<float>::infinity());
    if (i % 7 == 1) anywhere(-std::numeric_limits<float>::infinity());
    if (i % 7 == 2) anywhere(3e38f), anywhere(-3e38f);
    if (i % 3 == 0) anywhere(std::numeric_limits<float>::quiet_NaN());
    const void* in[] = {x.data()};
    std::vector<std::byte> codes(p.count), scale(4), zero(1);
    void* expected[] = {codes.data(), scale.data(), zero.data()};
    run_in_parts({.run = &reference::dynamic_quantize_linear_kernel}, &p, 1, in, expected);
    for (const target t : simd_targets())
      for (const std::uint32_t parts : {1u, 2u, 3u, 9u}) {
        INFO(name_of(t) << " " << i << ": " << p.count << " in " << parts);
        const guarded q(p.count), s(4), z(1);
        void* out[] = {q.data(), s.data(), z.data()};
        run_in_parts(*kernels::find(kernel_id::dynamic_quantize_linear, t), &p, parts, in, out);
        REQUIRE(std::memcmp(s.data(), scale.data(), 4) == 0);
        REQUIRE(std::memcmp(z.data(), zero.data(), 1) == 0);
        REQUIRE((p.count == 0 || std::memcmp(q.data(), codes.data(), p.count) == 0));
      }
  }
}
