"""What was meant where no template says it: the household's names decide, and what is not clear is left alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from assistant.config import HouseholdConfig
from assistant.dialogue import Expected
from assistant.interpret import Interpreter, written
from assistant.language import household_catalogs, load_packs, span_intents, span_sentences
from assistant.messages import SAMPLE_RATE_HZ, Posteriors, Utterance
from assistant.model import Lexicon
from assistant.paraphrases import Paraphrases, agreed
from assistant.recognizer import Recognizer, answers

SECOND = SAMPLE_RATE_HZ
PACKS = ("light", "calling", "timer")
HOUSE = HouseholdConfig.model_validate(
    {
        "languages": ["en"],
        "rooms": {"kitchen": {"en": "kitchen"}, "hall": {"en": "hall"}},
        "devices": {"reading": {"topic": "z/r", "names": {"en": "reading lamp"}}},
    }
)
WORDS = (
    *("it", "is", "awfully", "gloomy", "in", "here", "the", "a", "cave", "my", "glaring", "we", "want", "to", "see"),
    *("could", "somebody", "ring", "cake", "comes", "out", "soon", "something", "nice", "dark", "are", "sitting"),
    *("around", "like", "moles", "again", "and", "laboratory", "archibald", "for", "turn", "flights", "off", "on"),
    "lid",
)


class Told:
    """Reads what it is told instead of the words; a trained file is read in tests/training/test_meaning.py."""

    def __init__(self, intents: Mapping[str, float], *, cost: float = 5.0) -> None:
        """cost: nats of each word."""
        count = len(WORDS)
        nothing = np.zeros((0, 2), np.int32), np.zeros(0, np.float32)
        self.lexicons = {
            "en": Lexicon(WORDS, np.full(count, cost, np.float32), *nothing, np.zeros(count + 2, np.float32))
        }
        self._intents = intents
        self.words: list[Sequence[str]] = []

    def read(self, words: Sequence[str], language: str) -> Mapping[str, float]:
        """Return the intents, and note the words."""
        assert language == "en"
        self.words.append(words)
        return self._intents


def interpreter(*packs: str) -> Interpreter:
    sentences = (*load_packs([*packs, "dialogue"], ["en"]), *span_sentences(packs, ["en"]))
    catalogs = household_catalogs(HOUSE)
    return Interpreter(sentences, catalogs=catalogs, reserved=(*answers(), *span_intents()))


def understand(text: str, intent: str, *, packs: Collection[str] = PACKS):
    meant = Paraphrases(interpreter(*packs), Told({intent: 0.99, "light.off": 0.01}))
    return meant.heard(written(text)).understood()


@pytest.mark.parametrize(
    ("text", "intent", "slots"),
    [
        ("it is awfully gloomy in here", "light.brighter", {}),
        ("it is gloomy in the kitchen", "light.brighter", {"room": "kitchen"}),
        ("my reading lamp is glaring", "light.dimmer", {"device": "reading"}),
        ("we want to see purple in here", "light.color", {"color": "purple"}),
        ("could somebody ring my mother", "calling.call", {"relation": "mother"}),
        ("the cake comes out in twenty minutes", "timer.start", {"minutes": 20}),
        ("it is gloomy in here like my mother", "light.brighter", {}),
    ],
)
def test_names_are_those_of_the_household(text, intent, slots):
    understood = understand(text, intent)
    (found,) = understood.hypotheses
    assert (f"{found.domain}.{found.intent}", dict(found.slots)) == (intent, slots)
    assert found.text == text
    assert found.confidence == 0.99
    assert understood.command == pytest.approx(1.0)
    assert understood.share == pytest.approx(0.99)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        pytest.param("could somebody ring", "calling.call", id="nobody to call"),
        pytest.param("could somebody ring archibald", "calling.call", id="no contact"),
        pytest.param("the cake comes out soon", "timer.start", id="no time"),
        pytest.param("something nice in here", "light.color", id="no colour"),
        pytest.param("it is dark in the kitchen and the hall", "light.brighter", id="two names"),
        pytest.param("dark", "light.brighter", id="too short"),
    ],
)
def test_what_is_not_clear_is_left_alone(text, intent):
    assert not understand(text, intent).hypotheses


def test_only_what_the_household_has_sentences_for():
    assert not understand("could somebody ring my mother", "calling.call", packs=["light"]).hypotheses


def test_what_may_be_meant_comes_with_its_probability():
    told = Told({"light.dimmer": 0.3, "light.brighter": 0.6, "calling.call": 0.1})
    understood = Paraphrases(interpreter(*PACKS), told).heard(written("it is glaring in the hall")).understood()
    assert [(one.intent, one.confidence) for one in understood.hypotheses] == [("brighter", 0.6), ("dimmer", 0.3)]
    assert understood.command == pytest.approx(1.0)


def test_what_the_signal_means_counts_with_what_the_words_mean():
    told = Told({"light.dimmer": 0.4, "light.brighter": 0.5, "calling.call": 0.1})
    said = replace(written("it is glaring in the hall"), intents={"light.dimmer": 0.8, "light.brighter": 0.1})
    hypotheses = Paraphrases(interpreter(*PACKS), told).heard(said).understood().hypotheses
    assert [(one.intent, one.confidence) for one in hypotheses] == [
        ("dimmer", pytest.approx(0.563, abs=0.002)),
        ("brighter", pytest.approx(0.396, abs=0.002)),
    ]


@pytest.mark.parametrize("read", [{"light.on": 0.7, "light.off": 0.2}, {"light.on": 0.0, "light.off": 1.0}])
def test_two_networks_that_agree_say_what_each_says(read):
    assert agreed(read, read) == pytest.approx(read, abs=0.01)


def test_what_one_network_excludes_is_unlikely():
    assert agreed({"light.on": 0.6, "light.off": 0.0}, {"light.on": 0.0, "light.off": 0.0})["light.on"] < 0.3
    assert agreed({"light.on": 0.6, "light.off": 0.0}, {"light.on": 0.9, "light.off": 0.0})["light.on"] > 0.65


def test_the_network_is_told_what_is_a_name():
    told = Told({})
    assert not Paraphrases(interpreter(*PACKS), told).heard(written("it is dark in the kitchen")).understood().command
    assert [list(words) for words in told.words] == [["it", "is", "dark", "in", "<thing>"]]


class Saying:
    """A network that hears a sentence as it is said, and perhaps another one at other speeds."""

    def __init__(self, text: str, *, otherwise: str | None = None) -> None:
        self._text, self._otherwise = text, otherwise or text
        self.asked: list[Collection[str]] = []
        """The languages of each hearing."""

    def posteriors(self, samples: np.ndarray, *, languages: Collection[str]) -> Posteriors:
        """Return the letters of a sentence."""
        self.asked.append(set(languages))
        return written(self._text if len(samples) == SECOND else self._otherwise)


class Reading(Told):
    """Reads a sentence by one of its words."""

    def __init__(self, by_word: Mapping[str, Mapping[str, float]]) -> None:
        super().__init__({})
        self._by_word = by_word

    def read(self, words: Sequence[str], language: str) -> Mapping[str, float]:
        """Return the intents of the first word that is known."""
        del language
        return next((intents for word, intents in self._by_word.items() if word in words), {})


@pytest.mark.parametrize(
    ("first", "again", "accepted", "hearings"),
    [
        pytest.param(0.95, {}, True, 1, id="sure, so not heard again"),
        pytest.param(0.02, {"light.brighter": 0.99}, False, 1, id="hopeless, so neither"),
        pytest.param(0.6, {"light.brighter": 0.7}, True, 3, id="the others agree"),
        pytest.param(0.3, {"light.brighter": 0.9}, True, 3, id="the others are sure"),
        pytest.param(0.65, {"light.off": 0.4}, False, 3, id="the others doubt it"),
        pytest.param(0.3, {"light.brighter": 0.5}, False, 3, id="none is sure"),
    ],
)
def test_what_is_unsure_is_heard_again(first, again, accepted, hearings):
    told = Reading({"moles": {"light.brighter": first}, "flights": again})
    network = Saying("we are sitting around like moles again", otherwise="we are sitting around like flights again")
    found = recognize(network, interpreter(*PACKS), told)
    assert (found.accepted, len(network.asked)) == (accepted, hearings)


def test_the_language_whose_words_fit_best_is_heard_again_alone():
    both = ("en", "es")
    sentences = (*load_packs([*PACKS, "dialogue"], both), *span_sentences(PACKS, both))
    graph = Interpreter(sentences, reserved=(*answers(), *span_intents()))
    told = Reading({"moles": {"light.brighter": 0.6}})
    told.lexicons["es"] = Told({}, cost=9.0).lexicons["en"]
    network = Saying("we are sitting around like moles")
    found = recognize(network, graph, told)
    assert (found.best.language, found.accepted) == ("en", True)
    assert network.asked == [{"en", "es"}, {"en"}, {"en"}]


def recognize(network: Saying, graph: Interpreter, told: Told, *, expected: Expected | None = None):
    recognizer = Recognizer(model=network, interpreter=graph, paraphrases=Paraphrases(graph, told))
    utterance = Utterance(samples=np.zeros(SECOND, np.int16), started=datetime.now(UTC))
    return recognizer.recognize(utterance, expected=expected)


def recognized(text: str, *, cost: float = 5.0, expected: Expected | None = None):
    told = Told({"light.brighter": 0.99}, cost=cost)
    return recognize(Saying(text), interpreter(*PACKS), told, expected=expected)


@pytest.mark.parametrize(
    ("text", "cost", "found"),
    [
        pytest.param("turn off the flights", 0.1, ("brighter", "paraphrase"), id="other words fit"),
        pytest.param("turn on the lie", 0.1, ("brighter", "paraphrase"), id="they fit, and no sentence is sure"),
        pytest.param("turn off the flights", 5.0, ("off", "device"), id="they are rarely said"),
        pytest.param("turn off the lights in the kitchen", 0.1, ("off", "device"), id="a sentence of the household"),
    ],
)
def test_what_other_words_fit_far_better_is_no_sentence_of_the_household(text, cost, found):
    heard = recognized(text, cost=cost)
    assert (heard.best.intent, heard.source, heard.accepted) == (*found, True)


def test_what_no_other_words_fit_is_a_doubtful_sentence_of_the_household():
    assert recognized("turn on the lie", cost=20.0).reason == "low-confidence"


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
