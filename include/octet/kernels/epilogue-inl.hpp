// From accumulators of a row to the output: what the matrix and depthwise kernels end with. Part of
// a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// Vectors of the epilogue's scalars.
struct epilogue {
  V16 z;
  V8 lo, hi, flip;
  VF highest;
  bool scaled_bias;
  explicit HWY_INLINE epilogue(const kernels::epilogue_scalars& e)
      : z(hn::Set(D16(), static_cast<std::int16_t>(e.zero_point))),
        lo(hn::Set(D8(), static_cast<std::int8_t>(e.lo))),
        hi(hn::Set(D8(), static_cast<std::int8_t>(e.hi))),
        flip(hn::Set(D8(), static_cast<std::int8_t>(e.flip))),
        highest(set_float(e.highest)),
        scaled_bias(e.scaled_bias) {}
};
/// Rounded values of one row to 8 bits: zero point, clamp.
template <int NV> HWY_INLINE V8 to_8bit(const epilogue& e, const V32 (&x)[NV]) {
  return hn::Xor(hn::Min(hn::Max(simd::narrow<NV>(x, e.z), e.lo), e.hi), e.flip);
}
/// The same, first n channels written.
template <int NV>
HWY_INLINE void store_8bit(const epilogue& e, const V32 (&x)[NV], std::byte* to, int n) {
  simd::store_bytes<NV * lanes32>(to_8bit<NV>(e, x), to, n);
}

/// Columns of a panel or block with `nv` vectors: where its arrays are (kernels::panel_arrays).
struct columns {
  const std::int32_t *bias, *m, *r, *l, *away, *even, *odd;
  HWY_INLINE columns(const std::byte* arrays, int nv)
      : bias(reinterpret_cast<const std::int32_t*>(arrays)),
        m(bias + nv * lanes32),
        r(m + nv * lanes32),
        l(r + nv * lanes32),
        away(l + nv * lanes32),
        even(away + nv * lanes32),
        odd(even + nv * lanes32) {}
  const float* scale() const { return reinterpret_cast<const float*>(m); }
  const float* real_bias() const { return reinterpret_cast<const float*>(r); }
  const float* bias_unit() const { return reinterpret_cast<const float*>(l); }
  const double* scale64() const { return reinterpret_cast<const double*>(m); }
};

/// Accumulators of some rows, with this target's vectors.
struct row_block : kernels::row_sums {
  HWY_INLINE row_block(std::int32_t* sums, int vectors, int count)
      : kernels::row_sums{sums, vectors, count} {}
  explicit HWY_INLINE row_block(const kernels::row_sums& b) : kernels::row_sums(b) {}
  HWY_INLINE int count() const { return nv * lanes32; }
  HWY_INLINE std::int32_t* at(int row, int column) const { return x + row * count() + column; }
};

/// What the accumulators of all pixels of a block begin with; dr: what rounds them.
template <kernels::epilogue_kind E, int NV>
HWY_INLINE void begin_pixels(const columns& c, V32 (&start)[NV], requantize_dr (&dr)[NV]) noexcept {
  HWY_UNROLL(4)
  for (int v = 0; v < NV; ++v) {
    start[v] = simd::load(c.bias + v * lanes32);
    if constexpr (E == kernels::epilogue_kind::dr) {
      start[v] = hn::Xor(start[v], set32(requantize_dr::flip));
      dr[v].set(c.m + v * lanes32, c.r + v * lanes32, c.even + v * lanes32, c.odd + v * lanes32);
    }
  }
}

