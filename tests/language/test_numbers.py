import pytest
from unicode_rbnf import RbnfEngine

from assistant.language import LANGUAGES, number_words
from assistant.language.numbers import LARGEST, digits_words
from assistant.model.symbols import normalize


@pytest.mark.parametrize(
    ("language", "number", "words"),
    [
        ("en", 0, "zero"),
        ("en", 21, "twenty-one"),
        ("en", 50, "fifty"),
        ("en", 100, "one hundred"),
        ("en", 100, "a hundred"),
        ("en", 101, "a hundred and one"),
        ("en", 115, "one hundred fifteen"),
        ("en", 1500, "fifteen hundred"),
        ("en", 2700, "twenty-seven hundred"),
        ("en", 2700, "two thousand seven hundred"),
        ("en", 1_000_000, "a million"),
        ("en", 19.5, "nineteen point five"),
        ("en", 19.5, "nineteen and a half"),
        ("en", -5, "minus five"),
        ("es", 1, "una"),
        ("es", 16, "dieciséis"),
        ("es", 21, "veintiuno"),
        ("es", 21, "veintiún"),
        ("es", 21, "veinte y uno"),
        ("es", 31, "treinta y una"),
        ("es", 100, "cien"),
        ("es", 101, "ciento uno"),
        ("es", 500, "quinientas"),
        ("es", 1000, "mil"),
        ("es", 21_000, "veintiún mil"),
        ("es", 2.5, "dos coma cinco"),
        ("es", -3, "menos tres"),
        ("fr", 1, "une"),
        ("fr", 21, "vingt et un"),
        ("fr", 70, "soixante-dix"),
        ("fr", 70, "septante"),
        ("fr", 71, "soixante et onze"),
        ("fr", 80, "quatre-vingts"),
        ("fr", 81, "quatre-vingt-un"),
        ("fr", 90, "quatre-vingt-dix"),
        ("fr", 99, "nonante-neuf"),
        ("fr", 200, "deux cents"),
        ("fr", 1000, "mille"),
        ("fr", 20.5, "vingt et demi"),
        ("fr", 20.5, "vingt virgule cinq"),
    ],
)
def test_usual_ways(language, number, words):
    assert normalize(words) in {normalize(way) for way in number_words(number, language)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_way_that_hassil_knows(language):
    engine = RbnfEngine.for_language(language)
    for number in [*range(1101), 1984, 2700, 6500, 9999, 12_345]:
        ours = {normalize(way) for way in number_words(number, language)}
        theirs = {normalize(words) for words in engine.format_number(number).text_by_ruleset.values()}
        assert theirs <= ours, number


@pytest.mark.parametrize("language", LANGUAGES)
def test_different_numbers_sound_different(language):
    said: dict[str, int] = {}
    for number in range(2000):
        for way in number_words(number, language):
            assert said.setdefault(normalize(way), number) == number


@pytest.mark.parametrize(
    ("digits", "language", "words"),
    [
        ("2", "en", "two"),
        ("007", "en", "zero zero seven"),
        ("007", "en", "oh oh seven"),
        ("1984", "en", "nineteen eighty four"),
        ("1905", "en", "nineteen oh five"),
        ("112", "es", "uno uno dos"),
        ("1984", "fr", "dix neuf cent quatre vingt quatre"),
        (str(LARGEST + 1), "en", "one zero zero zero zero zero zero zero zero zero"),
    ],
)
def test_digits_in_a_text(digits, language, words):
    assert words in {normalize(way) for way in digits_words(digits, language)}


def test_a_language_without_numbers():
    with pytest.raises(KeyError):
        number_words(1, "de")
