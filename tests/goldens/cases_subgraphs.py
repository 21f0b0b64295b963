"""Goldens of what runs within other operators or chooses boxes: layers that keep something inside
of loops, branches and composites, peepholes beside a projection, boxes of equal scores and without
area, several classes a box, the largest none."""
import numpy as np
from flatbuffers import flexbuffers

from tflite_file import Model

F = np.float32


def ints(*values):
    return np.array(values, np.int32)


def recurrent(r, graph, x):
    """A layer of three units with a state of its own."""
    o = graph.tensor((1, 2, 3), "float32")
    graph.op("UNIDIRECTIONAL_SEQUENCE_RNN",
             [x, graph.const(r.normal(0, 0.5, (3, 3)).astype(F)),
              graph.const(r.normal(0, 0.5, (3, 3)).astype(F)),
              graph.const(r.normal(0, 0.5, 3).astype(F)), graph.variable((1, 3), "float32", None)],
             [o], "SequenceRNNOptions", fusedActivationFunction=4)
    return o


def loop(r, m, x):
    """Three rounds: what the layer keeps is kept from round to round."""
    condition, condition_index = m.subgraph()
    body, body_index = m.subgraph()
    k, _ = condition.input((), "int32"), condition.input((1, 2, 3), "float32")
    o = condition.tensor((), "bool")
    condition.op("LESS", [k, condition.const(ints(3)[0])], [o], "LessOptions")
    condition.output(o)
    k, v = body.input((), "int32"), body.input((1, 2, 3), "float32")
    more = body.tensor((), "int32")
    body.op("ADD", [k, body.const(ints(1)[0])], [more], "AddOptions")
    body.output(more, recurrent(r, body, v))
    last, y = m.tensor((), "int32"), m.tensor((1, 2, 3), "float32")
    m.op("WHILE", [m.const(ints(0)[0]), x], [last, y], "WhileOptions",
         condSubgraphIndex=condition_index, bodySubgraphIndex=body_index)
    return y


def branches(r, m, x):
    """By the largest element of the input."""
    indices = []
    for _ in range(2):
        branch, index = m.subgraph()
        branch.output(recurrent(r, branch, branch.input((1, 2, 3), "float32")))
        indices.append(index)
    largest, c = m.tensor((), "float32"), m.tensor((), "bool")
    m.op("REDUCE_MAX", [x, m.const(ints(0, 1, 2))], [largest], "ReducerOptions")
    m.op("GREATER", [largest, m.const(np.array(1.2, F))], [c], "GreaterOptions")
    y = m.tensor((1, 2, 3), "float32")
    m.op("IF", [c, x], [y], "IfOptions", thenSubgraphIndex=indices[0],
         elseSubgraphIndex=indices[1])
    return y


def composite(r, m, x):
    inner, index = m.subgraph()
    inner.output(recurrent(r, inner, inner.input((1, 2, 3), "float32")))
    y = m.tensor((1, 2, 3), "float32")
    m.op("STABLEHLO_COMPOSITE", [x], [y], "StableHLOCompositeOptions", name="my.layer",
         decompositionSubgraphIndex=index, compositeAttributes=list(flexbuffers.Dumps({})))
    return y


def kept_in_subgraphs(w):
    """The framework forgets what layers keep there when the operator is done."""
    for tag, part in (("loop", loop), ("branches", branches), ("composite", composite)):
        name = "kept_in_" + tag
        r = w.rng(name)
        m = Model()
        x = m.input((1, 2, 3), "float32")
        y = part(r, m, x)
        m.output(y)
        w.add_calls(name, m, [[r.normal(size=(1, 2, 3)).astype(F)] for _ in range(5)])


