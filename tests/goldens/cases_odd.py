"""Goldens of what TensorFlow Lite does in its own way: weights called uint8, ranges of floats,
reductions over nothing, slices whose ellipsis stands for no axis, numbers that are none."""
import numpy as np

import cases_core
from cases_core import at_low, channel_scales
from tflite_file import Model

F = np.float32
LOW = dict(cases_core.LOW, int16=-32768)
HIGH = dict(cases_core.HIGH, int16=32767)
SHORT = dict(cases_core.SHORT, int16="s16")


def one(w, name, op, inputs, output, options=None, constants=(), engines=("ref", "xnnpack"),
        exact=False, **fields):
    """One operator: inputs are pairs of an array and what its quantization is; `constants`: those
    of them that the file holds; output: element type, quantization, shape where it is chosen."""
    m, ids, given = Model(), [], []
    for i, (data, quantization) in enumerate(inputs):
        if i in constants:
            ids.append(m.const(data, *quantization))
        else:
            ids.append(m.input(data.shape, data.dtype.name, *quantization))
            given.append(data)
    dtype, quantization, shape = output
    o = m.tensor(shape, dtype, *quantization)
    m.op(op, ids, [o], options, **fields)
    m.output(o)
    w.add(name, m, given, engines=engines, loose=True, exact=exact)


def bytes_of_weights(rng, shape):
    """Of -127 to 127: the framework's sums of products with -128 depend on the CPU."""
    return rng.integers(-127, 128, shape).astype(np.int8).view(np.uint8)


def uint8_weights(w):
    """The bytes are int8, whatever the zero point; convolutions look at the first scale alone."""
    for per_channel in (False, True):
        tag = "_perchannel" if per_channel else ""
        for zero, asks in ((0, False), (128, True)):
            name = "dynamic_u8_fully_connected%s%s" % (tag, "_asymmetric" if asks else "")
            rng = w.rng(name)
            one(w, name, "FULLY_CONNECTED",
                [(rng.normal(0, 1, (3, 19)).astype(F), ()),
                 (bytes_of_weights(rng, (5, 19)), (channel_scales(rng, 5, per_channel), zero)),
                 (rng.normal(0, 1, 5).astype(F), ())], ("float32", (), None),
                "FullyConnectedOptions", (1, 2), ("ref",), asymmetricQuantizeInputs=asks,
                fusedActivationFunction=1 if asks else 0)
        name = "dynamic_u8_conv2d" + tag
        rng = w.rng(name)
        one(w, name, "CONV_2D",
            [(rng.normal(0, 1, (2, 4, 5, 7)).astype(F), ()),
             (bytes_of_weights(rng, (5, 3, 2, 7)), (channel_scales(rng, 5, per_channel), 3)),
             (rng.normal(0, 1, 5).astype(F), ())], ("float32", (), None), "Conv2DOptions", (1, 2),
            ("ref",), padding=0, strideH=1, strideW=2)
    name = "dynamic_u8_rnn"
    rng = w.rng(name)
    m = Model()
    i = m.input((2, 3, 5), "float32")
    a = m.const(bytes_of_weights(rng, (4, 5)), 0.01)
    r = m.const(bytes_of_weights(rng, (4, 4)), 0.02)
    b = m.const(rng.normal(0, 1, 4).astype(F))
    h = m.variable((2, 4), "float32", None)
    o = m.tensor((2, 3, 4), "float32")
    m.op("UNIDIRECTIONAL_SEQUENCE_RNN", [i, a, r, b, h], [o], "SequenceRNNOptions",
         fusedActivationFunction=1)
    m.output(o)
    w.add(name, m, [rng.normal(0, 1, (2, 3, 5)).astype(F)], exact=True)


def uint8_table(w):
    name = "embedding_lookup_u8"
    rng = w.rng(name)
    for tag, scales in (("", 0.05), ("_rows", [0.05, 0.01, 0.2, 0.03])):
        one(w, name + tag, "EMBEDDING_LOOKUP",
            [(np.array([3, 0, 3], np.int32), ()), (bytes_of_weights(rng, (4, 5)), (scales,))],
            ("float32", (), None), None, (1,), exact=True)


