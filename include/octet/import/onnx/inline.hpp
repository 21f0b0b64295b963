// Functions of a model's own (ModelProto.functions), as exporters write one for each module of a
// network: nodes that stand where they are called, before anything else looks at the graph.
#ifndef OCTET_IMPORT_ONNX_INLINE_HPP_
#define OCTET_IMPORT_ONNX_INLINE_HPP_

#include "octet/core/limits.hpp"
#include "octet/import/onnx/model.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

class function_calls {
 public:
  function_calls(model& m, const limits& max, std::size_t file_bytes)
      : model_(m), max_(max), work_(max, file_bytes) {}

  /// Every call in the model's graph, in graphs of attributes and in functions becomes nodes. An
  /// error where they are too many, or where functions call each other in a circle.
  status expand() {
    if (model_.functions.empty()) return unit{};
    for (const function& f : model_.functions)
      if (!by_name_.emplace(key(f.domain, f.name, f.overload), &f).second)
        return import::malformed("two functions named \"" + f.name + "\"");
    return expand(model_, 0);
  }

 private:
  static std::string key(const std::string& domain, const std::string& name,
                         const std::string& overload) {
    return domain + "::" + name + ":" + overload;
  }
  const function* called(const node& n) const {
    const auto it = by_name_.find(key(n.domain, n.op, n.overload));
    return it == by_name_.end() ? nullptr : it->second;
  }

  status expand(graph_part& g, std::size_t depth) {
    std::vector<node> from = std::move(g.nodes);
    g.nodes.clear();
    for (node& n : from)
      if (auto s = place(std::move(n), g.nodes, depth); !s) return s;
    return unit{};
  }
  /// A node, or those of the function that it calls.
  status place(node n, std::vector<node>& to, std::size_t depth) {
    if (auto s = within_limit(&limits::depth, max_, "functions within one another", depth); !s)
      return s;
    if (auto s = within_limit(&limits::nodes, max_, "nodes of all calls", ++nodes_); !s) return s;
    if (auto s = work_.spend(cost(n)); !s) return s;
    if (const function* f = called(n)) return place_call(n, *f, to, depth);
    for (auto& [name, a] : n.attributes) {
      if (!a.graph) continue;
      graph_part part = *a.graph;
      if (auto s = expand(part, depth + 1); !s) return s;
      a.graph = std::make_shared<const graph_part>(std::move(part));
    }
    to.push_back(std::move(n));
    return unit{};
  }
  status place_call(const node& n, const function& f, std::vector<node>& to, std::size_t depth) {
    if (f.opset != 0 && f.opset != model_.opset)
      return unsupported("opset of function " + f.name, std::to_string(f.opset),
                         std::to_string(model_.opset) + ", that of the model");
    const std::size_t given = n.in.size() - n.captures.size();
    if (given > f.in.size() || n.out.size() > f.out.size())
      return import::malformed("inputs or outputs of a call of function " + f.name);
    // Long names must not be copied over and over.
    std::size_t formal = 0;
    for (const auto* list : {&f.in, &f.out})
      for (const std::string& name : *list) formal += 16 + name.size();
    if (auto s = work_.spend(formal); !s) return s;
    renaming names{(f.name.size() < 64 ? f.name : "") + "#" + std::to_string(++calls_) + "/", {}};
    for (std::size_t i = 0; i < f.in.size(); ++i)
      names.known[f.in[i]] = i < given ? n.in[i] : std::string();
    std::vector<node> more;  // for results that are inputs, or one result under two names
    for (std::size_t i = 0; i < n.out.size(); ++i) {
      if (n.out[i].empty() || names.known.emplace(f.out[i], n.out[i]).second) continue;
      node same;
      same.op = "Identity";
      same.in = {names.of(f.out[i])}, same.out = {n.out[i]};
      more.push_back(std::move(same));
    }
    for (const node& inner : f.nodes) {
      node copy = inner;
      if (auto s = work_.spend(cost(copy) + n.name.size()); !s) return s;
      settle(copy, n, f, names);
      if (!n.name.empty()) copy.name = n.name + "/" + copy.name;
      if (auto s = place(std::move(copy), to, depth + 1); !s) return s;
    }
    to.insert(to.end(), more.begin(), more.end());
    return unit{};
  }

  /// What names of a body are where it is called: those of the call's inputs and outputs, all
  /// others under a prefix of this call's own.
  struct renaming {
    std::string prefix;
    std::map<std::string, std::string> known;
    std::string of(const std::string& name) const {
      const auto it = known.find(name);
      return name.empty() ? name : it != known.end() ? it->second : prefix + name;
    }
  };
  /// A body's node becomes one of the caller: names, and attributes that the call gives.
  static void settle(node& n, const node& caller, const function& f, const renaming& names) {
    for (std::string& name : n.in) name = names.of(name);
    for (std::string& name : n.out) name = names.of(name);
    for (std::string& name : n.captures) name = names.of(name);
    for (auto it = n.attributes.begin(); it != n.attributes.end();) {
      attribute& a = it->second;
      if (!a.of_call.empty()) {
        const attribute* by = caller.find(a.of_call);
        const auto otherwise = f.defaults.find(a.of_call);
        if (!by && otherwise != f.defaults.end()) by = &otherwise->second;
        if (!by) {
          it = n.attributes.erase(it);
          continue;
        }
        a = attribute(*by);
      } else if (a.graph) {
        a.graph = std::make_shared<const graph_part>(settled(*a.graph, caller, f, names));
      }
      ++it;
    }
    find_captures(n);
  }
  static graph_part settled(graph_part g, const node& caller, const function& f,
                            const renaming& names) {
    for (node& n : g.nodes) settle(n, caller, f, names);
    for (value_info& v : g.inputs) v.name = names.of(v.name);
    for (value_info& v : g.outputs) v.name = names.of(v.name);
    std::map<std::string, array> constants;
    for (auto& [name, a] : g.constants) constants.emplace(names.of(name), std::move(a));
    g.constants = std::move(constants);
    return g;
  }
  /// Bytes that a copy takes, about; elements of tensors are shared.
  static std::size_t cost(const node& n) {
    std::size_t sum = 16 + n.op.size() + n.name.size();
    for (const auto* list : {&n.in, &n.out, &n.captures})
      for (const std::string& name : *list) sum += 1 + name.size();
    for (const auto& [name, a] : n.attributes) {
      sum += 16 + name.size() + a.reals.size() + a.integers.size();
      if (a.text) sum += a.text->size();
      for (const std::string& t : a.texts) sum += 1 + t.size();
      if (!a.graph) continue;
      for (const node& inner : a.graph->nodes) sum += cost(inner);
      for (const auto& [constant, elements] : a.graph->constants) sum += 16 + constant.size();
      for (const value_info& v : a.graph->inputs) sum += 16 + v.name.size();
      for (const value_info& v : a.graph->outputs) sum += 16 + v.name.size();
    }
    return sum;
  }

  model& model_;
  const limits& max_;
  work_budget work_;
  std::map<std::string, const function*> by_name_;
  std::size_t nodes_ = 0, calls_ = 0;
};

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_INLINE_HPP_
