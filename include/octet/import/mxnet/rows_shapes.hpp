// Rows that move values: reshapes, orders of axes, slices. They take any element type and keep its
// scale.
#ifndef OCTET_IMPORT_MXNET_ROWS_SHAPES_HPP_
#define OCTET_IMPORT_MXNET_ROWS_SHAPES_HPP_

#include <algorithm>
#include <numeric>

#include "octet/import/mxnet/rows_values.hpp"

OCTET_NAMESPACE_BEGIN
namespace mxnet_model::rows {

// ---- reshapes ----

/// The same elements, in MXNet's order, under another shape.
inline void give_reshaped(emitter& m, call& c, const std::vector<std::int64_t>& extents) {
  const tensor_id x = m.held(c.in[0], false);
  if (m.failed()) return;
  if (extents.size() > as_size(dims::max_rank))
    return m.refuse("rank", std::to_string(extents.size()),
                    "at most " + std::to_string(dims::max_rank));
  dims shape;
  std::size_t count = 1;
  for (std::int64_t v : extents) {
    if (v < 0 || v > INT32_MAX) return m.broken("an extent of the new shape", std::to_string(v));
    shape.push_back(static_cast<std::int32_t>(v));
    count = saturating_mul(count, as_size(v));
  }
  const dims from = m.to.g[x].shape;
  if (count != from.elements().value)
    return m.broken("shape", to_string(shape), "the elements of " + to_string(from));
  const tensor_id y = m.to.like(x);
  m.reshape_to(x, y, shape);
  m.give(c, y, false);
}
/// What the codes of a Reshape make of a shape, code by code from the left: 0 keeps an extent, -1
/// takes what is left, -2 all other extents, -3 the product of two, -4 splits one by the two codes
/// after it. Errors: codes that do not fit the shape.
class reshape_codes {
 public:
  reshape_codes(emitter& m, std::vector<std::int64_t> codes, std::vector<std::int64_t> from)
      : m_(m), codes_(std::move(codes)), from_(std::move(from)) {}

