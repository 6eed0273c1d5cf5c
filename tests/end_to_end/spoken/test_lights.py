"""Every request to lights by voice, in each language: what lamps on a real broker are told, and what they are then.

The voices are held out of training.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.end_to_end.spoken.house import House
from tests.spoken import Sentence, requests

EFFECTS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "light.on": {"kitchen_ceiling": {"state": "ON"}},
    "light.off": {"bedside_lamp": {"state": "OFF"}},
    "light.toggle": {"floor_lamp": {"state": "OFF"}},
    "light.brighter": {"reading_lamp": {"brightness": 178}},
    "light.dimmer": {"bedside_lamp": {"brightness": 76}},
    "light.brightness": {"floor_lamp": {"brightness": 102}},
    "light.color": {"reading_lamp": {"color": {"hex": "#00ff00"}}},
    "light.color_temperature": {"desk_lamp": {"color_temp": 310}},
    "light.scene": {"reading_lamp": {"state": "OFF"}, "floor_lamp": {"brightness": 25}},
}
"""Which lamps are told what, all being half bright before."""


@pytest.mark.parametrize("sentence", requests("light"), ids=str)
def test_lamps_are_told_what_was_said(house: House, sentence: Sentence) -> None:
    house.set_lamps("OFF" if sentence.intent == "light.on" else "ON")
    result = house.ask(sentence)
    assert (result["ok"], result["code"]) == (True, "done")
    effects = EFFECTS[sentence.intent]
    assert {change["device"] for change in result["changes"]} == set(effects)
    for lamp, sent in effects.items():
        command, state = house.lamp(lamp)
        assert sent.items() <= command.items()
        assert sent.items() <= state.items()


def test_nothing_that_lights_can_be_asked_was_left_unsaid(house: House) -> None:
    """After all others of this file."""
    assert house.not_carried_out("light") == set()
