"""What may be called."""

import pytest

from assistant.config import CallGuardConfig
from handlers.calling.guard import forbidden, is_emergency


@pytest.mark.parametrize(
    ("number", "country", "so"),
    [
        ("112", "FR", True),
        ("112", "US", True),
        ("911", "US", True),
        ("911", "GB", False),
        ("999", "GB", True),
        ("15", "FR", True),
        ("15", "ES", False),
        ("1120", "ES", False),
        ("0112", "ES", False),
        ("11", "ES", False),
        ("110", "ES", True),  # of the SIM card
    ],
)
def test_an_emergency_number_is_exactly_one(number, country, so):
    assert is_emergency(number, country=country, more=["110"]) is so


GUARDS = {
    "anybody": ("0612345678", "FR", {}, None),
    "premium at home": ("0899123456", "FR", {}, "premium"),
    "premium with its country": ("+33899123456", "FR", {}, "premium"),
    "premium from abroad": ("0033899123456", "FR", {}, "premium"),
    "another country's premium": ("+34806123456", "FR", {}, "premium"),
    "premium with digits behind it": ("08991234567", "FR", {}, "premium"),
    "premium in Spain": ("806123456", "ES", {}, "premium"),
    "premium in Britain": ("09012345678", "GB", {}, "premium"),
    "premium in America": ("1-900-555-1234", "US", {}, "premium"),
    "directory enquiries": ("118218", "FR", {}, "premium"),
    "a number that only looks like it": ("0118218000", "FR", {}, None),
    "premium that the household wants": ("0899123456", "FR", {"allow": ["0899"]}, None),
    "allowed": ("0612345678", "FR", {"allow": ["+336", "07"]}, None),
    "not allowed": ("0144123456", "FR", {"allow": ["+336", "07"]}, "denied"),
    "denied": ("+44 20 7946 0123", "FR", {"deny": ["+44"]}, "denied"),
    "denied, from abroad": ("00442079460123", "FR", {"deny": ["+44"]}, "denied"),
    "denied in spite of being allowed": ("0612345678", "FR", {"allow": ["06"], "deny": ["0612"]}, "denied"),
    "digits where only contacts are called": ("0612345678", "FR", {"contacts_only": True}, "contacts-only"),
    "the last call of the day": ("0612345678", "FR", {"calls_per_day": 8}, None),
    "one too many": ("0612345678", "FR", {"calls_per_day": 7}, "too-many"),
    "an address": ("sip:ann@example.com", "FR", {}, None),
    "an address that is not wanted": ("sip:ann@example.com", "FR", {"deny": ["sip:"]}, "denied"),
}


@pytest.mark.parametrize(("number", "country", "guard", "why"), GUARDS.values(), ids=GUARDS)
def test_what_is_forbidden(number, country, guard, why):
    config = CallGuardConfig.model_validate(guard)
    digits = "".join(character for character in number if character not in " -")
    assert forbidden(digits, config, country=country, is_contact=False, calls_today=7) == why


def test_contacts_may_be_called_where_only_they_may():
    config = CallGuardConfig(contacts_only=True)
    assert forbidden("0612345678", config, country="FR", is_contact=True, calls_today=0) is None
