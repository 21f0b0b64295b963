// What a node makes of its constants, as bytes to look it up by: folded constants and packed
// weights are found again when the same network is made for other shapes of its inputs.
#ifndef OCTET_GRAPH_NODE_KEY_HPP_
#define OCTET_GRAPH_NODE_KEY_HPP_

#include <string>

#include "octet/graph/graph.hpp"

OCTET_NAMESPACE_BEGIN
namespace detail {

/// Constants of as many bytes are the same where their addresses are: whoever keeps a key keeps
/// them alive. Smaller ones are compared by contents, which costs less than keeping them.
inline constexpr std::size_t known_by_address = 4096;

/// Which extents of values and results are in a key: none, nor the padding that follows from them
/// (for what is made of constants alone), or all.
enum class key_extents : std::uint8_t { none, all };

class node_key {
 public:
  node_key(const graph& g, const node& n, key_extents extents) {
    put(n.op), put(n.round);
    for (const auto& [name, value] : n.attrs.entries()) {
      if (extents == key_extents::none && n.op->pads_input && is_padding(name)) continue;
      text(name);
      put(value.type());
      value.visit([this](const auto& v) { list(v); });
    }
    put(n.in.size());
    for (std::size_t i = 0; i < n.in.size(); ++i)
      operand(n.in[i] == no_tensor ? nullptr : &g[n.in[i]], extents);
    for (const tensor_id t : n.out) operand(&g[t], extents);
  }
  /// An input or output of a network.
  node_key(tensor_id id, const tensor& t) {
    put(id), text(t.name);
    operand(&t, key_extents::all);
  }
  /// What else decides.
  template <class T> void put(const T& v) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&v), sizeof(T));
  }
  std::string take() { return std::move(bytes_); }

 private:
  static bool is_padding(std::string_view name) {
    return name == "pad_top" || name == "pad_bottom" || name == "pad_left" || name == "pad_right";
  }
  void text(std::string_view s) { put(s.size()), bytes_.append(s); }
  void list(std::int64_t v) { put(v); }
  void list(double v) { put(v); }
  void list(const std::string& v) { text(v); }
  template <class T> void list(const std::vector<T>& v) {
    put(v.size());
    bytes_.append(reinterpret_cast<const char*>(v.data()), v.size() * sizeof(T));
  }
  void operand(const tensor* t, key_extents extents) {
    put(t != nullptr);
    if (t == nullptr) return;
    const bool constant = t->role == tensor::kind::constant;
    put(t->type), put(t->axis), put(constant), put(t->shape.rank);
    list(t->scales), list(t->zero_points);
    if (constant || extents == key_extents::all) put(t->shape.extent);
    if (!constant) return;
    const auto& data = t->data.bytes;
    put(data.size());
    if (data.size() >= known_by_address)
      put(data.data());
    else
      bytes_.append(reinterpret_cast<const char*>(data.data()), data.size());
  }
  std::string bytes_;
};

/// What decides a network's results and how they are named, in one number: it tells a graph that
/// was changed from one that was not. Constants are in it as in a node_key.
inline std::size_t digest_of(const graph& g) {
  auto sum = static_cast<std::size_t>(g.arithmetic);
  const auto add = [&](node_key&& key) { sum = sum * 31 + std::hash<std::string>()(key.take()); };
  for (const node& n : g.nodes) {
    node_key key(g, n, key_extents::all);
    for (const auto* list : {&n.in, &n.out})
      for (const tensor_id t : *list) {
        key.put(t);
        // a state's first contents
        if (t != no_tensor && g[t].role == tensor::kind::state) key.put(g[t].data.bytes.data());
      }
    add(std::move(key));
  }
  for (const auto* list : {&g.inputs, &g.outputs})
    for (const tensor_id t : *list) add(node_key(t, g[t]));
  return sum;
}

}  // namespace detail
OCTET_NAMESPACE_END

#endif  // OCTET_GRAPH_NODE_KEY_HPP_
