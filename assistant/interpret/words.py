"""Any words of a language, one after the other, and the household's names among them.

It hears what no sentence of the household says, as words instead of letters: "couod you ring the ool dentist" becomes
"could you ring the old dentist".  Words cost what they are rare (unigrams), names a little, and letters that are no
word a lot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.interpret.letters import DOUBLED_SPACE_COST, MISSING_SPACE_COST, SPACE
from assistant.interpret.topology import Arcs, concatenated, table
from assistant.interpret.tries import Trie, trie_arcs, trie_of
from assistant.model.reader import Lexicon
from assistant.model.symbols import ALPHABET, encode

WORD, STRANGE, NAME = 0, 1, 2
"""Output labels at the end of a word of the list, of one that is not in it, and of a name, from a first one on."""
NAME_COST = 3.0
"""Nats for a name of the household, as for one word in twenty, beside those for which one it is (`graph.py`)."""
STRANGE_COST, STRANGE_LETTER_COST = 6.0, 2.8
"""Nats for a word that is not in the list, and for each of its letters."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word, or a name of several."""

    text: str
    names: str | None = None
    """The reserved intent whose names it is of, None for other words."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """The likeliest words of an utterance."""

    words: tuple[Word, ...]
    cost: float
    """Nats of their path."""


@dataclass(frozen=True, slots=True)
class Letters:
    """A graph of letters from `start` to `end`."""

    arcs: Arcs
    nodes: int
    start: int
    end: int


def around(names: Letters, *, lexicon: Lexicon, label: int) -> Letters:
    """Return a loop of words around the graph of names.

    label: the output label of WORD; the others follow it.
    """
    encoded = [bytes(encode(word)) for word in lexicon.words]
    trie = trie_of(encoded)
    root, finish = names.nodes, names.nodes + trie.nodes
    strange = finish + 1
    after = _After.of(lexicon, encoded, root=root, first=strange + 1)
    words = trie_arcs(trie, root=root, ends=after.ends[trie.entries], values=np.full(len(trie.leaves), label + WORD))
    words[-1].weights[:] = lexicon.costs[trie.entries]
    rows = [
        (root, root, SPACE, 0, DOUBLED_SPACE_COST),
        (root, names.start, 0, 0, NAME_COST),
        (names.end, int(after.ends[lexicon.named]), 0, label + NAME, 0.0),
        (strange, int(after.unknown), 0, label + STRANGE, 0.0),
    ]
    for symbol in range(1, len(ALPHABET) + 1):
        if symbol != SPACE:
            rows.append((root, strange, symbol, symbol, STRANGE_COST + STRANGE_LETTER_COST))
            rows.append((strange, strange, symbol, symbol, STRANGE_LETTER_COST))
    pairs = after.arcs(lexicon, names=names.start, finish=finish, label=label)
    begin = int(after.starts[lexicon.bound])
    return Letters(concatenated([names.arcs, *words, *pairs, table(rows)]), after.nodes, begin, finish)


@dataclass(frozen=True, slots=True)
class _After:
    """Where it goes on after each word: at the words that often follow it, or at any word."""

    trie: Trie
    """Of the pairs' second words, each behind two symbols that stand for the first."""
    first: int
    """The node that its root is."""
    starts: np.ndarray
    """(words + 2,) int: the node from which the pairs of each word go on, `root` where it has none."""
    ends: np.ndarray
    """(words + 2,) int: the node in which each word ends."""
    unknown: int
    """The node in which words without pairs end."""
    root: int
    nodes: int

    @classmethod
    def of(cls, lexicon: Lexicon, encoded: Sequence[bytes], *, root: int, first: int) -> _After:
        """Number the nodes, from `first` on."""
        spoken = lexicon.pairs[:, 1] != lexicon.named
        prefixes = [bytes((1 + one // 255, 1 + one % 255)) for one in range(len(lexicon.words) + 2)]
        trie = trie_of(
            [
                prefixes[before] + encoded[word] if kept else b""
                for (before, word), kept in zip(lexicon.pairs.tolist(), spoken.tolist(), strict=True)
            ]
        )
        starts = np.full(len(prefixes), root)
        one = trie.parents == 0
        firsts = dict(zip(trie.symbols[one].tolist(), (np.flatnonzero(one) + 1).tolist(), strict=True))
        seconds = np.flatnonzero(np.isin(trie.parents, list(firsts.values())))
        symbols = {node: symbol for symbol, node in firsts.items()}
        for index in seconds.tolist():
            word = (symbols[int(trie.parents[index])] - 1) * 255 + int(trie.symbols[index]) - 1
            starts[word] = first + index + 1
        only_names = np.setdiff1d(lexicon.pairs[:, 0], np.flatnonzero(starts != root))
        starts[only_names] = first + trie.nodes + np.arange(len(only_names))
        unknown = first + trie.nodes + len(only_names)
        has = starts != root
        ends = np.full(len(prefixes), unknown)
        ends[has] = unknown + 1 + np.arange(int(has.sum()))
        return cls(trie, first, starts, ends, unknown, root, unknown + 1 + int(has.sum()))

    def arcs(self, lexicon: Lexicon, *, names: int, finish: int, label: int) -> list[Arcs]:
        """Return the arcs of the pairs, and those behind all words."""
        trie, (before, word) = self.trie, lexicon.pairs.T
        letters, spaces, _, leaves = trie_arcs(
            trie, root=self.first, ends=self.ends[word[trie.entries]], values=np.full(len(trie.leaves), label + WORD)
        )
        leaves.weights[:] = lexicon.pair_costs[trie.entries]
        own = ~np.isin(letters.targets, self.starts) & (letters.sources != self.first)
        del spaces  # words have none
        has = np.flatnonzero(self.starts != self.root)
        named = np.flatnonzero(word == lexicon.named)
        starts, ends = self.starts[has], np.append(self.ends[has], self.unknown)
        follows = np.append(starts, self.root)
        silent = np.zeros(len(ends), int)
        return [
            Arcs(*(getattr(letters, name)[own] for name in Arcs.__slots__)),
            leaves,
            _arcs(starts, np.full(len(has), self.root), 0, 0, lexicon.other_costs[has]),
            _arcs(starts, starts, SPACE, 0, np.full(len(has), DOUBLED_SPACE_COST)),
            _arcs(self.starts[before[named]], np.full(len(named), names), 0, 0, lexicon.pair_costs[named]),
            _arcs(ends, follows, SPACE, SPACE, silent),
            _arcs(ends, follows, 0, SPACE, silent + MISSING_SPACE_COST),
            _arcs(ends, silent + finish, 0, 0, silent),
        ]


def _arcs(sources: np.ndarray, targets: np.ndarray, symbol: int, output: int, weights: np.ndarray) -> Arcs:
    count = len(sources)
    return Arcs(
        sources.astype(np.int32),
        targets.astype(np.int32),
        np.full(count, symbol, np.int32),
        np.full(count, output, np.int32),
        weights.astype(np.float32),
    )
