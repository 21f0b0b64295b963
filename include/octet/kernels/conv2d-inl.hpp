// What qnn.conv2d and others do on the matrix kernel: windows, rows, panels. Part of a pass: see
// pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// count elements into a window: bytes (xor flip) or int16 (minus the zero point).
inline HWY_NOINLINE void window_bytes(const std::byte* x, std::byte* to, std::size_t count,
                                      std::uint32_t flip) noexcept {
  if (flip == 0) {
    std::memcpy(to, x, count);
    return;
  }
  const VU8 f = hn::BitCast(DU8(), set32(static_cast<std::int32_t>(flip)));
  if (count < lanes8) {
    const VU8 few = hn::Xor(simd::load_bytes(x, count), f);
    return simd::store_some(few, reinterpret_cast<std::uint8_t*>(to), count);
  }
  std::size_t i = 0;
  for (; i + lanes8 <= count; i += lanes8) simd::store8(hn::Xor(simd::load8(x + i), f), to + i);
  // The last ones with some that are there already.
  if (i < count) simd::store8(hn::Xor(simd::load8(x + count - lanes8), f), to + count - lanes8);
}
template <class T>
HWY_NOINLINE void window_words(const std::byte* from, std::byte* to, std::size_t count,
                               std::int32_t zero_point) noexcept {
  const auto* x = reinterpret_cast<const T*>(from);
  auto* y = reinterpret_cast<std::int16_t*>(to);
  const V16 z = hn::Set(D16(), static_cast<std::int16_t>(zero_point));
  std::size_t i = 0;
  for (; i + lanes16 <= count; i += lanes16) simd::store(hn::Sub(simd::load_as16(x + i), z), y + i);
  if constexpr (!every_form) {  // a loop would be unrolled and made vectors of, once for each type
    if (const std::size_t n = count - i; n != 0)
      simd::store_some(hn::Sub(simd::load_some_as16(x + i, n), z), y + i, n);
  } else {
    for (; i < count; ++i) y[i] = static_cast<std::int16_t>(x[i] - zero_point);
  }
}
inline constexpr kernels::window_copies window_copies{&window_bytes, &window_words<std::uint8_t>,
                                                      &window_words<std::int8_t>};

/// Sums of a row's activations as the quad product takes them, each lane its own elements.
HWY_INLINE V32 row_sums(const tile_call& t, int length, const std::byte* row) noexcept {
  const V8 ones = hn::Set(D8(), 1);
  V32 sum = zero32();
  for (int s = 0; s < t.segments; ++s) {
    const std::byte* x = row + t.offsets[s];
    int i = 0;
    for (; i + lanes8 <= length; i += lanes8)
      sum = simd::dot_quads(sum, hn::BitCast(D32(), simd::load8(x + i)), ones);
    if (const auto n = as_size(length - i); n != 0) {
      const VU8 some = simd::load_bytes(x + i, n);
      sum = simd::dot_quads(sum, hn::BitCast(D32(), hn::IfThenElseZero(hn::FirstN(DU8(), n), some)),
                            ones);
    }
  }
  return sum;
}
/// `offset` times the sums of four rows.
inline HWY_NOINLINE void four_row_sums(const tile_call& t, int length, std::int32_t offset,
                                       const std::byte* const* rows, std::int32_t* to) noexcept {
  const simd::tag<std::int64_t> i64;
  V32 pair[2];
  HWY_UNROLL(2)
  for (int i = 0; i < 2; ++i) {
    const V32 a = row_sums(t, length, rows[2 * i]), b = row_sums(t, length, rows[2 * i + 1]);
    pair[i] = hn::Add(hn::InterleaveLower(D32(), a, b), hn::InterleaveUpper(D32(), a, b));
  }
  // Each 128 bits: halves of the sums of rows 0, 1, 0, 1, and of rows 2, 3, 2, 3.
  const auto a = hn::BitCast(i64, pair[0]), b = hn::BitCast(i64, pair[1]);
  const V32 sums = hn::Add(hn::BitCast(D32(), hn::InterleaveLower(i64, a, b)),
                           hn::BitCast(D32(), hn::InterleaveUpper(i64, a, b)));
  alignas(alignment) std::int32_t each[lanes32];
  hn::Store(hn::Mul(sums, set32(offset)), D32(), each);
  const hn::CappedTag<std::int32_t, 4> four;
  auto total = hn::Load(four, each);
  for (int i = 4; i < lanes32; i += 4) total = hn::Add(total, hn::Load(four, each + i));
  hn::StoreU(total, four, to);
}

using kernels::gemm_run, kernels::line_zeros;

/// A template, so that families without the product of four bytes do not compile it.
template <bool Quads> constexpr kernels::row_sums_fn sums_of() noexcept {
  if constexpr (Quads)
    return &four_row_sums;
  else
    return nullptr;
}
inline int rows_of_tile(int nv) noexcept { return tile_rows(nv); }

