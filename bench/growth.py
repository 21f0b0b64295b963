#!/usr/bin/env python3
"""How octet's time grows: with the image's side, the width, the batch and the threads, beside what
multiply-accumulates and bytes say; and what loading costs.

    growth.py --octet build/release/octet --out FOLDER [--network mobilenet_v2] [--threads 1 2]
        [--rounds 3] [--seconds 0.3] [--svg FILE] [--json FILE]

The networks are those of networks.py. Every point is measured once a round, all points of a curve
in turn; the least of the rounds' medians counts. Curves are relative to their first point: a time
that grows as the multiply-accumulates do lies on their line. Loading is measured in a process of
its own each time: load and plan as `octet bench` prints them, and the largest resident set of
`octet run`, one thread.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys

import networks
import numpy as np

SIZES = [96, 128, 160, 192, 224, 288, 320]
WIDTHS = [0.35, 0.5, 0.75, 1.0, 1.4, 2.0]
BATCHES = [1, 2, 4, 8, 16]


def octet(a, *arguments):
    r = subprocess.run([a.octet, *map(str, arguments)], capture_output=True, text=True)
    if r.returncode != 0:
        sys.exit(r.stderr)
    return r.stdout


def measured(a, model, threads):
    once = json.loads(octet(a, "bench", model, "--threads", threads, "--repeat", 5, "--json", "-"))
    repeat = max(5, int(1e3 * a.seconds / max(once["min_ms"], 1e-3)))
    return json.loads(octet(a, "bench", model, "--threads", threads, "--repeat", repeat, "--json",
                            "-"))


def curve(a, points, threads):
    """points: (x, model, items a run). Least of the rounds' medians, per item."""
    found = {x: [] for x, _, _ in points}
    for _ in range(a.rounds):
        for x, model, items in points:
            found[x].append(measured(a, model, threads)["median_ms"] / items)
    return {x: min(t) for x, t in found.items()}


def totals(a, model):
    return json.loads(octet(a, "show", model, "--json", "-"))["totals"]


