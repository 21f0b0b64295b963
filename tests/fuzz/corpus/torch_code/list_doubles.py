class M(Module):
  __parameters__ = []
  __buffers__ = []
  def forward(self: __torch__.M,
    x: Tensor) -> Tensor:
    l = [1, 2]
    for i in range(64):
      l = torch.add(l, l)
    return x
