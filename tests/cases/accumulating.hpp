// Cases of the layers that accumulate, quantized, dynamic and float32, and of what surrounds them.
#ifndef OCTET_TESTS_CASES_ACCUMULATING_HPP_
#define OCTET_TESTS_CASES_ACCUMULATING_HPP_

#include <cmath>

#include "cases/node_case.hpp"
#include "octet/ops/attention.hpp"
#include "octet/ops/batch_matmul.hpp"
#include "octet/ops/dynamic.hpp"
#include "octet/ops/dynamic_layers.hpp"
#include "octet/ops/dynamic_transpose.hpp"
#include "octet/ops/float_layers.hpp"
#include "octet/ops/fully_connected.hpp"
#include "octet/ops/transpose_conv2d.hpp"

namespace octet_test {

/// Quantization and ranges of a layer whose outputs sum `depth` products: sums stay within int32
/// where the output is int32, and use the output's range where it is rounded.
inline void set_layer(node_case& n, std::size_t depth) {
  operand &x = n.in[0], &w = n.in[1], &y = n.out[0];
  const double largest = static_cast<double>(octet::highest_of(x.type) - octet::lowest_of(x.type)),
               zero = w.zero_points.empty() ? 0 : w.zero_points[0];
  if (n.round == rounding::none && y.type == dtype::s32) {
    const double most = std::max(1., std::floor(0x1p30 / largest / static_cast<double>(depth)));
    w.range(std::max(w.lo, zero - most), std::min(w.hi, zero + most));
  }
  if (n.round == rounding::none) {
    y.scales.clear(), y.zero_points.clear();
  } else {
    const double product = x.scales[0] * w.scales[0] * std::sqrt(static_cast<double>(depth)) * 84;
    y.scales = {scale_for(y.type, product * (octet::is_8bit(x.type) ? 1. : 256.) *
                                      (octet::is_8bit(w.type) ? 1. : 256.))};
    y.zero_points = {zero_point(y.type, n.name.size())};
  }
  if (n.in.size() > 2 && n.in[2].given) {
    operand& b = n.in[2];
    b.constant();
    if (b.type == dtype::f32)
      b.range(-2, 2);
    else
      b.range(-3000, 3000);
  }
}

/// Layers of x, w, bias: `add(name, x, w, channels, depth)` makes one.
template <class Make> void layer_cases(case_list& to, std::size_t shapes, Make&& make) {
  const choice& c = to.with;
  // With and without bias for every choice; the other shapes in turn.
  node_case& first = make(std::size_t{0});
  to.without(first, 2, 0);
  to.shorter(first, 0);
  make(1 + c.number % (shapes - 1));
}

template <> struct cases<octet::ops::conv2d> {
  static void add(case_list& to) {
    layer_cases(to, 9, [&](std::size_t which) -> node_case& {
      const auto layer = [&](std::string name, dims x, dims w,
                             octet::conv2d_attrs a = {}) -> node_case& {
        node_case& n = to.add(std::move(name), {x, w, dims{w[0]}});
        n.attrs = to_attributes(a);
        n.in[1].constant();
        set_layer(n, static_cast<std::size_t>(w[1] * w[2] * w[3]));
        return n;
      };
      switch (which) {
        case 0: return layer("1x1", {2, 3, 3, 5}, {7, 1, 1, 5});
        case 1:
          return layer("3x3, stride 2, padding", {1, 7, 6, 4}, {19, 3, 3, 4},
                       {.stride_h = 2, .stride_w = 2, .pad_top = 1, .pad_left = 1, .pad_right = 1});
        case 2:
          return layer("groups, dilation", {1, 5, 5, 6}, {4, 2, 2, 3},
                       {.dilation_h = 2, .dilation_w = 2, .groups = 2});
        case 3: return layer("no images", {0, 3, 3, 5}, {7, 1, 1, 5});
        case 4: {
          node_case& n = layer("a scale per channel", {1, 4, 4, 8}, {9, 1, 1, 8});
          n.in[1].per_channel(0, n.in[1].scales[0]);
          return n;
        }
        case 5: {
          node_case& n = layer("clamped", {1, 4, 4, 3}, {5, 3, 3, 3});
          n.attrs.set("clamp_lo", std::int64_t{-20}), n.attrs.set("clamp_hi", std::int64_t{77});
          return n;
        }
        case 6: {
          node_case& n = layer("weights computed at run time", {1, 3, 3, 2}, {3, 2, 2, 2});
          // Nothing bounds such weights but their type: int32 sums of 8-bit products only.
          if (octet::is_8bit(n.in[0].type) && octet::is_8bit(n.in[1].type))
            n.in[1].role = octet::tensor::kind::value;
          return n;
        }
        case 7: {
          node_case& n = layer("more channels than lanes", {1, 2, 3, 67}, {70, 1, 1, 67});
          n.attrs.set("f32_product", std::int64_t{1});
          return n;
        }
        default: return layer("no channels", {1, 3, 3, 5}, {0, 1, 1, 5});
      }
    });
  }
};
template <> struct cases<octet::ops::depthwise_conv2d> {
  static void add(case_list& to) {
    layer_cases(to, 7, [&](std::size_t which) -> node_case& {
      const auto layer = [&](std::string name, dims x, dims w,
                             octet::conv2d_attrs a = {}) -> node_case& {
        node_case& n = to.add(std::move(name), {x, w, dims{w[3]}});
        n.attrs = to_attributes(a);
        n.in[1].constant();
        set_layer(n, static_cast<std::size_t>(w[1] * w[2]));
        return n;
      };
      switch (which) {
        case 0: return layer("3x3", {1, 5, 4, 8}, {1, 3, 3, 8});
        case 1:
          return layer("5x5, stride 2, padding", {2, 6, 7, 3}, {1, 5, 5, 3},
                       {.stride_h = 2,
                        .stride_w = 2,
                        .pad_top = 2,
                        .pad_left = 1,
                        .pad_bottom = 1,
                        .pad_right = 2});
        case 2: return layer("two outputs a channel", {1, 4, 4, 5}, {1, 2, 2, 10});
        case 3: return layer("no images", {0, 4, 4, 5}, {1, 2, 2, 5});
        case 4: {
          node_case& n = layer("a scale per channel", {1, 4, 5, 37}, {1, 3, 3, 37});
          n.in[1].per_channel(3, n.in[1].scales[0]);
          return n;
        }
        case 5: {
          node_case& n = layer("clamped, dilated", {1, 7, 7, 16}, {1, 3, 3, 16},
                               {.dilation_h = 2, .dilation_w = 2});
          n.attrs.set("clamp_lo", std::int64_t{-20}), n.attrs.set("clamp_hi", std::int64_t{77});
          n.attrs.set("f32_product", std::int64_t{1});
          return n;
        }
        default: return layer("a column", {1, 9, 1, 70}, {1, 9, 1, 70});
      }
    });
  }
};
template <> struct cases<octet::ops::fully_connected> {
  static void add(case_list& to) {
    layer_cases(to, 7, [&](std::size_t which) -> node_case& {
      const auto layer = [&](std::string name, dims x, dims w) -> node_case& {
        node_case& n = to.add(std::move(name), {x, w, dims{w[0]}});
        n.in[1].constant();
        set_layer(n, static_cast<std::size_t>(w[1]));
        return n;
      };
      switch (which) {
        case 0: return layer("three rows", {3, 17}, {9, 17});
        case 1: {
          node_case& n = layer("leading extents kept", {2, 1, 2, 5}, {70, 5});
          n.attrs.set("keep_dims", std::int64_t{1});
          return n;
        }
        case 2: return layer("one row, many inputs", {1, 4, 4, 8}, {33, 128});
        case 3: return layer("no rows", {0, 17}, {9, 17});
        case 4: {
          node_case& n = layer("a scale per output", {1, 40}, {35, 40});
          n.in[1].per_channel(0, n.in[1].scales[0]);
          return n;
        }
        case 5: {
          node_case& n = layer("clamped", {5, 9}, {8, 9});
          n.attrs.set("clamp_lo", std::int64_t{-20}), n.attrs.set("clamp_hi", std::int64_t{77});
          n.attrs.set("f32_product", std::int64_t{1});
          return n;
        }
        default: {
          node_case& n = layer("weights computed at run time", {2, 6}, {5, 6});
          if (octet::is_8bit(n.in[0].type) && octet::is_8bit(n.in[1].type))
            n.in[1].role = octet::tensor::kind::value;
          return n;
        }
      }
    });
  }
};
template <> struct cases<octet::ops::transpose_conv2d> {
  static void add(case_list& to) {
    layer_cases(to, 6, [&](std::size_t which) -> node_case& {
      const auto layer = [&](std::string name, dims x, dims w,
                             octet::transpose_conv2d_attrs a = {}) -> node_case& {
        node_case& n = to.add(std::move(name), {x, w, dims{w[0]}});
        n.attrs = to_attributes(a);
        n.in[1].constant();
        set_layer(n, static_cast<std::size_t>(w[1] * w[2] * w[3]));
        return n;
      };
      switch (which) {
        case 0:
          return layer("3x3, stride 2", {1, 3, 4, 5}, {6, 3, 3, 5}, {.stride_h = 2, .stride_w = 2});
        case 1:
          return layer("groups, cropped", {1, 4, 3, 6}, {4, 3, 3, 3},
                       {.stride_h = 2,
                        .stride_w = 1,
                        .pad_top = 1,
                        .pad_left = 1,
                        .pad_bottom = 1,
                        .pad_right = 1,
                        .groups = 2});
        case 2: return layer("no images", {0, 3, 4, 5}, {6, 3, 3, 5});
        case 3: {
          node_case& n = layer("a scale per channel", {1, 3, 3, 20}, {35, 2, 2, 20},
                               {.stride_h = 2, .stride_w = 2});
          n.in[1].per_channel(0, n.in[1].scales[0]);
          return n;
        }
        case 4: {
          node_case& n = layer("clamped", {2, 2, 2, 3}, {4, 2, 2, 3});
          n.attrs.set("clamp_lo", std::int64_t{-20}), n.attrs.set("clamp_hi", std::int64_t{77});
          n.attrs.set("f32_product", std::int64_t{1});
          return n;
        }
        default: return layer("1x1", {1, 3, 3, 33}, {3, 1, 1, 33});
      }
    });
  }
};

template <> struct cases<octet::ops::float_conv2d> {
  static void add(case_list& to) {
    node_case& n = to.add("3x3", {dims{1, 5, 4, 3}, dims{7, 3, 3, 3}, dims{7}});
    n.attrs = to_attributes(octet::conv2d_attrs{.stride_h = 2, .pad_top = 1, .pad_left = 1});
    n.in[1].constant(), n.in[2].constant();
    to.without(n, 2, 0);
    to.shorter(n, 0);
    node_case& known = to.add("by hand", {dims{1, 1, 2, 2}, dims{1, 1, 1, 2}, dims{1}});
    known.in[0].values = {1, 2, -3, 4}, known.in[1].values = {10, 0.5}, known.in[2].values = {100};
    known.expected = {{111, 72}};
    node_case& rest = to.shorter(known, 0);
    rest.expected = {{11, -28}};
    to.add("no images", {dims{0, 5, 4, 3}, dims{7, 3, 3, 3}, dims{7}});
    node_case& clamped = to.add("clamped", {dims{1, 5, 4, 4}, dims{6, 1, 1, 2}, dims{6}});
    clamped.attrs.set("groups", std::int64_t{2});
    clamped.attrs.set("float_lo", 0.), clamped.attrs.set("float_hi", 6.);
    node_case& wide = to.add("dilated, more channels than a panel",
                             {dims{2, 6, 9, 5}, dims{70, 3, 2, 5}, dims{70}});
    wide.attrs = to_attributes(octet::conv2d_attrs{
        .dilation_h = 2, .dilation_w = 3, .pad_top = 2, .pad_left = 3, .pad_right = 1});
    wide.in[1].constant();
    to.add("weights computed at run time", {dims{1, 5, 5, 4}, dims{9, 1, 1, 4}, dims{9}});
    node_case& row = to.add("1x1", {dims{2, 3, 3, 7}, dims{37, 1, 1, 7}, dims{37}});
    row.in[1].constant();
    if (to.with.round == rounding::xnnpack) add_columns(to);
    if (to.with.round == rounding::onnxruntime) add_orders(to);
  }
  /// One input and one output channel a group: by the window's columns up to 25 taps.
  static void add_columns(case_list& to) {
    for (const std::int32_t high : {5, 13}) {
      node_case& n = to.add("a channel by itself, " + std::to_string(high) + " rows",
                            {dims{1, 14, 9, 5}, dims{5, high, 2, 1}, dims{5}});
      n.attrs = to_attributes(octet::conv2d_attrs{
          .stride_w = 2, .pad_top = 2, .pad_left = 1, .pad_right = 1, .groups = 5});
      n.in[1].constant();
    }
    // 2^24 + 1 is 2^24: by rows the sum is 2.
    node_case& order = to.add("columns by hand", {dims{1, 2, 2, 1}, dims{1, 2, 2, 1}, dims{1}});
    order.in[0].values = {16777216, -16777216, 1, 1}, order.in[1].values = {1, 1, 1, 1};
    order.in[2].values = {0}, order.expected = {{1}};
  }
  /// Blocks of channels, matrix products in blocks of steps, one row of a product.
  static void add_orders(case_list& to) {
    const auto some = [&](std::string name, dims x, dims w, octet::conv2d_attrs a,
                          octet::float_conv2d_attrs order = {}) {
      node_case& n = to.add(std::move(name), {x, w, dims{w[0]}});
      n.attrs = to_attributes(a);
      n.attrs.set("as_product", std::int64_t{order.as_product});
      n.in[1].constant();
    };
    some("a block of 16 channels and one of 4", {1, 4, 5, 20}, {19, 3, 3, 20},
         {.pad_top = 1, .pad_left = 1, .pad_right = 1});
    some("18 channels", {1, 4, 5, 18}, {9, 3, 2, 18}, {.pad_top = 1, .pad_left = 1});
    some("1x1, two blocks", {1, 2, 3, 132}, {5, 1, 1, 132}, {});
    some("a row", {2, 1, 200, 5}, {9, 1, 3, 5}, {.pad_left = 1}, {.as_product = true});
    some("a row, two blocks", {1, 1, 90, 40}, {5, 1, 5, 40},
         {.dilation_w = 2, .pad_left = 4, .pad_right = 4}, {.as_product = true});
    some("a row, one output channel", {1, 1, 9, 6}, {1, 1, 5, 6}, {.pad_left = 2},
         {.as_product = true});
    some("groups of one output channel", {1, 4, 4, 6}, {2, 3, 3, 3},
         {.pad_top = 1, .pad_left = 1, .groups = 2});
    some("groups of 16", {1, 3, 3, 32}, {32, 2, 2, 16}, {.groups = 2});
  }
};
template <> struct cases<octet::ops::float_depthwise_conv2d> {
  static void add(case_list& to) {
    node_case& n = to.add("3x3", {dims{1, 5, 4, 3}, dims{1, 3, 3, 6}, dims{6}});
    n.in[1].constant(), n.in[2].constant();
    to.without(n, 2, 0);
    to.shorter(n, 0);
    to.add("no images", {dims{0, 5, 4, 3}, dims{1, 3, 3, 3}, dims{3}});
    to.add("padding, stride 2", {dims{2, 6, 7, 67}, dims{1, 3, 5, 67}, dims{67}}).attrs =
        to_attributes(octet::conv2d_attrs{.stride_h = 2,
                                          .stride_w = 2,
                                          .dilation_h = 2,
                                          .pad_top = 2,
                                          .pad_left = 2,
                                          .pad_bottom = 1,
                                          .pad_right = 2});
    to.add("many outputs a channel", {dims{1, 4, 4, 2}, dims{1, 2, 2, 66}, dims{66}});
    to.add("26 taps", {dims{1, 14, 4, 35}, dims{1, 13, 2, 35}, dims{35}});
    if (to.with.round != rounding::onnxruntime) return;
    for (const bool row : {false, true}) {
      node_case& fours = to.add(row ? "a row" : "channels by four",
                                {dims{1, 4, 9, 20}, dims{1, 1, 7, 20}, dims{20}});
      fours.in[1].constant();
      fours.attrs = to_attributes(octet::conv2d_attrs{.pad_left = 3, .pad_right = 3});
      fours.attrs.set("as_product", std::int64_t{row});
    }
  }
};
template <> struct cases<octet::ops::float_transpose_conv2d> {
  static void add(case_list& to) {
    node_case& n = to.add("3x3", {dims{1, 3, 4, 3}, dims{7, 3, 3, 3}, dims{7}});
    n.attrs = to_attributes(octet::transpose_conv2d_attrs{.stride_h = 2, .stride_w = 2});
    n.in[1].constant(), n.in[2].constant();
    to.without(n, 2, 0);
    to.shorter(n, 0);
    to.add("no images", {dims{0, 3, 4, 3}, dims{7, 3, 3, 3}, dims{7}});
    node_case& cropped = to.add("cropped", {dims{2, 4, 9, 6}, dims{35, 4, 2, 6}, dims{35}});
    cropped.attrs = to_attributes(octet::transpose_conv2d_attrs{.stride_h = 2,
                                                                .stride_w = 3,
                                                                .pad_top = 1,
                                                                .pad_left = 2,
                                                                .pad_bottom = 1,
                                                                .output_padding_w = 2});
    cropped.in[1].constant();
    if (to.with.round == rounding::onnxruntime)
      to.add("more channels than a chain", {dims{1, 12, 12, 130}, dims{2, 2, 1, 130}, dims{2}});
  }
};
template <> struct cases<octet::ops::float_fully_connected> {
  static void add(case_list& to) {
    node_case& n = to.add("rows", {dims{3, 17}, dims{9, 17}, dims{9}});
    n.in[1].constant(), n.in[2].constant();
    to.without(n, 2, 0);
    to.shorter(n, 0);
    to.add("no rows", {dims{0, 17}, dims{9, 17}, dims{9}});
    to.add("weights computed at run time, more than a panel", {dims{14, 5}, dims{70, 5}, dims{70}});
    to.add("one row by weights computed at run time", {dims{1, 15}, dims{18, 15}, dims{18}});
    to.add("long rows", {dims{5, 300}, dims{9, 300}, dims{9}}).in[1].constant();
  }
};

template <> struct cases<octet::ops::dynamic_quantize> {
  static void add(case_list& to) {
    const choice& c = to.with;
    const auto rows = [&](std::string name, dims x, std::int32_t count) -> node_case& {
      node_case& n = to.add(std::move(name), {x}, 2);
      n.out[0].scales.clear(), n.out[0].zero_points.clear();
      n.attrs = to_attributes(
          octet::dynamic_quantize_attrs{.rows = count, .asymmetric = c.y() == dtype::s16});
      return n;
    };
    rows("rows", {4, 9}, 4);
    rows("one row", {2, 3, 5}, 1);
    rows("no elements", {3, 0}, 3);
    rows("zeros", {2, 5}, 2).in[0].range(0, 0);
    rows("all above zero", {1, 5}, 1).in[0].range(1, 8);
    // No integer is the zero point of these: scales and sums of infinities are none.
    rows("both ends infinite", {1, 5}, 1).in[0].values = {-HUGE_VAL, 1, HUGE_VAL, -3, 0.5};
    rows("an infinite row beside another", {2, 3}, 2).in[0].values = {1, HUGE_VAL, 2, -4, 3, 5};
    if (c.round == rounding::aten)
      rows("seven bits", {2, 7}, 2).attrs.set("reduce_range", std::int64_t{1});
  }
};
template <> struct cases<octet::ops::dynamic_quantize_asymmetric> {
  static void add(case_list& to) {
    const choice& c = to.with;
    const auto rows = [&](std::string name, dims x, std::int32_t count) -> node_case& {
      node_case& n = to.add(std::move(name), {x}, 3);
      for (operand& o : n.out) o.scales.clear(), o.zero_points.clear();
      n.attrs = to_attributes(octet::dynamic_rows_attrs{.rows = count});
      return n;
    };
    rows("rows", {4, 9}, 4);
    rows("one row", {2, 3, 5}, 1);
    rows("more rows than lanes", {35, 34}, 35);
    rows("no elements", {3, 0}, 3);
    rows("zeros", {2, 5}, 2).in[0].range(0, 0);
    rows("all above zero", {1, 5}, 1).in[0].range(1, 8);
    rows("all below zero", {1, 5}, 1).in[0].range(-8, -1);
    rows("both ends infinite", {1, 5}, 1).in[0].values = {-HUGE_VAL, 1, HUGE_VAL, -3, 0.5};
    rows("an infinite row beside another", {2, 3}, 2).in[0].values = {1, HUGE_VAL, 2, -4, 3, 5};
    if (c.round == rounding::aten)
      rows("seven bits", {2, 7}, 2).attrs.set("reduce_range", std::int64_t{1});
    const auto joined = [&](std::string name, std::vector<maybe_shape> x,
                            std::int32_t count) -> node_case& {
      node_case& n = to.add(std::move(name), std::move(x), 3);
      for (operand& o : n.out) o.scales.clear(), o.zero_points.clear();
      n.attrs = to_attributes(octet::dynamic_rows_attrs{.rows = count});
      return n;
    };
    joined("two inputs, a row of several lines", {dims{2, 5, 32}, dims{2, 5, 16}}, 2);
    joined("three, an empty one among them, one row", {dims{3, 7}, dims{3, 0}, dims{3, 20}}, 1);
    joined("two, an empty one first, a row each", {dims{19, 0}, dims{19, 33}}, 19);
    joined("two, a row each", {dims{37, 16}, dims{37, 5}}, 37);
    joined("two, zeros", {dims{2, 3, 16}, dims{2, 3, 16}}, 2).in[0].range(0, 0);
    // From -1 to 254 in steps of one: the zero point is one above the least code.
    node_case& known = rows("by hand", {1, 4}, 1);
    known.in[0].values = {-1, 254, 0, 100};
    const double z = c.y() == dtype::u8 ? 1 : -127;
    known.expected = {{z - 1, z + 254, z, z + 100}, {1}, {z}};
  }
};

/// Codes of rows with scales and zero points, the layer's weights, a bias.
inline node_case& add_dynamic_layer(case_list& to, std::string name, dims x, dims w,
                                    std::int32_t rows) {
  const choice& c = to.with;
  node_case& n = to.add(std::move(name), {x, w, dims{rows}, dims{rows}, dims{w[0]}});
  n.in[0].scales.clear(), n.in[0].zero_points.clear();
  n.in[1].constant();
  if (c.in[1] == dtype::u8)
    n.in[1].quantize(0.02, 128);
  else
    n.in[1].per_channel(0, 0.02);
  n.in[2].range(0.01, 2);
  n.in[3].range(static_cast<double>(octet::lowest_of(c.x())),
                static_cast<double>(octet::highest_of(c.x())));
  n.in[4].constant();
  return n;
}
template <> struct cases<octet::ops::dynamic_conv2d> {
  static void add(case_list& to) {
    const auto layer = [&](std::string name, dims x, dims w, std::int32_t rows) -> node_case& {
      return add_dynamic_layer(to, std::move(name), x, w, rows);
    };
    const octet::conv2d_attrs same{.pad_top = 1, .pad_left = 1, .pad_bottom = 1, .pad_right = 1};
    node_case& n = layer("3x3, an image each", {2, 5, 6, 5}, {35, 3, 3, 5}, 2);
    n.attrs = to_attributes(same);
    to.without(n, 3, 0);
    to.without(n, 4, 0);
    node_case& whole = layer("images together, steps", {2, 7, 6, 4}, {70, 3, 3, 4}, 1);
    whole.attrs = to_attributes(octet::conv2d_attrs{.stride_h = 2,
                                                    .stride_w = 2,
                                                    .pad_top = 1,
                                                    .pad_left = 1,
                                                    .pad_bottom = 1,
                                                    .pad_right = 1});
    whole.attrs.set("scales_first", std::int64_t{1});
    to.without(whole, 4, 0);
    layer("rows of pixels to one vector", {1, 3, 37, 4}, {16, 3, 3, 4}, 1).attrs =
        to_attributes(same);
    layer("a pixel each, to one vector", {1, 5, 21, 8}, {9, 1, 1, 8}, 105);
    layer("a pixel each", {2, 3, 4, 8}, {19, 1, 1, 8}, 24);
    layer("a pixel each, channels not by four", {1, 3, 5, 7}, {9, 1, 1, 7}, 15);
    layer("a pixel each, groups", {2, 3, 4, 8}, {6, 1, 1, 4}, 24).attrs =
        to_attributes(octet::conv2d_attrs{.groups = 2});
    layer("some pixels each", {1, 4, 6, 12}, {33, 1, 1, 12}, 6);
    layer("a row of taps", {3, 4, 9, 3}, {5, 1, 3, 3}, 3);
    node_case& column = layer("a column of taps, steps", {2, 9, 4, 3}, {5, 3, 1, 3}, 2);
    column.attrs = to_attributes(
        octet::conv2d_attrs{.stride_h = 2, .stride_w = 3, .pad_top = 1, .pad_bottom = 1});
    node_case& groups = layer("groups", {2, 4, 4, 6}, {8, 3, 3, 3}, 2);
    groups.attrs = to_attributes(octet::conv2d_attrs{.dilation_w = 1, .pad_top = 2, .groups = 2});
    node_case& apart = layer("dilated", {1, 7, 7, 4}, {6, 3, 3, 4}, 1);
    apart.attrs = to_attributes(octet::conv2d_attrs{.dilation_h = 2, .dilation_w = 3});
    apart.attrs.set("float_lo", 0.), apart.attrs.set("float_hi", 6.);
    layer("computed weights", {1, 4, 4, 3}, {5, 3, 3, 3}, 1).in[1].role =
        octet::tensor::kind::value;
    layer("no images", {0, 4, 4, 3}, {5, 3, 3, 3}, 1);
  }
};
template <> struct cases<octet::ops::dynamic_transposed> {
  static void add(case_list& to) {
    using attrs = octet::transpose_conv2d_attrs;
    const auto layer = [&](std::string name, dims x, dims w, std::int32_t rows,
                           attrs a = {}) -> node_case& {
      node_case& n = add_dynamic_layer(to, std::move(name), x, w, rows);
      n.attrs = to_attributes(a);
      return n;
    };
    node_case& n = layer("2x2, steps, an image each", {2, 5, 6, 5}, {16, 2, 2, 5}, 2,
                         {.stride_h = 2, .stride_w = 2});
    to.without(n, 3, 0);
    to.without(n, 4, 0);
    node_case& whole =
        layer("3x3, images together, cropped", {2, 4, 9, 4}, {35, 3, 3, 4}, 1,
              {.stride_h = 2, .stride_w = 2, .pad_top = 1, .pad_left = 1, .output_padding_h = 1});
    whole.attrs.set("scales_first", std::int64_t{1});
    to.without(whole, 4, 0);
    node_case& bounded = layer("a window below the steps", {3, 3, 4, 6}, {70, 1, 2, 6}, 3,
                               {.stride_h = 2, .stride_w = 3, .output_padding_w = 1});
    bounded.attrs.set("float_lo", 0.), bounded.attrs.set("float_hi", 6.);
    layer("no steps", {2, 4, 5, 3}, {9, 3, 2, 3}, 2, {.pad_top = 1});
    layer("dilated, groups", {2, 4, 4, 6}, {8, 3, 3, 3}, 2,
          {.stride_w = 2, .dilation_h = 2, .groups = 2});
    layer("computed weights", {1, 4, 4, 3}, {5, 3, 3, 3}, 1, {.stride_h = 2}).in[1].role =
        octet::tensor::kind::value;
    layer("no images", {0, 4, 4, 3}, {5, 3, 3, 3}, 1, {.stride_h = 2});
  }
};
template <> struct cases<octet::ops::dynamic_transpose_conv2d> {
  static void add(case_list& to) {
    const auto layer = [&](std::string name, dims x, dims w) -> node_case& {
      node_case& n = to.add(std::move(name), {x, w, dims{x[0]}, dims{w[0]}});
      n.in[0].scales.clear(), n.in[0].zero_points.clear();
      n.in[0].range(-255, 255);
      n.in[1].constant(), n.in[1].per_channel(0, 0.02);
      n.in[2].range(0.01, 2);
      n.in[3].constant();
      return n;
    };
    node_case& n = layer("3x3, steps", {2, 3, 4, 3}, {7, 3, 3, 3});
    n.attrs = to_attributes(octet::transpose_conv2d_attrs{.stride_h = 2, .stride_w = 2});
    to.without(n, 3, 0);
    node_case& cropped = layer("cropped, one scale", {1, 4, 5, 6}, {5, 4, 2, 6});
    cropped.in[1].quantize(0.02, 0);
    cropped.attrs = to_attributes(octet::transpose_conv2d_attrs{.stride_h = 2,
                                                                .stride_w = 3,
                                                                .pad_top = 1,
                                                                .pad_left = 2,
                                                                .pad_bottom = 1,
                                                                .output_padding_w = 2});
    cropped.attrs.set("float_lo", 0.), cropped.attrs.set("float_hi", 6.);
    layer("wide, several images", {3, 6, 9, 5}, {70, 2, 2, 5}).attrs =
        to_attributes(octet::transpose_conv2d_attrs{.stride_h = 2, .stride_w = 2});
    layer("one pixel a tap", {2, 3, 5, 4}, {18, 1, 1, 4});
    layer("no images", {0, 3, 4, 3}, {7, 3, 3, 3});
  }
};
template <> struct cases<octet::ops::dynamic_fully_connected> {
  static void add(case_list& to) {
    const choice& c = to.with;
    const auto layer = [&](std::string name, dims x, dims w, std::int32_t rows) -> node_case& {
      return add_dynamic_layer(to, std::move(name), x, w, rows);
    };
    node_case& n = layer("a row each", {13, 24}, {70, 24}, 13);
    to.without(n, 3, 0);
    to.without(n, 4, 0);
    node_case& first = layer("one scale, scales first", {5, 33}, {40, 33}, 1);
    first.attrs.set("scales_first", std::int64_t{1});
    to.without(first, 4, 0);
    layer("one row", {1, 36}, {67, 36}, 1).attrs.set("float_lo", 0.);
    layer("axes kept", {2, 3, 12}, {9, 12}, 6).attrs.set("keep_dims", std::int64_t{1});
    layer("more rows than a block", {200, 5}, {3, 5}, 200);
    layer("some rows each", {12, 7}, {6, 7}, 3);
    layer("zero points that are no codes", {3, 8}, {6, 8}, 3).in[3].values = {-1e9, 3, 2e9};
    node_case& odd = layer("another zero point of weights", {6, 20}, {35, 20}, 6);
    odd.in[1].quantize(0.02, c.in[1] == dtype::u8 ? 7 : -3);
    layer("no rows", {0, 5}, {3, 5}, 1);
    if (c.round != rounding::none || c.x() != dtype::s8 || c.in[1] != dtype::s8) return;
    node_case& known = layer("by hand", {2, 2}, {2, 2}, 2);
    known.in[0].values = {1, 2, 3, -4}, known.in[1].values = {5, 6, -7, 8};
    known.in[1].quantize(0.5, 0);
    known.in[2].values = {2, 4}, known.in[3].values = {1, -1}, known.in[4].values = {100, 200};
    // (0*5 + 1*6), (0*-7 + 1*8); (4*5 - 3*6), (-4*7 - 3*8), times 0.5, times 2 and 4
    known.expected = {{106, 208, 104, 96}};
  }
};
template <> struct cases<octet::ops::dynamic_dequantize> {
  static void add(case_list& to) {
    node_case& n = to.add("rows and channels", {dims{6, 8}, dims{3}, dims{8}});
    n.in[0].range(-100000, 100000), n.in[0].per_channel(1, 0.01), n.in[1].range(0.01, 2);
    to.without(n, 2, 0);
    to.shorter(n, 0);
    node_case& first = to.add("scales first", {dims{3, 5}, dims{1}, dims{5}});
    first.in[0].range(-100000, 100000), first.in[0].quantize(0.01, 0), first.in[1].range(0.01, 2);
    first.attrs.set("scales_first", std::int64_t{1});
    first.attrs.set("float_lo", 0.), first.attrs.set("float_hi", 6.);
    to.shorter(first, 0);
    node_case& tail = to.add("row first behind four channels", {dims{3, 11}, dims{3}, dims{11}});
    tail.in[0].range(-100000, 100000), tail.in[0].per_channel(1, 0.01), tail.in[1].range(0.01, 2);
    tail.attrs.set("tail_row_first", std::int64_t{1});
    to.shorter(tail, 0);
    node_case& known = to.add("by hand", {dims{2, 2}, dims{2}, dims{2}});
    known.in[0].values = {1, 2, 3, -4}, known.in[0].quantize(0.5, 0);
    known.in[1].values = {2, 8}, known.in[2].values = {100, 200};
    known.expected = {{101, 202, 112, 184}};
    to.shorter(known, 0).expected = {{1, 2, 12, -16}};
    to.add("no elements", {dims{0, 8}, dims{1}, dims{8}}).in[0].quantize(0.01, 0);
  }
};

template <> struct cases<octet::ops::dynamic_quantize_linear> {
  static void add(case_list& to) {
    const auto whole = [&](std::string name, dims x) -> node_case& {
      node_case& n = to.add(std::move(name), {x}, 3);
      for (operand& o : n.out) o.scales.clear(), o.zero_points.clear();
      return n;
    };
    whole("both signs", {3, 4, 5});
    whole("above zero", {7}).in[0].range(1, 8);
    whole("below zero", {7}).in[0].range(-8, -1);
    node_case& n = whole("by hand", {4});  // scale 2, zero point 64; 1 and 3 are ties
    n.in[0].values = {-128, 382, 1, 3}, n.expected = {{0, 255, 64, 66}, {2}, {64}};
    // Quotients by a scale that is no power of two: ties, and what is next to them.
    node_case& near = whole("near ties", {2 + 3 * 254});
    const float scale = (1.1f - -0.7f) / 255.f;
    near.in[0].values = {-0.7f, 1.1f};
    for (int k = 0; k < 254; ++k) {
      const float tie = (static_cast<float>(k - 98) - 0.5f) * scale;
      for (const float x : {std::nextafter(tie, -1.f), tie, std::nextafter(tie, 1.f)})
        near.in[0].values.push_back(x);
    }
    whole("tiny", {70}).in[0].range(0, 0x1p-100);
    whole("huge", {70}).in[0].range(0, 0x1p100);
    node_case& zeros = whole("zeros", {2});
    zeros.in[0].values = {0, 0}, zeros.expected = {{0, 0}, {1}, {0}};
    node_case& none = whole("no elements", {0, 3});
    none.expected = {{}, {1}, {0}};
  }
};

template <> struct cases<octet::ops::attention> {
  static void add(case_list& to) {
    const auto attention = [&](std::string name, dims q, dims k, dims v, dims mask,
                               octet::attention_attrs a = {}) -> node_case& {
      node_case& n = to.add(std::move(name), {q, k, v, mask});
      for (operand& o : n.in) o.range(-2, 2);
      n.attrs = to_attributes(a);
      return n;
    };
    node_case& n = attention("heads, a mask of columns", {2, 3, 21, 8}, {2, 3, 8, 37},
                             {2, 3, 37, 8}, {2, 1, 1, 37}, {.scale = 0.37});
    to.without(n, 3, 0);
    to.shorter(n, 0);
    attention("keys stored by rows, a mask of pairs", {4, 9, 5}, {4, 40, 5}, {4, 40, 19}, {9, 40},
              {.adj_y = true});
    attention("one head for all queries", {3, 17, 6}, {6, 70}, {70, 35}, {1}, {.scale = -1.5});
    attention("a mask of rows", {1, 2, 9, 16}, {1, 2, 16, 9}, {1, 2, 9, 64}, {2, 9, 1});
    attention("more scores than fit a block", {1, 70, 4}, {1, 4, 1100}, {1, 1100, 3}, {1, 1, 1100});
    attention("values for more batches", {1, 5, 4}, {1, 4, 6}, {3, 6, 7}, {1, 1});
    attention("no rows", {2, 0, 4}, {2, 4, 6}, {2, 6, 7}, {1, 6});
    const octet::attention_attrs inside{.adj_y = true, .heads_inside = true, .scale = 0.37};
    node_case& rows = attention("heads side by side in a row", {2, 21, 3, 8}, {2, 37, 3, 8},
                                {2, 37, 3, 5}, {2, 1, 1, 37}, inside);
    to.without(rows, 3, 0);
    attention("heads as wide as a panel", {1, 70, 2, 16}, {1, 64, 2, 16}, {1, 64, 2, 64},
              {1, 2, 70, 64}, inside);
    attention("one head, one key", {2, 3, 1, 8}, {2, 1, 1, 8}, {2, 1, 1, 8}, {1}, inside);
    if (to.with.round == rounding::onnxruntime) add_onnxruntime(attention);
    if (to.with.round != rounding::xnnpack)
      attention("beta", {2, 9, 8}, {2, 8, 24}, {2, 24, 8}, {1, 24}, {.beta = 0.5});
  }
  template <class Add> static void add_onnxruntime(const Add& attention) {
    attention("alpha", {2, 9, 8}, {2, 8, 24}, {2, 24, 8}, {1, 24}, {.alpha = 0.25});
    for (const std::int32_t undivided : {1, 2}) {
      const octet::attention_attrs rows{.adj_y = true, .undivided = undivided, .alpha = 0.25};
      const std::string name = undivided == 1 ? "quotients" : "reciprocals";
      attention(name + ", groups of heads", {2, 3, 5, 8}, {2, 1, 37, 8}, {2, 1, 37, 8},
                {2, 1, 5, 37}, rows);
      attention(name + ", the last tile's row alone", {1, 67, 17}, {1, 21, 17}, {1, 21, 16},
                {67, 21}, rows);
      attention(name + ", one query", {2, 3, 1, 21}, {2, 1, 39, 21}, {2, 1, 39, 19}, {2, 1, 1, 39},
                rows);
      attention(name + ", no keys", {2, 3, 4}, {2, 0, 4}, {2, 0, 6}, {1}, rows);
      const octet::attention_attrs inside{
          .adj_y = true, .heads_inside = true, .undivided = undivided, .alpha = 0.25};
      attention(name + ", heads side by side", {2, 21, 3, 8}, {2, 37, 3, 8}, {2, 37, 3, 5}, {1},
                inside);
      attention(name + ", one query of heads side by side", {2, 1, 3, 16}, {2, 70, 3, 16},
                {2, 70, 3, 16}, {1}, inside);
    }
  }
};
template <> struct cases<octet::ops::qnn_batch_matmul> {
  static void add(case_list& to) {
    const choice& c = to.with;
    const auto product = [&](std::string name, dims a, dims b, std::int32_t depth) -> node_case& {
      node_case& n = to.add(std::move(name), {a, b});
      set_layer(n, static_cast<std::size_t>(depth));
      return n;
    };
    // Only the types bound these sums: int16 by int16 in int32 has room for one product.
    const bool narrow = c.y() == dtype::s32 && c.round == rounding::none;
    const bool short_sums = narrow && (c.x() == dtype::s16 || c.in[1] == dtype::s16);
    const std::int32_t k = short_sums ? 1 : 21;
    product("two batches", {2, 3, k}, {2, k, 35}, k);
    product("exchanged axes", {k, 4}, {5, k}, k).attrs =
        to_attributes(octet::batch_matmul_attrs{true, true});
    product("one for all batches", {2, 3, 4, k}, {k, 6}, k);
    product("no rows", {2, 0, k}, {2, k, 3}, k);
    product("constant second", {3, k}, {k, 18}, k).in[1].constant();
    if (!narrow || c.x() != dtype::s16 || !octet::is_8bit(c.in[1])) return;
    node_case& small = product("a limit of the first", {2, 3, 700}, {2, 700, 9}, 700);
    small.in[0].range(-255, 255);
    small.attrs.set("input_limit", std::int64_t{255});
  }
};
template <> struct cases<octet::ops::batch_matmul> {
  static void add(case_list& to) {
    to.add("two batches", {dims{2, 3, 5}, dims{2, 5, 4}});
    to.add("exchanged axes", {dims{5, 4}, dims{3, 5}}).attrs =
        to_attributes(octet::batch_matmul_attrs{true, true});
    to.add("no rows", {dims{2, 0, 5}, dims{5, 4}});
    to.add("no products", {dims{2, 3, 0}, dims{0, 4}});
    to.add("constant second", {dims{2, 9, 7}, dims{7, 75}}).in[1].constant();
    to.add("a matrix for each batch", {dims{2, 1, 13, 6}, dims{1, 3, 6, 32}});
    to.add("second exchanged", {dims{3, 9, 10}, dims{3, 33, 10}}).attrs =
        to_attributes(octet::batch_matmul_attrs{false, true});
    to.add("one row", {dims{1, 10}, dims{10, 64}});
    if (to.with.round != rounding::onnxruntime) return;
    for (const std::int32_t k : {3, 5, 6, 7, 8})
      to.add("one row of " + std::to_string(k), {dims{2, 1, k}, dims{2, k, 19}});
    for (const std::int32_t n : {7, 70})
      to.add("long rows, " + std::to_string(n) + " columns", {dims{5, 300}, dims{300, n}});
    for (const dims& c : {dims{2, 1, 5, 35}, dims{1, 35}, dims{3, 5, 1}, dims{}}) {
      node_case& n = to.add("a start of rank " + std::to_string(c.rank),
                            {dims{2, 3, 5, 9}, dims{3, 9, 35}, c});
      n.attrs.set("alpha", 0.3);
      to.without(n, 2, 0);
    }
    for (const std::int32_t m : {1, 4}) {
      node_case& computed = to.add("a constant computed at every run, rows " + std::to_string(m),
                                   {dims{m, 300}, dims{300, 66}});
      computed.in[1].constant();
      computed.attrs.set("computed", std::int64_t{1});
      node_case& whole = to.add("one chain of all products, rows " + std::to_string(m),
                                {dims{m, 300}, dims{300, 66}});
      whole.in[1].constant();
      whole.attrs.set("whole", std::int64_t{1});
    }
    node_case& n = to.add("by hand", {dims{1, 2}, dims{2, 2}, dims{2}});
    n.in[0].values = {1, 2}, n.in[1].values = {3, 4, 5, 6}, n.in[2].values = {100, 200};
    n.attrs.set("alpha", 0.5);
    n.expected = {{106.5, 208}};
  }
};

}  // namespace octet_test

#endif  // OCTET_TESTS_CASES_ACCUMULATING_HPP_
