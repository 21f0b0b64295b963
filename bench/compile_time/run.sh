#!/usr/bin/env bash
# Seconds and megabytes of a 66-operator typed graph over the plain include, with each compiler that is here. `run.sh check` fails above 4 s or 300 MB.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 "$here/make_graph.py" include >"$work/include.cpp"
python3 "$here/make_graph.py" >"$work/graph.cpp"
status=0
for compiler in g++ clang++; do
  command -v $compiler >/dev/null || continue
  for f in include graph; do
    python3 - "$work/$f.txt" $compiler -std=c++20 -O2 -DOCTET_EXTERN -I "$here/../../include" -c "$work/$f.cpp" -o "$work/$f.o" <<'PY'
import resource, subprocess, sys
subprocess.run(sys.argv[2:], check=True)
u = resource.getrusage(resource.RUSAGE_CHILDREN)
open(sys.argv[1], "w").write(f"{u.ru_utime:.2f} {u.ru_maxrss // 1024}\n")
PY
  done
  read -r s0 m0 <"$work/include.txt"
  read -r s1 m1 <"$work/graph.txt"
  python3 - "$compiler" "$s0" "$m0" "$s1" "$m1" "${1:-}" <<'PY' || status=1
import sys
c, s0, m0, s1, m1, check = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]), sys.argv[6]
print(f"{c}: include {s0:.2f} s {m0} MB; 66 operators {s1:.2f} s {m1} MB; difference {s1 - s0:.2f} s {m1 - m0} MB")
sys.exit(1 if check == "check" and (s1 - s0 > 4 or m1 - m0 > 300) else 0)
PY
done
exit $status
