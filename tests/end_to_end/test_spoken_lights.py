"""Every request to lights by voice, seen from outside: what lamps on a real broker are told, and what they are then.

The voices are held out of training.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from assistant.config import MqttConfig
from assistant.demo import SimulatedLamps
from tests.broker import Mosquitto
from tests.end_to_end.running import Oyez, Subscriber
from tests.spoken import said, write_household
from tests.virtual_microphone import VirtualMicrophone

LAMPS = ("reading_lamp", "floor_lamp", "kitchen_ceiling", "bedside_lamp", "desk_lamp")
HALF = {"brightness": 127, "color_temp": 250}
"""What every lamp shows before something is said."""
RESULT = "oyez/test/result"


@dataclass
class House:
    """A running assistant with a microphone to speak into, lamps and an eavesdropper."""

    microphone: VirtualMicrophone
    bus: Subscriber

    def begin(self, state: str = "ON") -> None:
        """Set every lamp as somebody at its switch would, and wait until it tells so."""
        for lamp in LAMPS:
            told = len(self.bus.seen(f"zigbee2mqtt/{lamp}"))
            for command in (HALF, {"state": state}):
                self.bus.publish(f"zigbee2mqtt/{lamp}/set", command)
            self.bus.wait_for(f"zigbee2mqtt/{lamp}", times=told + 2)

    def say(self, text: str, *, language: str) -> Any:
        """Say a sentence of the table; returns the result that comes of it."""
        results = len(self.bus.seen(RESULT))
        self.microphone.speak(said(text, language=language))
        return self.bus.wait_for(RESULT, times=results + 1)

    def told(self, lamp: str) -> Any:
        """What the lamp has been told last, and what it shows now."""
        command, state = (f"zigbee2mqtt/{lamp}{end}" for end in ("/set", ""))
        last = {topic: self.bus.wait_for(topic, times=len(self.bus.seen(topic))) for topic in (command, state)}
        return last[command], last[state]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    with ExitStack() as stack:
        broker = stack.enter_context(Mosquitto(folder))
        lamps = SimulatedLamps(MqttConfig(url=broker.url), topics=[f"zigbee2mqtt/{lamp}" for lamp in LAMPS])
        assert stack.enter_context(lamps).wait_ready(30)
        bus = stack.enter_context(Subscriber(broker.port))
        microphone = stack.enter_context(VirtualMicrophone(folder / "microphone"))
        household = write_household(
            folder, mqtt={"url": broker.url}, state=str(folder / "kept"), handlers={"run": ["light"]}
        )
        oyez = stack.enter_context(Oyez("--config", household, folder=folder, environment=dict(microphone.environment)))
        oyez.wait_for("message=listening")
        yield House(microphone, bus)
        assert "Traceback" not in oyez.log
        assert oyez.end() == 0


@dataclass
class Request:
    """What is said, and what which lamp is told."""

    say: str
    lamp: str
    sent: Mapping[str, Any]
    language: str = "en"
    before: str = "ON"


REQUESTS = {
    "on": Request("switch on the lights in the kitchen", "kitchen_ceiling", {"state": "ON"}, before="OFF"),
    "off": Request("turn off the bedside lamp", "bedside_lamp", {"state": "OFF"}),
    "toggle": Request("toggle the floor lamp", "floor_lamp", {"state": "OFF"}),
    "brighter": Request("make the reading lamp a bit brighter", "reading_lamp", {"brightness": 178}),
    "dimmer": Request("dim the lights in the bedroom", "bedside_lamp", {"brightness": 76}),
    "brightness": Request("set the floor lamp to forty percent", "floor_lamp", {"brightness": 102}),
    "color": Request("make the reading lamp green", "reading_lamp", {"color": {"hex": "#00ff00"}}),
    "color_temperature": Request("make the desk lamp warmer", "desk_lamp", {"color_temp": 310}),
    "es off": Request("apaga la lámpara de noche", "bedside_lamp", {"state": "OFF"}, "es"),
    "es color": Request("pon la lámpara de lectura en verde", "reading_lamp", {"color": {"hex": "#00ff00"}}, "es"),
    "fr off": Request("éteins la lampe de chevet", "bedside_lamp", {"state": "OFF"}, "fr"),
    "fr color": Request("mets la liseuse en vert", "reading_lamp", {"color": {"hex": "#00ff00"}}, "fr"),
}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_a_lamp_is_told_what_was_said(house: House, request_: Request) -> None:
    house.begin(request_.before)
    result = house.say(request_.say, language=request_.language)
    assert (result["ok"], [change["device"] for change in result["changes"]]) == (True, [request_.lamp])
    command, state = house.told(request_.lamp)
    assert request_.sent.items() <= command.items()
    assert request_.sent.items() <= state.items()


def test_a_scene_sets_all_its_lamps(house: House) -> None:
    house.begin()
    assert house.say("activate movie night", language="en")["ok"]
    assert house.told("reading_lamp")[1]["state"] == "OFF"
    assert house.told("floor_lamp")[1]["brightness"] == 25
