// qnn.conv2d, and of qnn.depthwise_conv2d what convolutions of one channel each share with it. Part
// of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

using kernels::column_source, kernels::pixel_call;

HWY_INLINE VU8 quad_tap(const column_source& s, int j, std::size_t column) {
  if (s.rows[j] == nullptr) return simd::set_bytes(static_cast<std::uint8_t>(s.fill));
  const std::byte* x = s.rows[j] + column * s.pixel;
  const VU8 f = hn::BitCast(DU8(), set32(static_cast<std::int32_t>(s.flip)));
  if (s.from == nullptr) return hn::Xor(simd::load_bytes(x, s.n), f);
  alignas(alignment) std::uint8_t whole[lanes8];
  for (std::size_t i = 0; i < s.n; ++i) whole[i] = static_cast<std::uint8_t>(x[s.from[i]]);
  return hn::Xor(hn::Load(DU8(), whole), f);
}
/// Columns [0, count) of one group of four kernel rows, 4 vectors each, `step` bytes apart.
inline HWY_NOINLINE void quad_columns(const column_source& s, std::size_t first, std::size_t count,
                                      std::byte* to, std::size_t step) noexcept {
  if (s.n == lanes8 && s.from == nullptr) {
    // Whole blocks: every row a pointer; padding rows one that stands still.
    alignas(alignment) std::uint8_t padding[lanes8];
    const VU8 f = hn::BitCast(DU8(), set32(static_cast<std::int32_t>(s.flip)));
    hn::Store(hn::Xor(simd::set_bytes(static_cast<std::uint8_t>(s.fill)), f), DU8(), padding);
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
      simd::store_quads(hn::Xor(simd::load(a), f), hn::Xor(simd::load(b), f),
                        hn::Xor(simd::load(c), f), hn::Xor(simd::load(d), f), to);
    return;
  }
  for (std::size_t i = 0; i < count; ++i, to += step)
    simd::store_quads(quad_tap(s, 0, first + i), quad_tap(s, 1, first + i),
                      quad_tap(s, 2, first + i), quad_tap(s, 3, first + i), to);
}
template <class T> HWY_INLINE V16 pair_tap(const column_source& s, int j, std::size_t column) {
  constexpr bool words = sizeof(T) == 2;
  if (s.rows[j] == nullptr)
    return hn::Set(D16(), static_cast<std::int16_t>(words ? s.zero_point : 0));
  const std::byte* x = s.rows[j] + column * s.pixel;
  const V16 z = hn::Set(D16(), static_cast<std::int16_t>(words ? 0 : s.zero_point));
  if (s.from == nullptr) return hn::Sub(simd::load_some_as16<T>(x, s.n), z);
  alignas(alignment) T whole[lanes16] = {};
  for (std::size_t i = 0; i < s.n; ++i)
    std::memcpy(&whole[i], x + as_size(s.from[i]) * sizeof(T), sizeof(T));
  return hn::Sub(simd::load_as16(whole), z);
}
/// The same for groups of two kernel rows as int16, 2 vectors each.
template <class T>
HWY_NOINLINE void pair_columns(const column_source& s, std::size_t first, std::size_t count,
                               std::byte* to, std::size_t step) noexcept {
  if (s.n == lanes16 && s.from == nullptr) {
    alignas(alignment) T padding[lanes16];
    for (T& v : padding) v = static_cast<T>(s.zero_point);
    const V16 z = hn::Set(D16(), static_cast<std::int16_t>(sizeof(T) == 2 ? 0 : s.zero_point));
    const std::size_t next[2] = {s.rows[0] != nullptr ? s.pixel : 0,
                                 s.rows[1] != nullptr ? s.pixel : 0};
    const auto* still = reinterpret_cast<const std::byte*>(padding);
    const std::byte *a = s.rows[0] != nullptr ? s.rows[0] + first * s.pixel : still,
                    *b = s.rows[1] != nullptr ? s.rows[1] + first * s.pixel : still;
    for (std::size_t i = 0; i < count; ++i, to += step, a += next[0], b += next[1])
      simd::store_pairs(hn::Sub(simd::load_as16<T>(a), z), hn::Sub(simd::load_as16<T>(b), z), to);
    return;
  }
  for (std::size_t i = 0; i < count; ++i, to += step)
    simd::store_pairs(pair_tap<T>(s, 0, first + i), pair_tap<T>(s, 1, first + i), to);
}

