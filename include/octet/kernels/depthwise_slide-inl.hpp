// 3x3 depthwise windows that slide along a row: what a column of four input rows interleaves to
// stays in registers and joins the sums of the three outputs that touch it. Part of a pass: see
// pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// Four bytes a lane, and registers for the sums of three outputs.
inline constexpr bool has_slides = has_quads && simd::registers == 32;

/// Output rows of one image, for one block of channels.
struct slide_call : finish_call {
  const conv2d_params* p;
  kernels::packed_depthwise of;
  const std::byte *weights, *x;  // x: the block's first channel in the image's first pixel
  column_span span;
  std::byte *to, *nobody;  // the block's first channel in the image's first output; a vector of
                           // outputs that are nobody's
  std::size_t begin, end;  // output rows
};

// Copies: where a block's channels fill no more than a half or a quarter of its lanes, the others
// hold the same channels of other rows.

/// A pixel of padding as it would lie in the image.
struct slide_padding {
  alignas(alignment) std::byte bytes[lanes8];
  HWY_INLINE explicit slide_padding(const slide_call& t) {
    hn::Store(hn::Xor(simd::set_bytes(static_cast<std::uint8_t>(t.of.fill)),
                      hn::BitCast(DU8(), set32(static_cast<std::int32_t>(t.of.flip)))),
              DU8(), reinterpret_cast<std::uint8_t*>(bytes));
  }
};
/// Input rows, `apart` from each other, that columns of the window are taken from in order.
template <int Copies> struct slide_rows {
  const std::byte* at[Copies];
  std::size_t next[Copies];  // bytes from column to column; 0: padding, which stands still
  HWY_INLINE slide_rows(const slide_call& t, std::int64_t y, std::int64_t apart,
                        const slide_padding& padding) {
    const conv2d_params& p = *t.p;
    const std::size_t pixel = as_size(p.in_c), line = as_size(p.in_w) * pixel;
    HWY_UNROLL(4)
    for (int i = 0; i < Copies; ++i, y += apart) {
      const bool inside = y >= 0 && y < p.in_h;
      next[i] = inside ? pixel : 0;
      at[i] = inside ? t.x + as_size(y) * line + as_size(t.span.start) * pixel : padding.bytes;
    }
  }
  HWY_INLINE VU8 take(std::size_t n, VU8 flip) {
    VU8 v;
    if constexpr (Copies == 1)
      v = simd::load_bytes(at[0], n);
    else
      v = simd::load_parts<Copies>(at);
    HWY_UNROLL(4)
    for (int i = 0; i < Copies; ++i) at[i] += next[i];
    return hn::Xor(v, flip);
  }
};
/// Output rows from y on, `apart` from each other; those from t.end on are nobody's.
template <int Copies> struct slide_outputs {
  std::byte* to[Copies];
  std::size_t step[Copies];
  HWY_INLINE slide_outputs(const slide_call& t, std::size_t y, std::size_t apart) {
    const std::size_t line = as_size(t.p->out_w) * t.out_stride;
    HWY_UNROLL(4)
    for (int i = 0; i < Copies; ++i, y += apart) {
      to[i] = y < t.end ? t.to + y * line : t.nobody;
      step[i] = y < t.end ? t.out_stride : 0;
    }
  }
  HWY_INLINE void store(V8 v, int n) {
    if constexpr (Copies == 1)
      simd::store_bytes<lanes8>(v, to[0], n);
    else
      simd::store_parts<Copies>(v, to);
    HWY_UNROLL(4)
    for (int i = 0; i < Copies; ++i) to[i] += step[i];
  }
};
/// What all outputs of a block have in common.
template <int Copies, kernels::epilogue_kind E> struct slide_block {
  static constexpr int NV = 4;
  alignas(alignment) std::byte repeated[Copies == 1 ? 1 : kernels::panel_arrays * NV * lanes8];
  columns c;
  V8 w[3 * NV];
  V32 start[NV];
  requantize_dr dr[NV];
  std::size_t n;
  std::int32_t left, end;
  VU8 flip;  // from bytes of the image to factors
  V8 fill;   // a factor that is padding
  HWY_INLINE explicit slide_block(const slide_call& t)
      : c(Copies == 1 ? t.arrays : repeated, NV),
        n(as_size(t.channels.count)),
        left(t.span.left),
        end(t.span.left + t.span.have),
        flip(hn::BitCast(DU8(), set32(static_cast<std::int32_t>(t.of.flip)))),
        fill(hn::BitCast(D8(), simd::set_bytes(static_cast<std::uint8_t>(t.of.fill)))) {
    if constexpr (Copies != 1)
      for (int i = 0; i < kernels::panel_arrays * NV; ++i)
        hn::Store(simd::load_repeated<Copies>(reinterpret_cast<const std::int32_t*>(t.arrays) +
                                              i * lanes32),
                  D32(), reinterpret_cast<std::int32_t*>(repeated) + i * lanes32);
    HWY_UNROLL(12)
    for (int i = 0; i < 3 * NV; ++i)
      w[i] = hn::BitCast(D8(), simd::load_repeated<Copies>(
                                   reinterpret_cast<const std::int32_t*>(t.weights) + i * lanes32));
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) {
      start[v] = simd::load(c.bias + v * lanes32);
      if constexpr (E == kernels::epilogue_kind::dr) {
        start[v] = hn::Xor(start[v], set32(requantize_dr::flip));
        dr[v].set(c.m + v * lanes32, c.r + v * lanes32, c.even + v * lanes32, c.odd + v * lanes32);
      }
    }
  }
};
/// Stride 1: two output rows at a time. They meet four input rows, in whose bytes the weights of
/// the second stand one further on.
template <int Copies, kernels::epilogue_kind E>
HWY_NOINLINE void slide_by_one(const slide_call& t) noexcept {
  constexpr int NV = 4;
  constexpr std::size_t together = 2 * Copies;
  const conv2d_params& p = *t.p;
  const slide_padding padding(t);
  const slide_block<Copies, E> s(t);
  const epilogue e(*t.scalars);
  V8 below[3 * NV];
  HWY_UNROLL(12)
  for (int i = 0; i < 3 * NV; ++i)
    below[i] = hn::BitCast(D8(), hn::ShiftLeft<8>(hn::BitCast(D32(), s.w[i])));
  for (std::size_t y = t.begin; y < t.end; y += together) {
    const std::int64_t first = static_cast<std::int64_t>(y) - p.pad_top;
    slide_rows<Copies> r0(t, first, 2, padding), r1(t, first + 1, 2, padding),
        r2(t, first + 2, 2, padding), r3(t, first + 3, 2, padding);
    slide_outputs<Copies> to(t, y, 2), to_below(t, y + 1, 2);
    // Sums of the two outputs before this column's, of both rows; the first ones are nobody's.
    V32 a[NV], b[NV], a_below[NV], b_below[NV];
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) a[v] = b[v] = a_below[v] = b_below[v] = s.start[v];
    for (std::int32_t j = 0; j < p.out_w + 2; ++j) {
      V8 q[NV];
      if (j >= s.left && j < s.end) {
        const VU8 x0 = r0.take(s.n, s.flip), x1 = r1.take(s.n, s.flip), x2 = r2.take(s.n, s.flip),
                  x3 = r3.take(s.n, s.flip);
        simd::quads_of(x0, x1, x2, x3, q);
      } else {
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v) q[v] = s.fill;
      }
      HWY_UNROLL(4)
      for (int v = 0; v < NV; ++v) {
        a[v] = quad_each_ops::dot(a[v], q[v], s.w[2 * NV + v]);
        a_below[v] = quad_each_ops::dot(a_below[v], q[v], below[2 * NV + v]);
      }
      if (j >= 2) {
        round_pixel<NV, E>(t, s.c, e, s.dr, a);
        to.store(to_8bit<NV>(e, a), t.channels.count);
        round_pixel<NV, E>(t, s.c, e, s.dr, a_below);
        to_below.store(to_8bit<NV>(e, a_below), t.channels.count);
      }
      HWY_UNROLL(4)
      for (int v = 0; v < NV; ++v) {
        a[v] = quad_each_ops::dot(b[v], q[v], s.w[NV + v]);
        a_below[v] = quad_each_ops::dot(b_below[v], q[v], below[NV + v]);
        b[v] = quad_each_ops::dot(s.start[v], q[v], s.w[v]);
        b_below[v] = quad_each_ops::dot(s.start[v], q[v], below[v]);
      }
    }
  }
}
/// Stride 2: every other column joins two outputs.
template <int Copies, kernels::epilogue_kind E>
HWY_NOINLINE void slide_by_two(const slide_call& t) noexcept {
  constexpr int NV = 4;
  const conv2d_params& p = *t.p;
  const slide_padding padding(t);
  const slide_block<Copies, E> s(t);
  const epilogue e(*t.scalars);
  for (std::size_t y = t.begin; y < t.end; y += Copies) {
    const std::int64_t first = static_cast<std::int64_t>(y) * 2 - p.pad_top;
    slide_rows<Copies> r0(t, first, 2, padding), r1(t, first + 1, 2, padding),
        r2(t, first + 2, 2, padding);
    slide_outputs<Copies> to(t, y, 1);
    V32 acc[NV];
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) acc[v] = s.start[v];
    for (std::int32_t j = 0; j < 2 * p.out_w + 1; ++j) {
      V8 q[NV];
      if (j >= s.left && j < s.end) {
        const VU8 x0 = r0.take(s.n, s.flip), x1 = r1.take(s.n, s.flip), x2 = r2.take(s.n, s.flip);
        simd::quads_of(x0, x1, x2, x2, q);
      } else {
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v) q[v] = s.fill;
      }
      if (j % 2 != 0) {
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v) acc[v] = quad_each_ops::dot(acc[v], q[v], s.w[NV + v]);
        continue;
      }
      if (j != 0) {
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v) acc[v] = quad_each_ops::dot(acc[v], q[v], s.w[2 * NV + v]);
        round_pixel<NV, E>(t, s.c, e, s.dr, acc);
        to.store(to_8bit<NV>(e, acc), t.channels.count);
      }
      HWY_UNROLL(4)
      for (int v = 0; v < NV; ++v) acc[v] = quad_each_ops::dot(s.start[v], q[v], s.w[v]);
    }
  }
}
template <int Copies, kernels::epilogue_kind E>
HWY_INLINE void slide_by_stride(const slide_call& t) noexcept {
  if (t.p->stride_w == 1)
    slide_by_one<Copies, E>(t);
  else
    slide_by_two<Copies, E>(t);
}
template <kernels::epilogue_kind E> HWY_INLINE void slide(const slide_call& t) noexcept {
  const std::int32_t copies = kernels::slide_copies(t.channels.count, layout);
  if constexpr (lanes8 == 64) {
    if (copies == 4) return slide_by_stride<4, E>(t);
    if (copies == 2) return slide_by_stride<2, E>(t);
  }
  slide_by_stride<1, E>(t);
}
/// Of a block whose outputs are finished as `scaled`, `real` or `dr`; false: another kind. A
/// template, so that targets without has_slides compile none of it.
template <class Call> HWY_INLINE bool slide_block_rows(const Call& t) noexcept {
  using kernels::epilogue_kind;
  if (t.kind == epilogue_kind::scaled)
    slide<epilogue_kind::scaled>(t);
  else if (t.kind == epilogue_kind::real)
    slide<epilogue_kind::real>(t);
  else if (t.kind == epilogue_kind::dr)
    slide<epilogue_kind::dr>(t);
  else
    return false;
  return true;
}

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
