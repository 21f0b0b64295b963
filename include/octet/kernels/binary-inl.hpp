// Two operands beside qnn.add and qnn.mul: minimum, maximum, squared differences, comparisons,
// logic, prelu. Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

struct float_minimum {
  explicit HWY_INLINE float_minimum(const binary_params&) {}
  HWY_INLINE VF operator()(VF a, VF b) const { return hn::IfThenElse(hn::Lt(b, a), b, a); }
};
struct float_maximum {
  explicit HWY_INLINE float_maximum(const binary_params&) {}
  HWY_INLINE VF operator()(VF a, VF b) const { return hn::IfThenElse(hn::Gt(b, a), b, a); }
};
struct float_squared_difference {
  explicit HWY_INLINE float_squared_difference(const binary_params&) {}
  HWY_INLINE VF operator()(VF a, VF b) const {
    const VF d = simd::rounded(hn::Sub(a, b));
    return hn::Mul(d, d);
  }
};
struct float_div {
  VF lo, hi;
  explicit HWY_INLINE float_div(const binary_params& p)
      : lo(set_float(p.min)), hi(set_float(p.max)) {}
  HWY_INLINE VF operator()(VF a, VF b) const { return clamp_lanes(simd::divide(a, b), lo, hi); }
};
/// numerics::power: exp(b log |a|), the sign put back.
struct float_pow {
  explicit HWY_INLINE float_pow(const binary_params&) {}
  static HWY_NOINLINE VF ask_scalar_power(VF a, VF b, VF y, VF sure,
                                          float (*scalar)(float, float)) {
    alignas(alignment) float base[lanes32], exponent[lanes32];
    hn::Store(a, DF(), base);
    hn::Store(b, DF(), exponent);
    return asked_where_unsure(y, sure, [&](int i) { return scalar(base[i], exponent[i]); });
  }
  static HWY_INLINE simd::VF64 exponent_of(hn::Vec<hn::Half<DF>> size, hn::Vec<hn::Half<DF>> b) {
    return power_lanes::exponent(hn::PromoteTo(DF64(), size), hn::PromoteTo(DF64(), b));
  }
  HWY_INLINE VF operator()(VF a, VF b) const { return of(a, b, &numerics::power<float>); }
  static HWY_INLINE VF of(VF a, VF b, float (*scalar)(float, float)) {
    const hn::Half<DF> half;
    const VF size = hn::Abs(a), zero = hn::Zero(DF()), sign = set_float(-0.f);
    const power_lanes power(exponent_of(hn::LowerHalf(half, size), hn::LowerHalf(half, b)),
                            exponent_of(hn::UpperHalf(half, size), hn::UpperHalf(half, b)));
    const V32 whole = hn::ConvertTo(D32(), b);
    const auto is_whole =
        hn::And(hn::Eq(hn::ConvertTo(DF(), whole), b), hn::Lt(hn::Abs(b), set_float(0x1p24f)));
    const V32 odd = hn::ShiftLeft<31>(hn::And(whole, set32(1)));
    const VF turned =
        hn::IfThenElseZero(is_whole, hn::And(hn::And(a, sign), hn::BitCast(DF(), odd)));
    const auto has_power = hn::And(
        hn::And(hn::Gt(size, zero), hn::Lt(size, set_float(numerics::infinity_of<float>()))),
        hn::Or(hn::Gt(a, zero), is_whole));
    const auto of_zero = hn::And(hn::Eq(a, zero), hn::Gt(b, zero));
    const auto sure = hn::Or(of_zero, hn::And(power.sure(), has_power));
    const VF v = hn::Xor(hn::IfThenZeroElse(of_zero, power.y.value), turned);
    return hn::AllTrue(DF(), sure) ? v : ask_scalar_power(a, b, v, mask_bits(sure), scalar);
  }
};
struct integer_minimum {
  explicit HWY_INLINE integer_minimum(const binary_params&) {}
  HWY_INLINE V32 operator()(V32 a, V32 b) const { return hn::Min(a, b); }
};
struct integer_maximum {
  explicit HWY_INLINE integer_maximum(const binary_params&) {}
  HWY_INLINE V32 operator()(V32 a, V32 b) const { return hn::Max(a, b); }
};
/// DR of bytes: the difference on the common scale is squared modulo 2^32.
struct squared_difference_lanes {
  common_scale scale;
  explicit HWY_INLINE squared_difference_lanes(const binary_params& p) : scale(p) {}
  HWY_INLINE V32 operator()(V32 x1, V32 x2) const {
    const V32 d = hn::Sub(scale.first(x1), scale.second(x2));
    return scale.result(hn::Mul(d, d));
  }
};

