"""Short sounds that say what the assistant does: made by rule, equally loud, told apart by contour and rhythm.

    listening    one step up, open: go on
    accepted     one short high note: done
    rejected     two equal low notes: again, please
    question     a rise that stays above: an answer is wanted
    error        a slow fall: it did not work

Contour, not timbre, carries the meaning: it survives small loudspeakers and noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal, TypeAlias, get_args

import numpy as np

from assistant.messages import SAMPLE_RATE_HZ
from assistant.speak.sound import levelled

EarconName: TypeAlias = Literal["listening", "accepted", "rejected", "question", "error"]
EARCONS: tuple[EarconName, ...] = get_args(EarconName)

OVERTONES = (1.0, 0.35, 0.12)
"""Amplitudes of the note and its multiples: soft, yet heard on loudspeakers that give nothing below 500 Hz."""
ATTACK_S, RELEASE_S = 0.008, 0.04
"""Slopes; steeper ones click."""

_NOTES: Mapping[EarconName, tuple[tuple[float, float], ...]] = {
    "listening": ((659.3, 0.07), (987.8, 0.11)),
    "accepted": ((1318.5, 0.12),),
    "rejected": ((440.0, 0.09), (0.0, 0.05), (440.0, 0.12)),
    "question": ((587.3, 0.08), (784.0, 0.08), (1174.7, 0.16)),
    "error": ((523.3, 0.14), (392.0, 0.14), (311.1, 0.2)),
}
"""Hz (0: silence) and seconds."""


@cache
def earcon(name: EarconName) -> np.ndarray:
    """(samples,) float32 at 16 kHz, 1.0 being full scale, at most half a second; not to be written to."""
    played = np.concatenate([_note(hz, seconds) for hz, seconds in _NOTES[name]])
    sound = levelled(np.asarray(played / np.abs(played).max() * 16_384, dtype=np.int16))
    sound.flags.writeable = False
    return sound


def _note(hz: float, seconds: float) -> np.ndarray:
    """(samples,) float32."""
    times = np.arange(round(seconds * SAMPLE_RATE_HZ), dtype=np.float32) / np.float32(SAMPLE_RATE_HZ)
    if not hz:
        return np.zeros_like(times)
    waves = [amplitude * np.sin(2 * np.pi * hz * (index + 1) * times) for index, amplitude in enumerate(OVERTONES)]
    slopes = np.minimum(1, np.minimum(times / ATTACK_S, (seconds - times) / RELEASE_S))
    return np.asarray(np.sum(waves, axis=0) * slopes, dtype=np.float32)
