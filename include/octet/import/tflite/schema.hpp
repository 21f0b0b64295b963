// The part of the TFLite FlatBuffers schema that octet reads. Every access goes through the
// Verifier first.
#ifndef OCTET_IMPORT_TFLITE_SCHEMA_HPP_
#define OCTET_IMPORT_TFLITE_SCHEMA_HPP_

#include <flatbuffers/flatbuffers.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "octet/core/shape.hpp"
#include "octet/import/tflite/operator_options.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::tflite_schema {

/// The alignment argument came with FlatBuffers 2.0.7.
template <class T, class Table>
bool verify_field(const Table& t, flatbuffers::Verifier& v, flatbuffers::voffset_t slot) {
  if constexpr (requires { t.template VerifyField<T>(v, slot, sizeof(T)); })
    return t.template VerifyField<T>(v, slot, sizeof(T));
  else
    return t.template VerifyField<T>(v, slot);
}

/// TensorType.
enum class tensor_type : std::int8_t {
  float32 = 0,
  float16 = 1,
  int32 = 2,
  uint8 = 3,
  int64 = 4,
  string = 5,
  boolean = 6,
  int16 = 7,
  complex64 = 8,
  int8 = 9,
  float64 = 10,
  complex128 = 11,
  uint64 = 12,
  resource = 13,
  variant = 14,
  uint32 = 15,
  uint16 = 16,
  int4 = 17,
  bfloat16 = 18,
  int2 = 19,
  uint4 = 20,
  float8_e4m3fn = 21,
  float8_e5m2 = 22
};
/// What errors call it; empty for codes that the schema does not have.
constexpr std::string_view name_of(tensor_type t) {
  switch (t) {
    case tensor_type::float32: return "float32";
    case tensor_type::float16: return "float16";
    case tensor_type::int32: return "int32";
    case tensor_type::uint8: return "uint8";
    case tensor_type::int64: return "int64";
    case tensor_type::string: return "string";
    case tensor_type::boolean: return "bool";
    case tensor_type::int16: return "int16";
    case tensor_type::complex64: return "complex64";
    case tensor_type::int8: return "int8";
    case tensor_type::float64: return "float64";
    case tensor_type::complex128: return "complex128";
    case tensor_type::uint64: return "uint64";
    case tensor_type::resource: return "resource";
    case tensor_type::variant: return "variant";
    case tensor_type::uint32: return "uint32";
    case tensor_type::uint16: return "uint16";
    case tensor_type::int4: return "int4";
    case tensor_type::bfloat16: return "bfloat16";
    case tensor_type::int2: return "int2";
    case tensor_type::uint4: return "uint4";
    case tensor_type::float8_e4m3fn: return "float8_e4m3fn";
    case tensor_type::float8_e5m2: return "float8_e5m2";
  }
  return {};
}
/// Bits of an element where several share a byte, else 0.
constexpr int packed_bits(tensor_type t) {
  return t == tensor_type::int4 || t == tensor_type::uint4 ? 4 : t == tensor_type::int2 ? 2 : 0;
}
/// How octet holds the elements; nothing for types it has no form of. int4, int2 and uint4 are
/// unpacked on load.
constexpr std::optional<dtype> dtype_of_tensor(tensor_type t) {
  switch (t) {
    case tensor_type::float32: return dtype::f32;
    case tensor_type::float16: return dtype::f16;
    case tensor_type::float64: return dtype::f64;
    case tensor_type::int2:
    case tensor_type::int4:
    case tensor_type::int8: return dtype::s8;
    case tensor_type::uint4:
    case tensor_type::uint8: return dtype::u8;
    case tensor_type::int16: return dtype::s16;
    case tensor_type::uint16: return dtype::u16;
    case tensor_type::int32: return dtype::s32;
    case tensor_type::uint32: return dtype::u32;
    case tensor_type::int64: return dtype::s64;
    case tensor_type::uint64: return dtype::u64;
    case tensor_type::boolean: return dtype::boolean;
    case tensor_type::string:
    case tensor_type::complex64:
    case tensor_type::complex128:
    case tensor_type::resource:
    case tensor_type::variant:
    case tensor_type::bfloat16:
    case tensor_type::float8_e4m3fn:
    case tensor_type::float8_e5m2: break;
  }
  return {};
}

// ---- tables ----
// Each lists its fields in the schema's order: a field's place in the list is its id.

