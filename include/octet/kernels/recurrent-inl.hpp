// qnn.lstm and qnn.svdf: the products of a step in lanes; lstm, rnn and svdf of floats. Part of a
// pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// The sum of x * w over n elements modulo 2^32, int16 and T.
template <class T>
HWY_INLINE std::int32_t dot_row(const std::int16_t* x, const T* w, std::size_t n) noexcept {
  V32 a = zero32(), b = zero32();
  std::size_t i = 0;
  for (; i + 2 * lanes16 <= n; i += 2 * lanes16) {
    a = simd::dot_pairs_each(a, simd::load(x + i), simd::load_as16(w + i));
    b = simd::dot_pairs_each(b, simd::load(x + i + lanes16), simd::load_as16(w + i + lanes16));
  }
  if (i + lanes16 <= n) {
    a = simd::dot_pairs_each(a, simd::load(x + i), simd::load_as16(w + i));
    i += lanes16;
  }
  if (i < n && n >= lanes16) {  // the last vector, without what was summed before
    const std::size_t from = n - lanes16;
    const V16 rest = hn::IfThenZeroElse(hn::FirstN(D16(), i - from), simd::load(x + from));
    b = simd::dot_pairs_each(b, rest, simd::load_as16(w + from));
  } else if (i < n) {
    b = simd::dot_pairs_each(b, simd::load_some_as16(x + i, n - i),
                             simd::load_some_as16(w + i, n - i));
  }
  return simd::sum_of_lanes(hn::Add(a, b));
}
/// x - z as int16.
inline HWY_NOINLINE void without_zero_point(const std::int8_t* x, std::int16_t* to, std::size_t n,
                                            std::int32_t z) noexcept {
  window_words<std::int8_t>(reinterpret_cast<const std::byte*>(x), reinterpret_cast<std::byte*>(to),
                            n, z);
}

/// Four sums of lanes, one after the other.
HWY_INLINE hn::Vec<hn::CappedTag<std::int32_t, 4>> sums_of_lanes(const V32 (&a)[4]) {
  const hn::CappedTag<std::int32_t, 4> four;
  hn::Vec<hn::CappedTag<std::int32_t, 4>> part[4];
  HWY_UNROLL(4)
  for (int r = 0; r < 4; ++r) part[r] = simd::sums_of_fourths(a[r]);
  // Columns of the 4 x 4 matrix of what is left are added.
  const auto low = hn::Add(hn::InterleaveLower(four, part[0], part[1]),
                           hn::InterleaveUpper(four, part[0], part[1])),
             high = hn::Add(hn::InterleaveLower(four, part[2], part[3]),
                            hn::InterleaveUpper(four, part[2], part[3]));
  return hn::Add(hn::ConcatLowerLower(four, high, low), hn::ConcatUpperUpper(four, high, low));
}
/// Four rows of n int8 weights times x, modulo 2^32.
HWY_INLINE hn::Vec<hn::CappedTag<std::int32_t, 4>> four_rows(const std::int16_t* x,
                                                             const std::int8_t* w,
                                                             std::size_t n) noexcept {
  V32 sum[4];
  HWY_UNROLL(4)
  for (int r = 0; r < 4; ++r) sum[r] = zero32();
  std::size_t i = 0;
  for (; i + lanes16 <= n; i += lanes16) {
    const V16 v = simd::load(x + i);
    HWY_UNROLL(4)
    for (std::size_t r = 0; r < 4; ++r)
      sum[r] = simd::dot_pairs_each(sum[r], v, simd::load_as16(w + r * n + i));
  }
  if (i < n && n >= lanes16) {  // the last vector, without what was summed before
    const std::size_t from = n - lanes16;
    const V16 rest = hn::IfThenZeroElse(hn::FirstN(D16(), i - from), simd::load(x + from));
    HWY_UNROLL(4)
    for (std::size_t r = 0; r < 4; ++r)
      sum[r] = simd::dot_pairs_each(sum[r], rest, simd::load_as16(w + r * n + from));
  } else if (i < n) {
    const V16 rest = simd::load_some_as16(x, n);
    HWY_UNROLL(4)
    for (std::size_t r = 0; r < 4; ++r)
      sum[r] = simd::dot_pairs_each(sum[r], rest, simd::load_some_as16(w + r * n, n));
  }
  return sums_of_lanes(sum);
}
/// Sums of `rows` rows.
inline HWY_NOINLINE void row_products(const std::int16_t* x, const std::int8_t* w, std::size_t n,
                                      std::size_t rows, std::int32_t* to) noexcept {
  const hn::CappedTag<std::int32_t, 4> four;
  std::size_t r = 0;
  for (; r + 4 <= rows; r += 4) hn::StoreU(four_rows(x, w + r * n, n), four, to + r);
  for (; r < rows; ++r) to[r] = dot_row(x, w + r * n, n);
}

