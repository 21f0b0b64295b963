// Makes TensorFlow Lite files in memory, field by field. For tests of the loader.
#ifndef OCTET_TESTS_TFLITE_FILE_HPP_
#define OCTET_TESTS_TFLITE_FILE_HPP_

#include <flatbuffers/flatbuffers.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace octet_test {

/// TensorType and BuiltinOperator numbers of the schema, as far as the tests need them.
namespace tflite {
inline constexpr std::int8_t float32 = 0, int32 = 2, uint8 = 3, boolean = 6, int8 = 9;
inline constexpr std::int32_t add = 0, conv_2d = 3, depthwise_conv_2d = 4, fully_connected = 9,
                              hashtable_lookup = 10, lsh_projection = 15, mul = 18, relu = 19,
                              custom = 32, less = 58, leaky_relu = 98, if_else = 118,
                              while_loop = 119, batch_matmul = 126;
}  // namespace tflite

/// A subgraph with its operators in order, and the others of the file.
class tflite_file {
 public:
  struct tensor {
    std::string name;
    std::vector<std::int32_t> shape;
    std::int8_t type = tflite::int8;
    std::vector<float> scales{};
    std::vector<std::int64_t> zero_points{};
    std::int32_t axis = 0;
    std::vector<std::uint8_t> data{};  // constants
    bool variable = false;
  };
  struct operation {
    std::int32_t code = 0;
    std::vector<std::int32_t> in{}, out{};
    std::string custom_name{};
    std::vector<std::int32_t> options{};         // the int32 fields of its option table, in order
    std::vector<std::uint8_t> custom_options{};  // of a custom operator
  };
  std::vector<tensor> tensors;
  std::vector<operation> operations;
  std::vector<std::int32_t> inputs, outputs;
  std::vector<tflite_file> others;                                // subgraphs 1, 2, ...
  std::vector<std::pair<std::string, std::uint32_t>> signatures;  // name, subgraph

  std::int32_t add(tensor t) {
    tensors.push_back(std::move(t));
    return static_cast<std::int32_t>(tensors.size()) - 1;
  }

  std::vector<std::byte> bytes() const {
    flatbuffers::FlatBufferBuilder b;
    std::vector<offset> codes, buffers{finish(b, b.StartTable())}, subgraphs, all_signatures;
    subgraphs.push_back(subgraph_table(b, codes, buffers));
    for (const tflite_file& o : others) subgraphs.push_back(o.subgraph_table(b, codes, buffers));
    for (const auto& [name, index] : signatures) {
      const auto key = b.CreateString(name);
      const auto start = b.StartTable();
      b.AddOffset(slot(2), key);
      b.AddElement<std::uint32_t>(slot(4), index, 0);
      all_signatures.push_back(finish(b, start));
    }
    const auto code_list = b.CreateVector(codes), subgraph_list = b.CreateVector(subgraphs),
               buffer_list = b.CreateVector(buffers),
               signature_list = b.CreateVector(all_signatures);
    const auto start = b.StartTable();
    b.AddElement<std::uint32_t>(slot(0), 3, 0);  // version
    b.AddOffset(slot(1), code_list);
    b.AddOffset(slot(2), subgraph_list);
    b.AddOffset(slot(4), buffer_list);
    if (!signatures.empty()) b.AddOffset(slot(7), signature_list);
    b.Finish(finish(b, start), "TFL3");
    const auto* data = reinterpret_cast<const std::byte*>(b.GetBufferPointer());
    return {data, data + b.GetSize()};
  }

