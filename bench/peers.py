#!/usr/bin/env python3
"""octet beside the engines that are installed, on the same networks and inputs.

    python3 -m venv peers && peers/bin/pip install ai-edge-litert onnxruntime openvino
    peers/bin/python bench/peers.py MODEL... --octet build/release/octet [--octet OTHER/octet]
        [--peers litert onnxruntime openvino torch] [--threads 1 2] [--rounds 5] [--seconds 0.5]
        [--law LAW ...] [--target TARGET] [--shape NAME=1,3,224,224] [--input NAME=FILE.npy]
        [--json FILE] [--svg FILE]

MODEL: files or folders of .tflite (LiteRT, OpenVINO), .onnx (ONNX Runtime, OpenVINO) and .pt
(PyTorch). Every contender of a round runs in its own process, one after the other, in an order that
turns with each round; it warms up, then measures for so many seconds (a measurement is as many runs
as take a millisecond). What counts is the median over all rounds, and the ratio of octet's to the
fastest peer's. Outputs are compared first, bit for bit, on the same random inputs (fixed seed) or
those given. Several --octet (builds of two commits) and several --law are contenders of their own;
without peers the script compares builds.

Settings: LiteRT with XNNPACK, its default; ONNX Runtime with all graph optimizations, run in
sequence; OpenVINO with the hint LATENCY and one stream; PyTorch frozen and optimized for inference,
engine of --torch-engine. Each is given the number of threads.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

ENDINGS = {".tflite": ("litert", "openvino"), ".onnx": ("onnxruntime", "openvino"),
           ".pt": ("torch",)}
# Whose bits the peers of a format have.
LAWS = {".tflite": "tflite_xnnpack", ".onnx": "onnxruntime", ".pt": "pytorch_fbgemm"}
MODULES = {"litert": ("ai_edge_litert", "tflite_runtime", "tensorflow"),
           "onnxruntime": ("onnxruntime",), "openvino": ("openvino",), "torch": ("torch",)}


# ------------------------------------------------------------------ in the process of one contender

def by_name(names, given):
    """The arrays for inputs of these names: by name, else by position."""
    if all(n in given for n in names):
        return [given[n] for n in names]
    return list(given.values())[:len(names)]


def start_litert(model, threads, given, _):
    try:
        import ai_edge_litert as module
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        try:
            import tflite_runtime as module
            from tflite_runtime.interpreter import Interpreter
        except ImportError:
            import tensorflow as module
            Interpreter = module.lite.Interpreter
    interpreter = Interpreter(model_path=model, num_threads=threads)
    details = interpreter.get_input_details()
    arrays = by_name([d["name"] for d in details], given)
    for d, x in zip(details, arrays):
        if list(d["shape"]) != list(x.shape):
            interpreter.resize_tensor_input(d["index"], x.shape)
    interpreter.allocate_tensors()
    for d, x in zip(details, arrays):
        interpreter.set_tensor(d["index"], x)
    outputs = lambda: [interpreter.get_tensor(d["index"])
                       for d in interpreter.get_output_details()]
    return version_of(module, "ai-edge-litert", "tflite-runtime"), interpreter.invoke, outputs


def start_onnxruntime(model, threads, given, _):
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = [i.name for i in session.get_inputs()]
    feeds = dict(zip(names, by_name(names, given)))
    return ort.__version__, lambda: session.run(None, feeds), lambda: session.run(None, feeds)


def start_openvino(model, threads, given, _):
    import openvino as ov
    core = ov.Core()
    network = core.read_model(model)
    names = [i.get_any_name() for i in network.inputs]
    arrays = by_name(names, given)
    network.reshape({i: list(x.shape) for i, x in enumerate(arrays)})
    compiled = core.compile_model(network, "CPU", {
        "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1})
    request = compiled.create_infer_request()
    for i, x in enumerate(arrays):
        request.set_input_tensor(i, ov.Tensor(x))
    outputs = lambda: [request.get_output_tensor(i).data for i in range(len(compiled.outputs))]
    return ov.__version__, request.infer, outputs


def start_torch(model, threads, given, engine):
    import torch
    torch.set_num_threads(threads)
    torch.backends.quantized.engine = engine
    module = torch.jit.load(model).eval()
    module = torch.jit.optimize_for_inference(torch.jit.freeze(module))
    arrays = [torch.from_numpy(x) for x in given.values()]
    last = []

    def run():
        with torch.inference_mode():
            last[:] = [module(*arrays)]

    def outputs():
        y = last[0]
        return [t.numpy() for t in (y if isinstance(y, (tuple, list)) else [y])]
    return torch.__version__, run, outputs


def version_of(module, *packages):
    import importlib.metadata
    for p in packages:
        try:
            return importlib.metadata.version(p)
        except importlib.metadata.PackageNotFoundError:
            pass
    return getattr(module, "__version__", "?")


def worker(engine, model, threads, seconds, inputs, outputs, torch_engine):
    import numpy as np
    stored = np.load(inputs)
    given = {str(name): stored[f"x{i}"] for i, name in enumerate(stored["names"])}
    version, run, read = globals()["start_" + engine](model, threads, given, torch_engine)
    begin = time.perf_counter()
    for i in range(20):
        run()
        if i >= 2 and time.perf_counter() - begin > 0.2:
            break
    start = time.perf_counter()
    run()
    once = time.perf_counter() - start
    number = max(1, int(1e-3 / max(once, 1e-7)))
    times, begin = [], time.perf_counter()
    while len(times) < 5 or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        for _ in range(number):
            run()
        times.append((time.perf_counter() - start) * 1e3 / number)
    np.savez(outputs, *[np.ascontiguousarray(y) for y in read()])
    print(json.dumps({"version": version, "times": times}))


# ----------------------------------------------------------------------------- in the main process

def last_line(text):
    lines = [l for l in text.strip().splitlines() if l.strip()]
    return lines[-1] if lines else ""


class Octet:
    def __init__(self, path, law, model, flags, a):
        self.name = "octet" if len(a.octet) * len(a.law or [0]) == 1 else (
            f"{path} {law}" if len(a.octet) > 1 else f"octet {law}")
        self.path, self.law, self.model, self.flags, self.a = path, law, model, flags, a
        self.is_octet, self.version, self.number = True, "", 1

    def command(self, what, *more):
        return subprocess.run([self.path, what, self.model, *self.flags, "--numerics", self.law,
                               "--target", self.a.target, *more], capture_output=True, text=True)

    def outputs(self, folder, files, count):
        """Raw outputs of one run, or why there are none."""
        import numpy as np
        names = [str(folder / f"octet.{i}.npy") for i in range(count)]
        r = self.command("run", *sum((["--input", f] for f in files), []),
                         *sum((["--output", n] for n in names), []))
        if r.returncode != 0:
            return last_line(r.stderr)
        return [np.load(n) for n in names]

    def round(self, threads, _):
        measured = 1e3 * self.a.seconds
        r = self.command("bench", "--threads", str(threads), "--repeat", "5", "--number",
                         str(self.number), "--json", "-")
        if r.returncode != 0:
            return last_line(r.stderr), None
        first = json.loads(r.stdout)
        once = max(first["min_ms"], 1e-4)
        self.number = max(1, int(1 / once))
        repeat = max(5, int(measured / (once * self.number)))
        r = self.command("bench", "--threads", str(threads), "--repeat", str(repeat), "--number",
                         str(self.number), "--json", "-")
        found = json.loads(r.stdout)
        self.version = found.get("version", "")
        self.target = found.get("target", "")
        return found["times_ms"], None


class Peer:
    def __init__(self, engine, model, inputs, folder, a):
        self.name, self.model, self.inputs, self.folder, self.a = engine, model, inputs, folder, a
        self.is_octet, self.version = False, ""

    def round(self, threads, seconds):
        import numpy as np
        out = str(self.folder / f"{self.name}.npz")
        r = subprocess.run([sys.executable, __file__, "--worker", self.name, self.model,
                            str(threads), str(seconds), self.inputs, out, self.a.torch_engine],
                           capture_output=True, text=True)
        if r.returncode != 0:
            return last_line(r.stderr) or f"ended with {r.returncode}", None
        found = json.loads(last_line(r.stdout))
        self.version = found["version"]
        return found["times"], list(np.load(out).values())


def compared(mine, theirs):
    """What the outputs have in common, in words."""
    import numpy as np
    if len(mine) != len(theirs):
        return f"{len(theirs)} outputs, octet has {len(mine)}"
    total = different = 0
    largest = 0.0
    for a, b in zip(mine, theirs):
        if a.size != b.size or a.dtype != b.dtype:
            return f"{b.dtype}{list(b.shape)}, octet {a.dtype}{list(a.shape)}"
        a, b = a.reshape(-1), b.reshape(-1)
        unsigned = np.dtype(f"u{a.dtype.itemsize}")
        differs = a.view(unsigned) != b.view(unsigned)
        total, different = total + a.size, different + int(differs.sum())
        if differs.any():
            gap = np.abs(a[differs].astype(np.float64) - b[differs].astype(np.float64))
            largest = max(largest, float(np.nanmax(gap)) if gap.size else 0)
    if different == 0:
        return "same"
    return f"{different} of {total} differ, by {largest:.3g} at most"


def sample(tensor, number):
    """Random values for an input, the same at every call."""
    import numpy as np
    r = np.random.default_rng(number)
    shape, kind = tensor["shape"], np.dtype(tensor["type"])
    if kind.kind == "f":
        return r.uniform(-1, 1, shape).astype(kind)
    if kind.kind == "b" or kind.itemsize > 2:   # flags, positions, lengths
        return r.integers(0, 2, shape).astype(kind)
    info = np.iinfo(kind)
    return r.integers(info.min, info.max + 1, shape).astype(kind)


def cpu_name():
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def measure(model, a, folder):
    """One network: a row for each number of threads."""
    import numpy as np
    ending = model.suffix
    flags = sum((["--shape", s] for s in a.shape), [])
    octets = [Octet(o, l, str(model), flags, a)
              for o in a.octet for l in (a.law or [LAWS[ending]])]
    shown = octets[0].command("show", "--json", "-")
    row = {"model": model.name, "law": octets[0].law, "results": []}
    if shown.returncode != 0:
        row["refused"] = last_line(shown.stderr)
        return row
    graph = json.loads(shown.stdout)
    given = dict(i.split("=", 1) for i in a.input)
    arrays, files = {}, []
    for number, t in enumerate(graph["inputs"]):
        tensor = graph["tensors"][t]
        x = np.load(given[tensor["name"]]) if tensor["name"] in given else sample(tensor, number)
        arrays[tensor["name"]] = x
        files.append(str(folder / f"input.{number}.npy"))
        np.save(files[-1], x)
    inputs = str(folder / "inputs.npz")
    np.savez(inputs, names=list(arrays), **{f"x{i}": x for i, x in enumerate(arrays.values())})
    mine = octets[0].outputs(folder, files, len(graph["outputs"]))
    if isinstance(mine, str):
        row["refused"] = mine
        return row
    peers = [Peer(p, str(model), inputs, folder, a) for p in a.peers if p in ENDINGS[ending]]
    for threads in a.threads:
        contenders = octets + peers
        times = {c.name: [] for c in contenders}
        errors, same = {}, {}
        for r in range(a.rounds):
            for k in range(len(contenders)):
                c = contenders[(k + r) % len(contenders)]
                if c.name in errors:
                    continue
                found, outputs = c.round(threads, a.seconds)
                if isinstance(found, str):
                    errors[c.name] = found
                    continue
                times[c.name] += found
                if outputs is not None and c.name not in same:
                    same[c.name] = compared(mine, outputs)
        result = {"threads": threads, "contenders": []}
        for c in contenders:
            entry = {"name": c.name, "version": c.version}
            if c.name in errors:
                entry["error"] = errors[c.name]
            else:
                t = sorted(times[c.name])
                entry.update(median_ms=statistics.median(t), min_ms=t[0],
                             p90_ms=t[(len(t) * 9 + 9) // 10 - 1], measurements=len(t))
            if c.name in same:
                entry["outputs"] = same[c.name]
            if c.is_octet:
                entry["octet"] = True
            result["contenders"].append(entry)
        measured = [e for e in result["contenders"] if "median_ms" in e]
        own = [e["median_ms"] for e in measured if e.get("octet")]
        others = [e["median_ms"] for e in measured if not e.get("octet")] or own[1:]
        if own and others:
            result["ratio_to_fastest"] = own[0] / min(others)
        row["results"].append(result)
    return row


def markdown(rows, names):
    lines = ["| network | threads | octet / fastest | " +
             " | ".join(f"{n}, ms" for n in names) + " | outputs |",
             "|---|---|---|" + "---|" * (len(names) + 1)]
    for row in rows:
        if "refused" in row:
            lines.append(f"| {row['model']} | | | refused: {row['refused']}" +
                         " |" * (len(names) + 1))
        for r in row["results"]:
            by = {e["name"]: e for e in r["contenders"]}
            cell = lambda n: (f"{by[n]['median_ms']:.4g}" if "median_ms" in by.get(n, {})
                              else "error" if n in by else "")
            ratio = f"{r['ratio_to_fastest']:.2f}" if "ratio_to_fastest" in r else "-"
            outputs = "; ".join(f"{e['name']}: {e['outputs']}" for e in r["contenders"]
                                if "outputs" in e)
            lines.append(f"| {row['model']} | {r['threads']} | {ratio} | " +
                         " | ".join(cell(n) for n in names) + f" | {outputs} |")
    return "\n".join(lines)


COLOURS = ["#2563eb", "#94a3b8", "#f59e0b", "#10b981", "#a855f7", "#ef4444"]


def chart(rows, names, about):
    """Bars of each contender's median over octet's."""
    from xml.sax.saxutils import escape
    groups = []
    for row in rows:
        for r in row["results"]:
            own = [e["median_ms"] for e in r["contenders"] if e.get("octet") and "median_ms" in e]
            if own:
                groups.append((f"{row['model']}, {r['threads']} thread" + "s" * (r["threads"] > 1),
                               own[0], r["contenders"]))
    most = max([e["median_ms"] / own for _, own, c in groups for e in c if "median_ms" in e] or [1])
    most = min(most, 6.0)   # longer bars are cut, their numbers are beside them
    left, wide, y, body = 330, 520, 64, []
    for name, own, contenders in groups:
        body.append(f'<text x="{left - 10}" y="{y + 8 * len(contenders) + 2}" '
                    f'text-anchor="end">{escape(name)}</text>')
        for e in contenders:
            if "median_ms" not in e:
                continue
            ratio = e["median_ms"] / own
            colour = COLOURS[names.index(e["name"]) % len(COLOURS)]
            length = min(ratio, most) / most * wide
            differs = "" if e.get("outputs", "same") == "same" else ", other bits"
            body.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="13" rx="2" '
                        f'fill="{colour}"/><text class="n" x="{left + length + 6:.1f}" '
                        f'y="{y + 11}">{ratio:.2f} ({e["median_ms"]:.3g} ms{differs})</text>')
            y += 16
        y += 12
    legend, x = [], left
    for i, n in enumerate(names):
        legend.append(f'<rect x="{x}" y="34" width="11" height="11" rx="2" '
                      f'fill="{COLOURS[i % len(COLOURS)]}"/>'
                      f'<text x="{x + 16}" y="44">{escape(n)}</text>')
        x += 30 + 7.2 * len(n)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + wide + 190}" '
            f'height="{y + 24}" font-family="sans-serif" font-size="12">\n'
            '<rect width="100%" height="100%" fill="#ffffff"/>\n'
            '<style>.n{fill:#475569;font-size:11px}</style>\n'
            '<text x="12" y="20" font-size="14" font-weight="bold">Time of one inference, '
            'octet = 1 (medians; shorter is faster)</text>\n' + "\n".join(legend + body) +
            f'\n<text class="n" x="12" y="{y + 12}">{escape(about)}</text>\n</svg>\n')


def installed(engine):
    import importlib.util
    return any(importlib.util.find_spec(m) for m in MODULES[engine])


def main():
    if sys.argv[1:2] == ["--worker"]:
        _, _, engine, model, threads, seconds, inputs, outputs, torch_engine = sys.argv
        return worker(engine, model, int(threads), float(seconds), inputs, outputs, torch_engine)
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("models", nargs="+", type=pathlib.Path)
    p.add_argument("--octet", action="append")
    p.add_argument("--peers", nargs="*", choices=list(MODULES),
                   help="default: those that this Python can import")
    p.add_argument("--law", action="append", help="default: the one whose bits the peers have")
    p.add_argument("--target", default="automatic")
    p.add_argument("--threads", nargs="+", type=int, default=[1])
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=float, default=0.5, help="of each contender's round")
    p.add_argument("--shape", action="append", default=[])
    p.add_argument("--input", action="append", default=[])
    p.add_argument("--torch-engine", default="fbgemm")
    p.add_argument("--json", type=pathlib.Path)
    p.add_argument("--svg", type=pathlib.Path)
    a = p.parse_args()
    a.octet = a.octet or ["build/release/octet"]
    if a.peers is None:
        a.peers = [e for e in MODULES if installed(e)]
    try:
        import numpy  # noqa: F401
    except ImportError:
        sys.exit("peers.py: this Python has no numpy; every peer's package brings it")
    models = sorted(f for m in a.models for f in (m.rglob("*") if m.is_dir() else [m])
                    if f.suffix in ENDINGS)
    if not models:
        sys.exit(f"peers.py: no {', '.join(ENDINGS)} among the models given")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for m in models:
            rows.append(measure(m, a, pathlib.Path(folder)))
            ratios = [f"{r.get('ratio_to_fastest', 0):.2f}" for r in rows[-1]["results"]]
            print(m.name, *ratios, rows[-1].get("refused", ""), file=sys.stderr)
    names, versions = [], {}
    for row in rows:
        for r in row["results"]:
            for e in r["contenders"]:
                if e["name"] not in names:
                    names.append(e["name"])
                if e["version"]:
                    versions[e["name"]] = e["version"]
    about = (f"{cpu_name()}, {len(os.sched_getaffinity(0))} CPUs, {datetime.date.today()}; " +
             ", ".join(f"{n} {v}" for n, v in versions.items()))
    print(about + "\n\n" + markdown(rows, names))
    if a.json:
        a.json.write_text(json.dumps({"about": about, "rounds": a.rounds, "seconds": a.seconds,
                                      "networks": rows}, indent=1) + "\n")
    if a.svg:
        a.svg.write_text(chart(rows, names, about))


if __name__ == "__main__":
    main()
