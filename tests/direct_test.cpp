// Direct calls: every function against its operator's reference, which is prepared here by hand
// with the rounding that the law asks for.
#include "octet/direct.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <memory>
#include <vector>

#include "octet/octet.hpp"

namespace {
using octet::dims, octet::dtype, octet::quantized_result, octet::quantized_view, octet::rounding;

template <class T>
std::vector<T> numbers(std::size_t n, std::uint32_t seed, std::int32_t range = 256) {
  std::vector<T> v(n);
  for (T& e : v) {
    seed = seed * 1664525u + 1013904223u;
    const std::int32_t x = static_cast<std::int32_t>(seed >> 9) % range - range / 2;
    if constexpr (std::is_floating_point_v<T>)
      e = static_cast<T>(x) / T(16);
    else
      e = static_cast<T>(x);
  }
  return v;
}
template <class T> struct held {
  dims shape;
  double scale;
  std::int32_t zero_point;
  std::vector<T> data;
  held(dims s, double sc, std::int32_t z, std::uint32_t seed = 0)
      : shape(s),
        scale(sc),
        zero_point(z),
        data(seed ? numbers<T>(s.elements().value, seed) : std::vector<T>(s.elements().value)) {}
  quantized_view view() const {
    return {{data.data(), octet::dtype_of<T>, shape}, scale, zero_point, {}, {}, -1};
  }
  quantized_result to(octet::typed::activation a = octet::typed::activation::none) {
    return {{data.data(), octet::dtype_of<T>, shape}, scale, zero_point, a};
  }
};
/// The operator's reference on the same views.
template <class T>
std::vector<T> by_reference(const octet::op_def& op, std::vector<quantized_view> in,
                            std::size_t constants, const held<T>& like, const octet::attributes& a,
                            rounding round) {
  held<T> y = like;
  const auto known = std::make_unique<bool[]>(in.size());
  for (std::size_t i = 0; i < in.size(); ++i) known[i] = i + constants >= in.size();
  const quantized_view out = y.view();
  auto call = octet::operator_call::make(op, in, {known.get(), in.size()}, {&out, 1}, a, round,
                                         octet::target::reference);
  if (!call) FAIL(call.error().message());
  CHECK(std::string_view(call->kernel_name()) == "reference");
  std::vector<const void*> from;
  for (const auto& v : in) from.push_back(v.data.data);
  void* to[1] = {y.data.data()};
  (*call)(from.data(), to);
  return y.data;
}
void fine(const octet::status& s) {
  if (!s) FAIL(s.error().message());
}
using s8 = held<std::int8_t>;
using f32 = held<float>;
namespace ops = octet::ops;
}  // namespace

