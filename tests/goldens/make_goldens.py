#!/usr/bin/env python3
"""Makes the goldens of the TensorFlow Lite operators: small models, inputs, and the framework's own
outputs.

Every model is run twice after it was written: by the reference kernels (resolver BUILTIN_REF, law
tflite_ref) and by the default interpreter (XNNPACK with TensorFlow Lite's optimized kernels for
what it leaves, law tflite_xnnpack). Written into tflite/: NAME.tflite, NAME.inputI.npy,
NAME.outputI.ref.npy, and NAME.outputI.xnnpack.npy only where it differs from ref; and MANIFEST.json
with one row a model and law (rows of other formats are kept).

Needs: ai-edge-litert, flatbuffers, numpy (versions used: README.md).
"""
import argparse
import json
import pathlib
import zlib

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

import cases_beside
import cases_core
import cases_data
import cases_floats
import cases_graphs
import cases_kernels
import cases_left
import cases_more
import cases_odd
import cases_spectra
import cases_state
import cases_subgraphs
import cases_types

LAWS = {"ref": ("tflite_ref", OpResolverType.BUILTIN_REF),
        "xnnpack": ("tflite_xnnpack", OpResolverType.AUTO)}


def allocate(content, resolver, keep=False):
    runner = Interpreter(model_content=content, num_threads=1,
                         experimental_op_resolver_type=resolver,
                         experimental_preserve_all_tensors=keep)
    runner.allocate_tensors()
    return runner


def complete_shapes(model):
    """Replaces each unknown shape by the one the framework computes."""
    unknown = [i for i, t in enumerate(model.tensors) if t["shape"] is None]
    if not unknown:
        return
    content = model.serialize()
    try:
        runner = allocate(content, OpResolverType.BUILTIN_REF, keep=True)
    except (RuntimeError, ValueError):  # some operators exist only among the optimized kernels
        runner = allocate(content, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES, keep=True)
    shapes = {d["index"]: [int(n) for n in d["shape"]] for d in runner.get_tensor_details()}
    for i in unknown:
        model.tensors[i]["shape"] = shapes[i]


def run(content, resolver, inputs, runner=None):
    """Returns (outputs in model order, delegated): all operators were taken by the delegate if
    delegated is 'all'."""
    runner = runner or allocate(content, resolver)
    for detail, data in zip(runner.get_input_details(), inputs):
        if list(detail["shape"]) != list(data.shape) or detail["dtype"] != data.dtype:
            raise ValueError("input %s wants %s %s" % (detail["name"], detail["dtype"],
                                                       detail["shape"]))
        runner.set_tensor(detail["index"], data)
    runner.invoke()
    outputs = [runner.get_tensor(d["index"]) for d in runner.get_output_details()]
    return outputs, any(op["op_name"] == "DELEGATE" for op in runner._get_ops_details())


