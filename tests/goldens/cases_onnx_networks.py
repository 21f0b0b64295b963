"""Further cases of make_goldens_onnx.py: parts of networks, where what stands around a group, how
its constants are stored or what shapes follow from the file decides how ONNX Runtime runs it.
Activations have codes below 128: sums of two products stay within 16 bits on any CPU."""
import numpy as np
from onnx import TensorProto, helper

FLOAT, HALF = TensorProto.FLOAT, TensorProto.FLOAT16


def floats(n, *shape, scale=1.0):
    return n.input((scale * n.rng.standard_normal(shape)).astype(np.float32))


def named(n, values, *axes):
    """An input whose extents along `axes` are open and have names."""
    name, shape = n.input(values), list(values.shape)
    for axis in axes:
        shape[axis] = "extent%d" % axis
    n.inputs[-1] = helper.make_tensor_value_info(name, FLOAT, shape)
    return name


def numbers(n, *shape, low=-0.4, high=0.3, kind=np.float32):
    return n.constant(n.rng.uniform(low, high, shape).astype(kind))


def again(n, x, scale, zero, kind):
    """x by codes, with a zero point of its own in each of the two nodes."""
    return n.dq(n.q(x, scale, zero, kind), scale, zero, kind)


def pair(n, x, scale, zero, kind):
    """The same with one scale and one zero point for both, or without a zero point."""
    parameters = n.parameters(scale, 0 if zero is None else zero, kind)[:1 if zero is None else 2]
    codes = n.node("QuantizeLinear", [x] + parameters)
    return n.node("DequantizeLinear", [codes] + parameters)


def constant_codes(op, scale, low=-128, high=127):
    """int8 values become uint8, an int8 constant beside them does not: they do not meet. Scales
    that make ties of every other result."""

    def build(n):
        x = pair(n, floats(n, 8, 3, 25), 0.02, 3, "s8")
        c = n.dq(n.constant(n.codes("s8", 3, 25, low=low, high=high)), 0.02, 0, "s8")
        return pair(n, n.node(op, [x, c]), scale, -7, "s8")

    return build


def two_readers(shared):
    """A convolution of float weights that two equal Q read: they are one, and the weights become
    int8, only where both read the same zero point."""

    def build(n):
        x = n.dq(n.input(n.codes("u8", 1, 3, 6, 5, low=0, high=127)), 0.0371, 57, "u8")
        y = n.node("Conv", [x, numbers(n, 4, 3, 3, 3), numbers(n, 4, low=-1, high=1)])
        scale, zero = n.parameters(0.05, 121, "u8")
        left = n.node("QuantizeLinear", [y, scale, zero])
        other = zero if shared else n.parameters(0.05, 121, "u8")[1]
        right = n.node("QuantizeLinear", [y, n.scale(0.05), other])
        left = n.node("Sigmoid", [n.node("DequantizeLinear", [left, scale, zero])])
        return n.node("Mul", [left, n.node("DequantizeLinear", [right, scale, other])])

    return build


def without_zero_points(n):
    """Q and DQ leave out what is 0."""
    x = n.node("Relu", [floats(n, 1, 4, 8, 6)])
    x = pair(n, x, 0.03, None, "u8")

    def weights(*shape):
        codes = n.constant(n.codes("s8", *shape, low=-64, high=63))
        return n.node("DequantizeLinear", [codes, n.scale(0.01)])

    y = pair(n, n.node("Conv", [x, weights(5, 4, 3, 3)]), 0.02, None, "u8")
    m = pair(n, n.node("MatMul", [y, weights(4, 3)]), 0.03, None, "u8")
    left = pair(n, n.node("Sigmoid", [m]), 1 / 256, None, "u8")
    s = pair(n, n.node("Add", [m, left]), 0.04, None, "u8")
    p = pair(n, n.node("Mul", [s, left]), 0.03, None, "u8")
    w = n.node("Where", [n.constant(n.rng.random((6, 3)) < 0.5), s, p])
    w = pair(n, w, 0.035, None, "u8")
    c = pair(n, n.node("Concat", [w, m], axis=1), 0.037, None, "u8")
    a = pair(n, n.node("AveragePool", [c], kernel_shape=[2, 2]), 0.03, None, "u8")
    r = pair(n, n.node("Softmax", [s]), 1 / 255, None, "u8")
    return [n.node("Flatten", [a]), pair(n, n.node("GlobalAveragePool", [c]), 0.02, None, "u8"), r]


