"""Messages as a broker carries them: topic, bytes and properties, whatever they mean."""

from __future__ import annotations

from dataclasses import dataclass


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
