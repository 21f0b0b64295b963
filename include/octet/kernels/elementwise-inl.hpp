// Element by element: qnn.add, qnn.sub, qnn.mul, requantize, quantize, dequantize and tables. Part
// of a pass: see pass-inl.hpp. Values go through the formulas as int32 or float lanes in memory
// order; types are told apart once per vector, not by templates.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// L elements of type u8, s8, s16 or s32 as int32.
HWY_INLINE V32 load_as32(dtype t, const std::byte* p) {
  switch (t) {
    case dtype::u8:
      return hn::PromoteTo(D32(), hn::LoadU(hn::Rebind<std::uint8_t, D32>(),
                                            reinterpret_cast<const std::uint8_t*>(p)));
    case dtype::s8:
      return hn::PromoteTo(D32(), hn::LoadU(hn::Rebind<std::int8_t, D32>(),
                                            reinterpret_cast<const std::int8_t*>(p)));
    case dtype::s16:
      return hn::PromoteTo(D32(), hn::LoadU(hn::Rebind<std::int16_t, D32>(),
                                            reinterpret_cast<const std::int16_t*>(p)));
    default: return hn::LoadU(D32(), reinterpret_cast<const std::int32_t*>(p));
  }
}
/// The same of the first n < L elements; the others are 0. Reads nothing else.
HWY_INLINE V32 load_some_as32(dtype t, const std::byte* p, std::size_t n) {
  alignas(64) std::byte whole[L * 4] = {};
  std::memcpy(whole, p, n * size_of(t));
  return load_as32(t, whole);
}
/// Lanes that fit the type, to memory.
HWY_INLINE void store_from32(dtype t, V32 v, std::byte* p) {
  switch (t) {
    case dtype::u8:
      hn::StoreU(hn::DemoteTo(hn::Rebind<std::uint8_t, D32>(), v), hn::Rebind<std::uint8_t, D32>(),
                 reinterpret_cast<std::uint8_t*>(p));
      break;
    case dtype::s8:
      hn::StoreU(hn::DemoteTo(hn::Rebind<std::int8_t, D32>(), v), hn::Rebind<std::int8_t, D32>(),
                 reinterpret_cast<std::int8_t*>(p));
      break;
    case dtype::s16:
      hn::StoreU(hn::DemoteTo(hn::Rebind<std::int16_t, D32>(), v), hn::Rebind<std::int16_t, D32>(),
                 reinterpret_cast<std::int16_t*>(p));
      break;
    default: hn::StoreU(v, D32(), reinterpret_cast<std::int32_t*>(p)); break;
  }
}
HWY_INLINE void store_some_from32(dtype t, V32 v, std::byte* p, std::size_t n) {
  alignas(64) std::byte whole[L * 4];
  store_from32(t, v, whole);
  std::memcpy(p, whole, n * size_of(t));
}

/// Cuts to whole numbers [lo, hi] of at most 24 bits, NaN to lo, and rounds, ties to even.
HWY_INLINE V32 round_within(VF v, VF lo, VF hi) {
  return round_even(hn::Min(hn::IfThenElse(hn::Gt(v, lo), v, lo), hi));
}

/// DR or RU with one multiplier for all lanes, before zero point and clamp.
struct uniform_shift {
  V32 m;
  int left, right;
  bool away;
  HWY_INLINE uniform_shift(multiplier q, bool ties_away)
      : m(set32(q.m)),
        left(q.shift > 0 ? q.shift : 0),
        right(q.shift > 0 ? 0 : -q.shift),
        away(ties_away) {}
  HWY_INLINE V32 operator()(V32 x) const {
    const V32 h = doubling_high(left > 0 ? hn::ShiftLeftSame(x, left) : x, m);
    if (right == 0) return h;
    return hn::ShiftRight<1>(
        hn::Add(hn::ShiftRightSame(away ? hn::Add(h, sign_of(h)) : h, right - 1), set32(1)));
  }
};

