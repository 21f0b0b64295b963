"""Further cases of make_goldens_onnx.py: what ONNX Runtime joins before it looks for quantized
groups and float chains (a product with the sum behind it, a transposed constant, a sum with its
normalization), pools in the order of each of its kernels, and inputs that may be left out."""
import numpy as np
from cases_onnx_more import floats
from onnx import TensorProto, helper


def named(n, values, *names):
    """An input whose first extents have names."""
    x = n.input(values)
    n.inputs[-1] = helper.make_tensor_value_info(
        x, helper.np_dtype_to_tensor_dtype(values.dtype),
        list(names) + list(values.shape[len(names):]))
    return x


def activations(n, shape, kind="u8", names=()):
    zero = 130 if kind == "u8" else 3
    return n.dq(n.q(named(n, floats(n, *shape), *names), 0.02, zero, kind), 0.02, zero, kind)


def weights(n, rows, columns, kind="s8", axis=1):
    low, high = (-63, 63) if kind == "s8" else (0, 126)
    count = (rows, columns)[axis]
    zero = np.full(count, 0 if kind == "s8" else 60)
    return n.dq(n.constant(n.codes(kind, rows, columns, low=low, high=high)),
                n.rng.uniform(0.005, 0.02, count), zero, kind, axis=axis)


def product_and_sum(shape, bias, kind="u8", weight="s8", out=None, names=(), first=True,
                    relu=False):
    """MatMul and Add; `bias`: a shape, or the type of a quantized one."""

    def build(n):
        x = activations(n, shape, kind, names)
        y = n.node("MatMul", [x, weights(n, shape[-1], 7, weight)])
        if isinstance(bias, str):
            stored, scale = {"s8": (np.int8, 0.02), "s32": (np.int32, 0.0031)}[bias]
            b = n.node("DequantizeLinear", [n.constant(n.rng.integers(-50, 50, 7), stored),
                                            n.scale(scale)])
        else:
            b = n.constant(floats(n, *bias, scale=0.5))
        y = n.node("Add", [y, b] if first else [b, y])
        if relu:
            y = n.node("Relu", [y])
        return n.q(y, 0.02, 0 if relu else 125, out) if out else y

    return build


def shared_rows(n):
    """Three products of one dequantized value, which something else reads as well."""
    x = activations(n, (2, 5, 19))
    results = [n.node("Add", [n.node("MatMul", [x, weights(n, 19, 7)]),
                              n.constant(floats(n, 7, scale=0.5))]) for _ in range(3)]
    return results + [n.node("Relu", [x])]


def float_product_and_sum(shape, attention=False):
    """`attention`: behind the weighted sum of values that a softmax gives."""

    def build(n):
        if not attention:
            x = n.input(floats(n, *shape))
        else:
            probabilities = n.node("Softmax", [n.input(floats(n, 2, 3, 5, 5))], axis=-1)
            x = n.node("MatMul", [probabilities, n.input(floats(n, 2, 3, 5, 200))])
            x = n.node("Transpose", [x], perm=[0, 2, 1, 3])
            x = n.node("Reshape", [x, n.constant([2, 5, 600], np.int64)])
        y = n.node("MatMul", [x, n.constant(floats(n, 600, 16))])
        return n.node("Add", [y, n.constant(floats(n, 16))])

    return build


def transposed_weights(shape, kind="u8", weight="s8", out=None, bias=False, read_twice=False):
    def build(n):
        x = activations(n, shape, kind)
        w = n.node("Transpose", [weights(n, 7, 16, weight, 0)], perm=[1, 0])
        y = n.node("MatMul", [x, w])
        if bias:
            y = n.node("Add", [y, n.constant(floats(n, 7))])
        y = n.q(y, 0.1, 120, out) if out else y
        return [y, n.node("Relu", [w])] if read_twice else y

    return build


