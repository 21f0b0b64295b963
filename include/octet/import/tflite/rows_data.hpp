// TFLite operators whose positions are data, and small ones: SCATTER_ND, DYNAMIC_UPDATE_SLICE,
// REVERSE_SEQUENCE, segments, diagonals, ADD_N, ZEROS_LIKE, WHERE, BUCKETIZE, L2_POOL_2D,
// LOCAL_RESPONSE_NORMALIZATION, CONV_3D.
#ifndef OCTET_IMPORT_TFLITE_ROWS_DATA_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_DATA_HPP_

#include "octet/import/tflite/rows_movement.hpp"
#include "octet/laws/padding.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

inline status dynamic_update_slice(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  return n.emit(ops::dynamic_update_slice);
}
inline status scatter_nd(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  attributes a;
  if (auto s = list_attribute(n, 2, "shape", a); !s) return s;
  return n.emit(ops::scatter_nd, {n.in_id(0), n.in_id(1)}, n.outs(), std::move(a));
}
/// Inputs: indices (one, a list, or rows), shape, values, default.
inline status sparse_to_dense(tflite_node& n) {
  if (auto s = need_inputs(n, 4); !s) return s;
  attributes a;
  if (auto s = list_attribute(n, 1, "shape", a); !s) return s;
  tensor_id index = n.in_id(0);
  const dims shape = n.in(0).shape;
  if (shape.rank == 1) {  // positions along the only axis
    attributes r;
    r.set("shape", std::vector<std::int64_t>{shape[0], 1});
    index = n.temporary("/positions", n.in(0).type);
    if (auto s = n.emit(ops::reshape, {n.in_id(0)}, {index}, std::move(r)); !s) return s;
  }
  return n.emit(ops::sparse_to_dense, {index, n.in_id(2), n.in_id(3)}, n.outs(), std::move(a));
}
inline status reverse_sequence(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  const auto o = n.options<tflite_schema::reverse_sequence_options>();
  attributes a;
  a.set("axis", std::int64_t{o.axis});
  a.set("batch_axis", std::int64_t{o.batch_axis});
  return n.emit(ops::reverse_sequence, {n.in_id(0), n.in_id(1)}, n.outs(), std::move(a));
}

inline status zeros_like(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  const auto none = zeros(n, "/zeros", n.in(0).type, n.in(0).shape);
  if (!none) return none.error();
  return n.emit(ops::identity, {*none}, n.outs());
}
/// Of other elements the framework leaves the result's memory as it was.
inline status has_diagonal(const tflite_node& n) {
  const dtype t = n.in(0).type;
  if (t == dtype::f32 || t == dtype::s8 || t == dtype::u8 || t == dtype::s16 || t == dtype::s32 ||
      t == dtype::s64)
    return unit{};
  return unsupported("element type of a diagonal", std::string(name_of(t)),
                     "float32, int8, uint8, int16, int32, int64");
}
inline status matrix_set_diag(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  if (auto s = has_diagonal(n); !s) return s;
  return n.emit(ops::matrix_set_diag);
}
inline status matrix_diag(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (auto s = has_diagonal(n); !s) return s;
  dims x = n.in(0).shape;
  if (x.rank < 1 || x.rank >= dims::max_rank) return invalid("rank of input", to_string(x));
  const std::int32_t extent = x.back(0);
  x.push_back(extent);
  if (auto s = verify_shape(x, "matrices"); !s) return s;
  const auto none = zeros(n, "/zeros", n.in(0).type, x);
  if (!none) return none.error();
  return n.emit(ops::matrix_set_diag, {*none, n.in_id(0)}, n.outs());
}
/// The sum of all inputs, in their order.
inline status add_n(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (quantized(n.in(0))) return unsupported("quantized operands of ADD_N");
  if (n.inputs() == 1) return n.emit(ops::identity);
  tensor_id sum = n.in_id(0);
  for (std::size_t i = 1; i < n.inputs(); ++i) {
    if (!n.has(i)) return invalid("input " + std::to_string(i) + " is absent");
    const tensor_id next = i + 1 == n.inputs() ? n.out_id() : n.temporary("/sum", n.in(0).type);
    if (auto s = n.emit(ops::add, {sum, n.in_id(i)}, {next}); !s) return s;
    sum = next;
  }
  return unit{};
}

