// Softmax along an axis that is not the innermost: rows side by side in lanes, so that each lane
// sums its row in the reference's order. Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// Rows [column, column + count) of one outer index, count at most lanes32; element i of a row is
/// `step` elements behind element i - 1.
struct softmax_columns {
  std::size_t depth, step, count;
  HWY_INLINE VF load(const float* x, std::size_t i) const {
    x += i * step;
    return count == lanes32 ? simd::load(x) : simd::load_some(x, count);
  }
  HWY_INLINE void store(VF v, float* y, std::size_t i) const {
    y += i * step;
    if (count == lanes32)
      simd::store(v, y);
    else
      simd::store_some(v, y, count);
  }
  HWY_INLINE V32 load(dtype type, const std::byte* x, std::size_t i) const {
    x += i * step;
    return count == lanes32 ? simd::load_as32(type, x) : simd::load_some_as32(type, x, count);
  }
  HWY_INLINE void store(dtype type, V32 v, std::byte* y, std::size_t i) const {
    y += i * step * size_of(type);
    if (count == lanes32)
      simd::store_from32(type, v, y);
    else
      simd::store_some_from32(type, v, y, count);
  }
};
struct softmax_by_columns {
  static bool accepts(const softmax_params& p) noexcept {
    if (p.in_type == dtype::f32)
      return p.out_type == dtype::f32 && (p.mode == rounding::none || p.mode == rounding::aten ||
                                          p.mode == rounding::onnxruntime);
    if (!is_8bit(p.in_type) || !(is_8bit(p.out_type) || p.out_type == dtype::s16) || p.log)
      return false;
    return p.mode == rounding::reciprocal_half_even ||
           (p.mode == rounding::onnxruntime && p.table != nullptr);
  }

  /// What is common to the float forms: exponentials stand in y until their sum is known.
  template <class Exp>
  static HWY_INLINE VF exponentials(const softmax_params& p, const softmax_columns& c,
                                    const float* x, float* y, Exp exp) {
    VF most = c.load(x, 0);
    for (std::size_t i = 1; i < c.depth; ++i) most = simd::greater(c.load(x, i), most);
    const VF beta = set_float(p.beta);
    for (std::size_t i = 0; i < c.depth; ++i)
      c.store(exp(simd::rounded(hn::Mul(simd::rounded(hn::Sub(c.load(x, i), most)), beta))), y, i);
    return most;
  }
  static HWY_INLINE VF sum_in_order(const softmax_columns& c, const float* y) {
    VF sum = hn::Zero(DF());
    for (std::size_t i = 0; i < c.depth; ++i) sum = simd::rounded(hn::Add(sum, c.load(y, i)));
    return sum;
  }
  /// numerics::sum_of_softmax_lanes of 16 sums in each lane.
  static HWY_INLINE VF sum_of_sixteen(const softmax_columns& c, const float* y) {
    VF v[16];
    for (VF& s : v) s = hn::Zero(DF());
    for (std::size_t i = 0; i < c.depth; ++i)
      v[i % 16] = simd::rounded(hn::Add(v[i % 16], c.load(y, i)));
    for (std::size_t k = 0; k < 8; ++k) v[k] = simd::rounded(hn::Add(v[k], v[k + 8]));
    for (std::size_t n = 4; n > 0; n /= 2)
      for (std::size_t k = 0; k < n; ++k) v[k] = simd::rounded(hn::Add(v[2 * k], v[2 * k + 1]));
    return v[0];
  }
  static HWY_INLINE void logarithms(const softmax_columns& c, const float* x, VF most, VF log_sum,
                                    float* y) {
    for (std::size_t i = 0; i < c.depth; ++i)
      c.store(hn::Sub(simd::rounded(hn::Sub(c.load(x, i), most)), log_sum), y, i);
  }
  /// Correctly rounded exponentials; PyTorch's in the first `vectorized` rows.
  static HWY_NOINLINE void in_order(const softmax_params& p, const softmax_columns& c,
                                    const float* x, float* y, std::size_t vectorized) noexcept {
    VF most = hn::Zero(DF());
    if (vectorized == 0) {
      most = exponentials(p, c, x, y, [](VF v) HWY_ATTR { return apply<exp_function>(v); });
    } else if (vectorized >= c.count) {
      most = exponentials(p, c, x, y, [](VF v) HWY_ATTR { return exp_vectorized(v); });
    } else {
      const auto first = hn::FirstN(DF(), vectorized);
      most = exponentials(p, c, x, y, [=](VF v) HWY_ATTR {
        return hn::IfThenElse(first, exp_vectorized(v), apply<exp_function>(v));
      });
    }
    const VF sum = sum_in_order(c, y);
    if (p.log) return logarithms(c, x, most, apply<log_function>(sum), y);
    for (std::size_t i = 0; i < c.depth; ++i) c.store(simd::divide(c.load(y, i), sum), y, i);
  }
  static HWY_NOINLINE void mlas(const softmax_params& p, const softmax_columns& c, const float* x,
                                float* y) noexcept {
    const VF most = exponentials(p, c, x, y, [](VF v) HWY_ATTR { return exp_mlas<true>(v); }),
             sum = sum_of_sixteen(c, y);
    if (p.log) return logarithms(c, x, most, log_c_library(sum), y);
    const VF by = simd::divide(set_float(1.f), sum);
    for (std::size_t i = 0; i < c.depth; ++i) c.store(hn::Mul(c.load(y, i), by), y, i);
  }

