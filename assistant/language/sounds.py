"""Names as they sound: the network spells what it hears, and a name that it never read it spells by its sound.

"Hughes" comes out as "hues", "Hélène" as "élène", "Bernard" as "bernar".  A second spelling by a few rules of each
language lets the graph take these for the names that they are, in whichever language of the house they are said.
"""

from __future__ import annotations

import re
from functools import lru_cache

COST = 0.5
"""Nats by which a name is less likely to be spelled so than as it is written."""

_RULES: dict[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    language: tuple((re.compile(pattern), sound) for pattern, sound in rules)
    for language, rules in {
        "en": (
            ("ph", "f"), ("gh", ""), ("ck", "k"), ("^wr", "r"), ("^kn", "n"), ("^wh", "w"),
            ("th(?=o)", "t"), ("ah$", "a"), ("(?<=[rkl])e$", ""), (r"([b-df-hj-np-tv-z])\1", r"\1"),
        ),
        "es": (("ph", "f"), ("th", "t"), ("^h", ""), ("z$", "s"), (r"([b-df-hj-km-qs-tv-z])\1", r"\1")),
        "fr": (
            ("ph", "f"), ("th", "t"), ("^h", ""), ("ch(?=[lr])", "c"), ("ck", "k"), ("au(?:lt|d|t)$", "o"),
            (r"([b-df-hj-np-rtv-z])\1", r"\1"), ("(?<=..)[dtsxz]$", ""),
        ),
    }.items()
}  # fmt: skip
_PART = re.compile(r"[^\W\d_]+")


def as_it_sounds(name: str, language: str) -> str:
    """Return `name`, in small letters, each word as somebody would write it who has only heard it."""
    return " ".join([_sounding(word, language) for word in name.split(" ")])


@lru_cache(maxsize=50_000)  # a phonebook of ten thousand names has far fewer words
def _sounding(word: str, language: str) -> str:
    return _PART.sub(lambda part: _sound(part.group(), language), word)


def _sound(part: str, language: str) -> str:
    for pattern, sound in _RULES[language]:
        part = pattern.sub(sound, part)
    return part
