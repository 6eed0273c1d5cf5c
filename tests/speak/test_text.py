import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.speak import sentences
from assistant.speak.text import MOST_CHARACTERS, written_out


@pytest.mark.parametrize(
    ("language", "text", "spoken"),
    [
        ("en", "It is 21.5 °C.", "It is 21.5 degrees."),
        ("es", "Hace 21.5 °C.", "Hace 21,5 grados."),
        ("fr", "Il fait 21.5 °C.", "Il fait 21,5 degrés."),
        ("en", "1 °C", "1 degree"),
        ("fr", "1,5 °C", "1,5 degré"),
        ("es", "1 min", "1 minuto"),
        ("en", "-3 °F", "minus 3 degrees Fahrenheit"),
        ("es", "−3 grados", "menos 3 grados"),
        ("fr", "entre -3 et 5", "entre moins 3 et 5"),
        ("en", "the lamp is at 30%", "the lamp is at 30 percent"),
        ("es", "al 30 %", "al 30 por ciento"),
        ("fr", "à 30 %", "à 30 pour cent"),
        ("en", "5 km/h, 2 kWh, 3 m", "5 kilometres an hour, 2 kilowatt hours, 3 metres"),
        ("en", "3 more", "3 more"),
        ("en", "1,234 titles", "1234 titles"),
        ("es", "1.234 títulos", "1234 títulos"),
        ("fr", "1\u202f234 titres", "1234 titres"),
        ("en", "at 18:05", "at 18 oh 5"),
        ("en", "at 6:00", "at 6 o'clock"),
        ("es", "a las 18:30", "a las 18 y 30"),
        ("fr", "à 18h30", "à 18 heures 30"),
        ("fr", "à 1:00", "à 1 heure"),
        ("en", "Call 0612345678?", "Call 0 6 1, 2 3 4, 5 6 7 8?"),
        ("en", "Call +44 20 7946 0958", "Call plus 4 4, 2 0, 7 9 4 6, 0 9 5 8"),
        ("en", "Call 555-1234", "Call 5 5 5, 1 2 3 4"),
        ("es", "¿Llamo al 612345678?", "¿Llamo al 6 1 2, 3 4 5, 6 7 8?"),
        ("fr", "J'appelle le 0612345678", "J'appelle le 06, 12, 34, 56, 78"),
        ("fr", "le 06 12 34 56 78", "le 06, 12, 34, 56, 78"),
        ("en", "1999, 12345, 2000000", "1999, 12345, 2000000"),
        ("en", "2024-05-06", "2024-05-06"),
        ("en", "3.14159 and 192.168.1.10", "3.14159 and 192.168.1.10"),
        ("en", "Simon & Garfunkel", "Simon and Garfunkel"),
        ("es", "Simon & Garfunkel", "Simon y Garfunkel"),
        ("fr", "Simon & Garfunkel", "Simon et Garfunkel"),
        ("en", "Playing «Señor» by Zoë 😀", "Playing Señor by Zoë"),
        ("en", 'AC<DC <volume level="200"/>', "AC DC volume level equals 200 /"),
        ("fr", "l’été", "l'été"),
    ],
)
def test_what_engines_misread_is_written_out(language: str, text: str, spoken: str) -> None:
    assert written_out(text, language) == spoken


@pytest.mark.parametrize(
    ("language", "text", "pieces"),
    [
        ("en", "Done. It is on!\nReally?", ["Done.", "It is on!", "Really?"]),
        ("en", "Dr. Smith called. Mrs. Jones too.", ["Dr. Smith called.", "Mrs. Jones too."]),
        ("fr", "M. Dupont appelle. Je réponds ?", ["M. Dupont appelle.", "Je réponds ?"]),
        ("es", "¿Qué lámpara? ¡La del salón!", ["¿Qué lámpara?", "¡La del salón!"]),
        ("en", "It is 3.5 degrees", ["It is 3.5 degrees"]),
        ("en", "", []),
        ("en", " ... 😀 \n", []),
    ],
)
def test_texts_are_cut_at_sentences(language: str, text: str, pieces: list[str]) -> None:
    assert sentences(text, language) == pieces


def test_long_sentences_are_cut_at_a_comma_or_a_space() -> None:
    words = "one two three four, " * 30
    pieces = sentences(words, "en")
    assert all(MOST_CHARACTERS // 2 < len(piece) <= MOST_CHARACTERS for piece in pieces[:-1])
    assert all(piece.endswith(",") for piece in pieces)
    assert " ".join(pieces) == words.strip()
    assert all(len(piece) <= MOST_CHARACTERS for piece in sentences("x" * 1000, "en"))


@given(st.text(max_size=400), st.sampled_from(["en", "es", "fr"]))
def test_whatever_the_text_its_pieces_can_be_said(text: str, language: str) -> None:
    pieces = sentences(text, language)
    assert all(0 < len(piece) <= MOST_CHARACTERS for piece in pieces)
    assert not re.search(r"[<>\x00-\x1f]", "".join(pieces))


@given(st.lists(st.sampled_from(["lamp", "señora", "Zoë", "œuvre", "kitchen"]), min_size=1, max_size=60))
def test_no_word_is_lost(words: list[str]) -> None:
    assert " ".join(sentences(" ".join(words), "en")).split() == words
