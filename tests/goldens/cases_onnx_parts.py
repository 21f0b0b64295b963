"""Further cases of make_goldens_onnx.py: functions of the model's own, sequences, quantization
across the border of a subgraph, Einstein sums, and attributes that the first cases left out."""
import numpy as np
from cases_onnx_more import CLOSE, branch, floats, value
from onnx import AttributeProto, TensorProto, helper, numpy_helper

FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
LOCAL = "local"


def function(n, name, inputs, outputs, nodes, attributes=(), defaults=()):
    n.domains[LOCAL] = 1
    n.functions.append(helper.make_function(
        LOCAL, name, inputs, outputs, nodes,
        [helper.make_opsetid("", n.opset), helper.make_opsetid(LOCAL, 1)], attributes, defaults))


def reference(node, key, of_call, kind):
    """An attribute of a function's node that the call gives."""
    a = node.attribute.add()
    a.name, a.ref_attr_name, a.type = key, of_call, kind
    return node


def function_layers(n):
    """Two calls of one quantized layer, which calls an activation with and without its slope."""
    slope = reference(helper.make_node("LeakyRelu", ["a"], ["b"]), "alpha", "slope",
                      AttributeProto.FLOAT)
    function(n, "Activation", ["a"], ["b"], [slope], [],
             [helper.make_attribute("slope", 0.25)])
    layer = [helper.make_node("DequantizeLinear", ["x", "s", "z"], ["f"]),
             helper.make_node("DequantizeLinear", ["w", "sw"], ["v"]),
             helper.make_node("MatMul", ["f", "v"], ["m"]),
             reference(helper.make_node("Activation", ["m"], ["t"], domain=LOCAL), "slope", "slope",
                       AttributeProto.FLOAT),
             helper.make_node("QuantizeLinear", ["t", "s", "z"], ["y"])]
    function(n, "Layer", ["x", "w", "s", "z", "sw"], ["y"], layer, ["slope"])
    x = n.input(n.codes("u8", 3, 8))
    s, z = n.parameters(0.0625, 120, "u8")
    sw = n.scale(0.00390625)
    for more in ({"slope": 0.5}, {}):
        w = n.constant(n.codes("s8", 8, 8, low=-64, high=63))
        x = n.node("Layer", [x, w, s, z, sw], LOCAL, **more)
    return x


def function_branches(n):
    """A function whose If reads the function's input and a value of its own."""
    then = branch("then", [helper.make_node("Mul", ["a", "k"], ["t"])], [value("t", FLOAT)])
    other = branch("else", [helper.make_node("Sub", ["a", "d"], ["t"])], [value("t", FLOAT)])
    nodes = [helper.make_node("Constant", [], ["k"], value_float=3.0),
             helper.make_node("Add", ["a", "a"], ["d"]),
             helper.make_node("If", ["c"], ["y"], then_branch=then, else_branch=other)]
    function(n, "Choose", ["a", "c"], ["y"], nodes)
    t = n.input(floats(n, 3, 4))  # the name of a value in the branches, too
    c = n.input(np.asarray(False))
    y = n.node("Choose", [t, c], LOCAL)
    return n.node("Choose", [y, c], LOCAL)


def sequence(n):
    x = n.input(floats(n, 6, 3))
    s = n.node("SplitToSequence", [x, n.constant(np.asarray([1, 2, 3], np.int64))])
    last = n.node("SequenceAt", [s, n.constant(np.int64(-1))])
    s = n.node("SequenceInsert", [s, last, n.constant(np.int64(-2))])
    s = n.node("SequenceErase", [s, n.constant(np.int64(0))])
    rows = n.node("SplitToSequence", [last], keepdims=0)
    return [n.node("ConcatFromSequence", [s], axis=0),
            n.node("ConcatFromSequence", [rows], axis=-1, new_axis=1),
            n.node("Mul", [last, n.node("Cast", [n.node("SequenceLength", [s])], to=FLOAT)])]


def sequence_loop(n):
    """A list that each round appends to."""
    x = n.input(floats(n, 2, 3))
    nodes = [helper.make_node("Add", ["v_in", "v_in"], ["v_out"]),
             helper.make_node("SequenceInsert", ["s_in", "v_out"], ["s_out"]),
             helper.make_node("Identity", ["c"], ["c_out"])]
    kind = helper.make_sequence_type_proto(helper.make_tensor_type_proto(FLOAT, None))
    body = helper.make_graph(
        nodes, "body", [value("i", INT64, []), value("c", BOOL, []), value("v_in", FLOAT),
                        helper.make_value_info("s_in", kind)],
        [value("c_out", BOOL), value("v_out", FLOAT), helper.make_value_info("s_out", kind)])
    none = n.node("SequenceEmpty", [])
    _, s = n.node("Loop", [n.constant(np.int64(3)), "", x, none], outputs=2, body=body)
    return n.node("ConcatFromSequence", [s], axis=1)


