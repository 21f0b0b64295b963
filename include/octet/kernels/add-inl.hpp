// How two operands are walked over, and qnn.add, qnn.sub, add and sub. Part of a pass: see
// pass-inl.hpp. Values go through the formulas as int32 or float lanes in memory order; types are
// told apart once per vector, not by templates.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

// ---- two operands ----

/// How operands are read and results written: as int32 lanes of types known when it runs, or as
/// float32. Operand 0 or 1.
struct integer_operands {
  using element = std::int32_t;
  using vector = V32;
  static constexpr bool may_be_bytes = true;
  dtype a, b, y;
  bool are_bytes() const { return is_8bit(a) && is_8bit(b) && is_8bit(y); }
  bool are_words() const { return a == dtype::s16 && b == dtype::s16 && y == dtype::s16; }
  HWY_INLINE dtype type(int k) const { return k == 0 ? a : b; }
  HWY_INLINE std::size_t size(int k) const { return size_of(type(k)); }
  HWY_INLINE std::size_t result_size() const { return size_of(y); }
  HWY_INLINE V32 load(int k, const std::byte* p) const { return simd::load_as32(type(k), p); }
  HWY_INLINE void store(V32 v, std::byte* p) const { simd::store_from32(y, v, p); }
  // Ends of runs: once each, not in every loop of every operator.
  HWY_INLINE V32 load_some(int k, const std::byte* p, std::size_t n) const {
    return load_end(type(k), p, n);
  }
  HWY_INLINE void store_some(V32 v, std::byte* p, std::size_t n) const { store_end(y, v, p, n); }
  static HWY_NOINLINE V32 load_end(dtype t, const std::byte* p, std::size_t n) {
    return simd::load_some_as32(t, p, n);
  }
  static HWY_NOINLINE void store_end(dtype t, V32 v, std::byte* p, std::size_t n) {
    simd::store_some_from32(t, v, p, n);
  }
  static HWY_INLINE V32 everywhere(V32 first) { return set32(hn::GetLane(first)); }
  // Runs between memory and int32 in a buffer, whole vectors of it.
  HWY_INLINE void load_run(int k, const std::byte* p, bool step, std::size_t n,
                           std::int32_t* to) const {
    if (step) return run_from_memory(type(k), p, n, to);
    const V32 still = everywhere(load_some(k, p, 1));
    for (std::size_t i = 0; i < n; i += lanes32) simd::store(still, to + i);
  }
  static HWY_NOINLINE void run_from_memory(dtype t, const std::byte* p, std::size_t n,
                                           std::int32_t* to) noexcept {
    const std::size_t size = size_of(t);
    std::size_t i = 0;
    for (; i + lanes32 <= n; i += lanes32) simd::store(simd::load_as32(t, p + i * size), to + i);
    if (i < n) simd::store(load_end(t, p + i * size, n - i), to + i);
  }
  static HWY_NOINLINE void run_to_memory(dtype t, const std::int32_t* from, std::size_t n,
                                         std::byte* p) noexcept {
    const std::size_t size = size_of(t);
    std::size_t i = 0;
    for (; i + lanes32 <= n; i += lanes32)
      simd::store_from32(t, simd::load(from + i), p + i * size);
    if (i < n) store_end(t, simd::load(from + i), p + i * size, n - i);
  }
};
struct float_operands {
  using element = float;
  using vector = VF;
  static constexpr bool may_be_bytes = false;
  HWY_INLINE std::size_t size(int) const { return 4; }
  HWY_INLINE std::size_t result_size() const { return 4; }
  HWY_INLINE VF load(int, const std::byte* p) const {
    return simd::load(reinterpret_cast<const float*>(p));
  }
  HWY_INLINE VF load_some(int, const std::byte* p, std::size_t n) const {
    return simd::load_some(reinterpret_cast<const float*>(p), n);
  }
  HWY_INLINE void store(VF v, std::byte* p) const { simd::store(v, reinterpret_cast<float*>(p)); }
  HWY_INLINE void store_some(VF v, std::byte* p, std::size_t n) const {
    simd::store_some(v, reinterpret_cast<float*>(p), n);
  }
  static HWY_INLINE VF everywhere(VF first) { return set_float(hn::GetLane(first)); }
};

