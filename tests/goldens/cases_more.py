"""Goldens of the remaining 8-bit operators: the activations and other tables, reductions, resizing,
transposed convolution, matrix products, everything that moves data, comparisons, int32
requantization, and layers with float activations and 8-bit weights."""
import numpy as np

from cases_core import (BINARY_SETS, HIGH, LOW, RELU, RELU6, SAME, SHORT, VALID, at_low,
                        binary_cases, channel_scales, codes, every_code, near_ratio_scales,
                        output_scale, pairs_table, simple)
from tflite_file import TYPES, Model

XNNPACK_ONLY = ("xnnpack",)


# ---- unary ---------------------------------------------------------------------------------------

def unary(w, tag, op, dtype, scale, zero, out_scale, out_zero, options=None,
          engines=("ref", "xnnpack"), x=None, **fields):
    name = "%s_%s" % (tag, SHORT[dtype])
    shape = (1, 7, 37)
    data = np.concatenate([every_code(dtype, (256,)),
                           every_code(dtype, (256,))[:3]]).reshape(shape) if x is None else x
    simple(w, name, dtype, data.shape, op, [], options, scale=scale, zero=zero,
           out_scale=out_scale, out_zero=out_zero, x=data, engines=engines, loose=True, **fields)


def unary_cases(w):
    for dtype in ("int8", "uint8"):
        for op in ("RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1"):
            low = op.lower()
            unary(w, low + "_halves", op, dtype, 0.0625, 131, 0.125, 129)
            if dtype == "int8":
                unary(w, low + "_same_scale", op, dtype, 0.05, 120, 0.05, 120)
            if op in ("RELU", "RELU6"):
                unary(w, low + "_generic", op, dtype, 0.0371, 77, 0.0523, 3)
        for tag, alpha in (("01", 0.1), ("half", 0.5), ("negative", -0.25), ("above_one", 1.7)):
            unary(w, "leaky_relu_" + tag, "LEAKY_RELU", dtype, 0.0371, 120, 0.0523, 131,
                  "LeakyReluOptions", alpha=alpha)
        sx, sy = near_ratio_scales(5)
        unary(w, "leaky_relu_multiplier", "LEAKY_RELU", dtype, sx, 128, sy, 129,
              "LeakyReluOptions", alpha=0.5)
        unary(w, "relu_multiplier", "RELU", dtype, sx, 128, sy, 129)
        unary(w, "leaky_relu_ties", "LEAKY_RELU", dtype, 0.125, 125, 0.25, 128, "LeakyReluOptions",
              alpha=0.5)
        for tag, sx, zx, sy, zy in (("generic", 0.0371, 77, 0.0323, 20),
                                    ("wide", 0.1, 128, 0.1, 128),
                                    ("small", 0.0078125, 131, 0.0078125, 60),
                                    ("down", 0.05, 128, 0.2, 100)):
            unary(w, "hard_swish_" + tag, "HARD_SWISH", dtype, sx, zx, sy, zy, "HardSwishOptions")
        for tag, sx, zx in (("generic", 0.0371, 120), ("steep", 0.25, 131), ("flat", 0.005, 77)):
            unary(w, "logistic_" + tag, "LOGISTIC", dtype, sx, zx, 1 / 256, 0)
            unary(w, "tanh_" + tag, "TANH", dtype, sx, zx, 1 / 128, 128)
            if dtype == "uint8" and tag != "generic":
                continue
            unary(w, "gelu_" + tag, "GELU", dtype, sx, zx, sx, 60, "GeluOptions", approximate=False)
            unary(w, "gelu_approximate_" + tag, "GELU", dtype, sx, zx, sx, 60, "GeluOptions",
                  approximate=True)
            if dtype == "int8":
                unary(w, "elu_" + tag, "ELU", dtype, sx, zx, sx, 60, engines=XNNPACK_ONLY)
    unary(w, "exp", "EXP", "int8", 0.0371, 200, 0.05, 0, "ExpOptions")
    unary(w, "log", "LOG", "int8", 0.0371, 0, 0.05, 150)
    unary(w, "sqrt", "SQRT", "int8", 0.0371, 0, 0.0125, 0)
    unary(w, "rsqrt", "RSQRT", "int8", 0.0371, 0, 0.0125, 0)
    unary(w, "abs", "ABS", "int8", 0.0371, 120, 0.0523, 3)
    unary(w, "abs_same", "ABS", "int8", 0.05, 131, 0.05, 131)
    unary(w, "neg", "NEG", "int8", 0.05, 128, 0.05, 128, "NegOptions")
    for dtype in ("int8", "uint8"):
        x = np.stack([np.roll(every_code(dtype, (256,)), 11 * i)[:37] for i in range(7)])
        unary(w, "log_softmax", "LOG_SOFTMAX", dtype, 0.0371, 120, 16 / 256, 255,
              "LogSoftmaxOptions", x=x)
        unary(w, "log_softmax_steep", "LOG_SOFTMAX", dtype, 0.3, 131, 16 / 256, 255,
              "LogSoftmaxOptions", x=x)
        unary(w, "l2norm", "L2_NORMALIZATION", dtype, 0.0371, 120, 1 / 128, 128, "L2NormOptions",
              x=x.reshape(1, 7, 1, 37))
        unary(w, "l2norm_3", "L2_NORMALIZATION", dtype, 0.5, 131, 1 / 128, 128, "L2NormOptions",
              x=np.ascontiguousarray(x[:, :3]))
    for dtype in ("int8", "uint8"):
        for tag, zero_alpha in (("prelu", 128), ("prelu_odd", 101)):
            name = "%s_%s" % (tag, SHORT[dtype])
            rng = w.rng(name)
            m = Model()
            i = m.input((1, 4, 13, 5), dtype, 0.0371, at_low(dtype, 120))
            a = m.const(codes(rng, (1, 1, 5), dtype), 0.01, at_low(dtype, zero_alpha))
            o = m.tensor(None, dtype, 0.0423, at_low(dtype, 131))
            m.op("PRELU", [i, a], [o])
            m.output(o)
            w.add(name, m, [np.resize(every_code(dtype), (1, 4, 13, 5))])


