"""Numbers written so that a voice reads them as people of each language do.  Pure.

English says digits one by one in the groups of the country.  Spanish and French say pairs ("06 12" is "zéro six,
douze") after what is over: three digits one by one in Spanish, a single one in French, where 112 is "cent douze".
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
    for size in sizes or _sizes(len(digits), language):
        yield digits[start : start + size]
        start += size


def _sizes(count: int, language: Language) -> Sequence[int]:
    """Groups of a number that is not the country's own: no digit stands alone, but in French before pairs."""
    if count <= 3:
        return [count]
    if language == "en":
        threes, rest = divmod(count, 3)
        return [3] * (threes - 1) + [4] if rest == 1 else [3] * threes + [2] * (rest == 2)
    if count % 2 == 0:
        return [2] * (count // 2)
    return [3] + [2] * (count // 2 - 1) if language == "es" else [1] + [2] * (count // 2)


def _group(digits: str, language: Language) -> str:
    """One group: as a number where people say it as one, else digit by digit."""
    whole = {"en": 0, "es": 2, "fr": 3}[language]
    return digits if len(digits) <= whole and not digits.startswith("0") and digits.isdecimal() else " ".join(digits)
