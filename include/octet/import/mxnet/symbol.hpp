// NAME-symbol.json: MXNet's graphs as text, read into plain structs.
#ifndef OCTET_IMPORT_MXNET_SYMBOL_HPP_
#define OCTET_IMPORT_MXNET_SYMBOL_HPP_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "octet/core/limits.hpp"
#include "octet/import/common/error.hpp"

OCTET_NAMESPACE_BEGIN
namespace mxnet_model {

/// One output of one node.
struct symbol_entry {
  std::int32_t node = 0, output = 0;
};

struct symbol;
/// Keys and values of "attrs" ("attr" and "param" in old files): text throughout.
using symbol_attributes = std::map<std::string, std::string, std::less<>>;

struct symbol_node {
  std::string op;  // "null": a variable
  std::string name;
  symbol_attributes attributes;
  std::vector<symbol_entry> inputs;
  std::vector<symbol> subgraphs;  // of fused nodes: the operators they stand for

  bool variable() const noexcept { return op == "null"; }
};

/// Every node reads only nodes before it. `variables` and `heads` lie within `nodes`.
struct symbol {
  std::vector<symbol_node> nodes;
  std::vector<std::int32_t> variables;  // inputs, parameters and auxiliary states, in order
  std::vector<symbol_entry> heads;
  std::int32_t version = 0;  // major * 10000 + minor * 100 + patch of the MXNet that wrote it
};

namespace detail {

inline constexpr std::size_t most_symbol_bytes = std::size_t{1} << 22;  // large networks: 1 MB
inline constexpr std::size_t most_nested = 64;                          // brackets within brackets
inline constexpr int most_nested_graphs = 4;  // subgraphs within subgraphs; MXNet writes one level

/// JSON text as a tree. nlohmann-json's own tree allocates while it is destroyed, which ends the
/// program where memory has run out; its reader makes this one.
struct json_value {
  enum class kind : std::uint8_t { null, boolean, number, whole, text, array, object };
  kind type = kind::null;
  std::uint64_t number = 0;  // kind::whole: an integer of 0 or more
  std::unique_ptr<std::string> string;
  std::vector<json_value> list;  // an array's elements; an object's keys, each before its value

  bool is(kind k) const noexcept { return type == k; }
  const std::string* text() const noexcept { return string.get(); }
  const std::uint64_t* whole() const noexcept { return is(kind::whole) ? &number : nullptr; }
  const char* type_name() const noexcept {
    switch (type) {
      case kind::null: return "null";
      case kind::boolean: return "boolean";
      case kind::number:
      case kind::whole: return "number";
      case kind::text: return "string";
      case kind::array: return "array";
      case kind::object: return "object";
    }
    return "";
  }
};

/// Makes the tree while it is read: says where an error is, and bounds the nesting.
struct json_reader {
  using kind = json_value::kind;
  json_value root;
  std::size_t most_deep = most_nested;
  std::size_t at = 0;
  bool malformed = false, deep = false;
  std::string what;               // is wrong there
  std::vector<json_value*> open;  // each the last of the one before, which grows no more meanwhile