def border(kind, inside):
    """DequantizeLinear outside of a branch or a round that multiplies and adds; QuantizeLinear
    outside or inside. All sums are exact: scales are powers of two."""

    def build(n):
        x = n.input(n.codes("u8", 3, 8, low=120, high=136))
        f = n.dq(x, 0.0625, 128, "u8")
        w = n.dq(n.constant(n.codes("s8", 8, 8, low=-8, high=7)), 0.03125, 0, "s8")
        s, z = n.parameters(0.00390625, 120, "u8")
        end = [helper.make_node("QuantizeLinear", ["m", s, z], ["q"])] if inside else []
        result = ("q", TensorProto.UINT8) if inside else ("m", FLOAT)
        if kind == "if":
            c = n.input(np.asarray(True))
            then = branch("then", [helper.make_node("MatMul", [f, w], ["m"])] + end,
                          [value(*result)])
            other = branch("else", [helper.make_node("Add", [f, f], ["m"])] + end,
                           [value(*result)])
            y = n.node("If", [c], then_branch=then, else_branch=other)
        else:
            again = [helper.make_node("DequantizeLinear", ["v_in", s, z], ["v"])] if inside else []
            nodes = again + [helper.make_node("MatMul", ["v" if inside else "v_in", w], ["m"])]
            nodes += end + [helper.make_node("Identity", ["c"], ["c_out"])]
            body = helper.make_graph(
                nodes, "body", [value("i", INT64, []), value("c", BOOL, []),
                                value("v_in", result[1])],
                [value("c_out", BOOL), value(*result)])
            y = n.node("Loop", [n.constant(np.int64(2)), "", x if inside else f], body=body)
        return n.dq(y, 0.00390625, 120, "u8") if inside else n.node("QuantizeLinear", [y, s, z])

    return build


def chosen(inside, nested):
    """A branch that a constant chooses, and what it reads quantized outside of it: ONNX Runtime
    multiplies codes. Every second result is a tie, which the float product rounds otherwise."""

    def build(n):
        x = n.input(n.codes("u8", 24, 12, low=120, high=142))
        f = n.dq(x, 0.1, 131, "u8")
        w = n.dq(n.constant(n.codes("s8", 12, 10, low=-8, high=7)), 0.05, 0, "s8")
        s, z = n.parameters(0.01, 120, "u8")
        end = [helper.make_node("QuantizeLinear", ["m", s, z], ["q"])] if inside else []
        result = value("q", TensorProto.UINT8) if inside else value("m", FLOAT)
        nodes = [helper.make_node("MatMul", [f, w], ["m"])] + end
        if nested:
            true = helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(
                np.asarray(True)))
            inner = helper.make_node("If", ["c"], ["r"], then_branch=branch("t", nodes, [result]),
                                     else_branch=branch("e", nodes, [result]))
            nodes, result = [true, inner], value("r", TensorProto.UINT8 if inside else FLOAT)
        other = branch("else", [helper.make_node("Identity", [x if inside else f], ["o"])],
                       [value("o", TensorProto.UINT8 if inside else FLOAT)])
        c = n.constant(np.asarray(False))
        y = n.node("If", [c], then_branch=other, else_branch=branch("then", nodes, [result]))
        return n.dq(y, 0.01, 120, "u8") if inside else n.node("QuantizeLinear", [y, s, z])

    return build


def halves(n, *shape, scale=2.0):
    return (n.rng.standard_normal(shape) * scale).astype(np.float16)


def half_chain(n):
    """Nothing is rounded between two operators, nor around one that only moves; two of these are
    given rounded numbers."""
    x = n.input(halves(n, 3, 4))
    e = n.node("Exp", [x])
    alone = n.node("Sigmoid", [n.node("Transpose", [e])])
    moved = n.node("Squeeze", [n.node("Unsqueeze", [e, n.constant([0], np.int64)]),
                               n.constant([0], np.int64)])
    last = n.node("Tanh", [moved])
    return [alone, last, n.node("Greater", [e, x]), n.node("Cast", [e], to=TensorProto.INT32),
            n.node("Clip", [last, n.constant(np.float16(0.1)), n.constant(np.float16(0.9))])]


