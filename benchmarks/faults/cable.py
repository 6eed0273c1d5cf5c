"""What lies between the assistant and its broker: it can be cut, held, slow, or answer with nonsense."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

PIECE_BYTES = 2048
ANSWER_S = 5.0


class Cable:
    """Passes on what comes over TCP, as a context manager, and does harm when it is told to."""

    def __init__(self, port: int) -> None:
        """`port`: the broker's."""
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._delay_s = 0.0
        self._refusing = False
        self._answer: bytes | None = None
        self._passing = threading.Event()
        self._passing.set()
        self._thread = threading.Thread(target=self._accept, name="cable", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._passing.set()
        _close(self._listener)
        self.cut()

    @property
    def port(self) -> int:
        """Where the assistant connects."""
        return int(self._listener.getsockname()[1])

    def cut(self) -> None:
        """Break everything that runs over it; what comes next is passed on again."""
        while self._open:
            _close(self._open.pop())

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """Refuse every connection meanwhile, as a network that is down."""
        self._refusing = True
        self.cut()
        try:
            yield
        finally:
            self._refusing = False

    @contextmanager
    def answering(self, answer: bytes) -> Iterator[None]:
        """Answer everybody so meanwhile, and close: a broker that is full, or something that is no broker."""
        self._answer = answer
        self.cut()
        try:
            yield
        finally:
            self._answer = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Pass nothing on meanwhile, and tell nobody: a network that swallows packets."""
        self._passing.clear()
        try:
            yield
        finally:
            self._passing.set()

    @contextmanager
    def slow(self, delay_s: float) -> Iterator[None]:
        """Delay every piece meanwhile."""
        self._delay_s = delay_s
        try:
            yield
        finally:
            self._delay_s = 0.0

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    if self._refusing:
                        raise ConnectionRefusedError
                    if self._answer is not None:
                        client.settimeout(ANSWER_S)
                        client.recv(PIECE_BYTES)
                        client.sendall(self._answer)
                        raise ConnectionAbortedError
                    broker = socket.create_connection(("127.0.0.1", self._target))
                except OSError:
                    client.close()
                    continue
                self._open += [client, broker]
                for one, other in ((client, broker), (broker, client)):
                    threading.Thread(target=self._pipe, args=(one, other), name="cable-pipe", daemon=True).start()

    def _pipe(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE_BYTES if self._delay_s else 65_536):
                self._passing.wait()
                time.sleep(self._delay_s)
                target.sendall(piece)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def _close(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
