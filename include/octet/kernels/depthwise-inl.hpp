// qnn.depthwise_conv2d. Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// n <= 2 * L elements of a byte or int16 type as int16.
template <class T> HWY_INLINE V16 load_words(const std::byte* x, std::size_t n) {
  const hn::Rebind<T, D16> half;
  if (n >= 2 * L) return hn::PromoteTo(D16(), hn::LoadU(half, reinterpret_cast<const T*>(x)));
  alignas(64) T whole[2 * L] = {};
  std::memcpy(whole, x, n * sizeof(T));
  return hn::PromoteTo(D16(), hn::LoadU(half, whole));
}
template <> HWY_INLINE V16 load_words<std::int16_t>(const std::byte* x, std::size_t n) {
  if (n >= 2 * L) return hn::LoadU(D16(), reinterpret_cast<const std::int16_t*>(x));
  alignas(64) std::int16_t whole[2 * L] = {};
  std::memcpy(whole, x, n * 2);
  return hn::Load(D16(), whole);
}

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

#if OCTET_QUAD != 0
HWY_INLINE hn::Vec<DU8> quad_tap(const column_source& s, int j, std::size_t column) {
  if (s.rows[j] == nullptr) return hn::Set(DU8(), static_cast<std::uint8_t>(s.fill));
  const std::byte* x = s.rows[j] + column * s.pixel;
  const auto f = hn::BitCast(DU8(), set32(static_cast<std::int32_t>(s.flip)));
  if (s.from == nullptr) return hn::Xor(load_bytes(x, s.n), f);
  alignas(64) std::uint8_t whole[HWY_MAX_BYTES];
  for (std::size_t i = 0; i < s.n; ++i) whole[i] = static_cast<std::uint8_t>(x[s.from[i]]);
  return hn::Xor(hn::Load(DU8(), whole), f);
}
HWY_INLINE void store_quads(hn::Vec<DU8> a, hn::Vec<DU8> b, hn::Vec<DU8> c, hn::Vec<DU8> d,
                            std::byte* to) {
  const hn::Repartition<std::uint16_t, DU8> u16;
  const auto ab = hn::BitCast(u16, hn::InterleaveLower(DU8(), a, b)),
             AB = hn::BitCast(u16, hn::InterleaveUpper(DU8(), a, b));
  const auto cd = hn::BitCast(u16, hn::InterleaveLower(DU8(), c, d)),
             CD = hn::BitCast(u16, hn::InterleaveUpper(DU8(), c, d));
  auto* q = reinterpret_cast<std::uint16_t*>(to);
  hn::Store(hn::InterleaveLower(u16, ab, cd), u16, q);
  hn::Store(hn::InterleaveUpper(u16, ab, cd), u16, q + 2 * L);
  hn::Store(hn::InterleaveLower(u16, AB, CD), u16, q + 4 * L);
  hn::Store(hn::InterleaveUpper(u16, AB, CD), u16, q + 6 * L);
}
/// Columns [0, count) of one group of four kernel rows, 4 vectors each, `step` bytes apart.
inline HWY_NOINLINE void quad_columns(const column_source& s, std::size_t first, std::size_t count,
                                      std::byte* to, std::size_t step) noexcept {
  if (s.n == HWY_MAX_BYTES && s.from == nullptr) {
    // Whole blocks: every row a pointer; padding rows one that stands still.
    alignas(64) std::uint8_t padding[HWY_MAX_BYTES];
    const auto f = hn::BitCast(DU8(), set32(static_cast<std::int32_t>(s.flip)));
    hn::Store(hn::Xor(hn::Set(DU8(), static_cast<std::uint8_t>(s.fill)), f), DU8(), padding);
    const std::uint8_t* x[4];
    std::size_t next[4];
    for (int j = 0; j < 4; ++j) {
      next[j] = s.rows[j] != nullptr ? s.pixel : 0;
      x[j] = s.rows[j] != nullptr
                 ? reinterpret_cast<const std::uint8_t*>(s.rows[j] + first * s.pixel)
                 : padding;
    }
    const std::uint8_t *a = x[0], *b = x[1], *c = x[2], *d = x[3];
    for (std::size_t i = 0; i < count;
         ++i, to += step, a += next[0], b += next[1], c += next[2], d += next[3])
      store_quads(hn::Xor(hn::LoadU(DU8(), a), f), hn::Xor(hn::LoadU(DU8(), b), f),
                  hn::Xor(hn::LoadU(DU8(), c), f), hn::Xor(hn::LoadU(DU8(), d), f), to);
    return;
  }
  for (std::size_t i = 0; i < count; ++i, to += step)
    store_quads(quad_tap(s, 0, first + i), quad_tap(s, 1, first + i), quad_tap(s, 2, first + i),
                quad_tap(s, 3, first + i), to);
}
#endif
template <class T> HWY_INLINE V16 pair_tap(const column_source& s, int j, std::size_t column) {
  constexpr bool words = sizeof(T) == 2;
  if (s.rows[j] == nullptr)
    return hn::Set(D16(), static_cast<std::int16_t>(words ? s.zero_point : 0));
  const std::byte* x = s.rows[j] + column * s.pixel;
  const V16 z = hn::Set(D16(), static_cast<std::int16_t>(words ? 0 : s.zero_point));
  if (s.from == nullptr) return hn::Sub(load_words<T>(x, s.n), z);
  alignas(64) T whole[2 * L] = {};
  for (std::size_t i = 0; i < s.n; ++i)
    std::memcpy(&whole[i], x + static_cast<std::size_t>(s.from[i]) * sizeof(T), sizeof(T));
  return hn::Sub(load_words<T>(reinterpret_cast<const std::byte*>(whole), 2 * L), z);
}
HWY_INLINE void store_pairs(V16 a, V16 b, std::byte* to) {
  auto* q = reinterpret_cast<std::int16_t*>(to);
#if HWY_ARCH_X86
  hn::Store(hn::InterleaveLower(D16(), a, b), D16(), q);
  hn::Store(hn::InterleaveUpper(D16(), a, b), D16(), q + 2 * L);
#else
  hn::Store(hn::ConcatLowerLower(D16(), b, a), D16(), q);
  hn::Store(hn::ConcatUpperUpper(D16(), b, a), D16(), q + 2 * L);
#endif
}
/// The same for groups of two kernel rows as int16, 2 vectors each.
template <class T>
HWY_NOINLINE void pair_columns(const column_source& s, std::size_t first, std::size_t count,
                               std::byte* to, std::size_t step) noexcept {
  if (s.n == 2 * L && s.from == nullptr) {
    alignas(64) T padding[2 * L];
    for (T& v : padding) v = static_cast<T>(s.zero_point);
    const V16 z = hn::Set(D16(), static_cast<std::int16_t>(sizeof(T) == 2 ? 0 : s.zero_point));
    const std::size_t next[2] = {s.rows[0] != nullptr ? s.pixel : 0,
                                 s.rows[1] != nullptr ? s.pixel : 0},
                      whole = 2 * L;
    const auto* still = reinterpret_cast<const std::byte*>(padding);
    const std::byte *a = s.rows[0] != nullptr ? s.rows[0] + first * s.pixel : still,
                    *b = s.rows[1] != nullptr ? s.rows[1] + first * s.pixel : still;
    for (std::size_t i = 0; i < count; ++i, to += step, a += next[0], b += next[1])
      store_pairs(hn::Sub(load_words<T>(a, whole), z), hn::Sub(load_words<T>(b, whole), z), to);
    return;
  }
  for (std::size_t i = 0; i < count; ++i, to += step)
    store_pairs(pair_tap<T>(s, 0, first + i), pair_tap<T>(s, 1, first + i), to);
}

