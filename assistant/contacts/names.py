"""What a person is called by those who ask for them: the whole name, and the shorter ones that people use."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from enum import IntEnum

from assistant.contacts.vcard import Card


class Rank(IntEnum):
    """How much a name belongs to its bearer: where two people go by the same words, the lower rank has them alone."""

    OWN = 0
    """What the household itself calls somebody."""
    WHOLE = 1
    """The name as an address book has it, and nicknames."""
    USUAL = 2
    """Given name and first family name."""
    GIVEN = 3
    """The given name."""
    PART = 4
    """Part of a compound given name: "María" of "María José"."""


_WORDS = re.compile(r"[^\W_]+")
_PARTICLES = {
    "de", "del", "la", "las", "los", "le", "les", "du", "des", "d", "da", "das", "dos", "do", "van", "von", "der",
    "den", "ter", "ten", "bin", "ibn", "al", "el", "san", "santa", "st", "mc", "y", "e",
}  # fmt: skip
"""Words that belong to the one behind them."""
_ARTICLES = {"the", "el", "la", "los", "las", "le", "les"}
_HONORIFICS: dict[str, tuple[str, ...]] = {
    "dr": ("doctor", "docteur"), "dra": ("doctora",), "mr": ("mister",), "mrs": ("missus",), "ms": ("miss",),
    "prof": ("professor", "profesor", "professeur"), "profa": ("profesora",), "sr": ("señor",), "sra": ("señora",),
    "srta": ("señorita",), "mme": ("madame",), "mlle": ("mademoiselle",), "me": ("maître",), "rev": ("reverend",),
}  # fmt: skip
"""Written abbreviations, and what is said for them."""
_TITLES = {"don", "doña", "dona", "monsieur", "madame", "mister", "miss", "señor", "señora", *_HONORIFICS}


def names_of(card: Card) -> list[tuple[Rank, str]]:
    """Return the names of an address book's entry, each once."""
    return distinct([*_whole(card), *_short(card)])


def distinct(names: Iterable[tuple[Rank, str]]) -> list[tuple[Rank, str]]:
    """Return each of the names once, by its lowest rank; what has nothing to say is left out."""
    kept: dict[str, tuple[Rank, str]] = {}
    for rank, name in names:
        key = folded(name)
        if key and (key not in kept or rank < kept[key][0]):
            kept[key] = (rank, name)
    return list(kept.values())


def folded(name: str) -> str:
    """Return a name without what is not heard of it: capitals, accents, punctuation."""
    plain = name.casefold()
    if not plain.isascii():
        plain = "".join(part for part in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(part))
    return " ".join(_WORDS.findall(plain))


def slug(name: str) -> str:
    """Return a name as an identifier: `maria-jose-lopez`; empty where it has no letter of a to z and no digit."""
    return "-".join(re.findall(r"[a-z0-9]+", folded(name)))[:60].strip("-")


def written(name: str) -> str:
    """Return a name as it is shown and spoken: `ANNA LÓPEZ` as `Anna López`, `IKEA` as it is."""
    return name.title() if name.isupper() and " " in name.strip() else name


def _whole(card: Card) -> Iterator[tuple[Rank, str]]:
    yield Rank.WHOLE, written(card.name)
    first, *rest = card.name.split() or [""]
    for said in _HONORIFICS.get(folded(first), ()) if rest else ():
        yield Rank.WHOLE, written(" ".join([said, *rest]))
    if rest and folded(first) in _ARTICLES:  # "llama al Corte Inglés"
        yield Rank.USUAL, written(" ".join(rest))
    if card.given and card.family:
        yield Rank.WHOLE, written(f"{card.given} {card.family}")
    for nickname in card.nicknames:
        yield Rank.WHOLE, written(nickname)


def _short(card: Card) -> Iterator[tuple[Rank, str]]:
    given, family = _parts(card)
    if not given:
        return
    yield Rank.GIVEN, " ".join(given)
    if family:
        yield Rank.USUAL, " ".join([*given, family[0]])  # "María José López" of "María José López García"
        yield Rank.PART, " ".join([given[0], family[0]])
    yield Rank.PART, given[0]


def _parts(card: Card) -> tuple[list[str], list[str]]:
    """Given and family names, particles with the word behind them; both empty for what is no person."""
    if card.given:
        given, family = _units(card.given), _units(card.family)
        shouted = f"{card.given} {card.family}".isupper()
        return ([unit.title() for unit in given], [unit.title() for unit in family]) if shouted else (given, family)
    if card.organization and folded(card.name) == folded(card.organization):
        return [], []
    units = [unit for unit in _units(written(card.name)) if folded(unit) not in _TITLES]
    if len(units) < 2:
        return [], []
    # "Ana López García" and "John Michael Smith" cannot be told apart; of four names, two are given ones in Spain.
    given_names = 2 if len(units) >= 4 else 1
    return units[:given_names], units[given_names:]


def _units(name: str) -> list[str]:
    units: list[str] = []
    open_words: list[str] = []
    for word in name.split():
        open_words.append(word)
        if folded(word) not in _PARTICLES:
            units.append(" ".join(open_words))
            open_words = []
    return [*units, *open_words]