# ---- two operands --------------------------------------------------------------------------------

def two(w, name, op, dtype, parameters, data, options=None, out_dtype=None,
        engines=("ref", "xnnpack"), constant=None, loose=False, **fields):
    s1, z1, s2, z2, so, zo = parameters
    m = Model()
    ids, used = [], []
    for n, (x, s, z) in enumerate(zip(data, (s1, s2), (z1, z2))):
        if n == constant:
            ids.append(m.const(x, s, at_low(dtype, z)))
        else:
            ids.append(m.input(x.shape, dtype, s, at_low(dtype, z)))
            used.append(x)
    o = m.tensor(None, out_dtype) if out_dtype else m.tensor(None, dtype, so, at_low(dtype, zo))
    m.op(op, ids, [o], options, **fields)
    m.output(o)
    w.add(name, m, used, engines=engines, loose=loose)


def two_cases(w):
    binary_cases(w, ("sub",))
    for dtype in ("int8", "uint8"):
        s = SHORT[dtype]
        same = (0.05, 120, 0.05, 120, 0.05, 120)
        for op in ("MAXIMUM", "MINIMUM"):
            rng = w.rng(op)
            two(w, "%s_%s" % (op.lower(), s), op, dtype, same,
                [codes(rng, (1, 3, 11), dtype), codes(rng, (1, 3, 11), dtype)],
                "MaximumMinimumOptions")
            two(w, "%s_broadcast_%s" % (op.lower(), s), op, dtype, same,
                [codes(rng, (2, 3, 1, 5), dtype), codes(rng, (4, 1), dtype)],
                "MaximumMinimumOptions")
            two(w, "%s_constant_%s" % (op.lower(), s), op, dtype, same,
                [codes(rng, (1, 3, 11), dtype), np.array([LOW[dtype] + 128], dtype)],
                "MaximumMinimumOptions",
                constant=1)
        for op, options in (("EQUAL", "EqualOptions"), ("NOT_EQUAL", "NotEqualOptions"),
                            ("GREATER", "GreaterOptions"), ("GREATER_EQUAL", "GreaterEqualOptions"),
                            ("LESS", "LessOptions"), ("LESS_EQUAL", "LessEqualOptions")):
            if dtype == "uint8" and op not in ("EQUAL", "GREATER"):
                continue
            two(w, "%s_%s" % (op.lower(), s), op, dtype, (0.05, 120, 0.025, 131, 1, 0),
                pairs_table(dtype, [60, 125, 131]), options, out_dtype="bool")
            if op in ("EQUAL", "GREATER"):
                two(w, "%s_same_scale_%s" % (op.lower(), s), op, dtype,
                    (0.05, 120, 0.05, 120, 1, 0), pairs_table(dtype, [120]), options,
                    out_dtype="bool")
    for tag in ("halves", "half_quarter", "generic", "ends"):
        s1, z1, s2, z2, so, zo = BINARY_SETS[tag]
        two(w, "squared_difference_%s_s8" % tag, "SQUARED_DIFFERENCE", "int8",
            (s1, z1, s2, z2, np.float32((128 * (s1 + s2)) ** 2 / 512), 0),
            pairs_table("int8", [0, 100, 128, 131, 255]), "SquaredDifferenceOptions")
    divisors = [1, 7, 127, 130, 255]
    for tag, parameters in (("generic", (0.0371, 77, 0.0523, 0, 0.04, 101)),
                            ("halves", (0.5, 128, 0.5, 0, 0.25, 128)),
                            ("odd", (0.0371, 77, 0.0523, 128, 0.3, 100))):
        two(w, "div_%s_u8" % tag, "DIV", "uint8", parameters,
            pairs_table("uint8", [d for d in divisors if d != parameters[3]]), "DivOptions",
            loose=True)
    rng = w.rng("batch_matmul")
    for dtype in ("int8",):
        p = (0.05, 120, 0.03, 131, np.float32(0.05 * 0.03 * 74 * 74 * 3.3 / 60), 125)
        for tag, a, b, fields in (("plain", (2, 3, 11), (2, 11, 5), {}),
                                  ("adj_y", (1, 2, 3, 17), (1, 2, 9, 17), {"adjY": True}),
                                  ("adj_x", (2, 11, 3), (2, 11, 5), {"adjX": True}),
                                  ("broadcast", (2, 1, 3, 8), (1, 2, 8, 4), {})):
            two(w, "batch_matmul_%s_%s" % (tag, SHORT[dtype]), "BATCH_MATMUL", dtype, p,
                [codes(rng, a, dtype), codes(rng, b, dtype)], "BatchMatMulOptions", **fields)
        two(w, "batch_matmul_constant_s8", "BATCH_MATMUL", dtype, p,
            [codes(rng, (2, 3, 11), dtype), codes(rng, (11, 6), dtype)], "BatchMatMulOptions",
            constant=1)
        ties = (0.5, 126, 0.5, 128, 1.0, 129)
        b = np.array([[1, -1, 3, 5, -3, 2, 7]], np.int8)
        two(w, "batch_matmul_ties_s8", "BATCH_MATMUL", dtype, ties,
            [every_code("int8", (1, 256, 1)), b.reshape(1, 1, 7)], "BatchMatMulOptions")
        two(w, "batch_matmul_ties_adj_x_s8", "BATCH_MATMUL", dtype, ties,
            [every_code("int8", (1, 1, 256)), b.reshape(1, 1, 7)], "BatchMatMulOptions", adjX=True)
        # XNNPACK takes the operator only where the second operand's zero point is 0.
        ties = (0.5, 126, 0.5, 131, 1.0, 129)
        two(w, "batch_matmul_ties_zero3_s8", "BATCH_MATMUL", dtype, ties,
            [every_code("int8", (1, 256, 1)), (b + 3).astype(np.int8).reshape(1, 1, 7)],
            "BatchMatMulOptions")


