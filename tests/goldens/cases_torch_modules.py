"""Modules as users write them around quantized layers, each as a body of `forward`: `q` is a
quantized tensor [2, 6, 4, 5], `v` its floats, `m` the module with its layers.

Every body becomes a module that is traced; those of SCRIPTED are scripted too. Used by
make_goldens_torch.py.
"""
import linecache

import torch
from torch import nn
import torch.nn.functional as F

HEAD = "def forward(self, x):\n    q = torch.quantize_per_tensor(x, 0.05, 120, torch.quint8)\n" \
       "    v = torch.dequantize(q)\n"

# name: (body, layers); what these give is identical to PyTorch's.
EXACT = {
    # written into views
    "slice_assign": "v[:, 0] = v[:, 1] * 2\nreturn v",
    "slice_assign_number": "v[:, 1:3, ::2] = 0.5\nreturn v",
    "slice_add": "v[..., 0] += 1.0\nv[:, 1] *= v[:, 2]\nreturn v",
    "slice_boxes": "v[..., :2] = v[..., :2] * 2 - 0.5\nv[..., 2:4] = (v[..., 2:4] * 2) ** 2\n"
                   "return v",
    "zeros_filled": "out = torch.zeros(2, 3, 4, 5)\nout[:, 0] = v[:, 0]\nout[:, 2] = v[:, 3]\n"
                    "return out",
    "shift": "out = torch.zeros_like(v)\nout[:, :2, :-1] = v[:, :2, 1:]\n"
             "out[:, 2:4, 1:] = v[:, 2:4, :-1]\nout[:, 4:] = v[:, 4:]\nreturn out",
    "codes_assign": "w = q.clone()\nw[:, 0] = q[:, 1]\nw[:, 2, :, 1:3] = q[:, 3, :, :2]\n"
                    "return w.dequantize()",
    "codes_assign_floats": "w = q.clone()\nw[0] = v[1] * 1.7\nreturn w.dequantize()",
    "codes_relu_view": "w = q.clone()\nw[:, :3].relu_()\nreturn w.dequantize()",
    "chunk_relu": "a, b = v.chunk(2, 1)\na.relu_()\nreturn torch.cat([b, a], 1)",
    "view_of_changed": "w = v[:, 0]\nv.mul_(2)\nreturn v + w.unsqueeze(1)",
    "views_both": "a = v[:, :4]\nb = v[:, 2:]\na.add_(1)\nb.mul_(2)\nreturn a + b",
    "transposed_view": "t = v.transpose(1, 3)\nt[:, 0] = 1.0\nreturn v",
    "flat_view": "v.view(-1)[3:50] = 0.25\nreturn v",
    "reshaped_copy": "w = v.permute(0, 2, 3, 1).reshape(2, -1)\nw[:, 3] = 9.0\n"
                     "return v + w.view(v.shape)",
    "select_copy": "v[:, 0].copy_(v[:, 1])\nv[:, 2].fill_(2.0)\nv[:, 3].zero_()\nreturn v",
    "diagonal_fill": "w = v[0, :4]\nw.diagonal(0, 1, 2).fill_(0.0)\nreturn v",
    "index_assign": "v[:, [0, 2]] = 1.0\nreturn v",
    "index_assign_rows": "i = torch.tensor([0, 4])\nj = torch.tensor([1, 3])\nv[:, i] = v[:, j]\n"
                         "return v",
    "index_assign_pairs": "i = torch.tensor([0, 1, -1])\nj = torch.tensor([2, 3, 0])\n"
                          "v[:, i, j] = v[:, :3, 0]\nreturn v",
    "index_assign_apart": "i = torch.tensor([0, 1])\nj = torch.tensor([2, 3])\n"
                          "v[i, :, j] = 7.0\nreturn v",
    "mask_assign": "v[v < 0] = 0.0\nreturn v",
    "mask_assign_axis": "k = torch.tensor([True, False, True, True, False, False])\n"
                        "v[:, k] = -1.0\nreturn v",
    "index_fill": "return v.index_fill(1, torch.tensor([1, 4]), -0.5)",
    "index_copy": "return v.index_copy(2, torch.tensor([3, 0]), v[:, :, 1:3] * 2)",
    "masked_scatter": "return v.masked_scatter(v > 0.5, v.flip(3) * 2)",
    "clone_of_buffer": "out = self.table.clone()\nout[1] = v[0, 0, 0]\nreturn out",
    "keys_of_texts": "d = {'sum': v}\nfor i in range(3):\n    d[f'o{i}'] = v * i\n"
                     "d['p%d' % 4] = v + 4\ndel d['o1']\n"
                     "return d['o0'] + d['o2'], d['p4'], torch.stack(list(d.values()))",
    "without_gradients": "with torch.no_grad():\n    w = v * 2\nfor i in range(2):\n    w += i\n"
                         "return w",
    "loop_of_rows": "out = torch.zeros(2, 6)\nfor i in range(6):\n    "
                    "out[:, i] = v[:, i].sum((1, 2)) * 0 + v[:, i, 0, 0]\nreturn out",
    # strides and memory formats
    "expand_pool": "w = v[:, :, :1, :1].expand(-1, -1, 4, 5)\nreturn v + w",
    "mixed_add": "w = v.contiguous(memory_format=torch.channels_last) + v.flip(1)\n"
                 "p = torch.quantize_per_tensor(w, 0.07, 101, torch.quint8)\n"
                 "return F.avg_pool2d(p, 3, 1).dequantize()",
    "mixed_add_first": "w = v.flip(1) + v.contiguous(memory_format=torch.channels_last)\n"
                       "p = torch.quantize_per_tensor(w, 0.07, 101, torch.quint8)\n"
                       "return F.avg_pool2d(p, 3, 1).dequantize()",
    "mixed_where": "w = torch.where(v > 0.3, v.contiguous(memory_format=torch.channels_last), -v)\n"
                   "p = torch.quantize_per_tensor(w, 0.07, 101, torch.quint8)\n"
                   "return F.avg_pool2d(p, 3, 1).dequantize()",
    "mixed_broadcast": "w = v.contiguous(memory_format=torch.channels_last)[:, :1] * v\n"
                       "p = torch.quantize_per_tensor(w, 0.07, 101, torch.quint8)\n"
                       "return p.mean((2, 3)).dequantize()",
    "mixed_slice": "w = v.permute(0, 3, 1, 2) + v.permute(0, 3, 1, 2)[:, :, :, :1]\n"
                   "p = torch.quantize_per_tensor(w, 0.07, 101, torch.quint8)\n"
                   "return F.avg_pool2d(p, 2).dequantize()",
    "expand_mean": "w = q[:, :, :1].expand(-1, -1, 4, -1)\nreturn w.mean((2, 3)).dequantize()",
    "expand_quantize": "w = v[:, :1].expand(-1, 4, -1, -1)\n"
                       "p = torch.quantize_per_tensor(w, 0.07, 101, torch.quint8)\n"
                       "return F.avg_pool2d(p, 3, 1).dequantize()",
    # windows and indices
    "unfold": "return v.unfold(3, 3, 1).unfold(2, 2, 2)",
    "unfold_codes": "return q.unfold(3, 2, 2).dequantize()",
    "im2col": "return F.unfold(v, (2, 3), dilation=(1, 2), padding=1, stride=(2, 1))",
    "col2im": "return F.fold(F.unfold(v, 3, padding=1), (4, 5), 3, padding=1)",
    "diagonal": "return v.diagonal(1, 2, 3)",
    "gather": "return v.gather(1, v.argsort(1, descending=True)[:, :2])",
    "one_hot": "return F.one_hot(v.argmax(1), 6)",
    "lengths_mask": "n = torch.arange(4)[None, :] < torch.tensor([4, 2])[:, None]\n"
                    "return v.masked_fill(~n[:, None, :, None], 0.0)",
    "cumsum_int": "return (v > 0).cumsum(1)",
    "grid": "y, x = torch.meshgrid(torch.arange(4), torch.arange(5), indexing='ij')\n"
            "return v + torch.stack((x, y), 0)[:1]",
    "codes_of": "return q.int_repr()",
    "scale_of": "return v * q.q_scale() + q.q_zero_point()",
    "scale_again": "w = v.clamp(-1, 1)\nreturn torch.quantize_per_tensor(w, float(q.q_scale()), "
                   "int(q.q_zero_point()), torch.quint8).dequantize()",
    "int_arithmetic": "i = v.argmax(1)\nreturn (i // 2) * 3 + i % 2 - (i > 1).long()",
    "bool_xor": "return (v > 0) ^ (v > 1)",
    "isnan": "return torch.where(torch.isnan(v) | torch.isinf(v), torch.zeros_like(v), v)",
    "nan_to_num": "return torch.nan_to_num(v / v.round())",
    "clamp_tensor": "return v.clamp(v.roll(1, 3) - 0.1, v.roll(2, 3) + 0.1)",
    "index_add_data": "return v.index_add(3, v[0, 0].argmax(1), v[..., :4])",
    "same_tensor": "w = v\nfor i in range(2):\n    if w is v:\n        w = w * 2\nreturn w",
    "norm_volume": "k = torch.tensor([1.5, -0.7])\n"
                   "return torch.ops.quantized.batch_norm3d(q.reshape(1, 2, 6, 4, 5), k, k, "
                   "k * 0.1, k * k, 1e-5, 0.08, 110).dequantize()",
    "count_nonzero": "return torch.count_nonzero(v > 0, 1)",
    "aminmax": "a, b = torch.aminmax(v, dim=1)\nreturn a + b",
    "max_values": "a, i = v.max(1)\nreturn a * i",
    "sort": "a, i = v.sort(1)\nreturn a",
    "broadcast_tensors": "a, b = torch.broadcast_tensors(v[:, :1], v)\nreturn a + b",
    "broadcast_to": "return v[:, :1].broadcast_to(2, 6, 4, 5) + v",
    "mt": "return v.mT",
    "unsqueeze_loop": "w = v\nwhile w.dim() < 6:\n    w = w.unsqueeze(0)\nreturn w",
    "take_along": "return torch.take_along_dim(v, v.argsort(2, descending=True), 2)",
    "scatter_const": "return torch.zeros(2, 6, 4, 5).scatter(1, torch.zeros(2, 1, 4, 5, "
                     "dtype=torch.long), v[:, :1])",
    "scatter_value": "return torch.zeros(2, 6, 4, 5).scatter_(1, v.argmax(1, keepdim=True), 1.0)",
    "index_add": "return v.index_add(1, torch.tensor([0, 3]), v[:, 1:3])",
    "frac": "return torch.frac(v)",
    "heaviside": "return (v >= 0).to(v.dtype) - (v < 0).float()",
    "softsign": "return F.softsign(v)",
    "relu_square": "return F.relu(v).square()",
    "hardtanh_in_place": "return F.hardtanh(v, -0.3, 0.4, inplace=True) + v",
    "threshold": "return F.threshold(v, 0.3, -1.0)",
    "nearest": "return F.interpolate(v, scale_factor=2.0, mode='nearest')",
    "area": "return F.interpolate(v, size=[2, 5], mode='area')",
    "pixel_unshuffle": "return F.pixel_unshuffle(q.dequantize()[:, :, :, :4], 2)",
    "split_sizes": "a, b, c = torch.split(v, [1, 2, 3], 1)\nreturn torch.cat([c, a, b], 1)",
    "stack_codes": "return torch.stack([q, q], 1).dequantize()",
    "channel_select": "return q[:, [2, 1, 0]].dequantize()",
    "bool_index_constant": "return v[:, torch.tensor([True, False, True, False, False, True])]",
    "index_ellipsis": "return v[..., None, ::2]",
    "index_apart": "return v[torch.tensor([0, 1]), :, torch.tensor([2, 3])]",
    "sub_in_place": "v -= 0.5\nv /= 0.25\nreturn v",
    "list_in_place": "l = [v[:, 0], v[:, 1]]\nl[0].add_(1.0)\nreturn v + l[1][:, None]",
    "dict_of_views": "d = {'a': v[:, :3], 'b': v[:, 3:]}\nd['a'].mul_(3.0)\n"
                     "return torch.cat([d['b'], d['a']], 1)",
    "early_type": "return v.to(torch.float64).to(torch.float32) * 2",
    "tensor_of_numbers": "return v * torch.tensor([0.5, 2.0, 1.0, 0.25, 3.0])",
    "where_scalar": "return torch.where(v > 0, 1.0, 0.0)",
    "eq_any": "return (v == v.amax(1, keepdim=True)).any(1)",
    "logical": "return torch.logical_xor(v > 0, v > 1).logical_not()",
    "sign_round": "return torch.sgn(v) * v.abs().floor()",
    "ceil_in_place": "v.ceil_()\nv.neg_()\nv.abs_()\nreturn v",
    "clamp_in_place": "v.clamp_min_(0.0)\nv.clamp_max_(1.0)\nreturn v",
    # bits of whole numbers
    "int_bits": "i = v.argmax(1) - 3\nreturn ((i & 3) | 4) ^ 1",
    "int_shift": "i = v.argmax(1) - 3\nreturn (i << 2) >> 1, i >> 1",
    "bits_negative": "i = (v * 1000).long()\nreturn i & -8, i | -5, i & i.flip(1), "
                     "i | i.flip(1), ~i",
    "bits_large": "i = (v * 1000).long() * 1000000007 * 1000\n"
                  "return i & i.flip(1), i | i.flip(2), i & 4294967295, i >> 33, i << 40",
    "bits_int32": "i = (v * 1000).int()\nreturn i & 255, i ^ i.flip(1), ~i, i << 30, i >> 3, i | 7",
    "bits_uint8": "i = q.int_repr()\nreturn i & 15, i >> 4, i << 3, ~i, i ^ 255, i | 1",
    # written at positions that the data decides
    "put_rows": "i = v[:, :, 0, 0].argmax(1)\nw = v.clone()\nw[torch.arange(2), i] = 5.0\nreturn w",
    "put_last": "i = v.argmax(3)\nw = torch.zeros_like(v)\nw[:, :, 0, i[0, 0]] = 1.5\nreturn w",
    "put_from_end": "i = v.argmax(2)[0, 0] - 4\nw = v.clone()\n"
                    "w[:, 1, i] = v[:, 2, [0, 1, 2, 3, 0]]\nreturn w",
    "put_apart": "i = v[0].argmax(0)[0, :2] % 2\nj = v[0, 0].argmax(1)[:2] % 4\nw = v.clone()\n"
                 "w[i, :, j] = v[0, :2, :1]\nreturn w",
    "put_codes": "i = v[:, :, 0, 0].argmax(1)\nw = q.clone()\nw[0, i] = v[1, 0]\n"
                 "return w.dequantize()",
    "put_index_fill": "i = v[0, :, 0, 0].argmax(0, keepdim=True)\n"
                      "return v.index_fill(1, i, 0.5), v.index_copy(1, i, v[:, :1] * 2)",
    # other extents in place
    "squeeze_in_place": "a = v[:, :1].clone()\na.squeeze_(1)\na.unsqueeze_(0)\n"
                        "a.add_(1)\nreturn a * 2",
    "squeeze_expanded": "a = v[:, :1]\nb = a.expand(-1, 1, -1, -1)\nb.squeeze_(1)\nb.mul_(2)\n"
                        "return a, b, v",
    "transpose_in_place": "a = v\na.transpose_(1, 3)\na[:, 0] = 1\nreturn a",
    "threshold_codes": "return F.threshold(q, 0.3, 0.1).dequantize()",
    "threshold_codes_last": "w = q.contiguous(memory_format=torch.channels_last)\n"
                            "return F.threshold(w, 0.3, 0.1).dequantize()",
    "nearest_exact": "return F.interpolate(v, size=[7, 9], mode='nearest-exact')",
    "nearest_exact_down": "return F.interpolate(v, scale_factor=0.7, mode='nearest-exact')",
    "nearest_exact_codes": "return F.interpolate(q, scale_factor=(1.3, 2.6), "
                           "mode='nearest-exact').dequantize()",
    "nearest_exact_line": "return F.interpolate(v[0], scale_factor=2.3, mode='nearest-exact')",
    "extents_as_floats": "return F.interpolate(q, scale_factor=1.3, mode='bilinear', "
                         "recompute_scale_factor=True).dequantize()",
    "rot90": "return torch.rot90(v, 1, [2, 3]), torch.rot90(v, -1, [1, 2]), "
             "torch.rot90(v, 2, [1, 3])",
    "column_stack": "return torch.column_stack([v[0, 0], v[0, 1]]), "
                    "torch.column_stack([v[0, 0, 0]] * 2)",
    "atleast": "return torch.atleast_3d(v[0, 0]), torch.atleast_2d(v[0, 0, 0]), "
               "torch.atleast_3d(v[0, 0, 0])",
    "split_halves": "return torch.hsplit(v, 2)[1], torch.vsplit(v, 2)[0], "
                    "torch.dsplit(v, [1, 3])[1]",
    "diff": "return torch.diff(v, dim=2), torch.diff(v > 0, dim=1), "
            "torch.diff(v.argmax(1), n=2, dim=1)",
    "eye": "return torch.eye(4)[None] + v[:, 0, :, :4], v[0, 0] * torch.eye(4, 5)",
    "new_full": "return v.new_full((2, 3), 0.25)",
    "trunc_quotient": "return torch.div(v, 0.3, rounding_mode='trunc')",
    "int_remainder": "i = v.argmax(1) - 3\nreturn torch.fmod(i, 4), torch.fmod(i, -3), i % 4",
    # what comes to one place, and parts replaced
    "scatter_add": "i = torch.tensor([0, 2, 2, 1, 0, 5]).view(1, 6, 1, 1).expand(2, 6, 4, 5)\n"
                   "return torch.zeros(2, 6, 4, 5).scatter_add(1, i, v), "
                   "v.scatter_add(2, v.argsort(2)[:, :3], v.flip(1))",
    "scatter_reduce": "i = torch.tensor([0, 2, 2, 1, 0, 5]).view(1, 6, 1, 1).expand(2, 6, 4, 5)\n"
                      "return v.scatter_reduce(1, i, v.flip(1), 'amax'), "
                      "v.scatter_reduce(1, i, v.flip(1), 'sum', include_self=False), "
                      "v.scatter_reduce(1, i, v.flip(1), 'mean')",
    "index_reduce": "i = torch.tensor([3, 0, 3])\n"
                    "return v.index_reduce(1, i, v[:, :3].flip(2), 'amin'), "
                    "v.index_reduce(1, i, v[:, 3:], 'mean', include_self=False)",
    "index_put_added": "i = torch.tensor([0, 0, 1])\nj = torch.tensor([1, 1, 2])\n"
                       "return v.index_put((i, j), v[0, :3], accumulate=True)",
    "parts_replaced": "return torch.select_scatter(v, v[:, 0], 1, -2), "
                      "torch.slice_scatter(v, v[:, :2], 1, 1, 5, 2)",
    "take": "return torch.take(v, torch.tensor([[3, 5], [7, 100]]))",
    "running_extremes": "a, i = torch.cummax(v, 2)\nb, j = torch.cummin(v.round(), 1)\n"
                        "return a, i, b, j",
    "repeat_counts": "return torch.repeat_interleave(v, torch.tensor([1, 2, 0, 1, 3, 1]), dim=1)",
    "move_axes": "return v.movedim((1, 2), (3, 1))",
    "diagonals": "return torch.diag(v[0, 0, 0], 1), torch.diag(v[0, 0]), torch.diag_embed(v[:, 0])",
    "kron": "return torch.kron(v[0, 0], v[0, 1])",
    "empty_filled": "o = torch.empty(2, 6)\no[:, :] = v.amax((2, 3))\n"
                    "p = torch.empty_like(v)\np.copy_(v)\nreturn o, p",
    "logical_numbers": "k = torch.ones(4, 5).tril()\n"
                       "return v.masked_fill(k.logical_not(), 0.5), "
                       "torch.logical_and(v.argmax(1), k), torch.logical_xor(v.round(), k)",
    "is_in": "return torch.isin((v * 4).long(), torch.tensor([1, 2, 3])), "
             "torch.isclose(v, v.round()), torch.isposinf(v / 0) | torch.isneginf(v / 0)",
    "heavy": "return torch.heaviside(v, torch.tensor(0.5)), torch.fmax(v, v.flip(1) / 0), "
             "torch.rad2deg(v), torch.deg2rad(v)",
    "norms_extreme": "return torch.linalg.vector_norm(v, 0, dim=1), "
                     "torch.linalg.vector_norm(v, -float('inf'), dim=1)",
    "sum_int32": "return (v > 0).sum(1, dtype=torch.int32)",
    "per_channel_codes": "s = torch.tensor([.1, .2, .3, .1, .05, .07], dtype=torch.float64)\n"
                         "return torch.quantize_per_channel(v, s, torch.arange(6), 1, "
                         "torch.quint8).dequantize()",
    # summed in the order in which they lie in memory
    "sums_of_transposed": "w = v.flatten(2).transpose(1, 2)\n"
                          "u = v.contiguous(memory_format=torch.channels_last).flatten(2)\n"
                          "return w.sum(-1), w.mean(1), u.sum(2), u.mean(-1, keepdim=True)",
    # numbers, lists and words of scripted programs
    "lists_scripted": "l = [3, 1, 2]\nl.reverse()\nl.sort()\nn = 0.0\nfor i in l:\n"
                      "    n = max(n, float(i)) + l.index(i)\n"
                      "if any([k > 2 for k in l]) and not all([k > 2 for k in l]):\n"
                      "    n = n + l.count(3)\n"
                      "word = 'area'\nif word.startswith('ar') and 'rea' in word:\n"
                      "    n = n + round(2.5) + min(2, 0.5)\nl.clear()\nreturn v * n + len(l)",
}
# Those that sum floats, or have functions of which octet's are not the last bit.
CLOSE = {
    "log1p": "return torch.log1p(v.abs() * 0.001) + torch.log1p(v.abs())",
    "expm1": "return torch.expm1(v * 0.001) + torch.expm1(v)",
    "log2": "return torch.log2(v.abs() + 0.1) + torch.log10(v.abs() + 0.1)",
    "exp2": "return torch.exp2(v)",
    "cumsum": "return v.cumsum(2)",
    "tan": "return torch.tan(v * 0.2)",
    "tanhshrink": "return F.tanhshrink(v)",
    "logsigmoid": "return F.logsigmoid(v)",
    "cosine_similarity": "return F.cosine_similarity(v, v.flip(1), 1)",
    "pairwise_distance": "return F.pairwise_distance(v, v.flip(1))",
    "std_mean": "s, u = torch.std_mean(v, (2, 3))\nreturn (u + s)",
    "var_mean": "s, u = torch.var_mean(v, 1, keepdim=True)\nreturn (v - u) / (s + 0.1).sqrt()",
    "lp_pool": "return F.lp_pool2d(v.abs(), 2.0, 2)",
    "local_response": "return F.local_response_norm(v, 3)",
    "softmin": "return F.softmin(v, 1)",
    "sdpa": "w = v[:, :, :, :4]\nreturn F.scaled_dot_product_attention(w, w, w)",
    "sdpa_bool": "k = torch.ones(4, 4).tril().bool()\n"
                 "return F.scaled_dot_product_attention(v, v, v, attn_mask=k)",
    "sdpa_float": "k = torch.zeros(4, 4).masked_fill(torch.ones(4, 4).triu(1).bool(), "
                  "float('-inf'))\nreturn F.scaled_dot_product_attention(v, v, v, attn_mask=k)",
    "sdpa_causal": "return F.scaled_dot_product_attention(v, v, v, is_causal=True)",
    "sdpa_scale": "return F.scaled_dot_product_attention(v, v, v, scale=0.3)",
    "sdpa_hidden_row": "k = (v[:, :, :, 0] > -50.0)[:, :, None, :] & torch.tensor([[True], "
                       "[False], [True], [True]])\n"
                       "return F.scaled_dot_product_attention(v, v, v, attn_mask=k)",
    "sdpa_groups": "w = v[:, :2]\nreturn F.scaled_dot_product_attention(v, w, w, enable_gqa=True)",
    "baddbmm": "w = v.flatten(0, 1)\nreturn torch.baddbmm(w @ w.mT, w, w.mT, beta=0.5)",
    "trace": "return v[0, 0].diagonal().sum().reshape(1)",
    "normalize": "return F.normalize(v, dim=1)",
    "sinh": "return torch.sinh(v * 0.3), torch.cosh(v * 0.3)",
    "bilinear_layer": "k = torch.arange(40.).view(2, 4, 5) * 0.02 - 0.3\n"
                      "return F.bilinear(v[:, 0, :, 0], v[:, 1, 0], k, v[0, 0, 0, :2])",
    "gaussian": "return torch.exp(-(v ** 2) / 0.5)",
    "weighted_mean": "w = v.softmax(1)\nreturn (v * w).sum(1) / w.sum(1)",
}
# Float operators in the order of operations of PyTorch's own kernels: identical. Called kernel_*.
TABLE = "torch.arange(6.) * 0.3 - 0.7"
PLACES = "g = torch.stack([v[:, 0], v[:, 1]], -1) * 0.25\n"
KERNELS = {
    "silu": "return F.silu(v), F.silu(v[0, 0])",
    "glu": "return F.glu(v, 1), F.glu(v[0, 0, :, :4])",
    "layer_norm": "return F.layer_norm(v, [5]), F.layer_norm(v, [4, 5], v[0, 0], v[0, 1])",
    "layer_norm_long": "w = torch.cat([v.flatten(1), v.flatten(1).roll(7, 1) * 0.3], 1)\n"
                       "return F.layer_norm(w, [240]), "
                       "F.layer_norm(w.view(1, 480)[:, :437], [437], w.view(480)[:437])",
    "group_norm": "k = " + TABLE + "\nreturn F.group_norm(v, 2, k, k * 2), F.group_norm(v, 6), "
                  "F.group_norm(v.flatten(2), 1, k)",
    "batch_norm": "k = " + TABLE + "\n"
                  "return F.batch_norm(v, k, k.abs() + 0.1, k * 2, k - 0.1), "
                  "F.batch_norm(v[:, :, 0, 0].contiguous(), k, k.abs() + 0.1)",
    "var": "return v.var(1), v.var((2, 3), unbiased=False, keepdim=True), v.std(-1), v.std()",
    "var_mean": "a, b = torch.var_mean(v, (2, 3))\nc, d = torch.std_mean(v, 1)\n"
                "return a, b, c, d",
    "sum": "return v.sum(), v.sum(1), v.sum(-1), v.sum((2, 3)), v.flatten(1).sum(1)",
    "norm": "return v.norm(dim=1), F.normalize(v, dim=1)",
    "bilinear": "return F.interpolate(v, size=(7, 9), mode='bilinear')",
    "bilinear_corners": "w = torch.cat([v, v.flip(1)], 1)\n"
                        "return F.interpolate(w, size=(7, 9), mode='bilinear', align_corners=True)",
    "bilinear_factor": "return F.interpolate(v, scale_factor=(1.7, 0.6), mode='bilinear')",
    "bilinear_last": "w = torch.cat([v, v.flip(1)], 1).contiguous("
                     "memory_format=torch.channels_last)\n"
                     "return F.interpolate(w, size=(5, 3), mode='bilinear')",
    "bilinear_large": "return F.interpolate(v[:1, :2], size=(66, 64), mode='bilinear')",
    "bilinear_large_corners": "return F.interpolate(v[:1, :2], size=(3, 130), mode='bilinear', "
                              "align_corners=True)",
    "linear": "return F.interpolate(v.flatten(2), size=33, mode='linear'), "
              "F.interpolate(v.flatten(2), scale_factor=0.6, mode='linear')",
    "trilinear": "return F.interpolate(v[None], size=(7, 5, 9), mode='trilinear')"
                 ".flatten(0, 2), F.interpolate(v[:, None], size=(5, 7, 3))",
    "bicubic": "return F.interpolate(v, size=(7, 9), mode='bicubic'), "
               "F.interpolate(v, scale_factor=1.3, mode='bicubic')",
    "bicubic_corners": "return F.interpolate(v, size=(7, 9), mode='bicubic', align_corners=True)",
    "antialias": "return F.interpolate(v, size=(2, 3), mode='bilinear', antialias=True), "
                 "F.interpolate(v, size=(7, 3), mode='bicubic', antialias=True)",
    "grid": PLACES + "return F.grid_sample(v, g, align_corners=False), "
            "F.grid_sample(v, g, align_corners=True)",
    "grid_border": PLACES + "return F.grid_sample(v, g, padding_mode='border', "
                   "align_corners=False), F.grid_sample(v, g * 2, padding_mode='border', "
                   "align_corners=True)",
    "grid_reflection": PLACES + "return F.grid_sample(v, g * 2, padding_mode='reflection', "
                       "align_corners=False), F.grid_sample(v, g * 2, "
                       "padding_mode='reflection', align_corners=True)",
    "grid_nearest": PLACES + "return F.grid_sample(v, g, mode='nearest', align_corners=False), "
                    "F.grid_sample(v, g, mode='nearest', padding_mode='reflection', "
                    "align_corners=True)",
    "median": "a, i = v.median(3)\nreturn a, v.median(1, keepdim=True)[0], v.median()",
    "kthvalue": "a, i = v.kthvalue(2, 1)\nreturn a, v.kthvalue(3, 3, keepdim=True)[0]",
    "bucketize": "k = torch.tensor([-1.0, 0.0, 1.0])\nreturn torch.bucketize(v, k), "
                 "torch.bucketize(v, k, right=True, out_int32=True), torch.searchsorted(k, v)",
}
KERNELS.update({
    "gelu": "return F.gelu(v), F.gelu(v, approximate='tanh')",
    "elu": "return F.elu(v), F.elu(v, 0.7), F.selu(v), F.celu(v, 0.6)",
    "softplus": "return F.softplus(v), F.softplus(v * 6), F.softplus(v, 2.0, 3.0)",
    "logsigmoid": "return F.logsigmoid(v), torch.logaddexp(v, v.flip(1))",
    "triangle_indices": "i = torch.tril_indices(4, 5, -1)\nj = torch.triu_indices(4, 4, 1)\n"
                        "return v[:, :, i[0], i[1]], v[:, 0, j[0], j[1]]",
    "rrelu": "return F.rrelu(v), torch.positive(v)",
    "cdist": "return torch.cdist(v[0], v[0].flip(1)[:, :3], p=1.0)",
    "index_add_factor": "return v.index_add(1, torch.tensor([0, 2]), v[:, :2], alpha=2.0)",
})
# Pools that say where their results are, what puts values back there, diagonals of Einstein sums.
KERNELS.update({
    "places": "a, i = F.max_pool2d(v, 3, 2, 1, return_indices=True)\n"
              "b, j = F.max_pool2d(v[0], 2, 2, ceil_mode=True, return_indices=True)\n"
              "c, k = F.max_pool2d(v, 2, 1, 1, dilation=2, return_indices=True)\n"
              "return a, i, b, j, c, k",
    "places_volume": "a, i = F.max_pool3d(v[None], 2, 2, return_indices=True)\n"
                     "return a, i, F.max_unpool3d(a, i, 2, 2, output_size=(6, 4, 5))",
    "places_adaptive": "a, i = F.adaptive_max_pool2d(v, (3, 2), return_indices=True)\n"
                       "b, j = F.adaptive_max_pool1d(v.flatten(2), 3, return_indices=True)\n"
                       "return a, i, b, j",
    "unpool": "a, i = F.max_pool2d(v, 2, 2, return_indices=True)\n"
              "return F.max_unpool2d(a, i, 2, 2, output_size=(4, 5))",
    "average_volume": "return F.avg_pool3d(v[None], (2, 3, 2), 2, ceil_mode=True), "
                      "F.avg_pool3d(v[None], 3, 2, 1, count_include_pad=False), "
                      "F.avg_pool3d(v[None], 3, 2, 1, ceil_mode=True)",
    "einsum_diagonal": "w = v[:, :, :, :4]\nreturn torch.einsum('bcii->bci', w), "
                       "torch.einsum('ii', w[0, 0]), torch.einsum('biii', v[:, :4, :, :4])",
})
# Tensors of float16.
KERNELS.update({
    "half": "h = v.half()\nreturn h, h.float(), h + h.flip(1), h * 0.3, h / 7, 0.3 / h, h * h, "
            "h.relu(), -h, h.abs(), (v * 30000).half()",
    "half_numbers": "h = v.half()\nreturn h + 0.3, h - 0.3, 0.3 - h, h.abs() ** 0.3, "
                    "h.clamp(-0.3, 0.7), h > 0.3, h.masked_fill(h > 0, 0.3)",
    "half_in_place": "h = v.half()\nh += 0.3\nh *= 0.3\nh[:, 0] = h[:, 1] * 2\n"
                     "w = h[:, 2]\nw.add_(1)\nreturn h",
    "half_mixed": "h = v.half()\nreturn h + v, h * v[:, :1], torch.where(h > 0, h, v), "
                  "h.softmax(-1, dtype=torch.float32), h.sum(1), h.mean((2, 3)), h.amax(1)",
    "half_moved": "h = v.half()\nreturn torch.cat([h, h * 2], 1), torch.stack([h, h]), "
                  "h.permute(0, 2, 3, 1).reshape(2, -1), h[:, [0, 2]], h.topk(2, 1)[0], "
                  "F.pad(h, (1, 1), value=0.3), F.max_pool2d(h, 2), h.long(), (h > 0).half()",
    "half_functions": "h = v.half()\nreturn h.sigmoid(), F.silu(h), F.hardswish(h), "
                      "F.softplus(h), F.elu(h), h.softmax(-1), F.layer_norm(h, [5]), "
                      "F.avg_pool2d(h, 2), torch.zeros(2, dtype=torch.float16) + 0.3",
})
# Sums of images that octet holds with their channels last, and PyTorch does not.
KERNELS.update({
    "sums_of_pools": "t = F.max_pool2d(v, 2, 1)\nu = F.avg_pool2d(v, 2, 1)\n"
                     "w = F.interpolate(q, size=(5, 3), mode='bilinear').dequantize()\n"
                     "return t.mean((2, 3)), t.sum((2, 3)), u.mean((2, 3)), u.sum((2, 3)), "
                     "w.mean((2, 3)), u.sum(), u.mean(1), F.adaptive_avg_pool2d(t, 1)",
})
# Normalizations of each image's channels.
KERNELS.update({
    "instance": "w = torch.arange(6.) / 3\nu = v.contiguous(memory_format=torch.channels_last)\n"
                "return F.instance_norm(v), F.instance_norm(u, weight=w, bias=w - 1), "
                "F.instance_norm(v.flatten(2), eps=0.1)",
    "instance_large": "w = torch.cat([v.flatten()] * 9)[:2048].reshape(1, 2, 32, 32)\n"
                      "return F.instance_norm(w * w + w)",
})
# Element types as PyTorch changes them, and operators on what has no axis of images.
KERNELS.update({
    "cast_wraps": "return (v * 60).to(torch.uint8), (v * 60).to(torch.int8), "
                  "(v * 9000).to(torch.int16)",
    "byte_compare": "b = (v * 20).clamp(0, 200).to(torch.uint8)\nreturn b > 7, b == 20, "
                    "torch.maximum(b, b.flip(1)), torch.where(b > 100, v, -v)",
    "unbatched": "w = v[0].flatten(1)\na, i = F.adaptive_max_pool1d(w, 3, return_indices=True)\n"
                 "return F.max_pool1d(w, 2), F.avg_pool1d(w, 2), F.adaptive_avg_pool1d(w, 3), "
                 "a, i, F.max_pool1d(q[0].flatten(1), 2).dequantize()",
    "given_tensors": "return torch.as_tensor(v) + 1, "
                     "torch.as_tensor([1.0, 2.0, 3.0, 4.0, 5.0]) * v",
})
# Averages of windows in both layouts, of whole vectors of channels and others: one of the result's
# extents is 1, the input's, divides it or does not, and is larger.
KERNELS.update({
    "adaptive_average": "w = torch.cat([v, v / 7, v / 3]).reshape(1, 12, 6, 10)\n"
                        "u = w.contiguous(memory_format=torch.channels_last)\nreturn "
                        + ", ".join("F.adaptive_avg_pool2d(%s, (%d, %d))" % (x, h, w)
                                    for h, w in ((1, 3), (2, 1), (6, 10), (6, 3), (2, 2), (4, 3),
                                                 (1, 10), (9, 7))
                                    for x in "wu")
                        + ", F.adaptive_avg_pool2d(u[:, :8], (2, 2)), "
                          "F.adaptive_avg_pool2d(u[:, 9:], (2, 2))",
})
# Volumes with their channels last, what PyTorch's loops fuse, norms and normalizations of what is
# not contiguous.
LAST = "u = v.contiguous(memory_format=torch.channels_last)\n"
KERNELS.update({
    "volume_last": "w = torch.cat([q.flatten(), q.flatten()])[:384].reshape(2, 8, 2, 3, 4)\n"
                   "u = w.contiguous(memory_format=torch.channels_last_3d)\n"
                   "return torch.sigmoid(u).dequantize(), F.max_pool3d(u, 2, 1).dequantize(), "
                   "F.avg_pool3d(u, 2, 1).dequantize(), torch.cat([u, u], 1).dequantize(), "
                   "u.mean((2, 3, 4)).dequantize(), u.mean(-1).dequantize(), "
                   "u.mean(1).dequantize(), "
                   "torch.ops.quantized.add(u, u.flip(2), 0.05, 99).dequantize(), "
                   "F.adaptive_avg_pool3d(u, 1).dequantize(), u.contiguous().mean(-1).dequantize()",
    "volume_last_floats": "w = torch.cat([v, v / 3]).reshape(2, 8, 2, 3, 5)\n"
                          "u = w.contiguous(memory_format=torch.channels_last_3d)\n"
                          "return u.sum(1), u.mean((2, 3, 4)), u.mean(1), u.mean(), u.mean(-1), "
                          "u.softmax(1), u.relu().sum((2, 3)), u.flatten(2).mean(2), "
                          "F.adaptive_avg_pool3d(u, 1), F.normalize(u, dim=1)",
    "fused": "return torch.add(v, v.flip(1), alpha=0.7), torch.sub(v, v.flip(0), alpha=1.3), "
             "torch.rsub(v, v.flip(0), alpha=0.3), v.clone().add_(v.flip(0), alpha=-0.1), "
             "torch.addcmul(v, v.flip(0), v.flip(1), value=0.3), "
             "torch.addcmul(v, v, v[:, :1]), torch.lerp(v, v.flip(0), 0.3), "
             "torch.lerp(v, v.flip(0), 0.8), torch.lerp(v, v.flip(1), v.sigmoid())",
    "norm_runs": LAST + "w = torch.cat([u, u * 2, u / 3, u[:, :3]], 1)"
                 ".contiguous(memory_format=torch.channels_last)\n"
                 "return u.norm(dim=1), F.normalize(w, dim=1), w.norm(), v.norm(dim=(2, 3)), "
                 "v.norm(1, 1), F.normalize(v, 1.0, -1), v[0, 0, 0].norm(), "
                 "v.transpose(1, 2).norm(dim=(2, 3)), w.norm(dim=(2, 3)), u.norm(2, (1, 3), True)",
    "group_norm_last": LAST + "k = " + TABLE + "\nw = torch.cat([u, u * 2, u / 3, u, u[:, :2]], 1)"
                       ".contiguous(memory_format=torch.channels_last)\n"
                       "return F.group_norm(u, 2, k, k * 2), F.group_norm(u, 6), "
                       "F.group_norm(u, 1, None, k), F.group_norm(w, 2), "
                       "F.group_norm(w, 2, w[0, :, 0, 0], w[0, :, 1, 1])",
    "group_norm_last_large": "w = torch.cat([v.flatten()] * 9)[:2048].reshape(1, 2, 32, 32)"
                             ".contiguous(memory_format=torch.channels_last)\n"
                             "return F.group_norm(w * w + w, 1)",
    "gelu_last": "u = v[:, :, :, :4].contiguous(memory_format=torch.channels_last)\n"
                 "return F.gelu(u), F.gelu(u.permute(0, 3, 1, 2))",
    "linspace": "return v + torch.linspace(-1, 1, 5), "
                "v.flatten(1)[:, :100] * torch.linspace(0, 1, 100), "
                "v.flatten(1)[:, :24] * torch.linspace(0.3, 1.7, 24)",
    "extremes_of_zeros": "w = torch.cat([v, v * 0, v * -0.0], 1)[:, :16, :, :4] * 0\n"
                         "return torch.maximum(w, -w), torch.minimum(w, -w)",
})
# The same, but for products whose order of sums is the CPU's.
KERNELS_CLOSE = {
    "mish": "return F.mish(v), torch.tanh(v), torch.exp(v)",
    "einsum_diagonals": "w = v[:, :4, :, :4]\nreturn torch.einsum('biij,bjj->bi', w, w[:, 0])",
    "conv_transpose_dilated": "k = torch.linspace(-1, 1, 216).reshape(6, 4, 3, 3)\n"
                              "j = torch.linspace(-1, 1, 108).reshape(6, 2, 3, 3)\n"
                              "return F.conv_transpose2d(v, k, dilation=2), "
                              "F.conv_transpose2d(v, j, stride=2, padding=1, groups=2, "
                              "dilation=(3, 1))",
    "affine_grid": "t = torch.tensor([[[0.9, 0.1, 0.0], [0.0, 1.1, 0.1]]]).expand(2, -1, -1)\n"
                   "return F.grid_sample(v, F.affine_grid(t, [2, 6, 4, 5], align_corners=False), "
                   "align_corners=False)",
}
# PyTorch runs these; octet names the operator that it does not have. Not in the goldens.
REFUSED = {
    "bfloat16_trip": "return v.bfloat16().float()",
    "atan": "return torch.atan(v)",
    "grid_bicubic": PLACES + "return F.grid_sample(v, g, mode='bicubic', align_corners=False)",
}
# Those that are scripted too: Python writes into views in other words there.
SCRIPTED = [name for name, body in EXACT.items()
            if any(sign in body for sign in ("] =", "] +=", "_(", "for ", "while ", "+= "))]


