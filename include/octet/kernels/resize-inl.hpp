// resize_bilinear for the target of the pass: channels in lanes, the four taps and both weights of
// a pixel for all of them.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// The four taps of one output pixel, each `channels` elements of T.
template <class T> struct resize_pixel {
  const T *tl, *tr, *bl, *br;
  T* to;
};
template <class T> HWY_INLINE VF load_floats(const T* p) {
  if constexpr (std::is_floating_point_v<T>)
    return simd::load(p);
  else
    return hn::ConvertTo(DF(), simd::load_as32(p));
}

/// TFLite's 10-bit weights. Ties go away from zero: halves are added to the magnitude.
struct weights_q10 {
  static constexpr int bits = 10;
  static HWY_INLINE V32 rounded(V32 sum) { return shift_magnitude(sum, set32(1 << 19), by<20>); }
};
struct weights_xnn {
  static constexpr int bits = 11;
  static HWY_INLINE V32 rounded(V32 sum) {
    return hn::ShiftRight<22>(hn::Add(sum, set32(1 << 21)));
  }
};
/// 8-bit values: sums are exact, below 2^30 (also where a weight is negative: both taps are one
/// pixel then), so that it does not matter whether rows or columns are blended first.
template <class T, class W> struct blend_integers {
  using weights = W;
  V32 wy, wx;
  HWY_INLINE blend_integers(const resize_params&, const bilinear_tap& v, const bilinear_tap& h)
      : wy(set32(v.weight)), wx(set32(h.weight)) {}
  static HWY_INLINE V32 between(V32 a, V32 b, V32 weight) {
    return hn::Add(hn::ShiftLeft<W::bits>(a), hn::Mul(hn::Sub(b, a), weight));
  }
  HWY_INLINE void operator()(const resize_pixel<T>& p, std::size_t i) const {
    const V32 left = between(simd::load_as32(p.tl + i), simd::load_as32(p.bl + i), wy),
              right = between(simd::load_as32(p.tr + i), simd::load_as32(p.br + i), wy);
    simd::store_from32(W::rounded(between(left, right, wx)), p.to + i);
  }
};
/// binary32, four products left to right; 8-bit results: + 0.5, truncated.
template <class T> struct blend_float_lanes {
  VF fy, gy, fx, gx;
  HWY_INLINE blend_float_lanes(const resize_params&, const bilinear_tap& v, const bilinear_tap& h)
      : fy(set_float(v.fraction)),
        gy(set_float(numerics::sub(1.f, v.fraction))),
        fx(set_float(h.fraction)),
        gx(set_float(numerics::sub(1.f, h.fraction))) {}
  static HWY_INLINE VF product(const T* x, VF y, VF w) {
    return simd::rounded(hn::Mul(simd::rounded(hn::Mul(load_floats(x), y)), w));
  }
  HWY_INLINE void operator()(const resize_pixel<T>& p, std::size_t i) const {
    VF s = product(p.tl + i, gy, gx);
    s = simd::rounded(hn::Add(s, product(p.bl + i, fy, gx)));
    s = simd::rounded(hn::Add(s, product(p.tr + i, gy, fx)));
    s = simd::rounded(hn::Add(s, product(p.br + i, fy, fx)));
    if constexpr (std::is_floating_point_v<T>)
      simd::store(s, p.to + i);
    else
      simd::store_from32(hn::ConvertTo(D32(), simd::rounded(hn::Add(s, set_float(0.5f)))),
                         p.to + i);
  }
};

/// XNNPACK's floats.
struct blend_xnn_floats {
  VF fy, fx;
  HWY_INLINE blend_xnn_floats(const resize_params&, const bilinear_tap& v, const bilinear_tap& h)
      : fy(set_float(v.fraction)), fx(set_float(h.fraction)) {}
  static HWY_INLINE VF between(VF a, VF b, VF f) {
    return simd::rounded(hn::Add(a, simd::rounded(hn::Mul(simd::rounded(hn::Sub(b, a)), f))));
  }
  HWY_INLINE void operator()(const resize_pixel<float>& p, std::size_t i) const {
    const VF top = between(load_floats(p.tl + i), load_floats(p.tr + i), fx),
             bottom = between(load_floats(p.bl + i), load_floats(p.br + i), fx);
    simd::store(between(top, bottom, fy), p.to + i);
  }
};

