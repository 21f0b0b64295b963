// 8-bit operators of one input as tables of 256 entries: what an operator computes is said once, by
// its constexpr function, and run as a lookup.
#ifndef OCTET_OPS_LUT_HPP_
#define OCTET_OPS_LUT_HPP_

#include <type_traits>

#include "octet/ops/broadcast.hpp"
#include "octet/ops/vector_rows.hpp"

OCTET_NAMESPACE_BEGIN

/// What kernel_id::lut8 gets: y[i] = table[x[i]], `count` elements, both as raw bytes (a signed
/// value's bits are its index).
struct lut8_params {
  alignas(64) std::array<std::uint8_t, 256> table{};
  std::size_t count = 0;
  std::size_t block = 0;  // above 0: these are the first member of lut8_blocks_params
};

/// Two tables: elements of a row's whole blocks use the first one, the rest the second.
struct lut8_blocks_params {
  lut8_params blocks{.block = 64};
  alignas(64) std::array<std::uint8_t, 256> tail{};
  vector_rows rows;
};
static_assert(std::is_standard_layout_v<lut8_blocks_params>, "one pointer stands for both");

/// The table of f, called with every value of an 8-bit type, giving values of another one.
template <class F> constexpr void fill_lut8(lut8_params& p, dtype in, F&& f) {
  const auto lo = static_cast<std::int32_t>(lowest_of(in));
  for (std::int32_t q = lo; q < lo + 256; ++q)
    p.table[static_cast<std::uint8_t>(q)] = static_cast<std::uint8_t>(f(q));
}

namespace reference {
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void lut8_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const lut8_params*>(a.params);
  const auto r = part_of(p.count, a.part, a.parts);
  const auto* x = static_cast<const std::uint8_t*>(a.in[0]);
  auto* y = static_cast<std::uint8_t*>(a.out[0]);
  for (std::size_t i = r.begin; i < r.end; ++i) y[i] = p.table[x[i]];
}
OCTET_INLINE void lut8_blocks_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const lut8_blocks_params*>(a.params);
  const auto r = part_of(p.blocks.count, a.part, a.parts);
  const auto* x = static_cast<const std::uint8_t*>(a.in[0]);
  auto* y = static_cast<std::uint8_t*>(a.out[0]);
  p.rows.for_each_run(p.blocks.count, p.blocks.block, r.begin, r.end,
                      [&](std::size_t from, std::size_t to, bool block) {
                        const auto& table = block ? p.blocks.table : p.tail;
                        for (std::size_t i = from; i < to; ++i) y[i] = table[x[i]];
                      });
}
#else
void lut8_kernel(const kernel_args& a) noexcept;
void lut8_blocks_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_LUT_HPP_
