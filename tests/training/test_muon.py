"""Steps along orthogonal directions."""

from __future__ import annotations

import pytest
import torch

from training.muon import Muon, orthogonal


@pytest.mark.parametrize("shape", [(24, 60), (60, 24), (32, 32)])
def test_all_directions_become_alike(shape: tuple[int, int]) -> None:
    torch.manual_seed(1)
    left, values, right = torch.linalg.svd(torch.randn(shape), full_matrices=False)
    values = torch.logspace(0, -1.5, len(values))
    found = orthogonal(left @ torch.diag(values) @ right)
    turned = left.T @ found @ right.T
    assert torch.linalg.svdvals(found).min() > 0.6
    assert torch.linalg.svdvals(found).max() < 1.3
    torch.testing.assert_close(turned, torch.diag(turned.diagonal()), atol=1e-3, rtol=0)


def test_a_step_is_as_large_as_its_rate_says() -> None:
    torch.manual_seed(1)
    matrix = torch.nn.Parameter(torch.zeros(40, 90))
    matrix.grad = 1e-4 * torch.randn(40, 90)
    Muon([matrix], lr=0.5).step()
    assert matrix.detach().square().mean().sqrt() == pytest.approx(0.5 * 0.2, rel=0.2)
    assert (matrix.detach() * matrix.grad).sum() < 0


def test_what_has_no_gradient_fades() -> None:
    matrix = torch.nn.Parameter(torch.ones(3, 4))
    matrix.grad = torch.zeros(3, 4)
    Muon([matrix], lr=0.5, weight_decay=0.2).step()
    torch.testing.assert_close(matrix.detach(), torch.full((3, 4), 0.9))
