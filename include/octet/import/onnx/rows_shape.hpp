// Rows that move elements or compute shapes.
#ifndef OCTET_IMPORT_ONNX_ROWS_SHAPE_HPP_
#define OCTET_IMPORT_ONNX_ROWS_SHAPE_HPP_

#include <algorithm>

#include "octet/import/onnx/emit.hpp"
#include "octet/ops/binary.hpp"
#include "octet/ops/concat.hpp"
#include "octet/ops/dequantize.hpp"
#include "octet/ops/gather.hpp"
#include "octet/ops/movement.hpp"
#include "octet/ops/pad.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model::rows {

/// Extents as the graph has them; one beyond int32 becomes -2, which no rule accepts.
inline std::vector<std::int64_t> as_extents(const std::vector<std::int64_t>& list) {
  std::vector<std::int64_t> to;
  for (std::int64_t v : list) to.push_back(v < -1 || v > INT32_MAX ? -2 : v);
  return to;
}

inline void identity_row(emitter& m, call& c) {
  if (m.arity(c, 1, 3)) c.out = {c.in[0]};
}
/// x, [ratio], [training_mode]. Nothing is dropped but in training, by a ratio above 0.
inline void dropout_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 3)) return;
  if (c.has(2)) {
    const auto training = m.constant(c.in[2], "training_mode of Dropout");
    if (!training) return;
    if (training->type != dtype::boolean || training->elements() != 1)
      return m.broken("training_mode of Dropout", std::string(name_of(training->type)), "one bool");
    const bool never = c.has(1) && m.type(c.in[1]) == dtype::f32 && m.is_constant(c.in[1]) &&
                       m.constant_float(c.in[1], "a ratio of Dropout") == 0;
    if (training->data.bytes[0] != std::byte{0} && !never)
      return m.refuse("Dropout in training", "training_mode", "networks that infer");
  }
  if (c.n.out.size() > 1 && !c.n.out[1].empty()) return m.refuse("the mask of Dropout");
  c.out = {c.in[0]};
}

// ---- the same elements under another shape ----

/// 0: the input's own extent; -1: the rest.
inline void reshape_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 2)) return;
  std::vector<std::int64_t> list =
      m.opset < 5 ? m.integers(c, "shape") : m.constant_integers(c.input(1), "a shape");
  const bool zeros = m.integer(c, "allowzero", 0) != 0;
  const dims s = m.shape(c.in[0]);
  if (list.size() > dims::max_rank)
    return m.refuse("rank", std::to_string(list.size()), "at most 8");
  for (std::size_t i = 0; i < list.size() && !zeros; ++i)
    if (list[i] == 0) {
      if (static_cast<int>(i) >= s.rank) return m.broken("extent 0 of a shape", to_string(s));
      list[i] = s[static_cast<int>(i)];
    }
  const tensor_id x = m.held(c.in[0], false);
  attributes a;
  a.set("shape", as_extents(list));
  m.give(c, m.moved(ops::reshape, x, std::move(a)), false);
}
inline void flatten_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const dims s = m.shape(c.in[0]);
  std::int64_t axis = m.integer(c, "axis", 1);
  if (axis < 0) axis += s.rank;
  if (axis < 0 || axis > s.rank) return m.broken("axis", std::to_string(axis));
  std::int64_t rows = 1, columns = 1;
  for (int i = 0; i < s.rank; ++i) (i < axis ? rows : columns) *= s[i];
  attributes a;
  a.set("shape", as_extents({rows, columns}));
  m.give(c, m.moved(ops::reshape, m.held(c.in[0], false), std::move(a)), false);
}
/// Axes are an input from opset 13 on.
inline std::vector<std::int64_t> axes_of(emitter& m, const call& c) {
  return m.opset < 13 ? m.integers(c, "axes")
         : c.has(1)   ? m.constant_integers(c.in[1], "axes")
                      : std::vector<std::int64_t>();
}
inline void squeeze_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 2)) return;
  const dims s = m.shape(c.in[0]);
  const auto axes = axes_of(m, c);
  std::vector<bool> gone(as_size(s.rank), false);
  for (std::int64_t a : axes) {
    const auto i = as_size(m.axis(a, s.rank));
    if (m.failed()) return;  // a scalar has no axis to mark
    gone[i] = true;
  }
  dims y;
  for (int i = 0; i < s.rank; ++i) {
    const bool drop = axes.empty() ? s[i] == 1 : gone[as_size(i)];
    if (drop && s[i] != 1) return m.broken("an extent to squeeze", std::to_string(s[i]), "1");
    if (!drop) y.push_back(s[i]);
  }
  m.give(c, m.reshaped(m.held(c.in[0], false), y), false);
}
inline void unsqueeze_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 2)) return;
  const dims s = m.shape(c.in[0]);
  const auto axes = axes_of(m, c);
  const int rank = s.rank + static_cast<int>(std::min<std::size_t>(axes.size(), 100));
  if (rank > dims::max_rank) return m.refuse("rank", std::to_string(rank), "at most 8");
  std::vector<bool> added(as_size(rank), false);
  for (std::int64_t a : axes) {
    const auto i = as_size(m.axis(a, rank));
    if (m.failed()) return;
    if (added[i]) return m.broken("axes of Unsqueeze that repeat");
    added[i] = true;
  }
  dims y;
  for (int i = 0, from = 0; i < rank; ++i) y.push_back(added[as_size(i)] ? 1 : s[from++]);
  m.give(c, m.reshaped(m.held(c.in[0], false), y), false);
}

