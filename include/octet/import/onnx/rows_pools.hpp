// Rows of pools: the largest and the averages of windows of rows, images and volumes.
#ifndef OCTET_IMPORT_ONNX_ROWS_POOLS_HPP_
#define OCTET_IMPORT_ONNX_ROWS_POOLS_HPP_

#include <algorithm>

#include "octet/import/onnx/rows_layers.hpp"
#include "octet/laws/pools.hpp"
#include "octet/ops/pool2d.hpp"
#include "octet/ops/unary.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model::rows {

/// Windows over depth, height and width, and what their sums are divided by.
struct pooling {
  window win{};
  bool ceil_mode = false, count_padding = false;
  std::int32_t divisor = 0;  // 0: the elements of each window, with count_padding its padding too

  bool of_volumes() const { return win.volume(); }
};
inline pooling read_pooling(emitter& m, const call& c, const dims& x) {
  pooling p;
  p.win = read_window(m, c, x, {});
  p.ceil_mode = m.integer(c, "ceil_mode", 0) != 0;
  return p;
}
/// Padding that counts, counts in every window: also where ceil_mode goes beyond it.
inline void count_padding(emitter& m, const call& c, pooling& p) {
  if (m.integer(c, "count_include_pad", 0) == 0) return;
  const auto& size = p.win.size;
  const std::int64_t image = std::int64_t{size[1]} * size[2];
  if (image > INT32_MAX || image * size[0] > INT32_MAX)
    return m.broken("attribute kernel_shape", std::to_string(image), "at most 2^31 - 1 elements");
  p.divisor = static_cast<std::int32_t>(image * size[0]);
}
/// The windows over two of the axes depth, height and width; `no_axis` in place of one: over the
/// other alone.
inline pool2d_attrs pool_over(const pooling& p, std::size_t rows, std::size_t columns) {
  pool2d_attrs a;
  if (rows < 3) {
    a.window_h = p.win.size[rows], a.stride_h = p.win.stride[rows];
    a.dilation_h = p.win.dilation[rows];
    a.pad_top = p.win.before[rows], a.pad_bottom = p.win.after[rows];
  }
  if (columns < 3) {
    a.window_w = p.win.size[columns], a.stride_w = p.win.stride[columns];
    a.dilation_w = p.win.dilation[columns];
    a.pad_left = p.win.before[columns], a.pad_right = p.win.after[columns];
  }
  a.ceil_mode = p.ceil_mode;
  return a;
}
inline constexpr std::size_t no_axis = 3;
inline pool2d_attrs pool_of_images(const pooling& p) {
  pool2d_attrs a = pool_over(p, 1, 2);
  a.count_include_pad = p.count_padding, a.divisor = p.divisor;
  return a;
}
/// A pool of [N, D, H, W, C] as two of images: each column of a window over its planes and rows,
/// then the columns from left to right.
inline tensor_id pooled_by_columns(emitter& m, const op_def& op, tensor_id x, const pooling& p,
                                   std::int32_t divisor = 0) {
  if (m.failed()) return no_tensor;
  pool2d_attrs down = pool_over(p, 0, 1), across = pool_over(p, no_axis, 2);
  down.divisor = across.divisor = divisor;
  const dims s = m.tensor_of(x).shape;
  const std::int32_t line = joined_extent(m, s[3], s[4]);
  const tensor_id columns =
      m.moved(op, m.reshaped(x, {s[0], s[1], s[2], line}), to_attributes(down));
  if (m.failed()) return no_tensor;
  const dims t = m.tensor_of(columns).shape;
  const std::int32_t planes = joined_extent(m, s[0], t[1]);
  const tensor_id y =
      m.moved(op, m.reshaped(columns, {planes, t[2], s[3], s[4]}), to_attributes(across));
  return m.failed()
             ? no_tensor
             : m.reshaped(y, {s[0], t[1], t[2], m.tensor_of(y).shape[2], m.tensor_of(y).shape[3]});
}

// ---- maxima ----

