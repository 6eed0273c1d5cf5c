"""ESPHome over MQTT: `topic: PREFIX/light/NAME` (or `PREFIX/switch/NAME`).

Commands go to ``TOPIC/command``, the retained state comes on ``TOPIC/state``, and ``PREFIX/status`` says `online` or
`offline`.  Switches speak the bare words `ON` and `OFF`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from pydantic import Field

from assistant.config import DeviceConfig
from assistant.errors import PayloadError
from handlers.drivers import json_light
from handlers.drivers.contract import ALL_FEATURES, DriverOptions, Feature, Light, Message, Report, available, word

SCALE = 255


class Options(DriverOptions):
    """Beside the topic."""

    status_topic: str | None = None
    """Where `online` and `offline` come; `PREFIX/status` when absent."""
    transition: float | None = Field(default=None, ge=0, le=60)
    """Seconds in which the lamp fades."""


@dataclass(frozen=True, slots=True)
class EspHome:
    """One light or switch of an ESPHome node."""

    topic: str
    words: bool
    """Whether it speaks bare words: a switch."""
    options: Options

    @classmethod
    def of(cls, _: str, device: DeviceConfig) -> Self:
        """Return the driver of a device.

        Raises ValidationError for options that do not exist.
        """
        topic = device.topic.rstrip("/")
        words = topic.split("/")[-2:-1] in (["switch"], ["output"])
        return cls(topic, words, Options.model_validate(device.options))

    @property
    def features(self) -> frozenset[Feature]:
        """Everything, or nothing but on and off."""
        return frozenset() if self.words else ALL_FEATURES

    def subscriptions(self) -> tuple[str, ...]:
        """State and the node's status."""
        return (f"{self.topic}/state", self._status_topic())

    def commands(self, asked: Light) -> tuple[Message, ...]:
        """One message with all of it."""
        if self.words:
            return (Message(f"{self.topic}/command", "OFF" if asked.on is False else "ON"),)
        text = json_light.body(asked, scale=SCALE, form="rgb", kelvin=False, transition=self.options.transition)
        return (Message(f"{self.topic}/command", text),)

    def query(self) -> tuple[Message, ...]:
        """ESPHome knows no questions; it retains its state."""
        return ()

    def read(self, topic: str, payload: bytes) -> Report | None:
        """Return what came on one of the topics."""
        if topic == self._status_topic():
            return Report(available=available(payload, topic=topic))
        if not self.words:
            return Report(json_light.State.of(payload, topic=topic).light(scale=SCALE, kelvin=False), available=True)
        text = word(payload, topic=topic)
        if text not in {"ON", "OFF"}:
            raise PayloadError(topic, field="", what='neither "ON" nor "OFF"')
        return Report(Light(on=text == "ON"), available=True)

    def _status_topic(self) -> str:
        return self.options.status_topic or f"{self.topic.rsplit('/', 2)[0]}/status"
