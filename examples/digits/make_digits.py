#!/usr/bin/env python3
"""Trains the example network on scikit-learn's bundled digits and saves it the way TensorFlow Lite
users do.

Writes, into the folder of this script (or --out):
  digits.tflite               full integer, int8 input and output
  digits_float_io.tflite the same network with float32 input and output (QUANTIZE first, DEQUANTIZE
  last) labels.txt                  one name a line, in the order of the output
  digit_N.input.npy           int8 [1,8,8,1], as digits.tflite wants it
  digit_N.input_f32.npy       float32 [1,8,8,1], pixels 0..16 divided by 16
  digit_N.output.ref.npy      raw output of digits.tflite, TensorFlow Lite's reference kernels
  digit_N.output_f32.ref.npy  the same of digits_float_io.tflite
  (and .xnnpack.npy for both: the interpreter's default, XNNPACK)
  digits.layers.json          CRC-32 of every operator's output for digit_0
  MANIFEST.json               one row a case, as in tests/goldens

The digits are test images, one of each class. Rows of other models (digits.pt) that MANIFEST.json
already has are kept. Needs: tensorflow, ai-edge-litert, scikit-learn, numpy (versions used:
README.md).
"""
import argparse
import json
import os
import pathlib
import zlib

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from digits_data import dataset, noisy, write_manifest

LABELS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def network():
    """A small network with the operators of a MobileNet: expand, depthwise, project, residual add,
    pools, head."""
    layers = tf.keras.layers
    image = tf.keras.Input((8, 8, 1), batch_size=1, name="image")
    x = layers.Conv2D(12, 3, padding="same", activation=tf.nn.relu6, name="stem")(image)
    y = layers.Conv2D(36, 1, activation=tf.nn.relu6, name="expand")(x)
    y = layers.DepthwiseConv2D(3, padding="same", activation=tf.nn.relu6, name="depthwise")(y)
    y = layers.Conv2D(12, 1, name="project")(y)
    x = layers.Add(name="residual")([x, y])
    x = layers.Conv2D(24, 3, strides=2, padding="same", activation="relu", name="down")(x)
    x = layers.DepthwiseConv2D(3, padding="valid", depth_multiplier=2, activation="relu",
                               name="depthwise_x2")(x)
    x = layers.AveragePooling2D(2, strides=1, padding="same", name="smooth")(x)
    x = layers.Conv2D(32, 1, activation="relu", name="mix")(x)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    x = layers.Dense(10, name="head")(x)
    x = layers.Softmax(name="scores")(x)
    return tf.keras.Model(image, x)


