"""Which built-in sentences a household needs for what it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assistant.config.document import Document, KeyPath, value_at
from assistant.errors import Fault

_WHAT_NEEDS: Mapping[KeyPath, str] = {
    ("devices",): "light",
    ("players",): "media",
    ("calling", "driver"): "calling",
    ("handlers", "options", "timer"): "timer",
}
"""What stands in the file, and the pack without which nothing can be said to it."""


def pack_warnings(document: Document) -> Iterator[Fault]:
    """What was set up, but cannot be spoken to, because its pack is not among `packs`.

    A household with sentences of its own may do without ours.
    """
    packs = value_at(document.value, ("packs",))
    if not isinstance(packs, list) or value_at(document.value, ("sentences",)):
        return
    line = document.values[("packs",)].line
    for path, pack in _WHAT_NEEDS.items():
        if pack not in packs and value_at(document.value, path) not in (None, {}, "none"):
            yield Fault(
                document.where(path, key=True),
                f'nothing can be said to it: add "{pack}" to packs (line {line}), or leave packs away for all of them',
            )
