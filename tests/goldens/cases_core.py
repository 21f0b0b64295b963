"""Goldens of the operators every classifier needs: quantize, dequantize, requantize, conv2d,
depthwise_conv2d, fully_connected, add, mul, pools, mean, pad, softmax, reshape, concat, and small
chains of them.

Shapes are tiny and odd on purpose: sizes that are no multiples of vector widths, every code of the
input type, zero points at both ends and odd ones, scales that are powers of two (then many results
lie exactly between two integers and the rounding shows).
"""
import numpy as np

from tflite_file import Model

LOW = {"int8": -128, "uint8": 0}
HIGH = {"int8": 127, "uint8": 255}
NONE, RELU, RELU_N1_TO_1, RELU6 = 0, 1, 2, 3
SAME, VALID = 0, 1
SHORT = {"int8": "s8", "uint8": "u8", "int32": "s32", "float32": "f32"}


def codes(rng, shape, dtype):
    """Random codes over the full range with both ends in front."""
    data = rng.integers(LOW[dtype], HIGH[dtype] + 1, shape).astype(dtype)
    flat = data.reshape(-1)
    ends = [LOW[dtype], HIGH[dtype]]
    flat[:min(2, flat.size)] = ends[:min(2, flat.size)]
    return data


def every_code(dtype, shape=(1, 16, 16, 1)):
    return (np.arange(256) + LOW[dtype]).astype(dtype).reshape(shape)


def at_low(dtype, zero_from_low):
    """A zero point given as the distance from the lowest code, so that int8 and uint8 cases are the
    same network."""
    return LOW[dtype] + zero_from_low


# ---- quantize, dequantize, requantize ------------------------------------------------------------

def quantize_inputs(scale, zero, dtype, count=331):
    """Values exactly between two codes, their neighbours one ulp away, values far outside, zeros of
    both signs, and random ones."""
    s = np.float32(scale)
    middle = ((np.arange(LOW[dtype] - zero - 3, HIGH[dtype] - zero + 4) + 0.5)
              * np.float64(s)).astype(np.float32)
    near = np.concatenate([np.nextafter(middle[::9], np.float32(np.inf)),
                           np.nextafter(middle[::9], np.float32(-np.inf))])
    fixed = np.array([0.0, -0.0, 1e-40, -1e-40, s, -s, 5000 * s, -5000 * s, 1e5 * s, -1e5 * s],
                     np.float32)
    random = np.random.default_rng(5).uniform(-200, 200, count).astype(np.float32) * s
    return np.concatenate([middle, near, fixed, random])[:count].astype(np.float32)


def quantize(w):
    for dtype in ("int8", "uint8"):
        for tag, scale, zero in (("half", 0.5, 128), ("sixteenth_odd", 0.0625, 131),
                                 ("third", 1 / 3, 0), ("0123", 0.0123, 255),
                                 ("0079", 0.0078431377, 77)):
            name = "quantize_%s_%s" % (tag, SHORT[dtype])
            m = Model()
            x = quantize_inputs(scale, at_low(dtype, zero), dtype)
            i = m.input(x.shape, "float32")
            o = m.tensor(x.shape, dtype, scale, at_low(dtype, zero))
            m.op("QUANTIZE", [i], [o], "QuantizeOptions")
            m.output(o)
            w.add(name, m, [x])
    # Lengths around the vector widths: the optimized kernels treat the last n mod 8 elements
    # differently.
    for n in (1, 7, 9, 15):
        name = "quantize_n%d_s8" % n
        m = Model()
        x = ((w.rng(name).integers(-60, 60, (1, n)) + 0.5) * 0.1).astype(np.float32)
        i = m.input(x.shape, "float32")
        o = m.tensor(x.shape, "int8", 0.1, 3)
        m.op("QUANTIZE", [i], [o], "QuantizeOptions")
        m.output(o)
        w.add(name, m, [x])


def dequantize(w):
    for dtype in ("int8", "uint8"):
        for tag, scale, zero in (("third", 1 / 3, 93), ("0371", 0.0371, 0)):
            name = "dequantize_%s_%s" % (tag, SHORT[dtype])
            m = Model()
            x = np.concatenate([every_code(dtype, (256,)),
                                every_code(dtype, (256,))[:5]]).reshape(1, 9, 29)
            i = m.input(x.shape, dtype, scale, at_low(dtype, zero))
            o = m.tensor(x.shape, "float32")
            m.op("DEQUANTIZE", [i], [o], "DequantizeOptions")
            m.output(o)
            w.add(name, m, [x])


def requantize(w):
    pairs = (("half", 0.25, 100, 0.5, 131), ("quarter", 0.125, 0, 0.5, 3),
             ("eighth", 0.0625, 255, 0.5, 128), ("twice", 0.5, 128, 0.25, 128),
             ("generic", 0.0371, 77, 0.0523, 140),
             ("three_halves", 0.75, 130, 0.5, 125), ("same_scale", 0.1, 128, 0.1, 121))
    for source in ("int8", "uint8"):
        for target in ("int8", "uint8"):
            for tag, s_in, z_in, s_out, z_out in pairs:
                if source != target and tag not in ("half", "generic", "same_scale"):
                    continue
                name = "requantize_%s_%s_%s" % (tag, SHORT[source], SHORT[target])
                m = Model()
                x = np.concatenate([every_code(source, (256,)),
                                    every_code(source, (256,))[:3]]).reshape(1, 7, 37)
                i = m.input(x.shape, source, s_in, at_low(source, z_in))
                o = m.tensor(x.shape, target, s_out, at_low(target, z_out))
                m.op("QUANTIZE", [i], [o], "QuantizeOptions")
                m.output(o)
                w.add(name, m, [x], loose=True)
    # Same scale and zero points 128 apart: only the top bit changes.
    for source, target in (("int8", "uint8"), ("uint8", "int8")):
        name = "requantize_flip_%s_%s" % (SHORT[source], SHORT[target])
        m = Model()
        x = every_code(source, (1, 256))
        i = m.input(x.shape, source, 0.07, at_low(source, 90))
        o = m.tensor(x.shape, target, 0.07, at_low(target, 90))
        m.op("QUANTIZE", [i], [o], "QuantizeOptions")
        m.output(o)
        w.add(name, m, [x])


