"""How much time has passed, whatever the clock on the wall was set to meanwhile.

Within one boot the kernel's own count is right, sleep included.  Over a reboot there is only the wall clock, which on a
machine without a battery may be hours behind until it hears from the network; what it shows is never trusted to have
run backwards, nor to have gained less than the machine has been up.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time by both clocks."""

    wall_s: float
    """Seconds of the epoch, as far as the machine knows."""
    boot_s: float
    """Seconds since it was switched on."""
    boot: str
    """Which switching-on that was."""


def moment() -> Moment:
    """Return the present one."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return Moment(time.time(), time.clock_gettime(time.CLOCK_BOOTTIME), boot)


def elapsed_s(before: Moment, after: Moment) -> float:
    """Return the seconds between two moments; never negative."""
    if before.boot == after.boot:
        return max(0.0, after.boot_s - before.boot_s)
    return max(0.0, after.wall_s - before.wall_s, after.boot_s)
