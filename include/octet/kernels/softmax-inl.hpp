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
  const auto f = hn::Set(DU8(), flip);
  std::uint8_t most = 0;
  std::size_t i = 0;
  if (n >= HWY_MAX_BYTES) {
    auto m = hn::Xor(hn::LoadU(DU8(), x), f);
    for (i = HWY_MAX_BYTES; i + HWY_MAX_BYTES <= n; i += HWY_MAX_BYTES)
      m = hn::Max(m, hn::Xor(hn::LoadU(DU8(), x + i), f));
    alignas(64) std::uint8_t each[HWY_MAX_BYTES];
    hn::Store(m, DU8(), each);
    for (const std::uint8_t v : each) most = v > most ? v : most;
  }
  for (; i < n; ++i) {
    const auto v = static_cast<std::uint8_t>(x[i] ^ flip);
    most = v > most ? v : most;
  }
  return most;
}

// What one row makes of a byte. `index`: difference from the maximum (DR), or the place in the
// table. entries(i): of L neighbours from i on.
struct softmax_dr_op {
  const std::int32_t* table;  // exp by difference
  V32 inverse, low, high, offset;
  int shift;  // 1 or more
  HWY_INLINE V32 of(V32 e) const {
    // Not negative, so that ties go up; beyond 31 nothing is left of 31 bits.
    const V32 v = shift > 31
                      ? zero32()
                      : hn::ShiftRight<1>(hn::Add(
                            hn::ShiftRightSame(doubling_high(inverse, e), shift - 1), set32(1)));
    return hn::Min(hn::Max(hn::Add(v, offset), low), high);
  }
  HWY_INLINE V32 entries(std::size_t i) const { return of(hn::LoadU(D32(), table + i)); }
  HWY_INLINE V32 operator()(V32 index) const { return of(hn::GatherIndex(D32(), table, index)); }
};
struct log_softmax_dr_op {
  V32 m, log_sum, least, low, high;  // high: also the zero point
  int left;
  HWY_INLINE V32 operator()(V32 index) const {
    const V32 d = hn::Neg(index);
    const V32 h = hn::Max(hn::Sub(doubling_high(hn::ShiftLeftSame(d, left), m), log_sum),
                          set32(INT32_MIN + 1));  // both ends round to the same
    const V32 v = hn::ShiftRight<1>(hn::Add(hn::ShiftRight<21>(hn::Add(h, sign_of(h))), set32(1)));
    return hn::IfThenElse(hn::Gt(d, least), hn::Min(hn::Max(hn::Add(v, high), low), high), low);
  }
  HWY_INLINE V32 entries(std::size_t i) const {
    return (*this)(hn::Iota(D32(), static_cast<std::int32_t>(i)));
  }
};
/// Float tables: of OPT by x - max, of EVEN_MUL by x.
struct softmax_table_op {
  const float* table;
  rounding mode;
  bool up;  // OPT to uint8: half up; else halves away from zero
  VF factor, sum, lo,
      hi;  // EVEN_MUL: table / sum * factor; OPT: table * factor
  V32 z;
  HWY_INLINE V32 of(VF e) const {
    if (mode == rounding::EVEN_MUL)
      return hn::Add(round_within(rounded(hn::Mul(rounded(divide(e, sum)), factor)), lo, hi), z);
    // Cut first: the bounds are whole numbers below 2^17; below zero lies only the bound itself.
    const VF v = rounded(hn::Mul(e, factor)), c = hn::Min(hn::IfThenElse(hn::Gt(v, lo), v, lo), hi);
    if (up) return hn::Add(round_even(hn::Floor(rounded(hn::Add(c, hn::Set(DF(), 0.5f))))), z);
    const VF t = hn::Trunc(c), rest = hn::Sub(hn::Abs(c), hn::Abs(t));
    return hn::Add(round_even(hn::IfThenElse(hn::Ge(rest, hn::Set(DF(), 0.5f)),
                                             hn::Add(t, hn::CopySign(hn::Set(DF(), 1.f), c)), t)),
                   z);
  }
  HWY_INLINE V32 entries(std::size_t i) const { return of(hn::LoadU(DF(), table + i)); }
  HWY_INLINE V32 operator()(V32 index) const { return of(hn::GatherIndex(DF(), table, index)); }
};
/// OPT's log_softmax: linear in x. `index` is x's byte, `flip` 0x80 for int8.
struct log_softmax_opt_op {
  VF scale, shift, lo, hi;
  V32 z, flip;
  HWY_INLINE V32 operator()(V32 index) const {
    return hn::Add(
        round_within(
            rounded(hn::Sub(
                rounded(hn::Mul(scale, hn::ConvertTo(DF(), hn::Sub(hn::Xor(index, flip), flip)))),
                shift)),
            lo, hi),
        z);
  }
  HWY_INLINE V32 entries(std::size_t i) const {
    return (*this)(hn::Iota(D32(), static_cast<std::int32_t>(i)));
  }
};

