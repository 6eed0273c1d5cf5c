"""baresip through its module `mqtt`: commands on ``<topic>/command/<token>``, what happens on ``<topic>/event``.

Checked with baresip 1.0.0 (Debian 12).  The `ok` of its responses says only that a command was read, so events are
believed; two things have no event and are read from a response's text: the microphone's state after `mute`, which
toggles, and the calls that there were before we came (`listcalls`).  A call goes by the address of its other side, the
only thing that is in every event and in that list.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Collection
from typing import Any, Literal, TypeAlias

from pydantic import Field, field_validator

from assistant.config import CallingConfig
from assistant.errors import PayloadError
from assistant.mqtt import Incoming, Outgoing
from handlers.telephones.contract import Call, Event, Kind, Reason, TelephoneOptions, Wiring

QOS = 1
MOST_BYTES = 64 * 1024
"""Longer messages are not baresip's."""

_Command: TypeAlias = Literal["dial", "accept", "hangup", "mute", "listcalls"]
_KINDS: dict[str, Kind] = {
    "CALL_INCOMING": "incoming",
    "CALL_OUTGOING": "dialing",  # since 2.0
    "CALL_PROGRESS": "ringing",
    "CALL_RINGING": "ringing",
    "CALL_ESTABLISHED": "established",
    "CALL_CLOSED": "closed",
}
_LISTED: dict[str, Kind] = {
    "INCOMING": "incoming",
    "OUTGOING": "dialing",
    "RINGING": "ringing",
    "EARLY": "ringing",
    "ESTABLISHED": "established",
}
_LISTED_CALL = re.compile(r"\[line \d+\]\s+[\d:]+\s+([A-Z]+)\s+(?:\S+ )*?(\S+)\s*$", re.MULTILINE)
_REASONS: tuple[tuple[str, Reason], ...] = (
    (r"reset by user", "hung-up"),
    (r"reset by peer|rejected by user", "ended"),
    (r"^(486|603) (Rejected|Decline)", "declined"),  # a telephone's own button; "486 Busy Here" is a busy one
    (r"^(486|600)", "busy"),
    (r"^603|^403", "declined"),
    (r"^(404|410|484|485|604)", "unknown-number"),
    (r"^(408|480|430|500|502|503|504)", "not-reachable"),
    (r"^487", "not-answered"),
    (r"timed out|unreachable|refused|no route|resolve|no such host|network", "not-reachable"),
)
"""What stands in a closed call: a SIP status with its words (RFC 3261, section 21), or the system's error."""


class Options(TelephoneOptions):
    """How baresip is reached."""

    topic: str = Field(default="/baresip", min_length=1, max_length=200)
    """baresip's `mqtt_basetopic` with the slash that it puts before it."""

    @field_validator("topic")
    @classmethod
    def _no_wildcards(cls, topic: str) -> str:
        if any(character in topic for character in "+#\x00"):
            raise ValueError('"+" and "#" stand for other topics; write baresip\'s own')
        return topic.rstrip("/")


class Baresip:
    """One baresip."""

    confirms = True
    emergency_numbers: Collection[str] = ()

    def __init__(self, config: CallingConfig, wiring: Wiring) -> None:
        """Raises ValidationError for options that do not exist."""
        self._topic = Options.model_validate(config.options).topic
        self._timeout_s = config.timeout_ms / 1000
        self._wiring = wiring
        self._muted: bool | None = None
        """What was asked for, until baresip has said which it is."""

    def start(self) -> None:
        """Nothing: everything comes by the broker."""

    def close(self) -> None:
        """Nothing, for the same reason."""

    def dial(self, number: str) -> None:
        """Call it; a number without an address goes to the account's own provider."""
        self._send("dial", number)

    def answer(self, call: Call) -> None:
        """Take the call that baresip has before it: the one that came last."""
        del call
        self._send("accept")

    def reject(self, call: Call) -> None:
        """The same with refusing."""
        del call
        self._send("hangup")

    def hang_up(self, calls: Collection[Call]) -> None:
        """End one after the other; also when none is known, in case baresip knows better."""
        for _ in range(max(1, len(calls))):
            self._send("hangup")

    def mute(self, *, muted: bool) -> None:
        """Toggle, and once more where that went the wrong way."""
        self._muted = muted
        self._send("mute")

    def subscriptions(self) -> tuple[str, ...]:
        """Events and responses."""
        return (f"{self._topic}/event", f"{self._topic}/command_resp/+")

    def connected(self) -> None:
        """Ask which calls there are: it may have been dialled by hand meanwhile."""
        self._send("listcalls")

    def received(self, message: Incoming) -> None:
        """Take an event, or the response to one of our commands."""
        told = _json(message)
        if message.topic == f"{self._topic}/event":
            self._event(told)
            return
        token = message.topic.rpartition("/")[2]
        if token.startswith("oyez-"):
            self._response(token.removeprefix("oyez-"), str(told.get("data", "")), ok=told.get("ok") is True)

    def _event(self, told: dict[str, Any]) -> None:
        kind = _KINDS.get(str(told.get("type")))
        peer = str(told.get("peeruri", ""))
        if (
            told.get("type") == "CALL_LOCAL_SDP"
            and told.get("direction") == "outgoing"
            and told.get("param") == "offer"
        ):
            kind = "dialing"  # all that 1.0.0 tells before it rings
        if kind is None or not peer:
            return
        reason = reason_of(str(told.get("param", ""))) if kind == "closed" else None
        self._wiring.notify(Event(kind, call=peer, number=_number(peer), reason=reason))

    def _response(self, command: str, text: str, *, ok: bool) -> None:
        if command == "listcalls":
            self._wiring.notify(Event("ready"))
            for state, peer in _LISTED_CALL.findall(text):
                if state in _LISTED:
                    self._wiring.notify(Event(_LISTED[state], call=peer, number=_number(peer)))
        elif not ok or text.startswith("command not found"):
            self._wiring.notify(Event("refused", reason="failed"))
        elif command == "mute":
            self._mute_response(text)

    def _mute_response(self, text: str) -> None:
        is_muted = "un-muted" not in text
        wanted, self._muted = self._muted, None
        if wanted is not None and wanted != is_muted:
            self._send("mute")
            return
        self._wiring.notify(Event("muted" if is_muted else "unmuted"))

    def _send(self, command: _Command, parameters: str | None = None) -> None:
        token = f"oyez-{command}"
        body = {"command": command, "token": token} | ({"params": parameters} if parameters else {})
        self._wiring.publish(
            Outgoing(
                f"{self._topic}/command/{token}",
                json.dumps(body).encode(),
                qos=QOS,
                # A telephone that dials when its power returns startles people.
                expires=time.monotonic() + self._timeout_s,
            )
        )


build = Baresip


def reason_of(text: str) -> Reason:
    """Return why a call has ended, from what baresip says of it."""
    for pattern, reason in _REASONS:
        if re.search(pattern, text, re.IGNORECASE):
            return reason
    return "failed"


def _number(peer: str) -> str | None:
    """Return the other side's address, None where it is withheld (RFC 3323)."""
    return None if re.match(r"sips?:anonymous@", peer, re.IGNORECASE) else peer


def _json(message: Incoming) -> dict[str, Any]:
    if len(message.payload) > MOST_BYTES:
        raise PayloadError(message.topic, field="", what=f"more than {MOST_BYTES} bytes")
    try:
        told = json.loads(message.payload)
    except (ValueError, RecursionError) as error:
        raise PayloadError(message.topic, field="", what=f"not JSON: {error}") from error
    if not isinstance(told, dict):
        raise PayloadError(message.topic, field="", what="not a JSON object")
    return told