/// Access to fields by their names in `Field`, an enumeration of the table's.
template <class Field> struct table : flatbuffers::Table {
 protected:
  static constexpr flatbuffers::voffset_t slot(Field f) {
    return static_cast<flatbuffers::voffset_t>(4 + 2 * static_cast<int>(f));
  }
  template <class T> T number(Field f, T otherwise = 0) const {
    return this->template GetField<T>(slot(f), otherwise);
  }
  template <class T> const T* pointer(Field f) const {
    return this->template GetPointer<const T*>(slot(f));
  }
  bool has(Field f) const { return this->GetOptionalFieldOffset(slot(f)) != 0; }

  template <class T> bool verify_number(flatbuffers::Verifier& v, Field f) const {
    return verify_field<T>(*this, v, slot(f));
  }
  template <class T> bool verify_vector(flatbuffers::Verifier& v, Field f) const {
    return this->VerifyOffset(v, slot(f)) && v.VerifyVector(pointer<flatbuffers::Vector<T>>(f));
  }
  template <class T> bool verify_tables(flatbuffers::Verifier& v, Field f) const {
    using vector = flatbuffers::Vector<flatbuffers::Offset<T>>;
    return verify_vector<flatbuffers::Offset<T>>(v, f) &&
           v.VerifyVectorOfTables(pointer<vector>(f));
  }
  bool verify_string(flatbuffers::Verifier& v, Field f) const {
    return this->VerifyOffset(v, slot(f)) && v.VerifyString(pointer<flatbuffers::String>(f));
  }
};
using integer_vector = flatbuffers::Vector<std::int32_t>;
using byte_vector = flatbuffers::Vector<std::uint8_t>;
template <class T> using table_vector = flatbuffers::Vector<flatbuffers::Offset<T>>;

enum class buffer_field { data, offset, size };
struct buffer_table : table<buffer_field> {
  using field = buffer_field;
  const byte_vector* data() const { return pointer<byte_vector>(field::data); }
  /// Files over 2 GB keep data behind the flatbuffer.
  std::uint64_t offset() const { return number<std::uint64_t>(field::offset); }
  std::uint64_t size() const { return number<std::uint64_t>(field::size); }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_vector<std::uint8_t>(v, field::data) &&
           verify_number<std::uint64_t>(v, field::offset) &&
           verify_number<std::uint64_t>(v, field::size) && v.EndTable();
  }
};

enum class blockwise_field { scales, zero_points, block_size };
/// QuantizationDetails of one scale for each block of a row.
struct blockwise_table : table<blockwise_field> {
  using field = blockwise_field;
  /// Indices of tensors: float16 scales [rows, blocks], zero points.
  std::int32_t scales() const { return number<std::int32_t>(field::scales); }
  std::int32_t zero_points() const { return number<std::int32_t>(field::zero_points); }
  std::int32_t block_size() const { return number<std::int32_t>(field::block_size); }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_number<std::int32_t>(v, field::scales) &&
           verify_number<std::int32_t>(v, field::zero_points) &&
           verify_number<std::int32_t>(v, field::block_size) && v.EndTable();
  }
};
/// Values of the union QuantizationDetails.
enum class quantization_details : std::uint8_t { none = 0, custom = 1, blockwise = 2 };

enum class quantization_field { min, max, scale, zero_point, details_type, details, axis };
struct quantization_table : table<quantization_field> {
  using field = quantization_field;
  const flatbuffers::Vector<float>* scale() const {
    return pointer<flatbuffers::Vector<float>>(field::scale);
  }
  const flatbuffers::Vector<std::int64_t>* zero_point() const {
    return pointer<flatbuffers::Vector<std::int64_t>>(field::zero_point);
  }
  quantization_details details_type() const {
    return static_cast<quantization_details>(number<std::uint8_t>(field::details_type));
  }
  /// Null where the details are of another kind.
  const blockwise_table* blockwise() const {
    return details_type() == quantization_details::blockwise
               ? pointer<blockwise_table>(field::details)
               : nullptr;
  }
  std::int32_t axis() const { return number<std::int32_t>(field::axis); }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_vector<float>(v, field::scale) &&
           verify_vector<std::int64_t>(v, field::zero_point) &&
           verify_number<std::uint8_t>(v, field::details_type) &&
           VerifyOffset(v, slot(field::details)) && v.VerifyTable(blockwise()) &&
           verify_number<std::int32_t>(v, field::axis) && v.EndTable();
  }
};