/// How many windows there are over an axis.
inline std::int32_t windows_over(emitter& m, const pooling& p, std::size_t axis, std::int32_t in) {
  const auto& w = p.win;
  const std::int32_t count = pooled_extent(in, w.size[axis], w.stride[axis], w.dilation[axis],
                                           w.before[axis], w.after[axis], p.ceil_mode);
  if (count < 1)
    m.broken("a window", std::to_string(w.size[axis]), "of an axis of " + std::to_string(in));
  return count;
}
/// Where tap t of each window over an axis is; one beside the axis is where the first one inside
/// is, which comes before it and is as large.
inline std::vector<std::int32_t> places_of_tap(const window& w, std::size_t axis, std::int32_t in,
                                               std::int32_t out, std::int64_t t) {
  std::vector<std::int32_t> list;
  for (std::int64_t o = 0; o < out; ++o) {
    const std::int64_t begin = o * w.stride[axis] - w.before[axis], step = w.dilation[axis],
                       first = begin < 0 ? begin + (-begin + step - 1) / step * step : begin,
                       at = begin + t * step;
    list.push_back(static_cast<std::int32_t>(
        std::clamp<std::int64_t>(at < 0 || at >= in ? first : at, 0, in - 1)));
  }
  return list;
}
/// The largest elements of windows of x, [N, ..., C] of floats, and where they are: the first of
/// them, plane by plane, row by row. What is compared with NaN is not larger.
class largest_elements {
 public:
  largest_elements(emitter& m, tensor_id x, const pooling& p, bool columns_first)
      : m_(m), w_(p.win), shape_(m.tensor_of(x).shape) {
    std::int64_t step = 1;
    for (std::size_t i = 0; i < as_size(w_.axes); ++i) {
      const std::size_t axis = columns_first ? w_.first() + i : 2 - i;
      step_[axis] = step, in_[axis] = shape_[ir_axis(axis)], step *= in_[axis];
      out_[axis] = windows_over(m, p, axis, in_[axis]);
    }
    elements_ = step;
    const std::int64_t image = std::int64_t{w_.size[1]} * w_.size[2];
    constexpr std::int64_t most = 64;  // each element of a window is four nodes
    if (image > most || image * w_.size[0] > most)
      m.refuse("elements of a window of MaxPool with indices", {}, "at most 64");
    if (!m.failed()) follow(x, w_.first());
    add_starts();
  }
  tensor_id largest() const { return best_; }
  tensor_id places() const { return place_; }

 private:
  int ir_axis(std::size_t axis) const { return static_cast<int>(1 + axis - w_.first()); }
  /// Taps of this axis and those behind it, in their order.
  void follow(tensor_id x, std::size_t axis) {
    if (axis == 3) return compare(x);
    for (std::int32_t t = 0; t < w_.size[axis] && !m_.failed(); ++t) {
      if (!m_.check(m_.to.work.spend(as_size(out_[axis])))) return;
      at_[axis] = places_of_tap(w_, axis, in_[axis], out_[axis], t);
      follow(picked(m_, x, ir_axis(axis), at_[axis]), axis + 1);
    }
  }
  void compare(tensor_id x) {
    if (m_.failed()) return;
    const tensor_id here = constant_places();
    if (best_ == no_tensor) {
      best_ = x, place_ = here;
      return;
    }
    const tensor_id more = m_.made(ops::greater, {x, best_}, dtype::boolean);
    best_ = m_.made(ops::select, {more, x, best_}, dtype::f32);
    place_ = m_.made(ops::select, {more, here, place_}, dtype::s64);
  }
  /// Of the tap that at_ says.
  tensor_id constant_places() {
    dims s;
    for (std::size_t axis = w_.first(); axis < 3; ++axis) s.push_back(out_[axis]);
    s.push_back(1);
    if (!m_.check(verify_size(s, dtype::s64, m_.to.max, "places"))) return no_tensor;
    std::vector<std::int64_t> list(s.elements().value, 0);
    std::size_t inner = 1;
    for (std::size_t axis = 3; axis-- > w_.first();) {
      for (std::size_t k = 0; k < list.size(); ++k)
        list[k] += at_[axis][k / inner % as_size(out_[axis])] * step_[axis];
      inner *= as_size(out_[axis]);
    }
    return m_.new_constant("", s, list);
  }
  /// Where the channels of each image begin in the file's order of axes.
  void add_starts() {
    if (m_.failed()) return;
    const std::int32_t batch = shape_[0], channels = shape_.back(0);
    dims s = shape_;
    for (int i = 1; i + 1 < s.rank; ++i) s[i] = 1;
    if (!m_.check(verify_size(s, dtype::s64, m_.to.max, "places of channels"))) return;
    std::vector<std::int64_t> list;
    for (std::int64_t i = 0; i < std::int64_t{batch} * channels; ++i) list.push_back(i * elements_);
    place_ = m_.made(ops::add, {place_, m_.new_constant("", s, list)}, dtype::s64);
  }

