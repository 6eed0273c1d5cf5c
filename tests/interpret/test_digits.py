"""Numbers of any length in the graph: `{digits}`."""

import random

import pytest

from assistant.interpret import Interpreter
from assistant.language import Entry, digit_groups, digits_of, load_text
from tests.interpret.rendering import rendered

SENTENCES = {
    "en": """
language: en
intents: {calling.call: {data: [{sentences: ["(call|dial) [the number] {digits} [please]", "call {who}"]}]}}
lists: {who: {values: [Anna, nine to five]}}
""",
    "es": 'language: es\nintents: {calling.call: {data: [{sentences: ["(llama al|marca el) {digits} [por favor]"]}]}}',
    "fr": """
language: fr
intents: {calling.call: {data: [{sentences: ["(appelle|compose) [le ]{digits:number}[ s'il te plaît]"]}]}}
""",
}
BEGINS = {"en": "dial the number", "es": "marca el", "fr": "compose le"}
ENDS = {"en": "please", "es": "por favor", "fr": "s'il te plaît"}


@pytest.fixture(scope="module")
def interpreter():
    return Interpreter([one for text in SENTENCES.values() for one in load_text(text).sentences])


def meant(interpreter, text, *, seed=0, **rendering):
    hypotheses = interpreter.interpret(rendered(text, seed=seed, **rendering)).hypotheses
    return dict(hypotheses[0].slots) if hypotheses else None


@pytest.mark.parametrize("language", SENTENCES)
def test_any_grouping_of_any_number(interpreter, language):
    rng = random.Random(3)
    groups = [entry.spoken for entry in digit_groups(language) if entry.out != "+"]
    slot = "number" if language == "fr" else "digits"
    for number in range(25):
        words = " ".join(rng.choice(groups) for _ in range(rng.randint(3, 5)))
        digits = digits_of(words, language)
        text = f"{BEGINS[language]} {words} {ENDS[language] if number % 2 else ''}"
        assert meant(interpreter, text, seed=number) == {slot: digits}


def test_plus_and_too_few_digits(interpreter):
    assert meant(interpreter, "call plus four four seven seven double oh nine") == {"digits": "+4477009"}
    assert meant(interpreter, "dial one two") is None


def test_words_that_are_said(interpreter):
    (best, *_) = interpreter.interpret(rendered("dial oh seven double nine please")).hypotheses
    assert dict(best.spoken) == {"digits": "oh seven double nine"}
    assert best.text == "dial oh seven double nine please"


def test_a_name_beside_numbers(interpreter):
    assert meant(interpreter, "call nine to five") == {"who": "nine to five"}
    assert meant(interpreter, "call nine two five") == {"digits": "925"}


def test_it_cannot_be_filled_at_run_time(interpreter):
    assert interpreter.replace_catalog("digits", {"en": [Entry("twelve", "x")]}) == 0
    assert meant(interpreter, "call nine two five") == {"digits": "925"}


def test_alone_in_a_narrowed_graph(interpreter):
    understood = interpreter.interpret(rendered("marca el uno uno dos"), only=["calling.call"])
    assert dict(understood.hypotheses[0].slots) == {"digits": "112"}


def test_a_list_of_ones_own_by_that_name():
    sentences = 'language: en\nintents: {a.b: {data: [{sentences: ["dial {digits}"]}]}}'
    text = sentences + "\nlists: {digits: {values: [{in: zero, out: 1}]}}"
    own = Interpreter(load_text(text).sentences)
    assert meant(own, "dial zero") == {"digits": 1}
