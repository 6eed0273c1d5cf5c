"""One thing that takes input from outside, and what trying an input on it shows: time, memory, documented errors."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from hypothesis.strategies import SearchStrategy

MEBIBYTE = 1024 * 1024
_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class HangError(BaseException):
    """An input took more processor time than any may; no `except Exception` on its way takes it for another fault."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is fuzzed."""

    name: str
    inputs: SearchStrategy[Any]
    feed: Callable[[Any], object]
    """Takes one input."""
    refuses: tuple[type[Exception], ...] = ()
    """The errors that it documents; any other is a defect."""
    most_cpu_s: float = 5.0
    """Processor time of one input; a slow and busy machine makes no difference to it."""
    most_mb: int = 160
    """Memory above that of before, while it takes one input."""
    prepare: Callable[[], object] = tuple
    """Builds what all inputs share, before the first of them is measured."""
    check: Callable[[], None] | None = None
    """Raises where what was fed has done harm elsewhere, as on another thread."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one input."""

    refused: str | None
    """The documented error's name, None where the input was taken."""
    seconds: float
    """On the clock."""
    memory_mb: float
    """The most above what was held before."""


def attempt(target: Target, given: Any) -> Trial:
    """Feed one input.

    Raises whatever the target does not document, HangError after `most_cpu_s`, MemoryError above `most_mb`.
    """
    before_mb = _resident_mb()
    began = time.monotonic()
    refused: str | None = None
    with _limited(target.most_cpu_s):
        try:
            target.feed(given)
        except target.refuses as error:
            refused = type(error).__name__
    seconds = time.monotonic() - began
    if target.check is not None:
        target.check()
    trial = Trial(refused, seconds, max(0.0, _peak_mb() - before_mb))
    if trial.memory_mb > target.most_mb:
        raise MemoryError(f"{target.name}: {trial.memory_mb:.0f} MiB for one input")
    return trial


@contextmanager
def _limited(cpu_s: float) -> Iterator[None]:
    """Raise HangError in the code below once it has used that much processor time; on the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_: int, __: FrameType | None) -> None:
        raise HangError(f"more than {cpu_s:g} s of processor time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, cpu_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _resident_mb() -> float:
    """What is held now; from here on the peak counts anew, where the kernel lets it."""
    try:
        _CLEAR.write_text("5")  # proc(5): resets VmHWM
    except OSError:
        return _peak_mb()  # a new peak still shows
    return _status_mb("VmRSS:")


def _peak_mb() -> float:
    return _status_mb("VmHWM:")


def _status_mb(field: str) -> float:
    for line in _STATUS.read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024 / MEBIBYTE
    return 0.0
