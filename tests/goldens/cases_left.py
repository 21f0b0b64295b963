"""Goldens of 8-bit operators that XNNPACK leaves to TensorFlow Lite's optimized kernels: packed
weights whose rows are no whole bytes, weights that are computed, a bias without a scale, kernels
below their stride, seven axes, other types. Scales are powers of two: many results are ties."""
import numpy as np

from cases_core import HIGH, LOW, SAME, SHORT
from tflite_file import Model

F = np.float32
ZERO = {"int8": (3, -5), "uint8": (131, 120)}


def codes(rng, dtype, shape):
    return rng.integers(LOW[dtype], HIGH[dtype] + 1, shape).astype(dtype)


def scales(rng, count, per_channel):
    return F(0.25) * (2.**rng.integers(-2, 2, count)).astype(F) if per_channel else F([0.25])


def packed_rows(w):
    """Weights of 4 and 2 bits of a fully connected layer."""
    for bits, depth, per_channel, why in ((4, 7, False, "odd"), (4, 7, True, "odd"),
                                          (4, 6, True, "even"), (2, 8, False, "one_scale"),
                                          (2, 6, True, "no_bytes"), (2, 8, True, "bytes")):
        tag = "_int%d_%s%s" % (bits, why, "_perchannel" if per_channel else "")
        for floats in (False, True):
            name = ("left_dynamic" if floats else "left") + "_fully_connected" + tag
            rng = w.rng(name)
            m = Model()
            x = rng.normal(0, 1, (9, depth)).astype(F) if floats else codes(rng, "int8",
                    (40, depth))
            i = m.input(x.shape, "float32") if floats else m.input(x.shape, "int8", 0.5, 3)
            s = scales(rng, 6, per_channel)
            k = m.packed(rng.integers(-(1 << bits - 1), 1 << bits - 1, (6, depth)), bits, s)
            b = m.const(rng.normal(0, 1, 6).astype(F)) if floats else m.const(
                    rng.integers(-300, 300, 6).astype(np.int32), F(0.5) * s)
            o = m.tensor((len(x), 6), "float32") if floats else m.tensor((len(x), 6), "int8", 1,
                    -5)
            m.op("FULLY_CONNECTED", [i, k, b], [o], "FullyConnectedOptions")
            m.version(12)
            m.output(o)
            w.add(name, m, [x], exact=True)


def layer(w, name, op, dtype, channels, outputs, image=(6, 7), kernel=3, stride=1, computed=True,
          bits=8, per_channel=False, bias_scale=True, depth=None, engines=("ref", "xnnpack")):
    """A convolution; `computed`: its weights are an input."""
    rng = w.rng(name)
    m = Model()
    zx, zy = ZERO[dtype]
    depthwise = op == "DEPTHWISE_CONV_2D"
    x = codes(rng, dtype, (1, *image, channels))
    shape = (1, kernel, kernel, outputs) if depthwise else (outputs, kernel, kernel,
             depth or channels)
    s, axis = scales(rng, outputs, per_channel), 3 if depthwise else 0
    i, given = m.input(x.shape, dtype, 0.5, zx), [x]
    data, zero = np.maximum(codes(rng, dtype, shape), LOW[dtype] + 1), 0 if dtype == "int8" else 127
    if bits < 8:
        k = m.packed(rng.integers(-8, 8, shape), bits, s, axis)
    elif computed:
        k = m.input(shape, dtype, s, zero)
        m.tensors[k]["axis"] = axis
        given.append(data)
    else:
        k = m.const(data, s, zero, axis)
    b = m.const(rng.integers(-300, 300, outputs).astype(np.int32),
                F(0.5) * s if bias_scale else None)
    o = m.tensor(None, dtype, 4 if bits == 8 else 1, zy)
    fields = dict(padding=SAME, strideH=stride, strideW=stride)
    if op == "TRANSPOSE_CONV":
        ends = m.const(np.array([1, image[0] * stride, image[1] * stride, outputs], np.int32))
        m.op(op, [ends, k, i, b], [o], "TransposeConvOptions", **fields)
        m.version(3)
    elif depthwise:
        m.op(op, [i, k, b], [o], "DepthwiseConv2DOptions", depthMultiplier=outputs // channels,
             **fields)
    else:
        m.op(op, [i, k, b], [o], "Conv2DOptions", **fields)
    if bits < 8:
        m.version(7)
    m.output(o)
    w.add(name, m, given, engines=engines, exact=True)


