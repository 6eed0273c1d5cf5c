"""Search of a graph over one utterance's posteriors: the best readings with different meanings, and their costs."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import kaldi_decoder
import numpy as np

from assistant.interpret.graph import FIRST_EVENT, Graph
from assistant.interpret.topology import SYMBOLS
from assistant.model.symbols import ALPHABET, BLANK

BEAM = 14.0
"""Nats behind the best hypothesis at which one is given up."""
LATTICE_BEAM = 8.0
"""Nats behind the best reading up to which others are told apart; a winner by more is sure of itself."""
MOST_READINGS = 4
FLOOR = -12.0
"""Least log-probability of a symbol: what the network rules out is unlikely, not impossible."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One path through the graph."""

    cost: float
    """Nats, the lower the likelier."""
    outputs: tuple[int, ...]
    """Symbols and events, in order."""
    frames: tuple[int, ...]
    """The network's symbol at each frame, blanks included."""


def readings(graph: Graph, symbols: np.ndarray, *, enabled: Sequence[bool] | None = None) -> list[Reading]:
    """Return the best readings of an utterance, best first, each with other events than those before it.

    symbols: (frames, SYMBOLS) float32 log-probabilities.
    enabled: which groups may be heard; all when None.
    """
    groups = len(graph.plan.groups)
    if not len(symbols) or not groups:
        return []
    table = np.zeros((len(symbols) + 1, SYMBOLS + groups), np.float32)
    table[1:, :SYMBOLS] = np.maximum(symbols, FLOOR)
    if enabled is not None:
        table[0, SYMBOLS:] = np.where(np.asarray(enabled), 0, -1e6)
    options = kaldi_decoder.LatticeSimpleDecoderConfig(
        beam=BEAM, lattice_beam=LATTICE_BEAM, prune_interval=25, determinize_lattice=False, prune_lattice=True
    )
    decoder = kaldi_decoder.LatticeSimpleDecoder(graph.fst, options)
    decoder.init_decoding()
    decoder.decode(kaldi_decoder.DecodableCtc(table))
    if decoder.final_relative_cost() == float("inf"):  # no sentence of the household came to its end
        return []
    found, lattice = decoder.get_raw_lattice()
    return _distinct(_parsed(_written(lattice))) if found else []


def greedy(symbols: np.ndarray) -> str:
    """Return the letters the network hears on its own."""
    best = symbols.argmax(axis=1)
    kept = best[np.flatnonzero(np.diff(best, prepend=BLANK))]
    return "".join(ALPHABET[symbol - 1] for symbol in kept if symbol != BLANK).strip()


def _written(lattice: object) -> bytes:
    """A lattice in OpenFst's own format: reading it arc by arc through calls takes ten times as long."""
    with os.fdopen(os.memfd_create("oyez-lattice"), "w+b") as file:
        lattice.write(f"/proc/self/fd/{file.fileno()}")  # type: ignore[attr-defined]
        file.seek(0)
        return file.read()


_Arc: TypeAlias = tuple[int, int, float, int]
"""Input, output, cost, target."""
_Trail: TypeAlias = "tuple[_Trail, int, int] | None"
"""The arcs that led somewhere, last first: what came before, input, output."""
_Way: TypeAlias = tuple[float, _Trail]


def _parsed(written: bytes) -> tuple[int, list[list[_Arc]], list[float]]:
    """Start, arcs and final costs of each state (`vector-fst.h`: a header, then each state with its arcs)."""
    place = 4
    for _ in range(2):
        (length,) = struct.unpack_from("<i", written, place)
        place += 4 + length
    _, _, _, start, states, _ = struct.unpack_from("<iiQqqq", written, place)
    place += 40
    arcs: list[list[_Arc]] = []
    finals: list[float] = []
    for _ in range(states):
        graph_cost, sound_cost, count = struct.unpack_from("<ffq", written, place)
        place += 16
        finals.append(graph_cost + sound_cost)
        end = place + 20 * count
        arcs.append([(i, o, a + b, t) for i, o, a, b, t in struct.iter_unpack("<iiffi", written[place:end])])
        place = end
    return start, arcs, finals


def _distinct(lattice: tuple[int, list[list[_Arc]], list[float]]) -> list[Reading]:
    """The best path for each sequence of events, up to MOST_READINGS of them.

    One pass over the states in order keeps, for each, the best way to have said each sequence of events so far.
    A way is (cost, events, trail): events an interned number, trail the arcs behind it as a chain.
    """
    start, arcs, finals = lattice
    chains: dict[tuple[int, int], int] = {}
    ways: list[dict[int, _Way]] = [{} for _ in arcs]
    ways[start][0] = (0.0, None)
    ended: dict[int, _Way] = {}
    for state in _in_order(arcs):
        here = ways[state]
        if len(here) > MOST_READINGS:
            here = dict(sorted(here.items(), key=lambda item: item[1][0])[:MOST_READINGS])
        if finals[state] != float("inf"):
            for events, (cost, trail) in here.items():
                _improve(ended, events, (cost + finals[state], trail))
        for arc_input, output, arc_cost, target in arcs[state]:
            there = ways[target]
            for events, (cost, trail) in here.items():
                after = chains.setdefault((events, output), len(chains) + 1) if output >= FIRST_EVENT else events
                known = there.get(after)
                if known is None or cost + arc_cost < known[0]:
                    there[after] = (cost + arc_cost, (trail, arc_input, output) if arc_input or output else trail)
        ways[state] = {}
    best = sorted(ended.values(), key=lambda way: way[0])[:MOST_READINGS]
    return [_reading(cost, trail) for cost, trail in best]


def _improve(table: dict[int, _Way], key: int, way: _Way) -> None:
    known = table.get(key)
    if known is None or way[0] < known[0]:
        table[key] = way


def _in_order(arcs: Sequence[Sequence[_Arc]]) -> list[int]:
    """States such that every arc leads to a later one; the lattice has no loops."""
    waiting = [0] * len(arcs)
    for row in arcs:
        for arc in row:
            waiting[arc[3]] += 1
    ready = [state for state, count in enumerate(waiting) if count == 0]
    order = []
    while ready:
        state = ready.pop()
        order.append(state)
        for arc in arcs[state]:
            waiting[arc[3]] -= 1
            if not waiting[arc[3]]:
                ready.append(arc[3])
    return order


def _reading(cost: float, trail: _Trail) -> Reading:
    inputs: list[int] = []
    outputs: list[int] = []
    while trail is not None:
        trail, arc_input, output = trail
        if arc_input and arc_input <= SYMBOLS:
            inputs.append(arc_input - 1)
        if output:
            outputs.append(output)
    return Reading(cost, tuple(reversed(outputs)), tuple(reversed(inputs)))
