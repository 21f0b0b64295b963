// embedding_bag: sums, means or extremes of rows of a table that bags of indices name, as PyTorch
// computes them for recommender networks.
#ifndef OCTET_OPS_EMBEDDING_BAG_HPP_
#define OCTET_OPS_EMBEDDING_BAG_HPP_

#include "octet/numerics/fma.hpp"
#include "octet/ops/scatter.hpp"

OCTET_NAMESPACE_BEGIN

enum class bag_mode : std::uint8_t { sum = 0, mean, most };
struct embedding_bag_attrs {
  bag_mode mode = bag_mode::sum;
  bool last_included = false;  // the last offset is where the last bag ends, not where one begins
  std::int64_t left_out = -1;  // rows of this index count nothing; below 0: all count
  static constexpr auto fields =
      field_list{field{"mode", &embedding_bag_attrs::mode},
                 field{"last_included", &embedding_bag_attrs::last_included},
                 field{"left_out", &embedding_bag_attrs::left_out}};
};
/// Inputs: table [rows, width] of float32 or codes, indices [n], offsets [bags], or [bags + 1] with
/// the last one included; and where given a weight for each index [n], a factor and a shift for
/// each row of the table [rows], all float32. Bag b has the indices from offset b up to the next
/// one, offsets cut to [0, n]; indices as gather's.
///
/// sum, mean: from 0, a = fma(q, f32(factor * weight), f32(a + f32(shift * weight))) for each row
/// of a bag in turn, what is absent being 1 and 0; a mean is the sum over the number of rows, an
/// empty bag 0. most: the first largest of the elements themselves, 0 of an empty bag.
struct embedding_bag_params {
  std::size_t rows = 0, width = 0, indices = 0, bags = 0;
  bool last_included = false;
  bag_mode mode = bag_mode::sum;
  std::int64_t left_out = -1;
  dtype type = dtype::f32, index_type = dtype::s64;
};
constexpr shape_or embedding_bag_shape(const embedding_bag_attrs& a, const dims& table,
                                       const dims& indices, const dims& offsets) {
  if (table.rank != 2 || indices.rank != 1 || offsets.rank != 1)
    return violation{rule::rank, dims{0, 0}, table.rank != 2 ? table : offsets};
  const std::int32_t bags = offsets[0] - (a.last_included ? 1 : 0);
  if (table[0] < 1 || bags < 0)
    return violation{rule::value, dims{1}, table[0] < 1 ? table : offsets};
  return dims{bags, table[1]};
}

namespace reference {
/// What one index makes of its row.
struct bag_row {
  std::size_t at = 0;
  float factor = 1, shift = 0;
};
struct embedding_bag_operands {
  const void *indices = nullptr, *offsets = nullptr;
  const float *weights = nullptr, *factors = nullptr, *shifts = nullptr;

