"""The light handler against lamps that are real MQTT clients, on a real broker."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assistant.config import HouseholdConfig
from assistant.messages import Hypothesis, Interpretation, Result
from assistant.mqtt import IntentPayload, ResultPayload
from assistant.mqtt.topics import RESULT
from handlers.drivers import Light
from handlers.light import HANDLER
from handlers.runner import HandlerRunner
from tests.broker import Mosquitto, Peer
from tests.handlers.lamps import (
    EspHomeLamp,
    GenericLamp,
    HomeAssistantLamp,
    Lamp,
    ShellyLamp,
    TasmotaLamp,
    Zigbee2MqttLamp,
)

_numbers = itertools.count()
ANSWERS_MS = 20_000
"""Patience with lamps that answer, for machines that are busy."""
SILENT_MS = 400
"""With lamps that do not."""


class House:
    """A household with a running light handler, and a way to speak to it."""

    def __init__(self, stack: ExitStack, port: int, url: str, config: dict[str, Any]) -> None:
        self.site = f"light-{next(_numbers)}"
        self.port = port
        self._stack = stack
        household = HouseholdConfig.model_validate({"site": self.site, "mqtt": {"url": url}, **config})
        self.runner = stack.enter_context(HandlerRunner("light", HANDLER, household))
        self.peer = stack.enter_context(Peer(port, RESULT.topic(self.site)))
        assert self.runner.client.connection.wait_ready(30)

    def lamp(self, lamp: Lamp) -> Any:
        return self._stack.enter_context(lamp)

    def settle(self, name: str, *, available: bool | None = None, **state: Any) -> None:
        """Wait until the handler has heard of it."""
        states = self.runner._handler._states
        wanted = Light(**state)

        def enough() -> bool:
            known = states[name]
            return known.state.satisfies(wanted) and (available is None or known.available is available)

        assert states.wait(enough, deadline=time.monotonic() + 30)

    def say(self, intent: str, *, room_heard: str | None = None, **slots: Any) -> Result:
        """Publish an intent as the assistant would, and return the result."""
        request_id = f"{self.site}-{next(_numbers)}"
        now = datetime.now(UTC)
        best = Hypothesis("en", "light", intent, "words", slots, {}, 0.9)
        payload = IntentPayload.of(
            Interpretation(request_id, now, best, accepted=True, reason=None),
            site=self.site,
            room=room_heard,
            expires=now + timedelta(seconds=10),
        )
        count = len(self.peer.on("#")) + 1
        self.peer.publish(payload.channel.topic(self.site, domain="light", intent=intent), payload.to_bytes())
        answer = self.peer.wait_for("#", count=count)[-1]
        result = ResultPayload.from_bytes(answer.payload, topic=answer.topic)
        assert (result.id, result.handler) == (request_id, "light")
        return result.message()


@pytest.fixture
def house(shared_broker: Mosquitto) -> Iterator[Any]:
    with ExitStack() as stack:
        yield lambda **config: House(stack, shared_broker.port, shared_broker.url, config)


def z2m(name: str, **more: Any) -> dict[str, Any]:
    return {"driver": "zigbee2mqtt", "topic": f"zigbee2mqtt/{name}", "timeout_ms": ANSWERS_MS, **more}


# Each interface in turn, with a lamp that follows it.

KINDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "zigbee2mqtt": (Zigbee2MqttLamp, {"topic": "zigbee2mqtt/{key}"}),
    "homeassistant": (HomeAssistantLamp, {"topic": "{key}"}),
    "esphome": (EspHomeLamp, {"topic": "{key}/light/lamp"}),
    "tasmota": (TasmotaLamp, {"topic": "{key}"}),
    "shelly": (ShellyLamp, {"topic": "{key}"}),
    "generic": (
        GenericLamp,
        {
            "topic": "{key}/switch",
            "options": {
                "on": "1",
                "off": "0",
                "brightness_topic": "{key}/level",
                "state_topic": "{key}/state",
                "state_field": "lamp.power",
                "brightness_state_topic": "{key}/state",
                "brightness_state_field": "lamp.level",
                "query_topic": "{key}/ask",
            },
        },
    ),
}


@pytest.fixture(params=KINDS)
def one_lamp(request: pytest.FixtureRequest, house: Any) -> Any:
    """A house with one lamp, and the lamp, by `one_lamp(on=..., brightness=...)`."""
    make, device = KINDS[request.param]
    key = f"lamp-{next(_numbers)}"

    def build(**state: Any) -> tuple[House, Any]:
        timeout_ms = state.pop("timeout_ms", ANSWERS_MS)
        filled = json.loads(json.dumps(device).replace("{key}", key))
        home = house(devices={"lamp": {"driver": request.param, "timeout_ms": timeout_ms, **filled}})
        return home, home.lamp(make(home.port, key, **state))

    return build


def changes(result: Any) -> dict[str, tuple[Any, Any]]:
    return {change.property: (change.before, change.value) for change in result.changes}


def test_every_interface_switches(one_lamp: Any) -> None:
    home, lamp = one_lamp(on=False)
    result = home.say("on", device="lamp")
    assert (result.code, lamp.is_on) == ("done", True)
    assert result.changes[0].value is True
    result = home.say("off", device="lamp")
    assert (result.code, lamp.is_on, changes(result)) == ("done", False, {"on": (True, False)})


def test_every_interface_dims_from_the_truth(one_lamp: Any) -> None:
    home, lamp = one_lamp(on=True, brightness=50)
    result = home.say("brighter", device="lamp")
    assert (result.code, lamp.brightness) == ("done", 70)
    assert changes(result) == {"brightness": (50, 70)}
    result = home.say("dimmer", device="lamp", amount=30)
    assert (result.code, lamp.brightness) == ("done", 40)
    assert home.say("brightness", device="lamp", brightness=5).ok
    assert lamp.brightness == 5
    home.say("toggle", device="lamp")
    assert not lamp.is_on


def test_every_interface_notices_the_hand_at_the_switch(one_lamp: Any) -> None:
    home, lamp = one_lamp(on=True, brightness=50)
    assert home.say("brightness", device="lamp", brightness=30).ok
    lamp.brightness = 80
    if isinstance(lamp, (TasmotaLamp, GenericLamp)):
        lamp.obey("cmnd/x/state" if isinstance(lamp, TasmotaLamp) else "ask", b"")
    else:
        lamp.report()
    home.settle("lamp", brightness=80)
    result = home.say("brighter", device="lamp", amount=10)
    assert lamp.brightness == 90
    assert changes(result) == {"brightness": (80, 90)}


def test_every_interface_says_when_nothing_answers(one_lamp: Any) -> None:
    home, lamp = one_lamp(on=False, timeout_ms=SILENT_MS)
    if isinstance(lamp, (HomeAssistantLamp, EspHomeLamp)):
        home.settle("lamp", on=False)  # what it has retained is no answer
    lamp.silent = True
    result = home.say("on", device="lamp")
    assert (result.ok, result.code, result.changes) == (False, "no-answer", ())
    assert result.text["en"] == "No answer from lamp."


def test_every_interface_confirms_what_was_so_already(one_lamp: Any) -> None:
    home, _ = one_lamp(on=True, brightness=60)
    assert home.say("brightness", device="lamp", brightness=60).ok
    result = home.say("on", device="lamp")
    assert (result.ok, result.code, result.changes) == (True, "already-done", ())


def test_every_interface_survives_junk(one_lamp: Any) -> None:
    home, lamp = one_lamp(on=False)
    assert home.say("on", device="lamp").ok
    for topic in home.runner._handler.subscriptions():
        for junk in (
            b"\xff\xfe",
            b"{",
            b"[]",
            b"null",
            b"x" * 5000,
            b'{"state": 5}',
            b'{"brightness": "NaN"}',
            b"[" * 5000,
        ):
            home.peer.publish(topic, junk)
    assert home.say("off", device="lamp").code == "done"
    assert not lamp.is_on
    counts = home.runner.client.connection.counts()
    assert counts["malformed"] > 0
    assert "callbacks_failed" not in counts


# Colours and whites.


def test_a_colour_by_name(house: Any) -> None:
    home = house(devices={"lamp": z2m("c1")})
    lamp = home.lamp(Zigbee2MqttLamp(home.port, "c1", on=True))
    lamp.report()
    home.settle("lamp", on=True)
    result = home.say("color", device="lamp", color="red")
    assert json.loads(lamp.commands[-1][1])["color"] == {"hex": "#ff0000"}
    before, after = changes(result)["color"]
    assert before == 2703  # a white, in kelvin: what undoes it
    assert after == "#ff0000"
    result = home.say("color", device="lamp", color="warm white")
    assert changes(result)["kelvin"] == ("#ff0000", 2703)


def test_warmer_and_colder_from_what_it_shows(house: Any) -> None:
    home = house(devices={"lamp": z2m("c2")})
    lamp = home.lamp(Zigbee2MqttLamp(home.port, "c2", on=True))
    assert home.say("color_temperature", device="lamp", kelvin=4000).ok
    assert lamp.shown["color_temp"] == 250
    assert home.say("color_temperature", device="lamp", direction="warmer").ok
    assert lamp.shown["color_temp"] == 310
    assert home.say("color_temperature", device="lamp", direction="colder").ok
    assert lamp.shown["color_temp"] == 250


def test_tasmota_colours(house: Any) -> None:
    home = house(devices={"lamp": {"driver": "tasmota", "topic": "tas-c"}})
    lamp = home.lamp(TasmotaLamp(home.port, "tas-c", on=True, brightness=40))
    result = home.say("color", device="lamp", color="blue")
    assert (lamp.hue, lamp.saturation, lamp.white, lamp.brightness) == (240, 100, False, 40)
    assert changes(result)["color"][1] == "#0000ff"
    assert home.say("color_temperature", device="lamp", kelvin=2700).ok
    assert (lamp.ct, lamp.white) == (370, True)


def test_a_lamp_that_has_no_colour_says_so(house: Any) -> None:
    """The file says it could, the lamp takes the command and shows nothing of it: that is no success."""
    home = house(
        devices={
            "plain": z2m("c3", timeout_ms=SILENT_MS * 5),
            "white": z2m("c4", features=["brightness"]),
        }
    )
    plain = home.lamp(Zigbee2MqttLamp(home.port, "c3", colored=False))
    white = home.lamp(Zigbee2MqttLamp(home.port, "c4"))
    assert home.say("color", device="plain", color="red").code == "not-possible"
    result = home.say("color", device="white", color="red")
    assert (result.ok, result.code, result.text["en"]) == (False, "not-possible", "White cannot do that.")
    assert plain.commands
    assert not white.commands


@pytest.mark.parametrize(
    ("intent", "slots"),
    [
        ("color", {"color": "octarine"}),
        ("color", {}),
        ("brightness", {"brightness": "much"}),
        ("brightness", {"brightness": 300}),
        ("brightness", {"brightness": True}),
        ("brighter", {"amount": -5}),
        ("color_temperature", {}),
        ("color_temperature", {"direction": "sideways"}),
        ("color_temperature", {"kelvin": "hot"}),
        ("explode", {}),
    ],
)
def test_slots_that_make_no_sense(house: Any, intent: str, slots: dict[str, Any]) -> None:
    home = house(devices={"lamp": z2m("c5")})
    lamp = home.lamp(Zigbee2MqttLamp(home.port, "c5", on=True))
    result = home.say(intent, device="lamp", **slots)
    assert (result.ok, result.code) == (False, "not-possible")
    assert set(result.text) == {"en", "es", "fr"}
    assert not [topic for topic, _ in lamp.commands if topic.endswith("/set")]


# Undo.


def test_every_interface_undoes_the_last_command_once(one_lamp: Any) -> None:
    home, lamp = one_lamp(on=True, brightness=50)
    assert home.say("brighter", device="lamp").ok
    assert lamp.brightness == 70
    result = home.say("undo")
    assert (result.code, lamp.brightness, changes(result)) == ("done", 50, {"brightness": (70, 50)})
    assert home.say("off", device="lamp").ok
    assert home.say("undo").ok
    assert lamp.is_on
    result = home.say("undo")
    assert (result.ok, result.code, result.text["en"]) == (False, "not-possible", "There is nothing to undo.")
    assert lamp.is_on


def test_undo_brings_colours_back_and_switches_off_what_was_off(house: Any) -> None:
    home = house(devices={"lit": z2m("u1"), "dark": z2m("u2")}, room="hall")
    lit = home.lamp(Zigbee2MqttLamp(home.port, "u1", on=True, brightness=40))
    dark = home.lamp(Zigbee2MqttLamp(home.port, "u2", on=False))
    lit.report()
    dark.report()
    home.settle("lit", on=True)
    home.settle("dark", on=False)
    kelvin = lit.shown["color_temp"]
    assert home.say("color", scope="all", color="red").ok
    assert dark.is_on
    assert home.say("undo").text["en"] == "Lit and dark, as before."
    assert (lit.is_on, lit.shown["color_temp"], dark.is_on) == (True, kelvin, False)


def test_what_changed_nothing_leaves_nothing_to_undo(house: Any) -> None:
    home = house(devices={"lamp": z2m("u3")})
    lamp = home.lamp(Zigbee2MqttLamp(home.port, "u3", on=False))
    assert home.say("on", device="lamp").code == "done"
    assert home.say("on", device="lamp").code == "already-done"
    assert not home.say("undo").ok
    assert lamp.is_on


# More lights than anybody would want to change by accident.


def test_all_over_the_house_is_asked_first(house: Any) -> None:
    names = ["l1", "l2", "l3"]
    home = house(devices={name: z2m(f"many-{name}") for name in names}, dialogue={"ask_above": 2})
    lamps = [home.lamp(Zigbee2MqttLamp(home.port, f"many-{name}", on=True)) for name in names]
    for name, lamp in zip(names, lamps, strict=True):
        lamp.report()
        home.settle(name, on=True)
    result = home.say("off", scope="all")
    assert (result.ok, result.code) == (False, "question")
    assert result.question.text["en"] == "That changes 3 lights. Shall I go ahead?"
    assert (result.question.slot, set(result.question.text)) == ("confirmed", {"en", "es", "fr"})
    assert all(lamp.is_on for lamp in lamps)
    # A microphone of which nobody knows the room means all of them as well.
    assert home.say("off").code == "question"
    assert home.say("off", scope="all", confirmed=True).code == "done"
    assert not any(lamp.is_on for lamp in lamps)
    # What would change nothing needs no question.
    assert home.say("off", scope="all").code == "already-done"


# Rooms, floors, all, and some that do not answer.


def rooms() -> dict[str, Any]:
    return {
        "room": "kitchen",
        "floors": {"ground": {"en": "ground floor"}},
        "rooms": {
            "kitchen": {"floor": "ground", "names": {"en": "kitchen"}},
            "hall": {"en": "hall"},
            "attic": {"en": "attic"},
        },
        "devices": {
            "ceiling": z2m("r1", room="kitchen", names={"en": "ceiling light", "es": "techo", "fr": "plafonnier"}),
            "counter": z2m(
                "r2", room="kitchen", names={"en": "counter", "fr": "plan de travail"}, timeout_ms=SILENT_MS * 5
            ),
            "hall": z2m("r3", room="hall"),
            "fan": z2m("r4", room="kitchen", kind="switch"),
        },
    }


@pytest.fixture
def villa(house: Any) -> Any:
    home = house(**rooms())
    home.lamps = {
        name: home.lamp(Zigbee2MqttLamp(home.port, key))
        for name, key in (("ceiling", "r1"), ("counter", "r2"), ("hall", "r3"), ("fan", "r4"))
    }
    home.lit = lambda: {name for name, lamp in home.lamps.items() if lamp.is_on}
    return home


@pytest.mark.parametrize(
    ("slots", "room", "lit"),
    [
        ({"room": "kitchen"}, None, "ceiling counter"),
        ({"floor": "ground"}, None, "ceiling counter"),
        ({"scope": "all"}, None, "ceiling counter hall"),
        ({}, None, "ceiling counter"),
        ({}, "hall", "hall"),
        ({"device": "counter"}, "hall", "counter"),
        ({"device": "fan"}, None, "fan"),
    ],
    ids=str,
)
def test_targets(villa: Any, slots: dict[str, Any], room: str | None, lit: str) -> None:
    result = villa.say("on", room_heard=room, **slots)
    assert result.code == "done"
    assert villa.lit() == set(lit.split())
    assert {change.device for change in result.changes} == set(lit.split())


@pytest.mark.parametrize("slots", [{"room": "attic"}, {"device": "chandelier"}, {"floor": "roof"}], ids=str)
def test_nothing_there(villa: Any, slots: dict[str, Any]) -> None:
    result = villa.say("on", **slots)
    assert (result.ok, result.code, villa.lit()) == (False, "no-such-device", set())
    assert result.text["fr"] == "Il n'y a pas de telle lampe."


def test_some_lamps_answer(villa: Any) -> None:
    villa.lamps["counter"].silent = True
    result = villa.say("on", room="kitchen")
    assert (result.ok, result.code) == (False, "no-answer")
    assert [change.device for change in result.changes] == ["ceiling"]
    assert result.text == {
        "en": "Turned on ceiling light. No answer from counter.",
        "es": "He encendido techo. Sin respuesta de counter.",
        "fr": "J'ai allumé plafonnier. Pas de réponse de plan de travail.",
    }


def test_a_room_toggles_as_one(villa: Any) -> None:
    villa.say("on", device="counter")
    result = villa.say("toggle", room="kitchen")
    assert villa.lit() == set()
    assert (result.code, result.text["en"]) == ("done", "Turned off counter. Nothing to change for ceiling light.")
    villa.say("toggle", room="kitchen")
    assert villa.lit() == {"ceiling", "counter"}


def test_brighter_leaves_dark_lamps_dark(villa: Any) -> None:
    villa.say("brightness", device="counter", brightness=50)
    villa.say("brighter", room="kitchen")
    assert villa.lit() == {"counter"}
    assert villa.lamps["counter"].brightness == 70


def test_a_switch_cannot_be_dimmed(villa: Any) -> None:
    assert villa.say("brightness", device="fan", brightness=50).code == "not-possible"


def test_a_lamp_known_to_be_away_is_not_commanded(villa: Any) -> None:
    """It would obey when its power returns, to everyone's surprise."""
    villa.peer.publish("zigbee2mqtt/r1/availability", b'{"state": "offline"}')
    villa.settle("ceiling", available=False)
    result = villa.say("on", room="kitchen")  # at once, not after 20 s
    assert (result.code, villa.lamps["ceiling"].commands) == ("no-answer", [])
    villa.peer.publish("zigbee2mqtt/r1/availability", b"online")
    villa.settle("ceiling", available=True)
    assert villa.say("on", device="ceiling").ok


