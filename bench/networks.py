#!/usr/bin/env python3
"""Two builds of the command line beside each other on every network of some folders.

    bench/networks.py OLD NEW FOLDER... [--law LAW] [--target TARGET] [--rounds N]

OLD, NEW: `octet` of two commits. The two take turns on each network, N rounds; the least time of
each counts. Prints a Markdown table, slowest improvement first: time of NEW over that of OLD.
Networks that one of them refuses are listed below it. One thread.
"""
import argparse
import json
import pathlib
import subprocess
import sys


def least_ms(octet, network, options):
    """Milliseconds, or None where the network is refused."""
    command = [octet, "bench", str(network), "--threads", "1", "--json", "-", *options]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        return None
    result = json.loads(run.stdout)
    return result.get("min_ms") or result["models"][0]["min_ms"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--law", default="tflite_xnnpack")
    parser.add_argument("--target", default="automatic")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeat", type=int, default=10)
    a = parser.parse_args()
    options = ["--numerics", a.law, "--target", a.target, "--repeat", str(a.repeat),
               "--warm-up", "2"]
    networks = sorted(p for f in a.folders for p in f.rglob("*.tflite"))
    rows, refused = [], []
    for network in networks:
        least = {}
        for _ in range(a.rounds):
            for name in (a.old, a.new):
                ms = least_ms(name, network, options)
                if ms is None:
                    break
                least[name] = min(ms, least.get(name, ms))
        if a.old in least and a.new in least:
            rows.append((least[a.new] / least[a.old], network.name))
        else:
            refused.append(network.name)
        print(f"{network.name} {rows[-1][0] if rows else 0:.3f}", file=sys.stderr)
    rows.sort(reverse=True)
    print(f"| network ({a.law}) | time, new / old |\n|---|---|")
    for ratio, name in rows:
        print(f"| {name} | {ratio:.2f} |")
    if refused:
        print("\nRefused by one of them: " + ", ".join(refused) + ".")


if __name__ == "__main__":
    main()
