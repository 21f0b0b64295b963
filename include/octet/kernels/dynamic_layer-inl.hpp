// qnn.dynamic_conv2d, qnn.dynamic_fully_connected and qnn.dynamic_transposed on the matrix kernel:
// sums to floats by scales of rows. Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// The rows of a tile's sums to the output: a finish_tile_fn.
template <float_scaling By, int NV>
HWY_NOINLINE void store_scaled(const tile_call& t, const row_block& b, std::size_t row,
                               std::byte* to) noexcept {
  for (int i = 0; i < b.rows; ++i, to += t.out_stride) {
    V32 sums[1][NV];
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) sums[0][v] = simd::load(b.at(i, v * lanes32));
    OCTET_TARGET_NS::scale_tile<By>(t, columns(t.arrays, NV), sums, row + as_size(i));
    simd::store_ordered<NV>(sums[0], to, t.n);
  }
}
template <float_scaling By>
HWY_NOINLINE void finish_floats(const tile_call& t, const kernels::row_sums& sums, std::size_t row,
                                std::byte* to) noexcept {
  const row_block b(sums);
  if constexpr (layout.max_vectors > 2) {
    if (b.nv == 4) return OCTET_TARGET_NS::store_scaled<By, 4>(t, b, row, to);
    if (b.nv == 3) return OCTET_TARGET_NS::store_scaled<By, 3>(t, b, row, to);
  }
  if (b.nv == 2) return OCTET_TARGET_NS::store_scaled<By, 2>(t, b, row, to);
  OCTET_TARGET_NS::store_scaled<By, 1>(t, b, row, to);
}

template <class V>
struct kernel<kernel_id::dynamic_layer, V>
    : packing_kernel<kernel<kernel_id::dynamic_layer, V>, dynamic_layer_params> {
  using base = packing_kernel<kernel, dynamic_layer_params>;
  using base::params;
  static kernels::gemm_problem problem(const dynamic_layer_params& p) noexcept {
    return kernels::problem_of(p);
  }
  /// In registers, where that saves a tenth of a layer's time (AVX-512 VNNI, 128 rows of 384 to
  /// 1536): the order of products that most layers have.
  template <float_scaling By>
  static void run_by(const kernels::gemm_problem& g, const std::byte* packed,
                     const kernel_args& a) noexcept {
    run_gemm<to_floats<By>, true>(g, packed, a, &finish_floats<By>);
  }
  template <float_scaling By>
  static void run_rare(const kernels::gemm_problem& g, const std::byte* packed,
                       const kernel_args& a) noexcept {
    run_gemm<by_kind, true>(g, packed, a, &finish_floats<By>);
  }
  static HWY_NOINLINE void run_product(const kernels::gemm_problem& g, const std::byte* packed,
                                       const kernel_args& a) noexcept {
#if defined(OCTET_BASE_NS)
    if constexpr (pairs_by_base)
      if (are_pairs(packed))
        return OCTET_BASE_NS::kernel<kernel_id::dynamic_layer>::run_product(g, packed, a);
#endif
    switch (g.rows->by) {
      case float_scaling::fused: return run_by<float_scaling::fused>(g, packed, a);
      case float_scaling::scales_first: return run_by<float_scaling::scales_first>(g, packed, a);
      case float_scaling::channel_first:
        return run_rare<float_scaling::channel_first>(g, packed, a);
      case float_scaling::scales_fused: return run_rare<float_scaling::scales_fused>(g, packed, a);
      case float_scaling::row_first: break;  // no layer here has it
    }
  }
  /// Transposed: by phases where the stride is above 1.
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    const kernels::gemm_problem g = problem(p);
    if (!p.transposed) return run_product(g, p.packed, a);
    std::uint64_t begins[kernels::most_phases];
    std::memcpy(begins, p.packed, sizeof(begins));
    std::size_t i = 0;
    kernels::each_phase(g, [&](const kernels::gemm_problem& each) {
      kernels::gemm_problem phase = each;
      const kernels::row_scaling rows = kernels::rows_of_phase(g, each);
      phase.rows = &rows;
      run_product(phase, p.packed + begins[i++], a);
    });
  }
  static std::uint64_t packing(const void* p) {
    return params(p).transposed ? kernels::phases_of(problem(params(p))) : 0;
  }
  static kernels::node_bytes bytes(const dynamic_layer_params& p) {
    return p.transposed ? kernels::transpose_conv2d_bytes(problem(p), layout)
                        : kernels::gemm_bytes(problem(p), layout);
  }
  static void pack_into(const dynamic_layer_params& p, std::byte* to) {
    if (p.transposed) return kernels::transpose_conv2d_pack(problem(p), layout, to);
    kernels::gemm_pack(problem(p), layout, to);
  }
  static bool accepts(const void* p) {
    return kernels::gemm_accepts(problem(params(p))) &&
           base::scratch_bytes(p) <= kernels::most_scratch;
  }
  static const char* describe(const void* p) {
    if (p == nullptr) return "gemm to floats";
    const kernels::gemm_problem g = problem(params(p));
    return kernels::has_phases(g) ? "gemm by phases" : kernels::describe_gemm(g, layout);
  }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
