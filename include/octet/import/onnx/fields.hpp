// Field numbers of an ONNX file, under the names that onnx.proto gives them: one enumeration for
// each protobuf message. They are plain integers, as a file may hold numbers that are not here.
#ifndef OCTET_IMPORT_ONNX_FIELDS_HPP_
#define OCTET_IMPORT_ONNX_FIELDS_HPP_

#include <cstdint>

#include "octet/core/config.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

namespace model_field {  // ModelProto
enum number : std::uint32_t { ir_version = 1, graph = 7, opset_import = 8, functions = 25 };
}
namespace opset_field {  // OperatorSetIdProto
enum number : std::uint32_t { domain = 1, version = 2 };
}
namespace function_field {  // FunctionProto
enum number : std::uint32_t {
  name = 1,
  input = 4,
  output = 5,
  node = 7,
  opset_import = 9,
  domain = 10,
  attribute_proto = 11,
  overload = 13
};
}
namespace graph_field {  // GraphProto
enum number : std::uint32_t {
  node = 1,
  name = 2,
  initializer = 5,
  input = 11,
  output = 12,
  value_info = 13,
  sparse_initializer = 15
};
}
namespace node_field {  // NodeProto
enum number : std::uint32_t {
  input = 1,
  output = 2,
  name = 3,
  op_type = 4,
  attribute = 5,
  domain = 7,
  overload = 8
};
}
namespace attribute_field {  // AttributeProto
enum number : std::uint32_t {
  name = 1,
  f = 2,
  i = 3,
  s = 4,
  t = 5,
  g = 6,
  floats = 7,
  ints = 8,
  strings = 9,
  tensors = 10,
  graphs = 11,
  tp = 14,
  type_protos = 15,
  type = 20,
  ref_attr_name = 21,
  sparse_tensor = 22,
  sparse_tensors = 23
};
}
namespace value_info_field {  // ValueInfoProto
enum number : std::uint32_t { name = 1, type = 2 };
}
namespace type_field {  // TypeProto
enum number : std::uint32_t { tensor_type = 1 };
}
namespace tensor_type_field {  // TypeProto.Tensor
enum number : std::uint32_t { elem_type = 1, shape = 2 };
}
namespace shape_field {  // TensorShapeProto
enum number : std::uint32_t { dim = 1 };
}
namespace dimension_field {  // TensorShapeProto.Dimension
enum number : std::uint32_t { dim_value = 1, dim_param = 2 };
}
namespace tensor_field {  // TensorProto
enum number : std::uint32_t {
  dims = 1,
  data_type = 2,
  segment = 3,
  float_data = 4,
  int32_data = 5,
  string_data = 6,
  int64_data = 7,
  name = 8,
  raw_data = 9,
  double_data = 10,
  uint64_data = 11,
  external_data = 13,
  data_location = 14
};
}
namespace entry_field {  // StringStringEntryProto
enum number : std::uint32_t { key = 1, value = 2 };
}

namespace data_location {  // TensorProto.DataLocation, whose 0 is DEFAULT
enum number : std::int32_t { in_file = 0, external = 1 };
}

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_FIELDS_HPP_
