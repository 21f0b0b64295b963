// Loader for TorchScript files (.pt from torch.jit.trace, torch.jit.script, torch.jit.freeze).
// Needs libzip.
#ifndef OCTET_IMPORT_TORCH_HPP_
#define OCTET_IMPORT_TORCH_HPP_

#include "octet/import/file.hpp"
#include "octet/import/torch/interpret.hpp"
#include "octet/import/torch/rows.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

/// The file does not say which engine its numbers should follow, and often not which shape its
/// inputs have.
struct torch_options {
  law arithmetic = law::pytorch_fbgemm;  // or pytorch_qnnpack
  std::vector<std::pair<std::string, dims>>
      shapes;  // of inputs by name, as PyTorch has them (NCHW); "" stands for the inputs in order.
               // Traced files of torch 2 record their example's shapes, others need these
  std::size_t max_bytes = std::size_t{1} << 32;  // of the file
  limits max{};
};

namespace detail {

class torch_loader {
 public:
  torch_loader(file_bytes f, const torch_options& o)
      : file_(std::move(f)),
        options_(o),
        c_(o.arithmetic, o.max),
        emit_(c_, torchscript::torch_rows) {}

  result<graph> run() {
    status s = load();
    if (!s && c_.failed()) s = c_.error();
    if (s) {
      c_.g.name = file_.name;
      s = verify(c_.g, options_.max);
    }
    if (s) return std::move(c_.g);
    error_info e = s.error();
    e.file = file_.name;
    return e;
  }

 private:
  using value = torchscript::value;
  using kind = torchscript::kind;

  status load() {
    if (options_.arithmetic != law::pytorch_fbgemm && options_.arithmetic != law::pytorch_qnnpack)
      return unsupported("law for PyTorch files", std::string(name_of(options_.arithmetic)),
                         "pytorch_fbgemm, pytorch_qnnpack");
    const auto& b = file_.bytes;
    if (b.size() >= 2 && b[0] == std::byte{0x80} && b[1] == std::byte{2})
      return unsupported(
          "a file of torch.save in the format before PyTorch 1.6, which holds no program", {},
          "torch.jit.save(torch.jit.trace(model, example), FILE)");
    auto opened = torchscript::archive::open(b, options_.max);
    if (!opened) return opened.error();
    archive_ = std::make_unique<torchscript::archive>(std::move(*opened));
    c_.files = archive_.get();
    if (auto s = refuse_others(); !s) return s;
    auto root = unpickle("data.pkl", "data/", false);
    if (!root) return root.error();
    auto constants = unpickle("constants.pkl", "constants/", false);
    if (!constants) return constants.error();
    torchscript::interpreter program(c_, emit_,
                                     [this](const std::string& member, constant_data& text) {
                                       if (!archive_->has(member)) return false;
                                       auto r = archive_->read(member);
                                       if (!r) {
                                         c_.fail(r.error());
                                         return false;
                                       }
                                       text = std::move(*r);
                                       return true;
                                     });
    program.set_constants(*constants);
    const auto* forward = program.forward_of(*root);
    if (!forward) return c_.error();
    std::vector<value> arguments;
    if (auto s = inputs(*forward, arguments); !s) return s;
    const value result = program.call_forward(*root, std::move(arguments));
    if (c_.failed()) return c_.error();
    if (!c_.missing().empty()) {
      std::string list;
      for (const auto& [name, place] : c_.missing())
        list += (list.empty() ? "" : ", ") + name + " (" + place + ")";
      return unsupported(c_.missing().size() == 1 ? "operator" : "operators", list,
                         "see docs/operators.md");
    }
    c_.module.clear();
    c_.file.clear();
    c_.line = 0;
    return outputs(result, "output", 0);
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
    if (a.has("data.pkl"))
      return unsupported("a checkpoint of torch.save, which holds weights but no program", {},
                         "torch.jit.save(torch.jit.trace(model, example), FILE)");
    return torchscript::malformed("a ZIP archive, but not one of PyTorch: data.pkl is missing");
  }
  result<value> unpickle(const char* member, const std::string& folder, bool unchecked) {
    auto bytes = archive_->read(member);
    if (!bytes) return bytes.error();
    auto v = torchscript::unpickler(c_.values, bytes->bytes, folder,
                                    [this, folder, unchecked](const std::string& key) {
                                      if (unchecked) return torchscript::unchecked_storage;
                                      return archive_->has(folder + key)
                                                 ? archive_->size_of_member(folder + key)
                                                 : torchscript::no_storage;
                                    })
                 .load();
    if (!v) v.error().node = member;
    return v;
  }

