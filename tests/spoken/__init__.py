"""Sentences for every intent of the built-in packs, in each language and in voices that were never trained with.

`sentences.yaml` is the table, `household.yaml` the house in which they make sense, `clips` the Spanish and French ones
and answers to questions.
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
from assistant.demo import demo_clips
from assistant.language import load_packs
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

MISSED = frozenset({"coupe le micro", "je voudrais écouter Édith Piaf"})
"""Requests that are not understood in these voices: they swallow short words and foreign names."""


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


def requests(domain: str) -> Sequence[Sentence]:
    """Of the table, what is asked of a domain in words that are understood."""
    return [one for one in sentences() if one.intent.startswith(f"{domain}.") and one.say not in MISSED]


def request(intent: str, *, language: str) -> Sentence:
    """The first of them for an intent."""
    return next(one for one in requests(intent.partition(".")[0]) if (one.intent, one.language) == (intent, language))


def intents(packs: Sequence[str], *, language: str) -> set[str]:
    """All that can be asked for in a language, as `domain.intent`."""
    blocks = [block for pack in load_packs(packs, [language]) for block in pack.blocks]
    return {f"{block.domain}.{block.intent}" for block in blocks}


def said(text: str, *, language: str) -> np.ndarray:
    """A sentence of the table, an answer or one of the demonstration's commands, with a pause around it.

    Returns (samples,) int16 at 16 kHz; in voices that the network never heard in training.
    """
    before_s, after_s = PAUSES_S
    file = _clips().get((language, text))
    if file is None and language == "en":
        samples = trimmed(text, voice=ENGLISH_VOICES[sum(text.encode()) % len(ENGLISH_VOICES)])
    elif file is None:
        raise KeyError(f'no clip says "{text}" in {language}')
    else:
        samples = read_file(file)
    return np.concatenate([silence(before_s), samples, silence(after_s)])


@cache
def _clips() -> Mapping[tuple[str, str], Path]:
    folder = FOLDER / "clips"
    rows = map(json.loads, (folder / "index.jsonl").read_text(encoding="utf-8").splitlines())
    demonstrated = {(clip.language, clip.text): clip.file for clip in demo_clips()}
    return demonstrated | {(row["language"], row["text"]): folder / row["file"] for row in rows}


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
