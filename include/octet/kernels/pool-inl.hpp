// qnn.max_pool2d, qnn.avg_pool2d and means over neighbouring axes: channels in lanes. Part of a
// pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// Maximum over the window of n channels from `at`.
inline HWY_NOINLINE void max_pixel(const pool_window& w, bool is_signed, std::int32_t lo,
                                   std::int32_t hi, std::size_t channels, std::byte* y) noexcept {
  // Unsigned order is signed order with the top bit flipped.
  const VU8 flip = simd::set_bytes(static_cast<std::uint8_t>(is_signed ? 0x80 : 0));
  const auto low = hn::Xor(simd::set_bytes(static_cast<std::uint8_t>(lo)), flip),
             high = hn::Xor(simd::set_bytes(static_cast<std::uint8_t>(hi)), flip);
  for (std::size_t c = 0; c < channels; c += lanes8) {
    const std::size_t n = channels - c < lanes8 ? channels - c : lanes8;
    VU8 best = hn::Zero(DU8());
    for (std::int32_t r = 0; r < w.rows; ++r) {
      const std::byte* at = w.x + as_size(r) * w.row + c;
      for (std::int32_t i = 0; i < w.columns; ++i, at += w.column)
        best = hn::Max(best, hn::Xor(simd::load_bytes(at, n), flip));
    }
    simd::store_bytes<lanes8>(hn::BitCast(D8(), hn::Xor(hn::Min(hn::Max(best, low), high), flip)),
                              y + c, static_cast<int>(n));
  }
}