def transposed_bias(axis):
    """A float bias behind weights with a scale for each channel that comes out: on axis 1."""

    def build(n):
        x = n.dq(n.input(n.codes("u8", 1, 4, 5, 6, low=0, high=127)), 0.0371, 57, "u8")
        scales = n.rng.uniform(0.002, 0.03, 4)
        w = n.dq(n.constant(n.codes("s8", 4, 4, 2, 3, low=-64, high=63)), scales,
                 np.zeros(4), "s8", axis=axis)
        y = n.node("ConvTranspose", [x, w, numbers(n, 4, low=-1, high=1)], strides=[2, 1])
        return n.q(n.node("Relu", [y]), 0.0217, 3, "u8")

    return build


def behind_layer(part):
    """MatMul and Add of what a convolution and `part` give: the shape follows from the file, so
    that they become a Gemm with an int32 bias."""

    def build(n):
        x = n.node("Conv", [floats(n, 2, 3, 15, 14), numbers(n, 6, 3, 3, 2)], strides=[2, 2],
                   pads=[1, 0, 1, 1])
        y = part(n, x)
        y = again(n, y, 0.05, 60, "u8")
        w = n.dq(n.constant(n.codes("s8", 6, 12, low=-64, high=63)), 0.03, 0, "s8")
        y = n.node("Add", [n.node("MatMul", [y, w]), numbers(n, 12)])
        return n.q(y, 0.02, 131, "u8")

    return build


def rows(n, x):
    """[2, 6, ...] as [2, ..., 6]."""
    flat = n.node("Reshape", [x, n.constant(np.asarray([0, 0, -1]))])
    return n.node("Transpose", [flat], perm=[0, 2, 1])


def pooled(n, x):
    y = n.node("MaxPool", [x], kernel_shape=[3, 2], strides=[2, 1], pads=[1, 0, 0, 1])
    return rows(n, n.node("AveragePool", [y], kernel_shape=[2, 2], auto_pad="SAME_UPPER"))


def sliced(n, x):
    y = n.node("Slice", [rows(n, x)] + [n.constant(np.asarray([v])) for v in (-1, -60, 1, -1)])
    return n.node("Concat", [y, y], axis=1)


def split(n, x):
    left, right = n.node("Split", [rows(n, x), n.constant(np.asarray([8, 48]))], axis=1, outputs=2)
    return n.node("Gather", [right, n.constant(np.asarray([[0, 3, 17], [5, 1, 40]]))], axis=1)


def averaged(n, x):
    y = n.node("ReduceMean", [x], axes=[3], keepdims=0)
    y = n.node("Expand", [y, n.constant(np.asarray([2, 1, 1]))])
    return n.node("Transpose", [y], perm=[0, 2, 1])


def by_shape(n, x):
    """The shape is computed from another, as tools export it."""
    shape = n.node("Shape", [x])
    batch = n.node("Gather", [shape, n.constant(np.asarray(0))], axis=0)
    batch = n.node("Unsqueeze", [batch, n.constant(np.asarray([0]))])
    to = n.node("Concat", [batch, n.constant(np.asarray([6, -1]))], axis=0)
    return n.node("Transpose", [n.node("Reshape", [x, to])], perm=[0, 2, 1])


def attended(n, x):
    y = rows(n, x)
    scores = n.node("Softmax", [n.node("MatMul", [y, n.node("Transpose", [y], perm=[0, 2, 1])])])
    return n.node("MatMul", [scores, y])


