"""Whether a provider is asked at all: after it has not answered some times it is left alone for a while.

    CLOSED ──FAILURES in a row──▶ OPEN ──the pause is over──▶ HALF-OPEN (one request at a time tries)
    HALF-OPEN ──it answers──▶ CLOSED        HALF-OPEN ──it does not──▶ OPEN, for twice as long

A user then hears at once that there is no connection, instead of waiting out the deadline each time.  The provider's
own answers are the only sign of connectivity that counts: a default route says nothing about a service.  Pure; not for
several threads at once.
"""

from __future__ import annotations

import random
from collections.abc import Callable

FAILURES = 2
"""In a row, each with its retry."""
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 300.0


class Breaker:
    """The state of one provider."""

    def __init__(self, *, clock: Callable[[], float], jitter: Callable[[], float] = random.random) -> None:
        """clock: monotonic seconds.  jitter: a number from 0 to 1."""
        self._clock, self._jitter = clock, jitter
        self._failures = 0
        self._pause_s = FIRST_PAUSE_S
        self._open_until: float | None = None
        self._trying = False

    @property
    def reachable(self) -> bool:
        """Whether the provider has answered lately, or has not been asked."""
        return self._open_until is None

    @property
    def wait_s(self) -> float:
        """How long it is still left alone."""
        return 0.0 if self._open_until is None else max(0.0, self._open_until - self._clock())

    def admit(self) -> bool:
        """Return whether to ask now; what was admitted is reported by `answered` or `failed`."""
        if self._open_until is None:
            return True
        if self._trying or self._clock() < self._open_until:
            return False
        self._trying = True
        return True

    def answered(self) -> None:
        """It has answered, whatever it said."""
        self._failures, self._pause_s = 0, FIRST_PAUSE_S
        self._open_until, self._trying = None, False

    def failed(self) -> None:
        """It has not answered, nor when it was asked again."""
        self._failures += 1
        self._trying = False
        if self._failures < FAILURES:
            return
        # Not all houses at once when a service comes back.
        self._open_until = self._clock() + self._pause_s * (0.5 + self._jitter() / 2)
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
