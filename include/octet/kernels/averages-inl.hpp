// Averages and means of bytes over windows: channels in lanes, sums in 16 bits. Part of a pass: see
// pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// Where the taps of one output pixel are.
struct pool_window {
  const std::byte* x;       // of the first tap, channel 0
  std::size_t row, column;  // bytes between taps
  std::int32_t rows, columns;
};

/// As many bytes have a sum that 16 bits hold: -128 * 255 and 255 * 255 do.
inline constexpr std::int32_t most_word_taps = 255;

/// Sums over the taps of NV * lanes16 channels from c on, at most most_word_taps: int16 of int8,
/// uint16 of uint8.
template <class T, int NV>
HWY_INLINE void word_sums(const pool_window& w, std::size_t c, V16 (&sum)[NV]) {
  HWY_UNROLL(4)
  for (int k = 0; k < NV; ++k) sum[k] = hn::Zero(D16());
  for (std::int32_t r = 0; r < w.rows; ++r) {
    const std::byte* at = w.x + as_size(r) * w.row + c;
    for (std::int32_t i = 0; i < w.columns; ++i, at += w.column) {
      HWY_UNROLL(4)
      for (int k = 0; k < NV; ++k)
        sum[k] = hn::Add(sum[k], simd::load_as16<T>(at + k * lanes16));
    }
  }
}
/// Of the last n < lanes16 channels.
template <class T>
HWY_INLINE V16 word_sums_of_some(const pool_window& w, std::size_t c, std::size_t n) {
  V16 sum = hn::Zero(D16());
  for (std::int32_t r = 0; r < w.rows; ++r) {
    const std::byte* at = w.x + as_size(r) * w.row + c;
    for (std::int32_t i = 0; i < w.columns; ++i, at += w.column)
      sum = hn::Add(sum, simd::load_some_as16<T>(at, n));
  }
  return sum;
}
/// Those sums in lanes of 32 bits.
template <class T> HWY_INLINE auto signed_by(V16 sum) {
  if constexpr (std::is_signed_v<T>)
    return sum;
  else
    return hn::BitCast(simd::tag<std::uint16_t>(), sum);
}
template <class T> HWY_INLINE V32 lower_sums(V16 sum) {
  const auto s = signed_by<T>(sum);
  return hn::PromoteTo(D32(), hn::LowerHalf(hn::Half<hn::DFromV<decltype(s)>>(), s));
}
template <class T> HWY_INLINE V32 upper_sums(V16 sum) {
  const auto s = signed_by<T>(sum);
  return hn::PromoteTo(D32(), hn::UpperHalf(hn::Half<hn::DFromV<decltype(s)>>(), s));
}
/// store(sums, first channel, n) for n neighbouring channels at a time: lanes16, the rest last.
template <class T, class Store>
HWY_INLINE void for_word_sums(const pool_window& w, std::size_t channels, const Store& store) {
  std::size_t c = 0;
  for (; channels - c >= 4 * lanes16; c += 4 * lanes16) {
    V16 sum[4];
    word_sums<T>(w, c, sum);
    HWY_UNROLL(4)
    for (int k = 0; k < 4; ++k) store(sum[k], c + as_size(k * lanes16), as_size(lanes16));
  }
  for (; channels - c >= lanes16; c += lanes16) {
    V16 sum[1];
    word_sums<T>(w, c, sum);
    store(sum[0], c, as_size(lanes16));
  }
  if (c < channels) store(word_sums_of_some<T>(w, c, channels - c), c, channels - c);
}

/// Sums of lanes32 channels from `at` (n of them present), as int32.
HWY_INLINE V32 window_sum(const pool_window& w, dtype t, std::size_t c, std::size_t n) {
  V32 sum = zero32();
  const std::size_t size = size_of(t);
  for (std::int32_t r = 0; r < w.rows; ++r) {
    const std::byte* at = w.x + as_size(r) * w.row + c * size;
    if (n == lanes32)
      for (std::int32_t i = 0; i < w.columns; ++i, at += w.column)
        sum = hn::Add(sum, simd::load_as32(t, at));
    else
      for (std::int32_t i = 0; i < w.columns; ++i, at += w.column)
        sum = hn::Add(sum, simd::load_some_as32(t, at, n));
  }
  return sum;
}
/// Stores n <= lanes16 values of bytes, given in the two halves of lanes.
template <class T> HWY_INLINE void store_halves(V32 lower, V32 upper, T* y, std::size_t n) {
  if (n == lanes16) {
    simd::store_from32(lower, y);
    simd::store_from32(upper, y + lanes32);
    return;
  }
  simd::store_some_from32(lower, y, n < lanes32 ? n : as_size(lanes32));
  if (n > lanes32) simd::store_some_from32(upper, y + lanes32, n - lanes32);
}

