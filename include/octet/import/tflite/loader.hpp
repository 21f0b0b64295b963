// Definitions of the TFLite loader. Included by tflite.hpp unless the build links octet::compiled.
#ifndef OCTET_IMPORT_TFLITE_LOADER_HPP_
#define OCTET_IMPORT_TFLITE_LOADER_HPP_

#include "octet/import/common/builder.hpp"
#include "octet/import/common/file.hpp"
#include "octet/import/tflite.hpp"
#include "octet/import/tflite/context.hpp"
#include "octet/import/tflite/rows.hpp"
#include "octet/numerics/fp_env.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

namespace detail {

class tflite_loader {
 public:
  tflite_loader(file_bytes f, const tflite_options& o)
      : file_(std::move(f)),
        options_(o),
        build_(file_.name, o.arithmetic, o.max, file_.bytes.size()),
        verifier_(reinterpret_cast<const std::uint8_t*>(file_.bytes.data()), file_.bytes.size(),
                  deepest_table, most_tables) {}

  result<graph> run() {
    const numerics::exact_environment environment;
    if (auto s = load(); !s)
      return error_place{.file = file_.name, .node = where_}.attach(s.error());
    auto g = build_.finish();
    if (!g) return error_place{.file = file_.name}.attach(g.error());
    return g;
  }

 private:
  static constexpr flatbuffers::uoffset_t deepest_table = 64, most_tables = 1 << 22;
  using model_table = tflite_schema::model_table;
  using integer_vector = tflite_schema::integer_vector;

  status load() {
    if (auto s = open(); !s) return s;
    const auto& sub = *model_->subgraphs()->Get(0);
    if (auto s = missing(sub); !s) return s;
    if (auto s = tensors(sub); !s) return s;
    graph& g = build_.g;
    if (auto s = ends(sub.inputs(), g.inputs, "input"); !s) return s;
    if (auto s = given_shapes(); !s) return s;
    for (flatbuffers::uoffset_t i = 0; sub.operators() && i < sub.operators()->size(); ++i)
      if (auto s = convert(*sub.operators()->Get(i), i); !s) return s;
    where_.clear();
    return ends(sub.outputs(), g.outputs, "output");
  }
  status open() {
    if (file_.bytes.size() < 8 || file_.bytes.size() > FLATBUFFERS_MAX_BUFFER_SIZE)
      return malformed("file size", std::to_string(file_.bytes.size()) + " bytes",
                       "8 bytes to 2 GB");
    const auto* start = reinterpret_cast<const std::uint8_t*>(file_.bytes.data());
    if (std::memcmp(start + 4, "TFL3", 4) != 0)
      return malformed("not a TensorFlow Lite file: the identifier TFL3 is missing");
    if (!verifier_.VerifyBuffer<model_table>("TFL3"))
      return malformed("the FlatBuffers structure is damaged");
    model_ = flatbuffers::GetRoot<model_table>(start);
    if (model_->version() != 3)
      return unsupported("schema version", std::to_string(model_->version()), "3");
    if (!model_->subgraphs() || model_->subgraphs()->size() == 0) return malformed("no subgraph");
    return unit{};
  }
  status given_shapes() {
    graph& g = build_.g;
    for (const auto& [name, shape] : options_.shapes) {
      bool known = false;
      for (tensor_id t : g.inputs) {
        if (g[t].name != name) continue;
        known = true;
        if (g[t].role != tensor::kind::value)
          return invalid("shape given for an input that is a " + std::string(name_of(g[t].role)),
                         name);
        g[t].shape = shape;
      }
      if (!known) return invalid("shape given for an input that does not exist", name);
    }
    return unit{};
  }

  // ---- operators by code ----

  static bool is_custom(const tflite_schema::operator_code_table& c) {
    return c.code() == tflite_schema::builtin_code("CUSTOM");
  }
  const tflite_schema::operator_code_table* code_of(const tflite_schema::operator_table& o) const {
    return model_->codes() && o.code_index() < model_->codes()->size()
               ? model_->codes()->Get(o.code_index())
               : nullptr;
  }
  static std::string name_of_code(const tflite_schema::operator_code_table& c) {
    if (is_custom(c)) return "CUSTOM " + (c.custom() ? c.custom()->str() : std::string());
    const std::string_view known = tflite_schema::builtin_name(c.code());
    return known.empty() ? "operator code " + std::to_string(c.code()) : std::string(known);
  }
  /// The caller's operator for a custom one; null where there is none.
  const op_def* custom(const tflite_schema::operator_code_table& c) const {
    if (is_custom(c) && c.custom())
      for (const op_def* o : options_.operators)
        if (o->name == c.custom()->str()) return o;
    return nullptr;
  }
  /// Before anything else is looked at.
  status missing(const tflite_schema::subgraph_table& sub) {
    missing_operators list;
    const std::size_t nodes = sub.operators() ? sub.operators()->size() : 0;
    if (auto s = within_limit(&limits::nodes, options_.max, "operators of the file", nodes); !s)
      return s;
    for (flatbuffers::uoffset_t i = 0; i < nodes; ++i) {
      const auto* code = code_of(*sub.operators()->Get(i));
      if (code && code->custom())  // many operators may share one long name
        if (auto s = build_.work.spend(code->custom()->size()); !s) return s;
      if (!code) return malformed("operator #" + std::to_string(i) + " has no operator code");
      if (!find_tflite_row(code->code()) && !custom(*code))
        list.add(name_of_code(*code), "first at #" + std::to_string(i));
    }
    return list.check();
  }

