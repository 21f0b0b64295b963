#!/usr/bin/env python3
"""The onnx package's own cases of quantized operators through octet and ONNX Runtime.

  onnx_node_cases.py OCTET_TOOL

The cases hand scales, zero points and weights over as inputs of the graph; here all but the first
input become constants, which is what files have. Prints one line a case: identical, refused (with
octet's reason), or differs, and whether ONNX Runtime gives what octet gives. Fails where octet
gives values that are neither the case's nor ONNX Runtime's, or refuses a case that is not in
REFUSED.

Needs: onnx, onnxruntime, numpy.
"""
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import onnx
import onnxruntime as ort
from onnx import numpy_helper

warnings.simplefilter("ignore")
OPERATORS = ("quantizelinear", "qlinear", "integer")
# What octet has no types for, no operator, or no scales that are computed: every case with one of
# these in its name.
REFUSED = ("e4m3fn", "e5m2", "e2m1", "int4", "int2", "blocked", "float16", "expanded")
# The newest opset whose QuantizeLinear and DequantizeLinear ONNX Runtime 1.32 has; those of later
# ones differ in element types alone.
NEWEST_OF_ORT = 23


def values_of(listed):
    return [numpy_helper.to_array(v) if isinstance(v, onnx.TensorProto) else np.asarray(v)
            for v in listed]


def cases():
    from onnx.backend.test.loader import load_model_tests

    for case in load_model_tests(kind="node"):
        if not any(o in case.name for o in OPERATORS):
            continue
        model = onnx.ModelProto()
        model.CopyFrom(case.model)
        inputs, outputs = (values_of(part) for part in case.data_sets[0])
        # Files of one operator name their inputs in order.
        for value, given in list(zip(model.graph.input, inputs))[1:]:
            model.graph.initializer.append(numpy_helper.from_array(given, value.name))
        del model.graph.input[1:]
        yield case.name, model, inputs[0], outputs


def run_octet(tool, folder, model, names, x, expected):
    """"identical", "differs", or octet's message."""
    np.save(folder / "x.npy", x)
    command = [tool, "run", str(model), "--input", str(folder / "x.npy")]
    for i, (name, y) in enumerate(zip(names, expected)):
        np.save(folder / ("y%d.npy" % i), y)
        command += ["--reference", "%s=%s" % (name, folder / ("y%d.npy" % i))]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        return "identical"
    text = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return "differs" if "differ" in done.stdout else text[-1] if text else "failed"


def main():
    tool, failures = sys.argv[1], 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        for name, model, x, expected in cases():
            path = folder / "case.onnx"
            names = [o.name for o in model.graph.output]
            allowed = any(r in name for r in REFUSED)
            try:
                onnx.save(model, path)
                result = run_octet(tool, folder, path, names, x, expected)
            except (TypeError, ValueError) as e:  # numpy has no files of the narrow types
                result = "not a type of numpy's: " + str(e)
            if result == "differs":
                for domain in model.opset_import:
                    domain.version = min(domain.version, NEWEST_OF_ORT)
                own = ort.InferenceSession(model.SerializeToString(),
                                           providers=["CPUExecutionProvider"])
                own = own.run(None, {model.graph.input[0].name: x})
                same = run_octet(tool, folder, path, names, x, own) == "identical"
                result = "differs, as ONNX Runtime does" if same else "differs from both"
                failures += not same
            elif result != "identical":
                failures += not allowed
            print("%-48s %s" % (name, result))
    sys.exit(failures != 0)


if __name__ == "__main__":
    main()
