"""The development recordings as benchmarks see them: clips with what was meant, and noise mixed in.

The folder is described in its own README; it is no part of the product and is named by `--data`, by the environment
variable `OYEZ_DATA`, or lies beside the checkout as `shared/data`.
"""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from assistant.audio import read_file
from assistant.messages import SlotValue

FRAME_SAMPLES = 2048
"""Frame of the energies that the public coffee benchmark's noise ratio compares."""
MIXTURE_PEAK = 0.5
"""Peak to which that benchmark scales its mixtures."""
RATIOS_DB = (6, 9, 12, 15, 18, 21, 24)
"""The signal-to-noise ratios whose mean is the headline."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One clip of a set and what was meant in it."""

    file: Path
    language: str
    text: str | None
    intent: str | None
    slots: Mapping[str, SlotValue] = field(default_factory=dict)
    kind: str = ""
    source: str = ""


def add_data_argument(parser: ArgumentParser) -> None:
    """Give `parser` the option that names the folder of recordings."""
    default = Path(os.environ.get("OYEZ_DATA", Path(__file__).parents[2] / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=default, help="folder of the recordings (default: %(default)s)")


def read_set(folder: Path) -> list[Recording]:
    """Return the clips that `index.jsonl` in `folder` lists, in its order."""
    rows = [json.loads(line) for line in (folder / "index.jsonl").read_text(encoding="utf-8").splitlines()]
    return [
        Recording(
            file=folder / row["file"],
            language=row.get("language", ""),
            text=row.get("text"),
            intent=row.get("intent"),
            slots=row.get("slots") or {},
            kind=row.get("kind", ""),
            source=row.get("source", ""),
        )
        for row in rows
    ]


def read_noises(folder: Path) -> dict[str, np.ndarray]:
    """Return kitchen and household noise by name, each (samples,) int16."""
    names = [row.file for row in read_set(folder) if row.file.stem.startswith(("kitchen", "household"))]
    return {name.stem: read_file(name) for name in names}


def mix(speech: np.ndarray, noise: np.ndarray, *, ratio_db: float, start: int) -> np.ndarray:
    """Return `speech` in `noise` as the public coffee benchmark mixes them, (samples,) int16.

    The ratio is that of the largest frame energies of both; the mixture's peak becomes half of full scale.
    start: the sample of `noise` to begin with, which wraps around.
    """
    rolled = np.take(noise, np.arange(start, start + len(speech)), mode="wrap").astype(np.float64)
    voice = speech.astype(np.float64)
    gain = np.sqrt(_largest_energy(voice) / max(_largest_energy(rolled), 1e-9) / 10 ** (ratio_db / 10))
    mixture = voice + gain * rolled
    scaled: np.ndarray = np.round(mixture * (MIXTURE_PEAK * 32767 / max(np.abs(mixture).max(), 1e-9)))
    return scaled.astype(np.int16)


def _largest_energy(samples: np.ndarray) -> float:
    frames = samples[: max(len(samples) // FRAME_SAMPLES, 1) * FRAME_SAMPLES]
    if len(frames) < FRAME_SAMPLES:
        return float(np.square(frames).sum())
    return float(np.square(frames.reshape(-1, FRAME_SAMPLES)).sum(axis=1).max())
