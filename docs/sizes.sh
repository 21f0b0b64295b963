#!/usr/bin/env bash
# sizes.sh BUILD_DIR: puts the bytes of each example program of a release build, stripped, into the
# table of docs/sizes.md. With --check before it: fails where the table names other programs, or
# sizes more than a tenth away (another compiler's code is a little larger or smaller).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
check=
if [ "$1" = --check ]; then
  check=1
  shift
fi
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for f in "$build"/examples/example_* "$build"/octet; do
  [ -f "$f" ] && [ -x "$f" ] || continue
  strip -o "$work/s" "$f"
  read -r text data bss _ < <(size "$work/s" | tail -n 1)
  echo "| $(basename "$f") | $(stat -c %s "$work/s") | $text | $((data + bss)) |"
done >"$work/rows"

if [ -n "$check" ]; then
  grep -E '^\| (example_|octet )' docs/sizes.md >"$work/stored"
  awk -F'|' '
    NR == FNR { stored[$2] = $3 + 0; next }
    !($2 in stored) { print "not in the table:" $2; stale = 1; next }
    { now = $3 + 0; was = stored[$2]; delete stored[$2] }
    now > was * 1.1 || now < was * 0.9 { print $2 "has " now " bytes, the table says " was; stale \
        = 1 }
    END {
      for (name in stored) { print "in the table alone:" name; stale = 1 }
      if (stale) print "docs/sizes.md is stale: run ./dev generate sizes"
      exit stale
    }' "$work/stored" "$work/rows"
else
  awk -v rows="$work/rows" '
    /^\| (example_|octet )/ { next }
    { print }
    /^\|---\|/ { while ((getline line < rows) > 0) print line }' docs/sizes.md >docs/sizes.md.new
  mv docs/sizes.md.new docs/sizes.md
fi
