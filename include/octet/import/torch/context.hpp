// What the interpreter and the emitter share: values, constants, the graph under construction, the
// first error, all unsupported operators.
#ifndef OCTET_IMPORT_TORCH_CONTEXT_HPP_
#define OCTET_IMPORT_TORCH_CONTEXT_HPP_

#include "octet/import/torch/archive.hpp"
#include "octet/import/torch/value.hpp"

OCTET_NAMESPACE_BEGIN
namespace torchscript {

class context {
 public:
  context(law l, const limits& m) : max(m), arithmetic(l) { g.arithmetic = l; }

  heap values;
  archive* files = nullptr;  // null: constants have no bytes (fuzzing)
  graph g;
  limits max;
  law arithmetic;
  std::string file,
      module;  // where the program is: "code/__torch__/m.py line 7", path of the running module
  std::int32_t line = 0;

  bool failed() const noexcept { return failed_; }
  const error_info& error() const noexcept { return error_; }
  /// Keeps the first error and gives the place in the code to it.
  value fail(error_info e) {
    if (!failed_) {
      if (e.node.empty()) e.node = place();
      error_ = std::move(e);
      failed_ = true;
    }
    return value::unknown();
  }
  value fail(errc code, std::string what, std::string found = {}, std::string supported = {}) {
    return fail(
        error_info{code, std::move(what), {}, {}, {}, std::move(found), std::move(supported)});
  }
  value invalid_here(std::string what, std::string found = {}, std::string supported = {}) {
    return fail(errc::invalid, std::move(what), std::move(found), std::move(supported));
  }
  value unsupported_here(std::string what, std::string found = {}, std::string supported = {}) {
    return fail(errc::unsupported, std::move(what), std::move(found), std::move(supported));
  }
  bool check(const status& s) {
    if (!s) fail(s.error());
    return !failed_;
  }
  /// An operator that octet has no form of: noted, and the program goes on with a value nobody
  /// knows, so that one error names them all.
  value missing_operator(const std::string& name) {
    for (auto& [n, where] : missing_)
      if (n == name) return value::unknown();
    missing_.emplace_back(name, place());
    return value::unknown();
  }
  const std::vector<std::pair<std::string, std::string>>& missing() const noexcept {
    return missing_;
  }

  std::string place() const {
    std::string s = module.empty() ? std::string() : "module " + module + ", ";
    return s + file + (line > 0 ? " line " + std::to_string(line) : "");
  }

  // ---- constants ----