def grown(n, x):
    y = n.node("ConvTranspose", [x, numbers(n, 6, 24, 2, 3)], strides=[2, 1], pads=[0, 1, 1, 0])
    y = n.node("DepthToSpace", [y], blocksize=2)
    return rows(n, n.node("Resize", [y, "", n.constant(np.asarray([1, 1, 0.25, 0.5], np.float32))],
                          mode="nearest"))


def recurrent(n, x):
    y = n.node("Transpose", [rows(n, x)], perm=[1, 0, 2])
    weights = [numbers(n, 1, 24, 6), numbers(n, 1, 24, 6), numbers(n, 1, 48)]
    y = n.node("LSTM", [y] + weights, hidden_size=6)
    return n.node("Squeeze", [y, n.constant(np.asarray([1]))])


def half_split(n):
    """ONNX Runtime asks for the readers of the first part alone whether Split runs in float32."""
    x = n.input(n.rng.standard_normal((3, 8)).astype(np.float16))
    e = n.node("Exp", [x])
    a, b = n.node("Split", [e, n.constant(np.asarray([5, 3]))], axis=1, outputs=2)
    c, d = n.node("Split", [n.node("Sin", [x]), n.constant(np.asarray([5, 3]))], axis=1, outputs=2)
    a, d = n.node("Exp", [a]), n.node("Exp", [d])
    b, c = [n.node("Transpose", [v], perm=[1, 0]) for v in (b, c)]
    first = n.node("Concat", [n.node("Neg", [a]), n.node("Reshape", [
        b, n.constant(np.asarray([3, 3]))])], axis=1)
    return [n.node("Cast", [v], to=FLOAT) for v in (a, b, c, d, n.node("Sin", [first]))]


def half_undone(n):
    """A cast back to float32 undoes ONNX Runtime's own, whoever reads the float16 value too."""
    x = n.input(n.rng.standard_normal((3, 8)).astype(np.float16))
    e = n.node("Exp", [x])
    back = n.node("Cast", [e], to=FLOAT)
    moved = n.node("Transpose", [e], perm=[1, 0])
    like = n.node("CastLike", [e, n.constant(np.float32(1))])
    return [n.node("Neg", [back]), moved, n.node("Neg", [like])]


def half_rows(n):
    """Normalizations of sums have float16 kernels; a Transpose between two products rounds."""
    x = n.input(n.rng.standard_normal((2, 3, 8)).astype(np.float16))
    gamma, beta = [numbers(n, 8, low=0.5, high=1.5, kind=np.float16) for _ in range(2)]
    e, s = n.node("Exp", [x]), n.node("Sin", [x])
    skip = n.ms("SkipLayerNormalization", [e, s, gamma, beta], outputs=4)
    simple = n.ms("SkipSimplifiedLayerNormalization", [e, skip[0], gamma])
    norm = n.node("LayerNormalization", [n.node("Add", [e, simple]), gamma, beta], axis=-1)
    y = n.node("Reshape", [n.node("Exp", [norm]), n.constant(np.asarray([2, 3, 8]))])
    y = n.node("Transpose", [y], perm=[0, 2, 1])
    y = n.node("MatMul", [numbers(n, 5, 8, kind=np.float16), y])
    return [n.node("Cast", [v], to=FLOAT) for v in (skip[3], skip[0], simple, norm, y)]


def turned_twice(n):
    """Two Transposes in a row are one, which goes behind ReduceMean; two that undo each other are
    none."""
    x = floats(n, 2, 8, 8, 6)
    first = n.node("Transpose", [n.node("Add", [x, x])], perm=[3, 1, 0, 2])
    both = n.node("Transpose", [first], perm=[1, 3, 2, 0])
    back = n.node("Transpose", [first], perm=[2, 1, 3, 0])
    return [n.node("ReduceMean", [both], axes=[1], keepdims=1),
            n.node("ReduceMean", [back], axes=[0, 2], keepdims=0),
            n.node("ReduceMean", [first], axes=[3], keepdims=0)]


