#!/usr/bin/env python3
"""Records every tensor a framework computes, in the form `octet run --dump` writes and `octet diff
MODEL --reference FOLDER` reads.

  record.py torch  MODEL.pt     FOLDER INPUT.npy... [--engine fbgemm|qnnpack|x86|onednn]
  record.py tflite MODEL.tflite FOLDER INPUT.npy... [--reference-kernels]
  record.py mxnet  MODEL-symbol.json FOLDER INPUT.npy... [--params FILE]
  record.py onnx   MODEL.onnx   FOLDER INPUT.npy...

FOLDER gets one NAME.npy per tensor (quantized tensors as their codes) and index.json: {"framework",
"model", "tensors": [{"name", "file", "node",
"scale", "zero_point"}]} in the order of execution. "node" is the operator
("quantized::conv2d_relu", "CONV_2D #3"), or "input".

Needs numpy and torch, ai-edge-litert (or tensorflow), mxnet, or onnx and onnxruntime.
"""
import argparse
import json
import os
import pathlib
import re
import tempfile

import numpy as np


class Folder:
    def __init__(self, path, framework, model):
        self.path = pathlib.Path(path)
        self.path.mkdir(parents=True, exist_ok=True)
        self.index = {"framework": framework, "model": pathlib.Path(model).name, "tensors": []}

    def add(self, name, node, values, scale=None, zero_point=None):
        file = "%d_%s.npy" % (len(self.index["tensors"]),
                              re.sub(r"[^A-Za-z0-9.-]", "_", name)[:100])
        np.save(self.path / file, np.ascontiguousarray(values))
        row = {"name": name, "file": file, "node": node}
        if scale is not None:
            row.update(scale=scale, zero_point=zero_point)
        self.index["tensors"].append(row)

    def close(self):
        (self.path / "index.json").write_text(json.dumps(self.index, indent=1) + "\n")
        print("%d tensors in %s" % (len(self.index["tensors"]), self.path))


def record_torch(a):
    import torch

    torch.backends.quantized.engine = a.engine
    torch.set_num_threads(1)  # blocks of the element-wise kernels start anew in each thread
    model = torch.jit.load(a.model).eval()
    inputs = [torch.from_numpy(np.load(f)) for f in a.inputs]
    # All calls inlined, a copy of every tensor part of the result (in-place operators write over
    # them): one run gives everything, computed by the very kernels that compute the output.
    # Scripted modules have branches and calls that only freezing removes.
    graph = model.forward.graph.copy()
    torch._C._jit_pass_inline(graph)
    me = [model._c]
    if any(n.kind() in ("prim::If", "prim::Loop", "prim::CallFunction", "prim::CallMethod")
           for n in graph.nodes()):
        graph = torch.jit.freeze(model, optimize_numerics=False).graph.copy()
    found = [(n, v) for n in graph.nodes() if not n.kind().startswith("prim::")
             for v in n.outputs() if str(v.type()) == "Tensor"]
    none = graph.create("prim::Constant")
    none.output().setType(torch._C.NoneType.get())
    graph.prependNode(none)
    kept, copies = [], []
    for n, v in found:
        copy = graph.create("aten::clone", [v, none.output()], 1)
        copy.insertAfter(n)
        copies.append(copy.output())
        kept.append((n.kind(), v.debugName()))
    everything = graph.create("prim::TupleConstruct", copies, 1)
    graph.appendNode(everything)
    everything.output().setType(torch._C.TupleType([v.type() for v in copies]))
    while list(graph.outputs()):
        graph.eraseOutput(0)
    graph.registerOutput(everything.output())
    results = torch._C._create_function_from_graph("record", graph)(model._c, *inputs)
    folder = Folder(a.folder, "torch", a.model)
    for i, x in enumerate(inputs):
        folder.add("input%d" % i, "input", x.numpy())
    for (kind, name), value in zip(kept, results):
        if value.is_quantized and value.qscheme() == torch.per_tensor_affine:
            folder.add(name, kind, value.int_repr().numpy(), value.q_scale(), value.q_zero_point())
        elif not value.is_quantized:
            folder.add(name, kind, value.detach().numpy())
    folder.close()


def record_tflite(a):
    try:
        from ai_edge_litert import interpreter as lite
    except ImportError:
        from tensorflow import lite
    resolver = lite.OpResolverType.BUILTIN_REF if a.reference_kernels else lite.OpResolverType.AUTO
    it = lite.Interpreter(a.model, experimental_op_resolver_type=resolver,
                          experimental_preserve_all_tensors=True)
    it.allocate_tensors()
    for detail, file in zip(it.get_input_details(), a.inputs):
        it.set_tensor(detail["index"], np.load(file))
    it.invoke()
    details = {d["index"]: d for d in it.get_tensor_details()}
    folder = Folder(a.folder, "tflite", a.model)
    for detail, file in zip(it.get_input_details(), a.inputs):
        folder.add(detail["name"], "input", np.load(file))
    for i, op in enumerate(it._get_ops_details()):
        for t in op["outputs"]:
            if t not in details:
                continue
            q = details[t]["quantization_parameters"]
            one = len(q["scales"]) == 1
            folder.add(details[t]["name"], "%s #%d" % (op["op_name"], i), it.get_tensor(t),
                       float(q["scales"][0]) if one else None, int(q["zero_points"][0]) if one
                       else None)
    folder.close()


