// resize_bilinear kernels against the reference: channel counts around the vector, one pixel, up
// and down, every law.
#include "kernels_test.hpp"
#include "octet/ops/resize.hpp"

using namespace octet;
using namespace octet_test;

namespace {
bilinear_tap tap_of(rounding mode, std::int32_t o, std::int32_t in, std::int32_t out, bool corners,
                    bool half) {
  const bool fused = mode == rounding::fused_multiply_add;
  if (mode == rounding::doubling_high_half_away)
    return numerics::bilinear_q10(o, in, out, corners, half);
  if (mode == rounding::xnnpack) return numerics::bilinear_xnn(o, in, out, corners, half);
  if (mode == rounding::aten || fused)
    return numerics::bilinear_aten(o, in, out, corners, 0, fused);
  if (mode == rounding::onnxruntime) return numerics::bilinear_ort(o, in, out, corners, half, 0);
  return numerics::bilinear_float(o, in, out, corners, half);
}
guarded made_up_pixels(dtype type, std::size_t elements, rng& r) {
  guarded x(elements * size_of(type));
  const bool extreme = r.between(0, 2) == 0;
  for (std::size_t i = 0; i < elements; ++i) {
    if (type == dtype::f32) {
      const auto v = static_cast<float>((r.unit() - 0.5) * 1000);
      std::memcpy(x.data() + 4 * i, &v, 4);
    } else if (type == dtype::s16) {
      const auto v = static_cast<std::int16_t>(extreme ? r.pick({-32768, 32767, 0, -1})
                                                       : r.between(-32768, 32767));
      std::memcpy(x.data() + 2 * i, &v, 2);
    } else {
      x.data()[i] =
          static_cast<std::byte>(extreme ? r.pick({0, 127, 128, 255}) : r.between(0, 255));
    }
  }
  return x;
}
}  // namespace

TEST_CASE("resize_bilinear equals its reference on every target", "[kernels]") {
  coverage seen;
  rng r(11);
  for (int round = 0; round < 200; ++round) {
    resize_params p{};
    struct form {
      rounding mode;
      dtype type;
    };
    constexpr form forms[] = {{rounding::doubling_high_half_away, dtype::s8},
                              {rounding::doubling_high_half_away, dtype::u8},
                              {rounding::xnnpack, dtype::s8},
                              {rounding::xnnpack, dtype::u8},
                              {rounding::tflite_optimized, dtype::u8},
                              {rounding::none, dtype::f32},
                              {rounding::doubling_high_half_away, dtype::s16},
                              {rounding::aten, dtype::u8},
                              {rounding::fused_multiply_add, dtype::s8},
                              {rounding::onnxruntime, dtype::u8},
                              {rounding::onnxruntime, dtype::s8},
                              {rounding::aten, dtype::f32},
                              {rounding::fused_multiply_add, dtype::f32}};
    const form f = forms[round % static_cast<int>(std::size(forms))];
    p.mode = f.mode, p.type = f.type;
    p.batch = static_cast<std::int32_t>(r.between(1, 2));
    p.in_h = static_cast<std::int32_t>(r.between(1, 7)),
    p.in_w = static_cast<std::int32_t>(r.between(1, 9));
    p.out_h = static_cast<std::int32_t>(r.between(1, 9)),
    p.out_w = static_cast<std::int32_t>(r.between(1, 13));
    p.channels = static_cast<std::int32_t>(
        r.pick({1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 21, 31, 32, 33, 40, 300, 1024, 1025}));
    if (p.type != dtype::f32) {
      p.lo_value = static_cast<std::int32_t>(lowest_of(p.type));
      p.hi_value = static_cast<std::int32_t>(highest_of(p.type));
      p.zero_point = static_cast<std::int32_t>(r.between(p.lo_value, p.hi_value));
    }
    const bool corners = r.between(0, 2) == 0, half = !corners && r.between(0, 1) == 0;
    std::vector<bilinear_tap> rows, columns;
    for (int axis = 0; axis < 2; ++axis) {
      const std::int32_t in = axis ? p.in_w : p.in_h, out = axis ? p.out_w : p.out_h;
      for (std::int32_t o = 0; o < out; ++o)
        (axis ? columns : rows).push_back(tap_of(f.mode, o, in, out, corners, half));
    }
    p.row_taps = rows.data();
    p.column_taps = columns.data();
    const std::size_t elements = static_cast<std::size_t>(p.batch) *
                                 static_cast<std::size_t>(p.in_h * p.in_w * p.channels),
                      out = static_cast<std::size_t>(p.batch) *
                            static_cast<std::size_t>(p.out_h * p.out_w * p.channels);
    const guarded x = made_up_pixels(p.type, elements, r);
    INFO(name_of(p.mode) << " " << name_of(p.type) << " " << p.in_h << "x" << p.in_w << "x"
                         << p.channels << " to " << p.out_h << "x" << p.out_w
                         << (corners ? " corners"
                             : half  ? " half pixels"
                                     : ""));
    check_kernel<resize_params>(kernel_id::resize_bilinear, &reference::resize_bilinear_kernel, p,
                                {x.data()}, out * size_of(p.type), seen, true, p.type);
  }
  seen.require_simd();
}

TEST_CASE("coordinates of huge outputs stay inside the image", "[kernels]") {
  for (const std::int32_t in : {1, 2, 3, 17})
    for (const std::int32_t out : {1, 2, 1500, 5000, 100000})
      for (const bool corners : {false, true})
        for (const bool half : {false, true})
          for (std::int32_t o = 0; o<out; o += out> 100 ? 97 : 1) {
            for (const bilinear_tap& t : {numerics::bilinear_q10(o, in, out, corners, half),
                                          numerics::bilinear_float(o, in, out, corners, half),
                                          numerics::bilinear_xnn(o, in, out, corners, half)}) {
              REQUIRE((t.lo >= 0 && t.lo < in && t.hi >= 0 && t.hi < in));
              REQUIRE((t.weight > -1024 && t.weight <= 2048));
            }
            const std::int32_t n = nearest_source(o, in, out, corners, half);
            REQUIRE((n >= 0 && n < in));
          }
}
