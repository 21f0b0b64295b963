// The used part of a typed graph with everything that its law decides: what the compiler lays out
// and what a graph built at run time is made of.
#ifndef OCTET_TYPED_FLAT_HPP_
#define OCTET_TYPED_FLAT_HPP_

#include "octet/typed/by_law.hpp"

OCTET_NAMESPACE_BEGIN
namespace typed::detail {

struct flat_counts {
  std::size_t nodes = 0, tensors = 0, attributes = 0, operands = 0, integers = 0, reals = 0,
              inputs = 0, outputs = 0;
};

/// The used part of a network with everything a law decides filled in.
template <flat_counts K> struct flat_network {
  mistake_info wrong{};
  std::array<node_info, K.nodes> nodes{};
  std::array<tensor_info, K.tensors> tensors{};
  std::array<attribute_info, K.attributes> attrs{};
  std::array<std::int32_t, K.operands> operands{};
  std::array<std::int64_t, K.integers> integers{};
  std::array<double, K.reals> reals{};
  std::array<std::int32_t, K.inputs> inputs{};
  std::array<std::int32_t, K.outputs> outputs{};
  std::array<const char*, K.outputs> output_names{};
};

template <int C> struct reachable {
  typename list_of<bool, C, network<C>::node_room>::type node{};
  typename list_of<bool, C, network<C>::tensor_room>::type tensor{};
};
template <int C> constexpr reachable<C> find_reachable(const value<C>& v) {
  reachable<C> r{};
  if constexpr (C == at_run_time)
    r.node.resize(v.net.node_count), r.tensor.resize(v.net.tensor_count);
  for (std::int32_t i = 0; i < v.outs; ++i) r.tensor[v.out[i]] = true;
  for (std::int32_t n = v.net.node_count; n-- > 0;) {
    const node_info& node = v.net.nodes[n];
    for (std::int32_t i = 0; i < node.outs; ++i)
      r.node[n] |= r.tensor[v.net.operands[node.first_out + i]];
    if (!r.node[n]) continue;
    for (std::int32_t i = 0; i < node.ins + node.outs; ++i)
      if (const std::int32_t t = v.net.operands[node.first_in + i]; t >= 0) r.tensor[t] = true;
  }
  for (std::int32_t t = 0; t < v.net.tensor_count; ++t)
    if (v.net.tensors[t].role == role::input) r.tensor[t] = true;
  return r;
}
constexpr int law_attributes = 4;  // at most: what set_decided and set_bounds give

template <int C> constexpr flat_counts count(const value<C>& v) {
  flat_counts k;
  if (v.net.wrong.what != mistake::none) return k;
  const auto r = find_reachable(v);
  for (std::int32_t n = 0; n < v.net.node_count; ++n) {
    if (!r.node[n]) continue;
    const node_info& node = v.net.nodes[n];
    ++k.nodes;
    k.attributes += as_size(node.attrs + law_attributes);
    k.operands += as_size(node.ins + node.outs);
    for (std::int32_t i = 0; i < node.attrs; ++i) {
      const attribute_info& a = v.net.attrs[node.first_attr + i];
      if (a.type == attribute_value::kind::integers) k.integers += as_size(a.count);
      if (a.type == attribute_value::kind::reals) k.reals += as_size(a.count);
    }
  }
  for (std::int32_t t = 0; t < v.net.tensor_count; ++t) {
    k.tensors += r.tensor[t];
    k.inputs += v.net.tensors[t].role == role::input;
  }
  k.outputs = as_size(v.outs);
  return k;
}

/// How much of a flat_network is filled.
struct flat_ends {
  std::size_t nodes = 0, operands = 0, attributes = 0, integers = 0, reals = 0;
};
/// Operands and attributes of a node of `from`, which becomes one of `f`. `map`: from its tensors
/// to those of `f`.
template <class Flat, int C, class Map>
constexpr node_info flat_node(Flat& f, flat_ends& end, const network<C>& from,
                              const node_info& node, const Map& map) {
  node_info to = node;
  to.first_in = static_cast<std::int32_t>(end.operands);
  for (std::int32_t i = 0; i < node.ins; ++i) {
    const std::int32_t t = from.operands[node.first_in + i];
    f.operands[end.operands++] = t < 0 ? t : map[t];
  }
  to.first_out = static_cast<std::int32_t>(end.operands);
  for (std::int32_t i = 0; i < node.outs; ++i)
    f.operands[end.operands++] = map[from.operands[node.first_out + i]];
  to.first_attr = static_cast<std::int32_t>(end.attributes);
  for (std::int32_t i = 0; i < node.attrs; ++i)
    f.attrs[end.attributes++] =
        copy_attribute(from.attrs[node.first_attr + i], from, f, end.integers, end.reals);
  return to;
}
/// What law `l` decides of a node of `f`.
template <class Flat>
constexpr laws::decision decide_node(const Flat& f, const node_info& node, law l,
                                     const tensor_info& y) {
  std::array<const tensor_info*, most_operands> in{};
  for (std::int32_t i = 0; i < node.ins; ++i)
    if (const std::int32_t t = f.operands[as_size(node.first_in + i)]; t >= 0)
      in[as_size(i)] = &f.tensors[as_size(t)];
  std::array<octet::attribute, attribute_list::room> list{};
  for (std::int32_t i = 0; i < node.attrs; ++i)
    list[as_size(i)] = attribute_of(f.attrs[as_size(node.first_attr + i)], f.integers, f.reals);
  return decide(l, *node.op, {in.data(), as_size(node.ins)}, y,
                std::span<const octet::attribute>(list.data(), as_size(node.attrs)));
}
/// Rounding and attributes of the last node, as its law has them: law_attributes at most.
template <class Flat>
constexpr void fill_by_law(Flat& f, flat_ends& end, node_info& node, law l, std::int32_t index) {
  const tensor_info& y = f.tensors[as_size(f.operands[as_size(node.first_out)])];
  laws::decision decided = node.round;
  if (node.by_law || node.act != activation::none) decided = decide_node(f, node, l, y);
  if (node.by_law && !decided.known) {
    f.wrong = {mistake::no_rounding_in_this_law, pack(dims{static_cast<std::int32_t>(l)}),
               pack(dims{index}), node.line, nullptr};
    return;
  }
  if (node.by_law) node.round = decided.round;
  const laws::library by = laws::computed_by(l, decided, node.round);
  const auto add_attribute = [&](const char* key, auto given) {
    if constexpr (std::is_floating_point_v<decltype(given)>)
      f.attrs[end.attributes++] = {key, attribute_value::kind::real, 0, given, 0, 0};
    else
      f.attrs[end.attributes++] = {key, attribute_value::kind::integer, given, 0, 0, 0};
    ++node.attrs;
  };
  if (node.by_law) set_decided(decided, add_attribute);
  const bool own_bounds = node.op->decide == &laws::clamp && node.round != rounding::none;
  if (node.act == activation::none || own_bounds) return;
  if (!is_float(y.type) && !y.quantized()) {  // plain integers: their operators have no bounds
    f.wrong = {mistake::scale_not_positive, pack(dims{1}), pack(dims{0}), node.line, nullptr};
    return;
  }
  set_bounds(by, node.act, operand_of(y), add_attribute);
}
/// Fills `f`, whose lists are as long as count() says.
template <class Flat, int C>
constexpr void flatten_into(Flat& f, const value<C>& v, law graph_law) {
  f.wrong = v.net.wrong;
  if (f.wrong.what != mistake::none) return;
  const auto r = find_reachable(v);
  typename list_of<std::int32_t, C, network<C>::tensor_room>::type map{};
  if constexpr (C == at_run_time) map.resize(v.net.tensor_count);
  std::size_t tensors = 0, inputs = 0;
  for (std::int32_t t = 0; t < v.net.tensor_count; ++t) {
    if (!r.tensor[t]) continue;
    map[t] = static_cast<std::int32_t>(tensors);
    if (v.net.tensors[t].role == role::input) f.inputs[inputs++] = map[t];
    f.tensors[tensors++] = v.net.tensors[t];
  }
  flat_ends end;
  for (std::int32_t n = 0; n < v.net.node_count; ++n) {
    if (!r.node[n]) continue;
    node_info node = flat_node(f, end, v.net, v.net.nodes[n], map);
    fill_by_law(f, end, node, node.has_law ? node.own_law : graph_law, n);
    if (f.wrong.what != mistake::none) return;
    f.nodes[end.nodes++] = node;
  }
  for (std::size_t i = 0; i < f.outputs.size(); ++i) {
    f.outputs[i] = map[v.out[i]];
    f.output_names[i] = v.out_name[i];
  }
}
template <flat_counts K, int C>
constexpr flat_network<K> flatten(const value<C>& v, law graph_law) {
  flat_network<K> f{};
  flatten_into(f, v, graph_law);
  return f;
}

/// The attributes as operators read them, as many as `f` has; lists refer to `f`.
template <class Flat> constexpr void fill_attributes(const Flat& f, std::span<attribute> to) {
  for (std::size_t i = 0; i < to.size(); ++i)
    if (f.attrs[i].key) to[i] = attribute_of(f.attrs[i], f.integers, f.reals);
}
template <flat_counts K>
constexpr std::array<attribute, K.attributes> attributes_of(const flat_network<K>& f) {
  std::array<attribute, K.attributes> a{};
  fill_attributes(f, a);
  return a;
}

}  // namespace typed::detail
OCTET_NAMESPACE_END

#endif  // OCTET_TYPED_FLAT_HPP_
