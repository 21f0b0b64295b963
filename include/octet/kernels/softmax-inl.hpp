// qnn.softmax and qnn.log_softmax over contiguous rows of bytes. Part of a pass: see pass-inl.hpp.
// Sums of float tables run in the row's own order, as the reference's; several rows at a time hide
// the additions' latency. Given its row, an output is a function of one byte: short rows compute it
// per element, long ones once per byte value, and look it up.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// Largest of n >= 1 bytes after xor with flip.
inline HWY_NOINLINE std::uint8_t largest_byte(const std::uint8_t* x, std::size_t n,
                                              std::uint8_t flip) noexcept {
  const VU8 f = simd::set_bytes(flip);
  std::uint8_t most = 0;
  std::size_t i = 0;
  if (n >= lanes8) {
    VU8 m = hn::Xor(simd::load(x), f);
    for (i = lanes8; i + lanes8 <= n; i += lanes8) m = hn::Max(m, hn::Xor(simd::load(x + i), f));
    most = simd::largest_lane<std::uint8_t>(m);
  }
  for (; i < n; ++i) {
    const auto v = static_cast<std::uint8_t>(x[i] ^ flip);
    most = v > most ? v : most;
  }
  return most;
}

// What one row makes of a byte. `index`: difference from the maximum (DR), or the place in the
// table. entries(i): of lanes32 neighbours from i on.
struct softmax_dr_op {
  const std::int32_t* table;  // exp by difference
  V32 inverse, low, high, offset;
  int shift;  // 1 or more
  HWY_INLINE V32 of(V32 e) const {
    // Not negative, so that ties go up; beyond 31 nothing is left of 31 bits.
    const V32 v = shift > 31 ? zero32() : shift_up(simd::doubling_high(inverse, e), shift - 1);
    return hn::Min(hn::Max(hn::Add(v, offset), low), high);
  }
  HWY_INLINE V32 entries(std::size_t i) const { return of(simd::load(table + i)); }
  HWY_INLINE V32 operator()(V32 index) const { return of(hn::GatherIndex(D32(), table, index)); }
};
struct log_softmax_dr_op {
  V32 m, log_sum, least, low, high;  // high: also the zero point
  int left;
  HWY_INLINE V32 operator()(V32 index) const {
    const V32 d = hn::Neg(index);
    const V32 h = hn::Max(hn::Sub(simd::doubling_high(hn::ShiftLeftSame(d, left), m), log_sum),
                          set32(INT32_MIN + 1));  // both ends round to the same
    const V32 v = shift_away(h, by<21>);
    return hn::IfThenElse(hn::Gt(d, least), hn::Min(hn::Max(hn::Add(v, high), low), high), low);
  }
  HWY_INLINE V32 entries(std::size_t i) const {
    return (*this)(hn::Iota(D32(), static_cast<std::int32_t>(i)));
  }
};
/// How a row of bytes is computed: DR; a table of floats by x - max, OPT and ORT, or by x,
/// EVEN_MUL.
enum class softmax_formula : std::uint8_t { fixed_point, tflite_table, onnxruntime_table, real };
/// Float tables.
struct softmax_table_op {
  const float* table;
  softmax_formula formula;
  bool up;  // OPT to uint8: half up; else halves away from zero
  VF factor, sum, lo,
      hi;  // EVEN_MUL: table / sum * factor; OPT: table * factor
  V32 z;
  HWY_INLINE V32 of(VF e) const {
    // Cut first: the bounds are whole numbers below 2^17; below zero lies only the bound itself.
    switch (formula) {
      case softmax_formula::real:
        return hn::Add(
            round_within(simd::rounded(hn::Mul(simd::rounded(simd::divide(e, sum)), factor)), lo,
                         hi),
            z);
      case softmax_formula::tflite_table: {
        const VF v = simd::rounded(hn::Mul(e, factor));
        return hn::Add(up ? round_up_within(v, lo, hi) : round_away_within(v, lo, hi), z);
      }
      case softmax_formula::onnxruntime_table:   // softmax_ort_op
      case softmax_formula::fixed_point: break;  // row_dr has no table of floats
    }
    return z;
  }
  HWY_INLINE V32 entries(std::size_t i) const { return of(simd::load(table + i)); }
  HWY_INLINE V32 operator()(V32 index) const { return of(hn::GatherIndex(DF(), table, index)); }
};
/// ORT: the nearest whole number to table * levels / sum, ties to even, decided exactly: a product
/// of two binary32 numbers has 48 bits, one of a number below 2^16 and a half and a binary32 number
/// 42.
struct softmax_ort_op {
  const float* table;
  simd::VF64 levels, sum, inverse, z, lo, hi;  // inverse: about 1 / sum
  HWY_INLINE auto half_of(simd::VF64 e) const {
    const auto a = hn::Mul(e, levels),
               whole = hn::Floor(hn::Min(hn::Mul(a, inverse), set64(65536.))),
               tie = hn::Mul(hn::Add(whole, set64(0.5)), sum), halved = hn::Mul(whole, set64(0.5));
    const auto odd = hn::Ne(hn::Floor(halved), halved);
    const auto up = hn::Or(hn::Gt(a, tie), hn::And(hn::Eq(a, tie), odd));
    const auto v = hn::Add(hn::Add(whole, hn::IfThenElseZero(up, set64(1.))), z);
    return hn::DemoteTo(hn::Half<D32>(), hn::Min(hn::Max(v, lo), hi));
  }
  HWY_INLINE V32 of(VF e) const {
    const hn::Half<DF> half;
    return hn::Combine(D32(), half_of(hn::PromoteTo(DF64(), hn::UpperHalf(half, e))),
                       half_of(hn::PromoteTo(DF64(), hn::LowerHalf(half, e))));
  }
  HWY_INLINE V32 entries(std::size_t i) const { return of(simd::load(table + i)); }
  HWY_INLINE V32 operator()(V32 index) const { return of(hn::GatherIndex(DF(), table, index)); }
};
/// OPT's log_softmax: linear in x. `index` is x's byte, `flip` 0x80 for int8.
struct log_softmax_opt_op {
  VF scale, shift, lo, hi;
  V32 z, flip;
  HWY_INLINE V32 operator()(V32 index) const {
    return hn::Add(
        round_within(simd::rounded(hn::Sub(
                         simd::rounded(hn::Mul(
                             scale, hn::ConvertTo(DF(), hn::Sub(hn::Xor(index, flip), flip)))),
                         shift)),
                     lo, hi),
        z);
  }
  HWY_INLINE V32 entries(std::size_t i) const {
    return (*this)(hn::Iota(D32(), static_cast<std::int32_t>(i)));
  }
};