struct pixel_call {
  const std::byte *columns, *arrays, *weights;
  std::size_t column_step, pixel_step,
      tap_step;  // bytes: group to group is vectors * L * 4 within a column
  int kernel_w, groups;
  std::byte* to;
  std::size_t out_stride;
  std::size_t count;
  int n;
  std::int32_t first;
  const requantize_params* requant;
  dtype out_type;
  const kernels::epilogue_scalars* scalars;
};

struct pair_each_ops {
  static constexpr int vectors = 2;
  using W = V16;
  static HWY_INLINE W load(const std::byte* p) {
    return hn::Load(D16(), reinterpret_cast<const std::int16_t*>(p));
  }
  static HWY_INLINE V32 dot(V32 acc, W a, W w) { return dot_pair_each(acc, a, w); }
};
#if OCTET_QUAD != 0
struct quad_each_ops {
  static constexpr int vectors = 4;
  using W = V8;
  static HWY_INLINE W load(const std::byte* p) {
    return hn::Load(D8(), reinterpret_cast<const std::int8_t*>(p));
  }
  static HWY_INLINE V32 dot(V32 acc, W a, W w) {
    return quad_ops::dot(acc, hn::BitCast(D32(), a), w);
  }
};
#endif

template <int NV, kernels::epilogue_kind E>
HWY_INLINE void finish_pixel(const pixel_call& t, const columns& c, const epilogue& e,
                             const requantize_dr* dr, V32 (&acc)[NV], std::byte* to) noexcept {
  if constexpr (E == kernels::epilogue_kind::real) {
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v)
      acc[v] = requantize_real(acc[v], hn::LoadU(DF(), c.real_bias() + v * L),
                               hn::LoadU(DF(), c.scale() + v * L), e.highest);
    store_8bit<NV>(e, acc, to, t.n);
  } else if constexpr (E == kernels::epilogue_kind::dr) {
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) acc[v] = dr[v](acc[v]);
    store_8bit<NV>(e, acc, to, t.n);
  } else {
    alignas(64) std::int32_t raw[NV * L];
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) hn::Store(acc[v], D32(), raw + v * L);
    finish_row(*t.requant, t.out_type, *t.scalars, t.arrays, NV, raw, to, t.n, t.first);
  }
}

