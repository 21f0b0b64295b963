// What octet::graph_builder does: copies, laws, checks, the graph.
#ifndef OCTET_TYPED_GRAPH_BUILDER_IMPL_HPP_
#define OCTET_TYPED_GRAPH_BUILDER_IMPL_HPP_

#include <map>
#include <memory>
#include <set>

#include "octet/graph/verify.hpp"
#include "octet/typed/flat.hpp"
#include "octet/typed/graph_builder.hpp"
#include "octet/typed/prepare.hpp"

OCTET_NAMESPACE_BEGIN
namespace typed::detail {

struct kept_memory<at_run_time>::store {
  /// The block that holds this memory; null: none does.
  const constant_data* block_of(const void* data, std::size_t bytes) const {
    const auto* from = static_cast<const std::byte*>(data);
    auto it = blocks.upper_bound(from);
    if (it == blocks.begin()) return nullptr;
    const constant_data& d = (--it)->second;
    return from + bytes <= d.bytes.data() + d.bytes.size() ? &d : nullptr;
  }
  void keep(constant_data d) {
    if (!d.bytes.empty()) blocks.insert_or_assign(d.bytes.data(), std::move(d));
  }
  /// The same bytes in a block.
  const void* kept(const void* data, std::size_t bytes) {
    if (block_of(data, bytes)) return data;
    auto copy = constant_data::copy({static_cast<const std::byte*>(data), bytes});
    const void* to = copy.bytes.data();
    keep(std::move(copy));
    return to;
  }

  std::set<std::string, std::less<>> texts;
  std::map<const std::byte*, constant_data, std::less<>> blocks;  // by their first byte
};
OCTET_INLINE kept_memory<at_run_time>::kept_memory() : in(std::make_shared<store>()) {}
OCTET_INLINE const char* kept_memory<at_run_time>::text(const char* s) {
  return s ? in->texts.emplace(s).first->c_str() : nullptr;
}
OCTET_INLINE tensor_info kept_memory<at_run_time>::named(tensor_info t) {
  const std::size_t channels = t.channels > 0 ? as_size(t.channels) : 0;
  t.name = text(t.name);
  if (t.data) t.data = in->kept(t.data, t.bytes);
  if (t.scales32) t.scales32 = static_cast<const float*>(in->kept(t.scales32, channels * 4));
  if (t.scales64) t.scales64 = static_cast<const double*>(in->kept(t.scales64, channels * 8));
  if (t.zero_points)
    t.zero_points = static_cast<const std::int32_t*>(in->kept(t.zero_points, channels * 4));
  return t;
}

/// As flat_network, of a graph whose counts the compiler does not know.
struct flat_lists {
  explicit flat_lists(const flat_counts& k)
      : nodes(k.nodes),
        tensors(k.tensors),
        attrs(k.attributes),
        operands(k.operands),
        integers(k.integers),
        reals(k.reals),
        inputs(k.inputs),
        outputs(k.outputs),
        output_names(k.outputs) {}
  mistake_info wrong{};
  std::vector<node_info> nodes;
  std::vector<tensor_info> tensors;
  std::vector<attribute_info> attrs;
  std::vector<std::int32_t> operands;
  std::vector<std::int64_t> integers;
  std::vector<double> reals;
  std::vector<std::int32_t> inputs, outputs;
  std::vector<const char*> output_names;
};

/// What a mistake's numbers are: element types or laws by number, millionths, extents and counts.
inline std::string text_of(mistake m, const extents& e) {
  const dims d = unpack(e);
  const bool types = m == mistake::element_types_differ || m == mistake::missing_requantize ||
                     m == mistake::missing_quantize || m == mistake::missing_dequantize;
  if (d.rank == 1 && types) return std::string(name_of(static_cast<dtype>(d[0])));
  if (d.rank == 1 && m == mistake::no_rounding_in_this_law)
    return std::string(name_of(static_cast<octet::law>(d[0])));
  if (d.rank == 1 && m == mistake::scale_not_positive) return std::to_string(d[0] * 1e-6);
  return d.rank == 0 ? std::string() : to_string(d);
}
/// A mistake as loaded graphs report theirs; the place is the line where the operator was written.
inline error_info error_of(const mistake_info& m) {
  error_info e = invalid(std::string(name_of(m.what)));
  if (m.line > 0) e.node = "operator written at line " + std::to_string(m.line);
  e.found = text_of(m.what, m.found);
  e.supported = m.what == mistake::wrong_rank ? "rank " + std::to_string(unpack(m.expected).rank)
                                              : text_of(m.what, m.expected);
  if (m.name) e.found = m.name, e.supported = "attributes that it has, of their kinds";
  if (m.what == mistake::scale_not_positive) e.supported = "a positive number";
  if (m.what == mistake::no_rounding_in_this_law) {
    e.code = errc::unsupported;
    e.found = text_of(m.what, m.expected);
    e.supported = "option .round, or a law whose framework has the operator";
  }
  return e;
}

/// Prepares a node for the reference, and sees that all its attributes are read.
inline status try_node(const graph& g, const octet::node& n, const limits& max) {
  const node_inputs operands(g, n);
  node_view view = operands.view();
  const auto read = std::make_unique<bool[]>(n.attrs.entries().size() + 1);
  const attribute_view attrs(n.attrs, read.get());
  view.attrs = &attrs;
  plan_memory memory;
  step st;
  if (auto s = octet::detail::prepare_step(*n.op, view, target::reference,
                                           &octet::detail::no_kernel, 1, memory, st, max);
      !s)
    return s;
  // Some attributes only a law or the shape rule asks for.
  static_cast<void>(octet::decide(*n.op, g.arithmetic, view, {}));
  std::vector<dims> shapes(n.out.size());
  if (n.op->shape)
    if (auto s = n.op->shape(view, shapes); !s) return s;
  return octet::detail::all_read(*n.op, n.attrs, read.get());
}

}  // namespace typed::detail

