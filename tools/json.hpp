// JSON as the commands write it. Slow to compile: included by the commands that write it only.
#ifndef OCTET_TOOLS_JSON_HPP_
#define OCTET_TOOLS_JSON_HPP_

#include <nlohmann/json.hpp>

#include "cost.hpp"
#include "file.hpp"

namespace octet::tools {

using json = nlohmann::ordered_json;

/// Two spaces a level; bytes that are not UTF-8 become U+FFFD, numbers that are not finite null.
std::string text_of(const json& j);
/// Writes to a file, or to standard output for "-".
status put_json(const std::string& to, const json& j);

json json_of(const dims& d);
/// Name, type, shape and, where it has them, scale and zero point: numbers per tensor, lists per
/// channel.
json json_of(const tensor& t);
/// A count as an integer; over 2^63 as the float it is.
json whole(double v);
json json_of(const totals& t);

}  // namespace octet::tools

#endif  // OCTET_TOOLS_JSON_HPP_
