// What every command that writes JSON shares, compiled once: nlohmann-json's writer takes seconds.
#include "json.hpp"

#include <cstdio>

namespace octet::tools {

std::string text_of(const json& j) {
  return j.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}
status put_json(const std::string& to, const json& j) {
  const std::string text = text_of(j);
  if (to != "-") return write_file(to, text);
  std::fwrite(text.data(), 1, text.size(), stdout);  // main checks stdout at its end
  return unit{};
}

json json_of(const dims& d) {
  json j = json::array();
  for (std::int32_t e : d) j.push_back(e);
  return j;
}
json json_of(const tensor& t) {
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
json whole(double v) { return v < 9e18 ? json(static_cast<std::uint64_t>(v)) : json(v); }
json json_of(const totals& t) {
  return {{"operators", t.operators},
          {"parameters", whole(t.parameters)},
          {"parameter_bytes", whole(t.parameter_bytes)},
          {"macs", whole(t.macs)},
          {"bytes_moved", whole(t.bytes_moved)}};
}

}  // namespace octet::tools
