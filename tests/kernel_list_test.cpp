// octet info --kernels: no operator that has a SIMD kernel may silently run its reference on a SIMD
// target.
#include "kernel_list.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "octet/kernels/target.hpp"

using namespace octet;

TEST_CASE("every listed kernel is one on every SIMD target of this CPU") {
  const auto rows = tools::kernel_rows();
  std::set<target> targets;
  for (const auto& r : rows) {
    targets.insert(r.on);
    CAPTURE(r.node, name_of(r.type), name_of(r.on));
    if (r.id != kernel_id::none && r.on != target::reference) CHECK(r.kernel != "reference");
    if (r.id == kernel_id::none) CHECK(r.kernel == "reference");
  }
  if (best_target() == target::reference) return;
  CHECK(targets.count(best_target()) == 1);

  // The operators that networks spend their time in, in both element types on every target.
  for (const char* node :
       {"qnn.conv2d 1x1", "qnn.conv2d 3x3", "qnn.depthwise_conv2d 3x3", "qnn.depthwise_conv2d 5x5",
        "qnn.fully_connected", "qnn.requantize", "qnn.add", "qnn.mul", "qnn.avg_pool2d 2x2",
        "qnn.max_pool2d 2x2", "qnn.quantize", "qnn.dequantize", "qnn.softmax"})
    for (dtype t : {dtype::s8, dtype::u8})
      for (target on : targets) {
        CAPTURE(node, name_of(t), name_of(on));
        const auto row = std::find_if(rows.begin(), rows.end(), [&](const auto& r) {
          return r.node == node && r.type == t && r.on == on;
        });
        REQUIRE(row != rows.end());
        CHECK(row->kernel != "reference");
      }
}