// Rounded in place, column by column: what belongs to a column is loaded once.
HWY_INLINE void round_shift(const columns& c, const row_block& b) {
  for (int v = 0; v < b.count(); v += lanes32) {
    const V32 m = simd::load(c.m + v), r = simd::load(c.r + v), l = simd::load(c.l + v),
              away = simd::load(c.away + v);
    for (int i = 0; i < b.rows; ++i)
      simd::store(requantize_shift(simd::load(b.at(i, v)), m, r, l, away), b.at(i, v));
  }
}
HWY_INLINE void round_fused(const columns& c, const row_block& b) {
  const V32 flip = set32(requantize_dr::flip);
  for (int v = 0; v < b.count(); v += lanes32) {
    requantize_dr q;
    q.set(c.m + v, c.r + v, c.even + v, c.odd + v);
    for (int i = 0; i < b.rows; ++i)
      simd::store(q(hn::Xor(simd::load(b.at(i, v)), flip)), b.at(i, v));
  }
}
HWY_INLINE void round_wide(const columns& c, const row_block& b) {
  for (int v = 0; v < b.count(); v += lanes32) {
    requantize_wide q;
    q.set(c.m + v, c.r + v, c.l + v, c.even + v, c.odd + v);
    for (int i = 0; i < b.rows; ++i) simd::store(q(simd::load(b.at(i, v))), b.at(i, v));
  }
}
HWY_INLINE void round_real(const columns& c, float highest, bool scaled, const row_block& b) {
  const VF most = set_float(highest);
  for (int v = 0; v < b.count(); v += lanes32) {
    const VF bias = simd::load(c.real_bias() + v), unit = simd::load(c.bias_unit() + v),
             scale = simd::load(c.scale() + v);
    for (int i = 0; i < b.rows; ++i)
      simd::store(requantize_real(simd::load(b.at(i, v)), bias, unit, scaled, scale, most),
                  b.at(i, v));
  }
}
HWY_INLINE void round_real_zero(const requantize_params& q, const columns& c, const row_block& b) {
  const VF z = set_float(static_cast<float>(q.zero_point)),
           lo = set_float(static_cast<float>(q.lo)), hi = set_float(static_cast<float>(q.hi));
  for (int v = 0; v < b.count(); v += lanes32) {
    const VF scale = simd::load(c.scale() + v);
    for (int i = 0; i < b.rows; ++i)
      simd::store(requantize_real_zero(simd::load(b.at(i, v)), scale, z, lo, hi), b.at(i, v));
  }
}
/// Zero point and bounds of D64.
struct double_bounds {
  simd::VF64 z, lo, hi;
  explicit HWY_INLINE double_bounds(const requantize_params& q)
      : z(hn::Set(DF64(), static_cast<double>(q.zero_point))),
        lo(hn::Set(DF64(), static_cast<double>(q.lo))),
        hi(hn::Set(DF64(), static_cast<double>(q.hi))) {}
};
HWY_INLINE void round_double(const requantize_params& q, const columns& c, const row_block& b) {
  const double_bounds e(q);
  const simd::per64<std::int32_t> ints;
  for (int v = 0; v < b.count(); v += simd::lanes<double>) {
    const auto scale = simd::load(c.scale64() + v);
    for (int i = 0; i < b.rows; ++i) {
      const auto wide = hn::PromoteTo(DF64(), hn::LoadU(ints, b.at(i, v)));
      const auto y = requantize_double(wide, scale, e.z, e.lo, e.hi);
      hn::StoreU(hn::DemoteTo(ints, y), ints, b.at(i, v));
    }
  }
}
HWY_INLINE void round_scalar(const requantize_params& q, const row_block& b,
                             const kernels::panel_channels& channels) {
  for (int v = 0; v < b.nv; ++v)
    for (int l = 0; l < lanes32; ++l) {
      const std::int32_t local = kernels::channel_in_panel(b.nv, v, l);
      if (local >= channels.count) continue;
      for (int i = 0; i < b.rows; ++i) {
        std::int32_t* const x = b.at(i, v * lanes32 + l);
        *x = numerics::requantize(q, *x, channels.at(local));
      }
    }
}

/// True: rounded only. False: zero point and clamp are in already.
HWY_INLINE bool round_rows(const requantize_params& q, kernels::epilogue_kind kind,
                           const columns& c, float highest, const row_block& b,
                           const kernels::panel_channels& channels) {
  switch (q.mode) {
    case rounding::none: return true;
    case rounding::doubling_high_half_away:
      if (kind == kernels::epilogue_kind::dr || kind == kernels::epilogue_kind::dr_words)
        round_fused(c, b);
      else
        round_shift(c, b);
      return true;
    case rounding::doubling_high_half_up: round_shift(c, b); return true;
    case rounding::float_half_even:
    case rounding::float_bias_half_even:
      round_real(c, highest, q.bias_unit != nullptr, b);
      return true;
    case rounding::float_zero_point_half_even: round_real_zero(q, c, b); return false;
    case rounding::double_half_away: round_double(q, c, b); return false;
    case rounding::wide_half_up:
      if (kind != kernels::epilogue_kind::wide) break;
      round_wide(c, b);
      return true;
    case rounding::eight_bit_ratio_half_up:
    case rounding::reciprocal_half_even:
    case rounding::divide_half_away:
    case rounding::divide_half_even:
    case rounding::xnnpack:
    case rounding::qnnpack:
    case rounding::fused_multiply_add:
    case rounding::tflite_optimized:
    case rounding::aten:
    case rounding::divide_truncate:
    case rounding::mxnet:
    case rounding::onnxruntime: break;  // a few of these are requantizes, none a frequent one
  }
  round_scalar(q, b, channels);
  return false;
}

