"""Intents out of the encoder's own states."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import torch

from assistant.model import SHIPPED, Model, Reader
from training import intents
from training.intents import Lessons, States, Student, lessons, loss_of, optimisers_of, shares
from training.meanings import INTENTS
from training.network import STATE, Intents, Network
from training.weights import load_start


@pytest.fixture(scope="module")
def states() -> States:
    return States()


def test_states_stand_beside_the_symbols_of_the_shipped_network(states: States) -> None:
    samples = (3000 * np.sin(np.arange(32_000) ** 1.5 / 900)).astype(np.int16)
    symbols = Model.load().posteriors(samples, languages=["en"]).symbols
    found = states.of(samples, ["en"])
    assert found.shape == (len(symbols) // 4 * 2, STATE)
    pairs = np.exp(symbols[: len(found) * 2]).reshape(len(found), 2, -1).max(axis=1)
    np.testing.assert_allclose(found[:, -symbols.shape[1] :], pairs, atol=2e-3)


def test_what_stands_behind_an_utterance_does_not_count() -> None:
    torch.manual_seed(1)
    network, rng = Intents(), np.random.default_rng(1)
    short, long = (rng.normal(size=(count, STATE)).astype(np.float16) for count in (12, 40))
    np.testing.assert_allclose(shares(network, [short, long])[0], shares(network, [short])[0], atol=1e-5)


def test_an_intent_that_can_be_heard_is_learned() -> None:
    torch.manual_seed(1)
    student, rng = Student(Intents()), np.random.default_rng(1)
    own = Lessons()
    for number in range(64):
        frames = rng.normal(size=(20, STATE)).astype(np.float16)
        frames[5:9, : STATE // 2] += 2 * (number % 2)
        own.frames.append(frames)
        own.intents.append(1 + number % 2)
        own.taught.append(np.eye(len(INTENTS), dtype=np.float32)[1 + number % 2])
        own.vectors.append(np.zeros(96, np.float32))
    optimisers = optimisers_of(student)
    for _ in range(40):
        student.zero_grad()
        loss_of(student, own, rng).backward()
        for optimiser in optimisers:
            optimiser.step()
    assert (shares(student.intents, own.frames).argmax(axis=1) == own.intents).mean() > 0.9


def test_sentences_are_heard_twice_and_kept(states: States, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intents, "kept_lines", lambda *_: [("turn on the {thing kitchen light}", "light.on")])
    monkeypatch.setattr(intents, "talk", lambda *_, **__: [])
    monkeypatch.setattr(intents, "States", lambda: states)
    intents.hear(Namespace(heard=tmp_path, language="es", voices=2, most=5))
    found = lessons(tmp_path, ("said", "talk"), "es", Reader.load(), intents.vectors_of_words())
    assert found.intents == 2 * [INTENTS.index("light.on")]
    assert found.frames[0].shape[1] == STATE
    assert len(found.frames[0]) > 20
    assert found.taught[0].sum() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("further", [True, False], ids=["from those that are shipped", "from nothing"])
def test_only_the_intents_of_the_shipped_network_learn(
    *, further: bool, states: States, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = [("turn on the {thing kitchen light}", "light.on"), ("somebody ring {person anna}", "calling.call")]
    monkeypatch.setattr(intents, "kept_lines", lambda *_: said)
    monkeypatch.setattr(intents, "talk", lambda *_, **__: [])
    monkeypatch.setattr(intents, "States", lambda: states)
    monkeypatch.setattr(intents, "LANGUAGES", ("es",))
    intents.hear(Namespace(heard=tmp_path, language="es", voices=2, most=None))
    intents.learn(Namespace(heard=tmp_path, out=tmp_path / "weights.pt", steps=2, further=further))
    learned, shipped = Network(), Network()
    load_start(learned, tmp_path / "weights.pt")
    load_start(shipped, SHIPPED)
    changed = {
        name for name, tensor in learned.state_dict().items() if not torch.equal(tensor, shipped.state_dict()[name])
    }
    assert {name.partition(".")[0] for name in changed} == {"intents"}
    assert "intents.inner.weight" in changed
    assert ("intents.mean" in changed) is not further