/// TFLite's 10-bit weights, int16 values: sums of 37 bits are exact in binary64.
struct blend_q10_words {
  simd::VF64 w_tl, w_bl, w_tr, w_br;
  HWY_INLINE blend_q10_words(const resize_params&, const bilinear_tap& v, const bilinear_tap& h)
      : w_tl(set64((1024 - v.weight) * (1024 - h.weight))),
        w_bl(set64(v.weight * (1024 - h.weight))),
        w_tr(set64((1024 - v.weight) * h.weight)),
        w_br(set64(v.weight * h.weight)) {}
  template <class Half> static HWY_INLINE simd::VF64 wide(Half half) {
    return hn::PromoteTo(DF64(), half);
  }
  template <class Half> HWY_INLINE auto blend(Half tl, Half bl, Half tr, Half br) const {
    const simd::VF64 sum = hn::Add(hn::Add(hn::Mul(wide(tl), w_tl), hn::Mul(wide(bl), w_bl)),
                                   hn::Add(hn::Mul(wide(tr), w_tr), hn::Mul(wide(br), w_br)));
    return hn::DemoteTo(hn::Half<D32>(), whole_away(DF64(), hn::Mul(sum, set64(0x1p-20))));
  }
  HWY_INLINE void operator()(const resize_pixel<std::int16_t>& p, std::size_t i) const {
    const hn::Half<D32> half;
    const V32 tl = simd::load_as32(p.tl + i), bl = simd::load_as32(p.bl + i),
              tr = simd::load_as32(p.tr + i), br = simd::load_as32(p.br + i);
    const auto low = blend(hn::LowerHalf(half, tl), hn::LowerHalf(half, bl),
                           hn::LowerHalf(half, tr), hn::LowerHalf(half, br)),
               high = blend(hn::UpperHalf(half, tl), hn::UpperHalf(half, bl),
                            hn::UpperHalf(half, tr), hn::UpperHalf(half, br));
    simd::store_from32(hn::Combine(D32(), high, low), p.to + i);
  }
};
/// ONNX Runtime: weights are multiplied first; 8-bit results are truncated.
template <class T> struct blend_ort_lanes {
  VF tl, tr, bl, br;
  V32 lo, hi;
  HWY_INLINE blend_ort_lanes(const resize_params& p, const bilinear_tap& v, const bilinear_tap& h)
      : tl(weight(1 - h.fraction, 1 - v.fraction)),
        tr(weight(h.fraction, 1 - v.fraction)),
        bl(weight(1 - h.fraction, v.fraction)),
        br(weight(h.fraction, v.fraction)),
        lo(set32(p.lo_value)),
        hi(set32(p.hi_value)) {}
  static HWY_INLINE VF weight(float x, float y) { return set_float(numerics::mul(x, y)); }
  static HWY_INLINE VF next(VF sum, const T* x, VF w) {
    return simd::rounded(hn::Add(sum, simd::rounded(hn::Mul(w, load_floats(x)))));
  }
  HWY_INLINE void operator()(const resize_pixel<T>& p, std::size_t i) const {
    VF s = simd::rounded(hn::Mul(tl, load_floats(p.tl + i)));
    s = next(next(next(s, p.tr + i, tr), p.bl + i, bl), p.br + i, br);
    if constexpr (std::is_floating_point_v<T>)
      simd::store(s, p.to + i);
    else
      simd::store_from32(hn::Min(hn::Max(hn::ConvertTo(D32(), s), lo), hi), p.to + i);
  }
};
/// PyTorch: along the rows, then between them. Fused: channels-last kernel, of which whole blocks
/// of 8 channels and the channels behind them differ in what they fuse.
template <class T, bool Fused> struct blend_aten_lanes {
  VF fy, gy, fx, gx, zero, lo, hi;
  V32 z;
  std::int32_t blocks;
  HWY_INLINE blend_aten_lanes(const resize_params& p, const bilinear_tap& v, const bilinear_tap& h)
      : fy(set_float(v.fraction)),
        gy(set_float(numerics::sub(1.f, v.fraction))),
        fx(set_float(h.fraction)),
        gx(set_float(numerics::sub(1.f, h.fraction))),
        zero(set_float(static_cast<float>(p.zero_point))),
        lo(set_float(static_cast<float>(p.lo_value - p.zero_point))),
        hi(set_float(static_cast<float>(p.hi_value - p.zero_point))),
        z(set32(p.zero_point)),
        blocks(p.channels / 8 * 8) {}
  static HWY_INLINE VF product(VF a, VF b) { return simd::rounded(hn::Mul(a, b)); }
  static HWY_INLINE VF sum(VF a, VF b) { return simd::rounded(hn::Add(a, b)); }
  HWY_INLINE void operator()(const resize_pixel<T>& p, std::size_t i) const {
    const VF tl = load_floats(p.tl + i), tr = load_floats(p.tr + i), bl = load_floats(p.bl + i),
             br = load_floats(p.br + i);
    VF t;
    if constexpr (Fused) {
      const VF block = fused(fy, fused(fx, br, product(gx, bl)),
                             product(gy, fused(fx, tr, product(gx, tl)))),
               rest = fused(gy, fused(gx, tl, product(fx, tr)),
                            product(fy, fused(gx, bl, product(fx, br))));
      const auto channel = hn::Iota(D32(), static_cast<std::int32_t>(i));
      t = hn::IfThenElse(hn::RebindMask(DF(), hn::Lt(channel, set32(blocks))), block, rest);
    } else {
      t = sum(product(gy, sum(product(gx, tl), product(fx, tr))),
              product(fy, sum(product(gx, bl), product(fx, br))));
    }
    simd::store_from32(hn::Add(round_within(simd::rounded(hn::Sub(t, zero)), lo, hi), z), p.to + i);
  }
};

