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

from dbus_fast import Message, Variant
from pydantic import Field

from assistant.config import CallingConfig
from handlers.telephones.bus import BUS_ERRORS, DBUS, Bus, RefusedError
from handlers.telephones.contract import Call, Event, Kind, Reason, TelephoneOptions, Wiring

log = logging.getLogger(__name__)

OFONO = "org.ofono"
MANAGER, MODEM, CALLS, CALL, VOLUME = (
    f"{OFONO}.{name}" for name in ("Manager", "Modem", "VoiceCallManager", "VoiceCall", "CallVolume")
)
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
    f"{DBUS}.Error.ServiceUnknown": "no-telephone",
    f"{DBUS}.Error.UnknownObject": "no-telephone",
    f"{DBUS}.Error.UnknownMethod": "no-telephone",
}


class Options(TelephoneOptions):
    """Which telephone, on which bus."""

    modem: str | None = Field(default=None, pattern=r"^/[A-Za-z0-9_/]*$")
    """D-Bus path of the modem (`/hfp/org/bluez/hci0/dev_...`); the first that can call when absent."""
    bus: str = "system"
    """`system`, or the address of another bus (`unix:path=...`)."""


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
        self._wiring = wiring
        self._bus = Bus(self._options.bus, timeout_s=config.timeout_ms / 1000, on_signal=self._signal)
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()  # the event loop's, as all that follows
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
        self._command(lambda modem: self._call(modem, f"{CALLS}.Dial", "ss", number, ""))

    def answer(self, call: Call) -> None:
        """Take it; another one is put on hold."""

        async def take(modem: str) -> None:
            known = self._calls.get(call.id)
            if known is not None and known.state == "waiting":
                await self._call(modem, f"{CALLS}.HoldAndAnswer")
            else:
                await self._call(call.id, f"{CALL}.Answer")

        self._command(take)

    def reject(self, call: Call) -> None:
        """End this one only."""
        self._command(lambda _: self._call(call.id, f"{CALL}.Hangup"))

    def hang_up(self, calls: Collection[Call]) -> None:
        """End all."""
        del calls
        self._command(lambda modem: self._call(modem, f"{CALLS}.HangupAll"))

    def mute(self, *, muted: bool) -> None:
        """Set the modem's microphone; not every one has that."""
        self._command(lambda modem: self._call(modem, f"{VOLUME}.SetProperty", "sv", "Muted", Variant("b", muted)))

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
        rules = (f"type='signal',sender='{OFONO}'", f"type='signal',member='NameOwnerChanged',arg0='{OFONO}'")
        while not self._stopping.is_set():
            why = "it has gone away"
            try:
                await self._bus.hold(rules, on_connected=self._look, until=self._stopping)
            except (*BUS_ERRORS, RefusedError, ValueError) as error:
                why = str(error) or "no answer"
            except Exception:
                log.exception("the connection to oFono has failed")
                why = "it has failed"
            if not self._stopping.is_set():
                self._absent("no-dbus", f"no D-Bus ({self._options.bus}): {why}")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), AGAIN_S)

    async def _look(self) -> None:
        """Find the modem, and what it does now."""
        async with self._looking:
            try:
                modems = (await self._call("/", f"{MANAGER}.GetModems"))[0]
                able = [path for path, told in modems if CALLS in _plain(told).get("Interfaces", [])]
                if self._options.modem is not None:
                    able = [path for path in able if path == self._options.modem]
                if not able:
                    known = ", ".join(path for path, _ in modems) or "none"
                    self._absent("no-telephone", f"no modem that can call; oFono knows {known}")
                elif self._modem not in able:
                    await self._take(able[0])
            except RefusedError as error:
                self._absent("no-telephone", f"oFono: {error}")

    async def _take(self, modem: str) -> None:
        self._modem, self._calls = modem, {}
        told = _plain((await self._call(modem, f"{CALLS}.GetProperties"))[0])
        self._emergency = frozenset(told.get("EmergencyNumbers", ()))
        self._problem = None
        log.info("telephone %s", modem)
        self._notify(Event("ready"))
        for path, properties in (await self._call(modem, f"{CALLS}.GetCalls"))[0]:
            self._added(path, _plain(properties))

    def _absent(self, reason: Reason, why: str) -> None:
        self._modem, self._calls = None, {}
        if self._problem != reason:
            self._problem = reason
            log.warning("no telephone: %s", why)
        self._notify(Event("absent", reason=reason))

    # Signals.

    def _signal(self, message: Message) -> None:
        key = (message.interface, message.member)
        if key == (DBUS, "NameOwnerChanged"):
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
        except (*BUS_ERRORS, RefusedError) as error:
            log.warning("the telephone has refused: %s", error or "no answer")
            reason = _REFUSALS.get(error.name, "failed") if isinstance(error, RefusedError) else "failed"
            self._notify(Event("refused", reason=reason))

    async def _call(self, path: str, member: str, signature: str = "", *body: Any) -> list[Any]:
        return await self._bus.call(OFONO, path, member, signature, *body)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @staticmethod
    async def _guarded(work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (*BUS_ERRORS, RefusedError) as error:
            log.warning("oFono: %s", error or "no answer")


build = Ofono


def _plain(told: dict[str, Variant]) -> dict[str, Any]:
    return {key: variant.value for key, variant in told.items()}


def _number(text: str) -> str | None:
    """A line identification as a number; None for "withheld" and other words."""
    return text if re.fullmatch(r"\+?[0-9*#]+", text) else None
