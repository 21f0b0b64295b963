// Rows of embeddings: float32 and quantized tables, rows and bags of rows.
#ifndef OCTET_IMPORT_TORCH_ROWS_EMBEDDING_HPP_
#define OCTET_IMPORT_TORCH_ROWS_EMBEDDING_HPP_

#include "octet/import/torch/rows_float.hpp"
#include "octet/numerics/fma.hpp"
#include "octet/numerics/half.hpp"
#include "octet/ops/embedding_bag.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

/// The codes of a table [rows, width], one to a byte.
inline result<constant_data> codes_of_table(emitter& e, const arguments& a, const tensor_data& w) {
  if (w.type != scalar::quint4x2) {
    tensor_data table = w;
    table.type = scalar::u8;
    table.channel_scales = table.channel_zero_points = nullptr;
    return e.c.elements(table);
  }
  // Two elements to a byte, the lower half first.
  if (!e.c.files) return error_info{errc::io, "no archive", {}, {}, {}, {}, {}};
  if (w.offset != 0 || w.stride != contiguous_strides(w.size))
    return unsupported("a view of 4-bit weights in " + a.name);
  const auto bytes = e.c.files->read(w.storage->member);
  if (!bytes) return bytes.error();
  const std::size_t count = as_size(w.elements());
  if (bytes->bytes.size() < (count + 1) / 2)
    return malformed("weights of " + a.name + " are shorter than their shape");
  std::vector<std::uint8_t> q(count);
  for (std::size_t i = 0; i < count; ++i)
    q[i] = std::to_integer<std::uint8_t>(bytes->bytes[i / 2] >> (i % 2 * 4)) & 15;
  return constant_data::of(std::span<const std::uint8_t>(q));
}
/// A table [rows, width] as the kernels take it: codes, and for each row a factor and a shift,
/// which are float16 where elements have 4 bits.
struct packed_table {
  const tensor_data* weights = nullptr;
  constant_data codes;
  std::vector<float> factors, shifts;
};
inline result<packed_table> packed_table_of(emitter& e, arguments& a, const packed_data& p) {
  const tensor_data& w = *p.weight;
  const auto scales = e.c.numbers<float>(*w.channel_scales),
             zeros = e.c.numbers<float>(*w.channel_zero_points);
  if (!scales) return scales.error();
  if (!zeros) return zeros.error();
  auto codes = codes_of_table(e, a, w);
  if (!codes) return codes.error();
  packed_table t{&w, std::move(*codes), {}, {}};
  const auto packed = [&](float v) {
    return w.type == scalar::quint4x2 ? numerics::rounded_to_f16(v) : v;
  };
  for (std::size_t i = 0; i < as_size(w.size[0]); ++i) {
    t.factors.push_back(packed((*scales)[i]));
    t.shifts.push_back(packed(numerics::mul(numerics::mul((*zeros)[i], (*scales)[i]), -1.f)));
  }
  return t;
}
/// Weights of 4 or 8 bits, as the operator's name says.
inline result<const packed_data*> table_argument(emitter& e, arguments& a) {
  const auto p = packed_argument(e, a, "weight");
  if (!p) return p.error();
  const bool four = a.name.find("4bit") != std::string::npos;
  if (!(*p)->embedding || four != ((*p)->weight->type == scalar::quint4x2))
    return unsupported("weights of " + a.name, std::string(name_of((*p)->weight->type)),
                       four ? "quint4x2" : "quint8");
  return *p;
}

// ---- rows ----

/// The table as floats [rows, width]: the kernel computes an element by one fused multiply-add, of
/// which there is no node. Made once for all that take rows of it.
inline result<tensor_id> table_of_floats(emitter& e, const packed_table& t) {
  const tensor_data& w = *t.weights;
  tensor_id& made = e.tables_of_floats.try_emplace(&w, no_tensor).first->second;
  if (made != no_tensor) return made;
  const std::size_t count = t.codes.bytes.size(), width = as_size(w.size[1]);
  if (auto s = e.c.build.make_constant(count * sizeof(float)); !s) return s.error();
  const auto shape = e.ir_shape(w.size, false);
  if (!shape) return shape.error();
  std::vector<float> real(count);
  for (std::size_t i = 0; i < count; ++i)
    real[i] = numerics::fma(static_cast<float>(std::to_integer<int>(t.codes.bytes[i])),
                            t.factors[i / width], t.shifts[i / width]);
  made = e.g.add_constant("", dtype::f32, *shape, constant_data::of(std::span<const float>(real)));
  return made;
}
/// The codes as a constant [rows, width].
inline result<tensor_id> table_of_codes(emitter& e, const packed_table& t) {
  const auto shape = e.ir_shape(t.weights->size, false);
  if (!shape) return shape.error();
  return e.g.add_constant("", dtype::u8, *shape, t.codes);
}
/// Rows of a table of 4 or 8 bits: q * scale + offset of the row, rounded once; where the limits do
/// not allow the table as floats, twice.
inline step table_rows(emitter& e, const packed_table& t, tensor_data& indices) {
  const auto rows_by_index = [&](tensor_id of, scalar type) -> step {
    const auto v = gathered(e, *e.wrap(of, type, false, false).t, indices, 0);
    if (!v) return v.error();
    return real_value(e, *v->t);
  };
  const limits& most = e.c.build.max;
  if (t.codes.bytes.size() <=
      std::min(most.tensor_bytes, most.constant_bytes / 2) / sizeof(float)) {
    const auto table = table_of_floats(e, t);
    if (!table) return table.error();
    return rows_by_index(*table, scalar::f32);
  }
  const auto codes = table_of_codes(e, t);
  if (!codes) return codes.error();
  const step q = rows_by_index(*codes, scalar::u8);
  if (!q) return q;
  auto column = indices.size;
  column.push_back(1);
  const auto factor = [&](const std::vector<float>& of) -> step {
    const step v = rows_by_index(e.constant_of(of), scalar::f32);
    if (!v) return v;
    return step_of(reshaped(e, **v, column));
  };
  return apply(e, ops::add, apply(e, ops::mul, q, factor(t.factors)), factor(t.shifts));
}
/// quantized::embedding_byte(weight, indices, ..), embedding_4bit(weight, indices, ..).
inline result<value> quantized_embedding(emitter& e, arguments& a) {
  tensor_data* indices = a.tensor("indices");
  if (auto s = a.check(); !s) return s.error();
  const auto p = table_argument(e, a);
  if (!p) return p.error();
  const auto t = packed_table_of(e, a, **p);
  if (!t) return t.error();
  return done(table_rows(e, *t, *indices));
}

