// Rows of a MANIFEST.json (the shared models and tests/goldens have the same form) and what running
// one gives.
#ifndef OCTET_TESTS_MODELS_HPP_
#define OCTET_TESTS_MODELS_HPP_

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "npy.hpp"
#include "octet/import/common/file.hpp"
#include "octet/runtime/session.hpp"

namespace octet_test {

struct model_row {
  std::filesystem::path folder;  // where the files are
  std::string key;               // "tflite/ops/add_s8.tflite": stable name in lists and documents
  std::string format, model, law, expect, layers, params;
  std::vector<std::string> inputs, outputs;
  int step = 0;  // > 0: a further call of the same program
  // Rows marked close: largest and mean |x - reference| over the range of the reference's output;
  // negative: none is given, and the row counts as identical.
  double tolerance = -1, tolerance_mean = -1;
  std::string name() const { return key + (inputs.empty() ? "" : " " + inputs[0]); }
};

inline std::vector<model_row> read_manifest(const std::filesystem::path& root,
                                            const std::string& prefix = {}) {
  std::vector<model_row> rows;
  const auto file = octet::import::read_file((root / "MANIFEST.json").string());
  if (!file) return rows;
  const auto json =
      nlohmann::json::parse(reinterpret_cast<const char*>(file->bytes.data()),
                            reinterpret_cast<const char*>(file->bytes.data()) + file->bytes.size());
  for (const auto& j : json) {
    model_row r;
    const std::string folder = j["folder"];
    r.folder = root / folder;
    r.format = j["format"], r.model = j["model"], r.law = j["law"], r.expect = j["expect"];
    r.key = prefix + (folder == "." ? "" : folder + "/") + r.model;
    r.layers = j.value("layers", "");
    r.params = j.value("params", "");
    r.step = j.value("step", 0);
    r.tolerance = j.value("tolerance", -1.), r.tolerance_mean = j.value("tolerance_mean", -1.);
    for (const auto& i : j["inputs"]) r.inputs.push_back(i);
    for (const auto& o : j["outputs"]) r.outputs.push_back(o);
    rows.push_back(std::move(r));
  }
  // The rows of a program stand together: steps are consecutive calls of one session.
  std::stable_sort(rows.begin(), rows.end(), [](const model_row& a, const model_row& b) {
    return std::tie(a.key, a.law) < std::tie(b.key, b.law);
  });
  return rows;
}

/// The law's name in rows whose graph is loaded as the file writes it.
inline constexpr const char* as_written = "onnxruntime_as_written";
/// Rows once more for graphs as written, where ONNX Runtime's results without its optimizations lie
/// beside the others: NAME.output_dis0.npy beside NAME.output0.npy.
inline std::vector<model_row> as_written_rows(const std::vector<model_row>& rows) {
  std::vector<model_row> list;
  for (model_row r : rows) {
    bool there = !r.outputs.empty();
    for (std::string& o : r.outputs)
      if (const auto at = o.rfind(".output"); at != o.npos) {
        o.insert(at + 7, "_dis");
        there = there && std::filesystem::exists(r.folder / o);
      }
    if (!there) continue;
    r.law = as_written;
    list.push_back(std::move(r));
  }
  return list;
}

/// Every row there is: tests/goldens and examples/digits of octet's `source`, the shared models in
/// the folder `models` and the sets beside it, and ONNX graphs as written. Sets that are not there
/// have no rows.
inline std::vector<model_row> all_rows(const std::filesystem::path& source,
                                       const std::filesystem::path& models) {
  std::vector<model_row> rows;
  const auto take = [&](std::vector<model_row> more) {
    for (auto& r : more) rows.push_back(std::move(r));
  };
  take(read_manifest(source / "tests/goldens", "goldens/"));
  take(read_manifest(source / "examples/digits", "digits/"));
  take(read_manifest(models));
  for (const std::string set : {"reports", "networks_more", "onnx_nets"})
    take(read_manifest(models / ".." / set, set + "/"));
  take(as_written_rows(rows));
  return rows;
}

/// What one row gave on one target.
struct outcome {
  enum class kind { identical, close, differs, refused } what = kind::refused;
  std::size_t differing = 0, compared = 0;
  std::string detail;  // message of the refusal, or what differs
};

/// How far floats are from a reference, over the reference's range (its largest magnitude where
/// that is 0, else 1). `apart`: NaN or infinities stand in other places.
struct distance {
  double most = 0, mean = 0;
  bool apart = false;
};
distance distance_of(octet::const_tensor_view y, octet::const_tensor_view reference);

inline std::size_t count_differences(octet::const_tensor_view a, octet::const_tensor_view b) {
  const std::size_t size = size_of(a.type), n = a.shape.elements().value;
  std::size_t count = 0;
  for (std::size_t i = 0; i < n; ++i)
    count += std::memcmp(static_cast<const std::byte*>(a.data) + i * size,
                         static_cast<const std::byte*>(b.data) + i * size, size) != 0;
  return count;
}

octet::law law_from(const std::string& name);
/// Reads the row's file with the loader of its format and the row's law; input shapes where the
/// format does not record them come from the row's inputs.
octet::result<octet::graph> load(const model_row& row);
bool has_loader(const std::string& format);

/// Runs rows one after the other; consecutive rows of one model share graph and plan, and the
/// session where step > 0.
class runner {
 public:
  explicit runner(octet::plan_options options) : options_(options) {}
  outcome run(const model_row& row);
  /// Differences between the layers of the run and the CRCs of the row's layers file: count and the
  /// first. Needs keep_all.
  outcome run_layers(const model_row& row);
  const octet::plan* plan() const { return plan_ ? &*plan_ : nullptr; }

 private:
  bool prepare(const model_row& row, outcome& o);
  bool assign_inputs(const model_row& row, outcome& o, std::size_t call = 0);
  /// A row with several times the inputs that the program has: consecutive calls. Its outputs are
  /// those of all calls, in no fixed order, so each result takes the stored one that it equals.
  outcome run_calls(const model_row& row, std::size_t calls);
  octet::plan_options options_;
  std::string loaded_;
  std::string refusal_;
  std::optional<octet::plan> plan_;
  std::unique_ptr<octet::session> session_;
};

}  // namespace octet_test

#endif  // OCTET_TESTS_MODELS_HPP_
