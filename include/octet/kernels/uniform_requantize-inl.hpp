// A requantize of all elements with one multiplier. Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// A requantize with one multiplier: int32 to the clamped result. 8- and 16-bit outputs. Of what
/// accepts() takes only.
struct uniform_requantize {
  enum class formula : std::uint8_t { shift, real, real_zero, eighths };
  static std::optional<formula> formula_of(rounding r) noexcept {
    switch (r) {
      case rounding::doubling_high_half_away:
      case rounding::doubling_high_half_up: return formula::shift;
      case rounding::float_half_even: return formula::real;
      case rounding::float_zero_point_half_even: return formula::real_zero;
      case rounding::eight_bit_ratio_half_up: return formula::eighths;
      case rounding::none:
      case rounding::wide_half_up:
      case rounding::double_half_away:
      case rounding::float_bias_half_even:
      case rounding::divide_half_away:
      case rounding::divide_half_even:
      case rounding::reciprocal_half_even:
      case rounding::xnnpack:
      case rounding::qnnpack:
      case rounding::fused_multiply_add:
      case rounding::tflite_optimized:
      case rounding::aten:
      case rounding::divide_truncate:
      case rounding::mxnet:
      case rounding::onnxruntime: break;
    }
    return std::nullopt;
  }

  formula f;
  uniform_shift shift;
  V32 z, low, high;  // clamp before the zero point is added: nothing overflows
  VF scale, zf, lof, hif;
  explicit HWY_INLINE uniform_requantize(const requantize_params& q)
      : f(*formula_of(q.mode)),
        shift(uses_multiplier(q.mode) ? q.mult[0] : multiplier{},
              q.mode == rounding::doubling_high_half_away),
        z(set32(q.zero_point)),
        low(set32(q.lo - q.zero_point)),
        high(set32(q.hi - q.zero_point)),
        scale(set_float(uses_float_scale(q.mode) ? q.scale[0] : 0.f)),
        zf(set_float(static_cast<float>(q.zero_point))),
        lof(set_float(static_cast<float>(f == formula::real_zero ? q.lo : q.lo - q.zero_point))),
        hif(set_float(static_cast<float>(f == formula::real_zero ? q.hi : q.hi - q.zero_point))) {}
  /// `in`: of the operand; Q8's products stay below 2^31 for bytes alone.
  static bool accepts(const requantize_params& q, dtype in, dtype out) noexcept {
    const auto f = formula_of(q.mode);
    return f && q.channels == 1 && (is_8bit(out) || out == dtype::s16) &&
           (*f != formula::eighths || is_8bit(in));
  }
  /// Before the clamp, and before unclamped_zero() is added; of real forms below 2^31.
  HWY_INLINE V32 unclamped(V32 x) const {
    switch (f) {
      case formula::real: return requantize_scaled(x, scale);
      case formula::real_zero:
        return simd::round_even(simd::rounded(hn::Add(real_product(x, scale), zf)));
      case formula::eighths: return eighth(x);
      case formula::shift: break;
    }
    return shift(x);
  }
  HWY_INLINE std::int32_t unclamped_zero(const requantize_params& q) const {
    return f == formula::real_zero ? 0 : q.zero_point;
  }
  HWY_INLINE V32 eighth(V32 x) const {  // |x * m| <= 255 * 2^23
    return hn::ShiftRight<8>(hn::Add(hn::Mul(x, shift.m), set32(128)));
  }
  HWY_INLINE V32 finish(V32 h) const { return hn::Add(hn::Min(hn::Max(h, low), high), z); }
  HWY_INLINE V32 operator()(V32 x) const {
    switch (f) {
      case formula::real: return hn::Add(round_within(real_product(x, scale), lof, hif), z);
      case formula::real_zero: return requantize_real_zero(x, scale, zf, lof, hif);
      case formula::eighths: return finish(eighth(x));
      case formula::shift: break;
    }
    return finish(shift(x));
  }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
