// Rows that sum or compare along axes.
#ifndef OCTET_IMPORT_MXNET_ROWS_REDUCE_HPP_
#define OCTET_IMPORT_MXNET_ROWS_REDUCE_HPP_

#include <algorithm>

#include "octet/import/mxnet/rows_shapes.hpp"

OCTET_NAMESPACE_BEGIN
namespace mxnet_model::rows {

/// Which of MXNet's axes a reduction takes: those that "axis" names, with "exclude" the others, and
/// all where it names none.
inline std::vector<bool> reduced_axes(emitter& m, const symbol_attributes& a, int rank) {
  const auto named = m.axes(a, "axis", rank);
  const bool exclude = m.boolean(a, "exclude", false);
  std::vector<bool> gone(as_size(rank), named.empty() || exclude);
  for (int axis : named) gone[as_size(axis)] = !exclude;
  return gone;
}
/// Sums go over the axes in MXNet's order: in the other layout only where the channels are not
/// among several that are summed.
inline bool keeps_order(const std::vector<bool>& gone) {
  return !gone[1] || std::count(gone.begin() + 2, gone.end(), true) == 0;
}
/// float32 -> float32. A result without axes has one, of extent 1.
template <const op_def& Op> void reduce_row(emitter& m, call& c) {
  if (!m.arity(c, 1) || !m.is_real(c.in[0])) return;
  const symbol_attributes& attrs = c.node.attributes;
  const value& v = c.in[0];
  const dims x = m.shape(v);
  const auto gone = reduced_axes(m, attrs, x.rank);
  const bool keep = m.boolean(attrs, "keepdims", false);
  if (m.failed()) return;
  const bool inner = v.channels_inner && x.rank > 2 && keeps_order(gone) && (keep || !gone[0]);
  std::vector<std::int64_t> axes;
  for (int i = 0; i < x.rank; ++i)
    if (gone[as_size(i)]) axes.push_back(import::axis_in_layout(i, x.rank, inner));
  const bool all = axes.size() == gone.size();
  if (axes.empty()) return same_row(m, c);
  attributes a;
  a.set("axes", std::move(axes));
  if (keep || all) a.set("keep_dims", std::int64_t{1});
  const tensor_id y = m.to.temporary("", dtype::f32);
  m.emit(Op, {m.held(v, inner)}, {y}, std::move(a));
  if (m.failed() || keep || !all) return m.give(c, y, inner && (keep || !gone[1]));
  const tensor_id one = m.to.temporary("", dtype::f32);
  m.reshape_to(y, one, dims{1});
  m.give(c, one, false);
}
/// x / sqrt(eps + x0 * x0 + x1 * x1 ...), one sum after the other, over the axis `axis` of x.
inline tensor_id divided_by_length(emitter& m, tensor_id x, int axis, float eps) {
  const auto result = [&] { return m.to.temporary("", dtype::f32); };
  const tensor_id squares = result(), all = result(), sum = result(), length = result(),
                  y = result();
  m.emit(ops::mul, {x, x}, {squares});
  std::vector<std::int64_t> paddings(2 * as_size(m.failed() ? 0 : m.to.g[x].shape.rank));
  if (m.failed()) return no_tensor;
  paddings[2 * as_size(axis)] = 1;
  attributes before, along;
  before.set("paddings", std::move(paddings));
  before.set("value", static_cast<double>(eps));
  m.emit(ops::pad, {squares}, {all}, std::move(before));
  along.set("axes", std::vector<std::int64_t>{axis});
  along.set("keep_dims", std::int64_t{1});
  along.set("in_order", std::int64_t{1});
  m.emit(ops::sum, {all}, {sum}, std::move(along));
  m.emit(ops::sqrt, {sum}, {length});
  m.emit(ops::div, {x, length}, {y});
  return y;
}
/// float32 -> float32: each instance, the channels of each pixel, or the pixels of each channel
/// divided by their length.
inline void l2_normalization_row(emitter& m, call& c) {
  if (!m.arity(c, 1) || !m.is_real(c.in[0])) return;
  const auto mode = m.text(c.node.attributes, "mode", "instance");
  const bool channels = mode == "channel", pixels = mode == "spatial";
  if (!channels && !pixels && mode != "instance")
    m.refuse("mode", std::string(mode), "instance, channel, spatial");
  const float eps = m.real(c.node.attributes, "eps", 1e-10f);
  const value& v = c.in[0];
  const dims x = m.shape(v);
  if (!m.failed() && x.rank < (mode == "instance" ? 2 : 3))
    m.broken("rank", std::to_string(x.rank),
             "at least " + std::string(channels || pixels ? "3" : "2"));
  if (m.failed()) return;
  if (channels) {
    const bool inner = v.channels_inner;
    const tensor_id y =
        divided_by_length(m, m.held(v, inner), import::axis_in_layout(1, x.rank, inner), eps);
    return m.give(c, y, inner);
  }
  const tensor_id from = m.held(v, false), rows = m.to.temporary("", dtype::f32),
                  y = m.to.temporary("", dtype::f32);
  if (m.failed()) return;
  std::int64_t rest = 1;
  for (int i = pixels ? 2 : 1; i < x.rank; ++i) rest *= x[i];
  if (rest > INT32_MAX) return m.broken("elements of a row", std::to_string(rest));
  const auto length = static_cast<std::int32_t>(rest);
  m.reshape_to(from, rows, pixels ? dims{x[0], x[1], length} : dims{x[0], length});
  m.reshape_to(divided_by_length(m, rows, pixels ? 2 : 1, eps), y, x);
  m.give(c, y, false);
}

}  // namespace mxnet_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_ROWS_REDUCE_HPP_
