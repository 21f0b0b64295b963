// The arguments of one operator of a program, as the rows read them.
#ifndef OCTET_IMPORT_TORCH_ARGUMENTS_HPP_
#define OCTET_IMPORT_TORCH_ARGUMENTS_HPP_

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "octet/import/torch/context.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

/// By the names of the schema's parameters, defaults filled in. Where an argument is of another
/// kind than the reader asked for, the reader gives a neutral value (tensors: null), and `check()`
/// then tells of the first such argument: a row reads all it needs, checks once, and goes on.
class arguments {
 public:
  /// A parameter and what is given for it. The name outlives the arguments.
  struct argument {
    std::string_view parameter;
    value given{};
  };
  arguments(context& c, std::string operator_name, std::vector<argument> all)
      : name(std::move(operator_name)), all_(std::move(all)), context_(c) {}

  const std::string name;  // "quantized::conv2d"

  /// The first parameter's name. Schemas call their first operand self, input, x, qx or X; rows of
  /// several schemas read it by this.
  std::string_view first() const { return all_.empty() ? std::string_view() : all_[0].parameter; }
  bool has(std::string_view parameter) const { return place_of(parameter) < all_.size(); }
  /// None of a parameter that there is not: `context::mistake` is set, and the file refused.
  value operator[](std::string_view parameter) {
    const std::size_t i = known_place_of(parameter);
    return i < all_.size() ? all_[i].given : value{};
  }
  void replace(std::string_view parameter, const value& by) {
    const std::size_t i = known_place_of(parameter);
    if (i < all_.size()) all_[i].given = by;
  }
  status check() const {
    if (error_) return *error_;
    return unit{};
  }

  bool none(std::string_view parameter) { return (*this)[parameter].is(kind::none); }
  tensor_data* tensor(std::string_view parameter) {
    const value v = (*this)[parameter];
    if (v.is(kind::tensor)) return v.t;
    wrong(parameter, "Tensor");
    return nullptr;
  }
  std::int64_t integer(std::string_view parameter) {
    const value n = number_of((*this)[parameter]);
    if (n.is(kind::integer)) return n.i;
    wrong(parameter, "int");
    return 0;
  }
  double real(std::string_view parameter) { return real_of((*this)[parameter], parameter); }
  double real_or(std::string_view parameter, double otherwise) {
    return none(parameter) ? otherwise : real(parameter);
  }
  bool boolean(std::string_view parameter) {
    const value v = (*this)[parameter];
    if (v.is(kind::boolean)) return v.b;
    if (v.is(kind::integer)) return v.i != 0;
    wrong(parameter, "bool");
    return false;
  }
  std::vector<std::int64_t> integers(std::string_view parameter) {
    const value v = (*this)[parameter];
    std::vector<std::int64_t> r;
    if (v.is(kind::integer))
      r.push_back(v.i);
    else if (!read_integers(v, r))
      wrong(parameter, "list of int");
    return r;
  }
  /// A list of two numbers for height and width; one number stands for both; none: `otherwise`.
  std::array<std::int32_t, 2> pair(std::string_view parameter,
                                   std::array<std::int32_t, 2> otherwise) {
    const auto list = integers(parameter);
    if (list.empty()) return otherwise;
    if (list.size() > 2) wrong(parameter, "list of two int");
    return {small(parameter, list[0]), small(parameter, list.back())};
  }
  /// Two numbers, each for its parameter or both as a list for the first, or none of both; 0 stands
  /// for none.
  std::array<double, 2> real_pair(std::string_view parameter, std::string_view second) {
    const value v = (*this)[parameter];
    std::array<double, 2> numbers{0, 0};
    if (!v.is_sequence()) {
      numbers = {real_or(parameter, 0), real_or(second, 0)};
    } else if (v.c->items.size() == 2) {
      for (std::size_t k = 0; k < 2; ++k) numbers[k] = real_of(v.c->items[k], parameter);
    }
    return numbers;
  }
  /// A number that arithmetic on extents cannot overflow.
  std::int32_t small(std::string_view parameter, std::int64_t n) {
    if (n >= INT32_MIN / 4 && n <= INT32_MAX / 4) return static_cast<std::int32_t>(n);
    keep(invalid(describe(parameter), std::to_string(n), "a small integer"));
    return 0;
  }
  /// An axis of a tensor of that rank; negative ones count from the end.
  std::size_t axis(std::int64_t given, int rank) {
    const std::int64_t at = given < 0 ? given + rank : given;
    if (at >= 0 && at < rank) return as_size(at);
    keep(invalid("axis of " + name, std::to_string(given), std::to_string(rank) + " axes"));
    return 0;
  }
  void wrong(std::string_view parameter, std::string_view want) {
    keep(unsupported(describe(parameter), std::string(name_of((*this)[parameter].what)),
                     std::string(want)));
  }

 private:
  /// Where the parameter is; as many as there are where it is none of them.
  std::size_t place_of(std::string_view parameter) const {
    std::size_t i = 0;
    while (i < all_.size() && all_[i].parameter != parameter) ++i;
    return i;
  }
  std::size_t known_place_of(std::string_view parameter) {
    const std::size_t i = place_of(parameter);
    if (i < all_.size()) return i;
    const error_info e = invalid(std::string(parameter) + " is no parameter of " + name);
    if (!context_.mistake) context_.mistake = e;
    keep(e);
    return i;
  }
  std::string describe(std::string_view parameter) const {
    return "argument " + std::string(parameter) + " of " + name;
  }
  void keep(error_info e) {
    if (!error_) error_ = std::move(e);
  }
  /// Traced programs keep numbers as constants without axes, or compute them from such.
  value number_of(const value& given) {
    if (!given.is(kind::tensor) || !context_.known(*given.t)) return given;
    auto n = context_.scalar_of(*given.t);
    if (n) return *n;
    keep(n.error());
    return given;
  }
  double real_of(const value& given, std::string_view parameter) {
    const value n = number_of(given);
    if (n.is(kind::real)) return n.d;
    if (n.is(kind::integer)) return static_cast<double>(n.i);
    wrong(parameter, "float");
    return 0;
  }

  std::vector<argument> all_;
  context& context_;
  std::optional<error_info> error_;
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ARGUMENTS_HPP_
