// Means and sums in the order of PyTorch's loops over vectors of 8. Part of a pass: see
// pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// reference::cascade_sum of neighbouring columns, side by side. Sums: values that add themselves;
/// get(i): the columns' elements i.
template <class Block, class Get> HWY_INLINE Block cascade_sums(std::size_t n, const Get& get) {
  const std::size_t power = reference::cascade_power(n), step = std::size_t{1} << power;
  Block level[4] = {Block(), Block(), Block(), Block()};
  std::size_t i = 0;
  while (i + step <= n) {
    for (std::size_t j = 0; j < step; ++j) level[0].add(get(i++));
    for (std::size_t j = 1; j < 4; ++j) {
      level[j].add(level[j - 1]);
      level[j - 1] = Block();
      if ((i & (step - 1) << (j * power)) != 0) break;
    }
  }
  while (i < n) level[0].add(get(i++));
  for (std::size_t j = 1; j < 4; ++j) level[0].add(level[j]);
  return level[0];
}

/// Elements as floats: those of float32, or quantized ones dequantized.
struct plain_floats {
  const float* x;
  HWY_INLINE VF load(std::size_t i) const { return simd::load(x + i); }
  HWY_INLINE VF load_some(std::size_t i, std::size_t n) const { return simd::load_some(x + i, n); }
  HWY_INLINE float operator[](std::size_t i) const { return x[i]; }
};
template <class T> struct dequantized_floats {
  const T* x;
  std::int32_t zero_point;
  float scale;
  HWY_INLINE VF of(V32 q) const {
    return simd::rounded(
        hn::Mul(hn::ConvertTo(DF(), hn::Sub(q, set32(zero_point))), set_float(scale)));
  }
  HWY_INLINE VF load(std::size_t i) const { return of(simd::load_as32(x + i)); }
  HWY_INLINE VF load_some(std::size_t i, std::size_t n) const {
    return of(simd::load_some_as32(x + i, n));
  }
  HWY_INLINE float operator[](std::size_t i) const {
    return numerics::dequantize(x[i], zero_point, scale);
  }
};

/// `count` vectors side by side.
template <std::size_t Count> struct float_block {
  VF v[Count];
  HWY_INLINE float_block() {
    HWY_UNROLL(8)
    for (std::size_t k = 0; k < Count; ++k) v[k] = hn::Zero(DF());
  }
  HWY_INLINE void add(const float_block& x) {
    HWY_UNROLL(8)
    for (std::size_t k = 0; k < Count; ++k) v[k] = simd::rounded(hn::Add(v[k], x.v[k]));
  }
};

