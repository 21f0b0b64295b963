#!/usr/bin/env bash
# Writes docs/operators.md from the tables in the sources; with --check, says whether the committed
# one is fresh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
LC_ALL=C
export LC_ALL

# The rows of the IR: op_def NAME{"qnn.conv2d", ...}, op_def NAME = binary_def<...>("div"),
# OCTET_UNARY_(logistic, "logistic"), which makes two.
ir() {
  sed -n -e 's/.*op_def [a-z0-9_]*{"\([^"]*\)".*/\1/p' -e \
      's/.*op_def [a-z0-9_]* = [^"]*("\([^"]*\)".*/\1/p' -e \
      's/^OCTET_UNARY_([a-z0-9_]*, "\([^"]*\)").*/\1\nqnn.\1/p' include/octet/ops/*.hpp | sort -u
}
# Rows of the TFLite loader that convert: {3, "CONV_2D", &conv_2d}.
tflite() { sed -n 's/^ *{[0-9]*, "\([A-Z0-9_]*\)", &.*/\1/p' \
    include/octet/import/tflite/rows_*.hpp | sort -u; }
# Rows of the PyTorch loader: {"quantized::conv2d", "parameters", &rows::...}.
torch() { sed -n 's/^ *{"\([a-z_]*::[A-Za-z0-9_.]*\)", ".*/\1/p' \
    include/octet/import/torch/rows.hpp | sort -u; }
paragraph() { tr '\n' ',' | sed 's/,$//; s/,/, /g' | fold -s -w 170 | sed 's/ *$//'; echo; }

document() {
  echo "# Operators"
  echo
  echo "Made by docs/operators.sh from the tables in the sources. Formulas: docs/numerics.md. Which kernels a target has: \`octet info --kernels\`."
  echo
  echo "## The IR ($(ir | wc -l))"
  echo
  echo "\`qnn.\` operators work on quantized values and carry a rounding; the others move data or work on plain numbers."
  echo
  ir | paragraph
  echo
  echo "## TensorFlow Lite ($(tflite | wc -l) builtin operators)"
  echo
  tflite | paragraph
  echo
  echo "A custom operator is taken where the caller registers one of its name (\`tflite_options::operators\`). All unsupported operators of a file are named in one error."
  echo
  echo "## PyTorch, TorchScript ($(torch | wc -l) functions)"
  echo
  torch | paragraph
}

if [ "$(ir | wc -l)" -ne "$(grep -c '^    &ops::' include/octet/ops/list.hpp)" ]; then
  echo "docs/operators.sh does not find every row of ops/list.hpp: an op_def is written in a form it does not know" >&2
  exit 1
fi
if [ "${1:-}" = --check ]; then
  document | diff -u docs/operators.md - || {
    echo "docs/operators.md is stale: run ./dev generate operators" >&2
    exit 1
  }
else
  document >docs/operators.md.new
  mv docs/operators.md.new docs/operators.md
fi
