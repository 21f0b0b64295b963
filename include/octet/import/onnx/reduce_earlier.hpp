// ReduceMean and ReduceSum of transposed values: ONNX Runtime 1.32 (its TransposeOptimizer) reduces
// first and transposes what is left, so that the sums run in the order of the value before.
#ifndef OCTET_IMPORT_ONNX_REDUCE_EARLIER_HPP_
#define OCTET_IMPORT_ONNX_REDUCE_EARLIER_HPP_

#include <algorithm>

#include "octet/import/onnx/edit.hpp"
#include "octet/import/onnx/extents.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

class reductions_before_transposes : node_graph {
 public:
  reductions_before_transposes(model& m, known_shapes& shapes) : node_graph(m), shapes_(shapes) {}

  /// Rewrites the model's nodes; they come back in an order in which they can run.
  status run() {
    if (!sort()) return cycle();
    for (const item* i : order_) shapes_.follow(i->n);
    find_what_leads_to_transposes();
    for (item* i : std::vector<item*>(order_)) follow(*i);
    if (!sort()) return cycle();
    finish();
    return unit{};
  }

 private:
  using permutation = std::vector<std::int64_t>;

  static bool reduces(const node& n) {
    return (n.is("ReduceMean") || n.is("ReduceSum")) && n.out.size() == 1 && !n.in.empty();
  }
  /// Operators that a Transpose goes through from the inputs to the results.
  static bool is_elementwise(const node& n) {
    static const std::set<std::string_view> ops{
        "Abs", "Add", "Cast", "Clip", "Div", "Erf",  "Exp",     "Identity", "LeakyRelu", "Log",
        "Max", "Min", "Mul",  "Neg",  "Pow", "Relu", "Sigmoid", "Sqrt",     "Sub",       "Tanh"};
    return n.domain.empty() && ops.contains(n.op) && n.out.size() == 1;
  }
  static bool converts(const node& n) {
    return (is_quantize(n) || is_dequantize(n)) && n.out.size() == 1;
  }
  void find_what_leads_to_transposes() {
    for (std::size_t k = order_.size(); k-- > 0;) {
      const node& n = order_[k]->n;
      bool leads = n.is("Transpose");
      if (is_elementwise(n) || converts(n) || reduces(n)) leads |= leading_.contains(n.out[0]);
      if (!leads) continue;
      const std::size_t count =
          is_elementwise(n) ? n.in.size() : std::min<std::size_t>(1, n.in.size());
      for (std::size_t i = 0; i < count; ++i) leading_.insert(n.in[i]);
    }
  }
  /// What moving a Transpose of a value costs: its extents but those of 1, 5 where they are not
  /// known.
  std::int64_t cost(const std::string& value) {
    constexpr std::int64_t not_known = 5;
    const extent_list* e = shapes_.find(value);
    if (!e) return not_known;
    return std::ranges::count_if(*e, [](const extent& x) { return x.number != 1; });
  }
  bool is_constant(const std::string& value) {
    if (value.empty() || constant(value)) return true;
    const item* dq = producer(value);
    return dq && is_dequantize(dq->n) && constant(dq->n.in[0]);
  }
  /// Learns whether the result of a node is a Transpose's in the end.
  void follow(item& i) {
    const node& n = i.n;
    if (n.is("Transpose") && n.in.size() == 1 && n.out.size() == 1) {
      if (const attribute* perm = n.find("perm"); perm && is_permutation(perm->integers))
        follow_transpose(n, perm->integers);
    } else if (converts(n)) {
      const auto from = turned_.find(n.input(0));
      if (from != turned_.end() && leading_.contains(n.out[0]))
        turned_.emplace(n.out[0], permutation(from->second));
    } else if (is_elementwise(n)) {
      follow_operands(n);
    } else if (reduces(n)) {
      const auto from = turned_.find(n.in[0]);
      const bool less = cost(n.out[0]) < cost(n.in[0]);
      if (from != turned_.end() && (less || leading_.contains(n.out[0])))
        reduce_before(i, permutation(from->second));
    }
  }
  static bool is_permutation(const permutation& perm) {
    permutation sorted = perm;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t k = 0; k < sorted.size(); ++k)
      if (sorted[k] != static_cast<std::int64_t>(k)) return false;
    return !perm.empty();
  }
  /// Of a transposed value: both Transposes are one, or none where they undo each other.
  void follow_transpose(const node& n, permutation perm) {
    const auto from = turned_.find(n.in[0]);
    if (from != turned_.end()) {
      if (from->second.size() != perm.size()) return;
      for (std::int64_t& a : perm) a = from->second[as_size(a)];
    }
    if (!std::ranges::is_sorted(perm)) turned_.emplace(n.out[0], std::move(perm));
  }
  bool all_shapes_known(const node& n) {
    return std::ranges::all_of(n.in, [&](const std::string& in) { return shapes_.find(in); });
  }
  /// It goes through where that takes Transposes away, or towards one; of several operands the
  /// numbers of axes must be known.
  void follow_operands(const node& n) {
    const permutation* perm = nullptr;
    for (const std::string& in : n.in)
      if (const auto from = turned_.find(in); from != turned_.end() && !perm) perm = &from->second;
    if (!perm || (!n.is("Clip") && n.in.size() > 1 && !all_shapes_known(n))) return;
    std::int64_t all = cost(n.out[0]);
    for (const std::string& in : n.in) {
      const auto from = turned_.find(in);
      const bool goes = from != turned_.end() && from->second == *perm;
      if (goes || !is_constant(in)) all += cost(in) * (goes ? -1 : 1);
    }
    if (all < 0 || leading_.contains(n.out[0])) turned_.emplace(n.out[0], permutation(*perm));
  }
  /// Axes of a reduction, none: of all; nothing: not known.
  std::optional<permutation> axes_of(const node& n, std::size_t rank) {
    permutation axes;
    if (const attribute* a = n.find("axes")) axes = a->integers;
    if (!n.input(1).empty()) {
      const array* a = constant(n.in[1]);
      if (!a || a->type != dtype::s64) return {};
      axes.assign(a->as<std::int64_t>().begin(), a->as<std::int64_t>().end());
    }
    if (axes.empty() && n.integer("noop_with_empty_axes", 0) != 0) return {};
    const auto count = static_cast<std::int64_t>(rank);
    for (std::int64_t& a : axes) {
      if (a < -count || a >= count) return {};
      if (a < 0) a += count;
    }
    return axes;
  }
  /// The value before its Transpose: what that reads, or the value transposed back.
  std::string before(const std::string& value, const permutation& perm, double place) {
    if (const item* t = producer(value); t && t->n.is("Transpose"))
      if (const attribute* own = t->n.find("perm"); own && own->integers == perm) return t->n.in[0];
    permutation back(perm.size());
    for (std::size_t k = 0; k < perm.size(); ++k)
      back[as_size(perm[k])] = static_cast<std::int64_t>(k);
    const std::string to = fresh(value);
    transpose(value, to, back, place);
    shapes_.set_before(value, to, perm);
    return to;
  }
  void transpose(const std::string& from, const std::string& to, const permutation& perm,
                 double place) {
    node n;
    n.op = "Transpose", n.name = to;
    n.in = {from};
    n.out = {to};
    n.attributes["perm"].integers = perm;
    add(std::move(n), place);
  }
  /// Axes of what is transposed, and the Transpose of what is left.
  void reduce_before(item& i, const permutation& perm) {
    node n = i.n;
    const std::string result = n.out[0];
    const auto axes = axes_of(n, perm.size());
    if (!axes) return;
    std::vector<bool> gone(perm.size(), axes->empty());
    permutation own;
    for (const std::int64_t a : *axes) {
      own.push_back(perm[as_size(a)]);
      gone[as_size(own.back())] = true;
    }
    std::sort(own.begin(), own.end());
    permutation rest = perm;
    if (n.integer("keepdims", 1) == 0) {
      rest.clear();
      for (const std::int64_t a : perm)
        if (!gone[as_size(a)]) rest.push_back(std::count(gone.begin(), gone.begin() + a, false));
    }
    const double place = i.place;
    n.in[0] = before(n.in[0], perm, place);
    if (n.in.size() > 1 && !n.in[1].empty()) {
      n.in[1] = fresh(n.in[1]);
      model_.constants[n.in[1]] = array::of(std::span<const std::int64_t>(own),
                                            dims{static_cast<std::int32_t>(own.size())});
    } else if (!own.empty()) {
      n.attributes["axes"].integers = own;
    }
    remove(i);
    if (std::ranges::is_sorted(rest)) {
      add(std::move(n), place);
      return;
    }
    n.out[0] = fresh(result);
    const std::string reduced = n.out[0];
    add(std::move(n), place);
    transpose(reduced, result, rest, place);
    if (rest.size() == perm.size()) turned_.emplace(result, perm);
  }

  known_shapes& shapes_;
  std::set<std::string> leading_;              // to a Transpose
  std::map<std::string, permutation> turned_;  // what a Transpose gives in the end
};

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_REDUCE_EARLIER_HPP_
