"""The simulated lamps answer as Zigbee2MQTT's do."""

from typing import Any

import pytest

from assistant.demo.lamps import NEW, after_command

ON = {**NEW, "state": "ON", "brightness": 100}

COMMANDS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "on": (NEW, {"state": "ON"}, {"state": "ON", "brightness": 254}),
    "off": (ON, {"state": "OFF"}, {"state": "OFF", "brightness": 100}),
    "lower case": (NEW, {"state": "on"}, {"state": "ON"}),
    "toggle on": (NEW, {"state": "TOGGLE"}, {"state": "ON"}),
    "toggle off": (ON, {"state": "TOGGLE"}, {"state": "OFF"}),
    "brightness switches on": (NEW, {"brightness": 30}, {"state": "ON", "brightness": 30}),
    "brightness nought switches off": (ON, {"brightness": 0}, {"state": "OFF", "brightness": 0}),
    "brightness has an end": (ON, {"brightness": 9000}, {"brightness": 254}),
    "colour temperature": (ON, {"color_temp": 250}, {"color_temp": 250, "color_mode": "color_temp"}),
    "colour": (ON, {"color": {"x": 0.7, "y": 0.3}}, {"color": {"x": 0.7, "y": 0.3}, "color_mode": "xy"}),
    "hue": (ON, {"color": {"hue": 10, "saturation": 90}}, {"color_mode": "hs"}),
    "nonsense": (ON, {"state": 7, "brightness": "much", "colour": True}, ON),
    "true is no number": (ON, {"brightness": True}, ON),
}


@pytest.mark.parametrize(("before", "command", "expected"), COMMANDS.values(), ids=COMMANDS)
def test_a_command_changes_what_it_names(before: Any, command: Any, expected: dict[str, Any]) -> None:
    after = after_command(before, command)
    assert {key: after[key] for key in expected} == expected
    assert set(after) >= set(NEW)
