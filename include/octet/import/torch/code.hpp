// The code of TorchScript archives: a subset of Python, parsed to a tree.
#ifndef OCTET_IMPORT_TORCH_CODE_HPP_
#define OCTET_IMPORT_TORCH_CODE_HPP_

#include <charconv>
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
    negative
  } what = form::none;
  std::int32_t line = 0, depth = 1;
  bool flag = false;
  std::int64_t i = 0;
  double d = 0;
  std::string text;                      // name, attribute, string
  std::vector<const expression*> items;  // attribute, negative: base; subscript: base, index; call:
                                         // function, arguments; list, tuple: elements
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
    loop
  } what = form::pass;
  std::int32_t line = 0;
  std::vector<const expression*>
      targets;          // assign: one, or several for unpacking; loop: the variable
  bool unpack = false;  // `a, b, = f()`; also `a, = f()`
  const expression* value =
      nullptr;  // assign, evaluate, give_back, branch: the condition; loop: what is iterated over
  std::vector<const statement*> body, otherwise;
};

struct function_def {
  struct parameter {
    std::string name;
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

/// Recursive descent over tokens. Anything outside the subset is an error that names the line and
/// the token.
///
/// Nesting of expressions and blocks is limited to 200, so that neither parsing nor running can
/// exhaust the stack.
class code_parser {
 public:
  static constexpr std::int32_t deepest = 200;

  code_parser(std::string_view text, std::string file, code_file& to)
      : text_(text), file_(std::move(file)), to_(to) {}

  status parse() {
    tokenize();
    while (!failed_ && !at(token::end)) {
      if (accept_word("class"))
        parse_class();
      else if (accept_word("def")) {
        if (const function_def* f = parse_def()) to_.functions[f->name] = f;
      } else if (at(token::word) && (peek().text == "import" || peek().text == "from")) {
        while (!at(token::newline) && !at(token::end))
          ++next_;  // older writers put `import torch` first
        accept_kind(token::newline);
      } else {
        fail("expected a class or a function");
      }
    }
    if (failed_) return error_;
    return unit{};
  }

  /// One expression that fills the whole text: defaults of operator schemas.
  const expression* parse_expression_only() {
    tokenize();
    const expression* e = failed_ ? nullptr : parse_expression();
    return failed_ ? nullptr : e;
  }
  const error_info& error() const { return error_; }

 private:
  enum class token : std::uint8_t { word, number, string, symbol, newline, indent, dedent, end };
  struct lexeme {
    token what;
    std::int32_t line;
    std::string_view text;
    std::string decoded;  // of strings
  };

  void fail(std::string what) {
    fail_at(next_ < tokens_.size() ? tokens_[next_].line : line_, std::move(what),
            next_ < tokens_.size() ? describe(tokens_[next_]) : std::string());
  }
  void fail_at(std::int32_t line, std::string what, std::string found) {
    if (failed_) return;
    failed_ = true;
    error_ = {errc::unsupported,
              "code outside the subset: " + std::move(what),
              {},
              file_ + " line " + std::to_string(line),
              {},
              std::move(found),
              {}};
  }
  static std::string describe(const lexeme& t) {
    switch (t.what) {
      case token::newline: return "end of line";
      case token::indent: return "an indented block";
      case token::dedent: return "end of a block";
      case token::end: return "end of file";
      case token::word:
      case token::number:
      case token::string:
      case token::symbol: break;
    }
    std::string s;  // printable ASCII only: the text is somebody else's
    for (char c : t.text.substr(0, 40)) s += c >= 32 && c < 127 ? c : '?';
    return "'" + s + "'";
  }

  // ---- tokens ----
  static bool letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  }
  static bool digit(char c) { return c >= '0' && c <= '9'; }

