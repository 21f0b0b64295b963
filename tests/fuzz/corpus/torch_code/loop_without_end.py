class M(Module):
  __parameters__ = []
  __buffers__ = []
  def forward(self: __torch__.M,
    x: Tensor) -> Tensor:
    for i in range(9223372036854775807):
      a = torch.add(torch.mul(i, i), torch.neg(i))
    return x
