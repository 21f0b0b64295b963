// Matrix kernels of batch_matmul, transpose_conv2d and the float32 layers on every target this CPU
// can run equal the operators' references, bit for bit.
#include "kernels_test.hpp"
#include "octet/ops/batch_matmul.hpp"
#include "octet/ops/float_layers.hpp"
#include "octet/ops/transpose_conv2d.hpp"

using namespace octet;
using namespace octet_test;

namespace {
constexpr rounding modes[] = {rounding::doubling_high_half_away, rounding::float_half_even,
                              rounding::doubling_high_half_up, rounding::float_zero_point_half_even,
                              rounding::none};

guarded random_bytes(std::size_t n, bool extreme, rng& r) {
  guarded g(n);
  const auto value = static_cast<std::byte>(r.pick({0, 127, 128, 255}));
  for (std::size_t i = 0; i < n; ++i)
    g.data()[i] = extreme ? value : static_cast<std::byte>(r.between(0, 255));
  return g;
}
/// Batch extents of both operands and of the result, broadcast or not.
struct batch_extents {
  dims a, b, y;
};
batch_extents random_batches(rng& r) {
  const auto b = static_cast<std::int32_t>(r.between(1, 3)),
             c = static_cast<std::int32_t>(r.between(1, 2));
  const dims la = r.between(0, 3) ? dims{b, c} : dims{1, c}, lb = r.between(0, 2) == 0 ? dims{}
                                                                  : r.between(0, 1)    ? dims{b, 1}
                                                                                       : dims{b, c};
  return {la, lb, broadcast(la, lb)};
}
}  // namespace

TEST_CASE("batch_matmul kernels equal the reference") {
  coverage seen;
  rng r(31);
  for (int i = 0; i < 200; ++i) {
    batch_matmul_params p{};
    const auto mode = modes[static_cast<std::size_t>(i) % std::size(modes)];
    const bool extreme = r.between(0, 3) == 0;
    p.a_type = r.between(0, 1) ? dtype::s8 : dtype::u8,
    p.b_type = r.between(0, 1) ? dtype::s8 : dtype::u8;
    p.out_type = mode == rounding::none ? dtype::s32 : r.between(0, 1) ? dtype::s8 : dtype::u8;
    p.a_zero_point =
        static_cast<std::int32_t>(r.between(lowest_of(p.a_type), highest_of(p.a_type)));
    p.b_zero_point =
        r.between(0, 1)
            ? p.b_type == dtype::u8 ? 128 : 0
            : static_cast<std::int32_t>(r.between(lowest_of(p.b_type), highest_of(p.b_type)));
    p.m = static_cast<std::size_t>(r.pick({1, 2, 7, 8, 33})),
    p.k = static_cast<std::size_t>(r.pick({1, 3, 4, 16, 31, 64, 100})),
    p.n = static_cast<std::size_t>(r.pick({1, 5, 8, 16, 31, 64, 65, 100}));
    p.adj_x = r.between(0, 7) == 0;
    p.adj_y = r.between(0, 1) != 0;
    p.b_row = p.adj_y ? p.k : p.n;
    const auto [la, lb, ly] = random_batches(r);
    p.batches = make_broadcast<2>({la, lb}, ly);
    const guarded x1 = random_bytes(la.elements().value * p.m * p.k, extreme, r),
                  x2 = random_bytes(lb.elements().value * p.k * p.n, extreme, r);
    if (r.between(0, 1)) p.weights = x2.data();
    requantize_arrays arrays;
    if (mode != rounding::none) {
      do {
        arrays = {};
        arrays.fill(p.requant, mode, p.out_type, 1, 65025.0 * static_cast<double>(p.k), false, r);
      } while (p.requant.channels != 1);
    }
    INFO("batch_matmul " << name_of(mode) << " " << name_of(p.a_type) << " x " << name_of(p.b_type)
                         << " " << p.m << "x" << p.k << "x" << p.n << " " << to_string(la) << " "
                         << to_string(lb) << " zero points " << p.a_zero_point << " "
                         << p.b_zero_point << (p.adj_y ? " transposed" : "")
                         << (p.weights ? " constant" : ""));
    check_kernel<batch_matmul_params>(
        kernel_id::batch_matmul, &reference::batch_matmul_kernel, p, {x1.data(), x2.data()},
        ly.elements().value * p.m * p.n * size_of(p.out_type), seen, !p.adj_x);
  }
  seen.require_simd();
}

