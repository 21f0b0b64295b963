#include <cstdio>

#include "commands.hpp"
#include "file.hpp"
#include "kernel_list.hpp"
#include "octet/kernels/target.hpp"

namespace octet::tools {
namespace {

std::string line_of(const std::string& path) {
  auto text = read_file(path, 4096);
  if (!text) return {};
  std::string s(reinterpret_cast<const char*>(text->data()), text->size());
  while (!s.empty() && s.back() == '\n') s.pop_back();
  return s;
}

const char* compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#elif defined(__GNUC__)
  return "g++ " __VERSION__;
#else
  return "?";
#endif
}

}  // namespace

int kernel_list() {
  std::printf("%-28s %-18s %-20s %-34s %s\n", "operator", "types", "target", "kernel", "roundings");
  for (const kernel_row& r : kernel_rows())
    std::printf("%-28s %-18s %-20s %-34s %s\n", r.node.c_str(),
                (std::string(name_of(r.type)) + " -> " + std::string(name_of(r.out))).c_str(),
                std::string(name_of(r.on)).c_str(), r.kernel.c_str(), r.roundings.c_str());
  return done;
}

int info(const info_options& o) {
  const auto wanted = target_of(o.target);
  if (!wanted) return fail(bad_usage, "target " + o.target + ": no such target");
  if (o.kernels) return kernel_list();
  std::printf("octet     " OCTET_VERSION_STRING "\n");
  std::printf("compiler  %s\n", compiler());
  std::string usable;
  for (const target t : usable_targets())
    usable += (usable.empty() ? "" : ", ") + std::string(name_of(t));
  std::printf("targets   %s\n", usable.c_str());
  const target chosen = *wanted == target::automatic ? best_target() : *wanted;
  std::printf("chosen    %s%s\n", std::string(name_of(chosen)).c_str(),
              can_run(chosen) ? "" : " (not usable here)");
  std::string caches;
  for (int i = 0; i < 8; ++i) {
    const std::string at = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(i) + "/";
    const std::string size = line_of(at + "size");
    if (size.empty()) break;
    const std::string type = line_of(at + "type");
    caches += (caches.empty() ? "" : ", ") + std::string("L") + line_of(at + "level") +
              (type == "Unified" ? ""
               : type == "Data"  ? "d"
                                 : "i") +
              " " + size;
  }
  std::printf("caches    %s\n", caches.empty() ? "unknown" : caches.c_str());
  std::printf("threads   %u (one per physical core)\n", physical_cores());
  std::printf("formats  ");
  for (const char* f : format_endings()) std::printf(" %s", f);
  std::printf("\n");
  return can_run(chosen) ? done : bad_input;
}

}  // namespace octet::tools
