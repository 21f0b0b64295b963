// select, cast, fake_quantize. Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

// ---- select ----

/// y = c ? a : b of n elements of at most 32 bits in lanes of int32; an operand whose step is 0
/// stands still.
template <class T> struct select_run {
  const std::uint8_t* c;
  const T *a, *b;
  bool step_c, step_a, step_b;
  static HWY_INLINE V32 lanes_of(const T* p, bool steps, std::size_t i, std::size_t n) {
    if (!steps) return set32(static_cast<std::int32_t>(*p));
    return n >= lanes32 ? simd::load_as32(p + i) : simd::load_some_as32(p + i, n);
  }
  HWY_INLINE V32 at(std::size_t i, std::size_t n) const {
    const V32 chosen = !step_c        ? set32(*c)
                       : n >= lanes32 ? simd::load_as32(c + i)
                                      : simd::load_some_as32(c + i, n);
    return hn::IfThenElse(hn::Gt(chosen, zero32()), lanes_of(a, step_a, i, n),
                          lanes_of(b, step_b, i, n));
  }
  HWY_NOINLINE void operator()(T* y, std::size_t n) const noexcept {
    std::size_t i = 0;
    for (; i + lanes32 <= n; i += lanes32) simd::store_from32(at(i, lanes32), y + i);
    if (i < n) simd::store_some_from32(at(i, n - i), y + i, n - i);
  }
};
template <class V>
struct kernel<kernel_id::select, V> : plain_kernel<kernel<kernel_id::select, V>> {
  static const select_params& params(const void* p) {
    return *static_cast<const select_params*>(p);
  }
  static bool accepts(const void* p) { return size_of(params(p).type) <= 4; }
  template <class T>
  static void elements(const select_params& p, const kernel_args& k, part_range r) noexcept {
    const broadcast_plan<3>& s = p.shape;
    const auto last = as_size(s.rank - 1);
    for (std::size_t i = r.begin; i < r.end;) {
      const std::size_t left = s.inner - i % s.inner, n = left < r.end - i ? left : r.end - i;
      const auto at = broadcast_offsets(s, i);
      const select_run<T> run{static_cast<const std::uint8_t*>(k.in[0]) + at[0],
                              static_cast<const T*>(k.in[1]) + at[1],
                              static_cast<const T*>(k.in[2]) + at[2],
                              s.stride[0][last] != 0,
                              s.stride[1][last] != 0,
                              s.stride[2][last] != 0};
      run(static_cast<T*>(k.out[0]) + i, n);
      i += n;
    }
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.shape.count, k.part, k.parts);
    if (size_of(p.type) == 1)
      elements<std::uint8_t>(p, k, r);
    else if (size_of(p.type) == 2)
      elements<std::int16_t>(p, k, r);
    else
      elements<std::int32_t>(p, k, r);
  }
  static const char* describe(const void*) { return "select"; }
};

// ---- cast ----

