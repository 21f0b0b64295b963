// qnn.fully_connected, transposed convolutions and matrix products on the matrix kernel, and what
// qnn.conv2d does there. Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// count elements into a window: bytes (xor flip) or int16 (minus the zero point).
inline HWY_NOINLINE void window_bytes(const std::byte* x, std::byte* to, std::size_t count,
                                      std::uint32_t flip) noexcept {
  if (flip == 0) {
    std::memcpy(to, x, count);
    return;
  }
  const VU8 f = hn::BitCast(DU8(), set32(static_cast<std::int32_t>(flip)));
  if (count < lanes8) {
    const VU8 few = hn::Xor(simd::load_bytes(x, count), f);
    return simd::store_some(few, reinterpret_cast<std::uint8_t*>(to), count);
  }
  std::size_t i = 0;
  for (; i + lanes8 <= count; i += lanes8) simd::store8(hn::Xor(simd::load8(x + i), f), to + i);
  // The last ones with some that are there already.
  if (i < count) simd::store8(hn::Xor(simd::load8(x + count - lanes8), f), to + count - lanes8);
}
template <class T>
HWY_NOINLINE void window_words(const std::byte* from, std::byte* to, std::size_t count,
                               std::int32_t zero_point) noexcept {
  const auto* x = reinterpret_cast<const T*>(from);
  auto* y = reinterpret_cast<std::int16_t*>(to);
  const V16 z = hn::Set(D16(), static_cast<std::int16_t>(zero_point));
  std::size_t i = 0;
  for (; i + lanes16 <= count; i += lanes16) simd::store(hn::Sub(simd::load_as16(x + i), z), y + i);
  for (; i < count; ++i) y[i] = static_cast<std::int16_t>(x[i] - zero_point);
}
struct window_source {
  dtype type;
  bool words;  // int16 elements from bytes
  std::uint32_t flip;
  std::int32_t zero_point, fill;
  HWY_INLINE void copy(const std::byte* x, std::byte* to, std::size_t count) const noexcept {
    if (words) {
      if (type == dtype::u8)
        window_words<std::uint8_t>(x, to, count, zero_point);
      else
        window_words<std::int8_t>(x, to, count, zero_point);
    } else if (type == dtype::s16) {
      std::memcpy(to, x, count * 2);
    } else {
      window_bytes(x, to, count, flip);
    }
  }
  HWY_INLINE void pad(std::byte* to, std::size_t count) const noexcept {
    if (words || type == dtype::s16) {
      const auto v = static_cast<std::int16_t>(words ? 0 : fill);
      for (std::size_t i = 0; i < count; ++i) std::memcpy(to + 2 * i, &v, 2);
    } else {
      std::memset(to, fill, count);
    }
  }
  /// The same of bytes, or of words made of them, that have this zero point.
  HWY_INLINE window_source with(std::int32_t zero) const noexcept {
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
  HWY_INLINE std::int32_t at(std::size_t i) const noexcept {
    return kernels::run_time_zero_point(codes, of[i]);
  }
};

/// Output rows [oy, oy + rows) of image n: their input into the window.
inline HWY_NOINLINE void fill_window(const kernels::gemm_problem& g, const kernels::packed_gemm& h,
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

/// Sums of a row's activations as the quad product takes them, each lane its own elements.
HWY_INLINE V32 row_sums(const tile_call& t, int length, const std::byte* row) noexcept {
  const V8 ones = hn::Set(D8(), 1);
  V32 sum = zero32();
  for (int s = 0; s < t.segments; ++s) {
    const std::byte* x = row + t.offsets[s];
    int i = 0;
    for (; i + lanes8 <= length; i += lanes8)
      sum = simd::dot_quads(sum, hn::BitCast(D32(), simd::load8(x + i)), ones);
    if (const auto n = as_size(length - i); n != 0) {
      const VU8 some = simd::load_bytes(x + i, n);
      sum = simd::dot_quads(sum, hn::BitCast(D32(), hn::IfThenElseZero(hn::FirstN(DU8(), n), some)),
                            ones);
    }
  }
  return sum;
}
/// `offset` times the sums of four rows.
inline HWY_NOINLINE void four_row_sums(const tile_call& t, int length, std::int32_t offset,
                                       const std::byte* const* rows, std::int32_t* to) noexcept {
  const simd::tag<std::int64_t> i64;
  V32 pair[2];
  HWY_UNROLL(2)
  for (int i = 0; i < 2; ++i) {
    const V32 a = row_sums(t, length, rows[2 * i]), b = row_sums(t, length, rows[2 * i + 1]);
    pair[i] = hn::Add(hn::InterleaveLower(D32(), a, b), hn::InterleaveUpper(D32(), a, b));
  }
  // Each 128 bits: halves of the sums of rows 0, 1, 0, 1, and of rows 2, 3, 2, 3.
  const auto a = hn::BitCast(i64, pair[0]), b = hn::BitCast(i64, pair[1]);
  const V32 sums = hn::Add(hn::BitCast(D32(), hn::InterleaveLower(i64, a, b)),
                           hn::BitCast(D32(), hn::InterleaveUpper(i64, a, b)));
  alignas(alignment) std::int32_t each[lanes32];
  hn::Store(hn::Mul(sums, set32(offset)), D32(), each);
  const hn::CappedTag<std::int32_t, 4> four;
  auto total = hn::Load(four, each);
  for (int i = 4; i < lanes32; i += 4) total = hn::Add(total, hn::Load(four, each + i));
  hn::StoreU(total, four, to);
}

/// The work of one call: its scratch, and what does not change from block to block.
struct gemm_run {
  const kernels::gemm_problem& g;
  const kernels::packed_gemm& h;
  const std::byte* packed;
  const std::byte** rows;  // first element of each pixel of a block, in the input or the window
  std::int32_t* sums;      // of those rows, times h.offset
  std::int32_t* zeros;     // and their zero points
  float* scales;           // and their scales, where g.rows is given
  std::byte* window;
  line_zeros lines;
};

/// Where the input pixels of output pixels [first, first + count) lie, of a kernel of one pixel.
inline HWY_NOINLINE void strided_rows(const kernels::gemm_problem& g, const std::byte* x,
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
inline HWY_NOINLINE void copy_pixels(const gemm_run& r, const window_source& source,
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
HWY_INLINE std::size_t block_rows(const gemm_run& r, const window_source& source,
                                  const std::byte* x, std::size_t item, std::size_t left) noexcept {
  const kernels::gemm_problem& g = r.g;
  const kernels::packed_gemm& h = r.h;
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
/// h.offset times the sum of each row's activations.
HWY_INLINE void block_sums(const gemm_run& r, const tile_call& t, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count + most_tile_rows; i += 4)
    four_row_sums(t, r.h.segment_length, r.h.offset, r.rows + i, r.sums + i);
}

/// n times x.
template <class T> HWY_INLINE void repeat(T x, T* to, std::size_t n) noexcept {
  const simd::tag<T> d;
  const auto v = hn::Set(d, x);
  std::size_t i = 0;
  for (; i + lanes32 <= n; i += lanes32) hn::StoreU(v, d, to + i);
  if (i < n) simd::store_some(v, to + i, n - i);
}
/// Zero points of lines as they are used (kernels::run_time_zero_point).
inline HWY_NOINLINE void zeros_of_lines(const line_zeros& lines, std::size_t first,
                                        std::size_t count, std::int32_t* to) noexcept {
  const V32 lo = set32(static_cast<std::int32_t>(lowest_of(lines.codes))),
            hi = set32(static_cast<std::int32_t>(highest_of(lines.codes)));
  std::size_t i = 0;
  for (; i + lanes32 <= count; i += lanes32)
    hn::StoreU(hn::Min(hn::Max(simd::load(lines.of + first + i), lo), hi), D32(), to + i);
  for (; i < count; ++i) to[i] = lines.at(first + i);
}
/// Zero points and scales of the rows of a block of `count` output pixels from `first` on; whether
/// all rows have the same.
inline HWY_NOINLINE bool block_scales(const gemm_run& r, const float* scales, std::size_t first,
                                      std::size_t count) noexcept {
  const std::size_t share = r.g.rows->lines * as_size(r.g.out_w);  // pixels
  if (share == 1 && count != 1) {
    std::memcpy(r.scales, scales + first, count * sizeof(float));
    repeat(r.scales[count - 1], r.scales + count, most_tile_rows);
    if (r.lines.of == nullptr) return false;
    zeros_of_lines(r.lines, first, count, r.zeros);
    repeat(r.zeros[count - 1], r.zeros + count, most_tile_rows);
    return false;
  }
  const std::size_t begin = first / share, all = count + most_tile_rows;
  std::size_t line = begin, left = share - first % share;
  for (std::size_t i = 0; i < all; ++line, left = share) {
    const std::size_t n = left < count - i ? left : all - i;
    repeat(scales[line], r.scales + i, n);
    if (r.lines.of != nullptr) repeat(r.lines.at(line), r.zeros + i, n);
    i += n;
  }
  return count <= share - first % share;
}

/// A template, so that families without the product of four bytes do not compile its tiles.
template <bool Quads, class Finish>
HWY_INLINE void panel_of(kernels::product kind, const tile_call& t, int nv,
                         const std::byte* const* rows, std::byte* to, std::size_t count) noexcept {
  if constexpr (Quads && layout.max_vectors == 4 && !Finish::floats)
    if (t.share != 0) return grouped_panel<quad_ops>(t, rows, to, count);
  if constexpr (Quads)
    if (kind == kernels::product::quad) return panel<quad_ops, Finish>(t, nv, rows, to, count);
  if (kind == kernels::product::pair8)
    panel<pair8_ops, by_kind>(t, nv, rows, to, count);
  else
    panel<pair16_ops, by_kind>(t, nv, rows, to, count);
}
/// The rows of a block times the panels [begin, end), counted over all groups; `to`: the block's
/// first output.
template <class Finish>
HWY_INLINE void block_panels(const gemm_run& r, tile_call& t, part_range share, std::byte* to,
                             std::size_t count) noexcept {
  const kernels::gemm_problem& g = r.g;
  const kernels::packed_gemm& h = r.h;
  const auto panels = as_size(h.panels);
  const std::int32_t group_out = kernels::panel_group_out(g, h);
  std::size_t begins = 0;  // of the panel's input, from a pixel's first element
  for (std::size_t p = share.begin; p < share.end; ++p) {
    const auto group = static_cast<std::int32_t>(p / panels),
               i = static_cast<std::int32_t>(p % panels);
    const std::byte* at = r.packed + kernels::panel_at(h, layout, group, i);
    const int nv = kernels::panel_vectors(h.vectors, h.panels, i), columns = nv * lanes32,
              local = kernels::first_vector(h.vectors, h.panels, i) * lanes32,
              left = group_out - local;
    t.n = left < columns ? left : columns;
    t.first = group * group_out + local;
    t.arrays = at + alignment;
    t.weights = t.arrays + round_up(as_size(columns) * 4 * kernels::panel_arrays, alignment);
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
    t.next =
        comes ? r.packed + kernels::panel_at(h, layout, static_cast<std::int32_t>((p + 1) / panels),
                                             static_cast<std::int32_t>((p + 1) % panels))
              : at;
    t.next_row = comes ? bytes / count : 0;
    const std::size_t tile = as_size(tile_rows(nv)) < count ? as_size(tile_rows(nv)) : count;
    t.next_step = comes ? bytes * tile / (count * steps) : 0;
    // The rows move on to the group's channels, or to the panel's where groups lie side by side.
    const std::size_t before = begins;
    begins = as_size(h.share != 0 ? t.first : group * g.group_in()) * h.element;
    if (const std::size_t ahead = begins - before; ahead != 0)
      for (std::size_t k = 0; k < count + most_tile_rows; ++k) r.rows[k] += ahead;
    t.kind = *reinterpret_cast<const kernels::epilogue_kind*>(at);
    panel_of<has_quads, Finish>(h.kind, t, nv, r.rows, to + as_size(t.first) * size_of(g.out_type),
                                count);
  }
}

/// The call's scratch, behind its segments.
HWY_INLINE gemm_run gemm_run_of(const kernels::gemm_problem& g, const kernels::packed_gemm& h,
                                const std::byte* packed, const kernel_args& a) noexcept {
  std::byte *const pointers = static_cast<std::byte*>(a.scratch) + kernels::gemm_segment_bytes(h),
                   *const sums = pointers + kernels::gemm_pointer_bytes(g, h),
                   *const zeros = sums + kernels::gemm_sum_bytes(g, h),
                   *const window = zeros + kernels::gemm_scale_bytes(g, h);
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
HWY_INLINE tile_call tiles_of(const gemm_run& r, const std::int64_t* segments,
                              const kernels::epilogue_scalars& scalars,
                              finish_tile_fn finish) noexcept {
  const kernels::gemm_problem& g = r.g;
  const kernels::packed_gemm& h = r.h;
  tile_call t;
  t.offsets = segments;
  t.segments = h.segments;
  t.steps = h.steps;
  t.share = h.share;
  t.sums = h.offset != 0 ? r.sums : nullptr;
  t.zeros = r.lines.of != nullptr && h.kind == kernels::product::quad ? r.zeros : nullptr;
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

/// Part `part` of `parts` of a packed product. Of a problem with row_scaling: scales of rows are
/// operand 2, zero points operand 3, and `finish` makes floats of sums.
template <class Finish = by_kind>
HWY_NOINLINE void run_gemm(const kernels::gemm_problem& g, const std::byte* packed,
                           const kernel_args& a, finish_tile_fn finish = nullptr) noexcept {
  kernels::packed_gemm h;
  std::memcpy(&h, packed, sizeof(h));
  kernels::set_image(h, g);  // it may have been packed for an image of another size
  const auto* x = static_cast<const std::byte*>(a.in[0]);
  auto* const segments = static_cast<std::int64_t*>(a.scratch);
  kernels::set_segments(h, g, segments);
  const gemm_run r = gemm_run_of(g, h, packed, a);
  const kernels::epilogue_scalars scalars = kernels::scalars_of(*g.requant, g.out_type);
  const window_source source{g.in_type, h.element == 2 && g.in_type != dtype::s16, h.flip,
                             g.in_zero_point, h.fill};
  const std::size_t pixel_out = as_size(g.out_c) * size_of(g.out_type),
                    lines = product_of(g.batch, g.out_h), width = as_size(g.out_w);
  // Items of the partition: pixels where rows are read directly, else output lines.
  const std::size_t line = h.direct ? 1 : width, items = h.direct ? lines * width : lines;
  // Rows are shared out where there are enough of them; else the panels are.
  const bool by_rows = items >= a.parts && items * line >= std::size_t{16} * a.parts;
  part_range range{0, items}, share{0, product_of(h.panels, kernels::panel_groups(g, h))};
  if (by_rows)
    range = part_of(items, a.part, a.parts);
  else
    share = part_of(share.end, a.part, a.parts);

  tile_call t = tiles_of(r, segments, scalars, finish);
  for (std::size_t item = range.begin; item < range.end;) {
    const std::size_t count = block_rows(r, source, x, item, range.end - item);
    if constexpr (has_quads)
      if (h.offset != 0) block_sums(r, t, count);
    std::size_t first = item * line;  // output pixel
    if (g.rows != nullptr)
      t.one_zero = block_scales(r, static_cast<const float*>(a.in[2]), first, count);
    if (const auto& part = g.part; part.on)
      first = (item / as_size(g.out_h) * as_size(part.out_h) + as_size(part.first_h) +
               item % as_size(g.out_h) * as_size(part.step_h)) *
                  as_size(part.out_w) +
              as_size(part.first_w);
    block_panels<Finish>(r, t, share, static_cast<std::byte*>(a.out[0]) + first * pixel_out, count);
    item += h.direct ? count : count / line;
  }
}

inline const char* describe_gemm(const kernels::gemm_problem& g) {
  const kernels::packed_gemm h = kernels::gemm_header(g, layout);
  if (h.share != 0) return "gemm 4x8 grouped";
  return h.kind == kernels::product::quad    ? !h.direct     ? "gemm 4x8 window"
                                               : h.flip != 0 ? "gemm 4x8 pixels"
                                                             : "gemm 4x8 direct"
         : h.kind == kernels::product::pair8 ? h.direct ? "gemm 2x16 direct" : "gemm 2x16 window"
         : h.direct                          ? "gemm 2x16 wide weights direct"
                                             : "gemm 2x16 wide weights window";
}
/// Operators on the matrix kernel. `Of`: params to problem.
template <class Params, kernels::gemm_problem (*Of)(const Params&) noexcept>
struct gemm_kernel : packing_kernel<gemm_kernel<Params, Of>, Params> {
  using base = packing_kernel<gemm_kernel, Params>;
  using base::params;
  static void run(const kernel_args& a) noexcept {
    run_gemm(Of(params(a.params)), params(a.params).packed, a);
  }
  static kernels::node_bytes bytes(const Params& p) { return kernels::gemm_bytes(Of(p), layout); }
  static void pack_into(const Params& p, std::byte* to) { kernels::gemm_pack(Of(p), layout, to); }
  static bool accepts(const void* p) {
    return kernels::gemm_accepts(Of(params(p))) && base::scratch_bytes(p) <= kernels::most_scratch;
  }
  static const char* describe(const void* p) {
    return p == nullptr ? "gemm" : describe_gemm(Of(params(p)));
  }
};
inline kernels::gemm_problem conv2d_problem(const conv2d_params& p) noexcept {
  return kernels::problem_of(p, false);
}
inline kernels::gemm_problem fully_connected_problem(const fully_connected_params& p) noexcept {
  return kernels::problem_of(p);
}
inline kernels::gemm_problem transpose_conv2d_problem(const transpose_conv2d_params& p) noexcept {
  return kernels::problem_of(p);
}

template <class V> struct kernel<kernel_id::fully_connected, V> {
  static constexpr const kernel_entry* entry =
      gemm_kernel<fully_connected_params, &fully_connected_problem>::entry;
};
/// By phases where the stride is above 1.
template <class V>
struct kernel<kernel_id::transpose_conv2d, V>
    : packing_kernel<kernel<kernel_id::transpose_conv2d, V>, transpose_conv2d_params> {
  using base = packing_kernel<kernel, transpose_conv2d_params>;
  using base::params;
  static kernels::gemm_problem problem(const void* p) {
    return transpose_conv2d_problem(params(p));
  }
  static std::uint64_t packing(const void* p) { return kernels::phases_of(problem(p)); }
  static void run(const kernel_args& a) noexcept {
    const kernels::gemm_problem g = problem(a.params);
    const std::byte* const packed = params(a.params).packed;
    std::uint64_t begins[kernels::most_phases];
    std::memcpy(begins, packed, sizeof(begins));
    if (!kernels::has_phases(g)) return run_gemm(g, packed + begins[0], a);
    std::size_t i = 0;
    for (std::int32_t r = 0; r < g.insert_h; ++r)
      for (std::int32_t c = 0; c < g.insert_w; ++c)
        if (const auto p = kernels::phase_of(g, r, c); p.out_h > 0 && p.out_w > 0)
          run_gemm(p, packed + begins[i++], a);
  }
  static kernels::node_bytes bytes(const transpose_conv2d_params& p) {
    return kernels::transpose_conv2d_bytes(transpose_conv2d_problem(p), layout);
  }
  static void pack_into(const transpose_conv2d_params& p, std::byte* to) {
    kernels::transpose_conv2d_pack(transpose_conv2d_problem(p), layout, to);
  }
  static bool accepts(const void* p) {
    return kernels::gemm_accepts(problem(p)) && base::scratch_bytes(p) <= kernels::most_scratch;
  }
  static const char* describe(const void* p) {
    return p != nullptr && kernels::has_phases(problem(p)) ? "gemm by phases" : "gemm";
  }
};

/// The matrices of a part: whole ones where there are enough for all parts, else its share of each.
struct matrices {
  part_range of;
  kernel_args each;
  matrices(const batch_matmul_params& p, const kernel_args& a) noexcept
      : of{0, p.batches.count}, each(a) {
    if (p.batches.count < a.parts) return;
    of = part_of(p.batches.count, a.part, a.parts);
    each.part = 0, each.parts = 1;
  }
};
/// Matrix by matrix. A constant second operand that all of them share is packed once, at plan time;
/// others for each run, into scratch.
template <class V>
struct kernel<kernel_id::batch_matmul, V>
    : packing_kernel<kernel<kernel_id::batch_matmul, V>, batch_matmul_params> {
  using base = packing_kernel<kernel, batch_matmul_params>;
  using base::params;
  static kernels::node_bytes bytes(const batch_matmul_params& p) {
    return kernels::gemm_bytes(kernels::problem_of(p), layout);
  }
  static bool accepts(const void* p) {
    return kernels::batch_matmul_accepts(params(p)) &&
           base::scratch_bytes(p) <= kernels::most_scratch;
  }
  static void pack_into(const batch_matmul_params& p, std::byte* to) {
    kernels::gemm_pack(kernels::problem_of(p), layout, to);
  }
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    kernels::gemm_problem g = kernels::problem_of(p);
    std::byte* const packed =
        static_cast<std::byte*>(a.scratch) +
        (g.dynamic ? kernels::gemm_window_bytes(g, kernels::gemm_header(g, layout)) : 0);
    const std::size_t a_bytes = p.m * p.k * size_of(p.a_type),
                      b_bytes = p.k * p.n * size_of(p.b_type),
                      y_bytes = p.m * p.n * size_of(p.out_type);
    matrices m(p, a);
    const std::byte* last = nullptr;
    for (std::size_t batch = m.of.begin; batch < m.of.end; ++batch) {
      const std::array<std::size_t, 2> at = broadcast_offsets(p.batches, batch);
      const void* in[2] = {static_cast<const std::byte*>(a.in[0]) + at[0] * a_bytes, a.in[1]};
      void* out[1] = {static_cast<std::byte*>(a.out[0]) + batch * y_bytes};
      m.each.in = in, m.each.out = out;
      if (g.dynamic) {
        g.weights = static_cast<const std::byte*>(a.in[1]) + at[1] * b_bytes;
        if (g.weights != last) kernels::gemm_pack(g, layout, packed);
        last = static_cast<const std::byte*>(g.weights);
      }
      run_gemm(g, g.dynamic ? packed : p.packed, m.each);
    }
  }
  static const char* describe(const void* p) {
    return p != nullptr && kernels::packs_once(params(p)) ? "gemm, packed once"
                                                          : "gemm, packed each run";
  }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
