// Normalizations, indices of extremes, transpositions. Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

// ---- a factor and an offset per channel ----

/// rint(v) between whole numbers lo and hi, both less z, plus z.
struct quantize_lanes {
  VF lo, hi;
  V32 z;
  HWY_INLINE quantize_lanes(std::int32_t low, std::int32_t high, std::int32_t zero)
      : lo(set_float(static_cast<float>(low - zero))),
        hi(set_float(static_cast<float>(high - zero))),
        z(set32(zero)) {}
  HWY_INLINE V32 operator()(VF v) const { return hn::Add(round_within(v, lo, hi), z); }
};

template <class V>
struct kernel<kernel_id::batch_norm, V> : plain_kernel<kernel<kernel_id::batch_norm, V>> {
  static const batch_norm_params& params(const void* p) {
    return *static_cast<const batch_norm_params*>(p);
  }
  static bool accepts(const void* p) { return is_8bit(params(p).type); }
  static HWY_NOINLINE void channels(const batch_norm_params& p, const std::byte* x, std::byte* y,
                                    std::size_t first, std::size_t n) noexcept {
    const quantize_lanes quantize(p.lo, p.hi, p.zero_point);
    const V32 zx = set32(p.in_zero_point);
    for (std::size_t i = 0; i < n; i += lanes32) {
      const std::size_t left = n - i, c = first + i;
      const bool whole = left >= lanes32;
      const V32 q =
          whole ? simd::load_as32(p.type, x + i) : simd::load_some_as32(p.type, x + i, left);
      const VF alpha = whole ? simd::load(p.alpha + c) : simd::load_some(p.alpha + c, left),
               beta = whole ? simd::load(p.beta + c) : simd::load_some(p.beta + c, left);
      const VF v = fused(hn::ConvertTo(DF(), hn::Sub(q, zx)), alpha, beta);
      if (whole)
        simd::store_from32(p.type, quantize(v), y + i);
      else
        simd::store_some_from32(p.type, quantize(v), y + i, left);
    }
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.count, k.part, k.parts);
    for (std::size_t i = r.begin; i < r.end;) {
      const std::size_t c = i % p.channels, left = p.channels - c,
                        n = left < r.end - i ? left : r.end - i;
      channels(p, static_cast<const std::byte*>(k.in[0]) + i, static_cast<std::byte*>(k.out[0]) + i,
               c, n);
      i += n;
    }
  }
  static const char* describe(const void*) { return "batch_norm"; }
};

// ---- layer_norm, group_norm ----

