"""A D-Bus connection for drivers that live in an event loop: kept as long as it lasts, calls answered or refused.

The players' drivers call and wait (`handlers.players.bus`); a telephone tells unasked, and must be told at once when
its bus is away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusError

DBUS = "org.freedesktop.DBus"
DBUS_PATH = "/org/freedesktop/DBus"

BUS_ERRORS = (OSError, EOFError, DBusError, TimeoutError)
"""What a bus that is away, or a program that hangs on it, raises."""


class RefusedError(Exception):
    """A program on the bus, or the bus, has answered with an error."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}")
        self.name = name
        """As D-Bus names errors."""


class Bus:
    """One bus.  All of it belongs to the event loop's thread."""

    def __init__(self, address: str, *, timeout_s: float, on_signal: Callable[[Message], None]) -> None:
        """address: `system`, or that of another bus (`unix:path=...`)."""
        self._address = address
        self._timeout_s = timeout_s
        self._on_signal = on_signal
        self._bus: MessageBus | None = None

    async def hold(
        self, rules: Sequence[str], *, on_connected: Callable[[], Awaitable[None]], until: asyncio.Event
    ) -> None:
        """Connect, and return when the bus has gone or `until` is set.

        rules: D-Bus match rules of the signals that are wanted.
        Raises one of BUS_ERRORS, ValueError for a wrong address, or RefusedError, where there is no connection.
        """
        if self._address == "system":
            bus = MessageBus(bus_type=BusType.SYSTEM)
        else:
            bus = MessageBus(bus_address=self._address)
        self._bus = await asyncio.wait_for(bus.connect(), self._timeout_s)
        try:
            bus.add_message_handler(self._received)
            for rule in rules:
                await self.call(DBUS, DBUS_PATH, f"{DBUS}.AddMatch", "s", rule)
            await on_connected()
            lost = asyncio.ensure_future(bus.wait_for_disconnect())  # type: ignore[no-untyped-call]
            ended = asyncio.ensure_future(until.wait())
            await asyncio.wait([lost, ended], return_when=asyncio.FIRST_COMPLETED)
            lost.cancel()
            ended.cancel()
        finally:
            self._bus = None
            bus.disconnect()

    async def call(self, destination: str, path: str, member: str, signature: str = "", *body: Any) -> list[Any]:
        """Return what a method answers; `member` is ``INTERFACE.METHOD``.

        Raises RefusedError for an error, TimeoutError where nothing comes, or another of BUS_ERRORS.
        """
        if self._bus is None:
            raise EOFError("the bus is away")
        interface, _, method = member.rpartition(".")
        message = Message(
            destination=destination, path=path, interface=interface, member=method, signature=signature, body=list(body)
        )
        reply = await asyncio.wait_for(self._bus.call(message), self._timeout_s)
        if reply is None:
            raise EOFError("the bus has gone away")
        if reply.message_type is MessageType.ERROR:
            raise RefusedError(str(reply.error_name), " ".join(str(part) for part in reply.body))
        return list(reply.body)

    def _received(self, message: Message) -> None:
        if message.message_type is MessageType.SIGNAL:
            self._on_signal(message)