/// A requantize with one multiplier: int32 to the clamped result. 8- and 16-bit outputs.
struct uniform_requantize {
  rounding mode;
  uniform_shift shift;
  V32 z, low, high;  // clamp before the zero point is added: nothing overflows
  VF scale, zf, lof, hif;
  explicit HWY_INLINE uniform_requantize(const requantize_params& q)
      : mode(q.mode),
        shift(uses_multiplier(q.mode) ? q.mult[0] : multiplier{}, q.mode == rounding::DR),
        z(set32(q.zero_point)),
        low(set32(q.lo - q.zero_point)),
        high(set32(q.hi - q.zero_point)),
        scale(hn::Set(DF(), uses_float_scale(q.mode) ? q.scale[0] : 0.f)),
        zf(hn::Set(DF(), static_cast<float>(q.zero_point))),
        lof(hn::Set(DF(), static_cast<float>(q.mode == rounding::FZ ? q.lo : q.lo - q.zero_point))),
        hif(hn::Set(DF(),
                    static_cast<float>(q.mode == rounding::FZ ? q.hi : q.hi - q.zero_point))) {}
  static bool accepts(const requantize_params& q, dtype out) noexcept {
    return q.channels == 1 && (is_8bit(out) || out == dtype::s16) &&
           (q.mode == rounding::DR || q.mode == rounding::RU || q.mode == rounding::F ||
            q.mode == rounding::FZ);
  }
  HWY_INLINE V32 finish(V32 h) const { return hn::Add(hn::Min(hn::Max(h, low), high), z); }
  HWY_INLINE V32 operator()(V32 x) const {
    switch (mode) {
      case rounding::F:
        return hn::Add(round_within(rounded(hn::Mul(hn::ConvertTo(DF(), x), scale)), lof, hif), z);
      case rounding::FZ:
        return round_within(rounded(hn::Add(rounded(hn::Mul(hn::ConvertTo(DF(), x), scale)), zf)),
                            lof, hif);
      case rounding::Q8:
        return finish(hn::ShiftRight<8>(
            hn::Add(hn::Mul(x, shift.m), set32(128))));  // 8-bit inputs: |x * m| <= 255 * 2^23
      default: return finish(shift(x));
    }
  }
};

// ---- two operands ----

/// y[0..n) = op(a, b), operands step by one element or stand still.
template <class Op>
HWY_INLINE void binary_run(const Op& op, dtype ta, dtype tb, dtype ty, const std::byte* a,
                           bool step_a, const std::byte* b, bool step_b, std::byte* y,
                           std::size_t n) {
  const V32 still_a = step_a ? zero32() : hn::Set(D32(), hn::GetLane(load_some_as32(ta, a, 1))),
            still_b = step_b ? zero32() : hn::Set(D32(), hn::GetLane(load_some_as32(tb, b, 1)));
  const std::size_t sa = size_of(ta), sb = size_of(tb), sy = size_of(ty);
  std::size_t i = 0;
  for (; i + L <= n; i += L)
    store_from32(ty,
                 op(step_a ? load_as32(ta, a + i * sa) : still_a,
                    step_b ? load_as32(tb, b + i * sb) : still_b),
                 y + i * sy);
  if (i < n)
    store_some_from32(ty,
                      op(step_a ? load_some_as32(ta, a + i * sa, n - i) : still_a,
                         step_b ? load_some_as32(tb, b + i * sb, n - i) : still_b),
                      y + i * sy, n - i);
}
/// Output elements [begin, end) in runs along the innermost merged axis, where an operand's stride
/// is 0 or 1.
template <class Op>
HWY_NOINLINE void binary(const Op& op, const broadcast_plan<2>& s, dtype ta, dtype tb, dtype ty,
                         const kernel_args& k, std::size_t begin, std::size_t end) noexcept {
  const auto last = static_cast<std::size_t>(s.rank - 1);
  const bool step_a = s.stride[0][last] != 0, step_b = s.stride[1][last] != 0;
  for (std::size_t i = begin; i < end;) {
    std::size_t rest = i / s.inner, at = i % s.inner,
                offset[2] = {step_a ? at : 0, step_b ? at : 0};
    for (std::size_t axis = last; axis-- > 0;) {
      const auto extent = static_cast<std::size_t>(s.extent[axis]), index = rest % extent;
      rest /= extent;
      offset[0] += index * static_cast<std::size_t>(s.stride[0][axis]);
      offset[1] += index * static_cast<std::size_t>(s.stride[1][axis]);
    }
    const std::size_t n = s.inner - at < end - i ? s.inner - at : end - i;
    binary_run(op, ta, tb, ty, static_cast<const std::byte*>(k.in[0]) + offset[0] * size_of(ta),
               step_a, static_cast<const std::byte*>(k.in[1]) + offset[1] * size_of(tb), step_b,
               static_cast<std::byte*>(k.out[0]) + i * size_of(ty), n);
    i += n;
  }
}

