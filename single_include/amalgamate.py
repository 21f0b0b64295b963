#!/usr/bin/env python3
"""Makes single_include/octet/octet.hpp and the opt-in headers beside it (octet_tflite.hpp, ...)
from include/octet: `amalgamate.py` writes them, `amalgamate.py --check` fails where a committed one
is stale.

octet.hpp has two parts. Included by a program it is an ordinary header, once. For each SIMD target
it then includes itself, by name, and that time shows the kernels' part only. Checked here: every
header belongs to a layer and includes only its own or lower ones, none is forgotten, all is ASCII.

An opt-in header includes octet.hpp and holds what that has not. The include guards of everything in
octet.hpp are defined by it, and the opt-in headers keep theirs: what several of them share is
compiled once, and a header of include/octet that is included by mistake gives one #error.
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent / "include"
OUT = HERE / "octet"
LAYERS = ["core", "numerics", "laws", "ops", "kernels", "plan", "graph", "runtime", "bench",
          "direct", "typed", "views", "import"]
OWN_LAYER = {
    "octet/kernels/kernel.hpp": "core",
    "octet/kernels/simd/layouts.hpp": "core",
    "octet/kernels/gemm.hpp": "numerics",
    "octet/kernels/depthwise.hpp": "numerics",
    "octet/kernels/float_gemm.hpp": "numerics",
    "octet/direct.hpp": "direct",
    "octet/views.hpp": "views",
    "octet/octet.hpp": "import",
}
PASS = "octet/kernels/pass-inl.hpp"
PASSES = "octet/kernels/passes.hpp"  # stands where it is included, with all kernels: once
# Opt-in: what few programs include or what has dependencies of its own, with what it needs.
OPT_IN = {
    "tflite": ("octet/import/tflite.hpp", "FlatBuffers (headers only)"),
    "torch": ("octet/import/torch.hpp", "libzip, where OCTET_EXTERN is not given"),
    "onnx": ("octet/import/onnx.hpp", "protozero (headers only)"),
    "mxnet": ("octet/import/mxnet.hpp", "nlohmann-json (headers only)"),
    "views": ("octet/views.hpp", "range-v3 (headers only)"),
    "bench": ("octet/bench/op.hpp", ""),
}
NOT_MIXED = "octet/core/granular.hpp"
# Files that choose passes; every other file of kernels is free of instruction families.
CHOOSE_PASSES = [f"octet/kernels/{n}.hpp"
                 for n in ("pass-inl", "passes", "targets", "dispatch", "detect")]
FAMILY = re.compile(
    r"HWY_(TARGET|MAX_BYTES|LANES|ARCH|CAP|NATIVE|HAVE)\w*|OCTET_QUAD"
    r"|OCTET_HAS_(SSE|AVX|NEON|EMU)\w*|\b_mm\d*_\w+|\b__(m128|m256|m512|mmask)\w*"
    r"|\bv\w+_[su](8|16|32|64)\b|\.raw\b|\basm\b|__asm__"
    r"|\blanes(8|16|32)\s*(==|<=|>=|<|>)\s*\d|\b\d+\s*/\s*lanes(8|16|32)\b|\bsimd::registers\b")
INCLUDE = re.compile(r'^\s*#\s*include\s+"(octet/[^"]+)"')
# Highway's functions that check their arguments.
ABORTS = re.compile(r"hn::(SetTableIndices|IndicesFromVec)\b")


def fail(text):
    sys.exit("amalgamate.py: " + text)


def layer(name):
    l = OWN_LAYER.get(name) or name.split("/")[1]
    if l not in LAYERS:
        fail(f"{name} belongs to no layer ({', '.join(LAYERS)})")
    return LAYERS.index(l)


def read(name):
    path = ROOT / name
    if not path.is_file():
        fail(f"{name} is included but does not exist")
    data = path.read_bytes()
    if not data.isascii():
        fail(f"{name}: not ASCII")
    return data.decode().splitlines()


def strip_guard(name, lines):
    """Without the include guard (the first #ifndef, #define pair and the last #endif), but for the
    definition."""
    code = [i for i, l in enumerate(lines) if l.strip() and not l.startswith("//")]
    if len(code) > 2 and lines[code[0]].startswith("#ifndef OCTET_") and lines[code[1]].startswith(
            "#define OCTET_"):
        return lines[: code[0]] + lines[code[1] : code[-1]]
    return lines


seen, deferred = set(), []


def check_layer(name, other):
    if layer(other) > layer(name) and not other.endswith("-inl.hpp"):
        fail(f"{name} includes {other}, which is of a higher layer")


def emit(name, out, top):
    """Appends a header and, before it, what it includes. Includes inside #if are put off to the end
    (they are definitions that the header declares)."""
    if name in seen:
        return
    seen.add(name)
    depth, body = 0, []
    for line in strip_guard(name, read(name)):
        m = INCLUDE.match(line)
        if m:
            other = m.group(1)
            check_layer(name, other)
            if other == PASS:
                seen.add(PASS)
                body.append("#include OCTET_SINGLE_FILE")
            elif other == PASSES and not top and other not in seen:
                emit(other, body, False)
            elif depth > 0 and top:
                deferred.append(other)
            else:
                emit(other, out, top)
            continue
        if re.match(r"\s*#\s*(if|ifdef|ifndef)\b", line):
            depth += 1
        elif re.match(r"\s*#\s*endif\b", line):
            depth -= 1
        body.append(line)
    out.append(f"// ---- {name}")
    out.extend(body)


def emit_opt_in(name, out, here, depth, always):
    """Appends a header with its guard, every header that octet.hpp has not at its first include.
    `here`: those that are there already, with how deep inside #if that was. `always`: what
    octet.hpp has in every build mode; the rest it has with its definitions, where the guards
    tell."""
    for line in read(name):
        m = INCLUDE.match(line)
        if m:
            other = m.group(1)
            check_layer(name, other)
            if other in always or other == NOT_MIXED:
                continue
            if other not in here:
                here[other] = depth
                out.append(f"// ---- {other}")
                emit_opt_in(other, out, here, depth, always)
            elif here[other] > depth:
                fail(f"{name} includes {other}, which stands inside an #if further up")
            continue
        # every header's own guard counts too: the same one more for all includes of a header
        if re.match(r"\s*#\s*(if|ifdef|ifndef)\b", line) and not line.startswith("#ifndef OCTET_"):
            depth += 1
        elif re.match(r"\s*#\s*endif\b", line) and "_HPP_" not in line:
            depth -= 1
        out.append(line)


def emit_pass(name, out):
    for line in read(name):
        m = INCLUDE.match(line)
        if m:
            seen.add(m.group(1))
            out.append(f"// ---- {m.group(1)}")
            emit_pass(m.group(1), out)
        else:
            out.append(line)


def check_rooms(names):
    """Kernels are written once for all instruction families: what belongs to one is in
    kernels/simd, and passes are chosen in five files."""
    for name in names:
        if not name.startswith("octet/kernels/") or name in CHOOSE_PASSES:
            continue
        if name.startswith("octet/kernels/simd/"):
            continue
        for number, line in enumerate(read(name), 1):
            m = FAMILY.search(line)
            if m:
                fail(f"{name}:{number}: {m.group(0)} belongs to an instruction family, "
                     "and those live in octet/kernels/simd")
            m = ABORTS.search(line)
            if m:
                fail(f"{name}:{number}: {m.group(0)} calls hwy::Abort where nothing is optimized, "
                     "and octet links nothing of Highway")


def build():
    version = re.search(r'OCTET_VERSION_STRING "([^"]+)"',
                        (ROOT / "octet/core/config.hpp").read_text()).group(1)
    once, late, kernels = [], [], []
    emit("octet/octet.hpp", once, True)
    always = set(seen)
    for name in deferred:
        emit(name, late, False)
    emit_pass(PASS, kernels)
    beside = {}
    held = set()
    for key, (name, needs) in OPT_IN.items():
        here, lines = {name: 0}, []
        emit_opt_in(name, lines, here, 0, always)
        held |= set(here)
        beside[f"octet_{key}.hpp"] = "\n".join([
            f"// octet {version}: {name} for the single header, which it includes. Made by "
            "single_include/amalgamate.py; do not edit.",
            "// Needs octet.hpp beside it" + (f" and {needs}." if needs else "."),
            "// SPDX-License-Identifier: Apache-2.0",
            "#if !defined(OCTET_SINGLE_FILE)", '#define OCTET_SINGLE_FILE "octet.hpp"', "#endif",
            "#include OCTET_SINGLE_FILE",
            "#if defined(OCTET_SINGLE_HPP_)"] + lines + ["#endif  // OCTET_SINGLE_HPP_"]) + "\n"
    everything = sorted(p.relative_to(ROOT).as_posix() for p in ROOT.glob("octet/**/*.hpp"))
    forgotten = [n for n in everything if n not in seen | held | {NOT_MIXED}]
    check_rooms(everything)
    if forgotten:
        fail("not part of a single header: " + ", ".join(forgotten))
    for line in once + late + kernels:
        m = re.match(r"\s*#\s*define\s+(\w+)", line)
        if m and not m.group(1).startswith("OCTET_") and m.group(1) not in ("HWY_TARGET",
                "HWY_TARGET_TOGGLE", "HWY_SET_MACROS_PER_TARGET", "HWY_DISABLED_TARGETS"):
            fail("macro without the prefix OCTET_: " + m.group(1))
    text = [
        f"// octet {version}, single header. Made by single_include/amalgamate.py from "
        f"include/octet; do not edit.",
        "// Needs the headers of Highway and Boost.Hana. Any number of files may include it. "
        "OCTET_EXTERN: declarations only; then one file defines",
        "// OCTET_EXTERN and OCTET_IMPLEMENTATION before the include. A file that uses "
        "hwy/foreach_target.h itself needs OCTET_EXTERN.",
        "// SPDX-License-Identifier: Apache-2.0",
        "#if defined(OCTET_KERNEL_PASS)",
        "#define OCTET_SINGLE_PASS_SEEN",
    ]
    text += kernels
    text += ["#elif defined(OCTET_CORE_CONFIG_HPP_) && !defined(OCTET_SINGLE_HPP_)",
             '#error "octet: this file includes headers of include/octet and the single header '
             'octet.hpp: use one of the two"',
             "#elif !defined(OCTET_SINGLE_HPP_)", "#define OCTET_SINGLE_HPP_",
             "#if !defined(OCTET_SINGLE_FILE)", '#define OCTET_SINGLE_FILE "octet.hpp"', "#endif"]
    text += once
    text += [
        "#if OCTET_HAS_DEFINITIONS",
        "#if !__has_include(OCTET_SINGLE_FILE)",
        '#error "octet: this header includes itself once per SIMD target and has been renamed: '
        'define OCTET_SINGLE_FILE to its name, in quotes, before including it"',
        "#endif",
    ]
    text += late
    text += [
        "#if !defined(OCTET_SINGLE_PASS_SEEN) && !defined(HWY_COMPILE_ONLY_SCALAR)",
        '#error "octet: another file of this name was found in place of this header: define '
        'OCTET_SINGLE_FILE to its name, in quotes, before including it"',
        "#endif",
        "#endif  // OCTET_HAS_DEFINITIONS",
        "#endif  // OCTET_SINGLE_HPP_",
    ]
    return {"octet.hpp": "\n".join(text) + "\n"} | beside


if __name__ == "__main__":
    for file, text in build().items():
        path = OUT / file
        if "--check" in sys.argv[1:]:
            if not path.is_file() or path.read_text() != text:
                fail(f"single_include/octet/{file} is stale: run ./dev generate header")
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
