// The matrix kernel: a tile of rows (pixels) times a panel of output channels, held in registers.
// Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

// ---- products: packed weights of a step, and their dot product with one row's activations ----
// w_bytes: of packed weights per lane. own_sum: the sum is an operand of the product itself, and
// waits for all of it.

struct pair8_ops {  // int16 x int8
  static constexpr int w_bytes = 2;
  static constexpr bool own_sum = false;
  using W = V16;
  static HWY_INLINE W load(const std::byte* w) {
    return simd::load_as16(reinterpret_cast<const std::int8_t*>(w));
  }
  static HWY_INLINE V32 dot(V32 acc, V32 a, W w) { return simd::dot_pairs(acc, a, w); }
};
struct pair16_ops {  // int16 x int16
  static constexpr int w_bytes = 4;
  static constexpr bool own_sum = false;
  using W = V16;
  static HWY_INLINE W load(const std::byte* w) {
    return simd::load(reinterpret_cast<const std::int16_t*>(w));
  }
  static HWY_INLINE V32 dot(V32 acc, V32 a, W w) { return simd::dot_pairs(acc, a, w); }
};
struct quad_ops {  // bytes
  static constexpr int w_bytes = 4;
  static constexpr bool own_sum = true;
  using W = V8;
  static HWY_INLINE W load(const std::byte* w) {
    return simd::load(reinterpret_cast<const std::int8_t*>(w));
  }
  static HWY_INLINE V32 dot(V32 acc, V32 a, W w) { return simd::dot_quads(acc, a, w); }
};
/// Kernels take four bytes a lane where the family gains by it.
inline constexpr bool has_quads = simd::quads != 0;
using kernels::tile_call;

