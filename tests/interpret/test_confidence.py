import itertools

import numpy as np
import pytest

from assistant.interpret import Calibration, Evidence, Interpreter
from assistant.interpret.confidence import FEW_STATES, MANY_STATES, command_probability, shares, weigh
from assistant.interpret.search import scored
from assistant.language import load_packs
from assistant.model.symbols import BLANK, encode
from tests.interpret.rendering import SYMBOLS, rendered

CALIBRATION = Calibration()


def test_more_excess_is_less_sure():
    falling = [command_probability(Evidence(20, excess, 1.0, 0.5), CALIBRATION) for excess in np.linspace(0, 8, 20)]
    assert all(first > second for first, second in itertools.pairwise(falling))
    assert falling[0] > 0.9
    assert falling[-1] < 0.01


def test_short_commands_need_more():
    short, long = (command_probability(Evidence(letters, 1.0, 1.0, 0.5), CALIBRATION) for letters in (4, 20))
    assert short < long
    assert command_probability(Evidence(0, 0.0, 0.0, 0.0), CALIBRATION) == 0


def test_many_sentences_need_more():
    sizes = (100, FEW_STATES, 20_000, MANY_STATES, 10 * MANY_STATES)
    falling = [command_probability(Evidence(20, 2.0, 2.0, 0.5, states), CALIBRATION) for states in sizes]
    assert falling[0] == falling[1] > falling[2] > falling[3] == falling[4]
    exact = [command_probability(Evidence(20, 0.0, 0.0, 0.5, states), CALIBRATION) for states in sizes]
    assert min(exact) == max(exact) > 0.99


def test_shares_add_up():
    found = shares([10.0, 10.0, 14.0], CALIBRATION)
    assert sum(found) == pytest.approx(1)
    assert found[0] == found[1] > found[2]
    assert shares([3.0], CALIBRATION) == [1.0]


def test_evidence_finds_the_worst_word():
    path = [BLANK, *encode("go"), *encode(" "), *encode("home"), BLANK]
    scores = np.full((len(path), SYMBOLS), -5.0, np.float32)
    scores[np.arange(len(path)), path] = -0.0
    clean = weigh(0.0, frames=path, symbols=scores)
    assert (clean.letters, clean.excess, clean.worst) == (6, 0.0, 0.0)
    scores[4:8, path[4:8]] = -8.0  # "home" is not what was heard; the network's best there is at -5
    wrong = weigh(32.0, frames=path, symbols=scores)
    assert wrong.worst == pytest.approx(3.0)
    assert wrong.excess == pytest.approx((32 - 20) / 6)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("turn on the lights", True),
        ("please turn the lights off now", True),
        ("what a lovely day it was when we went to the sea", False),
        ("agent logged in to the queue", False),
        ("turn on the sprinkler over there", False),
    ],
)
def test_commands_and_other_speech(text, command):
    understood = Interpreter(load_packs(["light", "system"], ["en"])).interpret(rendered(text))
    assert (understood.command > 0.5) is command


def test_scores_are_a_copy():
    symbols = rendered("go").symbols
    before = symbols.copy()
    scored(symbols)
    assert np.array_equal(symbols, before)
