// A file with kernels of its own on Highway: octet shows it declarations only.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "own_highway.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace mine::HWY_NAMESPACE {
int lanes() {
  return static_cast<int>(hwy::HWY_NAMESPACE::Lanes(hwy::HWY_NAMESPACE::ScalableTag<float>()));
}
}  // namespace mine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "octet.hpp"
int main() {
  octet::graph g;
  return octet::usable_targets().empty() || mine::HWY_NAMESPACE::lanes() < 1 ||
                 octet::try_compile(g)
             ? octet::best_target() == octet::target::automatic
             : 1;
}
#endif
