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
  const std::byte *weights, *x;  // x: the block's first channel in the image's first pixel
  std::uint32_t flip;
  std::int32_t fill;
  column_span span;
  std::byte *to, *beside;  // the block's first channel in the image's first output; a vector of
                           // outputs that are nobody's
  std::size_t begin, end;  // output rows
};

/// A pixel of padding as it would lie in the image.
struct slide_padding {
  alignas(alignment) std::byte bytes[lanes8];
  HWY_INLINE explicit slide_padding(const slide_call& t) {
    hn::Store(hn::Xor(simd::set_bytes(static_cast<std::uint8_t>(t.fill)),
                      hn::BitCast(DU8(), set32(static_cast<std::int32_t>(t.flip)))),
              DU8(), reinterpret_cast<std::uint8_t*>(bytes));
  }
};
/// An input row that columns of the window are taken from, in order.
struct slide_row {
  const std::byte* at;
  std::size_t next;  // bytes from column to column; 0: padding, which stands still
  HWY_INLINE slide_row(const slide_call& t, std::int64_t y, const slide_padding& padding) {
    const conv2d_params& p = *t.p;
    const std::size_t pixel = as_size(p.in_c), line = as_size(p.in_w) * pixel;
    const bool inside = y >= 0 && y < p.in_h;
    next = inside ? pixel : 0;
    at = inside ? t.x + as_size(y) * line + as_size(t.span.start) * pixel : padding.bytes;
  }
  HWY_INLINE VU8 take(std::size_t n, VU8 flip) {
    const VU8 v = hn::Xor(simd::load_bytes(at, n), flip);
    at += next;
    return v;
  }
};
/// What the outputs of a block begin with.
template <kernels::epilogue_kind E>
HWY_INLINE void begin_slide(const columns& c, V32 (&start)[4], requantize_dr (&dr)[4]) {
  HWY_UNROLL(4)
  for (int v = 0; v < 4; ++v) {
    start[v] = simd::load(c.bias + v * lanes32);
    if constexpr (E == kernels::epilogue_kind::dr) {
      start[v] = hn::Xor(start[v], set32(requantize_dr::flip));
      dr[v].set(c.m + v * lanes32, c.r + v * lanes32, c.even + v * lanes32, c.odd + v * lanes32);
    }
  }
}
/// Stride 1: two output rows at a time, of which the second may be nobody's. They meet four input
/// rows, in whose bytes the weights of the second stand one further on.
template <kernels::epilogue_kind E> HWY_NOINLINE void slide_by_one(const slide_call& t) noexcept {
  constexpr int NV = 4;
  const conv2d_params& p = *t.p;
  const columns c(t.arrays, NV);
  const epilogue e(*t.scalars);
  const slide_padding padding(t);
  const std::size_t line = as_size(p.out_w) * t.out_stride, n = as_size(t.channels.count);
  const std::int32_t left = t.span.left, end = left + t.span.have;
  const VU8 flip = hn::BitCast(DU8(), set32(static_cast<std::int32_t>(t.flip)));
  const V8 fill = hn::BitCast(D8(), simd::set_bytes(static_cast<std::uint8_t>(t.fill)));
  V8 w[3 * NV], below[3 * NV];
  HWY_UNROLL(12)
  for (int i = 0; i < 3 * NV; ++i) {
    w[i] = quad_each_ops::load(t.weights + as_size(i * lanes8));
    below[i] = hn::BitCast(D8(), hn::ShiftLeft<8>(hn::BitCast(D32(), w[i])));
  }
  V32 start[NV];
  requantize_dr dr[NV];
  begin_slide<E>(c, start, dr);
  pending_pixels<NV> none;
  for (std::size_t y = t.begin; y < t.end; y += 2) {
    const std::int64_t first = static_cast<std::int64_t>(y) - p.pad_top;
    slide_row r0(t, first, padding), r1(t, first + 1, padding), r2(t, first + 2, padding),
        r3(t, first + 3, padding);
    const bool both = y + 1 < t.end;
    std::byte *to = t.to + y * line, *to_below = both ? to + line : t.beside;
    const std::size_t step_below = both ? t.out_stride : 0;
    // Sums of the two outputs before this column's, of both rows; the first ones are nobody's.
    V32 a[NV], b[NV], a_below[NV], b_below[NV];
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) a[v] = b[v] = a_below[v] = b_below[v] = start[v];
    for (std::int32_t j = 0; j < p.out_w + 2; ++j) {
      V8 q[NV];
      if (j >= left && j < end) {
        const VU8 x0 = r0.take(n, flip), x1 = r1.take(n, flip), x2 = r2.take(n, flip),
                  x3 = r3.take(n, flip);
        simd::quads_of(x0, x1, x2, x3, q);
      } else {
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v) q[v] = fill;
      }
      HWY_UNROLL(4)
      for (int v = 0; v < NV; ++v) {
        a[v] = quad_each_ops::dot(a[v], q[v], w[2 * NV + v]);
        a_below[v] = quad_each_ops::dot(a_below[v], q[v], below[2 * NV + v]);
      }
      if (j >= 2) {
        finish_pixel<NV, E>(t, c, e, dr, none, a, to);
        finish_pixel<NV, E>(t, c, e, dr, none, a_below, to_below);
        to += t.out_stride;
        to_below += step_below;
      }
      HWY_UNROLL(4)
      for (int v = 0; v < NV; ++v) {
        a[v] = quad_each_ops::dot(b[v], q[v], w[NV + v]);
        a_below[v] = quad_each_ops::dot(b_below[v], q[v], below[NV + v]);
        b[v] = quad_each_ops::dot(start[v], q[v], w[v]);
        b_below[v] = quad_each_ops::dot(start[v], q[v], below[v]);
      }
    }
  }
}
/// Stride 2: every other column joins two outputs.
template <kernels::epilogue_kind E> HWY_NOINLINE void slide_by_two(const slide_call& t) noexcept {
  constexpr int NV = 4;
  const conv2d_params& p = *t.p;
  const columns c(t.arrays, NV);
  const epilogue e(*t.scalars);
  const slide_padding padding(t);
  const std::size_t line = as_size(p.out_w) * t.out_stride, n = as_size(t.channels.count);
  const std::int32_t left = t.span.left, end = left + t.span.have;
  const VU8 flip = hn::BitCast(DU8(), set32(static_cast<std::int32_t>(t.flip)));
  const V8 fill = hn::BitCast(D8(), simd::set_bytes(static_cast<std::uint8_t>(t.fill)));
  V8 w[3 * NV];
  HWY_UNROLL(12)
  for (int i = 0; i < 3 * NV; ++i) w[i] = quad_each_ops::load(t.weights + as_size(i * lanes8));
  V32 start[NV];
  requantize_dr dr[NV];
  begin_slide<E>(c, start, dr);
  pending_pixels<NV> none;
  for (std::size_t y = t.begin; y < t.end; ++y) {
    const std::int64_t first = static_cast<std::int64_t>(y) * 2 - p.pad_top;
    slide_row r0(t, first, padding), r1(t, first + 1, padding), r2(t, first + 2, padding);
    std::byte* to = t.to + y * line;
    V32 acc[NV];
    for (std::int32_t j = 0; j < 2 * p.out_w + 1; ++j) {
      V8 q[NV];
      if (j >= left && j < end) {
        const VU8 x0 = r0.take(n, flip), x1 = r1.take(n, flip), x2 = r2.take(n, flip);
        simd::quads_of(x0, x1, x2, x2, q);
      } else {
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v) q[v] = fill;
      }
      if (j % 2 != 0) {
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v) acc[v] = quad_each_ops::dot(acc[v], q[v], w[NV + v]);
        continue;
      }
      if (j != 0) {
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v) acc[v] = quad_each_ops::dot(acc[v], q[v], w[2 * NV + v]);
        finish_pixel<NV, E>(t, c, e, dr, none, acc, to);
        to += t.out_stride;
      }
      HWY_UNROLL(4)
      for (int v = 0; v < NV; ++v) acc[v] = quad_each_ops::dot(start[v], q[v], w[v]);
    }
  }
}
template <kernels::epilogue_kind E> HWY_INLINE void slide(const slide_call& t) noexcept {
  if (t.p->stride_w == 1)
    slide_by_one<E>(t);
  else
    slide_by_two<E>(t);
}

/// 3x3 without dilation, stride 1 or 2 both ways, a filter for each channel.
HWY_INLINE bool slides(const conv2d_params& p, const kernels::packed_depthwise& h) noexcept {
  return has_slides && h.kind == kernels::product::quad && p.kernel_h == 3 && p.kernel_w == 3 &&
         p.dilation_h == 1 && p.dilation_w == 1 && p.stride_h == p.stride_w && p.stride_w <= 2 &&
         p.out_c == p.in_c;
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
