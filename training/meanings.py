"""Meaning as symbols after the letters: marks around names, then what is wanted and the language, nothing for nothing.

The order of `TOKENS` is that of the network's outputs after the letters.
"""

from __future__ import annotations

import re

from assistant.model.symbols import ALPHABET, LANGUAGES, encode, normalize

KINDS = ("thing", "music", "person", "color", "time")
END = "end"
NONE = "none"
INTENTS = (
    NONE,
    "light.on",
    "light.off",
    "light.brighter",
    "light.dimmer",
    "light.color",
    "media.play",
    "media.pause",
    "media.resume",
    "media.stop",
    "media.next",
    "media.previous",
    "media.volume_up",
    "media.volume_down",
    "media.mute",
    "media.what",
    "calling.call",
    "calling.answer",
    "calling.reject",
    "calling.hang_up",
    "calling.redial",
    "calling.who",
    "timer.start",
    "timer.remaining",
    "timer.cancel",
    "timer.add",
)
TOKENS = (*KINDS, END, *INTENTS[1:], *LANGUAGES)
FIRST = len(ALPHABET) + 1
INDEX = {token: FIRST + place for place, token in enumerate(TOKENS)}
NAME = re.compile(r"\{(\w+)\s+([^{}]*)\}")
"""How a name stands in a text: `{kind words}`."""


def plain(marked: str) -> str:
    """Return a text without its marks."""
    return NAME.sub(r"\2", marked)


def targets(marked: str, intent: str | None, language: str) -> tuple[list[int], list[int]]:
    """Return the letters of a text, and the letters with what is meant; the same where that is nothing or unknown."""
    letters = encode(normalize(plain(marked)))
    if intent in (None, NONE):
        return letters, letters
    found: list[int] = []
    end = 0
    for name in NAME.finditer(marked):
        found += _after(found, encode(normalize(marked[end : name.start()])))
        found += _after(found, [INDEX[name[1]], *encode(normalize(name[2])), INDEX[END]])
        end = name.end()
    found += _after(found, encode(normalize(marked[end:])))
    return letters, [*found, INDEX[str(intent)], INDEX[language]]


def _after(before: list[int], words: list[int]) -> list[int]:
    """Return `words`, behind a space where something stands before them."""
    return [*encode(" "), *words] if before and words else words
