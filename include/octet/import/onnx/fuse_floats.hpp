// Chains of float operators that ONNX Runtime 1.32 runs as one operator at its default level of
// optimization, where that decides the last bits: GELU by erf, normalizations of rows and of sums,
// matrix products with a factor or of matrices turned. One function a pattern, as its graph passes
// look for them.
#ifndef OCTET_IMPORT_ONNX_FUSE_FLOATS_HPP_
#define OCTET_IMPORT_ONNX_FUSE_FLOATS_HPP_

#include <algorithm>
#include <cmath>

#include "octet/import/onnx/edit.hpp"
#include "octet/import/onnx/extents.hpp"
#include "octet/numerics/fp.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

class float_fuser : node_graph {
 public:
  /// `shapes`: what the file says, and what followed for its nodes as they were.
  float_fuser(model& m, known_shapes& shapes) : node_graph(m), shapes_(shapes) {
    for (const value_info& v : m.inputs)
      if (v.type == dtype::f16) half_inputs_.insert(v.name);
  }

  /// Rewrites the model's nodes; they come back in an order in which they can run.
  status run() {
    if (!sort()) return cycle();
    for (const item* i : order_) shapes_.follow(i->n);
    for (item* i : std::vector<item*>(order_))
      if (i->alive) quotient_by_reciprocal(*i);
    if (!sort()) return cycle();
    const std::vector<item*> all = order_;
    const auto each = [&](auto pattern) {
      for (item* i : all)
        if (i->alive) (this->*pattern)(*i);
    };
    each(&float_fuser::gelu);
    each(&float_fuser::layer_normalization);
    each(&float_fuser::root_mean_square);
    if (!sort()) return cycle();
    for (item* i : std::vector<item*>(order_))
      if (i->alive) skip_layer_normalization(*i);
    each(&float_fuser::scaled_product);
    if (!sort()) return cycle();
    for (item* i : std::vector<item*>(order_))
      if (i->alive) turned_product(*i);
    if (!sort()) return cycle();
    finish();
    return unit{};
  }

 private:
  static constexpr std::string_view microsoft = microsoft_domain;

  const extent_list* shape(const std::string& name) { return shapes_.find(name); }

  // ---- what patterns ask ----

  /// A float of one element, of any rank.
  std::optional<float> one_element(const std::string& name) const {
    const array* a = constant(name);
    if (!a || a->type != dtype::f32 || a->elements() != 1) return {};
    return a->as<float>()[0];
  }
  /// The same without an axis, or with one.
  std::optional<float> number(const std::string& name) const {
    const array* a = constant(name);
    return a && scalar(*a) ? one_element(name) : std::nullopt;
  }
  bool is_number(const std::string& name, float v) const {
    const auto found = number(name);
    return found && std::fabs(*found - v) <= 1e-5f * std::fabs(v);
  }
  static void set(node& n, const char* key, float v) { n.attributes[key].real = v; }
  static void set(node& n, const char* key, std::int64_t v) { n.attributes[key].integer = v; }

  /// Whether a value is float16. Around what computes in float32 casts stand then, which come
  /// before chains are looked for.
  bool is_half(std::string name) {
    for (int steps = 0; steps < 64; ++steps) {
      if (const array* a = constant(name)) return a->type == dtype::f16;
      const item* i = producer(name);
      if (!i) return half_inputs_.contains(name);
      if (i->n.is("Cast"))
        return i->n.integer("to", undefined_data_type) == data_type_code("FLOAT16");
      const std::size_t from = is_dequantize(i->n) || i->n.is("Where") ? 1 : 0;
      name = i->n.input(from);
    }
    return false;
  }

  // ---- patterns ----

  /// DivMulFusion: x times 1 / y is x / y.
  void quotient_by_reciprocal(item& div) {
    if (!is_plain(div.n, "Div") || div.n.in.size() != 2 || !is_number(div.n.in[0], 1.f)) return;
    item* mul = only_reader(div.n.out[0], "Mul");
    const std::string* x = mul ? other(mul->n, div.n.out[0]) : nullptr;
    if (x) put(made("Div", {}, {*x, div.n.in[1]}), {&div, mul});
  }

