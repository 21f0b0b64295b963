// The code of TorchScript archives, a subset of Python, as a tree. parser.hpp makes it.
#ifndef OCTET_IMPORT_TORCH_CODE_HPP_
#define OCTET_IMPORT_TORCH_CODE_HPP_

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "octet/core/error.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

/// An expression. Belongs to a `code_file`.
struct expression {
  enum class form : std::uint8_t {
    name,
    none,
    boolean,
    integer,
    real,
    string,
    attribute,
    subscript,
    call,
    list,
    tuple,
    dict,
    negative
  } what = form::none;
  std::int32_t line = 0;
  std::size_t depth = 1;
  bool flag = false;
  std::int64_t i = 0;
  double d = 0;
  std::string text;                      // name, attribute, string
  std::vector<const expression*> items;  // attribute, negative: base; subscript: base, index; call:
                                         // function, arguments; list, tuple: elements; dict: key,
                                         // value, key, value
  std::vector<std::string> keywords;     // call: name per argument, empty for positional ones
};

/// A statement. Compound ones hold their bodies.
struct statement {
  enum class form : std::uint8_t {
    pass,
    evaluate,
    assign,
    give_back,
    branch,
    loop,
    repeat,
    inside,
    define
  } what = form::pass;
  std::int32_t line = 0;
  std::vector<const expression*>
      targets;                        // assign: one, or several for unpacking; loop: the variable
  bool unpack = false;                // `a, b, = f()`; also `a, = f()`
  const expression* value = nullptr;  // assign, evaluate, give_back; branch, repeat: the condition;
                                      // loop: what is iterated over; inside: what `with` names;
                                      // define: the name of what runs beside the rest (fork)
  std::vector<const statement*> body, otherwise;
};

struct function_def {
  struct parameter {
    std::string name;
    const expression* type = nullptr;       // as annotated; null where it is not
    const expression* otherwise = nullptr;  // default value
  };
  std::string name, file;
  std::int32_t line = 0;
  std::vector<parameter> parameters;
  std::vector<const statement*> body;
};

struct class_def {
  std::string name;
  std::map<std::string, const function_def*, std::less<>> methods;
  std::map<std::string, const expression*, std::less<>> constants;  // `stride : Final[int] = 2`
  bool named_tuple = false;
  std::vector<std::string> fields;  // of a named tuple
};

/// One parsed file.
struct code_file {
  std::map<std::string, class_def, std::less<>> classes;
  std::map<std::string, const function_def*, std::less<>> functions;
  std::deque<expression> expressions;
  std::deque<statement> statements;
  std::deque<function_def> defs;
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_CODE_HPP_
