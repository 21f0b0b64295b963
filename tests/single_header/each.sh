#!/usr/bin/env bash
# each.sh COMPILER SOURCE_DIR: every header compiles when it is the only one a file includes (those
# named *-inl.hpp are parts of a pass).
set -uo pipefail
compiler=$1 source=$2
status=0
while IFS= read -r header; do
  if ! text=$(printf '#include "%s"\n' "$header" | "$compiler" -std=c++20 -DOCTET_EXTERN -Wall \
      -Wextra -Werror -fsyntax-only -I "$source/include" -x c++ - 2>&1); then
    echo "$header:"
    printf '%s\n' "$text" | head -n 8
    status=1
  fi
done < <(cd "$source/include" && find octet -name '*.hpp' ! -name '*-inl.hpp' | sort)
exit $status
