"""Lattices: all that a search kept, read for the best path of each different meaning."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from assistant.interpret.graph import FIRST_EVENT
from assistant.interpret.letters import GOES_ON

MOST_READINGS = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """One path through the graph."""

    cost: float
    """Nats, the lower the likelier."""
    outputs: tuple[int, ...]
    """Symbols and events, in order."""
    frames: tuple[int, ...]
    """The network's symbol at each frame, blanks included."""
    goes_on: bool
    """Whether more words could make a sentence of another meaning of it."""


def distinct_readings(lattice: Any) -> list[Reading]:
    """Return the best path for each sequence of events, up to MOST_READINGS of them, best first.

    lattice: a `kaldifst.Lattice` without loops.
    """
    return _distinct(_parsed(_written(lattice)))


def _written(lattice: Any) -> bytes:
    """A lattice in OpenFst's own format: reading it arc by arc through calls takes ten times as long."""
    with os.fdopen(os.memfd_create("oyez-lattice"), "w+b") as file:
        lattice.write(f"/proc/self/fd/{file.fileno()}")
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
    goes_on = False
    while trail is not None:
        trail, arc_input, output = trail
        if arc_input:
            inputs.append(arc_input - 1)
        if output == GOES_ON:  # else a name in the middle of the sentence, and another word followed it
            goes_on |= all(later >= FIRST_EVENT for later in outputs)
        elif output:
            outputs.append(output)
    return Reading(cost, tuple(reversed(outputs)), tuple(reversed(inputs)), goes_on)
