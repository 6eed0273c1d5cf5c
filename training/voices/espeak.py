"""eSpeak NG in English and Spanish (GPL, a program of its own): `python -m training.voices.espeak FOLDER --clips N`.

A robot: at most a tenth of the English and a twentieth of the Spanish clips.  Its French cannot be understood and is
never used.
"""

from __future__ import annotations

from random import Random

from training.voices.programs import run_voice
from training.voices.spoken import Speech, command

VOICES = {
    "en": ("en-us", "en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp"),
    "es": ("es", "es-419"),
}
VARIANTS = [
    "male1",
    "male2",
    "male3",
    "male4",
    "male5",
    "male6",
    "male7",
    "female1",
    "female2",
    "female3",
    "female4",
    "female5",
    "klatt",
    "klatt2",
    "klatt4",
    "Adam",
    "Alex",
    "Alicia",
    "Andrea",
    "Andy",
    "Annie",
    "Belinda",
    "Benjamin",
    "Boris",
    "Caleb",
    "David",
    "Denis",
    "Ed",
    "Edward",
    "Gene",
    "Jacky",
    "John",
    "Lee",
    "Linda",
    "Mario",
    "Max",
    "Michael",
    "Mike",
    "Paul",
    "Rob",
    "Robert",
    "Steph",
    "Steph2",
    "Steph3",
    "anika",
    "norbert",
    "sandro",
    "shelby",
    "travis",
    "victor",
    "Zac",
]


def say(text: str, language: str, random: Random) -> Speech:
    """Say a text by a random variant at a random speed and pitch."""
    voice = f"{random.choice(VOICES[language])}+{random.choice(VARIANTS)}"
    words_a_minute = random.randint(125, 200)
    pitch = random.randint(25, 75)
    return run_voice(
        lambda wav: ("espeak-ng", "-v", voice, "-s", str(words_a_minute), "-p", str(pitch), "-w", str(wav), "--stdin"),
        text=text,
        speaker=f"espeak {voice}",
    )


if __name__ == "__main__":
    command(say, source="espeak", languages=("en", "es"))
