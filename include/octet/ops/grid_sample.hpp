// grid_sample: pixels of images at places that a grid names, as PyTorch's grid_sampler_2d computes
// them.
#ifndef OCTET_OPS_GRID_SAMPLE_HPP_
#define OCTET_OPS_GRID_SAMPLE_HPP_

#include "octet/numerics/fma.hpp"
#include "octet/ops/conv2d.hpp"
#include "octet/ops/work.hpp"

OCTET_NAMESPACE_BEGIN

enum class grid_padding : std::uint8_t { zeros = 0, border, reflection };
struct grid_sample_attrs {
  bool nearest = false;  // the pixel at the rounded place; else four are blended
  grid_padding padding = grid_padding::zeros;
  bool align_corners = false;  // -1 and 1 are the centres of the outermost pixels, else their edges
  static constexpr auto fields = field_list{
      field{"nearest", &grid_sample_attrs::nearest}, field{"padding", &grid_sample_attrs::padding},
      field{"align_corners", &grid_sample_attrs::align_corners}};
};
/// Inputs: x [N, H, W, C], grid [N, h, w, 2] of places (x, y) from -1 to 1; result [N, h, w, C].
struct grid_sample_params {
  std::int32_t batch = 0, in_h = 0, in_w = 0, channels = 0, out_h = 0, out_w = 0;
  grid_sample_attrs how{};
};
constexpr shape_or grid_sample_shape(const dims& x, const dims& grid) {
  if (x.rank != 4 || grid.rank != 4) return violation{rule::rank, dims{0, 0, 0, 0}, grid};
  if (grid[3] != 2 || grid[0] != x[0])
    return violation{rule::shapes_differ, dims{x[0], grid[1], grid[2], 2}, grid};
  if (x[1] < 1 || x[2] < 1) return violation{rule::value, dims{1, 1}, x};
  return dims{x[0], grid[1], grid[2], x[3]};
}

namespace numerics {
/// In pixels; not rounded. What lies between the products is fused, as PyTorch's vectors have it.
constexpr float grid_place(const grid_sample_attrs& how, float at, std::int32_t extent) {
  const auto n = static_cast<float>(extent);
  const float half = div(how.align_corners ? sub(n, 1.f) : n, 2.f), moved = add(at, 1.f);
  const float place = how.align_corners ? mul(moved, half) : fma(moved, half, -0.5f);
  if (how.padding == grid_padding::zeros) return place;
  const float last = sub(n, 1.f);
  float p = place;
  if (how.padding == grid_padding::reflection) {
    const float low = how.align_corners ? 0.f : -0.5f,
                twice = mul(how.align_corners ? last : n, 2.f);
    if (twice == 0) {
      p = 0;
    } else {
      const float away = with_sign(sub(place, low), 1.f), flips = trunc(div(away, twice)),
                  extra = fma(-flips, twice, away), back = sub(twice, extra);
      p = add(extra < back ? extra : back, low);
    }
  }
  // NaN becomes the first pixel.
  return !(p > 0) ? 0.f : p > last ? last : p;
}
}  // namespace numerics

