"""Tasmota: `topic: TOPIC`, the device's own topic (`Topic` in its configuration), without `cmnd` and `stat`.

Commands go to ``cmnd/TOPIC/Power|Dimmer|HSBColor|CT``; the answer comes on ``stat/TOPIC/RESULT``, the periodic state
on ``tele/TOPIC/STATE``, and ``tele/TOPIC/LWT`` says `Online` or `Offline`.  ``cmnd/TOPIC/State`` asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

from pydantic import ConfigDict, Field

from assistant.config import DeviceConfig
from assistant.errors import PayloadError
from handlers import colors
from handlers.colors import Color, Tint, White
from handlers.drivers.contract import ALL_FEATURES, DriverOptions, Feature, Light, Message, Reading, Report, available

COLDEST_MIRED, WARMEST_MIRED = 153, 500
"""What `CT` takes."""


class Options(DriverOptions):
    """Beside the topic."""

    relay: int | None = Field(default=None, ge=1, le=32)
    """One of several relays: 2 stands for `Power2` and `POWER2`."""
    full_topic: str = Field(default="%prefix%/%topic%/", pattern=r"%prefix%")
    """`FullTopic` of the device, where it was changed."""


class _State(Reading):
    model_config = ConfigDict(extra="allow")  # the relays: POWER, POWER1, POWER2 ...

    dimmer: float | None = Field(default=None, ge=0, le=100, alias="Dimmer")
    hsb: str | None = Field(default=None, alias="HSBColor", pattern=r"^\d{1,3},\d{1,3},\d{1,3}$")
    white: float | None = Field(default=None, ge=0, le=100, alias="White")
    ct: float | None = Field(default=None, ge=0, le=1000, alias="CT")
    command: str | None = Field(default=None, alias="Command")


@dataclass(frozen=True, slots=True)
class Tasmota:
    """One lamp or relay of a Tasmota device."""

    topic: str
    options: Options

    @classmethod
    def of(cls, _: str, device: DeviceConfig) -> Self:
        """Return the driver of a device.

        Raises ValidationError for options that do not exist.
        """
        return cls(device.topic.strip("/"), Options.model_validate(device.options))

    @property
    def features(self) -> frozenset[Feature]:
        """Everything."""
        return ALL_FEATURES

    def subscriptions(self) -> tuple[str, ...]:
        """Answers, periodic state and last will."""
        return (self._at("stat", "RESULT"), self._at("tele", "STATE"), self._at("tele", "LWT"))

    def commands(self, asked: Light) -> tuple[Message, ...]:
        """Colour first, then brightness, then power: each of them switches on by itself, so `off` stands alone."""
        if asked.on is False:
            return (self._power("OFF"),)
        messages = [*self._tint(asked.tint)]
        if asked.brightness is not None:
            messages.append(Message(self._at("cmnd", "Dimmer"), str(asked.brightness)))
        if asked.on:
            messages.append(self._power("ON"))
        return tuple(messages)

    def query(self) -> tuple[Message, ...]:
        """Ask for all of it."""
        return (Message(self._at("cmnd", "State"), ""),)

    def read(self, topic: str, payload: bytes) -> Report | None:
        """Return what came on one of the topics."""
        if topic == self._at("tele", "LWT"):
            return Report(available=available(payload, topic=topic, yes="Online", no="Offline"))
        reading = _State.of(payload, topic=topic)
        if reading.command is not None:
            return Report(available=True, error=f"it does not take the command ({reading.command})")
        light = Light(
            on=_power(reading, keys=self._power_keys(), topic=topic),
            brightness=round(reading.dimmer) if reading.dimmer else None,
            tint=_tint(reading),
        )
        return None if light == Light() else Report(light, available=True)

    def _at(self, prefix: str, name: str) -> str:
        """Return a topic of the device."""
        whole = self.options.full_topic.replace("%prefix%", prefix).replace("%topic%", self.topic)
        return f"{whole.rstrip('/')}/{name}"

    def _power(self, state: Literal["ON", "OFF"]) -> Message:
        return Message(self._at("cmnd", f"Power{self.options.relay or ''}"), state)

    def _power_keys(self) -> tuple[str, ...]:
        # A device with one relay calls it POWER, with several POWER1 and so on.
        if self.options.relay is None:
            return ("POWER", "POWER1")
        return (f"POWER{self.options.relay}", *(("POWER",) if self.options.relay == 1 else ()))

    def _tint(self, tint: Tint | None) -> tuple[Message, ...]:
        if isinstance(tint, White):
            mired = min(max(colors.to_mired(tint.kelvin), COLDEST_MIRED), WARMEST_MIRED)
            return (Message(self._at("cmnd", "CT"), str(mired)),)
        if isinstance(tint, Color):
            # Hue and saturation one by one, since HSBColor itself would set the brightness too.
            return (
                Message(self._at("cmnd", "HSBColor1"), str(round(tint.hue) % 360)),
                Message(self._at("cmnd", "HSBColor2"), str(round(tint.saturation))),
            )
        return ()


def _power(reading: _State, *, keys: tuple[str, ...], topic: str) -> bool | None:
    """Return the first of `keys` that stands in the message."""
    told = reading.model_extra or {}
    for key in keys:
        if key in told:
            if told[key] not in ("ON", "OFF"):
                raise PayloadError(topic, field=key, what='neither "ON" nor "OFF"')
            return bool(told[key] == "ON")
    return None


def _tint(reading: _State) -> Tint | None:
    """Return which of the two the lamp shows: `White` is above 0 while it shows a white."""
    if reading.ct and (reading.white or reading.hsb is None):
        return colors.from_mired(reading.ct)
    if reading.hsb is None:
        return None
    hue, saturation, _ = (int(part) for part in reading.hsb.split(","))
    return Color(min(hue, 360), min(saturation, 100))
