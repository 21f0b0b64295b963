#!/usr/bin/env bash
# each.sh COMPILER SOURCE_DIR: every header compiles when it is the only one a file includes (those
# named *-inl.hpp are parts of a pass). One that another includes before anything else is compiled
# alone there: a quarter of them.
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
cd "$source/include"
headers() { find octet -name '*.hpp' ! -name '*-inl.hpp' | sort; }
# What stands first in each, before any condition but the guard against a second include.
first_included() {
  headers | xargs awk 'FNR == 1 { conditions = 0; done = 0 }
    done { next }
    /^ *# *if/ { if (++conditions > 1) done = 1 }
    /^ *# *include/ { done = 1; if (match($0, /"octet[^"]*"/))
        print substr($0, RSTART + 1, RLENGTH - 2) }' | sort -u
}
comm -23 <(headers) <(first_included) | xargs -P "$(nproc)" -I {} bash -c 'alone {}'
