import pytest

from assistant.language import spellings, spoken_pieces
from assistant.language.spelling import MOST_SPELLINGS


@pytest.mark.parametrize(
    ("text", "language", "spoken"),
    [
        ("kitchen", "en", ["kitchen"]),
        ("Channel 2", "en", ["Channel two"]),
        ("lamp2", "en", ["lamp two"]),
        ("TV", "en", ["TV", "T V"]),
        ("100 %", "fr", ["cent pour cent", "cent pourcent", "un zéro zéro pour cent", "un zéro zéro pourcent"]),
        ("5°", "es", ["cinco grados", "cinco grado"]),
        ("Tom & Jerry", "fr", ["Tom et Jerry"]),
        ("2h", "fr", ["deux heures", "deux heure"]),
        ("HiFi", "en", ["HiFi"]),
    ],
)
def test_spellings(text, language, spoken):
    assert spellings(text, language) == spoken


@pytest.mark.parametrize(
    ("text", "language", "spoken"),
    [
        ("1h30", "fr", "une heure trente"),
        ("21.5 degrees", "en", "twenty one point five degrees"),
        ("21,5 °", "fr", "vingt et un virgule cinq degrés"),
        ("2.10", "en", "two ten"),
        ("version 2.0.1", "en", "version two . zero . one"),
    ],
)
def test_one_of_the_spellings(text, language, spoken):
    assert spoken in spellings(text, language)


def test_many_numbers_do_not_explode():
    assert len(spellings("1984 2000 1776 1815 1914", "en")) == MOST_SPELLINGS


def test_pieces_keep_spaces_at_the_ends():
    assert spoken_pieces(" to ", "en") == [(" to ",)]
    assert spoken_pieces("on 2 ", "en") == [("on ",), (" two ",), (" ",)]


def test_long_numbers_are_said_digit_by_digit():
    assert spellings("call 5551234", "en") == ["call five five five one two three four"]
    assert spellings("250000", "en")[0] == "two hundred fifty thousand"
