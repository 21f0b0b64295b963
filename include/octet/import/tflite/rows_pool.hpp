// TFLite's windows and reductions: AVERAGE_POOL_2D, MAX_POOL_2D, MEAN, SUM, REDUCE_*.
#ifndef OCTET_IMPORT_TFLITE_ROWS_POOL_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_POOL_HPP_

#include "octet/import/tflite/rows_conv.hpp"
#include "octet/import/tflite/rows_elementwise.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

inline status pool_2d(tflite_node& n, const op_def& quantized_form, const op_def& float_form) {
  if (auto s = need_inputs(n, 1); !s) return s;
  const dims x = n.in(0).shape;
  if (x.rank != 4) return invalid("rank of input", to_string(x), "[N,H,W,C]");
  const auto o = n.options<tflite_schema::pool_2d_options>();
  if (auto s = check_padding(o.padding); !s) return s;
  pool2d_attrs p;
  p.stride_h = o.stride_h, p.stride_w = o.stride_w;
  p.window_h = o.filter_height, p.window_w = o.filter_width;
  if (o.padding == tflite_schema::padding_scheme::same) {
    const auto h = laws::same_padding(x[1], p.window_h, p.stride_h, 1),
               w = laws::same_padding(x[2], p.window_w, p.stride_w, 1);
    p.pad_top = h.before, p.pad_bottom = h.after, p.pad_left = w.before, p.pad_right = w.after;
  }
  attributes a = to_attributes(p);
  for (const char* unused : {"dilation_h", "dilation_w", "ceil_mode", "count_include_pad",
                             "divisor", "adaptive_h", "adaptive_w"})
    a.erase(unused);
  return n.emit(quantized(n.in(0)) ? quantized_form : float_form, std::move(a), o.activation);
}
inline status average_pool_2d(tflite_node& n) {
  return pool_2d(n, ops::qnn_avg_pool2d, ops::avg_pool2d);
}
inline status max_pool_2d(tflite_node& n) {
  return pool_2d(n, ops::qnn_max_pool2d, ops::max_pool2d);
}
inline status l2_pool_2d(tflite_node& n) { return pool_2d(n, ops::l2_pool2d, ops::l2_pool2d); }

