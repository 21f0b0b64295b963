// Cases of operators: one node each, with element types and rounding that the operator's forms
// give. Files beside this one specialise `cases` for every operator of ops/list.hpp; cases_test.cpp
// walks the list, runs each case on every target and says what no case covers.
#ifndef OCTET_TESTS_CASES_NODE_CASE_HPP_
#define OCTET_TESTS_CASES_NODE_CASE_HPP_

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "octet/bench/choices.hpp"
#include "octet/graph/graph.hpp"

namespace octet_test {

using octet::dims;
using octet::dtype;
using octet::rounding;

/// Shape of an operand, or `absent`.
using maybe_shape = std::optional<dims>;
inline constexpr std::nullopt_t absent = std::nullopt;

/// One operand. Elements are `values` where given, else drawn from [lo, hi].
struct operand {
  bool given = true;
  dims shape;
  dtype type = dtype::f32;
  std::vector<double> scales;
  std::vector<std::int32_t> zero_points;
  std::int32_t axis = -1;
  octet::tensor::kind role = octet::tensor::kind::value;
  int same_as_input = -1;  // an output that is this input's tensor: a state
  double lo = 0, hi = 0;
  std::vector<double> values;

  void quantize(double scale, std::int32_t zero_point) {
    scales = {scale};
    zero_points = {zero_point};
  }
  /// One scale for each index along `along`, all about `scale`.
  void per_channel(std::int32_t along, double scale) {
    axis = along;
    scales.clear();
    for (std::int32_t c = 0; c < shape[along]; ++c) scales.push_back(scale * (1 + c % 5 * 0.37));
    zero_points.assign(scales.size(), 0);
  }
  void constant() { role = octet::tensor::kind::constant; }
  void range(double from, double to) { lo = from, hi = to; }
};

/// One node. `expected[i]`, where given: output i, computed without octet.
struct node_case {
  std::string name;
  std::vector<operand> in, out;
  octet::attributes attrs;
  rounding round = rounding::none;
  std::vector<std::vector<double>> expected;
  /// A case that must give equal numbers: an absent operand against its neutral value.
  std::shared_ptr<node_case> equal_to;
};

using octet::bench::choice;

/// Zero points in turn: usual, lowest, highest. int16 has 0: frameworks allow no other.
inline std::int32_t zero_point(dtype t, std::size_t turn) {
  if (!octet::is_8bit(t)) return 0;
  const std::int32_t list[] = {t == dtype::u8 ? 128 : 0,
                               static_cast<std::int32_t>(octet::lowest_of(t)),
                               static_cast<std::int32_t>(octet::highest_of(t))};
  return list[turn % 3];
}
/// Scales are given for 8 bits; wider types have as much finer ones.
inline double scale_for(dtype t, double scale) {
  const std::size_t bytes = octet::size_of(t);
  return octet::is_float(t) || bytes == 1 || bytes > 4 ? scale
         : bytes == 2                                  ? scale / 256
                                                       : scale / 65536;
}

/// The cases of one choice. Each starts with the choice's types, quantized where the operator is
/// about quantized values: scales near 0.05, zero points in turn.
class case_list {
 public:
  explicit case_list(const choice& c) : with(c) {}
  const choice& with;

  node_case& add(std::string name, std::vector<maybe_shape> shapes, std::size_t outputs = 1) {
    node_case n;
    n.name = std::move(name);
    n.round = with.round;
    const bool quantized = with.op->quantized;
    const auto fill = [&](operand& o, dtype t, double scale, std::size_t turn) {
      o.type = t;
      if (t == dtype::f32 || t == dtype::f64)
        o.range(-8, 8);
      else if (t == dtype::f16)
        o.range(0, 0x7BFF);
      else
        o.range(static_cast<double>(std::max<std::int64_t>(octet::lowest_of(t), -2000000000)),
                static_cast<double>(std::min<std::int64_t>(octet::highest_of(t), 2000000000)));
      if (quantized && (octet::is_8bit(t) || t == dtype::s16 || t == dtype::u16))
        o.quantize(scale_for(t, scale), zero_point(t, turn));
    };
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      operand o;
      o.given = shapes[i].has_value();
      if (o.given) {
        o.shape = *shapes[i];
        fill(o, with.in[std::min(i, with.in.size() - 1)], i == 0 ? 0.05 : 0.04,
             all_.size() + with.number + i);
      }
      n.in.push_back(o);
    }
    for (std::size_t i = 0; i < outputs; ++i) {
      operand o;
      fill(o, with.out[std::min(i, with.out.size() - 1)], 0.06, all_.size() + 2 * with.number + 2);
      n.out.push_back(o);
    }
    all_.push_back(std::make_unique<node_case>(std::move(n)));
    return *all_.back();
  }
  node_case& add(node_case n) {
    all_.push_back(std::make_unique<node_case>(std::move(n)));
    return *all_.back();
  }
  /// The case as it stands with input `i` absent; it must give what `neutral` in its place gives.
  node_case& without(const node_case& from, std::size_t i, double neutral) {
    all_.push_back(std::make_unique<node_case>(from));
    node_case& n = *all_.back();
    n.equal_to = std::make_shared<node_case>(from);
    n.equal_to->in[i].values.assign(from.in[i].shape.elements().value, neutral);
    n.in[i] = {};
    n.in[i].given = false;
    n.name += ", input " + std::to_string(i) + " absent";
    n.equal_to->name = n.name + ", against its neutral value";
    return n;
  }
  /// The last input is left off the list altogether.
  node_case& shorter(const node_case& from, double neutral) {
    node_case& n = without(from, from.in.size() - 1, neutral);
    n.in.pop_back();
    n.name += " (a shorter list)";
    return n;
  }
  const std::vector<std::unique_ptr<node_case>>& all() const { return all_; }

 private:
  std::vector<std::unique_ptr<node_case>> all_;
};

/// The cases of an operator: `static void add(case_list&)` adds those of one choice, at least one.
/// `static constexpr const char* never_empty`, where extents of 0 have no meaning: why.
template <const octet::op_def& Op> struct cases;

template <const octet::op_def& Op>
concept has_cases = requires {
  sizeof(cases<Op>);
};

/// All that the test program knows of one operator.
struct operator_cases {
  const octet::op_def* op;
  void (*add)(case_list&);
  const char* never_empty;
};
template <const octet::op_def& Op> constexpr operator_cases cases_of() {
  static_assert(has_cases<Op>, "an operator of ops/list.hpp has no cases in tests/cases");
  if constexpr (requires { cases<Op>::never_empty; })
    return {&Op, &cases<Op>::add, cases<Op>::never_empty};
  else
    return {&Op, &cases<Op>::add, nullptr};
}

}  // namespace octet_test

#endif  // OCTET_TESTS_CASES_NODE_CASE_HPP_