/// All pixels of an output row for one block of channels. KW, KG > 0: kernel columns and row groups
/// as constants, weights stay in registers.
template <class Ops, int KW, int KG, kernels::epilogue_kind E>
HWY_NOINLINE void pixels(const pixel_call& t) noexcept {
  constexpr int NV = Ops::vectors;
  const columns c(t.arrays, NV);
  const epilogue e(*t.scalars);
  std::byte* to = t.to;
  const std::byte* column = t.columns;
  constexpr std::size_t vector = static_cast<std::size_t>(L) * 4;
  typename Ops::W kept[KW > 0 ? KW * KG * NV : 1];
  if constexpr (KW > 0) {
    HWY_UNROLL(12)
    for (int i = 0; i < KW * KG * NV; ++i)
      kept[i] = Ops::load(t.weights + static_cast<std::size_t>(i) * vector);
  }
  V32 start[NV];
  requantize_dr dr[NV];
  HWY_UNROLL(4)
  for (int v = 0; v < NV; ++v) {
    start[v] = hn::LoadU(D32(), c.bias + v * L);
    if constexpr (E == kernels::epilogue_kind::dr) {
      start[v] = hn::Xor(start[v], set32(dr_flip));
      dr[v].set(c.m + v * L, c.r + v * L, c.even + v * L, c.odd + v * L);
    }
  }
  std::size_t p = 0;
  if constexpr (KW > 0) {
    // Stride 1, no dilation: two pixels share KW - 1 of their columns.
    if (t.pixel_step == t.tap_step)
      for (; p + 2 <= t.count; p += 2, column += 2 * t.pixel_step, to += 2 * t.out_stride) {
        V32 acc[NV], next[NV];
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v) acc[v] = next[v] = start[v];
        HWY_UNROLL(4)
        for (int kx = 0; kx <= KW; ++kx) {
          HWY_UNROLL(8)
          for (int i = 0; i < KG * NV; ++i) {
            const auto x = Ops::load(column + static_cast<std::size_t>(kx) * t.tap_step +
                                     static_cast<std::size_t>(i) * vector);
            if (kx < KW)
              acc[i % NV] = Ops::dot(acc[i % NV], x, kept[(kx < KW ? kx : 0) * KG * NV + i]);
            if (kx > 0)
              next[i % NV] = Ops::dot(next[i % NV], x, kept[(kx > 0 ? kx - 1 : 0) * KG * NV + i]);
          }
        }
        finish_pixel<NV, E>(t, c, e, dr, acc, to);
        finish_pixel<NV, E>(t, c, e, dr, next, to + t.out_stride);
      }
  }
  for (; p < t.count; ++p, column += t.pixel_step, to += t.out_stride) {
    V32 acc[NV];
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) acc[v] = start[v];
    if constexpr (KW > 0) {
      HWY_UNROLL(3)
      for (int kx = 0; kx < KW; ++kx) {
        HWY_UNROLL(8)
        for (int i = 0; i < KG * NV; ++i)
          acc[i % NV] = Ops::dot(acc[i % NV],
                                 Ops::load(column + static_cast<std::size_t>(kx) * t.tap_step +
                                           static_cast<std::size_t>(i) * vector),
                                 kept[kx * KG * NV + i]);
      }
    } else {
      const std::byte *w = t.weights, *at = column;
      for (int kx = 0; kx < t.kernel_w; ++kx, at += t.tap_step) {
        const std::byte* q = at;
        for (int g = 0; g < t.groups; ++g, q += NV * vector, w += NV * vector) {
          HWY_UNROLL(4)
          for (int v = 0; v < NV; ++v)
            acc[v] = Ops::dot(acc[v], Ops::load(q + static_cast<std::size_t>(v) * vector),
                              Ops::load(w + static_cast<std::size_t>(v) * vector));
        }
      }
    }
    finish_pixel<NV, E>(t, c, e, dr, acc, to);
  }
}
template <class Ops, int KW, int KG>
HWY_INLINE void pixels_of(const pixel_call& t, kernels::epilogue_kind e) noexcept {
  if (e == kernels::epilogue_kind::real)
    pixels<Ops, KW, KG, kernels::epilogue_kind::real>(t);
  else if (e == kernels::epilogue_kind::dr)
    pixels<Ops, KW, KG, kernels::epilogue_kind::dr>(t);
  else
    pixels<Ops, KW, KG, kernels::epilogue_kind::any>(t);
}

