// Q/DQ graphs as ONNX Runtime 1.32 runs them on x86: which groups of DequantizeLinear, an operator
// and QuantizeLinear become one quantized operator, and which stay float. Its graph passes decide
// it, one after another; here each is one function that says what the pass looks for.
#ifndef OCTET_IMPORT_ONNX_FUSE_HPP_
#define OCTET_IMPORT_ONNX_FUSE_HPP_

#include <algorithm>
#include <cmath>
#include <set>

#include "octet/import/onnx/edit.hpp"
#include "octet/laws/activation.hpp"
#include "octet/laws/layers.hpp"
#include "octet/numerics/fp.hpp"
#include "octet/ops/quantize.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

class fuser : node_graph {
 public:
  fuser(model& m, const limits& max) : node_graph(m), max_(max) {
    for (const value_info& v : m.inputs) {
      input_types_.emplace(v.name, v.type);
      if (v.dequantized) dequantized_outside_.insert(v.name);
    }
  }

  /// Rewrites the model's nodes; they come back in an order in which they can run. `as_written`:
  /// only Constant nodes become constants. An error where they form a cycle.
  status run(bool as_written) {
    if (auto s = check_values(); !s) return s;
    constants_into_the_model();
    if (as_written) {
      if (!sort()) return cycle();
      finish();
      return unit{};
    }
    drop_what_changes_nothing();
    merge_equal_pairs();
    remove_double_pairs();
    dequantize_later();
    quantize_earlier();
    quantize_biases();
    one_reader_per_dequantize();
    drop_redundant_clips();
    signed_to_unsigned();
    if (made_ > max_.constant_bytes)
      return over_limit(&limits::constant_bytes, max_, "bytes of all constants",
                        std::to_string(made_));
    if (moved_ > most_moved)
      return import::too_large("readers of values that change nothing", {},
                               std::to_string(most_moved) + " moves");
    if (!sort()) return cycle();
    for (item* i : order_)
      if (i->alive) fuse(*i);
    if (!sort()) return cycle();
    finish();
    return unit{};
  }

 private:
  /// Whether a new constant of that many bytes is within the limits. A file must not name one large
  /// array in thousands of places.
  bool room_for(std::size_t bytes) {
    made_ = saturating_add(made_, bytes);
    return made_ <= max_.constant_bytes;
  }

  // ---- what a Q or DQ says ----

  struct parameters {
    float scale = 0;
    std::int32_t zero_point = 0;
    dtype type = dtype::u8;
    bool zero_point_given = false;
    bool operator==(const parameters&) const = default;
  };
  static std::int32_t integer_of(const array& a, std::size_t i) {
    std::int32_t v = 0;
    with_integer(a.type,
                 [&]<class T>(type_tag<T>) { v = static_cast<std::int32_t>(a.as<T>()[i]); });
    return v;
  }
  /// Of a node whose scale and zero point are constants of one element.
  std::optional<parameters> scalar_parameters(const node& n) {
    const array* s = constant(n.input(1));
    if (!s || !scalar(*s) || s->type != dtype::f32 || n.integer("block_size", 0) != 0) return {};
    parameters p;
    p.scale = s->as<float>()[0];
    if (n.input(2).empty()) {
      const auto t = type_of(is_quantize(n) ? n.out[0] : n.in[0]);
      if (!t) return {};
      p.type = *t;
      return p;
    }
    const array* z = constant(n.input(2));
    if (!z || !scalar(*z)) return {};
    p.zero_point_given = true;
    p.type = z->type;
    p.zero_point = integer_of(*z, 0);
    return p;
  }
  /// Element type of a value, where it follows from what quantizes it.
  std::optional<dtype> type_of(const std::string& name) {
    std::string at = name;
    for (int steps = 0; steps < 64; ++steps) {
      if (const array* a = constant(at)) return a->type;
      item* p = producer(at);
      if (!p) {
        const auto input = input_types_.find(at);
        return input == input_types_.end() ? std::nullopt : input->second;
      }
      const node& n = p->n;
      if (is_quantize(n)) {
        if (const array* z = constant(n.input(2))) return z->type;
        if (!n.input(2).empty()) {
          at = n.in[2];
          continue;
        }
        const data_type_row* r = find_data_type(n.integer("output_dtype", data_type_code("UINT8")));
        return r ? r->type : std::nullopt;
      }
      if (n.op == "DynamicQuantizeLinear" && !n.out.empty() && at == n.out[0]) return dtype::u8;
      if (n.op == "Cast") {
        const data_type_row* r = find_data_type(n.integer("to", undefined_data_type));
        return r ? r->type : std::nullopt;
      }
      if (!moves_values(n) || n.in.empty()) return {};
      at = n.in[0];
    }
    return {};
  }
  static bool moves_values(const node& n) {
    static const std::set<std::string_view> ops{
        "Expand", "Flatten", "Gather",  "GatherElements", "Identity",  "MaxPool",   "Reshape",
        "Slice",  "Split",   "Squeeze", "Tile",           "Transpose", "Unsqueeze", "Resize"};
    return n.domain.empty() && ops.contains(n.op);
  }
  /// A Q and a DQ that undo each other: both give constants of one element for scale and zero
  /// point, and the same ones.
  bool is_pair(const node& q, const node& dq) {
    const auto a = scalar_parameters(q), b = scalar_parameters(dq);
    return a && b && a->zero_point_given && b->zero_point_given && *a == *b;
  }
  static bool is_16bit(dtype t) { return t == dtype::s16 || t == dtype::u16; }

