// Rows of the matrix kernel: which elements of the input each output pixel reads, and the windows
// that they are copied to where they do not lie so in memory. The same on every target, compiled
// once.
#ifndef OCTET_KERNELS_GEMM_ROWS_HPP_
#define OCTET_KERNELS_GEMM_ROWS_HPP_

#include <cstring>

#include "octet/kernels/gemm.hpp"

#if OCTET_HAS_KERNELS || defined(OCTET_TEST_PASS)
OCTET_NAMESPACE_BEGIN
namespace kernels {

/// A target's copies of `count` elements into a window: bytes (xor flip) or int16 (minus the zero
/// point).
struct window_copies {
  void (*bytes)(const std::byte* x, std::byte* to, std::size_t count, std::uint32_t flip) noexcept;
  void (*unsigned_words)(const std::byte* x, std::byte* to, std::size_t count,
                         std::int32_t zero_point) noexcept;
  void (*signed_words)(const std::byte* x, std::byte* to, std::size_t count,
                       std::int32_t zero_point) noexcept;
};
struct window_source {
  dtype type;
  bool words;  // int16 elements from bytes
  std::uint32_t flip;
  std::int32_t zero_point, fill;
  const window_copies* by;
  void copy(const std::byte* x, std::byte* to, std::size_t count) const noexcept {
    if (words) {
      if (type == dtype::u8)
        by->unsigned_words(x, to, count, zero_point);
      else
        by->signed_words(x, to, count, zero_point);
    } else if (type == dtype::s16) {
      std::memcpy(to, x, count * 2);
    } else {
      by->bytes(x, to, count, flip);
    }
  }
  void pad(std::byte* to, std::size_t count) const noexcept {
    if (words || type == dtype::s16) {
      const auto v = static_cast<std::int16_t>(words ? 0 : fill);
      for (std::size_t i = 0; i < count; ++i) std::memcpy(to + 2 * i, &v, 2);
    } else {
      std::memset(to, fill, count);
    }
  }
  /// The same of bytes, or of words made of them, that have this zero point.
  window_source with(std::int32_t zero) const noexcept {
    window_source s = *this;
    s.zero_point = zero;
    s.fill = (flip != 0 ? zero ^ 0x80 : zero) & 0xFF;
    return s;
  }
};
/// Zero points of lines of output; none: what the source says.
struct line_zeros {
  const std::int32_t* of = nullptr;
  std::size_t lines = 1;  // that share one
  dtype codes = dtype::u8;
  std::int32_t at(std::size_t i) const noexcept { return run_time_zero_point(codes, of[i]); }
};

/// Output rows [oy, oy + rows) of image n: their input into the window.
OCTET_NOINLINE inline void fill_window(const gemm_problem& g, const packed_gemm& h,
                                       const window_source& source, const line_zeros& zeros,
                                       const std::byte* x, std::byte* window, std::int32_t n,
                                       std::int32_t oy, std::int32_t rows) noexcept {
  const auto in_c = as_size(g.in_c), size = size_of(g.in_type), pixel = in_c * h.element;
  const std::int32_t tall = (rows - 1) * h.step_h + (g.kernel_h - 1) * g.dilation_h + 1;
  for (std::int32_t r = 0; r < tall; ++r) {
    std::byte* to = window + as_size(r) * h.row_bytes;
    window_source s = source;
    if (zeros.of != nullptr) {
      // Lines of one image share a zero point, or each has the line of input that bears its number.
      const std::size_t line = product_of(n, g.out_h) + as_size(g.kernel_h == 1 ? oy + r : oy);
      s = source.with(zeros.at(line / zeros.lines));
    }
    std::memset(to + as_size(h.window_w) * pixel, 0, h.row_bytes - as_size(h.window_w) * pixel);
    std::int32_t iy =
        g.kernel_h == 1 ? (oy + r) * g.stride_h - g.pad_top : oy * g.stride_h - g.pad_top + r;
    if (g.insert_h != 1) iy = iy >= 0 && iy % g.insert_h == 0 ? iy / g.insert_h : -1;
    if (iy < 0 || iy >= g.in_h) {
      s.pad(to, as_size(h.window_w) * in_c);
      continue;
    }
    const std::byte* from =
        x + (product_of(n, g.in_h) + as_size(iy)) * as_size(g.in_w) * in_c * size;
    if (g.insert_w != 1 || (g.kernel_w == 1 && g.stride_w != 1)) {
      for (std::int32_t i = 0; i < h.window_w; ++i, to += pixel) {
        std::int32_t ix = (g.kernel_w == 1 ? i * g.stride_w : i) - g.pad_left;
        if (g.insert_w != 1) ix = ix >= 0 && ix % g.insert_w == 0 ? ix / g.insert_w : -1;
        if (ix < 0 || ix >= g.in_w)
          s.pad(to, in_c);
        else
          s.copy(from + as_size(ix) * in_c * size, to, in_c);
      }
      continue;
    }
    const std::int32_t left = g.pad_left < 0            ? 0
                              : g.pad_left < h.window_w ? g.pad_left
                                                        : h.window_w,
                       first = g.pad_left < 0 ? -g.pad_left : 0;
    const std::int32_t have =
                           g.in_w - first < h.window_w - left ? g.in_w - first : h.window_w - left,
                       right = h.window_w - left - have;
    if (left > 0) s.pad(to, as_size(left) * in_c);
    if (have > 0)
      s.copy(from + as_size(first) * in_c * size, to + as_size(left) * pixel, as_size(have) * in_c);
    if (right > 0) s.pad(to + as_size(left + have) * pixel, as_size(right) * in_c);
  }
}

/// The work of one call: its scratch, and what does not change from block to block.
struct gemm_run {
  const gemm_problem& g;
  const packed_gemm& h;
  const std::byte* packed;
  const std::byte** rows;  // first element of each pixel of a block, in the input or the window
  std::int32_t* sums;      // of those rows, times h.offset
  std::int32_t* zeros;     // and their zero points
  float* scales;           // and their scales, where g.rows is given
  std::byte* window;
  line_zeros lines;
};

/// Where the input pixels of output pixels [first, first + count) lie, of a kernel of one pixel.
OCTET_NOINLINE inline void strided_rows(const gemm_problem& g, const std::byte* x,
                                        std::size_t pixel, std::size_t first, std::size_t count,
                                        const std::byte** rows) noexcept {
  const auto out_w = as_size(g.out_w), out_h = as_size(g.out_h), step = as_size(g.stride_w) * pixel;
  std::size_t line = first / out_w, column = first % out_w;
  for (std::size_t i = 0; i < count; ++line, column = 0) {
    const std::size_t row = line / out_h * as_size(g.in_h) + line % out_h * as_size(g.stride_h);
    const std::byte* at = x + row * as_size(g.in_w) * pixel + column * step;
    for (; column < out_w && i < count; ++column, at += step) rows[i++] = at;
  }
}
/// The pixels of a block that are of the other sign into the window: from x on, or where the rows
/// point to, which then point to the copies. Once for all panels; flipped where they are
/// multiplied, they would take up the ports of the products.
OCTET_NOINLINE inline void copy_pixels(const gemm_run& r, const window_source& source,
                                       const std::byte* x, std::size_t pixel,
                                       std::size_t count) noexcept {
  if (x != nullptr) source.copy(x, r.window, count * pixel);
  for (std::size_t i = 0; i < count; ++i) {
    std::byte* const to = r.window + i * pixel;
    if (x == nullptr) source.copy(r.rows[i], to, pixel);
    r.rows[i] = to;
  }
}
/// The last row of a block is repeated: a tile begins at it, and sums are formed of four at a time.
inline constexpr std::size_t repeated_rows = most_tile_rows + 3;
/// Rows of the block of output pixels that starts at `item`, at most `left` items of it (direct:
/// pixels; else: output lines); returns how many. A tile's worth of the last one comes on top.
OCTET_NOINLINE inline std::size_t block_rows(const gemm_run& r, const window_source& source,
                                             const std::byte* x, std::size_t item,
                                             std::size_t left) noexcept {
  const gemm_problem& g = r.g;
  const packed_gemm& h = r.h;
  const auto most = as_size(h.block_rows);
  const std::size_t pixel = as_size(g.in_c) * h.element;
  std::size_t count = 0;
  if (h.direct) {
    count = left < most ? left : most;
    const bool dense = g.stride_h == 1 && g.stride_w == 1 && g.out_w == g.in_w && g.out_h == g.in_h;
    if (!dense) strided_rows(g, x, pixel, item, count, r.rows);
    if (h.flip != 0) {
      copy_pixels(r, source, dense ? x + item * pixel : nullptr, pixel, count);
    } else if (dense) {
      for (std::size_t i = 0; i < count; ++i) r.rows[i] = x + (item + i) * pixel;
    }
  } else {
    const auto n = static_cast<std::int32_t>(item / as_size(g.out_h)),
               oy = static_cast<std::int32_t>(item % as_size(g.out_h));
    std::int32_t lines = g.out_h - oy < h.block_rows ? g.out_h - oy : h.block_rows;
    if (as_size(lines) > left) lines = static_cast<std::int32_t>(left);
    fill_window(g, h, source, r.lines, x, r.window, n, oy, lines);
    const std::size_t step = as_size(h.step_w) * pixel;
    for (std::int32_t line = 0; line < lines; ++line) {
      const std::byte* at = r.window + as_size(line * h.step_h) * h.row_bytes;
      for (std::int32_t i = 0; i < g.out_w; ++i, at += step) r.rows[count++] = at;
    }
  }
  for (std::size_t i = 0; i < repeated_rows; ++i) r.rows[count + i] = r.rows[count - 1];
  return count;
}

OCTET_COLD inline const char* describe_gemm(const gemm_problem& g, const target_layout& t) {
  const packed_gemm h = gemm_header(g, t);
  if (h.share != 0) return "gemm 4x8 grouped";
  return h.kind == product::quad    ? !h.direct     ? "gemm 4x8 window"
                                      : h.flip != 0 ? "gemm 4x8 pixels"
                                                    : "gemm 4x8 direct"
         : h.kind == product::pair8 ? h.direct ? "gemm 2x16 direct" : "gemm 2x16 window"
         : h.direct                 ? "gemm 2x16 wide weights direct"
                                    : "gemm 2x16 wide weights window";
}

// ---- parts ----

/// What a part of a product works on: some items (pixels where rows are read directly, else output
/// lines) times all panels, or all items times some panels.
struct product_share {
  part_range items, panels;
};
/// Tiles of so many rows that some items are, block by block.
inline std::size_t tiles_of_items(const packed_gemm& h, std::size_t tile, std::size_t line,
                                  std::size_t items) noexcept {
  const std::size_t block = as_size(h.block_rows), rest = items % block * line;
  return items / block * ((block * line + tile - 1) / tile) + (rest + tile - 1) / tile;
}
/// Whichever costs the longest part less. 7 lines of 7 pixels on two threads are 5 tiles of 6 rows
/// for one and 4 for the other, times all panels, or 9 for both, times half of them (3x3x512 to 512
/// channels: 0.8 of the time). In dot products of vectors: weights of a panel come from afar once
/// for each part that uses them; where parts share panels, each reads all of the input, and who
/// reads the output by rows, as all other operators do, all of that. A line of another core's cache
/// counts as 40 products (Zen 5, two threads: ResNet-50 and DenseNet-121 take 0.97 of the time for
/// it, InceptionV3 and EfficientNet-B0 0.98; 20 is as good, with 80 InceptionV3 gains nothing).
inline product_share share_of(const gemm_problem& g, const packed_gemm& h, std::size_t tile,
                              std::size_t items, std::size_t line, std::size_t panels,
                              const kernel_args& a) noexcept {
  product_share all{{0, items}, {0, panels}};
  if (a.parts <= 1) return all;
  const std::size_t parts = a.parts, some = (panels + parts - 1) / parts,
                    of_all = tiles_of_items(h, tile, line, items),
                    of_part = tiles_of_items(h, tile, line, (items + parts - 1) / parts);
  constexpr std::size_t weight_line = 6, cache_line = 40;
  const std::size_t of_panel = as_size(panel_vectors(h.vectors, h.panels, 0)) *
                               product_of(h.segments, h.steps),
                    product = tile * of_panel, weights = weight_line * of_panel,
                    pixels_in = as_size(g.batch) * product_of(g.in_h, g.in_w),
                    bytes = pixels_in * as_size(g.in_c) * size_of(g.in_type) +
                            items * line * as_size(g.out_c) * size_of(g.out_type),
                    from_others = bytes / 64 * (parts - 1) / parts;
  const bool by_rows = items >= parts && items * line >= 16 * parts &&
                       panels * (of_part * product + weights) <=
                           some * (of_all * product + weights) + cache_line * from_others;
  if (by_rows || panels < 2)
    all.items = part_of(items, a.part, a.parts);
  else
    all.panels = part_of(panels, a.part, a.parts);
  return all;
}

// ---- products: what is the same on every target ----

/// Accumulators of `rows` rows of a panel in packed order, a row right behind the other.
struct row_sums {
  std::int32_t* x;
  int nv, rows;
};
struct tile_call;
/// From a tile's sums to the output, in a way of its own: the rows of the block from `row` on.
using finish_tile_fn = void (*)(const tile_call& t, const row_sums& sums, std::size_t row,
                                std::byte* to) noexcept;
/// What a tile needs to know; the same for all tiles of one panel.
struct tile_call {
  const std::int64_t* offsets;  // of the segments
  int segments, steps;
  int share;                 // packed_gemm's
  const std::int32_t* sums;  // one per row, added to all its accumulators; null: none
  const std::int32_t*
      zeros;                // zero point of each row, which its activations still have; null: none
  bool one_zero;            // the block's rows have one zero point
  const float* scales;      // of each row, where `rows` is given
  const std::byte* arrays;  // the panel's columns
  const std::byte* weights;
  std::size_t ahead;      // bytes from the weights in use to those to be asked for; 0: none
  const std::byte* next;  // weights of the next panel, asked for bit by bit: of each row of this
  std::size_t next_row;   // one so many bytes, in each step of a tile so many; 0: none
  std::size_t next_step;
  std::size_t out_stride;  // bytes between rows of the output
  int n;                   // channels written
  std::int32_t first;      // first channel
  const requantize_params* requant;
  dtype out_type;
  const epilogue_scalars* scalars;
  epilogue_kind kind;
  int block_steps;  // packed_gemm's
  const row_scaling* rows;
  finish_tile_fn finish;  // null: by `kind`
};

/// `offset` times the sums of the activations of four rows.
using row_sums_fn = void (*)(const tile_call& t, int length, std::int32_t offset,
                             const std::byte* const* rows, std::int32_t* to) noexcept;
/// What of a product vectors do.
struct gemm_steps {
  const target_layout* layout;
  const window_copies* copies;
  int (*rows_of_tile)(int nv) noexcept;
  /// All rows of a block times one panel.
  void (*panel)(product kind, const tile_call& t, int nv, const std::byte* const* rows,
                std::byte* to, std::size_t count) noexcept;
  row_sums_fn sums;  // null: the target has no product of four bytes
  /// Of problems with row_scaling: zero points and scales of the rows of a block; whether all rows
  /// have the same.
  bool (*scales)(const gemm_run& r, const float* scales, std::size_t first,
                 std::size_t count) noexcept;
};

/// The rows of a block times the panels [begin, end), counted over all groups; `to`: the block's
/// first output.
OCTET_NOINLINE inline void block_panels(const gemm_steps& by, const gemm_run& r, tile_call& t,
                                        part_range share, std::byte* to,
                                        std::size_t count) noexcept {
  const gemm_problem& g = r.g;
  const packed_gemm& h = r.h;
  const auto panels = as_size(h.panels);
  const std::int32_t group_out = panel_group_out(g, h);
  std::size_t begins = 0;  // of the panel's input, from a pixel's first element
  for (std::size_t p = share.begin; p < share.end; ++p) {
    const auto group = static_cast<std::int32_t>(p / panels),
               i = static_cast<std::int32_t>(p % panels);
    const std::byte* at = r.packed + panel_at(h, *by.layout, group, i);
    const int nv = panel_vectors(h.vectors, h.panels, i), columns = nv * by.layout->lanes,
              local = first_vector(h.vectors, h.panels, i) * by.layout->lanes,
              left = group_out - local;
    t.n = left < columns ? left : columns;
    t.first = group * group_out + local;
    t.arrays = at + alignment;
    t.weights = t.arrays + round_up(as_size(columns) * 4 * panel_arrays, alignment);
    // Weights of a large layer come from afar, one panel behind the other; a processor's own
    // prefetching begins anew with each page.
    constexpr std::size_t large = 8192, far = 3072;
    const std::size_t steps = product_of(h.segments, h.steps), bytes = steps * 4 * as_size(columns);
    t.ahead = bytes >= large ? far : 0;
    // A panel that does not stay in the first cache: while it is used, the next one comes, as much
    // with each step as there are steps for it (ResNet-50 takes 0.92 of the time, VGG-16 0.95; what
    // the first tile asked for alone came no faster than before).
    constexpr std::size_t beyond_first = 32768;
    const bool comes = p + 1 < share.end && bytes >= beyond_first;
    t.next = comes ? r.packed + panel_at(h, *by.layout, static_cast<std::int32_t>((p + 1) / panels),
                                         static_cast<std::int32_t>((p + 1) % panels))
                   : at;
    t.next_row = comes ? bytes / count : 0;
    const std::size_t tile =
        as_size(by.rows_of_tile(nv)) < count ? as_size(by.rows_of_tile(nv)) : count;
    t.next_step = comes ? bytes * tile / (count * steps) : 0;
    // The rows move on to the group's channels, or to the panel's where groups lie side by side.
    const std::size_t before = begins;
    begins = as_size(h.share != 0 ? t.first : group * g.group_in()) * h.element;
    if (const std::size_t ahead = begins - before; ahead != 0)
      for (std::size_t k = 0; k < count + most_tile_rows; ++k) r.rows[k] += ahead;
    t.kind = *reinterpret_cast<const epilogue_kind*>(at);
    by.panel(h.kind, t, nv, r.rows, to + as_size(t.first) * size_of(g.out_type), count);
  }
}

/// The call's scratch, behind its segments.
inline gemm_run gemm_run_of(const gemm_problem& g, const packed_gemm& h, const std::byte* packed,
                            const kernel_args& a) noexcept {
  std::byte *const pointers = static_cast<std::byte*>(a.scratch) + gemm_segment_bytes(h),
                   *const sums = pointers + gemm_pointer_bytes(g, h),
                   *const zeros = sums + gemm_sum_bytes(g, h),
                   *const window = zeros + gemm_scale_bytes(g, h);
  gemm_run r{g,
             h,
             packed,
             reinterpret_cast<const std::byte**>(pointers),
             reinterpret_cast<std::int32_t*>(sums),
             reinterpret_cast<std::int32_t*>(zeros),
             reinterpret_cast<float*>(zeros + (window - zeros) / 2),
             window,
             {}};
  if (g.rows != nullptr)
    r.lines = {static_cast<const std::int32_t*>(a.in[3]), g.rows->lines, g.in_type};
  return r;
}
/// What all tiles of the call share.
inline tile_call tiles_of(const gemm_run& r, const std::int64_t* segments,
                          const epilogue_scalars& scalars, finish_tile_fn finish) noexcept {
  const gemm_problem& g = r.g;
  const packed_gemm& h = r.h;
  tile_call t;
  t.offsets = segments;
  t.segments = h.segments;
  t.steps = h.steps;
  t.share = h.share;
  t.sums = h.offset != 0 ? r.sums : nullptr;
  t.zeros = r.lines.of != nullptr && h.kind == product::quad ? r.zeros : nullptr;
  t.one_zero = false;
  t.scales = r.scales;
  // Pixels of a phase are step_w apart, its lines step_h.
  t.out_stride = as_size(g.out_c) * size_of(g.out_type) * as_size(g.part.on ? g.part.step_w : 1);
  t.requant = g.requant;
  t.out_type = g.out_type;
  t.scalars = &scalars;
  t.block_steps = h.block_steps;
  t.rows = g.rows;
  t.finish = finish;
  return t;
}

/// Part `part` of `parts` of a packed product. Of a problem with row_scaling the scales
/// of rows are operand 2, zero points operand 3, and `finish` makes floats of sums.
OCTET_NOINLINE inline void run_gemm(const gemm_steps& by, const gemm_problem& g,
                                    const std::byte* packed, const kernel_args& a,
                                    finish_tile_fn finish) noexcept {
  packed_gemm h;
  std::memcpy(&h, packed, sizeof(h));
  set_image(h, g);  // it may have been packed for an image of another size
  const auto* x = static_cast<const std::byte*>(a.in[0]);
  auto* const segments = static_cast<std::int64_t*>(a.scratch);
  set_segments(h, g, segments);
  const gemm_run r = gemm_run_of(g, h, packed, a);
  const epilogue_scalars scalars = scalars_of(*g.requant, g.out_type);
  const window_source source{g.in_type, h.element == 2 && g.in_type != dtype::s16,
                             h.flip,    g.in_zero_point,
                             h.fill,    by.copies};
  const std::size_t pixel_out = as_size(g.out_c) * size_of(g.out_type),
                    lines = product_of(g.batch, g.out_h), width = as_size(g.out_w);
  // Items of the partition: pixels where rows are read directly, else output lines.
  const std::size_t line = h.direct ? 1 : width, items = h.direct ? lines * width : lines;
  const auto [range, share] =
      share_of(g, h, as_size(by.rows_of_tile(panel_vectors(h.vectors, h.panels, 0))), items, line,
               product_of(h.panels, panel_groups(g, h)), a);
  tile_call t = tiles_of(r, segments, scalars, finish);
  for (std::size_t item = range.begin; item < range.end;) {
    const std::size_t count = block_rows(r, source, x, item, range.end - item);
    if (h.offset != 0 && by.sums != nullptr)
      for (std::size_t i = 0; i < count + most_tile_rows; i += 4)
        by.sums(t, h.segment_length, h.offset, r.rows + i, r.sums + i);
    std::size_t first = item * line;  // output pixel
    if (by.scales != nullptr)
      t.one_zero = by.scales(r, static_cast<const float*>(a.in[2]), first, count);
    if (const auto& part = g.part; part.on)
      first = (item / as_size(g.out_h) * as_size(part.out_h) + as_size(part.first_h) +
               item % as_size(g.out_h) * as_size(part.step_h)) *
                  as_size(part.out_w) +
              as_size(part.first_w);
    block_panels(by, r, t, share, static_cast<std::byte*>(a.out[0]) + first * pixel_out, count);
    item += h.direct ? count : count / line;
  }
}

}  // namespace kernels
OCTET_NAMESPACE_END
#endif  // OCTET_HAS_KERNELS, or a test of the passes

#endif  // OCTET_KERNELS_GEMM_ROWS_HPP_
