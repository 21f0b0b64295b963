// qnn.batch_matmul and batch_matmul: [..., M, K] x [..., K, N], either operand dynamic, constant or
// stored transposed; leading axes broadcast.
#ifndef OCTET_OPS_BATCH_MATMUL_HPP_
#define OCTET_OPS_BATCH_MATMUL_HPP_

#include "octet/kernels/float_gemm.hpp"
#include "octet/laws/layers.hpp"
#include "octet/numerics/fma.hpp"
#include "octet/numerics/mlas_math.hpp"
#include "octet/ops/broadcast.hpp"
#include "octet/ops/conv2d.hpp"
#include "octet/ops/work.hpp"

OCTET_NAMESPACE_BEGIN

struct batch_matmul_attrs {
  bool adj_x = false, adj_y = false;  // the operand is stored with its last two axes exchanged
  static constexpr auto fields = field_list{field{"adj_x", &batch_matmul_attrs::adj_x},
                                            field{"adj_y", &batch_matmul_attrs::adj_y}};
};
/// Of quantized values.
struct quantized_matmul_attrs {
  bool f32_product = false;      // sx * sw is rounded to binary32 before anything else (TFLite)
  std::int32_t input_limit = 0;  // int16 first operand: |x - zero point| is at most this (255 after
                                 // an asymmetric qnn.dynamic_quantize)
  static constexpr auto fields =
      field_list{field{"f32_product", &quantized_matmul_attrs::f32_product},
                 field{"input_limit", &quantized_matmul_attrs::input_limit}};
};
/// Of float32 under ORT.
struct float_matmul_attrs {
  double alpha = 1;       // a factor of the sums
  bool computed = false;  // the framework computes a constant second operand at every run, which
                          // decides the order of the sums
  bool whole = false;     // one chain of all products, of as many rows as there may be
  static constexpr auto fields = field_list{field{"alpha", &float_matmul_attrs::alpha},
                                            field{"computed", &float_matmul_attrs::computed},
                                            field{"whole", &float_matmul_attrs::whole}};
};

struct batch_matmul_params {
  std::size_t m = 0, k = 0, n = 0;
  std::size_t b_row = 0;  // elements between rows of the second operand as it is stored
  bool adj_x = false, adj_y = false;
  bool quantized = true;
  dtype a_type, b_type, out_type;  // out_type s32 or s64 with requant.mode none: the accumulators
  std::int32_t a_zero_point = 0, b_zero_point = 0;
  const void* weights = nullptr;  // constant second operand, unpacked; null: dynamic
  bool wide = false;              // accumulators may exceed int32
  kernels::weight_fit fits = kernels::weight_fit::unknown;
  requantize_params requant;  // one channel
  broadcast_plan<2> batches;  // which matrix of each operand an output matrix takes
  bool fused = false;         // float32 under XNN: each product joins its sum in one rounding
  // float32 under ORT: alpha times the product, added to a third operand that broadcasts
  bool mlas = false, has_start = false;
  numerics::mlas_order order{};
  float alpha = 1;
  broadcast_matrix start{};
  const std::byte* packed = nullptr;
};

namespace kernels {
/// One constant second operand serves all matrices: it is packed once.
constexpr bool packs_once(const batch_matmul_params& p) noexcept {
  if (p.weights == nullptr) return false;
  for (std::int32_t i = 0; i < p.batches.rank; ++i)
    if (p.batches.stride[1][as_size(i)] != 0) return false;
  return true;
}
/// One matrix of a batch; `weights` is the second operand's, and null where it is given at run
/// time.
constexpr gemm_problem problem_of(const batch_matmul_params& p) noexcept {
  gemm_problem g;
  g.in_h = g.out_h = static_cast<std::int32_t>(p.m), g.in_c = static_cast<std::int32_t>(p.k),
  g.out_c = static_cast<std::int32_t>(p.n);
  g.in_type = p.a_type, g.weight_type = p.b_type, g.out_type = p.out_type,
  g.in_zero_point = p.a_zero_point, g.weight_zero_point = p.b_zero_point, g.weights = p.weights;
  g.weight_oc = p.adj_y ? p.b_row : 1, g.weight_ic = p.adj_y ? 1 : p.b_row;
  g.wide = p.wide, g.requant = &p.requant, g.dynamic = !packs_once(p), g.fits = p.fits;
  return g;
}
constexpr bool batch_matmul_accepts(const batch_matmul_params& p) noexcept {
  constexpr std::size_t most = std::size_t{1} << 24;
  return p.quantized && !p.adj_x && p.requant.channels == 1 && p.batches.count > 0 && p.m <= most &&
         p.k <= most && p.n <= most && gemm_accepts(problem_of(p));
}
/// The second operand of float32 products.
constexpr float_columns columns_of(const batch_matmul_params& p) noexcept {
  return {.columns = p.n,
          .steps = p.k,
          .column_stride = p.adj_y ? p.b_row : 1,
          .step_stride = p.adj_y ? 1 : p.b_row,
          .weights = packs_once(p) ? p.weights : nullptr};
}
}  // namespace kernels

