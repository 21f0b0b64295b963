"""Further cases of make_goldens_mxnet.py: quantized products and tables, the float operators that
MXNet leaves between the quantized parts of a network, and a network of both.

All cases draw from one generator and take the numbers in the names of their unnamed operators from
one counter: their order, and that of the operators in a list, is part of the files.
"""

import mxnet as mx
import numpy as np

S = mx.sym
SCALAR = mx.sym._internal  # operators with a number, and maximum and minimum of two operands
DATA0, DATA1 = S.Variable("data0"), S.Variable("data1")  # one node, however often it is read
SEED = 20

# Functions whose last bit is not everywhere octet's: shares of the output's range.
CLOSE_POWER = {"expect": "close", "tolerance": 1e-6, "tolerance_mean": 1e-8}
CLOSE_EXPONENTIAL = {"expect": "close", "tolerance": 1e-6, "tolerance_mean": 1e-7}


def normal(rng, *shape):
    """Normally distributed floats without the zeros of `floats`."""
    return rng.randn(*shape).astype("float32")


def uniform(rng, *shape):
    """Floats from 0 to 1."""
    return rng.rand(*shape).astype("float32")


def floats(rng, *shape):
    """Normally distributed floats, some of them 0 and -0."""
    values = normal(rng, *shape)
    flat = values.reshape(-1)
    flat[::7] = 0
    flat[3::11] = -0.0
    return values


def pooled(x=DATA0, name="p0"):
    """`x` behind a pool, so that operators see another operator's output too."""
    return S.Pooling(x, kernel=(2, 2), stride=(1, 1), pool_type="max", name=name)


def quantize(x, low, high, name):
    """int8 codes of `x`, with their range: three outputs."""
    return S.contrib.quantize_v2(
        x, min_calib_range=low, max_calib_range=high, out_type="int8", name=name
    )


def dequantize(codes, name):
    """`codes`: the codes and both ends of their range."""
    return S.contrib.dequantize(codes[0], codes[1], codes[2], name=name)


def multiply(a, b, name, **more):
    """The quantized product of two outputs of `quantize`."""
    return S.contrib.quantized_elemwise_mul(a[0], b[0], a[1], a[2], b[1], b[2], name=name, **more)


def product(**more):
    """The product of both inputs, with the options of `more`."""
    a, b = quantize(DATA0, -2.1, 1.7, "q0"), quantize(DATA1, -1.3, 2.6, "q1")
    return multiply(a, b, "product", **more)


def product_calibrated():
    """A product of int8 codes, and what it stands for."""
    y = product(min_calib_range=-2.5, max_calib_range=2.2)
    return [y[0], y[1], y[2], dequantize(y, "real")]


def product_open():
    """A product without a range of its own, int32, and the same brought to int8."""
    y = product()
    z = S.contrib.requantize(
        y[0], y[1], y[2], min_calib_range=-2.0, max_calib_range=2.4, name="bytes"
    )
    return [y[0], y[1], y[2], z[0], z[1], z[2]]


def embedding(rng):
    """Rows of a table of int8 and of one of floats; indices between integers and out of range."""
    codes = rng.randint(-128, 128, (9, 5)).astype("int8")
    parameters = {
        "weight": codes,
        "weight_min": np.array([-1.4], "float32"),
        "weight_max": np.array([1.1], "float32"),
        "table": normal(rng, 9, 5),
    }
    indices = np.array([[0, 8, 3, 1.9], [-1, -0.5, 9, 1e6], [7.99, 2, 4, 5]], "float32")
    table = [S.Variable(name) for name in ("weight", "weight_min", "weight_max")]
    size = {"input_dim": 9, "output_dim": 5}
    rows = S.contrib.quantized_embedding(DATA0, *table, name="rows", **size)
    heads = [rows[0], rows[1], rows[2], dequantize(rows, "real")]
    heads.append(S.Embedding(DATA0, S.Variable("table"), name="floats", **size))
    return heads, {"data0": indices}, parameters


