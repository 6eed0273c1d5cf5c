"""What may be called by voice: emergencies always, premium rates never, the rest as the household says.  Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Literal, TypeAlias
from urllib.parse import unquote

from assistant.config import CallGuardConfig
from assistant.contacts import begins, dialable, normalized

Forbidden: TypeAlias = Literal["contacts-only", "denied", "premium", "service-code", "too-many"]
"""Keys of `texts.REFUSALS`."""

EMERGENCY_EVERYWHERE = ("112",)
EMERGENCY: Mapping[str, Collection[str]] = {
    "US": ("911",),
    "CA": ("911",),
    "MX": ("911",),
    "GB": ("999",),
    "ES": ("061", "062", "080", "085", "091", "092"),
    "FR": ("15", "17", "18", "114", "191", "196"),
}
"""Numbers for emergencies by country, beside 112."""

_PREMIUM = (
    "+1900",
    "+3389",
    "+34803", "+34806", "+34807", "+34905", "+34907",
    "+449", "+44871", "+44872", "+44873",
    "+52900",
    "+870", "+881", "+882", "+883", "+979",
)  # fmt: skip
"""Beginnings of numbers at premium rates: NANP 900; ARCEP 089; CNMC 803, 806, 807, 905, 907; Ofcom 09, 087; IFT 900;
satellites and networks without a country, and premium rates of all countries (ITU-T E.164, E.169.2)."""
_PREMIUM_EXCHANGE = re.compile(r"\+1\d{3}976")
"""Beside 900 in North America, in any area."""
_PREMIUM_SHORT: Mapping[str, Collection[str]] = {"ES": ("118",), "FR": ("118",), "GB": ("118",)}
"""Directory enquiries, five or six digits: several euros a minute."""
_BEFORE: Mapping[str, str] = {
    "US": r"1167|1182|101\d{4}",
    "CA": r"1167|1182|101\d{4}",
    "GB": r"141|1470|1280|1\d{3}(?=0)",
    "ES": r"067|10\d\d",
    "FR": r"3651|16\d\d",
}
"""What may be dialled before a number: to hide who calls, or to choose who carries the call."""
_SERVICE_CODE = re.compile(r"#|\*\d{4}|\*.*\*")
"""What diverts calls, hides the caller or moves money (3GPP TS 22.030), as a contact's number; `*98` only calls."""
_SHORT = 7
"""Numbers of fewer digits are the country's own services."""


def is_emergency(number: str, *, country: str, more: Collection[str]) -> bool:
    """Return whether exactly this is an emergency number.

    more: those of the household, of the SIM card and of the network.
    """
    return number in {*EMERGENCY_EVERYWHERE, *EMERGENCY.get(country, ()), *more}


def forbidden(
    number: str, config: CallGuardConfig, *, country: str, is_contact: bool, calls_today: int
) -> Forbidden | None:
    """Return why a number that is no emergency's may not be called, None where it may."""
    meant = _meant(number, country)
    if any(begins(one, entry, country=country) for one in meant for entry in config.deny):
        return "denied"
    allowed = any(begins(number, entry, country=country) for entry in config.allow)
    if config.contacts_only and not is_contact:
        return "contacts-only"
    if config.allow and not allowed:
        return "denied"
    if not allowed and (costly := _costly(meant, country)) is not None:
        return costly
    if calls_today >= config.calls_per_day:
        return "too-many"
    return None


def _costly(meant: Collection[str], country: str) -> Literal["service-code", "premium"] | None:
    if any(_SERVICE_CODE.search(one) for one in meant):
        return "service-code"
    return "premium" if any(_is_premium(one, country) for one in meant) else None


def _meant(number: str, country: str) -> tuple[str, ...]:
    """A number as it is dialled, and those that it leads to: of a SIP address, and behind what is dialled before."""
    meant = [number]
    scheme, _, address = number.partition(":")
    if scheme in ("sip", "sips"):
        user = dialable(unquote(address.partition("@")[0]))
        meant = [number, user] if user is not None else meant
    before = re.match(_BEFORE.get(country, r"(?!)"), meant[-1])
    if before is not None and len(meant[-1]) - before.end() >= _SHORT:
        meant.append(meant[-1][before.end() :])
    return tuple(meant)


def _is_premium(number: str, country: str) -> bool:
    if len(number) < _SHORT:
        return number.startswith(tuple(_PREMIUM_SHORT.get(country, ())))
    # Digits behind a whole number are ignored by the network: the beginning counts, at any length.
    whole = normalized(number, country)
    return bool(whole.startswith(_PREMIUM) or _PREMIUM_EXCHANGE.match(whole)) or any(
        begins(number, premium, country=country) for premium in _PREMIUM
    )
