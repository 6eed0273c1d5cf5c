"""D-Bus for drivers that block: an event loop on its own thread keeps the connection, calls wait for the answer."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import os
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from dbus_fast import BusType, Message, MessageType, unpack_variants
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusError

from handlers.players.contract import GoneError, NoAnswerError, PlayerError, RefusedError

log = logging.getLogger(__name__)

DBUS = "org.freedesktop.DBus"
DBUS_PATH = "/org/freedesktop/DBus"
PROPERTIES = f"{DBUS}.Properties"
RETRY_S = 5.0
"""How long after a lost bus it is looked for again."""
CONNECT_S = 5.0
STOP_S = 5.0

_NOBODY = frozenset({f"{DBUS}.Error.ServiceUnknown", f"{DBUS}.Error.NameHasNoOwner"})
_GONE = frozenset({f"{DBUS}.Error.NoReply", f"{DBUS}.Error.Disconnected"})

T = TypeVar("T")


class ErrorReplyError(RefusedError):
    """The program answered with an error, of which `dbus_name` says which."""

    def __init__(self, name: str, text: str) -> None:
        self.dbus_name = name
        super().__init__(f"{name}: {text}")


class Bus:
    """A connection to one bus; it is made by the first call, and again by the next one after it broke."""

    def __init__(self, address: str, *, matches: Sequence[str], on_signal: Callable[[Message], None]) -> None:
        """`address` is `session`, `system` or a D-Bus address.

        `on_signal` gets the signals of the `matches` (D-Bus match rules), on a thread that must not be kept waiting.
        """
        self._address = address
        self._matches = tuple(matches)
        self._on_signal = on_signal
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"dbus-{address[:16]}", daemon=True)
        self._starting = threading.Lock()  # guards the thread's start and the next one
        self._closed = False
        self._connecting = asyncio.Lock()  # the event loop's, as the next two
        self._bus: MessageBus | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def call(
        self, destination: str, path: str, member: str, signature: str = "", *body: Any, deadline: float
    ) -> list[Any]:
        """Return what the method answers; `member` is ``INTERFACE.METHOD``, `deadline` in monotonic seconds.

        Raises NoAnswerError where bus or program are not there or do not answer in time, GoneError where the program
        ended meanwhile, ErrorReplyError where it answered with an error.
        """
        interface, _, method = member.rpartition(".")
        message = Message(
            destination=destination, path=path, interface=interface, member=method, signature=signature, body=list(body)
        )
        return self._waited(self._call(message), f"{destination}: {method}", deadline)

    def follow(self, on_connected: Callable[[], None]) -> None:
        """Keep the connection from now on; `on_connected` is called each time it is made."""

        def begin() -> None:
            task = self._loop.create_task(self._keep(on_connected))
            self._tasks.add(task)

        if self._running():
            self._loop.call_soon_threadsafe(begin)

    def close(self) -> None:
        """End the connection and the thread; calls that wait end with GoneError."""
        with self._starting:
            closed, self._closed = self._closed, True
        if closed:
            return
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._end(), self._loop)
            self._thread.join(STOP_S)
        else:
            self._loop.close()

    def _running(self) -> bool:
        with self._starting:
            if not self._closed and not self._thread.is_alive():
                self._thread.start()
            return not self._closed

    def _waited(self, call: Coroutine[Any, Any, T], what: str, deadline: float) -> T:
        if not self._running():
            call.close()
            raise GoneError(f"{what}: the connection is closed")
        future = asyncio.run_coroutine_threadsafe(call, self._loop)
        try:
            return future.result(max(0.0, deadline - time.monotonic()))
        except TimeoutError as error:
            future.cancel()
            raise NoAnswerError(f"{what}: no answer in time") from error
        except concurrent.futures.CancelledError as error:
            raise GoneError(f"{what}: the connection was closed") from error
        except (OSError, EOFError) as error:
            raise GoneError(f"{what}: the bus broke off: {error}") from error

    # The event loop's thread.

    async def _call(self, message: Message) -> list[Any]:
        bus = await self._connected()
        reply = await bus.call(message)
        if reply is None:
            return []
        if reply.message_type is not MessageType.ERROR:
            return list(unpack_variants(reply.body))
        name, text = str(reply.error_name), " ".join(str(part) for part in reply.body)
        if name in _NOBODY:
            raise NoAnswerError(f"{message.destination}: no such program on the bus")
        if name in _GONE:
            raise GoneError(f"{message.destination}: it ended before it answered {message.member}")
        raise ErrorReplyError(name, text)

    async def _connected(self) -> MessageBus:
        async with self._connecting:
            if self._bus is not None and self._bus.connected:
                return self._bus
            try:
                bus = await MessageBus(**_where(self._address), auth_timeout=CONNECT_S).connect()
            except (OSError, EOFError, DBusError, ValueError, KeyError) as error:
                raise NoAnswerError(
                    f'no D-Bus ({self._address}): {error}; give the option "bus" the address of the one the player uses'
                ) from error
            bus.add_message_handler(self._handled)
            for rule in self._matches:
                await bus.call(
                    Message(
                        destination=DBUS, path=DBUS_PATH, interface=DBUS, member="AddMatch", signature="s", body=[rule]
                    )
                )
            self._bus = bus
            return bus

    def _handled(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        try:
            self._on_signal(message)
        except Exception:  # the border to a driver; dbus-fast would drop it silently
            log.exception("a signal of %s was not taken", message.sender)

    async def _keep(self, on_connected: Callable[[], None]) -> None:
        while True:
            try:
                bus = await self._connected()
                on_connected()
                await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]
            except (PlayerError, OSError, EOFError) as error:
                log.debug("%s", error)
            await asyncio.sleep(RETRY_S)

    async def _end(self) -> None:
        if self._bus is not None:
            self._bus.disconnect()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        self._loop.call_soon(self._loop.stop)


def _where(address: str) -> dict[str, Any]:
    """Return the argument of dbus-fast for an address.  It does not know the session bus of systemd's users."""
    if address == "system":
        return {"bus_type": BusType.SYSTEM}
    if address != "session":
        return {"bus_address": address}
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if "DBUS_SESSION_BUS_ADDRESS" not in os.environ and runtime and (Path(runtime) / "bus").exists():
        return {"bus_address": f"unix:path={runtime}/bus"}
    return {"bus_type": BusType.SESSION}