// ---- axes in another order ----

/// The result has ONNX's order; an input in the other layout is read where it is.
inline void transpose_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const value& x = c.in[0];
  const int rank = m.rank(x);
  auto perm = m.integers(c, "perm");
  if (perm.empty())
    for (int i = rank; i-- > 0;) perm.push_back(i);
  if (perm.size() != as_size(rank))
    return m.broken("attribute perm", std::to_string(perm.size()) + " numbers");
  bool same = true;
  for (std::size_t i = 0; i < perm.size(); ++i) {
    const int axis = m.axis(perm[i], rank);
    if (m.failed()) return;
    perm[i] = m.axis_of(x, axis);
    same &= perm[i] == static_cast<std::int64_t>(i);
  }
  if (same) return m.give(c, m.held(x), false);
  attributes a;
  a.set("perm", std::move(perm));
  m.give(c, m.moved(ops::transpose, m.held(x), std::move(a)), false);
}
template <bool ToDepth> void blocks_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const std::string mode = m.text(c, "mode", "DCR");
  if (mode != "DCR" && (ToDepth || mode != "CRD"))
    return m.refuse("mode of " + c.n.op, mode, ToDepth ? "DCR" : "DCR, CRD");
  attributes a;
  a.set("block_size", m.integer(c, "blocksize", 0));
  if (mode == "CRD") a.set("crd", std::int64_t{1});
  m.give(c,
         m.moved(ToDepth ? ops::space_to_depth : ops::depth_to_space, m.held(c.in[0], true),
                 std::move(a)),
         true);
}

// ---- pieces ----

/// Elements begin to begin + size of one axis of the IR.
inline tensor_id part_of_axis(emitter& m, tensor_id x, std::size_t axis, std::int64_t begin,
                              std::int64_t size) {
  if (m.failed()) return no_tensor;
  const auto rank = as_size(m.tensor_of(x).shape.rank);
  std::vector<std::int64_t> first(rank, 0), extents(rank, -1);
  first[axis] = begin, extents[axis] = size;
  attributes a;
  a.set("begin", std::move(first)), a.set("size", std::move(extents));
  return m.moved(ops::slice, x, std::move(a));
}
inline tensor_id joined_on(emitter& m, std::vector<tensor_id> list, std::int64_t axis) {
  if (m.failed() || list.size() == 1) return m.failed() ? no_tensor : list[0];
  attributes a;
  a.set("axis", axis);
  return m.merged(ops::concat, std::move(list), std::move(a));
}
/// Elements `list` of one axis of the IR; a scale goes with them.
inline tensor_id picked(emitter& m, tensor_id x, std::int64_t axis,
                        const std::vector<std::int32_t>& list) {
  if (m.failed()) return no_tensor;
  attributes a;
  a.set("axis", axis);
  const octet::tensor& t = m.tensor_of(x);
  const tensor_id y = t.scales.size() <= 1 ? m.to.like(x) : m.to.temporary("", t.type);
  return m.emit(ops::gather,
                {x, m.new_constant("", dims{static_cast<std::int32_t>(list.size())}, list)}, {y},
                std::move(a))
             ? y
             : no_tensor;
}

