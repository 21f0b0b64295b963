// A typed graph as a constexpr value: a list of tensors and nodes that grows as operators are
// applied and merges where values meet.
#ifndef OCTET_TYPED_NETWORK_HPP_
#define OCTET_TYPED_NETWORK_HPP_

#include <array>
#include <string_view>

#include "octet/laws/activation.hpp"
#include "octet/ops/op.hpp"
#include "octet/typed/error.hpp"

OCTET_NAMESPACE_BEGIN
namespace typed {

using octet::activation;

/// Capacity of graphs that are built while a program runs (octet::graph_builder).
inline constexpr int at_run_time = 0;

namespace detail {

// The lists below hold far more room than most graphs use. Their element types have no default
// member initializers: a zero-initialized rest then costs the compiler nothing (with them, g++
// builds every element of every copy: 20 s and 2 GB for MobileNetV2 instead of 1 s).

struct extents {
  std::int32_t extent[dims::max_rank];
  std::int32_t rank;
  constexpr bool operator==(const extents&) const = default;
};
constexpr extents pack(const dims& d) {
  extents e{};
  for (int i = 0; i < d.rank; ++i) e.extent[i] = d[i];
  e.rank = d.rank;
  return e;
}
constexpr dims unpack(const extents& e) {
  dims d;
  for (int i = 0; i < e.rank; ++i) d.push_back(e.extent[i]);
  return d;
}
constexpr bool same_text(const char* a, const char* b) {
  return a && b ? std::string_view(a) == std::string_view(b) : !a && !b;
}

enum class role : std::uint8_t { value, constant, input, state };

struct tensor_info {
  dtype type;
  typed::detail::role role;
  extents shape;
  double scale;  // per tensor; 0: none, or per channel
  std::int32_t zero_point;
  std::int32_t axis;      // per channel: which axis
  std::int32_t channels;  // per channel: number of scales
  const float* scales32;  // per channel: one of the two
  const double* scales64;
  const std::int32_t* zero_points;  // per channel; null: all 0
  const void* data;                 // constants; first contents of states (null: real zero)
  std::size_t bytes;
  const char* name;  // inputs, outputs, states

  constexpr bool operator==(const tensor_info& o) const {
    return type == o.type && role == o.role && shape == o.shape && scale == o.scale &&
           zero_point == o.zero_point && axis == o.axis && channels == o.channels &&
           scales32 == o.scales32 && scales64 == o.scales64 && zero_points == o.zero_points &&
           data == o.data && bytes == o.bytes && same_text(name, o.name);
  }
  constexpr bool quantized() const { return scale != 0 || channels != 0; }
};

struct attribute_info {
  const char* key;
  attribute_value::kind type;
  std::int64_t integer;
  double real;
  std::int32_t first, count;  // lists: place in the network's numbers

  constexpr bool same_value(const attribute_info& o) const {
    return same_text(key, o.key) && type == o.type && integer == o.integer && real == o.real &&
           count == o.count;
  }
};

struct node_info {
  const op_def* op;
  rounding round;
  bool by_law;   // `round` follows from the law
  bool has_law;  // `own_law` replaces the graph's
  law own_law;
  activation act;
  std::int32_t line;  // in the user's file; not part of a node's identity
  std::int32_t first_in, ins, first_out, outs, first_attr, attrs;
};

struct mistake_info {
  mistake what;
  extents expected, found;
  std::int32_t line;
  const char* name;  // in place of numbers that were found; null: these
};

/// A node under construction: attributes with their numbers.
struct attribute_list {
  static constexpr int room = 32, number_room = 96;
  attribute_info list[room];
  std::int32_t count;
  std::int64_t integers[number_room];
  std::int32_t integer_count;
  double reals[number_room];
  std::int32_t real_count;

