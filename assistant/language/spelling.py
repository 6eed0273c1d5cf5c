"""Text as it is spoken: digits, signs and abbreviations spelled out."""

from __future__ import annotations

import re
from itertools import islice, product

from assistant.language.numbers import digits_words, number_words

MOST_SPELLINGS = 48
"""Ways to speak one text that enter the graph."""
MOST_CHARACTERS = 400
"""Longer texts are no names, and are spoken in the most usual way alone: each way costs as much as the text is long."""

_SIGNS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {"%": ("percent",), "°": ("degrees", "degree"), "&": ("and",), "+": ("plus",), "€": ("euros", "euro"),
           "$": ("dollars", "dollar"), "£": ("pounds", "pound"), "@": ("at",), "=": ("equals",)},
    "es": {"%": ("por ciento", "porciento"), "°": ("grados", "grado"), "&": ("y",), "+": ("más",),
           "€": ("euros", "euro"), "$": ("dólares", "dólar"), "£": ("libras", "libra"), "@": ("arroba",),
           "=": ("igual a",)},
    "fr": {"%": ("pour cent", "pourcent"), "°": ("degrés", "degré"), "&": ("et",), "+": ("plus",),
           "€": ("euros", "euro"), "$": ("dollars", "dollar"), "£": ("livres", "livre"), "@": ("arobase",),
           "=": ("égale",)},
}  # fmt: skip
_CLOCK = {"en": (), "es": ("horas", "hora"), "fr": ("heures", "heure")}
_TOKEN = re.compile(
    r"(?P<clock>\d{1,2}h(?:\d{2})?(?![a-zA-Z0-9]))|(?P<decimal>(?<![\d.,])\d{1,12}[.,]\d{1,6}(?![\d.,]))|(?P<digits>\d+)|(?P<sign>[%°&+€$£@=])"
    r"|(?P<capitals>(?<![^\W\d_])[A-Z]{2,4}(?![^\W\d_]))"
)
_NEEDS = re.compile(r"[\d%°&+€$£@=]|[A-Z]{2}")


def needs_spelling(text: str) -> bool:
    """Whether `text` holds anything that is written otherwise than it is spoken."""
    return _NEEDS.search(text) is not None


def spoken_pieces(text: str, language: str) -> list[tuple[str, ...]]:
    """Return `text` as a row of pieces, each with its alternatives; joined, they are what may be said.

    Spaces at the ends of `text` are kept; pieces that stand for signs or digits are set off by spaces.
    """
    if not needs_spelling(text):
        return [(text,)]
    pieces: list[tuple[str, ...]] = []
    end = 0
    for token in _TOKEN.finditer(text):
        if token.start() > end:
            pieces.append((text[end : token.start()],))
        ways = _ways(token, language)
        glued = token.lastgroup == "capitals"
        pieces.append(ways if glued else tuple(f" {way} " for way in ways))
        end = token.end()
    if end < len(text):
        pieces.append((text[end:],))
    return pieces


def spellings(text: str, language: str) -> list[str]:
    """Return every way to speak `text` (at most MOST_SPELLINGS), the most usual first."""
    if not needs_spelling(text):
        return [text]
    ways = product(*spoken_pieces(text, language))
    tried = 4 * MOST_SPELLINGS if len(text) <= MOST_CHARACTERS else 1
    joined = (" ".join("".join(way).split()) for way in islice(ways, tried))
    return list(dict.fromkeys(joined))[:MOST_SPELLINGS]


def _ways(token: re.Match[str], language: str) -> tuple[str, ...]:
    text = token.group()
    if token.lastgroup == "clock":
        return _clock(text, language)
    if token.lastgroup == "decimal":
        return number_words(float(text.replace(",", ".")), language) + _as_two_numbers(text, language)
    if token.lastgroup == "digits":
        return digits_words(text, language)
    if token.lastgroup == "sign":
        return _SIGNS[language][text]
    return (text, " ".join(text))  # "TV": as a word, and letter by letter


def _clock(text: str, language: str) -> tuple[str, ...]:
    """`1h30`, as hours and minutes are written in France and Spain."""
    hours, _, minutes = text.partition("h")
    names = _CLOCK[language] or ("h",)
    heads = [f"{way} {name}" for way in number_words(int(hours), language)[:3] for name in names]
    if not minutes or minutes == "00":
        return tuple(heads)
    return tuple(f"{head} {way}" for head in heads for way in number_words(int(minutes), language)[:3])


def _as_two_numbers(text: str, language: str) -> tuple[str, ...]:
    """`2.10` may also be a version or a time: "two ten"."""
    first, last = re.split(r"[.,]", text)
    if last.startswith("0") or len(last) != 2:
        return ()
    return tuple(
        f"{a} {b}" for a in number_words(int(first), language)[:2] for b in number_words(int(last), language)[:2]
    )
