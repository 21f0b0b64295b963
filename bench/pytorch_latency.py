#!/usr/bin/env python3
"""Latency of one TorchScript model in octet and in PyTorch, in one run: interleaved rounds, minima
and medians, ratios, and who computes exactly.

    pytorch_latency.py MODEL.pt INPUT.npy --octet build/release/octet --torch NAME=PYTHON
                       [--torch NAME=PYTHON ...]
                       [--threads 1 2] [--rounds 12] [--repeat 20] [--json FILE]

PYTHON is an interpreter that can import torch and numpy; more than one version of PyTorch may take
part (Debian's python3-torch has the engines qnnpack and onednn, PyPI's has fbgemm as well). This
script itself needs no more than Python's own library.

Every engine of every PyTorch runs the file as loaded, frozen (torch.jit.freeze) and after
torch.jit.optimize_for_inference, all under torch.inference_mode, each in its own process, which
stays: warmed up once, then asked for one batch of runs a round. octet runs as `octet bench`, once a
round. All contenders of a round run one after another, never at the same time, in an order that
turns with each round. The best of an engine's settings stands for it. "exact" compares the raw
outputs with octet's under the law of the engine (pytorch_qnnpack for qnnpack, else pytorch_fbgemm).
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

MODES = ("loaded", "frozen", "optimized")


def worker(model, data, engine, threads, mode):
    """Runs inside PYTHON. Reads numbers of runs from stdin, answers with times in ms; first line:
    what it is, or an error."""
    import time
    import warnings

    warnings.filterwarnings("ignore")
    import numpy as np
    import torch

    torch.set_num_threads(threads)
    torch.backends.quantized.engine = engine
    module = torch.jit.load(model).eval()
    x = torch.from_numpy(np.load(data))
    with torch.inference_mode():
        if mode == "frozen":
            module = torch.jit.freeze(module)
        elif mode == "optimized":
            module = torch.jit.optimize_for_inference(module)
        for _ in range(10):
            y = module(x)
        print(json.dumps({"torch": torch.__version__,
                          "output": np.ascontiguousarray(y.numpy()).tobytes().hex()}), flush=True)
        for line in sys.stdin:
            times = []
            for _ in range(int(line)):
                start = time.perf_counter()
                module(x)
                times.append((time.perf_counter() - start) * 1e3)
            print(json.dumps(times), flush=True)


class Torch:
    def __init__(self, name, python, engine, threads, mode, a):
        self.name, self.engine, self.threads, self.mode, self.times = "%s %s" % (name,
                engine), engine, threads, mode, []
        self.process = subprocess.Popen([python, __file__, "--worker", a.model, a.input, engine,
                                         str(threads), mode], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        text=True)
        first = self.process.stdout.readline()
        self.works = first.startswith("{")
        if self.works:
            about = json.loads(first)
            self.version, self.output = about["torch"], bytes.fromhex(about["output"])

    def round(self, repeat):
        self.process.stdin.write("%d\n" % repeat)
        self.process.stdin.flush()
        self.times += json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Octet:
    def __init__(self, threads, law, a):
        self.name, self.mode, self.threads = "octet " + law, "", threads
        self.law, self.a, self.times = law, a, []

    def round(self, repeat):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "t.json"
            subprocess.run([self.a.octet, "bench", self.a.model, *self.a.shape, "--numerics",
                            self.law, "--threads", str(self.threads), "--repeat", str(repeat),
                            "--json", str(path)], check=True, stdout=subprocess.DEVNULL)
            self.times += json.loads(path.read_text())["times_ms"]

    def close(self):
        pass


def octet_output(a, law):
    """The raw bytes of the first output."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "y.npy"
        subprocess.run([a.octet, "run", a.model, "--input", a.input, "--numerics", law, "--output",
                        str(path)], check=True, stdout=subprocess.DEVNULL)
        raw = path.read_bytes()
        return raw[10 + int.from_bytes(raw[8:10], "little"):]


def shape_flags(a):
    """--shape for files that record none: that of the input."""
    raw = pathlib.Path(a.input).read_bytes()
    header = raw[10:10 + int.from_bytes(raw[8:10], "little")].decode("latin1")
    shape = header.split("'shape': (")[1].split(")")[0].replace(" ", "").rstrip(",")
    r = subprocess.run([a.octet, "show", a.model], capture_output=True, text=True)
    if r.returncode == 0:
        return []
    name = r.stderr.split("--shape ")[1].split("=")[0] if "--shape " in r.stderr else "x"
    return ["--shape", "%s=%s" % (name, shape)]


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("model")
    p.add_argument("input")
    p.add_argument("--octet", required=True)
    p.add_argument("--torch", action="append", default=[], metavar="NAME=PYTHON")
    p.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    p.add_argument("--rounds", type=int, default=12)
    p.add_argument("--repeat", type=int, default=20)
    p.add_argument("--json")
    a = p.parse_args()
    a.shape = shape_flags(a)
    laws = {law: octet_output(a, law) for law in ("pytorch_fbgemm", "pytorch_qnnpack")}
    rows = []
    for threads in a.threads:
        contenders = [Octet(threads, law, a) for law in laws]
        for pair in a.torch:
            name, python = pair.split("=", 1)
            supported = ("import torch; print(*[e for e in "
                         "torch.backends.quantized.supported_engines if e != 'none'])")
            engines = subprocess.run([python, "-c", supported], capture_output=True,
                                     text=True).stdout.split()
            for engine in engines:
                for mode in MODES:
                    c = Torch(name, python, engine, threads, mode, a)
                    if c.works:
                        contenders.append(c)
                    else:
                        print("%s threads %d: %s does not run" % (c.name, threads, mode),
                              file=sys.stderr)
        for r in range(a.rounds):
            for i in range(len(contenders)):
                contenders[(i + r) % len(contenders)].round(a.repeat)
        for c in contenders:
            c.close()
        best = {}
        for c in contenders:
            if c.name not in best or min(c.times) < min(best[c.name].times):
                best[c.name] = c
        own = best["octet pytorch_fbgemm"]
        for c in best.values():
            exact = ""
            if isinstance(c, Torch):
                wanted = laws["pytorch_qnnpack" if c.engine == "qnnpack" else "pytorch_fbgemm"]
                n = sum(wanted[i:i + 4] != c.output[i:i + 4] for i in range(0, len(wanted), 4))
                exact = ("exact" if n == 0 and len(wanted) == len(c.output)
                         else "%d of %d differ" % (n, len(wanted) // 4))
            rows.append({"threads": threads, "name": c.name, "setting": c.mode,
                         "version": getattr(c, "version", ""), "min_ms": min(c.times),
                         "median_ms": statistics.median(c.times),
                         "ratio_min": min(c.times) / min(own.times),
                         "ratio_median": statistics.median(c.times) / statistics.median(own.times),
                         "output": exact})
        print_rows(rows[-len(best):])
    if a.json:
        pathlib.Path(a.json).write_text(json.dumps(rows, indent=1) + "\n")


def print_rows(rows):
    print("%-8s %-26s %-12s %-10s %10s %10s %14s %14s  %s" % ("threads", "", "version", "setting",
                                                              "min (ms)", "median",
                                                              "min / octet's", "median / o.'s",
                                                              "output"))
    for r in rows:
        print("%-8d %-26s %-12s %-10s %10.3f %10.3f %13.2fx %13.2fx  %s"
              % (r["threads"], r["name"], r["version"][:12], r["setting"], r["min_ms"],
                 r["median_ms"], r["ratio_min"], r["ratio_median"], r["output"]), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        worker(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]), sys.argv[6])
    else:
        main()
