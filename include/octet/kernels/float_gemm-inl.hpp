// conv2d, depthwise_conv2d, transpose_conv2d, fully_connected and batch_matmul of float32: lanes
// are output channels, each output's sum runs in its reference's order. Part of a pass: see
// pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

// ---- sums ----

/// Binary32, one rounding per product and per addition.
struct float_sums {
  static constexpr int vectors_of_one = 4, vectors_of_four = simd::registers == 32 ? 4 : 2;
  using sum = VF;
  using factor = VF;
  using weights = VF;
  static HWY_INLINE sum zero() { return hn::Zero(DF()); }
  static HWY_INLINE factor spread(float x) { return set_float(x); }
  static HWY_INLINE weights widen(VF w) { return w; }
  static HWY_INLINE sum add_product(sum s, weights a, weights b) {
    return simd::rounded(hn::Add(s, simd::rounded(hn::Mul(a, b))));
  }
  static HWY_INLINE sum add(sum s, weights b) { return simd::rounded(hn::Add(s, b)); }
  static HWY_INLINE VF result(sum s) { return s; }
};
/// Binary64, in which a product of two binary32 is exact: fused or not, the bits are the same.
struct wide_float_sums {
  static constexpr int vectors_of_one = 2, vectors_of_four = simd::registers == 32 ? 2 : 1;
  struct pair {
    simd::VF64 low, high;
  };
  using sum = pair;
  using factor = simd::VF64;
  using weights = pair;
  static HWY_INLINE sum zero() { return {hn::Zero(DF64()), hn::Zero(DF64())}; }
  static HWY_INLINE factor spread(float x) { return hn::Set(DF64(), static_cast<double>(x)); }
  static HWY_INLINE weights widen(VF w) {
    const hn::Half<DF> half;
    return {hn::PromoteTo(DF64(), hn::LowerHalf(half, w)),
            hn::PromoteTo(DF64(), hn::UpperHalf(half, w))};
  }
  static HWY_INLINE sum add_product(sum s, factor a, weights b) {
    return {simd::rounded(hn::MulAdd(a, b.low, s.low)),
            simd::rounded(hn::MulAdd(a, b.high, s.high))};
  }
  static HWY_INLINE sum add_product(sum s, weights a, weights b) {
    return {simd::rounded(hn::MulAdd(a.low, b.low, s.low)),
            simd::rounded(hn::MulAdd(a.high, b.high, s.high))};
  }
  static HWY_INLINE sum add(sum s, weights b) {
    return {simd::rounded(hn::Add(s.low, b.low)), simd::rounded(hn::Add(s.high, b.high))};
  }
  static HWY_INLINE VF result(sum s) { return simd::to_floats(s.low, s.high); }
};

// ---- tiles ----

/// Where the products of a tile lie: kernel rows of kernel columns of elements, in the order in
/// which they are summed. Distances are in elements.
struct float_walk {
  std::ptrdiff_t rows = 1, columns = 1, elements = 0;
  std::ptrdiff_t x_row = 0, x_column = 0, x_element = 1;
  std::ptrdiff_t w_row = 0, w_column = 0, w_element = 0;
  std::ptrdiff_t x_pixel = 0, y_pixel = 0;  // between pixels of a tile
  float lo = -std::numeric_limits<float>::infinity(), hi = std::numeric_limits<float>::infinity();
};

/// Bias and bounds; n outputs from y on, of which at most a vector is written.
template <class Sums>
HWY_INLINE void finish_floats(typename Sums::sum s, const float* bias, VF lo, VF hi, float* y,
                              std::size_t n) {
  const bool whole = n >= lanes32;
  if (bias != nullptr)
    s = Sums::add(s, Sums::widen(whole ? simd::load(bias) : simd::load_some(bias, n)));
  const VF v = clamp_lanes(Sums::result(s), lo, hi);
  if (whole)
    simd::store(v, y);
  else
    simd::store_some(v, y, n);
}