  json_value& add(kind type) {
    json_value& to = open.empty() ? root : open.back()->list.emplace_back();
    to.type = type;
    return to;
  }
  bool enter(kind type) {
    open.push_back(&add(type));
    deep = open.size() > most_deep;
    return !deep;
  }
  bool leave() {
    open.pop_back();
    return true;
  }
  bool null() { return add(kind::null), true; }
  bool boolean(bool) { return add(kind::boolean), true; }
  bool number_integer(std::int64_t) { return add(kind::number), true; }
  bool number_unsigned(std::uint64_t v) { return add(kind::whole).number = v, true; }
  bool number_float(double, const std::string&) { return add(kind::number), true; }
  bool string(std::string& v) {
    add(kind::text).string = std::make_unique<std::string>(std::move(v));
    return true;
  }
  bool binary(std::vector<std::uint8_t>&) { return false; }  // JSON text has none
  bool key(std::string& v) { return string(v); }
  bool start_object(std::size_t) { return enter(kind::object); }
  bool start_array(std::size_t) { return enter(kind::array); }
  bool end_object() { return leave(); }
  bool end_array() { return leave(); }
  template <class Exception>
  bool parse_error(std::size_t position, const std::string&, const Exception& e) {
    at = position;
    malformed = true;
    // "[json.exception...] parse error at line 1, column 9: syntax error while parsing value -
    // unexpected '}'; expected ...": what is behind the last of the headings.
    const std::string_view text = e.what();
    for (const std::string_view heading : {" - ", ": "})
      if (const auto end = text.find(heading); end != std::string_view::npos && what.empty())
        what = text.substr(end + heading.size());
    return false;
  }
};

/// Member `key` of an object; null where there is none.
inline const json_value* member(const json_value& object, std::string_view key) {
  if (!object.is(json_value::kind::object)) return nullptr;
  for (std::size_t i = object.list.size(); i >= 2; i -= 2)  // of two with one name the last
    if (*object.list[i - 2].text() == key) return &object.list[i - 1];
  return nullptr;
}
inline const json_value* member(const json_value& object, std::string_view key,
                                json_value::kind type) {
  const json_value* v = member(object, key);
  return v && v->is(type) ? v : nullptr;
}
/// An array of entries [node, output] or [node, output, version]; nodes below `nodes`.
inline status read_entries(const json_value& list, std::size_t nodes, const std::string& what,
                           std::vector<symbol_entry>& to) {
  using kind = json_value::kind;
  if (!list.is(kind::array)) return import::malformed(what + " is not an array");
  for (const json_value& e : list.list) {
    const bool shaped = e.is(kind::array) && (e.list.size() == 2 || e.list.size() == 3) &&
                        e.list[0].whole() && e.list[1].whole();
    if (!shaped) return import::malformed(what + ": an entry", {}, "[node, output, version]");
    const auto node = *e.list[0].whole(), output = *e.list[1].whole();
    if (node >= nodes)
      return import::malformed(what + ": node", std::to_string(node),
                               "below " + std::to_string(nodes));
    if (output > INT32_MAX) return import::malformed(what + ": output", std::to_string(output));
    to.push_back({static_cast<std::int32_t>(node), static_cast<std::int32_t>(output)});
  }
  return unit{};
}

inline result<symbol> read_graph(const json_value& j, int nested);

inline status read_node(const json_value& j, std::size_t index, int nested, symbol_node& to) {
  const std::string here = "node " + std::to_string(index);
  using kind = json_value::kind;
  if (!j.is(kind::object)) return import::malformed(here + " is not an object");
  const auto text = [&](const char* key) -> const std::string* {
    const auto* v = member(j, key);
    return v ? v->text() : nullptr;
  };
  const std::string *op = text("op"), *name = text("name");
  if (!op || !name) return import::malformed(here + " has no op or no name");
  to.op = *op;
  to.name = *name;
  for (const char* key : {"param", "attr", "attrs"}) {
    const auto* list = member(j, key);
    if (!list) continue;
    if (!list->is(kind::object)) return import::malformed(here + ": " + key + " is not an object");
    for (std::size_t i = 0; i + 1 < list->list.size(); i += 2) {
      const std::string& key_text = *list->list[i].text();
      const json_value& value = list->list[i + 1];
      if (!value.text())
        return import::malformed(here + ": attribute " + key_text, value.type_name(), "text");
      to.attributes[key_text] = *value.text();
    }
  }
  if (const auto* inputs = member(j, "inputs")) {
    if (auto s = read_entries(*inputs, index, here + ": inputs", to.inputs); !s) return s;
  }
  if (const auto* subgraphs = member(j, "subgraphs")) {
    if (!subgraphs->is(kind::array)) return import::malformed(here + ": subgraphs is not an array");
    for (const json_value& s : subgraphs->list) {
      auto g = read_graph(s, nested + 1);
      if (!g) {
        error_info e = g.error();
        e.what = here + ": subgraph: " + e.what;
        return e;
      }
      to.subgraphs.push_back(std::move(*g));
    }
  }
  return unit{};
}

inline result<symbol> read_graph(const json_value& j, int nested) {
  symbol s;
  if (nested > most_nested_graphs)
    return import::too_large("subgraphs within subgraphs", {},
                             std::to_string(most_nested_graphs) + " levels");
  using kind = json_value::kind;
  const json_value* nodes = member(j, "nodes", kind::array);
  if (!nodes) return import::malformed("no array of nodes", {}, "what MXNet's Symbol.save writes");
  s.nodes.resize(nodes->list.size());
  for (std::size_t i = 0; i < s.nodes.size(); ++i)
    if (auto r = read_node(nodes->list[i], i, nested, s.nodes[i]); !r) return r.error();
  const json_value *variables = member(j, "arg_nodes", kind::array), *heads = member(j, "heads");
  if (!variables || !heads) return import::malformed("no arg_nodes or no heads");
  for (const json_value& v : variables->list) {
    const auto* at = v.whole();
    if (!at || *at >= s.nodes.size() || !s.nodes[as_size(*at)].variable())
      return import::malformed("arg_nodes: an entry", at ? std::to_string(*at) : v.type_name(),
                               "the number of a variable");
    s.variables.push_back(static_cast<std::int32_t>(*at));
  }
  if (auto r = read_entries(*heads, s.nodes.size(), "heads", s.heads); !r) return r.error();
  if (s.heads.empty()) return import::malformed("no heads");
  const json_value* attrs = member(j, "attrs");
  if (const json_value* version = attrs ? member(*attrs, "mxnet_version") : nullptr) {
    const bool shaped = version->is(kind::array) && version->list.size() == 2;
    const auto* v = shaped ? version->list[1].whole() : nullptr;
    if (!v || *v > INT32_MAX) return import::malformed("mxnet_version", {}, "[\"int\", a number]");
    s.version = static_cast<std::int32_t>(*v);
  }
  return s;
}

}  // namespace detail

/// The graph in the text of a symbol file. Errors do not name the file. Brackets within brackets
/// are bounded by limits::depth, and where that is more than MXNet writes, by what it writes.
inline result<symbol> read_symbol(std::span<const std::byte> text, const limits& max = {}) {
  if (text.size() > detail::most_symbol_bytes)
    return import::too_large("symbol file", std::to_string(text.size()) + " bytes",
                             std::to_string(detail::most_symbol_bytes) + " bytes");
  const auto* begin = reinterpret_cast<const char*>(text.data());
  const auto* end = begin + text.size();
  detail::json_reader json;
  json.most_deep = std::min(max.depth, detail::most_nested);
  nlohmann::json::sax_parse(begin, end, &json);
  if (json.deep && max.depth < detail::most_nested)
    return over_limit(&limits::depth, max, "brackets within brackets",
                      std::to_string(json.open.size()));
  if (json.deep)
    return import::malformed("brackets within brackets", {},
                             std::to_string(detail::most_nested) + " levels");
  if (json.malformed)
    return import::malformed("JSON text, at byte " + std::to_string(json.at) +
                             (json.what.empty() ? "" : ": " + json.what));
  return detail::read_graph(json.root, 0);
}

}  // namespace mxnet_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_SYMBOL_HPP_
