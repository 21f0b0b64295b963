// The helpers of the command line: .npy files, images, resizing, labels. Expected pixel values were
// computed with Pillow 12.0 and are given as FNV-1a hashes, so that nothing large is stored; with
// ../shared the stored arrays themselves are compared.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "image.hpp"
#include "octet/import/common/file.hpp"
#include "octet/numerics/fp.hpp"
#include "pixels.hpp"
#include "skip.hpp"

using namespace octet;
using namespace octet::tools;

namespace {

struct temporary_folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("octet_tools_test_" + std::to_string(getpid()));
  temporary_folder() { std::filesystem::create_directories(path); }
  ~temporary_folder() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name) const { return (path / name).string(); }
};

std::uint64_t fnv(std::span<const std::uint8_t> bytes) {
  std::uint64_t h = 0xcbf29ce484222325u;
  for (std::uint8_t b : bytes) h = (h ^ b) * 0x100000001b3u;
  return h;
}
image pattern(int w, int h, int c) {
  image i{w, h, c, std::vector<std::uint8_t>(static_cast<std::size_t>(w * h * c))};
  for (std::size_t k = 0; k < i.pixels.size(); ++k)
    i.pixels[k] = static_cast<std::uint8_t>((k * 2654435761u & 0xffffffffu) >> 13);
  return i;
}
std::vector<std::byte> from_hex(std::string_view hex) {
  std::vector<std::byte> b;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    b.push_back(static_cast<std::byte>(digit(hex[i]) << 4 | digit(hex[i + 1])));
  return b;
}
std::vector<std::byte> npy(std::string header, std::size_t data, char major = 1) {
  std::string s = std::string("\x93NUMPY") + major + '\0';
  s += static_cast<char>(header.size() & 255);
  s += static_cast<char>(header.size() >> 8);
  if (major > 1) s += std::string(2, '\0');
  s += header;
  std::vector<std::byte> b(s.size() + data);
  std::memcpy(b.data(), s.data(), s.size());
  for (std::size_t i = 0; i < data; ++i) b[s.size() + i] = static_cast<std::byte>(i);
  return b;
}

