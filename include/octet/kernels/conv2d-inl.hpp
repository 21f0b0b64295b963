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
  for (; i < count; ++i) y[i] = static_cast<std::int16_t>(x[i] - zero_point);
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

/// h.offset times the sum of each row's activations.
HWY_INLINE void block_sums(const gemm_run& r, const tile_call& t, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count + most_tile_rows; i += 4)
    four_row_sums(t, r.h.segment_length, r.h.offset, r.rows + i, r.sums + i);
}

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
HWY_INLINE void panel_of(kernels::product kind, const tile_call& t, int nv,
                         const std::byte* const* rows, std::byte* to, std::size_t count) noexcept {
  if constexpr (every_form && Quads && layout.max_vectors == 4 && !Finish::floats)
    if (t.share != 0) return grouped_panel<quad_ops>(t, rows, to, count);
  if constexpr (Quads)
    if (kind == kernels::product::quad) return panel<quad_ops, Finish>(t, nv, rows, to, count);
  if constexpr (every_form)
    if (kind == kernels::product::pair8) return panel<pair8_ops, by_kind>(t, nv, rows, to, count);
  if constexpr (!pairs_by_base) panel<pair16_ops, by_kind>(t, nv, rows, to, count);
}
/// The rows of a block times the panels [begin, end), counted over all groups; `to`: the block's
/// first output.
template <class Finish>
HWY_INLINE void block_panels(const gemm_run& r, tile_call& t, part_range share, std::byte* to,
                             std::size_t count) noexcept {
  const kernels::gemm_problem& g = r.g;
  const kernels::packed_gemm& h = r.h;
  const auto panels = as_size(h.panels);
  const std::int32_t group_out = kernels::panel_group_out(g, h);
  std::size_t begins = 0;  // of the panel's input, from a pixel's first element
  for (std::size_t p = share.begin; p < share.end; ++p) {
    const auto group = static_cast<std::int32_t>(p / panels),
               i = static_cast<std::int32_t>(p % panels);
    const std::byte* at = r.packed + kernels::panel_at(h, layout, group, i);
    const int nv = kernels::panel_vectors(h.vectors, h.panels, i), columns = nv * lanes32,
              local = kernels::first_vector(h.vectors, h.panels, i) * lanes32,
              left = group_out - local;
    t.n = left < columns ? left : columns;
    t.first = group * group_out + local;
    t.arrays = at + alignment;
    t.weights = t.arrays + round_up(as_size(columns) * 4 * kernels::panel_arrays, alignment);
    // Weights of a large layer come from afar, one panel behind the other; a processor's own
    // prefetching begins anew with each page.
    constexpr std::size_t large = 8192, far = 3072;
    const std::size_t steps = product_of(h.segments, h.steps), bytes = steps * 4 * as_size(columns);
    t.ahead = bytes >= large ? far : 0;
    // A panel that does not stay in the first cache: while it is used, the next one comes, as much
    // with each step as there are steps for it (ResNet-50 takes 0.92 of the time, VGG-16 0.95; what
    // the first tile asked for alone came no faster than before).
    constexpr std::size_t beyond_first = 32768;
    const bool comes = p + 1 < share.end && bytes >= beyond_first;
    t.next =
        comes ? r.packed + kernels::panel_at(h, layout, static_cast<std::int32_t>((p + 1) / panels),
                                             static_cast<std::int32_t>((p + 1) % panels))
              : at;
    t.next_row = comes ? bytes / count : 0;
    const std::size_t tile = as_size(tile_rows(nv)) < count ? as_size(tile_rows(nv)) : count;
    t.next_step = comes ? bytes * tile / (count * steps) : 0;
    // The rows move on to the group's channels, or to the panel's where groups lie side by side.
    const std::size_t before = begins;
    begins = as_size(h.share != 0 ? t.first : group * g.group_in()) * h.element;
    if (const std::size_t ahead = begins - before; ahead != 0)
      for (std::size_t k = 0; k < count + most_tile_rows; ++k) r.rows[k] += ahead;
    t.kind = *reinterpret_cast<const kernels::epilogue_kind*>(at);
    panel_of<has_quads, Finish>(h.kind, t, nv, r.rows, to + as_size(t.first) * size_of(g.out_type),
                                count);
  }
}