/// The same of int16.
inline HWY_NOINLINE void max_pixel_words(const pool_window& w, std::int32_t lo, std::int32_t hi,
                                         std::size_t channels, std::byte* y) noexcept {
  const V16 low = hn::Set(D16(), static_cast<std::int16_t>(lo)),
            high = hn::Set(D16(), static_cast<std::int16_t>(hi));
  for (std::size_t c = 0; c < channels; c += lanes16) {
    const std::size_t n = channels - c < lanes16 ? channels - c : lanes16;
    V16 best = hn::Set(D16(), std::int16_t{INT16_MIN});
    for (std::int32_t r = 0; r < w.rows; ++r) {
      const std::byte* at = w.x + as_size(r) * w.row + 2 * c;
      for (std::int32_t i = 0; i < w.columns; ++i, at += w.column)
        best = hn::Max(best, simd::load_some_as16<std::int16_t>(at, n));
    }
    const V16 v = hn::Min(hn::Max(best, low), high);
    auto* to = reinterpret_cast<std::int16_t*>(y) + c;
    if (n == lanes16)
      simd::store(v, to);
    else
      simd::store_some(v, to, n);
  }
}
enum class float_pool : std::uint8_t { maximum, average, root };  // root: of the mean square
/// A vector of float32 and the next tap.
template <float_pool Kind> HWY_INLINE VF with_tap(VF v, VF q) {
  if constexpr (Kind == float_pool::maximum) return simd::greater(q, v);
  if constexpr (Kind == float_pool::root) q = simd::rounded(hn::Mul(q, q));
  return simd::rounded(hn::Add(v, q));
}
template <float_pool Kind> HWY_INLINE VF before_taps() {
  return set_float(Kind == float_pool::maximum ? -std::numeric_limits<float>::infinity() : 0.f);
}
/// The taps of NV vectors of channels from c on in their order: a chain of each, and none waits for
/// another (maxima of 3x3 taps of 64 channels take half the time).
template <float_pool Kind, int NV>
HWY_INLINE void add_float_taps(const pool_window& w, std::size_t c, VF (&v)[NV]) noexcept {
  HWY_UNROLL(4)
  for (int k = 0; k < NV; ++k) v[k] = before_taps<Kind>();
  for (std::int32_t r = 0; r < w.rows; ++r) {
    const std::byte* at = w.x + as_size(r) * w.row + 4 * c;
    for (std::int32_t i = 0; i < w.columns; ++i, at += w.column) {
      HWY_UNROLL(4)
      for (int k = 0; k < NV; ++k)
        v[k] = with_tap<Kind>(v[k], simd::load(reinterpret_cast<const float*>(at) + k * lanes32));
    }
  }
}
template <float_pool Kind> struct pooled_floats {
  VF lo, hi, divisor;
  bool multiply;  // by the divisor, which is an inverse
  HWY_INLINE VF finish(VF v) const {
    if constexpr (Kind != float_pool::maximum)
      v = multiply ? simd::rounded(hn::Mul(v, divisor)) : simd::divide(v, divisor);
    return clamp_lanes(Kind == float_pool::root ? hn::Sqrt(v) : v, lo, hi);
  }
  template <int NV>
  HWY_INLINE std::size_t vectors(const pool_window& w, std::size_t c, float* y) const noexcept {
    VF v[NV];
    add_float_taps<Kind>(w, c, v);
    HWY_UNROLL(4)
    for (int k = 0; k < NV; ++k) simd::store(finish(v[k]), y + c + k * lanes32);
    return c + as_size(NV * lanes32);
  }
  HWY_INLINE void rest(const pool_window& w, std::size_t c, std::size_t n,
                       float* y) const noexcept {
    VF v = before_taps<Kind>();
    for (std::int32_t r = 0; r < w.rows; ++r) {
      const std::byte* at = w.x + as_size(r) * w.row + 4 * c;
      for (std::int32_t i = 0; i < w.columns; ++i, at += w.column)
        v = with_tap<Kind>(v, simd::load_some(reinterpret_cast<const float*>(at), n));
    }
    simd::store_some(finish(v), y + c, n);
  }
};
/// Maximum, average or root of the mean square of float32, sums in the order of the taps.
template <float_pool Kind>
HWY_NOINLINE void float_pixel(const pool2d_params& p, const pool_window& w, std::int32_t n,
                              std::byte* to) noexcept {
  const bool multiply = Kind == float_pool::root && p.mode == rounding::tflite_optimized;
  const auto taps = static_cast<float>(n);
  const pooled_floats<Kind> each{set_float(p.min), set_float(p.max_value),
                                 set_float(multiply ? numerics::div(1.f, taps) : taps), multiply};
  auto* const y = reinterpret_cast<float*>(to);
  const auto channels = as_size(p.channels);
  std::size_t c = 0;
  while (channels - c >= 4 * lanes32) c = each.template vectors<4>(w, c, y);
  if (channels - c >= 2 * lanes32) c = each.template vectors<2>(w, c, y);
  if (channels - c >= lanes32) c = each.template vectors<1>(w, c, y);
  if (c < channels) each.rest(w, c, channels - c, y);
}

/// XNNPACK's average of floats: nine places of the window, added to the sum of those before.
HWY_INLINE VF with_nine(VF total, const VF* t) {
  return rounded_sum(
      total, rounded_sum(
                 rounded_sum(rounded_sum(t[2], t[3]), rounded_sum(t[4], t[5])),
                 rounded_sum(rounded_sum(rounded_sum(t[0], t[1]), t[8]), rounded_sum(t[6], t[7]))));
}
/// Of the channels from c on, `have` of them.
HWY_INLINE VF sum_of_nines(const pool_window& w, const window_places& places, std::size_t c,
                           std::size_t have) {
  const VF zero = hn::Zero(DF());
  VF taps[9] = {zero, zero, zero, zero, zero, zero, zero, zero, zero}, total = zero;
  std::int64_t group = 0;
  for (std::int32_t i = 0; i < w.columns; ++i)
    for (std::int32_t r = 0; r < w.rows; ++r) {
      const std::int64_t place = places.of(r, i);
      if (place / 9 != group) {
        total = with_nine(total, taps);
        for (int k = 0; k < 9; ++k) taps[k] = zero;
        group = place / 9;
      }
      const auto* from =
          reinterpret_cast<const float*>(w.x + as_size(r) * w.row + as_size(i) * w.column) + c;
      taps[place % 9] = have == lanes32 ? simd::load(from) : simd::load_some(from, have);
    }
  return with_nine(total, taps);
}
inline HWY_NOINLINE void average_pixel_of_nines(const pool2d_params& p, const pool_window& w,
                                                const window_places& places, std::int32_t n,
                                                std::byte* y) noexcept {
  const VF lo = set_float(p.min), hi = set_float(p.max_value),
           factor = set_float(numerics::div(1.f, static_cast<float>(n)));
  const auto channels = as_size(p.channels);
  for (std::size_t c = 0; c < channels; c += lanes32) {
    const std::size_t have = channels - c < lanes32 ? channels - c : lanes32;
    const VF v =
        clamp_lanes(simd::rounded(hn::Mul(sum_of_nines(w, places, c, have), factor)), lo, hi);
    auto* to = reinterpret_cast<float*>(y) + c;
    if (have == lanes32)
      simd::store(v, to);
    else
      simd::store_some(v, to, have);
  }
}