  // ---- before the passes ----

  void constants_into_the_model() {
    for (item* i : nodes_) {
      node& n = i->n;
      if (!n.is("Constant") || n.out.size() != 1) continue;
      std::optional<array> a;
      for (const auto& [key, v] : n.attributes) {
        if (key == "value" && v.tensor) a = *v.tensor;
        if (key == "value_float" && v.real) a = array::of(std::span(&*v.real, 1), dims{});
        if (key == "value_int" && v.integer) a = array::of(std::span(&*v.integer, 1), dims{});
        if (key == "value_floats")
          a = array::of(std::span(v.reals), dims{static_cast<std::int32_t>(v.reals.size())});
        if (key == "value_ints")
          a = array::of(std::span(v.integers), dims{static_cast<std::int32_t>(v.integers.size())});
      }
      if (!a) continue;  // refused later, by name
      model_.constants.insert_or_assign(n.out[0], std::move(*a));
      remove(*i);
    }
  }
  /// Identity, Dropout without its mask, Cast to the type that is there; QuantizeLinear of
  /// constants becomes one.
  void drop_what_changes_nothing() {
    for (item* i : nodes_) {
      if (!i->alive) continue;
      node& n = i->n;
      if (is_quantize(n)) fold_quantize(*i);
      if (!i->alive || n.in.empty() || n.out.empty() || is_output(n.out[0])) continue;
      bool nothing = n.is("Identity");
      nothing |= n.is("Dropout") && (n.out.size() < 2 || uses(n.out[1]).empty());
      if (n.is("Cast")) {
        const auto from = type_of(n.in[0]);
        const data_type_row* to = find_data_type(n.integer("to", undefined_data_type));
        nothing |= from && to && to->type == from;
      }
      if (!nothing) continue;
      const std::string from = n.out[0], to = n.in[0];
      remove(*i);
      replace_value(from, to);
    }
  }
  void fold_quantize(item& i) {
    const node& n = i.n;
    const array *x = constant(n.input(0)), *s = constant(n.input(1)), *z = constant(n.input(2));
    if (!x || !s || x->type != dtype::f32 || s->type != dtype::f32 || is_output(n.out[0])) return;
    if (!n.input(2).empty() && !z) return;
    const auto type = type_of(n.out[0]);
    const bool bytes = type && (is_8bit(*type) || is_16bit(*type));
    if (!bytes || n.integer("block_size", 0) != 0) return;
    const std::size_t channels = s->elements(), count = x->elements();
    std::size_t inner = 1;
    if (channels != 1) {
      std::int64_t axis = n.integer("axis", 1);
      if (axis < 0) axis += x->shape.rank;
      if (axis < 0 || axis >= x->shape.rank || s->shape.rank != 1 ||
          s->shape[0] != x->shape[static_cast<int>(axis)] || (z && z->elements() != channels))
        return;
      for (int k = static_cast<int>(axis) + 1; k < x->shape.rank; ++k)
        inner *= as_size(x->shape[k]);
    }
    if (channels == 0 || (z && (z->elements() == 0 || z->type != *type)) ||
        !room_for(count * size_of(*type)))
      return;
    const auto lo = static_cast<std::int32_t>(lowest_of(*type)),
               hi = static_cast<std::int32_t>(highest_of(*type));
    const auto quantized = [&]<class T>(T) {
      std::vector<T> to(count);
      for (std::size_t k = 0; k < count; ++k) {
        const std::size_t c = channels == 1 ? 0 : k / inner % channels;
        to[k] = static_cast<T>(
            numerics::quantize_even(x->as<float>()[k], s->as<float>()[c],
                                    z ? integer_of(*z, z->elements() == 1 ? 0 : c) : 0, lo, hi));
      }
      return array{*type, x->shape, constant_data::of(std::span<const T>(to))};
    };
    array a = *type == dtype::u8    ? quantized(std::uint8_t{})
              : *type == dtype::s8  ? quantized(std::int8_t{})
              : *type == dtype::u16 ? quantized(std::uint16_t{})
                                    : quantized(std::int16_t{});
    model_.constants.insert_or_assign(n.out[0], std::move(a));
    remove(i);
  }

  // ---- ONNX Runtime's passes ----