  // ---- tensors ----

  status tensors(const tflite_schema::subgraph_table& sub) {
    const std::size_t count = sub.tensors() ? sub.tensors()->size() : 0;
    if (auto s = within_limit(&limits::tensors, options_.max, "tensors of the file", count); !s)
      return s;
    for (flatbuffers::uoffset_t i = 0; i < count; ++i) {
      const auto& from = *sub.tensors()->Get(i);
      // Tensors may share names, scales and contents: what is copied of them is counted.
      if (auto s = build_.work.spend(from.name() ? from.name()->size() : 0); !s) return s;
      tensor t;
      t.name = from.name() ? from.name()->str() : "tensor " + std::to_string(i);
      status s = extents(t, from);
      if (s) s = quantization(t, from);
      if (s) s = contents(t, from);
      if (!s) return error_place{.tensor = t.name}.attach(s.error());
      if (from.is_variable()) t.role = tensor::kind::state;
      axes_.push_back(from.quantization() ? from.quantization()->axis() : 0);
      build_.g.add(std::move(t));
    }
    return unit{};
  }
  /// Element type and shape.
  static status extents(tensor& t, const tflite_schema::tensor_table& from) {
    const auto type = tflite_schema::dtype_of_tensor(from.type());
    if (!type)
      return unsupported("element type code", std::to_string(static_cast<int>(from.type())),
                         "float32, float16, float64, int4, int8, uint8, int16, uint16, int32, "
                         "uint32, int64, uint64, bool");
    t.type = *type;
    if (from.has_sparsity()) return unsupported("sparse tensor");
    if (!from.shape()) return unit{};
    if (from.shape()->size() > dims::max_rank)
      return unsupported("rank", std::to_string(from.shape()->size()),
                         "at most " + std::to_string(dims::max_rank));
    for (std::int32_t e : *from.shape()) {
      if (e < 0) return malformed("negative extent", std::to_string(e));
      t.shape.push_back(e);
    }
    if (t.shape.elements().value > max_elements)
      return too_large("tensor", to_string(t.shape), "at most 2^31 - 1 elements");
    return unit{};
  }
  status quantization(tensor& t, const tflite_schema::tensor_table& from) {
    const auto* q = from.quantization();
    if (!q || !q->scale() || q->scale()->size() == 0) return unit{};
    const std::size_t copied = q->scale()->size() + (q->zero_point() ? q->zero_point()->size() : 0);
    if (auto s = build_.work.spend(saturating_mul(copied, sizeof(double))); !s) return s;
    if (q->has_details()) return unsupported("custom quantization");
    bool zero = true;  // converters write scale 0 for tensors that are not quantized
    for (float s : *q->scale()) zero &= s == 0;
    if (zero) return unit{};
    for (float s : *q->scale()) t.scales.push_back(static_cast<double>(s));
    if (t.scales.size() > 1) t.axis = q->axis();
    if (!q->zero_point()) return unit{};
    for (flatbuffers::uoffset_t k = 0; k < q->zero_point()->size(); ++k) {
      std::int64_t z;  // the Verifier does not promise 8-byte alignment
      std::memcpy(&z, q->zero_point()->Data() + sizeof z * k, sizeof z);
      if (z < INT32_MIN || z > INT32_MAX) return malformed("zero point", std::to_string(z));
      t.zero_points.push_back(static_cast<std::int32_t>(z));
    }
    if (t.zero_points.size() > t.scales.size()) t.zero_points.resize(t.scales.size());
    return unit{};
  }
  status contents(tensor& t, const tflite_schema::tensor_table& from) {
    if (!model_->buffers() || from.buffer() >= model_->buffers()->size()) {
      if (from.buffer() == 0) return unit{};
      return malformed("buffer index", std::to_string(from.buffer()));
    }
    const auto* b = model_->buffers()->Get(from.buffer());
    if (!b) return unit{};
    std::span<const std::byte> raw;
    if (b->data() && b->data()->size() > 0) {
      raw = {reinterpret_cast<const std::byte*>(b->data()->data()), b->data()->size()};
    } else if (!b->data() && b->offset() > 1) {  // 1: a placeholder while a converter writes
      if (b->offset() > file_.bytes.size() || b->size() > file_.bytes.size() - b->offset())
        return malformed("buffer outside the file");
      raw = file_.bytes.subspan(b->offset(), b->size());
    } else {
      return unit{};
    }
    t.role = tensor::kind::constant;
    const std::size_t bytes = bytes_of(t.shape.elements(), t.type).value;
    if (from.type() == tflite_schema::tensor_type::int4) {
      if (auto s = build_.make_constant(bytes); !s) return s;
      return unpack_int4(t, raw);
    }
    if (raw.size() != bytes)
      return malformed(
          "constant size", std::to_string(raw.size()) + " bytes",
          std::to_string(bytes) + " for " + std::string(name_of(t.type)) + to_string(t.shape));
    const bool aligned = reinterpret_cast<std::uintptr_t>(raw.data()) % size_of(t.type) == 0;
    if (auto s = aligned ? build_.hold_constant(bytes) : build_.make_constant(bytes); !s) return s;
    t.data = aligned ? constant_data{file_.owner, raw} : constant_data::copy(raw);
    return unit{};
  }
  /// Two values a byte, the low half first.
  static status unpack_int4(tensor& t, std::span<const std::byte> raw) {
    const std::size_t n = t.shape.elements().value;
    if (raw.size() < (n + 1) / 2)
      return malformed("constant size", std::to_string(raw.size()) + " bytes",
                       std::to_string((n + 1) / 2));
    std::vector<std::int8_t> wide(n);
    for (std::size_t i = 0; i < n; ++i) {
      const auto byte = static_cast<std::uint8_t>(raw[i / 2]);
      wide[i] =
          static_cast<std::int8_t>(static_cast<std::int8_t>(i % 2 ? byte & 0xF0 : byte << 4) >> 4);
    }
    t.data = constant_data::of(std::span<const std::int8_t>(wide));
    return unit{};
  }

