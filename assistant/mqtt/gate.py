"""Whether a message may still be acted on: not after it has expired, and only once.  The clocks are handed in.

Clocks cannot be trusted: a Raspberry Pi has none of its own, and the network tells it the time after the start; a
handler on another machine may have another one.  So what is too old by a clock that has just jumped, or is off by more
than a minute, is as old as the broker counts (MQTT 5).  Without that count, what is too old after our clock was put
right counts by the old time, too, for as long as such a command can be under way.
"""

from __future__ import annotations

import math
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

    def __init__(self, *, remembered: int = REMEMBERED_IDS, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._remembered = remembered
        self._passed: OrderedDict[str, None] = OrderedDict()

    def judge(self, message_id: str | None, deadline: float | None) -> Verdict:
        """Return whether to act before the deadline (monotonic); a fresh id is remembered, an expired one is not."""
        if message_id is not None and message_id in self._passed:
            return "repeated"
        if deadline is not None and self._monotonic() >= deadline:
            return "expired"
        if message_id is not None:
            self._passed[message_id] = None
            if len(self._passed) > self._remembered:
                self._passed.popitem(last=False)
        return "fresh"


class Expiry:
    """Tells until when what has just arrived may be acted on.  Not for several threads at once."""

    def __init__(self, clock: Callable[[], datetime], *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._monotonic = clock, monotonic
        self._began = self._start()
        """When by this clock the monotonic one was at zero, as it was looked at last."""
        self._began_before = self._began
        """The same before the last jump."""
        self._jumped = -math.inf
        """When that was seen; monotonic."""

    def look(self) -> None:
        """See whether the clock has jumped; to be called about once a second, else jumps that cancel are not seen."""
        began = self._start()
        if abs((began - self._began).total_seconds()) > JUMP_S:
            self._began_before, self._jumped = self._began, self._monotonic()
        self._began = began

    def deadline(self, expires: datetime | None, *, left_s: float | None = None) -> float | None:
        """Return the monotonic second of an aware time, None where a message does not expire.

        left_s: what the broker says that the message may still wait, as it arrived.
        """
        if expires is None:
            return None
        self.look()
        now = self._monotonic()
        by_clock_s = (expires - self._began).total_seconds() - now
        jumped = now - self._jumped <= UNDER_WAY_S
        if left_s is not None:
            if by_clock_s > 0:
                return now + min(by_clock_s, left_s)
            # Not so old that only a clock explains it: then it hung in a network, where no broker could count.
            return now + (by_clock_s if by_clock_s > -UNDER_WAY_S and not jumped else left_s)
        by_old_clock_s = (expires - self._began_before).total_seconds() - now
        if by_clock_s <= 0 and jumped and 0 < by_old_clock_s <= UNDER_WAY_S:
            return now + by_old_clock_s
        return now + by_clock_s

    def _start(self) -> datetime:
        return self._clock() - timedelta(seconds=self._monotonic())
