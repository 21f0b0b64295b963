#!/bin/sh
# vnni_encoding.sh LIBRARY: the 512-bit dot product is there, and the AVX-VNNI encoding, which CPUs
# with AVX512-VNNI need not have, in the target of that name alone.
set -eu
command -v objdump >/dev/null || { echo "SKIPPED: no objdump"; exit 77; }
list=$(mktemp)
trap 'rm -f "$list"' EXIT
objdump -d --no-show-raw-insn "$1" >"$list"
wide=$(grep -c 'vpdpbusd.*%zmm' "$list" || true)
own=$(awk '/^[0-9a-f]+ </ { own = /simd_avx2_vnni/ } /[{]vex[}]/ && own' "$list" | wc -l)
other=$(awk '/^[0-9a-f]+ </ { own = /simd_avx2_vnni/ } /[{]vex[}]/ && !own' "$list" | wc -l)
echo "vpdpbusd with zmm: $wide, {vex} of AVX2_VNNI: $own, elsewhere: $other"
[ "$wide" -gt 0 ] && [ "$own" -gt 0 ] && [ "$other" -eq 0 ]