  constexpr void integer(const char* key, std::int64_t v) {
    list[count++] = {key, attribute_value::kind::integer, v, 0, 0, 0};
  }
  constexpr void real(const char* key, double v) {
    list[count++] = {key, attribute_value::kind::real, 0, v, 0, 0};
  }
  template <class R> constexpr void integer_list(const char* key, const R& r) {
    const std::int32_t first = integer_count;
    for (std::int64_t v : r) integers[integer_count++] = v;
    list[count++] = {key, attribute_value::kind::integers, 0, 0, first, integer_count - first};
  }
  template <class R> constexpr void real_list(const char* key, const R& r) {
    const std::int32_t first = real_count;
    for (double v : r) reals[real_count++] = v;
    list[count++] = {key, attribute_value::kind::reals, 0, 0, first, real_count - first};
  }
};
/// The members of an attribute struct that differ from their defaults.
template <class A> constexpr void append_attributes(attribute_list& to, const A& a) {
  const A plain{};
  A::fields.each([&](const auto& f) {
    using T = std::remove_cvref_t<decltype(a.*f.member)>;
    if (a.*f.member == plain.*f.member) return;
    if constexpr (std::is_same_v<T, dims>)
      to.integer_list(f.name, a.*f.member);
    else if constexpr (std::is_floating_point_v<T>)
      to.real(f.name, static_cast<double>(a.*f.member));
    else
      to.integer(f.name, static_cast<std::int64_t>(a.*f.member));
  });
}

/// An attribute as operators read it; lists lie in these numbers.
constexpr attribute attribute_of(const attribute_info& a, std::span<const std::int64_t> integers,
                                 std::span<const double> reals) {
  const std::size_t first = as_size(a.first), count = as_size(a.count);
  switch (a.type) {
    case attribute_value::kind::integer: return {a.key, a.integer};
    case attribute_value::kind::real: return {a.key, a.real};
    case attribute_value::kind::integers: return {a.key, integers.subspan(first, count)};
    case attribute_value::kind::reals: return {a.key, reals.subspan(first, count)};
    case attribute_value::kind::none:
    case attribute_value::kind::text: break;
  }
  return {};
}
/// An attribute of `from` as one of `to`: a list's numbers go behind those that `to` has, how many
/// are counted.
template <class To, class Count, class From>
constexpr attribute_info copy_attribute(attribute_info a, const From& from, To& to,
                                        Count& integer_count, Count& real_count) {
  const std::int32_t first = a.first;
  if (a.type == attribute_value::kind::integers) {
    a.first = static_cast<std::int32_t>(integer_count);
    for (std::int32_t k = 0; k < a.count; ++k)
      to.integers[integer_count++] = from.integers[first + k];
  } else if (a.type == attribute_value::kind::reals) {
    a.first = static_cast<std::int32_t>(real_count);
    for (std::int32_t k = 0; k < a.count; ++k) to.reals[real_count++] = from.reals[first + k];
  }
  return a;
}

/// Where a network's lists lie: as many elements as the capacity asks for. At run time they grow
/// (typed/graph_builder.hpp).
template <class T, int Capacity, int N> struct list_of { using type = T[N]; };
/// Memory that names and constants of a network refer to: the program's own, static. At run time
/// the network keeps copies (typed/graph_builder.hpp).
template <int Capacity> struct kept_memory {
  constexpr const char* text(const char* s) const { return s; }
  constexpr const tensor_info& named(const tensor_info& t) const { return t; }
};

template <int Capacity> struct network {
  static constexpr int node_room = Capacity, tensor_room = 4 * Capacity,
                       attribute_room = 12 * Capacity, operand_room = 6 * Capacity,
                       number_room = 8 * Capacity;
  template <class T, int N> using list = typename list_of<T, Capacity, N>::type;
  list<node_info, node_room> nodes;
  list<tensor_info, tensor_room> tensors;
  list<attribute_info, attribute_room> attrs;
  list<std::int32_t, operand_room> operands;  // tensor indices; -1: absent
  list<std::int64_t, number_room> integers;
  list<double, number_room> reals;
  std::int32_t node_count, tensor_count, attr_count, operand_count, integer_count, real_count;
  mistake_info wrong;
  kept_memory<Capacity> kept;

  constexpr bool fail(mistake m, const dims& want, const dims& got, std::int32_t line,
                      const char* name = nullptr) {
    if (wrong.what == mistake::none) wrong = {m, pack(want), pack(got), line, name};
    return false;
  }
  constexpr bool room_for(int more_tensors, int more_attrs, int more_operands, int more_numbers,
                          std::int32_t line) {
    if constexpr (Capacity == at_run_time) {
      nodes.resize(node_count + 1);
      tensors.resize(tensor_count + more_tensors);
      attrs.resize(attr_count + more_attrs);
      operands.resize(operand_count + more_operands);
      integers.resize(integer_count + more_numbers);
      reals.resize(real_count + more_numbers);
      return true;
    } else {
      if (node_count < node_room && tensor_count + more_tensors <= tensor_room &&
          attr_count + more_attrs <= attribute_room &&
          operand_count + more_operands <= operand_room &&
          integer_count + more_numbers <= number_room && real_count + more_numbers <= number_room)
        return true;
      return fail(mistake::too_many_nodes, dims{Capacity}, dims{node_count + 1}, line);
    }
  }
  /// A constant, an input or a state: the one that is there already, or a new one.
  constexpr std::int32_t add_tensor(const tensor_info& given, std::int32_t line) {
    const tensor_info& t = given.role == role::value ? given : kept.named(given);
    if (t.role != role::value)
      for (std::int32_t i = 0; i < tensor_count; ++i) {
        if (tensors[i].role != t.role) continue;
        if (t.role != role::constant && same_text(tensors[i].name, t.name) && !(tensors[i] == t))
          fail(mistake::inputs_of_one_name_differ, unpack(tensors[i].shape), unpack(t.shape), line);
        if (tensors[i] == t) return i;
      }
    if (!room_for(1, 0, 0, 0, line)) return 0;
    tensors[tensor_count] = t;
    return tensor_count++;
  }
  template <int D>
  constexpr bool same_attributes(const node_info& a, const network<D>& other,
                                 const node_info& b) const {
    if (a.attrs != b.attrs) return false;
    for (std::int32_t i = 0; i < a.attrs; ++i) {
      const attribute_info &x = attrs[a.first_attr + i], &y = other.attrs[b.first_attr + i];
      if (!x.same_value(y)) return false;
      for (std::int32_t k = 0; k < x.count; ++k)
        if (x.type == attribute_value::kind::integers
                ? integers[x.first + k] != other.integers[y.first + k]
                : reals[x.first + k] != other.reals[y.first + k])
          return false;
    }
    return true;
  }
  template <class From> constexpr void add_attribute(const attribute_info& a, const From& from) {
    attribute_info& to = attrs[attr_count++];
    to = copy_attribute(a, from, *this, integer_count, real_count);
    to.key = kept.text(to.key);
  }
  /// Does a node write this state already?
  constexpr bool has_writer(std::int32_t state) const {
    for (std::int32_t n = 0; n < node_count; ++n)
      for (std::int32_t i = 0; i < nodes[n].outs; ++i)
        if (operands[nodes[n].first_out + i] == state) return true;
    return false;
  }
  static constexpr bool same_head(const node_info& a, const node_info& b) {
    return a.op == b.op && a.round == b.round && a.by_law == b.by_law && a.has_law == b.has_law &&
           a.own_law == b.own_law && a.act == b.act && a.ins == b.ins && a.outs == b.outs;
  }
};
inline constexpr std::size_t most_results = 16;  // of one node, of one graph

}  // namespace detail

/// One tensor of a graph under construction, with everything it is computed from. What operators
/// take and give; several values of one graph may be joined: equal parts (same operators on same
/// inputs) become one. `Capacity`: the most operators the graph can hold.
template <int Capacity> struct value {
  detail::network<Capacity> net;
  std::int32_t out[16];  // tensors this value stands for; more than one only after outputs(...) or
                         // an operator with several results
  std::int32_t outs;
  const char* out_name[16];  // null: "output", or "output_1" and so on

  /// One of several results.
  constexpr value operator[](int i) const {
    value v = *this;
    if (i < 0 || i >= outs) {
      v.net.fail(mistake::no_such_result, dims{0, outs - 1}, dims{i}, 0);
      return v;
    }
    v.out[0] = out[i];
    v.out_name[0] = out_name[i];
    v.outs = 1;
    return v;
  }
};
inline constexpr int default_capacity = 256;

namespace detail {

/// Whether node `old` of `a` is what `node` of `b` computes. `map`: from b's tensors to a's.
template <int C, int D>
constexpr bool same_node(const network<C>& a, const node_info& old, const network<D>& b,
                         const node_info& node, const std::int32_t* map) {
  if (!network<C>::same_head(old, node)) return false;
  for (std::int32_t i = 0; i < node.ins; ++i) {
    const std::int32_t t = b.operands[node.first_in + i];
    if (a.operands[old.first_in + i] != (t < 0 ? t : map[t])) return false;
  }
  for (std::int32_t i = 0; i < node.outs; ++i)
    if (!(a.tensors[a.operands[old.first_out + i]] == b.tensors[b.operands[node.first_out + i]]))
      return false;
  return a.same_attributes(old, b, node);
}
/// Appends a node of `b` to `a`, which has room, and its results to `map`.
template <int C, int D>
constexpr void copy_node(network<C>& a, const network<D>& b, const node_info& node,
                         std::int32_t* map) {
  node_info copy = node;
  copy.first_in = a.operand_count;
  for (std::int32_t i = 0; i < node.ins; ++i) {
    const std::int32_t t = b.operands[node.first_in + i];
    a.operands[a.operand_count++] = t < 0 ? t : map[t];
  }
  copy.first_out = a.operand_count;
  for (std::int32_t i = 0; i < node.outs; ++i) {
    const std::int32_t t = b.operands[node.first_out + i];
    if (b.tensors[t].role == role::state) {
      if (a.has_writer(map[t]))
        return static_cast<void>(a.fail(mistake::state_written_twice, dims{1}, dims{2}, node.line));
      a.operands[a.operand_count++] = map[t];
      continue;
    }
    a.tensors[a.tensor_count] = b.tensors[t];
    map[t] = a.tensor_count;
    a.operands[a.operand_count++] = a.tensor_count++;
  }
  copy.first_attr = a.attr_count;
  for (std::int32_t i = 0; i < node.attrs; ++i) a.add_attribute(b.attrs[node.first_attr + i], b);
  a.nodes[a.node_count++] = copy;
}
/// Appends `b`'s graph to `a`'s, equal nodes being one, and fills `map` from b's tensors to those
/// of the result.
template <int C, int D>
constexpr void merge(network<C>& a, const network<D>& b, std::int32_t* map) {
  if (a.wrong.what == mistake::none) a.wrong = b.wrong;
  if (a.wrong.what != mistake::none) return;
  // Values that grew from one share a prefix node by node: found in one pass.
  std::int32_t same_tensors = 0;
  while (same_tensors < a.tensor_count && same_tensors < b.tensor_count &&
         a.tensors[same_tensors] == b.tensors[same_tensors])
    ++same_tensors;
  for (std::int32_t i = 0; i < b.tensor_count; ++i) map[i] = -2;
  for (std::int32_t i = 0; i < b.tensor_count; ++i)
    if (b.tensors[i].role != role::value)
      map[i] = i < same_tensors ? i : a.add_tensor(b.tensors[i], 0);
  const std::int32_t known = a.node_count;
  for (std::int32_t n = 0; n < b.node_count && a.wrong.what == mistake::none; ++n) {
    const node_info& node = b.nodes[n];
    std::int32_t found = -1;
    if (n < known && same_node(a, a.nodes[n], b, node, map)) found = n;
    for (std::int32_t k = 0; k < known && found < 0; ++k)
      if (same_node(a, a.nodes[k], b, node, map)) found = k;
    if (found >= 0) {
      for (std::int32_t i = 0; i < node.outs; ++i)
        map[b.operands[node.first_out + i]] = a.operands[a.nodes[found].first_out + i];
      continue;
    }
    if (!a.room_for(node.outs, node.attrs, node.ins + node.outs, attribute_list::number_room,
                    node.line))
      return;
    copy_node(a, b, node, map);
  }
}

/// What an operator's rule found broken, as the mistake that people read.
constexpr mistake mistake_of(rule r, const op_def& op) {
  switch (r) {
    case rule::ok: return mistake::none;
    case rule::rank: return mistake::wrong_rank;
    case rule::shapes_differ:
      return op.min_inputs == 2 && op.max_inputs == 2 ? mistake::add_shapes_differ
                                                      : mistake::shapes_differ;
    case rule::other_extents: return mistake::concat_shapes_differ;
    case rule::channels: return mistake::channel_count_differs;
    case rule::weight_count: return mistake::weight_count_differs;
    case rule::bias_count: return mistake::bias_count_differs;
    case rule::axis: return mistake::axis_out_of_range;
    case rule::groups: return mistake::groups_do_not_divide_channels;
    case rule::stride: return mistake::stride_not_positive;
    case rule::window: return mistake::window_larger_than_input;
    case rule::element_count: return mistake::element_count_differs;
    case rule::input_count: return mistake::wrong_number_of_inputs;
    case rule::value: return mistake::attribute_out_of_range;
    case rule::budget: return mistake::attribute_out_of_range;
  }
  return mistake::none;
}

struct node_head {
  const op_def* op;
  rounding round = rounding::none;
  bool by_law = false;
  activation act = activation::none;
  bool has_law = false;
  law own_law = law::tflite_ref;
  std::int32_t line = 0;
};

/// A millionth as an integer, for messages about scales (floating point cannot be a template
/// argument everywhere).
constexpr std::int32_t millionths(double v) {
  return !(v > -2000 && v < 2000) ? INT32_MIN
                                  : static_cast<std::int32_t>(v * 1e6 + (v < 0 ? -0.5 : 0.5));
}

template <int C>
constexpr bool check_quantization(network<C>& n, const tensor_info& t, std::int32_t line) {
  if (t.channels == 0 && t.scale == 0) return true;
  if (t.channels == 0 && !is_scale(t.scale))
    return n.fail(mistake::scale_not_positive, dims{1}, dims{millionths(t.scale)}, line);
  if (!is_float(t.type) && (t.zero_point < lowest_of(t.type) || t.zero_point > highest_of(t.type)))
    return n.fail(mistake::zero_point_out_of_range,
                  dims{static_cast<std::int32_t>(lowest_of(t.type)),
                       static_cast<std::int32_t>(highest_of(t.type))},
                  dims{t.zero_point}, line);
  return true;
}

inline constexpr std::size_t most_operands = 32;  // of one node

/// What a shape rule knows of the tensors of a node under construction: types, shapes of inputs.
struct operand_descriptions {
  std::array<tensor_desc, most_operands> in{};
  std::array<bool, most_operands> given{};
  std::array<tensor_desc, most_results> out{};
};
/// False where an input that is not optional is absent, or an output is a state that is none or has
/// a writer.
template <int C>
constexpr bool describe_operands(network<C>& n, const op_def& op, std::span<const std::int32_t> ins,
                                 std::span<const tensor_info> outs, std::int32_t line,
                                 operand_descriptions& to) {
  for (std::size_t i = 0; i < ins.size(); ++i) {
    to.given[i] = ins[i] >= 0;
    if (!to.given[i] && !op.forms.empty() && !op.optional.contains(i))
      return n.fail(mistake::input_missing, dims{}, dims{static_cast<std::int32_t>(i)}, line);
    if (!to.given[i]) continue;
    to.in[i].type = n.tensors[ins[i]].type;
    to.in[i].shape = unpack(n.tensors[ins[i]].shape);
  }
  for (std::size_t i = 0; i < outs.size(); ++i) {
    to.out[i].type = outs[i].type;
    if (outs[i].role != role::state) continue;
    const std::int32_t axis = outs[i].axis,
                       state = axis >= 0 && as_size(axis) < ins.size() ? ins[as_size(axis)] : -1;
    if (state < 0 || n.tensors[state].role != role::state)
      return n.fail(mistake::not_a_state, dims{axis}, dims{static_cast<std::int32_t>(i)}, line);
    if (n.has_writer(state)) return n.fail(mistake::state_written_twice, dims{1}, dims{2}, line);
    to.out[i].type = n.tensors[state].type;
  }
  return true;
}
/// The shapes of the outputs by the operator's own rule.
template <int C>
constexpr bool infer_shapes(network<C>& n, const node_head& head, std::size_t in_count,
                            const attribute_list& attrs, std::span<const tensor_info> outs,
                            const operand_descriptions& operands, std::span<dims> shapes) {
  if (!head.op->shape) {
    for (std::size_t i = 0; i < outs.size(); ++i) shapes[i] = unpack(outs[i].shape);
    return true;
  }
  std::array<attribute, attribute_list::room> list{};
  for (std::int32_t i = 0; i < attrs.count; ++i)
    list[as_size(i)] = attribute_of(attrs.list[i], attrs.integers, attrs.reals);
  const attribute_view view(std::span<const attribute>(list.data(), as_size(attrs.count)));
  std::array<std::span<const std::byte>, most_operands> no_constants{};
  const node_view node{{operands.in.data(), in_count},
                       {operands.out.data(), outs.size()},
                       {no_constants.data(), in_count},
                       {operands.given.data(), in_count},
                       &view,
                       head.round};
  const status s = head.op->shape(node, shapes);
  return s ? true
           : n.fail(mistake_of(s.broken().what, *head.op), s.broken().expected, s.broken().found,
                    head.line);
}
/// False where a name or a kind of value is none that the operator reads.
template <int C>
constexpr bool check_attributes(network<C>& n, const node_head& head, const attribute_list& attrs) {
  if (!head.op->attributes.given()) return true;
  for (std::int32_t i = 0; i < attrs.count; ++i)
    if (const attribute_info& a = attrs.list[i]; !head.op->attributes.contain(a.key, a.type))
      return n.fail(mistake::no_such_attribute, dims{}, dims{}, head.line, n.kept.text(a.key));
  return true;
}
/// Appends one node whose inputs are tensors of `n`; shapes of its outputs come from the operator's
/// own rule. `outs`: type and quantization of each output; an output whose role is state is that
/// input's state, `axis` says which input. True where all went well; the results' indices in `ids`.
template <int C>
constexpr bool append(network<C>& n, const node_head& head, std::span<const std::int32_t> ins,
                      const attribute_list& attrs, std::span<const tensor_info> outs,
                      std::int32_t* ids) {
  if (n.wrong.what != mistake::none) return false;
  const op_def& op = *head.op;
  const auto in_count = static_cast<std::int32_t>(ins.size()),
             out_count = static_cast<std::int32_t>(outs.size());
  if (in_count < op.min_inputs || (op.max_inputs >= 0 && in_count > op.max_inputs))
    return n.fail(mistake::wrong_number_of_inputs, dims{op.min_inputs, op.max_inputs},
                  dims{in_count}, head.line);
  if (!n.room_for(out_count, attrs.count, in_count + out_count, attribute_list::number_room,
                  head.line))
    return false;
  if (ins.size() > most_operands || outs.size() > most_results)
    return n.fail(mistake::wrong_number_of_inputs,
                  dims{0, static_cast<std::int32_t>(most_operands)}, dims{in_count}, head.line);
  operand_descriptions operands;
  std::array<dims, most_results> shapes{};
  if (!check_attributes(n, head, attrs) ||
      !describe_operands(n, op, ins, outs, head.line, operands) ||
      !infer_shapes(n, head, ins.size(), attrs, outs, operands, {shapes.data(), outs.size()}))
    return false;

  node_info to{};
  to.op = head.op, to.round = head.round, to.by_law = head.by_law, to.act = head.act;
  to.has_law = head.has_law, to.own_law = head.own_law;
  to.line = head.line;
  to.first_in = n.operand_count, to.ins = in_count;
  for (std::int32_t t : ins) n.operands[n.operand_count++] = t;
  to.first_out = n.operand_count, to.outs = out_count;
  for (std::size_t i = 0; i < outs.size(); ++i) {
    tensor_info t = outs[i];
    if (t.role == role::state) {
      ids[i] = ins[as_size(t.axis)];
      n.operands[n.operand_count++] = ids[i];
      continue;
    }
    t.role = role::value;
    t.shape = pack(shapes[i]);
    if (!check_quantization(n, t, head.line)) return false;
    ids[i] = n.tensor_count;
    n.operands[n.operand_count++] = n.tensor_count;
    n.tensors[n.tensor_count++] = t;
  }
  to.first_attr = n.attr_count, to.attrs = attrs.count;
  for (std::int32_t i = 0; i < attrs.count; ++i) n.add_attribute(attrs.list[i], attrs);
  n.nodes[n.node_count++] = to;
  return true;
}

}  // namespace detail
}  // namespace typed
OCTET_NAMESPACE_END

#endif  // OCTET_TYPED_NETWORK_HPP_