struct resize_row {
  int w, h, to_w, to_h;
  std::uint64_t rgb, gray;
};
constexpr resize_row resize_rows[] = {
    {17, 11, 5, 7, 0x4b2d1eaa9ad66d57ull, 0x2e35d9149c6b5e32ull},
    {5, 7, 17, 11, 0x30852e425868c40full, 0x27a23759b5cc68b2ull},
    {64, 48, 32, 32, 0xcc684dbc449b8457ull, 0x55dfc65b9e804af0ull},
    {33, 1, 7, 1, 0xbea8c180637ef020ull, 0x8b06eab83c6d21a2ull},
    {1, 9, 4, 4, 0xd0b5e649a29c2f71ull, 0x57ac48d1a0380765ull},
    {40, 30, 40, 13, 0x36df55b9f92cd69eull, 0x2e39f50beb4b3f6dull},
    {40, 30, 13, 30, 0xe74105cf79fb8973ull, 0xf700813762c7230aull},
    {300, 200, 28, 28, 0xcb0b9df2e776d9e1ull, 0x1d511cecfb6b86f0ull},
    {7, 7, 7, 7, 0x9c6683e6e91acf0full, 0x556cd03a2858658aull},
    {3, 1000, 2, 3, 0xfb60afb9fdaa5c04ull, 0x915f46489cd7ea60ull},
};
struct file_row {
  const char* name;
  int width, height;
  std::uint64_t rgb;
  const char* hex;
};
constexpr file_row file_rows[] = {
    {"png rgb", 6, 5, 0x9a77e988483c8624ull,
     "89504e470d0a1a0a0000000d4948445200000006000000050802000000e93a0ab10000003849444154789c4dcb310"
     "d805014c04048bea3ded386291c600a090c0cb034b9a1fb761d515f76"
     "f7f9772c986a14aa35e36f6331e4bd467900ef451401f4906f100000000049454e44ae426082"},
    {"png rgba", 6, 5, 0x9a77e988483c8624ull,
     "89504e470d0a1a0a0000000d494844520000000600000005080600000066589de60000004e49444154789c5dc8411"
     "180300c00413a5325140777b1447080291c3416f0800424f0679fdb96"
     "792ee8044a29b0846abed7fe4f74b6637bee7f02d5234c881286ba0269585d239514a7508403cc0fe78926590656b"
     "aa10000000049454e44ae426082"},
    {"png gray", 6, 5, 0xb0f07f7cbaf57b46ull,
     "89504e470d0a1a0a0000000d49484452000000060000000508000000004333c23a0000002e49444154789c012300d"
     "cff0000bb7733efab006622de9a561101cdbcbcbcbbbc0034f0ac6723"
     "df019bbcbbbcbcbc16de11608698ed4c0000000049454e44ae426082"},
    {"png gray alpha", 6, 5, 0x39161166b64e4133ull,
     "89504e470d0a1a0a0000000d4948445200000006000000050804000000cc51556d0000002b49444154789c6360d85"
     "d6efc7e759ad2bd5961824c67cf9d3b77164a302198e7ce319d459262"
     "4252750e0028442bfc10e76d980000000049454e44ae426082"},
    {"png palette of 16", 6, 5, 0xe1cbbecd226b3865ull,
     "89504e470d0a1a0a0000000d4948445200000006000000050403000000947680d500000021504c544537f3af35f1a"
     "dd18d49cf8b4710cb8701bc78be7a369e5a159b57126a26e26723dfc2"
     "da50630000001d49444154789c63085c61ca74f2b60cc30a534e9653d2492c9b9f280100449906df21a710dc00000"
     "00049454e44ae426082"},
    {"png palette, transparent", 6, 5, 0xa033fe77cec138c3ull,
     "89504e470d0a1a0a0000000d49484452000000060000000502030000001b3675750000000c504c54457bc58109c58"
     "1a965206925e1be870bac0000000274524e53ff00e5b7304a00000017"
     "49444154789c638c33629239c0f0b28061e903a64f070024530602433dee870000000049454e44ae426082"},
    {"png 1 bit", 13, 5, 0xdfa9de72c093e656ull,
     "89504e470d0a1a0a0000000d494844520000000d000000050100000000b6c35bbc0000001749444154789c63c83bc"
     "1a4fb82e9b40593f10596b3e7012a0405f8d54d878f0000000049454e"
     "44ae426082"},
    {"jpeg 4:2:0", 24, 20, 0x4d0b3b9446247640ull,
     "ffd8ffe000104a46494600010100000100010000ffdb00430006040506050406060506070706080a100a0a09090a1"
     "40e0f0c1017141818171416161a1d251f1a1b231c1616202c20232627"
     "292a29191f2d302d283025282928ffdb0043010707070a080a130a0a13281a161a282828282828282828282828282"
     "828282828282828282828282828282828282828282828282828282828"
     "2828282828282828ffc00011080014001803012200021101031101ffc4001f0000010501010101010100000000000"
     "000000102030405060708090a0bffc400b51000020103030204030505"
     "04040000017d01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161"
     "718191a25262728292a3435363738393a434445464748494a53545556"
     "5758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab"
     "2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2"
     "e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9faffc4001f0100030101010101010101010000000000000102030405060"
     "708090a0bffc400b51100020102040403040705040400010277000102"
     "031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a26272"
     "8292a35363738393a434445464748494a535455565758595a63646566"
     "6768696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b"
     "9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9ea"
     "f2f3f4f5f6f7f8f9faffda000c03010002110311003f00d1b153a7ca2490e40a83c47a73f895330f6ac3d3b5afb54"
     "816e1be5ae8e2bc30002c8e41eb5c5976695f05593a91e59f99e066dc"
     "375729a8b1f95ea974dd9e7f748da23986407228af484d274fd47e7bfc7987ae68af6e585c8f13275b111939bdedb"
     "1db87e3cc3c29a8e222f9fa9e4b6aec18106bbff0a12e9f3734515cde"
     "22251c7c2dd8fbacbd5d34cb37eecb7385240a28a2b870dfc289f8267497d7aafa9fffd9"},
    {"jpeg 4:4:4 progressive", 24, 20, 0xd178a81e969a8eadull,
     "ffd8ffe000104a46494600010100000100010000ffdb0043000d090a0b0a080d0b0a0b0e0e0d0f132015131212132"
     "71c1e17202e2931302e292d2c333a4a3e333646372c2d405741464c4e"
     "525352323e5a615a50604a51524fffdb0043010e0e0e131113261515264f352d354f4f4f4f4f4f4f4f4f4f4f4f4f4"
     "f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f"
     "4f4f4f4f4f4f4f4fffc20011080014001803011100021101031101ffc400180000030101000000000000000000000"
     "0000203040105ffc40019010002030100000000000000000000000004"
     "0501020306ffda000c03010002100310000001664bc4d88b370f0af4595e962f2cd75773fb9168bfffc4001c10000"
     "20202030000000000000000000000000102110322121331ffda000801"
     "01000105025a9923d83d053b2e8e31908c63f7ffc4001d11000203010003010000000000000000000001020304112"
     "1223132ffda0008010301013f01b724a0ba67bd40aec5344b93fa69cb"
     "cfc8ad9d7e0889751a97b9ffc4001e11000202020203000000000000000000000001020304111231134151ffda000"
     "8010201013f0153d94daa0598cee7b478a70213fa46f6ba32d2e27b21"
     "d1ffc40017100003010000000000000000000000000000102120ffda0008010100063f027485c7ffc400181000030"
     "1010000000000000000000000000001112131ffda0008010100013f21"
     "dab21c12e32c08bd9d8c6d0e3fffda000c0301000200030000001074934fbfffc4001811000301010000000000000"
     "000000000000001112110ffda0008010301013f10a00c6328108982ea"
     "9cc3688d052c1fffc4001811010101010100000000000000000000000100111021ffda0008010201013f101f24063"
     "ca4fb120617904dcb738bffc4001a1000020301010000000000000000"
     "00000000011121314151ffda0008010100013f104728326e46415a2b9a880bd0b321d3a3e839519fffd9"},
    {"jpeg gray", 24, 20, 0xef0d05688c3b3d7cull,
     "ffd8ffe000104a46494600010100000100010000ffdb0043000a07070807060a0808080b0a0a0b0e18100e0d0d0e1"
     "d15161118231f2524221f2221262b372f26293429212230413134393b"
     "3e3e3e252e4449433c48373d3e3bffc0000b080014001801011100ffc4001f0000010501010101010100000000000"
     "000000102030405060708090a0bffc400b51000020103030204030505"
     "04040000017d01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161"
     "718191a25262728292a3435363738393a434445464748494a53545556"
     "5758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab"
     "2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2"
     "e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9faffda0008010100003f00b56ea6d1f7b1ce2a3d52cdb5a5cc7dab9d995"
     "b4b6f2d8722b46db52f3dc2cadc56aa5c1880fb39ce6a55d3ecef3e7b"
     "9c6e35c4c2c411cd74da312cbcf352dcb32cd80715ffd9"},
    {"bmp 24", 6, 5, 0x9a77e988483c8624ull,
     "424d9a0000000000000036000000280000000600000005000000010018000000000064000000c40e0000c40e00000"
     "000000000000000498dd17cc105b0f438e3276c175b9f4a8ed2000014"
     "599d488cd07bbf04aff337e2266a165a9e0000e0246813589c478bcf7abe03aef236e125690000acf034df2367125"
     "79b468ace79bd02adf135000077bb00abef33de226611569a4589cd78"
     "bc010000"},
    {"bmp 1", 13, 5, 0xdfa9de72c093e656ull,
     "424d52000000000000003e000000280000000d00000005000000010001000000000014000000c40e0000c40e00000"
     "20000000200000000000000ffffff006668000099b8000066e800009b"
     "b000006ec80000"},
    {"bmp palette", 6, 5, 0xe1cbbecd226b3865ull,
     "424d8a0000000000000062000000280000000600000005000000010008000000000028000000c40e0000c40e00000"
     "b0000000b000000aff33700adf13500498dd100478bcf0087cb100078"
     "bc0100367abe00155a9e0012579b00e2266a00df236700020500090702000007020500090700000a0803050009000"
     "0010a08030501000005010a0803050000"},
    {"bmp 32", 6, 5, 0x9a77e988483c8624ull,
     "424dae0000000000000036000000280000000600000005000000010020000000000078000000c40e0000c40e00000"
     "000000000000000498dd1ff7cc105ffb0f438ffe3276cff175b9fff4a"
     "8ed2ff14599dff488cd0ff7bbf04ffaff337ffe2266aff165a9effe02468ff13589cff478bcfff7abe03ffaef236f"
     "fe12569ffacf034ffdf2367ff12579bff468aceff79bd02ffadf135ff"
     "77bb00ffabef33ffde2266ff11569aff4589cdff78bc01ff"},
};

}  // namespace

