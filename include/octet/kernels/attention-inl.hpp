// attention: rows of scores that stay in cache between the two products. Part of a pass: see
// pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

template <class V> struct kernel<kernel_id::attention, V> {
  using product = kernel<kernel_id::float_batch_matmul, V>;
  static const attention_params& params(const void* p) {
    return *static_cast<const attention_params*>(p);
  }
  static std::size_t scratch_bytes(const void* p) {
    return kernels::attention_bytes(params(p), layout).scratch;
  }
  static bool accepts(const void* p) { return kernels::attention_accepts(params(p), layout); }
  /// The second operand of a product as the tiles read it: packed into `to`, or as it lies.
  static HWY_NOINLINE const float* panels(const kernels::float_columns& c, const float* w,
                                          float* to) noexcept {
    const std::size_t most = kernels::float_panel_columns(layout);
    if (c.column_stride == 1 && c.step_stride == c.columns &&
        c.columns == kernels::float_panel_width(c, layout, 0))
      return w;
    for (std::size_t i = 0; i < c.panels(layout); ++i) {
      const std::size_t left = c.columns - i * most;
      pack_float_panel(c, w + i * most * c.column_stride, left < most ? left : most,
                       kernels::float_panel_width(c, layout, i),
                       to + kernels::float_panel_at(c, layout, 0, i));
    }
    return to;
  }
  /// Rows of a product, and how far they are apart.
  template <class T> struct rows_at {
    T* first;
    std::size_t step;
  };
  /// `rows` rows at x times all panels.
  static HWY_NOINLINE void multiply(const batch_matmul_params& p, rows_at<const float> x,
                                    const float* w, rows_at<float> y, std::size_t rows) noexcept {
    const kernels::float_columns c = kernels::columns_of(p);
    const std::size_t most = kernels::float_panel_columns(layout);
    float_walk k;
    k.elements = as_distance(p.k);
    k.x_pixel = as_distance(x.step), k.y_pixel = as_distance(y.step);
    for (std::size_t i = 0; i < c.panels(layout); ++i) {
      const std::size_t first = i * most, left = p.n - first,
                        width = kernels::float_panel_width(c, layout, i);
      k.w_element = as_distance(width);
      product::run_rows(p, k, x.first, w + kernels::float_panel_at(c, layout, 0, i), nullptr,
                        y.first + first, left < most ? left : most, width, {0, rows});
    }
  }
  /// What is added to a row's scores.
  enum class mask_kind : std::uint8_t { none, one, each };
  /// A row's scores times the scale, plus its mask; stored where the scores were.
  template <mask_kind Mask> struct adjusted {
    float* x;
    const float* mask;
    VF by, one;
    HWY_INLINE adjusted(float* row, float scale, const float* of_row)
        : x(row),
          mask(of_row),
          by(set_float(scale)),
          one(set_float(Mask == mask_kind::one ? *of_row : 0.f)) {}
    HWY_INLINE VF of(VF v, VF added) const {
      const VF scaled = simd::rounded(hn::Mul(v, by));
      return Mask == mask_kind::none ? scaled : hn::Add(scaled, added);
    }
    HWY_INLINE VF whole(std::size_t i) const {
      const VF v = of(simd::load(x + i), Mask == mask_kind::each ? simd::load(mask + i) : one);
      simd::store(v, x + i);
      return v;
    }
    HWY_INLINE VF some(std::size_t i, std::size_t left) const {
      const VF v = of(simd::load_some(x + i, left),
                      Mask == mask_kind::each ? simd::load_some(mask + i, left) : one);
      simd::store_some(v, x + i, left);
      return v;
    }
    HWY_INLINE float first() const {
      return hn::GetLane(of(set_float(*x), Mask == mask_kind::each ? set_float(*mask) : one));
    }
  };
  /// All n scores of a row; returns the largest.
  template <mask_kind Mask>
  static HWY_NOINLINE float adjust(float* x, std::size_t n, float scale,
                                   const float* mask) noexcept {
    const adjusted<Mask> row(x, scale, mask);
    return largest_made(row.first(), n, row);
  }
  /// numerics::attention_dot.
  static HWY_INLINE float dot(const float* a, const float* b, std::size_t n) noexcept {
    simd::lane_block<float, 8> sums(0.f), x(0.f), y(0.f);
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
      x.load(a + i), y.load(b + i);
      for (int v = 0; v < sums.vectors; ++v)
        sums.v[v] = simd::rounded(hn::Add(sums.v[v], simd::rounded(hn::Mul(x.v[v], y.v[v]))));
    }
    float each[8];
    sums.store(each);
    float sum = numerics::sum_of_eight_lanes(each);
    for (; i < n; ++i) sum = numerics::add(sum, numerics::mul(a[i], b[i]));
    return sum;
  }
  /// The scores of the only row.
  static HWY_NOINLINE void compare(const attention_params& p, const float* q, const float* k,
                                   float* scores) noexcept {
    for (std::size_t j = 0; j < p.scores.n; ++j)
      scores[j] = numerics::mul(dot(q, k + j * p.scores.b_row, p.scores.k), p.scores.alpha);
  }
  using adjust_row_of = float (*)(float*, std::size_t, float, const float*);
  static adjust_row_of adjustment(const attention_params& p) noexcept {
    return !p.masked            ? &adjust<mask_kind::none>
           : p.mask.column == 0 ? &adjust<mask_kind::one>
                                : &adjust<mask_kind::each>;
  }
  /// Exponentials of `rows` rows of scores, and their sums.
  static HWY_NOINLINE void exponentials(const attention_params& p, const float* mask,
                                        std::size_t batch, std::size_t first, float* scores,
                                        std::size_t rows, float* sums) noexcept {
    const adjust_row_of adjust_row = adjustment(p);
    for (std::size_t r = 0; r < rows; ++r) {
      float* const x = scores + r * p.scores.n;
      const float largest = adjust_row(x, p.scores.n, p.scale,
                                       p.masked ? p.mask.row_of(mask, batch, first + r) : nullptr);
      sums[r] = exponentials_mlas::row(p.softmax, x, largest, x);
    }
  }
  /// The results of `rows` rows at y.
  static HWY_NOINLINE void divide(const attention_params& p, rows_at<float> y, const float* sums,
                                  std::size_t rows) noexcept {
    for (std::size_t r = 0; r < rows; ++r) {
      float* const to = y.first + r * y.step;
      const VF sum = set_float(sums[r]), share = set_float(numerics::div(1.f, sums[r]));
      if (p.undivided == 1)
        each_float(to, to, p.values.n, [=](VF v) HWY_ATTR { return simd::divide(v, sum); });
      else
        each_float(to, to, p.values.n, [=](VF v) HWY_ATTR { return hn::Mul(v, share); });
    }
  }
  /// The second product of `rows` rows from row `first` of a matrix on.
  static HWY_NOINLINE void multiply_values(const attention_params& p, rows_at<const float> x,
                                           const float* w, rows_at<float> y, std::size_t first,
                                           std::size_t rows) noexcept {
    const bool parts = p.alone >= first && p.alone < first + rows;  // it is the last
    const std::size_t alike = parts ? rows - 1 : rows;
    multiply(p.values, x, w, y, alike);
    if (parts)
      multiply(p.values_of(p.alone), {x.first + alike * x.step, x.step}, w,
               {y.first + alike * y.step, y.step}, 1);
  }
  /// Softmax of `rows` rows of scores of matrix `batch`, from row `first` of it on.
  static HWY_NOINLINE void weigh(const attention_params& p, const float* mask, std::size_t batch,
                                 std::size_t first, float* scores, std::size_t rows) noexcept {
    using softmax = kernel<kernel_id::softmax, V>;
    const std::size_t n = p.scores.n;
    const auto below = softmax::of_floats(p.softmax)->below;
    const adjust_row_of adjust_row = adjustment(p);
    float largest[softmax::most_below];
    for (std::size_t i = 0; i < rows;) {
      const std::size_t left = rows - i,
                        some = left < softmax::most_below ? left : softmax::most_below;
      float* const x = scores + i * n;
      for (std::size_t r = 0; r < some; ++r)
        largest[r] = adjust_row(x + r * n, n, p.scale,
                                p.masked ? p.mask.row_of(mask, batch, first + i + r) : nullptr);
      if (below != nullptr)
        below(p.softmax, x, largest, x, some);
      else
        softmax::all_floats(p.softmax, x, x, {0, some});
      i += some;
    }
  }
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    const auto *q = static_cast<const float*>(a.in[0]), *k = static_cast<const float*>(a.in[1]),
               *v = static_cast<const float*>(a.in[2]), *mask = static_cast<const float*>(a.in[3]);
    auto* const y = static_cast<float*>(a.out[0]);
    const std::size_t m = p.scores.m, n = p.scores.n, depth = p.scores.k, out = p.values.n,
                      most = kernels::attention_rows(p);
    const kernels::float_columns of_k = kernels::columns_of(p.scores),
                                 of_v = kernels::columns_of(p.values);
    auto* const packed_k = static_cast<std::byte*>(a.scratch);
    std::byte *const packed_v = packed_k + kernels::attention_panels(of_k, layout),
                     *const room = packed_v + kernels::attention_panels(of_v, layout);
    auto* const scores = reinterpret_cast<float*>(room);
    const auto r = part_of(p.values.batches.count * m, a.part, a.parts);
    for (std::size_t row = r.begin; row < r.end;) {
      const std::size_t batch = row / m, end = (batch + 1) * m < r.end ? (batch + 1) * m : r.end;
      const auto of_scores = broadcast_offsets(p.values.batches, batch);
      const auto operands = broadcast_offsets(p.scores.batches, of_scores[0]);
      const float* const keys = k + p.begin_of(operands[1], n, depth);
      const float *const wk = p.one_query ? keys
                                          : panels(of_k, keys, reinterpret_cast<float*>(packed_k)),
                         *const wv = panels(of_v, v + p.begin_of(of_scores[1], n, out),
                                            reinterpret_cast<float*>(packed_v)),
                         *const of_q = q + p.begin_of(operands[0], m, depth);
      float* const to = y + p.begin_of(batch, m, out);
      for (; row < end;) {
        const std::size_t i = row - batch * m, rows = end - row < most ? end - row : most;
        const rows_at<float> y_rows{to + i * p.row_of(out), p.row_of(out)};
        if (p.one_query)
          compare(p, of_q, wk, scores);
        else
          multiply(p.scores, {of_q + i * p.row_of(depth), p.row_of(depth)}, wk, {scores, n}, rows);
        if (p.undivided != 0 && n != 0) {
          float sums[kernels::most_attention_rows];
          exponentials(p, mask, of_scores[0], i, scores, rows, sums);
          multiply_values(p, {scores, n}, wv, y_rows, i, rows);
          divide(p, y_rows, sums, rows);
        } else {
          if (n != 0) weigh(p, mask, of_scores[0], i, scores, rows);
          multiply_values(p, {scores, n}, wv, y_rows, i, rows);
        }
        row += rows;
      }
    }
  }
  static const char* describe(const void*) { return "attention by rows in cache"; }
  static constexpr kernel_entry value{.run = &run,
                                      .scratch_bytes = &scratch_bytes,
                                      .accepts = &accepts,
                                      .describe = &describe,
                                      .parallel = true};
  static constexpr const kernel_entry* entry = &value;
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