namespace reference {
/// A place between pixels: the lower one's index, which may lie outside, and how far it is.
struct grid_tap {
  std::int64_t low = 0;
  float away = 0;
};
constexpr grid_tap grid_tap_of(const grid_sample_attrs& how, float at, std::int32_t extent) {
  const float place = numerics::grid_place(how, at, extent),
              whole = how.nearest ? numerics::rint(place) : numerics::floor(place);
  // Far outside is outside; no number is.
  const bool inside = whole >= -2.f && whole <= static_cast<float>(extent);
  return {inside ? static_cast<std::int64_t>(whole) : -2, numerics::sub(place, whole)};
}
/// The four pixels around a place (null outside, where they count 0) and their weights.
struct grid_square {
  const float* pixel[4] = {};
  float weight[4] = {};
};
/// f(offset in the result, square) for each pixel of the result's rows [begin, end).
template <class F>
constexpr void for_each_grid_square(const grid_sample_params& p, const float* x, const float* grid,
                                    std::size_t begin, std::size_t end, const F& f) {
  const image_extents image{p.in_h, p.in_w, p.channels};
  for (std::size_t row = begin; row < end; ++row) {
    const auto n = static_cast<std::int64_t>(row / as_size(p.out_h));
    for (std::size_t ox = 0; ox < as_size(p.out_w); ++ox) {
      const std::size_t at = row * as_size(p.out_w) + ox;
      const grid_tap h = grid_tap_of(p.how, grid[2 * at], p.in_w),
                     v = grid_tap_of(p.how, grid[2 * at + 1], p.in_h);
      const float e = numerics::sub(1.f, h.away), s = numerics::sub(1.f, v.away);
      grid_square square{{},
                         {numerics::mul(s, e), numerics::mul(s, h.away), numerics::mul(v.away, e),
                          numerics::mul(v.away, h.away)}};
      for (std::size_t i = 0; i < 4; ++i) {
        const std::int64_t iy = v.low + static_cast<std::int64_t>(i / 2),
                           ix = h.low + static_cast<std::int64_t>(i % 2);
        if (iy >= 0 && iy < p.in_h && ix >= 0 && ix < p.in_w)
          square.pixel[i] = x + nhwc_index(image, n, static_cast<std::int32_t>(iy),
                                           static_cast<std::int32_t>(ix), 0);
      }
      f(at * as_size(p.channels), square);
    }
  }
}
constexpr void grid_sample(const grid_sample_params& p, const float* x, const float* grid, float* y,
                           std::size_t begin, std::size_t end) {
  for_each_grid_square(p, x, grid, begin, end, [&](std::size_t at, const grid_square& s) {
    const auto pixel = [&](std::size_t i, std::size_t k) {
      return s.pixel[i] != nullptr ? s.pixel[i][k] : 0.f;
    };
    for (std::size_t k = 0; k < as_size(p.channels); ++k) {
      float t = pixel(0, k);
      if (!p.how.nearest) {
        t = numerics::mul(t, s.weight[0]);
        for (std::size_t i = 1; i < 4; ++i) t = numerics::fma(pixel(i, k), s.weight[i], t);
      }
      y[at + k] = t;
    }
  });
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void grid_sample_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const grid_sample_params*>(a.params);
  const auto r = part_of(product_of(p.batch, p.out_h), a.part, a.parts);
  grid_sample(p, static_cast<const float*>(a.in[0]), static_cast<const float*>(a.in[1]),
              static_cast<float*>(a.out[0]), r.begin, r.end);
}
#else
void grid_sample_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
constexpr status grid_sample_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, grid_sample_shape(n.in[0].shape, n.in[1].shape));
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status grid_sample_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<grid_sample_attrs>(*n.attrs);
  if (a.padding > grid_padding::reflection)
    return invalid("padding", std::to_string(static_cast<int>(a.padding)), "0 to 2");
  auto& p = to.make<grid_sample_params>(&reference::grid_sample_kernel, kernel_id::grid_sample);
  const dims &x = n.in[0].shape, &y = n.out[0].shape;
  p.batch = x[0], p.in_h = x[1], p.in_w = x[2], p.channels = x[3];
  p.out_h = y[1], p.out_w = y[2];
  p.how = a;
  return unit{};
}
#else
status grid_sample_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form grid_sample_forms[] = {
    {.in = {dtype::f32, dtype::f32}, .out = {dtype::f32}},
};
/// Four pixels an element.
constexpr double grid_sample_steps(const node_view& n) { return 4 * elements_out(n); }
inline constexpr op_def grid_sample{
    .name = "grid_sample",
    .summary = "pixels of images at places that a grid names",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = grid_sample_forms,
    .kernel = kernel_id::grid_sample,
    .attributes = keys_of<grid_sample_attrs>,
    .shape = &grid_sample_op_shape,
    .memory = &params_only<grid_sample_params>,
    .prepare = &grid_sample_prepare,
    .steps = &grid_sample_steps,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_GRID_SAMPLE_HPP_