/// PyTorch's kernels of floats: along the rows, then between them.
struct blend_aten_floats {
  VF fy, gy, fx, gx;
  HWY_INLINE blend_aten_floats(const resize_params&, const bilinear_tap& v, const bilinear_tap& h)
      : fy(set_float(v.fraction)),
        gy(set_float(numerics::sub(1.f, v.fraction))),
        fx(set_float(h.fraction)),
        gx(set_float(numerics::sub(1.f, h.fraction))) {}
  HWY_INLINE VF along(const float* l, const float* r) const {
    return simd::rounded(fused(simd::load(l), gx, simd::rounded(hn::Mul(simd::load(r), fx))));
  }
  HWY_INLINE void operator()(const resize_pixel<float>& p, std::size_t i) const {
    const VF top = along(p.tl + i, p.tr + i), bottom = along(p.bl + i, p.br + i);
    simd::store(fused(top, gy, simd::rounded(hn::Mul(bottom, fy))), p.to + i);
  }
};
/// By channels, whole blocks of 8 and those behind them.
struct blend_aten_channels {
  VF tl, tr, bl, br;
  std::int32_t blocks;
  HWY_INLINE blend_aten_channels(const resize_params& p, const bilinear_tap& v,
                                 const bilinear_tap& h)
      : tl(weight(numerics::sub(1.f, v.fraction), numerics::sub(1.f, h.fraction))),
        tr(weight(numerics::sub(1.f, v.fraction), h.fraction)),
        bl(weight(v.fraction, numerics::sub(1.f, h.fraction))),
        br(weight(v.fraction, h.fraction)),
        blocks(p.channels / 8 * 8) {}
  static HWY_INLINE VF weight(float y, float x) { return set_float(numerics::mul(y, x)); }
  static HWY_INLINE VF product(VF a, VF b) { return simd::rounded(hn::Mul(a, b)); }
  static HWY_INLINE VF next(VF a, VF b, VF sum) { return simd::rounded(fused(a, b, sum)); }
  HWY_INLINE void operator()(const resize_pixel<float>& p, std::size_t i) const {
    const VF a = simd::load(p.tl + i), b = simd::load(p.tr + i), c = simd::load(p.bl + i),
             d = simd::load(p.br + i);
    const VF block = next(a, tl, next(b, tr, next(d, br, product(c, bl)))),
             rest = next(d, br, next(c, bl, next(a, tl, product(b, tr))));
    const auto channel = hn::Iota(D32(), static_cast<std::int32_t>(i));
    const auto whole = hn::RebindMask(DF(), hn::Lt(channel, set32(blocks)));
    simd::store(hn::IfThenElse(whole, block, rest), p.to + i);
  }
};

