// Changes of layout: frameworks that keep channels in axis 1 (NCHW, NCL) meet octet's operators,
// which want them last (NHWC, NLC).
#ifndef OCTET_IMPORT_COMMON_LAYOUT_HPP_
#define OCTET_IMPORT_COMMON_LAYOUT_HPP_

#include <map>

#include "octet/import/common/builder.hpp"
#include "octet/ops/movement.hpp"
#include "octet/ops/reshape.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

/// Where axis i of a framework with channels in axis 1 is in the IR. Values of fewer than three
/// axes have one layout.
constexpr int axis_in_layout(int i, int rank, bool channels_inner) {
  return !channels_inner || rank < 3 || i == 0 ? i : i == 1 ? rank - 1 : i - 1;
}

/// Keeps each value in the layouts that were asked for, so that no change is emitted twice.
class layout_changes {
 public:
  /// The value of `from` with its channel axis moved to the end (`channels_inner`) or back to axis
  /// 1. `from` has the other layout and at least three axes.
  result<tensor_id> change(graph_builder& to, tensor_id from, bool channels_inner) {
    const auto key = std::pair(from, channels_inner);
    if (const auto it = done_.find(key); it != done_.end()) return it->second;
    const std::string name = to.g[from].name;
    const tensor_id changed = to.like(
        from,
        name.empty() ? name : name + (channels_inner ? "/channels_inner" : "/channels_outer"));
    const dims shape = to.g[from].shape;
    std::vector<std::int64_t> order{0};  // axis of `from` for each of the result's
    if (channels_inner) {
      for (int i = 2; i < shape.rank; ++i) order.push_back(i);
      order.push_back(1);
    } else {
      order.push_back(shape.rank - 1);
      for (int i = 1; i + 1 < shape.rank; ++i) order.push_back(i);
    }
    if (auto s = emit(to, from, changed, order, channels_inner ? 1 : shape.rank - 1); !s)
      return s.error();
    for (int i = 0; i < shape.rank; ++i)
      if (order[as_size(i)] == to.g[from].axis) to.g[changed].axis = i;
    done_[key] = changed;
    done_[std::pair(changed, !channels_inner)] = from;
    return changed;
  }

 private:
  /// One channel or one pixel: the elements keep their order, and a reshape is free.
  static status emit(graph_builder& to, tensor_id from, tensor_id changed,
                     const std::vector<std::int64_t>& order, int channel_axis) {
    const dims shape = to.g[from].shape;
    std::int64_t pixels = 1;
    for (int i = 1; i < shape.rank; ++i)
      if (i != channel_axis) pixels *= shape[i];
    attributes a;
    if (shape[channel_axis] != 1 && pixels != 1) {
      a.set("perm", order);
      return to.emit(ops::transpose, {from}, {changed}, std::move(a));
    }
    std::vector<std::int64_t> extents;
    for (std::int64_t axis : order) extents.push_back(shape[static_cast<int>(axis)]);
    a.set("shape", std::move(extents));
    return to.emit(ops::reshape, {from}, {changed}, std::move(a));
  }

  std::map<std::pair<tensor_id, bool>, tensor_id> done_;
};

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_COMMON_LAYOUT_HPP_
