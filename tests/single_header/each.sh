#!/usr/bin/env bash
# each.sh COMPILER SOURCE_DIR: every header compiles when it is the only one a file includes (those
# named *-inl.hpp are parts of a pass).
set -uo pipefail
export compiler=$1 source=$2
alone() {
  local text
  text=$(printf '#include "%s"\n' "$1" | "$compiler" -std=c++20 -DOCTET_EXTERN -Wall -Wextra \
      -Werror -fsyntax-only -I "$source/include" -x c++ - 2>&1) && return
  printf '%s:\n%s\n' "$1" "$(head -n 8 <<<"$text")"
  return 1
}
export -f alone
cd "$source/include" && find octet -name '*.hpp' ! -name '*-inl.hpp' | sort |
  xargs -P "$(nproc)" -I {} bash -c 'alone {}'