/// MR pixels times NV vectors of channels, of which n are written.
template <class Sums, int MR, int NV>
HWY_NOINLINE void float_tile(const float_walk& k, const float* x, const float* w, const float* bias,
                             float* y, std::size_t n) noexcept {
  typename Sums::sum acc[MR][NV];
  HWY_UNROLL(4)
  for (int r = 0; r < MR; ++r) {
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) acc[r][v] = Sums::zero();
  }
  for (std::ptrdiff_t row = 0; row < k.rows; ++row, x += k.x_row, w += k.w_row) {
    const float *from = x, *with = w;
    for (std::ptrdiff_t c = 0; c < k.columns; ++c, from += k.x_column, with += k.w_column) {
      const float *px = from, *pw = with;
      for (std::ptrdiff_t e = k.elements; e != 0; --e, px += k.x_element, pw += k.w_element) {
        typename Sums::weights b[NV];
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v) b[v] = Sums::widen(simd::load(pw + v * lanes32));
        HWY_UNROLL(4)
        for (int r = 0; r < MR; ++r) {
          const typename Sums::factor a = Sums::spread(px[r * k.x_pixel]);
          HWY_UNROLL(4)
          for (int v = 0; v < NV; ++v) acc[r][v] = Sums::add_product(acc[r][v], a, b[v]);
        }
      }
    }
  }
  const VF lo = set_float(k.lo), hi = set_float(k.hi);
  HWY_UNROLL(4)
  for (int r = 0; r < MR; ++r) {
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) {
      const std::size_t done = as_size(v * lanes32);
      if (done < n)
        finish_floats<Sums>(acc[r][v], bias == nullptr ? nullptr : bias + done, lo, hi,
                            y + r * k.y_pixel + done, n - done);
    }
  }
}
/// MR pixels times a panel of n columns, `width` as packed.
template <class Sums, int MR>
HWY_INLINE void float_panel_tile(const float_walk& k, const float* x, const float* w,
                                 const float* bias, float* y, std::size_t n,
                                 std::size_t width) noexcept {
  constexpr int most = MR == 1 ? Sums::vectors_of_one : Sums::vectors_of_four;
  std::size_t done = 0;
  while (done < width) {
    const std::size_t left = (width - done) / lanes32;
    const float* const b = bias == nullptr ? nullptr : bias + done;
    int vectors = 1;
    if (most >= 4 && left >= 4) {
      if constexpr (most >= 4) float_tile<Sums, MR, 4>(k, x, w + done, b, y + done, n - done);
      vectors = 4;
    } else if (most >= 2 && left >= 2) {
      if constexpr (most >= 2) float_tile<Sums, MR, 2>(k, x, w + done, b, y + done, n - done);
      vectors = 2;
    } else {
      float_tile<Sums, MR, 1>(k, x, w + done, b, y + done, n - done);
    }
    done += as_size(vectors * lanes32);
  }
}

// ---- convolutions ----

/// The taps that meet the image at one output row or column, in order.
struct float_taps {
  std::int64_t first = 0, count = 0, input = 0;  // input: what the first tap meets
};
struct float_axis {
  std::int64_t in, kernel, stride, dilation, pad;
  bool transposed;
  /// From tap to tap.
  std::int64_t tap_step() const noexcept { return transposed ? -stride : 1; }
  std::int64_t input_step() const noexcept { return transposed ? 1 : dilation; }
  /// Outputs between those that the same taps reach, and how far their inputs are apart.
  std::int64_t phases() const noexcept { return transposed ? stride : 1; }
  std::int64_t phase_step() const noexcept { return transposed ? 1 : stride; }
  float_taps at(std::int64_t o) const noexcept {
    if (!transposed) {
      const std::int64_t start = o * stride - pad,
                         first = start < 0 ? (dilation - 1 - start) / dilation : 0,
                         end = start >= in ? 0 : (in - 1 - start) / dilation + 1,
                         last = end < kernel ? end : kernel;
      return {first, last > first ? last - first : 0, start + first * dilation};
    }
    // The last tap meets the first input.
    const std::int64_t t = o + pad, highest = t < kernel - 1 ? t : kernel - 1,
                       first = highest - ((highest - t) % stride + stride) % stride,
                       lowest = t - (in - 1) * stride > 0 ? t - (in - 1) * stride : 0;
    return {first, first < lowest ? 0 : (first - lowest) / stride + 1, (t - first) / stride};
  }
};

