// MatMulInteger by a constant matrix, a Cast of its sums to float, their scale and a bias as one
// node: the same numbers. ONNX Runtime has the operator, MatMulIntegerToFloat.
#ifndef OCTET_IMPORT_ONNX_FUSE_PRODUCTS_HPP_
#define OCTET_IMPORT_ONNX_FUSE_PRODUCTS_HPP_

#include "octet/import/onnx/edit.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

class product_fuser : node_graph {
 public:
  explicit product_fuser(model& m) : node_graph(m) {}
  status run() {
    for (std::size_t i = 0; i < items_.size(); ++i)
      if (item& each = items_[i]; each.alive && each.n.is("MatMulInteger")) take(each);
    if (!sort()) return cycle();
    finish();
    return unit{};
  }

 private:
  /// A constant with one element, or one for each of n columns.
  bool of_columns(const std::string& name, int n) const {
    const array* a = constant(name);
    return a && a->type == dtype::f32 && a->shape.rank <= 1 &&
           (a->elements() == 1 || a->elements() == as_size(n));
  }
  /// The scale of x, which DynamicQuantizeLinear gave, times a constant one: their names.
  std::optional<std::pair<std::string, std::string>> scales_of(const std::string& name, int n) {
    const item* mul = producer(name);
    if (!mul || !mul->n.is("Mul") || mul->n.in.size() != 2) return {};
    for (std::size_t k = 0; k < 2; ++k) {
      const item* q = producer(mul->n.in[k]);
      if (q && q->n.is("DynamicQuantizeLinear") && q->n.out.size() == 3 &&
          q->n.out[1] == mul->n.in[k] && of_columns(mul->n.in[1 - k], n))
        return std::pair(mul->n.in[k], mul->n.in[1 - k]);
    }
    return {};
  }
  void take(item& product) {
    const array* b = product.n.in.size() > 1 ? constant(product.n.in[1]) : nullptr;
    if (!b || b->shape.rank != 2 || product.n.out.size() != 1) return;
    const int columns = b->shape[1];
    item* cast = only_reader(product.n.out[0], "Cast");
    if (!cast || cast->n.integer("to", 0) != 1) return;
    item* mul = only_reader(cast->n.out[0], "Mul");
    const std::string* factor = mul ? other(mul->n, cast->n.out[0]) : nullptr;
    const auto scales = factor ? scales_of(*factor, columns) : std::nullopt;
    if (!scales) return;
    std::vector<item*> instead{&product, cast, mul};
    std::string bias;
    const std::string* operand = nullptr;
    if (item* add = with_constant(mul->n.out[0], "Add", operand))
      if (const array& v = *constant(*operand);
          v.type == dtype::f32 && v.shape.rank == 1 && v.shape[0] == columns)
        bias = *operand, instead.push_back(add);
    put(made("MatMulIntegerToFloat", microsoft_domain,
             {product.n.in[0], product.n.in[1], scales->first, scales->second, product.n.input(2),
              product.n.input(3), bias}),
        instead);
  }
};

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_FUSE_PRODUCTS_HPP_
