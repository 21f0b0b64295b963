// Definitions of the PyTorch loader. Included by torch.hpp unless the build links octet::compiled.
#ifndef OCTET_IMPORT_TORCH_LOADER_HPP_
#define OCTET_IMPORT_TORCH_LOADER_HPP_

#include <algorithm>

#include "octet/import/common/file.hpp"
#include "octet/import/torch.hpp"
#include "octet/import/torch/interpret.hpp"
#include "octet/import/torch/pickle.hpp"
#include "octet/import/torch/rows.hpp"
#include "octet/numerics/fp_env.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

namespace detail {

class torch_loader {
 public:
  /// `opened`: the file's archive; null before a loader has opened it.
  torch_loader(file_bytes f, const torch_options& o, std::shared_ptr<torchscript::archive>& opened,
               first_constants& kept)
      : file_(std::move(f)),
        options_(o),
        c_(file_.name, o.arithmetic, o.max, file_.bytes.size()),
        emit_(c_, torch_rows::all, &torch_rows::written),
        archive_(opened) {
    c_.build.kept = &kept;
  }

  result<graph> run() {
    const numerics::exact_environment environment;
    status s = load();
    if (!s) return error_place{.file = file_.name, .node = c_.place()}.attach(explained(s.error()));
    auto g = c_.build.finish();
    if (!g) return error_place{.file = file_.name}.attach(g.error());
    return g;
  }

 private:
  using value = torchscript::value;
  using kind = torchscript::kind;
  using scalar = torchscript::scalar;
  using tensor_data = torchscript::tensor_data;

  status load() {
    if (auto s = open(); !s) return s;
    const auto root = unpickle("data.pkl", "data/");
    if (!root) return root.error();
    const auto constants = unpickle("constants.pkl", "constants/");
    if (!constants) return constants.error();
    torchscript::interpreter program(c_, emit_, [this](const std::string& m) { return code(m); });
    program.set_constants(*constants);
    const auto forward = program.forward_of(*root);
    if (!forward) return forward.error();
    std::vector<value> arguments;
    if (auto s = inputs(**forward, arguments); !s) return s;
    const auto returned = program.call_forward(*root, std::move(arguments));
    if (!returned) return returned.error();
    c_.module.clear();
    c_.file.clear();
    c_.line = 0;
    if (auto s = c_.missing.check(); !s) return s;
    c_.build.enter(emit_.operator_name());
    if (auto written = outputs(*returned, "output", 0); !written) return written;
    const auto& tensors = c_.build.g.tensors;
    const bool quantized = std::any_of(tensors.begin(), tensors.end(),
                                       [](const tensor& t) { return !t.scales.empty(); });
    if (!quantized)  // observers may be no more than what a float model computes
      if (auto instead = unconverted()) return *instead;
    return unit{};
  }

  // ---- the archive ----

