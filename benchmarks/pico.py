"""Commands and answers that benchmarks let SVOX Pico speak while they run.

Its English voices are never trained with; its Spanish and French ones are, with other texts and changed in pitch, tempo
and formants, so that figures of those are no measure of unknown voices.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from py_nanotts import NanoTTS

from assistant.messages import SAMPLE_RATE_HZ

VOICES: Mapping[str, Sequence[str]] = {"en": ("en-US", "en-GB"), "es": ("es-ES",), "fr": ("fr-FR",)}
UNSEEN: Collection[str] = ("en",)
"""Languages of which no voice is trained with."""
_VOLUME = 0.5
"""At its full volume Pico clips."""
_AROUND = SAMPLE_RATE_HZ // 2


def spoken(text: str, voice: str, *, speed: float = 1.0, pitch: float = 1.0) -> np.ndarray:
    """Return a text as one of the voices says it, half a second of silence around it: (samples,) int16, 16 kHz."""
    speech = NanoTTS().speak(text, voice=voice, volume=_VOLUME, speed=speed, pitch=pitch)
    return np.pad(np.frombuffer(speech, dtype="<i2").astype(np.int16), _AROUND)
