"""What was meant where no template says it: the household's names decide, and what is not clear is left alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pytest

from assistant.config import HouseholdConfig
from assistant.dialogue import Expected
from assistant.interpret import Interpreter
from assistant.language import household_catalogs, load_packs, span_intents, span_sentences
from assistant.messages import Posteriors, Utterance
from assistant.model import Heard
from assistant.model.reader import Meant, Span
from assistant.model.symbols import normalize
from assistant.paraphrases import Paraphrases
from assistant.recognizer import Recognizer, answers
from tests.model.test_reader import posteriors

PACKS = ("light", "calling", "timer")
HOUSE = HouseholdConfig.model_validate(
    {
        "languages": ["en"],
        "rooms": {"kitchen": {"en": "kitchen"}},
        "devices": {"reading": {"topic": "z/r", "names": {"en": "reading lamp"}}},
    }
)


@dataclass(frozen=True)
class Told:
    """Reads what it is told instead of the letters; the file is read in tests/training/test_meaning.py."""

    intents: Mapping[str, float]
    named: Mapping[str, str]

    def read(self, heard: Heard) -> Meant:
        """Return the intents, and the words that were said of those that name something."""
        text = heard.text
        spans = tuple(
            Span(kind, text.index(words), text.index(words) + len(words)) for words, kind in self.named.items()
        )
        return Meant(self.intents, {"en": 1.0, "es": 0.0, "fr": 0.0}, spans)


def interpreter(*packs: str) -> Interpreter:
    sentences = (*load_packs([*packs, "dialogue"], ["en"]), *span_sentences(packs, ["en"]))
    catalogs = household_catalogs(HOUSE)
    return Interpreter(sentences, catalogs=catalogs, reserved=(*answers(), *span_intents()))


def heard(text: str) -> Posteriors:
    return Posteriors(posteriors(normalize(text), share=0.9999), frame_ms=20)


def understand(
    text: str, intent: str, named: Mapping[str, str], *, share: float = 0.99, packs: Collection[str] = PACKS
):
    meant = Paraphrases(interpreter(*packs), Told({intent: share, "light.off": 1 - share}, named))
    return meant.understand(heard(text))


@pytest.mark.parametrize(
    ("text", "intent", "named", "slots"),
    [
        ("it is awfully gloomy in here", "light.brighter", {}, {}),
        ("the kitchen is a cave", "light.brighter", {"kitchen": "thing"}, {"room": "kitchen"}),
        ("my reading lamp is glaring", "light.dimmer", {"reading lamp": "thing"}, {"device": "reading"}),
        ("we want to see purple in here", "light.color", {"purple": "color"}, {"color": "purple"}),
        ("could somebody ring my mother", "calling.call", {"mother": "person"}, {"relation": "mother"}),
        ("the cake comes out in twenty minutes", "timer.start", {"twenty minutes": "time"}, {"minutes": 20}),
    ],
)
def test_names_are_those_of_the_household(text, intent, named, slots):
    found = understand(text, intent, named)
    assert found is not None
    assert (f"{found.domain}.{found.intent}", dict(found.slots)) == (intent, slots)
    assert found.text == text
    assert 0 < found.confidence <= 1


@pytest.mark.parametrize(
    ("text", "intent", "named", "share"),
    [
        pytest.param("the laboratory is a cave", "light.brighter", {"laboratory": "thing"}, 0.99, id="no such room"),
        pytest.param("could somebody ring", "calling.call", {}, 0.99, id="nobody to call"),
        pytest.param("could somebody ring archibald", "calling.call", {"archibald": "person"}, 0.99, id="no contact"),
        pytest.param("the cake comes out soon", "timer.start", {}, 0.99, id="no time"),
        pytest.param("something nice in here", "light.color", {}, 0.99, id="no colour"),
        pytest.param("it is awfully gloomy", "light.brighter", {}, 0.6, id="not sure"),
        pytest.param("the gloomy mother", "light.brighter", {"mother": "person"}, 0.99, id="a name of another domain"),
        pytest.param("dark", "light.brighter", {}, 0.99, id="too short"),
    ],
)
def test_what_is_not_clear_is_left_alone(text, intent, named, share):
    assert understand(text, intent, named, share=share) is None


def test_only_what_the_household_has_sentences_for():
    assert understand("could somebody ring my mother", "calling.call", {"mother": "person"}, packs=["light"]) is None


class Saying:
    """A network that hears one sentence."""

    def __init__(self, text: str) -> None:
        self._text = text

    def posteriors(self, samples: np.ndarray, *, languages: Collection[str]) -> Posteriors:
        """Return the sentence's letters, whatever is said."""
        del samples, languages
        return heard(self._text)


def recognized(text: str, *, expected: Expected | None = None):
    graph = interpreter(*PACKS)
    told = Told({"light.brighter": 0.99}, {})
    recognizer = Recognizer(model=Saying(text), interpreter=graph, paraphrases=Paraphrases(graph, told))
    utterance = Utterance(samples=np.zeros(16_000, np.int16), started=datetime.now(UTC))
    return recognizer.recognize(utterance, expected=expected)


def test_a_sentence_of_the_household_is_what_it_says():
    found = recognized("turn off the lights in the kitchen")
    assert (found.best.intent, found.source, found.accepted) == ("off", "device", True)


def test_what_the_graph_rejects_is_understood_by_its_meaning():
    found = recognized("we are sitting around like moles again")
    assert (found.best.intent, found.source, found.accepted, found.reason) == ("brighter", "paraphrase", True, None)


def test_while_a_question_is_open_only_answers_are_heard():
    found = recognized(
        "we are sitting around like moles again", expected=Expected(("dialogue.yes", "dialogue.no"), "en")
    )
    assert not found.accepted
    assert found.source == "device"
