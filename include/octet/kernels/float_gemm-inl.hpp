// conv2d, depthwise_conv2d, transpose_conv2d, fully_connected and batch_matmul of float32: lanes
// are output channels, each output's sum runs in its reference's order. Part of a pass: see
// pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

// ---- sums ----

/// Binary32, one rounding per product and per addition.
struct float_sums {
  static constexpr bool bias_first = false;  // sums begin with the bias
  static constexpr int vectors_of_one = 4, vectors_of_four = vectors_of_four_rows,
                       vectors_of_eight = vectors_of_four_rows / 2, vectors_of_sixteen = 0;
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
  static constexpr bool bias_first = false;
  static constexpr int vectors_of_one = 2, vectors_of_four = vectors_of_four_rows / 2,
                       vectors_of_eight = 0, vectors_of_sixteen = 0;
  // Written out: g++ gives constructors of its own making no target, which vectors' need (NEON).
  struct pair {
    simd::VF64 low, high;
    HWY_INLINE pair() : low(hn::Zero(DF64())), high(hn::Zero(DF64())) {}
    HWY_INLINE pair(simd::VF64 l, simd::VF64 h) : low(l), high(h) {}
  };
  using sum = pair;
  using factor = simd::VF64;
  using weights = pair;
  static HWY_INLINE sum zero() { return {}; }
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

/// One rounding per product and addition together.
struct fused_sums : float_sums {
  static HWY_INLINE sum add_product(sum s, weights a, weights b) {
    return simd::rounded(fused(a, b, s));
  }
};
/// XNN.
struct fused_onto_bias : fused_sums {
  static constexpr bool bias_first = true;
  /// Of one vector, eight sums wait for each other, and tiles for their last ones.
  static constexpr int vectors_of_sixteen = vectors_of_four_rows / 4;
};

// ---- tiles ----

/// Where the products of a tile lie: kernel rows of kernel columns of elements, in the order in
/// which they are summed. Distances are in elements.
struct float_walk {
  std::ptrdiff_t rows = 1, columns = 1, elements = 0;
  std::ptrdiff_t x_row = 0, x_column = 0, x_element = 1;
  std::ptrdiff_t w_row = 0, w_column = 0, w_element = 0;
  std::ptrdiff_t x_pixel = 0, y_pixel = 0;  // between pixels of a tile
  float alpha = 1;                          // times each sum, of binary32, before its bias
  float lo = -std::numeric_limits<float>::infinity(), hi = std::numeric_limits<float>::infinity();

  bool clamps() const noexcept {
    return lo != -std::numeric_limits<float>::infinity() ||
           hi != std::numeric_limits<float>::infinity();
  }
};

/// What sums of n outputs begin with.
template <class Sums> HWY_INLINE typename Sums::sum begin_floats(const float* bias, std::size_t n) {
  if constexpr (Sums::bias_first)
    if (bias != nullptr) return n >= lanes32 ? simd::load(bias) : simd::load_some(bias, n);
  return Sums::zero();
}
/// What outputs are cut to, where there are bounds.
struct float_bounds {
  bool any;
  VF lo, hi;
  HWY_INLINE float_bounds(bool clamps, float low, float high)
      : any(clamps), lo(set_float(low)), hi(set_float(high)) {}
  HWY_INLINE explicit float_bounds(const float_walk& k) : float_bounds(k.clamps(), k.lo, k.hi) {}
};
/// Bias and bounds; n outputs from y on, of which at most a vector is written.
template <class Sums>
HWY_INLINE void finish_floats(typename Sums::sum s, const float* bias, const float_bounds& b,
                              float* y, std::size_t n) {
  const bool whole = n >= lanes32;
  if (!Sums::bias_first && bias != nullptr)
    s = Sums::add(s, Sums::widen(whole ? simd::load(bias) : simd::load_some(bias, n)));
  VF v = Sums::result(s);
  if (b.any) v = clamp_lanes(v, b.lo, b.hi);
  if (whole)
    simd::store(v, y);
  else
    simd::store_some(v, y, n);
}

/// How a tile adds the product of a pixel's element and vector v of weights to a sum.
template <class Sums> struct plain_product {
  HWY_INLINE typename Sums::sum operator()(typename Sums::sum s, typename Sums::factor a,
                                           const typename Sums::weights& b, int) const {
    return Sums::add_product(s, a, b);
  }
};
/// The pixels of a tile by fours: addresses of four and distances of up to three stay in registers,
/// of sixteen single ones half would not.
template <int MR> struct tile_pixels {
  static constexpr int fours = (MR + 3) / 4;
  const float* four[fours];
  std::ptrdiff_t step;
  HWY_INLINE tile_pixels(const float* first, std::ptrdiff_t from_pixel_to_pixel)
      : step(from_pixel_to_pixel) {
    HWY_UNROLL(4)
    for (int i = 0; i < fours; ++i) four[i] = first + 4 * i * step;
  }
  HWY_INLINE float operator[](int r) const { return four[r / 4][r % 4 * step]; }
  HWY_INLINE void advance(std::ptrdiff_t by) {
    HWY_UNROLL(4)
    for (int i = 0; i < fours; ++i) four[i] += by;
  }
};
/// MR pixels times NV vectors of channels, of which n are written.
template <class Sums, int MR, int NV, class Product>
HWY_INLINE void add_float_tile(const Product& product, const float_walk& k, const float* x,
                               const float* w, const float* bias, float* y, std::size_t n) {
  typename Sums::sum acc[MR][NV];
  HWY_UNROLL(4)
  for (int v = 0; v < NV; ++v) {
    const std::size_t done = as_size(v * lanes32);
    const bool begun = bias != nullptr && done < n;
    const auto start = begin_floats<Sums>(begun ? bias + done : nullptr, begun ? n - done : 0);
    HWY_UNROLL(16)
    for (int r = 0; r < MR; ++r) acc[r][v] = start;
  }
  for (std::ptrdiff_t row = 0; row < k.rows; ++row, x += k.x_row, w += k.w_row) {
    const float *from = x, *with = w;
    for (std::ptrdiff_t c = 0; c < k.columns; ++c, from += k.x_column, with += k.w_column) {
      tile_pixels<MR> pixel(from, k.x_pixel);
      const float* pw = with;
      for (std::ptrdiff_t e = k.elements; e != 0; --e) {
        typename Sums::weights b[NV];
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v) b[v] = Sums::widen(simd::load(pw + v * lanes32));
        HWY_UNROLL(16)
        for (int r = 0; r < MR; ++r) {
          const typename Sums::factor a = Sums::spread(pixel[r]);
          HWY_UNROLL(4)
          for (int v = 0; v < NV; ++v) acc[r][v] = product(acc[r][v], a, b[v], v);
        }
        pixel.advance(k.x_element), pw += k.w_element;
      }
    }
  }
  if constexpr (std::is_same_v<typename Sums::sum, VF>) {
    if (k.alpha != 1) {
      const VF alpha = set_float(k.alpha);
      HWY_UNROLL(16)
      for (int r = 0; r < MR; ++r) {
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v) acc[r][v] = simd::rounded(hn::Mul(acc[r][v], alpha));
      }
    }
  }
  const float_bounds bounds(k);
  HWY_UNROLL(16)
  for (int r = 0; r < MR; ++r) {
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) {
      const std::size_t done = as_size(v * lanes32);
      if (done < n)
        finish_floats<Sums>(acc[r][v], bias == nullptr ? nullptr : bias + done, bounds,
                            y + r * k.y_pixel + done, n - done);
    }
  }
}
template <class Sums, int MR, int NV>
HWY_NOINLINE void float_tile(const float_walk& k, const float* x, const float* w, const float* bias,
                             float* y, std::size_t n) noexcept {
  add_float_tile<Sums, MR, NV>(plain_product<Sums>{}, k, x, w, bias, y, n);
}
/// Vectors of a tile of MR pixels. Of panels no wider than those of eight, eight pixels are taken
/// together where there are as many.
template <class Sums, int MR>
inline constexpr int tile_vectors = MR == 1   ? Sums::vectors_of_one
                                    : MR == 4 ? Sums::vectors_of_four
                                    : MR == 8 ? Sums::vectors_of_eight
                                              : Sums::vectors_of_sixteen;
