"""Goldens of float layers and averages: the order of XNNPACK's sums, which its law gives bit for
bit."""
import numpy as np

from cases_core import RELU6, SAME, VALID
from tflite_file import Model


def normal(rng, *shape):
    return rng.normal(size=shape).astype(np.float32)


def layer(w, name, op, options, shape, weights, bias=True, **fields):
    """One layer with constant weights; `bias`: a float for each of its output channels."""
    rng = w.rng("floats " + name)
    m = Model()
    i = m.input(shape, "float32")
    ins = [i, m.const(normal(rng, *weights))]
    if bias:
        ins.append(m.const(normal(rng, weights[-1 if op == "DEPTHWISE_CONV_2D" else 0])))
    o = m.tensor(None, "float32")
    m.op(op, ins, [o], options, **fields)
    m.output(o)
    w.add("floats_" + name, m, [normal(rng, *shape)], exact=True)


def convolutions(w):
    def conv(name, shape, weights, padding=SAME, stride=1, **fields):
        layer(w, name, "CONV_2D", "Conv2DOptions", shape, weights, padding=padding, strideH=stride,
              strideW=stride, **fields)

    def depthwise(name, shape, weights, padding=SAME, stride=1, **fields):
        layer(w, name, "DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions", shape, weights,
              padding=padding, strideH=stride, strideW=stride,
              depthMultiplier=weights[3] // shape[3], **fields)

    layer(w, "fully_connected", "FULLY_CONNECTED", "FullyConnectedOptions", (3, 33), (11, 33))
    layer(w, "fully_connected_no_bias", "FULLY_CONNECTED", "FullyConnectedOptions", (3, 33),
          (11, 33), bias=False)
    conv("conv", (1, 6, 7, 3), (5, 3, 3, 3), stride=2)
    conv("conv_1x1", (1, 4, 5, 19), (7, 1, 1, 19), padding=VALID, fusedActivationFunction=RELU6)
    conv("conv_groups", (1, 5, 6, 4), (6, 3, 3, 2))
    conv("conv_channels", (1, 5, 6, 4), (4, 3, 3, 1))
    conv("conv_one_channel", (1, 5, 6, 1), (1, 3, 4, 1))
    depthwise("depthwise", (1, 7, 8, 5), (1, 3, 3, 5), stride=2)
    depthwise("depthwise_25", (1, 7, 6, 3), (1, 5, 5, 3))
    depthwise("depthwise_26", (1, 14, 5, 3), (1, 13, 2, 3), padding=VALID)
    depthwise("depthwise_twice", (1, 5, 6, 3), (1, 3, 3, 6))


def transposed(w):
    rng = w.rng("floats transposed")
    m = Model()
    shape = m.const(np.array([1, 7, 9, 4], np.int32))
    k = m.const(normal(rng, 4, 3, 3, 5))
    i = m.input((1, 3, 4, 5), "float32")
    o = m.tensor([1, 7, 9, 4], "float32")
    m.op("TRANSPOSE_CONV", [shape, k, i, m.const(normal(rng, 4))], [o], "TransposeConvOptions",
         padding=VALID, strideH=2, strideW=2)
    m.version(3)
    m.output(o)
    w.add("floats_transposed", m, [normal(rng, 1, 3, 4, 5)], exact=True)


def products(w):
    for tag, a, b, fields in (("", (2, 3, 17), (2, 17, 9), {}),
                              ("_second_exchanged", (3, 17), (9, 17), {"adjY": True})):
        rng = w.rng("floats product" + tag)
        m = Model()
        ins = [m.input(a, "float32"), m.input(b, "float32")]
        o = m.tensor(None, "float32")
        m.op("BATCH_MATMUL", ins, [o], "BatchMatMulOptions", **fields)
        m.output(o)
        w.add("floats_batch_matmul" + tag, m, [normal(rng, *a), normal(rng, *b)], exact=True)


def averages(w):
    for tag, window, padding, stride in (("3x3", (3, 3), SAME, 1), ("4x3", (4, 3), VALID, 2),
                                         ("5x5", (5, 5), SAME, 2), ("whole", (8, 7), VALID, 1)):
        rng = w.rng("floats average " + tag)
        m = Model()
        i = m.input((1, 8, 7, 5), "float32")
        o = m.tensor(None, "float32")
        m.op("AVERAGE_POOL_2D", [i], [o], "Pool2DOptions", padding=padding, strideH=stride,
             strideW=stride, filterHeight=window[0], filterWidth=window[1])
        m.output(o)
        w.add("floats_average_" + tag, m, [normal(rng, 1, 8, 7, 5)], exact=True)


def functions(w):
    """XNNPACK's polynomials; its logistic function, elu and other depths of softmax depend on
    the CPU."""
    odd = np.array([0, -0.0, np.inf, -np.inf, 1e-40, 88.7, -87.4, 20, -20, 5.2, -5.2], np.float32)

    def one(name, op, x, options=None, **fields):
        m = Model()
        i = m.input(x.shape, "float32")
        o = m.tensor(None, "float32")
        m.op(op, [i], [o], options, **fields)
        m.output(o)
        w.add("floats_" + name, m, [x], engines=("xnnpack",), exact=True)

    for name, op, options, fields in (
            ("tanh", "TANH", None, {}), ("hard_swish", "HARD_SWISH", "HardSwishOptions", {}),
            ("gelu", "GELU", "GeluOptions", {"approximate": False}),
            ("gelu_approximate", "GELU", "GeluOptions", {"approximate": True})):
        rng = w.rng("floats " + name)
        wide = rng.normal(size=300) * rng.choice([0.01, 0.5, 2, 6, 30], size=300)
        one(name, op, np.concatenate([odd, wide]).astype(np.float32).reshape(1, -1), options,
            **fields)
    for depth in (5, 8, 16, 32):
        rng = w.rng("floats softmax %d" % depth)
        x = normal(rng, 6, depth) * np.array([[0.1], [1], [5], [20], [90], [1]], np.float32)
        one("softmax_%d" % depth, "SOFTMAX", x, "SoftmaxOptions", beta=1.0)


def means(w):
    for op in ("MEAN", "SUM"):
        for tag, shape, axes in (("3", (4, 3), (1,)), ("8", (4, 8), (-1,)), ("48", (3, 48), (1,)),
                                 ("96", (5, 96), (1,)), ("image", (2, 4, 4, 3), (1, 2, 3)),
                                 ("128", (2, 3, 128), (2,)), ("first", (7, 19), (0,)),
                                 ("middle", (2, 9, 5), (1,)), ("pixels", (2, 5, 7, 11), (1, 2))):
            name = "%s_%s" % (op.lower(), tag)
            rng = w.rng("floats " + name)
            m = Model()
            i = m.input(shape, "float32")
            o = m.tensor(None, "float32")
            m.op(op, [i, m.const(np.array(axes, np.int32))], [o], "ReducerOptions", keepDims=True)
            m.output(o)
            w.add("floats_" + name, m, [normal(rng, *shape)], engines=("xnnpack",), exact=True)


def make(w):
    functions(w)
    means(w)
    convolutions(w)
    transposed(w)
    products(w)
    averages(w)