inline HWY_NOINLINE void run_depthwise(const conv2d_params& p, const kernel_args& a) noexcept {
  kernels::packed_depthwise h;
  std::memcpy(&h, p.packed, sizeof(h));
  const auto* x = static_cast<const std::byte*>(a.in[0]);
  auto* y = static_cast<std::byte*>(a.out[0]);
  auto* window = static_cast<std::byte*>(a.scratch);
  const kernels::epilogue_scalars scalars = kernels::scalars_of(p.requant, p.out_type);
  const std::size_t in_size = size_of(p.in_type), out_size = size_of(p.out_type),
                    items = static_cast<std::size_t>(p.batch) * static_cast<std::size_t>(p.out_h);
  const bool by_rows = items >= a.parts;
  const part_range lines = by_rows ? part_of(items, a.part, a.parts) : part_range{0, items};
  const part_range blocks = by_rows ? part_range{0, static_cast<std::size_t>(h.blocks)}
                                    : part_of(static_cast<std::size_t>(h.blocks), a.part, a.parts);
  const std::int32_t per_group = h.kind == kernels::product::quad ? 4 : 2,
                     multiplier = p.out_c / p.in_c;
  const std::size_t vectors_bytes = static_cast<std::size_t>(h.channels) * 4,
                    column_step = vectors_bytes * static_cast<std::size_t>(h.groups);

  pixel_call t;
  t.columns = window;
  t.column_step = column_step;
  t.pixel_step = column_step * static_cast<std::size_t>(p.stride_w);
  t.tap_step = column_step * static_cast<std::size_t>(p.dilation_w);
  t.kernel_w = p.kernel_w;
  t.groups = h.groups;
  t.out_stride = static_cast<std::size_t>(p.out_c) * out_size;
  t.count = static_cast<std::size_t>(p.out_w);
  t.requant = &p.requant;
  t.out_type = p.out_type;
  t.scalars = &scalars;

  // Columns of the window: [0, left) padding, [left, left + have) from the image's column `start`
  // on, the rest padding.
  const std::int32_t start = p.pad_left < 0 ? -p.pad_left : 0, left = p.pad_left < 0 ? 0
                                                                      : p.pad_left < h.window_w
                                                                          ? p.pad_left
                                                                          : h.window_w;
  std::int32_t have = p.in_w - start < h.window_w - left ? p.in_w - start : h.window_w - left;
  if (have < 0) have = 0;
  std::int32_t expand[4 * 16];

  for (std::size_t line = lines.begin; line < lines.end; ++line) {
    const auto n = line / static_cast<std::size_t>(p.out_h);
    const auto oy = static_cast<std::int32_t>(line % static_cast<std::size_t>(p.out_h));
    for (std::size_t b = blocks.begin; b < blocks.end; ++b) {
      const std::int32_t first = static_cast<std::int32_t>(b) * h.channels, rest = p.out_c - first,
                         channels = rest < h.channels ? rest : h.channels;
      const std::int32_t first_in = first / multiplier;
      if (multiplier > 1)
        for (std::int32_t i = 0; i < channels; ++i) expand[i] = (first + i) / multiplier - first_in;
      for (std::int32_t gr = 0; gr < h.groups; ++gr) {
        column_source s{{nullptr, nullptr, nullptr, nullptr},
                        static_cast<std::size_t>(p.in_c) * in_size,
                        static_cast<std::size_t>(channels),
                        multiplier > 1 ? expand : nullptr,
                        h.flip,
                        h.fill,
                        p.in_zero_point};
        const column_source padding = s;
        for (std::int32_t j = 0; j < per_group && gr * per_group + j < p.kernel_h; ++j) {
          const std::int32_t iy = oy * p.stride_h - p.pad_top + (gr * per_group + j) * p.dilation_h;
          if (iy >= 0 && iy < p.in_h)
            s.rows[j] =
                x + (((n * static_cast<std::size_t>(p.in_h) + static_cast<std::size_t>(iy)) *
                      static_cast<std::size_t>(p.in_w)) *
                         static_cast<std::size_t>(p.in_c) +
                     static_cast<std::size_t>(first_in)) *
                        in_size;
        }
        std::byte* to = window + static_cast<std::size_t>(gr) * vectors_bytes;
        const std::size_t spans[3] = {static_cast<std::size_t>(left),
                                      static_cast<std::size_t>(have),
                                      static_cast<std::size_t>(h.window_w - left - have)};
        std::size_t at = 0;
        for (int k = 0; k < 3; ++k) {
          const column_source& from = k == 1 ? s : padding;
          const std::size_t column = k == 1 ? static_cast<std::size_t>(start) : 0;
          std::byte* w = to + at * column_step;
#if OCTET_QUAD != 0
          if (h.kind == kernels::product::quad)
            quad_columns(from, column, spans[k], w, column_step);
          else
#endif
              if (p.in_type == dtype::u8)
            pair_columns<std::uint8_t>(from, column, spans[k], w, column_step);
          else if (p.in_type == dtype::s8)
            pair_columns<std::int8_t>(from, column, spans[k], w, column_step);
          else
            pair_columns<std::int16_t>(from, column, spans[k], w, column_step);
          at += spans[k];
        }
      }
      const std::byte* block = p.packed + h.first_block + b * h.block_bytes;
      const auto e = *reinterpret_cast<const kernels::epilogue_kind*>(block);
      t.arrays = block + alignment;
      t.weights = t.arrays + round_up(vectors_bytes * kernels::panel_arrays, alignment);
      t.n = channels;
      t.first = first;
      t.to = y + (line * static_cast<std::size_t>(p.out_w) * static_cast<std::size_t>(p.out_c) +
                  static_cast<std::size_t>(first)) *
                     out_size;
      const bool three = p.kernel_w == 3 && p.kernel_h == 3;
#if OCTET_QUAD != 0
      if (h.kind == kernels::product::quad) {
        if (three)
          pixels_of<quad_each_ops, 3, 1>(t, e);
        else
          pixels_of<quad_each_ops, 0, 0>(t, e);
        continue;
      }
#endif
      if (three)
        pixels_of<pair_each_ops, 3, 2>(t, e);
      else
        pixels_of<pair_each_ops, 0, 0>(t, e);
    }
  }
}

