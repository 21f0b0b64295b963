class M(Module):
  __parameters__ = []
  __buffers__ = []
  def forward(self: __torch__.M,
    x: Tensor) -> Tensor:
    return torch.reshape(x, [4294967296, 4294967296, 0])
