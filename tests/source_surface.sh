#!/usr/bin/env bash
# Every operator of ops/list.hpp has a direct function (octet/direct.hpp), a typed builder
# (octet/typed/operators.hpp, functions.hpp) or stands below with the reason why not. All operators
# go through operator_call::make and typed apply(). Names an operator that is forgotten, and a line
# below that has become needless.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
written_out() {  # identifier and reason
  cat <<'END'
requantize_add what a pass makes of an addition and a requantize
dynamic_quantize one step of a dynamic-range layer, which loaders and graph_builder make whole
dynamic_quantize_asymmetric one step of a dynamic-range layer, which a pass makes
dynamic_conv2d what a pass makes of a dynamic-range layer
dynamic_transpose_conv2d what a loader makes of a dynamic-range layer
dynamic_transposed what a pass makes of a dynamic-range layer
dynamic_fully_connected what a pass makes of a dynamic-range layer
dynamic_dequantize one step of a dynamic-range layer, which loaders and graph_builder make whole
dynamic_quantize_linear results that hold the scale of another: by apply()
float_conv2d a float layer of a loaded network: by apply()
float_depthwise_conv2d a float layer of a loaded network: by apply()
float_transpose_conv2d a float layer of a loaded network: by apply()
float_conv3d a float layer of a loaded network: by apply()
float_fully_connected a float layer of a loaded network: by apply()
float_lstm a float layer of a loaded network: by apply()
float_svdf a float layer of a loaded network: by apply()
rnn a float layer of a loaded network: by apply()
attention what a pass makes of two matrix products and a softmax
batch_norm a float layer of a loaded network: by apply()
layer_norm a float layer of a loaded network: by apply()
group_norm a float layer of a loaded network: by apply()
float_layer_norm a float layer of a loaded network: by apply()
l2_pool2d plain numbers, operands and attributes as declared: by apply()
local_response_normalization plain numbers, operands and attributes as declared: by apply()
qnn_reduce_prod operands and attributes as declared: by apply()
resample operands and attributes as declared: by apply()
grid_sample operands and attributes as declared: by apply()
variance operands and attributes as declared: by apply()
reduce_max operands and attributes as declared: by apply()
reduce_min operands and attributes as declared: by apply()
reduce_prod operands and attributes as declared: by apply()
reduce_any operands and attributes as declared: by apply()
reduce_all operands and attributes as declared: by apply()
blockwise_fully_connected a layer of a loaded network: by apply()
rfft2d plain numbers, operands and attributes as declared: by apply()
complex_abs no attributes: by apply()
fake_quantize operands and attributes as declared: by apply()
squeeze a reshape
expand_dims a reshape
identity what loaders make of operators without effect
qnn_sin no attributes: by apply()
sin no attributes: by apply()
qnn_cos no attributes: by apply()
cos no attributes: by apply()
qnn_relu_0_to_1 no attributes: by apply()
relu_0_to_1 no attributes: by apply()
floor no attributes: by apply()
ceil no attributes: by apply()
round no attributes: by apply()
sign no attributes: by apply()
erf no attributes: by apply()
softplus no attributes: by apply()
silu no attributes: by apply()
qnn_prelu no attributes: by apply()
prelu no attributes: by apply()
logical_and no attributes: by apply()
logical_or no attributes: by apply()
floor_div no attributes: by apply()
floor_mod no attributes: by apply()
pow no attributes: by apply()
bitwise_xor no attributes: by apply()
right_shift no attributes: by apply()
select no attributes: by apply()
pack operands and attributes as declared: by apply()
unpack operands and attributes as declared: by apply()
space_to_batch operands and attributes as declared: by apply()
batch_to_space operands and attributes as declared: by apply()
gather operands and attributes as declared: by apply()
gather_nd operands and attributes as declared: by apply()
one_hot operands and attributes as declared: by apply()
scatter_nd operands and attributes as declared: by apply()
sparse_to_dense operands and attributes as declared: by apply()
dynamic_slice operands and attributes as declared: by apply()
dynamic_update_slice operands and attributes as declared: by apply()
reverse_sequence operands and attributes as declared: by apply()
matrix_set_diag operands and attributes as declared: by apply()
segment_reduce operands and attributes as declared: by apply()
lookup made by passes alone
embedding_bag operands and attributes as declared: by apply()
bucketize operands and attributes as declared: by apply()
non_max_suppression operands and attributes as declared: by apply()
detection_postprocess operands and attributes as declared: by apply()
pose_decode operands and attributes as declared: by apply()
pose_masks operands and attributes as declared: by apply()
cumsum operands and attributes as declared: by apply()
topk operands and attributes as declared: by apply()
END
}
listed=$(sed -nE 's/^ *&ops::([a-z0-9_]+),$/\1/p' include/octet/ops/list.hpp | sort)
called=$(grep -ohE '\bops::[a-z0-9_]+' include/octet/direct.hpp include/octet/typed/operators.hpp \
  include/octet/typed/functions.hpp | sed 's/^ops:://' | sort -u)
excused=$(written_out | cut -d' ' -f1 | sort)
[ "$(wc -l <<<"$listed")" -ge 170 ] || { echo "the rows of ops/list.hpp were not found"; exit 1; }
[ "$(wc -l <<<"$called")" -ge 90 ] || { echo "the functions were not found"; exit 1; }
status=0
say() {  # what is wrong with each of these names
  while read -r name; do
    [ -z "$name" ] || { echo "$name: $1"; status=1; }
  done
}
uncalled=$(comm -23 <(echo "$listed") <(echo "$called"))
say "neither a direct function nor a typed builder, nor a reason in tests/source_surface.sh" \
  < <(comm -23 <(echo "$uncalled") <(echo "$excused"))
say "in tests/source_surface.sh, but called or not in ops/list.hpp" \
  < <(comm -13 <(echo "$uncalled") <(echo "$excused"))
say "twice in tests/source_surface.sh" < <(uniq -d <<<"$excused")
exit $status