  /// CommonSubexpressionElimination, of Q and DQ: equal ones of one value become one.
  void merge_equal_pairs() {
    std::map<std::string, item*> seen;
    const auto bytes = [&](const std::string& name) {
      const array* a = constant(name);
      if (!a || a->data.bytes.size() > 8) return name;  // ConstantSharing looks at small ones
      return std::string(name_of(a->type)) + to_string(a->shape) +
             std::string(reinterpret_cast<const char*>(a->data.bytes.data()), a->data.bytes.size());
    };
    for (item* i : nodes_) {
      node& n = i->n;
      if (!i->alive || (!is_quantize(n) && !is_dequantize(n)) || n.in.size() < 2 || n.out.empty())
        continue;
      std::string key = n.domain + "\n" + n.op + "\n" + n.in[0] + "\n" + bytes(n.in[1]) + "\n" +
                        bytes(n.input(2));
      for (const char* a : {"axis", "block_size", "output_dtype", "saturate"})
        key += "\n" + std::to_string(n.integer(a, -1000));
      const auto [at, first] = seen.emplace(std::move(key), i);
      if (first || is_output(n.out[0])) continue;
      const std::string from = n.out[0], to = at->second->n.out[0];
      remove(*i);
      replace_value(from, to);
    }
  }
  /// DoubleQDQPairsRemover: of Q, DQ, Q, DQ in a row the inner two go; the outer ones get the
  /// range that both pairs have.
  void remove_double_pairs() {
    for (item* i : nodes_) {
      if (!i->alive || !is_dequantize(i->n) || i->n.out.empty() || !one_reader(i->n.out[0]))
        continue;
      item* parent = producer(i->n.input(0));
      item& child = reader(*uses(i->n.out[0]).begin());
      if (!parent || !is_quantize(parent->n) || !one_reader(parent->n.out[0]) ||
          !is_quantize(child.n) || child.n.input(0) != i->n.out[0] || child.n.out.empty() ||
          !one_reader(child.n.out[0]))
        continue;
      item& grandchild = reader(*uses(child.n.out[0]).begin());
      if (!is_dequantize(grandchild.n) || !is_pair(parent->n, i->n) ||
          !is_pair(child.n, grandchild.n))
        continue;
      const parameters a = *scalar_parameters(i->n), b = *scalar_parameters(child.n);
      if (!is_8bit(a.type) || a.type != b.type) continue;
      if (!(a.zero_point == b.zero_point && std::fabs(a.scale - b.scale) < 1e-20f)) {
        const auto lo = static_cast<float>(lowest_of(a.type)),
                   hi = static_cast<float>(highest_of(a.type));
        const auto real = [](float q, const parameters& p) {
          return numerics::mul(q - static_cast<float>(p.zero_point), p.scale);
        };
        const float least = std::max(real(lo, a), real(lo, b)),
                    most = std::min(real(hi, a), real(hi, b)),
                    scale = numerics::div(numerics::sub(most, least), hi - lo);
        if (!(scale > 0)) continue;
        const auto zero = static_cast<std::int32_t>(numerics::clamp_to_int(
            static_cast<double>(
                numerics::round_half_away(numerics::sub(lo, numerics::div(least, scale)))),
            static_cast<std::int32_t>(lo), static_cast<std::int32_t>(hi)));
        const std::string s = fresh(parent->n.in[1]), z = fresh(parent->n.in[2]);
        model_.constants[s] = array::of(std::span<const float>(&scale, 1), dims{});
        model_.constants[z] = byte_constant(a.type, zero);
        for (item* outer : {parent, &grandchild}) {
          set_input(*outer, 1, s);
          set_input(*outer, 2, z);
        }
      }
      set_input(grandchild, 0, parent->n.out[0]);
      remove(child);
      remove(*i);
    }
  }
  static array byte_constant(dtype t, std::int32_t v) {
    const auto s = static_cast<std::int8_t>(v);
    const auto u = static_cast<std::uint8_t>(v);
    return t == dtype::s8 ? array::of(std::span<const std::int8_t>(&s, 1), dims{})
                          : array::of(std::span<const std::uint8_t>(&u, 1), dims{});
  }

