// docs/exactness.md and docs/exactness.csv as text, from what a test run measured.
#ifndef OCTET_TESTS_EXACTNESS_PAGE_HPP_
#define OCTET_TESTS_EXACTNESS_PAGE_HPP_

#include <cstddef>
#include <map>
#include <string>

namespace octet_test {

/// What all cases of one model file gave under one law.
struct exactness_record {
  std::string law, file;      // the file's stable name: "tflite/ops/add_s8.tflite"
  std::string expect;         // what its manifest promises: "identical", "close", "best effort"
  std::size_t cases = 0;      // calls of the model
  std::size_t identical = 0;  // calls with every output equal
  std::size_t close = 0;      // of the others, those within the tolerance that the manifest gives
  std::size_t compared = 0, differing = 0;  // raw outputs
  std::string detail;  // where the first difference arises: node, rounding, reason; or the refusal
};
/// By law and file, so that both texts are sorted the same way.
using exactness_records = std::map<std::string, exactness_record>;

/// The page: totals, counts by folder and law, every file that differs.
std::string exactness_page(const exactness_records& all);
/// One row a file and law, with a heading: fields that hold commas or quotes are quoted.
std::string exactness_csv(const exactness_records& all);

}  // namespace octet_test

#endif  // OCTET_TESTS_EXACTNESS_PAGE_HPP_
