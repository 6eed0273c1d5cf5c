"""What the lamps themselves have told, shared between the network thread and the one that acts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from handlers.drivers import Light, Report


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one lamp."""

    state: Light = field(default_factory=Light)
    available: bool | None = None
    reports: int = 0
    """How many states it has told; more than before a command means that it has answered."""
    errors: int = 0
    """How many commands it has refused."""


class States:
    """The last word of every lamp."""

    def __init__(self, names: Iterable[str]) -> None:
        self._changed = threading.Condition()  # guards the next one, and says that it changed
        self._known = {name: Known() for name in names}

    def __getitem__(self, name: str) -> Known:
        with self._changed:
            return self._known[name]

    def note(self, name: str, report: Report) -> None:
        """Take what a lamp has told."""
        with self._changed:
            known = self._known[name]
            told = report.state != Light()
            self._known[name] = replace(
                known,
                state=known.state.merged(report.state),
                available=known.available if report.available is None else report.available,
                reports=known.reports + told,
                errors=known.errors + (report.error is not None),
            )
            self._changed.notify_all()

    def forget(self) -> None:
        """Know no state any more: the lamps may have changed while nobody listened."""
        with self._changed:
            self._known = {name: replace(known, state=Light(), available=None) for name, known in self._known.items()}

    def wait(self, enough: Callable[[], bool], *, deadline: float) -> bool:
        """Wait until `enough` is true, asked whenever a lamp tells something; False at the deadline (monotonic)."""
        with self._changed:
            return self._changed.wait_for(enough, timeout=max(0.0, deadline - time.monotonic()))
