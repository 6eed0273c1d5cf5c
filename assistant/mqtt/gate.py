"""Whether a message may still be acted on: not after it has expired, and only once.  The clock is handed in."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Literal, TypeAlias

Verdict: TypeAlias = Literal["fresh", "expired", "repeated"]

REMEMBERED_IDS = 1024
"""More than any house says within an expiry; then the oldest is forgotten."""


class Gate:
    """Remembers the ids that have passed."""

    def __init__(self, clock: Callable[[], datetime], *, remembered: int = REMEMBERED_IDS) -> None:
        self._clock = clock
        self._remembered = remembered
        self._passed: OrderedDict[str, None] = OrderedDict()

    def judge(self, message_id: str | None, expires: datetime | None) -> Verdict:
        """Return whether to act; a fresh id is remembered, an expired one is not."""
        if message_id is not None and message_id in self._passed:
            return "repeated"
        if expires is not None and self._clock() >= expires:
            return "expired"
        if message_id is not None:
            self._passed[message_id] = None
            if len(self._passed) > self._remembered:
                self._passed.popitem(last=False)
        return "fresh"
