"""Cut single words out of recordings of sentences: real speakers of short commands, which nobody gives away.

    python -m training.voices.real.words --out DATA/real-words SET ...

A network aligns each recording with its text; one to three words that have a pause before and after them are cut out
in its middle.  Where the network is not sure of the letters, or the pauses are short, nothing is cut.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.model import Model
from assistant.model.symbols import BLANK, encode, normalize
from training.clips import SAMPLE_RATE_HZ, Clip, ClipWriter, read_index, read_samples

LEAST_PAUSE_FRAMES = 15
"""Between the last letter of a word and the first of the next: 300 ms, of which the letters' own sound takes a part."""
MOST_WORDS = 3
LEAST_LETTER = -0.8
"""Mean log-probability of a cut's letters where they are aligned."""
LEAST_S = 0.3
MARGIN_FRAMES = 10
"""Most that is kept around a cut: 200 ms."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Words inside a recording."""

    text: str
    first: int
    """Output frame at which it begins."""
    last: int


def align(scores: np.ndarray, target: list[int]) -> np.ndarray:
    """Return the frame at which each symbol of `target` begins on the best path, (symbols,) int64.

    scores: (frames, symbols) float32 log-probabilities.  Raises ValueError where the text does not fit.
    """
    path = np.full(2 * len(target) + 1, BLANK)
    path[1::2] = target
    skips = np.zeros(len(path), bool)  # whether the blank before a symbol may be left out
    skips[3::2] = path[3::2] != path[1:-2:2]
    best = np.full(len(path), -np.inf, np.float32)
    best[:2] = scores[0, path[:2]]
    came = np.zeros((len(scores), len(path)), np.int64)  # states back: 0 to 2
    for frame in range(1, len(scores)):
        one = np.concatenate([[-np.inf], best[:-1]])
        two = np.where(skips, np.concatenate([[-np.inf, -np.inf], best[:-2]]), -np.inf)
        choices = np.stack([best, one, two])
        came[frame] = choices.argmax(axis=0)
        best = choices.max(axis=0) + scores[frame, path]
    state = len(path) - 1 if best[-1] >= best[-2] else len(path) - 2
    if not np.isfinite(best[state]):
        raise ValueError(f"{len(target)} symbols do not fit into {len(scores)} frames")
    begins = np.zeros(len(target), np.int64)
    for frame in range(len(scores) - 1, -1, -1):
        if state % 2:
            begins[state // 2] = frame  # the earliest frame is written last
        state -= came[frame, state]
    return begins


def cuts(text: str, scores: np.ndarray) -> Iterator[Cut]:
    """Yield words of `text` with a pause on both sides, none twice."""
    target = encode(text)
    begins = align(scores, target)
    letters = scores[begins, target]
    pauses = [0]  # symbol index at which a stretch between pauses begins
    edges = [max(0, int(begins[0]) - MARGIN_FRAMES)]
    for index, character in enumerate(text):
        if character == " " and begins[index + 1] - begins[index - 1] >= LEAST_PAUSE_FRAMES:
            pauses.append(index + 1)
            edges.append(int(begins[index + 1] + begins[index - 1] + 1) // 2)
    edges.append(min(len(scores), int(begins[-1]) + MARGIN_FRAMES))
    pauses.append(len(text) + 1)
    for first, last, begin, end in zip(pauses, pauses[1:], edges, edges[1:], strict=False):
        said = text[first : last - 1]
        sure = letters[first : last - 1].mean() >= LEAST_LETTER
        if sure and len(said.split()) <= MOST_WORDS and said != text:
            yield Cut(
                said, max(begin, int(begins[first]) - MARGIN_FRAMES), min(end, int(begins[last - 2]) + MARGIN_FRAMES)
            )


def write(clips: list[Clip], out: Path, *, model: Model) -> int:
    """Append the cuts of `clips` to the set in `out`; return how many there are."""
    count = 0
    with ClipWriter(out) as writer:
        for clip in clips:
            text = normalize(clip.text)
            samples = read_samples(clip)
            heard = model.posteriors(np.pad(samples, (0, max(0, 2 * SAMPLE_RATE_HZ - len(samples)))))
            if not text or len(heard.symbols) < 2 * len(text):
                continue
            frame = SAMPLE_RATE_HZ * heard.frame_ms // 1000
            for cut in cuts(text, heard.symbols):
                part = samples[cut.first * frame : cut.last * frame]
                if len(part) >= LEAST_S * SAMPLE_RATE_HZ:
                    writer.append(part, text=cut.text, language=clip.language, speaker=clip.speaker, source=clip.source)
                    count += 1
    return count


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    network = Model.load()
    for folder in chosen.sets:
        print(f"{folder.name}: {write(read_index(folder), chosen.out, model=network)} cuts", flush=True)
