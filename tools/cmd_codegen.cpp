// octet codegen and octet convert.
#include <fstream>

#include "codegen.hpp"
#include "commands.hpp"
#include "octet/import/octet_file.hpp"

namespace octet::tools {
namespace {
int write(const std::string& path, const std::string& bytes) {
  std::ofstream f(path, std::ios::binary);
  f.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  f.close();
  return f ? done : fail(bad_input, path + ": cannot write");
}
/// "dir/person-detect.hpp" -> "person_detect".
std::string identifier(const std::string& path) {
  std::string s = path.substr(path.find_last_of('/') + 1);
  s = s.substr(0, s.find('.'));
  for (char& c : s)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) c = '_';
  if (s.empty() || (s[0] >= '0' && s[0] <= '9')) s = "net_" + s;
  return s;
}
}  // namespace

int codegen(const codegen_options& o) {
  plan_options p;
  p.on = target::reference;  // the generated program chooses for itself
  const loaded m = load_and_plan(o, p);
  if (m.code != done) return m.code;
  const std::string base =
      o.output.ends_with(".hpp") ? o.output.substr(0, o.output.size() - 4) : o.output;
  const auto code = generate(m.program.source(), o.name.empty() ? identifier(o.output) : o.name,
                             base.substr(base.find_last_of('/') + 1) + ".hpp");
  if (!code) return fail(code.error());
  if (const int c = write(base + ".hpp", code->header); c != done) return c;
  return write(base + ".weights.cpp", code->source);
}

int convert(const convert_options& o) {
  const auto options = load_options_of(o);
  if (!options) return bad_usage;
  const auto g = load_model(o.model, *options);
  if (!g) return fail(g.error());
  if (auto s = verify(*g); !s) return fail(s.error());
  return write(o.output, import::write_octet(*g));
}

}  // namespace octet::tools