/// The call's scratch, behind its segments.
HWY_INLINE gemm_run gemm_run_of(const kernels::gemm_problem& g, const kernels::packed_gemm& h,
                                const std::byte* packed, const kernel_args& a) noexcept {
  std::byte *const pointers = static_cast<std::byte*>(a.scratch) + kernels::gemm_segment_bytes(h),
                   *const sums = pointers + kernels::gemm_pointer_bytes(g, h),
                   *const zeros = sums + kernels::gemm_sum_bytes(g, h),
                   *const window = zeros + kernels::gemm_scale_bytes(g, h);
  gemm_run r{g,
             h,
             packed,
             reinterpret_cast<const std::byte**>(pointers),
             reinterpret_cast<std::int32_t*>(sums),
             reinterpret_cast<std::int32_t*>(zeros),
             reinterpret_cast<float*>(zeros + (window - zeros) / 2),
             window,
             {}};
  if (g.rows != nullptr)
    r.lines = {static_cast<const std::int32_t*>(a.in[3]), g.rows->lines, g.in_type};
  return r;
}
/// What all tiles of the call share.
HWY_INLINE tile_call tiles_of(const gemm_run& r, const std::int64_t* segments,
                              const kernels::epilogue_scalars& scalars,
                              finish_tile_fn finish) noexcept {
  const kernels::gemm_problem& g = r.g;
  const kernels::packed_gemm& h = r.h;
  tile_call t;
  t.offsets = segments;
  t.segments = h.segments;
  t.steps = h.steps;
  t.share = h.share;
  t.sums = h.offset != 0 ? r.sums : nullptr;
  t.zeros = r.lines.of != nullptr && h.kind == kernels::product::quad ? r.zeros : nullptr;
  t.one_zero = false;
  t.scales = r.scales;
  // Pixels of a phase are step_w apart, its lines step_h.
  t.out_stride = as_size(g.out_c) * size_of(g.out_type) * as_size(g.part.on ? g.part.step_w : 1);
  t.requant = g.requant;
  t.out_type = g.out_type;
  t.scalars = &scalars;
  t.block_steps = h.block_steps;
  t.rows = g.rows;
  t.finish = finish;
  return t;
}

/// Part `part` of `parts` of a packed product. Scaled: of a problem with row_scaling, whose scales
/// of rows are operand 2, zero points operand 3, and `finish` makes floats of sums.
template <class Finish = by_kind, bool Scaled = false>
HWY_NOINLINE void run_gemm(const kernels::gemm_problem& g, const std::byte* packed,
                           const kernel_args& a, finish_tile_fn finish = nullptr) noexcept {
#if defined(OCTET_BASE_NS)
  if constexpr (pairs_by_base)
    if (are_pairs(packed)) return OCTET_BASE_NS::run_gemm<OCTET_BASE_NS::by_kind>(g, packed, a);
#endif
  kernels::packed_gemm h;
  std::memcpy(&h, packed, sizeof(h));
  kernels::set_image(h, g);  // it may have been packed for an image of another size
  const auto* x = static_cast<const std::byte*>(a.in[0]);
  auto* const segments = static_cast<std::int64_t*>(a.scratch);
  kernels::set_segments(h, g, segments);
  const gemm_run r = gemm_run_of(g, h, packed, a);
  const kernels::epilogue_scalars scalars = kernels::scalars_of(*g.requant, g.out_type);
  const kernels::window_source source{g.in_type, h.element == 2 && g.in_type != dtype::s16,
                                      h.flip,    g.in_zero_point,
                                      h.fill,    &window_copies};
  const std::size_t pixel_out = as_size(g.out_c) * size_of(g.out_type),
                    lines = product_of(g.batch, g.out_h), width = as_size(g.out_w);
  // Items of the partition: pixels where rows are read directly, else output lines.
  const std::size_t line = h.direct ? 1 : width, items = h.direct ? lines * width : lines;
  const auto [range, share] =
      kernels::share_of(g, h, as_size(tile_rows(kernels::panel_vectors(h.vectors, h.panels, 0))),
                        items, line, product_of(h.panels, kernels::panel_groups(g, h)), a);
  tile_call t = tiles_of(r, segments, scalars, finish);
  for (std::size_t item = range.begin; item < range.end;) {
    const std::size_t count = kernels::block_rows(r, source, x, item, range.end - item);
    if constexpr (has_quads)
      if (h.offset != 0) block_sums(r, t, count);
    std::size_t first = item * line;  // output pixel
    if constexpr (Scaled)
      t.one_zero = block_scales(r, static_cast<const float*>(a.in[2]), first, count);
    if (const auto& part = g.part; part.on)
      first = (item / as_size(g.out_h) * as_size(part.out_h) + as_size(part.first_h) +
               item % as_size(g.out_h) * as_size(part.step_h)) *
                  as_size(part.out_w) +
              as_size(part.first_w);
    block_panels<Finish>(r, t, share, static_cast<std::byte*>(a.out[0]) + first * pixel_out, count);
    item += h.direct ? count : count / line;
  }
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
