// What the float32 matrix kernels of every target share: how the second operand is packed and the
// memory that it takes. Operators say which operand they have (columns_of, beside their params).
//
// The sum of an output element runs in one order, one rounding per product and per addition: lanes
// are output channels, each with a sum of its own, and nothing is added across lanes.
#ifndef OCTET_KERNELS_FLOAT_GEMM_HPP_
#define OCTET_KERNELS_FLOAT_GEMM_HPP_

#include "octet/kernels/gemm.hpp"

OCTET_NAMESPACE_BEGIN
namespace kernels {

/// The second operand of float32 products: `groups` matrices of `steps` rows and `columns` columns,
/// one behind the other. Distances are in elements.
struct float_columns {
  std::size_t groups = 1, columns = 0, steps = 0;
  std::size_t column_stride = 0, step_stride = 1;
  const void* weights = nullptr;  // null: given at run time, packed panel by panel into scratch

  constexpr std::size_t panels(const target_layout& t) const noexcept;
};

/// Vectors of a panel: what a tile of one row needs to hide the latency of its additions.
inline constexpr std::int32_t float_panel_vectors = 4;
constexpr std::size_t float_panel_columns(const target_layout& t) noexcept {
  return as_size(float_panel_vectors * t.lanes);
}
constexpr std::size_t float_columns::panels(const target_layout& t) const noexcept {
  return (columns + float_panel_columns(t) - 1) / float_panel_columns(t);
}
/// Columns of panel i as packed: whole vectors, those behind the last column 0.
constexpr std::size_t float_panel_width(const float_columns& c, const target_layout& t,
                                        std::size_t i) noexcept {
  const std::size_t most = float_panel_columns(t), left = c.columns - i * most;
  return left < most ? round_up(left, as_size(t.lanes)) : most;
}
/// Element at which panel i of a group begins.
constexpr std::size_t float_panel_at(const float_columns& c, const target_layout& t,
                                     std::size_t group, std::size_t i) noexcept {
  return (group * round_up(c.columns, as_size(t.lanes)) + i * float_panel_columns(t)) * c.steps;
}
/// Never 0: operands without rows have an address all the same.
constexpr node_bytes float_gemm_bytes(const float_columns& c, const target_layout& t) noexcept {
  const std::size_t elements = c.weights != nullptr ? float_panel_at(c, t, c.groups, 0)
                                                    : float_panel_width(c, t, 0) * c.steps,
                    bytes = round_up(elements * sizeof(float) + 1, alignment);
  return c.weights != nullptr ? node_bytes{bytes, 0} : node_bytes{0, bytes};
}
constexpr bool float_gemm_accepts(const float_columns& c, const target_layout& t) noexcept {
  return float_gemm_bytes(c, t).scratch <= most_scratch;
}
/// op_def::memory's answer.
constexpr node_bytes float_gemm_memory(const float_columns& c, const target_layout& t) noexcept {
  return float_gemm_accepts(c, t) ? float_gemm_bytes(c, t) : node_bytes{};
}

/// `valid` columns from w on, as `steps` rows of `width` elements; W: float, or integers as floats.
template <class W>
void float_pack_panel(const float_columns& c, const W* w, std::size_t valid, std::size_t width,
                      float* to) noexcept {
  for (std::size_t s = 0; s < c.steps; ++s, to += width) {
    const W* const row = w + s * c.step_stride;
    for (std::size_t i = 0; i < valid; ++i) to[i] = static_cast<float>(row[i * c.column_stride]);
    for (std::size_t i = valid; i < width; ++i) to[i] = 0;
  }
}
template <class W = float>
void float_pack(const float_columns& c, const target_layout& t, std::byte* to) noexcept {
  const std::size_t most = float_panel_columns(t);
  for (std::size_t g = 0; g < c.groups; ++g)
    for (std::size_t i = 0; i < c.panels(t); ++i)
      float_pack_panel(
          c,
          static_cast<const W*>(c.weights) + g * c.columns * c.steps + i * most * c.column_stride,
          c.columns - i * most < most ? c.columns - i * most : most, float_panel_width(c, t, i),
          reinterpret_cast<float*>(to) + float_panel_at(c, t, g, i));
}

}  // namespace kernels
OCTET_NAMESPACE_END

#endif  // OCTET_KERNELS_FLOAT_GEMM_HPP_