/// ONNX Runtime's average: dequantized taps, summed in their order.
inline HWY_NOINLINE void real_average_pixel(const pool2d_params& p, const pool_window& w,
                                            std::int32_t n, std::byte* y) noexcept {
  const VF divisor = set_float(static_cast<float>(n)), in_scale = set_float(p.in_scale),
           out_scale = set_float(p.out_scale), zero = set_float(static_cast<float>(p.zero_point)),
           lo = set_float(static_cast<float>(p.lo)), hi = set_float(static_cast<float>(p.hi));
  const V32 z = set32(p.in_zero_point);
  const auto channels = as_size(p.channels);
  for (std::size_t c = 0; c < channels; c += lanes32) {
    const std::size_t have = channels - c < lanes32 ? channels - c : lanes32;
    VF sum = hn::Zero(DF());
    for (std::int32_t r = 0; r < w.rows; ++r) {
      const std::byte* at = w.x + as_size(r) * w.row + c;
      for (std::int32_t i = 0; i < w.columns; ++i, at += w.column) {
        const V32 q =
            have == lanes32 ? simd::load_as32(p.type, at) : simd::load_some_as32(p.type, at, have);
        sum = simd::rounded(hn::Add(sum, real_product(hn::Sub(q, z), in_scale)));
      }
    }
    const VF v = simd::rounded(hn::Add(simd::divide(simd::divide(sum, divisor), out_scale), zero));
    const V32 q = round_within(v, lo, hi);
    if (have == lanes32)
      simd::store_from32(p.type, q, y + c);
    else
      simd::store_some_from32(p.type, q, y + c, have);
  }
}

