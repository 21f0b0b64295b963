// qnn.lstm and qnn.svdf: the products of a step in lanes. Part of a pass: see pass-inl.hpp.
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

struct lstm_rows {
  const lstm_params& p;
  std::int16_t *x, *h;
  HWY_INLINE void start(const std::int8_t* from, const std::int8_t* hidden) const noexcept {
    without_zero_point(from, x, as_size(p.in_c), p.in_zero_point);
    without_zero_point(hidden, h, as_size(p.units), p.state_zero_point);
  }
  HWY_NOINLINE std::int16_t gate(const lstm_params::gate& g, const std::int8_t* w,
                                 const std::int8_t* r, std::int32_t bias) const noexcept {
    return reference::lstm_gate_of(g, dot_row(x, w, as_size(p.in_c)),
                                   dot_row(h, r, as_size(p.units)), bias);
  }
};
/// What the operator asks while it walks its steps; named types, not lambdas (see vectors-inl.hpp).
struct lstm_start {
  const lstm_rows& rows;
  void operator()(const std::int8_t* x, const std::int8_t* h) const noexcept { rows.start(x, h); }
};
struct lstm_gate_rows {
  const lstm_rows& rows;
  std::int16_t operator()(const lstm_params&, const lstm_params::gate& g, const std::int8_t*,
                          const std::int8_t*, const std::int8_t* w, const std::int8_t* r,
                          std::int32_t bias) const noexcept {
    return rows.gate(g, w, r, bias);
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
    const lstm_rows rows{p, reinterpret_cast<std::int16_t*>(x), reinterpret_cast<std::int16_t*>(h)};
    reference::lstm_call(a, reinterpret_cast<std::int8_t*>(fresh), lstm_start{rows},
                         lstm_gate_rows{rows});
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

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