/// Adds the products of two neighbouring pixels, stride 1 and no dilation: they share KW - 1 of
/// their columns. `kept`: the weights.
template <class Ops, int KW, int KG, int NV, int N>
HWY_INLINE void add_pixel_pair(const pixel_call& t, const std::byte* column,
                               const typename Ops::W (&kept)[N], V32 (&acc)[NV],
                               V32 (&next)[NV]) noexcept {
  constexpr std::size_t vector = as_size(lanes32) * 4;
  HWY_UNROLL(4)
  for (int kx = 0; kx <= KW; ++kx) {
    HWY_UNROLL(8)
    for (int i = 0; i < KG * NV; ++i) {
      const auto x = Ops::load(column + as_size(kx) * t.tap_step + as_size(i) * vector);
      if (kx < KW) acc[i % NV] = Ops::dot(acc[i % NV], x, kept[(kx < KW ? kx : 0) * KG * NV + i]);
      if (kx > 0)
        next[i % NV] = Ops::dot(next[i % NV], x, kept[(kx > 0 ? kx - 1 : 0) * KG * NV + i]);
    }
  }
}
/// Adds the products of one pixel.
template <class Ops, int KW, int KG, int NV, int N>
HWY_INLINE void add_pixel(const pixel_call& t, const std::byte* column,
                          const typename Ops::W (&kept)[N], V32 (&acc)[NV]) noexcept {
  constexpr std::size_t vector = as_size(lanes32) * 4;
  if constexpr (KW > 0) {
    HWY_UNROLL(3)
    for (int kx = 0; kx < KW; ++kx) {
      HWY_UNROLL(8)
      for (int i = 0; i < KG * NV; ++i)
        acc[i % NV] = Ops::dot(acc[i % NV],
                               Ops::load(column + as_size(kx) * t.tap_step + as_size(i) * vector),
                               kept[kx * KG * NV + i]);
    }
  } else {
    const std::byte *w = t.weights, *at = column;
    for (int kx = 0; kx < t.kernel_w; ++kx, at += t.tap_step) {
      const std::byte* q = at;
      for (int g = 0; g < t.groups; ++g, q += NV * vector, w += NV * vector) {
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v)
          acc[v] = Ops::dot(acc[v], Ops::load(q + as_size(v) * vector),
                            Ops::load(w + as_size(v) * vector));
      }
    }
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
  constexpr std::size_t vector = as_size(lanes32) * 4;
  typename Ops::W kept[KW > 0 ? KW * KG * NV : 1];
  if constexpr (KW > 0) {
    HWY_UNROLL(12)
    for (int i = 0; i < KW * KG * NV; ++i) kept[i] = Ops::load(t.weights + as_size(i) * vector);
  }
  pending_pixels<NV> pending;
  V32 start[NV];
  requantize_dr dr[NV];
  begin_pixels<E>(c, start, dr);
  std::size_t p = 0;
  if constexpr (KW > 0) {
    if (t.pixel_step == t.tap_step)
      for (; p + 2 <= t.count; p += 2, column += 2 * t.pixel_step, to += 2 * t.out_stride) {
        V32 acc[NV], next[NV];
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v) acc[v] = next[v] = start[v];
        add_pixel_pair<Ops, KW, KG>(t, column, kept, acc, next);
        OCTET_TARGET_NS::finish_pixel<NV, E>(t, c, e, dr, pending, acc, to);
        OCTET_TARGET_NS::finish_pixel<NV, E>(t, c, e, dr, pending, next, to + t.out_stride);
      }
  }
  for (; p < t.count; ++p, column += t.pixel_step, to += t.out_stride) {
    V32 acc[NV];
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) acc[v] = start[v];
    add_pixel<Ops, KW, KG>(t, column, kept, acc);
    OCTET_TARGET_NS::finish_pixel<NV, E>(t, c, e, dr, pending, acc, to);
  }
  pending.flush(t);
}
template <class Ops, int KW, int KG> HWY_INLINE void pixels_of(const pixel_call& t) noexcept {
  using kernels::epilogue_kind;
  // 3x3 of four bytes a lane: a form of its own for `scaled`, none for the kinds that few files
  // have, so that a program which names qnn.conv2d compiles no more of them.
  constexpr bool few = KW > 0 && std::is_same_v<Ops, quad_each_ops>;
  if constexpr (!every_form) {
    pixels<Ops, 0, 0, epilogue_kind::any>(t);
  } else {
    if constexpr (few)
      if (t.kind == epilogue_kind::scaled) return pixels<Ops, KW, KG, epilogue_kind::scaled>(t);
    if (t.kind == epilogue_kind::scaled || t.kind == epilogue_kind::real)
      pixels<Ops, KW, KG, epilogue_kind::real>(t);
    else if (t.kind == epilogue_kind::dr)
      pixels<Ops, KW, KG, epilogue_kind::dr>(t);
    else if constexpr (few)
      pixels<Ops, 0, 0, epilogue_kind::any>(t);
    else
      pixels<Ops, KW, KG, epilogue_kind::any>(t);
  }
}

