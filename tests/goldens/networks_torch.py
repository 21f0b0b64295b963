#!/usr/bin/env python3
"""Builds networks that people quantize with PyTorch, with random weights, and PyTorch's outputs:
torchvision's quantized networks, LRASPP and DeepLabv3, EfficientNet-B0, a YOLO with SiLU, a
ResNet with float first and last layers, a dynamic LSTM and a dynamic BERT.

Written into --out (nothing of it is committed): NAME.pt, NAME.inputI.npy, NAME.outputI.LAW.npy and
a MANIFEST.json, which the tests' loader of manifests reads and `--run OCTET` runs: one line a row,
how many outputs are PyTorch's and how far the others are, in parts of their range.

Needs: torch 2.0.1, torchvision 0.15.2, numpy below 2 (README.md).
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import warnings

os.environ["ATEN_CPU_CAPABILITY"] = "avx2"
warnings.filterwarnings("ignore")

import numpy as np
import torch
import torchvision
from torch import nn
from torch.ao.quantization import (QConfigMapping, convert, get_default_qconfig, prepare,
                                   quantize_dynamic)
from torch.ao.quantization.quantize_fx import convert_fx, prepare_fx

ENGINES = {"fbgemm": "pytorch_fbgemm", "qnnpack": "pytorch_qnnpack"}


def randomize(model, seed):
    """Weights of the size that keeps activations in range, batch norms of other statistics than 0
    and 1."""
    g = torch.Generator().manual_seed(seed)
    for m in model.modules():
        if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d)):
            m.running_mean.uniform_(-0.3, 0.3, generator=g)
            m.running_var.uniform_(0.6, 1.5, generator=g)
            m.weight.data.uniform_(0.7, 1.3, generator=g)
            m.bias.data.uniform_(-0.3, 0.3, generator=g)
    return model.eval()


def images(size, batch=1, seed=1):
    return torch.from_numpy(np.random.default_rng(seed).normal(0, 1, (batch, 3, size, size))
                            .astype(np.float32))


def eager(model, x):
    model.fuse_model(is_qat=False)
    model.qconfig = get_default_qconfig("fbgemm")
    prepare(model, inplace=True)
    for _ in range(2):
        model(x)
    return convert(model)


def fx(model, x, float_parts=()):
    mapping = QConfigMapping().set_global(get_default_qconfig("fbgemm"))
    for name in float_parts:
        mapping.set_module_name(name, None)
    prepared = prepare_fx(model, mapping, (x,))
    prepared(x)
    return convert_fx(prepared)


class Sequence(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.LSTM(24, 32, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(64, 5)

    def forward(self, x):
        return self.head(self.layer(x)[0][:, -1])


class Block(nn.Module):
    """A transformer layer as BERT has it."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.act = nn.GELU()

    def forward(self, x, mask):
        def split(v):
            return v.view(v.size(0), v.size(1), self.heads, -1).permute(0, 2, 1, 3)

        q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))
        scores = q @ k.transpose(-1, -2) / (q.size(-1) ** 0.5) + mask
        y = (scores.softmax(-1) @ v).permute(0, 2, 1, 3).contiguous().view(x.shape)
        x = self.first(x + self.out(y))
        return self.second(x + self.down(self.act(self.up(x))))


class Bert(nn.Module):
    def __init__(self, width=64, heads=4, layers=2):
        super().__init__()
        self.words, self.places = nn.Embedding(100, width), nn.Embedding(32, width)
        self.norm = nn.LayerNorm(width)
        self.layers = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.pooler, self.head = nn.Linear(width, width), nn.Linear(width, 3)

    def forward(self, ids, attention):
        mask = (1.0 - attention.float())[:, None, None, :] * -10000.0
        x = self.norm(self.words(ids) + self.places(torch.arange(ids.size(1))))
        for layer in self.layers:
            x = layer(x, mask)
        return self.head(torch.tanh(self.pooler(x[:, 0])))


class Conv(nn.Module):
    def __init__(self, cin, cout, k=1, s=1):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, k, s, k // 2, bias=False)
        self.bn = nn.BatchNorm2d(cout)
        self.act = nn.SiLU()

    def forward(self, x):
        return self.act(self.bn(self.conv(x)))


class Yolo(nn.Module):
    """Backbone, two scales with an upsampled path, and the decoding of boxes."""

    def __init__(self, classes=4):
        super().__init__()
        self.stem, self.down1 = Conv(3, 16, 3, 2), Conv(16, 32, 3, 2)
        self.block, self.down2 = Conv(32, 32, 3), Conv(32, 64, 3, 2)
        self.up = nn.Upsample(scale_factor=2.0)
        self.merge = Conv(96, 32, 3)
        self.head4 = nn.Conv2d(32, 3 * (5 + classes), 1)
        self.head8 = nn.Conv2d(64, 3 * (5 + classes), 1)

    def forward(self, x):
        a = self.down1(self.stem(x))
        a = a + self.block(a)
        b = self.down2(a)
        a = self.merge(torch.cat([a, self.up(b)], 1))
        return self.head4(a), self.head8(b)


class Decoded(nn.Module):
    """The boxes decoded in float: outside FX, whose symbolic tracing has no meshgrid of shapes."""

    def __init__(self, body, classes=4):
        super().__init__()
        self.body, self.classes = body, classes
        self.register_buffer("anchors", torch.tensor([[10., 13], [16, 30], [33, 23]]))

    def forward(self, x):
        out = []
        for y, stride in zip(self.body(x), (4, 8)):
            n, _, h, w = y.shape
            y = y.view(n, 3, 5 + self.classes, h, w).permute(0, 1, 3, 4, 2).sigmoid()
            gy, gx = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
            grid = torch.stack((gx, gy), 2).view(1, 1, h, w, 2).float()
            xy = (y[..., 0:2] * 2 - 0.5 + grid) * stride
            wh = (y[..., 2:4] * 2) ** 2 * self.anchors.view(1, 3, 1, 1, 2)
            out.append(torch.cat((xy, wh, y[..., 4:]), -1).view(n, -1, 5 + self.classes))
        return torch.cat(out, 1)


