// Every file of the shared models, of tests/goldens and examples/digits that octet has a loader
// for, on every target this CPU can run, bit for bit. tests/known_differences.txt lists what is not
// identical yet and why; the list may only shrink: a listed row that has become identical fails
// too.
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

/// "law file" -> where it begins and why.
std::map<std::string, std::string> known_differences() {
  std::map<std::string, std::string> s;
  std::ifstream f(std::string(OCTET_SOURCE_DIR) + "/tests/known_differences.txt");
  for (std::string line; std::getline(f, line);)
    if (!line.empty() && line[0] != '#') {
      const auto end = line.find(' ', line.find(' ') + 1), note = line.find_first_not_of(' ', end);
      s[line.substr(0, end)] = note == std::string::npos ? std::string() : line.substr(note);
    }
  return s;
}

std::vector<model_row> all_rows() {
  auto rows =
      octet_test::read_manifest(std::string(OCTET_SOURCE_DIR) + "/tests/goldens", "goldens/");
  for (auto& r :
       octet_test::read_manifest(std::string(OCTET_SOURCE_DIR) + "/examples/digits", "digits/"))
    rows.push_back(std::move(r));
  for (auto& r : octet_test::read_manifest(OCTET_MODELS)) rows.push_back(std::move(r));
  return rows;
}

/// Runs all rows that `wanted` takes and checks them against the list; returns the number of
/// identical rows.
template <class F> std::size_t check_rows(octet::plan_options options, F&& wanted) {
  const auto listed = known_differences();
  octet_test::runner run(options);
  std::size_t identical = 0;
  std::set<std::string> bad, good, seen;
  for (const auto& row : all_rows()) {
    if (!octet_test::has_loader(row.format) || row.expect == "reject" || !wanted(row)) continue;
    const std::string id = row.law + " " + row.key;
    const outcome o = run.run(row);
    seen.insert(id);
    if (o.what == kind::identical) {
      ++identical;
      good.insert(id);
      continue;
    }
    bad.insert(id);
    if (listed.count(id)) continue;
    UNSCOPED_INFO(id << " " << (row.inputs.empty() ? "" : row.inputs[0]) << ": "
                     << (o.what == kind::refused ? "refused: "
                                                 : std::to_string(o.differing) + " of " +
                                                       std::to_string(o.compared) + " differ ")
                     << o.detail);
    CHECK(o.what == kind::identical);
  }
  for (const auto& id : seen)
    if (listed.count(id) && !bad.count(id)) {
      UNSCOPED_INFO(id << " is identical now: take it off tests/known_differences.txt");
      CHECK_FALSE(listed.count(id));
    }
  return identical;
}

/// What each file gives under its law, with the node at which the first difference arises.
octet_test::exactness_records measure(octet::plan_options options) {
  const auto listed = known_differences();
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

/// Big enough that the references take seconds.
bool big(const model_row& r) {
  std::error_code e;
  return std::filesystem::file_size(r.folder / r.model, e) > 1000000;
}

}  // namespace

TEST_CASE("files give the framework's bits on the best target", "[models]") {
  const std::size_t n = check_rows({}, [](const model_row&) { return true; });
  std::printf("target %s: %zu rows identical\n", std::string(name_of(octet::best_target())).c_str(),
              n);
  REQUIRE(n > 0);
  if (!has_shared()) std::printf("SKIPPED the shared models: %s is absent\n", "OCTET_MODELS");
}

TEST_CASE("files give the same bits on every other target", "[models]") {
  std::size_t targets = 0;
  for (octet::target t : octet::usable_targets()) {
    if (t == octet::best_target()) continue;
    octet::plan_options o;
    o.on = t;
    const bool plain = t == octet::target::reference;
    const std::size_t n = check_rows(o, [&](const model_row& r) {
      return !plain || !big(r) || r.key.find("@") == std::string::npos;
    });
    std::printf("target %s: %zu rows identical\n", std::string(name_of(t)).c_str(), n);
    REQUIRE(n > 0);
    ++targets;
  }
  REQUIRE(targets + 1 == octet::usable_targets().size());
}

TEST_CASE("files give the same bits with two threads", "[models]") {
  octet::plan_options o;
  o.threads = 2;
  REQUIRE(check_rows(o, [](const model_row& r) {
            return r.key.find("networks/") != std::string::npos || r.key.find("goldens/") == 0 ||
                   r.key.find("digits/") == 0 || r.format != "tflite";
          }) > 0);
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