/// (from + x) & 255 of bytes as int32, or (from - x) & 255.
struct softmax_index {
  V32 sign, base;
  HWY_INLINE softmax_index(bool negative, std::uint8_t from)
      : sign(set32(negative ? -1 : 0)), base(set32(from)) {}
  HWY_INLINE V32 operator()(V32 x) const {
    return hn::And(hn::Add(with_sign(x, sign), base), set32(255));
  }
};
/// y[i] = op((from + x[i]) & 255), or with from - x[i].
template <class Op>
HWY_NOINLINE void softmax_outputs(const Op& op, const std::uint8_t* x, bool negative,
                                  std::uint8_t from, dtype out, std::byte* y,
                                  std::size_t n) noexcept {
  if (n < 192) {
    const softmax_index index(negative, from);
    const std::size_t size = size_of(out);
    const auto* bytes = reinterpret_cast<const std::byte*>(x);
    std::size_t i = 0;
    for (; i + lanes32 <= n; i += lanes32)
      simd::store_from32(out, op(index(simd::load_as32(x + i))), y + i * size);
    if (i < n)
      simd::store_some_from32(out, op(index(simd::load_some_as32(dtype::u8, bytes + i, n - i))),
                              y + i * size, n - i);
    return;
  }
  alignas(alignment) std::byte table[512];
  const std::size_t size = size_of(out);
  for (std::size_t i = 0; i < 256; i += lanes32)
    simd::store_from32(out, op.entries(i), table + i * size);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(table);
  std::size_t i = 0;
  if (size == 1) {
    const VU8 base = simd::set_bytes(from);
    auto* to = reinterpret_cast<std::uint8_t*>(y);
    for (; i + lanes8 <= n; i += lanes8) {
      const VU8 v = simd::load(x + i);
      simd::store(simd::look_up(bytes, negative ? hn::Sub(base, v) : hn::Add(base, v)), to + i);
    }
  }
  for (; i < n; ++i)
    std::memcpy(
        y + i * size,
        table + as_size(static_cast<std::uint8_t>(negative ? from - x[i] : from + x[i])) * size,
        size);
}

