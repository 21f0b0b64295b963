// qnn.dynamic_quantize, qnn.dynamic_quantize_linear and qnn.dynamic_dequantize: floats to codes
// with scales found when it runs, sums back to floats; qnn.requantize_add. Part of a pass: see
// pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

using numerics::float_range;
/// The same lane by lane.
struct lane_ranges {
  VF least, most;
  HWY_INLINE explicit lane_ranges(VF of) : least(of), most(of) {}
  HWY_INLINE void add(VF x) {
    least = simd::lesser(x, least);
    most = simd::greater(x, most);
  }
  HWY_INLINE void add(const lane_ranges& o) {
    least = simd::lesser(o.least, least);
    most = simd::greater(o.most, most);
  }
};
/// As the references walk them from `first` on: a NaN counts where it is the first, and there
/// alone. No lane has a NaN unless all of them began with it. Which of two zeros is taken makes no
/// difference to a scale.
HWY_INLINE lane_ranges ranges_of(const float* x, std::size_t n, float first) noexcept {
  lane_ranges r(set_float(first));
  std::size_t i = 0;
  constexpr std::size_t four = std::size_t{4} * lanes32;
  if (n >= 2 * four) {
    lane_ranges b = r, c = r, d = r;
    for (; i + four <= n; i += four) {
      r.add(simd::load(x + i));
      b.add(simd::load(x + i + lanes32));
      c.add(simd::load(x + i + 2 * lanes32));
      d.add(simd::load(x + i + 3 * lanes32));
    }
    c.add(d), r.add(b), r.add(c);
  }
  for (; i + lanes32 <= n; i += lanes32) r.add(simd::load(x + i));
  // The last ones with some that were there already.
  if (i < n && n >= lanes32)
    r.add(simd::load(x + n - lanes32));
  else if (i < n)
    r.add(hn::IfThenElse(hn::FirstN(DF(), n), simd::load_some(x, n), set_float(first)));
  return r;
}
inline HWY_NOINLINE float_range range_of(const float* x, std::size_t n, float first) noexcept {
  const lane_ranges r = ranges_of(x, n, first);
  if (numerics::is_nan(first)) return {first, first};
  return {hn::GetLane(hn::MinOfLanes(DF(), r.least)), hn::GetLane(hn::MaxOfLanes(DF(), r.most))};
}
/// `before` of the kernels that choose scales: ranges of this part's share of each of `rows` rows,
/// from `first(row)` on, to its scratch.
template <class First>
HWY_INLINE void find_shared_ranges(const kernel_args& a, std::size_t rows, std::size_t length,
                                   const First& first) noexcept {
  const part_range share = part_of(length, a.part, a.parts);
  auto* const to = static_cast<float_range*>(a.scratch);
  for (std::size_t row = 0; row < rows; ++row)
    to[row] = range_of(static_cast<const float*>(a.in[0]) + row * length + share.begin,
                       share.end - share.begin, first(row));
}
/// What all parts found for a row.
HWY_INLINE float_range shared_range(const kernel_args& a, std::size_t row) noexcept {
  const auto* of = static_cast<const std::byte*>(a.scratch) - a.part * a.scratch_step;
  float_range all = reinterpret_cast<const float_range*>(of)[row];
  for (std::uint32_t part = 1; part < a.parts; ++part) {
    const float_range& r = reinterpret_cast<const float_range*>(of += a.scratch_step)[row];
    all = {r.least < all.least ? r.least : all.least, r.most > all.most ? r.most : all.most};
  }
  return all;
}
/// Of each of four rows' lanes what `choose` takes; all of them are NaN or none.
template <class Choose>
HWY_INLINE void choose_of_four(const Choose& choose, VF a, VF b, VF c, VF d, float* to) noexcept {
  const simd::tag<std::uint64_t> u64;
  const VF ab = choose(DF(), hn::InterleaveLower(DF(), a, b), hn::InterleaveUpper(DF(), a, b)),
           cd = choose(DF(), hn::InterleaveLower(DF(), c, d), hn::InterleaveUpper(DF(), c, d));
  const auto low = hn::BitCast(u64, ab), high = hn::BitCast(u64, cd);
  // Each 128 bits: what their own lanes of the four rows have.
  alignas(alignment) float each[lanes32];
  hn::Store(choose(DF(), hn::BitCast(DF(), hn::InterleaveLower(u64, low, high)),
                   hn::BitCast(DF(), hn::InterleaveUpper(u64, low, high))),
            DF(), each);
  const hn::CappedTag<float, 4> four;
  auto of = hn::Load(four, each);
  for (int i = 4; i < lanes32; i += 4) of = choose(four, of, hn::Load(four, each + i));
  hn::StoreU(of, four, to);
}
struct choose_least {
  template <class D> HWY_INLINE hn::Vec<D> operator()(D, hn::Vec<D> a, hn::Vec<D> b) const {
    return hn::Min(a, b);
  }
};
struct choose_most {
  template <class D> HWY_INLINE hn::Vec<D> operator()(D, hn::Vec<D> a, hn::Vec<D> b) const {
    return hn::Max(a, b);
  }
};
/// Ranges of some rows of n floats, at most a vector's lanes, four at a time. `first`: what each is
/// walked from, so far apart.
inline HWY_NOINLINE void ranges_of_rows(const float* x, std::size_t n, std::size_t rows,
                                        const float* first, std::size_t apart, float* least,
                                        float* most) noexcept {
  std::size_t i = 0;
  for (; i + 4 <= rows && n != 0; i += 4) {
    const float *const at = x + i * n, *const from = first + i * apart;
    const lane_ranges a = ranges_of(at, n, from[0]), b = ranges_of(at + n, n, from[apart]),
                      c = ranges_of(at + 2 * n, n, from[2 * apart]),
                      d = ranges_of(at + 3 * n, n, from[3 * apart]);
    choose_of_four(choose_least(), a.least, b.least, c.least, d.least, least + i);
    choose_of_four(choose_most(), a.most, b.most, c.most, d.most, most + i);
  }
  for (; i < rows; ++i) {
    const float_range r = range_of(x + i * n, n, apart != 0 ? first[i * apart] : 0);
    least[i] = r.least, most[i] = r.most;
  }
}