def ranges(w):
    for tag, first, limit, step, dtype in (("up", 0.1, 1, 0.3, F), ("down", 5, 1, -0.7, F),
                                           ("many", -1, 1, 0.01, F), ("s64", 10, 0, -3, np.int64)):
        m = Model()
        ids = [m.const(np.array(v, dtype)) for v in (first, limit, step)]
        o, x = m.tensor(None, np.dtype(dtype).name), m.input((1,), np.dtype(dtype).name)
        y = m.tensor(None, np.dtype(dtype).name)
        m.op("RANGE", ids, [o], "RangeOptions")
        m.op("ADD", [o, x], [y], "AddOptions")
        m.output(y)
        w.add("range_" + tag, m, [np.array([3], dtype)], exact=True)
    for dtype in (F, np.int32):
        scalars = [np.array(v, dtype) for v in (2, 12, 3)]
        for count, tag in ((4, "four"), (1, "one")):
            limit = np.array(12 if count == 4 else 5, dtype)
            one(w, "range_of_inputs_%s_%s" % (tag, np.dtype(dtype).name), "RANGE",
                [(scalars[0], ()), (limit, ()), (scalars[2], ())],
                (np.dtype(dtype).name, (), (count,)), "RangeOptions", exact=True)


def over_no_axes(w):
    none = np.zeros(0, np.int32)
    for dtype in ("int8", "uint8", "int16"):
        for tag, sx, sy in (("ties", 0.25, 1.), ("generic", 0.0371, 0.05), ("same", 0.05, 0.05)):
            zx = 0 if dtype == "int16" else at_low(dtype, 131)
            zy = 0 if dtype == "int16" else at_low(dtype, 117)
            zy = zx if tag == "same" else zy
            name = "over_no_axes_%s_%s" % (tag, SHORT[dtype])
            x = np.linspace(LOW[dtype], HIGH[dtype], 256).round().astype(dtype).reshape(16, 16)
            for op in ("MEAN", "SUM", "REDUCE_PROD"):
                if op == "REDUCE_PROD" and dtype == "uint8":
                    continue
                if op == "SUM" and dtype != "int16":
                    continue
                engines = ("xnnpack",) if op == "SUM" else (
                        "ref", "xnnpack") if op != "MEAN" or dtype == "int16" else ("ref",)
                one(w, op.lower() + "_" + name, op, [(x, (sx, zx)), (none, ())],
                    (dtype, (sy, zy), None), "ReducerOptions", (1,), engines, True, keepDims=True)
            if dtype != "uint8":
                one(w, "reduce_prod_of_one_%s_%s" % (tag, SHORT[dtype]), "REDUCE_PROD",
                    [(x.reshape(16, 1, 16, 1), (sx, zx)), (np.array([1, -1], np.int32), ())],
                    (dtype, (sy, zy), None), "ReducerOptions", (1,), exact=True)
    x = np.arange(6, dtype=F).reshape(2, 3)
    for op in ("MEAN", "SUM", "REDUCE_PROD", "REDUCE_MAX", "REDUCE_MIN"):
        one(w, op.lower() + "_over_no_axes_f32", op, [(x, ()), (none, ())], ("float32", (), None),
            "ReducerOptions", (1,), exact=True)
    one(w, "reduce_any_over_no_axes", "REDUCE_ANY", [(np.array([[True, False]]), ()), (none, ())],
        ("bool", (), None), "ReducerOptions", (1,), exact=True)


def floors(w):
    for dtype in (np.int8, np.int16):
        for quantization, tag in (((), ""), ((0.05, 3 if dtype == np.int8 else 0), "_quantized")):
            x = np.array([100, -100, 7, -7, 127, -128, -128, 5, 0, 1, 60, -60], dtype)
            y = np.array([7, 7, -7, -3, 2, -2, 1, -5, 3, 1, -128, 100], dtype)
            for op in ("FLOOR_DIV", "FLOOR_MOD"):
                name = np.dtype(dtype).name
                one(w, "%s%s_%s" % (op.lower(), tag, SHORT[name]), op,
                    [(x, quantization), (y, quantization)], (name, quantization, None), exact=True)


def selects(w):
    for c, a, b, y in (((1,), (1, 1), (1,), (1, 1, 1)), ((), (), (), (1,)), ((1, 1), (1,), (), ())):
        name = "select_v2_of_one_%d%d%d" % (len(c), len(a), len(b))
        one(w, name, "SELECT_V2", [(np.full(c, True), ()), (np.full(a, 3, F), ()),
                                   (np.full(b, -4, F), ())], ("float32", (), y), "SelectV2Options",
            exact=True)


