#!/usr/bin/env bash
# No function of the library, its tools, tests, benchmarks and examples is longer than a screen, 60
# lines from its first line to its last: names file, line and function of each that is. With a
# number as argument, that many lines.
# Tables are not counted, which are looked up, not read from top to bottom; splitting one would only
# hide its rows: a line that is one whole `case` of a switch, or one whole row of a list, from its
# brace to its brace and comma, without a statement in it.
# Knows C++ as clang-format leaves it ("source: format"): a space before the brace of a body, none
# before that of an initializer. Functions inside functions count as lines of the outer one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
git rev-parse --is-inside-work-tree >/dev/null 2>&1 || {
  echo "SKIPPED: not a git repository"
  exit 77
}
git ls-files -z -- {include,tools,tests,bench,examples}/'*.'{hpp,cpp} |
  LC_ALL=C.UTF-8 xargs -0 awk -v limit="${1:-60}" '
    # Without the balanced pairs of one kind of bracket, from the first one on.
    function without(text, open, close_, only_first,    i, c, depth, kept) {
      for (i = 1; i <= length(text); ++i) {
        c = substr(text, i, 1)
        if (c == open) ++depth
        if (!depth) kept = kept c
        if (c == close_ && depth && !--depth && only_first) return kept substr(text, i + 1)
      }
      return kept
    }
    # What a brace after this text opens: a scope of declarations, a function, or data.
    function opened_by(text) {
      gsub(/operator *[^ (a-zA-Z]+/, "operator", text)
      while (text ~ /^ *template *</) {
        sub(/^ *template */, "", text)
        text = without(text, "<", ">", 1)
      }
      sub(/^ *requires .*\) *(struct|class)/, "struct", text)
      if (text ~ /^ *(inline )?(namespace|struct|class|union|enum|extern) /) return "scope"
      if (text ~ /\] *(\(.*\))?[ a-z]*(->.*)?$/) return "function"  # a lambda
      if (text !~ /\(/) return "data"
      text = without(text, "(", ")", 0)
      return text ~ /=/ ? "data" : "function"
    }
    function name_in(text) {
      while (text ~ /^ *template *</) {
        sub(/^ *template */, "", text)
        text = without(text, "<", ">", 1)
      }
      if (text ~ /\] *(\(|$)/) return "a lambda"
      sub(/\(.*/, "", text)
      sub(/.*[ *&]/, "", text)
      return text
    }
    function brace_opens(tight,    kind) {
      kind = inside ? "block" : tight ? "data" : opened_by(head)
      if (kind == "function") {
        inside = depth + 1
        first = head_line
        name = name_in(head)
        table = 0
      }
      kinds[++depth] = kind
      tights[depth] = tight
      heads[depth] = head
      if (kind != "block") head = ""
    }
    function brace_closes() {
      if (depth < 1) { printf "%s:%d: a brace too many\n", file, line; failed = 1; return }
      if (inside == depth) {
        inside = 0
        ++functions
        if (line - first + 1 - table > limit) {
          printf "%s:%d: %s: %d lines\n", file, first, name, line - first + 1 - table
          failed = 1
        }
      }
      head = tights[depth] ? heads[depth] "{}" : ""
      --depth
    }
    function file_ends() {
      if (depth) { printf "%s: %d braces are not closed\n", file, depth; failed = 1 }
      depth = inside = conditions = 0
      head = ""
    }
    FNR == 1 { file_ends(); file = FILENAME; comment = directive = 0 }
    {
      line = FNR
      text = $0
      # Of the branches of an #if, each begins as the first does.
      if (directive || text ~ /^ *#/) {
        if (!directive && text ~ /^ *# *if/) { at[++conditions] = depth; was[conditions] = inside }
        if (!directive && text ~ /^ *# *el/) { depth = at[conditions]; inside = was[conditions] }
        if (!directive && text ~ /^ *# *endif/) --conditions
        directive = text ~ /\\$/
        next
      }
      if (comment) {
        if (text !~ /\*\//) next
        sub(/^.*\*\//, "", text)
        comment = 0
      }
      gsub(/\\\\/, "", text)
      gsub(/\\["\x27]/, "", text)
      gsub(/\x27[^\x27]\x27/, "0", text)
      gsub(/"[^"]*"/, "\"\"", text)
      sub(/\/\/.*/, "", text)
      gsub(/\/\*[^*]*\*\//, "", text)
      if (text ~ /\/\*/) { sub(/\/\*.*/, "", text); comment = 1 }
      if (!inside && text ~ /^ *[A-Z0-9_]+ *(\([^()]*\))?;? *$/) next  # a macro alone
      if (inside && text ~ /^ *(case .*: .*;|[{][^;]*[}],)$/) ++table
      while (match(text, /[{};]/)) {
        before = substr(text, 1, RSTART - 1)
        c = substr(text, RSTART, 1)
        text = substr(text, RSTART + 1)
        if (!inside) {
          if (head ~ /^ *$/ && before ~ /[^ ]/) head_line = line
          head = head before
        }
        if (c == "{") brace_opens(before ~ /[^ (,]$/)
        else if (c == "}") brace_closes()
        else if (!inside) head = ""
      }
      if (!inside) {
        if (head ~ /^ *$/ && text ~ /[^ ]/) head_line = line
        head = head text " "
      }
    }
    END {
      file_ends()
      if (functions < 5000) { printf "only %d functions were found\n", functions; failed = 1 }
      if (failed) print "the limit is " limit " lines"
      exit failed
    }'
