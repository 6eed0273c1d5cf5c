"""Names of a list as a prefix tree, made of arrays: tens of thousands in a fraction of a second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from assistant.interpret.letters import DOUBLED_SPACE_COST, MISSING_SPACE_COST, SPACE
from assistant.interpret.topology import Arcs
from assistant.model.symbols import encode, normalize

MOST_LETTERS = 200
"""Longer names are cut off: nobody says them."""


@dataclass(frozen=True, slots=True)
class Trie:
    """A prefix tree; node 0 is its root, and every other node has one arc into it."""

    parents: np.ndarray
    """(nodes - 1,) int32: where the arc into node i + 1 begins; smaller than i + 1."""
    symbols: np.ndarray
    """(nodes - 1,) int32: its symbol."""
    leaves: np.ndarray
    """(names,) int32: the node in which each name ends."""
    entries: np.ndarray
    """(names,) int32: the entry each name stands for."""
    costs: np.ndarray
    """(names,) float32: nats by which each is less likely to be said than others."""
    goes_on: np.ndarray
    """(names,) bool: whether a longer name begins with its words."""

    @property
    def nodes(self) -> int:
        """Number of nodes, root included."""
        return len(self.parents) + 1


def build_trie(names: Sequence[str], *, costs: Sequence[float] = ()) -> Trie:
    """Return the prefix tree of `names`; those with nothing that can be said are left out.

    The entry of a name is its index.  costs: of all names, 0 where there are none.
    """
    trie = trie_of([_encoded(name) for name in names])
    return replace(trie, costs=np.array(costs, np.float32)[trie.entries]) if costs else trie


def trie_of(encoded: Sequence[bytes]) -> Trie:
    """Return the prefix tree of names that are symbols already, none of them 0; empty ones are left out."""
    entries = np.array([index for index, name in enumerate(encoded) if name], np.int32)
    if not len(entries):
        empty = np.zeros(0, np.int32)
        return Trie(empty, empty, empty, empty, np.zeros(0, np.float32), np.zeros(0, bool))
    rows = np.array([name for name in encoded if name])  # (names,) of bytes, padded with zeros
    order = np.argsort(rows, kind="stable")
    rows, entries = rows[order], entries[order]
    letters = rows.view(np.uint8).reshape(len(rows), -1)  # (names, longest), a view
    lengths = (letters != 0).sum(axis=1)
    same = np.zeros_like(letters, dtype=bool)
    same[1:] = np.logical_and.accumulate(letters[1:] == letters[:-1], axis=1)
    new = ~same & (letters != 0)  # the first name that reaches a node makes it
    numbers = np.cumsum(new.ravel(), dtype=np.int32).reshape(new.shape)  # from 1 on: 0 is the root
    makers = np.maximum.accumulate(np.where(new, np.arange(len(rows))[:, None], -1), axis=0)
    nodes = np.take_along_axis(numbers, makers, axis=0)  # (names, longest)
    parents = np.concatenate([np.zeros((len(rows), 1), np.int32), nodes[:, :-1]], axis=1)
    leaves = nodes[np.arange(len(rows)), lengths - 1].astype(np.int32)
    return Trie(
        parents=parents[new].astype(np.int32),
        symbols=letters[new].astype(np.int32),
        leaves=leaves,
        entries=entries,
        costs=np.zeros(len(entries), np.float32),
        goes_on=np.isin(leaves, parents[new & (letters == SPACE)]),
    )


def trie_arcs(trie: Trie, *, root: int, ends: np.ndarray, values: np.ndarray) -> list[Arcs]:
    """A copy of a tree.  ends, values: (names,) the node each leaf leads to, and what it says (output label)."""
    children = np.arange(1, trie.nodes, dtype=np.int32) + np.int32(root)
    parents = trie.parents + np.int32(root)
    spaces = trie.symbols == SPACE
    count = int(spaces.sum())
    leaves = len(trie.leaves)
    return [
        Arcs(parents, children, trie.symbols, trie.symbols, np.zeros(len(children), np.float32)),
        Arcs(
            parents[spaces],
            children[spaces],
            np.zeros(count, np.int32),
            np.full(count, SPACE, np.int32),
            np.full(count, MISSING_SPACE_COST, np.float32),
        ),
        Arcs(
            children[spaces],
            children[spaces],
            np.full(count, SPACE, np.int32),
            np.zeros(count, np.int32),
            np.full(count, DOUBLED_SPACE_COST, np.float32),
        ),
        Arcs(
            trie.leaves + np.int32(root),
            ends.astype(np.int32),
            np.zeros(leaves, np.int32),
            values.astype(np.int32),
            trie.costs,
        ),
    ]


def _encoded(name: str) -> bytes:
    return bytes(encode(normalize(name)))[:MOST_LETTERS]