// ---- averages ----

/// What makes an average of a sum.
enum class average_step : std::uint8_t { quotient, divide, multiply, multiply_add };
struct average_terms {
  average_step step = average_step::quotient;
  float factor = 0;
  bool takes_offset = false;     // zero points are taken off the sum
  bool adds_zero_point = false;  // after the rounding
};
HWY_INLINE average_terms terms_of(const pool2d_params& p, std::int32_t n, std::int32_t window_h,
                                  std::int32_t window_w) noexcept {
  const auto ratio = [&] {
    return static_cast<float>(numerics::div(p.ratio, static_cast<double>(n)));
  };
  switch (p.mode) {
    case rounding::divide_half_away: return {average_step::quotient};
    case rounding::divide_half_even: return {average_step::divide};
    case rounding::float_half_even: return {average_step::multiply, ratio(), true, true};
    case rounding::float_zero_point_half_even:
      return {average_step::multiply_add, ratio(), true, false};
    case rounding::qnnpack:
      return {average_step::multiply,
              numerics::div(p.in_scale,
                            numerics::mul(p.out_scale, static_cast<float>(window_h * window_w))),
              true, true};
    case rounding::aten:
      return {average_step::multiply,
              numerics::div(numerics::div(1.f, static_cast<float>(window_h)),
                            static_cast<float>(window_w))};
    case rounding::none:
    case rounding::doubling_high_half_away:
    case rounding::doubling_high_half_up:
    case rounding::wide_half_up:
    case rounding::double_half_away:
    case rounding::float_bias_half_even:
    case rounding::eight_bit_ratio_half_up:
    case rounding::reciprocal_half_even:
    case rounding::divide_truncate:
    case rounding::xnnpack:
    case rounding::fused_multiply_add:
    case rounding::tflite_optimized:
    case rounding::mxnet:
    case rounding::onnxruntime: break;  // accepts() excludes these
  }
  return {};
}
/// From sums of one window's taps to results, in lanes of 32 bits.
class average_of {
 public:
  HWY_INLINE average_of(const pool2d_params& p, std::int32_t taps, std::int32_t n,
                        std::int32_t window_h, std::int32_t window_w)
      : p_(p), taps_(taps), n_(n), window_h_(window_h), window_w_(window_w) {
    const average_terms terms = terms_of(p, n, window_h, window_w);
    const std::int32_t zero = terms.adds_zero_point ? p.zero_point : 0;
    step_ = terms.step;
    factor_ = set_float(terms.factor);
    lo_ = set_float(static_cast<float>(p.lo - zero));
    hi_ = set_float(static_cast<float>(p.hi - zero));
    divisor_ = set_float(static_cast<float>(n));
    zero_float_ = set_float(static_cast<float>(p.zero_point));
    offset_ = set32(terms.takes_offset ? taps * p.in_zero_point : 0);
    zero_ = set32(zero);
    // Numerators below 2^24: no quotient of them rounds up to the next whole number.
    exact_ = n > 0 && std::int64_t{taps} * (is_8bit(p.type) ? 255 : 32768) + n < (1 << 24);
  }
  HWY_INLINE V32 operator()(V32 sum) const {
    sum = hn::Sub(sum, offset_);
    switch (step_) {
      case average_step::quotient: break;
      case average_step::divide:
        return hn::Add(
            round_within(simd::rounded(simd::divide(hn::ConvertTo(DF(), sum), divisor_)), lo_, hi_),
            zero_);
      case average_step::multiply:
        return hn::Add(round_within(real_product(sum, factor_), lo_, hi_), zero_);
      case average_step::multiply_add:
        return hn::Add(round_within(simd::rounded(hn::Add(real_product(sum, factor_), zero_float_)),
                                    lo_, hi_),
                       zero_);
    }
    return exact_ ? quotient(sum) : each_quotient(sum);
  }

