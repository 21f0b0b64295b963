// The part of the TFLite FlatBuffers schema that octet reads, by the published field ids. Every
// access goes through the Verifier first.
#ifndef OCTET_IMPORT_TFLITE_SCHEMA_HPP_
#define OCTET_IMPORT_TFLITE_SCHEMA_HPP_

#include <flatbuffers/flatbuffers.h>

#include <cstdint>
#include <vector>

#include "octet/core/types.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::tflite_schema {

constexpr flatbuffers::voffset_t slot(int id) {
  return static_cast<flatbuffers::voffset_t>(4 + 2 * id);
}
/// The alignment argument came with FlatBuffers 2.0.7.
template <class T, class Table>
bool verify_field(const Table& t, flatbuffers::Verifier& v, int id) {
  if constexpr (requires { t.template VerifyField<T>(v, slot(id), sizeof(T)); })
    return t.template VerifyField<T>(v, slot(id), sizeof(T));
  else
    return t.template VerifyField<T>(v, slot(id));
}

struct buffer_table : flatbuffers::Table {
  const flatbuffers::Vector<std::uint8_t>* data() const {
    return GetPointer<const flatbuffers::Vector<std::uint8_t>*>(slot(0));
  }
  std::uint64_t offset() const {
    return GetField<std::uint64_t>(slot(1), 0);
  }  // files over 2 GB keep data behind the flatbuffer
  std::uint64_t size() const { return GetField<std::uint64_t>(slot(2), 0); }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && VerifyOffset(v, slot(0)) && v.VerifyVector(data()) &&
           verify_field<std::uint64_t>(*this, v, 1) && verify_field<std::uint64_t>(*this, v, 2) &&
           v.EndTable();
  }
};

struct quantization_table : flatbuffers::Table {
  const flatbuffers::Vector<float>* scale() const {
    return GetPointer<const flatbuffers::Vector<float>*>(slot(2));
  }
  const flatbuffers::Vector<std::int64_t>* zero_point() const {
    return GetPointer<const flatbuffers::Vector<std::int64_t>*>(slot(3));
  }
  std::uint8_t details_type() const { return GetField<std::uint8_t>(slot(4), 0); }
  std::int32_t axis() const { return GetField<std::int32_t>(slot(6), 0); }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && VerifyOffset(v, slot(2)) && v.VerifyVector(scale()) &&
           VerifyOffset(v, slot(3)) && v.VerifyVector(zero_point()) &&
           verify_field<std::uint8_t>(*this, v, 4) && verify_field<std::int32_t>(*this, v, 6) &&
           v.EndTable();
  }
};

struct tensor_table : flatbuffers::Table {
  const flatbuffers::Vector<std::int32_t>* shape() const {
    return GetPointer<const flatbuffers::Vector<std::int32_t>*>(slot(0));
  }
  std::int8_t type() const { return GetField<std::int8_t>(slot(1), 0); }
  std::uint32_t buffer() const { return GetField<std::uint32_t>(slot(2), 0); }
  const flatbuffers::String* name() const {
    return GetPointer<const flatbuffers::String*>(slot(3));
  }
  const quantization_table* quantization() const {
    return GetPointer<const quantization_table*>(slot(4));
  }
  bool is_variable() const { return GetField<std::uint8_t>(slot(5), 0) != 0; }
  bool has_sparsity() const { return GetOptionalFieldOffset(slot(6)) != 0; }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && VerifyOffset(v, slot(0)) && v.VerifyVector(shape()) &&
           verify_field<std::int8_t>(*this, v, 1) && verify_field<std::uint32_t>(*this, v, 2) &&
           VerifyOffset(v, slot(3)) && v.VerifyString(name()) && VerifyOffset(v, slot(4)) &&
           v.VerifyTable(quantization()) && verify_field<std::uint8_t>(*this, v, 5) && v.EndTable();
  }
};

struct operator_code_table : flatbuffers::Table {
  std::int32_t code() const {  // codes above 127 do not fit the old field
    const std::int32_t now = GetField<std::int32_t>(slot(3), 0),
                       old = GetField<std::int8_t>(slot(0), 0);
    return now > old ? now : old;
  }
  const flatbuffers::String* custom() const {
    return GetPointer<const flatbuffers::String*>(slot(1));
  }
  std::int32_t version() const { return GetField<std::int32_t>(slot(2), 1); }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_field<std::int8_t>(*this, v, 0) &&
           VerifyOffset(v, slot(1)) && v.VerifyString(custom()) &&
           verify_field<std::int32_t>(*this, v, 2) && verify_field<std::int32_t>(*this, v, 3) &&
           v.EndTable();
  }
};

