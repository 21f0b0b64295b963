// A typed graph written node by node, tensors by number: what `octet codegen` writes. People use
// the operators of operators.hpp.
#ifndef OCTET_TYPED_BUILDER_HPP_
#define OCTET_TYPED_BUILDER_HPP_

#include "octet/typed/operators.hpp"

OCTET_NAMESPACE_BEGIN
namespace typed {

/// Keeps the order of nodes as written and merges nothing.
template <int Capacity> class builder {
 public:
  /// A tensor of this graph.
  struct ref {
    std::int32_t id = -1;
  };

  template <class T> constexpr ref input(const char* name) {
    return {net_.add_tensor(detail::named_as<T>(detail::role::input, name), 0)};
  }
  /// `first`: first contents; nothing: real zero.
  template <class T> constexpr ref state(const char* name, const constant& first = {}) {
    detail::tensor_info t = detail::named_as<T>(detail::role::state, name);
    t.data = first.data;
    t.bytes = first.count * size_of(first.type);
    return {net_.add_tensor(t, 0)};
  }
  /// The first result of a node of any operator; the others that are no states follow with next
  /// numbers.
  template <class... V>
  constexpr ref node(const op_def& op, const attrs& a, const results& out, rounding round,
                     const V&... in) {
    std::array<std::int32_t, sizeof...(V)> ins{operand(in)...};
    std::array<detail::tensor_info, 16> types{};
    for (std::size_t i = 0; i < out.count; ++i) types[i] = detail::result_info(out.list[i], {});
    std::int32_t ids[16]{};
    const detail::node_head head{&op, round};
    detail::append(net_, head, ins, a.list, {types.data(), out.count}, ids);
    return {ids[0]};
  }
  static constexpr ref result(ref first, int i) { return {first.id + i}; }
  struct named_ref {
    ref tensor;
    const char* name;
  };
  constexpr value<Capacity> outputs(std::initializer_list<named_ref> list) const {
    value<Capacity> v{};
    v.net = net_;
    for (const named_ref& o : list) {
      v.out_name[v.outs] = o.name;
      v.out[v.outs++] = o.tensor.id;
    }
    return v;
  }

 private:
  constexpr std::int32_t operand(ref r) { return r.id; }
  constexpr std::int32_t operand(absent_t) { return -1; }
  constexpr std::int32_t operand(const shaped_constant& c) { return net_.add_tensor(c.info, 0); }
  detail::network<Capacity> net_{};
};
/// The operator that the IR prints as `name`; not a constant expression where there is none.
constexpr const op_def& find(std::string_view name) { return *find_operator(name); }
/// Bytes of static memory as a constant of any element type; aligned at least to that type.
constexpr constant bytes_as(dtype type, const unsigned char* data, std::size_t count) {
  constant c;
  c.type = type;
  c.data = data;
  c.count = count;
  return c;
}

}  // namespace typed
OCTET_NAMESPACE_END

#endif  // OCTET_TYPED_BUILDER_HPP_
