"""Goldens of operators whose positions are data, of control flow, variables and signatures, and of
TensorFlow Lite's rarer layers."""
import numpy as np
from flatbuffers import flexbuffers

from cases_core import RELU6, RELU_N1_TO_1
from tflite_file import Model

INT8 = ("int8", 0.05, -5)


def codes(r, shape, low=-128, high=128):
    return r.integers(low, high, shape).astype(np.int8)


def one(w, name, op, operands, output, options=None, engines=("ref", "xnnpack"), **fields):
    """`operands`: arrays to be given (inputs) or ("const", array). Those of int8 are quantized."""
    m = Model()
    ids, given = [], []
    for x in operands:
        constant = isinstance(x, tuple)
        x = x[1] if constant else x
        quantization = (0.05, -5) if x.dtype == np.int8 else ()
        if constant:
            ids.append(m.const(x, *quantization))
        else:
            ids.append(m.input(x.shape, x.dtype.name, *quantization))
            given.append(x)
    shape, dtype = output
    o = m.tensor(shape, dtype, *((0.05, -5) if dtype == "int8" else ()))
    m.op(op, ids, [o], options, **fields)
    m.output(o)
    w.add(name, m, given, engines=engines)


def ints(*values):
    return np.array(values, np.int32)


def positions(w):
    r = w.rng("positions")
    x = codes(r, (4, 5))
    one(w, "dynamic_update_slice_s8", "DYNAMIC_UPDATE_SLICE", [x, codes(r, (2, 3)), ints(3, 1)],
        ((4, 5), "int8"))
    one(w, "dynamic_update_slice_negative_s8", "DYNAMIC_UPDATE_SLICE",
        [x, codes(r, (2, 3)), ints(-1, 9)], ((4, 5), "int8"))
    one(w, "scatter_nd_s8", "SCATTER_ND",
        [("const", ints([2], [0], [2])), codes(r, (3, 4), -40, 40), ("const", ints(5, 4))],
        ((5, 4), "int8"))
    one(w, "scatter_nd_f32", "SCATTER_ND",
        [ints([0, 1], [2, 2]), r.normal(size=(2, 3)).astype(np.float32), ("const", ints(3, 4, 3))],
        ((3, 4, 3), "float32"))
    one(w, "sparse_to_dense_f32", "SPARSE_TO_DENSE",
        [("const", ints(1, 4)), ("const", ints(6)), r.normal(size=2).astype(np.float32),
         ("const", np.array(0.5, np.float32))], ((6,), "float32"), "SparseToDenseOptions")
    one(w, "reverse_sequence_f32", "REVERSE_SEQUENCE",
        [r.normal(size=(3, 5, 2)).astype(np.float32), ints(2, 5, 1)], ((3, 5, 2), "float32"),
        "ReverseSequenceOptions", seqDim=1, batchDim=0)
    one(w, "slice_begin_at_run_time_s8", "SLICE", [x, ints(1, 2), ("const", ints(2, 3))],
        ((2, 3), "int8"), "SliceOptions")
    one(w, "matrix_diag_f32", "MATRIX_DIAG", [r.normal(size=(2, 3)).astype(np.float32)],
        ((2, 3, 3), "float32"), "MatrixDiagOptions")
    one(w, "matrix_set_diag_f32", "MATRIX_SET_DIAG",
        [r.normal(size=(2, 3, 4)).astype(np.float32), r.normal(size=(2, 3)).astype(np.float32)],
        ((2, 3, 4), "float32"), "MatrixSetDiagOptions")
    one(w, "segment_sum_f32", "SEGMENT_SUM",
        [r.normal(size=(5, 3)).astype(np.float32), ("const", ints(0, 0, 1, 1, 2))],
        ((3, 3), "float32"), "SegmentSumOptions", engines=("xnnpack",))
    one(w, "unsorted_segment_sum_f32", "UNSORTED_SEGMENT_SUM",
        [r.normal(size=(5, 3)).astype(np.float32), ints(2, 0, 2, -1, 0), ("const", ints(3)[0])],
        ((3, 3), "float32"), "UnsortedSegmentSumOptions")
    one(w, "bucketize_f32", "BUCKETIZE", [np.array([-1, 0, 3, 10, 11.5], np.float32)],
        ((5,), "int32"), "BucketizeOptions", boundaries=[0.0, 10.0, 11.0])