inline std::int64_t bounded_index(std::int64_t v) {
  return std::clamp<std::int64_t>(v, -INT32_MAX, INT32_MAX);
}
/// Attributes before opset 10, then inputs.
inline void slice_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 5)) return;
  const value& x = c.in[0];
  std::vector<std::int64_t> list[4];  // starts, ends, axes, steps
  const char* names[] = {"starts", "ends", "axes", "steps"};
  for (std::size_t k = 0; k < 4; ++k) {
    if (m.opset < 10)
      list[k] = m.integers(c, names[k]);
    else if (c.has(k + 1))
      list[k] = m.constant_integers(c.in[k + 1], std::string(names[k]) + " of Slice");
  }
  if (m.failed()) return;
  const int rank = m.rank(x);
  if (list[1].size() != list[0].size() || (!list[2].empty() && list[2].size() != list[0].size()) ||
      (!list[3].empty() && list[3].size() != list[0].size()))
    return m.broken("starts, ends, axes and steps of Slice that differ in number");
  const dims s = m.shape(x);
  std::vector<std::int64_t> begin(as_size(rank), 0), end, step(begin.size(), 1);
  for (int i = 0; i < rank; ++i) end.push_back(0);
  for (int i = 0; i < rank; ++i) end[as_size(m.axis_of(x, i))] = s[i];
  for (std::size_t k = 0; k < list[0].size(); ++k) {
    const int axis = m.axis(list[2].empty() ? static_cast<std::int64_t>(k) : list[2][k], rank);
    if (m.failed()) return;
    const auto at = as_size(m.axis_of(x, axis));
    begin[at] = bounded_index(list[0][k]);
    end[at] = bounded_index(list[1][k]);
    step[at] = list[3].empty() ? 1 : bounded_index(list[3][k]);
  }
  attributes a;
  a.set("begin", std::move(begin)), a.set("end", std::move(end)), a.set("strides", std::move(step));
  m.give(c, m.moved(ops::strided_slice, m.held(x), std::move(a)), x.channels_inner);
}
/// Sizes are an input from opset 13 on; num_outputs (18): the last piece may be smaller.
inline void split_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 2)) return;
  const value& x = c.in[0];
  const int axis = m.axis(m.integer(c, "axis", 0), m.rank(x));
  std::vector<std::int64_t> sizes = m.integers(c, "split");
  if (m.opset >= 13 && c.has(1)) sizes = m.constant_integers(c.in[1], "sizes of Split");
  if (m.failed()) return;
  const auto count = static_cast<std::int64_t>(c.n.out.size());
  const std::int64_t extent = m.shape(x)[axis];
  if (sizes.empty() && count > 0) {
    const std::int64_t each = (extent + count - 1) / count;
    for (std::int64_t k = 0, left = extent; k < count; ++k) {
      sizes.push_back(std::min(each, left));
      left -= sizes.back();
    }
  }
  if (static_cast<std::int64_t>(sizes.size()) != count)
    return m.broken("sizes of Split", std::to_string(sizes.size()), std::to_string(count));
  const tensor_id from = m.held(x);
  if (m.failed()) return;
  const auto at = as_size(m.axis_of(x, axis));
  std::int64_t begin = 0;
  for (std::int64_t size : sizes) {
    if (size < 0 || size > extent - begin) return m.broken("sizes of Split", std::to_string(size));
    const tensor_id y = part_of_axis(m, from, at, begin, size);
    begin += size;
    if (m.failed()) return;
    c.out.push_back(value::of(y, x.channels_inner));
  }
}
/// Constant indices lie within the axis, counted from the end where they are negative: ONNX Runtime
/// runs no others.
inline void check_indices(emitter& m, const value& indices, std::int32_t extent) {
  if (m.failed() || !m.is_constant(indices)) return;
  if (!m.check(m.to.work.spend(m.shape(indices).elements().value))) return;
  for (const std::int64_t i : m.constant_integers(indices, "indices"))
    if (i < -extent || i >= extent)
      return m.broken("index", std::to_string(i), "below " + std::to_string(extent));
}
inline void gather_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2)) return;
  const int axis = m.axis(m.integer(c, "axis", 0), m.rank(c.in[0]));
  if (!m.failed()) check_indices(m, c.in[1], m.shape(c.in[0])[axis]);
  attributes a;
  a.set("axis", std::int64_t{axis});
  const tensor_id x = m.held(c.in[0], false), index = m.held(c.in[1], false);
  if (m.failed()) return;
  const octet::tensor& t = m.tensor_of(x);
  const tensor_id y = t.scales.size() <= 1 ? m.to.like(x) : m.to.temporary("", t.type);
  m.emit(ops::gather, {x, index}, {y}, std::move(a));
  m.give(c, y, false);
}
inline void expand_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2)) return;
  const auto list = m.constant_integers(c.in[1], "a shape");
  if (m.failed()) return;
  dims to;
  if (list.size() > dims::max_rank) return m.refuse("rank", std::to_string(list.size()), "8");
  for (std::int64_t v : as_extents(list)) to.push_back(static_cast<std::int32_t>(v));
  const dims y = broadcast(m.shape(c.in[0]), to);
  if (y.rank < 0) return m.broken("a shape to expand to", to_string(to));
  attributes a;
  a.set("shape", std::vector<std::int64_t>(y.begin(), y.end()));
  m.give(c, m.moved(ops::broadcast_to, m.held(c.in[0], false), std::move(a)), false);
}
inline void tile_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2)) return;
  attributes a;
  a.set("multiples", as_extents(m.constant_integers(c.in[1], "repeats of Tile")));
  m.give(c, m.moved(ops::tile, m.held(c.in[0], false), std::move(a)), false);
}
/// What negative pads leave of x; they become 0.
inline tensor_id cropped(emitter& m, tensor_id x, std::vector<std::int64_t>& around) {
  if (m.failed()) return no_tensor;
  const dims s = m.tensor_of(x).shape;
  std::vector<std::int64_t> first, size;
  bool all = true;
  for (int i = 0; i < s.rank; ++i) {
    std::int64_t &before = around[2 * as_size(i)], &after = around[2 * as_size(i) + 1];
    const std::int64_t begin = -std::min<std::int64_t>(before, 0),
                       end = s[i] + std::min<std::int64_t>(after, 0);
    if (begin > end || begin > s[i] || end < 0) {
      m.broken("pads", std::to_string(before) + ", " + std::to_string(after), to_string(s));
      return no_tensor;
    }
    first.push_back(begin), size.push_back(end - begin);
    all &= size.back() == s[i];
    before = std::max<std::int64_t>(before, 0), after = std::max<std::int64_t>(after, 0);
  }
  if (all) return x;
  attributes a;
  a.set("begin", std::move(first)), a.set("size", std::move(size));
  return m.moved(ops::slice, x, std::move(a));
}
/// Pads by the nearest element of x, or by those of its other end.
inline tensor_id extended(emitter& m, tensor_id x, const std::vector<std::int64_t>& around,
                          bool wrap) {
  for (int i = 0; !m.failed() && i < m.tensor_of(x).shape.rank; ++i) {
    const std::int64_t before = around[2 * as_size(i)], after = around[2 * as_size(i) + 1],
                       extent = m.tensor_of(x).shape[i];
    if (before == 0 && after == 0) continue;
    constexpr std::int64_t most = 1 << 24;
    if (before > most || after > most || extent == 0) {
      m.broken("pads", std::to_string(before) + ", " + std::to_string(after));
      return no_tensor;
    }
    std::vector<std::int32_t> list;
    for (std::int64_t k = -before; k < extent + after; ++k)
      list.push_back(static_cast<std::int32_t>(wrap ? ((k % extent) + extent) % extent
                                                    : std::clamp<std::int64_t>(k, 0, extent - 1)));
    x = picked(m, x, i, list);
  }
  return m.failed() ? no_tensor : x;
}
/// pads are an attribute before opset 11.
/// What a constant Pad of floats writes: any number, also infinity.
inline float padding_number(emitter& m, const call& c) {
  if (m.opset < 11) {
    const attribute* written = c.n.find("value");
    if (written && !written->real) m.broken("attribute value", "no number");
    return written ? written->real.value_or(0.f) : 0.f;
  }
  const auto a = c.has(2) ? m.constant(c.in[2], "the value of Pad") : std::nullopt;
  if (!a) return 0;
  if (a->type == dtype::f32 && a->elements() == 1) return a->as<float>()[0];
  m.broken("the value of Pad", std::string(name_of(a->type)) + " " + to_string(a->shape),
           "one float32");
  return 0;
}
/// With infinity or NaN, which no attribute holds: chosen wherever the input is not.
inline tensor_id padded_with(emitter& m, tensor_id x, attributes a, float v) {
  if (m.failed()) return no_tensor;
  const dims s = m.tensor_of(x).shape;
  if (!m.check(verify_size(s, dtype::u8, m.to.max, "where a padded input is"))) return no_tensor;
  const std::vector<std::uint8_t> ones(s.elements().value, 1);
  const tensor_id inside =
      m.new_constant("", dtype::boolean, s, std::as_bytes(std::span<const std::uint8_t>(ones)));
  attributes around = a;
  around.set("value", std::int64_t{0});
  a.set("value", 0.);
  const tensor_id shown = m.moved(ops::pad, inside, std::move(around)),
                  numbers = m.moved(ops::pad, x, std::move(a));
  return m.chosen(shown, numbers, m.to.scalar_constant(v));
}
inline void pad_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 4)) return;
  const value& x = c.in[0];
  const std::string mode = m.text(c, "mode", "constant");
  if (mode != "constant" && mode != "reflect" && mode != "edge" && mode != "wrap")
    return m.refuse("mode of Pad", mode, "constant, reflect, edge, wrap");
  const auto pads = m.opset < 11 ? m.integers(c, "pads") : m.constant_integers(c.input(1), "pads");
  std::vector<std::int64_t> axes;
  if (c.has(3)) axes = m.constant_integers(c.in[3], "axes of Pad");
  if (m.failed()) return;
  const int rank = m.rank(x);
  if (axes.empty())
    for (int i = 0; i < rank; ++i) axes.push_back(i);
  if (pads.size() != 2 * axes.size())
    return m.broken("pads", std::to_string(pads.size()) + " numbers",
                    std::to_string(2 * axes.size()));
  std::vector<std::int64_t> around(2 * as_size(rank), 0);
  for (std::size_t k = 0; k < axes.size(); ++k) {
    const int axis = m.axis(axes[k], rank);
    if (m.failed()) return;
    const auto at = 2 * as_size(m.axis_of(x, axis));
    around[at] = pads[k], around[at + 1] = pads[k + axes.size()];
  }
  const tensor_id from = cropped(m, m.held(x), around);
  if (mode == "edge" || mode == "wrap")
    return m.give(c, extended(m, from, around, mode == "wrap"), x.channels_inner);
  attributes a;
  a.set("paddings", std::move(around));
  const dtype t = m.type(x);
  if (mode == "constant") {
    if (t == dtype::f32) {
      const float v = padding_number(m, c);
      if (!numerics::is_finite(v))
        return m.give(c, padded_with(m, from, std::move(a), v), x.channels_inner);
      a.set("value", static_cast<double>(v));
    } else {
      std::int64_t v = 0;
      if (c.has(2)) {
        const auto list = is_8bit(t) || t == dtype::s16 || t == dtype::u16
                              ? std::vector<std::int64_t>()
                              : m.constant_integers(c.in[2], "the value of Pad");
        if (!list.empty()) v = list[0];
        if (list.empty() && !m.failed())
          if (const auto z = m.zero_points_of(c.in[2]); !z.empty()) v = z[0];
      }
      a.set("value", v);
    }
  }
  m.give(c, m.moved(mode == "reflect" ? ops::mirror_pad : ops::pad, from, std::move(a)),
         x.channels_inner);
}

