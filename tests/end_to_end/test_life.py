"""Starting, reloading, ending: what happens to a running assistant besides speech."""

import json
import signal
import time
from datetime import UTC, datetime, timedelta

import pytest

from assistant.messages import Hypothesis, Interpretation
from assistant.mqtt import IntentPayload
from tests.end_to_end.conftest import Room
from tests.end_to_end.running import Oyez

LAMP = "zigbee2mqtt/reading_lamp"
DEVICE = "oyez/test/intent/light/on"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_a_signal_ends_it_in_order(room: Room, number: signal.Signals) -> None:
    room.furnish()
    with room.bus() as bus, room.oyez() as oyez:
        oyez.wait_for("message=listening")
        bus.wait_for("oyez/test/status", wanted=lambda word: word == "online")
        assert oyez.end(number) == 0
        bus.wait_for("oyez/test/status", wanted=lambda word: word == "offline")
        assert "Traceback" not in oyez.log


def test_a_household_is_taken_over_when_it_is_saved_and_refused_when_it_is_faulty(room: Room) -> None:
    room.furnish()
    with room.bus() as bus, room.oyez() as oyez:
        oyez.wait_for("message=listening")
        good = room.household.read_text()
        room.household.write_text(good.replace("topic: zigbee2mqtt/reading_lamp", "topik: zigbee2mqtt/reading_lamp"))
        oyez.wait_for('unknown key \\"topik\\"; did you mean \\"topic\\"?')
        room.say("turn on the reading lamp")
        bus.wait_for(f"{LAMP}/set")
        room.household.write_text(good.replace(LAMP, "zigbee2mqtt/other"))
        oyez.wait_for("the household was read again")
        room.say("turn on the reading lamp")
        bus.wait_for("zigbee2mqtt/other/set")
        assert len(bus.seen(f"{LAMP}/set")) == 1


def test_sighup_reads_the_household_again(room: Room) -> None:
    room.furnish()
    with room.oyez() as oyez:
        oyez.wait_for("message=listening")
        oyez.send(signal.SIGHUP)
        oyez.wait_for("the household was read again")
        assert oyez.alive


def test_what_was_done_before_a_household_was_read_again_is_not_done_twice(room: Room) -> None:
    room.furnish()
    room.household.write_text(room.household.read_text() + "state: state\n")
    now = datetime.now(UTC)
    best = Hypothesis("en", "timer", "start", "set a timer for ten minutes", {"minutes": 10}, {}, 0.9)
    heard = Interpretation("once", now, best, accepted=True, reason=None)
    asked = IntentPayload.of(heard, site="test", expires=now + timedelta(minutes=5)).to_bytes()
    with room.bus() as bus, room.oyez() as oyez:
        oyez.wait_for("message=listening")
        bus.publish("oyez/test/intent/timer/start", asked)
        bus.wait_for("oyez/test/result", wanted=lambda result: result["code"] == "done")
        oyez.send(signal.SIGHUP)
        oyez.wait_for("the household was read again")
        bus.publish("oyez/test/intent/timer/start", asked)
        again = bus.wait_for("oyez/test/result", wanted=lambda result: result["code"] == "already-done")
        assert (again["id"], again["ok"]) == ("once", True)
        timers = json.loads(bus.seen("oyez/test/timers")[-1])["timers"]
        assert [timer["length_s"] for timer in timers] == [600]


def test_another_site_is_built_anew(room: Room) -> None:
    room.furnish()
    with room.bus() as bus, room.oyez() as oyez:
        oyez.wait_for("message=listening")
        room.household.write_text(room.household.read_text().replace("site: test", "site: other"))
        bus.wait_for("oyez/test/status", wanted=lambda word: word == "offline")
        bus.wait_for("oyez/other/status", wanted=lambda word: word == "online")
        oyez.wait_for("message=listening", times=2)
        room.say("turn on the reading lamp")
        bus.wait_for("oyez/other/intent/light/on")


def test_values_that_arrive_at_run_time_are_heard(room: Room) -> None:
    sentences = room.folder / "mine.yaml"
    sentences.write_text(
        "language: en\nintents:\n  Switch:\n    data:\n      - sentences: ['turn on the {gadget}']\n"
        "lists:\n  gadget:\n    values: [coffee machine]\n"
    )
    room.furnish("sentences: [mine.yaml]")
    with room.bus() as bus, room.oyez() as oyez:
        oyez.wait_for("message=listening")
        room.say("turn on the reading lamp")
        bus.wait_for("oyez/test/intent/light/on")
        bus.publish("oyez/test/catalog/gadget", {"values": [{"in": "reading lamp", "out": "g7"}]}, retain=True)
        oyez.wait_for("catalog gadget: 1 values")
        room.say("turn on the reading lamp")
        heard = bus.wait_for("oyez/test/intent/custom/Switch")
        assert heard["slots"] == {"gadget": "g7"}
        # The household is read again: what came at run time stays.
        oyez.send(signal.SIGHUP)
        oyez.wait_for("the household was read again")
        room.say("turn on the reading lamp")
        bus.wait_for("oyez/test/intent/custom/Switch", times=2)


def test_push_to_talk_hears_only_when_asked(room: Room) -> None:
    room.furnish("wake: {engine: push-to-talk}")
    with room.bus() as bus, room.oyez() as oyez:
        oyez.wait_for("message=listening")
        room.say("turn on the reading lamp")
        bus.publish("oyez/test/listen", {})
        bus.wait_for("oyez/test/state", wanted=lambda payload: payload["state"] == "listening")
        room.say("allume la lampe de chevet")
        heard = bus.wait_for("oyez/test/intent/light/on")
        assert heard["language"] == "fr"
        assert len(bus.seen("oyez/test/heard")) == 1


def test_the_demonstration_switches_its_lamps(room: Room) -> None:
    with Oyez("--demo", "--once", "--fast", folder=room.folder) as oyez:
        assert oyez.wait() == 0
        assert "MQTT broker on mqtt://127.0.0.1" in oyez.log
        assert oyez.log.count("code=done") >= 6
        assert "Traceback" not in oyez.log


def test_it_listens_after_some_seconds_of_computing(room: Room) -> None:
    room.furnish()
    started = time.monotonic()
    with room.oyez() as oyez:
        oyez.wait_for("message=listening")
        # Three on a core of its own (`benchmarks.footprint`); those who share one count each other's waits for memory.
        assert oyez.cpu_seconds() < 6
    assert time.monotonic() - started < 60
