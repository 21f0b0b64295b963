// libFuzzer target: the parser, then the interpreter, on any text as a program's only file.
// Operators become nodes; constants have no bytes.
#include "octet/import/torch/interpret.hpp"
#include "octet/import/torch/rows.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace octet;
  using namespace octet::torchscript;
  context c(law::pytorch_fbgemm, {});
  emitter e(c, torch_rows);
  interpreter program(c, e, [&](const std::string& member, constant_data& text) {
    text = constant_data::copy(std::as_bytes(std::span(data, size)));
    return member == "code/__torch__.py";
  });
  const value root = c.values.make(kind::object, "__torch__.M");
  tensor_data t;
  t.size = {1, 4, 5, 5};
  t.stride = contiguous_strides(t.size);
  octet::tensor input;
  input.shape = dims{1, 4, 5, 5};
  t.id = c.g.add(std::move(input));
  c.g.inputs.push_back(t.id);
  program.call_forward(root, {c.values.tensor(std::move(t))});
  if (!c.failed()) (void)verify(c.g);
  return 0;
}
