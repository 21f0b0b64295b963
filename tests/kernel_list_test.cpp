// octet info --kernels: every kernel that an operator declares is one on every SIMD target, and the
// forms that networks spend their time in run no reference there.
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
    CAPTURE(r.node, name_of(r.type), name_of(r.out), name_of(r.on), r.roundings);
    if (r.id == kernel_id::none) CHECK(r.kernel == "reference");
  }
  if (best_target() == target::reference) return;
  CHECK(targets.count(best_target()) == 1);

  const auto has = [&](const std::string& node, dtype t, target on) {
    return std::any_of(rows.begin(), rows.end(), [&](const auto& r) {
      return r.node == node && r.type == t && r.on == on && r.kernel != "reference";
    });
  };
  for (const op_def* op : tools::operator_list())
    if (op->kernel != kernel_id::none)
      for (const target on : targets) {
        CAPTURE(op->name, name_of(on));
        CHECK(std::any_of(rows.begin(), rows.end(), [&](const auto& r) {
          return r.node.starts_with(op->name) && r.on == on && r.kernel != "reference";
        }));
      }
  for (const char* node :
       {"qnn.conv2d 1x1", "qnn.conv2d 3x3", "qnn.depthwise_conv2d 3x3", "qnn.depthwise_conv2d 5x5",
        "qnn.fully_connected", "qnn.requantize", "qnn.add", "qnn.mul", "qnn.avg_pool2d 2x2",
        "qnn.max_pool2d 2x2", "qnn.dequantize", "qnn.softmax"})
    for (const dtype t : {dtype::s8, dtype::u8})
      for (const target on : targets) {
        CAPTURE(node, name_of(t), name_of(on));
        CHECK(has(node, t, on));
      }
  for (const target on : targets) CHECK(has("qnn.quantize", dtype::f32, on));
}
