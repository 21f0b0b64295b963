#!/usr/bin/env bash
# precompile.sh COMPILER INCLUDE_DIR OUTPUT_DIR [FLAGS]: the header that every file here includes
# first, as run.sh uses it.
set -euo pipefail
compiler=$1 include=$2 output=$3
shift 3
mkdir -p "$output/octet/typed"
"$compiler" -std=c++20 -DOCTET_EXTERN -I "$include" "$@" -x c++-header \
    "$include/octet/typed/typed.hpp" -o "$output/octet/typed/typed.hpp.gch"
