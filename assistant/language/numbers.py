"""Numbers as spoken words, in every usual way, in each language."""

from __future__ import annotations

from functools import cache
from types import ModuleType

from assistant.language import numbers_en, numbers_es, numbers_fr

MOST_WAYS = 24
"""More ways to say one number than this are not worth their room in the graph."""
MOST_COUNTED = 6
"""Longer runs of digits in a text are telephone numbers and the like."""
LARGEST = 999_999_999
"""Larger numbers are said digit by digit."""

_WORDS: dict[str, ModuleType] = {"en": numbers_en, "es": numbers_es, "fr": numbers_fr}
LANGUAGES = tuple(_WORDS)


@cache
def number_words(number: float, language: str) -> tuple[str, ...]:
    """Return the usual ways to say `number` in `language`, the most usual first.

    Decimals are said after the point digit by digit, halves also as such.
    Raises KeyError for another language than en, es, fr.
    """
    words = _WORDS[language]
    if number < 0:
        return tuple(f"{minus} {way}" for minus in words.MINUS for way in number_words(-number, language))[:MOST_WAYS]
    whole, _, decimals = f"{number:.6f}".rstrip("0").partition(".")
    heads = _whole(int(whole), words)
    if not decimals:
        return tuple(heads)
    tails = [way for row in [_row(decimals, words)] for way in row]
    if len(decimals) > 1 and decimals[0] != "0":
        tails += _whole(int(decimals), words)
    ways = [f"{head} {point} {tail}" for point in words.POINT for head in heads for tail in tails]
    if decimals == "5":
        ways += [f"{head} {half}" for half in words.HALF for head in heads if whole != "0"]
    return tuple(dict.fromkeys(ways))[: 2 * MOST_WAYS]


def digits_words(digits: str, language: str) -> tuple[str, ...]:
    """Return how a run of digits in a text is said: as a number, as a year, digit by digit; long ones rather so."""
    words = _WORDS[language]
    if len(digits) > MOST_COUNTED:
        return tuple(_row(digits, words))
    ways: list[str] = []
    if not (digits.startswith("0") and len(digits) > 1):
        ways += _whole(int(digits), words) if int(digits) <= LARGEST else []
        ways += words.year(int(digits)) if len(digits) == 4 else []
    if len(digits) > 1:
        ways += _row(digits, words)
    return tuple(dict.fromkeys(ways))


def _whole(number: int, words: ModuleType) -> list[str]:
    if number > LARGEST:
        return _row(str(number), words)
    ways: list[str] = words.cardinals(number)
    return ways[:MOST_WAYS]


def _row(digits: str, words: ModuleType) -> list[str]:
    """Digit by digit; two ways at most, all zeros said alike."""
    first = [words.digit(int(digit))[0] for digit in digits]
    last = [words.digit(int(digit))[-1] for digit in digits]
    return list(dict.fromkeys([" ".join(first), " ".join(last)]))