template <segment_reduction How> status unsorted_segments(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  attributes a;
  if (auto s = integer_attribute(n, 2, "segments", a); !s) return s;
  if (How != segment_reduction::sum) a.set("reduction", static_cast<std::int64_t>(How));
  return n.emit(ops::segment_reduce, {n.in_id(0), n.in_id(1)}, n.outs(), std::move(a));
}
/// As many segments as the last id says.
inline status segment_sum(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  if (!n.is_constant(1)) return unsupported("segment ids that are computed at run time");
  const auto ids = n.integers(1);
  const std::int64_t last = ids.empty() ? -1 : ids.back();
  if (last >= INT32_MAX) return too_large("segments", std::to_string(last));
  attributes a;
  a.set("segments", last + 1);
  return n.emit(ops::segment_reduce, {n.in_id(0), n.in_id(1)}, n.outs(), std::move(a));
}
inline status bucketize(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  const auto o = n.options<tflite_schema::bucketize_options>();
  const tensor_id boundaries =
      n.g().add_constant(n.out().name + "/boundaries", dtype::f32,
                         dims{static_cast<std::int32_t>(o.boundaries.size())},
                         constant_data::of(std::span<const float>(o.boundaries)));
  return n.emit(ops::bucketize, {n.in_id(0), boundaries}, n.outs());
}

/// Positions of what is not zero: how many there are must be known when the file is loaded.
inline status where(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (!n.is_constant(0))
    return unsupported("positions whose number depends on the input", {}, "a constant condition");
  const tensor& x = n.in(0);
  const std::size_t size = size_of(x.type), count = x.shape.elements().value;
  const auto steps = strides_of(x.shape);
  const auto axes = as_size(x.shape.rank);
  if (auto s = n.make_constant(saturating_mul(count * (axes + 1), sizeof(std::int64_t))); !s)
    return s;
  std::vector<std::int64_t> positions;
  for (std::size_t i = 0; i < count; ++i) {
    bool zero = true;
    if (x.type == dtype::f32) {
      float v;
      std::memcpy(&v, x.data.bytes.data() + i * size, sizeof v);
      zero = v == 0;
    } else {
      for (std::size_t b = 0; b < size; ++b) zero &= x.data.bytes[i * size + b] == std::byte{0};
    }
    for (std::int32_t k = 0; !zero && k < x.shape.rank; ++k)
      positions.push_back(static_cast<std::int64_t>(i) / steps[k] % x.shape[k]);
  }
  const std::int32_t rank = x.shape.rank;
  return constant_integers(
      n, positions, dims{rank == 0 ? 0 : static_cast<std::int32_t>(positions.size()) / rank, rank});
}
/// The shape to which two shapes broadcast.
inline status broadcast_args(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  if (!n.is_constant(0) || !n.is_constant(1))
    return unsupported("shapes that are computed at run time");
  dims shapes[2];
  for (std::size_t i = 0; i < 2; ++i)
    for (const std::int64_t e : n.integers(i)) {
      if (shapes[i].rank >= dims::max_rank || e < 0 || e > INT32_MAX)
        return invalid("shape", std::to_string(e));
      shapes[i].push_back(static_cast<std::int32_t>(e));
    }
  const shape_or y = binary_shape(shapes[0], shapes[1]);
  if (y.broken) return y.broken;
  return constant_integers(n, std::vector<std::int64_t>(y.shape.begin(), y.shape.end()),
                           dims{y.shape.rank});
}

