#!/usr/bin/env python3
"""Makes the goldens of the ONNX loader: small networks, inputs, and ONNX Runtime's own outputs.

One operator or one group of DequantizeLinear, operator, QuantizeLinear a file. uint8 data meets
int8 weights only where those stay within [-64, 63]: no sum of two products leaves int16, so the
outputs are those of CPUs with and without VNNI. Written into onnx/: NAME.onnx, NAME.inputI.npy,
NAME.outputI.npy; and MANIFEST.json (rows of other formats are kept).

Needs: onnx 1.23, onnxruntime 1.32, numpy (README.md).
"""
import argparse
import json
import pathlib
import zlib

import cases_onnx_attention
import cases_onnx_floats
import cases_onnx_fusions
import cases_onnx_more
import cases_onnx_narrow
import cases_onnx_networks
import cases_onnx_parts
import cases_onnx_volumes
import cases_onnx_weights
import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

TYPES = {"u8": np.uint8, "s8": np.int8, "u16": np.uint16, "s16": np.int16, "s32": np.int32}


class Network:
    """Nodes and constants of one file; names are made up in order."""

    def __init__(self, name, opset=17):
        self.name, self.opset = name, opset
        self.rng = np.random.default_rng(zlib.crc32(name.encode()))
        self.nodes, self.constants, self.inputs, self.feeds, self.outputs = [], [], [], {}, []
        self.domains, self.functions = {"": opset}, []

    def constant(self, value, kind=None):
        name = "c%d" % len(self.constants)
        self.constants.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def narrow(self, kind, *shape):
        """Elements of 4 or 2 bits: "INT4" and so on."""
        name, bits = "c%d" % len(self.constants), int(kind[-1])
        low = -(1 << bits - 1) if kind[0] == "I" else 0
        values = self.rng.integers(low, low + (1 << bits), shape)
        self.constants.append(helper.make_tensor(name, getattr(TensorProto, kind), shape,
                                                 values.reshape(-1)))
        return name

    def scale(self, value):
        return self.constant(np.float32(value))

    def parameters(self, scale, zero, kind):
        return [self.constant(np.asarray(scale, np.float32)),
                self.constant(np.asarray(zero, TYPES[kind]))]

    def input(self, values):
        name = "x%d" % len(self.inputs)
        kind = helper.np_dtype_to_tensor_dtype(values.dtype)
        self.inputs.append(helper.make_tensor_value_info(name, kind, values.shape))
        self.feeds[name] = values
        return name

    def codes(self, kind, *shape, low=None, high=None):
        span = np.iinfo(TYPES[kind])
        low, high = span.min if low is None else low, span.max if high is None else high
        return self.rng.integers(low, high + 1, shape).astype(TYPES[kind])

    def every_code(self, kind, *shape):
        """Codes of 8 bits in a random order, all of them where the shape has room."""
        count, span = int(np.prod(shape)), np.iinfo(TYPES[kind])
        orders = [self.rng.permutation(np.arange(span.min, span.max + 1))
                  for _ in range(count // 256 + 1)]
        return np.concatenate(orders)[:count].astype(TYPES[kind]).reshape(shape)

    def node(self, op, inputs, domain="", outputs=1, **attributes):
        names = ["v%d_%d" % (len(self.nodes), i) for i in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, "n%d" % len(self.nodes),
                                           domain=domain, **attributes))
        if domain:
            self.domains[domain] = 1
        return names[0] if outputs == 1 else names

    def ms(self, op, inputs, **attributes):
        return self.node(op, inputs, "com.microsoft", **attributes)

    def dq(self, x, scale, zero, kind, **attributes):
        return self.node("DequantizeLinear", [x] + self.parameters(scale, zero, kind), **attributes)

    def q(self, x, scale, zero, kind, **attributes):
        return self.node("QuantizeLinear", [x] + self.parameters(scale, zero, kind), **attributes)

    def model(self):
        outputs = [helper.make_empty_tensor_value_info(o) for o in self.outputs]
        graph = helper.make_graph(self.nodes, self.name, self.inputs, outputs, self.constants)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid(d, v)
                                                       for d, v in self.domains.items()],
                                 producer_name="octet")
        made.functions.extend(self.functions)
        made.ir_version = 8
        return made


