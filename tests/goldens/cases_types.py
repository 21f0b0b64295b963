"""Goldens of element types that LiteRT takes besides the usual ones: PRELU of int16, convolutions
of int16 whose bias is int32, results of SOFTMAX with other zero points, bools that are added up and
compared, positions of int16, numbers of binary16; and the order of floats: which of 0, -0 and NaN
is the larger one, in which order a layer normalization adds."""
import numpy as np

from cases_data import float_lstm
from cases_odd import one
from tflite_file import Model

F = np.float32


def shorts(rng, shape, most=32767):
    x = rng.integers(-most - 1, most + 1, shape).astype(np.int16)
    x.ravel()[:4] = (-most - 1, most, -1, 0)
    return x


def prelu(w):
    """Slopes of int8, whatever their shape and zero point."""
    for tag, shape, slopes, parameters in (
            ("channels", (1, 3, 4, 37), (1, 1, 37), ((0.001, 0), (0.01, 0), (0.0013, 0))),
            ("elements", (5, 41), (5, 41), ((0.5, 0), (0.25, -7), (1, 0))),
            ("one", (2, 33), (1,), ((0.25, 0), (0.0371, 3), (0.125, 0))),
            ("zero_points", (4, 1, 19), (3, 1), ((0.001, 300), (0.02, 5), (0.0007, -41)))):
        name = "prelu_%s_s16" % tag
        rng = w.rng(name)
        if tag == "zero_points":
            shape = (4, 3, 19)
        one(w, name, "PRELU", [(shorts(rng, shape), parameters[0]),
                               (rng.integers(-128, 128, slopes).astype(np.int8), parameters[1])],
            ("int16", parameters[2], None), None, (1,), exact=True)


def convolutions(w):
    """Sums of steps of an eighth, a quarter of them ties."""
    for tag, x, k, step, per_channel in (
            ("window", (2, 6, 5, 9), (7, 3, 3, 9), (1, 1), False),
            ("channels", (1, 5, 5, 8), (19, 2, 3, 8), (2, 1), True),
            ("dilated", (1, 8, 7, 5), (8, 3, 3, 5), (1, 2), True),
            ("point", (2, 4, 4, 16), (5, 1, 1, 16), (1, 1), False),
            ("groups", (1, 6, 6, 10), (10, 3, 3, 2), (1, 1), True)):
        name = "conv2d_int32_bias_%s_s16" % tag
        rng = w.rng(name)
        scale = np.full(k[0], 0.25, F) if per_channel else 0.25
        if per_channel:
            scale[1::2] = 0.5
        one(w, name, "CONV_2D",
            [(shorts(rng, x, 300), (0.5, 0)),
             (rng.integers(-5, 6, k).astype(np.int8), (scale, 0)),
             (rng.integers(-50, 50, k[0]).astype(np.int32), (np.asarray(scale) * F(0.5), 0))],
            ("int16", (1., 0), None), "Conv2DOptions", (1, 2), exact=True, padding=0,
            strideH=step[0], strideW=step[0], dilationHFactor=step[1], dilationWFactor=step[1],
            fusedActivationFunction=0, quantizedBiasType=2)


def transposed(w):
    """Without a bias, of which the file says that it would be int32."""
    for tag, per_channel in (("one_scale", False), ("channels", True)):
        name = "transpose_conv_int32_sums_%s_s16" % tag
        rng = w.rng(name)
        scale = rng.uniform(0.01, 0.05, 7).astype(F) if per_channel else 0.03
        one(w, name, "TRANSPOSE_CONV",
            [(np.array([2, 10, 12, 7], np.int32), ()),
             (rng.integers(-127, 128, (7, 3, 3, 5)).astype(np.int8), (scale, 0)),
             (shorts(rng, (2, 5, 6, 5)), (0.001, 0))], ("int16", (0.03, 0), None),
            "TransposeConvOptions", (0, 1), exact=True, padding=0, strideH=2, strideW=2,
            fusedActivationFunction=1 if per_channel else 0, quantizedBiasType=2)


def normalized(w):
    """LSTM of floats with more than seven units, whose layer normalization adds in order."""
    name = "lstm_normalized_floats"
    rng, m, units = w.rng(name), Model(), 21
    x = m.input((2, 3, 5), "float32")
    some = lambda *shape: m.const(rng.normal(0, 0.6, shape).astype(F))
    ids = [x] + [some(units, 5) for _ in range(4)] + [some(units, units) for _ in range(4)]
    ids += [-1] * 3 + [some(units) for _ in range(4)] + [-1] * 2
    ids += [m.variable((2, units), "float32", None) for _ in range(2)]
    ids += [some(units) for _ in range(4)]
    o = m.tensor(None, "float32")
    m.op("UNIDIRECTIONAL_SEQUENCE_LSTM", ids, [o], "UnidirectionalSequenceLSTMOptions",
         fusedActivationFunction=4)
    m.output(o)
    w.add(name, m, [rng.normal(0, 1, (2, 3, 5)).astype(F)], exact=True)


