// Depthwise windows of 3x3 and 5x5 that slide along a row: what a column of input rows interleaves
// to, four rows a lane, stays in registers and joins the sums of the outputs that touch it. Part of
// a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

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
  HWY_INLINE void set(const slide_call& t, std::int64_t y, std::int64_t apart,
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
  HWY_INLINE void set(const slide_call& t, std::size_t y, std::size_t apart) {
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
/// Sums of outputs that a window of K x K taps at stride S has begun before a column, of Rows
/// neighbouring output rows: they meet the same input rows, whose bytes stand in Groups vectors of
/// four rows, the weights of the second row one byte further on.
template <int K, int S, int Copies, kernels::epilogue_kind E> struct sliding_window {
  static constexpr int NV = 4, Groups = (K - 1) / 4 + 1, Rows = K == 3 && S == 1 ? 2 : 1,
                       Begun = (K - 1) / S, InputRows = K + Rows - 1;
  const slide_call& t;
  alignas(alignment) std::byte repeated[Copies == 1 ? 1 : kernels::panel_arrays * NV * lanes8];
  columns c;
  epilogue e;
  V8 w[Rows][K * Groups * NV];
  V32 start[NV];
  requantize_dr dr[NV];
  slide_padding padding;
  HWY_INLINE explicit sliding_window(const slide_call& call)
      : t(call), c(Copies == 1 ? t.arrays : repeated, NV), e(*t.scalars), padding(t) {
    if constexpr (Copies != 1)
      for (int i = 0; i < kernels::panel_arrays * NV; ++i)
        hn::Store(simd::load_repeated<Copies>(reinterpret_cast<const std::int32_t*>(t.arrays) +
                                              i * lanes32),
                  D32(), reinterpret_cast<std::int32_t*>(repeated) + i * lanes32);
    for (int i = 0; i < K * Groups * NV; ++i) {
      const V32 v = simd::load_repeated<Copies>(reinterpret_cast<const std::int32_t*>(t.weights) +
                                                i * lanes32);
      w[0][i] = hn::BitCast(D8(), v);
      if constexpr (Rows == 2) w[1][i] = hn::BitCast(D8(), hn::ShiftLeft<8>(v));
    }
    begin_pixels<E>(c, start, dr);
  }
  /// to = from + a column's bytes times the weights of tap `kx`.
  HWY_INLINE void join(V32 (&to)[NV], const V32 (&from)[NV], const V8 (&q)[Groups * NV], int row,
                       int kx) const {
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) {
      V32 sum = from[v];
      HWY_UNROLL(2)
      for (int g = 0; g < Groups; ++g)
        sum = quad_each_ops::dot(sum, q[g * NV + v], w[row][(kx * Groups + g) * NV + v]);
      to[v] = sum;
    }
  }
};
/// The input rows of a window's columns, interleaved; what no row is for meets weights of 0.
template <class Window, int Copies> struct slide_columns {
  static constexpr int Rows = Window::InputRows, Groups = Window::Groups, NV = Window::NV;
  slide_rows<Copies> in[Rows];
  std::size_t n;
  std::int32_t left, end;  // of the image
  VU8 flip;
  V8 fill;
  HWY_INLINE slide_columns(const slide_call& t, std::int64_t first, std::int64_t apart,
                           const slide_padding& padding)
      : n(as_size(t.channels.count)),
        left(t.span.left),
        end(t.span.left + t.span.have),
        flip(hn::BitCast(DU8(), set32(static_cast<std::int32_t>(t.of.flip)))),
        fill(hn::BitCast(D8(), simd::set_bytes(static_cast<std::uint8_t>(t.of.fill)))) {
    HWY_UNROLL(5)
    for (int i = 0; i < Rows; ++i) in[i].set(t, first + i, apart, padding);
  }
  /// Column j; columns are taken in order.
  HWY_INLINE void take(std::int32_t j, V8 (&q)[Groups * NV]) {
    if (j < left || j >= end) {
      HWY_UNROLL(8)
      for (int i = 0; i < Groups * NV; ++i) q[i] = fill;
      return;
    }
    VU8 x[4 * Groups];
    HWY_UNROLL(8)
    for (int i = 0; i < 4 * Groups; ++i)
      x[i] = i < Rows ? in[i < Rows ? i : 0].take(n, flip) : x[i > 0 ? i - 1 : 0];
    HWY_UNROLL(2)
    for (int g = 0; g < Groups; ++g)
      simd::quads_of(x[4 * g], x[4 * g + 1], x[4 * g + 2], x[4 * g + 3], q + g * NV);
  }
};
/// Output rows [t.begin, t.end).
template <int K, int S, int Copies, kernels::epilogue_kind E>
HWY_NOINLINE void slide_along(const slide_call& t) noexcept {
  using window = sliding_window<K, S, Copies, E>;
  constexpr int NV = window::NV, Rows = window::Rows, Begun = window::Begun;
  const window s(t);
  const conv2d_params& p = *t.p;
  for (std::size_t y = t.begin; y < t.end; y += Rows * Copies) {
    slide_columns<window, Copies> columns(t, static_cast<std::int64_t>(y) * S - p.pad_top, Rows * S,
                                          s.padding);
    slide_outputs<Copies> to[Rows];
    V32 a[Rows][Begun][NV];  // the first ones are nobody's
    HWY_UNROLL(2)
    for (int r = 0; r < Rows; ++r) {
      to[r].set(t, y + as_size(r), Rows);
      HWY_UNROLL(4)
      for (int k = 0; k < Begun; ++k) {
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v) a[r][k][v] = s.start[v];
      }
    }
    for (std::int32_t j = 0; j < (p.out_w - 1) * S + K; ++j) {
      V8 q[window::Groups * NV];
      columns.take(j, q);
      if (S == 2 && j % 2 != 0) {
        HWY_UNROLL(2)
        for (int k = 0; k < Begun; ++k) s.join(a[0][k], a[0][k], q, 0, K - 2 - S * k);
        continue;
      }
      HWY_UNROLL(2)
      for (int r = 0; r < Rows; ++r) s.join(a[r][0], a[r][0], q, r, K - 1);
      if (j >= K - 1) {
        HWY_UNROLL(2)
        for (int r = 0; r < Rows; ++r) {
          OCTET_TARGET_NS::round_pixel<NV, E>(t, s.c, s.e, s.dr, a[r][0]);
          to[r].store(to_8bit<NV>(s.e, a[r][0]), t.channels.count);
        }
      }
      HWY_UNROLL(4)
      for (int k = 0; k < Begun; ++k) {
        HWY_UNROLL(2)
        for (int r = 0; r < Rows; ++r)
          s.join(a[r][k], k + 1 < Begun ? a[r][k + 1 < Begun ? k + 1 : 0] : s.start, q, r,
                 K - 1 - S * (k + 1));
      }
    }
  }
}
template <int K, int Copies, kernels::epilogue_kind E>
HWY_INLINE void slide_by_stride(const slide_call& t) noexcept {
  if (t.p->stride_w == 1)
    slide_along<K, 1, Copies, E>(t);
  else
    slide_along<K, 2, Copies, E>(t);
}
template <int K, kernels::epilogue_kind E> HWY_INLINE void slide(const slide_call& t) noexcept {
  const std::int32_t copies = kernels::slide_copies(t.channels.count, layout);
  if constexpr (has_parts) {
    if (copies == 4) return slide_by_stride<K, 4, E>(t);
    if (copies == 2) return slide_by_stride<K, 2, E>(t);
  }
  slide_by_stride<K, 1, E>(t);
}
/// Of a block whose outputs are finished as `scaled`, `real` or `dr`; false: another kind. A
/// template, so that targets without has_slides compile none of it.
template <class Call> HWY_INLINE bool slide_block_rows(const Call& t) noexcept {
  using kernels::epilogue_kind;
  const bool three = t.p->kernel_w == 3, scaled = t.kind == epilogue_kind::scaled;
  if (scaled && three)
    slide<3, epilogue_kind::scaled>(t);
  else if (scaled || t.kind == epilogue_kind::real)
    three ? slide<3, epilogue_kind::real>(t) : slide<5, epilogue_kind::real>(t);
  else if (t.kind == epilogue_kind::dr)
    three ? slide<3, epilogue_kind::dr>(t) : slide<5, epilogue_kind::dr>(t);
  else
    return false;
  return true;
}

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