/// One pixel: whole vectors, the last one moved back so that it ends with the channels (equal
/// values are written twice); fewer channels than lanes go through buffers.
template <class T, class Blend>
HWY_INLINE void blend_pixel(const resize_pixel<T>& p, const Blend& blend, std::size_t channels) {
  constexpr std::size_t lanes = as_size(lanes32);
  if (channels < lanes) {
    T buffer[5][lanes] = {};
    const T* from[4] = {p.tl, p.tr, p.bl, p.br};
    for (std::size_t k = 0; k < 4; ++k) std::memcpy(buffer[k], from[k], channels * sizeof(T));
    blend(resize_pixel<T>{buffer[0], buffer[1], buffer[2], buffer[3], buffer[4]}, 0);
    std::memcpy(p.to, buffer[4], channels * sizeof(T));
    return;
  }
  for (std::size_t i = 0; i + lanes <= channels; i += lanes) blend(p, i);
  if (channels % lanes != 0) blend(p, channels - lanes);
}
inline constexpr std::size_t most_stretch = 2048;  // elements: 8 KB of the stack
/// A row of integers that grows, or shrinks by no more than half: a stretch of columns is blended
/// between the two rows once, whatever the channels are, and serves all pixels that lie in it.
template <class T, class Blend>
HWY_INLINE void resize_stretches(const resize_params& p, const T* top, const T* bottom,
                                 const bilinear_tap& v, T* to) {
  constexpr std::size_t lanes = as_size(lanes32);
  alignas(alignment) std::int32_t mixed[most_stretch + lanes];
  const auto channels = as_size(p.channels);
  const Blend rows(p, v, v);
  for (std::int32_t ox = 0; ox < p.out_w;) {
    const std::int32_t first = p.column_taps[ox].lo;
    const std::size_t begin = as_size(first) * channels, left = as_size(p.in_w - first),
                      most = most_stretch / channels, columns = left < most ? left : most,
                      count = columns * channels;
    std::size_t i = 0;
    for (; i + lanes <= count; i += lanes)
      hn::StoreU(Blend::between(simd::load_as32(top + begin + i),
                                simd::load_as32(bottom + begin + i), rows.wy),
                 D32(), mixed + i);
    if (i < count)
      hn::StoreU(Blend::between(simd::load_some_as32(top + begin + i, count - i),
                                simd::load_some_as32(bottom + begin + i, count - i), rows.wy),
                 D32(), mixed + i);
    do {  // taps are at most a column apart, and a stretch has two unless the image ends
      const bilinear_tap h = p.column_taps[ox];
      const V32 wx = set32(h.weight);
      const std::int32_t *l = mixed + as_size(h.lo - first) * channels,
                         *r = mixed + as_size(h.hi - first) * channels;
      const auto blended = [&](std::size_t k) {
        return Blend::weights::rounded(Blend::between(simd::load(l + k), simd::load(r + k), wx));
      };
      std::size_t k = 0;
      for (; k + lanes <= channels; k += lanes) simd::store_from32(blended(k), to + k);
      if (k < channels && channels >= lanes)  // once more, from further back
        simd::store_from32(blended(channels - lanes), to + channels - lanes);
      else if (k < channels)
        simd::store_some_from32(blended(k), to + k, channels - k);
      to += channels;
    } while (++ox < p.out_w && as_size(p.column_taps[ox].hi - first) < columns);
  }
}
template <class T, class Blend>
HWY_NOINLINE void resize_rows(const resize_params& p, const T* x, T* y, std::size_t begin,
                              std::size_t end) {
  const auto channels = as_size(p.channels);
  const image_extents image{p.in_h, p.in_w, p.channels};
  for (std::size_t row = begin; row < end; ++row) {
    const auto [n, oy] = image_row_of(row, p.out_h);
    const bilinear_tap v = p.row_taps[oy];
    const T *top = x + nhwc_index(image, n, v.lo, 0, 0),
            *bottom = x + nhwc_index(image, n, v.hi, 0, 0);
    T* to = y + row * product_of(p.out_w, p.channels);
    if constexpr (requires { typename Blend::weights; })
      if (p.in_w / 2 <= p.out_w && channels <= most_stretch / 2) {
        resize_stretches<T, Blend>(p, top, bottom, v, to);
        continue;
      }
    for (std::int32_t ox = 0; ox < p.out_w; ++ox, to += channels) {
      const bilinear_tap h = p.column_taps[ox];
      const std::size_t l = as_size(h.lo) * channels, r = as_size(h.hi) * channels;
      blend_pixel(resize_pixel<T>{top + l, top + r, bottom + l, bottom + r, to}, Blend(p, v, h),
                  channels);
    }
  }
}