PAIRS = [(0.0204, 128), (0.02305, 128), (0.02698, 128), (0.02183, 72), (0.0196, 121), (0.026, 60)]


def row_of_pairs(count, kind="u8", one=False):
    """Pairs of Q and DQ in a row: the first two become one, and the next two; then the results of
    that."""

    def build(n):
        x = floats(n, 3, 50)
        for scale, zero in PAIRS[:count]:
            zero -= 128 if kind == "s8" else 0
            x = again(n, x, [scale] if one else scale, [zero] if one else zero, kind)
        return x

    return build


def pairs_of_two_readers(n):
    """The last DQ of two pairs in a row is there twice, with one scale or with two constants."""
    x = again(n, floats(n, 3, 50), 0.016, 128, "u8")
    q = n.q(x, 0.0189, 4, "u8")
    first, second = [n.dq(q, 0.0189, 4, "u8") for _ in range(2)]
    return [again(n, n.node("Sigmoid", [first]), 1 / 256, 0, "u8"), n.node("Neg", [second])]


def pairs_before_gemm(n):
    """Between two rounds the DQ of a pair goes behind the Reshape in front of the Gemm."""
    x = floats(n, 2, 3, 4)
    for scale, zero in [(0.0257, 83), (0.0102, 0), (0.0168, 109), (0.0135, 0), (0.0211, 128)]:
        x = again(n, x, scale, zero, "u8")
    w = n.dq(n.constant(n.codes("s8", 4, 3, low=-64, high=63)), 0.00714, 0, "s8")
    bias = n.dq(n.constant(n.rng.integers(-7000, 7000, 3).astype(np.int32)), 0.00015, 0, "s32")
    return n.node("Add", [n.node("MatMul", [x, w]), bias])


def pairs_before_result(move):
    """..., and behind a move that gives a result of the network."""

    def build(n):
        x = floats(n, 2, 6, 9)
        for scale, zero in [(0.0148, 0), (0.0282, 128), (0.025, 76)]:
            x = again(n, x, scale, zero, "u8")
        return move(n, x)

    return build


def dequantized_result(n):
    """What DequantizeLinear gives is a result and is read as well, by a DQ of its own: that one
    goes behind the Transpose, and the bias of the convolution becomes integers."""
    x = again(n, floats(n, 2, 6, 5, 3), 0.0239, 91, "u8")
    w = n.dq(n.constant(n.codes("s8", 8, 3, 2, 2, low=-2, high=2)), 0.5, 0, "s8")
    y = n.node("Transpose", [x], perm=[0, 3, 1, 2])
    y = n.node("Conv", [y, w, numbers(n, 8, low=-1, high=1)])
    return [n.q(y, 0.0408, 128, "u8"), x]


def dequantized_twice(readers):
    """What DequantizeLinear gives is read twice: a Slice has a DQ of its own, which goes behind it,
    and the bias of the convolution becomes integers."""

    def build(n):
        x = again(n, floats(n, 2, 3, 6, 5), 0.0239, 91, "u8")
        w = n.dq(n.constant(n.codes("s8", 8, 3, 2, 2, low=-2, high=2)), 0.5, 0, "s8")
        y = n.node("Slice", [x] + [n.constant(np.asarray([v])) for v in (0, 4, 2)])
        y = n.node("Conv", [y, w, numbers(n, 8, low=-1, high=1)])
        return [n.q(y, 0.0408, 128, "u8")] + readers(n, x)

    return build


def turned_pairs(n):
    """Two Transposes that undo each other go, and what is left is a row of pairs."""
    x = again(n, floats(n, 2, 8, 6, 5), 0.0172, 60, "u8")
    x = again(n, n.node("Transpose", [x], perm=[0, 2, 3, 1]), 0.017, 133, "u8")
    return n.node("Transpose", [x], perm=[0, 3, 1, 2])


