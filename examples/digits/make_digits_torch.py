#!/usr/bin/env python3
"""Trains the example network in PyTorch, quantizes it post training (eager mode, engine fbgemm) and
saves it traced.

Writes, into the folder of this script (or --out):
  digits.pt torch.jit.trace of the quantized network, float32 [1,1,8,8] in, float32 [1,10] (logits)
  out digit_N.input_nchw.npy        the images of digit_N.input_f32.npy in the layout PyTorch wants
  digit_N.output.fbgemm.npy     raw outputs of the reloaded file, engine fbgemm (law pytorch_fbgemm)
  digit_N.output.qnnpack.npy    the same file under engine qnnpack (law pytorch_qnnpack)
  and the rows of digits.pt in MANIFEST.json

Run make_digits.py first: the ten images come from it. Needs: torch, scikit-learn, numpy (versions
used: README.md).
"""
import argparse
import os
import pathlib

# Element-wise kernels are chosen by the processor; AVX2 is what every x86-64 machine with a recent
# PyTorch has.
os.environ["ATEN_CPU_CAPABILITY"] = "avx2"

import numpy as np
import torch
from torch import nn
from torch.ao import quantization

import pt_file
from digits_data import dataset, noisy, write_manifest


class Block(nn.Module):
    """Expand, depthwise, project, and the sum with the block's own input."""

    def __init__(self, channels, expanded):
        super().__init__()
        self.expand = nn.Conv2d(channels, expanded, 1)
        self.expand_relu = nn.ReLU()
        self.depthwise = nn.Conv2d(expanded, expanded, 3, padding=1, groups=expanded)
        self.depthwise_relu = nn.ReLU()
        self.project = nn.Conv2d(expanded, channels, 1)
        self.sum = nn.quantized.FloatFunctional()

    def forward(self, x):
        y = self.expand_relu(self.expand(x))
        y = self.depthwise_relu(self.depthwise(y))
        return self.sum.add(x, self.project(y))


class Digits(nn.Module):
    def __init__(self):
        super().__init__()
        self.quantize = quantization.QuantStub()
        self.stem = nn.Conv2d(1, 12, 3, padding=1)
        self.stem_norm = nn.BatchNorm2d(12)
        self.stem_relu = nn.ReLU()
        self.block = Block(12, 36)
        self.down = nn.Conv2d(12, 24, 3, stride=2, padding=1)
        self.down_relu = nn.ReLU()
        self.widen = nn.Conv2d(24, 48, 3, groups=24)
        self.widen_relu = nn.ReLU()
        self.smooth = nn.AvgPool2d(2, stride=1, padding=1)
        self.mix = nn.Conv2d(48, 32, 1)
        self.mix_relu = nn.ReLU()
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(32, 10)
        self.dequantize = quantization.DeQuantStub()

    def forward(self, x):
        x = self.stem_relu(self.stem_norm(self.stem(self.quantize(x))))
        x = self.block(x)
        x = self.down_relu(self.down(x))
        x = self.smooth(self.widen_relu(self.widen(x)))
        x = self.mean(self.mix_relu(self.mix(x)))
        return self.dequantize(self.head(torch.flatten(x, 1)))

    def fuse(self):
        groups = [["stem", "stem_norm", "stem_relu"], ["block.expand", "block.expand_relu"],
                  ["block.depthwise", "block.depthwise_relu"], ["down", "down_relu"],
                  ["widen", "widen_relu"], ["mix", "mix_relu"]]
        return quantization.fuse_modules(self, groups)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def nchw(images):
    return torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))


def train(model, x, y, epochs):
    x, y = nchw(x), torch.from_numpy(y)
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    steps = epochs * (len(x) // 32 + 1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    loss = nn.CrossEntropyLoss(label_smoothing=0.15)
    model.train()
    for _ in range(epochs):
        for part in torch.randperm(len(x)).split(32):
            optimizer.zero_grad()
            loss(model(x[part]), y[part]).backward()
            optimizer.step()
            schedule.step()
    model.eval()


def accuracy(model, x, y):
    with torch.no_grad():
        return float((model(nchw(x)).argmax(1).numpy() == y).mean())


def main():
    arguments = parse_arguments()
    out = arguments.out
    torch.manual_seed(arguments.seed)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    train_x, train_y, test_x, test_y = dataset(arguments.seed)
    model = Digits()
    train(model, noisy(train_x, arguments.seed), train_y, arguments.epochs)
    print("float accuracy on the test images: %.4f" % accuracy(model, test_x, test_y))

    torch.backends.quantized.engine = "fbgemm"
    model = model.fuse()
    # per-channel weights, activations of 7 bits: codes stay <= 127
    model.qconfig = quantization.get_default_qconfig("fbgemm")
    prepared = quantization.prepare(model)
    with torch.no_grad():
        prepared(nchw(train_x[:200]))
    quantized = quantization.convert(prepared)
    print("quantized accuracy on the test images: %.4f" % accuracy(quantized, test_x, test_y))
    with torch.no_grad():
        pt_file.save(torch.jit.trace(quantized, torch.zeros(1, 1, 8, 8)), out / "digits.pt")

    rows = []
    for engine, law in (("fbgemm", "pytorch_fbgemm"), ("qnnpack", "pytorch_qnnpack")):
        torch.backends.quantized.engine = engine
        loaded = torch.jit.load(str(out / "digits.pt")).eval()
        for digit in range(10):
            image = nchw(np.load(out / ("digit_%d.input_f32.npy" % digit)))
            names = ["digit_%d.input_nchw.npy" % digit, "digit_%d.output.%s.npy" % (digit, engine)]
            with torch.no_grad():
                scores = loaded(image).numpy()
            if scores.argmax() != digit:
                raise SystemExit("digit %d is not recognized: choose another seed" % digit)
            np.save(out / names[0], image.numpy())
            np.save(out / names[1], scores)
            rows.append({"format": "pytorch", "folder": ".", "model": "digits.pt", "law": law,
                         "inputs": names[:1], "outputs": names[1:], "expect": "identical"})
    write_manifest(out, rows)


if __name__ == "__main__":
    main()
