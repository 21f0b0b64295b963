// SIMD kernels of softmax, log_softmax and reductions by comparison on every target this CPU can
// run equal the operators' references, bit for bit.
#include <cmath>
#include <cstring>

#include "kernels_test.hpp"
#include "octet/graph/graph.hpp"
#include "octet/ops/reduce.hpp"
#include "octet/ops/softmax.hpp"

using namespace octet;
using namespace octet_test;

namespace {
struct softmax_form {
  rounding mode;
  bool log;
};
/// The output's quantization: the usual one, or another.
struct output_quantization {
  double scale;
  std::int32_t zero_point;
};
output_quantization made_up_output(const softmax_form& f, dtype out, rng& r) {
  const bool usual = r.between(0, 2) != 0;
  const double scale = !usual  ? std::ldexp(1 + r.unit(), static_cast<int>(r.between(-14, -3)))
                       : f.log ? 16.0 / 256
                       : out == dtype::s16 ? 1.0 / 32768
                                           : 1.0 / 256;
  const auto zero_point =
      static_cast<std::int32_t>(!usual              ? r.between(lowest_of(out), highest_of(out))
                                : f.log             ? highest_of(out)
                                : out == dtype::s16 ? 0
                                                    : lowest_of(out));
  return {scale, zero_point};
}
}  // namespace

TEST_CASE("softmax kernels equal the reference") {
  coverage seen;
  rng r(21);
  constexpr softmax_form forms[] = {{rounding::doubling_high_half_away, false},
                                    {rounding::tflite_optimized, false},
                                    {rounding::reciprocal_half_even, false},
                                    {rounding::doubling_high_half_away, true},
                                    {rounding::tflite_optimized, true}};
  for (int i = 0; i < 240; ++i) {
    const softmax_form f = forms[static_cast<std::size_t>(i) % std::size(forms)];
    const dtype in = r.between(0, 1) ? dtype::s8 : dtype::u8;
    const dtype out = r.between(0, 4) == 0 && !f.log ? dtype::s16 : in;
    const auto depth = static_cast<std::int32_t>(
        r.pick({1, 2, 5, 7, 8, 21, 31, 64, 100, 191, 192, 193, 256, 257, 1000, 4500}));
    const dims shape{static_cast<std::int32_t>(r.between(1, depth > 300 ? 2 : 9)), depth};
    graph g;
    const auto add = [&](const char* name, dtype t, double scale, std::int32_t zero_point) {
      tensor v;
      v.name = name;
      v.type = t;
      v.shape = shape;
      v.scales = {scale}, v.zero_points = {zero_point};
      return g.add(std::move(v));
    };
    // From nearly flat to a step.
    const double in_scale = std::ldexp(1 + r.unit(), static_cast<int>(r.between(-12, 1)));
    const auto [out_scale, out_zero] = made_up_output(f, out, r);
    const tensor_id x = add("x", in, in_scale,
                            static_cast<std::int32_t>(r.between(lowest_of(in), highest_of(in)))),
                    y = add("y", out, out_scale, out_zero);
    attributes attrs;
    if (r.between(0, 3) == 0) attrs.set("beta", 0.25 + r.unit());
    const node& n = g.add_node(f.log ? ops::qnn_log_softmax : ops::qnn_softmax, "", {x}, {y},
                               std::move(attrs), f.mode);
    const node_inputs view(g, n);
    plan_memory memory;
    prepared p;
    p.memory = &memory;
    INFO(name_of(f.mode) << (f.log ? " log" : "") << " " << name_of(in) << " -> " << name_of(out)
                         << " " << to_string(shape) << " scale " << in_scale << " -> " << out_scale
                         << " zero point " << out_zero);
    REQUIRE(prepare_node(*n.op, view.view(), p));
    guarded bytes(shape.elements().value);
    const auto width = r.pick({0, 1, 10, 100, 255});  // of the values
    const auto first = r.between(0, 255 - width);
    for (std::size_t k = 0; k < bytes.size(); ++k)
      bytes.data()[k] =
          static_cast<std::byte>((in == dtype::s8 ? 128 : 0) + first + r.between(0, width));
    check_kernel<softmax_params>(kernel_id::softmax, p.reference,
                                 *static_cast<const softmax_params*>(p.params), {bytes.data()},
                                 bytes_of(shape.elements(), out).value, seen, true);
  }
  seen.require_simd();
}

