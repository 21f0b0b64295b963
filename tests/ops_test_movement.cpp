// Shapes, data movement, look-up and reductions where stored outputs of a framework do not reach.
#include <catch2/catch.hpp>
#include <numeric>
#include <random>

#include "octet/octet.hpp"
#include "ops_test.hpp"

using namespace octet;
using octet_test::one;

namespace {
std::vector<std::int32_t> count_up(std::size_t n) {
  std::vector<std::int32_t> v(n);
  std::iota(v.begin(), v.end(), 0);
  return v;
}
using list = std::vector<std::int64_t>;
}  // namespace

TEST_CASE("reshape, squeeze and expand_dims check what they are asked", "[ops]") {
  static_assert(reshape_shape({2, 3, 4}, {-1, 4}).shape == dims{6, 4});
  static_assert(reshape_shape({2, 3}, {}).broken.what == rule::element_count);
  static_assert(reshape_shape({1, 1}, {}).shape == dims{});
  static_assert(reshape_shape({2, 3}, {-1, -1}).broken.what == rule::value);
  static_assert(reshape_shape({2, 3}, {4, -1}).broken.what == rule::element_count);
  static_assert(reshape_shape({0, 3}, {-1, 0}).broken.what == rule::element_count);
  static_assert(squeeze_shape({1, 2, 1}, {}).shape == dims{2});
  static_assert(squeeze_shape({1, 2, 1}, {-1}).shape == dims{1, 2});
  static_assert(squeeze_shape({1, 2, 1}, {1}).broken.what == rule::value);
  static_assert(squeeze_shape({1, 2, 1}, {3}).broken.what == rule::axis);
  one e(ops::expand_dims);
  e.input<std::int32_t>({2, 3}, count_up(6)).output(dtype::s32).attribute("axis", std::int64_t{-1});
  CHECK(e.run<std::int32_t>() == count_up(6));
  CHECK(e.shape() == dims{2, 3, 1});
  one far(ops::expand_dims);
  far.input<std::int32_t>({2}, count_up(2)).output(dtype::s32).attribute("axis", std::int64_t{3});
  CHECK(far.error().message() == "invalid: axis out of range (found [3]; supported: [-2,1])");
}

