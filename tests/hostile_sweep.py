#!/usr/bin/env python3
"""Runs a folder of hostile files through the command line.

hostile_sweep.py OCTET FOLDER

Every file goes through show, explain, convert, codegen and run (inputs: zeros, then the extremes of
the type with NaN and infinities), with 256 KB of stack, 2 s of CPU and 512 MB of memory. It must
end with exit code 3 and one line on stderr, or with 0; where run ends with 0, every target and
number of threads gives the reference's bits. FOLDER/MANIFEST.json gives arguments: a list of
{"model": FILE, "args": [...]}; without it every file is tried. Exit code 77: there is no folder.
"""
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile

STACK, MEMORY, CPU_SECONDS, WALL_SECONDS = 256 << 10, 512 << 20, 2, 120
SIZES = {"float32": 4, "float64": 8, "float16": 2, "int8": 1, "uint8": 1, "bool": 1, "int16": 2,
         "uint16": 2, "int32": 4, "uint32": 4, "int64": 8, "uint64": 8}
MODELS = (".tflite", ".octet", ".pt", ".onnx", "-symbol.json")


def limit():
    resource.setrlimit(resource.RLIMIT_STACK, (STACK, STACK))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def call(command):
    """Exit code (negative: the signal), standard output and standard error."""
    try:
        p = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           preexec_fn=limit, timeout=WALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return "no end", b"", b""
    return p.returncode, p.stdout, p.stderr


def zeros(_, count, size):
    return bytes(count * size)


def extremes(kind, count, size):
    if kind == "float32":
        odd = struct.pack("<8f", 0.0, -0.0, 3.4028234663852886e38, -3.4028234663852886e38, 1e-45,
                          float("inf"), float("-inf"), float("nan"))
    elif kind == "float64":
        odd = struct.pack("<4d", float("inf"), float("nan"), 1.7e308, -5e-324)
    elif kind == "bool":
        odd = bytes([1, 0, 1])
    else:
        low, high = b"\0" * (size - 1) + b"\x80", b"\xff" * (size - 1) + b"\x7f"
        odd = low + high + b"\xff" * size + b"\0" * size
    return (odd * (count * size // len(odd) + 1))[: count * size]


class Sweep:
    def __init__(self, octet, folder):
        self.octet, self.folder = octet, folder
        self.failures, self.accepted, self.refused = [], 0, 0
        self.work = tempfile.TemporaryDirectory(prefix="octet-hostile-")
        targets = json.loads(subprocess.check_output([octet, "info", "--json", "-"]))["targets"]
        self.targets = [t for t in targets if t != "reference"]

    def path(self, name):
        return os.path.join(self.work.name, name)

    def fail(self, row, what, error=b""):
        text = error[-300:].decode("utf-8", "replace").strip()
        self.failures.append("%s: %s %s" % (row["model"], what, text))

    def tried(self, row, command, arguments=()):
        """True where the command ended with 0; what else than 0 and 3 is a failure."""
        model = os.path.join(self.folder, row["model"])
        code, out, error = call([self.octet, command, model, *row.get("args", []), *arguments])
        if code == 0:
            return out
        if code != 3:
            self.fail(row, "%s ends with %s" % (command, code), error)
        elif len(error) > 8200 or len(error.strip().splitlines()) != 1:
            self.fail(row, "%s says more or less than one line:" % command, error)
        return None

    def inputs_of(self, row):
        """Of what the model takes: name, element type, number of elements."""
        graph = self.tried(row, "show", ["--json", "-"])
        if graph is None:
            return None
        graph = json.loads(graph)
        found = []
        for i in graph["inputs"]:
            t, count = graph["tensors"][i], 1
            for extent in t["shape"]:
                count *= extent
            found.append((t["type"], count))
        return found

    def run(self, row):
        inputs = self.inputs_of(row)
        if inputs is None:
            return False
        for make in (zeros, extremes):
            given = []
            for i, (kind, count) in enumerate(inputs):
                with open(self.path("in%d.bin" % i), "wb") as f:
                    f.write(make(kind, count, SIZES[kind]))
                given += ["--input", self.path("in%d.bin" % i)]
            graph = json.loads(self.tried(row, "show", ["--json", "-"]))
            outputs = [self.path("out%d.npy" % i)  # the first ones: a command line is finite
                       for i in range(min(len(graph["outputs"]), 16))]
            write = [a for o in outputs for a in ("--output", o)]
            if self.tried(row, "run", ["--raw", "--target", "reference", "--threads", "1", *given,
                                       *write]) is None:
                return False
            compare = [a for o in outputs for a in ("--reference", o)]
            for target in self.targets:
                for threads in ("1", "3"):
                    model = os.path.join(self.folder, row["model"])
                    code, _, error = call([self.octet, "run", model, *row.get("args", []), "--raw",
                                           "--target", target, "--threads", threads, *given,
                                           *compare])
                    if code != 0:
                        self.fail(row, "run on %s with %s threads ends with %s"
                                  % (target, threads, code), error)
        return True

    def row(self, row):
        before = len(self.failures)
        ran = self.run(row)
        self.tried(row, "show")
        self.tried(row, "show", ["--html", self.path("page.html")])
        self.tried(row, "explain")
        self.tried(row, "convert", ["-o", self.path("converted.octet")])
        self.tried(row, "codegen", ["-o", self.path("written.hpp")])
        if len(self.failures) == before:
            self.accepted += ran
            self.refused += not ran


def main():
    octet, folder = sys.argv[1:3]
    if not os.path.isdir(folder):
        print("skipped: no folder of hostile files beside the models")
        return 77
    manifest = os.path.join(folder, "MANIFEST.json")
    if os.path.exists(manifest):
        with open(manifest, encoding="utf-8") as f:
            rows = json.load(f)
    else:
        rows = [{"model": f} for f in sorted(os.listdir(folder)) if f.endswith(MODELS)]
    sweep = Sweep(octet, folder)
    for row in rows:
        sweep.row(row)
    for failure in sweep.failures:
        print("FAILED  " + failure)
    print("%d files: %d refused, %d run like the reference on every target, %d failures"
          % (len(rows), sweep.refused, sweep.accepted, len(sweep.failures)))
    return 1 if sweep.failures or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
