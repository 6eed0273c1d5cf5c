"""What the telephone has told so far, shared between the thread that hears it and the one that acts."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from handlers.telephones import Call, Event, Reason

REMEMBERED = 64
"""Changes that are kept for whoever waits for one."""

_ORDER = ("incoming", "dialing", "ringing", "established")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Change:
    """One event, and the call that it is about as it was before; None for a new call or no call."""

    event: Event
    before: Call | None = None


class Line:
    """The calls of one telephone, as it tells them itself."""

    def __init__(self) -> None:
        self._changed = threading.Condition()  # guards all that follows, and says that it changed
        self._calls: dict[str, Call] = {}
        self._changes: deque[Change] = deque(maxlen=REMEMBERED)
        self._count = 0
        """Changes so far."""
        self._absent: Reason | None = None

    @property
    def calls(self) -> tuple[Call, ...]:
        """All that are not over, in the order in which they began."""
        with self._changed:
            return tuple(self._calls.values())

    @property
    def absent(self) -> Reason | None:
        """Why there is no telephone, as far as it has told."""
        with self._changed:
            return self._absent

    @property
    def mark(self) -> int:
        """A moment: `wait` looks at what has been told since."""
        with self._changed:
            return self._count

    def note(self, event: Event) -> Change | None:
        """Take what was told; returns what it changed, None where it was known already."""
        with self._changed:
            before = self._calls.get(event.call)
            if event.kind in _ORDER:
                if before is not None and _ORDER.index(before.state) >= _ORDER.index(event.kind):
                    return None
                self._calls[event.call] = _after(before, event)
            elif event.kind == "closed":
                self._calls.pop(event.call, None)
            elif event.kind in ("absent", "ready"):
                self._absent = event.reason if event.kind == "absent" else None
                self._calls = {}
            change = Change(event, before)
            self._changes.append(change)
            self._count += 1
            self._changed.notify_all()
            return change

    def since(self, mark: int) -> tuple[Change, ...]:
        """Return all that was told since a mark."""
        with self._changed:
            return self._since(mark)

    def wait(self, judge: Callable[[Sequence[Change]], T | None], *, since: int, deadline: float) -> T | None:
        """Return what `judge` makes of all that was told since a mark, as soon as that is something.

        None at the deadline (monotonic).
        """
        with self._changed:
            while True:
                verdict = judge(self._since(since))
                left_s = deadline - time.monotonic()
                if verdict is not None or left_s <= 0:
                    return verdict
                self._changed.wait(left_s)

    def _since(self, mark: int) -> tuple[Change, ...]:
        told = min(self._count - mark, len(self._changes))
        return tuple(self._changes)[len(self._changes) - told :]


def _after(before: Call | None, event: Event) -> Call:
    if before is None:
        return Call(event.call, event.kind != "incoming", event.kind, event.number)  # type: ignore[arg-type]
    return replace(before, state=event.kind, number=before.number or event.number)  # type: ignore[arg-type]