class Layers(nn.Module):
    """Layers behind the quantized tensor."""

    def __init__(self, table=True):
        super().__init__()
        self.register_buffer("table", torch.arange(15.).view(3, 5))


def module_of(name, body):
    """A module whose forward is the body."""
    text = HEAD + "".join("    " + line + "\n" for line in body.split("\n"))
    file = "<%s>" % name
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    names = {"torch": torch, "F": F}
    exec(compile(text, file, "exec"), names)
    made = type("Body", (Layers,), {"forward": names["forward"]})
    return made().eval()


class Wrapped(nn.Module):
    """Rows of the quantized tensor's floats through layers: [N, 4, 8]."""

    def __init__(self, *layers):
        super().__init__()
        for i, layer in enumerate(layers):
            self.add_module("layer%d" % i, layer)

    def rows(self, x):
        q = torch.quantize_per_tensor(x, 0.05, 120, torch.quint8)
        return torch.dequantize(q)


class Encoder(Wrapped):
    def forward(self, x):
        return self.layer0(self.rows(x))


class Causal(Wrapped):
    def forward(self, x):
        return self.layer0(self.rows(x), torch.ones(4, 4).triu(1).bool())


class Padded(Wrapped):
    def forward(self, x):
        v = self.rows(x)
        return self.layer0(v, src_key_padding_mask=torch.arange(4)[None, :] >=
                           torch.tensor([4, 2])[:, None])


