#include <vector>

#include "octet.hpp"

// The same operator by a direct call. Types of octet do not cross files built with different -march
// flags (the linker would refuse): plain ones do.
std::vector<std::int8_t> other_file(int which, const std::vector<std::int8_t>& x) {
  static std::int8_t w[72] = {1,   -2, 3,  -4,  5,  -6, 7,   -8, 127, -128, 11, 12, -13, 14, 15,
                              -16, 17, 18, -19, 20, 21, -22, 23, 24,  -25,  26, 27, -28, 29, 30,
                              -31, 32, 33, -34, 35, 36, -37, 38, 39,  -40,  41, 42, -43, 44, 45,
                              -46, 47, 48, -49, 50, 51, -52, 53, 54,  -55,  56, 57, -58, 59, 60,
                              -61, 62, 63, -64, 65, 66, -67, 68, 69,  -70,  71, 72};
  static const std::int32_t bias[8] = {1, -2, 3, -4, 500, -600, 7000, -8000};
  const auto on = static_cast<octet::target>(which);
  if (!octet::can_run(on)) return {};
  octet::conv2d_attrs a;
  a.pad_top = a.pad_left = a.pad_bottom = a.pad_right = 1;
  std::vector<std::int8_t> y(12 * 12 * 8);
  const octet::quantized_view in[3] = {
      {{x.data(), octet::dtype::s8, {1, 12, 12, 1}}, static_cast<double>(0.05f), -3, {}, {}, -1},
      {{w, octet::dtype::s8, {8, 3, 3, 1}}, static_cast<double>(0.01f), 0, {}, {}, -1},
      {{bias, octet::dtype::s32, {8}}, 0, 0, {}, {}, -1}};
  const bool constant[3] = {false, true, true};
  const octet::quantized_view out[1] = {
      {{y.data(), octet::dtype::s8, {1, 12, 12, 8}}, static_cast<double>(0.1f), 4, {}, {}, -1}};
  auto call = octet::operator_call::make<octet::ops::conv2d>(
      in, constant, out, octet::to_attributes(a), octet::rounding::doubling_high_half_away, on);
  if (!call) return {};
  const void* from[3] = {x.data(), w, bias};
  void* to[1] = {y.data()};
  (*call)(from, to);
  return y;
}
