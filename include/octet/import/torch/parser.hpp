// The code of TorchScript archives, parsed to a tree.
#ifndef OCTET_IMPORT_TORCH_PARSER_HPP_
#define OCTET_IMPORT_TORCH_PARSER_HPP_

#include <algorithm>
#include <charconv>
#include <span>

#include "octet/core/limits.hpp"
#include "octet/import/torch/code.hpp"
#include "octet/import/torch/lexer.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

/// Recursive descent over tokens. Anything outside the subset is an error that names the line and
/// the token.
///
/// Nesting of expressions and blocks is limited, so that neither parsing nor running can exhaust
/// the stack.
class code_parser {
 public:
  code_parser(std::string_view text, std::string file, code_file& to, const limits& max = {})
      : text_(text), file_(std::move(file)), to_(to), max_(max) {}

  status parse() {
    auto tokens = lexer(text_, file_).run();
    if (!tokens) return tokens.error();
    tokens_ = std::move(*tokens);
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

 private:
  void fail(std::string what) {
    if (failed_) return;
    failed_ = true;
    error_ = outside_the_subset(file_, peek().line, std::move(what), peek().describe());
  }

  void too_deep(const char* what) {
    if (failed_) return;
    failed_ = true;
    error_ = over_limit(&limits::depth, max_, std::string(what) + " within one another");
    error_.node = file_ + " line " + std::to_string(peek().line);
  }

  // ---- helpers ----
  static bool is_one_of(std::string_view s, std::span<const std::string_view> list) {
    return std::find(list.begin(), list.end(), s) != list.end();
  }
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
    if (to->depth > max_.depth) too_deep("expressions");
  }

  // ---- expressions ----
  /// A primary with any number of .name, (arguments) and [index] behind it.
  const expression* parse_expression() {
    if (failed_) return nullptr;
    if (++nesting_ > max_.depth) {
      too_deep("expressions");
      return nullptr;
    }
    const expression* e = parse_primary();
    while (e && !failed_) {
      if (accept_symbol("."))
        e = parse_attribute(e);
      else if (at_symbol("("))
        e = parse_call(e);
      else if (at_symbol("["))
        e = parse_subscript(e);
      else
        break;
    }
    --nesting_;
    return failed_ ? nullptr : e;
  }
  const expression* parse_attribute(const expression* base) {
    expression* a = make(expression::form::attribute);
    a->text = expect_name();
    hold(a, base);
    return a;
  }
  const expression* parse_call(const expression* function) {
    expression* c = make(expression::form::call);
    hold(c, function);
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
    return c;
  }
  const expression* parse_subscript(const expression* base) {
    expression* s = make(expression::form::subscript);
    hold(s, base);
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
    return s;
  }