def normalized_sum(quantized, bias, names=()):
    """A product, perhaps its bias, a sum with what went before, LayerNormalization."""

    def build(n):
        shape = (2, 7, 32)
        x = named(n, floats(n, *shape), *names)
        skip = named(n, floats(n, *shape), *names)
        if quantized:
            x = n.dq(n.q(x, 0.02, 130, "u8"), 0.02, 130, "u8")
            y = n.node("MatMul", [x, weights(n, 32, 32)])
            y = n.dq(n.q(y, 0.1, 128, "u8"), 0.1, 128, "u8")
        else:
            y = n.node("MatMul", [x, n.constant(floats(n, 32, 32, scale=0.2))])
        if bias:
            y = n.node("Add", [y, n.constant(floats(n, 32, scale=0.3))])
        return n.node("LayerNormalization", [n.node("Add", [y, skip]), n.constant(floats(n, 32)),
                                             n.constant(floats(n, 32))])

    return build


def pool(op, shape, **attributes):
    return lambda n: n.node(op, [n.input(floats(n, *shape))], **attributes)


def pool_behind(*before, shared=False):
    """The average of whole images of 16 channels behind other operators; `shared`: the last of
    them is read by a second node."""

    def build(n):
        x = n.input(floats(n, 2, 3 if before and before[0] == "Conv" else 16, 7, 5))
        values = [x]
        for op in before:
            if op == "Conv":
                w, b = floats(n, 16, 3, 3, 3, scale=0.3), floats(n, 16, scale=0.2)
                inputs, more = [n.constant(w), n.constant(b)], {}
            elif op == "Clip":
                inputs, more = [n.scale(-0.5), n.scale(1.5)], {}
            elif op == "BatchNormalization":
                inputs = [n.constant(n.rng.uniform(0.5, 2, 16).astype(np.float32))
                          for _ in range(4)]
                more = {}
            elif op == "MaxPool":
                inputs, more = [], {"kernel_shape": [2, 2]}
            else:
                inputs, more = [], {}
            values.append(n.node(op, [values[-1]] + inputs, **more))
        results = [n.node("GlobalAveragePool", values[-1:])]
        if shared:
            results.append(n.node("Neg", [values[-2]]))
        return results + ([values[-1]] if before[-1] == "BatchNormalization" else [])

    return build


def reciprocal(one, first, shared=False):
    """x times 1 / y."""

    def build(n):
        x, y = n.input(floats(n, 3, 40)), n.input(floats(n, 3, 40))
        r = n.node("Div", [n.constant(np.ones(one, np.float32)), y])
        z = n.node("Mul", [r, x] if first else [x, r])
        return [z, n.node("Neg", [r])] if shared else z

    return build


def output_behind_transpose(direct=True, out="u8", read_twice=False):
    """A result of the network whose reader is a Transpose; the Q behind it reaches the result."""

    def build(n):
        r = n.node("Neg", [n.input(floats(n, 2, 3, 4, 5))])
        t = n.node("Transpose", [r], perm=[0, 2, 1, 3])
        if not direct:
            t = n.node("Reshape", [t, n.constant([2, 12, 5], np.int64)])
        zero = {"u8": 130, "s8": 3, "u16": 30000}[out]
        y = n.dq(n.q(t, 0.02, zero, out), 0.02, zero, out)
        return [r, y] + ([n.node("Relu", [r])] if read_twice else [])

    return build


def transposed_reduction(op, axes, keep=1, by=None, shared=False):
    """Of a transposed value, `by` of two of its kind; `shared`: others read the Transpose."""

    def build(n):
        x = n.input(floats(n, 2, 19, 7, 5))
        t = n.node("Transpose", [x], perm=[0, 2, 3, 1])
        of = n.node(by, [t, n.node("Transpose", [n.input(floats(n, 2, 19, 7, 5))],
                                   perm=[0, 2, 3, 1])]) if by else t
        as_input = n.opset >= (18 if op == "ReduceMean" else 13)
        y = n.node(op, [of] + ([n.constant(axes, np.int64)] if as_input else []), keepdims=keep,
                   **({} if as_input else {"axes": axes}))
        return [y, n.node("Relu", [t])] if shared else y

    return build


