// TFLite operators that rearrange, look up or count: TRANSPOSE, SLICE, SPLIT, PACK, GATHER, TOPK,
// ARG_MAX, CUMSUM, the block rearrangements, SHAPE, ... Axes, sizes and shapes must be known when
// the file is loaded.
#ifndef OCTET_IMPORT_TFLITE_ROWS_MOVEMENT_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_MOVEMENT_HPP_

#include "octet/import/tflite/rows_shape.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

/// Input i as a list for attribute `key`.
inline status list_attribute(tflite_node& n, std::size_t i, const char* key, attributes& to) {
  if (!n.has(i) || !n.is_constant(i))
    return unsupported("input " + std::to_string(i) + " (" + key +
                       ") that is computed at run time");
  to.set(key, n.integers(i));
  return unit{};
}
inline status integer_attribute(tflite_node& n, std::size_t i, const char* key, attributes& to) {
  const auto v = n.integers(i);
  if (v.size() != 1)
    return unsupported("input " + std::to_string(i) + " (" + key +
                       ") that is computed at run time or not one number");
  to.set(key, v[0]);
  return unit{};
}
inline tensor_id like(tflite_node& n, const char* suffix, tensor_id of) {
  const tensor& t = n.g()[of];
  return n.temporary(suffix, t.type, t.scales, t.zero_points, -1);
}

