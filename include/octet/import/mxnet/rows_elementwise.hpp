// Rows of two operands that meet element by element, of an operand and a number, and of values that
// are looked up.
#ifndef OCTET_IMPORT_MXNET_ROWS_ELEMENTWISE_HPP_
#define OCTET_IMPORT_MXNET_ROWS_ELEMENTWISE_HPP_

#include "octet/import/mxnet/rows_values.hpp"

OCTET_NAMESPACE_BEGIN
namespace mxnet_model::rows {

// ---- floats ----

enum class shapes : std::uint8_t { same, broadcast };
/// Turned: the second operand stands first in the graph. Of equals (-0 and 0) octet's maximum and
/// minimum give the first operand, MXNet's the second.
enum class sides : std::uint8_t { as_written, turned };

/// float32, float32 -> float32: of one shape, or broadcast from the last axis on.
template <const op_def& Op, shapes Shapes, sides Sides = sides::as_written>
void binary_row(emitter& m, call& c) {
  if (!m.arity(c, 2) || !m.is_real(c.in[0]) || !m.is_real(c.in[1])) return;
  const dims a = m.shape(c.in[0]), b = m.shape(c.in[1]);
  if (Shapes == shapes::same && !(a == b))
    return m.broken("shapes of the operands", to_string(a) + ", " + to_string(b), "one shape");
  const bool inner = a.rank == b.rank && common_layout(m, c, 2);
  std::vector<tensor_id> in{m.held(c.in[0], inner), m.held(c.in[1], inner)};
  if (Sides == sides::turned) std::swap(in[0], in[1]);
  const tensor_id y = m.to.temporary("", dtype::f32);
  m.emit(Op, std::move(in), {y});
  m.give(c, y, inner);
}
/// float32 of any shape and the attribute "scalar", which MXNet reads in binary64 and rounds once.
template <const op_def& Op, sides Sides = sides::as_written> void scalar_row(emitter& m, call& c) {
  if (!m.arity(c, 1) || !m.is_real(c.in[0])) return;
  const auto number = static_cast<float>(m.wide_real(c.node.attributes, "scalar", 1));
  if (!m.failed() && !numerics::is_finite(number))
    m.broken("attribute scalar", std::string(m.text(c.node.attributes, "scalar", "")),
             "a number of float32");
  if (m.failed()) return;
  const bool inner = c.in[0].channels_inner;
  std::vector<tensor_id> in{m.held(c.in[0], inner), m.to.scalar_constant(number)};
  if (Sides == sides::turned) std::swap(in[0], in[1]);
  const tensor_id y = m.to.temporary("", dtype::f32);
  m.emit(Op, std::move(in), {y});
  m.give(c, y, inner);
}

// ---- products of int8 ----

/// The codes of an int8 value as int32.
inline tensor_id codes(emitter& m, const value& v, bool channels_inner) {
  const tensor_id x = m.held(v, channels_inner), y = m.to.temporary("", dtype::s32);
  m.emit(ops::cast, {x}, {y});
  return y;
}
/// int32 times a factor, as float32.
inline tensor_id scaled(emitter& m, tensor_id x, float factor) {
  const tensor_id real = m.to.temporary("", dtype::f32), y = m.to.temporary("", dtype::f32);
  m.emit(ops::cast, {x}, {real});
  m.emit(ops::mul, {real, m.to.scalar_constant(factor)}, {y});
  return y;
}
/// int8 codes by truncation; what does not fit wraps.
inline tensor_id truncated(emitter& m, tensor_id x) {
  const tensor_id whole = m.to.temporary("", dtype::s32), y = m.to.temporary("", dtype::s8);
  m.emit(ops::cast, {x}, {whole});
  m.emit(ops::cast, {whole}, {y});
  return y;
}
/// a, b, then the ranges of both; int8 of one shape. Calibrated: int8. With enable_float_output:
/// float32. Otherwise int32, whose range is the product's.
inline void quantized_product_row(emitter& m, call& c) {
  if (!m.arity(c, 6)) return;
  const range ra = m.range_at(c, 2), rb = m.range_at(c, 4);
  const auto calibrated = m.calibration(c.node.attributes);
  const bool real = m.boolean(c.node.attributes, "enable_float_output", false);
  for (std::size_t i = 0; i < 2; ++i)
    if (m.type(c.in[i]) != dtype::s8)
      m.refuse("an input", std::string(name_of(m.type(c.in[i]))), "int8");
  if (!m.failed() && !(ra.largest() > 0 && rb.largest() > 0)) m.broken("a range of 0");
  if (m.failed()) return;
  if (!(m.shape(c.in[0]) == m.shape(c.in[1])))
    return m.broken("shapes of a product",
                    to_string(m.shape(c.in[0])) + ", " + to_string(m.shape(c.in[1])), "one shape");
  const bool inner = common_layout(m, c, 2);
  const float la = m.per_unit(dtype::s8, ra.largest()), lb = m.per_unit(dtype::s8, rb.largest());
  range out;
  float factor = 1;
  if (real) {
    factor = static_cast<float>(
        numerics::div(numerics::div(1., static_cast<double>(la)), static_cast<double>(lb)));
  } else if (calibrated) {
    out = *calibrated;
    if (!(out.largest() > 0)) return m.broken("a range of 0");
    factor = numerics::div(numerics::div(m.per_unit(dtype::s8, out.largest()), la), lb);
  } else {
    out = accumulator_range(numerics::div(ra.largest(), 127.f), numerics::div(rb.largest(), 127.f));
  }
  const bool holds = numerics::is_finite(out.hi) && (real || out.largest() > 0) && factor > 0 &&
                     numerics::mul(factor, 0x1p14f) < 0x1p31f;
  if (!holds) return m.broken("ranges whose quotient is " + std::to_string(factor));
  const bool whole = !real && !calibrated;
  const tensor_id a = codes(m, c.in[0], inner), b = codes(m, c.in[1], inner),
                  product = whole ? m.to.temporary("", dtype::s32, {out.hi * 0x1p-31}, {0})
                                  : m.to.temporary("", dtype::s32);
  m.emit(ops::mul, {a, b}, {product});
  if (whole) return m.give(c, product, inner, out);
  const tensor_id y = scaled(m, product, factor);
  if (real) return m.give(c, y, inner);
  const tensor_id bytes = m.alias(truncated(m, y), {m.step(dtype::s8, out.largest())}, {0});
  m.give(c, bytes, inner, out);
}

// ---- rows of a table ----

/// Indices are floats: truncated, and bounded by the table.
inline tensor_id looked_up(emitter& m, const call& c, tensor_id table) {
  if (m.failed() || !m.is_real(c.in[0])) return no_tensor;
  const dims w = m.to.g[table].shape;
  const symbol_attributes& a = c.node.attributes;
  if (w.rank != 2 || w.elements().value == 0)
    m.broken("shape of the weights", to_string(w), "[rows, columns]");
  else if (m.integer(a, "input_dim", w[0]) != w[0] || m.integer(a, "output_dim", w[1]) != w[1])
    m.broken("shape of the weights", to_string(w), "[input_dim, output_dim]");
  if (m.failed()) return no_tensor;
  const tensor_id index = m.to.temporary("", dtype::s32), from_0 = m.to.temporary("", dtype::s32),
                  y = m.to.like(table);
  m.emit(ops::cast, {m.held(c.in[0], false)}, {index});
  m.emit(ops::maximum, {index, m.to.scalar_constant(std::int32_t{0})}, {from_0});
  m.emit(ops::gather, {table, from_0}, {y});  // bounds the index from above
  return y;
}
/// float32 indices [...] and a table [rows, columns] -> float32 [..., columns].
inline void embedding_row(emitter& m, call& c) {
  if (!m.arity(c, 2) || !m.is_real(c.in[1])) return;
  m.give(c, looked_up(m, c, m.held(c.in[1], false)), false);
}
/// The same of an int8 table, and its range.
inline void quantized_embedding_row(emitter& m, call& c) {
  if (!m.arity(c, 4)) return;
  if (m.type(c.in[1]) != dtype::s8)
    m.refuse("weights", std::string(name_of(m.type(c.in[1]))), "int8");
  const range r = m.range_at(c, 2);
  m.give(c, looked_up(m, c, m.with_range(c.in[1], false, r)), false, r);
}

}  // namespace mxnet_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_ROWS_ELEMENTWISE_HPP_