template <int NV> HWY_INLINE void load_row(const row_block& b, int row, V32 (&a)[NV]) {
  HWY_UNROLL(4)
  for (int v = 0; v < NV; ++v) a[v] = simd::load(b.at(row, v * lanes32));
}
template <int NV>
HWY_INLINE void store_rows_8bit(const epilogue& e, const row_block& b, std::byte* to,
                                std::size_t stride, int n) {
  for (int i = 0; i < b.rows; ++i, to += stride) {
    V32 a[NV];
    load_row<NV>(b, i, a);
    store_8bit<NV>(e, a, to, n);
  }
}
template <int NV>
HWY_INLINE void store_rows_16bit(const requantize_params& q, bool rounded_only, const row_block& b,
                                 std::byte* to, std::size_t stride, int n) {
  // The clamp comes before the zero point: nothing overflows.
  const std::int32_t zero = rounded_only ? q.zero_point : 0;
  const V32 z = set32(zero), lo = set32(q.lo - zero), hi = set32(q.hi - zero);
  for (int i = 0; i < b.rows; ++i, to += stride) {
    V32 a[NV];
    load_row<NV>(b, i, a);
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) a[v] = hn::Add(hn::Min(hn::Max(a[v], lo), hi), z);
    simd::store_words<NV>(a, to, n);
  }
}
template <int NV>
HWY_INLINE void store_rows(const requantize_params& q, dtype out, const epilogue& e,
                           bool rounded_only, const row_block& b, std::byte* to, std::size_t stride,
                           int n) {
  if (is_8bit(out)) return store_rows_8bit<NV>(e, b, to, stride, n);
  if (out == dtype::s16) return store_rows_16bit<NV>(q, rounded_only, b, to, stride, n);
  for (int i = 0; i < b.rows; ++i, to += stride) {
    if (out == dtype::s32) {
      V32 a[NV];
      load_row<NV>(b, i, a);
      simd::store_ints<NV>(a, to, n);
    } else {  // s64: sums that were proven to fit int32
      for (int v = 0; v < NV; ++v)
        for (int l = 0; l < lanes32; ++l) {
          const std::int32_t local = kernels::channel_in_panel(NV, v, l);
          const std::int64_t sum = *b.at(i, v * lanes32 + l);
          if (local < n) std::memcpy(to + 8 * local, &sum, 8);
        }
    }
  }
}

/// Rows in packed order to the output: `rounded_only`, or with zero point and clamp in already. Not
/// inlined: once per target.
inline HWY_NOINLINE void store_block(const requantize_params& q, dtype out,
                                     kernels::epilogue_scalars s, bool rounded_only,
                                     const row_block& b, std::byte* to, std::size_t stride, int n) {
  if (!rounded_only) s.zero_point = out == dtype::u8 ? -128 : 0;
  const epilogue e(s);
  // Panels have up to max_vectors, blocks of four rows of a depthwise kernel four (of the pseudo
  // targets that stand on this one).
  if constexpr (layout.max_vectors > 2 || every_form)
    if (b.nv == 4) return store_rows<4>(q, out, e, rounded_only, b, to, stride, n);
  if constexpr (layout.max_vectors > 2)
    if (b.nv == 3) return store_rows<3>(q, out, e, rounded_only, b, to, stride, n);
  if (b.nv == 2) return store_rows<2>(q, out, e, rounded_only, b, to, stride, n);
  store_rows<1>(q, out, e, rounded_only, b, to, stride, n);
}

/// Rows of int32 accumulators in packed order to the output, any rounding and type; of these
/// channels, rows of the output `stride` bytes apart. Not inlined: once per target, for what the
/// fused epilogues do not take.
inline HWY_NOINLINE void finish_rows(const requantize_params& q, kernels::epilogue_kind kind,
                                     dtype out, const kernels::epilogue_scalars& e,
                                     const std::byte* arrays, const row_block& b, std::byte* to,
                                     std::size_t stride, const kernels::panel_channels& channels) {
  const bool rounded_only = round_rows(q, kind, columns(arrays, b.nv), e.highest, b, channels);
  store_block(q, out, e, rounded_only, b, to, stride, channels.count);
}

// ---- sums beyond int32 ----