TEST_CASE("movement rules refuse what has no meaning", "[ops]") {
  static_assert(move_transpose({2, 3}, {0, 0}).broken.what == rule::axis);
  static_assert(move_transpose({2, 3}, {1}).broken.what == rule::rank);
  static_assert(move_slice({5}, {2}, {-1}).shape == dims{3});
  static_assert(move_slice({5}, {3}, {3}).broken.what == rule::value);
  static_assert(move_tile({2}, {-1}).broken.what == rule::value);
  static_assert(move_reverse({2}, {1}).broken.what == rule::axis);
  static_assert(move_broadcast({3}, {2, 3}).shape == dims{2, 3});
  static_assert(move_broadcast({2, 3}, {3}).broken.what == rule::shapes_differ);
  static_assert(move_space_to_depth({1, 4, 5, 1}, 2).broken.what == rule::value);
  static_assert(move_depth_to_space({1, 2, 2, 6}, 2, false).broken.what == rule::value);
  static_assert(move_space_to_batch({1, 4, 4, 1}, {2, 3}).broken.what == rule::value);
  static_assert(move_batch_to_space({3, 4, 4, 1}, {2, 2}).broken.what == rule::value);
  constexpr std::int64_t paddings[] = {1, 1, -1, 0};
  static_assert(pad_shape({2, 2}, paddings, pad_mode::constant).broken.what == rule::value);
  static_assert(pad_shape({2}, paddings, pad_mode::constant).broken.what == rule::value);
  constexpr std::int64_t wide[] = {2, 0};
  static_assert(pad_shape({2}, wide, pad_mode::symmetric).shape == dims{4});
  static_assert(pad_shape({2}, wide, pad_mode::reflect).broken.what == rule::value);
  static_assert(gather_shape({.axis = 2}, {2, 3}, {4}).broken.what == rule::axis);
  static_assert(gather_shape({.axis = 1, .batch_dims = 1}, {2, 3}, {2, 5}).shape == dims{2, 5});
  static_assert(gather_shape({.axis = 1, .batch_dims = 1}, {2, 3}, {3, 5}).broken.what ==
                rule::shapes_differ);
  static_assert(gather_nd_shape({2, 3}, {4, 3}).broken.what == rule::rank);
  static_assert(one_hot_shape({.depth = 3, .axis = 0}, {2}).shape == dims{3, 2});
  static_assert(arg_shape({.axis = 1}, {2, 0}).broken.what == rule::axis);
  static_assert(reduce_shape({.axes = {0, -2}, .keep_dims = true}, {4, 5}).shape == dims{1, 5});
  static_assert(reduce_shape({.axes = {2}}, {4, 5}).broken.what == rule::axis);
  static_assert(reduce_shape({.axes = {0}}, {0, 5}).broken.what == rule::element_count);
  static_assert(batch_matmul_shape({}, {2, 3, 4}, {2, 5, 6}).broken.what == rule::channels);
  static_assert(batch_matmul_shape({.adj_x = true}, {2, 4, 3}, {4, 6}).shape == dims{2, 3, 6});
  static_assert(batch_matmul_shape({}, {2, 3, 4}, {3, 4, 6}).broken.what == rule::shapes_differ);
  static_assert(
      transpose_conv2d_shape({.stride_h = 2, .stride_w = 2}, {1, 3, 3, 2}, {4, 2, 2, 2}).shape ==
      dims{1, 6, 6, 4});
  static_assert(transpose_conv2d_shape({.pad_top = 9}, {1, 3, 3, 2}, {4, 2, 2, 2}).broken.what ==
                rule::window);
  static_assert(resize_shape({.out_h = 0, .out_w = 2}, {1, 3, 3, 2}).broken.what == rule::value);
}

TEST_CASE("strided slices follow Python", "[ops]") {
  const auto slice = [](dims x, list begin, list end, list strides,
                        std::vector<std::pair<const char*, std::int64_t>> masks, dims& shape) {
    one n(ops::strided_slice);
    n.input<std::int32_t>(x, count_up(x.elements().value)).output(dtype::s32);
    n.attribute("begin", std::move(begin))
        .attribute("end", std::move(end))
        .attribute("strides", std::move(strides));
    for (const auto& [k, v] : masks) n.attribute(k, v);
    auto y = n.run<std::int32_t>();
    shape = n.shape();
    return y;
  };
  using v = std::vector<std::int32_t>;
  dims s;
  CHECK(slice({6}, {-2}, {-5}, {-1}, {}, s) == v{4, 3, 2});
  CHECK(slice({6}, {0}, {0}, {-2}, {{"begin_mask", 1}, {"end_mask", 1}}, s) == v{5, 3, 1});
  CHECK(slice({6}, {4}, {100}, {1}, {}, s) == v{4, 5});
  CHECK(slice({6}, {4}, {2}, {1}, {}, s).empty());
  CHECK(slice({2, 3}, {1, 0}, {2, 3}, {1, 2}, {{"shrink_axis_mask", 1}}, s) == v{3, 5});
  CHECK(s == dims{2});
  CHECK(slice({2, 3}, {0, -1}, {0, 0}, {1, 1}, {{"ellipsis_mask", 1}, {"shrink_axis_mask", 2}},
              s) == v{2, 5});
  CHECK(s == dims{2});
  CHECK(slice({2, 3}, {0, 1}, {0, 2}, {1, 1}, {{"new_axis_mask", 1}}, s) == v{3, 4, 5});
  CHECK(s == dims{1, 1, 3});
  one zero(ops::strided_slice);
  zero.input<std::int32_t>({3}, count_up(3)).output(dtype::s32);
  zero.attribute("begin", list{0}).attribute("end", list{3}).attribute("strides", list{0});
  CHECK(zero.error().code == errc::invalid);
  one outside(ops::strided_slice);
  outside.input<std::int32_t>({3}, count_up(3)).output(dtype::s32);
  outside.attribute("begin", list{3})
      .attribute("end", list{4})
      .attribute("strides", list{1})
      .attribute("shrink_axis_mask", std::int64_t{1});
  CHECK(outside.error().message() == "invalid: value out of range (found [3]; supported: [3])");
}