# ---- transposed convolution, resizing ------------------------------------------------------------

def transpose_conv(w, tag, dtype, cin, cout, kernel, size, stride, padding, bias=True,
                   per_channel=True, zx=117, zy=140, zw=0, sx=0.05, act=0,
                   engines=("ref", "xnnpack")):
    name = "transpose_conv_%s_%s" % (tag, SHORT[dtype])
    rng = w.rng(name)
    sw = channel_scales(rng, cout, per_channel and dtype == "int8")
    extent = [(n * s if padding == SAME else (n - 1) * s + k) for n, s,
              k in zip(size, stride, kernel)]
    taps = cin * max(1, kernel[0] * kernel[1] / (stride[0] * stride[1]))
    m = Model()
    shape = m.const(np.array([1, extent[0], extent[1], cout], np.int32))
    k = m.const(rng.integers(-127, 128, (cout, kernel[0], kernel[1], cin)).astype(np.int8)
                if dtype == "int8" else codes(rng, (cout, kernel[0], kernel[1], cin), dtype), sw,
                zw, 0)
    i = m.input((1, size[0], size[1], cin), dtype, sx, at_low(dtype, zx))
    ins = [shape, k, i]
    if bias:
        ins.append(m.const(rng.integers(-2000, 2001, cout).astype(np.int32), np.float32(sx) * sw,
                           0, 0))
    o = m.tensor([1, extent[0], extent[1], cout], dtype, output_scale(taps, sx, float(np.max(sw))),
                 at_low(dtype, zy))
    m.op("TRANSPOSE_CONV", ins, [o], "TransposeConvOptions", padding=padding, strideH=stride[0],
         strideW=stride[1], fusedActivationFunction=act)
    m.output(o)
    w.add(name, m, [codes(rng, (1, size[0], size[1], cin), dtype)], engines=engines)


