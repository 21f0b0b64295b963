// qnn.fully_connected, transposed convolutions and matrix products on the matrix kernel. Part of a
// pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

inline kernels::gemm_problem fully_connected_problem(const fully_connected_params& p) noexcept {
  return kernels::problem_of(p);
}
inline kernels::gemm_problem transpose_conv2d_problem(const transpose_conv2d_params& p) noexcept {
  return kernels::problem_of(p);
}

template <class V> struct kernel<kernel_id::fully_connected, V> {
  static constexpr const kernel_entry* entry =
      gemm_kernel<fully_connected_params, &fully_connected_problem>::entry;
};
/// By phases where the stride is above 1.
template <class V>
struct kernel<kernel_id::transpose_conv2d, V>
    : packing_kernel<kernel<kernel_id::transpose_conv2d, V>, transpose_conv2d_params> {
  using base = packing_kernel<kernel, transpose_conv2d_params>;
  using base::params;
  static kernels::gemm_problem problem(const void* p) {
    return transpose_conv2d_problem(params(p));
  }
  static std::uint64_t packing(const void* p) { return kernels::phases_of(problem(p)); }
  static void run(const kernel_args& a) noexcept {
    const kernels::gemm_problem g = problem(a.params);
    const std::byte* const packed = params(a.params).packed;
    std::uint64_t begins[kernels::most_phases];
    std::memcpy(begins, packed, sizeof(begins));
    if (!kernels::has_phases(g)) return run_gemm(g, packed + begins[0], a);
    std::size_t i = 0;
    for (std::int32_t r = 0; r < g.insert_h; ++r)
      for (std::int32_t c = 0; c < g.insert_w; ++c)
        if (const auto p = kernels::phase_of(g, r, c); p.out_h > 0 && p.out_w > 0)
          run_gemm(p, packed + begins[i++], a);
  }
  static kernels::node_bytes bytes(const transpose_conv2d_params& p) {
    return kernels::transpose_conv2d_bytes(transpose_conv2d_problem(p), layout);
  }
  static void pack_into(const transpose_conv2d_params& p, std::byte* to) {
    kernels::transpose_conv2d_pack(transpose_conv2d_problem(p), layout, to);
  }
  static bool accepts(const void* p) {
    return kernels::gemm_accepts(problem(p)) && base::scratch_bytes(p) <= kernels::most_scratch;
  }
  static const char* describe(const void* p) {
    return p != nullptr && kernels::has_phases(problem(p)) ? "gemm by phases" : "gemm";
  }
};

/// The matrices of a part: whole ones where there are enough for all parts, else its share of each.
struct matrices {
  part_range of;
  kernel_args each;
  matrices(const batch_matmul_params& p, const kernel_args& a) noexcept
      : of{0, p.batches.count}, each(a) {
    if (p.batches.count < a.parts) return;
    of = part_of(p.batches.count, a.part, a.parts);
    each.part = 0, each.parts = 1;
  }
};
/// Matrix by matrix. A constant second operand that all of them share is packed once, at plan time;
/// others for each run, into scratch.
template <class V>
struct kernel<kernel_id::batch_matmul, V>
    : packing_kernel<kernel<kernel_id::batch_matmul, V>, batch_matmul_params> {
  using base = packing_kernel<kernel, batch_matmul_params>;
  using base::params;
  static kernels::node_bytes bytes(const batch_matmul_params& p) {
    return kernels::gemm_bytes(kernels::problem_of(p), layout);
  }
  static bool accepts(const void* p) {
    return kernels::batch_matmul_accepts(params(p)) &&
           base::scratch_bytes(p) <= kernels::most_scratch;
  }
  static void pack_into(const batch_matmul_params& p, std::byte* to) {
    kernels::gemm_pack(kernels::problem_of(p), layout, to);
  }
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    kernels::gemm_problem g = kernels::problem_of(p);
    std::byte* const packed =
        static_cast<std::byte*>(a.scratch) +
        (g.dynamic ? kernels::gemm_window_bytes(g, kernels::gemm_header(g, layout)) : 0);
    const std::size_t a_bytes = p.m * p.k * size_of(p.a_type),
                      b_bytes = p.k * p.n * size_of(p.b_type),
                      y_bytes = p.m * p.n * size_of(p.out_type);
    matrices m(p, a);
    const std::byte* last = nullptr;
    for (std::size_t batch = m.of.begin; batch < m.of.end; ++batch) {
      const std::array<std::size_t, 2> at = broadcast_offsets(p.batches, batch);
      const void* in[2] = {static_cast<const std::byte*>(a.in[0]) + at[0] * a_bytes, a.in[1]};
      void* out[1] = {static_cast<std::byte*>(a.out[0]) + batch * y_bytes};
      m.each.in = in, m.each.out = out;
      if (g.dynamic) {
        g.weights = static_cast<const std::byte*>(a.in[1]) + at[1] * b_bytes;
        if (g.weights != last) kernels::gemm_pack(g, layout, packed);
        last = static_cast<const std::byte*>(g.weights);
      }
      run_gemm(g, g.dynamic ? packed : p.packed, m.each);
    }
  }
  static const char* describe(const void* p) {
    return p != nullptr && kernels::packs_once(params(p)) ? "gemm, packed once"
                                                          : "gemm, packed each run";
  }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
