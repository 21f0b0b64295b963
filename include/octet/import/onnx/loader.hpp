// The ONNX loader: from a model to a graph. NCHW networks become NHWC graphs.
#ifndef OCTET_IMPORT_ONNX_LOADER_HPP_
#define OCTET_IMPORT_ONNX_LOADER_HPP_

#include <algorithm>

#include "octet/import/onnx/blocks.hpp"
#include "octet/import/onnx/fuse.hpp"
#include "octet/import/onnx/fuse_floats.hpp"
#include "octet/import/onnx/fuse_products.hpp"
#include "octet/import/onnx/inline.hpp"
#include "octet/import/onnx/options.hpp"
#include "octet/import/onnx/reader.hpp"
#include "octet/import/onnx/reduce_earlier.hpp"
#include "octet/import/onnx/rows.hpp"
#include "octet/import/onnx/symbols.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

/// A model, and what the loader makes of it whatever the shapes are.
struct fused_model {
  model m{};
  bool is_fused = false;       // the fuser has run
  std::vector<bool> needed{};  // nodes, then
};

class loader {
 public:
  /// `m`: as it was read, or as a loader before has left it. `kept`: of the same model.
  loader(std::shared_ptr<fused_model> m, const std::string& file,
         const import::onnx_options& options, std::size_t file_bytes, import::first_constants& kept)
      : main_{std::move(m)},
        options_(options),
        calls_(main_.m(), options.max, file_bytes, !options.as_written),
        builder_(file, law::onnxruntime, options.max, file_bytes),
        emit_(builder_, main_.m().opset) {
    place_.file = file;
    builder_.kept = &kept;
    emit_.run_subgraphs = [this](call& c) { return run_subgraphs(c); };
  }

  result<graph> run() {
    if (main_.m().opset < 1 || main_.m().opset > newest_opset)
      return place_.attach(unsupported("opset of ai.onnx", std::to_string(main_.m().opset),
                                       "1 to " + std::to_string(newest_opset)));
    if (main_.m().outputs.empty())
      return place_.attach(import::malformed("a graph without outputs"));
    // Nobody should look for shapes of a network that does not run anyway.
    if (auto s = expand(); !s) return place_.attach(s.error());
    if (auto s = inputs(); !s) return place_.attach(s.error());
    if (auto s = prepare(main_); !s) return place_.attach(s.error());
    if (auto s = translate(main_); !s) return place_.attach(s.error());
    for (const value_info& v : main_.m().outputs)
      if (auto s = output(v); !s) {
        place_.node = "output " + v.name;
        return place_.attach(s.error());
      }
    auto g = builder_.finish();
    if (!g) return place_.attach(g.error());
    return g;
  }

 private:
  /// The functions of the model in place of their calls; only operators that are known.
  status expand() {
    if (main_.of->is_fused) return unit{};
    if (auto s = check_nodes(main_.m().nodes, main_.m().opset); !s) return s;
    for (const function& f : main_.m().functions)
      if (auto s = check_nodes(f.nodes, f.opset != 0 ? f.opset : main_.m().opset); !s) return s;
    if (auto s = calls_.expand(); !s) return s;
    return check_operators(main_.m(), true);
  }
  /// That each operator is one of the opset, its attributes of their kinds.
  static status check_nodes(const std::vector<node>& nodes, std::int64_t opset) {
    for (const node& n : nodes) {
      const auto wrong = [&](error_info e) {
        return import::error_place{.node = name_of_node(n)}.attach(std::move(e));
      };
      if (const onnx_row* r = find_row(n); r && opset < r->since)
        return wrong(unsupported("an operator of a newer opset", "opset " + std::to_string(opset),
                                 std::to_string(r->since) + " and newer"));
      // Said before a group is made of it, in which its inputs stand elsewhere.
      for (const std::string_view layer : {"Conv", "ConvTranspose", "Gemm", "MatMul"})
        if (n.is(layer) && n.input(1).empty())
          return wrong(invalid("input 1", "absent", layer == "MatMul" ? "a matrix" : "weights"));
      for (const attribute_row& r : attribute_rows)
        if (const attribute* a = n.find(r.name); a && !a->may_be(r.kind))
          return wrong(invalid("attribute " + std::string(r.name), std::string(name_of(a->kind())),
                               std::string(name_of(r.kind))));
      for (const auto& [key, a] : n.attributes)
        if (a.graph)
          if (auto s = check_nodes(a.graph->nodes, opset); !s) return s;
    }
    return unit{};
  }

  static std::string name_of_node(const node& n) {
    const std::string name = !n.name.empty() ? n.name : n.out.empty() ? "" : n.out[0];
    return n.op + (name.empty() ? "" : " " + name);
  }

  /// A graph while it is translated: the model's own, or an attribute's.
  struct scope {
    std::shared_ptr<fused_model> of = std::make_shared<fused_model>();
    std::unordered_map<std::string, value> values{};
    std::vector<std::pair<std::string, value>> around{};  // of the graph around it
    std::string suffix{};                                 // of names, in a loop
    /// Who reads what nodes give; made when it is needed.
    std::optional<std::map<std::string, std::vector<const node*>>> readers{};

