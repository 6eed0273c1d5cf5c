"""What systemd is told by a running assistant: that it is ready, that it lives, and nothing once it does not listen."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.running import PATIENCE_S, write_household

WATCHDOG_S = 4.0
QUIET_S = WATCHDOG_S / 2 + 4.0
"""After this, a thread that hangs has been silent for too long, and several messages would have come."""

HANGING_MICROPHONE = """
import sys, threading, time
from pathlib import Path
import numpy as np
from assistant.daemon import Daemon, Settings
from assistant.reports import LogReporter

household, hang, released = map(Path, sys.argv[1:])

class Microphone:
    # Silence in real time; while the file `hang` is there, a device that answers no more, as drivers do.
    def __enter__(self):
        return self
    def __exit__(self, *_):
        pass
    def __iter__(self):
        while True:
            time.sleep(0.02)
            while hang.exists() and not released.exists():
                time.sleep(0.02)
            yield np.zeros(320, np.int16)

sys.exit(Daemon(Settings(household, lambda config: Microphone()), reporter=LogReporter()).run())
"""


class Manager:
    """systemd's end of the notify socket."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self._socket.settimeout(0.1)
        self.told: list[str] = []

    def listen(self, seconds: float = 0.0, *, until: str | None = None) -> list[str]:
        """What comes within the time, or until a message that begins so has come."""
        before = len(self.told)
        deadline = time.monotonic() + (PATIENCE_S if until else seconds)
        while time.monotonic() < deadline:
            if until is not None and any(message.startswith(until) for message in self.told[before:]):
                break
            try:
                self.told.append(self._socket.recv(4096).decode())
            except TimeoutError:
                continue
        else:
            assert until is None, f"{until} did not come; there was {self.told}"
        return self.told[before:]

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    manager = Manager(tmp_path)
    yield manager
    manager.close()


def start(manager: Manager, folder: Path, *arguments: Path) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "XDG_STATE_HOME": str(folder / "state"),
        "NOTIFY_SOCKET": str(manager.path),
        "WATCHDOG_USEC": str(round(WATCHDOG_S * 1e6)),
    }
    with (folder / "oyez.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-c", HANGING_MICROPHONE, *map(str, arguments)], stdout=log, stderr=log, env=environment
        )


def test_the_watchdog_is_fed_while_the_listening_thread_goes_on_and_no_longer(tmp_path: Path, manager: Manager) -> None:
    hang, released = tmp_path / "hang", tmp_path / "released"
    household = write_household(tmp_path, "handlers: {run: []}")
    with start(manager, tmp_path, household, hang, released) as process:
        try:
            manager.listen(until="READY=1")
            assert manager.told.index("STATUS=listening") < manager.told.index("READY=1")
            manager.listen(until="WATCHDOG=1")
            manager.listen(until="WATCHDOG=1")
            hang.touch()
            manager.listen(QUIET_S)
            # The main thread lives on, and would go on telling so; nobody is heard any more.
            assert manager.listen(QUIET_S) == []
            assert process.poll() is None
            released.touch()
            manager.listen(until="WATCHDOG=1")
            process.send_signal(signal.SIGTERM)
            manager.listen(until="STOPPING=1")
            assert process.wait(PATIENCE_S) == 0
        finally:
            process.kill()


def test_nobody_is_told_ready_where_nothing_can_be_understood(tmp_path: Path, manager: Manager) -> None:
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(b"no network")
    household = write_household(tmp_path, "handlers: {run: []}", f"model: {damaged}")
    with start(manager, tmp_path, household, tmp_path / "hang", tmp_path / "released") as process:
        try:
            manager.listen(until="STATUS=")
            assert str(damaged) in manager.told[-1]
            manager.listen(1.0)
            assert "READY=1" not in manager.told
        finally:
            process.kill()
