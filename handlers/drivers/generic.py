"""Anything else that takes and tells its state on topics: templates in `options`, `topic: TOPIC` for commands.

A template holds places in braces: ``{state}`` (the `on` or `off` word), ``{brightness}`` (percent),
``{brightness_255}``, ``{hex}``, ``{red}``, ``{green}``, ``{blue}``, ``{hue}``, ``{saturation}``, ``{kelvin}``,
``{mired}``.  A place that a template needs and that the command does not set leaves that message out.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Self

from pydantic import ConfigDict, Field, field_validator

from assistant.config import DeviceConfig
from assistant.errors import PayloadError
from handlers import colors
from handlers.colors import Color, White
from handlers.drivers.contract import (
    DriverOptions,
    Feature,
    Light,
    Message,
    Report,
    from_scale,
    to_scale,
    word,
)
from handlers.fields import value_at

PLACES = frozenset(
    "state brightness brightness_255 hex red green blue hue saturation kelvin mired".split()  # noqa: SIM905
)
_PLACE = re.compile(r"\{(\w+)\}")


class Options(DriverOptions):
    """Beside the topic."""

    model_config = ConfigDict(coerce_numbers_to_str=True)  # `on: 1` means the word "1"

    on: str = "ON"
    """The word for on, in commands and states."""
    off: str = "OFF"
    payload: str = "{state}"
    """What is published on the topic for on and off."""
    brightness_topic: str | None = None
    brightness_payload: str = "{brightness}"
    color_topic: str | None = None
    color_payload: str = "{hex}"
    color_temp_topic: str | None = None
    color_temp_payload: str = "{kelvin}"
    state_topic: str | None = None
    """Where the lamp tells whether it is on; without it nothing can be confirmed."""
    state_field: str | None = None
    """A field of a JSON state, with dots for fields inside; the whole payload when absent."""
    brightness_state_topic: str | None = None
    brightness_state_field: str | None = None
    brightness_scale: int = Field(default=100, ge=1, le=65_535)
    """What full brightness is in the state."""
    query_topic: str | None = None
    query_payload: str = ""
    confirms: bool = True
    """False for lamps that cannot tell their state: their commands are reported as `sent`."""
    retain: bool = False
    """Whether commands are retained."""

    @field_validator("payload", "brightness_payload", "color_payload", "color_temp_payload")
    @classmethod
    def _known_places(cls, template: str) -> str:
        unknown = set(_PLACE.findall(template)) - PLACES
        if unknown:
            raise ValueError(f"no place {{{min(unknown)}}}; there are {', '.join(sorted(PLACES))}")
        return template


@dataclass(frozen=True, slots=True)
class Generic:
    """One lamp behind templates."""

    topic: str
    options: Options

    @classmethod
    def of(cls, _: str, device: DeviceConfig) -> Self:
        """Return the driver of a device.

        Raises ValidationError for options that do not exist.
        """
        return cls(device.topic, Options.model_validate(device.options))

    @property
    def features(self) -> frozenset[Feature]:
        """What has a topic, or a place in the payload."""
        options = self.options
        found: set[Feature] = set()
        if options.brightness_topic or "{brightness" in options.payload:
            found.add("brightness")
        if options.color_topic or any(f"{{{place}}}" in options.payload for place in ("hex", "red", "hue")):
            found.add("color")
        if options.color_temp_topic or any(f"{{{place}}}" in options.payload for place in ("kelvin", "mired")):
            found.add("color_temp")
        return frozenset(found)

    def subscriptions(self) -> tuple[str, ...]:
        """The state topics."""
        given = (self.options.state_topic, self.options.brightness_state_topic)
        return tuple(dict.fromkeys(topic for topic in given if topic))

    def commands(self, asked: Light) -> tuple[Message, ...]:
        """One message for each topic whose places are all known."""
        options = self.options
        places = _places(asked, on=options.on, off=options.off)
        templates = [
            (options.color_temp_topic, options.color_temp_payload),
            (options.color_topic, options.color_payload),
            (options.brightness_topic, options.brightness_payload),
            (self.topic, options.payload),
        ]
        return tuple(
            Message(topic, text, retained=options.retain)
            for topic, template in templates
            if topic and (text := _filled(template, places)) is not None
        )

    def query(self) -> tuple[Message, ...]:
        """The question, where the lamp takes one."""
        if self.options.query_topic is None:
            return ()
        return (Message(self.options.query_topic, self.options.query_payload),)

    def read(self, topic: str, payload: bytes) -> Report | None:
        """Return what came on one of the state topics."""
        options, light = self.options, Light()
        if topic == options.state_topic:
            text = _field(payload, options.state_field, topic=topic)
            if text is not None and text not in {options.on, options.off}:
                raise PayloadError(topic, field=options.state_field or "", what=f'neither "{options.on}" nor its off')
            light = Light(on=None if text is None else text == options.on)
        if topic == options.brightness_state_topic:
            text = _field(payload, options.brightness_state_field, topic=topic)
            light = light.merged(Light(brightness=_percent(text, options.brightness_scale, topic=topic)))
        return None if light == Light() else Report(light, available=True)


def _places(asked: Light, *, on: str, off: str) -> dict[str, str]:
    places: dict[str, object] = {}
    if asked.on is not None:
        places["state"] = on if asked.on else off
    if asked.brightness is not None:
        places |= {"brightness": asked.brightness, "brightness_255": to_scale(asked.brightness, 255)}
    if isinstance(asked.tint, White):
        places |= {"kelvin": asked.tint.kelvin, "mired": colors.to_mired(asked.tint.kelvin)}
    if isinstance(asked.tint, Color):
        red, green, blue = colors.to_rgb(asked.tint)
        places |= {"hex": colors.to_hex(asked.tint), "red": red, "green": green, "blue": blue}
        places |= {"hue": round(asked.tint.hue), "saturation": round(asked.tint.saturation)}
    return {place: str(value) for place, value in places.items()}


def _filled(template: str, places: dict[str, str]) -> str | None:
    """Return the template with its places filled, None where one is not known.  Other braces stay: JSON has them."""
    if any(place not in places for place in _PLACE.findall(template)):
        return None
    return _PLACE.sub(lambda match: places[match[1]], template)


def _field(payload: bytes, path: str | None, *, topic: str) -> str | None:
    """Return the text of a field of a JSON payload, or the whole payload; None where the field is not there."""
    if path is None:
        return word(payload, topic=topic)
    value = value_at(payload, path, topic=topic)
    if value is None:
        return None
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _percent(text: str | None, scale: int, *, topic: str) -> int | None:
    if text is None:
        return None
    try:
        value = float(text)
        return from_scale(min(value, scale), scale) or None
    except (ValueError, OverflowError) as error:
        raise PayloadError(topic, field="brightness", what="not a number") from error
