"""The JSON light of Home Assistant's MQTT schema, which ESPHome speaks too: bodies there and back.  Pure."""

from __future__ import annotations

import json
from typing import Literal, TypeAlias

from pydantic import Field

from handlers import colors
from handlers.colors import Color, Tint, White
from handlers.drivers.contract import Light, Reading, from_scale, to_scale

ColorForm: TypeAlias = Literal["rgb", "hs", "xy"]
_COLORED = {"rgb", "rgbw", "rgbww", "hs", "xy"}


class _Color(Reading):
    r: float | None = Field(default=None, ge=0, le=255)
    g: float | None = Field(default=None, ge=0, le=255)
    b: float | None = Field(default=None, ge=0, le=255)
    h: float | None = Field(default=None, ge=0, le=360)
    s: float | None = Field(default=None, ge=0, le=100)
    x: float | None = Field(default=None, ge=0, le=1)
    y: float | None = Field(default=None, ge=0, le=1)


class State(Reading):
    """What such a light publishes."""

    state: Literal["ON", "OFF"] | None = None
    brightness: float | None = Field(default=None, ge=0)
    color_mode: str | None = None
    color_temp: float | None = Field(default=None, ge=0)
    color: _Color | None = None

    def light(self, *, scale: int, kelvin: bool) -> Light:
        """Return it in percent and kelvin; `scale` is the lamp's full brightness, `kelvin` how it counts warmth."""
        brightness = None if self.brightness is None else from_scale(min(self.brightness, scale), scale)
        return Light(
            on=None if self.state is None else self.state == "ON",
            brightness=brightness or None,
            tint=self._tint(kelvin=kelvin),
        )

    def _tint(self, *, kelvin: bool) -> Tint | None:
        color = _color(self.color)
        if color is not None and (self.color_mode in _COLORED or not self.color_temp):
            return color
        if self.color_temp and self.color_mode not in _COLORED:
            return White(round(self.color_temp)) if kelvin else colors.from_mired(self.color_temp)
        return color


def body(asked: Light, *, scale: int, form: ColorForm, kelvin: bool, transition: float | None) -> str:
    """Return the command for what is `asked`."""
    fields: dict[str, object] = {}
    # The schema has `state` in every command; whoever dims or colours a lamp wants it on.
    fields["state"] = "OFF" if asked.on is False else "ON"
    if asked.brightness is not None:
        fields["brightness"] = to_scale(asked.brightness, scale)
    if isinstance(asked.tint, White):
        fields["color_temp"] = asked.tint.kelvin if kelvin else colors.to_mired(asked.tint.kelvin)
    elif asked.tint is not None:
        fields["color"] = _written(asked.tint, form)
    if transition is not None:
        fields["transition"] = transition
    return json.dumps(fields)


def _written(color: Color, form: ColorForm) -> dict[str, float]:
    if form == "hs":
        return {"h": color.hue, "s": color.saturation}
    if form == "xy":
        x, y = colors.to_xy(color)
        return {"x": x, "y": y}
    red, green, blue = colors.to_rgb(color)
    return {"r": red, "g": green, "b": blue}


def _color(color: _Color | None) -> Color | None:
    if color is None:
        return None
    if color.h is not None and color.s is not None:
        return Color(color.h, color.s)
    if color.x is not None and color.y is not None:
        return colors.from_xy(color.x, color.y)
    if color.r is not None and color.g is not None and color.b is not None:
        return colors.from_rgb(color.r, color.g, color.b)
    return None
