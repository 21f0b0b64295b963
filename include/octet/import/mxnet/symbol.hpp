// NAME-symbol.json: MXNet's graphs as text, read into plain structs.
#ifndef OCTET_IMPORT_MXNET_SYMBOL_HPP_
#define OCTET_IMPORT_MXNET_SYMBOL_HPP_

#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

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
inline constexpr int most_nested = 64;                                  // brackets within brackets
inline constexpr int most_nested_graphs = 4;  // subgraphs within subgraphs; MXNet writes one level

/// Walks through the text before anything is built from it: says where an error is, and bounds the
/// nesting.
struct json_check {
  std::size_t at = 0;
  bool malformed = false, deep = false;
  std::string what;  // is wrong there
  int depth = 0;

  bool enter() {
    deep = ++depth > most_nested;
    return !deep;
  }
  bool leave() {
    --depth;
    return true;
  }
  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number_integer(std::int64_t) { return true; }
  bool number_unsigned(std::uint64_t) { return true; }
  bool number_float(double, const std::string&) { return true; }
  bool string(std::string&) { return true; }
  bool binary(std::vector<std::uint8_t>&) { return true; }
  bool key(std::string&) { return true; }
  bool start_object(std::size_t) { return enter(); }
  bool start_array(std::size_t) { return enter(); }
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
inline const nlohmann::json* member(const nlohmann::json& object, const char* key) {
  const auto it = object.find(key);
  return it == object.end() ? nullptr : &*it;
}
/// An array of entries [node, output] or [node, output, version]; nodes below `nodes`.
inline status read_entries(const nlohmann::json& list, std::size_t nodes, const std::string& what,
                           std::vector<symbol_entry>& to) {
  if (!list.is_array()) return import::malformed(what + " is not an array");
  for (const auto& e : list) {
    const bool shaped = e.is_array() && (e.size() == 2 || e.size() == 3) &&
                        e[0].is_number_unsigned() && e[1].is_number_unsigned();
    if (!shaped) return import::malformed(what + ": an entry", {}, "[node, output, version]");
    const auto node = *e[0].get_ptr<const std::uint64_t*>(),
               output = *e[1].get_ptr<const std::uint64_t*>();
    if (node >= nodes)
      return import::malformed(what + ": node", std::to_string(node),
                               "below " + std::to_string(nodes));
    if (output > INT32_MAX) return import::malformed(what + ": output", std::to_string(output));
    to.push_back({static_cast<std::int32_t>(node), static_cast<std::int32_t>(output)});
  }
  return unit{};
}

inline result<symbol> read_graph(const nlohmann::json& j, int nested);

inline status read_node(const nlohmann::json& j, std::size_t index, int nested, symbol_node& to) {
  const std::string here = "node " + std::to_string(index);
  if (!j.is_object()) return import::malformed(here + " is not an object");
  const auto text = [&](const char* key) -> const std::string* {
    const auto* v = member(j, key);
    return v ? v->get_ptr<const std::string*>() : nullptr;
  };
  const std::string *op = text("op"), *name = text("name");
  if (!op || !name) return import::malformed(here + " has no op or no name");
  to.op = *op;
  to.name = *name;
  for (const char* key : {"param", "attr", "attrs"}) {
    const auto* list = member(j, key);
    if (!list) continue;
    if (!list->is_object()) return import::malformed(here + ": " + key + " is not an object");
    for (auto it = list->begin(); it != list->end(); ++it) {
      const auto* value = it.value().get_ptr<const std::string*>();
      if (!value)
        return import::malformed(here + ": attribute " + it.key(), it.value().type_name(), "text");
      to.attributes[it.key()] = *value;
    }
  }
  if (const auto* inputs = member(j, "inputs")) {
    if (auto s = read_entries(*inputs, index, here + ": inputs", to.inputs); !s) return s;
  }
  if (const auto* subgraphs = member(j, "subgraphs")) {
    if (!subgraphs->is_array()) return import::malformed(here + ": subgraphs is not an array");
    for (const auto& s : *subgraphs) {
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

inline result<symbol> read_graph(const nlohmann::json& j, int nested) {
  symbol s;
  if (nested > most_nested_graphs)
    return import::too_large("subgraphs within subgraphs", {},
                             std::to_string(most_nested_graphs) + " levels");
  const nlohmann::json* nodes = j.is_object() ? member(j, "nodes") : nullptr;
  if (!nodes || !nodes->is_array())
    return import::malformed("no array of nodes", {}, "what MXNet's Symbol.save writes");
  s.nodes.resize(nodes->size());
  for (std::size_t i = 0; i < s.nodes.size(); ++i)
    if (auto r = read_node((*nodes)[i], i, nested, s.nodes[i]); !r) return r.error();
  const auto *variables = member(j, "arg_nodes"), *heads = member(j, "heads");
  if (!variables || !variables->is_array() || !heads)
    return import::malformed("no arg_nodes or no heads");
  for (const auto& v : *variables) {
    const auto* at = v.get_ptr<const std::uint64_t*>();
    if (!at || *at >= s.nodes.size() || !s.nodes[as_size(*at)].variable())
      return import::malformed("arg_nodes: an entry", at ? std::to_string(*at) : v.type_name(),
                               "the number of a variable");
    s.variables.push_back(static_cast<std::int32_t>(*at));
  }
  if (auto r = read_entries(*heads, s.nodes.size(), "heads", s.heads); !r) return r.error();
  if (s.heads.empty()) return import::malformed("no heads");
  const auto* attrs = member(j, "attrs");
  if (const auto* version =
          attrs && attrs->is_object() ? member(*attrs, "mxnet_version") : nullptr) {
    const bool shaped = version->is_array() && version->size() == 2;
    const auto* v = shaped ? (*version)[1].get_ptr<const std::uint64_t*>() : nullptr;
    if (!v || *v > INT32_MAX) return import::malformed("mxnet_version", {}, "[\"int\", a number]");
    s.version = static_cast<std::int32_t>(*v);
  }
  return s;
}

}  // namespace detail

/// The graph in the text of a symbol file. Errors do not name the file.
inline result<symbol> read_symbol(std::span<const std::byte> text) {
  if (text.size() > detail::most_symbol_bytes)
    return import::too_large("symbol file", std::to_string(text.size()) + " bytes",
                             std::to_string(detail::most_symbol_bytes) + " bytes");
  const auto* begin = reinterpret_cast<const char*>(text.data());
  const auto* end = begin + text.size();
  detail::json_check check;
  nlohmann::json::sax_parse(begin, end, &check);
  if (check.deep)
    return import::malformed("brackets within brackets", {},
                             std::to_string(detail::most_nested) + " levels");
  if (check.malformed)
    return import::malformed("JSON text, at byte " + std::to_string(check.at) +
                             (check.what.empty() ? "" : ": " + check.what));
  const auto j = nlohmann::json::parse(begin, end, nullptr, false);
  return detail::read_graph(j, 0);
}

}  // namespace mxnet_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_SYMBOL_HPP_
