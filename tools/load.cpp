#include "load.hpp"

#include <algorithm>

#include "file.hpp"
#include "octet/import/mxnet.hpp"
#include "octet/import/octet_file.hpp"
#include "octet/import/onnx.hpp"
#include "octet/import/tflite.hpp"
#include "octet/import/torch.hpp"

namespace octet::tools {
namespace {

bool ends_with(const std::string& s, std::string_view end) {
  return s.size() >= end.size() && s.compare(s.size() - end.size(), end.size(), end) == 0;
}

std::string text_of(const std::vector<law>& laws) {
  std::string s;
  for (law l : laws) s += (s.empty() ? "" : ", ") + std::string(name_of(l));
  return s;
}

result<graph> load_tflite(const std::string& path, law arithmetic, const load_options& o) {
  import::tflite_options t;
  t.arithmetic = arithmetic;
  t.shapes = o.shapes;
  t.only_open_extents = o.only_open;
  t.max = o.max;
  t.signature = o.signature;
  return import::try_tflite(path, t);
}

result<graph> load_torch(const std::string& path, law arithmetic, const load_options& o) {
  import::torch_options t;
  t.arithmetic = arithmetic;
  t.shapes = o.shapes;
  t.types = o.types;
  t.max = o.max;
  return import::try_torch(path, t);
}

result<graph> load_mxnet(const std::string& path, law, const load_options& o) {
  import::mxnet_options m;
  m.params = o.params;
  m.shapes = o.shapes;
  m.max = o.max;
  return import::try_mxnet(path, m);
}

result<graph> load_onnx(const std::string& path, law, const load_options& o) {
  import::onnx_options n;
  n.shapes = o.shapes;
  n.as_written = o.as_written;
  n.only_open_extents = o.only_open;
  n.max = o.max;
  return import::try_onnx(path, n);
}

/// The law is the file's own; asking for another is an error.
result<graph> load_octet(const std::string& path, law, const load_options& o) {
  import::octet_options with;
  with.max = o.max;
  if (!o.shapes.empty() && !o.only_open)
    return file_error(errc::unsupported, path, "a shape of input " + o.shapes[0].first,
                      to_string(o.shapes[0].second), "the shapes that a .octet file has fixed");
  auto g = import::try_octet(path, with);
  if (g && o.arithmetic && *o.arithmetic != g->arithmetic)
    return file_error(errc::unsupported, path, "law for this .octet file",
                      std::string(name_of(*o.arithmetic)), std::string(name_of(g->arithmetic)));
  if (g) g->name = path;
  return g;
}

// One row a format. `ending` names it; .tflite and .pt files are known by their first bytes.
struct format_row {
  const char* ending;
  std::vector<law> laws;
  result<graph> (*load)(const std::string&, law, const load_options&);
  bool records_shapes = true;
};
const std::vector<format_row>& formats() {
  static const std::vector<format_row> rows = {
      {".tflite", {law::tflite_ref, law::tflite_xnnpack}, &load_tflite},
      {".pt", {law::pytorch_fbgemm, law::pytorch_qnnpack}, &load_torch, false},
      {"-symbol.json", {law::mxnet}, &load_mxnet, false},
      {".onnx", {law::onnxruntime}, &load_onnx, false},
      {".octet", {enumerators<law>.begin(), enumerators<law>.end()}, &load_octet},
  };
  return rows;
}
const format_row* find(const std::string& path) {
  // What is in the file decides before its name: PyTorch's files have many.
  const auto row_of = [](std::string_view ending) -> const format_row* {
    for (const format_row& r : formats())
      if (ending == r.ending) return &r;
    return nullptr;
  };
  const auto head = read_head(path, 8);
  if (head && head->size() == 8 && std::memcmp(head->data() + 4, "TFL3", 4) == 0)
    return row_of(".tflite");
  if (head && head->size() >= 4 && std::memcmp(head->data(), "PK\3\4", 4) == 0)
    return row_of(".pt");
  for (const format_row& r : formats())
    if (ends_with(path, r.ending)) return &r;
  for (const char* ending : {".pth", ".ptl", ".torchscript", ".jit"})
    if (ends_with(path, ending)) return row_of(".pt");
  return nullptr;
}

}  // namespace

format_info format_of(const std::string& path) {
  const format_row* r = find(path);
  return r ? format_info{r->ending, r->laws, r->records_shapes} : format_info{};
}

std::vector<const char*> format_endings() {
  std::vector<const char*> e;
  for (const format_row& r : formats()) e.push_back(r.ending);
  return e;
}

result<graph> load_model(const std::string& path, const load_options& options) {
  if (auto regular = check_regular(path); !regular) return regular.error();
  const format_row* r = find(path);
  if (!r) {
    std::string known;
    for (const format_row& f : formats())
      known += (known.empty() ? "" : ", ") + std::string(f.ending);
    return file_error(errc::unsupported, path, "model format", "an unknown one", known);
  }
  if (!options.signature.empty() && r != &formats().front())
    return file_error(errc::unsupported, path, "a signature", options.signature, ".tflite files");
  if (!options.params.empty() && r->load != &load_mxnet)
    return file_error(errc::unsupported, path, "a file of parameters", options.params,
                      "MXNet's -symbol.json files");
  if (options.as_written && r->load != &load_onnx)
    return file_error(errc::unsupported, path, std::string("law for ") + r->ending,
                      std::string(as_written_name), text_of(r->laws));
  const law l = options.arithmetic.value_or(r->laws.front());
  if (std::find(r->laws.begin(), r->laws.end(), l) == r->laws.end())
    return file_error(errc::unsupported, path, std::string("law for ") + r->ending,
                      std::string(name_of(l)), text_of(r->laws));
  return r->load(path, l, options);
}

}  // namespace octet::tools
