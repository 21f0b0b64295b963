// resample: an axis of floats to another extent by weights of several elements: PyTorch's linear
// and cubic interpolation beside bilinear images, and both with antialias. Images are an axis at a
// time, the innermost first.
#ifndef OCTET_OPS_RESAMPLE_HPP_
#define OCTET_OPS_RESAMPLE_HPP_

#include "octet/numerics/fma.hpp"
#include "octet/ops/movement.hpp"
#include "octet/ops/work.hpp"

OCTET_NAMESPACE_BEGIN

struct resample_attrs {
  std::int32_t axis = 0;    // may be negative
  std::int32_t extent = 0;  // of the result
  bool cubic = false, antialias = false, align_corners = false;
  double factor = 0;  // > 0: what was asked for; steps are f32(1 / factor), else f32(in / out)
  static constexpr auto fields = field_list{field{"axis", &resample_attrs::axis},
                                            field{"extent", &resample_attrs::extent},
                                            field{"cubic", &resample_attrs::cubic},
                                            field{"antialias", &resample_attrs::antialias},
                                            field{"align_corners", &resample_attrs::align_corners},
                                            field{"factor", &resample_attrs::factor}};
};
constexpr shape_or resample_shape(const resample_attrs& a, const dims& x) {
  const std::int32_t axis = a.axis < 0 ? a.axis + x.rank : a.axis;
  if (axis < 0 || axis >= x.rank) return violation{rule::axis, x, dims{a.axis}};
  if (a.extent < 1 || x[axis] < 1) return violation{rule::value, dims{1}, dims{a.extent}};
  dims y = x;
  y[axis] = a.extent;
  return y;
}
/// One result: elements from `first` on, which are cut to the axis, `count` of them, with as many
/// weights.
struct resample_tap {
  std::int32_t first = 0, count = 0;
};
struct resample_params {
  std::size_t outer = 0, in = 0, out = 0, inner = 0, most = 0;  // most: weights of a result
  bool windows = false;                                         // antialias
  const resample_tap* taps = nullptr;
  const float* weights = nullptr;
};

namespace numerics {
/// Steps of the axis; PyTorch's area_pixel_compute_scale.
constexpr float resample_step(const resample_attrs& a, std::int32_t in) {
  const auto out = static_cast<float>(a.extent);
  if (a.align_corners)
    return a.extent > 1 ? div(static_cast<float>(in - 1), static_cast<float>(a.extent - 1)) : 0.f;
  return a.factor > 0 ? static_cast<float>(div(1., a.factor)) : div(static_cast<float>(in), out);
}
/// How far pixels count, in pixels of the input.
constexpr float resample_support(const resample_attrs& a, float step) {
  const float half = a.cubic ? 2.f : 1.f;
  return step >= 1 ? mul(half, step) : half;
}
/// Weights of a result at most.
constexpr std::size_t resample_most(const resample_attrs& a, std::int32_t in) {
  if (!a.antialias) return a.cubic ? 4 : 2;
  const float reach = resample_support(a, resample_step(a, in)), whole = -floor(-reach);
  const double most = static_cast<double>(whole) * 2 + 1;
  return most < static_cast<double>(in) ? as_size(static_cast<std::int64_t>(most)) : as_size(in);
}
/// The weight of a pixel at distance x below 1, and from 1 to 2; the last step is not fused.
constexpr float cubic_near(float x, float a) {
  return add(mul(mul(fma(add(a, 2.f), x, -add(a, 3.f)), x), x), 1.f);
}
constexpr float cubic_far(float x, float a) {
  const float t = fma(fma(a, x, -mul(5.f, a)), x, mul(8.f, a));
  return sub(mul(t, x), mul(4.f, a));
}
/// The filters of antialias; other steps are fused than above.
constexpr float resample_filter(bool cubic, float x) {
  const float d = with_sign(x, 1.f);
  if (!cubic) return d < 1 ? sub(1.f, d) : 0.f;
  if (d < 1) return fma(mul(sub(mul(1.5f, d), 2.5f), d), d, 1.f);
  return d < 2 ? fma(fma(fma(-0.5f, d, 2.5f), d, -4.f), d, 2.f) : 0.f;
}
/// Two or four neighbours of the place of result o.
constexpr resample_tap resample_neighbours(const resample_attrs& a, std::int32_t in, std::int32_t o,
                                           float* weights) {
  const float step = resample_step(a, in), i = static_cast<float>(o);
  float at = a.align_corners ? mul(step, i)
             : a.cubic       ? fma(step, add(i, 0.5f), -0.5f)
                             : sub(mul(step, add(i, 0.5f)), 0.5f);
  if (!a.cubic) {
    if (in == a.extent) at = i;
    if (at < 0) at = 0;
  }
  const auto low = clamp_to_int(static_cast<double>(floor(at)), -3, in - 1);
  const float rest = sub(at, static_cast<float>(low)),
              away = rest < 0   ? 0.f
                     : rest > 1 ? 1.f
                                : rest,
              left = sub(1.f, away);
  if (!a.cubic) {
    weights[0] = left, weights[1] = away;
    return {low, 2};
  }
  weights[0] = cubic_far(add(away, 1.f), -0.75f), weights[1] = cubic_near(away, -0.75f);
  weights[2] = cubic_near(left, -0.75f), weights[3] = cubic_far(add(left, 1.f), -0.75f);
  return {low - 1, 4};
}
/// All pixels that the filter, as wide as the step, reaches; weights are divided by their sum.
constexpr resample_tap resample_window(const resample_attrs& a, std::int32_t in, std::int32_t o,
                                       float* weights) {
  const float step = resample_step(a, in), support = resample_support(a, step),
              by = step >= 1 ? div(1.f, step) : 1.f;
  const auto center =
      static_cast<float>(mul(static_cast<double>(step), add(static_cast<double>(o), 0.5)));
  const auto cut = [&](double v) { return clamp_to_int(trunc(v), 0, in); };
  const std::int32_t first = cut(add(static_cast<double>(sub(center, support)), 0.5)),
                     behind = cut(add(static_cast<double>(add(center, support)), 0.5));
  const std::int32_t reach = behind > first ? behind - first : 0,
                     most = static_cast<std::int32_t>(resample_most(a, in)),
                     count = reach < most ? reach : most;
  float all = 0;
  for (std::int32_t j = 0; j < count; ++j) {
    const double from = add(static_cast<double>(sub(static_cast<float>(j + first), center)), 0.5);
    weights[j] = resample_filter(a.cubic, static_cast<float>(mul(from, static_cast<double>(by))));
    all = add(all, weights[j]);
  }
  for (std::int32_t j = 0; j < count && all != 0; ++j) weights[j] = div(weights[j], all);
  return {first, count};
}
}  // namespace numerics

