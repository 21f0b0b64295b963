// attention: a matrix product, a scale and a mask of its results, softmax of their rows, and the
// product of these with another matrix, float32. What batch_matmul, mul, add, softmax and
// batch_matmul give one after the other, without their results in memory.
#ifndef OCTET_OPS_ATTENTION_HPP_
#define OCTET_OPS_ATTENTION_HPP_

#include "octet/ops/batch_matmul.hpp"
#include "octet/ops/softmax.hpp"

OCTET_NAMESPACE_BEGIN

/// q [..., M, K], k [..., K, S] (adj_y: [..., S, K]), v [..., S, N], mask (optional) that
/// broadcasts to [..., M, S]; y [..., M, N]. Leading axes broadcast.
///
/// heads_inside (and adj_y): the heads of a row lie side by side, as a layer gives them: q
/// [B, M, H, K], k [B, S, H, K], v [B, S, H, N], mask that broadcasts to [B, H, M, S]; y
/// [B, M, H, N]. Nothing but the mask broadcasts.
///
/// undivided (and adj_y, under ORT): softmax's exponentials are not divided by their sum, the
/// result is: by a quotient (1: MultiHeadAttention without masks) or with the sum's reciprocal (2:
/// GroupQueryAttention). Of tiles of K + N rows the last one's order of sums is that of one row
/// where it has no more; one row in all of 2 has an order of its own (attention_dot).
struct attention_attrs {
  bool adj_y = false;
  bool heads_inside = false;
  std::int32_t undivided = 0;
  double alpha = 1;  // ORT: of the first product, as float_matmul_attrs
  double scale = 1;  // its results are multiplied with it, one rounding each, as binary32
  double beta = 1;   // of softmax
  static constexpr auto fields = field_list{field{"adj_y", &attention_attrs::adj_y},
                                            field{"heads_inside", &attention_attrs::heads_inside},
                                            field{"undivided", &attention_attrs::undivided},
                                            field{"alpha", &attention_attrs::alpha},
                                            field{"scale", &attention_attrs::scale},
                                            field{"beta", &attention_attrs::beta}};
};
struct attention_params {
  batch_matmul_params scores, values;
  softmax_params softmax;  // of one row
  float scale = 1;
  bool masked = false;
  broadcast_matrix mask{};
  std::size_t heads = 1;  // whose rows lie side by side
  std::int32_t undivided = 0;
  bool one_query = false;              // undivided 2, one row in all
  std::size_t alone = SIZE_MAX;        // the row of each matrix whose tile has no other
  numerics::mlas_order alone_order{};  // of its second product

  /// The second product of row i.
  constexpr batch_matmul_params values_of(std::size_t i) const noexcept {
    batch_matmul_params p = values;
    if (i == alone) p.order = alone_order;
    return p;
  }
  /// A result whose exponentials' sum is that.
  constexpr float divided(float v, float sum) const noexcept {
    return undivided == 1 ? numerics::div(v, sum) : numerics::mul(v, numerics::div(1.f, sum));
  }
  /// Where matrix i of `rows` rows of `width` begins, and how far its rows are apart.
  constexpr std::size_t begin_of(std::size_t i, std::size_t rows,
                                 std::size_t width) const noexcept {
    return i / heads * heads * rows * width + i % heads * width;
  }
  constexpr std::size_t row_of(std::size_t width) const noexcept { return heads * width; }
};

