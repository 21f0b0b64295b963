#!/usr/bin/env python3
"""Processor seconds and megabytes that the compilers take for a user's file, beside two yardsticks
of the same run: S, the standard headers that octet includes, and K, one trivial kernel for octet's
targets by Highway's foreach_target. Each program is compiled in turn, the least of the rounds
counts, with every compiler that is here.

  run.py [--rounds N] [--only PART] [--beside TREE] [--check]

--beside: the same for another checkout of octet, in turns with this one. --check: nothing is timed;
fails where a header-only file that names one operator compiles kernels or references of others."""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
KERNEL = """\
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
HWY_BEFORE_NAMESPACE();
namespace trivial {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
void twice(const float* HWY_RESTRICT x, float* HWY_RESTRICT y, std::size_t n) {
  const hn::ScalableTag<float> d;
  for (std::size_t i = 0; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
    const auto v = hn::LoadU(d, x + i);
    hn::StoreU(hn::Add(v, v), d, y + i);
  }
}
}  // namespace HWY_NAMESPACE
}  // namespace trivial
HWY_AFTER_NAMESPACE();
#if HWY_ONCE
namespace trivial {
HWY_EXPORT(twice);
void run(const float* x, float* y, std::size_t n) { HWY_DYNAMIC_DISPATCH(twice)(x, y, n); }
}  // namespace trivial
#endif
"""
ADD = """\
#include "octet/direct/add.hpp"
octet::status run_add(const octet::quantized_view& a, const octet::quantized_view& b,
                  const octet::quantized_result& y) {
  return octet::add(a, b, y);
}
"""
CONV2D = """\
#include "octet/direct/conv2d.hpp"
octet::status run_conv2d(const octet::quantized_view& x, const octet::quantized_view& w,
                  std::span<const std::int32_t> b, const octet::quantized_result& y) {
  return octet::conv2d(x, w, b, {}, y);
}
"""
ALL = '#include "octet/direct.hpp"\n'
LOADED = """\
#include "octet/import/tflite.hpp"
#include "octet/runtime/session.hpp"
void run(const char* file) {
  octet::session s(octet::compile(octet::import::tflite(file)));
  s.run();
}
"""
PLANS = """\
#include "octet/octet.hpp"
octet::result<octet::plan> run(octet::graph g) { return octet::try_compile(std::move(g)); }
"""


def standard_headers(tree):
    text = "".join(f.read_text() for f in sorted((tree / "include").rglob("*.hpp")))
    names = sorted(set(re.findall(r"^ *# *include +<([a-z_]+)>", text, re.M)))
    return "".join(f"#include <{n}>\n" for n in names)


def graph(tree, *what):
    return subprocess.run([sys.executable, tree / "bench/compile_time/make_graph.py", *what],
                          check=True, capture_output=True, text=True).stdout


def programs(tree):
    """name, file, text, flags, yardstick, times of it that are wanted, MB that are wanted"""
    extern, single = "-DOCTET_EXTERN", tree / "single_include/octet"
    return [
        ("S: standard headers", "standard.cpp", standard_headers(tree), [], None, None, None),
        ("K: a trivial kernel", "kernel.cpp", KERNEL, [], None, None, None),
        ("a loaded network, `OCTET_EXTERN`", "loaded.cpp", LOADED, [extern], "S", 1.5, 170),
        ("octet.hpp, `OCTET_EXTERN`", "octet.cpp", '#include "octet/octet.hpp"\n', [extern], "S",
         3.5, None),
        ("octet.hpp and views.hpp, `OCTET_EXTERN`", "views.cpp",
         '#include "octet/octet.hpp"\n#include "octet/views.hpp"\n', [extern], "S", 4.1, None),
        ("the single header, `OCTET_EXTERN`", "single.cpp", '#include "octet.hpp"\n',
         [extern, f"-I{single}"], "S", None, None),
        ("typed.hpp, `OCTET_EXTERN`", "include.cpp", graph(tree, "include"), [extern], "S", None,
         None),
        ("a typed graph of 66 operators, `OCTET_EXTERN`", "graph.cpp", graph(tree), [extern], "S",
         None, None),
        ("octet.hpp", "bare.cpp", '#include "octet/octet.hpp"\n', [], "K", None, None),
        ("one `octet::add` with direct.hpp", "all.cpp", ALL + ADD, [], "K", None, None),
        ("one `octet::add`", "add.cpp", ADD, [], "K", 2.5, 450),
        ("one `octet::conv2d`", "conv2d.cpp", CONV2D, [], "K", 5, 450),
        ("plans any loaded network", "plans.cpp", PLANS, [], "K", None, None),
    ]


