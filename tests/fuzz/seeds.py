#!/usr/bin/env python3
"""Seeds for the fuzz targets out of the repository's own small files: seeds.py FOLDER [OCTET_TOOL]
writes FOLDER/TARGET/...

OCTET_TOOL is the octet program, which converts the .octet seeds; without it that folder stays
empty.
"""
import pathlib
import re
import subprocess
import sys
import zipfile

root = pathlib.Path(__file__).resolve().parents[2]
to = pathlib.Path(sys.argv[1])
tool = sys.argv[2] if len(sys.argv) > 2 else None
largest = 1 << 16


def write(target, name, data):
    if len(data) <= largest:
        (to / target / name).write_bytes(data)


for target in ("tflite", "octet_file", "mxnet", "onnx", "torch", "torch_code", "torch_pickle"):
    (to / target).mkdir(parents=True, exist_ok=True)

tflite = (sorted((root / "tests/goldens/tflite").glob("*.tflite"))
          + sorted((root / "examples/digits").glob("*.tflite")))
for f in tflite:
    write("tflite", f.name, f.read_bytes())
if tool:
    for f in tflite[::4]:
        out = to / "octet_file" / (f.stem + ".octet")
        if subprocess.run([tool, "convert", str(f), "-o", str(out)],
                          capture_output=True).returncode == 0 and out.stat().st_size > largest:
            out.unlink()

for f in sorted((root / "tests/goldens/mxnet").glob("*-symbol.json")):
    arrays = f.with_name(f.name.replace("-symbol.json", "-0000.params"))
    write("mxnet", f.name, f.read_bytes() + b"\0" + arrays.read_bytes())

onnx = sorted((root / "tests/goldens/onnx").glob("*.onnx"))
for f in onnx + [root / "examples/digits/digits.onnx"]:
    write("onnx", f.name, f.read_bytes())

for f in sorted((root / "tests/goldens/torch").glob("*.pt")) + [root / "examples/digits/digits.pt"]:
    write("torch", f.name, f.read_bytes())
    with zipfile.ZipFile(f) as z:
        for n in z.namelist():
            if n.endswith("/data.pkl"):
                write("torch_pickle", f.stem, z.read(n))
            if re.search(r"/code/__torch__.*\.py$", n):
                # The target runs class M of __torch__.
                text = re.sub(r"__torch__\.___torch_mangle_\d+\.", "__torch__.", z.read(n).decode())
                write("torch_code", f.stem + re.sub(r"\W", "_", n)[-40:],
                      re.sub(r"\b(Case|Digits)\b", "M", text).encode())