inline kernels::float_columns layer_columns(const float_layer_params& p) noexcept {
  return kernels::columns_of(p);
}
/// A layer's extents; a 1x1 convolution without steps or padding is one row of pixels.
struct float_image {
  float_axis h, w;
  std::size_t batch, out_h, out_w, in_c, out_c;
  explicit float_image(const float_layer_params& p) noexcept
      : h{p.in_h, p.kernel_h, p.stride_h, p.dilation_h, p.pad_top, p.transposed},
        w{p.in_w, p.kernel_w, p.stride_w, p.dilation_w, p.pad_left, p.transposed},
        batch(as_size(p.batch)),
        out_h(as_size(p.out_h)),
        out_w(as_size(p.out_w)),
        in_c(as_size(p.in_c)),
        out_c(as_size(p.out_c)) {
    if (p.kernel_h != 1 || p.kernel_w != 1 || p.stride_h != 1 || p.stride_w != 1 ||
        p.pad_top != 0 || p.pad_left != 0 || p.in_h != p.out_h || p.in_w != p.out_w)
      return;
    out_w *= out_h * batch;
    w.in = static_cast<std::int64_t>(out_w);
    out_h = batch = 1;
    h.in = 1;
  }
  std::size_t pixels() const noexcept { return batch * out_h * out_w; }
  std::ptrdiff_t input_row() const noexcept { return as_distance(w.in) * as_distance(in_c); }
};
/// Output pixels [begin, end) of one row: row[0] and taps of the rest are its own.
struct float_row {
  const float* x;  // the input row that the first tap meets
  float* y;        // the output row
  float_taps taps;
  std::size_t begin, end;
};
inline float_row float_row_of(const float_image& i, const float* x, float* y, std::size_t pixel,
                              std::size_t end) noexcept {
  const std::size_t row = pixel / i.out_w, first = pixel % i.out_w, left = end - pixel,
                    n = i.out_w - first < left ? i.out_w - first : left;
  const float_taps t = i.h.at(static_cast<std::int64_t>(row % i.out_h));
  const auto at = as_distance(row / i.out_h) * as_distance(i.h.in) + as_distance(t.input);
  return {x + at * i.input_row(), y + row * i.out_w * i.out_c, t, first, first + n};
}

/// Pixels [begin, end) of all, times one panel of n columns.
template <class Sums>
HWY_NOINLINE void float_layer_panel(const float_layer_params& p, const float_image& image,
                                    const float* x, const float* w, const float* bias, float* y,
                                    std::size_t n, std::size_t width, std::size_t begin,
                                    std::size_t end) noexcept {
  const auto group_in = as_distance(p.in_c / p.groups), in_c = as_distance(image.in_c),
             tap = group_in * as_distance(width);
  // A kernel row whose taps lie side by side in the image is one run of elements.
  const bool joined = p.groups == 1 && image.w.tap_step() == 1 && image.w.input_step() == 1;
  const std::int64_t phases = image.w.phases(), step = image.w.phase_step();
  float_walk k;
  k.lo = p.min, k.hi = p.max;
  k.x_row = as_distance(image.h.input_step()) * image.input_row();
  k.w_row = as_distance(image.h.tap_step() * image.w.kernel) * tap;
  k.x_column = as_distance(image.w.input_step()) * in_c;
  k.w_column = as_distance(image.w.tap_step()) * tap;
  k.w_element = as_distance(width);
  k.x_pixel = as_distance(step) * in_c;
  k.y_pixel = as_distance(phases) * as_distance(image.out_c);
  for (std::size_t pixel = begin; pixel < end;) {
    const float_row row = float_row_of(image, x, y, pixel, end);
    pixel += row.end - row.begin;
    k.rows = as_distance(row.taps.count);
    const auto last = static_cast<std::int64_t>(row.end);
    for (std::int64_t phase = 0; phase < phases; ++phase)
      for (std::int64_t o = static_cast<std::int64_t>(row.begin) + phase; o < last;) {
        const float_taps t = image.w.at(o);
        bool four = o + 3 * phases < last;
        if (four) {
          const float_taps fourth = image.w.at(o + 3 * phases);
          four = fourth.first == t.first && fourth.count == t.count;
        }
        const auto taps = as_distance(t.count);
        k.columns = joined ? 1 : taps;
        k.elements = joined ? taps * group_in : group_in;
        const float* from = x;
        const float* with = w;
        if (k.rows != 0 && taps != 0) {  // else there is no such place
          from = row.x + as_distance(t.input) * in_c;
          with = w + as_distance(row.taps.first * image.w.kernel + t.first) * tap;
        }
        float* const to = row.y + as_size(o) * image.out_c;
        if (four)
          float_panel_tile<Sums, 4>(k, from, with, bias, to, n, width);
        else
          float_panel_tile<Sums, 1>(k, from, with, bias, to, n, width);
        o += four ? 4 * phases : phases;
      }
  }
}