    model& m() const { return of->m; }
  };
  /// Groups of Q, DQ and an operator become one, and chains of float operators, unless the graph is
  /// to stay as written; what nobody needs is not translated.
  status prepare(scope& s) const {
    if (s.of->is_fused) return unit{};
    known_shapes shapes(s.m());
    if (auto f = fuser(s.m(), options_.max, shapes).run(options_.as_written); !f) return f;
    if (!options_.as_written)
      if (auto f = fuse_floats(s.m(), shapes); !f) return f;
    if (auto f = product_fuser(s.m()).run(); !f) return f;
    if (auto f = check_operators(s.m(), false); !f) return f;
    s.of->needed = needed_nodes(s.m());
    s.of->is_fused = true;
    return unit{};
  }
  /// Normalizations are looked for behind the moves of Transposes, but before them where the opset
  /// has LayerNormalization.
  static status fuse_floats(model& m, known_shapes& shapes) {
    constexpr std::int64_t layer_normalization = 17;
    if (m.opset >= layer_normalization)
      if (auto f = float_fuser(m, shapes).run(); !f) return f;
    if (auto f = reductions_before_transposes(m, shapes).run(); !f) return f;
    return m.opset >= layer_normalization ? status(unit{}) : float_fuser(m, shapes).run();
  }
  status translate(scope& s) {
    for (std::size_t i = 0; i < s.m().nodes.size(); ++i)
      if (s.of->needed[i])
        if (auto done = translate(s, s.m().nodes[i]); !done)
          return import::error_place{.node = name_of_node(s.m().nodes[i]) + s.suffix}.attach(
              done.error());
    return unit{};
  }

