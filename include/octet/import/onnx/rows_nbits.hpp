// Weights of few bits with a scale for each block of them, as ONNX Runtime's contributed operators
// have them: products and rows of a table.
#ifndef OCTET_IMPORT_ONNX_ROWS_NBITS_HPP_
#define OCTET_IMPORT_ONNX_ROWS_NBITS_HPP_

#include "octet/import/onnx/rows_attention.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model::rows {

/// Rows of codes, each cut in blocks that share a scale and a zero point.
struct blocks_of_codes {
  std::int32_t rows = 0, columns = 0, block = 0;
  int bits = 4;
  std::optional<array> codes, zeros;
  std::vector<float> scales;

  std::int32_t blocks() const { return columns / block + (columns % block != 0); }
  std::size_t row_bytes() const {  // padded to whole blocks
    return as_size(blocks()) * as_size(block) * static_cast<std::size_t>(bits) / 8;
  }
  std::uint8_t code(std::size_t row, std::size_t column) const {
    return few_bits(codes->data.bytes, row * row_bytes(), column, bits);
  }
  float zero(std::size_t row, std::size_t block_of) const {
    if (!zeros) return static_cast<float>(1 << (bits - 1));
    const auto count = as_size(blocks());
    const std::size_t bytes = (count * static_cast<std::size_t>(bits) + 7) / 8;
    return static_cast<float>(few_bits(zeros->data.bytes, row * bytes, block_of, bits));
  }
};
/// The bits and the block size of a node.
inline void read_blocks(emitter& m, const call& c, std::int64_t block, blocks_of_codes& b) {
  const std::int64_t bits = m.integer(c, "bits", 4);
  if (bits != 4 && bits != 8) return m.refuse("bits", std::to_string(bits), "4, 8");
  if (block < 16 || block > 1 << 20 || (block & (block - 1)) != 0)
    return m.broken("block_size", std::to_string(block), "a power of two, 16 or more");
  b.bits = static_cast<int>(bits), b.block = static_cast<std::int32_t>(block);
}
/// Constants: codes in bytes, scales, [zero points in bytes] of b's rows and columns.
inline void read_codes(emitter& m, const value& codes, const value& scales, const value& zeros,
                       blocks_of_codes& b) {
  b.codes = m.constant(codes, "weights of few bits");
  b.scales = m.constant_floats(scales, "a scale");
  if (zeros.given()) b.zeros = m.constant(zeros, "a zero point");
  if (m.failed()) return;
  const std::size_t rows = as_size(b.rows), blocks = as_size(b.blocks()),
                    bytes = (blocks * static_cast<std::size_t>(b.bits) + 7) / 8;
  if (b.codes->type != dtype::u8 || b.codes->elements() != rows * b.row_bytes())
    return m.broken("weights of few bits",
                    std::string(name_of(b.codes->type)) + " " + to_string(b.codes->shape),
                    "uint8, " + std::to_string(rows * b.row_bytes()) + " bytes");
  if (b.scales.size() != rows * blocks)
    return m.broken("number of scales", std::to_string(b.scales.size()),
                    std::to_string(rows * blocks));
  if (b.zeros && b.zeros->type != dtype::u8)
    return m.refuse("element type of zero points", std::string(name_of(b.zeros->type)), "uint8");
  if (b.zeros && b.zeros->elements() != rows * bytes)
    m.broken("number of zero points", to_string(b.zeros->shape), std::to_string(rows * bytes));
}
/// f32(f32(q - z) s), [columns, rows].
inline tensor_id floats_by_columns(emitter& m, const std::string& name, const blocks_of_codes& b) {
  const dims s{b.columns, b.rows};
  if (m.failed() || !m.check(verify_size(s, dtype::f32, m.to.max, "weights of few bits")))
    return no_tensor;
  const std::size_t rows = as_size(b.rows), columns = as_size(b.columns), block = as_size(b.block);
  std::vector<float> y(rows * columns);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t k = 0; k < columns; ++k)
      y[k * rows + r] = numerics::mul(static_cast<float>(b.code(r, k)) - b.zero(r, k / block),
                                      b.scales[r * as_size(b.blocks()) + k / block]);
  return m.new_constant(name, s, y);
}
/// x [rows, K] as ONNX Runtime rounds it at accuracy_level 4: to codes of 8 bits, each block by its
/// own largest element m: f32(rint(f32(x f32(127 / m))) f32(m / 127)).
inline tensor_id rounded_by_blocks(emitter& m, tensor_id x, const blocks_of_codes& b) {
  if (m.failed()) return no_tensor;
  constexpr float most = 127;
  const std::int32_t rows = m.tensor_of(x).shape[0], all = b.blocks() * b.block,
                     more = all - b.columns;
  if (more != 0) x = joined_on(m, {x, m.filled(dims{rows, more}, 0.f)}, 1);
  const auto real = [&](const op_def& op, std::vector<tensor_id> in, attributes a = {}) {
    return m.made(op, std::move(in), dtype::f32, std::move(a));
  };
  const tensor_id in_blocks = m.reshaped(x, dims{rows, b.blocks(), b.block}),
                  largest = real(ops::reduce_max, {real(ops::abs, {in_blocks})}, reduction({2})),
                  none = m.to.scalar_constant(0.f), top = m.to.scalar_constant(most);
  const tensor_id some = m.made(ops::greater, {largest, none}, dtype::boolean),
                  levels = real(ops::select, {some, real(ops::div, {top, largest}), none}),
                  codes = real(ops::round, {real(ops::mul, {in_blocks, levels})});
  const tensor_id y =
      m.reshaped(real(ops::mul, {codes, real(ops::div, {largest, top})}), dims{rows, all});
  return more == 0 ? y : part_of_axis(m, y, 1, 0, b.columns);
}
/// x [.., K], weights [N, blocks, bytes], scales, [zero points], [], [bias]: in float. Of 4 bits
/// one chain of fused multiply-adds, of 8 bits a product with a computed matrix.
inline void matmul_nbits_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 6) || !m.is_real(c.in[0])) return;
  if (c.has(4)) return m.refuse("an order of columns in groups (g_idx)");
  if (m.integer(c, "weight_prepacked", 0) != 0) return m.refuse("weight_prepacked", "1", "0");
  const std::int64_t level = m.integer(c, "accuracy_level", 0);
  if (level != 0 && level != 1 && level != 4)
    return m.refuse("accuracy_level", std::to_string(level), "0, 1, 4");
  const std::int64_t k = m.integer(c, "K", 0), n = m.integer(c, "N", 0);
  const dims s = m.shape(c.in[0]);
  if (m.failed()) return;
  if (s.rank < 1 || k < 1 || s.back(0) != k || n < 1 || n > INT32_MAX)
    return m.broken("K and N of MatMulNBits", std::to_string(k) + ", " + std::to_string(n),
                    to_string(s));
  blocks_of_codes b;
  b.rows = static_cast<std::int32_t>(n), b.columns = static_cast<std::int32_t>(k);
  read_blocks(m, c, m.integer(c, "block_size", 32), b);
  if (!m.failed()) read_codes(m, c.in[1], c.in[2], c.input(3), b);
  const tensor_id w = floats_by_columns(m, c.in[1].name, b);
  if (m.failed()) return;
  const std::size_t rows = s.elements().value / as_size(k);
  tensor_id x =
      m.reshaped(m.held(c.in[0], false), dims{static_cast<std::int32_t>(rows), b.columns});
  if (level == 4) x = rounded_by_blocks(m, x, b);
  constexpr std::int64_t most = std::int64_t{1} << 22;  // products of one row side by side
  tensor_id y = no_tensor;
  if (b.bits == 8 && level != 4 && (rows != 1 || k * n <= most)) {
    y = unpacked_product(m, {.a = x, .b = w, .turned_b = true, .computed = true});
  } else {
    attributes a;
    a.set("whole", std::int64_t{1});
    y = m.made(ops::batch_matmul, {x, w}, dtype::f32, std::move(a));
  }
  if (c.has(5)) y = m.made(ops::add, {y, m.held(c.in[5], false)}, dtype::f32);
  dims out = s;
  out[s.rank - 1] = b.rows;
  if (!m.failed()) m.give(c, m.reshaped(y, out), false);
}
/// table of codes [rows, columns], places, scales, [zero points]: rows of floats.
inline void gather_blocks_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 4)) return;
  const auto table = m.constant(c.in[0], "a table of few bits");
  const std::int64_t axis = m.integer(c, "gather_axis", 0),
                     along_axis = m.integer(c, "quantize_axis", 1);
  if (m.failed()) return;
  blocks_of_codes b;
  read_blocks(m, c, m.integer(c, "block_size", 128), b);
  const dims s = table->shape;
  if (s.rank != 2 || axis != 0 || (along_axis != 1 && along_axis != -1) ||
      table->type != dtype::u8 || (c.in[0].data && c.in[0].data->narrow_bits != 0))
    return m.refuse("a table of " + to_string(s) + ", axes " + std::to_string(axis) + ", " +
                        std::to_string(along_axis),
                    std::string(name_of(table->type)), "uint8 [rows, columns], axes 0, 1");
  if (m.failed()) return;
  if (s[1] > INT32_MAX / 2) return m.fail(import::too_large("columns of a table"));
  b.rows = s[0], b.columns = s[1] * (8 / b.bits);
  if (!m.check(verify_size(dims{b.rows, b.columns}, dtype::u8, m.to.max, "a table"))) return;
  if (b.columns % b.block != 0)
    return m.refuse("columns that are no whole blocks", std::to_string(b.columns),
                    "blocks of " + std::to_string(b.block));
  read_codes(m, c.in[0], c.in[2], c.input(3), b);
  if (m.failed()) return;
  const std::size_t rows = as_size(b.rows), columns = as_size(b.columns),
                    blocks = as_size(b.blocks());
  std::vector<std::uint8_t> codes;
  std::vector<float> zeros;
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t k = 0; k < columns; ++k) codes.push_back(b.code(r, k));
    for (std::size_t k = 0; k < blocks; ++k) zeros.push_back(b.zero(r, k));
  }
  const tensor_id place = m.held(c.in[1], false);
  dims each = m.shape(c.in[1]), out = each;
  each.push_back(b.blocks()), out.push_back(b.columns);
  dims parts = each, one = each;
  parts.push_back(b.block), one.push_back(1);
  const auto by_block = [&](tensor_id t) { return m.reshaped(rows_of(m, t, place), one); };
  const dims by_rows{b.rows, b.blocks()};
  tensor_id y = m.made(
      ops::cast,
      {m.reshaped(rows_of(m, m.new_constant(c.in[0].name, {b.rows, b.columns}, codes), place),
                  parts)},
      dtype::f32);
  y = m.made(ops::sub, {y, by_block(m.new_constant("", by_rows, zeros))}, dtype::f32);
  y = m.made(ops::mul, {y, by_block(m.new_constant("", by_rows, b.scales))}, dtype::f32);
  if (!m.failed()) m.give(c, m.reshaped(y, out), false);
}

}  // namespace onnx_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_ROWS_NBITS_HPP_