  emitter& m_;
  const window& w_;
  dims shape_;
  std::array<std::int32_t, 3> in_{1, 1, 1}, out_{1, 1, 1};
  std::array<std::int64_t, 3> step_{};
  std::array<std::vector<std::int32_t>, 3> at_{};
  std::int64_t elements_ = 1;  // of a channel of an image
  tensor_id best_ = no_tensor, place_ = no_tensor;
};
/// The second result: where the largest elements are among all of x.
inline void max_pool_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const value& x = c.in[0];
  const bool real = m.type(x) == dtype::f32, places = c.n.out.size() > 1 && !c.n.out[1].empty();
  if (!real && !m.is_byte(x)) return;
  const pooling p = read_pooling(m, c, m.shape(x));
  const bool columns_first = m.integer(c, "storage_order", 0) != 0;
  if (m.failed()) return;
  const op_def& op = real ? ops::max_pool2d : ops::qnn_max_pool2d;
  const tensor_id from = m.held(x, true);
  if (!places || !real) {
    tensor_id y = no_tensor;
    if (p.of_volumes())
      y = pooled_by_columns(m, op, from, p);
    else
      y = m.moved(op, image_of(m, from), to_attributes(pool_of_images(p)));
    m.give(c, from_image(m, y, p.win.row()), true);
  }
  if (!places || m.failed()) return;
  const tensor_id reals = real ? from : m.made(ops::cast, {m.without_scales(from)}, dtype::f32);
  if (m.failed()) return;
  const largest_elements found(m, reals, p, columns_first);
  if (m.failed()) return;
  if (real) m.give(c, found.largest(), true);
  c.out.push_back(value::of(found.places(), true));
}

// ---- averages ----