class Writer:
    def __init__(self, folder, only):
        self.folder, self.only, self.rows, self.names = folder, only, [], set()

    def store(self, name, build, opset=17, expect="identical", as_written=False, **tolerances):
        """as_written: without ONNX Runtime's rewriting of the graph."""
        if name in self.names:
            raise ValueError("two cases called " + name)
        self.names.add(name)
        if self.only and self.only not in name:
            return
        n = Network(name, opset)
        made = build(n)
        n.outputs = made if isinstance(made, list) else [made]
        path = self.folder / (name + ".onnx")
        path.write_bytes(n.model().SerializeToString())
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        if as_written:
            options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        outputs = session.run(None, n.feeds)
        row = {"format": "onnx", "folder": "onnx", "model": path.name,
               "law": "onnxruntime_as_written" if as_written else "onnxruntime",
               "inputs": [], "outputs": [], "expect": expect, **tolerances}
        for kind, arrays in (("input", n.feeds.values()), ("output", outputs)):
            for i, a in enumerate(arrays):
                row[kind + "s"].append("%s.%s%d.npy" % (name, kind, i))
                np.save(self.folder / row[kind + "s"][-1], a)
        self.rows.append(row)
        print("%-34s %s" % (name, [(str(o.dtype), o.shape, len(np.unique(o))) for o in outputs]))


