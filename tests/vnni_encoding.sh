#!/bin/sh
# vnni_encoding.sh LIBRARY: the 512-bit dot product is there, and nothing in the AVX-VNNI encoding,
# which CPUs with AVX512-VNNI need not have.
set -eu
command -v objdump >/dev/null || { echo "SKIPPED: no objdump"; exit 77; }
list=$(mktemp)
trap 'rm -f "$list"' EXIT
objdump -d --no-show-raw-insn "$1" >"$list"
wide=$(grep -c 'vpdpbusd.*%zmm' "$list" || true)
vex=$(grep -c '{vex}' "$list" || true)
echo "vpdpbusd with zmm: $wide, {vex}: $vex"
[ "$wide" -gt 0 ] && [ "$vex" -eq 0 ]
