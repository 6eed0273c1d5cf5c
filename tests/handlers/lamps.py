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


class HomeAssistantLamp(Lamp):
    """A JSON light that retains its state; tells it only when something changes, as many do."""

    def __init__(self, port: int, topic: str, **state: Any) -> None:
        self.topic = topic
        super().__init__(port, f"{topic}/set", **state)
        self.color = {"r": 255, "g": 255, "b": 255}

    def __enter__(self) -> Any:
        super().__enter__()
        self.report()
        return self

    def obey(self, topic: str, payload: bytes) -> None:
        del topic
        wanted = json.loads(payload)
        self.is_on = wanted["state"] == "ON"
        self.brightness = round(wanted.get("brightness", self.brightness * 2.55) / 2.55)
        self.color = wanted.get("color", self.color)
        self.report()

    def report(self) -> None:
        state = {"state": "ON" if self.is_on else "OFF", "brightness": round(self.brightness * 2.55)}
        self.tell(self.topic, state | {"color_mode": "rgb", "color": self.color}, retain=True)


class EspHomeLamp(Lamp):
    """A light of an ESPHome node: `PREFIX/light/NAME`."""

    def __init__(self, port: int, prefix: str, **state: Any) -> None:
        self.topic, self.prefix = f"{prefix}/light/lamp", prefix
        super().__init__(port, f"{self.topic}/command", **state)
        self.mired = 370

    def __enter__(self) -> Any:
        super().__enter__()
        self.tell(f"{self.prefix}/status", "online", retain=True)
        self.report()
        return self

    def obey(self, topic: str, payload: bytes) -> None:
        del topic
        wanted = json.loads(payload)
        self.is_on = wanted["state"] == "ON"
        self.brightness = round(wanted.get("brightness", self.brightness * 2.55) / 2.55)
        self.mired = wanted.get("color_temp", self.mired)
        self.report()

    def report(self) -> None:
        self.tell(
            f"{self.topic}/state",
            {
                "color_mode": "color_temp",
                "state": "ON" if self.is_on else "OFF",
                "brightness": round(self.brightness * 2.55),
                "color": {},
                "color_temp": self.mired,
            },
            retain=True,
        )


class TasmotaLamp(Lamp):
    """A Tasmota bulb with colour and white: answers every command on `stat/TOPIC/RESULT`."""

    def __init__(self, port: int, topic: str, **state: Any) -> None:
        self.topic = topic
        super().__init__(port, f"cmnd/{topic}/+", **state)
        self.hue, self.saturation, self.ct, self.white = 0, 0, 300, True

    def __enter__(self) -> Any:
        super().__enter__()
        self.tell(f"tele/{self.topic}/LWT", "Online", retain=True)
        return self

    def obey(self, topic: str, payload: bytes) -> None:
        command, value = topic.rsplit("/", 1)[1].lower(), payload.decode()
        power = {"POWER": "ON" if self.is_on else "OFF"}
        if command == "state":
            self.tell(f"stat/{self.topic}/RESULT", {"Time": "2026-01-01T00:00:00", "Uptime": "0T00:01", **self.state()})
            return
        if command == "power":
            self.is_on = value == "ON"
            power = {"POWER": value}
            self.tell(f"stat/{self.topic}/RESULT", power)
            self.tell(f"stat/{self.topic}/POWER", value)
            return
        self.is_on = True
        if command == "dimmer":
            self.brightness = int(value)
        elif command == "ct":
            self.ct, self.white = int(value), True
        elif command == "hsbcolor1":
            self.hue, self.white = int(value), False
        elif command == "hsbcolor2":
            self.saturation, self.white = int(value), False
        else:
            self.tell(f"stat/{self.topic}/RESULT", {"Command": "Unknown"})
            return
        self.tell(f"stat/{self.topic}/RESULT", self.state())

    def state(self) -> dict[str, object]:
        return {
            "POWER": "ON" if self.is_on else "OFF",
            "Dimmer": self.brightness,
            "HSBColor": f"{self.hue},{self.saturation},{0 if self.white else self.brightness}",
            "White": self.brightness if self.white else 0,
            "CT": self.ct,
        }


class ShellyLamp(Lamp):
    """A Shelly dimmer of the second generation: RPC, and notifications of what changed."""

    def __init__(self, port: int, topic: str, **state: Any) -> None:
        self.topic = topic
        super().__init__(port, f"{topic}/rpc", **state)
        self.refuses: str | None = None

    def __enter__(self) -> Any:
        super().__enter__()
        self.tell(f"{self.topic}/online", "true", retain=True)
        return self

    def obey(self, topic: str, payload: bytes) -> None:
        del topic
        request = json.loads(payload)
        answer: dict[str, object] = {"id": request["id"], "src": self.topic, "dst": request["src"]}
        if self.refuses and request["method"] == "Light.Set":
            answer["error"] = {"code": -103, "message": self.refuses}
        elif request["method"] == "Light.Set":
            before, params = (self.is_on, self.brightness), request["params"]
            self.is_on = params.get("on", self.is_on)
            self.brightness = params.get("brightness", self.brightness)
            answer["result"] = None
            if before != (self.is_on, self.brightness):
                self.report()
        else:
            assert request["method"] == "Light.GetStatus"
            answer["result"] = self.status()
        self.tell(f"{request['src']}/rpc", answer)

    def report(self) -> None:
        params = {"ts": 1700000000.1, "light:0": self.status()}
        self.tell(f"{self.topic}/events/rpc", {"src": self.topic, "method": "NotifyStatus", "params": params})

    def status(self) -> dict[str, object]:
        return {
            "id": 0,
            "source": "MQTT",
            "output": self.is_on,
            "brightness": self.brightness,
            "temperature": {"tC": 40},
        }


class GenericLamp(Lamp):
    """Something home-made: words on one topic, a number on another, both told as one JSON."""

    def __init__(self, port: int, topic: str, **state: Any) -> None:
        self.topic = topic
        super().__init__(port, f"{topic}/switch", f"{topic}/level", f"{topic}/ask", **state)

    def obey(self, topic: str, payload: bytes) -> None:
        if topic.endswith("/switch"):
            self.is_on = payload == b"1"
        elif topic.endswith("/level"):
            self.brightness = int(payload)
        self.tell(f"{self.topic}/state", {"lamp": {"power": "1" if self.is_on else "0", "level": self.brightness}})
