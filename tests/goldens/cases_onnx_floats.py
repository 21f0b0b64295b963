"""Cases of make_goldens_onnx.py: float operators and the chains of them that ONNX Runtime runs as
one. The same bits on every x86-64 CPU with fused multiply-add: rows of softmax have at most 16
elements, and convolutions of images are left out (their order is that of the vectors)."""
import numpy as np


def floats(n, *shape, scale=1.0):
    return n.rng.normal(0, scale, shape).astype(np.float32)


def number(n, value):
    return n.constant(np.float32(value))


def of_one(op, *shape, domain="", scale=3.0, **attributes):
    return lambda n: n.node(op, [n.input(floats(n, *shape, scale=scale))], domain, **attributes)


def erf_gelu(half_first):
    def build(n):
        x = n.input(floats(n, 4, 33, scale=2))
        y = n.node("Erf", [n.node("Div", [x, number(n, np.sqrt(2))])])
        y = n.node("Add", [y, number(n, 1)])
        if half_first:
            return n.node("Mul", [n.node("Mul", [x, number(n, 0.5)]), y])
        return n.node("Mul", [n.node("Mul", [x, y]), number(n, 0.5)])

    return build


def normalization(size, centred, fused):
    """As a chain of nodes, or as one."""

    def build(n):
        x = n.input(floats(n, 3, 5, size, scale=2))
        g, b = n.constant(floats(n, size)), n.constant(floats(n, size))
        if not fused:
            name, more = ("LayerNormalization", [g, b]) if centred else (
                "SimplifiedLayerNormalization", [g])
            return n.node(name, [x] + more, epsilon=1e-6)
        d = x
        if centred:
            d = n.node("Sub", [x, n.node("ReduceMean", [x], axes=[-1])])
        v = n.node("ReduceMean", [n.node("Pow", [d, number(n, 2)])], axes=[-1])
        y = n.node("Div", [d, n.node("Sqrt", [n.node("Add", [v, number(n, 1e-6)])])])
        y = n.node("Mul", [y, g])
        return n.node("Add", [y, b]) if centred else y

    return build


def skip_normalization(bias):
    """A normalization of a sum; with a bias that joins before it."""

    def build(n):
        x, skip = n.input(floats(n, 2, 5, 24)), n.input(floats(n, 2, 5, 24))
        if bias:
            x = n.node("Add", [x, n.constant(floats(n, 24))])
        return n.node("LayerNormalization", [n.node("Add", [x, skip]), n.constant(floats(n, 24)),
                                             n.constant(floats(n, 24))])

    return build


def scaled(where):
    def build(n):
        a, b = n.input(floats(n, 2, 5, 19)), n.input(floats(n, 2, 19, 6))
        if where == "operand":
            a = n.node("Mul", [a, number(n, 0.3)])
        y = n.node("MatMul", [a, b])
        return y if where == "operand" else n.node("Div", [y, number(n, 2.6457513)])

    return build


def product(m, k, columns, constant=False):
    def build(n):
        b = floats(n, k, columns)
        return n.node("MatMul", [n.input(floats(n, m, k)),
                                 n.constant(b) if constant else n.input(b)])

    return build


def gemm(n):
    c = n.constant(floats(n, 1, 7))
    return n.node("Gemm", [n.input(floats(n, 4, 300)), n.constant(floats(n, 7, 300)), c], transB=1,
                  alpha=0.3, beta=0.7)


def biased(n):
    return n.node("Gemm", [n.input(floats(n, 4, 300)), n.constant(floats(n, 300, 7)),
                           n.constant(floats(n, 7))])