struct operator_table : flatbuffers::Table {
  std::uint32_t code_index() const { return GetField<std::uint32_t>(slot(0), 0); }
  const flatbuffers::Vector<std::int32_t>* inputs() const {
    return GetPointer<const flatbuffers::Vector<std::int32_t>*>(slot(1));
  }
  const flatbuffers::Vector<std::int32_t>* outputs() const {
    return GetPointer<const flatbuffers::Vector<std::int32_t>*>(slot(2));
  }
  const flatbuffers::Table* options() const {
    return GetPointer<const flatbuffers::Table*>(slot(4));
  }  // fields are verified one by one when read
  const flatbuffers::Vector<std::uint8_t>* custom_options() const {
    return GetPointer<const flatbuffers::Vector<std::uint8_t>*>(slot(5));
  }
  const flatbuffers::Vector<std::int32_t>* intermediates() const {
    return GetPointer<const flatbuffers::Vector<std::int32_t>*>(slot(8));
  }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_field<std::uint32_t>(*this, v, 0) &&
           VerifyOffset(v, slot(1)) && v.VerifyVector(inputs()) && VerifyOffset(v, slot(2)) &&
           v.VerifyVector(outputs()) && VerifyOffset(v, slot(4)) && VerifyOffset(v, slot(5)) &&
           v.VerifyVector(custom_options()) && VerifyOffset(v, slot(8)) &&
           v.VerifyVector(intermediates()) && v.EndTable();
  }
};

struct subgraph_table : flatbuffers::Table {
  using tensor_vector = flatbuffers::Vector<flatbuffers::Offset<tensor_table>>;
  using operator_vector = flatbuffers::Vector<flatbuffers::Offset<operator_table>>;
  const tensor_vector* tensors() const { return GetPointer<const tensor_vector*>(slot(0)); }
  const flatbuffers::Vector<std::int32_t>* inputs() const {
    return GetPointer<const flatbuffers::Vector<std::int32_t>*>(slot(1));
  }
  const flatbuffers::Vector<std::int32_t>* outputs() const {
    return GetPointer<const flatbuffers::Vector<std::int32_t>*>(slot(2));
  }
  const operator_vector* operators() const { return GetPointer<const operator_vector*>(slot(3)); }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && VerifyOffset(v, slot(0)) && v.VerifyVector(tensors()) &&
           v.VerifyVectorOfTables(tensors()) && VerifyOffset(v, slot(1)) &&
           v.VerifyVector(inputs()) && VerifyOffset(v, slot(2)) && v.VerifyVector(outputs()) &&
           VerifyOffset(v, slot(3)) && v.VerifyVector(operators()) &&
           v.VerifyVectorOfTables(operators()) && v.EndTable();
  }
};

struct model_table : flatbuffers::Table {
  using code_vector = flatbuffers::Vector<flatbuffers::Offset<operator_code_table>>;
  using subgraph_vector = flatbuffers::Vector<flatbuffers::Offset<subgraph_table>>;
  using buffer_vector = flatbuffers::Vector<flatbuffers::Offset<buffer_table>>;
  std::uint32_t version() const { return GetField<std::uint32_t>(slot(0), 0); }
  const code_vector* codes() const { return GetPointer<const code_vector*>(slot(1)); }
  const subgraph_vector* subgraphs() const { return GetPointer<const subgraph_vector*>(slot(2)); }
  const buffer_vector* buffers() const { return GetPointer<const buffer_vector*>(slot(4)); }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_field<std::uint32_t>(*this, v, 0) &&
           VerifyOffset(v, slot(1)) && v.VerifyVector(codes()) && v.VerifyVectorOfTables(codes()) &&
           VerifyOffset(v, slot(2)) && v.VerifyVector(subgraphs()) &&
           v.VerifyVectorOfTables(subgraphs()) && VerifyOffset(v, slot(4)) &&
           v.VerifyVector(buffers()) && v.VerifyVectorOfTables(buffers()) && v.EndTable();
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
  std::int32_t i32(int id, std::int32_t otherwise = 0) { return get<std::int32_t>(id, otherwise); }
  std::int8_t i8(int id, std::int8_t otherwise = 0) { return get<std::int8_t>(id, otherwise); }
  bool flag(int id, bool otherwise = false) {
    return get<std::uint8_t>(id, otherwise ? 1 : 0) != 0;
  }
  float f32(int id, float otherwise = 0) { return get<float>(id, otherwise); }
  std::vector<std::int64_t> i32_list(int id) {
    std::vector<std::int64_t> list;
    if (!table_) return list;
    using V = flatbuffers::Vector<std::int32_t>;
    if (!table_->VerifyOffset(*verifier_, slot(id)) ||
        !verifier_->VerifyVector(table_->GetPointer<const V*>(slot(id)))) {
      bad_ = true;
      return list;
    }
    if (const V* v = table_->GetPointer<const V*>(slot(id)))
      for (flatbuffers::uoffset_t i = 0; i < v->size(); ++i) list.push_back(v->Get(i));
    return list;
  }
  bool present() const { return table_ != nullptr; }
  bool bad() const { return bad_; }

 private:
  template <class T> T get(int id, T otherwise) {
    if (!table_) return otherwise;
    if (!verify_field<T>(*table_, *verifier_, id)) {
      bad_ = true;
      return otherwise;
    }
    return table_->GetField<T>(slot(id), otherwise);
  }
  const flatbuffers::Table* table_;
  flatbuffers::Verifier* verifier_;
  bool bad_ = false;
};

}  // namespace import::tflite_schema
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_SCHEMA_HPP_
