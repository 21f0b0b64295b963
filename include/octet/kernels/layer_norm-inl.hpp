// layer_norm of float32: a row's sums in lanes, or those of several rows side by side where each
// runs from element to element. Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// The sum of n elements in binary64: 8 sums side by side, those left over after them.
inline HWY_NOINLINE double wide_sum_of_eights(const float* x, std::size_t n) noexcept {
  simd::side_by_side<double, 8> sums;
  std::size_t i = sums.add(x, n);
  double each[8];
  sums.store(each);
  double sum = numerics::sum_of_halves(each);
  for (; i < n; ++i) sum = numerics::add(sum, static_cast<double>(x[i]));
  return sum;
}
/// A fused square of x - mean.
struct centred_square {
  float mean;
  template <class V> HWY_INLINE V operator()(V sum, V x) const {
    const V d = simd::rounded(hn::Sub(x, hn::Set(hn::DFromV<V>(), mean)));
    return simd::rounded(fused(d, d, sum));
  }
};
/// Fused squares of x - mean in 8 chains side by side; returns how many elements are in them.
inline HWY_NOINLINE std::size_t squares_of_eights(const float* x, std::size_t n, float mean,
                                                  float (&each)[8]) noexcept {
  simd::side_by_side<float, 8> sums;
  const std::size_t whole = sums.add(x, n, centred_square{mean});
  sums.store(each);
  return whole;
}
inline reference::row_moments row_moments_in_lanes(const float* x, std::size_t n,
                                                   bool centred) noexcept {
  reference::row_moments r;
  if (centred)
    r.mean = static_cast<float>(numerics::div(wide_sum_of_eights(x, n), static_cast<double>(n)));
  float each[8];
  const std::size_t whole = squares_of_eights(x, n, r.mean, each);
  r.squares = numerics::sum_of_halves(each);
  for (std::size_t i = whole; i < n; ++i) {
    const float d = numerics::sub(x[i], r.mean);
    r.squares = n - whole >= 4 && i < whole + 4 ? numerics::add(r.squares, numerics::mul(d, d))
                                                : numerics::fma(d, d, r.squares);
  }
  return r;
}

/// reference::counted_moments in 8 lanes side by side, which have equally many elements.
struct cascade_lanes {
  using block = simd::lane_block<float, 8>;
  block mean, squares;

  HWY_INLINE cascade_lanes() : mean(0), squares(0) {}
  /// Welford's step by the next 8 elements, `part` of all.
  HWY_INLINE void step(const float* x, float part) {
    block from(0);
    from.load(x);
    const auto by = hn::Set(block::D(), part);
    HWY_UNROLL(4)
    for (int k = 0; k < block::vectors; ++k) {
      const auto d = simd::rounded(hn::Sub(from.v[k], mean.v[k]));
      mean.v[k] = simd::rounded(fused(d, by, mean.v[k]));
      squares.v[k] =
          simd::rounded(fused(d, simd::rounded(hn::Sub(from.v[k], mean.v[k])), squares.v[k]));
    }
  }
  /// counted_moments::join: to `count` elements of each lane come `more`.
  HWY_INLINE void join(std::size_t count, const cascade_lanes& m, std::size_t more) {
    if (count + more == 0) return;
    const float share = numerics::div(static_cast<float>(more), static_cast<float>(count + more));
    const auto by = hn::Set(block::D(), share), n = hn::Set(block::D(), static_cast<float>(count));
    HWY_UNROLL(4)
    for (int k = 0; k < block::vectors; ++k) {
      const auto way = simd::rounded(hn::Sub(m.mean.v[k], mean.v[k])),
                 step = simd::rounded(hn::Mul(by, way)),
                 both = simd::rounded(hn::Add(squares.v[k], m.squares.v[k]));
      mean.v[k] = simd::rounded(hn::Add(mean.v[k], step));
      squares.v[k] = simd::rounded(fused(way, simd::rounded(hn::Mul(step, n)), both));
    }
  }
};
/// reference::moments_in_cascade, all lanes side by side.
inline HWY_NOINLINE reference::row_moments row_moments_in_cascade(const float* x,
                                                                  std::size_t n) noexcept {
  constexpr std::size_t chunk = 16, lanes = 8;
  const std::size_t whole = n / lanes, chunks = (whole + chunk - 1) / chunk,
                    depth = chunks <= 2 ? 1 : as_size(std::bit_width(chunks - 1));
  reference::counted_moments all = reference::moments_of_rest(x + whole * lanes, n - whole * lanes);
  if (whole == 0) return {all.mean, all.squares};
  float parts[chunk];
  for (std::size_t j = 0; j < chunk; ++j) parts[j] = numerics::div(1.f, static_cast<float>(j + 1));
  cascade_lanes stack[32];  // rows have at most 2^26 elements
  std::size_t counts[32] = {};
  for (std::size_t i = 0; i < chunks; ++i) {
    cascade_lanes m;
    const std::size_t count = whole - i * chunk < chunk ? whole - i * chunk : chunk;
    for (std::size_t j = 0; j < count; ++j) m.step(x + (i * chunk + j) * lanes, parts[j]);
    stack[0].join(counts[0], m, count);
    counts[0] += count;
    for (std::size_t j = 1, left = i + 1; j < depth && (left & 1) == 0; ++j, left >>= 1) {
      stack[j].join(counts[j], stack[j - 1], counts[j - 1]);
      counts[j] += counts[j - 1];
      stack[j - 1] = {};
      counts[j - 1] = 0;
    }
  }
  for (std::size_t j = 1; j < depth; ++j) {
    stack[0].join(counts[0], stack[j], counts[j]);
    counts[0] += counts[j];
  }
  float means[lanes], squares[lanes];
  stack[0].mean.store(means);
  stack[0].squares.store(squares);
  for (std::size_t l = 0; l < lanes; ++l) all.add({whole, means[l], squares[l]});
  return {all.mean, all.squares};
}