/// Bytes as lanes of 32 bits, signed or not: no branch for each vector.
struct byte_lanes {
  static constexpr std::size_t size = 1;
  V32 kept;
  explicit HWY_INLINE byte_lanes(dtype t) : kept(set32(t == dtype::u8 ? 255 : -1)) {}
  HWY_INLINE V32 load(const std::byte* p) const {
    return hn::And(simd::load_as32(reinterpret_cast<const std::int8_t*>(p)), kept);
  }
  /// Lanes that fit the type.
  static HWY_INLINE void store(V32 v, std::byte* p) {
    const simd::per32<std::uint8_t> d;
    hn::StoreU(hn::TruncateTo(d, hn::BitCast(simd::tag<std::uint32_t>(), v)), d,
               reinterpret_cast<std::uint8_t*>(p));
  }
};

/// int16 likewise.
struct word_lanes {
  static constexpr std::size_t size = 2;
  explicit HWY_INLINE word_lanes(dtype) {}
  HWY_INLINE V32 load(const std::byte* p) const {
    return simd::load_as32(reinterpret_cast<const std::int16_t*>(p));
  }
  static HWY_INLINE void store(V32 v, std::byte* p) {
    simd::store_from32(v, reinterpret_cast<std::int16_t*>(p));
  }
};
/// The bytes of a result y = clamp(unclamped + zero, lo, hi). Values that are not `exact` may be
/// beyond what an operation's unclamped() holds.
struct byte_codes {
  std::int32_t zero = 0, lo = 0, hi = 0;
  bool exact = false;
};
/// |x * factor| for integers |x| <= most: what two of them make is an int32.
inline bool below_2_30(std::int32_t most, float factor) noexcept {
  return static_cast<float>(most) * (factor < 0 ? -factor : factor) < 1073741824.f;
}
template <class Op>
concept gives_unclamped = requires(const Op& op, V32 v) {
  op.unclamped(v, v), op.codes;
};
/// Whole vectors of n bytes of type T: four of 32-bit lanes are narrowed together, and zero point
/// and clamp join when they are narrow (saturation keeps what lies beyond the clamp beyond it).
/// Codes clamp as signed bytes.
template <class T, class Op>
HWY_INLINE std::size_t whole_bytes(const Op& op, const std::byte* a, const std::byte* b,
                                   std::byte* y, std::size_t n) {
  constexpr std::int32_t offset = std::is_signed_v<T> ? 0 : 128;
  const auto signed_byte = [](std::int32_t v) HWY_ATTR {
    return hn::Set(D8(), static_cast<std::int8_t>(v - offset));
  };
  const V16 zero = hn::Set(D16(), static_cast<std::int16_t>(op.codes.zero - offset));
  const V8 lo = signed_byte(op.codes.lo), hi = signed_byte(op.codes.hi),
           flip = hn::Set(D8(), static_cast<std::int8_t>(-offset));
  const auto *from_a = reinterpret_cast<const T*>(a), *from_b = reinterpret_cast<const T*>(b);
  std::size_t i = 0;
  for (; i + lanes8 <= n; i += lanes8) {
    V32 v[4];
    HWY_UNROLL(4)
    for (int k = 0; k < 4; ++k)
      v[k] = op.unclamped(simd::load_as32(from_a + i + as_size(k * lanes32)),
                          simd::load_as32(from_b + i + as_size(k * lanes32)));
    const V8 codes = hn::Min(hn::Max(simd::narrow_ordered(v, zero), lo), hi);
    hn::StoreU(hn::Xor(codes, flip), D8(), reinterpret_cast<std::int8_t*>(y + i));
  }
  return i;
}
template <class Op>
HWY_INLINE std::size_t whole_bytes(const Op& op, const integer_operands& io, const std::byte* a,
                                   const std::byte* b, std::byte* y, std::size_t n) {
  if constexpr (gives_unclamped<Op>) {
    if (op.codes.exact && io.a == io.y && io.b == io.y)
      return io.y == dtype::s8 ? whole_bytes<std::int8_t>(op, a, b, y, n)
                               : whole_bytes<std::uint8_t>(op, a, b, y, n);
  }
  return 0;
}
/// The whole vectors of n elements; how many elements they are.
template <class Lanes, class Op>
HWY_INLINE std::size_t whole_vectors(const Op& op, const integer_operands& io, const std::byte* a,
                                     const std::byte* b, std::byte* y, std::size_t n) {
  const Lanes of_a(io.a), of_b(io.b);
  std::size_t i = 0;
  for (; i + lanes32 <= n; i += lanes32)
    Lanes::store(op(of_a.load(a + i * Lanes::size), of_b.load(b + i * Lanes::size)),
                 y + i * Lanes::size);
  return i;
}

