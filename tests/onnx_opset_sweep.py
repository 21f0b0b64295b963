#!/usr/bin/env python3
"""Every operator that octet reads from ONNX files, at every opset at which its schema changed, one
node a model, through octet and ONNX Runtime.

  onnx_opset_sweep.py OCTET_TOOL [OPERATOR ...]

From opset 7, the oldest that ONNX Runtime promises, to the newest that the onnx package knows; at
opset NEWEST once more with float16 in place of float32. Integers, booleans and moved elements must
be identical; results of float arithmetic may differ by FLOAT_TOLERANCE (HALF_TOLERANCE in float16)
of the largest (their sums run in another order). One line a model that is not the
same: refused (with octet's reason), differs, or not run by ONNX Runtime; and the counts. Fails
where octet differs, or refuses what ONNX Runtime runs and REFUSED does not name, and where an
operator of docs/operators.md has no model here (those of sequences, which cannot be a model's
results, are in tests/goldens).

Needs: onnx, onnxruntime, numpy.
"""
import pathlib
import subprocess
import sys
import tempfile
import warnings
import zlib

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

warnings.simplefilter("ignore")
OLDEST, FLOAT_TOLERANCE, HALF_TOLERANCE = 7, 3e-6, 2.0**-10
# Operator, label of the model: what octet refuses, as docs/operators.md and docs/numerics.md say.
REFUSED = {("Mod", "fmod")}
# The newest opset whose operators ONNX Runtime has, for the models with float16.
NEWEST = 23


class Made:
    """Inputs (arrays; constants where marked), attributes and number of outputs of one node."""

    def __init__(self, label, *inputs, constant=(), outputs=1, **attributes):
        self.label, self.inputs, self.constant = label, inputs, set(constant)
        self.outputs, self.attributes = outputs, attributes


def generator(name):
    return np.random.default_rng(zlib.crc32(name.encode()))


def ints(*values):
    return np.array(values, np.int64)


def floats(r, *shape, low=-2.0, high=2.0):
    return r.uniform(low, high, shape).astype(np.float32)


def codes(r, kind, *shape):
    span = np.iinfo(kind)
    return r.integers(span.min, span.max + 1, shape).astype(kind)


def unary(low=-2.0, high=2.0, **attributes):
    def make(r, v):
        yield Made("f32", floats(r, 2, 3, 4, low=low, high=high), **attributes)
        if attributes:
            yield Made("defaults", floats(r, 5, low=low, high=high))

    return make


def binary(r, v):
    yield Made("f32", floats(r, 2, 3, 4), floats(r, 3, 1) + 3)
    yield Made("s32", codes(r, np.int16, 2, 3).astype(np.int32),
               r.integers(1, 9, (2, 3)).astype(np.int32))
    yield Made("s64", codes(r, np.int16, 2, 3).astype(np.int64),
               r.integers(1, 9, (3,)).astype(np.int64))
    yield Made("scalar", floats(r, 2, 3, 4), np.float32(1.5), constant=[1])


def variadic(r, v):
    yield Made("three", floats(r, 2, 3), floats(r, 2, 3), floats(r, 2, 3))
    yield Made("one", floats(r, 2, 3))
    if v >= 8:
        yield Made("broadcast", floats(r, 2, 3), floats(r, 3))


def compare(r, v):
    a, b = r.integers(0, 3, (2, 3, 4)), r.integers(0, 3, (3, 4))
    if v >= 9:
        yield Made("s64", a.astype(np.int64), b.astype(np.int64))
        yield Made("s32", a.astype(np.int32), b.astype(np.int32))
    yield Made("f32", a.astype(np.float32), b.astype(np.float32))


def equal(r, v):
    a, b = r.integers(0, 3, (2, 3, 4)), r.integers(0, 3, (3, 4))
    yield Made("s64", a.astype(np.int64), b.astype(np.int64))
    yield Made("s32", a.astype(np.int32), b.astype(np.int32))
    yield Made("bool", a > 1, b > 1)
    if v >= 11:
        yield Made("f32", a.astype(np.float32), b.astype(np.float32))


def logical(r, v):
    yield Made("bool", r.integers(0, 2, (2, 3)) > 0, r.integers(0, 2, (3,)) > 0)


def axes(r, v, name, moved):
    """A reduction over axes that are an attribute before opset `moved`, then an input."""
    x = floats(r, 2, 3, 4, low=0.1)
    for label, a, keep in (("last", [-1], 1), ("two", [0, 2], 0), ("middle", [1], 0)):
        if min(a) < 0 and v < 11:
            a = [2]
        if v >= moved:
            yield Made(label, x, ints(*a), constant=[1], keepdims=keep)
        else:
            yield Made(label, x, axes=a, keepdims=keep)
    yield Made("all", x)
    yield Made("all flat", x, keepdims=0)
    if v >= moved:
        yield Made("none", x, ints(), constant=[1], noop_with_empty_axes=1)


def reduction(moved, integers=False):
    def make(r, v):
        yield from axes(r, v, "", moved)
        if integers:
            x = r.integers(-9, 9, (2, 3, 4))
            yield Made("s32", x.astype(np.int32))
            yield Made("s64", x.astype(np.int64))

    return make


def arg(r, v):
    x = floats(r, 2, 3, 4)
    yield Made("default", x)
    yield Made("axis", x, axis=1 if v < 11 else -1, keepdims=0)
    tied = r.integers(0, 2, (3, 8)).astype(np.float32)
    yield Made("ties", tied, axis=1)
    if v >= 12:
        yield Made("last of ties", tied, axis=1, select_last_index=1)
        yield Made("u8", codes(r, np.uint8, 3, 8), axis=1)