def conv(xt, wt, depthwise=False, groups=1, channels_scale=False, bias=True, width=(4, 6), rank=4,
         **attributes):
    """QLinearConv whose result spans its codes."""

    def build(n):
        inputs, outputs = width
        spatial = (7, 6)[:rank - 2]
        shape = (2, inputs) + spatial
        kernel = (outputs, inputs // groups) + (3, 2)[:rank - 2]
        within = (-64, 63) if (xt, wt) == ("u8", "s8") else (None, None)
        x = n.input(n.codes(xt, *shape))
        w = n.codes(wt, *kernel, low=within[0], high=within[1])
        per = outputs if channels_scale else 1
        sw = n.rng.uniform(0.01, 0.02, per).astype(np.float32)
        zw = np.zeros(per) if wt == "s8" else np.full(per, 121)
        if not channels_scale:
            sw, zw = sw[0], zw[0]
        zx = 131 if xt == "u8" else 7
        in_, weights = n.parameters(0.037, zx, xt), n.parameters(sw, zw, wt)
        terms = int(np.prod(kernel[1:]))
        sy = 0.037 * 0.015 * 5000 * np.sqrt(terms) / 110
        out = n.parameters(sy, 5 if xt == "s8" else 117, xt)
        more = [n.constant(n.rng.integers(-9000, 9000, outputs), np.int32)] if bias else []
        return n.node("QLinearConv", [x] + in_ + [n.constant(w)] + weights + out + more,
                      group=groups, **attributes)

    return build


def matmul(xt, wt, batch=(), columns_scale=False, constant=True):
    def build(n):
        within = (-64, 63) if (xt, wt) == ("u8", "s8") else (None, None)
        a = n.input(n.codes(xt, *(batch + (5, 19))))
        b = n.codes(wt, *(batch + (19, 7) if not constant else (19, 7)), low=within[0],
                    high=within[1])
        b = n.constant(b) if constant else n.input(b)
        sw = n.rng.uniform(0.01, 0.02, 7) if columns_scale else 0.013
        zw = (np.zeros(7) if wt == "s8" else n.rng.integers(100, 150, 7)) if columns_scale else (
            0 if wt == "s8" else 99)
        return n.node("QLinearMatMul", [a] + n.parameters(0.02, 100 if xt == "u8" else -3, xt)
                      + [b] + n.parameters(sw, zw, wt)
                      + n.parameters(0.05, 130 if xt == "u8" else 9, xt))

    return build


def gemm(xt, wt, out, alpha=1.0, trans=0, bias=True):
    def build(n):
        within = (-64, 63) if (xt, wt) == ("u8", "s8") else (None, None)
        a = n.input(n.codes(xt, 5, 19))
        w = n.codes(wt, *((7, 19) if trans else (19, 7)), low=within[0], high=within[1])
        names = [a] + n.parameters(0.02, 100 if xt == "u8" else -3, xt)
        names += [n.constant(w)] + n.parameters(n.rng.uniform(0.01, 0.02, 7), np.zeros(7), wt)
        names += [n.constant(n.rng.integers(-5000, 5000, 7), np.int32) if bias else ""]
        if out:
            names += n.parameters(0.05, 130 if xt == "u8" else 9, xt)
        return n.ms("QGemm", names, alpha=alpha, transB=trans)

    return build


def binary(op, kind, scales, zeros, second=None):
    """`second`: shape of the second operand; an empty one is one code."""

    def build(n):
        shape = (2, 3, 8, 16)
        a = n.input(n.every_code(kind, *shape))
        b = n.input(n.every_code(kind, *(shape if second is None else second)))
        names = []
        for x, s, z in zip((a, b), scales, zeros):
            names += [x] + n.parameters(s, z, kind)
        return n.ms(op, names + n.parameters(scales[2], zeros[2], kind))

    return build


def unary(op, kind, scales, zeros, shape=(1, 2, 16, 16), **attributes):
    def build(n):
        x = n.input(n.every_code(kind, *shape))
        return n.ms(op, [x] + n.parameters(scales[0], zeros[0], kind)
                    + n.parameters(scales[1], zeros[1], kind), **attributes)

    return build


def concat(kind, parameters):
    def build(n):
        names = n.parameters(0.05, 3, kind)
        for i, (s, z) in enumerate(parameters):
            names += [n.input(n.every_code(kind, 2, 2 + i, 8, 8))] + n.parameters(s, z, kind)
        return n.ms("QLinearConcat", names, axis=1)

    return build


def where(n):
    c = n.input(n.rng.integers(0, 2, (4, 1, 16)).astype(bool))
    names = [c]
    for s, z in ((0.05, 3), (0.031, 140)):
        names += [n.input(n.every_code("u8", 4, 8, 16))] + n.parameters(s, z, "u8")
    return n.ms("QLinearWhere", names + n.parameters(0.05, 3, "u8"))


def integers(op, xt, wt, zero=True, **attributes):
    def build(n):
        within = (-64, 63) if (xt, wt) == ("u8", "s8") else (None, None)
        convolution = op == "ConvInteger"
        x = n.input(n.codes(xt, *((2, 3, 6, 7) if convolution else (3, 4, 17))))
        w = n.codes(wt, *((4, 3, 3, 3) if convolution else (17, 6)), low=within[0],
                    high=within[1])
        names = [x, n.constant(w)]
        if zero:
            names += [n.constant(TYPES[xt](77)), n.constant(TYPES[wt](3))]
        return n.node(op, names, **attributes)

    return build


def dynamic(layer):
    """DynamicQuantizeLinear, an integer product, Cast, Mul: float in and out."""

    def build(n):
        convolution = layer == "ConvInteger"
        shape = (1, 3, 6, 7) if convolution else (3, 17)
        x = n.input(n.rng.uniform(-1, 3, shape).astype(np.float32))
        y, scale, zero = n.node("DynamicQuantizeLinear", [x], outputs=3)
        w = n.codes("s8", *((4, 3, 3, 3) if convolution else (17, 6)), low=-64, high=63)
        names = [y, n.constant(w), zero]
        more = {"pads": [1, 1, 0, 1]} if convolution else {}
        acc = n.node("Cast", [n.node(layer, names, **more)], to=TensorProto.FLOAT)
        total = n.node("Mul", [scale, n.scale(0.0117)])
        return n.node("Mul", [acc, total])

    return build


def quantize_linear(kind, scale, zero, per_axis=False):
    def build(n):
        s = n.rng.uniform(0.01, 0.1, 5) if per_axis else scale
        z = n.rng.integers(0, 100, 5) if per_axis else zero
        x = n.rng.normal(0, 60 * np.max(s), (4, 5, 40)).astype(np.float32)
        if not per_axis:  # ties as well
            x[0] = (n.rng.integers(-200, 200, (5, 40)) + 0.5).astype(np.float32) * np.float32(s)
        x = n.input(x)
        names = [x, n.constant(np.asarray(s, np.float32)), n.constant(np.asarray(z, TYPES[kind]))]
        more = {"axis": 1} if per_axis else {}
        y = n.node("QuantizeLinear", names, **more)
        return [y, n.node("DequantizeLinear", [y] + names[1:], **more)]

    return build


def resize(kind, mode, **attributes):
    def build(n):
        x = n.input(n.every_code(kind, 1, 2, 9, 12))
        sizes = n.constant([1, 2, 15, 19], np.int64)
        return n.node("Resize", [x, "", "", sizes], mode=mode, **attributes)

    return build


def around(op, kind, shape=(1, 3, 8, 8), scales=(0.037, 0.05), zeros=None, **attributes):
    """DequantizeLinear, a float operator, QuantizeLinear."""
    zeros = zeros or ((101, 77) if kind == "u8" else (-11, -40))

    def build(n):
        x = n.input(n.every_code(kind, *shape))
        f = n.node(op, [n.dq(x, scales[0], zeros[0], kind)], **attributes)
        return n.q(f, scales[1], zeros[1], kind)

    return build


def qdq_conv(xt, wt, relu=False, zero_out=0, per_channel=True, float_bias=False):
    def build(n):
        within = (-64, 63)
        x = n.input(n.codes(xt, 1, 4, 7, 6))
        w = n.codes(wt, 6, 4, 3, 3, low=within[0], high=within[1])
        sw = n.rng.uniform(0.01, 0.02, 6).astype(np.float32) if per_channel else np.float32(0.015)
        weights = n.dq(n.constant(w), sw, np.zeros(6) if per_channel else 0, wt,
                       **({"axis": 0} if per_channel else {}))
        sx = np.float32(0.037)
        bias = n.rng.integers(-9000, 9000, 6).astype(np.int32)
        if float_bias:
            b = n.constant((bias * (sx * sw)).astype(np.float32))
        else:
            b = n.node("DequantizeLinear",
                       [n.constant(bias), n.constant((sx * sw).astype(np.float32)),
                        n.constant(np.zeros_like(sw, dtype=np.int32))],
                       **({"axis": 0} if per_channel else {}))
        y = n.node("Conv", [n.dq(x, sx, 131 if xt == "u8" else 3, xt), weights, b],
                   pads=[1, 1, 1, 1])
        if relu:
            y = n.node("Relu", [y])
        return n.q(y, 0.12, zero_out, xt)

    return build


def qdq_block(n):
    """Residual block: convolution, sum, pools, a dense layer; float in and out."""
    kind = "u8"
    x = n.input(n.rng.uniform(-1, 3, (1, 4, 8, 8)).astype(np.float32))
    d = n.dq(n.q(x, 0.016, 63, kind), 0.016, 63, kind)
    w = n.dq(n.constant(n.codes("s8", 4, 4, 3, 3, low=-64, high=63)), 0.006, 0, "s8")
    c = n.node("Relu", [n.node("Conv", [d, w], pads=[1, 1, 1, 1])])
    c = n.dq(n.q(c, 0.02, 0, kind), 0.02, 0, kind)
    s = n.node("Add", [c, d])
    s = n.dq(n.q(s, 0.03, 40, kind), 0.03, 40, kind)
    p = n.node("MaxPool", [s], kernel_shape=[2, 2], strides=[2, 2])
    p = n.dq(n.q(p, 0.03, 40, kind), 0.03, 40, kind)
    g = n.node("GlobalAveragePool", [p])
    g = n.dq(n.q(g, 0.025, 30, kind), 0.025, 30, kind)
    f = n.node("Flatten", [g])
    f = n.dq(n.q(f, 0.025, 30, kind), 0.025, 30, kind)
    v = n.dq(n.constant(n.codes("s8", 4, 5, low=-64, high=63)), 0.01, 0, "s8")
    y = n.node("Gemm", [f, v])
    return n.dq(n.q(y, 0.04, 128, kind), 0.04, 128, kind)


def cases(w):
    for xt, wt in (("u8", "u8"), ("u8", "s8"), ("s8", "s8")):
        pair = xt + wt
        w.store("conv_" + pair, conv(xt, wt, pads=[1, 0, 1, 1], strides=[2, 1]))
        w.store("conv_channels_" + pair, conv(xt, wt, channels_scale=wt == "s8", bias=False))
        w.store("depthwise_" + pair, conv(xt, wt, groups=8, width=(8, 8), pads=[1, 1, 1, 1]))
        w.store("matmul_" + pair, matmul(xt, wt))
        w.store("matmul_columns_" + pair, matmul(xt, wt, (2,), columns_scale=wt == "s8"))
        w.store("integers_conv_" + pair, integers("ConvInteger", xt, wt, xt == "u8",
                                                  pads=[1, 1, 0, 1]))
        w.store("integers_matmul_" + pair, integers("MatMulInteger", xt, wt))
    w.store("conv_groups", conv("u8", "s8", groups=2, dilations=[2, 1]))
    w.store("conv_same_upper", conv("u8", "u8", auto_pad="SAME_UPPER", strides=[2, 2]))
    w.store("conv_same_lower", conv("s8", "s8", auto_pad="SAME_LOWER", strides=[2, 2]))
    w.store("conv_multiplier", conv("u8", "u8", groups=4, width=(4, 8)))
    w.store("conv_1d", conv("u8", "s8", rank=3, pads=[1, 1]))
    w.store("matmul_two_inputs", matmul("u8", "u8", (2,), constant=False))
    w.store("gemm_u8s8", gemm("u8", "s8", True))
    w.store("gemm_alpha_transposed", gemm("s8", "s8", True, 0.37, 1))
    w.store("gemm_to_float", gemm("u8", "s8", False, 1.0, 1))
    w.store("gemm_no_bias", gemm("u8", "s8", True, bias=False))
    ties = ((0.05, 0.05, 0.1), (0.0371, 0.0219, 0.0431))
    for kind, zeros in (("u8", (128, 3, 77)), ("s8", (0, -5, 11))):
        for i, scales in enumerate(ties):
            w.store("add_%d_%s" % (i, kind), binary("QLinearAdd", kind, scales, zeros))
            w.store("mul_%d_%s" % (i, kind), binary("QLinearMul", kind, (scales[0], 0.5,
                                                                         scales[2]), zeros))
        w.store("add_one_" + kind, binary("QLinearAdd", kind, ties[1], zeros, ()))
        w.store("add_channels_" + kind, binary("QLinearAdd", kind, ties[1], zeros, (3, 1, 1)))
        w.store("add_row_" + kind, binary("QLinearAdd", kind, ties[1], zeros, (16,)))
        w.store("mul_channels_" + kind, binary("QLinearMul", kind, (0.05, 0.5, 0.1), zeros,
                                               (2, 3, 1, 1)))
        pair = (zeros[0], zeros[2])
        w.store("sigmoid_" + kind, unary("QLinearSigmoid", kind, (0.05, 1 / 256), pair))
        w.store("leaky_relu_" + kind, unary("QLinearLeakyRelu", kind, (0.05, 0.031), pair,
                                            alpha=0.13))
        zero = 0 if kind == "u8" else -128
        for depth in (4, 100):
            w.store("softmax_%d_%s" % (depth, kind),
                    unary("QLinearSoftmax", kind, (0.07, 1 / 256), (zeros[0], zero),
                          (2, 6, depth), axis=2, opset=13))
        w.store("average_" + kind, unary("QLinearAveragePool", kind, (0.05, 0.037), pair,
                                         (1, 3, 8, 8), kernel_shape=[3, 2], strides=[2, 1],
                                         pads=[1, 0, 1, 1]))
        w.store("average_padding_" + kind, unary("QLinearAveragePool", kind, (0.05, 0.037), pair,
                                                 (1, 3, 8, 8), kernel_shape=[3, 3],
                                                 pads=[1, 1, 1, 1], count_include_pad=1))
        w.store("average_all_" + kind, unary("QLinearGlobalAveragePool", kind, (0.05, 0.007), pair,
                                             (2, 3, 5, 7)))
        w.store("concat_" + kind, concat(kind, ((0.05, 3), (0.031, 100), (0.07, 3))))
        w.store("resize_linear_" + kind, resize(kind, "linear"))
        w.store("resize_corners_" + kind, resize(
            kind, "linear", coordinate_transformation_mode="align_corners"))
        w.store("resize_nearest_" + kind, resize(
            kind, "nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"))
        w.store("quantize_" + kind, quantize_linear(kind, 0.0123, 50))
        w.store("qdq_max_pool_" + kind, around("MaxPool", kind, scales=(0.05, 0.05),
                                               zeros=(7, 7), kernel_shape=[3, 3], strides=[2, 2],
                                               pads=[1, 1, 1, 1]))
        w.store("qdq_sigmoid_" + kind, around("Sigmoid", kind, scales=(0.05, 1 / 256),
                                              zeros=(3, zero)))
        w.store("qdq_average_" + kind, around("AveragePool", kind, kernel_shape=[2, 2]))
        w.store("qdq_leaky_" + kind, around("LeakyRelu", kind, alpha=0.1))
        w.store("qdq_transpose_" + kind, around("Transpose", kind, scales=(0.05, 0.05),
                                                zeros=(7, 7), perm=[0, 3, 1, 2]))
        w.store("qdq_relu_" + kind, around("Relu", kind))
        w.store("qdq_mean_" + kind, around("ReduceMean", kind, axes=[2, 3], keepdims=0))
    w.store("where_u8", where)
    w.store("quantize_axis_u8", quantize_linear("u8", 0, 0, True), 13)
    w.store("quantize_s16", quantize_linear("s16", 0.0007, 9), 21)
    w.store("quantize_u16", quantize_linear("u16", 0.0007, 30000), 21)
    w.store("resize_half_nearest", resize("u8", "nearest"))
    w.store("dynamic_matmul", dynamic("MatMulInteger"))
    w.store("dynamic_conv", dynamic("ConvInteger"))
    w.store("qdq_conv_u8", qdq_conv("u8", "s8"))
    w.store("qdq_conv_relu_u8", qdq_conv("u8", "s8", True))
    w.store("qdq_conv_float_bias", qdq_conv("u8", "s8", True, float_bias=True))
    w.store("qdq_conv_one_scale", qdq_conv("u8", "s8", per_channel=False))
    w.store("qdq_block", qdq_block, 13)
    cases_onnx_floats.cases(w)
    cases_onnx_more.cases(w)
    cases_onnx_parts.cases(w)
    cases_onnx_fusions.cases(w)
    cases_onnx_weights.cases(w)
    cases_onnx_volumes.cases(w)
    cases_onnx_networks.cases(w)
    cases_onnx_narrow.cases(w)
    cases_onnx_attention.cases(w)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    here = pathlib.Path(__file__).resolve().parent
    parser.add_argument("--out", type=pathlib.Path, default=here)
    parser.add_argument("--only", help="cases with this in their name; the manifest stays")
    parser.add_argument("--add", action="store_true", help="put them into the manifest too")
    a = parser.parse_args()
    folder = a.out / "onnx"
    folder.mkdir(parents=True, exist_ok=True)
    w = Writer(folder, a.only)
    cases(w)
    if a.only and not a.add:
        return
    path, made = a.out / "MANIFEST.json", {r["model"] for r in w.rows}
    kept = [r for r in json.loads(path.read_text())
            if r["format"] != "onnx" or (a.only and r["model"] not in made)] \
        if path.exists() else []
    path.write_text("[\n" + ",\n".join(json.dumps(r) for r in kept + w.rows) + "\n]\n")


if __name__ == "__main__":
    main()
