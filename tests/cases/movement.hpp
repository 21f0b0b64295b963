// Cases of operators that move elements: no arithmetic, any element type.
#ifndef OCTET_TESTS_CASES_MOVEMENT_HPP_
#define OCTET_TESTS_CASES_MOVEMENT_HPP_

#include "cases/node_case.hpp"
#include "octet/ops/concat.hpp"
#include "octet/ops/gather.hpp"
#include "octet/ops/pad.hpp"
#include "octet/ops/reshape.hpp"
#include "octet/ops/resize.hpp"

namespace octet_test {

using numbers = std::vector<std::int64_t>;

/// 0, 1, 2, ... as far as the type goes: where an element went shows in its value.
inline void count_up(operand& o) {
  const std::size_t n = o.shape.elements().value;
  for (std::size_t i = 0; i < n; ++i)
    o.values.push_back(o.type == dtype::boolean ? static_cast<double>(i % 2)
                                                : static_cast<double>(i % 100));
}
/// x counted up, [2, 3]: 0 1 2 / 3 4 5; `indices` say which of them the output holds.
inline void where(node_case& n, const std::vector<int>& indices) {
  count_up(n.in[0]);
  n.expected.emplace_back();
  for (const int i : indices) n.expected[0].push_back(n.in[0].values[static_cast<std::size_t>(i)]);
}

template <> struct cases<octet::ops::transpose> {
  static void add(case_list& to) {
    node_case& n = to.add("two axes", {dims{2, 3}});
    n.attrs.set("perm", numbers{1, 0});
    where(n, {0, 3, 1, 4, 2, 5});
    to.add("four axes", {dims{2, 3, 4, 5}}).attrs.set("perm", numbers{0, 3, 1, 2});
    to.add("nothing moves", {dims{2, 3}}).attrs.set("perm", numbers{0, 1});
    to.add("none", {dims{0, 3}}).attrs.set("perm", numbers{1, 0});
  }
};
template <> struct cases<octet::ops::slice> {
  static void add(case_list& to) {
    node_case& n = to.add("a corner", {dims{2, 3}});
    n.attrs.set("begin", numbers{0, 1}), n.attrs.set("size", numbers{2, 2});
    where(n, {1, 2, 4, 5});
    node_case& empty = to.add("none", {dims{2, 3}});
    empty.attrs.set("begin", numbers{0, 1}), empty.attrs.set("size", numbers{2, 0});
  }
};
template <> struct cases<octet::ops::strided_slice> {
  static void add(case_list& to) {
    node_case& n = to.add("backwards", {dims{2, 3}});
    n.attrs = to_attributes(octet::strided_slice_attrs{
        .begin = dims{0, 2}, .end = dims{2, 0}, .strides = dims{1, -1}, .end_mask = 2});
    where(n, {2, 1, 0, 5, 4, 3});
    to.add("none", {dims{2, 3}}).attrs = to_attributes(
        octet::strided_slice_attrs{.begin = dims{0, 2}, .end = dims{2, 1}, .strides = dims{1, 1}});
    to.add("by steps", {dims{5, 70}}).attrs = to_attributes(octet::strided_slice_attrs{
        .begin = dims{1, 0}, .end = dims{5, 70}, .strides = dims{2, 3}, .shrink_axis_mask = 0});
  }
};
template <> struct cases<octet::ops::tile> {
  static void add(case_list& to) {
    node_case& n = to.add("twice", {dims{1, 2}});
    n.attrs.set("multiples", numbers{2, 2});
    where(n, {0, 1, 0, 1, 0, 1, 0, 1});
    to.add("three axes", {dims{2, 3, 4}}).attrs.set("multiples", numbers{1, 2, 3});
    to.add("none", {dims{0, 3}}).attrs.set("multiples", numbers{2, 2});
  }
};
template <> struct cases<octet::ops::reverse> {
  static void add(case_list& to) {
    node_case& n = to.add("rows", {dims{2, 3}});
    n.attrs.set("axes", numbers{0});
    where(n, {3, 4, 5, 0, 1, 2});
    to.add("two axes", {dims{2, 3, 4}}).attrs.set("axes", numbers{0, 2});
    to.add("none", {dims{0, 3}}).attrs.set("axes", numbers{0});
  }
};
template <> struct cases<octet::ops::broadcast_to> {
  static void add(case_list& to) {
    node_case& n = to.add("rows", {dims{3}});
    n.attrs.set("shape", numbers{2, 3});
    where(n, {0, 1, 2, 0, 1, 2});
    to.add("columns", {dims{2, 1}}).attrs.set("shape", numbers{2, 35});
    to.add("none", {dims{1, 3}}).attrs.set("shape", numbers{0, 3});
  }
};
template <> struct cases<octet::ops::space_to_depth> {
  static void add(case_list& to) {
    node_case& n = to.add("2x2", {dims{1, 2, 2, 1}});
    n.attrs.set("block_size", std::int64_t{2});
    where(n, {0, 1, 2, 3});
    to.add("more", {dims{2, 4, 6, 3}}).attrs.set("block_size", std::int64_t{2});
    to.add("none", {dims{0, 2, 2, 1}}).attrs.set("block_size", std::int64_t{2});
  }
};
template <> struct cases<octet::ops::depth_to_space> {
  static void add(case_list& to) {
    node_case& n = to.add("2x2", {dims{1, 1, 1, 4}});
    n.attrs.set("block_size", std::int64_t{2});
    where(n, {0, 1, 2, 3});
    node_case& crd = to.add("channels outermost", {dims{2, 2, 3, 12}});
    crd.attrs.set("block_size", std::int64_t{2}), crd.attrs.set("crd", std::int64_t{1});
    to.add("none", {dims{0, 1, 1, 4}}).attrs.set("block_size", std::int64_t{2});
  }
};
template <> struct cases<octet::ops::space_to_batch> {
  static void add(case_list& to) {
    node_case& n = to.add("two columns", {dims{1, 1, 4, 1}});
    n.attrs.set("block_shape", numbers{1, 2});
    where(n, {0, 2, 1, 3});
    to.add("more", {dims{2, 4, 6, 3}}).attrs.set("block_shape", numbers{2, 3});
    to.add("none", {dims{0, 2, 2, 1}}).attrs.set("block_shape", numbers{2, 2});
  }
};
template <> struct cases<octet::ops::batch_to_space> {
  static void add(case_list& to) {
    node_case& n = to.add("two columns", {dims{2, 1, 2, 1}});
    n.attrs.set("block_shape", numbers{1, 2});
    where(n, {0, 2, 1, 3});
    to.add("more", {dims{6, 2, 2, 3}}).attrs.set("block_shape", numbers{2, 3});
    to.add("none", {dims{4, 0, 2, 1}}).attrs.set("block_shape", numbers{2, 2});
  }
};
template <> struct cases<octet::ops::split> {
  static void add(case_list& to) {
    node_case& n = to.add("equal pieces", {dims{2, 6}}, 3);
    n.attrs.set("axis", std::int64_t{1});
    count_up(n.in[0]);
    const auto& v = n.in[0].values;
    n.expected = {{v[0], v[1], v[6], v[7]}, {v[2], v[3], v[8], v[9]}, {v[4], v[5], v[10], v[11]}};
    node_case& sizes = to.add("sizes, one open, one empty", {dims{7, 3}}, 3);
    sizes.attrs.set("axis", std::int64_t{0}), sizes.attrs.set("sizes", numbers{2, -1, 0});
    to.add("none", {dims{0, 4}}, 2).attrs.set("axis", std::int64_t{1});
  }
};
template <> struct cases<octet::ops::unpack> {
  static void add(case_list& to) {
    node_case& n = to.add("columns", {dims{2, 2}}, 2);
    n.attrs.set("axis", std::int64_t{1});
    count_up(n.in[0]);
    const auto& v = n.in[0].values;
    n.expected = {{v[0], v[2]}, {v[1], v[3]}};
    to.add("none", {dims{2, 0}}, 2).attrs.set("axis", std::int64_t{0});
  }
};
template <> struct cases<octet::ops::pack> {
  static void add(case_list& to) {
    node_case& n = to.add("columns", {dims{2}, dims{2}});
    n.attrs.set("axis", std::int64_t{1});
    n.in[0].values = {0, 1}, n.in[1].values = {1, 1};
    n.expected = {{0, 1, 1, 1}};
    to.add("five", {dims{2, 3}, dims{2, 3}, dims{2, 3}, dims{2, 3}, dims{2, 3}});
    to.add("none", {dims{0, 3}, dims{0, 3}});
  }
};
struct concat_cases {
  static void add(case_list& to) {
    const auto some = [&](std::string name, std::vector<maybe_shape> x, std::int64_t axis) {
      node_case& n = to.add(std::move(name), std::move(x));
      n.attrs.set("axis", axis);
      // Only 8-bit tables rescale; raw values need equal parameters.
      if (!octet::is_8bit(n.out[0].type) || n.round == rounding::none)
        for (operand& o : n.in) o.scales = n.out[0].scales, o.zero_points = n.out[0].zero_points;
      return &n;
    };
    some("channels", {dims{2, 3}, dims{2, 5}, dims{2, 1}}, 1);
    some("rows", {dims{1, 40}, dims{3, 40}}, 0);
    some("one", {dims{2, 3}}, -1);
    some("an empty one", {dims{2, 0}, dims{2, 5}}, 1);
    some("none", {dims{0, 3}, dims{0, 5}}, 1);
  }
};
template <> struct cases<octet::ops::qnn_concat> : concat_cases {};
template <> struct cases<octet::ops::concat> : concat_cases {};

template <> struct cases<octet::ops::reshape> {
  static void add(case_list& to) {
    node_case& n = to.add("one extent open", {dims{2, 3}});
    n.attrs.set("shape", numbers{-1, 2});
    where(n, {0, 1, 2, 3, 4, 5});
    to.add("none", {dims{0, 3}}).attrs.set("shape", numbers{3, 0});
  }
};
template <> struct cases<octet::ops::squeeze> {
  static void add(case_list& to) {
    where(to.add("all", {dims{1, 2, 1}}), {0, 1});
    to.add("one axis", {dims{1, 2, 1}}).attrs.set("axes", numbers{0});
    to.add("none", {dims{1, 0}});
  }
};
template <> struct cases<octet::ops::expand_dims> {
  static void add(case_list& to) {
    node_case& n = to.add("last", {dims{2, 3}});
    n.attrs.set("axis", std::int64_t{-1});
    where(n, {0, 1, 2, 3, 4, 5});
    to.add("none", {dims{0, 3}}).attrs.set("axis", std::int64_t{0});
  }
};
template <> struct cases<octet::ops::identity> {
  static void add(case_list& to) {
    where(to.add("a few", {dims{2, 3}}), {0, 1, 2, 3, 4, 5});
    to.add("none", {dims{0, 3}});
  }
};

struct pad_cases {
  static void add(case_list& to) {
    const auto some = [&](std::string name, dims x, numbers paddings) -> node_case& {
      node_case& n = to.add(std::move(name), {x});
      n.attrs.set("paddings", std::move(paddings));
      n.out[0].scales = n.in[0].scales, n.out[0].zero_points = n.in[0].zero_points;
      return n;
    };
    node_case& n = some("one column", {1, 2}, {0, 0, 1, 0});
    count_up(n.in[0]);
    n.expected = {{n.in[0].zero_points.empty() ? 0. : n.in[0].zero_points[0], 0, 1}};
    some("an image", {1, 3, 4, 5}, {0, 0, 1, 2, 2, 1, 0, 0});
    if (to.with.x() != dtype::boolean) {
      node_case& pixels = some("pixels", {1, 2, 2, 2}, {0, 0, 1, 0, 0, 1, 0, 0});
      count_up(pixels.in[0]);
      const double z = pixels.in[0].zero_points.empty() ? 0. : pixels.in[0].zero_points[0];
      pixels.expected = {{z, z, z, z, z, z, 0, 1, 2, 3, z, z, 4, 5, 6, 7, z, z}};
    }
    some("nothing", {2, 3}, {0, 0, 0, 0});
    some("around none", {0, 2}, {0, 0, 1, 1});
    if (to.with.x() != dtype::f16)
      some("a value", {2, 2}, {1, 0, 0, 1}).attrs.set("value", std::int64_t{1});
  }
};
template <> struct cases<octet::ops::qnn_pad> : pad_cases {};
template <> struct cases<octet::ops::pad> : pad_cases {};
template <> struct cases<octet::ops::mirror_pad> {
  static void add(case_list& to) {
    node_case& n = to.add("reflected", {dims{3}});
    n.attrs.set("paddings", numbers{2, 1});
    where(n, {2, 1, 0, 1, 2, 1});
    node_case& s = to.add("symmetric", {dims{3}});
    s.attrs.set("paddings", numbers{2, 1}), s.attrs.set("mode", std::int64_t{1});
    where(s, {1, 0, 0, 1, 2, 2});
    node_case& none = to.add("none", {dims{0, 3}});
    none.attrs.set("paddings", numbers{0, 0, 1, 1}), none.attrs.set("mode", std::int64_t{1});
  }
};

template <> struct cases<octet::ops::gather> {
  static void add(case_list& to) {
    node_case& n = to.add("rows", {dims{3, 2}, dims{2}});
    n.in[1].values = {2, -3};
    where(n, {4, 5, 0, 1});
    node_case& batches = to.add("batches", {dims{2, 4, 3}, dims{2, 5}});
    batches.attrs = to_attributes(octet::gather_attrs{1, 1});
    batches.in[1].range(0, 3);
    to.add("no indices", {dims{3, 2}, dims{0}});
    node_case& far = to.add("far indices", {dims{3, 2}, dims{2}});
    far.in[1].values = {70000, -70000};
    where(far, {4, 5, 0, 1});
  }
};
template <> struct cases<octet::ops::gather_nd> {
  static void add(case_list& to) {
    node_case& n = to.add("elements", {dims{3, 2}, dims{2, 2}});
    n.in[1].values = {2, 1, 0, 0};
    where(n, {5, 0});
    to.add("rows", {dims{3, 7}, dims{4, 1}}).in[1].range(0, 2);
    to.add("no indices", {dims{3, 2}, dims{0, 1}});
  }
};
template <> struct cases<octet::ops::one_hot> {
  static void add(case_list& to) {
    node_case& n = to.add("three", {dims{2}, dims{1}, dims{1}});
    n.attrs = to_attributes(octet::one_hot_attrs{3, -1});
    n.in[0].values = {2, 5}, n.in[1].values = {1}, n.in[2].values = {0};
    n.expected = {{0, 0, 1, 0, 0, 0}};
    node_case& first = to.add("a leading axis", {dims{2, 5}, dims{}, dims{}});
    first.attrs = to_attributes(octet::one_hot_attrs{4, 0}), first.in[0].range(0, 3);
    to.add("none", {dims{0}, dims{1}, dims{1}}).attrs = to_attributes(octet::one_hot_attrs{3, -1});
  }
};
template <> struct cases<octet::ops::resize_nearest> {
  static void add(case_list& to) {
    node_case& n = to.add("twice as wide", {dims{1, 1, 2, 1}});
    n.attrs = to_attributes(octet::resize_attrs{.out_h = 1, .out_w = 4});
    where(n, {0, 0, 1, 1});
    to.add("smaller", {dims{2, 7, 5, 3}}).attrs =
        to_attributes(octet::resize_attrs{.out_h = 3, .out_w = 2, .align_corners = true});
    to.add("half pixels", {dims{1, 3, 5, 2}}).attrs =
        to_attributes(octet::resize_attrs{.out_h = 7, .out_w = 9, .half_pixel_centers = true});
    to.add("no images", {dims{0, 3, 5, 2}}).attrs =
        to_attributes(octet::resize_attrs{.out_h = 7, .out_w = 9});
  }
};

struct arg_cases {
  static void add(case_list& to) {
    to.add("rows", {dims{3, 10}}).attrs.set("axis", std::int64_t{1});
    node_case& n = to.add("an inner axis", {dims{2, 7, 3}});
    n.attrs.set("axis", std::int64_t{1}), n.attrs.set("keep_dims", std::int64_t{1});
    to.add("no rows", {dims{0, 4}}).attrs.set("axis", std::int64_t{1});
    node_case& known = to.add("by hand", {dims{2, 3}});
    known.attrs.set("axis", std::int64_t{-1});
    known.in[0].values = {5, 9, 9, 3, 1, 1};  // the first of equal ones wins
    known.expected = {to.with.op == &octet::ops::arg_max ? std::vector<double>{1, 0}
                                                         : std::vector<double>{0, 1}};
  }
};
template <> struct cases<octet::ops::arg_max> : arg_cases {};
template <> struct cases<octet::ops::arg_min> : arg_cases {};
template <> struct cases<octet::ops::cumsum> {
  static void add(case_list& to) {
    node_case& n = to.add("by hand", {dims{2, 3}});
    n.attrs.set("axis", std::int64_t{1});
    n.in[0].values = {1, 2, 3, 4, 5, 6}, n.expected = {{1, 3, 6, 4, 9, 15}};
    node_case& back = to.add("exclusive, backwards", {dims{3, 9}});
    back.attrs.set("axis", std::int64_t{0});
    back.attrs.set("exclusive", std::int64_t{1}), back.attrs.set("reverse", std::int64_t{1});
    node_case& product = to.add("products", {dims{2, 3}});
    product.attrs.set("axis", std::int64_t{1}), product.attrs.set("product", std::int64_t{1});
    product.attrs.set("wide", std::int64_t{1});
    product.in[0].values = {1, 2, 3, 4, 5, 6}, product.expected = {{1, 2, 6, 4, 20, 120}};
    to.add("none", {dims{0, 3}}).attrs.set("axis", std::int64_t{1});
    for (const std::int64_t flags : {0, 1, 2, 3, 4, 7}) {
      const auto flagged = [&](node_case& c, std::int64_t axis) {
        c.attrs.set("axis", axis), c.attrs.set("exclusive", flags & 1);
        c.attrs.set("reverse", flags >> 1 & 1), c.attrs.set("wide", flags >> 2 & 1);
      };
      const std::string name = ", flags " + std::to_string(flags);
      flagged(to.add("columns" + name, {dims{2, 5, 39}}), 1);
      flagged(to.add("rows" + name, {dims{19, 45}}), 1);
    }
  }
};
template <> struct cases<octet::ops::topk> {
  static void add(case_list& to) {
    node_case& n = to.add("by hand", {dims{2, 4}}, 2);
    n.attrs.set("k", std::int64_t{2});
    n.in[0].values = {1, 9, 9, 3, 4, 2, 0, 8};
    n.expected = {{9, 9, 8, 4}, {1, 2, 3, 0}};
    to.add("all", {dims{3, 37}}, 2).attrs.set("k", std::int64_t{37});
    to.add("no rows", {dims{0, 4}}, 2).attrs.set("k", std::int64_t{2});
    to.add("none of them", {dims{3, 4}}, 2).attrs.set("k", std::int64_t{0});
    for (std::int64_t order = 0; order < octet::topk_orders; ++order)
      for (const std::int64_t k : {1, 2, 70, 150}) {
        node_case& o =
            to.add("order " + std::to_string(order) + ", " + std::to_string(k), {dims{2, 150}}, 2);
        o.attrs.set("k", k), o.attrs.set("order", order);
        if (k != 70) o.attrs.set("smallest", std::int64_t{1});
      }
    node_case& last = to.add("the smallest, by hand", {dims{5}}, 2);
    last.attrs.set("k", std::int64_t{3}), last.attrs.set("smallest", std::int64_t{1});
    last.in[0].values = {4, 1, 3, 1, 2}, last.expected = {{1, 1, 2}, {1, 3, 4}};
  }
};

}  // namespace octet_test

#endif  // OCTET_TESTS_CASES_MOVEMENT_HPP_
