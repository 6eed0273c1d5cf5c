"""A YAML file as plain data that remembers line and column of every key and value.

Read as YAML 1.2 where 1.1 surprises people: `yes`, `no`, `on`, `off` are words, as keys and as values, and dates are
text.  Where true or false is meant, the types take those words; where a number is, they do not become 1 or 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from assistant.errors import Fault

MAX_BYTES = 1_048_576
"""A household of a thousand devices has a tenth of this."""
MAX_DEPTH = 32
MAX_ALIASES = 200
MAX_NODES = 200_000
"""Nodes after aliases are replaced, so that a few lines cannot become gigabytes."""
MOST_DIGITS = 100
"""Longer numbers are text: nothing counts so far."""

KeyPath: TypeAlias = tuple[str | int, ...]
_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PREFIX = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands; both count from 1, as editors do."""

    line: int
    column: int


@dataclass(slots=True)
class Document:
    """What a YAML file says, and where it says it."""

    name: str
    """The file as the user named it, for messages."""
    value: Any = None
    keys: dict[KeyPath, Place] = field(default_factory=dict)
    values: dict[KeyPath, Place] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def where(self, path: KeyPath, *, key: bool = False) -> str:
        """`file:line:column a.b.c` of the deepest part of `path` that is in the file."""
        dotted = ".".join(str(part) for part in path)
        places = (self.keys, self.values) if key else (self.values, self.keys)
        for length in range(len(path), -1, -1):
            for table in places:
                if place := table.get(path[:length]):
                    return f"{self.name}:{place.line}:{place.column} {dotted}".rstrip()
            places = (self.keys, self.values)
        return f"{self.name} {dotted}".rstrip()

    def fault(self, path: KeyPath, what: str, *, key: bool = False) -> None:
        """Note one more thing that is wrong."""
        self.faults.append(Fault(self.where(path, key=key), what))


def read(path: Path, *, name: str | None = None) -> Document:
    """The file at `path`; what is wrong with it stands in the document's faults."""
    document = Document(name or str(path))
    try:
        if path.stat().st_size > MAX_BYTES:
            document.fault((), f"larger than {MAX_BYTES // 1024} KiB; split it, or give sentences files of their own")
            return document
        raw = path.read_bytes()
    except OSError as error:
        document.fault((), f"cannot be read: {error.strerror or error}")
        return document
    return parse(raw, name=document.name)


def parse(raw: bytes, *, name: str) -> Document:
    """The document in `raw`, which is UTF-8."""
    document = Document(name)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        document.faults.append(Fault(f"{name}:{line}:{column}", "not UTF-8; save the file in that encoding"))
        return document
    try:
        if _within_limits(document, text):
            node = yaml.compose(text, Loader=_Loader)
            if node is not None:
                document.value = _Construction(document).value_of(node, ())
    except yaml.MarkedYAMLError as error:
        document.faults.append(_syntax_fault(name, text, error))
    except yaml.YAMLError as error:
        document.faults.append(_character_fault(name, text, error))
    return document


