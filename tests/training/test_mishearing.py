"""What is misheard, and what it was heard as."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.model.reader import FIRST_WORD, UNKNOWN
from training.mishearing import Mishearing, aligned

WORDS = (FIRST_WORD, FIRST_WORD + 50)
NAME = UNKNOWN + 1


@pytest.mark.parametrize(
    ("said", "heard", "found"),
    [
        pytest.param([9, 10, 11], [9, 10, 11], [(9,), (10,), (11,)], id="well"),
        pytest.param([9, 10, 11], [9, 11], [(9,), (), (11,)], id="one left out"),
        pytest.param([9, 10, 11], [9, 12, 11], [(9,), (12,), (11,)], id="one exchanged"),
        pytest.param([9, 11], [9, 12, 11], [(9, 12), (11,)], id="one added"),
        pytest.param([9, 11], [12, 9, 11], [(9,), (11,)], id="one added in front"),
        pytest.param([9, 10, 11], [], [(), (), ()], id="nothing heard"),
        pytest.param([], [9], [], id="nothing said"),
    ],
)
def test_words_are_laid_beside_what_they_were_heard_as(
    said: list[int], heard: list[int], found: list[tuple[int, ...]]
) -> None:
    assert aligned(said, heard) == found


def test_a_sentence_is_misheard_anew_each_time() -> None:
    rng = np.random.default_rng(1)
    rows = list(range(FIRST_WORD, FIRST_WORD + 12))
    heard = [Mishearing(WORDS).hear(rows, rng) for _ in range(50)]
    assert len({tuple(one) for one, _ in heard}) > 30
    assert all(UNKNOWN < row < WORDS[1] for one, _ in heard for row in one)
    assert all(named for _, named in heard)
    assert Mishearing(WORDS).hear([], rng) == ([UNKNOWN], True)


def test_a_word_is_misheard_as_it_was_before() -> None:
    rng = np.random.default_rng(1)
    often = Mishearing(WORDS, [([FIRST_WORD], [FIRST_WORD + 7]), ([FIRST_WORD], [FIRST_WORD])] * 200)
    heard = [tuple(often.hear([FIRST_WORD], rng)[0]) for _ in range(200)]
    usual = heard.count((FIRST_WORD,)), heard.count((FIRST_WORD + 7,))
    assert min(usual) > 60
    assert sum(usual) > 190


def test_a_name_that_is_heard_as_words_is_one_that_the_house_lacks() -> None:
    rng = np.random.default_rng(1)
    heard = [Mishearing(WORDS).hear([NAME], rng) for _ in range(300)]
    missed = [one for one, named in heard if not named]
    assert 0 < len(missed) < 100
    assert all(row >= FIRST_WORD for one in missed for row in one)
    assert all(one == [NAME] for one, named in heard if named)
