"""Readers for the fields of a YAML mapping that collect faults instead of stopping at the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import yaml
from rapidfuzz import fuzz, process

from assistant.errors import Fault
from assistant.language.yamlfile import Source, scalar
from assistant.messages import SlotValue

CLOSE_ENOUGH = 60
"""Similarity (0 to 100) from which another spelling is worth proposing."""


def nearest(word: str, known: Sequence[str]) -> str:
    """Return `; did you mean "..."?` with the most similar of the known words, or nothing."""
    found = process.extractOne(word, known, scorer=fuzz.ratio, score_cutoff=CLOSE_ENOUGH)
    return f'; did you mean "{found[0]}"?' if found else ""


class Fields:
    """The entries of one file's nodes; what is wrong goes to `faults`."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.faults: list[Fault] = []
        self.entries = 0
        """Ways to say the values of the lists that were read so far."""

    def fault(self, node: yaml.Node, key: str, what: str) -> None:
        """Note what is wrong at `node`."""
        self.faults.append(Fault(self.source.at(node, key), what))

    def mapping(self, node: yaml.Node | None, key: str) -> Iterator[tuple[str, yaml.Node]]:
        """Yield the keys (as text) and value nodes of a mapping, each key once."""
        if node is None:
            return
        if not isinstance(node, yaml.MappingNode):
            if not _is_null(node):
                self.fault(node, key, "expected `name: value` entries")
            return
        seen: set[str] = set()
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.fault(key_node, key, "a key must be a word")
                continue
            name = str(key_node.value)
            if name in seen:
                self.fault(key_node, f"{key}.{name}".lstrip("."), "written twice; the first is used")
                continue
            seen.add(name)
            yield name, value_node

    def known(self, node: yaml.Node, key: str, *, keys: Sequence[str]) -> dict[str, yaml.Node]:
        """Return the entries of a mapping whose keys are known; the others are faults."""
        found = {}
        for name, value in self.mapping(node, key):
            if name in keys:
                found[name] = value
            else:
                self.fault(value, f"{key}.{name}".lstrip("."), f'no key "{name}"{nearest(name, keys)}')
        return found

    def items(self, node: yaml.Node | None, key: str) -> list[yaml.Node]:
        """Return the items of a list; a single scalar counts as a list of one."""
        if node is None or _is_null(node):
            return []
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        if isinstance(node, yaml.ScalarNode):
            return [node]
        self.fault(node, key, "expected a list")
        return []

    def text(self, node: yaml.Node, key: str) -> str | None:
        """Return a scalar as it is written, or None and a fault."""
        if isinstance(node, yaml.ScalarNode) and not _is_null(node):
            return str(node.value)
        self.fault(node, key, "expected text")
        return None

    def value(self, node: yaml.Node, key: str) -> SlotValue | None:
        """Return a scalar as text, number or boolean, or None and a fault."""
        try:
            value = scalar(node)
        except TypeError:
            self.fault(node, key, "expected one value: text, a number, true or false")
            return None
        if value is None:
            self.fault(node, key, "a value is missing")
        return value

    def number(self, node: yaml.Node, key: str) -> float | None:
        """Return a number, or None and a fault."""
        value = self.value(node, key)
        if isinstance(value, bool) or (value is not None and not isinstance(value, int | float)):
            self.fault(node, key, f'expected a number, not "{value}"')
            return None
        return value


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and bool(node.tag.endswith(":null"))