// ---- shapes as values ----

inline void shape_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const dims s = m.shape(c.in[0]);
  const auto at = [&](std::int64_t v) {
    return std::clamp<std::int64_t>(v < 0 ? v + s.rank : v, 0, s.rank);
  };
  const std::int64_t first = at(m.integer(c, "start", 0)), last = at(m.integer(c, "end", s.rank));
  std::vector<std::int64_t> list;
  for (std::int64_t i = first; i < last; ++i) list.push_back(s[static_cast<int>(i)]);
  if (!m.failed()) m.give(c, m.to.constant(list), false);
}
inline void size_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  m.give(c, m.to.scalar_constant(static_cast<std::int64_t>(m.shape(c.in[0]).elements().value)),
         false);
}
inline void constant_of_shape_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const auto list = m.constant_integers(c.in[0], "a shape");
  if (m.failed()) return;
  dims s;
  if (list.size() > dims::max_rank) return m.refuse("rank", std::to_string(list.size()), "8");
  for (std::int64_t v : list) {
    if (v < 0 || v > INT32_MAX) return m.broken("extent of a shape", std::to_string(v));
    s.push_back(static_cast<std::int32_t>(v));
  }
  const float zero = 0;
  array one = array::of(std::span<const float>(&zero, 1), dims{});
  if (const attribute* a = c.n.find("value"); a && a->tensor) one = *a->tensor;
  const std::size_t size = size_of(one.type);
  if (one.elements() != 1) return m.broken("value of ConstantOfShape", to_string(one.shape));
  if (!m.check(verify_size(s, one.type, m.to.max, "ConstantOfShape"))) return;
  std::vector<std::byte> bytes(s.elements().value * size);
  for (std::size_t i = 0; i < s.elements().value; ++i)
    std::memcpy(bytes.data() + i * size, one.data.bytes.data(), size);
  m.give(c, m.new_constant("", one.type, s, bytes), false);
}
/// Of constants.
inline void range_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 3)) return;
  constexpr std::size_t most = std::size_t{1} << 24;
  if (m.type(c.in[0]) == dtype::f32) {
    const float from = m.constant_float(c.in[0], "an end of Range"),
                to = m.constant_float(c.in[1], "an end of Range"),
                step = m.constant_float(c.in[2], "the step of Range");
    if (m.failed()) return;
    const double count = std::ceil((static_cast<double>(to) - static_cast<double>(from)) /
                                   static_cast<double>(step));
    if (step == 0 || !(count <= static_cast<double>(most))) return m.broken("the step of Range");
    std::vector<float> list;
    for (std::int64_t i = 0; static_cast<double>(i) < count; ++i)
      list.push_back(numerics::add(from, numerics::mul(static_cast<float>(i), step)));
    const dims shape{static_cast<std::int32_t>(list.size())};
    return m.give(c, m.new_constant("", shape, list), false);
  }
  std::int64_t ends[3]{};
  for (std::size_t k = 0; k < 3; ++k) {
    const auto list = m.constant_integers(c.in[k], "an end of Range");
    if (!m.failed() && list.size() != 1) m.broken("an end of Range");
    if (m.failed()) return;
    ends[k] = list[0];
    if (ends[k] > INT32_MAX || ends[k] < INT32_MIN) return m.refuse("an end of Range beyond int32");
  }
  if (ends[2] == 0) return m.broken("the step of Range", "0");
  std::vector<std::int64_t> list;
  for (std::int64_t v = ends[0]; ends[2] > 0 ? v < ends[1] : v > ends[1]; v += ends[2]) {
    if (list.size() >= most) return m.fail(import::too_large("Range"));
    list.push_back(v);
  }
  const dims shape{static_cast<std::int32_t>(list.size())};
  if (m.type(c.in[0]) == dtype::s64) return m.give(c, m.new_constant("", shape, list), false);
  m.give(c, m.new_constant("", shape, std::vector<std::int32_t>(list.begin(), list.end())), false);
}
inline void cast_to(emitter& m, call& c, dtype t) {
  if (m.type(c.in[0]) == t) {
    c.out = {c.in[0]};
    return;
  }
  const value x = m.as_float(c.in[0], c.in[0].as_half == half::computed);
  tensor_id y = m.held(x);
  if (m.failed()) return;
  if (t != dtype::f16) {
    // Of floats beyond the type the low bits of an int32 stay.
    const bool narrow = is_8bit(t) || t == dtype::s16 || t == dtype::u16;
    if (narrow && m.type(x) == dtype::f32) y = m.made(ops::cast, {y}, dtype::s32);
    if (!m.failed() && m.tensor_of(y).type != t) y = m.made(ops::cast, {y}, t);
    return m.give(c, y, x.channels_inner);
  }
  const bool real = m.type(x) == dtype::f32;
  if (!real) y = m.made(ops::cast, {y}, dtype::f32);
  value v = value::of(y, x.channels_inner);
  v.as_half = half::cast;
  c.out = {std::move(v)};
}
inline void cast_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const auto t = element_type(m.integer(c, "to", undefined_data_type), "Cast's result");
  if (!t) return m.fail(t.error());
  cast_to(m, c, *t);
}
/// x, and a tensor of the type to cast to.
inline void cast_like_row(emitter& m, call& c) {
  if (m.arity(c, 2, 2)) cast_to(m, c, m.type(c.in[1]));
}

}  // namespace onnx_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_ROWS_SHAPE_HPP_