/// x = Op(from)(x, y), whole vectors of it.
template <class Op, class From>
HWY_NOINLINE void buffered_op(const void* from, std::int32_t* x, const std::int32_t* y,
                              std::size_t count) noexcept {
  const Op of(*static_cast<const From*>(from));
  for (std::size_t i = 0; i < count; i += lanes32)
    simd::store(of(simd::load(x + i), simd::load(y + i)), x + i);
}
struct buffered {
  const void* from;
  void (*op)(const void* from, std::int32_t* x, const std::int32_t* y, std::size_t count) noexcept;
};
/// binary_run of integers by way of buffers: of an operation its vectors alone are compiled.
template <class Io>
HWY_NOINLINE void buffered_run(const void* op, const void* operands, const std::byte* a,
                               bool step_a, const std::byte* b, bool step_b, std::byte* y,
                               std::size_t n) noexcept {
  const Io io = *static_cast<const Io*>(operands);
  const buffered& of = *static_cast<const buffered*>(op);
  constexpr std::size_t most = 512;
  alignas(alignment) std::int32_t first[most], second[most];
  while (n != 0) {
    const std::size_t count = n < most ? n : most;
    io.load_run(0, a, step_a, count, first);
    io.load_run(1, b, step_b, count, second);
    of.op(of.from, first, second, count);
    io.run_to_memory(io.y, first, count, y);
    a += step_a ? count * io.size(0) : 0;
    b += step_b ? count * io.size(1) : 0;
    y += count * io.result_size(), n -= count;
  }
}
/// y[0..n) = op(a, b), operands step by one element or stand still.
template <class Op, class Io>
HWY_NOINLINE void binary_run(const void* op, const void* operands, const std::byte* a, bool step_a,
                             const std::byte* b, bool step_b, std::byte* y,
                             std::size_t n) noexcept {
  const Io io = *static_cast<const Io*>(operands);
  const std::size_t sa = io.size(0), sb = io.size(1), sy = io.result_size();
  const Op of = *static_cast<const Op*>(op);  // in registers: a store to y might be one to it
  std::size_t i = 0;
  if constexpr (Io::may_be_bytes)
    if (step_a && step_b) {
      if (io.are_bytes()) {
        i = whole_bytes(of, io, a, b, y, n);
        i += whole_vectors<byte_lanes>(of, io, a + i, b + i, y + i, n - i);
      } else if (io.are_words()) {
        i = whole_vectors<word_lanes>(of, io, a, b, y, n);
      }
      if (i == n) return;
    }
  const auto still_a = io.everywhere(io.load_some(0, a, 1)),
             still_b = io.everywhere(io.load_some(1, b, 1));
  for (; i + lanes32 <= n; i += lanes32)
    io.store(
        of(step_a ? io.load(0, a + i * sa) : still_a, step_b ? io.load(1, b + i * sb) : still_b),
        y + i * sy);
  if (i < n)
    io.store_some(of(step_a ? io.load_some(0, a + i * sa, n - i) : still_a,
                     step_b ? io.load_some(1, b + i * sb, n - i) : still_b),
                  y + i * sy, n - i);
}

/// Output elements [begin, end) of Op(from).
template <class Op, class From, class Io>
HWY_INLINE void binary_of(const From& from, const broadcast_plan<2>& s, const Io& io,
                          const kernel_args& k, std::size_t begin, std::size_t end) noexcept {
  kernels::binary_loop of{nullptr, &io, nullptr, {io.size(0), io.size(1)}, io.result_size()};
  if constexpr (Io::may_be_bytes && !every_form) {
    const buffered op{&from, &buffered_op<Op, From>};
    of.op = &op, of.run = &buffered_run<Io>;
    kernels::binary_walk(of, s, k, begin, end);
  } else {
    const Op op(from);  // once, not for each run
    of.op = &op, of.run = &binary_run<Op, Io>;
    kernels::binary_walk(of, s, k, begin, end);
  }
}
template <class Op, class Io>
HWY_INLINE void binary(const Op& op, const broadcast_plan<2>& s, const Io& io, const kernel_args& k,
                       std::size_t begin, std::size_t end) noexcept {
  binary_of<Op>(op, s, io, k, begin, end);
}