constexpr shape_or batch_matmul_shape(const batch_matmul_attrs& at, const dims& a, const dims& b) {
  if (a.rank < 2 || b.rank < 2) return violation{rule::rank, dims{0, 0}, a.rank < 2 ? a : b};
  const std::int32_t m = a.back(at.adj_x ? 0 : 1), ka = a.back(at.adj_x ? 1 : 0),
                     kb = b.back(at.adj_y ? 0 : 1), n = b.back(at.adj_y ? 1 : 0);
  if (ka != kb) return violation{rule::channels, dims{ka}, dims{kb}};
  dims la = a, lb = b;
  la.rank -= 2;
  lb.rank -= 2;
  dims y = broadcast(la, lb);
  if (y.rank < 0) return violation{rule::shapes_differ, a, b};
  y.push_back(m);
  y.push_back(n);
  return y;
}

namespace reference {
/// Output rows [begin, end) of batches * m. `y`: typed_results or integer_results.
template <class A, class B, class Y>
constexpr void batch_matmul(const batch_matmul_params& p, const A* a, const B* b, const Y& y,
                            std::size_t begin, std::size_t end) {
  if (begin >= end) return;
  for_each_broadcast(
      p.batches, begin / p.m, (end + p.m - 1) / p.m, [&](std::size_t batch, const auto& at) {
        const A* pa = a + at[0] * p.m * p.k;
        const B* pb = b + at[1] * p.k * p.n;
        for (std::size_t i = batch * p.m < begin ? begin - batch * p.m : 0;
             i < p.m && batch * p.m + i < end; ++i)
          for (std::size_t j = 0; j < p.n; ++j) {
            const std::size_t to = (batch * p.m + i) * p.n + j;
            if constexpr (std::is_floating_point_v<A>) {
              float acc = 0;
              for (std::size_t k = 0; k < p.k; ++k) {
                const float u = pa[p.adj_x ? k * p.m + i : i * p.k + k],
                            v = pb[p.adj_y ? j * p.b_row + k : k * p.b_row + j];
                acc = p.fused ? numerics::fma(u, v, acc) : numerics::add(acc, numerics::mul(u, v));
              }
              y.set(to, acc);
            } else {
              std::int64_t acc = 0;
              for (std::size_t k = 0; k < p.k; ++k)
                acc += std::int64_t{pa[p.adj_x ? k * p.m + i : i * p.k + k] - p.a_zero_point} *
                       (pb[p.adj_y ? j * p.b_row + k : k * p.b_row + j] - p.b_zero_point);
              y.set(to, finished(p.requant, acc, 0));
            }
          }
      });
}
/// ORT.
constexpr void batch_matmul_mlas(const batch_matmul_params& p, const float* a, const float* b,
                                 const float* c, float* y, std::size_t begin, std::size_t end) {
  for (std::size_t row = begin; row < end; ++row) {
    const std::size_t batch = row / p.m, i = row % p.m;
    const auto at = broadcast_offsets(p.batches, batch);
    const float *const pa = a + at[0] * p.m * p.k, *const pb = b + at[1] * p.k * p.n;
    const float* const start = p.has_start ? p.start.row_of(c, batch, i) : nullptr;
    for (std::size_t j = 0; j < p.n; ++j) {
      numerics::mlas_sum sum = p.has_start
                                   ? numerics::mlas_sum(p.order, p.alpha, start[j * p.start.column])
                                   : numerics::mlas_sum(p.order, p.alpha);
      for (std::size_t k = 0; k < p.k; ++k)
        sum.add_product(k, pa[p.adj_x ? k * p.m + i : i * p.k + k],
                        pb[p.adj_y ? j * p.b_row + k : k * p.b_row + j]);
      y[row * p.n + j] = sum.value();
    }
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void batch_matmul_kernel(const kernel_args& k) noexcept {
  const auto& p = *static_cast<const batch_matmul_params*>(k.params);
  const auto r = part_of(p.batches.count * p.m, k.part, k.parts);
  if (p.mlas)
    return batch_matmul_mlas(p, static_cast<const float*>(k.in[0]),
                             static_cast<const float*>(k.in[1]), static_cast<const float*>(k.in[2]),
                             static_cast<float*>(k.out[0]), r.begin, r.end);
  if (!p.quantized)
    return batch_matmul(p, static_cast<const float*>(k.in[0]), static_cast<const float*>(k.in[1]),
                        typed_results<float>{static_cast<float*>(k.out[0])}, r.begin, r.end);
  with_operands(p.a_type, p.b_type, [&]<class A, class B>(type_tag<A>, type_tag<B>) {
    batch_matmul(p, static_cast<const A*>(k.in[0]), static_cast<const B*>(k.in[1]),
                 integer_results{k.out[0], p.out_type}, r.begin, r.end);
  });
}
#else
void batch_matmul_kernel(const kernel_args& k) noexcept;
#endif
}  // namespace reference

namespace ops {
constexpr status batch_matmul_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, batch_matmul_shape(read_attributes<batch_matmul_attrs>(*n.attrs),
                                           n.in[0].shape, n.in[1].shape));
}
/// The third operand, if any, broadcasts to the product.
constexpr status float_batch_matmul_op_shape(const node_view& n, std::span<dims> out) {
  if (status s = batch_matmul_op_shape(n, out); !s || !n.present(2)) return s;
  const dims& c = n.in[2].shape;
  const dims y = c.rank <= out[0].rank ? broadcast(out[0], c) : dims{};
  if (c.rank > out[0].rank || !(y == out[0])) return violation{rule::shapes_differ, out[0], c};
  return unit{};
}
/// What ORT needs besides: the order of the sums, the third operand's place.
constexpr void set_mlas_matmul(batch_matmul_params& p, const node_view& n) {
  p.mlas = true;
  const auto at = read_attributes<float_matmul_attrs>(*n.attrs);
  p.alpha = static_cast<float>(at.alpha);
  p.has_start = n.present(2);
  // One second operand for all matrices: they are one with all their rows.
  const bool one_matrix = n.in[1].shape.rank == 2;
  const std::size_t all_rows = one_matrix ? p.batches.count * p.m : p.m;
  const bool packed = one_matrix && p.weights != nullptr && !at.computed;
  p.order = at.whole
                ? numerics::mlas_order{false, p.k, p.k == 0 ? 1 : p.k}
                : numerics::mlas_product_order(packed, all_rows == 1, p.alpha != 1.f, p.n, p.k);
  if (!p.has_start) return;
  p.start = make_broadcast_matrix(n.in[2].shape, n.out[0].shape);
}
/// Extents and types; whether sums are wide.
template <bool Quantized>
constexpr void set_batch_matmul(batch_matmul_params& p, const node_view& n) {
  const auto at = read_attributes<batch_matmul_attrs>(*n.attrs);
  const tensor_desc &a = n.in[0], &b = n.in[1], &y = n.out[0];
  p.adj_x = at.adj_x, p.adj_y = at.adj_y;
  p.quantized = Quantized;
  p.a_type = a.type, p.b_type = b.type, p.out_type = y.type;
  p.m = as_size(a.shape.back(at.adj_x ? 0 : 1));
  p.k = as_size(a.shape.back(at.adj_x ? 1 : 0));
  p.n = as_size(b.shape.back(at.adj_y ? 1 : 0));
  p.b_row = at.adj_y ? p.k : p.n;
  dims la = a.shape, lb = b.shape, ly = y.shape;
  la.rank -= 2, lb.rank -= 2, ly.rank -= 2;
  p.batches = make_broadcast<2>({la, lb}, ly);
  if (p.m == 0) p.batches.count = 0;
  if (n.is_constant(1)) p.weights = n.constant[1].data();
  if (!Quantized || !with_quantized(a.type, [](auto) {}) || !with_quantized(b.type, [](auto) {}))
    return;
  p.a_zero_point = a.zero_point(), p.b_zero_point = b.zero_point();
  const auto limit = read_attributes<quantized_matmul_attrs>(*n.attrs).input_limit;
  const std::int64_t any = largest_offset(a.type, p.a_zero_point),
                     largest = limit > 0 && n.round == rounding::none
                                   ? std::min<std::int64_t>(limit, any)
                                   : any,
                     product = largest * largest_offset(b.type, p.b_zero_point);
  p.wide = static_cast<std::int64_t>(p.k) > INT32_MAX / std::max<std::int64_t>(product, 1);
}
template <bool Quantized> constexpr void batch_matmul_memory(const node_view& n, node_memory& to) {
  to.make<batch_matmul_params>();
  batch_matmul_params p{};
  set_batch_matmul<Quantized>(p, n);
  if (!Quantized)
    return to.kernel([&](const kernels::target_layout& t) {
      return kernels::float_gemm_memory(kernels::columns_of(p), t);
    });
  p.requant.mode = requantize_mode(n.round);
  requantize_memory(to, n.round, 1);
  const kernels::gemm_problem g = kernels::problem_of(p);
  if (kernels::batch_matmul_accepts(p))
    to.kernel([&](const kernels::target_layout& t) { return kernels::gemm_memory(g, t); });
}
#if OCTET_HAS_DEFINITIONS
template <bool Quantized> status batch_matmul_prepare(const node_view& n, prepared& to) {
  const tensor_desc &a = n.in[0], &b = n.in[1], &y = n.out[0];
  auto& p = to.make<batch_matmul_params>(
      &reference::batch_matmul_kernel,
      Quantized ? kernel_id::batch_matmul : kernel_id::float_batch_matmul);
  set_batch_matmul<Quantized>(p, n);
  if constexpr (!Quantized) {
    p.fused = n.round == rounding::xnnpack;
    if (n.round == rounding::onnxruntime)
      set_mlas_matmul(p, n);
    else if (n.present(2) || read_attributes<float_matmul_attrs>(*n.attrs).alpha != 1)
      return unsupported("alpha and a third operand of batch_matmul under rounding " +
                             std::string(name_of(n.round)),
                         {}, "ORT");
    return unit{};
  } else {
    if (a.per_channel() || b.per_channel())
      return unsupported("per-channel operands of a matrix product");
    know_fit(to, p, kernels::problem_of(p));
    if (n.round == rounding::none) {
      if (p.wide && y.type == dtype::s32)
        return invalid("accumulators exceed int32", {}, "int64 output");
      return unit{};
    }
    const bool narrow =
        uses_f32_product(n.round, read_attributes<quantized_matmul_attrs>(*n.attrs).f32_product);
    const double scale = laws::accumulator_scale(narrow, a.scale(), b.scale());
    return fill_requantize(to, p.requant, n.round, std::span<const double>(&scale, 1), y,
                           clamp_of(*n.attrs, y.type));
  }
}
#else
template <bool Quantized> status batch_matmul_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form qnn_batch_matmul_forms[] = {
    {.in = {quantized_types, quantized_types}, .out = {accumulator_types}},
    {.in = {quantized_types, quantized_types},
     .out = {rescaled_types},
     .roundings = layer_roundings},
};
inline constexpr form float_batch_matmul_forms[] = {
    {.in = {dtype::f32, dtype::f32},
     .out = {dtype::f32},
     .roundings = {rounding::none, rounding::xnnpack}},
    {.in = {dtype::f32, dtype::f32, dtype::f32},
     .out = {dtype::f32},
     .roundings = rounding::onnxruntime},
};
constexpr double batch_matmul_macs(const node_view& n) {
  const dims& x = n.in[0].shape;
  if (x.rank < 2) return 0;
  return elements_out(n) * x.back(n.attrs->integer("adj_x") != 0 ? 1 : 0);
}
inline constexpr op_def qnn_batch_matmul{
    .name = "qnn.batch_matmul",
    .summary = "matrix product of quantized operands, batched",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = qnn_batch_matmul_forms,
    .quantized = true,
    .accumulates = true,
    .kernel = kernel_id::batch_matmul,
    .attributes = keys_of<batch_matmul_attrs, quantized_matmul_attrs, clamp_keys>,
    .shape = &batch_matmul_op_shape,
    .memory = &batch_matmul_memory<true>,
    .prepare = &batch_matmul_prepare<true>,
    .decide = &laws::batch_matmul,
    .macs = &batch_matmul_macs,
};
inline constexpr op_def batch_matmul{
    .name = "batch_matmul",
    .summary = "matrix product of float32 operands, batched",
    .min_inputs = 2,
    .max_inputs = 3,
    .optional = {2},
    .forms = float_batch_matmul_forms,
    .kernel = kernel_id::float_batch_matmul,
    .attributes = keys_of<batch_matmul_attrs, float_matmul_attrs>,
    .shape = &float_batch_matmul_op_shape,
    .memory = &batch_matmul_memory<false>,
    .prepare = &batch_matmul_prepare<false>,
    .decide = &laws::floats_in_order,
    .macs = &batch_matmul_macs,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_BATCH_MATMUL_HPP_