namespace reference {
/// x0 w0 joined by the other products one after another. Of neighbours all are fused; of windows,
/// whose loop the framework's compiler unrolled, whole fours behind the first are not.
template <class From>
constexpr float weighted_sum(const resample_params& p, std::int32_t count, const float* w,
                             const From& from) {
  if (count < 1) return 0;
  if (!p.windows) {
    float t = numerics::fma(from(0), w[0], numerics::mul(from(1), w[1]));
    for (std::int32_t j = 2; j < count; ++j) t = numerics::fma(from(j), w[j], t);
    return t;
  }
  float t = numerics::mul(from(0), w[0]);
  const std::int32_t whole = 1 + (count - 1) / 4 * 4;
  for (std::int32_t j = 1; j < count; ++j)
    t = j < whole ? numerics::add(t, numerics::mul(from(j), w[j]))
                  : numerics::fma(from(j), w[j], t);
  return t;
}
/// Rows [begin, end) of outer * out.
constexpr void resample(const resample_params& p, const float* x, float* y, std::size_t begin,
                        std::size_t end) {
  const auto last = static_cast<std::int64_t>(p.in) - 1;
  for (std::size_t row = begin; row < end; ++row) {
    const std::size_t outer = row / p.out, o = row % p.out;
    const resample_tap tap = p.taps[o];
    for (std::size_t k = 0; k < p.inner; ++k)
      y[row * p.inner + k] =
          weighted_sum(p, tap.count, p.weights + o * p.most, [&](std::int32_t j) {
            const std::int64_t at = std::int64_t{tap.first} + j;
            return x[(outer * p.in + as_size(at < 0 ? 0 : at > last ? last : at)) * p.inner + k];
          });
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void resample_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const resample_params*>(a.params);
  const auto r = part_of(p.outer * p.out, a.part, a.parts);
  resample(p, static_cast<const float*>(a.in[0]), static_cast<float*>(a.out[0]), r.begin, r.end);
}
#else
void resample_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
constexpr status resample_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, resample_shape(read_attributes<resample_attrs>(*n.attrs), n.in[0].shape));
}
/// Weights of a result at most; the node's shape is its rule's.
constexpr std::size_t most_weights(const node_view& n) {
  const auto a = read_attributes<resample_attrs>(*n.attrs);
  const dims& x = n.in[0].shape;
  const std::int32_t axis = a.axis < 0 ? a.axis + x.rank : a.axis;
  return axis < 0 || axis >= x.rank || a.extent < 1 ? 0 : numerics::resample_most(a, x[axis]);
}
constexpr void resample_memory(const node_view& n, node_memory& to) {
  const auto extent = as_size(std::max(read_attributes<resample_attrs>(*n.attrs).extent, 0));
  to.make<resample_params>();
  to.array<resample_tap>(extent);
  to.array<float>(extent * most_weights(n));
}
constexpr double resample_macs(const node_view& n) {
  return elements_out(n) * static_cast<double>(most_weights(n));
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status resample_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<resample_attrs>(*n.attrs);
  auto& p = to.make<resample_params>(&reference::resample_kernel, kernel_id::resample);
  const dims& x = n.in[0].shape;
  const std::int32_t axis = a.axis < 0 ? a.axis + x.rank : a.axis;
  p.outer = p.inner = 1;
  for (int i = 0; i < axis; ++i) p.outer *= as_size(x[i]);
  for (int i = axis + 1; i < x.rank; ++i) p.inner *= as_size(x[i]);
  p.in = as_size(x[axis]), p.out = as_size(a.extent), p.most = most_weights(n);
  p.windows = a.antialias;
  auto taps = to.array<resample_tap>(p.out);
  auto weights = to.array<float>(p.out * p.most);
  for (std::int32_t o = 0; o < a.extent; ++o) {
    float* const w = weights.data() + as_size(o) * p.most;
    taps[as_size(o)] = a.antialias ? numerics::resample_window(a, x[axis], o, w)
                                   : numerics::resample_neighbours(a, x[axis], o, w);
  }
  p.taps = taps.data(), p.weights = weights.data();
  return unit{};
}
#else
status resample_prepare(const node_view& n, prepared& to);
#endif
inline constexpr op_def resample{
    .name = "resample",
    .summary = "an axis to another extent, neighbours or windows weighted",
    .forms = float_forms,
    .kernel = kernel_id::resample,
    .attributes = keys_of<resample_attrs>,
    .shape = &resample_op_shape,
    .memory = &resample_memory,
    .prepare = &resample_prepare,
    .macs = &resample_macs,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_RESAMPLE_HPP_