  /// Whether a Mul gives an integer product its scale, which has taken it before chains are looked
  /// for.
  bool scales_product(const node& mul) {
    for (const std::string& in : mul.in)
      if (item* cast = producer(in); cast && cast->n.op == "Cast")
        if (item* product = producer(cast->n.input(0)); product && product->n.op == "MatMulInteger")
          return true;
    return false;
  }
  /// x / sqrt 2, Erf, + 1, * x and * 0.5 in either order.
  void gelu(item& div) {
    if (!is_plain(div.n, "Div") || div.n.in.size() != 2 ||
        !is_number(div.n.in[1], 1.4142099618911743f))
      return;
    const std::string x = div.n.in[0];
    item* erf = only_reader(div.n.out[0], "Erf");
    item* add = erf ? only_reader(erf->n.out[0], "Add") : nullptr;
    const std::string* one = add ? other(add->n, erf->n.out[0]) : nullptr;
    if (!one || !is_number(*one, 1.f)) return;
    item* first = only_reader(add->n.out[0], "Mul");
    const std::string* by = first ? other(first->n, add->n.out[0]) : nullptr;
    if (!by) return;
    if (*by == x) {
      // A Mul in front of x is taken for the one by 0.5 of the other order, and nothing is found.
      const item* before = producer(x);
      if (before && is_plain(before->n, "Mul") && !scales_product(before->n)) return;
      item* half = only_reader(first->n.out[0], "Mul");
      const std::string* factor = half ? other(half->n, first->n.out[0]) : nullptr;
      if (factor && is_number(*factor, 0.5f))
        put(made("Gelu", microsoft, {x}), {&div, erf, add, first, half});
      return;
    }
    item* half = producer(*by);
    const std::string* factor = half && is_plain(half->n, "Mul") ? other(half->n, x) : nullptr;
    if (factor && is_number(*factor, 0.5f) && one_reader(*by))
      put(made("Gelu", microsoft, {x}), {&div, erf, add, half, first});
  }

  /// How many innermost axes a ReduceMean that keeps them is over; 0: others.
  std::size_t innermost_axes(const node& n) {
    if (n.integer("keepdims", 1) == 0) return 0;
    std::vector<std::int64_t> axes;
    if (const attribute* a = n.find("axes")) axes = a->integers;
    if (const array* a = constant(n.input(1)); a && a->type == dtype::s64)
      axes.assign(a->as<std::int64_t>().begin(), a->as<std::int64_t>().end());
    const extent_list* e = shape(n.in[0]);
    for (std::int64_t& a : axes)
      if (a >= 0) a = e ? a - static_cast<std::int64_t>(e->size()) : 0;
    std::sort(axes.begin(), axes.end());
    for (std::size_t k = 0; k < axes.size(); ++k)
      if (axes[k] != static_cast<std::int64_t>(k) - static_cast<std::int64_t>(axes.size()))
        return 0;
    return axes.size();
  }
  /// From the squares' mean on: + epsilon, Sqrt; x or x - mean over it; times a constant.
  struct deviation {
    item *add = nullptr, *sqrt = nullptr, *div = nullptr, *mul = nullptr;
    item* product = nullptr;  // x times the reciprocal, where that is taken
    std::string scale;
    float epsilon = 0;
  };
  /// As far as the quotient by the root.
  std::optional<deviation> quotient_of(const std::string& mean) {
    deviation d;
    const std::string* epsilon = nullptr;
    if (!(d.add = with_constant(mean, "Add", epsilon)) || !number(*epsilon)) return {};
    d.epsilon = *number(*epsilon);
    if (!(d.sqrt = only_reader(d.add->n.out[0], "Sqrt"))) return {};
    if (!(d.div = only_reader(d.sqrt->n.out[0], "Div")) || d.div->n.in.size() != 2 ||
        d.div->n.in[1] != d.sqrt->n.out[0])
      return {};
    return d;
  }
  std::optional<deviation> deviation_of(const std::string& mean, const std::string& divided) {
    auto found = quotient_of(mean);
    if (!found || found->div->n.in[0] != divided) return {};
    deviation& d = *found;
    const std::string* scale = nullptr;
    if (!(d.mul = with_constant(d.div->n.out[0], "Mul", scale))) return {};
    d.scale = *scale;
    return found;
  }
  /// x - mean, its squares' mean, ..., times a constant, plus a constant.
  void layer_normalization(item& mean) {
    if (!is_plain(mean.n, "ReduceMean")) return;
    const std::string x = mean.n.in[0];
    item* sub = only_reader(mean.n.out[0], "Sub");
    if (!sub || sub->n.in.size() != 2 || sub->n.in[0] != x || sub->n.in[1] != mean.n.out[0]) return;
    const std::string& d = sub->n.out[0];
    if (is_output(d) || uses(d).size() != 2) return;
    item* pow = nullptr;
    for (const use& u : uses(d))
      if (is_plain(reader(u).n, "Pow") && u.second == 0 && is_number(reader(u).n.input(1), 2.f))
        pow = &reader(u);
    item* squares = pow ? only_reader(pow->n.out[0], "ReduceMean") : nullptr;
    const std::size_t axes = innermost_axes(mean.n);
    if (!squares || axes == 0 || innermost_axes(squares->n) != axes) return;
    const auto rest = deviation_of(squares->n.out[0], d);
    const std::string* bias = nullptr;
    item* add = rest ? with_constant(rest->mul->n.out[0], "Add", bias) : nullptr;
    if (!add) return;
    node n = made("LayerNormalization", {}, {x, rest->scale, *bias});
    set(n, "axis", -static_cast<std::int64_t>(axes));
    set(n, "epsilon", rest->epsilon);
    put(std::move(n), {&mean, sub, pow, squares, rest->add, rest->sqrt, rest->div, rest->mul, add});
  }
  /// The same with a reciprocal: 1 over the root, times x, times a constant.
  std::optional<deviation> reciprocal_deviation_of(const std::string& mean, const std::string& x) {
    auto found = quotient_of(mean);
    if (!found || !is_number(found->div->n.in[0], 1.f)) return {};
    deviation& d = *found;
    const std::string* scale = nullptr;
    d.product = only_reader(d.div->n.out[0], "Mul");
    const std::string* of = d.product ? other(d.product->n, d.div->n.out[0]) : nullptr;
    if (!of || *of != x) return {};
    if (!(d.mul = with_constant(d.product->n.out[0], "Mul", scale))) return {};
    d.scale = *scale;
    return found;
  }
  /// The mean of x squared, ..., times a constant.
  void root_mean_square(item& pow) {
    if (!is_plain(pow.n, "Pow") || !is_number(pow.n.input(1), 2.f)) return;
    const std::string x = pow.n.in[0];
    item* mean = only_reader(pow.n.out[0], "ReduceMean");
    const std::size_t axes = mean ? innermost_axes(mean->n) : 0;
    if (axes == 0) return;
    auto rest = deviation_of(mean->n.out[0], x);
    if (!rest) rest = reciprocal_deviation_of(mean->n.out[0], x);
    if (!rest) return;
    node n = made("SimplifiedLayerNormalization", {}, {x, rest->scale});
    set(n, "axis", -static_cast<std::int64_t>(axes));
    set(n, "epsilon", rest->epsilon);
    std::vector<item*> instead{&pow, mean, rest->add, rest->sqrt, rest->div, rest->mul};
    if (rest->product) instead.insert(instead.end() - 1, rest->product);
    put(std::move(n), instead);
  }

