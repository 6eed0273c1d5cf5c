"""Counters, gauges and timings for Prometheus: its text format, and the port on localhost where it is fetched.

The format: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal, Self

from assistant.errors import OyezError

log = logging.getLogger(__name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
READ_S = 5.0
"""How long a client may take to ask."""
JOIN_S = 2.0


def exposition(
    *,
    counters: Mapping[str, float],
    gauges: Mapping[str, float],
    heartbeats_s: Mapping[str, float],
    timings_ms: Mapping[str, float],
    versions: Mapping[str, str],
) -> str:
    """Return what Prometheus reads; names are made of the keys, behind `oyez_`."""
    lines: list[str] = []
    for name, value in sorted(counters.items()):
        lines += _metric(f"{name}_total", "counter", [("", value)])
    for name, value in sorted(gauges.items()):
        lines += _metric(name, "gauge", [("", value)])
    lines += _metric("heartbeat_age_seconds", "gauge", _labelled("part", heartbeats_s))
    lines += _metric("timing_ms", "gauge", _labelled("of", timings_ms))
    facts = ",".join(f'{_name(key)}="{_escaped(value)}"' for key, value in sorted(versions.items()))
    lines += _metric("versions", "gauge", [("{" + facts + "}", 1)])
    return "\n".join(lines) + "\n"


class MetricsEndpoint:
    """Answers `GET /metrics` on a port of localhost, as a context manager that owns its thread."""

    def __init__(self, port: int, *, read: Callable[[], str]) -> None:
        """read: makes the answer; called on a thread of the endpoint.

        Raises OyezError where the port is taken.
        """
        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(read))
        except OSError as error:
            what = f"observe.prometheus_port: port {port} cannot be used: {error.strerror or error}"
            raise OyezError(f"{what}; write a port that is free") from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)

    @property
    def port(self) -> int:
        """Where it answers."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(JOIN_S)


def _handler(read: Callable[[], str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = READ_S

        def do_GET(self) -> None:  # the name that the library calls
            if self.path.partition("?")[0] != "/metrics":
                self.send_error(404, "there is /metrics only")
                return
            body = read().encode()
            self.send_response(200)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the library's name
            log.debug(format, *arguments)

    return Handler


def _metric(name: str, kind: Literal["counter", "gauge"], values: Iterable[tuple[str, float]]) -> list[str]:
    """The metric's lines; none where it has no values."""
    metric = f"oyez_{_name(name)}"
    samples = [
        f"{metric}{labels} {value:g}" if value % 1 else f"{metric}{labels} {value:.0f}" for labels, value in values
    ]
    return [f"# TYPE {metric} {kind}", *samples] if samples else []


def _labelled(label: str, values: Mapping[str, float]) -> list[tuple[str, float]]:
    return [(f'{{{label}="{_escaped(key)}"}}', value) for key, value in sorted(values.items())]


def _name(text: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_]", "_", text)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
