// rfft2d and complex_abs: spectra of real images and their magnitudes, in float32. A complex number
// is two elements of a last axis of extent 2: real part, imaginary part.
#ifndef OCTET_OPS_FOURIER_HPP_
#define OCTET_OPS_FOURIER_HPP_

#include "octet/numerics/math.hpp"
#include "octet/ops/work.hpp"

OCTET_NAMESPACE_BEGIN

struct rfft2d_attrs {
  std::int32_t height = 1, width = 2;  // of the transform: powers of 2, the width at least 2
  static constexpr auto fields =
      field_list{field{"height", &rfft2d_attrs::height}, field{"width", &rfft2d_attrs::width}};
};
/// x [.., H, W] -> y [.., height, width / 2 + 1, 2]: the frequencies of each image that do not
/// repeat another's conjugate. The image is cut, or filled up with zeros, to height x width. All in
/// binary64, each part of the result rounded to binary32 once; where a frequency is its own
/// conjugate its imaginary part is -0, as TensorFlow Lite's reordering leaves it.
struct rfft2d_params {
  std::size_t images = 0, in_h = 0, in_w = 0, height = 1, width = 2;
  const double* roots = nullptr;  // cos, then -sin of 2 pi k / n, k = 0 .. n / 2, n the larger side
};
constexpr std::int32_t most_transform = 1 << 24;
constexpr bool is_transform(std::int32_t n) noexcept {
  return n >= 1 && n <= most_transform && (n & (n - 1)) == 0;
}
constexpr shape_or rfft2d_shape(const rfft2d_attrs& a, dims x) {
  if (x.rank < 2 || x.rank >= dims::max_rank) return violation{rule::rank, dims{0, 0}, x};
  if (!is_transform(a.height) || !is_transform(a.width) || a.width < 2)
    return violation{rule::value, dims{1, 2}, dims{a.height, a.width}};
  x[x.rank - 2] = a.height;
  x[x.rank - 1] = a.width / 2 + 1;
  x.push_back(2);
  return x;
}

namespace numerics {
struct complex_f64 {
  double re = 0, im = 0;
};
constexpr complex_f64 add(complex_f64 a, complex_f64 b) noexcept {
  return {add(a.re, b.re), add(a.im, b.im)};
}
constexpr complex_f64 sub(complex_f64 a, complex_f64 b) noexcept {
  return {sub(a.re, b.re), sub(a.im, b.im)};
}
constexpr complex_f64 mul(complex_f64 a, complex_f64 b) noexcept {
  return {sub(mul(a.re, b.re), mul(a.im, b.im)), add(mul(a.re, b.im), mul(a.im, b.re))};
}
/// e^(-2 pi i k / n), k = 0 .. n / 2, n a power of 2: by the angle's mirror image in the first
/// eighth of the circle, so that multiples of a quarter are exact.
constexpr complex_f64 root_of_unity(std::size_t k, std::size_t n) noexcept {
  const bool left = 4 * k > n;
  if (left) k = n / 2 - k;
  const bool steep = 8 * k > n;
  const double turn = steep ? 0.25 - static_cast<double>(k) / static_cast<double>(n)
                            : static_cast<double>(k) / static_cast<double>(n),
               angle = mul(6.283185307179586, turn), c = cos(angle), s = sin(angle);
  const double x = steep ? s : c, y = steep ? c : s;
  return {left ? -x : x, -y};
}
/// The magnitude as the C library's hypotf: squares of binary32 are exact in binary64, their sum
/// and its root round there, the result once more.
constexpr float magnitude(float re, float im) noexcept {
  if (is_infinite(re) || is_infinite(im)) return infinity_of<float>();
  const auto r = static_cast<double>(re), i = static_cast<double>(im);
  return static_cast<float>(sqrt(add(mul(r, r), mul(i, i))));
}
}  // namespace numerics

