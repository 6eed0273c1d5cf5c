"""Processes that hang: they answer nothing, and their connections stay open."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

STOP_S = 30.0


def freeze(pid: int) -> None:
    """Stop a process; returns when its last thread stands still.

    The signal alone is not enough: the thread that takes it tells the others to stop, and on a busy machine it may wait
    longer for its turn than another one needs to answer.
    """
    os.kill(pid, signal.SIGSTOP)
    deadline = time.monotonic() + STOP_S
    while not _still(pid):
        assert time.monotonic() < deadline, f"process {pid} does not stop"
        time.sleep(0.01)


def thaw(pid: int) -> None:
    """Let it go on."""
    os.kill(pid, signal.SIGCONT)


def _still(pid: int) -> bool:
    for thread in Path(f"/proc/{pid}/task").iterdir():
        try:
            state = (thread / "stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            continue
        if state != "T":
            return False
    return True
