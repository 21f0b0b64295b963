// Element by element: qnn.mul, requantize, quantize, dequantize and tables. Part of a pass: see
// pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

struct float_mul {
  VF lo, hi;
  explicit HWY_INLINE float_mul(const mul_params& p) : lo(set_float(p.min)), hi(set_float(p.max)) {}
  HWY_INLINE VF operator()(VF a, VF b) const { return clamp_lanes(hn::Mul(a, b), lo, hi); }
};
struct integer_mul {
  V32 lo, hi;
  explicit HWY_INLINE integer_mul(const mul_params& p) : lo(set32(p.lo)), hi(set32(p.hi)) {}
  HWY_INLINE V32 operator()(V32 a, V32 b) const { return hn::Min(hn::Max(hn::Mul(a, b), lo), hi); }
};
struct mul_op {
  V32 za, zb;
  uniform_requantize y;
  byte_codes codes;
  explicit HWY_INLINE mul_op(const mul_params& p)
      : za(set32(p.a_zero_point)),
        zb(set32(p.b_zero_point)),
        y(p.requant),
        codes{y.unclamped_zero(p.requant), p.requant.lo, p.requant.hi,
              !uses_float_scale(p.requant.mode) || below_2_30(255 * 255, p.requant.scale[0])} {}
  HWY_INLINE V32 product(V32 x1, V32 x2) const { return hn::Mul(hn::Sub(x1, za), hn::Sub(x2, zb)); }
  HWY_INLINE V32 unclamped(V32 x1, V32 x2) const { return y.unclamped(product(x1, x2)); }
  HWY_INLINE V32 operator()(V32 x1, V32 x2) const { return y(product(x1, x2)); }
};
template <class V> struct kernel<kernel_id::mul, V> : plain_kernel<kernel<kernel_id::mul, V>> {
  static const mul_params& params(const void* p) { return *static_cast<const mul_params*>(p); }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    // The product fits int32: bytes always, int16 with zero points of 0.
    const bool a = is_8bit(p.a_type) || (p.a_type == dtype::s16 && p.a_zero_point == 0),
               b = is_8bit(p.b_type) || (p.b_type == dtype::s16 && p.b_zero_point == 0);
    if (p.mode == rounding::none) return p.y_type == dtype::f32 || p.y_type == dtype::s32;
    return a && b && uniform_requantize::accepts(p.requant, dtype::s32, p.y_type);
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.shape.count, k.part, k.parts);
    const integer_operands io{p.a_type, p.b_type, p.y_type};
    if (p.mode == rounding::none && p.y_type == dtype::f32)
      binary(float_mul(p), p.shape, float_operands(), k, r.begin, r.end);
    else if (p.mode == rounding::none)
      binary(integer_mul(p), p.shape, io, k, r.begin, r.end);
    else
      binary(mul_op(p), p.shape, io, k, r.begin, r.end);
  }
  static const char* describe(const void*) { return "mul"; }
};

// ---- one operand ----

template <class V>
struct kernel<kernel_id::requantize, V> : plain_kernel<kernel<kernel_id::requantize, V>> {
  static const requantize_op_params& params(const void* p) {
    return *static_cast<const requantize_op_params*>(p);
  }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    const bool in = is_8bit(p.in_type) || p.in_type == dtype::s16 ||
                    (p.in_type == dtype::s32 && p.in_zero_point == 0);
    return in && uniform_requantize::accepts(p.requant, p.in_type, p.out_type);
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
    for (; i + lanes32 <= r.end; i += lanes32)
      simd::store_from32(p.out_type, op(hn::Sub(simd::load_as32(p.in_type, x + i * si), z)),
                         y + i * so);
    if (i < r.end)
      simd::store_some_from32(
          p.out_type, op(hn::Sub(simd::load_some_as32(p.in_type, x + i * si, r.end - i), z)),
          y + i * so, r.end - i);
  }
  static const char* describe(const void*) { return "requantize"; }
};

