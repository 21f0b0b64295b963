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
  auto axes = n.integers(1);
  if (axes.empty()) return unsupported("a reduction over no axis");
  a.set("axes", std::move(axes));
  if (n.options<tflite_schema::reducer_options>().keep_dims) a.set("keep_dims", std::int64_t{1});
  return a;
}
template <const op_def& Op> status reduce(tflite_node& n) {
  auto a = reduction_attributes(n);
  if (!a) return a.error();
  return n.emit(Op, {n.in_id(0)}, n.outs(), std::move(*a));
}
template <const op_def& Quantized, const op_def& Float> status arithmetic_reduce(tflite_node& n) {
  return n.has(0) && quantized(n.in(0)) ? reduce<Quantized>(n) : reduce<Float>(n);
}

inline constexpr tflite_row pool_rows[] = {
    {"AVERAGE_POOL_2D", &average_pool_2d},
    {"L2_POOL_2D", &l2_pool_2d},
    {"MAX_POOL_2D", &max_pool_2d},
    {"MEAN", &arithmetic_reduce<ops::qnn_mean, ops::mean>},
    {"SUM", &arithmetic_reduce<ops::qnn_sum, ops::sum>},
    {"REDUCE_PROD", &arithmetic_reduce<ops::qnn_reduce_prod, ops::reduce_prod>},
    {"REDUCE_MAX", &reduce<ops::reduce_max>},
    {"REDUCE_MIN", &reduce<ops::reduce_min>},
    {"REDUCE_ANY", &reduce<ops::reduce_any>},
    {"REDUCE_ALL", &reduce<ops::reduce_all>},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_POOL_HPP_
