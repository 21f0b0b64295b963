// Which tensors of a program share memory: what an operator that changes its operand in place
// changes besides. Values of a graph never change, so such an operator's operand stands for the
// result from there on, and each view of the same memory is brought up to date when it is used
// next.
#ifndef OCTET_IMPORT_TORCH_SHARING_HPP_
#define OCTET_IMPORT_TORCH_SHARING_HPP_

#include <algorithm>
#include <deque>
#include <string_view>
#include <utility>
#include <vector>

#include "octet/import/common/builder.hpp"
#include "octet/import/torch/value.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

/// "aten::add_", but not "aten::__and__".
constexpr bool changes_in_place(std::string_view name) noexcept {
  return name.size() > 1 && name.ends_with('_') && !name.ends_with("__");
}
/// Operators whose results may be their operand itself or a view of it: what their rows mark as one
/// (`tensor_data::view`) is, everything else is a copy.
constexpr bool gives_views(std::string_view name) noexcept {
  constexpr std::string_view list[] = {"aten::to",
                                       "aten::type_as",
                                       "aten::contiguous",
                                       "aten::detach",
                                       "aten::alias",
                                       "aten::dropout",
                                       "aten::dropout_",
                                       "aten::feature_dropout",
                                       "aten::flatten",
                                       "aten::reshape",
                                       "aten::view",
                                       "aten::squeeze",
                                       "aten::unsqueeze",
                                       "aten::permute",
                                       "aten::transpose",
                                       "aten::t",
                                       "aten::numpy_T",
                                       "aten::movedim",
                                       "aten::slice",
                                       "aten::select",
                                       "aten::narrow",
                                       "aten::chunk",
                                       "aten::split",
                                       "aten::split_with_sizes",
                                       "aten::unbind",
                                       "aten::unflatten",
                                       "aten::expand",
                                       "aten::expand_as",
                                       "aten::meshgrid",
                                       "quantized::dropout",
                                       "aten::view_as",
                                       "aten::ravel",
                                       "aten::tensor_split",
                                       "aten::swapaxes",
                                       "aten::swapdims",
                                       "aten::moveaxis",
                                       "aten::unsafe_chunk",
                                       "aten::unsafe_split",
                                       "aten::diagonal",
                                       "aten::unfold",
                                       "aten::unsafe_split_with_sizes",
                                       "aten::broadcast_to",
                                       "aten::lift_fresh",
                                       "aten::reshape_as",
                                       "aten::linalg_diagonal",
                                       "aten::broadcast_tensors",
                                       "aten::mT",
                                       "aten::resolve_conj",
                                       "aten::resolve_neg"};
  for (const std::string_view n : list)
    if (n == name) return true;
  return false;
}

/// Operators in place that change the extents of their operand, or the order of its axes, and no
/// element.
constexpr bool changes_extents(std::string_view name) noexcept {
  constexpr std::string_view list[] = {"aten::squeeze_", "aten::unsqueeze_", "aten::transpose_",
                                       "aten::t_",       "aten::swapaxes_",  "aten::swapdims_"};
  for (const std::string_view n : list)
    if (n == name) return true;
  return false;
}
/// Of those that give views, the ones whose result may be their operand itself, under two names:
/// the others make a tensor of its own of the same memory.
constexpr bool gives_operand(std::string_view name) noexcept {
  constexpr std::string_view list[] = {
      "aten::to",       "aten::type_as",      "aten::contiguous",  "aten::dropout",
      "aten::dropout_", "aten::resolve_conj", "aten::resolve_neg", "aten::feature_dropout",
      "aten::flatten",  "aten::lift_fresh",   "quantized::dropout"};
  for (const std::string_view n : list)
    if (n == name) return true;
  return false;
}

/// What an operator in place has written: where in the memory, and which values.
struct memory_write {
  std::vector<std::int64_t> size, stride;
  std::int64_t offset = 0;
  tensor_data* what = nullptr;
};

