"""What breaks around the assistant: broker, network, microphone.  It says so, stays up, and does nothing twice."""

import shutil
import time

from assistant.model import SHIPPED
from tests.broker import Mosquitto
from tests.end_to_end.conftest import Room
from tests.end_to_end.running import wait_until

LAMP = "zigbee2mqtt/reading_lamp/set"


def test_a_broker_that_vanishes_and_returns_is_found_again(room: Room) -> None:
    room.furnish()
    # What is said while the broker is away is too old when it returns.
    text = room.household.read_text()
    room.household.write_text(text.replace("mqtt: {", "mqtt: {expiry_s: 1, "))
    with room.oyez() as oyez:
        oyez.wait_for("message=listening")
        room.broker.kill()
        oyez.wait_for("trying again")
        room.say("turn on the reading lamp")
        oyez.wait_for("message=utterance")
        expired = time.monotonic() + 1.5
        wait_until(lambda: time.monotonic() > expired, "the expiry of what was said", oyez)
        room.broker.start()
        with room.bus() as bus:
            bus.wait_for("oyez/test/status", wanted=lambda word: word == "online")
            room.say("allume la lampe de chevet")
            bus.wait_for("zigbee2mqtt/bedside_lamp/set")
            assert len(bus.seen("zigbee2mqtt/bedside_lamp/set")) == 1
            assert bus.seen(LAMP) == []
        assert oyez.alive


def test_a_broker_that_refuses_is_told(room: Room) -> None:
    with Mosquitto(room.folder, password=True) as refusing:
        room.broker = refusing
        room.furnish()
        with room.oyez() as oyez:
            oyez.wait_for("refused us")
            oyez.wait_for("message=listening")
            assert oyez.alive
            assert oyez.end() == 0


def test_a_broker_that_is_not_there_is_told(room: Room) -> None:
    room.broker.stop()
    room.furnish()
    with room.oyez() as oyez:
        oyez.wait_for("cannot reach the broker")
        oyez.wait_for("message=listening")
        room.broker.start()
        with room.bus() as bus:
            bus.wait_for("oyez/test/status", wanted=lambda word: word == "online")


def test_a_damaged_network_is_told_and_a_good_one_is_taken(room: Room) -> None:
    model = room.folder / "network.onnx"
    model.write_bytes(SHIPPED.read_bytes()[:100_000])
    room.furnish("model: network.onnx")
    with room.bus() as bus, room.oyez() as oyez:
        oyez.wait_for("nothing is heard")
        assert "network.onnx" in oyez.log
        assert oyez.alive
        assert b"online" not in bus.seen("oyez/test/status")
        shutil.copy(SHIPPED, room.folder / "whole.onnx")
        (room.folder / "whole.onnx").rename(model)
        oyez.wait_for("message=listening")
        bus.wait_for("oyez/test/status", wanted=lambda word: word == "online")
        room.say("turn on the reading lamp")
        bus.wait_for(LAMP)


def test_a_network_that_goes_bad_while_it_runs_changes_nothing(room: Room) -> None:
    model = room.folder / "network.onnx"
    shutil.copy(SHIPPED, model)
    room.furnish("model: network.onnx")
    with room.bus() as bus, room.oyez() as oyez:
        oyez.wait_for("message=listening")
        (room.folder / "bad.onnx").write_bytes(b"no network")
        (room.folder / "bad.onnx").rename(model)
        oyez.wait_for("the old household goes on")
        room.say("turn on the reading lamp")
        bus.wait_for(LAMP)


def test_a_missing_network_is_a_mistake_in_the_file(room: Room) -> None:
    room.furnish("model: nowhere.onnx")
    with room.oyez() as oyez:
        assert oyez.wait() == 1
        assert "model: no file" in oyez.log


def test_a_household_with_mistakes_does_not_start(room: Room) -> None:
    room.furnish("devises: {}")
    with room.oyez() as oyez:
        assert oyez.wait() == 1
        assert 'unknown key "devises"; did you mean "devices"?' in oyez.log
        assert "Traceback" not in oyez.log


def test_a_port_that_is_taken_is_told(room: Room) -> None:
    room.furnish()
    text = room.household.read_text()
    broker = f'{{url: "mqtt://127.0.0.1:{room.broker.port}"}}'
    room.household.write_text(text.replace(broker, f"{{url: embedded, embedded_port: {room.broker.port}}}"))
    with room.oyez() as oyez:
        assert oyez.wait() == 1
        assert f"port {room.broker.port} is taken" in oyez.log


def test_a_microphone_that_goes_away_is_heard_again_when_it_returns(room: Room) -> None:
    room.furnish()
    with room.bus() as bus, room.oyez() as oyez:
        oyez.wait_for("message=listening")
        room.unplug()
        oyez.wait_for("no sound")
        room.plug_in()
        oyez.wait_for("listening again")
        room.say("turn on the reading lamp")
        bus.wait_for(LAMP)


def test_a_machine_without_a_microphone_waits_for_one(room: Room) -> None:
    room.furnish()
    room.unplug()
    with room.oyez() as oyez:
        oyez.wait_for("no sound")
        assert "message=listening" not in oyez.log
        room.plug_in()
        oyez.wait_for("listening again")
        assert oyez.end() == 0