/// Floats whose result is a bool: 1 or 0, in a lane of 32 bits.
struct compared_operands : float_operands {
  HWY_INLINE std::size_t result_size() const { return 1; }
  HWY_INLINE void store(V32 v, std::byte* p) const { simd::store_from32(dtype::u8, v, p); }
  HWY_INLINE void store_some(V32 v, std::byte* p, std::size_t n) const {
    simd::store_some_from32(dtype::u8, v, p, n);
  }
};
/// Any comparison by three of them: 1 where one that counts holds. NaN is unequal to everything.
struct comparison {
  V32 less, equal, greater, unequal;
  explicit HWY_INLINE comparison(const binary_params& p)
      : less(one_if(p.op == binary_op::less || p.op == binary_op::less_equal)),
        equal(one_if(p.op == binary_op::equal || p.op == binary_op::not_equal ||
                     p.op == binary_op::less_equal || p.op == binary_op::greater_equal)),
        greater(one_if(p.op == binary_op::greater || p.op == binary_op::greater_equal)),
        unequal(one_if(p.op == binary_op::not_equal)) {}
  static HWY_INLINE V32 one_if(bool counts) { return set32(counts ? 1 : 0); }
  template <class Vec> HWY_INLINE V32 operator()(Vec a, Vec b) const {
    const D32 d;
    const V32 below = hn::IfThenElseZero(hn::RebindMask(d, hn::Lt(a, b)), less),
              same = hn::IfThenElseZero(hn::RebindMask(d, hn::Eq(a, b)), equal),
              above = hn::IfThenElseZero(hn::RebindMask(d, hn::Gt(a, b)), greater);
    return hn::Xor(hn::Or(below, hn::Or(same, above)), unequal);
  }
};
/// DR: of quantized values, on a common scale.
struct scaled_comparison {
  comparison compare;
  common_scale scale;
  explicit HWY_INLINE scaled_comparison(const binary_params& p) : compare(p), scale(p) {}
  HWY_INLINE V32 operator()(V32 a, V32 b) const { return compare(scale.first(a), scale.second(b)); }
};
/// Of bytes, of which any but 0 is true.
struct logic {
  bool both;
  explicit HWY_INLINE logic(const binary_params& p) : both(p.op == binary_op::logical_and) {}
  HWY_INLINE V32 operator()(V32 a, V32 b) const {
    const V32 one = set32(1), x = hn::Min(a, one), y = hn::Min(b, one);
    return both ? hn::And(x, y) : hn::Or(x, y);
  }
};

template <class V>
struct kernel<kernel_id::binary, V> : plain_kernel<kernel<kernel_id::binary, V>> {
  static const binary_params& params(const void* p) {
    return *static_cast<const binary_params*>(p);
  }
  using run_function = void (*)(const binary_params&, const kernel_args&, part_range) noexcept;
  template <class Op>
  static void floats(const binary_params& p, const kernel_args& k, part_range r) noexcept {
    binary(Op(p), p.shape, float_operands(), k, r.begin, r.end);
  }
  template <class Op>
  static void integers(const binary_params& p, const kernel_args& k, part_range r) noexcept {
    binary(Op(p), p.shape, integer_operands{p.a_type, p.a_type, p.a_type}, k, r.begin, r.end);
  }
  static void compared_floats(const binary_params& p, const kernel_args& k, part_range r) noexcept {
    binary(comparison(p), p.shape, compared_operands(), k, r.begin, r.end);
  }
  template <class Op>
  static void compared_integers(const binary_params& p, const kernel_args& k,
                                part_range r) noexcept {
    const dtype t = p.a_type == dtype::boolean ? dtype::u8 : p.a_type;
    binary(Op(p), p.shape, integer_operands{t, t, dtype::u8}, k, r.begin, r.end);
  }
  /// Null: the reference.
  static run_function of_floats(binary_op op) noexcept {
    switch (op) {
      case binary_op::minimum: return &floats<float_minimum>;
      case binary_op::maximum: return &floats<float_maximum>;
      case binary_op::div: return &floats<float_div>;
      case binary_op::squared_difference: return &floats<float_squared_difference>;
      case binary_op::pow: return &floats<float_pow>;
      case binary_op::equal:
      case binary_op::not_equal:
      case binary_op::less:
      case binary_op::less_equal:
      case binary_op::greater:
      case binary_op::greater_equal: return &compared_floats;
      case binary_op::logical_and:
      case binary_op::logical_or:
      case binary_op::floor_div:
      case binary_op::floor_mod:
      case binary_op::bitwise_xor:
      case binary_op::right_shift: break;
    }
    return nullptr;
  }
  static run_function of_integers(const binary_params& p) noexcept {
    switch (p.op) {
      case binary_op::minimum: return &integers<integer_minimum>;
      case binary_op::maximum: return &integers<integer_maximum>;
      case binary_op::squared_difference: return &integers<squared_difference_lanes>;
      case binary_op::equal:
      case binary_op::not_equal:
      case binary_op::less:
      case binary_op::less_equal:
      case binary_op::greater:
      case binary_op::greater_equal:
        return p.mode == rounding::none ? &compared_integers<comparison>
                                        : &compared_integers<scaled_comparison>;
      case binary_op::logical_and:
      case binary_op::logical_or: return &compared_integers<logic>;
      case binary_op::div:
      case binary_op::floor_div:
      case binary_op::floor_mod:
      case binary_op::pow:
      case binary_op::bitwise_xor:
      case binary_op::right_shift: break;
    }
    return nullptr;
  }
  static run_function of(const binary_params& p) noexcept {
    return p.a_type == dtype::f32 ? of_floats(p.op) : of_integers(p);
  }
  static bool has_integers(dtype t) { return is_8bit(t) || t == dtype::s16 || t == dtype::s32; }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    const bool real = p.a_type == dtype::f32, raw = p.mode == rounding::none;
    if (!ops::has_binary_kernel(p.op, !raw) || of(p) == nullptr) return false;
    if (p.op == binary_op::squared_difference)
      return raw ? real : p.mode == rounding::doubling_high_half_away && is_8bit(p.a_type);
    if (is_comparison(p.op) && !raw) return is_8bit(p.a_type) || p.a_type == dtype::s16;
    return raw && (real || has_integers(p.a_type) || p.a_type == dtype::boolean);
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    of(p)(p, k, part_of(p.shape.count, k.part, k.parts));
  }
  static const char* describe(const void*) { return "two operands"; }
};