  void tokenize() {
    std::vector<std::size_t> indents{0};
    std::size_t i = 0;
    int brackets = 0;
    bool fresh = true;  // at the start of a logical line
    const auto n = text_.size();
    while (i < n && !failed_) {
      if (fresh && brackets == 0) {
        std::size_t spaces = 0;
        while (i < n && text_[i] == ' ') ++i, ++spaces;
        if (i < n && (text_[i] == '\n' || text_[i] == '\r' || text_[i] == '#')) {
          while (i < n && text_[i] != '\n') ++i;
          if (i < n) ++i, ++line_;
          continue;
        }
        if (i == n) break;
        if (spaces > indents.back()) {
          if (indents.size() > static_cast<std::size_t>(deepest))
            return fail_at(line_, "blocks nested too deeply", {});
          indents.push_back(spaces);
          add(token::indent, {});
        }
        while (spaces < indents.back()) {
          indents.pop_back();
          add(token::dedent, {});
        }
        if (spaces != indents.back()) return fail_at(line_, "indentation", {});
        fresh = false;
      }
      const char c = text_[i];
      if (c == '\n') {
        ++i;
        if (brackets == 0) {
          add(token::newline, {});
          fresh = true;
        }
        ++line_;
      } else if (c == ' ' || c == '\r') {
        ++i;
      } else if (c == '#') {
        while (i < n && text_[i] != '\n') ++i;
      } else if (letter(c)) {
        const std::size_t from = i;
        while (i < n && (letter(text_[i]) || digit(text_[i]))) ++i;
        add(token::word, text_.substr(from, i - from));
      } else if (digit(c) || (c == '.' && i + 1 < n && digit(text_[i + 1]))) {
        const std::size_t from = i;
        while (i < n && (digit(text_[i]) || text_[i] == '.' || letter(text_[i]) ||
                         ((text_[i] == '-' || text_[i] == '+') &&
                          (text_[i - 1] == 'e' || text_[i - 1] == 'E'))))
          ++i;
        add(token::number, text_.substr(from, i - from));
      } else if (c == '"' || c == '\'') {
        i = string_literal(i);
      } else if (c == '-' && i + 1 < n && text_[i + 1] == '>') {
        add(token::symbol, text_.substr(i, 2));
        i += 2;
      } else if (std::string_view("()[],.:=-").find(c) != std::string_view::npos) {
        if (c == '(' || c == '[') ++brackets;
        if ((c == ')' || c == ']') && --brackets < 0)
          return fail_at(line_, "unbalanced bracket", {});
        add(token::symbol, text_.substr(i, 1));
        ++i;
      } else {
        return fail_at(
            line_, "character",
            c >= 32 && c < 127 ? std::string(1, c) : std::to_string(static_cast<unsigned char>(c)));
      }
    }
    if (failed_) return;
    if (brackets != 0) return fail_at(line_, "unbalanced bracket", "end of file");
    if (!fresh) add(token::newline, {});
    for (std::size_t k = 1; k < indents.size(); ++k) add(token::dedent, {});
    add(token::end, {});
  }
  void add(token t, std::string_view text) { tokens_.push_back({t, line_, text, {}}); }
  std::size_t string_literal(std::size_t i) {
    const char quote = text_[i];
    const std::size_t from = i++;
    std::string s;
    while (i < text_.size() && text_[i] != quote) {
      char c = text_[i++];
      if (c == '\n') {
        fail_at(line_, "a string that does not end on its line", {});
        return text_.size();
      }
      if (c == '\\' && i < text_.size()) {
        c = text_[i++];
        switch (c) {
          case 'n': c = '\n'; break;
          case 't': c = '\t'; break;
          case 'r': c = '\r'; break;
          case '\\':
          case '"':
          case '\'': break;
          case 'x': {
            unsigned v = 0;
            if (text_.size() - i < 2 ||
                std::from_chars(text_.data() + i, text_.data() + i + 2, v, 16).ptr !=
                    text_.data() + i + 2) {
              fail_at(line_, "escape in a string", {});
              return text_.size();
            }
            i += 2;
            c = static_cast<char>(v);
            break;
          }
          default: s += '\\'; break;
        }
      }
      s += c;
    }
    if (i == text_.size()) {
      fail_at(line_, "a string that does not end", {});
      return i;
    }
    ++i;
    add(token::string, text_.substr(from, i - from));
    tokens_.back().decoded = std::move(s);
    return i;
  }