TEST_CASE("direct calls with weights equal the references") {
  const s8 x(dims{2, 9, 7, 16}, 0.05, -3, 1), w(dims{24, 3, 3, 16}, 0.01, 0, 2),
      wd(dims{1, 3, 3, 16}, 0.01, 0, 3), wf(dims{10, 16 * 63}, 0.002, 0, 4),
      wt(dims{8, 2, 2, 16}, 0.01, 0, 5);
  const auto bias = numbers<std::int32_t>(24, 6, 4000);
  const auto view_of = [&](std::int32_t n) {
    return quantized_view{{bias.data(), dtype::s32, dims{n}}, 0, 0, {}, {}, -1};
  };
  octet::conv2d_attrs a;
  a.pad_top = a.pad_left = a.pad_bottom = a.pad_right = 1;
  s8 y(dims{2, 9, 7, 24}, 0.3, 4);
  fine(octet::conv2d(x.view(), w.view(), bias, a, y.to()));
  CHECK(y.data == by_reference(ops::conv2d, {x.view(), w.view(), view_of(24)}, 2, y,
                               octet::to_attributes(a), rounding::doubling_high_half_away));
  fine(octet::conv2d(x.view(), w.view(), bias, a, y.to(), octet::law::tflite_xnnpack));
  CHECK(y.data == by_reference(ops::conv2d, {x.view(), w.view(), view_of(24)}, 2, y,
                               octet::to_attributes(a), rounding::float_half_even));
  octet::arithmetic narrow = rounding::doubling_high_half_away;
  narrow.f32_product = true;
  octet::attributes with_product = octet::to_attributes(a);
  with_product.set("f32_product", std::int64_t{1});
  fine(octet::conv2d(x.view(), w.view(), bias, a, y.to(), narrow));
  CHECK(y.data == by_reference(ops::conv2d, {x.view(), w.view(), view_of(24)}, 2, y, with_product,
                               rounding::doubling_high_half_away));
  fine(octet::conv2d(x.view(), w.view(), {}, a, y.to(octet::typed::activation::relu)));
  octet::attributes clamped = octet::to_attributes(a);
  clamped.set("clamp_lo", std::int64_t{4});
  CHECK(y.data == by_reference(ops::conv2d, {x.view(), w.view()}, 1, y, clamped,
                               rounding::doubling_high_half_away));
  held<std::int32_t> acc(dims{2, 9, 7, 24}, 0, 0);
  fine(octet::conv2d(x.view(), w.view(), bias, a, acc.to()));
  CHECK(acc.data == by_reference(ops::conv2d, {x.view(), w.view(), view_of(24)}, 2, acc,
                                 octet::to_attributes(a), rounding::none));
  s8 yd(dims{2, 9, 7, 16}, 0.1, 4);
  fine(octet::depthwise_conv2d(x.view(), wd.view(), std::span(bias).first(16), a, yd.to()));
  CHECK(yd.data == by_reference(ops::depthwise_conv2d, {x.view(), wd.view(), view_of(16)}, 2, yd,
                                octet::to_attributes(a), rounding::doubling_high_half_away));
  octet::transpose_conv2d_attrs t;
  t.stride_h = t.stride_w = 2;
  s8 yt(dims{2, 18, 14, 8}, 0.1, 4);
  fine(octet::transpose_conv2d(x.view(), wt.view(), std::span(bias).first(8), t, yt.to()));
  CHECK(yt.data == by_reference(ops::transpose_conv2d, {x.view(), wt.view(), view_of(8)}, 2, yt,
                                octet::to_attributes(t), rounding::doubling_high_half_away));
  s8 yf(dims{2, 10}, 0.3, 1);
  fine(octet::fully_connected(x.view(), wf.view(), std::span(bias).first(10), {}, yf.to()));
  CHECK(yf.data == by_reference(ops::fully_connected, {x.view(), wf.view(), view_of(10)}, 2, yf, {},
                                rounding::double_half_away));
  const s8 p(dims{3, 5, 8}, 0.05, 1, 7), q(dims{3, 8, 6}, 0.04, -2, 8);
  s8 m(dims{3, 5, 6}, 0.2, 0);
  fine(octet::batch_matmul(p.view(), q.view(), {}, m.to()));
  CHECK(m.data == by_reference(ops::qnn_batch_matmul, {p.view(), q.view()}, 0, m, {},
                               rounding::doubling_high_half_away));
  // A shape that is not the operator's is refused, not written.
  s8 wrong(dims{2, 9, 7, 23}, 0.3, 4);
  CHECK_FALSE(octet::conv2d(x.view(), w.view(), bias, a, wrong.to()));
}