def transposed_normalization(last=None):
    """LayerNormalization's chain over the channels of an image; `last`: what reads it."""

    def build(n):
        t = n.node("Transpose", [n.input(floats(n, 2, 19, 21))], perm=[0, 2, 1])
        d = n.node("Sub", [t, n.node("ReduceMean", [t], axes=[-1])])
        v = n.node("ReduceMean", [n.node("Pow", [d, n.scale(2)])], axes=[-1])
        y = n.node("Div", [d, n.node("Sqrt", [n.node("Add", [v, n.scale(1e-5)])])])
        y = n.node("Mul", [y, n.constant(floats(n, 19))])
        y = n.node("Add", [y, n.constant(floats(n, 19))])
        return n.node(last, [y], **({"perm": [0, 2, 1]} if last == "Transpose" else {}))

    return build


def dequantized_reduction(back):
    """A Transpose of codes before the sums of what they stand for; `back`: towards another one."""

    def build(n):
        x = n.input(floats(n, 2, 19, 7, 5))
        x = n.dq(n.q(x, 0.02, 7, "s8"), 0.02, 7, "s8")
        t = n.node("Transpose", [x], perm=[0, 2, 3, 1])
        t = n.dq(n.q(t, 0.02, 7, "s8"), 0.02, 7, "s8")
        y = n.node("ReduceMean", [t], axes=[1, 2])
        return n.node("Transpose", [n.node("Sub", [t, y])], perm=[0, 3, 1, 2]) if back else y

    return build


def resized_channels_last(mode, quantized=False, sizes=False, **attributes):
    """What converters from TensorFlow leave: images [N, H, W, C]."""

    def build(n):
        x = n.input(floats(n, 2, 5, 7, 3))
        if quantized:
            x = n.dq(n.q(x, 0.02, 130, "u8"), 0.02, 130, "u8")
        y = n.node("Resize", [x, "", "", n.constant([2, 9, 12, 3], np.int64)] if sizes else
                   [x, "", n.constant([1, 2, 2, 1], np.float32)], mode=mode, **attributes)
        return n.dq(n.q(y, 0.02, 130, "u8"), 0.02, 130, "u8") if quantized else y

    return build


def between_transposes(op, undone=True, **attributes):
    """An int8 group of one operator between two Transposes; the result is read twice."""

    def build(n):
        s = 0.002 if op == "Softmax" else 0.004
        x = n.dq(n.q(n.input(floats(n, 2, 19, 6, 5)), 0.02, 3, "s8"), 0.02, 3, "s8")
        t = n.node("Transpose", [x], perm=[0, 2, 3, 1])
        y = n.node(op, [n.dq(n.q(t, 0.02, 3, "s8"), 0.02, 3, "s8")], **attributes)
        y = n.dq(n.q(y, s, -7, "s8"), s, -7, "s8")
        t = n.node("Transpose", [y], perm=[0, 3, 1, 2] if undone else [0, 2, 1, 3])
        y = n.dq(n.q(t, s, -7, "s8"), s, -7, "s8")
        return [y, n.node("Neg", [y])]

    return build


def largest(op, kind, axes, keep=1):
    def build(n):
        x = n.input(floats(n, 2, 3, 4, 5))
        s, zero = 0.02, 130 if kind == "u8" else -7
        x = n.dq(n.q(x, s, zero, kind), s, zero, kind)
        more = {} if n.opset >= 18 else {"axes": axes}
        names = [x] + ([n.constant(axes, np.int64)] if n.opset >= 18 else [])
        return n.q(n.node(op, names, keepdims=keep, **more), s, zero, kind)

    return build