def two_operands(rng):
    """Float operators on two operands of one shape, and on shapes that are stretched."""
    inputs = {"data0": floats(rng, 2, 3, 5, 4), "data1": floats(rng, 2, 3, 5, 4)}
    inputs["data1"][np.abs(inputs["data1"]) < 1e-3] = 0.25
    parameters = {
        "channel": uniform(rng, 1, 3, 1, 1) + 0.5,
        "last": normal(rng, 1, 1, 1, 3),
        "plain": floats(rng, 2, 3, 4, 3),
    }
    a, b = pooled(), pooled(DATA1, "p1")
    channel, last, plain = [S.Variable(name) for name in parameters]
    heads = [
        S.elemwise_add(a, b),
        S.elemwise_sub(a, b),
        S.elemwise_mul(a, b),
        S.elemwise_div(a, S.broadcast_maximum(b, channel)),
        SCALAR._maximum(a, b),
        SCALAR._minimum(a, b),
        S.broadcast_add(a, channel),
        S.broadcast_sub(channel, a),
        S.broadcast_mul(a, channel),
        S.broadcast_div(a, channel),
        S.broadcast_maximum(a, last),
        S.broadcast_minimum(last, a),
        S.broadcast_sub(a, last),
        S.broadcast_div(channel, last),
        S.broadcast_sub(plain, S.elemwise_sub(b, plain)),
    ]
    return heads, inputs, parameters


def numbers(rng):
    """Float operators with a number."""
    x = pooled()
    heads = [
        SCALAR._plus_scalar(x, scalar=0.1),
        SCALAR._minus_scalar(DATA0, scalar=1e-3),
        SCALAR._rminus_scalar(x, scalar=2.7),
        SCALAR._mul_scalar(x, scalar=-1.1),
        SCALAR._div_scalar(x, scalar=3.0),
        SCALAR._rdiv_scalar(SCALAR._plus_scalar(x, scalar=7.3), scalar=1.9),
        SCALAR._maximum_scalar(x, scalar=0.0),
        SCALAR._minimum_scalar(x, scalar=-0.0),
        SCALAR._maximum_scalar(DATA0, scalar=0.25),
        SCALAR._plus_scalar(x, scalar=16777217.0),
    ]
    return heads, {"data0": floats(rng, 2, 3, 4, 4)}, {}


def power(rng):
    """Powers of what is above 0."""
    positive = SCALAR._plus_scalar(SCALAR._maximum_scalar(DATA0, scalar=0.0), scalar=0.05)
    heads = [
        SCALAR._power_scalar(positive, scalar=1.7),
        SCALAR._power_scalar(SCALAR._maximum_scalar(DATA0, scalar=0.01), scalar=-0.5),
    ]
    return heads, {"data0": floats(rng, 40, 25)}, {}


def reshaped(x):
    """Shapes with every special value of reshape; `x` has the shape (2, 6, 4, 3)."""
    return [
        S.reshape(x, shape=(0, -1)),
        S.reshape(x, shape=(-1,)),
        S.reshape(x, shape=(0, -3, 0)),
        S.reshape(x, shape=(-2,)),
        S.reshape(x, shape=(0, 0, -4, 2, -1, -2)),
        S.reshape(x, shape=(-4, -1, 2, -2)),
        S.reshape(x, shape=(0, 2, -1, 3)),
        S.reshape(x, shape=(-3, -3)),
        S.reshape(x, shape=(-1, 0), reverse=True),
        S.reshape(x, shape=(0, 0, -1), reverse=True),
        S.reshape(x, shape=(8, -1, 0), reverse=True),
        S.reshape(DATA0, shape=(12, 20)),
        S.reshape(DATA0, shape=(0, 1, -1)),
    ]