def numbers(w):
    r = w.rng("numbers")
    x = np.array([-2.5, -0.0, 0.0, 1e-30, 7], np.float32)
    one(w, "sign_f32", "SIGN", [x], ((5,), "float32"), "SignOptions")
    base = np.abs(r.normal(size=40)).astype(np.float32)
    one(w, "pow_f32", "POW", [base, r.normal(size=40).astype(np.float32) * 3], ((40,), "float32"),
        "PowOptions")
    for name, activation in (("relu6", RELU6), ("relu_n1_to_1", RELU_N1_TO_1)):
        one(w, "div_s32_" + name, "DIV", [ints(13, -7, 1, 0, 80, -9), ints(4, 7, 2, 5, -3, 2)],
            ((6,), "int32"), "DivOptions", fusedActivationFunction=activation)
    one(w, "pow_s32", "POW", [ints(2, -3, 0, 5, -1), ints(10, 3, 0, 2, 7)], ((5,), "int32"),
        "PowOptions")
    for dtype in ("int8", "int16", "int32"):
        a = r.integers(-100, 100, 9).astype(dtype)
        m = Model()
        i, k = m.input((9,), dtype), m.input((9,), dtype)
        o = m.tensor((9,), dtype)
        m.op("BITWISE_XOR", [i, k], [o], "BitwiseXorOptions")
        m.output(o)
        w.add("bitwise_xor_" + dtype, m, [a, a[::-1].copy()])
        m = Model()
        i, k = m.input((9,), dtype), m.input((9,), dtype)
        o = m.tensor((9,), dtype)
        m.op("RIGHT_SHIFT", [i, k], [o], "RightShiftOptions")
        m.output(o)
        w.add("right_shift_" + dtype, m, [a, np.arange(-1, 8).astype(dtype)])
    one(w, "logical_not", "LOGICAL_NOT", [np.array([True, False, True])], ((3,), "bool"),
        "LogicalNotOptions")
    one(w, "add_n_f32", "ADD_N", [r.normal(size=(2, 7)).astype(np.float32) for _ in range(3)],
        ((2, 7), "float32"), "AddNOptions")
    one(w, "zeros_like_f32", "ZEROS_LIKE", [r.normal(size=(2, 3)).astype(np.float32)],
        ((2, 3), "float32"), "ZerosLikeOptions")
    for op in ("EQUAL", "NOT_EQUAL"):
        m = Model()
        a, b = m.input((200,), "int16", 0.0007), m.input((200,), "int16", 0.0011)
        o = m.tensor((200,), "bool")
        m.op(op, [a, b], [o], "EqualOptions" if op == "EQUAL" else "NotEqualOptions")
        m.output(o)
        x = r.integers(-500, 500, 200)
        y = np.rint(x * 7 / 11) + r.integers(-1, 2, 200)
        w.add(op.lower() + "_near_s16", m, [x.astype(np.int16), y.astype(np.int16)])


