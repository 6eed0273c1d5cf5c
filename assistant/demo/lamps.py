"""Lamps that are simulated, but really speak MQTT as Zigbee2MQTT's do: `<topic>/set` in, state on `<topic>`.

For the demonstration and for tests: what the light handler reports is what these lamps answered.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, TypeAlias

from assistant.config import MqttConfig
from assistant.mqtt import Connection, Incoming, Outgoing, Retry

log = logging.getLogger(__name__)

LampState: TypeAlias = Mapping[str, Any]
NEW: LampState = {"state": "OFF", "brightness": 254, "color_mode": "color_temp", "color_temp": 370}
"""A lamp as it leaves the shop, off."""
_BRIGHTNESS_MAX = 254


def after_command(state: LampState, command: Mapping[str, Any]) -> LampState:
    """The lamp's state after a `set` payload; keys and values that a real lamp would ignore change nothing."""
    changed = dict(state)
    switch = str(command.get("state", "")).upper()
    if switch in ("ON", "OFF"):
        changed["state"] = switch
    elif switch == "TOGGLE":
        changed["state"] = "OFF" if state["state"] == "ON" else "ON"
    if _is_number(command.get("brightness")):
        changed["brightness"] = max(0, min(_BRIGHTNESS_MAX, round(command["brightness"])))
        changed["state"] = "ON" if changed["brightness"] else "OFF"
    if _is_number(command.get("color_temp")):
        changed.update(color_mode="color_temp", color_temp=round(command["color_temp"]))
        changed.pop("color", None)
    if isinstance(command.get("color"), dict):
        changed.update(color_mode="xy" if "x" in command["color"] else "hs", color=command["color"])
    return changed


class SimulatedLamps:
    """Lamps on their topics, as a context manager with an MQTT client of its own."""

    def __init__(
        self,
        config: MqttConfig,
        *,
        topics: Sequence[str],
        url: str | None = None,
        on_change: Callable[[str, LampState], None] | None = None,
        retry: Retry | None = None,
    ) -> None:
        """on_change: called on the network thread with a lamp's topic and its new state."""
        self._states: dict[str, LampState] = dict.fromkeys(topics, NEW)  # touched by the network thread alone
        self._on_change = on_change
        self._connection = Connection(config, name="demo-lamps", url=url, retry=retry)
        for topic in topics:
            self._connection.subscribe(f"{topic}/set", self._set)
            self._connection.subscribe(f"{topic}/get", self._get)

    def __enter__(self) -> Self:
        for topic in self._states:
            self._tell(topic)
        self._connection.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.stop()

    def wait_ready(self, timeout_s: float) -> bool:
        """Whether, within the time, the lamps hear what they are told."""
        return self._connection.wait_ready(timeout_s)

    def _set(self, message: Incoming) -> None:
        topic = message.topic.removesuffix("/set")
        try:
            command = json.loads(message.payload)
        except ValueError:
            command = None
        if not isinstance(command, dict):
            log.debug("%s: not a command", message.topic)
            return
        self._states[topic] = after_command(self._states[topic], command)
        self._tell(topic)
        if self._on_change:
            self._on_change(topic, self._states[topic])

    def _get(self, message: Incoming) -> None:
        self._tell(message.topic.removesuffix("/get"))

    def _tell(self, topic: str) -> None:
        self._connection.publish(Outgoing(topic, json.dumps(self._states[topic]).encode(), retained=True))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
