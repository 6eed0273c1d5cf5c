"""The household's graph: letters, lists and groups joined, in the form the search takes.

Its arcs say (output labels) which symbol was spoken, which group of templates it is, where a slot begins and which
of its values was said; see `Outputs`.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import kaldifst
import numpy as np

from assistant.interpret.groups import List, Plan
from assistant.interpret.joining import Joined, join
from assistant.interpret.letters import (
    DOUBLED_SPACE_COST,
    FIRST_CALL,
    GOES_ON,
    MISSING_SPACE_COST,
    SPACE,
    TooLargeError,
)
from assistant.interpret.openfst import read_fst, write_fst
from assistant.interpret.topology import Arcs, concatenated, expand, table
from assistant.interpret.tries import Trie, build_trie, trie_arcs
from assistant.interpret.words import Letters, around
from assistant.language import Entry
from assistant.model.reader import Lexicon

TIE_COST = 1e-4
"""Nats by which a later group loses against an earlier one when both fit the same words, and plain words against a
list: a lamp that is called "light" is meant where the light could be any."""

FEWEST_NAMES, LIKELY_NUMBERS = 100, 60
"""Among any words each name costs as one of its list, and of so many at least: many a word sounds a little like one of
four rooms.  A number costs as one of so many in any case: few are said often, and as words they cost little as well."""

MOST_NODES = 2_000_000
"""Letters of the whole graph, lists included: about half a gigabyte while it is built."""

MOST_JOINED = 9
"""Choices of groups of which the joined sentences are kept."""

FIRST_EVENT = 100
"""Output labels from here on are events, below are symbols."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the output labels from FIRST_EVENT on stand for: groups, then slots, then the values of each list."""

    groups: int
    slots: tuple[str, ...]
    lists: tuple[tuple[Entry, ...], ...]
    first_values: tuple[int, ...]
    """The label of each list's first value."""
    first_word: int
    """The first label behind all values, from which on ends of words are told (`words.py`)."""

    @classmethod
    def of(cls, plan: Plan) -> Outputs:
        """Return the labels for a plan."""
        slots = tuple(dict.fromkeys(slot for _, slot in plan.calls))
        lists = tuple(one.entries for one in plan.lists)
        counts = [len(entries) for entries in lists]
        start = FIRST_EVENT + len(plan.groups) + len(slots)
        firsts = tuple(start + sum(counts[:index]) for index in range(len(counts)))
        return cls(len(plan.groups), slots, lists, firsts, start + sum(counts))

    def group_label(self, group: int) -> int:
        """Return the label of a group."""
        return FIRST_EVENT + group

    def slot_label(self, slot: str) -> int:
        """Return the label of a slot's beginning."""
        return FIRST_EVENT + self.groups + self.slots.index(slot)

    def group(self, label: int) -> int | None:
        """Return the group of a label, or None."""
        return label - FIRST_EVENT if FIRST_EVENT <= label < FIRST_EVENT + self.groups else None

    def slot(self, label: int) -> str | None:
        """Return the slot that begins with a label, or None."""
        place = label - FIRST_EVENT - self.groups
        return self.slots[place] if 0 <= place < len(self.slots) else None

    def list_of(self, label: int) -> int:
        """Return the list that a value's label belongs to."""
        index = bisect_right(self.first_values, label) - 1
        while label - self.first_values[index] >= len(self.lists[index]):  # empty lists share their label
            index -= 1
        return index

    def value(self, label: int) -> Entry:
        """Return the entry of a value's label; of a list whose entries stand in a row it is the first."""
        index = self.list_of(label)
        return self.lists[index][label - self.first_values[index]]


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph ready to search."""

    fst: kaldifst.StdConstFst
    outputs: Outputs
    plan: Plan
    states: int
    arcs: int
    lists: frozenset[int]
    """Those of the plan's lists that its sentences call."""