/// One form for all types.
HWY_INLINE V16 load_as16_of(dtype type, const std::byte* x) noexcept {
  if (type == dtype::u8) return simd::load_as16<std::uint8_t>(x);
  if (type == dtype::s8) return simd::load_as16<std::int8_t>(x);
  return simd::load_as16<std::int16_t>(x);
}
inline HWY_NOINLINE V16 pair_tap_of(dtype type, const column_source& s, int j,
                                    std::size_t column) noexcept {
  if (type == dtype::u8) return pair_tap<std::uint8_t>(s, j, column);
  if (type == dtype::s8) return pair_tap<std::int8_t>(s, j, column);
  return pair_tap<std::int16_t>(s, j, column);
}
inline HWY_NOINLINE void pair_columns_of(dtype type, const column_source& s, std::size_t first,
                                         std::size_t count, std::byte* to,
                                         std::size_t step) noexcept {
  std::size_t i = 0;
  if (s.n == lanes16 && s.from == nullptr && s.rows[0] != nullptr && s.rows[1] != nullptr) {
    const V16 z = hn::Set(D16(), static_cast<std::int16_t>(type == dtype::s16 ? 0 : s.zero_point));
    const std::byte *a = s.rows[0] + first * s.pixel, *b = s.rows[1] + first * s.pixel;
    for (; i < count; ++i, to += step, a += s.pixel, b += s.pixel)
      simd::store_pairs(hn::Sub(load_as16_of(type, a), z), hn::Sub(load_as16_of(type, b), z), to);
  }
  for (; i < count; ++i, to += step)
    simd::store_pairs(pair_tap_of(type, s, 0, first + i), pair_tap_of(type, s, 1, first + i), to);
}
/// Taps of kernel rows as the products take them, `count` columns.
template <bool Quads>
HWY_NOINLINE void columns_of(kernels::product kind, dtype type, const column_source& s,
                             std::size_t first, std::size_t count, std::byte* to,
                             std::size_t step) noexcept {
  if constexpr (Quads)
    if (kind == kernels::product::quad) return quad_columns(s, first, count, to, step);
  if constexpr (!every_form)
    pair_columns_of(type, s, first, count, to, step);
  else if (type == dtype::u8)
    pair_columns<std::uint8_t>(s, first, count, to, step);
  else if (type == dtype::s8)
    pair_columns<std::int8_t>(s, first, count, to, step);
  else
    pair_columns<std::int16_t>(s, first, count, to, step);
}
template <bool Quads>
HWY_NOINLINE void row_pixels(kernels::product kind, bool three_by_three,
                             const pixel_call& t) noexcept {
  if constexpr (Quads)
    if (kind == kernels::product::quad)
      return three_by_three ? pixels_of<quad_each_ops, 3, 1>(t) : pixels_of<quad_each_ops, 0, 0>(t);
  if (three_by_three)
    pixels_of<pair_each_ops, 3, 2>(t);
  else
    pixels_of<pair_each_ops, 0, 0>(t);
}

/// Windows that do not slide.
template <bool Quads>
inline constexpr kernels::depthwise_steps by_rows{&columns_of<Quads>, &row_pixels<Quads>};

template <class V>
struct kernel<kernel_id::conv2d, V> : packing_kernel<kernel<kernel_id::conv2d, V>, conv2d_params> {
  using base = packing_kernel<kernel, conv2d_params>;
  using base::params;
  using matrix = gemm_kernel<conv2d_params, &conv2d_problem>;
  static bool depthwise(const conv2d_params& p) {
    return kernels::conv2d_by_depthwise(conv2d_problem(p), layout);
  }
  static kernels::node_bytes bytes(const conv2d_params& p) {
    return kernels::conv2d_bytes(conv2d_problem(p), layout);
  }
  static void run(const kernel_args& a) noexcept {
    const conv2d_params& p = params(a.params);
    if (!depthwise(p)) return matrix::run(a);
    kernels::run_depthwise(by_rows<has_quads>, p, packed_header(p), a);
  }
  static void pack_into(const conv2d_params& p, std::byte* to) {
    kernels::conv2d_pack(conv2d_problem(p), layout, to);
  }
  static bool accepts(const void* p) {
    return kernels::gemm_accepts(conv2d_problem(params(p))) &&
           base::scratch_bytes(p) <= kernels::most_scratch;
  }
  static const char* describe(const void* p) {
    return p != nullptr && depthwise(params(p)) ? "depthwise" : matrix::describe(p);
  }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
