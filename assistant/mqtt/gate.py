"""Whether a message may still be acted on: not after it has expired, and only once.  The clocks are handed in.

Clocks cannot be trusted: a Raspberry Pi has none of its own, and the network tells it the time after the start; a
handler on another machine has another one.  So where the broker counts how long a message may still wait (MQTT 5), that
is believed.  Without it, what is too old after our clock was put right counts by the old time, too, for as long as such
a command can be under way.
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
ROUNDED_S = 1.0
"""MQTT counts whole seconds; a time in a payload is exact, and taken where both clocks can be right."""


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
        self._began: datetime | None = None
        """When by this clock the monotonic one was at zero, as the last message found it."""
        self._began_before: datetime | None = None
        """The same before the last jump."""
        self._jumped = 0.0
        """When that was seen; monotonic."""

    def deadline(self, expires: datetime | None, *, left_s: float | None = None) -> float | None:
        """Return the monotonic second of an aware time, None where a message does not expire.

        left_s: what the broker says that the message may still wait, as it arrived.
        """
        if expires is None:
            return None
        now = self._monotonic()
        began = self._clock() - timedelta(seconds=now)
        if self._began is not None and abs((began - self._began).total_seconds()) > JUMP_S:
            self._began_before, self._jumped = self._began, now
        self._began = began
        by_clock_s = (expires - began).total_seconds() - now
        if left_s is not None:
            believable = -ROUNDED_S < by_clock_s <= left_s + ROUNDED_S
            return now + (min(by_clock_s, left_s) if believable else left_s)
        if by_clock_s <= 0 and self._began_before is not None and now - self._jumped <= UNDER_WAY_S:
            by_old_clock_s = (expires - self._began_before).total_seconds() - now
            if 0 < by_old_clock_s <= UNDER_WAY_S:
                return now + by_old_clock_s
        return now + by_clock_s
