// Tokens of the code of TorchScript archives.
#ifndef OCTET_IMPORT_TORCH_LEXER_HPP_
#define OCTET_IMPORT_TORCH_LEXER_HPP_

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "octet/core/error.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

enum class token : std::uint8_t { word, number, string, symbol, newline, indent, dedent, end };
struct lexeme {
  token what;
  std::int32_t line;
  std::string_view text;  // refers to the code
  std::string decoded{};  // of strings

  /// For messages. Printable ASCII only: the text is somebody else's.
  std::string describe() const {
    switch (what) {
      case token::newline: return "end of line";
      case token::indent: return "an indented block";
      case token::dedent: return "end of a block";
      case token::end: return "end of file";
      case token::word:
      case token::number:
      case token::string:
      case token::symbol: break;
    }
    std::string s;
    for (char c : text.substr(0, 40)) s += c >= 32 && c < 127 ? c : '?';
    return "'" + s + "'";
  }
};

inline error_info outside_the_subset(const std::string& file, std::int32_t line, std::string what,
                                     std::string found = {}) {
  return {errc::unsupported,
          "code outside the subset: " + std::move(what),
          {},
          file + " line " + std::to_string(line),
          {},
          std::move(found),
          {}};
}

/// Splits code into tokens, with one `indent` or `dedent` where a block opens or closes. The last
/// token is `end`.
class lexer {
 public:
  /// Blocks may be nested that deep.
  static constexpr std::size_t deepest = 200;
  /// Names are copied, compared and joined at every use.
  static constexpr std::size_t longest_word = 1024;

  lexer(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  result<std::vector<lexeme>> run() {
    while (at_ < text_.size()) {
      if (fresh_ && brackets_ == 0) {
        const auto has_code = line_start();
        if (!has_code) return has_code.error();
        if (!*has_code) continue;
      }
      if (auto s = next(); !s) return s.error();
    }
    if (brackets_ != 0) return error("unbalanced bracket", "end of file");
    if (!fresh_) add(token::newline, {});
    for (std::size_t k = 1; k < indents_.size(); ++k) add(token::dedent, {});
    add(token::end, {});
    return std::move(tokens_);
  }

 private:
  static bool letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  }
  static bool digit(char c) { return c >= '0' && c <= '9'; }
  error_info error(std::string what, std::string found = {}) const {
    return outside_the_subset(file_, line_, std::move(what), std::move(found));
  }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  void add(token t, std::string_view text) { tokens_.push_back({t, line_, text}); }
  void skip_comment() {
    while (at_ < text_.size() && text_[at_] != '\n') ++at_;
  }

  /// Indentation. False: nothing but a comment was on the line.
  result<bool> line_start() {
    std::size_t spaces = 0;
    while (at_ < text_.size() && text_[at_] == ' ') ++at_, ++spaces;
    if (at_ == text_.size()) return false;
    if (peek() == '\n' || peek() == '\r' || peek() == '#') {
      skip_comment();
      if (at_ < text_.size()) ++at_, ++line_;
      return false;
    }
    if (spaces > indents_.back()) {
      if (indents_.size() > deepest) return error("blocks nested too deeply");
      indents_.push_back(spaces);
      add(token::indent, {});
    }
    while (spaces < indents_.back()) {
      indents_.pop_back();
      add(token::dedent, {});
    }
    if (spaces != indents_.back()) return error("indentation");
    fresh_ = false;
    return true;
  }
  status next() {
    const char c = peek();
    if (c == '\n') {
      ++at_;
      if (brackets_ == 0) {
        add(token::newline, {});
        fresh_ = true;
      }
      ++line_;
    } else if (c == ' ' || c == '\r') {
      ++at_;
    } else if (c == '#') {
      skip_comment();
    } else if (letter(c)) {
      return word();
    } else if (digit(c) || (c == '.' && digit(peek(1)))) {
      number();
    } else if (c == '"' || c == '\'') {
      return string_literal();
    } else {
      return symbol();
    }
    return unit{};
  }
  status word() {
    const std::size_t from = at_;
    while (letter(peek()) || digit(peek())) ++at_;
    if (at_ - from > longest_word)
      return error("a name of " + std::to_string(at_ - from) + " bytes");
    add(token::word, text_.substr(from, at_ - from));
    return unit{};
  }
  void number() {
    const std::size_t from = at_;
    const auto sign_of_exponent = [&] {
      return (peek() == '-' || peek() == '+') && (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E');
    };
    while (digit(peek()) || peek() == '.' || letter(peek()) || sign_of_exponent()) ++at_;
    add(token::number, text_.substr(from, at_ - from));
  }
  status symbol() {
    const char c = peek();
    if (c == '-' && peek(1) == '>') {
      add(token::symbol, text_.substr(at_, 2));
      at_ += 2;
      return unit{};
    }
    if (std::string_view("()[]{},.:=-").find(c) == std::string_view::npos)
      return error("character", c >= 32 && c < 127 ? std::string(1, c)
                                                   : std::to_string(static_cast<unsigned char>(c)));
    if (c == '(' || c == '[' || c == '{') ++brackets_;
    if ((c == ')' || c == ']' || c == '}') && --brackets_ < 0) return error("unbalanced bracket");
    add(token::symbol, text_.substr(at_++, 1));
    return unit{};
  }
  status string_literal() {
    const std::size_t from = at_;
    const char quote = text_[at_++];
    std::string decoded;
    while (at_ < text_.size() && text_[at_] != quote) {
      const char c = text_[at_++];
      if (c == '\n') return error("a string that does not end on its line");
      if (c != '\\' || at_ == text_.size()) {
        decoded += c;
      } else if (!escape(decoded)) {
        return error("escape in a string");
      }
    }
    if (at_ == text_.size()) return error("a string that does not end");
    ++at_;
    add(token::string, text_.substr(from, at_ - from));
    tokens_.back().decoded = std::move(decoded);
    return unit{};
  }
  /// What follows a backslash. Unknown escapes stay as they are, as in Python.
  bool escape(std::string& to) {
    const char c = text_[at_++];
    switch (c) {
      case 'n': to += '\n'; return true;
      case 't': to += '\t'; return true;
      case 'r': to += '\r'; return true;
      case '\\':
      case '"':
      case '\'': to += c; return true;
      case 'x': {
        unsigned v = 0;
        const char* digits = text_.data() + at_;
        if (text_.size() - at_ < 2 || std::from_chars(digits, digits + 2, v, 16).ptr != digits + 2)
          return false;
        at_ += 2;
        to += static_cast<char>(v);
        return true;
      }
      default: to += '\\', to += c; return true;
    }
  }

  std::string_view text_;
  const std::string& file_;
  std::vector<lexeme> tokens_;
  std::vector<std::size_t> indents_{0};
  std::size_t at_ = 0;
  std::int32_t line_ = 1;
  int brackets_ = 0;
  bool fresh_ = true;  // at the start of a logical line
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_LEXER_HPP_