/// Four vectors of codes at a time, as many as there are: packed together they take a third less of
/// the shuffles than one by one. `zero` is added to all. Returns how many codes.
template <class T, class Code>
HWY_INLINE std::size_t quantize_by_four(const Code& code, const float* x, T* y, std::size_t n,
                                        std::int32_t zero = 0) noexcept {
  const V16 shift =
      hn::Set(D16(), static_cast<std::int16_t>(zero - (std::is_signed_v<T> ? 0 : 128)));
  const V8 flip = hn::Set(D8(), static_cast<std::int8_t>(std::is_signed_v<T> ? 0 : -128));
  std::size_t i = 0;
  for (; i + lanes8 <= n; i += lanes8) {
    V32 q[4];
    HWY_UNROLL(4)
    for (int k = 0; k < 4; ++k) q[k] = code(simd::load(x + i + k * lanes32));
    hn::StoreU(hn::Xor(simd::narrow_ordered(q, shift), flip), D8(),
               reinterpret_cast<std::int8_t*>(y + i));
  }
  return i;
}
/// x * inverse, rounded, cut to [lo, hi], plus `zero`.
template <bool Away, class T>
HWY_INLINE void quantize_values(const float* x, T* y, std::size_t n, float inverse, std::int32_t lo,
                                std::int32_t hi, std::int32_t zero) noexcept {
  const V32 z = set32(zero);
  const VF by = set_float(inverse), low = set_float(static_cast<float>(lo)),
           high = set_float(static_cast<float>(hi));
  const auto code = [&](VF value) HWY_ATTR {
    const VF v = simd::rounded(hn::Mul(value, by));
    return hn::Add(Away ? round_away_within(v, low, high) : round_within(v, low, high), z);
  };
  std::size_t i = 0;
  if constexpr (sizeof(T) == 1) i = quantize_by_four<T>(code, x, y, n);
  for (; i + lanes32 <= n; i += lanes32) simd::store_from32(code(simd::load(x + i)), y + i);
  if (i < n)
    simd::store_some_from32(dtype_of<T>, code(simd::load_some(x + i, n - i)),
                            reinterpret_cast<std::byte*>(y + i), n - i);
}
template <bool Away, class T>
HWY_NOINLINE void quantize_row(const float* x, T* y, std::size_t n, float inverse, std::int32_t lo,
                               std::int32_t hi) noexcept {
  quantize_values<Away>(x, y, n, inverse, lo, hi, 0);
}
/// Rows that lie `length` values apart and `to_length` codes, n of each, with their scales.
struct rows_to_quantize {
  const float* x;
  std::size_t rows, length, to_length, n;
  const numerics::row_scale* scales;
  bool zero_points;  // codes that have them still
  bool biased;       // codes from 0 on
};
template <bool Away, class T>
HWY_NOINLINE void quantize_rows(const rows_to_quantize& r, bool symmetric, T* y) noexcept {
  const float* x = r.x;
  for (std::size_t i = 0; i < r.rows; ++i, x += r.length, y += r.to_length) {
    const numerics::row_scale& s = r.scales[i];
    const std::int32_t z = s.zero_point, low = symmetric ? -127 : r.biased ? 0 : -128;
    if (s.zero)
      std::memset(y, 0, r.n * sizeof(T));  // the zero point is 0 as well
    else
      quantize_values<Away>(x, y, r.n, s.inverse, low - z, (r.biased ? 255 : 127) - z,
                            r.zero_points ? z : 0);
  }
}

