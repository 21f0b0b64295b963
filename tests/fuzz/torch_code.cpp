// libFuzzer target: the parser, then the interpreter, on any text as a program's only file.
// Operators become nodes; constants have no bytes.
#include "octet/import/torch/interpret.hpp"
#include "octet/import/torch/rows.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace octet;
  using namespace octet::import::torchscript;
  limits few;  // a loop must not cost half a second
  few.work = std::size_t{1} << 18;
  context c("fuzz.pt", law::pytorch_fbgemm, few);
  emitter e(c, import::torch_rows::all, &import::torch_rows::written);
  interpreter program(c, e, [&](const std::string& member) -> std::optional<result<constant_data>> {
    if (member != "code/__torch__.py") return {};
    return constant_data::copy(std::as_bytes(std::span(data, size)));
  });
  const value root = c.values.make(kind::object, "__torch__.M");
  tensor_data t;
  t.size = {1, 4, 5, 5};
  t.stride = contiguous_strides(t.size);
  t.id = c.build.temporary("x", dtype::f32);
  c.build.g[t.id].shape = dims{1, 4, 5, 5};
  c.build.g.inputs.push_back(t.id);
  if (program.call_forward(root, {c.values.tensor(std::move(t))})) (void)c.build.finish();
  return 0;
}
