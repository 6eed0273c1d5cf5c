"""A provider in a process of its own: answers as it is told on its stdin, and tells on its stdout what it was asked.

`python -m tests.cloud.server PORT`.  Orders are lines of JSON: `{"plan": {...}}` for the next request that has none
yet, `{"always": {...}}` for those without a plan, `{"forget": true}` for all of them.  Each is acknowledged.  A plan
has the fields of `tests.cloud.service.Plan`.
"""

from __future__ import annotations

import base64
import json
import socket
import sys
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_told = threading.Lock()


def tell(key: str, value: object) -> None:
    with _told:
        sys.stdout.write(json.dumps({key: value}) + "\n")
        sys.stdout.flush()


class Provider(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Asked)
        self.plans: deque[dict[str, Any]] = deque()
        self.always: dict[str, Any] = {}
        self.asked = 0


class Asked(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Provider

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        plan = self.server.plans.popleft() if self.server.plans else self.server.always
        self.server.asked += 1
        tell(
            "request",
            {
                "path": self.path,
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "body": base64.b64encode(body).decode(),
            },
        )
        self.close_connection = True
        try:
            self._answer(**plan)
        except OSError:
            tell("gone", time.monotonic())

    def _answer(
        self,
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
        body: str = "",
        wait_s: float = 0.0,
        drip_s: float = 0.0,
        cut_at: int | None = None,
        length: bool = True,
        repeated: int = 1,
    ) -> None:
        content = body.encode() * repeated
        lines = [f"HTTP/1.1 {status} As planned", *(f"{name}: {value}" for name, value in (headers or {}).items())]
        lines.append(f"Content-Length: {len(content)}" if length else "Connection: close")
        raw = "\r\n".join([*lines, "", ""]).encode() + content
        threading.Event().wait(wait_s)
        raw = raw[:cut_at]
        if not drip_s:
            self.wfile.write(raw)
        for byte in raw if drip_s else b"":
            self.wfile.write(bytes([byte]))
            threading.Event().wait(drip_s)
        if cut_at is not None:
            # Reset rather than ended in order.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.connection.close()

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    server = Provider(int(sys.argv[1]))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    tell("ready", server.server_port)
    for line in sys.stdin:
        order = json.loads(line)
        if "plan" in order:
            server.plans.append(order["plan"])
        if "always" in order:
            server.always = order["always"]
        if "forget" in order:
            server.plans.clear()
            server.always = {}
        tell("taken", server.asked)


if __name__ == "__main__":
    main()
