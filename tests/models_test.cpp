// Every file of the shared models, of the sets beside them, of tests/goldens and examples/digits
// that octet has a loader for, on every target this CPU can run. A row's `expect` says what it must
// give:
//   identical    every bit. tests/known_differences.txt lists what is not yet, and why; it may only
//                shrink: a listed row that has become identical fails too.
//   best effort  every bit, but counted only
//   close        within the row's tolerances, NaN and infinities in the same places; counted too
//   reject       one clear error
// Of the rows that are counted tests/row_counts.txt says, by law and folder, how many are as they
// must be: that may only grow.
#include "models.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "exactness_page.hpp"
#include "octet/kernels/target.hpp"
#include "skip.hpp"

namespace {

using octet_test::model_row;
using octet_test::outcome;
using kind = outcome::kind;

/// A line "law file  where it begins and why" as a pair of "law file" and the rest.
std::pair<std::string, std::string> noted(const std::string& line) {
  const auto end = line.find(' ', line.find(' ') + 1), note = line.find_first_not_of(' ', end);
  return {line.substr(0, end), note == std::string::npos ? std::string() : line.substr(note)};
}
/// "law file" -> where it begins and why.
std::map<std::string, std::string> known_differences() {
  std::map<std::string, std::string> s;
  std::ifstream f(std::string(OCTET_SOURCE_DIR) + "/tests/known_differences.txt");
  for (std::string line; std::getline(f, line);)
    if (!line.empty() && line[0] != '#') s.insert(noted(line));
  return s;
}

std::vector<model_row> all_rows() { return octet_test::all_rows(OCTET_SOURCE_DIR, OCTET_MODELS); }

/// Rows that are counted instead of listed: "law folder expect", the unit of their counts.
bool counted(const model_row& r) { return r.expect == "best effort" || r.expect == "close"; }
std::string group_of(const model_row& r) {
  return r.law + " " + r.key.substr(0, r.key.rfind('/')) +
         (r.expect == "close" ? " close" : " best-effort");
}
/// tests/row_counts.txt: group -> rows that are as they must be.
std::map<std::string, std::size_t> row_counts() {
  std::map<std::string, std::size_t> counts;
  std::ifstream f(std::string(OCTET_SOURCE_DIR) + "/tests/row_counts.txt");
  for (std::string line; std::getline(f, line);) {
    if (line.empty() || line[0] == '#' || line.starts_with("why ")) continue;
    std::istringstream in(line);
    std::string law, folder, expect;
    std::size_t good = 0;
    in >> law >> folder >> expect >> good;
    counts[law + " " + folder + " " + expect] = good;
  }
  return counts;
}

/// Why a file is not as it should be: the listed differences, and the lines "why law file  reason"
/// among the counts.
std::map<std::string, std::string> reasons() {
  auto s = known_differences();
  std::ifstream f(std::string(OCTET_SOURCE_DIR) + "/tests/row_counts.txt");
  for (std::string line; std::getline(f, line);)
    if (line.starts_with("why ")) s.insert(noted(line.substr(4)));
  return s;
}

struct verdicts {
  std::size_t identical = 0, close = 0;
  struct tally {
    std::size_t rows = 0, good = 0;
    std::string others;  // what is not as it must be
  };
  std::map<std::string, tally> counted;        // by group
  std::map<std::string, std::size_t> skipped;  // format without a loader -> rows
};

/// Runs all rows that `wanted` takes; checks those marked identical, counts the others. `whole`:
/// every case runs, so that a listed file without a difference need not be listed.
template <class F> verdicts check_rows(octet::plan_options options, bool whole, F&& wanted) {
  const auto listed = known_differences();
  octet_test::runner run(options);
  verdicts v;
  std::set<std::string> bad, seen;
  for (const auto& row : all_rows()) {
    if (!octet_test::has_loader(row.format)) {
      ++v.skipped[row.format];
      continue;
    }
    if (row.expect == "reject" || !wanted(row)) continue;
    const std::string id = row.law + " " + row.key;
    const outcome o = run.run(row);
    v.identical += o.what == kind::identical;
    v.close += o.what == kind::close;
    const bool good = o.what == kind::identical || o.what == kind::close;
    if (counted(row)) {
      auto& t = v.counted[group_of(row)];
      ++t.rows, t.good += good;
      if (!good) t.others += "\n  " + row.name() + ": " + o.detail;
      continue;
    }
    seen.insert(id);
    if (good) continue;
    bad.insert(id);
    if (listed.count(id)) continue;
    UNSCOPED_INFO(id << " " << (row.inputs.empty() ? "" : row.inputs[0]) << ": "
                     << (o.what == kind::refused ? "refused: "
                                                 : std::to_string(o.differing) + " of " +
                                                       std::to_string(o.compared) + " differ ")
                     << o.detail);
    CHECK(good);
  }
  for (const auto& id : seen)
    if (whole && listed.count(id) && !bad.count(id)) {
      UNSCOPED_INFO(id << " is identical now: take it off tests/known_differences.txt");
      CHECK_FALSE(listed.count(id));
    }
  return v;
}

/// The first case of each file under each law.
class first_cases {
 public:
  bool operator()(const model_row& r) {
    const std::string file = r.law + " " + r.key.substr(0, r.key.find('@'));
    return seen_.insert(file).second;
  }