def test_a_refusal_is_no_success(house: Any) -> None:
    home = house(devices={"lamp": {"driver": "shelly", "topic": "shelly-r", "timeout_ms": 20_000}})
    lamp = home.lamp(ShellyLamp(home.port, "shelly-r", on=False))
    lamp.refuses = "Overtemperature"
    result = home.say("on", device="lamp")  # at once, not after 20 s
    assert (result.ok, result.code, result.text["en"]) == (False, "failed", "Lamp did not obey.")


def test_unknown_state_is_asked_for_and_not_guessed(house: Any) -> None:
    home = house(devices={"lamp": z2m("u1", timeout_ms=SILENT_MS * 5)})
    lamp = home.lamp(Zigbee2MqttLamp(home.port, "u1", on=True, brightness=40))
    assert home.say("brighter", device="lamp", amount=5).ok
    assert lamp.commands[0][0].endswith("/get")
    assert lamp.brightness == 45
    home.runner._handler.connected()  # the broker was away: nothing is certain any more
    lamp.silent = True
    result = home.say("brighter", device="lamp")
    assert (result.code, [topic for topic, _ in lamp.commands[-1:]]) == ("no-answer", ["zigbee2mqtt/u1/get"])


def test_a_lamp_that_cannot_tell_is_reported_as_sent(house: Any) -> None:
    home = house(devices={"plug": {"driver": "generic", "topic": "plug/set", "options": {"confirms": False}}})
    with Peer(home.port, "plug/set") as plug:
        result = home.say("on", device="plug")
        assert plug.wait_for("plug/set")[0].payload == b"ON"
    assert (result.ok, result.code, result.changes, result.text["en"]) == (True, "sent", (), "Sent to plug.")


