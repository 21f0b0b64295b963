// The README's programs are the compiled ones.
#include <algorithm>
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
/// A file, or "FILE#PART": its part between the lines that say so, or a structure
/// (docs/listings.sh).
std::string listing_of(std::string file) {
  const std::size_t hash = file.find('#');
  if (hash == std::string::npos) return text_of(file);
  const std::string text = text_of(file.substr(0, hash)), part = file.substr(hash + 1);
  if (const std::size_t begin = text.find("\nstruct " + part + " {\n");
      begin != std::string::npos) {
    const std::size_t end = text.find("\n};\n", begin),
                      fields = text.find("\n  static constexpr auto fields", begin);
    REQUIRE(end != std::string::npos);
    return text.substr(begin + 1, std::min(end, fields) - begin) + "};\n";
  }
  const std::string start = part == "snippet" ? "// snippet\n" : "// snippet " + part + "\n";
  const std::size_t begin = text.find(start), end = text.find("// end of snippet\n", begin);
  REQUIRE((begin != std::string::npos && end != std::string::npos));
  return text.substr(begin + start.size(), text.rfind('\n', end) + 1 - begin - start.size());
}
}  // namespace

TEST_CASE("the README is short") {
  const std::string readme = text_of("README.md");
  CHECK(std::count(readme.begin(), readme.end(), '\n') < 120);
}

TEST_CASE(
    "each C++ program in the README, docs/examples.md and docs/builders.md is an example, word "
    "for word") {
  const std::string page =
      GENERATE(as<std::string>{}, "README.md", "docs/examples.md", "docs/builders.md");
  const std::string readme = text_of(page);
  int programs = 0;
  for (std::size_t at = 0; (at = readme.find("```cpp\n", at)) != std::string::npos; ++programs) {
    const std::size_t begin = at + 7, end = readme.find("```\n", begin);
    REQUIRE(end != std::string::npos);
    const std::size_t mark = readme.rfind("<!-- ", at), close = readme.find(" -->\n", mark);
    REQUIRE(close + 5 == at);  // the marker stands directly above
    const std::string file = readme.substr(mark + 5, close - mark - 5);
    INFO(file << ": stale in " << page << ": run ./dev generate listings");
    CHECK(readme.substr(begin, end - begin) == listing_of(file));
    at = end;
  }
  CHECK(programs >= 2);
}
