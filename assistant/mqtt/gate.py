"""Whether a message may still be acted on: not after it has expired, and only once.  The clocks are handed in.

A clock that is put right (a Raspberry Pi has none of its own: the network tells it the time after the start) must not
make a command look old that was published a moment before.  So after a jump, what is too old by the new time counts by
the old time, too, for as long as such a command can be under way.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

Verdict: TypeAlias = Literal["fresh", "expired", "repeated"]

REMEMBERED_IDS = 1024
"""More than any house says within an expiry; then the oldest is forgotten."""
JUMP_S = 2.0
"""More than a clock that is slowly put right moves between two messages of one minute."""
UNDER_WAY_S = 60.0
"""Commands do not expire later than that after they were published, or are not helped."""


class Gate:
    """Remembers the ids that have passed."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        remembered: int = REMEMBERED_IDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock, self._monotonic = clock, monotonic
        self._remembered = remembered
        self._passed: OrderedDict[str, None] = OrderedDict()
        self._began: datetime | None = None
        """When by this clock the monotonic one was at zero, as the last message found it."""
        self._began_before: datetime | None = None
        """The same before the last jump."""
        self._jumped = 0.0
        """When that was seen; monotonic."""

    def judge(self, message_id: str | None, expires: datetime | None) -> Verdict:
        """Return whether to act; a fresh id is remembered, an expired one is not."""
        if message_id is not None and message_id in self._passed:
            return "repeated"
        if expires is not None and self._is_over(expires):
            return "expired"
        if message_id is not None:
            self._passed[message_id] = None
            if len(self._passed) > self._remembered:
                self._passed.popitem(last=False)
        return "fresh"

    def _is_over(self, expires: datetime) -> bool:
        now, began = self._monotonic(), self._start()
        if self._began is not None and abs((began - self._began).total_seconds()) > JUMP_S:
            self._began_before, self._jumped = self._began, now
        self._began = began
        if self._clock() < expires:
            return False
        if self._began_before is None or now - self._jumped > UNDER_WAY_S:
            return True
        left_s = (expires - self._began_before).total_seconds() - now
        return not 0 < left_s <= UNDER_WAY_S

    def _start(self) -> datetime:
        return self._clock() - timedelta(seconds=self._monotonic())