  /// A constant with an element for each of the last axis, the second operand of a sum that one
  /// node reads and that no integer product has taken.
  bool adds_bias(item& add) {
    if (!is_plain(add.n, "Add") || add.n.in.size() != 2 || !one_reader(add.n.out[0])) return false;
    const array* bias = constant(add.n.in[1]);
    const extent_list* x = shape(add.n.in[0]);
    if (!bias || bias->shape.rank != 1 || !x || x->size() != 3 ||
        x->back().number != bias->shape[0])
      return false;
    const item* mul = producer(add.n.in[0]);
    return !mul || mul->n.op != "Mul" || !scales_product(mul->n);
  }
  /// The sum of two values of one shape of three axes, whose extents the file names, is read by
  /// nothing but a normalization of its last axis.
  void skip_layer_normalization(item& i) {
    const node& n = i.n;
    if (!is_plain(n, "LayerNormalization") || n.in.size() < 2) return;
    const std::int64_t axis = n.integer("axis", -1);
    item* add = producer(n.in[0]);
    if ((axis != -1 && axis != 2) || !add || !is_plain(add->n, "Add") || add->n.in.size() != 2 ||
        !one_reader(add->n.out[0]))
      return;
    const extent_list *a = shape(add->n.in[0]), *b = shape(add->n.in[1]);
    if (!a || !b || a->size() != 3 || *a != *b || is_half(n.in[0])) return;
    for (const extent& e : *a)
      if (!e.known()) return;
    std::vector<item*> instead{add};
    std::vector<std::string> in{add->n.in[0], add->n.in[1], n.in[1], n.input(2)};
    for (std::size_t k = 0; k < 2; ++k) {
      item* bias = producer(add->n.in[k]);
      if (!bias || !adds_bias(*bias)) continue;
      in[0] = bias->n.in[0], in[1] = add->n.in[1 - k];
      in.push_back(bias->n.in[1]);
      instead.push_back(bias);
      break;
    }
    node to = made("SkipLayerNormalization", microsoft, std::move(in));
    const attribute* epsilon = n.find("epsilon");
    set(to, "epsilon", epsilon && epsilon->real ? *epsilon->real : 1e-5f);
    instead.push_back(&i);
    put(std::move(to), instead);
  }