 private:
  /// (sum + n / 2) / n toward zero, the sign apart.
  HWY_INLINE V32 quotient(V32 sum) const {
    const V32 sign = sign_of(sum), numerator = hn::Add(with_sign(sum, sign), set32(n_ / 2));
    const V32 q = hn::ConvertTo(D32(), simd::divide(hn::ConvertTo(DF(), numerator), divisor_));
    return hn::Min(hn::Max(with_sign(q, sign), set32(p_.lo)), set32(p_.hi));
  }
  HWY_INLINE V32 each_quotient(V32 sum) const {
    alignas(alignment) std::int32_t each[lanes32];
    hn::Store(sum, D32(), each);
    for (std::int32_t& e : each) e = numerics::average(p_, e, taps_, n_, window_h_, window_w_);
    return hn::Load(D32(), each);
  }
  const pool2d_params& p_;
  std::int32_t taps_, n_, window_h_, window_w_;
  average_step step_;
  bool exact_;
  VF factor_, lo_, hi_, divisor_, zero_float_;
  V32 offset_, zero_;
};
/// The same of quotients of sums that 16 bits hold: a multiplication in place of a division.
class word_quotient {
 public:
  HWY_INLINE word_quotient(const numerics::word_divisor& d, std::int32_t n, std::int32_t lo,
                           std::int32_t hi)
      : shift_(d.shift),
        multiplier_(hn::Set(DU16(), d.multiplier)),
        half_(hn::Set(D16(), static_cast<std::int16_t>(n / 2))),
        lo_(hn::Set(D16(), static_cast<std::int16_t>(lo))),
        hi_(hn::Set(D16(), static_cast<std::int16_t>(hi))) {}
  /// `sum`: int16 of int8, or uint16 of uint8.
  template <class T> HWY_INLINE V16 operator()(V16 sum) const {
    const V16 sign = std::is_signed_v<T> ? hn::ShiftRight<15>(sum) : hn::Zero(D16());
    const auto numerator =
        hn::BitCast(DU16(), hn::Add(hn::Sub(hn::Xor(sum, sign), sign), half_));
    const V16 q = hn::BitCast(
        D16(), hn::ShiftRightSame(hn::MulHigh(numerator, multiplier_), shift_));
    return hn::Min(hn::Max(hn::Sub(hn::Xor(q, sign), sign), lo_), hi_);
  }

 private:
  using DU16 = simd::tag<std::uint16_t>;
  int shift_;
  simd::vec<std::uint16_t> multiplier_;
  V16 half_, lo_, hi_;
};
/// n <= lanes16 of them as bytes, which they fit.
template <class T> HWY_INLINE void store_bytes_of(V16 v, T* y, std::size_t n) {
  const simd::per16<T> d;
  if (n == lanes16)
    hn::StoreU(hn::DemoteTo(d, v), d, y);
  else
    simd::store_first(hn::DemoteTo(d, v), d, y, n);
}

/// The divisor of the window before, which most windows share: finding one divides several times.
class last_divisor {
 public:
  const std::optional<numerics::word_divisor>& of(std::int32_t n, std::int32_t bound) noexcept {
    if (n != n_ || bound != bound_)
      n_ = n, bound_ = bound, divisor_ = numerics::divisor_of_words(n, bound);
    return divisor_;
  }

