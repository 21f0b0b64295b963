// Rows that take floats to other extents axis by axis, and images at places of a grid:
// interpolation of lines and volumes, cubic and with antialias, grid_sampler, affine_grid.
#ifndef OCTET_IMPORT_TORCH_ROWS_RESAMPLE_HPP_
#define OCTET_IMPORT_TORCH_ROWS_RESAMPLE_HPP_

#include "octet/import/torch/rows_float.hpp"
#include "octet/import/torch/rows_pool.hpp"
#include "octet/ops/grid_sample.hpp"
#include "octet/ops/resample.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

/// The factors that a program gives for the axes behind the channels, 0 where it gives none: a list
/// `scales` or `scale_factors`, or a number for each.
inline result<std::vector<double>> factors_of_axes(arguments& a, std::size_t axes) {
  constexpr std::string_view numbers[][3] = {
      {"scales", "", ""}, {"scales_h", "scales_w", ""}, {"scales_d", "scales_h", "scales_w"}};
  std::vector<double> f(axes, 0.);
  const value first = a[numbers[axes - 1][0]];
  for (std::size_t k = 0; k < axes; ++k) {
    const value v = !first.is_sequence()            ? a[numbers[axes - 1][k]]
                    : first.c->items.size() == axes ? first.c->items[k]
                                                    : value{};
    if (first.is_sequence() && first.c->items.size() != axes)
      return invalid("factors of " + a.name, std::to_string(first.c->items.size()));
    if (v.is(kind::none)) continue;
    if (!read_number(v, f[k])) return invalid("factors of " + a.name);
  }
  return f;
}
/// The extents that are asked for, or those of x times the factors.
inline result<std::vector<std::int64_t>> resampled_extents(arguments& a, const tensor_data& x,
                                                           const std::vector<double>& factor) {
  std::vector<std::int64_t> size;
  if (!a.none("output_size")) size = a.integers("output_size");
  if (auto s = a.check(); !s) return s.error();
  if (size.empty())
    for (std::size_t k = 0; k < factor.size(); ++k)
      size.push_back(static_cast<std::int64_t>(numerics::floor(
          numerics::clamp(numerics::mul(static_cast<double>(x.size[2 + k]), factor[k]), 0., 1e9))));
  if (size.size() != factor.size()) return invalid("output size of " + a.name);
  for (const std::int64_t n : size)
    if (a.small("output_size", n) < 1) return invalid("output size of " + a.name);
  if (auto s = a.check(); !s) return s.error();
  return size;
}
/// Floats [N, C, ..] with `Axes` axes behind the channels, each to another extent, the innermost
/// first.
template <int Axes, bool Cubic, bool Antialias> result<value> resampled(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "input");
  if (!x) return x.error();
  if ((*x)->rank() != Axes + 2)
    return unsupported("input of " + a.name, std::to_string((*x)->rank()) + " axes",
                       std::to_string(Axes + 2));
  const auto factor = factors_of_axes(a, Axes);
  if (!factor) return factor.error();
  const auto size = resampled_extents(a, **x, *factor);
  if (!size) return size.error();
  resample_attrs r;
  r.cubic = Cubic, r.antialias = Antialias;
  r.align_corners = a.boolean("align_corners");
  if (auto s = a.check(); !s) return s.error();
  auto at = e.held(**x, true);
  if (!at) return at.error();
  for (int k = Axes - 1; k >= 0; --k) {
    r.axis = 1 + k;
    r.extent = static_cast<std::int32_t>((*size)[as_size(k)]), r.factor = (*factor)[as_size(k)];
    const tensor_id to = e.make(scalar::f32);
    if (auto s = e.emit(ops::resample, {*at}, to, to_attributes(r)); !s) return s.error();
    at = to;
  }
  return e.wrap(*at, scalar::f32, true, suggests_channels_last(**x));
}
/// upsample_nearest3d(x, size, scales): each axis picks the element at its place.
inline result<value> upsample_volume(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("input");
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() != 5)
    return unsupported("input of " + a.name, std::to_string(x->rank()) + " axes", "5");
  const auto factor = factors_of_axes(a, 3);
  if (!factor) return factor.error();
  const auto size = resampled_extents(a, *x, *factor);
  if (!size) return size.error();
  value v = value_of(*x);
  for (std::size_t k = 0; k < 3; ++k) {
    const auto n = a.small("input", x->size[2 + k]), out = static_cast<std::int32_t>((*size)[k]);
    if (auto s = a.check(); !s) return s.error();
    if (n < 1) return invalid("extents of " + a.name, std::to_string(n));
    if (auto s = e.c.build.work.spend(sizeof(std::int64_t) * as_size(out)); !s) return s.error();
    std::vector<std::int64_t> index;
    for (std::int32_t i = 0; i < out; ++i)
      index.push_back(nearest_source(i, n, out, false, false, (*factor)[k]));
    const auto next = picked(e, *v.t, 2 + k, index);
    if (!next) return next;
    v = *next;
  }
  return as_contiguous(e, v);
}
/// grid_sampler(x, grid, mode, padding, align_corners), of images.
inline result<value> grid_sampler(emitter& e, arguments& a) {
  constexpr std::int64_t nearest = 1, cubic = 2;
  const step x = real_argument(e, a, "input"), grid = real_argument(e, a, "grid");
  const std::int64_t mode = a.integer("interpolation_mode"), padding = a.integer("padding_mode");
  grid_sample_attrs how;
  how.align_corners = a.boolean("align_corners");
  if (!x) return x.error();
  if (!grid) return grid.error();
  if (auto s = a.check(); !s) return s.error();
  if ((*x)->rank() != 4)
    return unsupported("input of " + a.name, std::to_string((*x)->rank()) + " axes", "4");
  if (mode < 0 || mode >= cubic || padding < 0 || padding > 2)
    return unsupported("mode of " + a.name, mode == cubic ? "bicubic" : std::to_string(mode),
                       "bilinear, nearest");
  how.nearest = mode == nearest, how.padding = static_cast<grid_padding>(padding);
  const auto in = e.held(**x, true), places = e.held(**grid, false);
  if (!in) return in.error();
  if (!places) return places.error();
  const tensor_id to = e.make(scalar::f32);
  if (auto s = e.emit(ops::grid_sample, {*in, *places}, to, to_attributes(how)); !s)
    return s.error();
  return e.wrap(to, scalar::f32, true, false);
}
/// Places from -1 to 1 along an axis: of the outermost pixels' centres, or edges.
inline std::vector<double> places_along(std::int64_t n, bool align_corners) {
  std::vector<double> places = evenly_spaced(-1.f, 1.f, n);
  if (align_corners) return places;
  for (double& v : places)
    v = static_cast<double>(numerics::div(
        numerics::mul(static_cast<float>(v), static_cast<float>(n - 1)), static_cast<float>(n)));
  return places;
}
/// affine_grid_generator(theta [N, 2, 3], size [N, C, H, W], align_corners): each place, and 1,
/// times theta.
inline result<value> affine_grid(emitter& e, arguments& a) {
  const step theta = real_argument(e, a, "theta");
  const auto size = a.integers("size");
  const bool corners = a.boolean("align_corners");
  if (!theta) return theta.error();
  if (auto s = a.check(); !s) return s.error();
  if (size.size() != 4 || (*theta)->rank() != 3)
    return unsupported("size of " + a.name, std::to_string(size.size()) + " extents", "4");
  const std::int64_t h = a.small("size", size[2]), w = a.small("size", size[3]);
  if (auto s = a.check(); !s) return s.error();
  if (h < 1 || w < 1) return invalid("size of " + a.name);
  if (h * w > static_cast<std::int64_t>(most_made) / 3) return too_large("grid of " + a.name);
  const auto xs = places_along(w, corners), ys = places_along(h, corners);
  std::vector<double> base;
  for (const double y : ys)
    for (const double x : xs) base.insert(base.end(), {x, y, 1.});
  const auto places = constant_tensor(e, base, {h * w, 3}, scalar::f32);
  if (!places) return places;
  const step grid = matrix_product(e, places->t, with_axes_swapped(e, theta));
  if (!grid) return grid.error();
  return reshaped(e, **grid, {(*theta)->size[0], h, w, 2});
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_RESAMPLE_HPP_