TEST_CASE("batch_matmul kernels of two int16 operands equal the reference") {
  coverage seen;
  rng r(33);
  for (int i = 0; i < 40; ++i) {
    batch_matmul_params p{};
    const rounding mode = i % 3 == 0   ? rounding::wide_half_up
                          : i % 3 == 1 ? rounding::double_half_away
                                       : rounding::none;
    p.a_type = p.b_type = dtype::s16;
    p.out_type = mode == rounding::none ? dtype::s64 : dtype::s16;
    p.m = static_cast<std::size_t>(r.pick({1, 2, 7, 12})),
    p.k = static_cast<std::size_t>(r.pick({2, 3, 16, 31, 100})),
    p.n = static_cast<std::size_t>(r.pick({1, 8, 31, 33, 64}));
    p.adj_y = r.between(0, 1) != 0;
    p.b_row = p.adj_y ? p.k : p.n;
    p.wide = true;
    const dims l{static_cast<std::int32_t>(r.between(1, 2))};
    p.batches = make_broadcast<2>({l, l}, l);
    const guarded x1 = random_bytes(l.elements().value * p.m * p.k * 2, false, r),
                  x2 = random_bytes(l.elements().value * p.k * p.n * 2, false, r);
    if (r.between(0, 1))  // -32768 everywhere: two such products are 2^31
      for (const guarded* g : {&x1, &x2})
        for (std::size_t k = 0; k < g->size(); ++k) g->data()[k] = std::byte(k % 2 ? 0x80 : 0);
    if (r.between(0, 1)) p.weights = x2.data();
    requantize_arrays arrays;
    if (mode != rounding::none) {
      do {
        arrays = {};
        arrays.fill(p.requant, mode, p.out_type, 1, 1e9 * static_cast<double>(p.k), false, r);
      } while (p.requant.channels != 1);
    }
    INFO("batch_matmul " << name_of(mode) << " s16 x s16 " << p.m << "x" << p.k << "x" << p.n);
    check_kernel<batch_matmul_params>(
        kernel_id::batch_matmul, &reference::batch_matmul_kernel, p, {x1.data(), x2.data()},
        l.elements().value * p.m * p.n * size_of(p.out_type), seen, true);
  }
  seen.require_simd();
}

namespace {
transpose_conv2d_attrs made_up_transposed(rng& r) {
  transpose_conv2d_attrs a;
  a.stride_h = static_cast<std::int32_t>(r.between(1, 3)),
  a.stride_w = static_cast<std::int32_t>(r.between(1, 3));
  a.dilation_h = a.dilation_w = r.between(0, 3) ? 1 : 2;
  a.pad_top = static_cast<std::int32_t>(r.between(0, 2)),
  a.pad_left = static_cast<std::int32_t>(r.between(0, 2)),
  a.pad_bottom = static_cast<std::int32_t>(r.between(0, 2)),
  a.pad_right = static_cast<std::int32_t>(r.between(0, 2));
  a.output_padding_h = static_cast<std::int32_t>(r.between(0, a.stride_h - 1)),
  a.output_padding_w = static_cast<std::int32_t>(r.between(0, a.stride_w - 1));
  a.groups = r.between(0, 3) ? 1 : 2;
  return a;
}
void set_windows(transpose_conv2d_params& p, const transpose_conv2d_attrs& a) {
  p.stride_h = a.stride_h, p.stride_w = a.stride_w;
  p.dilation_h = a.dilation_h, p.dilation_w = a.dilation_w;
  p.pad_top = a.pad_top, p.pad_left = a.pad_left;
  p.groups = a.groups;
}
}  // namespace