struct add_dr_op {
  uniform_shift a, b, y;
  V32 za, zb, z, low, high;
  int left;
  bool minus;
  explicit HWY_INLINE add_dr_op(const add_params& p)
      : a(p.a_mult, true),
        b(p.b_mult, true),
        y(p.y_mult, true),
        za(set32(p.a_zero_point)),
        zb(set32(p.b_zero_point)),
        z(set32(p.zero_point)),
        low(set32(p.lo - p.zero_point)),
        high(set32(p.hi - p.zero_point)),
        left(p.left_shift),
        minus(p.sign < 0) {}
  HWY_INLINE V32 operator()(V32 x1, V32 x2) const {
    const V32 u = a(hn::ShiftLeftSame(hn::Sub(x1, za), left)),
              v = b(hn::ShiftLeftSame(hn::Sub(x2, zb), left));
    return hn::Add(hn::Min(hn::Max(y(minus ? hn::Sub(u, v) : hn::Add(u, v)), low), high), z);
  }
};
/// XNN and QNN on 8-bit types: |sum| < 2^31 (factors below 2^21 and 2^22, operands at most 255 away
/// from their zero points), so 32 bits do.
struct add_factors_op {
  V32 fa, fb, bias, half, z, low, high;
  int shift;
  bool away;
  explicit HWY_INLINE add_factors_op(const add_params& p)
      : fa(set32(p.a_factor)),
        fb(set32(p.b_factor)),
        bias(set32(0)),
        half(set32(p.mode == rounding::QNN && p.shift > 0
                       ? static_cast<std::int32_t>(1u << (p.shift - 1))
                       : 0)),
        z(set32(p.zero_point)),
        low(set32(p.lo - p.zero_point)),
        high(set32(p.hi - p.zero_point)),
        shift(p.shift),
        away(p.mode == rounding::QNN) {
    // QNN takes the offsets first: the same sum modulo 2^32.
    const auto offsets =
        static_cast<std::uint32_t>(p.a_factor) * static_cast<std::uint32_t>(p.a_zero_point) +
        static_cast<std::uint32_t>(p.b_factor) * static_cast<std::uint32_t>(p.b_zero_point);
    bias = set32(away ? static_cast<std::int32_t>(0u - offsets)
                      : static_cast<std::int32_t>(
                            static_cast<std::uint32_t>(static_cast<std::uint64_t>(p.bias))));
  }
  HWY_INLINE V32 operator()(V32 x1, V32 x2) const {
    const hn::RebindToUnsigned<D32> u32;
    const V32 acc = hn::Add(hn::Add(hn::Mul(x1, fa), hn::Mul(x2, fb)), bias);
    V32 y;
    if (away) {
      const V32 sign = sign_of(acc);
      const V32 size = hn::BitCast(
          D32(), hn::ShiftRightSame(
                     hn::BitCast(u32, hn::Add(hn::Sub(hn::Xor(acc, sign), sign), half)), shift));
      y = hn::Sub(hn::Xor(size, sign), sign);
    } else {
      y = hn::ShiftRightSame(acc, shift);
    }
    return hn::Add(hn::Min(hn::Max(y, low), high), z);
  }
};
struct add_real_op {
  V32 za, zb, z;
  VF fa, fb, lo, hi;
  bool minus;
  explicit HWY_INLINE add_real_op(const add_params& p)
      : za(set32(p.a_zero_point)),
        zb(set32(p.b_zero_point)),
        z(set32(p.zero_point)),
        fa(hn::Set(DF(), p.a_scale)),
        fb(hn::Set(DF(), p.b_scale)),
        lo(hn::Set(DF(), static_cast<float>(p.lo - p.zero_point))),
        hi(hn::Set(DF(), static_cast<float>(p.hi - p.zero_point))),
        minus(p.sign < 0) {}
  HWY_INLINE V32 operator()(V32 x1, V32 x2) const {
    const VF u = rounded(hn::Mul(hn::ConvertTo(DF(), hn::Sub(x1, za)), fa)),
             v = rounded(hn::Mul(hn::ConvertTo(DF(), hn::Sub(x2, zb)), fb));
    return hn::Add(round_within(rounded(minus ? hn::Sub(u, v) : hn::Add(u, v)), lo, hi), z);
  }
};
#if HWY_NATIVE_FMA
struct add_fma_op {
  VF fa, fb, fixed, lo, hi;
  bool a_first;
  explicit HWY_INLINE add_fma_op(const add_params& p)
      : fa(hn::Set(DF(), p.a_scale)),
        fb(hn::Set(DF(), p.b_scale)),
        fixed(hn::Set(DF(), p.fixed)),
        lo(hn::Set(DF(), static_cast<float>(p.lo))),
        hi(hn::Set(DF(), static_cast<float>(p.hi))),
        a_first(p.shape.stride[0][static_cast<std::size_t>(p.shape.rank - 1)] == 0) {}
  HWY_INLINE V32 operator()(V32 x1, V32 x2) const {
    const VF a = hn::ConvertTo(DF(), x1), b = hn::ConvertTo(DF(), x2);
    const VF v = a_first ? hn::MulAdd(b, fb, rounded(hn::MulAdd(a, fa, fixed)))
                         : hn::MulAdd(a, fa, rounded(hn::MulAdd(b, fb, fixed)));
    return round_within(rounded(v), lo, hi);
  }
};
/// Inside whole blocks of 64 elements (`block`) PyTorch fuses the dequantization.
struct add_aten_op {
  V32 za, zb, z;
  VF fa, fb, pa, pb, inverse, lo, hi;
  bool minus, block;
  HWY_INLINE add_aten_op(const add_params& p, bool in_block)
      : za(set32(p.a_zero_point)),
        zb(set32(p.b_zero_point)),
        z(set32(p.zero_point)),
        fa(hn::Set(DF(), p.a_scale)),
        fb(hn::Set(DF(), p.b_scale)),
        pa(hn::Set(DF(), p.a_premul)),
        pb(hn::Set(DF(), p.b_premul)),
        inverse(hn::Set(DF(), p.inverse)),
        lo(hn::Set(DF(), static_cast<float>(p.lo - p.zero_point))),
        hi(hn::Set(DF(), static_cast<float>(p.hi - p.zero_point))),
        minus(p.sign < 0),
        block(in_block) {}
  HWY_INLINE V32 operator()(V32 x1, V32 x2) const {
    VF u, v;
    if (block) {
      u = hn::MulAdd(hn::ConvertTo(DF(), x1), fa, pa);
      v = hn::MulAdd(hn::ConvertTo(DF(), x2), fb, pb);
    } else {
      u = hn::Mul(hn::ConvertTo(DF(), hn::Sub(x1, za)), fa);
      v = hn::Mul(hn::ConvertTo(DF(), hn::Sub(x2, zb)), fb);
    }
    u = rounded(u);
    v = rounded(v);
    return hn::Add(
        round_within(rounded(hn::Mul(rounded(minus ? hn::Sub(u, v) : hn::Add(u, v)), inverse)), lo,
                     hi),
        z);
  }
};
#endif

