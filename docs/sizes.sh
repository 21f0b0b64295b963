#!/usr/bin/env bash
# sizes.sh BUILD_DIR: prints the table of docs/sizes.md: bytes of each example binary of a release build, stripped.
set -euo pipefail
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "| program | stripped bytes | text | data and bss |"
echo "|---|---:|---:|---:|"
for f in "$build"/examples/example_* "$build"/octet; do
  [ -f "$f" ] && [ -x "$f" ] || continue
  strip -o "$work/s" "$f"
  read -r text data bss _ < <(size "$work/s" | tail -n 1)
  echo "| $(basename "$f") | $(stat -c %s "$work/s") | $text | $((data + bss)) |"
done
