// The MXNet loader: from a symbol and its parameters to a graph. NCHW networks become NHWC graphs.
#ifndef OCTET_IMPORT_MXNET_LOADER_HPP_
#define OCTET_IMPORT_MXNET_LOADER_HPP_

#include <algorithm>

#include "octet/import/common/file.hpp"
#include "octet/import/mxnet/options.hpp"
#include "octet/import/mxnet/rows.hpp"

OCTET_NAMESPACE_BEGIN
namespace mxnet_model {

class loader {
 public:
  loader(const symbol& s, const params& p, const std::string& file,
         const import::mxnet_options& options, std::size_t file_bytes,
         import::first_constants& kept)
      : symbol_(s),
        params_(p),
        options_(options),
        builder_(file, law::mxnet, options.max, file_bytes),
        emit_(builder_, options.version != 0 ? options.version : s.version) {
    place_.file = file;
    builder_.kept = &kept;
  }

  result<graph> run() {
    mark_needed();
    if (auto s = check_operators(); !s) return place_.attach(s.error());
    if (auto s = variables(); !s) return place_.attach(s.error());
    for (std::size_t i = 0; i < symbol_.nodes.size(); ++i) {
      const symbol_node& n = symbol_.nodes[i];
      if (n.variable() || !needed_[i]) continue;
      if (auto s = node(i); !s) {
        place_.node = n.op + " " + n.name;
        return place_.attach(s.error());
      }
    }
    for (std::size_t k = 0; k < symbol_.heads.size(); ++k)
      if (auto s = head(symbol_.heads[k]); !s) {
        place_.node = "output " + std::to_string(k);
        return place_.attach(s.error());
      }
    auto g = builder_.finish();
    if (!g) return place_.attach(g.error());
    return g;
  }

 private:
  /// Inputs that no result depends on: the labels of training.
  static bool reads(const symbol_node& n, std::size_t input) {
    return input == 0 || n.op != "SoftmaxOutput";
  }
  void mark_needed() {
    needed_.assign(symbol_.nodes.size(), false);
    for (const symbol_entry& e : symbol_.heads) needed_[as_size(e.node)] = true;
    for (std::size_t i = symbol_.nodes.size(); i-- > 0;) {
      const symbol_node& n = symbol_.nodes[i];
      if (!needed_[i]) continue;
      for (std::size_t k = 0; k < n.inputs.size(); ++k)
        if (reads(n, k)) needed_[as_size(n.inputs[k].node)] = true;
    }
  }
  status check_operators() const {
    import::missing_operators missing;
    for (std::size_t i = 0; i < symbol_.nodes.size(); ++i) {
      const symbol_node& n = symbol_.nodes[i];
      if (needed_[i] && !n.variable() && !find_row(n.op)) missing.add(n.op, n.name);
    }
    return missing.check();
  }

