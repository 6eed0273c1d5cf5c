"""How often something may come, whoever sends it: a bucket that fills steadily and may be emptied at once."""

from __future__ import annotations

import time
from collections.abc import Callable


class Rate:
    """Not for several threads at once."""

    def __init__(self, per_minute: float, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._most = self._left = per_minute
        self._monotonic = monotonic
        self._seen = monotonic()

    def takes(self, amount: float = 1) -> bool:
        """Return whether there is room for `amount`, and use it up; what is refused uses up nothing."""
        now = self._monotonic()
        self._left = min(self._most, self._left + (now - self._seen) * self._most / 60)
        self._seen = now
        if amount > self._left:
            return False
        self._left -= amount
        return True