struct group_sums {
  std::int64_t sum = 0, squares = 0;
};
inline HWY_NOINLINE group_sums sums_of(dtype type, const std::byte* x, std::size_t n) noexcept {
  group_sums s;
  // Squares of bytes: 2^15 of them stay below 2^31 in a lane.
  constexpr std::size_t most = (std::size_t{1} << 15) * lanes32;
  for (std::size_t begin = 0; begin < n; begin += most) {
    const std::size_t end = n - begin < most ? n : begin + most;
    V32 sum = zero32(), squares = zero32();
    for (std::size_t i = begin; i < end; i += lanes32) {
      const V32 q = end - i >= lanes32 ? simd::load_as32(type, x + i)
                                       : simd::load_some_as32(type, x + i, end - i);
      sum = hn::Add(sum, q);
      squares = hn::Add(squares, hn::Mul(q, q));
    }
    alignas(alignment) std::int32_t each[2][lanes32];
    hn::Store(sum, D32(), each[0]);
    hn::Store(squares, D32(), each[1]);
    for (int l = 0; l < lanes32; ++l) s.sum += each[0][l], s.squares += each[1][l];
  }
  return s;
}
/// The group's numbers, in lanes.
struct norm_group {
  VF mean, scale, inverse;
  V32 zx;
  quantize_lanes quantize;
  HWY_INLINE norm_group(const norm_params& p, const norm_of_group& g)
      : mean(set_float(g.mean)),
        scale(set_float(g.scale)),
        inverse(set_float(p.inverse)),
        zx(set32(p.in_zero_point)),
        quantize(p.lo, p.hi, p.zero_point) {}
  HWY_INLINE VF centered(V32 q) const {
    return simd::rounded(hn::Sub(hn::ConvertTo(DF(), hn::Sub(q, zx)), mean));
  }
  HWY_INLINE V32 finish(VF v) const {
    return quantize(simd::rounded(hn::Mul(simd::rounded(v), inverse)));
  }
};
/// Neighbours of one channel (`weight` has the scale in it), or elements with a weight each.
template <bool Channel>
HWY_NOINLINE void norm_run(const norm_params& p, const norm_of_group& group, const std::byte* x,
                           std::byte* y, std::size_t n, float weight, float bias,
                           const float* weights, const float* biases) noexcept {
  const norm_group g(p, group);
  const VF w1 = set_float(weight), b1 = set_float(bias), one = set_float(1.f);
  for (std::size_t i = 0; i < n; i += lanes32) {
    const std::size_t left = n - i;
    const bool whole = left >= lanes32;
    const VF d = g.centered(whole ? simd::load_as32(p.type, x + i)
                                  : simd::load_some_as32(p.type, x + i, left));
    VF v;
    if constexpr (Channel) {
      v = fused(d, w1, b1);
    } else {
      VF w = one, b = hn::Zero(DF());
      if (weights != nullptr)
        w = whole ? simd::load(weights + i) : simd::load_some(weights + i, left);
      if (biases != nullptr) b = whole ? simd::load(biases + i) : simd::load_some(biases + i, left);
      v = fused(simd::rounded(hn::Mul(d, g.scale)), w, b);
    }
    if (whole)
      simd::store_from32(p.type, g.finish(v), y + i);
    else
      simd::store_some_from32(p.type, g.finish(v), y + i, left);
  }
}
template <class V> struct kernel<kernel_id::norm, V> : plain_kernel<kernel<kernel_id::norm, V>> {
  static const norm_params& params(const void* p) { return *static_cast<const norm_params*>(p); }
  static bool accepts(const void* p) { return is_8bit(params(p).type) && !params(p).float_sums; }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.groups, k.part, k.parts);
    for (std::size_t g = r.begin; g < r.end; ++g) {
      const auto* x = static_cast<const std::byte*>(k.in[0]) + g * p.group;
      auto* y = static_cast<std::byte*>(k.out[0]) + g * p.group;
      const group_sums s = sums_of(p.type, x, p.group);
      const norm_of_group n =
          normalize_group(p, static_cast<float>(s.sum), static_cast<float>(s.squares));
      if (p.channels == 0) {
        norm_run<false>(p, n, x, y, p.group, 1, 0, p.weight, p.bias);
        continue;
      }
      for (std::size_t i = 0; i < p.group; i += p.inner) {  // a group is whole channels
        const std::size_t c = (g * p.group + i) / p.inner % p.channels;
        const float w = p.weight ? p.weight[c] : 1.f, b = p.bias ? p.bias[c] : 0.f;
        norm_run<true>(p, n, x + i, y + i, p.inner, numerics::mul(n.scale, w), b, nullptr, nullptr);
      }
    }
  }
  static const char* describe(const void*) { return "normalization"; }
};

// ---- arg_max, arg_min ----

