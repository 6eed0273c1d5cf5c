"""Texts with digits, signs and names: how they are spoken, read out, dialled, and understood when others wrote them."""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st

from assistant.config import Language
from assistant.contacts import begins, dialable, normalized
from assistant.dialogue import Expected
from assistant.interpret import Interpreter, read_text
from assistant.language import MORE_DIGITS, catalog_entries, digits_of, load_packs, number_words, spellings
from assistant.speak.text import sentences
from handlers.calling.reading import read_out
from tests.fuzz.inputs import words
from tests.fuzz.target import Target

LANGUAGES: tuple[Language, ...] = ("en", "es", "fr")
COUNTRIES = ("US", "GB", "ES", "FR", "MX", "CA")
PIECES = (
    *(
        "0",
        "1",
        "12",
        "07",
        "1.5",
        "3,25",
        "1.000",
        "10h",
        "23h59",
        "20 %",
        "21 °C",
        "€",
        "$",
        "+",
        "&",
        "@",
        "=",
        "TV",
    ),
    *(
        "USB",
        "٣",
        "²",
        "½",
        "Ⅷ",
        "-",
        ".",
        ",",
        " ",
        "1" * 310 + ".5",
        "9" * 5000,
        "١٢h٣٠",
        "10:30",
        "+33 6 12",
        "\x00",
    ),
    *("\ud800", "é", "ß", "ﬁ", "\u0301", "𝟙", "💡", "km/h", "kg", "!", "?", "...", "dr.", "a.m.", "\n", "1/2", "#"),
)
SPOKEN = (
    *("one", "two", "oh", "double", "triple", "hundred", "and", "plus", "twenty", "nine", "uno", "seis", "cien", "más"),
    *("treinta", "y", "quinientos", "doble", "zéro", "un", "et", "vingt", "quatre", "soixante", "dix", "cent", "deux"),
)
NUMBER_PIECES = (
    *("0", "00", "+", "(0)", "112", "33", "34", "1", "44", "52", "044", "6", "12345678", " ", "-", ".", "(", ")", "/"),
    *(
        "ext",
        "p",
        "w",
        ";",
        ",",
        "#",
        "*",
        "sip:",
        "sips:",
        "tel:",
        "callto:",
        "a@b",
        ":",
        "٣",
        "²",
        "x",
        "é",
        "\u00a0",
    ),
)


def take_text(text: str) -> None:
    """Write a text out as it is spoken, for the graph and for the voices."""
    for language in LANGUAGES:
        ways = spellings(text, language)
        assert ways
        assert len(ways) <= 48
        sentences(text, language)
    catalog_entries([(text, "value", None)], LANGUAGES)


def take_number(number: float) -> None:
    """Say a number."""
    for language in LANGUAGES:
        assert number_words(number, language)


def take_digits(text: str) -> None:
    """Make digits of what was said in a row."""
    for language in LANGUAGES:
        for name in ("digits", MORE_DIGITS):
            found = digits_of(text, language, name=name)
            assert found is None or len(found) <= 16


def take_telephone(text: str) -> None:
    """Bring a telephone number to its forms, and read it out."""
    found = dialable(text)
    for country in COUNTRIES:
        normalized(text, country)
        begins(text, text[:4], country=country)
        for language in LANGUAGES:
            assert isinstance(read_out(found or text, language, country=country), str)


@cache
def interpreter() -> Interpreter:
    """Some of the built-in sentences of all languages."""
    catalogs = {
        name: catalog_entries([("kitchen lamp", "lamp", None), ("Éléonore 2", "e", None)], LANGUAGES)
        for name in ("device", "room", "name", "contact")
    }
    return Interpreter(load_packs(["light", "timer", "system"], LANGUAGES), catalogs=catalogs)


def take_written(text: str) -> None:
    """Understand what another recognizer wrote down."""
    understood = read_text(interpreter(), text, languages=LANGUAGES)
    assert all(0 <= one.confidence <= 1 for one in understood.hypotheses)


def take_choices(names: list[str]) -> None:
    """Get ready to hear one of several answers."""
    expected = Expected(("dialogue.choose",), "en", tuple((name, number) for number, name in enumerate(names)))
    given = [(said, number, expected.language) for said, number in expected.choices]
    _answers().replace_catalog("choice", catalog_entries(given, ["en"]))


@cache
def _answers() -> Interpreter:
    return Interpreter(load_packs(["dialogue"], ["en"]))


_TEXTS = words("ab 1", PIECES, most=30, longest=4000)
TARGETS = (
    Target("text to speak", _TEXTS, take_text),
    Target(
        "number",
        st.one_of(
            st.floats(allow_nan=False, allow_infinity=False), st.integers(-(10**40), 10**40), st.integers(0, 3000)
        ),
        take_number,
    ),
    Target("row of digits", st.lists(st.sampled_from(SPOKEN), max_size=60).map(" ".join) | _TEXTS, take_digits),
    Target("telephone number", words("0123456789 +", NUMBER_PIECES, most=20), take_telephone),
    Target(
        "written command",
        st.one_of(_TEXTS, words("abcdefgh ", ("turn on the ", "kitchen ", "lamp", "10"))),
        take_written,
        most_cpu_s=30,
        prepare=interpreter,
    ),
    Target("answers", st.lists(_TEXTS, max_size=6), take_choices, prepare=_answers),
)