// ---- bags ----

/// Where bags begin: the offsets that are given for one-dimensional indices; of two-dimensional
/// ones each row is a bag.
inline result<tensor_data*> offsets_of_bags(emitter& e, arguments& a, const tensor_data& indices,
                                            bool last_included) {
  if (indices.rank() == 1) {
    if (a.none("offsets")) return unsupported("indices of " + a.name + " without offsets");
    tensor_data* offsets = a.tensor("offsets");
    if (auto s = a.check(); !s) return s.error();
    e.take_as_indices(*offsets);
    return step_of(cast_to(e, *offsets, indices.type));
  }
  if (indices.rank() != 2 || last_included) return unsupported("indices or offsets of " + a.name);
  if (auto s = e.c.build.work.spend(sizeof(double) * as_size(indices.size[0])); !s)
    return s.error();
  std::vector<double> begins;
  for (std::int64_t i = 0; i < indices.size[0]; ++i)
    begins.push_back(static_cast<double>(i * indices.size[1]));
  if (begins.empty()) return unsupported("no bags in " + a.name);
  return step_of(constant_tensor(e, begins, {indices.size[0]}, indices.type));
}
/// The operator on a table: codes with a factor and a shift for each row, or floats.
inline result<value> bags(emitter& e, arguments& a, std::vector<tensor_id> table,
                          embedding_bag_attrs how) {
  tensor_data* indices = a.tensor("indices");
  how.last_included = a.boolean("include_last_offset");
  tensor_data* weights = a.none("per_sample_weights") ? nullptr : a.tensor("per_sample_weights");
  if (auto s = a.check(); !s) return s.error();
  e.take_as_indices(*indices);
  if (indices->type != scalar::s64 && indices->type != scalar::s32)
    return unsupported("indices of " + a.name, std::string(name_of(indices->type)), "int32, int64");
  if (weights && weights->size != indices->size)
    return invalid("extents of the weights of samples of " + a.name);
  const auto offsets = offsets_of_bags(e, a, *indices, how.last_included);
  if (!offsets) return offsets.error();
  std::vector<tensor_id> operands{table[0]};
  for (tensor_data* t : {indices, *offsets, weights}) {
    if (!t) {
      operands.push_back(no_tensor);
      continue;
    }
    const auto line = reshaped(e, *t, {t->elements()});
    if (!line) return line;
    const auto held = e.held(*line->t, false);
    if (!held) return held.error();
    operands.push_back(*held);
  }
  operands.insert(operands.end(), table.begin() + 1, table.end());
  while (operands.back() == no_tensor) operands.pop_back();
  const tensor_id to = e.make(scalar::f32);
  if (auto s = e.emit(ops::embedding_bag, std::move(operands), to, to_attributes(how)); !s)
    return s.error();
  return e.wrap(to, scalar::f32, false, false);
}
/// quantized::embedding_bag_byte, embedding_bag_4bit: (weight, indices, offsets, scale_grad, mode,
/// pruned, per_sample_weights, mapping, include_last_offset). The mode is not looked at: sums.
inline result<value> quantized_bag(emitter& e, arguments& a) {
  if (!a.none("compressed_indices_mapping") || a.boolean("pruned_weights"))
    return unsupported("pruned weights of " + a.name);
  if (auto s = a.check(); !s) return s.error();
  const auto p = table_argument(e, a);
  if (!p) return p.error();
  const auto t = packed_table_of(e, a, **p);
  if (!t) return t.error();
  const auto codes = table_of_codes(e, *t);
  if (!codes) return codes.error();
  return bags(e, a, {*codes, e.constant_of(t->factors), e.constant_of(t->shifts)}, {});
}
/// embedding_bag(weight, indices, offsets, scale_grad, mode, sparse, per_sample_weights,
/// include_last_offset, padding_idx): sums (0), means (1) or the largest (2). The other results are
/// unknown.
inline result<value> float_bag(emitter& e, arguments& a) {
  tensor_data* weight = a.tensor("weight");
  const std::int64_t mode = a.integer("mode");
  if (auto s = a.check(); !s) return s.error();
  if (mode < 0 || mode > 2 || weight->type != scalar::f32 || weight->rank() != 2)
    return unsupported("weights or mode of " + a.name, std::string(name_of(weight->type)),
                       "float32 [rows, width]; sum, mean, max");
  embedding_bag_attrs how;
  how.mode = static_cast<bag_mode>(mode);
  if (!a.none("padding_idx")) {
    const std::int64_t row = a.integer("padding_idx");
    if (auto s = a.check(); !s) return s.error();
    how.left_out = row < 0 ? row + weight->size[0] : row;
  }
  const auto table = e.held(*weight, false);
  if (!table) return table.error();
  const auto y = bags(e, a, {*table}, how);
  if (!y) return y;
  return e.c.values.list({*y, value::unknown(), value::unknown(), value::unknown()}, kind::tuple);
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_EMBEDDING_HPP_