  static HWY_INLINE V32 largest(const softmax_params& p, const softmax_columns& c,
                                const std::byte* x) {
    V32 most = c.load(p.in_type, x, 0);
    for (std::size_t i = 1; i < c.depth; ++i) most = hn::Max(most, c.load(p.in_type, x, i));
    return most;
  }
  static HWY_NOINLINE void table_ort(const softmax_params& p, const softmax_columns& c,
                                     const std::byte* x, std::byte* y) noexcept {
    const V32 from = hn::Sub(set32(255), largest(p, c, x));
    const auto entry = [&](std::size_t i) HWY_ATTR {
      return hn::GatherIndex(DF(), p.table,
                             hn::And(hn::Add(from, c.load(p.in_type, x, i)), set32(255)));
    };
    VF sum = hn::Zero(DF());
    for (std::size_t i = 0; i < c.depth; ++i) sum = simd::rounded(hn::Add(sum, entry(i)));
    const hn::Half<DF> half;
    const auto op = [&](auto part) HWY_ATTR {
      const auto all = hn::PromoteTo(DF64(), part);
      return softmax_ort_op{p.table,
                            set64(static_cast<double>(numerics::floor(p.inverse))),
                            all,
                            simd::divide(set64(1.), all),
                            set64(p.out_zero_point),
                            set64(p.lo),
                            set64(p.hi)};
    };
    const softmax_ort_op low = op(hn::LowerHalf(half, sum)), high = op(hn::UpperHalf(half, sum));
    for (std::size_t i = 0; i < c.depth; ++i) {
      const VF e = entry(i);
      c.store(p.out_type,
              hn::Combine(D32(), high.half_of(hn::PromoteTo(DF64(), hn::UpperHalf(half, e))),
                          low.half_of(hn::PromoteTo(DF64(), hn::LowerHalf(half, e)))),
              y, i);
    }
  }
  static HWY_NOINLINE void real(const softmax_params& p, const softmax_columns& c,
                                const std::byte* x, std::byte* y) noexcept {
    const V32 z = set32(p.in_zero_point);
    const VF scale = set_float(p.in_scale), beta = set_float(p.beta);
    const auto value = [=](V32 v) HWY_ATTR {
      return simd::rounded(hn::Mul(hn::ConvertTo(DF(), hn::Sub(v, z)), scale));
    };
    const VF most = value(largest(p, c, x));
    const auto exponential = [&](std::size_t i) HWY_ATTR {
      const VF below = simd::rounded(hn::Sub(value(c.load(p.in_type, x, i)), most));
      return apply<exp_function>(simd::rounded(hn::Mul(below, beta)));
    };
    VF sum = hn::Zero(DF());
    for (std::size_t i = 0; i < c.depth; ++i) sum = simd::rounded(hn::Add(sum, exponential(i)));
    const softmax_table_op op{nullptr,
                              softmax_formula::real,
                              false,
                              set_float(p.inverse),
                              sum,
                              set_float(static_cast<float>(p.lo - p.out_zero_point)),
                              set_float(static_cast<float>(p.hi - p.out_zero_point)),
                              set32(p.out_zero_point)};
    for (std::size_t i = 0; i < c.depth; ++i) c.store(p.out_type, op.of(exponential(i)), y, i);
  }

  static HWY_INLINE void floats(const softmax_params& p, const softmax_columns& c, const float* x,
                                float* y, std::size_t column) noexcept {
    if (p.mode == rounding::onnxruntime) return mlas(p, c, x, y);
    const std::size_t whole = p.mode == rounding::aten ? p.inner / 8 * 8 : 0;
    in_order(p, c, x, y, whole > column ? whole - column : 0);
  }
  static void run(const softmax_params& p, const kernel_args& k) noexcept {
    const std::size_t blocks = (p.inner + lanes32 - 1) / lanes32;
    const auto r = part_of(p.outer * blocks, k.part, k.parts);
    for (std::size_t b = r.begin; b < r.end; ++b) {
      const std::size_t column = b % blocks * lanes32, left = p.inner - column,
                        at = b / blocks * p.depth * p.inner + column;
      const softmax_columns c{p.depth, p.inner, left < lanes32 ? left : std::size_t{lanes32}};
      if (p.in_type == dtype::f32) {
        floats(p, c, static_cast<const float*>(k.in[0]) + at, static_cast<float*>(k.out[0]) + at,
               column);
        continue;
      }
      const auto* const x = static_cast<const std::byte*>(k.in[0]) + at;
      auto* const y = static_cast<std::byte*>(k.out[0]) + at * size_of(p.out_type);
      if (p.mode == rounding::onnxruntime)
        table_ort(p, c, x, y);
      else
        real(p, c, x, y);
    }
  }
};

inline bool softmax_across_accepts(const softmax_params& p) noexcept {
  return softmax_by_columns::accepts(p);
}
inline void softmax_across(const softmax_params& p, const kernel_args& k) noexcept {
  softmax_by_columns::run(p, k);
}

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
