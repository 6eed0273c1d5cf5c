"""The second network's recipe, tiny: sentences, words, some steps, the file, and what is read from it."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
import torch

from assistant.model import Reader
from assistant.model.reader import FIRST_WORD, KINDS, UNKNOWN, numbered
from assistant.model.symbols import LANGUAGES
from training.meaning import WRITTEN, Example, Network, evaluate, examples, export, misheard, padded, train
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
    network = train(examples(sentences, numbers), table, steps=150)
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


def test_what_is_understood_is_counted(trained: tuple[Reader, Network]) -> None:
    rows = evaluate(trained[0], {"en": SENTENCES}).splitlines()
    assert rows[0] == "en from 0.0: right 100.0 %, wrong 0.0 % of 4; 0 of 2 that mean nothing"
    assert len(rows) == 6


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


def test_a_sentence_is_misheard_anew_each_time() -> None:
    rng = np.random.default_rng(1)
    rows, words = tuple(range(FIRST_WORD, FIRST_WORD + 12)), (FIRST_WORD, FIRST_WORD + 50)
    heard = [misheard(Example(rows, 1, "en", WRITTEN), words, rng) for _ in range(50)]
    assert len({tuple(one) for one, _ in heard}) > 30
    assert all(UNKNOWN < row < FIRST_WORD + 50 for one, _ in heard for row in one)
    assert {intent for _, intent in heard} == {1}
    assert misheard(Example((), 1, "en", WRITTEN), words, rng) == ([UNKNOWN], 1)


def test_a_name_that_is_heard_as_words_is_one_that_the_house_lacks() -> None:
    rng = np.random.default_rng(1)
    words = (FIRST_WORD, FIRST_WORD + 50)
    heard = [misheard(Example((UNKNOWN + 1,), 1, "en", WRITTEN), words, rng) for _ in range(300)]
    missed = [intent for one, intent in heard if one[0] >= FIRST_WORD]
    assert 0 < len(missed) < 100
    assert set(missed) == {INTENTS.index(NONE)}
    assert {intent for one, intent in heard if one[0] < FIRST_WORD} == {1}


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
