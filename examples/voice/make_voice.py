"""Makes voice.onnx: a voice-activity detector of one convolution and one LSTM with seeded random
weights, in dynamic int8 as onnxruntime's quantize_dynamic writes it. Its numbers mean nothing;
operators, open dimensions, and the state that goes in and out are those of detectors as people ship
them.

Needs numpy, onnx and onnxruntime. Usage: make_voice.py [OUTPUT]
"""
import os
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import quantize_dynamic

WIDTH, TAPS, STEP = 16, 16, 8


def main():
    output = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__),
                                                                 "voice.onnx")
    random = np.random.default_rng(11)
    constants, nodes = [], []

    def weights(name, *shape, scale=1.0):
        values = (scale * random.standard_normal(shape)).astype(np.float32)
        constants.append(numpy_helper.from_array(values, name))
        return name

    def node(op, inputs, outputs, **attributes):
        nodes.append(helper.make_node(op, inputs, outputs, name=outputs[-1], **attributes))

    constants.append(numpy_helper.from_array(np.array([1], np.int64), "channel"))
    constants.append(numpy_helper.from_array(np.array([-1, WIDTH], np.int64), "row"))
    node("Unsqueeze", ["samples", "channel"], ["waves"])
    node("Conv", ["waves", weights("filters", WIDTH, 1, TAPS, scale=0.5),
                  weights("filters.bias", WIDTH, scale=0.1)], ["filtered"], strides=[STEP])
    node("Relu", ["filtered"], ["features"])
    node("Transpose", ["features"], ["steps"], perm=[2, 0, 1])
    node("LSTM", ["steps", weights("W", 1, 4 * WIDTH, WIDTH, scale=0.4),
                  weights("R", 1, 4 * WIDTH, WIDTH, scale=0.4),
                  weights("B", 1, 8 * WIDTH, scale=0.1), "", "h", "c"],
         ["", "next_h", "next_c"], hidden_size=WIDTH)
    node("Reshape", ["next_h", "row"], ["last"])
    node("MatMul", ["last", weights("score.weight", WIDTH, 1, scale=1.5)], ["score"])
    node("Sigmoid", ["score"], ["probability"])
    state = [1, "batch", WIDTH]
    inputs = [helper.make_tensor_value_info("samples", TensorProto.FLOAT, ["batch", "count"])]
    inputs += [helper.make_tensor_value_info(n, TensorProto.FLOAT, state) for n in ("h", "c")]
    results = [helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["batch", 1])]
    results += [helper.make_tensor_value_info(n, TensorProto.FLOAT, state)
                for n in ("next_h", "next_c")]
    graph = helper.make_graph(nodes, "voice", inputs, results, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    with tempfile.TemporaryDirectory() as folder:
        floats = os.path.join(folder, "float.onnx")
        onnx.save(model, floats)
        quantize_dynamic(floats, output)


if __name__ == "__main__":
    main()
