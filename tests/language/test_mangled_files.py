"""Whatever a file holds, it is read, or refused with an error that names it: nothing else comes out."""

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.errors import SentenceError
from assistant.interpret import Interpreter
from assistant.language import load_text

GOOD = """language: en
intents:
  light.on: {data: [{sentences: ["turn on [the] {lamp} [to {n} percent]", "(a;b) <r>"], slots: {x: 1}}]}
  Order: {data: [{sentences: ["one|two [three]"], requires_context: {area: {slot: true}}, expansion_rules: {r: x}}]}
lists: {lamp: {values: [Bed, {in: "(a|b) lamp", out: 7, context: {d: e}}]}, n: {range: {from: 0, to: 9}}}
expansion_rules: {r: "(q|{lamp})"}
skip_words: [please]
"""
PIECES = [*"[]{}()<>|;:-\\\"'\n", "&a", "*a", "!!python/object:x "]


def read(text):
    try:
        loaded = load_text(text, name="my.yaml")
    except SentenceError as error:
        sentences, faults = (), error.faults
    else:
        sentences, faults = loaded.sentences, loaded.faults
    assert all(fault.where.startswith("my.yaml") for fault in faults)
    Interpreter(sentences)


def test_every_single_change_of_a_good_file():
    rng = random.Random(3)
    for place in range(len(GOOD)):
        piece = rng.choice(PIECES)
        read(GOOD[:place] + piece + GOOD[place:])
        read(GOOD[:place] + GOOD[place + 1 :])


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=60))
def test_any_template(text):
    quoted = text.replace("'", "''").replace("\n", " ").replace("\r", " ")
    intents = f"intents: {{A: {{data: [{{sentences: ['{quoted}']}}]}}}}"
    read(f"language: fr\n{intents}\nlists: {{x: {{values: ['{quoted}']}}}}\n")


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_any_text(text):
    read(text)
