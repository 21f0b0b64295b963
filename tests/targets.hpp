// Which targets the tests of kernels compare with the references: all that the CPU can run, or
// those that the environment variable OCTET_TEST_ON names. tests/emulated/ sets it: an emulator
// takes minutes for what a CPU does in seconds, and the other targets run on the CPU itself.
#ifndef OCTET_TESTS_TARGETS_HPP_
#define OCTET_TESTS_TARGETS_HPP_

#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "octet/kernels/target.hpp"

namespace octet_test {

/// The SIMD targets among `usable` that are to be tested. A name in OCTET_TEST_ON (separated by
/// commas, as name_of prints them) that is not among them ends the program: a test of nothing must
/// not pass.
inline std::vector<octet::target> asked_for(std::span<const octet::target> usable) {
  std::vector<octet::target> all, only;
  for (const octet::target t : usable)
    if (t != octet::target::reference) all.push_back(t);
  const char* names = std::getenv("OCTET_TEST_ON");
  if (names == nullptr) return all;
  for (std::string_view rest = names; !rest.empty();) {
    const std::string_view name = rest.substr(0, rest.find(','));
    rest.remove_prefix(name.size() < rest.size() ? name.size() + 1 : name.size());
    const std::size_t before = only.size();
    for (const octet::target t : all)
      if (octet::name_of(t) == name) only.push_back(t);
    if (only.size() == before) {
      std::fprintf(stderr, "OCTET_TEST_ON: %.*s is no SIMD target that this CPU can run\n",
                   static_cast<int>(name.size()), name.data());
      std::exit(2);
    }
  }
  return only;
}
/// True in an emulator: its one CPU runs several threads only in turn.
inline bool emulated() { return std::getenv("OCTET_TEST_ON") != nullptr; }
inline const std::vector<octet::target>& simd_targets() {
  static const std::vector<octet::target> chosen = asked_for(octet::usable_targets());
  return chosen;
}

}  // namespace octet_test

#endif  // OCTET_TESTS_TARGETS_HPP_
