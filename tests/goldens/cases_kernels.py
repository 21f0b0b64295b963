"""Goldens of what later random files found: functions of floats in XNNPACK's and the C library's
formulas, the kernels that run where XNNPACK leaves a node, products of scales in binary32, int16
operators, hybrid transposed convolutions."""
import numpy as np

from cases_core import HIGH, LOW, RELU6, SAME, VALID
from cases_odd import one
from cases_state import lstm
from tflite_file import Model

F = np.float32
LOW16, HIGH16 = -32768, 32767
BOTH, XNNPACK, REFERENCE = ("ref", "xnnpack"), ("xnnpack",), ("ref",)


def floats(rng, n, low=-1., high=1., positive=False):
    """Of many sizes, and some at the edges of the formulas."""
    x = (rng.normal(0, 1, n) * np.exp(rng.uniform(low, high, n))).astype(F)
    x = np.abs(x) + F(1e-6) if positive else x
    edges = [1, 2, 0.5, 4, 3e38, 2e-38, 0.25] if positive else [
            0, -0., 1, -1, 88.5, -87.5, -88, 100, 1e-39, 30000, -9.5, 17]
    return np.concatenate([np.array(edges, F), x])


def functions(w):
    for op, engines, low, high, positive in (
            ("EXP", BOTH, -4, 3, False), ("LOGISTIC", BOTH, -2, 2, False),
            ("LOG", BOTH, -6, 6, True), ("SIN", BOTH, -3, 5, False), ("COS", BOTH, -3, 5, False),
            ("SQRT", BOTH, -9, 9, True), ("RSQRT", BOTH, -9, 9, True)):
        name = "floats_%s_many" % op.lower()
        one(w, name, op, [(floats(w.rng(name), 500, low, high, positive), ())],
            ("float32", (), None), engines=engines, exact=True)


def resizes(w):
    for tag, corners, half in (("plain", False, False), ("corners", True, False),
                               ("half", False, True)):
        name = "floats_resize_" + tag
        x = w.rng(name).normal(0, 1, (2, 4, 5, 3)).astype(F)
        one(w, name, "RESIZE_BILINEAR", [(x, ()), (np.array([7, 11], np.int32), ())],
            ("float32", (), None), "ResizeBilinearOptions", (1,), exact=True, alignCorners=corners,
            halfPixelCenters=half)


def pools(w):
    """Windows with gaps between them, which XNNPACK leaves."""
    for op in ("AVERAGE_POOL_2D", "MAX_POOL_2D"):
        name = "gaps_%s_f32" % op.lower()
        x = w.rng(name).normal(0, 1, (1, 9, 9, 3)).astype(F)
        one(w, name, op, [(x, ())], ("float32", (), None), "Pool2DOptions", exact=True,
            padding=VALID, strideH=1, strideW=3, filterHeight=2, filterWidth=2)
    x = np.arange(-128, 128).astype(np.int8).reshape(1, 16, 16, 1)
    one(w, "gaps_max_pool_2d_clamp_tie_s8", "MAX_POOL_2D", [(x, (4., 3))], ("int8", (4., 3), None),
        "Pool2DOptions", exact=True, padding=VALID, strideH=3, strideW=1, filterHeight=2,
        filterWidth=2, fusedActivationFunction=RELU6)


def words(w):
    """int16: quotients, codes put together whatever their scales."""
    rng = w.rng("words")
    a = rng.integers(LOW16, HIGH16 + 1, 600).astype(np.int16)
    b = rng.integers(LOW16, HIGH16 + 1, 600).astype(np.int16)
    b[:200] //= 256
    b[b == 0] = 7
    for tag, sy in (("generic", 0.0431), ("fine", 0.00021), ("power", 2.**-7)):
        one(w, "div_%s_s16" % tag, "DIV", [(a, (0.013, 0)), (b, (0.0202, 0))],
            ("int16", (sy, 0), None), "DivOptions", exact=True)
    one(w, "div_broadcast_s16", "DIV",
        [(a.reshape(20, 30), (0.013, 0)), (b[:30], (0.0202, 0))], ("int16", (0.5, 0), None),
        "DivOptions", exact=True, fusedActivationFunction=RELU6)
    one(w, "concat_scales_s16", "CONCATENATION",
        [(a[:20].reshape(4, 5), (0.1, 0)), (b[:12].reshape(4, 3), (0.3, 0))],
        ("int16", (0.2, 0), None), "ConcatenationOptions", exact=True, axis=1)


def over_no_axes(w):
    """8-bit values, which XNNPACK leaves."""
    none = np.zeros(0, np.int32)
    for dtype, zx, zy in (("int8", 13, -5), ("uint8", 141, 123)):
        x = np.arange(LOW[dtype], HIGH[dtype] + 1).astype(dtype).reshape(16, 16)
        for tag, sx, sy in (("ties", 0.25, 1.), ("generic", 0.0371, 0.05)):
            for op in ("MEAN", "SUM"):
                one(w, "left_%s_over_no_axes_%s_%s" % (op.lower(), tag, dtype), op,
                    [(x, (sx, zx)), (none, ())], (dtype, (sy, zy), None), "ReducerOptions", (1,),
                    XNNPACK, True, keepDims=True)


