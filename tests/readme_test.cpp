// The README's programs are the compiled ones.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <string>

namespace {
std::string text_of(const std::string& name) {
  std::ifstream f(std::string(OCTET_SOURCE_DIR) + "/" + name);
  REQUIRE(f);
  std::stringstream s;
  s << f.rdbuf();
  return s.str();
}
}  // namespace

TEST_CASE("each C++ program in the README is an example, word for word") {
  const std::string readme = text_of("README.md");
  int programs = 0;
  for (std::size_t at = 0; (at = readme.find("```cpp\n", at)) != std::string::npos; ++programs) {
    const std::size_t begin = at + 7, end = readme.find("```\n", begin);
    REQUIRE(end != std::string::npos);
    const std::size_t mark = readme.rfind("<!-- ", at), close = readme.find(" -->\n", mark);
    REQUIRE(close + 5 == at);  // the marker stands directly above
    const std::string file = readme.substr(mark + 5, close - mark - 5);
    INFO(file << ": stale in README.md: run ./dev generate listings");
    CHECK(readme.substr(begin, end - begin) == text_of(file));
    at = end;
  }
  CHECK(programs >= 2);
}
