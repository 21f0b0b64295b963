// qnn.depthwise_conv2d of few channels: rows as runs (depthwise.hpp). Part of a pass: see
// pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

// ---- rows of the input, as the products take them ----
// `taps`: groups times as many as a group holds, where each tap's element of the first position
// lies; those beyond the kernel have weights of 0. Positions are `step` bytes apart, and `to_step`
// where they are stored.

struct tap_rows {
  const std::byte* const* taps;
  std::size_t count, step;
  std::byte* to;
  std::size_t to_step;
};
inline HWY_NOINLINE void interleave_quads(const kernels::packed_depthwise& h,
                                          const tap_rows& t) noexcept {
  const VU8 f = hn::BitCast(DU8(), set32(static_cast<std::int32_t>(h.flip)));
  for (int g = 0; g < h.groups; ++g) {
    const std::byte *a = t.taps[4 * g], *b = t.taps[4 * g + 1], *c = t.taps[4 * g + 2],
                    *d = t.taps[4 * g + 3];
    std::byte* to = t.to + as_size(g * h.channels) * 4;
    const std::byte* const end = a + t.count * t.step;
    for (; a != end; a += t.step, b += t.step, c += t.step, d += t.step, to += t.to_step)
      simd::store_quads(hn::Xor(simd::load8(a), f), hn::Xor(simd::load8(b), f),
                        hn::Xor(simd::load8(c), f), hn::Xor(simd::load8(d), f), to);
  }
}
/// `zero`: what is taken from every element.
template <class T>
HWY_NOINLINE void interleave_pairs(const kernels::packed_depthwise& h, std::int32_t zero,
                                   const tap_rows& t) noexcept {
  const V16 z = hn::Set(D16(), static_cast<std::int16_t>(zero));
  for (int g = 0; g < h.groups; ++g) {
    const std::byte *a = t.taps[2 * g], *b = t.taps[2 * g + 1];
    std::byte* to = t.to + as_size(g * h.channels) * 4;
    const std::byte* const end = a + t.count * t.step;
    for (; a != end; a += t.step, b += t.step, to += t.to_step)
      simd::store_pairs(hn::Sub(simd::load_as16<T>(a), z), hn::Sub(simd::load_as16<T>(b), z), to);
  }
}
HWY_INLINE void interleave_taps(const conv2d_params& p, const kernels::packed_depthwise& h,
                                const tap_rows& t) noexcept {
  if constexpr (has_quads)
    if (h.kind == kernels::product::quad) return interleave_quads(h, t);
  if (p.in_type == dtype::u8)
    interleave_pairs<std::uint8_t>(h, p.in_zero_point, t);
  else if (p.in_type == dtype::s8)
    interleave_pairs<std::int8_t>(h, p.in_zero_point, t);
  else
    interleave_pairs<std::int16_t>(h, 0, t);
}