/// What the operator asks while it walks its steps; a named type, no lambda (see vectors-inl.hpp).
struct lstm_products {
  const lstm_params& p;
  const kernel_args& a;
  std::int16_t *x, *h;
  std::int32_t* sums;  // of input, then of recurrent weights, gate by gate
  std::size_t stride;  // between them

  const std::int8_t* weights(std::size_t i) const noexcept {
    return static_cast<const std::int8_t*>(a.in[i]);
  }
  std::int32_t* sums_of(std::size_t gate, bool recurrent) const noexcept {
    return sums + (2 * gate + (recurrent ? 1 : 0)) * stride;
  }
  void operator()(const std::int8_t* from, const std::int8_t* hidden) const noexcept {
    constexpr std::size_t of_input[] = {1, 2, 3, 12}, of_state[] = {4, 5, 6, 13};
    const auto k = as_size(p.in_c), n = as_size(p.units);
    without_zero_point(from, x, k, p.in_zero_point);
    without_zero_point(hidden, h, n, p.state_zero_point);
    for (std::size_t g = 0; g < (p.coupled ? 3 : 4); ++g) {
      row_products(x, weights(of_input[g]), k, n, sums_of(g, false));
      row_products(h, weights(of_state[g]), n, n, sums_of(g, true));
    }
  }
  std::int16_t operator()(const lstm_params&, const lstm_params::gate& g,
                          reference::lstm_gate_id id, std::size_t unit, const std::int8_t*,
                          const std::int8_t*, const std::int8_t*, const std::int8_t*,
                          std::int32_t bias) const noexcept {
    const auto i = static_cast<std::size_t>(id);
    return reference::lstm_gate_of(g, sums_of(i, false)[unit], sums_of(i, true)[unit], bias);
  }
};
template <class V> struct kernel<kernel_id::lstm, V> {
  static const lstm_params& params(const void* p) { return *static_cast<const lstm_params*>(p); }
  static std::size_t scratch_bytes(const void* v) {
    const auto& p = params(v);
    return kernels::lstm_scratch(as_size(p.in_c), as_size(p.units));
  }
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    auto* fresh = static_cast<std::byte*>(a.scratch);
    std::byte* const x = fresh + round_up(as_size(p.units), alignment);
    std::byte* const h = x + round_up(as_size(p.in_c) * 2, alignment);
    std::byte* const sums = h + round_up(as_size(p.units) * 2, alignment);
    const lstm_products products{p,
                                 a,
                                 reinterpret_cast<std::int16_t*>(x),
                                 reinterpret_cast<std::int16_t*>(h),
                                 reinterpret_cast<std::int32_t*>(sums),
                                 round_up(as_size(p.units) * 4, alignment) / 4};
    reference::lstm_call(a, reinterpret_cast<std::int8_t*>(fresh), products, products);
  }
  static const char* describe(const void*) { return "lstm"; }
  static constexpr kernel_entry value{
      .run = &run, .scratch_bytes = &scratch_bytes, .describe = &describe, .parallel = false};
  static constexpr const kernel_entry* entry = &value;
};

inline HWY_NOINLINE std::int32_t svdf_dot_lanes(const svdf_params& p, const std::int8_t* x,
                                                const std::int8_t* w) noexcept {
  const auto n = as_size(p.in_c);
  const V16 z = hn::Set(D16(), static_cast<std::int16_t>(p.in_zero_point));
  V32 sum = zero32();
  for (std::size_t i = 0; i < n; i += lanes16)  // weights beyond the end are 0
    sum = simd::dot_pairs_each(sum, hn::Sub(simd::load_some_as16(x + i, n - i), z),
                               simd::load_some_as16(w + i, n - i));
  return simd::sum_of_lanes(sum);
}
template <class V> struct kernel<kernel_id::svdf, V> {
  static void run(const kernel_args& a) noexcept {
    // Products of two int16 exceed 31 bits in pairs: the few of a filter's memory stay scalar.
    reference::svdf_call(a, &svdf_dot_lanes, &reference::svdf_past);
  }
  static const char* describe(const void*) { return "svdf"; }
  static constexpr kernel_entry value{.run = &run, .describe = &describe, .parallel = false};
  static constexpr const kernel_entry* entry = &value;
};

// ---- float32 values and states ----

