#!/usr/bin/env python3
"""Makes the quantized networks that bench/peers.py compares, with random weights: each is described
once and written as NAME.tflite (int8, scales of weights per channel) and NAME.onnx (uint8
activations and int8 weights per channel, as pairs of QuantizeLinear and DequantizeLinear).

    networks.py --out FOLDER [--only NAME ...] [--size N] [--width 1.0] [--batch 1]

--size, --width: another extent of the image, all channels times a factor, for curves of growth.
Weights and scales are chosen so that values spread over their codes in every layer: no layer
saturates, none is all zeros. Needs flatbuffers and ai-edge-litert for the first format, onnx for
the second.
"""
import argparse
import math
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "goldens"))

SCALE = 6 / 255         # of every activation but those of sigmoid and softmax
SPREAD = 36.0           # standard deviation of a layer's values in codes
ACTIVATIONS = {None: 0, "relu": 1, "relu6": 3}  # TFLite's numbers


class Value:
    """An activation: its extents, quantization and what it is called in each file. `rms`: of its
    codes less the zero point."""

    def __init__(self, h, w, c, scale, zero, rms, names):
        self.h, self.w, self.c, self.scale, self.zero, self.rms = h, w, c, scale, zero, rms
        self.names = names


def same(extent, kernel, stride, dilation):
    """TFLite's SAME: output extent and the padding in front and behind."""
    out = -(-extent // stride)
    total = max(0, (out - 1) * stride + (kernel - 1) * dilation + 1 - extent)
    return out, total // 2, total - total // 2


class TfliteFile:
    suffix = ".tflite"

    def __init__(self, batch):
        import tflite_file
        self.model, self.batch = tflite_file.Model(), batch

    def value(self, v):
        return self.model.tensor((self.batch, v.h, v.w, v.c), "int8", v.scale, v.zero - 128)

    def input(self, v):
        return self.model.input((self.batch, v.h, v.w, v.c), "int8", v.scale, v.zero - 128)

    def output(self, v, name):
        self.model.output(name)

    def layer(self, x, y, weights, scales, bias, stride, act, groups, dilation):
        m, depthwise = self.model, groups == x.c and groups > 1
        w = weights.transpose(3, 1, 2, 0) if depthwise else weights
        to = self.value(y)
        inputs = [x.names[self], m.const(w, scales, 0, 3 if depthwise else 0),
                  m.const(bias, scales * x.scale, 0, 0)]
        fields = dict(padding=0, strideH=stride, strideW=stride, dilationHFactor=dilation,
                      dilationWFactor=dilation, fusedActivationFunction=ACTIVATIONS[act])
        if depthwise:
            m.op("DEPTHWISE_CONV_2D", inputs, [to], "DepthwiseConv2DOptions", depthMultiplier=1,
                 **fields)
        else:
            m.op("CONV_2D", inputs, [to], "Conv2DOptions", **fields)
        return to

    def dense(self, x, y, weights, scales, bias):
        m = self.model
        to = m.tensor((self.batch, y.c), "int8", y.scale, y.zero - 128)
        # One scale for all: fully connected layers per channel are newer than most converters.
        m.op("FULLY_CONNECTED", [x.names[self], m.const(weights, scales[:1]),
                                 m.const(bias, scales[:1] * x.scale)], [to],
             "FullyConnectedOptions", fusedActivationFunction=0)
        return to

    def binary(self, op, a, b, y, act):
        to = self.value(y)
        self.model.op({"add": "ADD", "mul": "MUL"}[op], [a.names[self], b.names[self]], [to],
                      {"add": "AddOptions", "mul": "MulOptions"}[op],
                      fusedActivationFunction=ACTIVATIONS[act])
        return to

    def batch_norm(self, x, y, factor, shift):
        """What the converter leaves of it in front of a convolution: a product and a sum."""
        m, between, to = self.model, self.value(Value(x.h, x.w, x.c, SCALE, 128, SPREAD, {})), \
            self.value(y)
        codes = np.round(factor * 100).astype(np.int8).reshape(1, 1, 1, -1)
        m.op("MUL", [x.names[self], m.const(codes, 0.01)], [between], "MulOptions",
             fusedActivationFunction=0)
        codes = np.round(shift * 100).astype(np.int8).reshape(1, 1, 1, -1)
        m.op("ADD", [between, m.const(codes, 0.01)], [to], "AddOptions",
             fusedActivationFunction=ACTIVATIONS["relu"])
        return to

    def concat(self, parts, y):
        names, to = [], self.value(y)
        for p in parts:   # TFLite wants one scale and zero point, and its converter a QUANTIZE
            name = p.names[self]
            if (p.scale, p.zero) != (y.scale, y.zero):
                name = self.model.tensor((self.batch, p.h, p.w, p.c), "int8", y.scale,
                                         y.zero - 128)
                self.model.op("QUANTIZE", [p.names[self]], [name], "QuantizeOptions")
            names.append(name)
        self.model.op("CONCATENATION", names, [to], "ConcatenationOptions", axis=3)
        return to

    def pool(self, kind, x, y, kernel, stride):
        to = self.value(y)
        self.model.op({"max": "MAX_POOL_2D", "avg": "AVERAGE_POOL_2D"}[kind], [x.names[self]],
                      [to], "Pool2DOptions", padding=0, strideH=stride, strideW=stride,
                      filterHeight=kernel, filterWidth=kernel)
        return to

    def mean(self, x, y):
        to = self.value(y)
        self.model.op("MEAN", [x.names[self], self.model.const(np.int32([1, 2]))], [to],
                      "ReducerOptions", keepDims=True)
        return to

    def function(self, name, x, y):
        to = self.value(y)
        op = {"sigmoid": "LOGISTIC", "hard_swish": "HARD_SWISH"}[name]
        self.model.op(op, [x.names[self]], [to], None if name == "sigmoid" else "HardSwishOptions")
        return to

    def resize(self, kind, x, y):
        to = self.value(y)
        size = self.model.const(np.int32([y.h, y.w]))
        if kind == "nearest":
            self.model.op("RESIZE_NEAREST_NEIGHBOR", [x.names[self], size], [to],
                          "ResizeNearestNeighborOptions", halfPixelCenters=True)
        else:
            self.model.op("RESIZE_BILINEAR", [x.names[self], size], [to],
                          "ResizeBilinearOptions", halfPixelCenters=True)
        return to

    def save(self, path):
        path.write_bytes(self.model.serialize())


class OnnxFile:
    suffix = ".onnx"

    def __init__(self, batch):
        import onnx
        self.onnx, self.batch = onnx, batch
        self.nodes, self.constants, self.inputs, self.outputs = [], [], [], []

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(self.onnx.numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, op, inputs, **attributes):
        name = f"t{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(op, inputs, [name], **attributes))
        return name

    def parameters(self, v):
        return [self.constant(np.float32(v.scale)), self.constant(np.uint8(v.zero))]

    def through_codes(self, real, v):
        codes = self.node("QuantizeLinear", [real] + self.parameters(v))
        return self.node("DequantizeLinear", [codes] + self.parameters(v))

    def weights(self, codes, scales, axis=0):
        zeros = np.zeros(len(scales), codes.dtype)
        return self.node("DequantizeLinear", [self.constant(codes), self.constant(scales),
                                              self.constant(zeros)], axis=axis)

    def activated(self, real, act):
        if act == "relu":
            return self.node("Relu", [real])
        if act == "relu6":
            return self.node("Clip", [real, self.constant(np.float32(0)),
                                      self.constant(np.float32(6))])
        return real

    def input(self, v):
        info = self.onnx.helper.make_tensor_value_info
        self.inputs.append(info("x", self.onnx.TensorProto.UINT8, [self.batch, v.c, v.h, v.w]))
        return self.node("DequantizeLinear", ["x"] + self.parameters(v))

    def output(self, v, name):
        codes = self.node("QuantizeLinear", [name] + self.parameters(v))
        self.outputs.append(self.onnx.helper.make_tensor_value_info(
            codes, self.onnx.TensorProto.UINT8, None))

    def layer(self, x, y, weights, scales, bias, stride, act, groups, dilation):
        kh, kw = weights.shape[1:3]
        top, bottom = same(x.h, kh, stride, dilation)[1:]
        left, right = same(x.w, kw, stride, dilation)[1:]
        w = self.weights(weights.transpose(0, 3, 1, 2), scales)
        b = self.weights(bias, (scales * np.float32(x.scale)).astype(np.float32))
        real = self.node("Conv", [x.names[self], w, b], strides=[stride, stride], group=groups,
                         dilations=[dilation, dilation], kernel_shape=[kh, kw],
                         pads=[top, left, bottom, right])
        return self.through_codes(self.activated(real, act), y)

    def dense(self, x, y, weights, scales, bias):
        flat = self.through_codes(self.node("Flatten", [x.names[self]]), x)
        w = self.weights(weights, scales)
        b = self.weights(bias, (scales * np.float32(x.scale)).astype(np.float32))
        return self.through_codes(self.node("Gemm", [flat, w, b], transB=1), y)

    def binary(self, op, a, b, y, act):
        real = self.node({"add": "Add", "mul": "Mul"}[op], [a.names[self], b.names[self]])
        return self.through_codes(self.activated(real, act), y)

    def batch_norm(self, x, y, factor, shift):
        """In floats, as ONNX Runtime's quantizer leaves it."""
        constants = [self.constant(v.astype(np.float32)) for v in
                     (factor, shift, np.zeros(x.c), np.ones(x.c))]
        real = self.node("BatchNormalization", [x.names[self]] + constants)
        return self.through_codes(self.activated(real, "relu"), y)

    def concat(self, parts, y):
        return self.through_codes(self.node("Concat", [p.names[self] for p in parts], axis=1), y)

    def pool(self, kind, x, y, kernel, stride):
        top, bottom = same(x.h, kernel, stride, 1)[1:]
        left, right = same(x.w, kernel, stride, 1)[1:]
        real = self.node({"max": "MaxPool", "avg": "AveragePool"}[kind], [x.names[self]],
                         kernel_shape=[kernel, kernel], strides=[stride, stride],
                         pads=[top, left, bottom, right])
        return self.through_codes(real, y)

    def mean(self, x, y):
        return self.through_codes(self.node("GlobalAveragePool", [x.names[self]]), y)

    def function(self, name, x, y):
        op = {"sigmoid": "Sigmoid", "hard_swish": "HardSwish"}[name]
        return self.through_codes(self.node(op, [x.names[self]]), y)

    def resize(self, kind, x, y):
        sizes = self.constant(np.int64([self.batch, x.c, y.h, y.w]))
        real = self.node("Resize", [x.names[self], "", "", sizes],
                         mode={"nearest": "nearest", "bilinear": "linear"}[kind],
                         coordinate_transformation_mode="half_pixel")
        return self.through_codes(real, y)

    def save(self, path):
        helper = self.onnx.helper
        graph = helper.make_graph(self.nodes, "network", self.inputs, self.outputs, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        path.write_bytes(model.SerializeToString())


class Network:
    """Writes what the functions below describe into every file at once."""

    def __init__(self, files, width, size, seed):
        self.files, self.width, self.size = files, width, size
        self.rng = np.random.default_rng(seed)

    def channels(self, c):
        return max(8, int(c * self.width + 4) // 8 * 8) if self.width != 1 else c

    def value(self, h, w, c, make, scale=SCALE, zero=128, rms=SPREAD):
        v = Value(h, w, c, scale, zero, rms, {})
        for f in self.files:
            v.names[f] = make(f, v)
        return v

    def image(self, size, c=3):
        size = self.size or size
        return self.value(size, size, c, lambda f, v: f.input(v), 2 / 255, 128, 74)

    def layer(self, x, c, kernel, stride=1, act="relu", groups=1, dilation=1):
        kh, kw = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        of = x.c // groups
        weights = self.rng.integers(-127, 128, (c, kh, kw, of)).astype(np.int8)
        accumulated = math.sqrt(kh * kw * of) * 73 * x.rms
        # Values behind a clamp at 0 spread wider, so that half of them is left.
        spread = SPREAD * (2 if act else 1)
        scales = (spread * SCALE / (x.scale * accumulated) *
                  self.rng.uniform(0.7, 1.3, c)).astype(np.float32)
        bias = self.rng.integers(-int(accumulated / 2), int(accumulated / 2) + 1,
                                 c).astype(np.int32)
        h, w = same(x.h, kh, stride, dilation)[0], same(x.w, kw, stride, dilation)[0]
        return self.value(h, w, c,
                          lambda f, y: f.layer(x, y, weights, scales, bias, stride, act, groups,
                                               dilation), zero=0 if act else 128,
                          rms=spread * (0.75 if act else 1))

    def conv(self, x, c, kernel, stride=1, act="relu", dilation=1):
        return self.layer(x, self.channels(c), kernel, stride, act, 1, dilation)

    def depthwise(self, x, kernel, stride=1, act="relu", dilation=1):
        return self.layer(x, x.c, kernel, stride, act, x.c, dilation)

    def dense(self, x, c):
        k = x.h * x.w * x.c
        weights = self.rng.integers(-127, 128, (c, k)).astype(np.int8)
        scales = np.full(c, SPREAD * SCALE / (x.scale * math.sqrt(k) * 73 * x.rms), np.float32)
        bias = self.rng.integers(-1000, 1001, c).astype(np.int32)
        return self.value(1, 1, c, lambda f, y: f.dense(x, y, weights, scales, bias))

    def add(self, a, b, act=None):
        return self.value(a.h, a.w, a.c, lambda f, y: f.binary("add", a, b, y, act),
                          scale=1.4 * SCALE, zero=0 if act else 128)

    def mul(self, a, b):
        return self.value(a.h, a.w, a.c, lambda f, y: f.binary("mul", a, b, y, None),
                          scale=a.scale, zero=a.zero)

    def batch_norm(self, x):
        """And ReLU, in front of a convolution."""
        factor, shift = self.rng.uniform(0.6, 1.2, x.c), self.rng.uniform(-1.2, 1.2, x.c)
        return self.value(x.h, x.w, x.c, lambda f, y: f.batch_norm(x, y, factor, shift), zero=0)

    def concat(self, *parts):
        return self.value(parts[0].h, parts[0].w, sum(p.c for p in parts),
                          lambda f, y: f.concat(parts, y), zero=parts[0].zero)

    def pool(self, x, kind, kernel, stride):
        h, w = same(x.h, kernel, stride, 1)[0], same(x.w, kernel, stride, 1)[0]
        return self.value(h, w, x.c, lambda f, y: f.pool(kind, x, y, kernel, stride), x.scale,
                          x.zero, x.rms)

    def mean(self, x):
        """Over the image, brought to the spread that a layer expects."""
        return self.value(1, 1, x.c, lambda f, y: f.mean(x, y), x.scale / 2, x.zero)

    def sigmoid(self, x):
        return self.value(x.h, x.w, x.c, lambda f, y: f.function("sigmoid", x, y), 1 / 256, 0, 140)

    def hard_swish(self, x):
        return self.value(x.h, x.w, x.c, lambda f, y: f.function("hard_swish", x, y), zero=16)

    def silu(self, x):
        gate = self.sigmoid(x)
        return self.value(x.h, x.w, x.c, lambda f, y: f.binary("mul", x, gate, y, None), zero=16)

    def resize(self, x, h, w, kind="nearest"):
        return self.value(h, w, x.c, lambda f, y: f.resize(kind, x, y), x.scale, x.zero, x.rms)

    def squeeze_excite(self, x, c, inner):
        """Channels weighted by their means."""
        y = self.conv(self.mean(x), c, 1)
        y = self.layer(inner(y), x.c, 1, act=None)
        return self.mul(x, self.sigmoid(y))

    def output(self, *values):
        for v in values:
            for f in self.files:
                f.output(v, v.names[f])


# ---- the networks ----

def mobilenet_v1(n):
    x = n.conv(n.image(224), 32, 3, 2, "relu6")
    for c, s in [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + [(512, 1)] * 5 + [
            (1024, 2), (1024, 1)]:
        x = n.conv(n.depthwise(x, 3, s, "relu6"), c, 1, 1, "relu6")
    n.output(n.dense(n.mean(x), 1000))


def inverted(n, x, c, stride, expand, kernel=3, act="relu6", dilation=1):
    y = n.layer(x, x.c * expand, 1, 1, act) if expand != 1 else x
    y = n.depthwise(y, kernel, stride, act, dilation)
    y = n.layer(y, c, 1, 1, None)
    return n.add(x, y) if stride == 1 and x.c == c else y


def mobilenet_v2_body(n, size, dilate=False):
    """Values after strides 4, 8, 16 and 32; dilate: the last stays at 16."""
    x = n.conv(n.image(size), 32, 3, 2, "relu6")
    kept = []
    for t, c, count, s in [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
                           (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]:
        dilation = 1
        if s == 2:
            kept.append(x)
        if dilate and c >= 160:
            s, dilation = 1, 2
        for i in range(count):
            x = inverted(n, x, n.channels(c), s if i == 0 else 1, t, 3, "relu6", dilation)
    return kept[1:] + [x]


def mobilenet_v2(n):
    x = n.conv(mobilenet_v2_body(n, 224)[-1], 1280, 1, 1, "relu6")
    n.output(n.dense(n.mean(x), 1000))


def mobilenet_v3(n):
    x = n.hard_swish(n.conv(n.image(224), 16, 3, 2, None))
    for k, e, c, se, swish, s in [
            (3, 16, 16, 0, 0, 1), (3, 64, 24, 0, 0, 2), (3, 72, 24, 0, 0, 1), (5, 72, 40, 1, 0, 2),
            (5, 120, 40, 1, 0, 1), (5, 120, 40, 1, 0, 1), (3, 240, 80, 0, 1, 2),
            (3, 200, 80, 0, 1, 1), (3, 184, 80, 0, 1, 1), (3, 184, 80, 0, 1, 1),
            (3, 480, 112, 1, 1, 1), (3, 672, 112, 1, 1, 1), (5, 672, 160, 1, 1, 2),
            (5, 960, 160, 1, 1, 1), (5, 960, 160, 1, 1, 1)]:
        act = None if swish else "relu"
        then = n.hard_swish if swish else lambda v: v
        y = then(n.conv(x, e, 1, 1, act))
        y = then(n.depthwise(y, k, s, act))
        if se:
            y = n.squeeze_excite(y, e // 4, lambda v: v)
        y = n.conv(y, c, 1, 1, None)
        x = n.add(x, y) if s == 1 and x.c == y.c else y
    x = n.hard_swish(n.conv(x, 960, 1, 1, None))
    x = n.hard_swish(n.conv(n.mean(x), 1280, 1, 1, None))
    n.output(n.dense(x, 1000))


def resnet(n, counts, bottleneck):
    x = n.pool(n.conv(n.image(224), 64, 7, 2), "max", 3, 2)
    for stage, count in enumerate(counts):
        c = 64 << stage
        for i in range(count):
            s = 2 if stage > 0 and i == 0 else 1
            if bottleneck:
                y = n.conv(n.conv(x, c, 1), c, 3, s)
                y = n.conv(y, 4 * c, 1, 1, None)
            else:
                y = n.conv(n.conv(x, c, 3, s), c, 3, 1, None)
            short = x if i > 0 or (s == 1 and x.c == y.c) else n.layer(x, y.c, 1, s, None)
            x = n.add(short, y, "relu")
    n.output(n.dense(n.mean(x), 1000))


def resnet18(n):
    resnet(n, [2, 2, 2, 2], False)


def resnet50(n):
    resnet(n, [3, 4, 6, 3], True)


def vgg16(n):
    x = n.image(224)
    for c, count in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]:
        for _ in range(count):
            x = n.conv(x, c, 3)
        x = n.pool(x, "max", 2, 2)
    n.output(n.dense(n.mean(x), 1000))


def inception_v3(n):
    def row(x, *layers):
        for c, k, s in layers:
            x = n.conv(x, c, k, s)
        return x

    x = row(n.image(299), (32, 3, 2), (32, 3, 1), (64, 3, 1))
    x = row(n.pool(x, "max", 3, 2), (80, 1, 1), (192, 3, 1))
    x = n.pool(x, "max", 3, 2)
    for c in (32, 64, 64):
        x = n.concat(row(x, (64, 1, 1)), row(x, (48, 1, 1), (64, 5, 1)),
                     row(x, (64, 1, 1), (96, 3, 1), (96, 3, 1)),
                     row(n.pool(x, "avg", 3, 1), (c, 1, 1)))
    x = n.concat(row(x, (384, 3, 2)), row(x, (64, 1, 1), (96, 3, 1), (96, 3, 2)),
                 n.pool(x, "max", 3, 2))
    for c in (128, 160, 160, 192):
        x = n.concat(row(x, (192, 1, 1)), row(x, (c, 1, 1), (c, (1, 7), 1), (192, (7, 1), 1)),
                     row(x, (c, 1, 1), (c, (7, 1), 1), (c, (1, 7), 1), (c, (7, 1), 1),
                         (192, (1, 7), 1)), row(n.pool(x, "avg", 3, 1), (192, 1, 1)))
    x = n.concat(row(x, (192, 1, 1), (320, 3, 2)),
                 row(x, (192, 1, 1), (192, (1, 7), 1), (192, (7, 1), 1), (192, 3, 2)),
                 n.pool(x, "max", 3, 2))
    for _ in range(2):
        a, b = row(x, (384, 1, 1)), row(x, (448, 1, 1), (384, 3, 1))
        x = n.concat(row(x, (320, 1, 1)), row(a, (384, (1, 3), 1)), row(a, (384, (3, 1), 1)),
                     row(b, (384, (1, 3), 1)), row(b, (384, (3, 1), 1)),
                     row(n.pool(x, "avg", 3, 1), (192, 1, 1)))
    n.output(n.dense(n.mean(x), 1000))


def efficient_block(n, x, c, stride, expand, kernel, fused=False, excite=4):
    inner = n.channels(expand * x.c) if expand != 1 else x.c
    if fused:
        y = n.silu(n.layer(x, inner, kernel, stride, None))
        y = n.layer(y, n.channels(c), 1, 1, None) if expand != 1 else y
    else:
        y = n.silu(n.layer(x, inner, 1, 1, None)) if expand != 1 else x
        y = n.silu(n.depthwise(y, kernel, stride, None))
        y = n.squeeze_excite(y, max(8, x.c // excite), n.silu)
        y = n.layer(y, n.channels(c), 1, 1, None)
    return n.add(x, y) if stride == 1 and x.c == y.c else y


def efficientnet_b0(n):
    x = n.silu(n.conv(n.image(224), 32, 3, 2, None))
    for t, c, count, s, k in [(1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5),
                              (6, 80, 3, 2, 3), (6, 112, 3, 1, 5), (6, 192, 4, 2, 5),
                              (6, 320, 1, 1, 3)]:
        for i in range(count):
            x = efficient_block(n, x, c, s if i == 0 else 1, t, k)
    n.output(n.dense(n.mean(n.silu(n.conv(x, 1280, 1, 1, None))), 1000))


def efficientnetv2_b0(n):
    x = n.silu(n.conv(n.image(224), 32, 3, 2, None))
    for t, c, count, s, fused in [(1, 16, 1, 1, True), (4, 32, 2, 2, True), (4, 48, 2, 2, True),
                                  (4, 96, 3, 2, False), (6, 112, 5, 1, False),
                                  (6, 192, 8, 2, False)]:
        for i in range(count):
            x = efficient_block(n, x, c, s if i == 0 else 1, t, 3, fused)
    n.output(n.dense(n.mean(n.silu(n.conv(x, 1280, 1, 1, None))), 1000))


def densenet121(n):
    x = n.pool(n.conv(n.image(224), 64, 7, 2), "max", 3, 2)
    for stage, count in enumerate((6, 12, 24, 16)):
        for _ in range(count):
            y = n.conv(n.batch_norm(x), 128, 1)
            x = n.concat(x, n.conv(y, 32, 3, 1, None))
        if stage < 3:
            x = n.pool(n.layer(n.batch_norm(x), x.c // 2, 1, 1, None), "avg", 2, 2)
    n.output(n.dense(n.mean(n.batch_norm(x)), 1000))


def deeplab_v3(n):
    x = mobilenet_v2_body(n, 257, True)[-1]
    a = n.conv(x, 256, 1)
    b = n.resize(n.conv(n.mean(x), 256, 1), x.h, x.w, "bilinear")
    y = n.conv(n.conv(n.concat(a, b), 256, 1), 21, 1, 1, None)
    n.output(n.resize(y, n.size or 257, n.size or 257, "bilinear"))


def ssd_mobilenet_v2(n):
    x = mobilenet_v2_body(n, 300)
    maps = [x[-2], n.conv(x[-1], 1280, 1, 1, "relu6")]
    for c in (512, 256, 256, 128):
        y = n.conv(maps[-1], c // 2, 1, 1, "relu6")
        maps.append(n.conv(n.depthwise(y, 3, 2, "relu6"), c, 1, 1, "relu6"))
    for m in maps:
        n.output(n.layer(n.depthwise(m, 3, 1, "relu6"), 24, 1, 1, None),
                 n.sigmoid(n.layer(n.depthwise(m, 3, 1, "relu6"), 546, 1, 1, None)))


def yolo_silu(n):
    def c(x, channels, k=3, s=1):
        return n.silu(n.conv(x, channels, k, s, None))

    def stage(x, channels, count, short=True):
        left = c(x, channels // 2, 1)
        parts = [c(x, channels // 2, 1), left]
        for _ in range(count):
            y = c(c(left, channels // 2), channels // 2)
            left = n.add(left, y) if short else y
            parts.append(left)
        return c(n.concat(*parts), channels, 1)

    x = c(c(n.image(320), 16, 3, 2), 32, 3, 2)
    x = stage(x, 32, 1)
    p3 = stage(c(x, 64, 3, 2), 64, 2)
    p4 = stage(c(p3, 128, 3, 2), 128, 2)
    p5 = stage(c(p4, 256, 3, 2), 256, 1)
    pools = [c(p5, 128, 1)]
    for _ in range(3):
        pools.append(n.pool(pools[-1], "max", 5, 1))
    p5 = c(n.concat(*pools), 256, 1)
    m4 = stage(n.concat(n.resize(p5, p4.h, p4.w), p4), 128, 1, False)
    m3 = stage(n.concat(n.resize(m4, p3.h, p3.w), p3), 64, 1, False)
    m4 = stage(n.concat(c(m3, 64, 3, 2), m4), 128, 1, False)
    m5 = stage(n.concat(c(m4, 128, 3, 2), p5), 256, 1, False)
    for m in (m3, m4, m5):
        n.output(n.layer(c(c(m, 64), 64), 64, 1, 1, None),
                 n.sigmoid(n.layer(c(c(m, 80), 80), 80, 1, 1, None)))


def unet(n):
    def pair(x, c):
        return n.conv(n.conv(x, c, 3), c, 3)

    x, kept = n.image(128), []
    for c in (32, 64, 128, 256):
        kept.append(pair(x, c))
        x = n.pool(kept[-1], "max", 2, 2)
    x = pair(x, 512)
    for skip in reversed(kept):
        x = n.conv(n.resize(x, skip.h, skip.w), skip.c, 1)
        x = pair(n.concat(skip, x), skip.c)
    n.output(n.sigmoid(n.conv(x, 8, 1, 1, None)))


def vww(n):
    x = n.conv(n.image(96), 8, 3, 2, "relu6")
    for c, s in [(16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2)] + [(128, 1)] * 5 + [
            (256, 2), (256, 1)]:
        x = n.conv(n.depthwise(x, 3, s, "relu6"), c, 1, 1, "relu6")
    n.output(n.dense(n.mean(x), 2))


def kws(n):
    x = n.conv(n.image(40, 1), 64, (10, 4), 2)
    for _ in range(4):
        x = n.conv(n.depthwise(x, 3), 64, 1)
    n.output(n.dense(n.mean(x), 12))


NETWORKS = [mobilenet_v1, mobilenet_v2, mobilenet_v3, resnet18, resnet50, vgg16, inception_v3,
            efficientnet_b0, efficientnetv2_b0, densenet121, deeplab_v3, ssd_mobilenet_v2,
            yolo_silu, unet, vww, kws]


def write(network, path, endings, width=1.0, size=None, batch=1):
    """Writes one network; gives the files."""
    kinds = {TfliteFile.suffix: TfliteFile, OnnxFile.suffix: OnnxFile}
    files = [kinds[e](batch) for e in endings]
    network(Network(files, width, size, 7))
    paths = [path.with_name(path.name + f.suffix) for f in files]
    for f, p in zip(files, paths):
        f.save(p)
    return paths


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    p.add_argument("--out", type=pathlib.Path, required=True)
    p.add_argument("--only", nargs="+", default=[f.__name__ for f in NETWORKS])
    p.add_argument("--formats", nargs="+", default=["tflite", "onnx"])
    p.add_argument("--size", type=int)
    p.add_argument("--width", type=float, default=1.0)
    p.add_argument("--batch", type=int, default=1)
    a = p.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    for network in NETWORKS:
        if network.__name__ in a.only:
            for path in write(network, a.out / network.__name__, ["." + f for f in a.formats],
                              a.width, a.size, a.batch):
                print(path)


if __name__ == "__main__":
    main()