/// One row of 64-bit sums as the matrix kernel leaves them: for each vector of the panel its even
/// lanes, then its odd ones, without what the arrays `even` and `odd` add.
struct wide_row {
  std::uint64_t* x;
  HWY_INLINE auto even(int v) const { return simd::load(x + v * lanes32); }
  HWY_INLINE auto odd(int v) const { return simd::load(x + v * lanes32 + lanes32 / 2); }
};
/// The sums of one row in packed order.
HWY_INLINE void exact_sums(const columns& c, const wide_row& w, int nv, std::int64_t* to) {
  for (int v = 0; v < nv; ++v)
    for (int i = 0; i < lanes32 / 2; ++i) {
      std::int64_t start[2];
      std::memcpy(&start[0], c.even + v * lanes32 + 2 * i, 8);
      std::memcpy(&start[1], c.odd + v * lanes32 + 2 * i, 8);
      for (int side = 0; side < 2; ++side)
        to[v * lanes32 + 2 * i + side] = static_cast<std::int64_t>(
            w.x[v * lanes32 + side * lanes32 / 2 + i] + static_cast<std::uint64_t>(start[side]));
    }
}
/// D64 of sums below 2^51, which are exact in binary64.
HWY_INLINE void round_wide_double(const requantize_params& q, const columns& c, const wide_row& w,
                                  int nv, std::int32_t* to) {
  const double_bounds e(q);
  const simd::tag<std::int64_t> i64;
  const simd::tag<std::uint64_t> u64;
  const auto magic = hn::Set(DF64(), 0x1.8p52);
  for (int v = 0; v < nv; ++v) {
    const auto first = simd::load(c.scale64() + v * lanes32),
               second = simd::load(c.scale64() + v * lanes32 + lanes32 / 2);
    const auto even_scale = hn::ConcatEven(DF64(), second, first),
               odd_scale = hn::ConcatOdd(DF64(), second, first);
    const auto even = hn::Add(w.even(v), hn::BitCast(u64, simd::load(c.even + v * lanes32))),
               odd = hn::Add(w.odd(v), hn::BitCast(u64, simd::load(c.odd + v * lanes32)));
    const auto bits = hn::BitCast(u64, magic);
    const auto even_real = hn::Sub(simd::rounded(hn::BitCast(DF64(), hn::Add(even, bits))), magic),
               odd_real = hn::Sub(simd::rounded(hn::BitCast(DF64(), hn::Add(odd, bits))), magic);
    const auto y = hn::Add(requantize_double(even_real, even_scale, e.z, e.lo, e.hi), magic),
               z = hn::Add(requantize_double(odd_real, odd_scale, e.z, e.lo, e.hi), magic);
    // A whole number plus 1.5 * 2^52 has its low bits at the bottom.
    const auto low = hn::BitCast(D32(), simd::rounded(y)),
               high = hn::BitCast(D32(), hn::ShiftLeft<32>(hn::BitCast(i64, simd::rounded(z))));
    simd::store(hn::OddEven(high, low), to + v * lanes32);
  }
}
/// One row of 64-bit sums of `nv` vectors to the output.
inline HWY_NOINLINE void finish_wide(const requantize_params& q, kernels::epilogue_kind kind,
                                     dtype out, const kernels::epilogue_scalars& scalars,
                                     const std::byte* arrays, int nv, const wide_row& w,
                                     std::byte* to, const kernels::panel_channels& channels) {
  const columns c(arrays, nv);
  alignas(alignment) std::int32_t x[layout.max_vectors * lanes32];
  bool rounded_only = false;
  if (kind == kernels::epilogue_kind::wide) {
    for (int v = 0; v < nv; ++v) {
      requantize_wide r;
      r.set(c.m + v * lanes32, c.r + v * lanes32, c.l + v * lanes32, c.even + v * lanes32,
            c.odd + v * lanes32);
      simd::store(r(w.even(v), w.odd(v)), x + v * lanes32);
    }
    rounded_only = true;
  } else if (q.mode == rounding::double_half_away) {
    round_wide_double(q, c, w, nv, x);
  } else {
    alignas(alignment) std::int64_t sums[layout.max_vectors * lanes32];
    exact_sums(c, w, nv, sums);
    for (int v = 0; v < nv; ++v)
      for (int l = 0; l < lanes32; ++l) {
        const std::int32_t local = kernels::channel_in_panel(nv, v, l);
        const int at = v * lanes32 + l;
        if (local >= channels.count) continue;
        if (q.mode == rounding::none)
          std::memcpy(to + 8 * local, &sums[at], 8);
        else
          x[at] = numerics::requantize(q, sums[at], channels.at(local));
      }
    if (q.mode == rounding::none) return;
  }
  store_block(q, out, scalars, rounded_only, row_block{x, nv, 1}, to, 0, channels.count);
}

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