namespace reference {
/// The transform of `n` values that lie `stride` apart, in place: values in the order of reversed
/// bits, then sums of 2, 4, .. of them. roots[k * (of / n)] is that of k / n.
constexpr void transform(numerics::complex_f64* x, std::size_t n, std::size_t stride,
                         const double* roots, std::size_t of) noexcept {
  for (std::size_t i = 1, j = 0; i < n; ++i) {
    std::size_t bit = n >> 1;
    for (; (j & bit) != 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(x[i * stride], x[j * stride]);
  }
  for (std::size_t half = 1; half < n; half *= 2)
    for (std::size_t k = 0; k < half; ++k) {
      const std::size_t at = 2 * (k * (of / (2 * half)));
      const numerics::complex_f64 root{roots[at], roots[at + 1]};
      for (std::size_t i = k; i < n; i += 2 * half) {
        numerics::complex_f64 &a = x[i * stride], &b = x[(i + half) * stride];
        const auto turned = k == 0 ? b : numerics::mul(root, b);
        b = numerics::sub(a, turned);
        a = numerics::add(a, turned);
      }
    }
}
/// A row of width / 2 pairs, transformed as complex numbers, as the width / 2 + 1 frequencies of
/// the row's reals. One more complex number behind it is written.
constexpr void split_row(numerics::complex_f64* z, std::size_t width, const double* roots,
                         std::size_t of) noexcept {
  const std::size_t m = width / 2;
  const numerics::complex_f64 first = z[0];
  z[0] = {numerics::add(first.re, first.im), 0};
  z[m] = {numerics::sub(first.re, first.im), 0};
  for (std::size_t k = 1; 2 * k <= m; ++k) {
    const numerics::complex_f64 a = z[k], b{z[m - k].re, -z[m - k].im};
    const std::size_t at = 2 * (k * (of / width));
    const auto even = numerics::add(a, b), odd = numerics::sub(a, b);
    const numerics::complex_f64 root{roots[at], roots[at + 1]}, turned{odd.im, -odd.re},  // -i odd
        t = numerics::mul(root, turned);
    const auto sum = numerics::add(even, t), rest = numerics::sub(even, t);
    z[k] = {numerics::mul(0.5, sum.re), numerics::mul(0.5, sum.im)};
    z[m - k] = {numerics::mul(0.5, rest.re), numerics::mul(-0.5, rest.im)};
  }
}
/// One image. `work`: height * (width / 2 + 1) complex numbers.
constexpr void rfft2d(const rfft2d_params& p, const float* x, float* y,
                      numerics::complex_f64* work) noexcept {
  const std::size_t m = p.width / 2, pitch = m + 1, of = p.height > p.width ? p.height : p.width;
  for (std::size_t row = 0; row < p.height; ++row) {
    numerics::complex_f64* z = work + row * pitch;
    const auto value = [&](std::size_t i) {
      return row < p.in_h && i < p.in_w ? static_cast<double>(x[row * p.in_w + i]) : 0.;
    };
    for (std::size_t k = 0; k < m; ++k) z[k] = {value(2 * k), value(2 * k + 1)};
    transform(z, m, 1, p.roots, of);
    split_row(z, p.width, p.roots, of);
  }
  if (p.height > 1)
    for (std::size_t k = 0; k < pitch; ++k) transform(work + k, p.height, pitch, p.roots, of);
  for (std::size_t row = 0; row < p.height; ++row)
    for (std::size_t k = 0; k < pitch; ++k) {
      const bool own_conjugate = (k == 0 || k == m) && (row == 0 || 2 * row == p.height);
      const numerics::complex_f64 z = work[row * pitch + k];
      *y++ = static_cast<float>(z.re);
      *y++ = own_conjugate ? -0.f : static_cast<float>(z.im);
    }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void rfft2d_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const rfft2d_params*>(a.params);
  const auto r = part_of(p.images, a.part, a.parts);
  for (std::size_t i = r.begin; i < r.end; ++i)
    rfft2d(p, static_cast<const float*>(a.in[0]) + i * p.in_h * p.in_w,
           static_cast<float*>(a.out[0]) + i * p.height * (p.width + 2),
           static_cast<numerics::complex_f64*>(a.scratch));
}
OCTET_INLINE void complex_abs_kernel(const kernel_args& a) noexcept {
  const auto r = part_of(*static_cast<const std::size_t*>(a.params), a.part, a.parts);
  const auto* x = static_cast<const float*>(a.in[0]);
  for (std::size_t i = r.begin; i < r.end; ++i)
    static_cast<float*>(a.out[0])[i] = numerics::magnitude(x[2 * i], x[2 * i + 1]);
}
#else
void rfft2d_kernel(const kernel_args& a) noexcept;
void complex_abs_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
constexpr status rfft2d_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, rfft2d_shape(read_attributes<rfft2d_attrs>(*n.attrs), n.in[0].shape));
}
constexpr void rfft2d_memory(const node_view& n, node_memory& to) {
  const auto a = read_attributes<rfft2d_attrs>(*n.attrs);
  to.make<rfft2d_params>();
  to.array<double>(as_size(std::max(a.height, a.width)) + 2);
  to.reference_scratch =
      sizeof(numerics::complex_f64) * as_size(a.height) * (as_size(a.width) / 2 + 1);
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status rfft2d_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<rfft2d_attrs>(*n.attrs);
  const dims& x = n.in[0].shape;
  auto& p = to.make<rfft2d_params>(&reference::rfft2d_kernel);
  p.in_h = as_size(x.back(1)), p.in_w = as_size(x.back(0));
  p.height = as_size(a.height), p.width = as_size(a.width);
  p.images = n.out[0].shape.elements().value / (p.height * (p.width + 2));
  const std::size_t larger = std::max(p.height, p.width);
  const auto roots = to.array<double>(larger + 2);
  for (std::size_t k = 0; k <= larger / 2; ++k) {
    const auto root = numerics::root_of_unity(k, larger);
    roots[2 * k] = root.re, roots[2 * k + 1] = root.im;
  }
  p.roots = roots.data();
  return unit{};
}
#else
status rfft2d_prepare(const node_view& n, prepared& to);
#endif
/// Each stage of a transform meets every element of the image.
constexpr double rfft2d_steps(const node_view& n) {
  const auto a = read_attributes<rfft2d_attrs>(*n.attrs);
  double stages = 4;
  for (std::int32_t i = a.height; i > 1; i /= 2) stages += 2;
  for (std::int32_t i = a.width; i > 1; i /= 2) stages += 2;
  return elements_out(n) * stages;
}
inline constexpr op_def rfft2d{
    .name = "rfft2d",
    .summary = "frequencies of real images, as pairs of real and imaginary part",
    .forms = float_forms,
    .attributes = keys_of<rfft2d_attrs>,
    .shape = &rfft2d_op_shape,
    .memory = &rfft2d_memory,
    .prepare = &rfft2d_prepare,
    .steps = &rfft2d_steps,
};

constexpr status complex_abs_op_shape(const node_view& n, std::span<dims> out) {
  dims x = n.in[0].shape;
  if (x.rank < 1 || x.back(0) != 2) return violation{rule::shapes_differ, dims{2}, x};
  --x.rank;
  out[0] = x;
  return unit{};
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status complex_abs_prepare(const node_view& n, prepared& to) {
  to.make<std::size_t>(&reference::complex_abs_kernel) = n.out[0].shape.elements().value;
  return unit{};
}
#else
status complex_abs_prepare(const node_view& n, prepared& to);
#endif
inline constexpr op_def complex_abs{
    .name = "complex_abs",
    .summary = "magnitudes of pairs of real and imaginary part",
    .forms = float_forms,
    .attributes = keys_of<>,
    .shape = &complex_abs_op_shape,
    .memory = &params_only<std::size_t>,
    .prepare = &complex_abs_prepare,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_FOURIER_HPP_
