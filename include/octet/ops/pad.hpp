// qnn.pad (constant), pad (plain numbers) and mirror_pad (reflect, symmetric): any rank.
#ifndef OCTET_OPS_PAD_HPP_
#define OCTET_OPS_PAD_HPP_

#include <algorithm>

#include "octet/numerics/half.hpp"
#include "octet/ops/movement.hpp"
#include "octet/ops/op.hpp"
#include "octet/ops/types.hpp"

OCTET_NAMESPACE_BEGIN

/// Attributes: "paddings" [before0, after0, before1, after1, ...], "value" (qnn.pad: quantized,
/// default the zero point; pad: a number, default 0), "mode" of mirror_pad: 0 reflect (the edge is
/// not repeated), 1 symmetric (it is).
/// The numbers are the values of the attribute "mode".
enum class pad_mode : std::int32_t { reflect = 0, symmetric = 1, constant = 2 };

struct pad_params {
  pad_mode mode = pad_mode::constant;
  dtype type = dtype::u8;
  dims in, out;
  dims before;
  std::uint64_t value = 0;  // the element's bits
};

/// Elements that may be added before, or after, the n of an axis.
constexpr std::int64_t most_padding(std::int32_t n, pad_mode mode) {
  switch (mode) {
    case pad_mode::constant: return INT32_MAX / 4;
    case pad_mode::symmetric: return n;
    case pad_mode::reflect: return n - 1;
  }
  return 0;
}
constexpr shape_or pad_shape(const dims& x, std::span<const std::int64_t> paddings, pad_mode mode) {
  if (paddings.size() != 2 * as_size(x.rank))
    return violation{
        rule::value, dims{2 * x.rank},
        dims{static_cast<std::int32_t>(std::min<std::size_t>(paddings.size(), INT32_MAX))}};
  dims y = x;
  for (int i = 0; i < x.rank; ++i) {
    const std::int64_t before = paddings[2 * as_size(i)], after = paddings[2 * as_size(i) + 1];
    const std::int64_t most = most_padding(x[i], mode);
    if (before < 0 || after < 0 || before > most || after > most ||
        x[i] + before + after > INT32_MAX)
      return violation{rule::value, dims{0, static_cast<std::int32_t>(most)},
                       dims{static_cast<std::int32_t>(before), static_cast<std::int32_t>(after)}};
    y[i] = static_cast<std::int32_t>(x[i] + before + after);
  }
  return y;
}