/// A part's share: of the rows where there are enough of them, else of the panels.
struct float_share {
  part_range rows, panels;
  float_share(std::size_t all_rows, std::size_t all_panels, const kernel_args& a) noexcept
      : rows{0, all_rows}, panels{0, all_panels} {
    if (all_rows >= 4 * std::size_t{a.parts} || all_panels < a.parts)
      rows = part_of(all_rows, a.part, a.parts);
    else
      panels = part_of(all_panels, a.part, a.parts);
  }
};

/// Panel i of a group to `to`; columns in memory order are copied, others transposed.
inline HWY_NOINLINE void pack_float_panel(const kernels::float_columns& c, const float* w,
                                          std::size_t valid, std::size_t width,
                                          float* to) noexcept {
  if (c.column_stride == 1 && valid == width) {
    for (std::size_t s = 0; s < c.steps; ++s)
      std::memcpy(to + s * width, w + s * c.step_stride, width * sizeof(float));
  } else if (c.step_stride == 1 && valid == width) {
    transpose_matrix(w, c.column_stride, to, c.steps, width);
  } else {
    kernels::float_pack_panel(c, w, valid, width, to);
  }
}

template <class V>
struct kernel<kernel_id::float_layer, V>
    : packing_kernel<kernel<kernel_id::float_layer, V>, float_layer_params> {
  using base = packing_kernel<kernel, float_layer_params>;
  using base::params;
  static kernels::node_bytes bytes(const float_layer_params& p) {
    return kernels::float_gemm_bytes(layer_columns(p), layout);
  }
  static void pack_into(const float_layer_params& p, std::byte* to) {
    kernels::float_pack(layer_columns(p), layout, to);
  }
  static bool accepts(const void* p) {
    return kernels::float_gemm_accepts(layer_columns(params(p)), layout);
  }
  template <class Sums> static void layer(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    const kernels::float_columns c = layer_columns(p);
    const float_image image(p);
    const std::size_t most = kernels::float_panel_columns(layout), panels = c.panels(layout);
    const float_share share(image.pixels(), c.groups * panels, a);
    const auto* const x = static_cast<const float*>(a.in[0]);
    const auto* const bias = p.has_bias ? static_cast<const float*>(a.in[2]) : nullptr;
    auto* const y = static_cast<float*>(a.out[0]);
    for (std::size_t i = share.panels.begin; i < share.panels.end; ++i) {
      const std::size_t group = i / panels, panel = i % panels, first = panel * most,
                        channel = group * c.columns + first,
                        n = c.columns - first < most ? c.columns - first : most,
                        width = kernels::float_panel_width(c, layout, panel);
      const float* w = nullptr;
      if (p.weights != nullptr) {
        w = reinterpret_cast<const float*>(p.packed) +
            kernels::float_panel_at(c, layout, group, panel);
      } else {
        auto* const to = static_cast<float*>(a.scratch);
        pack_float_panel(c, static_cast<const float*>(a.in[1]) + channel * c.column_stride, n,
                         width, to);
        w = to;
      }
      float_layer_panel<Sums>(p, image, x + group * as_size(p.in_c / p.groups), w,
                              bias == nullptr ? nullptr : bias + channel, y + channel, n, width,
                              share.rows.begin, share.rows.end);
    }
  }
  static void run(const kernel_args& a) noexcept {
    params(a.params).wide_sums ? layer<wide_float_sums>(a) : layer<float_sums>(a);
  }
  static const char* describe(const void* p) {
    return p == nullptr || !params(p).wide_sums ? "float gemm" : "float gemm, binary64 sums";
  }
};

// ---- depthwise ----

