// octet info: what this build and this CPU have.
#include <cstdio>

#include "commands.hpp"
#include "json.hpp"
#include "kernel_list.hpp"
#include "octet/kernels/target.hpp"

namespace octet::tools {
namespace {

std::string line_of(const std::string& path) {
  auto text = read_head(path, 4096);
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

int kernel_list(const info_options& o) {
  const bool text = o.json != "-";
  json list = json::array();
  if (text)
    std::printf("%-28s %-18s %-20s %-34s %s\n", "operator", "types", "target", "kernel",
                "roundings");
  for (const kernel_row& r : kernel_rows()) {
    if (text)
      std::printf("%-28s %-18s %-20s %-34s %s\n", r.node.c_str(),
                  (std::string(name_of(r.type)) + " -> " + std::string(name_of(r.out))).c_str(),
                  std::string(name_of(r.on)).c_str(), r.kernel.c_str(), r.roundings.c_str());
    if (!o.json.empty())
      list.push_back({{"operator", r.node},
                      {"input_type", name_of(r.type)},
                      {"output_type", name_of(r.out)},
                      {"target", name_of(r.on)},
                      {"kernel", r.kernel},
                      {"roundings", r.roundings}});
  }
  if (!o.json.empty())
    if (auto w =
            put_json(o.json, {{"version", OCTET_VERSION_STRING}, {"kernels", std::move(list)}});
        !w)
      return fail(w.error());
  return done;
}

}  // namespace

int info(const info_options& o) {
  const auto wanted = target_of(o.target);
  if (!wanted) return fail(bad_usage, "target " + o.target + ": no such target");
  if (o.kernels) return kernel_list(o);
  std::vector<std::string> targets, caches, formats;
  for (const target t : usable_targets()) targets.emplace_back(name_of(t));
  const target chosen = *wanted == target::automatic ? best_target() : *wanted;
  for (int i = 0; i < 8; ++i) {
    const std::string at = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(i) + "/";
    const std::string size = line_of(at + "size");
    if (size.empty()) break;
    const std::string type = line_of(at + "type");
    caches.push_back(std::string("L") + line_of(at + "level") +
                     (type == "Unified" ? ""
                      : type == "Data"  ? "d"
                                        : "i") +
                     " " + size);
  }
  for (const char* f : format_endings()) formats.emplace_back(f);
  const auto joined = [](const std::vector<std::string>& list, const char* between) {
    std::string text;
    for (const std::string& s : list) text += (text.empty() ? "" : between) + s;
    return text;
  };
  if (o.json != "-") {
    std::printf("octet     " OCTET_VERSION_STRING "\n");
    std::printf("compiler  %s\n", compiler());
    std::printf("targets   %s\n", joined(targets, ", ").c_str());
    std::printf("chosen    %s%s\n", std::string(name_of(chosen)).c_str(),
                can_run(chosen) ? "" : " (not usable here)");
    std::printf("caches    %s\n", caches.empty() ? "unknown" : joined(caches, ", ").c_str());
    std::printf("threads   %u (one per physical core)\n", physical_cores());
    std::printf("formats   %s\n", joined(formats, " ").c_str());
  }
  if (!o.json.empty())
    if (auto w = put_json(o.json, {{"version", OCTET_VERSION_STRING},
                                   {"compiler", compiler()},
                                   {"targets", targets},
                                   {"chosen", name_of(chosen)},
                                   {"usable", can_run(chosen)},
                                   {"caches", caches},
                                   {"threads", physical_cores()},
                                   {"formats", formats}});
        !w)
      return fail(w.error());
  return can_run(chosen) ? done : bad_input;
}

}  // namespace octet::tools
