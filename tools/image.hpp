// Reading photographs: BMP (octet's own reader), PNG (libpng), JPEG (libjpeg-turbo).
#ifndef OCTET_TOOLS_IMAGE_HPP_
#define OCTET_TOOLS_IMAGE_HPP_

#include "file.hpp"
#include "resize.hpp"

namespace octet::tools {

/// No image of more pixels than this is decoded: 64 Mpixel are 192 MiB.
inline constexpr std::size_t max_pixels = std::size_t{1} << 26;

/// Decodes to RGB with the pixel values that Pillow's Image.open(path).convert("RGB") gives for
/// 8-bit files: transparency is dropped, colour profiles, gamma and EXIF orientation are ignored,
/// palettes looked up, gray repeated. Of 16-bit PNG samples the high byte counts. Refused: CMYK
/// JPEG, run-length BMP, files over max_pixels, damaged or truncated files.
result<image> decode_image(std::span<const std::byte> file, const std::string& name);
result<image> read_image(const std::string& path);

}  // namespace octet::tools

#endif  // OCTET_TOOLS_IMAGE_HPP_
