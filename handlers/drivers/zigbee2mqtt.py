"""Zigbee2MQTT: lamps, sockets and groups, `topic: zigbee2mqtt/FRIENDLY NAME`.

Commands go to ``TOPIC/set``, questions to ``TOPIC/get``; the state comes on ``TOPIC``, the availability on
``TOPIC/availability`` (a word, or ``{"state": word}`` since 1.17).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import Field, ValidationError

from assistant.config import DeviceConfig
from assistant.errors import PayloadError
from handlers import colors
from handlers.colors import Color, Tint, White
from handlers.drivers.contract import (
    ALL_FEATURES,
    DriverOptions,
    Feature,
    Light,
    Message,
    Reading,
    Report,
    from_scale,
    reading_fault,
    to_scale,
    word,
)

SCALE = 254


class Options(DriverOptions):
    """Beside the topic."""

    endpoint: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_]+$")
    """One of several lamps in a device: `l2` stands for `state_l2`, `brightness_l2`."""
    transition: float | None = Field(default=None, ge=0, le=60)
    """Seconds in which the lamp fades."""
    color: Literal["hex", "xy", "hs"] = "hex"
    """How colours are written; Zigbee2MQTT turns `hex` into what the lamp knows."""


class _Color(Reading):
    x: float | None = Field(default=None, ge=0, le=1)
    y: float | None = Field(default=None, ge=0, le=1)
    hue: float | None = Field(default=None, ge=0, le=360)
    saturation: float | None = Field(default=None, ge=0, le=100)
    hex: str | None = Field(default=None, pattern=r"^#[0-9a-fA-F]{6}$")


class _State(Reading):
    state: Literal["ON", "OFF"] | None = None
    brightness: float | None = Field(default=None, ge=0, le=255)
    color_mode: str | None = None
    color_temp: float | None = Field(default=None, ge=0, le=2000)
    color: _Color | None = None


class _Availability(Reading):
    state: Literal["online", "offline"]


@dataclass(frozen=True, slots=True)
class Zigbee2Mqtt:
    """One lamp or group of Zigbee2MQTT."""

    topic: str
    asked_features: tuple[Feature, ...]
    options: Options

    @classmethod
    def of(cls, _: str, device: DeviceConfig) -> Self:
        """Return the driver of a device.

        Raises ValidationError for options that do not exist.
        """
        options = Options.model_validate(device.options)
        features = tuple(device.features) if device.kind == "light" else ()
        return cls(device.topic.rstrip("/"), features, options)

    @property
    def features(self) -> frozenset[Feature]:
        """Everything."""
        return ALL_FEATURES

    def subscriptions(self) -> tuple[str, ...]:
        """State and availability."""
        return (self.topic, f"{self.topic}/availability")

    def commands(self, asked: Light) -> tuple[Message, ...]:
        """One message with all of it."""
        body: dict[str, object] = {}
        if asked.on is not None:
            body[self._key("state")] = "ON" if asked.on else "OFF"
        if asked.brightness is not None:
            body[self._key("brightness")] = to_scale(asked.brightness, SCALE)
        if isinstance(asked.tint, White):
            body[self._key("color_temp")] = colors.to_mired(asked.tint.kelvin)
        elif asked.tint is not None:
            body[self._key("color")] = self._color(asked.tint)
        if self.options.transition is not None:
            body["transition"] = self.options.transition
        return (Message(f"{self.topic}/set", json.dumps(body)),)

    def query(self) -> tuple[Message, ...]:
        """Ask for what the lamp has; other keys would be errors in the log of Zigbee2MQTT."""
        wanted = {self._key(key): "" for key in ("state", *self.asked_features)}
        return (Message(f"{self.topic}/get", json.dumps(wanted)),)

    def read(self, topic: str, payload: bytes) -> Report | None:
        """Return what came on one of the two topics."""
        if topic.endswith("/availability") and topic != self.topic:
            return Report(available=_available(payload, topic=topic))
        reading = self._reading(payload, topic=topic)
        brightness = None if reading.brightness is None else from_scale(min(reading.brightness, SCALE), SCALE)
        state = Light(
            on=None if reading.state is None else reading.state == "ON",
            brightness=brightness or None,
            tint=_tint(reading),
        )
        return Report(state, available=True)

    def _key(self, name: str) -> str:
        return f"{name}_{self.options.endpoint}" if self.options.endpoint else name

    def _color(self, color: Color) -> dict[str, object]:
        if self.options.color == "xy":
            x, y = colors.to_xy(color)
            return {"x": x, "y": y}
        if self.options.color == "hs":
            return {"hue": round(color.hue), "saturation": round(color.saturation)}
        return {"hex": colors.to_hex(color)}

    def _reading(self, payload: bytes, *, topic: str) -> _State:
        if self.options.endpoint is None:
            return _State.of(payload, topic=topic)
        try:
            whole = json.loads(payload)
        except (ValueError, RecursionError) as error:
            raise PayloadError(topic, field="", what=f"not JSON: {error}") from error
        if not isinstance(whole, dict):
            raise PayloadError(topic, field="", what="not an object")
        own = {key: whole.get(self._key(key)) for key in _State.model_fields}
        try:
            return _State.model_validate(own)
        except ValidationError as error:
            raise reading_fault(error, topic) from error


def _available(payload: bytes, *, topic: str) -> bool:
    text = payload if payload.lstrip().startswith(b"{") else json.dumps({"state": word(payload, topic=topic)}).encode()
    return _Availability.of(text, topic=topic).state == "online"


def _tint(reading: _State) -> Tint | None:
    """Return which of the two the lamp shows: it goes on telling the other one too."""
    color = _color(reading.color)
    if reading.color_temp and (reading.color_mode == "color_temp" or color is None):
        return colors.from_mired(reading.color_temp)
    return color


def _color(color: _Color | None) -> Color | None:
    if color is None:
        return None
    if color.hue is not None and color.saturation is not None:
        return Color(color.hue, color.saturation)
    if color.x is not None and color.y is not None:
        return colors.from_xy(color.x, color.y)
    return None if color.hex is None else colors.from_hex(color.hex)