class Attention(Wrapped):
    def forward(self, x):
        v = self.rows(x)
        return self.layer0(v, v, v, key_padding_mask=torch.arange(4)[None, :] >=
                           torch.tensor([4, 2])[:, None],
                           attn_mask=torch.ones(4, 4).triu(1).bool(), need_weights=False)[0]


class AttentionWeights(Wrapped):
    def forward(self, x):
        v = self.rows(x)
        y, w = self.layer0(v, v, v, attn_mask=torch.ones(4, 4).triu(1).bool())
        return torch.cat([y, w], 2)


class Decoder(Wrapped):
    def forward(self, x):
        v = self.rows(x)
        return self.layer0(v, v * 0.5, tgt_mask=torch.ones(4, 4).triu(1).bool())


class Packed(Wrapped):
    def forward(self, x):
        p = nn.utils.rnn.pack_padded_sequence(self.rows(x), torch.tensor([4, 2]), batch_first=True)
        y, h = self.layer0(p)
        return nn.utils.rnn.pad_packed_sequence(y, batch_first=True)[0]


class PackedState(Wrapped):
    def forward(self, x):
        p = nn.utils.rnn.pack_padded_sequence(self.rows(x), torch.tensor([4, 2]), batch_first=True)
        y, h = self.layer0(p)
        return h[0] if isinstance(h, tuple) else h


