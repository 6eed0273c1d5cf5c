"""Smaller networks above the same lower layers: what they begin as, and that they learn from the shipped one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from assistant.model.features import log_mel
from training.gpu.utterances import Heard
from training.network import Network
from training.smaller import LOWER, SHAPES, Hearing, Smaller, learn, loss_of, megabytes
from training.upper import lower_states


@pytest.fixture(scope="module")
def shipped() -> Network:
    torch.manual_seed(1)
    return Network().eval()


@pytest.fixture(scope="module")
def said(shipped: Network) -> Heard:
    torch.manual_seed(1)
    views = [(torch.randn(2, 64, 80), torch.tensor([64, 42]))]
    heard = Heard(views, torch.tensor([3, 4, 5]), torch.tensor([2, 1]), torch.eye(3)[:2], torch.zeros(2).bool(), 1.0)
    return replace(heard, views=lower_states(shipped, heard, end=LOWER))


def test_with_all_layers_it_is_the_shipped_network(shipped: Network) -> None:
    samples = np.random.default_rng(1).normal(0, 2000, 40_000).astype(np.int16)
    parts = Hearing(shipped, Smaller(SHAPES[0], shipped)).posteriors(samples, languages=["en"])
    with torch.no_grad():
        whole = shipped(torch.from_numpy(log_mel(samples))[None], languages=torch.tensor([[1.0, 0.0, 0.0]]))[0]
    assert np.abs(parts.symbols - whole.numpy()).max() < 1e-3


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_every_shape_has_a_row_for_each_frame_and_learns(shape, shipped: Network, said: Heard) -> None:
    torch.manual_seed(2)
    student = Smaller(shape, shipped)
    ((states, counts),) = said.views
    with torch.no_grad():
        teacher = Smaller(SHAPES[0], shipped)(states.float(), counts, languages=said.allowed)
        assert student(states.float(), counts, languages=said.allowed).shape == teacher.shape
    loss = loss_of(student, said, teacher)
    loss.backward()
    assert torch.isfinite(loss)
    assert all(parameter.grad is not None for parameter in student.parameters())


def test_smaller_shapes_are_smaller_files(shipped: Network) -> None:
    sizes = {shape.name: megabytes(shipped, Smaller(shape, shipped)) for shape in SHAPES}
    assert 20 < sizes["as shipped"] < 22
    assert sizes["as shipped"] > sizes["five layers"] > sizes["four layers"] > sizes["three layers"]
    assert sizes["half the neurons"] < sizes["as shipped"]


def test_a_student_follows_its_teacher(tmp_path: Path, shipped: Network, said: Heard) -> None:
    ((states, counts),) = said.views
    with torch.no_grad():
        teacher = Smaller(SHAPES[0], shipped)(states.float(), counts, languages=said.allowed).half()
    torch.save((said, teacher), tmp_path / "0.pt")
    student = Smaller(SHAPES[-1], shipped)
    with torch.no_grad():
        before = float(loss_of(student, said, teacher))
    learn(student, tmp_path, steps=6)
    with torch.no_grad():
        assert float(loss_of(student, said, teacher)) < before
