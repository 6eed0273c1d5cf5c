"""Numbers written so that a voice reads them as people of each language do.  Pure.

English says digits one by one in the groups of the country, Spanish and French say pairs ("06 12" is "zéro six,
douze"), a rest of three at the beginning digit by digit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from assistant.config import Language

_PLUS = {"en": "plus", "es": "más", "fr": "plus"}
_AT = {"en": "at", "es": "arroba", "fr": "arobase"}
_GROUPS: Mapping[tuple[str, int], Sequence[int]] = {
    ("US", 10): (3, 3, 4),
    ("US", 11): (1, 3, 3, 4),
    ("CA", 10): (3, 3, 4),
    ("CA", 11): (1, 3, 3, 4),
    ("MX", 10): (2, 4, 4),
    ("GB", 11): (5, 3, 3),
    ("FR", 10): (2, 2, 2, 2, 2),
    ("ES", 9): (3, 3, 3),
}
"""How a country writes its numbers, by their length."""
_CODES = re.compile(r"1|7|2[07]|3[0123469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3}")
"""Codes of countries (ITU-T E.164), without the "+"."""


def read_out(number: str, language: Language, *, country: str) -> str:
    """Return a number or SIP address as it is said: `5 5 5, 0 1 2, 3 4 5 6`, `0 6, 12, 34, 56, 78`.

    country: the household's.
    """
    if number.startswith(("sip:", "sips:")):
        user, _, host = number.partition(":")[2].partition("@")
        if not re.fullmatch(r"\+?[0-9]+", user):
            return f"{user} {_AT[language]} {host}" if host else user
        number = user
    before: list[str] = []
    digits = number
    if number.startswith("+"):
        code = _CODES.match(number[1:])
        digits = number[1 + (code.end() if code else 0) :]
        before = [f"{_PLUS[language]} {_group(code[0] if code else '', language)}"]
    return ", ".join([*before, *(_group(group, language) for group in _split(digits, language, country))])


def _split(digits: str, language: Language, country: str) -> Iterator[str]:
    sizes = _GROUPS.get((country, len(digits))) if language == "en" else None
    start = 0
    for size in sizes or _sizes(len(digits), step=3 if language == "en" else 2):
        yield digits[start : start + size]
        start += size


def _sizes(count: int, *, step: int) -> Iterator[int]:
    """Groups of `step`; one more in the first of pairs, or in the last of threes, rather than a single digit."""
    while count > 0:
        alone = count % step == 1 and count > step
        if alone and (step == 2 or count == step + 1):
            yield step + 1
            count -= step + 1
        else:
            yield min(step, count)
            count -= step


def _group(digits: str, language: Language) -> str:
    """One group: a number of two digits as such in Spanish and French, anything else digit by digit."""
    if language != "en" and len(digits) == 2 and not digits.startswith("0"):
        return digits
    return " ".join(digits)
