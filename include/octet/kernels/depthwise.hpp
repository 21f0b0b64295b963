// Packed form of depthwise convolutions.
//
// Taps of one kernel column go into the lanes' groups: a vector holds, for `lanes` channels, 4
// bytes (quad) or 2 int16 (pair16) of neighbouring kernel rows. The kernel interleaves the input
// rows of an output row so once per column, and every column serves all taps and output pixels that
// touch it.
#ifndef OCTET_KERNELS_DEPTHWISE_HPP_
#define OCTET_KERNELS_DEPTHWISE_HPP_

#include "octet/kernels/gemm.hpp"

OCTET_NAMESPACE_BEGIN
namespace kernels {

struct packed_depthwise {
  product kind;                    // quad or pair16
  std::int32_t vectors, channels;  // per block
  std::int32_t blocks, groups;     // groups: of kernel rows
  std::int32_t window_w;           // input columns of an output row
  std::uint32_t flip;
  std::int32_t fill;  // byte of a padding element (quad, after flip)
  std::size_t block_bytes, first_block;
};

/// One input channel: the gemm kernel takes it, its rows are whole kernel rows.
inline bool depthwise_is_gemm(const conv2d_params& p) noexcept { return p.in_c == 1; }

inline packed_depthwise depthwise_header(const conv2d_params& p, const target_layout& t) noexcept {
  const gemm_problem g = problem_of(p, true);
  packed_depthwise h{};
  bool fits = p.in_type != dtype::s16 && t.quad != 0;
  if (fits && (p.weight_type == dtype::u8 || p.weight_zero_points != nullptr))
    for (std::int32_t c = 0; c < p.out_c; ++c)
      for (std::int32_t k = 0; k < p.kernel_h * p.kernel_w; ++k) {
        const std::int32_t w = g.weight(c, k, 0);
        fits &= w >= -128 && w <= 127;
      }
  h.kind = fits ? product::quad : product::pair16;
  const std::int32_t group = fits ? 4 : 2;
  h.vectors = group;
  h.channels = group * t.lanes;
  h.blocks = (p.out_c + h.channels - 1) / h.channels;
  h.groups = (p.kernel_h + group - 1) / group;
  h.window_w = (p.out_w - 1) * p.stride_w + (p.kernel_w - 1) * p.dilation_w + 1;
  const bool other_sign = fits && (t.quad == 1) == (p.in_type == dtype::s8);
  h.flip = other_sign ? 0x80808080u : 0;
  h.fill = fits ? (other_sign ? p.in_zero_point ^ 0x80 : p.in_zero_point) & 0xFF : 0;
  h.block_bytes =
      alignment + round_up(static_cast<std::size_t>(h.channels) * 4 * panel_arrays, alignment) +
      round_up(static_cast<std::size_t>(p.kernel_w * h.groups * h.channels) * 4, alignment);
  h.first_block = round_up(sizeof(h), alignment);
  return h;
}
inline bool depthwise_accepts(const conv2d_params& p) noexcept {
  if (depthwise_is_gemm(p)) return gemm_accepts(problem_of(p, true));
  if (p.in_c < 1 || p.out_c % p.in_c != 0 || p.wide || p.weights == nullptr ||
      !is_8bit(p.weight_type) || !(is_8bit(p.in_type) || p.in_type == dtype::s16))
    return false;
  // s16: x is taken as it is and multiplied with w - zero point as int16; a zero point of x would
  // go into the bias.
  return has_requantize(p.requant, p.out_type) && p.out_h > 0 && p.out_w > 0 && p.batch > 0;
}
inline std::size_t depthwise_packed_bytes(const conv2d_params& p, const target_layout& t) noexcept {
  if (depthwise_is_gemm(p)) return gemm_packed_bytes(problem_of(p, true), t);
  const packed_depthwise h = depthwise_header(p, t);
  return h.first_block + static_cast<std::size_t>(h.blocks) * h.block_bytes;
}
/// Interleaved columns, then one column of expanded channels per kernel row.
inline std::size_t depthwise_columns_bytes(const packed_depthwise& h) noexcept {
  return round_up(
      static_cast<std::size_t>(h.window_w) * static_cast<std::size_t>(h.groups * h.channels) * 4,
      alignment);
}
inline std::size_t depthwise_scratch_bytes(const conv2d_params& p,
                                           const target_layout& t) noexcept {
  if (depthwise_is_gemm(p)) return gemm_scratch_bytes(problem_of(p, true), t);
  return depthwise_columns_bytes(depthwise_header(p, t));
}
inline void depthwise_pack(const conv2d_params& p, const target_layout& t, std::byte* to) noexcept {
  const gemm_problem g = problem_of(p, true);
  if (depthwise_is_gemm(p)) return gemm_pack(g, t, to);
  const packed_depthwise h = depthwise_header(p, t);
  std::memset(to, 0, h.first_block + static_cast<std::size_t>(h.blocks) * h.block_bytes);
  std::memcpy(to, &h, sizeof(h));
  const std::int32_t group = h.kind == product::quad ? 4 : 2;
  // The zero point as the product sees it: pair16 subtracts it from bytes, and takes int16 as it
  // is.
  const std::int32_t zero = h.kind == product::quad
                                ? (t.quad == 1 ? h.fill : static_cast<std::int8_t>(h.fill))
                            : p.in_type == dtype::s16 ? p.in_zero_point
                                                      : 0;
  for (std::int32_t b = 0; b < h.blocks; ++b) {
    std::byte* block = to + h.first_block + static_cast<std::size_t>(b) * h.block_bytes;
    const std::int32_t first = b * h.channels,
                       valid = p.out_c - first < h.channels ? p.out_c - first : h.channels;
    std::byte* arrays = block + alignment;
    *reinterpret_cast<epilogue_kind*>(block) =
        fill_panel(p.requant, p.out_type, h.vectors, t.lanes, first, valid, arrays);
    auto* bias = reinterpret_cast<std::uint32_t*>(arrays);
    std::byte* w =
        arrays + round_up(static_cast<std::size_t>(h.channels) * 4 * panel_arrays, alignment);
    for (std::int32_t v = 0; v < h.vectors; ++v)
      for (std::int32_t l = 0; l < t.lanes; ++l) {
        const std::int32_t local = channel_in_panel(h.vectors, v, l), c = first + local;
        if (local >= valid) continue;
        std::uint32_t sum = 0;
        std::int64_t size = 0;
        for (std::int32_t ky = 0; ky < p.kernel_h; ++ky)
          for (std::int32_t kx = 0; kx < p.kernel_w; ++kx) {
            const std::int32_t value = g.weight(c, ky * p.kernel_w + kx, 0), j = ky % group;
            sum += static_cast<std::uint32_t>(value);
            size += value < 0 ? -value : value;
            const auto vector = static_cast<std::size_t>(
                ((kx * h.groups + ky / group) * h.vectors + v) * t.lanes * group);
            const auto inside = static_cast<std::size_t>(
                t.split_pairs && group == 2 ? j * t.lanes + l : l * group + j);
            if (h.kind == product::quad)
              reinterpret_cast<std::int8_t*>(w)[vector + inside] = static_cast<std::int8_t>(value);
            else
              reinterpret_cast<std::int16_t*>(w)[vector + inside] =
                  static_cast<std::int16_t>(value);
          }
        bias[v * t.lanes + l] =
            static_cast<std::uint32_t>(g.bias(c)) - static_cast<std::uint32_t>(zero) * sum;
        limit_dr(*reinterpret_cast<epilogue_kind*>(block), g, c, size);
      }
  }
}

}  // namespace kernels
OCTET_NAMESPACE_END

#endif  // OCTET_KERNELS_DEPTHWISE_HPP_
