#include "image.hpp"

#include <jerror.h>
#include <jpeglib.h>
#include <png.h>

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace octet::tools {
namespace {

// libpng and libjpeg report errors through a callback that must not return. The two decoders below
// are therefore written as C: setjmp, nothing with a destructor in the frames that longjmp leaves,
// all state in one struct. malloc'd pixels are handed out and freed outside.
struct raw_image {
  const unsigned char* data = nullptr;
  std::size_t size = 0, at = 0;
  std::size_t width = 0, height = 0;
  unsigned char* pixels = nullptr;
  unsigned char** rows = nullptr;
  bool too_large = false, unsupported = false;
  char message[256] = {};
  std::jmp_buf back;
};

void say(raw_image* r, const char* text) {
  std::snprintf(r->message, sizeof r->message, "%s", text);
}

bool allocate(raw_image* r) {
  if (r->width == 0 || r->height == 0 || r->width > max_pixels / r->height) {
    r->too_large = true;
    std::snprintf(r->message, sizeof r->message, "%zu x %zu", r->width, r->height);
    return false;
  }
  r->pixels = static_cast<unsigned char*>(std::malloc(r->width * r->height * 3));
  r->rows = static_cast<unsigned char**>(std::malloc(r->height * sizeof(unsigned char*)));
  if (!r->pixels || !r->rows) {
    say(r, "out of memory");
    return false;
  }
  for (std::size_t y = 0; y < r->height; ++y) r->rows[y] = r->pixels + y * r->width * 3;
  return true;
}

// ---- PNG ----

extern "C" void png_fail(png_structp png, png_const_charp text) {
  auto* r = static_cast<raw_image*>(png_get_error_ptr(png));
  say(r, text);
  std::longjmp(r->back, 1);
}
extern "C" void png_quiet(png_structp, png_const_charp) {}
extern "C" void png_take(png_structp png, png_bytep to, std::size_t n) {
  auto* r = static_cast<raw_image*>(png_get_io_ptr(png));
  if (n > r->size - r->at) png_error(png, "ends too early");
  std::memcpy(to, r->data + r->at, n);
  r->at += n;
}

bool decode_png(raw_image* r, png_structp png, png_infop info) {
  if (setjmp(r->back)) return false;
  png_set_user_limits(png, 1 << 26, 1 << 26);
  png_set_chunk_malloc_max(png, 1 << 24);
  png_set_chunk_cache_max(png, 128);
  png_set_read_fn(png, r, png_take);
  png_read_info(png, info);
  r->width = png_get_image_width(png, info);
  r->height = png_get_image_height(png, info);
  const int colour = png_get_color_type(png, info);
  png_set_strip_16(png);
  png_set_packing(png);
  if (colour == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (colour == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(png, info) < 8)
    png_set_expand_gray_1_2_4_to_8(png);
  if (colour == PNG_COLOR_TYPE_GRAY || colour == PNG_COLOR_TYPE_GRAY_ALPHA)
    png_set_gray_to_rgb(png);
  png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  if (r->width > max_pixels / r->height) return allocate(r);  // before libpng allocates rows
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != r->width * 3) {
    say(r, "unexpected row size");
    return false;
  }
  if (!allocate(r)) return false;
  png_read_image(png, r->rows);
  png_read_end(png, nullptr);
  return true;
}

bool read_png(raw_image* r) {
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, r, png_fail, png_quiet);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  const bool ok = info && decode_png(r, png, info);
  png_destroy_read_struct(&png, &info, nullptr);
  return ok;
}

// ---- JPEG ----

extern "C" void jpeg_fail(j_common_ptr c) {
  auto* r = static_cast<raw_image*>(c->client_data);
  char text[JMSG_LENGTH_MAX];
  c->err->format_message(c, text);
  say(r, text);
  std::longjmp(r->back, 1);
}
extern "C" void jpeg_quiet(j_common_ptr) {}
// Warnings: missing data is an error here (Pillow refuses such files too); other oddities decode.
extern "C" void jpeg_warn(j_common_ptr c, int level) {
  if (level < 0 && (c->err->msg_code == JWRN_JPEG_EOF || c->err->msg_code == JWRN_HIT_MARKER))
    jpeg_fail(c);
}
// A progressive file may hold any number of scans, each of which costs a pass over all
// coefficients.
extern "C" void jpeg_progress(j_common_ptr c) {
  if (c->is_decompressor && reinterpret_cast<j_decompress_ptr>(c)->input_scan_number > 200) {
    auto* r = static_cast<raw_image*>(c->client_data);
    say(r, "more than 200 scans");
    std::longjmp(r->back, 1);
  }
}

bool decode_jpeg(raw_image* r, j_decompress_ptr jpeg) {
  if (setjmp(r->back)) return false;
  jpeg_create_decompress(jpeg);
  jpeg->client_data = r;
  jpeg->mem->max_memory_to_use = 1L << 30;
  jpeg_mem_src(jpeg, r->data, static_cast<unsigned long>(r->size));
  jpeg_read_header(jpeg, TRUE);
  r->width = jpeg->image_width;
  r->height = jpeg->image_height;
  if (jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK ||
      jpeg->num_components > 3) {
    r->unsupported = true;
    say(r, "CMYK colours");
    return false;
  }
  if (!allocate(r)) return false;
  jpeg->out_color_space = JCS_RGB;
  jpeg_start_decompress(jpeg);
  while (jpeg->output_scanline < jpeg->output_height)
    jpeg_read_scanlines(jpeg, r->rows + jpeg->output_scanline,
                        jpeg->output_height - jpeg->output_scanline);
  jpeg_finish_decompress(jpeg);
  return true;
}

bool read_jpeg(raw_image* r) {
  jpeg_decompress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  jpeg.err = jpeg_std_error(&errors);
  errors.error_exit = jpeg_fail;
  errors.output_message = jpeg_quiet;
  errors.emit_message = jpeg_warn;
  jpeg.client_data = r;
  progress.progress_monitor = jpeg_progress;
  jpeg.progress = &progress;
  const bool ok = decode_jpeg(r, &jpeg);
  jpeg_destroy_decompress(&jpeg);
  return ok;
}

// ---- BMP ----

std::uint32_t le32(const unsigned char* p) {
  return p[0] | std::uint32_t{p[1]} << 8 | std::uint32_t{p[2]} << 16 | std::uint32_t{p[3]} << 24;
}
std::uint32_t le16(const unsigned char* p) { return p[0] | std::uint32_t{p[1]} << 8; }

// Windows bitmaps without compression: 1, 4, 8 bits with a palette, 24 and 32 bits (blue, green,
// red order), bottom up or top down.
bool read_bmp(raw_image* r) {
  const auto fail = [&](const char* text) {
    say(r, text);
    return false;
  };
  if (r->size < 54) return fail("ends within the header");
  const std::size_t offset = le32(r->data + 10), header = le32(r->data + 14);
  const auto width = static_cast<std::int32_t>(le32(r->data + 18)),
             height = static_cast<std::int32_t>(le32(r->data + 22));
  const std::uint32_t bits = le16(r->data + 28), compression = le32(r->data + 30);
  if (header < 40 || header > 124 || 14 + header > r->size) return fail("unknown header");
  if (width <= 0 || height == 0 || height == INT32_MIN) return fail("size is not positive");
  r->width = static_cast<std::size_t>(width);
  r->height = static_cast<std::size_t>(height < 0 ? -height : height);
  const unsigned char* mask = r->data + 54;
  const bool plain_masks = compression == 3 && bits == 32 && r->size >= 66 &&
                           le32(mask) == 0xFF0000 && le32(mask + 4) == 0xFF00 &&
                           le32(mask + 8) == 0xFF;
  if ((compression != 0 && !plain_masks) ||
      (bits != 1 && bits != 4 && bits != 8 && bits != 24 && bits != 32)) {
    r->unsupported = true;
    std::snprintf(r->message, sizeof r->message, "compression %u with %u bits a pixel",
                  static_cast<unsigned>(compression), static_cast<unsigned>(bits));
    return false;
  }
  std::size_t colours = 0;
  const unsigned char* palette = r->data + 14 + header;
  if (bits <= 8) {
    colours = le32(r->data + 46);
    if (colours == 0) colours = std::size_t{1} << bits;
    if (colours > 256 || 14 + header + 4 * colours > r->size)
      return fail("palette does not fit the file");
  }
  if (r->width > max_pixels / r->height) return allocate(r);
  const std::size_t stride = (r->width * bits + 31) / 32 * 4;
  if (offset > r->size || stride > (r->size - offset) / r->height) return fail("ends too early");
  if (!allocate(r)) return false;
  for (std::size_t y = 0; y < r->height; ++y) {
    const unsigned char* row = r->data + offset + stride * (height < 0 ? y : r->height - 1 - y);
    unsigned char* to = r->rows[y];
    for (std::size_t x = 0; x < r->width; ++x, to += 3) {
      const unsigned char* p = row + x * (bits / 8);
      if (bits <= 8) {
        const std::size_t per_byte = 8 / bits,
                          index = row[x / per_byte] >> ((per_byte - 1 - x % per_byte) * bits) &
                                  ((1u << bits) - 1);
        if (index >= colours) return fail("colour outside the palette");
        p = palette + 4 * index;
      }
      to[0] = p[2];
      to[1] = p[1];
      to[2] = p[0];
    }
  }
  return true;
}

}  // namespace

