"""Goldens of spectra (complex numbers between float operators), of weights with a scale for each
block of a row, and of slices whose bounds are data."""
import numpy as np

from tflite_file import Model


def transform(m, x, shape, length):
    """RFFT2D of `x`, whose shape is `shape`: the complex tensor and its shape."""
    shape = (*shape[:-2], length[0], length[1] // 2 + 1)
    c = m.tensor(shape, "complex64")
    m.op("RFFT2D", [x, m.const(np.array(length, np.int32))], [c], "Rfft2dOptions")
    return c, shape


def spectra(w):
    for tag, shape, length in (("filled", (3, 1, 400), (1, 512)), ("cut", (2, 5, 19), (4, 16)),
                               ("images", (2, 8, 8), (8, 8)), ("least", (3, 2, 2), (2, 2))):
        r = w.rng("spectra " + tag)
        m = Model()
        c, out = transform(m, m.input(shape, "float32"), shape, length)
        for op in ("REAL", "IMAG", "COMPLEX_ABS"):
            o = m.tensor(out, "float32")
            m.op(op, [c], [o])
            m.output(o)
        w.add("rfft2d_" + tag, m, [r.normal(size=shape).astype(np.float32)])
    # As a frame's magnitude is exported: an axis more before the transform and gone after it.
    r = w.rng("spectra frames")
    m = Model()
    x, wide = m.input((6, 25), "float32"), m.tensor((6, 1, 25), "float32")
    m.op("EXPAND_DIMS", [x, m.const(np.array(-2, np.int32))], [wide], "ExpandDimsOptions")
    c, _ = transform(m, wide, (6, 1, 25), (1, 32))
    squeezed, shaped = m.tensor((6, 17), "complex64"), m.tensor((2, 3, 17), "complex64")
    m.op("SQUEEZE", [c], [squeezed], "SqueezeOptions", squeezeDims=[-2])
    m.op("RESHAPE", [squeezed, m.const(np.array([2, 3, 17], np.int32))], [shaped],
         "ReshapeOptions", newShape=[2, 3, 17])
    o = m.tensor((2, 3, 17), "float32")
    m.op("COMPLEX_ABS", [shaped], [o])
    m.output(o)
    w.add("rfft2d_frames", m, [r.normal(size=(6, 25)).astype(np.float32)])


def blocks(w):
    """XNNPACK alone reads the scales; its instruction sets add the blocks in different orders."""
    for tag, depth, size, bias, keep in (("32", 96, 32, True, False), ("64", 256, 64, False, True)):
        r = w.rng("blocks " + tag)
        m = Model()
        shape, outputs = ((2, 3, depth) if keep else (3, depth)), 7
        x = m.input(shape, "float32")
        weights = m.blockwise(r.integers(-8, 8, (outputs, depth)),
                              (0.01 + 0.05 * r.random((outputs, depth // size))).astype(np.float16))
        b = m.const(r.normal(size=outputs).astype(np.float32)) if bias else -1
        o = m.tensor((*shape[:-1], outputs), "float32")
        m.op("FULLY_CONNECTED", [x, weights, b], [o], "FullyConnectedOptions", keepNumDims=keep)
        m.output(o)
        w.add("blockwise_" + tag, m, [r.normal(size=shape).astype(np.float32)],
              engines=("xnnpack",), tolerance=1e-5)


def slices(w):
    """The file fixes the result's shape: only the place is data."""
    r = w.rng("slices")
    x = r.integers(-128, 128, (5, 6)).astype(np.int8)
    m = Model()
    i, at = m.input((5, 6), "int8", 0.05, -5), m.input((2,), "int32")
    o = m.tensor((2, 3), "int8", 0.05, -5)
    m.op("SLICE", [i, m.const(np.array([1, 2], np.int32)), at], [o], "SliceOptions")
    m.output(o)
    w.add("slice_size_at_run_time_s8", m, [x, np.array([2, 3], np.int32)])


def make(w):
    spectra(w)
    blocks(w)
    slices(w)
