// What the names of open extents stand for: one number each, in all inputs of a model.
#ifndef OCTET_IMPORT_ONNX_SYMBOLS_HPP_
#define OCTET_IMPORT_ONNX_SYMBOLS_HPP_

#include "octet/import/onnx/model.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

class symbol_values {
 public:
  /// The input has this shape, of the rank that the file says. An error where a name has another
  /// number already.
  status bind(const value_info& v, const dims& shape) {
    for (std::size_t i = 0; i < v.symbols.size(); ++i) {
      const std::string& symbol = v.symbols[i];
      if (v.extents[i] >= 0 || symbol.empty()) continue;
      const std::int32_t number = shape[static_cast<int>(i)];
      const auto [it, added] = of_.emplace(symbol, bound{number, v.name});
      if (!added && it->second.number != number)
        return invalid("extent \"" + symbol + "\" of the inputs",
                       std::to_string(it->second.number) + " in \"" + it->second.input + "\", " +
                           std::to_string(number) + " in \"" + v.name + "\"",
                       "one number");
    }
    return unit{};
  }
  /// Gives the extents whose names have a number to a shape of the rank that the file says.
  void follow(const value_info& v, dims& shape) const {
    for (std::size_t i = 0; i < v.symbols.size(); ++i)
      if (const auto it = of_.find(v.symbols[i]); v.extents[i] < 0 && it != of_.end())
        shape[static_cast<int>(i)] = it->second.number;
  }

 private:
  struct bound {
    std::int32_t number;
    std::string input;  // the first that has it
  };
  std::map<std::string, bound> of_;
};

/// A shape that the file allows for this input.
inline bool fits(const value_info& v, const dims& shape) {
  if (!v.has_shape) return true;
  if (shape.rank != static_cast<int>(v.extents.size())) return false;
  for (std::size_t i = 0; i < v.extents.size(); ++i)
    if (v.extents[i] >= 0 && v.extents[i] != shape[static_cast<int>(i)]) return false;
  return true;
}
/// The shape of one run, of an array that holds several along a first axis that the file fixes; the
/// same shape where it is none.
inline dims one_of_several(const value_info& v, const dims& shape) {
  if (!v.has_shape || v.extents.empty() || shape.rank == 0 || v.extents[0] < 1 ||
      v.extents[0] > shape[0] || shape[0] % v.extents[0] != 0)
    return shape;
  dims one = shape;
  one[0] = static_cast<std::int32_t>(v.extents[0]);
  return fits(v, one) ? one : shape;
}

/// Changes those of `all`, shapes of inputs by name, that follow from the given ones.
inline status follow_symbols(const model& m, const std::vector<std::pair<std::string, dims>>& given,
                             std::vector<std::pair<std::string, dims>>& all) {
  symbol_values symbols;
  const auto input = [&](const std::string& name) -> const value_info* {
    for (const value_info& v : m.inputs)
      if (v.name == name) return &v;
    return nullptr;
  };
  for (const auto& [name, shape] : given)
    if (const value_info* v = input(name); v && v->has_shape && fits(*v, shape))
      if (auto s = symbols.bind(*v, shape); !s) return s;
  for (auto& [name, shape] : all)
    if (const value_info* v = input(name); v && v->has_shape && fits(*v, shape))
      symbols.follow(*v, shape);
  return unit{};
}

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_SYMBOLS_HPP_