template <class Sums> constexpr bool takes_eight(std::size_t width) noexcept {
  return width <= as_size(Sums::vectors_of_eight * lanes32);
}
template <class Sums> constexpr bool takes_sixteen(std::size_t width) noexcept {
  return width <= as_size(Sums::vectors_of_sixteen * lanes32);
}
/// MR pixels times a panel of n columns, `width` as packed.
template <class Sums, int MR>
HWY_INLINE void float_panel_tile(const float_walk& k, const float* x, const float* w,
                                 const float* bias, float* y, std::size_t n,
                                 std::size_t width) noexcept {
  constexpr int most = tile_vectors<Sums, MR>;
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

// ---- tiles under ORT ----

/// The walk of a tile whose products are numbered in the order in which they are summed: blocks of
/// kernel rows of kernel columns of elements. Each group of numerics::mlas_order, and each block,
/// is a sum of its own.
struct mlas_walk {
  float_walk in;
  std::ptrdiff_t blocks = 1, x_block = 0, w_block = 0, last_elements = 0;  // of the last block
  std::ptrdiff_t first = 0, row_steps = 0, column_steps = 0;               // numbers of products
  numerics::mlas_order order{};
  float alpha = 1;
  bool from_zero = false;                          // the first group is added to 0
  std::ptrdiff_t start_row = 0, start_column = 1;  // from row to row of a tile, column to column
};
template <int MR, int NV> struct mlas_sums {
  VF acc[MR][NV], total[MR][NV];
  VF alpha;
  bool begun;
  /// `start`, where given: of the first row and column.
  HWY_INLINE mlas_sums(const mlas_walk& k, const float* start, std::size_t n)
      : alpha(set_float(k.alpha)), begun(start != nullptr || k.from_zero) {
    HWY_UNROLL(8)
    for (int r = 0; r < MR; ++r) {
      HWY_UNROLL(4)
      for (int v = 0; v < NV; ++v) {
        acc[r][v] = total[r][v] = hn::Zero(DF());
        const std::size_t done = as_size(v * lanes32);
        if (start == nullptr || done >= n) continue;
        const float* const from = start + r * k.start_row;
        total[r][v] = k.start_column == 0   ? set_float(*from)
                      : n - done >= lanes32 ? simd::load(from + done)
                                            : simd::load_some(from + done, n - done);
      }
    }
  }
  HWY_INLINE void end_group() {
    HWY_UNROLL(8)
    for (int r = 0; r < MR; ++r) {
      HWY_UNROLL(4)
      for (int v = 0; v < NV; ++v) {
        total[r][v] = begun ? simd::rounded(fused(acc[r][v], alpha, total[r][v]))
                            : simd::rounded(hn::Mul(acc[r][v], alpha));
        acc[r][v] = hn::Zero(DF());
      }
    }
    begun = true;
  }
};
/// As float_tile, of an mlas_walk.
template <class Sums, int MR, int NV>
HWY_NOINLINE void mlas_tile(const mlas_walk& k, const float* x, const float* w, const float* bias,
                            const float* start, float* y, std::size_t n) noexcept {
  mlas_sums<MR, NV> s(k, start, n);
  const float_walk& in = k.in;
  std::ptrdiff_t end = as_distance(k.order.end_of(0));
  for (std::ptrdiff_t block = 0; block < k.blocks; ++block, x += k.x_block, w += k.w_block) {
    const std::ptrdiff_t elements = block + 1 == k.blocks ? k.last_elements : in.elements;
    const float *rx = x, *rw = w;
    for (std::ptrdiff_t row = 0; row < in.rows; ++row, rx += in.x_row, rw += in.w_row) {
      const float *from = rx, *with = rw;
      for (std::ptrdiff_t c = 0; c < in.columns; ++c, from += in.x_column, with += in.w_column) {
        const float *px = from, *pw = with;
        std::ptrdiff_t at = k.first + row * k.row_steps + c * k.column_steps;
        for (std::ptrdiff_t left = elements; left != 0;) {
          if (at >= end) s.end_group(), end = as_distance(k.order.end_of(as_size(at)));
          const std::ptrdiff_t some = left < end - at ? left : end - at;
          for (std::ptrdiff_t e = some; e != 0; --e, px += in.x_element, pw += in.w_element) {
            VF b[NV];
            HWY_UNROLL(4)
            for (int v = 0; v < NV; ++v) b[v] = simd::load(pw + v * lanes32);
            HWY_UNROLL(8)
            for (int r = 0; r < MR; ++r) {
              const VF a = set_float(px[r * in.x_pixel]);
              HWY_UNROLL(4)
              for (int v = 0; v < NV; ++v) s.acc[r][v] = Sums::add_product(s.acc[r][v], a, b[v]);
            }
          }
          at += some, left -= some;
        }
      }
    }
    if (block + 1 < k.blocks) s.end_group();
  }
  s.end_group();
  const float_bounds bounds(in);
  HWY_UNROLL(8)
  for (int r = 0; r < MR; ++r) {
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) {
      const std::size_t done = as_size(v * lanes32);
      if (done < n)
        finish_floats<float_sums>(s.total[r][v], bias == nullptr ? nullptr : bias + done, bounds,
                                  y + r * in.y_pixel + done, n - done);
    }
  }
}
/// As float_panel_tile.
template <class Sums, int MR>
HWY_INLINE void mlas_panel_tile(const mlas_walk& k, const float* x, const float* w,
                                const float* bias, const float* start, float* y, std::size_t n,
                                std::size_t width) noexcept {
  constexpr int most = tile_vectors<Sums, MR>;
  std::size_t done = 0;
  while (done < width) {
    const std::size_t left = (width - done) / lanes32;
    const float* const b = bias == nullptr ? nullptr : bias + done;
    const float* const from = start == nullptr ? nullptr : start + done * as_size(k.start_column);
    int vectors = 1;
    if (most >= 4 && left >= 4) {
      if constexpr (most >= 4) mlas_tile<Sums, MR, 4>(k, x, w + done, b, from, y + done, n - done);
      vectors = 4;
    } else if (most >= 2 && left >= 2) {
      if constexpr (most >= 2) mlas_tile<Sums, MR, 2>(k, x, w + done, b, from, y + done, n - done);
      vectors = 2;
    } else {
      mlas_tile<Sums, MR, 1>(k, x, w + done, b, from, y + done, n - done);
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
      const std::int64_t start = o * stride - pad;
      // All taps meet the image: no division.
      if (start >= 0 && start + (kernel - 1) * dilation < in) return {0, kernel, start};
      const std::int64_t first = start < 0 ? (dilation - 1 - start) / dilation : 0,
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

/// How many outputs from o on, those a phase apart, meet the same taps as o; all are below `end`.
inline std::int64_t alike_outputs(const float_axis& axis, std::int64_t o,
                                  std::int64_t end) noexcept {
  const float_taps t = axis.at(o);
  if (!axis.transposed && t.first == 0 && t.count == axis.kernel) {  // up to the last whole window
    const std::int64_t beyond =
        (axis.in - 1 - (axis.kernel - 1) * axis.dilation + axis.pad) / axis.stride + 1;
    return (beyond < end ? beyond : end) - o;
  }
  const auto alike = [&](std::int64_t outputs) {
    const std::int64_t there = o + (outputs - 1) * axis.phases();
    if (there >= end) return false;
    const float_taps other = axis.at(there);  // what lies between two that are alike is so too
    return other.first == t.first && other.count == t.count;
  };
  std::int64_t n = 1;
  while (alike(n + 8)) n += 8;
  while (alike(n + 1)) ++n;
  return n;
}

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

/// Distances in a panel of packed weights.
struct panel_steps {
  std::ptrdiff_t in_c, group_in, width, tap;
  panel_steps(const float_layer_params& p, std::size_t panel_width)
      : in_c(p.in_c),
        group_in(p.group_in()),
        width(as_distance(panel_width)),
        tap(group_in * width) {}
};
inline float_walk walk_of(const float_layer_params& p, const float_image& image,
                          const panel_steps& s) noexcept {
  float_walk k;
  k.lo = p.min, k.hi = p.max;
  k.x_row = as_distance(image.h.input_step()) * image.input_row();
  k.w_row = as_distance(image.h.tap_step() * image.w.kernel) * s.tap;
  k.x_column = as_distance(image.w.input_step()) * s.in_c;
  k.w_column = as_distance(image.w.tap_step()) * s.tap;
  k.w_element = s.width;
  k.x_pixel = as_distance(image.w.phase_step()) * s.in_c;
  k.y_pixel = as_distance(image.w.phases()) * as_distance(image.out_c);
  return k;
}
/// One panel of n columns for pixels whose sums run in the order of the weights, or (XNN) of the
/// window's columns.
template <class Sums> struct plain_panel {
  using sums = Sums;
  panel_steps steps;
  bool by_columns;
  bool backward;  // transposed, the first tap first: it meets the last input
  bool joined;    // a kernel row whose taps lie side by side in the image is one run of elements
  std::ptrdiff_t x_shift = 0, w_shift = 0;  // to the tap that is summed first
  float_walk k;
  const float *w, *bias;
  std::size_t n;
  HWY_INLINE plain_panel(const float_layer_params& p, const float_image& image,
                         const float* weights, const float* biases, std::size_t columns,
                         std::size_t width)
      : steps(p, width),
        by_columns(p.by_columns),
        backward(Sums::bias_first && p.transposed),
        joined(!by_columns && p.groups == 1 && image.w.tap_step() == 1 &&
               image.w.input_step() == 1),
        k(walk_of(p, image, steps)),
        w(weights),
        bias(biases),
        n(columns) {
    if (by_columns) std::swap(k.x_row, k.x_column), std::swap(k.w_row, k.w_column);
    if (!backward) return;
    k.x_row = -k.x_row, k.w_row = -k.w_row;
    k.x_column = -k.x_column, k.w_column = -k.w_column;
  }
  HWY_INLINE void taps_are(const float_row& row, const float_taps& t) {
    const auto taps = as_distance(t.count);
    k.rows = as_distance(row.taps.count);
    k.columns = joined ? 1 : taps;
    k.elements = joined ? taps * steps.group_in : steps.group_in;
    if (by_columns) std::swap(k.rows, k.columns);
    if (!backward) return;
    const bool some = k.rows != 0 && k.columns != 0;  // else there is no such place
    x_shift = some ? -(k.rows - 1) * k.x_row - (k.columns - 1) * k.x_column : 0;
    w_shift = some ? -(k.rows - 1) * k.w_row - (k.columns - 1) * k.w_column : 0;
  }
  template <int MR> HWY_INLINE void run(const float* x, const float* with, float* y) const {
    float_panel_tile<Sums, MR>(k, x + x_shift, with + w_shift, bias, y, n, as_size(steps.width));
  }
};
/// The same for ORT's orders.
template <class Sums> struct mlas_panel {
  using sums = Sums;
  panel_steps steps;
  mlas_layer order;
  std::ptrdiff_t kernel_w, taps, x_shift = 0, w_shift = 0;  // to the tap that is summed first
  bool transposed;
  mlas_walk k;
  float_walk plain;
  const float *w, *bias, *start;
  std::size_t n;
  HWY_INLINE mlas_panel(const float_layer_params& p, const float_image& image, const float* weights,
                        const float* biases, std::size_t columns, std::size_t width)
      : steps(p, width),
        order(p.mlas),
        kernel_w(p.kernel_w),
        taps(as_distance(p.kernel_h) * p.kernel_w),
        transposed(p.transposed),
        plain(walk_of(p, image, steps)),
        w(weights),
        bias(p.mlas.bias_first ? nullptr : biases),
        start(p.mlas.bias_first ? biases : nullptr),
        n(columns) {
    k.in = plain;
    k.order = order.order;
    const auto channels = as_distance(order.channels);
    if (transposed) {
      k.from_zero = true;
      k.in.x_row = -plain.x_row, k.in.w_row = -plain.w_row;
      k.in.x_column = -plain.x_column, k.in.w_column = -plain.w_column;
      k.column_steps = as_distance(order.order.block);
    } else if (channels != 0) {
      k.blocks = (steps.group_in + channels - 1) / channels;
      k.x_block = channels, k.w_block = channels * steps.width;
    } else if (taps != 1) {
      k.row_steps = taps, k.column_steps = kernel_w;
    }
  }
  HWY_INLINE void taps_are(const float_row& row, const float_taps& t) {
    const auto high = as_distance(row.taps.count), wide = as_distance(t.count),
               channels = as_distance(order.channels);
    float_walk& in = k.in;
    if (transposed) {  // a group for each tap, the first tap first: it meets the last input
      in.rows = high, in.columns = wide, in.elements = k.last_elements = steps.group_in;
      k.row_steps = wide * k.column_steps;
      x_shift = w_shift = 0;
      if (high == 0 || wide == 0) return;
      x_shift = (high - 1) * plain.x_row + (wide - 1) * plain.x_column;
      w_shift = (high - 1) * plain.w_row + (wide - 1) * plain.w_column;
    } else if (channels > 1 || taps == 1) {  // kernel row, kernel column, channel
      in.rows = high, in.columns = wide;
      in.elements = channels > 1 ? channels : steps.group_in;
      k.last_elements = channels > 1 ? steps.group_in - (k.blocks - 1) * channels : in.elements;
      if (channels == 1) in.elements = k.last_elements = 1;
    } else if (channels == 1) {  // a block for each channel: kernel row, kernel column
      in.rows = high, in.columns = 1, in.elements = k.last_elements = wide;
      in.x_element = plain.x_column, in.w_element = plain.w_column;
    } else {  // channel, kernel row, kernel column
      in.rows = high == 0 || wide == 0 ? 0 : steps.group_in, in.columns = high;
      in.elements = k.last_elements = wide;
      in.x_row = 1, in.w_row = steps.width;
      in.x_column = plain.x_row, in.w_column = plain.w_row;
      in.x_element = plain.x_column, in.w_element = plain.w_column;
      k.first = as_distance(row.taps.first) * kernel_w + as_distance(t.first);
    }
  }
  template <int MR> HWY_INLINE void run(const float* x, const float* with, float* y) const {
    mlas_panel_tile<Sums, MR>(k, x + x_shift, with + w_shift, bias, start, y, n,
                              as_size(steps.width));
  }
};
/// The next smaller number of pixels that a tile has.
constexpr std::int64_t fewer(std::int64_t pixels) noexcept { return pixels == 4 ? 1 : pixels / 2; }
/// 1, 4, 8 or 16 pixels that meet the same taps.
template <class Panel>
HWY_INLINE void float_pixels(const Panel& panel, int pixels, const float* x, const float* with,
                             float* y) {
  if constexpr (Panel::sums::vectors_of_sixteen != 0)
    if (pixels == 16) return panel.template run<16>(x, with, y);
  if constexpr (Panel::sums::vectors_of_eight != 0)
    if (pixels == 8) return panel.template run<8>(x, with, y);
  if (pixels == 4) return panel.template run<4>(x, with, y);
  panel.template run<1>(x, with, y);
}
/// Pixels [begin, end) of all, times one panel.
template <class Panel>
HWY_NOINLINE void float_layer_panel(Panel& panel, const float_image& image, const float* x,
                                    float* y, std::size_t begin, std::size_t end) noexcept {
  const std::int64_t phases = image.w.phases();
  const panel_steps& steps = panel.steps;
  using sums = typename Panel::sums;
  const std::int64_t most = takes_sixteen<sums>(as_size(steps.width)) ? 16
                            : takes_eight<sums>(as_size(steps.width)) ? 8
                                                                      : 4;
  for (std::size_t pixel = begin; pixel < end;) {
    const float_row row = float_row_of(image, x, y, pixel, end);
    pixel += row.end - row.begin;
    const auto last = static_cast<std::int64_t>(row.end);
    for (std::int64_t phase = 0; phase < phases; ++phase)
      for (std::int64_t o = static_cast<std::int64_t>(row.begin) + phase; o < last;) {
        const float_taps t = image.w.at(o);
        const std::int64_t run = alike_outputs(image.w, o, last);
        panel.taps_are(row, t);
        const float *from = x, *with = panel.w;
        if (row.taps.count != 0 && t.count != 0) {  // else there is no such place
          from = row.x + as_distance(t.input) * steps.in_c;
          with = panel.w + as_distance(row.taps.first * image.w.kernel + t.first) * steps.tap;
        }
        float* const to = row.y + as_size(o) * image.out_c;
        const std::ptrdiff_t x_pixel = as_distance(image.w.phase_step()) * steps.in_c,
                             y_pixel = as_distance(phases) * as_distance(image.out_c);
        for (std::int64_t i = 0; i < run;) {
          const std::int64_t left = run - i;
          // So many that one step takes them all, with some from further back once more.
          std::int64_t together = most;
          while (together > 1 && (together > run || fewer(together) >= left))
            together = fewer(together);
          if (together > left) i = run - together;
          float_pixels(panel, static_cast<int>(together), from + i * x_pixel, with,
                       to + i * y_pixel);
          i += together;
        }
        o += run * phases;
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
  } else if (c.step_stride == 1) {
    transpose_matrix(w, c.column_stride, to, width, c.steps, valid);
    for (std::size_t s = 0; s < c.steps && valid < width; ++s)
      std::memset(to + s * width + valid, 0, (width - valid) * sizeof(float));
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
  /// Not: taps of a transposed layer that are more than one chain each.
  static bool accepts(const void* v) {
    const auto& p = params(v);
    const bool chains = p.transposed && p.mlas.used && as_size(p.in_c) > p.mlas.order.block;
    return !chains && kernels::float_gemm_accepts(layer_columns(p), layout);
  }
  template <class Panel> static void layer(const kernel_args& a) noexcept {
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
      Panel columns(p, image, w, bias == nullptr ? nullptr : bias + channel, n, width);
      float_layer_panel(columns, image, x + group * as_size(p.in_c / p.groups), y + channel,
                        share.rows.begin, share.rows.end);
    }
  }
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    if (p.mlas.used)
      p.mlas.order.fours ? layer<mlas_panel<float_sums>>(a) : layer<mlas_panel<fused_sums>>(a);
    else if (p.fused)
      layer<plain_panel<fused_onto_bias>>(a);
    else
      p.wide_sums ? layer<plain_panel<wide_float_sums>>(a) : layer<plain_panel<float_sums>>(a);
  }
  static const char* describe(const void* p) {
    if (p != nullptr && (params(p).mlas.used || params(p).fused)) return "float gemm, fused";
    return p == nullptr || !params(p).wide_sums ? "float gemm" : "float gemm, binary64 sums";
  }
};

// ---- products that are brought to floats by themselves ----

/// Products of codes and weights, which are exact: each times its channel's scale, then its
/// image's.
template <int NV> struct scaled_product {
  VF scale[NV], image;
  HWY_INLINE scaled_product(const float* channels, float of_image, std::size_t n)
      : image(set_float(of_image)) {
    HWY_UNROLL(2)
    for (int v = 0; v < NV; ++v) {
      const std::size_t done = as_size(v * lanes32);
      scale[v] = hn::Zero(DF());
      if (done < n)
        scale[v] = n - done >= lanes32 ? simd::load(channels + done)
                                       : simd::load_some(channels + done, n - done);
    }
  }
  HWY_INLINE VF operator()(VF s, VF a, VF b, int v) const {
    const VF product = simd::rounded(hn::Mul(a, b)),
             scaled = simd::rounded(hn::Mul(product, scale[v]));
    return simd::rounded(hn::Add(s, simd::rounded(hn::Mul(scaled, image))));
  }
};
template <int MR, int NV>
HWY_NOINLINE void scaled_tile(const float_walk& k, const float* x, const float* w,
                              const float* channels, float image, const float* bias, float* y,
                              std::size_t n) noexcept {
  add_float_tile<float_sums, MR, NV>(scaled_product<NV>(channels, image, n), k, x, w, bias, y, n);
}
/// One panel of n columns of an image's pixels.
struct scaled_panel {
  struct sums {
    static constexpr int vectors_of_eight = 0, vectors_of_sixteen = 0;
  };
  panel_steps steps;
  float_walk k;
  const float *w, *channels, *bias;
  std::size_t n;
  float image = 1;
  HWY_INLINE scaled_panel(const dynamic_transpose_params& p, const float_image& extents,
                          const float* weights, const float* scales, const float* biases,
                          std::size_t columns, std::size_t width)
      : steps(p, width),
        k(walk_of(p, extents, steps)),
        w(weights),
        channels(scales),
        bias(biases),
        n(columns) {}
  HWY_INLINE void taps_are(const float_row& row, const float_taps& t) {
    k.rows = as_distance(row.taps.count), k.columns = as_distance(t.count);
    k.elements = steps.group_in;
  }
  template <int MR> HWY_INLINE void run(const float* x, const float* with, float* y) const {
    const std::size_t width = as_size(steps.width);
    for (std::size_t done = 0; done < width;) {
      const float* const b = bias == nullptr ? nullptr : bias + done;
      const bool two = width - done >= 2 * lanes32;
      const auto tile = two ? &scaled_tile<MR, 2> : &scaled_tile<MR, 1>;
      tile(k, x, with + done, channels + done, image, b, y + done, n - done);
      done += two ? 2 * lanes32 : lanes32;
    }
  }
};
template <class V>
struct kernel<kernel_id::dynamic_transpose, V>
    : packing_kernel<kernel<kernel_id::dynamic_transpose, V>, dynamic_transpose_params> {
  using base = packing_kernel<kernel, dynamic_transpose_params>;
  using base::params;
  static kernels::node_bytes bytes(const dynamic_transpose_params& p) {
    return kernels::dynamic_transpose_bytes(p, layout);
  }
  static void pack_into(const dynamic_transpose_params& p, std::byte* to) {
    kernels::float_pack<std::int8_t>(layer_columns(p), layout, to);
  }
  static bool accepts(const void* p) {
    return kernels::dynamic_transpose_accepts(params(p), layout);
  }
  static HWY_NOINLINE void codes_as_floats(const std::int16_t* x, float* to,
                                           std::size_t n) noexcept {
    std::size_t i = 0;
    for (; i + lanes32 <= n; i += lanes32)
      simd::store(hn::ConvertTo(DF(), simd::load_as32(x + i)), to + i);
    for (; i < n; ++i) to[i] = x[i];
  }
  /// The input rows that output pixels `share` meet, to where they lie among all.
  static void convert(const dynamic_transpose_params& p, const float_image& extents,
                      const std::int16_t* x, float* to, part_range share) noexcept {
    const std::size_t row = product_of(p.in_w, p.in_c), image = product_of(p.in_h) * row,
                      width = as_size(p.out_w), each = product_of(p.out_h, p.out_w);
    if (extents.out_w != width) return codes_as_floats(x, to, as_size(p.batch) * image);  // one row
    for (std::size_t pixel = share.begin; pixel < share.end;) {
      const std::size_t n = pixel / each, next = (n + 1) * each,
                        end = next < share.end ? next : share.end, last = (end - 1) % each / width;
      std::size_t first_row = as_size(p.in_h), end_row = 0;
      for (std::size_t o = pixel % each / width; o <= last; ++o) {
        const float_taps t = extents.h.at(static_cast<std::int64_t>(o));
        if (t.count == 0) continue;
        const std::size_t from = as_size(t.input), behind = as_size(t.input + t.count);
        first_row = from < first_row ? from : first_row;
        end_row = behind > end_row ? behind : end_row;
      }
      if (const std::size_t at = n * image + first_row * row; first_row < end_row)
        codes_as_floats(x + at, to + at, (end_row - first_row) * row);
      pixel = end;
    }
  }
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    const kernels::float_columns c = layer_columns(p);
    const float_image extents(p);
    const std::size_t most = kernels::float_panel_columns(layout),
                      each = product_of(p.out_h, p.out_w);
    const float_share share(extents.pixels(), c.panels(layout), a);
    auto* const x = static_cast<float*>(a.scratch);
    convert(p, extents, static_cast<const std::int16_t*>(a.in[0]), x, share.rows);
    const auto* const images = static_cast<const float*>(a.in[2]);
    const auto* const bias = p.has_bias ? static_cast<const float*>(a.in[3]) : nullptr;
    auto* const y = static_cast<float*>(a.out[0]);
    for (std::size_t i = share.panels.begin; i < share.panels.end; ++i) {
      const std::size_t first = i * most, n = c.columns - first < most ? c.columns - first : most;
      scaled_panel panel(
          p, extents,
          reinterpret_cast<const float*>(p.packed) + kernels::float_panel_at(c, layout, 0, i),
          p.scales + first, bias == nullptr ? nullptr : bias + first, n,
          kernels::float_panel_width(c, layout, i));
      for (std::size_t pixel = share.rows.begin; pixel < share.rows.end;) {
        const std::size_t image = pixel / each, left = share.rows.end - pixel,
                          rest = (image + 1) * each - pixel, some = rest < left ? rest : left;
        panel.image = images[image];
        float_layer_panel(panel, extents, x, y + first, pixel, pixel + some);
        pixel += some;
      }
    }
  }
  static const char* describe(const void*) { return "float gemm, scaled products"; }
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
/// Groups of four products (numerics::mlas_order), each with a sum of its own.
struct sums_of_fours : float_sums {};
/// How a depthwise sum walks over its window: rows of columns, or (XNN) columns of rows. Distances
/// are in elements.
struct window_walk {
  std::ptrdiff_t outer, inner, x_outer, x_inner, w_outer, w_inner;
};
inline window_walk window_walk_of(const float_layer_params& p, const float_image& image,
                                  std::ptrdiff_t rows, std::ptrdiff_t columns) noexcept {
  const auto in_c = as_distance(image.in_c), out_c = as_distance(image.out_c),
             x_tap = as_distance(image.w.dilation) * in_c,
             x_row = as_distance(image.h.dilation) * image.input_row(),
             w_row = as_distance(image.w.kernel) * out_c;
  return p.by_columns ? window_walk{columns, rows, x_tap, x_row, out_c, w_row}
                      : window_walk{rows, columns, x_row, x_tap, w_row, out_c};
}
/// What the sums of pixels that meet the same taps have in common.
struct depthwise_taps {
  window_walk walk;
  std::ptrdiff_t first, kernel_w;  // the number of the first product; from row to row
  const float* w;                  // of the first tap and channel
  std::ptrdiff_t x_pixel, y_pixel;
};
/// MP pixels times NV vectors of channels, of which `left` are there; x: what channel 0 of the
/// first tap meets; c: the first channel.
template <class Sums, class Channels, int NV, int MP>
HWY_INLINE void depthwise_tile(const float_layer_params& p, const depthwise_taps& k,
                               const Channels& channels, const float* x, const float* bias,
                               float* y, std::size_t c, std::size_t left) noexcept {
  constexpr bool in_fours = std::is_same_v<Sums, sums_of_fours>;
  typename Sums::sum acc[MP][NV], total[MP][NV];
  HWY_UNROLL(4)
  for (int v = 0; v < NV; ++v) {
    const std::size_t done = as_size(v * lanes32);
    const auto start = begin_floats<Sums>(bias == nullptr ? nullptr : bias + done, left - done);
    HWY_UNROLL(4)
    for (int m = 0; m < MP; ++m) acc[m][v] = start, total[m][v] = Sums::zero();
  }
  std::ptrdiff_t group_end = 0;
  for (std::ptrdiff_t i = 0; i < k.walk.outer; ++i)
    for (std::ptrdiff_t j = 0; j < k.walk.inner; ++j) {
      if constexpr (in_fours) {
        const std::ptrdiff_t at = k.first + i * k.kernel_w + j;
        if (at >= group_end) {
          group_end = as_distance(p.mlas.order.end_of(as_size(at)));
          HWY_UNROLL(4)
          for (int m = 0; m < MP; ++m) {
            HWY_UNROLL(4)
            for (int v = 0; v < NV; ++v)
              total[m][v] = Sums::add(total[m][v], acc[m][v]), acc[m][v] = Sums::zero();
          }
        }
      }
      const float* const px = x + i * k.walk.x_outer + j * k.walk.x_inner;
      const float* const pw = k.w + i * k.walk.w_outer + j * k.walk.w_inner;
      HWY_UNROLL(4)
      for (int v = 0; v < NV; ++v) {
        const std::size_t done = as_size(v * lanes32), rest = left - done;
        const auto b = Sums::widen(NV > 1 || rest >= lanes32 ? simd::load(pw + done)
                                                             : simd::load_some(pw + done, rest));
        HWY_UNROLL(4)
        for (int m = 0; m < MP; ++m)
          acc[m][v] = Sums::add_product(
              acc[m][v],
              Sums::widen(channels(px + m * k.x_pixel, c + done, NV > 1 ? lanes32 : rest)), b);
      }
    }
  const float_bounds bounds(true, p.min, p.max);
  HWY_UNROLL(4)
  for (int m = 0; m < MP; ++m) {
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) {
      const std::size_t done = as_size(v * lanes32);
      if constexpr (in_fours) acc[m][v] = Sums::add(total[m][v], acc[m][v]);
      finish_floats<Sums>(acc[m][v], bias == nullptr ? nullptr : bias + done, bounds,
                          y + m * k.y_pixel + done, left - done);
    }
  }
}
/// Pixels [begin, end) of NV vectors of channels from c on. One vector alone takes four pixels
/// together: one is a single chain of additions.
template <class Sums, class Channels, int NV>
HWY_NOINLINE void float_depthwise(const float_layer_params& p, const float_image& image,
                                  const float* x, const float* w, const float* bias, float* y,
                                  std::size_t c, std::size_t begin, std::size_t end) noexcept {
  constexpr int together = NV == 1 ? 4 : 1;
  const Channels channels(p, c);
  const std::size_t left = image.out_c - c;
  const auto in_c = as_distance(image.in_c), out_c = as_distance(image.out_c);
  const float* const b = bias == nullptr ? nullptr : bias + c;
  for (std::size_t pixel = begin; pixel < end;) {
    const float_row row = float_row_of(image, x, y, pixel, end);
    pixel += row.end - row.begin;
    for (std::size_t o = row.begin; o < row.end;) {
      const float_taps t = image.w.at(static_cast<std::int64_t>(o));
      const std::int64_t run =
          alike_outputs(image.w, static_cast<std::int64_t>(o), static_cast<std::int64_t>(row.end));
      const bool some = row.taps.count != 0 && t.count != 0;  // else there is no such place
      const std::ptrdiff_t tap = some ? as_distance(row.taps.first * image.w.kernel + t.first) : 0;
      const depthwise_taps k{window_walk_of(p, image, row.taps.count, t.count),
                             tap,
                             as_distance(image.w.kernel),
                             w + tap * out_c + as_distance(c),
                             as_distance(image.w.stride) * in_c,
                             out_c};
      const float* const from = some ? row.x + as_distance(t.input) * in_c : x;
      float* const to = row.y + o * image.out_c + c;
      std::int64_t i = 0;
      for (; i + together <= run; i += together)
        depthwise_tile<Sums, Channels, NV, together>(p, k, channels, from + i * k.x_pixel, b,
                                                     to + i * out_c, c, left);
      if constexpr (together != 1)
        for (; i < run; ++i)
          depthwise_tile<Sums, Channels, NV, 1>(p, k, channels, from + i * k.x_pixel, b,
                                                to + i * out_c, c, left);
      o += as_size(run);
    }
  }
}
template <class V>
struct kernel<kernel_id::float_depthwise, V> : plain_kernel<kernel<kernel_id::float_depthwise, V>> {
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
  template <class Channels> static void run_on(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    if (p.mlas.used)
      p.mlas.order.fours ? layer<sums_of_fours, Channels>(a) : layer<fused_sums, Channels>(a);
    else if (p.fused)
      layer<fused_onto_bias, Channels>(a);
    else
      p.wide_sums ? layer<wide_float_sums, Channels>(a) : layer<float_sums, Channels>(a);
  }
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    p.in_c == p.out_c ? run_on<same_channels>(a) : run_on<repeated_channels>(a);
  }
  /// Not: a window that is more than one chain.
  static bool accepts(const void* v) {
    const auto& p = params(v);
    return !p.mlas.used || p.mlas.order.fours ||
           product_of(p.kernel_h, p.kernel_w) <= p.mlas.order.block;
  }
  static const char* describe(const void*) { return "float depthwise"; }
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
  template <class Sums>
  static HWY_NOINLINE void rows(const float_walk& k, const float* x, const float* w, float* y,
                                std::size_t n, std::size_t width, part_range r) noexcept {
    std::size_t i = r.begin;
    if constexpr (Sums::vectors_of_eight != 0)
      for (; takes_eight<Sums>(width) && i + 8 <= r.end; i += 8)
        float_panel_tile<Sums, 8>(k, x + as_distance(i) * k.x_pixel, w, nullptr,
                                  y + as_distance(i) * k.y_pixel, n, width);
    for (; i + 4 <= r.end; i += 4)
      float_panel_tile<Sums, 4>(k, x + as_distance(i) * k.x_pixel, w, nullptr,
                                y + as_distance(i) * k.y_pixel, n, width);
    for (; i < r.end; ++i)
      float_panel_tile<Sums, 1>(k, x + as_distance(i) * k.x_pixel, w, nullptr,
                                y + as_distance(i) * k.y_pixel, n, width);
  }
  /// The same under ORT. start: of the first row and column of the panel.
  template <class Sums>
  static HWY_NOINLINE void mlas_rows(const mlas_walk& k, const float* x, const float* w,
                                     const float* start, float* y, std::size_t n, std::size_t width,
                                     part_range r) noexcept {
    for (std::size_t i = r.begin; i < r.end;) {
      const auto at = as_distance(i);
      const float* const from = start == nullptr ? nullptr : start + at * k.start_row;
      const float* const rx = x + at * k.in.x_pixel;
      float* const ry = y + at * k.in.y_pixel;
      const std::size_t left = r.end - i;
      if (takes_eight<Sums>(width) && left >= 8) {
        mlas_panel_tile<Sums, 8>(k, rx, w, nullptr, from, ry, n, width);
        i += 8;
      } else if (left >= 4) {
        mlas_panel_tile<Sums, 4>(k, rx, w, nullptr, from, ry, n, width);
        i += 4;
      } else {
        mlas_panel_tile<Sums, 1>(k, rx, w, nullptr, from, ry, n, width);
        ++i;
      }
    }
  }
  /// Of one matrix, after k.w_element is known.
  static void run_rows(const batch_matmul_params& p, const float_walk& k, const float* x,
                       const float* w, const float* start, float* y, std::size_t n,
                       std::size_t width, part_range r) noexcept {
    if (!p.mlas)
      return p.fused ? rows<fused_sums>(k, x, w, y, n, width, r)
                     : rows<float_sums>(k, x, w, y, n, width, r);
    if (!p.order.fours && p.k <= p.order.block && start == nullptr) {  // one chain, from 0
      float_walk chain = k;
      chain.alpha = p.alpha;
      return rows<fused_sums>(chain, x, w, y, n, width, r);
    }
    mlas_walk m;
    m.in = k;
    m.last_elements = k.elements;
    m.order = p.order;
    m.alpha = p.alpha;
    m.start_row = as_distance(p.start.row), m.start_column = as_distance(p.start.column);
    p.order.fours ? mlas_rows<float_sums>(m, x, w, start, y, n, width, r)
                  : mlas_rows<fused_sums>(m, x, w, start, y, n, width, r);
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
      const float* const start =
          p.has_start ? p.start.row_of(static_cast<const float*>(a.in[2]), batch, 0) : nullptr;
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
        run_rows(p, k, x, w, start == nullptr ? nullptr : start + first * p.start.column, y + first,
                 n, width, share.rows);
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