 private:
  std::set<std::string> seen_;
};

/// What each file gives under its law, with the node at which the first difference arises.
octet_test::exactness_records measure(octet::plan_options options) {
  const auto listed = reasons();
  octet_test::runner run(options), layers([&] {
    auto o = options;
    o.keep_all = true;
    return o;
  }());
  octet_test::exactness_records all;
  for (const auto& row : all_rows()) {
    if (!octet_test::has_loader(row.format) || row.expect == "reject") continue;
    const outcome o = run.run(row);
    auto& r = all[row.law + " " + row.key];
    r.law = row.law, r.file = row.key, r.expect = row.expect;
    ++r.cases;
    r.identical += o.what == kind::identical;
    r.close += o.what == kind::close;
    r.compared += o.compared;
    r.differing += o.differing;
    if (!r.detail.empty()) continue;
    if (o.what == kind::refused)
      r.detail = o.detail.substr(
          o.detail.find(row.model) == std::string::npos ? 0 : o.detail.find(row.model));
    else if (o.what == kind::differs && !row.layers.empty() && row.law == "tflite_ref")
      r.detail = "first " + layers.run_layers(row).detail;
    else if (const auto note = listed.find(row.law + " " + row.key);
             o.what == kind::differs && note != listed.end())
      r.detail = note->second;
    else if (o.what == kind::differs)
      r.detail = o.detail;
    if (r.detail.size() > 400) r.detail.resize(400);
  }
  return all;
}

bool has_shared() {
  return std::filesystem::exists(std::filesystem::path(OCTET_MODELS) / "MANIFEST.json");
}

}  // namespace

TEST_CASE("files give what their rows expect on the best target", "[models]") {
  const verdicts v = check_rows({}, true, [](const model_row&) { return true; });
  std::printf("target %s: %zu rows identical, %zu close\n",
              std::string(name_of(octet::best_target())).c_str(), v.identical, v.close);
  for (const auto& [format, rows] : v.skipped)
    std::printf("skipped: %zu rows of format %s, which has no loader\n", rows, format.c_str());
  REQUIRE(v.identical > 0);
  const auto counts = row_counts();
  std::string lines;
  for (const auto& [group, t] : v.counted)
    lines += group + " " + std::to_string(t.good) + " of " + std::to_string(t.rows) + "\n";
  std::ofstream(std::string(OCTET_BINARY_DIR) + "/row_counts.txt") << lines;
  for (const auto& [group, t] : v.counted) {
    const auto known = counts.find(group);
    UNSCOPED_INFO(group << ": " << t.good << " of " << t.rows
                        << " rows are as they must be. More than tests/row_counts.txt says: "
                           "row_counts.txt of the build's tests folder has the new lines. Fewer: "
                           "something got worse, among these:"
                        << t.others);
    CHECK((known != counts.end() && t.good == known->second));
  }
  if (!has_shared()) std::printf("SKIPPED the shared models: %s is absent\n", "OCTET_MODELS");
}

TEST_CASE("files give the same bits on every other target", "[models]") {
  std::size_t targets = 0;
  const verdicts best = check_rows({}, false, first_cases());
  for (octet::target t : octet::usable_targets()) {
    if (t == octet::best_target()) continue;
    octet::plan_options o;
    o.on = t;
    const verdicts v = check_rows(o, false, first_cases());
    std::printf("target %s: %zu rows identical\n", std::string(name_of(t)).c_str(), v.identical);
    CHECK(v.identical == best.identical);
    for (const auto& [group, tally] : best.counted) {
      INFO(group << ": not as they must be:" << v.counted.at(group).others);
      CHECK(v.counted.at(group).good == tally.good);
    }
    ++targets;
  }
  REQUIRE(targets + 1 == octet::usable_targets().size());
}

TEST_CASE("files give the same bits with two threads", "[models]") {
  octet::plan_options o;
  o.threads = 2;
  REQUIRE(check_rows(o, false, first_cases()).identical > 0);
}

