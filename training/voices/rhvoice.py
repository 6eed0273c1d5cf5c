"""RHVoice's English voices alan and clb (LGPL): `python -m training.voices.rhvoice FOLDER --clips N`.

slt and bdl are held out of training for good, they speak in the tests; evgeniy-eng and lyubov may not be used
commercially and are never touched.
"""

from __future__ import annotations

from random import Random

from training.voices.programs import run_voice, varied
from training.voices.spoken import Speech, command

VOICES = ("alan", "clb")


def say(text: str, language: str, random: Random) -> Speech:
    """Say an English text by one of the two voices, at a random pitch of its own."""
    del language
    voice = random.choice(VOICES)
    pitch = round(random.uniform(80, 125))

    def speak(tempo: float) -> Speech:
        rate = round(min(3.0, max(0.4, tempo)) * 100)
        return run_voice(
            lambda wav: ("RHVoice-test", "-p", voice, "-r", str(rate), "-t", str(pitch), "-o", str(wav)),
            text=text,
            speaker=f"rhvoice {voice}",
        )

    return varied(speak, random)


if __name__ == "__main__":
    command(say, source="rhvoice", languages=("en",))
