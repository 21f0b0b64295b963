#!/usr/bin/env python3
"""Makes the goldens of Coral's PosenetDecoderOp: files of that one operator, inputs, and the
outputs of the operator itself, which TensorFlow Lite does not have.

The operator is libcoral's (coral/pose_estimation/posenet_decoder_op.cc and posenet_decoder.cc of
its release of July 2021), compiled on x86-64 with g++ 12 -O2 into a shared library behind

  extern "C" int posenet_decoder(const char* options, size_t length, int inputs,
                                 const void* const* data, const int* is_uint8, const float* scale,
                                 const int* zero_point, const int* shapes, float* const* outputs);

which makes the tensors (four extents each in `shapes`), calls the operator's init, prepare and
invoke, and copies its inputs + 1 outputs; 0 is success. Memory of outputs begins as zeros. The
goldens do not need it to be tested, this script alone does.

Written into coral/: NAME.tflite, NAME.inputI.npy, NAME.outputI.npy; and MANIFEST.json (rows of
other folders are kept). Needs: numpy, flatbuffers and ai-edge-litert's schema (README.md).
"""
import argparse
import ctypes
import json
import pathlib
import zlib

import numpy as np
from flatbuffers import flexbuffers

from tflite_file import Model

CHANNELS = (17, 34, 64, 34)


def decode(library, options, arrays, quantization, most):
    """The operator's outputs, in its order."""
    n = len(arrays)
    shapes = [(1, most, 17, 2), (1, most, 17), (1, most), (1,), (1, most, 33, 33)][:n + 1]
    outputs = [np.zeros(s, np.float32) for s in shapes]
    pointers = [np.ascontiguousarray(a) for a in arrays]
    status = library.posenet_decoder(
        bytes(options), ctypes.c_size_t(len(options)), n,
        (ctypes.c_void_p * n)(*[a.ctypes.data for a in pointers]),
        (ctypes.c_int * n)(*[a.dtype == np.uint8 for a in arrays]),
        (ctypes.c_float * n)(*[scale for scale, _ in quantization]),
        (ctypes.c_int * n)(*[zero for _, zero in quantization]),
        (ctypes.c_int * (4 * n))(*[e for a in arrays for e in a.shape]),
        (ctypes.c_void_p * (n + 1))(*[o.ctypes.data for o in outputs]))
    if status:
        raise ValueError("refused: %d" % status)
    return outputs


def field(r, shape, dtype, low, high, step=None):
    """Numbers or, as codes of a scale, (numbers, scale, zero point)."""
    if dtype == "float32":
        x = r.uniform(low, high, shape)
        return (np.round(x / step) * step if step else x).astype(np.float32), (1.0, 0)
    scale = float(np.float32((high - low) / 255))
    zero = int(np.clip(round(-low / scale), 0, 255))
    codes = r.integers(0, 256, shape)
    return (codes // 32 * 32 if step else codes).astype(np.uint8), (scale, zero)


CASES = (
    # name, types, height, width, most, stride, score, radius, step of the heat map
    ("float", "fff", 9, 7, 5, 16, 0.3, 20.0, None),
    ("uint8", "uuu", 8, 11, 10, 16, 0.3, 20.0, None),
    ("odd_stride", "uff", 5, 6, 6, 7, 0.25, 5.5, None),
    ("mixed", "fuu", 6, 5, 4, 13, 0.4, 30.0, None),
    ("ties", "fff", 7, 6, 40, 8, 0.1, 0.0, 1.0),
    ("ties_uint8", "uuu", 6, 6, 30, 8, 0.01, 3.0, 1.0),
    ("none", "fff", 4, 4, 3, 16, 0.999, 20.0, None),
    ("row", "fuf", 1, 12, 8, 32, 0.2, 10.0, None),
    ("masks", "uuuu", 5, 5, 3, 16, 0.3, 20.0, None),
    ("masks_float", "ffff", 4, 6, 2, 21, 0.2, 10.0, None),
    ("masks_none", "uuuu", 2, 2, 2, 16, 0.999, 20.0, None),
)


def make(folder, library, case):
    tag, types, height, width, most, stride, score, radius, step = case
    name = "posenet_decoder_" + tag
    r = np.random.default_rng(zlib.crc32(name.encode()))
    options = flexbuffers.Dumps({"max_detections": most, "score_threshold": score,
                                 "nms_radius": radius, "stride": stride})
    model, arrays, quantization, inputs = Model(), [], [], []
    for i, kind in enumerate(types):
        shape = (1, 33, 33, 34) if i == 3 else (1, height, width, CHANNELS[i])
        reach = 2.5 * stride
        low, high = (-6, 4) if i == 0 else (-reach, reach)
        dtype = "float32" if kind == "f" else "uint8"
        values, q = field(r, shape, dtype, low, high, step if i == 0 else None)
        arrays.append(values), quantization.append(q)
        inputs.append(model.input(shape, dtype, *(q if kind == "u" else ())))
    outputs = decode(library, options, arrays, quantization, most)
    outs = [model.tensor(o.shape, "float32") for o in outputs]
    model.op("CUSTOM:PosenetDecoderOp", inputs, outs, None, custom_options=options)
    model.output(*outs)
    (folder / (name + ".tflite")).write_bytes(model.serialize())
    row = {"format": "tflite", "folder": "coral", "model": name + ".tflite", "law": "tflite_ref",
           "inputs": [], "outputs": [], "expect": "identical"}
    for kind, all_of in (("input", arrays), ("output", outputs)):
        for i, data in enumerate(all_of):
            row[kind + "s"].append("%s.%s%d.npy" % (name, kind, i))
            np.save(folder / row[kind + "s"][-1], data)
    print("%-32s %g people" % (name, outputs[3][0]))
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("decoder", help="the shared library")
    arguments = parser.parse_args()
    here = pathlib.Path(__file__).resolve().parent
    folder = here / "coral"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    library = ctypes.CDLL(arguments.decoder)
    rows = [make(folder, library, case) for case in CASES]
    manifest = here / "MANIFEST.json"
    kept = [r for r in json.loads(manifest.read_text()) if r["folder"] != "coral"]
    manifest.write_text("[\n" + ",\n".join(json.dumps(r) for r in kept + rows) + "\n]\n")


if __name__ == "__main__":
    main()