class Writer:
    """What the case files call: add(name, model, inputs)."""

    def __init__(self, folder, only):
        self.folder, self.only, self.rows, self.names, self.report, self.failures = folder, only, [
                ], set(), [], []

    def rng(self, name):
        """A generator seeded by the case's name: a new case does not change the others."""
        return np.random.default_rng(zlib.crc32(name.encode()))

    def add(self, name, model, inputs, engines=("ref", "xnnpack"), loose=False, tolerance=None,
            exact=False):
        try:
            self.make(name, model, inputs, engines, loose, tolerance, exact)
        except (RuntimeError, ValueError) as error:
            self.failures.append("%s: %s" % (name, str(error).replace("\n", " ")))

    def add_calls(self, name, model, calls):
        """A model with state: `calls` are the inputs of consecutive calls of one interpreter."""
        if name in self.names:
            raise ValueError("two cases called " + name)
        self.names.add(name)
        if self.only and self.only not in name:
            return
        complete_shapes(model)
        content = model.serialize()
        (self.folder / (name + ".tflite")).write_bytes(content)
        stems = [name if step == 0 else "%s@%d" % (name, step) for step in range(len(calls))]
        for engine, (law, resolver) in LAWS.items():
            runner = allocate(content, resolver)
            for step, (stem, inputs) in enumerate(zip(stems, calls)):
                outputs, _ = run(content, resolver, inputs, runner)
                row = {"format": "tflite", "folder": "tflite", "model": name + ".tflite",
                       "law": law, "inputs": [], "outputs": [], "expect": "identical", "step": step}
                for kind, arrays in (("input", inputs), ("output", outputs)):
                    for i, data in enumerate(arrays):
                        file = "%s.%s%d%s.npy" % (stem, kind, i, ".ref" if kind == "output" else "")
                        if engine == "ref":
                            np.save(self.folder / file, data)
                        elif not np.array_equal(np.load(self.folder / file), data):
                            raise ValueError("%s: the engines differ" % name)
                        row[kind + "s"].append(file)
                self.rows.append(row)

    def make(self, name, model, inputs, engines, loose, tolerance, exact):
        """Runs and stores one case. `engines` without "ref" says that the reference resolver lacks
        the operator or is broken there. `loose` allows the two engines to differ by more than a few
        codes (it is a guard against a case that means nothing). `tolerance`: of floats that
        XNNPACK's instruction sets do not share. `exact`: XNNPACK's bits are expected too."""
        if name in self.names:
            raise ValueError("two cases called " + name)
        self.names.add(name)
        if self.only and self.only not in name:
            return
        complete_shapes(model)
        content = model.serialize()
        (self.folder / (name + ".tflite")).write_bytes(content)
        files = ["%s.input%d.npy" % (name, i) for i in range(len(inputs))]
        for file, data in zip(files, inputs):
            np.save(self.folder / file, data)
        first, first_files = None, None
        for engine in engines:
            law, resolver = LAWS[engine]
            outputs, delegated = run(content, resolver, inputs)
            if first is None:
                first = outputs
            names = []
            for i, data in enumerate(outputs):
                same = first is not outputs and first[i].tobytes() == data.tobytes()
                names.append(first_files[i] if same else "%s.output%d.%s.npy" % (name, i, engine))
                if not same:
                    np.save(self.folder / names[i], data)
            if first_files is None:
                first_files = names
            row = {"format": "tflite", "folder": "tflite", "model": name + ".tflite", "law": law,
                   "inputs": files, "outputs": names,
                   "expect": "identical" if engine == "ref" or exact else "best effort"}
            if engine == "xnnpack":
                row["note"] = "in the delegate" if delegated else "not in the delegate"
                if tolerance is not None:
                    row.update(expect="close", tolerance=tolerance, tolerance_mean=tolerance)
            self.rows.append(row)
            if first is not outputs:
                self.compare(name, first, outputs, delegated, loose)
        self.report.append("%-44s %6d bytes"
                           % (name, sum(f.stat().st_size for f in self.folder.glob(name + ".*"))))

    def compare(self, name, first, outputs, delegated, loose):
        for i, (a, b) in enumerate(zip(first, outputs)):
            d = np.abs(a.astype(np.float64) - b.astype(np.float64))
            if d.any():
                self.report.append("%-44s ref and xnnpack differ in %d of %d, by %g at most"
                                   % (name, (d > 0).sum(), d.size, d.max()))
            if a.dtype.kind in "iu" and d.size and d.max() > 3 and not loose:
                raise ValueError("%s: the engines differ by %g: is the case valid?"
                                 % (name, d.max()))


def write_manifest(path, rows, kept_formats):
    kept = [r for r in json.loads(path.read_text())
            if r["format"] in kept_formats or r["folder"] in kept_formats] if path.exists() else []
    rows = sorted(kept + rows, key=lambda r: (r["format"], r["folder"], r["model"], r["law"],
                                              r.get("step", 0)))
    path.write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent)
    parser.add_argument("--only",
                        help="make only the cases whose name contains this, and leave "
                        "MANIFEST.json alone")
    parser.add_argument("--report", action="store_true",
                        help="print the size and the engines' differences for each case")
    parser.add_argument("--file", help="make the cases of this file alone, and put their rows into "
                        "MANIFEST.json: cases_data")
    arguments = parser.parse_args()
    folder = arguments.out / "tflite"
    folder.mkdir(parents=True, exist_ok=True)
    if not arguments.only and not arguments.file:
        for old in folder.iterdir():
            old.unlink()
    writer = Writer(folder, arguments.only)
    for file in (cases_core, cases_more, cases_state, cases_data, cases_spectra, cases_floats,
                 cases_graphs, cases_odd, cases_left, cases_kernels, cases_beside, cases_types,
                 cases_subgraphs):
        if not arguments.file or arguments.file == file.__name__:
            file.make(writer)
    manifest = arguments.out / "MANIFEST.json"
    if arguments.file:
        made = {name + ".tflite" for name in writer.names}
        kept = [r for r in json.loads(manifest.read_text()) if r["model"] not in made]
        manifest.write_text("[]")
        write_manifest(manifest, kept + writer.rows, set())
    elif not arguments.only:
        write_manifest(manifest, writer.rows, {"pytorch", "mxnet", "onnx", "coral"})
    if arguments.report:
        print("\n".join(writer.report))
    if writer.failures:
        raise SystemExit("%d cases were refused:\n%s"
                         % (len(writer.failures), "\n".join(writer.failures)))
    print("%d models, %d files, %d bytes" % (len(writer.names), len(list(folder.iterdir())),
                                             sum(f.stat().st_size for f in folder.iterdir())))


if __name__ == "__main__":
    main()
