"""What a telephone's driver is: told to do things, and telling by events what the telephone does.

A driver never claims: it passes on what the telephone itself reports.  Its commands return at once; what comes of them,
also that nothing can come of them, is told by an event.  `handlers.calling` waits for these with a deadline.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from pydantic import BaseModel, ConfigDict

from assistant.config import CallingConfig
from assistant.mqtt import Incoming, Outgoing

Reason: TypeAlias = Literal[
    "busy",
    "declined",  # the other side has refused the call
    "not-answered",  # it rang, or may have, and nobody took it
    "not-reachable",  # switched off, not registered, no network
    "unknown-number",  # nobody has that number
    "hung-up",  # on our side: nothing has failed
    "ended",  # on the other side
    "no-telephone",  # it is not connected, or its program does not run
    "no-dbus",  # the bus by which it is reached is not there
    "failed",  # anything else
]

Kind: TypeAlias = Literal[
    "incoming",  # somebody calls; `number` is theirs, None where it is withheld
    "dialing",  # the telephone has begun to call; `number` as far as it tells
    "ringing",  # it rings on the other side
    "established",  # people talk to each other
    "closed",  # the call is over, with the reason
    "refused",  # the telephone did not take a command, with the reason; not that a call has failed
    "muted",  # its microphone is closed
    "unmuted",
    "ready",  # the telephone is there
    "absent",  # it is not, with the reason; all its calls are over
]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a telephone has told."""

    kind: Kind
    call: str = ""
    """Which call, in the telephone's own words; empty where it has one only, or for what is not about a call."""
    number: str | None = None
    """Of the other side: digits, or a SIP address."""
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A call as far as the telephone has told of it."""

    id: str
    """As in the events."""
    outgoing: bool
    state: Literal["incoming", "dialing", "ringing", "established"]
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a driver may use of the handler."""

    notify: Callable[[Event], None]
    """Takes an event, in the telephone's order; from any one thread at a time, returns at once."""
    publish: Callable[[Outgoing], None]
    """Sends an MQTT message; never blocks."""


class Telephone(Protocol):
    """One telephone.  Its constructor does no I/O; the commands come from one thread and return at once."""

    @property
    def confirms(self) -> bool:
        """Whether it tells what it does; False: what it was told is reported as `sent`."""

    @property
    def emergency_numbers(self) -> Collection[str]:
        """Numbers that the network or the SIM card counts as for emergencies, as far as it tells."""

    def start(self) -> None:
        """Follow the telephone in the background from now on; returns at once, raises nothing."""

    def close(self) -> None:
        """End what `start` began; raises nothing."""

    def dial(self, number: str) -> None:
        """Call a number or SIP address."""

    def answer(self, call: Call) -> None:
        """Take an incoming call."""

    def reject(self, call: Call) -> None:
        """Refuse an incoming call."""

    def hang_up(self, calls: Collection[Call]) -> None:
        """End the calls, all that there are."""

    def mute(self, *, muted: bool) -> None:
        """Close or open the telephone's own microphone."""

    def subscriptions(self) -> tuple[str, ...]:
        """The MQTT topics on which it tells what it does; none where it has a connection of its own."""

    def received(self, message: Incoming) -> None:
        """Take a message on one of them and notify of what it says.  Runs on the network thread.

        Raises PayloadError where it is not what the interface sends.
        """

    def connected(self) -> None:
        """The broker is there (again): what was told before may be old.  Runs on the network thread."""


class TelephoneOptions(BaseModel):
    """The `options` of a telephone; each driver has its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


Build: TypeAlias = Callable[[CallingConfig, Wiring], Telephone]
"""Makes a driver from the section `calling`; the module's `build`.  Raises ValidationError for wrong options."""
