"""One random text to be spoken, by the mixture of kinds in `WEIGHTS`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from random import Random

from assistant.model.symbols import normalize
from training.text import spoken, vocabulary
from training.text.grammar import Function, Grammar
from training.text.household import household_sentence
from training.text.sentences import sentences

LANGUAGES = ("en", "es", "fr")

WEIGHTS = {
    "home_said": 14,
    "household": 5,
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
    "keyword": 2,
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

JOINED = 0.1
"""Share of texts made of two of them."""

_JOINTS = {
    "en": ("and", "and then", "then", "and also", "but", "oh and", "because", "no, I mean", "after that"),
    "es": ("y", "y luego", "y también", "pero", "después", "ah, y", "porque", "no, quiero decir"),
    "fr": ("et", "et puis", "puis", "et aussi", "mais", "ah, et", "parce que", "non, je veux dire", "ensuite"),
}

_ARTICLE = re.compile(r"^(?:the|la|las|el|los|le|les) |^l'")
"""Home Assistant's templates bring the article themselves."""

_PLURALS = {
    "glasss": "glasses", "boxs": "boxes", "loafs": "loaves", "pinchs": "pinches", "dashs": "dashes",
    "bunchs": "bunches", "splashs": "splashes", "racións": "raciones", "morceaus": "morceaux",
}  # fmt: skip


def sample(language: str, random: Random, *, kinds: Sequence[str] = ()) -> str:
    """Return a text of `language` as it is spoken: words, no digits, punctuation for the melody; 1-25 words.

    kinds: only these of `WEIGHTS`, each alone; all of them, sometimes two joined, when empty.
    """
    while True:
        text = _one(language, random, kinds=kinds or WEIGHTS)
        if not kinds and random.random() < JOINED:
            text = f"{text.rstrip('.?!')}, {random.choice(_JOINTS[language])} {_one(language, random, kinds=WEIGHTS)}"
        if 1 <= len(normalize(text).split()) <= MAX_WORDS:
            return text


def _one(language: str, random: Random, *, kinds: Iterable[str]) -> str:
    names = list(kinds)
    kind = random.choices(names, [WEIGHTS[name] for name in names])[0]
    return tidy(_draw(kind, language, random), language)


def tidy(text: str, language: str) -> str:
    """Return `text` with the contractions and articles that `language` asks for."""
    text = re.sub(r"\s+([,.;:!?])", r"\1", re.sub(r"\s+", " ", text)).strip(" ,")
    text = re.sub(r"\w+", lambda found: _PLURALS.get(found[0], found[0]), text)
    if language == "en":
        return re.sub(r"\b([Aa]) (?=(?!one|uni|use|euro|u\b)[aeiou]\w)", r"\1n ", text)
    if language == "es":
        text = re.sub(r"\b([Dd]e|[Aa]) el\b", lambda found: f"{found[1]}l", text)
        return re.sub(r"\b(?:veintiuno|y uno)(?= \w+os\b)", _shortened, text)
    for written, contracted in (("de le", "du"), ("de les", "des"), ("à le", "au"), ("à les", "aux")):
        text = re.sub(rf"\b{written}\b", contracted, text)
    return re.sub(r"\b([Dd]|[Qq]u)e (?=(?!onze|oui|un|yaourt|huit)[aeiouyéèêâîôœAEIOÉ])", r"\1'", text)


def _shortened(one: re.Match[str]) -> str:
    return "veintiún" if one[0] == "veintiuno" else "y un"


def _draw(kind: str, language: str, random: Random) -> str:
    if kind == "free":
        known = sentences(language)
        return random.choice(known) if known else _word_sequence(language, random)
    if kind == "household":
        return _household(language, random)
    if kind == "words":
        return _word_sequence(language, random)
    grammar = _grammar(language)
    if kind in grammar.rules:
        return grammar.sample(kind, random)
    argument = {"number": "0-1000", "digits": "1-12", "spelled": ""}.get(kind, "")
    return functions(language)[kind](random, argument)


def _household(language: str, random: Random) -> str:
    grammar = _grammar(language)

    def called(*rules: str) -> Function:
        return lambda random, _: _ARTICLE.sub("", tidy(grammar.sample(random.choice(rules), random), language))

    fills = {
        "area": called("room"),
        "floor": called("floor"),
        "name": called("lamp_name", "thing", "cover", "lamp_name"),
        "": called("title", "noun", "food", "artist", "timer_name"),
    }
    number = functions(language)["number"]
    while True:
        text = household_sentence(language, random, fills=fills, number=number)
        if not any(vocabulary.is_careless(word, language) for word in text.split()):
            return text


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
    return Grammar(text, functions=functions(language))


@cache
def functions(language: str) -> dict[str, Function]:
    """Return what grammars of `language` call beside their own rules, by name."""

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
