// conv3d of float32: lanes are output channels, eight pixels of a row side by side. Part of a pass:
// see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// Taps [first, first + count) of one axis that lie in the input.
struct tap_range {
  std::int32_t first = 0, count = 0;
};
HWY_INLINE tap_range taps_inside(const conv3d_params& p, std::size_t axis, std::int32_t out) {
  const std::int32_t begin = out * p.stride[axis] - p.pad[axis], step = p.dilation[axis],
                     first = begin < 0 ? (-begin + step - 1) / step : 0,
                     room = p.in[axis] - 1 - begin,
                     end = room < 0                           ? 0
                           : room / step + 1 < p.kernel[axis] ? room / step + 1
                                                              : p.kernel[axis];
  return {first, end > first ? end - first : 0};
}
/// What some neighbouring output pixels read: those of the first from x on.
struct volume_window {
  const float* x;
  std::size_t plane, row, pixel;  // elements between taps
  std::size_t next;               // between pixels
  tap_range taps[3];
};
/// One vector of a packed panel (kernels::float_columns), `width` floats a step.
struct volume_columns {
  const float* w;
  std::size_t width;
  const float* bias;  // of these channels, or null
  std::size_t n;      // channels
};
template <bool Fused, int R>
HWY_NOINLINE void volume_pixels(const conv3d_params& p, const volume_window& from,
                                const volume_columns& c, float* y) noexcept {
  const auto group_in = as_size(p.in_c / p.groups);
  VF bias = hn::Zero(DF()), sum[R];
  if (c.bias != nullptr) bias = c.n == lanes32 ? simd::load(c.bias) : simd::load_some(c.bias, c.n);
  HWY_UNROLL(8)
  for (int r = 0; r < R; ++r) sum[r] = Fused ? bias : hn::Zero(DF());
  for (std::int32_t d = 0; d < from.taps[0].count; ++d)
    for (std::int32_t h = 0; h < from.taps[1].count; ++h) {
      const float* x = from.x + as_size(d) * from.plane + as_size(h) * from.row;
      const std::int32_t line = (from.taps[0].first + d) * p.kernel[1] + from.taps[1].first + h;
      const float* w = c.w + (as_size(line) * as_size(p.kernel[2]) + as_size(from.taps[2].first)) *
                                 group_in * c.width;
      for (std::int32_t k = 0; k < from.taps[2].count; ++k, x += from.pixel)
        for (std::size_t i = 0; i < group_in; ++i, w += c.width) {
          const VF by = simd::load(w);
          HWY_UNROLL(8)
          for (int r = 0; r < R; ++r) {
            const VF v = set_float(x[as_size(r) * from.next + i]);
            sum[r] = Fused ? simd::rounded(fused(v, by, sum[r]))
                           : simd::rounded(hn::Add(sum[r], simd::rounded(hn::Mul(v, by))));
          }
        }
    }
  const VF lo = set_float(p.min), hi = set_float(p.max);
  HWY_UNROLL(8)
  for (int r = 0; r < R; ++r, y += p.out_c) {
    const VF v = clamp_lanes(
        !Fused && c.bias != nullptr ? simd::rounded(hn::Add(sum[r], bias)) : sum[r], lo, hi);
    if (c.n == lanes32)
      simd::store(v, y);
    else
      simd::store_some(v, y, c.n);
  }
}