def variables_in_branches(w):
    """A variable that one of two branches writes and both read, twice within each other."""
    name = "variable_in_branches"
    r = w.rng(name)
    m = Model()
    quantization = (0.05, -5)

    def codes():
        return r.integers(-128, 128, (1, 4)).astype(np.int8)

    def handle(graph):
        h = graph.tensor((), "resource")
        graph.op("VAR_HANDLE", [], [h], "VarHandleOptions", container="", sharedName="kept")
        return h

    def plus_kept(graph, x):
        old, o = [graph.tensor((1, 4), "int8", *quantization) for _ in range(2)]
        graph.op("READ_VARIABLE", [handle(graph)], [old], "ReadVariableOptions")
        graph.op("ADD", [x, old], [o], "AddOptions")
        return o

    def choose(graph, x, above, parts):
        indices = []
        for part in parts:
            branch, index = m.subgraph()
            branch.output(part(branch, branch.input((1, 4), "int8", *quantization)))
            indices.append(index)
        largest, c = graph.tensor((), "int8", *quantization), graph.tensor((), "bool")
        graph.op("REDUCE_MAX", [x, graph.const(ints(0, 1))], [largest], "ReducerOptions")
        graph.op("GREATER", [largest, graph.const(np.array(above, np.int8), *quantization)], [c],
                 "GreaterOptions")
        o = graph.tensor((1, 4), "int8", *quantization)
        graph.op("IF", [c, x], [o], "IfOptions", thenSubgraphIndex=indices[0],
                 elseSubgraphIndex=indices[1])
        return o

    def writes(graph, x):
        y = plus_kept(graph, x)
        graph.op("ASSIGN_VARIABLE", [handle(graph), y], [], "AssignVariableOptions")
        return y

    first, first_index = m.subgraph()
    first.op("ASSIGN_VARIABLE", [handle(first), first.const(codes(), *quantization)], [],
             "AssignVariableOptions")
    x = m.input((1, 4), "int8", *quantization)
    m.op("CALL_ONCE", [], [], "CallOnceOptions", initSubgraphIndex=first_index)
    y = choose(m, x, 60, (lambda g, v: plus_kept(g, choose(g, v, 100, (writes, plus_kept))),
                          writes))
    m.output(y, plus_kept(m, x))
    w.add_calls(name, m, [[codes()] for _ in range(8)])


def turning_loop(w):
    """Results of the body that are its inputs, in other places: each round copies one after another
    to where the next one reads."""
    name = "while_turns"
    r = w.rng(name)
    m = Model()
    kind = ("int8", 0.05, -5)
    xs = [m.input((1, 4), *kind) for _ in range(3)]
    condition, condition_index = m.subgraph()
    body, body_index = m.subgraph()
    for graph in (condition, body):
        graph.input((), "int32")
        for _ in range(3):
            graph.input((1, 4), *kind)
    o = condition.tensor((), "bool")
    condition.op("LESS", [0, condition.const(ints(4)[0])], [o], "LessOptions")
    condition.output(o)
    more, y = body.tensor((), "int32"), body.tensor((1, 4), *kind)
    body.op("ADD", [0, body.const(ints(1)[0])], [more], "AddOptions")
    body.op("ADD", [2, body.const(np.full((1, 4), 9, np.int8), *kind[1:])], [y], "AddOptions")
    body.output(more, 3, y, 1)
    outs = [m.tensor((), "int32")] + [m.tensor((1, 4), *kind) for _ in range(3)]
    m.op("WHILE", [m.const(ints(0)[0])] + xs, outs, "WhileOptions",
         condSubgraphIndex=condition_index, bodySubgraphIndex=body_index)
    m.output(*outs[1:])
    w.add(name, m, [r.integers(-128, 128, (1, 4)).astype(np.int8) for _ in range(3)], exact=True)


def branches_of_scalars(w):
    """The condition has an axis, what is chosen has none."""
    m = Model()
    c, x = m.input((1,), "bool"), m.input((), "float32")
    indices = []
    for number in (0.5, 3.0):
        branch, index = m.subgraph()
        v, o = branch.input((), "float32"), branch.tensor((), "float32")
        branch.op("MUL", [v, branch.const(np.array(number, F))], [o], "MulOptions")
        branch.output(o)
        indices.append(index)
    y = m.tensor((), "float32")
    m.op("IF", [c, x], [y], "IfOptions", thenSubgraphIndex=indices[0],
         elseSubgraphIndex=indices[1])
    wide, both = m.tensor((1,), "float32"), m.tensor((2,), "float32")
    m.op("EXPAND_DIMS", [y, m.const(ints(0)[0])], [wide], "ExpandDimsOptions")
    m.op("CONCATENATION", [wide, wide], [both], "ConcatenationOptions", axis=0)
    m.output(both)
    w.add_calls("if_of_scalars", m, [[np.array([k]), np.array(1.5, F)] for k in (True, False)])