TEST_CASE("block rearrangements and their inverses", "[ops]") {
  const auto through = [](const op_def& there, const op_def& back, dims x, const char* key,
                          attributes::value v) {
    const auto data = count_up(x.elements().value);
    one a(there);
    a.input<std::int32_t>(x, data).output(dtype::s32).attribute(key, v);
    const auto middle = a.run<std::int32_t>();
    CHECK(middle != data);
    one b(back);
    b.input<std::int32_t>(a.shape(), middle).output(dtype::s32).attribute(key, v);
    CHECK(b.run<std::int32_t>() == data);
    CHECK(b.shape() == x);
  };
  through(ops::space_to_depth, ops::depth_to_space, {2, 4, 6, 3}, "block_size", std::int64_t{2});
  through(ops::space_to_batch, ops::batch_to_space, {2, 4, 6, 3}, "block_shape", list{2, 3});
  through(ops::space_to_batch, ops::batch_to_space, {2, 4, 3}, "block_shape", list{2});
  // Modes of depth_to_space on 1x1x1x8, block 2: DCR takes channels (i * 2 + j) * 2 + c, CRD c * 4
  // + i * 2 + j.
  one dcr(ops::depth_to_space), crd(ops::depth_to_space);
  dcr.input<std::int32_t>({1, 1, 1, 8}, count_up(8))
      .output(dtype::s32)
      .attribute("block_size", std::int64_t{2});
  crd.input<std::int32_t>({1, 1, 1, 8}, count_up(8))
      .output(dtype::s32)
      .attribute("block_size", std::int64_t{2})
      .attribute("crd", std::int64_t{1});
  CHECK(dcr.run<std::int32_t>() == std::vector<std::int32_t>{0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(crd.run<std::int32_t>() == std::vector<std::int32_t>{0, 4, 1, 5, 2, 6, 3, 7});
}

TEST_CASE("random transpositions against the definition, every element size", "[ops]") {
  std::mt19937 random(5);
  for (int round = 0; round < 60; ++round) {
    const int rank = 1 + static_cast<int>(random() % 5);
    dims x;
    list perm;
    for (int i = 0; i < rank; ++i)
      x.push_back(static_cast<std::int32_t>(1 + random() % 4)), perm.push_back(i);
    std::shuffle(perm.begin(), perm.end(), random);
    const auto data = count_up(x.elements().value);
    one n(ops::transpose);
    n.input<std::int32_t>(x, data).output(dtype::s32).attribute("perm", perm);
    const auto y = n.run<std::int32_t>();
    const auto strides = strides_of(x);
    for (std::size_t i = 0; i < y.size(); ++i) {
      std::size_t rest = i;
      std::int64_t from = 0;
      for (int d = rank - 1; d >= 0; --d) {
        const auto extent = static_cast<std::size_t>(n.shape()[d]);
        from += static_cast<std::int64_t>(rest % extent) *
                strides[static_cast<int>(perm[static_cast<std::size_t>(d)])];
        rest /= extent;
      }
      REQUIRE(y[i] == from);
    }
  }
  one bytes(ops::transpose);
  bytes.input<std::uint8_t>({2, 3}, {1, 2, 3, 4, 5, 6})
      .output(dtype::u8)
      .attribute("perm", list{1, 0});
  CHECK(bytes.run<std::uint8_t>() == std::vector<std::uint8_t>{1, 4, 2, 5, 3, 6});
  one wide(ops::reverse);
  wide.input<std::int64_t>({3}, {1, -2, INT64_MIN}).output(dtype::s64).attribute("axes", list{0});
  CHECK(wide.run<std::int64_t>() == std::vector<std::int64_t>{INT64_MIN, -2, 1});
}

TEST_CASE("split takes sizes, one of them open", "[ops]") {
  one n(ops::split);
  n.input<std::int32_t>({2, 5}, count_up(10))
      .output(dtype::s32)
      .output(dtype::s32)
      .output(dtype::s32);
  n.attribute("axis", std::int64_t{-1}).attribute("sizes", list{1, -1, 2});
  CHECK(n.run<std::int32_t>() == std::vector<std::int32_t>{0, 5});
  CHECK(n.result<std::int32_t>(1) == std::vector<std::int32_t>{1, 2, 6, 7});
  CHECK(n.result<std::int32_t>(2) == std::vector<std::int32_t>{3, 4, 8, 9});
  one uneven(ops::split);
  uneven.input<std::int32_t>({5}, count_up(5))
      .output(dtype::s32)
      .output(dtype::s32)
      .attribute("axis", std::int64_t{0});
  CHECK(uneven.error().code == errc::invalid);
  one over(ops::split);
  over.input<std::int32_t>({5}, count_up(5))
      .output(dtype::s32)
      .output(dtype::s32)
      .attribute("axis", std::int64_t{0})
      .attribute("sizes", list{5, 5});
  CHECK(over.error().code == errc::invalid);
}

TEST_CASE("mirrored edges", "[ops]") {
  const auto mirrored = [](std::int64_t mode) {
    one n(ops::mirror_pad);
    n.input<std::int32_t>({1, 3}, {1, 2, 3})
        .output(dtype::s32)
        .attribute("paddings", list{0, 0, 2, 2})
        .attribute("mode", mode);
    return n.run<std::int32_t>();
  };
  CHECK(mirrored(0) == std::vector<std::int32_t>{3, 2, 1, 2, 3, 2, 1});
  CHECK(mirrored(1) == std::vector<std::int32_t>{2, 1, 1, 2, 3, 3, 2});
  one p(ops::qnn_pad);
  p.input<std::int8_t>({2}, {1, 2}, {1.}, {-7})
      .output(dtype::s8, {1.}, {-7})
      .attribute("paddings", list{1, 2});
  CHECK(p.run<std::int8_t>() == std::vector<std::int8_t>{-7, 1, 2, -7, -7});
  one v(ops::qnn_pad);
  v.input<std::int8_t>({1}, {1}, {1.})
      .output(dtype::s8, {1.})
      .attribute("paddings", list{1, 0})
      .attribute("value", std::int64_t{200});
  CHECK(v.error().code == errc::invalid);
}

TEST_CASE("indices outside the table are clamped, negative ones count from the end", "[ops]") {
  one n(ops::gather);
  n.input<std::int32_t>({3, 2}, count_up(6))
      .input<std::int32_t>({5}, {0, -1, 7, -9, 1})
      .output(dtype::s32);
  CHECK(n.run<std::int32_t>() == std::vector<std::int32_t>{0, 1, 4, 5, 4, 5, 0, 1, 2, 3});
  one b(ops::gather);
  b.input<std::int32_t>({2, 3}, count_up(6)).input<std::int64_t>({2, 1}, {2, 0}).output(dtype::s32);
  b.attribute("axis", std::int64_t{1}).attribute("batch_dims", std::int64_t{1});
  CHECK(b.run<std::int32_t>() == std::vector<std::int32_t>{2, 3});
  one nd(ops::gather_nd);
  nd.input<std::int32_t>({2, 3}, count_up(6))
      .input<std::int32_t>({2, 2}, {1, 1, INT32_MAX, INT32_MIN})
      .output(dtype::s32);
  CHECK(nd.run<std::int32_t>() == std::vector<std::int32_t>{4, 3});
  one hot(ops::one_hot);
  hot.input<std::int32_t>({3}, {1, -1, 2})
      .input<std::int8_t>({}, {9})
      .input<std::int8_t>({}, {-9})
      .output(dtype::s8)
      .attribute("depth", std::int64_t{2});
  CHECK(hot.run<std::int8_t>() == std::vector<std::int8_t>{-9, 9, -9, -9, -9, -9});
}

TEST_CASE("the first of equal values wins", "[ops]") {
  one top(ops::topk);
  top.input<std::int8_t>({2, 5}, {3, 7, 7, -128, 3, -128, -128, -128, -128, -128})
      .output(dtype::s8)
      .output(dtype::s32)
      .attribute("k", std::int64_t{4});
  CHECK(top.run<std::int8_t>() == std::vector<std::int8_t>{7, 7, 3, 3, -128, -128, -128, -128});
  CHECK(top.result<std::int32_t>(1) == std::vector<std::int32_t>{1, 2, 0, 4, 0, 1, 2, 3});
  one most(ops::arg_max), least(ops::arg_min);
  most.input<std::uint8_t>({1, 4}, {5, 9, 9, 5})
      .output(dtype::s64)
      .attribute("axis", std::int64_t{-1});
  least.input<std::uint8_t>({4, 1}, {5, 9, 5, 9})
      .output(dtype::s32)
      .attribute("axis", std::int64_t{0})
      .attribute("keep_dims", std::int64_t{1});
  CHECK(most.run<std::int64_t>() == std::vector<std::int64_t>{1});
  CHECK(least.run<std::int32_t>() == std::vector<std::int32_t>{0});
  CHECK(least.shape() == dims{1, 1});
}

TEST_CASE("running sums in both directions", "[ops]") {
  const auto sums = [](std::int64_t exclusive, std::int64_t reverse) {
    one n(ops::cumsum);
    n.input<std::int32_t>({2, 2}, {1, 2, 3, INT32_MAX})
        .output(dtype::s32)
        .attribute("axis", std::int64_t{0})
        .attribute("exclusive", exclusive)
        .attribute("reverse", reverse);
    return n.run<std::int32_t>();
  };
  using v = std::vector<std::int32_t>;
  CHECK(sums(0, 0) == v{1, 2, 4, INT32_MIN + 1});
  CHECK(sums(1, 0) == v{0, 0, 1, 2});
  CHECK(sums(0, 1) == v{4, INT32_MIN + 1, 3, INT32_MAX});
}

TEST_CASE("reductions over separated axes visit memory in order", "[ops]") {
  one n(ops::sum);
  n.input<float>({2, 2, 2}, {0x1p24f, 1, 1, 2, -0x1p24f, 4, 1, 8})
      .output(dtype::f32)
      .attribute("axes", list{0, 2});
  CHECK(n.run<float>() == std::vector<float>{4.f, 12.f});  // 2^24 + 1 rounds to 2^24
  one m(ops::reduce_max);
  m.input<std::int8_t>({2, 3}, {-128, -128, 5, -128, -127, 4})
      .output(dtype::s8)
      .attribute("axes", list{0})
      .attribute("keep_dims", std::int64_t{1});
  CHECK(m.run<std::int8_t>() == std::vector<std::int8_t>{-128, -127, 5});
  CHECK(m.shape() == dims{1, 3});
  one mean(ops::qnn_mean);
  mean.input<std::int16_t>({4}, {-32768, -32768, -32768, -32767}, {1.})
      .output(dtype::s16, {1.})
      .attribute("axes", list{0})
      .round(rounding::doubling_high_half_away);
  CHECK(mean.run<std::int16_t>() == std::vector<std::int16_t>{-32768});
  const auto half = [](rounding r) {  // x - z averages 0.5, z = 1
    one q(ops::qnn_mean);
    q.input<std::uint8_t>({2}, {1, 2}, {0.5}, {1})
        .output(dtype::u8, {0.5}, {1})
        .attribute("axes", list{0})
        .round(r);
    return q.run<std::uint8_t>()[0];
  };
  CHECK(half(rounding::doubling_high_half_away) == 2);
  CHECK(half(rounding::xnnpack) == 2);           // the zero point joins before rounding: 1.5
  CHECK(half(rounding::divide_half_even) == 2);  // raw: 1.5
  CHECK(half(rounding::qnnpack) == 1);
}

TEST_CASE("a transposed convolution is the adjoint of a convolution", "[ops]") {
  // <conv(x), y> == <x, tconv(y)> for the same weights, strides and padding.
  std::mt19937 random(6);
  const auto bytes = [&](std::size_t n) {
    std::vector<std::int8_t> v(n);
    for (auto& e : v) e = static_cast<std::int8_t>(random());
    return v;
  };
  const auto x = bytes(7 * 9 * 2), wc = bytes(3 * 3 * 2 * 2);
  const dims xs{1, 7, 9, 2}, ws{3, 3, 2, 2};
  one conv(ops::conv2d);
  conv.input<std::int8_t>(xs, x, {1.}).input<std::int8_t>(ws, wc, {1.}).output(dtype::s32);
  for (const auto& [k, v] :
       {std::pair{"stride_h", 2}, std::pair{"stride_w", 3}, std::pair{"dilation_h", 2},
        std::pair{"pad_top", 1}, std::pair{"pad_left", 1}, std::pair{"pad_bottom", 1}})
    conv.attribute(k, std::int64_t{v});
  const auto cx = conv.run<std::int32_t>();
  const auto y = bytes(cx.size());
  std::vector<std::int8_t> wt(wc.size());  // [O,KH,KW,I] -> [I,KH,KW,O]
  for (std::size_t o = 0; o < 3; ++o)
    for (std::size_t t = 0; t < 6; ++t)
      for (std::size_t i = 0; i < 2; ++i) wt[(i * 6 + t) * 3 + o] = wc[(o * 6 + t) * 2 + i];
  one back(ops::transpose_conv2d);
  back.input<std::int8_t>(conv.shape(), y, {1.})
      .input<std::int8_t>({2, 3, 2, 3}, wt, {1.})
      .output(dtype::s32);
  const dims cs = conv.shape();
  const std::int64_t more_h = 7 - ((cs[1] - 1) * 2 + 4 + 1 - 1 - 1),
                     more_w = 9 - ((cs[2] - 1) * 3 + 1 + 1 - 1);
  for (const auto& [k, v] :
       {std::pair{"stride_h", 2}, std::pair{"stride_w", 3}, std::pair{"dilation_h", 2},
        std::pair{"pad_top", 1}, std::pair{"pad_left", 1}, std::pair{"pad_bottom", 1}})
    back.attribute(k, std::int64_t{v});
  back.attribute("output_padding_h", more_h).attribute("output_padding_w", more_w);
  const auto ty = back.run<std::int32_t>();
  REQUIRE(back.shape() == xs);
  std::int64_t left = 0, right = 0;
  for (std::size_t i = 0; i < cx.size(); ++i) left += std::int64_t{cx[i]} * y[i];
  for (std::size_t i = 0; i < ty.size(); ++i) right += std::int64_t{ty[i]} * x[i];
  CHECK(left == right);
  CHECK(left != 0);
}

TEST_CASE("a matrix product's accumulators, transposed operands and broadcast batches agree",
          "[ops]") {
  const std::vector<std::int8_t> a{1, 2, 3, 4, 5, 6, -1, -2, -3, -4, -5, -6};  // 2 of [2,3]
  const std::vector<std::int8_t> b{1, 0, 2, 1, 0, 3};                          // [3,2]
  one n(ops::qnn_batch_matmul);
  n.input<std::int8_t>({2, 2, 3}, a, {1.}).input<std::int8_t>({3, 2}, b, {1.}).output(dtype::s32);
  const std::vector<std::int32_t> want{5, 11, 14, 23, -5, -11, -14, -23};
  CHECK(n.run<std::int32_t>() == want);
  one t(ops::qnn_batch_matmul);
  t.input<std::int8_t>({2, 3, 2}, {1, 4, 2, 5, 3, 6, -1, -4, -2, -5, -3, -6}, {1.})
      .input<std::int8_t>({1, 2, 3}, {1, 2, 0, 0, 1, 3}, {1.})
      .output(dtype::s32);
  t.attribute("adj_x", std::int64_t{1}).attribute("adj_y", std::int64_t{1});
  CHECK(t.run<std::int32_t>() == want);
}

TEST_CASE("strided copies of extents below 0, of none and of too many elements", "[ops]") {
  // In the compiler: an overflow would not compile.
  constexpr auto elements = [](std::initializer_list<std::int32_t> extents) {
    octet::strided_copy c;
    std::int64_t step = 1;
    for (const std::int32_t n : extents) c.axis(n, step), step = step * n % 1000003;
    return c.count;
  };
  constexpr std::size_t below = elements({2000, -922744880, 3}),
                        none = elements({0, 1 << 20, 1 << 20}), some = elements({5, 1, 7}),
                        many = elements({1 << 30, 1 << 30, 1 << 30, 1 << 30});
  CHECK(below == 0);
  CHECK(none == 0);
  CHECK(some == 35);
  CHECK(many > std::size_t{1} << 60);
}

TEST_CASE("dynamic quantization of rows: zeros, one sign, both", "[ops]") {
  one n(ops::dynamic_quantize);
  n.input<float>({3, 2}, {0, 0, 1, -2, 3, 6})
      .output(dtype::s8)
      .output(dtype::f32)
      .attribute("rows", std::int64_t{3})
      .round(rounding::divide_half_away);
  CHECK(n.run<std::int8_t>() ==
        std::vector<std::int8_t>{0, 0, 64, -127, 64, 127});  // 63.5 away from zero
  CHECK(n.result<float>(1) ==
        std::vector<float>{1.f, numerics::div(2.f, 127.f), numerics::div(6.f, 127.f)});
  one z(ops::dynamic_quantize);
  z.input<float>({2, 2}, {0, 0, 1, 255})
      .output(dtype::s16)
      .output(dtype::f32)
      .attribute("rows", std::int64_t{2})
      .attribute("asymmetric", std::int64_t{1})
      .round(rounding::divide_half_away);
  CHECK(z.run<std::int16_t>() == std::vector<std::int16_t>{0, 0, 1, 255});
  CHECK(z.result<float>(1) == std::vector<float>{1.f, 1.f});
}

TEST_CASE("the largest of a row, found in one pass, are those that a search finds") {
  std::uint64_t state = 5;
  const auto next = [&](std::uint64_t n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % n;
  };
  const auto check = [&]<class T>(type_tag<T>, std::uint64_t values) {
    for (int i = 0; i < 400; ++i) {
      std::vector<T> row(1 + next(40));
      for (T& v : row) v = static_cast<T>(static_cast<double>(next(values)) - 3);
      topk_params p;
      p.extent = row.size(), p.k = 1 + next(std::min<std::size_t>(row.size(), 16));
      p.smallest = i % 2 != 0;
      std::vector<T> want(p.k), got(p.k);
      std::vector<std::int64_t> want_at(p.k), got_at(p.k);
      reference::topk_by_search(p, row.data(), want.data(), want_at.data());
      reference::topk_by_insertion(p, row.data(), got.data(), got_at.data());
      CAPTURE(p.k, p.extent, p.smallest);
      CHECK(got == want);
      CHECK(got_at == want_at);
    }
  };
  check(type_tag<std::int8_t>{}, 5);
  check(type_tag<std::int32_t>{}, 1000);
  check(type_tag<float>{}, 7);
}
