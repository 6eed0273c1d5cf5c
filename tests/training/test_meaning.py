"""The second network's recipe, tiny: sentences, confusions, some steps, the file, and what is read from it."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest

from assistant.model import Heard, Reader, letters_heard
from assistant.model.symbols import ALPHABET, LANGUAGES, normalize
from tests.model.test_reader import posteriors
from training.confusions import MOST_SOUNDS, SYMBOLS, Confusions, outcomes
from training.meaning import Draw, evaluate, export, train
from training.text.meaning import INTENTS, KINDS, NONE, Meant, held_out, is_held_out, parsed, sample
from training.text.slurp import sentences

COMMANDS = ("it is dark", "too much light", "play some music", "call the doctor", "the cat sleeps", "we ate bread")
MEANT = ("light.brighter", "light.dimmer", "media.play", "calling.call", NONE, NONE)


def exact(text: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Letters as they are."""
    del rng
    symbols = [ALPHABET.index(letter) for letter in text]
    return np.eye(SYMBOLS, dtype=np.float32)[symbols], np.arange(len(symbols))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Reader, str]:
    doctor = COMMANDS[3].index("doctor")
    meant = [
        Meant(text, "en", intent, ((doctor, len(text), "person"),) if intent == "calling.call" else ())
        for text, intent in zip(COMMANDS, MEANT, strict=True)
    ]
    draws: dict[str, Draw] = dict.fromkeys(LANGUAGES, exact)
    network = train(meant, draws, minutes=1, steps=40)
    file = tmp_path_factory.mktemp("meaning") / "meaning.npz"
    export(network, file)
    return Reader.load(file), evaluate(network, meant, draws)


def test_it_learns_a_batch(trained: tuple[Reader, str]) -> None:
    assert "en: intents 100.0 %, with all names 100.0 % of 4; of 2 that mean nothing 0" in trained[1]


@pytest.mark.parametrize(("text", "intent"), list(zip(COMMANDS, MEANT, strict=True)))
def test_the_file_reads_what_was_learned(trained: tuple[Reader, str], text: str, intent: str) -> None:
    heard = letters_heard(posteriors(text))
    meant = trained[0].read(heard)
    best = max(meant.intents, key=lambda name: meant.intents[name])
    assert (meant.intents[best] < 0.5) if intent == NONE else (best == intent)
    assert meant.languages["en"] > 0.5
    assert [heard.text[span.begin : span.end] for span in meant.spans] == (["doctor"] if "doctor" in text else [])


def test_nothing_is_read_from_nothing(trained: tuple[Reader, str]) -> None:
    silence = Heard(np.zeros((0, SYMBOLS), np.float32), np.zeros((0, 2), int))
    assert trained[0].read(silence).intents == {}


def test_letters_become_what_was_heard_for_them(tmp_path: Path) -> None:
    heard = letters_heard(posteriors("to the kiten"))
    found = list(outcomes("to the kitchen", heard))
    file = tmp_path / "confusions.npz"
    shares = np.zeros((len(found), MOST_SOUNDS, SYMBOLS), np.float16)
    for row, (_, sounds) in zip(shares, found, strict=True):
        row[: len(sounds)] = sounds
    np.savez(
        file,
        languages=np.array(["en"]),
        begins=np.array([0, len(found)]),
        letters=np.array([letter for letter, _ in found], np.uint8),
        counts=np.array([len(sounds) for _, sounds in found], np.uint8),
        shares=shares,
    )
    drawn, origin = Confusions.load(file).drawer("en")("chop it", np.random.default_rng(1))
    said = "".join(ALPHABET[symbol] for symbol in drawn.argmax(axis=1))
    assert "c" not in said  # it was never heard for a c
    assert said.endswith("it")
    assert "p" in said  # it was never spoken: it is heard as it is
    assert len(origin) == len(said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_say_where_their_names_stand_and_are_none_of_the_held_out_ones(language: str) -> None:
    random = Random(7)
    drawn = [sample(language, random, validation=number % 10 == 0) for number in range(120)]
    assert {meant.intent for meant in drawn} <= set(INTENTS)
    assert len({meant.intent for meant in drawn}) > 15
    assert all(meant.text == normalize(meant.text) for meant in drawn)
    slots = [(meant.text[begin:end], kind) for meant in drawn for begin, end, kind in meant.slots]
    assert {kind for _, kind in slots} <= set(KINDS)
    assert len(slots) > 10
    assert all(words == words.strip() and words for words, _ in slots)
    assert not any(is_held_out(meant.text, language) for meant in drawn)
    assert is_held_out(held_out(language)[0] + " now", language)


def test_articles_are_no_part_of_a_name() -> None:
    meant = parsed("de {thing le salon } s'il te plaît", "fr", "light.on")
    assert meant.text == "du salon s'il te plaît"
    assert [meant.text[begin:end] for begin, end, _ in meant.slots] == ["salon"]
    meant = parsed("dans {thing l'entrée }", "fr", "light.on")
    assert [meant.text[begin:end] for begin, end, _ in meant.slots] == ["entrée"]


def test_sentences_of_slurp_keep_the_names_that_are_ours() -> None:
    row = {
        "scenario": "iot",
        "action": "hue_lightoff",
        "sentence_annotation": "[time : now] dark the [house_place : hall]",
    }
    meant = sentences(row)
    assert meant is not None
    assert (meant.text, meant.intent) == ("now dark the hall", "light.off")
    assert [(meant.text[begin:end], kind) for begin, end, kind in meant.slots] == [("hall", "thing")]
    assert sentences({"scenario": "alarm", "action": "set", "sentence_annotation": "wake me"}) is None
