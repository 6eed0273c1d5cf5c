"""Intents out of the encoder's own states."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import torch

from assistant.model import Model, Reader
from training import pooled
from training.meanings import INTENTS
from training.pooled import INPUTS, Lessons, Pooled, States, lessons, loss_of


@pytest.fixture(scope="module")
def states() -> States:
    return States()


def test_states_stand_beside_the_symbols_of_the_shipped_network(states: States) -> None:
    samples = (3000 * np.sin(np.arange(32_000) ** 1.5 / 900)).astype(np.int16)
    symbols = Model.load().posteriors(samples, languages=["en"]).symbols
    found = states.of(samples, "en")
    assert found.shape == (len(symbols) // 2, INPUTS)
    pairs = np.exp(symbols[: len(found) * 2]).reshape(len(found), 2, -1).mean(axis=1)
    np.testing.assert_allclose(found[:, -symbols.shape[1] :], pairs, atol=2e-3)


def test_what_stands_behind_an_utterance_does_not_count() -> None:
    torch.manual_seed(1)
    network, rng = Pooled(), np.random.default_rng(1)
    network(torch.randn(8, 30, INPUTS), torch.full((8,), 30))  # the norm has seen something
    short, long = (rng.normal(size=(count, INPUTS)).astype(np.float16) for count in (12, 40))
    np.testing.assert_allclose(network.intents([short, long])[0], network.intents([short])[0], atol=1e-5)


def test_an_intent_that_can_be_heard_is_learned() -> None:
    torch.manual_seed(1)
    network, rng = Pooled(), np.random.default_rng(1)
    own = Lessons()
    for number in range(64):
        frames = rng.normal(size=(20, INPUTS)).astype(np.float16)
        frames[5:9, : INPUTS // 2] += 2 * (number % 2)
        own.frames.append(frames)
        own.intents.append(1 + number % 2)
        own.taught.append(np.eye(len(INTENTS), dtype=np.float32)[1 + number % 2])
        own.vectors.append(np.zeros(96, np.float32))
    optimiser = torch.optim.AdamW(network.parameters(), 1e-3)
    for _ in range(40):
        optimiser.zero_grad()
        loss_of(network, own, rng).backward()
        optimiser.step()
    assert (network.intents(own.frames).argmax(axis=1) == own.intents).mean() > 0.9


def test_sentences_are_heard_once_and_kept(states: States, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pooled, "kept_lines", lambda *_: [("turn on the {thing kitchen light}", "light.on")])
    monkeypatch.setattr(pooled, "talk", lambda *_, **__: [])
    monkeypatch.setattr(pooled, "States", lambda: states)
    pooled.hear(Namespace(heard=tmp_path, language="es", most=5))
    found = lessons(tmp_path, ("said", "talk"), "es", Reader.load(), pooled.vectors_of_words())
    assert found.intents == [INTENTS.index("light.on")]
    assert found.frames[0].shape[1] == INPUTS
    assert len(found.frames[0]) > 20
    assert found.taught[0].sum() == pytest.approx(1, abs=1e-4)