result<image> decode_image(std::span<const std::byte> file, const std::string& name) {
  raw_image r;
  r.data = reinterpret_cast<const unsigned char*>(file.data());
  r.size = file.size();
  const auto begins = [&](std::string_view magic) {
    return file.size() >= magic.size() && std::memcmp(file.data(), magic.data(), magic.size()) == 0;
  };
  bool ok = false;
  const char* kind = "";
  if (begins("\x89PNG\r\n\x1a\n")) {
    kind = "PNG";
    ok = read_png(&r);
  } else if (begins("\xFF\xD8\xFF")) {
    kind = "JPEG";
    ok = read_jpeg(&r);
  } else if (begins("BM")) {
    kind = "BMP";
    ok = read_bmp(&r);
  } else {
    return file_error(errc::unsupported, name, "image format", "an unknown one", "BMP, PNG, JPEG");
  }
  image out;
  if (ok) {
    out.width = static_cast<int>(r.width);
    out.height = static_cast<int>(r.height);
    out.pixels.assign(r.pixels, r.pixels + r.width * r.height * 3);
  }
  std::free(r.pixels);
  std::free(r.rows);
  if (ok) return out;
  if (r.too_large)
    return file_error(errc::too_large, name, std::string(kind) + " image", r.message,
                      "1 to " + std::to_string(max_pixels) + " pixels");
  if (r.unsupported)
    return file_error(errc::unsupported, name, std::string(kind) + " image", r.message,
                      "uncompressed BMP, 8-bit gray and RGB JPEG, PNG");
  return file_error(errc::malformed, name, std::string(kind) + " image: " + r.message);
}

result<image> read_image(const std::string& path) {
  auto bytes = read_file(path, std::size_t{1} << 29);
  if (!bytes) return bytes.error();
  return decode_image(*bytes, path);
}

}  // namespace octet::tools