TEST_CASE("direct calls ask for scales where the operator computes with them") {
  const held<std::int32_t> sums(dims{2, 3}, 0, 0, 1);
  const s8 codes(dims{2, 3}, 0, 0, 2);
  const held<std::uint16_t> half(dims{2, 3}, 0, 0, 3);
  f32 y(dims{2, 3}, 0, 0);
  s8 z(dims{2, 3}, 0.1, 0);
  const auto names_scale = [](const octet::status& s) {
    return !s && s.error().message().find("scale of input 0") != std::string::npos;
  };
  CHECK(names_scale(octet::requantize(sums.view(), z.to())));
  CHECK(names_scale(octet::dequantize(codes.view(), y.to())));
  CHECK(names_scale(octet::tanh(codes.view(), z.to())));
  quantized_view halves = half.view();  // bits of float16: real numbers, without a scale
  halves.data.type = dtype::f16;
  fine(octet::dequantize(halves, y.to()));
}

TEST_CASE("plain numbers go to the plain operator, quantized ones to the other") {
  const held<std::int32_t> a(dims{1, 4, 4, 3}, 0, 0, 1), b(dims{1, 4, 4, 3}, 0, 0, 2),
      scaled(dims{1, 4, 4, 3}, 0.1, 0, 1);
  held<std::int32_t> y(dims{1, 4, 4, 3}, 0, 0), sums(dims{1, 3}, 0, 0);
  fine(octet::add(a.view(), b.view(), y.to()));
  CHECK(y.data == by_reference(ops::add, {a.view(), b.view()}, 0, y, {}, rounding::none));
  octet::reduce_attrs over;
  over.axes = {1, 2};
  fine(octet::sum(a.view(), over, sums.to()));
  CHECK(sums.data ==
        by_reference(ops::sum, {a.view()}, 0, sums, octet::to_attributes(over), rounding::none));
  const s8 codes(dims{1, 4, 4, 3}, 0, 0, 3), others(dims{1, 4, 4, 3}, 0, 0, 4);
  s8 least(dims{1, 4, 4, 3}, 0, 0);
  fine(octet::minimum(codes.view(), others.view(), least.to()));
  CHECK(least.data ==
        by_reference(ops::minimum, {codes.view(), others.view()}, 0, least, {}, rounding::none));
  // Sums with a scale have no form: the error names those that there are.
  const auto s = octet::add(scaled.view(), b.view(), y.to(), rounding::doubling_high_half_away);
  REQUIRE_FALSE(s);
  CHECK(s.error().message().find("qnn.add") != std::string::npos);
  // A header-only program compiles the kernels that an operator declares: all that may run it.
  const auto set = octet::kernels_of(ops::qnn_tanh);
  CHECK((set & octet::kernels::set_of(octet::kernel_id::lut8)) != 0);
  CHECK((set & octet::kernels::set_of(octet::kernel_id::unary)) != 0);
}