def turned_codes(perm):
    """A Transpose goes behind Q and DQ into the next one, whose codes are a result: with it, or in
    place of both; what is left is a row of pairs."""

    def build(n):
        x = again(n, floats(n, 2, 6, 5, 8), 0.0288, 144, "u8")
        x = again(n, n.node("Transpose", [x], perm=[0, 2, 3, 1]), 0.0189, 154, "u8")
        return n.node("Transpose", [n.q(x, 0.0183, 170, "u8")], perm=perm)

    return build


def shared_input(n):
    """Q goes before a move of what the network is given, whoever else reads that."""
    x = floats(n, 3, 8)
    y = n.node("Unsqueeze", [x, n.constant(np.asarray([2]))])
    for scale, zero in [(0.0173, 0), (0.0178, 0), (0.0152, 0)]:
        y = again(n, y, scale, zero, "u8")
    return [n.node("Exp", [x]), y]


def moved_result(n):
    """A pair stands also behind a move whose result the network gives and a layer reads."""
    x = n.dq(n.input(n.codes("u8", 1, 8, 6, 4, low=0, high=127)), 0.03, 57, "u8")
    x = n.node("Reshape", [x, n.constant(np.asarray([48, 4]))])
    w = n.dq(n.constant(n.codes("s8", 4, 6, low=-2, high=2)), 0.5, 1, "s8")
    y = n.node("Add", [n.node("MatMul", [x, w]), numbers(n, 6)])
    return [n.q(y, 0.0405, 128, "u8"), x]


def turned_result(n):
    """A result that a second Transpose before a Q reads is not quantized."""
    first = n.node("Transpose", [floats(n, 2, 4, 5, 3)], perm=[1, 0, 2, 3])
    second = n.node("Transpose", [first], perm=[2, 1, 3, 0])
    return [first, again(n, second, 0.0105, 0, "u8")]


def sigmoid_ties(n):
    """All codes by tables of which an entry lies next to a tie: the last bit of ONNX Runtime's own
    sigmoid decides it."""
    x = n.input(n.every_code("u8", 256))
    close = [(0.03547846898436546, 130, 0.001138264313340187),
             (0.042530808597803116, 10, 0.004351581446826458),
             (0.037421680986881256, 243, 0.0002486052690073848),
             (0.029995832592248917, 112, 0.0004037847393192351),
             (0.03155737742781639, 168, 0.002749826293438673),
             (0.02447576, 120, 0.0037831056)]
    return [n.ms("QLinearSigmoid", [x] + n.parameters(a, z, "u8") + n.parameters(b, 0, "u8"))
            for a, z, b in close]


def softmax_ties(n):
    """Rows in which 1 to 8 terms are the same and the others nothing: 254 / 4 is a tie."""
    results = []
    for depth in (10, 13, 19, 20, 300):
        x = np.full((8, depth), 100, np.uint8)
        for row in range(8):
            x[row, n.rng.permutation(depth)[:row + 1]] = 255
        for scale in (1 / 255, 1 / 130):
            inputs = [n.input(x)] + n.parameters(1e6, 255, "u8") + n.parameters(scale, 0, "u8")
            results.append(n.ms("QLinearSoftmax", inputs, axis=-1, opset=13))
    return results


