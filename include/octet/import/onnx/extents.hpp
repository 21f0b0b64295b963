// Shapes of a file's values as far as they follow before the shapes of its inputs are given: ONNX
// Runtime's graph passes ask what the file itself says.
#ifndef OCTET_IMPORT_ONNX_EXTENTS_HPP_
#define OCTET_IMPORT_ONNX_EXTENTS_HPP_

#include <algorithm>
#include <set>

#include "octet/import/onnx/model.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

/// An extent: a number, or a name; none: not known.
struct extent {
  std::int64_t number = -1;
  std::string symbol;
  bool known() const { return number >= 0 || !symbol.empty(); }
  bool operator==(const extent&) const = default;
};
using extent_list = std::vector<extent>;

class known_shapes {
 public:
  explicit known_shapes(const model& m) : model_(m) {
    for (const auto* list : {&m.inputs, &m.outputs, &m.between})
      for (const value_info& v : *list)
        if (v.has_shape && v.extents.size() <= dims::max_rank)
          shapes_.emplace(v.name, extents_of(v));
  }
  const extent_list* find(const std::string& name) {
    if (const auto it = shapes_.find(name); it != shapes_.end()) return &it->second;
    const array* a = constant(name);
    if (!a) return nullptr;
    extent_list e;
    for (std::int32_t n : a->shape) e.push_back({n, {}});
    return &shapes_.emplace(name, std::move(e)).first->second;
  }
  void set(const std::string& name, extent_list e) { shapes_.insert_or_assign(name, std::move(e)); }
  /// Where `from` is `to` transposed by `perm`: what follows for `to` (which may be the same name).
  void set_before(const std::string& from, const std::string& to,
                  const std::vector<std::int64_t>& perm) {
    const extent_list* e = find(from);
    if (!e || e->size() != perm.size()) return;
    extent_list own(perm.size());
    for (std::size_t k = 0; k < perm.size(); ++k) own[as_size(perm[k])] = (*e)[k];
    set(to, std::move(own));
  }
  /// What follows for a node's first result; nodes come in an order in which they can run.
  void follow(const node& n) {
    if (n.out.empty() || shapes_.contains(n.out[0])) return;
    if (auto e = result_of(n)) shapes_.emplace(n.out[0], std::move(*e));
  }