/// The channels of a file's value if its shape says them: ONNX Runtime blocks the channels of pools
/// as it loads the file.
inline bool is_blocked(const emitter& m, const value& x) {
  const dims s = m.shape(x);
  return s.rank == 4 && laws::blocks_channels(s[1]);
}
/// The average of a whole image [N, H, W, C] or of rows [N, L, C]: laws::pool_order::lanes.
inline tensor_id average_in_lanes(emitter& m, tensor_id x) {
  if (m.failed()) return no_tensor;
  const dims s = m.tensor_of(x).shape;
  const std::int32_t channels = s.back(0);
  std::int64_t count = 1;
  for (int i = 1; i + 1 < s.rank; ++i) count *= s[i];
  if (count < 1 || count > INT32_MAX) {
    m.broken("extents of an averaged image", to_string(s));
    return no_tensor;
  }
  const auto flat = static_cast<std::int32_t>(count), whole = flat / 4 * 4;
  x = m.reshaped(x, {s[0], flat, channels});
  const auto at = [&](tensor_id t, std::int64_t i) { return part_of_axis(m, t, 1, i, 1); };
  const auto plus = [&](tensor_id a, tensor_id b) { return m.made(ops::add, {a, b}, dtype::f32); };
  tensor_id sum = no_tensor;
  if (whole > 0) {
    const tensor_id rows =
        m.reshaped(part_of_axis(m, x, 1, 0, whole), {s[0], whole / 4, 4, channels});
    const tensor_id lanes = m.reshaped(
        m.made(ops::sum, {rows}, dtype::f32, reduction_in_order({1})), {s[0], 4, channels});
    sum = plus(plus(at(lanes, 0), at(lanes, 2)), plus(at(lanes, 1), at(lanes, 3)));
  }
  for (std::int32_t i = whole; i < flat; ++i)
    sum = sum == no_tensor ? at(x, i) : plus(sum, at(x, i));
  sum = m.made(ops::div, {sum, m.to.scalar_constant(static_cast<float>(flat))}, dtype::f32);
  dims one = s;
  for (int i = 1; i + 1 < s.rank; ++i) one[i] = 1;
  return m.reshaped(sum, one);
}
/// How many elements of an axis each window has.
inline std::vector<float> counts_of(emitter& m, const pooling& p, std::size_t axis, std::int32_t in,
                                    std::int32_t out) {
  std::vector<float> list;
  const auto& w = p.win;
  const std::int64_t least = p.count_padding ? -std::int64_t{w.before[axis]} : 0,
                     end = std::int64_t{in} + (p.count_padding ? w.after[axis] : 0);
  if (!m.check(m.to.work.spend(product_of(out, w.size[axis])))) return list;
  for (std::int64_t o = 0; o < out; ++o) {
    std::int32_t taps = 0;
    for (std::int64_t t = 0; t < w.size[axis]; ++t) {
      const std::int64_t at = o * w.stride[axis] - w.before[axis] + t * w.dilation[axis];
      taps += at >= least && at < end;
    }
    list.push_back(static_cast<float>(std::max(taps, 1)));
  }
  return list;
}
/// The sums of windows of x, [N, H, W, C] or [N, D, H, W, C], by what each is divided by.
inline tensor_id divided(emitter& m, tensor_id sums, tensor_id x, const pooling& p) {
  if (m.failed()) return no_tensor;
  tensor_id by = no_tensor;
  if (p.divisor != 0) by = m.to.scalar_constant(static_cast<float>(p.divisor));
  const dims in = m.tensor_of(x).shape, out = m.tensor_of(sums).shape;
  for (int i = 1; p.divisor == 0 && i + 1 < in.rank && !m.failed(); ++i) {
    const auto list = counts_of(m, p, as_size(i + 4 - in.rank), in[i], out[i]);
    dims s{out[i]};
    for (int k = i + 1; k < in.rank; ++k) s.push_back(1);
    if (m.failed()) return no_tensor;
    const tensor_id taps = m.new_constant("", s, list);
    by = i == 1 ? taps : m.made(ops::mul, {by, taps}, dtype::f32);
  }
  return m.made(ops::div, {sums, by}, dtype::f32);
}
/// Averages of windows of images or volumes: laws::pool_order::columns.
inline tensor_id average_by_columns(emitter& m, tensor_id x, const pooling& p) {
  if (p.of_volumes()) return divided(m, pooled_by_columns(m, ops::avg_pool2d, x, p, 1), x, p);
  pool2d_attrs down = pool_over(p, 1, no_axis), across = pool_over(p, no_axis, 2);
  down.divisor = across.divisor = 1;
  const tensor_id columns = m.made(ops::avg_pool2d, {x}, dtype::f32, to_attributes(down)),
                  sums = m.made(ops::avg_pool2d, {columns}, dtype::f32, to_attributes(across));
  return divided(m, sums, x, p);
}
/// Sums of windows of volumes, plane by plane, row by row: each window's rows are an image.
inline tensor_id sums_in_sequence(emitter& m, tensor_id x, const pooling& p) {
  if (m.failed()) return no_tensor;
  const dims s = m.tensor_of(x).shape;
  const std::int32_t kd = p.win.size[0], kh = p.win.size[1];
  const std::int32_t depth = windows_over(m, p, 0, s[1]), height = windows_over(m, p, 1, s[2]);
  x = windows_of_axis(m, x, p.win, 0, 1, depth);
  x = windows_of_axis(m, x, p.win, 1, 2, height);
  const std::int32_t line = joined_extent(m, s[3], s[4]), rows = joined_extent(m, kd, kh),
                     images = joined_extent(m, joined_extent(m, s[0], depth), height);
  attributes order;
  order.set("perm", std::vector<std::int64_t>{0, 1, 3, 2, 4, 5});
  x = m.moved(ops::transpose, m.reshaped(x, {s[0], depth, kd, height, kh, line}), std::move(order));
  x = m.reshaped(x, {images, rows, s[3], s[4]});
  pool2d_attrs across = pool_over(p, no_axis, 2);
  across.window_h = rows, across.divisor = 1;
  const tensor_id y = m.made(ops::avg_pool2d, {x}, dtype::f32, to_attributes(across));
  return m.failed() ? no_tensor
                    : m.reshaped(y, {s[0], depth, height, m.tensor_of(y).shape[2], s[4]});
}
inline void average_pool_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  pooling p = read_pooling(m, c, m.shape(c.in[0]));
  count_padding(m, c, p);
  // Of floats, what ceil_mode adds beyond the padding does not count.
  if (p.ceil_mode && p.divisor != 0) p.divisor = 0, p.count_padding = true;
  if (m.failed()) return;
  const tensor_id x = image_of(m, m.held(c.in[0], true));
  if (m.failed()) return;
  const dims image = m.tensor_of(x).shape;
  laws::pooled_window w;
  w.row = p.win.row(), w.blocked = is_blocked(m, c.in[0]);
  w.plain_loops = m.opset >= 19 || (p.ceil_mode && p.count_padding);
  w.image = {1, image[image.rank - 3], image[image.rank - 2]};
  if (p.of_volumes()) w.image[0] = image[1];
  w.window = p.win.size, w.stride = p.win.stride;
  w.before = p.win.before, w.after = p.win.after;
  tensor_id y = no_tensor;
  switch (laws::order_of_pool(w)) {
    case laws::pool_order::lanes: y = average_in_lanes(m, x); break;
    case laws::pool_order::columns: y = average_by_columns(m, x, p); break;
    case laws::pool_order::sequence:
      y = p.of_volumes()
              ? divided(m, sums_in_sequence(m, x, p), x, p)
              : m.made(ops::avg_pool2d, {x}, dtype::f32, to_attributes(pool_of_images(p)));
      break;
  }
  m.give(c, from_image(m, y, p.win.row()), true);
}
/// With the attribute channels_last the file's own order is NHWC.
inline value images(emitter& m, const call& c, bool* as_written) {
  *as_written = m.integer(c, "channels_last", 0) != 0;
  if (!*as_written || m.failed()) return c.in[0];
  const tensor_id x = m.held(c.in[0], false);
  return m.failed() ? value{} : value::of(x, true);
}
/// f32(f32(average / scale) + zero point), rounded: rounding ORT of a float average.
inline tensor_id codes_of_average(emitter& m, tensor_id y, dtype t, const quantization& q) {
  if (m.failed()) return no_tensor;
  const auto number = [&](double v) { return m.to.scalar_constant(static_cast<float>(v)); };
  attributes bounds;
  bounds.set("float_lo", static_cast<double>(lowest_of(t)));
  bounds.set("float_hi", static_cast<double>(highest_of(t)));
  y = m.made(ops::div, {y, number(q.scales[0])}, dtype::f32);
  y = m.made(ops::add, {y, number(q.zero_points[0])}, dtype::f32, std::move(bounds));
  y = m.made(ops::cast, {m.made(ops::round, {y}, dtype::f32)}, t);
  return m.alias(y, q, -1);
}
/// x, x_scale, x_zero, y_scale, y_zero.
inline void qlinear_average_pool_row(emitter& m, call& c) {
  if (!m.arity(c, 4, 5) || !m.is_byte(c.in[0])) return;
  const quantization in = m.with_one_scale(c, 1), out = m.with_one_scale(c, 3);
  bool as_written = false;
  const value x = images(m, c, &as_written);
  if (m.failed()) return;
  pooling p = read_pooling(m, c, m.shape(x));
  count_padding(m, c, p);
  const tensor_id from = m.under(x, true, in);
  if (p.of_volumes()) {
    const tensor_id reals = m.made(ops::dequantize, {from}, dtype::f32),
                    y = divided(m, sums_in_sequence(m, reals, p), reals, p);
    return m.give(c, codes_of_average(m, y, m.type(c.in[0]), out), !as_written);
  }
  const tensor_id image = image_of(m, from), y = m.quantized(m.type(c.in[0]), out);
  m.emit(ops::qnn_avg_pool2d, {image}, {y}, to_attributes(pool_of_images(p)));
  m.give(c, from_image(m, y, p.win.row()), !as_written);
}
/// The same of a whole row, image or volume.
inline void qlinear_global_average_pool_row(emitter& m, call& c) {
  if (!m.arity(c, 4, 5) || !m.is_byte(c.in[0])) return;
  const quantization in = m.with_one_scale(c, 1), out = m.with_one_scale(c, 3);
  bool as_written = false;
  const value x = images(m, c, &as_written);
  if (m.failed()) return;
  const int rank = m.rank(x);
  if (rank < 3 || rank > 5) return m.refuse("rank of an average", std::to_string(rank), "3 to 5");
  tensor_id from = m.under(x, true, in);
  if (m.failed()) return;
  dims one = m.tensor_of(from).shape;
  if (rank == 5)
    from = m.reshaped(from, {one[0], one[1], joined_extent(m, one[2], one[3]), one[4]});
  pool2d_attrs p;
  p.adaptive_h = p.adaptive_w = 1;
  const tensor_id y = m.quantized(m.type(c.in[0]), out);
  m.emit(ops::qnn_avg_pool2d, {image_of(m, from)}, {y}, to_attributes(p));
  for (int i = 1; i + 1 < rank; ++i) one[i] = 1;
  m.give(c, m.reshaped(y, one), !as_written);
}
template <bool Max> void global_pool_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  std::vector<std::int64_t> axes;
  for (int i = 2; i < m.rank(c.in[0]); ++i) axes.push_back(i - 1);
  if (axes.empty()) return m.broken("rank", std::to_string(m.rank(c.in[0])), "3 or more");
  const tensor_id x = m.held(c.in[0], true);
  // Unlike the pools of windows it stays plain behind whatever is not in blocks already.
  const bool blocked = is_blocked(m, c.in[0]) && c.in[0].order != channel_order::plain;
  if (!Max && !blocked) return m.give(c, average_in_lanes(m, x), true);
  m.give(c,
         m.made(Max ? ops::reduce_max : ops::mean, {x}, dtype::f32,
                Max ? reduction(std::move(axes)) : reduction_in_order(std::move(axes))),
         true);
}

}  // namespace onnx_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_ROWS_POOLS_HPP_
