// Convolutions that take the layer behind them into their float weights, as ONNX Runtime 1.32 does
// before it looks at anything quantized: batch normalizations, products and sums with a constant
// for each channel.
#ifndef OCTET_IMPORT_ONNX_FOLD_HPP_
#define OCTET_IMPORT_ONNX_FOLD_HPP_

#include "octet/import/onnx/edit.hpp"
#include "octet/numerics/fp.hpp"
#include "octet/numerics/math.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

class convolution_folder : protected node_graph {
 protected:
  convolution_folder(model& m, const limits& max) : node_graph(m), max_(max) {}

  /// Whether a new constant of that many bytes is within the limits. A file must not name one large
  /// array in thousands of places.
  bool room_for(std::size_t bytes) {
    made_ = saturating_add(made_, bytes);
    return made_ <= max_.constant_bytes;
  }
  /// ConvAddFusion, ConvMulFusion, ConvBNFusion: one layer after another, while there is one.
  void fold_convolutions() {
    for (std::size_t k = 0; k < nodes_.size(); ++k)
      if (nodes_[k]->alive) fold_next(*nodes_[k]);  // gives a new node, whose turn comes later
  }

  limits max_;
  std::size_t made_ = 0;  // bytes of new constants

 private:
  using numbers = std::span<const float>;

  /// A convolution of constant float weights. A bias that is there must be a constant, too; an
  /// input without a name is none, but ONNX Runtime leaves such a convolution alone.
  struct convolution {
    bool transposed = false;
    std::int32_t groups = 1, count = 0;  // of channels
    const array *weights = nullptr, *bias = nullptr;
  };
  std::optional<convolution> convolution_of(const node& n) const {
    convolution l;
    l.transposed = n.is("ConvTranspose");
    if ((!l.transposed && !n.is("Conv")) || n.in.size() < 2 || n.in.size() > 3 || n.out.size() != 1)
      return {};
    l.weights = constant(n.in[1]);
    if (!l.weights || l.weights->type != dtype::f32 || l.weights->shape.rank < 3) return {};
    const std::int64_t groups = n.integer("group", 1),
                       axis = l.weights->shape[l.transposed ? 1 : 0];
    if (groups < 1 || axis * groups > INT32_MAX) return {};
    if (l.transposed && l.weights->shape[0] % groups != 0) return {};
    l.groups = static_cast<std::int32_t>(groups);
    l.count = static_cast<std::int32_t>(l.transposed ? axis * groups : axis);
    if (n.in.size() == 2) return l;
    l.bias = constant(n.in[2]);
    if (!l.bias || !is_vector(*l.bias, l.count)) return {};
    return l;
  }
  static bool is_vector(const array& a, std::int32_t count) {
    return a.type == dtype::f32 && a.shape.rank == 1 && a.shape[0] == count;
  }
  /// A number for each channel: [C, 1, ...] or [1, C, 1, ...].
  static bool is_for_channels(const array& a, const convolution& l) {
    const int rank = l.weights->shape.rank, at = a.shape.rank == rank ? 1 : 0;
    if (a.type != dtype::f32 || (a.shape.rank != rank && a.shape.rank != rank - 1)) return false;
    for (int k = 0; k < a.shape.rank; ++k)
      if (a.shape[k] != (k == at ? l.count : 1)) return false;
    return true;
  }