TEST_CASE("transpose_conv2d kernels equal the reference") {
  coverage seen;
  rng r(32);
  for (int i = 0; i < 150; ++i) {
    transpose_conv2d_params p{};
    const auto mode = modes[static_cast<std::size_t>(i) % std::size(modes)];
    const bool extreme = r.between(0, 3) == 0, s16 = r.between(0, 7) == 0;
    p.in_type = s16 ? dtype::s16 : r.between(0, 1) ? dtype::s8 : dtype::u8;
    p.weight_type = s16 || r.between(0, 1) ? dtype::s8 : dtype::u8;
    p.out_type = mode == rounding::none ? dtype::s32
                 : s16                  ? dtype::s16
                 : r.between(0, 1)      ? dtype::s8
                                        : dtype::u8;
    p.in_zero_point =
        s16 ? 0 : static_cast<std::int32_t>(r.between(lowest_of(p.in_type), highest_of(p.in_type)));
    const transpose_conv2d_attrs a = made_up_transposed(r);
    const dims x{static_cast<std::int32_t>(r.between(1, 2)),
                 static_cast<std::int32_t>(r.between(1, 6)),
                 static_cast<std::int32_t>(r.between(1, 9)),
                 a.groups * static_cast<std::int32_t>(r.pick({1, 3, 4, 8, 17}))};
    const dims w{a.groups * static_cast<std::int32_t>(r.pick({1, 4, 15, 16, 33, 65})),
                 static_cast<std::int32_t>(r.between(1, 4)),
                 static_cast<std::int32_t>(r.between(1, 4)), x[3] / a.groups};
    const auto y = transpose_conv2d_shape(a, x, w);
    if (y.broken) continue;
    p.batch = x[0], p.in_h = x[1], p.in_w = x[2], p.in_c = x[3], p.out_h = y.shape[1],
    p.out_w = y.shape[2], p.out_c = w[0], p.kernel_h = w[1], p.kernel_w = w[2];
    set_windows(p, a);
    const guarded q = random_bytes(x.elements().value * size_of(p.in_type), extreme, r),
                  weights = random_bytes(w.elements().value, extreme, r);
    p.weights = weights.data();
    std::vector<std::int32_t> zero_points, bias;
    const bool one = r.between(0, 1) != 0;
    const auto z =
        static_cast<std::int32_t>(r.between(lowest_of(p.weight_type), highest_of(p.weight_type)));
    for (std::int32_t c = 0; c < p.out_c; ++c) {
      zero_points.push_back(one ? z
                                : static_cast<std::int32_t>(r.between(lowest_of(p.weight_type),
                                                                      highest_of(p.weight_type))));
      bias.push_back(static_cast<std::int32_t>(r.between(-100000, 100000)));
    }
    if (p.weight_type == dtype::u8 || r.between(0, 5) == 0)
      p.weight_zero_points = zero_points.data();
    if (r.between(0, 2)) p.bias32 = bias.data();
    const double largest = (s16 ? 32768.0 : 255.0) * 255 * static_cast<double>(w[1] * w[2] * w[3]);
    requantize_arrays arrays;
    if (mode != rounding::none)
      arrays.fill(p.requant, mode, p.out_type, p.out_c, largest, false, r);
    p.wide = largest > 1e9;
    INFO("transpose_conv2d " << name_of(mode) << " " << name_of(p.in_type) << " x "
                             << name_of(p.weight_type) << " " << to_string(x) << " " << to_string(w)
                             << " -> " << to_string(y.shape) << " stride " << a.stride_h << " "
                             << a.stride_w << " dilation " << a.dilation_h << " pad " << a.pad_top
                             << " " << a.pad_left);
    check_kernel<transpose_conv2d_params>(
        kernel_id::transpose_conv2d, &reference::transpose_conv2d_kernel, p,
        {q.data(), weights.data()}, y.shape.elements().value * size_of(p.out_type), seen, !p.wide);
  }
  seen.require_simd();
}

namespace {
/// Binary32 values of many magnitudes, or small ones only; some +-0, some that overflow when
/// multiplied.
guarded random_floats(std::size_t n, bool wild, rng& r) {
  guarded g(n * 4);
  for (std::size_t i = 0; i < n; ++i) {
    auto v = static_cast<float>(2 * r.unit() - 1);
    if (r.between(0, 15) == 0) v = r.between(0, 1) ? 0.f : -0.f;
    if (wild) v = std::ldexp(v, static_cast<int>(r.between(-60, 63)));
    std::memcpy(g.data() + i * 4, &v, 4);
  }
  return g;
}
}  // namespace