TEST_CASE("direct calls on two tensors equal the references") {
  const s8 a(dims{1, 5, 7, 33}, 0.05, -3, 1), b(dims{1, 5, 7, 33}, 0.03, 5, 2),
      c(dims{1, 5, 7, 33}, 0.05, -3, 3);
  s8 y(dims{1, 5, 7, 33}, 0.06, 2), same(dims{1, 5, 7, 33}, 0.05, -3);
  const auto check = [&](const octet::status& s, const octet::op_def& op, rounding round) {
    INFO(op.name);
    fine(s);
    CHECK(y.data == by_reference(op, {a.view(), b.view()}, 0, y, {}, round));
  };
  check(octet::add(a.view(), b.view(), y.to()), ops::qnn_add, rounding::doubling_high_half_away);
  check(octet::add(a.view(), b.view(), y.to(), octet::law::tflite_xnnpack), ops::qnn_add,
        rounding::xnnpack);
  check(octet::sub(a.view(), b.view(), y.to()), ops::qnn_sub, rounding::doubling_high_half_away);
  check(octet::mul(a.view(), b.view(), y.to(), rounding::float_half_even), ops::qnn_mul,
        rounding::float_half_even);
  check(octet::squared_difference(a.view(), b.view(), y.to()), ops::qnn_squared_difference,
        rounding::doubling_high_half_away);
  fine(octet::minimum(a.view(), c.view(), same.to()));
  CHECK(same.data ==
        by_reference(ops::qnn_minimum, {a.view(), c.view()}, 0, same, {}, rounding::none));
  fine(octet::maximum(a.view(), c.view(), same.to()));
  CHECK(same.data ==
        by_reference(ops::qnn_maximum, {a.view(), c.view()}, 0, same, {}, rounding::none));
  held<std::uint8_t> n(dims{1, 4, 4, 3}, 0.05, 3, 4), d(dims{1, 4, 4, 3}, 0.03, 5, 5),
      r(dims{1, 4, 4, 3}, 0.06, 2);
  for (auto& v : d.data) v |= 16;  // no zero divisor
  fine(octet::div(n.view(), d.view(), r.to()));
  CHECK(r.data == by_reference(ops::qnn_div, {n.view(), d.view()}, 0, r, {},
                               rounding::doubling_high_half_away));
  const f32 e(dims{1, 5, 7, 33}, 0, 0, 6), f(dims{1, 5, 7, 33}, 0, 0, 7);
  f32 g(dims{1, 5, 7, 33}, 0, 0);
  fine(octet::add(e.view(), f.view(), g.to()));
  CHECK(g.data == by_reference(ops::add, {e.view(), f.view()}, 0, g, {}, rounding::none));
  const quantized_view both[2] = {a.view(), b.view()};
  s8 wide(dims{1, 5, 7, 66}, 0.05, -3);
  fine(octet::concat(both, -1, wide.to()));
  CHECK(wide.data == by_reference(ops::qnn_concat, {a.view(), b.view()}, 0, wide,
                                  octet::to_attributes(octet::concat_attrs{-1}),
                                  rounding::divide_half_away));
}

namespace {
/// A direct call on x, or on real where the operator is one of floats, against the reference.
struct one_tensor {
  const s8 x{dims{1, 6, 10, 20}, 0.05, -3, 1};
  const f32 real{dims{1, 6, 10, 20}, 0, 0, 2};
  template <class To>
  void check(const octet::status& s, const octet::op_def& op, To& to, rounding round,
             const octet::attributes& a = {}) const {
    INFO(op.name);
    fine(s);
    const bool floats = std::is_same_v<To, f32> && !op.quantized;
    CHECK(to.data == by_reference(op, {floats ? real.view() : x.view()}, 0, to, a, round));
  }
};
}  // namespace

TEST_CASE("direct calls of functions equal the references") {
  const one_tensor on;
  s8 y(dims{1, 6, 10, 20}, 0.04, 1), unit(dims{1, 6, 10, 20}, 0x1p-8, -128),
      around(dims{1, 6, 10, 20}, 0x1p-7, 0);
  f32 r(dims{1, 6, 10, 20}, 0, 0);
  octet::attributes alpha;
  alpha.set("alpha", 0.1);
  on.check(octet::relu(on.x.view(), y.to()), ops::qnn_relu, y, rounding::doubling_high_half_away);
  on.check(octet::relu6(on.x.view(), y.to()), ops::qnn_relu6, y, rounding::doubling_high_half_away);
  on.check(octet::leaky_relu(on.x.view(), 0.1, y.to()), ops::qnn_leaky_relu, y,
           rounding::doubling_high_half_away, alpha);
  on.check(octet::leaky_relu(on.x.view(), 0.1, y.to(), octet::law::tflite_xnnpack),
           ops::qnn_leaky_relu, y, rounding::eight_bit_ratio_half_up, alpha);
  on.check(octet::elu(on.x.view(), y.to()), ops::qnn_elu, y, rounding::divide_half_away);
  on.check(octet::gelu(on.x.view(), y.to()), ops::qnn_gelu, y, rounding::divide_half_away);
  on.check(octet::hard_swish(on.x.view(), y.to()), ops::qnn_hard_swish, y,
           rounding::doubling_high_half_away);
  on.check(octet::logistic(on.x.view(), unit.to()), ops::qnn_logistic, unit,
           rounding::divide_half_away);
  on.check(octet::tanh(on.x.view(), around.to(), octet::law::tflite_xnnpack), ops::qnn_tanh, around,
           rounding::xnnpack);
  on.check(octet::softmax(on.x.view(), {}, unit.to()), ops::qnn_softmax, unit,
           rounding::doubling_high_half_away);
  s8 logs(dims{1, 6, 10, 20}, 0x1p-4, 127);
  on.check(octet::log_softmax(on.x.view(), {}, logs.to()), ops::qnn_log_softmax, logs,
           rounding::doubling_high_half_away);
  on.check(octet::requantize(on.x.view(), y.to()), ops::requantize, y,
           rounding::doubling_high_half_away);
  on.check(octet::dequantize(on.x.view(), r.to()), ops::dequantize, r, rounding::none);
  on.check(octet::logistic(on.real.view(), r.to()), ops::logistic, r, rounding::none);
  fine(octet::quantize(on.real.view(), y.to()));
  CHECK(y.data ==
        by_reference(ops::quantize, {on.real.view()}, 0, y, {}, rounding::divide_half_away));
}

