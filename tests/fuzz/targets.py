"""Everything that is fuzzed, in one table."""

from __future__ import annotations

from tests.fuzz import bus, files, handlers, network, numbers
from tests.fuzz.target import Target

TARGETS: tuple[Target, ...] = (
    *files.TARGETS,
    *numbers.TARGETS,
    *bus.TARGETS,
    *handlers.TARGETS,
    *network.TARGETS,
)
