"""The timers of a site: what runs, is paused or rings.  Pure: the time is handed in.

Times are seconds of a clock that neither jumps nor stops while the machine sleeps; how the wall clock comes in across a
restart stands in `handlers.timer.storage`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from assistant.config import Language

MOST_TIMERS = 50
LONGEST_S = 7 * 24 * 3600
MOST_CHARACTERS = 200
"""Of a timer's name."""
LATE_S = 5.0
"""A timer that ended longer ago while nothing ran is told of as late."""

State: TypeAlias = Literal["running", "paused", "ringing"]


@dataclass(frozen=True, slots=True)
class Timer:
    """One timer."""

    key: int
    """Small numbers, used again."""
    length_s: float
    """As it was asked for: what "the ten minute timer" means."""
    language: Language
    """That it was asked for in, and rings in."""
    name: str | None = None
    """The value of the sentence's list."""
    label: str | None = None
    """Its name as it was said."""
    ends: float | None = None
    """When it ends, or ended; None while it is paused."""
    left_s: float = 0.0
    """What is left while it is paused."""
    rings: float | None = None
    """Since when it rings."""
    late_s: float = 0.0
    """How long after its end it began to ring, because nothing ran."""
    restored: bool = False
    """Whether it comes from before a restart, so that only the wall clock knows its end."""

    @property
    def state(self) -> State:
        """What it does."""
        if self.rings is not None:
            return "ringing"
        return "paused" if self.ends is None else "running"

    def remaining_s(self, now: float) -> float:
        """What is left of it."""
        return self.left_s if self.ends is None else max(0.0, self.ends - now)


Timers: TypeAlias = tuple[Timer, ...]


@dataclass(frozen=True, slots=True)
class Which:
    """Which timers are meant; what is None was not said."""

    key: int | None = None
    name: str | None = None
    length_s: float | None = None

    @property
    def said(self) -> bool:
        """Whether any was named."""
        return self != Which()

    def fits(self, timer: Timer) -> bool:
        """Return whether a timer may be meant."""
        return (
            self.key in (None, timer.key)
            and self.name in (None, timer.name)
            and (self.length_s is None or abs(self.length_s - timer.length_s) < 1)
        )


def begun(
    timers: Timers,
    length_s: float,
    *,
    now: float,
    language: Language,
    name: str | None = None,
    label: str | None = None,
) -> Timer:
    """Return a new timer that runs from now on."""
    taken = {timer.key for timer in timers}
    key = next(key for key in range(1, len(timers) + 2) if key not in taken)
    return Timer(key, length_s, language, name=name, label=label, ends=now + length_s)


def paused(timer: Timer, *, now: float) -> Timer:
    """Return a running timer as it stands still."""
    return replace(timer, ends=None, left_s=timer.remaining_s(now))


def resumed(timer: Timer, *, now: float) -> Timer:
    """Return a paused timer as it goes on."""
    return replace(timer, ends=now + timer.left_s, left_s=0.0, restored=False)


def extended(timer: Timer, by_s: float, *, now: float) -> Timer:
    """Return a timer that has more time left; one that rings runs again for that time."""
    if timer.ends is None:
        return replace(timer, left_s=timer.left_s + by_s)
    if timer.rings is None:
        return replace(timer, ends=timer.ends + by_s)
    return replace(timer, ends=now + by_s, rings=None, late_s=0.0, restored=False)


def with_changed(timers: Timers, changed: Iterable[Timer]) -> Timers:
    """Return the timers with those of the same key in the place of the old ones."""
    new = {timer.key: timer for timer in changed}
    return tuple(new.get(timer.key, timer) for timer in timers)


def without(timers: Timers, ended: Iterable[Timer]) -> Timers:
    """Return the timers that stay."""
    keys = {timer.key for timer in ended}
    return tuple(timer for timer in timers if timer.key not in keys)


def at(timers: Timers, now: float, *, ring_s: float) -> Timers:
    """Return the timers as they are now: those that have ended ring, and those that have rung for `ring_s` are gone."""
    return tuple(_rung(timer, now) for timer in timers if timer.rings is None or now < timer.rings + ring_s)


def next_change(timers: Timers, *, ring_s: float) -> float | None:
    """Return when one of them begins or ceases to ring, None where nothing runs."""
    times = [timer.rings + ring_s if timer.rings is not None else timer.ends for timer in timers]
    return min((time for time in times if time is not None), default=None)


def clock_set(timers: Timers, by_s: float) -> Timers:
    """Return the timers after the wall clock was set forward by `by_s` (or back, if negative).

    What was begun since the last restart does not care.  The others' ends are known by the wall clock alone, and it is
    right now: a Raspberry Pi starts with the time at which it was switched off, until the network tells it better.
    """
    return tuple(
        replace(timer, ends=timer.ends - by_s)
        if timer.restored and timer.ends is not None and timer.rings is None
        else timer
        for timer in timers
    )


def _rung(timer: Timer, now: float) -> Timer:
    if timer.ends is None or timer.rings is not None or now < timer.ends:
        return timer
    late_s = now - timer.ends if timer.restored else 0.0
    return replace(timer, rings=now, late_s=late_s if late_s > LATE_S else 0.0)