def transpose_conv_cases(w):
    for dtype in ("int8", "uint8"):
        zw = 0 if dtype == "int8" else 121
        transpose_conv(w, "3x3_s2_same", dtype, 5, 9, (3, 3), (3, 4), (2, 2), SAME, zw=zw)
        transpose_conv(w, "4x4_s2_valid", dtype, 3, 6, (4, 4), (3, 3), (2, 2), VALID, zw=zw)
        transpose_conv(w, "2x3_s12_nobias", dtype, 4, 7, (2, 3), (3, 3), (1, 2), SAME, bias=False,
                       zw=zw)
        transpose_conv(w, "2x2_s3_gaps", dtype, 3, 4, (2, 2), (3, 3), (3, 3), VALID, zw=zw)
    transpose_conv(w, "pertensor", "int8", 5, 17, (3, 3), (3, 4), (2, 2), SAME, per_channel=False)
    transpose_conv(w, "relu", "int8", 5, 8, (3, 3), (3, 4), (1, 1), SAME, act=RELU)
    float_transpose_conv(w)


def float_transpose_conv(w):
    """A float island of a dynamic-range file: converters leave small weights in float."""
    name = "transpose_conv_float"
    rng = w.rng(name)
    m = Model()
    shape = m.const(np.array([1, 7, 9, 4], np.int32))
    k = m.const(rng.normal(size=(4, 3, 3, 5)).astype(np.float32))
    i = m.input((1, 3, 4, 5), "float32")
    b = m.const(rng.normal(size=4).astype(np.float32))
    o = m.tensor([1, 7, 9, 4], "float32")
    m.op("TRANSPOSE_CONV", [shape, k, i, b], [o], "TransposeConvOptions", padding=VALID, strideH=2,
         strideW=2, fusedActivationFunction=RELU)
    m.output(o)
    w.add(name, m, [rng.normal(size=(1, 3, 4, 5)).astype(np.float32)], engines=("ref",))


def resize_cases(w):
    sizes = (("up", (1, 3, 4, 5), (7, 8)), ("twice", (1, 3, 3, 2), (6, 6)),
             ("down", (1, 9, 7, 3), (4, 3)), ("one", (1, 1, 1, 3), (3, 3)),
             ("to_one", (1, 5, 6, 2), (1, 1)))
    for dtype in ("int8", "uint8"):
        for kind, op, options in (("bilinear", "RESIZE_BILINEAR", "ResizeBilinearOptions"),
                                  ("nearest", "RESIZE_NEAREST_NEIGHBOR",
                                   "ResizeNearestNeighborOptions")):
            for mode, fields in (("", {}), ("_corners", {"alignCorners": True}),
                                 ("_half", {"halfPixelCenters": True})):
                for tag, shape, target in sizes:
                    if tag in ("one", "to_one") and (mode == "_corners" or dtype == "uint8"):
                        continue
                    if kind == "nearest" and dtype == "uint8" and tag != "up":
                        continue
                    simple(w, "resize_%s%s_%s_%s" % (kind, mode, tag, SHORT[dtype]), dtype, shape,
                           op, [np.array(target, np.int32)], options, loose=True, **fields)


# ---- reductions ----------------------------------------------------------------------------------

