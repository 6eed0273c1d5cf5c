"""An utterance heard while it is spoken: samples in as they come, log-probabilities out chunk by chunk.

Each chunk attends to itself and to the seconds before it, which the network keeps as keys and values (the cache).
Features are made of whole chunks only, so that it does not matter how the samples were cut on their way here.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from assistant.messages import Posteriors
from assistant.model.features import HOP_MS, HOP_SAMPLES, WINDOW_SAMPLES, frame_count, log_mel
from assistant.model.symbols import ALPHABET

CHUNK_MS = 1280
"""What is heard at once; in half of it long numbers lost one in ten (decision 0010)."""
LONGEST_MS = 15_000
"""What the network hears at once, whole or in chunks: its positions end there.  A stream goes on without memory."""

SILENCE = np.zeros(4_800, np.int16)
"""0.3 s, heard after an utterance, and before it where it is known to be short: half as many wrong letters in digits of
0.4 s.  Before a stream it only moves a word across the border of two chunks."""

_SHORT_SAMPLES = 24_000
"""Up to this length silence is heard before and after; longer utterances gained nothing by it."""

_BEFORE, _AFTER = 2, 1
"""Feature frames around a chunk that its convolutions reach."""


def between_silences(samples: np.ndarray) -> np.ndarray:
    """Return (samples,) int16 with SILENCE at both ends where they are short, and give any frame at all."""
    is_short = WINDOW_SAMPLES <= len(samples) < _SHORT_SAMPLES
    return np.concatenate([SILENCE, samples, SILENCE]) if is_short else samples


class Step(Protocol):
    """The network on one piece of an utterance."""

    def __call__(
        self, features: np.ndarray, cache: np.ndarray, *, context: tuple[int, int], position: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return (frames, symbols) float32 log-probabilities and the cache of what follows.

        features: (feature frames, MELS) float32; context: output frames at both ends that are left out.
        """


class Stream:
    """Hears one utterance after the other; made by `Model.stream`, used by one thread at a time."""

    _samples: np.ndarray
    """What was pushed and is still needed."""
    _context: int
    """Feature frames at the beginning of the samples that were heard before."""
    _cache: np.ndarray
    _position: int

    def __init__(self, step: Step, *, empty: np.ndarray, frame_ms: int, chunk_ms: int) -> None:
        if not frame_ms <= chunk_ms <= LONGEST_MS or chunk_ms % frame_ms:
            raise ValueError(f"a chunk of {chunk_ms} ms: give a multiple of {frame_ms} ms up to {LONGEST_MS} ms")
        self._step = step
        self._empty = empty
        self._frame_ms = frame_ms
        self._stride = frame_ms // HOP_MS
        self._chunk = chunk_ms // frame_ms
        self._positions = LONGEST_MS // chunk_ms * self._chunk
        self._begin()

    def push(self, samples: np.ndarray) -> Posteriors:
        """Take the next (samples,) int16; return the frames of the chunks that are complete with them, often none."""
        self._samples = np.concatenate([self._samples, samples])
        heard = []
        while frame_count(len(self._samples)) >= self._context + self._stride * self._chunk + _AFTER:
            heard.append(self._hear(self._context + self._stride * self._chunk + _AFTER, is_last=False))
        return self._posteriors(heard)

    def flush(self) -> Posteriors:
        """Return the frames that are left, and those of 0.3 s of silence; what is pushed now is another utterance."""
        heard = [self.push(SILENCE).symbols]
        frames = frame_count(len(self._samples))
        if frames > self._context:
            heard.append(self._hear(frames, is_last=True))
        self._begin()
        return self._posteriors(heard)

    def _begin(self) -> None:
        self._samples = np.zeros(0, np.int16)
        self._context = 0
        self._cache = self._empty
        self._position = 0

    def _hear(self, frames: int, *, is_last: bool) -> np.ndarray:
        """Return (output frames, symbols) of the first feature frames that were not heard yet."""
        features = log_mel(self._samples[: (frames - 1) * HOP_SAMPLES + WINDOW_SAMPLES])
        context = (self._context // self._stride, 0 if is_last else 1)
        symbols, self._cache = self._step(features, self._cache, context=context, position=self._position)
        self._position += len(symbols)
        if self._position >= self._positions:
            self._position, self._cache = 0, self._empty
        heard = self._context + self._stride * len(symbols)
        self._samples = self._samples[max(0, heard - _BEFORE) * HOP_SAMPLES :]
        self._context = _BEFORE
        return symbols

    def _posteriors(self, heard: list[np.ndarray]) -> Posteriors:
        symbols = np.concatenate(heard) if heard else np.zeros((0, len(ALPHABET) + 1), np.float32)
        return Posteriors(symbols=symbols, frame_ms=self._frame_ms)
