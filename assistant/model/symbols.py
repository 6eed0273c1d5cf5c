"""The network's symbols: characters of English, Spanish and French, index 0 the CTC blank.

Characters instead of phones let any name enter the graph without a pronunciation dictionary, in any language.
"""

from __future__ import annotations

import unicodedata

BLANK = 0
"""Index of the CTC blank among the network's outputs."""

ALPHABET = " 'abcdefghijklmnopqrstuvwxyzáâàäçéêèëíîïñóôöúûùüÿœæß"
"""Every symbol after the blank, in the order of the network's outputs."""

LANGUAGES = ("en", "es", "fr")
"""Languages the network knows, in the order of its input `languages`."""

_INDEX = {character: index for index, character in enumerate(ALPHABET, start=1)}
_SPELLED = frozenset(ALPHABET) - {"'"}
_REPLACED = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "ʼ": "'", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})


def normalize(text: str) -> str:
    """Return `text` as the network spells it: lower case, known characters, single spaces.

    Letters outside the alphabet lose their marks (``ã`` becomes ``a``); what has no letter left, such as
    punctuation and hyphens, separates words.  Digits are not spelled out here: see `assistant.language`.
    """
    lower = text.lower()
    if _SPELLED.issuperset(lower):  # the quick way for most of a large catalog
        return " ".join(lower.split())
    composed = unicodedata.normalize("NFC", lower).translate(_REPLACED)
    kept = "".join(_plain(character) for character in composed)
    words = (word.strip("'") if word.strip("'") == "" else word for word in kept.split())
    return " ".join(word for word in words if word)


def encode(text: str) -> list[int]:
    """Return the symbol indices of normalized `text`.

    Raises KeyError where `text` was not normalized.
    """
    return [_INDEX[character] for character in text]


def decode(indices: list[int]) -> str:
    """Return the text of symbol `indices`, blanks left out, repetitions as they are."""
    return "".join(ALPHABET[index - 1] for index in indices if index != BLANK)


def _plain(character: str) -> str:
    if character in _INDEX:
        return character
    stripped = "".join(part for part in unicodedata.normalize("NFKD", character) if part in _INDEX)
    return stripped or " "