@dataclass(slots=True)
class Assembler:
    """Joins a plan's parts to a graph; keeps the prefix tree of each list, so that only changed ones are built."""

    _tries: dict[int, tuple[List, Trie]] = field(default_factory=dict)
    _joined: dict[frozenset[int], tuple[Plan, Joined]] = field(default_factory=dict)

    def assemble(self, plan: Plan, *, only: Collection[int], lexicon: Lexicon | None = None) -> Graph:
        """Return the graph of some of a plan's groups.

        lexicon: any of its words may be said in a row, what the groups say among them.
        Raises TooLargeError.
        """
        outputs, joined = Outputs.of(plan), self._join(plan, frozenset(only))
        called = (label - FIRST_CALL for _, label, _, _ in joined.arcs if label >= FIRST_CALL)
        lists = frozenset(plan.calls[call][0] for call in called)
        tries = [self._trie(index, one) for index, one in enumerate(plan.lists)]
        if lexicon is not None:
            tries = [_chosen(trie, one) for trie, one in zip(tries, plan.lists, strict=True)]
        letters = _Rows(plan, outputs, tries).joined(joined)
        del tries
        if lexicon is not None:
            letters = around(letters, lexicon=lexicon, label=outputs.first_word)
        frames = expand(letters.arcs, nodes=letters.nodes)
        begin, end = letters.start, letters.end
        del letters  # of a large library each of these is a hundred megabytes
        finals = np.full(frames.states, np.inf, np.float32)
        first = int(frames.first_state[end])
        finals[first : first + int(frames.state_counts[end])] = 0
        start = int(frames.first_state[begin])
        states, arcs = frames.states, len(frames.arcs.sources)
        file = write_fst(frames.arcs, states=states, start=start, finals=finals)
        del frames
        return Graph(read_fst(file), outputs, plan, states, arcs, lists)

    def _join(self, plan: Plan, only: frozenset[int]) -> Joined:
        """Join the groups' sentences, which stay the same while lists are filled anew."""
        known = self._joined.get(only)
        if known is None or known[0].starts is not plan.starts:
            if len(self._joined) >= MOST_JOINED:
                del self._joined[next(reversed(self._joined))]  # the first one is the whole household
            known = (plan, join(plan.letters, [(group, plan.starts[group]) for group in sorted(only)]))
            self._joined[only] = known
        return known[1]

    def _trie(self, index: int, one: List) -> Trie:
        known = self._tries.get(index)
        if known is None or known[0] is not one:
            known = self._tries[index] = (one, _trie_of(one.entries))
        return known[1]