class shared_memory {
 public:
  /// What the program gets of an operator that made `made` of `operands`; `before`: how many
  /// tensors there were until then.
  result<value> settle(std::string_view name, const std::vector<value>& operands, value made,
                       std::size_t before, heap& values) {
    if (changes_extents(name)) return reshape(operands, made);
    if (gives_views(name)) {
      if (!gives_operand(name) && made.is(kind::tensor) && !made.t->constant() &&
          !operands.empty() && operands[0].is(kind::tensor) && operands[0].t == made.t) {
        made = values.tensor(*made.t);
        made.t->view = true;
      }
      join_all(operands, made);
    } else if (changes_in_place(name)) {
      return change(operands, made, values);
    } else if (made.is(kind::tensor)) {
      // A copy, though it may have an operand's bytes.
      if (made.t->serial < before) made = values.tensor(*made.t);
      alone(*made.t);
    } else {
      each(made, [&](tensor_data* t) {
        if (t->serial >= before) alone(*t);
      });
    }
    return made;
  }
  /// The next write that `t` does not show; null: it shows all of them.
  const memory_write* unseen(const tensor_data& t) const {
    if (t.memory == 0) return nullptr;
    const std::deque<memory_write>& writes = memories_[t.memory - 1].writes;
    return t.writes < writes.size() ? &writes[t.writes] : nullptr;
  }
  /// `x` has the values of `made` from now on, and stays where it is in memory.
  static void put(tensor_data& x, const tensor_data& made) {
    x.type = made.type, x.axis = made.axis;
    x.scales = made.scales, x.zero_points = made.zero_points;
    x.id = made.id, x.channels_inner = made.channels_inner;
  }

 private:
  struct memory {
    std::vector<tensor_data*> members;
    std::deque<memory_write> writes;  // deque: pointers into it stay
  };
  static void alone(tensor_data& t) {
    t.memory = t.writes = 0;
    t.offset = t.constant() ? t.offset : 0;
    t.view = false;
  }
  static void each(const value& v, const auto& f) {
    if (v.is(kind::tensor)) f(v.t);
    if (v.is_sequence())
      for (const value& e : v.c->items)
        if (e.is(kind::tensor)) f(e.t);
  }
  void join_all(const std::vector<value>& operands, const value& made) {
    if (operands.empty()) return;
    each(made, [&](tensor_data* v) {
      bool is_operand = false;
      each(operands[0], [&](const tensor_data* x) { is_operand |= x == v; });
      if (is_operand) return;
      const bool view = std::exchange(v->view, false);
      if (!view) return alone(*v);
      v->memory = v->writes = 0;
      // Of several operands (meshgrid) each has its own result.
      each(operands[0], [&](tensor_data* x) {
        if (!operands[0].is_sequence() || place_in(made, v) == place_in(operands[0], x))
          join(*x, *v);
      });
    });
  }
  static std::size_t place_in(const value& list, const tensor_data* t) {
    std::size_t i = 0;
    if (list.is_sequence())
      while (i < list.c->items.size() &&
             !(list.c->items[i].is(kind::tensor) && list.c->items[i].t == t))
        ++i;
    return i;
  }
  void join(tensor_data& x, tensor_data& view) {
    if (x.memory == 0) {
      memories_.push_back({{&x}, {}});
      x.memory = memories_.size();
      x.writes = 0;
    }
    memory& m = memories_[x.memory - 1];
    view.memory = x.memory;
    view.writes = m.writes.size();
    m.members.push_back(&view);
  }
  /// The file's tensors keep what they are: whatever shows them must not be used again.
  static void spoil(const std::vector<tensor_data*>& members, const tensor_data& x) {
    for (tensor_data* t : members) t->stale = t != &x;
  }
  /// The operand is, from now on, what `made` is a view of it as.
  static result<value> reshape(const std::vector<value>& operands, const value& made) {
    if (operands.empty() || !operands[0].is(kind::tensor) || !made.is(kind::tensor)) return made;
    tensor_data& x = *operands[0].t;
    if (made.t == &x) return made;
    if (x.constant())
      return unsupported("a tensor of the file that changes its extents in place", {},
                         "the operator without the underscore");
    x.size = made.t->size, x.stride = made.t->stride;
    put(x, *made.t);
    return operands[0];
  }
  result<value> change(const std::vector<value>& operands, const value& made, heap& values) {
    if (operands.empty() || !operands[0].is(kind::tensor) || !made.is(kind::tensor)) return made;
    tensor_data& x = *operands[0].t;
    if (made.t == &x) return made;
    if (made.t->size != x.size || made.t->type != x.type)
      return invalid(
          "a result that is not its operand's kind, in place of it",
          std::string(name_of(made.t->type)) + ", " + std::to_string(made.t->rank()) + " axes",
          std::string(name_of(x.type)) + ", " + std::to_string(x.rank()) + " axes");
    memory* m = x.memory != 0 ? &memories_[x.memory - 1] : nullptr;
    if (m && std::any_of(m->members.begin(), m->members.end(),
                         [](const tensor_data* t) { return t->constant(); }))
      spoil(m->members, x);
    if (x.constant()) {
      x.stale = true;
      alone(*made.t);
      return made;
    }
    put(x, *made.t);
    if (!m) return operands[0];
    tensor_data what = *made.t;
    alone(what);
    m->writes.push_back({x.size, x.stride, x.offset, values.tensor(std::move(what)).t});
    x.writes = m->writes.size();
    return operands[0];
  }

  std::deque<memory> memories_;  // of number 1, 2, ..
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_SHARING_HPP_