template <class V> struct kernel<kernel_id::add, V> {
  static const add_params& params(const void* p) { return *static_cast<const add_params*>(p); }
  static bool small(dtype t) { return is_8bit(t) || t == dtype::s16; }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    if (!small(p.a_type) || !small(p.b_type) || !small(p.y_type)) return false;
    switch (p.mode) {
      case rounding::DR:
      case rounding::F: return true;
      case rounding::XNN:
      case rounding::QNN: return is_8bit(p.a_type) && is_8bit(p.b_type) && p.shift <= 31;
#if HWY_NATIVE_FMA
      case rounding::FMA:
      case rounding::ATEN: return true;
#endif
      default: return false;
    }
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.shape.count, k.part, k.parts);
    switch (p.mode) {
      case rounding::XNN:
      case rounding::QNN:
        return binary(add_factors_op(p), p.shape, p.a_type, p.b_type, p.y_type, k, r.begin, r.end);
      case rounding::F:
        return binary(add_real_op(p), p.shape, p.a_type, p.b_type, p.y_type, k, r.begin, r.end);
#if HWY_NATIVE_FMA
      case rounding::FMA:
        return binary(add_fma_op(p), p.shape, p.a_type, p.b_type, p.y_type, k, r.begin, r.end);
      case rounding::ATEN: {
        const std::size_t blocks = p.shape.count / 64 * 64, middle = blocks < r.begin ? r.begin
                                                                     : blocks < r.end ? blocks
                                                                                      : r.end;
        binary(add_aten_op(p, true), p.shape, p.a_type, p.b_type, p.y_type, k, r.begin, middle);
        return binary(add_aten_op(p, false), p.shape, p.a_type, p.b_type, p.y_type, k, middle,
                      r.end);
      }
#endif
      default:
        return binary(add_dr_op(p), p.shape, p.a_type, p.b_type, p.y_type, k, r.begin, r.end);
    }
  }
  static const char* describe(const void*) { return "add"; }
  static constexpr kernel_entry value{&run, nullptr, nullptr, nullptr, &accepts, &describe, true};
  static constexpr const kernel_entry* entry = &value;
};