  /// What QDQPropagationTransformer looks through.
  bool propagates(const node& n) const {
    if (!n.domain.empty() || n.in.empty() || n.out.empty()) return false;
    return (n.op == "MaxPool" && model_.opset >= 12 && n.out.size() == 1) || n.op == "Reshape" ||
           n.op == "Transpose" || n.op == "Squeeze" || n.op == "Unsqueeze" || n.op == "Slice";
  }
  /// Q and DQs after `value`, for these readers of it.
  void insert_pair(const node& like, const std::string& value, const std::vector<use>& readers,
                   double place) {
    const std::string q = fresh(value + "/quantized");
    node quantize;
    quantize.op = "QuantizeLinear", quantize.domain = like.domain, quantize.name = q;
    quantize.in = {value, like.in[1]};
    if (!like.input(2).empty()) quantize.in.push_back(like.in[2]);
    quantize.out = {q};
    node dequantize = quantize;
    dequantize.op = "DequantizeLinear";
    dequantize.in[0] = q;
    add(std::move(quantize), place);
    for (const use& u : readers) {
      const std::string dq = fresh(value + "/dequantized");
      dequantize.name = dq;
      dequantize.out = {dq};
      add(dequantize, place);
      set_input(items_[u.first], u.second, dq);
    }
  }
  /// DQ, a move, ...: another pair stands behind the move.
  void dequantize_later() {
    const std::size_t count = nodes_.size();
    for (std::size_t k = 0; k < count; ++k) {
      if (!nodes_[k]->alive || !is_dequantize(nodes_[k]->n)) continue;
      const node dq = nodes_[k]->n;
      if (dq.out.empty() || !one_reader(dq.out[0]) || !scalar_parameters(dq)) continue;
      const use first = *uses(dq.out[0]).begin();
      if (first.second != 0) continue;
      std::vector<item*> open{&reader(first)};
      while (!open.empty()) {
        item& move = *open.back();
        open.pop_back();
        if (!move.alive || !propagates(move.n)) continue;
        const std::string& value = move.n.out[0];
        std::vector<use> readers;
        if (!is_output(value))
          for (const use& u : uses(value))
            if (!is_quantize(reader(u).n)) readers.push_back(u);
        if (readers.empty()) continue;
        for (const use& u : readers)
          if (u.second == 0) open.push_back(&reader(u));
        insert_pair(dq, value, readers, move.place);
      }
    }
  }
  /// ..., a move, Q: another pair stands before the move.
  void quantize_earlier() {
    const std::size_t count = nodes_.size();
    for (std::size_t k = 0; k < count; ++k) {
      if (!nodes_[k]->alive || !is_quantize(nodes_[k]->n)) continue;
      const node q = nodes_[k]->n;
      if (!scalar_parameters(q)) continue;
      std::string at = q.in[0];
      while (one_reader(at)) {
        item* move = producer(at);
        if (!move || !propagates(move->n)) break;
        at = move->n.in[0];
        item* source = producer(at);
        if (!one_reader(at) || (source && is_dequantize(source->n)) || constant(at)) break;
        insert_pair(q, at, {use{move->id, 0}}, move->place);
      }
    }
  }
  /// WeightBiasQuantization: float biases, and float weights, of layers between DQ and Q.
  void quantize_biases() {
    const std::size_t count = nodes_.size();
    for (std::size_t k = 0; k < count; ++k) {
      item& i = *nodes_[k];
      if (!i.alive || !i.n.domain.empty() || i.n.in.size() < 2 || i.n.out.size() != 1 ||
          (i.n.op != "Conv" && i.n.op != "ConvTranspose" && i.n.op != "Gemm"))
        continue;
      item *x = producer(i.n.in[0]), *w = producer(i.n.in[1]);
      if (!x || !is_dequantize(x->n) || !leads_to_quantize(i.n.out[0])) continue;
      const array* x_scale = constant(x->n.input(1));
      if (!x_scale || !scalar(*x_scale) || x_scale->type != dtype::f32) continue;
      const array *bias = constant(i.n.input(2)), *weights = constant(i.n.in[1]);
      const bool quantized = w && is_dequantize(w->n), has_bias = !i.n.input(2).empty();
      if (!quantized && (!weights || weights->type != dtype::f32)) continue;
      if (has_bias && (!bias || bias->shape.rank != 1 || bias->type != dtype::f32)) continue;
      if (quantized && !has_bias) continue;
      if (!room_for((has_bias ? 8 * bias->elements() : 0) + (quantized ? 0 : weights->elements())))
        continue;
      const array* w_scale = nullptr;
      if (quantized) {
        w_scale = constant(w->n.input(1));
        if (!w_scale || w_scale->type != dtype::f32) continue;
        if (!scalar(*w_scale) && !fits_channels(i.n, w->n, *w_scale, *bias)) continue;
      } else {
        w_scale = quantize_weights(i, *weights);
      }
      if (has_bias) quantize_bias(i, x_scale->as<float>()[0], *w_scale, *bias);
    }
  }
  bool leads_to_quantize(std::string value) {
    for (int steps = 0; steps < 64 && uses(value).size() == 1; ++steps) {
      const node& n = reader(*uses(value).begin()).n;
      if (is_quantize(n)) return true;
      if ((n.op != "Relu" && n.op != "Clip") || n.out.size() != 1) return false;
      value = n.out[0];
    }
    return false;
  }
  bool fits_channels(const node& layer, const node& dq, const array& scale, const array& bias) {
    if (scale.shape.rank != 1 || scale.shape[0] != bias.shape[0] ||
        dq.integer("block_size", 0) != 0)
      return false;
    std::int64_t axis = dq.integer("axis", 1);
    const array* w = constant(dq.in[0]);
    if (axis < 0) axis += w ? w->shape.rank : 0;
    return axis == (layer.op == "Gemm" && layer.integer("transB", 0) == 0 ? 1 : 0);
  }
  /// One int8 scale for all weights.
  const array* quantize_weights(item& i, const array& w) {
    float most = 0;
    for (float v : w.as<float>()) most = std::max(most, std::fabs(v));
    const float scale = most > 0 ? numerics::div(most, 127.f) : 1.f;
    std::vector<std::int8_t> q;
    for (float v : w.as<float>())
      q.push_back(static_cast<std::int8_t>(numerics::quantize_even(v, scale, 0, -128, 127)));
    const std::string base = i.n.in[1], name = fresh(base), s = fresh(base), z = fresh(base);
    model_.constants[name] = {dtype::s8, w.shape,
                              constant_data::of(std::span<const std::int8_t>(q))};
    model_.constants[z] = byte_constant(dtype::s8, 0);
    array& kept = model_.constants[s];
    kept = array::of(std::span<const float>(&scale, 1), dims{});
    node dq;
    dq.op = "DequantizeLinear", dq.name = name;
    dq.in = {name, s, z};
    dq.out = {fresh(base)};
    const std::string out = dq.out[0];
    add(std::move(dq), i.place);
    set_input(i, 1, out);
    return &kept;
  }
  void quantize_bias(item& i, float x_scale, const array& w_scale, const array& bias) {
    std::vector<float> scales;
    for (float v : w_scale.as<float>())
      scales.push_back(laws::stored_accumulator_scale(x_scale, v));
    std::vector<std::int32_t> q;
    for (std::size_t c = 0; c < bias.elements(); ++c)
      q.push_back(laws::divided_bias(bias.as<float>()[c], scales[scales.size() == 1 ? 0 : c]));
    const std::string base = i.n.in[2], name = fresh(base), s = fresh(base);
    model_.constants[name] = array::of(std::span<const std::int32_t>(q), bias.shape);
    model_.constants[s] = array::of(std::span<const float>(scales), w_scale.shape);
    node dq;
    dq.op = "DequantizeLinear", dq.name = name;
    dq.in = {name, s};
    dq.out = {fresh(base)};
    if (scales.size() != 1) {
      attribute axis;
      axis.integer = 0;
      dq.attributes.emplace("axis", axis);
    }
    const std::string out = dq.out[0];
    add(std::move(dq), i.place);
    set_input(i, 2, out);
  }
  /// EnsureUniqueDQForNodeUnit.
  void one_reader_per_dequantize() {
    const std::size_t count = nodes_.size();
    for (std::size_t k = 0; k < count; ++k) {
      item& i = *nodes_[k];
      if (!i.alive || !is_dequantize(i.n) || i.n.out.size() != 1) continue;
      const auto readers = uses(i.n.out[0]);
      bool first = !is_output(i.n.out[0]);
      for (const use& u : readers) {
        if (std::exchange(first, false)) continue;
        node copy = i.n;
        copy.out = {fresh(i.n.out[0])};
        const std::string out = copy.out[0];
        add(std::move(copy), i.place);
        set_input(items_[u.first], u.second, out);
      }
    }
  }
  /// ReluQuantFusion, ClipQuantFusion: the rounding of the following Q saturates anyway.
  void drop_redundant_clips() {
    for (item* i : nodes_) {
      node& n = i->n;
      if (!i->alive || !n.domain.empty() || (n.op != "Relu" && n.op != "Clip") ||
          n.out.size() != 1 || !one_reader(n.out[0]))
        continue;
      const node& q = reader(*uses(n.out[0]).begin()).n;
      if (!is_quantize(q)) continue;
      const auto p = scalar_parameters(q);
      if (!p || !p->zero_point_given || !redundant(n, *p)) continue;
      const std::string from = n.out[0], to = n.in[0];
      remove(*i);
      replace_value(from, to);
    }
  }
  bool redundant(const node& n, const parameters& p) {
    const auto lo = lowest_of(p.type), hi = highest_of(p.type);
    if (n.op == "Relu") return p.zero_point == lo;
    const auto bounds = clip_bounds(n);
    // A NaN bounds nothing, and has no code.
    if (!bounds || numerics::is_nan(bounds->first) || numerics::is_nan(bounds->second))
      return false;
    const auto code = [&](float v) {
      return laws::quantized_bound(laws::library::onnxruntime, v, static_cast<double>(p.scale),
                                   p.zero_point);
    };
    return code(bounds->first) <= lo && code(bounds->second) >= hi;
  }
  /// Constants; none: not both are.
  std::optional<std::pair<float, float>> clip_bounds(const node& n) {
    constexpr float most = std::numeric_limits<float>::max();
    std::pair<float, float> b{-most, most};
    float* ends[] = {&b.first, &b.second};
    for (std::size_t k = 0; k < 2; ++k) {
      if (model_.opset < 11) {
        const attribute* a = n.find(k == 0 ? "min" : "max");
        if (a && a->real) *ends[k] = *a->real;
      } else if (!n.input(k + 1).empty()) {
        const array* a = constant(n.in[k + 1]);
        if (!a || a->type != dtype::f32 || a->elements() != 1) return {};
        *ends[k] = a->as<float>()[0];
      }
    }
    return b;
  }
  /// QDQS8ToU8Transformer: int8 between one Q and one DQ becomes uint8, 128 higher; so do constants
  /// that need all eight bits.
  void signed_to_unsigned() {
    const bool converts = each_converts_once();
    const std::size_t count = nodes_.size();
    for (std::size_t k = 0; k < count; ++k) {
      item& i = *nodes_[k];
      if (!i.alive || i.n.in.size() != 3 || i.n.out.empty()) continue;
      if (is_quantize(i.n)) {
        if (!one_reader(i.n.out[0])) continue;
        item& dq = reader(*uses(i.n.out[0]).begin());
        if (!is_dequantize(dq.n) || dq.n.in.size() != 3) continue;
        const array *a = constant(i.n.in[2]), *b = constant(dq.n.in[2]);
        if (!a || !b || a->elements() != 1 || b->elements() != 1 || a->type != dtype::s8 ||
            b->type != dtype::s8 || integer_of(*a, 0) != integer_of(*b, 0))
          continue;
        const std::string z = fresh(i.n.in[2]);
        model_.constants[z] = unsigned_of(*a);
        set_input(i, 2, z);
        set_input(dq, 2, z);
      } else if (is_dequantize(i.n)) {
        if (!converts || !needs_eight_bits(i.n)) continue;
        const array *w = constant(i.n.in[0]), *z = constant(i.n.in[2]);
        if (!room_for(w->elements() + z->elements())) continue;
        const std::string name = fresh(i.n.in[0]), zero = fresh(i.n.in[2]);
        array weights = unsigned_of(*w), zeros = unsigned_of(*z);
        model_.constants[name] = std::move(weights);
        model_.constants[zero] = std::move(zeros);
        set_input(i, 0, name);
        set_input(i, 2, zero);
      }
    }
  }
  /// An int8 constant between -128 and 127 with a zero point, a DQ's input.
  bool needs_eight_bits(const node& dq) {
    const array *w = constant(dq.in[0]), *z = constant(dq.in[2]);
    if (!w || !z || w->type != dtype::s8 || z->type != dtype::s8) return false;
    const auto values = w->as<std::int8_t>();
    return !std::all_of(values.begin(), values.end(), [](int v) { return v >= -64 && v <= 63; });
  }
  /// ONNX Runtime makes a constant uint8 only under session.x64quantprecision, with which the
  /// references were made, and then loads no file in which one would be made twice: those run in
  /// its default session, which leaves constants as they are.
  bool each_converts_once() {
    return std::ranges::none_of(nodes_, [&](const auto& i) {
      return i->alive && i->n.in.size() == 3 && !i->n.out.empty() && is_dequantize(i->n) &&
             needs_eight_bits(i->n) && !(one_reader(i->n.in[0]) && one_reader(i->n.out[0]));
    });
  }
  static array unsigned_of(const array& a) {
    std::vector<std::uint8_t> to;
    for (std::int8_t v : a.as<std::int8_t>()) to.push_back(static_cast<std::uint8_t>(v + 128));
    return array::of(std::span<const std::uint8_t>(to), a.shape);
  }

