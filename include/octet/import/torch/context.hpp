// What the interpreter and the emitter share: values, constants, the graph under construction, the
// place in the program, all unsupported operators.
#ifndef OCTET_IMPORT_TORCH_CONTEXT_HPP_
#define OCTET_IMPORT_TORCH_CONTEXT_HPP_

#include <optional>

#include "octet/import/common/builder.hpp"
#include "octet/import/torch/archive.hpp"
#include "octet/import/torch/refused.hpp"
#include "octet/import/torch/value.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

class context {
 public:
  context(std::string file_name, law arithmetic, const limits& l, std::size_t file_bytes = 0)
      : build(std::move(file_name), arithmetic, l, file_bytes) {}

  heap values;
  archive* files = nullptr;  // null: constants have no bytes (fuzzing)
  graph_builder build;
  missing_operators missing;
  /// Octet's own: a row asked for a parameter that its schema does not have. The emitter refuses
  /// the file, whatever the row has made of None.
  std::optional<error_info> mistake;
  std::string file,
      module;  // where the program is: "code/__torch__/m.py line 7", path of the running module
  std::int32_t line = 0;

  std::string place() const {
    std::string s = module.empty() ? std::string() : "module " + module + ", ";
    return s + file + (line > 0 ? " line " + std::to_string(line) : "");
  }
  /// The program goes on with a value nobody knows, so that one error names all that are missing.
  value missing_operator(const std::string& name) {
    const std::string_view why = why_refused(name);
    missing.add(name, place() + (why.empty() ? "" : ": ") + std::string(why));
    return value::unknown();
  }

  // ---- constants ----

  /// The elements of a constant, in row-major order of the axes `order` (all of them, outermost
  /// first). Strides are honoured; where they already have that order the archive's bytes are
  /// shared, not copied.
  result<constant_data> elements(const tensor_data& t, std::span<const int> order) {
    if (!t.constant()) return invalid("a tensor that must be a constant is computed");
    if (!files) return error_info{errc::io, "no archive", {}, {}, {}, {}, {}};
    auto read = files->read(t.storage->member);
    if (!read) return read;
    const std::size_t width = size_of(dtype_of_scalar(t.type)),
                      bytes = as_size(t.elements()) * width, offset = as_size(t.offset) * width;
    if (in_order(t, order) && offset % alignment == 0 && read->bytes.size() >= offset + bytes)
      return constant_data{read->owner, read->bytes.subspan(offset, bytes)};
    if (auto s = build.make_constant(bytes); !s) return s.error();
    return gathered(t, order, read->bytes, width);
  }
  result<constant_data> elements(const tensor_data& t) {
    int order[dims::max_rank];
    for (int i = 0; i < t.rank(); ++i) order[i] = i;
    return elements(t, std::span<const int>(order, t.size.size()));
  }
  /// Elements of a small constant of type T.
  template <class T> result<std::vector<T>> numbers(const tensor_data& t) {
    const dtype held = dtype_of_scalar(t.type);
    if (dtype_of<T> != (held == dtype::boolean ? dtype::u8 : held))
      return invalid("element type of a constant", std::string(name_of(t.type)),
                     std::string(octet::name_of(dtype_of<T>)));
    auto d = t.constant() || !known(t) ? elements(t) : result<constant_data>(build.g[t.id].data);
    if (!d) return d.error();
    std::vector<T> v(d->bytes.size() / sizeof(T));
    if (!v.empty()) std::memcpy(v.data(), d->bytes.data(), v.size() * sizeof(T));
    return v;
  }
  /// Known when the file is loaded: a constant of the file, or of the graph (a result of
  /// constants).
  bool known(const tensor_data& t) const {
    return t.constant() || (t.id != no_tensor && build.g[t.id].role == tensor::kind::constant);
  }
  /// The one element of a constant as a number.
  result<value> scalar_of(const tensor_data& t) {
    if (!known(t) || t.elements() != 1)
      return invalid("a number is taken from a tensor that is not a constant of one element");
    switch (t.type) {
      case scalar::f32: return only_number<float, double>(t);
      case scalar::f64: return only_number<double, double>(t);
      case scalar::s64: return only_number<std::int64_t, std::int64_t>(t);
      case scalar::s32: return only_number<std::int32_t, std::int64_t>(t);
      case scalar::s16: return only_number<std::int16_t, std::int64_t>(t);
      case scalar::u8: return only_number<std::uint8_t, std::int64_t>(t);
      case scalar::s8: return only_number<std::int8_t, std::int64_t>(t);
      case scalar::boolean: return only_number<bool, std::int64_t>(t);
      case scalar::f16:
      case scalar::quint4x2:
      case scalar::qint8:
      case scalar::quint8:
      case scalar::qint32:
      case scalar::bf16:
      case scalar::unknown: break;
    }
    return unsupported("a number from a constant of this type", std::string(name_of(t.type)));
  }
  /// Scales and zero points per channel become plain vectors, once.
  status resolve_channels(tensor_data& t) {
    if (!t.channel_scales || !t.scales.empty()) return unit{};
    auto scales = numbers<double>(*t.channel_scales);
    if (!scales) return scales.error();
    const auto zero_points = numbers<std::int64_t>(*t.channel_zero_points);
    if (!zero_points) return zero_points.error();
    t.scales = std::move(*scales);
    for (std::int64_t v : *zero_points) {
      if (v < INT32_MIN || v > INT32_MAX) return invalid("zero point", std::to_string(v));
      t.zero_points.push_back(static_cast<std::int32_t>(v));
    }
    return unit{};
  }

 private:
  template <class T, class Number> result<value> only_number(const tensor_data& t) {
    const auto v = numbers<std::conditional_t<std::is_same_v<T, bool>, std::uint8_t, T>>(t);
    if (!v) return v.error();
    return value::of(static_cast<Number>(v->front()));
  }
  static bool in_order(const tensor_data& t, std::span<const int> order) {
    std::int64_t expected = 1;
    for (std::size_t k = order.size(); k-- > 0;) {
      const auto axis = as_size(order[k]);
      if (t.size[axis] != 1 && t.stride[axis] != expected) return false;
      expected *= t.size[axis];
    }
    return true;
  }
  /// A copy, element by element. The unpickler has checked that every element lies within the
  /// storage, and the storage within the member.
  static constant_data gathered(const tensor_data& t, std::span<const int> order,
                                std::span<const std::byte> storage, std::size_t width) {
    const auto count = as_size(t.elements());
    auto to = std::make_shared<buffer>(Bytes(std::max<std::size_t>(count * width, 1)));
    std::vector<std::int64_t> at(order.size(), 0);
    std::int64_t from = t.offset;
    for (std::size_t i = 0; i < count; ++i) {
      std::memcpy(to->data() + i * width, storage.data() + as_size(from) * width, width);
      for (std::size_t k = order.size(); k-- > 0;) {
        const auto axis = as_size(order[k]);
        from += t.stride[axis];
        if (++at[k] < t.size[axis]) break;
        from -= t.stride[axis] * t.size[axis];
        at[k] = 0;
      }
    }
    const std::span<const std::byte> s{to->data(), count * width};
    return {std::move(to), s};
  }
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_CONTEXT_HPP_
