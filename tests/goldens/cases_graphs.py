"""Goldens of rules that random graphs of several operators found wrong, one small case each."""
import numpy as np

import cases_state
from cases_core import (HIGH, LOW, SAME, SHORT, at_low, channel_scales, codes, output_scale)
from tflite_file import Model


def dynamic_ranges(w):
    """Inputs that reach both ends of a range whose zero point or inverse is a near tie."""
    for ends, tag in (((-1, 1), "one"), ((-5, 5), "five"), ((-2.5, 2.5), "halves")):
        name = "dynamic_range_%s_fully_connected" % tag
        rng = w.rng(name)
        m = Model()
        i = m.input((2, 19), "float32")
        k = m.const(rng.integers(-127, 128, (5, 19)).astype(np.int8), channel_scales(rng, 5, True))
        o = m.tensor(None, "float32")
        m.op("FULLY_CONNECTED", [i, k], [o], "FullyConnectedOptions",
             asymmetricQuantizeInputs=True)
        m.output(o)
        x = rng.uniform(*ends, (2, 19)).astype(np.float32)
        x[:, 3], x[:, 7] = ends
        w.add(name, m, [x], loose=True)
    for channels in (3, 4, 13):
        name = "dynamic_depthwise_%d_channels" % channels
        rng = w.rng(name)
        m = Model()
        i = m.input((2, 5, 4, channels), "float32")
        k = m.const(rng.integers(-127, 128, (1, 3, 3, channels)).astype(np.int8),
                    channel_scales(rng, channels, True), 0, 3)
        b = m.const(rng.normal(0, 1, channels).astype(np.float32))
        o = m.tensor(None, "float32")
        m.op("DEPTHWISE_CONV_2D", [i, k, b], [o], "DepthwiseConv2DOptions", padding=SAME,
             strideH=1, strideW=1, depthMultiplier=1)
        m.output(o)
        x = rng.uniform(-5, 5, (2, 5, 4, channels)).astype(np.float32)
        x[:, 0, 0, 0], x[:, 1, 0, 0] = -5, 5
        w.add(name, m, [x], loose=True)


def products_of_one(w):
    for dtype in ("int8", "uint8"):
        for tag, sx, sy, act in (("generic", 0.0371, 0.05, 0), ("halves", 0.125, 0.0625, 0),
                                 ("relu6", 0.05, 0.047, 3)):
            name = "mul_of_one_%s_%s" % (tag, SHORT[dtype])
            m = Model()
            i = m.input((1, 256), dtype, sx, at_low(dtype, 101))
            o = m.tensor((1, 256), dtype, sy, at_low(dtype, 3))
            m.op("MUL", [i, i], [o], "MulOptions", fusedActivationFunction=act)
            m.output(o)
            x = np.arange(LOW[dtype], HIGH[dtype] + 1).astype(dtype).reshape(1, 256)
            w.add(name, m, [x], loose=True)


def transposed_below_stride(w):
    """Padded as SAME, a kernel smaller than the stride on one axis or both."""
    for dtype in ("int8", "uint8"):
        for tag, kernel, stride in (("rows", (2, 3), (3, 3)), ("both", (1, 2), (2, 3))):
            name = "transpose_conv_below_stride_%s_%s" % (tag, SHORT[dtype])
            rng = w.rng(name)
            sw = channel_scales(rng, 5, dtype == "int8")
            m = Model()
            shape = m.const(np.array([1, 4 * stride[0], 5 * stride[1], 5], np.int32))
            k = m.const(codes(rng, (5,) + kernel + (7,), dtype) if dtype == "uint8" else
                        rng.integers(-127, 128, (5,) + kernel + (7,)).astype(np.int8), sw,
                        117 if dtype == "uint8" else 0)
            i = m.input((1, 4, 5, 7), dtype, 0.05, at_low(dtype, 117))
            o = m.tensor([1, 4 * stride[0], 5 * stride[1], 5], dtype,
                         output_scale(7, 0.05, float(np.max(sw))), at_low(dtype, 140))
            m.op("TRANSPOSE_CONV", [shape, k, i], [o], "TransposeConvOptions", padding=SAME,
                 strideH=stride[0], strideW=stride[1])
            m.output(o)
            w.add(name, m, [codes(rng, (1, 4, 5, 7), dtype)], engines=("xnnpack",))


def layers_of_int16(w):
    """Fully connected: no bias and no type of it said, the type said, int32, int64; from uint8."""
    for bias in (None, "said", "int32", "int64"):
        for per_channel in (False, True):
            name = "fully_connected_bias_%s%s_s16" % (bias or "unsaid",
                                                      "_perchannel" if per_channel else "")
            rng = w.rng(name)
            sx, sw = 2.0**-13, channel_scales(rng, 4, per_channel)
            m = Model()
            i = m.input((30, 8), "int16", sx)
            k = m.const(rng.integers(-127, 128, (4, 8)).astype(np.int8), sw, 0, 0)
            b = -1 if bias in (None, "said") else m.const(
                rng.integers(-90000, 90000, 4).astype(bias), np.float32(sx) * sw, 0, 0)
            o = m.tensor(None, "int16", 0.0005)
            kind = {"said": 4, "int32": 2, "int64": 4}.get(bias, 0)
            m.op("FULLY_CONNECTED", [i, k, b], [o], "FullyConnectedOptions",
                 quantizedBiasType=kind)
            m.output(o)
            engines = ("xnnpack",) if bias == "int32" else ("ref", "xnnpack")
            w.add(name, m, [rng.integers(-32768, 32768, (30, 8)).astype(np.int16)],
                  engines=engines, loose=True)
    name = "fully_connected_u8_to_s16"
    rng = w.rng(name)
    m = Model()
    i = m.input((40, 8), "uint8", 0.05, 117)
    k = m.const(codes(rng, (4, 8), "uint8"), 0.01, 103)
    b = m.const(rng.integers(-900, 900, 4).astype(np.int32), np.float32(0.05) * np.float32(0.01))
    o = m.tensor((40, 4), "int16", 0.00375)
    m.op("FULLY_CONNECTED", [i, k, b], [o], "FullyConnectedOptions")
    m.output(o)
    w.add(name, m, [codes(rng, (40, 8), "uint8")], engines=("xnnpack",), loose=True)


