#!/usr/bin/env bash
# No line of a source is wider than 100 columns: names file and line of each that is.
# Data, tables of documents and generated files are none of its business.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
git rev-parse --is-inside-work-tree >/dev/null 2>&1 || {
  echo "SKIPPED: not a git repository"
  exit 77
}
git ls-files -z -- '*.hpp' '*.cpp' '*.py' '*.sh' '*.cmake' '*.cmake.in' '*CMakeLists.txt' dev \
  ':!single_include/octet' ':!tests/fuzz/corpus' |
  LC_ALL=C.UTF-8 xargs -0 awk '
    length > 100 { printf "%s:%d: %d columns\n", FILENAME, FNR, length; wide = 1 }
    END { if (wide) print "the limit is 100"; exit wide }'
