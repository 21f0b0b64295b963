// The ONNX loader: from a model to a graph. NCHW networks become NHWC graphs.
#ifndef OCTET_IMPORT_ONNX_LOADER_HPP_
#define OCTET_IMPORT_ONNX_LOADER_HPP_

#include "octet/import/onnx/fuse.hpp"
#include "octet/import/onnx/options.hpp"
#include "octet/import/onnx/reader.hpp"
#include "octet/import/onnx/rows.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

class loader {
 public:
  loader(model m, const std::string& file, const import::onnx_options& options,
         std::size_t file_bytes)
      : model_(std::move(m)),
        options_(options),
        builder_(file, law::onnxruntime, options.max, file_bytes),
        emit_(builder_, model_.opset) {
    place_.file = file;
  }

  result<graph> run() {
    if (model_.opset < 1 || model_.opset > newest_opset)
      return place_.attach(unsupported("opset of ai.onnx", std::to_string(model_.opset),
                                       "1 to " + std::to_string(newest_opset)));
    // Nobody should look for shapes of a network that does not run anyway.
    mark_needed();
    if (auto s = check_operators(true); !s) return place_.attach(s.error());
    if (auto s = inputs(); !s) return place_.attach(s.error());
    if (auto s = fuser(model_, options_.max).run(); !s) return place_.attach(s.error());
    mark_needed();
    if (auto s = check_operators(false); !s) return place_.attach(s.error());
    for (std::size_t i = 0; i < model_.nodes.size(); ++i) {
      if (!needed_[i]) continue;
      if (auto s = translate(model_.nodes[i]); !s) {
        place_.node = name_of_node(model_.nodes[i]);
        return place_.attach(s.error());
      }
    }
    for (const value_info& v : model_.outputs)
      if (auto s = output(v); !s) {
        place_.node = "output " + v.name;
        return place_.attach(s.error());
      }
    auto g = builder_.finish();
    if (!g) return place_.attach(g.error());
    return g;
  }

 private:
  /// The newest whose changes to these operators are known.
  static constexpr std::int64_t newest_opset = 28;

  static std::string name_of_node(const node& n) {
    const std::string name = !n.name.empty() ? n.name : n.out.empty() ? "" : n.out[0];
    return n.op + (name.empty() ? "" : " " + name);
  }

  /// Inputs that have no initializer are the graph's.
  status inputs() {
    std::vector<bool> used(options_.shapes.size(), false);
    std::size_t in_order = 0;
    for (const auto& given : options_.shapes) {
      const auto same = [&](const value_info& v) {
        return v.name == given.first && !model_.constants.contains(v.name);
      };
      if (!given.first.empty() && std::none_of(model_.inputs.begin(), model_.inputs.end(), same))
        return invalid("a shape is given for an input that does not exist", given.first);
    }
    for (const value_info& v : model_.inputs) {
      if (v.name.empty()) return import::malformed("an input without a name");
      if (model_.constants.contains(v.name)) continue;
      if (values_.contains(v.name)) return import::malformed("two inputs named \"" + v.name + "\"");
      if (!v.type)
        return unsupported("element type of input \"" + v.name + "\"", v.type_name,
                           "float, double, float16, integers of 8 to 64 bits, bool");
      auto shape = input_shape(v, used, in_order);
      if (!shape) return shape.error();
      octet::tensor t;
      t.name = v.name;
      t.type = *v.type;
      t.shape = *shape;
      const tensor_id id = builder_.g.add(std::move(t));
      builder_.g.inputs.push_back(id);
      emit_.is_input(id);
      values_[v.name] = value::of(id);
    }
    for (std::size_t s = 0; s < used.size(); ++s)
      if (!used[s])
        return invalid("a shape is given for an input that does not exist",
                       options_.shapes[s].first);
    return unit{};
  }
  result<dims> input_shape(const value_info& v, std::vector<bool>& used, std::size_t& in_order) {
    const dims* given = nullptr;
    for (std::size_t s = 0; s < options_.shapes.size() && !given; ++s)
      if (!options_.shapes[s].first.empty() && options_.shapes[s].first == v.name) {
        used[s] = true;
        given = &options_.shapes[s].second;
      }
    for (; in_order < options_.shapes.size() && !given; ++in_order)
      if (options_.shapes[in_order].first.empty()) {
        used[in_order] = true;
        given = &options_.shapes[in_order].second;
      }
    std::string written;
    bool open = !v.has_shape;
    for (std::size_t i = 0; i < v.extents.size(); ++i) {
      open |= v.extents[i] < 0;
      written += (i == 0 ? "" : ",") + (v.extents[i] >= 0      ? std::to_string(v.extents[i])
                                        : v.symbols[i].empty() ? "?"
                                                               : v.symbols[i]);
    }
    const auto fail = [&](error_info e) {
      e.tensor = v.name;
      return e;
    };
    if (v.extents.size() > dims::max_rank)
      return fail(unsupported("rank of an input", std::to_string(v.extents.size()), "at most 8"));
    if (!given) {
      if (open)
        return fail(invalid("the file leaves the shape of input \"" + v.name +
                                "\" open: give it, "
                                "for example --shape " +
                                v.name + "=1,3,224,224",
                            "[" + written + "]"));
      dims d;
      for (std::int64_t e : v.extents) {
        if (e > INT32_MAX) return fail(import::malformed("extent of an input", std::to_string(e)));
        d.push_back(static_cast<std::int32_t>(e));
      }
      return d;
    }
    bool fits = !v.has_shape || given->rank == static_cast<int>(v.extents.size());
    for (std::size_t i = 0; fits && i < v.extents.size(); ++i)
      fits = v.extents[i] < 0 || v.extents[i] == (*given)[static_cast<int>(i)];
    if (!fits)
      return fail(
          invalid("shape of input \"" + v.name + "\"", to_string(*given), "[" + written + "]"));
    return *given;
  }