def train(train_x, train_y, test_x, test_y, epochs, seed):
    tf.keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    fixed = network()
    # The saved network has batch 1; training wants larger ones, so it runs on a twin that shares
    # the layers.
    image = tf.keras.Input((8, 8, 1))
    twin = tf.keras.models.clone_model(fixed, input_tensors=image)
    schedule = tf.keras.optimizers.schedules.CosineDecay(3e-3, epochs * (len(train_x) // 32 + 1))
    # Smoothed labels and noisy images keep the scores away from exactly 0 and 1: a saturated
    # softmax would hide differences in the layers before it.
    twin.compile(tf.keras.optimizers.Adam(schedule),
                 tf.keras.losses.CategoricalCrossentropy(label_smoothing=0.15),
                 metrics=["accuracy"])
    twin.fit(noisy(train_x, seed), tf.one_hot(train_y, 10).numpy(), batch_size=32, epochs=epochs,
             verbose=0)
    print("float accuracy on the test images: %.4f"
          % twin.evaluate(test_x, tf.one_hot(test_y, 10).numpy(), verbose=0)[1])
    fixed.set_weights(twin.get_weights())
    return fixed


def convert(model, calibration, io_type):
    """Post-training full integer quantization with real images as calibration data."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([image[None]] for image in calibration)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = io_type
    converter.inference_output_type = io_type
    return converter.convert()


def interpreter(path, resolver):
    made = Interpreter(model_path=str(path), num_threads=1, experimental_op_resolver_type=resolver)
    made.allocate_tensors()
    return made


def infer(runner, image):
    runner.set_tensor(runner.get_input_details()[0]["index"], image)
    runner.invoke()
    return runner.get_tensor(runner.get_output_details()[0]["index"])


def quantized(runner, image):
    """The float image in the int8 encoding of the model's input."""
    scale, zero_point = runner.get_input_details()[0]["quantization"]
    return np.clip(np.round(image / np.float32(scale)) + zero_point, -128, 127).astype(np.int8)


def write_layers(path, model, image):
    """CRC-32 of every operator's output for one image in the reference run: a test can name the
    first operator that differs."""
    runner = Interpreter(model_path=str(model), num_threads=1,
                         experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
                         experimental_preserve_all_tensors=True)
    runner.allocate_tensors()
    infer(runner, image)
    layers = []
    for i, op in enumerate(runner._get_ops_details()):
        outs = []
        for index in op["outputs"]:
            data = runner.get_tensor(index)
            outs.append({"tensor": int(index), "dtype": data.dtype.name, "shape": list(data.shape),
                         "ref_crc32": "%08x" % zlib.crc32(data.tobytes()), "n": data.size})
        layers.append({"i": i, "op": op["op_name"], "outs": outs})
    path.write_text("[\n" + ",\n".join(json.dumps(layer) for layer in layers) + "\n]\n")


def main():
    arguments = parse_arguments()
    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    train_x, train_y, test_x, test_y = dataset(arguments.seed)
    model = train(train_x, train_y, test_x, test_y, arguments.epochs, arguments.seed)
    (out / "digits.tflite").write_bytes(convert(model, train_x[:200], tf.int8))
    (out / "digits_float_io.tflite").write_bytes(convert(model, train_x[:200], tf.float32))
    (out / "labels.txt").write_text("\n".join(LABELS) + "\n")

    reference = interpreter(out / "digits.tflite", OpResolverType.BUILTIN_REF)
    answers = np.array([np.argmax(infer(reference, quantized(reference, x[None]))) for x in test_x])
    chosen = [test_x[np.flatnonzero((test_y == digit) & (answers == digit))[0]][None]
              for digit in range(10)]
    write_layers(out / "digits.layers.json", out / "digits.tflite", quantized(reference, chosen[0]))

    rows = []
    engines = [("ref", "tflite_ref", OpResolverType.BUILTIN_REF, "identical"),
               ("xnnpack", "tflite_xnnpack", OpResolverType.AUTO, "best effort")]
    for suffix, law, resolver, expect in engines:
        integer = interpreter(out / "digits.tflite", resolver)
        floating = interpreter(out / "digits_float_io.tflite", resolver)
        right = sum(int(np.argmax(infer(integer, quantized(integer, x[None])))) == y for x,
                    y in zip(test_x, test_y))
        print("%s accuracy on the test images: %.4f" % (suffix, right / len(test_y)))
        for digit in range(10):
            image = chosen[digit]
            name = "digit_%d" % digit
            codes = quantized(integer, image)
            np.save(out / (name + ".input.npy"), codes)
            np.save(out / (name + ".input_f32.npy"), image)
            np.save(out / (name + ".output.%s.npy" % suffix), infer(integer, codes))
            np.save(out / (name + ".output_f32.%s.npy" % suffix), infer(floating, image))
            for file, part in (("digits.tflite", ""), ("digits_float_io.tflite", "_f32")):
                row = {"format": "tflite", "folder": ".", "model": file, "law": law,
                       "inputs": [name + ".input%s.npy" % part],
                       "outputs": [name + ".output%s.%s.npy" % (part, suffix)], "expect": expect}
                if digit == 0 and suffix == "ref" and part == "":
                    row["layers"] = "digits.layers.json"
                rows.append(row)
    write_manifest(out, rows)


if __name__ == "__main__":
    main()