/// Accumulators before the first product: the columns' biases, and what is added for rows from
/// `row` on.
template <int MR, int NV, kernels::epilogue_kind E>
HWY_INLINE void start_tile(const tile_call& t, const columns& c, std::size_t row,
                           V32 (&acc)[MR][NV]) noexcept {
  HWY_UNROLL(4)
  for (int v = 0; v < NV; ++v) {
    V32 b = simd::load(c.bias + v * lanes32);
    if constexpr (E == kernels::epilogue_kind::dr && requantize_dr::flip != 0)
      b = hn::Xor(b, set32(requantize_dr::flip));
    if (t.zeros != nullptr && t.one_zero)
      b = hn::Add(b, hn::Mul(set32(t.zeros[row]), simd::load(c.l + v * lanes32)));
    HWY_UNROLL(16)
    for (int r = 0; r < MR; ++r) acc[r][v] = b;
  }
  if (t.sums != nullptr) {
    HWY_UNROLL(16)
    for (int r = 0; r < MR; ++r) {
      const V32 sum = set32(t.sums[row + as_size(r)]);
      HWY_UNROLL(4)
      for (int v = 0; v < NV; ++v) acc[r][v] = hn::Add(acc[r][v], sum);
    }
  }
  if (t.zeros != nullptr && !t.one_zero) {
    HWY_UNROLL(16)
    for (int r = 0; r < MR; ++r) {
      const V32 zero = set32(t.zeros[row + as_size(r)]);
      HWY_UNROLL(4)
      for (int v = 0; v < NV; ++v)
        acc[r][v] = hn::Add(acc[r][v], hn::Mul(zero, simd::load(c.l + v * lanes32)));
    }
  }
}
/// Asks for the weights that come behind so many steps of V vectors from `w` on: of this panel
/// where Ahead says so, else of the next one from `next` on; where that goes on.
template <class Ops, bool Ahead, int V>
HWY_INLINE const std::byte* ask_ahead(const tile_call& t, const std::byte* w, const std::byte* next,
                                      std::size_t steps) noexcept {
  if constexpr (Ahead) {
    HWY_UNROLL(4)
    for (int v = 0; v < V; ++v) simd::prefetch(w + v * lanes32 * Ops::w_bytes + t.ahead);
    return next;
  } else {
    simd::prefetch_to_second(next);
    return next + steps * t.next_step;
  }
}
/// Adds the products of one step, whose activations are those at `at` of each row.
template <class Ops, int MR, int NV>
HWY_INLINE void add_step(const std::byte* const (&row)[MR], std::ptrdiff_t at, const std::byte* w,
                         V32 (&acc)[MR][NV]) noexcept {
  typename Ops::W b[NV];
  HWY_UNROLL(4)
  for (int v = 0; v < NV; ++v) b[v] = Ops::load(w + v * lanes32 * Ops::w_bytes);
  HWY_UNROLL(16)
  for (int r = 0; r < MR; ++r) {
    const V32 a = simd::broadcast4(row[r] + at);
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) acc[r][v] = Ops::dot(acc[r][v], a, b[v]);
  }
}
/// Adds the products of all segments and asks for the weights that come next. Ahead: those of this
/// panel (few rows, each panel is read once or twice); else those of the next one from `next` on.
template <class Ops, bool Ahead, int MR, int NV>
HWY_INLINE void add_products(const tile_call& t, const std::byte* const* rows,
                             const std::byte* next, V32 (&acc)[MR][NV]) noexcept {
  const std::byte* row[MR];
  HWY_UNROLL(16)
  for (int r = 0; r < MR; ++r) row[r] = rows[r];
  const std::byte* w = t.weights;
  // Few sums: two a lane, so that neither the dot product's latency nor the loop's own instructions
  // count (16 channels of 144 products each: 1.3 times the rate with eight rows).
  constexpr bool two = MR == 1 || (NV == 1 && Ops::own_sum);
  constexpr int unroll = MR == 1 ? 4 : 2, step_bytes = NV * lanes32 * Ops::w_bytes;
  V32 second[MR][NV];
  if constexpr (two) {
    HWY_UNROLL(16)
    for (int r = 0; r < MR; ++r) {
      HWY_UNROLL(4)
      for (int v = 0; v < NV; ++v) second[r][v] = set32(0);
    }
  }
  for (int s = 0; s < t.segments; ++s) {
    std::ptrdiff_t at = t.offsets[s];
    const std::ptrdiff_t end = at + std::ptrdiff_t{4} * t.steps;
    if constexpr (two) {
      for (; end - at >= 4 * unroll; at += 4 * unroll, w += unroll * step_bytes) {
        if constexpr (MR > 1) next = ask_ahead<Ops, Ahead, unroll * NV>(t, w, next, unroll);
        HWY_UNROLL(2)
        for (int u = 0; u < unroll; u += 2) {
          add_step<Ops>(row, at + 4 * u, w + u * step_bytes, acc);
          add_step<Ops>(row, at + 4 * (u + 1), w + (u + 1) * step_bytes, second);
        }
      }
    }
    for (; at != end; at += 4, w += step_bytes) {
      if constexpr (MR > 1) next = ask_ahead<Ops, Ahead, NV>(t, w, next, 1);
      add_step<Ops>(row, at, w, acc);
    }
  }
  if constexpr (two) {
    HWY_UNROLL(16)
    for (int r = 0; r < MR; ++r) {
      HWY_UNROLL(4)
      for (int v = 0; v < NV; ++v) acc[r][v] = hn::Add(acc[r][v], second[r][v]);
    }
  }
}
/// As add_products, of one vector and rows that lie `apart` bytes from each other: addresses of
/// four and distances of up to three stay in registers, of sixteen single ones half would not. What
/// is read, a word of each row and the weights, bounds the rate: 16 rows share the weights.
template <class Ops, bool Ahead, int MR>
HWY_INLINE void add_even_products(const tile_call& t, const std::byte* const* rows,
                                  std::ptrdiff_t apart, const std::byte* next,
                                  V32 (&acc)[MR][1]) noexcept {
  static_assert(MR % 4 == 0);
  const std::byte *w = t.weights, *four[MR / 4];
  const std::ptrdiff_t three = 3 * apart;
  for (int s = 0; s < t.segments; ++s) {
    const std::ptrdiff_t begin = t.offsets[s];
    HWY_UNROLL(16)
    for (int i = 0; i < MR / 4; ++i) four[i] = rows[4 * i] + begin;
    for (int step = t.steps; step != 0; --step, w += lanes32 * Ops::w_bytes) {
      next = ask_ahead<Ops, Ahead, 1>(t, w, next, 1);
      const typename Ops::W b = Ops::load(w);
      HWY_UNROLL(16)
      for (int i = 0; i < MR / 4; ++i) {
        const std::byte* const x = four[i];
        acc[4 * i][0] = Ops::dot(acc[4 * i][0], simd::broadcast4(x), b);
        acc[4 * i + 1][0] = Ops::dot(acc[4 * i + 1][0], simd::broadcast4(x + apart), b);
        acc[4 * i + 2][0] = Ops::dot(acc[4 * i + 2][0], simd::broadcast4(x + 2 * apart), b);
        acc[4 * i + 3][0] = Ops::dot(acc[4 * i + 3][0], simd::broadcast4(x + three), b);
        four[i] = x + 4;
      }
    }
  }
}
/// Whether so many rows lie as far from each other as the first two.
template <int MR> HWY_INLINE bool lie_evenly(const std::byte* const* rows) noexcept {
  const std::ptrdiff_t apart = rows[1] - rows[0];
  std::ptrdiff_t uneven = 0;
  HWY_UNROLL(16)
  for (int r = 2; r < MR; ++r) uneven |= (rows[r] - rows[r - 1]) ^ apart;
  return uneven == 0;
}
/// As add_products, of groups side by side, each of which takes up Share vectors: lane by lane the
/// bytes of its own group, which lie in its own block of 128 bits of the input. Reads a vector's
/// bytes at each segment of a row.
template <int Share, int K = 0, int MR>
HWY_INLINE void add_grouped_step(const std::byte* const (&row)[MR], std::ptrdiff_t at,
                                 const std::byte* w, V32 (&acc)[MR][4]) noexcept {
  V8 b[4];
  HWY_UNROLL(4)
  for (int v = 0; v < 4; ++v) b[v] = quad_ops::load(w + (4 * K + v) * lanes32 * quad_ops::w_bytes);
  HWY_UNROLL(16)
  for (int r = 0; r < MR; ++r) {
    const V32 x = hn::BitCast(D32(), simd::load8(row[r] + at));
    if constexpr (Share == 1) {
      acc[r][0] = quad_ops::dot(acc[r][0], hn::Broadcast<0>(x), b[0]);
      acc[r][1] = quad_ops::dot(acc[r][1], hn::Broadcast<1>(x), b[1]);
      acc[r][2] = quad_ops::dot(acc[r][2], hn::Broadcast<2>(x), b[2]);
      acc[r][3] = quad_ops::dot(acc[r][3], hn::Broadcast<3>(x), b[3]);
    } else {
      const V32 first = hn::Broadcast<K>(x), second = hn::Broadcast<2 + K>(x);
      acc[r][0] = quad_ops::dot(acc[r][0], first, b[0]);
      acc[r][1] = quad_ops::dot(acc[r][1], first, b[1]);
      acc[r][2] = quad_ops::dot(acc[r][2], second, b[2]);
      acc[r][3] = quad_ops::dot(acc[r][3], second, b[3]);
    }
  }
  if constexpr (K + 1 < Share) add_grouped_step<Share, K + 1>(row, at, w, acc);
}
template <int Share, int MR>
HWY_INLINE void add_grouped_products(const tile_call& t, const std::byte* const* rows,
                                     V32 (&acc)[MR][4]) noexcept {
  const std::byte* row[MR];
  HWY_UNROLL(16)
  for (int r = 0; r < MR; ++r) row[r] = rows[r];
  const std::byte* w = t.weights;
  for (int s = 0; s < t.segments; ++s, w += Share * 4 * lanes32 * quad_ops::w_bytes)
    add_grouped_step<Share>(row, t.offsets[s], w, acc);
}
/// Rounds the accumulators by the kind E; `real`: or scaled, which is looked up.
template <int MR, int NV, kernels::epilogue_kind E>
HWY_INLINE void round_tile(const tile_call& t, const columns& c, const epilogue& e,
                           V32 (&acc)[MR][NV]) noexcept {
  using kernels::epilogue_kind;
  if constexpr (E == epilogue_kind::dr) {
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) {
      requantize_dr q;
      q.set(c.m + v * lanes32, c.r + v * lanes32, c.even + v * lanes32, c.odd + v * lanes32);
      HWY_UNROLL(16)
      for (int r = 0; r < MR; ++r) acc[r][v] = q(acc[r][v]);
    }
  } else if (E == epilogue_kind::scaled || t.kind == epilogue_kind::scaled) {
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) {
      const VF m = simd::load(c.scale() + v * lanes32);
      HWY_UNROLL(16)
      for (int r = 0; r < MR; ++r) acc[r][v] = requantize_scaled(acc[r][v], m);
    }
  } else {
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) {
      const VF m = simd::load(c.scale() + v * lanes32),
               bias = simd::load(c.real_bias() + v * lanes32),
               unit = simd::load(c.bias_unit() + v * lanes32);
      HWY_UNROLL(16)
      for (int r = 0; r < MR; ++r)
        acc[r][v] = requantize_real(acc[r][v], bias, unit, e.scaled_bias, m, e.highest);
    }
  }
}
/// What becomes of a tile's sums: what the panel's kind says, or floats, of which tiles of bytes
/// are compiled again.
struct by_kind {
  static constexpr bool floats = false, grouped = false;
};
/// By kind, of groups side by side, each of which takes up Share vectors.
template <int Share> struct grouped_by_kind {
  static constexpr bool floats = false, grouped = true;
  static constexpr int share = Share;
};
template <float_scaling By> struct to_floats {
  static constexpr bool floats = true, grouped = false;
  static constexpr float_scaling by = By;
};
/// row_scaling: sums of the rows from `row` on to floats, as the bits that they are.
template <float_scaling By, int MR, int NV>
HWY_INLINE void scale_tile(const tile_call& t, const columns& c, V32 (&acc)[MR][NV],
                           std::size_t row) noexcept {
  HWY_UNROLL(4)
  for (int v = 0; v < NV; ++v) {
    const VF scale = simd::load(c.scale() + v * lanes32),
             bias = simd::load(c.real_bias() + v * lanes32);
    HWY_UNROLL(16)
    for (int r = 0; r < MR; ++r) {
      const VF y = scale_sum<By>(acc[r][v], set_float(t.scales[row + as_size(r)]), scale, bias);
      acc[r][v] = hn::BitCast(D32(), y);
    }
  }
  if (!t.rows->clamps()) return;
  const VF lo = set_float(t.rows->min), hi = set_float(t.rows->max);
  HWY_UNROLL(16)
  for (int r = 0; r < MR; ++r) {
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v)
      acc[r][v] =
          hn::BitCast(D32(), simd::lesser(hi, simd::greater(lo, hn::BitCast(DF(), acc[r][v]))));
  }
}
/// From the accumulators to the output. E: dr, or real for all other kinds, which are told apart
/// here: a tile of its own for each would be the same products once more; any: rounded behind the
/// tile, by what serves tiles of all shapes.
template <int MR, int NV, kernels::epilogue_kind E>
HWY_INLINE void finish_tile(const tile_call& t, const columns& c, V32 (&acc)[MR][NV],
                            std::size_t row, std::byte* to, int valid) noexcept {
  using kernels::epilogue_kind;
  if (E == epilogue_kind::dr || (E != epilogue_kind::any && (t.kind == epilogue_kind::scaled ||
                                                             t.kind == epilogue_kind::real))) {
    const epilogue e(*t.scalars);
    OCTET_TARGET_NS::round_tile<MR, NV, E>(t, c, e, acc);
    HWY_UNROLL(8)
    for (int r = 0; r < MR; ++r) {
      if (r < valid) store_8bit<NV>(e, acc[r], to, t.n);
      to += t.out_stride;
    }
  } else if (every_form && t.kind == epilogue_kind::raw && t.out_type == dtype::s32) {
    for (int r = 0; r < valid; ++r, to += t.out_stride) simd::store_ints<NV>(acc[r], to, t.n);
  } else {
    alignas(alignment) std::int32_t raw[MR][NV * lanes32];
    HWY_UNROLL(16)
    for (int r = 0; r < MR; ++r) {
      HWY_UNROLL(4)
      for (int v = 0; v < NV; ++v) hn::Store(acc[r][v], D32(), &raw[r][v * lanes32]);
    }
    const row_block sums{&raw[0][0], NV, valid};
    if (t.finish != nullptr) return t.finish(t, sums, row, to);
    finish_rows(*t.requant, t.kind, t.out_type, *t.scalars, t.arrays, sums, to, t.out_stride,
                {t.first, t.n});
  }
}
/// MR rows at rows[0..MR), the block's from `row` on, of which `valid` are written. The others
/// repeat a row: no second kernel for every remainder.
template <class Ops, class Finish, int MR, int NV, kernels::epilogue_kind E>
HWY_NOINLINE void tile(const tile_call& t, const std::byte* const* rows, std::size_t row,
                       std::byte* to, int valid) noexcept {
  const columns c(t.arrays, NV);
  V32 acc[MR][NV];
  OCTET_TARGET_NS::start_tile<MR, NV, E>(t, c, row, acc);
  if constexpr (Finish::grouped)
    add_grouped_products<Finish::share>(t, rows, acc);
  else if constexpr (MR > tile_rows(NV))
    add_even_products<Ops, Finish::floats>(t, rows, rows[1] - rows[0], t.next + row * t.next_row,
                                           acc);
  else
    add_products<Ops, Finish::floats>(t, rows, t.next + row * t.next_row, acc);
  if constexpr (Finish::floats) {
    OCTET_TARGET_NS::scale_tile<Finish::by>(t, c, acc, row);
    HWY_UNROLL(8)
    for (int r = 0; r < MR; ++r) {
      if (r < valid) simd::store_ordered<NV>(acc[r], to, t.n);
      to += t.out_stride;
    }
  } else {
    OCTET_TARGET_NS::finish_tile<MR, NV, E>(t, c, acc, row, to, valid);
  }
}