TEST_CASE("resizing gives Pillow's bits") {
  for (const auto& r : resize_rows) {
    CAPTURE(r.w, r.h, r.to_w, r.to_h);
    CHECK(fnv(resize_bilinear(pattern(r.w, r.h, 3), r.to_w, r.to_h).pixels) == r.rgb);
    CHECK(fnv(resize_bilinear(pattern(r.w, r.h, 1), r.to_w, r.to_h).pixels) == r.gray);
  }
  CHECK(fnv(to_gray(pattern(6, 5, 3)).pixels) == 0xeca832d9d4210f9du);
}

TEST_CASE("BMP, PNG and JPEG files decode to Pillow's bits") {
  for (const auto& r : file_rows) {
    CAPTURE(r.name);
    const auto i = decode_image(from_hex(r.hex), r.name);
    REQUIRE(i);
    CHECK(i->width == r.width);
    CHECK(i->height == r.height);
    CHECK(fnv(i->pixels) == r.rgb);
  }
}

TEST_CASE("a truncated image is refused, a damaged one never crashes") {
  for (const auto& r : file_rows) {
    const auto whole = from_hex(r.hex);
    CAPTURE(r.name);
    for (std::size_t n = 0; n < whole.size(); ++n) {
      const auto i = decode_image(std::span(whole).first(n), "x");
      // The two bytes of JPEG's end marker and BMP's row padding carry no pixels.
      if (n + 4 < whole.size()) {
        CHECK_FALSE(i);
      }
      if (!i) {
        CHECK(!i.error().what.empty());
      }
    }
    for (std::size_t at = 0; at < whole.size(); ++at)
      for (int bit : {0, 3, 7}) {
        auto bad = whole;
        bad[at] ^= static_cast<std::byte>(1 << bit);
        const auto i = decode_image(bad, "x");
        if (i)
          CHECK(i->pixels.size() ==
                static_cast<std::size_t>(i->width) * static_cast<std::size_t>(i->height) * 3);
      }
  }
}

