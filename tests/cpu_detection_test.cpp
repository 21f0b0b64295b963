// octet's own CPU detection against libhwy's, for the targets that both have. ./dev check runs this
// on emulated older CPUs as well.
#include <hwy/targets.h>

#include <catch2/catch.hpp>

#include "octet/kernels/detect.hpp"

TEST_CASE("CPU detection equals libhwy's") {
  const std::uint32_t ours = octet::kernels::detect_cpu();
  const std::int64_t theirs = hwy::SupportedTargets();
  const auto compare = [&](octet::target t, std::int64_t bit) {
    INFO(octet::name_of(t));
    CHECK(((ours & octet::kernels::bit_of(t)) != 0) == ((theirs & bit) != 0));
  };
  CHECK((ours & octet::kernels::bit_of(octet::target::reference)) != 0);
#if HWY_ARCH_X86
  compare(octet::target::sse4, HWY_SSE4);
  compare(octet::target::avx2, HWY_AVX2);
  compare(octet::target::avx3, HWY_AVX3);
  // Highway's AVX3_DL asks for more than the dot product: it implies ours, ours does not imply it.
  if (theirs & HWY_AVX3_DL) CHECK((ours & octet::kernels::bit_of(octet::target::avx3_vnni)) != 0);
  if (ours & octet::kernels::bit_of(octet::target::avx3_vnni)) CHECK((theirs & HWY_AVX3) != 0);
#elif HWY_ARCH_ARM_A64
  compare(octet::target::neon, HWY_NEON);
#else
  (void)compare;
#endif
}