def value_at(value: Any, path: KeyPath) -> Any:
    """What stands at `path` in plain data, None where nothing does."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _within_limits(document: Document, text: str) -> bool:
    """Whether depth and aliases are bounded; by events, which need no recursion."""
    depth = aliases = documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        place = _at(document.name, event.start_mark)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent):
            aliases += 1
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        if depth > MAX_DEPTH:
            document.faults.append(Fault(place, f"nested more than {MAX_DEPTH} deep; no household needs that"))
            return False
        if aliases > MAX_ALIASES:
            document.faults.append(Fault(place, f"more than {MAX_ALIASES} aliases (*name); write the values out"))
            return False
        if documents > 1:
            document.faults.append(Fault(place, "a second document (---) in one file; put it into a file of its own"))
            return False
    return True


class _TooManyNodes(yaml.YAMLError):
    pass


class _Construction:
    """Plain data from nodes, places noted on the way."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._nodes = 0
        self._open: list[int] = []

    def value_of(self, node: yaml.Node, path: KeyPath) -> Any:
        self._count()
        self._document.values[path] = _place(node)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if id(node) in self._open:
            self._document.fault(path, "an alias (*name) inside what it stands for; write the values out")
            return None
        self._open.append(id(node))
        try:
            return self._collection(node, path)
        finally:
            self._open.pop()

    def _count(self) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise _TooManyNodes(f"more than {MAX_NODES} values once its aliases (*name) are filled in")

    def _collection(self, node: yaml.Node, path: KeyPath) -> Any:
        if isinstance(node, yaml.SequenceNode):
            return [self.value_of(item, (*path, index)) for index, item in enumerate(node.value)]
        if node.tag not in (_PREFIX + "map", _PREFIX + "omap"):
            self._document.fault(path, f'unknown tag "{node.tag}"; only plain YAML is read')
            return {}
        return self._mapping(node, path)

    def _mapping(self, node: yaml.Node, path: KeyPath) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in self._pairs(node, path):
            key = str(key_node.value)
            where = (*path, key)
            if key in mapping:
                first = self._document.keys[where].line
                place = _place(key_node)
                at = f"{self._document.name}:{place.line}:{place.column} {'.'.join(str(part) for part in where)}"
                self._document.faults.append(
                    Fault(at, f'"{key}" stands here a second time (first in line {first}); keep one of them')
                )
                continue
            self._document.keys[where] = _place(key_node)
            mapping[key] = self.value_of(value_node, where)
        return mapping

    def _pairs(
        self, node: yaml.Node, path: KeyPath, *, merging: tuple[int, ...] = ()
    ) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        """Keys and values of a mapping, its own first, then those merged in by `<<` that it does not have.

        merging: the mappings into which this one is merged, as ids.
        """
        self._count()
        merging = (*merging, id(node))
        merged: list[yaml.Node] = []
        own: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._document.faults.append(
                    Fault(f"{self._document.name}:{_place(key).line}:{_place(key).column}", "a key must be plain text")
                )
            elif key.tag == _PREFIX + "merge":
                merged.extend(value.value if isinstance(value, yaml.SequenceNode) else [value])
            else:
                own.add(str(key.value))
                yield key, value
        for other in merged:
            if not isinstance(other, yaml.MappingNode) or id(other) in (*self._open, *merging):
                self._document.fault(path, "<< merges a mapping (<<: *name) and nothing else")
                continue
            for key, value in self._pairs(other, path, merging=merging):
                self._count()
                if str(key.value) not in own:
                    own.add(str(key.value))
                    yield key, value

    def _scalar(self, node: yaml.ScalarNode, path: KeyPath) -> Any:
        text = str(node.value)
        kind = node.tag.removeprefix(_PREFIX)
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true" if text.lower() in ("true", "false") else text
        if kind in ("int", "float"):
            return _number(text, kind)
        if kind not in ("str", "timestamp", "value", "merge"):
            self._document.fault(path, f'unknown tag "{node.tag}"; only plain YAML is read')
        return text


def _number(text: str, kind: str) -> int | float | str:
    """The number in `text`; text where only YAML 1.1 sees one (`1:30` as 90, `010` as 8)."""
    plain = text.replace("_", "")
    if len(plain) > MOST_DIGITS:
        return text
    try:
        if kind == "float":
            return float(plain.lower().replace(".inf", "inf").replace(".nan", "nan"))
        return int(plain, 0)
    except ValueError:
        return text


def _at(name: str, mark: Any) -> str:
    return f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name


def _place(node: yaml.Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


def _syntax_fault(name: str, text: str, error: yaml.MarkedYAMLError) -> Fault:
    mark = error.problem_mark or error.context_mark
    where = _at(name, mark)
    problem = error.problem or error.context or "not YAML"
    lines = text.splitlines()
    if mark and mark.line < len(lines) and "\t" in lines[mark.line][: mark.column + 1]:
        return Fault(where, "a tab indents this line; YAML takes spaces only")
    context = f" {error.context}" if error.context and error.context != problem else ""
    return Fault(where, f"not YAML: {problem}{context}; nothing after this place was read")


def _character_fault(name: str, text: str, error: yaml.YAMLError) -> Fault:
    if isinstance(error, _TooManyNodes):
        return Fault(name, str(error))
    position = getattr(error, "position", None)
    if not isinstance(position, int):
        return Fault(name, f"not YAML: {error}")
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    return Fault(f"{name}:{line}:{column}", "a control character; remove it")