/// The input channels of a vector of output channels: the same ones, or each several times.
struct same_channels {
  static constexpr std::size_t vectors = 4;
  HWY_INLINE same_channels(const float_layer_params&, std::size_t) {}
  HWY_INLINE VF operator()(const float* x, std::size_t c, std::size_t left) const {
    return left >= lanes32 ? simd::load(x + c) : simd::load_some(x + c, left);
  }
};
struct repeated_channels {
  static constexpr std::size_t vectors = 1;
  std::int32_t at[lanes32];
  /// Lanes behind the last channel take the last one.
  HWY_INLINE repeated_channels(const float_layer_params& p, std::size_t c) {
    const std::int32_t multiplier = p.out_c / p.in_c;
    for (int l = 0; l < lanes32; ++l) {
      const std::int32_t channel = static_cast<std::int32_t>(c) + l;
      at[l] = (channel < p.out_c ? channel : p.out_c - 1) / multiplier;
    }
  }
  HWY_INLINE VF operator()(const float* x, std::size_t, std::size_t) const {
    if (at[0] == at[lanes32 - 1]) return set_float(x[at[0]]);
    return hn::GatherIndex(DF(), x, simd::load(at));
  }
};
/// Pixels [begin, end) of NV vectors of channels from c on.
template <class Sums, class Channels, int NV>
HWY_NOINLINE void float_depthwise(const float_layer_params& p, const float_image& image,
                                  const float* x, const float* w, const float* bias, float* y,
                                  std::size_t c, std::size_t begin, std::size_t end) noexcept {
  const VF lo = set_float(p.min), hi = set_float(p.max);
  const Channels channels(p, c);
  const std::size_t left = image.out_c - c;
  const auto in_c = as_distance(image.in_c), out_c = as_distance(image.out_c),
             x_tap = as_distance(image.w.dilation) * in_c,
             x_row = as_distance(image.h.dilation) * image.input_row(),
             w_row = as_distance(image.w.kernel) * out_c;
  for (std::size_t pixel = begin; pixel < end;) {
    const float_row row = float_row_of(image, x, y, pixel, end);
    pixel += row.end - row.begin;
    for (std::size_t o = row.begin; o < row.end; ++o) {
      const float_taps t = image.w.at(static_cast<std::int64_t>(o));
      typename Sums::sum acc[NV];
      HWY_UNROLL(4)
      for (int v = 0; v < NV; ++v) acc[v] = Sums::zero();
      for (std::ptrdiff_t ky = 0; ky < row.taps.count; ++ky)
        for (std::ptrdiff_t kx = 0; kx < t.count; ++kx) {
          const float* const px = row.x + as_distance(t.input) * in_c + ky * x_row + kx * x_tap;
          const float* const pw = w +
                                  as_distance(row.taps.first * image.w.kernel + t.first) * out_c +
                                  ky * w_row + kx * out_c + c;
          HWY_UNROLL(4)
          for (int v = 0; v < NV; ++v) {
            const std::size_t done = as_size(v * lanes32), rest = left - done;
            const VF b = NV > 1 || rest >= lanes32 ? simd::load(pw + done)
                                                   : simd::load_some(pw + done, rest);
            acc[v] = Sums::add_product(acc[v],
                                       Sums::widen(channels(px, c + done, NV > 1 ? lanes32 : rest)),
                                       Sums::widen(b));
          }
        }
      float* const to = row.y + o * image.out_c + c;
      HWY_UNROLL(4)
      for (int v = 0; v < NV; ++v) {
        const std::size_t done = as_size(v * lanes32);
        finish_floats<Sums>(acc[v], bias == nullptr ? nullptr : bias + c + done, lo, hi, to + done,
                            left - done);
      }
    }
  }
}
template <class V> struct kernel<kernel_id::float_depthwise, V> {
  static const float_layer_params& params(const void* p) {
    return *static_cast<const float_layer_params*>(p);
  }
  template <class Sums, class Channels> static void layer(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    const float_image image(p);
    const part_range r = part_of(image.pixels(), a.part, a.parts);
    const auto *const x = static_cast<const float*>(a.in[0]),
                      *const w = static_cast<const float*>(a.in[1]),
                      *const bias = p.has_bias ? static_cast<const float*>(a.in[2]) : nullptr;
    auto* const y = static_cast<float*>(a.out[0]);
    constexpr std::size_t many = Channels::vectors * lanes32;
    for (std::size_t c = 0; c < image.out_c;) {
      if (image.out_c - c >= many) {
        float_depthwise<Sums, Channels, Channels::vectors>(p, image, x, w, bias, y, c, r.begin,
                                                           r.end);
        c += many;
      } else {
        float_depthwise<Sums, Channels, 1>(p, image, x, w, bias, y, c, r.begin, r.end);
        c += lanes32;
      }
    }
  }
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    if (p.in_c == p.out_c)
      p.wide_sums ? layer<wide_float_sums, same_channels>(a) : layer<float_sums, same_channels>(a);
    else
      p.wide_sums ? layer<wide_float_sums, repeated_channels>(a)
                  : layer<float_sums, repeated_channels>(a);
  }
  static const char* describe(const void*) { return "float depthwise"; }
  static constexpr kernel_entry value{&run, nullptr, nullptr, nullptr, nullptr, &describe, true};
  static constexpr const kernel_entry* entry = &value;
};

