#!/usr/bin/env bash
# Files that the pass of a pseudo target shows (kernels/pass-inl.hpp) have functors in place of
# lambdas: HWY_ATTR names the features of the target that the pass stands on, without the dot
# product that the pass adds, and clang then refuses to inline what it calls.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
git rev-parse --is-inside-work-tree >/dev/null 2>&1 || {
  echo "SKIPPED: not a git repository"
  exit 77
}
# All but what stands where OCTET_BASE_NS is not defined.
shown=$(awk '
  /^#if/ { hidden[++depth] = hidden[depth - 1] || /!defined\(OCTET_BASE_NS\)/
           base[depth] = /^#if defined\(OCTET_BASE_NS\)/ }
  /^#el/ && base[depth] { hidden[depth] = 1 }
  /^#endif/ { --depth }
  !hidden[depth] && match($0, /octet\/[a-z0-9_\/]*-inl\.hpp/) {
    print "include/" substr($0, RSTART, RLENGTH) }' include/octet/kernels/pass-inl.hpp)
[[ $(wc -w <<<"$shown") -ge 8 ]] || {
  echo "the list of kernels/pass-inl.hpp was not found"
  exit 1
}
if git grep -nE '[])] HWY_ATTR' -- $shown include/octet/kernels/simd tests/simd_pass-inl.hpp; then
  echo "a functor, please: see $0"
  exit 1
fi
