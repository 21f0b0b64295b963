// Label files and the best k of an output.
#ifndef OCTET_TOOLS_LABELS_HPP_
#define OCTET_TOOLS_LABELS_HPP_

#include <algorithm>
#include <numeric>

#include "npy.hpp"
#include "octet/numerics/half.hpp"

namespace octet::tools {

/// One label a line; the end of the last line may be missing. Carriage returns are dropped.
inline result<std::vector<std::string>> read_labels(const std::string& path) {
  auto bytes = read_file(path, std::size_t{1} << 24);
  if (!bytes) return bytes.error();
  std::vector<std::string> labels;
  std::string line;
  for (std::byte b : *bytes) {
    const char c = static_cast<char>(b);
    if (c == '\n') {
      labels.push_back(std::exchange(line, {}));
    } else if (c != '\r') {
      line += c;
    }
  }
  if (!line.empty()) labels.push_back(line);
  if (labels.empty()) return file_error(errc::malformed, path, "no labels in the file");
  return labels;
}

/// Makes a label list fit `outputs` scores. ImageNet lists exist with and without a first
/// "background"; both fit both kinds of network.
inline status fit_labels(std::vector<std::string>& labels, std::size_t outputs,
                         const std::string& path) {
  if (labels.size() == outputs + 1 && labels.front() == "background")
    labels.erase(labels.begin());
  else if (labels.size() + 1 == outputs && labels.front() != "background")
    labels.insert(labels.begin(), "background");
  if (labels.size() != outputs)
    return file_error(errc::invalid, path, "number of labels", std::to_string(labels.size()),
                      std::to_string(outputs) + ", the scores of the output");
  return unit{};
}

/// Element i of a tensor as the real number it stands for.
inline double real_value(const array& a, std::size_t i, double scale, std::int32_t zero_point) {
  const auto q = [&](auto v) { return scale * (static_cast<double>(v) - zero_point); };
  switch (a.type) {
    case dtype::f32: return static_cast<double>(a.at<float>(i));
    case dtype::f64: return a.at<double>(i);
    case dtype::s8: return q(a.at<std::int8_t>(i));
    case dtype::u8:
    case dtype::boolean: return q(a.at<std::uint8_t>(i));
    case dtype::s16: return q(a.at<std::int16_t>(i));
    case dtype::u16: return q(a.at<std::uint16_t>(i));
    case dtype::s32: return q(a.at<std::int32_t>(i));
    case dtype::u32: return q(a.at<std::uint32_t>(i));
    case dtype::s64: return q(a.at<std::int64_t>(i));
    case dtype::u64: return q(a.at<std::uint64_t>(i));
    case dtype::f16: return static_cast<double>(numerics::from_f16(a.at<std::uint16_t>(i)));
  }
  return 0;
}

/// Indices of the k largest values, largest first; of equal ones the lower index first. NaNs come
/// last.
inline std::vector<std::size_t> top_k(const std::vector<double>& values, std::size_t k) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  k = std::min(k, order.size());
  const auto key = [&](std::size_t i) {
    return values[i] == values[i] ? values[i] : -std::numeric_limits<double>::infinity();
  };
  std::partial_sort(
      order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k), order.end(),
      [&](std::size_t a, std::size_t b) { return key(a) != key(b) ? key(a) > key(b) : a < b; });
  order.resize(k);
  return order;
}

/// How two arrays of the same type and shape differ, byte for byte (so NaN equals NaN of the same
/// bits, and -0 is not 0).
struct difference {
  std::size_t elements = 0, equal = 0, first = 0;
};
inline difference compare(const array& a, const array& b) {
  difference d;
  d.elements = a.elements();
  const std::size_t size = size_of(a.type);
  for (std::size_t i = d.elements; i-- > 0;) {
    if (std::memcmp(a.bytes.data() + i * size, b.bytes.data() + i * size, size) == 0)
      ++d.equal;
    else
      d.first = i;
  }
  return d;
}

}  // namespace octet::tools

#endif  // OCTET_TOOLS_LABELS_HPP_