TEST_CASE("direct calls of windows and reductions equal the references") {
  const one_tensor on;
  octet::pool2d_attrs p;
  p.window_h = p.window_w = p.stride_h = p.stride_w = 2;
  s8 half(dims{1, 3, 5, 20}, 0.05, -3);
  on.check(octet::avg_pool2d(on.x.view(), p, half.to()), ops::qnn_avg_pool2d, half,
           rounding::divide_half_away, octet::to_attributes(p));
  on.check(octet::max_pool2d(on.x.view(), p, half.to()), ops::qnn_max_pool2d, half, rounding::none,
           octet::to_attributes(p));
  octet::reduce_attrs m;
  m.axes = dims{1, 2};
  s8 flat(dims{1, 20}, 0.03, 2);
  on.check(octet::mean(on.x.view(), m, flat.to()), ops::qnn_mean, flat,
           rounding::doubling_high_half_away, octet::to_attributes(m));
  on.check(octet::sum(on.x.view(), m, flat.to()), ops::qnn_sum, flat,
           rounding::doubling_high_half_away, octet::to_attributes(m));
  octet::resize_attrs z;
  z.out_h = 13, z.out_w = 9;
  s8 large(dims{1, 13, 9, 20}, 0.05, -3);
  on.check(octet::resize_bilinear(on.x.view(), z, large.to()), ops::qnn_resize_bilinear, large,
           rounding::doubling_high_half_away, octet::to_attributes(z));
  on.check(octet::resize_nearest(on.x.view(), z, large.to()), ops::resize_nearest, large,
           rounding::none, octet::to_attributes(z));
}

TEST_CASE("direct calls that move data equal the references") {
  const one_tensor on;
  const std::int32_t paddings[8] = {0, 0, 1, 2, 0, 3, 0, 0}, perm[4] = {0, 3, 1, 2};
  octet::attributes pads, perms;
  pads.set("paddings", std::vector<std::int64_t>(paddings, paddings + 8));
  perms.set("perm", std::vector<std::int64_t>(perm, perm + 4));
  s8 padded(dims{1, 9, 13, 20}, 0.05, -3), turned(dims{1, 20, 6, 10}, 0.05, -3);
  on.check(octet::pad(on.x.view(), paddings, padded.to()), ops::qnn_pad, padded, rounding::none,
           pads);
  on.check(octet::transpose(on.x.view(), perm, turned.to()), ops::transpose, turned, rounding::none,
           perms);
  held<std::int32_t> at(dims{1, 6, 10}, 0, 0);
  on.check(octet::arg_max(on.x.view(), -1, at.to()), ops::arg_max, at, rounding::none,
           octet::to_attributes(octet::axis_attrs{-1}));
}