namespace kernels {
/// Rows whose scores are in scratch at a time: near 32 KB of them, that a first-level cache holds
/// half of, and eight at least, since a tile has as many.
inline constexpr std::size_t most_attention_rows = 64;
constexpr std::size_t attention_rows(const attention_params& p) noexcept {
  const std::size_t most =
      p.scores.n == 0 ? most_attention_rows : (std::size_t{32} << 10) / 4 / p.scores.n / 8 * 8;
  return most < 8 ? 8 : most > most_attention_rows ? most_attention_rows : most;
}
/// Scratch of the kernel: all panels of k and v, then the scores.
constexpr std::size_t attention_panels(const float_columns& c, const target_layout& t) noexcept {
  return round_up(float_panel_at(c, t, 1, 0) * sizeof(float), alignment);
}
constexpr node_bytes attention_bytes(const attention_params& p, const target_layout& t) noexcept {
  return {0, attention_panels(columns_of(p.scores), t) + attention_panels(columns_of(p.values), t) +
                 round_up(attention_rows(p) * p.scores.n * sizeof(float) + 1, alignment)};
}
constexpr bool attention_accepts(const attention_params& p, const target_layout& t) noexcept {
  return attention_bytes(p, t).scratch <= most_scratch;
}
}  // namespace kernels

namespace numerics {
/// Eight sums of products side by side, neighbours added; what is left is added one by one.
constexpr float sum_of_eight_lanes(const float (&v)[8]) noexcept {
  return add(add(add(v[0], v[1]), add(v[2], v[3])), add(add(v[4], v[5]), add(v[6], v[7])));
}
constexpr float attention_dot(const float* a, const float* b, std::size_t n) noexcept {
  float lanes[8] = {};
  const std::size_t whole = n / 8 * 8;
  for (std::size_t i = 0; i < whole; ++i) lanes[i % 8] = add(lanes[i % 8], mul(a[i], b[i]));
  float sum = sum_of_eight_lanes(lanes);
  for (std::size_t i = whole; i < n; ++i) sum = add(sum, mul(a[i], b[i]));
  return sum;
}
}  // namespace numerics