/// reference::recurrent_scalars in lanes.
struct recurrent_lanes {
  static constexpr hn::CappedTag<float, 4> four_floats{};
  static HWY_NOINLINE bool all_zero(const float* x, std::size_t n) noexcept {
    std::size_t i = 0;
    for (; i + lanes32 <= n; i += lanes32)
      // By the bits, so that NaN is none.
      if (!hn::AllTrue(D32(),
                       hn::Eq(hn::ShiftLeft<1>(hn::BitCast(D32(), simd::load(x + i))), zero32())))
        return false;
    for (; i < n; ++i)
      if (!(x[i] == 0)) return false;
    return true;
  }
  static HWY_NOINLINE recurrent_vector vector(const recurrent_form& f, const float* x,
                                              std::size_t n, std::int16_t* room) noexcept {
    if (!f.hybrid) return {x};
    const float_range range = range_of(x, n, n != 0 ? x[0] : 0.f);
    const numerics::row_scale s = reference::scale_of_vector(f.asymmetric, range.least, range.most);
    quantize_row<true>(x, room, n, s.inverse, reference::least_code(f.asymmetric, s),
                       reference::most_code(s));
    return {x, room, s.scale, all_zero(x, n)};
  }
  static HWY_NOINLINE void add_hybrid(const recurrent_weights& w, const std::int8_t* weights,
                                      const recurrent_vector& v, float* to) noexcept {
    const auto n = as_size(w.columns), rows = as_size(w.rows);
    const float scale = numerics::mul(v.scale, w.scale);
    const auto by = hn::Set(four_floats, scale);
    std::size_t r = 0;
    for (; r + 4 <= rows; r += 4) {
      const auto sum = hn::ConvertTo(four_floats, four_rows(v.codes, weights + r * n, n));
      const auto product = simd::rounded(hn::Mul(sum, by));
      hn::StoreU(hn::Add(hn::LoadU(four_floats, to + r), product), four_floats, to + r);
    }
    for (; r < rows; ++r) {
      const auto sum = static_cast<float>(dot_row(v.codes, weights + r * n, n));
      to[r] = numerics::add(to[r], numerics::mul(sum, scale));
    }
  }
  /// Four rows side by side: each has its own sums in lanes of four.
  static HWY_NOINLINE void add_floats(const recurrent_weights& w, const float* weights,
                                      const float* x, lane_order order, float* to) noexcept {
    const auto n = as_size(w.columns), rows = as_size(w.rows), whole = n / 4 * 4;
    std::size_t r = 0;
    for (; r + 4 <= rows; r += 4) {
      hn::Vec<hn::CappedTag<float, 4>> sum[4];
      const float* const row = weights + r * n;
      HWY_UNROLL(4)
      for (int k = 0; k < 4; ++k) sum[k] = hn::Zero(four_floats);
      for (std::size_t i = 0; i < whole; i += 4) {
        const auto v = hn::LoadU(four_floats, x + i);
        HWY_UNROLL(4)
        for (std::size_t k = 0; k < 4; ++k)
          sum[k] = simd::rounded(
              hn::Add(sum[k], simd::rounded(hn::Mul(hn::LoadU(four_floats, row + k * n + i), v))));
      }
      for (std::size_t k = 0; k < 4; ++k) {
        float lanes[4];
        hn::StoreU(sum[k], four_floats, lanes);
        to[r + k] = numerics::add_lanes(to[r + k], lanes, row + k * n, x, n, order);
      }
    }
    for (; r < rows; ++r) to[r] = numerics::add_dot(to[r], weights + r * n, x, n, order);
  }
  static void add_product(const recurrent_form& f, const recurrent_weights& w, const void* weights,
                          const recurrent_vector& v, float* to) noexcept {
    if (!f.hybrid)
      add_floats(w, static_cast<const float*>(weights), v.x, f.order, to);
    else if (!v.zero)
      add_hybrid(w, static_cast<const std::int8_t*>(weights), v, to);
  }
  static HWY_INLINE VF logistic_of(VF v) {
    namespace k = numerics::eigen;
    const VF one = set_float(1.f),
             x = simd::rounded(hn::Mul(clamp_finite(v, k::logistic_lowest, k::logistic_highest),
                                       set_float(0.5f)));
    const VF m = hn::Floor(simd::rounded(
                 hn::Add(simd::rounded(hn::Mul(x, set_float(k::log2_e))), set_float(0.5f)))),
             high = simd::rounded(hn::Add(simd::rounded(hn::Mul(m, set_float(k::ln2_high))), x)),
             r = simd::rounded(hn::Add(simd::rounded(hn::Mul(m, set_float(k::ln2_low))), high)),
             r2 = simd::rounded(hn::Mul(r, r));
    const VF even = rounded_polynomial(k::logistic_even, r2),
             odd = rounded_polynomial(k::logistic_odd, r2);
    const VF inner = simd::rounded(hn::Add(simd::rounded(hn::Mul(r, odd)), even));
    const VF p =
        simd::rounded(hn::Add(simd::rounded(hn::Mul(r2, inner)), simd::rounded(hn::Add(r, one))));
    const V32 root_bits =
        hn::Add(hn::BitCast(D32(), p), hn::ShiftLeft<23>(hn::ConvertTo(D32(), m)));
    const VF root = hn::BitCast(DF(), root_bits), e = simd::rounded(hn::Mul(root, root));
    const VF y = simd::divide(e, simd::rounded(hn::Add(one, e)));
    return unless_nan(v,
                      hn::IfThenElse(hn::Lt(v, set_float(k::logistic_lowest)), hn::Zero(DF()), y));
  }
  static HWY_NOINLINE void tanh(float* z, std::size_t n) noexcept {
    each_float(z, z, n, [](VF v) HWY_ATTR { return tanh_eigen(v); });
  }
  static HWY_NOINLINE void logistic(float* z, std::size_t n,
                                    numerics::vector_elements in_vectors) noexcept {
    for (std::size_t u = 0; u < in_vectors.first; ++u) z[u] = numerics::logistic_scalar(z[u]);
    each_float(z + in_vectors.first, z + in_vectors.first, in_vectors.last - in_vectors.first,
               [](VF v) HWY_ATTR { return logistic_of(v); });
    for (std::size_t u = in_vectors.last; u < n; ++u) z[u] = numerics::logistic_scalar(z[u]);
  }
  static HWY_NOINLINE void update(float* c, const float* forget, const float* cell,
                                  const float* input, std::size_t n) noexcept {
    const VF one = set_float(1.f);
    std::size_t u = 0;
    for (; u + lanes32 <= n; u += lanes32) {
      const VF f = simd::load(forget + u),
               i = input != nullptr ? simd::load(input + u) : simd::rounded(hn::Sub(one, f));
      const VF kept = simd::rounded(hn::Mul(simd::load(c + u), f)),
               added = simd::rounded(hn::Mul(simd::load(cell + u), i));
      simd::store(hn::Add(kept, added), c + u);
    }
    reference::recurrent_scalars::update(c + u, forget + u, cell + u,
                                         input != nullptr ? input + u : nullptr, n - u);
  }
  static HWY_NOINLINE void multiply(float* z, const float* by, std::size_t n) noexcept {
    std::size_t u = 0;
    for (; u + lanes32 <= n; u += lanes32)
      simd::store(hn::Mul(simd::load(z + u), simd::load(by + u)), z + u);
    reference::recurrent_scalars::multiply(z + u, by + u, n - u);
  }
};
/// What the three have in common; K: `run`, `scratch(params)` in bytes, `widest(params)`, the
/// longest vector that is multiplied.
template <class K, class Params> struct recurrent_kernel {
  static const Params& params(const void* p) { return *static_cast<const Params*>(p); }
  static std::size_t scratch_bytes(const void* p) { return K::scratch(params(p)); }
  static bool accepts(const void* p) {
    return !params(p).form.hybrid || K::widest(params(p)) <= kernels::most_recurrent_columns;
  }
  static const char* describe(const void* p) {
    return p != nullptr && params(p).form.hybrid ? "recurrent, int8 weights" : "recurrent";
  }
  static constexpr kernel_entry value{.run = &K::run,
                                      .scratch_bytes = &scratch_bytes,
                                      .accepts = &accepts,
                                      .describe = &describe,
                                      .parallel = false};
  static constexpr const kernel_entry* entry = &value;
};
template <class V>
struct kernel<kernel_id::float_lstm, V>
    : recurrent_kernel<kernel<kernel_id::float_lstm, V>, float_lstm_params> {
  static std::size_t scratch(const float_lstm_params& p) {
    return kernels::float_lstm_scratch(as_size(p.in_c), as_size(p.units), as_size(p.state));
  }
  static std::int32_t widest(const float_lstm_params& p) {
    const std::int32_t most = p.in_c > p.units ? p.in_c : p.units;
    return most > p.state ? most : p.state;
  }
  static void run(const kernel_args& a) noexcept { reference::float_lstm_call<recurrent_lanes>(a); }
};
template <class V>
struct kernel<kernel_id::rnn, V> : recurrent_kernel<kernel<kernel_id::rnn, V>, rnn_params> {
  static std::size_t scratch(const rnn_params& p) {
    return kernels::rnn_scratch(as_size(p.in_c), as_size(p.units));
  }
  static std::int32_t widest(const rnn_params& p) { return p.in_c > p.units ? p.in_c : p.units; }
  static void run(const kernel_args& a) noexcept { reference::rnn_call<recurrent_lanes>(a); }
};
template <class V>
struct kernel<kernel_id::float_svdf, V>
    : recurrent_kernel<kernel<kernel_id::float_svdf, V>, float_svdf_params> {
  static std::size_t scratch(const float_svdf_params& p) {
    return kernels::float_svdf_scratch(as_size(p.in_c), as_size(p.filters), as_size(p.memory));
  }
  static std::int32_t widest(const float_svdf_params& p) { return p.in_c; }
  static void run(const kernel_args& a) noexcept { reference::float_svdf_call<recurrent_lanes>(a); }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