/// A row of an image, and the columns that a buffer takes of it.
struct column_run {
  const std::byte* row;
  std::int64_t first;  // column of the buffer's first pixel; may lie before the image
  std::size_t stride, count;
};
/// `count` pixels of `pixel` bytes, `step` bytes apart, side by side. What follows them in the
/// buffer may be overwritten, up to a vector; nothing is read from `end` on.
inline void copy_pixels(const std::byte* from, std::size_t step, std::size_t count,
                        std::size_t pixel, const std::byte* end, std::byte* to) noexcept {
  if (step == pixel) {
    std::memcpy(to, from, count * pixel);
    return;
  }
  std::size_t i = 0;
  // A small pixel by one whole vector, whose rest the next pixel overwrites.
  if (pixel <= as_size(lanes8))
    for (; i < count && as_size(end - from) >= as_size(lanes8); ++i, from += step, to += pixel)
      simd::store8(simd::load8(from), to);
  for (; i < count; ++i, from += step, to += pixel) std::memcpy(to, from, pixel);
}
/// A buffer's pixels, side by side; those beside the image are zero points.
template <class T>
inline void copy_columns(const conv2d_params& p, const column_run& run, const std::byte* end,
                         std::byte* to) noexcept {
  const std::size_t pixel = as_size(p.in_c) * sizeof(T);
  const auto stride = static_cast<std::int64_t>(run.stride),
             count = static_cast<std::int64_t>(run.count);
  // Of the buffer's pixels, [left, right) lie in the image.
  const std::int64_t before = run.first < 0 ? (-run.first + stride - 1) / stride : 0,
                     inside = run.first < p.in_w ? (p.in_w - 1 - run.first) / stride + 1 : 0,
                     left = before < count ? before : count,
                     right = inside < left    ? left
                             : inside < count ? inside
                                              : count;
  if (left < right)
    copy_pixels(run.row + as_size(run.first + left * stride) * pixel, run.stride * pixel,
                as_size(right - left), pixel, end, to + as_size(left) * pixel);
  auto* const elements = reinterpret_cast<T*>(to);
  const auto zero = static_cast<T>(p.in_zero_point);
  std::fill_n(elements, left * p.in_c, zero);
  std::fill_n(elements + right * p.in_c, (count - right) * p.in_c, zero);
}

// ---- products ----

struct position_call : finish_call {
  const std::byte* const* rows;  // interleaved: kernel_h for each line, the first position's
  std::size_t step;              // bytes from position to position
  const std::byte* weights;
  int kernel_h, groups;
  std::size_t lines, count;  // positions of each line
  std::byte* to;
  std::size_t line_stride;
};

