"""Telephone numbers as people and telephones write them: made fit to dial, and brought to one form to compare."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from assistant.config import HouseholdConfig

SHORTEST_COMPARED = 8
"""Last digits by which two numbers are the same where one of them lacks its country."""

_COUNTRY_OF_LANGUAGE = {"en": "US", "es": "ES", "fr": "FR"}
_PAUSES = re.compile(r"[;,pwx]|ext", re.IGNORECASE)
"""What begins an extension or a pause: it is not dialled."""


@dataclass(frozen=True, slots=True)
class _Country:
    code: str
    digits: tuple[int, ...]
    """Lengths of a number without its trunk prefix."""
    trunk: tuple[str, ...] = ()
    """What stands before it when it is dialled within the country; the longest first."""
    abroad: str = "00"
    """What is dialled for "+"."""


_COUNTRIES: Mapping[str, _Country] = {
    "US": _Country("1", (10,), ("1",), "011"),
    "CA": _Country("1", (10,), ("1",), "011"),
    "GB": _Country("44", (9, 10), ("0",)),
    "ES": _Country("34", (9,)),
    "FR": _Country("33", (9,), ("0",)),
    "MX": _Country("52", (10,), ("044", "045", "01", "1")),
}

_TRUNKS = [
    (country.code + trunk, country.code, country.digits) for country in _COUNTRIES.values() for trunk in country.trunk
]
"""Trunk prefixes that were left in behind the code, as in +44 020."""


def country_of(config: HouseholdConfig) -> str:
    """Return the household's country: what it says, else the one its first language suggests."""
    return config.calling.country or _COUNTRY_OF_LANGUAGE[config.languages[0]]


def dialable(text: str) -> str | None:
    """Return what is dialled for a number as it is written, or None where it is none.

    `+44 (0)20 7946-0123 ext. 5` is `+442079460123`; SIP addresses stay, without `tel:` or parameters.
    """
    text = text.strip()
    scheme, colon, rest = text.partition(":")
    if colon and scheme.lower() in ("sip", "sips"):
        address = rest.split(";")[0].strip()
        return f"{scheme.lower()}:{address}" if address and not re.search(r"\s", address) else None
    if colon and scheme.lower() in ("tel", "callto"):
        text = rest
    text = _PAUSES.split(text, maxsplit=1)[0]
    if text.lstrip().startswith(("+", "00")):
        text = text.replace("(0)", "")  # dialled within the country only
    if re.search(r"[^\W\d_]", text):
        return None
    digits = re.sub(r"[^0-9*#]", "", text)
    return ("+" if text.lstrip(" (").startswith("+") else "") + digits if digits else None


def normalized(number: str, country: str) -> str:
    """Return a number in the form in which equal ones are equal: `+CODE...` where that can be known.

    country: the household's, for numbers that are written without one.
    """
    found = dialable(number)
    if found is None or found.startswith("sip"):
        return number.strip().casefold() if found is None else found.casefold()
    here = _COUNTRIES[country]
    for prefix in dict.fromkeys((here.abroad, "00")):
        if found.startswith(prefix) and len(found) > len(prefix) + SHORTEST_COMPARED:
            found = "+" + found.removeprefix(prefix)
    if found.startswith("+"):
        return "+" + _without_trunk(found[1:])
    for trunk in (*here.trunk, ""):
        rest = found.removeprefix(trunk)
        if found.startswith(trunk) and len(rest) in here.digits:
            return f"+{here.code}{rest}"
    return found


def begins(number: str, beginning: str, *, country: str) -> bool:
    """Return whether a number begins so, however both are written: `+33 8`, `00338`, `08`.

    country: the household's, for what is written without one.
    """
    if number.startswith(beginning):
        return True
    found, wanted = dialable(number), dialable(beginning)
    if found is None or wanted is None:
        return False
    if len(found) < SHORTEST_COMPARED:  # a service of the country's own
        return found.startswith(wanted)
    here = _COUNTRIES[country]
    return found.startswith(wanted) or _international(found, here).startswith(_international(wanted, here))


def _without_trunk(digits: str) -> str:
    """`330612345678` as `33612345678`, `5215512345678` as `525512345678`."""
    for before, code, lengths in _TRUNKS:
        if digits.startswith(before) and len(digits) - len(before) in lengths:
            return code + digits.removeprefix(before)
    return digits


def _international(digits: str, here: _Country) -> str:
    """Return a number of any length, or its beginning, as it begins from abroad."""
    for prefix in dict.fromkeys((here.abroad, "00")):
        if digits.startswith(prefix):
            return "+" + _without_trunk(digits.removeprefix(prefix))
    if digits.startswith("+"):
        return "+" + _without_trunk(digits[1:])
    for trunk in here.trunk:
        if digits.startswith(trunk):
            return f"+{here.code}{digits.removeprefix(trunk)}"
    # Where numbers of the country begin with 0, others are not its own.
    return digits if "0" in here.trunk else f"+{here.code}{digits}"