  const expression* parse_primary() {
    if (at(token::word)) return parse_word();
    if (at(token::number)) return parse_number();
    if (at(token::string)) {
      expression* e = make(expression::form::string);
      e->text = tokens_[next_++].decoded;
      return e;
    }
    if (accept_symbol("-")) {
      expression* e = make(expression::form::negative);
      hold(e, parse_expression());
      return e;
    }
    if (at_symbol("[")) return parse_sequence(expression::form::list, "]");
    if (at_symbol("(")) return parse_sequence(expression::form::tuple, ")");
    if (at_symbol("{")) return parse_dict();
    fail("expected an expression");
    return nullptr;
  }
  const expression* parse_word() {
    constexpr std::string_view keywords[] = {"lambda", "not",  "and",   "or",
                                             "if",     "else", "yield", "await"};
    const std::string_view text = peek().text;
    if (is_one_of(text, keywords)) {
      fail("expected an expression");
      return nullptr;
    }
    expression* e = make(text == "None"                      ? expression::form::none
                         : text == "True" || text == "False" ? expression::form::boolean
                                                             : expression::form::name);
    e->flag = text == "True";
    e->text = std::string(text);
    ++next_;
    return e;
  }
  /// Elements up to the closing bracket. (x) without a comma is x itself.
  const expression* parse_sequence(expression::form what, std::string_view close) {
    expression* e = make(what);
    ++next_;
    bool comma = false;
    while (!failed_ && !accept_symbol(close)) {
      hold(e, parse_expression());
      if (accept_symbol(","))
        comma = true;
      else if (!at_symbol(close))
        fail("expected ',' or '" + std::string(close) + "'");
    }
    const bool brackets_only = e->what == expression::form::tuple && !comma && e->items.size() == 1;
    return brackets_only ? e->items[0] : e;
  }
  /// {key: value, key: value}
  const expression* parse_dict() {
    expression* e = make(expression::form::dict);
    ++next_;
    while (!failed_ && !accept_symbol("}")) {
      hold(e, parse_expression());
      expect_symbol(":");
      hold(e, parse_expression());
      if (!accept_symbol(",") && !at_symbol("}")) fail("expected ',' or '}'");
    }
    return failed_ ? nullptr : e;
  }
  const expression* parse_number() {
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
    if (++nesting_ > max_.depth) {
      too_deep("blocks");
      return nullptr;
    }
    constexpr std::string_view refused[] = {"class",  "import", "from", "exec",  "lambda",
                                            "global", "del",    "try",  "raise", "assert"};
    to_.statements.emplace_back();
    statement& s = to_.statements.back();
    s.line = peek().line;
    if (accept_word("pass"))
      expect_newline();
    else if (accept_word("return"))
      parse_return(s);
    else if (accept_word("if"))
      parse_if(s);
    else if (accept_word("for"))
      parse_for(s);
    else if (accept_word("while"))
      parse_while(s);
    else if (accept_word("with"))
      parse_with(s);
    else if (accept_word("def"))
      parse_inner_def(s);
    else if (at(token::word) && is_one_of(peek().text, refused))
      fail("statement");
    else
      parse_simple(s);
    --nesting_;
    return failed_ ? nullptr : &s;
  }
  void parse_return(statement& s) {
    s.what = statement::form::give_back;
    if (!at(token::newline)) s.value = parse_tuple_or_expression();
    expect_newline();
  }
  void parse_if(statement& s) {
    s.what = statement::form::branch;
    s.value = parse_expression();
    parse_block(s.body);
    if (!failed_ && accept_word("else")) parse_block(s.otherwise);
  }
  void parse_for(statement& s) {
    s.what = statement::form::loop;
    s.targets.push_back(parse_expression());
    if (!failed_ && s.targets[0]->what != expression::form::name) fail("loop variable");
    if (!failed_ && !accept_word("in")) fail("expected 'in'");
    s.value = parse_expression();
    parse_block(s.body);
  }
  void parse_while(statement& s) {
    s.what = statement::form::repeat;
    s.value = parse_expression();
    parse_block(s.body);
  }
  /// What fork is given: a function within another, without parameters.
  void parse_inner_def(statement& s) {
    s.what = statement::form::define;
    if (!at(token::word)) return fail("a function's name");
    s.value = parse_word();
    expect_symbol("(");
    expect_symbol(")");
    parse_block(s.body);
  }
  void parse_with(statement& s) {
    s.what = statement::form::inside;
    s.value = parse_expression();
    parse_block(s.body);
  }
  /// An expression, an assignment, `name : type = value`, or an unpacking assignment.
  void parse_simple(statement& s) {
    const expression* e = parse_expression();
    std::vector<const expression*> left{e};
    while (!failed_ && accept_symbol(",")) {
      s.unpack = true;
      if (!at_symbol("=")) left.push_back(parse_expression());
    }
    if (failed_) return;
    const bool annotated = !s.unpack && accept_symbol(":");
    if (annotated) parse_expression();  // a type, which the value has anyway
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
      if (s.unpack || annotated) return fail("expected '='");
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
      if (accept_symbol(":")) f.parameters.back().type = parse_expression();
      if (accept_symbol("=")) f.parameters.back().otherwise = parse_expression();
      if (!accept_symbol(",") && !at_symbol(")")) fail("expected ',' or ')'");
    }
    if (accept_symbol("->")) parse_expression();
    parse_block(f.body);
    return failed_ ? nullptr : &f;
  }
  void parse_class() {
    class_def c;
    c.name = expect_name();
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
      } else {
        parse_member(c);
      }
    }
    if (!failed_) to_.classes[c.name] = std::move(c);
  }
  /// `name : type`, `name : Final[int] = 2`, `__parameters__ = [...]`, `__annotations__["0"] =
  /// type`.
  void parse_member(class_def& c) {
    const expression* target = parse_expression();
    const bool named = !failed_ && target->what == expression::form::name;
    if (!failed_ && accept_symbol(":")) {
      parse_expression();
      if (c.named_tuple && named) c.fields.push_back(target->text);
    }
    if (!failed_ && accept_symbol("=")) {
      const expression* v = parse_expression();
      if (!failed_ && named) c.constants[target->text] = v;
    }
    expect_newline();
  }

  std::string_view text_;
  std::string file_;
  code_file& to_;
  std::vector<lexeme> tokens_;
  std::size_t next_ = 0;
  const limits max_;
  std::size_t nesting_ = 0;
  bool failed_ = false;
  error_info error_;
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_PARSER_HPP_