/// Along the innermost axis. Small integers: the value (arg_min: its complement) above the reversed
/// index, whose maximum is the first of the largest.
template <class V>
struct kernel<kernel_id::arg_extreme, V> : plain_kernel<kernel<kernel_id::arg_extreme, V>> {
  static const axis_params& params(const void* p) { return *static_cast<const axis_params*>(p); }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    if (p.inner != 1) return false;
    return p.type == dtype::f32 || (p.extent <= 65536 && (is_8bit(p.type) || p.type == dtype::s16));
  }
  static HWY_INLINE V32 keys(V32 q, V32 flip, std::size_t k) {
    const V32 reversed = hn::Sub(set32(65535 - static_cast<std::int32_t>(k)), hn::Iota(D32(), 0));
    return hn::Add(hn::ShiftLeft<16>(hn::Xor(q, flip)), reversed);
  }
  static HWY_NOINLINE void rows(const axis_params& p, const std::byte* x, std::byte* y,
                                std::size_t n) noexcept {
    const std::size_t size = size_of(p.type);
    const V32 flip = set32(p.least ? -1 : 0);
    for (std::size_t o = 0; o < n; ++o, x += p.extent * size) {
      V32 best = set32(INT32_MIN);
      std::size_t i = 0;
      for (; i + lanes32 <= p.extent; i += lanes32)
        best = hn::Max(best, keys(simd::load_as32(p.type, x + i * size), flip, i));
      if (i < p.extent && p.extent >= lanes32) {  // once more, from further back
        i = p.extent - lanes32;
        best = hn::Max(best, keys(simd::load_as32(p.type, x + i * size), flip, i));
      } else if (i < p.extent) {
        const V32 some = keys(simd::load_some_as32(p.type, x + i * size, p.extent - i), flip, i);
        best = hn::Max(best, hn::IfThenElse(hn::FirstN(D32(), p.extent - i), some, best));
      }
      const std::int32_t key = hn::GetLane(hn::MaxOfLanes(D32(), best));
      store_index(p, y, o, 65535 - (key & 65535));
    }
  }
  static HWY_INLINE void store_index(const axis_params& p, std::byte* y, std::size_t o,
                                     std::int32_t index) {
    if (p.out_type == dtype::s32)
      std::memcpy(y + 4 * o, &index, 4);
    else
      reinterpret_cast<std::int64_t*>(y)[o] = index;
  }
  /// The largest number of a row of floats whose first is one (`least`: the smallest).
  static HWY_INLINE float extreme_of(const float* x, std::size_t n, bool least) {
    VF best = set_float(x[0]);
    std::size_t i = 0;
    for (; i + lanes32 <= n; i += lanes32) {
      const VF v = simd::load(x + i);
      best = least ? simd::lesser(v, best) : simd::greater(v, best);
    }
    float most = least ? simd::smallest_lane<float>(best) : simd::largest_lane<float>(best);
    for (; i < n; ++i)
      if (least ? x[i] < most : x[i] > most) most = x[i];
    return most;
  }
  static HWY_INLINE std::size_t first_equal(const float* x, std::size_t n, float value) {
    std::size_t i = 0;
    const VF wanted = set_float(value);
    for (; i + lanes32 <= n; i += lanes32) {
      const auto at = hn::FindFirstTrue(DF(), hn::Eq(simd::load(x + i), wanted));
      if (at >= 0) return i + static_cast<std::size_t>(at);
    }
    while (i + 1 < n && x[i] != value) ++i;
    return i;
  }
  /// Two passes; NaN is above and below nothing, so that it counts where it is the first alone.
  static HWY_NOINLINE void rows_of_floats(const axis_params& p, const float* x, std::byte* y,
                                          std::size_t n) noexcept {
    for (std::size_t o = 0; o < n; ++o, x += p.extent) {
      const std::size_t index =
          numerics::is_nan(x[0]) ? 0 : first_equal(x, p.extent, extreme_of(x, p.extent, p.least));
      store_index(p, y, o, static_cast<std::int32_t>(index));
    }
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.outer, k.part, k.parts);
    const auto* x = static_cast<const std::byte*>(k.in[0]) + r.begin * p.extent * size_of(p.type);
    auto* y = static_cast<std::byte*>(k.out[0]) + r.begin * size_of(p.out_type);
    if (p.type == dtype::f32)
      rows_of_floats(p, reinterpret_cast<const float*>(x), y, r.end - r.begin);
    else
      rows(p, x, y, r.end - r.begin);
  }
  static const char* describe(const void*) { return "rows"; }
};

// ---- transposition of the two innermost axes of a copy ----

