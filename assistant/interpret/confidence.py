"""How sure an interpretation is: costs of the search as a probability.

Two questions are asked.  Is this a sentence of the household at all?  The best path through the graph is compared
with the best path of any symbols: per letter, over the whole utterance and in its worst word.  And is it this one?
The best reading is compared with the next one that means something else.  The product is the confidence.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.interpret.letters import SPACE
from assistant.model.symbols import BLANK

SHORT_WORD = 4
"""Letters that a word counts at least, so that one wrong letter of a short one does not decide alone."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The constants, fitted on development recordings by `python -m benchmarks.calibrate`.

    That fit gives an offset of 3.8 with wrong actions weighed threefold, and nothing for short commands.  The offset is
    set a little higher, where the confidence is right most often as a probability (of 512 clips that are no command two
    are then accepted); short commands need more, because the recordings hold few short words that are not meant.
    """

    excess: float = 1.45
    """Weight of a nat per letter that the free reading is better."""
    worst: float = 0.14
    """The same in the word where it is most."""
    offset: float = 4.2
    short: float = 1.0
    """What a command of one letter would lose; one of n letters loses an nth of it."""
    margin: float = 0.6
    """Weight of a nat between readings of different meaning."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the search found, per utterance."""

    letters: int
    """Letters of the best reading, spaces left out."""
    excess: float
    """Nats per letter by which the free reading is better."""
    worst: float
    """The same in the worst word."""


def weigh(cost: float, *, frames: Sequence[int], symbols: np.ndarray) -> Evidence:
    """Return the evidence for a reading.

    cost: nats of the whole path.  frames: its symbol at each frame.  symbols: (frames, symbols) float32, as searched.
    """
    path = np.asarray(frames)
    best = symbols.max(axis=1)
    lost = best - symbols[np.arange(len(path)), path]  # (frames,)
    begins = (path != BLANK) & (path != np.concatenate([[BLANK], path[:-1]]))
    spoken = begins & (path != SPACE)
    letters = int(spoken.sum())
    words = np.cumsum(path == SPACE)  # frames between two spaces share a number
    lost_in = np.bincount(words, weights=lost)
    letters_in = np.bincount(words, weights=spoken)
    said = letters_in > 0
    worst = float((lost_in[said] / np.maximum(letters_in[said], SHORT_WORD)).max()) if said.any() else 0.0
    return Evidence(letters, max(0.0, cost + float(best.sum())) / max(letters, 1), worst)


def command_probability(evidence: Evidence, calibration: Calibration) -> float:
    """Return how likely it is that a sentence of the household was spoken."""
    if not evidence.letters:
        return 0.0
    score = calibration.offset - calibration.excess * evidence.excess - calibration.worst * evidence.worst
    return _logistic(score - calibration.short / evidence.letters)


def shares(costs: Sequence[float], calibration: Calibration) -> list[float]:
    """Return how likely each of several readings is, given that one of them is right."""
    weights = [math.exp(-calibration.margin * (cost - min(costs))) for cost in costs]
    return [weight / sum(weights) for weight in weights]


def _logistic(score: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, score))))