inline status local_response_normalization(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  const auto o = n.options<tflite_schema::local_response_options>();
  local_response_attrs a;
  a.radius = o.radius;
  a.bias = static_cast<double>(o.bias), a.alpha = static_cast<double>(o.alpha),
  a.beta = static_cast<double>(o.beta);
  return n.emit(ops::local_response_normalization, to_attributes(a));
}
/// The file has weights [KD, KH, KW, I, O].
inline status conv_3d(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  const dims x = n.in(0).shape, w = n.in(1).shape;
  if (x.rank != 5 || w.rank != 5)
    return invalid("rank of input or weights", to_string(x) + " and " + to_string(w),
                   "[N,D,H,W,C] and [KD,KH,KW,I,O]");
  if (n.in(0).type != dtype::f32 || n.in(1).type != dtype::f32)
    return unsupported("element types of CONV_3D", std::string(name_of(n.in(0).type)), "float32");
  const auto o = n.options<tflite_schema::conv_3d_options>();
  conv3d_attrs a;
  a.strides = {o.stride_d, o.stride_h, o.stride_w};
  a.dilations = {o.dilation_d, o.dilation_h, o.dilation_w};
  for (int i = 0; i < 3; ++i) {
    if (a.strides[i] < 1 || a.dilations[i] < 1)
      return invalid("stride or dilation", to_string(a.strides), "1 or more");
    if (o.padding != tflite_schema::padding_scheme::same) continue;
    const auto p = laws::same_padding(x[i + 1], w[i], a.strides[i], a.dilations[i]);
    a.before[i] = p.before, a.after[i] = p.after;
  }
  attributes t;
  t.set("perm", std::vector<std::int64_t>{4, 0, 1, 2, 3});
  const tensor_id weights = n.temporary("/weights", dtype::f32);
  if (auto s = n.emit(ops::transpose, {n.in_id(1)}, {weights}, std::move(t)); !s) return s;
  std::vector<tensor_id> in{n.in_id(0), weights};
  if (n.has(2)) in.push_back(n.in_id(2));
  return n.emit(ops::float_conv3d, std::move(in), n.outs(), to_attributes(a), o.activation);
}

/// Inputs: boxes, scores, how many at most, thresholds of overlap and score, and in V5 sigma.
/// Outputs: indices, in V5 their scores, how many there are.
template <bool Scores> status non_max_suppression(tflite_node& n) {
  if (auto s = need_inputs(n, Scores ? 6 : 5); !s) return s;
  if (n.outputs() != (Scores ? 3u : 2u)) return invalid("outputs", std::to_string(n.outputs()));
  attributes a;
  if (auto s = integer_attribute(n, 2, "most", a); !s) return s;
  constexpr const char* keys[] = {"overlap", "score", "sigma"};
  for (std::size_t i = 3; i < (Scores ? 6u : 5u); ++i) {
    if (!n.is_constant(i) || n.in(i).type != dtype::f32 || n.in(i).shape.elements().value != 1)
      return unsupported("a threshold that is computed at run time");
    float v;
    std::memcpy(&v, n.in(i).data.bytes.data(), sizeof v);
    a.set(keys[i - 3], static_cast<double>(v));
  }
  const tensor_id scores = Scores ? n.out_id(1) : n.temporary("/scores", dtype::f32);
  return n.emit(ops::non_max_suppression, {n.in_id(0), n.in_id(1)},
                {n.out_id(0), scores, n.out_id(Scores ? 2 : 1)}, std::move(a));
}

/// A sparse constant, which the reader has made dense.
inline status densify(tflite_node& n) {
  if (!n.is_constant(0)) return unsupported("a sparse tensor that is computed at run time");
  return n.emit(ops::identity);
}

inline constexpr tflite_row data_rows[] = {
    {"DENSIFY", &densify},
    {"NON_MAX_SUPPRESSION_V4", &non_max_suppression<false>},
    {"NON_MAX_SUPPRESSION_V5", &non_max_suppression<true>},
    {"LOCAL_RESPONSE_NORMALIZATION", &local_response_normalization},
    {"SPARSE_TO_DENSE", &sparse_to_dense},
    {"ZEROS_LIKE", &zeros_like},
    {"ADD_N", &add_n},
    {"WHERE", &where},
    {"REVERSE_SEQUENCE", &reverse_sequence},
    {"MATRIX_DIAG", &matrix_diag},
    {"MATRIX_SET_DIAG", &matrix_set_diag},
    {"SCATTER_ND", &scatter_nd},
    {"SEGMENT_SUM", &segment_sum},
    {"CONV_3D", &conv_3d},
    {"BROADCAST_ARGS", &broadcast_args},
    {"BUCKETIZE", &bucketize},
    {"DYNAMIC_UPDATE_SLICE", &dynamic_update_slice},
    {"UNSORTED_SEGMENT_PROD", &unsorted_segments<segment_reduction::product>},
    {"UNSORTED_SEGMENT_MAX", &unsorted_segments<segment_reduction::most>},
    {"UNSORTED_SEGMENT_SUM", &unsorted_segments<segment_reduction::sum>},
    {"UNSORTED_SEGMENT_MIN", &unsorted_segments<segment_reduction::least>},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_DATA_HPP_
