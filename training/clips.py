"""Clip sets on disk: one growing file of samples and one of texts, readable while they are written.

A set is a folder with `samples.i16` (16 kHz mono int16, clip after clip) and `index.jsonl`, one JSON object a clip:
`start`, `samples` (both counted in samples), `text` (as spoken, digits written as words), `language`, `speaker`,
`source`.  One process writes a set; any number may read it at the same time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

SAMPLE_RATE_HZ = 16_000


@dataclass(frozen=True, slots=True)
class Clip:
    """One spoken text inside a set."""

    folder: Path
    start: int
    samples: int
    text: str
    language: str
    speaker: str
    source: str


class ClipWriter:
    """Appends clips to the set in `folder`, which is made when it is missing."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._samples = (folder / "samples.i16").open("ab")
        self._index = (folder / "index.jsonl").open("a", encoding="utf-8")

    def append(self, samples: np.ndarray, *, text: str, language: str, speaker: str, source: str) -> None:
        """Append one clip; samples: (samples,) int16 at 16 kHz."""
        if samples.dtype != np.int16:
            raise TypeError(f"clips are int16, these are {samples.dtype}")
        start = self._samples.tell() // 2
        self._samples.write(samples.tobytes())
        self._samples.flush()  # before the index names it, so that a reader never sees a clip without its samples
        row = {
            "start": start,
            "samples": len(samples),
            "text": text,
            "language": language,
            "speaker": speaker,
            "source": source,
        }
        self._index.write(json.dumps(row, ensure_ascii=False) + "\n")
        self._index.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._samples.close()
        self._index.close()


def read_index(folder: Path) -> list[Clip]:
    """Return the clips of the set in `folder` that are whole at this moment."""
    lines = (folder / "index.jsonl").read_text(encoding="utf-8").split("\n")
    rows = [json.loads(line) for line in lines[:-1]]  # what follows the last line end is still being written
    return [Clip(folder=folder, **row) for row in rows]


def read_samples(clip: Clip) -> np.ndarray:
    """Return the samples of `clip`, (samples,) int16, a copy."""
    return np.fromfile(clip.folder / "samples.i16", dtype=np.int16, count=clip.samples, offset=clip.start * 2)
