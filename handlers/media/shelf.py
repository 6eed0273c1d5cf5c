"""All players' libraries as one: what may be said, and which players have it under which of their values.  Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import islice

from assistant.mqtt import CatalogPayload
from assistant.mqtt.payloads import CatalogValuePart
from assistant.mqtt.topics import MAX_PAYLOAD_BYTES
from handlers.media.names import folded, said_as
from handlers.players import Catalog, Library

_FRAME_BYTES = 24
"""What JSON puts around one value: {"in":"","out":""}, and a comma."""
_WORDS_BYTES = 0.95 * MAX_PAYLOAD_BYTES


@dataclass(frozen=True, slots=True)
class Copy:
    """A thing in one player's library."""

    player: str
    value: str
    """What the player takes for it."""


@dataclass(slots=True)
class _Row:
    """One catalog while it is filled."""

    said: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Folded words to words and value."""
    copies: dict[str, tuple[Copy, ...]] = field(default_factory=dict)
    """Value to where it is."""


class Shelf:
    """What may be played by name."""

    def __init__(
        self, libraries: Mapping[str, Library], *, wanted: Collection[Catalog] = (), most_titles: int = 0
    ) -> None:
        """A value is the name that the first player has for a thing; what is called alike on others is the same."""
        self._rows: dict[Catalog, _Row] = {}
        for kind in wanted:
            self._rows[kind] = _row(kind, libraries, most=most_titles if kind == "title" else None)

    def copies(self, kind: str, value: str) -> tuple[Copy, ...]:
        """Return which players have what a catalog calls `value`."""
        row = self._rows.get(kind)  # type: ignore[call-overload]
        return () if row is None else row.copies.get(value, ())

    def catalogs(self) -> dict[Catalog, CatalogPayload]:
        """Return every catalog; one that would not fit its topic ends where it is full."""
        return {kind: CatalogPayload(values=_fitting(row)) for kind, row in self._rows.items()}


def _row(kind: Catalog, libraries: Mapping[str, Library], *, most: int | None) -> _Row:
    row = _Row()
    values: dict[str, str] = {}
    shorter: list[tuple[str, str]] = []
    for player, library in libraries.items():
        for name in islice(library.get(kind, ()), most):
            words = said_as(name.spoken, kind=kind)
            if not words:
                continue
            value = values.setdefault(folded(words[0]), words[0])
            row.said.setdefault(folded(words[0]), (words[0], value))
            row.copies[value] = (*row.copies.get(value, ()), Copy(player, name.value))
            shorter += [(one, value) for one in words[1:]]
    # A thing's whole name goes before another one's shorter name.
    for words_, value in shorter:
        row.said.setdefault(folded(words_), (words_, value))
    return row


def _fitting(row: _Row) -> list[CatalogValuePart]:
    parts: list[CatalogValuePart] = []
    room: float = _WORDS_BYTES
    for words, value in row.said.values():
        same = words == value
        room -= _FRAME_BYTES + len(words.encode()) + (0 if same else len(value.encode()))
        if room < 0:
            break
        parts.append(CatalogValuePart.model_validate({"in": words, "out": None if same else value}))
    return parts