def slices(w):
    x = np.arange(24).reshape(2, 3, 4).astype(F)

    def cut(name, begin, end, engines=("ref", "xnnpack"), steps=None, **masks):
        lists = [np.array(v, np.int32) for v in (begin, end, steps or [1] * len(begin))]
        one(w, "strided_slice_" + name, "STRIDED_SLICE", [(x, ())] + [(v, ()) for v in lists],
            ("float32", (), None), "StridedSliceOptions", (1, 2, 3), engines, True, **masks)

    for i, mask in enumerate((1, 2, 4, 8)):
        cut("empty_ellipsis_%d" % i, [0, 0, 1, 0], [2, 2, 2, 3], ellipsisMask=mask)
    cut("empty_ellipsis_new", [0, 0, 1, 0], [2, 2, 2, 3], ellipsisMask=2, newAxisMask=4)
    cut("empty_ellipsis_last_new", [0, 0, 1, 0], [2, 2, 2, 3], ellipsisMask=1, newAxisMask=8)
    cut("empty_ellipsis_shrink", [0, 0, 1, 0], [2, 2, 2, 3], ellipsisMask=4, shrinkAxisMask=2)
    cut("empty_ellipsis_last_shrink", [0, 0, 1, 0], [2, 2, 2, 3], ellipsisMask=2, shrinkAxisMask=8)
    for engine in ("ref", "xnnpack"):  # of other shapes
        cut("to_zero_" + engine, [-1, 1, 0], [0, 3, 2], (engine,))
        cut("to_zero_twice_" + engine, [1, 0, 0], [0, 3, 0], (engine,), endMask=1)
        cut("to_zero_shrink_" + engine, [-1, 1, 0], [0, 3, 0], (engine,), shrinkAxisMask=1)
        cut("to_zero_in_twos_" + engine, [-1, 0, 0], [0, 3, 4], (engine,), steps=[1, 1, 2])


def small_kinds(w):
    """Positions of int16, shapes and axes without elements, integers as float16."""
    x = np.arange(12).reshape(3, 4).astype(np.int8)
    one(w, "gather_s16", "GATHER", [(x, (0.1, 3)), (np.array([[2, 0]], np.int16), ())],
        ("int8", (0.1, 3), None), "GatherOptions", exact=True, axis=-1)
    for dtype in (np.int32, np.int64):
        one(w, "fill_scalar_" + np.dtype(dtype).name, "FILL",
            [(np.zeros(0, dtype), ()), (np.array(2.5, F), ())], ("float32", (), None),
            "FillOptions", (0,), exact=True)
    for dtype in (np.int8, np.uint8, np.int32, np.bool_):
        name = np.dtype(dtype).name
        one(w, "cast_%s_f16" % name, "CAST", [(np.array([[0, 1, 7, 100]]).astype(dtype), ())],
            ("float16", (), None), "CastOptions", exact=True)


def no_numbers(w):
    nan, inf = F(np.nan), F(np.inf)
    x = np.array([nan, -nan, inf, -inf, 1e30, -1e30, 3e9, -3e9, 2147483648, -2147483648, 2147483520,
                  300.7, -300.7, 1e19, -1e19, 0, -0., 1, -1.5], F)
    one(w, "sign_no_numbers", "SIGN", [(x, ())], ("float32", (), None), exact=True)
    one(w, "neg_no_numbers", "NEG", [(x, ())], ("float32", (), None), exact=True)
    a = np.array([nan, inf, -inf, 3e38, -3e38, inf, 1, 0, -1, -0.], F)
    b = np.array([1, 1, 1, 3e38, -3e38, -inf, 0, 0, 0, 0], F)
    for op in ("Add", "Sub", "Mul", "Div"):
        for act in (0, 1, 3):
            one(w, "infinite_%s_%d" % (op.lower(), act), op.upper(), [(a, ()), (b, ())],
                ("float32", (), None), op + "Options", exact=True, fusedActivationFunction=act)
    image = np.full((1, 3, 3, 2), 3e38, F)
    image[0, 1, 1, 0], image[0, 0, 0, 1] = -inf, inf
    weights = np.array([[1, 0.5], [-1, -0.5], [1, -0.25]], F)
    for act in (0, 1):
        one(w, "infinite_conv2d_%d" % act, "CONV_2D",
            [(image, ()), (weights.reshape(3, 1, 1, 2), ()), (np.zeros(3, F), ())],
            ("float32", (), None), "Conv2DOptions", (1, 2), ("ref",), strideH=1, strideW=1,
            fusedActivationFunction=act)
        one(w, "infinite_fully_connected_%d" % act, "FULLY_CONNECTED",
            [(image.reshape(9, 2), ()), (weights, ())], ("float32", (), None),
            "FullyConnectedOptions", (1,), ("ref",), fusedActivationFunction=act)
        for pool in ("AVERAGE", "MAX"):
            one(w, "infinite_%s_pool2d_%d" % (pool.lower(), act), pool + "_POOL_2D", [(image, ())],
                ("float32", (), None), "Pool2DOptions", (), ("ref",), strideH=1, strideW=1,
                filterHeight=1, filterWidth=2, padding=1, fusedActivationFunction=act)


def make(w):
    uint8_weights(w)
    uint8_table(w)
    ranges(w)
    over_no_axes(w)
    floors(w)
    selects(w)
    slices(w)
    no_numbers(w)
    small_kinds(w)
