"""How well names out of large catalogs, and telephone numbers, are heard: rows of `benchmarks.accuracy`.

The household has the packs of all languages; the names are of three languages and alike on purpose: a few dozen given
and family names, or words, in every combination.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import numpy as np

from assistant.config import ContactsConfig
from assistant.contacts import Card, Phonebook, make_phonebook
from assistant.contacts.vcard import Number
from assistant.interpret import Interpreter
from assistant.language import LANGUAGES, Entry, catalog_entries, contact_entries, digit_groups, load_packs
from assistant.messages import Interpretation, SlotValue
from assistant.model import Network
from assistant.recognizer import Recognizer, recognize_samples
from benchmarks.bars import beside_bar
from benchmarks.names import people, titles
from benchmarks.pico import UNSEEN, VOICES, spoken

SIZES = (1000, 10_000)
CONTACT_BARS = {1000: 95, 10_000: 90}
CLIPS = 120
"""Commands a row."""
LENGTHS = range(5, 12)
"""Digits of a telephone number."""
CALL = {"en": "call {}", "es": "llama a {}", "fr": "appelle {}"}
_DIAL = {"en": "call {}", "es": "llama al {}", "fr": "appelle le {}"}
_PLAY = {"en": "play {}", "es": "pon {}", "fr": "mets {}"}


@dataclass(frozen=True, slots=True)
class CatalogRow:
    """One line of the table."""

    what: str
    right: int
    wrong: int
    """Accepted as something else; the rest was not accepted."""
    clips: int
    search_ms: float
    ready_ms: float
    """From the names to the graph; 0 where there is no catalog."""
    bar: float | None = None
    """First bar in percent."""

    def __str__(self) -> str:
        share = 100 * self.right / max(self.clips, 1)
        line = f"{self.what:<44}{share:7.1f} % {self.right:5d}/{self.clips:<5d} wrong {self.wrong:<4d}"
        ready = f"  ready {self.ready_ms:5.0f} ms" if self.ready_ms else ""
        return f"{line}search {self.search_ms:4.1f} ms{ready}" + beside_bar(share, self.bar)


@dataclass(frozen=True, slots=True)
class _Command:
    """What is said, and what its slot must be."""

    language: str
    text: str
    value: SlotValue


def contacts(model: Network, *, clips: int = CLIPS) -> Iterator[CatalogRow]:
    """Yield the rows of people who are called by their full names."""
    for size in SIZES:
        named = people(size)
        book = _phonebook([name for name, _ in named])
        commands = [
            _Command(language, CALL[language].format(name), book.named(name)[0].id)
            for name, language in _some(named, clips)
        ]
        entries = partial(contact_entries, book)
        rows = _rows(model, f"{size:,} contacts", "contact", commands, pack="calling", entries=entries)
        yield from (replace(row, bar=CONTACT_BARS.get(size)) for row in rows)


def library(model: Network, *, clips: int = CLIPS) -> Iterator[CatalogRow]:
    """Yield the rows of titles that are played."""
    for size in SIZES:
        named = titles(size)
        commands = [_Command(language, _PLAY[language].format(name), name) for name, language in _some(named, clips)]
        entries = partial(catalog_entries, [(name, name, None) for name, _ in named])
        yield from _rows(model, f"{size:,} titles", "title", commands, pack="media", entries=entries)


def digits(model: Network, *, clips: int = CLIPS) -> Iterator[CatalogRow]:
    """Yield the rows of telephone numbers as people of each language group them, said at one go and with pauses.

    A pause that is longer than the segmenter waits ends the utterance: the dialogue goes on with the rest then, which
    is not measured here.
    """
    for what, pause in (("5 to 11 digits", " "), ("5 to 11 digits in pauses", ", ")):
        rng = random.Random(4)
        commands = [command for language in LANGUAGES for command in _dialled(language, clips, pause=pause, rng=rng)]
        yield from _rows(model, what, "digits", commands, pack="calling")


def dialled(language: str, *, clips: int = CLIPS, pause: str) -> Iterator[np.ndarray]:
    """Yield telephone numbers as Pico says them, (samples,) int16; `pause` stands between their groups."""
    for number, command in enumerate(_dialled(language, clips, pause=pause, rng=random.Random(4))):
        yield spoken(command.text, VOICES[language][number % len(VOICES[language])])


def _dialled(language: str, clips: int, *, pause: str, rng: random.Random) -> Iterator[_Command]:
    for number in range(clips):
        value = _number(language, LENGTHS[number % len(LENGTHS)], rng)
        words = pause.join(_said(group, language, rng) for group in _grouped(value, language, rng))
        yield _Command(language, _DIAL[language].format(words), value)


def _rows(
    model: Network,
    what: str,
    slot: str,
    commands: Sequence[_Command],
    *,
    pack: str,
    entries: Callable[[Sequence[str]], dict[str, tuple[Entry, ...]]] | None = None,
) -> Iterator[CatalogRow]:
    empty = {slot: dict.fromkeys(LANGUAGES, ())} if entries else {}
    interpreter = Interpreter(load_packs([pack, "light", "system"], LANGUAGES), catalogs=empty)
    began = time.process_time()
    if entries:
        interpreter.replace_catalog(slot, entries(LANGUAGES))
    ready_ms = (time.process_time() - began) * 1000 if entries else 0.0
    recognizer = Recognizer(model=model, interpreter=interpreter)
    for language in LANGUAGES:
        own = [command for command in commands if command.language == language]
        heard, times = [], []
        for number, command in enumerate(own):
            samples = spoken(command.text, VOICES[language][number % len(VOICES[language])])
            interpretation, _ = recognize_samples(recognizer, samples)
            heard.append((command, interpretation))
            posteriors = model.posteriors(samples, languages=interpreter.languages)
            began = time.process_time()
            interpreter.interpret(posteriors)
            times.append((time.process_time() - began) * 1000)
        right = sum(_is_right(command, one, slot) for command, one in heard)
        accepted = sum(one.accepted for _, one in heard)
        seen = "" if language in UNSEEN else ", voice known"
        name = f"{what} {language}{seen}"
        yield CatalogRow(name, right, accepted - right, len(own), float(np.median(times)), ready_ms)


def _is_right(command: _Command, heard: Interpretation, slot: str) -> bool:
    return heard.accepted and heard.best is not None and heard.best.slots.get(slot) == command.value


def _phonebook(names: Iterable[str]) -> Phonebook:
    cards = [Card(name, "", "", (), "", (Number(f"6{n:08}", "mobile"),), "") for n, name in enumerate(names)]
    return make_phonebook(ContactsConfig(), cards, country="ES")


def _some(named: Sequence[tuple[str, str]], clips: int) -> Iterator[tuple[str, str]]:
    """So many names of each language."""
    rng = random.Random(3)
    for language in LANGUAGES:
        yield from rng.sample([one for one in named if one[1] == language], clips)


def _number(language: str, length: int, rng: random.Random) -> str:
    """A number of some length; those of the country's own length begin as there."""
    first = "123456789"
    if length == 10 and language == "fr":
        first = "0"
    if length == 9 and language == "es":
        first = "6789"
    second = "123456789" if first == "0" else "0123456789"
    return rng.choice(first) + rng.choice(second) + "".join(rng.choice("0123456789") for _ in range(length - 2))


