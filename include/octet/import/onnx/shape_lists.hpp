// Lists of extents that a file computes for Reshape, as ONNX Runtime's ReshapeFusion reads them
// before any shape is given: numbers, extents of other values, and what is one number.
#ifndef OCTET_IMPORT_ONNX_SHAPE_LISTS_HPP_
#define OCTET_IMPORT_ONNX_SHAPE_LISTS_HPP_

#include <set>

#include "octet/import/onnx/model.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

class shape_lists {
 public:
  /// An element of a list: a number, or else extent `index` of the value `of`; without a name it is
  /// one number that is computed of others.
  struct element {
    std::int64_t number = -1;
    std::string of;
    std::int64_t index = -1;
    bool computed = false;
  };

  /// `m` keeps its constants, and may take in more of them; its nodes may go.
  explicit shape_lists(const model& m) : constants_(m.constants) {
    static const std::set<std::string_view> ops{"Shape", "Gather", "Unsqueeze", "Concat", "Add",
                                                "Sub",   "Mul",    "Div",       "Cast"};
    for (const node& n : m.nodes)
      if (n.domain.empty() && n.out.size() == 1 && ops.contains(n.op)) made_.emplace(n.out[0], n);
    const auto count = [&](const std::string& name) {
      if (const node* n = producer(name); n && n->op == "Concat") ++readers_of_[name];
    };
    for (const node& n : m.nodes)
      for (const std::string& in : n.in) count(in);
    for (const value_info& v : m.outputs) count(v.name);
  }
  /// What a Concat that one node reads puts together. Equal ones are one in ONNX Runtime.
  std::optional<std::vector<element>> find(const std::string& name) {
    const node* n = producer(name);
    if (!n || n->op != "Concat" || readers(name) != 1) return {};
    std::vector<element> list;
    for (const std::string& in : n->in) {
      if (const array* a = constant(in)) {
        if (a->type != dtype::s64 || list.size() + a->elements() > most_elements) return {};
        for (const std::int64_t v : a->as<std::int64_t>()) list.emplace_back().number = v;
        continue;
      }
      const auto part = part_of(in);
      if (!part || list.size() >= most_elements) return {};
      list.push_back(*part);
    }
    return list;
  }

 private:
  // What no exporter writes costs no time.
  static constexpr int most_steps = 16;
  static constexpr std::size_t most_elements = 64, most_inputs = 8;

  const node* producer(const std::string& name) const {
    const auto it = made_.find(name);
    return it == made_.end() ? nullptr : &it->second;
  }
  const array* constant(const std::string& name) const {
    const auto it = constants_.find(name);
    return name.empty() || it == constants_.end() ? nullptr : &it->second;
  }
  /// Of all Concats that give the same. Keys are made when the file's constants are there.
  std::size_t readers(const std::string& name) {
    if (readers_.empty())
      for (const auto& [list, count] : readers_of_) readers_[key_of(list, 0)] += count;
    return readers_[key_of(name, 0)];
  }
  /// The one number of a constant without an axis.
  std::optional<std::int64_t> number(const std::string& name) const {
    const array* a = constant(name);
    if (!a || a->shape.rank != 0) return {};
    if (a->type == dtype::s64) return a->as<std::int64_t>()[0];
    return a->type == dtype::s32 ? std::optional(std::int64_t{a->as<std::int32_t>()[0]})
                                 : std::nullopt;
  }
  /// Unsqueeze on axis 0 of an extent, or of what is computed of extents.
  std::optional<element> part_of(const std::string& name) {
    const node* n = producer(name);
    if (!n || n->op != "Unsqueeze") return {};
    std::vector<std::int64_t> axes;
    if (const attribute* a = n->find("axes")) axes = a->integers;
    if (const array* a = constant(n->input(1)); a && a->type == dtype::s64)
      axes.assign(a->as<std::int64_t>().begin(), a->as<std::int64_t>().end());
    if (axes != std::vector<std::int64_t>{0} || !is_one_number(n->input(0), 0)) return {};
    element e;
    e.computed = true;
    const node* gather = producer(n->input(0));
    if (gather && gather->op == "Gather")
      e.of = producer(gather->in[0])->input(0), e.index = *number(gather->in[1]);
    return e;
  }
  /// An extent, or arithmetic of one. Values that are one are looked at once, whatever the ways to
  /// them: those of x + x, its double and so on are two to the power of their number.
  bool is_one_number(const std::string& name, int steps) {
    if (one_number_.contains(name)) return true;
    const bool is = finds_one_number(name, steps);
    if (is) one_number_.insert(name);
    return is;
  }
  bool finds_one_number(const std::string& name, int steps) {
    const node* n = producer(name);
    if (!n || steps > most_steps || n->in.empty() || n->in.size() > most_inputs) return false;
    if (n->op == "Gather") {
      const node* shape = producer(n->in[0]);
      return shape && shape->op == "Shape" && !shape->find("start") && !shape->find("end") &&
             number(n->input(1));
    }
    if (n->op == "Shape" || n->op == "Unsqueeze" || n->op == "Concat") return false;
    for (const std::string& in : n->in)
      if (!number(in) && !is_one_number(in, steps + 1)) return false;
    return true;
  }
  /// Equal for what gives equal values.
  const std::string& key_of(const std::string& name, int steps) {
    if (const auto it = keys_.find(name); it != keys_.end()) return it->second;
    std::string key = name;
    const node* n = producer(name);
    if (const array* c = constant(name); c && c->elements() <= most_elements) {
      key = std::string(name_of(c->type)) + to_string(c->shape) +
            std::string(reinterpret_cast<const char*>(c->data.bytes.data()), c->data.bytes.size());
    } else if (n && steps < most_steps) {
      key = n->op;
      for (const char* a : {"axis", "to", "start", "end"})
        key += ":" + std::to_string(n->integer(a, -1000));
      if (const attribute* a = n->find("axes"))
        for (const std::int64_t v : a->integers) key += ";" + std::to_string(v);
      for (const std::string& in : n->in)
        key += ",(" + std::to_string(number_of(key_of(in, steps + 1))) + ")";
    }
    return keys_.emplace(name, std::move(key)).first->second;
  }
  /// A key's own number: keys of keys stay short.
  std::size_t number_of(const std::string& key) {
    return numbers_.emplace(key, numbers_.size()).first->second;
  }

  const std::map<std::string, array>& constants_;
  std::map<std::string, node> made_;
  std::map<std::string, std::size_t> readers_of_, readers_;  // of a Concat by name, by key
  std::map<std::string, std::string> keys_;
  std::map<std::string, std::size_t> numbers_;
  std::set<std::string> one_number_;
};

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_SHAPE_LISTS_HPP_