# ---- multiply-accumulate operators ---------------------------------------------------------------

def weight_codes(rng, shape, dtype, lowest=-127):
    return rng.integers(lowest, 128, shape).astype(np.int8) if dtype == "int8" else codes(rng,
            shape, dtype)


def output_scale(taps, sx, sw, spread=60.0):
    """Makes outputs of random codes fill the range without much saturation."""
    return float(np.float32(sx * sw * np.sqrt(taps) * 74 * 73 / spread))


def channel_scales(rng, n, per_channel, base=0.01):
    return np.float32(base * 2.0 ** rng.uniform(-1, 1, n)) if per_channel else np.float32([base])


def conv2d(w, tag, dtype, cin, cout, kernel, size, groups=1, batch=1, stride=(1, 1),
           dilation=(1, 1), padding=SAME, act=NONE, per_channel=True,
           zx=117, zy=140, zw=0, sx=0.05, sy=None, x=None, lowest=-127):
    name = "conv2d_%s_%s" % (tag, SHORT[dtype])
    rng = w.rng(name)
    per_channel = per_channel and dtype == "int8"
    taps = kernel[0] * kernel[1] * (cin // groups)
    sw = channel_scales(rng, cout, per_channel)
    sy = sy or output_scale(taps, sx, float(np.max(sw)))
    m = Model()
    i = m.input((batch, size[0], size[1], cin), dtype, sx, at_low(dtype, zx))
    k = m.const(weight_codes(rng, (cout, kernel[0], kernel[1], cin // groups), dtype, lowest), sw,
                zw, 0)
    ins = [i, k, m.const(rng.integers(-3000, 3001, cout).astype(np.int32), np.float32(sx) * sw, 0,
                         0)]
    o = m.tensor(None, dtype, sy, at_low(dtype, zy))
    m.op("CONV_2D", ins, [o], "Conv2DOptions", padding=padding, strideH=stride[0],
         strideW=stride[1], dilationHFactor=dilation[0], dilationWFactor=dilation[1],
         fusedActivationFunction=act)
    m.output(o)
    w.add(name, m, [codes(rng, (batch, size[0], size[1], cin), dtype) if x is None else x])


def conv2d_cases(w):
    for dtype in ("int8", "uint8"):
        zw = 0 if dtype == "int8" else 121
        conv2d(w, "1x1", dtype, 5, 9, (1, 1), (3, 5), zw=zw)
        conv2d(w, "1x1_c33_n17", dtype, 33, 17, (1, 1), (3, 3), zw=zw, batch=2)
        conv2d(w, "1x1_s2_relu6", dtype, 4, 8, (1, 1), (5, 6), stride=(2, 2), act=RELU6, zw=zw,
               sy=0.0235294122, zy=0)
        conv2d(w, "3x3_same", dtype, 3, 10, (3, 3), (5, 4), zw=zw)
        conv2d(w, "3x3_valid", dtype, 7, 5, (3, 3), (5, 6), padding=VALID, act=RELU, zw=zw)
        conv2d(w, "3x3_same_s2", dtype, 3, 16, (3, 3), (6, 7), stride=(2, 2), act=RELU6, zw=zw,
               sy=0.0235294122, zy=0, sx=0.0078125)
        conv2d(w, "3x3_same_s2_even", dtype, 4, 7, (3, 3), (6, 6), stride=(2, 2), zw=zw)
        conv2d(w, "3x3_dil2", dtype, 4, 6, (3, 3), (7, 6), dilation=(2, 2), zw=zw)
        conv2d(w, "2x4_s21_dil13", dtype, 3, 5, (2, 4), (6, 11), stride=(2, 1), dilation=(1, 3),
               padding=VALID, zw=zw)
        conv2d(w, "5x5_bigger_than_image", dtype, 2, 3, (5, 5), (2, 3), zw=zw)
        conv2d(w, "relu_n1_to_1", dtype, 3, 4, (1, 3), (3, 5), act=RELU_N1_TO_1, zw=zw, sy=0.01,
               zy=128, sx=0.003)
        conv2d(w, "zero_point_low", dtype, 5, 6, (3, 3), (4, 4), zx=0, zy=0, zw=zw, act=RELU)
        conv2d(w, "zero_point_high", dtype, 5, 6, (3, 3), (4, 4), zx=255, zy=255, zw=zw)
        # 6/sy = 1.5: the clamp itself is a tie
        conv2d(w, "clamp_tie", dtype, 2, 3, (1, 1), (4, 4), act=RELU6, sy=4.0, sx=1.0, zy=129,
               zw=zw)
        extreme = np.stack([np.full((4, 5, 18), LOW[dtype]),
                            np.full((4, 5, 18), HIGH[dtype])]).astype(dtype)
        conv2d(w, "ends_of_range", dtype, 18, 9, (3, 3), (4, 5), batch=2, zx=3, zw=zw, x=extreme,
               sy=output_scale(162, 0.05, 0.01, 4))
    conv2d(w, "pertensor", "int8", 6, 9, (3, 3), (4, 5), per_channel=False)
    conv2d(w, "weights_to_m128", "int8", 13, 9, (2, 2), (3, 4), lowest=-128)
    conv2d(w, "groups2", "int8", 6, 8, (3, 3), (4, 5), groups=2)
    conv2d(w, "groups4_s2_relu", "int8", 12, 20, (2, 2), (5, 5), groups=4, stride=(2, 2), act=RELU)
    conv2d(w, "groups_1x1_c1", "int8", 9, 18, (1, 1), (2, 3), groups=9)
    conv2d(w, "groups3_dil2", "int8", 9, 6, (3, 2), (6, 6), groups=3, dilation=(2, 1))
    conv2d(w, "c64_n35", "int8", 64, 35, (1, 1), (2, 7))
    for dtype in ("int8", "uint8"):
        tie_table(w, "conv2d_ties", dtype, "conv")
        tie_table(w, "depthwise_ties", dtype, "depthwise")
        tie_table(w, "fully_connected_ties", dtype, "fc")


def tie_table(w, name, dtype, kind):
    """Every input code times small weights plus biases, requantized by ratios 2^-k, 1, 3/4, 3/2, 2
    and one whose double rounding shows: most products with a power of two lie on or next to a
    tie."""
    ratios = [0.5, 0.25, 0.125, 1 / 128, 1.0, 0.75, 1.5, 2.0, 0.01861753230554162, 2.0 ** -18,
              0.25, 0.5, 0.0125]
    weights = [1, 1, -1, 3, 1, -1, 1, -1, 5, 127, -3, -1, 1]
    biases = [0, 1, 2, 300, -7, 1, -2, 9, 255, 2 ** 24 + 1, -2, 1, -1500]
    zx, zy = at_low(dtype, 126), at_low(dtype, 129)
    sets = [(name + "_" + SHORT[dtype], ratios)] if dtype == "int8" else [("%s_%s_%s"
            % (name, tag, SHORT[dtype]), [r] * len(ratios)) for tag, r in
                                                                        (("quarter", 0.25),
                                                                                ("eighth", 0.125))]
    for full, used in sets:
        m = Model()
        n = len(weights)
        x = every_code(dtype, (256, 1) if kind == "fc" else (1, 16, 16, 1))
        i = m.input(x.shape, dtype, 0.5, zx)
        sw = np.float32([2 * r for r in used])
        zw = 0
        data = np.array(weights)
        if dtype == "uint8":
            zw, sw, data = 127, sw[:1], data.clip(-127, 127) + 127
        shape = {"conv": (n, 1, 1, 1), "depthwise": (1, 1, 1, n), "fc": (n, 1)}[kind]
        # A quantized_dimension of 3, which converters write for int8, keeps uint8 depthwise out of
        # XNNPACK: one table of each.
        k = m.const(data.astype(dtype).reshape(shape), sw, zw, 3 if kind == "depthwise"
                    and (dtype == "int8" or used[0] == 0.125) else 0)
        b = m.const(np.array(biases, np.int32), np.float32(0.5) * sw, 0, 0)
        o = m.tensor(None, dtype, 1.0, zy)
        if kind == "conv":
            m.op("CONV_2D", [i, k, b], [o], "Conv2DOptions", padding=VALID, strideH=1, strideW=1)
        elif kind == "depthwise":
            m.op("DEPTHWISE_CONV_2D", [i, k, b], [o], "DepthwiseConv2DOptions", padding=VALID,
                 strideH=1, strideW=1, depthMultiplier=n)
        else:
            m.op("FULLY_CONNECTED", [i, k, b], [o], "FullyConnectedOptions")
        m.output(o)
        w.add(full, m, [x])


def near_half_scales(seed):
    """(sx, sw, sy): the binary32 product sx * sw is exactly sy / 2, the exact one is not. A
    multiplier derived with one rounding more or less then puts odd accumulators on a tie or beside
    it."""
    rng = np.random.default_rng(seed)
    while True:
        sx, sw = np.float32(rng.uniform(0.01, 0.1, 2))
        product = np.float32(sx * sw)
        if abs(np.float64(sx) * np.float64(sw) / np.float64(product) - 1) > 2e-8:
            return float(sx), float(sw), float(product * np.float32(2))


def near_ratio_scales(seed, ratio=0.375):
    """(sx, sy): the binary32 quotient is exactly `ratio`, the exact one is not."""
    rng = np.random.default_rng(seed)
    while True:
        sy = np.float32(rng.uniform(0.03, 0.06))
        sx = np.float32(sy * np.float32(ratio))
        if np.float32(sx / sy) == np.float32(ratio) and abs(np.float64(sx) / np.float64(sy) / ratio
                                                            - 1) > 1e-8:
            return float(sx), float(sy)


def multiplier_precision(w):
    """Which intermediate results of the multiplier's derivation are rounded to binary32 (the
    frameworks differ, and so do operators)."""
    for dtype in ("int8", "uint8"):
        sx, sw, sy = near_half_scales(3)
        zw = 0 if dtype == "int8" else 127
        zx, zy = at_low(dtype, 128), at_low(dtype, 129)
        for kind in ("conv2d", "depthwise", "fully_connected", "mul"):
            name = "%s_multiplier_%s" % (kind, SHORT[dtype])
            m = Model()
            x = every_code(dtype, (256, 1) if kind in ("fully_connected", "mul")
                           else (1, 16, 16, 1))
            i = m.input(x.shape, dtype, sx, zx)
            if kind == "mul":
                k = m.const(np.array([zw + 1], dtype), sw, zw)
            else:
                k = m.const((np.array([1, -1]) + zw).astype(dtype).reshape({"conv2d": (2, 1, 1, 1),
                        "depthwise": (1, 1, 1, 2), "fully_connected": (2, 1)}[kind]), sw, zw)
                b = m.const(np.array([0, 40], np.int32), np.float32(sx) * np.float32(sw))
            o = m.tensor(None, dtype, sy, zy)
            if kind == "conv2d":
                m.op("CONV_2D", [i, k, b], [o], "Conv2DOptions", padding=VALID, strideH=1,
                     strideW=1)
            elif kind == "depthwise":
                m.op("DEPTHWISE_CONV_2D", [i, k, b], [o], "DepthwiseConv2DOptions", padding=VALID,
                     strideH=1, strideW=1, depthMultiplier=2)
            elif kind == "fully_connected":
                m.op("FULLY_CONNECTED", [i, k, b], [o], "FullyConnectedOptions")
            else:
                m.op("MUL", [i, k], [o], "MulOptions")
            m.output(o)
            w.add(name, m, [x])
        sx, sy = near_ratio_scales(5)
        name = "requantize_multiplier_" + SHORT[dtype]
        m = Model()
        x = every_code(dtype, (1, 256))
        i = m.input(x.shape, dtype, sx, zx)
        o = m.tensor(x.shape, dtype, sy, zy)
        m.op("QUANTIZE", [i], [o], "QuantizeOptions")
        m.output(o)
        w.add(name, m, [x])


def depthwise(w, tag, dtype, channels, multiplier, kernel, size, batch=1, stride=(1, 1),
              dilation=(1, 1), padding=SAME, act=NONE, bias=True, per_channel=True,
              zx=117, zy=140, zw=0, sx=0.05, sy=None, x=None):
    name = "depthwise_%s_%s" % (tag, SHORT[dtype])
    rng = w.rng(name)
    per_channel = per_channel and dtype == "int8"
    n = channels * multiplier
    sw = channel_scales(rng, n, per_channel)
    sy = sy or output_scale(kernel[0] * kernel[1], sx, float(np.max(sw)))
    m = Model()
    i = m.input((batch, size[0], size[1], channels), dtype, sx, at_low(dtype, zx))
    # quantized_dimension as converters write it
    k = m.const(weight_codes(rng, (1, kernel[0], kernel[1], n), dtype), sw, zw,
                3 if dtype == "int8" else 0)
    ins = [i, k] + ([m.const(rng.integers(-2000, 2001, n).astype(np.int32), np.float32(sx) * sw, 0,
                             0)] if bias else [])
    o = m.tensor(None, dtype, sy, at_low(dtype, zy))
    m.op("DEPTHWISE_CONV_2D", ins, [o], "DepthwiseConv2DOptions", padding=padding,
         strideH=stride[0], strideW=stride[1], dilationHFactor=dilation[0],
         dilationWFactor=dilation[1], depthMultiplier=multiplier, fusedActivationFunction=act)
    m.output(o)
    # Without a bias the default interpreter of LiteRT 2.3.0 reads through a null pointer: only the
    # reference kernels can be asked.
    w.add(name, m, [codes(rng, (batch, size[0], size[1], channels), dtype) if x is None else x],
          engines=("ref", "xnnpack") if bias else ("ref",))


def depthwise_cases(w):
    for dtype in ("int8", "uint8"):
        zw = 0 if dtype == "int8" else 133
        depthwise(w, "3x3_same_c9", dtype, 9, 1, (3, 3), (5, 4), zw=zw)
        depthwise(w, "3x3_same_s2_c17", dtype, 17, 1, (3, 3), (5, 6), stride=(2, 2), act=RELU6,
                  zw=zw, sy=0.0235294122, zy=0, sx=0.0078125)
        depthwise(w, "3x3_valid_c33", dtype, 33, 1, (3, 3), (4, 3), padding=VALID, zw=zw)
        depthwise(w, "5x5_same_c8", dtype, 8, 1, (5, 5), (6, 5), act=RELU, zw=zw)
        depthwise(w, "5x5_s2_c3", dtype, 3, 1, (5, 5), (7, 8), stride=(2, 2), zw=zw)
        depthwise(w, "mult2", dtype, 3, 2, (3, 3), (4, 4), zw=zw)
        depthwise(w, "mult8_c1", dtype, 1, 8, (3, 3), (5, 5), stride=(2, 2), zw=zw)
        depthwise(w, "mult3_valid", dtype, 5, 3, (2, 3), (3, 4), padding=VALID, zw=zw)
        depthwise(w, "dil2_c4", dtype, 4, 1, (3, 3), (6, 7), dilation=(2, 2), zw=zw)
        depthwise(w, "1x1_c5_nobias", dtype, 5, 1, (1, 1), (3, 3), bias=False, zw=zw)
        depthwise(w, "4x2_s2_c16", dtype, 16, 1, (4, 2), (9, 3), stride=(2, 2), zw=zw)
        extreme = np.stack([np.full((4, 4, 11), LOW[dtype]),
                            np.full((4, 4, 11), HIGH[dtype])]).astype(dtype)
        depthwise(w, "ends_of_range", dtype, 11, 1, (3, 3), (4, 4), batch=2, zx=255, zw=zw,
                  x=extreme)
    depthwise(w, "pertensor", "int8", 7, 1, (3, 3), (4, 4), per_channel=False)


def fully_connected(w, tag, dtype, shape, units, act=NONE, bias=True, per_channel=False,
                    keep=False, zx=117, zy=140, zw=0, sx=0.05, sy=None, x=None, depth=None):
    name = "fully_connected_%s_%s" % (tag, SHORT[dtype])
    rng = w.rng(name)
    depth = depth or shape[-1]
    sw = channel_scales(rng, units, per_channel)
    sy = sy or output_scale(depth, sx, float(np.max(sw)))
    m = Model()
    i = m.input(shape, dtype, sx, at_low(dtype, zx))
    k = m.const(weight_codes(rng, (units, depth), dtype), sw, zw, 0)
    b = m.const(rng.integers(-3000, 3001, units).astype(np.int32), np.float32(sx) * sw, 0,
                0) if bias else -1
    o = m.tensor(None, dtype, sy, at_low(dtype, zy))
    m.op("FULLY_CONNECTED", [i, k, b], [o], "FullyConnectedOptions", fusedActivationFunction=act,
         keepNumDims=keep)
    m.output(o)
    w.add(name, m, [codes(rng, shape, dtype) if x is None else x])


def fully_connected_cases(w):
    for dtype in ("int8", "uint8"):
        zw = 0 if dtype == "int8" else 119
        fully_connected(w, "k33_n9", dtype, (3, 33), 9, zw=zw)
        fully_connected(w, "k64_n17_relu", dtype, (1, 64), 17, act=RELU, zw=zw)
        fully_connected(w, "k7_n3_nobias", dtype, (2, 7), 3, bias=False, zw=zw)
        fully_connected(w, "k1_n1", dtype, (5, 1), 1, zw=zw)
        fully_connected(w, "4d_flattened", dtype, (2, 3, 2, 5), 8, depth=30, zw=zw, act=RELU6,
                        sy=0.0235294122, zy=0, sx=0.004)
        fully_connected(w, "keep_dims", dtype, (2, 3, 10), 6, keep=True, zw=zw)
        fully_connected(w, "ends_of_range", dtype, (2, 129), 8, zx=0, zw=zw,
                        x=np.stack([np.full(129, LOW[dtype]),
                                    np.full(129, HIGH[dtype])]).astype(dtype))
    fully_connected(w, "perchannel", "int8", (3, 21), 11, per_channel=True)
    fully_connected(w, "weight_zero_point", "int8", (2, 19), 10, zw=-5)


# ---- element-wise --------------------------------------------------------------------------------

BINARY = {"add": ("ADD", "AddOptions"), "sub": ("SUB", "SubOptions"), "mul": ("MUL", "MulOptions")}
# scales and zero points (from the low end) of both inputs and the output
BINARY_SETS = {"halves": (0.5, 128, 0.5, 128, 1.0, 128),
               "half_quarter": (0.5, 125, 0.25, 131, 1.0, 129),
               "generic": (0.0371, 77, 0.0523, 140, 0.0711, 101),
               "far_apart": (0.9, 3, 0.002, 250, 0.7, 17),
               "small_output": (0.02, 128, 0.03, 128, 0.005, 128),
               "ends": (0.05, 0, 0.05, 255, 0.1, 0),
               "sixteenths": (0.0625, 127, 0.0625, 129, 0.0625, 130)}


def binary(w, op, tag, dtype, parameters, shapes, act=NONE, data=None, constant=None, loose=False):
    name = "%s_%s_%s" % (op, tag, SHORT[dtype])
    rng = w.rng(name)
    s1, z1, s2, z2, so, zo = parameters
    m = Model()
    inputs = [codes(rng, shape, dtype) for shape in shapes] if data is None else data
    used = []
    ids = []
    for n, (x, s, z) in enumerate(zip(inputs, (s1, s2), (z1, z2))):
        if n == constant:
            ids.append(m.const(x, s, at_low(dtype, z)))
        else:
            ids.append(m.input(x.shape, dtype, s, at_low(dtype, z)))
            used.append(x)
    o = m.tensor(None, dtype, so, at_low(dtype, zo))
    m.op(BINARY[op][0], ids, [o], BINARY[op][1], fusedActivationFunction=act)
    m.output(o)
    w.add(name, m, used, loose=loose)


def pairs_table(dtype, columns):
    """Every code of the first operand against chosen codes of the second: broadcast of [1,256] with
    [n,1]."""
    return [every_code(dtype, (1, 256)), (np.array(columns) + LOW[dtype]).astype(dtype).reshape(-1,
            1)]


def binary_cases(w, ops):
    for op in ops:
        for dtype in ("int8", "uint8"):
            for tag, parameters in BINARY_SETS.items():
                if op == "mul":
                    s1, z1, s2, z2, so, zo = parameters
                    parameters = (s1, z1, s2, z2,
                                  {"halves": 64.0, "half_quarter": 16.0,
                                   "sixteenths": 0.5}.get(tag, np.float32(s1 * s2 * 60)),
                                  255 if tag == "ends" else zo)
                if tag in ("halves", "half_quarter", "generic"):
                    binary(w, op, "table_" + tag, dtype, parameters, None,
                           data=pairs_table(dtype, [0, 1, 127, 131, 255]))
                elif dtype == "int8" or tag == "far_apart":
                    binary(w, op, tag, dtype, parameters, ((1, 3, 3, 9), (1, 3, 3, 9)))
            p = (0.0371, 77, 0.0523, 140, 0.0711 if op != "mul" else 0.12, 101)
            binary(w, op, "relu6", dtype, (0.05, 128, 0.06, 120, 0.05, 7), ((131,), (131,)),
                   act=RELU6)
            binary(w, op, "clamp_tie", dtype, (1.0, 128, 1.0, 128, 4.0, 129), ((2, 33), (2, 33)),
                   act=RELU6)
            binary(w, op, "scalar_constant", dtype, p, ((1, 3, 11), ()), constant=1)
            if dtype == "int8":
                binary(w, op, "relu", dtype, p, ((1, 67), (1, 67)), act=RELU)
                binary(w, op, "broadcast_channel", dtype, p, ((1, 3, 4, 5), (5,)))
                binary(w, op, "broadcast_both", dtype, p, ((2, 1, 3, 1), (1, 4, 1, 5)))
                binary(w, op, "constant_first", dtype, p, ((1, 1, 7), (2, 3, 7)), constant=0)


# ---- pools, mean, pad, softmax, shapes -----------------------------------------------------------

def pool(w, kind, tag, dtype, shape, window, stride, padding, act=NONE, scale=0.05, zero=130,
         x=None):
    name = "%spool_%s_%s" % (kind, tag, SHORT[dtype])
    rng = w.rng(name)
    m = Model()
    i = m.input(shape, dtype, scale, at_low(dtype, zero))
    o = m.tensor(None, dtype, scale, at_low(dtype, zero))
    m.op({"avg": "AVERAGE_POOL_2D", "max": "MAX_POOL_2D"}[kind], [i], [o], "Pool2DOptions",
         padding=padding, strideH=stride[0], strideW=stride[1],
         filterHeight=window[0], filterWidth=window[1], fusedActivationFunction=act)
    m.output(o)
    w.add(name, m, [codes(rng, shape, dtype) if x is None else x])


def pool_cases(w):
    for dtype in ("int8", "uint8"):
        for kind in ("avg", "max"):
            pool(w, kind, "2x2_s2_c3", dtype, (1, 4, 6, 3), (2, 2), (2, 2), VALID)
            pool(w, kind, "3x3_same_c17", dtype, (2, 5, 4, 17), (3, 3), (1, 1), SAME)
            pool(w, kind, "3x2_s12_same_c5", dtype, (1, 6, 7, 5), (3, 2), (1, 2), SAME, act=RELU)
            pool(w, kind, "relu6_c33", dtype, (1, 3, 3, 33), (2, 2), (1, 1), VALID, act=RELU6,
                 zero=20, scale=0.03)
            pool(w, kind, "global_7x7_c9", dtype, (1, 7, 7, 9), (7, 7), (1, 1), VALID)
            pool(w, kind, "bigger_than_image", dtype, (1, 2, 3, 4), (5, 5), (1, 1), SAME)
        # 256 columns of pairs whose sum runs over all values: half of the averages are ties
        x = np.stack([every_code(dtype, (256,)), np.full(256, LOW[dtype] + 128, dtype)],
                     0).reshape(1, 2, 256, 1).transpose(0, 2, 1, 3)
        pool(w, "avg", "ties_of_two", dtype, (1, 256, 2, 1), (1, 2), (1, 1), VALID,
             x=np.ascontiguousarray(x), zero=129)


def mean(w, tag, dtype, shape, axes, keep, sx, zx, sy, zy, x=None):
    name = "mean_%s_%s" % (tag, SHORT[dtype])
    rng = w.rng(name)
    m = Model()
    i = m.input(shape, dtype, sx, at_low(dtype, zx))
    a = m.const(np.array(axes, np.int32))
    o = m.tensor(None, dtype, sy, at_low(dtype, zy))
    m.op("MEAN", [i, a], [o], "ReducerOptions", keepDims=keep)
    m.output(o)
    w.add(name, m, [codes(rng, shape, dtype) if x is None else x])


def mean_cases(w):
    for dtype in ("int8", "uint8"):
        mean(w, "hw_keep_c19", dtype, (1, 4, 5, 19), (1, 2), True, 0.05, 120, 0.02, 131)
        mean(w, "hw_c9", dtype, (2, 3, 3, 9), (1, 2), False, 0.05, 0, 0.013, 0)
        mean(w, "channels", dtype, (1, 3, 4, 7), (3,), False, 0.1, 128, 0.05, 128)
        mean(w, "all", dtype, (2, 3, 5), (0, 1, 2), False, 0.1, 99, 0.01, 140)
        mean(w, "rows_same_scale", dtype, (1, 4, 3, 5), (1,), True, 0.25, 127, 0.25, 127)
        mean(w, "negative_axis", dtype, (3, 8), (-1,), True, 0.5, 131, 0.25, 125)
        x = np.stack([every_code(dtype, (256,)), np.full(256, LOW[dtype] + 128, dtype)], 1)
        mean(w, "ties_of_two", dtype, (256, 2), (1,), False, 0.5, 129, 0.5, 126,
             x=np.ascontiguousarray(x))


def simple(w, name, dtype, shape, op, extra, options=None, scale=0.05, zero=130, out_dtype=None,
           out_scale=None, out_zero=None, outputs=1, x=None, engines=("ref", "xnnpack"),
           loose=False, out_shape=None, **fields):
    """One data operand, constants after it (or before it, where `extra` holds None for its place),
    same quantization on both sides unless given."""
    m = Model()
    rng = w.rng(name)
    i = m.input(shape, dtype, scale, at_low(dtype, zero))
    ids = [i if e is None else (m.const(*e) if isinstance(e, tuple) else m.const(e))
           for e in (extra if any(e is None for e in extra) else [None] + list(extra))]
    out_dtype = out_dtype or dtype
    outs = [m.tensor(out_shape,
                     out_dtype, *(((out_scale or scale),
                                   at_low(out_dtype, zero if out_zero is None else out_zero))
                                  if out_dtype in LOW else ())) for _ in range(outputs)]
    m.op(op, ids, outs, options, **fields)
    m.output(*outs)
    w.add(name, m, [codes(rng, shape, dtype) if x is None else x], engines=engines, loose=loose)


def pad_cases(w):
    for dtype in ("int8", "uint8"):
        s = SHORT[dtype]
        simple(w, "pad_hw_" + s, dtype, (1, 3, 4, 3), "PAD",
               [np.array([[0, 0], [1, 2], [0, 3], [0, 0]], np.int32)], "PadOptions")
        simple(w, "pad_channels_" + s, dtype, (2, 2, 2, 5), "PAD",
               [np.array([[0, 0], [0, 0], [0, 0], [3, 1]], np.int32)], "PadOptions", zero=0)
        simple(w, "pad_all_" + s, dtype, (1, 2, 3, 1), "PAD",
               [np.array([[1, 0], [0, 1], [2, 0], [1, 1]], np.int32)], "PadOptions", zero=255)
        simple(w, "pad_2d_" + s, dtype, (3, 5), "PAD", [np.array([[1, 1], [0, 4]], np.int64)],
               "PadOptions")


def softmax(w, tag, dtype, shape, scale, beta=1.0, x=None):
    name = "softmax_%s_%s" % (tag, SHORT[dtype])
    simple(w, name, dtype, shape, "SOFTMAX", [], "SoftmaxOptions", scale=scale, zero=120,
           out_scale=1 / 256, out_zero=0, x=x, beta=beta)


def softmax_cases(w):
    for dtype in ("int8", "uint8"):
        softmax(w, "10", dtype, (5, 10), 0.1)
        softmax(w, "3_steep", dtype, (1, 2, 2, 3), 1.0)
        softmax(w, "17_flat", dtype, (4, 17), 0.0078125)
        softmax(w, "1", dtype, (3, 1), 0.1)
        softmax(w, "100_beta", dtype, (2, 100), 0.0625, beta=0.5)
        softmax(w, "256_codes", dtype, (1, 256), 0.05, x=every_code(dtype, (1, 256)))
        steps = np.stack([np.full(256, HIGH[dtype]), np.arange(256) + LOW[dtype]], 1).astype(dtype)
        softmax(w, "pairs", dtype, (256, 2), 0.0317, x=steps)
        softmax(w, "equal", dtype, (2, 33), 0.2,
                x=np.stack([np.full(33, LOW[dtype]), np.full(33, HIGH[dtype])]).astype(dtype))


def reshape_cases(w):
    for dtype in ("int8", "uint8"):
        s = SHORT[dtype]
        simple(w, "reshape_4d_2d_" + s, dtype, (2, 3, 2, 5), "RESHAPE",
               [np.array([2, -1], np.int32)], "ReshapeOptions", newShape=[2, -1])
        simple(w, "reshape_options_only_" + s, dtype, (2, 6), "RESHAPE", [], "ReshapeOptions",
               newShape=[3, 4])


def concat(w, tag, dtype, shapes, axis, parameters, out, loose=False):
    name = "concat_%s_%s" % (tag, SHORT[dtype])
    rng = w.rng(name)
    m = Model()
    ids = [m.input(shape, dtype, s, at_low(dtype, z)) for shape, (s, z) in zip(shapes, parameters)]
    o = m.tensor(None, dtype, out[0], at_low(dtype, out[1]))
    m.op("CONCATENATION", ids, [o], "ConcatenationOptions", axis=axis)
    m.output(o)
    w.add(name, m, [codes(rng, shape, dtype) for shape in shapes], loose=loose)


def concat_cases(w):
    same = [(0.1, 128)] * 3
    for dtype in ("int8", "uint8"):
        concat(w, "channels", dtype, [(1, 2, 3, 3), (1, 2, 3, 7), (1, 2, 3, 1)], 3, same, same[0])
        concat(w, "rows", dtype, [(1, 2, 3, 3), (1, 1, 3, 3)], 1, same[:2], same[0])
        concat(w, "last_axis_2d", dtype, [(3, 4), (3, 5)], -1, same[:2], same[0])
        concat(w, "batch", dtype, [(1, 5), (2, 5)], 0, same[:2], same[0])
    concat(w, "scales", "uint8", [(1, 2, 3, 33), (1, 2, 3, 7), (1, 2, 3, 5)], 3,
           [(0.1, 128), (0.05, 3), (0.2, 250)], (0.1, 128))
    concat(w, "ties", "uint8", [(1, 16, 16, 1), (1, 16, 16, 1)], 3, [(0.25, 100), (0.125, 131)],
           (0.5, 127))


# ---- small chains --------------------------------------------------------------------------------

def add_conv(m, rng, x, cin, cout, kernel, sx, sy, zy, padding=SAME, act=NONE, stride=1):
    sw = channel_scales(rng, cout, True, 0.02)
    k = m.const(rng.integers(-127, 128, (cout, kernel, kernel, cin)).astype(np.int8), sw, 0, 0)
    b = m.const(rng.integers(-2000, 2001, cout).astype(np.int32), np.float32(sx) * sw, 0, 0)
    o = m.tensor(None, "int8", sy, zy)
    m.op("CONV_2D", [x, k, b], [o], "Conv2DOptions", padding=padding, strideH=stride,
         strideW=stride, fusedActivationFunction=act)
    return o


def chains(w):
    name = "chain_float_io"
    rng = w.rng(name)
    m = Model()
    image = m.input((1, 5, 5, 3), "float32", name="image")
    q = m.tensor(None, "int8", 0.0157, -3)
    m.op("QUANTIZE", [image], [q], "QuantizeOptions")
    c = add_conv(m, rng, q, 3, 9, 3, 0.0157, 0.23, 5, act=RELU)
    f = m.tensor(None, "float32", name="scores")
    m.op("DEQUANTIZE", [c], [f], "DequantizeOptions")
    m.output(f)
    w.add(name, m, [rng.uniform(-2, 2, (1, 5, 5, 3)).astype(np.float32)])

    name = "chain_pad_conv_s2"
    rng = w.rng(name)
    m = Model()
    x = m.input((1, 6, 6, 3), "int8", 0.05, -7, name="image")
    p = m.tensor(None, "int8", 0.05, -7)
    m.op("PAD", [x, m.const(np.array([[0, 0], [0, 1], [0, 1], [0, 0]], np.int32))], [p],
         "PadOptions")
    m.output(add_conv(m, rng, p, 3, 8, 3, 0.05, 0.9, 3, padding=VALID, stride=2))
    w.add(name, m, [codes(rng, (1, 6, 6, 3), "int8")])

    name = "chain_residual_classifier"
    rng = w.rng(name)
    m = Model()
    x = m.input((2, 4, 4, 8), "int8", 0.05, 4, name="image")
    c1 = add_conv(m, rng, x, 8, 16, 1, 0.05, 0.12, -128, act=RELU6)
    dw = m.tensor(None, "int8", 0.12, -128)
    sw = channel_scales(rng, 16, True, 0.02)
    k = m.const(rng.integers(-127, 128, (1, 3, 3, 16)).astype(np.int8), sw, 0, 3)
    b = m.const(rng.integers(-2000, 2001, 16).astype(np.int32), np.float32(0.12) * sw, 0, 0)
    m.op("DEPTHWISE_CONV_2D", [c1, k, b], [dw], "DepthwiseConv2DOptions", padding=SAME, strideH=1,
         strideW=1, depthMultiplier=1, fusedActivationFunction=RELU)
    c2 = add_conv(m, rng, dw, 16, 8, 1, 0.12, 0.4, 9)
    a = m.tensor(None, "int8", 0.45, 7)
    m.op("ADD", [x, c2], [a], "AddOptions")
    g = m.tensor(None, "int8", 0.2, -20)
    m.op("MEAN", [a, m.const(np.array([1, 2], np.int32))], [g], "ReducerOptions", keepDims=True)
    r = m.tensor(None, "int8", 0.2, -20)
    m.op("RESHAPE", [g, m.const(np.array([2, 8], np.int32))], [r], "ReshapeOptions",
         newShape=[2, 8])
    fk = m.const(rng.integers(-127, 128, (5, 8)).astype(np.int8), 0.01)
    fb = m.const(rng.integers(-500, 501, 5).astype(np.int32), np.float32(0.2) * np.float32(0.01))
    fc = m.tensor(None, "int8", 0.1, 0)
    m.op("FULLY_CONNECTED", [r, fk, fb], [fc], "FullyConnectedOptions")
    s = m.tensor(None, "int8", 1 / 256, -128, name="scores")
    m.op("SOFTMAX", [fc], [s], "SoftmaxOptions", beta=1.0)
    m.output(s, a)  # the second output is read by the mean as well: it must survive the plan
    w.add(name, m, [codes(rng, (2, 4, 4, 8), "int8")], loose=True)

    name = "chain_branches_two_inputs"
    rng = w.rng(name)
    m = Model()
    left = m.input((1, 4, 4, 3), "int8", 0.05, 4, name="left")
    right = m.input((1, 4, 4, 3), "int8", 0.05, 4, name="right")
    a = add_conv(m, rng, left, 3, 5, 3, 0.05, 0.5, 1)
    b = add_conv(m, rng, right, 3, 5, 3, 0.05, 0.5, 1)
    c = m.tensor(None, "int8", 0.5, 1)
    m.op("CONCATENATION", [a, b, a], [c], "ConcatenationOptions", axis=3)
    p = m.tensor(None, "int8", 0.5, 1)
    m.op("MAX_POOL_2D", [c], [p], "Pool2DOptions", padding=VALID, strideH=2, strideW=2,
         filterHeight=2, filterWidth=2)
    d = m.tensor(None, "int8", 0.7, 2)
    m.op("ADD", [a, b], [d], "AddOptions", fusedActivationFunction=RELU)
    m.output(p, d)
    w.add(name, m, [codes(rng, (1, 4, 4, 3), "int8"), codes(rng, (1, 4, 4, 3), "int8")])

    name = "chain_uint8_conv_requantize_int8"
    rng = w.rng(name)
    m = Model()
    x = m.input((1, 4, 5, 3), "uint8", 0.05, 131, name="image")
    q = m.tensor(None, "int8", 0.05, 3)
    m.op("QUANTIZE", [x], [q], "QuantizeOptions")
    c = add_conv(m, rng, q, 3, 6, 3, 0.05, 0.5, 1)
    y = m.tensor(None, "uint8", 0.5, 129)
    m.op("QUANTIZE", [c], [y], "QuantizeOptions")
    m.output(y)
    w.add(name, m, [codes(rng, (1, 4, 5, 3), "uint8")])

    name = "chain_input_is_output"
    m = Model()
    x = m.input((1, 7), "int8", 0.05, 3)
    y = m.tensor(None, "int8", 0.05, 3)
    m.op("RESHAPE", [x, m.const(np.array([7, 1], np.int32))], [y], "ReshapeOptions",
         newShape=[7, 1])
    m.output(y, x)
    w.add(name, m, [codes(w.rng(name), (1, 7), "int8")])


def make(w):
    quantize(w)
    dequantize(w)
    requantize(w)
    conv2d_cases(w)
    depthwise_cases(w)
    fully_connected_cases(w)
    binary_cases(w, ("add", "mul"))
    pool_cases(w)
    mean_cases(w)
    pad_cases(w)
    softmax_cases(w)
    reshape_cases(w)
    concat_cases(w)
    multiplier_precision(w)
    chains(w)