def half_casts(n):
    """Of two casts in a row both stay where the file has written both, and where a float16 kernel
    reads what is between them."""
    x = n.input(floats(n, 3, 4))
    again, h = [n.node("Cast", [v], to=TensorProto.FLOAT16) for v in (x, n.node("Neg", [x]))]
    e = n.node("Exp", [again])
    free, moved = n.node("Exp", [e]), n.node("Sin", [h])
    k = n.input(n.rng.integers(-5000, 5000, (3, 4)).astype(np.int32))
    return [n.node("Cast", [again], to=FLOAT), e, n.node("Cast", [e], to=FLOAT),
            n.node("Cast", [free], to=FLOAT), n.node("Tanh", [free]), n.node("Exp", [h]),
            n.node("Cast", [moved], to=FLOAT), n.node("Transpose", [moved]),
            n.node("Cast", [k], to=TensorProto.FLOAT16)]


def half_around(n):
    """float16 around a part that is quantized from float32."""
    x = n.input(halves(n, 3, 8))
    c = n.constant(np.float16(1.3))
    f = n.node("Cast", [n.node("Mul", [x, c])], to=FLOAT)
    f = n.dq(n.q(f, 0.05, 120, "u8"), 0.05, 120, "u8")
    w = n.dq(n.constant(n.codes("s8", 8, 5, low=-64, high=63)), 0.03, 0, "s8")
    y = n.dq(n.q(n.node("MatMul", [f, w]), 0.1, 128, "u8"), 0.1, 128, "u8")
    return n.node("Add", [n.node("Cast", [y], to=TensorProto.FLOAT16), c])


def half_scales(n):
    """Quantized by float16 scales: in float."""
    x = n.input(halves(n, 3, 8))

    def pair(v, op, scale, zero, kind):
        return n.node(op, [v, n.constant(np.float16(scale)), n.parameters(1, zero, kind)[1]])

    q = pair(x, "QuantizeLinear", 0.05, 120, "u8")
    f = pair(q, "DequantizeLinear", 0.05, 120, "u8")
    w = pair(n.constant(n.codes("s8", 8, 5)), "DequantizeLinear", 0.03, 0, "s8")
    y = pair(n.node("MatMul", [f, w]), "QuantizeLinear", 0.1, 128, "u8")
    return [pair(y, "DequantizeLinear", 0.1, 128, "u8"), q]


def half_layers(n):
    x = n.input(halves(n, 1, 3, 6, 5))
    y = n.node("Conv", [x, n.constant(halves(n, 4, 3, 3, 3)), n.constant(halves(n, 4))],
               pads=[1, 1, 1, 1])
    y = n.node("MaxPool", [n.node("Relu", [y])], kernel_shape=[2, 2])
    return n.node("Concat", [y, n.node("Neg", [y])], axis=1)


def scan_batches(n):
    """Opset 8: an axis of batches in front of everything."""
    body = helper.make_graph(
        [helper.make_node("Add", ["s", "x"], ["t"]), helper.make_node("Mul", ["t", "b"], ["y"])],
        "body", [value("s", FLOAT), value("x", FLOAT), value("b", FLOAT)],
        [value("t", FLOAT), value("y", FLOAT)])
    names = [n.input(floats(n, 2, 3)), n.input(floats(n, 2, 4, 3)), n.input(floats(n, 2, 4, 3))]
    return n.node("Scan", [""] + names, outputs=2, num_scan_inputs=2, body=body, directions=[1, 0])


def sequence_map(n):
    """A body for each tensor, with another sequence and a tensor that is the same for all."""
    x, c = n.input(floats(n, 6, 3)), n.input(floats(n, 3))
    parts = n.node("SplitToSequence", [x, n.constant(np.asarray([1, 2, 3], np.int64))])
    doubled = n.node("SplitToSequence", [n.node("Add", [x, x]),
                                         n.constant(np.asarray([1, 2, 3], np.int64))])
    body = helper.make_graph(
        [helper.make_node("Mul", ["a", "k"], ["p"]), helper.make_node("Sub", ["p", "b"], ["r"]),
         helper.make_node("Neg", ["a"], ["m"])],
        "body", [value("a", FLOAT), value("b", FLOAT), value("k", FLOAT)],
        [value("r", FLOAT), value("m", FLOAT)])
    both = n.node("SequenceMap", [parts, doubled, c], outputs=2, body=body)
    return [n.node("ConcatFromSequence", [s], axis=0) for s in both]


def dilated_average(n):
    x = n.input(floats(n, 1, 3, 7, 6))
    return [n.node("AveragePool", [x], kernel_shape=[3, 2], dilations=[2, 3]),
            n.node("AveragePool", [x], kernel_shape=[2, 2], dilations=[2, 1], pads=[1, 0, 1, 1],
                   count_include_pad=1, strides=[2, 1])]


