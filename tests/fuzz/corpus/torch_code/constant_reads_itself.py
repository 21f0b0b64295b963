class M(Module):
  __parameters__ = []
  __buffers__ = []
  a : Final[int] = getattr(self, "a")
  def forward(self: __torch__.M,
    x: Tensor) -> Tensor:
    return torch.add(x, x, alpha=self.a)
