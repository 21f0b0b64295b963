#!/usr/bin/env python3
"""Makes digits-symbol.json and digits-0000.params: the network of digits.tflite in MXNet, quantized
and fused for oneDNN by MXNet itself.

The weights are those of digits.tflite as real numbers. Some things are put as MXNet can have them:
padding on one side is an operator of its own (in float), the depthwise convolution of two outputs a
channel is two of one output each, the pool's padding is on both sides, and the sum of the block is
lifted above 0 and let down again by the next bias, so that every convolution reads uint8 data.
Calibration spans twice the images' range: the data stay at or below 127, and MXNet's outputs are
the same on CPUs with and without VNNI.
Writes into the folder of this script the two files, digit_N.output.mxnet.npy (MXNet's raw outputs
of digit_N.input_nchw.npy) and the rows of MANIFEST.json.

Needs: mxnet 1.9.1, numpy 1.23, ai-edge-litert (README.md).
"""
import json
import logging
import pathlib

import mxnet as mx
import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from mxnet.contrib import quantization

HERE = pathlib.Path(__file__).resolve().parent
S = mx.sym
LIFT = 6.5
NAMES = ("stem", "expand", "depthwise", "project", "down", "widen", "mix", "head")


def layers():
    """Weights (as TensorFlow Lite has them) and biases of digits.tflite, as real numbers."""
    lite = Interpreter(str(HERE / "digits.tflite"),
                       experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    lite.allocate_tensors()
    details = {d["index"]: d["quantization_parameters"] for d in lite.get_tensor_details()}

    def real(index):
        q, v = details[index], lite.get_tensor(index).astype(np.float64)
        shape = [1] * v.ndim
        if len(q["scales"]) > 1:
            shape[q["quantized_dimension"]] = -1
        return v * q["scales"].astype(np.float64).reshape(shape)

    kinds = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
    ops = [o for o in lite._get_ops_details() if o["op_name"] in kinds]
    return {name: (real(o["inputs"][1]), real(o["inputs"][2])) for name, o in zip(NAMES, ops)}


class Network:
    def __init__(self):
        self.of, self.args = layers(), {}

    def parameters(self, name, w, b):
        self.args[name + "_weight"] = mx.nd.array(w.astype(np.float32))
        self.args[name + "_bias"] = mx.nd.array(b.astype(np.float32))

    def conv(self, x, name, w, b, relu=True, **more):
        """`w`: [outputs, inputs, height, width]."""
        self.parameters(name, w, b)
        x = S.Convolution(x, name=name, kernel=w.shape[2:], num_filter=w.shape[0], **more)
        return S.Activation(x, act_type="relu", name=name + "_relu") if relu else x

    def symbol(self):
        plain = {k: w.transpose(0, 3, 1, 2) for k, (w, b) in self.of.items() if w.ndim == 4}
        bias = {k: b for k, (w, b) in self.of.items()}
        x = S.Variable("data")
        x = self.conv(x, "stem", plain["stem"], bias["stem"], pad=(1, 1))
        y = self.conv(x, "expand", plain["expand"], bias["expand"])
        w = self.of["depthwise"][0].transpose(3, 0, 1, 2)
        y = self.conv(y, "depthwise", w, bias["depthwise"], pad=(1, 1), num_group=w.shape[0])
        y = self.conv(y, "project", plain["project"], bias["project"] + LIFT, relu=False)
        x = S.Activation(y + x, act_type="relu", name="block_relu")
        x = S.Pad(x, mode="constant", pad_width=(0, 0, 0, 0, 0, 1, 0, 1), constant_value=LIFT,
                  name="border")
        w = plain["down"]
        x = self.conv(x, "down", w, bias["down"] - LIFT * w.sum((1, 2, 3)), stride=(2, 2))
        # [1, 3, 3, 2 inputs]: output 2 i + k reads input i.
        w = self.of["widen"][0].transpose(3, 0, 1, 2)
        halves = [self.conv(x, "widen%d" % k, w[k::2], bias["widen"][k::2],
                            num_group=w.shape[0] // 2) for k in (0, 1)]
        x = S.Concat(*halves, dim=1, name="widen")
        x = S.Pooling(x, kernel=(2, 2), stride=(1, 1), pad=(1, 1), pool_type="avg",
                      count_include_pad=False, name="smooth")
        # Padding on both sides gives a row and a column too many at the start: a second tap of the
        # 1x1 convolution skips them.
        w = np.concatenate([plain["mix"][:, 0::2], plain["mix"][:, 1::2]], 1)
        x = self.conv(x, "mix", np.pad(w, ((0, 0), (0, 0), (1, 0), (1, 0))), bias["mix"])
        x = S.Pooling(x, kernel=(1, 1), global_pool=True, pool_type="avg", name="mean")
        w, b = self.of["head"]
        self.parameters("head", w, b)
        return S.FullyConnected(S.Flatten(x, name="flat"), name="head", num_hidden=w.shape[0])


def main():
    logger = logging.getLogger("silent")
    logger.setLevel(logging.ERROR)
    images = np.concatenate([np.load(HERE / ("digit_%d.input_nchw.npy" % d)) for d in range(10)])
    n = Network()
    sym, args, aux = quantization.quantize_model_mkldnn(
        sym=n.symbol(), arg_params=n.args, aux_params={}, data_names=("data",), ctx=mx.cpu(),
        calib_mode="naive", calib_data=mx.io.NDArrayIter(data=2 * images, batch_size=1),
        num_calib_examples=10, quantized_dtype="auto", logger=logger)
    sym.save(str(HERE / "digits-symbol.json"))
    mx.nd.save(str(HERE / "digits-0000.params"),
               {"arg:" + k: v for k, v in args.items() if k in sym.list_arguments()})
    # What is read back is what runs.
    sym, args, aux = mx.model.load_checkpoint(str(HERE / "digits"), 0)
    rows = []
    for d in range(10):
        x = images[d:d + 1]
        bound = sym.bind(mx.cpu(), dict(args, data=mx.nd.array(x)), grad_req="null")
        y = bound.forward(is_train=False)[0].asnumpy()
        out = "digit_%d.output.mxnet.npy" % d
        np.save(HERE / out, y)
        print(d, int(y.argmax()), np.round(y, 2))
        rows.append({"format": "mxnet", "folder": ".", "model": "digits-symbol.json",
                     "law": "mxnet", "inputs": ["digit_%d.input_nchw.npy" % d],
                     "outputs": [out], "expect": "identical", "params": "digits-0000.params"})
    manifest = HERE / "MANIFEST.json"
    kept = [r for r in json.loads(manifest.read_text()) if r["model"] != "digits-symbol.json"]
    rows = sorted(kept + rows, key=lambda r: (r["model"], r["law"], r["inputs"]))
    manifest.write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")


if __name__ == "__main__":
    main()
