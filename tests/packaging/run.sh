#!/usr/bin/env bash
# Builds a project outside this tree against an installed octet, in every documented way, and runs
# it.
#   run.sh COMPILER PREFIX WORK_FOLDER
set -eu
compiler=$1
prefix=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
mkdir -p "$3"
work=$(cd "$3" && pwd)
model=$root/examples/digits/digits.tflite

echo "== find_package"
cmake -S "$here/consumer" -B "$work/find-$compiler" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" \
    -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O0 \
    >/dev/null
cmake --build "$work/find-$compiler"
"$work/find-$compiler/header_only" "$model"
"$work/find-$compiler/compiled" "$model"

echo "== FetchContent: no tools, no tests"
cmake -S "$here/consumer" -B "$work/sub-$compiler" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" \
    -DOCTET_FROM="$root" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O0 >/dev/null
cmake --build "$work/sub-$compiler" --target compiled
"$work/sub-$compiler/compiled" "$model"
if cmake --build "$work/sub-$compiler" --target help | grep -E 'octet_tool|test_core'; then
  echo "a subproject must not build octet's own tools and tests"
  exit 1
fi

echo "== pkg-config, the compiled library"
multiarch=$(ls -d "$prefix"/lib/*/pkgconfig 2>/dev/null | head -n 1 || true)
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig:$multiarch"
# shellcheck disable=SC2046
"$compiler" -DCONSUMER_SECOND_FILE -O0 "$here/consumer/main.cpp" "$here/consumer/second.cpp" \
    $(pkg-config --cflags --libs octet-compiled) -o "$work/pkg-$compiler"
"$work/pkg-$compiler" "$model"