  /// For each variable the first node that reads it where parameters stand; null: none does.
  std::vector<const symbol_node*> readers_of_parameters() const {
    std::vector<const symbol_node*> list(symbol_.nodes.size(), nullptr);
    for (std::size_t i = 0; i < symbol_.nodes.size(); ++i) {
      const symbol_node& n = symbol_.nodes[i];
      if (n.variable() || !needed_[i]) continue;
      for (std::size_t k = find_row(n.op)->data_inputs; k < n.inputs.size(); ++k)
        if (const symbol_node*& reader = list[as_size(n.inputs[k].node)]; !reader) reader = &n;
    }
    return list;
  }
  /// A parameter that is missing should not be taken for an input, unless the caller means it.
  status check_is_input(const std::string& name, const symbol_node* reader) const {
    if (!reader) return unit{};
    for (const auto& [given, shape] : options_.shapes)
      if (given == name) return unit{};
    error_info e = invalid(
        "the file of parameters has no array of this name: is it this network's "
        "(--params)?");
    e.node = reader->op + " " + reader->name;
    e.tensor = name;
    return e;
  }
  /// Parameters become values; variables that the file has no parameter for are the inputs.
  status variables() {
    results_.resize(symbol_.nodes.size());
    std::vector<bool> used(options_.shapes.size(), false);
    std::size_t in_order = 0;
    const auto readers = readers_of_parameters();
    for (std::size_t i = 0; i < symbol_.nodes.size(); ++i) {
      const symbol_node& n = symbol_.nodes[i];
      if (!n.variable() || !needed_[i]) continue;
      if (const params_array* data = params_.find(n.name)) {
        value v;
        v.what = value::kind::parameter;
        v.data = data;
        v.name = n.name;
        results_[i] = {v};
        continue;
      }
      if (auto s = check_is_input(n.name, readers[i]); !s) return s;
      auto shape = input_shape(n, used, in_order);
      if (!shape) return shape.error();
      if (const auto t = n.attributes.find("__dtype__");
          t != n.attributes.end() && t->second != "0" && t->second != "-1")
        return unsupported("element type of input \"" + n.name + "\"", t->second, "0, float32");
      octet::tensor t;
      t.name = n.name;
      t.shape = *shape;
      const auto id = builder_.input(std::move(t));
      if (!id) return id.error();
      results_[i] = {value::of(*id, false)};
    }
    for (std::size_t s = 0; s < used.size(); ++s)
      if (!used[s])
        return invalid("a shape is given for an input that does not exist",
                       options_.shapes[s].first);
    return unit{};
  }
  result<dims> input_shape(const symbol_node& n, std::vector<bool>& used, std::size_t& in_order) {
    for (std::size_t s = 0; s < options_.shapes.size(); ++s)
      if (!options_.shapes[s].first.empty() && options_.shapes[s].first == n.name) {
        used[s] = true;
        return options_.shapes[s].second;
      }
    for (; in_order < options_.shapes.size(); ++in_order)
      if (options_.shapes[in_order].first.empty()) {
        used[in_order] = true;
        return options_.shapes[in_order++].second;
      }
    if (const auto it = n.attributes.find("__shape__"); it != n.attributes.end()) {
      const auto extents = integers_in(it->second);
      bool known = extents && !extents->empty() && extents->size() <= dims::max_rank;
      for (std::size_t k = 0; known && k < extents->size(); ++k)
        known = (*extents)[k] > 0 && (*extents)[k] <= INT32_MAX;
      if (known) {
        dims d;
        for (std::int64_t v : *extents) d.push_back(static_cast<std::int32_t>(v));
        return d;
      }
    }
    error_info e = invalid("the file does not record the shape of input \"" + n.name +
                           "\": give it, for example --shape " + n.name + "=1,3,224,224");
    e.tensor = n.name;
    return e;
  }

  status node(std::size_t i) {
    const symbol_node& n = symbol_.nodes[i];
    call c{n, {}};
    for (const symbol_entry& e : n.inputs) {
      auto v = entry(e);
      if (!v) return v.error();
      // Many nodes may read one parameter with a long name.
      if (auto s = builder_.work.spend(1 + v->name.size()); !s) return s;
      c.in.push_back(std::move(*v));
    }
    builder_.enter(n.op + " " + n.name);
    find_row(n.op)->emit(emit_, c);
    if (emit_.failed()) return emit_.error();
    for (std::size_t k = 0; k < c.out.size(); ++k)
      if (c.out[k].is(value::kind::tensor)) {
        octet::tensor& t = builder_.g[c.out[k].id];
        if (t.name.empty()) t.name = n.name;
      }
    results_[i] = std::move(c.out);
    return unit{};
  }
  /// A value that nobody needs (the label of training) has no result.
  result<value> entry(const symbol_entry& e) const {
    const auto at = as_size(e.node), k = as_size(e.output);
    if (!needed_[at]) return value{};
    if (k >= results_[at].size())
      return import::malformed(
          "output " + std::to_string(e.output) + " of node " + symbol_.nodes[at].name, {},
          std::to_string(results_[at].size()) + " outputs");
    return results_[at][k];
  }