TEST_CASE("absurd image sizes are refused before memory is asked for") {
  auto bmp = from_hex(file_rows[std::size(file_rows) - 4].hex);
  REQUIRE(bmp[0] == std::byte{'B'});
  const std::uint32_t huge = 0x7fffffff;
  std::memcpy(bmp.data() + 18, &huge, 4);
  std::memcpy(bmp.data() + 22, &huge, 4);
  const auto i = decode_image(bmp, "huge.bmp");
  REQUIRE_FALSE(i);
  CHECK(i.error().code == errc::too_large);
  const auto text = decode_image(std::as_bytes(std::span("GIF89a")), "x.gif");
  REQUIRE_FALSE(text);
  CHECK(text.error().message() ==
        "x.gif: unsupported: image format (found an unknown one; supported: BMP, PNG, JPEG)");
}

TEST_CASE(".npy files of every element type come back as they went") {
  for (dtype t : {dtype::f32, dtype::f64, dtype::f16, dtype::s8, dtype::u8, dtype::s16, dtype::u16,
                  dtype::s32, dtype::u32, dtype::s64, dtype::u64, dtype::boolean})
    for (const dims& d :
         {dims{}, dims{5}, dims{2, 3}, dims{1, 0, 4}, dims{2, 1, 3, 1, 2, 1, 1, 2}}) {
      array a{t, d, std::vector<std::byte>(d.elements().value * size_of(t))};
      for (std::size_t i = 0; i < a.bytes.size(); ++i)
        a.bytes[i] = static_cast<std::byte>(i * 7 + 1);
      const auto bytes = npy_bytes(a.view());
      CHECK((bytes.size() - a.bytes.size()) % 64 == 0);
      const auto b = parse_npy(bytes, "x");
      REQUIRE(b);
      CHECK(b->type == t);
      CHECK(b->shape == d);
      CHECK(b->bytes == a.bytes);
    }
}

