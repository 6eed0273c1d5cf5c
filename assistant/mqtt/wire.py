"""Messages as a broker carries them: topic, bytes and properties, whatever they mean."""

from __future__ import annotations

import math
from dataclasses import dataclass

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as it came."""

    topic: str
    payload: bytes
    retained: bool = False
    qos: int = 0
    correlation: bytes | None = None
    """MQTT 5 correlation data."""
    properties: tuple[tuple[str, str], ...] = ()
    """MQTT 5 user properties."""
    left_s: float | None = None
    """How long it may still wait, by MQTT 5's message expiry, as it arrived."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be published."""

    topic: str
    payload: bytes
    qos: int = 0
    retained: bool = False
    expires: float | None = None
    """Monotonic seconds after which it is not sent any more; becomes MQTT 5's message expiry."""
    correlation: bytes | None = None
    properties: tuple[tuple[str, str], ...] = ()
    content_type: str | None = None


def publish_properties(message: Outgoing, left_s: float | None) -> Properties:
    """Return the MQTT 5 properties of `message`, which may still wait so many seconds somewhere."""
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    if left_s is not None:
        properties.MessageExpiryInterval = max(1, math.ceil(left_s))
    if message.correlation is not None:
        properties.CorrelationData = message.correlation
    if message.properties:
        properties.UserProperty = list(message.properties)
    if message.content_type is not None:
        properties.ContentType = message.content_type
    return properties


def incoming_message(message: paho.MQTTMessage) -> Incoming:
    """Return a message of paho's as ours.

    Raises UnicodeDecodeError where its topic is not UTF-8.
    """
    given = message.properties
    return Incoming(
        topic=message.topic,
        payload=bytes(message.payload),
        retained=message.retain,
        qos=message.qos,
        correlation=getattr(given, "CorrelationData", None),
        properties=tuple(getattr(given, "UserProperty", ())),
        left_s=getattr(given, "MessageExpiryInterval", None),
    )
