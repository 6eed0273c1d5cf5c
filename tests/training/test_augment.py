"""Rooms, noises and microphones: ratios as promised, shapes kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.clip_sets import tones
from training import augment, noise, rooms
from training.clips import read_index, read_samples


def surroundings() -> augment.Surroundings:
    return augment.Surroundings(
        rooms=[np.array([1, 0, 0.5, 0.2], np.float32)],
        draw_noise=lambda rng: (3000 * rng.standard_normal(8000)).astype(np.int16),
        draw_speech=lambda rng: tones("somebody else"),  # noqa: ARG005 -- what it is called with
    )


@pytest.mark.parametrize("snr_db", [-2.0, 6.0, 24.0])
def test_noise_is_mixed_at_its_ratio(snr_db: float) -> None:
    voice = tones("hello everybody").astype(np.float32)
    knock = np.zeros(len(voice), np.float32)
    knock[:500] = np.random.default_rng(0).standard_normal(500)
    added = augment.mix(voice, knock, snr_db=snr_db) - voice
    ratio = augment.loudest_frame(voice) / augment.loudest_frame(added)
    assert 10 * np.log10(ratio) == pytest.approx(snr_db, abs=0.05)


def test_steady_noise_is_mixed_more_softly() -> None:
    voice = tones("hello").astype(np.float32)
    hiss = np.random.default_rng(0).standard_normal(len(voice)).astype(np.float32)
    added = augment.mix(voice, hiss, snr_db=6) - voice
    ratio = augment.loudest_frame(voice) / augment.loudest_frame(added)
    assert 10 * np.log10(ratio) == pytest.approx(6 + 10 * np.log10(augment.LEAST_CREST), abs=0.5)


def test_any_clip_can_be_heard_anywhere() -> None:
    where = surroundings()
    for seed in range(60):
        speech = tones("ab" if seed % 2 else "a longer sentence")
        heard = augment.hear(speech, rng=np.random.default_rng(seed), where=where, severity=seed / 60)
        assert heard.dtype == np.int16
        assert 0.8 * len(speech) < len(heard) < 1.2 * (len(speech) + 2 * 16_000) + 10
        assert np.abs(heard.astype(int)).max() > 500
        assert augment.hear_nobody(rng=np.random.default_rng(seed), where=where).dtype == np.int16


def test_the_same_draw_gives_the_same_sound() -> None:
    first, second = (
        augment.hear(tones("again"), rng=np.random.default_rng(4), where=surroundings(), severity=1) for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


def test_masks_blank_part_of_a_copy() -> None:
    features = np.random.default_rng(0).standard_normal((300, 80)).astype(np.float32)
    before = features.copy()
    kept = [(augment.mask(features, rng=np.random.default_rng(seed)) == features).mean() for seed in range(30)]
    np.testing.assert_array_equal(features, before)
    assert min(kept) > 0.3
    assert min(kept) < 0.97


def test_every_noise_is_heard(tmp_path: Path) -> None:
    for kind in set(noise.KINDS):
        heard = kind(np.random.default_rng(1))
        assert np.isfinite(heard).all(), kind.__name__
        assert np.abs(heard).max() > 0, kind.__name__
    noise.write_set(tmp_path / "noise-made", clips=2, seed=3)
    clips = read_index(tmp_path / "noise-made")
    assert [clip.text for clip in clips] == ["", ""]
    assert all(np.abs(read_samples(clip).astype(int)).max() > 10_000 for clip in clips)


def test_rooms_begin_with_the_direct_sound_and_come_back_from_disk(tmp_path: Path) -> None:
    rooms.write_bank(tmp_path / "rooms.npz", responses=2, seed=1)
    bank = rooms.read_bank(tmp_path / "rooms.npz")
    assert len(bank) == 2
    for response in bank:
        assert response.dtype == np.float32
        assert int(np.abs(response).argmax()) <= 40
        assert len(response) <= rooms.LONGEST_SAMPLES
