"""Lamps that follow Home Assistant's MQTT light, JSON schema: `topic: home/lamp`.

The state comes on ``TOPIC``, commands go to ``TOPIC/set``; options name others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from pydantic import Field

from assistant.config import DeviceConfig
from handlers.drivers import json_light
from handlers.drivers.contract import ALL_FEATURES, DriverOptions, Feature, Light, Message, Report, available
from handlers.drivers.json_light import ColorForm


class Options(DriverOptions):
    """Beside the topic."""

    state_topic: str | None = None
    """Where the lamp tells its state; the topic itself when absent."""
    command_topic: str | None = None
    """Where it takes commands; `TOPIC/set` when absent."""
    availability_topic: str | None = None
    """Where `online` and `offline` come."""
    brightness_scale: int = Field(default=255, ge=1, le=65_535)
    color_form: ColorForm = "rgb"
    """How colours are written."""
    color_temp_kelvin: bool = False
    """Kelvin instead of mired."""
    transition: float | None = Field(default=None, ge=0, le=60)
    """Seconds in which the lamp fades."""


@dataclass(frozen=True, slots=True)
class HomeAssistant:
    """One JSON light."""

    topic: str
    options: Options

    @classmethod
    def of(cls, _: str, device: DeviceConfig) -> Self:
        """Return the driver of a device.

        Raises ValidationError for options that do not exist.
        """
        return cls(device.topic.rstrip("/"), Options.model_validate(device.options))

    @property
    def features(self) -> frozenset[Feature]:
        """Everything."""
        return ALL_FEATURES

    def subscriptions(self) -> tuple[str, ...]:
        """State, and availability where it has a topic."""
        state = self.options.state_topic or self.topic
        return (state, self.options.availability_topic) if self.options.availability_topic else (state,)

    def commands(self, asked: Light) -> tuple[Message, ...]:
        """One message with all of it."""
        options = self.options
        text = json_light.body(
            asked,
            scale=options.brightness_scale,
            form=options.color_form,
            kelvin=options.color_temp_kelvin,
            transition=options.transition,
        )
        return (Message(options.command_topic or f"{self.topic}/set", text),)

    def query(self) -> tuple[Message, ...]:
        """The schema knows no questions; such lamps retain their state."""
        return ()

    def read(self, topic: str, payload: bytes) -> Report | None:
        """Return what came on one of the topics."""
        if topic == self.options.availability_topic:
            return Report(available=available(payload, topic=topic))
        state = json_light.State.of(payload, topic=topic)
        light = state.light(scale=self.options.brightness_scale, kelvin=self.options.color_temp_kelvin)
        return Report(light, available=True)
