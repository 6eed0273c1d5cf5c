"""Shelly of the second generation and later: `topic: shellydimmerg3-aabbcc`, its MQTT prefix.

Commands are RPC requests on ``TOPIC/rpc``, answered on ``SRC/rpc``; changes are told on ``TOPIC/events/rpc``
(NotifyStatus), and ``TOPIC/online`` is the last will (`true`, `false`).  "Enable MQTT control", "RPC over MQTT" and
"RPC status notifications" must be on in the device.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, Self

from pydantic import Field, ValidationError

from assistant.config import DeviceConfig
from handlers import colors
from handlers.colors import Color, Tint, White
from handlers.drivers.contract import DriverOptions, Feature, Light, Message, Reading, Report, available, reading_fault

METHODS: dict[str, tuple[str, frozenset[Feature]]] = {
    "switch": ("Switch", frozenset()),
    "light": ("Light", frozenset({"brightness"})),
    "rgb": ("RGB", frozenset({"brightness", "color"})),
    "rgbw": ("RGBW", frozenset({"brightness", "color"})),
    "cct": ("CCT", frozenset({"brightness", "color_temp"})),
    "rgbcct": ("RGBCCT", frozenset({"brightness", "color", "color_temp"})),
}
"""Component: the family of its methods, and what they take."""
SET, STATUS = 1, 2
"""Ids of our requests; each device has a source of its own, so they need not differ further."""


class Options(DriverOptions):
    """Beside the topic."""

    component: str | None = Field(default=None, pattern=r"^(switch|light|rgb|rgbw|cct|rgbcct):\d{1,3}$")
    """Which part of the device: `light:0` when absent (`switch:0` for `kind: switch`)."""
    transition: float | None = Field(default=None, ge=0, le=60)
    """Seconds in which the lamp fades."""


class _Status(Reading):
    output: bool | None = None
    brightness: float | None = Field(default=None, ge=0, le=100)
    rgb: tuple[int, int, int] | None = None
    ct: int | None = Field(default=None, ge=0, le=20_000)
    mode: Literal["cct", "rgb"] | None = None


class _Error(Reading):
    code: int
    message: str = ""


class _Answer(Reading):
    id: int | None = None
    result: dict[str, Any] | None = None
    error: _Error | None = None


class _Notification(Reading):
    method: str
    params: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shelly:
    """One component of a Shelly device."""

    topic: str
    source: str
    """Where answers to us go, without the ``/rpc``."""
    component: str
    options: Options

    @classmethod
    def of(cls, name: str, device: DeviceConfig) -> Self:
        """Return the driver of a device.

        Raises ValidationError for options that do not exist.
        """
        options = Options.model_validate(device.options)
        component = options.component or f"{device.kind}:0"
        return cls(device.topic.rstrip("/"), f"oyez-rpc/{name}", component, options)

    @property
    def features(self) -> frozenset[Feature]:
        """What the component takes."""
        return METHODS[self._family()][1]

    def subscriptions(self) -> tuple[str, ...]:
        """Answers, notifications and last will."""
        return (f"{self.source}/rpc", f"{self.topic}/events/rpc", f"{self.topic}/online")

    def commands(self, asked: Light) -> tuple[Message, ...]:
        """Set, then ask: a status that did not change would not be told otherwise."""
        params: dict[str, object] = {"id": self._index(), "on": asked.on is not False}
        if asked.brightness is not None:
            params["brightness"] = asked.brightness
        if isinstance(asked.tint, Color):
            params["rgb"] = list(colors.to_rgb(asked.tint))
        elif asked.tint is not None:
            params["ct"] = asked.tint.kelvin
        if self._family() == "rgbcct" and asked.tint is not None:
            params["mode"] = "rgb" if isinstance(asked.tint, Color) else "cct"
        if self.options.transition is not None and self._family() != "switch":
            params["transition_duration"] = self.options.transition
        return (self._request(SET, "Set", params), *self.query())

    def query(self) -> tuple[Message, ...]:
        """Ask for the component's status."""
        return (self._request(STATUS, "GetStatus", {"id": self._index()}),)

    def read(self, topic: str, payload: bytes) -> Report | None:
        """Return what came on one of the topics."""
        if topic == f"{self.topic}/online":
            return Report(available=available(payload, topic=topic, yes="true", no="false"))
        if topic == f"{self.source}/rpc":
            answer = _Answer.of(payload, topic=topic)
            if answer.error is not None:
                return Report(available=True, error=f"{answer.error.message} ({answer.error.code})")
            return self._report(answer.result, field="result", topic=topic) if answer.id == STATUS else None
        notification = _Notification.of(payload, topic=topic)
        if notification.method not in {"NotifyStatus", "NotifyFullStatus"}:
            return None
        return self._report(notification.params.get(self.component), field=self.component, topic=topic)

    def _family(self) -> str:
        return self.component.split(":")[0]

    def _index(self) -> int:
        return int(self.component.split(":")[1])

    def _request(self, number: int, verb: str, params: dict[str, object]) -> Message:
        method = f"{METHODS[self._family()][0]}.{verb}"
        request = {"id": number, "src": self.source, "method": method, "params": params}
        return Message(f"{self.topic}/rpc", json.dumps(request))

    def _report(self, status: object, *, field: str, topic: str) -> Report | None:
        if status is None:
            return None
        try:
            reading = _Status.model_validate(status)
        except ValidationError as error:
            fault = reading_fault(error, topic)
            fault.field = f"{field}.{fault.field}"
            raise fault from error
        light = Light(
            on=reading.output,
            brightness=round(reading.brightness) if reading.brightness else None,
            tint=_tint(reading),
        )
        return Report(light, available=True)


def _tint(reading: _Status) -> Tint | None:
    if reading.rgb is not None and reading.mode != "cct":
        return colors.from_rgb(*reading.rgb)
    return White(reading.ct) if reading.ct else None