/// numerics::clamp: NaN stays, and so does a zero beside one of the other sign.
HWY_INLINE VF clamp_lanes(VF v, VF lo, VF hi) { return simd::lesser(hi, simd::greater(lo, v)); }
struct float_add {
  VF lo, hi;
  bool minus;
  explicit HWY_INLINE float_add(const add_params& p)
      : lo(set_float(p.min)), hi(set_float(p.max)), minus(p.sign < 0) {}
  HWY_INLINE VF operator()(VF a, VF b) const {
    return clamp_lanes(minus ? hn::Sub(a, b) : hn::Add(a, b), lo, hi);
  }
};
/// The same of floats as the bits that they are: the buffers of integers do for them.
struct float_bits_add {
  float_add add;
  explicit HWY_INLINE float_bits_add(const add_params& p) : add(p) {}
  HWY_INLINE V32 operator()(V32 a, V32 b) const {
    return hn::BitCast(D32(), add(hn::BitCast(DF(), a), hn::BitCast(DF(), b)));
  }
};
struct integer_add {
  V32 lo, hi;
  bool minus;
  explicit HWY_INLINE integer_add(const add_params& p)
      : lo(set32(p.lo)), hi(set32(p.hi)), minus(p.sign < 0) {}
  HWY_INLINE V32 operator()(V32 a, V32 b) const {
    return hn::Min(hn::Max(minus ? hn::Sub(a, b) : hn::Add(a, b), lo), hi);
  }
};
/// DR of two operands: both on a common scale, and what is made of them brought to the output's.
struct common_scale {
  uniform_shift a, b, y;
  V32 za, zb, z, low, high;
  int left;
  template <class Params>
  explicit HWY_INLINE common_scale(const Params& p)
      : a(p.a_mult, true),
        b(p.b_mult, true),
        y(p.y_mult, true),
        za(set32(p.a_zero_point)),
        zb(set32(p.b_zero_point)),
        z(set32(p.zero_point)),
        low(set32(p.lo - p.zero_point)),
        high(set32(p.hi - p.zero_point)),
        left(p.left_shift) {}
  HWY_INLINE V32 first(V32 x) const { return a(hn::ShiftLeftSame(hn::Sub(x, za), left)); }
  HWY_INLINE V32 second(V32 x) const { return b(hn::ShiftLeftSame(hn::Sub(x, zb), left)); }
  HWY_INLINE V32 result(V32 v) const { return hn::Add(hn::Min(hn::Max(y(v), low), high), z); }
};
struct add_dr_op {
  common_scale scale;
  byte_codes codes;
  bool minus;
  explicit HWY_INLINE add_dr_op(const add_params& p)
      : scale(p), codes{p.zero_point, p.lo, p.hi, true}, minus(p.sign < 0) {}
  HWY_INLINE V32 sum(V32 x1, V32 x2) const {
    const V32 u = scale.first(x1), v = scale.second(x2);
    return minus ? hn::Sub(u, v) : hn::Add(u, v);
  }
  HWY_INLINE V32 unclamped(V32 x1, V32 x2) const { return scale.y(sum(x1, x2)); }
  HWY_INLINE V32 operator()(V32 x1, V32 x2) const { return scale.result(sum(x1, x2)); }
};
/// XNN and QNN on 8-bit types: |sum| < 2^31 (factors below 2^21 and 2^22, operands at most 255 away
/// from their zero points), so 32 bits do.
struct add_factors_op {
  V32 fa, fb, bias, half, z, low, high;
  byte_codes codes;
  int shift;
  bool away;
  explicit HWY_INLINE add_factors_op(const add_params& p)
      : fa(set32(p.a_factor)),
        fb(set32(p.b_factor)),
        bias(set32(0)),
        half(set32(p.mode == rounding::qnnpack && p.shift > 0
                       ? static_cast<std::int32_t>(1u << (p.shift - 1))
                       : 0)),
        z(set32(p.zero_point)),
        low(set32(p.lo - p.zero_point)),
        high(set32(p.hi - p.zero_point)),
        codes{p.zero_point, p.lo, p.hi, true},
        shift(p.shift),
        away(p.mode == rounding::qnnpack) {
    // QNN takes the offsets first: the same sum modulo 2^32.
    const auto offsets =
        static_cast<std::uint32_t>(p.a_factor) * static_cast<std::uint32_t>(p.a_zero_point) +
        static_cast<std::uint32_t>(p.b_factor) * static_cast<std::uint32_t>(p.b_zero_point);
    bias = set32(away ? static_cast<std::int32_t>(0u - offsets)
                      : static_cast<std::int32_t>(
                            static_cast<std::uint32_t>(static_cast<std::uint64_t>(p.bias))));
  }
  HWY_INLINE V32 unclamped(V32 x1, V32 x2) const {
    const V32 acc = hn::Add(hn::Add(hn::Mul(x1, fa), hn::Mul(x2, fb)), bias);
    return away ? shift_magnitude(acc, half, shift) : shift_right(acc, shift);
  }
  HWY_INLINE V32 operator()(V32 x1, V32 x2) const {
    return hn::Add(hn::Min(hn::Max(unclamped(x1, x2), low), high), z);
  }
};
struct add_real_op {
  V32 za, zb, z;
  VF fa, fb, lo, hi;
  byte_codes codes;
  bool minus;
  explicit HWY_INLINE add_real_op(const add_params& p)
      : za(set32(p.a_zero_point)),
        zb(set32(p.b_zero_point)),
        z(set32(p.zero_point)),
        fa(set_float(p.a_scale)),
        fb(set_float(p.b_scale)),
        lo(set_float(static_cast<float>(p.lo - p.zero_point))),
        hi(set_float(static_cast<float>(p.hi - p.zero_point))),
        codes{p.zero_point, p.lo, p.hi, below_2_30(255, p.a_scale) && below_2_30(255, p.b_scale)},
        minus(p.sign < 0) {}
  HWY_INLINE VF sum(V32 x1, V32 x2) const {
    const VF u = simd::rounded(hn::Mul(hn::ConvertTo(DF(), hn::Sub(x1, za)), fa)),
             v = simd::rounded(hn::Mul(hn::ConvertTo(DF(), hn::Sub(x2, zb)), fb));
    return simd::rounded(minus ? hn::Sub(u, v) : hn::Add(u, v));
  }
  HWY_INLINE V32 unclamped(V32 x1, V32 x2) const { return simd::round_even(sum(x1, x2)); }
  HWY_INLINE V32 operator()(V32 x1, V32 x2) const {
    return hn::Add(round_within(sum(x1, x2), lo, hi), z);
  }
};
struct add_fma_op {
  VF fa, fb, fixed, lo, hi;
  byte_codes codes;
  bool a_first;
  explicit HWY_INLINE add_fma_op(const add_params& p)
      : fa(set_float(p.a_scale)),
        fb(set_float(p.b_scale)),
        fixed(set_float(p.fixed)),
        lo(set_float(static_cast<float>(p.lo))),
        hi(set_float(static_cast<float>(p.hi))),
        // Codes are below 256, and the fixed part is no more than the factors make of such codes.
        codes{0, p.lo, p.hi, below_2_30(512, p.a_scale) && below_2_30(512, p.b_scale)},
        a_first(p.a_first) {}
  HWY_INLINE VF sum(V32 x1, V32 x2) const {
    const VF a = hn::ConvertTo(DF(), x1), b = hn::ConvertTo(DF(), x2);
    return simd::rounded(a_first ? fused(b, fb, simd::rounded(fused(a, fa, fixed)))
                                 : fused(a, fa, simd::rounded(fused(b, fb, fixed))));
  }
  HWY_INLINE V32 unclamped(V32 x1, V32 x2) const { return simd::round_even(sum(x1, x2)); }
  HWY_INLINE V32 operator()(V32 x1, V32 x2) const { return round_within(sum(x1, x2), lo, hi); }
};
/// Inside a row's whole blocks of 64 elements (`block`) PyTorch fuses the dequantization.
struct add_aten_op {
  V32 za, zb, z;
  VF fa, fb, pa, pb, inverse, lo, hi;
  bool minus, block;
  HWY_INLINE add_aten_op(const add_params& p, bool in_block)
      : za(set32(p.a_zero_point)),
        zb(set32(p.b_zero_point)),
        z(set32(p.zero_point)),
        fa(set_float(p.a_scale)),
        fb(set_float(p.b_scale)),
        pa(set_float(p.a_premul)),
        pb(set_float(p.b_premul)),
        inverse(set_float(p.inverse)),
        lo(set_float(static_cast<float>(p.lo - p.zero_point))),
        hi(set_float(static_cast<float>(p.hi - p.zero_point))),
        minus(p.sign < 0),
        block(in_block) {}
  HWY_INLINE V32 operator()(V32 x1, V32 x2) const {
    VF u, v;
    if (block) {
      u = fused(hn::ConvertTo(DF(), x1), fa, pa);
      v = fused(hn::ConvertTo(DF(), x2), fb, pb);
    } else {
      u = hn::Mul(hn::ConvertTo(DF(), hn::Sub(x1, za)), fa);
      v = hn::Mul(hn::ConvertTo(DF(), hn::Sub(x2, zb)), fb);
    }
    u = simd::rounded(u);
    v = simd::rounded(v);
    return hn::Add(round_within(simd::rounded(hn::Mul(
                                    simd::rounded(minus ? hn::Sub(u, v) : hn::Add(u, v)), inverse)),
                                lo, hi),
                   z);
  }
};