def layered():
    """name: (module, whether it has recurrent layers to quantize)."""
    layer = nn.TransformerEncoderLayer
    fields = {"d_model": 8, "nhead": 2, "dim_feedforward": 12, "batch_first": True}
    return {
        "encoder_layer": Encoder(layer(**fields)),
        "encoder_layer_gelu_first": Encoder(layer(activation="gelu", norm_first=True, **fields)),
        "encoder_layer_causal": Causal(layer(**fields)),
        "encoder_layer_padded": Padded(layer(**fields)),
        "encoder": Encoder(nn.TransformerEncoder(layer(**fields), 2, nn.LayerNorm(8),
                                                 enable_nested_tensor=False)),
        "encoder_causal": Causal(nn.TransformerEncoder(layer(**fields), 2,
                                                       enable_nested_tensor=False)),
        "attention_masks": Attention(nn.MultiheadAttention(8, 2, batch_first=True)),
        "attention_weights": AttentionWeights(nn.MultiheadAttention(8, 2, batch_first=True)),
        "decoder_layer": Decoder(nn.TransformerDecoderLayer(**fields)),
        "packed_lstm": Packed(nn.LSTM(8, 5, batch_first=True)),
        "packed_lstm_both": Packed(nn.LSTM(8, 5, 2, batch_first=True, bidirectional=True)),
        "packed_gru": Packed(nn.GRU(8, 5, batch_first=True, bidirectional=True)),
        "packed_lstm_state": PackedState(nn.LSTM(8, 5, batch_first=True, bidirectional=True)),
        "packed_gru_state": PackedState(nn.GRU(8, 5, batch_first=True)),
    }
