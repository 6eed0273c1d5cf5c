"""JSON-RPC 2.0 over a TCP connection that is kept: calls from several threads, answers by id, notifications between.

Kodi writes its objects one after the other without anything between, Snapcast ends each with a line feed; an object is
whole when it can be read.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias

from handlers.players.contract import GoneError, NoAnswerError, PlayerError, RefusedError

log = logging.getLogger(__name__)

MAX_BYTES = 64 * 1024 * 1024
"""An answer longer than this is none; a page of a library has a hundredth."""
CHUNK_BYTES = 262_144
RETRY_S = (1.0, 30.0)
"""First and longest wait before a lost connection is made again."""
INVALID_PARAMS = -32602
METHOD_NOT_FOUND = -32601

Params: TypeAlias = Mapping[str, object]
Notified: TypeAlias = Callable[[str, Mapping[str, Any]], None]
"""Gets method and parameters of what was not asked for, on a thread that must not be kept waiting."""


class ErrorAnswerError(RefusedError):
    """The other side answered with an error, of which `rpc_code` says which."""

    def __init__(self, method: str, error: Mapping[str, Any]) -> None:
        self.rpc_code = error.get("code")
        super().__init__(f"{method}: {error.get('message', error)} ({self.rpc_code})")


class Caller(Protocol):
    """Whoever carries calls to a player."""

    def call(self, method: str, params: Params | None = None, *, deadline: float) -> Any:
        """Return the result of `method`, at the latest at `deadline` (monotonic seconds).

        Raises NoAnswerError when nobody is there or the time is over, GoneError when the connection broke meanwhile,
        ErrorAnswerError when the answer is an error.
        """

    def follow(self, on_connected: Callable[[], None]) -> None:
        """Watch from now on whether the player is there; `on_connected` is called each time it comes (back)."""

    def close(self) -> None:
        """End it for good; calls that wait end with GoneError."""


class Connection:
    """A `Caller` over one connection; it is made by the first call, and again by the next one after it broke."""

    def __init__(self, host: str, port: int, *, timeout_s: float, on_notification: Notified) -> None:
        self._address = (host, port)
        self._name = f"{host}:{port}"
        self._timeout_s = timeout_s
        self._on_notification = on_notification
        self._ids = itertools.count(1)
        self._connecting = threading.Lock()  # one thread at a time makes the connection
        self._changed = threading.Condition()  # guards the next three
        self._socket: socket.socket | None = None
        self._answers: dict[int, Mapping[str, Any] | None] = {}
        self._closed = False
        self._follower: threading.Thread | None = None

    def call(self, method: str, params: Params | None = None, *, deadline: float) -> Any:
        """Return the result of `method`."""
        number = next(self._ids)
        request = json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params or {}})
        with self._changed:
            self._answers[number] = None
        try:
            sock = self._connected(deadline)
            answer = self._exchange(number, request, sock, deadline=deadline)
        finally:
            with self._changed:
                del self._answers[number]
        if answer is None:
            raise NoAnswerError(f"{self._name}: no answer to {method} in time")
        return result(method, answer)

    def follow(self, on_connected: Callable[[], None]) -> None:
        """Keep the connection open from now on, so that notifications come."""
        self._follower = threading.Thread(
            target=self._keep, args=(on_connected,), name=f"follow-{self._name}", daemon=True
        )
        self._follower.start()

    def close(self) -> None:
        """End the connection for good."""
        with self._changed:
            self._closed = True
            sock = self._socket
            self._changed.notify_all()
        if sock is not None:
            self._drop(sock)
        if self._follower is not None:
            self._follower.join(self._timeout_s + 1)

    def _connected(self, deadline: float) -> socket.socket:
        with self._connecting:
            if self._socket is not None:
                return self._socket
            try:
                sock = socket.create_connection(self._address, timeout=max(0.01, deadline - time.monotonic()))
            except OSError as error:
                raise NoAnswerError(f"{self._name}: {error}; is the player on, and may it be controlled?") from error
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(self._timeout_s)  # for what is sent; the reader waits as long as it takes
            with self._changed:
                if self._closed:
                    sock.close()
                    raise GoneError(f"{self._name}: the connection is closed")
                self._socket = sock
        threading.Thread(target=self._read, args=(sock,), name=f"read-{self._name}", daemon=True).start()
        return sock

    def _exchange(self, number: int, request: str, sock: socket.socket, *, deadline: float) -> Mapping[str, Any] | None:
        """Send a request and return the answer, None where the time is over."""
        try:
            sock.sendall(request.encode() + b"\r\n")
        except OSError as error:
            self._drop(sock)
            raise GoneError(f"{self._name}: the connection broke: {error}") from error
        with self._changed:
            self._changed.wait_for(
                lambda: self._answers[number] is not None or self._socket is not sock,
                timeout=max(0.0, deadline - time.monotonic()),
            )
            answer = self._answers[number]
            if answer is None and self._socket is not sock:
                raise GoneError(f"{self._name}: the connection broke before the answer")
        if answer is None:
            self._drop(sock)  # a player that hangs is met with a new connection next time
        return answer

    # The reader's thread, one for each connection.

    def _read(self, sock: socket.socket) -> None:
        rest = b""
        try:
            while chunk := _received(sock):
                rest += chunk
                # An object ends in a brace; trying after every chunk would read a long answer again and again.
                if rest.rstrip().endswith(b"}"):
                    messages, rest = split(rest)
                    for message in messages:
                        self._take(message)
                if len(rest) > MAX_BYTES:
                    log.warning("%s: more than %s bytes that are no whole answer", self._name, MAX_BYTES)
                    break
        except (OSError, ValueError, RecursionError) as error:
            log.debug("%s: %s", self._name, error)
        self._drop(sock)

    def _take(self, message: Mapping[str, Any]) -> None:
        number = message.get("id")
        if "method" in message and number is None:
            params = message.get("params")
            self._on_notification(str(message["method"]), params if isinstance(params, dict) else {})
            return
        with self._changed:
            if number in self._answers:
                self._answers[number] = message
                self._changed.notify_all()

    def _drop(self, sock: socket.socket) -> None:
        with self._changed:
            if self._socket is sock:
                self._socket = None
            self._changed.notify_all()
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)  # wakes the reader
        sock.close()

    # The follower's thread.

    def _keep(self, on_connected: Callable[[], None]) -> None:
        wait_s = RETRY_S[0]
        while not self._closed:
            try:
                sock = self._connected(time.monotonic() + self._timeout_s)
            except PlayerError as error:
                log.debug("%s", error)
                with self._changed:
                    self._changed.wait_for(lambda: self._closed, timeout=wait_s)
                wait_s = min(2 * wait_s, RETRY_S[1])
                continue
            wait_s = RETRY_S[0]
            on_connected()
            self._wait_for_end(sock)

    def _wait_for_end(self, sock: socket.socket) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._socket is not sock)


def result(method: str, answer: Mapping[str, Any]) -> Any:
    """Return what an answer carries.

    Raises ErrorAnswerError.
    """
    error = answer.get("error")
    if error is not None:
        raise ErrorAnswerError(method, error if isinstance(error, dict) else {"message": error})
    return answer.get("result")


def split(stream: bytes) -> tuple[list[Mapping[str, Any]], bytes]:
    """Return the whole objects at the beginning of `stream`, and what follows them.

    Raises ValueError where it is not UTF-8.
    """
    text, decoder = stream.decode().lstrip(), json.JSONDecoder()
    messages: list[Mapping[str, Any]] = []
    while text:
        try:
            message, end = decoder.raw_decode(text)
        except json.JSONDecodeError:
            break  # not whole yet
        if isinstance(message, dict):
            messages.append(message)
        text = text[end:].lstrip()
    return messages, text.encode()


def _received(sock: socket.socket) -> bytes:
    """Return what comes next, however long it takes; empty at the end."""
    while True:
        try:
            return sock.recv(CHUNK_BYTES)
        except TimeoutError:
            continue