def peepholes(w):
    """TensorFlow Lite counts them by hidden values, not by units."""
    for tag, batch, time_major in (("batch_major", 2, False), ("time_major", 3, True)):
        name = "lstm_projection_peepholes_" + tag
        r = w.rng(name)
        m = Model()
        steps, channels, units, state = 3, 5, 6, 4
        shape = (steps, batch) if time_major else (batch, steps)
        ins = [m.input(shape + (channels,), "int8", 0.0201, 3)] + [-1] * 23
        for gate in range(4):
            for first, extent in ((1, channels), (5, state)):
                ins[first + gate] = m.const(
                    r.integers(-127, 128, (units, extent)).astype(np.int8), 0.008)
            ins[12 + gate] = m.const(r.integers(-3000, 3000, units).astype(np.int32), 1e-4)
            if gate != 2:
                ins[9 + min(gate, 2)] = m.const(
                    r.integers(-9000, 9000, units).astype(np.int16), 3e-5)
        ins[16] = m.const(r.integers(-127, 128, (state, units)).astype(np.int8), 0.01)
        ins[17] = m.const(r.integers(-3000, 3000, state).astype(np.int32), 1e-4)
        ins[18] = m.variable((batch, state), "int8", 0.009, 3)
        ins[19] = m.variable((batch, units), "int16", 2.0**-11)
        between = [m.tensor((0,), "int16", 2.0**-12) for _ in range(4)]
        between.append(m.tensor((0,), "int8", 1 / 128, 0))
        o = m.tensor(shape + (state,), "int8", 0.009, 3)
        m.op("UNIDIRECTIONAL_SEQUENCE_LSTM", ins, [o], "UnidirectionalSequenceLSTMOptions", between,
             fusedActivationFunction=4, timeMajor=time_major)
        m.output(o)
        w.add_calls(name, m, [[r.integers(-128, 128, shape + (channels,)).astype(np.int8)]
                              for _ in range(2)])


def suppression(w):
    """Scores in steps of a quarter, corners in steps of a sixteenth: some boxes have no area."""
    for tag, sigma, most in (("v4", None, 30), ("v5", 0.5, 30), ("v5_hard", 0.0, 12),
                             ("v5_wide", 1.0, 45)):
        name = "suppressed_ties_" + tag
        r = w.rng(name)
        boxes = 40
        m = Model()
        b, s = m.input((boxes, 4), "float32"), m.input((boxes,), "float32")
        ins = [b, s, m.const(np.array(most, np.int32)), m.const(np.array(0.4, F)),
               m.const(np.array(0.1, F))]
        outs = [m.tensor((most,), "int32")]
        if sigma is not None:
            ins.append(m.const(np.array(sigma, F)))
            outs.append(m.tensor((most,), "float32"))
        count = m.tensor((), "int32")
        version = "V4" if sigma is None else "V5"
        m.op("NON_MAX_SUPPRESSION_" + version, ins, outs + [count],
             "NonMaxSuppression%sOptions" % version)
        m.output(*outs, count)
        corners = (r.integers(0, 17, (boxes, 4)) / 16).astype(F)
        w.add(name, m, [corners, (r.integers(0, 9, boxes) / 8).astype(F)], exact=True)


def several_classes(w):
    """Several classes a box, of equal scores; as many boxes as asked for are found."""
    for tag, classes, background, per_box in (("two", 5, True, 2), ("many", 23, False, 7),
                                              ("all", 3, True, 3)):
        name = "detection_classes_of_box_" + tag
        r = w.rng(name)
        boxes, most = 12, 6
        m = Model()
        e = m.input((1, boxes, 4), "float32")
        s = m.input((1, boxes, classes + background), "float32")
        anchors = np.stack([np.arange(boxes) * 3.0, r.random(boxes), 0.2 + r.random(boxes),
                            0.2 + r.random(boxes)], 1).astype(F)
        room = most * per_box
        outs = [m.tensor(shape, "float32") for shape in ((1, room, 4), (1, room), (1, room), (1,))]
        m.op("CUSTOM:TFLite_Detection_PostProcess", [e, s, m.const(anchors)], outs, None,
             custom_options=flexbuffers.Dumps({
                 "max_detections": most, "max_classes_per_detection": per_box,
                 "num_classes": classes, "nms_score_threshold": 0.0, "nms_iou_threshold": 0.5,
                 "y_scale": 10.0, "x_scale": 10.0, "h_scale": 5.0, "w_scale": 5.0}))
        m.output(*outs)
        w.add(name, m, [r.normal(size=(1, boxes, 4)).astype(F),
                        (r.integers(0, 5, (1, boxes, classes + background)) / 4).astype(F)],
              exact=True)


def none_of(w):
    m = Model()
    x = m.input((2, 5), "int8", 0.05, 3)
    y, places = m.tensor((2, 0), "int8", 0.05, 3), m.tensor((2, 0), "int32")
    same = m.tensor((2, 5), "int8", 0.05, 3)
    m.op("TOPK_V2", [x, m.const(np.array(0, np.int32))], [y, places], "TopKV2Options")
    m.op("CONCATENATION", [y, x], [same], "ConcatenationOptions", axis=1)
    m.output(same)
    w.add("topk_none_s8", m, [w.rng("topk none").integers(-128, 128, (2, 5)).astype(np.int8)],
          exact=True)


def make(w):
    kept_in_subgraphs(w)
    variables_in_branches(w)
    turning_loop(w)
    branches_of_scalars(w)
    peepholes(w)
    suppression(w)
    several_classes(w)
    none_of(w)