  /// Which of the given shapes each input has: by its name, else the next without one. Null: none.
  /// What the names of open extents stand for follows from them.
  result<std::vector<const dims*>> given_shapes() {
    std::vector<bool> used(options_.shapes.size(), false);
    std::vector<const dims*> list(main_.m().inputs.size(), nullptr);
    std::size_t in_order = 0;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const value_info& v = main_.m().inputs[i];
      if (main_.m().constants.contains(v.name)) continue;
      for (std::size_t s = 0; s < used.size() && !list[i]; ++s)
        if (!v.name.empty() && options_.shapes[s].first == v.name) {
          used[s] = true;
          list[i] = &options_.shapes[s].second;
        }
      for (; in_order < used.size() && !list[i]; ++in_order)
        if (options_.shapes[in_order].first.empty()) {
          used[in_order] = true;
          list[i] = &options_.shapes[in_order].second;
        }
      if (list[i] && options_.only_open_extents)
        list[i] = &samples_.emplace_back(one_of_several(v, *list[i]));
      if (list[i] && v.has_shape && v.extents.size() <= dims::max_rank && fits(v, *list[i]))
        if (auto s = symbols_.bind(v, *list[i]); !s) return s.error();
    }
    for (std::size_t s = 0; s < used.size(); ++s)
      if (!used[s])
        return invalid("a shape is given for an input that does not exist",
                       options_.shapes[s].first);
    return list;
  }
  /// Inputs that have no initializer are the graph's.
  status inputs() {
    const auto given = given_shapes();
    if (!given) return given.error();
    for (std::size_t i = 0; i < given->size(); ++i) {
      const value_info& v = main_.m().inputs[i];
      if (v.name.empty()) return import::malformed("an input without a name");
      if (main_.m().constants.contains(v.name)) continue;
      if (main_.values.contains(v.name))
        return import::malformed("two inputs named \"" + v.name + "\"");
      if (!v.type)
        return unsupported("element type of input \"" + v.name + "\"", v.type_name,
                           "float, double, float16, integers of 8 to 64 bits, bool");
      auto shape = input_shape(v, (*given)[i]);
      if (!shape) return shape.error();
      octet::tensor t;
      t.name = v.name;
      t.type = *v.type;
      t.shape = *shape;
      const auto id = builder_.input(std::move(t));
      if (!id) return id.error();
      emit_.is_input(*id);
      value& given_value = main_.values[v.name];
      given_value = value::of(*id);
      if (!options_.as_written) given_value.order = channel_order::given;
    }
    return unit{};
  }
  /// The shape that is given; else what the file says, names of extents as other inputs have them.
  result<dims> input_shape(const value_info& v, const dims* given) const {
    std::string written;
    for (std::size_t i = 0; i < v.extents.size(); ++i)
      written += (i == 0 ? "" : ",") + (v.extents[i] >= 0      ? std::to_string(v.extents[i])
                                        : v.symbols[i].empty() ? "?"
                                                               : v.symbols[i]);
    const auto fail = [&](error_info e) {
      e.tensor = v.name;
      return e;
    };
    if (v.extents.size() > dims::max_rank)
      return fail(unsupported("rank of an input", std::to_string(v.extents.size()), "at most 8"));
    if (given && fits(v, *given)) return *given;
    if (given)
      return fail(
          invalid("shape of input \"" + v.name + "\"", to_string(*given), "[" + written + "]"));
    constexpr std::int32_t open = -1;
    dims d;
    for (std::int64_t e : v.extents) {
      if (e > INT32_MAX) return fail(import::malformed("extent of an input", std::to_string(e)));
      d.push_back(e < 0 ? open : static_cast<std::int32_t>(e));
    }
    symbols_.follow(v, d);
    if (!v.has_shape || std::find(d.begin(), d.end(), open) != d.end())
      return fail(invalid("the file leaves the shape of input \"" + v.name +
                              "\" open: give it, "
                              "for example --shape " +
                              v.name + "=1,3,224,224",
                          "[" + written + "]"));
    return d;
  }

  static std::vector<bool> needed_nodes(const graph_part& g) {
    std::map<std::string, std::size_t> from;
    for (std::size_t i = 0; i < g.nodes.size(); ++i)
      for (const std::string& o : g.nodes[i].out)
        if (!o.empty()) from[o] = i;
    std::vector<bool> needed(g.nodes.size(), false);
    const auto need = [&](const std::string& name) {
      if (const auto it = from.find(name); it != from.end()) needed[it->second] = true;
    };
    for (const value_info& v : g.outputs) need(v.name);
    for (std::size_t i = g.nodes.size(); i-- > 0;)
      if (needed[i])
        for (const std::string& name : g.nodes[i].in) need(name);
    return needed;
  }
  /// Constants stand among the nodes until the fuser has run. A branch that never runs may hold
  /// what it likes.
  static status check_operators(const graph_part& g, bool constants) {
    import::missing_operators missing;
    const std::vector<bool> needed = needed_nodes(g);
    for (std::size_t i = 0; i < g.nodes.size(); ++i) {
      const node& n = g.nodes[i];
      if (needed[i] && !find_row(n) && !(constants && n.is("Constant")))
        missing.add((n.domain.empty() ? "" : n.domain + "::") + n.op,
                    n.name.empty() ? (n.out.empty() ? "" : n.out[0]) : n.name);
    }
    return missing.check();
  }

  status translate(scope& s, const node& n) {
    call c{n, {}};
    if (auto spent = builder_.work.spend(1); !spent) return spent;
    for (const std::string& name : n.in) {
      auto v = find(s, name);
      if (!v) return v.error();
      // Many nodes may read one value with a long name.
      if (auto spent = builder_.work.spend(1 + name.size()); !spent) return spent;
      c.in.push_back(std::move(*v));
    }
    builder_.enter(name_of_node(n) + s.suffix);
    const std::size_t before = builder_.g.nodes.size();
    const auto first = static_cast<tensor_id>(builder_.g.tensors.size());
    for (const auto& [key, a] : n.attributes)
      if (a.unread) return unsupported("attribute " + key, "a list of tensors or graphs");
    const half_kernel how = half_kernel_of(s, c);
    if (how != half_kernel::moves)
      for (std::size_t i = 0; i < own_inputs(c); ++i)
        c.in[i] = emit_.as_float(c.in[i], how == half_kernel::none);
    if (casts(n) && !n.in.empty() && c.in[0].as_half == half::computed && !is_undone(s, c) &&
        !read_in_float(s, n.in[0]))
      c.in[0] = rounded(c.in[0]);
    find_row(n)->emit(emit_, c);
    for (std::size_t k = 0; k < c.out.size() && how != half_kernel::moves; ++k)
      give_half(c.out[k], how, k);
    if (casts(n) && !c.out.empty() && c.out[0].as_half == half::cast && cast_again(s, n.out[0]))
      c.out[0] = rounded(c.out[0]);
    if (emit_.failed()) return emit_.error();
    if (options_.as_written)  // ONNX Runtime folds no constants
      for (const value& v : c.out)
        if (v.id >= first) emit_.computed_at_every_run(v.id);
    order_results(s, c);
    if (!n.kept_float.empty())
      for (std::size_t i = before; i < builder_.g.nodes.size(); ++i)
        builder_.g.nodes[i].attrs.set("kept_float", n.kept_float);
    for (std::size_t k = 0; k < n.out.size(); ++k) {
      if (n.out[k].empty()) continue;
      if (k >= c.out.size())
        return unsupported("output " + std::to_string(k), n.out[k],
                           std::to_string(c.out.size()) + " outputs");
      const value& v = c.out[k];
      if (v.id != no_tensor && builder_.g[v.id].name.empty())
        builder_.g[v.id].name = n.out[k] + s.suffix;
      if (!s.values.emplace(n.out[k], v).second)
        return import::malformed("a value that two nodes give", n.out[k]);
    }
    return unit{};
  }

  /// Which results ONNX Runtime has in blocks of channels; none in a graph as it is written.
  void order_results(scope& s, call& c) {
    for (std::size_t k = 1; k < c.out.size(); ++k) c.out[k].order = channel_order::plain;
    if (c.out.empty()) return;
    const auto alone = [&] {
      const std::string& name = c.n.in[0];
      return !is_result(s, name) && readers_of(s)[name].size() == 1;
    };
    c.out[0].order = options_.as_written ? channel_order::plain : order_of_result(emit_, c, alone);
    const auto reaches = [&] { return reaches_layer(s, c.n.out[0]); };
    c.out[0].codes_last = !options_.as_written && holds_channels_last(emit_, c, reaches);
  }
  /// Whether a quantized convolution reads a value, or what nodes of codes make of it.
  static bool reaches_layer(scope& s, const std::string& name) {
    std::vector<const std::string*> open{&name};
    for (std::size_t i = 0; i < open.size() && i < 64; ++i)
      for (const node* n : readers_of(s)[*open[i]]) {
        if (n->is("QLinearConv")) return true;
        if ((waits_for_layer(*n) || n->op == "QLinearConcat" || n->is("MaxPool")) &&
            !n->out.empty())
          open.push_back(&n->out[0]);
      }
    return false;
  }

  // ---- float16 ----

  /// What ONNX Runtime's CPU has for float16 values of an operator.
  enum class half_kernel : std::uint8_t {
    none,    // it computes in float32 between casts of its own
    rounds,  // results are rounded
    moves    // elements as they are; also where nothing is float16
  };
  static half_kernel half_kernel_of(const node& n) {
    static constexpr std::string_view moves[] = {
        "Cast",     "CastLike", "Concat", "Expand", "Flatten", "Gather",          "GatherElements",
        "GatherND", "Identity", "If",     "Loop",   "Reshape", "ReverseSequence", "Scan",
        "Shape",    "Size",     "Slice",  "Split",  "Squeeze", "Transpose",       "Unsqueeze"};
    static constexpr std::string_view rounds[] = {"Clip",  "DequantizeLinear",   "IsInf",
                                                  "IsNaN", "LayerNormalization", "Max",
                                                  "Min",   "QuantizeLinear",     "RMSNormalization",
                                                  "Round", "ScatterND",          "Sign"};
    const auto among = [&](std::span<const std::string_view> list) {
      return std::find(list.begin(), list.end(), n.op) != list.end();
    };
    if (n.domain == microsoft_domain && n.op.starts_with("Skip")) return half_kernel::rounds;
    if (!n.domain.empty() && !is_dequantize(n) && !is_quantize(n)) return half_kernel::none;
    if (among(moves) || n.op.find("Sequence") != std::string::npos) return half_kernel::moves;
    return among(rounds) ? half_kernel::rounds : half_kernel::none;
  }
  half_kernel half_kernel_of(scope& s, const call& c) {
    const auto inputs = std::span(c.in).first(own_inputs(c));
    const bool any = std::any_of(inputs.begin(), inputs.end(), [&](const value& v) {
      return v.given() && emit_.type(v) == dtype::f16;
    });
    if (!any) return half_kernel::moves;
    const half_kernel own = half_kernel_of(c.n);
    return own != half_kernel::none && stands_alone(s, c) ? half_kernel::none : own;
  }
  /// A node among such that have no float16 kernel: it runs in float32 as well. Casts stay casts.
  bool stands_alone(scope& s, const call& c) {
    if (casts(c.n) || is_quantize(c.n) || c.n.op.starts_with("Is") || c.n.op == "Size" ||
        c.n.op == "Shape" || c.n.op.find("Sequence") != std::string::npos)
      return false;
    for (const auto& [key, a] : c.n.attributes)
      if (a.graph) return false;
    // ONNX Runtime looks at one value for each name in the operator's definition: the first of a
    // list of inputs or outputs.
    const auto first_of = [&](std::initializer_list<std::string_view> lists, std::size_t count) {
      const bool list = std::find(lists.begin(), lists.end(), c.n.op) != lists.end();
      return list ? std::min<std::size_t>(count, 1) : count;
    };
    bool fed = false;
    const std::size_t looked_at = first_of({"Concat", "Max", "Min"}, own_inputs(c));
    for (std::size_t i = 0; i < own_inputs(c); ++i) {
      if (!readers_of(s).contains(c.n.in[i])) continue;
      fed = true;
      if (i < looked_at && emit_.type(c.in[i]) == dtype::f16 && c.in[i].as_half != half::computed)
        return false;
    }
    for (const std::string& o : c.n.out)
      if (is_result(s, o)) return false;
    for (std::size_t k = 0; k < first_of({"Split"}, c.n.out.size()); ++k)
      for (const node* n : readers_of(s)[c.n.out[k]])
        if (half_kernel_of(*n) != half_kernel::none) return false;
    return fed;
  }
  static bool casts(const node& n) { return n.is("Cast") || n.is("CastLike"); }
  static bool is_result(const scope& s, const std::string& name) {
    const auto& all = s.m().outputs;
    return std::any_of(all.begin(), all.end(), [&](const auto& v) { return v.name == name; });
  }
  /// No float16 kernel reads the value, so that it never is one: the file's casts read what it was.
  static bool read_in_float(scope& s, const std::string& name) {
    const auto& all = readers_of(s)[name];
    return !is_result(s, name) && std::all_of(all.begin(), all.end(), [](const node* n) {
      return casts(*n) || half_kernel_of(*n) == half_kernel::none;
    });
  }
  /// A cast of the file to float32 that undoes one that ONNX Runtime has inserted, so that both go,
  /// whoever else reads the value: not where it gives a result of the graph.
  bool is_undone(const scope& s, const call& c) const {
    const bool real = c.n.is("Cast")
                          ? c.n.integer("to", undefined_data_type) == data_type_code("FLOAT")
                          : c.in.size() > 1 && emit_.type(c.in[1]) == dtype::f32;
    return real && !c.n.out.empty() && !is_result(s, c.n.out[0]);
  }
  /// Two casts of the file in a row: everybody reads what is between them.
  static bool cast_again(scope& s, const std::string& name) {
    const auto& all = readers_of(s)[name];
    return std::any_of(all.begin(), all.end(), [](const node* n) { return casts(*n); });
  }
  value rounded(const value& v) {
    const tensor_id x = emit_.held(v);
    return emit_.failed() ? v : value::of(x, v.channels_inner);
  }
  static std::map<std::string, std::vector<const node*>>& readers_of(scope& s) {
    if (s.readers) return *s.readers;
    auto& readers = s.readers.emplace();
    for (const node& n : s.m().nodes)
      for (const std::string& o : n.out)
        if (!o.empty()) readers[o];
    for (const node& n : s.m().nodes)
      for (const std::string& name : n.in)
        if (const auto it = readers.find(name); it != readers.end()) it->second.push_back(&n);
    return readers;
  }
  /// A result of a node that read float16.
  void give_half(value& v, half_kernel how, std::size_t k) {
    if (emit_.failed() || v.items || !v.given() || emit_.type(v) != dtype::f32) return;
    constexpr std::size_t sums = 3;  // of SkipLayerNormalization; means and deviations are float32
    if (how == half_kernel::rounds && k > 0 && k != sums) return;
    if (v.data) v = value::of(emit_.held(v, false));
    if (emit_.failed()) return;
    v.as_half = half::computed;
    if (how == half_kernel::rounds) v = rounded(v);
  }

  static result<value> find(const scope& s, const std::string& name) {
    if (name.empty()) return value{};
    if (const auto it = s.values.find(name); it != s.values.end()) return it->second;
    if (const auto it = s.m().constants.find(name); it != s.m().constants.end()) {
      value v;
      v.data = &it->second;
      v.name = name;
      return v;
    }
    return import::malformed("a value that nothing gives", name);
  }

  // ---- subgraphs ----

  /// The graph of an attribute, ready to be run. Values around it come along under their names.
  result<scope*> body_of(const call& c, const char* key, std::size_t inputs) {
    const attribute* a = c.n.find(key);
    if (!a || !a->graph) return invalid(std::string("attribute ") + key, "absent", "a graph");
    if (a->graph->inputs.size() != inputs)
      return invalid("inputs of the graph " + std::string(key),
                     std::to_string(a->graph->inputs.size()), std::to_string(inputs));
    scopes_.emplace_back();  // kept: values may lie in its constants
    scope& s = scopes_.back();
    static_cast<graph_part&>(s.m()) = *a->graph;
    s.m().opset = main_.m().opset;
    if (auto spent = builder_.work.spend(16 * (1 + s.m().nodes.size() + s.m().constants.size()));
        !spent)
      return spent.error();
    for (std::size_t k = 0; k < c.n.captures.size(); ++k) {
      const value& v = c.in[own_inputs(c) + k];
      const std::string& name = c.n.captures[k];
      if (v.data) {
        s.m().constants.emplace(name, *v.data);
      } else if (v.given()) {
        s.around.emplace_back(name, v);
        value_info outer;
        outer.name = name, outer.type = emit_.type(v);
        outer.dequantized = emit_.is_from_codes(v.id);
        s.m().inputs.push_back(std::move(outer));
      }
    }
    if (auto p = prepare(s); !p) return p.error();
    return &s;
  }
  static std::size_t own_inputs(const call& c) { return c.in.size() - c.n.captures.size(); }
  /// One run of a body: what its outputs are for these inputs.
  result<std::vector<value>> run(scope& s, const std::vector<value>& inputs, std::string suffix) {
    s.suffix = std::move(suffix);
    s.values.clear();
    for (const auto& [name, v] : s.around) s.values.emplace(name, v);
    for (std::size_t i = 0; i < inputs.size(); ++i)
      s.values.insert_or_assign(s.m().inputs[i].name, inputs[i]);
    for (auto& [name, v] : s.values)
      v.order = options_.as_written ? channel_order::plain : channel_order::given;
    if (auto t = translate(s); !t) return t.error();
    std::vector<value> results;
    for (const value_info& o : s.m().outputs) {
      auto v = find(s, o.name);
      if (!v) return v.error();
      results.push_back(std::move(*v));
    }
    return results;
  }
  status run_subgraphs(call& c) {
    if (c.n.op == "If") return run_if(c);
    if (c.n.op == "Loop") return run_loop(c);
    return c.n.op == "Scan" ? run_scan(c) : run_sequence_map(c);
  }
  /// A condition or a number of one element, where it is known now.
  std::optional<std::int64_t> known(const value& v) {
    if (!emit_.is_constant(v)) return {};
    const auto a = emit_.constant(v, "a condition");
    if (!a || a->elements() != 1) return {};
    if (a->type == dtype::boolean) return a->data.bytes[0] != std::byte{};
    if (a->type == dtype::s64) return a->as<std::int64_t>()[0];
    return {};
  }
  /// A branch; where only the input decides, both of them and a choice between their results.
  status run_if(call& c) {
    if (own_inputs(c) != 1 || !c.has(0) || emit_.type(c.in[0]) != dtype::boolean ||
        emit_.shape(c.in[0]).elements().value != 1)
      return invalid("the condition of If", {}, "one bool");
    const auto branch = [&](const char* key) -> result<std::vector<value>> {
      auto body = body_of(c, key, 0);
      if (!body) return body.error();
      auto y = run(**body, {}, {});
      if (y && y->size() != c.n.out.size())
        return invalid("results of " + std::string(key), std::to_string(y->size()),
                       std::to_string(c.n.out.size()));
      return y;
    };
    if (const auto condition = known(c.in[0])) {
      auto y = branch(*condition != 0 ? "then_branch" : "else_branch");
      if (!y) return y.error();
      c.out = std::move(*y);
      return unit{};
    }
    auto a = branch("then_branch");
    if (!a) return a.error();
    auto b = branch("else_branch");
    if (!b) return b.error();
    for (std::size_t i = 0; i < a->size(); ++i) {
      const dims x = emit_.shape((*a)[i]), y = emit_.shape((*b)[i]);
      if (!(x == y) || emit_.type((*a)[i]) != emit_.type((*b)[i]))
        return unsupported("If whose condition is computed at run time",
                           "branches that give " + to_string(x) + " and " + to_string(y),
                           "branches with results of one shape and element type");
    }
    const tensor_id condition = emit_.reshaped(emit_.held(c.in[0], false), dims{});
    for (std::size_t i = 0; i < a->size(); ++i) {
      const tensor_id x = emit_.held((*a)[i], false), y = emit_.held((*b)[i], false);
      c.out.push_back(value::of(emit_.chosen(condition, x, y)));
    }
    return emit_.failed() ? status(emit_.error()) : unit{};
  }
  /// Number of rounds, condition, values that go from round to round; the body adds the number of
  /// the round and the condition in front. Every round becomes nodes of its own.
  status run_loop(call& c) {
    const std::size_t own = own_inputs(c);
    if (own < 2) return invalid("inputs of Loop", std::to_string(own), "2 or more");
    auto body = body_of(c, "body", own);
    if (!body) return body.error();
    scope& s = **body;
    const std::size_t carried = own - 2, results = s.m().outputs.size();
    if (results < 1 + carried || results - 1 != c.n.out.size())
      return invalid("outputs of the graph body", std::to_string(results),
                     "1 more than those of Loop");
    std::optional<std::int64_t> rounds, more = 1;
    if (c.has(0) && !(rounds = known(c.in[0])))
      return unsupported("a number of rounds of Loop that is computed at run time", {},
                         "constants and what follows from shapes");
    const auto undecided = [] {
      return unsupported("a condition of Loop that is computed at run time", {},
                         "constants and what follows from shapes");
    };
    if (c.has(1) && !(more = known(c.in[1]))) return undecided();
    std::vector<value> now(c.in.begin() + 2, c.in.begin() + static_cast<std::ptrdiff_t>(own));
    std::vector<std::vector<value>> each(results - 1 - carried);
    for (std::int64_t k = 0; *more != 0 && (!rounds || k < *rounds); ++k) {
      if (auto spent = builder_.work.spend(64); !spent) return spent;
      const std::uint8_t yes = 1;
      std::vector<value> in{
          value::of(builder_.scalar_constant(k)),
          value::of(builder_.g.add_constant(
              "", dtype::boolean, {}, constant_data::of(std::span<const std::uint8_t>(&yes, 1))))};
      in.insert(in.end(), now.begin(), now.end());
      auto y = run(s, in, " #" + std::to_string(k));
      if (!y) return y.error();
      if (!(more = known((*y)[0]))) return undecided();
      now.assign(y->begin() + 1, y->begin() + 1 + static_cast<std::ptrdiff_t>(carried));
      for (std::size_t i = 0; i < each.size(); ++i) each[i].push_back((*y)[1 + carried + i]);
    }
    c.out = std::move(now);
    return collect(c, each, {});
  }
  status collect(call& c, const std::vector<std::vector<value>>& each,
                 const std::vector<std::int64_t>& axes) {
    for (std::size_t i = 0; i < each.size(); ++i) {
      const std::string& name = c.n.out[c.out.size()];
      if (each[i].empty() && !name.empty())
        return unsupported("results of a loop of no rounds", name, "one round or more");
      c.out.push_back(name.empty() ? value{}
                                   : rows::stacked(emit_, each[i], axes.empty() ? 0 : axes[i]));
    }
    return emit_.failed() ? status(emit_.error()) : unit{};
  }
  /// A number for each value that Scan runs over; left out: zeros.
  std::vector<std::int64_t> scan_numbers(const call& c, const char* key, std::size_t count) {
    auto v = emit_.integers(c, key);
    if (v.empty()) v.assign(count, 0);
    if (v.size() != count)
      emit_.broken(std::string("attribute ") + key, std::to_string(v.size()) + " numbers");
    return v;
  }
  /// The slice at `at` of an axis, that axis gone.
  value without_axis(tensor_id x, int axis, std::int32_t at) {
    const tensor_id piece = rows::part_of_axis(emit_, x, as_size(axis), at, 1);
    if (emit_.failed()) return {};
    dims rest;
    for (int d = 0; d < emit_.tensor_of(piece).shape.rank; ++d)
      if (d != axis) rest.push_back(emit_.tensor_of(piece).shape[d]);
    return value::of(emit_.reshaped(piece, rest));
  }
  /// What each round of a Scan reads one slice of, and what becomes of its results.
  struct scanning {
    std::vector<tensor_id> from{};
    std::vector<int> axis{};
    std::vector<std::int64_t> in_back{}, out_back{};
    std::int32_t rounds = -1;
  };
  void add_scanned(scanning& to, const value& v, std::int64_t at) {
    const int axis = emit_.axis(at, emit_.rank(v));
    const tensor_id x = emit_.held(v, false);
    if (emit_.failed()) return;
    const std::int32_t extent = emit_.shape(v)[axis];
    if (to.rounds >= 0 && extent != to.rounds)
      emit_.broken("extents that Scan runs over", std::to_string(extent),
                   std::to_string(to.rounds));
    to.from.push_back(x), to.axis.push_back(axis), to.rounds = extent;
  }
  /// All rounds: `now` goes from one to the next, `each` collects their other results.
  status scan(scope& s, const scanning& a, std::vector<value>& now,
              std::vector<std::vector<value>>& each, const std::string& suffix) {
    const std::size_t carried = now.size();
    for (std::int32_t k = 0; k < a.rounds; ++k) {
      std::vector<value> in = now;
      for (std::size_t i = 0; i < a.from.size(); ++i) {
        in.push_back(without_axis(a.from[i], a.axis[i], a.in_back[i] != 0 ? a.rounds - 1 - k : k));
        if (emit_.failed()) return emit_.error();
      }
      auto y = run(s, in, suffix + " #" + std::to_string(k));
      if (!y) return y.error();
      now.assign(y->begin(), y->begin() + static_cast<std::ptrdiff_t>(carried));
      for (std::size_t i = 0; i < each.size(); ++i)
        each[i].insert(a.out_back[i] != 0 ? each[i].begin() : each[i].end(), (*y)[carried + i]);
    }
    return unit{};
  }
  /// Values that go from round to round, then those of which each round reads one slice.
  status run_scan(call& c) {
    const bool batches = main_.m().opset < 9;  // behind lengths of sequences
    const std::size_t first = batches ? 1 : 0, own = own_inputs(c);
    if (own < first) return invalid("inputs of Scan", "0");
    auto body = body_of(c, "body", own - first);
    if (!body) return body.error();
    const std::int64_t scanned = emit_.integer(c, "num_scan_inputs", 0);
    if (scanned < 1 || as_size(scanned) > own - first)
      return invalid("attribute num_scan_inputs", std::to_string(scanned));
    const std::size_t count = as_size(scanned), carried = own - first - count,
                      results = (*body)->m().outputs.size();
    if (results < carried || results != c.n.out.size())
      return invalid("outputs of Scan and its body", std::to_string(results),
                     std::to_string(c.n.out.size()));
    if (batches) return scan_batches(c, **body, carried, count);
    const std::size_t more = results - carried;
    const auto in_axes = scan_numbers(c, "scan_input_axes", count),
               out_axes = scan_numbers(c, "scan_output_axes", more);
    scanning a;
    a.in_back = scan_numbers(c, "scan_input_directions", count);
    a.out_back = scan_numbers(c, "scan_output_directions", more);
    for (std::size_t i = 0; i < count && !emit_.failed(); ++i)
      add_scanned(a, c.in[carried + i], in_axes[i]);
    if (emit_.failed()) return emit_.error();
    std::vector<value> now(c.in.begin(), c.in.begin() + static_cast<std::ptrdiff_t>(carried));
    std::vector<std::vector<value>> each(more);
    if (auto s = scan(**body, a, now, each, {}); !s) return s;
    c.out = std::move(now);
    return collect(c, each, out_axes);
  }
  /// Opset 8: everything has an axis of batches in front, and each batch is a scan of its own.
  status scan_batches(call& c, scope& body, std::size_t carried, std::size_t count) {
    if (c.has(0)) return unsupported("lengths of sequences in Scan", c.n.in[0], "none");
    const std::size_t results = c.n.out.size();
    std::vector<tensor_id> all;
    for (std::size_t i = 1; i <= carried + count; ++i) {
      emit_.axis(0, emit_.rank(c.in[i]));
      all.push_back(emit_.held(c.in[i], false));
      if (emit_.failed()) return emit_.error();
    }
    const std::int32_t batch = emit_.tensor_of(all[0]).shape[0];
    for (const tensor_id x : all)
      if (emit_.tensor_of(x).shape[0] != batch)
        return invalid("batches of Scan", std::to_string(emit_.tensor_of(x).shape[0]),
                       std::to_string(batch));
    std::vector<std::vector<value>> each(results);
    for (std::int32_t b = 0; b < batch; ++b) {
      scanning a;
      a.in_back = scan_numbers(c, "directions", count);
      a.out_back.assign(results - carried, 0);
      std::vector<value> now;
      for (std::size_t i = 0; i < all.size() && !emit_.failed(); ++i) {
        const value v = without_axis(all[i], 0, b);
        if (i < carried)
          now.push_back(v);
        else if (!emit_.failed())
          add_scanned(a, v, 0);
      }
      if (emit_.failed()) return emit_.error();
      call one{c.n, {}};
      std::vector<std::vector<value>> rounds(results - carried);
      if (auto s = scan(body, a, now, rounds, " #" + std::to_string(b)); !s) return s;
      one.out = std::move(now);
      if (auto s = collect(one, rounds, {}); !s) return s;
      for (std::size_t i = 0; i < results; ++i) each[i].push_back(one.out[i]);
    }
    return collect(c, each, {});
  }
  /// A body for each place of a sequence; what is no sequence itself is the same in all of them.
  status run_sequence_map(call& c) {
    const std::size_t own = own_inputs(c);
    if (own < 1 || !c.in[0].items) return invalid("input 0 of SequenceMap", {}, "a sequence");
    auto body = body_of(c, "body", own);
    if (!body) return body.error();
    if ((*body)->m().outputs.size() != c.n.out.size())
      return invalid("outputs of the graph body", std::to_string((*body)->m().outputs.size()),
                     std::to_string(c.n.out.size()));
    std::vector<std::vector<value>> each(c.n.out.size());
    const std::size_t count = c.in[0].items->size();
    for (std::size_t k = 0; k < count; ++k) {
      if (auto spent = builder_.work.spend(64); !spent) return spent;
      std::vector<value> in;
      for (std::size_t i = 0; i < own; ++i) {
        const value& v = c.in[i];
        if (v.items && v.items->size() != count)
          return invalid("tensors of a sequence of SequenceMap", std::to_string(v.items->size()),
                         std::to_string(count));
        in.push_back(v.items ? (*v.items)[k] : v);
      }
      auto y = run(**body, in, " #" + std::to_string(k));
      if (!y) return y.error();
      for (std::size_t i = 0; i < each.size(); ++i) each[i].push_back((*y)[i]);
    }
    for (std::vector<value>& list : each) {
      value v;
      v.items = std::make_shared<const std::vector<value>>(std::move(list));
      c.out.push_back(std::move(v));
    }
    return unit{};
  }

  /// Outputs leave in ONNX's order of axes.
  status output(const value_info& o) {
    auto v = find(main_, o.name);
    if (!v) return v.error();
    builder_.enter("output " + o.name);
    tensor_id id = emit_.held(*v, false);
    if (emit_.failed()) return emit_.error();
    auto& g = builder_.g;
    const bool taken = std::find(g.outputs.begin(), g.outputs.end(), id) != g.outputs.end() ||
                       std::find(g.inputs.begin(), g.inputs.end(), id) != g.inputs.end();
    // An input that is a result too, or one result under two names.
    if (taken && g[id].name != o.name) {
      id = emit_.alias(id, {g[id].scales, g[id].zero_points, g[id].axis}, g[id].axis);
      if (emit_.failed()) return emit_.error();
      g[id].name = o.name;
    } else if (g[id].name != o.name) {  // the layout changed last: the file's name goes with it
      if (v->id != no_tensor && v->id != id && g[v->id].name == o.name)
        g[v->id].name += v->as_half != half::no ? "/float32" : "/channels_inner";
      g[id].name = o.name;
    }
    g.outputs.push_back(id);
    return unit{};
  }

  scope main_;
  std::deque<scope> scopes_;
  symbol_values symbols_;     // of the inputs whose shapes are given
  std::deque<dims> samples_;  // shapes that are given, for one run
  const import::onnx_options& options_;
  function_calls calls_;
  import::error_place place_;
  import::graph_builder builder_;
  emitter emit_;
};

}  // namespace onnx_model