def reduce_cases(w):
    for dtype in ("int8", "uint8"):
        s = SHORT[dtype]
        for op in ("REDUCE_MAX", "REDUCE_MIN"):
            simple(w, "%s_hw_%s" % (op.lower(), s), dtype, (2, 3, 4, 5), op,
                   [np.array([1, 2], np.int32)], "ReducerOptions", keepDims=True)
            simple(w, "%s_last_%s" % (op.lower(), s), dtype, (2, 3, 17), op,
                   [np.array([-1], np.int32)], "ReducerOptions", keepDims=False)
        if dtype == "int8":
            simple(w, "reduce_prod_" + s, dtype, (3, 4, 3), "REDUCE_PROD",
                   [np.array([1], np.int32)], "ReducerOptions", scale=0.02, zero=100,
                   out_scale=0.01, out_zero=120, keepDims=False)
        simple(w, "sum_hw_" + s, dtype, (1, 3, 4, 5), "SUM", [np.array([1, 2], np.int32)],
               "ReducerOptions", zero=120, out_scale=0.2, out_zero=131, keepDims=True,
               engines=XNNPACK_ONLY)
        simple(w, "sum_last_" + s, dtype, (3, 5, 7), "SUM", [np.array([2], np.int32)],
               "ReducerOptions", zero=120, out_scale=0.1, out_zero=131, keepDims=False,
               engines=XNNPACK_ONLY)
        for op, options in (("ARG_MAX", "ArgMaxOptions"), ("ARG_MIN", "ArgMinOptions")):
            for out, tag, axis, shape in ((2, "s32", -1, (3, 11)), (4, "s64", 1, (2, 5, 4))):
                name = "%s_%s_%s" % (op.lower(), tag, s)
                rng = w.rng(name)
                m = Model()
                x = codes(rng, shape, dtype)
                x[-1] = x[-1] // 64 * 64  # repeated values: the first one wins
                i = m.input(shape, dtype, 0.05, at_low(dtype, 120))
                o = m.tensor(None, "int32" if out == 2 else "int64")
                m.op(op, [i, m.const(np.array(axis, np.int32))], [o], options, outputType=out)
                m.output(o)
                w.add(name, m, [x])
        name = "topk_" + s
        rng = w.rng(name)
        m = Model()
        x = codes(rng, (3, 12), dtype)
        x[2] = x[2] // 64 * 64
        i = m.input(x.shape, dtype, 0.05, at_low(dtype, 120))
        values, indices = m.tensor(None, dtype, 0.05, at_low(dtype, 120)), m.tensor(None, "int32")
        m.op("TOPK_V2", [i, m.const(np.array(5, np.int32))], [values, indices], "TopKV2Options")
        m.output(values, indices)
        w.add(name, m, [x])
    for tag, x, op in (("any", [[True, False, False], [False, False, False]], "REDUCE_ANY"),
                       ("all", [[True, True, True], [True, False, True]], "REDUCE_ALL")):
        name = "reduce_" + tag
        m = Model()
        i = m.input((2, 3), "bool")
        o = m.tensor(None, "bool")
        m.op(op, [i, m.const(np.array([1], np.int32))], [o], "ReducerOptions", keepDims=False)
        m.output(o)
        w.add(name, m, [np.array(x)])
    name = "cumsum_s32"
    for tag, fields in (("", {}), ("_exclusive", {"exclusive": True}),
                        ("_reverse", {"reverse": True})):
        m = Model()
        i = m.input((2, 5, 3), "int32")
        o = m.tensor(None, "int32")
        m.op("CUMSUM", [i, m.const(np.array(1, np.int32))], [o], "CumsumOptions", **fields)
        m.output(o)
        w.add(name + tag, m, [w.rng(name).integers(-1000, 1000, (2, 5, 3)).astype(np.int32)])


# ---- moving data ---------------------------------------------------------------------------------

