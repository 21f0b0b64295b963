"""Makes embedder.onnx: a sentence encoder of one transformer layer with seeded random weights, in
dynamic int8 as onnxruntime's quantize_dynamic writes it. Its numbers mean nothing; operators, open
dimensions and quantization are those of sentence encoders as people ship them.

Needs numpy, onnx and onnxruntime. Usage: make_embedder.py [OUTPUT]
"""
import os
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import quantize_dynamic

TOKENS, POSITIONS, WIDTH, HEADS, INNER = 120, 64, 32, 2, 64


class Network:
    def __init__(self):
        self.random = np.random.default_rng(7)
        self.nodes, self.constants = [], []

    def constant(self, name, values, dtype=np.float32):
        self.constants.append(numpy_helper.from_array(np.array(values, dtype), name))
        return name

    def weights(self, name, *shape, scale=1.0, mean=0.0):
        return self.constant(name, mean + scale * self.random.standard_normal(shape))

    def node(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def linear(self, x, name, inner, outer):
        w = self.weights(name + ".weight", inner, outer, scale=inner**-0.5)
        product = self.node("MatMul", [x, w], name + ".product")
        return self.node("Add", [self.weights(name + ".bias", outer, scale=0.05), product], name)

    def normalized(self, x, name):
        return self.node("LayerNormalization",
                         [x, self.weights(name + ".gamma", WIDTH, scale=0.1, mean=1.0),
                          self.weights(name + ".beta", WIDTH, scale=0.1)],
                         name, axis=-1, epsilon=1e-12)

    def heads(self, x, name, order):
        split = self.node("Reshape", [x, "split"], name + ".split")
        return self.node("Transpose", [split], name + ".heads", perm=order)

    def attention(self, x):
        q = self.heads(self.linear(x, "query", WIDTH, WIDTH), "query", [0, 2, 1, 3])
        k = self.heads(self.linear(x, "key", WIDTH, WIDTH), "key", [0, 2, 3, 1])
        v = self.heads(self.linear(x, "value", WIDTH, WIDTH), "value", [0, 2, 1, 3])
        scores = self.node("Div", [self.node("MatMul", [q, k], "scores"), "root"], "scaled")
        shares = self.node("Softmax", [scores], "shares", axis=-1)
        mixed = self.node("MatMul", [shares, v], "mixed")
        back = self.node("Transpose", [mixed], "mixed.back", perm=[0, 2, 1, 3])
        return self.linear(self.node("Reshape", [back, "merge"], "merged"), "attention", WIDTH,
                           WIDTH)

    def build(self):
        self.constant("split", [0, 0, HEADS, WIDTH // HEADS], np.int64)
        self.constant("merge", [0, 0, WIDTH], np.int64)
        self.constant("root", (WIDTH // HEADS) ** 0.5)
        for name, value in (("two", 2), ("one", 1), ("half", 0.5)):
            self.constant(name, value if name != "two" else 2**0.5)
        for name, value in (("first", [0]), ("axis", [1])):
            self.constant(name, value, np.int64)
        self.constant("length", 1, np.int64)
        words = self.node("Gather", [self.weights("words", TOKENS, WIDTH), "input_ids"], "word")
        shape = self.node("Shape", ["input_ids"], "shape")
        length = self.node("Gather", [shape, "length"], "count", axis=0)
        end = self.node("Unsqueeze", [length, "first"], "end")
        places = self.constant("places", np.arange(POSITIONS)[None], np.int64)
        place = self.node("Slice", [places, "first", end, "axis"], "place.index")
        place = self.node("Gather", [self.weights("positions", POSITIONS, WIDTH, scale=0.2), place],
                          "place")
        x = self.normalized(self.node("Add", [words, place], "embedded"), "embeddings")
        x = self.normalized(self.node("Add", [self.attention(x), x], "attended"), "first.norm")
        y = self.linear(x, "inner", WIDTH, INNER)
        bent = self.node("Erf", [self.node("Div", [y, "two"], "inner.scaled")], "inner.erf")
        shifted = self.node("Add", [bent, "one"], "inner.shifted")
        bent = self.node("Mul", [y, shifted], "inner.twice")
        y = self.linear(self.node("Mul", [bent, "half"], "gelu"), "outer", INNER, WIDTH)
        self.normalized(self.node("Add", [y, x], "added"), "last_hidden_state")
        ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "sequence"])
        out = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT,
                                            ["batch", "sequence", WIDTH])
        graph = helper.make_graph(self.nodes, "embedder", [ids], [out], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def main():
    output = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__),
                                                                 "embedder.onnx")
    with tempfile.TemporaryDirectory() as folder:
        floats = os.path.join(folder, "float.onnx")
        onnx.save(Network().build(), floats)
        quantize_dynamic(floats, output)


if __name__ == "__main__":
    main()
