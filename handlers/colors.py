"""Colours and whites: their names, and the ways lamps write them.  Pure.

A colour is hue and saturation, a white a temperature in kelvin; how bright it is stands apart.
"""

from __future__ import annotations

import colorsys
import re
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Color:
    """A colour at full brightness."""

    hue: float
    """0 to 360 degrees."""
    saturation: float
    """0 to 100 percent."""


@dataclass(frozen=True, slots=True)
class White:
    """A white."""

    kelvin: int


Tint: TypeAlias = Color | White

NAMES: dict[str, Tint] = {
    "red": Color(0, 100),
    "orange": Color(30, 100),
    "amber": Color(42, 100),
    "gold": Color(48, 90),
    "yellow": Color(56, 100),
    "lime": Color(90, 100),
    "green": Color(120, 100),
    "mint": Color(155, 60),
    "turquoise": Color(174, 75),
    "teal": Color(180, 100),
    "cyan": Color(186, 100),
    "sky blue": Color(197, 60),
    "light blue": Color(200, 50),
    "blue": Color(240, 100),
    "dark blue": Color(235, 100),
    "indigo": Color(262, 90),
    "violet": Color(274, 85),
    "purple": Color(285, 90),
    "lavender": Color(265, 40),
    "magenta": Color(300, 100),
    "fuchsia": Color(310, 100),
    "pink": Color(335, 65),
    "salmon": Color(10, 60),
    "coral": Color(16, 75),
    "brown": Color(25, 85),
    "beige": Color(40, 30),
    "warm white": White(2700),
    "soft white": White(3000),
    "white": White(4000),
    "neutral white": White(4000),
    "cool white": White(5000),
    "daylight": White(5500),
    "cold white": White(6500),
}
"""What the sentence packs give as `color`, canonical English."""

HUE_TOLERANCE_DEGREES = 15
SATURATION_TOLERANCE_PERCENT = 15
"""A lamp tells the nearest colour that it can show."""
KELVIN_TOLERANCE = 0.05

_HEX = re.compile(r"#[0-9a-f]{6}")


def parse(text: str) -> Tint | None:
    """Return the tint of a name or of ``#rrggbb``, None for an unknown one."""
    text = text.strip().lower().replace("_", " ")
    return from_hex(text) if _HEX.fullmatch(text) else NAMES.get(text)


def near(asked: Tint, reported: Tint) -> bool:
    """Return whether a lamp that tells `reported` shows what was `asked`."""
    if isinstance(asked, White) or isinstance(reported, White):
        if not (isinstance(asked, White) and isinstance(reported, White)):
            return False
        return abs(asked.kelvin - reported.kelvin) <= asked.kelvin * KELVIN_TOLERANCE
    if abs(asked.saturation - reported.saturation) > SATURATION_TOLERANCE_PERCENT:
        return False
    turn = abs(asked.hue - reported.hue) % 360
    # The hue of a nearly white light says little.
    return min(turn, 360 - turn) <= HUE_TOLERANCE_DEGREES or asked.saturation < SATURATION_TOLERANCE_PERCENT


def to_rgb(color: Color) -> tuple[int, int, int]:
    """Return red, green and blue, 0 to 255, the largest being 255."""
    red, green, blue = colorsys.hsv_to_rgb(color.hue / 360, color.saturation / 100, 1)
    return round(red * 255), round(green * 255), round(blue * 255)


def from_rgb(red: float, green: float, blue: float) -> Color:
    """Return the colour of red, green and blue on any common scale."""
    top = max(red, green, blue)
    if top <= 0:
        return Color(0, 0)
    hue, saturation, _ = colorsys.rgb_to_hsv(red / top, green / top, blue / top)
    return Color(round(hue * 360, 1), round(saturation * 100, 1))


def to_hex(color: Color) -> str:
    """Return ``#rrggbb``."""
    return "#{:02x}{:02x}{:02x}".format(*to_rgb(color))


def from_hex(text: str) -> Color:
    """Return the colour of ``#rrggbb``."""
    red, green, blue = (int(text[index : index + 2], 16) for index in (1, 3, 5))
    return from_rgb(red, green, blue)


def to_xy(color: Color) -> tuple[float, float]:
    """Return CIE 1931 x and y by way of sRGB with D65 white (IEC 61966-2-1)."""
    red, green, blue = (_linear(part / 255) for part in to_rgb(color))
    x = 0.4124 * red + 0.3576 * green + 0.1805 * blue
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = 0.0193 * red + 0.1192 * green + 0.9505 * blue
    total = x + y + z
    return round(x / total, 4), round(y / total, 4)


def from_xy(x: float, y: float) -> Color:
    """Return the colour of CIE 1931 x and y, moved into sRGB where it lies outside."""
    y = max(y, 1e-4)
    big_x, big_z = x / y, (1 - x - y) / y
    red = 3.2406 * big_x - 1.5372 - 0.4986 * big_z
    green = -0.9689 * big_x + 1.8758 + 0.0415 * big_z
    blue = 0.0557 * big_x - 0.2040 + 1.0570 * big_z
    top = max(red, green, blue, 1e-9)
    return from_rgb(*(_gamma(max(part, 0) / top) for part in (red, green, blue)))


def to_mired(kelvin: int) -> int:
    """Return a temperature as most lamps count it."""
    return round(1_000_000 / kelvin)


def from_mired(mired: float) -> White:
    """Return the white of a temperature in mired."""
    return White(round(1_000_000 / max(mired, 1)))


def as_color(white: White) -> Color:
    """Return the colour that stands for a white on a lamp without white light."""
    warmth = max(0.0, min(1.0, (6500 - white.kelvin) / 4500))  # 0 at daylight, 1 at candle light
    return Color(30, round(warmth * 70, 1))


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _gamma(part: float) -> float:
    return part * 12.92 if part <= 0.0031308 else float(1.055 * part ** (1 / 2.4) - 0.055)