  // ---- QDQSelectorActionTransformer ----

  /// An operator with the DQs that it reads and the Qs that read it.
  struct group {
    std::vector<item*> dq, q;
    std::size_t inputs = 0, outputs = 0, readers = 0;  // that are there
    bool gives_output = false;                         // of the graph
  };
  group group_of(item& i) {
    group g;
    for (std::size_t k = 0; k < i.n.in.size(); ++k) {
      g.inputs += !i.n.in[k].empty();
      if (item* p = producer(i.n.in[k]); p && is_dequantize(p->n)) g.dq.push_back(p);
    }
    for (const std::string& o : i.n.out) {
      if (o.empty()) continue;
      ++g.outputs;
      g.gives_output |= is_output(o);
      for (const use& u : uses(o)) {
        ++g.readers;
        if (is_quantize(reader(u).n)) g.q.push_back(&reader(u));
      }
    }
    return g;
  }
  static bool all_quantized(const group& g) {
    return g.outputs == g.q.size() && g.q.size() == g.readers && !g.gives_output;
  }
  std::optional<dtype> in_type(const item& dq) {
    if (const array* z = constant(dq.n.input(2))) return z->type;
    return type_of(dq.n.input(0));
  }
  std::optional<dtype> out_type(const item& q) {
    return q.n.out.empty() ? std::optional<dtype>() : type_of(q.n.out[0]);
  }

