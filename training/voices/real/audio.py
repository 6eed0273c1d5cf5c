"""Recordings of any kind as 16 kHz mono int16."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
import soxr

from training.clips import SAMPLE_RATE_HZ

_PEAK = 0.7
"""Of full scale: recordings are brought to it, for some are a hundred times quieter than others."""
_EDGE_SECONDS = 0.3
_SILENCE = 0.02
"""Of the recording's loudest 20 ms: what lies below it at either end is cut but for `_EDGE_SECONDS`."""


def recorded(path: Path, *, trim: bool = True) -> np.ndarray:
    """Return the recording at `path`, (samples,) int16 at 16 kHz, one channel, its silent ends cut if `trim`."""
    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)  # (samples,)
    if rate_hz != SAMPLE_RATE_HZ:
        mono = soxr.resample(mono, rate_hz, SAMPLE_RATE_HZ, quality="HQ")
    if trim:
        mono = _trimmed(mono)
    loudest = float(np.abs(mono).max(initial=0.0))
    if loudest > 0:
        mono = mono * (_PEAK / loudest)
    return (mono * 32767).astype(np.int16)


def _trimmed(mono: np.ndarray) -> np.ndarray:
    """Return a view of `mono` without its silent ends."""
    hop = SAMPLE_RATE_HZ // 50
    frames = len(mono) // hop
    if frames == 0:
        return mono
    level = np.sqrt(np.square(mono[: frames * hop].reshape(frames, hop)).mean(axis=1))  # (frames,)
    loud = np.flatnonzero(level > _SILENCE * level.max())
    if len(loud) == 0:
        return mono
    edge = int(_EDGE_SECONDS * SAMPLE_RATE_HZ)
    return mono[max(0, loud[0] * hop - edge) : (loud[-1] + 1) * hop + edge]