def without_zero_points(op, kind, **attributes):
    def build(n):
        x = n.input(n.every_code(kind, 1, 2, 16, 16))
        last = n.constant(np.uint8(0)) if op == "QLinearSoftmax" else ""
        return n.ms(op, [x, n.scale(0.03), "", n.scale(1 / 256), last], **attributes)

    return build


def rows_of_bias(shape):
    def build(n):
        a, w = n.input(n.codes("u8", 5, 19)), n.constant(n.codes("s8", 19, 7, low=-64, high=63))
        names = [a] + n.parameters(0.02, 100, "u8") + [w]
        names += n.parameters(n.rng.uniform(0.01, 0.02, 7), np.zeros(7), "s8")
        return n.ms("QGemm", names + [n.constant(n.rng.integers(-5000, 5000, shape), np.int32)])

    return build


def padded(value, quantized):
    def build(n):
        x = n.input(floats(n, 1, 4, 9, 8))
        x = n.dq(n.q(x, 0.02, 118, "u8"), 0.02, 118, "u8") if quantized else x
        y = n.node("Pad", [x, n.constant([0, 0, 1, 1, 0, 0, 1, 1], np.int64), n.scale(value)])
        if not quantized:
            return y
        return n.q(n.node("MaxPool", [y], kernel_shape=[3, 3]), 0.02, 118, "u8")

    return build


def bounded_product(op, *bounds, bias=False):
    """A product that ONNX Runtime leaves in float: a bound of its own reads it, and a Q that."""

    def build(n):
        y = n.node("MatMul", [activations(n, (2, 5, 19)), weights(n, 19, 7)])
        if bias:
            y = n.node("Add", [y, n.constant(floats(n, 7, scale=0.5))])
        return n.q(n.node(op, [y, *[n.scale(b) for b in bounds]]), 0.03, 120, "u8")

    return build


def dequantized(n, *shape, axis=0):
    codes = n.codes("s8", *shape, low=-63, high=63)
    return n.dq(n.constant(codes), n.rng.uniform(0.005, 0.02, shape[axis]),
                np.zeros(shape[axis]), "s8", axis=axis)


