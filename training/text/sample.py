"""One random text to be spoken, by the mixture of kinds in `WEIGHTS`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from random import Random

from assistant.model.symbols import normalize
from training.text import spoken, vocabulary
from training.text.grammar import Function, Grammar
from training.text.sentences import sentences

LANGUAGES = ("en", "es", "fr")

WEIGHTS = {
    "home_said": 15,
    "media_said": 8,
    "calling_said": 7,
    "timer_said": 5,
    "general_said": 5,
    "car_said": 4,
    "order": 14,
    "telephone": 5,
    "talk": 5,
    "hesitation": 3,
    "short": 4,
    "free": 14,
    "words": 8,
    "word": 2,
    "number": 4,
    "digits": 3,
    "time": 1,
    "date": 1,
    "spelled": 1,
    "person": 2,
    "place": 1,
}
"""How often each kind of text is drawn: rules of the grammars, functions of this module."""

MAX_WORDS = 25

_PLURALS = {
    "glasss": "glasses", "boxs": "boxes", "loafs": "loaves", "pinchs": "pinches", "dashs": "dashes",
    "bunchs": "bunches", "splashs": "splashes", "racións": "raciones", "morceaus": "morceaux",
}  # fmt: skip


def sample(language: str, random: Random) -> str:
    """Return a text of `language` as it is spoken: words, no digits, punctuation for the melody; 1-25 words."""
    while True:
        kind = random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        text = tidy(_draw(kind, language, random), language)
        if 1 <= len(normalize(text).split()) <= MAX_WORDS:
            return text


def tidy(text: str, language: str) -> str:
    """Return `text` with the contractions and articles that `language` asks for."""
    text = re.sub(r"\s+([,.;:!?])", r"\1", re.sub(r"\s+", " ", text)).strip(" ,")
    text = re.sub(r"\w+", lambda found: _PLURALS.get(found[0], found[0]), text)
    if language == "en":
        return re.sub(r"\b([Aa]) (?=(?!one|uni|use|euro|u\b)[aeiou]\w)", r"\1n ", text)
    if language == "es":
        return re.sub(r"\b(de|a) el\b", lambda found: found[1][:-1] + "el" if found[1] == "de" else "al", text)
    for written, contracted in (("de le", "du"), ("de les", "des"), ("à le", "au"), ("à les", "aux")):
        text = re.sub(rf"\b{written}\b", contracted, text)
    return re.sub(r"\b([Dd]|[Qq]u)e (?=(?!onze|oui|un|yaourt|huit)[aeiouyéèêâîôœAEIOÉ])", r"\1'", text)


def _draw(kind: str, language: str, random: Random) -> str:
    if kind == "free":
        known = sentences(language)
        return random.choice(known) if known else _word_sequence(language, random)
    if kind == "words":
        return _word_sequence(language, random)
    grammar = _grammar(language)
    if kind in grammar.rules:
        return grammar.sample(kind, random)
    argument = {"number": "0-1000", "digits": "1-12", "spelled": ""}.get(kind, "")
    return _functions(language)[kind](random, argument)


def _word_sequence(language: str, random: Random) -> str:
    return " ".join(vocabulary.word(language, random) for _ in range(random.randint(2, 12)))


def _sentence(language: str, random: Random) -> str:
    known = sentences(language)
    for _ in range(8):
        text = random.choice(known) if known else _word_sequence(language, random)
        if len(text.split()) <= 10:
            return text
    return vocabulary.word(language, random)


@cache
def _grammar(language: str) -> Grammar:
    text = (Path(__file__).parent / f"{language}.grammar").read_text(encoding="utf-8")
    return Grammar(text, functions=_functions(language))


@cache
def _functions(language: str) -> dict[str, Function]:
    def number(random: Random, argument: str) -> str:
        low, high = map(int, argument.split("-"))
        return spoken.number_between(language, random, low=low, high=high)

    def digits(random: Random, argument: str) -> str:
        low, high = map(int, argument.split("-"))
        return spoken.digits(language, random, low=low, high=high)

    def spelled(random: Random, argument: str) -> str:
        del argument
        name = vocabulary.surname if random.random() < 0.5 else vocabulary.word
        return spoken.spelled(name(language, random)[:10])

    return {
        "number": number,
        "digits": digits,
        "spelled": spelled,
        "digit": lambda random, _: random.choice(spoken.DIGITS[language]),
        "time": lambda random, _: spoken.time_of_day(language, random),
        "date": lambda random, _: spoken.date(language, random),
        "word": lambda random, _: vocabulary.word(language, random),
        "name_word": lambda random, _: vocabulary.word(language, random),
        "first_name": lambda random, _: vocabulary.first_name(language, random),
        "surname": lambda random, _: vocabulary.surname(language, random),
        "foreign_name": lambda random, _: vocabulary.foreign_name(language, random),
        "city": lambda random, _: vocabulary.city(language, random),
        "country": lambda random, _: vocabulary.country(language, random),
        "sentence": lambda random, _: _sentence(language, random),
    }