/// Rows side by side, a lane each: at most lanes32 of them, the last one again in lanes without.
struct rows_in_lanes {
  std::int32_t at[lanes32];
  HWY_INLINE rows_in_lanes(std::size_t rows, std::size_t size) {
    for (std::size_t l = 0; l < lanes32; ++l)
      at[l] = static_cast<std::int32_t>((l < rows ? l : rows - 1) * size);
  }
  HWY_INLINE VF operator()(const float* x) const {
    return hn::GatherIndex(DF(), x, simd::load(at));
  }
};
inline HWY_NOINLINE void rows_running(const float* x, std::size_t rows, std::size_t n, float* means,
                                      float* squares) noexcept {
  const rows_in_lanes row(rows, n);
  VF mean = hn::Zero(DF()), sum = hn::Zero(DF());
  for (std::size_t i = 0; i < n; ++i) {
    const VF v = row(x + i), d = simd::rounded(hn::Sub(v, mean));
    mean = simd::rounded(hn::Add(mean, simd::divide(d, set_float(static_cast<float>(i + 1)))));
    const VF square = simd::rounded(hn::Mul(d, simd::rounded(hn::Sub(v, mean))));
    sum = simd::rounded(hn::Add(sum, square));
  }
  simd::store(mean, means);
  simd::store(sum, squares);
}
inline HWY_NOINLINE void rows_in_order(const float* x, std::size_t rows, std::size_t n,
                                       bool centred, float* means, float* squares) noexcept {
  const rows_in_lanes row(rows, n);
  VF mean = hn::Zero(DF()), sum = hn::Zero(DF());
  if (centred) {
    for (std::size_t i = 0; i < n; ++i) mean = simd::rounded(hn::Add(mean, row(x + i)));
    mean = simd::divide(mean, set_float(static_cast<float>(n)));
  }
  for (std::size_t i = 0; i < n; ++i) {
    const VF d = simd::rounded(hn::Sub(row(x + i), mean));
    sum = simd::rounded(hn::Add(sum, simd::rounded(hn::Mul(d, d))));
  }
  simd::store(mean, means);
  simd::store(sum, squares);
}