  status open() {
    if (archive_) {
      c_.files = archive_.get();
      return unit{};
    }
    if (options_.arithmetic != law::pytorch_fbgemm && options_.arithmetic != law::pytorch_qnnpack)
      return unsupported("law for PyTorch files", std::string(name_of(options_.arithmetic)),
                         "pytorch_fbgemm, pytorch_qnnpack");
    const auto& b = file_.bytes;
    if (b.empty()) return malformed("an empty file", {}, "the file that torch.jit.save writes");
    if (b.size() >= 2 && b[0] == std::byte{0x80} && b[1] == std::byte{2})  // a pickle
      return unsupported(
          "a file of torch.save in the format before PyTorch 1.6, which holds no program", {},
          "torch.jit.save(torch.jit.trace(model, example), FILE)");
    auto opened = torchscript::archive::open(b, options_.max);
    if (!opened) return opened.error();
    archive_ = std::make_shared<torchscript::archive>(std::move(*opened));
    c_.files = archive_.get();
    return refuse_others();
  }
  /// What is not TorchScript, by name and with the reason.
  status refuse_others() const {
    const auto& a = *archive_;
    if (a.has_any("serialized_exported_program.json") || a.has_any("archive_format") ||
        a.has_any("models/model.json"))
      return unsupported(
          "an ExportedProgram (.pt2, torch.export)",
          "its quantization is written as quantize/dequantize pairs around float operators, whose "
          "results depend on the order of float sums: no integer kernel gives the same bits",
          "a model quantized in eager or FX mode and saved by torch.jit.save");
    if (a.has_folder("code/") && a.has("data.pkl") && a.has("constants.pkl")) return unit{};
    if (a.has_any(".data/extern_modules"))
      return unsupported("a torch.package archive, which holds Python source", {},
                         "torch.jit.save(torch.jit.trace(model, example), FILE) of the imported "
                         "model");
    if (a.has("data.pkl"))
      return unsupported(
          "a checkpoint of torch.save (a state_dict, or a pickled module), which "
          "holds weights but no program",
          {}, "torch.jit.save(torch.jit.trace(model, example), FILE)");
    return malformed("a ZIP archive, but not one of PyTorch: data.pkl is missing");
  }
  /// Is that text in the code of the archive?
  bool code_has(std::initializer_list<std::string_view> parts) {
    for (const std::string& member : archive_->members("code/", ".py")) {
      const auto bytes = archive_->read(member);
      if (!bytes) continue;
      const std::string_view code(reinterpret_cast<const char*>(bytes->bytes.data()),
                                  bytes->bytes.size());
      for (std::string_view t : parts)
        if (code.find(t) != std::string_view::npos) return true;
    }
    return false;
  }
  /// A model that was prepared for quantization but not converted, if it is one.
  std::optional<error_info> unconverted() {
    constexpr const char* way_out =
        "torch.ao.quantization.convert(model.eval()) before torch.jit.save";
    if (code_has({"torch.fake_quantize_per_", "torch.fused_moving_avg_obs_fake_quant",
                  "torch._fake_quantize_"}))
      return unsupported(
          "a model of quantization-aware training with fake quantization: its numbers are floats",
          {}, way_out);
    if (code_has({"quantization.observer."}) &&
        !code_has({"ops.quantized.conv", "ops.quantized.linear"}))
      return unsupported(
          "a model that is prepared for quantization (it has observers) but not converted: its "
          "numbers are floats",
          {}, way_out);
    return {};
  }
  /// An error of a file that is not what it was taken for says so.
  error_info explained(error_info e) {
    if (!archive_ || !archive_->has_folder("code/")) return e;
    if (auto instead = unconverted()) return *instead;
    if (e.code == errc::unsupported && !code_has({"quantize", "ops.quantized."}))
      e.what = "a float model, nothing in it is quantized; " + e.what;
    return e;
  }
  std::optional<result<constant_data>> code(const std::string& member) {
    if (!archive_->has(member)) return {};
    return archive_->read(member);
  }
  /// Storages lie in `folder`; without one their sizes are not looked at.
  result<value> unpickle(const char* member, const std::string& folder) {
    const auto bytes = archive_->read(member);
    if (!bytes) return bytes.error();
    const auto size_of_storage = [this, &folder](const std::string& key) {
      if (folder.empty()) return torchscript::unchecked_storage;
      return archive_->has(folder + key) ? archive_->size_of_member(folder + key)
                                         : torchscript::no_storage;
    };
    auto v = torchscript::unpickler(c_.values, bytes->bytes, folder, size_of_storage).load();
    if (!v) return error_place{.node = member}.attach(v.error());
    return v;
  }

  // ---- inputs ----

