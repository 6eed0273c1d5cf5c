"""Telephone numbers in words, as people group them."""

import pytest

from assistant.language import LANGUAGES, digit_groups, digits_of, may_go_on

SAID = [
    ("en", "oh seven double nine one two three", "0799123"),
    ("en", "five five five twelve thirty four", "5551234"),
    ("en", "triple five zero one ninety nine", "5550199"),
    ("en", "treble oh seven", "0007"),
    ("en", "eight hundred five five five", "800555"),
    ("en", "nine one one", "911"),
    ("en", "one hundred and twelve", "112"),
    ("en", "plus one two one two five five five oh one ninety nine", "+12125550199"),
    ("es", "seis doce treinta y cuatro cincuenta y seis setenta y ocho", "612345678"),
    ("es", "novecientos doce trescientos cuarenta y cinco seiscientos setenta y ocho", "912345678"),
    ("es", "seiscientos veintidós once cero cero doble tres", "622110033"),
    ("es", "seis veintidos veinti uno", "62221"),
    ("es", "seis veinte dos", "6202"),
    ("es", "uno uno dos", "112"),
    ("es", "ciento doce", "112"),
    ("es", "más treinta y cuatro seis uno dos tres cuatro cinco seis siete ocho", "+34612345678"),
    ("fr", "zéro six douze trente quatre cinquante six soixante dix huit", "0612345678"),
    ("fr", "zéro un quatre vingt dix neuf quatre vingts quatre vingt un soixante et onze", "0199808171"),
    ("fr", "zéro huit cent deux cent trois quatre cent cinq", "0800203405"),
    ("fr", "zéro un septante nonante huitante et un vingt", "0170908120"),
    ("fr", "cent dix huit deux cent dix huit", "118218"),
    ("fr", "le quinze", None),
    ("fr", "quatre vingt neuf", None),
    # France's emergency numbers, and no other two digits.
    ("fr", "quinze", "15"),
    ("fr", "un sept", "17"),
    ("fr", "dix huit", "18"),
    ("fr", "seize", None),
    ("fr", "plus quinze", None),
    ("es", "quince", None),
    ("en", "seventeen", None),
    ("fr", "plus trente trois six douze trente quatre cinquante six soixante dix huit", "+33612345678"),
    # The same words are two numbers; the usual length tells which.
    ("fr", "zéro six vingt quatre vingt douze trente quatre cinquante", "0620923450"),
    ("fr", "zéro six soixante douze trente quatre cinquante et un onze", "0672345111"),
    ("fr", "zéro six soixante douze trente quatre cinquante", "0660123450"),
    ("es", "novecientos doce treinta y cuatro cincuenta y seis", "900123456"),
    ("en", "one two", None),
    ("en", "plus one", None),
    ("en", "one plus two three", None),
    ("en", " ".join(["seven"] * 15), "7" * 15),
    ("en", " ".join(["seven"] * 16), None),
    ("en", "", None),
    ("en", "call me", None),
]


@pytest.mark.parametrize(("language", "words", "digits"), SAID)
def test_digits(language, words, digits):
    assert digits_of(words, language) == digits


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_digit_pair_and_hundred_can_be_said(language):
    said = {str(entry.out) for entry in digit_groups(language)}
    assert said == {*map(str, range(1000)), "+", "00", "000"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_thousand_words_are_no_number(language):
    zero = digit_groups(language)[0].spoken
    assert digits_of(" ".join([zero] * 1000), language) is None


@pytest.mark.parametrize(
    ("language", "words", "goes_on"),
    [
        ("es", "seis uno dos tres cuatro cinco seis siete ocho", False),
        ("es", "seis uno dos tres cuatro cinco seis siete", True),
        ("fr", "zéro un douze treize quatorze quinze", False),
        ("fr", "zéro six quatre vingt neuf cinquante et un trente six", True),  # or 06 4 20 9 51 36
        ("en", "five five five one two three four", True),
    ],
)
def test_digits_may_follow_until_there_is_a_usual_number(language, words, goes_on):
    assert may_go_on(words, language) is goes_on
