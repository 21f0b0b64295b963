"""Goldens of what stands beside quantized layers: matrix products of floats with several matrices
of int8, or one with a scale for each column, FAKE_QUANT, reductions of nothing and of scalars, CAST
of NaN, transposed convolutions of floats that XNNPACK leaves."""
import numpy as np

from cases_odd import SHORT, one
from tflite_file import Model

F = np.float32


def matrices(w):
    """Floats and matrices of int8; x, y: batch axes, rows and columns as the file has them."""
    rows = (  # name, x, y, adj_x, adj_y, engines
        ("each", (3, 4, 21), (3, 21, 6), False, False, ("ref", "xnnpack")),
        ("each_adj_y", (3, 4, 21), (3, 6, 21), False, True, ("ref", "xnnpack")),
        ("each_adj_x", (3, 21, 4), (3, 21, 6), True, False, ("ref", "xnnpack")),
        ("repeated_floats", (1, 4, 21), (3, 21, 6), False, False, ("ref", "xnnpack")),
        ("floats_of_two_axes", (4, 21), (3, 6, 21), False, True, ("ref", "xnnpack")),
        ("four_axes", (1, 3, 4, 21), (1, 3, 21, 6), False, False, ("ref", "xnnpack")),
        ("several_axes", (2, 3, 4, 21), (2, 3, 21, 6), False, False, ("xnnpack",)),
        ("repeated_matrices", (2, 3, 4, 21), (2, 1, 21, 6), False, False, ("xnnpack",)),
        ("long", (2, 3, 700), (2, 700, 5), False, False, ("ref", "xnnpack")),
        ("one", (4, 21), (21, 6), False, False, ("ref", "xnnpack")),
        ("one_adj_y", (2, 4, 21), (1, 6, 21), False, True, ("ref", "xnnpack")))
    for tag, x, y, adj_x, adj_y, engines in rows:
        for columns in (False, True):
            for asks in (False, True):
                if columns == asks and not tag.startswith("each"):
                    continue
                name = "dynamic_batch_matmul_%s%s%s" % (tag, "_columns" if columns else "",
                        "_asymmetric" if asks else "")
                rng = w.rng(name)
                axis = len(y) - (2 if adj_y else 1)
                scale = rng.uniform(0.01, 0.05, y[axis]).astype(F) if columns else 0.02
                m = Model()
                i = m.input(x, "float32")
                k = m.const(rng.integers(-127, 128, y).astype(np.int8), scale, 0, axis)
                o = m.tensor(None, "float32")
                m.op("BATCH_MATMUL", [i, k], [o], "BatchMatMulOptions", adjX=adj_x, adjY=adj_y,
                     asymmetricQuantizeInputs=asks)
                m.version(4)
                m.output(o)
                w.add(name, m, [rng.normal(0, 1, x).astype(F)], engines=engines, loose=True,
                      exact=True)


def fake_quants(w):
    x = np.concatenate([np.linspace(-8, 8, 257), [np.nan, np.inf, -np.inf, -0.]]).astype(F)
    for tag, least, most, bits in (("around", -6, 6, 8), ("above", 0, 6, 8),
                                   ("bits4", -0.1, 5.7, 4), ("moved_down", 0.5, 3, 8),
                                   ("moved_up", -3, -1, 8), ("bits2", -6, 6, 2),
                                   ("bits16", -2.3, 1.9, 16)):
        one(w, "fake_quant_" + tag, "FAKE_QUANT", [(x, ())], ("float32", (), None),
            "FakeQuantOptions", exact=True, min=least, max=most, numBits=bits)


def casts(w):
    x = np.array([np.nan, -np.nan, np.inf, -np.inf, 1e30, -1e30, 300.7, -300.7, 2147483648,
                  -2147483648, 9.3e18, -9.3e18, -0., -1.5, 1], F)
    for dtype in ("int8", "uint8", "int16", "int32", "int64", "bool"):
        one(w, "cast_no_numbers_" + dtype, "CAST", [(x, ())], (dtype, (), x.shape), "CastOptions",
            exact=True)


def nothing(w):
    """Over an axis without elements, and of a tensor without axes."""
    for dtype, quantization in (("float32", ()), ("int32", ()), ("int64", ()), ("int8", (0.5, 3)),
                                ("uint8", (0.5, 3)), ("int16", (0.5, 0))):
        t = SHORT.get(dtype, dtype)
        for op in ("SUM", "MEAN", "REDUCE_PROD", "REDUCE_MAX", "REDUCE_MIN"):
            engines = ("ref", "xnnpack")
            if quantization and op == "REDUCE_PROD" or dtype == "int16" and op == "SUM":
                continue  # the framework leaves the result's memory as it was
            if quantization and op == "SUM":
                engines = ("xnnpack",)
            for tag, shape, axes in (("middle", (2, 0, 3), [1]), ("all", (0,), [0]),
                                     ("kept", (0, 2, 3), [0, -1])):
                if tag != "middle" and t not in ("f32", "s8"):
                    continue
                one(w, "%s_of_nothing_%s_%s" % (op.lower(), tag, t), op,
                    [(np.zeros(shape, dtype), quantization), (np.array(axes, np.int32), ())],
                    (dtype, quantization, None), "ReducerOptions", (1,), engines, True,
                    keepDims=tag == "kept")
            if t in ("f32", "s8") and op != "SUM":
                one(w, "%s_of_scalar_%s" % (op.lower(), t), op,
                    [(np.array(7, dtype), quantization), (np.array([0], np.int32), ())],
                    (dtype, quantization, None), "ReducerOptions", (1,), exact=True)
    for op in ("REDUCE_ANY", "REDUCE_ALL"):
        one(w, op.lower() + "_of_nothing", op,
            [(np.zeros((2, 0), bool), ()), (np.array([1], np.int32), ())], ("bool", (), None),
            "ReducerOptions", (1,), exact=True)


def transposed(w):
    """Transposed convolutions of floats whose kernel is below the stride, which XNNPACK leaves."""
    for tag, x, k, stride, act in (("point", (1, 3, 4, 13), (8, 1, 1, 13), 2, 0),
                                   ("window", (2, 4, 3, 9), (4, 2, 2, 9), 3, 3)):
        name = "transpose_conv_below_stride_" + tag
        rng = w.rng(name)
        one(w, name, "TRANSPOSE_CONV",
            [(np.array([x[0], x[1] * stride, x[2] * stride, k[0]], np.int32), ()),
             (rng.normal(0, 1, k).astype(F), ()), (rng.normal(0, 1, x).astype(F), ()),
             (rng.normal(0, 1, k[0]).astype(F), ())], ("float32", (), None),
            "TransposeConvOptions", (0, 1, 3), exact=True, padding=0, strideH=stride,
            strideW=stride, fusedActivationFunction=act)


def make(w):
    matrices(w)
    fake_quants(w)
    casts(w)
    nothing(w)
    transposed(w)
