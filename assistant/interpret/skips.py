"""Skip words: what may be said between any two words of a sentence, and before and after it, without meaning."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.interpret.letters import SPACE, LetterGraph, normalized_piece
from assistant.model.symbols import encode

IN_A_ROW = 2
"""Skip words that may follow each other."""


class Skips:
    """The skip words of one scope, put into its sentences."""

    def __init__(self, graph: LetterGraph, words: Sequence[str]) -> None:
        self._graph = graph
        spelled = [normalized_piece(word).strip() for word in words]
        self._words = [encode(word) for word in spelled if word]
        self._known: dict[int, int] = {}

    def around(self, node: int) -> int:
        """Return the sentence that begins at `node` with skip words allowed."""
        return self._before(self._within(node)) if self._words else node

    def forget(self, first: int) -> None:
        """Forget nodes from this number on, which the graph has taken back."""
        self._known = {key: node for key, node in self._known.items() if max(key, node) < first}

    def _within(self, node: int) -> int:
        """The same, without those at the beginning."""
        known = self._known.get(node)
        if known is not None:
            return known
        graph = self._graph
        built = graph.end if graph.final[node] else graph.dead
        if graph.final[node]:
            built = graph.union(built, graph.before(SPACE, self._before(graph.end, must=True)))
        for label, target in graph.arcs[node]:
            after = self._within(target)
            built = graph.union(built, graph.before(label, self._before(after) if label == SPACE else after))
        self._known[node] = built
        return built

    def _before(self, node: int, *, must: bool = False) -> int:
        """Up to IN_A_ROW skip words, then `node`; with `must` one at least."""
        graph = self._graph
        built = node
        for number in range(IN_A_ROW):
            said = graph.dead
            for word in self._words:
                said = graph.union(said, self._word(word, built))
            built = said if must and number == IN_A_ROW - 1 else graph.union(node, said)
        return built

    def _word(self, symbols: Sequence[int], node: int) -> int:
        graph = self._graph
        built = node if node == graph.end else graph.before(SPACE, node)
        for symbol in reversed(symbols):
            built = graph.before(symbol, built)
        return built