 private:
  std::int32_t n_ = 0, bound_ = 0;
  std::optional<numerics::word_divisor> divisor_;
};
/// The average of a window of at most most_word_taps bytes.
template <class T>
HWY_NOINLINE void average_bytes(const pool2d_params& p, const pool_window& w, std::int32_t n,
                                std::int32_t window_h, std::int32_t window_w, last_divisor& last,
                                T* y) noexcept {
  const std::int32_t taps = w.rows * w.columns;
  const auto channels = as_size(p.channels);
  if (p.mode == rounding::divide_half_away) {
    if (const auto d = last.of(n, taps * (std::is_signed_v<T> ? 128 : 255) + n / 2)) {
      const word_quotient quotient(*d, n, p.lo, p.hi);
      return for_word_sums<T>(w, channels, [&](V16 sum, std::size_t c, std::size_t have) HWY_ATTR {
        store_bytes_of(quotient.template operator()<T>(sum), y + c, have);
      });
    }
  }
  const average_of average(p, taps, n, window_h, window_w);
  for_word_sums<T>(w, channels, [&](V16 sum, std::size_t c, std::size_t have) HWY_ATTR {
    store_halves(average(lower_sums<T>(sum)), average(upper_sums<T>(sum)), y + c, have);
  });
}
/// The average of any window.
inline HWY_NOINLINE void average_elements(const pool2d_params& p, const pool_window& w,
                                          std::int32_t n, std::int32_t window_h,
                                          std::int32_t window_w, std::byte* y) noexcept {
  const auto channels = as_size(p.channels);
  const std::size_t size = size_of(p.type);
  const average_of average(p, w.rows * w.columns, n, window_h, window_w);
  for (std::size_t c = 0; c < channels; c += lanes32) {
    const std::size_t have = channels - c < lanes32 ? channels - c : lanes32;
    const V32 q = average(window_sum(w, p.type, c, have));
    if (have == lanes32)
      simd::store_from32(p.type, q, y + c * size);
    else
      simd::store_some_from32(p.type, q, y + c * size, have);
  }
}
inline void average_pixel(const pool2d_params& p, const pool_window& w, std::int32_t n,
                          std::int32_t window_h, std::int32_t window_w, last_divisor& last,
                          std::byte* y) noexcept {
  if (!is_8bit(p.type) || std::int64_t{w.rows} * w.columns > most_word_taps)
    average_elements(p, w, n, window_h, window_w, y);
  else if (p.type == dtype::s8)
    average_bytes(p, w, n, window_h, window_w, last, reinterpret_cast<std::int8_t*>(y));
  else
    average_bytes(p, w, n, window_h, window_w, last, reinterpret_cast<std::uint8_t*>(y));
}

// ---- means ----

/// From sums to means and sums, in lanes of 32 bits, of roundings that mean_value knows.
class mean_of {
 public:
  explicit HWY_INLINE mean_of(const mean_params& p)
      : p_(p),
        scale_(set_float(p.mode == rounding::divide_half_even ? static_cast<float>(p.plan.count)
                                                              : p.scale)),
        offset_(set_float(p.offset)),
        lo_(set_float(static_cast<float>(p.requant.lo - zero()))),
        hi_(set_float(static_cast<float>(p.requant.hi - zero()))),
        zero_(set32(zero())) {}
  HWY_INLINE V32 operator()(V32 sum) const {
    if (p_.mode == rounding::xnnpack) return round_within(scaled(sum), lo_, hi_);
    if (p_.mode == rounding::tflite_optimized)
      return hn::Add(round_away_within(scaled(sum), lo_, hi_), zero_);
    if (p_.mode == rounding::divide_half_even)
      return round_within(simd::rounded(simd::divide(hn::ConvertTo(DF(), sum), scale_)), lo_, hi_);
    alignas(alignment) std::int32_t each[lanes32];
    hn::Store(sum, D32(), each);
    for (std::int32_t& e : each) e = numerics::mean_value(p_, e);
    return hn::Load(D32(), each);
  }

 private:
  HWY_INLINE VF scaled(V32 sum) const {
    return simd::rounded(hn::Add(real_product(sum, scale_), offset_));
  }
  HWY_INLINE std::int32_t zero() const {
    return p_.mode == rounding::tflite_optimized ? p_.requant.zero_point : 0;
  }
  const mean_params& p_;
  VF scale_, offset_, lo_, hi_;
  V32 zero_;
};
/// Of those that requantize the sum less its zero points, which are in the sum's reach.
class rescaled_mean_of {
 public:
  static bool takes(const mean_params& p) noexcept {
    return (p.mode == rounding::doubling_high_half_away || p.mode == rounding::float_half_even ||
            p.mode == rounding::qnnpack) &&
           uniform_requantize::accepts(p.requant, dtype::s32, p.out_type);
  }
  explicit HWY_INLINE rescaled_mean_of(const mean_params& p)
      : rescale_(p.requant),
        taken_(set32(static_cast<std::int32_t>(static_cast<std::int64_t>(p.plan.count) *
                                               p.in_zero_point))) {}
  HWY_INLINE V32 operator()(V32 sum) const { return rescale_(hn::Sub(sum, taken_)); }

 private:
  uniform_requantize rescale_;
  V32 taken_;
};

