"""Sentences for every intent of the built-in packs, in each language and in voices that were never trained with.

`sentences.yaml` is the table, `household.yaml` the house in which they make sense, `clips` the Spanish and French ones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from assistant.audio import read_file
from assistant.config import document
from benchmarks.names import people
from tests.speech import silence, trimmed

FOLDER = Path(__file__).parent
LANGUAGES = ("en", "es", "fr")
ENGLISH_VOICES = ("en-US", "en-GB")
PAUSES_S = 0.3, 0.9
"""What is heard before and after a sentence: enough to end it."""
PEOPLE = 1000
KNOWN = {"Peter Wilson": "WORK", "Marta López": "CELL", "Jean Dupont": "CELL"}
"""Who is called in the sentences, among the thousand of the address book, and what telephone it is."""


@dataclass(frozen=True, eq=False)
class Sentence:
    """One line of the table."""

    language: str
    say: str
    intent: str
    slots: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.language} {self.say}"


@cache
def sentences() -> Sequence[Sentence]:
    table = yaml.safe_load((FOLDER / "sentences.yaml").read_text(encoding="utf-8"))
    return [Sentence(language, **line) for language, lines in table.items() for line in lines]


def said(text: str, *, language: str) -> np.ndarray:
    """A sentence of the table with a pause around it, (samples,) int16 at 16 kHz."""
    before_s, after_s = PAUSES_S
    if language == "en":
        voice = ENGLISH_VOICES[sum(text.encode()) % len(ENGLISH_VOICES)]
        return np.concatenate([silence(before_s), trimmed(text, voice=voice), silence(after_s)])
    clip = read_file(FOLDER / "clips" / _clips()[language, text])
    return np.concatenate([silence(before_s), clip, silence(after_s)])


@cache
def _clips() -> Mapping[tuple[str, str], str]:
    rows = map(json.loads, (FOLDER / "clips" / "index.jsonl").read_text(encoding="utf-8").splitlines())
    return {(row["language"], row["text"]): row["file"] for row in rows}


def write_household(folder: Path, **changes: Any) -> Path:
    """The house as `folder`/oyez.yaml beside an address book; `changes` are laid over it, section by section."""
    house = document.read(FOLDER / "household.yaml").value
    names = dict.fromkeys([*KNOWN, *(name for name, _ in people(PEOPLE))])
    cards = [_card(name, f"6{number:08}") for number, name in enumerate(names)]
    (folder / "people.vcf").write_text("".join(cards), encoding="utf-8")
    file = folder / "oyez.yaml"
    file.write_text(yaml.safe_dump(_laid_over(house, changes), allow_unicode=True), encoding="utf-8")
    return file


def _laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    both = {key: _laid_over(below[key], value) for key, value in above.items() if isinstance(below.get(key), dict)}
    return {**below, **above, **both}


def _card(name: str, number: str) -> str:
    given, family = name.split(" ", 1)
    kind = KNOWN.get(name, "CELL")
    lines = ("BEGIN:VCARD", "VERSION:3.0", f"N:{family};{given};;;", f"FN:{name}", f"TEL;TYPE={kind}:{number}")
    return "".join(f"{line}\r\n" for line in (*lines, "END:VCARD"))