  status ids(const integer_vector* from, std::vector<tensor_id>& to) {
    if (!from) return unit{};
    if (auto s = build_.work.spend(saturating_mul(from->size(), sizeof(tensor_id))); !s) return s;
    for (std::int32_t t : *from) {
      if (t < no_tensor || t >= static_cast<std::int32_t>(build_.g.tensors.size()))
        return malformed("tensor index", std::to_string(t));
      to.push_back(t);
    }
    return unit{};
  }
  status ends(const integer_vector* from, std::vector<tensor_id>& to, const char* what) {
    if (auto s = ids(from, to); !s) return s;
    for (tensor_id t : to)
      if (t == no_tensor) return malformed(std::string("graph ") + what + " is absent");
    return unit{};
  }

  // ---- operators ----

  status convert(const tflite_schema::operator_table& o, flatbuffers::uoffset_t index) {
    const auto& code = *code_of(o);
    where_ = name_of_code(code) + " #" + std::to_string(index);
    std::vector<tensor_id> in, out;
    if (auto s = ids(o.inputs(), in); !s) return s;
    if (auto s = ids(o.outputs(), out); !s) return s;
    if (out.empty()) return malformed("operator has no output");
    for (tensor_id t : out)
      if (t == no_tensor || build_.g[t].role == tensor::kind::constant)
        return malformed("operator writes a constant or nothing");
    build_.enter(where_);
    tflite_node n(build_, options_, std::move(in), std::move(out),
                  tflite_schema::options_reader(o.options(), verifier_));
    if (auto s = ids(o.intermediates(), n.intermediates); !s) return s;
    if (n.has(1) && static_cast<std::size_t>(n.in_id(1)) < axes_.size())
      n.framework.weights_axis = axes_[static_cast<std::size_t>(n.in_id(1))];
    if (o.custom_options())
      n.custom_options = {o.custom_options()->data(), o.custom_options()->size()};
    const tflite_row* row = find_tflite_row(code.code());
    status s = row ? row->convert(n) : n.emit(*custom(code));
    if (build_.work.exhausted()) s = build_.work.error();  // whatever else was missed then
    if (!s) {
      auto e = s.error();
      e.node = where_;  // as the file names it, not the node that was made of it
      return error_place{.tensor = n.out().name}.attach(std::move(e));
    }
    if (n.options_are_damaged()) return malformed("operator options are damaged");
    return unit{};
  }

  file_bytes file_;
  const tflite_options& options_;
  graph_builder build_;
  flatbuffers::Verifier verifier_;
  const model_table* model_ = nullptr;
  std::vector<std::int32_t> axes_;  // quantized_dimension of each tensor of the file
  std::string where_;
};

}  // namespace detail

OCTET_INLINE result<graph> try_tflite(const std::string& path, const tflite_options& options) {
  auto f = read_file(path, options.max);
  if (!f) return f.error();
  return with_memory_errors([&] { return detail::tflite_loader(std::move(*f), options).run(); });
}
OCTET_INLINE result<graph> try_tflite(std::span<const std::byte> bytes, const std::string& name,
                                      const tflite_options& options) {
  return with_memory_errors(
      [&] { return detail::tflite_loader(from_memory(name, bytes), options).run(); });
}

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_LOADER_HPP_
