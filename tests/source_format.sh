#!/usr/bin/env bash
# Every C++ source is as clang-format 14 writes it (./dev format). Other versions format in other
# ways: without that one the check is skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
for tool in clang-format-14 clang-format; do
  command -v "$tool" >/dev/null && grep -q 'version 14\.' <<<"$("$tool" --version)" && break
  tool=
done
if [ -z "$tool" ] || ! git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
  echo "SKIPPED: needs clang-format 14 and a git repository"
  exit 77
fi
git ls-files -z -- '*.hpp' '*.cpp' ':!single_include/octet' |
  xargs -0 "$tool" --dry-run -Werror 2>&1 | grep -E '^[^ ].*: (error|warning)' && {
  echo "run ./dev format with these files"
  exit 1
}
exit 0
