// Packed form of depthwise convolutions, and how their kernel walks an image.
//
// Taps of one kernel column go into the lanes' groups: a vector holds, for `lanes` channels, 4
// bytes (quad) or 2 int16 (pair16) of neighbouring kernel rows. The kernel interleaves the input
// rows of an output row so once per column, and every column serves all taps and output pixels that
// touch it.
//
// Where channels fill no more than half of a block's lanes, or the kernel has one row, a row is one
// run instead: its output is out_w * out_c elements, the tap of a kernel column is the input's run
// a few pixels further on, and blocks are cut from it whatever the channels are. A vector then
// holds several pixels; weights repeat after some blocks. The groups hold taps of neighbouring
// kernel columns; an input row is interleaved once and serves all output rows that it reaches.
//
// Where a target has registers for it, windows of 3x3 and 5x5 slide instead: a column is
// interleaved in registers and joins the sums of the outputs that touch it. Channels that fill half
// or a quarter of a block lie there for two or four output rows.
#ifndef OCTET_KERNELS_DEPTHWISE_HPP_
#define OCTET_KERNELS_DEPTHWISE_HPP_

#include "octet/kernels/gemm.hpp"

OCTET_NAMESPACE_BEGIN
namespace kernels {

struct packed_depthwise {
  product kind;                    // quad or pair16
  bool runs;                       // blocks are cut from a row's run
  bool slides;                     // windows slide along rows
  std::int32_t vectors, channels;  // per block
  std::int32_t blocks;             // of a pixel; of runs, until weights repeat
  std::int32_t groups;             // of kernel rows; of runs, of kernel columns
  std::uint32_t flip;
  std::int32_t fill;  // byte of a padding element (quad, after flip)
  std::size_t block_bytes, first_block;
};
/// Blocks of runs that are worth packing.
inline constexpr std::int32_t most_run_blocks = 20;

// The problem: groups as many as input channels, one input channel in each.

/// One input channel: the gemm kernel takes it, its rows are whole kernel rows.
constexpr bool depthwise_is_gemm(const gemm_problem& g) noexcept { return g.in_c == 1; }

/// 3x3 or 5x5 without dilation, stride 1 or 2 both ways, a filter for each channel, four bytes a
/// lane, and registers for the sums that a column joins: windows slide along rows.
constexpr bool depthwise_slides(const gemm_problem& g, product kind,
                                const target_layout& t) noexcept {
  return kind == product::quad && t.max_vectors == 4 && g.kernel_h == g.kernel_w &&
         (g.kernel_w == 3 || g.kernel_w == 5) && g.dilation_h == 1 && g.dilation_w == 1 &&
         g.stride_h == g.stride_w && g.stride_w <= 2 && g.out_c == g.in_c;
}
/// How many rows of so many channels share a vector.
constexpr std::int32_t slide_copies(std::int32_t channels, const target_layout& t) noexcept {
  return t.lanes != 16 ? 1 : channels == 16 ? 4 : channels == 32 ? 2 : 1;
}
/// Whether all channels together are a part of a vector, which other rows fill.
constexpr bool slides_by_parts(const packed_depthwise& h, std::int32_t channels,
                               const target_layout& t) noexcept {
  return h.slides && slide_copies(channels, t) != 1;
}
/// The greatest; <numeric> would be included for it alone.
constexpr std::int32_t common_divisor(std::int32_t a, std::int32_t b) noexcept {
  while (b != 0) {
    const std::int32_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}
OCTET_NOINLINE constexpr packed_depthwise depthwise_header(const gemm_problem& g,
                                                           const target_layout& t,
                                                           const weight_form& w) noexcept {
  packed_depthwise h{};
  const bool quad = w.fits && g.in_type != dtype::s16 && t.quad != 0;
  h.kind = quad ? product::quad : product::pair16;
  const std::int32_t group = quad ? 4 : 2;
  h.vectors = group;
  h.channels = group * t.lanes;
  const std::int32_t until_repeated = g.out_c / common_divisor(g.out_c, h.channels);
  h.slides = depthwise_slides(g, h.kind, t);
  h.runs = g.in_c == g.out_c && until_repeated <= most_run_blocks &&
           (g.out_c <= h.channels / 2 || (g.kernel_h == 1 && g.kernel_w > 1)) &&
           !slides_by_parts(h, g.out_c, t);
  h.blocks = h.runs ? until_repeated : (g.out_c - 1) / h.channels + 1;
  h.groups = ((h.runs ? g.kernel_w : g.kernel_h) - 1) / group + 1;
  const bool other_sign = quad && (t.quad == 1) == (g.in_type == dtype::s8);
  h.flip = other_sign ? 0x80808080u : 0;
  h.fill = quad ? (other_sign ? g.in_zero_point ^ 0x80 : g.in_zero_point) & 0xFF : 0;
  h.block_bytes =
      alignment + round_up(as_size(h.channels) * 4 * panel_arrays, alignment) +
      round_up(as_size(h.runs ? g.kernel_h : g.kernel_w) * as_size(h.groups * h.channels) * 4,
               alignment);
  h.first_block = round_up(sizeof(h), alignment);
  return h;
}
inline packed_depthwise depthwise_header(const gemm_problem& g, const target_layout& t) noexcept {
  const bool quads = g.in_type != dtype::s16 && t.quad != 0;
  return depthwise_header(g, t, quads ? form_of(g) : weight_form{});
}
constexpr bool depthwise_accepts(const gemm_problem& g) noexcept {
  if (depthwise_is_gemm(g)) return gemm_accepts(g);
  if (g.in_c < 1 || g.out_c < 1 || g.out_c % g.in_c != 0 || g.wide || g.weights == nullptr ||
      !is_8bit(g.weight_type) || !(is_8bit(g.in_type) || g.in_type == dtype::s16))
    return false;
  // s16: x is taken as it is and multiplied with w - zero point as int16; a zero point of x would
  // go into the bias.
  return has_requantize(*g.requant, g.out_type) && g.out_h > 0 && g.out_w > 0 && g.batch > 0;
}
/// Input columns of an output row.
template <class Problem>  // gemm_problem, or the params of the operator
constexpr std::int32_t depthwise_window(const Problem& g) noexcept {
  return (g.out_w - 1) * g.stride_w + (g.kernel_w - 1) * g.dilation_w + 1;
}
/// How the kernel of runs walks an image. A period: `blocks` blocks, whole pixels.
struct run_walk {
  std::size_t pixels;      // of a period
  std::size_t periods;     // of an output row
  std::size_t chunk;       // periods at a time
  std::size_t lines;       // output rows at a time
  std::size_t slots;       // interleaved rows at hand
  std::size_t slot_bytes;  // of one
  std::size_t phases;      // of the stride along a row: buffers of one row's pixels
  std::size_t phase_bytes;
  std::size_t pointers;  // bytes: which row each slot holds, rows, taps
};
template <class Problem>
constexpr run_walk walk_of(const Problem& g, const packed_depthwise& h) noexcept {
  // Interleaved rows stay in the first cache; a call for fewer vectors than these spends its time
  // on weights and constants.
  constexpr std::size_t cache = 32u << 10, call = 32;
  run_walk w{};
  const auto kernel_h = as_size(g.kernel_h), stride_h = as_size(g.stride_h),
             stride_w = as_size(g.stride_w),
             reach = as_size(g.kernel_w - 1) * as_size(g.dilation_w);  // columns to the last tap
  w.pixels = as_size(h.blocks) * as_size(h.channels) / as_size(g.out_c);
  w.periods = (as_size(g.out_w) - 1) / w.pixels + 1;
  // Two lines share the loads of the rows that they have in common.
  const std::size_t most_lines = g.dilation_h == 1 ? as_size(g.out_h) : 1;
  w.lines = most_lines < 2 ? most_lines : 2;
  const std::size_t period_bytes = as_size(h.blocks) * as_size(h.channels * h.groups) * 4;
  w.chunk = cache / (period_bytes * ((w.lines - 1) * stride_h + kernel_h));
  w.chunk = w.chunk < 1 ? 1 : w.chunk > w.periods ? w.periods : w.chunk;
  w.slot_bytes = w.chunk * period_bytes;
  while (w.lines * w.chunk < call && w.lines + 2 <= most_lines &&
         ((w.lines + 1) * stride_h + kernel_h) * w.slot_bytes <= cache)
    w.lines += 2;
  w.slots = (w.lines - 1) * stride_h + kernel_h;
  w.phases = stride_w < reach + 1 ? stride_w : reach + 1;
  // The last store of a copied pixel is a whole vector, as is the last load.
  w.phase_bytes =
      round_up((w.chunk * w.pixels + reach / stride_w) * as_size(g.out_c) * size_of(g.in_type) +
                   as_size(h.channels) * 2,
               alignment);
  w.pointers = round_up(
      (w.slots + w.lines * kernel_h + as_size(h.groups) * 4) * sizeof(std::int64_t), alignment);
  return w;
}
/// Interleaved columns, then one column of expanded channels per kernel row; of runs, what the
/// walk says.
constexpr std::size_t depthwise_scratch_bytes(const gemm_problem& g,
                                              const packed_depthwise& h) noexcept {
  if (!h.runs)
    return round_up(as_size(depthwise_window(g)) * as_size(h.groups * h.channels) * 4, alignment);
  const run_walk w = walk_of(g, h);
  return round_up(w.pointers + w.slots * w.slot_bytes + w.phases * w.phase_bytes, alignment);
}
constexpr std::size_t depthwise_packed_bytes(const packed_depthwise& h) noexcept {
  return h.first_block + as_size(h.blocks) * h.block_bytes;
}
inline node_bytes depthwise_bytes(const gemm_problem& g, const target_layout& t) noexcept {
  if (depthwise_is_gemm(g)) return gemm_bytes(g, t);
  const packed_depthwise h = depthwise_header(g, t);
  return {depthwise_packed_bytes(h), depthwise_scratch_bytes(g, h)};
}
/// The kernel's memory for any weights of these types.
OCTET_COLD constexpr node_bytes depthwise_memory(const gemm_problem& g,
                                                 const target_layout& t) noexcept {
  if (depthwise_is_gemm(g)) return gemm_memory(g, t);
  if (!depthwise_accepts(g)) return {};
  return largest_over_forms(g, [&](const weight_form& w) {
    const packed_depthwise h = depthwise_header(g, t, w);
    const node_bytes b{depthwise_packed_bytes(h), depthwise_scratch_bytes(g, h)};
    return b.scratch <= most_scratch ? b : node_bytes{};
  });
}
/// The channels of a block's elements.
constexpr panel_channels depthwise_channels(std::int32_t out_c, const packed_depthwise& h,
                                            std::int32_t block) noexcept {
  const std::int32_t first = block * h.channels;
  if (h.runs) return {first, h.channels, out_c};
  return {first, out_c - first < h.channels ? out_c - first : h.channels, out_c};
}
inline void depthwise_pack(const gemm_problem& g, const target_layout& t, std::byte* to) noexcept {
  if (depthwise_is_gemm(g)) return gemm_pack(g, t, to);
  const packed_depthwise h = depthwise_header(g, t);
  std::memset(to, 0, depthwise_packed_bytes(h));
  std::memcpy(to, &h, sizeof(h));
  const std::int32_t group = h.kind == product::quad ? 4 : 2;
  // The zero point as the product sees it: pair16 subtracts it from bytes, and takes int16 as it
  // is.
  const std::int32_t zero = h.kind == product::quad
                                ? (t.quad == 1 ? h.fill : static_cast<std::int8_t>(h.fill))
                            : g.in_type == dtype::s16 ? g.in_zero_point
                                                      : 0;
  for (std::int32_t b = 0; b < h.blocks; ++b) {
    std::byte* block = to + h.first_block + as_size(b) * h.block_bytes;
    const panel_channels of = depthwise_channels(g.out_c, h, b);
    std::byte* arrays = block + alignment;
    *reinterpret_cast<epilogue_kind*>(block) =
        fill_panel(*g.requant, g.out_type, h.vectors, t.lanes, of, arrays);
    auto* bias = reinterpret_cast<std::uint32_t*>(arrays);
    std::byte* w = arrays + round_up(as_size(h.channels) * 4 * panel_arrays, alignment);
    for (std::int32_t v = 0; v < h.vectors; ++v)
      for (std::int32_t l = 0; l < t.lanes; ++l) {
        const std::int32_t local = channel_in_panel(h.vectors, v, l), c = of.at(local);
        if (local >= of.count) continue;
        std::uint32_t sum = 0;
        std::int64_t size = 0;
        for (std::int32_t ky = 0; ky < g.kernel_h; ++ky)
          for (std::int32_t kx = 0; kx < g.kernel_w; ++kx) {
            const std::int32_t value = g.weight(c, ky * g.kernel_w + kx, 0),
                               grouped = h.runs ? kx : ky, other = h.runs ? ky : kx,
                               j = grouped % group;
            sum += static_cast<std::uint32_t>(value);
            size += value < 0 ? -value : value;
            const auto vector =
                as_size(((other * h.groups + grouped / group) * h.vectors + v) * t.lanes * group);
            const auto inside =
                as_size(t.split_pairs && group == 2 ? j * t.lanes + l : l * group + j);
            if (h.kind == product::quad)
              reinterpret_cast<std::int8_t*>(w)[vector + inside] = static_cast<std::int8_t>(value);
            else
              reinterpret_cast<std::int16_t*>(w)[vector + inside] =
                  static_cast<std::int16_t>(value);
          }
        bias[v * t.lanes + l] =
            static_cast<std::uint32_t>(g.bias(c)) - static_cast<std::uint32_t>(zero) * sum;
        limit_kind(*reinterpret_cast<epilogue_kind*>(block), g, c, size);
      }
  }
}

// ---- a convolution whose groups have one input channel each is a depthwise one ----

constexpr bool conv2d_is_depthwise(const gemm_problem& g) noexcept {
  return g.groups == g.in_c && !depthwise_is_gemm(g) && depthwise_accepts(g);
}
/// Whether a target runs a qnn.conv2d so: not by runs or sliding windows, since groups of one
/// channel are qnn.depthwise_conv2d in files, and a header-only program that names qnn.conv2d would
/// compile more kernels. The channels that need one of the two are better off as products.
OCTET_NOINLINE inline bool conv2d_by_depthwise(const gemm_problem& g,
                                               const target_layout& t) noexcept {
  if (!conv2d_is_depthwise(g)) return false;
  const packed_depthwise h = depthwise_header(g, t);
  return !h.runs && !slides_by_parts(h, g.out_c, t);
}
OCTET_NOINLINE inline node_bytes conv2d_bytes(const gemm_problem& g,
                                              const target_layout& t) noexcept {
  return conv2d_by_depthwise(g, t) ? depthwise_bytes(g, t) : gemm_bytes(g, t);
}
OCTET_NOINLINE inline void conv2d_pack(const gemm_problem& g, const target_layout& t,
                                       std::byte* to) noexcept {
  if (conv2d_by_depthwise(g, t))
    depthwise_pack(g, t, to);
  else
    gemm_pack(g, t, to);
}
/// For any weights of these types, whether or not their sums fit int32.
OCTET_COLD constexpr node_bytes conv2d_memory(const gemm_problem& g,
                                              const target_layout& t) noexcept {
  const node_bytes b = gemm_memory(g, t);
  return g.groups == g.in_c && g.in_c > 1 ? largest(b, depthwise_memory(g, t)) : b;
}

}  // namespace kernels
OCTET_NAMESPACE_END

#endif  // OCTET_KERNELS_DEPTHWISE_HPP_