/// y[i] = op((sign * x[i] + from) & 255), sign 1 or -1.
template <class Op>
HWY_NOINLINE void softmax_outputs(const Op& op, const std::uint8_t* x, bool negative,
                                  std::uint8_t from, dtype out, std::byte* y,
                                  std::size_t n) noexcept {
  if (n < 192) {
    const V32 sign = set32(negative ? -1 : 0), base = set32(from), mask = set32(255);
    const std::size_t size = size_of(out);
    std::size_t i = 0;
    for (; i + L <= n; i += L)
      store_from32(
          out,
          op(hn::And(hn::Add(hn::Sub(hn::Xor(load_as32(dtype::u8,
                                                       reinterpret_cast<const std::byte*>(x + i)),
                                             sign),
                                     sign),
                             base),
                     mask)),
          y + i * size);
    if (i < n)
      store_some_from32(
          out,
          op(hn::And(hn::Add(hn::Sub(hn::Xor(load_some_as32(
                                                 dtype::u8,
                                                 reinterpret_cast<const std::byte*>(x + i), n - i),
                                             sign),
                                     sign),
                             base),
                     mask)),
          y + i * size, n - i);
    return;
  }
  alignas(64) std::byte table[512];
  const std::size_t size = size_of(out);
  for (std::size_t i = 0; i < 256; i += L) store_from32(out, op.entries(i), table + i * size);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(table);
  std::size_t i = 0;
  if (size == 1) {
    const auto base = hn::Set(DU8(), from);
    auto* to = reinterpret_cast<std::uint8_t*>(y);
    for (; i + HWY_MAX_BYTES <= n; i += HWY_MAX_BYTES) {
      const auto v = hn::LoadU(DU8(), x + i);
      hn::StoreU(look_up(bytes, negative ? hn::Sub(base, v) : hn::Add(base, v)), DU8(), to + i);
    }
  }
  for (; i < n; ++i)
    std::memcpy(y + i * size,
                table + static_cast<std::size_t>(
                            static_cast<std::uint8_t>(negative ? from - x[i] : from + x[i])) *
                            size,
                size);
}

