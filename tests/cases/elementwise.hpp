// Cases of operators on one or two tensors, element by element.
#ifndef OCTET_TESTS_CASES_ELEMENTWISE_HPP_
#define OCTET_TESTS_CASES_ELEMENTWISE_HPP_

#include "cases/node_case.hpp"
#include "octet/ops/binary.hpp"
#include "octet/ops/dequantize.hpp"
#include "octet/ops/fake_quantize.hpp"
#include "octet/ops/l2_normalization.hpp"
#include "octet/ops/mul.hpp"
#include "octet/ops/prelu.hpp"
#include "octet/ops/quantize.hpp"
#include "octet/ops/requantize_add.hpp"
#include "octet/ops/softmax.hpp"
#include "octet/ops/unary.hpp"

namespace octet_test {

// ---- one operand ----

struct unary_cases {
  /// `change` sees every case.
  template <class F> static void add_changed(case_list& to, F&& change) {
    change(to.add("a few", {dims{2, 3, 5}}));
    change(to.add("more than a vector", {dims{1, 133}}));
    change(to.add("none", {dims{0, 4}}));
    change(to.add("one", {dims{}}));
  }
  static void add(case_list& to) {
    add_changed(to, [](node_case&) {});
  }
};
/// Rows of functions that PyTorch rounds by position, with and without whole blocks in them.
inline void add_rows(case_list& to) {
  if (to.with.round != rounding::aten) return;
  for (const std::int64_t row : {0, 19, 133})
    to.add("rows of " + std::to_string(row), {dims{2, 133}}).attrs.set("row", row);
}
/// Functions that must keep the quantization under rounding none.
struct quantized_unary_cases {
  static void add(case_list& to) {
    unary_cases::add_changed(to, [](node_case& n) {
      if (n.round == rounding::none)
        n.out[0].scales = n.in[0].scales, n.out[0].zero_points = n.in[0].zero_points;
    });
  }
};
struct quantized_by_position_cases {
  static void add(case_list& to) {
    quantized_unary_cases::add(to);
    add_rows(to);
  }
};
/// The sigmoids' int16 output has a fixed scale.
struct sigmoid_cases {
  static void add(case_list& to) {
    add_rows(to);
    unary_cases::add_changed(to, [](node_case& n) {
      if (n.out[0].type == dtype::s16) n.out[0].quantize(1. / 32768, 0);
    });
  }
};
struct sloped_cases {
  static void add(case_list& to) {
    for (const double alpha : {0.1, 1.5, -0.3}) {
      node_case& n = to.add("alpha " + std::to_string(alpha), {dims{3, 50}});
      n.attrs.set("alpha", alpha);
    }
    to.add("none", {dims{0, 4}}).attrs.set("alpha", 0.2);
  }
};
struct gelu_cases {
  static void add(case_list& to) {
    unary_cases::add(to);
    to.add("approximate", {dims{3, 20}}).attrs.set("approximate", std::int64_t{1});
  }
};
struct float_gelu_cases {
  static void add(case_list& to) {
    gelu_cases::add(to);
    if (to.with.round == rounding::aten)
      for (const dims x : {dims{3, 20}, dims{67}})
        to.add("by PyTorch's loop", {x}).attrs.set("by_loop", std::int64_t{1});
  }
};
/// The output's scale is at least 1/128 of the input's in the integer form.
template <> struct cases<octet::ops::qnn_logistic> : sigmoid_cases {};
template <> struct cases<octet::ops::qnn_tanh> : sigmoid_cases {};
template <> struct cases<octet::ops::qnn_hard_swish> : quantized_by_position_cases {};
template <> struct cases<octet::ops::qnn_hard_sigmoid> : quantized_by_position_cases {};
template <> struct cases<octet::ops::qnn_elu> : quantized_by_position_cases {};
template <> struct cases<octet::ops::qnn_gelu> : gelu_cases {};
template <> struct cases<octet::ops::qnn_exp> : quantized_unary_cases {};
template <> struct cases<octet::ops::qnn_log> : quantized_unary_cases {};
template <> struct cases<octet::ops::qnn_sqrt> : quantized_unary_cases {};
template <> struct cases<octet::ops::qnn_rsqrt> : quantized_unary_cases {};
template <> struct cases<octet::ops::qnn_sin> : quantized_unary_cases {};
template <> struct cases<octet::ops::qnn_cos> : quantized_unary_cases {};
template <> struct cases<octet::ops::qnn_abs> : quantized_unary_cases {};
template <> struct cases<octet::ops::qnn_neg> : quantized_unary_cases {};
template <> struct cases<octet::ops::qnn_square> : quantized_unary_cases {};
template <> struct cases<octet::ops::qnn_leaky_relu> {
  static void add(case_list& to) {
    sloped_cases::add(to);
    add_rows(to);
  }
};
template <> struct cases<octet::ops::logistic> {
  static void add(case_list& to) {
    unary_cases::add(to);
    add_rows(to);
  }
};
template <> struct cases<octet::ops::tanh> : unary_cases {};
template <> struct cases<octet::ops::hard_swish> : unary_cases {};
template <> struct cases<octet::ops::hard_sigmoid> : unary_cases {};
template <> struct cases<octet::ops::elu> : sloped_cases {};
template <> struct cases<octet::ops::gelu> : float_gelu_cases {};
template <> struct cases<octet::ops::exp> : unary_cases {};
template <> struct cases<octet::ops::log> : unary_cases {};
template <> struct cases<octet::ops::sqrt> : unary_cases {};
template <> struct cases<octet::ops::rsqrt> : unary_cases {};
template <> struct cases<octet::ops::sin> : unary_cases {};
template <> struct cases<octet::ops::cos> : unary_cases {};
template <> struct cases<octet::ops::erf> : unary_cases {};
template <> struct cases<octet::ops::softplus> : unary_cases {};
template <> struct cases<octet::ops::silu> : sigmoid_cases {};
template <> struct cases<octet::ops::leaky_relu> : sloped_cases {};

/// Functions of plain numbers with values anyone can check.
template <class Row> void known_values(case_list& to, const Row& row) {
  unary_cases::add(to);
  node_case& n = to.add("by hand", {dims{static_cast<std::int32_t>(row.size())}});
  n.expected.emplace_back();
  for (const auto& [x, y] : row) n.in[0].values.push_back(x), n.expected[0].push_back(y);
}
using pairs = std::vector<std::pair<double, double>>;
template <> struct cases<octet::ops::abs> {
  static void add(case_list& to) { known_values(to, pairs{{-1.5, 1.5}, {2, 2}, {0, 0}}); }
};
template <> struct cases<octet::ops::neg> {
  static void add(case_list& to) { known_values(to, pairs{{-1.5, 1.5}, {2, -2}}); }
};
template <> struct cases<octet::ops::square> {
  static void add(case_list& to) { known_values(to, pairs{{-3, 9}, {4, 16}, {0, 0}}); }
};
template <> struct cases<octet::ops::floor> {
  static void add(case_list& to) {
    known_values(to, pairs{{-1.5, -2}, {1.75, 1}, {3, 3}, {1e9, 1e9}});
  }
};
template <> struct cases<octet::ops::ceil> {
  static void add(case_list& to) {
    known_values(to, pairs{{-1.5, -1}, {1.25, 2}, {3, 3}, {-1e9, -1e9}});
  }
};
template <> struct cases<octet::ops::round> {
  static void add(case_list& to) {
    known_values(to, pairs{{-1.5, -2}, {0.5, 0}, {2.5, 2}, {3.5, 4}, {1.25, 1}});
  }
};
template <> struct cases<octet::ops::relu> {
  static void add(case_list& to) { known_values(to, pairs{{-1.5, 0}, {2, 2}, {0, 0}, {9, 9}}); }
};
template <> struct cases<octet::ops::relu6> {
  static void add(case_list& to) { known_values(to, pairs{{-1.5, 0}, {2, 2}, {6, 6}, {9, 6}}); }
};
template <> struct cases<octet::ops::relu_n1_to_1> {
  static void add(case_list& to) {
    known_values(to, pairs{{-1.5, -1}, {-1, -1}, {-0.75, -0.75}, {0, 0}, {0.5, 0.5}, {2, 1}});
  }
};
template <> struct cases<octet::ops::relu_0_to_1> {
  static void add(case_list& to) {
    known_values(to, pairs{{-1.5, 0}, {-0.25, 0}, {0, 0}, {0.5, 0.5}, {1, 1}, {2, 1}});
  }
};

/// Clamps of quantized values: where input and output share scale 1/4 and zero point 3, every
/// rounding gives the code of the clamped number.
template <class Row> void quantized_clamp(case_list& to, const Row& row) {
  quantized_unary_cases::add(to);
  if (to.with.round == rounding::none) return;  // the bounds come as attributes there
  node_case& n = to.add("by hand", {dims{static_cast<std::int32_t>(row.size())}});
  const std::int32_t zero = to.with.x() == dtype::s16 ? 0 : 13;
  n.in[0].quantize(0.25, zero), n.out[0].quantize(0.25, zero);
  n.expected.emplace_back();
  for (const auto& [x, y] : row)
    n.in[0].values.push_back(x * 4 + zero), n.expected[0].push_back(y * 4 + zero);
}
template <> struct cases<octet::ops::qnn_relu> {
  static void add(case_list& to) { quantized_clamp(to, pairs{{-1.5, 0}, {2, 2}, {0, 0}, {9, 9}}); }
};
template <> struct cases<octet::ops::qnn_relu6> {
  static void add(case_list& to) { quantized_clamp(to, pairs{{-1.5, 0}, {2, 2}, {6, 6}, {9, 6}}); }
};
template <> struct cases<octet::ops::qnn_relu_n1_to_1> {
  static void add(case_list& to) {
    quantized_clamp(to, pairs{{-1.5, -1}, {-1, -1}, {-0.75, -0.75}, {0, 0}, {0.5, 0.5}, {2, 1}});
  }
};
template <> struct cases<octet::ops::qnn_relu_0_to_1> {
  static void add(case_list& to) {
    quantized_clamp(to, pairs{{-1.5, 0}, {-0.25, 0}, {0, 0}, {0.5, 0.5}, {1, 1}, {2, 1}});
  }
};

// ---- to and from quantized values ----

template <> struct cases<octet::ops::requantize> {
  static void add(case_list& to) {
    const choice& c = to.with;
    const auto some = [&](std::string name, dims x) -> node_case& {
      node_case& n = c.in.size() > 1
                         ? to.add(std::move(name), {x, dims{x.rank == 0 ? 1 : x.back(0)}})
                         : to.add(std::move(name), {x});
      operand &from = n.in[0], &y = n.out[0];
      if (octet::size_of(from.type) > 2) from.range(-200000, 200000), from.quantize(0.0001, 0);
      y.quantize(scale_for(y.type, 0.06), zero_point(y.type, c.number));
      if (n.in.size() > 1) n.in[1].constant(), n.in[1].range(-1, 1);
      return n;
    };
    node_case& first = some("a few", {2, 3, 5});
    if (c.in.size() > 1) to.without(first, 1, 0), to.shorter(first, 0);
    node_case& channels = some("a scale per channel", {3, 37});
    channels.in[0].per_channel(1, channels.in[0].scales[0]);
    some("none", {0, 4});
    some("clamped", {133}).attrs.set("clamp_lo", std::int64_t{3});
    if (c.in.size() == 1) {
      node_case& n = some("negated, moved", {2, 9});
      n.attrs.set("offset", std::int64_t{7}), n.attrs.set("negate", std::int64_t{1});
    }
  }
};
template <> struct cases<octet::ops::requantize_add> {
  static void add(case_list& to) {
    const auto some = [&](std::string name, dims x) -> node_case& {
      node_case& n = to.add(std::move(name), {x, x, dims{x.back(0)}});
      n.in[0].range(-200000, 200000), n.in[0].quantize(0.0001, 0);
      n.in[1].zero_points = {0}, n.out[0].zero_points = {0};
      n.in[2].constant(), n.in[2].range(-5000, 5000);
      return n;
    };
    node_case& first = some("a few", {2, 3, 5});
    to.without(first, 2, 0);
    to.shorter(first, 0);
    node_case& channels = some("a scale per channel", {3, 37});
    channels.in[0].per_channel(1, channels.in[0].scales[0]);
    some("none", {0, 4});
    some("clamped", {133}).attrs.set("clamp_lo", std::int64_t{3});
    // Steps of 1/2, 1 and 1/4: sums of halves and quarters that end between two integers.
    node_case& ties = some("ties", {4});
    ties.in[0].quantize(0.5, 0), ties.in[1].quantize(0.25, 0), ties.out[0].quantize(1, 0);
    ties.in[2].values = {0, 0, 1, 0};
    ties.in[0].values = {1, 2, 3, 4};
    ties.in[1].values = {0, 2, 2, 6};
    ties.expected = {{0, 2, 2, 4}};
  }
};
template <> struct cases<octet::ops::quantize> {
  static void add(case_list& to) {
    const auto some = [&](std::string name, dims x) -> node_case& {
      node_case& n = to.add(std::move(name), {x});
      if (n.out[0].scales.empty()) n.out[0].quantize(scale_for(n.out[0].type, 0.06), 0);
      return n;
    };
    some("a few", {2, 3, 5});
    some("more than a vector", {133}).in[0].range(-20, 20);
    node_case& channels = some("a scale per channel", {2, 7, 3});
    channels.out[0].axis = 1;
    some("none", {0, 4});
    some("clamped", {20}).attrs.set("clamp_lo", std::int64_t{3});
    // Halves of the step tell ties apart; AWAY and OPT go from zero, the others to even.
    node_case& ties = some("ties", {4});
    ties.out[0].quantize(0.5, 0);
    ties.in[0].values = {0.25, 0.75, 1.25, 1.75};
    if (to.with.round == rounding::divide_half_away) ties.expected = {{1, 2, 3, 4}};
    if (to.with.round == rounding::divide_half_even ||
        to.with.round == rounding::reciprocal_half_even || to.with.round == rounding::mxnet)
      ties.expected = {{0, 2, 2, 4}};
  }
};
template <> struct cases<octet::ops::dequantize> {
  static void add(case_list& to) {
    const bool half = to.with.x() == dtype::f16;
    const auto some = [&](std::string name, dims x) -> node_case& {
      node_case& n = to.add(std::move(name), {x});
      if (!half && n.in[0].scales.empty()) n.in[0].quantize(scale_for(n.in[0].type, 0.06), 0);
      return n;
    };
    some("a few", {2, 3, 5});
    some("more than a vector", {133});
    some("none", {0, 4});
    if (half) {
      node_case& n = some("by hand", {3});
      n.in[0].values = {0x3C00, 0xC000, 0x3555};  // 1, -2, the half nearest to 1/3
      n.expected = {{1, -2, 0.333251953125}};
      return;
    }
    node_case& channels = some("a scale per channel", {2, 7, 3});
    channels.in[0].per_channel(1, channels.in[0].scales[0]);
    node_case& n = some("by hand", {3});
    n.in[0].quantize(0.5, 3), n.in[0].values = {3, 5, 0};
    n.expected = {{0, 1, -1.5}};
  }
};

// ---- rows ----

struct softmax_cases {
  static void add(case_list& to) {
    const auto some = [&](std::string name, dims x) -> node_case& {
      node_case& n = to.add(std::move(name), {x});
      if (n.out[0].type != dtype::f32)
        n.out[0].quantize(n.out[0].type == dtype::s16 ? 1. / 32768 : 1. / 256,
                          n.out[0].type == dtype::s8 ? -128 : 0);
      return n;
    };
    some("rows", {3, 10});
    some("one long row", {1, 133});
    if (octet::is_float(to.with.x())) some("many rows", {9, 11});
    some("an inner axis", {2, 7, 3}).attrs = to_attributes(octet::softmax_attrs{1, 1});
    some("no rows", {0, 4});
    some("rows of one", {5, 1});
    // The sum of the exponentials wraps to 0, and of int16 leaves no room.
    for (const std::int32_t n : {8192, 66000})
      some("equal codes: " + std::to_string(n), {1, n}).in[0].values.assign(octet::as_size(n), 7);
    if (to.with.round != rounding::onnxruntime && to.with.round != rounding::xnnpack)  // have none
      some("beta", {2, 9}).attrs = to_attributes(octet::softmax_attrs{0.5, -1});
  }
};
template <> struct cases<octet::ops::qnn_softmax> : softmax_cases {};
template <> struct cases<octet::ops::softmax> : softmax_cases {};
struct log_softmax_cases {
  static void add(case_list& to) {
    const auto some = [&](std::string name, dims x) -> node_case& {
      node_case& n = to.add(std::move(name), {x});
      if (n.out[0].type != dtype::f32)
        n.out[0].quantize(16. / 256, n.out[0].type == dtype::s8 ? 127 : 255);
      return n;
    };
    some("rows", {3, 10});
    some("one long row", {1, 133});
    some("no rows", {0, 4});
    some("rows of one", {5, 1});
    some("equal codes", {1, 8192}).in[0].values.assign(8192, 7);  // their sum wraps to 0
  }
};
template <> struct cases<octet::ops::qnn_log_softmax> : log_softmax_cases {};
template <> struct cases<octet::ops::log_softmax> : log_softmax_cases {};

struct l2_normalization_cases {
  static void add(case_list& to) {
    for (const dims& x : {dims{3, 10}, dims{2, 2, 37}, dims{0, 4}, dims{4, 1}}) {
      node_case& n = to.add("rows of " + std::to_string(x.back(0)), {x});
      if (n.out[0].type != dtype::f32)
        n.out[0].quantize(1. / 128, n.out[0].type == dtype::s8 ? 0 : 128);
    }
  }
};
template <> struct cases<octet::ops::qnn_l2_normalization> : l2_normalization_cases {};
template <> struct cases<octet::ops::l2_normalization> : l2_normalization_cases {};

// ---- two operands ----

struct binary_cases {
  template <class F> static void add_changed(case_list& to, F&& change) {
    change(to.add("alike", {dims{2, 3, 5}, dims{2, 3, 5}}));
    change(to.add("a vector", {dims{2, 3, 70}, dims{70}}));
    change(to.add("a vector first", {dims{35}, dims{4, 35}}));
    change(to.add("one number", {dims{3, 50}, dims{1}}));
    change(to.add("one number first", {dims{}, dims{150}}));
    change(to.add("repeated both ways", {dims{2, 1, 5}, dims{1, 3, 5}}));
    change(to.add("none", {dims{0, 3}, dims{1, 3}}));
    node_case& n = to.add("constant", {dims{2, 40}, dims{2, 40}});
    n.in[1].constant();
    change(n);
  }
  static void add(case_list& to) {
    add_changed(to, [](node_case&) {});
  }
};
/// Raw values: all of one quantization.
struct raw_binary_cases {
  static void add(case_list& to) {
    binary_cases::add_changed(to, [](node_case& n) {
      if (n.round != rounding::none) return;
      for (operand* o : {&n.in[1], &n.out[0]})
        if (!o->scales.empty()) o->scales = n.in[0].scales, o->zero_points = n.in[0].zero_points;
    });
  }
};
struct clamped_binary_cases {
  /// A sum in int32 is a quantized value too.
  static void scale_int32(node_case& n) {
    operand& y = n.out[0];
    if (y.type == dtype::s32 && !n.in[0].scales.empty()) y.quantize(scale_for(y.type, 0.06), 0);
  }
  static void add(case_list& to) {
    binary_cases::add_changed(to, scale_int32);
    node_case& n = to.add("clamped", {dims{2, 40}, dims{40}});
    scale_int32(n);
    if (n.in[0].type == dtype::f32)
      n.attrs.set("float_lo", -1.), n.attrs.set("float_hi", 6.);
    else
      n.attrs.set("clamp_lo", std::int64_t{3}), n.attrs.set("clamp_hi", std::int64_t{99});
  }
};
struct fused_sum_cases {
  static void add(case_list& to) {
    clamped_binary_cases::add(to);
    if (to.with.round == rounding::aten)
      for (const std::int64_t row : {0, 35, 70})
        for (const dims& b : {dims{3, 70}, dims{70}})
          to.add("rows of " + std::to_string(row), {dims{3, 70}, b}).attrs.set("row", row);
    if (to.with.round != rounding::fused_multiply_add) return;
    for (const std::int64_t first : {0, 1})
      to.add(first == 0 ? "b's share first" : "a's share first", {dims{3, 37}, dims{37}})
          .attrs.set("a_first", first);
  }
};
template <> struct cases<octet::ops::qnn_add> : fused_sum_cases {};
template <> struct cases<octet::ops::qnn_sub> : fused_sum_cases {};
template <> struct cases<octet::ops::qnn_mul> : clamped_binary_cases {};
template <> struct cases<octet::ops::add> : clamped_binary_cases {};
template <> struct cases<octet::ops::sub> : clamped_binary_cases {};
template <> struct cases<octet::ops::mul> : clamped_binary_cases {};
template <> struct cases<octet::ops::qnn_minimum> : raw_binary_cases {};
template <> struct cases<octet::ops::qnn_maximum> : raw_binary_cases {};
template <> struct cases<octet::ops::qnn_equal> : raw_binary_cases {};
template <> struct cases<octet::ops::qnn_not_equal> : raw_binary_cases {};
template <> struct cases<octet::ops::qnn_less> : raw_binary_cases {};
template <> struct cases<octet::ops::qnn_less_equal> : raw_binary_cases {};
template <> struct cases<octet::ops::qnn_greater> : raw_binary_cases {};
template <> struct cases<octet::ops::qnn_greater_equal> : raw_binary_cases {};
template <> struct cases<octet::ops::qnn_squared_difference> : binary_cases {};
template <> struct cases<octet::ops::qnn_div> : binary_cases {};

/// Two operands with results anyone can check: {a, b, y}.
using triples = std::vector<std::array<double, 3>>;
inline void known_triples(case_list& to, const triples& rows) {
  binary_cases::add(to);
  const auto count = static_cast<std::int32_t>(rows.size());
  node_case& n = to.add("by hand", {dims{count}, dims{count}});
  n.expected.emplace_back();
  for (const auto& [a, b, y] : rows)
    n.in[0].values.push_back(a), n.in[1].values.push_back(b), n.expected[0].push_back(y);
}
/// Numbers that every type of the list holds; bools are 0 and 1.
inline void known_comparison(case_list& to, double less, double same, double more) {
  known_triples(to, to.with.x() == dtype::boolean
                        ? triples{{0, 1, less}, {1, 1, same}, {0, 0, same}, {1, 0, more}}
                        : triples{{3, 7, less},
                                  {7, 7, same},
                                  {0, 0, same},
                                  {9, 2, more},
                                  {0, 100, less},
                                  {127, 0, more}});
}
template <> struct cases<octet::ops::equal> {
  static void add(case_list& to) { known_comparison(to, 0, 1, 0); }
};
template <> struct cases<octet::ops::not_equal> {
  static void add(case_list& to) { known_comparison(to, 1, 0, 1); }
};
template <> struct cases<octet::ops::less> {
  static void add(case_list& to) { known_comparison(to, 1, 0, 0); }
};
template <> struct cases<octet::ops::less_equal> {
  static void add(case_list& to) { known_comparison(to, 1, 1, 0); }
};
template <> struct cases<octet::ops::greater> {
  static void add(case_list& to) { known_comparison(to, 0, 0, 1); }
};
template <> struct cases<octet::ops::greater_equal> {
  static void add(case_list& to) { known_comparison(to, 0, 1, 1); }
};
template <> struct cases<octet::ops::logical_and> {
  static void add(case_list& to) {
    known_triples(to, {{0, 0, 0}, {0, 1, 0}, {1, 0, 0}, {1, 1, 1}});
  }
};
template <> struct cases<octet::ops::logical_or> {
  static void add(case_list& to) {
    known_triples(to, {{0, 0, 0}, {0, 1, 1}, {1, 0, 1}, {1, 1, 1}});
  }
};
template <> struct cases<octet::ops::minimum> {
  static void add(case_list& to) { known_triples(to, {{3, 7, 3}, {7, 3, 3}, {5, 5, 5}}); }
};
template <> struct cases<octet::ops::maximum> {
  static void add(case_list& to) { known_triples(to, {{3, 7, 7}, {7, 3, 7}, {5, 5, 5}}); }
};
template <> struct cases<octet::ops::squared_difference> {
  static void add(case_list& to) { known_triples(to, {{3, 7, 16}, {7, 3, 16}, {5, 5, 0}}); }
};
template <> struct cases<octet::ops::div> {
  static void add(case_list& to) {
    known_triples(to, {{12, 4, 3}, {0, 9, 0}, {100, 5, 20}});
    const bool real = octet::is_float(to.with.x());
    node_case& n = to.add("clamped", {dims{3}, dims{3}});
    if (real)
      n.attrs.set("float_lo", 1.), n.attrs.set("float_hi", 6.);
    else
      n.attrs.set("clamp_lo", std::int64_t{1}), n.attrs.set("clamp_hi", std::int64_t{6});
    n.in[0].values = {12, 0, 100}, n.in[1].values = {4, 9, 5}, n.expected = {{3, 1, 6}};
  }
};
template <> struct cases<octet::ops::floor_div> {
  static void add(case_list& to) { known_triples(to, {{13, 4, 3}, {0, 9, 0}, {99, 5, 19}}); }
};
template <> struct cases<octet::ops::floor_mod> {
  static void add(case_list& to) { known_triples(to, {{13, 4, 1}, {0, 9, 0}, {99, 5, 4}}); }
};
struct prelu_cases {
  static void add(case_list& to) {
    to.add("a slope per channel", {dims{2, 3, 3, 5}, dims{5}});
    to.add("a slope per element", {dims{2, 40}, dims{2, 40}});
    to.add("one slope", {dims{3, 50}, dims{1}}).in[1].constant();
    to.add("none", {dims{0, 3}, dims{3}});
  }
};
template <> struct cases<octet::ops::qnn_prelu> {
  static void add(case_list& to) {
    prelu_cases::add(to);
    if (to.with.x() == dtype::s16) {  // -20000 steps of 0.5 by a slope of 0.5, in steps of 1
      node_case& n = to.add("by hand", {dims{4}, dims{1}});
      n.in[0].quantize(0.5, 0), n.in[1].quantize(0.01, 0), n.out[0].quantize(1, 0);
      n.in[0].values = {-20000., 0., 7., 32767.}, n.in[1].values = {50.};
      n.in[1].constant();
      n.expected = {{-5000., 0., 4., 16384.}};
    }
    if (to.with.round != rounding::reciprocal_half_even) return;
    const bool low = to.with.x() == dtype::s8;  // quint8 zero points are 128 more
    const int zero = low ? 0 : 128;
    // 1 is 100 steps of the slope's scale: -20 * 50 / 100 = -10.
    node_case& n = to.add("by hand", {dims{4}, dims{1}});
    n.in[0].quantize(0.5, zero), n.in[1].quantize(0.01, zero), n.out[0].quantize(0.5, zero);
    n.in[0].values = {zero - 20., zero + 0., zero + 7., zero + 127.}, n.in[1].values = {zero + 50.};
    n.in[1].constant();
    n.expected = {{zero - 10., zero + 0., zero + 7., zero + 127.}};
    // 1 would be 1000 steps, of which the codes hold 127: 100 becomes 12.7.
    node_case& cut = to.add("a scale of slopes that holds no 1", {dims{2}, dims{1}});
    cut.in[0].quantize(0.5, zero), cut.in[1].quantize(0.001, zero), cut.out[0].quantize(0.5, zero);
    cut.in[0].values = {zero + 100., zero - 100.}, cut.in[1].values = {zero + 50.};
    cut.in[1].constant();
    cut.expected = {{zero + 13., zero - 5.}};
  }
};
template <> struct cases<octet::ops::prelu> : prelu_cases {};

template <> struct cases<octet::ops::select> {
  static void add(case_list& to) {
    to.add("alike", {dims{2, 9}, dims{2, 9}, dims{2, 9}});
    to.add("repeated", {dims{2, 1}, dims{9}, dims{2, 9}});
    to.add("none", {dims{0, 1}, dims{9}, dims{1, 9}});
    node_case& n = to.add("by hand", {dims{2}, dims{2}, dims{2}});
    n.in[0].values = {1, 0}, n.in[1].values = {1, 1}, n.in[2].values = {0, 0};
    n.expected = {{1, 0}};
  }
};
template <> struct cases<octet::ops::cast> {
  static void add(case_list& to) {
    to.add("a few", {dims{2, 9}});
    to.add("none", {dims{0, 9}});
    if (to.with.out[0] == dtype::f16) {
      // Ties at 1 + 2^-11 and 1 + 3 2^-11, at the end of the range, and below the smallest number.
      node_case& n = to.add("by hand", {dims{9}});
      n.in[0].values = {1,     -2,      1.00048828125, 1.00146484375, 65519.99,
                        65520, 0x1p-24, 0x3p-26,       0x1p-25};
      n.expected = {{0x3C00, 0xC000, 0x3C00, 0x3C02, 0x7BFF, 0x7C00, 0x0001, 0x0001, 0}};
      return;
    }
    node_case& n = to.add("by hand", {dims{3}});
    n.in[0].values = {0, 1, 1}, n.expected = {{0, 1, 1}};
    if (octet::is_float(to.with.in[0])) {
      constexpr double infinite = std::numeric_limits<double>::infinity();
      to.add("beyond every integer", {dims{21}}).in[0].values = {
          0.5,        -0.5,        0.999999,     -0.999999, 127.5,   -128.5,   128,
          255.9,      256,         -1,           -1e-30,    32767.9, -32769,   65536,
          2147483520, 2147483648., -2147483648., 1e20,      -1e20,   infinite, -infinite};
    } else if (to.with.in[0] == dtype::s32) {
      to.add("what wraps", {dims{19}}).in[0].values = {
          0,     1,      -1,        127,          128,         -128,     -129,      255, 256, -256,
          32767, -32769, 65536 + 9, -2147483648., 2147483647., 16777217, -16777219, 300, -300};
    }
    const dtype y = to.with.out[0];
    if (!octet::is_float(to.with.in[0]) || octet::is_float(y) || y == dtype::boolean) return;
    for (const bool highest : {false, true}) {
      if (highest && octet::size_of(y) > 4) continue;  // a double does not hold these numbers
      node_case& nan = to.add(highest ? "NaN as the highest number" : "NaN as 0", {dims{2}});
      nan.in[0].values = {std::nan(""), 1};
      if (highest) nan.attrs.set("nan_is_highest", std::int64_t{1});
      nan.expected = {{highest ? static_cast<double>(octet::highest_of(y)) : 0., 1}};
    }
  }
};
template <> struct cases<octet::ops::fake_quantize> {
  static void add(case_list& to) {
    const auto range = [](node_case& n, double least, double most, double step) {
      n.attrs.set("least", least), n.attrs.set("most", most), n.attrs.set("step", step);
    };
    range(to.add("a few", {dims{3, 37}}), -6, 9, 0.046875);
    range(to.add("none", {dims{0, 9}}), 0, 1, 0.5);
    node_case& n = to.add("by hand", {dims{9}});  // ties go up
    range(n, -1, 2, 0.5);
    n.in[0].values = {-9, -0.75, -0.7, -0.25, 0, 0.25, 1.7, 3, std::nan("")};
    n.expected = {{-1, -0.5, -0.5, 0, 0, 0.5, 1.5, 2, -1}};
  }
};

}  // namespace octet_test

#endif  // OCTET_TESTS_CASES_ELEMENTWISE_HPP_