/// Where a block of steps starts: see kernels::block_start, of which every block adds one.
HWY_INLINE V32 block_zero() { return set32(static_cast<std::int32_t>(kernels::block_start)); }
/// Sums of blocks into those of 64 bits, even lanes and odd ones apart.
template <int MR, int NV> HWY_INLINE void widen(V32 (&acc)[MR][NV], std::uint64_t* sums) {
  const simd::tag<std::uint64_t> u64;
  const auto low = hn::Set(u64, 0xFFFFFFFFu);
  HWY_UNROLL(16)
  for (int r = 0; r < MR; ++r) {
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) {
      std::uint64_t* const to = sums + (r * layout.max_vectors + v) * lanes32;
      const auto sum = hn::BitCast(u64, acc[r][v]);
      hn::Store(hn::Add(hn::Load(u64, to), hn::And(sum, low)), u64, to);
      hn::Store(hn::Add(hn::Load(u64, to + lanes32 / 2), hn::ShiftRight<32>(sum)), u64,
                to + lanes32 / 2);
      acc[r][v] = block_zero();
    }
  }
}
/// Adds the products of NV vectors of a panel's `nv`, whose weights start at `w`, in blocks of
/// steps whose sums fit int32.
template <class Ops, int MR, int NV>
HWY_INLINE void add_wide_products(const tile_call& t, int nv, const std::byte* const* rows,
                                  const std::byte* w, std::uint64_t* sums) noexcept {
  V32 acc[MR][NV];
  const std::byte* row[MR];
  HWY_UNROLL(16)
  for (int r = 0; r < MR; ++r) {
    row[r] = rows[r];
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) acc[r][v] = block_zero();
  }
  const std::ptrdiff_t block = std::ptrdiff_t{4} * t.block_steps;
  std::ptrdiff_t room = block;
  for (int s = 0; s < t.segments; ++s) {
    std::ptrdiff_t at = t.offsets[s], left = std::ptrdiff_t{4} * t.steps;
    while (left != 0) {
      const std::ptrdiff_t part = left < room ? left : room, end = at + part;
      for (; at != end; at += 4) {
        typename Ops::W b[NV];
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v) b[v] = Ops::load(w + v * lanes32 * Ops::w_bytes);
        w += nv * lanes32 * Ops::w_bytes;
        HWY_UNROLL(16)
        for (int r = 0; r < MR; ++r) {
          const V32 a = simd::broadcast4(row[r] + at);
          HWY_UNROLL(4)
          for (int v = 0; v < NV; ++v) acc[r][v] = Ops::dot(acc[r][v], a, b[v]);
        }
      }
      left -= part;
      room -= part;
      if (room != 0) continue;
      widen<MR, NV>(acc, sums);
      room = block;
    }
  }
  if (room != block) widen<MR, NV>(acc, sums);
}
/// As tile, for sums beyond int32 of a panel of `nv` vectors. Many rows: by twos, since their
/// products decide and each width more is another kernel to compile. One row: at once, since what
/// decides is how its weights are read.
template <class Ops, int MR>
HWY_NOINLINE void wide_tile(const tile_call& t, int nv, const std::byte* const* rows, std::byte* to,
                            int valid) noexcept {
  alignas(alignment) std::uint64_t sums[MR * layout.max_vectors * lanes32] = {};
  constexpr int most = !every_form ? 1 : MR == 1 ? layout.max_vectors : 2;
  for (int v = 0; v < nv; v += most) {
    const std::byte* const w = t.weights + v * lanes32 * Ops::w_bytes;
    std::uint64_t* const first = sums + v * lanes32;
    const int left = nv - v;
    if constexpr (most > 2) {
      if (left == 4) add_wide_products<Ops, MR, 4>(t, nv, rows, w, first);
      if (left == 3) add_wide_products<Ops, MR, 3>(t, nv, rows, w, first);
      if (left >= 3) continue;
    }
    if (most == 1 || left == 1)
      add_wide_products<Ops, MR, 1>(t, nv, rows, w, first);
    else if constexpr (most > 1)
      add_wide_products<Ops, MR, 2>(t, nv, rows, w, first);
  }
  for (int r = 0; r < valid; ++r, to += t.out_stride)
    finish_wide(*t.requant, t.kind, t.out_type, *t.scalars, t.arrays, nv,
                wide_row{sums + r * layout.max_vectors * lanes32}, to, {t.first, t.n});
}
template <class Ops>
HWY_INLINE void wide_panel(const tile_call& t, int nv, const std::byte* const* rows, std::byte* to,
                           std::size_t count) noexcept {
  constexpr int MR = tile_rows(2);
  for (std::size_t i = 0; i < count;) {
    const std::size_t left = count - i;
    if constexpr (every_form)
      if (left == 1) return wide_tile<Ops, 1>(t, nv, rows + i, to, 1);
    const int valid = left < MR ? static_cast<int>(left) : MR;
    wide_tile<Ops, MR>(t, nv, rows + i, to, valid);
    i += as_size(valid);
    to += as_size(valid) * t.out_stride;
  }
}