template <class V> struct kernel<kernel_id::dynamic_quantize, V> {
  template <class T>
  static void store_codes(const dynamic_quantize_params& p, const rows_to_quantize& r,
                          T* to) noexcept {
    switch (p.formula) {
      case row_formula::symmetric: return quantize_rows<true>(r, true, to);
      case row_formula::asymmetric: return quantize_rows<true>(r, false, to);
      case row_formula::xnnpack:
      case row_formula::aten: return quantize_rows<false>(r, false, to);
    }
  }
  /// numerics::asymmetric_scale_xnn of as many rows as there are lanes.
  static HWY_NOINLINE void scales_xnn(const float* least, const float* most,
                                      numerics::row_scale* to) noexcept {
    const VF zero = hn::Zero(DF()), one = set_float(1.f),
             lo = simd::lesser(simd::load(least), zero), hi = simd::greater(simd::load(most), zero);
    const VF up = hn::IfThenElse(hn::Eq(lo, hi), one,
                                 simd::divide(set_float(255.f), simd::rounded(hn::Sub(hi, lo))));
    const VF below = simd::rounded(hn::Mul(lo, up)), above = simd::rounded(hn::Mul(hi, up)),
             bottom = set_float(-128.f), top = set_float(127.f);
    const VF error = simd::rounded(
        hn::Add(simd::rounded(hn::Add(bottom, below)), simd::rounded(hn::Add(top, above))));
    const VF point = hn::IfThenElse(hn::Gt(error, zero), simd::rounded(hn::Sub(bottom, below)),
                                    simd::rounded(hn::Sub(top, above)));
    alignas(alignment) float scale[lanes32], inverse[lanes32];
    alignas(alignment) std::int32_t z[lanes32];
    hn::Store(simd::divide(one, up), DF(), scale);
    hn::Store(up, DF(), inverse);
    hn::Store(round_within(point, bottom, top), D32(), z);
    for (int i = 0; i < lanes32; ++i) to[i] = {scale[i], inverse[i], z[i], false};
  }
  static void store_scales(const dynamic_quantize_params& p, const kernel_args& a,
                           const numerics::row_scale* scales, std::size_t row,
                           std::size_t rows) noexcept {
    auto* const to = static_cast<float*>(a.out[1]) + row;
    for (std::size_t i = 0; i < rows; ++i) to[i] = scales[i].scale;
    if (!p.zero_points) return;
    auto* const zeros = static_cast<std::int32_t*>(a.out[2]) + row;
    for (std::size_t i = 0; i < rows; ++i) zeros[i] = scales[i].zero_point;
  }
  static HWY_INLINE void store_rows(const dynamic_quantize_params& p, const rows_to_quantize& call,
                                    const kernel_args& a, std::size_t at) noexcept {
    if (p.codes == dtype::s16)
      store_codes(p, call, static_cast<std::int16_t*>(a.out[0]) + at);
    else if (p.codes == dtype::s8)
      store_codes(p, call, static_cast<std::int8_t*>(a.out[0]) + at);
    else
      store_codes(p, call, static_cast<std::uint8_t*>(a.out[0]) + at);
  }
  /// Of rows of all inputs, whose lines lie in each one behind the other.
  static HWY_NOINLINE void find_ranges(const dynamic_quantize_params& p, const kernel_args& a,
                                       std::size_t row, std::size_t rows, float* least,
                                       float* most) noexcept {
    const auto* const x = static_cast<const float*>(a.in[0]);
    if (p.inputs == 1)
      return ranges_of_rows(x + row * p.length, p.length, rows, x + row * p.length, p.length, least,
                            most);
    std::size_t one = 0;  // the input that has the first element of a row
    while (one + 1 < p.inputs && p.widths[one] == 0) ++one;
    const std::size_t lines = p.length / p.width, apart = lines * p.widths[one];
    const float* const first = static_cast<const float*>(a.in[one]) + row * apart;
    for (std::size_t i = 0; i < rows; ++i) least[i] = most[i] = apart != 0 ? first[i * apart] : 0;
    for (std::size_t k = one; k < p.inputs; ++k) {
      const std::size_t n = lines * p.widths[k];
      if (n == 0) continue;
      alignas(alignment) float low[lanes32] = {}, high[lanes32] = {};
      ranges_of_rows(static_cast<const float*>(a.in[k]) + row * n, n, rows, first, apart, low,
                     high);
      for (std::size_t i = 0; i < rows; ++i) {
        least[i] = low[i] < least[i] ? low[i] : least[i];
        most[i] = high[i] > most[i] ? high[i] : most[i];
      }
    }
  }
  /// Lines of one row that lie n values apart and `width` codes: whole vectors.
  template <bool Away, class T>
  static HWY_NOINLINE void quantize_lines(const float* x, std::size_t lines, std::size_t n,
                                          std::size_t width, float inverse, std::int32_t lo,
                                          std::int32_t hi, std::int32_t zero, T* y) noexcept {
    const V32 z = set32(zero);
    const VF by = set_float(inverse), low = set_float(static_cast<float>(lo)),
             high = set_float(static_cast<float>(hi));
    for (std::size_t line = 0; line < lines; ++line, x += n, y += width)
      for (std::size_t i = 0; i < n; i += lanes32) {
        const VF v = simd::rounded(hn::Mul(simd::load(x + i), by));
        simd::store_from32(
            hn::Add(Away ? round_away_within(v, low, high) : round_within(v, low, high), z), y + i);
      }
  }
  template <class T>
  static void join_lines(const dynamic_quantize_params& p, const numerics::row_scale& s,
                         const float* x, std::size_t lines, std::size_t n, T* y) noexcept {
    const bool biased = p.formula == row_formula::aten, away = p.formula == row_formula::asymmetric;
    if (n % lanes32 != 0 || s.zero) {
      for (std::size_t line = 0; line < lines; ++line) {
        const rows_to_quantize call{x + line * n, 1, n, p.width, n, &s, true, biased};
        store_codes(p, call, y + line * p.width);
      }
      return;
    }
    const std::int32_t z = s.zero_point, lo = (biased ? 0 : -128) - z,
                       hi = (biased ? 255 : 127) - z;
    if (away)
      quantize_lines<true>(x, lines, n, p.width, s.inverse, lo, hi, z, y);
    else
      quantize_lines<false>(x, lines, n, p.width, s.inverse, lo, hi, z, y);
  }
  /// Codes of rows of all inputs; few: a share of each row's lines.
  static HWY_NOINLINE void join_rows(const dynamic_quantize_params& p, const kernel_args& a,
                                     std::size_t row, std::size_t rows,
                                     const numerics::row_scale* scales, bool few) noexcept {
    const std::size_t lines = p.length / p.width;
    const part_range all{0, lines}, share = few ? part_of(lines, a.part, a.parts) : all;
    std::size_t column = 0;
    for (std::size_t k = 0; k < p.inputs; column += p.widths[k], ++k) {
      const std::size_t n = p.widths[k];
      const auto* const x = static_cast<const float*>(a.in[k]) + row * lines * n;
      const std::size_t to = row * p.length + column;
      if (lines == 1) {
        const rows_to_quantize call{
            x,    share.end - share.begin != 0 ? rows : 0, n, p.width, n, scales,
            true, p.formula == row_formula::aten};
        store_rows(p, call, a, to);
        continue;
      }
      for (std::size_t i = 0; i < rows; ++i) {
        const std::size_t at = i * lines + share.begin, count = share.end - share.begin;
        const std::size_t y = to + at * p.width;
        if (p.codes == dtype::s8)
          join_lines(p, scales[i], x + at * n, count, n, static_cast<std::int8_t*>(a.out[0]) + y);
        else
          join_lines(p, scales[i], x + at * n, count, n, static_cast<std::uint8_t*>(a.out[0]) + y);
      }
    }
  }
  static const dynamic_quantize_params& params(const void* p) {
    return *static_cast<const dynamic_quantize_params*>(p);
  }
  /// Parts find ranges together where one input has all rows.
  static std::size_t scratch_bytes(const void* p) {
    const auto& of = params(p);
    return of.inputs == 1 ? numerics::ranges_scratch(of.rows, of.rows * of.length) : 0;
  }
  static kernel_fn before(const void* p, std::uint32_t parts) {
    return params(p).rows < parts && scratch_bytes(p) != 0 ? &find_share : nullptr;
  }
  static void find_share(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    find_shared_ranges(a, p.rows, p.length, [&](std::size_t row) {
      return static_cast<const float*>(a.in[0])[row * p.length];
    });
  }
  /// Ranges of some rows, their scales side by side, then their codes: a scale alone waits for two
  /// divisions. Of fewer rows than parts every part writes its share of each row.
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    const bool few = p.rows < a.parts, together = before(&p, a.parts) != nullptr;
    const part_range all{0, p.rows}, whole{0, p.length};
    const part_range r = few ? all : part_of(p.rows, a.part, a.parts),
                     share = few ? part_of(p.length, a.part, a.parts) : whole;
    const auto* x = static_cast<const float*>(a.in[0]);
    alignas(alignment) float least[lanes32] = {}, most[lanes32] = {};
    numerics::row_scale scales[lanes32];
    for (std::size_t row = r.begin; row < r.end;) {
      const std::size_t left = r.end - row, rows = left < lanes32 ? left : lanes32;
      if (!together) find_ranges(p, a, row, rows, least, most);
      for (std::size_t i = 0; together && i < rows; ++i) {
        const float_range of = shared_range(a, row + i);
        least[i] = of.least, most[i] = of.most;
      }
      if (p.formula == row_formula::xnnpack)
        scales_xnn(least, most, scales);
      else
        for (std::size_t i = 0; i < rows; ++i) scales[i] = row_scale_of(p, least[i], most[i]);
      if (!few || a.part == 0) store_scales(p, a, scales, row, rows);
      if (p.inputs == 1) {
        const std::size_t at = row * p.length + share.begin;
        const rows_to_quantize call{x + at,
                                    rows,
                                    p.length,
                                    p.length,
                                    share.end - share.begin,
                                    scales,
                                    p.zero_points,
                                    p.formula == row_formula::aten};
        store_rows(p, call, a, at);
      } else {
        join_rows(p, a, row, rows, scales, few);
      }
      row += rows;
    }
  }
  static const char* describe(const void*) { return "dynamic_quantize"; }
  static constexpr kernel_entry value{.run = &run,
                                      .scratch_bytes = &scratch_bytes,
                                      .describe = &describe,
                                      .parallel = true,
                                      .before = &before};
  static constexpr const kernel_entry* entry = &value;
};

