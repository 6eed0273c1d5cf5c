"""Hibari, an English voice (Apache-2.0): `python -m training.voices.hibari FOLDER --clips N`.

Half of the clips are plain at various speeds, the others resampled to another throat; `--changed` sets add WORLD's.
"""

from __future__ import annotations

from functools import cache
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from training.voices.speakers import resampled
from training.voices.spoken import Speech, UnspeakableError, command

if TYPE_CHECKING:
    from hibari import Hibari


@cache
def _engine() -> Hibari:
    from hibari import Hibari  # noqa: PLC0415  # of the extra `voices`: only who speaks needs it

    return Hibari()


def say(text: str, language: str, random: Random) -> Speech:
    """Say an English text at a random speed, half of the time with other formants and pitch."""
    del language
    speed = random.uniform(0.75, 1.4)
    factor = random.uniform(0.8, 1.22) if random.random() < 0.5 else 1.0
    samples = _engine()(text, speed=speed / factor, seed=random.getrandbits(31))
    if not len(samples):
        raise UnspeakableError(text)
    speech = Speech(np.asarray(samples, np.float32), _engine().sample_rate, "hibari heart", None)
    return speech if factor == 1.0 else resampled(speech, factor)


if __name__ == "__main__":
    command(say, source="hibari", languages=("en",))