def softmax(w):
    """Of bytes the zero point is not looked at, of int16 the default interpreter alone does."""
    for tag, dtype, out, scale, zero in (
            ("u8", "uint8", "uint8", 1 / 256, 3), ("u8_scale", "uint8", "uint8", 0.005, 120),
            ("u8_s16", "uint8", "int16", 1 / 65536, 0), ("s8_s16", "int8", "int16", 1 / 32768, 5)):
        name = "softmax_zero_point_" + tag
        ends = np.iinfo(dtype)
        x = w.rng(name).integers(ends.min, ends.max + 1, (5, 19)).astype(dtype)
        one(w, name, "SOFTMAX", [(x, (0.05, 12))], (out, (scale, zero), None), "SoftmaxOptions",
            exact=True, beta=1.0)


def bools(w):
    x = w.rng("bools").integers(0, 3, (3, 4, 5)) > 1
    x[1], x[2] = False, True
    for op in ("SUM", "REDUCE_PROD", "REDUCE_MAX", "REDUCE_MIN"):
        for tag, axes in (("last", [-1]), ("inner", [1, 2]), ("outer", [0, 2]), ("none", [])):
            engines = ("ref",) if axes else ("ref", "xnnpack")
            one(w, "%s_%s_bool" % (op.lower(), tag), op,
                [(x, ()), (np.array(axes, np.int32), ())], ("bool", (), None), "ReducerOptions",
                (1,), engines, True, keepDims=tag == "inner")
    for op, options in (("ARG_MAX", "ArgMaxOptions"), ("ARG_MIN", "ArgMinOptions")):
        one(w, op.lower() + "_bool", op, [(x, ()), (np.array(1, np.int32), ())],
            ("int64", (), None), options, (1,), exact=True, outputType=4)


def others(w):
    rng = w.rng("others")
    paddings = np.array([[1, 0], [0, 2], [1, 1]], np.int32)
    for name, x, value in (("bool", rng.integers(0, 2, (2, 3, 4)) > 0, True),
                           ("f16", rng.normal(0, 3, (2, 3, 4)).astype(np.float16), -2.7)):
        one(w, "padv2_" + name, "PADV2",
            [(x, ()), (paddings, ()), (np.array([value], x.dtype), ())],
            (x.dtype.name, (), None), "PadV2Options", (1, 2), exact=True)
    one(w, "gather_nd_int16_positions", "GATHER_ND",
        [(rng.normal(0, 1, (3, 4, 5)).astype(F), ()),
         (np.array([[[2, 1], [0, 3]], [[1, 0], [2, 3]]], np.int16), ())], ("float32", (), None),
        "GatherNdOptions", exact=True)
    half = np.concatenate([rng.normal(0, 30, 20), [0.5, -0., 1.5, 65504, -65504, 1e-7, 100, -1.999,
                                                   np.nan, np.inf, -np.inf]]).astype(np.float16)
    for dtype in ("float32", "float16", "int8", "uint8", "int16", "int32", "int64", "bool"):
        one(w, "cast_f16_" + dtype, "CAST", [(half, ())], (dtype, (), half.shape), "CastOptions",
            exact=True)


def extremes(w):
    special = np.array([0, -0., 0, -0., np.nan, 1, np.nan, np.nan, 1, 2], F)
    x, y = np.resize(special, (7, 10)), np.resize(np.roll(special, 3), (7, 10))
    zero, row = np.array([0], F), np.roll(special, 1)
    for op in ("MAXIMUM", "MINIMUM"):
        for tag, a, b, constants in (
                ("tensors", x, y, ()), ("row", x, row, ()), ("constant_row", row, x, (0,)),
                ("element", x, zero, ()), ("element_first", zero, x, ()),
                ("constant", x, zero, (1,)), ("constant_first", zero, x, (0,)),
                ("elements", -zero, zero, ())):
            one(w, "%s_of_zeros_%s" % (op.lower(), tag), op, [(a, ()), (b, ())],
                ("float32", (), None), "MaximumMinimumOptions", constants, exact=True)


def computed_pads(w):
    """PADV2 with a value that is an input."""
    around = np.array([[0, 1], [2, 0], [1, 3]], np.int32)
    for tag, dtype, quantization, number in (("f32", F, (), -2.5), ("s8", np.int8, (0.1, 3), -77),
                                             ("u8", np.uint8, (0.03, 200), 9),
                                             ("s32", np.int32, (), 123456)):
        x = np.arange(24).reshape(2, 3, 4).astype(dtype)
        one(w, "pad_by_computed_" + tag, "PADV2",
            [(x, quantization), (around, ()), (np.array([number], dtype), quantization)],
            (np.dtype(dtype).name, quantization, None), "PadV2Options", (1,), exact=True)


def make(w):
    prelu(w)
    convolutions(w)
    transposed(w)
    normalized(w)
    softmax(w)
    bools(w)
    others(w)
    extremes(w)
    computed_pads(w)
    # Single elements of the logistic function, one of which the correctly rounded exp misses.
    float_lstm(w, "tail_33", batch=4, steps=12, channels=5, units=3, hybrid=True)