  /// The example that was traced: {'forward': [tensors, and tuples, lists and dicts of them]}.
  /// Empty where the file has none.
  std::vector<value> traced() {
    std::vector<value> examples;
    if (!archive_->has("traced_inputs.pkl")) return examples;
    const auto v = unpickle("traced_inputs.pkl", {});
    if (!v || !v->is(kind::dict)) return examples;
    const auto& items = v->c->items;
    for (std::size_t i = 0; i + 1 < items.size(); i += 2)
      if (items[i].is(kind::string) && items[i].c->text == "forward" && items[i + 1].is_sequence())
        for (const value& e : items[i + 1].c->items) examples.push_back(e);
    return examples;
  }
  status inputs(const torchscript::function_def& forward, std::vector<value>& arguments) {
    const auto examples = traced();
    given_shapes_.assign(options_.shapes.size(), false);
    given_types_.assign(options_.types.size(), false);
    for (std::size_t i = 1; i < forward.parameters.size(); ++i) {  // after self
      const auto& p = forward.parameters[i];
      const auto v =
          input_value(p.name, p.type, i - 1 < examples.size() ? examples[i - 1] : value{},
                      p.otherwise != nullptr, 0);
      if (!v) return v.error();
      if (v->is(kind::none)) break;  // this and the rest keep their defaults
      arguments.push_back(*v);
    }
    if (auto s = all_used(given_shapes_, options_.shapes, "a shape"); !s) return s;
    return all_used(given_types_, options_.types, "an element type");
  }
  /// A tensor, or a tuple, list or dict of them as the example or the annotation says: their parts
  /// are inputs of their own, "state.0", "state.1". None where an optional one is not given.
  result<value> input_value(const std::string& name, const torchscript::expression* type,
                            const value& example, bool optional, int depth) {
    if (depth > 4) return unsupported("type of input " + name, "tuples within one another");
    const bool dict = example.is(kind::dict);
    if (dict || example.is_sequence()) {
      const value made = c_.values.make(example.what);
      const auto& items = example.c->items;
      if (auto s = c_.build.work.spend(items.size()); !s) return s.error();  // may hold itself
      for (std::size_t k = dict ? 1 : 0; k < items.size(); k += dict ? 2 : 1) {
        const bool text = dict && items[k - 1].is(kind::string);
        const auto part =
            input_value(name + "." + (text ? items[k - 1].c->text : std::to_string(k)), nullptr,
                        items[k], false, depth + 1);
        if (!part) return part;
        if (dict) made.c->items.push_back(items[k - 1]);
        made.c->items.push_back(*part);
      }
      return made;
    }
    using form = torchscript::expression::form;
    const std::string of = type && type->what == form::subscript ? type->items[0]->text : "";
    if (example.is(kind::tensor) || of.empty() || of == "Optional")
      return input_tensor(name, example.is(kind::tensor) ? example.t : nullptr, optional);
    if (of != "Tuple")
      return unsupported("type of input " + name, of,
                         "Tensor, Tuple; lists and dicts in traced files, whose example says how "
                         "many tensors they hold");
    const auto* inner = type->items[1];
    const bool many = inner->what == form::tuple;
    const value made = c_.values.make(kind::tuple);
    for (std::size_t k = 0; k < (many ? inner->items.size() : 1); ++k) {
      const auto part = input_value(name + "." + std::to_string(k), many ? inner->items[k] : inner,
                                    value{}, false, depth + 1);
      if (!part) return part;
      made.c->items.push_back(*part);
    }
    return made;
  }
  result<value> input_tensor(const std::string& name, const tensor_data* example, bool optional) {
    const std::size_t index = c_.build.g.inputs.size();
    const dims* given = given_for(options_.shapes, name, index, given_shapes_);
    const dtype* type = given_for(options_.types, name, index, given_types_);
    if (!example && !given) {
      if (optional) return value{};
      error_info e = invalid("the file does not record the shape of input \"" + name +
                             "\": give it, for example --shape " + name + "=1,3,224,224");
      e.tensor = name;
      return e;
    }
    tensor_data t;
    t.type = example ? example->type : type ? torchscript::scalar_of_dtype(*type) : scalar::f32;
    if (t.type == scalar::unknown)
      return unsupported("element type of input " + name, std::string(octet::name_of(*type)),
                         "float32, float64, int8, uint8, int16, int32, int64, bool");
    if (given)
      t.size.assign(given->begin(), given->end());
    else
      t.size = example->size;
    if (auto s = input(name, t); !s) return s.error();
    if (!example && !type) emit_.type_not_recorded(t.id);
    return c_.values.tensor(std::move(t));
  }
  template <class T>
  status all_used(const std::vector<bool>& used, const std::vector<std::pair<std::string, T>>& all,
                  const char* what) const {
    for (std::size_t s = 0; s < used.size(); ++s)
      if (!used[s])
        return invalid(std::string(what) + " is given for an input that does not exist",
                       all[s].first);
    return unit{};
  }
  /// Of the input of that name, or in order; null where the caller gives none.
  template <class T>
  const T* given_for(const std::vector<std::pair<std::string, T>>& all, const std::string& name,
                     std::size_t index, std::vector<bool>& used) const {
    const T* given = nullptr;
    for (std::size_t s = 0; s < all.size(); ++s)
      if (all[s].first == name || (all[s].first.empty() && s == index)) {
        given = &all[s].second;
        used[s] = true;
      }
    return given;
  }
  status input(const std::string& name, tensor_data& t) {
    if (torchscript::is_quantized(t.type)) return unsupported("a quantized input", name, "float32");
    const auto shape = emit_.ir_shape(t.size, false);
    if (!shape) return shape.error();
    t.stride = torchscript::contiguous_strides(t.size);
    tensor in;
    in.name = name;
    in.type = torchscript::dtype_of_scalar(t.type);
    in.shape = *shape;
    in.format = memory_format::contiguous;
    const auto id = c_.build.input(std::move(in));
    if (!id) return id.error();
    t.id = *id;
    emit_.protect_name(t.id);
    return unit{};
  }

