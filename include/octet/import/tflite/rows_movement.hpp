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
/// An ellipsis stands for one axis at least: where the other positions leave it none, the last of
/// them are not looked at.
inline void keep_axis_of_ellipsis(std::int32_t rank, const tflite_schema::strided_slice_options& o,
                                  std::vector<std::int64_t>& positions) {
  std::size_t most = as_size(rank);
  for (std::size_t i = 0; i < positions.size() && i < 32; ++i)
    most += (o.new_axis_mask >> i & 1) != 0 && (o.ellipsis_mask >> i & 1) == 0 ? 1 : 0;
  if (positions.size() > most) positions.resize(most);
}
/// Slices that XNNPACK takes, where its own rule of an end at 0 holds.
inline bool plain_slice(const tflite_node& n, const tflite_schema::strided_slice_options& o) {
  const tensor& x = n.in(0);
  const auto strides = n.integers(3);
  bool steps_of_one = strides.size() == as_size(x.shape.rank);
  for (const std::int64_t s : strides) steps_of_one &= s == 1;
  return steps_of_one && laws::ends_at_zero_behind(n.g().arithmetic) && o.ellipsis_mask == 0 &&
         o.new_axis_mask == 0 && o.shrink_axis_mask == 0 &&
         (x.type == dtype::f32 || (quantized(x) && is_8bit(x.type)));
}
inline std::int32_t mask_of_zeros(const std::vector<std::int64_t>& positions) {
  std::int32_t mask = 0;
  for (std::size_t i = 0; i < positions.size() && i < 32; ++i)
    if (positions[i] == 0) mask |= static_cast<std::int32_t>(std::uint32_t{1} << i);
  return mask;
}
/// Ends that the file counts from the beginnings. Of axes that are cut TFLite lays out memory for
/// what the file says and fills less.
inline status ends_of_offsets(tflite_node& n, const tflite_schema::strided_slice_options& o,
                              std::vector<std::int64_t>& ends) {
  const auto begin = n.integers(1), strides = n.integers(3);
  const dims x = n.in(0).shape;
  bool plain = o.ellipsis_mask == 0 && o.new_axis_mask == 0 && o.begin_mask == 0 &&
               o.end_mask == 0 && begin.size() == ends.size() && strides.size() == ends.size() &&
               ends.size() <= as_size(x.rank);
  for (std::size_t i = 0; plain && i < ends.size(); ++i) {
    const std::int64_t extent = x[static_cast<int>(i)],
                       first = begin[i] < 0 ? begin[i] + extent : begin[i];
    plain = strides[i] > 0 && first >= 0 && ends[i] >= 0 && ends[i] <= extent - first;
    ends[i] += first;
  }
  if (!plain)
    return unsupported("STRIDED_SLICE with offset", {},
                       "sizes within the input, steps above 0, no masks but shrink_axis_mask");
  return unit{};
}
inline status strided_slice(tflite_node& n) {
  if (auto s = need_inputs(n, 4); !s) return s;
  const auto o = n.options<tflite_schema::strided_slice_options>();
  if (!n.is_constant(1) || !n.is_constant(2)) return strided_slice_at(n, o);
  if (!n.is_constant(3)) return unsupported("strides that are computed at run time");
  attributes a;
  const char* lists[] = {"begin", "end", "strides"};
  std::int32_t end_mask = o.end_mask;
  for (std::size_t i = 0; i < 3; ++i) {
    auto positions = n.integers(i + 1);
    if (o.ellipsis_mask != 0) keep_axis_of_ellipsis(n.in(0).shape.rank, o, positions);
    if (i == 1 && o.offset) {
      if (auto s = ends_of_offsets(n, o, positions); !s) return s;
    } else if (i == 1 && plain_slice(n, o)) {
      end_mask |= mask_of_zeros(positions);
    }
    a.set(lists[i], std::move(positions));
  }
  for (const auto& [mask, bits] : {std::pair{"begin_mask", o.begin_mask},
                                   {"end_mask", end_mask},
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
/// Input 1, of int16 as int32.
inline result<tensor_id> wide_positions(tflite_node& n) {
  if (n.in(1).type != dtype::s16) return n.in_id(1);
  const tensor_id wide = n.temporary("/positions", dtype::s32);
  if (auto s = n.emit(ops::cast, {n.in_id(1)}, {wide}); !s) return s.error();
  return wide;
}
inline status gather(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  attributes a;
  const auto o = n.options<tflite_schema::gather_options>();
  a.set("axis", std::int64_t{o.axis});
  if (o.batch_dims != 0) a.set("batch_dims", std::int64_t{o.batch_dims});
  const auto index = wide_positions(n);
  if (!index) return index.error();
  return n.emit(ops::gather, {n.in_id(0), *index}, n.outs(), std::move(a));
}
inline status gather_nd(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  const auto index = wide_positions(n);
  if (!index) return index.error();
  return n.emit(ops::gather_nd, {n.in_id(0), *index}, n.outs());
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
  if (n.out().type == dtype::f32)
    if (const auto read = read_uint8_as_int8(n, 1); !read) return read.error();
  const dims table = n.in(1).shape;
  if (const int bits = n.of_file(n.in_id(1)).packed_bits;
      bits != 0 && table.rank > 0 &&
      table.elements().value / as_size(std::max(table[0], 1)) * as_size(bits) % 8 != 0)
    return unsupported("look-up table whose rows are no whole bytes", to_string(table),
                       "rows of a multiple of " + std::to_string(8 / bits) +
                           " elements: TFLite begins each at a byte");
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
  tensor_id x = n.in_id(0);
  if (n.in(0).type == dtype::boolean) {
    x = n.temporary("/numbers", dtype::u8);
    if (auto s = n.emit(ops::cast, {n.in_id(0)}, {x}); !s) return s;
  }
  return n.emit(Op, {x}, n.outs(), std::move(a));
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
/// How many elements a range of floats has, as TFLite counts: ceil(|(limit - first) / step|).
inline result<std::int64_t> float_range_count(float first, float limit, float step) {
  if (step == 0 || !(step > 0 ? first <= limit : first >= limit))
    return invalid("step of a range", std::to_string(step), "one that leads to the limit");
  const float length = numerics::div(numerics::sub(limit, first), step);
  const double count = -numerics::floor(-static_cast<double>(length < 0 ? -length : length));
  if (!(count <= static_cast<double>(max_elements)))
    return too_large("range", std::to_string(count) + " elements", "at most 2^31 - 1");
  return static_cast<std::int64_t>(count);
}
inline float constant_float(const tflite_node& n, std::size_t i) {
  float v;
  std::memcpy(&v, n.in(i).data.bytes.data(), sizeof v);
  return v;
}
/// Each element is the one before plus the step.
inline status float_range(tflite_node& n) {
  float v = constant_float(n, 0);
  const float step = constant_float(n, 2);
  const auto count = float_range_count(v, constant_float(n, 1), step);
  if (!count) return count.error();
  if (auto s = n.make_constant(saturating_mul(as_size(*count), sizeof v)); !s) return s;
  std::vector<float> values(as_size(*count));
  for (float& e : values) e = v, v = numerics::add(v, step);
  return n.give_constant(dims{static_cast<std::int32_t>(*count)},
                         constant_data::of(std::span<const float>(values)));
}
/// First element or step are data: where the file fixes the number of elements, they are the sums
/// of the first element and as many steps as stand before.
inline status range_at_run_time(tflite_node& n) {
  const dims y = n.out().shape;
  if (y.rank != 1 || n.is_open(n.out_id(), 0)) return open_result();
  const auto reshaped = [&n](tensor_id from, const char* suffix, std::int64_t extent) {
    attributes a;
    a.set("shape", std::vector<std::int64_t>{extent});
    const tensor_id to = n.temporary(suffix, n.out().type);
    return std::pair{to, n.emit(ops::reshape, {from}, {to}, std::move(a))};
  };
  const auto [first, as_list] = reshaped(n.in_id(0), "/first", 1);
  if (!as_list) return as_list;
  if (y[0] == 1) return n.emit(ops::identity, {first}, n.outs());
  const auto [step, as_step] = reshaped(n.in_id(2), "/step", 1);
  if (!as_step) return as_step;
  const tensor_id steps = n.temporary("/steps", n.out().type),
                  all = n.temporary("/first_and_steps", n.out().type);
  attributes b, c, d;
  b.set("shape", std::vector<std::int64_t>{std::max(y[0] - 1, 0)});
  if (auto s = n.emit(ops::broadcast_to, {step}, {steps}, std::move(b)); !s) return s;
  c.set("axis", std::int64_t{0});
  if (auto s = n.emit(ops::concat, {first, steps}, {all}, std::move(c)); !s) return s;
  d.set("axis", std::int64_t{0});
  return n.emit(ops::cumsum, {all}, n.outs(), std::move(d));
}
/// Elements first + i * step, i below `count`; they wrap.
inline status integer_range(tflite_node& n, std::int64_t first, std::int64_t limit,
                            std::int64_t step) {
  // Unsigned: the two may be 2^64 apart, and the step may be -2^63.
  const bool up = step > 0;
  const auto from = static_cast<std::uint64_t>(first), to = static_cast<std::uint64_t>(limit),
             by = static_cast<std::uint64_t>(step);
  const bool empty = up ? first >= limit : first <= limit;
  const std::uint64_t count =
      empty ? 0 : 1 + ((up ? to - from : from - to) - 1) / (up ? by : 0 - by);
  if (count > max_elements)
    return too_large("range", std::to_string(count) + " elements", "at most 2^31 - 1");
  if (auto s = n.make_constant(as_size(count) * sizeof by); !s) return s;
  std::vector<std::int64_t> v(as_size(count));
  for (std::uint64_t i = 0; i < count; ++i)
    v[as_size(i)] = static_cast<std::int64_t>(from + i * by);
  return constant_integers(n, v, dims{static_cast<std::int32_t>(count)});
}
inline status range(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  bool known = true;
  for (std::size_t i = 0; i < 3; ++i) {
    if (n.in(i).shape.elements().value != 1 || n.in(i).type != n.out().type)
      return invalid("input " + std::to_string(i) + " of a range",
                     std::string(name_of(n.in(i).type)) + to_string(n.in(i).shape),
                     "one " + std::string(name_of(n.out().type)));
    known &= n.is_constant(i);
  }
  if (!known) return range_at_run_time(n);
  if (n.out().type == dtype::f32) return float_range(n);
  const auto first = n.integers(0), limit = n.integers(1), step = n.integers(2);
  if (first.size() != 1 || limit.size() != 1 || step.size() != 1)
    return unsupported("element type of a range", std::string(name_of(n.out().type)),
                       "float32, int32, int64");
  if (step[0] == 0) return invalid("step of a range", "0");
  return integer_range(n, first[0], limit[0], step[0]);
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