/// x / by, rounded once.
struct divided {
  VF by;
  HWY_INLINE explicit divided(float of) : by(set_float(of)) {}
  HWY_INLINE VF operator()(VF x) const { return simd::divide(x, by); }
};
/// The same to the last bit, but for the sign of a zero, as an estimate and its correction:
/// Brisebarre, Muller and Raina, "Accelerating correctly rounded floating-point division when the
/// divisor is known in advance" (2004). Where quotient or remainder leave the normal range, what
/// rounds to 0 may differ (see `takes`).
struct divided_by_inverse {
  VF inverse, minus;
  HWY_INLINE explicit divided_by_inverse(float by)
      : inverse(set_float(numerics::div(1.f, by))), minus(set_float(-by)) {}
  HWY_INLINE VF operator()(VF x) const {
    const VF q = simd::rounded(hn::Mul(x, inverse)), rest = simd::rounded(fused(q, minus, x));
    return simd::rounded(fused(rest, inverse, q));
  }
  /// Remainders of quotients above 2^-40 are normal numbers.
  static bool takes(float by) noexcept { return simd::native_fma && by > 0x1p-60f && by < 0x1p60f; }
  /// The lanes of x in which nothing leaves the normal range with what `takes` says, or all are 0.
  static HWY_INLINE auto exact(VF x) {
    const VF a = hn::Abs(x);
    return hn::Or(hn::And(hn::Ge(a, set_float(0x1p-60f)), hn::Le(a, set_float(0x1p60f))),
                  hn::Eq(x, hn::Zero(DF())));
  }
};