  enum class kind : std::uint8_t {
    move,
    move_8bit,
    largest,
    index,
    split,
    unary,
    binary,
    variadic,
    convolution,
    product,
    matrix,
    where
  };
  struct rule {
    std::string_view op;
    kind what;
    std::string_view to, domain;
  };
  static constexpr std::string_view microsoft = "com.microsoft";
  static constexpr rule rules[] = {
      {"Expand", kind::move, {}, {}},
      {"Flatten", kind::move, {}, {}},
      {"Gather", kind::move, {}, {}},
      {"GatherElements", kind::move, {}, {}},
      {"Reshape", kind::move, {}, {}},
      {"Slice", kind::move, {}, {}},
      {"Squeeze", kind::move, {}, {}},
      {"Tile", kind::move, {}, {}},
      {"Transpose", kind::move, {}, {}},
      {"Unsqueeze", kind::move, {}, {}},
      {"Resize", kind::move_8bit, {}, {}},
      {"MaxPool", kind::largest, {}, {}},
      {"ReduceMax", kind::largest, {}, {}},
      {"ReduceMin", kind::largest, {}, {}},
      {"ArgMax", kind::index, {}, {}},
      {"Split", kind::split, {}, {}},
      {"AveragePool", kind::unary, "QLinearAveragePool", microsoft},
      {"LeakyRelu", kind::unary, "QLinearLeakyRelu", microsoft},
      {"GlobalAveragePool", kind::unary, "QLinearGlobalAveragePool", microsoft},
      {"Sigmoid", kind::unary, "QLinearSigmoid", microsoft},
      {"Softmax", kind::unary, "QLinearSoftmax", microsoft},
      {"Add", kind::binary, "QLinearAdd", microsoft},
      {"Mul", kind::binary, "QLinearMul", microsoft},
      {"Concat", kind::variadic, "QLinearConcat", microsoft},
      {"Conv", kind::convolution, "QLinearConv", {}},
      {"MatMul", kind::product, "QLinearMatMul", {}},
      {"Gemm", kind::matrix, "QGemm", microsoft},
      {"Where", kind::where, "QLinearWhere", microsoft},
  };