/// A list of whole numbers of 8, 16 or 32 bits, of the union SparseIndexVector.
class index_list {
 public:
  index_list(std::uint8_t type, const flatbuffers::Table* table) {
    if (!table || type < 1 || type > 3) return;
    type_ = type;
    values_ = table->GetPointer<const flatbuffers::Vector<std::uint8_t>*>(4);
  }
  bool given() const { return values_ != nullptr; }
  std::int64_t size() const { return values_ ? std::int64_t{values_->size()} : 0; }
  std::int64_t operator[](std::int64_t i) const {
    const auto k = as_size(i);
    const auto at = [&]<class T>(T v) {
      std::memcpy(&v, values_->Data() + sizeof v * k, sizeof v);
      return static_cast<std::int64_t>(flatbuffers::EndianScalar(v));
    };
    return type_ == 1 ? at(std::int32_t{}) : type_ == 2 ? at(std::uint16_t{}) : at(std::uint8_t{});
  }
  static bool verify(flatbuffers::Verifier& v, std::uint8_t type, const flatbuffers::Table* t) {
    if (!t || type < 1 || type > 3) return true;
    const auto& list = *static_cast<const list_table*>(t);
    return type == 1   ? list.verified<std::int32_t>(v)
           : type == 2 ? list.verified<std::uint16_t>(v)
                       : list.verified<std::uint8_t>(v);
  }

 private:
  /// A table of the union: one field, the list.
  struct list_table : flatbuffers::Table {
    template <class T> bool verified(flatbuffers::Verifier& v) const {
      return VerifyTableStart(v) && VerifyOffset(v, 4) &&
             v.VerifyVector(GetPointer<const flatbuffers::Vector<T>*>(4)) && v.EndTable();
    }
  };
  std::uint8_t type_ = 0;
  /// Of elements of `type_`; its length counts those.
  const flatbuffers::Vector<std::uint8_t>* values_ = nullptr;
};
enum class dimension_field { format, size, segments_type, segments, indices_type, indices };
/// One level of a sparse tensor: all of an axis, or those indices that its segments list.
struct dimension_table : table<dimension_field> {
  using field = dimension_field;
  bool dense() const { return number<std::int8_t>(field::format) == 0; }
  std::int32_t size() const { return number<std::int32_t>(field::size); }
  index_list segments() const {
    return {number<std::uint8_t>(field::segments_type),
            pointer<flatbuffers::Table>(field::segments)};
  }
  index_list indices() const {
    return {number<std::uint8_t>(field::indices_type), pointer<flatbuffers::Table>(field::indices)};
  }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_number<std::int8_t>(v, field::format) &&
           verify_number<std::int32_t>(v, field::size) &&
           verify_number<std::uint8_t>(v, field::segments_type) &&
           VerifyOffset(v, slot(field::segments)) &&
           index_list::verify(v, number<std::uint8_t>(field::segments_type),
                              pointer<flatbuffers::Table>(field::segments)) &&
           verify_number<std::uint8_t>(v, field::indices_type) &&
           VerifyOffset(v, slot(field::indices)) &&
           index_list::verify(v, number<std::uint8_t>(field::indices_type),
                              pointer<flatbuffers::Table>(field::indices)) &&
           v.EndTable();
  }
};
enum class sparsity_field { traversal_order, block_map, dim_metadata };
struct sparsity_table : table<sparsity_field> {
  using field = sparsity_field;
  const integer_vector* traversal_order() const {
    return pointer<integer_vector>(field::traversal_order);
  }
  const integer_vector* block_map() const { return pointer<integer_vector>(field::block_map); }
  const table_vector<dimension_table>* dim_metadata() const {
    return pointer<table_vector<dimension_table>>(field::dim_metadata);
  }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_vector<std::int32_t>(v, field::traversal_order) &&
           verify_vector<std::int32_t>(v, field::block_map) &&
           verify_tables<dimension_table>(v, field::dim_metadata) && v.EndTable();
  }
};