TEST_CASE("random single operators give the framework's bits", "[.random]") {
  // tests/goldens/random_cases.py makes them; OCTET_RANDOM_CASES names their folder.
  const char* folder = std::getenv("OCTET_RANDOM_CASES");
  if (!folder) return octet_test::skip("OCTET_RANDOM_CASES is not set");
  octet_test::runner run({});
  octet_test::exactness_records all;
  for (const auto& row : octet_test::read_manifest(folder)) {
    const outcome o = run.run(row);
    auto& r = all[row.model.substr(0, row.model.rfind('_')) + " " + row.law];
    ++r.cases, r.identical += o.what == kind::identical, r.compared += o.compared,
        r.differing += o.differing;
    if (o.what != kind::identical && r.detail.size() < 200)
      r.detail += " " + row.model + ": " +
                  (o.what == kind::refused ? o.detail : std::to_string(o.differing) + " differ");
  }
  REQUIRE_FALSE(all.empty());
  for (const auto& [id, r] : all) {
    std::printf("%-40s %zu of %zu files, %zu outputs, %zu differ%s\n", id.c_str(), r.identical,
                r.cases, r.compared, r.differing, r.detail.c_str());
    CHECK(r.identical == r.cases);
  }
}

TEST_CASE("docs/exactness.md and .csv are what this test run gives", "[models][exactness]") {
  if (!has_shared()) return octet_test::skip("no ../shared/models");
  const auto all = measure({});
  const auto made = [](const std::string& name, const std::string& text) {
    std::ofstream(std::string(OCTET_BINARY_DIR) + "/" + name) << text;
    std::ifstream f(std::string(OCTET_SOURCE_DIR) + "/docs/" + name);
    return std::pair(text, std::string{std::istreambuf_iterator<char>(f), {}});
  };
  const auto page = made("exactness.md", octet_test::exactness_page(all));
  const auto table = made("exactness.csv", octet_test::exactness_csv(all));
  INFO("stale: run ./dev generate exactness");
#ifdef OCTET_TEST_TORCH
  CHECK(page.first == page.second);
#endif
  const auto lines_of = [](const std::string& t) {
    std::set<std::string> lines;
    std::istringstream in(t);
    for (std::string line; std::getline(in, line);) {
#ifndef OCTET_TEST_TORCH
      if (line.starts_with("pytorch_")) continue;  // a build without the importer can't say
#endif
      lines.insert(line);
    }
    return lines;
  };
  const auto want = lines_of(table.first), have = lines_of(table.second);
  std::string differing;
  for (const auto& line : want)
    if (!have.contains(line)) differing += "+ " + line + "\n";
  for (const auto& line : have)
    if (!want.contains(line)) differing += "- " + line + "\n";
  if (differing.size() > 4000) differing = differing.substr(0, 4000) + "... and more";
  CHECK(differing == "");
}

TEST_CASE("lines for tests/known_differences.txt", "[.list]") {
  for (const auto& [id, r] : measure({}))
    if (r.identical != r.cases)
      std::printf(
          "%s  %s\n", id.c_str(),
          (std::to_string(r.differing) + " of " + std::to_string(r.compared) + " " + r.detail)
              .c_str());
}

TEST_CASE("every layer equals the framework's", "[models]") {
  if (!has_shared()) return octet_test::skip("no ../shared/models");
  const auto listed = known_differences();
  octet::plan_options o;
  o.keep_all = true;
  octet_test::runner run(o);
  std::size_t layers = 0;
  for (const auto& row : all_rows()) {
    if (row.layers.empty() || row.law != "tflite_ref" || !octet_test::has_loader(row.format) ||
        listed.count(row.law + " " + row.key))
      continue;
    const outcome r = run.run_layers(row);
    INFO(row.key << ": " << r.differing << " of " << r.compared << " layers differ, first "
                 << r.detail);
    CHECK(r.what == kind::identical);
    layers += r.compared;
  }
  std::printf("%zu layers compared\n", layers);
  REQUIRE(layers > 0);
}

TEST_CASE("files that the framework refuses give one clear error or run", "[models]") {
  if (!has_shared()) return octet_test::skip("no ../shared/models");
  octet_test::runner run{octet::plan_options{}};
  for (const auto& row : all_rows()) {
    if (row.expect != "reject" || !octet_test::has_loader(row.format)) continue;
    auto g = octet_test::load(row);
    if (g) {
      auto p = octet::try_compile(std::move(*g));
      if (!p) CHECK(p.error().message().find(row.model) != std::string::npos);
    } else {
      INFO(g.error().message());
      CHECK(g.error().message().find(row.model) != std::string::npos);
    }
  }
}