namespace reference {
/// Where output index o of one axis reads: an input index, or -1 for the pad value.
constexpr std::int32_t pad_source(std::int32_t o, std::int32_t before, std::int32_t in,
                                  pad_mode mode) {
  const std::int32_t i = o - before;
  if (i >= 0 && i < in) return i;
  switch (mode) {
    case pad_mode::constant: return -1;
    case pad_mode::symmetric: return i < 0 ? -i - 1 : 2 * in - 1 - i;
    case pad_mode::reflect: return i < 0 ? -i : 2 * in - 2 - i;
  }
  return -1;
}
/// Rows (all but the innermost axis) [begin, end) of the output.
template <class T>
constexpr void pad(const pad_params& p, const T* x, T* y, std::size_t begin, std::size_t end) {
  const std::int32_t last = p.out.rank - 1, width = p.out[last];
  for (std::size_t row = begin; row < end; ++row) {
    std::size_t rest = row, from = 0, stride = as_size(p.in[last]);
    bool filled = false;
    for (std::int32_t d = last - 1; d >= 0; --d) {
      const auto o = static_cast<std::int32_t>(rest % as_size(p.out[d]));
      rest /= as_size(p.out[d]);
      const std::int32_t i = pad_source(o, p.before[d], p.in[d], p.mode);
      filled |= i < 0;
      from += as_size(i < 0 ? 0 : i) * stride;
      stride *= as_size(p.in[d]);
    }
    T* to = y + row * as_size(width);
    const auto value = static_cast<T>(p.value);
    if (!filled && last > 0 && width == p.in[last]) {  // neighbouring rows may lie so in the input
      const auto o = static_cast<std::int32_t>(row % as_size(p.out[last - 1]));
      const std::int32_t inside = p.before[last - 1] + p.in[last - 1] - o;
      if (o >= p.before[last - 1] && inside > 0) {
        const std::size_t rows = std::min(as_size(inside), end - row);
        copy_run(x + from, rows * as_size(width), to);
        row += rows - 1;
        continue;
      }
    }
    if (filled) {
      std::fill_n(to, as_size(width), value);
      continue;
    }
    const std::int32_t first = p.before[last], behind = first + p.in[last];
    const auto edge = [&](std::int32_t o) {
      const std::int32_t i = pad_source(o, first, p.in[last], p.mode);
      to[o] = i < 0 ? value : x[from + as_size(i)];
    };
    for (std::int32_t o = 0; o < first; ++o) edge(o);
    std::copy_n(x + from, as_size(behind - first), to + first);
    for (std::int32_t o = behind; o < width; ++o) edge(o);
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void pad_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const pad_params*>(a.params);
  std::size_t rows = 1;
  for (std::int32_t d = 0; d + 1 < p.out.rank; ++d) rows *= as_size(p.out[d]);
  const auto r = part_of(rows, a.part, a.parts);
  with_size(p.type, [&]<class T>(type_tag<T>) {
    pad(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]), r.begin, r.end);
  });
}
#else
void pad_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
template <bool Mirror> constexpr status pad_op_shape(const node_view& n, std::span<dims> out) {
  const auto paddings = n.attrs->integers("paddings");
  const std::int64_t mode = Mirror ? n.attrs->integer("mode") : 0;
  if (mode < 0 || mode > 1) return violation{rule::value, dims{0, 1}, dims{saturated(mode)}};
  return set_shape(out, pad_shape(n.in[0].shape, paddings,
                                  Mirror ? static_cast<pad_mode>(n.attrs->integer("mode") != 0)
                                         : pad_mode::constant));
}
#if OCTET_HAS_DEFINITIONS
/// The bits of attribute `key` (an integer or a real number) as an element of type t.
OCTET_INLINE result<std::uint64_t> element_bits(const attribute_view& a, std::string_view key,
                                                dtype t, std::int64_t otherwise) {
  if (is_float(t)) {
    const double v = a.real(key, static_cast<double>(a.integer(key, otherwise)));
    if (t == dtype::f32) return std::uint64_t{std::bit_cast<std::uint32_t>(static_cast<float>(v))};
    if (t == dtype::f64) return std::bit_cast<std::uint64_t>(v);
    return std::uint64_t{numerics::to_f16(static_cast<float>(v))};
  }
  const std::int64_t v = a.integer(key, otherwise);
  if (v < lowest_of(t) || v > highest_of(t))
    return invalid("attribute " + std::string(key), std::to_string(v),
                   "a value of " + std::string(name_of(t)));
  return static_cast<std::uint64_t>(v);
}
/// Axes without padding behind one with it become part of it, so that rows are long: of pixels
/// whose channels get none, rows of the image. Mirrored elements keep their axes.
constexpr void join_inner_axes(pad_params& p) {
  while (p.mode == pad_mode::constant && p.in.rank > 1) {
    const std::int32_t last = p.in.rank - 1, n = p.in[last];
    if (p.out[last] != n || std::int64_t{p.out[last - 1]} * n > INT32_MAX) return;
    p.in[last - 1] *= n, p.out[last - 1] *= n, p.before[last - 1] *= n;
    --p.in.rank, --p.out.rank, --p.before.rank;
  }
}
template <bool Mirror> status pad_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &y = n.out[0];
  auto& p = to.make<pad_params>(&reference::pad_kernel);
  if (x.quantized() && !x.same_quantization(y))
    return unsupported("pad that changes the quantization");
  p.mode = Mirror ? static_cast<pad_mode>(n.attrs->integer("mode") != 0) : pad_mode::constant;
  p.type = x.type;
  p.in = x.shape, p.out = y.shape;
  const auto paddings = n.attrs->integers("paddings");
  for (int i = 0; i < x.shape.rank; ++i)
    p.before.push_back(static_cast<std::int32_t>(paddings[2 * as_size(i)]));
  if (p.in.rank == 0) p.in = p.out = dims{1}, p.before = dims{0};
  join_inner_axes(p);
  const auto bits = element_bits(*n.attrs, "value", x.type, x.zero_point());
  if (!bits) return bits.error();
  p.value = *bits;
  return unit{};
}
#else
template <bool Mirror> status pad_prepare(const node_view& n, prepared& to);
#endif
/// Before and after each axis; what is written there: of quantized values a code, else a number.
struct pad_keys {
  static constexpr attribute_key keys[] = {{"paddings", attribute_value::kind::integers},
                                           {"value", attribute_value::kind::integer},
                                           {"value", attribute_value::kind::real}};
};
/// A pad_mode.
struct mirror_pad_keys {
  static constexpr attribute_key keys[] = {{"mode", attribute_value::kind::integer}};
};
inline constexpr op_def qnn_pad{
    .name = "qnn.pad",
    .summary = "a quantized value around",
    .forms = movement_forms,
    .quantized = true,
    .only_pads = true,
    .attributes = keys_of<pad_keys>,
    .shape = &pad_op_shape<false>,
    .memory = &params_only<pad_params>,
    .prepare = &pad_prepare<false>,
};
inline constexpr op_def pad{
    .name = "pad",
    .summary = "a value around",
    .forms = movement_forms,
    .attributes = keys_of<pad_keys>,
    .shape = &pad_op_shape<false>,
    .memory = &params_only<pad_params>,
    .prepare = &pad_prepare<false>,
};
inline constexpr op_def mirror_pad{
    .name = "mirror_pad",
    .summary = "the mirrored edge around",
    .forms = movement_forms,
    .attributes = keys_of<pad_keys, mirror_pad_keys>,
    .shape = &pad_op_shape<true>,
    .memory = &params_only<pad_params>,
    .prepare = &pad_prepare<true>,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_PAD_HPP_
