"""How long to wait before the broker is tried again.  Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Retry:
    """How long to wait between attempts: doubled each time, up to the ceiling."""

    first_s: float = 0.5
    ceiling_s: float = 5.0
    """Half of what a command may wait: what is said when the broker has returned must not expire before we know it."""

    def wait_s(self, failures: int, *, chance: float) -> float:
        """Return the wait after so many failures in a row; `chance` (0 to 1) takes up to a fifth off."""
        whole = min(self.first_s * float(2 ** min(failures - 1, 32)), self.ceiling_s)
        return whole * (1 - 0.2 * chance)
