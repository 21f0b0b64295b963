// Cases of operators whose positions are data, of TensorFlow Lite's rarer float layers, and of
// spectra.
#ifndef OCTET_TESTS_CASES_DATA_HPP_
#define OCTET_TESTS_CASES_DATA_HPP_

#include "cases/elementwise.hpp"
#include "cases/movement.hpp"
#include "octet/ops/blockwise.hpp"
#include "octet/ops/conv3d.hpp"
#include "octet/ops/detection.hpp"
#include "octet/ops/embedding_bag.hpp"
#include "octet/ops/fourier.hpp"
#include "octet/ops/local_response.hpp"
#include "octet/ops/lookup.hpp"
#include "octet/ops/pose.hpp"
#include "octet/ops/scatter.hpp"

namespace octet_test {

// ---- elements at positions ----

template <> struct cases<octet::ops::scatter_nd> {
  static void add(case_list& to) {
    node_case& n = to.add("rows, one position twice, one outside", {dims{4, 1}, dims{4, 2}});
    n.attrs.set("shape", numbers{3, 2});
    n.in[0].values = {2, 0, 2, 3};
    const bool truth = to.with.in[1] == dtype::boolean;
    n.in[1].values = {1, 0, 0, 1, 1, 1, 1, 1};
    n.expected = {{0, 1, 0, 0, truth ? 1. : 2., 1}};
    node_case& far = to.add("elements", {dims{2, 3, 2}, dims{2, 3}});
    far.attrs.set("shape", numbers{5, 4}), far.in[0].range(0, 3);
    to.add("no positions", {dims{0, 1}, dims{0, 3}}).attrs.set("shape", numbers{2, 3});
  }
};
template <> struct cases<octet::ops::sparse_to_dense> {
  static void add(case_list& to) {
    node_case& n = to.add("two elements", {dims{2, 2}, dims{2}, dims{}});
    n.attrs.set("shape", numbers{2, 2});
    n.in[0].values = {0, 1, 1, 0}, n.in[1].values = {1, 0}, n.in[2].values = {1};
    n.expected = {{1, 1, 0, 1}};
    node_case& one = to.add("one value", {dims{3, 1}, dims{}, dims{1}});
    one.attrs.set("shape", numbers{7}), one.in[0].range(0, 6);
    to.add("no positions", {dims{0, 1}, dims{0}, dims{}}).attrs.set("shape", numbers{3});
  }
};
template <> struct cases<octet::ops::dynamic_slice> {
  static void add(case_list& to) {
    node_case& n = to.add("a corner, from the end", {dims{2, 3}, dims{2}});
    n.attrs.set("size", numbers{1, 2});
    n.in[1].values = {-1, 1};
    where(n, {4, 5});
    node_case& far = to.add("moved inside", {dims{2, 3}, dims{2}});
    far.attrs.set("size", numbers{2, 2});
    far.in[1].values = {1, 70};
    where(far, {1, 2, 4, 5});
    node_case& steps = to.add("backwards by steps", {dims{5, 7, 3}, dims{3}});
    steps.attrs.set("size", numbers{2, 7, 1}), steps.attrs.set("strides", numbers{2, -1, 1});
    steps.attrs.set("begin_mask", std::int64_t{2}), steps.in[1].range(-2, 2);
    node_case& none = to.add("none", {dims{2, 3}, dims{2}});
    none.attrs.set("size", numbers{0, 3}), none.in[1].range(0, 1);
  }
};
template <> struct cases<octet::ops::dynamic_update_slice> {
  static void add(case_list& to) {
    node_case& n = to.add("a corner, moved inside", {dims{2, 3}, dims{1, 2}, dims{2}});
    count_up(n.in[0]);
    n.in[1].values = {1, 1}, n.in[2].values = {-5, 70};
    n.expected = {n.in[0].values};
    n.expected[0][1] = n.expected[0][2] = 1;
    to.add("a block", {dims{4, 5, 6}, dims{2, 3, 6}, dims{3}}).in[2].range(0, 3);
    to.add("none", {dims{2, 3}, dims{0, 2}, dims{2}}).in[2].range(0, 1);
  }
};
template <> struct cases<octet::ops::reverse_sequence> {
  static void add(case_list& to) {
    node_case& n = to.add("rows", {dims{2, 3}, dims{2}});
    n.attrs.set("axis", std::int64_t{1}), n.attrs.set("batch_axis", std::int64_t{0});
    n.in[1].values = {2, 3};
    where(n, {1, 0, 2, 5, 4, 3});
    node_case& inner = to.add("an outer axis", {dims{5, 3, 4}, dims{3}});
    inner.attrs.set("axis", std::int64_t{0}), inner.attrs.set("batch_axis", std::int64_t{-2});
    inner.in[1].range(0, 7);
    node_case& none = to.add("none", {dims{2, 0}, dims{2}});
    none.attrs.set("axis", std::int64_t{1});
  }
};
template <> struct cases<octet::ops::matrix_set_diag> {
  static void add(case_list& to) {
    node_case& n = to.add("2x3", {dims{2, 3}, dims{2}});
    count_up(n.in[0]);
    n.in[1].values = {1, 0};
    n.expected = {n.in[0].values};
    n.expected[0][0] = 1, n.expected[0][4] = 0;
    to.add("several", {dims{3, 4, 2}, dims{3, 2}});
    to.add("none", {dims{0, 4, 2}, dims{0, 2}});
  }
};
template <> struct cases<octet::ops::segment_reduce> {
  static void add(case_list& to) {
    const double most = to.with.x() == dtype::s32 ? INT32_MAX : 0;  // of a segment without any
    const double expected[4][3] = {{7, 5, 0}, {12, 5, 1}, {3, 5, most}, {4, 5, -most - 1}};
    for (std::int64_t how = 0; how < 4; ++how) {
      node_case& n = to.add("reduction " + std::to_string(how), {dims{4}, dims{4}});
      n.attrs.set("segments", std::int64_t{3}), n.attrs.set("reduction", how);
      n.in[0].values = {3, 5, 9, 4}, n.in[1].values = {0, 1, -1, 0};
      if (how < 2 || most > 0) n.expected = {{expected[how], expected[how] + 3}};
    }
    node_case& rows = to.add("rows", {dims{2, 5, 7}, dims{2, 5}});
    rows.attrs.set("segments", std::int64_t{3}), rows.in[1].range(0, 3);
    to.add("none", {dims{0, 3}, dims{0}}).attrs.set("segments", std::int64_t{2});
  }
};
template <> struct cases<octet::ops::embedding_bag> {
  static node_case& bags(case_list& to, std::string name, dims table, std::int32_t indices,
                         std::int32_t offsets, const octet::embedding_bag_attrs& a) {
    const dims rows{table[0]};
    node_case& n =
        to.add(std::move(name), {table, dims{indices}, dims{offsets}, dims{indices}, rows, rows});
    n.attrs = to_attributes(a);
    n.in[1].range(0, table[0] - 1), n.in[2].range(0, indices);
    for (std::size_t i = 3; i < 6; ++i) n.in[i].range(-2, 2);
    return n;
  }
  static void add(case_list& to) {
    using octet::bag_mode;
    for (const bag_mode mode : {bag_mode::sum, bag_mode::mean, bag_mode::most}) {
      node_case& n = bags(to, "mode " + std::to_string(static_cast<int>(mode)), {11, 7}, 20, 6,
                          {.mode = mode});
      n.in[2].values = {0, 3, 3, 9, 4, 19};  // an empty bag, one whose end is before its begin
      to.without(n, 3, 1);
      to.without(n, 4, 1);
      node_case& plain = to.shorter(n, 0);
      to.shorter(to.shorter(plain, 1), 1);
    }
    bags(to, "a row left out", {5, 33}, 40, 3, {.last_included = true, .left_out = 2})
        .in[2]
        .values = {0, 11, 40};
    bags(to, "offsets outside", {5, 3}, 4, 2, {}).in[2].values = {-3, 70};
    bags(to, "no bags", {5, 3}, 4, 0, {});
    bags(to, "no indices", {5, 3}, 0, 2, {}).in[2].values = {0, 0};
    node_case& n = to.add("by hand", {dims{3, 2}, dims{4}, dims{2}, dims{4}, dims{3}, dims{3}});
    n.in[0].values = {1, 2, 3, 4, 5, 6}, n.in[1].values = {2, 0, 1, 1}, n.in[2].values = {0, 2};
    n.in[3].values = {1, 2, 3, -1}, n.in[4].values = {1, 10, 0.5}, n.in[5].values = {0, 1, 4};
    // (5/2 + 4) + 2 * 1, (6/2 + 4) + 2 * 2; (3 - 1) * (3 * 10 + 1), (3 - 1) * (4 * 10 + 1)
    n.expected = {{8.5, 11, 62, 82}};
  }
};
template <> struct cases<octet::ops::lookup> {
  static void add(case_list& to) {
    for (const dims& x : {dims{3, 171}, dims{64}, dims{}, dims{2, 0, 3}})
      to.add("codes", {x, dims{256}}).in[1].constant();
    node_case& n = to.add("by hand", {dims{3}, dims{256}});
    n.in[1].constant();
    n.in[0].values = {0, 1, 127};
    n.in[1].values.assign(256, 9);
    n.in[1].values[0] = 5, n.in[1].values[1] = 255, n.in[1].values[127] = 128;
    const bool plain = to.with.out[0] == dtype::u8;
    n.expected = {{5, plain ? 255. : -1., plain ? 128. : -128.}};
  }
};
template <> struct cases<octet::ops::bucketize> {
  static void add(case_list& to) {
    node_case& n = to.add("by hand", {dims{5}, dims{3}});
    n.in[0].values = {-1, 0, 9, 10, 100}, n.in[1].values = {0, 10, 100};
    n.expected = {{0, 1, 1, 2, 3}};
    to.add("no boundaries", {dims{2, 3}, dims{0}});
    to.add("none", {dims{0}, dims{2}}).in[1].values = {0, 1};
  }
};

// ---- numbers ----

template <> struct cases<octet::ops::sign> {
  static void add(case_list& to) { known_values(to, pairs{{-7, -1}, {0, 0}, {3, 1}}); }
};
template <> struct cases<octet::ops::pow> {
  static void add(case_list& to) {
    known_triples(to, {{2, 10, 1024}, {-3, 3, -27}, {5, 0, 1}, {-1, 7, -1}, {1, -5, 1}});
    if (to.with.x() != dtype::s32) return;
    node_case& n = to.add("what int32 does not hold", {dims{4}, dims{4}});
    n.in[0].values = {2, 2, -2, 3}, n.in[1].values = {30, 31, 31, -1};
    n.expected = {{1073741824, INT32_MIN, INT32_MIN, 0}};
  }
};
template <> struct cases<octet::ops::bitwise_xor> {
  static void add(case_list& to) { known_triples(to, {{12, 10, 6}, {7, 7, 0}, {0, 90, 90}}); }
};
template <> struct cases<octet::ops::right_shift> {
  static void add(case_list& to) {
    known_triples(to, {{100, 3, 12}, {100, 0, 100}, {100, 99, 0}});
    if (octet::lowest_of(to.with.x()) == 0) return;
    node_case& n = to.add("signs", {dims{3}, dims{3}});
    n.in[0].values = {-100, -100, -100}, n.in[1].values = {3, 99, -4};
    n.expected = {{-13, -1, -100}};
  }
};

// ---- boxes ----

template <> struct cases<octet::ops::non_max_suppression> {
  static void add(case_list& to) {
    // The second box is half of the first, the third stands apart.
    for (const double sigma : {0., 0.5}) {
      node_case& n = to.add("three, sigma " + std::to_string(sigma), {dims{3, 4}, dims{3}}, 3);
      n.attrs =
          to_attributes(octet::non_max_suppression_attrs{4, sigma > 0 ? 0.75 : 0.5, 0.25, sigma});
      n.in[0].values = {0, 0, 1, 1, 0, 0, 1, 0.5, 5, 5, 4, 4};
      n.in[1].values = {0.75, 0.5, 1};
      if (sigma == 0) n.expected = {{2, 0, 0, 0}, {1, 0.75, 0, 0}, {2}};
    }
    // Without area it does not overlap itself, and is chosen as often as there are boxes.
    node_case& flat = to.add("one without area", {dims{2, 4}, dims{2}}, 3);
    flat.attrs = to_attributes(octet::non_max_suppression_attrs{4, 0.5, 0.25, 0});
    flat.in[0].values = {1, 0, 1, 1, 0, 0, 1, 1}, flat.in[1].values = {0.75, 0.5};
    flat.expected = {{0, 0, 0, 0}, {0.75, 0.75, 0, 0}, {2}};
    // Of a heap of four equal ones the second child rises first.
    node_case& equal = to.add("equal scores", {dims{4, 4}, dims{4}}, 3);
    equal.attrs = to_attributes(octet::non_max_suppression_attrs{4, 0.5, 0.25, 0});
    equal.in[0].values = {0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7};
    equal.in[1].values.assign(4, 0.5);
    equal.expected = {{0, 2, 3, 1}, {0.5, 0.5, 0.5, 0.5}, {4}};
    node_case& many = to.add("many", {dims{50, 4}, dims{50}}, 3);
    many.attrs = to_attributes(octet::non_max_suppression_attrs{20, 0.3, 0, 0.5});
    to.add("none", {dims{0, 4}, dims{0}}, 3).attrs =
        to_attributes(octet::non_max_suppression_attrs{2, 0.5, 0, 0});
  }
};
template <> struct cases<octet::ops::detection_postprocess> {
  static void add(case_list& to) {
    octet::detection_postprocess_attrs a;
    a.most = 3, a.classes = 2, a.score = 0.25, a.overlap = 0.5;
    a.y_scale = a.x_scale = 10, a.h_scale = a.w_scale = 5;
    node_case& n = to.add("three anchors, two alike, a background",
                          {dims{1, 3, 4}, dims{1, 3, 3}, dims{3, 4}}, 4);
    n.attrs = to_attributes(a);
    n.in[0].values.assign(12, 0);
    n.in[1].values = {9, 0.25, 0.75, 9, 0.5, 0.125, 9, 0.125, 1};
    n.in[2].values = {1, 1, 2, 2, 1, 1, 2, 2, 5, 5, 2, 4};
    n.expected = {{4, 3, 6, 7, 0, 0, 2, 2, 0, 0, 0, 0}, {1, 1, 0}, {1, 0.75, 0}, {2}};
    // Of classes 0.25, 0.5, 0.5 the partial sort leaves the last one first.
    a.most = 1, a.classes = 3, a.per_box = 2;
    node_case& two = to.add("two classes of a box", {dims{1, 1, 4}, dims{1, 1, 3}, dims{1, 4}}, 4);
    two.attrs = to_attributes(a);
    two.in[0].values.assign(4, 0);
    two.in[1].values = {0.25, 0.5, 0.5}, two.in[2].values = {1, 1, 2, 2};
    two.expected = {{0, 0, 2, 2, 0, 0, 2, 2}, {2, 1}, {0.5, 0.5}, {1}};
    a.classes = 1, a.per_box = 3;
    node_case& more = to.add("room for more classes than there are",
                             {dims{1, 1, 4}, dims{1, 1, 1}, dims{1, 4}}, 4);
    more.attrs = to_attributes(a);
    more.in[0].values.assign(4, 0);
    more.in[1].values = {0.5}, more.in[2].values = {1, 1, 2, 2};
    more.expected = {{0, 0, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0}, {0, 0, 0}, {0.5, 0, 0}, {1}};
    a.most = 9, a.classes = 4, a.per_box = 2, a.score = -5;
    node_case& many = to.add("many", {dims{1, 30, 5}, dims{1, 30, 4}, dims{30, 4}}, 4);
    many.attrs = to_attributes(a), many.in[2].range(0.5, 3);
    to.add("none", {dims{1, 0, 4}, dims{1, 0, 4}, dims{0, 4}}, 4).attrs = to_attributes(a);
  }
};

// ---- poses ----

/// Fields of uint8 are codes in sixteenths around 128.
inline void sixteenths(node_case& n) {
  for (operand& o : n.in)
    if (o.type == dtype::u8) o.quantize(0.0625, 128);
}
/// Zeros, as numbers or as codes.
inline void zeros(operand& o) {
  o.values.assign(o.shape.elements().value, o.type == dtype::u8 ? 128 : 0);
}
template <> struct cases<octet::ops::pose_decode> {
  static node_case& fields(case_list& to, std::string name, std::int32_t h, std::int32_t w,
                           octet::pose_decode_attrs a) {
    node_case& n =
        to.add(std::move(name), {dims{1, h, w, 17}, dims{1, h, w, 34}, dims{1, h, w, 64}}, 4);
    n.attrs = to_attributes(a);
    sixteenths(n);
    return n;
  }
  static void add(case_list& to) {
    // All keypoints in the one cell, each with log odds 0; whoever begins there later is the same.
    node_case& one = fields(to, "one cell", 1, 1, {2, 2, 0.25, 1});
    for (operand& o : one.in) zeros(o);
    std::vector<double> halves(34, 0.5);
    std::fill(halves.begin() + 17, halves.end(), 0.);
    one.expected = {std::vector<double>(68, 0), halves, {0.5, 0}, {1}};
    // The nose alone is likely enough to begin with; one left eye away there is the rest.
    node_case& line = fields(to, "along a line", 1, 2, {1, 2, 0.5, 1});
    for (operand& o : line.in) zeros(o);
    const bool coded = line.in[2].type == dtype::u8;
    for (const std::size_t edge : {0u, 2u, 4u, 10u})  // two pixels to the right, one cell
      line.in[2].values[16 + edge] = coded ? 160 : 2;
    line.in[0].values.assign(34, line.in[0].type == dtype::u8 ? 0 : -8);
    line.in[0].values[0] = line.in[0].type == dtype::u8 ? 128 + 16 : 1;
    for (std::size_t k = 1; k < 17; ++k)
      line.in[0].values[17 + k] = line.in[0].type == dtype::u8 ? 128 + 16 : 1;
    std::vector<double> points(34, 0);
    for (std::size_t k = 1; k < 17; ++k) points[2 * k + 1] = 2;
    const double likely = 0x1.764d50p-1,
                 mean = 0x1.764d4cp-1;  // 1 / (1 + exp(-1)) in binary32, 17 of them added
    line.expected = {points, std::vector<double>(17, likely), {mean}, {1}};
    fields(to, "many", 9, 7, {12, 3, 0.3, 4});
    fields(to, "more than sixteen, equal scores", 6, 11, {60, 5, 0.01, 0}).in[0].range(0, 0);
    fields(to, "none likely enough", 3, 4, {5, 16, 1, 20});
    fields(to, "nobody asked for", 2, 2, {0, 8, 0.1, 1});
    fields(to, "no cells", 0, 3, {2, 8, 0.1, 1});
  }
};
template <> struct cases<octet::ops::pose_masks> {
  static node_case& fields(case_list& to, std::string name, std::int32_t h, std::int32_t w,
                           std::int32_t most, std::int32_t stride) {
    node_case& n = to.add(std::move(name), {dims{1, h, w, 34}, dims{1, most, 17, 2}, dims{1}});
    n.attrs = to_attributes(octet::pose_masks_attrs{stride});
    sixteenths(n);
    n.in[1].range(0, h * stride), n.in[2].range(1, most);
    return n;
  }
  static void add(case_list& to) {
    // Cells at 0 and 4 pixels; the first person is at 5, the second at 0.
    node_case& two = fields(to, "two people", 1, 2, 2, 4);
    zeros(two.in[0]);
    two.in[1].values.assign(68, 0);
    for (std::size_t k = 0; k < 17; ++k) two.in[1].values[2 * k + 1] = 5;
    two.in[2].values = {2};
    two.expected = {{0, 1, 1, 0}};
    // Of no people the first has all cells.
    node_case& none = fields(to, "no people", 1, 2, 2, 4);
    none.in[2].values = {0}, none.expected = {{1, 1, 0, 0}};
    fields(to, "many", 9, 7, 5, 3);
    fields(to, "no cells", 0, 2, 3, 8);
  }
};

// ---- layers of floats ----

template <> struct cases<octet::ops::l2_pool2d> {
  static void add(case_list& to) {
    const auto some = [&](std::string name, dims x, octet::pool2d_attrs a) -> node_case& {
      node_case& n = to.add(std::move(name), {x});
      n.attrs = to_attributes(a);
      return n;
    };
    some("3x2, padding", {2, 5, 5, 7},
         {.window_h = 3, .window_w = 2, .stride_h = 2, .pad_top = 1, .pad_bottom = 1})
        .attrs.set("float_hi", 3.);
    some("no images", {0, 4, 4, 3}, {.window_h = 2, .window_w = 2});
    node_case& n = some("by hand", {1, 2, 2, 1}, {.window_h = 2, .window_w = 2});
    n.in[0].values = {1, 1, -7, 7}, n.expected = {{5}};
  }
};
template <> struct cases<octet::ops::local_response_normalization> {
  static void add(case_list& to) {
    for (const double beta : {0.5, 0.75, 1.}) {
      node_case& n = to.add("beta " + std::to_string(beta), {dims{2, 3, 9}});
      n.attrs = to_attributes(octet::local_response_attrs{2, 1.5, 0.25, beta});
    }
    node_case& many = to.add("many channels", {dims{1, 3, 531}});
    many.attrs = to_attributes(octet::local_response_attrs{2, 1, 1e-4, 0.75});
    to.add("no rows", {dims{0, 4}});
    // The reference leaves the last neighbour out.
    node_case& n = to.add("by hand", {dims{1, 2}});
    n.attrs = to_attributes(octet::local_response_attrs{1, 1, 1, 1});
    n.in[0].values = {1, 4};
    n.expected = {{to.with.round == rounding::none ? 0.5 : 1. / 18, 4. / 18}};
  }
};
template <> struct cases<octet::ops::float_conv3d> {
  static void add(case_list& to) {
    node_case& n =
        to.add("2x3x2, steps, padding", {dims{1, 4, 5, 6, 4}, dims{6, 2, 3, 2, 2}, dims{6}});
    octet::conv3d_attrs a;
    a.strides = {2, 1, 2}, a.dilations = {1, 2, 1}, a.before = {1, 0, 1}, a.after = {0, 1, 0};
    n.attrs = to_attributes(a);
    n.attrs.set("float_lo", 0.);
    n.in[1].constant(), n.in[2].constant();
    to.without(n, 2, 0);
    to.shorter(n, 0);
    node_case& wide =
        to.add("rows of pixels, padding", {dims{2, 3, 4, 21, 5}, dims{35, 2, 3, 3, 5}, dims{35}});
    a = {}, a.before = {1, 1, 1}, a.after = {0, 1, 1};
    wide.attrs = to_attributes(a);
    wide.in[1].constant(), wide.in[2].constant();
    node_case& steps =
        to.add("groups, steps", {dims{1, 2, 3, 40, 6}, dims{38, 1, 2, 3, 3}, dims{38}});
    a = {}, a.strides = {1, 1, 2}, a.dilations = {1, 1, 2}, a.before = {2, 0, 7};
    steps.attrs = to_attributes(a);
    steps.in[1].constant(), steps.in[2].constant();
    to.add("no volumes", {dims{0, 2, 2, 2, 3}, dims{2, 1, 1, 1, 3}, dims{2}});
    node_case& known = to.add("by hand", {dims{1, 2, 1, 2, 1}, dims{1, 2, 1, 2, 1}, dims{1}});
    known.in[0].values = {1, 2, 3, 4}, known.in[1].values = {5, 6, 7, 8}, known.in[2].values = {9};
    known.expected = {{79}};
  }
};

template <> struct cases<octet::ops::blockwise_fully_connected> {
  static void add(case_list& to) {
    node_case& n = to.add("three blocks, a clamp",
                          {dims{2, 3, 24}, dims{6}, dims{5, 24}, dims{5, 3}, dims{5}});
    n.attrs = to_attributes(octet::blockwise_attrs{.keep_dims = true});
    n.attrs.set("float_lo", -20.), n.attrs.set("float_hi", 30.);
    n.in[0].range(-255, 255), n.in[1].range(0.001, 0.1), n.in[3].range(0.001, 0.1);
    for (std::size_t i = 2; i < 5; ++i) n.in[i].constant();
    to.without(n, 4, 0);
    to.shorter(n, 0);
    to.add("no rows", {dims{0, 8}, dims{0}, dims{3, 8}, dims{3, 2}, dims{3}});
    node_case& known = to.add("by hand", {dims{1, 4}, dims{1}, dims{2, 4}, dims{2, 2}, dims{2}});
    known.in[0].values = {1, 2, -255, 4}, known.in[1].values = {0.5};
    known.in[2].values = {5, 6, 7, -8, 1, 0, 0, 1}, known.in[3].values = {2, 0.25, 1, 4};
    known.in[4].values = {1, -1};
    // ((5 + 12) * 2 + (-1785 - 32) / 4) / 2 + 1, (1 + 4 * 4) / 2 - 1
    known.expected = {{-209.125, 7.5}};
  }
};

// ---- frequencies ----

template <> struct cases<octet::ops::rfft2d> {
  static void add(case_list& to) {
    const auto some = [&](const char* name, dims x, std::int32_t height,
                          std::int32_t width) -> node_case& {
      node_case& n = to.add(name, {x});
      n.attrs = to_attributes(octet::rfft2d_attrs{height, width});
      return n;
    };
    some("rows, filled up", dims{3, 1, 40}, 1, 64);
    some("images, cut", dims{2, 2, 5, 19}, 4, 16);
    some("more rows than columns", dims{2, 9, 2}, 8, 2);
    some("no images", dims{0, 2, 4}, 2, 4);
    some("images without rows", dims{1, 0, 4}, 2, 4);
    node_case& row = some("a row by hand", dims{1, 4}, 1, 4);
    row.in[0].values = {1, 2, 3, 4};
    row.expected = {{10, -0., -2, 2, -2, -0.}};
    node_case& image = some("an image by hand", dims{2, 2}, 2, 2);
    image.in[0].values = {1, 2, 3, 4};
    image.expected = {{10, -0., -2, -0., -4, -0., 0, -0.}};
  }
};
template <> struct cases<octet::ops::complex_abs> {
  static void add(case_list& to) {
    node_case& n = to.add("by hand", {dims{4, 2}});
    n.in[0].values = {3, 4, -5, 12, -0., 0, 8, -15};
    n.expected = {{5, 13, 0, 17}};
    to.add("several", {dims{3, 2, 7, 2}});
    to.add("none", {dims{0, 2}});
  }
};

}  // namespace octet_test

#endif  // OCTET_TESTS_CASES_DATA_HPP_