OCTET_INLINE graph_builder::graph_builder(std::string name, law arithmetic, const limits& l)
    : name_(std::move(name)),
      arithmetic_(arithmetic),
      limits_(l),
      network_(std::make_unique<typed::detail::network<typed::at_run_time>>()) {}

OCTET_INLINE void graph_builder::keep(std::shared_ptr<const void> owner,
                                      std::span<const std::byte> memory) {
  network_->kept.in->keep({std::move(owner), memory});
}

OCTET_INLINE graph_builder::value graph_builder::add(typed::detail::role role,
                                                     const std::string& name, dtype type,
                                                     const dims& shape, typed::affine q,
                                                     std::int32_t line) {
  typed::detail::tensor_info t = typed::detail::typed_as(type, q);
  t.role = role;
  t.shape = typed::detail::pack(shape);
  t.name = name.c_str();
  value v(*network_);
  v.outs = 1;
  status s = verify_size(shape, type, limits_);
  if (s && (q.scale != 0 || q.zero_point != 0))
    s = octet::detail::verify_quantization(typed::detail::describe(t));
  if (!s && v.net.wrong.what == typed::mistake::none) {
    error_ = named(s.error());
    error_->tensor = name;
    v.net.fail(typed::mistake::attribute_out_of_range, dims{}, shape, line);
  }
  v.out[0] = v.net.add_tensor(t, line);
  return v;
}

OCTET_INLINE error_info graph_builder::named(error_info e) const {
  e.file = name_;
  return e;
}

OCTET_INLINE result<graph> graph_builder::finish(const value& v) const {
  using namespace typed::detail;
  const numerics::exact_environment environment;
  if (error_) return *error_;
  if (&v.net != network_.get())
    return named(error_of({typed::mistake::graphs_differ, {}, {}, 0, nullptr}));
  flat_lists f(count(v));
  flatten_into(f, v, arithmetic_);
  if (f.wrong.what != typed::mistake::none) {
    error_info e = named(error_of(f.wrong));
    if (f.wrong.what ==
        typed::mistake::no_rounding_in_this_law)  // its number is the operator's place
      e.what =
          std::string(v.net.nodes[f.wrong.found.extent[0]].op->name) + " under the graph's law";
    return e;
  }
  std::vector<attribute> attrs(f.attrs.size());
  fill_attributes(f, attrs);
  graph g = lower(image{f.nodes, f.tensors, attrs, f.operands, f.inputs, f.outputs, f.output_names,
                        arithmetic_},
                  name_);
  for (tensor& t : g.tensors)
    if (!t.data.bytes.empty())
      t.data.owner = v.net.kept.in->block_of(t.data.bytes.data(), t.data.bytes.size())->owner;
  if (auto s = verify(g, limits_); !s) return s.error();
  for (std::size_t i = 0; i < g.nodes.size(); ++i)
    if (auto s = try_node(g, g.nodes[i], limits_); !s) {
      error_info e = named(s.error());
      e.node = std::string(g.nodes[i].op->name);
      if (f.nodes[i].line > 0) e.node += " written at line " + std::to_string(f.nodes[i].line);
      return e;
    }
  return g;
}

OCTET_NAMESPACE_END

#endif  // OCTET_TYPED_GRAPH_BUILDER_IMPL_HPP_
