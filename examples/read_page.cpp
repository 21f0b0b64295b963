// A page of digits, tile by tile: an image filter composed in code turns a tile of the scan (dark
// ink, twice as large) into what the classifier takes, a network loaded from a file reads it.
#include <cstdio>
#include <fstream>
#include <string>

#include "octet/import/tflite.hpp"
#include "octet/octet.hpp"
#include "octet/views.hpp"

namespace q = octet::typed;
namespace views = octet::views;

// White (255) is 0; the mean of 2 x 2 pixels, turned to bright ink on black (-128).
constexpr std::int8_t quarter[4] = {-1, -1, -1, -1};
using tile = q::tensor<q::u8, q::shape<1, 16, 16, 1>, q::affine{1.0, 255}>;
constexpr auto shrink = q::input<tile>("tile") |
                        q::conv2d({.filters = 1, .kernel = {2, 2}, .stride = {2, 2}, .type = q::s8},
                                  q::per_tensor(quarter, 0.25), {}, {1.0, -128});

// Two lines of five digits as a scanner would see them.
std::array<std::uint8_t, 32 * 80> scan(const std::string& folder) {
  std::array<std::uint8_t, 32 * 80> page{};
  for (std::size_t digit = 0; digit < 10; ++digit) {
    std::ifstream f(folder + "/digit_" + std::to_string(digit) + ".input.npy", std::ios::binary);
    f.seekg(128);  // the header
    for (std::size_t i = 0; i < 64; ++i) {
      const auto ink = static_cast<std::uint8_t>(f.get() + 128);
      const std::size_t y = digit / 5 * 16 + i / 8 * 2, x = digit % 5 * 16 + i % 8 * 2;
      for (std::size_t at : {0u, 1u, 80u, 81u})
        page[y * 80 + x + at] = static_cast<std::uint8_t>(255 - ink);
    }
  }
  return page;
}

int main(int argc, char** argv) try {
  const std::string folder = argc > 1 ? argv[1] : "examples/digits";
  static q::compiled<shrink> filter;
  octet::session digits(octet::compile(octet::import::tflite(folder + "/digits.tflite")));

  const auto pixels = scan(folder);
  const octet::const_typed_span<q::tensor<q::u8, q::shape<1, 32, 80, 1>>> page(pixels);
  std::string text;
  for (const auto best : page.tiles<16, 16>() | views::run(filter) | views::run(digits) |
                             views::dequantize | views::top(2)) {
    std::printf("%zu (%.2f; else %zu, %.2f)\n", best[0].index, static_cast<double>(best[0].value),
                best[1].index, static_cast<double>(best[1].value));
    text += std::to_string(best[0].index);
  }
  return text == "0123456789" ? 0 : 1;
} catch (const octet::error& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
