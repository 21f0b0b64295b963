#include "exactness_page.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace octet_test {
namespace {

struct totals {
  std::size_t files = 0, identical = 0, compared = 0, differing = 0;
  void add(const exactness_record& r) {
    ++files;
    identical += r.identical == r.cases;
    compared += r.compared;
    differing += r.differing;
  }
};

std::string folder_of(const std::string& file) {
  const auto slash = file.rfind('/');
  return slash == std::string::npos ? "." : file.substr(0, slash);
}
std::string of(std::size_t part, std::size_t all) {
  return std::to_string(part) + " of " + std::to_string(all);
}
std::string table_row(std::initializer_list<std::string> cells) {
  std::string line = "|";
  for (const std::string& c : cells) line += (c.empty() ? "" : " " + c) + " |";
  return line + "\n";
}
/// A table's cell: without what ends one.
std::string cell(std::string text) {
  for (char& c : text)
    if (c == '|' || c == '\n') c = '/';
  return text;
}
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

}  // namespace

std::string exactness_page(const exactness_records& all) {
  totals whole;
  std::map<std::pair<std::string, std::string>, totals> folders;
  for (const auto& [id, r] : all) {
    whole.add(r);
    folders[{folder_of(r.file), r.law}].add(r);
  }
  std::string text =
      "# Exactness\n\n"
      "What octet computes beside what the framework stored, output by output, bit for bit. Made "
      "by `./dev generate` from a\n"
      "test run; `./dev test` compares. [exactness.csv](exactness.csv) has one row for every file "
      "and law. The same files run\n"
      "on every target of the CPU and with two threads: one that differs there alone fails the "
      "tests.\n\n"
      "**" +
      of(whole.identical, whole.files) + " files are identical** (a file counts once per law), " +
      of(whole.compared - whole.differing, whole.compared) +
      " raw outputs.\n\n## By folder and law\n\n" +
      table_row({"folder", "law", "files identical", "raw outputs identical",
                 "raw outputs that "
                 "differ"}) +
      table_row({"---", "---", "---:", "---:", "---:"});
  for (const auto& [key, t] : folders)
    text += table_row({key.first, key.second, of(t.identical, t.files),
                       std::to_string(t.compared - t.differing),
                       t.differing == 0 ? "" : std::to_string(t.differing)});
  text += "\n## What differs\n";
  if (whole.identical == whole.files) return text + "\nNothing.\n";
  text +=
      "\n\"Promised\" is what the file's set asks for; best effort means that the framework "
      "itself varies there.\n\n" +
      table_row({"law", "file", "promised", "raw outputs that differ",
                 "node, rounding, "
                 "reason"}) +
      table_row({"---", "---", "---", "---:", "---"});
  for (const auto& [id, r] : all)
    if (r.identical != r.cases)
      text +=
          table_row({r.law, r.file, r.expect + (r.identical + r.close == r.cases ? " (kept)" : ""),
                     of(r.differing, r.compared), cell(r.detail)});
  return text;
}

std::string exactness_csv(const exactness_records& all) {
  std::string text =
      "law,file,promised,cases,identical cases,close cases,raw outputs,differing raw outputs,first "
      "difference\n";
  for (const auto& [id, r] : all) {
    const std::string fields[] = {r.law,
                                  r.file,
                                  r.expect,
                                  std::to_string(r.cases),
                                  std::to_string(r.identical),
                                  std::to_string(r.close),
                                  std::to_string(r.compared),
                                  std::to_string(r.differing),
                                  r.detail};
    for (std::size_t i = 0; i < std::size(fields); ++i)
      text += (i ? "," : "") + csv_field(fields[i]);
    text += "\n";
  }
  return text;
}

}  // namespace octet_test
