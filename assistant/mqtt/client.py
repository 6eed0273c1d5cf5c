"""The contract on a connection: payloads instead of bytes, for the assistant itself and for handlers.

What is malformed, oversized, expired or repeated is logged with topic and field, counted and dropped here.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Self, TypeAlias, TypeVar

from assistant.config import MqttConfig
from assistant.errors import PayloadError
from assistant.messages import Interpretation
from assistant.mqtt import payloads
from assistant.mqtt.connection import Connection
from assistant.mqtt.gate import Expiry, Gate
from assistant.mqtt.payloads import (
    Command,
    IntentPayload,
    InterpretationPayload,
    Payload,
    RejectedPayload,
    ResultPayload,
    StatusPayload,
)
from assistant.mqtt.rate import Rate
from assistant.mqtt.retry import Retry
from assistant.mqtt.topics import Channel
from assistant.mqtt.unanswered import Unanswered
from assistant.mqtt.wire import Incoming, Outgoing

log = logging.getLogger(__name__)

COMPLAINTS = 256
"""Faults of different topics and fields that are told in full; the rest only count."""

P = TypeVar("P", bound=Payload)
Parts: TypeAlias = Mapping[str, str]
Clock: TypeAlias = Callable[[], datetime]


def now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


class Client:
    """One site's side of the contract, as a context manager."""

    def __init__(
        self,
        config: MqttConfig,
        *,
        site: str,
        room: str | None = None,
        name: str = "assistant",
        url: str | None = None,
        announce: bool = True,
        answering: Collection[str] = (),
        retry: Retry | None = None,
        clock: Clock = now,
    ) -> None:
        """`url` takes the place of the configured one (the embedded broker's); `announce` keeps the site's `status`.

        answering: domains whose handlers publish results, see `Unanswered`.

        Raises BrokerError for an address, password or certificate that cannot be used.
        """
        self._site = site
        self._room = room
        self._expiry_s = config.expiry_s
        self._announce = announce
        self._clock = clock
        self._gate, self._expiry = Gate(), Expiry(clock)  # network thread only
        self._complaints: set[tuple[str, str]] = set()  # network thread only
        self._lock = threading.Lock()  # guards what is unanswered
        self._unanswered = Unanswered(answering)
        will = self._status("offline") if announce else None
        self.connection = Connection(config, name=name, url=url, will=will, retry=retry)
        self.connection.on_turn(self._expiry.look)

    def __enter__(self) -> Self:
        self.connection.__enter__()
        if self._announce:
            self.connection.publish(self._status("online"))
        return self

    def __exit__(self, *_: object) -> None:
        if self._announce:
            self.connection.publish(self._status("offline"))
        self.connection.stop()

    def publish(self, payload: Payload, *, expires: datetime | None = None, site: str | None = None) -> None:
        """Publish `payload` on its topic, retained and with the QoS that the contract says.

        Raises PayloadError where it is longer than its topic takes.
        """
        self._publish(payload, deadline=self._deadline(expires), site=site)

    def publish_interpretation(
        self, interpretation: Interpretation, *, session: str | None = None
    ) -> IntentPayload | RejectedPayload:
        """Publish what was understood, or why nothing was; returns the payload."""
        kind = IntentPayload if interpretation.accepted else RejectedPayload
        now, expires = time.monotonic(), self._clock() + timedelta(seconds=self._expiry_s)
        payload = kind.of(interpretation, site=self._site, room=self._room, session=session, expires=expires)
        if isinstance(payload, IntentPayload):
            with self._lock:
                self._unanswered.published(payload, now=now, expires=now + self._expiry_s)
        self._publish(payload, deadline=now + self._expiry_s)
        return payload

    def answered(self, message_id: str) -> None:
        """Note that a handler has answered a command of ours."""
        with self._lock:
            self._unanswered.answered(message_id)

    def repeat_unanswered(self) -> None:
        """Publish again what may have reached nobody because the broker was away; about once a second."""
        with self._lock:
            due = self._unanswered.due(time.monotonic(), connected=self.connection.connected_since)
        for payload, expires in due:
            self.connection.count("repeated_intents")
            self._publish(payload, deadline=expires)

    def publish_result(self, result: ResultPayload, *, site: str | None = None) -> None:
        """Publish what a handler did, to the site that asked."""
        self.publish(result, site=site)

    def on(self, kind: type[P], callback: Callable[[P, Parts], None], *, site: str | None = None, **parts: str) -> None:
        """Call `callback` with each good payload of `kind` and the parts of its topic (`site`, `domain`, `name`...).

        It runs on the network thread and must only enqueue.  Commands come once for each id, and not after they have
        expired; what a broker retained of a topic that is not retained is old and does not come at all; nor does what
        comes more often than the topic takes.
        """
        self.on_expiring(kind, lambda payload, place, _: callback(payload, place), site=site, **parts)

    def on_expiring(
        self,
        kind: type[P],
        callback: Callable[[P, Parts, float | None], None],
        *,
        site: str | None = None,
        **parts: str,
    ) -> None:
        """The same, where `callback` is also told until which monotonic second the payload may be acted on."""
        limits = _limits(kind.channel)

        def receive(message: Incoming) -> None:
            place = kind.channel.parts(message.topic)
            if place is None:
                return
            if message.retained and not kind.channel.retained:
                self._drop("retained", message.topic)
                return
            if not all(rate.takes(amount(message)) for rate, amount in limits):
                self._drop_limited(kind.channel, message.topic)
                return
            try:
                payload = kind.from_bytes(message.payload, topic=message.topic)
            except PayloadError as fault:
                self.drop_malformed(fault)
                return
            deadline = self._expiry.deadline(getattr(payload, "expires", None), left_s=message.left_s)
            if isinstance(payload, Command):
                verdict = self._gate.judge(payload.id, deadline)
                if verdict != "fresh":
                    self._drop(verdict, message.topic)
                    return
            callback(payload, place, deadline)

        subscription = kind.channel.filter(site or self._site, **parts)
        self.connection.subscribe(subscription, receive, qos=kind.channel.qos)

    def drop_malformed(self, fault: PayloadError) -> None:
        """Count a message that could not be used, and tell each kind of fault once.  Network thread only."""
        self.connection.count("malformed")
        known = (fault.topic, fault.field)
        if known in self._complaints or len(self._complaints) >= COMPLAINTS:
            log.debug("dropped: %s", fault)
            return
        self._complaints.add(known)
        log.warning("dropped: %s", fault)

    def _drop_limited(self, channel: Channel, topic: str) -> None:
        """Count what came too often, and tell it once: whoever floods us must not flood the log."""
        self.connection.count("limited")
        if (channel.name, "") not in self._complaints:
            self._complaints.add((channel.name, ""))
            log.warning("%s: more than %s a minute; what is too much is dropped", topic, channel.per_minute)

    def _publish(self, payload: Payload, *, deadline: float | None, site: str | None = None) -> None:
        channel = payload.channel
        topic = channel.topic(site or self._site, **_parts(payload))
        body = payload.to_bytes()
        payloads.check_size(channel, body, topic=topic)
        message_id = getattr(payload, "id", None)
        self.connection.publish(
            Outgoing(
                topic,
                body,
                qos=channel.qos,
                retained=channel.retained,
                expires=deadline,
                correlation=message_id.encode() if message_id else None,
                properties=_properties(payload),
                content_type="application/json",
            )
        )

    def _drop(self, why: str, topic: str) -> None:
        self.connection.count(why)
        log.info("%s: %s, dropped", topic, why)

    def _status(self, word: str) -> Outgoing:
        channel = StatusPayload.channel
        return Outgoing(channel.topic(self._site), word.encode(), qos=channel.qos, retained=channel.retained)

    def _deadline(self, expires: datetime | None) -> float | None:
        """The monotonic second of an aware time."""
        return None if expires is None else time.monotonic() + (expires - self._clock()).total_seconds()


def _limits(channel: Channel) -> Sequence[tuple[Rate, Callable[[Incoming], int]]]:
    """What a subscription takes in a minute, in messages and in bytes."""
    limits: list[tuple[Rate, Callable[[Incoming], int]]] = []
    if channel.per_minute is not None:
        limits.append((Rate(channel.per_minute), lambda _: 1))
    if channel.bytes_per_minute is not None:
        limits.append((Rate(channel.bytes_per_minute), lambda message: len(message.payload)))
    return limits


def _parts(payload: Payload) -> dict[str, str]:
    if isinstance(payload, IntentPayload) and payload.domain is not None and payload.intent is not None:
        return {"domain": payload.domain, "intent": payload.intent}
    return {}


def _properties(payload: Payload) -> tuple[tuple[str, str], ...]:
    """What a broker's rules and bridges may look at without reading JSON."""
    if not isinstance(payload, InterpretationPayload):
        return ()
    known = {"site": payload.site, "room": payload.room, "language": payload.language}
    return tuple((key, value) for key, value in known.items() if value is not None)
