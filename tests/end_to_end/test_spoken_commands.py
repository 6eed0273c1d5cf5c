"""The whole way, seen from outside: a virtual microphone speaks, a lamp on a real broker is told what to do.

The voices are held out of training.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from assistant.audio import read_file
from assistant.config import MqttConfig
from assistant.demo import SimulatedLamps, demo_clips
from assistant.mqtt import StatePayload
from tests.broker import Mosquitto
from tests.end_to_end.running import Oyez, Subscriber, lamp_topics, write_household
from tests.speech import silence
from tests.virtual_microphone import VirtualMicrophone

SPOKEN = {clip.text: clip.file for clip in demo_clips()}
PAUSE_S = 0.8
IDLE = StatePayload(state="idle").to_bytes()


@dataclass
class House:
    """A running assistant with a microphone to speak into, lamps and an eavesdropper."""

    oyez: Oyez
    microphone: VirtualMicrophone
    bus: Subscriber

    def say(self, text: str) -> None:
        self.microphone.speak(np.concatenate([read_file(SPOKEN[text]), silence(PAUSE_S)]))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    with ExitStack() as stack:
        broker = stack.enter_context(Mosquitto(folder))
        mqtt = MqttConfig(url=broker.url)
        stack.enter_context(SimulatedLamps(mqtt, topics=list(lamp_topics()))).wait_ready(10)
        bus = stack.enter_context(Subscriber(broker.port))
        microphone = stack.enter_context(VirtualMicrophone(folder / "microphone"))
        household = write_household(folder, port=broker.port)
        oyez = stack.enter_context(Oyez("--config", household, folder=folder, environment=dict(microphone.environment)))
        oyez.wait_for("message=listening")
        yield House(oyez, microphone, bus)
        assert oyez.end() == 0
        assert bus.wait_for("oyez/test/status", wanted=lambda word: word == "offline")


@dataclass
class Command:
    """What is said, and what must come of it."""

    text: str
    intent: str
    slots: dict[str, Any]
    lamp: str
    sent: dict[str, Any]


COMMANDS = {
    "en on": Command("turn on the reading lamp", "on", {"device": "reading_lamp"}, "reading_lamp", {"state": "ON"}),
    "es on": Command(
        "enciende la lámpara del techo", "on", {"device": "kitchen_ceiling"}, "kitchen_ceiling", {"state": "ON"}
    ),
    "fr on": Command("allume la lampe de chevet", "on", {"device": "bedside_lamp"}, "bedside_lamp", {"state": "ON"}),
    "en percent": Command(
        "set the floor lamp to thirty percent",
        "brightness",
        {"device": "floor_lamp", "brightness": 30},
        "floor_lamp",
        {"brightness": 76},
    ),
    "es percent": Command(
        "pon la lámpara de pie al cincuenta por ciento",
        "brightness",
        {"device": "floor_lamp", "brightness": 50},
        "floor_lamp",
        {"brightness": 127},
    ),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_spoken_command_reaches_the_lamp(house: House, command: Command) -> None:
    house.say(command.text)
    heard = house.bus.wait_for(
        f"oyez/test/intent/light/{command.intent}", wanted=lambda payload: payload["slots"] == command.slots
    )
    assert heard["accepted"] is True
    assert heard["language"] == next(clip.language for clip in demo_clips() if clip.text == command.text)
    assert heard["room"] == "living_room"
    sent = house.bus.wait_for(
        f"zigbee2mqtt/{command.lamp}/set", wanted=lambda payload: command.sent.items() <= payload.items()
    )
    assert sent
    done = house.bus.wait_for("oyez/test/result", wanted=lambda payload: payload["id"] == heard["id"])
    assert (done["ok"], done["code"]) == (True, "done")
    assert done["changes"][0]["device"] == command.lamp
    assert house.bus.wait_for("oyez/test/heard", wanted=lambda payload: payload["id"] == heard["id"])


def test_other_speech_is_rejected_with_a_reason(house: House) -> None:
    house.say("the train to London leaves at noon")
    rejected = house.bus.wait_for("oyez/test/rejected")
    assert rejected["accepted"] is False
    assert rejected["reason"] in ("not-a-command", "low-confidence", "ambiguous")


def test_a_muted_microphone_hears_nothing_until_it_is_opened_again(house: House) -> None:
    house.bus.publish("oyez/test/mute", {"muted": True})
    house.bus.wait_for("oyez/test/state", wanted=lambda payload: payload["state"] == "muted")
    heard_before = len(house.bus.seen("oyez/test/heard"))
    idle_before = house.bus.seen("oyez/test/state").count(IDLE)
    house.say("turn on the reading lamp")
    house.bus.publish("oyez/test/mute", {"muted": False})
    house.bus.wait_for("oyez/test/state", wanted=lambda payload: payload["state"] == "idle", times=idle_before + 1)
    house.say("allume la lampe de chevet")
    house.bus.wait_for("oyez/test/heard", times=heard_before + 1)
    last = house.bus.seen("oyez/test/heard")[heard_before:]
    assert len(last) == 1


def test_what_is_to_be_said_is_told_as_reply(house: House) -> None:
    house.bus.publish("oyez/test/say", {"id": "7", "text": "Dinner is ready.", "language": "en"})
    reply = house.bus.wait_for("oyez/test/reply", wanted=lambda payload: payload["id"] == "7")
    assert (reply["id"], reply["text"], reply["language"]) == ("7", "Dinner is ready.", "en")


BAD_PAYLOADS = {"empty list": b"[]", "not JSON": b"\xff{", "unknown key": b'{"muted": true, "x": 1}', "null": b"null"}


@pytest.mark.parametrize("payload", BAD_PAYLOADS.values(), ids=BAD_PAYLOADS)
def test_malformed_payloads_change_nothing(house: House, payload: bytes) -> None:
    for topic in ("listen", "cancel", "mute", "say", "catalog/artist", "result"):
        house.bus.publish(f"oyez/test/{topic}", payload)
    house.bus.publish("oyez/test/say", {"text": f"still here {payload!r}"})
    house.bus.wait_for("oyez/test/reply", wanted=lambda reply: reply["text"] == f"still here {payload!r}")
    assert house.oyez.alive


def test_oversized_payloads_change_nothing(house: House) -> None:
    large = b'{"text": "' + b"x" * 5_000_000 + b'"}'
    for topic in ("listen", "cancel", "mute", "say", "catalog/artist", "result"):
        house.bus.publish(f"oyez/test/{topic}", large)
    house.bus.publish("oyez/test/say", {"text": "still here after all that"})
    house.bus.wait_for("oyez/test/reply", wanted=lambda reply: reply["text"] == "still here after all that")
    assert house.oyez.alive


def test_it_stays_small(house: House) -> None:
    house.say("turn on the reading lamp")
    house.bus.wait_for("oyez/test/state", wanted=lambda payload: payload["state"] == "interpreting")
    assert house.oyez.resident_mb() < 350