def test_two_lamps_on_one_topic(house: Any) -> None:
    """A device with two channels: junk for one of them does not hide the other."""
    shared = {"driver": "zigbee2mqtt", "topic": "zigbee2mqtt/twin", "features": ["brightness"]}
    home = house(devices={name: {**shared, "options": {"endpoint": name}} for name in ("l1", "l2")})
    home.peer.publish("zigbee2mqtt/twin", b'{"state_l1": "MAYBE", "state_l2": "ON", "brightness_l2": 127}')
    home.settle("l2", on=True, brightness=50)
    with Peer(home.port, "zigbee2mqtt/twin/set") as twin:
        twin.client.message_callback_add(
            "zigbee2mqtt/twin/set", lambda client, _, message: client.publish("zigbee2mqtt/twin", message.payload)
        )
        result = home.say("brighter", device="l2")
    assert (result.code, changes(result)) == ("done", {"brightness": (50, 70)})


# Scenes.


def test_a_scene_sets_each_lamp(house: Any) -> None:
    home = house(
        devices={"a": z2m("s1"), "b": z2m("s2"), "c": z2m("s3")},
        scenes={
            "film": {"set": {"a": {"on": False}, "b": {"brightness": 20, "kelvin": 2700}, "c": {"color": "#00ff00"}}},
        },
    )
    lamps = [home.lamp(Zigbee2MqttLamp(home.port, f"s{number}", on=number == 1)) for number in (1, 2, 3)]
    result = home.say("scene", scene="film")
    assert (result.code, result.text["es"]) == ("done", "Escena activada.")
    assert [lamp.is_on for lamp in lamps] == [False, True, True]
    assert lamps[1].brightness == 20
    assert lamps[1].shown["color_temp"] == 370
    assert lamps[2].shown["color_mode"] == "xy"


def test_a_scene_of_its_own_is_sent(house: Any) -> None:
    home = house(scenes={"night": {"topic": "zigbee2mqtt/all/set", "payload": '{"scene_recall": 3}'}})
    with Peer(home.port, "zigbee2mqtt/all/set") as bridge:
        result = home.say("scene", scene="night")
        assert bridge.wait_for("zigbee2mqtt/all/set")[0].payload == b'{"scene_recall": 3}'
    assert (result.ok, result.code) == (True, "sent")
    assert home.say("scene", scene="day").code == "no-such-device"


def test_turns_on_and_tells_what_the_lamp_reported(house: Any) -> None:
    home = house(devices={"ceiling": z2m("t1", names={"en": "ceiling light", "fr": "plafonnier"})})
    lamp = home.lamp(Zigbee2MqttLamp(home.port, "t1"))
    result = home.say("on", device="ceiling")
    assert (result.ok, result.code, lamp.is_on) == (True, "done", True)
    assert [(c.device, c.property, c.value, c.before) for c in result.changes] == [("ceiling", "on", True, None)]
    assert result.text["en"] == "Turned on ceiling light."
    assert result.text["fr"] == "J'ai allumé plafonnier."