  void mark_needed() {
    std::map<std::string, std::size_t> from;
    for (std::size_t i = 0; i < model_.nodes.size(); ++i)
      for (const std::string& o : model_.nodes[i].out)
        if (!o.empty()) from[o] = i;
    needed_.assign(model_.nodes.size(), false);
    const auto need = [&](const std::string& name) {
      if (const auto it = from.find(name); it != from.end()) needed_[it->second] = true;
    };
    for (const value_info& v : model_.outputs) need(v.name);
    for (std::size_t i = model_.nodes.size(); i-- > 0;)
      if (needed_[i])
        for (const std::string& name : model_.nodes[i].in) need(name);
  }
  /// Constants stand among the nodes until the fuser has run.
  status check_operators(bool constants) const {
    import::missing_operators missing;
    for (std::size_t i = 0; i < model_.nodes.size(); ++i) {
      const node& n = model_.nodes[i];
      if (needed_[i] && !find_row(n) && !(constants && n.is("Constant")))
        missing.add((n.domain.empty() ? "" : n.domain + "::") + n.op,
                    n.name.empty() ? (n.out.empty() ? "" : n.out[0]) : n.name);
    }
    return missing.check();
  }

  status translate(node& n) {
    call c{n, {}};
    for (const std::string& name : n.in) {
      auto v = find(name);
      if (!v) return v.error();
      // Many nodes may read one value with a long name.
      if (auto s = builder_.work.spend(1 + name.size()); !s) return s;
      c.in.push_back(std::move(*v));
    }
    builder_.enter(name_of_node(n));
    const std::size_t before = builder_.g.nodes.size();
    for (const auto& [key, a] : n.attributes)
      if (a.graph) return unsupported("attribute " + key, "a subgraph or a list of texts");
    find_row(n)->emit(emit_, c);
    if (emit_.failed()) return emit_.error();
    if (!n.kept_float.empty())
      for (std::size_t i = before; i < builder_.g.nodes.size(); ++i)
        builder_.g.nodes[i].attrs.set("kept_float", n.kept_float);
    for (std::size_t k = 0; k < n.out.size(); ++k) {
      if (n.out[k].empty()) continue;
      if (k >= c.out.size())
        return unsupported("output " + std::to_string(k), n.out[k],
                           std::to_string(c.out.size()) + " outputs");
      const value& v = c.out[k];
      if (v.id != no_tensor && builder_.g[v.id].name.empty()) builder_.g[v.id].name = n.out[k];
      if (!values_.emplace(n.out[k], v).second)
        return import::malformed("a value that two nodes give", n.out[k]);
    }
    return unit{};
  }
  result<value> find(const std::string& name) const {
    if (name.empty()) return value{};
    if (const auto it = values_.find(name); it != values_.end()) return it->second;
    if (const auto it = model_.constants.find(name); it != model_.constants.end()) {
      value v;
      v.data = &it->second;
      v.name = name;
      return v;
    }
    return import::malformed("a value that nothing gives", name);
  }
  /// Outputs leave in ONNX's order of axes.
  status output(const value_info& o) {
    auto v = find(o.name);
    if (!v) return v.error();
    builder_.enter("output " + o.name);
    const tensor_id id = emit_.held(*v, false);
    if (emit_.failed()) return emit_.error();
    auto& g = builder_.g;
    const bool taken = std::find(g.outputs.begin(), g.outputs.end(), id) != g.outputs.end() ||
                       std::find(g.inputs.begin(), g.inputs.end(), id) != g.inputs.end();
    if (!taken && g[id].name != o.name) {  // the layout changed last: the file's name goes with it
      if (v->id != no_tensor && v->id != id && g[v->id].name == o.name)
        g[v->id].name += "/channels_inner";
      g[id].name = o.name;
    }
    g.outputs.push_back(id);
    return unit{};
  }

  model model_;
  const import::onnx_options& options_;
  import::error_place place_;
  import::graph_builder builder_;
  emitter emit_;
  std::vector<bool> needed_;
  std::map<std::string, value> values_;
};

}  // namespace onnx_model

namespace import {
namespace detail {

inline result<graph> load_onnx(std::span<const std::byte> bytes, const std::string& folder,
                               const std::string& name, const onnx_options& options) {
  auto m = onnx_model::read_model(bytes, folder, options.max);
  if (!m) {
    error_place place;
    place.file = name;
    return place.attach(m.error());
  }
  return onnx_model::loader(std::move(*m), name, options, bytes.size()).run();
}

}  // namespace detail

OCTET_INLINE result<graph> try_onnx(const std::string& path, const onnx_options& options) {
  auto file = read_file(path, options.max);
  if (!file) return file.error();
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return with_memory_errors(
      [&] { return detail::load_onnx(file->bytes, folder.empty() ? "." : folder, path, options); });
}
OCTET_INLINE result<graph> try_onnx(std::span<const std::byte> bytes, const std::string& name,
                                    const onnx_options& options) {
  return with_memory_errors([&] { return detail::load_onnx(bytes, {}, name, options); });
}

OCTET_INLINE std::vector<std::string> onnx_operators() {
  std::vector<std::string> list;
  for (const onnx_model::onnx_row& r : onnx_model::onnx_rows)
    list.push_back(std::string(r.domain) + (r.domain.empty() ? "" : "::") + std::string(r.name));
  std::sort(list.begin(), list.end());
  return list;
}

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_LOADER_HPP_
