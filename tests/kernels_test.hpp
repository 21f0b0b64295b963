// What the kernel tests share: random numbers, multipliers, and the comparison of a kernel with its
// reference on every target.
#ifndef OCTET_TESTS_KERNELS_TEST_HPP_
#define OCTET_TESTS_KERNELS_TEST_HPP_

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <initializer_list>
#include <map>
#include <random>
#include <span>
#include <vector>

#include "guarded.hpp"
#include "octet/bench/same.hpp"
#include "octet/kernels/target.hpp"
#include "octet/numerics/fp_env.hpp"
#include "octet/numerics/requantize.hpp"
#include "octet/ops/requantize.hpp"
#include "targets.hpp"

namespace octet_test {

class rng {
 public:
  explicit rng(std::uint32_t seed) : g_(seed) {}
  std::int64_t between(std::int64_t lo, std::int64_t hi) {
    return lo + static_cast<std::int64_t>(g_() % static_cast<std::uint64_t>(hi - lo + 1));
  }
  std::int64_t pick(std::initializer_list<std::int64_t> of) {
    return of.begin()[between(0, static_cast<std::int64_t>(of.size()) - 1)];
  }
  double unit() { return static_cast<double>(g_() >> 11) * 0x1p-53; }

 private:
  std::mt19937_64 g_;
};

/// Multipliers for a requantize whose accumulators reach about `largest`: mostly such that outputs
/// use their range, some tiny, some above one.
struct requantize_arrays {
  std::vector<octet::multiplier> mult;
  std::vector<float> scale, bias, unit;
  std::vector<double> scale64;

  void fill(octet::requantize_params& q, octet::rounding mode, octet::dtype out,
            std::int32_t channels, double largest, bool with_bias, rng& r) {
    using octet::rounding;
    q.mode = mode;
    q.channels = r.between(0, 2) ? channels : 1;
    q.zero_point = static_cast<std::int32_t>(
        r.pick({octet::lowest_of(out), 0, 3, 100, octet::highest_of(out)}));
    q.lo = static_cast<std::int32_t>(octet::lowest_of(out));
    q.hi = static_cast<std::int32_t>(octet::highest_of(out));
    if (r.between(0, 2) == 0) q.lo = std::min(q.zero_point, q.hi);
    if (r.between(0, 3) == 0)
      q.hi = std::min(q.lo + static_cast<std::int32_t>(r.between(0, 100)), q.hi);
    const auto n = static_cast<std::size_t>(q.channels);
    const bool powers = r.between(0, 3) == 0,
               wild = r.between(0, 3) == 0;  // powers of two: many ties
    for (std::size_t i = 0; i < n; ++i) {
      double d = 256.0 * (0.2 + 4 * r.unit()) / largest;
      if (out == octet::dtype::s16) d *= 256;
      if (wild) d = std::ldexp(0.5 + r.unit() / 2, static_cast<int>(r.between(-31, 5)));
      if (powers) d = std::ldexp(1.0, static_cast<int>(r.between(-12, wild ? 3 : 0)));
      if (i % 13 == 12 && wild) d = 0;
      mult.push_back(octet::numerics::quantize_multiplier(d));
      scale.push_back(static_cast<float>(d));
      scale64.push_back(d);
    }
    for (std::int32_t i = 0; i < channels; ++i)
      bias.push_back(static_cast<float>((r.unit() - 0.5) * largest / 4));
    q.mult = mult.data();
    q.scale = scale.data();
    q.scale64 = scale64.data();
    q.bias = with_bias ? bias.data() : nullptr;
    if (!with_bias || mode != rounding::float_bias_half_even || r.between(0, 1)) return;
    for (std::size_t i = 0; i < n; ++i) unit.push_back(static_cast<float>(r.unit() * 1.5));
    q.bias_unit = unit.data();
  }
};

/// Which targets ran and how many cases each took.
struct coverage {
  std::map<octet::target, std::size_t> ran;
  std::size_t refused = 0;
  ~coverage() {
    std::printf("targets:");
    for (const auto& [on, times] : ran) std::printf(" %s %zu", octet::name_of(on).data(), times);
    std::printf(", refused %zu\n", refused);
  }
  void require_simd(std::span<const octet::target> tested = simd_targets()) const {
    std::size_t simd = 0;
    for (const octet::target t : tested) {
      INFO(octet::name_of(t));
      CHECK(ran.count(t) == 1);
      simd += t != octet::target::emu128;
    }
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul"))
      REQUIRE(simd > 0);  // older CPUs run the references alone
#elif defined(__aarch64__)
    REQUIRE(simd > 0);
#endif
  }
};

/// Runs the reference, then every tested target's kernel with 1 to 3 parts; outputs and scratch end
/// at unmapped pages. `must`: refusing these params is a failure. `out_type`: of float32 every NaN
/// counts as another; all else is compared byte by byte.
template <class Params>
void check_kernel(octet::kernel_id id, octet::kernel_fn reference, const Params& params,
                  std::initializer_list<const std::byte*> inputs, std::size_t out_bytes,
                  coverage& seen, bool must, octet::dtype out_type = octet::dtype::u8) {
  using namespace octet;
  const numerics::exact_environment environment;  // as whoever runs kernels sets it
  std::vector<const void*> in(inputs.begin(), inputs.end());
  std::vector<std::byte> expected(out_bytes, std::byte{0x5A});
  void* out_pointer = expected.data();
  kernel_args a;
  a.params = &params;
  a.in = {in.data(), in.size()};
  a.out = {&out_pointer, 1};
  reference(a);
  for (const target t : simd_targets()) {
    const kernel_entry* e = kernels::find(id, t);
    INFO("target " << name_of(t));
    REQUIRE(e != nullptr);
    if (e->accepts && !e->accepts(&params)) {
      CHECK(!must);
      ++seen.refused;
      continue;
    }
    Params p = params;
    const std::size_t packed_bytes = e->packed_bytes ? e->packed_bytes(&p) : 0;
    buffer packed{Bytes(packed_bytes)};
    if (packed_bytes != 0) e->pack(&p, packed.data());
    const std::size_t scratch_bytes =
        e->scratch_bytes ? round_up(e->scratch_bytes(&p), alignment) : 0;
    const guarded scratch(std::max<std::size_t>(scratch_bytes, 64));
    for (std::uint32_t parts = 1; parts <= (e->parallel ? 3u : 1u); ++parts) {
      const guarded out(out_bytes);
      void* to = out.data();
      for (std::uint32_t part = 0; part < parts; ++part) {
        std::memset(scratch.data(), 0xFF, scratch.size());
        a.params = &p;
        a.out = {&to, 1};
        a.scratch = scratch.data();
        a.part = part;
        a.parts = parts;
        e->run(a);
      }
      const std::vector<std::byte> got(out.data(), out.data() + out_bytes);
      if (!bench::same_elements(got, expected, out_type)) {
        std::size_t at = 0;
        while (got[at] == expected[at]) ++at;
        FAIL_CHECK("differs from byte " << at << " of " << out_bytes << ", parts " << parts << ": "
                                        << static_cast<int>(got[at]) << " for "
                                        << static_cast<int>(expected[at]) << ", kernel "
                                        << (e->describe ? e->describe(&p) : "?"));
        return;
      }
    }
    ++seen.ran[t];
  }
}

}  // namespace octet_test

#endif  // OCTET_TESTS_KERNELS_TEST_HPP_
