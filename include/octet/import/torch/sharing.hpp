// Which tensors of a program may share memory: what an operator that changes its operand in place
// changes besides. Values of a graph never change, so such an operator's operand stands for the
// result from there on, and whatever else lay in the same memory must not be used again.
#ifndef OCTET_IMPORT_TORCH_SHARING_HPP_
#define OCTET_IMPORT_TORCH_SHARING_HPP_

#include <map>
#include <string_view>
#include <vector>

#include "octet/import/common/builder.hpp"
#include "octet/import/torch/value.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

/// "aten::add_", but not "aten::__and__".
constexpr bool changes_in_place(std::string_view name) noexcept {
  return name.size() > 1 && name.ends_with('_') && !name.ends_with("__");
}
/// Operators whose results may be their operand itself or a view of it.
constexpr bool gives_views(std::string_view name) noexcept {
  constexpr std::string_view list[] = {
      "aten::to",           "aten::type_as",      "aten::contiguous", "aten::detach",
      "aten::alias",        "aten::dropout",      "aten::dropout_",   "aten::feature_dropout",
      "aten::flatten",      "aten::reshape",      "aten::view",       "aten::squeeze",
      "aten::unsqueeze",    "aten::permute",      "aten::transpose",  "aten::t",
      "aten::numpy_T",      "aten::movedim",      "aten::slice",      "aten::select",
      "aten::narrow",       "aten::chunk",        "aten::split",      "aten::split_with_sizes",
      "aten::unbind",       "aten::unflatten",    "aten::expand",     "aten::expand_as",
      "aten::meshgrid",     "quantized::dropout", "aten::view_as",    "aten::ravel",
      "aten::tensor_split", "aten::swapaxes",     "aten::swapdims",   "aten::moveaxis"};
  for (const std::string_view n : list)
    if (n == name) return true;
  return false;
}

class shared_memory {
 public:
  /// What the program gets of an operator that made `made` of `operands`; `before`: how many
  /// tensors there were until then.
  result<value> settle(std::string_view name, const std::vector<value>& operands, value made,
                       std::size_t before, heap& values) {
    if (gives_views(name)) {
      join_all(operands, made);
    } else if (changes_in_place(name)) {
      return change(operands, made);
    } else if (made.is(kind::tensor)) {
      // A copy, though it may have an operand's bytes.
      if (made.t->serial < before) made = values.tensor(*made.t);
      made.t->memory = 0;
    }
    return made;
  }
  static status usable(const value& v) {
    if (!v.is(kind::tensor) || !v.t->stale) return unit{};
    return unsupported(
        "a tensor that is used after another one, with which it may share memory, was changed in "
        "place",
        {}, "the result of the operator that changes it, or a clone taken before");
  }

 private:
  static void each(const value& v, const auto& f) {
    if (v.is(kind::tensor)) f(v.t);
    if (v.is_sequence())
      for (const value& e : v.c->items)
        if (e.is(kind::tensor)) f(e.t);
  }
  void join_all(const std::vector<value>& operands, const value& made) {
    if (operands.empty()) return;
    each(operands[0], [&](tensor_data* x) {
      each(made, [&](tensor_data* v) {
        if (v != x) join(*x, *v);
      });
    });
  }
  void join(tensor_data& x, tensor_data& view) {
    if (x.memory == 0) {
      x.memory = ++groups_;
      members_[x.memory].push_back(&x);
    }
    view.memory = x.memory;
    members_[x.memory].push_back(&view);
  }
  static result<value> change(const std::vector<value>& operands, const value& made,
                              tensor_data& x) {
    if (made.t == &x) return made;
    const std::size_t serial = x.serial;
    x = *made.t;
    x.serial = serial, x.memory = 0, x.stale = false;
    return operands[0];
  }
  result<value> change(const std::vector<value>& operands, const value& made) {
    if (operands.empty() || !operands[0].is(kind::tensor) || !made.is(kind::tensor)) return made;
    tensor_data& x = *operands[0].t;
    if (x.memory != 0) {
      for (tensor_data* t : members_[x.memory]) t->stale = t != &x;
      members_.erase(x.memory);
    }
    if (!x.constant()) return change(operands, made, x);
    x.stale = true;  // the file's: a second call of the program would find it changed
    made.t->memory = 0;
    return made;
  }

  std::map<std::size_t, std::vector<tensor_data*>> members_;
  std::size_t groups_ = 0;
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_SHARING_HPP_
