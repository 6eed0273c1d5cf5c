"""Flite's voices awb and rms (free, Debian package flite): `python -m training.voices.flite FOLDER --clips N`.

Its voice slt is held out of training for good: it speaks in the tests.
"""

from __future__ import annotations

from random import Random

from training.voices.programs import run_voice, varied
from training.voices.spoken import Speech, command

VOICES = ("awb", "rms")


def say(text: str, language: str, random: Random) -> Speech:
    """Say an English text by one of the two voices."""
    del language
    voice = random.choice(VOICES)

    def speak(tempo: float) -> Speech:
        stretch = f"duration_stretch={1 / tempo:.3f}"
        return run_voice(
            lambda wav: ("flite", "-voice", voice, "--setf", stretch, "-t", text, "-o", str(wav)),
            text="",
            speaker=f"flite {voice}",
        )

    return varied(speak, random)


if __name__ == "__main__":
    command(say, source="flite", languages=("en",))
