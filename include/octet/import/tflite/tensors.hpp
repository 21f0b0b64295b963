// Tensors of a TFLite file as the graph has them: element type, shape, quantization, contents.
#ifndef OCTET_IMPORT_TFLITE_TENSORS_HPP_
#define OCTET_IMPORT_TFLITE_TENSORS_HPP_

#include "octet/graph/graph.hpp"
#include "octet/import/common/builder.hpp"
#include "octet/import/common/error.hpp"
#include "octet/import/common/file.hpp"
#include "octet/import/tflite/schema.hpp"
#include "octet/import/tflite/sparse.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::detail {

/// Reads tensors of one file. Constants refer to the file's bytes where these are aligned. Tensors
/// may share names, scales and contents: what is copied of them counts as the builder's work.
class tflite_tensors {
 public:
  tflite_tensors(const file_bytes& file, const tflite_schema::model_table& model,
                 graph_builder& build)
      : file_(file), model_(model), build_(build) {}

  /// `fallback`: its name where the file has none.
  result<tensor> read(const tflite_schema::tensor_table& from, const std::string& fallback) const {
    if (auto s = build_.work.spend(from.name() ? from.name()->size() : 0); !s) return s.error();
    tensor t;
    t.name = from.name() ? from.name()->str() : fallback;
    status s = extents(t, from);
    if (s) s = quantization(t, from);
    if (s) s = contents(t, from);
    if (!s) return error_place{.tensor = t.name}.attach(s.error());
    if (from.is_variable()) t.role = tensor::kind::state;
    return t;
  }

 private:
  /// Element type and shape. A complex number is a last axis of its two parts.
  static status extents(tensor& t, const tflite_schema::tensor_table& from) {
    const bool complex = from.type() == tflite_schema::tensor_type::complex64;
    const auto type = complex ? dtype::f32 : tflite_schema::dtype_of_tensor(from.type());
    if (!type) {
      const std::string_view name = tflite_schema::name_of(from.type());
      return unsupported("element type",
                         name.empty() ? "code " + std::to_string(static_cast<int>(from.type()))
                                      : std::string(name),
                         "float32, float16, float64, int2, int4, uint4, int8, uint8, int16, "
                         "uint16, int32, uint32, int64, uint64, bool, complex64");
    }
    t.type = *type;
    const std::size_t rank = from.shape() ? from.shape()->size() : 0,
                      most = dims::max_rank - (complex ? 1 : 0);
    if (rank > most)
      return unsupported("rank", std::to_string(rank), "at most " + std::to_string(most));
    for (flatbuffers::uoffset_t i = 0; i < rank; ++i) {
      const std::int32_t e = from.shape()->Get(i);
      if (e < 0) return malformed("negative extent", std::to_string(e));
      t.shape.push_back(e);
    }
    if (complex) t.shape.push_back(2);
    return verify_shape(t.shape);
  }
  status quantization(tensor& t, const tflite_schema::tensor_table& from) const {
    const auto* q = from.quantization();
    if (!q) return unit{};
    if (q->blockwise()) return unit{};  // its scales are another tensor: the loader finds them
    if (!q->scale() || q->scale()->size() == 0) return unit{};
    const std::size_t copied = q->scale()->size() + (q->zero_point() ? q->zero_point()->size() : 0);
    if (auto s = build_.work.spend(saturating_mul(copied, sizeof(double))); !s) return s;
    if (q->details_type() != tflite_schema::quantization_details::none)
      return unsupported("custom quantization");
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
  status contents(tensor& t, const tflite_schema::tensor_table& from) const {
    if (!model_.buffers() || from.buffer() >= model_.buffers()->size()) {
      if (from.buffer() == 0) return unit{};
      return malformed("buffer index", std::to_string(from.buffer()));
    }
    const auto* b = model_.buffers()->Get(from.buffer());
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
    if (from.sparsity()) {
      if (tflite_schema::packed_bits(from.type()) != 0)
        return unsupported("a sparse tensor of packed elements",
                           std::string(tflite_schema::name_of(from.type())));
      if (auto s = build_.make_constant(bytes); !s) return s;
      auto dense = sparse_reader(*from.sparsity(), t.shape, size_of(t.type), build_.work).read(raw);
      if (!dense) return dense.error();
      t.data = constant_data::copy(*dense);
      return unit{};
    }
    if (const int bits = tflite_schema::packed_bits(from.type()); bits != 0) {
      if (auto s = build_.make_constant(bytes); !s) return s;
      return unpack(t, raw, bits);
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
  /// Elements of 2 or 4 bits, the lowest bits of a byte first.
  static status unpack(tensor& t, std::span<const std::byte> raw, int bits) {
    const std::size_t n = t.shape.elements().value, each = 8 / as_size(bits);
    if (raw.size() < (n + each - 1) / each)
      return malformed("constant size", std::to_string(raw.size()) + " bytes",
                       std::to_string((n + each - 1) / each));
    std::vector<std::int8_t> wide(n);
    for (std::size_t i = 0; i < n; ++i) {
      const unsigned byte = static_cast<std::uint8_t>(raw[i / each]),
                     top = byte << (8 - bits - static_cast<int>(i % each) * bits) & 0xFF;
      wide[i] = t.type == dtype::u8
                    ? static_cast<std::int8_t>(top >> (8 - bits))
                    : static_cast<std::int8_t>(static_cast<std::int8_t>(top) >> (8 - bits));
    }
    t.data = constant_data::of(std::span<const std::int8_t>(wide));
    return unit{};
  }

  const file_bytes& file_;
  const tflite_schema::model_table& model_;
  graph_builder& build_;
};

/// What a file that is not a TensorFlow Lite model is, as far as its first bytes tell: what people
/// have at hand when they look for one. Empty where they tell nothing.
inline std::string_view kind_of_file(std::span<const std::byte> bytes) {
  struct known {
    std::string_view start, what;
  };
  constexpr known list[] = {
      {{"PK\x03\x04", 4},
       "a zip archive: a PyTorch, Keras (.keras) or MediaPipe (.task) file holds its model inside"},
      {{"\x89HDF", 4}, "an HDF5 file: a Keras model, to be converted with tf.lite.TFLiteConverter"},
      {{"\x1f\x8b", 2}, "a gzip archive: to be unpacked first"},
      {{"OCTET", 5}, "an .octet file"},
      {{"<!DOCTYPE", 9}, "a web page: the download did not give the file"},
      {{"<html", 5}, "a web page: the download did not give the file"},
      {{"version https://git-lfs", 23}, "a Git LFS pointer: the file itself is to be fetched"},
      {{"{", 1}, "a JSON text"},
      {{"\x80", 1}, "a Python pickle"},
      {{"GGUF", 4}, "a GGUF file: a language model, which octet does not read"},
      {{"\x93NUMPY", 6}, "a NumPy array"},
      {{"\177ELF", 4}, "a program or shared library"},
      {{"\x89PNG", 4}, "a picture"},
      {{"\xff\xd8\xff", 3}, "a picture"},
  };
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const known& k : list)
    if (head.starts_with(k.start)) return k.what;
  if (head.size() > 2 && head[0] == 8 && head[1] > 0 && head[1] < 32 && head[2] == 18)
    return "a protocol buffer, as ONNX models (.onnx) and TensorFlow's SavedModel are";
  if (head.substr(0, 4096).find("unsigned char") != std::string_view::npos)
    return "C source: the bytes in it are the file";
  return {};
}

}  // namespace import::detail
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_TENSORS_HPP_