struct mul_op {
  V32 za, zb;
  uniform_requantize y;
  explicit HWY_INLINE mul_op(const mul_params& p)
      : za(set32(p.a_zero_point)), zb(set32(p.b_zero_point)), y(p.requant) {}
  HWY_INLINE V32 operator()(V32 x1, V32 x2) const {
    return y(hn::Mul(hn::Sub(x1, za), hn::Sub(x2, zb)));
  }
};
template <class V> struct kernel<kernel_id::mul, V> {
  static const mul_params& params(const void* p) { return *static_cast<const mul_params*>(p); }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    // The product fits int32: bytes always, int16 with zero points of 0.
    const bool a = is_8bit(p.a_type) || (p.a_type == dtype::s16 && p.a_zero_point == 0),
               b = is_8bit(p.b_type) || (p.b_type == dtype::s16 && p.b_zero_point == 0);
    return p.mode != rounding::none && a && b && uniform_requantize::accepts(p.requant, p.y_type);
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.shape.count, k.part, k.parts);
    binary(mul_op(p), p.shape, p.a_type, p.b_type, p.y_type, k, r.begin, r.end);
  }
  static const char* describe(const void*) { return "mul"; }
  static constexpr kernel_entry value{&run, nullptr, nullptr, nullptr, &accepts, &describe, true};
  static constexpr const kernel_entry* entry = &value;
};

// ---- one operand ----

template <class V> struct kernel<kernel_id::requantize, V> {
  static const requantize_op_params& params(const void* p) {
    return *static_cast<const requantize_op_params*>(p);
  }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    const bool in = is_8bit(p.in_type) || p.in_type == dtype::s16 ||
                    (p.in_type == dtype::s32 && p.in_zero_point == 0);
    const bool q8 = p.requant.mode == rounding::Q8 && is_8bit(p.in_type) &&
                    p.requant.channels == 1 && (is_8bit(p.out_type) || p.out_type == dtype::s16);
    return in && (q8 || uniform_requantize::accepts(p.requant, p.out_type));
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.count, k.part, k.parts);
    const uniform_requantize op(p.requant);
    const V32 z = set32(p.in_zero_point);
    const std::size_t si = size_of(p.in_type), so = size_of(p.out_type);
    const auto* x = static_cast<const std::byte*>(k.in[0]);
    auto* y = static_cast<std::byte*>(k.out[0]);
    std::size_t i = r.begin;
    for (; i + L <= r.end; i += L)
      store_from32(p.out_type, op(hn::Sub(load_as32(p.in_type, x + i * si), z)), y + i * so);
    if (i < r.end)
      store_some_from32(p.out_type,
                        op(hn::Sub(load_some_as32(p.in_type, x + i * si, r.end - i), z)),
                        y + i * so, r.end - i);
  }
  static const char* describe(const void*) { return "requantize"; }
  static constexpr kernel_entry value{&run, nullptr, nullptr, nullptr, &accepts, &describe, true};
  static constexpr const kernel_entry* entry = &value;
};

