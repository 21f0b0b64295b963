// The arguments of one operator of a program, as the rows read them.
#ifndef OCTET_IMPORT_TORCH_ARGUMENTS_HPP_
#define OCTET_IMPORT_TORCH_ARGUMENTS_HPP_

#include <array>
#include <optional>

#include "octet/import/torch/context.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

/// In the order of the operator's schema, defaults filled in. Where an argument is of another kind
/// than the reader asked for, the reader gives a neutral value (tensors: null), and `check()` then
/// tells of the first such argument: a row reads all it needs, checks once, and goes on.
class arguments {
 public:
  arguments(context& c, std::string operator_name, std::vector<value> values)
      : name(std::move(operator_name)), v(std::move(values)), context_(c) {}

  const std::string name;  // "quantized::conv2d"
  std::vector<value> v;

  status check() const {
    if (error_) return *error_;
    return unit{};
  }

  bool none(std::size_t i) const { return v[i].is(kind::none); }
  tensor_data* tensor(std::size_t i) {
    if (v[i].is(kind::tensor)) return v[i].t;
    wrong(i, "Tensor");
    return nullptr;
  }
  std::int64_t integer(std::size_t i) {
    const value n = number(i);
    if (n.is(kind::integer)) return n.i;
    wrong(i, "int");
    return 0;
  }
  double real(std::size_t i) { return real_of(v[i], i); }
  double real_or(std::size_t i, double otherwise) { return none(i) ? otherwise : real(i); }
  bool boolean(std::size_t i) {
    if (v[i].is(kind::boolean)) return v[i].b;
    if (v[i].is(kind::integer)) return v[i].i != 0;
    wrong(i, "bool");
    return false;
  }
  std::vector<std::int64_t> integers(std::size_t i) {
    std::vector<std::int64_t> r;
    if (v[i].is(kind::integer))
      r.push_back(v[i].i);
    else if (!read_integers(v[i], r))
      wrong(i, "list of int");
    return r;
  }
  /// A list of two numbers for height and width; one number stands for both; none: `otherwise`.
  std::array<std::int32_t, 2> pair(std::size_t i, std::array<std::int32_t, 2> otherwise) {
    const auto list = integers(i);
    if (list.empty()) return otherwise;
    if (list.size() > 2) wrong(i, "list of two int");
    return {small(i, list[0]), small(i, list.back())};
  }
  /// Two numbers, or none of both; 0 stands for none.
  std::array<double, 2> real_pair(std::size_t i) {
    std::array<double, 2> pair{0, 0};
    if (!v[i].is_sequence()) {
      for (std::size_t k = 0; k < 2; ++k) pair[k] = real_or(i + k, 0);
    } else if (v[i].c->items.size() == 2) {
      for (std::size_t k = 0; k < 2; ++k) pair[k] = real_of(v[i].c->items[k], i);
    }
    return pair;
  }
  /// A number that arithmetic on extents cannot overflow.
  std::int32_t small(std::size_t i, std::int64_t n) {
    if (n >= INT32_MIN / 4 && n <= INT32_MAX / 4) return static_cast<std::int32_t>(n);
    keep(invalid(describe(i), std::to_string(n), "a small integer"));
    return 0;
  }
  /// An axis of a tensor of that rank; negative ones count from the end.
  std::size_t axis(std::int64_t given, int rank) {
    const std::int64_t at = given < 0 ? given + rank : given;
    if (at >= 0 && at < rank) return as_size(at);
    keep(invalid("axis of " + name, std::to_string(given), std::to_string(rank) + " axes"));
    return 0;
  }
  void wrong(std::size_t i, std::string_view want) {
    keep(unsupported(describe(i), std::string(name_of(v[i].what)), std::string(want)));
  }

 private:
  std::string describe(std::size_t i) const {
    return "argument " + std::to_string(i + 1) + " of " + name;
  }
  void keep(error_info e) {
    if (!error_) error_ = std::move(e);
  }
  /// Traced programs keep numbers as constants without axes.
  value number_of(const value& given) {
    if (!given.is(kind::tensor) || !given.t->constant()) return given;
    auto n = context_.scalar_of(*given.t);
    if (n) return *n;
    keep(n.error());
    return given;
  }
  value number(std::size_t i) { return number_of(v[i]); }
  double real_of(const value& given, std::size_t i) {
    const value n = number_of(given);
    if (n.is(kind::real)) return n.d;
    if (n.is(kind::integer)) return static_cast<double>(n.i);
    wrong(i, "float");
    return 0;
  }

  context& context_;
  std::optional<error_info> error_;
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ARGUMENTS_HPP_