def convolution_of_rows(inputs, outputs, kernel, **attributes):
    def build(n):
        groups = attributes.get("group", 1)
        w = floats(n, outputs, inputs // groups, kernel)
        return n.node("Conv", [n.input(floats(n, 2, inputs, 30)), n.constant(w),
                               n.constant(floats(n, outputs))], **attributes)

    return build


def transposed_convolution(groups, *spatial, **attributes):
    def build(n):
        w = floats(n, 6, 5, *([4] * len(spatial)))
        return n.node("ConvTranspose", [n.input(floats(n, 2, 6, *spatial)), n.constant(w),
                                        n.constant(floats(n, 5 * groups))], group=groups,
                      **attributes)

    return build


def resized(n):
    return n.node("Resize", [n.input(floats(n, 1, 3, 5, 7)), "",
                             n.constant(np.asarray([1, 1, 1.5, 2.25], np.float32))], mode="linear")


def resized_codes(mode):
    """Of codes between DequantizeLinear and QuantizeLinear: only `nearest` stays one of codes."""

    def build(n):
        x = n.input(n.every_code("u8", 1, 2, 9, 12))
        y = n.node("Resize", [n.dq(x, 0.037, 101, "u8"), "",
                              n.constant(np.asarray([1, 1, 2, 1.5], np.float32))], mode=mode)
        return n.q(y, 0.037, 101, "u8")

    return build


def computed(op, a, b, bias=None, **attributes):
    """A product whose operands are inputs: nothing is packed."""

    def build(n):
        names = [n.input(floats(n, *a)), n.input(floats(n, *b))]
        if bias:
            names.append(n.constant(floats(n, *bias)))
        return n.node(op, names, domain="com.microsoft" * (op == "FusedMatMul"), **attributes)

    return build


def constant_operand(a, b):
    """A product with a constant that is no matrix."""
    return lambda n: n.node("MatMul", [n.input(floats(n, *a)), n.constant(floats(n, *b))])


def turned(which, *shapes):
    """MatMul behind a Transpose of the last two axes of one operand."""

    def build(n):
        x = [n.input(floats(n, *s)) for s in shapes]
        rank = len(shapes[which])
        order = list(range(rank - 2)) + [rank - 1, rank - 2]
        x[which] = n.node("Transpose", [x[which]], perm=order)
        return n.node("MatMul", x)

    return build


def where_minus_zero(n):
    """-0 of the first operand becomes 0, of the second it stays."""
    some = np.asarray([-0.0, 0.0, -0.0, 1, np.nan, -0.0], np.float32)
    return n.node("Where", [n.constant(np.asarray([1, 1, 0, 0, 1, 0], bool)), n.input(some),
                            n.input(some[::-1].copy())])


def product_of_flat(n):
    """MatMul and Add behind a layer whose extents the file does not name: one Gemm."""
    x = n.node("Conv", [n.input(floats(n, 3, 2, 7, 6)), n.constant(floats(n, 9, 2, 1, 1))])
    y = n.node("MatMul", [n.node("Flatten", [x]), n.constant(floats(n, 378, 5))])
    return n.node("Add", [y, n.constant(floats(n, 5))])


def softmax_of_one(kind):
    """QLinearSoftmax of rows of one element."""

    def build(n):
        zero = 0 if kind == "u8" else -128
        x = n.input(n.codes(kind, 5, 1))
        return n.ms("QLinearSoftmax", [x] + n.parameters(0.05, zero + 9, kind)
                    + n.parameters(1 / 255, zero, kind), axis=1, opset=13)

    return build


def mean_of_layer(axes):
    """Behind a layer whose result has the channels last in octet and not there."""

    def build(n):
        x = n.input(floats(n, 2, 5, 7, 9))
        return n.node("ReduceMean", [n.node("MaxPool", [x], kernel_shape=[2, 2])], axes=axes)

    return build


def batch_normalization(n):
    return n.node("BatchNormalization", [n.input(floats(n, 2, 5, 4, 3)), n.constant(floats(n, 5)),
                                         n.constant(floats(n, 5)), n.constant(floats(n, 5)),
                                         n.constant(np.abs(floats(n, 5)))])


def cases(w):
    for op in ("Exp", "Tanh", "Sigmoid", "Erf"):
        w.store("float_" + op.lower(), of_one(op, 3, 41))
    w.store("float_gelu", of_one("Gelu", 3, 41), 20)
    w.store("float_gelu_tanh", of_one("Gelu", 3, 41, approximate="tanh"), 20)
    w.store("float_quick_gelu", of_one("QuickGelu", 3, 41, domain="com.microsoft", alpha=1.702))
    w.store("float_softmax", of_one("Softmax", 9, 13))
    w.store("float_log_softmax", of_one("LogSoftmax", 9, 13))
    w.store("float_softmax_axis", of_one("Softmax", 5, 7, 3, axis=1))
    for size in (6, 12, 13, 15, 40):
        w.store("float_norm_%d" % size, normalization(size, True, False))
        w.store("float_rms_%d" % size, normalization(size, False, False))
    w.store("float_norm_chain", normalization(24, True, True))
    w.store("float_rms_chain", normalization(24, False, True))
    w.store("float_norm_skip", skip_normalization(False))
    w.store("float_norm_skip_bias", skip_normalization(True))
    w.store("float_gelu_chain", erf_gelu(False))
    w.store("float_gelu_chain_half", erf_gelu(True))
    for size in (5, 16, 23):
        w.store("float_mean_%d" % size, of_one("ReduceMean", 4, 3, size, axes=[-1]))
    w.store("float_mean_all", of_one("ReduceMean", 3, 5, 7))
    w.store("float_mean_layer_rows", mean_of_layer([3]))
    w.store("float_mean_layer_image", mean_of_layer([2, 3]))
    w.store("float_mean_layer_channels", mean_of_layer([1]))
    for mode in ("nearest", "linear"):
        w.store("qdq_resize_" + mode, resized_codes(mode))
    w.store("float_matmul_scaled", scaled("operand"))
    w.store("float_matmul_divided", scaled("result"))
    w.store("float_matmul_row", product(1, 23, 9))
    w.store("float_matmul_long", product(3, 130, 66))
    w.store("float_product_row_turned", computed("FusedMatMul", (2, 1, 37), (2, 7, 37), transB=1))
    w.store("float_product_turned_row", computed("FusedMatMul", (2, 37, 1), (2, 37, 7), transA=1))
    w.store("float_product_turned_long", computed("FusedMatMul", (300, 3), (300, 21), transA=1,
                                                  alpha=0.5))
    w.store("float_product_turned_column", computed("FusedMatMul", (37, 5), (37, 1), transA=1))
    w.store("float_product_column", computed("MatMul", (3, 5, 37), (37, 1)))
    w.store("float_product_one_matrix", computed("MatMul", (3, 1, 37), (1, 37, 5)))
    w.store("float_product_vector", constant_operand((3, 5, 37), (37,)))
    w.store("float_product_cube", constant_operand((3, 1, 37), (1, 37, 5)))
    w.store("float_product_behind_turn", turned(1, (2, 1, 37), (2, 6, 37)))
    w.store("float_product_behind_turn_long", turned(0, (150, 3), (150, 5)))
    w.store("float_gemm_of_flat", product_of_flat)
    w.store("where_minus_zero", where_minus_zero)
    w.store("float_gemm_row_turned", computed("Gemm", (1, 37), (7, 37), (7,), transB=1))
    w.store("float_gemm_column", computed("Gemm", (5, 37), (37, 1), (5, 1)))
    w.store("float_gemm_turned_column", computed("Gemm", (37, 5), (37, 1), (5, 1), transA=1))
    w.store("float_gemm_turned_long", computed("Gemm", (150, 3), (150, 5), (5,), transA=1))
    for kind in ("u8", "s8"):
        w.store("softmax_of_one_" + kind, softmax_of_one(kind))
    w.store("float_matmul_few_columns", product(3, 300, 21))
    w.store("float_matmul_constant", product(3, 300, 21, True))
    w.store("float_gemm", gemm)
    w.store("float_gemm_bias", biased)
    w.store("float_conv_row", convolution_of_rows(40, 5, 5, pads=[2, 2]))
    w.store("float_conv_row_depthwise", convolution_of_rows(6, 6, 7, pads=[3, 3], group=6))
    w.store("float_conv_row_groups", convolution_of_rows(6, 4, 3, group=2))
    w.store("float_conv_transpose", transposed_convolution(1, 4, 5, strides=[2, 2],
                                                           pads=[1, 0, 1, 1]))
    w.store("float_conv_transpose_row", transposed_convolution(2, 9, strides=[3]))
    w.store("float_resize", resized)
    w.store("float_batch_norm", batch_normalization)