TEST_CASE("softmax kernels along an axis that is not the innermost equal the reference") {
  coverage seen;
  rng r(23);
  constexpr softmax_form forms[] = {{rounding::reciprocal_half_even, false},
                                    {rounding::onnxruntime, false},
                                    {rounding::none, false},
                                    {rounding::none, true},
                                    {rounding::aten, false},
                                    {rounding::aten, true},
                                    {rounding::onnxruntime, true}};
  for (int i = 0; i < 210; ++i) {
    const softmax_form f = forms[static_cast<std::size_t>(i) % std::size(forms)];
    const bool real = f.log || (f.mode != rounding::reciprocal_half_even &&
                                (f.mode != rounding::onnxruntime || r.between(0, 1)));
    const dtype type = real ? dtype::f32 : r.between(0, 1) ? dtype::s8 : dtype::u8;
    const dims shape{static_cast<std::int32_t>(r.between(1, 3)),
                     static_cast<std::int32_t>(r.pick({1, 2, 7, 16, 17, 33, 80})),
                     static_cast<std::int32_t>(r.pick({2, 3, 4, 7, 8, 12, 15, 20, 28, 33, 64}))};
    graph g;
    const auto add = [&](const char* name, double scale, std::int32_t zero_point) {
      tensor v;
      v.name = name;
      v.type = type;
      v.shape = shape;
      if (!real) v.scales = {scale}, v.zero_points = {zero_point};
      return g.add(std::move(v));
    };
    const double in_scale = std::ldexp(1 + r.unit(), static_cast<int>(r.between(-9, -2)));
    const auto low = static_cast<std::int32_t>(real ? 0 : lowest_of(type));
    const tensor_id x = add("x", in_scale, low + static_cast<std::int32_t>(r.between(0, 255))),
                    y = add("y", 1.0 / 256, low);
    attributes attrs;
    attrs.set("axis", std::int64_t{1});
    if (f.mode != rounding::onnxruntime && r.between(0, 3) == 0) attrs.set("beta", 0.25 + r.unit());
    const op_def& op = real ? (f.log ? ops::log_softmax : ops::softmax) : ops::qnn_softmax;
    const node& n = g.add_node(op, "", {x}, {y}, std::move(attrs), f.mode);
    const node_inputs view(g, n);
    plan_memory memory;
    prepared p;
    p.memory = &memory;
    INFO(op.name << " " << name_of(f.mode) << " " << name_of(type) << " " << to_string(shape));
    REQUIRE(prepare_node(*n.op, view.view(), p));
    guarded bytes(shape.elements().value * size_of(type));
    const double spread = std::ldexp(1, static_cast<int>(r.between(-3, 8)));
    for (std::size_t k = 0; k < bytes.size(); k += size_of(type)) {
      const auto v = static_cast<float>((r.unit() - 0.5) * spread);
      if (real)
        std::memcpy(bytes.data() + k, &v, sizeof(v));
      else
        bytes.data()[k] = static_cast<std::byte>(r.between(0, 255));
    }
    check_kernel<softmax_params>(kernel_id::softmax, p.reference,
                                 *static_cast<const softmax_params*>(p.params), {bytes.data()},
                                 bytes.size(), seen, true, type);
  }
  seen.require_simd();
}

TEST_CASE("reduce_max and reduce_min kernels equal the reference") {
  coverage seen;
  rng r(22);
  for (int i = 0; i < 150; ++i) {
    mean_params p{};
    p.op = r.between(0, 1) ? reduction::max : reduction::min;
    p.type = p.out_type = r.between(0, 3) == 0 ? dtype::s16
                          : r.between(0, 1)    ? dtype::s8
                                               : dtype::u8;
    const dims x{static_cast<std::int32_t>(r.between(1, 3)),
                 static_cast<std::int32_t>(r.between(1, 7)),
                 static_cast<std::int32_t>(r.between(1, 7)),
                 static_cast<std::int32_t>(r.pick({1, 2, 8, 15, 16, 17, 33, 64, 100, 300}))};
    reduce_attrs a;
    a.axes = r.between(0, 2) ? dims{1, 2} : r.between(0, 1) ? dims{3} : dims{0, 1, 2, 3};
    p.plan = make_reduce(a, x);
    const guarded q(x.elements().value * size_of(p.type));
    for (std::size_t k = 0; k < q.size(); ++k)
      q.data()[k] = static_cast<std::byte>(r.between(0, 255));
    INFO((p.op == reduction::max ? "max " : "min ")
         << name_of(p.type) << " " << to_string(x) << " over " << to_string(a.axes));
    check_kernel<mean_params>(kernel_id::mean, &reference::mean_kernel, p, {q.data()},
                              p.plan.outputs * size_of(p.type), seen, p.plan.simple);
  }
  seen.require_simd();
}
