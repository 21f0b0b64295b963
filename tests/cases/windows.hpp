// Cases of operators that sum, compare or blend over windows, axes and time: pooling, reductions,
// normalizations, resizing, recurrent layers.
#ifndef OCTET_TESTS_CASES_WINDOWS_HPP_
#define OCTET_TESTS_CASES_WINDOWS_HPP_

#include <memory>

#include "cases/node_case.hpp"
#include "octet/ops/grid_sample.hpp"
#include "octet/ops/layer_norm.hpp"
#include "octet/ops/lstm.hpp"
#include "octet/ops/norm.hpp"
#include "octet/ops/pool2d.hpp"
#include "octet/ops/recurrent.hpp"
#include "octet/ops/reduce.hpp"
#include "octet/ops/resample.hpp"
#include "octet/ops/resize.hpp"
#include "octet/ops/svdf.hpp"
#include "octet/ops/variance.hpp"

namespace octet_test {

/// The output has the input's quantization.
inline void keep_quantization(node_case& n) {
  n.out[0].scales = n.in[0].scales, n.out[0].zero_points = n.in[0].zero_points;
}

// ---- pooling ----

struct pool_cases {
  static node_case& pool(case_list& to, std::string name, dims x, octet::pool2d_attrs a) {
    node_case& n = to.add(std::move(name), {x});
    n.attrs = to_attributes(a);
    // Only these rescale.
    if (n.round != rounding::float_half_even && n.round != rounding::float_zero_point_half_even &&
        n.round != rounding::qnnpack && n.round != rounding::onnxruntime)
      keep_quantization(n);
    return n;
  }
  static void add(case_list& to) {
    pool(to, "2x2", {1, 4, 6, 5}, {.window_h = 2, .window_w = 2, .stride_h = 2, .stride_w = 2});
    pool(to, "3x3, padding", {2, 5, 5, 35},
         {.window_h = 3,
          .window_w = 3,
          .stride_h = 2,
          .stride_w = 1,
          .pad_top = 1,
          .pad_left = 1,
          .pad_bottom = 1,
          .pad_right = 1,
          .ceil_mode = true});
    pool(to, "whole images", {1, 7, 7, 20}, {.window_h = 7, .window_w = 7});
    pool(to, "no images", {0, 4, 4, 3}, {.window_h = 2, .window_w = 2});
    node_case& clamped = pool(to, "clamped", {1, 3, 3, 8}, {.window_h = 2, .window_w = 2});
    clamped.attrs.set("clamp_lo", std::int64_t{3}), clamped.attrs.set("clamp_hi", std::int64_t{90});
    clamped.attrs.set("float_lo", 0.), clamped.attrs.set("float_hi", 6.);
    const bool max = to.with.op->name.ends_with("max_pool2d");
    if (max || to.with.x() == dtype::f32)
      pool(to, "dilated", {1, 6, 6, 3},
           {.window_h = 2, .window_w = 3, .dilation_h = 2, .dilation_w = 2});
    if (max) {
      node_case& n = pool(to, "by hand", {1, 2, 2, 1}, {.window_h = 2, .window_w = 2});
      n.in[0].values = {3, 9, 1, 5}, n.expected = {{9}};
    } else {
      pool(to, "padding counts", {1, 4, 4, 3},
           {.window_h = 2,
            .window_w = 2,
            .pad_top = 1,
            .pad_left = 1,
            .pad_bottom = 1,
            .pad_right = 1,
            .count_include_pad = true});
      pool(to, "adaptive", {1, 7, 5, 4}, {.adaptive_h = 3, .adaptive_w = 2});
      pool(to, "a divisor", {1, 4, 4, 3}, {.window_h = 2, .window_w = 2, .divisor = 3});
      node_case& n = pool(to, "by hand", {1, 2, 2, 1}, {.window_h = 2, .window_w = 2});
      n.in[0].values = {3, 9, 1, 7}, n.expected = {{5}};
      for (operand* o : {&n.in[0], &n.out[0]})
        if (!o->scales.empty()) o->quantize(0.5, 0);
    }
  }
};
template <> struct cases<octet::ops::qnn_avg_pool2d> : pool_cases {};
template <> struct cases<octet::ops::qnn_max_pool2d> : pool_cases {};
template <> struct cases<octet::ops::avg_pool2d> : pool_cases {};
template <> struct cases<octet::ops::max_pool2d> : pool_cases {};

// ---- reductions ----

struct reduce_cases {
  static node_case& reduce(case_list& to, std::string name, dims x, dims axes) {
    node_case& n = to.add(std::move(name), {x});
    n.attrs = to_attributes(octet::reduce_attrs{.axes = axes});
    if (n.round == rounding::divide_half_even) keep_quantization(n);
    // Products and sums of a few numbers stay in range.
    if (octet::size_of(n.in[0].type) > 2 && !octet::is_float(n.in[0].type)) n.in[0].range(-9, 9);
    return n;
  }
  static void add(case_list& to) {
    reduce(to, "images to channels", {2, 3, 4, 35}, {1, 2});
    if (octet::is_float(to.with.x())) reduce(to, "many rows", {19, 13}, {1});
    reduce(to, "rows", {5, 40}, {1}).attrs.set("keep_dims", std::int64_t{1});
    reduce(to, "all", {2, 3, 5}, {});
    reduce(to, "separated axes", {3, 4, 5}, {0, 2});
    reduce(to, "no rows", {0, 4}, {1});
    reduce(to, "nothing to reduce", {3, 1}, {-1});
  }
  /// Zeros of both signs, of which the first one counts, after numbers that do not.
  static void add_zeros(case_list& to, double other) {
    if (to.with.x() != dtype::f32) return;
    node_case& n = reduce(to, "zeros", {4, 70}, {1});
    for (std::size_t i = 0; i < 280; ++i)
      n.in[0].values.push_back(i % 70 < i / 70 * 11 ? other : (i * i + i / 70) % 3 == 0 ? 0. : -0.);
  }
  /// Each of ONNX Runtime's orders, with every number of elements left over.
  static void add_orders(case_list& to) {
    for (const std::int32_t n : {1, 3, 6, 8, 15, 37})
      reduce(to, "rows of " + std::to_string(n), {2, 3, n}, {-1});
    for (const std::int32_t n : {2, 3, 4, 5, 6, 7, 12})
      reduce(to, "middle of " + std::to_string(n), {2, n, 3}, {1});
    reduce(to, "outermost and innermost", {3, 2, 9}, {0, 2});
    reduce(to, "in memory order", {2, 3, 4, 5}, {1, 3});
    reduce(to, "all", {3, 5, 7}, {});
    reduce(to, "no rows", {0, 4}, {1});
    reduce(to, "nothing in the middle", {2, 4, 0}, {1});
    reduce(to, "not as ReduceSum", {2, 3, 15}, {-1}).attrs.set("in_order", std::int64_t{1});
  }
  /// MXNet's sums: 2^24 + 1 + 1 + 1, which plain additions leave at 2^24.
  static void add_compensated(case_list& to, double expected) {
    node_case& n = reduce(to, "compensated", {1, 4}, {1});
    n.in[0].values = {16777216, 1, 1, 1}, n.expected = {{expected}};
    reduce(to, "in memory order", {3, 20}, {1}).attrs.set("in_order", std::int64_t{1});
  }
  /// PyTorch's sums: in vectors along the innermost axis and across it, in more than one level.
  static void add_cascades(case_list& to) {
    reduce(to, "channels last", {1, 3, 5, 40}, {1, 2}).attrs.set("channels_last", std::int64_t{1});
    reduce(to, "along a long axis", {2, 3, 1153}, {2});
    reduce(to, "across a long axis", {2, 131, 45}, {1});
    reduce(to, "around an axis", {3, 20, 2, 37}, {0, 3});
    reduce(to, "across two axes", {2, 9, 5, 70}, {0, 2});
  }
  /// {5, 2, 3, 4} as two rows of two, along the rows.
  static void add_known(case_list& to, std::vector<double> values, std::vector<double> expected) {
    add(to);
    node_case& n = reduce(to, "by hand", {2, 2}, {1});
    n.in[0].values = std::move(values), n.expected = {std::move(expected)};
  }
};
template <> struct cases<octet::ops::qnn_mean> {
  static void add(case_list& to) {
    reduce_cases::add(to);
    if (to.with.round == rounding::aten) reduce_cases::add_cascades(to);
  }
};
template <> struct cases<octet::ops::qnn_sum> : reduce_cases {};
template <> struct cases<octet::ops::qnn_reduce_prod> {
  static void add(case_list& to) {
    reduce_cases::add(to);
    // Scale 1 and zero point 0: the product itself.
    node_case& n = reduce_cases::reduce(to, "by hand", {2, 3}, {1});
    n.in[0].quantize(1, 0), n.out[0].quantize(1, 0);
    n.in[0].values = {2, 3, 4, 5, 5, 5}, n.expected = {{24, 125}};
  }
};
template <> struct cases<octet::ops::mean> {
  static void add(case_list& to) {
    if (to.with.round == rounding::onnxruntime) reduce_cases::add_orders(to);
    if (to.with.round == rounding::mxnet) reduce_cases::add_compensated(to, 4194305);
    reduce_cases::add_known(to, {5, 3, 2, 8}, {4, 5});
    if (to.with.round == rounding::aten) reduce_cases::add_cascades(to);
  }
};
template <> struct cases<octet::ops::sum> {
  static void add(case_list& to) {
    if (to.with.round == rounding::aten) {
      reduce_cases::add_cascades(to);
      reduce_cases::reduce(to, "in memory order", {3, 20}, {1})
          .attrs.set("in_order", std::int64_t{1});
    }
    if (to.with.round == rounding::onnxruntime) reduce_cases::add_orders(to);
    if (to.with.round == rounding::mxnet) reduce_cases::add_compensated(to, 16777220);
    reduce_cases::add_known(to, {5, 2, 3, -4}, {7, -1});
  }
};
template <> struct cases<octet::ops::variance> {
  static void add(case_list& to) {
    for (const bool root : {false, true}) {
      const auto some = [&](std::string name, dims x, dims axes, double correction) -> node_case& {
        node_case& n = to.add(std::move(name) + (root ? ", root" : ""), {x}, 2);
        n.attrs = to_attributes(octet::variance_attrs{correction, root});
        n.attrs.set("axes", std::vector<std::int64_t>(axes.begin(), axes.end()));
        return n;
      };
      some("images to channels", {2, 3, 4, 35}, {1, 2}, 1);
      some("rows", {5, 40}, {1}, 0).attrs.set("keep_dims", std::int64_t{1});
      some("more rows than lanes", {37, 45}, {1}, 1);
      some("all", {2, 3, 5}, {}, 2.5);
      some("no rows", {0, 4}, {1}, 1);
      node_case& n = some("by hand", {2, 2}, {1}, 1);
      n.in[0].values = {1, 3, 5, -3};
      n.expected = {root ? std::vector<double>{} : std::vector<double>{2, 32}, {2, 1}};
      if (root) n.expected.clear();
    }
  }
};
template <> struct cases<octet::ops::reduce_max> {
  static void add(case_list& to) {
    reduce_cases::add_known(to, {5, 2, 3, 4}, {5, 4});
    reduce_cases::add_zeros(to, -1);
  }
};
template <> struct cases<octet::ops::reduce_min> {
  static void add(case_list& to) {
    reduce_cases::add_known(to, {5, 2, 3, 4}, {2, 3});
    reduce_cases::add_zeros(to, 1);
  }
};
template <> struct cases<octet::ops::reduce_prod> {
  static void add(case_list& to) { reduce_cases::add_known(to, {5, 2, 3, -4}, {10, -12}); }
};
template <> struct cases<octet::ops::reduce_any> {
  static void add(case_list& to) { reduce_cases::add_known(to, {0, 0, 1, 0}, {0, 1}); }
};
template <> struct cases<octet::ops::reduce_all> {
  static void add(case_list& to) { reduce_cases::add_known(to, {1, 1, 1, 0}, {1, 0}); }
};

// ---- normalizations ----

template <> struct cases<octet::ops::batch_norm> {
  static void add(case_list& to) {
    for (const dims& x : {dims{2, 3, 5}, dims{4, 37}, dims{0, 4}}) {
      node_case& n =
          to.add("channels " + std::to_string(x.back(0)), {x, dims{x.back(0)}, dims{x.back(0)}});
      n.in[1].constant(), n.in[2].constant();
      n.in[1].range(-2, 2), n.in[2].range(-50, 50);
    }
  }
};
struct norm_cases {
  static void add_shapes(case_list& to, dims x, std::int32_t parameters, octet::norm_attrs a) {
    node_case& n = to.add("weight and bias", {x, dims{parameters}, dims{parameters}});
    n.attrs = to_attributes(a);
    n.in[1].constant(), n.in[2].constant();
    n.in[1].range(-2, 2), n.in[2].range(-2, 2);
    to.without(n, 1, 1);
    node_case& weight = to.shorter(n, 0);
    to.without(weight, 1, 1);
    node_case& neither = to.shorter(weight, 1);
    neither.name = "neither weight nor bias";
  }
};
template <> struct cases<octet::ops::layer_norm> {
  static void add(case_list& to) {
    norm_cases::add_shapes(to, {3, 4, 7}, 7, {});
    norm_cases::add_shapes(to, {3, 4, 7}, 28, {.axes = 2});
    norm_cases::add_shapes(to, {0, 7}, 7, {});
  }
};
template <> struct cases<octet::ops::float_layer_norm> {
  static void add(case_list& to) {
    const auto shapes = [&](dims x, std::int32_t parameters, const octet::layer_norm_attrs& a) {
      node_case& n =
          to.add("rows of " + std::to_string(parameters), {x, dims{parameters}, dims{parameters}});
      n.attrs = to_attributes(a);
      n.in[1].range(-2, 2), n.in[2].range(-2, 2);
      to.without(n, 1, 1);
      node_case& unbiased = to.shorter(n, 0);
      node_case& neither = to.shorter(unbiased, 1);
      // PyTorch's groups without weight and bias subtract the mean before they scale.
      if (a.groups != 0 && !a.wide && !a.channels_last) neither.equal_to = nullptr;
    };
    for (const std::int32_t n : {1, 7, 12, 31, 40}) shapes({3, 5, n}, n, {});
    if (to.with.round == rounding::onnxruntime) {
      for (const std::int32_t n : {1, 7, 12, 31, 40})
        shapes({19, n}, n, {.epsilon = 1e-6, .centred = false});
      shapes({9, 13}, 13, {.running = true});
      shapes({9, 13}, 13, {.centred = false, .running = true});
      shapes({2, 9, 13}, 13, {.in_order = true});
      shapes({37, 45}, 45, {.running = true}), shapes({21, 35}, 35, {.in_order = true});
      node_case& tiny = to.add("rows of subnormal quotients", {dims{19, 45}, dims{45}, dims{45}});
      tiny.attrs = to_attributes(octet::layer_norm_attrs{.running = true});
      tiny.in[0].range(-0x1p-123, 0x1p-123), tiny.in[2].range(0, 0);
    } else if (to.with.round == rounding::xnnpack) {
      for (const std::int32_t n : {15, 16, 33, 48, 64, 107}) shapes({19, n}, n, {.epsilon = 1e-3});
    } else {
      // One to seven chunks of 16 elements in each lane, the last one short.
      for (const std::int32_t n : {128, 130, 259, 400, 643, 777}) shapes({2, n}, n, {});
      shapes({2, 6, 3, 5}, 6, {.groups = 2});
      shapes({1, 4, 37}, 4, {.groups = 4});
      shapes({3, 5}, 5, {.groups = 1});
      shapes({2, 3, 5, 7}, 3, {.groups = 3, .wide = true});
      shapes({1, 4, 37}, 4, {.groups = 2, .wide = true});
      shapes({2, 6, 3, 5}, 6, {.groups = 2, .channels_last = true});
      shapes({1, 26, 3, 3}, 26, {.groups = 2, .channels_last = true});
      shapes({1, 9, 32, 33}, 9, {.groups = 1, .channels_last = true});
    }
    shapes({2, 3, 4, 5}, 20, {.axes = 2});
    shapes({0, 9}, 9, {});
    node_case& n =
        to.add("by hand", {dims{1, 2}, dims{2}, dims{2}});  // 3 and 5: mean 4, variance 1
    n.attrs = to_attributes(octet::layer_norm_attrs{.epsilon = 0});
    n.in[0].values = {3, 5}, n.in[1].values = {2, 4}, n.in[2].values = {10, 20};
    n.expected = {{8, 24}};
  }
};
template <> struct cases<octet::ops::group_norm> {
  static void add(case_list& to) {
    norm_cases::add_shapes(to, {2, 6, 3, 3}, 6, {.groups = 2});
    norm_cases::add_shapes(to, {0, 6, 3}, 6, {.groups = 6});
    norm_cases::add_shapes(to, {1, 2, 20, 26}, 2, {.groups = 1, .channels_last = true});
  }
};

// ---- resizing ----

struct resize_cases {
  static void add(case_list& to) {
    const auto resize = [&](std::string name, dims x, octet::resize_attrs a) -> node_case& {
      node_case& n = to.add(std::move(name), {x});
      n.attrs = to_attributes(a);
      keep_quantization(n);
      return n;
    };
    resize("larger", {1, 3, 4, 5}, {.out_h = 7, .out_w = 9});
    resize("corners kept", {2, 5, 4, 37}, {.out_h = 9, .out_w = 7, .align_corners = true});
    resize("half pixels", {1, 5, 6, 3}, {.out_h = 3, .out_w = 11, .half_pixel_centers = true});
    resize("no images", {0, 5, 6, 3}, {.out_h = 3, .out_w = 11});
    node_case& n = resize("the same size", {1, 2, 2, 2}, {.out_h = 2, .out_w = 2});
    n.in[0].values = {1, 2, 3, 4, 5, 6, 7, 8}, n.expected = {n.in[0].values};
  }
};
template <> struct cases<octet::ops::qnn_resize_bilinear> : resize_cases {};
template <> struct cases<octet::ops::resize_bilinear> : resize_cases {};
template <> struct cases<octet::ops::resample> {
  static void add(case_list& to) {
    const auto resample = [&](std::string name, dims x, octet::resample_attrs a) -> node_case& {
      node_case& n = to.add(std::move(name), {x});
      n.attrs = to_attributes(a);
      return n;
    };
    for (const bool cubic : {false, true}) {
      const std::string kind = cubic ? "cubic, " : "linear, ";
      resample(kind + "larger", {2, 3, 5, 7}, {.axis = 2, .extent = 11, .cubic = cubic});
      resample(kind + "corners", {2, 9, 35},
               {.axis = 1, .extent = 4, .cubic = cubic, .align_corners = true});
      resample(kind + "a factor", {3, 8},
               {.axis = -1, .extent = 13, .cubic = cubic, .factor = 1.7});
      resample(kind + "antialias", {2, 17, 5},
               {.axis = 1, .extent = 5, .cubic = cubic, .antialias = true});
      resample(kind + "antialias, larger", {2, 4, 5},
               {.axis = 1, .extent = 9, .cubic = cubic, .antialias = true});
      resample(kind + "one pixel", {1, 1, 3}, {.axis = 1, .extent = 4, .cubic = cubic});
    }
    resample("no lines", {0, 4}, {.axis = 1, .extent = 3});
    node_case& n = resample("by hand", {1, 2}, {.axis = 1, .extent = 4});
    n.in[0].values = {1, 5}, n.expected = {{1, 2, 4, 5}};
  }
};
template <> struct cases<octet::ops::grid_sample> {
  static void add(case_list& to) {
    using octet::grid_padding;
    for (const bool nearest : {false, true})
      for (const bool corners : {false, true})
        for (const grid_padding by :
             {grid_padding::zeros, grid_padding::border, grid_padding::reflection}) {
          node_case& n = to.add("padding " + std::to_string(static_cast<int>(by)) +
                                    (nearest ? ", nearest" : ", blended") +
                                    (corners ? ", corners" : ", edges"),
                                {dims{2, 4, 5, 3}, dims{2, 3, 7, 2}});
          n.attrs = to_attributes(octet::grid_sample_attrs{nearest, by, corners});
          n.in[1].range(-3, 3);
        }
    to.add("channels", {dims{1, 4, 5, 37}, dims{1, 2, 7, 2}}).in[1].range(-2, 2);
    node_case& one = to.add("one pixel", {dims{1, 1, 1, 2}, dims{1, 2, 2, 2}});
    one.attrs = to_attributes(octet::grid_sample_attrs{false, grid_padding::reflection, true});
    one.in[1].range(-3, 3);
    to.add("no places", {dims{1, 4, 5, 3}, dims{1, 0, 7, 2}});
    node_case& n = to.add("by hand", {dims{1, 2, 2, 1}, dims{1, 1, 3, 2}});
    n.attrs = to_attributes(octet::grid_sample_attrs{false, grid_padding::zeros, true});
    n.in[0].values = {1, 2, 3, 4};
    n.in[1].values = {-1, -1, 0, 0, 1, 3};  // a corner, the middle, outside
    n.expected = {{1, 2.5, 0}};
  }
};

// ---- recurrent layers ----

using indices = std::initializer_list<std::size_t>;

/// A tensor that the session keeps: input `i`, written through output `o`.
inline void keep_state(node_case& n, std::size_t i, std::size_t o) {
  n.in[i].role = octet::tensor::kind::state;
  n.out[o] = n.in[i];
  n.out[o].same_as_input = static_cast<int>(i);
}

template <> struct cases<octet::ops::qnn_lstm> {
  static constexpr const char* never_empty = "a layer without units or inputs has no weights";
  static void add(case_list& to) {
    for (const bool time_major : {false, true}) {
      const dims w{4, 3}, r{4, 4}, b{4}, x = time_major ? dims{5, 2, 3} : dims{2, 5, 3};
      node_case& n = to.add(time_major ? "time major" : "batch major",
                            {x, w, w, w, r, r, r, b, b, b, dims{2, 4}, dims{2, 4}, w, r, b}, 3);
      for (const std::size_t i : indices{1, 2, 3, 4, 5, 6, 12, 13}) n.in[i].quantize(0.01, 0);
      for (std::size_t i = 1; i < 15; ++i)
        if (i != 10 && i != 11) n.in[i].constant();
      for (const std::size_t i : indices{7, 8, 9, 14}) n.in[i].range(-2000, 2000);
      n.in[0].quantize(0.02, 3), n.in[10].quantize(1. / 128, 5), n.in[11].quantize(1. / 4096, 0);
      keep_state(n, 10, 1), keep_state(n, 11, 2);
      n.out[0].quantize(1. / 128, 5);
      n.attrs = to_attributes(
          octet::lstm_attrs{.time_major = time_major, .cell_clip = time_major ? 3. : 0.});
      // Without an input gate it is 1 - forget gate: another function, so there is no neutral
      // value.
      node_case coupled = n;
      for (std::size_t i = 12; i < 15; ++i) coupled.in[i] = {}, coupled.in[i].given = false;
      coupled.name += ", no input gate";
      // A projection to three values, peepholes and layer normalization: optional as they are, but
      // without a value that leaves them out.
      node_case full = n;
      full.name += ", all operands";
      const dims o{3};
      for (const std::size_t i : indices{4, 5, 6, 13}) full.in[i].shape = dims{4, 3};
      full.in[10].shape = dims{2, 3}, full.out[1].shape = dims{2, 3};
      const auto more = [&](const dims& shape, dtype t, double scale) {
        operand e;
        e.shape = shape, e.type = t;
        e.constant(), e.quantize(scale, 0);
        e.range(t == dtype::s8 ? -127 : -3000, t == dtype::s8 ? 127 : 3000);
        full.in.push_back(e);
      };
      more(dims{3, 4}, dtype::s8, 0.01), more(o, dtype::s32, 1e-4);
      for (int i = 0; i < 7; ++i) more(b, dtype::s16, 1. / 32768);
      full.attrs = to_attributes(octet::lstm_attrs{.time_major = time_major,
                                                   .hidden_scale = 1. / 128,
                                                   .projection_clip = time_major ? 0.5 : 0.,
                                                   .forget_scale = 1. / 2048,
                                                   .cell_scale = 1. / 4096,
                                                   .output_scale = 1. / 1024,
                                                   .input_scale = 1. / 2048});
      to.add(full);
      node_case& long_list = to.add(coupled);
      node_case shorter = long_list;
      shorter.in.resize(12);
      to.add(shorter).equal_to = std::make_shared<node_case>(long_list);
    }
  }
};
template <> struct cases<octet::ops::float_lstm> {
  static constexpr const char* never_empty = "a layer without units or inputs has no weights";
  static void add(case_list& to) {
    const bool hybrid = to.with.in[2] == dtype::s8;
    for (const bool time_major : {false, true}) {
      const std::int32_t batch = time_major && !hybrid ? 1 : 2;
      const dims w{5, 7}, r{5, 3}, one{5}, x = time_major ? dims{3, batch, 7} : dims{batch, 3, 7};
      const dims state{batch, 3}, cell{batch, 5};
      node_case& n =
          to.add(time_major ? "time major" : "batch major",
                 // input; weights of input and of output; peepholes and biases; projection and its
                 // bias; states; normalization
                 {x,   w,   w,   w,   w,          r,       r,     r,    r,   one, one, one,
                  one, one, one, one, dims{3, 5}, dims{3}, state, cell, one, one, one, one},
                 3);
      for (std::size_t i = 1; i < n.in.size(); ++i) {
        if (i == 18 || i == 19) continue;
        n.in[i].constant();
        if (n.in[i].type == dtype::s8)
          n.in[i].quantize(0.004 + 0.0003 * static_cast<double>(i), 0), n.in[i].range(-127, 127);
        else
          n.in[i].range(-0.7, 0.7);
      }
      n.in[0].range(-2, 2);
      keep_state(n, 18, 1), keep_state(n, 19, 2);
      n.attrs = to_attributes(octet::float_lstm_attrs{.time_major = time_major,
                                                      .cell_clip = time_major ? 0.6 : 0.,
                                                      .state_clip = time_major ? 0.3 : 0.,
                                                      .asymmetric = hybrid && time_major});
      // Without an input gate, or without the other optional operands: other functions.
      node_case coupled = n, plain = n;
      for (const std::size_t i : indices{1, 5, 9, 12, 20})
        coupled.in[i] = {}, coupled.in[i].given = false;
      coupled.name += ", no input gate";
      for (const std::size_t i : indices{9, 10, 11, 16, 17, 20, 21, 22, 23})
        plain.in[i] = {}, plain.in[i].given = false;
      for (const std::size_t i : indices{5, 6, 7, 8}) plain.in[i].shape = dims{5, 5};
      plain.in[18].shape = plain.out[1].shape = dims{batch, 5};
      plain.name += ", neither peepholes, projection nor normalization";
      to.add(coupled);
      node_case& long_list = to.add(plain);
      node_case shorter = long_list;
      shorter.in.resize(20);
      to.add(shorter).equal_to = std::make_shared<node_case>(long_list);
    }
  }
};
template <> struct cases<octet::ops::rnn> {
  static constexpr const char* never_empty = "a layer without units or inputs has no weights";
  static void add(case_list& to) {
    for (const bool time_major : {false, true}) {
      node_case& n = to.add(
          time_major ? "time major, tanh" : "batch major, a clamp",
          {time_major ? dims{3, 2, 7} : dims{2, 3, 7}, dims{5, 7}, dims{5, 5}, dims{5}, dims{2, 5}},
          2);
      for (std::size_t i = 1; i < 4; ++i) {
        n.in[i].constant();
        if (n.in[i].type == dtype::s8)
          n.in[i].quantize(0.005, 0), n.in[i].range(-127, 127);
        else
          n.in[i].range(-0.7, 0.7);
      }
      n.in[0].range(-2, 2);
      keep_state(n, 4, 1);
      n.attrs = to_attributes(octet::rnn_attrs{time_major, time_major, time_major});
      if (!time_major) n.attrs.set("float_lo", -1.), n.attrs.set("float_hi", 1.);
    }
  }
};
template <> struct cases<octet::ops::float_svdf> {
  static constexpr const char* never_empty = "a layer without units or inputs has no weights";
  static void add(case_list& to) {
    for (const std::int32_t rank : {1, 2}) {
      const std::int32_t filters = 3 * rank;
      node_case& n = to.add(
          "rank " + std::to_string(rank),
          {dims{2, 7}, dims{filters, 7}, dims{filters, 6}, dims{2, filters * 6}, dims{3}}, 2);
      for (const std::size_t i : indices{1, 2, 4}) {
        n.in[i].constant();
        if (n.in[i].type == dtype::s8)
          n.in[i].quantize(0.005, 0), n.in[i].range(-127, 127);
        else
          n.in[i].range(-0.7, 0.7);
      }
      keep_state(n, 3, 1);
      n.attrs = to_attributes(octet::float_svdf_attrs{rank, rank == 2});
      if (rank == 2) n.attrs.set("float_lo", 0.);
      to.without(n, 4, 0);
      to.shorter(n, 0);
    }
  }
};
template <> struct cases<octet::ops::qnn_svdf> {
  static constexpr const char* never_empty = "a layer without filters or inputs has no weights";
  static void add(case_list& to) {
    for (const std::int32_t rank : {1, 2}) {
      node_case& n = to.add("rank " + std::to_string(rank),
                            {dims{2, 5}, dims{6, 5}, dims{6, 4}, dims{2, 24}, dims{6 / rank}}, 2);
      n.attrs = to_attributes(octet::svdf_attrs{rank});
      for (const std::size_t i : indices{1, 2, 4}) n.in[i].constant();
      n.in[1].quantize(0.01, 0), n.in[2].quantize(0.001, 0), n.in[3].quantize(0.002, 0);
      n.in[2].range(-3000, 3000), n.in[4].range(-40000, 40000);
      keep_state(n, 3, 1);
      to.without(n, 4, 0);
      to.shorter(n, 0);
    }
  }
};

}  // namespace octet_test

#endif  // OCTET_TESTS_CASES_WINDOWS_HPP_
