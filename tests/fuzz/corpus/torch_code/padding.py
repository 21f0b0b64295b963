class M(Module):
  __parameters__ = []
  __buffers__ = []
  def forward(self: __torch__.M,
    x: Tensor) -> Tensor:
    return torch.constant_pad_nd(x, [2147483647, 2147483647, 1, 1], 0)
