// One direct call with the kernels that it needs and no others.
#include "octet.hpp"

int main() {
  const std::int8_t a[3] = {10, -20, 127}, b[3] = {5, 6, 127};
  std::int8_t y[3] = {};
  const auto of = [](const std::int8_t* x) {
    octet::quantized_view v;
    v.data = octet::const_tensor_view(x, octet::dtype::s8, octet::dims{3});
    v.scale = 0.5;
    return v;
  };
  octet::quantized_result to;
  to.data = octet::tensor_view{y, octet::dtype::s8, octet::dims{3}};
  to.scale = 0.5;
  if (const auto s = octet::add(of(a), of(b), to); !s) return 2;
  return y[0] == 15 && y[1] == -14 && y[2] == 127 ? 0 : 1;
}
