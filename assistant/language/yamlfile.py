"""YAML as nodes that know their line: within limits, and read as YAML 1.2 where 1.1 sets traps.

`on`, `off`, `yes`, `no`, `y`, `n` are words here, as keys and as values; YAML 1.1 (and with it PyYAML's own
constructors) makes booleans of them, and sentences like "turn on" lose their names.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from assistant.errors import Fault, SentenceError
from assistant.messages import SlotValue

MOST_BYTES = 8 * 1024 * 1024
"""Size of a sentence file; 50,000 names are about 2 MB."""
MOST_NODES = 1_000_000
"""Values in a file after its aliases are followed."""
MOST_CHARACTERS = 2 * MOST_BYTES
"""Of all values, after its aliases are followed: each of them is read."""
MOST_DEPTH = 40
MOST_DIGITS = 100
"""Longer numbers are text."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Source:
    """Names places of one file in faults."""

    name: str

    def at(self, node: yaml.Node, key: str = "") -> str:
        """Return `file:line:column key`."""
        mark = node.start_mark
        return f"{self.name}:{mark.line + 1}:{mark.column + 1}" + (f" {key}" if key else "")


def read_yaml(path: Path) -> tuple[Source, yaml.MappingNode]:
    """Return the root mapping of a file.

    Raises SentenceError where the file cannot be read, is no YAML, too large, or not a mapping.
    """
    source = Source(str(path))
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise _unusable(source.name, f"{size} bytes, but at most {MOST_BYTES} are read; split the file")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _unusable(source.name, f"cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise _unusable(source.name, "is not UTF-8 text; save it as UTF-8") from error
    return source, parse_yaml(text, source)


def parse_yaml(text: str, source: Source) -> yaml.MappingNode:
    """Return the root mapping of `text`; raises SentenceError as `read_yaml` does."""
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{source.name}:{mark.line + 1}:{mark.column + 1}" if mark else source.name
        raise _unusable(where, f"not YAML: {error.problem or error}") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise _unusable(source.name, f"not YAML: {error}") from error
    if root is None:
        raise _unusable(source.name, "the file is empty; write `language:` and `intents:`")
    if not isinstance(root, yaml.MappingNode):
        raise _unusable(source.at(root), "expected keys such as `language:` and `intents:`")
    _check_size(root, source)
    return root


def scalar(node: yaml.Node) -> SlotValue | None:
    """Return a scalar as the value YAML 1.2 gives it; None for null.

    Raises TypeError where the node is a list or a mapping.
    """
    if not isinstance(node, yaml.ScalarNode):
        raise TypeError
    text: str = node.value
    kind = node.tag.rpartition(":")[2]
    if kind == "null":
        return None
    if kind == "bool" and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if kind in {"int", "float"}:
        return _number(text)
    return text


def _number(text: str) -> SlotValue:
    """Decimal numbers as numbers; sexagesimal `1:30` and the like stay text."""
    if len(text) > MOST_DIGITS:
        return text
    for kind in (int, float):
        try:
            value: int | float = kind(text.replace("_", ""))
        except ValueError:
            continue
        if value in {float("inf"), float("-inf")} or value != value:  # noqa: PLR0124 - the test for NaN
            return text
        return value
    return int(text, 16) if text.lower().startswith("0x") else text


def _check_size(root: yaml.Node, source: Source) -> None:
    """Refuse what grows beyond measure when its aliases are followed, before anything follows them."""
    sizes: dict[int, tuple[int, int]] = {}  # values, characters
    stack: list[tuple[yaml.Node, bool]] = [(root, False)]
    open_nodes: set[int] = set()
    while stack:
        node, left = stack.pop()
        children = _children(node)
        if left:
            open_nodes.discard(id(node))
            values = 1 + sum(sizes[id(child)][0] for child in children)
            characters = sum(sizes[id(child)][1] for child in children)
            if isinstance(node, yaml.ScalarNode):
                characters = len(node.value)
            sizes[id(node)] = values, characters
            if values > MOST_NODES:
                raise _unusable(source.at(node), f"more than {MOST_NODES} values; split the file, use fewer aliases")
            if characters > MOST_CHARACTERS:
                raise _unusable(source.at(node), f"more than {MOST_CHARACTERS} characters; use fewer aliases")
        elif id(node) not in sizes:
            if id(node) in open_nodes or len(open_nodes) > MOST_DEPTH:
                raise _unusable(source.at(node), f"nested deeper than {MOST_DEPTH} levels")
            open_nodes.add(id(node))
            stack.append((node, True))
            stack += [(child, False) for child in children]


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _unusable(where: str, what: str) -> SentenceError:
    return SentenceError([Fault(where, what)])
