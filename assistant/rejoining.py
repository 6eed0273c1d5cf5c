"""Commands with a pause inside: what was rejected is tried again together with what followed at once.

People stop for breath, and a noisy room can hide a soft word, so that one command reaches the recognizer as several
utterances, none of which is a sentence of the household.  The graph is the judge: only a whole that it accepts counts,
and nobody stops for breath inside a word: a whole of one word is noise that came to resemble it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import numpy as np

from assistant.dialogue import Expected
from assistant.messages import SAMPLE_RATE_HZ, Interpretation, Utterance

LONGEST_GAP = timedelta(milliseconds=1500)
"""Silence between two utterances after which the second is a new beginning."""
LONGEST_MS = 15_000
"""Length that the network takes at once."""


class Recognizes(Protocol):
    """What says what an utterance means."""

    def recognize(self, utterance: Utterance, *, expected: Expected | None) -> Interpretation:
        """Return what was meant, or why nothing was understood."""


class Rejoining:
    """Recognizes the utterances of one stream in their order."""

    def __init__(self, recognizer: Recognizes) -> None:
        self._recognizer = recognizer
        self._open: Utterance | None = None
        """What was said last without being understood."""
        self._expected: Expected | None = None
        """What could be meant by that."""

    def recognize(self, utterance: Utterance, *, expected: Expected | None = None) -> Interpretation:
        """Return what was meant by `utterance`, or by it and those before it that were rejected.

        The interpretation keeps the id of `utterance`; its `audio_ms` and `compute_ms` tell what was listened to.
        expected: answers, while a question is open; what was said before the question is no part of them.
        """
        heard = self._recognizer.recognize(utterance, expected=expected)
        before = self._open if expected == self._expected else None
        self._open, self._expected = None if heard.accepted else utterance, expected
        if heard.accepted or before is None:
            return heard
        whole = join(before, utterance)
        if whole is None:
            return heard
        self._open = whole
        together = self._recognizer.recognize(whole, expected=expected)
        compute_ms = round(heard.compute_ms + together.compute_ms, 2)
        if not together.accepted or (together.best and " " not in together.best.text):
            return replace(heard, compute_ms=compute_ms)
        self._open = None
        return replace(together, id=utterance.id, compute_ms=compute_ms)


def join(first: Utterance, second: Utterance) -> Utterance | None:
    """Return both as one utterance, or None when too much silence lies between them or they are too long together.

    Sound between the two is lost: it was silence, or it would be part of one of them.  Sound that both have, since what
    ends the first may begin the second, is there once: else the beginning of a word would be heard twice.
    """
    gap = second.started - (first.started + timedelta(milliseconds=first.audio_ms))
    if gap > LONGEST_GAP or first.audio_ms + second.audio_ms > LONGEST_MS:
        return None
    again_ms = min(max(0.0, -gap / timedelta(milliseconds=1)), float(second.audio_ms))
    samples = second.samples[round(again_ms * SAMPLE_RATE_HZ / 1000) :]
    return replace(
        second,
        samples=np.concatenate([first.samples, samples]),
        started=first.started,
        speech_end_ms=first.audio_ms + max(0.0, second.speech_end_ms - again_ms),
        level_db=max(first.level_db, second.level_db),
    )
