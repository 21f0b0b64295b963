class M(Module):
  __parameters__ = []
  __buffers__ = []
  def forward(self: __torch__.M,
    x: Tensor) -> Tensor:
    l = [1, 2]
    for i in range(16):
      l = torch.add(l, l)
    for j in range(100000):
      b = torch.__contains__(l, 7)
    return x