TEST_CASE(".npy: other versions, byte orders and Fortran order") {
  const auto v2 =
      parse_npy(npy("{'descr': '<u2', 'fortran_order': False, 'shape': (3,), }\n", 6, 2), "x");
  REQUIRE(v2);
  CHECK(v2->at<std::uint16_t>(1) == 0x0302);
  const auto v3 =
      parse_npy(npy("{'shape': (3,), 'fortran_order': False, 'descr': '>u2'}", 6, 3), "x");
  REQUIRE(v3);
  CHECK(v3->at<std::uint16_t>(1) == 0x0203);
  const auto f =
      parse_npy(npy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 2)}", 12), "x");
  REQUIRE(f);
  std::vector<int> got;
  for (std::size_t i = 0; i < 12; ++i) got.push_back(f->at<std::uint8_t>(i));
  CHECK(got == std::vector<int>{0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5,
                                11});  // numpy.arange(12).reshape((2, 3, 2), order='F').ravel()
}

TEST_CASE(".npy: hostile headers are refused with one message") {
  const auto refused = [](const std::vector<std::byte>& b, errc code) {
    const auto a = parse_npy(b, "x.npy");
    REQUIRE_FALSE(a);
    CHECK(a.error().code == code);
    CHECK(a.error().message().rfind("x.npy: ", 0) == 0);
  };
  refused({}, errc::malformed);
  refused(npy("", 0), errc::malformed);
  refused(npy("{'descr': '|u1', 'fortran_order': False}", 1), errc::malformed);
  refused(npy("{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': ()}", 1),
          errc::malformed);
  refused(npy("{'descr': '|u1', 'fortran_order': 0, 'shape': ()}", 1), errc::malformed);
  refused(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (-1,)}", 1), errc::malformed);
  refused(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2,)} or 1", 2), errc::malformed);
  refused(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), 'x': 1}", 2),
          errc::malformed);
  refused(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", 8),
          errc::malformed);
  refused(npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", 8), errc::unsupported);
  refused(npy("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", 8), errc::unsupported);
  refused(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (3,)}", 2), errc::malformed);
  refused(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (3,)}", 4), errc::malformed);
  refused(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}", 8),
          errc::malformed);
  refused(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296,)}", 8),
          errc::too_large);
  refused(
      npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2000000000, 2000000000, 2000000000)}",
          8),
      errc::too_large);
  refused(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}", 1),
          errc::unsupported);
  refused(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}", 1, 9), errc::unsupported);

  const auto good = npy("{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3), }\n", 24);
  for (std::size_t n = 0; n < good.size(); ++n)
    CHECK_FALSE(parse_npy(std::span(good).first(n), "x"));
  for (std::size_t at = 0; at < good.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      auto bad = good;
      bad[at] ^= static_cast<std::byte>(1 << bit);
      if (const auto a = parse_npy(bad, "x")) CHECK(a->bytes.size() == 24);
    }
}