def single_scales_of_int16(w):
    """Sums times more than 1 show that the product of two single scales is rounded to binary32."""
    for tag, units, bias, bits, act in (
            ("one_scale", 5, None, 8, 0), ("int32_bias", 5, "int32", 8, 1),
            ("one_unit", 1, "int32", 8, 0), ("int4", 5, None, 4, 0)):
        name = "fully_connected_product_of_scales_%s_s16" % tag
        rng = w.rng(name)
        sx, sw = np.float32(2.7e-4), np.float32(0.031)
        m = Model()
        i = m.input((40, 12), "int16", sx)
        values = rng.integers(-7, 8, (units, 12)).astype(np.int8)
        k = m.packed(values, 4, sw) if bits == 4 else m.const(values, sw, 0, 0)
        b = -1 if bias is None else m.const(rng.integers(-300, 300, units).astype(bias), sx * sw)
        o = m.tensor((40, units), "int16", np.float32(sx * sw / 7.7))
        m.op("FULLY_CONNECTED", [i, k, b], [o], "FullyConnectedOptions",
             fusedActivationFunction=act, quantizedBiasType=0 if bias is None else 2)
        m.output(o)
        w.add(name, m, [rng.integers(-60, 61, (40, 12)).astype(np.int16)], engines=("xnnpack",),
              exact=True)


def reductions(w):
    for tag, sx, sy in (("ties", 0.25, 0.5), ("generic", 0.0371, 0.05)):
        name = "sum_optimized_%s_s16" % tag
        rng = w.rng(name)
        m = Model()
        i = m.input((50, 5), "int16", sx)
        o = m.tensor((50,), "int16", sy)
        m.op("SUM", [i, m.const(np.array([1], np.int32))], [o], "ReducerOptions")
        m.output(o)
        w.add(name, m, [rng.integers(-6000, 6000, (50, 5)).astype(np.int16)],
              engines=("xnnpack",), loose=True)
    for dtype in ("int8", "int16"):
        name = "reduce_prod_ends_" + {"int8": "s8", "int16": "s16"}[dtype]
        rng = w.rng(name)
        m = Model()
        i = m.input((120, 3), dtype, 0.02 if dtype == "int8" else 0.0002,
                    9 if dtype == "int8" else 0)
        o = m.tensor((120,), dtype, 0.03 if dtype == "int8" else 0.0005,
                     -7 if dtype == "int8" else 0)
        m.op("REDUCE_PROD", [i, m.const(np.array([1], np.int32))], [o], "ReducerOptions")
        m.output(o)
        w.add(name, m, [codes(rng, (120, 3), dtype) if dtype == "int8" else
                        rng.integers(-32768, 32768, (120, 3)).astype(np.int16)], loose=True)
    name = "mean_wide_s32"
    m = Model()
    i = m.input((3, 4), "int32")
    o = m.tensor((3,), "int32")
    m.op("MEAN", [i, m.const(np.array([1], np.int32))], [o], "ReducerOptions")
    m.output(o)
    w.add(name, m, [np.array([[2**31 - 1] * 4, [-2**31] * 4, [2**30, 2**30, 2**30, -7]],
                             np.int32)])


def words_of_tables(w):
    """Slopes beyond int16, entries that are no numbers."""
    for op, sx, sy, options in (("EXP", 0.0003, 0.0002, "ExpOptions"), ("LOG", 0.0001, 0.0001,
                                                                       None)):
        name = "%s_steep_s16" % op.lower()
        rng = w.rng(name)
        m = Model()
        i = m.input((1, 64), "int16", sx)
        o = m.tensor((1, 64), "int16", sy)
        m.op(op, [i], [o], options)
        m.output(o)
        x = rng.integers(-32768, 32768, (1, 64)).astype(np.int16)
        x[0, :5] = (-32768, -1, 0, 1, 32767)
        w.add(name, m, [x], loose=True)


def make(w):
    dynamic_ranges(w)
    products_of_one(w)
    transposed_below_stride(w)
    layers_of_int16(w)
    single_scales_of_int16(w)
    reductions(w)
    words_of_tables(w)
    for tag, hidden in (("high", (1 / 128, 60)), ("low", (1 / 128, -60))):
        cases_state.lstm(w, "projection_zero_" + tag, 2, 3, 5, 6, -11, hidden=hidden, state=4)
