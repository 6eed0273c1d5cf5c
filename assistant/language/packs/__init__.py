"""The built-in sentences: one file per language and domain, in the format of users' own files."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from assistant.errors import Fault, SentenceError
from assistant.language.fields import nearest
from assistant.language.read import load_files
from assistant.language.sentences import Sentences

PACKS = ("light", "media", "calling", "system", "timer")
"""Domains with built-in sentences."""
DIALOGUE = "dialogue"
"""Answers to questions, and corrections: every household has them."""


def load_packs(names: Iterable[str], languages: Iterable[str]) -> tuple[Sentences, ...]:
    """Return the built-in sentences of some domains in some languages, each pack apart.

    Raises SentenceError for a pack that does not exist.
    """
    wanted = tuple(names)
    unknown = [name for name in wanted if name not in PACKS and name != DIALOGUE]
    if unknown:
        raise SentenceError([Fault("packs", f'no pack "{name}"{nearest(name, PACKS)}') for name in unknown])
    return tuple(sentences for language in languages for name in wanted for sentences in _pack(name, language))


@cache
def _pack(name: str, language: str) -> tuple[Sentences, ...]:
    path = Path(__file__).parent / language / f"{name}.yaml"
    return load_files([path], strict=True).sentences