/// Toward zero, what int32 does not hold the nearest that it holds; NaN as `nan`.
HWY_INLINE V32 truncated(VF x, V32 nan) {
  // The largest float below 2^31; from there on the value is INT32_MAX.
  const VF beyond = set_float(2147483648.f), most = set_float(2147483520.f),
           least = set_float(-2147483648.f);
  const V32 whole = hn::ConvertTo(D32(), hn::Trunc(simd::lesser(simd::greater(x, least), most)));
  const V32 v = hn::IfThenElse(hn::RebindMask(D32(), hn::Ge(x, beyond)), set32(INT32_MAX), whole);
  // By its bits: -ffast-math knows no NaN.
  const V32 magnitude = hn::And(hn::BitCast(D32(), x), set32(0x7FFFFFFF));
  return hn::IfThenElse(hn::Gt(magnitude, set32(0x7F800000)), nan, v);
}
/// The low `bits` bits, with their sign or without: what is left of an integer that wraps.
HWY_INLINE V32 wrapped(V32 v, dtype to) {
  if (to == dtype::u8) return hn::And(v, set32(255));
  if (to == dtype::s8) return hn::ShiftRight<24>(hn::ShiftLeft<24>(v));
  if (to == dtype::s16) return hn::ShiftRight<16>(hn::ShiftLeft<16>(v));
  return v;
}
template <class V> struct kernel<kernel_id::cast, V> : plain_kernel<kernel<kernel_id::cast, V>> {
  static const cast_params& params(const void* p) { return *static_cast<const cast_params*>(p); }
  static bool has_lanes(dtype t) {
    return is_8bit(t) || t == dtype::s16 || t == dtype::s32 || t == dtype::f32 ||
           t == dtype::boolean;
  }
  static bool accepts(const void* p) {
    return has_lanes(params(p).in_type) && has_lanes(params(p).out_type);
  }
  /// As it lies in memory, bools as bytes.
  static dtype stored(dtype t) { return t == dtype::boolean ? dtype::u8 : t; }
  static HWY_INLINE VF load_floats(const std::byte* x, std::size_t n) {
    const auto* f = reinterpret_cast<const float*>(x);
    return n >= lanes32 ? simd::load(f) : simd::load_some(f, n);
  }
  static HWY_INLINE void store_floats(VF v, std::byte* y, std::size_t n) {
    auto* f = reinterpret_cast<float*>(y);
    n >= lanes32 ? simd::store(v, f) : simd::store_some(v, f, n);
  }
  static HWY_INLINE V32 load_integers(dtype t, const std::byte* x, std::size_t n) {
    const V32 v =
        n >= lanes32 ? simd::load_as32(stored(t), x) : simd::load_some_as32(stored(t), x, n);
    return t == dtype::boolean ? hn::Min(v, set32(1)) : v;
  }
  static HWY_INLINE void store_integers(dtype t, V32 v, std::byte* y, std::size_t n) {
    n >= lanes32 ? simd::store_from32(stored(t), v, y)
                 : simd::store_some_from32(stored(t), v, y, n);
  }
  static HWY_INLINE V32 to_integers(const cast_params& p, VF x) {
    const V32 one = set32(1);
    if (p.out_type == dtype::boolean)
      return hn::AndNot(hn::VecFromMask(D32(), hn::RebindMask(D32(), hn::Eq(x, hn::Zero(DF())))),
                        one);
    const std::int32_t highest = static_cast<std::int32_t>(highest_of(p.out_type)),
                       lowest = static_cast<std::int32_t>(lowest_of(p.out_type));
    const V32 v = truncated(x, set32(p.nan_is_highest ? highest : 0));
    return hn::Min(hn::Max(v, set32(lowest)), set32(highest));
  }
  static HWY_INLINE V32 to_integers(const cast_params& p, V32 x) {
    if (p.out_type != dtype::boolean) return wrapped(x, p.out_type);
    return hn::AndNot(hn::VecFromMask(D32(), hn::Eq(x, zero32())), set32(1));
  }
  static HWY_INLINE void step(const cast_params& p, const std::byte* x, std::byte* y,
                              std::size_t n) {
    const bool from_floats = p.in_type == dtype::f32, to_floats = p.out_type == dtype::f32;
    if (from_floats && to_floats)
      store_floats(load_floats(x, n), y, n);
    else if (from_floats)
      store_integers(p.out_type, to_integers(p, load_floats(x, n)), y, n);
    else if (to_floats)
      store_floats(hn::ConvertTo(DF(), load_integers(p.in_type, x, n)), y, n);
    else
      store_integers(p.out_type, to_integers(p, load_integers(p.in_type, x, n)), y, n);
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.count, k.part, k.parts);
    const std::size_t in = size_of(p.in_type), out = size_of(p.out_type);
    const auto* x = static_cast<const std::byte*>(k.in[0]);
    auto* y = static_cast<std::byte*>(k.out[0]);
    for (std::size_t i = r.begin; i < r.end; i += lanes32)
      step(p, x + i * in, y + i * out, r.end - i);
  }
  static const char* describe(const void*) { return "cast"; }
};

// ---- fake_quantize ----

template <class V>
struct kernel<kernel_id::fake_quantize, V> : plain_kernel<kernel<kernel_id::fake_quantize, V>> {
  static const fake_quantize_params& params(const void* p) {
    return *static_cast<const fake_quantize_params*>(p);
  }
  static HWY_INLINE VF value(const fake_quantize_params& p, VF x) {
    const VF least = set_float(p.least), most = set_float(p.most);
    // NaN is the least.
    const VF v = simd::lesser(simd::greater(x, least), most);
    const VF steps = simd::rounded(hn::Mul(simd::rounded(hn::Sub(v, least)), set_float(p.inverse)));
    const VF whole = whole_away(DF(), steps);
    return simd::rounded(
        hn::Add(simd::rounded(hn::Mul(simd::rounded(whole), set_float(p.step))), least));
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.count, k.part, k.parts);
    const auto* x = static_cast<const float*>(k.in[0]);
    auto* y = static_cast<float*>(k.out[0]);
    std::size_t i = r.begin;
    for (; i + lanes32 <= r.end; i += lanes32) simd::store(value(p, simd::load(x + i)), y + i);
    if (i < r.end) simd::store_some(value(p, simd::load_some(x + i, r.end - i)), y + i, r.end - i);
  }
  static const char* describe(const void*) { return "fake_quantize"; }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
