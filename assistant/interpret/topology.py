"""A graph of letters as a graph of the network's frames: connectionist temporal classification.

A node of the letter graph becomes several states: one that stands after a blank (or at the beginning), and one for
each letter that may have led to it, in which that letter may go on.  From the latter the same letter can only be
said again after a blank, which is what tells "ll" from a long "l" (Graves et al. 2006).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.model.symbols import ALPHABET, BLANK

SYMBOLS = len(ALPHABET) + 1
"""Symbols of the network, the blank included."""

_BITS_OF_BYTE = np.array([byte.bit_count() for byte in range(256)], np.uint8)


@dataclass(frozen=True, slots=True)
class Arcs:
    """Arcs of a graph, one per row."""

    sources: np.ndarray
    """(arcs,) int32."""
    targets: np.ndarray
    """(arcs,) int32."""
    inputs: np.ndarray
    """(arcs,) int32: letters (symbol indices, 0 for none); among frames, column + 1 (0 for none)."""
    outputs: np.ndarray
    """(arcs,) int32: what the path says when it takes the arc, 0 for nothing."""
    weights: np.ndarray
    """(arcs,) float32: cost in nats."""


def concatenated(parts: list[Arcs]) -> Arcs:
    """Return the arcs of all parts, in order."""
    return Arcs(*(np.concatenate([getattr(part, name) for part in parts]) for name in Arcs.__slots__))


def table(rows: Sequence[tuple[int, int, int, int, float]]) -> Arcs:
    """Return arcs given one by one: source, target, input, output, cost."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * 5
    sources, targets, inputs, outputs = (np.array(column, np.int32) for column in columns[:4])
    return Arcs(sources, targets, inputs, outputs, np.array(columns[4], np.float32))


@dataclass(frozen=True, slots=True)
class Frames:
    """States and arcs that consume frames."""

    states: int
    arcs: Arcs
    first_state: np.ndarray
    """(nodes,) int32: the state of each letter node that stands after a blank; those after letters follow it."""
    state_counts: np.ndarray
    """(nodes,) int32: how many states each node has."""


def expand(letters: Arcs, *, nodes: int) -> Frames:
    """Return the frame graph of a letter graph."""
    reach = _letters_into(letters, nodes=nodes)
    counts = 1 + _bits(reach)
    first = np.zeros(nodes, np.int32)
    np.cumsum(counts[:-1], dtype=np.int32, out=first[1:])
    states = int(counts.sum())
    state_nodes = np.repeat(np.arange(nodes, dtype=np.int32), counts)
    state_letters = _state_letters(reach, first, counts, states=states)
    parts = [_loops(state_letters, first, state_nodes), _steps(letters, reach, first, counts, state_letters)]
    return Frames(states, concatenated(parts), first, counts.astype(np.int32))


def _letters_into(letters: Arcs, *, nodes: int) -> np.ndarray:
    """Which letters may have been said last in each node: (nodes,) uint64, bit n for symbol n."""
    reach = np.zeros(nodes, np.uint64)
    spoken = letters.inputs > 0
    np.bitwise_or.at(reach, letters.targets[spoken], np.uint64(1) << letters.inputs[spoken].astype(np.uint64))
    sources, targets = letters.sources[~spoken], letters.targets[~spoken]
    while len(sources):
        before = reach[targets]
        np.bitwise_or.at(reach, targets, reach[sources])
        if np.array_equal(before, reach[targets]):
            break
    return reach


def _bits(masks: np.ndarray) -> np.ndarray:
    """Number of set bits of each mask, int32."""
    counts: np.ndarray = _BITS_OF_BYTE[masks.view(np.uint8).reshape(-1, 8)].sum(axis=1, dtype=np.int32)
    return counts


def _state_letters(reach: np.ndarray, first: np.ndarray, counts: np.ndarray, *, states: int) -> np.ndarray:
    """The letter that led to each state, 0 for the blank: (states,) int32."""
    found = np.zeros(states, np.int32)
    lone = counts == 2  # nearly all nodes of a large list: one letter leads to them
    found[first[lone] + 1] = np.log2(reach[lone].astype(np.float64)).astype(np.int32)  # exact: a power of two
    many = np.flatnonzero(counts > 2)
    masks, place = reach[many], first[many] + 1
    for symbol in range(1, SYMBOLS):
        led = np.flatnonzero(masks >> np.uint64(symbol) & np.uint64(1))
        found[place[led]] = symbol
        place[led] += 1
    return found


def _loops(state_letters: np.ndarray, first: np.ndarray, state_nodes: np.ndarray) -> Arcs:
    """A letter or a blank that goes on, and the blank after a letter."""
    states = np.arange(len(state_letters), dtype=np.int32)
    after = states[state_letters > 0]
    sources = np.concatenate([states, after])
    targets = np.concatenate([states, first[state_nodes[after]]])
    inputs = np.concatenate([state_letters + 1, np.full(len(after), BLANK + 1, np.int32)])
    return Arcs(sources, targets, inputs, np.zeros(len(sources), np.int32), np.zeros(len(sources), np.float32))


def _steps(letters: Arcs, reach: np.ndarray, first: np.ndarray, counts: np.ndarray, state_letters: np.ndarray) -> Arcs:
    """Each letter arc from each state of its source; a letter does not follow itself without a blank."""
    repeats = counts[letters.sources]
    arc = np.repeat(np.arange(len(repeats), dtype=np.int32), repeats)
    before = np.cumsum(repeats, dtype=np.int32) - repeats
    within = np.arange(len(arc), dtype=np.int32) - np.repeat(before, repeats)
    sources = first[letters.sources[arc]] + within
    last, symbol = state_letters[sources], letters.inputs[arc]
    kept = (symbol == 0) | (symbol != last)
    arc, sources, last, symbol = arc[kept], sources[kept], last[kept], symbol[kept]
    targets = letters.targets[arc]
    carried = np.where(symbol == 0, last, symbol)  # what was said last in the state it leads to
    return Arcs(
        sources=sources,
        targets=first[targets] + _rank(reach, targets, carried),
        inputs=np.where(symbol == 0, 0, symbol + 1).astype(np.int32),
        outputs=letters.outputs[arc],
        weights=letters.weights[arc],
    )


def _rank(reach: np.ndarray, nodes: np.ndarray, symbols: np.ndarray) -> np.ndarray:
    """The place of each symbol's state among the states of its node; 0 for the blank's."""
    rank: np.ndarray = (symbols != 0).astype(np.int32)
    several = (reach & (reach - np.uint64(1)) != 0) & (reach != 0)
    many = np.flatnonzero(several[nodes] & (symbols != 0))
    below = (np.uint64(1) << symbols[many].astype(np.uint64)) - np.uint64(1)
    rank[many] = _bits(reach[nodes[many]] & below) + 1
    return rank
