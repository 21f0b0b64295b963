// octet codegen and octet convert.
#include "codegen.hpp"
#include "commands.hpp"
#include "file.hpp"
#include "octet/import/octet_file.hpp"

namespace octet::tools {
namespace {
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
  if (!o.output.ends_with(".hpp"))
    return fail(bad_usage, "--output " + o.output + ": expected NAME.hpp");
  plan_options p;
  p.on = target::reference;  // the generated program chooses for itself
  const loaded m = load_and_plan(o, p);
  if (m.code != done) return m.code;
  const std::string base = o.output.substr(0, o.output.size() - 4);
  const auto code = generate(m.program.source(), o.name.empty() ? identifier(o.output) : o.name,
                             base.substr(base.find_last_of('/') + 1) + ".hpp");
  if (!code) return fail(code.error());
  auto written = write_files({{o.output, std::string_view(code->header)},
                              {base + ".weights.cpp", std::string_view(code->source)}});
  return written ? done : fail(written.error());
}

int convert(const convert_options& o) {
  // Files are known by their endings: under another name `octet run` would not take it.
  if (!o.output.ends_with(".octet"))
    return fail(bad_usage, "--output " + o.output + ": expected NAME.octet");
  const auto options = load_options_of(o);
  if (!options) return bad_usage;
  const auto g = load_model(o.model, *options);
  if (!g) return fail(g.error());
  if (auto s = verify(*g); !s) return fail(s.error());
  auto written = write_file(o.output, import::write_octet(*g));
  return written ? done : fail(written.error());
}

}  // namespace octet::tools