/// What mean and deviation make of a row.
inline HWY_NOINLINE void normalize_row(const layer_norm_params& p, const float* x, float mean,
                                       float deviation, const float* weight, const float* bias,
                                       float* y) noexcept {
  const VF m = set_float(mean), by = set_float(deviation), one = set_float(1.f),
           zero = hn::Zero(DF());
  const bool lanes = reference::multiplies(p.sums);
  for (std::size_t i = 0; i < p.size; i += lanes32) {
    const std::size_t left = p.size - i;
    const bool whole = left >= lanes32;
    const VF v = whole ? simd::load(x + i) : simd::load_some(x + i, left);
    VF w = one, b = one;
    if (weight != nullptr) w = whole ? simd::load(weight + i) : simd::load_some(weight + i, left);
    if (bias != nullptr) b = whole ? simd::load(bias + i) : simd::load_some(bias + i, left);
    const VF d = simd::rounded(hn::Sub(v, m));
    VF r;
    if (lanes) {
      const VF t = simd::rounded(hn::Mul(d, by));
      r = bias != nullptr               ? fused(t, w, b)
          : p.sums == row_sums::cascade ? fused(t, w, zero)
                                        : hn::Mul(t, w);
    } else {
      r = simd::rounded(hn::Mul(simd::divide(d, by), w));
      if (bias != nullptr) r = hn::Add(r, b);
    }
    if (whole)
      simd::store(r, y + i);
    else
      simd::store_some(r, y + i, left);
  }
}
/// A group of channels, each with factors of its own.
inline HWY_NOINLINE void normalize_group(const layer_norm_params& p, std::size_t row,
                                         const float* x, const reference::row_moments& m,
                                         const float* weight, const float* bias,
                                         float* y) noexcept {
  for (std::size_t k = 0; k < p.channels; ++k) {
    const auto f = reference::factors_of(p, m, weight, bias, row % p.groups * p.channels + k);
    const VF scale = set_float(f.scale), offset = set_float(f.offset);
    const float* const from = x + k * p.inner;
    float* const to = y + k * p.inner;
    for (std::size_t i = 0; i < p.inner; i += lanes32) {
      const std::size_t left = p.inner - i;
      const VF v = left >= lanes32 ? simd::load(from + i) : simd::load_some(from + i, left);
      const VF r =
          f.plain ? hn::Mul(simd::rounded(hn::Sub(v, offset)), scale) : fused(v, scale, offset);
      if (left >= lanes32)
        simd::store(r, to + i);
      else
        simd::store_some(r, to + i, left);
    }
  }
}
template <class V>
struct kernel<kernel_id::layer_norm, V> : plain_kernel<kernel<kernel_id::layer_norm, V>> {
  static const layer_norm_params& params(const void* p) {
    return *static_cast<const layer_norm_params*>(p);
  }
  static bool accepts(const void* p) { return params(p).size <= std::size_t{1} << 26; }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.rows, k.part, k.parts);
    const auto *const weight = static_cast<const float*>(k.in[1]), *const bias =
                                                                       static_cast<const float*>(
                                                                           k.in[2]);
    for (std::size_t row = r.begin; row < r.end;) {
      const auto* const x = static_cast<const float*>(k.in[0]) + row * p.size;
      auto* const y = static_cast<float*>(k.out[0]) + row * p.size;
      const std::size_t left = r.end - row, some = left < lanes32 ? left : lanes32,
                        rows = reference::multiplies(p.sums) ? 1 : some;
      if (p.groups > 0) {
        normalize_group(p, row, x, row_moments_in_cascade(x, p.size), weight, bias, y);
        ++row;
        continue;
      }
      float means[lanes32], squares[lanes32];
      if (reference::multiplies(p.sums)) {
        const reference::row_moments m = p.sums == row_sums::lanes
                                             ? row_moments_in_lanes(x, p.size, p.centred)
                                             : row_moments_in_cascade(x, p.size);
        means[0] = m.mean, squares[0] = m.squares;
      } else if (p.sums == row_sums::running) {
        rows_running(x, rows, p.size, means, squares);
      } else {
        rows_in_order(x, rows, p.size, p.centred, means, squares);
      }
      for (std::size_t i = 0; i < rows; ++i)
        normalize_row(p, x + i * p.size, means[i], reference::deviation_of(p, squares[i]), weight,
                      bias, y + i * p.size);
      row += rows;
    }
  }
  static const char* describe(const void*) { return "layer normalization"; }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