template <class V> struct kernel<kernel_id::dynamic_quantize_linear, V> {
  static std::size_t count_of(const void* p) {
    return static_cast<const dynamic_quantize_linear_params*>(p)->count;
  }
  static std::size_t scratch_bytes(const void* p) {
    return numerics::ranges_scratch(1, count_of(p));
  }
  static kernel_fn before(const void* p, std::uint32_t parts) {
    return parts > 1 && scratch_bytes(p) != 0 ? &find_range : nullptr;
  }
  static void find_range(const kernel_args& a) noexcept {
    find_shared_ranges(a, 1, count_of(a.params), [](std::size_t) { return 0.f; });
  }
  template <class Divide>
  static HWY_NOINLINE void quantize(const Divide& divide, const float* x, std::uint8_t* y,
                                    std::size_t n, const numerics::row_scale& s) noexcept {
    const VF lo = set_float(static_cast<float>(-s.zero_point)),
             hi = set_float(static_cast<float>(255 - s.zero_point));
    const V32 z = set32(s.zero_point);
    const auto code = [&](VF v) HWY_ATTR { return round_within(divide(v), lo, hi); };
    for (std::size_t i = quantize_by_four(code, x, y, n, s.zero_point); i < n; i += lanes32) {
      const std::size_t left = n - i;
      const bool whole = left >= lanes32;
      const V32 q = hn::Add(code(whole ? simd::load(x + i) : simd::load_some(x + i, left)), z);
      if (whole)
        simd::store_from32(q, y + i);
      else
        simd::store_some_from32(dtype::u8, q, reinterpret_cast<std::byte*>(y + i), left);
    }
  }
  static void run(const kernel_args& a) noexcept {
    const std::size_t count = count_of(a.params);
    const auto* x = static_cast<const float*>(a.in[0]);
    const float_range range =
        before(a.params, a.parts) != nullptr ? shared_range(a, 0) : range_of(x, count, 0);
    const numerics::row_scale s = numerics::linear_scale(range.least, range.most);
    const auto r = part_of(count, a.part, a.parts);
    auto* const y = static_cast<std::uint8_t*>(a.out[0]) + r.begin;
    if (divided_by_inverse::takes(s.scale))
      quantize(divided_by_inverse(s.scale), x + r.begin, y, r.end - r.begin, s);
    else
      quantize(divided(s.scale), x + r.begin, y, r.end - r.begin, s);
    if (a.part != 0) return;
    *static_cast<float*>(a.out[1]) = s.scale;
    *static_cast<std::uint8_t*>(a.out[2]) = static_cast<std::uint8_t>(s.zero_point);
  }
  static const char* describe(const void*) { return "dynamic_quantize_linear"; }
  static constexpr kernel_entry value{.run = &run,
                                      .scratch_bytes = &scratch_bytes,
                                      .describe = &describe,
                                      .parallel = true,
                                      .before = &before};
  static constexpr const kernel_entry* entry = &value;
};