  /// Outputs leave in MXNet's order of axes; ends of ranges as tensors of one element.
  status head(const symbol_entry& e) {
    auto v = entry(e);
    if (!v) return v.error();
    const symbol_node& n = symbol_.nodes[as_size(e.node)];
    tensor_id id = no_tensor;
    if (v->is(value::kind::number)) {
      id = builder_.constant(std::vector<float>{v->number},
                             n.name + (e.output == 1 ? "/min" : "/max"));
    } else {
      builder_.enter("output " + n.name);
      id = emit_.held(*v, false);
      if (emit_.failed()) return emit_.error();
    }
    builder_.g.outputs.push_back(id);
    return unit{};
  }

  const symbol& symbol_;
  const params& params_;
  const import::mxnet_options& options_;
  import::error_place place_;
  import::graph_builder builder_;
  emitter emit_;
  std::vector<bool> needed_;
  std::vector<std::vector<value>> results_;
};

}  // namespace mxnet_model

namespace import {
namespace detail {

inline error_info in_file(error_info e, const std::string& file) {
  error_place place;
  place.file = file;
  return place.attach(std::move(e));
}
struct mxnet_source {
  std::shared_ptr<const mxnet_model::symbol> symbol;
  std::shared_ptr<const mxnet_model::params> params;
  std::shared_ptr<const void> params_file;  // whose bytes they are
  std::string name;
  mxnet_options options;
  std::size_t bytes;  // of both files

  result<graph> graph_for(const named_shapes& shapes, first_constants& kept) {
    options.shapes = shapes;
    return mxnet_model::loader(*symbol, *params, name, options, bytes, kept).run();
  }
};
inline result<graph> load_mxnet(std::span<const std::byte> symbol_text,
                                const file_bytes& params_file, const std::string& symbol_name,
                                const std::string& params_name, const mxnet_options& options) {
  auto s = mxnet_model::read_symbol(symbol_text, options.max);
  if (!s) return in_file(s.error(), symbol_name);
  auto p = mxnet_model::read_params(params_file.bytes, options.max);
  if (!p) return in_file(p.error(), params_name);
  if (p->names.empty() && !p->arrays.empty())
    return in_file(unsupported("arrays without names"), params_name);
  return load_from(
      mxnet_source{std::make_shared<mxnet_model::symbol>(std::move(*s)),
                   std::make_shared<mxnet_model::params>(std::move(*p)), params_file.owner,
                   symbol_name, options, symbol_text.size() + params_file.bytes.size()},
      options.shapes);
}

}  // namespace detail

OCTET_INLINE result<graph> try_mxnet(const std::string& path, const mxnet_options& options) {
  constexpr std::string_view ending = "-symbol.json";
  std::string params = options.params;
  if (params.empty()) {
    if (!path.ends_with(ending))
      return detail::in_file(
          unsupported("a symbol file's name", path,
                      "NAME-symbol.json, or --params for the file of parameters"),
          path);
    params = path.substr(0, path.size() - ending.size()) + "-0000.params";
  }
  auto symbol = read_file(path, options.max);
  if (!symbol) return symbol.error();
  auto arrays = map_file(params, options.max);
  if (!arrays) {
    error_info e = arrays.error();
    if (options.params.empty()) e.supported = "--params for another file of parameters";
    return e;
  }
  return with_memory_errors(
      path, [&] { return detail::load_mxnet(symbol->bytes, *arrays, path, params, options); });
}
OCTET_INLINE result<graph> try_mxnet(std::span<const std::byte> symbol,
                                     std::span<const std::byte> params, const std::string& name,
                                     const mxnet_options& options) {
  return with_memory_errors(name, [&] {
    return detail::load_mxnet(symbol, from_memory(name, params), name, name, options);
  });
}

OCTET_INLINE std::vector<std::string> mxnet_operators() {
  std::vector<std::string> list;
  for (const mxnet_model::mxnet_row& r : mxnet_model::mxnet_rows) list.emplace_back(r.name);
  std::sort(list.begin(), list.end());
  return list;
}

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_LOADER_HPP_