/// Adds the products of one position of a line. KH, G > 0: kernel rows and groups as constants,
/// weights stay in registers (`kept`).
template <class Ops, int KH, int G, int N>
HWY_INLINE void add_position(const position_call& t, const std::byte* const* rows, std::size_t at,
                             const typename Ops::W (&kept)[N], V32 (&acc)[Ops::vectors]) noexcept {
  constexpr int NV = Ops::vectors;
  constexpr std::size_t vector = as_size(lanes32) * 4;
  if constexpr (KH > 0) {
    HWY_UNROLL(3)
    for (int ky = 0; ky < KH; ++ky) {
      HWY_UNROLL(8)
      for (int i = 0; i < G * NV; ++i)
        acc[i % NV] = Ops::dot(acc[i % NV], Ops::load(rows[ky] + at + as_size(i) * vector),
                               kept[ky * G * NV + i]);
    }
  } else {
    const std::byte* w = t.weights;
    for (int ky = 0; ky < t.kernel_h; ++ky) {
      const std::byte* x = rows[ky] + at;
      for (int g = 0; g < t.groups; ++g, x += NV * vector, w += NV * vector) {
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v)
          acc[v] = Ops::dot(acc[v], Ops::load(x + as_size(v) * vector),
                            Ops::load(w + as_size(v) * vector));
      }
    }
  }
}
/// One position of two lines that are one input row apart: they share all but one of their rows.
template <class Ops, int KH, int G, int N>
HWY_INLINE void add_two_lines(const std::byte* const* rows, std::size_t at,
                              const typename Ops::W (&kept)[N], V32 (&acc)[Ops::vectors],
                              V32 (&next)[Ops::vectors]) noexcept {
  constexpr int NV = Ops::vectors;
  constexpr std::size_t vector = as_size(lanes32) * 4;
  HWY_UNROLL(4)
  for (int ky = 0; ky <= KH; ++ky) {
    const std::byte* const row = (ky < KH ? rows[ky] : rows[2 * KH - 1]) + at;
    HWY_UNROLL(8)
    for (int i = 0; i < G * NV; ++i) {
      const auto x = Ops::load(row + as_size(i) * vector);
      if (ky < KH) acc[i % NV] = Ops::dot(acc[i % NV], x, kept[(ky < KH ? ky : 0) * G * NV + i]);
      if (ky > 0)
        next[i % NV] = Ops::dot(next[i % NV], x, kept[(ky > 0 ? ky - 1 : 0) * G * NV + i]);
    }
  }
}
/// Two positions of a line, which share the loads of their weights.
template <class Ops>
HWY_INLINE void add_two_positions(const position_call& t, const std::byte* const* rows,
                                  std::size_t at, V32 (&acc)[Ops::vectors],
                                  V32 (&next)[Ops::vectors]) noexcept {
  constexpr int NV = Ops::vectors;
  constexpr std::size_t vector = as_size(lanes32) * 4;
  const std::byte* w = t.weights;
  for (int ky = 0; ky < t.kernel_h; ++ky) {
    const std::byte* x = rows[ky] + at;
    for (int g = 0; g < t.groups; ++g, x += NV * vector, w += NV * vector) {
      HWY_UNROLL(4)
      for (int v = 0; v < NV; ++v) {
        const auto of = Ops::load(w + as_size(v) * vector);
        acc[v] = Ops::dot(acc[v], Ops::load(x + as_size(v) * vector), of);
        next[v] = Ops::dot(next[v], Ops::load(x + t.step + as_size(v) * vector), of);
      }
    }
  }
}
/// All positions of one block in some lines.
template <class Ops, int KH, int G, kernels::epilogue_kind E>
HWY_NOINLINE void positions(const position_call& t) noexcept {
  constexpr int NV = Ops::vectors;
  constexpr std::size_t vector = as_size(lanes32) * 4;
  const columns c(t.arrays, NV);
  const epilogue e(*t.scalars);
  typename Ops::W kept[KH > 0 ? KH * G * NV : 1];
  if constexpr (KH > 0) {
    HWY_UNROLL(12)
    for (int i = 0; i < KH * G * NV; ++i) kept[i] = Ops::load(t.weights + as_size(i) * vector);
  }
  pending_pixels<NV> pending;
  V32 start[NV];
  requantize_dr dr[NV];
  begin_pixels<E>(c, start, dr);
  const std::byte* const* rows = t.rows;
  std::size_t line = 0;
  if constexpr (KH > 0 && E != kernels::epilogue_kind::any)
    for (; line + 2 <= t.lines && rows[KH] == rows[1]; line += 2, rows += 2 * KH) {
      std::byte* to = t.to + line * t.line_stride;
      for (std::size_t p = 0, at = 0; p < t.count; ++p, at += t.step, to += t.out_stride) {
        V32 acc[NV], next[NV];
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v) acc[v] = next[v] = start[v];
        add_two_lines<Ops, KH, G>(rows, at, kept, acc, next);
        OCTET_TARGET_NS::finish_pixel<NV, E>(t, c, e, dr, pending, acc, to);
        OCTET_TARGET_NS::finish_pixel<NV, E>(t, c, e, dr, pending, next, to + t.line_stride);
      }
    }
  for (; line < t.lines; ++line, rows += t.kernel_h) {
    std::byte* to = t.to + line * t.line_stride;
    std::size_t at = 0, p = 0;
    if constexpr (KH == 0)
      for (; p + 2 <= t.count; p += 2, at += 2 * t.step, to += 2 * t.out_stride) {
        V32 acc[NV], next[NV];
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v) acc[v] = next[v] = start[v];
        add_two_positions<Ops>(t, rows, at, acc, next);
        OCTET_TARGET_NS::finish_pixel<NV, E>(t, c, e, dr, pending, acc, to);
        OCTET_TARGET_NS::finish_pixel<NV, E>(t, c, e, dr, pending, next, to + t.out_stride);
      }
    for (; p < t.count; ++p, at += t.step, to += t.out_stride) {
      V32 acc[NV];
      HWY_UNROLL(4)
      for (int v = 0; v < NV; ++v) acc[v] = start[v];
      add_position<Ops, KH, G>(t, rows, at, kept, acc);
      OCTET_TARGET_NS::finish_pixel<NV, E>(t, c, e, dr, pending, acc, to);
    }
    pending.flush(t);
  }
}
template <class Ops, int KH, int G> HWY_INLINE void positions_of(const position_call& t) noexcept {
  if constexpr (KH > 0 && std::is_same_v<Ops, quad_each_ops>)
    if (t.kind == kernels::epilogue_kind::scaled)
      return positions<Ops, KH, G, kernels::epilogue_kind::scaled>(t);
  if (t.kind == kernels::epilogue_kind::scaled || t.kind == kernels::epilogue_kind::real)
    positions<Ops, KH, G, kernels::epilogue_kind::real>(t);
  else if (t.kind == kernels::epilogue_kind::dr)
    positions<Ops, KH, G, kernels::epilogue_kind::dr>(t);
  else
    positions<Ops, KH, G, kernels::epilogue_kind::any>(t);
}
template <bool Quads>
HWY_INLINE void multiply_runs(const kernels::packed_depthwise& h, const position_call& t) noexcept {
  if constexpr (Quads)
    if (h.kind == kernels::product::quad)
      return t.kernel_h == 3 && t.groups == 1 ? positions_of<quad_each_ops, 3, 1>(t)
                                              : positions_of<quad_each_ops, 0, 0>(t);
  if (t.kernel_h == 3 && t.groups == 2)
    positions_of<pair_each_ops, 3, 2>(t);
  else
    positions_of<pair_each_ops, 0, 0>(t);
}

