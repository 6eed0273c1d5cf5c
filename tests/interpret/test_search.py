"""The search against brute force: every sentence of a small graph, every alignment of it."""

import itertools

import numpy as np
import pytest

from assistant.interpret import Interpreter
from assistant.interpret.graph import DOUBLED_SPACE_COST, MISSING_SPACE_COST
from assistant.interpret.letters import SPACE
from assistant.interpret.search import Search, greedy, readings, scored
from assistant.language import load_text
from assistant.model.symbols import ALPHABET, BLANK, encode
from tests.interpret.rendering import rendered

SYMBOLS = len(ALPHABET) + 1
SMALL = """
language: en
intents:
  A: {data: [{sentences: ["aa [b] {x}", "b {x} a"]}]}
  B: {data: [{sentences: ["a [{x};b]"]}]}
lists: {x: {values: [ab, {in: "b b", out: 2}, aab]}}
"""
SENTENCES = [
    *(f"aa {b}{x}" for b in ("", "b ") for x in ("ab", "b b", "aab")),
    *(f"b {x} a" for x in ("ab", "b b", "aab")),
    "a",
    *(f"a {one}" for x in ("ab", "b b", "aab") for one in (f"{x} b", f"b {x}")),
]


def text_of(reading):
    return "".join(ALPHABET[output - 1] for output in reading.outputs if output < 100)


def alignment_cost(symbols, scores):
    """Cost of the best alignment of a row of symbols (the CTC recursion, with the minimum)."""
    states = [BLANK]
    for symbol in symbols:
        states += [symbol, BLANK]
    costs = np.full(len(states), np.inf)
    costs[:2] = -scores[0, states[:2]]
    for row in scores[1:]:
        before = costs.copy()
        for place, symbol in enumerate(states):
            ways = [before[place]] + ([before[place - 1]] if place else [])
            if place > 1 and symbol not in (BLANK, states[place - 2]):
                ways.append(before[place - 2])
            costs[place] = min(ways) - row[symbol]
    return min(costs[-1], costs[-2]) if len(states) > 1 else costs[0]


def variants(sentence):
    """A sentence's symbol rows with spaces missing or doubled, silence spaces around it, and what each costs."""
    words = [encode(word) for word in sentence.split(" ")]
    options = [([], MISSING_SPACE_COST), *(([SPACE] * (1 + more), more * DOUBLED_SPACE_COST) for more in range(3))]
    for gaps in itertools.product(options, repeat=len(words) - 1):
        for lead, trail in itertools.product(range(4), repeat=2):
            row = [SPACE] * lead + words[0]
            for (gap, _), word in zip(gaps, words[1:], strict=True):
                row = row + gap + word
            yield row + [SPACE] * trail, sum(cost for _, cost in gaps)


@pytest.fixture(scope="module")
def graph():
    return Interpreter(load_text(SMALL).sentences).graph


@pytest.mark.parametrize("seed", range(25))
def test_beam_search_equals_brute_force(graph, seed):
    rng = np.random.default_rng(seed)
    scores = np.full((int(rng.integers(6, 10)), SYMBOLS), -9.0, np.float32)
    scores[:, [BLANK, SPACE, *encode("ab")]] = rng.normal(-2, 1.5, (len(scores), 4))
    best = {
        sentence: min(alignment_cost(row, scores) + cost for row, cost in variants(sentence)) for sentence in SENTENCES
    }
    (found, *_) = readings(graph, scores)
    assert found.cost == pytest.approx(min(best.values()), abs=0.01)
    assert best[text_of(found)] == pytest.approx(found.cost, abs=0.01)


def test_a_letter_twice_needs_a_blank_between():
    graph = Interpreter(load_text("language: en\nintents: {A: {data: [{sentences: [aa]}]}}").sentences).graph
    scores = np.full((2, SYMBOLS), -8.0, np.float32)
    scores[:, encode("a")[0]] = -0.1
    assert readings(graph, scores) == []
    (found,) = readings(graph, np.insert(scores, 1, scores[0], axis=0))
    assert found.cost == pytest.approx(8.2)


def test_frames_in_any_cut_give_the_same(graph):
    scores = scored(rendered("aa b aab").symbols)
    (whole, *_) = readings(graph, scores)
    for cut in range(1, len(scores), 5):
        search = Search(graph)
        search.advance(scores[:cut])
        search.advance(scores[cut:cut])
        search.advance(scores[cut:])
        assert search.best() == whole


def test_nothing_heard_and_nothing_fitting(graph):
    assert readings(graph, np.zeros((0, SYMBOLS), np.float32)) == []
    assert Search(graph).best() is None
    assert readings(graph, np.zeros((1, SYMBOLS), np.float32))[0].outputs  # "a" fits one frame
    short = Interpreter(load_text("language: en\nintents: {A: {data: [{sentences: [abab]}]}}").sentences).graph
    assert readings(short, np.zeros((3, SYMBOLS), np.float32)) == []


def test_greedy_reading():
    assert greedy(rendered("turn on  the kitchen", noise=0.1).symbols) == "turn on the kitchen"
    assert greedy(np.zeros((0, SYMBOLS), np.float32)) == ""


def test_others_are_told_apart_by_meaning():
    text = "language: en\nintents: {A: {data: [{sentences: ['go {n} [now]']}]}}\nlists: {n: {range: {from: 1, to: 99}}}"
    graph = Interpreter(load_text(text).sentences).graph
    found = readings(graph, scored(rendered("go fifteen", clarity=4, noise=1, seed=4).symbols))
    outs = [tuple(output for output in one.outputs if output >= 100) for one in found]
    assert len(set(outs)) == len(outs) > 1
    assert [one.cost for one in found] == sorted(one.cost for one in found)
