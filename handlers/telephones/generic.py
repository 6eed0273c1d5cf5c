"""Any telephone that takes its commands on topics and tells what it does on another: words and topics in `options`.

A payload may hold ``{number}``; other braces stay, so that it may be JSON.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection

from pydantic import ConfigDict, Field, model_validator

from assistant.config import CallingConfig
from assistant.errors import PayloadError
from assistant.mqtt import Incoming, Outgoing
from handlers.telephones.contract import Call, Event, Kind, Reason, TelephoneOptions, Wiring

QOS = 1
MOST_BYTES = 64 * 1024


class Options(TelephoneOptions):
    """Topics and words."""

    model_config = ConfigDict(coerce_numbers_to_str=True)  # `ringing: 2` means the word "2"

    topic: str = Field(min_length=1, max_length=200)
    """Where commands go."""
    dial: str = "dial {number}"
    """What is published to call a number."""
    answer: str = "answer"
    reject: str = "reject"
    hang_up: str = "hang_up"
    mute: str = "mute"
    unmute: str = "unmute"
    event_topic: str | None = None
    """Where it tells what it does; without it, everything is reported as `sent`."""
    event_field: str | None = None
    """The field of a JSON event that holds the word, with dots for fields inside; the whole payload when absent."""
    number_field: str = "number"
    """The field of a JSON event with the number of the other side."""
    reason_field: str = "reason"
    """The field of a JSON event that says why a call has ended."""
    incoming: str = "incoming"
    """The words for what happens."""
    dialing: str = "dialing"
    ringing: str = "ringing"
    established: str = "established"
    closed: str = "closed"
    muted: str = "muted"
    unmuted: str = "unmuted"
    ready: str = "online"
    absent: str = "offline"
    busy: str = "busy"
    """The words for why a call has ended; any other word is a failure, none is an ordinary end."""
    declined: str = "declined"
    not_answered: str = "not-answered"
    not_reachable: str = "not-reachable"
    unknown_number: str = "unknown-number"
    hung_up: str = "hung-up"

    @model_validator(mode="after")
    def _number_is_dialled(self) -> Options:
        if "{number}" not in self.dial:
            raise ValueError('`dial` holds no "{number}": nobody could be called')
        return self


class Generic:
    """One telephone behind words."""

    emergency_numbers: Collection[str] = ()

    def __init__(self, config: CallingConfig, wiring: Wiring) -> None:
        """Raises ValidationError for options that do not exist."""
        self._options = options = Options.model_validate(config.options)
        self._timeout_s = config.timeout_ms / 1000
        self._wiring = wiring
        self._kinds: dict[str, Kind] = {
            options.incoming: "incoming",
            options.dialing: "dialing",
            options.ringing: "ringing",
            options.established: "established",
            options.closed: "closed",
            options.muted: "muted",
            options.unmuted: "unmuted",
            options.ready: "ready",
            options.absent: "absent",
        }
        self._reasons: dict[str, Reason] = {
            options.busy: "busy",
            options.declined: "declined",
            options.not_answered: "not-answered",
            options.not_reachable: "not-reachable",
            options.unknown_number: "unknown-number",
            options.hung_up: "hung-up",
        }

    @property
    def confirms(self) -> bool:
        """Whether it has a topic for what it does."""
        return self._options.event_topic is not None

    def start(self) -> None:
        """Nothing: everything comes by the broker."""

    def close(self) -> None:
        """Nothing, for the same reason."""

    def dial(self, number: str) -> None:
        """Publish the number."""
        self._send(self._options.dial.replace("{number}", number))

    def answer(self, call: Call) -> None:
        """Publish the word."""
        del call
        self._send(self._options.answer)

    def reject(self, call: Call) -> None:
        """Publish the word."""
        del call
        self._send(self._options.reject)

    def hang_up(self, calls: Collection[Call]) -> None:
        """Publish the word once: it ends whatever there is."""
        del calls
        self._send(self._options.hang_up)

    def mute(self, *, muted: bool) -> None:
        """Publish one of the words."""
        self._send(self._options.mute if muted else self._options.unmute)

    def subscriptions(self) -> tuple[str, ...]:
        """The topic of events, where there is one."""
        return (self._options.event_topic,) if self._options.event_topic is not None else ()

    def connected(self) -> None:
        """Nothing: what it retains comes next."""

    def received(self, message: Incoming) -> None:
        """Take an event."""
        word, fields = self._read(message)
        kind = self._kinds.get(word)
        if kind is None:
            return
        reason: Reason | None = None
        if kind == "closed":
            said = fields.get("reason")
            reason = "ended" if not said else self._reasons.get(said, "failed")
        elif kind == "absent":
            reason = "no-telephone"
        self._wiring.notify(Event(kind, number=fields.get("number") or None, reason=reason))

    def _read(self, message: Incoming) -> tuple[str, dict[str, str]]:
        """The word of an event, and its number and reason where it tells them."""
        options, topic = self._options, message.topic
        if len(message.payload) > MOST_BYTES:
            raise PayloadError(topic, field="", what=f"more than {MOST_BYTES} bytes")
        if options.event_field is None:
            try:
                return message.payload.decode().strip(), {}
            except UnicodeDecodeError as error:
                raise PayloadError(topic, field="", what="not UTF-8") from error
        try:
            told = json.loads(message.payload)
        except (ValueError, RecursionError) as error:
            raise PayloadError(topic, field=options.event_field, what=f"not JSON: {error}") from error
        fields = {"number": _field(told, options.number_field), "reason": _field(told, options.reason_field)}
        return _field(told, options.event_field), fields

    def _send(self, payload: str) -> None:
        expires = time.monotonic() + self._timeout_s  # one that dials when its power returns startles people
        self._wiring.publish(Outgoing(self._options.topic, payload.encode(), qos=QOS, expires=expires))


build = Generic


def _field(told: object, path: str) -> str:
    """The text of a field, empty where it is not there."""
    for step in path.split("."):
        if not isinstance(told, dict) or step not in told:
            return ""
        told = told[step]
    return str(told) if isinstance(told, str | int | float) else ""
