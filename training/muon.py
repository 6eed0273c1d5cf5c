"""Steps along orthogonal directions: Muon for the matrices of a network's layers.

Keller Jordan et al. 2024, https://kellerjordan.github.io/posts/muon; scaled so that learning rates and weight decay are
AdamW's (Liu et al. 2025, arXiv 2502.16982).  `torch.optim.Muon` computes in bfloat16, which takes forty times as long
on a processor that has none.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
STEPS = 5
MOMENTUM = 0.95
RMS = 0.2
"""Of the numbers of an update, for a learning rate of 1."""


class Muon(torch.optim.Optimizer):
    """Takes steps of one size in all directions that the gradients of a matrix have."""

    def __init__(self, matrices: Iterable[Tensor], lr: float, *, weight_decay: float = 0.1) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Take a step."""
        del closure
        for group in self.param_groups:
            for matrix in group["params"]:
                kept = self.state[matrix].setdefault("mean", torch.zeros_like(matrix))
                kept.lerp_(matrix.grad, 1 - MOMENTUM)
                update = orthogonal(matrix.grad.lerp(kept, MOMENTUM))
                matrix.mul_(1 - group["lr"] * group["weight_decay"])
                matrix.add_(update, alpha=-group["lr"] * RMS * max(matrix.shape) ** 0.5)


def orthogonal(matrix: Tensor) -> Tensor:
    """Return a matrix of the same directions whose singular values are all about 1 (0.7 to 1.2)."""
    is_tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if is_tall else matrix
    x = x / (x.norm() + 1e-7)
    first, third, fifth = NEWTON_SCHULZ
    for _ in range(STEPS):
        square = x @ x.T
        x = first * x + (third * square + fifth * square @ square) @ x
    return x.T if is_tall else x