/// Channels [first, last) of pixels [begin, end), `per_row` of which share a scale.
struct dequantize_call {
  const std::int32_t* x;
  float* y;
  const float *rows, *bias;
  std::size_t begin, end, per_row, first, last;
};
template <float_scaling By>
HWY_NOINLINE void dequantize_pixels(const dynamic_dequantize_params& p,
                                    const dequantize_call& t) noexcept {
  const VF lo = set_float(p.min), hi = set_float(p.max);
  const std::size_t n = t.last - t.first;
  const float *const scales = p.scales + t.first, *const bias = t.bias != nullptr ? t.bias + t.first
                                                                                  : nullptr;
  const VF none = set_float(numerics::no_bias(By));
  std::size_t row = t.begin / t.per_row, left_in_row = t.per_row - t.begin % t.per_row;
  for (std::size_t pixel = t.begin; pixel < t.end; ++pixel, --left_in_row) {
    if (left_in_row == 0) ++row, left_in_row = t.per_row;
    const VF by = set_float(t.rows[row]);
    const std::int32_t* const x = t.x + pixel * p.channels + t.first;
    float* const y = t.y + pixel * p.channels + t.first;
    const auto value = [&](V32 sum, VF scale, VF add) HWY_ATTR {
      return simd::lesser(hi, simd::greater(lo, scale_sum<By>(sum, by, scale, add)));
    };
    std::size_t i = 0;
    for (; i + lanes32 <= n; i += lanes32) {
      const VF add = bias != nullptr ? simd::load(bias + i) : none;
      simd::store(value(simd::load(x + i), simd::load(scales + i), add), y + i);
    }
    if (i < n) {
      const VF add = bias != nullptr ? simd::load_some(bias + i, n - i) : none;
      simd::store_some(
          value(simd::load_some(x + i, n - i), simd::load_some(scales + i, n - i), add), y + i,
          n - i);
    }
  }
}