/// The largest of n >= 1 elements, the first of which is `first`; make.whole(i) gives a vector of
/// them from i on, make.some(i, left) the last one. NaN stays where it is the first, elsewhere it
/// is passed over; which of two zeros is taken makes no difference to an exponential. Four vectors,
/// so that the latency of one comparison does not count.
template <class Make> HWY_INLINE float largest_made(float first, std::size_t n, const Make& make) {
  VF most[4];
  HWY_UNROLL(4)
  for (int k = 0; k < 4; ++k) most[k] = set_float(first);
  std::size_t i = 0;
  for (; i + 4 * lanes32 <= n; i += 4 * lanes32) {
    HWY_UNROLL(4)
    for (int k = 0; k < 4; ++k)
      most[k] = simd::greater(make.whole(i + as_size(k * lanes32)), most[k]);
  }
  for (; i + lanes32 <= n; i += lanes32) most[0] = simd::greater(make.whole(i), most[0]);
  if (i < n) {  // lanes behind the end do not count
    const VF rest = make.some(i, n - i);
    most[1] = simd::greater(hn::IfThenElse(hn::FirstN(DF(), n - i), rest, most[1]), most[1]);
  }
  if (numerics::is_nan(first)) return first;
  return hn::GetLane(
      hn::MaxOfLanes(DF(), hn::Max(hn::Max(most[0], most[1]), hn::Max(most[2], most[3]))));
}
struct stored_floats {
  const float* x;
  HWY_INLINE VF whole(std::size_t i) const { return simd::load(x + i); }
  HWY_INLINE VF some(std::size_t i, std::size_t left) const { return simd::load_some(x + i, left); }
};
/// Exponentials of a row less its largest element, to y, and their sum: ORT.
struct exponentials_mlas {
  VF top, beta;
  HWY_INLINE VF operator()(VF x) const {
    return exp_mlas<true>(simd::rounded(hn::Mul(simd::rounded(hn::Sub(x, top)), beta)));
  }
  static HWY_INLINE float row(const softmax_params& p, const float* x, float largest, float* y) {
    return sum_of_sixteens(x, y, p.depth, exponentials_mlas{set_float(largest), set_float(p.beta)});
  }
  static HWY_INLINE VF share(VF v, VF factor) { return hn::Mul(v, factor); }
};
/// XNN.
struct exponentials_xnnpack {
  VF top;
  HWY_INLINE VF operator()(VF x) const {
    return exp_of_softmax_xnn(simd::rounded(hn::Sub(x, top)));
  }
  static HWY_INLINE float row(const softmax_params& p, const float* x, float largest, float* y) {
    each_float(x, y, p.depth, exponentials_xnnpack{set_float(largest)});
    return sum_in_lanes_xnn(y, p.depth, 64);
  }
  static HWY_INLINE VF share(VF v, VF factor) { return flushed(simd::rounded(hn::Mul(v, factor))); }
};

/// Rows along an axis that is not the innermost: softmax_across-inl.hpp.
bool softmax_across_accepts(const softmax_params& p) noexcept;
void softmax_across(const softmax_params& p, const kernel_args& k) noexcept;

