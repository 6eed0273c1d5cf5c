"""All groups as one graph: sentences of different groups share their beginnings, lists included.

Each group's letters are deterministic already.  Here they are followed side by side: a node is the set of places, one
in each group, that the same beginning leads to.  As soon as only one group is left, the path says which (output
label) and goes on in that group's own nodes, where the ends of sentences are shared.  A search then follows each
beginning once, not once for each group and language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from assistant.interpret.letters import FIRST_CALL, GOES_ON, SPACE, LetterGraph, TooLargeError

MOST_NODES = 600_000
Place: TypeAlias = tuple[int, int]
"""Group and letter node."""
Arc: TypeAlias = tuple[int, int, int, int | None]
"""Source, label (0 for none, GOES_ON), target, group that is decided (None for none)."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Nodes are numbered from 0, `start` and `end` among them; labels are symbols and calls."""

    arcs: list[Arc]
    nodes: int
    start: int
    end: int
    decided: frozenset[int]
    """Nodes behind which no group is decided any more."""


def join(letters: LetterGraph, starts: Sequence[Place]) -> Joined:
    """Return the graph of all groups that begin at `starts`, of which no two have the same group.

    Raises TooLargeError.
    """
    return _Joining(letters).run([place for place in starts if place[1] != letters.dead])


class _Joining:
    def __init__(self, letters: LetterGraph) -> None:
        self._letters = letters
        self._arcs: list[Arc] = []
        self._tails: dict[int, int] = {}
        self._sets: dict[tuple[Place, ...], int] = {}
        self._lone: dict[Place, int] = {}
        self._calls: dict[tuple[int, int], int] = {}
        self._open_tails: list[int] = []
        self._open_sets: list[tuple[Place, ...]] = []
        self._count = 0
        self._ends = (0, 0)
        """The end where nothing can follow, and the node before it where something could."""

    def run(self, starts: Sequence[Place]) -> Joined:
        end = self._tail(self._letters.end)
        start, open_end = self._new(), self._new()
        self._arcs.append((open_end, GOES_ON, end, None))
        self._ends = (end, open_end)
        self._follow(start, tuple(sorted(starts)))
        while self._open_sets:
            places = self._open_sets.pop()
            self._follow(self._sets[places], places)
        while self._open_tails:
            node = self._open_tails.pop()
            number = self._tails[node]
            if self._letters.final[node] and number != end:
                goes_on = self._goes_on(self._targets([(0, node)]), 0)
                self._arcs.append((number, 0, self._ends[goes_on], None))
            self._arcs += [(number, label, self._tail(target), None) for label, target in self._letters.arcs[node]]
        return Joined(self._arcs, self._count, start, end, frozenset(self._tails.values()))

    def _follow(self, number: int, places: tuple[Place, ...]) -> None:
        """Arcs out of a set of places: each label leads to the places it leads to in the groups."""
        targets = self._targets(places)
        ending = [group for group, node in places if self._letters.final[node]]
        if ending:
            end = self._ends[self._goes_on(targets, min(ending))]
            self._arcs += [(number, 0, end, group) for group in ending]
        for label, reached in sorted(targets.items()):
            if len({group for group, _ in reached}) > 1:
                self._arcs.append((number, label, self._set(tuple(sorted(reached))), None))
            elif label >= FIRST_CALL:
                # Decided before the list, not after it: the list's copy is then the one that others go on from alike.
                self._arcs += [(number, 0, self._calling(label, node), group) for group, node in reached]
            else:
                # several places of one group are there where alternatives stayed side by side
                self._arcs += [(number, label, self._decided(place), None) for place in reached]

    def _targets(self, places: Sequence[Place]) -> dict[int, list[Place]]:
        """The places that each label leads to."""
        targets: dict[int, list[Place]] = {}
        for group, node in places:
            for label, target in self._letters.arcs[node]:
                targets.setdefault(label, []).append((group, target))
        return targets

    def _goes_on(self, targets: Mapping[int, Sequence[Place]], ended: int) -> bool:
        """Whether more words could change what is meant by a sentence of the group `ended`.

        Words of the same group that hold no list do not ("please"), and neither do those that other groups have alike.
        Letters do not count: nobody stops for breath inside a word.
        """
        for label, reached in targets.items():
            if label >= FIRST_CALL:
                return True
            if label == SPACE and any(self._letters.calls[node] or (ended, node) not in reached for _, node in reached):
                return True
        return False

    def _decided(self, place: Place) -> int:
        """The node before a place that only one group has reached."""
        if place not in self._lone:
            self._lone[place] = self._new()
            group, node = place
            self._arcs.append((self._lone[place], 0, self._tail(node), group))
        return self._lone[place]

    def _calling(self, label: int, target: int) -> int:
        """The node from which a list leads to a node that only one group has reached."""
        if (label, target) not in self._calls:
            self._calls[label, target] = self._new()
            self._arcs.append((self._calls[label, target], label, self._tail(target), None))
        return self._calls[label, target]

    def _tail(self, node: int) -> int:
        if node not in self._tails:
            self._tails[node] = self._new()
            self._open_tails.append(node)
        return self._tails[node]

    def _set(self, places: tuple[Place, ...]) -> int:
        if places not in self._sets:
            self._sets[places] = self._new()
            self._open_sets.append(places)
        return self._sets[places]

    def _new(self) -> int:
        self._count += 1
        if self._count > MOST_NODES:
            raise TooLargeError(f"the sentences make more than {MOST_NODES} nodes")
        return self._count - 1
