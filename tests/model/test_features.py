"""Features: the formula, and that nothing later changes what was said before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.model.features import FLOOR, HOP_SAMPLES, MELS, WINDOW_SAMPLES, frame_count, log_mel


def chirp(seconds: float) -> np.ndarray:
    time_s = np.arange(int(seconds * 16_000)) / 16_000
    return (8000 * np.sin(2 * np.pi * (200 + 900 * time_s) * time_s)).astype(np.int16)


@pytest.mark.parametrize(("samples", "frames"), [(0, 0), (399, 0), (400, 1), (559, 1), (560, 2), (16_000, 98)])
def test_whole_windows_become_frames(samples: int, frames: int) -> None:
    features = log_mel(np.zeros(samples, np.int16))
    assert features.shape == (frames, MELS)
    assert features.dtype == np.float32
    assert frame_count(samples) == frames


@settings(max_examples=25, deadline=None)
@given(cut=st.integers(0, 16_000), loudness=st.integers(1, 32_000))
def test_what_follows_changes_nothing(cut: int, loudness: int) -> None:
    heard = chirp(1)
    later = heard.copy()
    later[cut:] = np.random.default_rng(cut).integers(-loudness, loudness + 1, len(heard) - cut)
    before = frame_count(cut)
    np.testing.assert_array_equal(log_mel(later)[:before], log_mel(heard)[:before])


def test_blocks_give_what_the_whole_gives() -> None:
    heard = chirp(0.5)
    whole = log_mel(heard)
    for frame in range(len(whole)):
        start = frame * HOP_SAMPLES
        np.testing.assert_allclose(log_mel(heard[start : start + WINDOW_SAMPLES])[0], whole[frame], atol=1e-5)


def test_features_follow_the_definition() -> None:
    """One frame computed the slow way: Fourier sums, triangles and logarithm in float64."""
    heard = chirp(0.1)[:WINDOW_SAMPLES]
    scaled = heard / 32768 * (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400))
    angles = 2 * np.pi * np.outer(np.arange(201), np.arange(400)) / 400
    power = (scaled * np.cos(angles)).sum(axis=1) ** 2 + (scaled * np.sin(angles)).sum(axis=1) ** 2
    # Slaney's scale: 15 mels of 66.7 Hz up to 1 kHz, then 27 steps up to 6.4 kHz.
    top = 15 + 27 * np.log(8) / np.log(6.4)
    steps = np.linspace(0, top, 82)
    edges = [mel * 200 / 3 if mel < 15 else 1000 * 6.4 ** ((mel - 15) / 27) for mel in steps]
    expected = []
    for low, centre, high in zip(edges, edges[1:], edges[2:], strict=False):
        weights = [max(0, min((40 * k - low) / (centre - low), (high - 40 * k) / (high - centre))) for k in range(201)]
        mel = float(np.dot(weights, power)) * 2 / (high - low)
        expected.append((np.log10(max(mel, FLOOR)) + 4) / 4)
    np.testing.assert_allclose(log_mel(heard)[0], expected, atol=2e-4)


def test_silence_lies_on_the_floor_and_floats_equal_integers() -> None:
    silence = log_mel(np.zeros(800, np.int16))
    np.testing.assert_allclose(silence, (np.log10(FLOOR) + 4) / 4, rtol=1e-5)
    heard = chirp(0.2)
    np.testing.assert_array_equal(log_mel(heard), log_mel(heard.astype(np.float32) / 32768))