def axes_moved(x):
    """Axes in another order, added and taken away."""
    return [
        S.transpose(x),
        S.transpose(x, axes=(0, 2, 3, 1)),
        S.transpose(x, axes=(1, 0, 3, 2)),
        S.transpose(DATA0, axes=(0, 3, 1, 2)),
        S.SwapAxis(x, dim1=1, dim2=3),
        S.SwapAxis(x, dim1=-1, dim2=0),
        S.expand_dims(x, axis=1),
        S.expand_dims(x, axis=-1),
        S.squeeze(S.expand_dims(x, axis=0)),
        S.squeeze(S.expand_dims(S.expand_dims(x, axis=0), axis=3), axis=(0, -3)),
    ]


def slices(x):
    """Parts of a tensor: open ends, ends beyond the shape, steps, and steps backwards."""
    return [
        S.slice_axis(x, axis=1, begin=1, end=-2),
        S.slice_axis(x, axis=-1, begin=-2, end=None),
        S.slice_axis(DATA0, axis=0, begin=1, end=2),
        S.slice(x, begin=(None, 1), end=(None, -1)),
        S.slice(x, begin=(0, 5, 3), end=(2, None, 0), step=(1, -2, -1)),
        S.slice(x, begin=(0, -100, 0, 2), end=(100, 100, 3, None), step=(None, 4, 2, -1)),
    ]


def shapes(rng):
    """Operators that move values and compute none."""
    x = pooled()
    heads = reshaped(x) + axes_moved(x) + slices(x)
    heads += [S.BlockGrad(x), S.identity(S.Dropout(x, p=0.3))]
    heads.append(S.Pad(DATA0, mode="reflect", pad_width=(0, 0, 0, 0, 1, 2, 3, 1)))
    width = (0, 0, 0, 0, 1, 0, 0, 2)
    heads.append(S.Pad(x, mode="constant", pad_width=width, constant_value=0.5))
    return heads, {"data0": floats(rng, 2, 6, 5, 4)}, {}


def extremes(rng):
    """Maxima and minima over axes."""
    x = pooled()
    heads = [
        S.max(x),
        S.max(x, axis=1),
        S.max(x, axis=(2, 3)),
        S.min(x, axis=-1, keepdims=True),
        S.min(x, axis=(1, 2)),
        S.min(x, axis=0, exclude=True),
        S.max(x, axis=(0, 2), keepdims=True),
        S.max(x, axis=0),
        S.min(x, axis=(0, 1, 2, 3)),
        S.max(x, axis=(0, 1), exclude=True, keepdims=True),
        S.max(x, axis=2),
    ]
    return heads, {"data0": floats(rng, 2, 3, 5, 4)}, {}


def over_axes(op, x):
    """The sum or mean `op` over one axis, some, and all."""
    return [
        op(x),
        op(x, axis=1),
        op(x, axis=(2, 3)),
        op(x, axis=-1, keepdims=True),
        op(x, axis=(1, 2)),
        op(x, axis=0, exclude=True),
        op(x, axis=(0, 2), keepdims=True),
        op(x, axis=0),
        op(x, axis=(0, 1, 2, 3), keepdims=True),
        op(x, axis=(0, 1), exclude=True),
        op(x, axis=2),
    ]


def sums(rng):
    """Sums and means over axes."""
    x = pooled()
    heads = over_axes(S.sum, x) + over_axes(S.mean, x)
    heads += [S.mean(DATA0, axis=(2, 3)), S.sum(DATA0, axis=(1, 3))]
    return heads, {"data0": floats(rng, 3, 5, 9, 8)}, {}


def lengths(rng):
    """Vectors brought to the length 1."""
    x = pooled()
    heads = [
        S.L2Normalization(x, mode="instance"),
        S.L2Normalization(x, mode="channel", eps=1e-3),
        S.L2Normalization(x, mode="spatial", eps=0.0),
        S.L2Normalization(DATA0, mode="channel"),
        S.L2Normalization(DATA0, mode="spatial"),
        S.L2Normalization(DATA0, eps=1e-5),
        S.L2Normalization(S.reshape(DATA0, shape=(0, -1))),
    ]
    return heads, {"data0": floats(rng, 2, 5, 4, 5)}, {}