  /// The factor of a product or quotient with a number, and what it is of.
  struct scaling {
    float by = 1;
    std::string of;
  };
  std::optional<scaling> scaling_of(const node& n) const {
    if ((!n.is("Mul") && !n.is("Div")) || n.in.size() != 2 || n.out.size() != 1) return {};
    if (const auto v = one_element(n.in[1]))
      return scaling{n.op == "Mul" ? *v : numerics::div(1.f, *v), n.in[0]};
    const auto v = n.op == "Mul" ? one_element(n.in[0]) : std::nullopt;
    return v ? std::optional(scaling{*v, n.in[1]}) : std::nullopt;
  }
  /// A matrix product whose operands, their ranks known, or result are multiplied by numbers.
  void scaled_product(item& i) {
    const bool fused = i.n.is("FusedMatMul", microsoft);
    if ((!i.n.is("MatMul") && !fused) || i.n.in.size() != 2 || i.n.out.size() != 1) return;
    node n = i.n;
    n.op = "FusedMatMul", n.domain = microsoft;
    float alpha = 1;
    if (const attribute* a = n.find("alpha"); a && a->real) alpha = *a->real;
    bool found = false;
    std::vector<item*> instead;
    const auto take = [&](const scaling& f, item* scale, bool unread) {
      found = true;
      alpha = numerics::mul(alpha, f.by);
      if (unread) instead.push_back(scale);
    };
    for (std::string& in : n.in) {
      bool unread = true;  // by whatever stays
      for (int steps = 0; steps < most_factors; ++steps) {
        item* scale = producer(in);
        const auto f = scale ? scaling_of(scale->n) : std::nullopt;
        if (!f || constant(f->of) || !shape(f->of)) break;
        unread = unread && one_reader(in);
        take(*f, scale, unread);
        in = f->of;
      }
    }
    instead.push_back(&i);
    for (int steps = 0; steps < most_factors && one_reader(instead.back()->n.out[0]); ++steps) {
      item& scale = reader(*uses(instead.back()->n.out[0]).begin());
      const auto f = scaling_of(scale.n);
      if (!f || f->of != instead.back()->n.out[0]) break;
      take(*f, &scale, true);
    }
    if (!found) return;
    set(n, "alpha", alpha);
    put(std::move(n), instead);
  }
  static constexpr int most_factors = 8;

  /// Whether a node exchanges the last two axes.
  bool exchanges_last(const node& n) {
    if (!is_plain(n, "Transpose") || n.in.size() != 1) return false;
    const attribute* a = n.find("perm");
    if (!a) {
      const extent_list* x = shape(n.in[0]);
      return x && x->size() == 2;
    }
    const std::vector<std::int64_t>& perm = a->integers;
    const std::size_t rank = perm.size();
    if (rank < 2) return false;
    for (std::size_t k = 0; k + 2 < rank; ++k)
      if (perm[k] != static_cast<std::int64_t>(k)) return false;
    return perm[rank - 2] == static_cast<std::int64_t>(rank - 1) &&
           perm[rank - 1] == static_cast<std::int64_t>(rank - 2);
  }
  /// A matrix product reads a matrix as it lies before its axes are exchanged.
  void turned_product(item& i) {
    const bool fused = i.n.is("FusedMatMul", microsoft);
    if ((!i.n.is("MatMul") && !fused) || i.n.in.size() != 2 || i.n.out.size() != 1) return;
    node n = i.n;
    n.op = "FusedMatMul", n.domain = microsoft;
    std::vector<item*> instead;
    bool found = false;
    for (std::size_t k = 0; k < 2; ++k) {
      item* turn = producer(n.in[k]);
      if (!turn || !exchanges_last(turn->n) || constant(turn->n.in[0]) || is_half(n.in[k]))
        continue;
      const char* key = k == 0 ? "transA" : "transB";
      found = true;
      if (one_reader(n.in[k]) && std::ranges::find(instead, turn) == instead.end())
        instead.push_back(turn);
      n.in[k] = turn->n.in[0];
      set(n, key, std::int64_t{n.integer(key, 0) == 0});
    }
    if (!found) return;
    instead.push_back(&i);
    put(std::move(n), instead);
  }

  known_shapes& shapes_;
  std::set<std::string> half_inputs_;
};

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_FUSE_FLOATS_HPP_