def moving_cases(w):
    def ints(*v):
        return np.array(v, np.int32)

    for dtype in ("int8", "uint8"):
        s = SHORT[dtype]
        fill = (np.array(LOW[dtype] + 7, dtype), 0.05, at_low(dtype, 130))
        simple(w, "padv2_" + s, dtype, (1, 3, 2, 3), "PADV2",
               [ints([0, 0], [1, 0], [2, 1], [0, 1]), fill], "PadV2Options")
        for mode, tag in ((0, "reflect"), (1, "symmetric")):
            simple(w, "mirror_pad_%s_%s" % (tag, s), dtype, (1, 3, 4, 2), "MIRROR_PAD",
                   [ints([0, 0], [1, 2], [2, 1], [0, 0])], "MirrorPadOptions", mode=mode)
        for tag, shape, order in (("0312", (1, 3, 4, 5), (0, 3, 1, 2)), ("10", (5, 7), (1, 0)),
                                  ("201", (2, 3, 5), (2, 0, 1)),
                                  ("3210", (2, 3, 2, 3), (3, 2, 1, 0))):
            simple(w, "transpose_%s_%s" % (tag, s), dtype, shape, "TRANSPOSE", [ints(*order)],
                   "TransposeOptions")
        simple(w, "slice_" + s, dtype, (2, 4, 5, 3), "SLICE",
               [ints(0, 1, 2, 0), ints(2, 2, -1, 3)], "SliceOptions", out_shape=[2, 2, 3, 3])
        simple(w, "strided_slice_" + s, dtype, (2, 5, 6, 3), "STRIDED_SLICE",
               [ints(0, 1, 5, 0), ints(2, 5, 0, 3), ints(1, 2, -2, 1)], "StridedSliceOptions",
               beginMask=1,
               endMask=8, shrinkAxisMask=0)
        simple(w, "split_" + s, dtype, (2, 3, 6), "SPLIT", [ints(2).reshape(()), None],
               "SplitOptions", outputs=3, numSplits=3)
        simple(w, "unpack_" + s, dtype, (2, 3, 5), "UNPACK", [], "UnpackOptions", outputs=3, num=3,
               axis=1)
        simple(w, "tile_" + s, dtype, (1, 2, 3), "TILE", [ints(2, 1, 3)], "TileOptions",
               engines=XNNPACK_ONLY)
        simple(w, "gather_axis1_" + s, dtype, (2, 5, 3), "GATHER", [ints(4, 0, 0, 2)],
               "GatherOptions", axis=1)
        simple(w, "depth_to_space_" + s, dtype, (1, 2, 3, 12), "DEPTH_TO_SPACE", [],
               "DepthToSpaceOptions", blockSize=2, engines=XNNPACK_ONLY)
        simple(w, "batch_to_space_" + s, dtype, (4, 2, 3, 2), "BATCH_TO_SPACE_ND",
               [ints(2, 2), ints([0, 1], [1, 0])], "BatchToSpaceNDOptions")
        if dtype == "int8":  # of what only moves bytes, one type is enough for the rarer operators
            simple(w, "strided_slice_shrink_" + s, dtype, (3, 5, 4), "STRIDED_SLICE",
                   [ints(1, -3, 0), ints(2, 5, 4), ints(1, 1, 2)], "StridedSliceOptions", endMask=4,
                   shrinkAxisMask=1)
            simple(w, "split_v_" + s, dtype, (2, 7), "SPLIT_V",
                   [ints(1, -1, 2), ints(1).reshape(())], "SplitVOptions", outputs=3, numSplits=3)
            simple(w, "reverse_" + s, dtype, (2, 5, 3), "REVERSE_V2", [ints(1)], "ReverseV2Options")
            simple(w, "gather_axis0_2d_" + s, dtype, (5, 3), "GATHER", [ints([4, 0], [1, 2])],
                   "GatherOptions", axis=0)
            simple(w, "gather_nd_" + s, dtype, (3, 4, 5), "GATHER_ND",
                   [ints([0, 1], [2, 3], [1, 0])], "GatherNdOptions")
            simple(w, "space_to_depth_" + s, dtype, (1, 4, 6, 3), "SPACE_TO_DEPTH", [],
                   "SpaceToDepthOptions", blockSize=2)
            simple(w, "space_to_batch_" + s, dtype, (1, 4, 5, 2), "SPACE_TO_BATCH_ND",
                   [ints(2, 2), ints([0, 0], [1, 0])], "SpaceToBatchNDOptions")
            simple(w, "broadcast_to_" + s, dtype, (1, 3, 1, 2), "BROADCAST_TO", [ints(2, 3, 4, 2)],
                   "BroadcastToOptions")
            simple(w, "squeeze_" + s, dtype, (1, 3, 1, 5), "SQUEEZE", [], "SqueezeOptions",
                   squeezeDims=[2])
            simple(w, "expand_dims_" + s, dtype, (3, 5), "EXPAND_DIMS", [ints(1).reshape(())],
                   "ExpandDimsOptions")
        name = "pack_" + s
        rng = w.rng(name)
        m = Model()
        ids = [m.input((2, 5), dtype, 0.05, at_low(dtype, 120)) for _ in range(3)]
        o = m.tensor(None, dtype, 0.05, at_low(dtype, 120))
        m.op("PACK", ids, [o], "PackOptions", valuesCount=3, axis=1)
        m.output(o)
        w.add(name, m, [codes(rng, (2, 5), dtype) for _ in ids])
        for op, options in (("SELECT", "SelectOptions"), ("SELECT_V2", "SelectV2Options")):
            if dtype == "uint8" and op == "SELECT":
                continue
            name = "%s_%s" % (op.lower(), s)
            rng = w.rng(name)
            m = Model()
            shape = (2, 3, 5)
            c = m.input(shape if op == "SELECT" else (3, 1), "bool")
            a, b = (m.input(shape, dtype, 0.05, at_low(dtype, 120)) for _ in range(2))
            o = m.tensor(None, dtype, 0.05, at_low(dtype, 120))
            m.op(op, [c, a, b], [o], options)
            m.output(o)
            w.add(name, m, [rng.integers(0, 2, shape if op == "SELECT" else (3, 1)).astype(bool),
                            codes(rng, shape, dtype), codes(rng, shape, dtype)])
        name = "embedding_lookup_" + s
        if dtype == "int8":
            rng = w.rng(name)
            m = Model()
            i = m.input((4,), "int32")
            t = m.const(codes(rng, (6, 5), dtype), 0.05, 0)
            o = m.tensor(None, dtype, 0.05, 0)
            m.op("EMBEDDING_LOOKUP", [i, t], [o])
            m.output(o)
            w.add(name, m, [np.array([5, 0, 3, 3], np.int32)])
        name = "one_hot_" + s
        m = Model()
        i = m.input((4,), "int32")
        on, off = (m.const(np.array(v + LOW[dtype], dtype), 0.05, at_low(dtype, 120))
                   for v in (255, 100))
        o = m.tensor(None, dtype, 0.05, at_low(dtype, 120))
        m.op("ONE_HOT", [i, m.const(np.array(5, np.int32)), on, off], [o], "OneHotOptions", axis=-1)
        m.output(o)
        w.add(name, m, [np.array([2, 0, -1, 4], np.int32)])
        name = "fill_" + s
        m = Model()
        i = m.input((), dtype, 0.05, at_low(dtype, 120))
        o = m.tensor(None, dtype, 0.05, at_low(dtype, 120))
        m.op("FILL", [m.const(ints(2, 3)), i], [o], "FillOptions")
        m.output(o)
        w.add(name, m, [np.array(LOW[dtype] + 9, dtype)])
    for source, target in (("int8", "float32"), ("uint8", "float32"), ("float32", "int8"),
                           ("int8", "int32"), ("int32", "float32"), ("bool", "int8"),
                           ("float32", "uint8"),
                           ("uint8", "int8")):
        name = "cast_%s_%s" % (SHORT.get(source, source), SHORT.get(target, target))
        x = {"float32": np.array([0.0, -0.5, 1.5, 2.9, 100.7, 3.0, 0.99], np.float32)
             if target == "uint8" else np.array([0, -0.5, 1.5, -2.9, 100.7, -128, 127], np.float32),
             "int32": np.array([0, -1, 2 ** 24 + 1, -2 ** 31, 2 ** 31 - 1], np.int32),
             "bool": np.array([True, False, True])}.get(source)
        if x is None:
            x = every_code(source, (256,))
        if source == "float32" and target == "uint8":
            x = np.abs(x)
        m = Model()
        i = m.input(x.shape, source)
        o = m.tensor(None, target)
        m.op("CAST", [i], [o], "CastOptions", inDataType=TYPES[source], outDataType=TYPES[target])
        m.output(o)
        w.add(name, m, [x])
    m = Model()
    i = m.input((2, 3, 5), "int8", 0.05, 0)
    o = m.tensor(None, "int32")
    m.op("SHAPE", [i], [o], "ShapeOptions", outType=2)
    m.output(o)
    w.add("shape_s8", m, [codes(w.rng("shape"), (2, 3, 5), "int8")])