class Segmentation(nn.Module):
    """The dict that torchvision's segmentation networks return, as it is scripted and traced."""

    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return self.body(x)["out"]


def networks():
    """Name, a function that makes the module and its inputs, how its outputs must agree."""
    q = torchvision.models.quantization
    for name in ("resnet18", "mobilenet_v2", "mobilenet_v3_large", "shufflenet_v2_x0_5",
                 "googlenet", "inception_v3", "resnext101_32x8d"):
        def make(name=name):
            fields = {"aux_logits": False, "init_weights": True} if name in (
                "googlenet", "inception_v3") else {}
            x = images(96 if name == "inception_v3" else 64)
            return eager(randomize(getattr(q, name)(weights=None, quantize=False, **fields), 3),
                         x), [x]
        yield "tv_" + name, make, "identical"

    def efficientnet():
        x = images(64)
        return fx(randomize(torchvision.models.efficientnet_b0(weights=None), 4), x), [x]
    yield "efficientnet_b0", efficientnet, "close"

    def yolo():
        x = images(64)
        return Decoded(fx(randomize(Yolo(), 5), x)), [x]
    yield "yolo_silu", yolo, "close"

    def lraspp():
        x = images(64)
        m = torchvision.models.segmentation.lraspp_mobilenet_v3_large(weights=None,
                                                                      weights_backbone=None)
        return fx(Segmentation(randomize(m, 6)), x), [x]
    yield "lraspp", lraspp, "close"

    def deeplab():
        x = images(64)
        m = torchvision.models.segmentation.deeplabv3_mobilenet_v3_large(weights=None,
                                                                         weights_backbone=None)
        return fx(Segmentation(randomize(m, 7)), x), [x]
    yield "deeplabv3", deeplab, "close"

    def partly():
        x = images(64)
        return fx(randomize(torchvision.models.resnet18(weights=None), 8), x,
                  ("conv1", "fc", "layer4.1.conv2")), [x]
    yield "resnet18_partly", partly, "close"

    def lstm():
        x = torch.from_numpy(np.random.default_rng(9).normal(0, 1, (2, 12, 24)).astype(np.float32))
        return quantize_dynamic(Sequence().eval(), {nn.LSTM, nn.Linear}, torch.qint8), [x]
    yield "dynamic_lstm", lstm, "close"

    def bert():
        r = np.random.default_rng(10)
        ids = torch.from_numpy(r.integers(0, 100, (2, 16)))
        attention = torch.ones(2, 16, dtype=torch.int64)
        attention[1, 11:] = 0
        return quantize_dynamic(Bert().eval(), {nn.Linear}, torch.qint8), [ids, attention]
    yield "dynamic_bert", bert, "close"


def run(octet, folder, rows):
    good = 0
    for row in rows:
        outputs = [str(folder / f) for f in row["outputs"]]
        command = [octet, "run", str(folder / row["model"]), "--numerics", row["law"]]
        for f in row["inputs"]:
            command += ["--input", str(folder / f)]
        for f in outputs:
            command += ["--reference", f]
        done = subprocess.run(command, capture_output=True, text=True)
        text = (done.stdout + done.stderr).strip().splitlines()
        last = [l.strip() for l in text if "identical" in l or "differ" in l or "octet:" in l]
        good += done.returncode == 0 or row["expect"] == "close" and done.returncode == 1
        print("%-8s %-28s %-10s %s" % (row["law"][8:], row["model"], row["expect"],
                                       "; ".join(last)[:300] or "?"))
    print("%d of %d rows run" % (good, len(rows)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--run", metavar="OCTET", help="the command line program; runs every row")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, (name, make, expect) in enumerate(networks()):
        if arguments.only not in name:
            continue
        torch.manual_seed(number)
        torch.backends.quantized.engine = "fbgemm"
        with torch.no_grad():
            model, inputs = make()
            traced = torch.jit.trace(model.eval(), tuple(inputs), check_trace=False)
        path = arguments.out / (name + ".pt")
        torch.jit.save(traced, str(path))
        files = []
        for i, x in enumerate(inputs):
            files.append("%s.input%d.npy" % (name, i))
            np.save(arguments.out / files[-1], x.numpy())
        for engine, law in ENGINES.items():
            torch.backends.quantized.engine = engine
            with torch.no_grad():
                made = torch.jit.load(str(path)).eval()(*inputs)
            made = made if isinstance(made, (tuple, list)) else [made]
            outputs = []
            for i, y in enumerate(made):
                outputs.append("%s.output%d.%s.npy" % (name, i, law))
                np.save(arguments.out / outputs[-1], y.numpy())
            row = {"format": "pytorch", "folder": ".", "model": name + ".pt", "law": law,
                   "inputs": files, "outputs": outputs, "expect": expect}
            if expect == "close":
                row.update(tolerance=0.05, tolerance_mean=0.005)
            rows.append(row)
        print("made " + name, flush=True)
    (arguments.out / "MANIFEST.json").write_text(json.dumps(rows, indent=1) + "\n")
    if arguments.run:
        run(arguments.run, arguments.out, rows)


if __name__ == "__main__":
    main()