template <class V>
struct kernel<kernel_id::resize_bilinear, V> : plain_kernel<kernel<kernel_id::resize_bilinear, V>> {
  static const resize_params& params(const void* p) {
    return *static_cast<const resize_params*>(p);
  }
  template <class T, class Blend>
  static void rows(const resize_params& p, const kernel_args& a, part_range r) noexcept {
    resize_rows<T, Blend>(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]), r.begin,
                          r.end);
  }
  using rows_function = void (*)(const resize_params&, const kernel_args&, part_range) noexcept;
  /// Null: the reference.
  template <class T> static rows_function of_bytes(rounding mode) noexcept {
    switch (mode) {
      case rounding::doubling_high_half_away: return &rows<T, blend_integers<T, weights_q10>>;
      case rounding::xnnpack: return &rows<T, blend_integers<T, weights_xnn>>;
      case rounding::aten: return &rows<T, blend_aten_lanes<T, false>>;
      case rounding::fused_multiply_add: return &rows<T, blend_aten_lanes<T, true>>;
      case rounding::tflite_optimized:
        if constexpr (std::is_unsigned_v<T>) return &rows<T, blend_float_lanes<T>>;
        break;
      case rounding::onnxruntime: return &rows<T, blend_ort_lanes<T>>;
      case rounding::none:
      case rounding::doubling_high_half_up:
      case rounding::wide_half_up:
      case rounding::double_half_away:
      case rounding::float_half_even:
      case rounding::float_bias_half_even:
      case rounding::float_zero_point_half_even:
      case rounding::eight_bit_ratio_half_up:
      case rounding::divide_half_away:
      case rounding::divide_half_even:
      case rounding::reciprocal_half_even:
      case rounding::divide_truncate:
      case rounding::qnnpack:
      case rounding::mxnet: break;
    }
    return nullptr;
  }
  static rows_function of_floats(rounding mode) noexcept {
    switch (mode) {
      case rounding::none: return &rows<float, blend_float_lanes<float>>;
      case rounding::onnxruntime: return &rows<float, blend_ort_lanes<float>>;
      case rounding::aten: return &rows<float, blend_aten_floats>;
      case rounding::fused_multiply_add: return &rows<float, blend_aten_channels>;
      case rounding::xnnpack: return &rows<float, blend_xnn_floats>;
      case rounding::doubling_high_half_away:
      case rounding::doubling_high_half_up:
      case rounding::wide_half_up:
      case rounding::double_half_away:
      case rounding::float_half_even:
      case rounding::float_bias_half_even:
      case rounding::float_zero_point_half_even:
      case rounding::eight_bit_ratio_half_up:
      case rounding::divide_half_away:
      case rounding::divide_half_even:
      case rounding::reciprocal_half_even:
      case rounding::divide_truncate:
      case rounding::qnnpack:
      case rounding::tflite_optimized:
      case rounding::mxnet: break;
    }
    return nullptr;
  }
  static rows_function of(const resize_params& p) noexcept {
    if (p.type == dtype::f32) return of_floats(p.mode);
    if (p.type == dtype::u8) return of_bytes<std::uint8_t>(p.mode);
    if (p.type == dtype::s8) return of_bytes<std::int8_t>(p.mode);
    const bool words = p.type == dtype::s16 && p.mode == rounding::doubling_high_half_away;
    return words ? &rows<std::int16_t, blend_q10_words> : nullptr;
  }
  static bool accepts(const void* p) { return of(params(p)) != nullptr; }
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    of(p)(p, a, part_of(product_of(p.batch, p.out_h), a.part, a.parts));
  }
  static const char* describe(const void*) { return "resize by channels"; }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
