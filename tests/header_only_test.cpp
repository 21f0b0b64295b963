// Header-only files have the general form of each kernel alone (kernels::every_form): the same bits
// as the references, on every target that the CPU can run.
#include <catch2/catch.hpp>
#include <cstring>
#include <random>
#include <vector>

#include "octet/direct/add.hpp"
#include "octet/direct/conv2d.hpp"
#include "octet/direct/depthwise_conv2d.hpp"

namespace {

using octet::dims, octet::dtype, octet::rounding;
static_assert(!octet::kernels::every_form);

/// Any codes.
std::vector<std::byte> codes(const dims& shape, dtype t, std::mt19937& random) {
  std::vector<std::byte> v(octet::bytes_of(shape.elements(), t).value);
  for (std::byte& b : v) b = static_cast<std::byte>(random());
  return v;
}
struct operand {
  std::vector<std::byte> bytes;
  octet::quantized_view view;
  operand(const dims& shape, dtype t, double scale, std::int32_t zero, std::mt19937& random)
      : bytes(codes(shape, t, random)) {
    view.data = octet::const_tensor_view(bytes.data(), t, shape);
    view.scale = scale, view.zero_point = zero;
  }
};
/// The result on one target; empty where the operator refuses the call.
template <const octet::op_def& Op>
std::vector<std::byte> result_on(octet::target on, std::span<const octet::quantized_view> in,
                                 const octet::quantized_view& like, const octet::attributes& a,
                                 rounding r) {
  const bool known[3] = {false, in.size() == 3, in.size() == 3};
  auto c = octet::operator_call::make<Op>(in, {known, in.size()}, {&like, 1}, a, r, on);
  if (!c) return {};
  std::vector<std::byte> y(like.data.size_bytes());
  const void* from[3] = {};
  for (std::size_t i = 0; i < in.size(); ++i) from[i] = in[i].data.data;
  void* to[1] = {y.data()};
  (*c)(from, to);
  return y;
}
/// How many targets beside the reference computed it.
template <const octet::op_def& Op>
int check(std::span<const octet::quantized_view> in, const octet::quantized_view& like,
          const octet::attributes& a, rounding r) {
  const auto expected = result_on<Op>(octet::target::reference, in, like, a, r);
  if (expected.empty()) return 0;
  int checked = 0;
  for (const octet::target t : octet::usable_targets()) {
    CAPTURE(octet::name_of(t), octet::name_of(r), octet::to_string(like.data.shape));
    CHECK((result_on<Op>(t, in, like, a, r) == expected));
    ++checked;
  }
  return checked;
}

void check_sums(const dims& a, const dims& b, const dims& y, std::mt19937& random) {
  int checked = 0;
  for (const rounding r : octet::enumerators<rounding>)
    for (const auto& [ta, tb, ty] :
         {std::array{dtype::s8, dtype::s8, dtype::s8}, std::array{dtype::u8, dtype::s8, dtype::u8},
          std::array{dtype::s16, dtype::s16, dtype::s16}}) {
      const bool wide = ta == dtype::s16;
      const operand x(a, ta, 0.05, wide ? 0 : 3, random), w(b, tb, 0.07, wide ? 0 : -5, random),
          to(y, ty, 0.11, wide ? 0 : 7, random);
      const octet::quantized_view in[2] = {x.view, w.view};
      checked += check<octet::ops::qnn_add>(in, to.view, {}, r);
      checked += check<octet::ops::qnn_sub>(in, to.view, {}, r);
    }
  for (const dtype t : {dtype::s32, dtype::s64}) {
    const operand x(a, t, 0, 0, random), w(b, t, 0, 0, random), to(y, t, 0, 0, random);
    const octet::quantized_view in[2] = {x.view, w.view};
    checked += check<octet::ops::add>(in, to.view, {}, rounding::none);
  }
  CHECK(checked != 0);
}

struct layer {
  dims x, w;
  octet::conv2d_attrs a;
};
template <const octet::op_def& Op>
int check_layer(const layer& l, dtype tx, dtype tw, dtype ty, rounding r, std::mt19937& random) {
  octet::conv2d_attrs a = l.a;
  const bool depthwise = &Op == &octet::ops::depthwise_conv2d;
  const auto shape =
      depthwise ? octet::depthwise_conv2d_shape(a, l.x, l.w) : octet::conv2d_shape(a, l.x, l.w);
  REQUIRE(!shape.broken);
  const std::int32_t z = tx == dtype::s16 ? 0 : 9;
  const operand x(l.x, tx, 0.02, z, random), w(l.w, tw, 0.003, tw == dtype::u8 ? 120 : 0, random),
      b(dims{shape.shape[3]}, dtype::s16, 0, 0, random),
      y(shape.shape, ty, r == rounding::none ? 0 : 0.5, 0, random);
  std::vector<std::int32_t> bias;
  for (std::size_t i = 0; i < octet::as_size(shape.shape[3]); ++i) {
    std::int16_t v = 0;
    std::memcpy(&v, b.bytes.data() + 2 * i, 2);
    bias.push_back(v);
  }
  octet::quantized_view of_bias;
  of_bias.data = octet::const_tensor_view(bias.data(), dtype::s32, dims{shape.shape[3]});
  const octet::quantized_view in[3] = {x.view, w.view, of_bias};
  return check<Op>(in, y.view, octet::to_attributes(a), r);
}
template <const octet::op_def& Op> void check_layers(const layer& l, std::mt19937& random) {
  int checked = 0;
  for (const auto& [tx, tw] : {std::pair{dtype::u8, dtype::s8}, std::pair{dtype::s8, dtype::s8},
                               std::pair{dtype::u8, dtype::u8}, std::pair{dtype::s16, dtype::s8},
                               std::pair{dtype::s16, dtype::s16}}) {
    for (const rounding r : octet::enumerators<rounding>)
      for (const dtype ty : {dtype::u8, dtype::s16, dtype::s32, dtype::s64})
        if ((r == rounding::none) == (size_of(ty) > 2))
          checked += check_layer<Op>(l, tx, tw, ty, r, random);
  }
  CHECK(checked != 0);
}

TEST_CASE("header-only sums have the references' bits") {
  std::mt19937 random(1);
  check_sums(dims{1000}, dims{1000}, dims{1000}, random);
  check_sums(dims{7, 19}, dims{19}, dims{7, 19}, random);
  check_sums(dims{3, 300}, dims{3, 1}, dims{3, 300}, random);
  check_sums(dims{1}, dims{2, 5, 33}, dims{2, 5, 33}, random);
}
TEST_CASE("header-only convolutions have the references' bits") {
  std::mt19937 random(2);
  octet::conv2d_attrs padded, strided, grouped, dilated;
  padded.pad_top = padded.pad_left = padded.pad_bottom = padded.pad_right = 1;
  strided.stride_h = strided.stride_w = 2, strided.pad_top = 1;
  grouped.groups = 4;
  dilated.dilation_w = 2, dilated.groups = 2;
  for (const std::int32_t channels : {1, 15, 33, 70})
    check_layers<octet::ops::conv2d>({dims{2, 5, 6, 9}, dims{channels, 3, 3, 9}, padded}, random);
  check_layers<octet::ops::conv2d>({dims{1, 9, 7, 16}, dims{20, 1, 1, 16}, strided}, random);
  check_layers<octet::ops::conv2d>({dims{1, 6, 5, 32}, dims{32, 2, 3, 8}, grouped}, random);
  check_layers<octet::ops::conv2d>({dims{1, 4, 8, 6}, dims{10, 3, 2, 3}, dilated}, random);
  grouped.groups = 40;
  check_layers<octet::ops::conv2d>({dims{1, 6, 7, 40}, dims{40, 3, 3, 1}, grouped}, random);
}
TEST_CASE("header-only depthwise convolutions have the references' bits") {
  std::mt19937 random(3);
  octet::conv2d_attrs padded, strided;
  padded.pad_top = padded.pad_left = padded.pad_bottom = padded.pad_right = 1;
  strided.stride_h = strided.stride_w = 2;
  for (const std::int32_t channels : {3, 24, 80})
    check_layers<octet::ops::depthwise_conv2d>(
        {dims{1, 7, 9, channels}, dims{1, 3, 3, channels}, padded}, random);
  check_layers<octet::ops::depthwise_conv2d>({dims{1, 9, 9, 64}, dims{1, 5, 5, 64}, strided},
                                             random);
}

}  // namespace