TEST_CASE("a file that is not there says so") {
  const auto a = read_npy("no/such/file.npy");
  REQUIRE_FALSE(a);
  CHECK(a.error().message() == "no/such/file.npy: cannot read: No such file or directory");
}

TEST_CASE("only regular files are read, and no more of them than allowed") {
  const temporary_folder f;
  const auto refused = [](const std::string& path, const std::string& why) {
    const auto r = read_file(path);
    REQUIRE_FALSE(r);
    CHECK(r.error().code == errc::io);
    CHECK(r.error().message() == path + ": cannot read: " + why);
    const auto checked = check_regular(path);
    CHECK_FALSE(checked);
    CHECK_FALSE(read_head(path, 8));
  };
  REQUIRE(::mkfifo(f.file("fifo").c_str(), 0600) == 0);  // without the check, opening it never ends
  refused(f.file("fifo"), "not a regular file");
  refused("/dev/zero", "not a regular file");
  refused(f.path.string(), "is a directory");
  REQUIRE(write_file(f.file("ten"), "0123456789"));
  CHECK(read_file(f.file("ten"), 10)->size() == 10);
  CHECK(read_head(f.file("ten"), 4)->size() == 4);
  CHECK(read_head(f.file("ten"), 40)->size() == 10);
  const auto large = read_file(f.file("ten"), 9);
  REQUIRE_FALSE(large);
  CHECK(large.error().code == errc::too_large);
  for (const char* name : {"fifo", "zero"}) {  // the library's own readers
    const std::string path = name == std::string("zero") ? "/dev/zero" : f.file(name);
    for (const auto& r : {import::read_file(path), import::map_file(path)}) {
      REQUIRE_FALSE(r);
      CHECK(r.error().message() == path + ": cannot read: not a regular file");
    }
  }
  CHECK(import::map_file(f.file("ten"))->bytes.size() == 10);
  CHECK(import::map_file(f.file("ten"), {.file_bytes = 9}).error().code == errc::too_large);
  CHECK(import::map_file(f.file("none")).error().code == errc::io);
  REQUIRE(write_file(f.file("empty"), ""));
  CHECK(import::map_file(f.file("empty"))->bytes.empty());
}

TEST_CASE("files appear whole or not at all") {
  const temporary_folder f;
  const auto files = [&] { return std::distance(std::filesystem::directory_iterator(f.path), {}); };
  REQUIRE(write_file(f.file("a"), "old"));
  REQUIRE(::chmod(f.file("a").c_str(), 0640) == 0);
  std::filesystem::create_symlink("a", f.file("link"));
  REQUIRE(write_file(f.file("link"), "new"));
  CHECK(std::filesystem::is_symlink(f.file("link")));
  const auto a = read_file(f.file("a"));
  REQUIRE(a);
  CHECK(std::string(reinterpret_cast<const char*>(a->data()), a->size()) == "new");
  struct stat st {};
  REQUIRE(::stat(f.file("a").c_str(), &st) == 0);
  CHECK((st.st_mode & 0777) == 0640);
  CHECK(files() == 2);

  // A pair of which the second cannot be written: neither is there.
  const auto pair = write_files({{f.file("first"), std::string_view("1")},
                                 {f.file("no/such/folder"), std::string_view("2")}});
  REQUIRE_FALSE(pair);
  CHECK(pair.error().message() ==
        f.file("no/such/folder") + ": cannot write: No such file or directory");
  CHECK(files() == 2);
  CHECK_FALSE(write_file(f.path.string(), "a folder"));
  REQUIRE(::mkfifo(f.file("fifo").c_str(), 0600) == 0);
  CHECK_FALSE(write_file(f.file("fifo"), "no one reads it"));
  const auto full = write_file("/dev/full", "x");
  REQUIRE_FALSE(full);
  CHECK(full.error().message() == "/dev/full: cannot write: No space left on device");
  CHECK(write_file("/dev/null", "x"));
  CHECK(std::filesystem::is_character_file("/dev/null"));
  // A file below /dev is one as well: it appears whole, whatever is there.
  if (!std::filesystem::is_directory("/dev/shm")) return;
  const std::string memory = "/dev/shm/octet_tools_test_" + std::to_string(::getpid());
  CHECK(write_file(memory, "longer text"));
  CHECK(write_file(memory, "short"));
  const auto back = read_file(memory);
  std::filesystem::remove(memory);
  REQUIRE(back);
  CHECK(back->size() == 5);
}