def attention_by_shape(shared, of=0):
    """Self-attention of open length whose Reshapes get shapes computed from the input, as torch
    exports it: what copies an extent is known to, and the sum is normalized in one with it. Not
    where two Reshapes read one list, or where extents change places."""

    def build(n):
        x = named(n, (2.0 * n.rng.standard_normal((1, 7, 32))).astype(np.float32), 1)

        def extent(k):
            axis = n.constant(np.asarray(k))
            return n.node("Gather", [n.node("Shape", [x]), axis], axis=0)

        def extents(*parts):
            zero = n.constant(np.asarray([0]))
            parts = [n.node("Unsqueeze", [p, zero]) if isinstance(p, str)
                     else n.constant(np.asarray([p])) for p in parts]
            return n.node("Concat", parts, axis=0)

        size = n.node("Div", [extent(2), n.constant(np.asarray(4))])
        to = extents(extent(of), extent(1 - of), 12, size)
        y = n.node("Reshape", [n.node("MatMul", [x, numbers(n, 32, 96)]), to])
        if shared:
            y = n.node("Reshape", [n.node("Relu", [y]), to])
        y = n.node("Transpose", [y], perm=[of, 2, 1 - of, 3])
        q, k, v = n.node("Split", [y, n.constant(np.asarray([4, 4, 4]))], axis=1, outputs=3)
        y = n.node("MatMul", [q, n.node("Transpose", [k], perm=[0, 1, 3, 2])])
        y = n.node("MatMul", [n.node("Softmax", [y], axis=-1), v])
        y = n.node("Transpose", [y], perm=[0, 2, 1, 3])
        y = n.node("Reshape", [y, extents(extent(0), extent(1), extent(2))])
        y = n.node("Add", [x, n.node("MatMul", [y, numbers(n, 32, 32)])])
        return n.node("LayerNormalization", [y, numbers(n, 32), numbers(n, 32)], axis=-1)

    return build


def attention(sizes, mask=None, past=0, shares=0.7, flat=False, **attributes):
    """Attention of ai.onnx: heads of queries and of keys, their size and the values', steps; some
    rows of a mask let nothing be seen."""
    heads, own, size, wide, steps, keys = sizes

    def build(n):
        def made(count, length, width):
            shape = (2, length, count * width) if flat else (2, count, length, width)
            return floats(n, *shape)

        inputs = [made(heads, steps, size), made(own, keys, size), made(own, keys, wide), ""]
        square = (steps, past + keys)
        if mask == "bool":
            inputs[3] = n.input(n.rng.random((2, 1) + square) < shares)
        elif mask == "float":
            values = n.rng.standard_normal(square)
            values[n.rng.random(square) >= shares] = -np.inf
            inputs[3] = n.input(values.astype(np.float32))
        if past:
            inputs += [floats(n, 2, own, past, size), floats(n, 2, own, past, wide)]
        more = {"q_num_heads": heads, "kv_num_heads": own} if flat else {}
        return n.node("Attention", inputs, outputs=3 if past else 1, **attributes, **more)

    return build


def gelu_behind_product(integers):
    """A product in front of GELU is taken for its half: no Gelu, unless it gives an integer
    product its scale."""

    def build(n):
        x = floats(n, 2, 8, 9)
        if integers:
            codes, scale, zero = n.node("DynamicQuantizeLinear", [x], outputs=3)
            w = n.constant(n.codes("s8", 9, 5, low=-64, high=63))
            x = n.node("Cast", [n.node("MatMulInteger", [codes, w, zero])], to=FLOAT)
            x = n.node("Mul", [x, n.node("Mul", [scale, n.scale(0.01)])])
        else:
            x = n.node("Mul", [x, n.scale(0.3)])
        y = n.node("Erf", [n.node("Div", [x, n.scale(2**0.5)])])
        y = n.node("Mul", [x, n.node("Add", [y, n.scale(1)])])
        return n.node("Mul", [y, n.scale(0.5)])

    return build


def turned_of_no_shape(n, behind=False):
    """A Transpose goes through a mean where that spares something or another follows, through a
    difference only where the file tells the axes."""
    x = named(n, (2.0 * n.rng.standard_normal((1, 32, 19))).astype(np.float32), 2)
    x = n.node("Reshape", [n.node("Relu", [x]), n.node("Shape", [x])])
    t = n.node("Transpose", [x], perm=[0, 2, 1])
    d = n.node("Sub", [t, n.node("ReduceMean", [t], axes=[-1])])
    squares = n.node("ReduceMean", [n.node("Pow", [d, n.scale(2)])], axes=[-1])
    root = n.node("Sqrt", [n.node("Add", [squares, n.scale(1e-5)])])
    y = n.node("Mul", [n.node("Div", [d, root]), numbers(n, 32)])
    y = n.node("Add", [y, numbers(n, 32)])
    return n.node("Transpose", [y], perm=[0, 2, 1]) if behind else y