struct quantize_op {
  rounding mode;
  VF scale, inverse, lo, hi;
  V32 z;
  explicit HWY_INLINE quantize_op(const quantize_params& p)
      : mode(p.mode),
        scale(hn::Set(DF(), p.scale[0])),
        inverse(hn::Set(DF(), p.inverse[0])),
        lo(hn::Set(DF(), static_cast<float>(p.lo - p.zero_point[0]))),
        hi(hn::Set(DF(), static_cast<float>(p.hi - p.zero_point[0]))),
        z(set32(p.zero_point[0])) {}
  HWY_INLINE V32 operator()(VF x) const {
    const VF v = rounded(mode == rounding::AWAY || mode == rounding::EVEN ? divide(x, scale)
                                                                          : hn::Mul(x, inverse));
    if (mode != rounding::AWAY) return hn::Add(round_within(v, lo, hi), z);
    // Cut first: the bounds are whole numbers below 2^17, so that truncation and rest are exact.
    const VF c = hn::Min(hn::IfThenElse(hn::Gt(v, lo), v, lo), hi), t = hn::Trunc(c),
             rest = hn::Sub(hn::Abs(c), hn::Abs(t));
    const VF y = hn::IfThenElse(hn::Ge(rest, hn::Set(DF(), 0.5f)),
                                hn::Add(t, hn::CopySign(hn::Set(DF(), 1.f), c)), t);
    return hn::Add(round_even(y), z);
  }
};
template <class V> struct kernel<kernel_id::quantize, V> {
  static const quantize_params& params(const void* p) {
    return *static_cast<const quantize_params*>(p);
  }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    return p.channels == 1 && (is_8bit(p.out_type) || p.out_type == dtype::s16) &&
           (p.mode == rounding::AWAY || p.mode == rounding::EVEN || p.mode == rounding::EVEN_MUL ||
            p.mode == rounding::OPT);
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.count, k.part, k.parts);
    const auto* x = static_cast<const float*>(k.in[0]);
    auto* y = static_cast<std::byte*>(k.out[0]);
    const std::size_t so = size_of(p.out_type), blocks = p.count / 8 * 8;
    const std::size_t end = p.mode == rounding::OPT && blocks < r.end
                                ? (blocks < r.begin ? r.begin : blocks)
                                : r.end;  // OPT's tail rounds another way
    const quantize_op op(p);
    std::size_t i = r.begin;
    for (; i + L <= end; i += L) store_from32(p.out_type, op(hn::LoadU(DF(), x + i)), y + i * so);
    if (i < end) {
      alignas(64) float whole[L] = {};
      std::memcpy(whole, x + i, (end - i) * 4);
      store_some_from32(p.out_type, op(hn::Load(DF(), whole)), y + i * so, end - i);
    }
    if (end == r.end) return;
    if (p.out_type == dtype::u8)
      reference::quantize(p, x, reinterpret_cast<std::uint8_t*>(y), end, r.end);
    else if (p.out_type == dtype::s8)
      reference::quantize(p, x, reinterpret_cast<std::int8_t*>(y), end, r.end);
    else
      reference::quantize(p, x, reinterpret_cast<std::int16_t*>(y), end, r.end);
  }
  static const char* describe(const void*) { return "quantize"; }
  static constexpr kernel_entry value{&run, nullptr, nullptr, nullptr, &accepts, &describe, true};
  static constexpr const kernel_entry* entry = &value;
};