template <class V> struct kernel<kernel_id::softmax, V> {
  static constexpr std::size_t together = 4;  // rows whose sums run side by side
  static const softmax_params& params(const void* p) {
    return *static_cast<const softmax_params*>(p);
  }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    if (!is_8bit(p.in_type) || !(is_8bit(p.out_type) || p.out_type == dtype::s16) || p.inner != 1)
      return false;
    switch (p.mode) {
      case rounding::DR: return p.exp != nullptr && p.depth < 8192;  // sums stay below 2^32
      case rounding::OPT: return p.table != nullptr;
      case rounding::EVEN_MUL: return !p.log;
      default: return false;
    }
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
      const std::int32_t bound = numerics::dr(q::add(log_sum, INT32_MIN), p.reverse),
                         least = p.diff_min - 1 > bound ? p.diff_min - 1 : bound;
      const log_softmax_dr_op op{set32(p.mult.m), set32(log_sum), set32(least),
                                 set32(p.lo),     set32(p.hi),    p.mult.shift};
      return softmax_outputs(op, x, true, most, p.out_type, y, p.depth);
    }
    const int room = std::countl_zero(sum);
    const std::int32_t inverse = q::reciprocal_of_one_plus(
        static_cast<std::int32_t>((sum << room) - (std::uint32_t{1} << 31)));
    const softmax_dr_op op{p.exp,
                           set32(inverse),
                           set32(p.lo),
                           set32(p.hi),
                           set32(static_cast<std::int32_t>(lowest_of(p.out_type))),
                           12 - room + 31 - 8 * static_cast<int>(size_of(p.out_type))};
    softmax_outputs(op, x, true, most, p.out_type, y, p.depth);
  }
  static HWY_NOINLINE void row_table(const softmax_params& p, const float* table,
                                     const std::uint8_t* x, std::uint8_t from, std::int32_t most,
                                     float sum, std::byte* y) noexcept {
    const VF lo = hn::Set(DF(), static_cast<float>(p.lo - p.out_zero_point)),
             hi = hn::Set(DF(), static_cast<float>(p.hi - p.out_zero_point));
    const V32 z = set32(p.out_zero_point);
    if (p.log) {
      const float scale = numerics::div(p.in_scale, p.out_scale),
                  shift = numerics::div(
                      numerics::add(numerics::mul(p.in_scale, static_cast<float>(most)),
                                    numerics::log_f32(sum)),
                      p.out_scale);
      const log_softmax_opt_op op{hn::Set(DF(), scale),
                                  hn::Set(DF(), shift),
                                  lo,
                                  hi,
                                  z,
                                  set32(p.in_type == dtype::s8 ? 0x80 : 0)};
      return softmax_outputs(op, x, false, 0, p.out_type, y, p.depth);
    }
    const float factor =
        p.mode == rounding::OPT ? numerics::div(1.f, numerics::mul(sum, p.out_scale)) : p.inverse;
    const softmax_table_op op{
        table, p.mode, p.out_type == dtype::u8, hn::Set(DF(), factor), hn::Set(DF(), sum), lo,
        hi,    z};
    softmax_outputs(op, x, false, from, p.out_type, y, p.depth);
  }

  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.outer, k.part, k.parts);
    const std::size_t n = p.depth, out_size = size_of(p.out_type);
    if (n == 0) return;
    const auto* x = static_cast<const std::uint8_t*>(k.in[0]);
    auto* y = static_cast<std::byte*>(k.out[0]);
    const std::uint8_t flip = p.in_type == dtype::s8 ? 0x80 : 0;
    float memo[256];  // EVEN_MUL: exp by byte, for the rows of one maximum
    bool known[256] = {};
    int memo_of = -1;
    for (std::size_t row = r.begin; row < r.end;) {
      const std::size_t rows = p.mode != rounding::DR && r.end - row >= together ? together : 1;
      std::uint8_t most[together];  // as the type's bytes
      for (std::size_t j = 0; j < rows; ++j)
        most[j] = static_cast<std::uint8_t>(largest_byte(x + (row + j) * n, n, flip) ^ flip);
      if (p.mode == rounding::DR) {
        row_dr(p, x + row * n, most[0], y + row * n * out_size);
        ++row;
        continue;
      }
      std::int32_t number[together];
      for (std::size_t j = 0; j < rows; ++j)
        number[j] = flip != 0 ? static_cast<std::int8_t>(most[j]) : most[j];
      if (p.mode == rounding::EVEN_MUL) {
        for (std::size_t j = 0; j < rows; ++j) {
          const std::uint8_t* at = x + (row + j) * n;
          if (memo_of != number[j]) {
            std::memset(known, 0, sizeof(known));
            std::memset(memo, 0, sizeof(memo));
            memo_of = number[j];
          }
          const float top =
              numerics::mul(static_cast<float>(number[j] - p.in_zero_point), p.in_scale);
          float sum = 0;
          for (std::size_t i = 0; i < n; ++i) {
            const std::uint8_t b = at[i];
            if (!known[b]) {
              const std::int32_t v = flip != 0 ? static_cast<std::int8_t>(b) : b;
              memo[b] = numerics::exp_f32(numerics::mul(
                  numerics::sub(numerics::mul(static_cast<float>(v - p.in_zero_point), p.in_scale),
                                top),
                  p.beta));
              known[b] = true;
            }
            sum = numerics::add(sum, memo[b]);
          }
          row_table(p, memo, at, 0, number[j], sum, y + (row + j) * n * out_size);
        }
        row += rows;
        continue;
      }
      // OPT: the maximum's entry is the last.
      float sum[together] = {};
      const std::uint8_t* at = x + row * n;
      std::uint8_t from[together];
      for (std::size_t j = 0; j < rows; ++j) from[j] = static_cast<std::uint8_t>(255 - most[j]);
      if (rows == together)
        for (std::size_t i = 0; i < n; ++i)
          for (std::size_t j = 0; j < together; ++j)
            sum[j] =
                numerics::add(sum[j], p.table[static_cast<std::uint8_t>(from[j] + at[j * n + i])]);
      else
        for (std::size_t i = 0; i < n; ++i)
          sum[0] = numerics::add(sum[0], p.table[static_cast<std::uint8_t>(from[0] + at[i])]);
      for (std::size_t j = 0; j < rows; ++j)
        row_table(p, p.table, at + j * n, from[j], number[j], sum[j], y + (row + j) * n * out_size);
      row += rows;
    }
  }
  static const char* describe(const void*) { return "softmax"; }
  static constexpr kernel_entry value{&run, nullptr, nullptr, nullptr, &accepts, &describe, true};
  static constexpr const kernel_entry* entry = &value;
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