/// Operators with one data input and one list.
template <const op_def& Op, std::size_t Data, std::size_t List>
status with_list(tflite_node& n, const char* key) {
  if (auto s = need_inputs(n, 1); !s) return s;
  attributes a;
  if (auto s = list_attribute(n, List, key, a); !s) return s;
  return n.emit(Op, {n.in_id(Data)}, n.outs(), std::move(a));
}
inline status transpose(tflite_node& n) { return with_list<ops::transpose, 0, 1>(n, "perm"); }
inline status tile(tflite_node& n) { return with_list<ops::tile, 0, 1>(n, "multiples"); }
inline status reverse_v2(tflite_node& n) { return with_list<ops::reverse, 0, 1>(n, "axes"); }
inline status broadcast_to(tflite_node& n) {
  return with_list<ops::broadcast_to, 0, 1>(n, "shape");
}
/// FILL is a broadcast of its value.
inline status fill(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  return with_list<ops::broadcast_to, 1, 0>(n, "shape");
}
/// A slice whose position is data and whose size the file says: `size` of it, `begin` the input.
inline status slice_at(tflite_node& n, std::vector<std::int64_t> size,
                       std::vector<std::int64_t> strides, std::int64_t begin_mask,
                       std::vector<tensor_id> out) {
  attributes a;
  a.set("size", std::move(size));
  if (!strides.empty()) a.set("strides", std::move(strides));
  if (begin_mask != 0) a.set("begin_mask", begin_mask);
  return n.emit(ops::dynamic_slice, {n.in_id(0), n.in_id(1)}, std::move(out), std::move(a));
}
inline error_info open_result() {
  return unsupported("a result whose shape is known only when it runs", {},
                     "one that the file fixes: memory is laid out before anything runs");
}
/// Whether the file leaves an extent of the result open, other than a whole axis of the input that
/// is open itself: that one has the extent the caller gave.
inline bool opens(const tflite_node& n, std::int32_t from, std::int32_t to) {
  const bool whole = n.is_open(n.in_id(0), from) && n.out().shape[to] == n.in(0).shape[from];
  return n.is_open(n.out_id(), to) && !whole;
}
/// Begin, size or both are data: the result's shape is the file's.
inline status slice_by_data(tflite_node& n) {
  auto size = n.integers(2);
  const dims x = n.in(0).shape, y = n.out().shape;
  if (size.empty()) size.assign(as_size(x.rank), -1);
  if (y.rank != x.rank || size.size() != as_size(x.rank))
    return invalid("rank of the slice", to_string(y), std::to_string(x.rank));
  for (std::int32_t i = 0; i < x.rank; ++i) {
    std::int64_t& e = size[as_size(i)];
    if (e >= 0) continue;
    if (opens(n, i, i)) return open_result();
    e = y[i];
  }
  return slice_at(n, std::move(size), {}, 0, n.outs());
}
inline status slice(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  if (!n.is_constant(1) || !n.is_constant(2)) return slice_by_data(n);
  attributes a;
  if (auto s = list_attribute(n, 1, "begin", a); !s) return s;
  if (auto s = list_attribute(n, 2, "size", a); !s) return s;
  return n.emit(ops::slice, {n.in_id(0)}, n.outs(), std::move(a));
}
/// Bounds that are data: where the file fixes the result's shape, they only move it.
inline status strided_slice_at(tflite_node& n, const tflite_schema::strided_slice_options& o) {
  auto strides = n.integers(3);
  const dims x = n.in(0).shape, y = n.out().shape;
  if (o.ellipsis_mask != 0 || o.new_axis_mask != 0 || strides.empty() ||
      n.in(1).shape.elements().value != strides.size() || strides.size() > as_size(x.rank))
    return unsupported("positions that are computed at run time", {},
                       "for axes of the input, with constant strides");
  if (strides.size() != as_size(x.rank))
    return unsupported("a position for some axes only that is computed at run time");
  std::vector<std::int64_t> size;
  std::int32_t at = 0;
  for (std::int32_t i = 0; i < x.rank; ++i) {
    if (o.shrink_axis_mask >> i & 1) {
      size.push_back(1);
      continue;
    }
    if (at >= y.rank) return invalid("shape of the result", to_string(y));
    if (opens(n, i, at)) return open_result();
    size.push_back(y[at++]);
  }
  if (o.shrink_axis_mask == 0) return slice_at(n, size, strides, o.begin_mask, n.outs());
  const tensor_id part = like(n, "/part", n.in_id(0));
  if (auto s = slice_at(n, size, strides, o.begin_mask, {part}); !s) return s;
  attributes a;
  a.set("shape", std::vector<std::int64_t>(y.begin(), y.end()));
  return n.emit(ops::reshape, {part}, n.outs(), std::move(a));
}
inline status strided_slice(tflite_node& n) {
  if (auto s = need_inputs(n, 4); !s) return s;
  const auto o = n.options<tflite_schema::strided_slice_options>();
  if (o.offset) return unsupported("STRIDED_SLICE with offset");
  if (!n.is_constant(1) || !n.is_constant(2)) return strided_slice_at(n, o);
  attributes a;
  const char* lists[] = {"begin", "end", "strides"};
  for (std::size_t i = 0; i < 3; ++i)
    if (auto s = list_attribute(n, i + 1, lists[i], a); !s) return s;
  for (const auto& [mask, bits] : {std::pair{"begin_mask", o.begin_mask},
                                   {"end_mask", o.end_mask},
                                   {"ellipsis_mask", o.ellipsis_mask},
                                   {"new_axis_mask", o.new_axis_mask},
                                   {"shrink_axis_mask", o.shrink_axis_mask}})
    if (bits != 0) a.set(mask, std::int64_t{bits});
  return n.emit(ops::strided_slice, {n.in_id(0)}, n.outs(), std::move(a));
}
inline status split(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  attributes a;
  if (auto s = integer_attribute(n, 0, "axis", a); !s) return s;
  return n.emit(ops::split, {n.in_id(1)}, n.outs(), std::move(a));
}
inline status split_v(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  attributes a;
  if (auto s = integer_attribute(n, 2, "axis", a); !s) return s;
  if (auto s = list_attribute(n, 1, "sizes", a); !s) return s;
  return n.emit(ops::split, {n.in_id(0)}, n.outs(), std::move(a));
}
inline status pack(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  attributes a;
  a.set("axis", std::int64_t{n.options<tflite_schema::pack_options>().axis});
  return n.emit(ops::pack, std::move(a));
}
inline status unpack(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  attributes a;
  a.set("axis", std::int64_t{n.options<tflite_schema::pack_options>().axis});
  return n.emit(ops::unpack, std::move(a));
}
inline status gather(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  attributes a;
  const auto o = n.options<tflite_schema::gather_options>();
  a.set("axis", std::int64_t{o.axis});
  if (o.batch_dims != 0) a.set("batch_dims", std::int64_t{o.batch_dims});
  return n.emit(ops::gather, std::move(a));
}
inline status gather_nd(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  return n.emit(ops::gather_nd);
}
/// A table with a scale for each row: rows and their scales are looked up and multiplied.
inline status scaled_rows(tflite_node& n) {
  const tensor& table = n.in(1);
  if (table.axis != 0 || !n.is_constant(1))
    return unsupported("a look-up table with scales that are not one a row");
  for (const std::int32_t z : table.zero_points)
    if (z != 0) return unsupported("zero point of a look-up table", std::to_string(z), "0");
  std::vector<float> scales;
  for (const double s : table.scales) scales.push_back(static_cast<float>(s));
  dims column{static_cast<std::int32_t>(scales.size())};
  for (std::int32_t i = 1; i < table.shape.rank; ++i) column.push_back(1);
  graph& g = n.g();
  const tensor_id factors = g.add_constant(n.out().name + "/scales", dtype::f32, column,
                                           constant_data::of(std::span<const float>(scales)));
  const tensor_id codes =
                      g.add_constant(n.out().name + "/codes", table.type, table.shape, table.data),
                  rows = n.temporary("/rows", table.type),
                  values = n.temporary("/values", dtype::f32),
                  factor = n.temporary("/row_scales", dtype::f32);
  attributes a, b;
  a.set("axis", std::int64_t{0}), b.set("axis", std::int64_t{0});
  if (auto s = n.emit(ops::gather, {codes, n.in_id(0)}, {rows}, std::move(a)); !s) return s;
  if (auto s = n.emit(ops::gather, {factors, n.in_id(0)}, {factor}, std::move(b)); !s) return s;
  if (auto s = n.emit(ops::cast, {rows}, {values}); !s) return s;
  return n.emit(ops::mul, {values, factor}, n.outs());
}
/// Rows of a table; a quantized table with float output is dequantized after the look-up.
inline status embedding_lookup(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  attributes a;
  a.set("axis", std::int64_t{0});
  if (n.in(1).type == n.out().type)
    return n.emit(ops::gather, {n.in_id(1), n.in_id(0)}, n.outs(), std::move(a));
  if (n.in(1).scales.size() > 1) return scaled_rows(n);
  const tensor_id rows = like(n, "/rows", n.in_id(1));
  if (auto s = n.emit(ops::gather, {n.in_id(1), n.in_id(0)}, {rows}, std::move(a)); !s) return s;
  return n.emit(ops::dequantize, {rows}, n.outs());
}
inline status one_hot(tflite_node& n) {
  if (auto s = need_inputs(n, 4); !s) return s;
  attributes a;
  if (auto s = integer_attribute(n, 1, "depth", a); !s) return s;
  a.set("axis", std::int64_t{n.options<tflite_schema::one_hot_options>().axis});
  return n.emit(ops::one_hot, {n.in_id(0), n.in_id(2), n.in_id(3)}, n.outs(), std::move(a));
}
template <const op_def& Op> status arg_extreme(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  attributes a;
  if (auto s = integer_attribute(n, 1, "axis", a); !s) return s;
  return n.emit(Op, {n.in_id(0)}, n.outs(), std::move(a));
}
inline status topk(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  attributes a;
  if (auto s = integer_attribute(n, 1, "k", a); !s) return s;
  return n.emit(ops::topk, {n.in_id(0)}, n.outs(), std::move(a));
}
inline status cumsum(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  attributes a;
  if (auto s = integer_attribute(n, 1, "axis", a); !s) return s;
  const auto o = n.options<tflite_schema::cumsum_options>();
  if (o.exclusive) a.set("exclusive", std::int64_t{1});
  if (o.reverse) a.set("reverse", std::int64_t{1});
  return n.emit(ops::cumsum, {n.in_id(0)}, n.outs(), std::move(a));
}
template <const op_def& Op> status block_size(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  attributes a;
  a.set("block_size", std::int64_t{n.options<tflite_schema::block_size_options>().block_size});
  return n.emit(Op, std::move(a));
}