template <class V>
struct kernel<kernel_id::conv3d, V> : packing_kernel<kernel<kernel_id::conv3d, V>, conv3d_params> {
  using base = packing_kernel<kernel, conv3d_params>;
  using base::params;
  static constexpr int together = 8;  // pixels
  /// One vector of channels of a row.
  template <bool Fused>
  static void row(const conv3d_params& p, volume_window from, const float* x,
                  const volume_columns& c, float* y) noexcept {
    const auto in_c = as_size(p.in_c);
    for (std::int32_t ox = 0; ox < p.out[2];) {
      from.taps[2] = taps_inside(p, 2, ox);
      const std::int32_t ix = ox * p.stride[2] - p.pad[2] + from.taps[2].first * p.dilation[2];
      from.x = from.taps[2].count > 0 ? x + as_size(ix) * in_c : x;
      const bool inside = from.taps[2].count == p.kernel[2] && ox + together <= p.out[2] &&
                          taps_inside(p, 2, ox + together - 1).count == p.kernel[2];
      if (inside)
        volume_pixels<Fused, together>(p, from, c, y);
      else
        volume_pixels<Fused, 1>(p, from, c, y);
      const std::int32_t done = inside ? together : 1;
      ox += done;
      y += as_size(done) * as_size(p.out_c);
    }
  }
  /// All channels of row `line` of batch * depth * height.
  template <bool Fused> static void line(const kernel_args& a, std::size_t line) noexcept {
    const auto& p = params(a.params);
    const auto in_c = as_size(p.in_c), height = as_size(p.out[1]), depth = as_size(p.out[0]);
    volume_window from{};
    from.taps[0] = taps_inside(p, 0, static_cast<std::int32_t>(line / height % depth));
    from.taps[1] = taps_inside(p, 1, static_cast<std::int32_t>(line % height));
    const std::size_t row = as_size(p.in[2]) * in_c, plane = as_size(p.in[1]) * row;
    from.pixel = as_size(p.dilation[2]) * in_c, from.next = as_size(p.stride[2]) * in_c;
    from.row = as_size(p.dilation[1]) * row, from.plane = as_size(p.dilation[0]) * plane;
    const float* x =
        static_cast<const float*>(a.in[0]) + line / height / depth * as_size(p.in[0]) * plane;
    if (from.taps[0].count > 0 && from.taps[1].count > 0) {
      const std::int32_t od = static_cast<std::int32_t>(line / height % depth),
                         oy = static_cast<std::int32_t>(line % height);
      x += as_size(od * p.stride[0] - p.pad[0] + from.taps[0].first * p.dilation[0]) * plane +
           as_size(oy * p.stride[1] - p.pad[1] + from.taps[1].first * p.dilation[1]) * row;
    }
    const auto columns = kernels::columns_of(p);
    const auto* const packed = reinterpret_cast<const float*>(p.packed);
    const auto* const bias = p.has_bias ? static_cast<const float*>(a.in[2]) : nullptr;
    float* const y = static_cast<float*>(a.out[0]) + line * as_size(p.out[2]) * as_size(p.out_c);
    for (std::size_t g = 0; g < columns.groups; ++g)
      for (std::size_t c = 0; c < columns.columns; c += lanes32) {
        constexpr std::size_t most = kernels::float_panel_columns(layout);
        const std::size_t first = g * columns.columns + c, left = columns.columns - c;
        const volume_columns some{
            packed + kernels::float_panel_at(columns, layout, g, c / most) + c % most,
            kernels::float_panel_width(columns, layout, c / most),
            bias != nullptr ? bias + first : nullptr, left < lanes32 ? left : lanes32};
        kernel::row<Fused>(p, from, x + g * as_size(p.in_c / p.groups), some, y + first);
      }
  }
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    const auto r = part_of(product_of(p.batch, p.out[0], p.out[1]), a.part, a.parts);
    for (std::size_t i = r.begin; i < r.end; ++i) {
      if (p.fused)
        line<true>(a, i);
      else
        line<false>(a, i);
    }
  }
  static kernels::node_bytes bytes(const conv3d_params& p) {
    return kernels::conv3d_bytes(p, layout);
  }
  static void pack_into(const conv3d_params& p, std::byte* to) {
    kernels::float_pack(kernels::columns_of(p), layout, to);
  }
  static bool accepts(const void* p) { return kernels::conv3d_accepts(params(p)); }
  static const char* describe(const void*) { return "volumes"; }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
