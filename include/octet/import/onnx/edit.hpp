// A model's nodes while passes rewrite them: who gives a value and who reads it, constants, names,
// an order in which the nodes can run.
#ifndef OCTET_IMPORT_ONNX_EDIT_HPP_
#define OCTET_IMPORT_ONNX_EDIT_HPP_

#include <deque>
#include <queue>
#include <set>

#include "octet/core/limits.hpp"
#include "octet/import/onnx/model.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

class node_graph {
 protected:
  struct item {
    node n;
    double place = 0;  // where the file has it
    std::size_t id = 0;
    bool alive = true;
  };
  using use = std::pair<std::size_t, std::size_t>;  // node, its input

  explicit node_graph(model& m) : model_(m) {
    for (node& n : m.nodes) add(std::move(n), static_cast<double>(nodes_.size()));
    for (const value_info& v : m.outputs) outputs_.insert(v.name);
  }
  static error_info cycle() {
    return import::malformed("nodes that read each other's results in a circle");
  }
  /// Every value is given once.
  status check_values() const {
    std::set<std::string_view> given;
    for (const item* i : nodes_)
      for (const std::string& o : i->n.out)
        if (!o.empty() && !given.insert(o).second)
          return import::malformed("a value that two nodes give", o);
    return unit{};
  }

  item& add(node n, double place) {
    items_.push_back({std::move(n), place, items_.size(), true});
    item& i = items_.back();
    nodes_.push_back(&i);
    for (std::size_t k = 0; k < i.n.in.size(); ++k) uses_[i.n.in[k]].insert({i.id, k});
    for (const std::string& o : i.n.out)
      if (!o.empty()) producers_[o] = &i;
    return i;
  }
  void remove(item& i) {
    i.alive = false;
    for (std::size_t k = 0; k < i.n.in.size(); ++k) uses_[i.n.in[k]].erase({i.id, k});
    for (const std::string& o : i.n.out)
      if (const auto it = producers_.find(o); it != producers_.end() && it->second == &i)
        producers_.erase(it);
  }
  void set_input(item& i, std::size_t k, const std::string& name) {
    uses_[i.n.in[k]].erase({i.id, k});
    i.n.in[k] = name;
    uses_[name].insert({i.id, k});
  }
  /// Whoever reads `from` reads `to`.
  void replace_value(const std::string& from, const std::string& to) {
    moved_ += uses_[from].size();
    if (moved_ > most_moved) return;  // run() refuses the file
    const auto readers = uses_[from];
    for (const auto& [id, k] : readers) set_input(items_[id], k, to);
  }
  item* producer(const std::string& name) {
    const auto it = producers_.find(name);
    return it == producers_.end() ? nullptr : it->second;
  }
  const std::set<use>& uses(const std::string& name) { return uses_[name]; }
  item& reader(const use& u) { return items_[u.first]; }
  bool is_output(const std::string& name) const { return outputs_.contains(name); }
  /// Read once, and not a result of the graph.
  bool one_reader(const std::string& name) { return uses(name).size() == 1 && !is_output(name); }
  std::string fresh(const std::string& base) {
    std::string name;
    do name = base + "/" + std::to_string(++fresh_);
    while (producers_.contains(name) || model_.constants.contains(name));
    return name;
  }
  const array* constant(const std::string& name) const {
    const auto it = model_.constants.find(name);
    return name.empty() || it == model_.constants.end() ? nullptr : &it->second;
  }
  /// One element, with or without an axis.
  static bool scalar(const array& a) {
    return a.shape.rank == 0 || (a.shape.rank == 1 && a.shape[0] == 1);
  }

  // ---- what patterns ask ----

  static bool is_plain(const node& n, std::string_view op) {
    return n.is(op) && n.out.size() == 1 && !n.in.empty();
  }
  /// The one reader of a value, if it is an operator of that name.
  item* only_reader(const std::string& value, std::string_view op) {
    if (!one_reader(value)) return nullptr;
    item& r = reader(*uses(value).begin());
    return is_plain(r.n, op) ? &r : nullptr;
  }
  /// The other operand of a node of two, one of which is `value`.
  static const std::string* other(const node& n, const std::string& value) {
    if (n.in.size() != 2) return nullptr;
    if (n.in[0] == value) return &n.in[1];
    return n.in[1] == value ? &n.in[0] : nullptr;
  }
  /// The one reader of `value`, of that name, whose other operand is a constant.
  item* with_constant(const std::string& value, std::string_view op, const std::string*& operand) {
    item* r = only_reader(value, op);
    operand = r ? other(r->n, value) : nullptr;
    return operand && constant(*operand) ? r : nullptr;
  }
  /// A node in place of those of a pattern, the last of which gave its result.
  void put(node n, const std::vector<item*>& instead) {
    const double place = instead.back()->place;
    n.name = instead.back()->n.name, n.out = instead.back()->n.out;
    for (item* i : instead) remove(*i);
    add(std::move(n), place);
  }
  static node made(std::string_view op, std::string_view domain, std::vector<std::string> in) {
    node n;
    n.op = op, n.domain = domain, n.in = std::move(in);
    return n;
  }

  bool sort() {
    order_.clear();
    std::vector<std::size_t> waits(items_.size(), 0);
    const auto later = [](const item* a, const item* b) {
      return a->place != b->place ? a->place > b->place : a->id > b->id;
    };
    std::priority_queue<item*, std::vector<item*>, decltype(later)> ready(later);
    std::size_t alive = 0;
    for (item& i : items_) {
      if (!i.alive) continue;
      ++alive;
      for (const std::string& name : i.n.in)
        waits[i.id] += !name.empty() && producers_.contains(name);
      if (waits[i.id] == 0) ready.push(&i);
    }
    while (!ready.empty()) {
      item* i = ready.top();
      ready.pop();
      order_.push_back(i);
      for (const std::string& o : i->n.out) {
        if (o.empty() || producer(o) != i) continue;
        for (const use& u : uses(o))
          if (--waits[u.first] == 0) ready.push(&items_[u.first]);
      }
    }
    return order_.size() == alive;
  }
  void finish() {
    model_.nodes.clear();
    for (item* i : order_) model_.nodes.push_back(std::move(i->n));
  }

  model& model_;
  /// A long chain of nodes that change nothing, listed from its end, moves all readers at each.
  static constexpr std::size_t most_moved = std::size_t{1} << 22;

  std::size_t moved_ = 0;
  std::deque<item> items_;
  std::vector<item*> nodes_;  // in the order they were added
  std::vector<item*> order_;
  std::map<std::string, std::set<use>> uses_;
  std::map<std::string, item*> producers_;
  std::set<std::string> outputs_;
  std::size_t fresh_ = 0;
};

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_EDIT_HPP_