def loading(a, model):
    """Load and plan in ms, the largest resident set of one run in MiB."""
    runs = [measured(argparse.Namespace(octet=a.octet, seconds=0), model, 1)
            for _ in range(a.rounds)]
    shown = json.loads(octet(a, "show", model, "--json", "-"))
    tensor = shown["tensors"][shown["inputs"][0]]
    data = model.with_suffix(".input.npy")
    np.save(data, np.zeros(tensor["shape"], tensor["type"]))
    code = ("import resource, subprocess, sys\n"
            "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\n"
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    peak = subprocess.run([sys.executable, "-c", code, a.octet, "run", model, "--threads", "1",
                           "--input", data], check=True, capture_output=True, text=True).stdout
    return {"load_ms": min(r["load_ms"] for r in runs), "plan_ms": min(r["plan_ms"] for r in runs),
            "resident_mib": int(peak) / 1024}


COLOURS = ["#2563eb", "#f59e0b", "#94a3b8", "#10b981"]


def panel(title, lines, left, top, wide=300, high=210):
    """One plot: lines are (name, {x: y}), both axes from 0."""
    xs = sorted({x for _, points in lines for x in points})
    most_x, most_y = max(xs), max(y for _, points in lines for y in points.values())
    at = lambda x, y: (left + wide * x / most_x, top + high - high * y / most_y)
    body = [f'<text x="{left}" y="{top - 12}" font-weight="bold">{title}</text>',
            f'<path d="M{left},{top} V{top + high} H{left + wide}" fill="none" stroke="#64748b"/>']
    for x in xs:
        body.append(f'<text class="n" x="{at(x, 0)[0]:.0f}" y="{top + high + 14}" '
                    f'text-anchor="middle">{x:g}</text>')
    for k in range(1, 4):
        y = most_y * k / 3
        body.append(f'<text class="n" x="{left - 4}" y="{at(0, y)[1] + 4:.0f}" '
                    f'text-anchor="end">{y:.2g}</text>')
    for i, (name, points) in enumerate(lines):
        way = " ".join(f"{px:.1f},{py:.1f}" for px, py in
                       (at(x, y) for x, y in sorted(points.items())))
        dashes = ' stroke-dasharray="5 3"' if name in ("multiply-accumulates", "bytes") else ""
        body.append(f'<polyline points="{way}" fill="none" stroke="{COLOURS[i]}" '
                    f'stroke-width="2"{dashes}/>')
        body.append(f'<text class="n" x="{left + wide - 130}" '
                    f'y="{top + high - 8 - 15 * (len(lines) - 1 - i)}" '
                    f'fill="{COLOURS[i]}">{name}</text>')
    return "\n".join(body)


def chart(panels, about):
    body = [panel(title, lines, 60 + 380 * (i % 2), 70 + 280 * (i // 2))
            for i, (title, lines) in enumerate(panels)]
    high = 70 + 280 * ((len(panels) + 1) // 2)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="800" height="{high}" '
            'font-family="sans-serif" font-size="12">\n'
            '<rect width="100%" height="100%" fill="#ffffff"/>\n'
            '<style>.n{font-size:11px}</style>\n'
            f'<text x="12" y="24" font-size="14" font-weight="bold">{about}</text>\n' +
            "\n".join(body) + "\n</svg>\n")


def relative(points):
    first = points[min(points)]
    return {x: y / first for x, y in points.items()}


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    p.add_argument("--octet", required=True)
    p.add_argument("--out", type=pathlib.Path, required=True, help="folder for the networks")
    p.add_argument("--network", default="mobilenet_v2")
    p.add_argument("--loaded", nargs="*", default=["mobilenet_v2", "resnet50"])
    p.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seconds", type=float, default=0.3)
    p.add_argument("--svg", type=pathlib.Path)
    p.add_argument("--json", type=pathlib.Path)
    a = p.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    network = getattr(networks, a.network)

    def made(name, **of):
        return networks.write(network, a.out / f"{a.network}_{name}", [".tflite"], **of)[0]

    report, panels = {"network": a.network}, []
    for title, key, values in (("side of the image", "size", SIZES), ("width", "width", WIDTHS)):
        points = [(v, made(f"{key}_{v}", **{key: v}), 1) for v in values]
        costs = {x: totals(a, m) for x, m, _ in points}
        of = {f"time, {t} thread" + "s" * (t > 1): curve(a, points, t) for t in a.threads}
        report[key] = {"ms": of, "macs": {x: c["macs"] for x, c in costs.items()},
                       "bytes": {x: c["bytes_moved"] for x, c in costs.items()}}
        panels.append((f"{title}, each relative to its first point",
                       [(n, relative(t)) for n, t in of.items()] +
                       [("multiply-accumulates", relative(report[key]["macs"])),
                        ("bytes", relative(report[key]["bytes"]))]))
    points = [(b, made(f"batch_{b}", batch=b), b) for b in BATCHES]
    of = {f"{t} thread" + "s" * (t > 1): curve(a, points, t) for t in a.threads}
    single = of[next(iter(of))][1]
    report["batch"] = {"ms_per_image": of}
    panels.append(("batch: images a second, one image on one thread = 1",
                   [(n, {x: single / t for x, t in line.items()}) for n, line in of.items()]))
    names = [f for f in networks.NETWORKS if f.__name__ in a.loaded]
    report["loading"] = {f.__name__: loading(a, networks.write(f, a.out / f.__name__,
                                                               [".tflite"])[0]) for f in names}
    print(json.dumps(report, indent=1))
    if a.json:
        a.json.write_text(json.dumps(report, indent=1))
    if a.svg:
        a.svg.write_text(chart(panels, f"{a.network}, int8: how time grows"))


if __name__ == "__main__":
    main()