def record_mxnet(a):
    os.environ.setdefault("MXNET_SUBGRAPH_BACKEND", "NONE")  # the file's own nodes, not others
    import mxnet as mx

    symbol = mx.sym.load(a.model)
    given = mx.nd.load(a.params or re.sub(r"-symbol\.json$", "-0000.params", a.model))
    given = {name.split(":", 1)[-1]: value for name, value in dict(given).items()}
    free = [n for n in symbol.list_inputs() if n not in given]
    given.update({n: mx.nd.array(np.load(f)) for n, f in zip(free, a.inputs)})
    graph = json.loads(symbol.tojson())
    every = symbol.get_internals()
    states = set(symbol.list_auxiliary_states())
    bound = every.bind(mx.cpu(), {n: v for n, v in given.items() if n not in states},
                       aux_states={n: given[n] for n in states}, grad_req="null")
    results = bound.forward(is_train=False)
    folder = Folder(a.folder, "mxnet", a.model)
    for i, node in enumerate(graph["nodes"]):
        first, after = graph["node_row_ptr"][i:i + 2]
        value = results[first].asnumpy()
        if node["op"] == "null":
            if node["name"] in free:
                folder.add(node["name"], "input", value)
        elif value.dtype in (np.int8, np.uint8) and after - first == 3:
            largest = max(abs(float(results[first + k].asnumpy().reshape(-1)[0])) for k in (1, 2))
            levels = 127.5 if value.dtype == np.int8 else 255.5  # MXNet 1.6 and later
            folder.add(node["name"], node["op"], value, largest / levels, 0)
        else:
            folder.add(node["name"], node["op"], value)
    folder.close()


def record_onnx(a):
    """The graph that ONNX Runtime makes of the file (Q/DQ groups fused), every value an output.
    Float convolutions may differ in the last bits from those of a plain run, which orders their
    channels in blocks.

    On a CPU without VNNI weights of int8 are made uint8 ones first (session.x64quantprecision), so
    that no sums of two products with uint8 saturate; int8 constants that are added or multiplied
    become uint8 ones as well, which the default session leaves in float. Beside activations of
    int8, whose sums do not saturate, ONNX Runtime has no kernel for such weights: then the session
    is a plain one."""
    import onnx
    import onnxruntime as ort
    from onnx import numpy_helper

    def session(path, level, precise, save=""):
        options = ort.SessionOptions()
        options.graph_optimization_level = level
        options.log_severity_level = 3
        options.intra_op_num_threads = 1
        if precise:
            options.add_session_config_entry("session.x64quantprecision", "1")
        if save:
            options.optimized_model_filepath = save
        return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def saturates():
        try:
            return "vnni" not in pathlib.Path("/proc/cpuinfo").read_text()
        except OSError:
            return True

    def fused_model(made):
        """The fused graph, written to `made`, and whether its weights are made uint8."""
        level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        if not saturates():
            session(a.model, level, False, made)
            return onnx.load(made), False
        not_there = ort.capi.onnxruntime_pybind11_state.NotImplemented
        try:
            session(a.model, level, True, made)
            session(made, ort.GraphOptimizationLevel.ORT_DISABLE_ALL, True)
            return onnx.load(made), True
        except not_there:
            session(a.model, level, False, made)
            return onnx.load(made), False

    with tempfile.TemporaryDirectory() as temporary:
        made = str(pathlib.Path(temporary) / "fused.onnx")
        model, precise = fused_model(made)
        del model.graph.output[:]
        values = [(n, o) for n in model.graph.node for o in n.output if o]
        model.graph.output.extend(onnx.helper.make_empty_tensor_value_info(o) for _, o in values)
        onnx.save(model, made)
        run = session(made, ort.GraphOptimizationLevel.ORT_DISABLE_ALL, precise)
        feeds = {i.name: np.load(f) for i, f in zip(run.get_inputs(), a.inputs)}
        results = run.run(None, feeds)
    constants = {t.name: t for t in model.graph.initializer}
    # Where an operator has the scale of its result; the zero point follows.
    place = {"QuantizeLinear": 1, "QLinearConcat": 0, "QLinearConv": 6, "QLinearMatMul": 6,
             "QLinearAdd": 6, "QLinearMul": 6, "QGemm": 7, "QLinearSigmoid": 3,
             "QLinearLeakyRelu": 3, "QLinearSoftmax": 3, "QLinearAveragePool": 3,
             "QLinearGlobalAveragePool": 3, "QLinearWhere": 7}
    folder = Folder(a.folder, "onnx", a.model)
    for name, value in feeds.items():
        folder.add(name, "input", value)
    for (n, name), value in zip(values, results):
        k = place.get(n.op_type)
        pair = list(n.input[k:k + 2]) if k is not None else []
        pair = [numpy_helper.to_array(constants[c]) for c in pair if c in constants]
        if len(pair) == 2 and pair[0].size == 1:
            folder.add(name, n.op_type, value, float(pair[0].flat[0]), int(pair[1].flat[0]))
        else:
            folder.add(name, n.op_type, value)
    folder.close()
    print("session: ONNX Runtime %s, one thread, %s" % (
        ort.__version__, "session.x64quantprecision=1" if precise else
        "the default one" if not saturates() else
        "without session.x64quantprecision, which would need kernels that it does not have (layers "
        "of uint8 x int8, if there are any, saturate on a CPU without VNNI)"))


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("framework", choices=["torch", "tflite", "mxnet", "onnx"])
    p.add_argument("model")
    p.add_argument("folder")
    p.add_argument("inputs", nargs="+")
    p.add_argument("--engine", default="fbgemm")
    p.add_argument("--reference-kernels", action="store_true")
    p.add_argument("--params")
    a = p.parse_args()
    {"torch": record_torch, "tflite": record_tflite, "mxnet": record_mxnet,
     "onnx": record_onnx}[a.framework](a)


if __name__ == "__main__":
    main()