template <class V> struct kernel<kernel_id::add, V> : plain_kernel<kernel<kernel_id::add, V>> {
  static const add_params& params(const void* p) { return *static_cast<const add_params*>(p); }
  static bool small(dtype t) { return is_8bit(t) || t == dtype::s16; }
  template <class Op>
  static void run_all(const add_params& p, const kernel_args& k, part_range r) noexcept {
    binary_of<Op>(p, p.shape, integer_operands{p.a_type, p.b_type, p.y_type}, k, r.begin, r.end);
  }
  static void run_aten(const add_params& p, const kernel_args& k, part_range r) noexcept {
    p.rows.for_each_run(p.shape.count, numerics::add_block, r.begin, r.end,
                        [&](std::size_t from, std::size_t to, bool block) HWY_ATTR {
                          binary(add_aten_op(p, block), p.shape,
                                 integer_operands{p.a_type, p.b_type, p.y_type}, k, from, to);
                        });
  }
  using quantized_function = void (*)(const add_params&, const kernel_args&, part_range) noexcept;
  /// Null: the reference.
  static quantized_function of_quantized(const add_params& p) noexcept {
    switch (p.mode) {
      case rounding::doubling_high_half_away:
      case rounding::tflite_optimized: return &run_all<add_dr_op>;
      case rounding::float_half_even: return &run_all<add_real_op>;
      case rounding::xnnpack:
      case rounding::qnnpack:
        return is_8bit(p.a_type) && is_8bit(p.b_type) && p.shift <= 31 ? &run_all<add_factors_op>
                                                                       : nullptr;
      case rounding::fused_multiply_add: return &run_all<add_fma_op>;
      case rounding::aten: return &run_aten;
      case rounding::none:
      case rounding::doubling_high_half_up:
      case rounding::wide_half_up:
      case rounding::double_half_away:
      case rounding::float_bias_half_even:
      case rounding::float_zero_point_half_even:
      case rounding::eight_bit_ratio_half_up:
      case rounding::divide_half_away:
      case rounding::divide_half_even:
      case rounding::reciprocal_half_even:
      case rounding::divide_truncate:
      case rounding::mxnet:
      case rounding::onnxruntime: break;
    }
    return nullptr;
  }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    if (p.mode == rounding::none) return p.y_type == dtype::f32 || p.y_type == dtype::s32;
    return small(p.a_type) && small(p.b_type) && small(p.y_type) && of_quantized(p) != nullptr;
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.shape.count, k.part, k.parts);
    if (p.mode != rounding::none)
      of_quantized(p)(p, k, r);
    else if (p.y_type != dtype::f32)
      run_all<integer_add>(p, k, r);
    else if constexpr (every_form)
      binary(float_add(p), p.shape, float_operands(), k, r.begin, r.end);
    else
      run_all<float_bits_add>(p, k, r);
  }
  static const char* describe(const void*) { return "add"; }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
