"""Lamps as real MQTT clients that follow each protocol: they obey, report, refuse, or stay silent."""

from __future__ import annotations

import json
import threading
from typing import Any

from tests.broker import Peer


class Lamp(Peer):
    """A simulated device; `silent` neither obeys nor tells anything."""

    def __init__(self, port: int, *subscriptions: str, on: bool = False, brightness: int = 100) -> None:
        super().__init__(port, *subscriptions, mqtt5=False)
        self.is_on = on
        self.brightness = brightness
        self.silent = False
        self.commands: list[tuple[str, str]] = []
        self.lock = threading.Lock()

    def _on_message(self, client: Any, userdata: Any, message: Any) -> None:
        super()._on_message(client, userdata, message)
        self.commands.append((message.topic, message.payload.decode()))
        if not self.silent:
            self.obey(message.topic, message.payload)

    def obey(self, topic: str, payload: bytes) -> None:
        raise NotImplementedError

    def tell(self, topic: str, payload: object, *, retain: bool = False) -> None:
        text = payload if isinstance(payload, str) else json.dumps(payload)
        self.client.publish(topic, text, 1, retain)


class Zigbee2MqttLamp(Lamp):
    """A bulb behind Zigbee2MQTT: `color` can it only where `colored`."""

    def __init__(self, port: int, name: str, *, colored: bool = True, **state: Any) -> None:
        self.topic = f"zigbee2mqtt/{name}"
        super().__init__(port, f"{self.topic}/set", f"{self.topic}/get", **state)
        self.colored = colored
        self.shown: dict[str, object] = {"color_mode": "color_temp", "color_temp": 370} if colored else {}

    def obey(self, topic: str, payload: bytes) -> None:
        if topic.endswith("/set"):
            wanted = json.loads(payload)
            self.is_on = wanted.get("state", "ON" if self.is_on else "OFF") == "ON"
            if "brightness" in wanted:
                self.brightness, self.is_on = round(wanted["brightness"] / 2.54), wanted["brightness"] > 0
            if self.colored and "color_temp" in wanted:
                self.shown = {"color_mode": "color_temp", "color_temp": wanted["color_temp"]}
            if self.colored and "color" in wanted:
                self.shown = {"color_mode": "xy", "color": _xy(wanted["color"]), "color_temp": 250}
        self.report()

    def report(self) -> None:
        state = {"state": "ON" if self.is_on else "OFF", "brightness": round(self.brightness * 2.54), "linkquality": 90}
        self.tell(self.topic, state | self.shown)


def _xy(color: dict[str, Any]) -> dict[str, float]:
    """Zigbee2MQTT tells the point in the colour space, whatever was sent."""
    linear = []
    for start in (1, 3, 5):
        part = int(color["hex"][start : start + 2], 16) / 255
        linear.append(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
    red, green, blue = linear
    x = 0.4124 * red + 0.3576 * green + 0.1805 * blue
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = 0.0193 * red + 0.1192 * green + 0.9505 * blue
    return {"x": round(x / (x + y + z), 4), "y": round(y / (x + y + z), 4)}
