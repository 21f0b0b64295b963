class M(Module):
  __parameters__ = []
  __buffers__ = []
  def forward(self: __torch__.M,
    x: Tensor) -> Tensor:
    a, b, = torch.chunk(x, 9223372036854775807, 1)
    return a