template <class Ops, class Finish, int MR, int NV>
HWY_INLINE void tile_of(const tile_call& t, const std::byte* const* rows, std::size_t row,
                        std::byte* to, int valid) noexcept {
  if constexpr (Finish::floats)
    tile<Ops, Finish, MR, NV, kernels::epilogue_kind::real>(t, rows, row, to, valid);
  else if constexpr (!every_form)
    tile<Ops, Finish, MR, NV, kernels::epilogue_kind::any>(t, rows, row, to, valid);
  else if (t.kind == kernels::epilogue_kind::dr)
    tile<Ops, Finish, MR, NV, kernels::epilogue_kind::dr>(t, rows, row, to, valid);
  else
    tile<Ops, Finish, MR, NV, kernels::epilogue_kind::real>(t, rows, row, to, valid);
}
/// Few products a sum: rounding and storing decide. Sums stay in registers until they are stored;
/// tiles, which know several ways to finish, keep them in memory (16 to 96 channels take 0.78 of
/// the time, 96 to 576 0.91; from 144 products on tiles of more rows are as fast).
HWY_INLINE bool is_narrow(const tile_call& t) noexcept {
  using kernels::epilogue_kind;
  constexpr int most_steps = 32;
  return t.segments > 0 && t.segments * std::int64_t{t.steps} <= most_steps && t.sums == nullptr &&
         t.zeros == nullptr && t.finish == nullptr &&
         (t.kind == epilogue_kind::scaled || t.kind == epilogue_kind::dr);
}
template <class Ops, int NV, kernels::epilogue_kind E>
HWY_NOINLINE void narrow_rows(const tile_call& t, const std::byte* const* rows, std::byte* to,
                              std::size_t count) noexcept {
  constexpr int MR = NV > 2 ? 4 : 6;
  const columns c(t.arrays, NV);
  const epilogue e(*t.scalars);
  // Not read again and again: what is stored might be these.
  const std::int64_t* const offsets = t.offsets;
  const std::ptrdiff_t first = offsets[0], segment_bytes = std::ptrdiff_t{4} * t.steps;
  const int segments = t.segments;
  for (std::size_t i = 0; i < count; i += MR) {  // rows behind the last one repeat it
    V32 acc[MR][NV];
    OCTET_TARGET_NS::start_tile<MR, NV, E>(t, c, i, acc);
    const std::byte* row[MR];
    HWY_UNROLL(16)
    for (int r = 0; r < MR; ++r) row[r] = rows[i + as_size(r)];
    const std::byte* w = t.weights;
    int segment = 0;
    std::ptrdiff_t at = first;
    do {
      const std::ptrdiff_t end = at + segment_bytes;
      for (; at != end; at += 4, w += NV * lanes32 * Ops::w_bytes) add_step<Ops>(row, at, w, acc);
      if (++segment == segments) break;
      at = offsets[segment];
    } while (true);
    OCTET_TARGET_NS::round_tile<MR, NV, E>(t, c, e, acc);
    HWY_UNROLL(8)
    for (int r = 0; r < MR; ++r) {
      if (i + as_size(r) < count) store_8bit<NV>(e, acc[r], to, t.n);
      to += t.out_stride;
    }
  }
}
/// What tiles of one row are where not every form is: vector by vector, for panels of any width.
template <class Ops>
HWY_NOINLINE void single_row(const tile_call& t, int nv, const std::byte* row, std::size_t at,
                             std::byte* to) noexcept {
  const columns c(t.arrays, nv);
  alignas(alignment) std::int32_t raw[layout.max_vectors * lanes32];
  const int step_bytes = nv * lanes32 * Ops::w_bytes;
  for (int v = 0; v < nv; ++v) {
    V32 acc = simd::load(c.bias + v * lanes32), second = set32(0);
    if (t.sums != nullptr) acc = hn::Add(acc, set32(t.sums[at]));
    if (t.zeros != nullptr)
      acc = hn::Add(acc, hn::Mul(set32(t.zeros[at]), simd::load(c.l + v * lanes32)));
    const std::byte* w = t.weights + v * lanes32 * Ops::w_bytes;
    for (int s = 0; s < t.segments; ++s) {
      const std::byte* x = row + t.offsets[s];
      int left = t.steps;
      for (; left >= 2; left -= 2, x += 8, w += 2 * step_bytes) {
        acc = Ops::dot(acc, simd::broadcast4(x), Ops::load(w));
        second = Ops::dot(second, simd::broadcast4(x + 4), Ops::load(w + step_bytes));
      }
      if (left == 0) continue;
      acc = Ops::dot(acc, simd::broadcast4(x), Ops::load(w));
      w += step_bytes;
    }
    simd::store(hn::Add(acc, second), raw + v * lanes32);
  }
  const row_block sums{raw, nv, 1};
  if (t.finish != nullptr) return t.finish(t, sums, at, to);
  finish_rows(*t.requant, t.kind, t.out_type, *t.scalars, t.arrays, sums, to, t.out_stride,
              {t.first, t.n});
}
/// All rows of a block times one panel.
template <class Ops, class Finish, int NV>
HWY_INLINE void panel_rows(const tile_call& t, const std::byte* const* rows, std::byte* to,
                           std::size_t count) noexcept {
  if constexpr (every_form && std::is_same_v<Ops, quad_ops> && std::is_same_v<Finish, by_kind> &&
                layout.max_vectors == 4)
    if (count > 1 && is_narrow(t)) {
      if (t.kind == kernels::epilogue_kind::scaled)
        return narrow_rows<Ops, NV, kernels::epilogue_kind::scaled>(t, rows, to, count);
      // Of one vector DR's tiles are as fast.
      if constexpr (NV > 1)
        return narrow_rows<Ops, NV, kernels::epilogue_kind::dr>(t, rows, to, count);
    }
  constexpr int MR = tile_rows(NV);
  constexpr int even = std::is_same_v<Ops, quad_ops> && !Finish::grouped ? even_rows(NV) : 0;
  std::size_t i = 0;
  while (i < count) {
    const std::size_t left = count - i;
    if constexpr (even != 0)
      if (left >= even && lie_evenly<even>(rows + i)) {
        tile_of<Ops, Finish, even, NV>(t, rows + i, i, to, even);
        i += even;
        to += even * t.out_stride;
        continue;
      }
    if constexpr (!Finish::grouped)
      if (left == 1) {
        if constexpr (every_form || Finish::floats)
          return tile_of<Ops, Finish, 1, NV>(t, rows + i, i, to, 1);
        else
          return single_row<Ops>(t, NV, rows[i], i, to);
      }
    const int valid = left < MR ? static_cast<int>(left) : MR;
    tile_of<Ops, Finish, MR, NV>(t, rows + i, i, to, valid);
    i += as_size(valid);
    to += as_size(valid) * t.out_stride;
  }
}
template <class Ops, class Finish>
HWY_NOINLINE void panel(const tile_call& t, int nv, const std::byte* const* rows, std::byte* to,
                        std::size_t count) noexcept {
  if constexpr (!std::is_same_v<Ops, quad_ops> && !Finish::floats)
    if (t.block_steps != 0) return wide_panel<Ops>(t, nv, rows, to, count);
  if constexpr (layout.max_vectors > 2) {
    if (nv == 4) return panel_rows<Ops, Finish, 4>(t, rows, to, count);
    if (nv == 3) return panel_rows<Ops, Finish, 3>(t, rows, to, count);
  }
  if (nv == 2) return panel_rows<Ops, Finish, 2>(t, rows, to, count);
  panel_rows<Ops, Finish, 1>(t, rows, to, count);
}
/// The same of groups side by side (kernels::vectors_of_group). A template, so that targets without
/// them compile none.
template <class Ops>
HWY_NOINLINE void grouped_panel(const tile_call& t, const std::byte* const* rows, std::byte* to,
                                std::size_t count) noexcept {
  if (t.share == 1)
    panel_rows<Ops, grouped_by_kind<1>, 4>(t, rows, to, count);
  else
    panel_rows<Ops, grouped_by_kind<2>, 4>(t, rows, to, count);
}
}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