def slopes(rng):
    """Leaky relu with a slope of its own, and with slopes that were learned."""
    x = pooled()
    rows = S.reshape(x, shape=(0, -3, 0))
    gamma, one, many = [S.Variable(name) for name in ("gamma", "one", "many")]
    heads = [
        S.LeakyReLU(x, slope=0.3),
        S.LeakyReLU(x, gamma, act_type="prelu"),
        S.LeakyReLU(DATA0, one, act_type="prelu"),
        S.LeakyReLU(rows, many, act_type="prelu"),
    ]
    inputs = {"data0": floats(rng, 2, 3, 5, 4)}
    parameters = {"gamma": uniform(rng, 3), "one": uniform(rng, 1), "many": uniform(rng, 12)}
    return heads, inputs, parameters


def exponentials(rng):
    """Activations that need an exponential or an error function."""
    heads = [
        S.LeakyReLU(DATA0, act_type="elu", slope=0.7),
        S.LeakyReLU(DATA0, act_type="gelu"),
    ]
    return heads, {"data0": floats(rng, 10, 50)}, {}


def gate(rng):
    """A network: floats between quantized parts, and codes that are moved before they are read."""
    x = quantize(DATA0, -2.5, 2.3, "q0")
    real = dequantize(x, "r0")
    moved = dequantize([S.transpose(x[0], axes=(0, 2, 3, 1)), x[1], x[2]], "r1")
    strongest = S.max(real, axis=(2, 3), keepdims=True)
    opened = SCALAR._plus_scalar(SCALAR._mul_scalar(strongest, scalar=0.2), scalar=0.5)
    gated = S.broadcast_mul(real, S.clip(opened, a_min=0.0, a_max=1.0))
    halves = [S.slice_axis(gated, axis=1, begin=i, end=i + 3) for i in (0, 3)]
    a, b = quantize(halves[0], -2.0, 2.2, "q1"), quantize(halves[1], -1.9, 2.4, "q2")
    y = multiply(a, b, "gate", min_calib_range=-3.0, max_calib_range=4.1)
    columns = S.reshape(dequantize(y, "r2"), shape=(0, 0, -1))
    heads = [
        S.transpose(columns, axes=(0, 2, 1)),
        S.reshape(moved, shape=(0, -1, 6)),
        dequantize([S.reshape(y[0], shape=(-3, -1)), y[1], y[2]], "r3"),
    ]
    return heads, {"data0": floats(rng, 2, 6, 4, 5)}, {}


def cases(w):
    """Stores every case with `w`, the Writer of make_goldens_mxnet.py."""
    rng = np.random.RandomState(SEED)

    def store(name, heads, inputs, parameters, **expectation):
        symbol = S.Group(heads) if len(heads) > 1 else heads[0]
        arrays = {k: mx.nd.array(v, dtype=v.dtype) for k, v in parameters.items()}
        w.store(name, symbol, arrays, {}, inputs, **expectation)

    with mx.name.NameManager():
        factors = {"data0": floats(rng, 2, 3, 4, 5), "data1": floats(rng, 2, 3, 4, 5)}
        store("product_s8", product_calibrated(), factors, {})
        store("product_s8_s32", product_open(), factors, {})
        store("product_s8_f32", [product(enable_float_output=True)], factors, {})
        store("embedding", *embedding(rng))
        store("two_operands", *two_operands(rng))
        store("numbers", *numbers(rng))
        store("power", *power(rng), **CLOSE_POWER)
        store("shapes", *shapes(rng))
        store("extremes", *extremes(rng))
        store("sums", *sums(rng))
        store("lengths", *lengths(rng))
        store("slopes", *slopes(rng))
        store("exponentials", *exponentials(rng), **CLOSE_EXPONENTIAL)
        store("gate", *gate(rng))