def one_pixel(shape, out, groups=1, constant=False, bias=True):
    """A float convolution whose window is the whole image."""

    def build(n):
        x = n.input(floats(n, *shape))
        size = (out, shape[1] // groups) + shape[2:]
        w = n.constant(floats(n, *size)) if constant else dequantized(n, *size)
        return n.node("Conv", [x, w] + ([n.constant(floats(n, out))] if bias else []),
                      group=groups)

    return build


def pixel_spread(shape, out, constant=False, groups=1, **attributes):
    """A transposed convolution of one pixel."""

    def build(n):
        x = n.input(floats(n, *shape))
        size = (shape[1], out, 3, 2)
        w = n.constant(floats(n, *size)) if constant else dequantized(n, *size, axis=1)
        return n.node("ConvTranspose", [x, w, n.constant(floats(n, out * groups))], group=groups,
                      **attributes)

    return build


def bound_without_zero_point(op, bound="Relu"):
    """A bound that a Q without a zero point makes superfluous."""

    def build(n):
        x = activations(n, (2, 4, 7, 6))
        y = n.node("Conv", [x, dequantized(n, 5, 4, 3, 2), n.constant(floats(n, 5))]) \
            if op == "Conv" else n.node(op, [x, activations(n, (1, 4, 1, 6))])
        limits = [n.scale(0.), n.scale(100.)] if bound == "Clip" else []
        return n.node("QuantizeLinear", [n.node(bound, [y, *limits]), n.scale(0.02)])

    return build


def zeros_around(op, pads=(0, 0, 1, 0, 0, 0, 2, 1), value=None, **attributes):
    """A Pad that is part of what reads it."""

    def build(n):
        x = activations(n, (2, 4, 7, 6))
        around = [x, n.constant(np.asarray(pads, np.int64))]
        x = n.node("Pad", around + ([] if value is None else [n.scale(value)]))
        if op == "Conv":
            y = n.node(op, [x, dequantized(n, 5, 4, 3, 2), n.constant(floats(n, 5))], **attributes)
        else:
            y = n.node(op, [x], kernel_shape=[3, 2], **attributes)
        return n.q(y, 0.03, 120, "u8")

    return build


def expanded(*to):
    """An Expand that may change nothing, between a Q and another one."""

    def build(n):
        y = n.node("Expand", [activations(n, (1, 3, 4)), n.constant(np.asarray(to, np.int64))])
        return n.dq(n.q(y, 0.013, 9, "u8"), 0.013, 9, "u8")

    return build


def cases(w):
    wide, flat = (2, 5, 19), (5, 19)
    for name, made in {
            "flat": product_and_sum(flat, (7,)), "flat_s8": product_and_sum(flat, (7,), "s8"),
            "flat_row": product_and_sum(flat, (1, 7)), "flat_column": product_and_sum(flat, (5, 1)),
            "flat_full": product_and_sum(flat, (5, 7)), "flat_one": product_and_sum(flat, (1,)),
            "flat_named": product_and_sum(flat, (7,), names=("n",)),
            "turned": product_and_sum(flat, (7,), first=False),
            "wide": product_and_sum(wide, (7,)),
            "wide_u8": product_and_sum(wide, (7,), weight="u8"),
            "wide_row": product_and_sum(wide, (1, 7)),
            "wide_full": product_and_sum(wide, wide[:2] + (7,)),
            "wide_named": product_and_sum(wide, (7,), names=("n",)),
            "wide_q": product_and_sum((4, 25, 19), (7,), out="u8"),
            "wide_relu_q": product_and_sum((4, 25, 19), (7,), out="u8", relu=True),
            "wider": product_and_sum((2, 3, 5, 19), (7,)), "vector": product_and_sum((19,), (7,)),
            "bias_s8": product_and_sum(flat, "s8"), "bias_s32": product_and_sum(flat, "s32"),
            "wide_bias_s32": product_and_sum(wide, "s32"), "shared": shared_rows,
            "float": float_product_and_sum((5, 600)),
            "float_wide": float_product_and_sum((2, 5, 600)),
            "float_attention": float_product_and_sum((), True)}.items():
        w.store("fused_sum_" + name, made)
    for name, made in {
            "flat": transposed_weights((5, 16)), "wide": transposed_weights((2, 5, 16)),
            "s8": transposed_weights((5, 16), "s8"), "u8": transposed_weights((5, 16), "u8", "u8"),
            "q": transposed_weights((40, 16), out="u8"),
            "bias": transposed_weights((2, 5, 16), bias=True),
            "bias_q": transposed_weights((100, 16), out="u8", bias=True),
            "read_twice": transposed_weights((2, 5, 16), read_twice=True)}.items():
        w.store("turned_weights_" + name, made)
    for name, made in {
            "q": normalized_sum(True, False), "q_bias": normalized_sum(True, True),
            "float": normalized_sum(False, False), "float_bias": normalized_sum(False, True),
            "named_bias": normalized_sum(False, True, ("n",))}.items():
        w.store("normalized_sum_" + name, made)
    sizes = {"kernel_shape": [3, 3]}
    for name, made in {
            "columns": pool("AveragePool", (1, 5, 11, 9), **sizes),
            "columns_padded": pool("AveragePool", (1, 5, 11, 9), pads=[1, 1, 1, 1], strides=[2, 2],
                                   **sizes),
            "columns_counted": pool("AveragePool", (1, 5, 11, 9), pads=[1, 1, 0, 1],
                                    count_include_pad=1, **sizes),
            "columns_ceil": pool("AveragePool", (1, 5, 11, 9), kernel_shape=[3, 2], ceil_mode=1,
                                 strides=[2, 2]),
            "counted_ceil": pool("AveragePool", (1, 5, 11, 9), kernel_shape=[3, 2], ceil_mode=1,
                                 strides=[2, 2], pads=[1, 0, 1, 0], count_include_pad=1),
            "same": pool("AveragePool", (1, 5, 11, 9), auto_pad="SAME_UPPER", strides=[2, 2],
                         **sizes),
            "steps": pool("AveragePool", (1, 5, 11, 9), strides=[1, 3], **sizes),
            "large": pool("AveragePool", (1, 2, 40, 9), kernel_shape=[33, 3]),
            "long": pool("AveragePool", (1, 1, 3, 2044), pads=[0, 1, 0, 1], **sizes),
            "short": pool("AveragePool", (1, 1, 3, 2043), pads=[0, 1, 0, 1], **sizes),
            "blocked": pool("AveragePool", (1, 8, 11, 9), **sizes),
            "whole": pool("AveragePool", (1, 5, 11, 9), kernel_shape=[11, 9]),
            "row": pool("AveragePool", (1, 5, 33), kernel_shape=[5], strides=[2], pads=[2, 1]),
            "whole_row": pool("AveragePool", (1, 8, 33), kernel_shape=[33])}.items():
        w.store("pool_order_" + name, made)
    w.store("pool_order_opset_19", pool("AveragePool", (1, 5, 11, 9), **sizes), 19)
    for name, shape in {"square": (1, 12, 10, 10), "rest": (2, 3, 7, 7), "few": (2, 5, 1, 3),
                        "row": (2, 8, 21), "block": (2, 8, 7, 7),
                        "volume": (2, 8, 3, 4, 5)}.items():
        w.store("pool_all_" + name, pool("GlobalAveragePool", shape))
    for name, before in {"plain": ["Abs"], "max_pool": ["MaxPool"],
                         "relu": ["MaxPool", "Relu"], "leaky": ["MaxPool", "LeakyRelu"],
                         "layer": ["Conv"], "clip": ["Conv", "Clip"],
                         "swish": ["Conv", "HardSwish"],
                         "normalized": ["MaxPool", "BatchNormalization"]}.items():
        w.store("pool_all_behind_" + name, pool_behind(*before))
    w.store("pool_all_behind_shared_clip", pool_behind("Conv", "Clip", shared=True))
    for name, op, axes, more, opset in (
            ("last", "ReduceMean", [-1], {}, 17), ("sum", "ReduceSum", [1, 2], {}, 17),
            ("dropped", "ReduceMean", [1, 2], {"keep": 0}, 13),
            ("rest", "ReduceMean", [3], {"keep": 0}, 18),
            ("shared", "ReduceSum", [-1], {"shared": True}, 11),
            ("of_sub", "ReduceMean", [-1], {"by": "Sub"}, 18)):
        w.store("transposed_reduction_" + name, transposed_reduction(op, axes, **more), opset)
    w.store("transposed_reduction_codes", dequantized_reduction(False))
    w.store("transposed_reduction_codes_back", dequantized_reduction(True))
    for name, last, opset in (("alone", "Neg", 13), ("back", "Transpose", 13),
                              ("opset_17", "Transpose", 17)):
        w.store("transposed_normalization_" + name, transposed_normalization(last), opset)
    for name, made in {
            "nearest": resized_channels_last("nearest"),
            "nearest_u8": resized_channels_last(
                "nearest", True, coordinate_transformation_mode="asymmetric",
                nearest_mode="floor"),
            "linear": resized_channels_last("linear"),
            "linear_sizes": resized_channels_last("linear", sizes=True),
            "linear_corners": resized_channels_last(
                "linear", coordinate_transformation_mode="align_corners"),
            "linear_codes": resized_channels_last("linear", True)}.items():
        w.store("resize_channels_last_" + name, made)
    for name, made in {"softmax": between_transposes("Softmax", axis=-1),
                       "softmax_rows": between_transposes("Softmax", axis=1),
                       "sigmoid": between_transposes("Sigmoid"),
                       "not_undone": between_transposes("Softmax", False, axis=-1)}.items():
        w.store("between_transposes_" + name, made)
    for name, made in {"number": reciprocal((), False), "vector": reciprocal((1,), True),
                       "shared": reciprocal((), False, True)}.items():
        w.store("reciprocal_product_" + name, made)
    for name, made in {"u8": output_behind_transpose(), "s8": output_behind_transpose(out="s8"),
                       "reshape": output_behind_transpose(direct=False),
                       "read_twice": output_behind_transpose(read_twice=True)}.items():
        w.store("output_behind_transpose_" + name, made)
    for name, op, kind, axes, keep, opset in (
            ("last_u8", "ReduceMax", "u8", [3], 1, 13), ("first_s8", "ReduceMin", "s8", [0], 0, 13),
            ("two_u8", "ReduceMin", "u8", [1, 2], 0, 18),
            ("all_s8", "ReduceMax", "s8", [0, 1, 2, 3], 0, 20),
            ("image_u8", "ReduceMax", "u8", [2, 3], 1, 20)):
        w.store("qdq_largest_" + name, largest(op, kind, axes, keep), opset)
    for name, op, kind, more in (("sigmoid", "QLinearSigmoid", "u8", {}),
                                 ("leaky_s8", "QLinearLeakyRelu", "s8", {"alpha": 0.1}),
                                 ("softmax", "QLinearSoftmax", "u8", {"axis": -1, "opset": 13})):
        w.store("no_zero_point_" + name, without_zero_points(op, kind, **more))
    w.store("gemm_bias_column", rows_of_bias((5, 1)))
    w.store("gemm_bias_full", rows_of_bias((5, 7)))
    w.store("pad_lowest_pool", padded(-np.inf, True))
    w.store("pad_infinity", padded(np.inf, False))
    w.store("pad_nan", padded(np.nan, False))
    w.store("bounded_product_relu", bounded_product("Relu"))
    w.store("bounded_product_clip", bounded_product("Clip", -1, 2))
    w.store("bounded_product_sum", bounded_product("Relu", bias=True))
    w.store("pixel_conv", one_pixel((2, 19, 1, 1), 7))
    w.store("pixel_conv_window", one_pixel((1, 5, 3, 2), 6, bias=False))
    w.store("pixel_conv_groups", one_pixel((2, 12, 1, 1), 10, groups=2))
    w.store("pixel_conv_constant", one_pixel((1, 17, 1, 1), 9, constant=True))
    w.store("pixel_conv_row", one_pixel((1, 9, 4), 5, constant=True))
    w.store("pixel_spread", pixel_spread((2, 19, 1, 1), 4, strides=[2, 2], pads=[1, 0, 0, 1]))
    w.store("pixel_spread_constant", pixel_spread((2, 19, 1, 1), 4, True))
    w.store("pixel_spread_groups", pixel_spread((1, 10, 1, 1), 3, groups=2))
    w.store("zeros_around_conv", zeros_around("Conv"))
    w.store("zeros_around_conv_zero", zeros_around("Conv", value=0, strides=[2, 1]))
    w.store("zeros_around_average", zeros_around("AveragePool"))
    w.store("zeros_around_average_ceil", zeros_around("AveragePool", ceil_mode=1))
    w.store("zeros_around_value", zeros_around("Conv", value=0.5))
    for name, to in (("same", (3, 1)), ("larger", (2, 1, 1)), ("axes", (1, 1, 1, 1))):
        w.store("expanded_" + name, expanded(*to))
    for name, op, bound in (("conv", "Conv", "Relu"), ("add", "Add", "Relu"),
                            ("clip", "Conv", "Clip")):
        w.store("bound_without_zero_point_" + name, bound_without_zero_point(op, bound))