def slices(w):
    x = np.arange(120, dtype=np.int8).reshape(4, 5, 6)
    for tag, fields in (("", {}), ("_shrink", {"shrinkAxisMask": 2})):
        m = Model()
        i = m.input(x.shape, "int8", 0.1, 3)
        o = m.tensor(None, "int8", 0.1, 3)
        m.op("STRIDED_SLICE", [i] + [m.const(np.array(v, np.int32))
                                     for v in ([1, -3, 2], [2, 1, 4], [1, 1, 2])], [o],
             "StridedSliceOptions", offset=True, **fields)
        m.version(4)
        m.output(o)
        w.add("strided_slice_offset" + tag, m, [x], exact=True)
    m = Model()
    i, at = m.input(x.shape, "int8", 0.1, 3), m.input((3,), "int32")
    o = m.tensor((2, 2, 6), "int8", 0.1, 3)
    m.op("STRIDED_SLICE", [i, at, m.const(np.array([2, 2, 6], np.int32)),
                           m.const(np.array([1, 1, 1], np.int32))], [o], "StridedSliceOptions",
         offset=True)
    m.version(4)
    m.output(o)
    w.add("strided_slice_offset_computed", m, [x, np.array([2, 1, 0], np.int32)],
          exact=True)


def products(w):
    """The product of the operands' scales is rounded to binary32: its 16-bit multiplier is another
    one than the exact product's."""
    for tag, sa, sb, sy in (("", 0.03506788, 0.10178379, 362.51046753),):
        name = "batch_matmul_multiplier_s16" + tag
        rng = w.rng(name)
        shape = (1, 9, 32)
        one(w, name, "BATCH_MATMUL",
            [(rng.integers(LOW16, HIGH16 + 1, shape).astype(np.int16), (sa, 0)),
             (rng.integers(LOW16, HIGH16 + 1, shape).astype(np.int16), (sb, 0))],
            ("int16", (sy, 0), None), "BatchMatMulOptions", exact=True, adjY=True)


def transposed(w, name, x, weights, scales, stride, padding, bias, engines=BOTH, exact=True,
               act=0):
    rng = w.rng(name)
    m = Model()
    n, h, v, c = x
    o, kh, kw, _ = weights
    shape = [n, h * stride, v * stride, o] if padding == SAME else [
            n, (h - 1) * stride + kh, (v - 1) * stride + kw, o]
    ins = [m.const(np.array(shape, np.int32))]
    ins.append(m.const(rng.integers(-127, 128, weights).astype(np.int8), scales, 0, 0))
    ins.append(m.input(x, "float32"))
    if bias:
        ins.append(m.const(rng.normal(0, 1, o).astype(F)))
    y = m.tensor(None, "float32")
    m.op("TRANSPOSE_CONV", ins, [y], "TransposeConvOptions", padding=padding, strideH=stride,
         strideW=stride, fusedActivationFunction=act)
    m.version(5)
    m.output(y)
    w.add(name, m, [rng.normal(0, 1, x).astype(F)], engines=engines, loose=True, exact=exact)


def transposed_convolutions(w):
    """Hybrid ones bring every product to floats by itself where XNNPACK does not compute them, that
    is where the kernel is below the stride, or by the reference."""
    each = w.rng("transposed").uniform(0.002, 0.02, 5)
    transposed(w, "dynamic_transpose_each", (2, 3, 4, 6), (5, 3, 3, 6), each, 2, SAME, True,
               REFERENCE)
    transposed(w, "dynamic_transpose_one", (1, 4, 3, 7), (5, 4, 4, 7), 0.0113, 2, VALID, True,
               REFERENCE, act=RELU6)
    transposed(w, "dynamic_transpose_no_bias", (1, 3, 3, 5), (5, 2, 3, 5), each, 2, SAME, False,
               REFERENCE)
    transposed(w, "dynamic_transpose_below_stride", (2, 3, 2, 9), (5, 2, 2, 9), each, 3, SAME, True)


def fine_scales(w):
    x = np.arange(-128, 128).astype(np.int8).reshape(16, 16)
    for tag, sx, sy in (("16", 2.**-17, 0.5), ("20", 2.**-21 * 1.3, 0.5)):
        one(w, "hard_swish_below_%s_s8" % tag, "HARD_SWISH", [(x, (sx, 3))],
            ("int8", (sy, -4), None), exact=True)
    lstm(w, "cell_far_too_fine", 2, 4, 7, 6, -17)
    lstm(w, "cell_of_no_shift", 1, 3, 5, 4, -19)


def make(w):
    functions(w)
    resizes(w)
    pools(w)
    words(w)
    over_no_axes(w)
    slices(w)
    products(w)
    transposed_convolutions(w)
    fine_scales(w)
