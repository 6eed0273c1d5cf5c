"""A stream: block boundaries do not matter, nothing later changes what was said, and one utterance follows another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.model import Model, Stream
from assistant.model.features import WINDOW_SAMPLES, frame_count
from assistant.model.streaming import CHUNK_MS, SILENCE
from assistant.model.symbols import ALPHABET

CHUNK_SAMPLES = CHUNK_MS * 16


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.load()


def noise(samples: int) -> np.ndarray:
    return (np.random.default_rng(4).standard_normal(samples) * 500).astype(np.int16)


def heard(stream: Stream, *blocks: np.ndarray) -> np.ndarray:
    return np.concatenate([*(stream.push(block).symbols for block in blocks), stream.flush().symbols])


@settings(max_examples=8, deadline=None)
@given(cuts=st.lists(st.integers(0, 40_000), max_size=6))
def test_block_boundaries_do_not_matter(model: Model, cuts: list[int]) -> None:
    said = noise(40_000)
    in_blocks = heard(model.stream(), *np.split(said, sorted(cuts)))
    np.testing.assert_array_equal(in_blocks, heard(model.stream(), said))


@pytest.mark.parametrize("samples", [0, 399, 400, 719, 720, 10_640, 10_800, 30_000, 16_000 * 17])
def test_every_frame_comes_once(model: Model, samples: int) -> None:
    symbols = heard(model.stream(), noise(samples))
    assert symbols.shape == ((frame_count(samples + len(SILENCE)) + 1) // 2, len(ALPHABET) + 1)
    assert symbols.dtype == np.float32
    np.testing.assert_allclose(np.exp(symbols).sum(axis=1), 1, atol=1e-3)


def test_a_chunk_is_heard_as_soon_as_it_is_complete(model: Model) -> None:
    stream = model.stream()
    needed = CHUNK_SAMPLES + WINDOW_SAMPLES  # the chunk, and the window of the frame that its convolutions reach
    assert len(stream.push(noise(needed - 1)).symbols) == 0
    first = stream.push(noise(1)).symbols
    assert len(first) == CHUNK_MS // 20
    # What follows, however loud, comes too late for it.
    other = model.stream()
    again = other.push(np.concatenate([noise(needed - 1), noise(1), np.full(9_000, 20_000, np.int16)])).symbols
    np.testing.assert_array_equal(again, first)


def test_the_next_utterance_begins_anew(model: Model) -> None:
    stream = model.stream()
    said = noise(25_000)
    np.testing.assert_array_equal(heard(stream, said), heard(stream, said))


def test_one_chunk_that_holds_everything_is_the_whole_utterance(model: Model) -> None:
    said = noise(48_000)
    whole = model.posteriors(np.concatenate([said, SILENCE]))
    np.testing.assert_array_equal(heard(model.stream(chunk_ms=15_000), said), whole.symbols)


@pytest.mark.parametrize("chunk_ms", [0, 10, 650, 15_020])
def test_a_chunk_that_the_network_cannot_hear_is_refused(model: Model, chunk_ms: int) -> None:
    with pytest.raises(ValueError, match="multiple of 20 ms up to 15000 ms"):
        model.stream(chunk_ms=chunk_ms)