  void fuse(item& i) {
    if (is_quantize(i.n) || is_dequantize(i.n) || i.n.out.empty()) return;
    for (const auto& [key, a] : i.n.attributes)
      if (a.graph) return;  // nodes of its subgraphs have reasons of their own
    const group g = group_of(i);
    for (const std::string& name : i.n.in)
      if (dequantized_outside_.contains(name))
        i.n.kept_float =
            "ONNX Runtime keeps it in float: an input is dequantized outside of the subgraph";
    if (g.dq.empty() || !i.n.kept_float.empty()) return;
    const rule* r = nullptr;
    if (i.n.domain.empty())
      for (const rule& each : rules)
        if (each.op == i.n.op) r = &each;
    if (!r) {
      i.n.kept_float = "ONNX Runtime has no quantized " + i.n.op;
      return;
    }
    if (std::string why = refusal(*r, i, g); !why.empty())
      i.n.kept_float = "ONNX Runtime keeps it in float: " + why;
    else
      replace(*r, i, g);
  }
  /// How many inputs of a group must be quantized.
  static std::size_t quantized_inputs(kind what, const group& g) {
    switch (what) {
      case kind::move:
      case kind::move_8bit:
      case kind::largest:
      case kind::index:
      case kind::split:
      case kind::unary: return 1;
      case kind::where:
      case kind::product: return 2;
      case kind::binary:
      case kind::variadic:
      case kind::convolution:
      case kind::matrix: break;
    }
    return g.inputs;
  }
  /// Empty: the group is taken.
  std::string refusal(const rule& r, item& i, const group& g) {
    const bool open = r.what == kind::product || r.what == kind::matrix,  // may give floats
        moves = r.what == kind::move || r.what == kind::move_8bit || r.what == kind::largest;
    if (g.dq.size() != quantized_inputs(r.what, g)) return "an input is not quantized";
    for (const auto* list : {&g.dq, &g.q})
      for (item* each : *list)
        if (const array* s = constant(each->n.input(1)); s && s->type != dtype::f32)
          return std::string(name_of(s->type)) + " scales";
    std::vector<dtype> in;
    for (item* d : g.dq) {
      const auto t = in_type(*d);
      if (!t) return "the element type of an input is not known";
      in.push_back(*t);
    }
    if (r.what == kind::index) {
      const auto p = scalar_parameters(g.dq[0]->n);
      if (is_16bit(in[0])) return "16-bit values";
      return p && p->zero_point_given ? "" : "no zero point";
    }
    if (g.q.empty() && !open) return "its result is not quantized";
    if (!g.q.empty() && !all_quantized(g)) return "its result is read by others too";
    if (r.op == "MaxPool" && model_.opset < 12) return "MaxPool of an opset before 12";
    if (r.op == "Resize" && i.n.text("mode", "nearest") != "nearest") return "it interpolates";
    std::optional<dtype> out;
    for (item* q : g.q) {
      const auto t = out_type(*q);
      if (!t || *t != in[0]) return "input and result have different types";
      out = t;
    }
    const bool wide_allowed = r.what == kind::move || r.what == kind::split;
    for (std::size_t k = 0; k < in.size(); ++k) {
      const bool bias = k == 2 && (r.what == kind::convolution || r.what == kind::matrix);
      if (bias) {
        if (in[k] != dtype::s32) return "its bias is not int32";
        continue;
      }
      if (!wide_allowed && is_16bit(in[k])) return "16-bit values";
      if (!is_8bit(in[k]) && !(wide_allowed && is_16bit(in[k])))
        return std::string(name_of(in[k])) + " values";
    }
    if (moves || r.what == kind::split) {
      for (item* q : g.q)
        if (!is_pair(q->n, g.dq[0]->n)) return "it changes scale or zero point";
      return {};
    }
    if (r.what == kind::binary || r.what == kind::variadic || r.what == kind::where)
      for (dtype t : in)
        if (t != in[0]) return "its inputs have different types";
    if ((r.what == kind::convolution || r.what == kind::product) && in[0] == dtype::s8)
      return "int8 activations on x86";
    if (r.what == kind::matrix && in[0] == dtype::s8 && in[1] != dtype::s8)
      return "int8 activations with uint8 weights";
    if (r.what == kind::matrix && in.size() > 2) {
      const attribute* beta = i.n.find("beta");
      if (beta && beta->real.value_or(1) != 1) return "beta is not 1";
    }
    return {};
  }