// ---- an image ----

/// One call's walk over its share of an image: see depthwise.hpp.
class run_walker {
 public:
  HWY_INLINE run_walker(const conv2d_params& params, const kernel_args& a) noexcept
      : p_(params),
        x_(static_cast<const std::byte*>(a.in[0])),
        y_(static_cast<std::byte*>(a.out[0])),
        scalars_(kernels::scalars_of(p_.requant, p_.out_type)) {
    h_ = packed_header(p_);
    w_ = kernels::walk_of(p_, h_);
    element_ = size_of(p_.in_type);
    pixel_ = as_size(p_.in_c) * element_;
    out_pixel_ = as_size(p_.out_c) * size_of(p_.out_type);
    end_ = x_ + as_size(p_.batch) * product_of(p_.in_h, p_.in_w) * pixel_;
    position_bytes_ = as_size(h_.channels * h_.groups) * 4;
    held_ = static_cast<std::int64_t*>(a.scratch);
    rows_ = reinterpret_cast<const std::byte**>(held_ + w_.slots);
    taps_ = rows_ + w_.lines * as_size(p_.kernel_h);
    slots_ = static_cast<std::byte*>(a.scratch) + w_.pointers;
    buffers_ = slots_ + w_.slots * w_.slot_bytes;
  }
  HWY_INLINE std::size_t periods() const noexcept { return w_.periods; }
  /// Output rows of all images, and periods of each.
  HWY_INLINE void run(const part_range& items, const part_range& periods) noexcept {
    const std::size_t out_w = as_size(p_.out_w);
    for (std::size_t at = periods.begin; at < periods.end; at += w_.chunk) {
      const std::size_t left = periods.end - at, count = left < w_.chunk ? left : w_.chunk;
      first_pixel_ = at * w_.pixels;
      pixels_ = out_w - first_pixel_;
      if (count * w_.pixels < pixels_) pixels_ = count * w_.pixels;
      positions_ = (pixels_ * as_size(p_.out_c) - 1) / as_size(h_.channels) + 1;
      images(items);
    }
  }

