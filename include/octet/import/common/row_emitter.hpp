// What the rows of loaders work with that keep their first failure until the node is done: errors,
// layouts, nodes. A format's emitter adds its attributes, values and quantization.
#ifndef OCTET_IMPORT_COMMON_ROW_EMITTER_HPP_
#define OCTET_IMPORT_COMMON_ROW_EMITTER_HPP_

#include "octet/import/common/builder.hpp"
#include "octet/import/common/layout.hpp"
#include "octet/ops/reshape.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

/// Rows call these; the first failure is kept, and everything after it does nothing: functions that
/// give a tensor give no_tensor then.
class row_emitter {
 public:
  explicit row_emitter(graph_builder& b) : to(b) {}
  graph_builder& to;  // NOLINT: rows work on it

  // ---- errors ----
  bool failed() const noexcept { return failed_; }
  const error_info& error() const noexcept { return error_; }
  void fail(error_info e) {
    if (!failed_) error_ = std::move(e);
    failed_ = true;
  }
  bool check(const status& s) {
    if (!s) fail(s.error());
    return !failed_;
  }
  void refuse(std::string what, std::string found = {}, std::string supported = {}) {
    fail(unsupported(std::move(what), std::move(found), std::move(supported)));
  }
  void broken(std::string what, std::string found = {}, std::string supported = {}) {
    fail(invalid(std::move(what), std::move(found), std::move(supported)));
  }

  // ---- layouts ----
  /// Extents of a tensor in the framework's order of axes: channels in axis 1.
  dims outer_shape(tensor_id t, bool channels_inner) const {
    dims d = to.g[t].shape;
    if (channels_inner)
      for (int i = d.rank - 1; i > 1; --i) std::swap(d[i], d[i - 1]);
    return d;
  }
  /// A tensor that lies as `channels_inner` says, in the layout asked for.
  tensor_id in_layout(tensor_id t, bool channels_inner, bool wanted) {
    if (failed_ || channels_inner == wanted || to.g[t].shape.rank < 3)
      return failed_ ? no_tensor : t;
    return taken(layouts_.change(to, t, wanted));
  }

  // ---- nodes ----
  bool emit(const op_def& op, std::vector<tensor_id> in, std::vector<tensor_id> out,
            attributes a = {}) {
    return !failed_ && check(to.emit(op, std::move(in), std::move(out), std::move(a)));
  }
  /// A layer's int32 sums.
  tensor_id accumulate(const op_def& op, std::vector<tensor_id> in, attributes a,
                       std::vector<double> scales) {
    if (failed_) return no_tensor;
    return taken(to.accumulate(op, std::move(in), std::move(a), dtype::s32, std::move(scales), {}));
  }
  void reshape_to(tensor_id x, tensor_id y, const dims& s) {
    attributes a;
    a.set("shape", std::vector<std::int64_t>(s.begin(), s.end()));
    emit(ops::reshape, {x}, {y}, std::move(a));
  }
  /// The same elements under another quantization.
  tensor_id alias(tensor_id t, std::vector<double> scales, std::vector<std::int32_t> zero_points,
                  std::int32_t axis = -1) {
    if (failed_) return no_tensor;
    const tensor_id same =
        to.temporary("", to.g[t].type, std::move(scales), std::move(zero_points), axis);
    reshape_to(t, same, to.g[t].shape);
    return failed_ ? no_tensor : same;
  }

 private:
  tensor_id taken(result<tensor_id> r) {
    if (r) return *r;
    fail(r.error());
    return no_tensor;
  }

  bool failed_ = false;
  error_info error_;
  layout_changes layouts_;
};

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_COMMON_ROW_EMITTER_HPP_