def layers(w):
    r = w.rng("layers")
    x = r.normal(size=(1, 7, 6, 5)).astype(np.float32) * 3
    for pad, shape in ((0, (1, 4, 6, 5)), (1, (1, 3, 5, 5))):
        one(w, "l2_pool_%d_f32" % pad, "L2_POOL_2D", [x], (shape, "float32"), "Pool2DOptions",
            padding=pad, strideW=1, strideH=2, filterWidth=2, filterHeight=3,
            fusedActivationFunction=3)
    for beta in (0.5, 1.0):
        one(w, "local_response_%d_f32" % (beta * 10), "LOCAL_RESPONSE_NORMALIZATION", [x],
            ((1, 7, 6, 5), "float32"), "LocalResponseNormalizationOptions", radius=2, bias=1.5,
            alpha=0.2, beta=beta)
    x = r.normal(size=(2, 4, 5, 6, 3)).astype(np.float32)
    one(w, "conv_3d_f32", "CONV_3D",
        [x, ("const", r.normal(size=(2, 3, 2, 3, 7)).astype(np.float32)),
         ("const", r.normal(size=7).astype(np.float32))], ((2, 2, 5, 3, 7), "float32"),
        "Conv3DOptions", padding=0, strideD=2, strideH=1, strideW=2, fusedActivationFunction=1,
        dilationDFactor=1, dilationHFactor=1, dilationWFactor=1)
    table = codes(r, (6, 4), -127, 128)
    m = Model()
    i = m.input((3,), "int32")
    t = m.const(table, r.uniform(0.01, 0.1, 6), 0, 0)
    o = m.tensor((3, 4), "float32")
    m.op("EMBEDDING_LOOKUP", [i, t], [o])
    m.output(o)
    w.add("embedding_scale_per_row", m, [ints(5, 0, 2)])
    m = Model()
    x = codes(r, (1, 4, 4, 3))
    i = m.input(x.shape, *INT8)
    o = m.tensor((1, 7, 7, 3), "int8", 0.031, 9)
    m.op("RESIZE_BILINEAR", [i, m.const(ints(7, 7))], [o], "ResizeBilinearOptions")
    m.output(o)
    w.add("resize_bilinear_other_scale_s8", m, [x], engines=("ref",))


def control_flow(w):
    """A loop of five rounds, a branch on the input's first element, a composite."""
    r = w.rng("control flow")
    m = Model()
    x, n = m.input((1, 4), *INT8), m.const(ints(0)[0])
    condition, condition_index = m.subgraph()
    body, body_index = m.subgraph()
    k, v = condition.input((), "int32"), condition.input((1, 4), *INT8)
    o = condition.tensor((), "bool")
    condition.op("LESS", [k, condition.const(ints(5)[0])], [o], "LessOptions")
    condition.output(o)
    k, v = body.input((), "int32"), body.input((1, 4), *INT8)
    k2, v2 = body.tensor((), "int32"), body.tensor((1, 4), *INT8)
    body.op("ADD", [k, body.const(ints(1)[0])], [k2], "AddOptions")
    body.op("FULLY_CONNECTED", [v, body.const(codes(r, (4, 4)), 0.01)], [v2],
            "FullyConnectedOptions")
    body.output(k2, v2)
    last, y = m.tensor((), "int32"), m.tensor((1, 4), *INT8)
    m.op("WHILE", [n, x], [last, y], "WhileOptions", condSubgraphIndex=condition_index,
         bodySubgraphIndex=body_index)
    m.output(y)
    w.add("while_five_rounds", m, [codes(r, (1, 4))])

    m = Model()
    c, x = m.input((1,), "bool"), m.input((1, 4), *INT8)
    branches = [m.subgraph() for _ in range(2)]
    for number, (b, _) in enumerate(branches):
        v, o = b.input((1, 4), *INT8), b.tensor((1, 4), *INT8)
        b.op("ADD", [v, b.const(codes(r, (1, 4)), 0.05 * (number + 1), 3)], [o], "AddOptions")
        b.output(o)
    o = m.tensor((1, 4), *INT8)
    m.op("IF", [c, x], [o], "IfOptions", thenSubgraphIndex=branches[0][1],
         elseSubgraphIndex=branches[1][1])
    m.output(o)
    w.add_calls("if_by_input", m, [[np.array([c]), codes(r, (1, 4))] for c in (True, False)])

    m = Model()
    x, o = m.input((1, 4), *INT8), m.tensor((1, 4), *INT8)
    inner, index = m.subgraph()
    v, y = inner.input((1, 4), *INT8), inner.tensor((1, 4), *INT8)
    inner.op("HARD_SWISH", [v], [y])
    inner.output(y)
    m.op("STABLEHLO_COMPOSITE", [x], [o], "StableHLOCompositeOptions", name="my.activation",
         decompositionSubgraphIndex=index, compositeAttributes=list(flexbuffers.Dumps({})))
    m.output(o)
    w.add("composite", m, [codes(r, (1, 4))])


