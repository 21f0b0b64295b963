// Nodes that stand where they are called, before anything else looks at the graph: functions of a
// model's own (ModelProto.functions), as exporters write one for each module of a network, and the
// branch of an If whose condition is a constant. ONNX Runtime puts both there before it looks for
// groups of Q, DQ and an operator, which then go across the branch's border.
#ifndef OCTET_IMPORT_ONNX_INLINE_HPP_
#define OCTET_IMPORT_ONNX_INLINE_HPP_

#include <algorithm>

#include "octet/core/limits.hpp"
#include "octet/import/onnx/model.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

class function_calls {
 public:
  /// `branches`: those that constants choose are put in place as well.
  function_calls(model& m, const limits& max, std::size_t file_bytes, bool branches)
      : model_(m), max_(max), branches_(branches), work_(max, file_bytes) {}

  /// Every call and every branch that is chosen becomes nodes, in the model's graph, in graphs of
  /// attributes and in functions. An error where they are too many, or where functions call each
  /// other in a circle.
  status expand() {
    if (model_.functions.empty() && !(branches_ && has_branches(model_))) return unit{};
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

  static bool has_branches(const graph_part& g) {
    return std::any_of(g.nodes.begin(), g.nodes.end(), [](const node& n) {
      return n.is("If") || std::any_of(n.attributes.begin(), n.attributes.end(), [](const auto& a) {
               return a.second.graph && has_branches(*a.second.graph);
             });
    });
  }

  status expand(graph_part& g, std::size_t depth) {
    std::vector<node> from = std::move(g.nodes);
    g.nodes.clear();
    for (const auto& [name, a] : g.constants) note_condition(name, a);
    // From IR version 4 on an initializer that is an input too may be given at run time.
    for (const value_info& v : g.inputs)
      if (model_.ir_version >= 4 || !g.constants.contains(v.name)) conditions_.erase(v.name);
    for (node& n : from)
      if (auto s = place(std::move(n), g, depth); !s) return s;
    return unit{};
  }
  void note_condition(const std::string& name, const array& a) {
    if (a.type == dtype::boolean && a.elements() == 1)
      conditions_[name] = a.data.bytes[0] != std::byte{};
  }
  /// A node, or those of the function that it calls or of its branch.
  status place(node n, graph_part& to, std::size_t depth) {
    if (auto s = within_limit(&limits::depth, max_, "functions within one another", depth); !s)
      return s;
    if (auto s = within_limit(&limits::nodes, max_, "nodes of all calls", ++nodes_); !s) return s;
    if (auto s = work_.spend(cost(n)); !s) return s;
    if (const function* f = called(n)) return place_call(n, *f, to, depth);
    if (const graph_part* branch = chosen_branch(n)) return place_branch(n, *branch, to, depth);
    if (const attribute* a = n.find("value");
        n.is("Constant") && n.out.size() == 1 && a && a->tensor)
      note_condition(n.out[0], *a->tensor);
    for (auto& [name, a] : n.attributes) {
      if (!a.graph) continue;
      graph_part part = *a.graph;
      const auto around = conditions_;  // names within are nobody else's
      if (auto s = work_.spend(around.size()); !s) return s;
      if (auto s = expand(part, depth + 1); !s) return s;
      conditions_ = around;
      a.graph = std::make_shared<const graph_part>(std::move(part));
    }
    to.nodes.push_back(std::move(n));
    return unit{};
  }
  /// Of an If whose condition is a constant.
  const graph_part* chosen_branch(const node& n) const {
    if (!branches_ || !n.is("If") || n.in.size() != 1 + n.captures.size()) return nullptr;
    const auto condition = conditions_.find(n.in[0]);
    if (condition == conditions_.end()) return nullptr;
    const attribute* a = n.find(condition->second ? "then_branch" : "else_branch");
    const bool fits =
        a && a->graph && a->graph->inputs.empty() && a->graph->outputs.size() == n.out.size();
    return fits ? a->graph.get() : nullptr;  // else the node's own row says what is wrong
  }
  status place_branch(const node& n, const graph_part& branch, graph_part& to, std::size_t depth) {
    renaming names{n.name.substr(0, 64) + "#" + std::to_string(++calls_) + "/", {}, false};
    const auto own = [&](const std::string& name) -> status {
      if (name.empty()) return unit{};
      names.known.emplace(name, names.prefix + name);
      return work_.spend(16 + name.size() + names.prefix.size());
    };
    for (const auto& [name, a] : branch.constants)
      if (auto s = own(name); !s) return s;
    for (const node& inner : branch.nodes)
      for (const std::string& name : inner.out)
        if (auto s = own(name); !s) return s;
    for (const auto& [name, a] : branch.constants) {
      note_condition(names.of(name), a);
      to.constants.emplace(names.of(name), a);
    }
    const node no_caller;
    const function no_function;
    for (const node& inner : branch.nodes) {
      node copy = inner;
      if (auto s = work_.spend(cost(copy)); !s) return s;
      settle(copy, no_caller, no_function, names);
      if (auto s = place(std::move(copy), to, depth + 1); !s) return s;
    }
    for (std::size_t i = 0; i < n.out.size(); ++i)
      if (!n.out[i].empty()) to.nodes.push_back(same(names.of(branch.outputs[i].name), n.out[i]));
    return unit{};
  }
  /// The same value under another name.
  static node same(std::string from, std::string to) {
    node n;
    n.op = "Identity";
    n.in = {std::move(from)}, n.out = {std::move(to)};
    return n;
  }
  status place_call(const node& n, const function& f, graph_part& to, std::size_t depth) {
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
    renaming names{
        (f.name.size() < 64 ? f.name : "") + "#" + std::to_string(++calls_) + "/", {}, true};
    for (std::size_t i = 0; i < f.in.size(); ++i)
      names.known[f.in[i]] = i < given ? n.in[i] : std::string();
    std::vector<node> more;  // for results that are inputs, or one result under two names
    for (std::size_t i = 0; i < n.out.size(); ++i) {
      if (n.out[i].empty() || names.known.emplace(f.out[i], n.out[i]).second) continue;
      more.push_back(same(names.of(f.out[i]), n.out[i]));
    }
    for (const node& inner : f.nodes) {
      node copy = inner;
      if (auto s = work_.spend(cost(copy) + n.name.size()); !s) return s;
      settle(copy, n, f, names);
      if (!n.name.empty()) copy.name = n.name + "/" + copy.name;
      if (auto s = place(std::move(copy), to, depth + 1); !s) return s;
    }
    to.nodes.insert(to.nodes.end(), more.begin(), more.end());
    return unit{};
  }

  /// What names of a body are where it is called: those of the call's inputs and outputs, all
  /// others under a prefix of this call's own. A branch reads what is around it (`closed`: no).
  struct renaming {
    std::string prefix;
    std::map<std::string, std::string> known;
    bool closed = true;
    std::string of(const std::string& name) const {
      const auto it = known.find(name);
      return name.empty() ? name : it != known.end() ? it->second : closed ? prefix + name : name;
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
  bool branches_;
  work_budget work_;
  std::map<std::string, const function*> by_name_;
  std::map<std::string, bool> conditions_;  // constants of one bool
  std::size_t nodes_ = 0, calls_ = 0;
};

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_INLINE_HPP_
