"""Telephone numbers as people say them: digits, pairs and hundreds in a row, in any mixture.

"oh seven double nine", "seiscientos doce, treinta y cuatro", "zéro six, douze, quatre-vingt-dix".  A row has no end, so
it is no list of values: the graph repeats these groups, and what was said is made digits here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from assistant.language.numbers import number_words
from assistant.language.sentences import Entry

DIGITS = "digits"
"""The list's name in templates: `{digits}`."""
MORE_DIGITS = "more_digits"
"""The same for what goes on after a pause, one digit at least."""
SHORTEST = 3
_SHORTER = {"en": (), "es": (), "fr": ("15", "17", "18")}
"""Numbers with fewer digits that there are: France's emergency services, "le quinze".  Any other would be misheard."""
LONGEST = 15
"""Digits of a number (ITU-T E.164), `+` not counted."""

_REPEATED: dict[str, dict[str, int]] = {
    "en": {"double": 2, "triple": 3, "treble": 3},
    "es": {"doble": 2, "triple": 3},
    "fr": {"double": 2, "triple": 3},
}
_ZERO_TOO = {"en": ("oh", "o"), "es": (), "fr": ()}
_PLUS = {"en": "plus", "es": "más", "fr": "plus"}
_COUNTING = {
    "en": re.compile("a"),
    "es": re.compile(r"un|una|veintiún|veintiuna|\w*cientas|quinientas"),
    "fr": re.compile("une"),
}
"""Words of numbers that count things: nobody says them in a row of digits."""
_PLAIN = str.maketrans("éó", "eo")
_USUAL = {"en": re.compile("(?!)"), "es": re.compile(r"[6-9]\d{8}"), "fr": re.compile(r"0[1-9]\d{8}")}
"""Numbers of the country, by which "soixante douze" is 72 or 60 12.  English has no such doubt."""


@cache
def digit_groups(language: str) -> tuple[Entry, ...]:
    """Return what may be said in a row of digits, each with the digits it stands for."""
    return tuple(Entry(words, digits) for words, digits in dict(_groups(language)).items())


def digits_of(words: str, language: str, *, name: str = DIGITS) -> str | None:
    """Return the digits that a row of groups stands for, with `+` before them where it was said.

    Where the words can be cut in several ways, a usual number of the country counts, then those with the fewest groups.
    None where they are no such row, or too few or too many for the list `name`.
    """
    prefix, ways = _read(words, language)
    if not ways:
        return None
    digits = prefix + ways[0]
    enough = name == MORE_DIGITS or len(ways[0]) >= SHORTEST or digits in _SHORTER[language]
    return digits if enough else None


def may_go_on(words: str, language: str) -> bool:
    """Whether more digits may follow these after a pause: unless, however they are cut, there is a usual number."""
    _, ways = _read(words, language)
    return not all(_USUAL[language].fullmatch(digits) for digits in ways)


def _read(words: str, language: str) -> tuple[str, list[str]]:
    """The prefix of a number, and the digits after it for each way to cut the words, the likeliest first."""
    said = words.split()
    prefix = ""
    if said and said[0] == _PLUS[language]:
        prefix, said = "+", said[1:]
    ways = sorted(_ways(said, language), key=lambda way: (_USUAL[language].fullmatch(way[1]) is None, way[0]))
    return prefix, [digits for _, digits in ways]


def _groups(language: str) -> Iterator[tuple[str, str]]:
    for number in range(1000):
        yield from ((words, str(number)) for words in _in_a_row(number, language))
    yield from ((words, "0") for words in _ZERO_TOO[language])
    for repeated, times in _REPEATED[language].items():
        for digit in range(10):
            for words in (*_in_a_row(digit, language), *(_ZERO_TOO[language] if digit == 0 else ())):
                yield f"{repeated} {words}", str(digit) * times
    yield _PLUS[language], "+"


def _in_a_row(number: int, language: str) -> Iterator[str]:
    for words in number_words(number, language):
        spoken = words.replace("-", " ")
        if language == "en" and number % 100 and " hundred " in spoken and " and " not in spoken:
            continue  # "eight hundred five five five" is 800 555
        if (number, spoken) != (100, "ciento") and not any(map(_COUNTING[language].fullmatch, spoken.split())):
            yield from _spelled(spoken, language)


def _spelled(words: str, language: str) -> Iterator[str]:
    """The words, and as they are heard too: "veintidos" and "veinti dos", else 22 would become "veinte dos", 20 2."""
    plain = words.translate(_PLAIN) if language == "es" else words
    yield from dict.fromkeys((words, plain, plain.replace("veinti", "veinti ")))


@cache
def _digits_by_words(language: str) -> dict[tuple[str, ...], str]:
    return {tuple(entry.spoken.split()): str(entry.out) for entry in digit_groups(language) if entry.out != "+"}


def _ways(said: Sequence[str], language: str) -> list[tuple[int, str]]:
    """The ways to cut words into groups: (groups, digits), for each number of digits the one with the fewest groups."""
    known = _digits_by_words(language)
    longest = max(map(len, known))
    ways: list[dict[int, tuple[int, str]]] = [{} for _ in range(len(said) + 1)]
    ways[0][0] = (0, "")
    for end in range(1, len(said) + 1):
        for begin in range(max(0, end - longest), end):
            digits = known.get(tuple(said[begin:end]))
            if digits is None:
                continue
            for groups, before in ways[begin].values():
                way = (groups + 1, before + digits)
                other = ways[end].get(len(way[1]))
                if len(way[1]) <= LONGEST and (other is None or way[0] < other[0]):
                    ways[end][len(way[1])] = way
    return list(ways[-1].values())
