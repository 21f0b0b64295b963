// Sizes, shapes, errors, the printed IR: what every layer stands on.
#include <algorithm>
#include <catch2/catch.hpp>

#include "octet/octet.hpp"

using namespace octet;

TEST_CASE("version macros agree") {
  CHECK(std::string(OCTET_VERSION_STRING) == std::to_string(OCTET_VERSION_MAJOR) + "." +
                                                 std::to_string(OCTET_VERSION_MINOR) + "." +
                                                 std::to_string(OCTET_VERSION_PATCH));
}

TEST_CASE("size arithmetic saturates instead of wrapping") {
  constexpr std::size_t top = std::numeric_limits<std::size_t>::max();
  CHECK(saturating_mul(top / 2, 3) == top);
  CHECK(saturating_mul(0, top) == 0);
  CHECK(saturating_mul(1, top) == top);
  CHECK(saturating_mul(std::size_t{1} << 32, std::size_t{1} << 32) == top);
  CHECK(saturating_add(top, 1) == top);
  CHECK(saturating_add(top - 1, 1) == top);
  CHECK(dims{INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX}.elements().value == top);
  CHECK(dims{5, 0, INT32_MAX}.elements().value == 0);
  CHECK(dims{5, -1, 3}.elements().value == 0);
  CHECK(dims{}.elements().value == 1);
}

TEST_CASE("generic functions run for the element types that they name, and for no other") {
  for (const dtype t : enumerators<dtype>) {
    INFO(name_of(t));
    dtype got = dtype::boolean;
    const auto take = [&]<class T>(type_tag<T>) { got = dtype_of<T>; };
    const bool byte = t == dtype::u8 || t == dtype::s8, sum = t == dtype::s32 || t == dtype::s64;
    CHECK(with_eight_bit(t, take) == byte);
    CHECK(got == (byte ? t : dtype::boolean));
    got = dtype::boolean;
    CHECK(with_accumulator(t, take) == sum);
    CHECK(got == (sum ? t : dtype::boolean));
    got = dtype::boolean;
    with_arithmetic(t, take);
    CHECK(got == (sum || t == dtype::f32 ? t : dtype::boolean));
    std::size_t size = 0;
    with_size(t, [&]<class T>(type_tag<T>) { size = sizeof(T); });
    CHECK(size == size_of(t));
  }
}

TEST_CASE("broadcasting follows numpy") {
  CHECK(broadcast({2, 3, 4}, {3, 1}) == dims{2, 3, 4});
  CHECK(broadcast({1}, {7, 1, 5}) == dims{7, 1, 5});
  CHECK(broadcast({}, {7}) == dims{7});
  CHECK(broadcast({2, 3}, {2, 4}).rank == -1);
}

TEST_CASE("an error reads as one line that names file, node, tensor, found and supported") {
  const error_info e{errc::unsupported, "activation", "m.tflite",         "CONV_2D #3",
                     "conv/out",        "RELU_N1",    "NONE, RELU, RELU6"};
  CHECK(e.message() ==
        "m.tflite: CONV_2D #3: conv/out: unsupported: activation (found RELU_N1; supported: NONE, "
        "RELU, RELU6)");
  const error_info bare{errc::io, "no such file", "x", {}, {}, {}, {}};
  CHECK(bare.message() == "x: cannot read: no such file");
}

TEST_CASE("result holds a value or an error") {
  const result<int> good = 5;
  const result<int> bad = error_info{errc::invalid, "no", {}, {}, {}, {}, {}};
  CHECK(*good == 5);
  CHECK_FALSE(bad);
  CHECK(bad.error().code == errc::invalid);
  CHECK_THROWS_AS(value_or_throw(result<int>(bad.error())), error);
  CHECK(value_or_throw(result<int>(7)) == 7);
}

TEST_CASE("views give spans of their own type only") {
  std::int8_t data[6] = {1, 2, 3, 4, 5, 6};
  const tensor_view v{data, dtype::s8, {2, 3}};
  CHECK(v.as<std::int8_t>().size() == 6);
  CHECK(v.as<std::uint8_t>().empty());
  CHECK(v.size_bytes() == 6);
}

TEST_CASE("buffers are aligned and zero") {
  for (std::size_t n :
       {std::size_t{1}, std::size_t{63}, std::size_t{64}, std::size_t{65}, std::size_t{4097}}) {
    const buffer b{Bytes(n)};
    CHECK(reinterpret_cast<std::uintptr_t>(b.data()) % alignment == 0);
    CHECK(b.size() == n);
    CHECK(std::all_of(b.data(), b.data() + n, [](std::byte x) { return x == std::byte{0}; }));
  }
}

TEST_CASE("enumerators are those that name_of() names, in order") {
  static_assert(enumerators<law>.size() == 6);
  static_assert(enumerators<law>.front() == law::tflite_ref &&
                enumerators<law>.back() == law::onnxruntime);
  static_assert(enumerator_named<law>("pytorch_fbgemm") == law::pytorch_fbgemm);
  static_assert(!enumerator_named<law>("caffe") && !enumerator_named<law>("?"));
  static_assert(is_enumerator(dtype::f16) && !is_enumerator(static_cast<dtype>(12)));
  const auto check = [](const auto& list) {
    // Of all values of the type, which follow each other from 0.
    using number = std::remove_cvref_t<decltype(list[0])>;
    std::size_t named = 0;
    for (int v = 0; v < 256; ++v)
      named += is_enumerator(static_cast<number>(static_cast<std::uint8_t>(v))) ? 1u : 0u;
    CHECK(list.size() == named);
    for (const auto a : list) {
      CHECK(!name_of(a).empty());
      for (const auto b : list) CHECK((a == b) == (name_of(a) == name_of(b)));
    }
  };
  check(enumerators<dtype>);
  check(enumerators<law>);
  check(enumerators<rounding>);
  check(enumerators<errc>);
  check(enumerators<rule>);
  check(enumerators<octet::target>);
  check(enumerators<octet::kernel_id>);
}