/// Paddings of the block axes come first, as a pad with the zero point; nothing is padded where
/// they are all 0.
inline status space_to_batch(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  attributes a;
  if (auto s = list_attribute(n, 1, "block_shape", a); !s) return s;
  if (!n.is_constant(2)) return unsupported("paddings that are computed at run time");
  const auto given = n.integers(2);
  const std::int32_t rank = n.in(0).shape.rank;
  if (rank < 1 || given.size() > 2 * as_size(rank - 1) || given.size() % 2 != 0)
    return invalid("paddings", std::to_string(given.size()), "two per block axis");
  bool any = false;
  std::vector<std::int64_t> paddings(2 * as_size(rank), 0);
  for (std::size_t i = 0; i < given.size(); ++i) {
    paddings[i + 2] = given[i];
    any |= given[i] != 0;
  }
  tensor_id x = n.in_id(0);
  if (any) {
    attributes p;
    p.set("paddings", std::move(paddings));
    const tensor_id padded = like(n, "/padded", x);
    if (auto s = n.emit(quantized(n.in(0)) ? ops::qnn_pad : ops::pad, {x}, {padded}, std::move(p));
        !s)
      return s;
    x = padded;
  }
  return n.emit(ops::space_to_batch, {x}, n.outs(), std::move(a));
}
inline status batch_to_space(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  attributes a;
  if (auto s = list_attribute(n, 1, "block_shape", a); !s) return s;
  if (!n.is_constant(2)) return unsupported("crops that are computed at run time");
  const auto crops = n.integers(2);
  bool any = false;
  for (std::int64_t c : crops) any |= c != 0;
  if (!any) return n.emit(ops::batch_to_space, {n.in_id(0)}, n.outs(), std::move(a));
  const tensor_id whole = like(n, "/whole", n.in_id(0));
  if (auto s = n.emit(ops::batch_to_space, {n.in_id(0)}, {whole}, std::move(a)); !s) return s;
  const dims y = n.g()[whole].shape;
  if (crops.size() % 2 != 0 || crops.size() / 2 >= as_size(y.rank))
    return invalid("crops", std::to_string(crops.size()), "two per block axis");
  std::vector<std::int64_t> begin(as_size(y.rank), 0), size(y.begin(), y.end());
  for (std::size_t i = 0; i < crops.size(); i += 2) {
    const std::int64_t extent = y[static_cast<int>(i / 2) + 1];
    if (crops[i] < 0 || crops[i + 1] < 0 || crops[i] > extent || crops[i + 1] > extent - crops[i])
      return invalid("crops", std::to_string(crops[i]) + ", " + std::to_string(crops[i + 1]),
                     "0 to the extent");
    begin[i / 2 + 1] = crops[i];
    size[i / 2 + 1] -= crops[i] + crops[i + 1];
  }
  attributes s;
  s.set("begin", std::move(begin));
  s.set("size", std::move(size));
  return n.emit(ops::slice, {whole}, n.outs(), std::move(s));
}