def variables(w):
    """The last four frames of three values, kept from call to call, and a layer on them."""
    r = w.rng("variables")
    m = Model()
    first, first_index = m.subgraph()
    x = m.input((1, 1, 3), *INT8)
    m.op("CALL_ONCE", [], [], "CallOnceOptions", initSubgraphIndex=first_index)
    for graph, value in ((first, first.const(np.full((1, 4, 3), -5, np.int8), 0.05, -5)),
                         (m, None)):
        handle = graph.tensor((), "resource")
        graph.op("VAR_HANDLE", [], [handle], "VarHandleOptions", container="", sharedName="frames")
        if value is not None:
            graph.op("ASSIGN_VARIABLE", [handle, value], [], "AssignVariableOptions")
    old, joined, kept = [m.tensor((1, n, 3), *INT8) for n in (4, 5, 4)]
    m.op("READ_VARIABLE", [handle], [old], "ReadVariableOptions")
    m.op("CONCATENATION", [old, x], [joined], "ConcatenationOptions", axis=1)
    m.op("STRIDED_SLICE", [joined, m.const(ints(0, 1, 0)), m.const(ints(1, 5, 3)),
                           m.const(ints(1, 1, 1))], [kept], "StridedSliceOptions")
    m.op("ASSIGN_VARIABLE", [handle, kept], [], "AssignVariableOptions")
    y = m.tensor((1, 6), "int8", 0.11, 3)
    m.op("FULLY_CONNECTED", [joined, m.const(codes(r, (6, 15)), 0.01),
                             m.const(r.integers(-90, 90, 6).astype(np.int32), 0.0005)], [y],
         "FullyConnectedOptions")
    m.output(y)
    m.signature("serving_default")
    w.add_calls("stream_variables", m, [[codes(r, (1, 1, 3))] for _ in range(6)])


def float_lstm(w, tag, batch=2, steps=3, channels=6, units=5, state=None, hybrid=False, both=False,
               merge=False, coupled=False, peepholes=False, norm=False, time_major=False,
               asymmetric=False, clip=0.0):
    """An LSTM with float states; `hybrid`: int8 weights. `state`: extent of a projection."""
    name = "float_lstm_" + tag
    r = w.rng(name)
    m = Model()
    out = state or units
    shape = (steps, batch) if time_major else (batch, steps)

    def matrix(*extents):
        x = (r.normal(size=extents) / np.sqrt(extents[-1])).astype(np.float32)
        if not hybrid:
            return m.const(x)
        scale = np.abs(x).max() / 127
        return m.const(np.rint(x / scale).astype(np.int8), scale)

    def vector(extent, one=0.0):
        return m.const((r.normal(size=extent) * 0.5 + one).astype(np.float32))

    def layer():
        gate = [not (coupled and i == 0) for i in range(4)]
        ids = [matrix(units, channels) if g else -1 for g in gate]
        ids += [matrix(units, out) if g else -1 for g in gate]
        ids += [matrix(units) if peepholes and gate[i] else -1 for i in (0, 1, 3)]
        ids += [vector(units) if g else -1 for g in gate]
        ids += [matrix(out, units), vector(out)] if state else [-1, -1]
        return ids

    def states():
        return [m.variable((batch, n), "float32", None) for n in (out, units)]

    x = m.input(shape + (channels,), "float32")
    if both:
        ids = [x] + layer() + layer() + states() + states() + [-1] * 9
        outs = [m.tensor(shape + ((2 if merge else 1) * out,), "float32")
                for _ in range(1 if merge else 2)]
        m.op("BIDIRECTIONAL_SEQUENCE_LSTM", ids, outs, "BidirectionalSequenceLSTMOptions",
             fusedActivationFunction=4, cellClip=clip, projClip=0.0, mergeOutputs=merge,
             timeMajor=time_major, asymmetricQuantizeInputs=asymmetric)
    else:
        ids = [x] + layer() + states()
        ids += [vector(units, 1.0) if norm and not (coupled and i == 0) else -1 for i in range(4)]
        outs = [m.tensor(shape + (out,), "float32")]
        m.op("UNIDIRECTIONAL_SEQUENCE_LSTM", ids, outs, "UnidirectionalSequenceLSTMOptions",
             fusedActivationFunction=4, cellClip=clip, projClip=0.0, timeMajor=time_major,
             asymmetricQuantizeInputs=asymmetric)
    m.version(3 if hybrid else 1)
    m.output(*outs)
    w.add_calls(name, m, [[r.normal(size=shape + (channels,)).astype(np.float32)]
                          for _ in range(3)])