template <class V>
struct kernel<kernel_id::dynamic_dequantize, V>
    : plain_kernel<kernel<kernel_id::dynamic_dequantize, V>> {
  static const dynamic_dequantize_params& params(const void* p) {
    return *static_cast<const dynamic_dequantize_params*>(p);
  }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    return p.in_type == dtype::s32 && p.channels != 0 && p.length % p.channels == 0;
  }
  static HWY_NOINLINE void channels(const dynamic_dequantize_params& p, const dequantize_call& t,
                                    float_scaling by) noexcept {
    if (t.first == t.last) return;
    switch (by) {
      case float_scaling::channel_first:
        return dequantize_pixels<float_scaling::channel_first>(p, t);
      case float_scaling::row_first: return dequantize_pixels<float_scaling::row_first>(p, t);
      case float_scaling::scales_first: return dequantize_pixels<float_scaling::scales_first>(p, t);
      case float_scaling::fused: return dequantize_pixels<float_scaling::fused>(p, t);
      case float_scaling::scales_fused: return dequantize_pixels<float_scaling::scales_fused>(p, t);
    }
  }
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    const auto r = part_of(p.rows * p.length / p.channels, a.part, a.parts);
    dequantize_call t{static_cast<const std::int32_t*>(a.in[0]),
                      static_cast<float*>(a.out[0]),
                      static_cast<const float*>(a.in[1]),
                      static_cast<const float*>(a.in[2]),
                      r.begin,
                      r.end,
                      p.length / p.channels,
                      0,
                      p.channels};
    if (r.begin == r.end) return;
    t.last = p.row_first < p.channels ? p.row_first : p.channels;
    channels(p, t, p.by);
    t.first = t.last, t.last = p.channels;
    channels(p, t, float_scaling::row_first);
  }
  static const char* describe(const void*) { return "dynamic_dequantize"; }
};

