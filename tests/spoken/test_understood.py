"""Every sentence of the table is understood by the network as what it means, among a household's real catalogs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pytest

from assistant.config import load_household
from assistant.dialogue import Expected
from assistant.language import catalog_entries, load_packs
from assistant.messages import Interpretation
from assistant.model import Model
from assistant.recognizer import Recognizer, for_household, recognize_samples
from benchmarks.names import people, titles
from handlers.registry import vocabularies
from tests.spoken import LANGUAGES, Sentence, said, sentences, write_household

PACKS = ("light", "media", "calling", "timer", "system", "dialogue")
ARTISTS, ALBUMS, TITLES = people(200, seed=2), titles(200, seed=2), titles(1000)
LIBRARY: Mapping[str, Sequence[str]] = {
    "playlist": ["Sunday Brunch", "Cocina", "Soirée", "Road Trip", "Workout", "Navidad", "Chansons tristes"],
    "artist": [
        "Miles Davis",
        "The Beatles",
        "Beatles",
        "Juanes",
        "Édith Piaf",
        *dict(ARTISTS),
    ],
    "album": ["Kind of Blue", "Mi Sangre", "Abbey Road", *dict(ALBUMS)],
    "title": ["Yesterday", "La camisa negra", "La vie en rose", "Help", *dict(TITLES)],
    "station": ["Jazz Radio", "France Inter", "Radio Nacional", "Classic FM"],
    "channel": ["Discovery", "Arte", "La Uno", "Canal Sur", "BBC One", "France Deux"],
}
CHOICES: Mapping[str, Sequence[str]] = {
    "en": ("mobile", "work"), "es": ("móvil", "trabajo"), "fr": ("portable", "bureau"),
}  # fmt: skip
ASKED = ("dialogue.yes", "dialogue.no", "dialogue.correct", "system.cancel", "system.stop", "system.repeat")
"""What may always be said to a question."""


@pytest.fixture(scope="module")
def recognizer(tmp_path_factory: pytest.TempPathFactory) -> Recognizer:
    config = load_household(write_household(tmp_path_factory.mktemp("house"))).config
    made = for_household(config, Model.load(None), vocabularies=vocabularies(config))
    library = {
        name: catalog_entries([(value, value, None) for value in values], LANGUAGES) for name, values in LIBRARY.items()
    }
    made.interpreter.replace_catalogs(library)
    return made


def test_every_intent_is_said_in_every_language() -> None:
    for language in LANGUAGES:
        blocks = [block for pack in load_packs(PACKS, [language]) for block in pack.blocks]
        there = {f"{block.domain}.{block.intent}" for block in blocks}
        assert {sentence.intent for sentence in sentences() if sentence.language == language} == there


@pytest.mark.parametrize("sentence", sentences(), ids=str)
def test_it_is_understood(recognizer: Recognizer, sentence: Sentence) -> None:
    heard = understood(recognizer, sentence)
    best = heard.best
    meant = (sentence.language, sentence.intent, dict(sentence.slots))
    right = best is not None and (best.language, f"{best.domain}.{best.intent}", dict(best.slots)) == meant
    if sentence.missed:
        assert not heard.accepted, f"{best}: it is understood now, take `missed` away"
    else:
        assert (heard.accepted, right) == (True, True), heard


def understood(recognizer: Recognizer, sentence: Sentence) -> Interpretation:
    expected = None
    if sentence.intent.startswith("dialogue.") and sentence.intent != "dialogue.correct":
        choices = tuple((word, number) for number, word in enumerate(CHOICES[sentence.language]))
        expected = Expected(tuple(unique((*ASKED, sentence.intent))), sentence.language, choices)
        recognizer.expect(expected)
    return recognize_samples(recognizer, said(sentence.say, language=sentence.language), expected=expected)[0]


def unique(names: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(names)
