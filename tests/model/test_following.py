"""An utterance heard while it is said."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.messages import Posteriors
from assistant.model import Following, Model
from assistant.model.following import SHORTEST_MS
from tests.speech import speak

ENGLISH = frozenset({"en"})
LONG = np.concatenate([speak("turn on the light in the kitchen"), speak("and play some music in the bedroom, please")])
SHORT = speak("stop")


class Heard:
    """A network, and how many samples it was given in each way."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.whole: list[int] = []

    def posteriors(self, samples: np.ndarray, *, languages) -> Posteriors:
        self.whole.append(len(samples))
        return self._model.posteriors(samples, languages=languages)

    def stream(self, *, languages):
        return self._model.stream(languages=languages)


def test_the_clips_are_long_and_short_enough() -> None:
    assert len(LONG) > 62_000 > SHORTEST_MS * 16 > len(SHORT)


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.load()


def in_chunks(model: Model, samples: np.ndarray) -> np.ndarray:
    stream = model.stream(languages=ENGLISH)
    return np.concatenate([stream.push(samples).symbols, stream.flush().symbols])


@pytest.mark.parametrize("every", [3200, 10240, 44000])
def test_what_was_followed_is_heard_in_chunks_at_its_end(model: Model, every: int) -> None:
    network = Heard(model)
    following = Following(network)
    for end in range(every, len(LONG), every):
        following.follow(LONG[:end], languages=ENGLISH)
    heard = following.posteriors(LONG, languages=ENGLISH).symbols
    np.testing.assert_allclose(heard, in_chunks(model, LONG), atol=1e-4)
    assert network.whole == []


def test_a_pause_in_between_changes_nothing(model: Model) -> None:
    network = Heard(model)
    following = Following(network)
    following.follow(LONG[:50_000], languages=ENGLISH)
    so_far = following.posteriors(LONG[:52_000], languages=ENGLISH).symbols
    np.testing.assert_allclose(so_far, in_chunks(model, LONG[:52_000]), atol=1e-4)
    following.follow(LONG[:60_000], languages=ENGLISH)
    heard = following.posteriors(LONG, languages=ENGLISH).symbols
    np.testing.assert_allclose(heard, in_chunks(model, LONG), atol=1e-4)
    assert network.whole == []


def test_short_ones_are_heard_whole(model: Model) -> None:
    network = Heard(model)
    following = Following(network)
    following.follow(SHORT[:-320], languages=ENGLISH)
    heard = following.posteriors(SHORT, languages=ENGLISH).symbols
    assert np.array_equal(heard, model.posteriors(SHORT, languages=ENGLISH).symbols)
    assert network.whole == [len(SHORT)]


def test_one_that_a_stream_would_forget_is_heard_whole(model: Model) -> None:
    network = Heard(model)
    following = Following(network)
    endless = np.tile(LONG, 4)[: 15 * 16_000]
    for end in (100_000, 200_000, len(endless)):
        following.follow(endless[:end], languages=ENGLISH)
    following.posteriors(endless, languages=ENGLISH)
    assert network.whole == [len(endless)]


def test_what_was_said_of_a_short_one_can_be_shown(model: Model) -> None:
    network = Heard(model)
    following = Following(network)
    for end in (8_000, 24_000, 60_000):
        said = following.said(LONG[:end], languages=ENGLISH).symbols
        np.testing.assert_allclose(said, in_chunks(model, LONG[:end]), atol=1e-4)
    assert network.whole == []


@pytest.mark.parametrize("change", ["utterance", "languages", "forgotten"])
def test_another_utterance_is_heard_anew(model: Model, change: str) -> None:
    network = Heard(model)
    following = Following(network)
    following.follow(LONG[:50_000], languages=ENGLISH)
    samples, languages = LONG, ENGLISH
    if change == "utterance":
        samples = LONG[::-1].copy()
    elif change == "languages":
        languages = frozenset({"fr"})
    else:
        following.forget()
    heard = following.posteriors(samples, languages=languages).symbols
    assert np.array_equal(heard, model.posteriors(samples, languages=languages).symbols)
    assert network.whole == [len(samples)]
