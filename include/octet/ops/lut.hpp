// 8-bit operators of one input as tables of 256 entries: what an operator computes is said once, by its constexpr function, and run as a lookup.
#ifndef OCTET_OPS_LUT_HPP_
#define OCTET_OPS_LUT_HPP_

#include "octet/ops/broadcast.hpp"

namespace octet::inline OCTET_ABI {

/// What kernel_id::lut8 gets: y[i] = table[x[i]], `count` elements, both as raw bytes (a signed value's bits are its index).
struct lut8_params {
  alignas(64) std::array<std::uint8_t, 256> table{};
  std::size_t count = 0;
};

/// The table of f, called with every value of an 8-bit type, giving values of another one.
template <class F> constexpr void fill_lut8(lut8_params& p, dtype in, F&& f) {
  const auto lo = static_cast<std::int32_t>(lowest_of(in));
  for (std::int32_t q = lo; q < lo + 256; ++q) p.table[static_cast<std::uint8_t>(q)] = static_cast<std::uint8_t>(f(q));
}

namespace reference {
inline void lut8_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const lut8_params*>(a.params);
  const auto r = part_of(p.count, a.part, a.parts);
  const auto* x = static_cast<const std::uint8_t*>(a.in[0]);
  auto* y = static_cast<std::uint8_t*>(a.out[0]);
  for (std::size_t i = r.begin; i < r.end; ++i) y[i] = p.table[x[i]];
}
}  // namespace reference

}  // namespace octet::inline OCTET_ABI

#endif  // OCTET_OPS_LUT_HPP_