enum class tensor_field {
  shape,
  type,
  buffer,
  name,
  quantization,
  is_variable,
  sparsity,
  shape_signature
};
struct tensor_table : table<tensor_field> {
  using field = tensor_field;
  const integer_vector* shape() const { return pointer<integer_vector>(field::shape); }
  tensor_type type() const { return static_cast<tensor_type>(number<std::int8_t>(field::type)); }
  std::uint32_t buffer() const { return number<std::uint32_t>(field::buffer); }
  const flatbuffers::String* name() const { return pointer<flatbuffers::String>(field::name); }
  const quantization_table* quantization() const {
    return pointer<quantization_table>(field::quantization);
  }
  bool is_variable() const { return number<std::uint8_t>(field::is_variable) != 0; }
  const sparsity_table* sparsity() const { return pointer<sparsity_table>(field::sparsity); }
  /// Bit i: the extent of axis i is known only when the model runs.
  std::uint32_t open_axes() const {
    const auto* s = pointer<integer_vector>(field::shape_signature);
    std::uint32_t bits = 0;
    for (flatbuffers::uoffset_t i = 0; s && i < s->size() && i < 32; ++i)
      if (s->Get(i) < 0) bits |= std::uint32_t{1} << i;
    return bits;
  }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_vector<std::int32_t>(v, field::shape) &&
           verify_number<std::int8_t>(v, field::type) &&
           verify_number<std::uint32_t>(v, field::buffer) && verify_string(v, field::name) &&
           VerifyOffset(v, slot(field::quantization)) && v.VerifyTable(quantization()) &&
           verify_number<std::uint8_t>(v, field::is_variable) &&
           VerifyOffset(v, slot(field::sparsity)) && v.VerifyTable(sparsity()) &&
           verify_vector<std::int32_t>(v, field::shape_signature) && v.EndTable();
  }
};

enum class operator_code_field { deprecated_code, custom_code, version, code };
struct operator_code_table : table<operator_code_field> {
  using field = operator_code_field;
  std::int32_t code() const {  // codes above 127 do not fit the old field
    return std::max(number<std::int32_t>(field::code),
                    std::int32_t{number<std::int8_t>(field::deprecated_code)});
  }
  const flatbuffers::String* custom() const {
    return pointer<flatbuffers::String>(field::custom_code);
  }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_number<std::int8_t>(v, field::deprecated_code) &&
           verify_string(v, field::custom_code) && verify_number<std::int32_t>(v, field::version) &&
           verify_number<std::int32_t>(v, field::code) && v.EndTable();
  }
};

enum class operator_field {
  code_index,
  inputs,
  outputs,
  options_type,
  options,
  custom_options,
  custom_options_format,
  mutating_variable_inputs,
  intermediates,
  large_custom_options_offset,
  large_custom_options_size,
  options_2_type,
  options_2
};
struct operator_table : table<operator_field> {
  using field = operator_field;
  std::uint32_t code_index() const { return number<std::uint32_t>(field::code_index); }
  const integer_vector* inputs() const { return pointer<integer_vector>(field::inputs); }
  const integer_vector* outputs() const { return pointer<integer_vector>(field::outputs); }
  /// Fields are verified one by one when read.
  const flatbuffers::Table* options() const { return pointer<flatbuffers::Table>(field::options); }
  /// A second union, for operators that came after the first was full.
  const flatbuffers::Table* options_2() const {
    return pointer<flatbuffers::Table>(field::options_2);
  }
  const byte_vector* custom_options() const { return pointer<byte_vector>(field::custom_options); }
  const integer_vector* intermediates() const {
    return pointer<integer_vector>(field::intermediates);
  }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_number<std::uint32_t>(v, field::code_index) &&
           verify_vector<std::int32_t>(v, field::inputs) &&
           verify_vector<std::int32_t>(v, field::outputs) &&
           VerifyOffset(v, slot(field::options)) &&
           verify_vector<std::uint8_t>(v, field::custom_options) &&
           verify_vector<std::int32_t>(v, field::intermediates) &&
           VerifyOffset(v, slot(field::options_2)) && v.EndTable();
  }
};

enum class subgraph_field { tensors, inputs, outputs, operators, name };
struct subgraph_table : table<subgraph_field> {
  using field = subgraph_field;
  const table_vector<tensor_table>* tensors() const {
    return pointer<table_vector<tensor_table>>(field::tensors);
  }
  const integer_vector* inputs() const { return pointer<integer_vector>(field::inputs); }
  const integer_vector* outputs() const { return pointer<integer_vector>(field::outputs); }
  const table_vector<operator_table>* operators() const {
    return pointer<table_vector<operator_table>>(field::operators);
  }
  const flatbuffers::String* name() const { return pointer<flatbuffers::String>(field::name); }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_tables<tensor_table>(v, field::tensors) &&
           verify_vector<std::int32_t>(v, field::inputs) &&
           verify_vector<std::int32_t>(v, field::outputs) &&
           verify_tables<operator_table>(v, field::operators) && verify_string(v, field::name) &&
           v.EndTable();
  }
};

enum class signature_field { inputs, outputs, key, deprecated_tag, subgraph };
/// A function of the file that callers ask for by name.
struct signature_table : table<signature_field> {
  using field = signature_field;
  const flatbuffers::String* key() const { return pointer<flatbuffers::String>(field::key); }
  std::uint32_t subgraph() const { return number<std::uint32_t>(field::subgraph); }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_string(v, field::key) &&
           verify_number<std::uint32_t>(v, field::subgraph) && v.EndTable();
  }
};