 private:
  const array* constant(const std::string& name) const {
    const auto it = model_.constants.find(name);
    return name.empty() || it == model_.constants.end() ? nullptr : &it->second;
  }
  static extent_list extents_of(const value_info& v) {
    extent_list e;
    for (std::size_t k = 0; k < v.extents.size(); ++k)
      e.push_back({v.extents[k], v.extents[k] >= 0 ? std::string() : v.symbols[k]});
    return e;
  }
  std::optional<extent_list> result_of(const node& n) {
    static const std::set<std::string_view> same{"Abs",
                                                 "BatchNormalization",
                                                 "BiasGelu",
                                                 "Cast",
                                                 "Clip",
                                                 "DequantizeLinear",
                                                 "Dropout",
                                                 "DynamicQuantizeLinear",
                                                 "Elu",
                                                 "Erf",
                                                 "Exp",
                                                 "FastGelu",
                                                 "Gelu",
                                                 "HardSigmoid",
                                                 "HardSwish",
                                                 "Identity",
                                                 "LayerNormalization",
                                                 "LeakyRelu",
                                                 "Log",
                                                 "LogSoftmax",
                                                 "Neg",
                                                 "QLinearLeakyRelu",
                                                 "QLinearSigmoid",
                                                 "QLinearSoftmax",
                                                 "QuantizeLinear",
                                                 "QuickGelu",
                                                 "RMSNormalization",
                                                 "Relu",
                                                 "Sigmoid",
                                                 "SimplifiedLayerNormalization",
                                                 "SkipLayerNormalization",
                                                 "Softmax",
                                                 "Sqrt",
                                                 "Tanh"};
    static const std::set<std::string_view> pairs{"Add", "Sub", "Mul", "Div", "Pow"};
    static const std::set<std::string_view> products{"MatMul", "MatMulInteger", "FusedMatMul",
                                                     "MatMulIntegerToFloat"};
    const extent_list* a = find(n.input(0));
    if (a && same.contains(n.op)) return *a;
    if (n.op == "Reshape") return reshaped(n, a);
    if (a && n.op == "Transpose") return transposed(n, *a);
    if (n.op == "Flatten") return a ? flattened(n, *a) : extent_list(2);  // a matrix anyway
    if (a && n.op == "Unsqueeze") return unsqueezed(n, *a);
    if (a && n.op == "Squeeze") return squeezed(n, *a);
    if (a && n.op == "GlobalAveragePool" && a->size() > 2) return pooled(*a);
    // The second operand of a quantized pair or product stands behind the first's parameters.
    const bool quantized = n.op == "QLinearAdd" || n.op == "QLinearMul" || n.op == "QLinearMatMul";
    const std::string& second = n.input(quantized ? 3 : 1);
    const extent_list* b = find(second);
    if (!a || !b) return {};
    if (pairs.contains(n.op) || n.op == "QLinearAdd" || n.op == "QLinearMul")
      return broadcast_extents(*a, *b);
    if (n.op == "Gemm") return gemm(n, *a, *b);
    if (!products.contains(n.op) && n.op != "QLinearMatMul") return {};
    return product(*a, *b);
  }
  static std::optional<extent_list> product(extent_list a, const extent_list& b) {
    if (a.size() < 2 || b.size() != 2) return {};
    a.back() = b.back();
    return a;
  }
  static std::optional<extent_list> gemm(const node& n, const extent_list& a,
                                         const extent_list& b) {
    if (a.size() != 2 || b.size() != 2) return {};
    return extent_list{a[n.integer("transA", 0) != 0 ? 1 : 0],
                       b[n.integer("transB", 0) != 0 ? 0 : 1]};
  }
  /// As many axes as a constant says, which are known where it names them; one of the rest follows
  /// from the number of elements.
  std::optional<extent_list> reshaped(const node& n, const extent_list* x) const {
    const array* target = constant(n.input(1));
    if (!target || target->type != dtype::s64 || target->elements() > dims::max_rank) return {};
    extent_list e;
    const bool zero_copies = n.integer("allowzero", 0) == 0;
    for (const std::int64_t v : target->as<std::int64_t>())
      if (v == 0 && zero_copies && x && e.size() < x->size())
        e.push_back((*x)[e.size()]);
      else
        e.push_back({v > 0 ? v : -1, {}});
    const auto list = target->as<std::int64_t>();
    const auto open = std::find(list.begin(), list.end(), std::int64_t{-1});
    if (open == list.end() || !x) return e;
    extent& rest = e[static_cast<std::size_t>(open - list.begin())];
    const auto all = elements(*x);
    rest.number = 1;
    const auto others = elements(e);
    rest.number = all && others && *others > 0 && *all % *others == 0 ? *all / *others : -1;
    return e;
  }
  /// Of numbers alone.
  static std::optional<std::int64_t> elements(const extent_list& x) {
    std::int64_t n = 1;
    for (const extent& e : x) {
      if (e.number < 0 || (e.number > 0 && n > INT64_MAX / e.number)) return {};
      n *= e.number;
    }
    return n;
  }
  static std::optional<extent_list> transposed(const node& n, const extent_list& x) {
    extent_list e(x.rbegin(), x.rend());
    const attribute* perm = n.find("perm");
    if (!perm) return e;
    if (perm->integers.size() != x.size()) return {};
    for (std::size_t k = 0; k < x.size(); ++k) {
      const std::int64_t from = perm->integers[k];
      if (from < 0 || as_size(from) >= x.size()) return {};
      e[k] = x[as_size(from)];
    }
    return e;
  }
  static std::optional<extent_list> flattened(const node& n, const extent_list& x) {
    std::int64_t axis = n.integer("axis", 1);
    if (axis < 0) axis += static_cast<std::int64_t>(x.size());
    if (axis < 0 || as_size(axis) > x.size()) return {};
    const auto middle = x.begin() + axis;
    const auto joined = [](extent_list part) {
      if (part.size() == 1) return part[0];
      return extent{elements(part).value_or(-1), {}};
    };
    return extent_list{joined({x.begin(), middle}), joined({middle, x.end()})};
  }
  std::optional<std::vector<std::int64_t>> axes_of(const node& n) const {
    if (const attribute* a = n.find("axes")) return a->integers;
    const array* a = constant(n.input(1));
    if (!a || a->type != dtype::s64) return {};
    return std::vector<std::int64_t>(a->as<std::int64_t>().begin(), a->as<std::int64_t>().end());
  }
  std::optional<extent_list> unsqueezed(const node& n, const extent_list& x) const {
    auto axes = axes_of(n);
    if (!axes || axes->size() + x.size() > dims::max_rank) return {};
    const std::size_t rank = axes->size() + x.size();
    for (std::int64_t& a : *axes)
      if (a < 0) a += static_cast<std::int64_t>(rank);
    std::sort(axes->begin(), axes->end());
    extent_list e = x;
    for (const std::int64_t a : *axes) {
      if (a < 0 || as_size(a) > e.size()) return {};
      e.insert(e.begin() + a, extent{1, {}});
    }
    return e;
  }
  std::optional<extent_list> squeezed(const node& n, const extent_list& x) const {
    const auto axes = axes_of(n);
    if (!axes) return {};
    std::set<std::int64_t> gone;
    for (const std::int64_t a : *axes)
      gone.insert(a < 0 ? a + static_cast<std::int64_t>(x.size()) : a);
    extent_list e;
    for (std::size_t k = 0; k < x.size(); ++k)
      if (!gone.contains(static_cast<std::int64_t>(k))) e.push_back(x[k]);
    return e;
  }
  static extent_list pooled(extent_list x) {
    for (std::size_t k = 2; k < x.size(); ++k) x[k] = {1, {}};
    return x;
  }
  /// Extents that meet: numbers but 1 stand, one name stands beside 1, two names are neither.
  static extent_list broadcast_extents(const extent_list& a, const extent_list& b) {
    const extent_list &longer = a.size() >= b.size() ? a : b,
                      &shorter = a.size() >= b.size() ? b : a;
    extent_list e = longer;
    for (std::size_t k = 0; k < shorter.size(); ++k) {
      extent& to = e[longer.size() - shorter.size() + k];
      const extent& other = shorter[k];
      if (other.number == 1 || other == to) continue;
      if (to.number == 1 || other.number > 1)
        to = other;
      else if (to.number < 0)
        to = {};
    }
    return e;
  }

  const model& model_;
  std::map<std::string, extent_list> shapes_;  // what find() gives stays where it is
};

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_EXTENTS_HPP_