def compiled(command):
    """Seconds of processor time and megabytes, or None where it does not compile."""
    code = ("import resource, subprocess, sys\n"
            "r = subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL).returncode\n"
            "u = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
            "print(r, u.ru_utime + u.ru_stime, u.ru_maxrss // 1024)")
    out = subprocess.run([sys.executable, "-c", code, *map(str, command)], check=True,
                         capture_output=True, text=True).stdout.split()
    return (float(out[1]), int(out[2])) if out[0] == "0" else None


def measure(compiler, trees, rounds, only, folder):
    best = {}
    lists = [[p for p in programs(t) if p[4] is None or only in p[0]] for t in trees]
    for _ in range(rounds):
        for row in range(len(lists[0])):
            for tree, rows in zip(trees, lists):
                name, file, text, flags, *_ = rows[row]
                (folder / file).write_text(text)
                got = compiled([compiler, "-std=c++20", "-O2", *flags, f"-I{tree / 'include'}",
                                f"-I{folder}", "-c", folder / file, "-o", folder / "out.o"])
                if got is not None:
                    old = best.get((tree, name), got)
                    best[tree, name] = (min(old[0], got[0]), min(old[1], got[1]))
    return best


def report(compiler, trees, best):
    print(f"\n{compiler}: processor seconds, and times the yardstick (wanted at most)\n")
    heads = ["file"] + [h for t in trees for h in ("s", "of S or K", "MB")]
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    yardsticks = {"S": "S: standard headers", "K": "K: a trivial kernel"}
    for name, _, _, _, unit, times, megabytes in programs(trees[0]):
        cells = [name]
        for tree in trees:
            got = best.get((tree, name))
            if got is None:
                cells += ["not compiled", "", ""]
                continue
            seconds, mb = got
            relative = ""
            if unit:
                relative = f"{seconds / best[tree, yardsticks[unit]][0]:.1f} {unit}"
                relative += f" ({times})" if times else ""
            wanted = f" ({megabytes})" if megabytes else ""
            cells += [f"{seconds:.1f}", relative, f"{mb}{wanted}"]
        print("| " + " | ".join(cells) + " |")


def check(compiler, folder):
    """The kernels and references in the object of a file that names one operator, or two of which
    the second's header comes when the first has been compiled."""
    wrong = []
    for operators, text in (({"add"}, ADD), ({"conv2d"}, CONV2D), ({"add", "conv2d"}, CONV2D + ADD),
                            ({"add"}, ALL + ADD)):
        source, made = folder / "one.cpp", folder / "one.o"
        source.write_text(text)
        subprocess.run([compiler, "-std=c++20", "-O0", f"-I{ROOT / 'include'}", "-c", source, "-o",
                        made], check=True)
        names = subprocess.run(["nm", "-C", made], check=True, capture_output=True,
                               text=True).stdout
        references = set(re.findall(r"reference::(\w+)_kernel\b", names))
        kernels = set(re.findall(r"::kernel<\([^)]*kernel_id\)(\d+)", names))
        if references != operators or len(kernels) != len(operators):
            wrong.append(f"{compiler}: a file with {sorted(operators)} has references of "
                         f"{sorted(references)} and kernels {sorted(kernels)}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--beside", type=pathlib.Path)
    parser.add_argument("--only", default="", help="programs whose name this is part of")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    trees = [ROOT] + ([options.beside.resolve()] if options.beside else [])
    wrong = []
    for compiler in filter(shutil.which, ("g++", "clang++")):
        with tempfile.TemporaryDirectory() as folder:
            if options.check:
                wrong += check(compiler, pathlib.Path(folder))
            else:
                report(compiler, trees, measure(compiler, trees, options.rounds, options.only,
                                                pathlib.Path(folder)))
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