class _Rows:
    """The letter arcs of the whole graph: the sentences', and a copy of a list's for each way to go on after it."""

    def __init__(self, plan: Plan, outputs: Outputs, tries: Sequence[Trie]) -> None:
        self._plan = plan
        self._outputs = outputs
        self._tries = tries
        self._rows: list[tuple[int, int, int, int, float]] = []  # source, target, input, output, weight
        self._copies: dict[tuple[int, int], int] = {}
        self._shared: dict[int, tuple[int, int]] = {}
        """Root and end of the one copy of a list."""
        self._decided: frozenset[int] = frozenset()
        self._parts: list[Arcs] = []
        self._count = 0

    def joined(self, sentences: Joined) -> Letters:
        """Return the letters of joined groups."""
        self._count, self._decided = sentences.nodes, sentences.decided
        # Silence at both ends may hold spaces.
        self._rows += [(node, node, SPACE, 0, 0.0) for node in (sentences.start, sentences.end)]
        for source, label, target, group in sentences.arcs:
            if label >= FIRST_CALL:
                self._call(source, label - FIRST_CALL, target)
            elif label == GOES_ON:
                self._rows.append((source, target, 0, GOES_ON, 0.0))
            elif label:
                self._letter(source, label, target)
            elif group is None:
                self._rows.append((source, target, 0, 0, 0.0))
            else:
                self._rows.append((source, target, 0, self._outputs.group_label(group), TIE_COST * group))
        arcs = concatenated([table(self._rows), *self._parts])
        return Letters(arcs, self._count, sentences.start, sentences.end)

    def _letter(self, source: int, symbol: int, target: int) -> None:
        self._rows.append((source, target, symbol, symbol, 0.0))
        if symbol == SPACE:
            self._rows.append((source, target, 0, SPACE, MISSING_SPACE_COST))
            self._rows.append((target, target, SPACE, 0, DOUBLED_SPACE_COST))

    def _call(self, source: int, call: int, target: int) -> None:
        index, slot = self._plan.calls[call]
        if self._tries[index].nodes > 1:
            root = self._copy(index, target)
            tie = TIE_COST * (call / len(self._plan.calls) - 2)
            self._rows.append((source, root, 0, self._outputs.slot_label(slot), tie))

    def _copy(self, index: int, target: int) -> int:
        """The root of the copy of list `index` after which it goes on at `target`."""
        root = self._copies.get((index, target))
        if root is None:
            trie, one = self._tries[index], self._plan.lists[index]
            first = self._outputs.first_values[index]
            if one.shared and target in self._decided:
                return self._way_on(index, target)
            root = self._copies[index, target] = self._new_nodes(trie.nodes, one)
            if one.in_a_row:
                # Only the end of the row is told: its words say which groups it has.
                end = self._new_nodes(1, one)
                self._rows.append((end, target, 0, first, 0.0))
                self._letter(end, SPACE, root)
                ends, values = np.full(len(trie.leaves), end), np.full(len(trie.leaves), GOES_ON)
                self._parts += trie_arcs(trie, root=root, ends=ends, values=values)
            else:
                self._parts += trie_arcs(
                    trie, root=root, ends=self._ends(one, trie, target), values=trie.entries + first
                )
        return root

    def _way_on(self, index: int, target: int) -> int:
        """The root of a shared list's only copy, after which one may go on at `target` as well.

        Whoever enters it from one sentence may go on as after another, in another language too ("mets Yesterday in the
        kitchen"): that is understood, though nobody has written it, and ten times smaller.
        """
        trie, one = self._tries[index], self._plan.lists[index]
        if index not in self._shared:
            root, end = self._new_nodes(trie.nodes, one), self._new_nodes(1, one)
            self._shared[index] = (root, end)
            values = trie.entries + self._outputs.first_values[index]
            self._parts += trie_arcs(trie, root=root, ends=self._ends(one, trie, end), values=values)
        root, end = self._shared[index]
        self._copies[index, target] = root
        self._rows.append((end, target, 0, 0, 0.0))
        return root

    def _ends(self, one: List, trie: Trie, target: int) -> np.ndarray:
        """Where each name leads to, (names,): to `target`, or to a node before it that says it could go on.

        Numbers always could, also the greatest: "set it to" sounds like "set it two".
        """
        open_end = self._new_nodes(1, one)
        self._rows.append((open_end, target, 0, GOES_ON, 0.0))
        return np.where(trie.goes_on | one.of_numbers, open_end, target)

    def _new_nodes(self, count: int, one: List) -> int:
        """The first of so many new nodes.  Raises TooLargeError with advice about the list they are for."""
        self._count += count
        if self._count > MOST_NODES:
            raise TooLargeError(
                f"the list {{{one.name}}} has {len(one.entries)} names and stands in too many sentences; "
                f"shorten it, or use it in fewer"
            )
        return self._count - count


def _chosen(trie: Trie, one: List) -> Trie:
    """The tree of a list's names where it costs something which of them it is."""
    likely = LIKELY_NUMBERS if one.of_numbers else max(len(one.entries), FEWEST_NAMES)
    return replace(trie, costs=trie.costs + np.float32(math.log(likely)))


def _trie_of(entries: Sequence[Entry]) -> Trie:
    return build_trie([entry.spoken for entry in entries], costs=[entry.cost for entry in entries])
