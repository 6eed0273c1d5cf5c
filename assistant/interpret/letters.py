"""Templates as one graph of letters: sentences share their beginnings and their ends.

A node is a set of labelled arcs and may be an end; equal nodes are one (built from the end backwards, each looked up
before it is made), and alternatives that begin alike are merged, so that within one group of templates each text has
one path.  A list stays a single arc, a *call*, which `assemble` replaces by the list's letters: two templates that go
on alike after a list share it.  Spaces are brought to one form here: none at the ends, never two in a row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from hassil.expression import Alternative, Expression, Group, ListReference, Permutation, RuleReference, TextChunk

from assistant.language import spoken_pieces
from assistant.model.symbols import encode, normalize

MOST_NODES = 400_000
"""Nodes of all templates together; the built-in sentences of three languages take about 20,000."""
MOST_NODES_OF_ONE = 50_000
"""Nodes of one template: rules within rules can be doubled in a few lines."""
MOST_MERGES = 40_000
"""Merges of alternatives for one template; beyond it they stay side by side."""
MOST_ITEMS = 8
"""Parts of a permutation: its graph has two to the power of them."""
MOST_DEPTH = 60

SPACE = 1
"""Symbol index of the space."""
MISSING_SPACE_COST = 2.0
"""Nats for two words that the network runs together."""
DOUBLED_SPACE_COST = 0.5
"""Nats for a second space between two words."""
GOES_ON = 99
"""Label that is neither: what has been said is complete, and could go on to mean something else."""
FIRST_CALL = 1000
"""Labels from here on are calls, below are symbols."""

Arcs: TypeAlias = tuple[tuple[int, int], ...]
"""(label, node) pairs in order of label."""
CallLabel: TypeAlias = Callable[[ListReference], int | None]
"""Gives a list reference its label; None where the list has no values."""


class TooLargeError(Exception):
    """A template is beyond what a graph can hold; the text says why."""


class LetterGraph:
    """A pool of nodes.  Node numbers are only meaningful within their pool."""

    def __init__(self) -> None:
        self.arcs: list[Arcs] = []
        self.final: list[bool] = []
        self.calls: list[bool] = []
        """Whether a call lies on a way from the node to an end."""
        self._known: dict[tuple[Arcs, bool], int] = {}
        self._unions: dict[tuple[int, int], int] = {}
        self._stripped: dict[int, int] = {}
        self._merges_left = MOST_MERGES
        self._begun = 0
        """Nodes from this number on are those of the present template."""
        self.dead = self._node((), final=False)
        self.end = self._node((), final=True)

    def begin(self) -> None:
        """Grant the next template its merges and nodes."""
        self._merges_left = MOST_MERGES
        self._begun = len(self.arcs)

    def take_back(self) -> int:
        """Forget the nodes of the present template, and return the number that the first of them had."""
        begun = self._begun
        del self.arcs[begun:], self.final[begun:], self.calls[begun:]
        self._known = {key: node for key, node in self._known.items() if node < begun}
        self._unions = {key: node for key, node in self._unions.items() if max(*key, node) < begun}
        self._stripped = {key: node for key, node in self._stripped.items() if max(key, node) < begun}
        return begun

    def before(self, label: int, node: int) -> int:
        """Return the node from which `label` leads to `node`."""
        if node == self.dead:
            return self.dead
        if label != SPACE:
            return self._node(((label, node),), final=False)
        after = self.without_leading_space(node)
        if not self.final[after]:
            return self._node(((SPACE, after),), final=False)
        inner = self._node(self.arcs[after], final=False)  # a space at the very end is none
        return self._node(((SPACE, inner),) if inner != self.dead else (), final=True)

    def without_leading_space(self, node: int) -> int:
        """Return `node` as it is after a space or at the beginning."""
        known = self._stripped.get(node)
        if known is None:
            spaced = [target for label, target in self.arcs[node] if label == SPACE]
            rest = tuple(arc for arc in self.arcs[node] if arc[0] != SPACE)
            known = self._node(rest, final=self.final[node]) if spaced else node
            for target in spaced:
                known = self.union(known, target)
            self._stripped[node] = known
        return known

    def union(self, first: int, second: int) -> int:
        """Return the node that is both."""
        if second in (first, self.dead):
            return first
        if first == self.dead:
            return second
        key = (first, second) if first < second else (second, first)
        known = self._unions.get(key)
        if known is None:
            known = self._unions[key] = self._merge(first, second)
        return known

    def _merge(self, first: int, second: int) -> int:
        final = self.final[first] or self.final[second]
        if self._merges_left <= 0:
            return self._node(tuple(sorted({*self.arcs[first], *self.arcs[second]})), final=final)
        self._merges_left -= 1
        merged: list[tuple[int, int]] = []
        targets = dict(self.arcs[first])
        if len(targets) < len(self.arcs[first]):  # side by side already
            return self._node(tuple(sorted({*self.arcs[first], *self.arcs[second]})), final=final)
        for label, target in self.arcs[second]:
            if label in targets:
                targets[label] = self.union(targets[label], target)
            else:
                merged.append((label, target))
        return self._node(tuple(sorted([*targets.items(), *merged])), final=final)

    def _node(self, arcs: Arcs, *, final: bool) -> int:
        key = (arcs, final)
        known = self._known.get(key)
        if known is None:
            if len(self.arcs) >= MOST_NODES:
                raise TooLargeError(f"the sentences make more than {MOST_NODES} nodes")
            if len(self.arcs) - self._begun >= MOST_NODES_OF_ONE:
                raise TooLargeError(f"it makes more than {MOST_NODES_OF_ONE} nodes")
            known = self._known[key] = len(self.arcs)
            self.arcs.append(arcs)
            self.final.append(final)
            self.calls.append(any(label >= FIRST_CALL or self.calls[target] for label, target in arcs))
        return known


class Builder:
    """Puts expressions of one scope (its rules, lists and language) into a graph."""

    def __init__(
        self, graph: LetterGraph, *, rules: Mapping[str, Expression], language: str, call_label: CallLabel
    ) -> None:
        self._graph = graph
        self._rules = rules
        self._language = language
        self._call_label = call_label
        self._known: dict[tuple[int, int], int] = {}
        self._kept: list[Expression] = []  # ids are only unique while their objects live

    def before(self, expression: Expression, node: int, *, depth: int = 0) -> int:
        """Return the node from which `expression` leads to `node`.

        Raises TooLargeError.
        """
        if depth > MOST_DEPTH:
            raise TooLargeError(f"nested deeper than {MOST_DEPTH} levels")
        if node == self._graph.dead:
            return node
        key = (id(expression), node)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._build(expression, node, depth + 1)
            self._kept.append(expression)
        return known

    def forget(self, first: int) -> None:
        """Forget what leads to nodes from this number on, which the graph has taken back."""
        self._known = {key: node for key, node in self._known.items() if max(key[1], node) < first}

    def _build(self, expression: Expression, node: int, depth: int) -> int:
        if isinstance(expression, TextChunk):
            return self._text(expression.original_text, node)
        if isinstance(expression, ListReference):
            label = self._call_label(expression)
            return self._graph.dead if label is None else self._graph.before(label, node)
        if isinstance(expression, RuleReference):
            return self.before(self._rules[expression.rule_name], node, depth=depth)
        if isinstance(expression, Alternative):
            return self._alternatives([self.before(item, node, depth=depth) for item in expression.items])
        if isinstance(expression, Permutation):
            return self._permutation(expression.items, node, depth)
        if isinstance(expression, Group):
            for item in reversed(expression.items):
                node = self.before(item, node, depth=depth)
            return node
        raise TypeError(f"unknown template part {expression!r}")

    def _alternatives(self, nodes: Sequence[int]) -> int:
        merged = self._graph.dead
        for node in nodes:
            merged = self._graph.union(merged, node)
        return merged

    def _permutation(self, items: Sequence[Expression], node: int, depth: int) -> int:
        """All orders of the items: one node for each set of items still to come, not for each order."""
        if len(items) > MOST_ITEMS:
            raise TooLargeError(f"a permutation has more than {MOST_ITEMS} parts")
        ends = {0: node}
        for left in range(1, 1 << len(items)):
            ends[left] = self._alternatives(
                [
                    self.before(item, ends[left & ~(1 << place)], depth=depth)
                    for place, item in enumerate(items)
                    if left >> place & 1
                ]
            )
        return ends[(1 << len(items)) - 1]

    def _text(self, text: str, node: int) -> int:
        for ways in reversed(spoken_pieces(text, self._language)):
            node = self._alternatives([self._letters(way, node) for way in ways])
        return node

    def _letters(self, text: str, node: int) -> int:
        for symbol in reversed(encode(normalized_piece(text))):
            node = self._graph.before(symbol, node)
        return node


def normalized_piece(text: str) -> str:
    """Return a piece of a sentence as the network spells it, spaces at its ends kept as one each."""
    return normalize(f"x{text}x")[1:-1]
