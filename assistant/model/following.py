"""An utterance heard while it is said: at its end only what came after the last chunk is left to be heard.

Short ones are heard whole, since that is quick anyway and whole words are heard best; so are those at whose end a
stream would have lost its memory.
"""

from __future__ import annotations

import copy
from collections.abc import Collection
from typing import Protocol

import numpy as np

from assistant.messages import SAMPLE_RATE_HZ, Posteriors

SHORTEST_MS, LONGEST_MS = 2_560, 14_000
"""Lengths between which an utterance is heard in chunks."""


class Hears(Protocol):
    """An utterance in chunks: `assistant.model.Stream`."""

    def push(self, samples: np.ndarray) -> Posteriors:
        """Take the next (samples,) int16; return the frames that are complete with them."""

    def flush(self) -> Posteriors:
        """Return the frames that are left."""


class Network(Protocol):
    """What turns samples into posteriors: `assistant.model.Model`."""

    def posteriors(self, samples: np.ndarray, *, languages: Collection[str]) -> Posteriors:
        """Return the symbols' log-probabilities of (samples,) int16 in one of `languages`."""

    def stream(self, *, languages: Collection[str]) -> Hears:
        """Return what hears an utterance in chunks."""


class Following:
    """Hears one utterance after the other; used by one thread at a time."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._stream: Hears | None = None
        """Has taken `_taken` of the utterance that is being said; None where none is followed."""
        self._taken = np.zeros(0, np.int16)
        self._chunks: list[Posteriors] = []
        self._languages: Collection[str] = ()
        self.in_chunks = False
        """Whether what `posteriors` returned last was heard in chunks."""
        self._last: tuple[np.ndarray, Collection[str], Posteriors] | None = None
        """What was asked for last: between a pause and the end of an utterance there may be nothing new."""

    def follow(self, samples: np.ndarray, *, languages: Collection[str]) -> None:
        """Hear what is new of the utterance that is being said.

        samples: (samples,) int16, what was said of it so far.
        """
        if _is_followed(samples):
            self._take(samples, languages)

    def said(self, samples: np.ndarray, *, languages: Collection[str]) -> Posteriors:
        """Return what was said so far, however short the utterance is as yet; as `follow`."""
        return self._so_far(self._take(samples, languages), samples)

    def posteriors(self, samples: np.ndarray, *, languages: Collection[str]) -> Posteriors:
        """Return what was said in all; if it goes on after all, it can be followed on."""
        if self._last is not None:
            before, spoken, posteriors = self._last
            if spoken == languages and np.array_equal(before, samples):
                return posteriors
        stream = self._following(samples, languages) if _is_followed(samples) else None
        self.in_chunks = stream is not None
        found = self.whole(samples, languages=languages) if stream is None else self._so_far(stream, samples)
        self._last = samples, languages, found
        return found

    def whole(self, samples: np.ndarray, *, languages: Collection[str]) -> Posteriors:
        """Return what was said in all, heard at once: it takes longer than the last chunk, and less is misheard."""
        return self._network.posteriors(samples, languages=languages)

    def forget(self) -> None:
        """The utterance is over."""
        self._stream, self._last = None, None

    def _following(self, samples: np.ndarray, languages: Collection[str]) -> Hears | None:
        """The stream that has taken the beginning of samples."""
        same = self._languages == languages and np.array_equal(samples[: len(self._taken)], self._taken)
        return self._stream if same else None

    def _so_far(self, stream: Hears, samples: np.ndarray) -> Posteriors:
        """All that a stream says of samples, as if they were over; it can be followed on."""
        rest = copy.copy(stream)
        parts = [*self._chunks, rest.push(samples[len(self._taken) :]), rest.flush()]
        return Posteriors(np.concatenate([part.symbols for part in parts]), parts[0].frame_ms)

    def _take(self, samples: np.ndarray, languages: Collection[str]) -> Hears:
        stream = self._following(samples, languages)
        if stream is None:
            stream = self._stream = self._network.stream(languages=languages)
            self._taken, self._chunks, self._languages = samples[:0], [], languages
        self._chunks.append(stream.push(samples[len(self._taken) :]))
        self._taken = samples
        return stream


def _is_followed(samples: np.ndarray) -> bool:
    return SHORTEST_MS <= len(samples) * 1000 // SAMPLE_RATE_HZ <= LONGEST_MS
