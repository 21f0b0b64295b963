// Arrays in files, by the file's ending: .npy (numpy), .csv (numbers as text), .bin (the bytes of
// the elements, little-endian, as the model lays them out). All hold raw values: of a quantized
// tensor the integers, not the reals they stand for.
#ifndef OCTET_TOOLS_ARRAYS_HPP_
#define OCTET_TOOLS_ARRAYS_HPP_

#include <charconv>

#include "npy.hpp"

namespace octet::tools {

inline constexpr const char* array_endings = ".npy, .csv, .bin";
inline bool is_array_ending(const std::string& ending) {
  return ending == ".npy" || ending == ".csv" || ending == ".bin";
}

/// `n` tensors of this shape one after another: along the first axis; scalars become a list.
/// Empty where an extent would not fit.
inline std::optional<dims> stacked(const dims& one, std::size_t n) {
  dims all = one;
  if (n == 1) return all;
  if (all.rank == 0) all.push_back(1);
  const std::uint64_t extent = static_cast<std::uint64_t>(all[0]) * n;
  if (extent > static_cast<std::uint64_t>(INT32_MAX)) return std::nullopt;
  all.extent[0] = static_cast<std::int32_t>(extent);
  return all;
}

namespace detail {

/// Calls `f` with a value of the type's C++ type; false where files of numbers have no such type.
template <class F> bool with_type(dtype t, F&& f) {
  switch (t) {
    case dtype::f32: return f(float{}), true;
    case dtype::f64: return f(double{}), true;
    case dtype::s8: return f(std::int8_t{}), true;
    case dtype::u8: return f(std::uint8_t{}), true;
    case dtype::s16: return f(std::int16_t{}), true;
    case dtype::u16: return f(std::uint16_t{}), true;
    case dtype::s32: return f(std::int32_t{}), true;
    case dtype::u32: return f(std::uint32_t{}), true;
    case dtype::s64: return f(std::int64_t{}), true;
    case dtype::u64: return f(std::uint64_t{}), true;
    case dtype::boolean: return f(bool{}), true;
    case dtype::f16: return false;
  }
  return false;
}

}  // namespace detail

/// Numbers separated by commas, semicolons, spaces or lines, as values of the given type; integers
/// must be integers of its range.
inline result<std::vector<std::byte>> parse_csv(std::string_view text, dtype type,
                                                const std::string& name) {
  std::vector<std::byte> bytes;
  std::size_t line = 1;
  std::string wrong;
  const bool known = detail::with_type(type, [&](auto zero) {
    using T = decltype(zero);
    using number = std::conditional_t<std::is_same_v<T, bool>, std::uint8_t, T>;
    for (std::size_t at = 0; at < text.size() && wrong.empty();) {
      const char c = text[at];
      if (c == '\n') ++line;
      if (c == ',' || c == ';' || c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        ++at;
        continue;
      }
      if (c == '+') ++at;
      const std::size_t end = std::min(text.find_first_of(",; \t\r\n", at), text.size());
      number v{};
      const auto r = std::from_chars(text.data() + at, text.data() + end, v);
      if (r.ec != std::errc() || r.ptr != text.data() + end || (std::is_same_v<T, bool> && v > 1))
        wrong = std::string(text.substr(at, std::min<std::size_t>(end - at, 40)));
      const auto* p = reinterpret_cast<const std::byte*>(&v);
      bytes.insert(bytes.end(), p, p + sizeof v);
      at = end;
    }
  });
  if (!known)
    return file_error(errc::unsupported, name, "csv: element type", std::string(name_of(type)));
  if (!wrong.empty())
    return file_error(errc::malformed, name, "csv: line " + std::to_string(line), wrong,
                      "numbers of type " + std::string(name_of(type)));
  return bytes;
}

/// One line for each index of the axes but the last. Numbers read back as the same values.
inline result<std::string> csv_text(const const_tensor_view& v, const std::string& name) {
  std::string text;
  const std::size_t n = v.shape.elements().value;
  const auto columns = static_cast<std::size_t>(v.shape.back(0));
  const bool known = detail::with_type(v.type, [&](auto zero) {
    using T = decltype(zero);
    for (std::size_t i = 0; i < n; ++i) {
      T x;
      std::memcpy(&x, static_cast<const std::byte*>(v.data) + i * sizeof(T), sizeof(T));
      char b[40];
      char* end = b;
      if constexpr (std::is_same_v<T, bool>)
        *end++ = x ? '1' : '0';
      else
        end = std::to_chars(b, b + sizeof b, x).ptr;
      text.append(b, end);
      text += (i + 1) % columns == 0 ? '\n' : ',';
    }
  });
  if (!known)
    return file_error(errc::unsupported, name, "csv: element type", std::string(name_of(v.type)));
  return text;
}

/// An array for a tensor of this type and shape, or for several of them one after another. .csv and
/// .bin, which say neither, take both from the tensor; `raw`: as .bin, whatever the ending.
inline result<array> read_array(const std::string& path, dtype type, const dims& shape,
                                bool raw = false) {
  const std::string ending = raw ? ".bin" : ending_of(path);
  if (ending == ".npy") return read_npy(path);
  if (!is_array_ending(ending))
    return file_error(errc::unsupported, path, "file of an array", ending, array_endings);
  auto bytes = read_file(path, ending == ".csv" ? std::size_t{1} << 28 : std::size_t{1} << 31);
  if (!bytes) return bytes.error();
  if (ending == ".csv") {
    bytes = parse_csv({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, type, path);
    if (!bytes) return bytes.error();
  }
  const std::size_t one = bytes_of(shape.elements(), type).value;
  const std::size_t n = one == 0 ? 1 : bytes->size() / one;
  const auto all = n == 0 ? std::nullopt : stacked(shape, n);
  if (!all || n * one != bytes->size())
    return file_error(errc::invalid, path, "size of the array",
                      std::to_string(bytes->size() / size_of(type)) + " elements, " +
                          std::to_string(bytes->size()) + " bytes",
                      std::to_string(shape.elements().value) + " elements of " +
                          std::string(name_of(type)) + to_string(shape) + ", or a multiple");
  return array{type, *all, std::move(*bytes)};
}

/// Writes by the ending, which is_array_ending() must have accepted.
inline status write_array(const std::string& path, const const_tensor_view& v) {
  const std::string ending = ending_of(path);
  if (ending == ".npy") return write_npy(path, v);
  if (ending == ".bin")
    return write_file(path, std::span(static_cast<const std::byte*>(v.data), v.size_bytes()));
  auto text = csv_text(v, path);
  if (!text) return text.error();
  return write_file(path, *text);
}

/// The tensors of this type and shape that an array holds: itself, or its parts along the first
/// axis. Empty where it is neither.
inline std::vector<array> parts_of(array all, dtype type, const dims& shape) {
  std::vector<array> parts;
  if (all.type != type) return parts;
  if (all.shape == shape) {
    parts.push_back(std::move(all));
    return parts;
  }
  const std::int32_t first = shape.rank > 0 ? shape[0] : 1;
  if (all.shape.rank == 0 || first < 1 || all.shape[0] < 1 || all.shape[0] % first != 0)
    return parts;
  const auto n = static_cast<std::size_t>(all.shape[0] / first);
  const auto wanted = stacked(shape, n);
  if (!wanted || !(*wanted == all.shape)) return parts;
  const std::size_t one = bytes_of(shape.elements(), type).value;
  for (std::size_t i = 0; i < n; ++i) {
    const auto from = all.bytes.begin() + static_cast<std::ptrdiff_t>(i * one);
    parts.push_back({type, shape, {from, from + static_cast<std::ptrdiff_t>(one)}});
  }
  return parts;
}

/// Whether arrays lie one after another in one: same type, same extents but the first.
inline bool can_stack(const std::vector<array>& parts) {
  std::uint64_t rows = 0;
  for (const array& a : parts) {
    dims d = a.shape;
    if (a.type != parts.front().type || d.rank != parts.front().shape.rank) return false;
    if (d.rank > 0) {
      rows += static_cast<std::uint64_t>(d[0]);
      d[0] = parts.front().shape[0];
    }
    if (!(d == parts.front().shape)) return false;
  }
  return rows <= static_cast<std::uint64_t>(INT32_MAX);
}
/// Arrays that can_stack(), one after another.
inline array stack_of(const std::vector<array>& parts) {
  array all{parts.front().type, parts.front().shape, {}};
  std::int32_t rows = 0;
  for (const array& a : parts) {
    all.bytes.insert(all.bytes.end(), a.bytes.begin(), a.bytes.end());
    rows += a.shape.rank == 0 ? 1 : a.shape[0];
  }
  if (all.shape.rank > 0)
    all.shape[0] = rows;
  else if (parts.size() > 1)
    all.shape.push_back(rows);
  return all;
}

}  // namespace octet::tools

#endif  // OCTET_TOOLS_ARRAYS_HPP_