def antialiased(mode, factors, **more):
    def build(n):
        x = n.input(floats(n, 1, 2, 9, 8))
        return n.node("Resize", [x, "", n.constant(np.asarray((1, 1) + factors, np.float32))],
                      mode=mode, antialias=1, **more)

    return build


def einsum(equation, *shapes):
    def build(n):
        return n.node("Einsum", [n.input(floats(n, *s)) for s in shapes], equation=equation)

    return build


def cubic(way, factors, **more):
    def build(n):
        x = n.input(floats(n, 1, 2, 5, 6))
        return n.node("Resize", [x, "", n.constant(np.asarray((1, 1) + factors, np.float32))],
                      mode="cubic", coordinate_transformation_mode=way, **more)

    return build


def resize_row(n):
    x = n.input(floats(n, 1, 2, 9))
    return n.node("Resize", [x, "", n.constant(np.asarray([1, 1, 2], np.float32))], mode="linear")


def padded(mode):
    def build(n):
        x = n.input(n.codes("u8", 1, 3, 4, 5))
        return n.node("Pad", [x, n.constant(np.asarray([0, 0, 2, -1, 0, 0, 1, 3], np.int64))],
                      mode=mode)

    return build


def transposed_groups(n):
    x = n.input(floats(n, 1, 4, 5, 3))
    return n.node("ConvTranspose", [x, n.constant(floats(n, 4, 3, 3, 2)), n.constant(floats(n, 6))],
                  group=2, strides=[2, 2], output_shape=[10, 6])


def local_response(n):
    x = n.input(floats(n, 1, 6, 3, 5, scale=3))
    return n.node("LRN", [x], size=5, alpha=0.3, beta=0.75, bias=1.25)


def local_response_inverse(n):
    """The power is a quotient: only the order of the sums is left to go wrong."""
    x = n.input(floats(n, 2, 9, 3, 5, scale=3))
    return n.node("LRN", [x], size=3, alpha=0.3, beta=1.0, bias=1.25)


def renamed(n):
    """Results that are the input itself, twice, and one value under two names."""
    x = n.input(floats(n, 2, 3))
    y = n.node("Neg", [x])
    return [n.node("Identity", [v]) for v in (x, x, y, y)]


def cases(w):
    w.store("function_layers", function_layers, 18)
    w.store("function_branches", function_branches, 18)
    w.store("sequence", sequence)
    w.store("sequence_loop", sequence_loop)
    for kind in ("if", "loop"):
        for inside in (False, True):
            w.store("border_%s_%s" % (kind, "inside" if inside else "outside"),
                    border(kind, inside))
    for inside in (False, True):
        for nested in (False, True):
            w.store("chosen_%s%s" % ("inside" if inside else "outside", "_nested" * nested),
                    chosen(inside, nested))
    w.store("half_chain", half_chain)
    w.store("half_casts", half_casts)
    w.store("half_around", half_around)
    w.store("half_scales", half_scales, 19)
    w.store("half_layers", half_layers)
    w.store("scan_batches", scan_batches, 8)
    w.store("sequence_map", sequence_map)
    w.store("average_dilated", dilated_average, 19)
    w.store("resize_antialias", antialiased("linear", (0.4, 0.7)), 18)
    w.store("resize_antialias_up", antialiased("linear", (1.5, 0.55),
                                               coordinate_transformation_mode="asymmetric"), 18)
    w.store("resize_antialias_cubic", antialiased("cubic", (0.35, 1.3)), 18)
    w.store("resize_antialias_outside", antialiased("cubic", (0.45, 0.6), exclude_outside=1,
                                                    cubic_coeff_a=-0.5), 19)
    w.store("einsum_heads", einsum("bhid,bhjd->bhij", (2, 2, 3, 4), (2, 2, 5, 4)))
    w.store("einsum_three", einsum("i...j, jk, lk -> l...i", (3, 2, 4), (4, 5), (2, 5)))
    w.store("einsum_implicit", einsum("cab", (2, 3, 4)))
    w.store("resize_cubic", cubic("half_pixel", (2.0, 1.7)))
    w.store("resize_cubic_outside", cubic("align_corners", (0.7, 2.5), exclude_outside=1,
                                          cubic_coeff_a=-0.5))
    w.store("resize_cubic_symmetric", cubic("half_pixel_symmetric", (0.6, 1.3)), 19, **CLOSE)
    w.store("resize_row", resize_row, **CLOSE)
    w.store("pad_edge", padded("edge"))
    w.store("pad_wrap", padded("wrap"), 19)
    w.store("pad_reflect", padded("reflect"))
    w.store("conv_transpose_groups", transposed_groups)
    w.store("norm_local_response", local_response)
    w.store("norm_local_response_inverse", local_response_inverse)
    w.store("renamed", renamed)