namespace reference {
#if OCTET_HAS_DEFINITIONS
/// Rows of a product, one at a time, as batch_matmul's reference has them.
OCTET_INLINE void one_row(const batch_matmul_params& p, const float* a, const float* b, float* y) {
  batch_matmul_params row = p;
  row.m = 1, row.batches = broadcast_plan<2>{}, row.batches.count = 1, row.batches.rank = 1;
  row.batches.extent[0] = 1;
  if (p.mlas)
    batch_matmul_mlas(row, a, b, nullptr, y, 0, 1);
  else
    batch_matmul(row, a, b, typed_results<float>{y}, 0, 1);
}
/// A row's scores, scaled and masked.
OCTET_INLINE void attention_scores(const attention_params& p, const float* q, const float* k,
                                   const float* mask, float* y) {
  const std::size_t n = p.scores.n, depth = p.scores.k;
  if (p.one_query)
    for (std::size_t j = 0; j < n; ++j)
      y[j] =
          numerics::mul(numerics::attention_dot(q, k + j * p.scores.b_row, depth), p.scores.alpha);
  else
    one_row(p.scores, q, k, y);
  for (std::size_t j = 0; j < n; ++j) {
    y[j] = numerics::mul(y[j], p.scale);
    if (p.masked) y[j] = numerics::add(y[j], mask[j * p.mask.column]);
  }
}
OCTET_INLINE void attention_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const attention_params*>(a.params);
  const auto *q = static_cast<const float*>(a.in[0]), *k = static_cast<const float*>(a.in[1]),
             *v = static_cast<const float*>(a.in[2]), *mask = static_cast<const float*>(a.in[3]);
  auto *y = static_cast<float*>(a.out[0]), *scores = static_cast<float*>(a.scratch);
  const std::size_t m = p.scores.m, n = p.scores.n, out = p.values.n;
  const auto r = part_of(p.values.batches.count * m, a.part, a.parts);
  for (std::size_t row = r.begin; row < r.end; ++row) {
    const std::size_t batch = row / m, i = row % m;
    const auto of_scores = broadcast_offsets(p.values.batches, batch);
    const auto operands = broadcast_offsets(p.scores.batches, of_scores[0]);
    const std::size_t depth = p.scores.k;
    attention_scores(p, q + p.begin_of(operands[0], m, depth) + i * p.row_of(depth),
                     k + p.begin_of(operands[1], n, depth),
                     p.masked ? p.mask.row_of(mask, of_scores[0], i) : nullptr, scores);
    const bool whole = p.undivided == 0 || n == 0;
    float sum = 1;
    if (whole)
      softmax_row_real(p.softmax, 0, scores, scores);
    else
      sum = exponentials_mlas(p.softmax, scores, scores);
    float* const to = y + p.begin_of(batch, m, out) + i * p.row_of(out);
    one_row(p.values_of(i), scores, v + p.begin_of(of_scores[1], n, out), to);
    for (std::size_t j = 0; !whole && j < out; ++j) to[j] = p.divided(to[j], sum);
  }
}
#else
void attention_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
/// A shape with the heads in front of the rows, or back.
constexpr dims heads_turned(const attention_attrs& a, dims d) {
  if (a.heads_inside) std::swap(d[1], d[2]);
  return d;
}
constexpr violation heads_rule(const attention_attrs& a, const node_view& n) {
  if (a.undivided < 0 || a.undivided > 2) return {rule::value, dims{2}, dims{a.undivided}};
  if (a.undivided != 0 && !a.adj_y) return {rule::value, dims{1}, dims{0}};
  if (!a.heads_inside) return {};
  const dims& q = n.in[0].shape;
  if (!a.adj_y) return {rule::value, dims{1}, dims{0}};
  for (std::size_t i = 0; i < 3; ++i) {
    const dims& d = n.in[i].shape;
    if (d.rank != 4) return {rule::rank, dims{0, 0, 0, 0}, d};
    if (d[0] != q[0] || d[2] != q[2]) return {rule::shapes_differ, q, d};
  }
  return {};
}
/// The scores' shape.
constexpr shape_or attention_scores(const node_view& n) {
  const auto a = read_attributes<attention_attrs>(*n.attrs);
  if (const violation v = heads_rule(a, n)) return v;
  return batch_matmul_shape({.adj_y = a.adj_y}, heads_turned(a, n.in[0].shape),
                            heads_turned(a, n.in[1].shape));
}
constexpr status attention_op_shape(const node_view& n, std::span<dims> out) {
  const shape_or scores = attention_scores(n);
  if (scores.broken) return scores.broken;
  if (n.present(3)) {
    const dims& c = n.in[3].shape;
    if (c.rank > scores.shape.rank || !(broadcast(scores.shape, c) == scores.shape))
      return violation{rule::shapes_differ, scores.shape, c};
  }
  const auto a = read_attributes<attention_attrs>(*n.attrs);
  const shape_or y = batch_matmul_shape({}, scores.shape, heads_turned(a, n.in[2].shape));
  return set_shape(out, y.broken ? y : shape_or(heads_turned(a, y.shape)));
}
/// One of the two products.
constexpr void set_attention_product(batch_matmul_params& p, const tensor_desc& a,
                                     const tensor_desc& b, const tensor_desc& y, bool adj_y,
                                     double alpha, rounding mode) {
  const std::array<tensor_desc, 2> in{a, b};
  const std::array<std::span<const std::byte>, 2> constants{};
  const std::array<bool, 2> given{true, true};
  const std::array<attribute, 3> list{attribute{"adj_y", std::int64_t{adj_y}},
                                      attribute{"alpha", alpha},
                                      attribute{"computed", std::int64_t{1}}};
  const attribute_view attrs(list);
  const node_view n{in, {&y, 1}, constants, given, &attrs, mode};
  set_batch_matmul<false>(p, n);
  p.fused = mode == rounding::xnnpack;
  if (mode == rounding::onnxruntime) set_mlas_matmul(p, n);
}
/// What `undivided` asks for, after both products are set.
constexpr void set_undivided(attention_params& p, std::int32_t undivided) {
  p.undivided = undivided;
  if (undivided == 0) return;
  const std::size_t together = p.scores.k + p.values.n;
  p.one_query = undivided == 2 && p.scores.m == 1;
  if (p.one_query) p.values.mlas = false;  // products, then sums in order
  if (p.scores.m < 2 || p.scores.m % together != 1) return;
  p.alone = p.scores.m - 1;
  p.alone_order = numerics::mlas_product_order(false, true, false, p.values.n, p.values.k);
}
constexpr void set_attention(attention_params& p, const node_view& n) {
  const auto a = read_attributes<attention_attrs>(*n.attrs);
  const tensor_desc scores{dtype::f32, attention_scores(n).shape};
  const auto turned = [&](const tensor_desc& t) {
    return tensor_desc{dtype::f32, heads_turned(a, t.shape)};
  };
  set_attention_product(p.scores, turned(n.in[0]), turned(n.in[1]), scores, a.adj_y, a.alpha,
                        n.round);
  set_attention_product(p.values, scores, turned(n.in[2]), turned(n.out[0]), false, 1, n.round);
  if (a.heads_inside) {
    p.heads = as_size(n.in[0].shape[2]);
    p.scores.b_row = p.row_of(p.scores.k), p.values.b_row = p.row_of(p.values.n);
  }
  set_undivided(p, a.undivided);
  p.softmax.mode = n.round;
  p.softmax.outer = 1, p.softmax.depth = p.scores.n;
  p.softmax.beta = static_cast<float>(a.beta);
  p.scale = static_cast<float>(a.scale);
  p.masked = n.present(3);
  if (p.masked) p.mask = make_broadcast_matrix(n.in[3].shape, scores.shape);
}
constexpr void attention_memory(const node_view& n, node_memory& to) {
  attention_params p;
  set_attention(p, n);
  to.make<attention_params>();
  to.reference_scratch = round_up(p.scores.n * sizeof(float) + 1, alignment);
  to.kernel([&](const kernels::target_layout& t) {
    return kernels::attention_accepts(p, t) ? kernels::attention_bytes(p, t)
                                            : kernels::node_bytes{};
  });
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status attention_prepare(const node_view& n, prepared& to) {
  auto& p = to.make<attention_params>(&reference::attention_kernel, kernel_id::attention);
  set_attention(p, n);
  if (n.round == rounding::xnnpack && p.softmax.beta != 1)
    return unsupported("beta in rounding XNN", std::to_string(p.softmax.beta), "1");
  const auto at = read_attributes<attention_attrs>(*n.attrs);
  if (n.round != rounding::onnxruntime && (at.alpha != 1 || at.undivided != 0))
    return unsupported("alpha or undivided in rounding " + std::string(name_of(n.round)), {},
                       "ORT");
  return unit{};
}
#else
status attention_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form attention_forms[] = {
    {.in = {dtype::f32, dtype::f32, dtype::f32, dtype::f32},
     .out = {dtype::f32},
     .roundings = {rounding::none, rounding::xnnpack, rounding::onnxruntime}},
};
/// Both products.
constexpr double attention_macs(const node_view& n) {
  const shape_or scores = attention_scores(n);
  if (scores.broken || n.in[2].shape.rank < 2 || n.in[0].shape.rank < 2) return 0;
  return static_cast<double>(scores.shape.elements().value) * n.in[0].shape.back(0) +
         elements_out(n) * scores.shape.back(0);
}
inline constexpr op_def attention{
    .name = "attention",
    .summary = "softmax of a matrix product's rows, times another matrix",
    .min_inputs = 3,
    .max_inputs = 4,
    .optional = {3},
    .forms = attention_forms,
    .kernel = kernel_id::attention,
    .attributes = keys_of<attention_attrs>,
    .shape = &attention_op_shape,
    .memory = &attention_memory,
    .prepare = &attention_prepare,
    .decide = &laws::floats_in_order,
    .macs = &attention_macs,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_ATTENTION_HPP_