# ---- int32, float islands, 8-bit weights under float activations ---------------------------------

def requantize_int32(w):
    for dtype in ("int8",):  # the framework has neither uint8 from int32 nor int32 from 8 bits
        for tag, s_in, s_out, z_out in (("quarter", 0.25, 1.0, 129), ("small", 1e-5, 0.37, 100)):
            name = "requantize_%s_s32_%s" % (tag, SHORT[dtype])
            rng = w.rng(name)
            m = Model()
            span = int(140 * s_out / s_in)
            x = np.concatenate([np.arange(-300, 301), rng.integers(-span, span + 1, 300),
                                [2 ** 31 - 1, -2 ** 31,
                                 2 ** 24 + 1]]).astype(np.int32).reshape(1, -1)
            i = m.input(x.shape, "int32", s_in, 0)
            o = m.tensor(None, dtype, s_out, at_low(dtype, z_out))
            m.op("QUANTIZE", [i], [o], "QuantizeOptions")
            m.output(o)
            w.add(name, m, [x], loose=True)


def float_islands(w):
    """Operators that run in float32 between two quantized tensors."""
    for op, tag in (("SIN", "sin"), ("LOGISTIC", "logistic"), ("ADD", "add")):
        name = "island_" + tag
        m = Model()
        x = m.input((1, 256), "int8", 0.0371, 3)
        a = m.tensor(None, "float32")
        m.op("DEQUANTIZE", [x], [a], "DequantizeOptions")
        b = m.tensor(None, "float32")
        if op == "ADD":
            m.op(op, [a, m.const(np.array([0.3], np.float32))], [b], "AddOptions",
                 fusedActivationFunction=RELU)
        else:
            m.op(op, [a], [b])
        y = m.tensor(None, "int8", 0.0123, -5)
        m.op("QUANTIZE", [b], [y], "QuantizeOptions")
        m.output(y)
        w.add(name, m, [every_code("int8", (1, 256))])