template <class V>
struct kernel<kernel_id::pool2d, V> : plain_kernel<kernel<kernel_id::pool2d, V>> {
  static const pool2d_params& params(const void* p) {
    return *static_cast<const pool2d_params*>(p);
  }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    if (p.type == dtype::f32) return true;
    if (!is_8bit(p.type) && p.type != dtype::s16) return false;
    if (p.max) return true;
    if (p.mode == rounding::onnxruntime) return is_8bit(p.type);
    if (std::int64_t{p.in_h} * p.in_w > (std::int64_t{1} << (is_8bit(p.type) ? 22 : 14)))
      return false;  // sums stay below 2^30
    switch (p.mode) {
      case rounding::divide_half_away:
      case rounding::float_half_even:
      case rounding::float_zero_point_half_even:
      case rounding::qnnpack:
      case rounding::aten:
      case rounding::divide_half_even: return true;
      case rounding::none:
      case rounding::doubling_high_half_away:
      case rounding::doubling_high_half_up:
      case rounding::wide_half_up:
      case rounding::double_half_away:
      case rounding::float_bias_half_even:
      case rounding::eight_bit_ratio_half_up:
      case rounding::reciprocal_half_even:
      case rounding::xnnpack:
      case rounding::fused_multiply_add:
      case rounding::tflite_optimized:
      case rounding::divide_truncate:
      case rounding::mxnet:
      case rounding::onnxruntime: break;
    }
    return false;
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto rows = part_of(product_of(p.batch, p.out_h), k.part, k.parts);
    const auto channels = as_size(p.channels);
    const std::size_t line = as_size(p.in_w) * channels, size = size_of(p.type);
    const image_extents image{p.in_h, p.in_w, p.channels};
    last_divisor last;
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      const auto [n, oy] = image_row_of(row, p.out_h);
      const auto v = pool_taps(oy, p.out_h, p.in_h, p.window_h, p.stride_h, p.dilation_h, p.pad_top,
                               p.pad_bottom, p.adaptive);
      const std::size_t column = channels * size;
      pool_range h{};
      pool_window w{};
      std::int32_t divisor = 0;
      bool inside = false;  // the window of the pixel before lay in the image
      for (std::int32_t ox = 0; ox < p.out_w; ++ox) {
        if (inside && h.end + p.stride_w <= p.in_w) {  // the same window, further on
          h.begin += p.stride_w, h.end += p.stride_w;
          w.x += as_size(p.stride_w) * column;
        } else {
          h = pool_taps(ox, p.out_w, p.in_w, p.window_w, p.stride_w, p.dilation_w, p.pad_left,
                        p.pad_right, p.adaptive);
          w.rows = v.end > v.begin ? (v.end - v.begin + v.step - 1) / v.step : 0;
          w.columns = h.end > h.begin ? (h.end - h.begin + h.step - 1) / h.step : 0;
          if (w.columns == 0) w.rows = 0;
          w.row = as_size(v.step) * line * size, w.column = as_size(h.step) * column;
          w.x = static_cast<const std::byte*>(k.in[0]);
          if (w.rows > 0) w.x += nhwc_index(image, n, v.begin, h.begin, 0) * size;
          divisor = p.divisor > 0         ? p.divisor
                    : p.count_include_pad ? v.counted * h.counted
                                          : w.rows * w.columns;
          inside = !p.adaptive && w.rows > 0 && ox * p.stride_w >= p.pad_left &&
                   h.end - h.begin == (p.window_w - 1) * p.dilation_w + 1;
        }
        std::byte* y =
            static_cast<std::byte*>(k.out[0]) + (row * as_size(p.out_w) + as_size(ox)) * column;
        if (p.type == dtype::f32 && p.mode == rounding::xnnpack)
          average_pixel_of_nines(p, w, places_of(p, oy, ox, v, h), divisor, y);
        else if (p.type == dtype::f32)
          float_window(p, w, divisor, y);
        else if (p.max && p.type == dtype::s16)
          max_pixel_words(w, p.lo, p.hi, channels, y);
        else if (p.max)
          max_pixel(w, p.type == dtype::s8, p.lo, p.hi, channels, y);
        else if (p.mode == rounding::onnxruntime)
          real_average_pixel(p, w, divisor, y);
        else
          average_pixel(p, w, divisor, p.adaptive ? v.counted : p.window_h,
                        p.adaptive ? h.counted : p.window_w, last, y);
      }
    }
  }
  static void float_window(const pool2d_params& p, const pool_window& w, std::int32_t n,
                           std::byte* y) noexcept {
    if (p.squares) return float_pixel<float_pool::root>(p, w, n, y);
    if (p.max) return float_pixel<float_pool::maximum>(p, w, n, y);
    float_pixel<float_pool::average>(p, w, n, y);
  }
  static const char* describe(const void* p) {
    if (p == nullptr) return "pool";
    return params(p).squares ? "root of squares" : params(p).max ? "maximum" : "average";
  }
};