/// Sums and another tensor, channels in lanes.
template <class V>
struct kernel<kernel_id::requantize_add, V> : plain_kernel<kernel<kernel_id::requantize_add, V>> {
  static const requantize_add_params& params(const void* p) {
    return *static_cast<const requantize_add_params*>(p);
  }
  static bool accepts(const void* v) { return params(v).in_type == dtype::s32; }
  static HWY_NOINLINE void channels(const requantize_add_params& p, const std::int32_t* x,
                                    const std::byte* q, std::byte* y, std::size_t first,
                                    std::size_t n) noexcept {
    const requantize_params& r = p.requant;
    const VF ratio = set_float(p.ratio), one_scale = set_float(r.scale[0]),
             lo = set_float(static_cast<float>(r.lo)), hi = set_float(static_cast<float>(r.hi));
    for (std::size_t i = 0; i < n; i += lanes32) {
      const std::size_t left = n - i, c = first + i;
      const bool whole = left >= lanes32;
      const V32 sum = whole ? simd::load(x + i) : simd::load_some(x + i, left),
                other = whole ? simd::load_as32(p.addend_type, q + i)
                              : simd::load_some_as32(p.addend_type, q + i, left);
      VF scale = one_scale, bias = hn::Zero(DF());
      if (r.channels != 1)
        scale = whole ? simd::load(r.scale + c) : simd::load_some(r.scale + c, left);
      if (r.bias != nullptr)
        bias = whole ? simd::load(r.bias + c) : simd::load_some(r.bias + c, left);
      const VF scaled =
          simd::rounded(hn::Mul(simd::rounded(hn::Add(hn::ConvertTo(DF(), sum), bias)), scale));
      const V32 v = round_within(fused(hn::ConvertTo(DF(), other), ratio, scaled), lo, hi);
      if (whole)
        simd::store_from32(p.out_type, v, y + i);
      else
        simd::store_some_from32(p.out_type, v, y + i, left);
    }
  }
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    const auto r = part_of(p.count, a.part, a.parts);
    const auto inner = as_size(p.inner);
    for (std::size_t i = r.begin; i < r.end;) {
      const std::size_t c = i % inner, left = inner - c, n = left < r.end - i ? left : r.end - i;
      channels(p, static_cast<const std::int32_t*>(a.in[0]) + i,
               static_cast<const std::byte*>(a.in[1]) + i, static_cast<std::byte*>(a.out[0]) + i, c,
               n);
      i += n;
    }
  }
  static const char* describe(const void*) { return "requantize_add"; }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
