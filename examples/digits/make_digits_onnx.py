#!/usr/bin/env python3
"""Makes digits.onnx: the network of digits.tflite as quantized operators of ONNX.

The weights, scales and zero points are those of digits.tflite; rounding, the average pool and the
softmax are ONNX Runtime's, so the scores are close to TensorFlow Lite's and not the same. Writes
into the folder of this script digits.onnx (float32 [1,1,8,8] in, scores float32 [1,10] out),
digit_N.output.onnxruntime.npy (ONNX Runtime's raw outputs of digit_N.input_nchw.npy) and the rows
of MANIFEST.json.

Needs: ai-edge-litert, onnx, onnxruntime, numpy (versions used: README.md).
"""
import json
import pathlib

import numpy as np
import onnxruntime as ort
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from onnx import TensorProto, helper, numpy_helper

HERE = pathlib.Path(__file__).resolve().parent


class Builder:
    def __init__(self):
        self.lite = Interpreter(str(HERE / "digits.tflite"), experimental_op_resolver_type=
                                OpResolverType.BUILTIN_REF)
        self.lite.allocate_tensors()
        self.details = {d["index"]: d for d in self.lite.get_tensor_details()}
        self.nodes, self.constants = [], []

    def constant(self, name, values):
        self.constants.append(numpy_helper.from_array(np.array(values, order="C"), name))
        return name

    def quantization(self, index, name):
        """Scale and zero point of a tensor of digits.tflite as two constants."""
        q = self.details[index]["quantization_parameters"]
        scale, zero = q["scales"].astype(np.float32), q["zero_points"].astype(np.int8)
        if len(scale) == 1:
            scale, zero = scale[0], zero[0]
        return [self.constant(name + ".scale", scale), self.constant(name + ".zero", zero)]

    def node(self, op, name, inputs, ms=False, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [name], name,
                                           domain="com.microsoft" if ms else "", **attributes))
        return name

    def network(self):
        ops = [o for o in self.lite._get_ops_details() if o["op_name"] != "DELEGATE"]
        first = self.quantization(ops[0]["inputs"][0], "pixels")
        # Values of digits.tflite by their index: name, scale and zero point.
        at = {ops[0]["inputs"][0]: [self.node("QuantizeLinear", "pixels", ["image"] + first)]
              + first}
        names = iter(["stem", "expand", "depthwise", "project", "residual", "down", "depthwise_x2",
                      "smooth", "mix", "mean", "head", "scores"])
        for op in ops:
            kind, name, ins, out = op["op_name"], next(names), op["inputs"], op["outputs"][0]
            to = self.quantization(out, name)
            x = at[ins[0]]
            if kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
                w = self.lite.get_tensor(ins[1])
                deep = kind == "DEPTHWISE_CONV_2D"
                w = w.transpose(3, 0, 1, 2) if deep else w.transpose(0, 3, 1, 2)
                size = self.details[ins[0]]["shape"][1], self.details[out]["shape"][1]
                valid = size[0] - size[1] == w.shape[2] - 1 and w.shape[2] > 1
                stride = 2 if name in ("down", "depthwise_x2") and not valid else 1
                y = self.node("QLinearConv", name, x + [self.constant(name + ".weights", w)]
                              + self.quantization(ins[1], name + ".weights") + to
                              + [self.constant(name + ".bias", self.lite.get_tensor(ins[2]))],
                              auto_pad="VALID" if valid else "SAME_UPPER",
                              strides=[stride, stride],
                              group=int(self.details[ins[0]]["shape"][3]) if deep else 1)
            elif kind == "ADD":
                y = self.node("QLinearAdd", name, x + at[ins[1]] + to, True)
            elif kind == "AVERAGE_POOL_2D":
                y = self.node("QLinearAveragePool", name, x + to, True, kernel_shape=[2, 2],
                              auto_pad="SAME_UPPER")
            elif kind == "MEAN":
                y = self.node("QLinearGlobalAveragePool", name + ".image", x + to, True)
                y = self.node("Flatten", name, [y])
            elif kind == "FULLY_CONNECTED":
                w = self.constant(name + ".weights", self.lite.get_tensor(ins[1]))
                b = self.constant(name + ".bias", self.lite.get_tensor(ins[2]))
                y = self.node("QGemm", name, x + [w] + self.quantization(ins[1], name + ".weights")
                              + [b] + to, True, transB=1)
            elif kind == "SOFTMAX":
                y = self.node("QLinearSoftmax", name, x + to, True, axis=1, opset=13)
            else:
                raise ValueError("operator " + kind)
            at[out] = [y] + to
        self.node("DequantizeLinear", "probabilities", at[out])
        value = helper.make_tensor_value_info
        graph = helper.make_graph(
            self.nodes, "digits", [value("image", TensorProto.FLOAT, [1, 1, 8, 8])],
            [value("probabilities", TensorProto.FLOAT, [1, 10])], self.constants)
        model = helper.make_model(graph, producer_name="octet", opset_imports=[
            helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)])
        model.ir_version = 8
        return model


def main():
    path = HERE / "digits.onnx"
    path.write_bytes(Builder().network().SerializeToString())
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    rows = []
    for d in range(10):
        y = session.run(None, {"image": np.load(HERE / ("digit_%d.input_nchw.npy" % d))})[0]
        out = "digit_%d.output.onnxruntime.npy" % d
        np.save(HERE / out, y)
        lite = np.load(HERE / ("digit_%d.output.ref.npy" % d)).astype(np.float32) + 128
        print(d, int(y.argmax()), "off by %.4f" % np.abs(y - lite / 256).max())
        rows.append({"format": "onnx", "folder": ".", "model": path.name, "law": "onnxruntime",
                     "inputs": ["digit_%d.input_nchw.npy" % d], "outputs": [out],
                     "expect": "identical"})
    manifest = HERE / "MANIFEST.json"
    kept = [r for r in json.loads(manifest.read_text()) if r["model"] != path.name]
    rows = sorted(kept + rows, key=lambda r: (r["model"], r["law"], r["inputs"]))
    manifest.write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")


if __name__ == "__main__":
    main()
