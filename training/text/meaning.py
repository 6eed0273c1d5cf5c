"""Sentences that people say without a command in them, with what is meant: texts for the second network.

`said/LANGUAGE.txt` has them by intent, each written by itself: complaints, hints, wishes, roundabout questions; under
`none` what asks a house for nothing.  Names stand in them as `{kind words}`.  Those of `said/validation.LANGUAGE.txt`
were written by others, and nothing is trained with them.  What comes near a sentence of `benchmarks/paraphrases` is
thrown away, so that those stay unknown.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from rapidfuzz import fuzz, process

from assistant.model.symbols import normalize
from training.meanings import INTENTS, NAME, NONE, plain
from training.text.mixture import sample

USUAL = 0.3
"""Share of the places where a name is said and marked, from which it is taken for one everywhere."""
LONGESTNAME = 4
"""Words."""
STRANGE = ("thing", "music", "person")
"""Kinds of names that a sentence may have and the house may lack; colours and times it knows all."""
TALK_KINDS = ("free", "talk", "telephone", "telephone", "general_said", "car_said", "order")
NEAR = 75
"""Likeness in percent from which a sentence counts as one of the held-out ones."""

_HERE = Path(__file__).parent / "said"


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence and what is meant by it."""

    words: tuple[str, ...]
    """Normalized; `<thing>` and the like (`assistant.model.reader.KINDS`) stand for names."""
    intent: str


def said(language: str, *, validation: bool = False) -> list[Said]:
    """Return the sentences of a language, without those that are like held-out ones.

    Raises ValueError with the place of an intent that is none.
    """
    names = usual_names(line for line, _ in marked_lines(f"{language}.txt"))
    kept = kept_lines(f"validation.{language}.txt" if validation else f"{language}.txt", language)
    return [Said(words_of(line, names), intent) for line, intent in kept]


def strangers(language: str, random: Random) -> list[Said]:
    """Return the same sentences with names that the house does not have, which mean nothing to it.

    Whoever wants light in a room that is unknown here must not get it in another one.
    """
    lines = [line for line, _ in kept_lines(f"{language}.txt", language)]
    names: defaultdict[str, list[str]] = defaultdict(list)
    for line in lines:
        for kind, name in name_marks(line):
            names[kind].append(name)
    return [
        Said(tuple(normalize(NAME.sub(lambda mark: random.choice(names[mark[1]]), line)).split()), NONE)
        for line in lines
        if any(kind in STRANGE for kind, _ in name_marks(line))
    ]


def talk(language: str, random: Random, *, sentences: int = 4000) -> list[Said]:
    """Return what is said near a microphone and asks the house for nothing: announcements, talk, texts read aloud."""
    found: list[Said] = []
    while len(found) < sentences:
        text = normalize(sample(language, random, kinds=TALK_KINDS))
        if text and not is_held_out(text, language):
            found.append(Said(tuple(text.split()), NONE))
    return found


@cache
def kept_lines(name: str, language: str) -> tuple[tuple[str, str], ...]:
    """The sentences of a file that are not like held-out ones, and their intents; this takes seconds."""
    return tuple(
        (line, intent) for line, intent in marked_lines(name) if not is_held_out(normalize(plain(line)), language)
    )


def marked_lines(name: str) -> list[tuple[str, str]]:
    """Return the sentences of a file of `said`, names marked, and their intents.

    Raises ValueError with the place of an intent that is none.
    """
    found, intent = [], NONE
    for number, line in enumerate((_HERE / name).read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("#"):
            intent = line[1:].strip()
            if intent not in INTENTS:
                raise ValueError(f"{name}:{number}: {intent} is no intent")
        elif line.strip():
            found.append((line, intent))
    return found


def name_marks(marked: str) -> list[tuple[str, str]]:
    """Return kind and words of each name that is marked in a text."""
    return [(found[1], found[2]) for found in NAME.finditer(marked)]


def words_of(marked: str, names: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the words of a text with `{kind words}` in it, `<kind>` for each of these.

    names: what is a name also where it is not marked, and its kind.
    """
    found: list[str] = []
    end = 0
    for name in NAME.finditer(marked):
        found += [*_named(normalize(marked[end : name.start()]).split(), names or {}), f"<{name[1]}>"]
        end = name.end()
    return (*found, *_named(normalize(marked[end:]).split(), names or {}))


def usual_names(lines: Iterable[str]) -> dict[str, str]:
    """Return what is marked as a name in a good part of the places where it is said, and its kind.

    In a sentence that means nothing, or about something else, "the kitchen" is not marked, and heard as a name all the
    same.
    """
    lines = list(lines)
    marked: Counter[tuple[str, str]] = Counter(
        (normalize(name), kind) for line in lines for kind, name in name_marks(line)
    )
    unmarked = "\n".join(f" {normalize(NAME.sub(chr(10), line))} " for line in lines)
    return {
        text: kind
        for (text, kind), count in marked.items()
        if kind != "time" and text and count >= USUAL * (count + unmarked.count(f" {text} "))
    }


def _named(words: list[str], names: Mapping[str, str]) -> list[str]:
    """The words, the longest names among them replaced by their kinds."""
    found: list[str] = []
    place = 0
    while place < len(words):
        for length in range(LONGESTNAME, 0, -1):
            kind = names.get(" ".join(words[place : place + length]))
            if kind and place + length <= len(words):
                found.append(f"<{kind}>")
                place += length
                break
        else:
            found.append(words[place])
            place += 1
    return found


def is_held_out(text: str, language: str) -> bool:
    """Whether a normalized text is like one of the held-out sentences."""
    return process.extractOne(text, held_out(language), scorer=fuzz.ratio, score_cutoff=NEAR) is not None


@cache
def held_out(language: str) -> tuple[str, ...]:
    """Return the normalized sentences of `benchmarks/paraphrases`."""
    file = Path(__file__).parents[2] / "benchmarks" / "paraphrases" / f"{language}.jsonl"
    return tuple(normalize(json.loads(line)["text"]) for line in file.read_text(encoding="utf-8").splitlines())