template <class V> struct kernel<kernel_id::dequantize, V> {
  static const dequantize_params& params(const void* p) {
    return *static_cast<const dequantize_params*>(p);
  }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    return p.channels == 1 && (is_8bit(p.in_type) || p.in_type == dtype::s16) &&
           (p.mode == rounding::none || p.mode == rounding::OPT);
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.count, k.part, k.parts);
    const auto* x = static_cast<const std::byte*>(k.in[0]);
    auto* y = static_cast<float*>(k.out[0]);
    const std::size_t si = size_of(p.in_type),
                      blocks = p.mode == rounding::OPT ? p.count / 8 * 8 : 0;
    const VF s = hn::Set(DF(), p.scale[0]);
    // OPT, whole groups of 8: q * s plus the zero point's share, two roundings.
    const VF share =
        hn::Set(DF(), static_cast<float>(numerics::mul(-static_cast<double>(p.zero_point[0]),
                                                       static_cast<double>(p.scale[0]))));
    const V32 z = set32(p.zero_point[0]);
    std::size_t i = r.begin;
    while (i < r.end) {
      const bool opt = i < blocks;
      const std::size_t end = opt && blocks < r.end ? blocks : r.end, n = end - i < L ? end - i : L;
      const V32 q =
          n == L ? load_as32(p.in_type, x + i * si) : load_some_as32(p.in_type, x + i * si, n);
      const VF v = opt ? hn::Add(rounded(hn::Mul(hn::ConvertTo(DF(), q), s)), share)
                       : hn::Mul(hn::ConvertTo(DF(), hn::Sub(q, z)), s);
      if (n == L) {
        hn::StoreU(v, DF(), y + i);
      } else {
        alignas(64) float whole[L];
        hn::Store(v, DF(), whole);
        std::memcpy(y + i, whole, n * 4);
      }
      i += n;
    }
  }
  static const char* describe(const void*) { return "dequantize"; }
  static constexpr kernel_entry value{&run, nullptr, nullptr, nullptr, &accepts, &describe, true};
  static constexpr const kernel_entry* entry = &value;
};

/// table[x] for a vector of bytes. A table row of 16 entries is looked up where x's high half is
/// the row's: then x ^ (16 * row) is below 16, and adding 0x70 leaves its low half and a clear top
/// bit; all others saturate to a set top bit, for which the byte shuffle gives 0.
HWY_INLINE hn::Vec<DU8> look_up(const std::uint8_t* table, hn::Vec<DU8> x) {
#if HWY_ARCH_X86
  hn::Vec<DU8> y = hn::Zero(DU8());
  const auto bias = hn::Set(DU8(), 0x70);
  HWY_UNROLL(16)
  for (int row = 0; row < 16; ++row) {
    const auto index =
        hn::SaturatedAdd(hn::Xor(x, hn::Set(DU8(), static_cast<std::uint8_t>(16 * row))), bias);
    y = hn::Or(y, hn::TableLookupBytesOr0(hn::LoadDup128(DU8(), table + 16 * row), index));
  }
  return y;
#else
  uint8x16_t y = vdupq_n_u8(0), at = x.raw;
  for (int row = 0; row < 4; ++row) {
    uint8x16x4_t t;
    for (int i = 0; i < 4; ++i) t.val[i] = vld1q_u8(table + 64 * row + 16 * i);
    y = vorrq_u8(y, vqtbl4q_u8(t, at));
    at = vsubq_u8(at, vdupq_n_u8(64));
  }
  return hn::Vec<DU8>(y);
#endif
}
template <class V> struct kernel<kernel_id::lut8, V> {
  static void run(const kernel_args& k) noexcept {
    const auto& p = *static_cast<const lut8_params*>(k.params);
    const auto r = part_of(p.count, k.part, k.parts);
    const auto* x = static_cast<const std::uint8_t*>(k.in[0]);
    auto* y = static_cast<std::uint8_t*>(k.out[0]);
    std::size_t i = r.begin;
    for (; i + HWY_MAX_BYTES <= r.end; i += HWY_MAX_BYTES)
      hn::StoreU(look_up(p.table.data(), hn::LoadU(DU8(), x + i)), DU8(), y + i);
    for (; i < r.end; ++i) y[i] = p.table[x[i]];
  }
  static const char* describe(const void*) { return "table"; }
  static constexpr kernel_entry value{&run, nullptr, nullptr, nullptr, nullptr, &describe, true};
  static constexpr const kernel_entry* entry = &value;
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