def _grouped(number: str, language: str, rng: random.Random) -> list[str]:
    """A number cut as it is said: threes and a rest in English, else pairs, in Spain after three of nine digits."""
    if language == "en":
        sizes = [3] * (len(number) // 3 - (len(number) % 3 == 1))
        sizes += [len(number) - sum(sizes)]
    elif language == "es" and len(number) == 9:
        sizes = rng.choice(([3, 2, 2, 2], [3, 3, 3]))
    else:
        sizes = [1] * (len(number) % 2) + [2] * (len(number) // 2)
    places = [sum(sizes[:index]) for index in range(len(sizes) + 1)]
    return [number[begin:end] for begin, end in pairwise(places)]


def _said(group: str, language: str, rng: random.Random) -> str:
    """The words of a group: one by one in English and behind a zero, else as a number."""
    if language != "en" and not group.startswith("0"):
        return _words(group, language)
    if language != "en":
        return " ".join(_words(digit, language) for digit in group)
    words = []
    while group:
        twice = len(group) > 1 and group[0] == group[1] and rng.random() < 0.5
        zero = rng.choice(("zero", "oh")) if group[0] == "0" else _words(group[0], language)
        words.append(f"double {zero}" if twice else zero)
        group = group[2 if twice else 1 :]
    return " ".join(words)


def _words(group: str, language: str) -> str:
    return next(entry.spoken for entry in digit_groups(language) if entry.out == group)


TABLES: dict[str, Callable[..., Iterator[CatalogRow]]] = {"contacts": contacts, "titles": library, "digits": digits}
