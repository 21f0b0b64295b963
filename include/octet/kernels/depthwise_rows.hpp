// Rows of the depthwise kernels: which columns of the input the pixels of an output row read, block
// of channels by block. The same on every target, compiled once.
#ifndef OCTET_KERNELS_DEPTHWISE_ROWS_HPP_
#define OCTET_KERNELS_DEPTHWISE_ROWS_HPP_

#include "octet/kernels/depthwise.hpp"
#include "octet/ops/conv2d.hpp"

#if OCTET_HAS_KERNELS || defined(OCTET_TEST_PASS)
OCTET_NAMESPACE_BEGIN
namespace kernels {

/// Where results go, and what makes them of accumulators.
struct finish_call {
  const std::byte* arrays;
  std::size_t out_stride;  // bytes between pixels
  panel_channels channels;
  const requantize_params* requant;
  dtype out_type;
  const epilogue_scalars* scalars;
  epilogue_kind kind;
};

/// Columns of the window of an output row: `left` of padding, `have` from the image's column
/// `start` on, `right` of padding.
struct column_span {
  std::int32_t start, left, have, right;
  column_span(const conv2d_params& p, std::int32_t window) {
    start = p.pad_left < 0 ? -p.pad_left : 0;
    left = p.pad_left < 0 ? 0 : p.pad_left < window ? p.pad_left : window;
    const std::int32_t in_image = p.in_w - start, room = window - left;
    have = in_image < room ? in_image : room;
    if (have < 0) have = 0;
    right = room - have;
  }
};
/// What interleaving needs to know about one block of channels in one output row.
struct column_source {
  const std::byte* rows[4];  // of one group of kernel rows: the image row's first channel of this
                             // block; null: padding
  std::size_t pixel;         // bytes between columns
  std::size_t n;             // channels present
  const std::int32_t*
      from;  // multiplier > 1: input channel (relative to rows) of each channel; else null
  std::uint32_t flip;
  std::int32_t fill, zero_point;
};
struct pixel_call : finish_call {
  const std::byte *columns, *weights;
  std::size_t column_step, pixel_step,
      tap_step;  // bytes: group to group is vectors * lanes32 * 4 within a column
  int kernel_w, groups;
  std::byte* to;
  std::size_t count;
};
/// What of a layer vectors do.
struct depthwise_steps {
  /// Taps of kernel rows as the products take them, `count` columns.
  void (*columns)(product kind, dtype type, const column_source& s, std::size_t first,
                  std::size_t count, std::byte* to, std::size_t step) noexcept;
  /// The pixels of an output row, of one block of channels.
  void (*pixels)(product kind, bool three_by_three, const pixel_call& t) noexcept;
  /// How windows slide; null: they do not. The first: output rows that a block of channels has
  /// before the next one.
  std::size_t (*rows_together)(const conv2d_params& p,
                               std::int32_t last_channels) noexcept = nullptr;
  /// False: outputs of a kind that slides do not finish.
  bool (*block_rows)(const pixel_call& t, const conv2d_params& p, const packed_depthwise& h,
                     const std::byte* x, const column_span& span, std::byte* to, std::byte* window,
                     part_range rows) noexcept = nullptr;
};
/// Of a block: four vectors of 32-bit lanes, of any target.
inline constexpr std::size_t most_channels = 4 * alignment / sizeof(std::int32_t);

/// The window of output row oy of an image, for the block of channels whose first input channel is
/// at `x` in the image's first pixel. `s`: everything but the rows.
inline void fill_columns(const depthwise_steps& by, const conv2d_params& p,
                         const packed_depthwise& h, const column_span& span,
                         const column_source& padding, const std::byte* x, std::int32_t oy,
                         std::byte* window, std::size_t column_step) noexcept {
  const std::int32_t per_group = h.kind == product::quad ? 4 : 2;
  const std::size_t line = as_size(p.in_w) * padding.pixel;
  const auto left = as_size(span.left), have = as_size(span.have), right = as_size(span.right);
  for (std::int32_t group = 0; group < h.groups; ++group) {
    column_source s = padding;
    for (std::int32_t j = 0; j < per_group && group * per_group + j < p.kernel_h; ++j) {
      const std::int32_t ky = group * per_group + j,
                         iy = oy * p.stride_h - p.pad_top + ky * p.dilation_h;
      if (iy >= 0 && iy < p.in_h) s.rows[j] = x + as_size(iy) * line;
    }
    std::byte* to = window + as_size(group * h.channels) * 4;
    if (left != 0) by.columns(h.kind, p.in_type, padding, 0, left, to, column_step);
    to += left * column_step;
    by.columns(h.kind, p.in_type, s, as_size(span.start), have, to, column_step);
    to += have * column_step;
    if (right != 0) by.columns(h.kind, p.in_type, padding, 0, right, to, column_step);
  }
}

/// Output row oy of an image, for one block of channels.
inline void row_of_block(const depthwise_steps& by, const conv2d_params& p,
                         const packed_depthwise& h, const column_span& span, const std::byte* image,
                         std::int32_t oy, std::byte* window, const pixel_call& t) noexcept {
  const std::int32_t multiplier = p.out_c / p.in_c, first_in = t.channels.first / multiplier;
  std::int32_t expand[most_channels];
  if (multiplier > 1)
    for (std::int32_t i = 0; i < t.channels.count; ++i)
      expand[i] = (t.channels.first + i) / multiplier - first_in;
  const std::size_t in_size = size_of(p.in_type);
  const column_source padding{{nullptr, nullptr, nullptr, nullptr},
                              as_size(p.in_c) * in_size,
                              as_size(t.channels.count),
                              multiplier > 1 ? expand : nullptr,
                              h.flip,
                              h.fill,
                              p.in_zero_point};
  fill_columns(by, p, h, span, padding, image + as_size(first_in) * in_size, oy, window,
               t.column_step);
  by.pixels(h.kind, p.kernel_w == 3 && p.kernel_h == 3, t);
}
/// What the rows and blocks of a layer have in common.
inline pixel_call call_of(const conv2d_params& p, const packed_depthwise& h,
                          const epilogue_scalars& scalars) noexcept {
  pixel_call t{};
  t.column_step = as_size(h.channels) * 4 * as_size(h.groups);
  t.pixel_step = t.column_step * as_size(p.stride_w);
  t.tap_step = t.column_step * as_size(p.dilation_w);
  t.kernel_w = p.kernel_w;
  t.groups = h.groups;
  t.out_stride = as_size(p.out_c) * size_of(p.out_type);
  t.count = as_size(p.out_w);
  t.requant = &p.requant;
  t.out_type = p.out_type;
  t.scalars = &scalars;
  return t;
}
/// Part `part` of `parts` of a layer.
OCTET_NOINLINE inline void run_depthwise(const depthwise_steps& by, const conv2d_params& p,
                                         const packed_depthwise& h, const kernel_args& a) noexcept {
  const auto* x = static_cast<const std::byte*>(a.in[0]);
  auto* y = static_cast<std::byte*>(a.out[0]);
  auto* window = static_cast<std::byte*>(a.scratch);
  const epilogue_scalars scalars = scalars_of(p.requant, p.out_type);
  const std::size_t in_size = size_of(p.in_type), out_size = size_of(p.out_type),
                    out_h = as_size(p.out_h), items = as_size(p.batch) * out_h,
                    pixel = as_size(p.in_c) * in_size, image = product_of(p.in_h, p.in_w) * pixel;
  const bool share_rows = items >= a.parts;
  const part_range lines = share_rows ? part_of(items, a.part, a.parts) : part_range{0, items};
  const part_range blocks =
      share_rows ? part_range{0, as_size(h.blocks)} : part_of(as_size(h.blocks), a.part, a.parts);
  const column_span span(p, depthwise_window(p));
  pixel_call t = call_of(p, h, scalars);
  t.columns = window;
  const bool sliding = by.block_rows != nullptr && h.slides;
  const std::size_t together =
      sliding ? by.rows_together(p, p.out_c - (h.blocks - 1) * h.channels) : 1;
  for (std::size_t line = lines.begin; line < lines.end;) {
    const std::size_t row = line % out_h, in_image = out_h - row, left = lines.end - line,
                      most = left < in_image ? left : in_image,
                      rows = most < together ? most : together;
    const std::byte* const from = x + line / out_h * image;
    std::byte* const to = y + line / out_h * out_h * t.count * t.out_stride;
    for (std::size_t b = blocks.begin; b < blocks.end; ++b) {
      const std::int32_t first = static_cast<std::int32_t>(b) * h.channels, rest = p.out_c - first,
                         channels = rest < h.channels ? rest : h.channels;
      const std::byte* block = p.packed + h.first_block + b * h.block_bytes;
      t.arrays = block + alignment;
      t.weights = t.arrays + round_up(as_size(h.channels) * 4 * panel_arrays, alignment);
      t.channels = {first, channels};
      t.kind = *reinterpret_cast<const epilogue_kind*>(block);
      std::byte* const of_block = to + as_size(first) * out_size;
      if (sliding && by.block_rows(t, p, h, from + as_size(first) * in_size, span, of_block, window,
                                   {row, row + rows}))
        continue;
      for (std::size_t i = row; i < row + rows; ++i) {
        t.to = of_block + i * t.count * t.out_stride;
        row_of_block(by, p, h, span, from, static_cast<std::int32_t>(i), window, t);
      }
    }
    line += rows;
  }
}

}  // namespace kernels
OCTET_NAMESPACE_END
#endif  // OCTET_HAS_KERNELS, or a test of the passes

#endif  // OCTET_KERNELS_DEPTHWISE_ROWS_HPP_
