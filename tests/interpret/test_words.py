"""Any words in a row, the household's names among them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from assistant.config import HouseholdConfig
from assistant.interpret import Interpreter, written
from assistant.language import catalog_entries, household_catalogs, load_packs, span_intents, span_sentences
from assistant.messages import Posteriors
from assistant.model import Lexicon

WORDS = ("could", "you", "ring", "wring", "the", "old", "dentist", "is", "it", "dark", "in", "two", "to", "kitten")
LETTERS = ["".join(letters) for letters in product("bdfglmprst", repeat=3)]
HOUSE = HouseholdConfig.model_validate({"languages": ["en"], "rooms": {"kitchen": {"en": "kitchen"}}})


def lexicon(*pairs: tuple[str, str], words: tuple[str, ...] = WORDS) -> Lexicon:
    """Words that are equally often said, and some that nearly always follow another."""
    numbers = {word: number for number, word in enumerate((*words, "<name>", "<begin>"))}
    ordered = sorted((numbers[before], numbers[after]) for before, after in pairs)
    other = np.zeros(len(words) + 2, np.float32)
    other[[before for before, _ in ordered]] = 4.0
    return Lexicon(
        words,
        np.full(len(words), 5.0, np.float32),
        np.array(ordered, np.int32).reshape(-1, 2),
        np.full(len(ordered), 0.1, np.float32),
        other,
    )


@pytest.fixture
def interpreter() -> Interpreter:
    return house()


def house() -> Interpreter:
    sentences = (*load_packs(["light", "calling", "timer"], ["en"]), *span_sentences(["light", "timer"], ["en"]))
    return Interpreter(sentences, catalogs=household_catalogs(HOUSE), reserved=span_intents())


def heard(interpreter: Interpreter, text: str, known: Lexicon) -> list[tuple[str, str | None]]:
    found = interpreter.transcribe(written(text), lexicon=known, language="en", names=span_intents())
    return [(word.text, word.names) for word in found.words]


@pytest.mark.parametrize(
    ("spelled", "words"),
    [
        ("could you ring the old dentist", "could you ring the old dentist"),
        ("could you ring the ool dentist", "could you ring the old dentist"),
        ("couldyou ring the  old dentist", "could you ring the old dentist"),
        ("xylophone is dark", "xylophone is dark"),
    ],
)
def test_words_are_heard_however_they_are_spelled(interpreter, spelled, words):
    assert heard(interpreter, spelled, lexicon()) == [(word, None) for word in words.split()]


@pytest.mark.parametrize("word", ["ring", "wring"])
def test_what_usually_follows_decides_between_words_that_sound_alike(interpreter, word):
    assert heard(interpreter, "you rring", lexicon(("you", word))) == [("you", None), (word, None)]


def test_names_of_the_household_stand_among_words(interpreter):
    known = lexicon(("in", "<name>"), ("<name>", "dark"))
    assert heard(interpreter, "it is dark in the kitchen", known)[-1] == ("the kitchen", "light_thing")
    assert heard(interpreter, "in twenty five minutes", known)[-1] == ("twenty five minutes", "timer_time")
    assert heard(interpreter, "the kitchen dark", known) == [("the kitchen", "light_thing"), ("dark", None)]


def test_a_word_that_only_names_follow_makes_them_likelier_behind_it_alone():
    def cost(text: str, *pairs: tuple[str, str]) -> float:
        found = house().transcribe(written(text), lexicon=lexicon(*pairs), language="en", names=span_intents())
        assert found.words[-1].names == "light_thing"
        return found.cost

    assert cost("ring kitchen", ("ring", "<name>")) < cost("ring kitchen") - 2
    assert cost("dark kitchen", ("ring", "<name>")) == pytest.approx(cost("dark kitchen"))


def test_a_new_name_is_heard_at_once(interpreter):
    assert heard(interpreter, "it is dark in the laboratory", lexicon())[-1] != ("the laboratory", "light_thing")
    interpreter.replace_catalog("room", catalog_entries([("laboratory", "lab", "en")], ["en"]))
    assert heard(interpreter, "it is dark in the laboratory", lexicon())[-1] == ("the laboratory", "light_thing")


@pytest.mark.parametrize(
    ("text", "rooms", "nats"),
    [
        pytest.param("dark laboratory", 50, 0.0, id="few names cost as a hundred"),
        pytest.param("dark laboratory", 1000, np.log(10), id="ten times as many"),
        pytest.param("in twenty five minutes", 1000, 0.0, id="numbers are as likely among many names"),
    ],
)
def test_a_name_costs_as_one_of_its_list(interpreter, text, rooms, nats):
    def cost(rooms: int) -> float:
        names = [("laboratory", "lab", "en"), *((f"vault {one}", one, "en") for one in LETTERS[1:rooms])]
        interpreter.replace_catalog("room", catalog_entries(names, ["en"]))
        found = interpreter.transcribe(written(text), lexicon=lexicon(), language="en", names=span_intents())
        assert found.words[-1].names
        return found.cost

    assert cost(rooms) - cost(1) == pytest.approx(nats, abs=0.01)


def test_nothing_is_heard_in_nothing(interpreter):
    empty = Posteriors(np.zeros((0, written("a").symbols.shape[1]), np.float32), frame_ms=20)
    found = interpreter.transcribe(empty, lexicon=lexicon(), language="en", names=span_intents())
    assert found.words == ()
    assert found.cost == np.inf