  /// What stands for the convolution and the one that reads it.
  struct folded {
    std::vector<float> factors, bias;  // empty: none
  };
  static folded product(const convolution& l, numbers by) {
    folded f;
    for (std::int32_t c = 0; c < l.count; ++c)
      f.factors.push_back(by[by.size() == 1 ? 0 : as_size(c)]);
    for (std::size_t c = 0; l.bias && c < f.factors.size(); ++c)
      f.bias.push_back(numerics::mul(l.bias->as<float>()[c], f.factors[c]));
    return f;
  }
  static folded sum(const convolution& l, numbers with) {
    folded f;
    for (std::size_t c = 0; c < with.size(); ++c)
      f.bias.push_back(l.bias ? numerics::add(l.bias->as<float>()[c], with[c]) : with[c]);
    return f;
  }
  /// y = (x - mean) r + offset with r = scale / sqrt(variance + epsilon), each step rounded.
  std::optional<folded> normalization(const convolution& l, const node& n) const {
    if (n.in.size() != 5 || n.integer("training_mode", 0) != 0 || n.integer("spatial", 1) == 0)
      return {};
    numbers parameters[4];
    for (std::size_t k = 0; k < 4; ++k) {
      const array* a = constant(n.in[k + 1]);
      if (!a || !is_vector(*a, l.count)) return {};
      parameters[k] = a->as<float>();
    }
    const auto& [scale, offset, mean, variance] = parameters;
    const attribute* e = n.find("epsilon");
    const float epsilon = e ? e->real.value_or(1e-5f) : 1e-5f;
    folded f;
    for (std::size_t c = 0; c < scale.size(); ++c) {
      const float r =
          numerics::div(scale[c], numerics::sqrt_f32(numerics::add(variance[c], epsilon)));
      f.factors.push_back(r);
      f.bias.push_back(
          l.bias ? numerics::add(numerics::mul(numerics::sub(l.bias->as<float>()[c], mean[c]), r),
                                 offset[c])
                 : numerics::sub(offset[c], numerics::mul(mean[c], r)));
    }
    return f;
  }
  std::optional<folded> fold(const convolution& l, const node& n) const {
    if (n.is("BatchNormalization")) return normalization(l, n);
    const bool mul = n.is("Mul");
    if ((!mul && !n.is("Add")) || l.transposed || n.in.size() != 2) return {};
    const array* a = constant(n.in[1]);
    if (!a) return {};
    if (mul && a->shape.rank == 0 && a->type == dtype::f32) return product(l, a->as<float>());
    if (!is_for_channels(*a, l)) return {};
    return mul ? product(l, a->as<float>()) : sum(l, a->as<float>());
  }

  void fold_next(item& i) {
    const auto l = convolution_of(i.n);
    if (!l || !one_reader(i.n.out[0])) return;
    const use u = *uses(i.n.out[0]).begin();
    item& next = reader(u);
    if (u.second != 0 || next.n.out.size() != 1) return;
    const auto f = fold(*l, next.n);
    if (!f || !room_for(4 * (f->bias.size() + (f->factors.empty() ? 0 : l->weights->elements()))))
      return;
    node n = i.n;
    n.out = next.n.out;
    if (!f->factors.empty()) {
      const std::string name = fresh(n.in[1]);
      array scaled = scaled_weights(*l, f->factors);
      model_.constants[name] = std::move(scaled);
      n.in[1] = name;
    }
    if (!f->bias.empty()) {
      const std::string name = fresh(n.in[1]);
      model_.constants[name] = array::of(numbers(f->bias), dims{l->count});
      n.in.resize(2);
      n.in.push_back(name);
    }
    const double place = next.place;
    remove(i);
    remove(next);
    add(std::move(n), place);
  }
  /// Weights [O, I / G, ...], transposed ones [I, O / G, ...], each times its output channel's.
  static array scaled_weights(const convolution& l, numbers factors) {
    const auto w = l.weights->as<float>();
    const dims& s = l.weights->shape;
    const std::size_t rows = as_size(s[0]), columns = l.transposed ? as_size(s[1]) : 1,
                      inner = rows * columns == 0 ? 0 : w.size() / (rows * columns),
                      in_group = rows / as_size(l.groups);
    std::vector<float> to;
    to.reserve(w.size());
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < columns; ++c) {
        const float by = factors[l.transposed ? r / in_group * columns + c : r];
        for (std::size_t k = 0; k < inner; ++k)
          to.push_back(numerics::mul(w[(r * columns + c) * inner + k], by));
      }
    return array::of(numbers(to), s);
  }
};

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_FOLD_HPP_
