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
    "North America's other premium": ("2129765555", "US", {}, "premium"),
    "a number that has 976 elsewhere": ("2125559765", "US", {}, None),
    "premium of no country": ("+979123456789", "FR", {}, "premium"),
    "a satellite": ("+881612345678", "GB", {}, "premium"),
    "premium behind a hidden caller": ("14109012345678", "GB", {}, "premium"),
    "premium by another carrier": ("10112349005551234", "US", {}, "premium"),
    "premium by another carrier in Spain": ("1033806123456", "ES", {}, "premium"),
    "premium with the caller hidden in France": ("36510899123456", "FR", {}, "premium"),
    "anybody with the caller hidden in France": ("36510612345678", "FR", {}, None),
    "denied with the caller hidden": ("067912345678", "ES", {"deny": ["912"]}, "denied"),
    "a premium number as an address": ("sip:+33899123456@example.com", "FR", {}, "premium"),
    "a premium number in an address, hidden": ("sip:%2B33899123456@example.com", "FR", {}, "premium"),
    "a denied number as an address": ("sip:0612345678@example.com", "FR", {"deny": ["06"]}, "denied"),
    "a number as an address": ("sip:0612345678@example.com", "FR", {}, None),
    "calls diverted": ("**21*0899123456#", "FR", {}, "service-code"),
    "calls diverted in America": ("*729005551234", "US", {}, "service-code"),
    "calls diverted by an address": ("sip:*21*0612345678@example.com", "FR", {}, "service-code"),
    "a code that the household wants": ("*100#", "FR", {"allow": ["*100#"]}, None),
    "voicemail": ("*98", "US", {}, None),
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
