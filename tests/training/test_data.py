"""Drawing, joining and batching of clips; sets that grow; voices that must not be heard."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from assistant.model import symbols
from tests.training.clip_sets import WORDS, tones, write_sets
from training.clips import Clip, ClipWriter
from training.data import Batch, Batches, DataConfig, Pool, draw_allowed, draw_language, draw_speech, fits, is_usable


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_sets(tmp_path)
    return tmp_path


def config(root: Path) -> DataConfig:
    return DataConfig(root=root, batch_s=6, ramp_groups=0)


def equal(first: Batch, second: Batch) -> bool:
    return torch.equal(first.features, second.features) and torch.equal(first.targets, second.targets)


def test_batches_hold_what_they_say(root: Path) -> None:
    for batch in itertools.islice(Batches(config(root)), 12):
        assert batch.features.shape[0] == len(batch.frames) == len(batch.target_lengths)
        assert int(batch.frames.max()) <= batch.features.shape[1] <= 1500
        assert int(batch.target_lengths.sum()) == len(batch.targets)
        assert torch.isfinite(batch.features).all()
        assert batch.languages.shape == (len(batch.frames), len(symbols.LANGUAGES))
        for features, frames in zip(batch.features, batch.frames, strict=True):
            assert not features[int(frames) :].any()


def test_a_run_goes_on_where_it_stopped(root: Path) -> None:
    whole = list(itertools.islice(Batches(config(root)), 30))
    last = whole[16]
    resumed = itertools.islice(Batches(config(root), group=last.group, number=last.number + 1), 13)
    assert all(equal(first, second) for first, second in zip(whole[17:], resumed, strict=True))


def test_languages_come_by_their_share(root: Path) -> None:
    pool = Pool(root, weights={})
    rng = np.random.default_rng(0)
    drawn = Counter(draw_language(pool, config(root), rng=rng) for _ in range(4000))
    assert {language: round(count / 4000, 1) for language, count in drawn.items()} == {"en": 0.6, "es": 0.2, "fr": 0.2}


def test_clips_come_by_the_longest_beginning_of_their_sets_name(root: Path) -> None:
    pool = Pool(root, weights={"tones-": 1, "tones-en": 0})
    rng = np.random.default_rng(0)
    with ClipWriter(root / "other-en") as writer:
        writer.append(tones("never"), text="never", language="en", speaker="tone", source="test")
    pool.refresh()
    assert {pool.draw("en", rng=rng).text for _ in range(50)} == {"never"}


def test_sets_may_grow(root: Path) -> None:
    pool = Pool(root, weights={})
    rng = np.random.default_rng(0)
    assert "new" not in {pool.draw("en", rng=rng).text for _ in range(100)}
    with ClipWriter(root / "tones-en") as writer:
        writer.append(tones("new"), text="new", language="en", speaker="tone", source="test")
    pool.refresh()
    assert "new" in {pool.draw("en", rng=rng).text for _ in range(100)}


def test_a_folder_that_is_no_set_is_left_out(root: Path) -> None:
    pool = Pool(root, weights={})
    (root / "benchmark").mkdir()
    (root / "benchmark" / "index.jsonl").write_text('{"file": "a.flac", "text": "stop"}\n')
    (root / "broken").mkdir()
    (root / "broken" / "index.jsonl").write_text('{"start": 0,\n')
    pool.refresh()
    assert pool.languages == {"en", "es", "fr"}
    assert pool.draw("en", rng=np.random.default_rng(0)).text in WORDS["en"]


def test_joined_clips_spell_what_is_heard(root: Path) -> None:
    pool = Pool(root, weights={})
    joined = DataConfig(root=root, joined=1)
    speech, text = draw_speech(pool, joined, language="fr", rng=np.random.default_rng(0))
    assert set(text.split()) <= set(WORDS["fr"])
    assert len(text.split()) > 2
    spoken = sum(len(tones(word)) for word in text.split())
    assert spoken <= len(speech) <= 15 * 16_000


@pytest.mark.parametrize(
    ("folder", "language", "speaker", "text", "usable"),
    [
        ("kokoro-en", "en", "af_bella", "lights on", True),
        ("kokoro-en", "en", "af_nova", "lights on", False),
        ("kokoro-es", "es", "em_alex+ef_dora", "luz", False),
        ("rhvoice", "en", "rhvoice slt", "lights on", False),
        ("pico_es", "es", "pico", "luz", True),
        ("pico_en", "en", "pico", "light", False),
        ("hibari", "en", "hibari", "channel 5", False),
        ("noise-music", "", "", "", True),
    ],
)
def test_held_out_voices_and_digits_are_left_out(
    folder: str, language: str, speaker: str, text: str, *, usable: bool
) -> None:
    clip = Clip(Path(folder), 0, 16_000, text, language, speaker, "test")
    assert is_usable(clip) is usable


@pytest.mark.parametrize(
    ("text", "frames", "possible"),
    [("abc", 3, True), ("aab", 3, False), ("aab", 4, True), ("", 1, True), ("", 0, False)],
)
def test_ctc_needs_a_frame_a_symbol_and_one_between_doubled_ones(text: str, frames: int, *, possible: bool) -> None:
    assert fits(symbols.encode(text), output_frames=frames) is possible


def test_the_network_is_told_of_the_language_that_is_spoken_and_sometimes_of_others() -> None:
    rng = np.random.default_rng(1)
    told = Counter(draw_allowed("fr", rng=rng) for _ in range(400))
    assert all("fr" in languages for languages in told)
    assert set(told) == {frozenset(languages) for languages in (["fr"], ["fr", "en"], ["fr", "es"], symbols.LANGUAGES)}
    assert told[frozenset(["fr"])] > 120
    assert told[frozenset(symbols.LANGUAGES)] > 90
