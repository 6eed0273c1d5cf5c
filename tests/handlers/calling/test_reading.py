"""Numbers as they are said."""

import pytest

from handlers.calling.reading import read_out


@pytest.mark.parametrize(
    ("number", "language", "country", "said"),
    [
        ("5550123456", "en", "US", "5 5 5, 0 1 2, 3 4 5 6"),
        ("15550123456", "en", "US", "1, 5 5 5, 0 1 2, 3 4 5 6"),
        ("+15550123456", "en", "US", "plus 1, 5 5 5, 0 1 2, 3 4 5 6"),
        ("5550123", "en", "US", "5 5 5, 0 1 2 3"),
        ("07700900123", "en", "GB", "0 7 7 0 0, 9 0 0, 1 2 3"),
        ("0612345678", "fr", "FR", "0 6, 12, 34, 56, 78"),
        ("+33612345678", "fr", "FR", "plus 33, 6, 12, 34, 56, 78"),
        ("612345678", "es", "ES", "6 1 2, 34, 56, 78"),
        ("+34612345678", "es", "ES", "más 34, 6 1 2, 34, 56, 78"),
        ("5512345678", "es", "MX", "55, 12, 34, 56, 78"),
        ("+351912345678", "es", "ES", "más 3 5 1, 9 1 2, 34, 56, 78"),
        ("112", "en", "GB", "1 1 2"),
        ("112", "fr", "FR", "112"),
        ("112", "es", "ES", "1 1 2"),
        ("15", "fr", "FR", "15"),
        ("061", "es", "ES", "0 6 1"),
        ("3", "en", "US", "3"),
        ("*123#", "en", "US", "* 1 2, 3 #"),
        ("sip:ann@example.com", "en", "US", "ann at example.com"),
        ("sip:ann@example.com", "fr", "FR", "ann arobase example.com"),
        ("sip:+34612345678@provider.example", "es", "ES", "más 34, 6 1 2, 34, 56, 78"),
    ],
)
def test_a_number_is_read_as_people_read_it(number, language, country, said):
    assert read_out(number, language, country=country) == said


@pytest.mark.parametrize("language", ["en", "es", "fr"])
@pytest.mark.parametrize("length", range(1, 16))
def test_no_digit_is_lost(language, length):
    digits = "312345678901234"[:length]
    said = read_out(digits, language, country="US")
    assert "".join(character for character in said if character.isdigit()) == digits