// ---- prelu ----

struct float_prelu {
  HWY_INLINE VF operator()(VF x, VF slope) const {
    return hn::IfThenElse(hn::Ge(x, hn::Zero(DF())), x, hn::Mul(x, slope));
  }
};
struct prelu_dr {
  uniform_shift positive, negative;
  V32 zx, za, z, low, high;
  explicit HWY_INLINE prelu_dr(const prelu_params& p)
      : positive(p.positive, true),
        negative(p.negative, true),
        zx(set32(p.in_zero_point)),
        za(set32(p.slope_zero_point)),
        z(set32(p.out_zero_point)),
        low(set32(p.lo - p.out_zero_point)),
        high(set32(p.hi - p.out_zero_point)) {}
  HWY_INLINE V32 operator()(V32 x, V32 slope) const {
    const V32 v = hn::Sub(x, zx);
    const V32 y = select_by_sign(v, positive(v), negative(hn::Mul(v, hn::Sub(slope, za))));
    return hn::Add(hn::Min(hn::Max(y, low), high), z);
  }
};
struct prelu_even_mul {
  VF ratio, lo, hi;
  V32 zx, za, z, one;
  explicit HWY_INLINE prelu_even_mul(const prelu_params& p)
      : ratio(set_float(p.ratio)),
        lo(set_float(static_cast<float>(p.lo - p.out_zero_point))),
        hi(set_float(static_cast<float>(p.hi - p.out_zero_point))),
        zx(set32(p.in_zero_point)),
        za(set32(p.slope_zero_point)),
        z(set32(p.out_zero_point)),
        one(set32(p.one)) {}
  HWY_INLINE V32 operator()(V32 x, V32 slope) const {
    const V32 v = hn::Sub(x, zx), product = hn::Mul(v, select_by_sign(v, one, hn::Sub(slope, za)));
    return hn::Add(round_within(real_product(product, ratio), lo, hi), z);
  }
};
template <class V> struct kernel<kernel_id::prelu, V> : plain_kernel<kernel<kernel_id::prelu, V>> {
  static const prelu_params& params(const void* p) { return *static_cast<const prelu_params*>(p); }
  template <class Op>
  static void integers(const prelu_params& p, const kernel_args& k, part_range r) noexcept {
    binary(Op(p), p.shape, integer_operands{p.type, p.slope_type, p.type}, k, r.begin, r.end);
  }
  using integer_function = void (*)(const prelu_params&, const kernel_args&, part_range) noexcept;
  /// Null: the reference.
  static integer_function of_integers(rounding mode) noexcept {
    switch (mode) {
      case rounding::doubling_high_half_away: return &integers<prelu_dr>;
      case rounding::reciprocal_half_even: return &integers<prelu_even_mul>;
      case rounding::none:
      case rounding::doubling_high_half_up:
      case rounding::wide_half_up:
      case rounding::double_half_away:
      case rounding::float_half_even:
      case rounding::float_bias_half_even:
      case rounding::float_zero_point_half_even:
      case rounding::eight_bit_ratio_half_up:
      case rounding::divide_half_away:
      case rounding::divide_half_even:
      case rounding::divide_truncate:
      case rounding::xnnpack:
      case rounding::qnnpack:
      case rounding::aten:
      case rounding::fused_multiply_add:
      case rounding::tflite_optimized:
      case rounding::mxnet:
      case rounding::onnxruntime: break;
    }
    return nullptr;
  }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    return p.type == dtype::f32 || of_integers(p.mode) != nullptr;
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.shape.count, k.part, k.parts);
    if (p.type == dtype::f32)
      binary(float_prelu(), p.shape, float_operands(), k, r.begin, r.end);
    else
      of_integers(p.mode)(p, k, r);
  }
  static const char* describe(const void*) { return "prelu"; }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