TEST_CASE("messages are one short line, whatever names a file holds") {
  error_info e{errc::malformed, "a rule", std::string(100000, 'f'), "n\n\x1b[31m", "t\xff", {}, {}};
  e.found = std::string(100000, 'x');
  const std::string m = e.message();
  CHECK(m.size() < 3000);
  CHECK(m.find("fff...fff") != std::string::npos);
  CHECK(m.find("fff: n\\x0a\\x1b[31m: t\\xff: malformed: a rule (found xxx") != std::string::npos);
  using octet::detail::one_line;
  CHECK(one_line("gr\xc3\xb6\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\xba") ==
        "gr\xc3\xb6\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\xba");
  CHECK(one_line("\xc2\x9b") == "\\xc2\\x9b");                    // CSI as one character
  CHECK(one_line("\xe2\x80\xae") == "\\xe2\\x80\\xae");           // right to left
  CHECK(one_line("\xc0\x8a\xe2\x82") == "\\xc0\\x8a\\xe2\\x82");  // overlong, cut off
  CHECK(one_line(std::string("\x7f\0", 2)) == "\\x7f\\x00");
  CHECK(one_line("0123456789", 10) == "0123456789");
  CHECK(one_line("0123456789a", 10) == "01234...6789a");
  CHECK(one_line("\xc3\xb6\xc3\xb6\xc3\xb6\xc3\xb6", 6) == "\xc3\xb6...\xc3\xb6");
}

TEST_CASE("image shapes") {
  CHECK(image_shape_of({1, 224, 200, 3}).width == 200);
  CHECK_FALSE(image_shape_of({1, 224, 200, 3}).nchw);
  CHECK(image_shape_of({1, 3, 224, 200}).height == 224);
  CHECK(image_shape_of({1, 3, 224, 200}).nchw);
  CHECK(image_shape_of({8, 8}).channels == 1);
  CHECK(image_shape_of({1, 8, 8, 1}).channels == 1);
  CHECK(image_shape_of({1, 1960}).height == 1);
  CHECK(image_shape_of({2, 224, 224, 3}).height == 0);
  CHECK(image_shape_of({1, 224, 224, 4}).height == 0);
}

