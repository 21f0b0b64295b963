"""Further cases of make_goldens_onnx.py: attention with every kind of mask, embeddings, subgraphs,
16-bit layers, functions put together from others, and a whole network."""
import numpy as np
from onnx import TensorProto, helper, numpy_helper

# Float sums run in another order than ONNX Runtime's: a share of the output's range.
CLOSE = {"expect": "close", "tolerance": 2e-6, "tolerance_mean": 1e-6}


def floats(n, *shape, scale=1.0):
    return (n.rng.normal(0, scale, shape)).astype(np.float32)


def qattention(mask=None, past=None, causal=False, columns=False, batch=2, steps=5, heads=2,
               hidden=8, **more):
    """`mask`: makes the mask's values from (rng, batch, steps, all steps)."""

    def build(n):
        x = n.input(n.codes("u8", batch, steps, 6))
        w = n.constant(n.codes("s8", 6, 3 * hidden, low=-64, high=63))
        sw = n.rng.uniform(0.004, 0.009, 3 * hidden) if columns else 0.006
        zw = np.zeros(3 * hidden) if columns else 0
        names = [x, w, n.constant(floats(n, 3 * hidden, scale=0.3)), n.scale(0.021),
                 n.constant(np.asarray(sw, np.float32))]
        earlier = 0 if past is None else past
        m = "" if mask is None else n.input(
            np.asarray(mask(n.rng, batch, steps, earlier + steps), np.int32))
        names += [m, n.constant(np.uint8(119)), n.constant(np.asarray(zw, np.int8))]
        if past is not None:
            names.append(n.input(floats(n, 2, batch, heads, past, hidden // heads)))
        outputs = 1 if past is None else 2
        y = n.node("QAttention", names, "com.microsoft", outputs, num_heads=heads,
                   unidirectional=int(causal), **more)
        return y if past is None else y

    return build


def some(rng, *shape):
    m = rng.integers(0, 2, shape)
    m[..., 0] = 1
    return m


MASKS = {
    "keys": lambda r, b, s, t: some(r, b, t),
    "pairs": lambda r, b, s, t: some(r, b, s, t),
    "ends": lambda r, b, s, t: [t - 2, t],
    "ranges": lambda r, b, s, t: [t - 1, t, 2, 0],
    "dummy": lambda r, b, s, t: np.ones((b, 1)),
    "numbers": lambda r, b, s, t: some(r, b, t) * 3 - 1,  # only above 0 is seen
    "nothing": lambda r, b, s, t: np.zeros((b, t)),
}


def embedding(mask=True, segments=True, quantized=True):
    def build(n):
        batch, steps, hidden = 2, 5, 8
        ids = n.input(n.rng.integers(0, 11, (batch, steps)).astype(np.int32))
        seg = n.input(n.rng.integers(0, 2, (batch, steps)).astype(np.int32)) if segments else ""
        tables = [(11, hidden), (7, hidden), (2, hidden) if segments else None, (hidden,),
                  (hidden,)]
        m = n.input(np.asarray([[1, 0, 1, 0, 0], [1, 2, 0, 1, 1]], np.int32)) if mask else ""
        if not quantized:
            names = [ids, seg] + [n.constant(floats(n, *t)) if t else "" for t in tables] + [m]
            y, count = n.node("EmbedLayerNormalization", names, "com.microsoft", 2,
                              epsilon=1e-6)[:2]
            return [y, count]
        names = [ids, seg] + [n.constant(n.codes("u8", *t)) if t else "" for t in tables] + [m]
        names += [n.scale(0.01 + 0.003 * i) if t else "" for i, t in enumerate(tables)]
        names += [n.constant(np.uint8(100 + 9 * i)) if t else "" for i, t in enumerate(tables)]
        return n.node("QEmbedLayerNormalization", names, "com.microsoft", 2, epsilon=1e-6)

    return build


def attention(n):
    x = n.input(floats(n, 2, 5, 6))
    names = [x, n.constant(floats(n, 6, 24, scale=0.4)), n.constant(floats(n, 24, scale=0.2)),
             n.input(np.asarray([3, 5], np.int32))]
    return n.ms("Attention", names, num_heads=2)


def multi_head(n):
    q, k, v = n.input(floats(n, 2, 4, 8)), n.input(floats(n, 2, 6, 8)), n.input(floats(n, 2, 6, 8))
    return n.ms("MultiHeadAttention", [q, k, v, n.constant(floats(n, 24, scale=0.2))], num_heads=2)


def fused_matmul(n):
    a, b = n.input(floats(n, 2, 5, 3)), n.input(floats(n, 2, 4, 5))
    return n.ms("FusedMatMul", [a, b], transA=1, transB=1, alpha=0.37)


# ---- subgraphs ----

def value(name, kind, shape=None):
    return helper.make_tensor_value_info(name, kind, shape)


def branch(name, nodes, outputs, constants=()):
    return helper.make_graph(nodes, name, [], outputs, list(constants))


def conditional(condition):
    """Of shapes (folded), or an input; each branch reads the graph around it."""

    def build(n):
        x = n.input(floats(n, 3, 4))
        if condition == "input":
            c = n.input(np.asarray(False))
        else:
            count = n.node("Size", [x])
            c = n.node("Equal", [count, n.constant(np.int64(12 if condition else 5))])
        k = n.scale(3)
        then = branch("then", [helper.make_node("Mul", [x, k], ["t"])],
                      [value("t", TensorProto.FLOAT)])
        other = branch("else", [helper.make_node("Sub", [x, "e0"], ["e"])],
                       [value("e", TensorProto.FLOAT)],
                       [numpy_helper.from_array(np.float32(2), "e0")])
        return n.node("If", [c], then_branch=then, else_branch=other)

    return build


def loop(n):
    """y = x, 2 y + x, ... three times; the rounds' products as a second result."""
    x = n.input(floats(n, 2, 3))
    nodes = [helper.make_node("Add", ["y_in", "y_in"], ["d"]),
             helper.make_node("Add", ["d", x], ["y_out"]),
             helper.make_node("Cast", ["i"], ["f"], to=TensorProto.FLOAT),
             helper.make_node("Mul", ["y_out", "f"], ["s"]),
             helper.make_node("Identity", ["c"], ["c_out"])]
    body = helper.make_graph(
        nodes, "body", [value("i", TensorProto.INT64, []), value("c", TensorProto.BOOL, []),
                        value("y_in", TensorProto.FLOAT)],
        [value("c_out", TensorProto.BOOL), value("y_out", TensorProto.FLOAT),
         value("s", TensorProto.FLOAT)])
    return n.node("Loop", [n.constant(np.int64(3)), "", x], outputs=2, body=body)


def loop_until(n):
    """Ends where the number of the round says so; quantized values go around."""
    x = n.input(n.codes("u8", 2, 16))
    s, z = n.parameters(0.05, 100, "u8")
    nodes = [helper.make_node("DequantizeLinear", ["q_in", s, z], ["f"]),
             helper.make_node("Sigmoid", ["f"], ["g"]),
             helper.make_node("QuantizeLinear", ["g", s, z], ["q_out"]),
             helper.make_node("Less", ["i", "two"], ["c_out"])]
    body = helper.make_graph(
        nodes, "body", [value("i", TensorProto.INT64, []), value("c", TensorProto.BOOL, []),
                        value("q_in", TensorProto.UINT8)],
        [value("c_out", TensorProto.BOOL), value("q_out", TensorProto.UINT8)],
        [numpy_helper.from_array(np.int64(2), "two")])
    return n.node("Loop", ["", n.constant(np.asarray(True)), x], body=body)


def scan(n):
    """Running sums along axis 1, written backwards."""
    x = n.input(floats(n, 2, 5, 3))
    first = n.constant(np.zeros((2, 3), np.float32))
    body = helper.make_graph(
        [helper.make_node("Add", ["s_in", "x_in"], ["s_out"]),
         helper.make_node("Mul", ["s_out", "s_out"], ["y_out"])],
        "body", [value("s_in", TensorProto.FLOAT), value("x_in", TensorProto.FLOAT)],
        [value("s_out", TensorProto.FLOAT), value("y_out", TensorProto.FLOAT)])
    return n.node("Scan", [first, x], outputs=2, body=body, num_scan_inputs=1,
                  scan_input_axes=[1], scan_output_axes=[2], scan_output_directions=[1])


# ---- functions ----

def one(op, *shape, low=-4.0, high=4.0, more=(), **attributes):
    def build(n):
        x = n.input(n.rng.uniform(low, high, shape).astype(np.float32))
        return n.node(op, [x] + [n.constant(m) for m in more], **attributes)

    return build


def dynamically(*values):
    def build(n):
        x = n.input(np.asarray(values, np.float32))
        return n.node("DynamicQuantizeLinear", [x], outputs=3)

    return build


def recurrent(op, direction="forward", lengths=None, **attributes):
    """lengths: of the two sequences of four steps; a list is a constant, a tuple an input."""

    def build(n):
        gates = {"GRU": 3, "LSTM": 4}.get(op, 1)
        d, hidden, inputs = 2 if direction == "bidirectional" else 1, 4, 3
        x = n.input(floats(n, 4, 2, inputs))
        names = [x, n.constant(floats(n, d, gates * hidden, inputs, scale=0.5)),
                 n.constant(floats(n, d, gates * hidden, hidden, scale=0.5)),
                 n.constant(floats(n, d, 2 * gates * hidden, scale=0.5)), "",
                 n.input(floats(n, d, 2, hidden))]
        if lengths:
            ends = np.asarray(lengths, np.int32)
            names[4] = n.constant(ends) if isinstance(lengths, list) else n.input(ends)
        return n.node(op, names, outputs=3 if op == "LSTM" else 2, hidden_size=hidden,
                      direction=direction, **attributes)

    return build


def indexed(op, index, *shape, **attributes):
    def build(n):
        return n.node(op, [n.input(floats(n, *shape)), n.constant(np.asarray(index, np.int64))],
                      **attributes)

    return build


def resized(n):
    """By factors that are not the ratios of the extents."""
    x = n.input(floats(n, 1, 2, 5, 7))
    return n.node("Resize", [x, "", n.constant(np.asarray([1, 1, 0.7, 1.3], np.float32))],
                  mode="linear")


def lengths(n):
    x = floats(n, 3, 4, 5)
    x[1, :, 2] = 0
    return n.node("LpNormalization", [n.input(x)], axis=1)


def top_k(n):
    return n.node("TopK", [n.input(floats(n, 3, 7, 2)), n.constant(np.asarray([4], np.int64))],
                  outputs=2, axis=1)


def one_hot(n):
    x = n.input(np.asarray([[0, 3, -1], [2, 9, -5]], np.int64))
    return n.node("OneHot", [x, n.constant(np.int64(4)),
                             n.constant(np.asarray([-1, 2], np.float32))], axis=1)


# ---- 16 bits ----

def wide(op, kind, weights=None):
    """DequantizeLinear, an operator, QuantizeLinear, of 16-bit values."""
    scale, zero = 0.00031, 31000 if kind == "u16" else 0

    def build(n):
        shape = (2, 4, 6, 5) if op in ("Conv", "MaxPool", "Relu", "Sigmoid") else (3, 6)
        x = n.dq(n.input(n.codes(kind, *shape)), scale, zero, kind)
        if op == "Conv":
            w = n.dq(n.constant(n.codes(weights, 5, 4, 3, 2)), 0.01, 0, weights)
            y = n.node("Conv", [x, w], pads=[1, 0, 1, 1])
        elif op == "MatMul":
            w = n.dq(n.constant(n.codes(weights, 6, 4)), 0.01, 0, weights)
            y = n.node("MatMul", [x, w])
        elif op in ("Add", "Mul"):
            y = n.node(op, [x, n.dq(n.input(n.codes(kind, 1, 6)), scale * 0.7, zero, kind)])
        elif op == "Concat":
            y = n.node(op, [x, n.dq(n.input(n.codes(kind, 2, 6)), scale * 0.7, zero, kind)], axis=0)
        elif op == "MaxPool":
            y = n.node(op, [x], kernel_shape=[2, 2])
        elif op == "Transpose":
            y = n.node(op, [x], perm=[1, 0])
        else:
            y = n.node(op, [x])
        moves = op in ("MaxPool", "Transpose", "Relu")
        of_layers = {"Conv": 0.004 if weights != "s16" else 1.2, "MatMul": 0.003,
                     "Sigmoid": 1 / 65535}
        out = scale if moves else of_layers.get(op, scale * 2)
        return n.q(y, out, zero, kind)

    return build


# ---- a whole network ----

def network(n):
    """Residual, with a depthwise block, pools, a concatenation and a softmax: float in and out,
    uint8 between, one weight scale a channel."""
    kind = "u8"

    def again(x, scale, zero):
        return n.dq(n.q(x, scale, zero, kind), scale, zero, kind)

    def conv(x, sx, inputs, outputs, size, groups=1, relu=True, out=0.03, zero=0, **more):
        w = n.codes("s8", outputs, inputs // groups, size, size, low=-64, high=63)
        sw = n.rng.uniform(0.004, 0.008, outputs).astype(np.float32)
        b = n.rng.integers(-3000, 3000, outputs).astype(np.int32)
        bias = n.node("DequantizeLinear", [n.constant(b), n.constant(np.float32(sx) * sw)], axis=0)
        y = n.node("Conv", [x, n.dq(n.constant(w), sw, np.zeros(outputs), "s8", axis=0), bias],
                   group=groups, pads=[size // 2] * 4, **more)
        return again(n.node("Relu", [y]) if relu else y, out, zero)

    x = n.input(n.rng.uniform(-1, 1, (1, 3, 16, 16)).astype(np.float32))
    x = again(x, 0.008, 128)
    x = conv(x, 0.008, 3, 8, 3, strides=[2, 2], out=0.02)
    y = conv(x, 0.02, 8, 8, 3, groups=8, out=0.03)
    y = conv(y, 0.03, 8, 8, 1, relu=False, out=0.025, zero=120)
    x = again(n.node("Add", [x, y]), 0.04, 90)
    a = again(n.node("AveragePool", [x], kernel_shape=[2, 2], strides=[2, 2]), 0.035, 80)
    p = again(n.node("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2]), 0.04, 90)
    x = again(n.node("Concat", [a, p], axis=1), 0.04, 85)
    x = conv(x, 0.04, 16, 12, 1, out=0.03)
    x = again(n.node("GlobalAveragePool", [x]), 0.02, 0)
    x = again(n.node("Flatten", [x]), 0.02, 0)
    w = n.dq(n.constant(n.codes("s8", 10, 12, low=-64, high=63)), 0.012, 0, "s8")
    x = again(n.node("Gemm", [x, w], transB=1), 0.06, 128)
    return again(n.node("Softmax", [x]), 1 / 256, 0)


def cases(w):
    for name, mask in MASKS.items():
        w.store("attention_" + name, qattention(mask))
    w.store("attention_columns", qattention(columns=True))
    w.store("attention_causal", qattention(causal=True))
    w.store("attention_past", qattention(past=3, causal=True))
    w.store("attention_past_keys", qattention(MASKS["keys"], past=3))
    w.store("attention_causal_nothing", qattention(MASKS["nothing"], causal=True))
    w.store("attention_filter", qattention(MASKS["keys"], mask_filter_value=-1.5))
    w.store("attention_float", attention)
    w.store("attention_heads", multi_head)
    w.store("embedding_u8", embedding())
    w.store("embedding_u8_words", embedding(False, False))
    w.store("embedding_float", embedding(quantized=False))
    w.store("matmul_fused", fused_matmul)
    for name, condition in (("then", True), ("else", False), ("input", "input")):
        w.store("if_" + name, conditional(condition))
    w.store("loop", loop)
    w.store("loop_until", loop_until)
    w.store("scan", scan)
    for direction in ("forward", "bidirectional"):
        w.store("gru_" + direction, recurrent("GRU", direction, linear_before_reset=1))
    w.store("gru_reset_first", recurrent("GRU", "reverse"))
    for op in ("GRU", "LSTM"):
        w.store("lengths_%s" % op.lower(), recurrent(op, "bidirectional", (4, 2)))
        w.store("lengths_%s_reverse" % op.lower(), recurrent(op, "reverse", [3, 1]))
        w.store("lengths_%s_none" % op.lower(), recurrent(op, "forward", (0, 3)))
    w.store("lengths_rnn", recurrent("RNN", "bidirectional", (3, 1), activations=["Relu"] * 2))
    w.store("rnn", recurrent("RNN", activations=["Tanh"]), **CLOSE)
    w.store("rnn_relu", recurrent("RNN", activations=["Relu"]))
    for op in ("Softplus", "Softsign", "Mish", "Selu", "Celu"):
        w.store("function_" + op.lower(), one(op, 4, 16), 18)
    for op in ("Elu", "Log", "Softplus", "Selu"):  # elements behind whole vectors of four
        w.store("edge_" + op.lower(), one(op, 3, 21, low=0.01 if op == "Log" else -4.0), 18)
    w.store("edge_dynamic_infinite", dynamically(-np.inf, 1, 2, -3, 0, np.inf, -1e30, 7, 1))
    w.store("edge_dynamic_overflow", dynamically(3.4e38, 1, -3.4e38, 0, -1))
    w.store("edge_dynamic_denormal", dynamically(1e-45, 0, -1e-45, 0, 1e-44))
    for op in ("ThresholdedRelu", "Sign"):
        w.store("function_" + op.lower(), one(op, 4, 16), 18)
    w.store("function_prelu", one("PRelu", 2, 3, 4, 5, more=[
        np.asarray([[[0.1]], [[0.2]], [[-0.3]]], np.float32)]))
    for op in ("ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp"):
        w.store("function_" + op.lower(), one(op, 4, 6, 3, more=[np.asarray([1], np.int64)]), 18)
    per_channel = [np.asarray([1, 2, 0.5, 3], np.float32), np.asarray([0, 1, -1, 2], np.float32)]
    w.store("norm_instance", one("InstanceNormalization", 2, 4, 5, 3, more=per_channel))
    w.store("norm_group", one("GroupNormalization", 2, 4, 5, 3, more=per_channel, num_groups=2), 21)
    w.store("norm_group_pixels", one("GroupNormalization", 2, 4, 7, 5, more=per_channel,
                                     num_groups=2, epsilon=0.001), 21)
    w.store("norm_group_scales", one("GroupNormalization", 2, 8, 7, num_groups=4,
                                     more=per_channel), 18)
    w.store("norm_rms", one("RMSNormalization", 3, 4, more=per_channel[:1]), 23)
    w.store("norm_lp", lengths)
    w.store("resize_factors", resized)
    w.store("gather_nd", indexed("GatherND", [[0, 1], [2, -1]], 3, 4, 2))
    w.store("gather_elements", indexed("GatherElements", [[0, -1, 2], [3, 1, 0]], 4, 3, axis=0))
    w.store("gather_elements_inner", indexed(
        "GatherElements", [[[0, 1]], [[-2, 3]]], 3, 2, 4, axis=2))
    w.store("top_k", top_k)
    w.store("one_hot", one_hot)
    wide_cases = [("Conv", "s8"), ("MatMul", "s8"), ("Add", None), ("Mul", None), ("Concat", None),
                  ("MaxPool", None), ("Transpose", None), ("Relu", None), ("Sigmoid", None)]
    for op, weights in wide_cases:
        for kind in ("u16", "s16"):
            # A product of floats and dequantized weights becomes MatMulNBits, which rounds the
            # floats to 8 bits: not what the file says.
            w.store("wide_%s_%s" % (op.lower(), kind), wide(op, kind, weights), 21,
                    as_written=op == "MatMul")
    w.store("wide_conv_w16", wide("Conv", "s16", "s16"), 21)
    w.store("network", network, 13)