def rnn_and_svdf(w):
    for tag, hybrid in (("f32", False), ("s8", True)):
        r = w.rng("rnn " + tag)

        def matrix(m, *extents):
            x = (r.normal(size=extents) / np.sqrt(extents[-1])).astype(np.float32)
            scale = np.abs(x).max() / 127
            return m.const(np.rint(x / scale).astype(np.int8), scale) if hybrid else m.const(x)

        m = Model()
        x = m.input((2, 3, 7), "float32")
        o = m.tensor((2, 3, 5), "float32")
        bias = m.const(r.normal(size=5).astype(np.float32))
        m.op("UNIDIRECTIONAL_SEQUENCE_RNN",
             [x, matrix(m, 5, 7), matrix(m, 5, 5), bias, m.variable((2, 5), "float32", None)], [o],
             "SequenceRNNOptions", timeMajor=False, fusedActivationFunction=4,
             asymmetricQuantizeInputs=hybrid)
        m.version(3 if hybrid else 1)
        m.output(o)
        w.add_calls("float_rnn_" + tag, m, [[r.normal(size=(2, 3, 7)).astype(np.float32)]
                                            for _ in range(2)])
        m = Model()
        x = m.input((2, 7), "float32")
        o = m.tensor((2, 3), "float32")
        bias = m.const(r.normal(size=3).astype(np.float32))
        m.op("SVDF", [x, matrix(m, 6, 7), matrix(m, 6, 5), bias,
                      m.variable((2, 30), "float32", None)], [o], "SVDFOptions", rank=2,
             fusedActivationFunction=1, asymmetricQuantizeInputs=hybrid)
        m.version(2 if hybrid else 1)
        m.output(o)
        w.add_calls("float_svdf_" + tag, m, [[r.normal(size=(2, 7)).astype(np.float32)]
                                             for _ in range(4)])


def recurrent(w):
    for tag, hybrid in (("f32", False), ("s8", True)):
        float_lstm(w, tag, hybrid=hybrid)
        float_lstm(w, tag + "_all", hybrid=hybrid, state=3, coupled=True, peepholes=True, norm=True,
                   asymmetric=hybrid, clip=0.7)
        float_lstm(w, tag + "_both", hybrid=hybrid, both=True)
        float_lstm(w, tag + "_merged", hybrid=hybrid, both=True, merge=True, batch=1,
                   time_major=True)
    rnn_and_svdf(w)


