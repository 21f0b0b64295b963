// Q/DQ graphs as ONNX Runtime 1.32 runs them on x86: which groups of DequantizeLinear, an operator
// and QuantizeLinear become one quantized operator, and which stay float. Its graph passes decide
// it, one after another; here each is one function that says what the pass looks for.
#ifndef OCTET_IMPORT_ONNX_FUSE_HPP_
#define OCTET_IMPORT_ONNX_FUSE_HPP_

#include <algorithm>
#include <cmath>
#include <set>

#include "octet/import/onnx/extents.hpp"
#include "octet/import/onnx/fold.hpp"
#include "octet/laws/activation.hpp"
#include "octet/laws/layers.hpp"
#include "octet/numerics/fp.hpp"
#include "octet/ops/quantize.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

class fuser : convolution_folder {
 public:
  /// `shapes`: of the same model; learns what follows for its nodes.
  fuser(model& m, const limits& max, known_shapes& shapes)
      : convolution_folder(m, max), shapes_(shapes) {
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
    if (!sort()) return cycle();
    shapes_into_the_model();
    drop_expansions();
    fold_pads();
    fold_convolutions();
    if (auto s = place_pairs(); !s) return s;
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
    if (!z || !scalar(*z) || !whole_type(*z)) return {};
    p.zero_point_given = true;
    p.type = z->type;
    p.zero_point = integer_of(*z, 0);
    return p;
  }
  /// No group has elements of less than a byte.
  static std::optional<dtype> whole_type(const array& a) {
    return a.narrow_bits == 0 ? std::optional(a.type) : std::nullopt;
  }
  /// Element type of a value, where it follows from what quantizes it.
  std::optional<dtype> type_of(const std::string& name) {
    std::string at = name;
    for (int steps = 0; steps < 64; ++steps) {
      if (const array* a = constant(at)) return whole_type(*a);
      if (const auto given = group_types_.find(at); given != group_types_.end())
        return given->second;
      item* p = producer(at);
      if (!p) {
        const auto input = input_types_.find(at);
        return input == input_types_.end() ? std::nullopt : input->second;
      }
      const node& n = p->n;
      if (is_quantize(n)) {
        if (const array* z = constant(n.input(2))) return whole_type(*z);
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
  /// What is computed of shapes that the file names are constants (ConstantFolding), so that nobody
  /// but who computes with the values reads these.
  void shapes_into_the_model() {
    for (item* i : order_) {
      const node& n = i->n;
      shapes_.follow(n);
      if (n.out.size() != 1 || is_output(n.out[0])) continue;
      auto a = shapes_.computed(n.out[0]);
      if (!a || !room_for(a->data.bytes.size())) continue;
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

  /// Expand to what is there already.
  void drop_expansions() {
    for (item* i : nodes_) {
      const node& n = i->n;
      if (!i->alive || !is_plain(n, "Expand") || is_output(n.out[0])) continue;
      const array* to = constant(n.input(1));
      const extent_list* x = shapes_.find(n.in[0]);
      if (!to || to->type != dtype::s64 || !x || to->elements() > x->size()) continue;
      const auto wanted = to->as<std::int64_t>();
      const std::size_t before = x->size() - wanted.size();
      bool same = true;
      for (std::size_t k = 0; k < wanted.size(); ++k) {
        const extent& e = (*x)[before + k];
        same &= wanted[k] == 1 || (e.known() && e.number == wanted[k]);
      }
      if (!same) continue;
      const std::string from = n.out[0], value = n.in[0];
      remove(*i);
      replace_value(from, value);
    }
  }
  /// PadFusion: zeros that a Pad puts around an image are a convolution's or an average's own.
  void fold_pads() {
    for (item* i : nodes_) {
      if (!i->alive || !is_plain(i->n, "Pad") || !one_reader(i->n.out[0])) continue;
      const use u = *uses(i->n.out[0]).begin();
      item& next = reader(u);
      if (u.second != 0 || (!is_plain(next.n, "Conv") && !is_plain(next.n, "AveragePool")))
        continue;
      const auto both = joined_pads(i->n, next.n);
      if (both.empty()) continue;
      attribute pads, counted;
      pads.integers = both, counted.integer = 1;
      next.n.attributes.insert_or_assign("pads", std::move(pads));
      if (next.n.op == "AveragePool")
        next.n.attributes.insert_or_assign("count_include_pad", std::move(counted));
      set_input(next, 0, i->n.in[0]);
      remove(*i);
    }
  }
  /// The pads of both nodes together; empty: they stay two.
  std::vector<std::int64_t> joined_pads(const node& pad, const node& next) const {
    std::vector<std::int64_t> around;
    bool zeros = pad.text("mode", "constant") == "constant" && pad.in.size() <= 3;
    if (const array* list = constant(pad.input(1)); list && list->type == dtype::s64)
      for (std::int64_t v : list->as<std::int64_t>()) around.push_back(v);
    if (const attribute* list = pad.find("pads"); list && model_.opset < 11)
      around = list->integers;
    if (const attribute* v = pad.find("value"); v && model_.opset < 11)
      zeros &= v->real.value_or(0) == 0;
    if (const std::string value = pad.input(2); !value.empty()) {
      const array* v = constant(value);
      zeros &=
          v && std::ranges::all_of(v->data.bytes, [](std::byte b) { return b == std::byte{}; });
    }
    const std::size_t rank = around.size() / 2;
    if (!zeros || rank < 3 || next.text("auto_pad", "NOTSET") != "NOTSET") return {};
    for (std::size_t k = 0; k < around.size(); ++k)
      if (around[k] < 0 || around[k] > INT32_MAX || (k % rank < 2 && around[k] != 0)) return {};
    std::vector<std::int64_t> own(2 * (rank - 2), 0);
    if (const attribute* list = next.find("pads")) own = list->integers;
    if (next.integer("ceil_mode", 0) != 0) return {};
    const bool counts = next.op != "AveragePool" || next.integer("count_include_pad", 0) != 0,
               none = std::ranges::all_of(own, [](std::int64_t v) { return v == 0; });
    if (own.size() != 2 * (rank - 2) || !(counts || none)) return {};
    for (std::size_t k = 0; k < own.size(); ++k) own[k] += around[k < rank - 2 ? k + 2 : k + 4];
    return own;
  }

  // ---- ONNX Runtime's passes ----

  /// Its passes of level 1 run again as long as they change something, ten times at most. What
  /// a round has done gives the next one new double pairs to remove, where anything.
  status place_pairs() {
    constexpr int most_rounds = 10;
    bool again = true;
    one_reader_per_dequantize();
    for (int round = 0; round < most_rounds; ++round) {
      if (!sort()) return cycle();
      if (!remove_double_pairs() && !again) break;
      merge_equal_quantizes();
      if (!sort()) return cycle();
      for (const item* i : order_) shapes_.follow(i->n);
      multiply_and_add();
      transpose_weights();
      if (cancel_transposes()) remove_double_pairs();
      dequantize_later();
      quantize_earlier();
      quantize_biases();
      one_reader_per_dequantize();
      again = join_transposes();
    }
    return unit{};
  }
  /// Constants that are one to ONNX Runtime where they are equal (ConstantSharing): numbers of
  /// these types. Two zero points of 8 or 16 bits are two although they are alike.
  static bool shared(const array& a) {
    return scalar(a) && (a.type == dtype::f32 || a.type == dtype::f16 || a.type == dtype::f64 ||
                         a.type == dtype::s32 || a.type == dtype::s64);
  }
  /// CommonSubexpressionElimination, of Q: equal ones of one value become one. A DQ stays one for
  /// each of its readers (EnsureUniqueDQForNodeUnit, which comes before all passes as well).
  void merge_equal_quantizes() {
    std::map<std::string, item*> seen;
    const auto bytes = [&](const std::string& name) {
      const array* a = constant(name);
      if (!a || !shared(*a)) return name;
      return std::string(name_of(a->type)) + std::to_string(a->narrow_bits) + to_string(a->shape) +
             std::string(reinterpret_cast<const char*>(a->data.bytes.data()), a->data.bytes.size());
    };
    for (item* i : nodes_) {
      node& n = i->n;
      if (!i->alive || !is_quantize(n) || n.in.size() < 2 || n.out.empty()) continue;
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
  /// range that both pairs have. Of a longer row the first two pairs become one, and the next two,
  /// until the next round. Whether there was any.
  bool remove_double_pairs() {
    bool any = false;
    for (item* i : order_)
      if (i->alive && is_quantize(i->n)) any |= remove_double_pair(*i);
    return any;
  }
  /// The one reader of what a node gives, if it reads it as its first input.
  item* next_alone(const item& i) {
    if (i.n.out.size() != 1 || !one_reader(i.n.out[0])) return nullptr;
    const use u = *uses(i.n.out[0]).begin();
    return u.second == 0 ? &reader(u) : nullptr;
  }
  bool remove_double_pair(item& q1) {
    item* dq1 = next_alone(q1);
    if (!dq1 || !is_dequantize(dq1->n) || !is_pair(q1.n, dq1->n)) return false;
    item* q2 = next_alone(*dq1);
    if (!q2 || !is_quantize(q2->n) || q2->n.out.size() != 1 || is_output(q2->n.out[0]))
      return false;
    std::vector<item*> last;
    for (const use& u : uses(q2->n.out[0])) {
      last.push_back(&reader(u));
      if (u.second != 0 || !is_dequantize(last.back()->n) || !is_pair(q2->n, last.back()->n))
        return false;
    }
    if (last.empty()) return false;
    const parameters a = *scalar_parameters(q1.n), b = *scalar_parameters(q2->n);
    if (a.type != b.type || !(is_8bit(a.type) || is_16bit(a.type))) return false;
    if (a.zero_point != b.zero_point || !(std::fabs(a.scale - b.scale) < 1e-20f)) {
      const auto both = common_range(a, b);
      if (!both) return false;
      set_parameters(q1, *both);
      for (item* each : last) set_parameters(*each, *both);
    }
    for (item* each : last) set_input(*each, 0, q1.n.out[0]);
    remove(*q2);
    remove(*dq1);
    return true;
  }
  /// The range in which both pairs have codes, of which there may be none.
  static std::optional<parameters> common_range(const parameters& a, const parameters& b) {
    const auto lo = static_cast<float>(lowest_of(a.type)),
               hi = static_cast<float>(highest_of(a.type));
    const auto real = [](float q, const parameters& p) {
      return numerics::mul(q - static_cast<float>(p.zero_point), p.scale);
    };
    const float least = std::max(real(lo, a), real(lo, b)),
                most = std::min(real(hi, a), real(hi, b));
    parameters both = a;
    both.scale = numerics::div(numerics::sub(most, least), hi - lo);
    if (!(both.scale > 0)) return {};
    both.zero_point = static_cast<std::int32_t>(numerics::clamp_to_int(
        static_cast<double>(
            numerics::round_half_away(numerics::sub(lo, numerics::div(least, both.scale)))),
        static_cast<std::int32_t>(lo), static_cast<std::int32_t>(hi)));
    return both;
  }
  /// Constants of its own for a Q or DQ: equal zero points of two nodes are not one constant.
  void set_parameters(item& i, const parameters& p) {
    const std::string s = fresh(i.n.in[1]), z = fresh(i.n.in[2]);
    model_.constants[s] = array::of(std::span<const float>(&p.scale, 1), dims{});
    model_.constants[z] = zero_point_constant(p.type, p.zero_point);
    set_input(i, 1, s);
    set_input(i, 2, z);
  }
  static array zero_point_constant(dtype t, std::int32_t v) {
    array a;
    with_integer(t, [&]<class T>(type_tag<T>) {
      const T q = static_cast<T>(v);
      a = array::of(std::span<const T>(&q, 1), dims{});
    });
    return a;
  }

  // MatMulAddFusion, which comes before quantized groups are looked for.

  /// Gemm broadcasts its bias over rows, over columns or not at all; of more axes than two only a
  /// bias of one axis is taken, and all extents must be numbers.
  bool takes_bias(const node& product, const std::string& bias) {
    const extent_list *a = shapes_.find(product.in[0]), *b = shapes_.find(product.in[1]),
                      *c = shapes_.find(bias);
    if (!a || !b || !c || a->empty() || b->size() != 2 || !(*b)[1].known()) return false;
    const extent& columns = (*b)[1];
    if (a->size() == 2 && c->size() == 2) {
      const bool row = (*c)[0].number == 1 && (*c)[1] == columns,
                 rows = (*c)[0].known() && (*c)[0] == (*a)[0];
      return row || (rows && ((*c)[1].number == 1 || (*c)[1] == columns));
    }
    if (c->size() != 1 || (*c)[0] != columns) return false;
    if (a->size() == 2) return true;
    const auto counted = [](const extent& e) { return e.number > 0 && e.number <= INT32_MAX; };
    return std::ranges::all_of(*a, counted) && std::ranges::all_of(*b, counted);
  }
  /// Reshape to those extents, at `place`.
  void reshape(const std::string& x, const std::string& y, const extent_list& to, double place) {
    std::vector<std::int64_t> list;
    for (const extent& e : to) list.push_back(e.number);
    node n;
    n.op = "Reshape", n.name = y;
    n.in = {x, fresh(y)};
    n.out = {y};
    model_.constants[n.in[1]] = array::of(std::span<const std::int64_t>(list),
                                          dims{static_cast<std::int32_t>(list.size())});
    shapes_.set(y, to);
    add(std::move(n), place);
  }
  /// A product with a matrix and the sum that alone reads it: Gemm, between two Reshapes where the
  /// first operand is no matrix.
  void multiply_and_add() {
    const std::size_t count = nodes_.size();
    for (std::size_t k = 0; k < count; ++k) {
      item& product = *nodes_[k];
      if (!product.alive || !product.n.is("MatMul") || product.n.in.size() != 2 ||
          product.n.out.size() != 1 || !one_reader(product.n.out[0]))
        continue;
      item& sum = reader(*uses(product.n.out[0]).begin());
      if (!sum.n.is("Add") || sum.n.in.size() != 2 || sum.n.out.size() != 1) continue;
      const std::string a = product.n.in[0],
                        bias = sum.n.in[sum.n.in[0] == product.n.out[0] ? 1 : 0],
                        result = sum.n.out[0];
      const auto type = type_of(a);
      if ((type && *type != dtype::f32 && *type != dtype::f16) || !takes_bias(product.n, bias))
        continue;
      extent_list rows = *shapes_.find(a);
      const bool matrix = rows.size() == 2;
      std::int64_t m = 1;
      for (std::size_t i = 0; i + 1 < rows.size() && m <= INT32_MAX; ++i) m *= rows[i].number;
      if (!matrix && m > INT32_MAX) continue;
      node gemm;
      gemm.op = "Gemm", gemm.name = product.n.name;
      gemm.in = {a, product.n.in[1], bias};
      gemm.out = {result};
      const extent columns = (*shapes_.find(product.n.in[1]))[1];
      const double place = sum.place;
      remove(product);
      remove(sum);
      if (!matrix) {
        const extent all{m, {}};
        gemm.in[0] = fresh(a), gemm.out[0] = fresh(result);
        reshape(a, gemm.in[0], {all, rows.back()}, place);
        rows.back() = columns;
        reshape(gemm.out[0], result, rows, place);
        shapes_.set(gemm.out[0], {all, columns});
      }
      add(std::move(gemm), place);
    }
  }
  static array transposed(const array& a, std::span<const std::int64_t> perm) {
    const auto rank = as_size(a.shape.rank);
    std::vector<std::size_t> stride(rank, 1), step(rank), at(rank, 0);
    for (std::size_t k = rank; k-- > 1;)
      stride[k - 1] = stride[k] * as_size(a.shape[static_cast<int>(k)]);
    dims shape;
    for (std::size_t k = 0; k < rank; ++k) {
      shape.push_back(a.shape[static_cast<int>(perm[k])]);
      step[k] = stride[as_size(perm[k])];
    }
    const std::size_t size = size_of(a.type);
    std::vector<std::byte> to(a.elements() * size);
    std::size_t from = 0;
    for (std::size_t i = 0; i < to.size(); i += size) {
      std::memcpy(to.data() + i, a.data.bytes.data() + from * size, size);
      for (std::size_t k = rank; k-- > 0;) {
        const auto extent = as_size(shape[static_cast<int>(k)]);
        from += step[k];
        if (++at[k] < extent) break;
        from -= step[k] * extent;
        at[k] = 0;
      }
    }
    return {a.type, shape, constant_data::copy(to), a.narrow_bits};
  }
  /// Which axis of its input each axis of a Transpose's result is; empty: not as it must be.
  static std::vector<std::int64_t> permutation(const node& n, int rank) {
    std::vector<std::int64_t> perm, once;
    for (int k = rank; k-- > 0;) perm.push_back(k), once.insert(once.begin(), k);
    if (const attribute* a = n.find("perm")) perm = a->integers;
    std::vector<std::int64_t> sorted = perm;
    std::sort(sorted.begin(), sorted.end());
    return sorted == once ? perm : std::vector<std::int64_t>();
  }
  /// TransposeOptimizer: of a constant dequantized by channel, behind which a Transpose stands that
  /// one node reads, the elements themselves are transposed. With one scale the next pass does it.
  void transpose_weights() {
    const std::size_t count = nodes_.size();
    for (std::size_t k = 0; k < count; ++k) {
      item& move = *nodes_[k];
      if (!move.alive || !move.n.is("Transpose") || move.n.in.size() != 1 ||
          move.n.out.size() != 1 || !one_reader(move.n.out[0]) ||
          is_quantize(reader(*uses(move.n.out[0]).begin()).n))
        continue;
      const item* dq = producer(move.n.in[0]);
      if (!dq || !is_dequantize(dq->n) || dq->n.integer("block_size", 0) != 0) continue;
      const array *w = constant(dq->n.input(0)), *s = constant(dq->n.input(1));
      if (!w || !s || s->shape.rank != 1 || s->elements() == 1) continue;
      std::int64_t axis = dq->n.integer("axis", 1);
      if (axis < 0) axis += w->shape.rank;
      const auto perm = permutation(move.n, w->shape.rank);
      const auto to = std::find(perm.begin(), perm.end(), axis);
      if (to == perm.end() || !room_for(w->data.bytes.size())) continue;
      node n = dq->n;
      n.in[0] = fresh(dq->n.in[0]);
      array turned = transposed(*w, perm);
      model_.constants[n.in[0]] = std::move(turned);
      attribute moved;
      moved.integer = to - perm.begin();
      n.attributes.insert_or_assign("axis", moved);
      n.out = move.n.out;
      const double place = move.place;
      remove(move);
      add(std::move(n), place);
    }
  }

  /// The one reader of a value that is no result of the graph.
  item* only_reader(const std::string& value) {
    return one_reader(value) ? &reader(*uses(value).begin()) : nullptr;
  }
  /// The nodes around an operator: Transpose, Q, DQ, it, Q, DQ, Transpose; empty: others, or a
  /// value between them that somebody else reads.
  std::vector<item*> between_transposes(item& op) {
    item* dq = producer(op.n.in[0]);
    item* q = dq && is_dequantize(dq->n) ? producer(dq->n.in[0]) : nullptr;
    item* first = q && is_quantize(q->n) ? producer(q->n.in[0]) : nullptr;
    item* q_after = first && first->n.is("Transpose") ? only_reader(op.n.out[0]) : nullptr;
    item* dq_after = q_after && is_quantize(q_after->n) ? only_reader(q_after->n.out[0]) : nullptr;
    item* last = dq_after && is_dequantize(dq_after->n) ? only_reader(dq_after->n.out[0]) : nullptr;
    if (!last || !last->n.is("Transpose") || is_output(last->n.out[0])) return {};
    const std::vector<item*> all{first, q, dq, &op, q_after, dq_after, last};
    for (const item* i : all)
      if (i->n.out.size() != 1 || (i != last && !one_reader(i->n.out[0]))) return {};
    for (const item* i : {q, dq, q_after, dq_after})
      if (!scalar_parameters(i->n)) return {};
    return all;
  }
  /// TransposeOptimizer: a Transpose and its inverse around a quantized operator of one value go.
  bool cancel_transposes() {
    static const std::set<std::string_view> ops{"LeakyRelu", "LogSoftmax", "Relu",
                                                "Sigmoid",   "Softmax",    "Tanh"};
    constexpr std::int64_t one_axis = 13;  // Softmax before flattens
    bool any = false;
    for (item* op : std::vector<item*>(nodes_)) {
      node& n = op->n;
      if (!op->alive || !n.domain.empty() || !ops.contains(n.op) || n.in.size() != 1) continue;
      const bool rows = n.op == "Softmax" || n.op == "LogSoftmax";
      if (n.out.size() != 1 || (rows && model_.opset < one_axis)) continue;
      const auto around = between_transposes(*op);
      const attribute *to = around.empty() ? nullptr : around.front()->n.find("perm"),
                      *back = around.empty() ? nullptr : around.back()->n.find("perm");
      if (!to || !back || !undoes(to->integers, back->integers)) continue;
      const std::vector<std::int64_t> perm = to->integers;
      const auto rank = static_cast<std::int64_t>(perm.size());
      const std::int64_t axis = n.integer("axis", -1);
      if (rows && (axis < -rank || axis >= rank)) continue;
      if (rows) n.attributes["axis"].integer = perm[as_size(axis < 0 ? axis + rank : axis)];
      drop_first(around, perm);
      drop_last(*around.back());
      any = true;
    }
    return any;
  }
  /// Two Transposes with nothing but Q and DQ between them, after these have got their places: the
  /// second one does what both did, or where they undo each other both go.
  bool join_transposes() {
    bool any = false;
    for (item* first : std::vector<item*>(nodes_)) {
      if (!first->alive || !is_plain(first->n, "Transpose")) continue;
      std::vector<item*> around{first};
      item* next = next_alone(*first);
      for (; next && has_one_scale(next->n); next = next_alone(*next)) around.push_back(next);
      if (!next || !is_plain(next->n, "Transpose")) continue;
      around.push_back(next);
      any |= join(around);
    }
    return any;
  }
  bool has_one_scale(const node& n) {
    return (is_quantize(n) || is_dequantize(n)) && scalar_parameters(n);
  }
  bool join(const std::vector<item*>& around) {
    item& last = *around.back();
    const attribute *to = around.front()->n.find("perm"), *back = last.n.find("perm");
    if (!to || !back) return false;
    const std::vector<std::int64_t> perm = to->integers, then = back->integers;
    const int rank = static_cast<int>(perm.size());
    if (perm.size() > dims::max_rank || then.size() != perm.size() ||
        permutation(around.front()->n, rank).empty() || permutation(last.n, rank).empty())
      return false;
    const bool nothing = undoes(perm, then), result = is_output(last.n.out[0]);
    if (nothing && result && around.size() == 2) return false;
    drop_first(around, perm);
    if (nothing && result) return give_instead(*around[around.size() - 2], last);
    if (nothing) return drop_last(last);
    attribute both;
    for (std::int64_t k : then) both.integers.push_back(perm[as_size(k)]);
    last.n.attributes.insert_or_assign("perm", both);
    return true;
  }
  /// `last`, which reads what `before` gives, goes; its result is given by that.
  bool give_instead(item& before, item& last) {
    const std::string given = last.n.out[0];
    remove(last);
    producers_.erase(before.n.out[0]);
    before.n.out[0] = given;
    producers_[given] = &before;
    return true;
  }
  static bool undoes(const std::vector<std::int64_t>& perm, const std::vector<std::int64_t>& back) {
    if (perm.size() != back.size() || perm.empty()) return false;
    for (std::size_t k = 0; k < perm.size(); ++k)
      if (back[k] < 0 || as_size(back[k]) >= perm.size() ||
          perm[as_size(back[k])] != static_cast<std::int64_t>(k))
        return false;
    return true;
  }
  void drop_first(const std::vector<item*>& around, const std::vector<std::int64_t>& perm) {
    item& first = *around.front();
    for (std::size_t i = 1; i + 1 < around.size(); ++i) {
      const std::string& value = around[i]->n.out[0];
      shapes_.set_before(value, value, perm);
    }
    set_input(*around[1], 0, first.n.in[0]);
    remove(first);
  }
  bool drop_last(item& last) {
    const std::string from = last.n.out[0], to = last.n.in[0];
    remove(last);
    replace_value(from, to);
    return true;
  }

  /// What QDQPropagationTransformer looks through.
  bool propagates(const node& n) const {
    if (!n.domain.empty() || n.in.empty() || n.out.empty()) return false;
    return (n.op == "MaxPool" && model_.opset >= 12 && n.out.size() == 1) || n.op == "Reshape" ||
           n.op == "Transpose" || n.op == "Squeeze" || n.op == "Unsqueeze" || n.op == "Slice";
  }
  /// Q and DQs after `value`, for these readers of it; the codes.
  std::string insert_pair(const node& like, const std::string& value,
                          const std::vector<use>& readers, double place) {
    const std::string q = fresh(value + "/quantized");
    node quantize;
    quantize.op = "QuantizeLinear", quantize.domain = like.domain, quantize.name = q;
    quantize.in = {value, like.in[1]};
    if (!like.input(2).empty()) quantize.in.push_back(like.in[2]);
    quantize.out = {q};
    add(std::move(quantize), place);
    for (const use& u : readers) {
      const std::string dq = fresh(value + "/dequantized");
      dequantize(like, q, dq, place);
      set_input(items_[u.first], u.second, dq);
    }
    return q;
  }
  void dequantize(const node& like, const std::string& codes, const std::string& to, double place) {
    node dq;
    dq.op = "DequantizeLinear", dq.domain = like.domain, dq.name = to;
    dq.in = like.in;
    dq.in[0] = codes;
    dq.out = {to};
    add(std::move(dq), place);
  }
  /// The same after a result of the graph, which is what the codes stand for.
  void insert_pair_in_result(const node& like, item& source, const std::string& given,
                             const std::vector<use>& readers, double place) {
    const std::string value = fresh(given);
    for (std::string& o : source.n.out)
      if (o == given) o = value;
    producers_.erase(given);
    producers_[value] = &source;
    dequantize(like, insert_pair(like, value, readers, place), given, place);
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
        const std::string value = move.n.out[0];
        std::vector<use> readers;
        for (const use& u : uses(value))
          if (!is_quantize(reader(u).n)) readers.push_back(u);
        if (readers.empty() && !is_output(value)) continue;
        for (const use& u : readers)
          if (u.second == 0) open.push_back(&reader(u));
        if (is_output(value))
          insert_pair_in_result(dq, move, value, readers, move.place);
        else
          insert_pair(dq, value, readers, move.place);
      }
    }
  }
  /// TransposeOptimizer, where it repairs the pairs around the Transposes that it has moved: a
  /// result of the graph that is read by nothing but a Transpose, the only one before the Q. (Of
  /// two in a row the second one then reads what the first one reads.)
  bool quantizes_output(const node& q, const item& move, const item* source) {
    const std::string& value = move.n.in[0];
    return source && !is_dequantize(source->n) && !source->n.is("Transpose") &&
           move.n.is("Transpose") && is_output(value) && uses(value).size() == 1 &&
           !is_output(q.out[0]);
  }
  /// ..., a move, Q: another pair stands before the move.
  void quantize_earlier() {
    const std::size_t count = nodes_.size();
    const bool repairs =
        std::ranges::any_of(nodes_, [](const item* i) { return i->alive && is_dequantize(i->n); });
    for (std::size_t k = 0; k < count; ++k) {
      if (!nodes_[k]->alive || !is_quantize(nodes_[k]->n)) continue;
      const node q = nodes_[k]->n;
      if (!scalar_parameters(q)) continue;
      std::string at = q.in[0];
      bool turned = false;  // by a Transpose before
      while (one_reader(at)) {
        item* move = producer(at);
        if (!move || !propagates(move->n)) break;
        at = move->n.in[0];
        item* source = producer(at);
        if (repairs && !std::exchange(turned, turned || move->n.is("Transpose")) &&
            quantizes_output(q, *move, source)) {
          const std::string given = at;
          insert_pair_in_result(q, *source, given, {use{move->id, 0}}, move->place);
          break;
        }
        const bool given = input_types_.contains(at);  // whoever else reads it
        if ((!given && !one_reader(at)) || (source && is_dequantize(source->n)) || constant(at))
          break;
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
      if (!quantized && (!weights || weights->type != dtype::f32 || weights->elements() == 0))
        continue;
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
  /// Whether weights have a scale for each of the layer's results, on the axis that these lie on.
  bool fits_channels(const node& layer, const node& dq, const array& scale, const array& bias) {
    if (scale.shape.rank != 1 || scale.shape[0] != bias.shape[0] ||
        dq.integer("block_size", 0) != 0)
      return false;
    std::int64_t axis = dq.integer("axis", 1);
    const array* w = constant(dq.in[0]);
    if (axis < 0) axis += w ? w->shape.rank : 0;
    const bool second =
        layer.op == "ConvTranspose" || (layer.op == "Gemm" && layer.integer("transB", 0) == 0);
    return axis == (second ? 1 : 0);
  }
  /// One int8 scale and zero point for all weights.
  const array* quantize_weights(item& i, const array& w) {
    const auto values = w.as<float>();
    float least = 0, largest = 0;
    for (float v : values) {
      if (v < least) least = v;
      if (v > largest) largest = v;
    }
    const laws::int8_range range = laws::range_of_float_weights(least, largest);
    const float scale = range.scale;
    std::vector<std::int8_t> q;
    for (float v : values)
      q.push_back(
          static_cast<std::int8_t>(numerics::quantize_even(v, scale, range.zero_point, -128, 127)));
    const std::string base = i.n.in[1], name = fresh(base), s = fresh(base), z = fresh(base);
    model_.constants[name] = {dtype::s8, w.shape,
                              constant_data::of(std::span<const std::int8_t>(q))};
    model_.constants[z] = zero_point_constant(dtype::s8, range.zero_point);
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
      if (!p || !redundant(n, *p) || !(p->zero_point_given || group_has_bound(n))) continue;
      const std::string from = n.out[0], to = n.in[0];
      remove(*i);
      replace_value(from, to);
    }
  }
  /// Whether the bound stands in a group of an operator that may have one before its Q.
  bool group_has_bound(const node& bound) {
    const item* i = producer(bound.in[0]);
    if (!i || !one_reader(bound.in[0]) || !i->n.domain.empty()) return false;
    for (const rule& r : rules)
      if (r.op == i->n.op) return !moves(r.what) && r.what != kind::index && r.what != kind::split;
    return false;
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
  /// QDQS8ToU8Transformer: int8 between one Q and one DQ becomes uint8, 128 higher. Constants stay
  /// as they are: it takes those too under session.x64quantprecision only, which is not the
  /// default.
  void signed_to_unsigned() {
    const std::size_t count = nodes_.size();
    for (std::size_t k = 0; k < count; ++k) {
      item& i = *nodes_[k];
      if (!i.alive || !is_quantize(i.n) || i.n.in.size() != 3 || i.n.out.empty() ||
          !one_reader(i.n.out[0]))
        continue;
      item& dq = reader(*uses(i.n.out[0]).begin());
      if (!is_dequantize(dq.n) || dq.n.in.size() != 3) continue;
      const array *a = constant(i.n.in[2]), *b = constant(dq.n.in[2]);
      if (!a || !b || a->elements() != 1 || b->elements() != 1 || whole_type(*a) != dtype::s8 ||
          whole_type(*b) != dtype::s8 || integer_of(*a, 0) != integer_of(*b, 0))
        continue;
      const std::string z = fresh(i.n.in[2]);
      model_.constants[z] = unsigned_of(*a);
      set_input(i, 2, z);
      set_input(dq, 2, z);
    }
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
    if (const array* z = constant(dq.n.input(2))) return whole_type(*z);
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
  static constexpr bool moves(kind k) {
    return k == kind::move || k == kind::move_8bit || k == kind::largest;
  }
  struct rule {
    std::string_view op;
    kind what;
    std::string_view to, domain;
  };
  static constexpr std::string_view microsoft = microsoft_domain;
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
    if (std::string why = refusal(*r, i, g); why.empty())
      replace(*r, i, g);
    else if (becomes_blocks(*r, i, g))
      i.n.kept_float =
          "ONNX Runtime makes MatMulNBits of it, with 8-bit activations; here in float";
    else
      i.n.kept_float = "ONNX Runtime keeps it in float: " + why;
  }
  /// Whether a Relu or Clip alone reads a result, and one node alone reads that: ONNX Runtime then
  /// looks for a Q behind both, and finds no group where there is none, or where the bound does
  /// something that the Q does not (else it has gone).
  bool read_by_bound(const item& i) {
    const auto readers = uses(i.n.out[0]);
    if (i.n.out.size() != 1 || readers.size() != 1) return false;
    const node& next = reader(*readers.begin()).n;
    return (next.op == "Relu" || next.op == "Clip") && next.out.size() == 1 &&
           uses(next.out[0]).size() == 1 && !is_output(next.out[0]);
  }
  /// DQMatMulToMatMulNBits, which octet does not follow: a product of floats, or of 16-bit values,
  /// with a constant matrix of at most 8 bits. The matrix has a scale for each column, or one
  /// without an axis, or scales for blocks; a Q that reads the result is not to 8 bits.
  bool becomes_blocks(const rule& r, const item& i, const group& g) {
    if ((r.what != kind::product && r.what != kind::matrix) || read_by_bound(i)) return false;
    item *x = producer(i.n.input(0)), *w = producer(i.n.input(1));
    if (!w || !is_dequantize(w->n)) return false;
    if (x && is_dequantize(x->n) && !is_16bit(in_type(*x).value_or(dtype::u8))) return false;
    if (i.n.integer("transA", 0) != 0 || i.n.integer("transB", 0) != 0) return false;
    for (const char* factor : {"alpha", "beta"})
      if (const attribute* f = i.n.find(factor); f && f->real.value_or(1) != 1) return false;
    const array *codes = constant(w->n.input(0)), *s = constant(w->n.input(1));
    if (!codes || !s || codes->shape.rank != 2 || !is_8bit(codes->type)) return false;
    const bool blocks = w->n.integer("block_size", 0) != 0 && w->n.integer("axis", 1) == 0;
    const bool one = s->shape.rank == 0, columns = s->shape.rank == 1 &&
                                                   s->shape[0] == codes->shape[1] &&
                                                   w->n.integer("axis", 1) == 1;
    return (one || columns || blocks) &&
           (g.q.empty() || is_16bit(out_type(*g.q[0]).value_or(dtype::u8)));
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
    const bool open = r.what == kind::product || r.what == kind::matrix;  // may give floats
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
    if (read_by_bound(i)) return "a Relu or Clip that does something alone reads its result";
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
    if (moves(r.what) || r.what == kind::split) {
      for (item* q : g.q)
        if (!is_pair(q->n, g.dq[0]->n)) return "it changes scale or zero point";
      return {};
    }
    if (r.what == kind::binary || r.what == kind::variadic || r.what == kind::where)
      for (dtype t : in)
        if (t != in[0]) return "its inputs have different types";
    if ((r.what == kind::convolution || r.what == kind::product) && in[0] == dtype::s8)
      return "int8 activations on x86";
    if (std::string why = refused_scales(r, i, g); !why.empty()) return why;
    if (r.what == kind::matrix && in[0] == dtype::s8 && in[1] != dtype::s8)
      return "int8 activations with uint8 weights";
    if (r.what == kind::matrix && in.size() > 2)
      for (const char* factor : {"alpha", "beta"})
        if (const attribute* f = i.n.find(factor); f && f->real.value_or(1) != 1)
          return std::string(factor) + " is not 1, with a bias";
    return {};
  }

  /// Whether a DQ or Q has at most one scale: none that is known says no more.
  bool one_scale(const item& d) {
    const array* s = constant(d.n.input(1));
    return !s || scalar(*s);
  }
  /// Scales for each channel where ONNX Runtime wants one, biases of other scales than the
  /// accumulator's. Where a group is taken although its operator does not run (a convolution of
  /// several input scales without a bias), ONNX Runtime has no result, and neither has octet.
  std::string refused_scales(const rule& r, const item& i, const group& g) {
    switch (r.what) {
      case kind::convolution: return g.dq.size() > 2 ? refused_bias(g) : std::string();
      case kind::product:
      case kind::matrix: return refused_matrices(r, i, g);
      case kind::unary:
        if (r.op != "Softmax" || one_scale(*g.dq[0])) return {};
        return "scales for each channel";
      case kind::binary:
      case kind::variadic:
        for (const auto* list : {&g.dq, &g.q})
          for (const item* each : *list)
            if (!one_scale(*each)) return "scales for each channel";
        return {};
      case kind::where:
      case kind::move:
      case kind::move_8bit:
      case kind::largest:
      case kind::index:
      case kind::split: break;
    }
    return {};
  }
  /// A convolution's int32 bias must be one of its accumulator: all scales constants, the input's
  /// one number, the bias's that of each channel (laws::fits_accumulator), its zero points 0.
  std::string refused_bias(const group& g) {
    const array *x = constant(g.dq[0]->n.input(1)), *w = constant(g.dq[1]->n.input(1)),
                *b = constant(g.dq[2]->n.input(1));
    if (!x || !w || !b) return "a scale is not a constant";
    if (!scalar(*x)) return "scales for each channel of its input, with a bias";
    const std::size_t channels = std::max(w->elements(), b->elements());
    for (const array* each : {w, b})
      if (each->elements() != 1 && each->elements() != channels)
        return "as many scales of its bias as fit no channels";
    for (std::size_t c = 0; c < channels; ++c) {
      const float sw = w->as<float>()[w->elements() == 1 ? 0 : c],
                  sb = b->as<float>()[b->elements() == 1 ? 0 : c];
      if (!laws::fits_accumulator(sb, laws::stored_accumulator_scale(x->as<float>()[0], sw)))
        return "the scale of its bias is not that of its input times that of its weights";
    }
    if (g.dq[2]->n.input(2).empty()) return {};
    const array* zero = constant(g.dq[2]->n.input(2));
    if (!zero) return "the zero point of its bias is not a constant";
    for (std::size_t c = 0; c < zero->elements(); ++c)
      if (integer_of(*zero, c) != 0) return "the zero point of its bias is not 0";
    return {};
  }
  /// Matrix products have one scale but for columns of constant weights; Gemm needs zero points.
  /// A MatMul without Q is taken whatever its scales are.
  std::string refused_matrices(const rule& r, const item& i, const group& g) {
    const bool gemm = r.what == kind::matrix;
    if (!gemm && g.q.empty()) return {};
    const node& weights = g.dq[1]->n;
    if (gemm && (g.dq[0]->n.input(2).empty() || weights.input(2).empty()))
      return "an input has no zero point";
    if (!one_scale(*g.dq[0]) || (!g.q.empty() && !one_scale(*g.q[0])))
      return "scales for each channel";
    const array *s = constant(weights.input(1)), *w = constant(weights.input(0));
    if (!s || scalar(*s) || !w) return {};
    if (w->shape.rank != 2) return gemm ? std::string() : "scales of weights of several matrices";
    std::int64_t axis = weights.integer("axis", 1);
    if (axis < 0) axis += 2;
    const int columns = gemm && i.n.integer("transB", 0) != 0 ? 0 : 1;
    if (s->shape.rank == 1 && s->shape[0] == w->shape[columns] && (gemm || axis == columns))
      return {};
    return "scales of its weights that are not for each column";
  }

  /// Scale and zero point of a Q or DQ. Operators of codes must have a zero point, which Q and DQ
  /// may leave out: it is 0 then.
  void append_scale(std::vector<std::string>& to, const item& i) {
    to.push_back(i.n.in[1]);
    to.push_back(i.n.input(2));
    if (!to.back().empty()) return;
    to.back() = fresh(i.n.in[1] + "/zero");
    const auto type = is_quantize(i.n) ? out_type(i) : in_type(i);
    model_.constants[to.back()] = zero_point_constant(type.value_or(dtype::u8), 0);
  }
  void append_codes(std::vector<std::string>& to, const item& dq) {
    to.push_back(dq.n.in[0]);
    append_scale(to, dq);
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
        for (std::size_t k = 0; k < g.dq.size() && k < 2; ++k) append_codes(in, *g.dq[k]);
        if (!g.q.empty()) append_scale(in, *g.q[0]);
        if (g.dq.size() > 2) in.push_back(g.dq[2]->n.in[0]);
        break;
      case kind::variadic:
        append_scale(in, *g.q[0]);
        for (item* d : g.dq) append_codes(in, *d);
        break;
      case kind::matrix:
        append_codes(in, *g.dq[0]);
        append_codes(in, *g.dq[1]);
        in.push_back(g.dq.size() > 2 ? g.dq[2]->n.in[0] : std::string());
        if (!g.q.empty()) append_scale(in, *g.q[0]);
        break;
      case kind::where:
        in.push_back(i.n.in[0]);
        append_codes(in, *g.dq[0]);
        append_codes(in, *g.dq[1]);
        append_scale(in, *g.q[0]);
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
    for (item* q : g.q) {
      if (const auto type = out_type(*q)) group_types_.emplace(q->n.out[0], *type);
      remove(*q);
    }
    remove(i);
    for (item* d : g.dq)
      if (uses(d->n.out[0]).empty() && !is_output(d->n.out[0])) remove(*d);
    add(std::move(n), place);
  }

  known_shapes& shapes_;
  std::map<std::string, std::optional<dtype>> input_types_;
  std::set<std::string> dequantized_outside_;
  std::map<std::string, dtype> group_types_;  // of what groups give
};

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_FUSE_HPP_
