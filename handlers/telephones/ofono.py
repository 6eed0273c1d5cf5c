"""oFono over D-Bus: a car's hands-free profile (the telephone in a pocket), or a modem with a SIM card.

Interfaces `org.ofono.Manager`, `Modem`, `VoiceCallManager`, `VoiceCall` and `CallVolume`, as oFono's doc/*-api.txt has
them; checked with oFono 1.31.  One thread with an event loop of its own keeps the connection: a bus, an oFono or a
modem that goes away is told and looked for again.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
from collections.abc import Awaitable, Callable, Collection, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusError
from pydantic import Field

from assistant.config import CallingConfig
from handlers.telephones.contract import Call, Event, Kind, Reason, TelephoneOptions, Wiring

log = logging.getLogger(__name__)

OFONO = "org.ofono"
MANAGER, MODEM, CALLS, CALL, VOLUME = (
    f"{OFONO}.{name}" for name in ("Manager", "Modem", "VoiceCallManager", "VoiceCall", "CallVolume")
)
BUS = "org.freedesktop.DBus"
AGAIN_S = 2.0
"""How long after a lost bus it is looked for again."""
STOP_S = 5.0

_STATES: dict[str, Kind] = {
    "incoming": "incoming",
    "waiting": "incoming",  # a second one, during a call
    "dialing": "dialing",
    "alerting": "ringing",
    "active": "established",
    "held": "established",
}
_REASONS: dict[str, Reason] = {"local": "hung-up", "remote": "ended", "network": "not-reachable"}
_REFUSALS: dict[str, Reason] = {
    f"{OFONO}.Error.InvalidFormat": "unknown-number",
    f"{OFONO}.Error.NotImplemented": "failed",
    f"{BUS}.Error.ServiceUnknown": "no-telephone",
    f"{BUS}.Error.UnknownObject": "no-telephone",
    f"{BUS}.Error.UnknownMethod": "no-telephone",
}


class Options(TelephoneOptions):
    """Which telephone, on which bus."""

    modem: str | None = Field(default=None, pattern=r"^/[A-Za-z0-9_/]*$")
    """D-Bus path of the modem (`/hfp/org/bluez/hci0/dev_...`); the first that can call when absent."""
    bus: str = "system"
    """`system`, or the address of another bus (`unix:path=...`)."""


class OfonoError(Exception):
    """oFono, or the bus, has answered with an error."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}")
        self.name = name


@dataclass(slots=True)
class _OneCall:
    """What oFono has told of a call; the event loop's."""

    state: str
    number: str | None
    outgoing: bool
    reason: Reason = "ended"


