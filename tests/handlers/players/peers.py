"""Real players for tests, each in a process of its own on this machine, and what they play."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import soundfile

from assistant.config import PlayerConfig
from assistant.mqtt import Outgoing
from handlers.players import PlayerDriver, PlayerError, PlayerState, Wiring, build
from tests import freezing

ROOT = Path(__file__).parents[3]
START_S = 60.0
CHANGE_S = 30.0
"""How long a player may take on a busy machine; a test that goes well waits for a small part of it."""


class Process:
    """A program with its log, ended with the test."""

    def __init__(
        self,
        folder: Path,
        *command: str,
        environment: Mapping[str, str] | None = None,
        keep: Sequence[int] = (),
    ) -> None:
        """`keep` are open files that it inherits."""
        program = shutil.which(command[0])
        assert program, f"{command[0]} is not installed; deploy/test installs it"
        self._log = folder / f"{Path(program).name}-{time.monotonic_ns()}.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [program, *command[1:]],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **(environment or {})},
                cwd=ROOT,
                pass_fds=keep,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def said(self) -> str:
        """What it has written so far."""
        return self._log.read_text(errors="replace")

    def until(self, ready: Callable[[], bool], *, what: str) -> None:
        """Wait until it is ready; fails with its log when it ends before."""
        until(lambda: self.process.poll() is not None or ready(), timeout_s=START_S, what=f"{what}\n{self.said}")
        assert self.process.poll() is None, self.said

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait(START_S)

    def freeze(self) -> None:
        """Let it hang: it answers nothing, and its connections stay open."""
        freezing.freeze(self.process.pid)

    def thaw(self) -> None:
        freezing.thaw(self.process.pid)

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()


class Heard:
    """What a driver tells its handler."""

    def __init__(self) -> None:
        self.notified: list[str] = []
        self.published: list[Outgoing] = []
        self._changed = threading.Condition()  # guards both

    @property
    def wiring(self) -> Wiring:
        return Wiring(notify=self._notify, publish=self._publish)

    def wait_for(self, what: str, *, count: int = 1) -> None:
        with self._changed:
            came = self._changed.wait_for(lambda: self.notified.count(what) >= count, CHANGE_S)
        assert came, f"{count} times {what} expected, {self.notified}"

    def forget(self) -> None:
        with self._changed:
            self.notified.clear()
            self.published.clear()

    def _notify(self, what: str) -> None:
        with self._changed:
            self.notified.append(what)
            self._changed.notify_all()

    def _publish(self, message: Outgoing) -> None:
        with self._changed:
            self.published.append(message)
            self._changed.notify_all()


@contextlib.contextmanager
def driver(player: Mapping[str, Any], heard: Heard | None = None) -> Iterator[PlayerDriver]:
    """The driver of a player as it stands in a household's file."""
    config = PlayerConfig.model_validate({"timeout_ms": 5000, **player})
    made: PlayerDriver = build("player", config, (heard or Heard()).wiring)
    try:
        yield made
    finally:
        made.close()


def until(ready: Callable[[], bool], *, timeout_s: float = CHANGE_S, what: str = "it did not happen") -> None:
    """Wait until `ready` is true, asked again and again: the players that are asked here tell nothing by themselves."""
    deadline = time.monotonic() + timeout_s
    while not ready():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def shows(player: PlayerDriver, **wanted: object) -> PlayerState:
    """Wait until the player's state is as wanted, and return it."""
    seen: list[PlayerState | PlayerError] = []

    def as_wanted() -> bool:
        try:
            seen.append(player.state())
        except PlayerError as error:
            seen.append(error)
            return False
        return all(getattr(seen[-1], name) == value for name, value in wanted.items())

    until(as_wanted, what=f"{wanted} expected")
    state = seen[-1]
    assert isinstance(state, PlayerState)
    return state


def listens(port: int) -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


def write_tracks(folder: Path, tracks: Sequence[Mapping[str, str]], *, seconds: int = 3600) -> list[Path]:
    """Write a FLAC file of near silence with the tags of each track; an hour takes a few hundred KiB."""
    folder.mkdir(parents=True, exist_ok=True)
    second = np.zeros(8000, np.int16)
    paths = []
    for number, tags in enumerate(tracks):
        path = folder / f"{number}.flac"
        with soundfile.SoundFile(path, "w", samplerate=8000, channels=1, subtype="PCM_16") as file:
            for tag, value in tags.items():
                setattr(file, tag, value)
            for _ in range(seconds):
                file.write(second)
        paths.append(path)
    return paths
