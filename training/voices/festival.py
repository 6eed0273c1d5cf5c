"""Festival's American voices kal and ked (free): `python -m training.voices.festival FOLDER --clips N`.

Debian packages festival, festvox-kallpc16k and festvox-kdlpc16k.
"""

from __future__ import annotations

from random import Random

from training.voices.programs import run_voice, varied
from training.voices.spoken import Speech, command

VOICES = ("kal_diphone", "ked_diphone")


def say(text: str, language: str, random: Random) -> Speech:
    """Say an English text by one of the two voices."""
    del language
    voice = random.choice(VOICES)

    def speak(tempo: float) -> Speech:
        setting = f"(begin (voice_{voice}) (Parameter.set 'Duration_Stretch {1 / tempo:.3f}))"
        return run_voice(
            lambda wav: ("text2wave", "-eval", setting, "-o", str(wav)), text=text, speaker=f"festival {voice[:3]}"
        )

    return varied(speak, random)


if __name__ == "__main__":
    command(say, source="festival", languages=("en",))
