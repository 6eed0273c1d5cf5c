"""Texts spoken once by voices that are a hundred times faster than time, packed, with what they mean.

    python -m training.gpu.fast packed --language es --most 1600                          # said-es
    python -m training.gpu.fast packed --language es --most 5000 --lines lines.jsonl.xz   # lines-es

Without `--lines` the sentences of `training/text/said`.
"""

from __future__ import annotations

import argparse
import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np

from assistant.model.symbols import LANGUAGES
from training.clips import SAMPLE_RATE_HZ
from training.gpu.pack import MOST_SAMPLES, SPEECH_RATE, write
from training.heard import VOICES
from training.meanings import plain
from training.text import meaning
from training.voices.spoken import UnspeakableError, clip_samples

LONGEST_S = 14
Row = dict[str, object]


def texts(language: str, files: list[Path]) -> list[tuple[str, str | None]]:
    """Return marked texts of a language, each with what is meant, None where that is not known."""
    if not files:
        return list(meaning.kept_lines(f"{language}.txt", language))
    found = []
    for file in files:
        with lzma.open(file, "rt", encoding="utf-8") as lines:
            rows = map(json.loads, lines)
            found += [(row["text"], row["intent"]) for row in rows if row["language"] == language]
    return found


def spoken(language: str, marked: list[tuple[str, str | None]], draw: Random) -> Iterator[tuple[np.ndarray, Row]]:
    """Yield the samples of each text that can be said, and what they are."""
    for text, intent in marked:
        try:
            samples = clip_samples(draw.choice(VOICES[language])(plain(text), language, draw), draw)
        except UnspeakableError:
            continue
        if len(samples) <= LONGEST_S * SAMPLE_RATE_HZ:
            clip: Row = {
                "samples": len(samples),
                "text": text,
                "language": language,
                "speaker": "fast",
                "intent": intent,
            }
            yield samples, clip


def main() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--language", choices=LANGUAGES, required=True)
    parser.add_argument("--lines", type=Path, nargs="+", default=[], help="files of `training.gpu.lines`")
    parser.add_argument("--most", type=int, default=5000)
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    draw = Random(chosen.language)
    marked = texts(chosen.language, chosen.lines)
    draw.shuffle(marked)
    name = f"{'lines' if chosen.lines else 'said'}-{chosen.language}"
    waves: list[np.ndarray] = []
    clips: list[Row] = []
    number = 0
    for samples, clip in spoken(chosen.language, marked[: chosen.most], draw):
        waves.append(samples)
        clips.append(clip)
        if sum(map(len, waves)) > MOST_SAMPLES:
            write(waves, clips, chosen.out / f"{name}-{number:02}", bits_per_second=SPEECH_RATE)
            waves, clips, number = [], [], number + 1
    if clips:
        write(waves, clips, chosen.out / f"{name}-{number:02}", bits_per_second=SPEECH_RATE)


if __name__ == "__main__":
    main()