/// n times x.
template <class T> HWY_INLINE void repeat(T x, T* to, std::size_t n) noexcept {
  const simd::tag<T> d;
  const auto v = hn::Set(d, x);
  std::size_t i = 0;
  for (; i + lanes32 <= n; i += lanes32) hn::StoreU(v, d, to + i);
  if (i < n) simd::store_some(v, to + i, n - i);
}
/// Zero points of lines as they are used (kernels::run_time_zero_point).
inline HWY_NOINLINE void zeros_of_lines(const line_zeros& lines, std::size_t first,
                                        std::size_t count, std::int32_t* to) noexcept {
  const V32 lo = set32(static_cast<std::int32_t>(lowest_of(lines.codes))),
            hi = set32(static_cast<std::int32_t>(highest_of(lines.codes)));
  std::size_t i = 0;
  for (; i + lanes32 <= count; i += lanes32)
    hn::StoreU(hn::Min(hn::Max(simd::load(lines.of + first + i), lo), hi), D32(), to + i);
  for (; i < count; ++i) to[i] = lines.at(first + i);
}
/// Zero points and scales of the rows of a block of `count` output pixels from `first` on; whether
/// all rows have the same.
inline HWY_NOINLINE bool block_scales(const gemm_run& r, const float* scales, std::size_t first,
                                      std::size_t count) noexcept {
  const std::size_t share = r.g.rows->lines * as_size(r.g.out_w);  // pixels
  if (share == 1 && count != 1) {
    std::memcpy(r.scales, scales + first, count * sizeof(float));
    repeat(r.scales[count - 1], r.scales + count, most_tile_rows);
    if (r.lines.of == nullptr) return false;
    zeros_of_lines(r.lines, first, count, r.zeros);
    repeat(r.zeros[count - 1], r.zeros + count, most_tile_rows);
    return false;
  }
  const std::size_t begin = first / share, all = count + most_tile_rows;
  std::size_t line = begin, left = share - first % share;
  for (std::size_t i = 0; i < all; ++line, left = share) {
    const std::size_t n = left < count - i ? left : all - i;
    repeat(scales[line], r.scales + i, n);
    if (r.lines.of != nullptr) repeat(r.lines.at(line), r.zeros + i, n);
    i += n;
  }
  return count <= share - first % share;
}

/// A pseudo target, whose own product is of four bytes, leaves pairs to the target that it stands
/// on, which packs them in the same way and is as fast, or nearly so.
#if defined(OCTET_BASE_NS)
inline constexpr bool pairs_by_base = !every_form;
#else
inline constexpr bool pairs_by_base = false;
#endif
HWY_INLINE bool are_pairs(const std::byte* packed) noexcept {
  kernels::packed_gemm h;
  std::memcpy(&h, packed, sizeof(h));
  return h.kind != kernels::product::quad;
}

/// A template, so that families without the product of four bytes do not compile its tiles.
template <bool Quads, class Finish>
HWY_NOINLINE void panel_of(kernels::product kind, const tile_call& t, int nv,
                           const std::byte* const* rows, std::byte* to,
                           std::size_t count) noexcept {
  if constexpr (every_form && Quads && layout.max_vectors == 4 && !Finish::floats)
    if (t.share != 0) return grouped_panel<quad_ops>(t, rows, to, count);
  if constexpr (Quads)
    if (kind == kernels::product::quad) return panel<quad_ops, Finish>(t, nv, rows, to, count);
  if constexpr (every_form)
    if (kind == kernels::product::pair8) return panel<pair8_ops, by_kind>(t, nv, rows, to, count);
  if constexpr (!pairs_by_base) panel<pair16_ops, by_kind>(t, nv, rows, to, count);
}
/// What run_gemm does by vectors, without the quads' sums where a family has none.
template <class Finish, bool Scaled>
inline constexpr kernels::gemm_steps gemm_steps_of = {.layout = &layout,
                                                      .copies = &window_copies,
                                                      .rows_of_tile = &rows_of_tile,
                                                      .panel = &panel_of<has_quads, Finish>,
                                                      .sums = sums_of<has_quads>(),
                                                      .scales = Scaled ? &block_scales : nullptr};

/// Part `part` of `parts` of a packed product. Scaled: of a problem with row_scaling, whose scales
/// of rows are operand 2, zero points operand 3, and `finish` makes floats of sums.
template <class Finish = by_kind, bool Scaled = false>
void run_gemm(const kernels::gemm_problem& g, const std::byte* packed, const kernel_args& a,
              kernels::finish_tile_fn finish = nullptr) noexcept {
#if defined(OCTET_BASE_NS)
  if constexpr (pairs_by_base)
    if (are_pairs(packed)) return OCTET_BASE_NS::run_gemm<OCTET_BASE_NS::by_kind>(g, packed, a);
#endif
  kernels::run_gemm(gemm_steps_of<Finish, Scaled>, g, packed, a, finish);
}

/// Operators on the matrix kernel. `Of`: params to problem.
template <class Params, kernels::gemm_problem (*Of)(const Params&) noexcept>
struct gemm_kernel : packing_kernel<gemm_kernel<Params, Of>, Params> {
  using base = packing_kernel<gemm_kernel, Params>;
  using base::params;
  static void run(const kernel_args& a) noexcept {
    run_gemm(Of(params(a.params)), params(a.params).packed, a);
  }
  static kernels::node_bytes bytes(const Params& p) { return kernels::gemm_bytes(Of(p), layout); }
  static void pack_into(const Params& p, std::byte* to) { kernels::gemm_pack(Of(p), layout, to); }
  static bool accepts(const void* p) {
    return kernels::gemm_accepts(Of(params(p))) && base::scratch_bytes(p) <= kernels::most_scratch;
  }
  static const char* describe(const void* p) {
    return p == nullptr ? "gemm" : kernels::describe_gemm(Of(params(p)), layout);
  }
};
inline HWY_NOINLINE kernels::gemm_problem conv2d_problem(const conv2d_params& p) noexcept {
  return kernels::problem_of(p, false);
}

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