  // ---- helpers ----
  const lexeme& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(next_ + ahead, tokens_.size() - 1)];
  }
  bool at(token t) const { return peek().what == t; }
  bool at_symbol(std::string_view s) const {
    return peek().what == token::symbol && peek().text == s;
  }
  bool accept_symbol(std::string_view s) {
    if (!at_symbol(s)) return false;
    ++next_;
    return true;
  }
  bool accept_word(std::string_view s) {
    if (!at(token::word) || peek().text != s) return false;
    ++next_;
    return true;
  }
  bool accept_kind(token t) {
    if (!at(t)) return false;
    ++next_;
    return true;
  }
  bool expect_symbol(std::string_view s) {
    if (failed_) return false;
    if (accept_symbol(s)) return true;
    fail("expected '" + std::string(s) + "'");
    return false;
  }
  std::string expect_name() {
    if (!failed_ && at(token::word)) return std::string(tokens_[next_++].text);
    fail("expected a name");
    return {};
  }
  void expect_newline() {
    if (!failed_ && !accept_kind(token::newline)) fail("expected the end of the line");
  }
  bool open_block() {
    if (!expect_symbol(":")) return false;
    expect_newline();
    if (!failed_ && !accept_kind(token::indent)) fail("expected an indented block");
    return !failed_;
  }
  bool block_goes_on() {
    if (failed_ || accept_kind(token::dedent)) return false;
    if (at(token::end)) {
      fail("expected the end of a block");
      return false;
    }
    return true;
  }
  expression* make(expression::form f) {
    to_.expressions.emplace_back();
    expression& e = to_.expressions.back();
    e.what = f;
    e.line = peek().line;
    return &e;
  }
  void hold(expression* to, const expression* item) {
    if (!item) return;
    to->items.push_back(item);
    to->depth = std::max(to->depth, item->depth + 1);
    if (to->depth > deepest) fail("an expression nested too deeply");
  }

  // ---- expressions ----
  const expression* parse_expression() {
    if (failed_) return nullptr;
    if (++nesting_ > deepest) {
      fail("an expression nested too deeply");
      return nullptr;
    }
    expression* e = parse_primary();
    while (e && !failed_) {
      if (accept_symbol(".")) {
        expression* a = make(expression::form::attribute);
        a->text = expect_name();
        hold(a, e);
        e = a;
      } else if (at_symbol("(")) {
        expression* c = make(expression::form::call);
        hold(c, e);
        ++next_;
        c->keywords.emplace_back();
        while (!failed_ && !accept_symbol(")")) {
          std::string keyword;
          if (at(token::word) && peek(1).what == token::symbol && peek(1).text == "=") {
            keyword = expect_name();
            ++next_;
          }
          hold(c, parse_expression());
          c->keywords.push_back(std::move(keyword));
          if (!accept_symbol(",") && !at_symbol(")")) fail("expected ',' or ')'");
        }
        e = c;
      } else if (at_symbol("[")) {
        expression* s = make(expression::form::subscript);
        hold(s, e);
        ++next_;
        const expression* index = parse_expression();
        if (at_symbol(",")) {  // Tuple[int, int] in annotations
          expression* t = make(expression::form::tuple);
          hold(t, index);
          while (!failed_ && accept_symbol(",") && !at_symbol("]")) hold(t, parse_expression());
          index = t;
        }
        hold(s, index);
        expect_symbol("]");
        e = s;
      } else {
        break;
      }
    }
    --nesting_;
    return failed_ ? nullptr : e;
  }

  expression* parse_primary() {
    const lexeme& t = peek();
    if (t.what == token::word) {
      if (t.text == "lambda" || t.text == "not" || t.text == "and" || t.text == "or" ||
          t.text == "if" || t.text == "else" || t.text == "yield" || t.text == "await") {
        fail("expected an expression");
        return nullptr;
      }
      expression* e = make(t.text == "None"                        ? expression::form::none
                           : t.text == "True" || t.text == "False" ? expression::form::boolean
                                                                   : expression::form::name);
      e->flag = t.text == "True";
      e->text = std::string(t.text);
      ++next_;
      return e;
    }
    if (t.what == token::number) return parse_number();
    if (t.what == token::string) {
      expression* e = make(expression::form::string);
      e->text = t.decoded;
      ++next_;
      return e;
    }
    if (accept_symbol("-")) {
      expression* e = make(expression::form::negative);
      hold(e, parse_expression());
      return e;
    }
    if (at_symbol("[") || at_symbol("(")) {
      const bool list = t.text == "[";
      const std::string_view close = list ? "]" : ")";
      expression* e = make(list ? expression::form::list : expression::form::tuple);
      ++next_;
      bool comma = false;
      while (!failed_ && !accept_symbol(close)) {
        hold(e, parse_expression());
        if (accept_symbol(","))
          comma = true;
        else if (!at_symbol(close))
          fail("expected ',' or '" + std::string(close) + "'");
      }
      if (!failed_ && !list && !comma && e->items.size() == 1) {  // (x): brackets only
        return const_cast<expression*>(e->items[0]);
      }
      return e;
    }
    fail("expected an expression");
    return nullptr;
  }
  expression* parse_number() {
    const std::string_view s = peek().text;
    const char *from = s.data(), *to = s.data() + s.size();
    expression* e = make(expression::form::integer);
    if (s.find_first_of(".eE") == std::string_view::npos) {
      const auto r = std::from_chars(from, to, e->i);
      if (r.ec != std::errc() || r.ptr != to) {
        fail("number");
        return nullptr;
      }
    } else {
      e->what = expression::form::real;
      const auto r = std::from_chars(from, to, e->d);
      if (r.ec != std::errc() || r.ptr != to) {
        fail("number");
        return nullptr;
      }
    }
    ++next_;
    return e;
  }

  // ---- statements ----
  const statement* parse_statement() {
    if (++nesting_ > deepest) {
      fail("blocks nested too deeply");
      return nullptr;
    }
    to_.statements.emplace_back();
    statement& s = to_.statements.back();
    s.line = peek().line;
    if (accept_word("pass")) {
      expect_newline();
    } else if (accept_word("return")) {
      s.what = statement::form::give_back;
      if (!at(token::newline)) s.value = parse_tuple_or_expression();
      expect_newline();
    } else if (accept_word("if")) {
      s.what = statement::form::branch;
      s.value = parse_expression();
      parse_block(s.body);
      if (!failed_ && accept_word("else")) parse_block(s.otherwise);
    } else if (accept_word("for")) {
      s.what = statement::form::loop;
      s.targets.push_back(parse_expression());
      if (!failed_ && s.targets[0]->what != expression::form::name) fail("loop variable");
      if (!failed_ && !accept_word("in")) fail("expected 'in'");
      s.value = parse_expression();
      parse_block(s.body);
    } else if (at(token::word) &&
               (peek().text == "while" || peek().text == "with" || peek().text == "def" ||
                peek().text == "class" || peek().text == "import" || peek().text == "from" ||
                peek().text == "exec" || peek().text == "lambda" || peek().text == "global" ||
                peek().text == "del" || peek().text == "try" || peek().text == "raise" ||
                peek().text == "assert")) {
      fail("statement");
    } else {
      parse_simple(s);
    }
    --nesting_;
    return failed_ ? nullptr : &s;
  }
  /// An expression, an assignment, or an unpacking one.
  void parse_simple(statement& s) {
    const expression* e = parse_expression();
    std::vector<const expression*> left{e};
    while (!failed_ && accept_symbol(",")) {
      s.unpack = true;
      if (!at_symbol("=")) left.push_back(parse_expression());
    }
    if (failed_) return;
    if (accept_symbol("=")) {
      s.what = statement::form::assign;
      for (const expression* t : left)
        if (t->what != expression::form::name && t->what != expression::form::attribute &&
            t->what != expression::form::subscript)
          return fail("the left side of an assignment");
      s.targets = std::move(left);
      s.value = parse_tuple_or_expression();
    } else {
      if (s.unpack) return fail("expected '='");
      s.what = statement::form::evaluate;
      s.value = e;
    }
    expect_newline();
  }
  const expression* parse_tuple_or_expression() {
    const expression* e = parse_expression();
    if (failed_ || !at_symbol(",")) return e;
    expression* t = make(expression::form::tuple);
    hold(t, e);
    while (!failed_ && accept_symbol(","))
      if (!at(token::newline)) hold(t, parse_expression());
    return failed_ ? nullptr : t;
  }
  void parse_block(std::vector<const statement*>& to) {
    if (!open_block()) return;
    while (block_goes_on())
      if (const statement* s = parse_statement()) to.push_back(s);
  }
  const function_def* parse_def() {
    to_.defs.emplace_back();
    function_def& f = to_.defs.back();
    f.file = file_;
    f.line = peek().line;
    f.name = expect_name();
    expect_symbol("(");
    while (!failed_ && !accept_symbol(")")) {
      f.parameters.emplace_back();
      f.parameters.back().name = expect_name();
      if (accept_symbol(":")) parse_expression();
      if (accept_symbol("=")) f.parameters.back().otherwise = parse_expression();
      if (!accept_symbol(",") && !at_symbol(")")) fail("expected ',' or ')'");
    }
    if (accept_symbol("->")) parse_expression();
    parse_block(f.body);
    return failed_ ? nullptr : &f;
  }
  void parse_class() {
    const std::string name = expect_name();
    class_def c;
    c.name = name;
    if (accept_symbol("(")) {
      const expression* base = parse_expression();
      c.named_tuple =
          !failed_ && base->what == expression::form::name && base->text == "NamedTuple";
      expect_symbol(")");
    }
    if (!open_block()) return;
    while (block_goes_on()) {
      if (accept_word("def")) {
        if (const function_def* f = parse_def()) c.methods[f->name] = f;
      } else if (accept_word("pass")) {
        expect_newline();
      } else {  // `name : type`, `name : Final[int] = 2`, `__parameters__ = [...]`,
                // `__annotations__["0"] = type`
        const expression* target = parse_expression();
        if (!failed_ && accept_symbol(":")) {
          parse_expression();
          if (c.named_tuple && target->what == expression::form::name)
            c.fields.push_back(target->text);
        }
        if (!failed_ && accept_symbol("=")) {
          const expression* v = parse_expression();
          if (!failed_ && target->what == expression::form::name) c.constants[target->text] = v;
        }
        expect_newline();
      }
    }
    if (!failed_) to_.classes[name] = std::move(c);
  }

  std::string_view text_;
  std::string file_;
  code_file& to_;
  std::vector<lexeme> tokens_;
  std::size_t next_ = 0;
  std::int32_t line_ = 1, nesting_ = 0;
  bool failed_ = false;
  error_info error_;
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_CODE_HPP_
