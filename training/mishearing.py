"""Sentences as they may be heard: each word as it was heard somewhere in `training.heard`, anew each time.

One hearing of a sentence shows few of the mistakes that may happen to it; those of a word in all sentences show many.
Words that were heard seldom or never are left out or exchanged at random.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from rapidfuzz.distance import Levenshtein

from assistant.model.reader import FIRST_WORD, UNKNOWN

LEFT_OUT, EXCHANGED = 0.1, 0.1
"""Shares of the words of which nothing is known that are not heard, and heard as one or two others."""
KNOWN_FROM = 3.0
"""How often a word was heard where half of the time it is taken as it was, not at random."""
MISSED = 0.12
"""Share of the sentences whose names are heard as words: then they name what the house does not have."""
NAMES_HEARD = 0.15
"""Share of names among what is exchanged."""


class Mishearing:
    """The mistakes of one language; words are rows of the table of `assistant.model.reader`."""

    def __init__(self, words: tuple[int, int], pairs: Iterable[tuple[Sequence[int], Sequence[int]]] = ()) -> None:
        """Learn from sentences as they were said and heard.

        words: the first row of the language's words, and the one after the last.
        """
        self._words = words
        self._heard: defaultdict[int, list[tuple[int, ...]]] = defaultdict(list)
        for said, heard in pairs:
            for row, instead in zip(said, aligned(said, heard), strict=True):
                self._heard[row].append(instead)

    def hear(self, rows: Sequence[int], rng: np.random.Generator) -> tuple[list[int], bool]:
        """Return a sentence as it may be heard, and whether its names are still in it."""
        missed = rng.random() < MISSED
        heard: list[int] = []
        named = True
        for row in rows:
            if not UNKNOWN < row < FIRST_WORD:
                heard += self._word(row, rng)
            elif missed:
                heard += self._others(rng)
                named = False
            else:
                heard.append(row)
        return heard or [UNKNOWN], named

    def _word(self, row: int, rng: np.random.Generator) -> Sequence[int]:
        known = self._heard.get(row, ())
        if known and rng.random() < len(known) / (len(known) + KNOWN_FROM):
            return known[rng.integers(len(known))]
        chance = rng.random()
        if chance < LEFT_OUT:
            return ()
        if chance >= LEFT_OUT + EXCHANGED:
            return (row,)
        if rng.random() < NAMES_HEARD:
            return (int(rng.integers(UNKNOWN + 1, FIRST_WORD)),)
        return self._others(rng)

    def _others(self, rng: np.random.Generator) -> Sequence[int]:
        found: list[int] = rng.integers(*self._words, rng.integers(1, 3)).tolist()
        return found


def aligned(said: Sequence[int], heard: Sequence[int]) -> list[tuple[int, ...]]:
    """Return what each word was heard as, with the fewest changes; what was added goes with the word before it."""
    found: list[tuple[int, ...]] = [()] * len(said)
    for step in Levenshtein.opcodes(said, heard):
        count, instead = step.src_end - step.src_start, heard[step.dest_start : step.dest_end]
        if count == 0:
            if step.src_start:
                found[step.src_start - 1] += tuple(instead)
            continue
        for place in range(count):
            begin, end = (len(instead) * one // count for one in (place, place + 1))
            found[step.src_start + place] = tuple(instead[begin:end])
    return found