/// Sums of NV * lanes16 neighbouring columns of `count` rows of bytes, `stride` apart.
template <class T, int NV>
HWY_INLINE void column_sums(const T* x, std::size_t stride, std::size_t count,
                            V32 (&sum)[2 * NV]) {
  HWY_UNROLL(8)
  for (int k = 0; k < 2 * NV; ++k) sum[k] = zero32();
  for (std::size_t i = 0; i < count; i += most_word_taps) {
    const std::size_t left = count - i, some = left < most_word_taps ? left : most_word_taps;
    V16 words[NV];
    word_sums<T>({reinterpret_cast<const std::byte*>(x + i * stride), 0, stride, 1,
                  static_cast<std::int32_t>(some)},
                 0, words);
    HWY_UNROLL(4)
    for (int k = 0; k < NV; ++k) {
      sum[2 * k] = hn::Add(sum[2 * k], lower_sums<T>(words[k]));
      sum[2 * k + 1] = hn::Add(sum[2 * k + 1], upper_sums<T>(words[k]));
    }
  }
}
/// Means of n columns of rows `stride` apart.
template <class T, class Mean>
HWY_NOINLINE void mean_columns(const mean_params& p, const Mean& mean, const T* x,
                               std::size_t stride, std::size_t n, T* y) noexcept {
  std::size_t c = 0;
  if constexpr (sizeof(T) == 1) {
    const auto store = [&](const V32* sum) HWY_ATTR {
      store_halves(mean(sum[0]), mean(sum[1]), y + c, as_size(lanes16));
      c += lanes16;
    };
    while (n - c >= 4 * lanes16) {
      V32 sum[8];
      column_sums<T, 4>(x + c, stride, p.plan.count, sum);
      for (int k = 0; k < 4; ++k) store(sum + 2 * k);
    }
    while (n - c >= lanes16) {
      V32 sum[2];
      column_sums<T, 1>(x + c, stride, p.plan.count, sum);
      store(sum);
    }
  }
  for (; c < n; c += lanes32) {
    const std::size_t have = n - c < lanes32 ? n - c : lanes32;
    const pool_window w{reinterpret_cast<const std::byte*>(x + c), 0, stride * sizeof(T), 1,
                        static_cast<std::int32_t>(p.plan.count)};
    simd::store_some_from32(mean(window_sum(w, p.type, 0, have)), y + c, have);
  }
}
/// The sum of n neighbours.
template <class T> HWY_INLINE std::int32_t row_sum(const T* x, std::size_t n) {
  const V16 one = hn::Set(D16(), std::int16_t{1});
  V32 sum = zero32();
  std::size_t i = 0;
  for (; i + lanes16 <= n; i += lanes16)
    sum = simd::dot_pairs_each(sum, simd::load_as16<T>(x + i), one);
  if (i < n) sum = simd::dot_pairs_each(sum, simd::load_some_as16<T>(x + i, n - i), one);
  return simd::sum_of_lanes(sum);
}
/// Outputs [r.begin, r.end) of [outer][count][inner]: means and sums of 8 or 16 bits.
template <class T, class Mean>
HWY_INLINE void mean_elements(const mean_params& p, const kernel_args& k, part_range r) noexcept {
  const auto* x = static_cast<const T*>(k.in[0]);
  auto* y = static_cast<T*>(k.out[0]);
  const std::size_t inner = p.plan.inner, count = p.plan.count;
  const Mean mean(p);
  for (std::size_t o = r.begin; o < r.end;) {
    std::size_t n = r.end - o;
    if (inner == 1) {
      alignas(alignment) std::int32_t each[lanes32] = {};
      n = n < lanes32 ? n : lanes32;
      for (std::size_t i = 0; i < n; ++i) each[i] = row_sum(x + (o + i) * count, count);
      simd::store_some_from32(mean(hn::Load(D32(), each)), y + o, n);
    } else {
      const std::size_t c = o % inner;
      n = n < inner - c ? n : inner - c;
      mean_columns(p, mean, x + o / inner * count * inner + c, inner, n, y + o);
    }
    o += n;
  }
}

template <class T>
HWY_INLINE void mean_elements(const mean_params& p, const kernel_args& k, part_range r) noexcept {
  if (rescaled_mean_of::takes(p))
    mean_elements<T, rescaled_mean_of>(p, k, r);
  else
    mean_elements<T, mean_of>(p, k, r);
}

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