template <class V>
struct kernel<kernel_id::softmax, V> : plain_kernel<kernel<kernel_id::softmax, V>> {
  static constexpr std::size_t together = 4;  // rows whose sums run side by side
  static const softmax_params& params(const void* p) {
    return *static_cast<const softmax_params*>(p);
  }
  /// None: the reference.
  static std::optional<softmax_formula> formula_of(const softmax_params& p) noexcept {
    switch (p.mode) {
      case rounding::doubling_high_half_away:
        // Sums stay below 2^32.
        if (p.exp != nullptr && p.depth < 8192) return softmax_formula::fixed_point;
        break;
      case rounding::tflite_optimized:
        if (p.table != nullptr) return softmax_formula::tflite_table;
        break;
      case rounding::onnxruntime:
        if (p.table != nullptr && !p.log) return softmax_formula::onnxruntime_table;
        break;
      case rounding::reciprocal_half_even:
        if (!p.log) return softmax_formula::real;
        break;
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
      case rounding::mxnet: break;
    }
    return std::nullopt;
  }
  using float_rows = void (*)(const softmax_params&, const float*, float*) noexcept;
  /// Rows at x, of which the largest elements are known, to y: at most most_below of them.
  using float_rows_below = void (*)(const softmax_params&, const float*, const float*, float*,
                                    std::size_t) noexcept;
  static constexpr std::size_t most_below = 16;
  /// One row of float32, and `together` of them; null: one by one. below: null where there is none.
  struct float_formula {
    float_rows one, several;
    float_rows_below below;
  };
  static std::optional<float_formula> of_floats(const softmax_params& p) noexcept {
    switch (p.mode) {
      case rounding::none: return float_formula{&rows_floats<1>, &rows_floats<together>, nullptr};
      case rounding::aten: return float_formula{&row_vectorized, nullptr, nullptr};
      case rounding::onnxruntime:
        return float_formula{&rows_of<1, &rows_below<exponentials_mlas>>,
                             &rows_of<together, &rows_below<exponentials_mlas>>,
                             &rows_below<exponentials_mlas>};
      case rounding::xnnpack:
        return float_formula{&rows_of<1, &rows_below<exponentials_xnnpack>>,
                             &rows_of<together, &rows_below<exponentials_xnnpack>>,
                             &rows_below<exponentials_xnnpack>};
      case rounding::doubling_high_half_away:
      case rounding::doubling_high_half_up:
      case rounding::wide_half_up:
      case rounding::double_half_away:
      case rounding::float_half_even:
      case rounding::float_bias_half_even:
      case rounding::float_zero_point_half_even:
      case rounding::eight_bit_ratio_half_up:
      case rounding::divide_half_away:
      case rounding::divide_half_even:
      case rounding::reciprocal_half_even:
      case rounding::divide_truncate:
      case rounding::qnnpack:
      case rounding::fused_multiply_add:
      case rounding::tflite_optimized:
      case rounding::mxnet: break;
    }
    return std::nullopt;
  }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    if (p.inner != 1) return softmax_across_accepts(p);
    if (p.in_type == dtype::f32) return p.out_type == dtype::f32 && of_floats(p);
    if (p.in_type == dtype::s16)
      return p.out_type == dtype::s16 && p.mode == rounding::wide_half_up && !p.log;
    return is_8bit(p.in_type) && (is_8bit(p.out_type) || p.out_type == dtype::s16) && formula_of(p);
  }
  static HWY_NOINLINE void row_dr(const softmax_params& p, const std::uint8_t* x, std::uint8_t most,
                                  std::byte* y) noexcept {
    // 31 of the 32 bits of a sum: each exp, rounded to Q12.19, is at most 2^19.
    std::uint32_t each[4] = {};
    std::size_t i = 0;
    for (; i + 4 <= p.depth; i += 4)
      for (std::size_t k = 0; k < 4; ++k)
        each[k] += (static_cast<std::uint32_t>(p.exp[static_cast<std::uint8_t>(most - x[i + k])]) +
                    2048u) >>
                   12;
    for (; i < p.depth; ++i)
      each[0] +=
          (static_cast<std::uint32_t>(p.exp[static_cast<std::uint8_t>(most - x[i])]) + 2048u) >> 12;
    const std::uint32_t sum = each[0] + each[1] + each[2] + each[3];
    using q = numerics::fixed32;
    if (p.log) {
      const std::int32_t log_sum = numerics::fixed_log(static_cast<std::int32_t>(sum), 12, 5);
      const std::int32_t bound = numerics::doubling_high_half_away(q::add(log_sum, INT32_MIN),
                                                                   p.reverse),
                         least = p.diff_min - 1 > bound ? p.diff_min - 1 : bound;
      const log_softmax_dr_op op{set32(p.mult.m), set32(log_sum), set32(least),
                                 set32(p.lo),     set32(p.hi),    p.mult.shift};
      return softmax_outputs(op, x, true, most, p.out_type, y, p.depth);
    }
    const auto [room, inverse] = softmax_dr_factor_of(sum);
    const softmax_dr_op op{p.exp,
                           set32(inverse),
                           set32(p.lo),
                           set32(p.hi),
                           set32(static_cast<std::int32_t>(lowest_of(p.out_type))),
                           12 - room + 31 - 8 * static_cast<int>(size_of(p.out_type))};
    softmax_outputs(op, x, true, most, p.out_type, y, p.depth);
  }
  /// softmax_table_op's factor.
  static float factor_of(const softmax_params& p, softmax_formula formula, float sum) noexcept {
    switch (formula) {
      case softmax_formula::tflite_table:
        return numerics::div(1.f, numerics::mul(sum, p.out_scale));
      case softmax_formula::real: return p.inverse;
      case softmax_formula::onnxruntime_table:   // softmax_ort_op
      case softmax_formula::fixed_point: break;  // row_dr has no table of floats
    }
    return 0;
  }
  static HWY_NOINLINE void row_table(const softmax_params& p, softmax_formula formula,
                                     const float* table, const std::uint8_t* x, std::uint8_t from,
                                     std::int32_t most, float sum, std::byte* y) noexcept {
    if (formula == softmax_formula::onnxruntime_table) {
      const double all = static_cast<double>(sum);
      const softmax_ort_op op{table,
                              set64(static_cast<double>(numerics::floor(p.inverse))),
                              set64(all),
                              set64(numerics::div(1., all)),
                              set64(p.out_zero_point),
                              set64(p.lo),
                              set64(p.hi)};
      return softmax_outputs(op, x, false, from, p.out_type, y, p.depth);
    }
    const VF lo = set_float(static_cast<float>(p.lo - p.out_zero_point)),
             hi = set_float(static_cast<float>(p.hi - p.out_zero_point));
    const V32 z = set32(p.out_zero_point);
    if (p.log) {
      const float scale = numerics::div(p.in_scale, p.out_scale),
                  shift = numerics::div(
                      numerics::add(numerics::mul(p.in_scale, static_cast<float>(most)),
                                    numerics::log_f32(sum)),
                      p.out_scale);
      const log_softmax_opt_op op{
          set_float(scale), set_float(shift), lo, hi, z, set32(p.in_type == dtype::s8 ? 0x80 : 0)};
      return softmax_outputs(op, x, false, 0, p.out_type, y, p.depth);
    }
    const softmax_table_op op{table,
                              formula,
                              p.out_type == dtype::u8,
                              set_float(factor_of(p, formula, sum)),
                              set_float(sum),
                              lo,
                              hi,
                              z};
    softmax_outputs(op, x, false, from, p.out_type, y, p.depth);
  }

  /// EVEN_MUL's exponentials by byte, kept from row to row while the maximum is the same.
  struct exp_memo {
    float value[256];
    bool known[256];
    int of = -1;
    void start(std::int32_t maximum) {
      if (of == maximum) return;
      std::memset(known, 0, sizeof(known));
      std::memset(value, 0, sizeof(value));
      of = maximum;
    }
  };
  /// The sum of exp over a row, in its order.
  static HWY_NOINLINE float sum_even_mul(const softmax_params& p, const std::uint8_t* x, bool s8,
                                         std::int32_t maximum, exp_memo& memo) noexcept {
    memo.start(maximum);
    const auto scaled = numerics::mul(static_cast<float>(maximum - p.in_zero_point), p.in_scale);
    float sum = 0;
    for (std::size_t i = 0; i < p.depth; ++i) {
      const std::uint8_t b = x[i];
      if (!memo.known[b]) {
        const auto v = static_cast<float>(number(b, s8) - p.in_zero_point);
        const float below = numerics::sub(numerics::mul(v, p.in_scale), scaled);
        memo.value[b] = numerics::exp_f32(numerics::mul(below, p.beta));
        memo.known[b] = true;
      }
      sum = numerics::add(sum, memo.value[b]);
    }
    return sum;
  }
  /// OPT, ORT: sums of `Rows` rows side by side, each in its own order. from: of each row, where
  /// its maximum's entry is the table's last.
  template <std::size_t Rows>
  static HWY_INLINE void sum_tables(const softmax_params& p, const std::uint8_t* x,
                                    const std::uint8_t* from, float* sum) noexcept {
    for (std::size_t j = 0; j < Rows; ++j) sum[j] = 0;
    for (std::size_t i = 0; i < p.depth; ++i)
      for (std::size_t j = 0; j < Rows; ++j)
        sum[j] =
            numerics::add(sum[j], p.table[static_cast<std::uint8_t>(from[j] + x[j * p.depth + i])]);
  }
  static std::int32_t number(std::uint8_t b, bool s8) noexcept {
    return s8 ? static_cast<std::int8_t>(b) : b;
  }
  /// The largest element, as the type's byte.
  static std::uint8_t maximum(const std::uint8_t* x, std::size_t n, bool s8) noexcept {
    const std::uint8_t flip = s8 ? 0x80 : 0;
    return static_cast<std::uint8_t>(largest_byte(x, n, flip) ^ flip);
  }
  /// `Rows` rows of OPT or ORT.
  template <std::size_t Rows>
  static HWY_INLINE void rows_table(const softmax_params& p, softmax_formula formula,
                                    const std::uint8_t* x, bool s8, std::byte* y) noexcept {
    std::uint8_t most[Rows], from[Rows];
    float sum[Rows];
    for (std::size_t j = 0; j < Rows; ++j) {
      most[j] = maximum(x + j * p.depth, p.depth, s8);
      from[j] = static_cast<std::uint8_t>(255 - most[j]);
    }
    sum_tables<Rows>(p, x, from, sum);
    for (std::size_t j = 0; j < Rows; ++j)
      row_table(p, formula, p.table, x + j * p.depth, from[j], number(most[j], s8), sum[j],
                y + j * p.depth * size_of(p.out_type));
  }

  /// exp(x - most) of a row.
  static HWY_NOINLINE void exponentials(const softmax_params& p, const float* x, float most,
                                        float* y) noexcept {
    const VF m = set_float(most), beta = set_float(p.beta);
    for (std::size_t i = 0; i < p.depth; i += lanes32) {
      const std::size_t left = p.depth - i;
      const VF v = left >= lanes32 ? simd::load(x + i) : simd::load_some(x + i, left);
      const VF e = apply<exp_function>(simd::rounded(hn::Mul(simd::rounded(hn::Sub(v, m)), beta)));
      if (left >= lanes32)
        simd::store(e, y + i);
      else
        simd::store_some(e, y + i, left);
    }
  }
  /// A row of the exponentials in y; `divisor`: their sum, or its logarithm, which is taken off.
  static HWY_NOINLINE void shares(const softmax_params& p, const float* x, float most,
                                  float divisor, float* y) noexcept {
    const VF m = set_float(most), by = set_float(divisor);
    for (std::size_t i = 0; i < p.depth; i += lanes32) {
      const std::size_t left = p.depth - i;
      const bool whole = left >= lanes32;
      const float* from = p.log ? x + i : y + i;
      const VF v = whole ? simd::load(from) : simd::load_some(from, left);
      const VF r = p.log ? hn::Sub(simd::rounded(hn::Sub(v, m)), by) : simd::divide(v, by);
      if (whole)
        simd::store(r, y + i);
      else
        simd::store_some(r, y + i, left);
    }
  }
  /// float32, `Rows` rows: exp(x - max), summed in order.
  template <std::size_t Rows>
  static HWY_NOINLINE void rows_floats(const softmax_params& p, const float* x, float* y) noexcept {
    float most[Rows], sum[Rows];
    for (std::size_t j = 0; j < Rows; ++j) {
      most[j] = range_of(x + j * p.depth, p.depth, x[j * p.depth]).most;
      exponentials(p, x + j * p.depth, most[j], y + j * p.depth);
    }
    float_row_totals<Rows>(false, y, p.depth, sum);
    for (std::size_t j = 0; j < Rows; ++j)
      shares(p, x + j * p.depth, most[j], p.log ? numerics::log_f32(sum[j]) : sum[j],
             y + j * p.depth);
  }
  /// int16, I64: exponentials from a table, kept in the output until their sum is known.
  static HWY_NOINLINE void row_words(const softmax_params& p, const std::int16_t* x,
                                     std::int16_t* y) noexcept {
    const std::int32_t most = extreme_of(true, x, p.depth);
    const uniform_shift scale(p.mult, true);
    const lookup_lanes exponentials{p.exp_table};
    const V32 m = set32(most), top = set32(32767), bottom = set32(-32768);
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < p.depth; i += lanes32) {
      const std::size_t left = p.depth - i;
      const auto* from = reinterpret_cast<const std::byte*>(x + i);
      const V32 q =
          left >= lanes32 ? simd::load_as32(x + i) : simd::load_some_as32(dtype::s16, from, left);
      const V32 d = hn::Add(scale(hn::Sub(q, m)), top);
      const V32 e = exponentials(hn::Min(hn::Max(d, bottom), top));
      if (left >= lanes32) {
        simd::store_from32(e, y + i);
        sum += static_cast<std::uint32_t>(simd::sum_of_lanes(e));
      } else {
        simd::store_some_from32(dtype::s16, e, reinterpret_cast<std::byte*>(y + i), left);
        sum += static_cast<std::uint32_t>(
            simd::sum_of_lanes(hn::IfThenElseZero(hn::FirstN(D32(), left), e)));
      }
    }
    const softmax_s16_factor f = softmax_factor_of(p, sum);
    const V32 inverse = set32(f.inverse), half = set32(1 << (30 - f.room));
    for (std::size_t i = 0; i < p.depth; i += lanes32) {
      const std::size_t left = p.depth - i;
      auto* to = reinterpret_cast<std::byte*>(y + i);
      const V32 e =
          left >= lanes32 ? simd::load_as32(y + i) : simd::load_some_as32(dtype::s16, to, left);
      // Both factors are below 2^15.
      const V32 v = shift_right(hn::Add(hn::Mul(e, inverse), half), 31 - f.room);
      const V32 cut = hn::Min(hn::Max(v, zero32()), top);
      if (left >= lanes32)
        simd::store_from32(cut, y + i);
      else
        simd::store_some_from32(dtype::s16, cut, to, left);
    }
  }
  /// Eight sums side by side, as the reference's.
  static HWY_INLINE float sum_of_eights(const float* e, std::size_t n) noexcept {
    float sums[8];
    simd::sum_side_by_side(e, n, sums);
    return numerics::sum_of_halves(sums);
  }
  static HWY_NOINLINE float largest_of(const float* x, std::size_t n) noexcept {
    return largest_made(x[0], n, stored_floats{x});
  }
  /// ATEN along the innermost axis: the exponentials stand in y until their sum is known.
  static HWY_NOINLINE void row_vectorized(const softmax_params& p, const float* x,
                                          float* y) noexcept {
    const std::size_t n = p.depth;
    const float largest = largest_of(x, n);
    const VF top = set_float(largest), beta = set_float(p.beta);
    each_float(x, y, n, [=](VF v) HWY_ATTR {
      return exp_vectorized(simd::rounded(hn::Mul(simd::rounded(hn::Sub(v, top)), beta)));
    });
    float sum = 0;
    if (n >= 8)
      sum = sum_of_eights(y, n);
    else
      for (std::size_t k = 0; k < n; ++k) sum = numerics::add(sum, y[k]);
    if (p.log) return shares(p, x, largest, numerics::log_f32(sum), y);
    const VF factor = set_float(numerics::div(1.f, sum));
    each_float(y, y, n, [=](VF v) HWY_ATTR { return hn::Mul(v, factor); });
  }
  /// The exponentials stand in y until their sum is known: of all rows first, since a row's sum
  /// takes long to be added up.
  template <class Exponentials>
  static HWY_NOINLINE void rows_below(const softmax_params& p, const float* x, const float* largest,
                                      float* y, std::size_t rows) noexcept {
    const std::size_t n = p.depth;
    float sum[most_below];
    for (std::size_t r = 0; r < rows; ++r)
      sum[r] = Exponentials::row(p, x + r * n, largest[r], y + r * n);
    for (std::size_t r = 0; r < rows; ++r) {
      if (p.log) {
        shares(p, x + r * n, largest[r], numerics::log_c_library(sum[r]), y + r * n);
        continue;
      }
      const VF factor = set_float(numerics::div(1.f, sum[r]));
      each_float(y + r * n, y + r * n, n,
                 [=](VF v) HWY_ATTR { return Exponentials::share(v, factor); });
    }
  }
  template <std::size_t Rows, float_rows_below Below>
  static void rows_of(const softmax_params& p, const float* x, float* y) noexcept {
    float largest[Rows];
    for (std::size_t r = 0; r < Rows; ++r) largest[r] = largest_of(x + r * p.depth, p.depth);
    Below(p, x, largest, y, Rows);
  }

  static void all_floats(const softmax_params& p, const float* x, float* y, part_range r) noexcept {
    const float_formula f = *of_floats(p);
    for (std::size_t i = r.begin; i < r.end;) {
      const bool several = f.several != nullptr && r.end - i >= together;
      (several ? f.several : f.one)(p, x + i * p.depth, y + i * p.depth);
      i += several ? together : 1;
    }
  }
  static void all_bytes(const softmax_params& p, const std::uint8_t* x, std::byte* y,
                        part_range r) noexcept {
    const softmax_formula formula = *formula_of(p);
    const std::size_t out_row = p.depth * size_of(p.out_type);
    const bool s8 = p.in_type == dtype::s8;
    x += r.begin * p.depth;
    y += r.begin * out_row;
    exp_memo memo;
    for (std::size_t left = r.end - r.begin; left != 0;) {
      std::size_t rows = 1;
      switch (formula) {
        case softmax_formula::fixed_point: row_dr(p, x, maximum(x, p.depth, s8), y); break;
        case softmax_formula::real: {
          const std::int32_t most = number(maximum(x, p.depth, s8), s8);
          const float sum = sum_even_mul(p, x, s8, most, memo);
          row_table(p, formula, memo.value, x, 0, most, sum, y);
          break;
        }
        case softmax_formula::tflite_table:
        case softmax_formula::onnxruntime_table:
          if (left >= together) {
            rows_table<together>(p, formula, x, s8, y);
            rows = together;
          } else {
            rows_table<1>(p, formula, x, s8, y);
          }
          break;
      }
      x += rows * p.depth;
      y += rows * out_row;
      left -= rows;
    }
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    if (p.depth == 0) return;
    if (p.inner != 1) return softmax_across(p, k);
    const auto r = part_of(p.outer, k.part, k.parts);
    if (p.in_type == dtype::s16) {
      for (std::size_t i = r.begin; i < r.end; ++i)
        row_words(p, static_cast<const std::int16_t*>(k.in[0]) + i * p.depth,
                  static_cast<std::int16_t*>(k.out[0]) + i * p.depth);
      return;
    }
    if (p.in_type == dtype::f32)
      all_floats(p, static_cast<const float*>(k.in[0]), static_cast<float*>(k.out[0]), r);
    else
      all_bytes(p, static_cast<const std::uint8_t*>(k.in[0]), static_cast<std::byte*>(k.out[0]), r);
  }
  static const char* describe(const void*) { return "softmax"; }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
