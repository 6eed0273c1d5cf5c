"""A process that a test talks to: lines to its stdin, lines of JSON from its stdout."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[1]
WAIT_S = 60
"""The machine may be busy."""


class Child:
    """`python -m MODULE`; a context manager."""

    def __init__(self, module: str, *arguments: str, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._told: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def order(self, line: str) -> None:
        """Write a line to its stdin."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def tells(self, key: str) -> dict[str, Any]:
        """The next that it tells with this key; everything before is passed over."""
        deadline = time.monotonic() + WAIT_S
        while True:
            told = self._told.get(timeout=max(deadline - time.monotonic(), 0))
            assert told is not None, f'it has ended and told no "{key}"'
            if key in told:
                return told

    def next(self, key: str) -> Any:
        """What it tells next under this key; everything before is passed over."""
        return self.tells(key)[key]

    def end(self) -> dict[str, Any]:
        """Close its stdin; returns the last it tells."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        last: dict[str, Any] = {}
        while (told := self._told.get(timeout=WAIT_S)) is not None:
            last = told
        assert self._process.wait(timeout=WAIT_S) == 0
        return last

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._told.put(json.loads(line))
        self._told.put(None)
