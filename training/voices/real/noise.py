"""Which recorded noises, machines, crowds and pieces of music there are, and where they lie in the material."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.clips import SAMPLE_RATE_HZ

PIECE_SECONDS = 20
_SHORTEST_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Noises:
    """Sound files of one origin in which nobody says a word of our languages."""

    name: str
    licence: str
    material: str
    patterns: tuple[str, ...]
    """Globs inside the material's folder."""

    most_a_pattern: int | None = None
    """Of each pattern's files only the first so many."""

    def paths(self, material: Path) -> list[Path]:
        """Return the sound files under `material`, each once."""
        found = (sorted((material / self.material).glob(pattern)) for pattern in self.patterns)
        return sorted({path for paths in found for path in paths[: self.most_a_pattern]})


_FOREIGN = [
    "ar",
    "br",
    "ca",
    "cs",
    "cy",
    "de",
    "el",
    "eo",
    "et",
    "eu",
    "fa",
    "fi",
    "hi",
    "hu",
    "id",
    "it",
    "ja",
    "ka",
    "kab",
    "ky",
    "lt",
    "lv",
    "mn",
    "mt",
    "nl",
    "pl",
    "pt",
    "ro",
    "ru",
    "sl",
    "sv-SE",
    "ta",
    "th",
    "tr",
    "tt",
    "vi",
    "zh-CN",
    "zh-HK",
]

NOISES = (
    Noises(
        "ambience",
        "public domain, CC0, CC-BY, CC-BY-SA: SOUNDS_LICENSING.md there",
        "rafaelmardojai+blanket",
        ("data/resources/sounds/*.ogg",),
    ),
    Noises("precise", "public domain", "MycroftAI+Precise-Community-Data", ("not-wake-words/noises/*.wav",)),
    Noises(
        "foreign-speech",
        "CC0-1.0",
        "omnilingo+rsample-100-cv-corpus-6.1-2020-12-11",
        tuple(f"{language}/clips/*.mp3" for language in _FOREIGN),
        most_a_pattern=12,
    ),
    Noises("samples", "CC0-1.0", "deb/sonic-pi-samples", ("usr/share/sonic-pi/samples/*.flac",)),
    Noises(
        "effects",
        "GPL-2.0+, CC-BY-SA",
        "deb",
        (
            "wesnoth-1.16-data/usr/share/games/wesnoth/1.16/data/core/sounds/**/*.ogg",
            "wesnoth-1.16-data/usr/share/games/wesnoth/1.16/data/core/sounds/**/*.wav",
            "widelands-data/usr/share/games/widelands/data/sound/**/*.ogg",
            "lincity-ng-data/usr/share/games/lincity-ng/sounds/*.wav",
            "unknown-horizons/usr/share/unknown-horizons/content/audio/sounds/**/*.ogg",
            "extremetuxracer-data/usr/share/games/etr/sounds/*.wav",
            "gnome-audio/usr/share/sounds/**/*.wav",
            "sound-theme-freedesktop/usr/share/sounds/**/*.oga",
            "oxygen-sounds/usr/share/sounds/**/*.ogg",
            "tuxpaint-data/usr/share/tuxpaint/sounds/*.wav",
            "torcs-data/usr/share/games/torcs/**/*.wav",
        ),
    ),
    Noises(
        "music",
        "GPL-2.0+, CC-BY-SA",
        "deb",
        (
            "wesnoth-1.16-music/usr/share/games/wesnoth/1.16/data/core/music/*.ogg",
            "widelands-data/usr/share/games/widelands/data/music/*.ogg",
            "unknown-horizons/usr/share/unknown-horizons/content/audio/music/**/*.ogg",
            "extremetuxracer-data/usr/share/games/etr/music/*.ogg",
            "asc-music/usr/share/games/asc/music/*.mp3",
            "frozen-bubble-data/usr/share/games/frozen-bubble/snd/*zik*.ogg",
            "freedroidrpg-data/usr/share/freedroidrpg/data/sound/music/*.ogg",
            "hedgewars-data/usr/share/games/hedgewars/Data/Music/*.ogg",
            "tuxmath-data/usr/share/tuxmath/sounds/0*.ogg",
            "tuxtype-data/usr/share/tuxtype/sounds/amidst_the_raindrops.ogg",
        ),
    ),
)


def pieces(samples: np.ndarray) -> Iterator[np.ndarray]:
    """Yield views of `samples`, (samples,) int16, of at most `PIECE_SECONDS`, without those of silence."""
    length = PIECE_SECONDS * SAMPLE_RATE_HZ
    for start in range(0, len(samples), length):
        piece = samples[start : start + length]
        if len(piece) >= _SHORTEST_SECONDS * SAMPLE_RATE_HZ and np.abs(piece).max() > 0:
            yield piece
