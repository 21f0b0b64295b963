#!/usr/bin/env bash
# The library asks for NaN and infinities by their bits (numerics/fp.hpp). Its own code is exact
# under -ffast-math (core/config.hpp); std::isfinite and its kin are not, compilers fold them to
# what they would be if there were neither. Vectors are divided by simd::divide: of hn::Div, a
# division that compilers see, they make a reciprocal and a product.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
git rev-parse --is-inside-work-tree >/dev/null 2>&1 || {
  echo "SKIPPED: not a git repository"
  exit 77
}
if git grep -nE 'std::(isfinite|isnan|isinf|isnormal|fpclassify)\b' -- include; then
  echo "use numerics::is_finite, is_nan, is_infinite"
  exit 1
fi
if git grep -n 'hn::Div(' -- include; then
  echo "use simd::divide"
  exit 1
fi
