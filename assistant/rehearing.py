"""Unsure utterances heard again, a little slower and a little faster.

What is misheard at one speed is often heard at another, and what was only imagined seldom is: over all three hearings
fewer commands are lost and fewer sounds taken for one (augmentation at test time; `training/LOG.md`, 43 and 49).
Sure ones are not heard again, nor what resembles no command, nor noise without a letter in it, so that it costs time
only where there is doubt.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import soxr

from assistant.interpret import Understood
from assistant.messages import Hypothesis

SURE = 0.9
"""Confidence of a command from which on nothing is heard again."""
HOPELESS = 0.1
"""Probability of a command below which nothing is."""
SPEEDS = ((14, 15), (15, 14))
"""Seconds that were said, and seconds in which they are heard."""


def reheard(
    first: Understood, samples: np.ndarray, hear: Callable[[np.ndarray], Understood], *, sure: float = SURE
) -> Understood:
    """Return what all hearings say together.

    first: what `samples`, (samples,) int16, were understood as.  hear: understands other samples.  sure: confidence
    from which on nothing is heard again.
    """
    best = first.hypotheses[0].confidence if first.hypotheses else 0.0
    if best >= sure or first.command < HOPELESS or not first.heard:
        return first
    return together([first, *(hear(at_speed(samples, speed)) for speed in SPEEDS)])


def together(hearings: Sequence[Understood]) -> Understood:
    """Return the first hearing with the meanings of all, each as sure as they are of it in the mean."""
    found: defaultdict[object, list[Hypothesis]] = defaultdict(list)
    for hearing in hearings:
        for one in hearing.hypotheses:
            found[one.domain, one.intent, frozenset(one.slots.items())].append(one)
    hypotheses = [_mean(same, len(hearings)) for same in found.values()]
    hypotheses.sort(key=lambda one: one.confidence, reverse=True)
    command = sum(hearing.command for hearing in hearings) / len(hearings)
    return replace(hearings[0], hypotheses=tuple(hypotheses), command=command)


def _mean(same: Sequence[Hypothesis], hearings: int) -> Hypothesis:
    surest = max(same, key=lambda one: one.confidence)
    return replace(surest, confidence=round(sum(one.confidence for one in same) / hearings, 4))


def at_speed(samples: np.ndarray, speed: tuple[int, int]) -> np.ndarray:
    """Return (samples,) int16 that sound as if they were played at another speed, one of SPEEDS."""
    said_s, heard_s = speed
    played: np.ndarray = soxr.resample(samples, said_s, heard_s)
    return played
