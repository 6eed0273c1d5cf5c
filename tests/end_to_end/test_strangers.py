"""What strangers ask of an assistant that takes nothing from them, and how much those who may ask can make it hold."""

import time
from datetime import UTC, datetime, timedelta

from assistant.messages import Hypothesis, Interpretation
from assistant.mqtt import IntentPayload
from tests.end_to_end.conftest import Room
from tests.end_to_end.running import Subscriber, wait_until


def start_timer(bus: Subscriber) -> None:
    """What the timer handler of the same process is told, as if it had been said."""
    now = datetime.now(UTC)
    best = Hypothesis("en", "timer", "start", "start", {"seconds": 1}, {"seconds": "one"}, 0.9)
    heard = Interpretation("timer-1", now, best, accepted=True, reason=None)
    payload = IntentPayload.of(heard, site="test", expires=now + timedelta(seconds=30))
    bus.publish("oyez/test/intent/timer/start", payload.model_dump(mode="json"))


def forbid_requests(room: Room) -> None:
    text = room.household.read_text()
    room.household.write_text(text.replace("mqtt: {", "mqtt: {requests: [], "))


def test_requests_that_are_not_taken_do_nothing_and_our_own_handlers_are_heard(room: Room) -> None:
    room.furnish("handlers: {run: [timer]}", "packs: [light, system, timer]")
    forbid_requests(room)
    with room.bus() as bus, room.oyez() as oyez:
        oyez.wait_for("message=listening")
        oyez.wait_for("not taken over MQTT: listen, say, cancel, mute, catalog")
        bus.publish("oyez/test/say", {"text": "the bank needs your number", "language": "en"})
        bus.publish("oyez/test/listen", {})
        bus.publish("oyez/test/mute", {"muted": True})
        bus.publish("oyez/test/catalog/device", {"values": [{"in": "sesame", "out": "front_door"}]}, retain=True)
        start_timer(bus)
        # What a handler of this very process wants said is said, whatever the broker lets in.
        reply = bus.wait_for("oyez/test/reply", wanted=lambda told: "timer" in told["text"].lower())
        assert reply["language"] == "en"
        assert b"bank" not in b"".join(bus.seen("oyez/test/reply"))
        assert b"muted" not in b"".join(bus.seen("oyez/test/state"))
        assert "catalog device" not in oyez.log


def test_requests_are_taken_from_a_broker_of_this_machine(room: Room) -> None:
    room.furnish("handlers: {run: []}")
    with room.bus() as bus, room.oyez() as oyez:
        oyez.wait_for("message=listening")
        assert "not taken over MQTT" not in oyez.log
        bus.publish("oyez/test/say", {"text": "dinner is ready", "language": "en"})
        bus.wait_for("oyez/test/reply", wanted=lambda told: told["text"] == "dinner is ready")
        assert "dinner" not in oyez.log


def test_more_lists_than_any_house_has_are_refused(room: Room) -> None:
    room.furnish("handlers: {run: []}")
    with room.bus() as bus, room.oyez() as oyez:
        oyez.wait_for("message=listening")
        for number in range(40):
            bus.publish(f"oyez/test/catalog/list-{number}", {"values": [{"in": f"value {number}"}]})
        oyez.wait_for("is not taken: at most 32 lists", times=8)
        assert oyez.log.count("is not taken: at most") == 8
        # An emptied list makes room for another.
        bus.publish("oyez/test/catalog/list-0", {"values": []})
        oyez.wait_for('message="catalog list-0: 0 values')
        bus.publish("oyez/test/catalog/list-39", {"values": [{"in": "value"}]})
        oyez.wait_for('message="catalog list-39: 1 values')


def test_a_flood_of_requests_leaves_the_assistant_listening(room: Room) -> None:
    room.furnish("handlers: {run: [light]}")
    with Subscriber(room.broker.port, "oyez/test/reply", "zigbee2mqtt/#") as bus, room.oyez() as oyez:
        oyez.wait_for("message=listening")
        for _ in range(2000):
            bus._client.publish("oyez/test/listen", b"{}", qos=1)
        room.say("turn on the reading lamp")  # while they come
        bus.wait_for("zigbee2mqtt/reading_lamp/set")
        oyez.wait_for("oyez/test/listen: more than 30 a minute")
        bus.publish("oyez/test/say", {"text": "it is over", "language": "en"})
        bus.wait_for("oyez/test/reply", wanted=lambda told: told["text"] == "it is over")
        room.say("allume la lampe de chevet")
        bus.wait_for("zigbee2mqtt/bedside_lamp/set")
        settled = time.monotonic() + 1
        wait_until(lambda: time.monotonic() > settled, "a second to pass", oyez)
        assert oyez.log.count("more than 30 a minute") == 1
