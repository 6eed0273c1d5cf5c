"""The second network's recipe, tiny: sentences, words, some steps, the file, and what is read from it."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch

from assistant.model import Reader
from assistant.model.reader import FIRST_WORD, KINDS, UNKNOWN, numbered
from assistant.model.symbols import LANGUAGES
from training.meaning import Network, evaluate, examples, export, exported, mean, mishearings, padded, read_heard, train
from training.meanings import INTENTS, NONE
from training.text.lexicon import lexicon
from training.text.meaning import Said, held_out, is_held_out, said, strangers, talk, words_of

COMMANDS = {
    "it is so dark": "light.brighter",
    "all this light hurts": "light.dimmer",
    "i fancy some music": "media.play",
    "i miss <person>": "calling.call",
    "the cat sleeps": NONE,
    "we ate bread": NONE,
}
SENTENCES = [Said(tuple(text.split()), intent) for text, intent in COMMANDS.items()]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Reader, Network]:
    sentences = dict.fromkeys(LANGUAGES, SENTENCES)
    lexicons = {language: lexicon(language, [one.words for one in SENTENCES], words=50) for language in LANGUAGES}
    numbers = numbered(lexicons)
    words = sum(map(len, numbers.values()))
    table = torch.tensor(np.random.default_rng(1).normal(size=(FIRST_WORD + words, 16)), dtype=torch.float32)
    network = train(examples(sentences, numbers), table, mishearings({}, numbers), steps=150)
    file = tmp_path_factory.mktemp("meaning") / "meaning.npz"
    export(network, lexicons, file)
    return Reader.load(file), network


@pytest.mark.parametrize(("text", "intent"), list(COMMANDS.items()))
def test_the_file_reads_what_was_learned(trained: tuple[Reader, Network], text: str, intent: str) -> None:
    meant = trained[0].read(text.split(), "fr")
    best = max(meant, key=lambda name: meant[name])
    assert (meant[best] < 0.5) if intent == NONE else (best == intent and meant[best] > 0.5)


def test_the_file_computes_what_the_network_does(trained: tuple[Reader, Network]) -> None:
    reader, network = trained
    for text in (*COMMANDS, "dark", "nobody knows any of these but the cat"):
        rows = reader.rows(text.split(), "en")
        with torch.no_grad():
            shares = network(padded([rows, [UNKNOWN] * 12])).softmax(-1)[0].numpy()
        # Only the table is rounded, to 127 steps.
        np.testing.assert_allclose(list(reader.read(text.split(), "en").values()), shares[1:], atol=0.02)


def test_training_goes_on_from_a_file(trained: tuple[Reader, Network], tmp_path: Path) -> None:
    reader, network = trained
    export(network, reader.lexicons, tmp_path / "again.npz")
    again = exported(tmp_path / "again.npz").eval()
    rows = padded([reader.rows(text.split(), "en") for text in COMMANDS])
    with torch.no_grad():
        np.testing.assert_allclose(again(rows).softmax(-1), network(rows).softmax(-1), atol=0.02)


def test_the_mean_of_two_networks_lies_between_them() -> None:
    first, second = (Network(torch.full((9, 4), fill)) for fill in (1.0, 3.0))
    assert mean(first, second).table.weight.unique().tolist() == [2.0]


def test_what_is_understood_is_counted(trained: tuple[Reader, Network]) -> None:
    rows = evaluate(trained[0], {"en": SENTENCES}).splitlines()
    assert rows[0] == "en from 0.0: right 100.0 %, wrong 0.0 % of 4; 0 of 2 that mean nothing"
    assert len(rows) == 6


def test_what_was_heard_is_read_from_its_file(tmp_path: Path) -> None:
    row = {
        "language": "fr",
        "intent": "light.on",
        "words": ["il", "fait", "noir"],
        "said": ["il", "fait", "très", "noir"],
    }
    (tmp_path / "heard.jsonl").write_text(json.dumps(row) + "\n")
    found = read_heard([tmp_path / "heard.jsonl"])
    assert {language: len(own) for language, own in found.items()} == {"en": 0, "es": 0, "fr": 1}
    assert found["fr"][0].said == ("il", "fait", "très", "noir")
    assert found["fr"][0].heard == Said(("il", "fait", "noir"), "light.on")
    numbers = {language: {"noir": FIRST_WORD, "fait": FIRST_WORD + 1} for language in LANGUAGES}
    assert mishearings(found, numbers)["fr"].hear([FIRST_WORD], np.random.default_rng(1))[1]


def test_words_follow_each_other_as_they_did_in_the_sentences() -> None:
    made = lexicon("en", [("a", "dark", "room"), ("a", "dark", "<thing>"), ("a", "lamp")], words=30)
    numbers = {word: number for number, word in enumerate(made.words)}
    cost = {(before, after): cost for (before, after), cost in zip(made.pairs.tolist(), made.pair_costs, strict=True)}
    assert cost[numbers["a"], numbers["dark"]] < cost[numbers["a"], numbers["lamp"]] < made.costs[numbers["lamp"]]
    assert (numbers["dark"], made.named) in cost
    assert (made.bound, numbers["a"]) in cost
    assert made.other_costs[numbers["a"]] > 0
    assert made.other_costs[numbers["room"]] == 0
    assert made.costs[numbers["the"]] < made.costs[numbers["lamp"]] + 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_that_the_house_lacks_mean_nothing(language: str) -> None:
    strange = strangers(language, Random(1))
    assert len(strange) > 500
    assert {one.intent for one in strange} == {NONE}
    assert not any(word.startswith("<") for one in strange for word in one.words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_talk_asks_the_house_for_nothing(language: str) -> None:
    spoken = talk(language, Random(2), sentences=60)
    assert len({one.words for one in spoken}) > 50
    assert {one.intent for one in spoken} == {NONE}
    assert talk(language, Random(2), sentences=60) == spoken


def test_names_are_marked_and_all_else_is_words() -> None:
    assert words_of("Il fait sombre dans la {thing salle de bain}, là!") == (
        *("il", "fait", "sombre", "dans", "la", "<thing>", "là"),
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_many_sentences_of_each_intent_and_none_like_the_held_out_ones(language: str) -> None:
    sentences = said(language)
    assert all(sum(one.intent == intent for one in sentences) >= 80 for intent in INTENTS)
    assert sum(one.intent == NONE for one in sentences) >= 500
    assert {word for one in sentences for word in one.words if word[0] == "<"} == {f"<{kind}>" for kind in KINDS}
    assert not {" ".join(one.words) for one in sentences} & set(held_out(language))
    assert not {one.words for one in sentences} & {one.words for one in said(language, validation=True)}


def test_what_is_like_a_held_out_sentence_is_one() -> None:
    text = held_out("en")[0]
    assert is_held_out(text, "en")
    assert is_held_out(f"oh {text}", "en")
    assert not is_held_out("the cat sleeps on the mat", "en")