// ---- matrix products ----

/// A constant second operand that all matrices share is packed once, at plan time; others panel by
/// panel for each run, or read as they lie where there are too few rows to gain by it.
template <class V>
struct kernel<kernel_id::float_batch_matmul, V>
    : packing_kernel<kernel<kernel_id::float_batch_matmul, V>, batch_matmul_params> {
  using base = packing_kernel<kernel, batch_matmul_params>;
  using base::params;
  static kernels::node_bytes bytes(const batch_matmul_params& p) {
    return kernels::float_gemm_bytes(kernels::columns_of(p), layout);
  }
  static void pack_into(const batch_matmul_params& p, std::byte* to) {
    kernels::float_pack(kernels::columns_of(p), layout, to);
  }
  static bool accepts(const void* p) {
    return kernels::float_gemm_accepts(kernels::columns_of(params(p)), layout);
  }
  /// Rows [begin, end) of one matrix, times one panel.
  static HWY_NOINLINE void rows(const float_walk& k, const float* x, const float* w, float* y,
                                std::size_t n, std::size_t width, part_range r) noexcept {
    std::size_t i = r.begin;
    for (; i + 4 <= r.end; i += 4)
      float_panel_tile<float_sums, 4>(k, x + as_distance(i) * k.x_pixel, w, nullptr,
                                      y + as_distance(i) * k.y_pixel, n, width);
    for (; i < r.end; ++i)
      float_panel_tile<float_sums, 1>(k, x + as_distance(i) * k.x_pixel, w, nullptr,
                                      y + as_distance(i) * k.y_pixel, n, width);
  }
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    const kernels::float_columns c = kernels::columns_of(p);
    const std::size_t most = kernels::float_panel_columns(layout);
    const matrices m(p, a);
    const float_share share(p.m, c.panels(layout), m.each);
    float_walk k;
    k.elements = as_distance(p.k);
    k.x_element = p.adj_x ? as_distance(p.m) : 1;
    k.x_pixel = p.adj_x ? 1 : as_distance(p.k);
    k.y_pixel = as_distance(p.n);
    for (std::size_t batch = m.of.begin; batch < m.of.end; ++batch) {
      const std::array<std::size_t, 2> at = broadcast_offsets(p.batches, batch);
      const float* const x = static_cast<const float*>(a.in[0]) + at[0] * p.m * p.k;
      const float* const matrix = static_cast<const float*>(a.in[1]) + at[1] * p.k * p.n;
      float* const y = static_cast<float*>(a.out[0]) + batch * p.m * p.n;
      for (std::size_t i = share.panels.begin; i < share.panels.end; ++i) {
        const std::size_t first = i * most, left = p.n - first, n = left < most ? left : most,
                          width = kernels::float_panel_width(c, layout, i);
        const float* w = matrix + first * c.column_stride;
        k.w_element = as_distance(width);
        if (c.weights != nullptr) {
          w = reinterpret_cast<const float*>(p.packed) + kernels::float_panel_at(c, layout, 0, i);
        } else {
          if (!p.adj_y && n == width && share.rows.end - share.rows.begin < 8) {
            k.w_element = as_distance(p.n);
          } else {
            auto* const to = static_cast<float*>(a.scratch);
            pack_float_panel(c, w, n, width, to);
            w = to;
          }
        }
        rows(k, x, w, y + first, n, width, share.rows);
      }
    }
  }
  static const char* describe(const void* p) {
    return p != nullptr && kernels::columns_of(params(p)).weights != nullptr
               ? "float gemm, packed once"
               : "float gemm, packed each run";
  }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
