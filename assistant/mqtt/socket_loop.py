"""One turn of a network loop around paho: wait for its socket, a wake-up or the time, then let it do what is due."""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
from typing import Any

import paho.mqtt.client as paho

TICK_S = 1.0
"""How often paho looks after its keepalive."""


def turn(
    selector: selectors.BaseSelector,
    client: paho.Client,
    *,
    sock: Any,
    wake: socket.socket,
    timeout_s: float = TICK_S,
) -> None:
    """Wait for the socket, the wake-up or the time, and let paho do what is due."""
    events = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.want_write() else 0)
    if sock in selector.get_map():
        selector.modify(sock, events)
    else:
        selector.register(sock, events)
    # What TLS has decrypted already is invisible to the selector.
    decrypted = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
    due = selector.select(0 if decrypted else timeout_s)
    for key, ready in due:
        if key.fileobj is wake:
            _drain(wake)
        else:
            if ready & selectors.EVENT_READ:
                client.loop_read()
            if ready & selectors.EVENT_WRITE:
                client.loop_write()
    if decrypted:
        client.loop_read()
    client.loop_misc()


def _drain(wake: socket.socket) -> None:
    with contextlib.suppress(BlockingIOError):
        while wake.recv(4096):
            pass


def no_delay(_: paho.Client, __: Any, sock: Any) -> None:
    """Small messages leave at once: QoS 1 takes 0.2 ms instead of 44 ms."""
    if sock.family != socket.AF_UNIX:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