template <class Elements> struct aten_sums {
  const aten_mean_params& p;
  Elements x;

  /// Eight lanes of four sums each along n neighbours; `sum`: the elements behind whole vectors.
  HWY_NOINLINE float along(std::size_t from, std::size_t n) const noexcept {
    constexpr std::size_t lanes = 8, all = 4 * lanes, vectors = all / lanes32;
    using block = float_block<vectors>;
    const std::size_t whole = n / lanes, fours = whole / 4;
    const block sums = cascade_sums<block>(fours, [&](std::size_t i) HWY_ATTR {
      block b;
      HWY_UNROLL(8)
      for (std::size_t k = 0; k < vectors; ++k) b.v[k] = x.load(from + i * all + k * lanes32);
      return b;
    });
    alignas(alignment) float part[all];
    for (std::size_t k = 0; k < vectors; ++k) simd::store(sums.v[k], part + k * lanes32);
    for (std::size_t i = fours * all; i < whole * lanes; ++i)
      part[i % lanes] = numerics::add(part[i % lanes], x[from + i]);
    float sum = 0;
    for (std::size_t i = whole * lanes; i < n; ++i) sum = numerics::add(sum, x[from + i]);
    for (std::size_t k = 0; k < lanes; ++k) {
      for (std::size_t j = 1; j < 4; ++j) part[k] = numerics::add(part[k], part[j * lanes + k]);
      sum = numerics::add(sum, part[k]);
    }
    return sum;
  }
  /// Up to lanes32 neighbouring columns of n rows, `step` apart: each in one cascade, or in four.
  HWY_NOINLINE VF across(std::size_t from, std::size_t n, std::size_t step, std::size_t columns,
                         bool in_four) const noexcept {
    using block = float_block<1>;
    const auto row = [&](std::size_t i) HWY_ATTR {
      block b;
      b.v[0] = columns == lanes32 ? x.load(from + i * step) : x.load_some(from + i * step, columns);
      return b;
    };
    if (!in_four) return cascade_sums<block>(n, row).v[0];
    block part[4];
    for (std::size_t k = 0; k < 4; ++k)
      part[k] = cascade_sums<block>(n / 4, [&](std::size_t i) HWY_ATTR { return row(4 * i + k); });
    for (std::size_t i = n / 4 * 4; i < n; ++i) part[0].add(row(i));
    for (std::size_t k = 1; k < 4; ++k) part[0].add(part[k]);
    return part[0].v[0];
  }
  /// The two innermost loops.
  HWY_NOINLINE void rows(std::size_t from, float* to) const noexcept {
    const auto &a = p.loops[0], &b = p.loops[1];
    if (a.in == 1) {
      for (std::size_t j = 0; j < b.extent; ++j) {
        float& sum = to[j * b.out];
        sum = numerics::add(sum, along(from + j * b.in, a.extent));
      }
      return;
    }
    const std::size_t blocks = b.extent / 32 * 32;
    alignas(alignment) float each[lanes32];
    for (std::size_t j = 0; j < b.extent; j += lanes32) {
      const std::size_t left = b.extent - j, n = left < lanes32 ? left : std::size_t{lanes32};
      simd::store(across(from + j, a.extent, a.in, n, j >= blocks), each);
      for (std::size_t k = 0; k < n; ++k) {
        float& sum = to[(j + k) * b.out];
        sum = numerics::add(sum, each[k]);
      }
    }
  }
};
/// As reference::aten_mean.
template <class Elements>
HWY_NOINLINE void aten_means(const aten_mean_params& p, const Elements& x, float* y) noexcept {
  const aten_sums<Elements> sums{p, x};
  for (std::size_t o = 0; o < p.outputs; ++o) y[o] = 0;
  reference::for_each_outer(
      p, [&](std::size_t from, std::size_t to) HWY_ATTR { sums.rows(from, y + to); });
  for (std::size_t o = 0; p.mean && o < p.outputs; ++o)
    y[o] = numerics::div(y[o], static_cast<float>(p.count));
}

template <class V> struct kernel<kernel_id::aten_mean, V> {
  static const aten_mean_params& params(const void* p) {
    return *static_cast<const aten_mean_params*>(p);
  }
  static bool accepts(const void* p) { return reference::aten_in_vectors(params(p)); }
  static void run(const kernel_args& a) noexcept {
    aten_means(params(a.params), plain_floats{static_cast<const float*>(a.in[0])},
               static_cast<float*>(a.out[0]));
  }
  static const char* describe(const void*) { return "mean"; }
  static constexpr kernel_entry value{.run = &run, .accepts = &accepts, .describe = &describe};
  static constexpr const kernel_entry* entry = &value;
};
template <class V> struct kernel<kernel_id::quantized_aten_mean, V> {
  static const quantized_aten_mean_params& params(const void* p) {
    return *static_cast<const quantized_aten_mean_params*>(p);
  }
  static bool accepts(const void* p) { return reference::aten_in_vectors(params(p).mean); }
  static std::size_t scratch_bytes(const void* p) { return params(p).mean.outputs * sizeof(float); }
  template <class T> static void means(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    auto* const sums = static_cast<float*>(a.scratch);
    aten_means(p.mean,
               dequantized_floats<T>{static_cast<const T*>(a.in[0]), p.in_zero_point, p.in_scale},
               sums);
    reference::quantize_means(p, sums, static_cast<T*>(a.out[0]));
  }
  static void run(const kernel_args& a) noexcept {
    const dtype type = params(a.params).type;
    if (type == dtype::u8) return means<std::uint8_t>(a);
    if (type == dtype::s8) return means<std::int8_t>(a);
    means<std::int16_t>(a);
  }
  static const char* describe(const void*) { return "mean"; }
  static constexpr kernel_entry value{
      .run = &run, .scratch_bytes = &scratch_bytes, .accepts = &accepts, .describe = &describe};
  static constexpr const kernel_entry* entry = &value;
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
