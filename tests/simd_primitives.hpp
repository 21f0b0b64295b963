// One target's primitives and vector roundings as functions on memory (simd_pass-inl.hpp fills it
// in, once per target). Vectors are unaligned and have layout.lanes lanes of 32 bits.
#ifndef OCTET_TESTS_SIMD_PRIMITIVES_HPP_
#define OCTET_TESTS_SIMD_PRIMITIVES_HPP_

#include <cstddef>
#include <cstdint>

#include "octet/kernels/gemm.hpp"

namespace octet_test {

struct simd_primitives {
  using bytes = std::byte;
  using i32 = std::int32_t;
  using i16 = std::int16_t;
  using i8 = std::int8_t;
  using u8 = std::uint8_t;

  octet::kernels::target_layout layout;

  void (*load_bytes)(const bytes* from, std::size_t n, bytes* to);
  void (*store_bytes[4])(const bytes* from, int n, bytes* to);
  void (*load_some[3])(const bytes* from, std::size_t n, bytes* to);  // of 1, 2, 4 bytes
  void (*store_some[3])(const bytes* from, std::size_t n, bytes* to);
  void (*load_as32)(octet::dtype, const bytes* from, i32* to);
  void (*load_some_as32)(octet::dtype, const bytes* from, std::size_t n, i32* to);
  void (*store_from32)(octet::dtype, const i32* from, bytes* to);
  void (*store_some_from32)(octet::dtype, const i32* from, std::size_t n, bytes* to);
  void (*load_some_as16_u8)(const bytes* from, std::size_t n, i16* to);
  void (*load_some_as16_s8)(const bytes* from, std::size_t n, i16* to);
  void (*load_some_as16_s16)(const bytes* from, std::size_t n, i16* to);

  void (*dot_pairs)(const i32* acc, const bytes* pair, const i16* w, i32* to);
  void (*dot_pairs_each)(const i32* acc, const i16* a, const i16* b, const i16* c, const i16* d,
                         i32* to);
  void (*dot_quads)(const i32* acc, const bytes* a, const i8* w, i32* to);
  void (*store_quads)(const bytes* a, const bytes* b, const bytes* c, const bytes* d, bytes* to);
  void (*doubling_high)(const i32* x, const i32* m, i32* to);
  void (*high_halves)(const std::uint64_t* even, const std::uint64_t* odd, i32* to);

  void (*narrow[4])(const i32* x, i16 z, i8* to);
  void (*narrow_ordered)(const i32* x, i16 z, i8* to);
  void (*look_up)(const u8* table, const u8* x, u8* to);
  std::size_t (*permute_bytes)(const u8* table, const u8* x, u8* to, std::size_t n);
  i32 (*sum_of_lanes)(const i32* x);
  u8 (*largest_u8)(const u8* x);
  i8 (*smallest_s8)(const i8* x);
  i16 (*largest_s16)(const i16* x);
  // n elements in 8 or 16 sums side by side; wide: binary64, fused: of squares, both of whole
  // groups alone, and how many elements those are
  void (*sums_of_8)(const float* x, std::size_t n, float (&each)[8]);
  void (*sums_of_16)(const float* x, std::size_t n, float (&each)[16]);
  std::size_t (*wide_sums_of_8)(const float* x, std::size_t n, double (&each)[8]);
  std::size_t (*fused_sums_of_8)(const float* x, std::size_t n, float (&each)[8]);
  std::size_t (*squares_summed_by_16)(const float* x, float* y, std::size_t n, float& sum);

  void (*round_even)(const float* x, i32* to);
  void (*multiply_add)(const float* a, const float* b, const float* c, float* to);
  void (*divide)(const float* a, const float* b, float* to);
  void (*divide_wide)(const double* a, const double* b, double* to);
  void (*lesser)(const float* a, const float* b, float* to);
  void (*greater)(const float* a, const float* b, float* to);
  void (*to_floats)(const double* x, float* to);

  void (*shift_up)(const i32* x, int r, i32* to);
  void (*shift_away)(const i32* x, int r, i32* to);
  void (*shift_magnitude)(const i32* x, i32 half, int shift, i32* to);
  void (*uniform)(const octet::requantize_params& q, const i32* x, i32* to);
  bool (*uniform_accepts)(const octet::requantize_params& q, octet::dtype in, octet::dtype out);
  void (*fused_dr)(const bytes* arrays, const i32* x, i32* to);
  void (*away_within)(const float* x, float lo, float hi, i32* to);
  void (*up_within)(const float* x, float lo, float hi, i32* to);
  void (*even_within)(const float* x, float lo, float hi, i32* to);
  void (*away_double)(const double* x, double* to);
  void (*finish)(const octet::requantize_params& q, octet::kernels::epilogue_kind kind,
                 octet::dtype out, const bytes* arrays, int nv, int rows, i32* x, bytes* to,
                 std::size_t stride, int n);
};

}  // namespace octet_test

#endif  // OCTET_TESTS_SIMD_PRIMITIVES_HPP_