def cases(w):
    w.store("net_constant_codes_add", constant_codes("Add", 0.04))
    w.store("net_constant_codes_mul", constant_codes("Mul", 0.0128))
    w.store("net_constant_codes_small", constant_codes("Add", 0.04, -64, 63))
    w.store("net_two_readers", two_readers(False))
    w.store("net_two_readers_shared", two_readers(True))
    w.store("net_without_zero_points", without_zero_points)
    w.store("net_transposed_bias", transposed_bias(1))
    w.store("net_transposed_bias_in", transposed_bias(0))
    for part in (rows, pooled, sliced, split, averaged, by_shape, attended, grown,
                 recurrent):
        w.store("net_behind_" + part.__name__, behind_layer(part))
    w.store("net_turned_twice", turned_twice, 13)
    w.store("ties_sigmoid", sigmoid_ties)
    w.store("ties_softmax", softmax_ties)
    w.store("net_half_split", half_split)
    w.store("net_half_undone", half_undone)
    w.store("net_half_rows", half_rows)
    for count in (3, 4, 6):
        w.store("net_pairs_%d" % count, row_of_pairs(count))
    w.store("net_pairs_4_s8", row_of_pairs(4, "s8"))
    w.store("net_pairs_4_one", row_of_pairs(4, one=True))
    w.store("net_pairs_3_u16", row_of_pairs(3, "u16"), 21)
    w.store("net_pairs_4_u16", row_of_pairs(4, "u16"), 21)
    w.store("net_pairs_two_readers", pairs_of_two_readers)
    w.store("net_pairs_before_gemm", pairs_before_gemm)
    w.store("net_pairs_before_slice", pairs_before_result(lambda n, x: n.node(
        "Slice", [x] + [n.constant(np.asarray([v])) for v in (0, 4, 1)])))
    w.store("net_pairs_before_reshape", pairs_before_result(lambda n, x: n.node(
        "Reshape", [x, n.constant(np.asarray([0, -1]))])))
    w.store("net_dequantized_result", dequantized_result)
    w.store("net_dequantized_twice", dequantized_twice(lambda n, x: [n.node("Exp", [x])]))
    w.store("net_dequantized_twice_q", dequantized_twice(lambda n, x: [
        n.q(x, 0.0312, 90, "u8"), n.q(x, 0.0312, 90, "u8"),
        n.node("Reshape", [x, n.constant(np.asarray([2, -1]))])]))
    w.store("net_turned_pairs", turned_pairs)
    w.store("net_turned_codes", turned_codes([0, 1, 3, 2]))
    w.store("net_turned_codes_back", turned_codes([0, 3, 1, 2]))
    w.store("net_shared_input", shared_input)
    w.store("net_moved_result", moved_result)
    w.store("net_turned_result", turned_result)
    w.store("net_shapes_copied", attention_by_shape(False))
    w.store("net_shapes_shared", attention_by_shape(True))
    w.store("net_shapes_exchanged", attention_by_shape(False, of=1))
    w.store("net_gelu_behind_product", gelu_behind_product(False))
    w.store("net_gelu_behind_integers", gelu_behind_product(True))
    w.store("net_turned_of_no_shape", turned_of_no_shape, 13)
    w.store("net_turned_back_of_no_shape", lambda n: turned_of_no_shape(n, True), 13)
    w.store("attention_23", attention((4, 4, 8, 8, 7, 7)), 23)
    w.store("attention_23_causal", attention((4, 2, 8, 8, 9, 9), flat=True, is_causal=1), 23)
    w.store("attention_23_mask", attention((3, 3, 5, 12, 6, 11), "bool", shares=0.2), 23)
    w.store("attention_23_past", attention((4, 1, 8, 6, 3, 3), "float", 5, 0.4, True, scale=0.3,
                                           is_causal=1), 23)
