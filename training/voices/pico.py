"""SVOX Pico in Spanish and French (Apache-2.0): `python -m training.voices.pico FOLDER --clips N --language es`.

Pico's English is held out of training for good: it speaks in the tests.
"""

from __future__ import annotations

from random import Random

import numpy as np
from py_nanotts import NanoTTS

from training.voices.speakers import changed, resampled
from training.voices.spoken import Speech, UnspeakableError, command

_VOICES = {"es": "es-ES", "fr": "fr-FR"}
_RATE_HZ = 16_000
_VOLUME = 0.5
"""At its full volume Pico clips."""


def say(text: str, language: str, random: Random) -> Speech:
    """Say a text by the one voice of `language`, changed in pitch, tempo and formants most of the time."""
    factor = random.uniform(0.82, 1.2) if random.random() < 0.6 else 1.0
    pitch = min(1.6, max(0.6, random.uniform(0.75, 1.35)))
    speed = random.uniform(0.75, 1.35) / factor
    pcm = NanoTTS().speak(text, voice=_VOICES[language], speed=speed, pitch=pitch, volume=_VOLUME)
    samples = np.frombuffer(pcm, np.int16).astype(np.float32) / 32768
    if not len(samples):
        raise UnspeakableError(text)
    speech = Speech(samples, _RATE_HZ, f"pico {language} p{pitch:.2f}")
    if factor != 1.0:
        return resampled(speech, factor)
    return changed(speech, random) if random.random() < 0.5 else speech


if __name__ == "__main__":
    command(say, source="pico", languages=("es", "fr"))