def dynamic_matrices(w):
    """Floats next to constant 8-bit matrices; what XNNPACK takes of it."""
    for tag, shape, weights, adj_x, adj_y, asymmetric in (
            ("plain", (1, 3, 19), (1, 19, 5), False, False, True),
            ("two", (2, 3, 19), (19, 5), False, False, False),
            ("adj_x", (2, 19, 3), (19, 5), True, False, True),
            ("adj_y", (2, 2, 3, 19), (1, 5, 19), False, True, False)):
        r = w.rng("dynamic batch_matmul " + tag)
        m = Model()
        x = m.input(shape, "float32")
        c = m.const(r.integers(-127, 128, size=weights).astype(np.int8), 0.013)
        o = m.tensor(shape[:-2] + (3, 5), "float32")
        m.op("BATCH_MATMUL", [x, c], [o], "BatchMatMulOptions", adjX=adj_x, adjY=adj_y,
             asymmetricQuantizeInputs=asymmetric)
        m.version(4)
        m.output(o)
        w.add("dynamic_batch_matmul_" + tag, m, [r.normal(size=shape).astype(np.float32)])
    for tag, scales, bias in (("plain", 0.013, False), ("channels", (0.01, 0.02, 0.015), True)):
        r = w.rng("dynamic transpose_conv " + tag)
        m = Model()
        size = m.const(np.array([2, 9, 11, 3], np.int32))
        c = m.const(r.integers(-127, 128, size=(3, 3, 3, 6)).astype(np.int8), scales)
        x = m.input((2, 4, 5, 6), "float32")
        inputs = [size, c, x] + ([m.const(r.normal(size=3).astype(np.float32))] if bias else [])
        o = m.tensor((2, 9, 11, 3), "float32")
        m.op("TRANSPOSE_CONV", inputs, [o], "TransposeConvOptions", padding=1, strideW=2,
             strideH=2)
        m.version(3)
        m.output(o)
        w.add("dynamic_transpose_conv_" + tag, m,
              [(r.normal(size=(2, 4, 5, 6)) * 3 + 1).astype(np.float32)], engines=("xnnpack",))


def sparse(w):
    """Constants of which only some elements are stored."""
    for tag, dtype, block, order in (("rows", "float32", 1, (0, 1)),
                                     ("columns", "float32", 1, (1, 0)),
                                     ("blocks", "int8", 4, (0, 1))):
        r = w.rng("sparse " + tag)
        dense = r.integers(1, 100, (6, 12)).reshape(6, -1, block) * (
            r.random((6, 12 // block, 1)) < 0.4)
        m = Model()
        quantization = (0.05, -5) if dtype == "int8" else ()
        c = m.sparse(dense.reshape(6, 12).astype(dtype), 0.05 if dtype == "int8" else None, block,
                     order)
        d = m.tensor((6, 12), dtype, *((0.05, 0) if dtype == "int8" else ()))
        m.op("DENSIFY", [c], [d], "DensifyOptions")
        x, o = m.input((6, 12), dtype, *quantization), m.tensor((6, 12), dtype, *quantization)
        m.op("ADD", [x, d], [o], "AddOptions")
        m.output(o)
        given = codes(r, (6, 12)) if dtype == "int8" else r.normal(size=(6, 12)).astype(np.float32)
        w.add("densify_" + tag, m, [given], engines=("ref",))


def detection(w):
    """Boxes that classes choose for themselves."""
    for tag, classes, background, most, per_class in (("three", 3, True, 6, 4),
                                                      ("cut", 2, False, 3, 5)):
        r = w.rng("detection " + tag)
        n = 12
        m = Model()
        boxes = m.input((1, n, 4), "float32")
        scores = m.input((1, n, classes + background), "float32")
        anchors = np.stack([r.random(n), r.random(n), 0.2 + r.random(n), 0.2 + r.random(n)], 1)
        outs = [m.tensor(s, "float32") for s in ((1, most, 4), (1, most), (1, most), (1,))]
        options = flexbuffers.Dumps({
            "max_detections": most, "max_classes_per_detection": 1, "num_classes": classes,
            "detections_per_class": per_class, "use_regular_nms": True,
            "nms_score_threshold": 0.2, "nms_iou_threshold": 0.5, "y_scale": 10.0,
            "x_scale": 10.0, "h_scale": 5.0, "w_scale": 5.0})
        m.op("CUSTOM:TFLite_Detection_PostProcess",
             [boxes, scores, m.const(anchors.astype(np.float32))], outs, None,
             custom_options=options)
        m.output(*outs)
        w.add("detection_classes_" + tag, m, [r.normal(size=(1, n, 4)).astype(np.float32),
                                      r.random((1, n, classes + background)).astype(np.float32)],
              engines=("ref",))


def make(w):
    sparse(w)
    detection(w)
    dynamic_matrices(w)
    recurrent(w)
    positions(w)
    numbers(w)
    layers(w)
    control_flow(w)
    variables(w)