def convolutions(w):
    for dtype in ("int8", "uint8"):
        t = SHORT[dtype]
        layer(w, "left_conv2d_" + t, "CONV_2D", dtype, 5, 11)
        layer(w, "left_conv2d_groups_" + t, "CONV_2D", dtype, 6, 4, depth=3)
        layer(w, "left_conv2d_bias_" + t, "CONV_2D", dtype, 5, 7, computed=False,
              bias_scale=False)
        for outputs in (5, 16, 11):
            layer(w, "left_depthwise_%d_%s" % (outputs, t), "DEPTHWISE_CONV_2D", dtype, outputs,
                  outputs)
        layer(w, "left_depthwise_twice_" + t, "DEPTHWISE_CONV_2D", dtype, 5, 10)
        layer(w, "left_transpose_conv_" + t, "TRANSPOSE_CONV", dtype, 4, 11, (3, 5), stride=2)
        layer(w, "left_transpose_conv_below_stride_" + t, "TRANSPOSE_CONV", dtype, 4, 11, (3, 5),
              kernel=1, stride=2, computed=False)
    layer(w, "left_depthwise_perchannel", "DEPTHWISE_CONV_2D", "int8", 11, 11, per_channel=True)
    layer(w, "left_transpose_conv_perchannel", "TRANSPOSE_CONV", "int8", 4, 11, (3, 5), stride=2,
          computed=False, per_channel=True, bias_scale=False)
    layer(w, "left_conv2d_int4", "CONV_2D", "int8", 5, 7, bits=4, per_channel=True)
    layer(w, "left_depthwise_int4", "DEPTHWISE_CONV_2D", "int8", 11, 11, bits=4, per_channel=True,
          engines=("xnnpack",))


def weights(w):
    """A fully connected layer whose weights another operator makes of a constant, and one whose two
    scales have a product that is 1 in binary32 and less in binary64."""
    for dtype in ("int8", "uint8"):
        name = "left_fully_connected_transposed_" + SHORT[dtype]
        rng = w.rng(name)
        m = Model()
        x, (zx, zy) = codes(rng, dtype, (30, 8)), ZERO[dtype]
        zero = 0 if dtype == "int8" else 127
        i = m.input(x.shape, dtype, 0.5, zx)
        k = m.tensor((6, 8), dtype, 0.25, zero)
        c = m.const(codes(rng, dtype, (8, 6)), 0.25, zero)
        m.op("TRANSPOSE", [c, m.const(np.array([1, 0], np.int32))], [k], "TransposeOptions")
        o = m.tensor((30, 6), dtype, 4, zy)
        m.op("FULLY_CONNECTED", [i, k], [o], "FullyConnectedOptions")
        m.output(o)
        w.add(name, m, [x], exact=True)
    sx, sw = F(1 + 2.**-13), F(1 - 2.**-13)
    for per_channel in (False, True):
        name = "left_fully_connected_multiplier" + ("_perchannel" if per_channel else "")
        rng = w.rng(name)
        m = Model()
        x, k = codes(rng, "int8", (40, 3)), rng.integers(-3, 4, (10, 3)).astype(np.int8)
        s = np.full(10 if per_channel else 1, sw)
        ids = [m.input(x.shape, "int8", sx), m.input(k.shape, "int8", s)]
        o = m.tensor((40, 10), "int8", 2, 0)
        m.op("FULLY_CONNECTED", ids + [m.const(rng.integers(-30, 30, 10).astype(np.int32),
                                               sx * s)], [o], "FullyConnectedOptions")
        m.output(o)
        w.add(name, m, [x, k], exact=True)


def elements(w):
    for dtype, out in (("int8", "uint8"), ("uint8", "int8")):
        for count in (5, 37):
            name = "left_quantize_%s_%s_%d" % (SHORT[dtype], SHORT[out], count)
            x = codes(w.rng(name), dtype, (1, count))
            m = Model()
            i, o = m.input(x.shape, dtype, 0.25, ZERO[dtype][0]), m.tensor(x.shape, out, 1,
                    ZERO[out][1])
            m.op("QUANTIZE", [i], [o], "QuantizeOptions")
            m.version(2)
            m.output(o)
            w.add(name, m, [x], exact=True)
        for op in ("ADD", "SUB", "MUL"):
            name = "left_%s_seven_axes_%s" % (op.lower(), SHORT[dtype])
            rng = w.rng(name)
            x, y = (codes(rng, dtype, (2, 1, 2, 1, 3, 4, 5)) for _ in range(2))
            m = Model()
            ids = [m.input(x.shape, dtype, 0.5, ZERO[dtype][0]),
                   m.input(x.shape, dtype, 0.5, ZERO[dtype][1])]
            o = m.tensor(None, dtype, 64 if op == "MUL" else 1, ZERO[dtype][1])
            m.op(op, ids, [o], op.title() + "Options")
            m.output(o)
            w.add(name, m, [x, y], exact=True)


def make(w):
    packed_rows(w)
    convolutions(w)
    weights(w)
    elements(w)