  // ---- outputs ----

  /// Tensors, tuples, lists and dicts of them become outputs in order.
  status outputs(const value& v, const std::string& name, int depth) {
    if (v.is(kind::tensor)) {
      if (auto s = emit_.refresh(v); !s) return s;
      const auto id = output_id(*v.t);
      if (!id) return id.error();
      graph& g = c_.build.g;
      if (g[*id].name.empty()) g[*id].name = name;
      g.outputs.push_back(*id);
      return unit{};
    }
    if (v.is(kind::unknown) && v.c)
      return unsupported("an output of the model", v.c->text, "a result that octet computes");
    if (depth == 4 || (!v.is_sequence() && !v.is(kind::dict)))
      return unsupported("an output of the model",
                         name + ": " + std::string(torchscript::name_of(v.what)),
                         "tensors, and lists, tuples or dicts of them, at most 4 in one another");
    const auto& items = v.c->items;
    if (v.is(kind::dict)) {
      for (std::size_t i = 0; i + 1 < items.size(); i += 2)
        if (auto s = outputs(items[i + 1], items[i].is(kind::string) ? items[i].c->text : name,
                             depth + 1);
            !s)
          return s;
      return unit{};
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (items[i].is(kind::none)) continue;  // an auxiliary output that is off
      if (auto s = outputs(items[i], name + std::to_string(i), depth + 1); !s) return s;
    }
    return unit{};
  }
  /// Outputs leave in the model's own order of axes. Where the last node is a dequantize, its bytes
  /// are reordered before it, not its floats.
  result<tensor_id> output_id(tensor_data& t) {
    if (t.constant() || !t.channels_inner || t.type != scalar::f32) return emit_.held(t, false);
    auto& nodes = c_.build.g.nodes;
    if (auto s = c_.build.work.spend(2 * nodes.size()); !s) return s.error();
    const auto writer = std::find_if(nodes.begin(), nodes.end(), [&](const node& n) {
      return !n.out.empty() && n.out[0] == t.id;
    });
    if (writer == nodes.end() || writer->op != &ops::dequantize) return emit_.held(t, false);
    const auto at = writer - nodes.begin();
    graph& g = c_.build.g;
    tensor_data q = t;
    q.id = writer->in[0];
    q.type = g[q.id].type == dtype::u8 ? scalar::quint8 : scalar::qint8;
    const auto outer = emit_.held(q, false);
    if (!outer) return outer;
    const tensor_id to = emit_.make(t.type);
    if (auto s = emit_.emit(ops::dequantize, {*outer}, to); !s) return s.error();
    g[to].name = g[t.id].name;
    const bool read = std::any_of(nodes.begin(), nodes.end(), [&](const node& n) {
      return std::find(n.in.begin(), n.in.end(), t.id) != n.in.end();
    });
    if (!read) nodes.erase(nodes.begin() + at);
    return to;
  }

  file_bytes file_;
  const torch_options& options_;
  torchscript::context c_;
  torchscript::emitter emit_;
  std::shared_ptr<torchscript::archive>& archive_;
  std::vector<bool> given_shapes_, given_types_;  // which of the caller's an input has taken
};

struct torch_source {
  file_bytes file;
  torch_options options;
  std::shared_ptr<torchscript::archive> opened{};  // keeps the members that were read

  result<graph> graph_for(const named_shapes& shapes, first_constants& kept) {
    options.shapes = shapes;
    return torch_loader(file, options, opened, kept).run();
  }
};
inline result<graph> load_torch(file_bytes file, const torch_options& options) {
  const std::string name = file.name;
  return with_memory_errors(name, [&] {
    return load_from(torch_source{std::move(file), options}, options.shapes);
  });
}

}  // namespace detail

OCTET_INLINE result<graph> try_torch(const std::string& path, const torch_options& options) {
  auto f = map_file(path, options.max);
  if (!f) return f.error();
  return detail::load_torch(std::move(*f), options);
}
OCTET_INLINE result<graph> try_torch(std::span<const std::byte> bytes, const std::string& name,
                                     const torch_options& options) {
  return with_memory_errors(name,
                            [&] { return detail::load_torch(from_memory(name, bytes), options); });
}

OCTET_INLINE std::vector<std::string> torch_operators() {
  std::vector<std::string> list;
  for (const torchscript::torch_row& r : torch_rows::all) list.emplace_back(r.name);
  std::sort(list.begin(), list.end());
  return list;
}

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_LOADER_HPP_
