"""Voices that are programs of their own: started once a clip, their WAV file read back."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import soundfile

from training.voices.speakers import changed, resampled
from training.voices.spoken import Speech, UnspeakableError

_IN_MEMORY = Path("/dev/shm")  # noqa: S108  (a folder of our own is made in it)
_PATIENCE_S = 30


def run_voice(command: Callable[[Path], Sequence[str]], *, text: str, speaker: str) -> Speech:
    """Return what the program says; `command` makes its arguments from the WAV file it is to write.

    The text goes to its standard input.  Raises UnspeakableError where the program fails.
    """
    with TemporaryDirectory(dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None) as folder:
        wav = Path(folder) / "said.wav"
        program = list(command(wav))
        try:
            finished = subprocess.run(
                program, input=text.encode(), capture_output=True, check=False, timeout=_PATIENCE_S
            )
        except subprocess.TimeoutExpired as error:
            raise UnspeakableError(f"{program[0]} took more than {_PATIENCE_S} s for {text!r}") from error
        if finished.returncode or not wav.exists() or not wav.stat().st_size:
            raise UnspeakableError(f"{program[0]}: {finished.stderr.decode(errors='replace')[-300:]}")
        try:
            samples, rate_hz = soundfile.read(wav, dtype="float32")
        except soundfile.LibsndfileError as error:
            raise UnspeakableError(f"{program[0]}: {error}") from error
    return Speech(samples, rate_hz, speaker)


def varied(speak: Callable[[float], Speech], random: Random) -> Speech:
    """Return what `speak` says at a random tempo, by its own speaker or one made from it.

    `speak` takes the tempo as a factor, one for the voice's own.  Of four clips one is as the voice is, two are
    resampled to another throat, and one has formants and pitch changed apart.
    """
    tempo = random.uniform(0.8, 1.3)
    way = random.random()
    if way < 0.5:
        factor = random.uniform(0.85, 1.18)
        return resampled(speak(tempo / factor), factor)
    speech = speak(tempo)
    return changed(speech, random) if way < 0.75 else speech