/// The larger elements of two vectors, or the smaller ones.
template <class T> HWY_INLINE simd::vec<T> extreme(bool max, simd::vec<T> a, simd::vec<T> b) {
  return max ? hn::Max(a, b) : hn::Min(a, b);
}
/// The largest of n >= 1 neighbours, or the smallest.
template <class T> HWY_INLINE T extreme_of(bool max, const T* x, std::size_t n) {
  constexpr auto all = as_size(simd::lanes<T>);
  T v = x[0];
  std::size_t i = 1;
  if (n >= all) {
    auto m = simd::load(x);
    for (i = all; i + all <= n; i += all) m = extreme<T>(max, m, simd::load(x + i));
    v = max ? simd::largest_lane<T>(m) : simd::smallest_lane<T>(m);
  }
  for (; i < n; ++i) v = (max ? x[i] > v : x[i] < v) ? x[i] : v;
  return v;
}
/// reduce_max and reduce_min of [outer][count][inner]: outputs [begin, end).
template <class T>
HWY_NOINLINE void reduce_extreme(bool max, const reduce_plan& p, const T* x, T* y,
                                 std::size_t begin, std::size_t end) noexcept {
  constexpr auto all = as_size(simd::lanes<T>);
  for (std::size_t o = begin; o < end;) {
    const std::size_t c = o % p.inner;
    const T* at = x + o / p.inner * p.count * p.inner + c;
    if (p.inner == 1) {
      y[o++] = extreme_of(max, at, p.count);
      continue;
    }
    const std::size_t left = p.inner - c < end - o ? p.inner - c : end - o,
                      have = left < all ? left : all;
    if (have == all) {
      auto m = simd::load(at);
      for (std::size_t k = 1; k < p.count; ++k)
        m = extreme<T>(max, m, simd::load(at + k * p.inner));
      simd::store(m, y + o);
    } else {
      auto m = simd::load_some(at, have);
      for (std::size_t k = 1; k < p.count; ++k)
        m = extreme<T>(max, m, simd::load_some(at + k * p.inner, have));
      simd::store_some(m, y + o, have);
    }
    o += have;
  }
}
template <class T>
HWY_INLINE void reduce_extreme(const mean_params& p, const kernel_args& k, part_range r) noexcept {
  reduce_extreme(p.op == reduction::max, p.plan, static_cast<const T*>(k.in[0]),
                 static_cast<T*>(k.out[0]), r.begin, r.end);
}

/// Any is true where the largest byte is, all are where the smallest is.
inline void reduce_logic(const mean_params& p, const kernel_args& k, part_range r) noexcept {
  auto* const y = static_cast<std::uint8_t*>(k.out[0]);
  reduce_extreme(p.op == reduction::any, p.plan, static_cast<const std::uint8_t*>(k.in[0]), y,
                 r.begin, r.end);
  for (std::size_t i = r.begin; i < r.end; ++i) y[i] = y[i] != 0;
}

/// Sums or products of `Rows` rows of n floats side by side, each in its own order.
template <std::size_t Rows>
HWY_INLINE void float_row_totals(bool product, const float* x, std::size_t n, float* to) noexcept {
  float v[Rows];
  for (std::size_t j = 0; j < Rows; ++j) v[j] = product ? 1.f : 0.f;
  if (product) {
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < Rows; ++j) v[j] = numerics::mul(v[j], x[j * n + i]);
  } else {
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < Rows; ++j) v[j] = numerics::add(v[j], x[j * n + i]);
  }
  std::memcpy(to, v, sizeof(v));
}
/// Of the largest (smallest) values the first, as the reference finds it: +0 equals -0.
inline HWY_NOINLINE float float_extreme(bool max, const float* x, std::size_t n) noexcept {
  const float_range r = range_of(x, n, x[0]);
  const float v = max ? r.most : r.least;
  if (v != 0 || numerics::is_nan(v)) return v;
  std::size_t i = 0;
  while (i + 1 < n && x[i] != 0) ++i;
  return x[i];
}
/// Plain reductions of float32: outputs [begin, end) of [outer][count][inner].
inline HWY_NOINLINE void reduce_floats(const mean_params& p, const float* x, float* y,
                                       part_range r) noexcept {
  const reduce_plan& plan = p.plan;
  const bool max = p.op == reduction::max, product = p.op == reduction::prod,
             sums = p.op == reduction::mean || p.op == reduction::sum;
  const auto count = static_cast<float>(plan.count);
  const bool scaled = p.mode == rounding::xnnpack;
  const float factor = reference::sum_factor_xnn(p);
  constexpr std::size_t together = 8;
  for (std::size_t o = r.begin; o < r.end;) {
    const std::size_t c = o % plan.inner, left = r.end - o;
    const float* at = x + o / plan.inner * plan.count * plan.inner + c;
    if (scaled && plan.inner == 1) {
      y[o++] = numerics::scaled_sum_xnn(sum_in_lanes_xnn(at, plan.count, 16), factor);
      continue;
    }
    if (plan.inner == 1) {
      std::size_t rows = 1;
      if (!sums && !product) {
        y[o] = float_extreme(max, at, plan.count);
      } else if (left >= together) {
        float_row_totals<together>(product, at, plan.count, y + o);
        rows = together;
      } else {
        float_row_totals<1>(product, at, plan.count, y + o);
      }
      if (p.op == reduction::mean)
        for (std::size_t j = 0; j < rows; ++j) y[o + j] = numerics::div(y[o + j], count);
      o += rows;
      continue;
    }
    std::size_t have = plan.inner - c < left ? plan.inner - c : left;
    if (have > lanes32) have = lanes32;
    const bool whole = have == lanes32;
    VF v = set_float(product ? 1.f : 0.f);
    for (std::size_t k = 0; k < plan.count; ++k) {
      const float* from = at + k * plan.inner;
      const VF e = whole ? simd::load(from) : simd::load_some(from, have);
      if (sums)
        v = simd::rounded(hn::Add(v, e));
      else if (product)
        v = simd::rounded(hn::Mul(v, e));
      else if (k == 0)
        v = e;
      else
        v = hn::IfThenElse(max ? hn::Gt(e, v) : hn::Lt(e, v), e, v);
    }
    if (scaled)
      v = hn::Add(hn::Zero(DF()), simd::rounded(hn::Mul(v, set_float(factor))));
    else if (p.op == reduction::mean)
      v = simd::divide(v, set_float(count));
    if (whole)
      simd::store(v, y + o);
    else
      simd::store_some(v, y + o, have);
    o += have;
  }
}