  /// Shapes of the example that was traced: {'forward': [tensors]}. Empty where the file has none.
  std::vector<const torchscript::tensor_data*> traced() {
    std::vector<const torchscript::tensor_data*> t;
    if (!archive_->has("traced_inputs.pkl")) return t;
    auto v = unpickle("traced_inputs.pkl", "traced_inputs/", true);
    if (!v || !v->is(kind::dict)) return t;
    const auto& items = v->c->items;
    for (std::size_t i = 0; i + 1 < items.size(); i += 2)
      if (items[i].is(kind::string) && items[i].c->text == "forward" && items[i + 1].is_sequence())
        for (const value& e : items[i + 1].c->items)
          t.push_back(e.is(kind::tensor) ? e.t : nullptr);
    return t;
  }
  status inputs(const torchscript::function_def& forward, std::vector<value>& arguments) {
    const auto examples = traced();
    std::vector<bool> used(options_.shapes.size(), false);
    std::size_t in_order = 0;
    const std::size_t first = forward.parameters.empty() ? 0 : 1;  // self
    for (std::size_t i = first; i < forward.parameters.size(); ++i) {
      const std::string& name = forward.parameters[i].name;
      const std::size_t k = i - first;
      std::vector<std::int64_t> size;
      bool known = false;
      torchscript::scalar type = torchscript::scalar::f32;
      if (k < examples.size() && examples[k]) {
        size = examples[k]->size;
        type = examples[k]->type;
        known = true;
      }
      for (std::size_t s = 0; s < options_.shapes.size(); ++s)
        if (options_.shapes[s].first == name) {
          size.assign(options_.shapes[s].second.begin(), options_.shapes[s].second.end());
          known = used[s] = true;
        }
      if (std::size_t s = in_order;
          s < options_.shapes.size() && options_.shapes[s].first.empty()) {
        size.assign(options_.shapes[s].second.begin(), options_.shapes[s].second.end());
        known = used[s] = true;
        ++in_order;
      }
      if (!known) {
        if (forward.parameters[i].otherwise) break;  // the rest keep their defaults
        error_info e = invalid("the file does not record the shape of input \"" + name +
                               "\": give it, for example --shape " + name + "=1,3,224,224");
        e.tensor = name;
        return e;
      }
      torchscript::tensor_data t;
      t.type = type;
      t.size = std::move(size);
      t.stride = torchscript::contiguous_strides(t.size);
      const dims shape = emit_.ir_shape(t.size, false);
      if (c_.failed()) return c_.error();
      octet::tensor input;
      input.name = name;
      input.type = torchscript::dtype_of_scalar(type);
      input.shape = shape;
      if (torchscript::is_quantized(type)) return unsupported("a quantized input", name, "float32");
      t.id = c_.g.add(std::move(input));
      c_.g[t.id].format = memory_format::contiguous;
      c_.g.inputs.push_back(t.id);
      emit_.protect_name(t.id);
      arguments.push_back(c_.values.tensor(std::move(t)));
    }
    for (std::size_t s = 0; s < used.size(); ++s)
      if (!used[s])
        return invalid("a shape is given for an input that does not exist",
                       options_.shapes[s].first);
    return unit{};
  }
  /// Tensors, tuples, lists and dicts of them become outputs in order.
  status outputs(const value& v, const std::string& name, int depth) {
    if (v.is(kind::tensor)) {
      const tensor_id id = output_id(*v.t);
      if (c_.failed()) return c_.error();
      if (c_.g[id].name.empty()) c_.g[id].name = name;
      c_.g.outputs.push_back(id);
      return unit{};
    }
    if (depth < 4 && v.is_sequence()) {
      for (std::size_t i = 0; i < v.c->items.size(); ++i)
        if (v.c->items[i].is(kind::none))
          continue;  // an auxiliary output that is off
        else if (auto s = outputs(v.c->items[i], name + std::to_string(i), depth + 1); !s)
          return s;
      return unit{};
    }
    if (depth < 4 && v.is(kind::dict)) {
      for (std::size_t i = 0; i + 1 < v.c->items.size(); i += 2)
        if (auto s =
                outputs(v.c->items[i + 1],
                        v.c->items[i].is(kind::string) ? v.c->items[i].c->text : name, depth + 1);
            !s)
          return s;
      return unit{};
    }
    return unsupported("an output of the model", std::string(torchscript::name_of(v.what)),
                       "tensors, and lists or tuples of them");
  }
  /// Outputs leave in the model's own order of axes. Where the last node is a dequantize, its bytes
  /// are reordered before it, not its floats.
  tensor_id output_id(torchscript::tensor_data& t) {
    if (!t.constant() && t.channels_inner && t.type == torchscript::scalar::f32)
      for (std::size_t i = c_.g.nodes.size(); i-- > 0;) {
        if (c_.g.nodes[i].out.empty() || c_.g.nodes[i].out[0] != t.id) continue;
        if (c_.g.nodes[i].op->name != "qnn.dequantize") break;
        torchscript::tensor_data q = t;
        q.id = c_.g.nodes[i].in[0];
        q.type =
            c_.g[q.id].type == dtype::u8 ? torchscript::scalar::quint8 : torchscript::scalar::qint8;
        const tensor_id outer = emit_.held(q, false), to = emit_.make(t.type);
        if (!emit_.node("qnn.dequantize", {outer}, {to})) return no_tensor;
        c_.g[to].name = c_.g[t.id].name;
        bool read = false;
        for (const node& n : c_.g.nodes)
          for (tensor_id in : n.in) read |= in == t.id;
        if (!read) c_.g.nodes.erase(c_.g.nodes.begin() + static_cast<std::ptrdiff_t>(i));
        return to;
      }
    return emit_.held(t, false);
  }

  file_bytes file_;
  const torch_options& options_;
  torchscript::context c_;
  torchscript::emitter emit_;
  std::unique_ptr<torchscript::archive> archive_;
};

}  // namespace detail

/// Reads a TorchScript file. The graph keeps what it needs of the file alive.
inline result<graph> try_torch(file_bytes file, const torch_options& options = {}) {
  return detail::torch_loader(std::move(file), options).run();
}
inline result<graph> try_torch(const std::string& path, const torch_options& options = {}) {
  auto f = read_file(path, options.max_bytes);
  if (!f) return f.error();
  return try_torch(std::move(*f), options);
}
/// The same from memory; `name` appears in errors and as the graph's name.
inline result<graph> try_torch(std::span<const std::byte> bytes, const torch_options& options = {},
                               std::string name = "memory") {
  return try_torch(from_memory(std::move(name), bytes), options);
}

#if defined(__cpp_exceptions)
/// try_torch, throwing octet::error.
inline graph torch(const std::string& path, const torch_options& options = {}) {
  return value_or_throw(try_torch(path, options));
}
#endif

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_HPP_
