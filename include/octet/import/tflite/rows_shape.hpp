// TFLite operators that move data: RESHAPE, SQUEEZE, EXPAND_DIMS, CONCATENATION, PAD, PADV2,
// MIRROR_PAD.
#ifndef OCTET_IMPORT_TFLITE_ROWS_SHAPE_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_SHAPE_HPP_

#include "octet/import/tflite/rows_elementwise.hpp"
#include "octet/numerics/half.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

/// What only moves complex numbers gives complex numbers.
inline status keeps_complex(const tflite_node& n) {
  if (n.is_complex(n.in_id(0)) == n.is_complex(n.out_id())) return unit{};
  return invalid("element types", "complex64 and real");
}
/// The shape comes from the second input if it is known, else from the options, else from the
/// output tensor of the file.
inline status reshape(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (auto s = keeps_complex(n); !s) return s;
  attributes a;
  std::vector<std::int64_t> shape;
  bool with_parts = false;
  if (n.is_constant(1) && n.in(1).shape.rank == 1)
    shape = n.integers(1);
  else if (!n.has(1) && n.has_options())
    shape = n.options<tflite_schema::reshape_options>().new_shape;
  else
    shape.assign(n.out().shape.begin(), n.out().shape.end()), with_parts = true;
  if (shape.size() == 1 && shape[0] == 0) shape.clear();  // old converters wrote [0] for a scalar
  if (n.is_complex(n.in_id(0)) && !with_parts) shape.push_back(2);
  if (shape.size() > dims::max_rank)
    return unsupported("rank", std::to_string(shape.size()),
                       "at most " + std::to_string(dims::max_rank));
  for (std::int64_t v : shape)
    if (v < -1 || v > INT32_MAX) return invalid("extent", std::to_string(v));
  a.set("shape", std::move(shape));
  return n.emit(ops::reshape, {n.in_id(0)}, n.outs(), std::move(a));
}
inline status squeeze(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (auto s = keeps_complex(n); !s) return s;
  attributes a;
  auto o = n.options<tflite_schema::squeeze_options>();
  if (n.is_complex(n.in_id(0)))
    for (std::int64_t& axis : o.squeeze_dims)
      axis = tflite_node::wrap(axis, n.in(0).shape.rank - 1);
  if (!o.squeeze_dims.empty()) a.set("axes", std::move(o.squeeze_dims));
  return n.emit(ops::squeeze, std::move(a));
}
inline status expand_dims(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  if (auto s = keeps_complex(n); !s) return s;
  const auto axis = n.integers(1);
  if (axis.size() != 1) return unsupported("an axis that is computed at run time");
  attributes a;
  a.set("axis",
        n.is_complex(n.in_id(0)) ? tflite_node::wrap(axis[0], n.in(0).shape.rank) : axis[0]);
  return n.emit(ops::expand_dims, {n.in_id(0)}, n.outs(), std::move(a));
}

inline bool same_quantization(const tensor& a, const tensor& b) {
  return a.scales == b.scales && tflite_node::zero(a) == tflite_node::zero(b);
}
inline status concatenation(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  const auto o = n.options<tflite_schema::concatenation_options>();
  if (o.activation != tflite_activation::none)
    return unsupported("fused activation of a concatenation",
                       std::to_string(static_cast<int>(o.activation)), "NONE");
  attributes a;
  a.set("axis", std::int64_t{o.axis});
  bool copies = true;
  for (std::size_t i = 0; i < n.inputs(); ++i) {
    if (!n.has(i)) return invalid("input " + std::to_string(i) + " is absent");
    copies &= same_quantization(n.in(i), n.out());
  }
  if (!quantized(n.out())) return n.emit(ops::concat, std::move(a));
  if (copies || n.out().type == dtype::u8) return n.emit(ops::qnn_concat, std::move(a));
  // Of int16 TFLite copies the codes, whatever their scales; of int8 it refuses other parameters.
  bool centred = n.out().type == dtype::s16 && tflite_node::zero(n.out()) == 0;
  for (std::size_t i = 0; i < n.inputs(); ++i)
    centred &= n.in(i).type == dtype::s16 && tflite_node::zero(n.in(i)) == 0;
  if (!centred)
    return unsupported("concatenation of different scales on " + std::string(name_of(n.out().type)),
                       {}, "equal scales and zero points");
  return n.emit(ops::concat, std::move(a));
}