TEST_CASE("pixels become inputs by the documented rule") {
  image one{256, 1, 1, {}};
  for (int i = 0; i < 256; ++i) one.pixels.push_back(static_cast<std::uint8_t>(i));
  const auto u = image_input(one, dtype::u8, {1, 1, 256, 1}, 0.0078125, 128, {});
  const auto s = image_input(one, dtype::s8, {1, 1, 256, 1}, 0.00784, -1, {});
  const auto f = image_input(one, dtype::f32, {1, 1, 1, 256}, 1, 0, {{0.5f}, {0.5f}});
  const auto q = image_input(one, dtype::s8, {1, 1, 256, 1}, 1.0 / 64, -3, {{0.5f}, {0.25f}});
  REQUIRE((u && s && f && q));
  for (std::size_t i = 0; i < 256; ++i) {
    CHECK(u->at<std::uint8_t>(i) == i);
    CHECK(s->at<std::int8_t>(i) == static_cast<int>(i) - 128);
    CHECK(f->at<float>(i) ==
          numerics::sub(numerics::div(static_cast<float>(i), 127.5f),
                        1.0f));  // mean = std = 0.5 is the other common recipe, bit for bit
    const double x = static_cast<double>(
        numerics::div(numerics::sub(numerics::div(static_cast<float>(i), 255.0f), 0.5f), 0.25f));
    CHECK(q->at<std::int8_t>(i) ==
          static_cast<int>(std::clamp(std::round(x * 64) - 3, -128.0, 127.0)));
  }
  CHECK_FALSE(image_input(one, dtype::s32, {1, 1, 256, 1}, 1, 0, {}));
  CHECK_FALSE(image_input(one, dtype::f32, {1, 7}, 1, 0, {{0.5f, 0.5f}, {}}));
  CHECK_FALSE(image_input(one, dtype::f32, {1, 7}, 1, 0, {{}, {0.0f}}));
  CHECK_FALSE(
      image_input(one, dtype::f32, {1, 7}, 1, 0, {{std::numeric_limits<float>::quiet_NaN()}, {}}));
}

TEST_CASE("labels and the best k") {
  std::vector<std::string> l{"background", "a", "b"};
  CHECK(fit_labels(l, 2, "f"));
  CHECK(l == std::vector<std::string>{"a", "b"});
  CHECK(fit_labels(l, 3, "f"));
  CHECK(l.front() == "background");
  CHECK_FALSE(fit_labels(l, 7, "f"));
  CHECK(top_k({1, 5, 3, 5, std::numeric_limits<double>::quiet_NaN()}, 3) ==
        std::vector<std::size_t>{1, 3, 2});
  CHECK(top_k({1, 2}, 9).size() == 2);
  CHECK(top_k({}, 3).empty());
}

TEST_CASE("photographs: resized pixels and network inputs equal the stored ones") {
  const std::string models = OCTET_MODELS;
  if (!std::filesystem::exists(models + "/images/cat.bmp"))
    return octet_test::skip("no ../shared/models");
  for (const char* name : {"cat", "bird", "grace_hopper", "sunflower"}) {
    CAPTURE(name);
    const auto photo = read_image(models + "/images/" + name + ".bmp");
    const auto stored = read_npy(models + "/pytorch/images/" + name + ".rgb224.npy");
    REQUIRE(photo);
    REQUIRE(stored);
    const image small = resize_bilinear(*photo, 224, 224);
    REQUIRE(small.pixels.size() == stored->bytes.size());
    CHECK(std::memcmp(small.pixels.data(), stored->bytes.data(), small.pixels.size()) == 0);

    const auto torch = read_npy(models + "/pytorch/mobilenet_v2_fbgemm.input." + name + ".npy");
    REQUIRE(torch);
    const auto mine = image_input(*photo, dtype::f32, torch->shape, 1, 0, {{0.5f}, {0.5f}});
    REQUIRE(mine);
    CHECK(mine->bytes == torch->bytes);
  }
  struct {
    const char* photo;
    const char* network;
  } const rows[] = {{"cat", "tf2_mobilenet_v2_1.0_224_ptq"},
                    {"cat", "mobilenet_v2_1.0_224_quant"},
                    {"grace_hopper", "mobilenet_v1_0.25_128_quant"},
                    {"cat", "mobilenet_v1_0.5_160_quant"},
                    {"grace_hopper", "vww_96_int8"},
                    {"cat", "resnet8_cifar_int8"}};
  for (const auto& r : rows) {
    CAPTURE(r.network);
    const auto stored = read_npy(models + "/tflite/networks/" + r.network + ".input0.npy");
    const auto photo = read_image(models + "/images/" + r.photo + ".bmp");
    REQUIRE((stored && photo));
    const auto mine = image_input(*photo, stored->type, stored->shape, 1, 0, {});
    REQUIRE(mine);
    CHECK(mine->bytes == stored->bytes);
  }
}