/// y[a * y_step + b] = x[a + b * step] for a < n_a, b < n_b.
template <class T>
HWY_NOINLINE void transpose_matrix(const T* x, std::size_t step, T* y, std::size_t y_step,
                                   std::size_t n_a, std::size_t n_b) noexcept {
  constexpr std::size_t block = simd::block_extent<T>;
  std::size_t a = 0;
  const simd::tag<T> d;
  constexpr auto lanes = static_cast<std::size_t>(simd::lanes<T>);
  if (n_b == 2 && y_step == 2) {
    for (; a + block <= n_a; a += block) simd::interleave_block(x + a, x + step + a, y + 2 * a);
  } else if (n_b == 3 && y_step == 3) {  // planes of an image to pixels
    for (; a + lanes <= n_a; a += lanes)
      hn::StoreInterleaved3(simd::load(x + a), simd::load(x + step + a),
                            simd::load(x + 2 * step + a), d, y + 3 * a);
  } else if (n_a == 3 && step == 3) {
    std::size_t b = 0;
    for (; b + lanes <= n_b; b += lanes) {
      simd::vec<T> first, second, third;
      hn::LoadInterleaved3(d, x + 3 * b, first, second, third);
      simd::store(first, y + b);
      simd::store(second, y + y_step + b);
      simd::store(third, y + 2 * y_step + b);
    }
    for (; b < n_b; ++b)
      for (std::size_t i = 0; i < 3; ++i) y[i * y_step + b] = x[3 * b + i];
    return;
  } else if (n_a == 2 && step == 2) {
    std::size_t b = 0;
    for (; b + block <= n_b; b += block) simd::deinterleave_block(x + 2 * b, y + b, y + y_step + b);
    for (; b < n_b; ++b) y[b] = x[2 * b], y[y_step + b] = x[2 * b + 1];
    return;
  } else if (n_b >= block) {
    for (; a + block <= n_a; a += block) {
      std::size_t b = 0;
      for (; b + block <= n_b; b += block)
        simd::transpose_block(x + a + b * step, step, y + a * y_step + b, y_step);
      if (b < n_b) {  // once more, from further back
        b = n_b - block;
        simd::transpose_block(x + a + b * step, step, y + a * y_step + b, y_step);
      }
    }
  }
  for (; a < n_a; ++a)
    for (std::size_t b = 0; b < n_b; ++b) y[a * y_step + b] = x[a + b * step];
}
template <class V>
struct kernel<kernel_id::movement, V> : plain_kernel<kernel<kernel_id::movement, V>> {
  static const movement_params& params(const void* p) {
    return *static_cast<const movement_params*>(p);
  }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    const strided_copy& c = p.copies[0];
    return p.outputs == 1 && c.rank >= 2 && c.count != 0 && size_of(p.type) <= 4 &&
           c.stride[c.rank - 2] == 1 && c.stride[c.rank - 1] > 1;
  }
  template <class T> static void matrices(const strided_copy& c, const kernel_args& k) noexcept {
    const std::size_t a = c.rank - 2, n_a = as_size(c.extent[a]), n_b = as_size(c.extent[a + 1]);
    const auto r = part_of(c.count / n_b, k.part, k.parts);  // rows of the result
    const auto* x = static_cast<const T*>(k.in[0]);
    auto* y = static_cast<T*>(k.out[0]);
    for (std::size_t row = r.begin; row < r.end;) {
      const std::size_t first = row % n_a, left = n_a - first,
                        n = left < r.end - row ? left : r.end - row;
      std::int64_t from = c.offset + static_cast<std::int64_t>(first);
      std::size_t rest = row / n_a;
      for (std::size_t d = a; d-- > 0;) {
        const auto extent = as_size(c.extent[d]);
        from += static_cast<std::int64_t>(rest % extent) * c.stride[d];
        rest /= extent;
      }
      transpose_matrix(x + from, as_size(c.stride[a + 1]), y + row * n_b, n_b, n, n_b);
      row += n;
    }
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const std::size_t size = size_of(p.type);
    if (size == 1)
      matrices<std::uint8_t>(p.copies[0], k);
    else if (size == 2)
      matrices<std::uint16_t>(p.copies[0], k);
    else
      matrices<std::uint32_t>(p.copies[0], k);
  }
  static const char* describe(const void*) { return "transposition"; }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
