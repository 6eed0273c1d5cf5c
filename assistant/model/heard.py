"""What the network heard, letter by letter: its posteriors without the time in which nothing new is said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assistant.model.symbols import ALPHABET, BLANK


@dataclass(frozen=True, slots=True)
class Heard:
    """The letters of one utterance, spaces included."""

    shares: np.ndarray
    """(letters, len(ALPHABET)) float32: how likely each symbol is, the blank left out."""
    frames: np.ndarray
    """(letters, 2) int: first frame of each letter, and the one after its last."""

    @property
    def text(self) -> str:
        """The likeliest letters."""
        return "".join(ALPHABET[symbol] for symbol in self.shares.argmax(axis=1))


def letters_heard(symbols: np.ndarray) -> Heard:
    """Return the letters of an utterance.

    symbols: (frames, symbols) float32 log-probabilities, column 0 the blank; not changed.
    """
    # The search takes 3 nats from the blank; here each nat more only brought more wrong letters.
    best = symbols.argmax(axis=1)
    begins = np.flatnonzero(np.diff(best, prepend=BLANK))
    ends = np.append(begins[1:], len(best))
    kept = best[begins] != BLANK if len(begins) else np.zeros(0, bool)
    spans = np.stack([begins[kept], ends[kept]], axis=1) if kept.any() else np.zeros((0, 2), int)
    shares = np.exp(symbols[:, BLANK + 1 :])
    means = [shares[first:last].mean(axis=0) for first, last in spans]
    stacked = np.stack(means) if means else np.zeros((0, len(ALPHABET)), np.float32)
    return Heard(stacked / np.maximum(stacked.sum(axis=1, keepdims=True), 1e-9), spans)
