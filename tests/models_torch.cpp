// Loading of PyTorch files for the model tests, where the library has that loader.
#include "models.hpp"
#include "octet/import/torch.hpp"

namespace octet_test {

/// Shapes are the stored inputs': scripted and frozen files record none.
octet::result<octet::graph> load_torch(const model_row& row) {
  octet::import::torch_options o;
  o.arithmetic = law_from(row.law);
  for (const auto& input : row.inputs) {
    auto x = octet::tools::read_npy((row.folder / input).string());
    if (!x) return x.error();
    o.shapes.emplace_back("", x->shape);
  }
  return octet::import::try_torch((row.folder / row.model).string(), o);
}

}  // namespace octet_test