def dynamic_range(w):
    for per_channel in (False, True):
        name = "dynamic_fully_connected" + ("_perchannel" if per_channel else "")
        rng = w.rng(name)
        m = Model()
        i = m.input((3, 19), "float32")
        k = m.const(rng.integers(-127, 128, (7, 19)).astype(np.int8),
                    channel_scales(rng, 7, per_channel), 0, 0)
        b = m.const(rng.normal(0, 1, 7).astype(np.float32))
        o = m.tensor(None, "float32")
        m.op("FULLY_CONNECTED", [i, k, b], [o], "FullyConnectedOptions",
             asymmetricQuantizeInputs=per_channel)
        m.output(o)
        w.add(name, m, [rng.normal(0, 1, (3, 19)).astype(np.float32)], loose=True)
    name = "dynamic_conv2d"
    rng = w.rng(name)
    m = Model()
    i = m.input((1, 5, 4, 3), "float32")
    k = m.const(rng.integers(-127, 128, (6, 3, 3, 3)).astype(np.int8),
                channel_scales(rng, 6, True), 0, 0)
    b = m.const(rng.normal(0, 1, 6).astype(np.float32))
    o = m.tensor(None, "float32")
    m.op("CONV_2D", [i, k, b], [o], "Conv2DOptions", padding=SAME, strideH=1, strideW=1,
         fusedActivationFunction=RELU6)
    m.output(o)
    w.add(name, m, [rng.normal(0, 1, (1, 5, 4, 3)).astype(np.float32)], loose=True)
    name = "dynamic_depthwise"
    rng = w.rng(name)
    m = Model()
    i = m.input((1, 5, 4, 6), "float32")
    k = m.const(rng.integers(-127, 128, (1, 3, 3, 6)).astype(np.int8),
                channel_scales(rng, 6, True), 0, 3)
    b = m.const(rng.normal(0, 1, 6).astype(np.float32))
    o = m.tensor(None, "float32")
    m.op("DEPTHWISE_CONV_2D", [i, k, b], [o], "DepthwiseConv2DOptions", padding=SAME, strideH=1,
         strideW=1, depthMultiplier=1)
    m.output(o)
    w.add(name, m, [rng.normal(0, 1, (1, 5, 4, 6)).astype(np.float32)], loose=True)


def make(w):
    unary_cases(w)
    two_cases(w)
    transpose_conv_cases(w)
    resize_cases(w)
    reduce_cases(w)
    moving_cases(w)
    requantize_int32(w)
    float_islands(w)
    dynamic_range(w)
