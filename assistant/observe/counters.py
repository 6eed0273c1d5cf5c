"""Counts and timings since the start, for the `health` topic."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

REMEMBERED = 100
"""Timings that percentiles are taken of."""


@dataclass(frozen=True, slots=True)
class Readings:
    """What was counted up to a moment."""

    counts: dict[str, int]
    gauges: dict[str, float]
    """What is watched, as it was at that moment."""
    timings_ms: dict[str, float]
    """`<name>_median` and `<name>_worst` of the last hundred."""


class Counters:
    """Counts from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards the three below
        self._counts: Counter[str] = Counter()
        self._watched: dict[str, Callable[[], float]] = {}
        self._timings: dict[str, deque[float]] = {}

    def add(self, name: str, count: int = 1) -> None:
        """Count something that happened."""
        with self._lock:
            self._counts[name] += count

    def watch(self, name: str, read: Callable[[], float]) -> None:
        """Ask `read` for a value, such as a queue's length, whenever readings are taken; on whatever thread that is."""
        with self._lock:
            self._watched[name] = read

    def took(self, name: str, elapsed_ms: float) -> None:
        """Note how long something took."""
        with self._lock:
            self._timings.setdefault(name, deque(maxlen=REMEMBERED)).append(elapsed_ms)

    def readings(self) -> Readings:
        """What was counted until now."""
        with self._lock:
            timings = {name: sorted(values) for name, values in self._timings.items()}
            counts, watched = dict(self._counts), dict(self._watched)
        spread = {f"{name}_median": round(values[len(values) // 2], 1) for name, values in timings.items()}
        spread |= {f"{name}_worst": round(values[-1], 1) for name, values in timings.items()}
        return Readings(counts=counts, gauges={name: read() for name, read in watched.items()}, timings_ms=spread)