template <class V> struct kernel<kernel_id::depthwise_conv2d, V> {
  static const conv2d_params& params(const void* p) {
    return *static_cast<const conv2d_params*>(p);
  }
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    if (kernels::depthwise_is_gemm(p))
      run_gemm(kernels::problem_of(p, true), p.packed, a);
    else
      run_depthwise(p, a);
  }
  static std::size_t packed_bytes(const void* p) {
    return kernels::depthwise_packed_bytes(params(p), layout);
  }
  static void pack(void* p, std::byte* to) {
    kernels::depthwise_pack(params(p), layout, to);
    static_cast<conv2d_params*>(p)->packed = to;
  }
  static std::size_t scratch_bytes(const void* p) {
    return kernels::depthwise_scratch_bytes(params(p), layout);
  }
  static bool accepts(const void* p) {
    return kernels::depthwise_accepts(params(p)) && scratch_bytes(p) <= kernels::most_scratch;
  }
  static const char* describe(const void* p) {
    if (p == nullptr) return "depthwise";
    if (kernels::depthwise_is_gemm(params(p))) return "depthwise as gemm";
    return kernels::depthwise_header(params(p), layout).kind == kernels::product::quad
               ? "depthwise 4 rows"
               : "depthwise 2 rows";
  }
  static constexpr kernel_entry value{&run,     &packed_bytes, &pack, &scratch_bytes,
                                      &accepts, &describe,     true};
  static constexpr const kernel_entry* entry = &value;
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
