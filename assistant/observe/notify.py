"""Tells systemd how we are: `Type=notify` and `WatchdogSec=`, by the datagrams that sd_notify(3) describes.

Where nobody asked to be told (a terminal, a container), nothing is sent.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping


class Notifier:
    """The service manager's socket; used by the main thread."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """environment: where systemd says what it wants, NOTIFY_SOCKET and WATCHDOG_USEC."""
        path = environment.get("NOTIFY_SOCKET", "")
        # A leading @ stands for the zero byte of the abstract namespace.
        self._path = "\0" + path[1:] if path.startswith("@") else path
        watchdog_us = environment.get("WATCHDOG_USEC", "")
        self.patience_s = int(watchdog_us) / 2e6 if watchdog_us.isdecimal() else None
        """How long a part may be silent and still count as well: half of what systemd waits; None without watchdog."""

    def ready(self) -> None:
        """All that the household needs runs."""
        self._send("READY=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._send("STATUS=" + " ".join(text.split()))

    def alive(self, *, heartbeat_age_s: float) -> None:
        """Keep the watchdog quiet, unless the part whose last heartbeat is so long ago hangs."""
        if self.patience_s is not None and heartbeat_age_s <= self.patience_s:
            self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """The end was asked for."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._path:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                # A manager that does not read must not hang us; it hears the next one.
                manager.setblocking(False)
                manager.sendto(message.encode(), self._path)
        except OSError:
            # Nothing to be done about it: what it leads to is in systemd's log.
            return
