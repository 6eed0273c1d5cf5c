"""Numbers as they are written, dialled and compared."""

import pytest

from assistant.config import HouseholdConfig
from assistant.contacts import begins, country_of, dialable, normalized


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("+34 600-11-22-33", "+34600112233"),
        ("(555) 123-4567", "5551234567"),
        ("+44 (0)20 7946 0123", "+442079460123"),
        ("06.12.34.56.78", "0612345678"),
        ("tel:+1-555-123-4567;ext=5", "+15551234567"),
        ("555 1234 ext. 5", "5551234"),
        ("555 1234,,5", "5551234"),
        ("*123#", "*123#"),
        ("sip:ann@example.com;transport=tls", "sip:ann@example.com"),
        ("SIPS:ann@example.com", "sips:ann@example.com"),
        ("sip:", None),
        ("ask Ann", None),
        ("", None),
        ("+", None),
    ],
)
def test_dialable(written, dialled):
    assert dialable(written) == dialled


EQUAL = {
    "GB": ["020 7946 0123", "+44 20 7946 0123", "+44 (0)20 7946 0123", "0044 20 7946 0123", "+44 020 7946 0123"],
    "FR": ["06 12 34 56 78", "+33 6 12 34 56 78", "+33 (0)6 12 34 56 78", "0033612345678"],
    "ES": ["600 111 222", "+34600111222", "0034 600 111 222"],
    "US": ["555 123 4567", "1 555 123 4567", "+1 (555) 123-4567", "011 1 555 123 4567"],
    "CA": ["(514) 555-0199", "+15145550199"],
    "MX": ["55 1234 5678", "+52 55 1234 5678", "+52 1 55 1234 5678", "044 55 1234 5678", "01 55 1234 5678"],
}


@pytest.mark.parametrize("country", EQUAL)
def test_equal_numbers_have_one_form(country):
    forms = {normalized(number, country) for number in EQUAL[country]}
    assert len(forms) == 1
    assert forms.pop().startswith("+")


@pytest.mark.parametrize("number", ["112", "911", "*86", "15", "3949"])
def test_short_numbers_stay(number):
    for country in EQUAL:
        assert normalized(number, country) == number


def test_the_country_of_a_household():
    def country(**keys):
        return country_of(HouseholdConfig.model_validate(keys))

    assert country() == "US"
    assert country(languages=["fr", "en"]) == "FR"
    assert country(languages=["en"], calling={"country": "GB"}) == "GB"


@pytest.mark.parametrize(
    ("number", "beginning", "country", "so"),
    [
        ("0899123456", "089", "FR", True),
        ("+33899123456", "089", "FR", True),
        ("0033899123456", "+33 8", "FR", True),
        ("0612345678", "089", "FR", False),
        ("0144123456", "15", "FR", False),
        ("15", "15", "FR", True),
        ("118218", "118", "ES", True),
        ("+34806123456", "806", "ES", True),
        ("806123456", "+34806", "ES", True),
        ("8061234567890", "+34806", "ES", True),
        ("19005551234", "900", "US", True),
        ("9005551234", "+1900", "US", True),
        ("+15551234567", "900", "US", False),
        ("011442079460123", "+44", "US", True),
        ("sip:ann@example.com", "sip:", "US", True),
        ("sip:ann@example.com", "0", "FR", False),
    ],
)
def test_begins(number, beginning, country, so):
    assert begins(number, beginning, country=country) is so
