// qnn.depthwise_conv2d: by runs, by windows that slide, or row by row. Part of a pass: see
// pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// Where windows can slide, they do.
struct by_slides {
  /// Output rows that a block of channels has before the next one: as many as fill all copies of
  /// the last block, more where the input rows that they meet stay in the first cache.
  static std::size_t rows(const conv2d_params& p, std::int32_t last_channels) noexcept {
    constexpr std::size_t cache = 32u << 10;
    const std::size_t least = 2 * as_size(kernels::slide_copies(last_channels, layout)),
                      row = product_of(p.in_w, p.in_c) + 1, in = cache / row,
                      out = in < 3 ? 0 : (in - 3) / as_size(p.stride_h) + 1;
    return out < least ? least : out / least * least;
  }
  /// False: outputs of a kind that slides do not finish.
  static bool block_rows(const pixel_call& t, const conv2d_params& p,
                         const kernels::packed_depthwise& h, const std::byte* x,
                         const column_span& span, std::byte* to, std::byte* window,
                         part_range rows) noexcept {
    return slide_block_rows(
        slide_call{t, &p, h, t.weights, x, span, to, window, rows.begin, rows.end});
  }
  static constexpr kernels::depthwise_steps steps{&columns_of<has_quads>, &row_pixels<has_quads>,
                                                  has_slides ? &rows : nullptr,
                                                  has_slides ? &block_rows : nullptr};
};

template <class V>
struct kernel<kernel_id::depthwise_conv2d, V>
    : packing_kernel<kernel<kernel_id::depthwise_conv2d, V>, conv2d_params> {
  using base = packing_kernel<kernel, conv2d_params>;
  using base::params;
  static kernels::gemm_problem problem(const conv2d_params& p) {
    return kernels::problem_of(p, true);
  }
  static kernels::node_bytes bytes(const conv2d_params& p) {
    return kernels::depthwise_bytes(problem(p), layout);
  }
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    if (const auto g = problem(p); kernels::depthwise_is_gemm(g))
      run_gemm(g, p.packed, a);
    else if (const auto h = packed_header(p); h.runs)
      run_depthwise_runs(p, a);
    else
      kernels::run_depthwise(by_slides::steps, p, h, a);
  }
  static void pack_into(const conv2d_params& p, std::byte* to) {
    kernels::depthwise_pack(problem(p), layout, to);
  }
  static bool accepts(const void* p) {
    return kernels::depthwise_accepts(problem(params(p))) &&
           base::scratch_bytes(p) <= kernels::most_scratch;
  }
  static const char* describe(const void* p) {
    if (p == nullptr) return "depthwise";
    const auto g = problem(params(p));
    if (kernels::depthwise_is_gemm(g)) return "depthwise as gemm";
    const kernels::packed_depthwise h = kernels::depthwise_header(g, layout);
    if (h.kind == kernels::product::quad)
      return h.runs ? "depthwise runs of 4 taps" : "depthwise 4 rows";
    return h.runs ? "depthwise runs of 2 taps" : "depthwise 2 rows";
  }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