template <class V> struct kernel<kernel_id::mean, V> : plain_kernel<kernel<kernel_id::mean, V>> {
  static const mean_params& params(const void* p) { return *static_cast<const mean_params*>(p); }
  static bool compares(const mean_params& p) {
    return p.op == reduction::max || p.op == reduction::min;
  }
  static bool is_logic(const mean_params& p) {
    return p.op == reduction::any || p.op == reduction::all;
  }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    if (p.type == dtype::f32) return p.plan.simple && p.plan.count > 0 && !is_logic(p);
    if (is_logic(p)) return p.type == dtype::boolean && p.plan.simple && p.plan.count > 0;
    if (compares(p))
      return p.mode == rounding::none && (is_8bit(p.type) || p.type == dtype::s16) &&
             p.type == p.out_type && p.plan.simple && p.plan.count > 0;
    if ((p.op != reduction::mean && p.op != reduction::sum) || p.mode == rounding::none ||
        p.type != p.out_type || !p.plan.simple)
      return false;
    // Sums stay below 2^31.
    return (is_8bit(p.type) && p.plan.count <= (std::size_t{1} << 23)) ||
           (p.type == dtype::s16 && p.plan.count <= (std::size_t{1} << 15));
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.plan.outputs, k.part, k.parts);
    if (p.type == dtype::f32)
      return reduce_floats(p, static_cast<const float*>(k.in[0]), static_cast<float*>(k.out[0]), r);
    if (is_logic(p)) return reduce_logic(p, k, r);
    if (compares(p)) {
      if (p.type == dtype::u8) return reduce_extreme<std::uint8_t>(p, k, r);
      if (p.type == dtype::s8) return reduce_extreme<std::int8_t>(p, k, r);
      return reduce_extreme<std::int16_t>(p, k, r);
    }
    if (p.type == dtype::u8) return mean_elements<std::uint8_t>(p, k, r);
    if (p.type == dtype::s8) return mean_elements<std::int8_t>(p, k, r);
    mean_elements<std::int16_t>(p, k, r);
  }
  static const char* describe(const void* p) {
    if (p == nullptr) return "mean";
    const auto& m = params(p);
    return compares(m) || is_logic(m) ? "extreme" : m.op == reduction::prod ? "product" : "mean";
  }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
