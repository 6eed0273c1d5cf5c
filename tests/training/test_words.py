"""Words cut out of recordings: the alignment equals a search of all paths, and only words between pauses are taken."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from assistant.messages import Posteriors
from assistant.model.symbols import ALPHABET, BLANK, encode
from training.clips import ClipWriter, read_index
from training.voices.real.words import LEAST_PAUSE_FRAMES, align, cuts, write

FRAME_SAMPLES = 320


def spelled(*stretches: tuple[str, int]) -> np.ndarray:
    """Log-probabilities of letters, each a frame and followed by a blank one, then so many blank frames."""
    path = []
    for text, pause in stretches:
        for letter in encode(text):
            path += [letter, BLANK]
        path += [BLANK] * pause
    scores = np.full((len(path), len(ALPHABET) + 1), -9.0, np.float32)
    scores[np.arange(len(path)), path] = -0.01
    return scores


def collapsed(path: tuple[int, ...]) -> list[int]:
    return [symbol for symbol, _ in itertools.groupby(path) if symbol != BLANK]


@pytest.mark.parametrize("target", [[1], [1, 2], [1, 1], [2, 1, 2]])
def test_the_alignment_is_the_best_of_all_paths(target: list[int]) -> None:
    scores = np.random.default_rng(len(target)).normal(size=(6, 3)).astype(np.float32)
    paths = [path for path in itertools.product(range(3), repeat=6) if collapsed(path) == target]
    best = max(paths, key=lambda path: scores[np.arange(6), path].sum())
    begins = [
        frame for frame, symbol in enumerate(best) if symbol != BLANK and (frame == 0 or best[frame - 1] != symbol)
    ]
    assert align(scores, target).tolist() == begins


def test_a_text_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit into 2 frames"):
        align(np.zeros((2, 3), np.float32), [1, 1])


def test_only_words_between_pauses_are_cut() -> None:
    scores = spelled(("open the", 20), (" ", 0), ("window", 30), (" ", 0), ("no", 12))
    assert [cut.text for cut in cuts("open the window no", scores)] == ["open the", "window", "no"]
    window = next(cut for cut in cuts("open the window no", scores) if cut.text == "window")
    begins = 2 * len("open the") + 20 + 2
    assert window.first < begins
    assert window.last > begins + 2 * len("window") - 2
    hurried = spelled(("open the", 0), (" ", 2), ("window", 2), (" ", 2), ("no", 12))
    assert LEAST_PAUSE_FRAMES > 6
    assert list(cuts("open the window no", hurried)) == []


def test_unsure_letters_are_not_cut() -> None:
    scores = spelled(("yes", 30), (" ", 0), ("no", 12))
    scores[:6] = np.log(1 / scores.shape[1])
    assert [cut.text for cut in cuts("yes no", scores)] == ["no"]


def test_cuts_become_a_set(tmp_path: Path) -> None:
    scores = spelled(("", 12), ("yes", 30), (" ", 0), ("no", 30))

    class Hears:
        def posteriors(self, samples: np.ndarray) -> Posteriors:
            assert len(samples) >= len(scores) * FRAME_SAMPLES
            return Posteriors(scores, 20)

    samples = np.arange(len(scores) * FRAME_SAMPLES).astype(np.int16)
    with ClipWriter(tmp_path / "whole") as writer:
        writer.append(samples, text="Yes. No!", language="en", speaker="a", source="tones")
    (clip,) = read_index(tmp_path / "whole")
    assert write([clip], tmp_path / "words", model=Hears()) == 2
    found = read_index(tmp_path / "words")
    assert [(cut.text, cut.language, cut.speaker) for cut in found] == [("yes", "en", "a"), ("no", "en", "a")]
