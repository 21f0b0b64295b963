// Definitions of the TFLite loader. Included by tflite.hpp unless the build links octet::compiled.
#ifndef OCTET_IMPORT_TFLITE_LOADER_HPP_
#define OCTET_IMPORT_TFLITE_LOADER_HPP_

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
        verifier_(reinterpret_cast<const std::uint8_t*>(file_.bytes.data()), file_.bytes.size(), 64,
                  1 << 22) {}

  result<graph> run() {
    const numerics::exact_environment environment;
    auto r = load();
    if (!r) return fail(r.error());
    return std::move(g_);
  }

 private:
  using model_table = tflite_schema::model_table;

  error_info fail(error_info e) {
    if (e.file.empty()) e.file = file_.name;
    if (e.node.empty()) e.node = where_;
    return e;
  }
  static error_info malformed(std::string what, std::string found = {},
                              std::string supported = {}) {
    return {errc::malformed, std::move(what), {}, {}, {}, std::move(found), std::move(supported)};
  }

  status load() {
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
    const auto* sub = model_->subgraphs()->Get(0);
    if (auto s = unsupported_operators(*sub); !s) return s;
    g_.name = file_.name;
    g_.arithmetic = options_.arithmetic;
    if (auto s = tensors(*sub); !s) return s;
    if (auto s = ends(sub->inputs(), g_.inputs, "input"); !s) return s;
    for (const auto& [name, shape] : options_.shapes) {
      bool known = false;
      for (tensor_id t : g_.inputs)
        if (g_[t].name == name) g_[t].shape = shape, known = true;
      if (!known) return invalid("shape given for an input that does not exist", name);
    }
    if (sub->operators())
      for (flatbuffers::uoffset_t i = 0; i < sub->operators()->size(); ++i)
        if (auto s = convert(*sub->operators()->Get(i), i); !s) return s;
    where_.clear();
    return ends(sub->outputs(), g_.outputs, "output");
  }

  const tflite_schema::operator_code_table* code_of(const tflite_schema::operator_table& o) const {
    return model_->codes() && o.code_index() < model_->codes()->size()
               ? model_->codes()->Get(o.code_index())
               : nullptr;
  }
  static std::string name_of_code(const tflite_schema::operator_code_table& c) {
    if (c.code() == 32) return "CUSTOM " + (c.custom() ? c.custom()->str() : std::string());
    const char* known = tflite_name(c.code());
    return known ? known : "operator code " + std::to_string(c.code());
  }

  /// All of them in one error, before anything else is looked at.
  status unsupported_operators(const tflite_schema::subgraph_table& sub) {
    std::string list;
    std::vector<std::string> seen;
    for (flatbuffers::uoffset_t i = 0; sub.operators() && i < sub.operators()->size(); ++i) {
      const auto* code = code_of(*sub.operators()->Get(i));
      if (!code) return malformed("operator #" + std::to_string(i) + " has no operator code");
      const tflite_row* r = find_tflite_row(code->code());
      const bool custom =
          code->code() == 32 && code->custom() && find_custom(code->custom()->str());
      if ((r && r->convert) || custom) continue;
      const std::string name = name_of_code(*code);
      if (std::find(seen.begin(), seen.end(), name) != seen.end()) continue;
      seen.push_back(name);
      list += (list.empty() ? "" : ", ") + name + " (first at #" + std::to_string(i) + ")";
    }
    if (!list.empty())
      return unsupported(seen.size() == 1 ? "operator" : "operators", list,
                         "see docs/operators.md");
    return unit{};
  }
  const op_def* find_custom(const std::string& name) const {
    for (const op_def* o : options_.operators)
      if (o->name == name) return o;
    return nullptr;
  }

  static bool to_dtype(std::int8_t t, dtype& to) {
    switch (t) {
      case 0: to = dtype::f32; return true;
      case 1: to = dtype::f16; return true;
      case 2: to = dtype::s32; return true;
      case 3: to = dtype::u8; return true;
      case 4: to = dtype::s64; return true;
      case 6: to = dtype::boolean; return true;
      case 7: to = dtype::s16; return true;
      case 9:
      case 17: to = dtype::s8; return true;  // 17: int4, unpacked on load
      case 10: to = dtype::f64; return true;
      case 12: to = dtype::u64; return true;
      case 15: to = dtype::u32; return true;
      case 16: to = dtype::u16; return true;
      default: return false;
    }
  }

  status tensors(const tflite_schema::subgraph_table& sub) {
    if (!sub.tensors()) return unit{};
    for (flatbuffers::uoffset_t i = 0; i < sub.tensors()->size(); ++i) {
      const auto& from = *sub.tensors()->Get(i);
      tensor t;
      t.name = from.name() ? from.name()->str() : "tensor " + std::to_string(i);
      auto bad = [&](error_info e) {
        e.tensor = t.name;
        return e;
      };
      if (!to_dtype(from.type(), t.type))
        return bad(unsupported("element type code", std::to_string(from.type()),
                               "float32, float16, float64, int4, int8, uint8, int16, uint16, "
                               "int32, uint32, int64, uint64, bool"));
      if (from.has_sparsity()) return bad(unsupported("sparse tensor"));
      if (from.shape()) {
        if (from.shape()->size() > dims::max_rank)
          return bad(unsupported("rank", std::to_string(from.shape()->size()),
                                 "at most " + std::to_string(dims::max_rank)));
        for (std::int32_t e : *from.shape()) {
          if (e < 0) return bad(malformed("negative extent", std::to_string(e)));
          t.shape.push_back(e);
        }
      }
      if (t.shape.elements().value > max_elements)
        return bad({errc::too_large,
                    "tensor",
                    {},
                    {},
                    {},
                    to_string(t.shape),
                    "at most 2^31 - 1 elements"});
      if (const auto* q = from.quantization(); q && q->scale() && q->scale()->size() > 0) {
        if (q->details_type() != 0) return bad(unsupported("custom quantization"));
        for (float s : *q->scale()) t.scales.push_back(static_cast<double>(s));
        bool zero = true;  // converters write scale 0 for tensors that are not quantized
        for (double s : t.scales) zero &= s == 0;
        if (zero) t.scales.clear();
        if (!t.scales.empty() && q->zero_point()) {
          for (flatbuffers::uoffset_t k = 0; k < q->zero_point()->size(); ++k) {
            std::int64_t z;  // the Verifier does not promise 8-byte alignment
            std::memcpy(&z, q->zero_point()->Data() + std::size_t{8} * k, 8);
            if (z < INT32_MIN || z > INT32_MAX)
              return bad(malformed("zero point", std::to_string(z)));
            t.zero_points.push_back(static_cast<std::int32_t>(z));
          }
          if (t.zero_points.size() > t.scales.size()) t.zero_points.resize(t.scales.size());
        }
        if (t.scales.size() > 1) t.axis = q->axis();
      }
      axes_.push_back(from.quantization() ? from.quantization()->axis() : 0);
      if (!model_->buffers() || from.buffer() >= model_->buffers()->size()) {
        if (from.buffer() != 0)
          return bad(malformed("buffer index", std::to_string(from.buffer())));
      } else if (const auto* b = model_->buffers()->Get(from.buffer());
                 b && (b->data() ? b->data()->size() > 0 : b->offset() > 1)) {
        if (auto s = constant(t, from, *b); !s) return bad(s.error());
      }
      if (from.is_variable()) t.role = tensor::kind::state;
      g_.add(std::move(t));
    }
    return unit{};
  }

  status constant(tensor& t, const tflite_schema::tensor_table& from,
                  const tflite_schema::buffer_table& b) {
    std::span<const std::byte> raw;
    if (b.data() && b.data()->size() > 0) {
      raw = {reinterpret_cast<const std::byte*>(b.data()->data()), b.data()->size()};
    } else {
      if (b.offset() > file_.bytes.size() || b.size() > file_.bytes.size() - b.offset())
        return malformed("buffer outside the file");
      raw = file_.bytes.subspan(b.offset(), b.size());
    }
    const std::size_t n = t.shape.elements().value,
                      bytes = bytes_of(t.shape.elements(), t.type).value;
    t.role = tensor::kind::constant;
    if (from.type() == 17) {  // two int4 values a byte, the low half first
      if (raw.size() < (n + 1) / 2)
        return malformed("constant size", std::to_string(raw.size()) + " bytes",
                         std::to_string((n + 1) / 2));
      std::vector<std::int8_t> wide(n);
      for (std::size_t i = 0; i < n; ++i) {
        const auto byte = static_cast<std::uint8_t>(raw[i / 2]);
        wide[i] = static_cast<std::int8_t>(
            static_cast<std::int8_t>(i % 2 ? byte & 0xF0 : byte << 4) >> 4);
      }
      t.data = constant_data::of(std::span<const std::int8_t>(wide));
      return unit{};
    }
    if (raw.size() != bytes)
      return malformed(
          "constant size", std::to_string(raw.size()) + " bytes",
          std::to_string(bytes) + " for " + std::string(name_of(t.type)) + to_string(t.shape));
    if (reinterpret_cast<std::uintptr_t>(raw.data()) % size_of(t.type) == 0)
      t.data = {file_.owner, raw};
    else
      t.data = constant_data::copy(raw);
    return unit{};
  }

  status ids(const flatbuffers::Vector<std::int32_t>* from, std::vector<tensor_id>& to) {
    if (!from) return unit{};
    for (std::int32_t t : *from) {
      if (t < -1 || t >= static_cast<std::int32_t>(g_.tensors.size()))
        return malformed("tensor index", std::to_string(t));
      to.push_back(t);
    }
    return unit{};
  }
  status ends(const flatbuffers::Vector<std::int32_t>* from, std::vector<tensor_id>& to,
              const char* what) {
    if (auto s = ids(from, to); !s) return s;
    for (tensor_id t : to)
      if (t == no_tensor) return malformed(std::string("graph ") + what + " is absent");
    return unit{};
  }

  status convert(const tflite_schema::operator_table& o, flatbuffers::uoffset_t index) {
    const auto* code = code_of(o);
    where_ = name_of_code(*code) + " #" + std::to_string(index);
    std::vector<tensor_id> in, out;
    if (auto s = ids(o.inputs(), in); !s) return s;
    if (auto s = ids(o.outputs(), out); !s) return s;
    if (out.empty()) return malformed("operator has no output");
    for (tensor_id t : out)
      if (t == no_tensor || g_[t].role == tensor::kind::constant)
        return malformed("operator writes a constant or nothing");
    tflite_node n(g_, options_, where_, std::move(in), std::move(out),
                  tflite_schema::options_reader(o.options(), verifier_));
    if (auto s = ids(o.intermediates(), n.intermediates); !s) return s;
    if (n.has(1) && static_cast<std::size_t>(n.in_id(1)) < axes_.size())
      n.weights_axis = axes_[static_cast<std::size_t>(n.in_id(1))];
    if (o.custom_options())
      n.custom_options = {o.custom_options()->data(), o.custom_options()->size()};
    const tflite_row* row = find_tflite_row(code->code());
    status s = row && row->convert ? row->convert(n) : n.emit(*find_custom(code->custom()->str()));
    if (!s) {
      auto e = s.error();
      e.node = where_;
      if (e.tensor.empty() && n.outputs() > 0) e.tensor = n.out().name;
      return e;
    }
    if (n.options.bad()) return malformed("operator options are damaged");
    return unit{};
  }

  file_bytes file_;
  const tflite_options& options_;
  flatbuffers::Verifier verifier_;
  const model_table* model_ = nullptr;
  graph g_;
  std::vector<std::int32_t> axes_;  // quantized_dimension of each tensor of the file
  std::string where_;
};

}  // namespace detail

OCTET_INLINE result<graph> try_tflite(const std::string& path, const tflite_options& options) {
  auto f = read_file(path, options.max_bytes);
  if (!f) return f.error();
  return detail::tflite_loader(std::move(*f), options).run();
}
OCTET_INLINE result<graph> try_tflite(std::span<const std::byte> bytes, const std::string& name,
                                      const tflite_options& options) {
  return detail::tflite_loader(from_memory(name, bytes), options).run();
}

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_LOADER_HPP_