inline status paddings_of(tflite_node& n, attributes& to) {
  if (auto s = need_inputs(n, 2); !s) return s;
  if (!n.is_constant(1)) return unsupported("paddings that are computed at run time");
  to.set("paddings", n.integers(1));
  return unit{};
}
/// A value that is computed stands where a mask of the input's shape is padded.
inline status pad_by_value(tflite_node& n, attributes a) {
  const bool q = quantized(n.in(0));
  const tensor v = n.in(2);
  if (v.shape.elements().value != 1)
    return unsupported("a pad value", to_string(v.shape), "one element");
  if (v.type != n.in(0).type || (q && !same_quantization(v, n.out())))
    return unsupported("a pad value of other type or quantization than the result",
                       std::string(name_of(v.type)), "those of the result");
  const auto inside = zeros(n, "/inside", dtype::boolean, dims(n.in(0).shape));
  if (!inside) return inside.error();
  const tensor_id outside = n.temporary("/outside", dtype::boolean),
                  padded = n.temporary("/padded", n.out().type, std::vector<double>(n.out().scales),
                                       std::vector<std::int32_t>(n.out().zero_points));
  attributes by_one = a;
  by_one.set("value", std::int64_t{1});
  if (auto s = n.emit(ops::pad, {*inside}, {outside}, std::move(by_one)); !s) return s;
  if (auto s = n.emit(q ? ops::qnn_pad : ops::pad, {n.in_id(0)}, {padded}, std::move(a)); !s)
    return s;
  return n.emit(ops::select, {outside, n.in_id(2), padded}, n.outs());
}
/// PAD fills with the output's zero point, PADV2 with the given element.
inline status pad(tflite_node& n) {
  attributes a;
  if (auto s = paddings_of(n, a); !s) return s;
  const bool q = quantized(n.in(0));
  if (n.has(2)) {
    if (!n.is_constant(2) || n.in(2).shape.elements().value != 1)
      return pad_by_value(n, std::move(a));
    const tensor& v = n.in(2);
    if (q && (v.type != n.in(0).type || !same_quantization(v, n.out())))
      return unsupported("a pad value of other type or quantization than the result",
                         std::string(name_of(v.type)), "those of the result");
    const std::byte* at = v.data.bytes.data();
    const auto set = [&]<class T>(type_tag<T>) {
      T e;
      std::memcpy(&e, at, sizeof e);
      a.set("value", static_cast<std::int64_t>(e));
    };
    if (v.type == dtype::f32) {
      float e;
      std::memcpy(&e, at, sizeof e);
      a.set("value", static_cast<double>(e));
    } else if (v.type == dtype::f16) {
      std::uint16_t e;
      std::memcpy(&e, at, sizeof e);
      a.set("value", static_cast<double>(numerics::from_f16(e)));
    } else if (v.type == dtype::boolean) {
      a.set("value", std::int64_t{*at != std::byte{0}});
    } else if (!with_integer(v.type, set)) {
      return unsupported("element type of the pad value", std::string(name_of(v.type)));
    }
  }
  return n.emit(q ? ops::qnn_pad : ops::pad, {n.in_id(0)}, n.outs(), std::move(a));
}
inline status mirror_pad(tflite_node& n) {
  attributes a;
  if (auto s = paddings_of(n, a); !s) return s;
  a.set("mode", std::int64_t{n.options<tflite_schema::mirror_pad_options>().mode});
  return n.emit(ops::mirror_pad, {n.in_id(0)}, n.outs(), std::move(a));
}

inline constexpr tflite_row shape_rows[] = {
    {"CONCATENATION", &concatenation},
    {"RESHAPE", &reshape},
    {"PAD", &pad},
    {"SQUEEZE", &squeeze},
    {"PADV2", &pad},
    {"EXPAND_DIMS", &expand_dims},
    {"MIRROR_PAD", &mirror_pad},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_SHAPE_HPP_
