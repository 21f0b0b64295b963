#!/usr/bin/env bash
# Seconds and megabytes of the compiler, with each compiler that is here. `run.sh check` fails above
# the bounds, which are seconds of processor time:
# a 66-operator typed graph: 4 s and 300 MB over the plain include; a file that names one operator:
# 6 s; one that plans any loaded model inline: 90 s.
# Also the single header: its preprocessed lines and the seconds to include it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 "$here/make_graph.py" include >"$work/include.cpp"
python3 "$here/make_graph.py" >"$work/graph.cpp"
cat >"$work/operator.cpp" <<'CPP'
#include "octet/direct.hpp"
octet::status run(const octet::quantized_view& x, const octet::quantized_view& w,
                  std::span<const std::int32_t> b, const octet::quantized_result& y) {
  return octet::conv2d(x, w, b, {}, y);
}
CPP
cat >"$work/plan.cpp" <<'CPP'
#include "octet/octet.hpp"
octet::result<octet::plan> plan(octet::graph g) { return octet::try_compile(std::move(g)); }
CPP
echo '#include "octet.hpp"' >"$work/single.cpp"
root=$here/../..
status=0
for compiler in g++ clang++; do
  command -v $compiler >/dev/null || continue
  for f in include graph operator plan single; do
    flags=(-DOCTET_EXTERN -I "$root/include")
    [ $f != plan ] || flags=(-I "$root/include")
    [ $f != single ] || flags=(-DOCTET_EXTERN -I "$root/single_include/octet")
    python3 - "$work/$f.txt" $compiler -std=c++20 -O2 "${flags[@]}" -c "$work/$f.cpp" -o \
        "$work/$f.o" <<'PY'
import resource, subprocess, sys
subprocess.run(sys.argv[2:], check=True)
u = resource.getrusage(resource.RUSAGE_CHILDREN)
open(sys.argv[1], "w").write(f"{u.ru_utime:.2f} {u.ru_maxrss // 1024}\n")
PY
  done
  lines=$($compiler -std=c++20 -DOCTET_EXTERN -I "$root/single_include/octet" -E -P \
      "$work/single.cpp" | wc -l)
  python3 - "$compiler" "$lines" "${1:-}" "$work"/{include,graph,operator,plan,single}.txt <<'PY' \
      || status=1
import sys
compiler, lines, check = sys.argv[1:4]
(s0, m0), (s1, m1), (op, opm), (plan, planm), (single, singlem) = [
    [float(v) for v in open(f).read().split()] for f in sys.argv[4:]]
print(f"{compiler}: include {s0:.1f} s {m0:.0f} MB; 66 operators {s1:.1f} s {m1:.0f} MB, "
      f"difference {s1 - s0:.1f} s {m1 - m0:.0f} MB; one operator {op:.1f} s {opm:.0f} MB; "
      f"plans inline {plan:.1f} s {planm:.0f} MB; single header {lines} preprocessed lines, "
      f"{single:.1f} s {singlem:.0f} MB")
sys.exit(1 if check == "check" and (s1 - s0 > 4 or m1 - m0 > 300 or op > 6 or plan > 90) else 0)
PY
done
exit $status