 private:
  using offset = flatbuffers::Offset<flatbuffers::Table>;
  static constexpr flatbuffers::voffset_t slot(int id) {
    return static_cast<flatbuffers::voffset_t>(4 + 2 * id);
  }
  static offset finish(flatbuffers::FlatBufferBuilder& b, flatbuffers::uoffset_t start) {
    return offset(b.EndTable(start));
  }
  /// Its operator codes and constants join the file's.
  offset subgraph_table(flatbuffers::FlatBufferBuilder& b, std::vector<offset>& codes,
                        std::vector<offset>& buffers) const {
    std::vector<offset> all_tensors, all_operators;
    for (const tensor& t : tensors) {
      all_tensors.push_back(tensor_table(b, t, static_cast<std::uint32_t>(buffers.size())));
      const auto data = b.CreateVector(t.data);
      const auto start = b.StartTable();
      if (!t.data.empty()) b.AddOffset(slot(0), data);
      buffers.push_back(finish(b, start));
    }
    for (const operation& o : operations) {
      all_operators.push_back(operator_table(b, o, static_cast<std::uint32_t>(codes.size())));
      codes.push_back(operator_code(b, o));
    }
    const auto tensor_list = b.CreateVector(all_tensors),
               operator_list = b.CreateVector(all_operators);
    const auto input_list = b.CreateVector(inputs), output_list = b.CreateVector(outputs);
    const auto start = b.StartTable();
    b.AddOffset(slot(0), tensor_list);
    b.AddOffset(slot(1), input_list);
    b.AddOffset(slot(2), output_list);
    b.AddOffset(slot(3), operator_list);
    return finish(b, start);
  }
  static offset operator_code(flatbuffers::FlatBufferBuilder& b, const operation& o) {
    const auto name = b.CreateString(o.custom_name);
    const auto start = b.StartTable();
    b.AddElement<std::int8_t>(slot(0), static_cast<std::int8_t>(std::min(o.code, 127)), 0);
    if (!o.custom_name.empty()) b.AddOffset(slot(1), name);
    b.AddElement<std::int32_t>(slot(3), o.code, 0);
    return finish(b, start);
  }
  static offset tensor_table(flatbuffers::FlatBufferBuilder& b, const tensor& t,
                             std::uint32_t buffer) {
    const auto shape = b.CreateVector(t.shape);
    const auto name = b.CreateString(t.name);
    const auto scales = b.CreateVector(t.scales);
    const auto zero_points = b.CreateVector(t.zero_points);
    auto start = b.StartTable();
    if (!t.scales.empty()) b.AddOffset(slot(2), scales);
    if (!t.zero_points.empty()) b.AddOffset(slot(3), zero_points);
    b.AddElement<std::int32_t>(slot(6), t.axis, 0);
    const offset quantization = finish(b, start);
    start = b.StartTable();
    b.AddOffset(slot(0), shape);
    b.AddElement<std::int8_t>(slot(1), t.type, 0);
    b.AddElement<std::uint32_t>(slot(2), buffer, 0);
    b.AddOffset(slot(3), name);
    b.AddOffset(slot(4), quantization);
    b.AddElement<std::uint8_t>(slot(5), t.variable ? 1 : 0, 0);
    return finish(b, start);
  }
  static offset operator_table(flatbuffers::FlatBufferBuilder& b, const operation& o,
                               std::uint32_t code) {
    const auto in = b.CreateVector(o.in), out = b.CreateVector(o.out);
    const auto custom = b.CreateVector(o.custom_options);
    auto start = b.StartTable();
    for (std::size_t i = 0; i < o.options.size(); ++i)
      b.AddElement<std::int32_t>(slot(static_cast<int>(i)), o.options[i], 0);
    const offset options = finish(b, start);
    start = b.StartTable();
    b.AddElement<std::uint32_t>(slot(0), code, 0);
    b.AddOffset(slot(1), in);
    b.AddOffset(slot(2), out);
    if (!o.options.empty()) {
      b.AddElement<std::uint8_t>(slot(3), 1, 0);  // the union's type: not read
      b.AddOffset(slot(4), options);
    }
    if (!o.custom_options.empty()) b.AddOffset(slot(5), custom);
    return finish(b, start);
  }
};

}  // namespace octet_test

#endif  // OCTET_TESTS_TFLITE_FILE_HPP_
