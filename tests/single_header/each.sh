#!/usr/bin/env bash
# each.sh COMPILER SOURCE_DIR [HEADER...]: every header compiles when it is the only one a file
# includes (those named *-inl.hpp are parts of a pass). One that another includes before anything
# else is compiled alone there: a quarter of them. Operators and what users include compile
# header-only as well, where definitions need more than declarations do. Headers that are named:
# these, header-only.
set -uo pipefail
export compiler=$1 source=$(realpath "$2")
alone() {   # HEADER [FLAG]
  local text
  text=$(printf '#include "%s"\n' "$1" | "$compiler" -std=c++20 ${2:-} -Wall -Wextra \
      -Werror -fsyntax-only -I "$source/include" -x c++ - 2>&1) && return
  printf '%s %s:\n%s\n' "$1" "${2:-}" "$(head -n 8 <<<"$text")"
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
if [[ $# -gt 2 ]]; then printf '%s\n' "${@:3}"; else
  comm -23 <(headers) <(first_included) | sed 's/$/ -DOCTET_EXTERN/'
  ls octet/*.hpp octet/ops/*.hpp octet/direct/*.hpp octet/import/*.hpp
fi | xargs -P "$(nproc)" -I {} bash -c 'alone {}'