def convolution(r, v):
    x, w = floats(r, 1, 4, 7, 6), floats(r, 6, 4, 3, 2)
    yield Made("plain", x, w, constant=[1])
    yield Made("all", x, w, floats(r, 6), constant=[1, 2], strides=[2, 1], pads=[1, 0, 2, 1],
               dilations=[2, 1], kernel_shape=[3, 2])
    yield Made("groups", x, floats(r, 6, 2, 3, 3), constant=[1], group=2, auto_pad="SAME_UPPER")
    yield Made("depthwise", x, floats(r, 4, 1, 3, 3), constant=[1], group=4, auto_pad="SAME_LOWER",
               strides=[2, 2])
    yield Made("one axis", floats(r, 1, 3, 9), floats(r, 2, 3, 4), constant=[1], pads=[1, 2])
    yield Made("valid", x, w, constant=[1], auto_pad="VALID")


def transposed(r, v):
    x = floats(r, 1, 4, 5, 4)
    yield Made("plain", x, floats(r, 4, 3, 3, 2), constant=[1])
    yield Made("strides", x, floats(r, 4, 3, 3, 3), floats(r, 3), constant=[1, 2], strides=[2, 2],
               pads=[1, 1, 1, 1], output_padding=[1, 1])
    yield Made("groups", x, floats(r, 4, 2, 3, 3), constant=[1], group=2, strides=[2, 1])
    yield Made("output shape", x, floats(r, 4, 3, 3, 3), constant=[1], strides=[2, 2],
               output_shape=[10, 8])
    yield Made("same", x, floats(r, 4, 3, 3, 3), constant=[1], strides=[2, 2],
               auto_pad="SAME_UPPER")