  std::vector<std::int64_t> run() {
    for (std::size_t i = 0; i < codes_.size() && !m_.failed(); ++i) {
      const std::int64_t code = codes_[i];
      if (code == -4) {
        split(i);
        i += 2;
      } else {
        one(code);
      }
    }
    if (!m_.failed() && open_ != none) fill();
    return std::move(to_);
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  void wrong(const std::string& why) {
    m_.broken("attribute shape", why, "codes that fit the input's shape");
  }
  /// The next extent of the input.
  std::int64_t next() {
    if (at_ < from_.size()) return from_[at_++];
    wrong("a code for an axis that the input does not have");
    return 0;
  }
  void one(std::int64_t code) {
    if (code == -2) {
      while (at_ < from_.size()) to_.push_back(from_[at_++]);
    } else if (code == -3) {
      const std::int64_t a = next(), b = next();
      to_.push_back(a * b);
    } else if (code == 0) {
      to_.push_back(next());
    } else if (code == -1 && open_ != none) {
      wrong("two codes -1");
    } else if (code < -1) {
      wrong("code " + std::to_string(code));
    } else {
      if (code == -1) open_ = to_.size();
      to_.push_back(code == -1 ? 1 : code);
      ++at_;
    }
  }
  void split(std::size_t i) {
    if (i + 2 >= codes_.size()) return wrong("code -4 without two codes after it");
    const std::int64_t whole = next();
    std::int64_t a = codes_[i + 1], b = codes_[i + 2];
    if (m_.failed()) return;
    if (a == -1 && b > 0) a = whole / b;
    if (b == -1 && a > 0) b = whole / a;
    const bool fits = a > 0 && b > 0 && a <= whole && whole % a == 0 && whole / a == b;
    if (!fits)
      return wrong("code -4 of " + std::to_string(codes_[i + 1]) + " and " +
                   std::to_string(codes_[i + 2]) + " for an extent of " + std::to_string(whole));
    to_.push_back(a);
    to_.push_back(b);
  }
  void fill() {
    std::size_t all = 1, known = 1;
    for (std::int64_t v : from_) all = saturating_mul(all, as_size(v));
    for (std::int64_t v : to_) known = saturating_mul(known, as_size(v));
    if (known == 0 || all % known != 0) return wrong("a code -1 that nothing is left for");
    to_[open_] = static_cast<std::int64_t>(all / known);
  }

  emitter& m_;
  std::vector<std::int64_t> codes_, from_, to_;
  std::size_t at_ = 0, open_ = none;  // next axis of the input; where -1 stands
};
inline void reshape_row(emitter& m, call& c) {
  if (!m.arity(c, 1)) return;
  auto codes = m.integers(c.node.attributes, "shape");
  const bool reverse = m.boolean(c.node.attributes, "reverse", false);
  if (codes.empty() && !m.failed())
    m.refuse("a reshape without attribute shape", {}, "shape in place of target_shape");
  if (m.failed()) return;
  const dims x = m.shape(c.in[0]);
  std::vector<std::int64_t> from(x.begin(), x.end());
  if (reverse) {
    std::reverse(codes.begin(), codes.end());
    std::reverse(from.begin(), from.end());
  }
  auto to = reshape_codes(m, std::move(codes), std::move(from)).run();
  if (m.failed()) return;
  if (reverse) std::reverse(to.begin(), to.end());
  give_reshaped(m, c, to);
}
inline void expand_dims_row(emitter& m, call& c) {
  if (!m.arity(c, 1)) return;
  const dims x = m.shape(c.in[0]);
  if (!c.node.attributes.contains("axis")) m.broken("attribute axis is missing");
  const int axis = m.axis("axis", m.integer(c.node.attributes, "axis", 0), x.rank + 1);
  if (m.failed()) return;
  std::vector<std::int64_t> to(x.begin(), x.end());
  to.insert(to.begin() + axis, 1);
  give_reshaped(m, c, to);
}
/// Without the axes named, whose extents are 1, or without all of extent 1. One axis stays.
inline void squeeze_row(emitter& m, call& c) {
  if (!m.arity(c, 1)) return;
  const dims x = m.shape(c.in[0]);
  const auto axes = m.axes(c.node.attributes, "axis", x.rank);
  const bool named = m.text(c.node.attributes, "axis", "None") != "None";
  if (m.failed()) return;
  std::vector<std::int64_t> to;
  for (int i = 0; i < x.rank; ++i) {
    const bool gone = named ? std::find(axes.begin(), axes.end(), i) != axes.end() : x[i] == 1;
    if (gone && x[i] != 1)
      return m.broken("extent of axis " + std::to_string(i), std::to_string(x[i]), "1");
    if (!gone) to.push_back(x[i]);
  }
  if (to.empty()) to.push_back(1);
  give_reshaped(m, c, to);
}

// ---- orders of axes ----

/// Axis i of the result is axis order[i] of the input. Where the layout has that order already,
/// nothing moves.
inline void give_transposed(emitter& m, call& c, const std::vector<int>& order) {
  const value& v = c.in[0];
  const tensor_id x = m.held(v, v.channels_inner);
  if (m.failed()) return;
  const int rank = m.to.g[x].shape.rank;
  std::vector<std::int64_t> perm;
  for (int axis : order) perm.push_back(import::axis_in_layout(axis, rank, v.channels_inner));
  if (std::is_sorted(perm.begin(), perm.end())) return m.give(c, x, false);
  attributes a;
  a.set("perm", std::move(perm));
  const tensor_id y = m.to.like(x);
  m.emit(ops::transpose, {x}, {y}, std::move(a));
  m.give(c, y, false);
}
inline std::vector<int> axes_in_order(int rank) {
  std::vector<int> list(as_size(rank));
  std::iota(list.begin(), list.end(), 0);
  return list;
}
inline void transpose_row(emitter& m, call& c) {
  if (!m.arity(c, 1)) return;
  const int rank = m.shape(c.in[0]).rank;
  auto order = m.axes(c.node.attributes, "axes", rank);
  if (m.failed()) return;
  if (order.empty()) {
    order = axes_in_order(rank);
    std::reverse(order.begin(), order.end());
  }
  if (order.size() != as_size(rank))
    return m.broken("attribute axes", std::to_string(order.size()) + " axes", std::to_string(rank));
  give_transposed(m, c, order);
}
inline void swap_axes_row(emitter& m, call& c) {
  if (!m.arity(c, 1)) return;
  const symbol_attributes& a = c.node.attributes;
  const int rank = m.shape(c.in[0]).rank, first = m.axis("dim1", m.integer(a, "dim1", 0), rank),
            second = m.axis("dim2", m.integer(a, "dim2", 0), rank);
  if (m.failed()) return;
  auto order = axes_in_order(rank);
  std::swap(order[as_size(first)], order[as_size(second)]);
  give_transposed(m, c, order);
}

// ---- slices ----

/// Of one axis: `count` elements from `begin` on, `step` apart.
struct cut {
  std::int64_t begin = 0, step = 1, count = 0;
};
/// One cut for each of MXNet's axes.
inline void give_slice(emitter& m, call& c, const std::vector<cut>& cuts) {
  const value& v = c.in[0];
  const tensor_id x = m.held(v, v.channels_inner);
  if (m.failed()) return;
  const int rank = m.to.g[x].shape.rank;
  std::vector<std::int64_t> begin(cuts.size()), end(cuts.size()), strides(cuts.size());
  std::int64_t to_the_first = 0;
  for (int i = 0; i < rank; ++i) {
    const cut& k = cuts[as_size(i)];
    const int at = import::axis_in_layout(i, rank, v.channels_inner);
    const std::int64_t last = k.begin + (k.count - 1) * k.step,
                       after = last + (k.step < 0 ? -1 : 1);
    begin[as_size(at)] = k.begin, strides[as_size(at)] = k.step;
    end[as_size(at)] = std::max<std::int64_t>(after, 0);
    if (after < 0) to_the_first |= std::int64_t{1} << at;
  }
  attributes a;
  a.set("begin", std::move(begin));
  a.set("end", std::move(end));
  a.set("strides", std::move(strides));
  if (to_the_first != 0) a.set("end_mask", to_the_first);
  const tensor_id y = m.to.like(x);
  m.emit(ops::strided_slice, {x}, {y}, std::move(a));
  m.give(c, y, v.channels_inner);
}
inline std::vector<cut> whole_cuts(const dims& x) {
  std::vector<cut> cuts;
  for (std::int32_t extent : x) cuts.push_back({0, 1, extent});
  return cuts;
}
inline void slice_axis_row(emitter& m, call& c) {
  if (!m.arity(c, 1)) return;
  const symbol_attributes& a = c.node.attributes;
  const dims x = m.shape(c.in[0]);
  for (const char* key : {"axis", "begin"})
    if (!a.contains(key)) m.broken("attribute " + std::string(key) + " is missing");
  const int axis = m.axis("axis", m.integer(a, "axis", 0), x.rank);
  const bool open = m.text(a, "end", "None") == "None";
  std::int64_t begin = m.integer(a, "begin", 0), end = open ? 0 : m.integer(a, "end", 0);
  if (m.failed()) return;
  const std::int64_t extent = x[axis];
  if (begin < 0) begin += extent;
  if (open)
    end = extent;
  else if (end < 0)
    end += extent;
  if (begin < 0 || end > extent || begin >= end)
    return m.broken(
        "begin and end",
        std::string(m.text(a, "begin", "")) + ", " + std::string(m.text(a, "end", "None")),
        "a part of " + std::to_string(extent));
  auto cuts = whole_cuts(x);
  cuts[as_size(axis)] = {begin, 1, end - begin};
  give_slice(m, c, cuts);
}
/// Python's slice of an axis; ends outside are bounded. Its count is 0 where it takes nothing.
inline cut cut_of(std::int64_t extent, integer_or_none begin, integer_or_none end,
                  std::int64_t step) {
  const bool back = step < 0;
  std::int64_t from = begin.value_or(back ? extent - 1 : 0);
  if (from < 0) from += extent;
  from = back ? std::min(from, extent - 1) : std::max<std::int64_t>(from, 0);
  std::int64_t to = end.value_or(back ? -1 : extent);
  if (end && to < 0) to += extent;
  to = std::clamp<std::int64_t>(to, -1, extent);
  if (from < 0 || from >= extent || (back ? to >= from : to <= from)) return {};
  step = std::clamp<std::int64_t>(step, -extent, extent);
  return {from, step, (back ? from - to - 1 : to - from - 1) / (back ? -step : step) + 1};
}
inline void slice_row(emitter& m, call& c) {
  if (!m.arity(c, 1)) return;
  const symbol_attributes& a = c.node.attributes;
  const dims x = m.shape(c.in[0]);
  const auto begin = m.integers_or_none(a, "begin"), end = m.integers_or_none(a, "end"),
             step = m.integers_or_none(a, "step");
  if (m.failed()) return;
  if (begin.empty() || begin.size() > as_size(x.rank) || end.size() != begin.size() ||
      (!step.empty() && step.size() != begin.size()))
    return m.broken("attributes begin, end and step",
                    std::to_string(begin.size()) + ", " + std::to_string(end.size()) + ", " +
                        std::to_string(step.size()) + " numbers",
                    "1 to " + std::to_string(x.rank) + " each");
  auto cuts = whole_cuts(x);
  for (std::size_t i = 0; i < begin.size(); ++i) {
    const std::int64_t pace = step.empty() ? 1 : step[i].value_or(1);
    if (pace == 0) return m.broken("attribute step", "0");
    cuts[i] = cut_of(x[static_cast<int>(i)], begin[i], end[i], pace);
    if (cuts[i].count == 0)
      return m.broken("a slice of axis " + std::to_string(i) + " that takes nothing");
  }
  give_slice(m, c, cuts);
}

}  // namespace mxnet_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_ROWS_SHAPES_HPP_
