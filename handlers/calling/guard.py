"""What may be called by voice: emergencies always, premium rates never, the rest as the household says.  Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal, TypeAlias

from assistant.config import CallGuardConfig
from assistant.contacts import begins, normalized

Forbidden: TypeAlias = Literal["contacts-only", "denied", "premium", "too-many"]
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
)  # fmt: skip
"""Beginnings of numbers at premium rates: NANP 900; ARCEP 089; CNMC 803, 806, 807, 905, 907; Ofcom 09, 087; IFT 900."""
_PREMIUM_SHORT: Mapping[str, Collection[str]] = {"ES": ("118",), "FR": ("118",), "GB": ("118",)}
"""Directory enquiries, five or six digits: several euros a minute."""
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
    if any(begins(number, entry, country=country) for entry in config.deny):
        return "denied"
    allowed = any(begins(number, entry, country=country) for entry in config.allow)
    if config.contacts_only and not is_contact:
        return "contacts-only"
    if config.allow and not allowed:
        return "denied"
    if not allowed and _is_premium(number, country):
        return "premium"
    if calls_today >= config.calls_per_day:
        return "too-many"
    return None


def _is_premium(number: str, country: str) -> bool:
    if len(number) < _SHORT:
        return number.startswith(tuple(_PREMIUM_SHORT.get(country, ())))
    # Digits behind a whole number are ignored by the network: the beginning counts, at any length.
    return normalized(number, country).startswith(_PREMIUM) or any(
        begins(number, premium, country=country) for premium in _PREMIUM
    )