def pool(average):
    def make(r, v):
        x = floats(r, 1, 3, 7, 6)
        yield Made("plain", x, kernel_shape=[2, 3])
        yield Made("strides", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
        yield Made("same", x, kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER")
        yield Made("one axis", floats(r, 1, 3, 9), kernel_shape=[4], strides=[2])
        if v >= 10:
            yield Made("ceil", x, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
        if average:
            yield Made("counts pad", x, kernel_shape=[3, 3], pads=[1, 1, 1, 1],
                       count_include_pad=1)
        if v >= (19 if average else 10):
            yield Made("dilations", x, kernel_shape=[3, 2], dilations=[2, 2])
        if not average and v >= 12:
            yield Made("u8", codes(r, np.uint8, 1, 3, 7, 6), kernel_shape=[2, 2])
            yield Made("s8", codes(r, np.int8, 1, 3, 7, 6), kernel_shape=[2, 2])

    return make


def batch_normalization(r, v):
    more = {"training_mode": 0} if v >= 14 else {}
    yield Made("plain", floats(r, 2, 3, 4, 5), floats(r, 3), floats(r, 3), floats(r, 3),
               floats(r, 3, low=0.2), constant=[1, 2, 3, 4], epsilon=1e-3, **more)
    yield Made("rows", floats(r, 4, 3), floats(r, 3), floats(r, 3), floats(r, 3),
               floats(r, 3, low=0.2), constant=[1, 2, 3, 4])


def cast(r, v):
    x = floats(r, 3, 7, low=-99, high=99)
    for t in ("INT32", "INT64", "UINT8", "INT8", "BOOL", "FLOAT16", "DOUBLE"):
        given = np.abs(x) if t == "UINT8" else x
        yield Made("f32 to " + t, given, to=getattr(TensorProto, t))
    for k in (np.int32, np.int64, np.uint8, np.int8, np.bool_, np.float16, np.float64):
        yield Made(np.dtype(k).name + " to f32", np.abs(x).astype(k), to=TensorProto.FLOAT)


def clip(r, v):
    x = floats(r, 3, 7)
    if v < 11:
        yield Made("both", x, min=-0.5, max=1.0)
        yield Made("lower", x, min=0.0)
        yield Made("neither", x)
        return
    yield Made("both", x, np.float32(-0.5), np.float32(1), constant=[1, 2])
    yield Made("upper", x, None, np.float32(1), constant=[2])
    yield Made("lower", x, np.float32(0), constant=[1])
    yield Made("neither", x)
    if v >= 12:
        yield Made("u8", codes(r, np.uint8, 3, 7), np.uint8(9), np.uint8(200), constant=[1, 2])
        yield Made("s64", codes(r, np.int8, 3, 7).astype(np.int64), np.int64(-9), np.int64(20),
                   constant=[1, 2])


def concat(r, v):
    a, b = floats(r, 2, 3, 4), floats(r, 2, 2, 4)
    yield Made("f32", a, b, axis=1)
    yield Made("s64", ints(1, 2), ints(3), axis=0)
    yield Made("u8", codes(r, np.uint8, 2, 3), codes(r, np.uint8, 2, 1), axis=1)
    if v >= 11:
        yield Made("from the end", a, b, axis=-2)


def constant_of_shape(r, v):
    yield Made("zeros", ints(2, 3), constant=[0])
    for t in (np.float32, np.int64, np.int32, np.uint8, np.bool_):
        yield Made(np.dtype(t).name, ints(2, 3), constant=[0],
                   value=numpy_helper.from_array(np.array([1], t)))


def conv_integer(r, v):
    x, w = codes(r, np.uint8, 1, 3, 6, 5), codes(r, np.int8, 4, 3, 3, 2)
    yield Made("plain", x, w, constant=[1])
    yield Made("zero points", x, codes(r, np.uint8, 4, 3, 3, 2), np.uint8(99), np.uint8(120),
               constant=[1, 2, 3], pads=[1, 1, 1, 1])


def cumsum(r, v):
    x = floats(r, 3, 4)
    for e in (0, 1):
        for b in (0, 1):
            yield Made("exclusive %d reverse %d" % (e, b), x, np.int64(1), constant=[1],
                       exclusive=e, reverse=b)
    yield Made("s64", r.integers(-9, 9, (3, 4)), np.int32(-1), constant=[1])


def blocks(to_depth):
    def make(r, v):
        x = floats(r, 1, 3, 4, 6) if to_depth else floats(r, 1, 12, 2, 3)
        yield Made("f32", x, blocksize=2)
        if not to_depth and v >= 11:
            yield Made("CRD", x, blocksize=2, mode="CRD")

    return make


def parameters(scale, zero, kind):
    return np.float32(scale), np.array(zero, kind)


def quantize(r, v):
    x = floats(r, 3, 4, low=-9, high=9)
    for t in (np.uint8, np.int8) + ((np.uint16, np.int16) if v >= 21 else ()):
        yield Made(np.dtype(t).name, x, *parameters(0.05, 3, t), constant=[1, 2])
    yield Made("no zero point", x, np.float32(0.1), constant=[1])
    if v >= 13:
        yield Made("axis", x, floats(r, 4, low=0.01, high=0.1), codes(r, np.int8, 4),
                   constant=[1, 2], axis=-1)


def dequantize(r, v):
    for t in (np.uint8, np.int8) + ((np.uint16, np.int16) if v >= 21 else ()):
        yield Made(np.dtype(t).name, codes(r, t, 3, 4), *parameters(0.05, 3, t), constant=[1, 2])
    yield Made("int32", codes(r, np.int16, 3, 4).astype(np.int32), np.float32(0.1), constant=[1])
    if v >= 13:
        yield Made("axis", codes(r, np.int8, 3, 4), floats(r, 4, low=0.01, high=0.1),
                   codes(r, np.int8, 4), constant=[1, 2], axis=1)


def dropout(r, v):
    if v >= 12:
        yield Made("ratio", floats(r, 3, 4), np.float32(0.3), constant=[1])
        yield Made("false", floats(r, 3, 4), np.float32(0.3), np.bool_(False), constant=[1, 2])
    else:
        yield Made("ratio", floats(r, 3, 4), ratio=0.3)


def dynamic_quantize(r, v):
    yield Made("f32", floats(r, 3, 4, low=-9, high=9), outputs=3)


def expand(r, v):
    yield Made("f32", floats(r, 3, 1), ints(2, 3, 4), constant=[1])
    yield Made("keeps", floats(r, 3, 4), ints(1, 1), constant=[1])
    yield Made("s64", ints(1, 2, 3), ints(2, 1), constant=[1])


def eye_like(r, v):
    yield Made("f32", floats(r, 3, 4), k=1)
    yield Made("dtype", floats(r, 3, 4), dtype=TensorProto.INT64)


def flatten(r, v):
    for axis in (0, 1, 3) + ((-1,) if v >= 11 else ()):
        yield Made("axis %d" % axis, floats(r, 2, 3, 4), axis=axis)
    if v >= 9:
        yield Made("u8", codes(r, np.uint8, 2, 3, 4))


def recurrent(gates, states=1):
    def make(r, v):
        t, b, i, h = 4, 2, 3, 5
        x = floats(r, t, b, i)
        for label, d, way in (("forward", 1, "forward"), ("both", 2, "bidirectional"),
                              ("back", 1, "reverse")):
            w = [floats(r, d, gates * h, i), floats(r, d, gates * h, h),
                 floats(r, d, 2 * gates * h)]
            yield Made(label, x, *w, constant=[1, 2, 3], hidden_size=h, direction=way,
                       outputs=1 + states)
        begin = [floats(r, 1, b, h) for _ in range(states)]
        w = [floats(r, 1, gates * h, i), floats(r, 1, gates * h, h)]
        more = {"linear_before_reset": 1} if gates == 3 else {}
        yield Made("begin", x, *w, None, None, *begin, constant=[1, 2], hidden_size=h,
                   outputs=1 + states, **more)
        if v >= 14:
            y = np.swapaxes(x, 0, 1).copy()
            yield Made("batch first", y, *w, constant=[1, 2], hidden_size=h, layout=1,
                       outputs=1 + states)

    return make


def gather(r, v):
    x = floats(r, 3, 4, 5)
    yield Made("rows", x, ints(2, 0), constant=[1])
    yield Made("axis", x, np.array([[1, 3], [0, 2]], np.int32), constant=[1], axis=1)
    yield Made("run time", x, ints(1, 2, 0), axis=2)
    yield Made("scalar", x, np.int64(1), constant=[1], axis=1)
    if v >= 11:
        yield Made("from the end", x, ints(-1, 0), constant=[1], axis=-1)


def gather_elements(r, v):
    yield Made("axis", floats(r, 3, 4), r.integers(0, 3, (2, 4)), axis=0)
    yield Made("from the end", floats(r, 3, 4), r.integers(-4, 4, (3, 2)), axis=-1)


def gather_nd(r, v):
    yield Made("rows", floats(r, 3, 4, 5), r.integers(0, 3, (2, 1)))
    yield Made("elements", floats(r, 3, 4), r.integers(0, 3, (5, 2)))
    if v >= 12:
        yield Made("batches", floats(r, 2, 3, 4), r.integers(0, 3, (2, 2, 1)), batch_dims=1)


def gelu(r, v):
    yield Made("erf", floats(r, 3, 4))
    yield Made("tanh", floats(r, 3, 4), approximate="tanh")


def gemm(r, v):
    a, b, c = floats(r, 3, 5), floats(r, 5, 4), floats(r, 4)
    yield Made("plain", a, b, c, constant=[1, 2])
    yield Made("factors", a, b, floats(r, 3, 4), constant=[1, 2], alpha=0.5, beta=2.0)
    yield Made("turned", a.T.copy(), b.T.copy(), c, constant=[1, 2], transA=1, transB=1)
    if v >= 11:
        yield Made("no bias", a, b)


def group_normalization(r, v):
    n = 4 if v >= 21 else 2
    yield Made("groups", floats(r, 2, 4, 3, 3), floats(r, n), floats(r, n), constant=[1, 2],
               num_groups=2)


def instance_normalization(r, v):
    yield Made("image", floats(r, 2, 3, 4, 5), floats(r, 3), floats(r, 3), constant=[1, 2])


def hard_sigmoid(r, v):
    yield Made("defaults", floats(r, 3, 4, low=-5, high=5))
    yield Made("given", floats(r, 3, 4), alpha=0.3, beta=0.4)


def any_type(r, v):
    yield Made("f32", floats(r, 2, 3))
    yield Made("s64", ints(1, 2))
    yield Made("bool", r.integers(0, 2, (2, 3)) > 0)


def not_a_number(r, v):
    x = floats(r, 3, 4)
    x[1, 2], x[0, 0] = np.nan, np.inf
    yield Made("f32", x)


def graph(nodes, inputs, outputs, constants=()):
    # ONNX Runtime wants to know that the number and the condition of a round are scalars.
    empty = [helper.make_tensor_value_info(n, t, None if t == TensorProto.FLOAT else [])
             for n, t in inputs]
    return helper.make_graph(nodes, "body", empty,
                             [helper.make_tensor_value_info(n, t, None) for n, t in outputs],
                             [numpy_helper.from_array(c, n) for n, c in constants])


F32, S64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


def branches(r, v):
    def branch(op):
        return graph([helper.make_node(op, ["x1"], [op])], [], [(op, F32)])

    for c in (True, False):
        yield Made(str(c), np.bool_(c), floats(r, 2, 3), constant=[0],
                   then_branch=branch("Neg"), else_branch=branch("Abs"))
    yield Made("run time", np.bool_(True), floats(r, 2, 3),
               then_branch=branch("Neg"), else_branch=branch("Abs"))


def loop(r, v):
    body = graph([helper.make_node("Add", ["a", "a"], ["b"]),
                  helper.make_node("Identity", ["go"], ["on"]),
                  helper.make_node("Neg", ["b"], ["each"])],
                 [("k", S64), ("go", BOOL), ("a", F32)],
                 [("on", BOOL), ("b", F32), ("each", F32)])
    yield Made("three", np.int64(3), np.bool_(True), floats(r, 2), constant=[0, 1], outputs=2,
               body=body)


def scan(r, v):
    body = graph([helper.make_node("Add", ["s", "x"], ["t"]),
                  helper.make_node("Identity", ["t"], ["y"])],
                 [("s", F32), ("x", F32)], [("t", F32), ("y", F32)])
    if v < 9:  # one more axis in front, and lengths
        yield Made("rows", None, floats(r, 1, 2), floats(r, 1, 3, 2), outputs=2,
                   num_scan_inputs=1, body=body)
        return
    yield Made("rows", floats(r, 2), floats(r, 3, 2), outputs=2, num_scan_inputs=1, body=body)
    yield Made("back", floats(r, 2), floats(r, 3, 2), outputs=2, num_scan_inputs=1, body=body,
               scan_input_directions=[1], scan_output_directions=[1])


def layer_normalization(r, v):
    yield Made("last", floats(r, 2, 3, 8), floats(r, 8), floats(r, 8), constant=[1, 2])
    yield Made("axis", floats(r, 2, 3, 8), floats(r, 3, 8), constant=[1], axis=1)


def rms_normalization(r, v):
    yield Made("last", floats(r, 2, 3, 8), floats(r, 8), constant=[1])


def attention(r, v):
    q, k = floats(r, 2, 4, 5, 8), floats(r, 2, 2, 5, 8)
    yield Made("heads", q, k, k)
    yield Made("causal", q, k, k, is_causal=1)
    yield Made("mask", q, k, k, r.integers(0, 2, (5, 5)) > 0)


def lp_normalization(r, v):
    for p in (1, 2):
        yield Made("p %d" % p, floats(r, 2, 3, 8), p=p, axis=1)


def matmul(r, v):
    yield Made("constant", floats(r, 3, 5), floats(r, 5, 4), constant=[1])
    yield Made("batches", floats(r, 2, 3, 5), floats(r, 2, 5, 4))
    yield Made("broadcast", floats(r, 2, 3, 3, 5), floats(r, 3, 5, 4))
    yield Made("vector", floats(r, 3, 5), floats(r, 5))
    yield Made("vector first", floats(r, 5), floats(r, 5, 4))


def matmul_integer(r, v):
    a = codes(r, np.uint8, 3, 5)
    yield Made("plain", a, codes(r, np.int8, 5, 4), constant=[1])
    yield Made("zero points", a, codes(r, np.uint8, 5, 4), np.uint8(99), np.uint8(9),
               constant=[1, 2, 3])


def modulo(r, v):
    a, b = r.integers(-20, 20, (2, 3)), r.choice([-3, 4, 7], (2, 3))
    yield Made("s32", a.astype(np.int32), b.astype(np.int32))
    yield Made("s64", a, b)
    yield Made("fmod", floats(r, 2, 3, low=-9, high=9), floats(r, 2, 3, low=1, high=3), fmod=1)
    yield Made("fmod s64", a, b, fmod=1)


def neg(r, v):
    yield Made("f32", floats(r, 2, 3))
    yield Made("s32", codes(r, np.int8, 5).astype(np.int32))
    yield Made("s64", codes(r, np.int8, 5).astype(np.int64))


def one_hot(r, v):
    i = r.integers(-3, 5, (2, 3))
    yield Made("f32", i, np.int64(5), np.array([0.5, 2], np.float32), constant=[1, 2])
    yield Made("axis", i, np.int64(5), ints(0, 1), constant=[1, 2], axis=0)


def prelu(r, v):
    yield Made("channels", floats(r, 1, 3, 2, 2), floats(r, 3, 1, 1), constant=[1])
    yield Made("one", floats(r, 2, 3), floats(r, 1), constant=[1])


def pad(r, v):
    x = floats(r, 2, 3, 4)
    for mode in ("constant", "reflect", "edge") + (("wrap",) if v >= 19 else ()):
        if v < 11:
            yield Made(mode, x, pads=[0, 1, 2, 0, 1, 1], mode=mode)
        else:
            yield Made(mode, x, ints(0, 1, 2, 0, 1, 1), constant=[1], mode=mode)
    if v < 11:
        yield Made("value", x, pads=[1, 0, 0, 0, 1, 1], value=1.5)
        yield Made("negative", x, pads=[0, -1, 0, 0, 0, -1])
        return
    yield Made("value", x, ints(1, 0, 0, 0, 1, 1), np.float32(1.5), constant=[1, 2])
    yield Made("negative", x, ints(0, -1, 0, 0, 0, -1), constant=[1])
    yield Made("u8", codes(r, np.uint8, 2, 3), ints(1, 0, 0, 1), np.uint8(9), constant=[1, 2])
    if v >= 18:
        yield Made("axes", x, ints(1, 2), None, ints(1), constant=[1, 3])


def power(r, v):
    x = floats(r, 2, 3, low=0.2)
    yield Made("square", x, np.float32(2), constant=[1])
    yield Made("root", x, np.float32(0.5), constant=[1])
    yield Made("tensor", x, floats(r, 2, 3))
    if v >= 12:
        yield Made("integer power", x, np.int64(3), constant=[1])


def qlinear_conv(r, v):
    yield Made("u8", codes(r, np.uint8, 1, 3, 6, 5), *parameters(0.02, 120, np.uint8),
               r.integers(-64, 64, (4, 3, 3, 2)).astype(np.int8), floats(r, 4, low=0.01, high=0.02),
               np.zeros(4, np.int8), *parameters(0.1, 110, np.uint8),
               codes(r, np.int8, 4).astype(np.int32), constant=range(1, 9))


def qlinear_matmul(r, v):
    yield Made("u8", codes(r, np.uint8, 3, 5), *parameters(0.02, 120, np.uint8),
               r.integers(-64, 64, (5, 4)).astype(np.int8), *parameters(0.01, 0, np.int8),
               *parameters(0.05, 110, np.uint8), constant=range(1, 8))


def numbers(r, v):
    yield Made("s64", np.int64(2), np.int64(11), np.int64(3), constant=[0, 1, 2])
    yield Made("f32", np.float32(0), np.float32(1), np.float32(0.25), constant=[0, 1, 2])
    yield Made("s32", np.int32(9), np.int32(-4), np.int32(-2), constant=[0, 1, 2])


def relu(r, v):
    yield Made("f32", floats(r, 2, 3))


def reshape(r, v):
    x = floats(r, 2, 3, 4)
    yield Made("rest", x, ints(4, -1), constant=[1])
    yield Made("zero", x, ints(0, 12), constant=[1])
    yield Made("s8", codes(r, np.int8, 6), ints(2, 3), constant=[1])
    if v >= 14:
        yield Made("allowzero", x, ints(24), constant=[1], allowzero=1)


def resize(r, v):
    x = floats(r, 1, 2, 5, 6)
    scales, down = np.array([1, 1, 2, 3], np.float32), np.array([1, 1, 0.6, 0.7], np.float32)
    if v < 11:
        yield Made("nearest", x, scales, constant=[1])
        yield Made("linear", x, scales, constant=[1], mode="linear")
        return
    roi = np.zeros(0, np.float32) if v == 11 else None  # may be left out from 13 on
    ways = ["half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel"]
    if v >= 19:
        ways.append("half_pixel_symmetric")
    for way in ways:
        for label, factor in (("up", scales), ("down", down)):
            for mode in ("nearest", "linear", "cubic"):
                yield Made("%s %s %s" % (mode, way, label), x, roi, factor, constant=[1, 2],
                           mode=mode, coordinate_transformation_mode=way)
        yield Made("cubic outside " + way, x, roi, down, constant=[1, 2], mode="cubic",
                   coordinate_transformation_mode=way, exclude_outside=1)
        yield Made("cubic sizes " + way, x, roi, roi, ints(1, 2, 7, 4), constant=[1, 2, 3],
                   mode="cubic", coordinate_transformation_mode=way, cubic_coeff_a=-0.5)
    row = floats(r, 1, 2, 9)
    for mode in ("nearest", "linear"):
        yield Made("row " + mode, row, roi, np.array([1, 1, 2.5], np.float32), constant=[1, 2],
                   mode=mode)
    for rounding in ("floor", "ceil", "round_prefer_ceil"):
        yield Made("nearest " + rounding, x, roi, down, constant=[1, 2], nearest_mode=rounding)
    yield Made("sizes", x, roi, roi, ints(1, 2, 7, 4), constant=[1, 2, 3])
    if v >= 18:
        yield Made("axes", x, None, None, ints(7, 4), constant=[3], axes=[2, 3])
        yield Made("axes linear", x, None, np.array([2, 1.5], np.float32), constant=[2],
                   axes=[2, 3], mode="linear")
        for policy in ("not_larger", "not_smaller"):
            yield Made(policy, x, None, None, ints(9, 9), constant=[3], axes=[2, 3],
                       keep_aspect_ratio_policy=policy)
        for mode in ("linear", "cubic"):
            for way in ways:
                yield Made("antialias %s %s" % (mode, way), x, roi, down, constant=[1, 2],
                           mode=mode, antialias=1, coordinate_transformation_mode=way)
            yield Made("antialias outside " + mode, x, roi, down, constant=[1, 2], mode=mode,
                       antialias=1, exclude_outside=1)


def einsum(r, v):
    for e, *shapes in (("ij,jk->ik", (2, 3), (3, 4)),
                       ("bhid,bhjd->bhij", (2, 2, 3, 4), (2, 2, 5, 4)),
                       ("...ij,jk->...ik", (2, 3, 4), (4, 5)), ("ij->ji", (2, 3)), ("ij->", (2, 3)),
                       ("ij,ij", (2, 3), (2, 3)), ("i,j->ij", (2,), (3,)), ("cab", (2, 3, 4)),
                       ("ij,jk,kl->il", (2, 3), (3, 4), (4, 5)), ("bi,bj->bij", (2, 3), (2, 4)),
                       ("abc,c->", (2, 3, 4), (4,)), ("i...,i...->...", (2, 3), (2, 3))):
        yield Made(e, *[floats(r, *s) for s in shapes], equation=e)


def cast_like(r, v):
    for k in (np.int32, np.int64, np.float32, np.float64, np.uint8):
        yield Made(np.dtype(k).name, floats(r, 2, 3, low=0, high=99), np.zeros(1, k))


def infinite(r, v):
    x = floats(r, 6)
    x[1], x[2], x[4] = np.inf, -np.inf, np.nan
    yield Made("both", x)
    yield Made("positive", x, detect_negative=0)
    yield Made("negative", x, detect_positive=0)
    yield Made("neither", x, detect_negative=0, detect_positive=0)


def reverse_sequence(r, v):
    x = floats(r, 4, 3, 2)
    yield Made("time first", x, ints(2, 4, 1))
    yield Made("batch first", x, ints(2, 3, 1, 1), batch_axis=0, time_axis=1)


def scatter_nd(r, v):
    x = floats(r, 4, 3, 2)
    yield Made("rows", x, ints(2, -4).reshape(2, 1), floats(r, 2, 3, 2), constant=[1])
    yield Made("elements", x, ints(0, 1, 1, 3, -1, 0).reshape(2, 3), floats(r, 2))
    yield Made("s64", ints(1, 2, 3), ints(1).reshape(1, 1), ints(9), constant=[1])


def local_response(r, v):
    for size in (1, 4, 5):
        yield Made("of %d" % size, floats(r, 2, 7, 3, 2), size=size, alpha=0.1, beta=0.6, bias=1.5)
    yield Made("defaults", floats(r, 1, 4, 3, 2), size=3)


def upsample(r, v):
    x = floats(r, 1, 2, 3, 4)
    if v < 9:
        yield Made("nearest", x, scales=[1.0, 1.0, 2.0, 2.0])
        yield Made("linear", x, scales=[1.0, 1.0, 2.0, 2.0], mode="linear")
    elif v < 10:
        scales = np.array([1, 1, 2, 2], np.float32)
        yield Made("nearest", x, scales, constant=[1])
        yield Made("linear", x, scales, constant=[1], mode="linear")


def rounding(r, v):
    yield Made("halves", np.arange(-3, 3.25, 0.25).astype(np.float32))


def shape(r, v):
    yield Made("f32", floats(r, 2, 3, 4))
    if v >= 15:
        yield Made("part", floats(r, 2, 3, 4), start=1)
        yield Made("ends", floats(r, 2, 3, 4), start=-3, end=-1)


def slices(r, v):
    x = floats(r, 4, 5, 6)
    if v < 10:
        yield Made("two", x, starts=[1, 0], ends=[3, -1], axes=[0, 2])
        yield Made("no axes", x, starts=[1, 0, 2], ends=[9, 4, 5])
        return
    yield Made("two", x, ints(1, 0), ints(3, -1), ints(0, 2), constant=[1, 2, 3])
    yield Made("no axes", x, ints(1, 0, 2), ints(9, 4, 5), constant=[1, 2])
    yield Made("steps", x, ints(0, -1), ints(4, -6), ints(0, 1), ints(2, -2),
               constant=[1, 2, 3, 4])
    yield Made("to the end", x, ints(1), ints(2**63 - 1), ints(-1), constant=[1, 2, 3])


def softmax(r, v):
    x = floats(r, 2, 3, 4, low=-5, high=5)
    yield Made("default", x)
    yield Made("axis 1", x, axis=1)
    yield Made("axis 2", x, axis=2)
    if v >= 11:
        yield Made("from the end", x, axis=-2)


def split(r, v):
    x = floats(r, 4, 6)
    more = {"num_outputs": 2} if v >= 18 else {}
    yield Made("halves", x, outputs=2, axis=1, **more)
    if v >= 13:
        yield Made("given", x, ints(1, 2, 3), constant=[1], outputs=3, axis=1)
    else:
        yield Made("given", x, outputs=3, axis=1, split=[1, 2, 3])
    if v >= 18:
        yield Made("uneven", floats(r, 7, 2), outputs=3, num_outputs=3)


def squeeze(r, v):
    x = floats(r, 1, 3, 1, 4)
    yield Made("all", x)
    if v >= 13:
        yield Made("axes", x, ints(0, -2), constant=[1])
    else:
        yield Made("axes", x, axes=[0, 2])


def unsqueeze(r, v):
    x = floats(r, 3, 4)
    if v >= 13:
        yield Made("axes", x, ints(0, -1), constant=[1])
    else:
        yield Made("axes", x, axes=[0, 3])


def tile(r, v):
    yield Made("f32", floats(r, 2, 3), ints(2, 3), constant=[1])
    yield Made("u8", codes(r, np.uint8, 2, 3), ints(1, 2), constant=[1])


def top_k(r, v):
    x = floats(r, 3, 7)
    if v < 10:
        yield Made("three", x, outputs=2, k=3)
        return
    yield Made("three", x, ints(3), constant=[1], outputs=2)
    yield Made("axis", x, ints(2), constant=[1], outputs=2, axis=0)
    if v >= 11:
        yield Made("smallest", x, ints(2), constant=[1], outputs=2, largest=0)
        yield Made("ties", r.integers(0, 3, (3, 9)).astype(np.float32), ints(5), constant=[1],
                   outputs=2)


def transpose(r, v):
    yield Made("turned", floats(r, 2, 3, 4))
    yield Made("perm", floats(r, 2, 3, 4), perm=[0, 2, 1])
    yield Made("s8", codes(r, np.int8, 2, 3))


def trilu(r, v):
    yield Made("upper", floats(r, 4, 4))
    yield Made("lower", floats(r, 4, 4), np.int64(1), constant=[1], upper=0)


def where(r, v):
    c = r.integers(0, 2, (2, 3)) > 0
    yield Made("f32", c, floats(r, 2, 3), floats(r, 3))
    yield Made("s64", c, ints(1, 2, 3), np.int64(9))
    yield Made("u8", c, codes(r, np.uint8, 2, 3), codes(r, np.uint8, 2, 3))


MODELS = {
    "CastLike": cast_like, "Einsum": einsum, "IsInf": infinite, "LRN": local_response,
    "Mean": variadic, "ReverseSequence": reverse_sequence, "ScatterND": scatter_nd,
    "Abs": unary(), "Add": binary, "And": logical, "ArgMax": arg, "ArgMin": arg,
    "Attention": attention,
    "AveragePool": pool(True), "BatchNormalization": batch_normalization, "Cast": cast,
    "Ceil": unary(), "Celu": unary(alpha=0.7), "Clip": clip, "Concat": concat,
    "ConstantOfShape": constant_of_shape, "Conv": convolution, "ConvInteger": conv_integer,
    "ConvTranspose": transposed, "Cos": unary(), "CumSum": cumsum, "DepthToSpace": blocks(False),
    "DequantizeLinear": dequantize, "Div": binary, "Dropout": dropout,
    "DynamicQuantizeLinear": dynamic_quantize, "Elu": unary(alpha=0.7), "Equal": equal,
    "Erf": unary(), "Exp": unary(), "Expand": expand, "EyeLike": eye_like, "Flatten": flatten,
    "Floor": unary(), "GRU": recurrent(3), "Gather": gather, "GatherElements": gather_elements,
    "GatherND": gather_nd, "Gelu": gelu, "Gemm": gemm, "GlobalAveragePool": lambda r, v: [
        Made("image", floats(r, 1, 3, 4, 5))], "GlobalMaxPool": lambda r, v: [
        Made("image", floats(r, 1, 3, 4, 5))], "Greater": compare, "GreaterOrEqual": compare,
    "GroupNormalization": group_normalization, "HardSigmoid": hard_sigmoid,
    "HardSwish": unary(-5, 5),
    "Identity": any_type, "If": branches, "InstanceNormalization": instance_normalization,
    "IsNaN": not_a_number, "LSTM": recurrent(4, 2), "LayerNormalization": layer_normalization,
    "LeakyRelu": unary(alpha=0.2), "Less": compare, "LessOrEqual": compare, "Log": unary(0.1, 9.0),
    "LogSoftmax": softmax, "Loop": loop, "LpNormalization": lp_normalization, "MatMul": matmul,
    "MatMulInteger": matmul_integer, "Max": variadic, "MaxPool": pool(False), "Min": variadic,
    "Mish": unary(), "Mod": modulo, "Mul": binary, "Neg": neg, "Not": lambda r, v: [
        Made("bool", r.integers(0, 2, (2, 3)) > 0)], "OneHot": one_hot, "Or": logical,
    "PRelu": prelu, "Pad": pad, "Pow": power, "QLinearConv": qlinear_conv,
    "QLinearMatMul": qlinear_matmul, "QuantizeLinear": quantize,
    "RMSNormalization": rms_normalization, "RNN": recurrent(1), "Range": numbers,
    "Reciprocal": unary(0.2, 3.0), "ReduceL1": reduction(18), "ReduceL2": reduction(18),
    "ReduceLogSum": reduction(18), "ReduceLogSumExp": reduction(18),
    "ReduceMax": reduction(18, True), "ReduceMean": reduction(18), "ReduceMin": reduction(18, True),
    "ReduceProd": reduction(18), "ReduceSum": reduction(13, True),
    "ReduceSumSquare": reduction(18), "Relu": relu, "Reshape": reshape, "Resize": resize,
    "Round": rounding, "Scan": scan, "Selu": unary(alpha=1.5, gamma=1.1), "Shape": shape,
    "Sigmoid": unary(-9, 9), "Sign": neg, "Sin": unary(), "Size": any_type, "Slice": slices,
    "Softmax": softmax, "Softplus": unary(), "Softsign": unary(), "SpaceToDepth": blocks(True),
    "Split": split, "Sqrt": unary(0.1, 9.0), "Squeeze": squeeze, "Sub": binary, "Sum": variadic,
    "Swish": unary(-5, 5), "Tanh": unary(-5, 5), "ThresholdedRelu": unary(alpha=0.6), "Tile": tile,
    "TopK": top_k, "Transpose": transpose, "Trilu": trilu, "Unsqueeze": unsqueeze,
    "Upsample": upsample, "Where": where, "Xor": logical,
}


def listed():
    """Operators of ai.onnx that octet reads."""
    page = pathlib.Path(__file__).parent.parent.joinpath("docs/operators.md").read_text()
    rows = page.split("\n## ONNX\n")[1].split("\n## ")[0].splitlines()
    names = [row.split("|")[1].strip() for row in rows if row.startswith("| ")]
    return [n for n in names if n != "operator" and "---" not in n and "::" not in n]


def opsets(history, op):
    """The schema that holds at OLDEST, and each later one."""
    since = sorted(history.get(op, ()))
    before = [v for v in since if v <= OLDEST]
    return ([OLDEST] if before else []) + [v for v in since if v > OLDEST]


def models(history, op, make):
    """Versions, and the models at each; those with float16 last."""
    for version in opsets(history, op):
        for m in make(generator(op), version):
            yield version, m
    newest = max((v for v in opsets(history, op) if v <= NEWEST), default=None)
    if newest is None:
        return
    for m in make(generator(op), newest):
        real = [x is not None and np.asarray(x).dtype == np.float32 for x in m.inputs]
        if any(real):
            m.label += ", float16"
            m.inputs = [np.asarray(x).astype(np.float16) if r else x
                        for x, r in zip(m.inputs, real)]
            yield newest, m


def model_of(op, version, m):
    names = ["" if x is None else "x%d" % i for i, x in enumerate(m.inputs)]
    outputs = ["y%d" % i for i in range(m.outputs)]
    own = [x for x in names]
    if op == "If":  # what its branches read is not its input
        own = names[:1]
    node = helper.make_node(op, own, outputs, op, **m.attributes)
    inputs, constants, feeds = [], [], {}
    for i, x in enumerate(m.inputs):
        if x is None:
            continue
        if i in m.constant:
            constants.append(numpy_helper.from_array(np.asarray(x), names[i]))
        else:
            kind = helper.np_dtype_to_tensor_dtype(np.asarray(x).dtype)
            inputs.append(helper.make_tensor_value_info(names[i], kind, np.asarray(x).shape))
            feeds[names[i]] = np.asarray(x)
    made = helper.make_model(
        helper.make_graph([node], op, inputs,
                          [helper.make_empty_tensor_value_info(o) for o in outputs], constants),
        opset_imports=[helper.make_opsetid("", version)])
    made.ir_version = 8 if version < 19 else 10
    return made, feeds, outputs


def same(a, b):
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.kind != "f":
        return np.array_equal(a, b)
    if not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return False
    tolerance = HALF_TOLERANCE if a.dtype == np.float16 else FLOAT_TOLERANCE
    a, b = a.astype(np.float64), b.astype(np.float64)
    finite = np.isfinite(a)
    room = tolerance * max(1.0, float(np.abs(b[finite]).max(initial=0)))
    return bool((np.abs(a - b)[finite] <= room).all()) and np.array_equal(
        a[~finite], b[~finite], equal_nan=True)


def run_octet(tool, folder, model, feeds, outputs):
    """Its results by name, or its message."""
    path = folder / "m.onnx"
    onnx.save(model, path)
    command = [tool, "run", str(path), "--threads", "1"]
    for name, x in feeds.items():
        np.save(folder / (name + ".npy"), x)
        command += ["--input", "%s=%s" % (name, folder / (name + ".npy"))]
    for o in outputs:
        command += ["--output", "%s=%s" % (o, folder / (o + ".npy"))]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        return {o: np.load(folder / (o + ".npy")) for o in outputs}, ""
    lines = (done.stderr.strip() or done.stdout.strip() or "exit code %d" % done.returncode)
    return None, " ".join(lines.splitlines())


def main():
    tool, chosen = sys.argv[1], set(sys.argv[2:])
    history = {}
    for schema in onnx.defs.get_all_schemas_with_history():
        if not schema.domain:
            history.setdefault(schema.name, set()).add(schema.since_version)
    counts = {"same": 0, "refused": 0, "only octet": 0, "not run by ONNX Runtime": 0, "differs": 0}
    failures = [op for op in listed()
                if op in history and op not in MODELS and "Sequence" not in op]
    for op in failures:
        print("%s: no model in this script" % op)
    options = ort.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 4, 1
    with tempfile.TemporaryDirectory() as temporary:
        for op, make in MODELS.items():
            if chosen and op not in chosen:
                continue
            for version, m in models(history, op, make):
                label = "%s-%d %s" % (op, version, m.label)
                model, feeds, outputs = model_of(op, version, m)
                try:
                    session = ort.InferenceSession(model.SerializeToString(), options,
                                                   providers=["CPUExecutionProvider"])
                    wanted, why = session.run(outputs, feeds), ""
                except Exception as e:  # its own types, one for each reason
                    wanted, why = None, str(e).splitlines()[0]
                found, message = run_octet(tool, pathlib.Path(temporary), model, feeds, outputs)
                if wanted is None:
                    what = "only octet" if found is not None else "not run by ONNX Runtime"
                    print("%-52s %s: %s" % (label, what, why[:120]))
                elif found is None:
                    what = "refused"
                    print("%-52s refused: %s" % (label, message))
                    if (op, m.label.removesuffix(", float16")) not in REFUSED:
                        failures.append(label)
                elif all(same(found[o], w) for o, w in zip(outputs, wanted)):
                    what = "same"
                else:
                    what = "differs"
                    print("%-52s differs: %s, not %s" % (label, [found[o] for o in outputs],
                                                         wanted))
                    failures.append(label)
                counts[what] += 1
    print(", ".join("%s %d" % item for item in counts.items()))
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
