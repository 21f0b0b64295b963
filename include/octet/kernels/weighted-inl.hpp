// Rows of channels weighted and added: resample, grid_sample, embedding_bag. Part of a pass: see
// pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// y[k] = f(load, k) of n channels; load(row): the same channels of a row. f gives a vector.
template <class F> HWY_INLINE void each_channel(float* y, std::size_t n, const F& f) {
  std::size_t k = 0;
  for (; k + lanes32 <= n; k += lanes32)
    simd::store(f([=](const float* row) HWY_ATTR { return simd::load(row + k); }), y + k);
  if (k < n)
    simd::store_some(f([=](const float* row) HWY_ATTR { return simd::load_some(row + k, n - k); }),
                     y + k, n - k);
}

template <class V>
struct kernel<kernel_id::resample, V> : plain_kernel<kernel<kernel_id::resample, V>> {
  static const resample_params& params(const void* p) {
    return *static_cast<const resample_params*>(p);
  }
  static bool accepts(const void* p) { return params(p).inner > 1; }
  /// As reference::weighted_sum; row(j): of the j-th weight.
  template <class Row>
  static HWY_INLINE void row(const resample_params& p, std::int32_t count, const float* w,
                             const Row& source, float* y) {
    if (count < 1) return static_cast<void>(std::fill_n(y, p.inner, 0.f));
    const std::int32_t whole = p.windows ? 1 + (count - 1) / 4 * 4 : 1;
    each_channel(y, p.inner, [&](const auto& load) HWY_ATTR {
      VF t =
          simd::rounded(hn::Mul(load(source(p.windows ? 0 : 1)), set_float(w[p.windows ? 0 : 1])));
      if (!p.windows) t = fused(load(source(0)), set_float(w[0]), t);
      for (std::int32_t j = p.windows ? 1 : 2; j < count; ++j) {
        const VF x = load(source(j)), by = set_float(w[j]);
        t = j < whole ? simd::rounded(hn::Add(t, simd::rounded(hn::Mul(x, by)))) : fused(x, by, t);
      }
      return t;
    });
  }
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    const auto r = part_of(p.outer * p.out, a.part, a.parts);
    const auto last = static_cast<std::int64_t>(p.in) - 1;
    for (std::size_t i = r.begin; i < r.end; ++i) {
      const std::size_t o = i % p.out;
      const resample_tap tap = p.taps[o];
      const float* const x = static_cast<const float*>(a.in[0]) + i / p.out * p.in * p.inner;
      row(
          p, tap.count, p.weights + o * p.most,
          [&](std::int32_t j) {
            const std::int64_t at = std::int64_t{tap.first} + j;
            return x + as_size(at < 0 ? 0 : at > last ? last : at) * p.inner;
          },
          static_cast<float*>(a.out[0]) + i * p.inner);
    }
  }
  static const char* describe(const void*) { return "weighted rows"; }
};

template <class V>
struct kernel<kernel_id::grid_sample, V> : plain_kernel<kernel<kernel_id::grid_sample, V>> {
  static const grid_sample_params& params(const void* p) {
    return *static_cast<const grid_sample_params*>(p);
  }
  static bool accepts(const void* p) { return params(p).channels > 1; }
  static HWY_NOINLINE void pixel(const grid_sample_params& p, const reference::grid_square& s,
                                 float* y) noexcept {
    const auto c = as_size(p.channels);
    if (p.how.nearest) {
      if (s.pixel[0] != nullptr)
        std::memcpy(y, s.pixel[0], c * sizeof(float));
      else
        std::fill_n(y, c, 0.f);
      return;
    }
    VF w[4];
    HWY_UNROLL(4)
    for (int i = 0; i < 4; ++i) w[i] = set_float(s.weight[i]);
    each_channel(y, c, [&](const auto& load) HWY_ATTR {
      const auto at = [&](int i) HWY_ATTR {
        return s.pixel[i] != nullptr ? load(s.pixel[i]) : hn::Zero(DF());
      };
      VF t = simd::rounded(hn::Mul(at(0), w[0]));
      HWY_UNROLL(3)
      for (int i = 1; i < 4; ++i) t = fused(at(i), w[i], t);
      return t;
    });
  }
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    const auto r = part_of(product_of(p.batch, p.out_h), a.part, a.parts);
    reference::for_each_grid_square(p, static_cast<const float*>(a.in[0]),
                                    static_cast<const float*>(a.in[1]), r.begin, r.end,
                                    [&](std::size_t at, const reference::grid_square& s) {
                                      pixel(p, s, static_cast<float*>(a.out[0]) + at);
                                    });
  }
  static const char* describe(const void*) { return "weighted rows"; }
};

template <class V>
struct kernel<kernel_id::embedding_bag, V> : plain_kernel<kernel<kernel_id::embedding_bag, V>> {
  /// A row of the table added to a bag, or its largest elements kept.
  struct rows {
    const embedding_bag_params& p;
    static HWY_INLINE VF floats(const float* x, std::size_t n) {
      return n == lanes32 ? simd::load(x) : simd::load_some(x, n);
    }
    static HWY_INLINE VF floats(const std::uint8_t* x, std::size_t n) {
      return hn::ConvertTo(DF(), n == lanes32 ? simd::load_as32(x) : simd::load_some_as32(x, n));
    }
    template <class T>
    HWY_NOINLINE void add(const T* x, const reference::bag_row& r, bool first,
                          float* to) const noexcept {
      const VF factor = set_float(r.factor), shift = set_float(r.shift);
      for (std::size_t k = 0; k < p.width; k += lanes32) {
        const std::size_t left = p.width - k, n = left < lanes32 ? left : std::size_t{lanes32};
        const VF v = floats(x + k, n), sum = floats(to + k, n);
        VF y = v;
        if (p.mode != bag_mode::most)
          y = fused(v, factor, simd::rounded(hn::Add(sum, shift)));
        else if (!first)
          y = simd::greater(v, sum);
        if (n == lanes32)
          simd::store(y, to + k);
        else
          simd::store_some(y, to + k, n);
      }
    }
  };
  static void run(const kernel_args& a) noexcept {
    const auto& p = *static_cast<const embedding_bag_params*>(a.params);
    reference::embedding_bags(p, a, rows{p});
  }
  static const char* describe(const void*) { return "weighted rows"; }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