TEST_CASE("kernels of float32 layers equal the reference") {
  coverage seen;
  rng r(34);
  for (int i = 0; i < 160; ++i) {
    float_layer_params p{};
    const bool wild = r.between(0, 3) == 0;
    p.depthwise = i % 4 == 1, p.transposed = i % 4 == 2;
    p.wide_sums = !p.transposed && r.between(0, 3) == 0;
    p.fused = !p.wide_sums && r.between(0, 2) == 0;
    p.groups = p.transposed || r.between(0, 3) ? 1 : 2;
    dims x{static_cast<std::int32_t>(r.between(1, 2)), static_cast<std::int32_t>(r.between(1, 6)),
           static_cast<std::int32_t>(r.between(1, r.between(0, 3) ? 11 : 45)),
           p.groups * static_cast<std::int32_t>(r.pick({1, 3, 4, 9}))};
    const auto kernel = [&] { return static_cast<std::int32_t>(r.pick({1, 1, 2, 3, 5})); };
    dims w{p.groups * static_cast<std::int32_t>(r.pick({1, 4, 15, 16, 33, 65, 130})), kernel(),
           kernel(), x[3] / p.groups};
    if (p.depthwise) {
      x[3] = static_cast<std::int32_t>(r.pick({1, 3, 8, 33, 70}));
      p.groups = x[3];
      w[3] = x[3] * static_cast<std::int32_t>(r.pick({1, 1, 1, 2, 17})), w[0] = 1;
    }
    conv2d_attrs a;
    const auto upto = [&](std::int64_t n) { return static_cast<std::int32_t>(r.between(0, n)); };
    a.stride_h = 1 + upto(2), a.stride_w = 1 + upto(2);
    a.dilation_h = p.transposed ? 1 : 1 + upto(1), a.dilation_w = p.transposed ? 1 : 1 + upto(1);
    a.pad_top = upto(2), a.pad_left = upto(2), a.pad_bottom = upto(2), a.pad_right = upto(2);
    a.groups = p.groups;
    const transpose_conv2d_attrs t{.stride_h = a.stride_h,
                                   .stride_w = a.stride_w,
                                   .pad_top = a.pad_top,
                                   .pad_left = a.pad_left,
                                   .pad_bottom = a.pad_bottom,
                                   .pad_right = a.pad_right};
    const shape_or y = p.transposed  ? transpose_conv2d_shape(t, x, w)
                       : p.depthwise ? depthwise_conv2d_shape(a, x, w)
                                     : conv2d_shape(a, x, w);
    if (y.broken) continue;
    ops::set_geometry(p, a, x, w, y.shape);
    const guarded q = random_floats(x.elements().value, wild, r),
                  weights = random_floats(w.elements().value, wild, r),
                  bias = random_floats(as_size(p.out_c), wild, r);
    if (r.between(0, 3)) p.weights = weights.data();
    p.by_columns = p.fused && p.group_in() == 1 && !p.transposed && r.between(0, 1) != 0;
    p.has_bias = r.between(0, 2) != 0;
    p.min = -std::numeric_limits<float>::infinity(), p.max = -p.min;
    if (r.between(0, 2) == 0) p.min = 0, p.max = 0.5f;
    INFO("float layer " << to_string(x) << " " << to_string(w) << " -> " << to_string(y.shape)
                        << " stride " << a.stride_h << " " << a.stride_w << " dilation "
                        << a.dilation_h << " " << a.dilation_w << " pad " << a.pad_top << " "
                        << a.pad_left << (p.transposed ? " transposed" : "")
                        << (p.depthwise ? " depthwise" : "") << (p.wide_sums ? " wide" : "")
                        << (p.fused ? " fused" : "") << (p.by_columns ? " by columns" : ""));
    check_kernel<float_layer_params>(
        p.depthwise ? kernel_id::float_depthwise : kernel_id::float_layer,
        p.transposed ? &reference::float_transpose_layer_kernel : &reference::float_layer_kernel, p,
        {q.data(), weights.data(), bias.data()}, y.shape.elements().value * 4, seen, true,
        dtype::f32);
  }
  seen.require_simd();
}

TEST_CASE("batch_matmul kernels of float32 equal the reference") {
  coverage seen;
  rng r(35);
  for (int i = 0; i < 100; ++i) {
    batch_matmul_params p{};
    p.quantized = false;
    p.a_type = p.b_type = p.out_type = dtype::f32;
    const bool wild = r.between(0, 3) == 0;
    p.m = static_cast<std::size_t>(r.pick({1, 2, 7, 8, 33})),
    p.k = static_cast<std::size_t>(r.pick({0, 1, 3, 16, 31})),
    p.n = static_cast<std::size_t>(r.pick({1, 5, 8, 16, 32, 64, 65, 130}));
    p.adj_x = r.between(0, 3) == 0;
    p.adj_y = r.between(0, 1) != 0;
    p.b_row = p.adj_y ? p.k : p.n;
    p.fused = r.between(0, 2) == 0;
    const auto [la, lb, ly] = random_batches(r);
    p.batches = make_broadcast<2>({la, lb}, ly);
    const guarded x1 = random_floats(la.elements().value * p.m * p.k, wild, r),
                  x2 = random_floats(lb.elements().value * p.k * p.n, wild, r);
    if (r.between(0, 1)) p.weights = x2.data();
    INFO("batch_matmul of floats " << p.m << "x" << p.k << "x" << p.n << " " << to_string(la) << " "
                                   << to_string(lb) << (p.adj_x ? " first transposed" : "")
                                   << (p.adj_y ? " second transposed" : "")
                                   << (p.weights ? " constant" : "") << (p.fused ? " fused" : ""));
    check_kernel<batch_matmul_params>(kernel_id::float_batch_matmul,
                                      &reference::batch_matmul_kernel, p, {x1.data(), x2.data()},
                                      ly.elements().value * p.m * p.n * 4, seen, true, dtype::f32);
  }
  seen.require_simd();
}