  constexpr bag_row row(const embedding_bag_params& p, std::size_t i) const {
    const std::size_t at = index_in(position(indices, p.index_type, i), p.rows);
    const float w = weights ? weights[i] : 1.f;
    return {at, factors ? numerics::mul(factors[at], w) : w,
            shifts ? numerics::mul(shifts[at], w) : 0.f};
  }
  /// The first index of bag b, or of what would be behind the last one.
  constexpr std::size_t begin(const embedding_bag_params& p, std::size_t b) const {
    if (b == p.bags && !p.last_included) return p.indices;
    const std::int64_t at = position(offsets, p.index_type, b),
                       n = static_cast<std::int64_t>(p.indices);
    return as_size(at < 0 ? 0 : at > n ? n : at);
  }
};
/// One row after another, element by element.
struct embedding_bag_rows {
  const embedding_bag_params& p;
  template <class T> constexpr void add(const T* x, const bag_row& r, bool first, float* to) const {
    for (std::size_t k = 0; k < p.width; ++k) {
      const auto v = static_cast<float>(x[k]);
      if (p.mode != bag_mode::most)
        to[k] = numerics::fma(v, r.factor, numerics::add(to[k], r.shift));
      else if (first || v > to[k])
        to[k] = v;
    }
  }
};
/// rows.add(row of the table, its factor and shift, whether it is the bag's first, the bag).
template <class T, class Rows>
constexpr void embedding_bag(const embedding_bag_params& p, const T* table,
                             const embedding_bag_operands& o, float* y, part_range bags,
                             const Rows& rows) {
  for (std::size_t b = bags.begin; b < bags.end; ++b) {
    float* const to = y + b * p.width;
    std::fill_n(to, p.width, 0.f);
    std::size_t count = 0;
    const std::size_t behind = o.begin(p, b + 1);
    for (std::size_t i = o.begin(p, b); i < behind; ++i) {
      if (p.left_out >= 0 && position(o.indices, p.index_type, i) == p.left_out) continue;
      const bag_row r = o.row(p, i);
      rows.add(table + r.at * p.width, r, count == 0, to);
      ++count;
    }
    if (p.mode == bag_mode::mean && count > 0)
      for (std::size_t k = 0; k < p.width; ++k)
        to[k] = numerics::div(to[k], static_cast<float>(count));
  }
}
template <class Rows>
void embedding_bags(const embedding_bag_params& p, const kernel_args& a,
                    const Rows& rows) noexcept {
  const auto r = part_of(p.bags, a.part, a.parts);
  const embedding_bag_operands o{a.in[1], a.in[2], static_cast<const float*>(a.in[3]),
                                 static_cast<const float*>(a.in[4]),
                                 static_cast<const float*>(a.in[5])};
  auto* const y = static_cast<float*>(a.out[0]);
  if (p.type == dtype::f32)
    embedding_bag(p, static_cast<const float*>(a.in[0]), o, y, r, rows);
  else
    embedding_bag(p, static_cast<const std::uint8_t*>(a.in[0]), o, y, r, rows);
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void embedding_bag_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const embedding_bag_params*>(a.params);
  embedding_bags(p, a, embedding_bag_rows{p});
}
#else
void embedding_bag_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
constexpr status embedding_bag_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, embedding_bag_shape(read_attributes<embedding_bag_attrs>(*n.attrs),
                                            n.in[0].shape, n.in[1].shape, n.in[2].shape));
}
/// Every bag may have all indices: offsets are data.
constexpr double embedding_bag_steps(const node_view& n) {
  return elements_out(n) * elements_in(n, 1);
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status embedding_bag_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<embedding_bag_attrs>(*n.attrs);
  if (a.mode > bag_mode::most)
    return invalid("mode", std::to_string(static_cast<int>(a.mode)), "0 to 2");
  auto& p =
      to.make<embedding_bag_params>(&reference::embedding_bag_kernel, kernel_id::embedding_bag);
  p.rows = as_size(n.in[0].shape[0]), p.width = as_size(n.in[0].shape[1]);
  p.indices = as_size(n.in[1].shape[0]), p.bags = as_size(n.out[0].shape[0]);
  p.last_included = a.last_included, p.mode = a.mode, p.left_out = a.left_out;
  p.type = n.in[0].type, p.index_type = n.in[1].type;
  const std::size_t count[] = {p.indices, p.rows, p.rows};
  for (std::size_t i = 3; i < 6; ++i)
    if (n.present(i) && n.in[i].shape.elements().value != count[i - 3])
      return invalid("weights, factors or shifts of bags", to_string(n.in[i].shape),
                     std::to_string(count[i - 3]) + " elements");
  return unit{};
}
#else
status embedding_bag_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form embedding_bag_forms[] = {
    {.in = {type_set{dtype::f32, dtype::u8}, accumulator_types, like(1), dtype::f32, dtype::f32,
            dtype::f32},
     .out = {dtype::f32}},
};
inline constexpr op_def embedding_bag{
    .name = "embedding_bag",
    .summary = "rows of a table that bags of indices name, summed, averaged or their extremes",
    .min_inputs = 3,
    .max_inputs = 6,
    .optional = {3, 4, 5},
    .forms = embedding_bag_forms,
    .kernel = kernel_id::embedding_bag,
    .attributes = keys_of<embedding_bag_attrs>,
    .shape = &embedding_bag_op_shape,
    .memory = &params_only<embedding_bag_params>,
    .prepare = &embedding_bag_prepare,
    .steps = &embedding_bag_steps,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_EMBEDDING_BAG_HPP_
