#!/usr/bin/env bash
# run.sh COMPILER SOURCE_DIR [FLAGS]: the single header as outside programs use it.
set -euo pipefail
compiler=$1 source=$2
shift 2
here=$source/tests/single_header
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/sub"
# nothing else of octet is in reach
cp "$source/single_include/octet/octet.hpp" "$work/sub/octet.hpp"
cp "$here"/*.cpp "$work"
sed -i 's|#include "octet.hpp"|#include "sub/octet.hpp"|' "$work"/*.cpp
# -O1: clang without optimization calls Highway's small functions. Built with -march=haswell they
# return a vector in a register, otherwise in memory, under one name: the linker keeps one of them.
cxx=("$compiler" -std=c++20 -O1 -Wall -Wextra -I "$work" "$@")
haswell=()
[ "$(uname -m)" != x86_64 ] || haswell=(-march=haswell)
echo "== two files, one of them for another CPU"
"${cxx[@]}" -c "$work/a.cpp" -o "$work/a.o"
"${cxx[@]}" "${haswell[@]}" -c "$work/b.cpp" -o "$work/b.o"
"$compiler" "$work/a.o" "$work/b.o" -o "$work/two" -pthread
"$work/two"
echo "== declarations in a file with Highway kernels of its own, definitions in another"
"${cxx[@]}" -O0 -DOCTET_EXTERN -c "$work/own_highway.cpp" -o "$work/own.o"
"${cxx[@]}" -O0 -DOCTET_EXTERN -c "$work/implementation.cpp" -o "$work/implementation.o"
"$compiler" "$work/own.o" "$work/implementation.o" -o "$work/own" -pthread
"$work/own"
echo "== a direct call with few kernels"
"${cxx[@]}" -DOCTET_FEW_KERNELS "$work/few_kernels.cpp" -o "$work/few" -pthread
"$work/few"
echo "== and with all forms of them"
"${cxx[@]}" -DOCTET_FEW_KERNELS -DOCTET_EVERY_FORM "$work/few_kernels.cpp" -o "$work/every" -pthread
"$work/every"
echo "== no macro is left but OCTET_ ones (and, where kernels are compiled, Highway's)"
grep -hoE '^ *# *include +<[^>]+>' "$work/sub/octet.hpp" | sort -u | sed \
    's|.*<\(.*\)>|#if __has_include(<\1>)\n#include <\1>\n#endif|' >"$work/system.cpp"
for mode in -DOCTET_EXTERN -DOCTET_ANY; do
  names() { "${cxx[@]}" "$mode" -dM -E "$1" | sed 's/^#define \([A-Za-z0-9_]*\).*/\1/' | sort -u; }
  echo '#include "sub/octet.hpp"' >"$work/macros.cpp"
  left=$(comm -23 <(names "$work/macros.cpp") <(names "$work/system.cpp") | grep -vE \
      "^(OCTET_$([ "$mode" = -DOCTET_EXTERN ] || echo '|HWY_|_'))" || true)
  [ -z "$left" ] || { echo "macros left behind ($mode):" $left; exit 1; }
done
echo "== the opt-in headers beside it, with their definitions, in one file"
cp "$source"/single_include/octet/octet_*.hpp "$work/sub"
cat >"$work/beside.cpp" <<'CPP'
#define OCTET_IMPORT_IMPLEMENTATION
#if __has_include(<flatbuffers/flatbuffers.h>)
#include "sub/octet_tflite.hpp"
#endif
#if __has_include(<zip.h>)
#include "sub/octet_torch.hpp"
#endif
#if __has_include(<protozero/pbf_reader.hpp>)
#include "sub/octet_onnx.hpp"
#endif
#if __has_include(<nlohmann/json.hpp>)
#include "sub/octet_mxnet.hpp"
#endif
#if __has_include(<range/v3/view/view.hpp>)
#include "sub/octet_views.hpp"
#endif
#include "sub/octet_bench.hpp"
#include "sub/octet.hpp"
CPP
"${cxx[@]}" -DOCTET_EXTERN -fsyntax-only "$work/beside.cpp"
echo "== mixed with include/octet: one error that says what to do"
mixed() {
  printf '#include %s\n' "$@" >"$work/mixed.cpp"
  if text=$("${cxx[@]}" -DOCTET_EXTERN -I "$source/include" -fsyntax-only "$work/mixed.cpp" 2>&1)
  then
    echo "mixing compiles: $*"
    exit 1
  fi
  [ "$(printf '%s\n' "$text" | grep -c 'error:')" = 1 ] || {
    head -n 20 <<<"$text"
    exit 1
  }
  grep -q 'error:.*single header' <<<"$text"
}
mixed '"sub/octet.hpp"' '<octet/import/tflite.hpp>'
mixed '<octet/core/types.hpp>' '"sub/octet_tflite.hpp"'
echo "== a renamed copy says which macro to set"
mv "$work/sub/octet.hpp" "$work/sub/renamed.hpp"
echo '#include "sub/renamed.hpp"' >"$work/renamed.cpp"
if text=$("${cxx[@]}" -fsyntax-only "$work/renamed.cpp" 2>&1); then
  echo "a renamed copy compiles without OCTET_SINGLE_FILE"
  exit 1
fi
grep -q 'error.*OCTET_SINGLE_FILE' <<<"$text"
printf '#define OCTET_SINGLE_FILE "renamed.hpp"\n#include "sub/renamed.hpp"\n' >"$work/renamed.cpp"
"${cxx[@]}" -fsyntax-only "$work/renamed.cpp"
echo same
