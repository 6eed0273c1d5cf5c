"""From what devices and files have to what the inside has: 16 kHz, one channel, int16, piece by piece."""

from __future__ import annotations

import numpy as np
import soxr

from assistant.messages import SAMPLE_RATE_HZ

BLOCK_SAMPLES = SAMPLE_RATE_HZ // 50
"""20 ms."""


class Converter:
    """Converts one stream; the pieces may have any length."""

    def __init__(self, *, rate_hz: float) -> None:
        """rate_hz: what comes in."""
        same = rate_hz == SAMPLE_RATE_HZ
        self._resampler = None if same else soxr.ResampleStream(rate_hz, SAMPLE_RATE_HZ, 1, dtype="float32")

    def push(self, samples: np.ndarray) -> np.ndarray:
        """(samples,) int16 at 16 kHz; a resampler holds a few milliseconds back.

        samples: (samples, channels) int16, or float32 with 1.0 as full scale.
        """
        return self._convert(samples, last=False)

    def flush(self) -> np.ndarray:
        """(samples,) int16 that were held back; the stream is over."""
        return self._convert(np.zeros((0, 1), np.float32), last=True)

    def _convert(self, samples: np.ndarray, *, last: bool) -> np.ndarray:
        mono = to_mono(samples)
        if self._resampler is None:
            return to_int16(mono)
        return to_int16(self._resampler.resample_chunk(to_float32(mono), last=last))


class Blocks:
    """Cuts a stream of pieces into blocks of 20 ms."""

    def __init__(self) -> None:
        self._rest = np.zeros(0, np.int16)

    def push(self, samples: np.ndarray) -> list[np.ndarray]:
        """The blocks that are complete now, each (BLOCK_SAMPLES,) int16.  samples: (samples,) int16."""
        joined = np.concatenate([self._rest, samples])
        whole = len(joined) // BLOCK_SAMPLES
        self._rest = joined[whole * BLOCK_SAMPLES :]
        return list(joined[: whole * BLOCK_SAMPLES].reshape(whole, BLOCK_SAMPLES))


def to_mono(samples: np.ndarray) -> np.ndarray:
    """(samples,) of the same type: one channel of (samples, channels).

    Two channels are averaged.  Of more the first is taken: microphone arrays put their processed sound there.
    """
    if samples.shape[1] != 2:
        mono = samples[:, 0]
    elif samples.dtype == np.int16:
        # The sum of two int16 does not fit into one.
        mono = ((samples[:, 0].astype(np.int32) + samples[:, 1]) >> 1).astype(np.int16)
    else:
        mono = samples.mean(axis=1, dtype=np.float32)
    return np.asarray(mono)


def to_float32(samples: np.ndarray) -> np.ndarray:
    """The same with 1.0 as full scale.  samples: int16 or float32."""
    if samples.dtype == np.int16:
        return samples.astype(np.float32) / np.float32(32768)
    return samples.astype(np.float32, copy=False)


def to_int16(samples: np.ndarray) -> np.ndarray:
    """The same as int16, what is over full scale clipped, what is no number silent.  samples: int16 or float32."""
    if samples.dtype == np.int16:
        return samples
    finite = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
    return np.asarray((finite * np.float32(32768)).round().clip(-32768, 32767), dtype=np.int16)