  static void append(std::vector<std::string>& to, const node& n, std::size_t from,
                     std::size_t count) {
    for (std::size_t k = from; k < from + count; ++k) to.push_back(n.input(k));
  }
  /// The inputs of the node that stands for a group.
  std::vector<std::string> inputs_of(const rule& r, const item& i, const group& g) {
    std::vector<std::string> in;
    switch (r.what) {
      case kind::move:
      case kind::move_8bit:
      case kind::largest:
      case kind::index:
      case kind::split:
        in = i.n.in;
        for (std::string& name : in)
          if (name == g.dq[0]->n.out[0]) name = g.dq[0]->n.in[0];
        break;
      case kind::unary:
      case kind::binary:
      case kind::convolution:
      case kind::product:
        for (std::size_t k = 0; k < g.dq.size() && k < 2; ++k) append(in, g.dq[k]->n, 0, 3);
        if (!g.q.empty()) append(in, g.q[0]->n, 1, 2);
        if (g.dq.size() > 2) append(in, g.dq[2]->n, 0, 1);
        break;
      case kind::variadic:
        append(in, g.q[0]->n, 1, 2);
        for (item* d : g.dq) append(in, d->n, 0, 3);
        break;
      case kind::matrix:
        append(in, g.dq[0]->n, 0, 3);
        append(in, g.dq[1]->n, 0, 3);
        in.push_back(g.dq.size() > 2 ? g.dq[2]->n.in[0] : std::string());
        if (!g.q.empty()) append(in, g.q[0]->n, 1, 2);
        break;
      case kind::where:
        in.push_back(i.n.in[0]);
        append(in, g.dq[0]->n, 0, 3);
        append(in, g.dq[1]->n, 0, 3);
        append(in, g.q[0]->n, 1, 2);
        break;
    }
    return in;
  }
  void replace(const rule& r, item& i, const group& g) {
    node n = i.n;
    std::vector<std::string> in = inputs_of(r, i, g);
    if (!r.to.empty()) n.op = r.to, n.domain = r.domain;
    if (r.what == kind::product && g.q.empty()) {
      n.op = "MatMulIntegerToFloat", n.domain = microsoft;
      const node &a = g.dq[0]->n, &b = g.dq[1]->n;
      in = {a.input(0), b.input(0), a.input(1), b.input(1), a.input(2), b.input(2)};
    }
    if (g.q.empty() && r.what != kind::index)
      n.kept_float = "its result is not quantized: the sum of codes is scaled in float";
    if (r.op == "Softmax") {
      attribute opset;
      opset.integer = model_.opset;
      n.attributes.insert_or_assign("opset", opset);
    }
    n.in = std::move(in);
    // Results in the order of the operator's own.
    for (std::string& o : n.out)
      for (item* q : g.q)
        if (q->n.in[0] == o) {
          o = q->n.out[0];
          break;
        }
    const double place = i.place;
    for (item* q : g.q) remove(*q);
    remove(i);
    for (item* d : g.dq)
      if (uses(d->n.out[0]).empty() && !is_output(d->n.out[0])) remove(*d);
    add(std::move(n), place);
  }

  limits max_;
  std::map<std::string, std::optional<dtype>> input_types_;
  std::set<std::string> dequantized_outside_;
  std::size_t made_ = 0;  // bytes of new constants
};

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_FUSE_HPP_