/// AWAY, EVEN, and EVEN_MUL, which OPT is in whole groups of 8.
enum class quantize_formula : std::uint8_t { away, even, even_mul };
struct quantize_op {
  quantize_formula formula;
  VF scale, inverse, lo, hi;
  V32 z;
  HWY_INLINE quantize_op(const quantize_params& p, quantize_formula f)
      : formula(f),
        scale(set_float(p.scale[0])),
        inverse(set_float(p.inverse[0])),
        lo(set_float(static_cast<float>(p.lo - p.zero_point[0]))),
        hi(set_float(static_cast<float>(p.hi - p.zero_point[0]))),
        z(set32(p.zero_point[0])) {}
  HWY_INLINE V32 operator()(VF x) const {
    switch (formula) {
      case quantize_formula::away:
        return hn::Add(round_away_within(simd::rounded(simd::divide(x, scale)), lo, hi), z);
      case quantize_formula::even:
        return hn::Add(round_within(simd::rounded(simd::divide(x, scale)), lo, hi), z);
      case quantize_formula::even_mul: break;
    }
    return hn::Add(round_within(simd::rounded(hn::Mul(x, inverse)), lo, hi), z);
  }
};
template <class V>
struct kernel<kernel_id::quantize, V> : plain_kernel<kernel<kernel_id::quantize, V>> {
  static const quantize_params& params(const void* p) {
    return *static_cast<const quantize_params*>(p);
  }
  static std::optional<quantize_formula> formula_of(rounding mode) noexcept {
    switch (mode) {
      case rounding::divide_half_away: return quantize_formula::away;
      case rounding::divide_half_even: return quantize_formula::even;
      case rounding::reciprocal_half_even:
      case rounding::tflite_optimized: return quantize_formula::even_mul;
      case rounding::none:
      case rounding::doubling_high_half_away:
      case rounding::doubling_high_half_up:
      case rounding::wide_half_up:
      case rounding::double_half_away:
      case rounding::float_half_even:
      case rounding::float_bias_half_even:
      case rounding::float_zero_point_half_even:
      case rounding::eight_bit_ratio_half_up:
      case rounding::divide_truncate:
      case rounding::xnnpack:
      case rounding::qnnpack:
      case rounding::aten:
      case rounding::fused_multiply_add:
      case rounding::mxnet:
      case rounding::onnxruntime: break;
    }
    return std::nullopt;
  }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    return p.channels == 1 && (is_8bit(p.out_type) || p.out_type == dtype::s16) &&
           formula_of(p.mode);
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.count, k.part, k.parts);
    const auto* x = static_cast<const float*>(k.in[0]);
    auto* y = static_cast<std::byte*>(k.out[0]);
    const std::size_t so = size_of(p.out_type), blocks = p.count / 8 * 8;
    const std::size_t end = p.mode == rounding::tflite_optimized && blocks < r.end
                                ? (blocks < r.begin ? r.begin : blocks)
                                : r.end;  // OPT's tail rounds another way
    const quantize_op op(p, *formula_of(p.mode));
    std::size_t i = r.begin;
    for (; i + lanes32 <= end; i += lanes32)
      simd::store_from32(p.out_type, op(simd::load(x + i)), y + i * so);
    if (i < end)
      simd::store_some_from32(p.out_type, op(simd::load_some(x + i, end - i)), y + i * so, end - i);
    if (end == r.end) return;
    if (p.out_type == dtype::u8)
      reference::quantize(p, x, reinterpret_cast<std::uint8_t*>(y), end, r.end);
    else if (p.out_type == dtype::s8)
      reference::quantize(p, x, reinterpret_cast<std::int8_t*>(y), end, r.end);
    else
      reference::quantize(p, x, reinterpret_cast<std::int16_t*>(y), end, r.end);
  }
  static const char* describe(const void*) { return "quantize"; }
};

template <class V>
struct kernel<kernel_id::dequantize, V> : plain_kernel<kernel<kernel_id::dequantize, V>> {
  static const dequantize_params& params(const void* p) {
    return *static_cast<const dequantize_params*>(p);
  }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    return p.channels == 1 && (is_8bit(p.in_type) || p.in_type == dtype::s16);
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.count, k.part, k.parts);
    const auto* x = static_cast<const std::byte*>(k.in[0]);
    auto* y = static_cast<float*>(k.out[0]);
    const std::size_t si = size_of(p.in_type);
    const VF s = set_float(p.scale[0]);
    const V32 z = set32(p.zero_point[0]);
    std::size_t i = r.begin;
    while (i < r.end) {
      const std::size_t n = r.end - i < lanes32 ? r.end - i : lanes32;
      const V32 q = n == lanes32 ? simd::load_as32(p.in_type, x + i * si)
                                 : simd::load_some_as32(p.in_type, x + i * si, n);
      const VF v = hn::Mul(hn::ConvertTo(DF(), hn::Sub(q, z)), s);
      if (n == lanes32)
        simd::store(v, y + i);
      else
        simd::store_some(v, y + i, n);
      i += n;
    }
  }
  static const char* describe(const void*) { return "dequantize"; }
};

template <class V> struct kernel<kernel_id::lut8, V> : plain_kernel<kernel<kernel_id::lut8, V>> {
  static void run(const kernel_args& k) noexcept {
    const auto& p = *static_cast<const lut8_params*>(k.params);
    const auto r = part_of(p.count, k.part, k.parts);
    const auto look_up = [&](const std::uint8_t* table, std::size_t i, std::size_t end) HWY_ATTR {
      const auto* x = static_cast<const std::uint8_t*>(k.in[0]);
      auto* y = static_cast<std::uint8_t*>(k.out[0]);
      i += simd::permute_bytes(table, x + i, y + i, end - i);
      for (; i + lanes8 <= end; i += lanes8)
        simd::store(simd::look_up(table, simd::load(x + i)), y + i);
      for (; i < end; ++i) y[i] = table[x[i]];
    };
    if (p.block == 0) return look_up(p.table.data(), r.begin, r.end);
    const auto& b = *static_cast<const lut8_blocks_params*>(k.params);
    b.rows.for_each_run(p.count, p.block, r.begin, r.end,
                        [&](std::size_t from, std::size_t to, bool block) HWY_ATTR {
                          look_up(block ? p.table.data() : b.tail.data(), from, to);
                        });
  }
  static const char* describe(const void*) { return "table"; }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
