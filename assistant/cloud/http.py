"""One HTTP request and its answer, within a deadline and a size: the only file that touches the network.

Redirects are not followed, and no proxy or login is taken from the environment: what is said in a house goes to the
address that its owner wrote down, and nowhere else.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Self

from assistant.errors import (
    CloudContentError,
    CloudError,
    CloudRefusedError,
    CloudUnansweredError,
    ConfigurationError,
    Fault,
)

MOST_ANSWER_BYTES = 1024 * 1024
_LATER = {408, 425, 429}
"""Answers of a service that has no time for us just now, beside most of those from 500 on, its proxies' included."""
_NEVER = {501, 505}
_OURS = {401, 402, 403, 404, 405, 407}
"""Answers that hold for whatever we send."""


@dataclass(frozen=True, slots=True)
class Request:
    """A POST; header values and the body do not show in its `repr`."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """What came back with a good status."""

    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case."""
    body: bytes = field(repr=False)


class Http:
    """The way to one provider, as a context manager whose end cuts short what is under way.  Safe for several threads.

    Each request has a connection of its own: one that is kept may have died with the network, and nobody hears of it
    before the deadline.
    """

    def __init__(self) -> None:
        """Raise ConfigurationError where httpx is not installed."""
        self._httpx = _httpx()
        self._client: Any = self._httpx.Client(
            follow_redirects=False, trust_env=False, limits=self._httpx.Limits(max_keepalive_connections=0)
        )
        self._lock = threading.Lock()  # guards what is under way
        self._wires: set[_Wire] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        with self._lock:
            wires = list(self._wires)
        for wire in wires:
            wire.cut()

    def post(self, request: Request, *, deadline: float) -> Response:
        """Return the answer.  deadline: monotonic seconds; a name that is looked up slowly may overrun it.

        Raises CloudError where there is none in time (CloudUnansweredError where the request was sent all the same),
        CloudRefusedError and CloudContentError as the status says.
        """
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise CloudError("no answer in time")
        with self._wire(left_s) as wire:
            try:
                response = self._exchange(request, wire, left_s=left_s)
            except (self._httpx.InvalidURL, self._httpx.UnsupportedProtocol, self._httpx.LocalProtocolError) as error:
                raise CloudRefusedError(f"cloud.url or the token cannot be sent: {type(error).__name__}") from error
            except (self._httpx.HTTPError, RuntimeError, OSError) as error:  # RuntimeError: closed while in use
                late = wire.is_cut or isinstance(error, self._httpx.TimeoutException)
                what = "no whole answer in time" if late else f"{type(error).__name__}: {error}"
                raise (CloudUnansweredError if wire.sent else CloudError)(what) from error
            # Answers that end with the connection look whole when we have cut it.
            if wire.is_cut:
                raise CloudUnansweredError("no whole answer in time")
            return response

    def _exchange(self, request: Request, wire: _Wire, *, left_s: float) -> Response:
        # Compressed answers could unfold to any size.
        headers = {"Accept-Encoding": "identity", **request.headers}
        with self._client.stream(
            "POST",
            request.url,
            headers=headers,
            content=request.body,
            timeout=left_s,
            extensions={"trace": wire.trace},
        ) as answer:
            _check(answer.status_code)
            body = bytearray()
            for part in answer.iter_raw():
                body += part
                if len(body) > MOST_ANSWER_BYTES:
                    raise CloudContentError(f"the answer is longer than {MOST_ANSWER_BYTES} bytes")
            return Response({name.lower(): value for name, value in answer.headers.items()}, bytes(body))

    @contextmanager
    def _wire(self, left_s: float) -> Iterator[_Wire]:
        wire = _Wire()
        timer = threading.Timer(left_s, wire.cut)
        timer.name, timer.daemon = "cloud deadline", True
        timer.start()
        with self._lock:
            self._wires.add(wire)
        try:
            yield wire
        finally:
            with self._lock:
                self._wires.discard(wire)
            timer.cancel()
            wire.close()


class _Wire:
    """The connection of one request, which can be cut from another thread.

    The library's own timeouts begin anew with every byte: somebody who sends one now and then would never be done.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards the socket and whether it is cut
        self._socket: socket.socket | None = None
        self.is_cut = False
        self.sent = False
        """Whether the request may have arrived."""

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Note how far the request has come; httpx calls it."""
        if event == "connection.connect_tcp.complete":
            connected = info["return_value"].get_extra_info("socket")
            with self._lock:
                # A descriptor of our own: TLS takes the other one over.
                self._socket = socket.socket(fileno=os.dup(connected.fileno()))
            if self.is_cut:
                self.cut()
        elif event == "http11.send_request_body.started":
            self.sent = True

    def cut(self) -> None:
        """End it now; whoever reads from it is told."""
        with self._lock:
            self.is_cut = True
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the descriptor back."""
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None


def _check(status: int) -> None:
    """Raise what an answer's status means.

    Raises CloudError, CloudRefusedError, CloudContentError.
    """
    if 200 <= status < 300:
        return
    if status in _LATER or (status >= 500 and status not in _NEVER):
        raise CloudError(f"the provider answers {status}")
    if status in _OURS:
        raise CloudRefusedError(f"the provider answers {status}; look at cloud.url and cloud.token_file")
    if 300 <= status < 400:
        raise CloudRefusedError(f"the provider answers {status} and wants another address; write that into cloud.url")
    raise CloudContentError(f"the provider answers {status} to what was sent")


def _httpx() -> ModuleType:
    try:
        import httpx  # noqa: PLC0415 - only households with a cloud need it
    except ImportError as error:
        fault = Fault("cloud.provider", "needs httpx; install it: pip install 'oyez[cloud]'")
        raise ConfigurationError([fault]) from error
    return httpx