namespace import {
namespace detail {

struct onnx_source {
  std::shared_ptr<onnx_model::fused_model> model;
  std::string name;
  onnx_options options;
  std::size_t bytes;  // of the file

  result<graph> graph_for(const named_shapes& shapes, first_constants& kept) {
    options.shapes = shapes;
    auto g = onnx_model::loader(model, name, options, bytes, kept).run();
    options.only_open_extents = false;  // what a session is to be resized to is no sample
    return g;
  }
  status follow(const named_shapes& given, named_shapes& all) const {
    return onnx_model::follow_symbols(model->m, given, all);
  }
};
inline result<graph> load_onnx(std::span<const std::byte> bytes, const std::string& folder,
                               const std::string& name, const onnx_options& options) {
  auto m = onnx_model::read_model(bytes, folder, options.max);
  if (!m) {
    error_place place;
    place.file = name;
    return place.attach(m.error());
  }
  auto model = std::make_shared<onnx_model::fused_model>();
  model->m = std::move(*m);
  return load_from(onnx_source{std::move(model), name, options, bytes.size()}, options.shapes);
}

}  // namespace detail

OCTET_INLINE result<graph> try_onnx(const std::string& path, const onnx_options& options) {
  auto file = map_file(path, options.max);
  if (!file) return file.error();
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return with_memory_errors(path, [&] {
    return detail::load_onnx(file->bytes, folder.empty() ? "." : folder, path, options);
  });
}
OCTET_INLINE result<graph> try_onnx(std::span<const std::byte> bytes, const std::string& name,
                                    const onnx_options& options) {
  return with_memory_errors(name, [&] { return detail::load_onnx(bytes, {}, name, options); });
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
