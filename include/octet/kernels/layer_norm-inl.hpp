// layer_norm of float32: a row's sums in lanes, or those of several rows side by side where each
// runs from element to element. Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// A fused square of x - mean.
struct centred_square {
  float mean;
  template <class V> HWY_INLINE V operator()(V sum, V x) const {
    const V d = simd::rounded(hn::Sub(x, hn::Set(hn::DFromV<V>(), mean)));
    return simd::rounded(fused(d, d, sum));
  }
};
/// Rows whose sums run side by side, so that the latency of an addition does not count.
inline constexpr int rows_together = 4;
/// R rows of n elements: sums in binary64 of 8 sums side by side, those left over after them; fused
/// squares of x - mean in 8 chains side by side.
template <int R>
HWY_NOINLINE void moments_in_lanes(const float* x, std::size_t n, bool centred, float* means,
                                   float* squares) noexcept {
  const std::size_t whole = n / 8 * 8;
  HWY_UNROLL(4)
  for (int r = 0; r < R; ++r) means[r] = 0;
  if (centred) {
    simd::side_by_side<double, 8> sums[R];
    for (std::size_t i = 0; i < whole; i += 8) {
      HWY_UNROLL(4)
      for (int r = 0; r < R; ++r) sums[r].add(x + as_size(r) * n + i, 8);
    }
    HWY_UNROLL(4)
    for (int r = 0; r < R; ++r) {
      double each[8];
      sums[r].store(each);
      double sum = numerics::sum_of_halves(each);
      for (std::size_t i = whole; i < n; ++i)
        sum = numerics::add(sum, static_cast<double>(x[as_size(r) * n + i]));
      means[r] = static_cast<float>(numerics::div(sum, static_cast<double>(n)));
    }
  }
  simd::side_by_side<float, 8> sums[R];
  for (std::size_t i = 0; i < whole; i += 8) {
    HWY_UNROLL(4)
    for (int r = 0; r < R; ++r) sums[r].add(x + as_size(r) * n + i, 8, centred_square{means[r]});
  }
  HWY_UNROLL(4)
  for (int r = 0; r < R; ++r) {
    float each[8];
    sums[r].store(each);
    squares[r] = numerics::sum_of_halves(each);
    for (std::size_t i = whole; i < n; ++i) {
      const float d = numerics::sub(x[as_size(r) * n + i], means[r]);
      squares[r] = n - whole >= 4 && i < whole + 4 ? numerics::add(squares[r], numerics::mul(d, d))
                                                   : numerics::fma(d, d, squares[r]);
    }
  }
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

/// Rows side by side, a lane each, in G vectors: at most G * lanes32 of them, 0 in lanes without.
/// step(i, column) of every element i, in order.
template <int G, class Step>
HWY_INLINE void each_column(const float* x, std::size_t rows, std::size_t n, const Step& step) {
  constexpr std::size_t width = G * lanes32, most = 32;
  alignas(alignment) float columns[most * width] = {};
  for (std::size_t first = 0; first < n; first += most) {
    const std::size_t left = n - first, some = left < most ? left : most;
    transpose_matrix(x + first, n, columns, width, some, rows);
    for (std::size_t i = 0; i < some; ++i) step(first + i, columns + i * width);
  }
}
/// Welford's mean and squares of a row in each lane; Divide: by a number of elements.
template <int G, class Divide> struct running_moments {
  VF mean[G], sum[G];
  decltype(divided_by_inverse::exact(VF())) exact;  // so far

  HWY_INLINE running_moments() : exact(divided_by_inverse::exact(hn::Zero(DF()))) {
    HWY_UNROLL(2)
    for (int g = 0; g < G; ++g) mean[g] = sum[g] = hn::Zero(DF());
  }
  HWY_INLINE void step(std::size_t i, const float* column) {
    const Divide by(static_cast<float>(i + 1));
    HWY_UNROLL(2)
    for (int g = 0; g < G; ++g) {
      const VF v = simd::load(column + g * lanes32), d = simd::rounded(hn::Sub(v, mean[g]));
      if constexpr (std::is_same_v<Divide, divided_by_inverse>)
        exact = hn::And(exact, divided_by_inverse::exact(d));
      mean[g] = simd::rounded(hn::Add(mean[g], by(d)));
      const VF square = simd::rounded(hn::Mul(d, simd::rounded(hn::Sub(v, mean[g]))));
      sum[g] = simd::rounded(hn::Add(sum[g], square));
    }
  }
};
/// Whether all is as division gives it: else nothing is written.
template <int G, class Divide>
HWY_NOINLINE bool try_rows_running(const float* x, std::size_t rows, std::size_t n, float* means,
                                   float* squares) noexcept {
  running_moments<G, Divide> m;
  each_column<G>(x, rows, n,
                 [&](std::size_t i, const float* column) HWY_ATTR { m.step(i, column); });
  if (!hn::AllTrue(DF(), m.exact)) return false;
  HWY_UNROLL(2)
  for (int g = 0; g < G; ++g) {
    simd::store(m.mean[g], means + g * lanes32);
    simd::store(m.sum[g], squares + g * lanes32);
  }
  return true;
}
/// At most G * lanes32 rows.
template <int G>
HWY_INLINE void rows_running(const float* x, std::size_t rows, std::size_t n, float* means,
                             float* squares) noexcept {
  if (simd::native_fma && try_rows_running<G, divided_by_inverse>(x, rows, n, means, squares))
    return;
  try_rows_running<G, divided>(x, rows, n, means, squares);
}
/// At most lanes32 rows.
inline HWY_NOINLINE void rows_in_order(const float* x, std::size_t rows, std::size_t n,
                                       bool centred, float* means, float* squares) noexcept {
  VF mean = hn::Zero(DF()), sum = hn::Zero(DF());
  if (centred) {
    each_column<1>(x, rows, n, [&](std::size_t, const float* column) HWY_ATTR {
      mean = simd::rounded(hn::Add(mean, simd::load(column)));
    });
    mean = simd::divide(mean, set_float(static_cast<float>(n)));
  }
  each_column<1>(x, rows, n, [&](std::size_t, const float* column) HWY_ATTR {
    const VF d = simd::rounded(hn::Sub(simd::load(column), mean));
    sum = simd::rounded(hn::Add(sum, simd::rounded(hn::Mul(d, d))));
  });
  simd::store(mean, means);
  simd::store(sum, squares);
}
/// reference::deviation_of, of as many rows as there are lanes.
inline HWY_NOINLINE void deviations_of(const layer_norm_params& p, float* squares) noexcept {
  if (p.sums == row_sums::apart)
    return simd::store(
        root_xnn<true>(simd::rounded(hn::Add(simd::load(squares), set_float(p.epsilon)))), squares);
  const VF variance =
      simd::rounded(simd::divide(simd::load(squares), set_float(static_cast<float>(p.size))));
  const VF root = sqrt_lanes(simd::rounded(hn::Add(variance, set_float(p.epsilon))));
  simd::store(reference::multiplies(p.sums) ? simd::divide(set_float(1.f), root) : root, squares);
}

/// What mean and deviation make of a row.
inline HWY_NOINLINE void normalize_row(const layer_norm_params& p, const float* x, float mean,
                                       float deviation, const float* weight, const float* bias,
                                       float* y) noexcept {
  const VF m = set_float(mean), by = set_float(deviation), one = set_float(1.f),
           zero = hn::Zero(DF()), away = hn::Sub(zero, m);
  const bool lanes = reference::multiplies(p.sums), inverts = divided_by_inverse::takes(deviation);
  const divided_by_inverse by_inverse(deviation);
  for (std::size_t i = 0; i < p.size; i += lanes32) {
    const std::size_t left = p.size - i;
    const bool whole = left >= lanes32;
    const VF v = whole ? simd::load(x + i) : simd::load_some(x + i, left);
    VF w = one, b = one;
    if (weight != nullptr) w = whole ? simd::load(weight + i) : simd::load_some(weight + i, left);
    if (bias != nullptr) b = whole ? simd::load(bias + i) : simd::load_some(bias + i, left);
    const VF d = simd::rounded(hn::Sub(v, m));
    VF r;
    if (p.sums == row_sums::apart) {
      const VF scale = simd::rounded(hn::Mul(by, w));
      if (bias == nullptr) b = zero;
      r = hn::Add(simd::rounded(hn::Mul(v, scale)),
                  simd::rounded(hn::Add(simd::rounded(hn::Mul(away, scale)), b)));
    } else if (lanes) {
      const VF t = simd::rounded(hn::Mul(d, by));
      r = bias != nullptr               ? fused(t, w, b)
          : p.sums == row_sums::cascade ? fused(t, w, zero)
                                        : hn::Mul(t, w);
    } else {
      const VF share = inverts && hn::AllTrue(DF(), divided_by_inverse::exact(d))
                           ? hn::CopySign(by_inverse(d), d)
                           : simd::divide(d, by);
      r = simd::rounded(hn::Mul(share, w));
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
  static constexpr std::size_t most = 2 * lanes32;  // rows at a time
  static reference::row_moments moments_of_one(const layer_norm_params& p,
                                               const float* x) noexcept {
    if (p.sums == row_sums::apart) {
      const float share = numerics::div(1.f, static_cast<float>(p.size)),
                  mean = numerics::scaled_sum_xnn(sum_in_lanes_xnn(x, p.size, 16), share);
      return {mean, numerics::scaled_sum_xnn(sum_in_lanes_xnn(x, p.size, 16, squares_about{mean}),
                                             share)};
    }
    return p.sums == row_sums::wide      ? reference::wide_moments(x, p.size)
           : p.sums == row_sums::columns ? reference::moments_in_columns(p, x)
                                         : row_moments_in_cascade(x, p.size);
  }
  static void moments(const layer_norm_params& p, const float* x, std::size_t rows, float* means,
                      float* squares) noexcept {
    switch (p.sums) {
      case row_sums::in_order:
        for (std::size_t i = 0; i < rows; i += lanes32)
          rows_in_order(x + i * p.size, rows - i < lanes32 ? rows - i : lanes32, p.size, p.centred,
                        means + i, squares + i);
        return;
      case row_sums::running:
        return rows > lanes32 ? rows_running<2>(x, rows, p.size, means, squares)
                              : rows_running<1>(x, rows, p.size, means, squares);
      case row_sums::lanes: {
        std::size_t i = 0;
        for (; i + rows_together <= rows; i += rows_together)
          moments_in_lanes<rows_together>(x + i * p.size, p.size, p.centred, means + i,
                                          squares + i);
        for (; i < rows; ++i)
          moments_in_lanes<1>(x + i * p.size, p.size, p.centred, means + i, squares + i);
        return;
      }
      case row_sums::cascade:
      case row_sums::wide:
      case row_sums::columns:
      case row_sums::apart:
        for (std::size_t i = 0; i < rows; ++i) {
          const reference::row_moments m = moments_of_one(p, x + i * p.size);
          means[i] = m.mean, squares[i] = m.squares;
        }
        return;
    }
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.rows, k.part, k.parts);
    const auto *const weight = static_cast<const float*>(k.in[1]), *const bias =
                                                                       static_cast<const float*>(
                                                                           k.in[2]);
    for (std::size_t row = r.begin; row < r.end;) {
      const auto* const x = static_cast<const float*>(k.in[0]) + row * p.size;
      auto* const y = static_cast<float*>(k.out[0]) + row * p.size;
      if (p.groups > 0) {
        normalize_group(p, row, x, moments_of_one(p, x), weight, bias, y);
        ++row;
        continue;
      }
      const std::size_t left = r.end - row, rows = left < most ? left : most;
      float means[most] = {}, deviations[most] = {};
      moments(p, x, rows, means, deviations);
      for (std::size_t i = 0; i < rows; i += lanes32) deviations_of(p, deviations + i);
      for (std::size_t i = 0; i < rows; ++i)
        normalize_row(p, x + i * p.size, means[i], deviations[i], weight, bias, y + i * p.size);
      row += rows;
    }
  }
  static const char* describe(const void*) { return "layer normalization"; }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