/// Shapes are known when the file is loaded: the result is a constant.
inline status constant_integers(tflite_node& n, const std::vector<std::int64_t>& values,
                                dims shape) {
  const dtype type = n.out().type;
  if (type == dtype::s64)
    return n.give_constant(shape, constant_data::of(std::span<const std::int64_t>(values)));
  if (type != dtype::s32)
    return unsupported("element type of the result", std::string(name_of(type)), "int32, int64");
  std::vector<std::int32_t> v;
  for (std::int64_t e : values) v.push_back(static_cast<std::int32_t>(e));
  return n.give_constant(shape, constant_data::of(std::span<const std::int32_t>(v)));
}
inline status shape_of(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  const dims x = n.in(0).shape;
  return constant_integers(n, std::vector<std::int64_t>(x.begin(), x.end()), dims{x.rank});
}
inline status rank_of(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  return constant_integers(n, {n.in(0).shape.rank}, dims{});
}
inline status range(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  const auto first = n.integers(0), limit = n.integers(1), step = n.integers(2);
  if (first.size() != 1 || limit.size() != 1 || step.size() != 1)
    return unsupported("a range of floats or computed at run time");
  if (step[0] == 0) return invalid("step of a range", "0");
  // Unsigned: the two may be 2^64 apart, and the step may be -2^63.
  const bool up = step[0] > 0;
  const auto from = static_cast<std::uint64_t>(first[0]), to = static_cast<std::uint64_t>(limit[0]),
             by = static_cast<std::uint64_t>(step[0]);
  const bool empty = up ? first[0] >= limit[0] : first[0] <= limit[0];
  const std::uint64_t count =
      empty ? 0 : 1 + ((up ? to - from : from - to) - 1) / (up ? by : 0 - by);
  if (count > max_elements)
    return error_info{errc::too_large,   "range", {}, {}, {}, std::to_string(count) + " elements",
                      "at most 2^31 - 1"};
  if (auto s = n.make_constant(as_size(count) * sizeof by); !s) return s;
  std::vector<std::int64_t> v(as_size(count));
  for (std::uint64_t i = 0; i < count; ++i)
    v[as_size(i)] = static_cast<std::int64_t>(from + i * by);
  return constant_integers(n, v, dims{static_cast<std::int32_t>(count)});
}

inline constexpr tflite_row movement_rows[] = {
    {"DEPTH_TO_SPACE", &block_size<ops::depth_to_space>},
    {"EMBEDDING_LOOKUP", &embedding_lookup},
    {"SPACE_TO_DEPTH", &block_size<ops::space_to_depth>},
    {"GATHER", &gather},
    {"BATCH_TO_SPACE_ND", &batch_to_space},
    {"SPACE_TO_BATCH_ND", &space_to_batch},
    {"TRANSPOSE", &transpose},
    {"STRIDED_SLICE", &strided_slice},
    {"TOPK_V2", &topk},
    {"SPLIT", &split},
    {"ARG_MAX", &arg_extreme<ops::arg_max>},
    {"SLICE", &slice},
    {"TILE", &tile},
    {"SHAPE", &shape_of},
    {"ARG_MIN", &arg_extreme<ops::arg_min>},
    {"PACK", &pack},
    {"ONE_HOT", &one_hot},
    {"UNPACK", &unpack},
    {"FILL", &fill},
    {"RANGE", &range},
    {"SPLIT_V", &split_v},
    {"REVERSE_V2", &reverse_v2},
    {"GATHER_ND", &gather_nd},
    {"RANK", &rank_of},
    {"CUMSUM", &cumsum},
    {"BROADCAST_TO", &broadcast_to},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_MOVEMENT_HPP_