 private:
  HWY_INLINE void images(const part_range& items) noexcept {
    const auto out_h = as_size(p_.out_h);
    for (std::size_t item = items.begin; item < items.end;) {
      const std::size_t first = item % out_h, rest = items.end - item,
                        rows = rest < out_h - first ? rest : out_h - first;
      image(item / out_h, first, first + rows);
      item += rows;
    }
  }
  /// Output rows [first, last) of an image.
  HWY_INLINE void image(std::size_t n, std::size_t first, std::size_t last) noexcept {
    for (std::size_t s = 0; s < w_.slots; ++s) held_[s] = -1;
    // Dilated kernels take every dilation-th row: so do the lines that share them.
    const std::size_t dilation = as_size(p_.dilation_h),
                      apart = p_.stride_h == 1 && dilation < last - first ? dilation : 1;
    for (std::size_t begin = first; begin < first + apart; ++begin)
      for (std::size_t oy = begin; oy < last; oy += apart * w_.lines) {
        const std::size_t left = (last - oy - 1) / apart + 1,
                          lines = left < w_.lines ? left : w_.lines;
        for (std::size_t line = 0, i = 0; line < lines; ++line)
          for (std::size_t ky = 0; ky < as_size(p_.kernel_h); ++ky, ++i)
            rows_[i] = interleaved(n, (oy + line * apart) * as_size(p_.stride_h) + ky * dilation);
        multiply_blocks(n * as_size(p_.out_h) + oy, lines, apart);
      }
  }
  /// The interleaved row `row` of the padded image.
  HWY_INLINE const std::byte* interleaved(std::size_t n, std::size_t row) noexcept {
    const std::size_t slot = row / as_size(p_.dilation_h) % w_.slots;
    std::byte* const to = slots_ + slot * w_.slot_bytes;
    if (held_[slot] == static_cast<std::int64_t>(row)) return to;
    held_[slot] = static_cast<std::int64_t>(row);
    const std::int64_t iy = static_cast<std::int64_t>(row) - p_.pad_top;
    if (iy < 0 || iy >= p_.in_h) {
      fill(to);
    } else {
      interleave(x_ + (n * as_size(p_.in_h) + as_size(iy)) * as_size(p_.in_w) * pixel_, to);
    }
    return to;
  }
  HWY_INLINE void fill(std::byte* to) const noexcept {
    const std::size_t bytes = positions_ * position_bytes_;
    if (h_.kind == kernels::product::quad)
      std::memset(to, h_.fill, bytes);
    else
      std::fill_n(reinterpret_cast<std::int16_t*>(to), bytes / 2,
                  static_cast<std::int16_t>(p_.in_type == dtype::s16 ? p_.in_zero_point : 0));
  }
  HWY_INLINE std::size_t taps() const noexcept {
    return as_size(h_.groups) * (h_.kind == kernels::product::quad ? 4 : 2);
  }
  /// Column of tap kx from that of the first; of those beyond the kernel, the first's.
  HWY_INLINE std::size_t tap_column(std::size_t kx) const noexcept {
    return kx < as_size(p_.kernel_w) ? kx * as_size(p_.dilation_w) : 0;
  }

  HWY_INLINE void interleave(const std::byte* row, std::byte* to) noexcept {
    const std::size_t reach = as_size(p_.kernel_w - 1) * as_size(p_.dilation_w),
                      stride = as_size(p_.stride_w), block = as_size(h_.channels) * element_;
    const std::int64_t first = static_cast<std::int64_t>(first_pixel_) * p_.stride_w - p_.pad_left;
    // One that lies in the image is read where it is.
    const bool direct =
        stride == 1 && first >= 0 &&
        first + static_cast<std::int64_t>(pixels_ + reach) <= p_.in_w &&
        as_size(end_ - row) >= (as_size(first) + reach) * pixel_ + positions_ * block;
    const std::byte* base = direct ? row + as_size(first) * pixel_ : buffers_;
    if (!direct)
      for (std::size_t phase = 0; phase < w_.phases; ++phase)
        copy({row, first + static_cast<std::int64_t>(phase), stride,
              pixels_ + (reach - phase) / stride},
             buffers_ + phase * w_.phase_bytes);
    for (std::size_t kx = 0; kx < taps(); ++kx) {
      const std::size_t column = tap_column(kx);
      taps_[kx] = base + column % stride * w_.phase_bytes + column / stride * pixel_;
    }
    interleave_taps(p_, h_, {taps_, positions_, block, to, position_bytes_});
  }
  HWY_INLINE void copy(const column_run& run, std::byte* to) const noexcept {
    if (p_.in_type == dtype::u8)
      copy_columns<std::uint8_t>(p_, run, end_, to);
    else if (p_.in_type == dtype::s8)
      copy_columns<std::int8_t>(p_, run, end_, to);
    else
      copy_columns<std::int16_t>(p_, run, end_, to);
  }

