"""Counts and timings since the start, for the `health` topic."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass

REMEMBERED = 100
"""Timings that percentiles are taken of."""


@dataclass(frozen=True, slots=True)
class Readings:
    """What was counted up to a moment."""

    counts: dict[str, int]
    timings_ms: dict[str, float]
    """`<name>_median` and `<name>_worst` of the last hundred."""


class Counters:
    """Counts from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards both below
        self._counts: Counter[str] = Counter()
        self._timings: dict[str, deque[float]] = {}

    def add(self, name: str, count: int = 1) -> None:
        """Count something that happened."""
        with self._lock:
            self._counts[name] += count

    def took(self, name: str, elapsed_ms: float) -> None:
        """Note how long something took."""
        with self._lock:
            self._timings.setdefault(name, deque(maxlen=REMEMBERED)).append(elapsed_ms)

    def readings(self) -> Readings:
        """What was counted until now."""
        with self._lock:
            timings = {name: sorted(values) for name, values in self._timings.items()}
            counts = dict(self._counts)
        spread = {f"{name}_median": round(values[len(values) // 2], 1) for name, values in timings.items()}
        spread |= {f"{name}_worst": round(values[-1], 1) for name, values in timings.items()}
        return Readings(counts=counts, timings_ms=spread)