enum class model_field {
  version,
  operator_codes,
  subgraphs,
  description,
  buffers,
  metadata_buffer,
  metadata,
  signatures
};
struct model_table : table<model_field> {
  using field = model_field;
  std::uint32_t version() const { return number<std::uint32_t>(field::version); }
  const table_vector<operator_code_table>* codes() const {
    return pointer<table_vector<operator_code_table>>(field::operator_codes);
  }
  const table_vector<subgraph_table>* subgraphs() const {
    return pointer<table_vector<subgraph_table>>(field::subgraphs);
  }
  const table_vector<buffer_table>* buffers() const {
    return pointer<table_vector<buffer_table>>(field::buffers);
  }
  const table_vector<signature_table>* signatures() const {
    return pointer<table_vector<signature_table>>(field::signatures);
  }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_number<std::uint32_t>(v, field::version) &&
           verify_tables<operator_code_table>(v, field::operator_codes) &&
           verify_tables<subgraph_table>(v, field::subgraphs) &&
           verify_tables<buffer_table>(v, field::buffers) &&
           verify_tables<signature_table>(v, field::signatures) && v.EndTable();
  }
};

/// Options of one operator. A field that lies outside the file reads as its default and sets `bad`.
class options_reader {
 public:
  options_reader(const flatbuffers::Table* t, flatbuffers::Verifier& v) : table_(t), verifier_(&v) {
    if (!t) return;
    if (t->VerifyTableStart(v))
      v.EndTable();  // the depth count is per table under verification
    else
      table_ = nullptr, bad_ = true;
  }
  /// The options as a struct of operator_options.hpp.
  template <class Options> Options read() {
    Options o;
    int id = 0;
    std::apply([&](auto... members) { (read_member(o, members, id++), ...); }, Options::fields);
    return o;
  }
  bool present() const { return table_ != nullptr; }
  bool bad() const { return bad_; }

 private:
  static constexpr flatbuffers::voffset_t slot(int id) {
    return static_cast<flatbuffers::voffset_t>(4 + 2 * id);
  }
  template <class Options> void read_member(Options&, unread_field, int) {}
  template <class Options, class T> void read_member(Options& o, T Options::*member, int id) {
    T& to = o.*member;
    if constexpr (std::is_same_v<T, std::vector<std::int64_t>>)
      read_list<std::int32_t>(to, id);
    else if constexpr (std::is_same_v<T, std::vector<float>>)
      read_list<float>(to, id);
    else if constexpr (std::is_same_v<T, std::string>)
      read_text(to, id);
    else if constexpr (std::is_same_v<T, bool>)
      to = number<std::uint8_t>(id, to) != 0;
    else if constexpr (std::is_enum_v<T>)
      to = static_cast<T>(number(id, static_cast<std::underlying_type_t<T>>(to)));
    else
      to = number(id, to);
  }
  template <class T> T number(int id, T otherwise) {
    if (!table_) return otherwise;
    if (!verify_field<T>(*table_, *verifier_, slot(id))) {
      bad_ = true;
      return otherwise;
    }
    return table_->GetField<T>(slot(id), otherwise);
  }
  template <class Element, class T> void read_list(std::vector<T>& to, int id) {
    using vector = flatbuffers::Vector<Element>;
    if (!table_) return;
    if (!table_->VerifyOffset(*verifier_, slot(id)) ||
        !verifier_->VerifyVector(table_->GetPointer<const vector*>(slot(id)))) {
      bad_ = true;
      return;
    }
    const auto* from = table_->GetPointer<const vector*>(slot(id));
    // Extents or axes, one each, or a list of numbers of its operator's own.
    if (from && from->size() > (std::is_same_v<Element, float> ? 65536u : dims::max_rank + 0u))
      bad_ = true;
    else if (from)
      to.assign(from->begin(), from->end());
  }

  void read_text(std::string& to, int id) {
    if (!table_) return;
    if (!table_->VerifyOffset(*verifier_, slot(id)) ||
        !verifier_->VerifyString(table_->GetPointer<const flatbuffers::String*>(slot(id)))) {
      bad_ = true;
      return;
    }
    const auto* from = table_->GetPointer<const flatbuffers::String*>(slot(id));
    if (from) to = from->str();
  }

  const flatbuffers::Table* table_;
  flatbuffers::Verifier* verifier_;
  bool bad_ = false;
};

}  // namespace import::tflite_schema
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_SCHEMA_HPP_
