"""A program that speaks for us, kept running: what is written to it, and what is read from it by a deadline."""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from assistant.errors import SpeechError

END_S = 2.0
"""How long a program may take to end when asked to."""
PIECE_BYTES = 65_536


class EngineProcess:
    """Starts the program when it is first needed, and again when it has died; for one thread."""

    def __init__(self, command: Sequence[str | Path], *, merge_errors: bool = False) -> None:
        """merge_errors: what it writes on stderr is read as well; else it is dropped."""
        self.name = Path(command[0]).name
        self._command = [str(part) for part in command]
        self._errors = subprocess.STDOUT if merge_errors else subprocess.DEVNULL
        self._process: subprocess.Popen[bytes] | None = None
        self._unread = b""

    def start(self) -> None:
        """Start the program unless it runs.

        Raises SpeechError where it cannot be started.
        """
        self._running()

    def write(self, line: str) -> None:
        """Ask for something; the program is started where it does not run.

        Raises SpeechError where it cannot be asked.
        """
        process = self._running()
        try:
            os.write(self._pipe(process.stdin), line.encode() + b"\n")
        except OSError as error:
            raise self._ended() from error

    def read_line(self, *, deadline: float) -> bytes:
        """The next line, without its end.

        Raises SpeechError where the program ends or says nothing until then.
        """
        while b"\n" not in self._unread:
            self._read(deadline)
        line, _, self._unread = self._unread.partition(b"\n")
        return line

    def read_bytes(self, count: int, *, deadline: float) -> bytes:
        """The next `count` bytes.

        Raises SpeechError where the program ends or gives less until then.
        """
        while len(self._unread) < count:
            self._read(deadline)
        found, self._unread = self._unread[:count], self._unread[count:]
        return found

    def close(self) -> None:
        """End the program; it can be started again."""
        process, self._process, self._unread = self._process, None, b""
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            # Its stdin has ended, so it should have.
            process.wait(END_S if process.poll() is None else 0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        try:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, bufsize=0
            )
        except OSError as error:
            raise SpeechError(
                f"{self._command[0]} cannot be started: {error.strerror}; install it, or name it in"
                " replies.voice.program"
            ) from error
        return self._process

    def _read(self, deadline: float) -> None:
        process = self._running()
        output = self._pipe(process.stdout)
        ready, _, _ = select.select([output], [], [], max(deadline - time.monotonic(), 0))
        if not ready:
            # What it says later would be taken for the answer to the next question.
            process.kill()
            self.close()
            raise SpeechError(f"{self.name} does not answer; it is started anew")
        if not (piece := os.read(output, PIECE_BYTES)):
            raise self._ended()
        self._unread += piece

    def _pipe(self, end: IO[bytes] | None) -> int:
        if end is None:
            raise SpeechError(f"{self.name} does not run")
        return end.fileno()

    def _ended(self) -> SpeechError:
        said = self._unread.decode(errors="replace").strip()
        self.close()
        return SpeechError(f"{self.name} has ended" + (f": {said.splitlines()[-1]}" if said else ""))
