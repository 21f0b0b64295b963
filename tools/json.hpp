// JSON as the commands write it. Slow to compile: included by the commands that write it only.
#ifndef OCTET_TOOLS_JSON_HPP_
#define OCTET_TOOLS_JSON_HPP_

#include <cstdio>
#include <nlohmann/json.hpp>

#include "cost.hpp"
#include "file.hpp"

namespace octet::tools {

using json = nlohmann::ordered_json;

/// Two spaces a level; bytes that are not UTF-8 become U+FFFD, numbers that are not finite null.
inline std::string text_of(const json& j) {
  return j.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}
/// Writes to a file, or to standard output for "-".
inline status put_json(const std::string& to, const json& j) {
  const std::string text = text_of(j);
  if (to != "-") return write_file(to, text);
  std::fwrite(text.data(), 1, text.size(), stdout);  // main checks stdout at its end
  return unit{};
}

inline json json_of(const dims& d) {
  json j = json::array();
  for (std::int32_t e : d) j.push_back(e);
  return j;
}
/// Name, type, shape and, where it has them, scale and zero point: numbers per tensor, lists per
/// channel.
inline json json_of(const tensor& t) {
  json j{{"name", t.name}, {"type", name_of(t.type)}, {"shape", json_of(t.shape)}};
  if (t.scales.size() == 1) {
    j["scale"] = t.scales[0];
    j["zero_point"] = t.zero_points.empty() ? 0 : t.zero_points[0];
  } else if (!t.scales.empty()) {
    j["scales"] = t.scales;
    j["zero_points"] = t.zero_points;
    j["axis"] = t.axis;
  }
  return j;
}
/// A count as an integer; over 2^63 as the float it is.
inline json whole(double v) { return v < 9e18 ? json(static_cast<std::uint64_t>(v)) : json(v); }
inline json json_of(const totals& t) {
  return {{"operators", t.operators},
          {"parameters", whole(t.parameters)},
          {"parameter_bytes", whole(t.parameter_bytes)},
          {"macs", whole(t.macs)},
          {"bytes_moved", whole(t.bytes_moved)}};
}

}  // namespace octet::tools

#endif  // OCTET_TOOLS_JSON_HPP_