  /// The elements of a constant, in row-major order of the axes `order` (all of them, outermost
  /// first). Strides are honoured; where they already have that order the archive's bytes are
  /// shared, not copied.
  constant_data elements(const tensor_data& t, std::span<const int> order) {
    const std::size_t width = size_of(dtype_of_scalar(t.type)),
                      count = static_cast<std::size_t>(t.elements());
    if (!t.constant()) {
      invalid_here("a tensor that must be a constant is computed");
      return {};
    }
    if (!files) {
      fail(errc::io, "no archive");
      return {};
    }
    auto read = files->read(t.storage->member);
    if (!read) {
      fail(read.error());
      return {};
    }
    constant_data d = std::move(*read);
    const std::size_t offset = static_cast<std::size_t>(t.offset) * width;
    bool in_order = true;
    std::int64_t expected = 1;
    for (std::size_t k = order.size(); k-- > 0;) {
      const auto axis = static_cast<std::size_t>(order[k]);
      in_order &= t.size[axis] == 1 || t.stride[axis] == expected;
      expected *= t.size[axis];
    }
    if (in_order && offset % alignment == 0 && d.bytes.size() >= offset + count * width)
      return {d.owner, d.bytes.subspan(offset, count * width)};
    copied_ = saturating_add(copied_, count * width);
    if (copied_ > max.total_bytes) {
      fail(errc::too_large, "constants together", std::to_string(copied_) + " bytes",
           std::to_string(max.total_bytes) + " bytes");
      return {};
    }
    auto to = std::make_shared<buffer>(Bytes(std::max<std::size_t>(count * width, 1)));
    std::vector<std::int64_t> at(order.size(), 0);
    std::int64_t from = t.offset;
    for (std::size_t i = 0; i < count; ++i) {
      // The unpickler has checked that every element lies within the storage, and the storage
      // within the member.
      std::memcpy(to->data() + i * width, d.bytes.data() + static_cast<std::size_t>(from) * width,
                  width);
      for (std::size_t k = order.size(); k-- > 0;) {
        const auto axis = static_cast<std::size_t>(order[k]);
        from += t.stride[axis];
        if (++at[k] < t.size[axis]) break;
        from -= t.stride[axis] * t.size[axis];
        at[k] = 0;
      }
    }
    const std::span<const std::byte> s{to->data(), count * width};
    return {std::move(to), s};
  }
  constant_data elements(const tensor_data& t) {
    int order[dims::max_rank];
    for (int i = 0; i < t.rank(); ++i) order[i] = i;
    return elements(t, std::span<const int>(order, t.size.size()));
  }
  /// Elements of a small constant of type T; empty after an error.
  template <class T> std::vector<T> numbers(const tensor_data& t) {
    if (dtype_of<T> != dtype_of_scalar(t.type)) {
      invalid_here("element type of a constant", std::string(name_of(t.type)),
                   std::string(octet::name_of(dtype_of<T>)));
      return {};
    }
    const constant_data d = elements(t);
    std::vector<T> v(failed_ ? 0 : d.bytes.size() / sizeof(T));
    if (!v.empty()) std::memcpy(v.data(), d.bytes.data(), v.size() * sizeof(T));
    return v;
  }
  /// The one element of a constant as a number.
  value scalar_of(const tensor_data& t) {
    if (!t.constant() || t.elements() != 1)
      return invalid_here("a number is taken from a tensor that is not a constant of one element");
    switch (t.type) {
      case scalar::f32:
        if (auto v = numbers<float>(t); !failed_) return value::of(static_cast<double>(v[0]));
        break;
      case scalar::f64:
        if (auto v = numbers<double>(t); !failed_) return value::of(v[0]);
        break;
      case scalar::s64:
        if (auto v = numbers<std::int64_t>(t); !failed_) return value::of(v[0]);
        break;
      case scalar::s32:
        if (auto v = numbers<std::int32_t>(t); !failed_) return value::of(std::int64_t{v[0]});
        break;
      case scalar::s16:
        if (auto v = numbers<std::int16_t>(t); !failed_) return value::of(std::int64_t{v[0]});
        break;
      case scalar::u8:
        if (auto v = numbers<std::uint8_t>(t); !failed_) return value::of(std::int64_t{v[0]});
        break;
      case scalar::s8:
        if (auto v = numbers<std::int8_t>(t); !failed_) return value::of(std::int64_t{v[0]});
        break;
      default:
        return unsupported_here("a number from a constant of this type",
                                std::string(name_of(t.type)));
    }
    return value::unknown();
  }
  /// Scales and zero points per channel become plain vectors, once.
  bool resolve_channels(tensor_data& t) {
    if (!t.channel_scales || !t.scales.empty()) return !failed_;
    t.scales = numbers<double>(*t.channel_scales);
    const auto z = numbers<std::int64_t>(*t.channel_zero_points);
    for (std::int64_t v : z) {
      if (v < INT32_MIN || v > INT32_MAX) {
        invalid_here("zero point", std::to_string(v));
        return false;
      }
      t.zero_points.push_back(static_cast<std::int32_t>(v));
    }
    return !failed_;
  }

 private:
  bool failed_ = false;
  error_info error_;
  std::vector<std::pair<std::string, std::string>> missing_;
  std::size_t copied_ = 0;
};

}  // namespace torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_CONTEXT_HPP_
