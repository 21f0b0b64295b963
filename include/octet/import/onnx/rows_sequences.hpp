// Rows of sequences: lists of tensors whose number is known when the graph is loaded.
#ifndef OCTET_IMPORT_ONNX_ROWS_SEQUENCES_HPP_
#define OCTET_IMPORT_ONNX_ROWS_SEQUENCES_HPP_

#include "octet/import/onnx/rows_transformers.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model::rows {

/// Tensors beside one another along a new axis.
inline value stacked(emitter& m, const std::vector<value>& list, std::int64_t axis) {
  std::vector<tensor_id> pieces;
  for (const value& v : list) {
    const tensor_id x = m.held(v, false);
    if (m.failed()) return {};
    dims s = m.tensor_of(x).shape, one;
    const int at = m.axis(axis, s.rank + 1);
    for (int i = 0; i <= s.rank; ++i) {
      if (i == at) one.push_back(1);
      if (i < s.rank) one.push_back(s[i]);
    }
    axis = at;
    pieces.push_back(m.reshaped(x, one));
  }
  const tensor_id y = joined_on(m, std::move(pieces), m.failed() ? 0 : axis);
  return m.failed() ? value{} : value::of(y);
}

inline const std::vector<value>& sequence_of(emitter& m, const value& v) {
  static const std::vector<value> none;
  if (!v.items && !m.failed()) m.broken("an input", "a tensor", "a sequence");
  return v.items ? *v.items : none;
}
inline void give_sequence(emitter& m, call& c, std::vector<value> list) {
  // Each step of a loop may copy the sequence.
  if (m.failed() || !m.check(m.to.work.spend(1 + list.size()))) return;
  value v;
  v.items = std::make_shared<const std::vector<value>>(std::move(list));
  c.out = {std::move(v)};
}
/// A place in a sequence, counted from the end where negative, below `bound`; `otherwise` where it
/// is not given.
inline std::size_t place_in(emitter& m, const call& c, std::size_t i, std::size_t count,
                            std::size_t bound, std::size_t otherwise) {
  if (!c.has(i)) return otherwise;
  const auto list = m.constant_integers(c.in[i], "a place in a sequence");
  const auto n = static_cast<std::int64_t>(count);
  if (!m.failed() &&
      (list.size() != 1 || list[0] < -n || list[0] >= static_cast<std::int64_t>(bound)))
    m.broken("a place in a sequence of " + std::to_string(count),
             list.empty() ? "none" : std::to_string(list[0]));
  return m.failed() ? 0 : as_size(list[0] < 0 ? list[0] + n : list[0]);
}
inline void sequence_construct_row(emitter& m, call& c) {
  if (m.arity(c, c.in.size(), c.in.size())) give_sequence(m, c, c.in);
}
inline void sequence_empty_row(emitter& m, call& c) {
  if (m.arity(c, 0, 0)) give_sequence(m, c, {});
}
inline void sequence_at_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2)) return;
  const auto& list = sequence_of(m, c.in[0]);
  const std::size_t at = place_in(m, c, 1, list.size(), list.size(), 0);
  if (!m.failed()) c.out = {list[at]};
}
/// sequence, tensor, [place]: at the end where none is given.
inline void sequence_insert_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 3)) return;
  std::vector<value> list = sequence_of(m, c.in[0]);
  const std::size_t at = place_in(m, c, 2, list.size(), list.size() + 1, list.size());
  if (m.failed()) return;
  list.insert(list.begin() + static_cast<std::ptrdiff_t>(at), c.in[1]);
  give_sequence(m, c, std::move(list));
}
inline void sequence_erase_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 2)) return;
  std::vector<value> list = sequence_of(m, c.in[0]);
  if (list.empty()) return m.broken("a sequence to erase from", "0 tensors");
  const std::size_t at = place_in(m, c, 1, list.size(), list.size(), list.size() - 1);
  if (m.failed()) return;
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(at));
  give_sequence(m, c, std::move(list));
}
inline void sequence_length_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const auto count = static_cast<std::int64_t>(sequence_of(m, c.in[0]).size());
  m.give(c, m.to.scalar_constant(count), false);
}
/// x, [sizes]: one number for all pieces but the last, or one each; none: pieces of one element.
inline void split_to_sequence_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 2)) return;
  const value& x = c.in[0];
  const int axis = m.axis(m.integer(c, "axis", 0), m.rank(x));
  const tensor_id from = m.held(x, false);
  if (m.failed()) return;
  const dims s = m.tensor_of(from).shape;
  const std::int64_t extent = s[axis];
  std::vector<std::int64_t> sizes;
  bool alike = true;
  std::int64_t each = 1;
  if (c.has(1)) {
    sizes = m.constant_integers(c.in[1], "sizes of SplitToSequence");
    alike = m.rank(c.in[1]) == 0 && sizes.size() == 1;
    if (m.failed()) return;
    if (alike) each = sizes[0];
  }
  if (alike) {
    if (each < 1) return m.broken("size of pieces", std::to_string(each), "1 or more");
    sizes.clear();
    for (std::int64_t left = extent; left > 0; left -= sizes.back())
      sizes.push_back(std::min(each, left));
  }
  const bool drop = !c.has(1) && m.integer(c, "keepdims", 1) == 0;
  std::vector<value> list;
  std::int64_t begin = 0;
  for (const std::int64_t size : sizes) {
    if (size < 0 || size > extent - begin)
      return m.broken("sizes of SplitToSequence", std::to_string(size));
    tensor_id piece = part_of_axis(m, from, as_size(axis), begin, size);
    begin += size;
    dims rest;
    for (int i = 0; i < s.rank; ++i)
      if (i != axis) rest.push_back(s[i]);
    if (drop) piece = m.reshaped(piece, rest);
    if (m.failed()) return;
    list.push_back(value::of(piece));
  }
  if (begin != extent) return m.broken("sizes of SplitToSequence", std::to_string(begin));
  give_sequence(m, c, std::move(list));
}
inline void concat_from_sequence_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const auto& list = sequence_of(m, c.in[0]);
  if (m.failed()) return;
  if (list.empty()) return m.refuse("ConcatFromSequence of no tensors");
  if (m.integer(c, "new_axis", 0) != 0) {
    const value y = stacked(m, list, m.integer(c, "axis", 0));
    if (!m.failed()) c.out = {y};
    return;
  }
  call inner{c.n, list};
  concat_row(m, inner);
  if (!m.failed()) c.out = std::move(inner.out);
}

}  // namespace onnx_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_ROWS_SEQUENCES_HPP_