  /// What is interleaved, in `lines` output rows from `row` of all images, `apart` rows apart.
  HWY_INLINE void multiply_blocks(std::size_t row, std::size_t lines, std::size_t apart) noexcept {
    position_call t{};
    t.rows = rows_;
    t.step = as_size(h_.blocks) * position_bytes_;
    t.kernel_h = p_.kernel_h;
    t.groups = h_.groups;
    t.lines = lines;
    t.out_stride = w_.pixels * out_pixel_;
    t.line_stride = apart * as_size(p_.out_w) * out_pixel_;
    t.requant = &p_.requant;
    t.out_type = p_.out_type;
    t.scalars = &scalars_;
    const std::size_t pointers = lines * as_size(p_.kernel_h);
    for (std::size_t b = 0; b < as_size(h_.blocks) && b < positions_; ++b) {
      const std::byte* block = p_.packed + h_.first_block + b * h_.block_bytes;
      t.arrays = block + alignment;
      t.weights = t.arrays + round_up(as_size(h_.channels) * 4 * kernels::panel_arrays, alignment);
      t.kind = *reinterpret_cast<const kernels::epilogue_kind*>(block);
      t.channels = kernels::depthwise_channels(p_.out_c, h_, static_cast<std::int32_t>(b));
      t.to = y_ + (row * as_size(p_.out_w) + first_pixel_) * out_pixel_ +
             b * as_size(h_.channels) * size_of(p_.out_type);
      t.count = (positions_ - b - 1) / as_size(h_.blocks) + 1;
      // A run's last block may end before its vectors do.
      const std::size_t last = (t.count - 1) * as_size(h_.blocks) + b,
                        rest = pixels_ * as_size(p_.out_c) - last * as_size(h_.channels);
      if (rest < as_size(h_.channels)) {
        --t.count;
        if (t.count != 0) multiply_runs<has_quads>(h_, t);
        for (std::size_t i = 0; i < pointers; ++i) rows_[i] += t.count * t.step;
        t.to += t.count * t.out_stride;
        t.channels.count = static_cast<std::int32_t>(rest);
        const std::size_t skipped = t.count * t.step;
        t.count = 1;
        multiply_runs<has_quads>(h_, t);
        for (std::size_t i = 0; i < pointers; ++i) rows_[i] -= skipped;
      } else {
        multiply_runs<has_quads>(h_, t);
      }
      for (std::size_t i = 0; i < pointers; ++i) rows_[i] += position_bytes_;
    }
  }

  const conv2d_params& p_;
  kernels::packed_depthwise h_;
  kernels::run_walk w_;
  const std::byte *x_, *end_;
  std::byte* y_;
  kernels::epilogue_scalars scalars_;
  std::size_t element_, pixel_, out_pixel_, position_bytes_;
  std::int64_t* held_;
  const std::byte **rows_, **taps_;
  std::byte *slots_, *buffers_;
  std::size_t first_pixel_ = 0, pixels_ = 0, positions_ = 0;
};

inline HWY_NOINLINE void run_depthwise_runs(const conv2d_params& p, const kernel_args& a) noexcept {
  run_walker walk(p, a);
  const std::size_t items = as_size(p.batch) * as_size(p.out_h);
  if (items >= a.parts)
    walk.run(part_of(items, a.part, a.parts), {0, walk.periods()});
  else
    walk.run({0, items}, part_of(walk.periods(), a.part, a.parts));
}

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
