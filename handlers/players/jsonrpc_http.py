"""JSON-RPC 2.0 by HTTP POST, one request for each call; nothing comes unasked."""

from __future__ import annotations

import base64
import http.client
import json
import threading
import time
from collections.abc import Callable
from typing import Any

from handlers.players.contract import GoneError, NoAnswerError, PlayerError, RefusedError
from handlers.players.jsonrpc import MAX_BYTES, Params, result

WATCH_S = 10.0
"""How often it is looked whether the player is there."""
UNAUTHORIZED = 401


class HttpCaller:
    """A `Caller` of one address, with HTTP's basic authentication where a password is given."""

    def __init__(self, host: str, port: int, *, timeout_s: float, username: str, password: str | None) -> None:
        self._address = (host, port)
        self._name = f"{host}:{port}"
        self._timeout_s = timeout_s
        self._headers = {"Content-Type": "application/json"}
        if password is not None:
            credentials = base64.b64encode(f"{username}:{password}".encode()).decode()
            self._headers["Authorization"] = f"Basic {credentials}"
        self._ended = threading.Event()
        self._watcher: threading.Thread | None = None

    def call(self, method: str, params: Params | None = None, *, deadline: float) -> Any:
        """Return the result of `method`."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}})
        connection = http.client.HTTPConnection(*self._address, timeout=max(0.01, deadline - time.monotonic()))
        try:
            connection.request("POST", "/jsonrpc", body, self._headers)
            response = connection.getresponse()
            answer = response.read(MAX_BYTES)
        except TimeoutError as error:
            raise NoAnswerError(f"{self._name}: no answer to {method} in time") from error
        except ConnectionRefusedError as error:
            raise NoAnswerError(f"{self._name}: {error}; is the player on, and may it be controlled?") from error
        except (ConnectionError, http.client.HTTPException) as error:
            raise GoneError(f"{self._name}: the connection broke in {method}: {error!r}") from error
        except OSError as error:
            raise NoAnswerError(f"{self._name}: {error}") from error
        finally:
            connection.close()
        return self._read(method, response.status, answer)

    def follow(self, on_connected: Callable[[], None]) -> None:
        """Look now and then whether the player is there."""
        self._watcher = threading.Thread(
            target=self._watch, args=(on_connected,), name=f"watch-{self._name}", daemon=True
        )
        self._watcher.start()

    def close(self) -> None:
        """End the watching; a call that waits ends by its own deadline."""
        self._ended.set()
        if self._watcher is not None:
            self._watcher.join(self._timeout_s + 1)

    def _read(self, method: str, status: int, body: bytes) -> Any:
        if status == UNAUTHORIZED:
            raise RefusedError(f"{self._name}: wrong user or password; see password_file and the option username")
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise RefusedError(f"{self._name}: {method} was answered by HTTP {status}, not by JSON-RPC") from error
        return result(method, answer if isinstance(answer, dict) else {})

    def _watch(self, on_connected: Callable[[], None]) -> None:
        there = False
        while not self._ended.is_set():
            was_there = there
            try:
                self.call("JSONRPC.Ping", deadline=time.monotonic() + self._timeout_s)
                there = True
            except PlayerError:
                there = False
            if there and not was_there:
                on_connected()
            self._ended.wait(WATCH_S)