/// Axes and keep_dims; axes must be known when the file is loaded.
inline result<attributes> reduction_attributes(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s.error();
  if (!n.is_constant(1)) return unsupported("axes that are computed at run time");
  attributes a;
  a.set("axes", n.integers(1));
  if (n.options<tflite_schema::reducer_options>().keep_dims) a.set("keep_dims", std::int64_t{1});
  return a;
}
/// The element of type T that no elements give. None: TFLite leaves the memory as it was.
template <class T> std::optional<T> of_no_elements(const tflite_node& n, const op_def& op) {
  using numbers = std::numeric_limits<T>;
  const bool infinite =
      numbers::has_infinity && laws::extremes_of_nothing_are_infinite(n.g().arithmetic);
  if (&op == &ops::reduce_max) return infinite ? -numbers::infinity() : numbers::lowest();
  if (&op == &ops::reduce_min) return infinite ? numbers::infinity() : numbers::max();
  if (&op == &ops::mean) return numbers::quiet_NaN();  // of integers 0
  if (&op == &ops::reduce_prod || &op == &ops::reduce_all) return T{1};
  if (&op == &ops::sum || &op == &ops::reduce_any || &op == &ops::qnn_mean) return T{0};
  if (&op == &ops::qnn_sum && is_8bit(n.in(0).type) && laws::has_xnnpack(n.g().arithmetic))
    return static_cast<T>(tflite_node::zero(n.out()));
  return std::nullopt;
}
/// Into `to`, of that shape.
inline status reduce_nothing(tflite_node& n, const op_def& op, tensor_id to, const dims& shape) {
  const tensor x = n.in(0), y = n.g()[to];
  std::vector<std::byte> bytes(size_of(x.type));
  bool known = false;
  const auto put = [&]<class T>(type_tag<T>) {
    const auto e = of_no_elements<T>(n, op);
    if (e) std::memcpy(bytes.data(), &*e, sizeof *e);
    known = e.has_value();
  };
  if (x.type == dtype::boolean)
    put(type_tag<std::uint8_t>{});
  else
    with_number(x.type, put);
  if (!known)
    return unsupported("a reduction over an axis of extent 0", to_string(x.shape),
                       "of plain numbers; MEAN, REDUCE_MAX and REDUCE_MIN of quantized ones");
  const tensor_id one = n.g().add_constant(n.out().name + "/of_nothing", x.type, dims{},
                                           constant_data::copy(std::move(bytes)));
  n.g()[one].scales = y.scales, n.g()[one].zero_points = y.zero_points;
  attributes a;
  a.set("shape", std::vector<std::int64_t>(shape.begin(), shape.end()));
  return n.emit(ops::broadcast_to, {one}, {to}, std::move(a));
}
/// Into `to`. Over no axis, or of a scalar: over one of extent 1 that is put behind the others.
template <const op_def& Op> status reduce_to(tflite_node& n, tensor_id to) {
  auto a = reduction_attributes(n);
  if (!a) return a.error();
  const tensor& x = n.in(0);
  if (!n.integers(1).empty() && x.shape.rank != 0) {
    const auto r = shape_reduced(read_attributes<reduce_attrs>(*a), x.shape);
    if (r.of_nothing) return reduce_nothing(n, Op, to, r.result.shape);
    return n.emit(Op, {n.in_id(0)}, {to}, std::move(*a));
  }
  if (x.shape.rank >= dims::max_rank) return invalid("rank of input", to_string(x.shape));
  attributes behind, last;
  behind.set("axis", std::int64_t{-1});
  const tensor_id column = n.temporary("/column", x.type, x.scales, x.zero_points);
  if (auto s = n.emit(ops::expand_dims, {n.in_id(0)}, {column}, std::move(behind)); !s) return s;
  last.set("axes", std::vector<std::int64_t>{-1});
  if (&Op == &ops::qnn_mean || &Op == &ops::qnn_sum)  // XNNPACK leaves it
    return n.emit_decided(laws::reduction_over_no_axis(n.g().arithmetic, &Op == &ops::qnn_mean), Op,
                          {column}, {to}, tflite_activation::none, std::move(last));
  return n.emit(Op, {column}, {to}, std::move(last));
}
template <const op_def& Op> status reduce(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  return reduce_to<Op>(n, n.out_id());
}
inline bool of_bools(const tflite_node& n) { return n.has(0) && n.in(0).type == dtype::boolean; }
/// Bools are 0 and 1, and so are their sums.
template <const op_def& Numbers, const op_def& Bools> status reduce_also_bools(tflite_node& n) {
  return of_bools(n) ? reduce<Bools>(n) : reduce<Numbers>(n);
}
template <const op_def& Quantized, const op_def& Float> status arithmetic_reduce(tflite_node& n) {
  return n.has(0) && quantized(n.in(0)) ? reduce<Quantized>(n) : reduce<Float>(n);
}
inline status sum_over(tflite_node& n) {
  return of_bools(n) ? reduce<ops::reduce_any>(n) : arithmetic_reduce<ops::qnn_sum, ops::sum>(n);
}

/// Whether every axis that is reduced has one element.
inline bool reduces_single_elements(const tflite_node& n) {
  const dims x = n.in(0).shape;
  for (const std::int64_t axis : n.integers(1)) {
    const std::int64_t i = tflite_node::wrap(axis, x.rank);
    if (i < 0 || i >= x.rank || x[static_cast<int>(i)] != 1) return false;
  }
  return true;
}
inline status reduce_prod(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  if (of_bools(n)) return reduce<ops::reduce_all>(n);
  if (!quantized(n.in(0)) || !laws::copies_one_factor(n.g().arithmetic) ||
      !reduces_single_elements(n))
    return arithmetic_reduce<ops::qnn_reduce_prod, ops::reduce_prod>(n);
  const tensor& x = n.in(0);
  const tensor_id copy = n.temporary("/factor", x.type, x.scales, x.zero_points);
  if (auto s = reduce_to<ops::reduce_max>(n, copy); !s) return s;
  return n.emit(ops::identity, {copy}, n.outs());
}

inline constexpr tflite_row pool_rows[] = {
    {"AVERAGE_POOL_2D", &average_pool_2d},
    {"L2_POOL_2D", &l2_pool_2d},
    {"MAX_POOL_2D", &max_pool_2d},
    {"MEAN", &arithmetic_reduce<ops::qnn_mean, ops::mean>},
    {"SUM", &sum_over},
    {"REDUCE_PROD", &reduce_prod},
    {"REDUCE_MAX", &reduce_also_bools<ops::reduce_max, ops::reduce_any>},
    {"REDUCE_MIN", &reduce_also_bools<ops::reduce_min, ops::reduce_all>},
    {"REDUCE_ANY", &reduce<ops::reduce_any>},
    {"REDUCE_ALL", &reduce<ops::reduce_all>},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_POOL_HPP_