class Ofono:
    """One modem of oFono's."""

    confirms = True

    def __init__(self, config: CallingConfig, wiring: Wiring) -> None:
        """Raises ValidationError for options that do not exist."""
        self._options = Options.model_validate(config.options)
        self._timeout_s = config.timeout_ms / 1000
        self._wiring = wiring
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()  # the event loop's, as all that follows
        self._bus: MessageBus | None = None
        self._modem: str | None = None
        self._calls: dict[str, _OneCall] = {}
        self._looking = asyncio.Lock()  # one look at a time for a modem
        self._tasks: set[asyncio.Task[None]] = set()
        self._problem: Reason | None = None
        self._emergency: frozenset[str] = frozenset()  # replaced whole, read by other threads
        self._thread = threading.Thread(target=self._run, name="telephone-ofono", daemon=True)

    @property
    def emergency_numbers(self) -> Collection[str]:
        """Those of the SIM card and the network."""
        return self._emergency

    def start(self) -> None:
        """Look for the bus, oFono and the modem."""
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(STOP_S)
        elif not self._loop.is_closed():
            self._loop.close()

    def dial(self, number: str) -> None:
        """Call it, with the number shown or hidden as the network has it."""
        self._command(lambda modem: self._call(modem, CALLS, "Dial", "ss", [number, ""]))

    def answer(self, call: Call) -> None:
        """Take it; another one is put on hold."""

        async def take(modem: str) -> None:
            known = self._calls.get(call.id)
            if known is not None and known.state == "waiting":
                await self._call(modem, CALLS, "HoldAndAnswer")
            else:
                await self._call(call.id, CALL, "Answer")

        self._command(take)

    def reject(self, call: Call) -> None:
        """End this one only."""
        self._command(lambda _: self._call(call.id, CALL, "Hangup"))

    def hang_up(self, calls: Collection[Call]) -> None:
        """End all."""
        del calls
        self._command(lambda modem: self._call(modem, CALLS, "HangupAll"))

    def mute(self, *, muted: bool) -> None:
        """Set the modem's microphone; not every one has that."""
        self._command(lambda modem: self._call(modem, VOLUME, "SetProperty", "sv", ["Muted", Variant("b", muted)]))

    def subscriptions(self) -> tuple[str, ...]:
        """No topics."""
        return ()

    def received(self, message: object) -> None:
        """Nothing comes by the broker."""

    def connected(self) -> None:
        """The broker does not matter here."""

    # The event loop's thread.

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._keep())
        finally:
            self._loop.close()

    async def _keep(self) -> None:
        """Hold a connection until the end; wait and look again where there is none."""
        while not self._stopping.is_set():
            try:
                await self._session()
            except (OSError, EOFError, DBusError, OfonoError, TimeoutError, ValueError) as error:
                log.debug("the bus is away", exc_info=True)
                self._absent("no-dbus", f"no D-Bus ({self._options.bus}): {error}")
            except Exception:
                log.exception("the connection to oFono has failed")
                self._absent("no-dbus", "the connection has failed")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), AGAIN_S)

    async def _session(self) -> None:
        if self._options.bus == "system":
            bus = MessageBus(bus_type=BusType.SYSTEM)
        else:
            bus = MessageBus(bus_address=self._options.bus)
        self._bus = await asyncio.wait_for(bus.connect(), self._timeout_s)
        try:
            bus.add_message_handler(self._signal)
            for rule in (
                f"type='signal',sender='{OFONO}'",
                f"type='signal',sender='{BUS}',member='NameOwnerChanged',arg0='{OFONO}'",
            ):
                await self._call("/org/freedesktop/DBus", BUS, "AddMatch", "s", [rule], destination=BUS)
            await self._look()
            lost = asyncio.ensure_future(bus.wait_for_disconnect())  # type: ignore[no-untyped-call]
            ended = asyncio.ensure_future(self._stopping.wait())
            await asyncio.wait([lost, ended], return_when=asyncio.FIRST_COMPLETED)
            lost.cancel()
            ended.cancel()
            if not self._stopping.is_set():
                self._absent("no-dbus", "the bus has gone away")
        finally:
            self._bus = self._modem = None
            bus.disconnect()

    async def _look(self) -> None:
        """Find the modem, and what it does now."""
        async with self._looking:
            try:
                modems = (await self._call("/", MANAGER, "GetModems"))[0]
            except OfonoError as error:
                self._absent("no-telephone", f"oFono does not answer: {error}")
                return
            able = [path for path, told in modems if CALLS in _plain(told).get("Interfaces", [])]
            if self._options.modem is not None:
                able = [path for path in able if path == self._options.modem]
            if not able:
                known = ", ".join(path for path, _ in modems) or "none"
                self._absent("no-telephone", f"no modem that can call; oFono knows {known}")
            elif self._modem not in able:
                await self._take(able[0])

    async def _take(self, modem: str) -> None:
        self._modem, self._calls = modem, {}
        told = _plain((await self._call(modem, CALLS, "GetProperties"))[0])
        self._emergency = frozenset(told.get("EmergencyNumbers", ()))
        self._problem = None
        log.info("telephone %s", modem)
        self._notify(Event("ready"))
        for path, properties in (await self._call(modem, CALLS, "GetCalls"))[0]:
            self._added(path, _plain(properties))

    def _absent(self, reason: Reason, why: str) -> None:
        self._modem, self._calls = None, {}
        if self._problem != reason:
            self._problem = reason
            log.warning("no telephone: %s", why)
        self._notify(Event("absent", reason=reason))

    # Signals.

    def _signal(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        key = (message.interface, message.member)
        if key == (BUS, "NameOwnerChanged"):
            # Another oFono knows nothing of the calls of the one before.
            self._modem = None
            self._spawn(self._look())
        elif message.interface == MANAGER or (message.interface == MODEM and message.body[0] == "Interfaces"):
            self._spawn(self._look())
        elif message.path == self._modem:
            self._modem_told(key, message.body)
        elif message.path in self._calls:
            self._call_told(message.path, str(message.member), message.body)

    def _modem_told(self, key: tuple[str | None, str | None], body: list[Any]) -> None:
        if key == (CALLS, "CallAdded"):
            self._added(body[0], _plain(body[1]))
        elif key == (CALLS, "CallRemoved"):
            self._removed(body[0])
        elif key == (CALLS, "PropertyChanged") and body[0] == "EmergencyNumbers":
            self._emergency = frozenset(body[1].value)
        elif key == (VOLUME, "PropertyChanged") and body[0] == "Muted":
            self._notify(Event("muted" if body[1].value else "unmuted"))

    def _added(self, path: str, told: dict[str, Any]) -> None:
        state, number = str(told.get("State", "")), _number(str(told.get("LineIdentification", "")))
        self._calls[path] = _OneCall(state, number, outgoing=state in ("dialing", "alerting"))
        self._tell(path)

    def _removed(self, path: str) -> None:
        call = self._calls.pop(path, None)
        if call is None:
            return
        reason = call.reason
        if reason == "ended" and call.outgoing and call.state in ("dialing", "alerting"):
            reason = "not-answered"  # hands-free telephones do not tell busy from declined
        self._notify(Event("closed", call=path, number=call.number, reason=reason))

    def _call_told(self, path: str, member: str, body: list[Any]) -> None:
        call = self._calls[path]
        if member == "DisconnectReason":
            call.reason = _REASONS.get(str(body[0]), "failed")
        elif member == "PropertyChanged" and body[0] == "LineIdentification":
            call.number = _number(str(body[1].value))
        elif member == "PropertyChanged" and body[0] == "State" and body[1].value != "disconnected":
            # The state before the end stays: it says whether anybody had answered.
            call.state = str(body[1].value)
            self._tell(path)

    def _tell(self, path: str) -> None:
        call = self._calls[path]
        kind = _STATES.get(call.state)
        if kind is not None:
            self._notify(Event(kind, call=path, number=call.number))

    def _notify(self, event: Event) -> None:
        try:
            self._wiring.notify(event)
        except Exception:
            log.exception("what the telephone has told was not taken")

    # Calls to oFono.

    def _command(self, act: Callable[[str], Awaitable[Any]]) -> None:
        """Let the event loop act on the modem; what goes wrong is told.  From any thread."""
        with suppress(RuntimeError):  # after the end
            self._loop.call_soon_threadsafe(lambda: self._spawn(self._perform(act)))

    async def _perform(self, act: Callable[[str], Awaitable[Any]]) -> None:
        if self._modem is None:
            self._notify(Event("refused", reason=self._problem or "no-telephone"))
            return
        try:
            await act(self._modem)
        except (OfonoError, DBusError, OSError, EOFError, TimeoutError) as error:
            log.warning("the telephone has refused: %s", error or "no answer")
            reason = _REFUSALS.get(error.name, "failed") if isinstance(error, OfonoError) else "failed"
            self._notify(Event("refused", reason=reason))

    async def _call(
        self,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        body: list[Any] | None = None,
        *,
        destination: str = OFONO,
    ) -> list[Any]:
        """Return what a method answers.

        Raises OfonoError for an error, TimeoutError where nothing comes.
        """
        if self._bus is None:
            raise OfonoError(f"{BUS}.Error.Disconnected", "the bus is away")
        message = Message(
            destination=destination, path=path, interface=interface, member=member, signature=signature, body=body or []
        )
        reply = await asyncio.wait_for(self._bus.call(message), self._timeout_s)
        if reply is None or reply.message_type is MessageType.ERROR:
            name, text = (reply.error_name or "", reply.body) if reply else ("", ["no reply"])
            raise OfonoError(name, str(text[0]) if text else "")
        return reply.body

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @staticmethod
    async def _guarded(work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (OfonoError, DBusError, OSError, EOFError, TimeoutError) as error:
            log.warning("oFono: %s", error or "no answer")


build = Ofono


def _plain(told: dict[str, Variant]) -> dict[str, Any]:
    return {key: variant.value for key, variant in told.items()}


def _number(text: str) -> str | None:
    """A line identification as a number; None for "withheld" and other words."""
    return text if re.fullmatch(r"\+?[0-9*#]+", text) else None
