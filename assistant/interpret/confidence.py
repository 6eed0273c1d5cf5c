"""How sure an interpretation is: costs of the search as a probability.

Two questions are asked.  Is this a sentence of the household at all?  The best path through the graph is compared
with the best path of any symbols: per letter, over the whole utterance and in its worst word.  Where the network does
not know which letters it hears (several people at once, music), any sentence is nearly as good as the best path: so it
counts as well how unsure the network is of its letters.  And the more sentences there are, the nearer one of them comes
to anything that is said: in a large household the same difference counts more.  And is it this one?  The best reading
is compared with the next one that means something else.  The product is the confidence.
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

LONG = 12
"""Letters from which on a command is not short: by then hardly anything else sounds like it."""

UNSURE_FROM = 0.8
UNSURE_SHORT = 2.0
"""Nats of entropy that commands have in noise as well; an nth of the second more in one of n letters."""

FEW_STATES, MANY_STATES = 5_000, 100_000
"""States of a graph up to which a household is small, some hundred sentences with their names, and up to which it is
judged by its size: those of all packs have more, and what makes them larger still is names, all in the same places."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The constants, fitted on development recordings by `python -m benchmarks.calibrate`.

    The fit weighs a wrong action threefold.  Half of the recordings judged by constants of the other half lose 3 of
    1,062 commands and take 1 of 973 others for one.  Those hold few short words that are not meant: `short` is set
    higher by hand, as far as it loses no recorded digit.  `crowd` is what households with all packs add.
    """

    excess: float = 2.4
    """Weight of a nat per letter that the free reading is better."""
    worst: float = 0.0
    """The same in the word where it is most; for written words only, see `text`."""
    crowd: float = 0.3
    """What is added to `excess` for each time that the graph is e times as large as a small one."""
    unsure: float = 9.5
    """Weight of a nat of the letters' entropy beyond what commands have."""
    offset: float = 7.6
    short: float = 4.0
    """Weight of a short command: of one letter's share in it, beyond what that is in one of `LONG`."""
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
    unsure: float
    """Mean entropy of the frames that sound like a letter, in nats; of all symbols alike where none does."""
    states: int = FEW_STATES
    """States of the graph that was searched."""


def weigh(cost: float, *, frames: Sequence[int], symbols: np.ndarray, states: int = FEW_STATES) -> Evidence:
    """Return the evidence for a reading.

    cost: nats of the whole path.  frames: its symbol at each frame.  symbols: (frames, symbols) float32, as searched.
    states: of the graph.
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
    excess = max(0.0, cost + float(best.sum())) / max(letters, 1)
    return Evidence(letters, excess, worst, entropy(symbols[symbols.argmax(axis=1) != BLANK]), states)


def entropy(scores: np.ndarray) -> float:
    """Return the mean entropy of frames in nats; the highest there is where there are none.

    scores: (frames, symbols) float32, log-probabilities up to a constant for each frame.
    """
    if not len(scores):
        return math.log(scores.shape[1])
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return float(-(shares * np.log(np.maximum(shares, np.finfo(np.float32).tiny))).sum(axis=1).mean())


def command_probability(evidence: Evidence, calibration: Calibration) -> float:
    """Return how likely it is that a sentence of the household was spoken."""
    if not evidence.letters:
        return 0.0
    excess = calibration.excess + calibration.crowd * crowd(evidence)
    score = calibration.offset - excess * evidence.excess - calibration.worst * evidence.worst
    score -= calibration.unsure * doubt(evidence)
    return _logistic(score - calibration.short * shortness(evidence))


def shares(costs: Sequence[float], calibration: Calibration) -> list[float]:
    """Return how likely each of several readings is, given that one of them is right."""
    weights = [math.exp(-calibration.margin * (cost - min(costs))) for cost in costs]
    return [weight / sum(weights) for weight in weights]


def doubt(evidence: Evidence) -> float:
    """Return the entropy beyond what commands have: in noise, and in the few frames of a short word."""
    return max(0.0, evidence.unsure - UNSURE_FROM - UNSURE_SHORT / max(evidence.letters, 1))


def crowd(evidence: Evidence) -> float:
    """Return how much larger the graph is than a small one, as a power of e; 0 for small ones, 3 at most."""
    return math.log(min(max(evidence.states, FEW_STATES), MANY_STATES) / FEW_STATES)


def shortness(evidence: Evidence) -> float:
    """Return the share of one letter in the command beyond its share in a long one; 0 for long ones."""
    return max(0.0, 1 / max(evidence.letters, 1) - 1 / LONG)


def _logistic(score: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, score))))
